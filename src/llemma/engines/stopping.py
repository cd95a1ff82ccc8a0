"""Where a completion ends: the first stop string, to the character, also inside a token."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from llemma.errors import UserError

BROKEN = "\ufffd"
"""What bytes that are not (yet) UTF-8 are decoded to."""


DecodeBatch = Callable[[list[list[int]]], list[str]]
"""A tokenizer's way from tokens to text, without special tokens, for several rows at once."""


def cut(text: str, stop: Sequence[str]) -> str | None:
    """Return what comes before the first stop string; None when there is none in the text.

    The first is the one that is complete first, as a reader from left to right sees it; of two that are complete at
    the same character, the longer one.
    """
    ends = [(start + len(string), start) for string in stop if (start := text.find(string)) >= 0]
    return text[: min(ends)[1]] if ends else None


def check_stop(stop: Sequence[str]) -> None:
    """Raise UserError when a stop string is empty: it would end every completion before its first character."""
    if "" in stop:
        raise UserError("a stop string is empty. Leave it out")


def decode(decode_batch: DecodeBatch, context: list[int], tokens: list[int]) -> str:
    """Return the text of `tokens` as it reads after `context`: SentencePiece drops the space of a first word only."""
    before, whole = decode_batch([context, context + tokens])
    return whole[len(before) :]


class Vocabulary:
    """The text of every token. Made once per tokenizer: it takes about a second for 100,000 tokens."""

    def __init__(self, decode_batch: DecodeBatch, size: int) -> None:
        self.decode_batch = decode_batch
        # Twice in a row, as SentencePiece drops a leading space; bytes that are broken alone are also broken twice.
        self.texts = decode_batch([[token, token] for token in range(size)])


class StopWatch:
    """Finds the stop strings in growing rows of tokens and decodes only rows whose last token may complete one."""

    def __init__(self, vocabulary: Vocabulary, stop: Sequence[str]) -> None:
        last = {string[-1] for string in stop} | ({BROKEN} if stop else set())
        self._stop = stop
        self._decode_batch = vocabulary.decode_batch
        self._is_shown = np.array([text != "" for text in vocabulary.texts])
        self._is_whole = np.array([BROKEN not in text for text in vocabulary.texts])
        self._completes = np.array([not last.isdisjoint(text) for text in vocabulary.texts])
        # A shown token has at least one byte, so this many hold any stop string; one more, whose space may be lost.
        self._window = 1 + max((len(string.encode("utf-8", errors="replace")) for string in stop), default=0)

    def suspects(self, tokens: NDArray[np.int64]) -> list[int]:
        """Return the rows in which the newest token, one per row, may complete a stop string."""
        return [int(row) for row in np.flatnonzero(self._completes[tokens])]

    def find(self, context: list[int], tokens: NDArray[np.int64]) -> str | None:
        """Return the text before the stop string that the last token completes; None when it completes none."""
        if cut(self._decode_batch([self._tail(tokens)])[0], self._stop) is None:
            return None
        return cut(decode(self._decode_batch, context, tokens.tolist()), self._stop)

    def _tail(self, tokens: NDArray[np.int64]) -> list[int]:
        """Return the last tokens that can hold a stop string, from a token on that begins with a whole character."""
        shown = tokens[self._is_shown[tokens]]
        start = max(0, len(shown) - self._window)
        while start > 0 and not self._is_whole[shown[start]]:
            start -= 1
        return list(map(int, shown[start:]))
