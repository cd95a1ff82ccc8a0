"""The true similarity of pairs of documents, from their texts."""

import itertools
from collections.abc import Callable, Iterable, Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from llemma.ngrams import Hashes, Positions, ngram_hashes, ngrams_in_pieces, slices, words_of

Texts = Callable[[int, Positions], Iterable[pa.Array]]
"""Gives the texts of some rows of a file, by its place in the list of files: in order, in arrays of any size."""

_HELD_BYTES = 2**27  # sets of n-grams that wait for those they are compared with
_SLICE_BYTES = 2**19
_LONG_BYTES = 2**22  # a longer text is taken in pieces
_BLOCK = 2**16  # n-grams compared at a time


class TrueSimilarities:
    """The Jaccard similarity of the sets of n-grams of pairs of documents: computed once, then known."""

    def __init__(self, texts: Texts, firsts: Positions, ngram: int) -> None:
        """The documents of file i are firsts[i] to firsts[i + 1] - 1."""
        self._texts, self._firsts, self._ngram = texts, firsts, ngram
        self._documents = int(firsts[-1])
        self._keys, self._values = np.zeros(0, np.int64), np.zeros(0, np.float32)

    def known(self, firsts: Positions, seconds: Positions) -> NDArray[np.float32]:
        """Return the similarities of pairs; NaN where it was not computed."""
        keys = self._key(firsts, seconds)
        places = np.searchsorted(self._keys, keys)
        is_known = np.append(self._keys, -1)[places] == keys
        return np.where(is_known, np.append(self._values, np.float32(0))[places], np.float32(np.nan))

    def compute(self, firsts: Positions, seconds: Positions) -> tuple[Positions, Positions, NDArray[np.float32]]:
        """Return the pairs that were not known yet, in order and without repeats, and their similarities.

        The first document of a pair is the earlier one. The files are read in order, once if the sets of n-grams that
        wait for a later document fit into `_HELD_BYTES`: that, and the two longest texts, are the memory needed.
        """
        firsts, seconds = np.divmod(np.unique(self._key(firsts, seconds)), max(self._documents, 1))
        is_new = np.isnan(self.known(firsts, seconds))
        firsts, seconds = firsts[is_new], seconds[is_new]
        values = np.zeros(len(firsts), np.float32)
        left = np.arange(len(firsts))
        while len(left):
            found = self._in_one_pass(firsts[left], seconds[left])
            values[left] = found
            left = left[np.isnan(found)]
        order = np.argsort(all_keys := np.append(self._keys, self._key(firsts, seconds)), kind="stable")
        self._keys, self._values = all_keys[order], np.append(self._values, values)[order]
        return firsts, seconds, values

    def _key(self, firsts: Positions, seconds: Positions) -> Positions:
        return firsts * self._documents + seconds

    def _in_one_pass(self, firsts: Positions, seconds: Positions) -> NDArray[np.float32]:
        """Return the similarities of pairs, in order; NaN where there was no room to hold the first document."""
        values = np.full(len(firsts), np.nan, np.float32)
        last = dict(zip(firsts.tolist(), seconds.tolist(), strict=True))  # that each first document waits for
        pairs = np.argsort(seconds, kind="stable")
        others, starts = np.unique(seconds[pairs], return_index=True)
        pairs_of = dict(zip(others.tolist(), np.split(pairs, starts[1:]), strict=True))
        numbers = np.union1d(firsts, seconds)
        held, room = dict[int, Hashes](), _HELD_BYTES
        for number, ngrams in zip(numbers.tolist(), self._sets(numbers), strict=True):
            for pair in pairs_of.get(number, ()):
                if (first := int(firsts[pair])) in held:
                    values[pair] = _jaccard(held[first], ngrams)
                    room += held.pop(first).nbytes if last[first] == number else 0
            if number in last and room > 0:
                held[number] = ngrams
                room -= ngrams.nbytes
        return values

    def _sets(self, numbers: Positions) -> Iterator[Hashes]:
        """Yield the set of n-grams of each document; the numbers must ascend."""
        by_file = np.split(numbers, np.searchsorted(numbers, self._firsts[1:-1]))
        for place, mine in enumerate(by_file):
            if len(mine):
                for texts in self._texts(place, mine - self._firsts[place]):
                    yield from _ngram_sets(texts, self._ngram)


def _ngram_sets(texts: pa.Array, n: int) -> Iterator[Hashes]:
    """Yield the n-grams of each text, sorted and without repeats."""
    for part in slices(texts, _SLICE_BYTES):
        if len(part) == 1 and part.nbytes > _LONG_BYTES:
            yield _distinct(np.concatenate([_distinct(piece) for piece in ngrams_in_pieces(part[0].as_py(), n)]))
            continue
        hashes, bounds = ngram_hashes(words_of(part), n)
        yield from (_distinct(hashes[low:high]) for low, high in itertools.pairwise(bounds.tolist()))


def _distinct(hashes: Hashes) -> Hashes:
    """Return the different values in order; `hashes` is sorted in place."""
    hashes.sort()
    is_first = np.ones(len(hashes), np.bool_)
    np.not_equal(hashes[1:], hashes[:-1], out=is_first[1:])
    return hashes[is_first]


def _jaccard(first: Hashes, second: Hashes) -> float:
    shared = sum(_shared(first, second[start : start + _BLOCK]) for start in range(0, len(second), _BLOCK))
    return shared / (len(first) + len(second) - shared)


def _shared(first: Hashes, block: Hashes) -> int:
    """Return how many values two sorted arrays without repeats have in common."""
    low, high = np.searchsorted(first, block[[0, -1]])
    both = np.concatenate([first[low : high + 1], block])
    both.sort(kind="stable")
    return int(np.count_nonzero(both[1:] == both[:-1]))
