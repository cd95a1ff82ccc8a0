"""A benchmark of formal statements: a prover says what is a proof, nothing is compared with an answer."""

from collections.abc import Callable
from dataclasses import dataclass

from llemma.data.benchmarks import Benchmarks
from llemma.records import Theorem


@dataclass(frozen=True, slots=True)
class TheoremTask:
    """Theorems, and the modules that their statements need: ("Init",), ("Mathlib",)."""

    name: str
    title: str
    theorems: Callable[[Benchmarks], list[Theorem]]
    imports: tuple[str, ...]

    def identity(self) -> dict[str, str]:
        """Return what the task is in the identity of a run."""
        return {"task": self.name, "task_title": self.title}
