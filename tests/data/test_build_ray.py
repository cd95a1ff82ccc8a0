"""A build on a Ray cluster gives the bytes of a build on this machine, whichever node dies."""

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llemma.data.build import build
from llemma.data.executors import Executor, OnProgress, open_executor
from llemma.data.worker import Facts, Job, Watch
from llemma.errors import RunFailedError
from tests.data.build_recipe import LIMITS, Built, contents


@dataclass(frozen=True)
class Slow:
    """A job that takes so long that its node can die meanwhile, while a file is half written."""

    job: Job
    out: Path

    @property
    def name(self) -> str:
        return self.job.name

    def __call__(self, watch: Watch) -> Facts:
        half_written = self.out / f".{os.getpid()}.tmp"
        half_written.touch()
        time.sleep(1.2)
        half_written.unlink()
        return self.job(watch)


class LosesANode:
    """A cluster of two nodes of which one dies when two shards of the first stage are done, or three."""

    def __init__(self, cluster: Any, out: Path) -> None:
        self._out = out
        self._cluster, self._node = cluster, cluster.add_node(num_cpus=1)
        self._executor: Executor = open_executor("ray", LIMITS, address=cluster.address)
        self.done_at_its_death = 0

    def run(self, jobs: Sequence[Job], on_progress: OnProgress) -> Iterator[tuple[int, Facts | RunFailedError]]:
        slowly = [Slow(job, self._out) for job in jobs] if self._node is not None else jobs
        for done, result in enumerate(self._executor.run(slowly, on_progress), start=1):
            yield result
            if done == 2 and self._node is not None:
                self._cluster.remove_node(self._node, allow_graceful=False)
                self._node = None
                self.done_at_its_death = len(list(self._out.glob("stages/documents/*/*.json")))


def test_a_node_that_dies_in_the_middle_makes_no_difference(tmp_path: Path, built: Built, cluster: Any) -> None:
    executor = LosesANode(cluster, tmp_path / "out")
    manifest = build(built.recipe, tmp_path / "out", executor)
    assert 2 <= executor.done_at_its_death < 8
    assert contents(tmp_path / "out") == contents(built.out)
    assert manifest["parts"] == built.manifest["parts"]
