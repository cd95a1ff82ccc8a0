"""Families about lists of numbers."""

from llemma.data.generators.lean_core_families.sketch import Sketch
from llemma.data.generators.words import Draw


def list_computed(draw: Draw) -> Sketch:
    items = [draw.number(0, 20) for _ in range(draw.number(2, 4))]
    text = str(items)
    shown = (
        (f"{text}.length", len(items)),
        (f"{text}.sum", sum(items)),
        (f"{text}.reverse", items[::-1]),
        (f"{text}.map (fun x => x + 1)", [item + 1 for item in items]),
    )
    left, right = draw.one_of(shown)
    return f": {left} = {right}", draw.one_of(("rfl", "simp"))


def list_with_head(draw: Draw) -> Sketch:
    names, first, length = draw.one_of(("xs", "ys", "zs", "l")), draw.number(1, 20), draw.number(1, 3)
    witness = [first] + [0] * (length - 1)
    return f": ∃ {names} : List Nat, {names}.length = {length} ∧ {names}.head? = some {first}", f"exists {witness}"


def list_weight(draw: Draw) -> Sketch:
    f, (x, xs) = draw.one_of("fgw"), draw.one_of((("x", "xs"), ("y", "ys"), ("a", "l")))
    step = draw.number(2, 12)
    rule = draw.one_of((f"{f} {xs} + {step}", f"{step} + {f} {xs}"))
    head = f"({f} : List Nat → Nat) (h0 : {f} [] = 0) (h : ∀ {x} {xs}, {f} ({x} :: {xs}) = {rule}) ({xs} : List Nat)"
    return f"{head} : {f} {xs} = {step} * {xs}.length", f"induction {xs}", "simp [h0]", "grind"


def list_scaled(draw: Draw) -> Sketch:
    x, xs = draw.one_of((("x", "xs"), ("y", "ys"), ("a", "l"), ("n", "ns")))
    factor = draw.number(2, 20)
    statement = f"({xs} : List Nat) : ({xs}.map (fun {x} => {factor} * {x})).sum = {factor} * {xs}.sum"
    return statement, f"induction {xs}", "simp", "simp_all", "omega"


def list_of_sum(draw: Draw) -> Sketch:
    names, items = draw.one_of(("xs", "ys", "zs", "l")), [draw.number(0, 9) for _ in range(draw.number(2, 4))]
    statement = f": ∃ {names} : List Nat, {names}.length = {len(items)} ∧ {names}.sum = {sum(items)}"
    return statement, f"exists {[sum(items)] + [0] * (len(items) - 1)}"


def weight_of_append(draw: Draw) -> Sketch:
    f, (x, xs, ys) = draw.one_of("fgw"), draw.one_of((("x", "xs", "ys"), ("a", "l", "r"), ("n", "ns", "ms")))
    factor, summand = draw.number(2, 20), draw.number(1, 20)
    rule = f"∀ {x} {xs}, {f} ({x} :: {xs}) = {factor} * {x} + {summand} + {f} {xs}"
    head = f"({f} : List Nat → Nat) (h0 : {f} [] = 0) (h : {rule}) ({xs} {ys} : List Nat)"
    statement = f"{head} : {f} ({xs} ++ {ys}) = {f} {xs} + {f} {ys}"
    return statement, f"induction {xs}", "simp [h0]", "grind"
