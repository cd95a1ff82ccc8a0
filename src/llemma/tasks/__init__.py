"""Benchmarks. Every other file in this folder without a leading underscore is one, and its name is the benchmark's."""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from llemma.data.benchmarks import Benchmarks
from llemma.engines.base import Sampling
from llemma.errors import UnknownNameError, UserError
from llemma.grading.verdict import Profile
from llemma.records import Problem
from llemma.tasks._perplexity import PerplexityTask as PerplexityTask
from llemma.tasks._theorems import TheoremTask as TheoremTask
from llemma.tools.python import Program

PromptForm = Literal["published", "mended"]
"""Few-shot examples byte for byte as published (the default), or with their slips of copying put right."""

FILE_ENDINGS = (".py", ".jsonl", ".jsonl.zst")
"""A task whose name ends like this is a user's own file."""


@dataclass(frozen=True, slots=True)
class Task:
    """One benchmark with its protocol.

    A prompt is `prompt_examples(benchmarks, form) + query(problem)`. `examples` are as published, `mended` puts their
    slips right. `profiles` holds "fixed" (the default) and, for published benchmarks, "paper" (bug for bug).
    `temperature` and `top_p` are the published sampling for maj@k, `votes` its k. `programs`, for
    tasks with Python as a tool, gives for each profile the program in a completion, whose answer is then graded in
    place of the completion; None: there is none in it. `file` and `file_sha256` say where
    a user's own task was read, both "" for the tasks of this package.
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
    mended: Callable[[str], str] = str
    programs: Mapping[str, Callable[[str], Program | None]] | None = None
    file: str = ""
    file_sha256: str = ""

    def sampling(self, samples: int, *, seed: int) -> Sampling:
        """Return greedy decoding for one sample, the published temperature and top-p for several."""
        if samples == 1:
            return Sampling(max_new_tokens=self.max_new_tokens, stop=self.stop, seed=seed)
        return Sampling(self.temperature, self.top_p, self.max_new_tokens, self.stop, seed)

    def prompt_examples(self, benchmarks: Benchmarks, form: PromptForm = "published") -> str:
        """Return the few-shot examples in this form; it ends where the query begins."""
        examples = self.examples(benchmarks)
        return examples if form == "published" else self.mended(examples)

    def identity(self) -> dict[str, str]:
        """Return what the task is in the identity of a run: name, title, and for a user's own the file and its hash."""
        named = {"task": self.name, "task_title": self.title}
        return named | ({"task_file": self.file, "task_file_sha256": self.file_sha256} if self.file else {})


def get_task(name: str) -> Task:
    """Return the task of that name, or a user's own from a file: `my_task.py`, or `questions.jsonl` (`.zst`).

    Raises UnknownNameError with the nearest known name, and UserError for a file that is missing or holds no task, and
    for a task that measures perplexity or holds theorems: there is nothing to sample or to grade.
    """
    task = get_any_task(name)
    if isinstance(task, PerplexityTask):
        raise UserError(f"task {name!r} scores given solutions, so it has no completions. Run it with llemma eval")
    return task


def get_any_task(name: str) -> Task | PerplexityTask:
    """Return what `get_task` returns, and tasks that measure perplexity as well."""
    if name.endswith(FILE_ENDINGS):
        return _task_in_file(name)
    if name not in task_names():
        raise UnknownNameError("task", name, task_names())
    task = _task_named(name)
    if isinstance(task, TheoremTask):
        raise UserError(f"task {name!r} is a set of theorems, so it has no completions. Run it with llemma prove")
    return task


def get_theorem_task(name: str) -> TheoremTask:
    """Return the set of theorems of that name. Raises UnknownNameError with the nearest known name."""
    tasks = {known: task for known in task_names() if isinstance(task := _task_named(known), TheoremTask)}
    if name not in tasks:
        raise UnknownNameError("set of theorems", name, tasks)
    return tasks[name]


def task_names() -> list[str]:
    """Return the names of all tasks, sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))


def replacing(*pairs: tuple[str, str]) -> Callable[[str], str]:
    """Return a function that replaces the first text of each pair by the second, in this order."""

    def replace(text: str) -> str:
        for old, new in pairs:
            text = text.replace(old, new)
        return text

    return replace


def _task_named(name: str) -> Task | PerplexityTask | TheoremTask:
    task: Task | PerplexityTask | TheoremTask = importlib.import_module(f"{__name__}.{name}").TASK
    return task


def _task_in_file(name: str) -> Task:
    # Imported here because these modules need Task.
    from llemma.tasks import _python_file, _question_file

    return _python_file.load(name) if name.endswith(".py") else _question_file.load(name)
