"""A classifier of texts: logistic regression on the mean of hashed word n-grams, as in fastText without its low rank.

Source: Joulin et al. 2016, "Bag of tricks for efficient text classification" (arXiv 1607.01759).
"""

import io
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from llemma.errors import DataError
from llemma.ngrams import ngram_hashes, words_of
from llemma.progress import progress
from llemma.storage import write_bytes

Features = NDArray[np.uint32]

_FORMAT = 1
_BATCH_TEXTS = 32
_FEWEST_STEPS = 500
_CHUNK_TEXTS = 1024


@dataclass(frozen=True, slots=True)
class LinearClassifier:
    """p(yes) = sigmoid(bias + mean of the weights of the text's 1- to n-grams)."""

    weights: NDArray[np.float32]  # (2^bits,)
    bias: float
    ngrams: int

    def scores(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return p(yes) of each text."""
        total, count = np.zeros(len(texts)), np.zeros(len(texts), np.int64)
        for features, bounds in _features(texts, self.ngrams, len(self.weights)):
            sizes = np.diff(bounds)
            document = np.repeat(np.arange(len(texts)), sizes)
            total += np.bincount(document, self.weights[features], len(texts))  # adds in order: the same in any batch
            count += sizes
        return _sigmoid(self.bias + total / np.maximum(count, 1))

    def save(self, path: Path) -> None:
        """Write the model as one file; the same model gives the same bytes."""
        content = io.BytesIO()
        np.savez_compressed(content, format=_FORMAT, weights=self.weights, bias=self.bias, ngrams=self.ngrams)
        write_bytes(path, content.getvalue())

    @classmethod
    def load(cls, path: Path) -> Self:
        """Return the model in a file. Raises DataError when there is none."""
        try:
            with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as stored:
                if stored["format"] != _FORMAT:
                    raise ValueError(f"format {stored['format']}")
                return cls(stored["weights"], float(stored["bias"]), int(stored["ngrams"]))
        except (OSError, ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile) as error:
            cure = "Train one: llemma data train math-score"
            raise DataError(f"{path}: not a classifier of this version ({error}). {cure}") from error


def train(
    labelled: Iterable[tuple[str, bool]],
    *,
    seed: int = 0,
    ngrams: int = 2,
    bits: int = 20,
    epochs: int = 10,
    rate: float = 10.0,
) -> LinearClassifier:
    """Return the classifier of some labelled texts, by AdaGrad on small batches in an order drawn from the seed.

    A few texts are read in more epochs, for at least 500 steps. Memory: 4 bytes for each n-gram of all the texts.
    Raises DataError unless both labels are there.
    """
    texts, labels = _collected(labelled, ngrams, 2**bits)
    if len(set(labels)) < 2:
        raise DataError(f"a classifier needs texts of both kinds; all {len(labels):,} are of one")
    truth = np.array(labels, np.float64)
    weights, squares = np.zeros(2**bits, np.float32), np.zeros(2**bits, np.float32)
    bias = float(np.log(truth.mean() / (1 - truth.mean())))
    draw = np.random.default_rng(seed)
    epochs = max(epochs, -(-_FEWEST_STEPS * _BATCH_TEXTS // len(texts)))
    with progress("training", epochs * len(texts), "texts") as meter:
        for epoch in range(epochs):
            order = draw.permutation(len(texts))
            step = rate * (1 - epoch / epochs)
            for start in range(0, len(order), _BATCH_TEXTS):
                batch = order[start : start + _BATCH_TEXTS]
                _descend([texts[i] for i in batch], truth[batch], weights, squares, bias=bias, rate=step)
                meter.advance(len(batch))
    return LinearClassifier(weights, bias, ngrams)


def _descend(
    texts: Sequence[Features],
    truth: NDArray[np.float64],
    weights: NDArray[np.float32],
    squares: NDArray[np.float32],
    *,
    bias: float,
    rate: float,
) -> None:
    """Take one step of AdaGrad in place."""
    sizes = np.maximum([len(features) for features in texts], 1)
    features = np.concatenate(texts)
    document = np.repeat(np.arange(len(texts)), [len(features) for features in texts])
    means = np.bincount(document, weights[features], len(texts)) / sizes
    slope = (_sigmoid(bias + means) - truth) / sizes
    used, which = np.unique(features, return_inverse=True)
    gradient = np.bincount(which, slope[document], len(used)).astype(np.float32)
    squares[used] += gradient**2
    weights[used] -= np.float32(rate) * gradient / (np.sqrt(squares[used]) + np.float32(1e-8))


def _collected(labelled: Iterable[tuple[str, bool]], ngrams: int, size: int) -> tuple[list[Features], list[bool]]:
    """Return the features and the label of each text."""
    texts: list[Features] = []
    labels: list[bool] = []
    chunk: list[str] = []
    for text, label in labelled:
        chunk.append(text)
        labels.append(label)
        if len(chunk) == _CHUNK_TEXTS:
            texts += _per_text(chunk, ngrams, size)
            chunk = []
    return texts + _per_text(chunk, ngrams, size), labels


def _per_text(texts: Sequence[str], ngrams: int, size: int) -> list[Features]:
    parts = [np.split(features, bounds[1:-1]) for features, bounds in _features(texts, ngrams, size)]
    return [np.concatenate(of_text) for of_text in zip(*parts, strict=True)][: len(texts)]


def _features(texts: Sequence[str], ngrams: int, size: int) -> list[tuple[Features, NDArray[np.int64]]]:
    """Return for each length of n-gram the indices into the weights, and where each text begins in them."""
    words = words_of(pa.array(texts, pa.large_string()))
    found = (ngram_hashes(words, n) for n in range(1, ngrams + 1))
    return [((hashes & np.uint64(size - 1)).astype(np.uint32), bounds) for hashes, bounds in found]


def _sigmoid(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1 / (1 + np.exp(-np.clip(values, -500, 500)))
