"""`llemma lean`."""

from pathlib import Path

import pytest

from llemma.provers.lean_wasm.runtime import PACKAGE
from tests.cli.conftest import Run


def test_a_file_that_is_not_the_package_is_a_user_error(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LLEMMA_CACHE", str(tmp_path / "cache"))
    (tmp_path / "other.tgz").write_bytes(b"other")
    code, _, stderr = run("lean", "install", "--from", tmp_path / "other.tgz")
    assert code == 2
    assert f"error: {tmp_path / 'other.tgz'}: not {PACKAGE.name}" in stderr


def test_the_doctor_says_how_to_install_lean(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLEMMA_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "200")
    assert "llemma lean install" in run("doctor")[1]
