"""Families about functions: injective, surjective, with a given value."""

from llemma.data.generators.lean_core_families.sketch import INTEGERS, Sketch
from llemma.data.generators.words import Draw


def shift_is_injective(draw: Draw) -> Sketch:
    x, a, sign = draw.one_of(INTEGERS), draw.number(1, 30), draw.one_of("+-")
    return f": Function.Injective (fun {x} : Int => {x} {sign} {a})", "intro a b h", "grind"


def shift_has_preimage(draw: Draw) -> Sketch:
    x, y = draw.distinct(2, INTEGERS)
    a, sign = draw.number(1, 30), draw.one_of("+-")
    back = "-" if sign == "+" else "+"
    return f": ∀ {y} : Int, ∃ {x}, {x} {sign} {a} = {y}", f"intro {y}", f"exists {y} {back} {a}", "omega"


def function_with_value(draw: Draw) -> Sketch:
    f, x = draw.one_of("fghs"), draw.one_of(INTEGERS)
    a, b, c = (draw.number(2, 9) for _ in range(3))
    statement = f": ∃ {f} : Nat → Nat, {f} {c} = {a * c + b} ∧ ∀ {x}, {f} {x} = {a} * {x} + {b}"
    return statement, f"refine ⟨fun i => {a} * i + {b}, ?_, ?_⟩", "rfl", "simp"


def affine_is_injective(draw: Draw) -> Sketch:
    f, x = draw.one_of("fgh"), draw.one_of(INTEGERS)
    a, b = draw.number(2, 9), draw.number(1, 12)
    statement = f"({f} : Nat → Nat) (e : ∀ {x}, {f} {x} = {a} * {x} + {b}) : Function.Injective {f}"
    return statement, "intro a b k", "rw [e, e] at k", "omega"


def reflection_is_surjective(draw: Draw) -> Sketch:
    x, a = draw.one_of(INTEGERS), draw.number(1, 40)
    return f": Function.Surjective (fun {x} : Int => {a} - {x})", "intro b", f"exists {a} - b", "grind"


def rational_preimage(draw: Draw) -> Sketch:
    x, y = draw.distinct(2, INTEGERS)
    a, b = draw.number(2, 9), draw.number(1, 12)
    return f": ∀ {y} : Rat, ∃ {x}, {a} * {x} + {b} = {y}", f"intro {y}", f"exists ({y} - {b}) / {a}", "grind"
