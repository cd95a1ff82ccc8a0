"""Several worker processes behind one fair queue: reused by key, replaced when they die, results in order."""

import atexit
import contextlib
import functools
import itertools
import threading
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from llemma.errors import RunFailedError
from llemma.provers.base import Crashed, TimedOut
from llemma.provers.process import ProcessDied, ProcessTimedOut

WINDOW = 1000
"""How many requests `map` is ahead of its oldest one without a result: one slow request must not idle the others."""

PATIENCE = 50
"""How often a request may be passed over for one that needs no restart, which takes about as long as 50 requests."""

_STARTS = 3
_TRIES = 2

Key = TypeVar("Key", bound=Hashable)
Request = TypeVar("Request")
Answer = TypeVar("Answer")
RequestIn = TypeVar("RequestIn", contravariant=True)
AnswerOut = TypeVar("AnswerOut", covariant=True)


class Worker(Protocol[RequestIn, AnswerOut]):
    """What a pool holds N of, most likely a `JsonProcess` or two. Started and asked in one and the same thread."""

    @property
    def is_worn(self) -> bool:
        """True when the next request needs another: this one has died, served too many, holds too much memory."""

    def ask(self, request: RequestIn, timeout_s: float) -> AnswerOut:
        """Return the answer. Raises ProcessTimedOut and ProcessDied."""

    def close(self) -> None:
        """End it. Called from any thread, also twice, also during `ask`, which then raises ProcessDied."""


@dataclass(slots=True, eq=False)
class _Job(Generic[Key, Request, Answer]):
    key: Key
    request: Request
    timeout_s: float
    future: Future[Answer | TimedOut | Crashed] = field(default_factory=Future)
    passed_over: int = 0


class _Slot(Generic[Key, Request, Answer]):
    """A thread's place for one worker. `key` is that of the worker, or of the one that is being started.

    `job` and `worker` change under the pool's lock, `worker` and `key` in the slot's own thread.
    """

    def __init__(self, lock: threading.Lock) -> None:
        self.woken = threading.Condition(lock)
        self.thread: threading.Thread | None = None
        self.worker: Worker[Request, Answer] | None = None
        self.key: Key | None = None
        self.job: _Job[Key, Request, Answer] | None = None


class Pool(Generic[Key, Request, Answer]):
    """N workers, each started by the first request that finds no other and kept for requests of the same key.

    A request that a worker dies of is tried once more on a fresh one; only a second death makes it `Crashed`. A
    time-out is final. Clients are served in turn; first come, first served within one, but for requests that another
    key passes over (`PATIENCE`). Safe from several threads. Whatever is left at the interpreter's end is closed then.
    """

    def __init__(self, start: Callable[[Key], Worker[Request, Answer]], processes: int) -> None:
        """`start` returns a worker that is ready for requests of a key."""
        self._start = start
        self._lock = threading.Lock()
        self._is_closed = False
        self._waiting = _FairQueue[Key, Request, Answer]()
        self._slots = [_Slot[Key, Request, Answer](self._lock) for _ in range(processes)]
        self._idle = list(self._slots)  # the least recently used first
        atexit.register(self.close)

    def __enter__(self) -> "Pool[Key, Request, Answer]":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def submit(
        self, key: Key, request: Request, *, timeout_s: float, client: Hashable = None
    ) -> Future[Answer | TimedOut | Crashed]:
        """Return a future answer; it raises what `start` raises, and CancelledError when the pool is closed first."""
        job = _Job[Key, Request, Answer](key, request, timeout_s)
        with self._lock:
            if self._is_closed:
                job.future.cancel()
            elif self._idle:
                self._hand_over(job)
            else:
                self._waiting.add(client, job)
        return job.future

    def ask(
        self, key: Key, request: Request, *, timeout_s: float, client: Hashable = None
    ) -> Answer | TimedOut | Crashed:
        """Return the answer to one request."""
        future = self.submit(key, request, timeout_s=timeout_s, client=client)
        try:
            return future.result()
        finally:
            future.cancel()  # of use when the wait was interrupted

    def map(
        self, requests: Iterable[tuple[Key, Request]], *, timeout_s: float
    ) -> Iterator[Answer | TimedOut | Crashed]:
        """Yield the answers in order, reading at most `WINDOW` requests ahead. Each call is a client of its own."""
        client = object()
        pending: deque[Future[Answer | TimedOut | Crashed]] = deque()
        try:
            for key, request in requests:
                pending.append(self.submit(key, request, timeout_s=timeout_s, client=client))
                while pending and (pending[0].done() or len(pending) >= WINDOW):
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            for future in pending:
                future.cancel()

    def close(self) -> None:
        """Kill the workers, cancel what they were doing and what waits, and wait for the threads to end.

        A worker that is just starting is closed when it has started.
        """
        with self._lock:
            self._is_closed = True
            abandoned = [*self._waiting.drain(), *(slot.job for slot in self._slots if slot.job)]
            workers = [slot.worker for slot in self._slots if slot.worker]
            threads = [slot.thread for slot in self._slots if slot.thread]
            for slot in self._slots:
                slot.woken.notify()
        for job in abandoned:
            job.future.cancel()
        for worker in workers:
            worker.close()
        for thread in threads:
            thread.join()
        atexit.unregister(self.close)

    def _hand_over(self, job: _Job[Key, Request, Answer]) -> None:
        """Give a job to the idle slot with a worker for it, else to an empty one, else to the one idle for longest."""
        slot = min(self._idle, key=lambda slot: (slot.key != job.key, slot.worker is not None))
        self._idle.remove(slot)
        slot.job = job
        if slot.thread is None:
            slot.thread = threading.Thread(target=self._serve, args=[slot], name="prover", daemon=True)
            slot.thread.start()
        slot.woken.notify()

    def _serve(self, slot: _Slot[Key, Request, Answer]) -> None:
        while job := self._next_job(slot):
            deliver = self._work(slot, job) if job.future.set_running_or_notify_cancel() else None
            self._free(slot)
            if deliver:
                deliver()  # after `_free`: who asks again at once finds this worker
            self._renew(slot)
        self._end_worker(slot)

    def _next_job(self, slot: _Slot[Key, Request, Answer]) -> _Job[Key, Request, Answer] | None:
        """Wait for something to do; None when the pool is closed."""
        with self._lock:
            slot.woken.wait_for(lambda: slot.job or self._is_closed)
            job, slot.job = slot.job, None
            return None if self._is_closed else job

    def _free(self, slot: _Slot[Key, Request, Answer]) -> None:
        with self._lock:
            slot.job = self._waiting.take(slot.key if slot.worker else None)
            if not slot.job:
                self._idle.append(slot)

    def _work(self, slot: _Slot[Key, Request, Answer], job: _Job[Key, Request, Answer]) -> Callable[[], None]:
        """Do a job; return what tells its future."""
        try:
            return functools.partial(job.future.set_result, self._answer(slot, job))
        except BaseException as error:  # noqa: BLE001 - it belongs to who waits for the answer
            self._end_worker(slot)
            return functools.partial(job.future.set_exception, error)

    def _answer(
        self, slot: _Slot[Key, Request, Answer], job: _Job[Key, Request, Answer]
    ) -> Answer | TimedOut | Crashed:
        reason = ""
        for _ in range(_TRIES):
            worker = self._worker(slot, job.key)
            try:
                return worker.ask(job.request, job.timeout_s)
            except ProcessTimedOut:
                self._end_worker(slot)
                return TimedOut(job.timeout_s)
            except ProcessDied as death:
                self._end_worker(slot)
                reason = death.reason
                if self._is_closed:
                    raise CancelledError from death
        return Crashed(reason)

    def _worker(self, slot: _Slot[Key, Request, Answer], key: Key) -> Worker[Request, Answer]:
        """Return the slot's worker if it is good for `key`, else start another in its place."""
        if slot.worker and slot.key == key and not slot.worker.is_worn:
            return slot.worker
        self._end_worker(slot)
        slot.key = key
        try:
            worker = self._started(key)
        except BaseException:
            slot.key = None
            raise
        with self._lock:
            if not self._is_closed:
                slot.worker = worker
                return worker
        worker.close()
        raise CancelledError

    def _started(self, key: Key) -> Worker[Request, Answer]:
        trouble: Exception | None = None
        for _ in range(_STARTS):
            if self._is_closed:
                raise CancelledError
            try:
                return self._start(key)
            except (ProcessDied, ProcessTimedOut) as error:
                trouble = error
        raise RunFailedError(f"a prover's process failed {_STARTS} times to start: {trouble}") from trouble

    def _renew(self, slot: _Slot[Key, Request, Answer]) -> None:
        """Replace a worker that has died or is worn while there is nothing to do, so that the next job need not."""
        if slot.key is not None and not slot.job and not self._is_closed:
            with contextlib.suppress(Exception):  # the next job meets it, and somebody waits for that one
                self._worker(slot, slot.key)

    def _end_worker(self, slot: _Slot[Key, Request, Answer]) -> None:
        with self._lock:
            worker, slot.worker = slot.worker, None
        if worker:
            worker.close()


class _FairQueue(Generic[Key, Request, Answer]):
    """Jobs that wait, by client; the client whose turn it is comes first."""

    def __init__(self) -> None:
        self._clients: dict[Hashable, deque[_Job[Key, Request, Answer]]] = {}

    def add(self, client: Hashable, job: _Job[Key, Request, Answer]) -> None:
        self._clients.setdefault(client, deque()).append(job)

    def take(self, key: Key | None) -> _Job[Key, Request, Answer] | None:
        """Take the job whose turn it is, or an early one for `key` as long as `PATIENCE` lasts."""
        if not self._clients:
            return None
        client, place = next(iter(self._clients)), 0
        job = self._clients[client][0]
        if job.key != key and job.passed_over < PATIENCE:
            early = next(self._early_places(key), None)
            job.passed_over += early is not None
            client, place = early or (client, place)
        jobs = self._clients.pop(client)
        job = jobs[place]
        del jobs[place]
        if jobs:
            self._clients[client] = jobs  # as the last in turn
        return job

    def drain(self) -> list[_Job[Key, Request, Answer]]:
        """Take all."""
        jobs = list(itertools.chain.from_iterable(self._clients.values()))
        self._clients.clear()
        return jobs

    def _early_places(self, key: Key | None) -> Iterator[tuple[Hashable, int]]:
        for client, jobs in self._clients.items():
            for place, job in enumerate(itertools.islice(jobs, PATIENCE)):
                if job.key == key:
                    yield client, place
