"""The paper's OCWCourses grader, bug for bug, except that model text is never run: arithmetic is read, not executed.

Source: wellecks/lm-evaluation-harness, lm_eval/tasks/ocw_courses.py. The kind of a reference (number, equation,
expression) decides how both sides are read; in a vote the key of a class takes the reference's place.
"""

import ast
import functools
import math
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass

from llemma.grading.published import PARSE_LIMIT_S, MathSwitches, ask_worker, normalize_tex, tex_equal
from llemma.grading.verdict import Profile, Verdict


@dataclass(frozen=True, slots=True)
class OcwSwitches:
    """The bugs of the published OCW grader; True does as published."""

    nonpositive_numbers_never_match: bool = True
    """Equal negative numbers, and 0 and 0, are different: the tolerance is a share of their signed sum. Mended: of
    their size."""
    tolerance_near_zero_only: bool = True
    """The 1 % tolerance holds only where a number or the difference is within 1e-8 of 0; else 1e-5. Mended: always."""
    equations_never_match: bool = True
    """A missing import makes every equation wrong, itself included. Mended: equal when SymPy reads the same one."""
    caret_is_xor: bool = True
    """`10^8` is 2, as in Python. Mended: a power."""
    keeps_units: bool = True
    """Units other than the listed spellings make a number invalid. Mended: all letters and spacing at its end go."""


def ocw_profile(name: str, switches: OcwSwitches) -> Profile:
    """Return the OCW grader with these bugs."""
    return Profile(
        name=name, extract=_extract, compare=functools.partial(ocw_equal, switches=switches), reference=str.strip
    )


def ocw_equal(answer: str, reference: str, *, switches: OcwSwitches) -> Verdict:
    """Return whether an answer equals a reference by the rule for the reference's kind."""
    kind = reference_kind(reference)
    if kind == "number":
        return _numbers(answer, reference, switches)
    if kind == "equation":
        return _equations(answer, reference, switches)
    tex = MathSwitches()
    sides = (normalize_tex(side, switches=tex) for side in (answer, reference))
    return tex_equal(*sides, switches=tex)


def reference_kind(reference: str) -> str:
    """Return "number", "equation" or "expression"."""
    try:
        float(reference)
    except ValueError:
        return "equation" if "=" in reference else "expression"
    return "number"


_ANSWER = re.compile(r"Final answer: The final answer is(.*?). I hope it is correct.")
_UNITS = (
    "eV", " \\mathrm{~kg} \\cdot \\mathrm{m} / \\mathrm{s}", " kg m/s", "kg*m/s", "kg", "m/s", "m / s", "m s^{-1}",
    "\\text{ m/s}", " \\mathrm{m/s}", " \\text{ m/s}", "g/mole", "g/mol", "\\mathrm{~g}",
    "\\mathrm{~g} / \\mathrm{mol}", "W", "erg/s", "years", "year", "cm",
)  # fmt: skip
_TRAILING_UNIT = re.compile(r"(?:\\[a-zA-Z]+|[a-zA-Z{}~^/ ]|\\[,;: ]|(?<=[\^{])-?\d)+$")


def _extract(text: str) -> str | None:
    found = _ANSWER.search(text)
    return None if found is None else found[1].strip()


def _numbers(answer: str, reference: str, switches: OcwSwitches) -> Verdict:
    value, wanted = _number(answer, switches), _number(reference, switches)
    if value is None or wanted is None:
        return Verdict(False, "number", "not a number by the published rule", "unparsable")
    equal = numbers_equal(value, wanted, switches)
    return Verdict(equal, "number", "within the tolerance" if equal else f"{value:.6g} is not {wanted:.6g}")


def numbers_equal(a: float, b: float, switches: OcwSwitches) -> bool:
    """Return the published numeric equality; near zero the limit is a share of the signed mean of the two."""
    if not switches.tolerance_near_zero_only:
        return abs(a - b) <= 0.01 * max(abs(a), abs(b))
    if min(abs(a), abs(b), abs(a - b)) <= 1e-8:
        if switches.nonpositive_numbers_never_match:
            return abs(a - b) < 0.01 * (a + b) / 2
        return abs(a - b) <= 0.01 * (abs(a) + abs(b)) / 2
    return abs(a - b) <= 1e-8 + 1e-5 * abs(b)


@functools.lru_cache(maxsize=65536)
def _number(text: str, switches: OcwSwitches) -> float | None:
    for unit in _UNITS:
        text = text.replace(unit, "").strip()
    for unit in ("m", "s", "cm"):
        text = text.replace(f"\\mathrm{{{unit}}}", "").replace(f"\\mathrm{{~{unit}}}", "").strip()
    text = text.strip("$")
    if not switches.keeps_units:
        text = _TRAILING_UNIT.sub("", text) or text
    value = arithmetic(text if switches.caret_is_xor else text.replace("^", "**"))
    if value is not None:
        return value
    parsed = ask_worker("number", text, timeout_s=PARSE_LIMIT_S)
    return float(parsed) if isinstance(parsed, (int, float)) and math.isfinite(parsed) else None


def _equations(answer: str, reference: str, switches: OcwSwitches) -> Verdict:
    if switches.equations_never_match:
        return Verdict(False, "equation", "no equation ever matches: SymPy was not imported", "unparsable")
    equal = bool(ask_worker("same_relation", answer.strip("$ "), reference, timeout_s=2 * PARSE_LIMIT_S))
    return Verdict(equal, "sympy", "SymPy reads the same equation" if equal else "SymPy reads different equations")


_BINARY: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod,
}  # fmt: skip
_BITWISE: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.BitXor: operator.xor, ast.BitAnd: operator.and_, ast.BitOr: operator.or_,
}  # fmt: skip
_CALLS: dict[str, Callable[..., float]] = {
    "abs": abs,
    "round": round,
    "min": min,
    "max": max,
    "float": float,
    "int": int,
}


def arithmetic(text: str) -> float | None:
    """Return the value that Python gives to arithmetic on literals, None for everything else. Runs no code."""
    if len(text) > 500:
        return None
    try:
        value = float(_value(ast.parse(text.strip(), mode="eval").body))
    except (SyntaxError, ValueError, TypeError, ArithmeticError, RecursionError, MemoryError):
        return None
    return value if math.isfinite(value) else None


def _value(node: ast.expr) -> float:
    match node:
        case ast.Constant(value=int() | float() as value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _value(operand)
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return _power(_value(left), _value(right))
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _BINARY:
            return _BINARY[type(sign)](_value(left), _value(right))
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _BITWISE:
            a, b = _value(left), _value(right)
            if not isinstance(a, int) or not isinstance(b, int):
                raise TypeError("bits of a float")
            return _BITWISE[type(sign)](a, b)
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in _CALLS:
            return _CALLS[name](*[_value(argument) for argument in args])
        case _:
            raise ValueError("not arithmetic on literals")


def _power(base: float, exponent: float) -> float:
    if isinstance(base, int) and isinstance(exponent, int) and abs(exponent) * base.bit_length() > 10_000:
        raise OverflowError("a power that is too large for a float")
    value = base**exponent
    if isinstance(value, complex):
        raise TypeError("a complex number")
    return value  # type: ignore[no-any-return]


OCW_PAPER = ocw_profile("paper", OcwSwitches())
"""The published OCWCourses grader."""
