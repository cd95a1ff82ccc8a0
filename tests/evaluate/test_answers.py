"""Reading answers from other people's files."""

from pathlib import Path
from typing import Any

import pytest

from llemma.errors import DataError, UserError
from llemma.evaluate.answers import Batch, Columns, read_answers
from llemma.evaluate.rules import get_rules
from llemma.storage import write_jsonl


def _read(tmp_path: Path, rows: list[dict[str, Any]], task: str | None = None, **columns: str) -> Batch:
    write_jsonl(tmp_path / "answers.jsonl", rows)
    return read_answers(tmp_path / "answers.jsonl", Columns(**columns), get_rules(task))


def _texts(batch: Batch) -> list[tuple[str, int, str]]:
    return [(completion.problem_id, completion.sample, completion.text) for completion in batch.completions]


def _harness_row(number: int, target: str, responses: Any, **fields: Any) -> dict[str, Any]:
    row = {"doc_id": number, "doc": {"question": "?"}, "target": target, "arguments": {}, "resps": responses}
    return {**row, "filtered_resps": ["x"], "exact_match": 0.0, **fields}


def test_a_sample_log_of_the_harness_is_read_once_for_all_its_filters(tmp_path: Path) -> None:
    rows = [
        _harness_row(number, f"It is\n#### {number + 5}", [["a", "b"]], filter=name)
        for name in ("strict-match", "flexible-extract")
        for number in (0, 1)
    ]
    batch = _read(tmp_path, rows, "gsm8k")
    assert [problem.reference for problem in batch.problems] == ["5", "6"]
    assert _texts(batch) == [("0", 0, "a "), ("0", 1, "b "), ("1", 0, "a "), ("1", 1, "b ")]


def test_the_box_of_a_solution_is_the_reference_where_the_task_says_so(tmp_path: Path) -> None:
    batch = _read(tmp_path, [_harness_row(0, r"So $x = \boxed{7}$.", [["a"]])], "minerva_math")
    assert batch.problems[0].reference == "7"


def test_filtered_answers_are_bare_answers_when_the_log_has_no_responses(tmp_path: Path) -> None:
    row = {"doc_id": 3, "target": "1/2", "filtered_resps": ["0.5"]}
    batch = _read(tmp_path, [row])
    assert batch.rules.profiles["fixed"].grade(batch.completions[0].text, "1/2").answer == "0.5"


def test_scores_of_given_options_are_not_text(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"row 1: column 'resps' holds bool, not text"):
        _read(tmp_path, [_harness_row(0, "A", [[False, "x"]])])


def test_the_usual_column_names_are_found(tmp_path: Path) -> None:
    batch = _read(tmp_path, [{"gold": 4, "pred": "4"}, {"gold": 5.5, "pred": None}])
    assert _texts(batch) == [("1", 0, "4"), ("2", 0, "")]
    assert [problem.reference for problem in batch.problems] == ["4", "5.5"]


@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.zst"])
def test_named_columns_are_read_compressed_or_not(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"mine{suffix}"
    write_jsonl(path, [{"which": "p", "said": "x", "right": "y"}])
    batch = read_answers(path, Columns(answer="said", reference="right", id="which"), get_rules(None))
    assert _texts(batch) == [("p", 0, "x")]


def test_samples_are_rows_of_one_id_or_a_list_or_numbered(tmp_path: Path) -> None:
    plain = [{"id": name, "gold": "1", "pred": text} for name, text in (("p", "a"), ("q", "b"), ("p", "c"), ("q", "d"))]
    expected = [("p", 0, "a"), ("p", 1, "c"), ("q", 0, "b"), ("q", 1, "d")]
    assert _texts(_read(tmp_path, plain)) == expected
    lists = [{"id": "p", "gold": "1", "pred": ["a", "c"]}, {"id": "q", "gold": "1", "pred": ["b", "d"]}]
    assert _texts(_read(tmp_path, lists)) == expected
    numbered = [{**row, "sample": number} for row, number in zip(plain, (1, 0, 0, 1), strict=True)]
    assert _texts(_read(tmp_path, numbered)) == [("p", 0, "c"), ("p", 1, "a"), ("q", 0, "b"), ("q", 1, "d")]


@pytest.mark.parametrize(
    ("rows", "columns", "message"),
    [
        ([], {}, "no rows in it"),
        ([{"gold": "1", "predd": "1"}], {}, "no column completion, .*--completion-field; it has: gold, predd"),
        ([{"gold": "1", "said": "1"}], {"answer": "sais"}, "no column 'sais'. Did you mean 'said'. It has: gold, said"),
        ([{"pred": "1"}], {}, "no column reference, .*--reference-field"),
        ([{"pred": "1", "gold": "1"}, {"pred": "1"}], {}, "row 2: no column 'gold'. It has: pred"),
        ([{"pred": {}, "gold": "1"}], {}, "row 1: column 'pred' holds dict, not text"),
        ([{"pred": [], "gold": "1"}], {}, "no completions in it"),
        ([{"id": "p", "pred": ["1", "2"], "gold": "1"}, {"id": "q", "pred": ["1", "2"], "gold": "1"},
          {"id": "r", "pred": "1", "gold": "1"}], {}, "problem 'r' has 1 samples, most have 2"),
        ([{"id": "p", "pred": "1", "gold": "1"}, {"id": "p", "pred": "1", "gold": "2"}], {}, "'p' has two different"),
        ([{"id": "p", "pred": "1", "gold": "1", "sample": 3}] * 2, {}, "problem 'p' has sample 3 twice"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_file_is_named(
    tmp_path: Path, rows: list[dict[str, Any]], columns: dict[str, str], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        _read(tmp_path, rows, **columns)


def test_completions_and_answers_cannot_both_be_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="not both"):
        _read(tmp_path, [{"a": "1", "b": "1", "gold": "1"}], completion="a", answer="b")


def test_the_stop_sequence_is_put_back_unless_the_text_has_it_or_was_cut_off(tmp_path: Path) -> None:
    said = "Final Answer: The final answer is $3$."
    rows = [
        {"pred": said, "gold": "3"},
        {"pred": f"{said} I hope it is correct. More", "gold": "3"},
        {"pred": said, "gold": "3", "finish": "length"},
    ]
    batch = _read(tmp_path, rows, "minerva_math")
    assert [completion.finish for completion in batch.completions] == ["stop", "end", "length"]
