"""The serialised tree of a page to marked text: blocks, headings, lists, tables, code, sub- and superscripts."""

import html
import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass

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

_TAG = re.compile(r"<(/?[a-z][^\s>]*)([^>]*)>")
_COMMENT = re.compile(r"<!--(?:[^-]++|-(?!->))*+-->")
_STYLED = re.compile(r"</?(?:b|i|em|strong|u|s|small|big|font|cite|var|dfn|mark|abbr|ins|del|q|wbr)(?: [^>]*)?>")
_PRE = re.compile(r"<pre\b[^>]*>(?:[^<]++|<(?!/pre>))*+</pre>")
_SPAN = re.compile(r"</?span(?: [^>]*)?>")
_SPACED = re.compile(r'(?=<span class="(?:ltx_bibblock|ltx_note_content|classifier)\b)')  # apart by style sheet only
_BLOCKS = (
    "address blockquote body center dd details div dt fieldset figcaption figure hgroup hr p section summary caption "
    "legend optgroup dir listing thead tbody tfoot"
)
_MAIN = re.compile(
    r'role="main"|\bid="(?:main|content|main-content|mw-content-text|documenter-page|ptx-content|bodyContent)"'
)
_ORDINAL = re.compile(r"\s*(?:st|nd|rd|th|er|e|TM|®|™|)\s*\Z")
_NOTE_MARK = re.compile(r"\[?(?:\d{1,3}|[a-z*†‡§¶])\]?")
_FIELDS = frozenset("input select textarea button".split())
_LINK_SHARE, _FEW_LINKS = 0.8, 3
_CACHED = 2000  # characters of attributes that are looked at, and kept in a cache
_SMALL_FORM = 400


@dataclass(slots=True)
class _Frame:
    """An open element: where its text begins, with the counts at that moment."""

    start: int
    text: int
    links: int
    link_text: int
    fields: int
    is_layout: bool = False


class Layout:
    """Writes the marked text of a page. `names`: whether elements are dropped for their names and links."""

    def __init__(self, settings: Settings, pieces: Pieces, *, names: bool = True) -> None:
        self.settings, self.pieces, self.names = settings, pieces, names
        self.out: list[str] = []
        self.dropped: list[tuple[int, int]] = []
        self.frames: list[_Frame] = []
        self.tables: list[_Frame] = []
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
        if "<!--" in page:
            page = _COMMENT.sub("", page)
        if "ltx_" in page or '"classifier"' in page:
            page = _SPACED.sub(" ", page)
        page = _STYLED.sub(BARRIER, page)
        if "<pre" in page:
            page = _PRE.sub(_without_colours, page)
        parts = _TAG.split(page)
        if "$" in page and any(name in page for name in self.settings.ignored):
            exclude_dollars(parts, self.settings)
        out, handlers = self.out, _HANDLERS
        out.append(parts[0])
        tokens = zip(parts[1::3], parts[2::3], parts[3::3], strict=True)
        for name, attributes, text in tokens:
            if name in DROPPED_TAGS or ((attributes or name == "aside") and self._is_dropped(name, attributes, text)):
                self.fields += name in _FIELDS and 'type="hidden"' not in attributes
                out += (BREAK if f"/{name}" in _ENDS_BLOCK else BARRIER, _text_after(name, text, tokens))
                continue
            handler = handlers.get(name)
            if handler is None:
                out.append(BARRIER)
            else:
                handler(self, name, attributes)
            if text:
                out.append(text)
                if not text.isspace():
                    self.text += len(text)
        return self._result()

    def _is_dropped(self, name: str, attributes: str, text: str) -> bool:
        if text == "/" and name == "span":  # the bar of a fraction, hidden from all but screen readers
            return False
        if not self.names:
            return "display" in attributes and "none" in attributes and is_boilerplate(name, attributes[:_CACHED])
        return (name == "aside" and self.content_depth == 0) or is_boilerplate(name, attributes[:_CACHED])

    def _result(self) -> str:
        start, end = 0, len(self.out)
        if self.main is not None and self.main[1] > 0:
            whole, inside = "".join(self.out), "".join(self.out[self.main[0] : self.main[1]])
            if len(inside) > 0.5 * len(whole) and inside.count(END) >= 0.9 * whole.count(END):
                start, end = self.main
        return self._take(start, end)

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

    def block(self, _name: str, _attributes: str) -> None:
        self.out.append(BREAK)

    def open_frame(self, _name: str, attributes: str) -> None:
        self.frames.append(_Frame(len(self.out), self.text, self.links, self.link_text, self.fields))
        self.out.append(BREAK)
        if attributes and self.main is None and _MAIN.search(attributes):
            self.main = (len(self.out), 0)
            self.main_depth = len(self.frames)

    def close_frame(self, _name: str, _attributes: str) -> None:
        self.out.append(BREAK)
        if not self.frames:
            return
        if self.main is not None and self.main[1] == 0 and len(self.frames) == self.main_depth:
            self.main = (self.main[0], len(self.out))
        frame = self.frames.pop()
        links = self.links - frame.links
        if links >= _FEW_LINKS and self.names and not self._holds_main(frame.start):
            share = (self.link_text - frame.link_text) / max(1, self.text - frame.text)
            if share > _LINK_SHARE:
                self.drop(frame.start)

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
        start = self.frames[-1].start if self.frames else 0
        self.close_frame(name, attributes)
        is_outside = self.content_depth == 0 and not self._holds_main(start)
        if self.names and is_outside and f"{PREFIX}#" not in "".join(self.out[start:]):
            self.drop(start)

    def close_form(self, name: str, attributes: str) -> None:
        """A small form with fields and without formulas is a widget."""
        frame = self.frames[-1] if self.frames else _Frame(0, 0, 0, 0, 0)
        self.close_frame(name, attributes)
        is_small = (
            self.fields > frame.fields and self.text - frame.text < _SMALL_FORM and not self._holds_main(frame.start)
        )
        if self.names and is_small and not any(map(FORMULA.search, self.out[frame.start :])):
            self.drop(frame.start)

    def heading(self, name: str, _attributes: str) -> None:
        if self.tables:
            self.tables[-1].is_layout = True
        self.out += (BREAK, f"{PREFIX}{'#' * int(name[1])} {PREFIX}")

    def line(self, _name: str, _attributes: str) -> None:
        self.out.append(LINE)

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
        self.out += (BREAK, f"{PREFIX}{indent}{f'{number}.' if number else '-'} {PREFIX}")

    # -- tables

    def open_table(self, name: str, attributes: str) -> None:
        if self.tables:
            self.tables[-1].is_layout = True
        self.open_frame(name, attributes)
        frame = self.frames[-1]
        frame.is_layout = "equation" in attributes or 'role="presentation"' in attributes
        self.tables.append(frame)

    def row(self, _name: str, _attributes: str) -> None:
        self.out.append(ROW)

    def cell(self, _name: str, _attributes: str) -> None:
        self.out.append(CELL)

    def close_table(self, name: str, attributes: str) -> None:
        if self.tables and self.frames and self.tables[-1] is self.frames[-1]:
            frame = self.tables.pop()
            if not frame.is_layout and not self._holds_main(frame.start):
                self.out += rows(self.cut(frame.start))
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
            self.tables[-1].is_layout = True
        if (code := _shown(content).strip("\n")).strip():
            self.out += (BREAK, self.pieces.store(FENCED, code), BREAK)


def _without_colours(pre: re.Match[str]) -> str:
    """Return a block of code without the elements that only colour it; line numbers are left to be dropped."""
    code = pre[0]
    return code if any(name in code for name in ("lineno", "line-number", "display", "math")) else _SPAN.sub("", code)


def _text_after(name: str, text: str, tokens: Iterator[tuple[str, str, str]]) -> str:
    """Return the text after an element that is dropped, and move the tokens on to its end."""
    if name in VOID:
        return text
    depth = 1
    for other, _, after in tokens:
        if other == name:
            depth += 1
        elif other[0] == "/" and other[1:] == name:
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
    **{name: Layout.block for block in _BLOCKS.split() for name in (block, f"/{block}")},
    **{f"h{level}": Layout.heading for level in range(1, 7)},
    **{f"/h{level}": Layout.block for level in range(1, 7)},
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
    "/li": Layout.block,
    "table": Layout.open_table,
    "/table": Layout.close_table,
    "tr": Layout.row,
    "td": Layout.cell,
    "th": Layout.cell,
    "br": Layout.line,
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
_ENDS_BLOCK = frozenset(name for name in _HANDLERS if name[0] == "/" and name not in ("/a", "/sub", "/sup"))
