import math
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest

from llemma.data.filters import kneser_ney
from llemma.data.filters.kneser_ney import NgramModel, marked_words, train
from llemma.errors import DataError

Gram = tuple[str, ...]


def probabilities(model: NgramModel, text: str) -> list[float]:
    return [float(10**value) for value in model.log10_p(marked_words([text]))[1:]]


def random_texts(count: int, *, seed: int) -> list[str]:
    """Return texts of a small vocabulary in which some words follow each other more often."""
    draw = np.random.default_rng(seed)
    texts = []
    for _ in range(count):
        word, words = 0, []
        for _ in range(int(draw.integers(1, 30))):
            word = int((word * 3 + draw.geometric(0.4)) % 23)
            words.append(f"w{word}")
        texts.append(" ".join(words))
    return texts


class PlainModel:
    """The second implementation: dictionaries of tuples, after Chen and Goodman's equations."""

    def __init__(self, texts: list[str], order: int, min_count: int) -> None:
        counts: list[Counter[Gram]] = [Counter() for _ in range(order + 1)]
        for text in texts:
            words = ("<s>", *text.split())
            for n in range(1, order + 1):
                counts[n].update(words[i : i + n] for i in range(len(words) - n + 1))
        before: dict[Gram, set[str]] = defaultdict(set)
        for n in range(2, order + 1):
            for gram in counts[n]:
                before[gram[1:]].add(gram[0])
        self.order = order
        self.vocabulary = {gram[0] for gram in counts[1]} - {"<s>"}
        self.kept: dict[Gram, float] = {}
        self.left: dict[Gram, float] = {}
        for n in range(1, order + 1):
            adjusted = {
                gram: count if n == order or gram[0] == "<s>" else len(before[gram])
                for gram, count in counts[n].items()
                if gram != ("<s>",)
            }
            self._add_order(adjusted, counts[n], min_count if n > 2 else 1)

    def _add_order(self, adjusted: dict[Gram, int], counts: Counter[Gram], min_count: int) -> None:
        t = Counter(adjusted.values())
        y = t[1] / (t[1] + 2 * t[2]) if t[1] else 0
        known = all(t[k] for k in (1, 2, 3, 4))
        discounts = [k - (k + 1) * y * t[k + 1] / t[k] for k in (1, 2, 3)] if known else [0.0]
        if min(discounts) <= 0:
            discounts = [0.5, 1, 1.5]
        total: Counter[Gram] = Counter()
        for gram, count in adjusted.items():
            total[gram[:-1]] += count
        mass: dict[Gram, float] = defaultdict(float)
        for gram, count in adjusted.items():
            if counts[gram] >= min_count:
                self.kept[gram] = (count - discounts[min(count, 3) - 1]) / total[gram[:-1]]
                mass[gram[:-1]] += self.kept[gram]
        for context in total:
            self.left[context] = 1 - mass[context]

    def p(self, word: str, history: Gram) -> float:
        history = history[-(self.order - 1) :] if self.order > 1 else ()
        shorter = self.p(word, history[1:]) if history else 1 / (len(self.vocabulary) + 1)
        return self.kept.get((*history, word), 0) + self.left.get(history, 1) * shorter

    def perplexity(self, text: str) -> float:
        words = ("<s>", *text.split())
        logs = [math.log10(self.p(word, words[:place])) for place, word in enumerate(words) if place]
        return float(10 ** (-sum(logs) / len(logs)))


def test_two_texts_worked_out_by_hand() -> None:
    # Each of a, b, c follows one word; too few n-grams to estimate discounts, so 0.5, 1, 1.5.
    # p(w) = 0.5/3 + (3 * 0.5/3) / 4 = 7/24, unknown 1/8.
    # After the beginning (2 - 1)/2 + p(w)/2, after a 0.5/2 + p(w)/2.
    model = train(["a b", "a c"], order=2)
    assert probabilities(model, "a b") == pytest.approx([31 / 48, 19 / 48])
    assert probabilities(model, "b c") == pytest.approx([7 / 48, 7 / 24])
    assert probabilities(model, "x y") == pytest.approx([1 / 16, 1 / 8])
    assert model.perplexities(["a b"])[0] == pytest.approx((31 / 48 * 19 / 48) ** -0.5)


@pytest.mark.parametrize("order", [1, 2, 3, 5])
@pytest.mark.parametrize("min_count", [1, 2, 3])
def test_perplexities_are_those_of_plain_dictionaries(order: int, min_count: int) -> None:
    texts = random_texts(150, seed=0)
    unseen = [*random_texts(20, seed=1), "w1 never w2", "never seen before"]
    model, plain = train(texts, order=order, min_count=min_count), PlainModel(texts, order, min_count)
    assert model.perplexities(texts + unseen) == pytest.approx(
        [plain.perplexity(text) for text in texts + unseen], rel=1e-5
    )


@pytest.mark.parametrize("min_count", [1, 2])
def test_probabilities_after_any_history_sum_to_one(min_count: int) -> None:
    texts = random_texts(100, seed=2)
    model = train(texts, order=4, min_count=min_count)
    words = sorted({word for text in texts for word in text.split()})
    for history in ("", "w1", "w4 w13", texts[0], "never w4", "never"):
        following = [probabilities(model, f"{history} {word}")[-1] for word in [*words, "unknown"]]
        assert sum(following) == pytest.approx(1, abs=1e-5)


def test_estimated_discounts_are_those_of_the_equation() -> None:
    # t1..t4 = 8, 4, 2, 1: Y = 8/16, D1 = 1 - 2 * 0.5 * 4/8, D2 = 2 - 3 * 0.5 * 2/4, D3 = 3 - 4 * 0.5 * 1/2
    adjusted = np.repeat([1, 2, 3, 4, 9], [8, 4, 2, 1, 3])
    assert kneser_ney._discounts(adjusted).tolist() == [0, 0.5, 1.25, 2]


def test_how_texts_are_read_in_chunks_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = random_texts(60, seed=3)
    whole = train(texts, order=3)
    monkeypatch.setattr(kneser_ney, "_CHUNK_CHARACTERS", 200)
    parts = train(texts, order=3)
    assert parts.table.tobytes() == whole.table.tobytes()


def test_batches_do_not_matter() -> None:
    texts = random_texts(40, seed=4)
    model = train(texts[:30], order=3)
    together = model.perplexities(texts)
    assert together.tolist() == [model.perplexities([text])[0] for text in texts]


def test_a_saved_model_is_the_same_model_and_the_same_bytes(tmp_path: Path) -> None:
    texts = random_texts(30, seed=5)
    model = train(texts, order=3)
    model.save(tmp_path / "one")
    train(texts, order=3).save(tmp_path / "two")
    loaded = NgramModel.load(tmp_path / "one")
    assert isinstance(loaded.table, np.memmap)
    assert loaded.perplexities(texts).tolist() == model.perplexities(texts).tolist()
    for name in (kneser_ney.SETTINGS, kneser_ney.TABLE):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_no_words_have_no_perplexity() -> None:
    assert np.isnan(train(["a b"], order=2).perplexities(["a", "", " "])).tolist() == [False, True, True]


def test_nothing_to_train_on_is_an_error() -> None:
    with pytest.raises(DataError, match="no words"):
        train(["", " "])


def test_a_folder_without_a_model_is_an_error_that_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="llemma data train perplexity"):
        NgramModel.load(tmp_path)


def test_a_table_that_was_cut_is_an_error(tmp_path: Path) -> None:
    train(random_texts(30, seed=6), order=2).save(tmp_path / "model")
    table = tmp_path / "model" / kneser_ney.TABLE
    table.write_bytes(table.read_bytes()[:-100])
    with pytest.raises(DataError, match="not an n-gram model"):
        NgramModel.load(tmp_path / "model")
