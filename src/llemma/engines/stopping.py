"""Where a completion ends: the first stop string, to the character, also inside a token; an end token; the limit."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from llemma.errors import UserError
from llemma.records import Finish

BROKEN = "\ufffd"
"""What bytes that are not (yet) UTF-8 are decoded to."""


DecodeBatch = Callable[[list[list[int]]], list[str]]
"""A tokenizer's way from tokens to text, without special tokens, for several rows at once."""

CONTEXT_TOKENS = 8
"""How many of the prompt's last tokens are decoded before a completion, so that its first space is kept."""

WrittenTokens = tuple[list[int], NDArray[np.int64]]
"""A prompt, or its last tokens, and the tokens written after it."""


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


class Endings:
    """Says which rows of tokens have ended: at a stop string, at an end-of-text token, or at the limit of tokens."""

    def __init__(
        self, decode_batch: DecodeBatch, *, watch: StopWatch | None, end_tokens: Sequence[int], limit: int
    ) -> None:
        self.end_tokens = np.array(end_tokens, dtype=np.int64)
        self._decode_batch, self._watch, self._limit = decode_batch, watch, limit

    def find(
        self, newest: NDArray[np.int64], length: int, written: Callable[[int], WrittenTokens]
    ) -> dict[int, tuple[str, Finish]]:
        """Return text and finish of the rows that end with their newest token, by row.

        All have `length` tokens; `written` gives those of a row.
        """
        found: dict[int, tuple[str, Finish]] = {}
        for row in np.flatnonzero(np.isin(newest, self.end_tokens)).tolist():
            context, tokens = written(row)
            found[row] = (self._text(context, tokens[:-1]), "end")
        for row in self._watch.suspects(newest) if self._watch is not None else []:
            text = self._before_stop(*written(row)) if row not in found else None
            if text is not None:
                found[row] = (text, "stop")
        if length == self._limit:
            for row in set(range(len(newest))) - found.keys():
                found[row] = (self._text(*written(row)), "length")
        return found

    def _before_stop(self, context: list[int], tokens: NDArray[np.int64]) -> str | None:
        assert self._watch is not None, "it named the suspects"
        return self._watch.find(context[-CONTEXT_TOKENS:], tokens)

    def _text(self, context: list[int], tokens: NDArray[np.int64]) -> str:
        return decode(self._decode_batch, context[-CONTEXT_TOKENS:], tokens.tolist())
