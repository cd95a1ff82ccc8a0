"""The perplexity filter: drops documents that an n-gram model of mathematical text finds too unlikely."""

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import pyarrow as pa
from pydantic import Field

from llemma.data.filters import kneser_ney
from llemma.data.filters.kneser_ney import NgramModel
from llemma.data.filters.normalize import normalize, sampled
from llemma.data.steps import Filter

MAX_PERPLEXITY = 15_000.0
SAMPLE_CHARACTERS = 1_000


class Perplexity(Filter):
    """Drops a document ("high_perplexity") whose perplexity is more than 15,000, as OpenWebMath does.

    The perplexity is 10^(-log10 p / words) of the normalised text. Source: Paster et al. 2023 (arXiv 2310.06786),
    section 3.5; the first pass there allowed 30,000. A document without words is kept.
    """

    step: Literal["perplexity"] = "perplexity"

    model: str
    """A folder made by `llemma data train perplexity`."""

    max_perplexity: Annotated[float, Field(gt=0)] = MAX_PERPLEXITY

    sample_characters: Annotated[int, Field(ge=300)] = SAMPLE_CHARACTERS
    """Of longer documents only this much is judged: from the beginning, the middle and the end."""

    def files(self) -> tuple[Path, ...]:
        """Return the files of the model."""
        return tuple(Path(self.model) / name for name in (kneser_ney.SETTINGS, kneser_ney.TABLE))

    def reasons(self, batch: pa.RecordBatch) -> Sequence[str | None]:
        """Return "high_perplexity" or None for each row."""
        texts = batch.column("text").to_pylist()
        found = _load(self.model).perplexities([normalize(sampled(text, self.sample_characters)) for text in texts])
        return ["high_perplexity" if perplexity > self.max_perplexity else None for perplexity in found.tolist()]


def perplexity(model: NgramModel, text: str) -> float:
    """Return the perplexity of a whole text; NaN when it has no words."""
    return float(model.perplexities([normalize(text)])[0])


@functools.cache
def _load(folder: str) -> NgramModel:
    return NgramModel.load(Path(folder))
