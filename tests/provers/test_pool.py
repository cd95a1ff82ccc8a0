"""The pool: every request has its answer, whatever happens to the processes, and none of them is left behind."""

import itertools
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from pathlib import Path
from typing import Any

import pytest

from llemma.errors import RunFailedError, UserError
from llemma.provers import pool as pool_module
from llemma.provers.base import Crashed, TimedOut
from llemma.provers.pool import Pool
from llemma.provers.process import JsonProcess

PROGRAM = Path(__file__).with_name("echo_process.py")
LIMIT_S = 20.0
Request = tuple[str, Any]

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")


class EchoWorker:
    """A worker on an echo process; worn when it has served `lifetime` requests."""

    def __init__(self, key: str, *, lifetime: int = 1_000_000, arguments: tuple[str, ...] = ()) -> None:
        command = [sys.executable, "-I", "-S", str(PROGRAM), *arguments]
        self.process = JsonProcess(command, environment={}, memory_mb=500, start_timeout_s=20)
        self.key = key
        self.pid: int = self.process.greeting["hello"]
        self.asked = 0
        self._lifetime = lifetime

    @property
    def is_worn(self) -> bool:
        return self.asked >= self._lifetime or not self.process.is_alive

    def ask(self, request: Request, timeout_s: float) -> Any:
        self.asked += 1
        do, value = request
        return self.process.ask({"do": do, "with": value}, timeout_s=timeout_s)["value"]

    def close(self) -> None:
        self.process.kill()


class Starter:
    """Starts workers and remembers them all."""

    def __init__(self, **options: Any) -> None:
        self.workers: list[EchoWorker] = []
        self._options = options

    def __call__(self, key: str) -> EchoWorker:
        worker = EchoWorker(key, **self._options)
        self.workers.append(worker)
        return worker

    @property
    def keys(self) -> str:
        return "".join(worker.key for worker in self.workers)

    @property
    def asked(self) -> int:
        """How many requests all workers together were given."""
        return sum(worker.asked for worker in self.workers)

    @property
    def living(self) -> list[EchoWorker]:
        return [worker for worker in self.workers if exists(worker.pid)]


EchoPool = Pool[str, Request, Any]


@pytest.fixture
def start() -> Starter:
    return Starter()


@pytest.fixture
def make_pool() -> Iterator[Callable[..., EchoPool]]:
    """Makes pools and closes them after the test."""
    pools: list[EchoPool] = []

    def make(start: Callable[[str], EchoWorker], processes: int) -> EchoPool:
        pools.append(Pool(start, processes))
        return pools[-1]

    yield make
    for pool in pools:
        pool.close()


@pytest.fixture
def pool(start: Starter, make_pool: Callable[..., EchoPool]) -> EchoPool:
    return make_pool(start, 2)


@pytest.fixture
def single(start: Starter, make_pool: Callable[..., EchoPool]) -> EchoPool:
    """A pool of one process."""
    return make_pool(start, 1)


def ask(pool: EchoPool, do: str, value: Any = None, *, key: str = "a", timeout_s: float = LIMIT_S) -> Any:
    return pool.ask(key, (do, value), timeout_s=timeout_s)


def exists(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def wait_until(is_so: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 10
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.005)
    return is_so()


def test_nothing_is_started_before_the_first_request(start: Starter, pool: EchoPool) -> None:
    assert not start.workers
    assert ask(pool, "echo", 1) == 1
    assert len(start.workers) == 1


def test_requests_of_one_key_reuse_its_worker(start: Starter, pool: EchoPool) -> None:
    for key in "aabab":
        assert ask(pool, "echo", key, key=key) == key
    assert start.keys == "ab"


def test_the_key_not_used_for_longest_makes_room(start: Starter, pool: EchoPool) -> None:
    for key in "abacab":
        ask(pool, "echo", key=key)
    assert start.keys == "abcb"
    assert [worker.key for worker in start.living] == ["a", "b"]


def test_requests_at_once_have_a_process_each(start: Starter, pool: EchoPool) -> None:
    assert list(pool.map([("a", ("sleep", 0.2))] * 2, timeout_s=LIMIT_S)) == [0.2, 0.2]
    assert [worker.asked for worker in start.workers] == [1, 1]


def test_results_are_in_the_order_of_the_requests(pool: EchoPool) -> None:
    pauses = [0.1, 0.0, 0.05, 0.0, 0.02, 0.01]
    assert list(pool.map([("a", ("sleep", pause)) for pause in pauses], timeout_s=LIMIT_S)) == pauses


def test_map_reads_its_input_no_further_than_its_window(pool: EchoPool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "WINDOW", 10)
    numbers = itertools.count()
    answers = pool.map((("a", ("echo", number)) for number in numbers), timeout_s=LIMIT_S)
    assert list(itertools.islice(answers, 50)) == list(range(50))
    answers.close()
    assert next(numbers) <= 60


def test_a_map_that_is_left_cancels_what_waits(start: Starter, single: EchoPool) -> None:
    answers = single.map([("a", ("echo", 0)), *[("a", ("sleep", 0.1))] * 5], timeout_s=LIMIT_S)
    assert next(answers) == 0
    answers.close()
    assert ask(single, "echo", 1) == 1
    assert start.asked <= 3  # the two and one that was begun


def test_clients_are_served_in_turn(single: EchoPool) -> None:
    served: list[str] = []
    blocker = single.submit("a", ("sleep", 0.2), timeout_s=LIMIT_S)
    futures = []
    for client, requests in (("A", 100), ("B", 3)):
        for _ in range(requests):
            future = single.submit("a", ("echo", 0), timeout_s=LIMIT_S, client=client)
            future.add_done_callback(lambda _, client=client: served.append(client))
            futures.append(future)
    assert blocker.result() == 0.2
    assert [future.result() for future in futures] == [0] * 103
    assert "".join(served[:7]) == "ABABABA"


def test_requests_of_two_keys_do_not_restart_the_process_each_time(start: Starter, single: EchoPool) -> None:
    requests = [("ab"[number % 2], ("echo", number)) for number in range(60)]
    assert list(single.map(requests, timeout_s=LIMIT_S)) == list(range(60))
    assert start.keys == "ab"


def test_a_request_of_another_key_is_passed_over_so_often_only(single: EchoPool) -> None:
    served: list[str] = []
    single.submit("a", ("sleep", 0.2), timeout_s=LIMIT_S)
    futures = []
    for key in ["b", *"a" * 100]:
        future = single.submit(key, ("echo", key), timeout_s=LIMIT_S)
        future.add_done_callback(lambda future: served.append(future.result()))
        futures.append(future)
    for future in futures:
        future.result()
    assert served.index("b") == pool_module.PATIENCE


def test_a_slow_answer_times_out_and_the_next_is_right(pool: EchoPool) -> None:
    assert ask(pool, "sleep", 60, timeout_s=0.2) == TimedOut(0.2)
    assert ask(pool, "echo", "right") == "right"


def test_a_time_out_is_not_tried_again(start: Starter, single: EchoPool) -> None:
    ask(single, "sleep", 60, timeout_s=0.1)
    assert start.asked == 1


def test_a_request_that_kills_twice_has_crashed(start: Starter, single: EchoPool) -> None:
    answer = ask(single, "end", 3)
    assert answer == Crashed("ended with code 3: these are my last words")
    assert wait_until(lambda: len(start.workers) == 3)  # two that it killed, and the next one, ready already


def test_a_request_whose_worker_dies_once_is_answered(start: Starter, single: EchoPool) -> None:
    future = single.submit("a", ("sleep", 0.3), timeout_s=LIMIT_S)
    assert wait_until(lambda: len(start.workers) == 1)
    time.sleep(0.1)
    os.kill(start.workers[0].pid, signal.SIGKILL)
    assert future.result() == 0.3


def test_a_worker_that_died_idle_does_not_count_against_the_request(start: Starter, single: EchoPool) -> None:
    ask(single, "echo")
    os.kill(start.workers[0].pid, signal.SIGKILL)
    assert wait_until(lambda: start.workers[0].is_worn)
    future = single.submit("a", ("sleep", 0.3), timeout_s=LIMIT_S)
    assert wait_until(lambda: len(start.workers) == 2)
    time.sleep(0.1)
    os.kill(start.workers[1].pid, signal.SIGKILL)
    assert future.result() == 0.3


def test_a_thousand_requests_survive_random_kills(
    start: Starter, make_pool: Callable[..., EchoPool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool_module, "WINDOW", 20)  # so that the kills come while there is work
    draw = random.Random(5)
    answers = []
    with make_pool(start, 2) as pool:
        for answer in pool.map((("a", ("echo", number)) for number in range(1_000)), timeout_s=LIMIT_S):
            answers.append(answer)
            if len(answers) % 50 == 0:
                os.kill(draw.choice(start.living).pid, signal.SIGKILL)
    assert answers == list(range(1_000))
    assert len(start.workers) > 10
    assert not start.living


def test_a_worn_worker_is_replaced(make_pool: Callable[..., EchoPool]) -> None:
    start = Starter(lifetime=4)
    pool = make_pool(start, 1)
    assert [ask(pool, "echo", number) for number in range(10)] == list(range(10))
    assert start.keys == "aaa"
    assert len(start.living) == 1


def test_a_mistake_of_the_user_at_the_start_is_raised_once_for_each_request(
    make_pool: Callable[..., EchoPool],
) -> None:
    starts = []

    def start(key: str) -> EchoWorker:
        starts.append(key)
        raise UserError("Lean is not installed")

    pool = make_pool(start, 1)
    for _ in range(2):
        with pytest.raises(UserError, match="Lean is not installed"):
            ask(pool, "echo")
    assert starts == ["a", "a"]


def test_a_worker_that_cannot_start_fails_the_run_at_the_third_try(make_pool: Callable[..., EchoPool]) -> None:
    pool = make_pool(Starter(arguments=("fail",)), 1)
    with pytest.raises(RunFailedError, match="failed 3 times to start: ended with code 7: these are my last words"):
        ask(pool, "echo")


def test_an_unforeseen_error_reaches_who_asked_and_the_pool_goes_on(single: EchoPool) -> None:
    with pytest.raises(TypeError):
        ask(single, "echo", object())
    assert ask(single, "echo", 1) == 1


def test_closing_ends_running_requests_and_cancels_waiting_ones(start: Starter, single: EchoPool) -> None:
    futures = [single.submit("a", ("sleep", 60), timeout_s=LIMIT_S) for _ in range(3)]
    assert wait_until(lambda: bool(start.workers))
    before, threads = time.monotonic(), threading.active_count()
    single.close()
    assert time.monotonic() - before < 2
    for future in futures:
        with pytest.raises(CancelledError):
            future.result(timeout=0)
    assert not start.living
    assert threading.active_count() == threads - 1


def test_a_closed_pool_cancels_requests(single: EchoPool) -> None:
    single.close()
    with pytest.raises(CancelledError):
        ask(single, "echo")


def test_a_worker_that_is_starting_when_the_pool_closes_is_not_left(
    start: Starter, make_pool: Callable[..., EchoPool]
) -> None:
    is_starting = threading.Event()

    def start_slowly(key: str) -> EchoWorker:
        is_starting.set()
        time.sleep(0.2)
        return start(key)

    pool = make_pool(start_slowly, 1)
    future = pool.submit("a", ("echo", 0), timeout_s=LIMIT_S)
    assert is_starting.wait(5)
    pool.close()
    with pytest.raises(CancelledError):
        future.result(timeout=0)
    assert len(start.workers) == 1
    assert not start.living


def test_an_interrupted_map_leaves_no_process(start: Starter, make_pool: Callable[..., EchoPool]) -> None:
    def requests() -> Iterator[tuple[str, Request]]:
        yield "a", ("sleep", 60)
        assert wait_until(lambda: bool(start.workers))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), make_pool(start, 2) as pool:
        list(pool.map(requests(), timeout_s=LIMIT_S))
    assert not start.living


def test_several_threads_get_their_own_answers(pool: EchoPool) -> None:
    answers: dict[int, list[int]] = {}

    def ask_twenty(number: int) -> None:
        answers[number] = [ask(pool, "echo", 100 * number + place) for place in range(20)]

    threads = [threading.Thread(target=ask_twenty, args=[number]) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {number: [100 * number + place for place in range(20)] for number in range(5)}


def test_a_pool_that_nobody_closes_ends_with_the_program() -> None:
    source = (
        "from tests.provers.test_pool import Pool, Starter, ask\n"
        "start = Starter()\n"
        "pool = Pool(start, 1)\n"
        "ask(pool, 'echo')\n"
        "pool.submit('a', ('sleep', 60), timeout_s=60)\n"
        "print(start.workers[0].pid)\n"
    )
    command = [sys.executable, "-c", source]
    ended = subprocess.run(command, cwd=PROGRAM.parents[2], capture_output=True, text=True, timeout=30, check=True)
    assert ended.stderr == ""
    assert not exists(int(ended.stdout))
