"""The last rules of OpenWebMath on a page's text: lines of macros, too short, another language by its accents."""

from collections.abc import Sequence
from typing import Annotated, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pydantic import Field

from llemma.data.steps import Step, replaced

_ACCENTED = "[üïöêäâîûôèéàÜÏÖÊÄÂÎÛÔÈÉÀ]"


class WebText(Step):
    """Removes lines that define macros; drops short texts ("too_short") and accented ones ("accented").

    Source: OpenWebMath (Paster et al. 2023), `filtering/filter_dataset.py`.
    """

    step: Literal["web_text"] = "web_text"

    max_newcommands: Annotated[int, Field(ge=0)] = 1
    """A line in which "newcommand" occurs more often is removed."""

    min_characters: Annotated[int, Field(ge=0)] = 100

    max_accented: Annotated[float, Field(ge=0, le=1)] = 0.015
    """Share of the characters that are one of twelve accented vowels of French and German."""

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return the batch with such lines removed and the reasons set."""
        batch = self._without_macros(batch)
        return replaced(batch, reason=self._reasons(batch.column("text")))

    def _without_macros(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        texts = batch.column("text")
        rows = pc.indices_nonzero(pc.match_substring_regex(texts, "newcommand")).to_pylist()
        if not rows:
            return batch
        cleaned = texts.to_pylist()
        for row in rows:
            lines = cleaned[row].split("\n")
            cleaned[row] = "\n".join(line for line in lines if line.count("newcommand") <= self.max_newcommands)
        return replaced(batch, text=cleaned)

    def _reasons(self, texts: pa.Array) -> Sequence[str | None]:
        lengths = pc.utf8_length(texts).to_numpy(zero_copy_only=False)
        sizes = pc.binary_length(texts).to_numpy(zero_copy_only=False)
        accented = np.zeros(len(texts), np.int64)
        # each of these vowels takes two bytes, and the first is always the same
        several = np.flatnonzero(self._too_many(sizes - lengths, lengths))
        first_bytes = pc.count_substring(texts.take(pa.array(several)).cast(pa.binary()), b"\xc3")
        suspect = several[self._too_many(first_bytes.to_numpy(), lengths[several])]
        accented[suspect] = pc.count_substring_regex(texts.take(pa.array(suspect)), _ACCENTED)
        dropped = self._too_many(accented, lengths).tolist()
        return [
            "too_short" if length < self.min_characters else "accented" if is_accented else None
            for length, is_accented in zip(lengths.tolist(), dropped, strict=True)
        ]

    def _too_many(self, accented: NDArray[np.int64], characters: NDArray[np.int64]) -> NDArray[np.bool_]:
        return np.asarray(accented / np.maximum(characters, 1) > self.max_accented)
