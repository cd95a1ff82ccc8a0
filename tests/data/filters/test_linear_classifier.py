from pathlib import Path

import numpy as np
import pytest

from llemma.data.filters.linear_classifier import LinearClassifier, train
from llemma.errors import DataError
from tests.conftest import make_texts

MATHS = "let the theorem follow from the lemma and hence the proof by induction is done as required here".split()


def examples(count: int, *, seed: int) -> list[tuple[str, bool]]:
    """Return texts that share half of their words; the other half tells the label."""
    draw = np.random.default_rng(seed)
    everyday = make_texts(count, words=12)
    labels = draw.random(count) < 0.4
    return [
        (f"{text} {' '.join(draw.choice(MATHS, 12))}" if label else f"{text} {text}", bool(label))
        for text, label in zip(everyday, labels, strict=True)
    ]


@pytest.fixture(scope="module")
def model() -> LinearClassifier:
    return train(examples(400, seed=0))


def test_it_tells_texts_apart_that_it_has_not_seen(model: LinearClassifier) -> None:
    texts, labels = zip(*examples(200, seed=1), strict=True)
    assert np.mean((model.scores(texts) >= 0.5) == np.array(labels)) > 0.95


def test_the_score_is_the_sigmoid_of_the_bias_and_the_mean_weight() -> None:
    model = LinearClassifier(np.full(8, 3.0, np.float32), -2.0, 2)
    assert model.scores(["one two three", "", "one"]) == pytest.approx(
        [1 / (1 + np.exp(-1)), 1 / (1 + np.exp(2)), 1 / (1 + np.exp(-1))]
    )


def test_the_order_of_words_tells_texts_apart() -> None:
    texts = [("not good but bad", False), ("not bad but good", True)] * 50
    assert (train(texts).scores(["not good but bad", "not bad but good"]) >= 0.5).tolist() == [False, True]


def test_batches_do_not_matter(model: LinearClassifier) -> None:
    texts = [text for text, _ in examples(50, seed=2)] + ["", "the"]
    assert model.scores(texts).tolist() == [float(model.scores([text])[0]) for text in texts]


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    for name, seed in (("one", 0), ("two", 0), ("three", 1)):
        train(examples(60, seed=3), seed=seed, epochs=2).save(tmp_path / name)
    one, two, three = ((tmp_path / name).read_bytes() for name in ("one", "two", "three"))
    assert one == two
    assert one != three


def test_a_saved_model_is_the_same_model(model: LinearClassifier, tmp_path: Path) -> None:
    model.save(tmp_path / "model.npz")
    texts = make_texts(5)
    assert LinearClassifier.load(tmp_path / "model.npz").scores(texts).tolist() == model.scores(texts).tolist()


def test_one_kind_of_text_is_not_enough() -> None:
    with pytest.raises(DataError, match="both kinds"):
        train([("some text", True)] * 3)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not a zip", b"just text"])
def test_a_file_that_is_no_model_is_an_error_that_says_how_to_make_one(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "model.npz").write_bytes(content)
    with pytest.raises(DataError, match="llemma data train math-score"):
        LinearClassifier.load(tmp_path / "model.npz")
