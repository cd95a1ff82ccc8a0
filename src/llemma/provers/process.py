"""One child process that answers JSON lines, a request at a time, under limits of time and memory."""

import contextlib
import os
import resource
import select
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import orjson

ANSWER_BYTES = 256 << 20
"""Longest answer line."""

_LOOK_S = 0.25
"""How often the memory is looked at. What grows faster needs a limit of the kernel's as well, from its launcher."""

_EXIT_S = 1.0
"""How long a child that has closed its pipes may take to end, which gives its exit code."""

_LAST_WORDS_BYTES = 2048
_PIECE_BYTES = 1 << 16
_PAGE_BYTES = resource.getpagesize()


class ProcessTimedOut(Exception):  # noqa: N818 - named like the result `TimedOut`
    """There was no answer within the limit; nothing is left of the process."""


class ProcessDied(Exception):  # noqa: N818 - named like `ProcessTimedOut`
    """The process ended, used too much memory or broke the protocol; nothing is left of it.

    `reason` is one line and ends with its last words on stderr.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class JsonProcess:
    """A child in a session of its own, killed with all its descendants as soon as anything goes wrong.

    A descendant in another session is not found when its parent has ended before.
    `kill` may be called from any thread, all else from one at a time. When this process is itself killed, the child
    finds its input ended and its output broken, which does not stop a child that is busy for ever: a launcher has to
    set PR_SET_PDEATHSIG, because code of ours between fork and exec is not safe beside threads. The kernel sends that
    signal when the *thread* ends that started the child, so start it in a thread that lives as long.
    """

    def __init__(
        self, command: Sequence[str], *, environment: Mapping[str, str], memory_mb: int, start_timeout_s: float
    ) -> None:
        """Start the child and wait for its first line, the greeting.

        Raises OSError if it cannot be started, and what `ask` raises.
        """
        self._limit_mb = memory_mb
        self._looked = 0.0
        self._last_words = b""
        self._is_killed = False
        self._asking, self._ending = threading.RLock(), threading.Lock()
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=pipe, bufsize=0, cwd="/", env=environment, start_new_session=True
        )
        self._stdin, self._stdout, self._stderr = map(_unblocked, _pipes(self._process))
        self.greeting = self._exchange(b"", start_timeout_s)
        self._hear_last_words()
        self._last_words = b""  # of the start: they do not tell why a request ended it

    @property
    def is_alive(self) -> bool:
        """True when the child can be asked: its output is open, and it has written nothing since its last answer."""
        return not self._is_killed and not _poller(self._stdout).poll(0)

    def ask(self, request: Mapping[str, Any], *, timeout_s: float) -> dict[str, Any]:
        """Return the answer to one request; the limit covers the writing too.

        Raises ProcessTimedOut and ProcessDied, after which nothing is left of the process.
        """
        return self._exchange(orjson.dumps(request) + b"\n", timeout_s)

    def memory_mb(self) -> int:
        """Return the resident memory of the child and its descendants; 0 on a system without /proc."""
        return sum(map(_resident_bytes, _family(self._process.pid))) >> 20

    def kill(self) -> None:
        """End the child and its descendants; an `ask` of another thread raises ProcessDied."""
        with self._ending:
            if not self._is_killed:
                self._is_killed = True
                _kill_family(self._process.pid)
                self._process.wait()
        with self._asking:
            for pipe in _pipes(self._process):
                pipe.close()

    def _exchange(self, request: bytes, timeout_s: float) -> dict[str, Any]:
        with self._asking:
            if self._is_killed:
                raise ProcessDied("was closed before")
            try:
                return _read_object(self._transfer(request, time.monotonic() + timeout_s))
            except ProcessDied as death:
                self._hear_last_words()
                self.kill()
                words = " ".join(self._last_words.decode(errors="replace").split())
                raise ProcessDied(f"{death.reason}: {words}" if words else death.reason) from death
            except BaseException:  # the time is over; or Ctrl-C, and the next answer would not be to the next request
                self.kill()
                raise

    def _transfer(self, request: bytes, deadline: float) -> bytes:
        """Write the request and read a line. Each pipe is served when it is ready, so that no side waits for ever."""
        poller = _poller(self._stdout, self._stderr)
        if request:
            poller.register(self._stdin, select.POLLOUT)
        unsent, answer = memoryview(request), bytearray()
        while not answer.endswith(b"\n"):
            ready = self._wait(poller, deadline)
            if self._stderr in ready and not self._hear_last_words():
                poller.unregister(self._stderr)
            if self._stdout in ready:
                answer += self._read()
                if unsent:
                    raise ProcessDied("wrote without being asked")
                if len(answer) > ANSWER_BYTES:
                    raise ProcessDied(f"answered with more than {ANSWER_BYTES:,} bytes")
            elif self._stdin in ready:
                unsent = unsent[self._write(unsent) :]
                if not unsent:
                    poller.unregister(self._stdin)
        return bytes(answer)

    def _wait(self, poller: select.poll, deadline: float) -> set[int]:
        """Return the pipes that are ready; watch the clock and the memory meanwhile."""
        while True:
            now = time.monotonic()
            if self._is_killed:
                raise ProcessDied("was closed meanwhile")
            if now >= deadline:
                raise ProcessTimedOut("no answer within the time limit")
            if now - self._looked >= _LOOK_S:
                self._looked = now
                self._check_memory()
            if events := poller.poll(1000 * min(deadline - now, _LOOK_S)):
                return {descriptor for descriptor, _ in events}

    def _check_memory(self) -> None:
        used_mb = self.memory_mb()
        if used_mb > self._limit_mb:
            raise ProcessDied(f"used {used_mb:,} MB of memory, more than {self._limit_mb:,} MB")

    def _read(self) -> bytes:
        piece = os.read(self._stdout, _PIECE_BYTES)
        if not piece:
            raise ProcessDied(self._how_it_ended())
        return piece

    def _write(self, data: memoryview) -> int:
        try:
            return os.write(self._stdin, data)
        except BrokenPipeError as error:
            raise ProcessDied(self._how_it_ended()) from error

    def _hear_last_words(self) -> bool:
        """Take what is on stderr. False at its end."""
        try:
            piece = os.read(self._stderr, _PIECE_BYTES)
        except BlockingIOError:
            return True
        self._last_words = (self._last_words + piece)[-_LAST_WORDS_BYTES:]
        return piece != b""

    def _how_it_ended(self) -> str:
        try:
            code = self._process.wait(_EXIT_S)
        except subprocess.TimeoutExpired:
            return "closed its pipes"
        return f"ended with code {code}" if code >= 0 else f"killed by signal {-code} ({signal.strsignal(-code)})"


def _poller(*descriptors: int) -> select.poll:
    poller = select.poll()
    for descriptor in descriptors:
        poller.register(descriptor, select.POLLIN)
    return poller


def _pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes], IO[bytes]]:
    assert process.stdin, "started with a pipe"
    assert process.stdout, "started with a pipe"
    assert process.stderr, "started with a pipe"
    return process.stdin, process.stdout, process.stderr


def _unblocked(pipe: IO[bytes]) -> int:
    os.set_blocking(pipe.fileno(), False)
    return pipe.fileno()


def _read_object(line: bytes) -> dict[str, Any]:
    try:
        answer = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise ProcessDied(f"answered something other than a line of JSON: {error}") from error
    if not isinstance(answer, dict):
        raise ProcessDied("answered something other than an object")
    return answer


def _kill_family(pid: int) -> None:
    """Kill a session and the leader's descendants, which may be in sessions of their own."""
    _, *descendants = _family(pid)
    for kill, number in [(os.killpg, pid), *((os.kill, descendant) for descendant in descendants)]:
        with contextlib.suppress(ProcessLookupError, PermissionError):  # over already, or another user's by now
            kill(number, signal.SIGKILL)


def _family(pid: int) -> Iterator[int]:
    """Yield a process and its descendants, by way of the threads that started them."""
    unvisited = [pid]
    while unvisited:
        parent = unvisited.pop()
        yield parent
        with contextlib.suppress(OSError):  # it has ended meanwhile; or there is no /proc
            for thread in Path(f"/proc/{parent}/task").iterdir():
                unvisited += map(int, _read_text(thread / "children").split())


def _resident_bytes(pid: int) -> int:
    fields = _read_text(Path(f"/proc/{pid}/statm")).split()
    return int(fields[1]) * _PAGE_BYTES if fields else 0


def _read_text(path: Path) -> str:
    """Return the text of a file in /proc, "" when it is not there (any more)."""
    try:
        return path.read_text()
    except OSError:
        return ""
