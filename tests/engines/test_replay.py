"""Engine `replay:`: which files it reads, and what it says about those that it cannot."""

from pathlib import Path
from typing import Any

import pytest

from llemma.engines.base import Generation, Request, Sampling
from llemma.engines.replay import load_replay
from llemma.errors import DataError, UserError
from llemma.storage import write_jsonl

ROW = {"problem_id": "p/1", "sample": 0, "text": "4 apples\n\nProblem", "finish": "length", "tokens": 7}


def replayed(path: Path, stop: tuple[str, ...] = ()) -> Generation:
    (made,) = load_replay(path).generate([Request("p/1", "any prompt")], Sampling(stop=stop))
    return made


@pytest.mark.parametrize("name", ["run/completions.jsonl", "theirs.jsonl", "theirs.jsonl.zst"])
def test_a_recorded_completion_comes_back_as_it_was(tmp_path: Path, name: str) -> None:
    write_jsonl(tmp_path / name, [ROW])
    path = tmp_path / "run" if name.startswith("run/") else tmp_path / name
    assert replayed(path) == Generation("p/1", 0, "4 apples\n\nProblem", "length", 7)
    assert load_replay(path).name in {"run", "theirs"}


def test_stop_strings_apply_to_recorded_texts(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "a.jsonl", [ROW])
    assert replayed(tmp_path / "a.jsonl", ("\n\n",)) == Generation("p/1", 0, "4 apples", "stop", 7)


def test_finish_and_tokens_may_be_left_out(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "a.jsonl", [{"problem_id": "p/1", "sample": 0, "text": "4"}])
    assert replayed(tmp_path / "a.jsonl") == Generation("p/1", 0, "4", "end", 0)


def test_a_missing_completion_is_named(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "a.jsonl", [ROW])
    with pytest.raises(UserError, match=r"a\.jsonl: no completion of problem 'p/1', sample 3 \(and 1 more\)"):
        load_replay(tmp_path / "a.jsonl").generate([Request("p/1", "", (0, 3, 4))], Sampling())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"problem_id": 3}, "row 1: 'problem_id' is missing or not a text"),
        ({"sample": "0"}, "row 1: 'sample' is missing or not a whole number"),
        ({"text": None}, "row 1: 'text' is missing or not a text"),
        ({"finish": "eos"}, "row 1: finish 'eos' is none of stop, end, length"),
        ({"tokens": "7"}, "row 1: 'tokens' is not a whole number"),
    ],
)
def test_a_row_that_is_no_completion_is_named(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    write_jsonl(tmp_path / "a.jsonl", [{**ROW, **change}])
    with pytest.raises(DataError, match=message):
        load_replay(tmp_path / "a.jsonl")


def test_a_completion_recorded_twice_is_refused(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "a.jsonl", [ROW, ROW])
    with pytest.raises(DataError, match="row 2: a second completion of problem 'p/1', sample 0"):
        load_replay(tmp_path / "a.jsonl")


def test_a_path_without_completions_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="Is the run finished"):
        load_replay(tmp_path)
    with pytest.raises(DataError, match="no such file"):
        load_replay(tmp_path / "nothing.jsonl")
