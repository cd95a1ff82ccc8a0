"""Word and n-gram hashes against a plain second method, and the same whatever the slicing."""

import hashlib
import itertools
import random
import re
import string

import numpy as np
import pyarrow as pa
import pytest

from llemma.ngrams import Words, ngram_hashes, ngrams_in_pieces, slices, words_of

MASK = 2**64 - 1
BASE = 0x9E3779B97F4A7C15
PATTERNS = {"alphanumeric": rb"[0-9a-z\x80-\xff]+", "whitespace": rb"[^\0\t\n\v\f\r\x1c-\x1f ]+"}
TEXTS = [
    "Let x be a real number; then x^2 >= 0.",
    "",
    "ends in a letter",
    "begins with one",
    None,
    "naïve Über 数学 x₁",
    " \n\t ",
    "x",
    "Eight888 nineNINE9 " + "sixteen16sixteen" * 3 + " " + "y" * 64 + " " + "Y" * 65 + " " + "z" * 400,
    "a\0b\x1cc d",
]


def mixed(value: int) -> int:
    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9 & MASK
    value = (value ^ value >> 27) * 0x94D049BB133111EB & MASK
    return value ^ value >> 31


def word_hash(word: bytes) -> int:
    if len(word) > 64:
        return int.from_bytes(hashlib.blake2b(word, digest_size=8).digest(), "little")
    value = 0
    for start in range(0, len(word), 8):
        value = mixed(value ^ int.from_bytes(word[start : start + 8], "little"))
    return value


def ngram_hash(words: list[bytes]) -> int:
    value = 0
    for word in words:
        value = (value * BASE + word_hash(word)) & MASK
    return mixed(value)


def plain_words(text: str | None, kind: str) -> list[re.Match[bytes]]:
    content = (text or "").encode()
    return list(re.finditer(PATTERNS[kind], content.lower() if kind == "alphanumeric" else content))


def by_document(words: Words) -> list[list[tuple[int, int, int]]]:
    rows = list(zip(words.hashes.tolist(), words.starts.tolist(), words.ends.tolist(), strict=True))
    return [
        [(value, start - base, end - base) for value, start, end in rows[low:high]]
        for low, high, base in zip(words.bounds[:-1], words.bounds[1:], words.base.tolist(), strict=True)
    ]


@pytest.mark.parametrize("kind", ["alphanumeric", "whitespace"])
@pytest.mark.parametrize("arrow_type", [pa.string(), pa.large_string()])
def test_words_and_their_places_are_those_of_a_regular_expression(kind, arrow_type):
    words = words_of(pa.array(TEXTS, arrow_type), kind=kind)

    expected = [[(word_hash(m[0]), m.start(), m.end()) for m in plain_words(text, kind)] for text in TEXTS]
    assert by_document(words) == expected


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("n", [1, 2, 3, 5, 13, 30])
def test_ngrams_are_the_polynomials_of_their_words(n, whole):
    texts = [*TEXTS, " ".join(random.Random(n).choices(string.ascii_lowercase, k=100))]

    hashes, bounds = ngram_hashes(words_of(pa.array(texts)), n, whole_if_short=whole)

    for text, low, high in zip(texts, bounds[:-1], bounds[1:], strict=True):
        words = [match[0] for match in plain_words(text, "alphanumeric")]
        expected = [ngram_hash(words[k : k + n]) for k in range(len(words) - n + 1)]
        if whole and 0 < len(words) < n:
            expected = [ngram_hash(words)]
        assert hashes[low:high].tolist() == expected, text


@pytest.mark.parametrize("n", [1, 2, 5])
@pytest.mark.parametrize("characters", [4, 5, 11, 40, 1000])
def test_the_ngrams_of_pieces_are_those_of_the_whole(n, characters):
    words = ["".join(random.Random(number).choices("ab-é\n", k=number % 4)) for number in range(60)]
    text = " ".join(words)  # also words without letters, and several spaces in a row

    pieces = list(ngrams_in_pieces(text, n, characters))

    assert np.concatenate(pieces).tolist() == ngram_hashes(words_of(pa.array([text])), n)[0].tolist()
    assert len(pieces) >= len(text) // characters


def test_a_word_longer_than_a_piece_is_cut():
    pieces = list(ngrams_in_pieces("a" * 10 + " b", 1, 4))

    assert np.concatenate(pieces).tolist() == [ngram_hash([word]) for word in (b"aaaa", b"aaaa", b"aa", b"b")]


def test_words_do_not_run_from_one_document_into_the_next():
    joined = words_of(pa.array(["one two", "three", "", "four"]))

    assert joined.bounds.tolist() == [0, 2, 3, 3, 4]
    assert joined.ends.tolist() == [3, 7, 12, 16]


def test_blocks_leave_no_trace(monkeypatch):
    texts = pa.array(TEXTS)
    expected = words_of(texts)
    grams, bounds = ngram_hashes(expected, 3)
    for size in range(1, 9):
        monkeypatch.setattr("llemma.ngrams._BLOCK_BYTES", size)
        monkeypatch.setattr("llemma.ngrams._BLOCK_WORDS", size)

        words = words_of(texts)

        assert by_document(words) == by_document(expected)
        assert [part.tolist() for part in ngram_hashes(words, 3)] == [grams.tolist(), bounds.tolist()]


def test_any_slice_of_an_array_gives_the_same_words():
    texts = pa.array(TEXTS)
    expected = by_document(words_of(texts))

    for low, high in itertools.combinations(range(len(TEXTS) + 1), 2):
        assert by_document(words_of(texts.slice(low, high - low))) == expected[low:high]


def test_what_a_null_covers_is_not_read():
    values = pa.array(["kept", "hidden", "kept too"])
    validity, places, data = pa.array(["", None, ""]).buffers()[0], *values.buffers()[1:]

    words = words_of(pa.Array.from_buffers(pa.string(), 3, [validity, places, data]))

    assert words.bounds.tolist() == [0, 1, 1, 3]


def test_no_documents_and_no_words_give_empty_arrays():
    for texts in (pa.array([], pa.string()), pa.array(["", "  "]), pa.array([None], pa.string())):
        words = words_of(texts)
        hashes, bounds = ngram_hashes(words, 5, whole_if_short=True)

        assert len(words.hashes) == len(hashes) == 0
        assert bounds.tolist() == words.bounds.tolist() == [0] * (len(texts) + 1)


def test_short_words_never_collide():
    letters = string.ascii_lowercase + string.digits
    words = ["".join(word) for size in (1, 2, 3) for word in itertools.product(letters, repeat=size)]
    words += [f"{number:x}" for number in range(2**20, 2**20 + 100_000)] + ["a" * size for size in range(4, 200)]

    hashes = words_of(pa.array(words)).hashes

    assert len(np.unique(hashes)) == len(set(words))


def test_ngrams_know_the_order_of_their_words():
    letters = "abcdefgh"
    texts = [" ".join(words) for words in itertools.product(letters, repeat=5)]

    hashes, _ = ngram_hashes(words_of(pa.array(texts)), 5)

    assert len(np.unique(hashes)) == len(texts)


def test_slices_hold_whole_documents_within_the_size():
    texts = pa.array(["a" * 3, "b" * 3, "c" * 20, "", "d" * 6, "e"])

    parts = [part.to_pylist() for part in slices(texts.slice(1), 6)]

    assert parts == [["b" * 3], ["c" * 20], ["", "d" * 6], ["e"]]
