"""What a prover is: something that checks whole proofs, and steps through them tactic by tactic.

A proof that is wrong, too slow or that kills the prover is a result with a status. An exception is trouble of this
machine: no runtime, no memory to start a process.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from llemma.records import Theorem

STANDARD_AXIOMS = ("propext", "Classical.choice", "Quot.sound")
"""The axioms that every mathematician's Lean allows."""

Status = Literal["proved", "rejected", "timed_out", "crashed"]


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the proof text: `line` counts from 1, `column` counts code points from 0."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Message:
    """What the prover said about a proof; `position` is None for what concerns the statement or the whole."""

    severity: Literal["error", "warning", "information"]
    text: str
    position: Position | None = None


@dataclass(frozen=True, slots=True)
class Proved:
    """The statement is proved. `axioms` are those that it rests on, `library` counts what it uses of the library."""

    axioms: tuple[str, ...] = ()
    library: int = 0
    status: Literal["proved"] = "proved"
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Rejected:
    """Not a proof. `reason` is one line; `position` is that of the first error in the proof, if it has one."""

    reason: str
    messages: tuple[Message, ...] = ()
    position: Position | None = None
    status: Literal["rejected"] = "rejected"


@dataclass(frozen=True, slots=True)
class TimedOut:
    """The time limit came first; the process was killed."""

    limit_s: float
    status: Literal["timed_out"] = "timed_out"

    @property
    def reason(self) -> str:
        """One line that says so."""
        return f"no answer within {self.limit_s:g} s"


@dataclass(frozen=True, slots=True)
class Crashed:
    """The prover's process died of this input: out of memory, out of stack, a fault."""

    reason: str
    status: Literal["crashed"] = "crashed"


Verdict = Proved | Rejected | TimedOut | Crashed


@dataclass(frozen=True, slots=True)
class Open:
    """A tactic state with goals left, reached from the theorem by `tactics`."""

    theorem: Theorem
    tactics: tuple[str, ...]
    goals: tuple[str, ...]

    @property
    def text(self) -> str:
        """The goals as Lean prints them, divided by blank lines: what models read."""
        return "\n\n".join(self.goals)


@dataclass(frozen=True, slots=True)
class Closed:
    """No goals are left after `tactics`. Not yet a proof: `check` says whether it is one."""

    theorem: Theorem
    tactics: tuple[str, ...]


Step = Open | Closed | Rejected | TimedOut | Crashed


class Prover(Protocol):
    """Checks proofs and steps through them. Calls from several threads at once are served in parallel."""

    def identity(self) -> Mapping[str, Any]:
        """What verdicts depend on: prover, version, imports, options, limits, allowed axioms."""

    def check(self, theorem: Theorem, proof: str) -> Verdict:
        """Return the verdict on `proof`: a term, or `by` and tactics."""

    def check_all(self, pairs: Iterable[tuple[Theorem, str]]) -> Iterator[Verdict]:
        """Yield the verdict on every pair, in order, checking as many at once as there are processes."""

    def start(self, theorem: Theorem) -> Open | Rejected | TimedOut | Crashed:
        """Return the theorem's first tactic state, `Rejected` when the statement is not one."""

    def steps(self, state: Open, tactics: Sequence[str]) -> list[Step]:
        """Return what each of `tactics`, tried on its own, makes of `state`; in order."""

    def close(self) -> None:
        """End every process."""
