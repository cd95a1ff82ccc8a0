"""Theorems that Lean 4 proves with `import Init` alone, each with a proof: training and test share no family.

They are about natural numbers, integers, rationals, `Fin`, bit vectors, lists, functions and logic. Most are drawn from
the families of `lean_core_families`; those of `lean_core_written` belong to the test split.

A proof is `by` and one tactic a line, so that running its first lines gives the tactic states on the way. The level is
what a proof needs, measured with Lean 4.28. 1: one tactic of `HAMMER`. 2: none of these is enough, two or three tactics
are, or one with arguments. 3: none of these is enough, and it takes induction, cases, a witness to work out or a chain
of tactics.
"""

from collections.abc import Iterator

from llemma.data.generators.lean_core_families import FAMILIES, Split
from llemma.data.generators.lean_core_families.sketch import Family, Sketch
from llemma.data.generators.lean_core_written import WRITTEN
from llemma.data.generators.words import Draw
from llemma.errors import UnknownNameError, UserError
from llemma.records import Theorem, proof_text

HAMMER = (
    "rfl",
    "decide",
    "simp",
    "simp_all",
    "simp +arith",
    "omega",
    "grind",
    "intros; assumption",
    "constructor",
    "trivial",
    "contradiction",
)
"""The tactics that one can try without reading the goal: each alone proves level 1 or fails."""

_PATIENCE = 200  # known statements in a row before a family is taken to be exhausted


def theorems(split: Split, *, seed: int = 0, per_family: int = 4) -> list[Theorem]:
    """Return `per_family` theorems of each family of a split, by level; of a small family, all that are found.

    The test split ends with the theorems that were written one by one; with the default values it is the benchmark.
    The same seed gives the same theorems on every machine, and a larger `per_family` adds to those of a smaller one.
    """
    if split not in FAMILIES:
        raise UnknownNameError("split of lean_core", split, FAMILIES)
    if per_family < 0:
        raise UserError(f"lean_core: per_family is {per_family}; it must be 0 or more")
    drawn = [
        _theorem(f"lean_core_{split}_{family.__name__}_{number}", family.__name__, level, sketch)
        for level, families in FAMILIES[split].items()
        for family in families
        for number, sketch in enumerate(
            _sketches(family, Draw(f"lean_core {split} {seed} {family.__name__}"), per_family)
        )
    ]
    written = WRITTEN if split == "test" else {}
    return drawn + [
        _theorem(f"lean_core_test_{name}", "written", level, sketch)
        for level, sketches in written.items()
        for name, sketch in sketches.items()
    ]


def _sketches(family: Family, draw: Draw, count: int) -> Iterator[Sketch]:
    """Yield up to `count` sketches with different statements."""
    statements: set[str] = set()
    misses = 0
    while len(statements) < count and misses < _PATIENCE:
        sketch = family(draw)
        misses += 1
        if sketch[0] not in statements:
            statements.add(sketch[0])
            misses = 0
            yield sketch


def _theorem(name: str, family: str, level: int, sketch: Sketch) -> Theorem:
    statement, *tactics = sketch
    return Theorem(name, statement, proof=proof_text(tactics), family=family, level=str(level))
