from pathlib import Path

import pytest

from llemma.errors import DataError
from llemma.storage import JsonlLog, new_directory, read_jsonl, sha256_of_rows, write_json, write_jsonl, write_text


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.jsonl.zst"])
def test_rows_come_back_as_they_were_written(tmp_path: Path, name: str) -> None:
    rows = [{"text": "ℕ ⊂ ℤ\n", "n": index} for index in range(1000)]
    assert write_jsonl(tmp_path / name, rows) == 1000
    assert list(read_jsonl(tmp_path / name)) == rows


def test_a_log_drops_a_half_written_line_and_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    with JsonlLog(path) as log:
        log.append([{"n": 1}, {"n": 2}])
    with path.open("ab") as file:
        file.write(b'{"n": 3')
    with JsonlLog(path) as log:
        log.append([{"n": 4}])
        assert [row["n"] for row in log.rows()] == [1, 2, 4]


def test_a_log_of_one_long_half_line_becomes_empty(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(b"x" * 200_000)
    with JsonlLog(path) as log:
        assert list(log.rows()) == []


def test_a_broken_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"n": 1}\n{"n": \n')
    with pytest.raises(DataError, match="line 2: not valid JSON"):
        list(read_jsonl(path))
    path.write_text("[1]\n")
    with pytest.raises(DataError, match="line 1: expected a JSON object, found list"):
        list(read_jsonl(path))


def test_a_failed_write_leaves_the_old_file_and_no_scratch(tmp_path: Path) -> None:
    path = tmp_path / "value.json"
    write_text(path, "old")
    with pytest.raises(TypeError):
        write_json(path, {"bad": object()})
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_new_directory_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "made"

    def fail() -> None:
        with new_directory(target) as folder:
            (folder / "part").touch()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert list(tmp_path.iterdir()) == []
    with new_directory(target) as folder:
        (folder / "part").touch()
    assert [entry.name for entry in target.iterdir()] == ["part"]


def test_the_hash_of_rows_depends_on_their_order_but_not_on_key_order() -> None:
    assert sha256_of_rows([{"a": 1, "b": 2}]) == sha256_of_rows([{"b": 2, "a": 1}])
    assert sha256_of_rows([[1], [2]]) != sha256_of_rows([[2], [1]])
