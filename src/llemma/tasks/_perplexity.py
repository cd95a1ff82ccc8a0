"""A benchmark whose worked solutions are scored as they are given: nothing is sampled, nothing is graded."""

from collections.abc import Callable
from dataclasses import dataclass

from llemma.data.benchmarks import Benchmarks
from llemma.records import Problem
from llemma.tasks._split import chosen_split


@dataclass(frozen=True, slots=True)
class PerplexityTask:
    """How likely a model finds `target(problem)` after reading `context(problem)`.

    `problems` takes one of `splits`, of which the first is the default. A target begins with the space that divides
    it from its context, and that space counts.
    """

    name: str
    title: str
    problems: Callable[[Benchmarks, str], list[Problem]]
    context: Callable[[Problem], str]
    target: Callable[[Problem], str]
    splits: tuple[str, ...] = ("test", "train")

    def split(self, name: str | None) -> str:
        """Return the split of that name, the default one for None. Raises UnknownNameError with the nearest name."""
        return chosen_split(self.name, self.splits, name)

    def identity(self) -> dict[str, str]:
        """Return what the task is in the identity of a run."""
        return {"task": self.name, "task_title": self.title}
