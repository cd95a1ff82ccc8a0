"""miniF2F (Zheng et al. 2022) in Lean 4, as published with the paper's proof search: 244 test, 244 validation theorems.

Protocol: arXiv 2310.10631, section 3.4, and wellecks/llemma_formal2formal `data/minif2f.jsonl`. The statements are of
August 2023 and need a Lean project with a Mathlib of that time; for a Mathlib of today take `minif2f_lean_new`.
"""

import re

from llemma.data.benchmarks import Benchmarks
from llemma.records import Theorem
from llemma.tasks._theorems import TheoremTask

_OPENED = {"valid": ("BigOperators", "Real", "Nat", "Topology"), "test": ("BigOperators", "Nat", "Real", "Rat")}
"""What the two files of the project rah4927/lean-dojo-mew (commit d00c7762) open before their theorems."""

_SOURCES = {"amc12": "amc", "amc12a": "amc", "amc12b": "amc", "aimeI": "aime", "aimeII": "aime", "imosl": "imo"}


def theorems(benchmarks: Benchmarks, split: str = "test") -> list[Theorem]:
    """Return the theorems of a split, `test` or `valid`, in the published order."""
    prelude = "\n".join(f"open {namespace}" for namespace in _OPENED[split])
    rows = [row for row in benchmarks.problems("minif2f_lean") if row["split"] == split]
    return [theorem_of(row["name"], row["question"], prelude=prelude) for row in rows]


def theorem_of(name: str, source: str, *, prelude: str) -> Theorem:
    """Return the theorem in source that begins with `theorem NAME`; what may follow `:=` at its end is dropped.

    The level is the source of the problem: mathd, amc, aime, imo, or, for theorems of the benchmark's own, their kind.
    """
    statement = re.sub(r"\s*:=\s*by\s+sorry\s*$", "", source.removeprefix(f"theorem {name}")).strip()
    kind = name.partition("_")[0]
    return Theorem(name, statement, prelude, level=_SOURCES.get(kind, kind))


TASK = TheoremTask(name="minif2f_lean", title="miniF2F (Lean 4)", theorems=theorems, imports=("Mathlib",))
