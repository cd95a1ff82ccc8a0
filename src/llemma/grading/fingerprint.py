"""Buckets for voting: answers that are equal share one, so that only sharers need a comparison."""

import math
from collections.abc import Hashable, Iterator
from fractions import Fraction
from functools import lru_cache

from llemma.grading.evaluate import NoValueError, approximate, exact
from llemma.grading.policy import DEFAULT_POLICY, Policy
from llemma.grading.probe import base_ten, floats_at, has_log
from llemma.grading.read import LONGEST_CACHED, opaque_form, read, read_as_list, unwrapped
from llemma.grading.statements import named
from llemma.grading.tree import (
    INFINITY,
    REALS,
    SCALARS,
    Based,
    Choice,
    Const,
    Mul,
    Node,
    Num,
    Opaque,
    Quantity,
    Ratio,
    Relation,
    Sym,
    Text,
    children,
    mul,
    symbols,
)
from llemma.grading.units import DEGREE, PERCENT

WIDTH = 1e-6
"""Relative width of a bucket of numbers; equal numbers differ by rounding errors alone."""
TINY = 1e-9


def buckets(answer: str, policy: Policy = DEFAULT_POLICY) -> tuple[Hashable, ...]:
    """Return the buckets of an answer: two answers that are equal under the policy share at least one.

    Two known exceptions, both rare: answers that only SymPy finds equal, and a percentage inside a tuple or list.
    """
    return _buckets(answer, policy) if len(answer) <= LONGEST_CACHED else _found(answer, policy)


@lru_cache(maxsize=100_000)
def _buckets(answer: str, policy: Policy) -> tuple[Hashable, ...]:
    return _found(answer, policy)


def _found(answer: str, policy: Policy) -> tuple[Hashable, ...]:
    node = read(answer, decimal_comma=policy.decimal_comma)
    marks = set(_marks(node, policy))
    listed = read_as_list(answer) if isinstance(node, Num) else None
    if listed is not None:
        marks.update(_marks(listed, policy))
    if isinstance(node, Opaque):
        marks.add(("text", opaque_form(unwrapped(answer))))
    return tuple(marks)


def _marks(node: Node, policy: Policy) -> Iterator[Hashable]:
    match node:
        case Text(text) | Opaque(text):
            yield ("text", text)
        case Choice(letter, text):
            yield from (("text", letter.lower()), ("text", text.lower()))
        case Ratio():
            yield "ratio"
            yield from _size_marks(_largest(node, policy))
        case Relation():
            yield from _relation_marks(node, policy)
        case Quantity():
            for value in _values_of(node):
                yield from _marks(value, policy)
        case Based(digits=digits, value=value):
            yield from _size_marks(float(value))
            if digits.isdigit():
                yield from _size_marks(float(digits))
        case _ if isinstance(node, SCALARS):
            yield from _scalar_marks(node, policy)
        case _:
            yield from _size_marks(_largest(node, policy))


def _relation_marks(node: Relation, policy: Policy) -> Iterator[Hashable]:
    pair = named(node)
    if pair is None or symbols(pair.value):
        yield "relation"
    if pair is not None:
        yield from _marks(pair.value, policy)
    else:
        yield from _size_marks(_largest(node, policy))


def _values_of(node: Quantity) -> list[Node]:
    """Return the values that a quantity may be compared by: as written, and in other units."""
    if node.unit == PERCENT:
        return [node.value, *([mul([node.value, Num(Fraction(1, 100))])] if isinstance(node.value, SCALARS) else [])]
    if not isinstance(node.value, SCALARS):
        return [node.value]
    if node.unit == DEGREE:
        return [node.value, mul([node.value, Const("deg")])]
    return [node.value] if node.factor == 1 else [node.value, mul([node.value, Num(node.factor)])]


def _scalar_marks(node: Node, policy: Policy) -> Iterator[Hashable]:
    if isinstance(node, Sym):
        yield ("text", node.name.lower())
    if isinstance(node, Mul) and all(isinstance(factor, Sym) for factor in node.factors):
        yield ("text", "".join(getattr(factor, "name", "") for factor in node.factors).lower())
    names = sorted(symbols(node))
    if not names and (policy.rounding == "shown" or policy.tolerance):
        yield "number"  # how far apart equal numbers may be depends on the other side
    places = (0, 1) if names else (0,)
    found = False
    for place in places:
        size = _size(node, names, place)
        if size is not None:
            found = True
            yield from _size_marks(size)
    if not found:
        yield "no value"
    if node == REALS:
        yield "tiny"  # the mark of an interval without finite ends
    if has_log(node):
        yield from _scalar_marks(base_ten(node), policy)


def _size(node: Node, names: list[str], place: int) -> float | None:
    """Return the absolute value at a random point, None when there is none."""
    if not names:
        value = exact(node)
        if value is not None:
            try:
                return abs(float(value))
            except OverflowError:
                return math.inf
    if node == INFINITY:
        return math.inf
    try:
        return abs(approximate(node, floats_at(names, place)))
    except NoValueError:
        return None


def _largest(node: Node, policy: Policy) -> float:
    """Return the largest absolute value of a scalar inside: it does not depend on order, repeats or brackets."""
    if isinstance(node, SCALARS):
        size = _size(node, sorted(symbols(node)), 0)
        return 0.0 if size is None or math.isinf(size) or node == REALS else size
    pair = named(node)
    inside = (pair.value,) if pair is not None else children(node)
    if isinstance(node, Relation) and pair is None:
        inside = tuple(part for part in node.parts if not symbols(part))
    return max((_largest(child, policy) for child in inside), default=0.0)


def _size_marks(size: float) -> Iterator[Hashable]:
    """Yield two buckets of overlapping grids: sizes within half a width of each other share one."""
    if size < 2 * TINY:
        yield "tiny"
    if size > TINY:
        if math.isinf(size):
            yield "infinite"
            return
        step = math.log(size) / WIDTH
        yield (0, math.floor(step))
        yield (1, math.floor(step + 0.5))
