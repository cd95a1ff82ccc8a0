"""The families of generated theorems: what is stated, with which numbers and names, and the tactics that prove it.

A family is a function of a draw and its name is the family's. It returns the statement and then the tactics, one text
each. A family belongs to one split and one level for ever: `FAMILIES`, below, says which. The train families use the
moves that the test families need (introduce, take apart, give a witness, rewrite, try all cases, induct) on other
statements.

Rules for a new family, held by tests: Lean proves its statements with `import Init` only; numbers and tactic states are
small (200 characters); its level is as measured by `lean_core.HAMMER`; no statement is one of another family with other
names.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, TypeVar

from llemma.data.generators.words import Draw

T = TypeVar("T")

Split = Literal["train", "test"]

Sketch = tuple[str, ...]
"""A statement and then the tactics that prove it."""

Family = Callable[[Draw], Sketch]

_INTEGERS = "xyztuw"
_NATURALS = "nmabcdij"


def _number(draw: Draw, low: int, high: int) -> int:
    return draw.one_of(range(low, high + 1))


def _distinct(draw: Draw, count: int, choices: Sequence[T]) -> list[T]:
    left = list(choices)
    return [left.pop(draw.below(len(left))) for _ in range(count)]


def _signed(number: int) -> str:
    """Return a number as a summand: " + 3", " - 3"."""
    return f" - {-number}" if number < 0 else f" + {number}"


# Train, level 1: one tactic without arguments.


def linear_equation(draw: Draw) -> Sketch:
    x, kind = draw.one_of(_INTEGERS), draw.one_of(("Int", "Nat"))
    a, b, value = _number(draw, 2, 9), _number(draw, 1, 20), _number(draw, 1, 12)
    left = draw.one_of((f"{b} + {a} * {x}", f"{x} * {a} + {b}"))
    return f"({x} : {kind}) (h : {left} = {a * value + b}) : {x} = {value}", "omega"


def linear_bound(draw: Draw) -> Sketch:
    x, a, b = draw.one_of(_NATURALS), _number(draw, 2, 9), _number(draw, 5, 60)
    if draw.below(2):
        return f"({x} : Nat) (h : {a} * {x} < {b}) : {x} ≤ {(b - 1) // a}", "omega"
    return f"({x} : Nat) (h : {b} < {a} * {x}) : {b // a} < {x}", "omega"


def quotient_and_rest(draw: Draw) -> Sketch:
    n, q = _distinct(draw, 2, _NATURALS)
    m = _number(draw, 3, 12)
    rest = _number(draw, 1, m - 1)
    goal = draw.one_of((f"{n} % {m} = {rest}", f"{n} / {m} = {q}"))
    return f"({n} {q} : Nat) (h : {n} = {m} * {q} + {rest}) : {goal}", "omega"


def square_expanded(draw: Draw) -> Sketch:
    x, a, sign = draw.one_of(_INTEGERS), _number(draw, 2, 12), draw.one_of("+-")
    kind = draw.one_of(("Int", "Rat"))
    return f"({x} : {kind}) : ({x} {sign} {a}) ^ 2 = {x} ^ 2 {sign} {2 * a} * {x} + {a * a}", "grind"


def sum_computed(draw: Draw) -> Sketch:
    a, b, c = (_number(draw, 2, 30) for _ in range(3))
    return f": {a} * {b} + {c} = {a * b + c}", draw.one_of(("rfl", "decide"))


def power_rest_computed(draw: Draw) -> Sketch:
    base, exponent, m = _number(draw, 2, 7), _number(draw, 2, 6), _number(draw, 5, 13)
    return f": {base} ^ {exponent} % {m} = {base**exponent % m}", "decide"


def list_computed(draw: Draw) -> Sketch:
    items = [_number(draw, 0, 20) for _ in range(_number(draw, 2, 4))]
    text = str(items)
    shown = (
        (f"{text}.length", len(items)),
        (f"{text}.sum", sum(items)),
        (f"{text}.reverse", items[::-1]),
        (f"{text}.map (fun x => x + 1)", [item + 1 for item in items]),
    )
    left, right = draw.one_of(shown)
    return f": {left} = {right}", draw.one_of(("rfl", "simp"))


def booleans(draw: Draw) -> Sketch:
    a, b, c = _distinct(draw, 3, "abcdpqrst")
    one, other = draw.one_of((("&&", "||"), ("||", "&&")))
    left, right = draw.one_of(
        (
            (f"({a} {one} {b})", f"({b} {one} {a})"),
            (f"(!({a} {one} {b}))", f"(!{a} {other} !{b})"),
            (f"({a} {one} ({b} {other} {c}))", f"(({a} {one} {b}) {other} ({a} {one} {c}))"),
            (f"({a} {one} ({a} {other} {b}))", f"{a}"),
        )
    )
    names = " ".join(sorted(name for name in (a, b, c) if name in left))
    return f": ∀ {names} : Bool, {left} = {right}", "decide"


def propositions(draw: Draw) -> Sketch:
    p, q, r = _distinct(draw, 3, "pqrstabc")
    given, goal = draw.one_of(
        (
            (f"({p} → {q}) ∧ {p}", q),
            (f"{p} ∧ {q}", f"{q} ∧ {p}"),
            (f"{p} ∨ {q}", f"{q} ∨ {p}"),
            (f"({p} ∨ {q}) ∧ ¬{p}", q),
            (f"({p} → {q}) ∧ ¬{q}", f"¬{p}"),
            (f"({p} → {q}) ∧ ({q} → {r})", f"{p} → {r}"),
        )
    )
    names = " ".join(name for name in (p, q, r) if name in given)
    return f"({names} : Prop) (h : {given}) : {goal}", "grind"


def sequence_computed(draw: Draw) -> Sketch:
    a, n = draw.one_of("abcfsu"), draw.one_of("nkm")
    first, factor, summand, steps = _number(draw, 0, 5), _number(draw, 1, 3), _number(draw, 1, 5), _number(draw, 2, 4)
    value = first
    for _ in range(steps):
        value = factor * value + summand
    product = f"{factor} * {a} {n}" if factor > 1 else f"{a} {n}"
    rule = f"∀ {n}, {a} ({n} + 1) = {summand} + {product}"
    return f"({a} : Nat → Nat) (h0 : {a} 0 = {first}) (h : {rule}) : {a} {steps} = {value}", "simp_all"


# Train, level 2: two or three tactics, or one with arguments.


def linear_root_exists(draw: Draw) -> Sketch:
    x, a, b, value = draw.one_of(_INTEGERS), _number(draw, 2, 9), _number(draw, 1, 20), _number(draw, 2, 12)
    left = draw.one_of((f"{a} * {x} + {b}", f"{b} + {x} * {a}"))
    return f": ∃ {x} : Nat, {left} = {a * value + b}", f"exists {value}"


def sum_and_product(draw: Draw) -> Sketch:
    x, y = _distinct(draw, 2, _INTEGERS)
    first, second = _number(draw, 1, 9), _number(draw, 1, 9)
    return (
        f": ∃ {x} {y} : Nat, {x} + {y} = {first + second} ∧ {x} * {y} = {first * second}",
        f"exists {first}, {second}",
    )


def number_with_rest(draw: Draw) -> Sketch:
    n, m, low = draw.one_of(_NATURALS), _number(draw, 3, 9), _number(draw, 5, 40)
    value = low + _number(draw, 1, m)
    return f": ∃ {n} : Nat, {low} < {n} ∧ {n} % {m} = {value % m}", f"exists {value}"


def number_above(draw: Draw) -> Sketch:
    n, m = _distinct(draw, 2, _NATURALS)
    a, b = _number(draw, 2, 9), _number(draw, 1, 20)
    return f": ∀ {n} : Nat, ∃ {m}, {a} * {n} + {b} < {m}", f"intro {n}", f"exists {a} * {n} + {b + 1}", "omega"


def division_exists(draw: Draw) -> Sketch:
    n, q, r = _distinct(draw, 3, "nmkabcqr")
    m = _number(draw, 2, 12)
    goal = f"∃ {q} {r}, {n} = {m} * {q} + {r} ∧ {r} < {m}"
    if draw.below(2):
        return f"({n} : Nat) : {goal}", f"exists {n} / {m}, {n} % {m}", "omega"
    return f": ∀ {n} : Nat, {goal}", f"intro {n}", f"exists {n} / {m}, {n} % {m}", "omega"


def divisible_quotient(draw: Draw) -> Sketch:
    n, k = _distinct(draw, 2, _NATURALS)
    m, factor = _number(draw, 2, 9), _number(draw, 2, 4)
    return f"({n} : Nat) (h : {m * factor} ∣ {n}) : ∃ {k}, {n} = {m} * {k}", f"exists {n} / {m}", "omega"


def small_numbers_bounded(draw: Draw) -> Sketch:
    n, bound = draw.one_of(_NATURALS), _number(draw, 4, 12)
    factor = _number(draw, 2, 9)
    most = max(number * number + factor * number for number in range(bound))
    statement = f"({n} : Nat) (h : {n} < {bound}) : {n} * {n} + {factor} * {n} ≤ {most + _number(draw, 0, 3)}"
    return statement, f"revert {n}", "decide"


def finite_non_square(draw: Draw) -> Sketch:
    x, m, shift = draw.one_of(_INTEGERS), _number(draw, 3, 12), _number(draw, 1, 2)
    squares = {(number * number + shift) % m for number in range(m)}
    missing = draw.one_of([rest for rest in range(m) if rest not in squares])
    return f"({x} : Fin {m}) : {x} * {x} + {shift} ≠ {missing}", f"revert {x}", "decide"


def product_with_zero(draw: Draw) -> Sketch:
    x, a, b = draw.one_of(_INTEGERS), _number(draw, 2, 5), _number(draw, 1, 9)
    statement = f"({x} : Int) (h : {x} * ({x} - {b}) = 0) (k : {a} < {x}) : {x} = {max(b, a + 1)}"
    if b <= a:
        statement = f"({x} : Int) (h : {x} * ({x} + {b}) = 0) (k : {x} < 0) : {x} = -{b}"
    return statement, "rw [Int.mul_eq_zero] at h", "omega"


def shift_is_injective(draw: Draw) -> Sketch:
    x, a, sign = draw.one_of(_INTEGERS), _number(draw, 1, 30), draw.one_of("+-")
    return f": Function.Injective (fun {x} : Int => {x} {sign} {a})", "intro a b h", "grind"


def shift_has_preimage(draw: Draw) -> Sketch:
    x, y = _distinct(draw, 2, _INTEGERS)
    a, sign = _number(draw, 1, 30), draw.one_of("+-")
    back = "-" if sign == "+" else "+"
    return f": ∀ {y} : Int, ∃ {x}, {x} {sign} {a} = {y}", f"intro {y}", f"exists {y} {back} {a}", "omega"


def factor_keeps_order(draw: Draw) -> Sketch:
    a, b, c = _distinct(draw, 3, _NATURALS)
    left, right, lemma = draw.one_of(
        (
            (f"{a} * {c}", f"{b} * {c}", f"Nat.mul_le_mul_right {c} h"),
            (f"{c} * {a}", f"{c} * {b}", f"Nat.mul_le_mul_left {c} h"),
            (f"{a} ^ {c}", f"{b} ^ {c}", f"Nat.pow_le_pow_left h {c}"),
        )
    )
    return f"({a} {b} {c} : Nat) (h : {a} ≤ {b}) : {left} ≤ {right}", f"exact {lemma}"


def list_with_head(draw: Draw) -> Sketch:
    names, first, length = draw.one_of(("xs", "ys", "zs", "l")), _number(draw, 1, 20), _number(draw, 1, 3)
    witness = [first] + [0] * (length - 1)
    return f": ∃ {names} : List Nat, {names}.length = {length} ∧ {names}.head? = some {first}", f"exists {witness}"


def relation_used(draw: Draw) -> Sketch:
    r, (x, y) = draw.one_of("prs"), _distinct(draw, 2, _INTEGERS)
    a, b = _number(draw, 0, 20), _number(draw, 0, 20)
    return draw.one_of(
        (
            (
                f"({r} : Nat → Nat → Prop) (h : ∀ {x}, ∃ {y}, {r} {x} {y} ∧ {r} {y} {b}) : ∃ {y}, {r} {a} {y}",
                f"rcases h {a} with ⟨{y}, k, _⟩",
                f"exact ⟨{y}, k⟩",
            ),
            (
                f"({r} : Nat → Nat → Prop) (h : ∃ {x}, ∀ {y}, {r} {x} {y}) : ∃ {x}, {r} {x} {a} ∧ {r} {x} {b}",
                f"rcases h with ⟨{x}, h⟩",
                f"exact ⟨{x}, h {a}, h {b}⟩",
            ),
        )
    )


def rational_root(draw: Draw) -> Sketch:
    x, a, b = draw.one_of(_INTEGERS), _number(draw, 2, 12), _number(draw, 1, 20)
    return f": ∃ {x} : Rat, {a} * {x} = {b}", f"exists {b} / {a}", "grind"


def lower_bound_exists(draw: Draw) -> Sketch:
    n, m = _distinct(draw, 2, _NATURALS)
    a, b = _number(draw, 1, 9), _number(draw, 0, 20)
    return f": ∃ {n}, ∀ {m} : Nat, {n} ≤ {a} * {m} + {b}", f"exists {b}", "omega"


def both_exist(draw: Draw) -> Sketch:
    x, y = _distinct(draw, 2, _INTEGERS)
    a, first, b, second = (_number(draw, 2, 9) for _ in range(4))
    statement = f": (∃ {x} : Nat, {a} * {x} = {a * first}) ∧ (∃ {y} : Nat, {y} + {b} = {second + b})"
    return statement, "constructor", f"exists {first}", f"exists {second}"


def one_case_exists(draw: Draw) -> Sketch:
    x, a = draw.one_of(_INTEGERS), _number(draw, 2, 6)
    value, off = _number(draw, 2, 12), _number(draw, 1, a - 1)
    good, bad = f"(∃ {x} : Nat, {a} * {x} = {a * value})", f"(∃ {x} : Nat, {a} * {x} = {a * value + off})"
    if draw.below(2):
        return f": {good} ∨ {bad}", "left", f"exists {value}"
    return f": {bad} ∨ {good}", "right", f"exists {value}"


def function_with_value(draw: Draw) -> Sketch:
    f, x = draw.one_of("fghs"), draw.one_of(_INTEGERS)
    a, b, c = (_number(draw, 2, 9) for _ in range(3))
    statement = f": ∃ {f} : Nat → Nat, {f} {c} = {a * c + b} ∧ ∀ {x}, {f} {x} = {a} * {x} + {b}"
    return statement, f"refine ⟨fun i => {a} * i + {b}, ?_, ?_⟩", "rfl", "simp"


# Train, level 3: induction, cases, a witness that is computed, three and more tactics.


def constant_sequence(draw: Draw) -> Sketch:
    a, (n, k) = draw.one_of("abcfsu"), _distinct(draw, 2, "nkm")
    value = _number(draw, 0, 30)
    head = f"({a} : Nat → Nat) (h0 : {a} 0 = {value}) (h : ∀ {n}, {a} ({n} + 1) = {a} {n}) ({k} : Nat)"
    return f"{head} : {a} {k} = {value}", f"induction {k}", "simp [h0]", "simp_all"


def arithmetic_progression(draw: Draw) -> Sketch:
    a, n = draw.one_of("abcfsu"), draw.one_of("nkm")
    first, step = _number(draw, 0, 20), _number(draw, 2, 12)
    closed = f"{step} * {n} + {first}" if first else f"{step} * {n}"
    head = f"({a} : Nat → Nat) (h0 : {a} 0 = {first}) (h : ∀ {n}, {a} ({n} + 1) = {a} {n} + {step}) ({n} : Nat)"
    return f"{head} : {a} {n} = {closed}", f"induction {n}", "simp [h0]", "grind"


def odd_sum(draw: Draw) -> Sketch:
    a, n = draw.one_of("abcfsu"), draw.one_of("nkm")
    first, step = _number(draw, 1, 9), _number(draw, 2, 12)
    head = f"({a} : Nat → Nat) (h0 : {a} 0 = {first}) (h : ∀ {n}, {a} ({n} + 1) = {a} {n} + (2 * {n} + {step}))"
    linear = f" + {step - 1} * {n}" if step > 2 else f" + {n}"
    closed = f"{n} * {n}{linear} + {first}"
    return f"{head} ({n} : Nat) : {a} {n} = {closed}", f"induction {n}", "simp [h0]", "grind"


def geometric_sequence(draw: Draw) -> Sketch:
    a, n = draw.one_of("abcfsu"), draw.one_of("nkm")
    first, factor = _number(draw, 2, 12), _number(draw, 2, 9)
    head = f"({a} : Nat → Nat) (h0 : {a} 0 = {first}) (h : ∀ {n}, {a} ({n} + 1) = {factor} * {a} {n}) ({n} : Nat)"
    return f"{head} : {a} {n} = {first} * {factor} ^ {n}", f"induction {n}", "simp [h0]", "grind"


def power_leaves_one(draw: Draw) -> Sketch:
    n, m, factor = draw.one_of("nkmab"), _number(draw, 2, 12), _number(draw, 1, 4)
    return f"({n} : Nat) : {m * factor + 1} ^ {n} % {m} = 1", f"induction {n}", "rfl", "omega"


def rest_is_invariant(draw: Draw) -> Sketch:
    a, n = draw.one_of("abcfsu"), draw.one_of("nkm")
    m, factor = _number(draw, 2, 9), _number(draw, 1, 4)
    first = _number(draw, 0, 20)
    head = f"({a} : Nat → Nat) (h0 : {a} 0 = {first}) (h : ∀ {n}, {a} ({n} + 1) = {a} {n} + {m * factor}) ({n} : Nat)"
    return f"{head} : {a} {n} % {m} = {first % m}", f"induction {n}", "simp [h0]", "grind"


def growing_sequence(draw: Draw) -> Sketch:
    f, n, x = draw.one_of("fgsu"), draw.one_of("nkm"), draw.one_of("xyt")
    step = _number(draw, 1, 9)
    goal = f"{step} * {n} ≤ {f} {n}" if step > 1 else f"{n} ≤ {f} {n}"
    head = f"({f} : Nat → Nat) (h : ∀ {x}, {f} {x} + {step} ≤ {f} ({x} + 1)) ({n} : Nat)"
    return f"{head} : {goal}", f"induction {n}", "simp", "grind"


def power_outgrows(draw: Draw) -> Sketch:
    n, base = draw.one_of("nkmab"), _number(draw, 2, 9)
    less = draw.one_of((f"{n} < {base} ^ {n}", f"{n} + 1 ≤ {base} ^ {n}"))
    return f"({n} : Nat) : {less}", f"induction {n}", "simp", "rw [Nat.pow_succ]", "omega"


def list_weight(draw: Draw) -> Sketch:
    f, (x, xs) = draw.one_of("fgw"), draw.one_of((("x", "xs"), ("y", "ys"), ("a", "l")))
    step = _number(draw, 2, 12)
    rule = draw.one_of((f"{f} {xs} + {step}", f"{step} + {f} {xs}"))
    head = f"({f} : List Nat → Nat) (h0 : {f} [] = 0) (h : ∀ {x} {xs}, {f} ({x} :: {xs}) = {rule}) ({xs} : List Nat)"
    return f"{head} : {f} {xs} = {step} * {xs}.length", f"induction {xs}", "simp [h0]", "grind"


def list_scaled(draw: Draw) -> Sketch:
    x, xs = draw.one_of((("x", "xs"), ("y", "ys"), ("a", "l"), ("n", "ns")))
    factor = _number(draw, 2, 20)
    statement = f"({xs} : List Nat) : ({xs}.map (fun {x} => {factor} * {x})).sum = {factor} * {xs}.sum"
    return statement, f"induction {xs}", "simp", "simp_all", "omega"


def sum_of_forms(draw: Draw) -> Sketch:
    a, b, k = _distinct(draw, 3, "abcdmnk")
    m, first, second = _number(draw, 2, 9), _number(draw, 1, 9), _number(draw, 1, 9)
    given = f"(h : ∃ {k}, {a} = {m} * {k} + {first}) (h' : ∃ {k}, {b} = {m} * {k} + {second})"
    return (
        f"({a} {b} : Nat) {given} : ∃ {k}, {a} + {b} = {m} * {k} + {first + second}",
        "rcases h with ⟨u, rfl⟩",
        "rcases h' with ⟨v, rfl⟩",
        "exists u + v",
        "omega",
    )


def multiple_of_factor(draw: Draw) -> Sketch:
    a, b, c = _distinct(draw, 3, "abcdmn")
    factor, power = _number(draw, 2, 9), _number(draw, 2, 3)
    goal, witness = draw.one_of(
        ((f"{factor} * {b} + {a} * {c}", f"{factor} * u + {c}"), (f"{b} ^ {power}", f"{a} ^ {power - 1} * u ^ {power}"))
    )
    names = " ".join(name for name in (a, b, c) if name in (a, b) or name in goal)
    statement = f"({names} : Nat) (h : {a} ∣ {b}) : {a} ∣ {goal}"
    return statement, "rcases h with ⟨u, rfl⟩", f"exists {witness}", "grind"


def product_rest_missing(draw: Draw) -> Sketch:
    n, m = draw.one_of("nkmab"), _number(draw, 3, 6)
    shifts = [_number(draw, 0, 2 * m) for _ in range(2)]
    rests = {(number + shifts[0]) * (number + shifts[1]) % m for number in range(m)}
    missing = draw.one_of([rest for rest in range(m) if rest not in rests])  # two of the m products are equal
    statement = f"({n} : Nat) : ({n} + {shifts[0]}) * ({n} + {shifts[1]}) % {m} ≠ {missing}"
    return statement, *_all_rests(n, m, "Nat.mul_mod, Nat.add_mod")


def _all_rests(n: str, m: int, lemmas: str) -> Sketch:
    """Return the tactics that try all rests of `n` modulo `m`."""
    rests = " ∨ ".join(f"{n} % {m} = {rest}" for rest in range(m))
    cases = " | ".join("h" * m)
    return f"have h : {rests} := by omega", f"rcases h with {cases} <;> simp [{lemmas}, h]"


def step_to_all(draw: Draw) -> Sketch:
    p, n = draw.one_of("pqr"), draw.one_of("nkm")
    first = _number(draw, 0, 9)
    at = f"({n} + {first})" if first else n
    head = f"({p} : Nat → Prop) (h0 : {p} {first}) (h : ∀ {n}, {p} {n} → {p} ({n} + 1))"
    return f"{head} : ∀ {n}, {p} {at}", f"intro {n}", f"induction {n}", "exact h0", "exact h _ (by assumption)"


def increasing_by_steps(draw: Draw) -> Sketch:
    f, (n, k) = draw.one_of("fgsu"), _distinct(draw, 2, "nkmd")
    x = draw.one_of("xyt")
    head = f"({f} : Nat → Nat) (h : ∀ {x}, {f} {x} ≤ {f} ({x} + 1)) ({n} {k} : Nat)"
    return f"{head} : {f} {n} ≤ {f} ({n} + {k})", f"induction {k}", "simp", "grind"


def square_root_bounded(draw: Draw) -> Sketch:
    x, root = draw.one_of(_NATURALS), _number(draw, 2, 12)
    rest = _number(draw, 0, 2 * root)
    statement = f"({x} : Nat) (h : {x} * {x} ≤ {root * root + rest}) : {x} ≤ {root}"
    return (
        statement,
        "apply Nat.le_of_not_lt",
        "intro k",
        "have := Nat.mul_le_mul k k",
        "omega",
    )


# Test, level 1.


def two_unknowns(draw: Draw) -> Sketch:
    x, y = _distinct(draw, 2, _INTEGERS)
    a, b, first, second = _number(draw, 2, 6), _number(draw, 2, 6), _number(draw, 1, 12), _number(draw, 1, 12)
    given = f"(h : {a} * {x} + {y} = {a * first + second}) (k : {x} + {b} * {y} = {first + b * second})"
    return f"({x} {y} : Int) {given} : {x} + {y} = {first + second}", "omega"


def product_expanded(draw: Draw) -> Sketch:
    x, (a, b) = draw.one_of(_INTEGERS), _distinct(draw, 2, range(1, 10))
    return f"({x} : Int) : ({x} - {a}) * ({x} + {b}) = {x} ^ 2{_signed(b - a)} * {x} - {a * b}", "grind"


def rest_of_combination(draw: Draw) -> Sketch:
    (n, k), m = _distinct(draw, 2, _NATURALS), _number(draw, 4, 11)
    first, second, a, b = _number(draw, 1, m - 1), _number(draw, 1, m - 1), _number(draw, 2, 6), _number(draw, 2, 6)
    given = f"(h : {n} % {m} = {first}) (h' : {k} % {m} = {second})"
    return f"({n} {k} : Nat) {given} : ({a} * {n} + {b} * {k}) % {m} = {(a * first + b * second) % m}", "omega"


def divisor_computed(draw: Draw) -> Sketch:
    common, (a, b) = _number(draw, 2, 12), _distinct(draw, 2, range(2, 10))
    a, b = common * a, common * b
    function, value = draw.one_of((("gcd", math.gcd(a, b)), ("lcm", math.lcm(a, b))))
    return f": Nat.{function} {a} {b} = {value}", "decide"


def bits_checked(draw: Draw) -> Sketch:
    x, width, (a, b) = draw.one_of(_INTEGERS), _number(draw, 4, 6), _distinct(draw, 2, range(1, 16))
    sign, both = draw.one_of((("^^^", a ^ b), ("&&&", a & b), ("|||", a | b)))
    return f": ∀ {x} : BitVec {width}, {x} {sign} {a} {sign} {b} = {x} {sign} {both}", "decide"


# Test, level 2.


def linear_combination(draw: Draw) -> Sketch:
    x, y = _distinct(draw, 2, _INTEGERS)
    a, b = _distinct(draw, 2, (3, 4, 5, 7, 9, 11))
    first, second = _number(draw, 1, 6), _number(draw, 1, 6)
    total = a * first - b * second
    return f": ∃ {x} {y} : Int, {a} * {x} - {b} * {y} = {total}", f"exists {first}, {second}"


def rest_written_out(draw: Draw) -> Sketch:
    n, k = _distinct(draw, 2, _NATURALS)
    m = _number(draw, 5, 20)
    rest = _number(draw, 1, m - 1)
    return f"({n} : Nat) (h : {n} % {m} = {rest}) : ∃ {k}, {n} = {m} * {k} + {rest}", f"exists {n} / {m}", "omega"


def small_square_root(draw: Draw) -> Sketch:
    n, root = draw.one_of(_NATURALS), _number(draw, 3, 9)
    factor, bound = _number(draw, 2, 5), root + _number(draw, 1, 6)
    value = root * root + factor * root
    statement = f"({n} : Nat) (h : {n} < {bound}) (k : {n} ^ 2 + {factor} * {n} = {value}) : {n} = {root}"
    return statement, f"revert {n}", "decide"


def quadratic_roots(draw: Draw) -> Sketch:
    x, (a, b) = draw.one_of(_INTEGERS), _distinct(draw, 2, range(1, 13))
    statement = f"({x} : Int) : ({x} - {a}) * ({x} - {b}) = 0 ↔ {x} = {a} ∨ {x} = {b}"
    return statement, "rw [Int.mul_eq_zero]", "omega"


def affine_is_injective(draw: Draw) -> Sketch:
    f, x = draw.one_of("fgh"), draw.one_of(_INTEGERS)
    a, b = _number(draw, 2, 9), _number(draw, 1, 12)
    statement = f"({f} : Nat → Nat) (e : ∀ {x}, {f} {x} = {a} * {x} + {b}) : Function.Injective {f}"
    return statement, "intro a b k", "rw [e, e] at k", "omega"


def reflection_is_surjective(draw: Draw) -> Sketch:
    x, a = draw.one_of(_INTEGERS), _number(draw, 1, 40)
    return f": Function.Surjective (fun {x} : Int => {a} - {x})", "intro b", f"exists {a} - b", "grind"


def products_in_order(draw: Draw) -> Sketch:
    a, b, c, d = _distinct(draw, 4, _NATURALS)
    extra = _number(draw, 1, 12)
    left, right = draw.one_of(((f"{a} * {c}", f"{b} * {d}"), (f"{c} * {a}", f"{d} * {b}")))
    term = "Nat.mul_le_mul h k" if left.startswith(a) else "Nat.mul_le_mul k h"
    statement = f"({a} {b} {c} {d} : Nat) (h : {a} ≤ {b}) (k : {c} ≤ {d}) : {left} ≤ {right} + {extra}"
    return statement, f"exact Nat.le_add_right_of_le ({term})"


def list_of_sum(draw: Draw) -> Sketch:
    names, items = draw.one_of(("xs", "ys", "zs", "l")), [_number(draw, 0, 9) for _ in range(_number(draw, 2, 4))]
    statement = f": ∃ {names} : List Nat, {names}.length = {len(items)} ∧ {names}.sum = {sum(items)}"
    return statement, f"exists {[sum(items)] + [0] * (len(items) - 1)}"


def rational_preimage(draw: Draw) -> Sketch:
    x, y = _distinct(draw, 2, _INTEGERS)
    a, b = _number(draw, 2, 9), _number(draw, 1, 12)
    return f": ∀ {y} : Rat, ∃ {x}, {a} * {x} + {b} = {y}", f"intro {y}", f"exists ({y} - {b}) / {a}", "grind"


def number_above_with_rest(draw: Draw) -> Sketch:
    n, k = _distinct(draw, 2, _NATURALS)
    m = _number(draw, 3, 9)
    rest = _number(draw, 1, m - 1)
    statement = f": ∀ {n} : Nat, ∃ {k}, {n} < {k} ∧ {k} % {m} = {rest}"
    return statement, f"intro {n}", f"exists {m} * {n} + {rest}", "omega"


# Test, level 3.


def multiples_summed(draw: Draw) -> Sketch:
    s, n, step, first = draw.one_of("abfgst"), draw.one_of("nkm"), _number(draw, 2, 9), _number(draw, 1, 20)
    rule = f"∀ {n}, {s} ({n} + 1) = {s} {n} + {step} * ({n} + 1)"
    head = f"({s} : Nat → Nat) (h0 : {s} 0 = {first}) (h : {rule}) ({n} : Nat)"
    return f"{head} : 2 * {s} {n} = {step} * {n} * ({n} + 1) + {2 * first}", f"induction {n}", "simp [h0]", "grind"


def shifted_powers(draw: Draw) -> Sketch:
    a, n, factor, first = draw.one_of("abfgst"), draw.one_of("nkm"), _number(draw, 2, 7), _number(draw, 0, 6)
    rule = f"∀ {n}, {a} ({n} + 1) = {factor} * {a} {n} + {factor - 1}"
    head = f"({a} : Nat → Nat) (h0 : {a} 0 = {first}) (h : {rule}) ({n} : Nat)"
    power = f"{first + 1} * {factor} ^ {n}" if first else f"{factor} ^ {n}"
    return f"{head} : {a} {n} + 1 = {power}", f"induction {n}", "simp [h0]", "grind"


def power_sum_divisible(draw: Draw) -> Sketch:
    n, m, factor, multiple = draw.one_of("nkm"), _number(draw, 3, 9), _number(draw, 1, 3), _number(draw, 1, 3)
    rest = draw.one_of(range(1, m))
    first = f"{rest} * {m * factor + 1} ^ {n}" if rest > 1 else f"{m * factor + 1} ^ {n}"
    statement = f"({n} : Nat) : {m} ∣ {first} + {m * multiple - rest}"
    return statement, f"induction {n}", "decide", "rw [Nat.pow_succ]", "omega"


def power_above_line(draw: Draw) -> Sketch:
    n, slope, factor = draw.one_of("nkm"), _number(draw, 2, 8), _number(draw, 1, 5)
    line, power = f"{slope * factor} * {n} + {factor}", f"{slope + 1} ^ {n}"
    statement = f"({n} : Nat) : {line} ≤ {f'{factor} * ' if factor > 1 else ''}{power}"
    return statement, f"induction {n}", "simp", "rw [Nat.pow_succ]", "omega"


def weight_of_append(draw: Draw) -> Sketch:
    f, (x, xs, ys) = draw.one_of("fgw"), draw.one_of((("x", "xs", "ys"), ("a", "l", "r"), ("n", "ns", "ms")))
    factor, summand = _number(draw, 2, 20), _number(draw, 1, 20)
    rule = f"∀ {x} {xs}, {f} ({x} :: {xs}) = {factor} * {x} + {summand} + {f} {xs}"
    head = f"({f} : List Nat → Nat) (h0 : {f} [] = 0) (h : {rule}) ({xs} {ys} : List Nat)"
    statement = f"{head} : {f} ({xs} ++ {ys}) = {f} {xs} + {f} {ys}"
    return statement, f"induction {xs}", "simp [h0]", "grind"


def combination_divisible(draw: Draw) -> Sketch:
    d, a, b = _distinct(draw, 3, "abcdmn")
    first, second = _number(draw, 2, 9), _number(draw, 2, 9)
    return (
        f"({d} {a} {b} : Nat) (h : {d} ∣ {a}) (h' : {d} ∣ {b}) : {d} ∣ {first} * {a} + {second} * {b}",
        "rcases h with ⟨u, rfl⟩",
        "rcases h' with ⟨v, rfl⟩",
        f"exists {first} * u + {second} * v",
        "grind",
    )


def square_of_form(draw: Draw) -> Sketch:
    n, k = _distinct(draw, 2, _NATURALS)
    m, rest = _number(draw, 3, 9), _number(draw, 1, 2)
    witness = f"{m} * u ^ 2 + {2 * rest} * u"
    statement = f"({n} : Nat) (h : ∃ {k}, {n} = {m} * {k} + {rest}) : ∃ {k}, {n} ^ 2 = {m} * {k} + {rest * rest}"
    return statement, "rcases h with ⟨u, rfl⟩", f"exists {witness}", "grind"


def power_rest_missing(draw: Draw) -> Sketch:
    n, (m, exponent) = draw.one_of("nkmab"), draw.one_of(((3, 2), (5, 2), (6, 2), (7, 2), (7, 3), (5, 4), (9, 3)))
    factor, shift = draw.one_of([number for number in range(1, 6) if math.gcd(number, m) == 1]), _number(draw, 1, 8)
    rests = {(factor * number**exponent + shift) % m for number in range(m)}
    missing = draw.one_of([rest for rest in range(m) if rest not in rests])
    power = f"{factor} * {n} ^ {exponent}" if factor > 1 else f"{n} ^ {exponent}"
    statement = f"({n} : Nat) : ({power} + {shift}) % {m} ≠ {missing}"
    return statement, *_all_rests(n, m, "Nat.pow_mod, Nat.mul_mod, Nat.add_mod")


def sequence_with_rule(draw: Draw) -> Sketch:
    f, n = draw.one_of("abfgst"), draw.one_of("nkm")
    first, step = _number(draw, 1, 20), _number(draw, 2, 9)
    rule = draw.one_of((f"{f} ({n} + 1) = {f} {n} + {step}", f"{f} {n} + {step} = {f} ({n} + 1)"))
    statement = f": ∃ {f} : Nat → Nat, {f} 0 = {first} ∧ ∀ {n}, {rule}"
    return statement, f"refine ⟨fun i => {step} * i + {first}, ?_, ?_⟩", "rfl", "grind"


def period_kept(draw: Draw) -> Sketch:
    f, x, n = draw.one_of("fgsu"), draw.one_of("xyt"), draw.one_of("nkm")
    period, start = _number(draw, 2, 9), _number(draw, 0, 9)
    at = f"{period} * {n} + {start}" if start else f"{period} * {n}"
    head = f"({f} : Nat → Nat) (h : ∀ {x}, {f} ({x} + {period}) = {f} {x}) ({n} : Nat)"
    return f"{head} : {f} ({at}) = {f} {start}", f"induction {n}", "simp", "grind"


FAMILIES: Mapping[Split, Mapping[int, tuple[Family, ...]]] = {
    "train": {
        1: (
            linear_equation,
            linear_bound,
            quotient_and_rest,
            square_expanded,
            sum_computed,
            power_rest_computed,
            list_computed,
            booleans,
            propositions,
            sequence_computed,
        ),
        2: (
            linear_root_exists,
            sum_and_product,
            number_with_rest,
            number_above,
            division_exists,
            divisible_quotient,
            small_numbers_bounded,
            finite_non_square,
            product_with_zero,
            shift_is_injective,
            shift_has_preimage,
            factor_keeps_order,
            list_with_head,
            relation_used,
            rational_root,
            lower_bound_exists,
            both_exist,
            one_case_exists,
            function_with_value,
        ),
        3: (
            constant_sequence,
            arithmetic_progression,
            odd_sum,
            geometric_sequence,
            power_leaves_one,
            rest_is_invariant,
            growing_sequence,
            power_outgrows,
            list_weight,
            list_scaled,
            sum_of_forms,
            multiple_of_factor,
            product_rest_missing,
            step_to_all,
            increasing_by_steps,
            square_root_bounded,
        ),
    },
    "test": {
        1: (two_unknowns, product_expanded, rest_of_combination, divisor_computed, bits_checked),
        2: (
            linear_combination,
            rest_written_out,
            small_square_root,
            quadratic_roots,
            affine_is_injective,
            reflection_is_surjective,
            products_in_order,
            list_of_sum,
            rational_preimage,
            number_above_with_rest,
        ),
        3: (
            multiples_summed,
            shifted_powers,
            power_sum_divisible,
            power_above_line,
            weight_of_append,
            combination_divisible,
            square_of_form,
            power_rest_missing,
            sequence_with_rule,
            period_kept,
        ),
    },
}
"""The families by split and level."""
