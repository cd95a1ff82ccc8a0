"""What crosses between stages: documents, problems, completions and their grades, theorems and attempts at them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

Finish = Literal["stop", "end", "length"]
"""Why a completion ended: a stop sequence, the end-of-text token, or the limit of new tokens."""

Status = Literal["correct", "wrong", "no_answer", "cut_off", "unparsable", "timed_out", "program_failed"]
"""What became of a completion. `cut_off`: no answer because the token limit came first.
`unparsable`: there is an answer and nobody can say what it means. `timed_out`: comparing, or its program, took too
long. `program_failed`: its program ended in an error, or did what is forbidden."""

STATUSES: tuple[Status, ...] = get_args(Status)


@dataclass(frozen=True, slots=True)
class Document:
    """One training text."""

    id: str
    text: str
    meta: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Problem:
    """One benchmark item. `reference` is the short answer, `solution` the worked one it was taken from."""

    id: str
    question: str
    reference: str
    solution: str = ""
    subject: str = ""
    level: str = ""


@dataclass(frozen=True, slots=True)
class Completion:
    """What a model wrote for one problem: sample number `sample` (0 is the first) of `problem_id`.

    `text` ends before the stop sequence. `prompt_sha256` is the hash of the exact UTF-8 prompt, `tokens` counts
    generated tokens, `logprob` is the sum of their natural log-probabilities where the engine gave it.
    """

    problem_id: str
    sample: int
    prompt_sha256: str
    text: str
    finish: Finish
    tokens: int
    logprob: float | None = None


@dataclass(frozen=True, slots=True)
class Grade:
    """The verdict on one completion under one scoring profile. `reason` says which rule decided."""

    correct: bool
    answer: str | None
    status: Status
    reason: str


@dataclass(frozen=True, slots=True)
class Theorem:
    """A formal statement to prove. `statement` is what follows the name: binders, a colon, the proposition.

    `prelude` is source that comes before it (definitions, macros, `open`), trusted like the statement itself; `proof`
    is a proof that is known to be right, with its leading `by` or a term, "" where none is known.
    """

    name: str
    statement: str
    prelude: str = ""
    proof: str = ""
    family: str = ""
    level: str = ""


def proof_text(tactics: Iterable[str]) -> str:
    """Return tactics as a proof: `by` and one tactic a line, further lines of a tactic indented below it."""
    return "by\n" + "\n".join("  " + tactic.replace("\n", "\n  ") for tactic in tactics)


AttemptStatus = Literal["solved", "searched", "timed_out", "crashed", "bad_statement"]
"""What became of an attempt: a proof that was checked again from scratch; nothing left to try, or the limit of
expansions; the time limit; trouble of the prover; a statement that the prover does not accept."""

ATTEMPT_STATUSES: tuple[AttemptStatus, ...] = get_args(AttemptStatus)

Outcome = Literal["open", "closed", "duplicate", "rejected", "timed_out", "crashed"]
"""What a tactic (or a whole proof) led to: goals that are left, none left, a state that was there already, an error."""


@dataclass(frozen=True, slots=True)
class Node:
    """One tactic tried in a search. Node 0 is the theorem itself, with an empty tactic and no parent.

    `logprob` is the suggestion's length-normalised log-probability, `cost` minus the sum of these from the root on.
    `state` is the text of the goals where the outcome is "open", `reason` the prover's message where it is an error.
    `expanded` is the place of this node in the order of expansions, None if it was never expanded.
    """

    parent: int | None
    tactic: str
    logprob: float
    cost: float
    outcome: Outcome
    state: str = ""
    reason: str = ""
    expanded: int | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """The whole trace of one attempt at a theorem. `proof` is the text that was checked, "" without one.

    `nodes` are in the order in which they were tried; a node's number is its place. `elapsed_s` is never negative.
    """

    theorem: str
    status: AttemptStatus
    proof: str
    reason: str
    expansions: int
    elapsed_s: float
    nodes: tuple[Node, ...] = ()
