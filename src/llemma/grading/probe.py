"""Whether two expressions are the same number or function: exact, by floats, by balls, at random points."""

import functools
import random
import zlib
from collections.abc import Iterator
from fractions import Fraction

from llemma.grading.evaluate import REAL_ONLY, NoValueError, approximate, exact
from llemma.grading.policy import Policy
from llemma.grading.tree import (
    DOTS,
    INFINITY,
    Add,
    Call,
    Div,
    Mul,
    Node,
    Num,
    Pow,
    children,
    contains,
    rebuild,
    symbols,
)
from llemma.grading.verdict import Verdict

LONG_DIGITS = 8
"""A decimal of so many significant digits is taken for a rounded number under `rounding="long"`."""
ENOUGH_POINTS = 4
"""Points at which two functions must agree; two points with negative variables are tried as well."""

_SCALES = (1.7, 0.6, 6.0, 90.0, -1.3, -7.0, 0.15, 2.6, 1500.0, -0.4, 0.9, 30.0)
"""Sizes of the random points, in the order tried; minus: some variables are negative."""


def same_value(a: Node, b: Node, policy: Policy) -> Verdict:
    """Return whether two scalars are equal."""
    if a == b:
        return Verdict(True, "tree", "the same expression")
    verdict = _same_exact(a, b, policy)
    if verdict is not None:
        return verdict
    names = sorted(symbols(a) | symbols(b))
    if DOTS.name in names:
        return Verdict(False, "tree", "expressions with dots are compared as written")
    if contains(a, INFINITY) or contains(b, INFINITY):
        return _same_infinity(a, b)
    verdict = _same_function(a, b, names) if names else _same_constant(a, b, policy)
    if not verdict.equal and (has_log(a) or has_log(b)):
        other = (base_ten(a), base_ten(b))
        return _same_function(*other, names) if names else _same_constant(*other, policy)
    return verdict


def proportional(a: Node, b: Node, *, positive: bool) -> Verdict:
    """Return whether a is a constant times b, not 0, and positive if asked."""
    names = sorted(symbols(a) | symbols(b))
    if not names:
        return Verdict(False, "points", "no variables")
    ratios: list[tuple[complex, dict[str, Fraction]]] = []
    for point in _points(names):
        try:
            top, bottom = approximate(a, _floats(point)), approximate(b, _floats(point))
        except NoValueError:
            continue
        if abs(bottom) < 1e-12 or abs(top) < 1e-12:
            continue
        ratios.append((top / bottom, point))
        if abs(ratios[-1][0] - ratios[0][0]) > 1e-7 * abs(ratios[0][0]):
            return Verdict(False, "points", f"the ratio of the sides varies, for instance at {_show(point)}")
        if len(ratios) > ENOUGH_POINTS:
            break
    if len(ratios) < 3:
        return Verdict(False, "points", "no values at any point tried")
    if positive and not (ratios[0][0].real > 0 and abs(ratios[0][0].imag) < 1e-9):
        return Verdict(False, "points", "the ratio of the sides is negative")
    from llemma.grading import balls

    if balls.proportional(a, b, ratios[0][1], ratios[1][1]):
        return Verdict(True, "points", f"the ratio of the sides is the same at {len(ratios)} random points")
    return Verdict(False, "points", "the ratio of the sides varies")


def random_point(name: str, place: int) -> Fraction:
    """Return the value of a variable at a random point: fixed by its name and the point's place in the order."""
    return _values(name)[place]


def floats_at(names: list[str], place: int) -> dict[str, float]:
    """Return a random point for some variables."""
    return {name: float(_values(name)[place]) for name in names}


# --- numbers ---------------------------------------------------------------------------------------------------------


def _same_exact(a: Node, b: Node, policy: Policy) -> Verdict | None:
    left, right = exact(a), exact(b)
    if left is None or right is None:
        return None
    if left == right:
        return Verdict(True, "number", "equal rational numbers")
    return _rounded(a, b, left, right, policy) or Verdict(False, "number", "different rational numbers")


def _rounded(a: Node, b: Node, left: Fraction, right: Fraction, policy: Policy) -> Verdict | None:
    """Return the verdict of the policies on rounding, None when they do not make the numbers equal."""
    if policy.tolerance and abs(left - right) <= policy.tolerance * max(abs(left), abs(right)):
        return Verdict(True, "number", f"within the tolerance of {policy.tolerance:g}")
    steps = [places for places in (_places(a, policy), _places(b, policy)) if places is not None]
    if steps and abs(left - right) <= Fraction(1, 2) * Fraction(10) ** -min(steps):
        return Verdict(True, "rounding", f"equal when rounded to {min(steps)} decimals")
    return None


def _places(node: Node, policy: Policy) -> int | None:
    """Return the decimals to which a number counts as rounded, None when it counts as exact."""
    if not isinstance(node, Num) or node.places is None or policy.rounding == "exact":
        return None
    if policy.rounding == "shown":
        return node.places if node.places > 0 else None
    digits = len(str(abs(int(node.value * Fraction(10) ** node.places))))
    return node.places if digits >= LONG_DIGITS else None


def _same_infinity(a: Node, b: Node) -> Verdict:
    signs = [_sign_of_infinity(node) for node in (a, b)]
    equal = signs[0] is not None and signs[0] == signs[1]
    return Verdict(equal, "number", "the same infinity" if equal else "not the same infinity")


def _sign_of_infinity(node: Node) -> int | None:
    if node == INFINITY:
        return 1
    if isinstance(node, Mul) and node.factors[-1] == INFINITY:
        rest = exact(Mul(node.factors[:-1]))
        return None if not rest else 1 if rest > 0 else -1
    return None


def _same_constant(a: Node, b: Node, policy: Policy) -> Verdict:
    """Compare constants of which at least one is not rational by its form."""
    try:
        left, right = approximate(a, {}), approximate(b, {})
    except NoValueError:
        left = right = complex("nan")
    if _clearly_different(left, right):
        close = abs(left - right) <= max(abs(left), abs(right)) * max(policy.tolerance, 1e-3)
        rounding = _rounded_floats(a, b, left, right, policy) if close or policy.rounding == "shown" else None
        return rounding or Verdict(False, "constant", "different values")
    from llemma.grading import balls

    verdict = balls.agree(a, b, {})
    if verdict is True:
        return Verdict(True, "constant", "the same value to 570 bits")
    if verdict is False:
        rounding = _rounded_floats(a, b, left, right, policy)
        return rounding or Verdict(False, "constant", "different values, by ball arithmetic")
    if normal_form(a) == normal_form(b):
        return Verdict(True, "tree", "the same expression up to order")
    return Verdict(False, "constant", "the value cannot be found within the limits", "unparsable")


def _rounded_floats(a: Node, b: Node, left: complex, right: complex, policy: Policy) -> Verdict | None:
    if left.imag or right.imag or left != left or right != right:
        return None
    return _rounded(a, b, Fraction(left.real), Fraction(right.real), policy)


def _clearly_different(left: complex, right: complex) -> bool:
    """Return whether two floats are so far apart, and of such size, that rounding errors cannot matter."""
    size = max(abs(left), abs(right))
    return min(abs(left), abs(right)) > 1e-4 and size < 1e6 and abs(left - right) > 1e-6 * size


# --- functions -------------------------------------------------------------------------------------------------------


def _same_function(a: Node, b: Node, names: list[str]) -> Verdict:
    agreed: list[dict[str, Fraction]] = []
    negatives = 0
    for point in _points(names):
        negatives += any(value < 0 for value in point.values())
        outcome = _agree_at(a, b, point)
        if outcome is False:
            return Verdict(False, "points", f"different at {_show(point)}")
        if outcome is True:
            agreed.append(point)
        if len(agreed) >= ENOUGH_POINTS and negatives >= 2:
            break
    if len(agreed) < 3:
        if normal_form(a) == normal_form(b):
            return Verdict(True, "tree", "the same expression up to order")
        return Verdict(False, "points", "no values at any point tried", "unparsable")
    from llemma.grading import balls

    if balls.agree(a, b, agreed[0]) is False:
        return Verdict(False, "points", f"different at {_show(agreed[0])}, by ball arithmetic")
    return Verdict(True, "points", f"equal at {len(agreed)} random points")


def _agree_at(a: Node, b: Node, point: dict[str, Fraction]) -> bool | None:
    """Return whether two functions agree at a point; None where one has no value, or none that is real."""
    environment = _floats(point)
    if any(value < 0 for value in environment.values()):
        environment[REAL_ONLY] = 1.0  # sqrt(xy) is sqrt(x) sqrt(y) where all roots are real
    try:
        left, right = approximate(a, environment), approximate(b, environment)
    except NoValueError:
        return None
    size = max(abs(left), abs(right))
    distance = abs(left - right)
    if distance <= 1e-10 * size:
        return True
    if distance > 1e-3 * size and 1e-4 < size < 1e5 and max(environment.values()) < 10:
        return False
    from llemma.grading import balls

    return balls.agree(a, b, point)


def _points(names: list[str]) -> Iterator[dict[str, Fraction]]:
    for place in range(len(_SCALES)):
        yield {name: _values(name)[place] for name in names}


@functools.lru_cache(maxsize=4096)
def _values(name: str) -> tuple[Fraction, ...]:
    """Return the values of a variable at the random points; dyadic, so that floats hold them exactly."""
    chance = random.Random(zlib.crc32(name.encode()))
    values = []
    for scale in _SCALES:
        size = Fraction(round(abs(scale) * (0.6 + 0.8 * chance.random()) * 4096) | 1, 4096)
        values.append(-size if scale == -1.3 or (scale < 0 and chance.random() < 0.7) else size)
    return tuple(values)


def _floats(point: dict[str, Fraction]) -> dict[str, float]:
    return {name: float(value) for name, value in point.items()}


def _show(point: dict[str, Fraction]) -> str:
    return ", ".join(f"{name} = {float(value):.4g}" for name, value in list(point.items())[:4])


# --- forms -----------------------------------------------------------------------------------------------------------


def normal_form(node: Node) -> Node:
    """Return the expression with the terms of sums and the factors of products in a fixed order."""
    match node:
        case Add(terms):
            return Add(tuple(sorted((normal_form(term) for term in terms), key=repr)))
        case Mul(factors):
            return Mul(tuple(sorted((normal_form(factor) for factor in factors), key=repr)))
        case Div(top, bottom):
            return Div(normal_form(top), normal_form(bottom))
        case Pow(base, exponent):
            return Pow(normal_form(base), normal_form(exponent))
        case Call(name, args):
            return Call(name, tuple(normal_form(argument) for argument in args))
        case _:
            return node


def has_log(node: Node) -> bool:
    return (isinstance(node, Call) and node.name == "log") or any(has_log(child) for child in children(node))


def base_ten(node: Node) -> Node:
    """Return the expression with `log` read as the logarithm to base 10."""
    node = rebuild(node, base_ten)
    return Call("log10", node.args) if isinstance(node, Call) and node.name == "log" else node
