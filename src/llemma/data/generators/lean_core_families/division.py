"""Families about division: rests, divisors and multiples."""

import math

from llemma.data.generators.lean_core_families.sketch import INTEGERS, NATURALS, Sketch
from llemma.data.generators.words import Draw


def quotient_and_rest(draw: Draw) -> Sketch:
    n, q = draw.distinct(2, NATURALS)
    m = draw.number(3, 12)
    rest = draw.number(1, m - 1)
    goal = draw.one_of((f"{n} % {m} = {rest}", f"{n} / {m} = {q}"))
    return f"({n} {q} : Nat) (h : {n} = {m} * {q} + {rest}) : {goal}", "omega"


def power_rest_computed(draw: Draw) -> Sketch:
    base, exponent, m = draw.number(2, 7), draw.number(2, 6), draw.number(5, 13)
    return f": {base} ^ {exponent} % {m} = {base**exponent % m}", "decide"


def number_with_rest(draw: Draw) -> Sketch:
    n, m, low = draw.one_of(NATURALS), draw.number(3, 9), draw.number(5, 40)
    value = low + draw.number(1, m)
    return f": ∃ {n} : Nat, {low} < {n} ∧ {n} % {m} = {value % m}", f"exists {value}"


def division_exists(draw: Draw) -> Sketch:
    n, q, r = draw.distinct(3, "nmkabcqr")
    m = draw.number(2, 12)
    goal = f"∃ {q} {r}, {n} = {m} * {q} + {r} ∧ {r} < {m}"
    if draw.below(2):
        return f"({n} : Nat) : {goal}", f"exists {n} / {m}, {n} % {m}", "omega"
    return f": ∀ {n} : Nat, {goal}", f"intro {n}", f"exists {n} / {m}, {n} % {m}", "omega"


def divisible_quotient(draw: Draw) -> Sketch:
    n, k = draw.distinct(2, NATURALS)
    m, factor = draw.number(2, 9), draw.number(2, 4)
    return f"({n} : Nat) (h : {m * factor} ∣ {n}) : ∃ {k}, {n} = {m} * {k}", f"exists {n} / {m}", "omega"


def finite_non_square(draw: Draw) -> Sketch:
    x, m, shift = draw.one_of(INTEGERS), draw.number(3, 12), draw.number(1, 2)
    squares = {(number * number + shift) % m for number in range(m)}
    missing = draw.one_of([rest for rest in range(m) if rest not in squares])
    return f"({x} : Fin {m}) : {x} * {x} + {shift} ≠ {missing}", f"revert {x}", "decide"


def power_leaves_one(draw: Draw) -> Sketch:
    n, m, factor = draw.one_of("nkmab"), draw.number(2, 12), draw.number(1, 4)
    return f"({n} : Nat) : {m * factor + 1} ^ {n} % {m} = 1", f"induction {n}", "rfl", "omega"


def rest_is_invariant(draw: Draw) -> Sketch:
    a, n = draw.one_of("abcfsu"), draw.one_of("nkm")
    m, factor = draw.number(2, 9), draw.number(1, 4)
    first = draw.number(0, 20)
    head = f"({a} : Nat → Nat) (h0 : {a} 0 = {first}) (h : ∀ {n}, {a} ({n} + 1) = {a} {n} + {m * factor}) ({n} : Nat)"
    return f"{head} : {a} {n} % {m} = {first % m}", f"induction {n}", "simp [h0]", "grind"


def sum_of_forms(draw: Draw) -> Sketch:
    a, b, k = draw.distinct(3, "abcdmnk")
    m, first, second = draw.number(2, 9), draw.number(1, 9), draw.number(1, 9)
    given = f"(h : ∃ {k}, {a} = {m} * {k} + {first}) (h' : ∃ {k}, {b} = {m} * {k} + {second})"
    return (
        f"({a} {b} : Nat) {given} : ∃ {k}, {a} + {b} = {m} * {k} + {first + second}",
        "rcases h with ⟨u, rfl⟩",
        "rcases h' with ⟨v, rfl⟩",
        "exists u + v",
        "omega",
    )


def multiple_of_factor(draw: Draw) -> Sketch:
    a, b, c = draw.distinct(3, "abcdmn")
    factor, power = draw.number(2, 9), draw.number(2, 3)
    goal, witness = draw.one_of(
        ((f"{factor} * {b} + {a} * {c}", f"{factor} * u + {c}"), (f"{b} ^ {power}", f"{a} ^ {power - 1} * u ^ {power}"))
    )
    names = " ".join(name for name in (a, b, c) if name in (a, b) or name in goal)
    statement = f"({names} : Nat) (h : {a} ∣ {b}) : {a} ∣ {goal}"
    return statement, "rcases h with ⟨u, rfl⟩", f"exists {witness}", "grind"


def product_rest_missing(draw: Draw) -> Sketch:
    n, m = draw.one_of("nkmab"), draw.number(3, 6)
    shifts = [draw.number(0, 2 * m) for _ in range(2)]
    rests = {(number + shifts[0]) * (number + shifts[1]) % m for number in range(m)}
    missing = draw.one_of([rest for rest in range(m) if rest not in rests])  # two of the m products are equal
    statement = f"({n} : Nat) : ({n} + {shifts[0]}) * ({n} + {shifts[1]}) % {m} ≠ {missing}"
    return statement, *_all_rests(n, m, "Nat.mul_mod, Nat.add_mod")


def rest_of_combination(draw: Draw) -> Sketch:
    (n, k), m = draw.distinct(2, NATURALS), draw.number(4, 11)
    first, second, a, b = draw.number(1, m - 1), draw.number(1, m - 1), draw.number(2, 6), draw.number(2, 6)
    given = f"(h : {n} % {m} = {first}) (h' : {k} % {m} = {second})"
    return f"({n} {k} : Nat) {given} : ({a} * {n} + {b} * {k}) % {m} = {(a * first + b * second) % m}", "omega"


def divisor_computed(draw: Draw) -> Sketch:
    common, (a, b) = draw.number(2, 12), draw.distinct(2, range(2, 10))
    a, b = common * a, common * b
    function, value = draw.one_of((("gcd", math.gcd(a, b)), ("lcm", math.lcm(a, b))))
    return f": Nat.{function} {a} {b} = {value}", "decide"


def rest_written_out(draw: Draw) -> Sketch:
    n, k = draw.distinct(2, NATURALS)
    m = draw.number(5, 20)
    rest = draw.number(1, m - 1)
    return f"({n} : Nat) (h : {n} % {m} = {rest}) : ∃ {k}, {n} = {m} * {k} + {rest}", f"exists {n} / {m}", "omega"


def number_above_with_rest(draw: Draw) -> Sketch:
    n, k = draw.distinct(2, NATURALS)
    m = draw.number(3, 9)
    rest = draw.number(1, m - 1)
    statement = f": ∀ {n} : Nat, ∃ {k}, {n} < {k} ∧ {k} % {m} = {rest}"
    return statement, f"intro {n}", f"exists {m} * {n} + {rest}", "omega"


def power_sum_divisible(draw: Draw) -> Sketch:
    n, m, factor, multiple = draw.one_of("nkm"), draw.number(3, 9), draw.number(1, 3), draw.number(1, 3)
    rest = draw.one_of(range(1, m))
    first = f"{rest} * {m * factor + 1} ^ {n}" if rest > 1 else f"{m * factor + 1} ^ {n}"
    statement = f"({n} : Nat) : {m} ∣ {first} + {m * multiple - rest}"
    return statement, f"induction {n}", "decide", "rw [Nat.pow_succ]", "omega"


def combination_divisible(draw: Draw) -> Sketch:
    d, a, b = draw.distinct(3, "abcdmn")
    first, second = draw.number(2, 9), draw.number(2, 9)
    return (
        f"({d} {a} {b} : Nat) (h : {d} ∣ {a}) (h' : {d} ∣ {b}) : {d} ∣ {first} * {a} + {second} * {b}",
        "rcases h with ⟨u, rfl⟩",
        "rcases h' with ⟨v, rfl⟩",
        f"exists {first} * u + {second} * v",
        "grind",
    )


def square_of_form(draw: Draw) -> Sketch:
    n, k = draw.distinct(2, NATURALS)
    m, rest = draw.number(3, 9), draw.number(1, 2)
    witness = f"{m} * u ^ 2 + {2 * rest} * u"
    statement = f"({n} : Nat) (h : ∃ {k}, {n} = {m} * {k} + {rest}) : ∃ {k}, {n} ^ 2 = {m} * {k} + {rest * rest}"
    return statement, "rcases h with ⟨u, rfl⟩", f"exists {witness}", "grind"


def power_rest_missing(draw: Draw) -> Sketch:
    n, (m, exponent) = draw.one_of("nkmab"), draw.one_of(((3, 2), (5, 2), (6, 2), (7, 2), (7, 3), (5, 4), (9, 3)))
    factor, shift = draw.one_of([number for number in range(1, 6) if math.gcd(number, m) == 1]), draw.number(1, 8)
    rests = {(factor * number**exponent + shift) % m for number in range(m)}
    missing = draw.one_of([rest for rest in range(m) if rest not in rests])
    power = f"{factor} * {n} ^ {exponent}" if factor > 1 else f"{n} ^ {exponent}"
    statement = f"({n} : Nat) : ({power} + {shift}) % {m} ≠ {missing}"
    return statement, *_all_rests(n, m, "Nat.pow_mod, Nat.mul_mod, Nat.add_mod")


def _all_rests(n: str, m: int, lemmas: str) -> Sketch:
    """Return the tactics that try all rests of `n` modulo `m`."""
    rests = " ∨ ".join(f"{n} % {m} = {rest}" for rest in range(m))
    cases = " | ".join("h" * m)
    return f"have h : {rests} := by omega", f"rcases h with {cases} <;> simp [{lemmas}, h]"
