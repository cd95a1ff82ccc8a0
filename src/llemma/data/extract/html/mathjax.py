"""Formulas that MathJax 3 or 4 has rendered, as CHTML or as SVG, back to presentation MathML."""

import html
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest

from selectolax.lexbor import LexborNode

from llemma.data.extract.mathml.tree import TEXT, Element, parse
from llemma.data.extract.tex_symbols import without_font

MAX_RENDERED = 2**20
"""A longer rendering (characters without the outlines of its glyphs) is no formula."""

Items = list[Element | str]
"""What an element becomes: markup, and elements that have yet to become markup."""


def mathml_of(node: LexborNode) -> str:
    """Return the MathML of a `mjx-math` or `svg` element; "" when there are no characters in it.

    MathJax 4 breaks a formula within a line into several `svg` elements: they are read up to the given one.
    What is not drawn is lost, such as the alignment of columns in SVG, or a calligraphic font without a font cache.
    """
    rendered = _OUTLINE.sub("", "".join(line.html or "" for line in _lines(node)))
    if len(rendered) > MAX_RENDERED:
        return ""
    elements = parse(rendered)
    for element in elements:
        _measure_spaces(element)
    waiting = _row(elements[-1])[::-1]
    written: list[str] = []
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            written.append(item)
        else:
            waiting += reversed(_content(item))
    markup = "".join(written)
    return f"<math>{markup}</math>" if _CHARACTER.search(markup) else ""


def _lines(node: LexborNode) -> list[LexborNode]:
    """Return the `svg` elements that one formula is broken into, this one the last."""
    lines = [node]
    while (mark := lines[-1].prev) is not None and mark.tag == "mjx-break" and mark.prev is not None:
        lines.append(mark.prev)
    return lines[::-1]


def _measure_spaces(element: Element) -> None:
    """In SVG the width of a space is the way to the next sibling: write it as CHTML does."""
    for child, following in pairwise(element.children):
        space = child.children[0] if len(child.children) == 1 else child  # most are alone in an mstyle
        if space.attributes.get("data-mml-node") == "mspace":
            width = (_place(following)[0] - _place(child)[0]) / 1000
            space.attributes["style"] = f"width: {width:.3f}em"


_OUTLINE = re.compile(r'\sd="[^"]*+"')
_CHARACTER = re.compile(r">[^<]")


def _content(element: Element) -> Items:
    """Return what a node of MathML becomes."""
    name = _name(element)
    return [_token(element, name)] if name in _TOKENS else _NODES[name](element)


def _name(element: Element) -> str:
    """Return the name in MathML; "" for what only places its content."""
    tag = element.tag
    name = tag[4:] if tag.startswith("mjx-") else element.attributes.get("data-mml-node", "").lower()
    return name if name in _TOKENS or name in _NODES else ""


def _is_decoration(element: Element) -> bool:
    return element.tag in ("mjx-surd", "mjx-labels", TEXT) or "data-labels" in element.attributes


def _parts(element: Element) -> list[Element]:
    """Return the nodes of MathML below an element, through what only places them."""
    waiting, found = list(reversed(element.children)), []
    while waiting:
        child = waiting.pop()
        if _name(child):
            found.append(child)
        elif not _is_decoration(child):
            waiting += reversed(child.children)
    return found


def _wrapped(tag: str, *slots: Sequence[Element | str], attributes: str = "") -> Items:
    """Return an element with a row for each of its slots."""
    items: Items = [f"<{tag}{attributes}>"]
    for slot in slots:
        items += ["<mrow>", *slot, "</mrow>"]
    return [*items, f"</{tag}>"]


# -- characters

_FONTS = {"C": "script", "BC": "bold-script", "CB": "bold-script", "MI": "italic"}
_BLOCKS = (  # of the mathematical alphanumerics: the first one, how many each alphabet has, the alphabets
    (0x1D400, 52, "bold italic bold-italic script bold-script fraktur double-struck bold-fraktur sans-serif "
                  "bold-sans-serif sans-serif-italic sans-serif-bold-italic monospace"),
    (0x1D6A8, 58, "bold italic bold-italic bold-sans-serif sans-serif-bold-italic"),
    (0x1D7CE, 10, "bold double-struck sans-serif bold-sans-serif monospace"),
)  # fmt: skip
_ALPHABETS = {
    chr(start + size * block + offset): alphabet
    for start, size, alphabets in _BLOCKS
    for block, alphabet in enumerate(alphabets.split())
    for offset in range(size)
}
_ALPHABETS |= dict.fromkeys("ℎ𝚤𝚥", "italic") | dict.fromkeys("ℂℍℕℙℚℝℤ", "double-struck")
_ALPHABETS |= dict.fromkeys("ℬℰℱℋℐℒℳℛℯℊℴ", "script")
_STRETCHED = {  # in SVG: the pieces of a stretched character, its ends first
    "⎛⎝": "(", "⎞⎠": ")", "⎡⎣": "[", "⎤⎦": "]", "⎧⎩": "{", "⎫⎭": "}", "⎣⎢": "⌊", "⎦⎥": "⌋", "⎡⎢": "⌈", "⎤⎥": "⌉",
    "⎧⎭": "⎰", "⎫⎩": "⎱", "⟮⟮": "⟮", "⟯⟯": "⟯", "↑⏐": "↑", "↑↑": "↑", "↓⏐": "↓", "↓↑": "↓", "↑↓": "↕", "⇑‖": "⇑",
    "⇑⇑": "⇑", "⇓‖": "⇓", "⇓⇑": "⇓", "⇑⇓": "⇕", "→−": "→", "→←": "→", "←−": "←", "←←": "←", "←→": "↔", "⇒=": "⇒",
    "⇒⇐": "⇒", "⇐=": "⇐", "⇐⇐": "⇐", "∣→": "↦", "↦→": "↦", "↪→": "↪", "⇌⇌": "⇌", "⏞⏞": "⏞", "⏟⏟": "⏟", "⏜⏜": "⏜",
    "⏝⏝": "⏝", "\ue150\ue151": "⏞", "\ue152\ue153": "⏟",
}  # fmt: skip
_CODE = re.compile("[0-9A-F]{2,5}")
_CLASS = re.compile(r"\bmjx-c([0-9A-F]{2,5})(?:\s[A-Z]+-([A-Z]+))?")
_FONT = re.compile(r"-([A-Z]+)\d?-[0-9A-F]+\Z")
_TOKENS = frozenset("mi mn mo mtext ms".split())


@dataclass(frozen=True, slots=True)
class _Glyph:
    """A character: its plain letter, the alphabet (mathvariant) that it is from, its font ("N" the normal one)."""

    letter: str
    alphabet: str
    font: str


def _token(element: Element, name: str) -> str:
    glyphs = list(_glyphs(element))
    alphabets = {glyph.alphabet for glyph in glyphs if glyph.letter.isalpha()} or {glyph.alphabet for glyph in glyphs}
    variant = alphabets.pop() if len(alphabets) == 1 else ""
    text = "".join(glyph.letter for glyph in glyphs)
    if name == "mi" and len(text) == 1:
        variant = {"italic": "", "": "normal"}.get(variant, variant)
    attributes = f' mathvariant="{variant}"' if variant else ""
    if name == "mo":
        attributes += ' stretchy="false"' if [glyph.font for glyph in glyphs] == ["N"] else ""
        text = _operator(element)
    name = "mtext" if name == "ms" else name  # its quotes are among the characters
    return f"<{name}{attributes}>{html.escape(text, quote=False)}</{name}>"


def _operator(element: Element) -> str:
    """Return the text of an operator, "" for anything else."""
    if _name(element) != "mo":
        return ""
    text = "".join(glyph.letter for glyph in _glyphs(element))
    return _STRETCHED.get(text[:2], text) if element.tag == "g" else text


def _glyphs(element: Element) -> Iterator[_Glyph]:
    """Yield the characters of a token. One that MathJax has no glyph for is text."""
    waiting = [element]
    while waiting:
        found = waiting.pop()
        glyph = _glyph(found)
        if glyph:
            yield glyph
        elif found.tag in ("mjx-utext", "text"):
            yield from (_Glyph(character, "", "") for character in found.text)
        else:
            waiting += reversed(found.children)


def _glyph(element: Element) -> _Glyph | None:
    get = element.attributes.get
    if found := _CLASS.search(get("class", "")):
        code, font = found[1], found[2] or "N"
    else:
        address = _FONT.search(get("href", ""))
        code, font = get("data-c", ""), address[1] if address else ""
    if not _CODE.fullmatch(code):
        return None
    character = chr(int(code, 16))
    if unicodedata.category(character) in ("Cc", "Cs"):  # hostile: controls stand for structure in our text
        return None
    alphabet = _FONTS.get(font) or _ALPHABETS.get(character, "")
    return _Glyph(
        without_font(character) if alphabet else character, alphabet, "" if "stretchy" in element.tag else font
    )


# -- structure

_PLACE = re.compile(r"translate\((-?\d{1,9}(?:\.\d{1,9})?)[\s,]+(-?\d{1,9}(?:\.\d{1,9})?)")
_ACCENTS = {"‵": "`", "–": "―", "⟶": "→", "⟵": "←", "⟷": "↔"}


def _place(element: Element) -> tuple[float, float]:
    """Return where an element of SVG stands in its parent, in thousandths of an em, upwards."""
    found = _PLACE.match(element.attributes.get("transform", ""))
    return (float(found[1]), float(found[2])) if found else (0.0, 0.0)


def _row(element: Element) -> Items:
    """Return a row; MathJax draws a bar that stretches, which is the first or last thing in its row, as ∣."""
    items: Items = [*_parts(element)]
    for edge in (0, -1):
        if items and isinstance(part := items[edge], Element) and _operator(part) == "∣":
            items[edge] = "<mo>|</mo>"
    return ["<mrow>", *items, "</mrow>"]


def _scripts(element: Element) -> Items:
    """The base is first, then comes what is above, then what is below; in some cases of CHTML what is above is first.

    In SVG the order of the two scripts varies: their height tells them apart.
    """
    name, parts = _name(element), _parts(element)
    if name == "munderover" and len(parts) == 2 and _name(parts[1]) == "munder":
        parts[1:] = _parts(parts[1])
    if element.tag == "g":
        parts[1:] = sorted(parts[1:], key=lambda part: _place(part)[1])
    elif name in ("mover", "munderover") and element.attributes.get("limits") != "false":
        parts = [*parts[1:], *parts[:1]]
    else:
        parts[1:] = reversed(parts[1:])
    slots: list[Items] = [[part] for part in parts]
    if name in ("mover", "munder"):
        slots[1:] = [
            [f"<mo>{_ACCENTS[accent]}</mo>"] if (accent := _operator(p)) in _ACCENTS else [p] for p in parts[1:]
        ]
    return _wrapped(name, *slots)


def _fraction(element: Element) -> Items:
    parts = _parts(element)
    has_bar = any(child.tag == "rect" for child in element.children) or element.tag != "g"
    attributes = ""
    if len(parts) > 2:
        attributes = ' bevelled="true"'
    elif not has_bar or any("atop" in child.attributes for child in element.children):
        attributes = ' linethickness="0"'
    return _wrapped("mfrac", parts[:1], parts[1:][-1:], attributes=attributes)


def _root(element: Element) -> Items:
    """The radicand stands in a wrapper. In SVG the index and the radical sign do not, in this or the other order."""
    name = _name(element)
    wrappers = [child for child in element.children if not _name(child)]
    if name == "msqrt":
        return _wrapped("msqrt", [part for wrapper in wrappers for part in _parts(wrapper)])
    if element.tag != "g":
        return _wrapped("mroot", *(_parts(wrapper) for wrapper in reversed(wrappers)))
    named = [child for child in element.children if _name(child)]
    index = named[:1] if element.children and not _name(element.children[0]) else named[-1:]
    return _wrapped("mroot", [part for wrapper in wrappers for part in _parts(wrapper)], index)


def _multiscripts(element: Element) -> Items:
    children = element.children
    base = next((index for index, child in enumerate(children) if _name(child)), len(children))
    before, after = children[:base], children[base + 1 :]
    return [
        "<mmultiscripts>",
        *_wrapped("mrow", children[base : base + 1]),
        *_pairs(after),
        "<mprescripts/>",
        *_pairs(before),
        "</mmultiscripts>",
    ]


def _pairs(scripts: list[Element]) -> Items:
    rows = scripts[0].children if scripts and scripts[0].tag.startswith("mjx-") else scripts
    if not rows:
        return []
    above, below = _parts(rows[0]), _parts(rows[-1])
    return [item for sub, sup in zip_longest(below, above, fillvalue="<none/>") for item in (sub, sup)]


def _enclosure(element: Element) -> Items:
    return _wrapped("menclose", _parts(element), attributes=f' notation="{" ".join(_notations(element))}"')


def _notations(element: Element) -> Iterator[str]:
    for child in element.children:
        get = child.attributes.get
        if child.tag == "rect" or "border:" in get("style", ""):
            yield "box"
        elif child.tag in _STRIKES:
            yield _STRIKES[child.tag]
        elif child.tag == "line" and get("y1") != get("y2"):
            yield _STRIKES["mjx-dstrike" if get("y2", "").startswith("-") else "mjx-ustrike"]


_STRIKES = {"mjx-ustrike": "updiagonalstrike", "mjx-dstrike": "downdiagonalstrike"}


def _table(element: Element) -> Items:
    rows = [part for part in _parts(element) if _name(part) in ("mtr", "mlabeledtr")]
    cells = max((_parts(row) for row in rows), key=len, default=[])
    styles = [cell.attributes.get("style", "") for cell in cells]
    alignment = [found[1] if (found := _ALIGNMENT.search(style)) else "center" for style in styles]
    if any(map(_has_relation, rows)) and element.tag == "g":
        alignment = ["right", "center", "left"] if len(cells) == 3 else _aligned(cells)
    lines = ["solid" if "border-left:" in style else "none" for style in styles[1:]]
    attributes = f' columnalign="{" ".join(alignment)}" columnlines="{" ".join(lines)}"'
    if len(cells) > 1 and alignment == _aligned(cells):
        attributes += ' displaystyle="true"'
    return [f"<mtable{attributes}>", *rows, "</mtable>"]


def _aligned(cells: list[Element]) -> list[str]:
    return ["left" if index % 2 else "right" for index in range(len(cells))]


def _has_relation(row: Element) -> bool:
    """Whether the second cell begins with the empty identifier that MathJax puts before a relation."""
    second = _parts(row)[1:2]
    while second and _name(second[0]) in ("mtd", "mstyle", "mrow", "texatom"):
        second = _parts(second[0])[:1]
    return bool(second) and _name(second[0]) == "mi" and not any(_glyphs(second[0]))


def _space(element: Element) -> Items:
    width = _WIDTH.search(element.attributes.get("style", ""))
    return [f'<mspace width="{width[1]}"/>' if width else "<mspace/>"]


def _same(element: Element) -> Items:
    name = _name(element).replace("labeled", "")  # the label of a row stands elsewhere
    return [f"<{name}>", *_parts(element), f"</{name}>"]


_ALIGNMENT = re.compile(r"text-align: (left|right)")
_WIDTH = re.compile(r"width: ([\d.]{1,12}em)")
_NODES: Mapping[str, Callable[[Element], Items]] = {
    **dict.fromkeys("mrow texatom mstyle mpadded mfenced merror maction semantics none".split(), _row),
    **dict.fromkeys("msub msup msubsup munder mover munderover".split(), _scripts),
    "mfrac": _fraction, "msqrt": _root, "mroot": _root, "mmultiscripts": _multiscripts, "menclose": _enclosure,
    "mtable": _table, "mspace": _space, "mtr": _same, "mlabeledtr": _same, "mtd": _same, "mphantom": _same,
}  # fmt: skip
