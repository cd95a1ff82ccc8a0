import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from llemma.data.executors import Local, open_executor
from llemma.data.worker import Facts, Job, Limits, Watch
from llemma.errors import DataError, RunFailedError, UserError
from llemma.storage import write_text

LIMITS = Limits(silence_s=20)


@dataclass(frozen=True)
class Square:
    number: int
    out: Path
    pause_s: float = 0.0

    @property
    def name(self) -> str:
        return f"square of {self.number}"

    def __call__(self, watch: Watch) -> Facts:
        watch.beat(0, documents=1)
        write_text(self.out / f"{self.number}.started", "")
        time.sleep(self.pause_s)
        if self.number < 0:
            raise DataError(f"{self.number} is negative")
        write_text(self.out / f"{self.number}.txt", str(self.number**2))
        return {"square": self.number**2}


@dataclass(frozen=True)
class Broken:
    name: str = "broken"

    def __call__(self, watch: Watch) -> Facts:  # noqa: ARG002
        raise MemoryError


def test_local_gives_each_result_with_its_place(tmp_path: Path) -> None:
    beats: list[tuple[str, int]] = []
    jobs = [Square(n, tmp_path) for n in range(5)]
    results = dict(Local(LIMITS, 2).run(jobs, lambda name, documents: beats.append((name, documents))))
    assert results == {n: {"square": n * n} for n in range(5)}
    assert sorted(beats) == [(f"square of {n}", 1) for n in range(5)]


def test_local_gives_a_failure_in_its_place_and_goes_on(tmp_path: Path) -> None:
    jobs: list[Job] = [Square(1, tmp_path), Broken(), Square(2, tmp_path)]
    results = dict(Local(LIMITS, 1).run(jobs, lambda *_: None))
    assert isinstance(results.pop(1), RunFailedError)
    assert results == {0: {"square": 1}, 2: {"square": 4}}


def test_local_raises_what_the_user_can_cure(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="-1 is negative"):
        list(Local(LIMITS, 1).run([Square(-1, tmp_path)], lambda *_: None))


def test_local_gives_up_what_is_running_when_nobody_listens(tmp_path: Path) -> None:
    started = time.monotonic()
    results = Local(LIMITS, 2).run([Square(1, tmp_path), *(Square(n, tmp_path, pause_s=60) for n in (2, 3))], print)
    assert next(results) == (0, {"square": 1})
    results.close()  # as at Ctrl-C
    assert time.monotonic() - started < 20


def test_local_without_jobs_has_nothing_to_give() -> None:
    assert list(open_executor("local", LIMITS).run([], lambda *_: None)) == []


def test_ray_gives_what_local_gives(tmp_path: Path, cluster: Any) -> None:
    jobs: list[Job] = [Square(n, tmp_path) for n in range(4)] + [Broken()]
    results = dict(open_executor("ray", LIMITS, address=cluster.address).run(jobs, lambda *_: None))
    assert isinstance(results.pop(4), RunFailedError)
    assert results == dict(Local(LIMITS, 2).run(jobs[:4], lambda *_: None))


def test_ray_raises_what_the_user_can_cure(tmp_path: Path, cluster: Any) -> None:
    with pytest.raises(DataError, match="-1 is negative"):
        list(open_executor("ray", LIMITS, address=cluster.address).run([Square(-1, tmp_path)], lambda *_: None))


def test_ray_does_the_work_of_a_node_that_dies_on_another(tmp_path: Path, cluster: Any) -> None:
    node = cluster.add_node(num_cpus=1)
    jobs = [Square(n, tmp_path, pause_s=0.5) for n in range(10)]
    results = {}
    for place, facts in open_executor("ray", LIMITS, address=cluster.address).run(jobs, lambda *_: None):
        results[place] = facts
        if len(results) == 3:
            cluster.remove_node(node, allow_graceful=False)
    assert results == {n: {"square": n * n} for n in range(10)}


def test_no_cluster_at_an_address_is_told() -> None:
    with pytest.raises(UserError, match=r"no Ray cluster at '127\.0\.0\.1:1'"):
        open_executor("ray", LIMITS, address="127.0.0.1:1")
