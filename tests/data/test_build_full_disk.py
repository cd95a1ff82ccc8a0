"""A disk that takes no more ends a build with one line, and with space it goes on."""

import subprocess
from pathlib import Path

import pytest

from tests.data.build_recipe import Built, command, contents, finish


def the_error(done: "subprocess.CompletedProcess[str]") -> str:
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    [error] = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    return error


def test_a_limit_on_the_size_of_files_is_told_and_can_be_lifted(tmp_path: Path, built: Built) -> None:
    out = tmp_path / "out"
    arguments = command(built.text_recipe(), out)
    stopped = finish(
        ["bash", "-c", 'ulimit -f 20; exec "$@"', "limited", *arguments]
    )  # kB: a file of signatures has 30
    assert "File too large" in the_error(stopped)
    assert list((out / "stages/documents").rglob("*.parquet"))
    assert not list(out.rglob(".*.tmp"))
    assert finish(arguments).returncode == 0
    assert contents(out) == built.text_contents()


@pytest.mark.parametrize("space_kb", [100, pytest.param(300, marks=pytest.mark.slow)])
def test_a_full_disk_is_told_and_the_build_goes_on_when_there_is_space(
    tmp_path: Path, built: Built, space_kb: int
) -> None:
    own_mounts = ["unshare", "-Urm", "bash", "-c"]
    if subprocess.run([*own_mounts, "mount -t tmpfs none /mnt"], capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody mount a small disk: unshare -Urm")
    out, copy = tmp_path / "out", tmp_path / "copy"
    out.mkdir()
    script = (
        f'mount -t tmpfs -o size={space_kb}k none {out} && "$@"; echo "exit $?" >&2\n'
        f'mount -o remount,size=64m {out} && "$@" 2> {tmp_path}/second; code=$?; cp -r {out} {copy}; exit $code'
    )
    done = finish([*own_mounts, script, "mounted", *command(built.text_recipe(), out)])
    first, _, _ = done.stderr.partition("exit 2")
    assert "Traceback" not in first
    [error] = [line for line in first.splitlines() if line.startswith("error: ")]
    assert "No space left on device" in error
    assert done.returncode == 0, (tmp_path / "second").read_text()
    assert contents(copy, built_at=out) == built.text_contents()
