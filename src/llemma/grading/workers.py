"""Killable worker processes: SymPy runs in them, under a wall limit that also stops C code."""

import atexit
import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PROGRAM = Path(__file__).with_name("sympy_worker.py")
START_LIMIT_S = 60.0
"""A worker must have imported SymPy by then; a loaded machine may need many seconds."""


class WorkerError(Exception):
    """The worker gave no answer to a request. Never seen by users: graders turn it into a verdict."""


class WorkerTimeoutError(WorkerError):
    """The worker was killed at the wall limit."""


class WorkerDiedError(WorkerError):
    """The worker ended by itself, for instance at its memory limit."""


class Worker:
    """One child process that answers one request at a time. Not thread-safe: take it from a `WorkerPool`."""

    def __init__(self, *, memory_mb: int) -> None:
        command = [sys.executable, "-P", str(PROGRAM), str(memory_mb)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.alive = True
        self._exchange(None, START_LIMIT_S)  # the child says hello when SymPy is imported

    def call(self, operation: str, *arguments: str, timeout_s: float) -> Any:
        """Return the worker's answer. Raises WorkerTimeoutError or WorkerDiedError; the worker is then unusable."""
        request = {"operation": operation, "arguments": arguments, "timeout_s": timeout_s}
        return self._exchange(json.dumps(request), timeout_s)

    def close(self) -> None:
        """Kill the process and wait for its end."""
        self.alive = False
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):  # a request was still in the buffer
                    pipe.close()

    def _exchange(self, request: str | None, timeout_s: float) -> Any:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None, "the worker was started with a pipe"
        assert stdout is not None, "the worker was started with a pipe"
        expired = threading.Event()
        deadline = threading.Timer(timeout_s, self._expire, [expired])
        deadline.daemon = True
        deadline.start()
        try:
            if request is not None:
                stdin.write(request + "\n")
                stdin.flush()
            line = stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            deadline.cancel()
            deadline.join()
        if line.endswith("\n") and not expired.is_set():
            return json.loads(line)
        self.close()
        if expired.is_set():
            raise WorkerTimeoutError(f"killed after {timeout_s:g} s")
        raise WorkerDiedError(f"the worker process ended with status {self._process.returncode}")

    def _expire(self, expired: threading.Event) -> None:
        expired.set()
        self._process.kill()


class WorkerPool:
    """Workers that are started when first needed and kept. Thread-safe; a forked child starts its own.

    At most `size` requests run at once; further callers wait for a free worker.
    """

    def __init__(self, *, size: int = 2, memory_mb: int = 1024) -> None:
        self._size = size
        self._memory_mb = memory_mb
        self._hooked = False
        self._guard: threading.Lock
        self._free: threading.BoundedSemaphore
        self._idle: list[Worker]
        self._all: list[Worker]
        self._forget()

    @contextlib.contextmanager
    def worker(self) -> Iterator[Worker]:
        """Lend a worker to the calling thread."""
        with self._free:
            with self._guard:
                worker = self._idle.pop() if self._idle else None
            if worker is None:
                worker = self._start()
            try:
                yield worker
            finally:
                with self._guard:
                    if worker.alive:
                        self._idle.append(worker)
                    else:
                        self._all.remove(worker)

    def close(self) -> None:
        """Kill all workers. The pool can be used again."""
        with self._guard:
            workers, self._all, self._idle = self._all, [], []
        for worker in workers:
            worker.close()

    def _start(self) -> Worker:
        with self._guard:
            if not self._hooked:
                self._hooked = True
                atexit.register(self.close)
                if hasattr(os, "register_at_fork"):
                    os.register_at_fork(after_in_child=self._forget)
        worker = Worker(memory_mb=self._memory_mb)
        with self._guard:
            self._all.append(worker)
        return worker

    def _forget(self) -> None:
        """Start afresh: in a forked child the workers are the parent's, and a lock may be held by a thread of it."""
        self._guard = threading.Lock()
        self._free = threading.BoundedSemaphore(self._size)
        self._idle, self._all = [], []


SYMPY_POOL = WorkerPool()
"""The pool that all graders of this process share."""
