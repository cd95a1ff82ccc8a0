"""Worker processes: answers, the wall limit, crashes, threads."""

import threading
import time
from collections.abc import Iterator

import pytest

from llemma.grading.workers import Worker, WorkerDiedError, WorkerPool, WorkerTimeoutError


@pytest.fixture(scope="module")
def pool() -> Iterator[WorkerPool]:
    pool = WorkerPool(size=1)
    yield pool
    pool.close()


def test_a_worker_answers_and_is_used_again(pool: WorkerPool) -> None:
    with pool.worker() as first:
        assert first.call("kind", r"\frac{1}{2}", timeout_s=20) == "number"
        assert first.call("difference_is_zero", "(x+1)^2", "x^2+2x+1", timeout_s=20) is True
    with pool.worker() as second:
        assert second is first


def test_a_worker_is_killed_at_the_wall_limit_even_inside_c_code(pool: WorkerPool) -> None:
    start = time.monotonic()
    with pool.worker() as worker, pytest.raises(WorkerTimeoutError, match=r"killed after 0\.5 s"):
        worker.call("loop_in_c", timeout_s=0.5)
    assert time.monotonic() - start < 30
    with pool.worker() as fresh:
        assert fresh is not worker
        assert fresh.call("kind", "x<5", timeout_s=20) == "relation"


def test_a_worker_that_dies_is_replaced(pool: WorkerPool) -> None:
    with pool.worker() as worker, pytest.raises(WorkerDiedError):
        worker.call("no such operation", timeout_s=20)
    with pool.worker() as fresh:
        assert fresh.call("kind", "0", timeout_s=20) == "zero"


def test_threads_take_turns(pool: WorkerPool) -> None:
    answers: list[object] = []

    def ask(number: int) -> None:
        with pool.worker() as worker:
            answers.append((number, worker.call("number", str(number), timeout_s=20)))

    threads = [threading.Thread(target=ask, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [(number, float(number)) for number in range(8)]


def test_a_closed_worker_leaves_no_process() -> None:
    worker = Worker(memory_mb=1024)
    worker.close()
    assert worker._process.returncode is not None
