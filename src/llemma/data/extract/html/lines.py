"""Marked text to the final text: white space, lines without content, formulas and code in their places."""

import re

from llemma.data.extract.html.boilerplate import is_boilerplate_line
from llemma.data.extract.html.marks import (
    BARRIER,
    BREAK,
    CELL,
    CODE,
    DISPLAY,
    DOLLAR,
    END,
    FENCED,
    INDENT,
    INLINE,
    LINE,
    PREFIX,
    ROW,
    Pieces,
)
from llemma.data.extract.html.tex import on_one_line

_BLANKS = "\t\n\r\f\xa0"
_INVISIBLE = "\xad\u200b\ufeff"
_SPACES = re.compile("  +")
_EMPTY = f" {LINE}"
_DISPLAY = re.compile(f"({DISPLAY}[0-9]+{END})[ {LINE}]*([.,;:]?(?= |{LINE}|{DISPLAY}|\\Z))")
_PLACES = {kind: re.compile(f"{kind}([0-9]+){END}") for kind in (INLINE, DISPLAY, CODE, FENCED)}
_TICKS = re.compile(r"`+")


def finished(marked: str, pieces: Pieces) -> str:
    """Return the final text: blocks between empty lines, a display formula on lines of its own, no line of a widget."""
    out: list[str] = []
    was_item, waiting, level = False, "", 0
    for block in _folded(marked).split(BREAK):
        if not block.strip(_EMPTY):
            continue
        prefix, content = _split_prefix(block) if PREFIX in block else (None, block)
        is_heading = prefix is not None and prefix.endswith("# ")
        is_item = bool(prefix) and not is_heading
        if is_item and prefix and not content.strip(_EMPTY):  # its text stands in a block of its own
            waiting = prefix
            continue
        if prefix is None and waiting and content.strip(_EMPTY):
            prefix, waiting, is_item = waiting, "", True
        lines = _lines(content, prefix)
        if not lines:
            continue
        if is_heading and prefix and level >= len(prefix):  # the heading before it has no text
            del out[-2:]
        if out:
            out.append("\n" if is_item and was_item else "\n\n")
        out.append("\n".join(lines))
        was_item, waiting, level = is_item, "", len(prefix) if is_heading and prefix else 0
    text = "".join(out).replace(INDENT, "  ")
    text = text.replace(DOLLAR, "$").replace("\\$", "$").replace("$", "\\$")
    return _with_pieces(text, pieces)


def _folded(marked: str) -> str:
    """Return marked text with white space folded and without the marks that are no longer needed."""
    text = marked.replace(BARRIER, "").replace(CELL, BREAK).replace(ROW, BREAK)
    for character in _INVISIBLE:
        text = text.replace(character, "")
    for character in _BLANKS:
        text = text.replace(character, " ")
    return _SPACES.sub(" ", text) if "  " in text else text


def _split_prefix(block: str) -> tuple[str | None, str]:
    """Return what a block begins with, such as "## " or "- ", and its content; "" marks the rows of a table."""
    before, _, rest = block.partition(PREFIX)
    prefix, mark, content = rest.partition(PREFIX)
    return (prefix, (before + content).replace(PREFIX, "")) if mark else (None, before + rest)


def _lines(block: str, prefix: str | None) -> list[str]:
    """Return the lines of one block without those of widgets."""
    if prefix and prefix[-2] == "#":
        block = block.replace(LINE, " ")
    elif DISPLAY in block and prefix != "":
        block = _DISPLAY.sub(_on_own_line, block)
    lines = [
        line for part in block.split(LINE) if (line := part.strip()) and (END in line or not is_boilerplate_line(line))
    ]
    if lines and prefix:
        lines[0] = prefix + lines[0]
    return lines


def _on_own_line(display: re.Match[str]) -> str:
    return f"{LINE}{display[1]}{display[2]}{LINE}"


def _with_pieces(text: str, pieces: Pieces) -> str:
    """Return the text with formulas and code in the places of their placeholders."""
    for kind, place in _PLACES.items():
        if kind in text:
            parts = place.split(text)
            show, stored = _SHOWN[kind], pieces.stored
            parts[1::2] = [show(stored[int(number)]) for number in parts[1::2]]
            text = "".join(parts)
    return text


def _inline(tex: str) -> str:
    return f"${on_one_line(tex)}$"


def _display(tex: str) -> str:
    return f"$${tex}$$"


def _code(code: str) -> str:
    ticks = "`" * (_longest_ticks(code) + 1)
    return f"{ticks}{code}{ticks}"


def _fenced(code: str) -> str:
    fence = "`" * max(3, _longest_ticks(code) + 1)
    return f"{fence}\n{code}\n{fence}"


def _longest_ticks(code: str) -> int:
    return max(map(len, _TICKS.findall(code)), default=0)


_SHOWN = {INLINE: _inline, DISPLAY: _display, CODE: _code, FENCED: _fenced}
