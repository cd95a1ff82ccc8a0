"""The Llemma-34B answers that the published Sample Explorer shows, graded beside their published verdicts.

A check of both scoring profiles on real model output. Source: llemma-demo/llemma-demo.github.io, `samples_gen.js`, as
JSON lines with `task`, `index`, `question`, `reference_answer`, `model_answer` and `result` ("Correct", "Incorrect").
"""

import html
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llemma.errors import DataError
from llemma.evaluate.grade import GradedCompletion, grade_completions
from llemma.grading.extract import gsm8k_reference, last_boxed
from llemma.progress import say
from llemma.records import Completion, Problem
from llemma.runs import run_directory, write_manifest
from llemma.storage import read_jsonl, sha256_of, write_json, write_jsonl
from llemma.tasks import get_task

FIELDS = {"task", "index", "question", "reference_answer", "model_answer", "result"}

_REFERENCES: Mapping[str, Callable[[str], str | None]] = {"gsm8k": gsm8k_reference, "minerva_math": last_boxed}


@dataclass(frozen=True, slots=True)
class PublishedSample:
    """One shown answer: as a problem, as a completion, and whether the site calls it correct."""

    problem: Problem
    completion: Completion
    is_correct: bool


def is_published_samples(path: Path) -> bool:
    """Whether a file holds answers of the Sample Explorer."""
    return path.is_file() and next(read_jsonl(path), {}).keys() >= FIELDS


def grade_published_samples(path: Path, out: Path) -> dict[str, dict[str, Any]]:
    """Grade the GSM8k and MATH answers in `path` under both profiles into a new run directory.

    Return task -> {"answers", "published", "fixed", "paper" (numbers of correct ones), "paper_disagrees",
    "fixed_disagrees" (ids)}.
    """
    started = time.time()
    samples = _read(path)
    summary: dict[str, dict[str, Any]] = {}
    with run_directory(out, {"kind": "published samples", "file": path.name, "sha256": sha256_of(path)}):
        rows: list[dict[str, Any]] = []
        for task_name, group in samples.items():
            task = get_task(task_name)
            problems = [sample.problem for sample in group]
            completions = [sample.completion for sample in group]
            graded = grade_completions(problems, completions, task.profiles, stop=task.stop)
            summary[task_name] = _compare(group, graded)
            rows += [
                {**item.row(), "published_correct": sample.is_correct}
                for sample, item in zip(group, graded, strict=True)
            ]
        write_jsonl(out / "completions.jsonl", rows)
        write_json(out / "summary.json", summary)
        write_manifest(out, started=started, kind="published samples")
    skipped = sum(1 for _ in read_jsonl(path)) - len(rows)
    if skipped:
        say(f"graded {len(rows)} answers; {skipped} of tasks that are not built in were left out")
    return summary


def _compare(samples: Sequence[PublishedSample], graded: Sequence[GradedCompletion]) -> dict[str, Any]:
    pairs = list(zip(samples, graded, strict=True))
    verdicts = {name: [item.grades[name].correct for _, item in pairs] for name in ("fixed", "paper")}
    result: dict[str, Any] = {"answers": len(pairs), "published": sum(sample.is_correct for sample, _ in pairs)}
    for name, correct in verdicts.items():
        result[name] = sum(correct)
        result[f"{name}_disagrees"] = [
            sample.problem.id for (sample, _), ours in zip(pairs, correct, strict=True) if ours != sample.is_correct
        ]
    return result


def _read(path: Path) -> dict[str, list[PublishedSample]]:
    samples: dict[str, list[PublishedSample]] = defaultdict(list)
    for row in read_jsonl(path):
        task = "minerva_math" if row["task"].startswith("minerva_math") else row["task"]
        if task in _REFERENCES:
            samples[task].append(_sample(row, task, path))
    if not samples:
        raise DataError(f"{path}: no answers of {' or '.join(_REFERENCES)} in it")
    return samples


def _sample(row: Mapping[str, Any], task: str, path: Path) -> PublishedSample:
    name = f"{row['task']}/{row['index']}"
    solution = html.unescape(row["reference_answer"])
    reference = _REFERENCES[task](solution)
    if reference is None:
        raise DataError(f"{path}: {name}: no answer in the reference solution")
    # The site strips the text: the space before the stop sequence is put back, the grader adds the sequence.
    text = html.unescape(row["model_answer"]) + " "
    problem = Problem(name, html.unescape(row["question"]), reference, solution, subject=row["task"])
    return PublishedSample(problem, Completion(name, 0, "", text, "stop", 0), row["result"] == "Correct")
