"""One child process: it answers, or it is gone within the limit and the reason says why."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from llemma.provers import process
from llemma.provers.process import JsonProcess, ProcessDied, ProcessTimedOut

PROGRAM = Path(__file__).with_name("echo_process.py")
Start = Callable[..., JsonProcess]

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts echo processes and ends them after the test."""
    started = []

    def start_one(*arguments: str, memory_mb: int = 500, start_timeout_s: float = 20) -> JsonProcess:
        command = [sys.executable, "-I", "-S", str(PROGRAM), *arguments]
        child = JsonProcess(command, environment={}, memory_mb=memory_mb, start_timeout_s=start_timeout_s)
        started.append(child)
        return child

    yield start_one
    for child in started:
        child.kill()


@pytest.fixture
def child(start: Start) -> JsonProcess:
    return start()


def request(do: str, value: Any = None) -> dict[str, Any]:
    return {"do": do, "with": value}


def ask(child: JsonProcess, do: str, value: Any = None, *, timeout_s: float = 20) -> Any:
    return child.ask(request(do, value), timeout_s=timeout_s)["value"]


def exists(pid: int) -> bool:
    """True for a process that runs; false for one that has ended, also if its new parent has not reaped it yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1][0] != "Z"
    except OSError:
        return False


def wait_until(is_so: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 5
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.01)
    return is_so()


def test_the_greeting_is_kept(child: JsonProcess) -> None:
    assert exists(child.greeting["hello"])


def test_answers_are_to_their_requests(child: JsonProcess) -> None:
    values = [0, "two\nlines", {"a": [None, True]}, "∀ x, 𝔸"]
    assert [ask(child, "echo", value) for value in values] == values


def test_a_request_and_an_answer_larger_than_any_pipe_cross(child: JsonProcess) -> None:
    text = "x" * 5_000_000
    assert ask(child, "echo", text) == text


def test_the_child_sees_the_given_environment_only(start: Start) -> None:
    child = start()
    environment = Path(f"/proc/{child.greeting['hello']}/environ").read_bytes()
    assert environment == b""


def test_a_program_that_does_not_exist_is_an_os_error() -> None:
    with pytest.raises(FileNotFoundError):
        JsonProcess(["/no/such/program"], environment={}, memory_mb=100, start_timeout_s=1)


def test_a_child_that_ends_at_its_start_has_died(start: Start) -> None:
    with pytest.raises(ProcessDied, match="ended with code 7"):
        start("fail")


def test_a_child_that_does_not_greet_times_out(start: Start) -> None:
    with pytest.raises(ProcessTimedOut):
        start("silent", start_timeout_s=0.3)


def test_a_slow_answer_times_out_within_the_limit(child: JsonProcess) -> None:
    before = time.monotonic()
    with pytest.raises(ProcessTimedOut):
        ask(child, "sleep", 60, timeout_s=0.3)
    assert 0.3 <= time.monotonic() - before < 3


def test_a_child_that_does_not_read_times_out(child: JsonProcess) -> None:
    child.ask(request("stop_reading", 60), timeout_s=20)
    with pytest.raises(ProcessTimedOut):
        ask(child, "echo", "x" * 1_000_000, timeout_s=0.3)


@pytest.mark.parametrize(
    ("do", "value", "reason"),
    [
        ("end", 3, "ended with code 3: these are my last words"),
        ("kill_self", signal.SIGSEGV, "killed by signal 11"),
        ("kill_self", signal.SIGKILL, "killed by signal 9"),
        ("write", "no JSON\n", "answered something other than a line of JSON"),
        ("write", "{}\n{}\n", "answered something other than a line of JSON"),
        ("write", "[1]\n", "answered something other than an object"),
    ],
)
def test_a_child_that_dies_or_talks_nonsense_is_gone_with_a_reason(
    child: JsonProcess, do: str, value: object, reason: str
) -> None:
    with pytest.raises(ProcessDied) as death:
        ask(child, do, value)
    assert death.value.reason.startswith(reason)
    assert not exists(child.greeting["hello"])


def test_an_answer_over_the_limit_is_a_death(child: JsonProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "ANSWER_BYTES", 1 << 20)
    with pytest.raises(ProcessDied, match="more than 1,048,576 bytes"):
        ask(child, "write_much", 2)


def test_a_line_that_nobody_asked_for_is_never_taken_for_an_answer(child: JsonProcess) -> None:
    ask(child, "write_later", '{"value": "forged"}\n')
    assert wait_until(lambda: not child.is_alive)
    with pytest.raises(ProcessDied, match="wrote without being asked"):
        ask(child, "echo", "true")


def test_a_flood_on_stderr_stops_nobody(child: JsonProcess) -> None:
    assert ask(child, "flood_errors", 3_000_000) == 3_000_000


def test_the_last_words_are_the_end_of_stderr(child: JsonProcess) -> None:
    ask(child, "flood_errors", 100_000)
    with pytest.raises(ProcessDied) as death:
        ask(child, "kill_self", signal.SIGKILL)
    assert death.value.reason.endswith("xxxthe end")
    assert len(death.value.reason) < 2_200


def test_memory_over_the_limit_is_a_death(start: Start) -> None:
    child = start(memory_mb=100)
    with pytest.raises(ProcessDied, match=r"used 1\d\d MB of memory, more than 100 MB"):
        ask(child, "eat", 150)


def test_memory_counts_that_of_descendants(child: JsonProcess) -> None:
    before_mb = child.memory_mb()
    ask(child, "start_another", False)
    assert 50 <= child.memory_mb() - before_mb < 80


@pytest.mark.parametrize("has_own_session", [False, True])
def test_killing_leaves_no_descendant(child: JsonProcess, has_own_session: bool) -> None:
    another = ask(child, "start_another", has_own_session)
    child.kill()
    assert wait_until(lambda: not exists(another))


def test_a_leader_that_ends_leaves_no_descendant(child: JsonProcess) -> None:
    another = ask(child, "start_another", False)
    with pytest.raises(ProcessDied):
        ask(child, "end", 0)
    assert wait_until(lambda: not exists(another))


def test_an_ask_ends_when_another_thread_kills(child: JsonProcess) -> None:
    killer = threading.Timer(0.2, child.kill)
    killer.start()
    with pytest.raises(ProcessDied):
        ask(child, "sleep", 60)
    killer.join()


def test_killing_twice_is_killing(child: JsonProcess) -> None:
    child.kill()
    child.kill()
    assert not child.is_alive


def test_a_killed_child_cannot_be_asked(child: JsonProcess) -> None:
    child.kill()
    with pytest.raises(ProcessDied, match="was closed"):
        ask(child, "echo")


def test_an_idle_child_killed_from_outside_is_not_alive(child: JsonProcess) -> None:
    assert child.is_alive
    os.kill(child.greeting["hello"], signal.SIGKILL)
    assert wait_until(lambda: not child.is_alive)


def test_restarts_leak_neither_descriptors_nor_threads(start: Start) -> None:
    def count() -> tuple[int, int]:
        return len(list(Path("/proc/self/fd").iterdir())), threading.active_count()

    before = count()
    for do in ["end", "kill_self", "write"] * 5:
        with pytest.raises(ProcessDied):
            ask(start(), do, {"end": 0, "kill_self": 9, "write": "\n"}[do])
    assert count() == before
