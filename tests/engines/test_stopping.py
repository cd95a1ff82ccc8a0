"""Stop strings on texts by hand, and in growing rows of tokens of a made-up vocabulary."""

import itertools

import numpy as np
import pytest

from llemma.engines.stopping import StopWatch, Vocabulary, cut

PIECES = [b"a", b"b", b"ab", b"\n", b"\n\n", b" a", "é".encode(), b"\xe2", b"\x88", b"\x91", b"\x88\x91a", b""]


def decode_batch(rows: list[list[int]]) -> list[str]:
    return [b"".join(PIECES[token] for token in row).decode(errors="replace") for row in rows]


@pytest.mark.parametrize(
    ("text", "stop", "expected"),
    [
        ("one\n\ntwo", ("\n\n",), "one"),
        ("one\ntwo", ("\n\n",), None),
        ("xabc", ("abc", "b"), "xa"),  # "b" is complete first
        ("xabc", ("c", "abc"), "x"),  # both at the same character: the longer
        ("ends here", ("here",), "ends "),
        ("begin", ("begin",), ""),
        ("", ("x",), None),
        ("no stops", (), None),
    ],
)
def test_a_text_is_cut_before_the_stop_string_that_is_complete_first(
    text: str, stop: tuple[str, ...], expected: str | None
) -> None:
    assert cut(text, stop) == expected


@pytest.mark.parametrize("stop", [("ab",), ("\n\n", "b"), ("∑a",), ("∑",), ("éa\n",), ("a a", "aaa")])
def test_watching_tokens_finds_what_reading_the_text_finds(stop: tuple[str, ...]) -> None:
    watch = StopWatch(Vocabulary(decode_batch, len(PIECES)), stop)
    generator = np.random.default_rng(0)
    rows = [*itertools.product(range(len(PIECES)), repeat=2), *generator.integers(0, len(PIECES), (2000, 12))]
    found = 0
    for row in map(np.array, rows):
        for length in range(1, len(row) + 1):
            tokens = row[:length]
            expected = cut(decode_batch([tokens.tolist()])[0], stop)
            seen = watch.find([0], tokens) if watch.suspects(tokens[-1:]) else None
            assert seen == expected, tokens
            if expected is not None:
                found += 1
                break
    assert found > 5


def test_only_tokens_that_can_complete_a_stop_string_are_looked_at() -> None:
    watch = StopWatch(Vocabulary(decode_batch, len(PIECES)), ("xb",))
    assert [PIECES[token] for token in watch.suspects(np.arange(len(PIECES)))] == [
        b"b",
        b"ab",
        b"\xe2",
        b"\x88",
        b"\x91",
        b"\x88\x91a",
    ]
