"""Families about sequences: given by a rule, most proved by induction."""

from llemma.data.generators.lean_core_families.sketch import Sketch
from llemma.data.generators.words import Draw


def sequence_computed(draw: Draw) -> Sketch:
    a, n = draw.one_of("abcfsu"), draw.one_of("nkm")
    first, factor, summand, steps = draw.number(0, 5), draw.number(1, 3), draw.number(1, 5), draw.number(2, 4)
    value = first
    for _ in range(steps):
        value = factor * value + summand
    product = f"{factor} * {a} {n}" if factor > 1 else f"{a} {n}"
    rule = f"∀ {n}, {a} ({n} + 1) = {summand} + {product}"
    return f"({a} : Nat → Nat) (h0 : {a} 0 = {first}) (h : {rule}) : {a} {steps} = {value}", "simp_all"


def constant_sequence(draw: Draw) -> Sketch:
    a, (n, k) = draw.one_of("abcfsu"), draw.distinct(2, "nkm")
    value = draw.number(0, 30)
    head = f"({a} : Nat → Nat) (h0 : {a} 0 = {value}) (h : ∀ {n}, {a} ({n} + 1) = {a} {n}) ({k} : Nat)"
    return f"{head} : {a} {k} = {value}", f"induction {k}", "simp [h0]", "simp_all"


def arithmetic_progression(draw: Draw) -> Sketch:
    a, n = draw.one_of("abcfsu"), draw.one_of("nkm")
    first, step = draw.number(0, 20), draw.number(2, 12)
    closed = f"{step} * {n} + {first}" if first else f"{step} * {n}"
    head = f"({a} : Nat → Nat) (h0 : {a} 0 = {first}) (h : ∀ {n}, {a} ({n} + 1) = {a} {n} + {step}) ({n} : Nat)"
    return f"{head} : {a} {n} = {closed}", f"induction {n}", "simp [h0]", "grind"


def odd_sum(draw: Draw) -> Sketch:
    a, n = draw.one_of("abcfsu"), draw.one_of("nkm")
    first, step = draw.number(1, 9), draw.number(2, 12)
    head = f"({a} : Nat → Nat) (h0 : {a} 0 = {first}) (h : ∀ {n}, {a} ({n} + 1) = {a} {n} + (2 * {n} + {step}))"
    linear = f" + {step - 1} * {n}" if step > 2 else f" + {n}"
    closed = f"{n} * {n}{linear} + {first}"
    return f"{head} ({n} : Nat) : {a} {n} = {closed}", f"induction {n}", "simp [h0]", "grind"


def geometric_sequence(draw: Draw) -> Sketch:
    a, n = draw.one_of("abcfsu"), draw.one_of("nkm")
    first, factor = draw.number(2, 12), draw.number(2, 9)
    head = f"({a} : Nat → Nat) (h0 : {a} 0 = {first}) (h : ∀ {n}, {a} ({n} + 1) = {factor} * {a} {n}) ({n} : Nat)"
    return f"{head} : {a} {n} = {first} * {factor} ^ {n}", f"induction {n}", "simp [h0]", "grind"


def growing_sequence(draw: Draw) -> Sketch:
    f, n, x = draw.one_of("fgsu"), draw.one_of("nkm"), draw.one_of("xyt")
    step = draw.number(1, 9)
    goal = f"{step} * {n} ≤ {f} {n}" if step > 1 else f"{n} ≤ {f} {n}"
    head = f"({f} : Nat → Nat) (h : ∀ {x}, {f} {x} + {step} ≤ {f} ({x} + 1)) ({n} : Nat)"
    return f"{head} : {goal}", f"induction {n}", "simp", "grind"


def increasing_by_steps(draw: Draw) -> Sketch:
    f, (n, k) = draw.one_of("fgsu"), draw.distinct(2, "nkmd")
    x = draw.one_of("xyt")
    head = f"({f} : Nat → Nat) (h : ∀ {x}, {f} {x} ≤ {f} ({x} + 1)) ({n} {k} : Nat)"
    return f"{head} : {f} {n} ≤ {f} ({n} + {k})", f"induction {k}", "simp", "grind"


def multiples_summed(draw: Draw) -> Sketch:
    s, n, step, first = draw.one_of("abfgst"), draw.one_of("nkm"), draw.number(2, 9), draw.number(1, 20)
    rule = f"∀ {n}, {s} ({n} + 1) = {s} {n} + {step} * ({n} + 1)"
    head = f"({s} : Nat → Nat) (h0 : {s} 0 = {first}) (h : {rule}) ({n} : Nat)"
    return f"{head} : 2 * {s} {n} = {step} * {n} * ({n} + 1) + {2 * first}", f"induction {n}", "simp [h0]", "grind"


def shifted_powers(draw: Draw) -> Sketch:
    a, n, factor, first = draw.one_of("abfgst"), draw.one_of("nkm"), draw.number(2, 7), draw.number(0, 6)
    rule = f"∀ {n}, {a} ({n} + 1) = {factor} * {a} {n} + {factor - 1}"
    head = f"({a} : Nat → Nat) (h0 : {a} 0 = {first}) (h : {rule}) ({n} : Nat)"
    power = f"{first + 1} * {factor} ^ {n}" if first else f"{factor} ^ {n}"
    return f"{head} : {a} {n} + 1 = {power}", f"induction {n}", "simp [h0]", "grind"


def sequence_with_rule(draw: Draw) -> Sketch:
    f, n = draw.one_of("abfgst"), draw.one_of("nkm")
    first, step = draw.number(1, 20), draw.number(2, 9)
    rule = draw.one_of((f"{f} ({n} + 1) = {f} {n} + {step}", f"{f} {n} + {step} = {f} ({n} + 1)"))
    statement = f": ∃ {f} : Nat → Nat, {f} 0 = {first} ∧ ∀ {n}, {rule}"
    return statement, f"refine ⟨fun i => {step} * i + {first}, ?_, ?_⟩", "rfl", "grind"


def period_kept(draw: Draw) -> Sketch:
    f, x, n = draw.one_of("fgsu"), draw.one_of("xyt"), draw.one_of("nkm")
    period, start = draw.number(2, 9), draw.number(0, 9)
    at = f"{period} * {n} + {start}" if start else f"{period} * {n}"
    head = f"({f} : Nat → Nat) (h : ∀ {x}, {f} ({x} + {period}) = {f} {x}) ({n} : Nat)"
    return f"{head} : {f} ({at}) = {f} {start}", f"induction {n}", "simp", "grind"
