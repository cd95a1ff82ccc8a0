"""The language filter: keeps documents whose words are mostly English."""

import re
from collections.abc import Sequence
from typing import Annotated, Literal

import pyarrow as pa
from pydantic import Field

from llemma.data.filters.normalize import prose, sampled
from llemma.data.steps import Filter
from llemma.errors import MissingPackageError

_NOT_IN_WORDS = re.compile(r"[^\w .,;:!?'’()-]+")  # CLD2 refuses controls and non-characters
_FEWEST_BYTES = 40  # of letters and the spaces between them


class Language(Filter):
    """Drops a document ("not_english") when less than half of its prose is English.

    Formulas, code and TeX commands are taken out first; a document with hardly any words is kept. OpenWebMath keeps
    English with a probability >= 0.5 by fastText (Paster et al. 2023, arXiv 2310.06786, section 3.5). CLD2, once
    Chrome's detector, is several times faster; it says which share of the text is English.
    """

    step: Literal["language"] = "language"

    min_english: Annotated[float, Field(gt=0, le=1)] = 0.5
    """Share of the text."""

    sample_characters: Annotated[int, Field(ge=300)] = 600
    """Of longer documents only this much is judged: from the beginning, the middle and the end."""

    def reasons(self, batch: pa.RecordBatch) -> Sequence[str | None]:
        """Return "not_english" or None for each row."""
        texts = batch.column("text").to_pylist()
        return [None if self._is_english(sampled(text, self.sample_characters)) else "not_english" for text in texts]

    def _is_english(self, text: str) -> bool:
        share = english_share(prose(text))
        return share is None or share >= self.min_english


def english_share(text: str) -> float | None:
    """Return the share of English in the text, in whole percents; None when it has too few words to tell."""
    try:
        import pycld2
    except ImportError as error:
        raise MissingPackageError("pycld2", needed_by="the step 'language'", extra="data") from error

    try:
        _, size, found = pycld2.detect(text, isPlainText=True, bestEffort=True)
    except pycld2.error:
        _, size, found = pycld2.detect(_NOT_IN_WORDS.sub(" ", text), isPlainText=True, bestEffort=True)
    if size < _FEWEST_BYTES:
        return None
    return float(sum(percent for _, code, percent, _ in found if code == "en") / 100)
