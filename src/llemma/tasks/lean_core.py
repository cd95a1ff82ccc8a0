"""The built-in theorem-proving benchmark: 153 theorems in three levels for a Lean 4 without Mathlib.

It needs no download. The families of its theorems are none of those that training data is drawn from; the split `train`
is four theorems of each of those.
"""

from collections.abc import Mapping

from llemma.data.benchmarks import Benchmarks
from llemma.data.generators import lean_core
from llemma.data.generators.lean_core_families import Split
from llemma.records import Theorem
from llemma.tasks import TheoremTask

_SPLITS: Mapping[str, Split] = {"test": "test", "train": "train"}


def theorems(benchmarks: Benchmarks, split: str) -> list[Theorem]:  # noqa: ARG001
    """Return the theorems of a split, each with a proof that Lean accepts."""
    return lean_core.theorems(_SPLITS[split])


TASK = TheoremTask(name="lean_core", title="Lean core", theorems=theorems, imports=("Init",), splits=tuple(_SPLITS))
