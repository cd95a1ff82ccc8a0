"""What a whole `llemma data build` takes: time, and the memory of all its processes together."""

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from data_measured import cpu_seconds


@dataclass(frozen=True, slots=True)
class Build:
    """What a whole build took."""

    megabytes: float
    wall_s: float
    cpu_s: float
    peak_mb: float


def run_build(recipe: str, out: Path, *, megabytes: float, processes: int | None) -> Build:
    """Run `llemma data build` and watch its processes."""
    file = out.with_suffix(".toml")
    file.write_text(recipe, encoding="utf-8")
    command = [sys.executable, "-c", "from llemma.cli.main import main; main()"]
    command += ["data", "build", str(file), "--out", str(out)]
    if processes:
        command += ["--processes", str(processes)]
    before, started, peak = cpu_seconds(), time.perf_counter(), 0.0
    own = time.process_time()
    log = out.with_suffix(".log")
    with log.open("wb") as told, subprocess.Popen(command, stdout=told, stderr=told) as process:
        while process.poll() is None:
            peak = max(peak, sum(map(memory_kb, family(process.pid))) / 1000)
            time.sleep(0.2)
    assert process.returncode == 0, log.read_text(encoding="utf-8")
    watching = time.process_time() - own
    return Build(megabytes, time.perf_counter() - started, cpu_seconds() - before - watching, peak)


def family(pid: int) -> Iterator[int]:
    """Yield a process and its descendants."""
    yield pid
    try:
        children = [
            child for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()
        ]
    except OSError:  # it has just ended
        return
    for child in children:
        yield from family(int(child))


def memory_kb(pid: int) -> int:
    """Return the proportional set size of a process: what is shared counts in parts."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
