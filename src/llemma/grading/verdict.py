"""What a comparison says, and a scoring profile: how one benchmark turns a completion into a grade."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass

from llemma.grading.policy import Policy
from llemma.records import Finish, Grade, Status


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an answer equals a reference, which stage decided, and why.

    `status` is None for an ordinary yes or no; "unparsable" or "timed_out" say why a no is not a considered one.
    """

    equal: bool
    stage: str
    reason: str = ""
    status: Status | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """How one benchmark grades: find the answer in a completion, then compare it with the reference.

    `extract` sees the completion with its stop sequence put back when the model wrote it. `compare` takes
    (answer, reference); in a vote it takes (answer, key of a class). `buckets`, when there is one, is for the vote:
    answers that share no bucket are not equal (see `voting.answer_classes`). `policy` is that of the toolkit's own
    comparison, None where another decides. `grader`, when there is one, grades instead, because what it looks for in
    a completion depends on the reference; it is called as grader(text, reference, finish=finish).
    """

    name: str
    extract: Callable[[str], str | None]
    compare: Callable[[str, str], Verdict]
    reference: Callable[[str], str] = str
    buckets: Callable[[str], Iterable[Hashable]] | None = None
    policy: Policy | None = None
    grader: Callable[..., Grade] | None = None

    def grade(self, text: str, reference: str, *, finish: Finish = "stop") -> Grade:
        """Return the grade of one completion."""
        if self.grader is not None:
            return self.grader(text, reference, finish=finish)
        answer = self.extract(text)
        if answer is None:
            return no_answer(finish)
        verdict = self.compare(answer, self.reference(reference))
        status: Status = "correct" if verdict.equal else verdict.status or "wrong"
        reason = f"{verdict.stage}: {verdict.reason}" if verdict.reason else verdict.stage
        return Grade(verdict.equal, answer, status, reason)


def no_answer(finish: Finish) -> Grade:
    """Return the grade of a completion in which no answer was found."""
    if finish == "length":
        return Grade(False, None, "cut_off", "extract: the token limit came before an answer")
    return Grade(False, None, "no_answer", "extract: no answer in the expected form")
