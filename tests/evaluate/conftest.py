"""A scripted engine and a small task, so that evaluation is tested without a model."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from llemma.data.benchmarks import Benchmarks
from llemma.engines.base import Generation, Request, Sampling
from llemma.records import Problem
from llemma.tasks import Task, get_task


@dataclass
class ScriptedEngine:
    """Answers problem i with `answers[i][sample]`, None being text without an answer; stops after `budget` samples."""

    answers: Sequence[Sequence[int | None]]
    budget: int | None = None
    name: str = "scripted"
    asked: list[tuple[str, int]] = field(default_factory=list)

    def identity(self) -> Mapping[str, Any]:
        return {"engine": "scripted"}

    def generate(self, requests: Sequence[Request], sampling: Sampling) -> Iterator[Generation]:
        del sampling
        for request in reversed(requests):  # any order is allowed
            for sample in request.samples:
                if self.budget is not None and len(self.asked) == self.budget:
                    raise KeyboardInterrupt
                self.asked.append((request.id, sample))
                answer = self.answers[int(request.id.rsplit("/", 1)[1])][sample]
                text = (
                    f"\nFinal Answer: The final answer is ${answer}$. "
                    if answer is not None
                    else "\nLet me think first. "
                )
                yield Generation(request.id, sample, text, "length" if answer is None else "stop", 7)


@pytest.fixture
def task() -> Task:
    """The arithmetic task with four problems whose references are 10, 11, 12 and 13."""

    def problems(benchmarks: Benchmarks) -> list[Problem]:
        del benchmarks
        return [
            Problem(f"arithmetic/test/{i}", f"What is {i} + 10?", str(i + 10), subject="adding", level=str(i % 2 + 1))
            for i in range(4)
        ]

    return replace(get_task("arithmetic"), problems=problems)
