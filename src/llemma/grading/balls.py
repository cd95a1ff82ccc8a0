"""The value of an expression as a ball (a midpoint with a proven error bound), by FLINT's arbitrary precision.

FLINT keeps one precision for the whole process: a lock guards it, and it is put back after each evaluation.
"""

import threading
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import flint

from llemma.grading.evaluate import Environment, NoValueError, odd_denominator, uninterpreted, unknown
from llemma.grading.tree import Add, Apply, Based, Bind, Call, Const, Div, Mul, Node, Num, Pow, Sym

Ball = Any
"""A flint.acb."""

PRECISIONS = (160, 600, 3000)
"""Bits of working precision: the first two decide almost always, the third is for very large numbers."""
ABSOLUTE_BITS = 20
"""Values agree only when their difference is also below 2^-20: 10^(10^10) and the next integer are not told apart."""

_LOCK = threading.Lock()


def agree(a: Node, b: Node, environment: dict[str, Fraction]) -> bool | None:
    """Return whether two values are equal. Variables have exact values.

    False is proven. True means that the difference is 0 to about 120 bits, and for constants then to 560. None: no
    bound was found.
    """
    random_point = bool(environment)  # chosen by no one: 120 equal bits there are proof enough
    return _decide(lambda: (value_of(a, _points(environment)), value_of(b, _points(environment))), once=random_point)


def proportional(a: Node, b: Node, first: dict[str, Fraction], second: dict[str, Fraction]) -> bool | None:
    """Return whether a / b is the same at two points; the meaning of the answer is that of `agree`."""

    def products() -> tuple[Ball, Ball]:
        one, two = _points(first), _points(second)
        return value_of(a, one) * value_of(b, two), value_of(a, two) * value_of(b, one)

    return _decide(products, once=True)


def _decide(values: Callable[[], tuple[Ball, Ball]], *, once: bool) -> bool | None:
    verdict: bool | None = None
    with _LOCK:
        for bits in PRECISIONS:
            with flint.ctx.workprec(bits):
                try:
                    verdict = _same(*values(), bits)
                except (NoValueError, ArithmeticError, ValueError):
                    verdict = None
            if verdict is False or (verdict is True and (once or bits > PRECISIONS[0])):
                return verdict
    return verdict


def _same(left: Ball, right: Ball, bits: int) -> bool | None:
    difference = left - right
    if not difference.is_finite():
        return None
    if not difference.contains(0):
        return False
    error = difference.rad()
    if error == 0:
        return True
    size = left.abs_upper() + right.abs_upper()
    limit = flint.arb(2) ** (40 - bits)
    small = error < size * limit or error < limit
    return True if small and error < flint.arb(2) ** -ABSOLUTE_BITS else None


def _points(environment: dict[str, Fraction]) -> dict[str, Ball]:
    return {name: _rational(value) for name, value in environment.items()}


def value_of(node: Node, environment: Environment) -> Ball:
    """Return the ball of a value at the current precision. Raises NoValueError."""
    match node:
        case Num(value=value) | Based(value=value):
            return _rational(value)
        case Sym(name):
            return environment[name] if name in environment else flint.acb(unknown(name))
        case Const(name):
            return environment[name] if name in environment else _constant(name)
        case Add(terms):
            result = value_of(terms[0], environment)
            for term in terms[1:]:
                result = result + value_of(term, environment)
            return result
        case Mul(factors):
            result = value_of(factors[0], environment)
            for factor in factors[1:]:
                result = result * value_of(factor, environment)
            return result
        case Div(top, bottom):
            return value_of(top, environment) / value_of(bottom, environment)
        case Pow(base, exponent):
            return _power(value_of(base, environment), exponent, value_of(exponent, environment))
        case Call(name, args) if name in _FUNCTIONS:
            return _FUNCTIONS[name](*[value_of(argument, environment) for argument in args])
        case Apply() | Bind():
            return uninterpreted(node, _Exact(environment), value_of)
        case _:
            raise NoValueError("not a number")


class _Exact(dict[str, Any]):
    """An environment that turns plain numbers into balls when they are read."""

    def __getitem__(self, name: str) -> Ball:
        return flint.acb(super().__getitem__(name))


def _rational(value: Fraction) -> Ball:
    return flint.acb(flint.arb(flint.fmpq(value.numerator, value.denominator)))


def _constant(name: str) -> Ball:
    match name:
        case "pi":
            return flint.acb.pi()
        case "e":
            return flint.acb(1).exp()
        case "i":
            return flint.acb(0, 1)
        case "deg":
            return flint.acb.pi() / 180
        case _:
            raise NoValueError(name)


def _is_real(value: Ball) -> bool:
    return bool(value.imag == 0)


def _power(base: Ball, exponent_node: Node, exponent: Ball) -> Ball:
    fraction = odd_denominator(exponent_node)
    if fraction is None:
        return base**exponent
    if fraction.denominator == 1:
        if abs(fraction) > 2**60:
            raise NoValueError("an exponent that is too large")
        return base ** int(fraction)
    if _is_real(base) and base.real < 0:
        magnitude = (-base) ** exponent
        return -magnitude if fraction.numerator % 2 else magnitude
    return base**exponent


def _root(value: Ball, degree: Ball) -> Ball:
    if _is_real(value) and value.real < 0:
        index = degree.real.unique_fmpz()
        if index is not None and int(index) % 2:
            return -((-value) ** (1 / degree))
    return value ** (1 / degree)


def _real_function(function: Callable[..., Any]) -> Callable[..., Ball]:
    def on_balls(*values: Ball) -> Ball:
        if not all(_is_real(value) for value in values):
            raise NoValueError("an order between complex numbers")
        return flint.acb(function(*(value.real for value in values)))

    return on_balls


def _whole(value: Any) -> Any:
    number = value.unique_fmpz()
    if number is None:
        raise NoValueError("a step of a rounding function")
    return number


def _extreme(sign: int) -> Callable[..., Any]:
    def on_reals(*values: Any) -> Any:
        best = values[0]
        for value in values[1:]:
            best = best.max(value) if sign > 0 else best.min(value)
        return best

    return on_reals


_FUNCTIONS: dict[str, Callable[..., Ball]] = {
    **{name: getattr(flint.acb, name) for name in (
        "sin", "cos", "tan", "cot", "sec", "csc", "asin", "acos", "atan", "exp", "sinh", "cosh", "tanh", "coth",
        "asinh",
        "acosh",
        "atanh", "gamma",
    )},
    "ln": flint.acb.log, "log": flint.acb.log, "log10": lambda x: x.log() / flint.acb(10).log(),
    "acot": lambda x: (1 / x).atan(), "asec": lambda x: (1 / x).acos(), "acsc": lambda x: (1 / x).asin(),
    "abs": lambda x: flint.acb(abs(x)), "re": lambda x: flint.acb(x.real), "im": lambda x: flint.acb(x.imag),
    "conj": lambda x: x.conjugate(), "root": _root, "factorial": lambda x: (x + 1).gamma(),
    "floor": _real_function(lambda x: _whole(x.floor())), "ceil": _real_function(lambda x: _whole(x.ceil())),
    "sign": _real_function(lambda x: x.sgn()), "max": _real_function(_extreme(1)), "min": _real_function(_extreme(-1)),
    "binomial": lambda n, k: (n + 1).gamma() / ((k + 1).gamma() * (n - k + 1).gamma()),
}  # fmt: skip
