from pathlib import Path

import numpy as np
import pytest

from llemma.data.filters.linear_classifier import LinearClassifier
from llemma.data.filters.math_score import MathScore, labelled, math_scores, train, words_around_formulas
from llemma.data.steps import Row, to_batch
from tests.conftest import make_texts


def with_score(score: float, folder: Path) -> MathScore:
    """Return the step with a model that gives every text this score."""
    path = folder / f"{score}.npz"
    LinearClassifier(np.zeros(4, np.float32), float(np.log(score / (1 - score))), 1).save(path)
    return MathScore(model=str(path))


def reasons(step: MathScore, *rows: Row) -> list[str | None]:
    found: list[str | None] = step(to_batch(rows)).column("reason").to_pylist()
    return found


FORMULA = Row("formula", "so $x$ is")
MONEY = Row("money", r"it is \$5 and \$6")
NO_FORMULA = Row("none", "so it is")
FOUND = Row("found", "so it is", meta={"found_math": True})
NOT_FOUND = Row("not found", "so $ it is", meta={"found_math": False})


@pytest.mark.parametrize("row", [FORMULA, FOUND])
def test_with_a_formula_the_score_must_be_0_17(row: Row, tmp_path: Path) -> None:
    assert reasons(with_score(0.171, tmp_path), row) == [None]
    assert reasons(with_score(0.169, tmp_path), row) == ["low_math_score"]


@pytest.mark.parametrize("row", [NO_FORMULA, MONEY, NOT_FOUND])
def test_without_a_formula_the_score_must_be_0_8(row: Row, tmp_path: Path) -> None:
    assert reasons(with_score(0.801, tmp_path), row) == [None]
    assert reasons(with_score(0.799, tmp_path), row) == ["low_math_score"]


def test_each_row_has_its_own_threshold(tmp_path: Path) -> None:
    step = with_score(0.5, tmp_path)
    assert reasons(step, FORMULA, NO_FORMULA, FOUND) == [None, "low_math_score", None]


def test_what_the_extractor_noted_stays(tmp_path: Path) -> None:
    batch = with_score(0.5, tmp_path)(to_batch([FOUND]))
    assert batch.column("meta").to_pylist() == ['{"found_math":true}']


@pytest.mark.parametrize(
    ("text", "label"),
    [
        (r"$\frac{1}{2}$", True),
        (r"\begin{proof}", True),
        (r"$a \in b$", True),
        (r"$\int_0^1$", True),
        ("$x^2$", False),
        (r"\includegraphics{x}", False),
        (r"\token", False),  # "\to" with letters behind it
        ("frac", False),
    ],
)
def test_a_text_is_positive_when_it_has_a_common_command(text: str, label: bool) -> None:
    assert list(labelled([text])) == [(text, label)]


def test_the_words_around_formulas_tell_and_the_formulas_do_not() -> None:
    maths = [f"hence the lemma holds {text} " + r"where $\alpha$ is prime" for text in make_texts(100)]
    model = train(labelled([*maths, *make_texts(100, offset=100)]))
    unseen = make_texts(2, offset=200)
    with_words, without = math_scores(model, [f"hence the lemma holds {unseen[0]} where is prime", unseen[1]])
    assert with_words > 0.8 > 0.17 > without
    tex, plain = math_scores(model, [r"the \alpha cat $\frac{1}{2}$ sat", "the cat sat"])
    assert tex == plain


def test_a_long_text_is_read_in_three_places() -> None:
    text = "\n".join(["begin line"] * 100 + ["other line"] * 5000 + ["final line"] * 100)
    words = words_around_formulas(text)
    assert len(words) <= 1_000
    assert {"begin", "other", "final"} <= set(words.split())


def test_batches_do_not_matter() -> None:
    model = train(labelled([*make_texts(20), *(rf"{text} \alpha lemma" for text in make_texts(20))]))
    texts = [" ".join(make_texts(count, offset=count)) for count in range(30)]
    assert math_scores(model, texts).tolist() == [float(math_scores(model, [text])[0]) for text in texts]


def test_the_result_depends_on_the_model(tmp_path: Path) -> None:
    step = with_score(0.5, tmp_path)
    assert step.files() == (Path(step.model),)
