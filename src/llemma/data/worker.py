"""A process that does one job at a time under guard: killed when a document hangs it, replaced when one crashes it.

A job says at which batch it is (`Watch.beat`). When its process dies, or is silent for too long and is killed, the job
is started again and told which batch is suspect; it goes through that one row by row. A row that its process dies of
once more is a culprit: the job is started again and passes over it. So hostile input costs a few restarts, and one row.
"""

import gc
import os
import pickle
import resource
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any, Protocol

from llemma.errors import LlemmaError, RunFailedError

Facts = dict[str, Any]
"""What a job reports about what it did: JSON."""

Place = tuple[int, int]
"""Batch and row within it, from 0."""


_START_S = 60.0  # for a process to start and to import what its first job needs


@dataclass(frozen=True, slots=True)
class Limits:
    """When a process is killed: after a silence of so long, or by its own hand at so much address space."""

    silence_s: float = 120.0
    memory_mb: int = 16_384


class Watch:
    """How a job says where it is, and hears where an earlier try of it ended."""

    def __init__(
        self,
        send: Callable[[tuple[str, Any]], None] = lambda _: None,
        suspects: frozenset[int] = frozenset(),
        culprits: Mapping[Place, str] | None = None,
    ) -> None:
        self._send = send
        self.suspects = suspects
        self.culprits = culprits or {}

    def beat(self, batch: int, row: int | None = None, *, documents: int = 0) -> None:
        """Say that work on a batch (or on one row of a suspect batch) begins, and how many documents are done."""
        self._send(("beat", (batch, row, documents)))


class Job(Protocol):
    """The work of one shard in one stage: picklable, and the same result however often it is started."""

    @property
    def name(self) -> str:
        """What to call it in messages."""

    def __call__(self, watch: Watch) -> Facts:
        """Do it and return the facts."""


OnBeat = Callable[[int], None]
"""Told how many documents of the running job are done."""


@dataclass(slots=True)
class _Trial:
    """What earlier tries of one job taught."""

    suspects: set[int] = field(default_factory=set)
    culprits: dict[Place, str] = field(default_factory=dict)
    place: tuple[int, int | None] | None = None

    def learn(self, job: Job, reason: str) -> None:
        """Note where the process ended. Raises RunFailedError when no document can be blamed."""
        if self.place is None or (self.place[1] is None and self.place[0] in self.suspects):
            raise RunFailedError(f"{job.name}: its process {reason.replace('_', ' ')} outside of any document")
        batch, row = self.place
        if row is None:
            self.suspects.add(batch)
        else:
            self.culprits[batch, row] = reason
        self.place = None


class Worker:
    """One process, started at the first job and kept for the next ones. Used from one thread, but for `stop`."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._process: subprocess.Popen[bytes] | None = None
        self._pipe: Connection | None = None
        self._lock = threading.Lock()
        self._is_stopped = False

    def run(self, job: Job, on_beat: OnBeat = lambda _: None) -> Facts:
        """Return the facts of a job.

        Raises what the job raised if that is an error of the user's or of the system's, and RunFailedError when it
        cannot be done or the worker is stopped.
        """
        trial = _Trial()
        while True:
            try:
                kind, value = self._try(job, trial, on_beat)
            except BaseException:
                self.close()  # what it has yet to say is about this job
                raise
            if kind == "done":
                facts: Facts = value
                return facts
            if kind == "error":
                raise value
            if self._is_stopped:
                raise RunFailedError(f"{job.name}: stopped")
            trial.learn(job, kind)

    def stop(self) -> None:
        """End the running job, from any thread, and begin no other."""
        with self._lock:
            self._is_stopped = True
            if self._process is not None:
                self._process.kill()

    def close(self) -> None:
        """Kill the process, if there is one."""
        with self._lock:
            if self._process is not None:
                self._process.kill()
                self._process.wait()
            if self._pipe is not None:
                self._pipe.close()
            self._process = self._pipe = None

    def _try(self, job: Job, trial: _Trial, on_beat: OnBeat) -> tuple[str, Any]:
        """Return ("done", facts), ("error", exception), ("timed_out", None) or ("crashed", None)."""
        pipe = self._pipe or self._start()
        with suppress(OSError):  # it is dead: the answer says so
            pipe.send_bytes(pickle.dumps((job, frozenset(trial.suspects), trial.culprits)))
        limit_s = max(_START_S, self._limits.silence_s)
        while True:
            kind, value = self._answer(pipe, limit_s)
            limit_s = self._limits.silence_s
            if kind == "beat":
                batch, row, documents = value
                trial.place = (batch, row)
                on_beat(documents)
            elif kind != "begun":
                return kind, value

    def _answer(self, pipe: Connection, limit_s: float) -> tuple[str, Any]:
        """Return the next message of the process, or that it is no more."""
        reason = "timed_out"
        try:
            if pipe.poll(limit_s):
                message: tuple[str, Any] = pipe.recv()
                return message
        except (EOFError, OSError):
            reason = "crashed"
        self.close()
        return reason, None

    def _start(self) -> Connection:
        with self._lock:
            if self._is_stopped:
                raise RunFailedError("stopped")
            ours, theirs = socket.socketpair()
            arguments = [str(theirs.fileno()), str(self._limits.memory_mb), str(os.getpid())]
            with theirs:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "llemma.data.worker", *arguments],
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                    env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                    process_group=0,  # Ctrl-C in a terminal is for the process that started it
                )
            self._pipe = Connection(ours.detach())
            return self._pipe


def serve(descriptor: int, memory_mb: int, parent: int) -> None:
    """Do the jobs that come through a socket until it is closed, or the parent dies."""
    _end_with(parent)
    resource.setrlimit(resource.RLIMIT_AS, (memory_mb * 2**20, memory_mb * 2**20))
    pipe = Connection(descriptor)
    while True:
        try:
            job, suspects, culprits = pickle.loads(pipe.recv_bytes())
        except EOFError:
            return
        gc.collect()
        gc.freeze()  # what is imported by now is not looked through again and again
        pipe.send(("begun", None))
        pipe.send(_outcome(job, Watch(pipe.send, suspects, culprits)))


def _outcome(job: Job, watch: Watch) -> tuple[str, Any]:
    try:
        return "done", job(watch)
    except MemoryError:
        os._exit(1)  # whatever could be told now would need memory too
    except LlemmaError as error:
        return "error", _picklable(error)
    except OSError as error:
        return "error", error
    except Exception as error:  # noqa: BLE001  a mistake of ours: told where it is seen, and no document is blamed
        traceback.print_exc()
        return "error", RunFailedError(f"{job.name}: {type(error).__name__}: {error}")


def _picklable(error: LlemmaError) -> LlemmaError:
    """Return the error, or as its nearest base that is made of the message alone: another cannot be sent."""
    kind = next(kind for kind in type(error).__mro__ if kind.__init__ is LlemmaError.__init__)  # type: ignore[misc]
    told: LlemmaError = kind(str(error))
    return told


def _end_with(parent: int) -> None:
    if sys.platform == "linux":
        import signal

        from llemma.sandbox import kernel

        kernel.prctl(kernel.PR_SET_PDEATHSIG, int(signal.SIGKILL))
    if os.getppid() != parent:  # it died before
        sys.exit()


if __name__ == "__main__":
    serve(*map(int, sys.argv[1:]))
