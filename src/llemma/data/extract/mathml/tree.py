"""MathML markup, as pages have it, to a small tree: HTML or XML, with prefixes or without, possibly broken."""

import html
import re
from dataclasses import dataclass, field

MAX_DEPTH = 200
"""Deeper elements are not opened: their content is read as if it stood in the innermost open one."""

WHITE_SPACE = " \t\n\r\f"
"""What MathML folds; a no-break space is content."""

TEXT = "#text"
"""The tag of a piece of character data."""

# Every alternative consumes what it looked at, to the end of the markup where something is left open: linear time.
_TOKEN = re.compile(
    r"""
    (?P<text> (?: [^<]++ | <(?! [!?] | /?[A-Za-z] ) )++ )
  | <!--             (?: .*?--> | .*+ )
  | <!\[CDATA\[      (?P<cdata> .*? ) (?: \]\]> | \Z )
  | <[!?] [^>]*+ >?
  | <(?P<close> /? ) (?: [A-Za-z][\w.-]*+ : )? (?P<tag> [A-Za-z][\w.-]*+ )
     (?P<attributes> (?: [^<>"']++ | "[^"]*+(?:"|\Z) | '[^']*+(?:'|\Z) )*+ ) >?
    """,
    re.VERBOSE | re.DOTALL,
)
_ATTRIBUTE = re.compile(r"""(?<![\w:.-])([\w:.-]++)\s*+=\s*+(?:"([^"]*+)|'([^']*+)|([^\s"'>]++))""")

_FOLDED = re.compile(rf"[{WHITE_SPACE}]++")

# Written `<none/>`; in HTML the slash of a prefixed element counts for nothing and it would swallow what follows.
_VOID = frozenset("none mprescripts mspace sep mglyph malignmark maligngroup msline".split())


@dataclass(slots=True)
class Element:
    """An element, or character data (tag TEXT). Tags and attribute names are in lower case and without a prefix."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list["Element"] = field(default_factory=list)
    data: str = ""

    @property
    def text(self) -> str:
        """The character data directly in the element, white space folded; an element in between reads as a space."""
        data = "".join(child.data if child.tag == TEXT else " " for child in self.children)
        return _FOLDED.sub(" ", data.strip(WHITE_SPACE))


def parse(markup: str) -> list[Element]:
    """Return the elements of the markup in the order in which they end, so that the root comes last.

    What is never closed ends with its parent, and an end without a beginning is passed over.
    """
    stack = [Element("")]
    finished: list[Element] = []
    for text, cdata, close, tag, attributes in _TOKEN.findall(markup):
        if not tag:
            _read_data(cdata or html.unescape(text.strip(WHITE_SPACE)), stack[-1], finished)
        elif close:
            _close(tag.lower(), stack, finished)
        elif len(stack) <= MAX_DEPTH:
            _open(tag.lower(), attributes, stack, finished)
    finished += reversed(stack)
    return finished


def root_attributes(markup: str) -> dict[str, str]:
    """Return the attributes of the first element."""
    match = next((match for match in _TOKEN.finditer(markup) if match["tag"]), None)
    return _attributes(match["attributes"]) if match else {}


def _read_data(data: str, parent: Element, finished: list[Element]) -> None:
    if data:
        element = Element(TEXT, data=data)
        parent.children.append(element)
        finished.append(element)


def _open(tag: str, attributes: str, stack: list[Element], finished: list[Element]) -> None:
    element = Element(tag, _attributes(attributes))
    stack[-1].children.append(element)
    (finished if tag in _VOID or attributes.endswith("/") else stack).append(element)


def _close(tag: str, stack: list[Element], finished: list[Element]) -> None:
    for index in range(len(stack) - 1, 0, -1):
        if stack[index].tag == tag:
            finished += reversed(stack[index:])
            del stack[index:]
            return


def _attributes(source: str) -> dict[str, str]:
    if "=" not in source:
        return {}
    return {
        name.rpartition(":")[2].lower(): html.unescape(double or single or bare)
        for name, double, single, bare in _ATTRIBUTE.findall(source)
    }
