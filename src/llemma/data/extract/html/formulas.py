"""Elements that are formulas: each gives its place in the tree to the placeholder of its TeX, rendered twins go."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

import orjson
from selectolax.lexbor import LexborHTMLParser, LexborNode

from llemma.data.extract.asciimath import tex_of
from llemma.data.extract.html.images import read_image
from llemma.data.extract.html.marks import FORMULA, Pieces
from llemma.data.extract.html.mathjax import mathml_of
from llemma.data.extract.html.tex import TWIN, Reading, Tex, cleaned, from_mathml


@dataclass(frozen=True, slots=True)
class Form:
    """One form of formula: looked for where `mark` is in the source ("": always), `read` says what an element holds."""

    name: str
    mark: str
    selector: str
    read: Callable[[LexborNode], Reading]


def replace_formulas(tree: LexborHTMLParser, page: str, pieces: Pieces) -> list[str]:
    """Replace the formulas in the tree; return the other scripts, which may declare delimiters.

    From the last element to the first, so that what an element holds is replaced before the element itself.
    """
    scripts = list(_replace_scripts(tree, pieces))
    found = [(form, nodes) for form in _forms(page) if (nodes := tree.css(form.selector))]
    if not found:
        return scripts
    form_of = {node.mem_id: form for form, nodes in reversed(found) for node in nodes}
    ordered = found[0][1] if len(found) == 1 else tree.css(",".join(form.selector for form, _ in found))
    for key, node in reversed({node.mem_id: node for node in ordered}.items()):
        form = form_of[key]
        _replace(node, form.read(node), form=form.name, pieces=pieces)
    return scripts


def _forms(page: str) -> list[Form]:
    """Return the forms whose marks are in the source of a page."""
    marks = {"", *(mark for mark in _WORDS if mark in page)}
    marks |= {name.lower() for name in set(_DATA_NAME.findall(page))}
    for mark, after in set(_MATH_MARK.findall(page)):
        marks |= {mark, mark + after.lower()}
    if "<MATH" in page:
        marks |= {"<math", "<mathj", "<math-"}
    forms = [form for form in _FORMS if form.mark in marks]
    if ":math" in marks:
        forms += [_prefixed_math(prefix) for prefix in sorted(set(_PREFIX.findall(page)))[:8]]
    return forms


def _replace(node: LexborNode, reading: Reading, *, form: str, pieces: Pieces) -> None:
    if reading is None:
        return
    placeholder = pieces.formula(reading.tex, display=reading.display, form=form) if reading.tex else ""
    if placeholder:
        node.replace_with(placeholder)
    else:
        node.decompose()


def _replace_scripts(tree: LexborHTMLParser, pieces: Pieces) -> Iterator[str]:
    for node in reversed(tree.css("script")):
        kind = (node.attributes.get("type") or "").lower()
        source = node.text()
        read = next((read for start, read in _SCRIPTS if kind.startswith(start)), None)
        if read is None:
            node.decompose()
            yield source
            continue
        found = read(source)
        display = found.display or "mode=display" in kind.replace(" ", "") or ("mml" in kind and _is_display(node))
        _replace(node, Tex(found.tex, display), form="script", pieces=pieces)


def _ascii(source: str) -> Tex:
    return Tex(tex_of(source.strip().strip("`").strip()))


_SCRIPTS: tuple[tuple[str, Callable[[str], Tex]], ...] = (
    ("math/tex", cleaned),
    ("math/latex", cleaned),
    ("text/tex", cleaned),
    ("math/asciimath", _ascii),
    ("math/mml", from_mathml),
)


# -- MathML, and what KaTeX and MathJax render

_PREFIX = re.compile(r"<([\w-]{1,20}):math[\s>]")
_DISPLAY_PARENT = re.compile(
    r"katex-display|mwe-math-mathml-display|MathJax_Display|ltx_displaymath|"
    r"\Adisplay\Z|(?:^|\s)(?:disp-formula|display-?(?:math|formula|equation))(?:\s|$)"
)


def _prefixed_math(prefix: str) -> Form:
    return Form("mathml", "", f"{prefix.lower()}\\:math", _read_math)


def _read_math(node: LexborNode) -> Reading:
    markup = node.html or ""
    parent = node.parent
    if parent is not None and parent.tag == "alternatives" and any(map(_is_tex_math, _few_children(parent))):
        return TWIN
    content = markup[markup.find(">") + 1 : markup.rfind("</")]
    if "<" not in content:  # TeX that a wiki left there
        found = cleaned(content)
        if FORMULA.search(content) is None and "alttext" not in markup:
            return _placed(found, node)
    return _placed(from_mathml(markup), node)


def _few_children(node: LexborNode) -> Iterator[LexborNode]:
    """Return the first children: elsewhere no twin stands, and each of many formulas would look at all."""
    return islice(node.iter(include_text=True), 12)


def _is_tex_math(node: LexborNode) -> bool:
    """Whether this is TeX, or the placeholder that has taken its place."""
    return node.tag == "tex-math" or (node.is_text_node and FORMULA.search(node.text()) is not None)


def _placed(found: Tex, node: LexborNode) -> Tex:
    """Return a formula, as display where an element round it declares it so."""
    return Tex(found.tex, display=True) if not found.display and _is_display(node) else found


def _is_display(node: LexborNode) -> bool:
    """Whether one of the nearest elements round a formula declares it as display."""
    for _ in range(4):
        parent = node.parent
        if parent is None:
            return False
        node, tag, attributes = parent, parent.tag, parent.attributes
        if tag == "disp-formula" or (tag == "mjx-container" and attributes.get("display") == "true"):
            return True
        if "isp" in (classes := attributes.get("class") or "") and _DISPLAY_PARENT.search(classes):
            return True
    return False


def _twin(_node: LexborNode) -> Reading:
    return TWIN


def _read_frame(node: LexborNode) -> Reading:
    """MathJax 2: the source is in a script beside the frame, else in the frame's data-mathml."""
    markup = node.attributes.get("data-mathml")
    if markup is None:
        return None if node.css_first("[data-mathml]") or FORMULA.search(node.text()) else TWIN
    following = node.next
    while following is not None and following.is_text_node and not following.text().strip():
        following = following.next
    if following is not None and following.is_text_node and FORMULA.match(following.text().lstrip()):
        return TWIN
    parent = node.parent
    if parent is not None and "MathJax_Display" in (parent.attributes.get("class") or ""):
        after = parent.next
        if after is not None and after.is_text_node and FORMULA.match(after.text().lstrip()):
            return TWIN
    return _placed(from_mathml(markup), node)


def _read_container(node: LexborNode) -> Reading:
    """MathJax 3 and 4: the formula stands in assistive MathML beside the glyphs, in data-latex, or in the glyphs only.

    MathJax 4 breaks a drawn formula into several: the last stands for all.
    """
    parent = node.parent
    if parent is None or parent.tag != "mjx-container" or (node.next is not None and node.next.tag == "mjx-break"):
        return TWIN
    if any(
        child is not None and child.tag == "mjx-assistive-mml" for child in (*_few_children(parent), parent.last_child)
    ):
        return TWIN
    drawn = node.css_first("[data-mml-node=math]") or node
    source = drawn.attributes.get("data-latex")
    found = from_mathml(mathml_of(node)) if source is None else cleaned(source)
    return Tex(found.tex, parent.attributes.get("display") == "true")


# -- attributes and elements that hold TeX

_SOURCE_ATTRIBUTES = (
    "data-expr",
    "data-latex",
    "data-tex",
    "data-formula",
    "data-equation",
    "data-math",
    "data-katex",
    "data-equation-content",
)
_DELIMITER = re.compile(r"\\[(\[]|\$|\\begin\{")
_DOCUMENT = re.compile(r"\\begin\{document\}(.*?)\\end\{document\}", re.DOTALL)
_TEX_LIKE = re.compile(r"[\\^_=+<>]|^\s*(?:[A-Za-z]|[0-9.]+)\s*$")


def _read_attribute(node: LexborNode) -> Reading:
    attributes = node.attributes
    source = next(
        (value for name in _SOURCE_ATTRIBUTES if (value := attributes.get(name))), attributes.get("data-value")
    )
    if source is None or "data-mml-node" in attributes:
        return None
    if (node.tag or "").startswith(("mjx-", "math", "mi", "mo", "mn", "mr", "ms", "mt", "mu", "mf")):
        return None
    found = cleaned(source)
    return Tex(found.tex, found.display or _declares_display(node))


def _read_substack(node: LexborNode) -> Reading:
    try:
        source = orjson.loads(node.attributes.get("data-attrs") or "")["persistentExpression"]
    except (ValueError, KeyError, TypeError):
        return None
    return Tex(cleaned(str(source)).tex, display=True)


def _declares_display(node: LexborNode) -> bool:
    attributes = node.attributes
    values = {attributes.get("data-display"), attributes.get("data-math-style"), attributes.get("display")}
    classes = (attributes.get("class") or "").split()
    return bool(values & {"true", "display", "block"} or {"display", "js-display-math", "math-display"} & set(classes))


def _read_content(node: LexborNode) -> Reading:
    """An element whose text is a formula, delimited or not."""
    source = node.text()
    document = _DOCUMENT.search(source)
    found = cleaned(document[1] if document else source)
    if node.tag == "tex-math":
        return Tex(found.tex, _is_display(node))
    block = node.tag in ("pre", "div") or "block" in node.attributes
    return Tex(found.tex, found.display or block or _declares_display(node) or _is_display(node))


def _read_bare(node: LexborNode) -> Reading:
    """A `math` element of pandoc or jsMath: TeX without delimiters. With delimiters the text is left as it is."""
    if (found := _read_attribute(node)) is not None:
        return found
    if any(child.tag != "br" for child in node.iter()):
        return None
    source = node.text()
    if _DELIMITER.search(source) or FORMULA.search(source) or not _TEX_LIKE.search(source):
        return None
    return _read_content(node)


def _read_socratic(node: LexborNode) -> Reading:
    source = node.text().strip()
    return Tex(tex_of(source.strip("#"))) if source.startswith("#") and source.endswith("#") else None


def _read_error(node: LexborNode) -> Reading:
    """Content of the outermost braces of a wiki's error message."""
    source = node.text()
    opening, closing = source.find("{"), source.rfind("}")
    return cleaned(source[opening + 1 : closing]) if 0 <= opening < closing else None


_FORMS = (
    Form("mathml", "<math", "math", _read_math),
    Form("asciimath", "<mathj", "mathjax", _read_socratic),
    Form("element", "<math-", "math-field, math-renderer", _read_content),
    Form("element", "-math", "tex-math, d-math, .js-render-math, code.language-math, pre.language-math", _read_content),
    Form("element", '"math', "span.math, div.math", _read_bare),
    Form("katex", "katex", ".katex-mathml + .katex-html", _twin),
    Form("element", "katex", ".wp-katex-eq, .katex-error", _read_content),
    Form("element", "-math", "[class*=mwe-math-fallback-source]", _read_content),
    Form("mathjax", "MathJax", ".MathJax_Preview", _twin),
    Form("mathjax", "MathJax", ".MathJax, .MathJax_SVG, .MathJax_CHTML, .mjx-chtml", _read_frame),
    Form("mathjax", "mjx-", "mjx-math, mjx-container > svg", _read_container),
    Form("image", "", "img", read_image),
    *(Form("attribute", name, f"[{name}]", _read_attribute) for name in _SOURCE_ATTRIBUTES),
    Form("attribute", "data-value", ".ql-formula[data-value]", _read_attribute),
    Form("attribute", "data-attrs", ".latex-rendered[data-attrs]", _read_substack),
    Form("element", "", ".texerror", _read_error),
)
_WORDS = ("katex", "MathJax", "mjx-")  # the other marks are found by two expressions, many in one pass
_DATA_NAME = re.compile(r"data-[\w-]+")
_MATH_MARK = re.compile(r'math(?<=([<:"]math|-math(?=-fallback-source|[^\w-])))([\w-]?)')
