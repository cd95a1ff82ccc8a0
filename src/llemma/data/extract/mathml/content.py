"""Content MathML to TeX: applications of operators to arguments, with parentheses where precedence asks for them."""
# ruff: noqa: ARG001 - one signature for all elements

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from llemma.data.extract.mathml.presentation import PRESENTATION, Converter
from llemma.data.extract.mathml.tree import Element
from llemma.data.extract.tex_pieces import Piece, row
from llemma.data.extract.tex_symbols import FUNCTIONS, concatenated, in_math, in_text

_LOGIC, _RELATION, _SUM, _PRODUCT, _PREFIX, _POWER, _ATOM = 10, 20, 30, 40, 50, 60, 100

_CONSTANTS = {
    "pi": r"\pi", "infinity": r"\infty", "exponentiale": "e", "imaginaryi": "i", "eulergamma": r"\gamma",
    "emptyset": r"\emptyset", "true": r"\text{true}", "false": r"\text{false}", "notanumber": r"\text{NaN}",
    "integers": r"\mathbb{Z}", "reals": r"\mathbb{R}", "rationals": r"\mathbb{Q}", "naturalnumbers": r"\mathbb{N}",
    "complexes": r"\mathbb{C}", "primes": r"\mathbb{P}", "ident": r"\mathrm{id}",
}  # fmt: skip
_INFIX = {
    "plus": ("+", _SUM), "union": (r"\cup", _SUM), "setdiff": (r"\setminus", _SUM), "intersect": (r"\cap", _PRODUCT),
    "cartesianproduct": (r"\times", _PRODUCT), "vectorproduct": (r"\times", _PRODUCT),
    "scalarproduct": (r"\cdot", _PRODUCT), "outerproduct": (r"\otimes", _PRODUCT), "compose": (r"\circ", _PRODUCT),
    "rem": (r"\bmod", _PRODUCT), "eq": ("=", _RELATION), "neq": (r"\neq", _RELATION), "gt": (">", _RELATION),
    "lt": ("<", _RELATION), "geq": (r"\geq", _RELATION), "leq": (r"\leq", _RELATION),
    "equivalent": (r"\equiv", _RELATION), "approx": (r"\approx", _RELATION), "factorof": (r"\mid", _RELATION),
    "in": (r"\in", _RELATION), "notin": (r"\notin", _RELATION), "subset": (r"\subseteq", _RELATION),
    "prsubset": (r"\subset", _RELATION), "notsubset": (r"\nsubseteq", _RELATION),
    "notprsubset": (r"\not\subset", _RELATION), "tendsto": (r"\to", _RELATION), "and": (r"\land", _LOGIC),
    "or": (r"\lor", _LOGIC), "xor": (r"\oplus", _LOGIC), "implies": (r"\implies", _LOGIC),
}  # fmt: skip
_NAMED = """sin cos tan sec csc cot sinh cosh tanh coth arcsin arccos arctan exp ln log gcd max min arg sech csch arccot
arccoth arccosh arccsc arccsch arcsec arcsech arcsinh arctanh lcm curl""".split()
_FUNCTIONS = {name: rf"\{name}" if name in FUNCTIONS else rf"\operatorname{{{name}}}" for name in _NAMED} | {
    "real": r"\Re", "imaginary": r"\Im", "determinant": r"\det", "grad": r"\operatorname{grad}",
    "divergence": r"\operatorname{div}", "domain": r"\operatorname{dom}", "codomain": r"\operatorname{codom}",
    "image": r"\operatorname{im}", "variance": r"\operatorname{Var}", "sdev": r"\sigma",
    "median": r"\operatorname{median}", "mode": r"\operatorname{mode}",
}  # fmt: skip
_AROUND = {
    "abs": ("|", "|"),
    "card": ("|", "|"),
    "floor": (r"\lfloor ", r"\rfloor"),
    "ceiling": (r"\lceil ", r"\rceil"),
}
_BEFORE = {"not": r"\neg", "laplacian": r"\nabla^{2}"}
_AFTER = {"factorial": "!", "transpose": "^{T}", "inverse": "^{-1}"}
_BIG = {"sum": r"\sum", "product": r"\prod", "int": r"\int"}
_QUALIFIERS = frozenset(
    "bvar lowlimit uplimit degree logbase condition domainofapplication interval momentabout".split()
)


@dataclass(frozen=True, slots=True)
class _Call:
    """An application taken apart: what is applied, to what, and the qualifiers by tag."""

    operator: str
    head: Piece
    arguments: Sequence[Piece]
    qualifiers: Mapping[str, list[Piece]] = field(default_factory=dict)

    def qualifier(self, tag: str) -> str:
        return ",".join(piece.tex for piece in self.qualifiers.get(tag, ()))


def _apply(element: Element, pieces: list[Piece]) -> Piece:
    if not pieces:
        return Piece("")
    first = element.children[0]
    operator = first.text if first.tag in ("csymbol", "cs") else first.tag
    arguments: list[Piece] = []
    qualifiers: dict[str, list[Piece]] = {}
    for child, piece in zip(element.children[1:], pieces[1:], strict=True):
        is_qualifier = child.tag in _QUALIFIERS and not (child.tag == "interval" and operator not in _BIG)
        (qualifiers.setdefault(child.tag, []) if is_qualifier else arguments).append(piece)
    return _applied(_Call(operator, pieces[0], arguments, qualifiers))


def _applied(call: _Call) -> Piece:
    name, arguments = call.operator, call.arguments
    if name in _SPECIAL:
        return _SPECIAL[name](call)
    if name in _INFIX:
        return _infix(call)
    if name in _FUNCTIONS:
        return _function(_FUNCTIONS[name], arguments)
    first = arguments[0] if arguments else Piece("")
    if name in _AROUND:
        left, right = _AROUND[name]
        return Piece(f"{left}{first.tex}{right}", "atom")
    if name in _BEFORE:
        return Piece(concatenated([_BEFORE[name], _within(first, _PREFIX)]), rank=_PREFIX)
    if name in _AFTER:
        return Piece(_within(first, _ATOM) + _AFTER[name], rank=_POWER)
    return Piece(f"{_within(call.head, _ATOM)}({_listed(arguments)})", rank=_ATOM)


def _within(piece: Piece, least: int) -> str:
    """Return the TeX of an argument, in parentheses when it binds less than `least`."""
    if piece.rank >= least:
        return piece.tex
    return rf"\left({piece.tex}\right)" if piece.tall else f"({piece.tex})"


def _listed(pieces: Sequence[Piece]) -> str:
    return ",".join(piece.tex for piece in pieces)


def _infix(call: _Call) -> Piece:
    symbol, rank = _INFIX[call.operator]
    if call.operator == "plus" and len(call.arguments) == 1:
        return replace(call.arguments[0], tex=f"+{call.arguments[0].tex}", rank=_SUM)
    parts: list[str] = []
    for index, argument in enumerate(call.arguments):
        tex = _within(argument, rank + (0 if call.operator in ("plus", "times") else 1))
        if index and not (symbol == "+" and tex.startswith("-")):
            parts.append(symbol)
        parts.append(tex)
    return Piece(concatenated(parts), rank=rank, tall=any(argument.tall for argument in call.arguments))


def _function(name: str, arguments: Sequence[Piece]) -> Piece:
    if len(arguments) == 1 and arguments[0].kind == "atom":
        return Piece(concatenated([name, arguments[0].tex]), rank=_PREFIX)
    inner = Piece(_listed(arguments), tall=any(argument.tall for argument in arguments), rank=0)
    return Piece(name + _within(inner, _ATOM), rank=_ATOM)


def _minus(call: _Call) -> Piece:
    arguments = call.arguments
    if len(arguments) == 1:
        return Piece(f"-{_within(arguments[0], _PRODUCT)}", rank=_SUM, tall=arguments[0].tall)
    parts = [_within(argument, _SUM + bool(index)) for index, argument in enumerate(arguments)]
    return Piece("-".join(parts), rank=_SUM, tall=any(argument.tall for argument in arguments))


def _times(call: _Call) -> Piece:
    parts: list[str] = []
    for argument in call.arguments:
        tex = _within(argument, _PRODUCT)
        if parts and tex[:1].isdigit():
            parts.append(r"\cdot ")
        parts.append(tex)
    return Piece(concatenated(parts), rank=_PRODUCT, tall=any(argument.tall for argument in call.arguments))


def _divide(call: _Call) -> Piece:
    above, below = _two(call.arguments)
    return Piece(rf"\frac{{{above.tex}}}{{{below.tex}}}", rank=_PREFIX, tall=True)


def _quotient(call: _Call) -> Piece:
    return Piece(rf"\left\lfloor {_divide(call).tex}\right\rfloor", "atom")


def _power(call: _Call) -> Piece:
    base, exponent = _two(call.arguments)
    return Piece(f"{_within(base, _ATOM)}^{{{exponent.tex}}}", rank=_POWER, tall=base.tall)


def _root(call: _Call) -> Piece:
    degree = call.qualifier("degree")
    index = f"[{degree}]" if degree not in ("", "2") else ""
    return Piece(rf"\sqrt{index}{{{_listed(call.arguments)}}}", "atom")


def _log(call: _Call) -> Piece:
    base = call.qualifier("logbase")
    return _function(rf"\log_{{{base}}}" if base else r"\log", call.arguments)


def _big(call: _Call) -> Piece:
    variable = call.qualifier("bvar")
    low, high = call.qualifier("lowlimit"), call.qualifier("uplimit")
    if low and variable and call.operator != "int":
        low = f"{variable}={low}"
    low = low or call.qualifier("condition") or call.qualifier("domainofapplication") or call.qualifier("interval")
    limits = (f"_{{{low}}}" if low else "") + (f"^{{{high}}}" if high else "")
    body = _within(call.arguments[0], _PRODUCT) if call.arguments else ""
    tail = rf"\,d{variable}" if call.operator == "int" and variable else ""
    return Piece(concatenated([_BIG[call.operator] + limits, body]) + tail, rank=_SUM, tall=True)


def _limit(call: _Call) -> Piece:
    variable, low = call.qualifier("bvar"), call.qualifier("lowlimit")
    target = rf"{variable}\to {low}" if low else call.qualifier("condition")
    return Piece(
        concatenated([rf"\lim_{{{target}}}", *(_within(a, _PRODUCT) for a in call.arguments)]), rank=_SUM, tall=True
    )


def _derivative(call: _Call) -> Piece:
    letter = "d" if call.operator == "diff" else r"\partial "
    variables = call.qualifiers.get("bvar", [])
    below = "".join(letter + _to_degree(variable.tex, variable.body) for variable in variables)
    degrees = [variable.body or "1" for variable in variables]
    degree = call.qualifier("degree") or (degrees[0] if len(degrees) == 1 else _total(degrees))
    function = _listed(call.arguments)
    if not below:
        return Piece(f"{function}'", rank=_POWER)
    above = _to_degree(letter.strip(), degree)
    if len(function) == 1:
        return Piece(rf"\frac{{{concatenated([above, function])}}}{{{below}}}", rank=_PREFIX, tall=True)
    argument = _within(call.arguments[0], _PREFIX) if call.arguments else ""
    return Piece(concatenated([rf"\frac{{{above}}}{{{below}}}", argument]), rank=_PREFIX, tall=True)


def _to_degree(tex: str, degree: str) -> str:
    return tex if degree in ("", "1") else f"{tex}^{{{degree}}}"


def _total(degrees: Sequence[str]) -> str:
    if all(len(degree) < 9 and degree.isdecimal() for degree in degrees):
        return str(sum(map(int, degrees)))
    return "+".join(degrees)


def _quantified(call: _Call) -> Piece:
    sign = r"\forall" if call.operator == "forall" else r"\exists"
    conditions = [f",{text}" for text in (call.qualifier("condition"), call.qualifier("domainofapplication")) if text]
    body = [":", _listed(call.arguments)] if call.arguments else []
    return Piece(concatenated([sign, call.qualifier("bvar"), *conditions, *body]), rank=_LOGIC)


def _conjugate(call: _Call) -> Piece:
    return Piece(rf"\overline{{{_listed(call.arguments)}}}", "atom")


def _mean(call: _Call) -> Piece:
    return Piece(rf"\langle {_listed(call.arguments)}\rangle", "atom")


def _selector(call: _Call) -> Piece:
    base = call.arguments[0] if call.arguments else Piece("")
    return Piece(f"{_within(base, _ATOM)}_{{{_listed(call.arguments[1:])}}}", rank=_ATOM)


_SPECIAL: Mapping[str, Callable[[_Call], Piece]] = {
    "minus": _minus, "times": _times, "divide": _divide, "quotient": _quotient, "power": _power, "root": _root,
    "log": _log, "sum": _big, "product": _big, "int": _big, "limit": _limit, "diff": _derivative,
    "partialdiff": _derivative, "forall": _quantified, "exists": _quantified, "conjugate": _conjugate, "mean": _mean,
    "selector": _selector,
}  # fmt: skip


def _two(pieces: Sequence[Piece]) -> tuple[Piece, Piece]:
    padded = [*pieces, Piece(""), Piece("")]
    return padded[0], padded[1]


def _symbol(element: Element, pieces: list[Piece]) -> Piece:
    structured = [child for child in element.children if not child.data]
    if structured:
        return replace(row(pieces), rank=_ATOM)
    return _constant(element, pieces) if element.text in _CONSTANTS else PRESENTATION["mi"](element, pieces)


def _number(element: Element, pieces: list[Piece]) -> Piece:
    kind, parts = element.attributes.get("type", ""), element.text.split()
    first, second = [*parts, "", ""][:2]
    if kind == "rational" and second:
        return Piece(rf"\frac{{{in_math(first)}}}{{{in_math(second)}}}", rank=_PREFIX, tall=True)
    if kind == "complex-cartesian" and second:
        return Piece(f"{in_math(first)}{'' if second.startswith('-') else '+'}{in_math(second)}i", rank=_SUM)
    if kind == "e-notation" and second:
        return Piece(rf"{in_math(first)}\times 10^{{{in_math(second)}}}", rank=_PRODUCT)
    if element.text in _CONSTANTS:
        return _constant(element, pieces)
    negative = element.text.startswith(("-", "−"))
    return Piece(in_math(element.text), "row" if negative else "atom", rank=_SUM if negative else _ATOM)


def _constant(element: Element, pieces: list[Piece]) -> Piece:
    return Piece(_CONSTANTS.get(element.tag) or _CONSTANTS.get(element.text, ""), "atom")


def _operator(element: Element, pieces: list[Piece]) -> Piece:
    """Return an operator that is not applied, as in the composition of two operators."""
    tag = element.tag
    return Piece(
        _INFIX.get(tag, ("",))[0] or _FUNCTIONS.get(tag) or _BIG.get(tag) or rf"\operatorname{{{in_text(tag)}}}", "atom"
    )


def _interval(element: Element, pieces: list[Piece]) -> Piece:
    closure = element.attributes.get("closure", "closed")
    left = "(" if closure in ("open", "open-closed") else "["
    right = ")" if closure in ("open", "closed-open") else "]"
    return Piece(f"{left}{_listed(pieces)}{right}", "atom")


def _set(element: Element, pieces: list[Piece]) -> Piece:
    variables = [piece.tex for child, piece in zip(element.children, pieces, strict=True) if child.tag == "bvar"]
    rest = _listed([piece for child, piece in zip(element.children, pieces, strict=True) if child.tag != "bvar"])
    inner = rf"{','.join(variables)}\mid {rest}" if variables else rest
    return Piece(rf"\{{{inner}\}}", "atom")


def _list(element: Element, pieces: list[Piece]) -> Piece:
    return Piece(f"({_listed(pieces)})", "atom")


def _vector(element: Element, pieces: list[Piece]) -> Piece:
    rows = r"\\ ".join(piece.tex for piece in pieces)
    return Piece(rf"\begin{{pmatrix}}{rows}\end{{pmatrix}}", "atom", tall=True)


def _matrix_row(element: Element, pieces: list[Piece]) -> Piece:
    return Piece(" & ".join(piece.tex for piece in pieces))


def _piecewise(element: Element, pieces: list[Piece]) -> Piece:
    rows = r"\\ ".join(piece.tex for piece in pieces)
    return Piece(rf"\begin{{cases}}{rows}\end{{cases}}", "atom", tall=True)


def _piece(element: Element, pieces: list[Piece]) -> Piece:
    value, condition = _two(pieces)
    return Piece(rf"{value.tex} & \text{{if }}{condition.tex}")


def _otherwise(element: Element, pieces: list[Piece]) -> Piece:
    return Piece(rf"{_listed(pieces)} & \text{{otherwise}}")


def _lambda(element: Element, pieces: list[Piece]) -> Piece:
    return Piece(rf"{_listed(pieces[:-1])}\mapsto {_listed(pieces[-1:])}", rank=_LOGIC)


def _variable(element: Element, pieces: list[Piece]) -> Piece:
    degree = next(
        (piece.tex for child, piece in zip(element.children, pieces, strict=True) if child.tag == "degree"), ""
    )
    return replace(pieces[0], body=degree) if pieces else Piece("")


CONTENT: Mapping[str, Converter] = {
    **dict.fromkeys(_CONSTANTS, _constant),
    **dict.fromkeys([*_INFIX, *_FUNCTIONS, *_AROUND, *_BEFORE, *_AFTER, *_SPECIAL], _operator), "apply": _apply,
    "reln": _apply, "bind": _apply, "ci": _symbol, "csymbol": _symbol, "cn": _number, "interval": _interval,
    "set": _set, "list": _list, "vector": _vector, "matrix": _vector, "matrixrow": _matrix_row, "piecewise": _piecewise,
    "piece": _piece, "otherwise": _otherwise, "lambda": _lambda, "bvar": _variable,
}  # fmt: skip
"""The elements of content MathML."""
