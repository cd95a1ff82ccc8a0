"""Tables of word n-grams: they say where a document has one of theirs, and look at few places of it."""

import numpy as np
from numpy.typing import NDArray

from llemma.ngrams import Hashes, Positions

_MAP_BITS = 25
_BLOCK = 1 << 12
_BASE = np.uint64(0x9E3779B97F4A7C15)  # of the polynomial over words: odd


class Table:
    """The n-grams of one length, as `table_keys` returns them, of the protected texts with the hashes `words`.

    An n-gram is sought by its parts, which have just over half of its words: one of them begins at a multiple of
    `stride` words of the document, wherever the n-gram begins. So only every `stride`-th word is looked at.
    """

    def __init__(self, size: int, keys: Hashes, words: Hashes) -> None:
        self.size = size
        self._keys = keys
        self._place_bits = _place_bits(words)
        self._part = size // 2 + 1
        self._stride = size - self._part + 1
        begins = np.zeros(len(words), np.bool_)
        begins[self._places(keys)] = True
        is_part = begins.copy()
        for offset in range(1, self._stride):
            is_part[offset:] |= begins[:-offset]
        every = ngrams(words, self._part)
        parts = every[is_part[: len(every)]]
        bits = min(len(parts).bit_length() + 5, _MAP_BITS)  # one in 32 is set by chance, or in 64
        self._shift = np.uint64(64 - bits)
        self._is_set = np.zeros(1 << bits, np.bool_)
        self._is_set[parts >> self._shift] = True

    def find(self, words: Hashes) -> tuple[Positions, Positions]:
        """Return the pairs of a place in `words` and the word of the protected texts at which an equal n-gram begins.

        An n-gram may run from one document into the next, and different ones are seldom but sometimes taken as equal.
        """
        every = ngrams(words, self._part, slice(None, None, self._stride))
        parts = np.flatnonzero(self._is_possible(every)) * self._stride
        here, at = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        for block in range(0, len(parts), _BLOCK):
            starts = self._possible_starts(words, parts[block : block + _BLOCK])
            hashes = ngrams(words, self.size, starts) >> self._place_bits
            first = np.searchsorted(self._keys, hashes << self._place_bits)
            counts = np.searchsorted(self._keys, hashes + np.uint64(1) << self._place_bits) - first
            within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
            here.append(np.repeat(starts, counts))
            at.append(self._places(self._keys[np.repeat(first, counts) + within]))
        return np.concatenate(here), np.concatenate(at)

    def _possible_starts(self, words: Hashes, parts: Positions) -> Positions:
        """Return where an n-gram may begin that has one of these parts: its first and its last part are possible."""
        starts = (parts[:, None] - np.arange(self._stride)[::-1]).ravel()
        starts = starts[(starts >= 0) & (starts <= len(words) - self.size)]
        for offset in (0, self._stride - 1):
            starts = starts[self._is_possible(ngrams(words, self._part, starts + offset))]
        return starts

    def _is_possible(self, parts: Hashes) -> NDArray[np.bool_]:
        is_possible: NDArray[np.bool_] = self._is_set[(parts >> self._shift).view(np.int64)]
        return is_possible

    def _places(self, keys: Hashes) -> Positions:
        return (keys & (np.uint64(1) << self._place_bits) - np.uint64(1)).view(np.int64)


def table_keys(words: Hashes, n: int, starts: Positions, *, keep: int) -> Hashes:
    """Return the n-grams at `starts` in order: of each, the first bits of its hash and then its start, in one number.

    At most the first `keep` of the same hash.
    """
    bits = _place_bits(words)
    keys = np.sort(ngrams(words, n)[starts] >> bits << bits | starts.view(np.uint64))
    is_kept = np.ones(len(keys), np.bool_)
    is_kept[keep:] = keys[keep:] >> bits != keys[:-keep] >> bits
    kept: Hashes = keys[is_kept]
    return kept


def ngrams(words: Hashes, n: int, places: Positions | slice = slice(None)) -> Hashes:
    """Return hashes of the n-grams of words that begin at `places`; their first bits are the most mixed.

    The polynomial h[0] * BASE^(n-1) + ... + h[n-1] mod 2^64.
    """
    count = max(len(words) - n + 1, 0)
    hashes: Hashes = words[:count][places].copy()
    for place in range(1, n):
        hashes *= _BASE
        hashes += words[place : place + count][places]
    return hashes


def _place_bits(words: Hashes) -> np.uint64:
    return np.uint64(len(words).bit_length())
