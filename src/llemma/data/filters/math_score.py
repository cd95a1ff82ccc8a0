"""The MathScore filter: drops documents whose words are not those that stand around formulas.

Source: OpenWebMath (Paster et al. 2023, arXiv 2310.06786), section 3.5. The classifier learns from documents that label
themselves: does one have a common TeX command (a whole one, where OpenWebMath looks for substrings)? All TeX is then
taken out, so only the words can tell.
"""

import functools
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import orjson
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from llemma.data.filters import linear_classifier
from llemma.data.filters.linear_classifier import LinearClassifier
from llemma.data.filters.normalize import sampled, without_tex
from llemma.data.filters.prefilter_marks import COMMANDS
from llemma.data.steps import Filter

Score = Annotated[float, Field(ge=0, le=1)]

SAMPLE_CHARACTERS = 1_000
"""What the classifier reads of longer documents: beginning, middle and end."""

_COMMON_COMMAND = re.compile(rf"\\(?:{'|'.join(sorted(map(bytes.decode, COMMANDS)))})(?![a-zA-Z])")
_DOLLAR = re.compile(r"[$](?<!\\.)")  # an escaped dollar is money; the search skips to the literal


class MathScore(Filter):
    """Drops a document ("low_math_score") whose score is too low: below 0.17 with a formula, below 0.8 without.

    There is a formula when `meta.found_math` is true or, where no extractor has said, when the text has a dollar sign
    that is not escaped. The first pass of OpenWebMath used 0.15.
    """

    step: Literal["math_score"] = "math_score"

    model: str
    """A file made by `llemma data train math-score`."""

    min_score_with_formula: Score = 0.17
    min_score_without: Score = 0.8

    def files(self) -> tuple[Path, ...]:
        """Return the model."""
        return (Path(self.model),)

    def reasons(self, batch: pa.RecordBatch) -> Sequence[str | None]:
        """Return "low_math_score" or None for each row."""
        texts = batch.column("text").to_pylist()
        found = map(_has_formula, texts, batch.column("meta").to_pylist())
        limits = [self.min_score_with_formula if formula else self.min_score_without for formula in found]
        scores = math_scores(_load(self.model), texts).tolist()
        return ["low_math_score" if score < limit else None for score, limit in zip(scores, limits, strict=True)]


def math_scores(model: LinearClassifier, texts: Sequence[str]) -> NDArray[np.float64]:
    """Return for each text, as it is, how likely its words stand around formulas."""
    return model.scores([words_around_formulas(text) for text in texts])


def train(labelled: Iterable[tuple[str, bool]], *, seed: int = 0) -> LinearClassifier:
    """Return the classifier that learned from labelled texts as they are: their TeX is taken out here."""
    return linear_classifier.train(((words_around_formulas(text), label) for text, label in labelled), seed=seed)


def labelled(texts: Iterable[str]) -> Iterator[tuple[str, bool]]:
    """Yield each text with its label: it has one of the most frequent TeX commands."""
    return ((text, _COMMON_COMMAND.search(text) is not None) for text in texts)


def words_around_formulas(text: str) -> str:
    """Return what the classifier reads of a text."""
    return without_tex(sampled(text, SAMPLE_CHARACTERS))


def _has_formula(text: str, meta: str) -> bool:
    if '"found_math"' in meta:
        found = orjson.loads(meta).get("found_math")
        if isinstance(found, bool):
            return found
    return _DOLLAR.search(text) is not None


@functools.cache
def _load(path: str) -> LinearClassifier:
    return LinearClassifier.load(Path(path))
