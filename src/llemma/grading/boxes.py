"""Boxes in a text: `\\boxed{...}` and `\\fbox{...}` with their braces matched."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_COMMAND = re.compile(r"\\{1,2}(?:boxed|fbox|framebox|beginboxed)(?![A-Za-z])")


@dataclass(frozen=True, slots=True)
class Box:
    """`content` of a box whose command starts at `start` and whose closing brace ends at `end`."""

    content: str
    start: int
    end: int


def last_boxed(solution: str) -> str | None:
    """Return what the last `\\boxed{...}` or `\\fbox{...}` holds, braces matched; None when there is no box.

    `\\boxed 7$` (no braces) reaches to the next `$` or the end. A box whose brace never closes reaches to the end.
    Source: hendrycks/math, last_boxed_only_string; `\\fbox` counts only where there is no `\\boxed`.
    """
    start, length = solution.rfind("\\boxed"), len("\\boxed")
    if start < 0:
        start, length = solution.rfind("\\fbox"), len("\\fbox")
    return None if start < 0 else _content(solution, start, start + length).content


def last_boxes(text: str, limit: int) -> list[Box]:
    """Return the last boxes of a text in order, at most `limit`; a box inside another is not listed."""
    starts = list(_COMMAND.finditer(text))[-limit:]
    boxes: list[Box] = []
    for found in starts:
        if not boxes or found.start() >= boxes[-1].end:
            boxes.append(_content(text, found.start(), found.end()))
    return boxes


def closing_brace(text: str, opening: int) -> int:
    """Return the index of the brace that closes the one at `opening`, -1 when none does. `\\{` does not count."""
    depth = 0
    for index, char in _braces(text, opening):
        depth += 1 if char == "{" else -1
        if depth == 0:
            return index
    return -1


_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)


def _braces(text: str, start: int) -> Iterator[tuple[int, str]]:
    for found in _BRACE.finditer(text, start):
        if found[0][0] != "\\":
            yield found.start(), found[0]


def _content(text: str, start: int, index: int) -> Box:
    """Return the box whose command starts at `start` and ends before `index`."""
    while index < len(text) and text[index].isspace():
        index += 1
    if index < len(text) and text[index] == "{":
        end = closing_brace(text, index)
        if end < 0:
            return Box(text[index + 1 :].strip(), start, len(text))
        return Box(text[index + 1 : end].strip(), start, end + 1)
    content = text[index:].partition("$")[0]
    return Box(content.strip(), start, index + len(content))
