import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from llemma.cli.data_models import train
from llemma.data.filters.kneser_ney import NgramModel
from llemma.data.filters.linear_classifier import LinearClassifier
from llemma.errors import DataError
from llemma.storage import write_jsonl
from tests.conftest import WORDS


def run(*arguments: object) -> Result:
    return CliRunner().invoke(train, [str(argument) for argument in arguments], catch_exceptions=False)


def different_texts(count: int, *, seed: int = 0) -> list[str]:
    draw = np.random.default_rng(seed)
    return [" ".join(draw.choice(WORDS, 20)) for _ in range(count)]


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    maths = [rf"hence the lemma $\alpha$ holds {text}" for text in different_texts(100, seed=1)]
    path = tmp_path / "pages.jsonl.zst"
    write_jsonl(path, ({"text": text} for text in different_texts(100) + maths))
    return path


def test_math_score_is_trained_on_labels_of_its_own(pages: Path, tmp_path: Path) -> None:
    result = run("math-score", pages, "--out", tmp_path / "model.npz")
    accuracy = re.search(r"accuracy ([0-9.]+)%", result.stdout)
    assert accuracy is not None
    assert float(accuracy[1]) > 75
    assert result.stderr.endswith("in a data recipe\n")
    text = different_texts(1, seed=2)[0]
    yes, no = LinearClassifier.load(tmp_path / "model.npz").scores([f"hence the lemma holds {text}", text])
    assert yes > 0.5 > no


def test_math_score_takes_the_labels_that_rows_have(tmp_path: Path) -> None:
    rows = [{"text": text, "label": number % 2 == 0} for number, text in enumerate(["tea time", "song bird"] * 20)]
    write_jsonl(tmp_path / "rows.jsonl", rows)
    run("math-score", tmp_path / "rows.jsonl", "--out", tmp_path / "model.npz")
    yes, no = LinearClassifier.load(tmp_path / "model.npz").scores(["tea time", "song bird"])
    assert yes > 0.5 > no


def test_math_score_refuses_a_label_that_is_neither_true_nor_false(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "rows.jsonl", [{"text": "tea", "label": "maybe"}])
    with pytest.raises(DataError, match="'maybe'"):
        run("math-score", tmp_path / "rows.jsonl", "--out", tmp_path / "model.npz")


def test_perplexity_is_trained_and_measured_on_held_out_texts(pages: Path, tmp_path: Path) -> None:
    result = run("perplexity", pages, "--out", tmp_path / "model", "--order", 3)
    assert "held-out texts; above 15,000: 0.0%" in result.stdout
    assert result.stderr.endswith("in a data recipe\n")
    assert NgramModel.load(tmp_path / "model").order == 3


@pytest.mark.parametrize("command", ["math-score", "perplexity"])
def test_a_model_that_is_there_stays(command: str, pages: Path, tmp_path: Path) -> None:
    (tmp_path / "model").write_text("mine")
    result = run(command, pages, "--out", tmp_path / "model")
    assert "nothing to do" in result.stderr
    assert (tmp_path / "model").read_text() == "mine"


def test_rows_that_cannot_be_read_are_counted(pages: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text('not json\n{"other": 1}\n{"text": "good"}\n')
    result = run("perplexity", pages, bad, "--out", tmp_path / "model")
    assert "skipped 2 of 203 rows" in result.stderr
