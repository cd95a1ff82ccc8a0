"""The built-in prover: Lean 4 compiled to WebAssembly. One pool of processes elaborates proofs, another one judges.

A proof is untrusted text. The process that elaborates it is confined, but whatever it says is not believed: it hands
over the declarations that it made, and a process that never saw the proof elaborates the statement by itself and lets
Lean's kernel check every new declaration. See docs/provers.md.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from llemma.errors import UserError
from llemma.provers.base import (
    STANDARD_AXIOMS,
    Closed,
    Crashed,
    Message,
    Open,
    Position,
    Proved,
    Rejected,
    Step,
    TimedOut,
    Verdict,
)
from llemma.provers.lean_wasm.process import LeanProcess, Settings
from llemma.provers.lean_wasm.runtime import Runtime, require_runtime
from llemma.provers.ordered import map_in_order
from llemma.provers.pool import Pool
from llemma.records import Theorem, proof_text

MODULES = ("Init", "Std", "Lean")
"""What can be imported."""

DEFAULT_OPTIONS: Mapping[str, bool | int] = {
    "maxHeartbeats": 200_000,
    "autoImplicit": False,  # else a misspelt name in a statement becomes a variable
}
_ELABORATOR_OPTIONS: Mapping[str, bool | int] = {"debug.skipKernelTC": True}  # the referee's kernel checks instead

TEXT_BYTES = 4 << 20
_AHEAD = 64  # proofs a process, so that one slow proof does not idle the others
_REASON_CHARACTERS = 500
_WARM_UP = ("omega", "simp", "decide", "grind")
_PART = r"(?:[^\W\d][\w'!?₀-₉]*|«[^«»\n]+»)"
_NAME = re.compile(rf"{_PART}(?:\.{_PART})*")

Request = Mapping[str, Any]
Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class FileTheorem:
    """A theorem of a file: its full name, its line (from 1), and the verdict on it."""

    name: str
    line: int
    verdict: Verdict


class LeanWasm:
    """Lean 4.28 with its own library (`Init`, and `Std` or `Lean` by choice), without Mathlib.

    Verdicts are the same whatever was checked before. `timeout_s` is the wall time that one elaboration, and one
    judgement, may take. Raises UserError when Lean is not installed.
    """

    def __init__(
        self,
        runtime: Runtime | None = None,
        *,
        imports: Sequence[str] = ("Init",),
        options: Mapping[str, bool | int] = DEFAULT_OPTIONS,
        axioms: Sequence[str] = STANDARD_AXIOMS,
        timeout_s: float = 30.0,
        processes: int | None = None,
        memory_mb: int = 3000,
        unsafe: bool = False,
    ) -> None:
        self._runtime = runtime or require_runtime()
        self._imports = tuple(imports)
        self._options = dict(options)
        self._axioms = tuple(axioms)
        self._timeout_s = timeout_s
        self.processes = processes or len(os.sched_getaffinity(0))
        referee = Settings(self._runtime, self._options, memory_mb, unsafe)
        elaborator = Settings(self._runtime, {**self._options, **_ELABORATOR_OPTIONS}, memory_mb, unsafe)
        self._elaborators: Pool[tuple[str, ...], Request, Answer] = Pool(
            lambda imports: _started(elaborator, imports), self.processes
        )
        self._referees: Pool[tuple[str, ...], Request, Answer] = Pool(
            lambda imports: LeanProcess(referee, imports), (self.processes + 1) // 2
        )

    def identity(self) -> Mapping[str, Any]:
        """Return what verdicts depend on."""
        return {
            "prover": "lean_wasm",
            "lean": self._runtime.version,
            "package_sha256": self._runtime.sha256,
            "imports": list(self._imports),
            "options": self._options,
            "axioms": list(self._axioms),
            "timeout_s": self._timeout_s,
        }

    def check(self, theorem: Theorem, proof: str) -> Verdict:
        """Return the verdict on `proof`: a term, or `by` and tactics."""
        refused = _unreadable(theorem, proof)
        if refused is not None:
            return refused
        answer = self._elaborate({"do": "elaborate", **_stated(theorem), "proof": proof}, theorem)
        if not isinstance(answer, dict):
            return answer
        if "bundle" not in answer:
            return _rejected(answer)
        return self._judge({**_stated(theorem), "bundle": answer["bundle"]}, self._imports)

    def check_all(self, pairs: Iterable[tuple[Theorem, str]]) -> Iterator[Verdict]:
        """Yield the verdict on every pair, in order, checking as many at once as there are processes."""
        threads, ahead = 2 * self.processes, _AHEAD * self.processes
        return map_in_order(lambda pair: self.check(*pair), pairs, threads=threads, ahead=ahead)

    def check_file(self, source: str, *, imports: Sequence[str] | None = None) -> list[FileTheorem]:
        """Return the verdict on every theorem of a Lean file without its import lines, in their order.

        What stands between the theorems is trusted no more than they are: it is data for the kernel as well. A
        statement that is one without the rest of the file must mean the same with it.
        """
        modules = tuple(imports or self._imports)
        answer = self._read(source, modules, timeout_s=self._timeout_s * max(1, source.count("theorem")))
        if not isinstance(answer, dict):
            return [FileTheorem("", 1, answer)]
        text = source.encode()
        return [FileTheorem(row["name"], row["line"], self._verdict(text, row, modules)) for row in answer["theorems"]]

    def theorems_in(self, source: str) -> list[Theorem]:
        """Return the theorems of a Lean file without import lines, each with all that stands before it as its prelude.

        Their proofs are left out. Raises UserError when Lean cannot read the file.
        """
        answer = self._read(source, self._imports)
        if not isinstance(answer, dict):
            raise UserError(f"Lean cannot read the file: {answer.reason}")
        return [_theorem_of(source.encode(), row) for row in answer["theorems"]]

    def messages(
        self, source: str, *, imports: Sequence[str] | None = None
    ) -> list[dict[str, Any]] | Rejected | TimedOut | Crashed:
        """Return what Lean says about a file without import lines: its own JSON messages, with places in the file.

        All of the file is elaborated, also what a proof must not use. `Rejected` when it is not text for Lean at all.
        """
        answer = self._read(source, tuple(imports or self._imports), is_trusted=True)
        return answer["messages"] if isinstance(answer, dict) else answer

    def start(self, theorem: Theorem) -> Open | Rejected | TimedOut | Crashed:
        """Return the theorem's first tactic state, `Rejected` when the statement is not one."""
        first = _step(theorem, (), self._submit_step(theorem, ()).result())
        assert not isinstance(first, Closed), "a statement begins with a goal"
        return first

    def steps(self, state: Open, tactics: Sequence[str]) -> list[Step]:
        """Return what each of `tactics`, tried on its own, makes of `state`; in order."""
        theorem = state.theorem
        waiting = [self._submit_step(theorem, (*state.tactics, tactic)) for tactic in tactics]
        return [
            _step(theorem, (*state.tactics, tactic), future.result())
            for tactic, future in zip(tactics, waiting, strict=True)
        ]

    def trace(self, theorem: Theorem, tactics: Sequence[str]) -> list[Open] | Rejected | TimedOut | Crashed:
        """Return the state before each of some tactics that together leave no goal, all in one run.

        `Rejected` when one of them fails or goals are left.
        """
        answer = self._submit_step(theorem, tuple(tactics)).result()
        if not isinstance(answer, dict):
            return answer
        if "goals" not in answer:
            return _rejected(answer)
        *before, after = answer["goals"]
        if after:
            return Rejected(f"a goal is left after the last tactic: {after[0]}")
        return [Open(theorem, tuple(tactics[:number]), tuple(goals)) for number, goals in enumerate(before)]

    def close(self) -> None:
        """End every process."""
        self._elaborators.close()
        self._referees.close()

    def __enter__(self) -> "LeanWasm":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _elaborate(self, request: Request, client: Theorem) -> Answer | TimedOut | Crashed:
        return self._elaborators.ask(self._imports, request, timeout_s=self._timeout_s, client=client)

    def _read(
        self, source: str, imports: tuple[str, ...], *, timeout_s: float | None = None, is_trusted: bool = False
    ) -> Answer | Rejected | TimedOut | Crashed:
        trouble = _trouble("file", source)
        if trouble:
            return Rejected(trouble)
        request = {"do": "file", "source": source, "trusted": is_trusted}
        return self._elaborators.ask(imports, request, timeout_s=timeout_s or self._timeout_s)

    def _judge(self, case: Request, imports: tuple[str, ...]) -> Verdict:
        request = {"do": "referee", **case, "axioms": self._axioms}
        answer = self._referees.ask(imports, request, timeout_s=self._timeout_s)
        if not isinstance(answer, dict):
            return answer
        if answer.get("proved") is True:
            return Proved(tuple(answer["axioms"]), answer["library"])
        return _rejected(answer)

    def _verdict(self, source: bytes, row: Mapping[str, Any], imports: tuple[str, ...]) -> Verdict:
        if "bundle" not in row:
            return _rejected(row)
        begin, end = row["statement"]
        stated = {"name": row["name"], "statement": source[begin:end].decode(), "prelude": ""}
        return self._judge({**stated, "bundle": row["bundle"], "isOfFile": True}, imports)

    def _submit_step(
        self, theorem: Theorem, tactics: tuple[str, ...]
    ) -> Future[Answer | TimedOut | Crashed] | Future[Rejected]:
        refused = _unreadable(theorem, proof_text(tactics))
        if refused is not None:
            known = Future[Rejected]()
            known.set_result(refused)
            return known
        request = {"do": "steps", **_stated(theorem), "tactics": tactics}
        return self._elaborators.submit(self._imports, request, timeout_s=self._timeout_s, client=theorem)


def _started(settings: Settings, imports: tuple[str, ...]) -> LeanProcess:
    """Return a process that has used the slow tactics once: their first use takes most of a second each."""
    process = LeanProcess(settings, imports)
    stated = _stated(Theorem("warm_up", ": 1 + 1 = 2"))
    for tactic in _WARM_UP:
        process.ask({"do": "elaborate", **stated, "proof": f"by {tactic}"}, 60.0)
    return process


def _stated(theorem: Theorem) -> Request:
    return {"name": theorem.name, "statement": theorem.statement, "prelude": theorem.prelude}


def _unreadable(theorem: Theorem, proof: str) -> Rejected | None:
    """Return why these texts cannot be given to Lean at all."""
    if not _NAME.fullmatch(theorem.name):
        return Rejected(f"{theorem.name[:60]!r} is not a name")
    for what, text in (("statement", theorem.statement), ("proof", proof), ("prelude", theorem.prelude)):
        if trouble := _trouble(what, text):
            return Rejected(trouble)
    return Rejected("the proof is empty") if not proof.strip() else None


def _trouble(what: str, text: str) -> str:
    """Return why a text cannot be given to Lean, "" if it can."""
    if "\0" in text:
        return f"the {what} has a NUL character in it"
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        return f"the {what} is not Unicode text: it has half of a surrogate pair in it"
    return f"the {what} has {size:,} bytes, more than {TEXT_BYTES:,}" if size > TEXT_BYTES else ""


def _theorem_of(source: bytes, row: Mapping[str, Any]) -> Theorem:
    begin, end = row["statement"]
    return Theorem(row["written"], source[begin:end].decode().strip(), prelude=source[: row["begin"]].decode())


def _rejected(answer: Mapping[str, Any]) -> Rejected:
    reason = " ".join(str(answer.get("rejected", "no answer")).split())
    messages = tuple(_message(message) for message in answer.get("messages") or ())
    return Rejected(_cut(reason), messages, _position(answer.get("position")))


def _message(message: Mapping[str, Any]) -> Message:
    return Message(message["severity"], message["data"], _position(message["position"]))


def _position(place: Mapping[str, int] | None) -> Position | None:
    return Position(place["line"], place["column"]) if place else None


def _cut(reason: str) -> str:
    return reason if len(reason) <= _REASON_CHARACTERS else reason[: _REASON_CHARACTERS - 1] + "…"


def _step(theorem: Theorem, tactics: tuple[str, ...], answer: Answer | TimedOut | Crashed | Rejected) -> Step:
    if not isinstance(answer, dict):
        return answer
    if "goals" not in answer:
        return _rejected(answer)
    goals = tuple(answer["goals"][-1])
    return Open(theorem, tactics, goals) if goals else Closed(theorem, tactics)
