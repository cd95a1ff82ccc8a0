"""The typed tree that answers are parsed into."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class Num:
    """A number as written. `places` counts the decimals shown (negative for 15e3), None for an integer."""

    value: Fraction
    places: int | None = None


@dataclass(frozen=True, slots=True)
class Const:
    """`pi`, `e`, `i` or `oo`."""

    name: str


@dataclass(frozen=True, slots=True)
class Sym:
    """A variable, or a command that is not known."""

    name: str


@dataclass(frozen=True, slots=True)
class Add:
    """A sum."""

    terms: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Mul:
    """A product."""

    factors: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Div:
    """A quotient."""

    top: "Node"
    bottom: "Node"


@dataclass(frozen=True, slots=True)
class Pow:
    """A power; a square root is a power of 1/2."""

    base: "Node"
    exponent: "Node"


@dataclass(frozen=True, slots=True)
class Call:
    """A known function (see `evaluate`) of its arguments."""

    name: str
    args: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Apply:
    """A function about which nothing is known: equal names and arguments give equal values."""

    name: str
    args: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Bind:
    """A sum, product, limit or integral: `variable` is bound in `body`, `bounds` are outside it."""

    name: str
    variable: str
    bounds: tuple["Node", ...]
    body: "Node"


@dataclass(frozen=True, slots=True)
class Based:
    """Digits in a base that is written out, as in 204_5."""

    digits: str
    base: int
    value: Fraction


@dataclass(frozen=True, slots=True)
class Seq:
    """Items in brackets. `opening` and `closing` are one of ( ) [ ] < >; both are "" for a bare list, whose items
    `joint` ("," "and" "or") joins. An interval is a Seq of two."""

    opening: str
    items: tuple["Node", ...]
    closing: str
    joint: str = ","


@dataclass(frozen=True, slots=True)
class SetOf:
    """A finite set."""

    items: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Builder:
    """The set of all `element` with `condition`."""

    element: "Node"
    condition: "Node"


@dataclass(frozen=True, slots=True)
class SetOp:
    """`union`, `intersection` or `minus` of sets."""

    name: str
    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Relation:
    """A chain such as 1 < x <= 2: `signs[i]` stands between `parts[i]` and `parts[i + 1]`."""

    parts: tuple["Node", ...]
    signs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """Rows of equal length."""

    rows: tuple[tuple["Node", ...], ...]


@dataclass(frozen=True, slots=True)
class Ratio:
    """a : b : c. `clock` when it may be a time of day, such as 7:32."""

    items: tuple["Node", ...]
    clock: bool = False


@dataclass(frozen=True, slots=True)
class Quantity:
    """A value with a unit: `unit` maps base units (see `units`) to powers, sorted; ("%", 1) is percent.

    `value` is as written; `factor` times it is the value in base units.
    """

    value: "Node"
    unit: tuple[tuple[str, int], ...]
    factor: Fraction = Fraction(1)


@dataclass(frozen=True, slots=True)
class Choice:
    """A letter of a multiple-choice question, and the text of the option if given."""

    letter: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """Words, lower case, single spaces."""

    text: str


@dataclass(frozen=True, slots=True)
class Opaque:
    """What is not understood: compared as a string, with spaces and sizing commands removed."""

    text: str


Node: TypeAlias = (
    Num | Const | Sym | Add | Mul | Div | Pow | Call | Apply | Bind | Based | Seq | SetOf | Builder | SetOp | Relation
    | Matrix | Ratio | Quantity | Choice | Text | Opaque
)  # fmt: skip

SCALARS = (Num, Const, Sym, Add, Mul, Div, Pow, Call, Apply, Bind, Based)
"""The nodes that stand for one number."""

ONE = Num(Fraction(1))
HALF = Num(Fraction(1, 2))
MINUS_ONE = Num(Fraction(-1))
INFINITY = Const("oo")
PLUS_MINUS = Sym("\\pm")
DOTS = Sym("\\dots")
REALS = Sym("\\mathbb{R}")


def add(terms: list[Node]) -> Node:
    """Return the sum of one or more terms, flattened."""
    if len(terms) == 1:
        return terms[0]
    flat: list[Node] = []
    for term in terms:
        flat.extend(term.terms if isinstance(term, Add) else (term,))
    return Add(tuple(flat))


def mul(factors: list[Node]) -> Node:
    """Return the product of one or more factors, flattened."""
    if len(factors) == 1:
        return factors[0]
    flat: list[Node] = []
    for factor in factors:
        flat.extend(factor.factors if isinstance(factor, Mul) else (factor,))
    return Mul(tuple(flat))


def negative(node: Node) -> Node:
    """Return minus a node; the minus of a number is a number."""
    if isinstance(node, Num):
        return Num(-node.value, node.places)
    return mul([MINUS_ONE, node])


def children(node: Node) -> tuple[Node, ...]:
    """Return the nodes directly inside a node."""
    inside = _INSIDE.get(type(node))
    return () if inside is None else inside(node)


_INSIDE: dict[type, Callable[[Any], tuple[Node, ...]]] = {  # a table: this is called for every node again and again
    Add: lambda node: node.terms,
    Mul: lambda node: node.factors,
    Div: lambda node: (node.top, node.bottom),
    Pow: lambda node: (node.base, node.exponent),
    Call: lambda node: node.args,
    Apply: lambda node: node.args,
    Bind: lambda node: (*node.bounds, node.body),
    Seq: lambda node: node.items,
    SetOf: lambda node: node.items,
    SetOp: lambda node: node.parts,
    Builder: lambda node: (node.element, node.condition),
    Relation: lambda node: node.parts,
    Ratio: lambda node: node.items,
    Matrix: lambda node: tuple(item for row in node.rows for item in row),
    Quantity: lambda node: (node.value,),
}


def rebuild(node: Node, change: Callable[[Node], Node]) -> Node:
    """Return a node with `change` applied to each node directly inside it."""
    match node:
        case Add(inside):
            return Add(tuple(change(item) for item in inside))
        case Mul(inside):
            return Mul(tuple(change(item) for item in inside))
        case Div(a, b):
            return Div(change(a), change(b))
        case Pow(a, b):
            return Pow(change(a), change(b))
        case Call(name, inside):
            return Call(name, tuple(change(item) for item in inside))
        case Apply(name, inside):
            return Apply(name, tuple(change(item) for item in inside))
        case Bind(name, variable, bounds, body):
            return Bind(name, variable, tuple(change(bound) for bound in bounds), change(body))
        case _:
            return _rebuild_structure(node, change)


def _rebuild_structure(node: Node, change: Callable[[Node], Node]) -> Node:
    match node:
        case Seq(opening, inside, closing, joint):
            return Seq(opening, tuple(change(item) for item in inside), closing, joint)
        case SetOf(inside):
            return SetOf(tuple(change(item) for item in inside))
        case SetOp(name, inside):
            return SetOp(name, tuple(change(item) for item in inside))
        case Relation(inside, signs):
            return Relation(tuple(change(item) for item in inside), signs)
        case Ratio(inside, clock):
            return Ratio(tuple(change(item) for item in inside), clock)
        case Matrix(rows):
            return Matrix(tuple(tuple(change(item) for item in row) for row in rows))
        case Builder(a, b):
            return Builder(change(a), change(b))
        case Quantity(value, unit, factor):
            return Quantity(change(value), unit, factor)
        case _:
            return node


def substitute(node: Node, old: Node, new: Node) -> Node:
    """Return a node with one part replaced wherever it occurs."""
    return new if node == old else rebuild(node, lambda inside: substitute(inside, old, new))


def symbols(node: Node) -> frozenset[str]:
    """Return the names of the free variables of a node."""
    if isinstance(node, Sym):
        return frozenset((node.name,))
    names: frozenset[str] = frozenset()
    for child in children(node):
        names |= symbols(child)
    return names - {node.variable} if isinstance(node, Bind) else names


def contains(node: Node, wanted: Node) -> bool:
    """Return whether `wanted` is `node` or somewhere inside it."""
    return node == wanted or any(contains(child, wanted) for child in children(node))
