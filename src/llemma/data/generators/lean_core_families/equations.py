"""Families about equations: to solve, to expand, and with a solution to give."""

from llemma.data.generators.lean_core_families.sketch import INTEGERS, NATURALS, Sketch
from llemma.data.generators.words import Draw


def linear_equation(draw: Draw) -> Sketch:
    x, kind = draw.one_of(INTEGERS), draw.one_of(("Int", "Nat"))
    a, b, value = draw.number(2, 9), draw.number(1, 20), draw.number(1, 12)
    left = draw.one_of((f"{b} + {a} * {x}", f"{x} * {a} + {b}"))
    return f"({x} : {kind}) (h : {left} = {a * value + b}) : {x} = {value}", "omega"


def square_expanded(draw: Draw) -> Sketch:
    x, a, sign = draw.one_of(INTEGERS), draw.number(2, 12), draw.one_of("+-")
    kind = draw.one_of(("Int", "Rat"))
    return f"({x} : {kind}) : ({x} {sign} {a}) ^ 2 = {x} ^ 2 {sign} {2 * a} * {x} + {a * a}", "grind"


def sum_computed(draw: Draw) -> Sketch:
    a, b, c = (draw.number(2, 30) for _ in range(3))
    return f": {a} * {b} + {c} = {a * b + c}", draw.one_of(("rfl", "decide"))


def linear_root_exists(draw: Draw) -> Sketch:
    x, a, b, value = draw.one_of(INTEGERS), draw.number(2, 9), draw.number(1, 20), draw.number(2, 12)
    left = draw.one_of((f"{a} * {x} + {b}", f"{b} + {x} * {a}"))
    return f": ∃ {x} : Nat, {left} = {a * value + b}", f"exists {value}"


def sum_and_product(draw: Draw) -> Sketch:
    x, y = draw.distinct(2, INTEGERS)
    first, second = draw.number(1, 9), draw.number(1, 9)
    return (
        f": ∃ {x} {y} : Nat, {x} + {y} = {first + second} ∧ {x} * {y} = {first * second}",
        f"exists {first}, {second}",
    )


def product_with_zero(draw: Draw) -> Sketch:
    x, a, b = draw.one_of(INTEGERS), draw.number(2, 5), draw.number(1, 9)
    statement = f"({x} : Int) (h : {x} * ({x} - {b}) = 0) (k : {a} < {x}) : {x} = {max(b, a + 1)}"
    if b <= a:
        statement = f"({x} : Int) (h : {x} * ({x} + {b}) = 0) (k : {x} < 0) : {x} = -{b}"
    return statement, "rw [Int.mul_eq_zero] at h", "omega"


def rational_root(draw: Draw) -> Sketch:
    x, a, b = draw.one_of(INTEGERS), draw.number(2, 12), draw.number(1, 20)
    return f": ∃ {x} : Rat, {a} * {x} = {b}", f"exists {b} / {a}", "grind"


def two_unknowns(draw: Draw) -> Sketch:
    x, y = draw.distinct(2, INTEGERS)
    a, b, first, second = draw.number(2, 6), draw.number(2, 6), draw.number(1, 12), draw.number(1, 12)
    given = f"(h : {a} * {x} + {y} = {a * first + second}) (k : {x} + {b} * {y} = {first + b * second})"
    return f"({x} {y} : Int) {given} : {x} + {y} = {first + second}", "omega"


def product_expanded(draw: Draw) -> Sketch:
    x, (a, b) = draw.one_of(INTEGERS), draw.distinct(2, range(1, 10))
    return f"({x} : Int) : ({x} - {a}) * ({x} + {b}) = {x} ^ 2{_signed(b - a)} * {x} - {a * b}", "grind"


def linear_combination(draw: Draw) -> Sketch:
    x, y = draw.distinct(2, INTEGERS)
    a, b = draw.distinct(2, (3, 4, 5, 7, 9, 11))
    first, second = draw.number(1, 6), draw.number(1, 6)
    total = a * first - b * second
    return f": ∃ {x} {y} : Int, {a} * {x} - {b} * {y} = {total}", f"exists {first}, {second}"


def small_square_root(draw: Draw) -> Sketch:
    n, root = draw.one_of(NATURALS), draw.number(3, 9)
    factor, bound = draw.number(2, 5), root + draw.number(1, 6)
    value = root * root + factor * root
    statement = f"({n} : Nat) (h : {n} < {bound}) (k : {n} ^ 2 + {factor} * {n} = {value}) : {n} = {root}"
    return statement, f"revert {n}", "decide"


def quadratic_roots(draw: Draw) -> Sketch:
    x, (a, b) = draw.one_of(INTEGERS), draw.distinct(2, range(1, 13))
    statement = f"({x} : Int) : ({x} - {a}) * ({x} - {b}) = 0 ↔ {x} = {a} ∨ {x} = {b}"
    return statement, "rw [Int.mul_eq_zero]", "omega"


def _signed(number: int) -> str:
    """Return a number as a summand: " + 3", " - 3"."""
    return f" - {-number}" if number < 0 else f" + {number}"
