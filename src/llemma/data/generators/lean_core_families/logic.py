"""Families about logic: propositions, Booleans and bits, quantifiers."""

from llemma.data.generators.lean_core_families.sketch import INTEGERS, Sketch
from llemma.data.generators.words import Draw


def booleans(draw: Draw) -> Sketch:
    a, b, c = draw.distinct(3, "abcdpqrst")
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
    p, q, r = draw.distinct(3, "pqrstabc")
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


def relation_used(draw: Draw) -> Sketch:
    r, (x, y) = draw.one_of("prs"), draw.distinct(2, INTEGERS)
    a, b = draw.number(0, 20), draw.number(0, 20)
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


def both_exist(draw: Draw) -> Sketch:
    x, y = draw.distinct(2, INTEGERS)
    a, first, b, second = (draw.number(2, 9) for _ in range(4))
    statement = f": (∃ {x} : Nat, {a} * {x} = {a * first}) ∧ (∃ {y} : Nat, {y} + {b} = {second + b})"
    return statement, "constructor", f"exists {first}", f"exists {second}"


def one_case_exists(draw: Draw) -> Sketch:
    x, a = draw.one_of(INTEGERS), draw.number(2, 6)
    value, off = draw.number(2, 12), draw.number(1, a - 1)
    good, bad = f"(∃ {x} : Nat, {a} * {x} = {a * value})", f"(∃ {x} : Nat, {a} * {x} = {a * value + off})"
    if draw.below(2):
        return f": {good} ∨ {bad}", "left", f"exists {value}"
    return f": {bad} ∨ {good}", "right", f"exists {value}"


def step_to_all(draw: Draw) -> Sketch:
    p, n = draw.one_of("pqr"), draw.one_of("nkm")
    first = draw.number(0, 9)
    at = f"({n} + {first})" if first else n
    head = f"({p} : Nat → Prop) (h0 : {p} {first}) (h : ∀ {n}, {p} {n} → {p} ({n} + 1))"
    return f"{head} : ∀ {n}, {p} {at}", f"intro {n}", f"induction {n}", "exact h0", "exact h _ (by assumption)"


def bits_checked(draw: Draw) -> Sketch:
    x, width, (a, b) = draw.one_of(INTEGERS), draw.number(4, 6), draw.distinct(2, range(1, 16))
    sign, both = draw.one_of((("^^^", a ^ b), ("&&&", a & b), ("|||", a | b)))
    return f": ∀ {x} : BitVec {width}, {x} {sign} {a} {sign} {b} = {x} {sign} {both}", "decide"
