"""The published numbers, against the project's copy of the paper's tables where it is there."""

import json
from pathlib import Path

import pytest

from llemma.report.paper import MODELS, TASKS, published_model, published_number, published_numbers, published_task

PAPER_TABLES = Path(__file__).parents[3] / "shared" / "spec" / "paper_tables.json"
COLUMNS = {"gsm8k": "gsm8k", "ocw": "ocw_courses", "mmlu_stem": "mmlu_stem", "sat": "math_sat", "math": "minerva_math"}


@pytest.mark.parametrize(
    ("task", "model", "samples", "percent"),
    [
        ("gsm8k", "Llemma 7B", 1, 36.4),
        ("minerva_math", "Llemma 34B", 1, 25.0),
        ("ocw_courses", "Minerva 540B", 100, 30.8),
        ("mmlu_stem", "Llemma 7B", 16, 49.9),
        ("math_sat", "Llemma 34B", 16, 81.3),
        ("minerva_math", "Llemma 34B", 256, 43.1),
    ],
)
def test_numbers_of_tables_1_and_2(task: str, model: str, samples: int, percent: float) -> None:
    number = published_number(task, model, samples=samples)
    assert number is not None
    assert (number.percent, number.trust) == (percent, "verified")
    assert number.table == ("table 1" if samples == 1 else "table 2")


def test_what_the_paper_left_out_is_none() -> None:
    assert published_number("math_sat", "Minerva 8B") is None
    assert published_number("gsm8k", "Llama 2 7B", samples=100) is None
    assert published_number("gsm8k", "Llemma 7B", samples=16) is None
    assert published_numbers("arithmetic") == ()
    assert published_task("arithmetic") is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("EleutherAI/llemma_7b", "Llemma 7B"),
        ("codellama/CodeLlama-34b-hf", "Code Llama 34B"),
        ("meta-llama/Llama-2-7b-hf", "Llama 2 7B"),
        ("runs/llemma-34b/", "Llemma 34B"),
        ("llemma_7b_muinstruct_camelmath", None),
        ("continued", None),
    ],
)
def test_other_spellings_of_a_model_are_known(name: str, expected: str | None) -> None:
    assert published_model(name) == expected


def test_every_number_is_that_of_the_projects_copy_of_the_paper() -> None:
    if not PAPER_TABLES.exists():
        pytest.skip(f"{PAPER_TABLES} is not here")
    tables = json.loads(PAPER_TABLES.read_text(encoding="utf-8"))
    checked = 0
    for name in ("table_cot_greedy", "table_majk"):
        table = tables[name]
        assert table["trust"] == "verified"
        for model, values in table["rows"].items():
            for column, percent in zip(table["columns"], values, strict=True):
                task = COLUMNS[column.partition("_maj")[0]]
                known = published_task(task)
                assert known is not None
                number = published_number(task, model, samples=1 if name == "table_cot_greedy" else known.samples)
                assert (number.percent if number else None) == percent
                checked += percent is not None
    assert checked == sum(len(published_numbers(task.name)) for task in TASKS) == 40 - 3 + 25 - 3  # Minerva has no SAT
    assert tuple(tables["table_cot_greedy"]["rows"]) == MODELS
    for column, sampling in tables["table_majk"]["sampling"].items():
        if column in COLUMNS:
            known = published_task(COLUMNS[column])
            assert known is not None
            assert (known.samples, known.temperature, known.top_p) == tuple(
                sampling[field] for field in ("k", "temperature", "top_p")
            )
