"""Step 2 of an evaluation: the verdict on every completion under every scoring profile, and the vote."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

from llemma.grading.verdict import Profile
from llemma.progress import progress
from llemma.records import Completion, Grade, Problem
from llemma.voting import answer_classes


@dataclass(frozen=True, slots=True)
class GradedCompletion:
    """A completion, its reference, and per profile its grade and the class of its answer in the problem's vote.

    Classes are numbered by first appearance among the problem's samples; None: no answer, no vote.
    """

    completion: Completion
    reference: str
    grades: Mapping[str, Grade]
    classes: Mapping[str, int | None]

    def row(self) -> dict[str, Any]:
        """Return it as one line of `completions.jsonl`."""
        grades = {
            name: {**asdict(grade), "vote_class": self.classes[name]} for name, grade in sorted(self.grades.items())
        }
        return {**asdict(self.completion), "reference": self.reference, "grades": grades}


def grade_completions(
    problems: Sequence[Problem],
    completions: Sequence[Completion],
    profiles: Mapping[str, Profile],
    *,
    stop: Sequence[str],
) -> list[GradedCompletion]:
    """Return the graded completions, which must be sorted by problem.

    The stop sequence is put back before the answer is looked for, as the extraction rules expect it.
    """
    by_id = {problem.id: problem for problem in problems}
    graded: list[GradedCompletion] = []
    with progress("grade", len(completions), "completions") as meter:
        for problem_id, group in groupby(completions, key=lambda completion: completion.problem_id):
            samples = list(group)
            graded += _grade_problem(by_id[problem_id], samples, profiles, stop)
            meter.advance(len(samples))
    return graded


def _grade_problem(
    problem: Problem, samples: Sequence[Completion], profiles: Mapping[str, Profile], stop: Sequence[str]
) -> Iterable[GradedCompletion]:
    grades = {
        name: [profile.grade(_with_stop(sample, stop), problem.reference, finish=sample.finish) for sample in samples]
        for name, profile in profiles.items()
    }
    classes = {
        name: answer_classes(
            [grade.answer for grade in grades[name]],
            lambda answer, key, profile=profile: profile.compare(answer, key).equal,  # type: ignore[misc]
        )
        for name, profile in profiles.items()
    }
    for index, sample in enumerate(samples):
        yield GradedCompletion(
            sample,
            problem.reference,
            {name: grades[name][index] for name in profiles},
            {name: classes[name][index] for name in profiles},
        )


def _with_stop(sample: Completion, stop: Sequence[str]) -> str:
    return sample.text + stop[0] if stop and sample.finish == "stop" else sample.text
