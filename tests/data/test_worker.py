"""What becomes of a job whose documents hang, crash or fill the process that works on them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from llemma.data.worker import Facts, Limits, Watch, Worker
from llemma.errors import DataError, RunFailedError, UnknownNameError, UserError

LIMITS = Limits(silence_s=1.0, memory_mb=2048)


@dataclass(frozen=True)
class Documents:
    """Goes through batches of words; some words do harm."""

    batches: tuple[tuple[str, ...], ...]
    name: str = "documents"

    def __call__(self, watch: Watch) -> Facts:
        done: list[str] = []
        for number, batch in enumerate(self.batches):
            watch.beat(number, documents=len(done))
            if number not in watch.suspects:
                done += [self._work(word) for word in batch]
                continue
            for row, word in enumerate(batch):
                watch.beat(number, row)
                done.append(watch.culprits.get((number, row)) or self._work(word))
        return {"done": done}

    def _work(self, word: str) -> str:
        if word == "hang":
            time.sleep(60)
        elif word == "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        elif word == "fill":
            bytearray(2**33)
        elif word == "mistake":
            raise DataError("a mistake of the user's")
        elif word == "unknwon":
            raise UnknownNameError("word", word, ["unknown"])
        return word


@pytest.fixture
def worker() -> Iterator[Worker]:
    guarded = Worker(LIMITS)
    yield guarded
    guarded.close()


def test_a_document_that_hangs_is_given_up_and_the_others_are_done(worker: Worker) -> None:
    facts = worker.run(Documents((("a", "b"), ("c", "hang", "d"), ("e",))))
    assert facts == {"done": ["a", "b", "c", "timed_out", "d", "e"]}


@pytest.mark.parametrize("harm", ["crash", "fill"])
def test_a_document_that_ends_the_process_is_given_up_and_the_others_are_done(worker: Worker, harm: str) -> None:
    facts = worker.run(Documents((("a", harm), ("b", harm, "c"))))
    assert facts == {"done": ["a", "crashed", "b", "crashed", "c"]}


def test_the_process_is_kept_for_the_next_job(worker: Worker) -> None:
    worker.run(Documents((("a",),)))
    process = worker._process
    assert worker.run(Documents((("b",),))) == {"done": ["b"]}
    assert worker._process is process


def test_a_mistake_of_the_user_is_raised_here(worker: Worker) -> None:
    with pytest.raises(DataError, match="a mistake of the user's"):
        worker.run(Documents((("mistake",),)))
    assert worker.run(Documents((("a",),))) == {"done": ["a"]}


@dataclass(frozen=True)
class Unreadable:
    name: str = "web/shard-7"

    def __call__(self, watch: Watch) -> Facts:  # noqa: ARG002
        os._exit(3)


def test_a_job_that_dies_outside_of_any_document_is_named(worker: Worker) -> None:
    with pytest.raises(RunFailedError, match="web/shard-7: its process crashed outside of any document"):
        worker.run(Unreadable())


def test_an_error_that_cannot_be_sent_is_raised_as_its_base(worker: Worker) -> None:
    with pytest.raises(UserError, match=r"no word 'unknwon'\. Did you mean 'unknown'\?"):
        worker.run(Documents((("unknwon",),)))


def test_trouble_with_the_progress_is_not_blamed_on_a_document(worker: Worker) -> None:
    def closed(_: int) -> None:
        raise BrokenPipeError("nobody reads the progress")

    with pytest.raises(BrokenPipeError):
        worker.run(Documents((("a",),)), closed)
    assert worker.run(Documents((("b",),))) == {"done": ["b"]}


def test_a_worker_that_is_stopped_begins_nothing(worker: Worker) -> None:
    worker.run(Documents((("a",),)))
    worker.stop()
    with pytest.raises(RunFailedError, match="stopped"):
        worker.run(Documents((("b",),)))


def test_a_worker_whose_parent_died_before_it_began_ends() -> None:
    command = [sys.executable, "-m", "llemma.data.worker", "0", "2048", "1"]  # process 1 did not start it
    assert subprocess.run(command, timeout=30, check=False).returncode == 0


def test_the_worker_dies_with_the_process_that_started_it() -> None:
    program = (
        "from llemma.data.worker import Limits, Worker\n"
        "from tests.data.test_worker import Documents\n"
        "worker = Worker(Limits())\n"
        "worker.run(Documents((('a',),)))\n"
        "print(worker._process.pid, flush=True)\n"
        "worker.run(Documents((('hang',),)))\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, env=environment) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()
    deadline = time.monotonic() + 10
    while Path(f"/proc/{child}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(f"/proc/{child}").exists()
