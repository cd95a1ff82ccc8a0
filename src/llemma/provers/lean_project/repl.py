"""Tactic states of a Lean project, from the community's REPL by way of the package `lean-interact`.

Not tried with a real REPL on the machines where this was written: the tests use a process that speaks its JSON. A
state is only ever a suggestion of where a proof may go; whole proofs are checked as files.
"""

import contextlib
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from llemma.errors import MissingPackageError, UserError
from llemma.provers.base import Closed, Crashed, Open, Rejected, Step, TimedOut
from llemma.provers.lean_project.lake import Lake
from llemma.provers.lean_project.screen import Candidate, RefusedError, screened
from llemma.records import Theorem

START_S = 600.0
"""Time for the imports; Mathlib takes long when its files are not in memory yet."""

RECYCLE_REQUESTS = 4_000
"""Requests before a fresh process takes over: the REPL keeps every state for ever."""

_Key = tuple[Theorem, tuple[str, ...]]


class _FailedError(Exception):
    """There is no state; `result` says why."""

    def __init__(self, result: Rejected | TimedOut | Crashed) -> None:
        super().__init__(result.reason)
        self.result = result


class Repls:
    """Up to `processes` REPLs, started when they are needed. A step goes to one that knows the state, if it is free."""

    def __init__(self, lake: Lake, header: str, *, repl: Path | None, processes: int, timeout_s: float) -> None:
        self._sessions = [_Session(lake, header, repl=repl, timeout_s=timeout_s) for _ in range(processes)]
        self._free = list(self._sessions)
        self._freed = threading.Condition()

    def start(self, theorem: Theorem, candidate: Candidate) -> Open | Rejected | TimedOut | Crashed:
        """Return the first state of a theorem."""
        with self._taken((theorem, ())) as session:
            try:
                return session.open(theorem, candidate)
            except _FailedError as failed:
                return failed.result

    def steps(self, state: Open, candidate: Candidate, tactics: Sequence[str]) -> list[Step]:
        """Return what each tactic makes of the state. A process that dies of one is replaced for the next."""
        return [self._step(state, candidate, tactic) for tactic in tactics]

    def close(self) -> None:
        """End every process."""
        for session in self._sessions:
            session.kill()

    def _step(self, state: Open, candidate: Candidate, tactic: str) -> Step:
        try:
            text = screened(tactic)
        except RefusedError as error:
            return Rejected(str(error))
        with self._taken((state.theorem, state.tactics)) as session:
            try:
                return session.step(state, candidate, tactic, text)
            except _FailedError as failed:
                return failed.result

    @contextlib.contextmanager
    def _taken(self, key: _Key) -> Iterator["_Session"]:
        with self._freed:
            self._freed.wait_for(lambda: self._free)
            session = next((each for each in self._free if key in each.known), self._free[-1])
            self._free.remove(session)
        try:
            yield session
        finally:
            with self._freed:
                self._free.append(session)
                self._freed.notify()


class _Session:
    """One REPL. `known` are the numbers of the states it has; what it does not know is played again from the start."""

    def __init__(self, lake: Lake, header: str, *, repl: Path | None, timeout_s: float) -> None:
        self._lake, self._header, self._repl, self._timeout_s = lake, header, repl, timeout_s
        self._server: Any = None
        self._environment = self._requests = 0
        self.known: dict[_Key, int] = {}

    def open(self, theorem: Theorem, candidate: Candidate) -> Open:
        """Return the first state; raises _FailedError."""
        statement = f"theorem {candidate.name} {candidate.binders} : ({candidate.proposition}\n) := by sorry"
        self._ready()
        answer = self._ask({"cmd": f"{candidate.prelude}\n{statement}", "env": self._environment})
        states = answer.get("sorries", [])
        if error := _error(answer):
            raise _FailedError(Rejected(f"bad statement: {error}"))
        if len(states) != 1:
            raise _FailedError(Rejected("bad statement: it is not one theorem"))
        self.known[theorem, ()] = states[0]["proofState"]
        return Open(theorem, (), (states[0]["goal"],))

    def step(self, state: Open, candidate: Candidate, tactic: str, text: str) -> Step:
        """Return what a tactic makes of a state; `text` is what Lean gets of it. Raises _FailedError."""
        self._ready()
        answer = self._ask({"tactic": text, "proofState": self._number(state, candidate)})
        if error := _error(answer):
            return Rejected(error)
        tactics = (*state.tactics, tactic)
        if answer["goals"]:
            self.known[state.theorem, tactics] = answer["proofState"]
            return Open(state.theorem, tactics, tuple(answer["goals"]))
        if answer.get("proofStatus", "Completed") != "Completed":
            return Rejected(answer["proofStatus"])
        return Closed(state.theorem, tactics)

    def kill(self) -> None:
        """End the process; the next request starts another."""
        if self._server is not None:
            self._server.kill()
        self._server = None
        self.known.clear()

    def _number(self, state: Open, candidate: Candidate) -> int:
        """Return the number of a state, playing it again where this process has not seen it."""
        if (state.theorem, state.tactics) not in self.known:
            again: Step = self.open(state.theorem, candidate)
            for tactic in state.tactics:
                if isinstance(again, Open):
                    again = self.step(again, candidate, tactic, screened(tactic))
            if not isinstance(again, Open):
                raise _FailedError(Crashed("the tactics of this state do not lead to it again"))
        return self.known[state.theorem, state.tactics]

    def _ready(self) -> None:
        """Start a process where there is none, or the last one is worn out."""
        if self._server is not None and self._requests >= RECYCLE_REQUESTS:
            self.kill()
        if self._server is None:
            self._server, self._requests = _open_server(self._lake, self._repl), 0
            answer = self._ask({"cmd": self._header}, timeout_s=START_S)
            if error := _error(answer):
                self.kill()
                raise UserError(f"{self._lake.folder}: {error}. Build the project: lake build")
            self._environment = answer["env"]

    def _ask(self, request: Mapping[str, Any], *, timeout_s: float | None = None) -> dict[str, Any]:
        self._requests += 1
        limit_s = timeout_s or self._timeout_s
        try:
            answer: dict[str, Any] = self._server.run_dict(dict(request), timeout=limit_s)
        except TimeoutError as error:
            self.kill()
            raise _FailedError(TimedOut(limit_s)) from error
        except (ConnectionError, ChildProcessError, ValueError) as error:  # it ended, or what it wrote is no JSON
            self.kill()
            raise _FailedError(Crashed("the REPL ended, or wrote what is not JSON")) from error
        return answer


def _error(answer: Mapping[str, Any]) -> str:
    """Return the first error in one line, "" without one."""
    texts = [message["data"] for message in answer.get("messages", []) if message["severity"] == "error"]
    if "message" in answer:
        texts.append(answer["message"])
    return " ".join(texts[0].split()) if texts else ""


def _open_server(lake: Lake, repl: Path | None) -> Any:
    try:
        from git.exc import GitError
        from lean_interact import LeanREPLConfig, LeanServer, LocalProject
    except ImportError as error:
        raise MissingPackageError("lean-interact", needed_by="tactic states", extra="lean-project") from error
    try:
        project = LocalProject(directory=lake.folder, lake_path=lake.command, auto_build=False)
        config = LeanREPLConfig(project=project, lake_path=lake.command, local_repl_path=repl, build_repl=repl is None)
        return LeanServer(config)
    except (GitError, OSError, RuntimeError, ValueError, subprocess.SubprocessError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise UserError(f"{lake.folder}: the REPL for {lake.toolchain} cannot be started ({reason})") from error
