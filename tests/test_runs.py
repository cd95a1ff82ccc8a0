from pathlib import Path

import pytest

from llemma.errors import RunDirectoryError
from llemma.runs import differences, is_finished, read_manifest, run_directory, write_manifest


def test_a_run_goes_on_with_its_own_identity_and_is_finished_by_its_manifest(tmp_path: Path) -> None:
    out = tmp_path / "run"
    with run_directory(out, {"seed": 1}) as finished:
        assert not finished
    with run_directory(out, {"seed": 1}) as finished:
        assert not finished
        write_manifest(out, started=0.0, kind="test")
    with run_directory(out, {"seed": 1}) as finished:
        assert finished
    manifest = read_manifest(out)
    assert manifest["identity"] == {"seed": 1}
    assert {"python", "llemma", "numpy"} <= manifest["versions"].keys()


def test_another_identity_is_refused_with_what_differs(tmp_path: Path) -> None:
    with run_directory(tmp_path / "run", {"sampling": {"seed": 1, "k": 2}}):
        pass
    with (
        pytest.raises(RunDirectoryError, match=r"sampling\.seed: 1 there, 2 here"),
        run_directory(tmp_path / "run", {"sampling": {"seed": 2, "k": 2}}),
    ):
        pass


def test_a_folder_with_foreign_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(RunDirectoryError, match=r"thesis\.tex is in it"), run_directory(tmp_path, {}):
        pass


def test_a_run_directory_is_held_by_one_process(tmp_path: Path) -> None:
    with (
        run_directory(tmp_path / "run", {}),
        pytest.raises(RunDirectoryError, match="another process is writing there"),
        run_directory(tmp_path / "run", {}),
    ):
        pass


def test_reading_an_unfinished_or_foreign_folder_says_which(tmp_path: Path) -> None:
    with pytest.raises(RunDirectoryError, match="is not a run directory"):
        read_manifest(tmp_path)
    with run_directory(tmp_path / "run", {}):
        pass
    assert not is_finished(tmp_path / "run")
    with pytest.raises(RunDirectoryError, match="is not finished"):
        read_manifest(tmp_path / "run")


def test_differences_name_the_leaf() -> None:
    assert differences({"a": {"b": 1}, "c": 2}, {"a": {"b": 3}, "c": 2}) == ["a.b: 1 there, 3 here"]
    assert differences({"a": 1}, {}) == ["a: 1 there, null here"]
