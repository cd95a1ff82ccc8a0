"""The built-in theorem-proving benchmark: 153 theorems in three levels for a Lean 4 without Mathlib.

It needs no download. The families of its theorems are none of those that training data is drawn from.
"""

from llemma.data.benchmarks import Benchmarks
from llemma.data.sources import lean_core
from llemma.records import Theorem
from llemma.tasks import TheoremTask


def theorems(benchmarks: Benchmarks) -> list[Theorem]:  # noqa: ARG001
    """Return the theorems, each with a proof that Lean accepts."""
    return lean_core.theorems("test")


TASK = TheoremTask(name="lean_core", title="Lean core", theorems=theorems, imports=("Init",))
