"""The serialised tree of a page to marked text: blocks, headings, lists, tables, code, sub- and superscripts."""

import html
import re
from bisect import bisect_left
from collections.abc import Callable, Iterator

from llemma.data.extract.html.boilerplate import DROPPED_TAGS, is_boilerplate
from llemma.data.extract.html.declared import Settings
from llemma.data.extract.html.ignored import VOID, exclude_dollars
from llemma.data.extract.html.marks import (
    BARRIER,
    BREAK,
    CELL,
    CODE,
    DOLLAR,
    END,
    FENCED,
    FORMULA,
    INDENT,
    LINE,
    PREFIX,
    ROW,
    Pieces,
)
from llemma.data.extract.html.tables import rows

_TAG = re.compile(r"<(/?[a-z][^\s>]*+)([^>]*+)>")
_COMMENT = re.compile(r"<!--(?:[^-]++|-(?!->))*+-->")
_STYLED = re.compile(r"</?(?:b|i|em|strong|u|s|small|big|font|cite|var|dfn|mark|abbr|ins|del|q|wbr)(?: [^>]*)?>")
_SPAN = re.compile(r"</?span(?: [^>]*)?>")
_SPACED = re.compile(r' class="(?:ltx_bibblock|ltx_note_content|classifier)\b')  # apart by style sheet only
_BLOCKS = (
    "address blockquote body center dd details dt fieldset figcaption figure hgroup hr summary caption "
    "legend optgroup dir listing thead tbody tfoot"
)
_MAIN = re.compile(
    r'role="main"|\bid="(?:main|content|main-content|mw-content-text|documenter-page|ptx-content|bodyContent)"'
)
_ORDINAL = re.compile(r"\s*(?:st|nd|rd|th|er|e|TM|®|™|)\s*\Z")
_NOTE_MARK = re.compile(r"\[?(?:\d{1,3}|[a-z*†‡§¶])\]?")
_FIELDS = frozenset("input select textarea button".split())
_LINK_SHARE, _FEW_LINKS = 0.8, 3
_SMALL_FORM = 400

_Frame = tuple[int, int, int, int, int]
"""An open element: where its text begins, with text, links, text of links and fields before it."""


class Layout:
    """Writes the marked text of a page. `names`: whether elements are dropped for their names and links."""

    def __init__(self, settings: Settings, pieces: Pieces, *, names: bool = True) -> None:
        self.settings, self.pieces, self.names = settings, pieces, names
        self.out: list[str] = []
        self.dropped: list[tuple[int, int]] = []
        self.frames: list[_Frame] = []
        self.tables: list[_Frame] = []
        self.is_data: list[bool] = []  # of each open table: it does not only arrange the page
        self.lists: list[int] = []  # the next number of an ordered list, 0 for other lists
        self.captures: list[int] = []
        self.scripts: list[tuple[int, str]] = []
        self.in_note_link = self.has_note_link = False  # a link within the page, in or around a superscript
        self.fields = 0
        self.text = self.links = self.link_text = self.link_start = 0
        self.content_depth = 0
        self.main: tuple[int, int] | None = None
        self.main_depth = 0

    def write(self, page: str) -> str:
        """Return the text of a serialised page, with marks for its structure and the placeholders in it."""
        parts = _TAG.split(_prepared(page))
        said = "".join(parts[2::3])
        if "ltx_" in said or '"classifier"' in said:
            _space(parts)
        if "$" in page and any(name in said for name in self.settings.ignored):
            exclude_dollars(parts, self.settings)
        out, write, handler_of, mark_of = self.out, self.out.append, _HANDLERS.get, _MARKS.get
        rest = iter(parts)
        write(next(rest))
        tokens = zip(rest, rest, rest, strict=True)
        for name, attributes, text in tokens:
            if (attributes or name in _LOOKED_AT) and self._is_dropped(name, attributes, text):
                self.fields += name in _FIELDS and 'type="hidden"' not in attributes
                out += (BREAK if f"/{name}" in _ENDS_BLOCK else BARRIER, _text_after(name, text, tokens))
                continue
            if (handler := handler_of(name)) is not None:
                handler(self, name, attributes)
            else:
                write(mark_of(name, BARRIER))
            if text:
                write(text)
                if not text.isspace():
                    self.text += len(text)
        return self._result()

    def _is_dropped(self, name: str, attributes: str, text: str) -> bool:
        if name in DROPPED_TAGS or (name == "aside" and self.names and self.content_depth == 0):
            return True
        if not self.names and not ("display" in attributes and "none" in attributes):
            return False
        is_bar = text == "/" and name == "span"  # of a fraction, hidden from all but screen readers
        return not is_bar and is_boilerplate(name, attributes)

    def _result(self) -> str:
        """Return the main part when most of the text and nearly all formulas and code are in it, otherwise all."""
        if self.main is not None and self.main[1] > 0:
            start, end = self.main
            inside, outside = "".join(self.out[start:end]), "".join(self.out[:start] + self.out[end:])
            pieces = inside.count(END)
            if len(inside) > len(outside) and pieces >= 0.9 * (pieces + outside.count(END)):
                return self._take(start, end) if self.dropped else inside
        return self._take(0, len(self.out))

    def _take(self, start: int, end: int) -> str:
        """Return the text from one place to another, without what was dropped in it."""
        pieces, position = [], start
        for first, last in self.dropped[bisect_left(self.dropped, (start, 0)) :]:
            if first >= position and last <= end:
                pieces += self.out[position:first]
                position = last
        return "".join([*pieces, *self.out[position:end]])

    def drop(self, start: int) -> None:
        """Drop what was written since `start`."""
        while self.dropped and self.dropped[-1][0] >= start:
            self.dropped.pop()
        self.dropped.append((start, len(self.out)))

    def cut(self, start: int) -> str:
        """Take back what was written since `start` and return it."""
        text = self._take(start, len(self.out))
        while self.dropped and self.dropped[-1][0] >= start:
            self.dropped.pop()
        del self.out[start:]
        return text

    # -- blocks

    def open_frame(self, _name: str, attributes: str) -> None:
        self.frames.append((len(self.out), self.text, self.links, self.link_text, self.fields))
        self.out.append(BREAK)
        if attributes and self.main is None and _MAIN.search(attributes):
            self.main = (len(self.out), 0)
            self.main_depth = len(self.frames)

    def close_frame(self, _name: str, _attributes: str) -> None:
        self.out.append(BREAK)
        if not self.frames:
            return
        if self.main is not None and len(self.frames) == self.main_depth:
            self.main = (self.main[0], len(self.out))
            self.main_depth = 0
        start, text, links, link_text, _ = self.frames.pop()
        if self.links - links >= _FEW_LINKS and self.names and not self._holds_main(start):
            share = (self.link_text - link_text) / max(1, self.text - text)
            if share > _LINK_SHARE:
                self.drop(start)

    def _holds_main(self, start: int) -> bool:
        return self.main is not None and self.main[0] >= start

    def open_content(self, name: str, attributes: str) -> None:
        self.content_depth += 1
        self.open_frame(name, 'role="main"' if name == "main" else attributes)

    def close_content(self, name: str, attributes: str) -> None:
        self.content_depth -= 1
        self.close_frame(name, attributes)

    def close_header(self, name: str, attributes: str) -> None:
        """A header stays when it holds a heading or stands in the content."""
        start = self.frames[-1][0] if self.frames else 0
        self.close_frame(name, attributes)
        is_outside = self.content_depth == 0 and not self._holds_main(start)
        if self.names and is_outside and f"{PREFIX}#" not in "".join(self.out[start:]):
            self.drop(start)

    def close_form(self, name: str, attributes: str) -> None:
        """A small form with fields and without formulas is a widget."""
        start, text, _, _, fields = self.frames[-1] if self.frames else (0, 0, 0, 0, 0)
        self.close_frame(name, attributes)
        is_small = self.fields > fields and self.text - text < _SMALL_FORM and not self._holds_main(start)
        if self.names and is_small and not any(map(FORMULA.search, self.out[start:])):
            self.drop(start)

    def heading(self, name: str, _attributes: str) -> None:
        if self.tables:
            self.is_data[-1] = False
        self.out += (BREAK, f"{PREFIX}{'#' * int(name[1])} {PREFIX}")

    # -- lists

    def open_list(self, name: str, attributes: str) -> None:
        first = re.search(r'\bstart="(\d{1,6})"', attributes) if attributes else None
        self.lists.append((int(first[1]) if first else 1) if name == "ol" else 0)
        self.open_frame(name, attributes)

    def close_list(self, name: str, attributes: str) -> None:
        if self.lists:
            self.lists.pop()
        self.close_frame(name, attributes)

    def item(self, _name: str, _attributes: str) -> None:
        number = self.lists[-1] if self.lists else 0
        if number:
            self.lists[-1] += 1
        indent = INDENT * min(len(self.lists) - 1, 8)
        self.out += (BREAK, f"{PREFIX}{indent}{number}. {PREFIX}" if number else f"{PREFIX}{indent}- {PREFIX}")

    # -- tables

    def open_table(self, name: str, attributes: str) -> None:
        if self.tables:
            self.is_data[-1] = False
        self.open_frame(name, attributes)
        self.tables.append(self.frames[-1])
        self.is_data.append("equation" not in attributes and 'role="presentation"' not in attributes)

    def close_table(self, name: str, attributes: str) -> None:
        if self.tables and self.frames and self.tables[-1] is self.frames[-1]:
            start = self.tables.pop()[0]
            if self.is_data.pop() and not self._holds_main(start):
                self.out += rows(self.cut(start))
        self.close_frame(name, attributes)

    # -- within a line

    def open_link(self, _name: str, attributes: str) -> None:
        self.link_start = self.text
        self.in_note_link = 'href="#' in attributes
        self.has_note_link |= self.in_note_link
        self.out.append(BARRIER)

    def close_link(self, _name: str, _attributes: str) -> None:
        self.links += 1
        self.in_note_link = False
        self.link_text += self.text - self.link_start
        self.link_start = self.text
        self.out.append(BARRIER)

    def open_script(self, name: str, _attributes: str) -> None:
        self.scripts.append((len(self.out), "_" if name == "sub" else "^"))
        self.has_note_link = self.in_note_link

    def close_script(self, _name: str, _attributes: str) -> None:
        if not self.scripts:
            return
        start, mark = self.scripts.pop()
        if any(BREAK in piece for piece in self.out[start:]) or start > len(self.out):
            return
        content = self.cut(start)
        text = content.replace(BARRIER, "").strip()
        if _ORDINAL.match(text):
            self.out += (BARRIER, content, BARRIER)
        elif not (_is_note(text, content) or (self.has_note_link and _NOTE_MARK.fullmatch(text))):
            self.out += (BARRIER, f"{mark}{{{text}}}", BARRIER)

    def open_code(self, _name: str, _attributes: str) -> None:
        self.captures.append(len(self.out))

    def close_code(self, name: str, _attributes: str) -> None:
        if not self.captures:
            return
        start = self.captures.pop()
        if self.captures or start > len(self.out):  # code in code: the outer one is stored
            return
        content = self.cut(start)
        if FORMULA.search(content):
            self.out.append(content.replace("\n", LINE) if name == "/pre" else content)
        elif name == "/pre":
            self._fence(content)
        elif any(mark in content for mark in ("$", "\\", "`", "[/", "&lt;math", DOLLAR)):  # not to be read as a formula
            self.out += (BARRIER, self.pieces.store(CODE, " ".join(_shown(content).split())), BARRIER)
        else:
            self.out += (BARRIER, content, BARRIER)

    def _fence(self, content: str) -> None:
        if self.tables:
            self.is_data[-1] = False
        if (code := _shown(content).strip("\n")).strip():
            self.out += (BREAK, self.pieces.store(FENCED, code), BREAK)


def _prepared(page: str) -> str:
    """Return a serialised page without the elements and comments that only say how it looks."""
    if "<!--" in page:
        page = _COMMENT.sub("", page)
    first, *rest = _STYLED.sub(BARRIER, page).split("<pre")
    return "<pre".join([first, *map(_without_colours, rest)])


def _without_colours(block: str) -> str:
    """Return code and what follows it without the elements that only colour it; line numbers are left to be dropped."""
    code, end, rest = block.partition("</pre>")
    if "<span" not in code or any(name in code for name in ("lineno", "line-number", "display", "math")):
        return block
    return _SPAN.sub("", code) + end + rest


def _space(parts: list[str]) -> None:
    """Put a space before the elements that only the style sheet keeps apart from the text before them."""
    for index in range(1, len(parts), 3):
        if parts[index] == "span" and _SPACED.match(parts[index + 1]):
            parts[index - 1] += " "


def _text_after(name: str, text: str, tokens: Iterator[tuple[str, str, str]]) -> str:
    """Return the text after an element that is dropped, and move the tokens on to its end."""
    if name in VOID:
        return text
    depth, end = 1, f"/{name}"
    for other, _, after in tokens:
        if other == name:
            depth += 1
        elif other == end:
            depth -= 1
            if depth == 0:
                return after
    return ""


def _shown(content: str) -> str:
    """Return code as it is shown, without marks."""
    content = content.replace(BARRIER, "").replace(LINE, "\n").replace(BREAK, "\n").replace(PREFIX, "")
    content = content.replace(CELL, "").replace(ROW, "\n").replace(DOLLAR, "$")
    return html.unescape(content).replace("\xa0", " ")


def _is_note(text: str, content: str) -> bool:
    """Whether a superscript is the number of a note, or its link."""
    return bool(re.fullmatch(r"\[?(?:\d{1,3}|note \d+|[a-z*†‡])\]", text)) or (not text and content != "")


_Handler = Callable[[Layout, str, str], None]
_HANDLERS: dict[str, _Handler] = {
    **{f"h{level}": Layout.heading for level in range(1, 7)},
    **dict.fromkeys(("div", "p", "section", "dl", "header"), Layout.open_frame),
    **{f"/{name}": Layout.close_frame for name in ("div", "p", "section", "dl")},
    "/header": Layout.close_header,
    "form": Layout.open_frame,
    "/form": Layout.close_form,
    "main": Layout.open_content,
    "article": Layout.open_content,
    "aside": Layout.open_frame,
    "/main": Layout.close_content,
    "/article": Layout.close_content,
    "/aside": Layout.close_frame,
    "ul": Layout.open_list,
    "ol": Layout.open_list,
    "/ul": Layout.close_list,
    "/ol": Layout.close_list,
    "li": Layout.item,
    "table": Layout.open_table,
    "/table": Layout.close_table,
    "a": Layout.open_link,
    "/a": Layout.close_link,
    "sub": Layout.open_script,
    "sup": Layout.open_script,
    "/sub": Layout.close_script,
    "/sup": Layout.close_script,
    "pre": Layout.open_code,
    "/pre": Layout.close_code,
    "code": Layout.open_code,
    "/code": Layout.close_code,
    "kbd": Layout.open_code,
    "/kbd": Layout.close_code,
    "samp": Layout.open_code,
    "/samp": Layout.close_code,
    "tt": Layout.open_code,
    "/tt": Layout.close_code,
}
_LOOKED_AT = DROPPED_TAGS | {"aside"}
"""Elements that may be dropped though they have no attributes."""
_MARKS = {
    **{name: BREAK for block in _BLOCKS.split() for name in (block, f"/{block}")},
    **dict.fromkeys("/h1 /h2 /h3 /h4 /h5 /h6 /li".split(), BREAK),
    "br": LINE,
    "td": CELL,
    "th": CELL,
    "tr": ROW,
}
"""What is written for elements that only part the text."""
_ENDS_BLOCK = {*(name for name, mark in _MARKS.items() if mark == BREAK), *_HANDLERS} - {"/a", "/sub", "/sup"}
