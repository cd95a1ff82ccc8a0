"""Who does the jobs of a stage: processes of this machine, or a Ray cluster. Both give the same bytes.

The nodes of a cluster read and write the same paths as the machine that starts the build: a shared file system.
"""

import functools
import os
import queue
import socket
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from typing import Any, Protocol

from llemma.data.worker import Facts, Job, Limits, Worker
from llemma.errors import MissingPackageError, RunFailedError, UserError

OnProgress = Callable[[str, int], None]
"""Told the name of a running job and how many of its documents are done."""


class Executor(Protocol):
    """Does independent jobs, several at a time."""

    def run(self, jobs: Sequence[Job], on_progress: OnProgress) -> Iterator[tuple[int, Facts | RunFailedError]]:
        """Yield (place in `jobs`, facts) as jobs end; RunFailedError in place of the facts where one cannot be done.

        Raises at once what other jobs would meet too: errors of the user's and of the system's, such as a full disk.
        """


class Local:
    """Worker processes on this machine."""

    def __init__(self, limits: Limits, processes: int | None = None) -> None:
        """`processes` is one a core when None."""
        self._limits = limits
        self._processes = processes or len(os.sched_getaffinity(0))

    def run(self, jobs: Sequence[Job], on_progress: OnProgress) -> Iterator[tuple[int, Facts | RunFailedError]]:
        """Yield the results as they come; the rest is given up when the caller stops listening."""
        workers = [Worker(self._limits) for _ in range(min(self._processes, len(jobs)) or 1)]
        idle = queue.SimpleQueue[Worker]()
        for worker in workers:
            idle.put(worker)

        def work(job: Job) -> Facts | RunFailedError:
            worker = idle.get()
            try:
                return _result(worker, job, functools.partial(on_progress, job.name))
            finally:
                idle.put(worker)

        pool = ThreadPoolExecutor(len(workers))
        futures: dict[Future[Facts | RunFailedError], int] = {}
        try:
            futures = {pool.submit(work, job): place for place, job in enumerate(jobs)}
            for future in as_completed(futures):
                yield futures.pop(future), future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            for worker in workers:
                worker.stop()
            pool.shutdown()
            for worker in workers:
                worker.close()


class Ray:
    """Tasks of a Ray cluster, one a shard. A task whose node dies is done again on another."""

    def __init__(self, limits: Limits, address: str | None = None) -> None:
        """`address` is that of a running cluster ("auto": the one that this machine is part of); None starts one here.

        Raises UserError when there is no cluster at the address.
        """
        try:
            import ray
        except ImportError as error:
            raise MissingPackageError("ray", needed_by="--executor ray", extra="ray") from error
        self._limits, self._ray = limits, ray
        try:
            if address is not None and ":" in address:
                _reach(address)  # Ray itself tries for minutes
            if not ray.is_initialized():
                ray.init(address=address, log_to_driver=False, configure_logging=False)
        except (OSError, ValueError) as error:
            raise UserError(f"no Ray cluster at {address!r} ({error}). Start one: ray start --head") from error

    def run(self, jobs: Sequence[Job], on_progress: OnProgress) -> Iterator[tuple[int, Facts | RunFailedError]]:
        """Yield the results as they come."""
        task = self._ray.remote(_run_on_node).options(max_retries=10, num_cpus=1)
        waiting = {task.remote(job, self._limits): place for place, job in enumerate(jobs)}
        while waiting:
            # all that end within a second: one at a time, the time to ask would grow by the square of the jobs
            ended, _ = self._ray.wait(list(waiting), num_returns=len(waiting), timeout=1.0)
            for done in ended:
                place = waiting.pop(done)
                try:
                    facts = self._ray.get(done)
                except self._ray.exceptions.RayTaskError as error:
                    raise error.cause from error
                on_progress(jobs[place].name, 0)
                yield place, facts


def open_executor(kind: str, limits: Limits, *, processes: int | None = None, address: str | None = None) -> Executor:
    """Return the executor of that kind, "local" or "ray"."""
    return Ray(limits, address) if kind == "ray" else Local(limits, processes)


def _reach(address: str) -> None:
    host, _, port = address.rpartition(":")
    socket.create_connection((host, int(port)), timeout=10).close()


def _run_on_node(job: Job, limits: Limits) -> Any:
    return _result(_node_worker(limits), job, lambda _: None)


@functools.cache
def _node_worker(limits: Limits) -> Worker:
    return Worker(limits)


def _result(worker: Worker, job: Job, on_beat: Callable[[int], None]) -> Facts | RunFailedError:
    try:
        return worker.run(job, on_beat)
    except RunFailedError as error:
        return error
