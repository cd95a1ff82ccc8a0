"""A build that is killed at any moment goes on to the same bytes, and leaves no process behind."""

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.data.build_recipe import Built, build_here, command, contents, finish


def kill_the_process(process: "subprocess.Popen[bytes]") -> None:
    process.kill()


def kill_its_group(process: "subprocess.Popen[bytes]") -> None:
    os.killpg(process.pid, signal.SIGKILL)


def test_a_build_that_is_killed_goes_on_to_the_same_bytes(tmp_path: Path, built: Built) -> None:
    arguments = command(built.text_recipe(), tmp_path / "out")
    for kill, stage in (
        (kill_the_process, "stages/documents"),
        (kill_its_group, "stages/signatures"),
        (kill_the_process, "text"),
    ):
        folder = tmp_path / "out" / stage
        assert run_until(arguments, kill, lambda folder=folder: len(list(folder.rglob("*.json"))) >= 2)
    assert finish(arguments).returncode == 0
    assert contents(tmp_path / "out") == built.text_contents()


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_build_that_is_killed_twenty_times_ends_with_the_same_bytes(tmp_path: Path, built: Built) -> None:
    chance = random.Random(20)
    arguments = command(built.recipe, tmp_path / "first")
    started = time.monotonic()
    assert finish(arguments).returncode == 0
    whole_s = time.monotonic() - started
    assert contents(tmp_path / "first") == contents(built.out)
    kills = builds = 0
    while kills < 20:
        builds += 1
        out = tmp_path / f"out{builds}"
        arguments = command(built.recipe, out)
        while kills < 20 and not (out / "manifest.json").exists():
            end = time.monotonic() + chance.uniform(0.1, 0.9) * whole_s
            kills += run_until(
                arguments, chance.choice([kill_the_process, kill_its_group]), lambda end=end: time.monotonic() > end
            )
        assert finish(arguments).returncode == 0
        assert contents(out) == contents(built.out)
    print(f"{kills} kills over {builds} builds")


def test_what_a_killed_build_was_writing_is_removed(tmp_path: Path, built: Built) -> None:
    out = tmp_path / "out"
    run_until(command(built.text_recipe(), out), kill_the_process, (out / "stages/documents").exists)
    (out / "stages/.half.parquet.123.tmp").write_bytes(b"PAR1")
    (out / ".tokenizer.123.tmp").mkdir()
    build_here(built.text_recipe(), out)
    assert not list(out.rglob(".*"))


def run_until(
    arguments: list[str], kill: Callable[["subprocess.Popen[bytes]"], None], is_time: Callable[[], bool]
) -> bool:
    """Kill a command when it is time; say whether it was still running. Its processes must end with it."""
    with subprocess.Popen(arguments, start_new_session=True, stderr=subprocess.PIPE) as process:
        while process.poll() is None and not is_time():
            time.sleep(0.005)
        was_running = process.poll() is None
        if was_running:
            kill(process)
        process.wait()
        deadline = time.monotonic() + 10
        while (left := in_session(process.pid)) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert left == []
    return was_running


def in_session(leader: int) -> list[str]:
    """Return the command lines of the processes that run in a session."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            state, _, _, session = (path / "stat").read_text().rpartition(")")[2].split()[:4]
            if int(session) == leader and state not in "ZX":
                found.append((path / "cmdline").read_text().replace("\0", " "))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found
