"""A formula's TeX as it goes into the text: delimiters, comments, style switches and definitions taken off."""

import html
import re
from dataclasses import dataclass
from functools import lru_cache

from llemma.data.extract.mathml import formula_of
from llemma.data.extract.tex_pieces import group_end

_ENTITY = re.compile(r"&(?:lt|gt|amp|nbsp|quot|#[0-9]{1,7}|#x[0-9a-fA-F]{1,6});")
_COMMENT = re.compile(r"(?<!\\)%[^\n]*(?:\n|\Z)")
_CDATA = re.compile(r"^\s*(?:(?:%|//)\s*)?<!\[CDATA\[|(?:(?:%|//)\s*)?\]\]>\s*$")
_DELIMITERS = (
    ("$$", "$$", True),
    ("\\[", "\\]", True),
    ("\\(", "\\)", False),
    ("$", "$", False),
    ("\\begin{displaymath}", "\\end{displaymath}", True),
    ("\\begin{math}", "\\end{math}", False),
)
_STYLE = re.compile(
    r"\\(?:displaystyle|textstyle|inline|large|Large|(?:bg|fg|fn)_[a-z]+|dpi\s*\{[^{}]*\})(?![a-zA-Z])\s*"
)
_DEFINITION = re.compile(
    r"\\(?:(?:re|provide)?newcommand|def|gdef|let|DeclareMathOperator|newenvironment|require|definecolor)\*?(?![a-zA-Z])"
)
_UNUSUAL = re.compile(r"[&%$\n\t\r\f\xa0]")
_UNUSUAL_BEGINNING = re.compile(
    r"\{|\\(?:[(\[]|displaystyle|textstyle|inline|[lL]arge|bg_|fg_|fn_|dpi|begin\{(?:display)?math\}|"
    r"(?:re)?new|provide|g?def|let[\s\\]|Declare|require)"
)
_BLANKS = re.compile(r"[ \t\r\f\xa0]+")
_LINES = re.compile(r" ?\n\s*")


@dataclass(frozen=True, slots=True)
class Tex:
    """TeX without delimiters; `display` where they declared it."""

    tex: str
    display: bool = False


Reading = Tex | None
"""What an element holds; None: it is no formula and stays."""

TWIN = Tex("")
"""The element shows a formula that stands beside it, and goes."""


def from_mathml(markup: str) -> Tex:
    """Return the TeX of a serialised `<math>` element, empty when it holds none.

    Short ones are remembered: a single letter comes back again and again.
    """
    return (_short_from_mathml if len(markup) < 1000 else _from_mathml)(markup)


def _from_mathml(markup: str) -> Tex:
    found = formula_of(markup)
    return cleaned(found.tex) if found and not found.display else Tex(found.tex if found else "", display=True)


_short_from_mathml = lru_cache(maxsize=2**12)(_from_mathml)


def cleaned(source: str) -> Tex:
    """Return TeX as an author wrote it, cleaned; empty when it holds nothing, or definitions of macros only."""
    source = source.strip()
    if not (_UNUSUAL.search(source) or "  " in source or _UNUSUAL_BEGINNING.match(source)):
        return Tex(source)
    if "&" in source and _ENTITY.search(source):
        source = html.unescape(source)
    if "]]>" in source:
        source = _CDATA.sub("", source)
    if "%" in source:
        source = _COMMENT.sub("", source)
    tex, display = source.strip(), False
    for opening, closing, is_display in _DELIMITERS:
        if tex.startswith(opening) and tex.endswith(closing) and len(tex) > len(opening) + len(closing):
            tex, display = tex[len(opening) : -len(closing)].strip(), is_display
            break
    tex = _without_style(tex)
    if tex.startswith("\\") and _DEFINITION.match(tex) and not _without_definitions(tex):
        tex = ""
    if "\n" in tex:
        tex = _LINES.sub("\n", tex)
    return Tex(_with_escaped_dollars(_BLANKS.sub(" ", tex)), display)


def on_one_line(tex: str) -> str:
    """Return TeX without line breaks."""
    return tex.replace("\n", " ") if "\n" in tex else tex


def argument(tex: str, start: int) -> tuple[str, int]:
    """Return the braced group, command or character at `start`, with the index after it."""
    while start < len(tex) and tex[start].isspace():
        start += 1
    if tex[start : start + 1] != "{":
        token = re.compile(r"\\(?:[a-zA-Z]+|.)|.", re.DOTALL).match(tex, start)
        return (token[0], token.end()) if token else ("", start)
    end = group_end(tex, start)
    return (tex[start + 1 : end - 1], end) if end >= 0 else (tex[start + 1 :], len(tex))


def _without_style(tex: str) -> str:
    """Return TeX without a style switch at its beginning and without braces round all of it."""
    if tex.startswith("{") and tex.endswith("}"):
        inner, end = argument(tex, 0)
        if end == len(tex):
            tex = inner
    while tex.startswith("\\") and (style := _STYLE.match(tex)):
        tex = tex[style.end() :]
    return tex.strip()


def _without_definitions(tex: str) -> str:
    """Return what is left of TeX when the definitions that it begins with are taken off."""
    while found := _DEFINITION.match(tex):
        _, position = argument(tex, found.end())
        if found[0] == "\\let" and (equals := re.compile(r"\s*=").match(tex, position)):
            position = equals.end()
        if found[0].startswith(("\\def", "\\gdef")):
            brace = tex.find("{", position)
            position = brace if brace >= 0 else len(tex)
        while optional := re.compile(r"\s*\[[^\]]*\]").match(tex, position):
            position = optional.end()
        if not found[0].startswith("\\require"):
            _, position = argument(tex, position)
        tex = tex[position:].lstrip()
    return tex


def _with_escaped_dollars(tex: str) -> str:
    """Return TeX in which no bare dollar stands outside braces: it would end the formula."""
    if "$" not in tex:
        return tex
    pieces, depth, last = [], 0, 0
    for token in re.compile(r"\\.|[{}$]", re.DOTALL).finditer(tex):
        depth += {"{": 1, "}": -1}.get(token[0], 0)
        if token[0] == "$" and depth <= 0:
            pieces.append(tex[last : token.start()] + "\\$")
            last = token.end()
    return "".join(pieces) + tex[last:]
