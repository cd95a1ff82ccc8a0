"""What a relation says: that a name has a value, or that it lies in a set of numbers."""

from dataclasses import dataclass
from fractions import Fraction

from llemma.grading.evaluate import NoValueError, approximate, exact
from llemma.grading.names import FLIPPED
from llemma.grading.tree import (
    INFINITY,
    PLUS_MINUS,
    REALS,
    Add,
    Apply,
    Builder,
    Call,
    Const,
    Div,
    Mul,
    Node,
    Num,
    Pow,
    Quantity,
    Ratio,
    Relation,
    Seq,
    SetOf,
    SetOp,
    Sym,
    Text,
    negative,
    symbols,
)

MINUS_INFINITY = negative(INFINITY)


@dataclass(frozen=True, slots=True)
class Named:
    """`name` is said to be `value`."""

    name: Node
    value: Node


@dataclass(frozen=True, slots=True)
class Piece:
    """An interval, or a point when both ends are the same and closed."""

    low: Node
    low_closed: bool
    high: Node
    high_closed: bool


@dataclass(frozen=True, slots=True)
class Region:
    """A set of real numbers in which a name lies; the name is None when none was written."""

    name: Node | None
    pieces: tuple[Piece, ...]


def named(node: Node) -> Named | None:
    """Return the name and the value of `x = 2`, `2 = x`, `f(x) = 1 + 1 = 2`, `(p, q) = (3, 2)`; None for equations.

    What follows a sign of approximation does not count.
    """
    if not isinstance(node, Relation) or any(sign not in ("=", "~") for sign in node.signs):
        return None
    parts, signs = node.parts, node.signs
    exact_parts = parts[: signs.index("~") + 1] if "~" in signs else parts
    if len(exact_parts) == 1:  # 22/7 ~ 3.14
        return Named(Sym(""), exact_parts[0])
    value = exact_parts[-1]
    names = [part for part in exact_parts[:-1] if is_name(part)]
    for name in names:
        if not symbols(name) & symbols(value) or isinstance(name, Apply):
            return Named(name, value)
    if is_name(value) and len(exact_parts) == 2 and not _mentions(exact_parts[0]):
        return Named(value, exact_parts[0])
    if not _mentions(exact_parts[0]) and not _mentions(value) and not isinstance(value, (Seq, Text)):
        return Named(Sym(""), value)  # 35 + 70 = 105
    return None


def is_name(node: Node) -> bool:
    """Return whether a node is the name of something: x, f(x), AB, |AB|, A:B, NO/BO, a tuple of names."""
    match node:
        case Sym() | Apply():
            return node != PLUS_MINUS
        case Mul(factors):
            return all(
                isinstance(factor, Sym) and (factor.name[0].isupper() or factor.name[0] == "\\") for factor in factors
            )
        case Call("abs", (inside,)):  # |AB| is a length, |x| = 2 an equation
            return is_name(inside) and not (isinstance(inside, Sym) and inside.name[0].islower())
        case Quantity(value=inside):
            return is_name(inside)
        case Div(top, bottom):
            return is_name(top) and is_name(bottom)
        case Ratio(items) | Seq(items=items):
            return all(is_name(item) for item in items)
        case _:
            return False


def region(node: Node) -> Region | None:
    """Return the set of numbers that an answer describes, None when it describes none that is understood."""
    match node:
        case Seq(opening="", items=items, joint=joint):
            return _combined([region(item) for item in items], joint)
        case Seq(opening=opening, items=(low, high), closing=closing) if opening in "([" and closing in ")]":
            return Region(None, (Piece(low, opening == "[", high, closing == "]"),))
        case SetOf(items):
            return Region(None, tuple(_point(item) for item in items))
        case SetOp("union", parts):
            return _combined([region(part) for part in parts], "or")
        case SetOp("minus", (whole, SetOf(items))):
            return _without(region(whole), items)
        case SetOp("intersection", parts):
            return _combined([region(part) for part in parts], "and")
        case Sym() if node == REALS:
            return Region(None, (Piece(MINUS_INFINITY, False, INFINITY, False),))
        case Builder(element, condition):
            found = region(condition)
            if isinstance(element, Relation) and element.signs == ("in",) and element.parts[1] == REALS:
                element = element.parts[0]
            return Region(None, found.pieces) if found is not None and found.name == element else None
        case Relation():
            return _relation_region(node)
        case _:
            return None


def _mentions(node: Node) -> bool:
    return bool(symbols(node))


def _point(value: Node) -> Piece:
    return Piece(value, True, value, True)


def _relation_region(node: Relation) -> Region | None:
    parts, signs = node.parts, node.signs
    if signs == ("in",):
        inside = region(parts[1])
        return Region(parts[0], inside.pieces) if inside is not None and is_name(parts[0]) else None
    if signs == ("!=",):
        return _unequal(parts)
    value = named(node)
    if value is not None and value.name != Sym(""):
        return Region(value.name, (_point(value.value),))
    if len(signs) > 2 or any(sign not in ("<", "<=", ">", ">=") for sign in signs):
        return None
    if len(signs) == 1:
        return _half_line(parts[0], signs[0], parts[1]) or _half_line(parts[1], FLIPPED[signs[0]], parts[0])
    if signs[0][0] != signs[1][0] or not is_name(parts[1]):
        return None
    (low, middle, high), (first, second) = parts, signs
    if first[0] == ">":
        low, high, first, second = high, low, second, first
    if symbols(middle) & (symbols(low) | symbols(high)):
        return None
    return Region(middle, (Piece(low, first == "<=", high, second == "<="),))


def _half_line(name: Node, sign: str, bound: Node) -> Region | None:
    if not is_name(name) or symbols(name) & symbols(bound):
        return None
    closed = sign.endswith("=")
    if sign[0] == "<":
        return Region(name, (Piece(MINUS_INFINITY, False, bound, closed),))
    return Region(name, (Piece(bound, closed, INFINITY, False),))


def _unequal(parts: tuple[Node, ...]) -> Region | None:
    name, value = parts if is_name(parts[0]) else (parts[1], parts[0])
    if not is_name(name) or symbols(name) & symbols(value):
        return None
    values = value.items if isinstance(value, Seq) and value.opening == "" else (value,)
    line = Region(name, (Piece(MINUS_INFINITY, False, INFINITY, False),))
    return _without(line, values)


def _combined(regions: list[Region | None], joint: str) -> Region | None:
    """Return the union of regions of one name; with "and" the intersection, or the union where that is empty."""
    known = [found for found in regions if found is not None]
    names = {found.name for found in known if found.name is not None}
    if len(known) < len(regions) or len(names) > 1:
        return None
    name = next(iter(names), None)
    if joint != "or" and name is not None and all(len(found.pieces) == 1 for found in known):
        common = _intersection([found.pieces[0] for found in known])
        if common is not None:
            return Region(name, (common,))
    return Region(name, tuple(piece for found in known for piece in found.pieces))


def _intersection(pieces: list[Piece]) -> Piece | None:
    """Return the common part of intervals, None when it is empty, one point, or cannot be told."""
    lows = [(ends[0], piece) for piece in pieces if (ends := float_ends(piece)) is not None]
    highs = [(ends[1], piece) for piece in pieces if (ends := float_ends(piece)) is not None]
    if len(lows) < len(pieces):
        return None
    low, low_piece = max(lows, key=lambda pair: (pair[0], not pair[1].low_closed))
    high, high_piece = min(highs, key=lambda pair: (pair[0], pair[1].high_closed))
    if not low < high:
        return None
    return Piece(low_piece.low, low_piece.low_closed, high_piece.high, high_piece.high_closed)


def _without(whole: Region | None, points: tuple[Node, ...]) -> Region | None:
    """Return a region without some points inside it, None when they cannot be placed."""
    if whole is None:
        return None
    pieces = list(whole.pieces)
    for point in points:
        place = float_of(point)
        for index, piece in enumerate(pieces):
            ends = float_ends(piece)
            single = len(pieces) == 1 and len(points) == 1 and (piece.low, piece.high) == (MINUS_INFINITY, INFINITY)
            if single or (ends is not None and place is not None and ends[0] < place < ends[1]):
                left = Piece(piece.low, piece.low_closed, point, False)
                pieces[index : index + 1] = [left, Piece(point, False, piece.high, piece.high_closed)]
                break
        else:
            return None
    return Region(whole.name, tuple(pieces))


def float_ends(piece: Piece) -> tuple[float, float] | None:
    """Return the ends of an interval as floats, None when they are not numbers."""
    low, high = float_of(piece.low), float_of(piece.high)
    return None if low is None or high is None else (low, high)


def float_of(node: Node) -> float | None:
    """Return a real constant as a float (infinities included), None for all else."""
    if node == INFINITY:
        return float("inf")
    if node == MINUS_INFINITY:
        return float("-inf")
    value = exact(node)
    if value is not None:
        return _clamped(value)
    if symbols(node) or not isinstance(node, (Add, Mul, Div, Pow, Call, Const, Num)):
        return None
    try:
        number = approximate(node, {})
    except NoValueError:
        return None
    return number.real if abs(number.imag) < 1e-12 else None


def _clamped(value: Fraction) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")
