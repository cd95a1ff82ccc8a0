from pathlib import Path

import pytest

from llemma.data.filters import kneser_ney
from llemma.data.filters.normalize import normalize, sampled
from llemma.data.filters.perplexity import Perplexity, perplexity
from llemma.data.steps import Row, to_batch
from tests.conftest import make_texts


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("perplexity") / "model"
    kneser_ney.train(map(normalize, [*make_texts(200), "let $x$ be so"]), order=3).save(path)
    return path


def reasons(step: Perplexity, *texts: str) -> list[str | None]:
    batch = step(to_batch([Row(id=str(number), text=text) for number, text in enumerate(texts)]))
    found: list[str | None] = batch.column("reason").to_pylist()
    return found


def test_a_text_at_the_threshold_is_kept_and_one_just_above_is_dropped(folder: Path) -> None:
    text = "The dogs sat, and nobody sang."
    found = perplexity(kneser_ney.NgramModel.load(folder), text)
    assert reasons(Perplexity(model=str(folder), max_perplexity=found), text) == [None]
    assert reasons(Perplexity(model=str(folder), max_perplexity=found * 0.999), text) == ["high_perplexity"]


def test_the_published_threshold_is_the_default(folder: Path) -> None:
    assert Perplexity(model=str(folder)).max_perplexity == 15_000


def test_words_that_are_never_seen_are_more_perplexing(folder: Path) -> None:
    model = kneser_ney.NgramModel.load(folder)
    assert perplexity(model, make_texts(1)[0]) < perplexity(model, "zyx wvu tsr qpo nml kji hgf edc")


def test_all_formulas_are_one_word(folder: Path) -> None:
    model = kneser_ney.NgramModel.load(folder)
    assert perplexity(model, "let $x$ be so") == perplexity(model, "Let $$\\sum_n 2^{-n}$$ be so")


def test_a_text_without_words_is_kept(folder: Path) -> None:
    assert reasons(Perplexity(model=str(folder), max_perplexity=0.001), " \n", "the cat") == [None, "high_perplexity"]


def test_long_texts_are_judged_by_a_sample_in_any_batch(folder: Path) -> None:
    texts = [" ".join(make_texts(300, offset=offset)) for offset in range(4)]
    model = kneser_ney.NgramModel.load(folder)
    of_samples = [perplexity(model, sampled(text, 1_000)) for text in texts]
    step = Perplexity(model=str(folder), max_perplexity=sorted(of_samples)[1])
    expected = ["high_perplexity" if found > step.max_perplexity else None for found in of_samples]
    assert reasons(step, *texts) == expected == [reason for text in texts for reason in reasons(step, text)]


def test_the_result_depends_on_the_files_of_the_model(folder: Path) -> None:
    files = Perplexity(model=str(folder)).files()
    assert sorted(file.name for file in files) == sorted(file.name for file in folder.iterdir())
