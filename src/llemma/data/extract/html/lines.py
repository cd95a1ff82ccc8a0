"""Marked text to the final text: white space, lines without content, formulas and code in their places."""

import re

from llemma.data.extract.html.boilerplate import is_boilerplate_line
from llemma.data.extract.html.marks import (
    BARRIER,
    BREAK,
    CELL,
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

_BLANK = " \t\n\r\f\xa0"
_INVISIBLE = "\xad\u200b\ufeff"
_BLANKS = re.compile(f"[{_BLANK[1:]}][{_BLANK}]*")
_EMPTY = f" {LINE}"
_AROUND_DISPLAY = re.compile(f"[ {LINE}]*({DISPLAY}[0-9]+{END})[ {LINE}]*([.,;:]?(?= |{LINE}|{DISPLAY}|\\Z))[ {LINE}]*")
_MONEY = re.compile(r"\\?[$\x0e]")
_TICKS = re.compile(r"`+")


def finished(marked: str, pieces: Pieces) -> str:
    """Return the final text: blocks between empty lines, a display formula on lines of its own, no line of a widget."""
    out: list[str] = []
    was_item, waiting, level = False, "", 0
    for block in _folded(marked).split(BREAK):
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
    if "$" in text or DOLLAR in text:
        text = _MONEY.sub(r"\\$", text)
    return _with_pieces(text, pieces)


def _folded(marked: str) -> str:
    """Return marked text with white space folded and without the marks that are no longer needed."""
    text = marked.replace(BARRIER, "").replace(CELL, BREAK).replace(ROW, BREAK)
    for character in _INVISIBLE:
        text = text.replace(character, "")
    text = _BLANKS.sub(" ", text)
    while "  " in text:
        text = text.replace("  ", " ")
    return text


def _with_pieces(text: str, pieces: Pieces) -> str:
    """Return the text with formulas and code in the places of their placeholders."""
    *parts, last = text.split(END)
    out: list[str] = []
    for part in parts:
        head = part.rstrip("0123456789")
        out += (head[:-1], _shown(head[-1], pieces.stored[int(part[len(head) :])]))
    return "".join([*out, last])


def _split_prefix(block: str) -> tuple[str | None, str]:
    """Return what a block begins with, such as "## " or "- ", and its content; "" marks the rows of a table."""
    before, _, rest = block.partition(PREFIX)
    prefix, mark, content = rest.partition(PREFIX)
    return (prefix, (before + content).replace(PREFIX, "")) if mark else (None, before + rest)


def _lines(block: str, prefix: str | None) -> list[str]:
    """Return the lines of one block without those of widgets."""
    if DISPLAY in block and (prefix is None or (prefix and prefix[-2] != "#")):
        block = _AROUND_DISPLAY.sub(f"{LINE}\\1\\2{LINE}", block)
    elif prefix and prefix[-2] == "#":
        block = block.replace(LINE, " ")
    lines = [line for part in block.split(LINE) if (line := part.strip())]
    lines = [line for line in lines if END in line or not is_boilerplate_line(line)]
    if lines and prefix:
        lines[0] = prefix + lines[0]
    return lines


def _shown(kind: str, piece: str) -> str:
    if kind == INLINE:
        return f"${on_one_line(piece)}$"
    if kind == DISPLAY:
        return f"$${piece}$$"
    longest = max(map(len, _TICKS.findall(piece)), default=0)
    if kind == FENCED:
        fence = "`" * max(3, longest + 1)
        return f"{fence}\n{piece}\n{fence}"
    ticks = "`" * (longest + 1)
    return f"{ticks}{piece}{ticks}"
