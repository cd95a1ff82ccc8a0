"""MathML to TeX: the author's TeX where the page carries it, else our own conversion of the elements."""

import html
import re
from dataclasses import dataclass

from llemma.data.extract.mathml.content import CONTENT
from llemma.data.extract.mathml.presentation import PRESENTATION, Converter, as_row
from llemma.data.extract.mathml.tree import Element, parse, root_attributes
from llemma.data.extract.tex_pieces import Piece, group_end

MAX_MARKUP = 2**18
"""Longer markup (characters) is no formula."""

MAX_TEX = 2**16
"""Longer TeX (characters) is no formula."""


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula as TeX without dollars around it, white space folded; `display` when it stands on its own line."""

    tex: str
    display: bool


def formula_of(markup: str) -> Formula | None:
    """Return the formula of a serialised `<math>` element, HTML or XML, prefixed or not; None when there is none.

    Taken from, in this order: a TeX annotation, `alttext` that is TeX, the elements, any other `alttext`. It is display
    where the element declares it; a `\\displaystyle` around everything (Wikipedia) is taken off.
    """
    if len(markup) > MAX_MARKUP:
        return None
    attributes = root_attributes(markup)
    alternative = attributes.get("alttext", "")
    source = _annotation(markup) or (alternative if _is_tex(alternative) else "") or _bare_tex(markup)
    found = tidy(source)
    if not found.tex:
        found = Formula(_folded(_convert(markup)), display=False)
    if not found.tex:
        found = tidy(alternative)
    if not found.tex or len(found.tex) > MAX_TEX:
        return None
    declared = attributes.get("display") == "block" or attributes.get("mode") == "display"
    return Formula(found.tex, found.display or declared)


def tidy(source: str) -> Formula:
    """Return TeX as an author wrote it without delimiters, comments and a `\\displaystyle` around everything.

    Dollars inside, as in `\\text{if $x$}`, become `\\(` and `\\)`. `$$` and `\\[` around it declare it as display.
    """
    tex = _folded(_COMMENT.sub(" ", source) if "%" in source else source)
    display = False
    for delimited, is_display in _DELIMITED if tex.startswith(("$", "\\[", "\\(")) else ():
        if match := delimited.fullmatch(tex):
            tex, display = match[1], is_display
            break
    tex = _with_parentheses(_without_style(tex.strip()))
    return Formula("" if not tex.strip("{} ") else _folded(tex), display)


def _with_parentheses(tex: str) -> str:
    """Return TeX with `\\(` and `\\)` for the dollars in it; without its dollars where one is left over."""
    if "$" not in tex:
        return tex
    parts = _DOLLARS.split(tex)
    opened = [part + (r"\(" if index % 2 == 0 else r"\)") for index, part in enumerate(parts[:-1])]
    return "".join([*opened, parts[-1]]) if len(parts) % 2 else "".join(parts)


_DELIMITED = (  # one pair around everything
    (re.compile(r"\$\$((?:[^$\\]|\\.)*+)\$\$", re.DOTALL), True),
    (re.compile(r"\\\[((?:[^\\]|\\[^\]])*+)\\\]", re.DOTALL), True),
    (re.compile(r"\\\(((?:[^\\]|\\[^)])*+)\\\)", re.DOTALL), False),
    (re.compile(r"\$((?:[^$\\]|\\.)*+)\$", re.DOTALL), False),
)
_COMMENT = re.compile(r"(?<!\\)%[^\n]*+\n")
_DOLLARS = re.compile(r"(?<!\\)\$++")
_STYLE = re.compile(r"\{?\s*\\(?:display|text)style(?![A-Za-z])\s*")
_ANNOTATION = re.compile(
    r"<(?:[\w.-]++:)?annotation\s([^<>]*+)>(?:(.*?)</(?:[\w.-]++:)?annotation\s*+>|.*+)", re.DOTALL | re.IGNORECASE
)
_TEX_ENCODING = re.compile(r"""encoding\s*=\s*["']?(?:[\w.+/-]*[/-])?(?:ams)?-?(?:la)?tex(?![\w-])""", re.IGNORECASE)
_ONLY_TEXT = re.compile(r"\s*+<[^<>]*+>([^<]*+)</[^<>]*+>\s*\Z")
_TEX_MARK = re.compile(r"[\\^_]")
_TAGS_IN_ANNOTATION = re.compile(r"<!--.*?-->|<!\[CDATA\[|\]\]>", re.DOTALL)


def _annotation(markup: str) -> str:
    for attributes, content in _ANNOTATION.findall(markup, max(markup.find("<annotation"), 0)):
        if content and _TEX_ENCODING.search(attributes):
            return html.unescape(_TAGS_IN_ANNOTATION.sub("", content))
    return ""


def _bare_tex(markup: str) -> str:
    """Return the TeX of an element that holds it as plain text, as a wiki's source does."""
    match = _ONLY_TEXT.match(markup)
    return html.unescape(match[1]) if match and _TEX_MARK.search(match[1]) else ""


def _is_tex(alternative: str) -> bool:
    """Say whether an alternative text is TeX rather than words to be read aloud."""
    return "\\" in alternative or not re.search(r"[A-Za-z]{3}", alternative)


def _without_style(tex: str) -> str:
    match = _STYLE.match(tex)
    if match is None:
        return tex
    inner = tex[match.end() :]
    if not match[0].startswith("{"):
        return inner
    return inner[:-1].rstrip() if group_end(inner, depth=1) == len(inner) else tex


def _folded(tex: str) -> str:
    """Return TeX with white space folded; a backslash that lost the space behind it goes too."""
    tex = " ".join(tex.split())
    return tex[:-1].rstrip() if (len(tex) - len(tex.rstrip("\\"))) % 2 else tex


def _convert(markup: str) -> str:
    """Return the TeX of the elements: every element when its children are done, so depth costs no stack."""
    pieces: list[Piece] = []
    for element in parse(markup):
        first = len(pieces) - len(element.children)
        pieces[first:] = [_converter(element)(element, pieces[first:])]
    return pieces[-1].tex


def _converter(element: Element) -> Converter:
    return PRESENTATION.get(element.tag) or CONTENT.get(element.tag) or as_row
