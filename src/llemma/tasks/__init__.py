"""Benchmarks. Every other file in this folder is one, and its name is the benchmark's name."""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from llemma.data.benchmarks import Benchmarks
from llemma.engines.base import Sampling
from llemma.errors import UnknownNameError
from llemma.grading.verdict import Profile
from llemma.records import Problem


@dataclass(frozen=True, slots=True)
class Task:
    """One benchmark with its protocol.

    A prompt is `examples(benchmarks) + query(problem)`. `profiles` holds "fixed" (the default) and "paper"
    (bug for bug as published). `voting` is the published sampling for maj@k, `votes` its k.
    """

    name: str
    title: str
    problems: Callable[[Benchmarks], list[Problem]]
    examples: Callable[[Benchmarks], str]
    query: Callable[[Problem], str]
    stop: tuple[str, ...]
    profiles: Mapping[str, Profile]
    votes: int
    temperature: float
    top_p: float
    max_new_tokens: int = 1024

    def sampling(self, samples: int, *, seed: int) -> Sampling:
        """Return greedy decoding for one sample, the published temperature and top-p for several."""
        if samples == 1:
            return Sampling(max_new_tokens=self.max_new_tokens, stop=self.stop, seed=seed)
        return Sampling(self.temperature, self.top_p, self.max_new_tokens, self.stop, seed)


def get_task(name: str) -> Task:
    """Return the task of that name. Raises UnknownNameError with the nearest known name."""
    if name not in task_names():
        raise UnknownNameError("task", name, task_names())
    task: Task = importlib.import_module(f"{__name__}.{name}").TASK
    return task


def task_names() -> list[str]:
    """Return the names of all tasks, sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))
