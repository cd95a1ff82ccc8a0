"""Images of formulas: their TeX from the address of the server that draws them, or from the alternative text."""

import re
from urllib.parse import unquote, unquote_plus

from selectolax.lexbor import LexborNode

from llemma.data.extract.asciimath import tex_of
from llemma.data.extract.html.marks import FORMULA
from llemma.data.extract.html.tex import TWIN, Reading, Tex, cleaned, from_mathml

_CLASS = re.compile(
    r"(?:^|\s)(?:latexcenter|latex|tex|latexdisplay|latexblock|latexblockcenter|formulaInl|formulaDsp|tex2jax|"
    r"x-ck12\S*|teximage|texrender|latex-img|mwe-math-fallback-image-\w+|math|math-display|mathtex|equation|"
    r"equation_image|ql-img-\S+)(?:\s|$)"
)
_SPOKEN_CLASS = re.compile(r"(?:^|\s)(?:inlineformula|displayformula|numberedequation)(?:\s|$)")
_ADDRESS = re.compile(  # every branch begins with a letter of its own, which makes the search fast
    r"latex\.php\?(?:[^?]{0,200}?&)?latex=(?P<php>[^&]*)|equation\?tex=(?P<query>[^&]*)|/images/math/codecogs(?P<alt>)|"
    r"codecogs\.com/[^?]{0,200}\?(?P<url>.*)|tex\.cgi\?(?P<cgi>.*)|"
    r"chart\?(?:[^?]{0,200}&)?cht=tx[^?]{0,200}?&chl=(?P<chart>[^&]*)|"
    r"render/math\?(?:[^?]{0,200}?&)?math=(?P<render>[^&]*)|"
    r"upmath\.me/(?:svg|png)/(?P<path>.*)",
    re.DOTALL,
)
_DISPLAY = re.compile(r"latexcenter|latexblock|formulaDsp|numberedequation|(?:^|[\s-])(?:latex)?display")
_DELIMITERS = (("$", "$"), ("\\(", "\\)"), ("\\[", "\\]"), ("\\begin{", "}"), ("LaTeX:", ""))
_COMMAND = re.compile(r"\\[a-zA-Z]{2,}")
_GROUP = re.compile(r"\{[^{}]*\}")
_WORD = re.compile(r"(?<![\\a-zA-Z])[A-Za-z]{4,}")
_DRAWN = re.compile(r"\n|   ")
_WIRIS = str.maketrans("«»¨§", '<>"&')


def read_image(node: LexborNode) -> Reading:
    """Return the formula that an image shows; None when it shows something else."""
    attributes = node.attributes
    classes, alternative = attributes.get("class") or "", attributes.get("alt") or ""
    if "Wirisformula" in classes and (markup := attributes.get("data-mathml")):
        return from_mathml(markup.translate(_WIRIS))
    source = attributes.get("src") or ""
    if source.startswith("data:") or not source:
        source = attributes.get("data-src") or attributes.get("data-lazy-src") or source
    found = _from_address(source, alternative)
    if found is None and alternative:
        found = _from_alternative(node, classes, alternative)
    if found is not None and not found.display and _DISPLAY.search(classes):
        return Tex(found.tex, display=True)
    return found


def _from_address(source: str, alternative: str) -> Reading:
    address = _ADDRESS.search(source) if "?" in source or "codecogs" in source or "g/" in source else None
    if address is None:
        return None
    kind = address.lastgroup or ""  # the only group of the branch that matched
    if kind == "alt":
        return cleaned(alternative)
    value = address[kind]
    if kind in ("url", "cgi"):
        return cleaned(unquote(value.replace("&space;", " ").replace("+", "%2B" if "%20" in value else "+")))
    return cleaned(unquote(value) if kind == "path" else unquote_plus(value))


def _from_alternative(node: LexborNode, classes: str, alternative: str) -> Reading:
    if _SPOKEN_CLASS.search(classes):  # MathWorld
        return Tex(tex_of(alternative))
    in_block = False
    if not _CLASS.search(classes):
        in_block = _in_math_block(node)
        if not in_block and not _is_tex(alternative):
            return None
    if "\\" not in alternative and (not alternative.isascii() or _DRAWN.search(alternative.strip())):
        return None  # a picture of characters
    if "mwe-math-fallback" in classes and _has_formula_beside(node):
        return TWIN
    found = cleaned(alternative.strip().removeprefix("LaTeX:"))
    return Tex(found.tex, found.display or in_block or found.tex.startswith("\\begin{"))


def _is_tex(alternative: str) -> bool:
    """Whether an alternative text is surely TeX: between delimiters, or with commands and no words."""
    text = alternative.strip()
    if any(text.startswith(opening) and text.endswith(closing) for opening, closing in _DELIMITERS):
        return "$" not in text.strip("$")
    return _COMMAND.search(text) is not None and not _WORD.search(_GROUP.sub("", text))


def _in_math_block(node: LexborNode) -> bool:
    """Whether the image stands in `<div class="math">`, as Sphinx writes a display formula."""
    parent = node.parent
    if parent is not None and parent.tag == "p":
        parent = parent.parent
    return parent is not None and parent.tag == "div" and "math" in (parent.attributes.get("class") or "").split()


def _has_formula_beside(node: LexborNode) -> bool:
    """Whether the element before it holds the same formula as MathML."""
    before = node.prev
    while before is not None and before.is_text_node and not before.text().strip():
        before = before.prev
    if before is None:
        return False
    return any(node.tag == "math" for node in before.traverse()) or FORMULA.search(before.text()) is not None
