"""A benchmark of formal statements: a prover says what is a proof, nothing is compared with an answer."""

from collections.abc import Callable
from dataclasses import dataclass

from llemma.data.benchmarks import Benchmarks
from llemma.records import Theorem
from llemma.tasks._split import chosen_split


@dataclass(frozen=True, slots=True)
class TheoremTask:
    """Theorems, and the modules that their statements need: ("Init",), ("Mathlib",).

    `theorems` takes one of `splits`, of which the first is the default.
    """

    name: str
    title: str
    theorems: Callable[[Benchmarks, str], list[Theorem]]
    imports: tuple[str, ...]
    splits: tuple[str, ...] = ("test", "valid")

    def split(self, name: str | None) -> str:
        """Return the split of that name, the default one for None. Raises UnknownNameError with the nearest name."""
        return chosen_split(self.name, self.splits, name)
