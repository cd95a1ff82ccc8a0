"""Presentation MathML to TeX: one function for each element, given the pieces made of its children."""
# ruff: noqa: ARG001 - one signature for all elements

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from itertools import islice

from llemma.data.extract.mathml.tree import Element
from llemma.data.extract.tex_pieces import Piece, braced, row, scripts
from llemma.data.extract.tex_symbols import ALPHABETS, FUNCTIONS, LIMIT_FUNCTIONS, in_math, in_text, wrapped

Converter = Callable[[Element, list[Piece]], Piece]

_OPENING = frozenset("([{⟨〈〈⌊⌈⌜⌞⟦⟮⎰")
_CLOSING = frozenset(")]}⟩〉〉⌋⌉⌝⌟⟧⟯⎱")
_BARS = frozenset(["|", "‖", "∥", "∣", "||"])
_BIG = frozenset("∑∏∐⋂⋃⨆⋁⋀⨀⨁⨂⨄")
_INTEGRALS = frozenset("∫∬∭⨌∮∯∰")
_ARROWS = {
    "→": "xrightarrow", "⟶": "xrightarrow", "←": "xleftarrow", "⟵": "xleftarrow", "↔": "xleftrightarrow",
    "⟷": "xleftrightarrow", "⇒": "xRightarrow", "⟹": "xRightarrow", "⇐": "xLeftarrow", "⟸": "xLeftarrow",
    "⇔": "xLeftrightarrow", "⟺": "xLeftrightarrow", "↦": "xmapsto", "⟼": "xmapsto", "⇌": "xrightleftharpoons",
    "↪": "xhookrightarrow", "↩": "xhookleftarrow", "↠": "xtwoheadrightarrow",
}  # fmt: skip
_LONG_OPERATORS = {
    "<=": r"\leq", ">=": r"\geq", "!=": r"\neq", "/=": r"\neq", "->": r"\to", "<-": r"\leftarrow", "=>": r"\Rightarrow",
    "<=>": r"\Leftrightarrow", "|->": r"\mapsto", "...": r"\ldots", "<<": r"\ll", ">>": r"\gg", "||": r"\|",
    "mod": r"\bmod", "+-": r"\pm", "-+": r"\mp",
}  # fmt: skip
_OVER_MARKS = {  # the accent over one letter and over more: the characters that stand for it
    ("hat", "widehat"): ("^", "ˆ", "\u0302"), ("tilde", "widetilde"): ("~", "˜", "∼", "\u0303"),
    ("bar", "overline"): ("¯", "‾", "\u0304", "-", "−", "–"), ("overline", "overline"): ("\u0305", "―", "_"),
    ("vec", "overrightarrow"): ("→", "\u20d7", "⇀"), ("overleftarrow", "overleftarrow"): ("←", "\u20d6"),
    ("overleftrightarrow", "overleftrightarrow"): ("↔", "\u20e1"), ("dot", "dot"): ("˙", "\u0307", "."),
    ("ddot", "ddot"): ("¨", "\u0308", ".."), ("dddot", "dddot"): ("\u20db", "..."), ("ddddot", "ddddot"): ("\u20dc",),
    ("acute", "acute"): ("´", "\u0301"), ("grave", "grave"): ("`", "\u0300"), ("check", "widecheck"): ("ˇ", "\u030c"),
    ("breve", "breve"): ("˘", "\u0306"), ("mathring", "mathring"): ("˚", "\u030a"),
    ("overbrace", "overbrace"): ("⏞", "︷"), ("overbracket", "overbracket"): ("⎴",), ("overparen", "overparen"): ("⏜",),
}  # fmt: skip
_OVER = {mark: commands for commands, marks in _OVER_MARKS.items() for mark in marks}
_UNDER = {
    "_": "underline", "¯": "underline", "‾": "underline", "\u0332": "underline", "\u0331": "underline",
    "―": "underline", "−": "underline", "⏟": "underbrace", "︸": "underbrace", "⎵": "underbracket", "⏝": "underparen",
    "→": "underrightarrow", "←": "underleftarrow", "↔": "underleftrightarrow",
}  # fmt: skip
_ENCLOSURES = {
    "box": r"\boxed", "roundedbox": r"\boxed", "radical": r"\sqrt", "top": r"\overline", "bottom": r"\underline",
    "updiagonalstrike": r"\cancel", "downdiagonalstrike": r"\bcancel", "actuarial": r"\overline",
}  # fmt: skip
_TEXT_STYLES = {"bold": r"\textbf", "italic": r"\textit", "monospace": r"\texttt", "sans-serif": r"\textsf"}
_SPACES = {"thickmathspace": 0.28, "verythickmathspace": 0.33, "veryverythickmathspace": 0.39, "mediummathspace": 0.22}
_SPACES_IN_NAME = re.compile(r"\s")
_LENGTH = re.compile(r"([\d.]{1,12})(em|ex|px|pt)")
_EM_PER = {"em": 1.0, "ex": 0.45, "px": 1 / 16, "pt": 1 / 12}
_MAX_COLUMNS = 1000


def _row(element: Element, pieces: list[Piece]) -> Piece:
    return row(pieces)


def _nothing(element: Element, pieces: list[Piece]) -> Piece:
    return Piece("")


def _remembered(make: Callable[..., Piece]) -> Callable[..., Piece]:
    """Return the function with its pieces kept: tokens come back again and again. Long texts are not kept."""
    keeping = lru_cache(maxsize=2**12)(make)
    return lambda *texts: (keeping if sum(map(len, texts)) < 50 else make)(*texts)


def _identifier(element: Element, pieces: list[Piece]) -> Piece:
    return _name(element.text, element.attributes.get("mathvariant", ""))


@_remembered
def _name(name: str, variant: str) -> Piece:
    compact = _SPACES_IN_NAME.sub("", name)
    if compact in FUNCTIONS:
        return Piece(rf"\{compact}", "big" if compact in LIMIT_FUNCTIONS else "atom", mark=name)
    if len(name) > 1 and name.isascii() and name.replace(" ", "").isalpha():
        if variant in ("", "normal"):
            return Piece(rf"\mathrm{{{name}}}", "word", body=name, mark=name)
        return Piece(wrapped(name, variant) if variant in ALPHABETS else rf"\mathit{{{name}}}", "atom", mark=name)
    if len(name) == 1 and variant == "normal" and name.isascii() and name.isalpha():
        return Piece(rf"\mathrm{{{name}}}", "atom", mark=name)
    return Piece(wrapped(in_math(name), variant), "atom" if len(name) == 1 else "row", mark=name)


def _number(element: Element, pieces: list[Piece]) -> Piece:
    return _numeral(element.text, element.attributes.get("mathvariant", ""))


@_remembered
def _numeral(text: str, variant: str) -> Piece:
    return Piece(wrapped(in_math(text), variant), "atom" if text[:1].isalnum() else "row", mark=text)


def _operator(element: Element, pieces: list[Piece]) -> Piece:
    return operator(element.text, element.attributes)


def operator(text: str, attributes: Mapping[str, str]) -> Piece:
    """Return the piece for an operator, fence, separator or accent of that text."""
    get = attributes.get
    role = get("form", "") + get("data-mjx-texclass", "")
    return _sign(text, get("mathvariant", ""), get("stretchy", ""), role)


@_remembered
def _sign(text: str, variant: str, stretchy: str, role: str) -> Piece:
    if text == "\u2061":
        return Piece("", "apply")
    rigid = stretchy == "false"
    if text in _LONG_OPERATORS and text not in _BARS:
        return Piece(_LONG_OPERATORS[text], "operator", mark=text)
    if len(text) > 1 and _SPACES_IN_NAME.sub("", text).isalpha() and text[0].isascii():
        return _name(text, "")
    if text in _BARS:
        tex = r"\|" if text in ("‖", "∥", "||") else "|" if text == "|" else in_math(text)
        return Piece(tex, _bar_kind(role), body=tex, mark=text, rigid=rigid)
    tex = wrapped(in_math(text), variant)
    return Piece(tex, _operator_kind(text), body=_ARROWS.get(text) or tex, mark=text, rigid=rigid)


def _bar_kind(role: str) -> str:
    if "prefix" in role or "OPEN" in role:
        return "open"
    if "postfix" in role or "CLOSE" in role:
        return "close"
    return "operator" if "infix" in role or "REL" in role else "bar"


def _operator_kind(text: str) -> str:
    for kind, characters in (
        ("open", _OPENING),
        ("close", _CLOSING),
        ("big", _BIG),
        ("integral", _INTEGRALS),
        ("arrow", _ARROWS),
    ):
        if text in characters:
            return kind
    return "operator" if len(text) == 1 else "row"


def _text(element: Element, pieces: list[Piece]) -> Piece:
    text = element.text
    if not text.strip():
        return row(pieces)  # the text is in elements of HTML, or is a no-break space
    if not any(character.isalnum() for character in text):
        return Piece(in_math(text.strip()), mark=text)
    command = _TEXT_STYLES.get(element.attributes.get("mathvariant", ""), r"\text")
    return Piece(f"{command}{{{in_text(text)}}}", "atom", mark=text)


def _string(element: Element, pieces: list[Piece]) -> Piece:
    left, right = element.attributes.get("lquote", '"'), element.attributes.get("rquote", '"')
    return Piece(rf"\text{{{in_text(left + element.text + right)}}}", "atom")


def _character_data(element: Element, pieces: list[Piece]) -> Piece:
    return _characters(element.data)


@_remembered
def _characters(data: str) -> Piece:
    return Piece(in_math(data), "atom" if len(data) == 1 else "row", mark=data)


def _space(element: Element, pieces: list[Piece]) -> Piece:
    width = element.attributes.get("width", "")
    match = _LENGTH.match(width)
    try:
        ems = float(match[1]) * _EM_PER[match[2]] if match else _SPACES.get(width, 0.0)
    except ValueError:
        ems = 0.0
    for least, tex in ((1.9, r"\qquad"), (0.9, r"\quad"), (0.27, r"\;"), (0.2, r"\:"), (0.1, r"\,")):
        if ems >= least:
            return Piece(tex)
    return Piece("")


def _style(element: Element, pieces: list[Piece]) -> Piece:
    inner = row(pieces)
    variant = element.attributes.get("mathvariant", "")
    return replace(inner, tex=wrapped(inner.tex, variant), kind="atom") if variant in ALPHABETS else inner


def _fraction(element: Element, pieces: list[Piece]) -> Piece:
    above, below = _first(pieces, 2)
    if element.attributes.get("bevelled") == "true":
        return Piece(f"{braced(above)}/{braced(below)}")
    if _is_zero(element.attributes.get("linethickness", "")):
        body = f"{{{above.tex}}}{{{below.tex}}}"
        return Piece(rf"\genfrac{{}}{{}}{{0pt}}{{}}{body}", "atop", body=body, tall=True)
    return Piece(rf"\frac{{{above.tex}}}{{{below.tex}}}", tall=True)


def _is_zero(thickness: str) -> bool:
    return bool(re.fullmatch(r"0+(\.0*)?([a-z]{2}|%)?", thickness))


def _square_root(element: Element, pieces: list[Piece]) -> Piece:
    inner = row(pieces)
    return Piece(rf"\sqrt{{{inner.tex}}}", "atom", tall=inner.tall)


def _root(element: Element, pieces: list[Piece]) -> Piece:
    inner, index = _first(pieces, 2)
    if not index.tex:
        return _square_root(element, [inner])
    degree = f"{{{index.tex}}}" if "]" in index.tex else index.tex
    return Piece(rf"\sqrt[{degree}]{{{inner.tex}}}", "atom", tall=inner.tall)


def _sub(element: Element, pieces: list[Piece]) -> Piece:
    base, below = _first(pieces, 2)
    return scripts(base, below)


def _sup(element: Element, pieces: list[Piece]) -> Piece:
    base, above = _first(pieces, 2)
    return scripts(base, None, above)


def _subsup(element: Element, pieces: list[Piece]) -> Piece:
    return scripts(*_first(pieces, 3))


def _under(element: Element, pieces: list[Piece]) -> Piece:
    base, below = _first(pieces, 2)
    return _under_over(base, below, None)


def _over(element: Element, pieces: list[Piece]) -> Piece:
    base, above = _first(pieces, 2)
    if above.mark in ("¯", "‾") and any(child.attributes.get("accent") == "false" for child in element.children[1:]):
        above = replace(above, mark="―")
    return _under_over(base, None, above)


def _underover(element: Element, pieces: list[Piece]) -> Piece:
    return _under_over(*_first(pieces, 3))


def _under_over(base: Piece, below: Piece | None, above: Piece | None) -> Piece:
    below, above = below if below and below.tex else None, above if above and above.tex else None
    if base.kind in ("big", "integral", "brace") or (base.kind == "word" and below and below.mark not in _UNDER):
        return _with_limits(base, below, above)
    if base.kind == "arrow":
        under = f"[{below.tex}]" if below else ""
        return Piece(rf"\{base.body}{under}{{{above.tex if above else ''}}}", "operator")
    if above:
        base = _accented(base, _OVER.get(above.mark)) or _stacked("overset", above, base)
    if below:
        base = _accented(base, _UNDER.get(below.mark)) or _stacked("underset", below, base)
    return base


def _stacked(command: str, script: Piece, base: Piece) -> Piece:
    return Piece(rf"\{command}{{{script.tex}}}{{{base.tex}}}", "atom", tall=True)


def _with_limits(base: Piece, below: Piece | None, above: Piece | None) -> Piece:
    if base.kind == "integral":
        base = replace(base, tex=rf"{base.tex}\limits")
    elif base.kind == "word":
        base = replace(base, tex=rf"\operatorname*{{{base.body}}}", kind="big")
    return replace(scripts(base, below, above), tall=True)


def _accented(base: Piece, commands: tuple[str, str] | str | None) -> Piece | None:
    """Return the base with an accent; None when there is none of that kind, or the base is an operator."""
    if commands is None or base.kind == "operator":
        return None
    command = commands if isinstance(commands, str) else commands[0 if len(base.mark) == 1 else 1]
    return Piece(rf"\{command}{{{base.tex}}}", "brace" if "brace" in command else "atom", tall=base.tall)


def _multiscripts(element: Element, pieces: list[Piece]) -> Piece:
    tags = [child.tag for child in element.children]
    middle = tags.index("mprescripts") if "mprescripts" in tags else len(tags)
    base, after, before = pieces[0] if pieces else Piece(""), pieces[1:middle], pieces[middle + 1 :]
    left = [scripts(Piece(""), *_first(before[i : i + 2], 2)) for i in range(0, len(before), 2)]
    right = [scripts(Piece(""), *_first(after[i : i + 2], 2)) for i in range(2, len(after), 2)]
    return replace(row([*left, scripts(base, *_first(after[:2], 2)), *right]), kind="scripted")


def _fenced(element: Element, pieces: list[Piece]) -> Piece:
    get = element.attributes.get
    separators = "".join(get("separators", ",").split())
    parts: list[Piece] = []
    for index, piece in enumerate(pieces):
        if index and separators:
            parts.append(operator(separators[min(index, len(separators)) - 1], {}))
        parts.append(piece)
    left, right = operator(get("open", "(").strip(), {}), operator(get("close", ")").strip(), {})
    return row([replace(left, kind="open"), *parts, replace(right, kind="close")])


def _table(element: Element, pieces: list[Piece]) -> Piece:
    columns = max((piece.columns for piece in pieces), default=0)
    body = r"\\ ".join(piece.tex for piece in pieces)
    if not columns:
        return Piece("")
    get = element.attributes.get
    if get("displaystyle") == "true" and get("columnalign", "").startswith("right left"):
        return Piece(rf"\begin{{aligned}}{body}\end{{aligned}}", tall=True)
    alignment = _column_letters(get("columnalign", ""), get("columnlines", ""), min(columns, _MAX_COLUMNS))
    kind = "row" if "|" in alignment else "table"
    return Piece(rf"\begin{{array}}{{{alignment}}}{body}\end{{array}}", kind, body=body, tall=True)


def _column_letters(alignment: str, lines: str, columns: int) -> str:
    letters = [word[:1] if word in ("left", "center", "right") else "c" for word in alignment.split()] or ["c"]
    rules = lines.split() or ["none"]
    result = []
    for index in range(columns):
        result.append(letters[min(index, len(letters) - 1)])
        if index < columns - 1 and rules[min(index, len(rules) - 1)] != "none":
            result.append("|")
    return "".join(result)


def _table_row(element: Element, pieces: list[Piece]) -> Piece:
    cells = pieces[1:] if element.tag == "mlabeledtr" else pieces
    return Piece(" & ".join(cell.tex for cell in cells), columns=len(cells))


def _cell(element: Element, pieces: list[Piece]) -> Piece:
    return replace(row(pieces), kind="row", columns=1)


def _stack(element: Element, pieces: list[Piece]) -> Piece:
    rows = r"\\ ".join(piece.tex for piece in pieces)
    return Piece(rf"\begin{{array}}{{r}}{rows}\end{{array}}", "table", body=rows, tall=True)


def _line(element: Element, pieces: list[Piece]) -> Piece:
    return Piece(r"\hline")


def _enclosed(element: Element, pieces: list[Piece]) -> Piece:
    inner = row(pieces)
    for notation in element.attributes.get("notation", "longdiv").split():
        command = _ENCLOSURES.get(notation)
        if command:
            inner = Piece(f"{command}{{{inner.tex}}}", "atom", tall=inner.tall)
    return inner


def _phantom(element: Element, pieces: list[Piece]) -> Piece:
    inner = row(pieces)
    return Piece(rf"\phantom{{{inner.tex}}}" if inner.tex else "", "atom")


def _action(element: Element, pieces: list[Piece]) -> Piece:
    chosen = element.attributes.get("selection", "1")
    number = int(chosen) if chosen.isdecimal() and len(chosen) < 4 else 1
    return pieces[number - 1] if 0 < number <= len(pieces) else row(pieces[:1])


def _semantics(element: Element, pieces: list[Piece]) -> Piece:
    """Return the first child; other forms of the same formula only where it is empty."""
    return next((piece for piece in pieces if piece.tex), Piece(""))


def _first(pieces: list[Piece], count: int) -> list[Piece]:
    """Return that many pieces: missing ones are empty, what is too much is in the last."""
    if len(pieces) == count:
        return pieces
    found = list(islice(pieces, count - 1))
    rest = pieces[count - 1 :]
    found += [Piece("")] * (count - 1 - len(found))
    return [*found, row(rest) if len(rest) != 1 else rest[0]]


PRESENTATION: Mapping[str, Converter] = {
    "mi": _identifier, "mn": _number, "mo": _operator, "mtext": _text, "ms": _string, "mspace": _space,
    "#text": _character_data, "mstyle": _style, "mfrac": _fraction, "msqrt": _square_root, "mroot": _root, "msub": _sub,
    "msup": _sup, "msubsup": _subsup, "munder": _under, "mover": _over, "munderover": _underover,
    "mmultiscripts": _multiscripts, "mfenced": _fenced, "mtable": _table, "mtr": _table_row, "mlabeledtr": _table_row,
    "mtd": _cell, "mstack": _stack, "mlongdiv": _stack, "msline": _line, "menclose": _enclosed, "mphantom": _phantom,
    "maction": _action, "semantics": _semantics, "annotation": _nothing, "mglyph": _nothing, "none": _nothing,
    "mprescripts": _nothing, "mscarries": _nothing, "sep": _nothing, "script": _nothing, "style": _nothing,
}  # fmt: skip
"""The elements that mean more than a row of their children."""

as_row: Converter = _row
