"""Families about order: bounds, larger numbers, powers against lines."""

from llemma.data.generators.lean_core_families.sketch import NATURALS, Sketch
from llemma.data.generators.words import Draw


def linear_bound(draw: Draw) -> Sketch:
    x, a, b = draw.one_of(NATURALS), draw.number(2, 9), draw.number(5, 60)
    if draw.below(2):
        return f"({x} : Nat) (h : {a} * {x} < {b}) : {x} ≤ {(b - 1) // a}", "omega"
    return f"({x} : Nat) (h : {b} < {a} * {x}) : {b // a} < {x}", "omega"


def number_above(draw: Draw) -> Sketch:
    n, m = draw.distinct(2, NATURALS)
    a, b = draw.number(2, 9), draw.number(1, 20)
    return f": ∀ {n} : Nat, ∃ {m}, {a} * {n} + {b} < {m}", f"intro {n}", f"exists {a} * {n} + {b + 1}", "omega"


def small_numbers_bounded(draw: Draw) -> Sketch:
    n, bound = draw.one_of(NATURALS), draw.number(4, 12)
    factor = draw.number(2, 9)
    most = max(number * number + factor * number for number in range(bound))
    statement = f"({n} : Nat) (h : {n} < {bound}) : {n} * {n} + {factor} * {n} ≤ {most + draw.number(0, 3)}"
    return statement, f"revert {n}", "decide"


def factor_keeps_order(draw: Draw) -> Sketch:
    a, b, c = draw.distinct(3, NATURALS)
    left, right, lemma = draw.one_of(
        (
            (f"{a} * {c}", f"{b} * {c}", f"Nat.mul_le_mul_right {c} h"),
            (f"{c} * {a}", f"{c} * {b}", f"Nat.mul_le_mul_left {c} h"),
            (f"{a} ^ {c}", f"{b} ^ {c}", f"Nat.pow_le_pow_left h {c}"),
        )
    )
    return f"({a} {b} {c} : Nat) (h : {a} ≤ {b}) : {left} ≤ {right}", f"exact {lemma}"


def lower_bound_exists(draw: Draw) -> Sketch:
    n, m = draw.distinct(2, NATURALS)
    a, b = draw.number(1, 9), draw.number(0, 20)
    return f": ∃ {n}, ∀ {m} : Nat, {n} ≤ {a} * {m} + {b}", f"exists {b}", "omega"


def power_outgrows(draw: Draw) -> Sketch:
    n, base = draw.one_of("nkmab"), draw.number(2, 9)
    less = draw.one_of((f"{n} < {base} ^ {n}", f"{n} + 1 ≤ {base} ^ {n}"))
    return f"({n} : Nat) : {less}", f"induction {n}", "simp", "rw [Nat.pow_succ]", "omega"


def square_root_bounded(draw: Draw) -> Sketch:
    x, root = draw.one_of(NATURALS), draw.number(2, 12)
    rest = draw.number(0, 2 * root)
    statement = f"({x} : Nat) (h : {x} * {x} ≤ {root * root + rest}) : {x} ≤ {root}"
    return (
        statement,
        "apply Nat.le_of_not_lt",
        "intro k",
        "have := Nat.mul_le_mul k k",
        "omega",
    )


def products_in_order(draw: Draw) -> Sketch:
    a, b, c, d = draw.distinct(4, NATURALS)
    extra = draw.number(1, 12)
    left, right = draw.one_of(((f"{a} * {c}", f"{b} * {d}"), (f"{c} * {a}", f"{d} * {b}")))
    term = "Nat.mul_le_mul h k" if left.startswith(a) else "Nat.mul_le_mul k h"
    statement = f"({a} {b} {c} {d} : Nat) (h : {a} ≤ {b}) (k : {c} ≤ {d}) : {left} ≤ {right} + {extra}"
    return statement, f"exact Nat.le_add_right_of_le ({term})"


def power_above_line(draw: Draw) -> Sketch:
    n, slope, factor = draw.one_of("nkm"), draw.number(2, 8), draw.number(1, 5)
    line, power = f"{slope * factor} * {n} + {factor}", f"{slope + 1} ^ {n}"
    statement = f"({n} : Nat) : {line} ≤ {f'{factor} * ' if factor > 1 else ''}{power}"
    return statement, f"induction {n}", "simp", "rw [Nat.pow_succ]", "omega"
