"""Marked text to the final text: lines, blanks, dollars, and pieces in their places."""

import pytest

from llemma.data.extract.html.lines import finished
from llemma.data.extract.html.marks import (
    BARRIER,
    BREAK,
    CODE,
    DISPLAY,
    DOLLAR,
    END,
    FENCED,
    INLINE,
    LINE,
    PREFIX,
    Pieces,
)

STORED = ["x", "a\nb", "c`d", "e"]


def placed(kind: str, number: int) -> str:
    return f"{kind}{number}{END}"


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        (f"a{BARRIER}b \t\n\xa0  c\u200bd", "ab cd"),
        (f"a{BREAK} {BREAK}\n{LINE}{BREAK}b{LINE}c", "a\n\nb\nc"),
        (f"\u2003{BREAK}a", "a"),
        (f"{PREFIX}# {PREFIX}empty{BREAK}{PREFIX}## {PREFIX}a{LINE}b", "# empty\n\n## a b"),
        (f"{PREFIX}- {PREFIX} {BREAK}{BREAK}a{BREAK}{PREFIX}- {PREFIX}b", "- a\n- b"),
    ],
)
def test_white_space_is_folded_and_blocks_without_text_go(marked: str, expected: str) -> None:
    assert finished(marked, Pieces()) == expected


@pytest.mark.parametrize("dollar", ["$", "\\$", DOLLAR, f"\\{DOLLAR}"])
def test_each_dollar_of_the_text_is_escaped_once(dollar: str) -> None:
    assert finished(f"{dollar}5 and {dollar}", Pieces()) == "\\$5 and \\$"


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        (f"let {placed(INLINE, 1)} and {placed(CODE, 2)} be", "let $a b$ and ``c`d`` be"),
        (f"so {placed(DISPLAY, 1)} , thus", "so\n$$a\nb$$,\nthus"),
        (f"so {LINE}{placed(DISPLAY, 0)} {placed(DISPLAY, 3)}{LINE}. Thus", "so\n$$x$$\n$$e$$.\nThus"),
        (f"{PREFIX}# {PREFIX}of {placed(DISPLAY, 0)} it", "# of $$x$$ it"),
        (f"{PREFIX}{PREFIX}| {placed(DISPLAY, 0)} |", "| $$x$$ |"),
        (f"run{BREAK}{placed(FENCED, 3)}", "run\n\n```\ne\n```"),
    ],
)
def test_pieces_come_to_their_places(marked: str, expected: str) -> None:
    assert finished(marked, Pieces(list(STORED))) == expected
