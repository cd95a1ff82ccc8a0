import tomllib
from pathlib import Path

import pytest

from llemma.config import check_recipe
from llemma.data.mixture import Mixture, Reading, readings, repeated_parts, training_section
from llemma.errors import DataError, RecipeError
from llemma.train.recipe import Data

# Azerbayev et al. 2023, table 1: tokens of ArXiv, OpenWebMath and AlgebraicStack; the others are made up.
TOKENS = {"arxiv": 29 * 10**9, "web": 15 * 10**9, "code": 11 * 10**9, "general_text": 10**12, "general_code": 10**12}


def test_the_default_shares_are_those_of_llemma() -> None:
    shares = {part: round(100 * share, 2) for part, share in Mixture().shares().items()}
    assert shares == {"arxiv": 27.14, "web": 54.29, "code": 13.57, "general_text": 2.00, "general_code": 3.00}


def test_200_billion_tokens_are_the_published_epochs() -> None:
    rows = {row.part: row for row in readings(TOKENS, Mixture(), 200 * 10**9)}
    epochs = {part: round(rows[part].epochs, 1) for part in ("arxiv", "web", "code")}
    assert epochs == {"arxiv": 1.9, "web": 7.2, "code": 2.5}
    assert sum(row.tokens_read for row in rows.values()) == pytest.approx(200e9)


def test_only_the_part_that_is_read_more_than_four_times_is_warned_of() -> None:
    [warning] = repeated_parts(readings(TOKENS, Mixture(), 200 * 10**9))
    assert warning.startswith("web is read 7.2 times")
    assert "2305.16264" in warning


@pytest.mark.parametrize(("budget", "warnings"), [(400, 0), (401, 1)])
def test_four_epochs_are_the_most_without_a_warning(budget: int, warnings: int) -> None:
    assert len(repeated_parts(readings({"a": 100}, Mixture(weights={"a": 1.0}), budget))) == warnings


def test_there_is_a_reading_for_each_part() -> None:
    rows = readings({"a": 300, "b": 1000}, Mixture(weights={"a": 3.0, "b": 1.0}), 2000)
    assert rows == [Reading("a", 300, 0.75, 1500.0, 5.0), Reading("b", 1000, 0.25, 500.0, 0.5)]


def test_the_section_is_one_that_a_training_recipe_reads() -> None:
    folders = {"a": Path('runs/o"dd\\na me'), "b": Path("runs/ü\x7f")}
    text = training_section(folders, Mixture(weights={"a": 3.0, "b": 0.147368}), validation={"a b": Path("runs/v")})
    data = check_recipe(Data, tomllib.loads(text)["data"], where="made")
    assert [(source.path, source.weight) for source in data.sources] == [
        ('runs/o"dd\\na me', 3.0),
        ("runs/ü\x7f", 0.147368),
    ]
    assert data.validation == {"a b": "runs/v"}


def test_a_part_without_tokens_or_shards_is_named() -> None:
    mixture = Mixture(weights={"a": 1.0, "b": 1.0})
    with pytest.raises(DataError, match="weight to b, which has no tokens"):
        readings({"a": 5, "b": 0}, mixture, 10)
    with pytest.raises(DataError, match="weight to b, which has no shards: a"):
        training_section({"a": Path("x")}, mixture)


def test_weights_are_positive_and_there_is_one() -> None:
    for weights in ({}, {"a": 0.0}, {"a": -1.0}):
        with pytest.raises(RecipeError, match="weights"):
            check_recipe(Mixture, {"weights": weights}, where="made")
