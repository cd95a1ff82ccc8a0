"""miniF2F (Zheng et al. 2022) for Lean 4.24 and the Mathlib of that time: 244 test and 244 validation theorems.

Source: yangky11/miniF2F-lean4, which mends statements of the file behind `minif2f_lean`: results are not comparable.
"""

from llemma.data.benchmarks import Benchmarks
from llemma.records import Theorem
from llemma.tasks._theorems import TheoremTask
from llemma.tasks.minif2f_lean import theorem_of


def theorems(benchmarks: Benchmarks, split: str = "test") -> list[Theorem]:
    """Return the theorems of a split, `test` or `valid`, in the order of the file."""
    rows = [row for row in benchmarks.problems("minif2f_lean_new") if row["split"] == split]
    return [_theorem(row["name"], row["question"]) for row in rows]


def _theorem(name: str, source: str) -> Theorem:
    """Return the theorem in a file; its prelude is what stands between the import and the theorem."""
    header = source.partition("theorem ")[0]
    prelude = header.removeprefix("import Mathlib").strip()
    return theorem_of(name, source.removeprefix(header), prelude=prelude)


TASK = TheoremTask(name="minif2f_lean_new", title="miniF2F (Lean 4.24)", theorems=theorems, imports=("Mathlib",))
