"""Step 3 of an evaluation: accuracy, maj@k and pass@k for every k with their uncertainty, failures by kind."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from llemma.evaluate.grade import GradedCompletion
from llemma.records import STATUSES, Problem
from llemma.voting import bootstrap_interval, class_counts, maj_at_every_k, pass_at_every_k, standard_error

Floats = npt.NDArray[np.float64]

BOOTSTRAP_SEED = 20231016


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over problems at k samples, its standard error and its 95 % bootstrap interval, as fractions."""

    k: int
    mean: float
    stderr: float | None
    low: float
    high: float


def summarize(problems: Sequence[Problem], graded: Sequence[GradedCompletion], profile: str) -> dict[str, Any]:
    """Return the results of one profile; every problem has the same number of samples.

    `accuracy` is the mean over all completions (pass@1), `vote` the accuracy of the majority over all samples, with a
    tie going to the answer that came first. `maj` and `pass` are means over random subsets of k samples.
    """
    by_problem: dict[str, list[GradedCompletion]] = defaultdict(list)
    for item in graded:
        by_problem[item.completion.problem_id].append(item)
    groups = [by_problem[problem.id] for problem in problems]
    samples = len(groups[0])
    majority = np.stack([_maj(group, profile) for group in groups])  # (problems, samples)
    passed = np.stack([pass_at_every_k(_correct(group, profile), samples=samples) for group in groups])
    accuracies = passed[:, 0]
    return {
        "accuracy": float(accuracies.mean()),
        "stderr": _number(float(standard_error(accuracies))),
        "vote": float(np.mean([_vote_is_correct(group, profile) for group in groups])) if samples > 1 else None,
        "maj": _estimates(majority),
        "pass": _estimates(passed),
        "statuses": _statuses(graded, profile),
        "subjects": _breakdown(problems, accuracies, lambda problem: problem.subject),
        "levels": _breakdown(problems, accuracies, lambda problem: problem.level),
    }


def _correct(group: Sequence[GradedCompletion], profile: str) -> int:
    return sum(item.grades[profile].correct for item in group)


def _ballot(group: Sequence[GradedCompletion], profile: str) -> tuple[list[int], list[bool]]:
    """Return the size of each answer class and whether its first answer is correct."""
    classes = [item.classes[profile] for item in group]
    counts = class_counts(classes)
    correct = [group[classes.index(number)].grades[profile].correct for number in range(len(counts))]
    return counts, correct


def _maj(group: Sequence[GradedCompletion], profile: str) -> Floats:
    counts, correct = _ballot(group, profile)
    return maj_at_every_k(counts, correct, samples=len(group))


def _vote_is_correct(group: Sequence[GradedCompletion], profile: str) -> bool:
    counts, correct = _ballot(group, profile)
    return bool(counts) and correct[counts.index(max(counts))]


def _estimates(values: Floats) -> list[dict[str, Any]]:
    """Return an Estimate for each column of (problems, k)."""
    errors = standard_error(values)
    low, high = bootstrap_interval(values, seed=BOOTSTRAP_SEED)
    means = values.mean(axis=0)
    return [
        asdict(Estimate(k + 1, float(means[k]), _number(float(errors[k])), float(low[k]), float(high[k])))
        for k in range(values.shape[1])
    ]


def _statuses(graded: Sequence[GradedCompletion], profile: str) -> dict[str, int]:
    counts = Counter(item.grades[profile].status for item in graded)
    return {status: counts[status] for status in STATUSES}


def _breakdown(problems: Sequence[Problem], accuracies: Floats, key: Callable[[Problem], str]) -> dict[str, Any]:
    groups: dict[str, list[float]] = defaultdict(list)
    for problem, accuracy in zip(problems, accuracies.tolist(), strict=True):
        if key(problem):
            groups[key(problem)].append(accuracy)
    return {
        name: {"problems": len(values), "accuracy": sum(values) / len(values)}
        for name, values in sorted(groups.items())
    }


def _number(value: float) -> float | None:
    """Return None for the NaN that a standard error over one problem is: JSON has no NaN."""
    return None if np.isnan(value) else value
