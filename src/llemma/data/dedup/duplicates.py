"""Which documents are dropped as duplicates, from the signatures of all shards."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from llemma.data.dedup.settings import Dedup
from llemma.data.dedup.signatures import NO_BAND, SignatureFile
from llemma.data.dedup.verification import Texts, TrueSimilarities
from llemma.ngrams import Hashes, Positions

Flags = NDArray[np.bool_]
Reason = Literal["exact_duplicate", "near_duplicate"]

_PAIRS = 4096  # compared at a time
_LEADERS = 64
"""Documents of one bucket that the others are compared with, at most: a band that thousands of documents share without
being alike, such as a common header, must not take time by the square of their number."""
_STANDARD_ERRORS = 4  # of an estimate, within which of the threshold it decides nothing
_UNDECIDED, _MOST_UNDECIDED = 4, 2**20
"""Open comparisons after which a document waits for the true similarities: in the first pass, and in any."""

_MARKED_BITS = np.uint64(2**20 - 1)  # of a band hash, by which most documents are passed over in later rounds


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What becomes of the documents of one file, by row. Where `is_kept`, the other arrays mean nothing."""

    is_kept: Flags
    kept_file: Positions
    """The place, in the list of files, of the file with the document that is kept."""
    kept_row: Positions
    is_exact: Flags
    """Whether the reason is "exact_duplicate"; else it is "near_duplicate"."""
    similarity: NDArray[np.float32]
    """With the document that is kept: 1 for an exact duplicate; as estimated, or the true one near the threshold."""

    def reasons(self) -> list[Reason | None]:
        """Return why each row is dropped; None where it is kept."""
        names: tuple[Reason, Reason] = ("near_duplicate", "exact_duplicate")
        pairs = zip(self.is_kept.tolist(), self.is_exact.tolist(), strict=True)
        return [None if is_kept else names[is_exact] for is_kept, is_exact in pairs]


@dataclass(frozen=True, slots=True)
class Duplicates:
    """What becomes of all documents, numbered through in the order of files and rows."""

    firsts: Positions
    """The documents of file i are firsts[i] to firsts[i + 1] - 1."""
    kept: Positions
    """The number of the document that is kept in its place; its own where it is kept."""
    is_exact: Flags
    similarity: NDArray[np.float32]

    def of_file(self, place: int) -> Verdicts:
        """Return what becomes of the documents of a file, given by its place in the list of files."""
        first, stop = self.firsts[place : place + 2]
        kept = self.kept[first:stop]
        kept_file = np.searchsorted(self.firsts, kept, "right") - 1
        is_kept = kept == np.arange(first, stop)
        kept_row = kept - self.firsts[kept_file]
        return Verdicts(is_kept, kept_file, kept_row, self.is_exact[first:stop], self.similarity[first:stop])


def find_duplicates(files: Sequence[Path], settings: Dedup, texts: Texts) -> Duplicates:
    """Return which documents are dropped. Of documents that are alike, the first by file and row is kept.

    `files` are those of the signatures; `texts` gives the documents themselves, of which only those are asked for
    whose similarity the signatures leave open.

    Every document that is dropped was itself compared with the one that is kept, and is at least `threshold` similar
    to it: a chain of small changes does not drop its other end. Going through the documents in order, one is kept
    unless it is similar to one that was kept before.

    Needs about 80 bytes of memory a document: one band at a time, and the result; and the sets of n-grams of some.
    Raises DataError when a file cannot be read or was made by other settings.
    """
    shards = [SignatureFile(path, settings) for path in files]
    firsts = np.cumsum([0, *map(len, shards)])
    same = _first_of_equals(*_joined_exact(shards)) if settings.exact else np.arange(firsts[-1])
    if settings.near:
        true = TrueSimilarities(texts, firsts, settings.ngram)
        near, similarity = _Near(shards, firsts, settings, true).run(same)
    else:
        near, similarity = same, np.ones(len(same), np.float32)
    kept, is_exact = near[same], (same != np.arange(len(same))) & (near[same] == same)
    return Duplicates(firsts, kept, is_exact, np.where(is_exact, 1.0, similarity[same]).astype(np.float32))


class _Near:
    """The search for near duplicates.

    In each bucket (documents that share a band) the first document is compared with the others; those similar to it
    leave the search, the rest is a bucket again. When all bands are done, the pairs found are gone through in order.
    A document that left for one that is itself dropped comes back, and its buckets are searched again.

    The texts are read once in each pass: pairs that the estimate leaves open are computed together when all bands are
    done. Until then, a document that has several of them leaves the search too, and comes back if it is kept.
    """

    def __init__(
        self, shards: Sequence[SignatureFile], firsts: Positions, settings: Dedup, true: TrueSimilarities
    ) -> None:
        self._shards, self._firsts, self._settings, self._true = shards, firsts, settings, true
        none = np.zeros(0, np.int64)
        self._pairs: list[tuple[Positions, Positions, NDArray[np.float32]]] = [(none, none, none.astype(np.float32))]
        self._open: list[tuple[Positions, Positions]] = []
        self._room = np.zeros(firsts[-1], np.int32)  # open pairs that each document may still have in this pass
        error = max((settings.threshold * (1 - settings.threshold) * settings.permutations) ** 0.5, 1)
        self._margin = _STANDARD_ERRORS * error / settings.permutations

    def run(self, same: Positions) -> tuple[Positions, NDArray[np.float32]]:
        """Return for each document the one that is kept in its place, and how similar it is to that one."""
        numbers = np.arange(len(same))
        kept, similarity = numbers, np.ones(len(same), np.float32)
        is_candidate = is_fresh = same == numbers
        searched = is_candidate.copy()
        room = _UNDECIDED
        while is_fresh.any():
            self._room[:] = room
            for band in range(self._settings.bands):
                self._search(band, searched, is_fresh)
            self._verify()
            kept, similarity = self._settle(len(same))
            if self._compare_again(kept):
                kept, similarity = self._settle(len(same))
            is_kept = is_candidate & (kept == numbers)
            is_fresh, searched = is_kept & ~searched, is_kept
            room = min(4 * room, _MOST_UNDECIDED)  # so that those with many open pairs do not take as many passes
        return kept, similarity

    def _search(self, band: int, searched: Flags, is_fresh: Flags) -> None:
        """Note the pairs that are found in a band, and take the later document of each out of `searched`."""
        members, buckets = _buckets(*self._candidates(band, searched, is_fresh))
        chosen = np.isin(buckets, buckets[is_fresh[members]])
        members, buckets = members[chosen], buckets[chosen]
        for _ in range(_LEADERS):
            is_first = np.diff(buckets, prepend=-1) > 0
            leaders = members[is_first][np.cumsum(is_first) - 1][~is_first]
            members, buckets = members[~is_first], buckets[~is_first]
            if not len(members):
                break
            leaves = self._compare(leaders, members)
            searched[members[leaves]] = False
            members, buckets = members[~leaves], buckets[~leaves]

    def _compare(self, leaders: Positions, members: Positions) -> Flags:
        """Note the pairs that are near duplicates or may be, and return which members leave the search."""
        similarity = self._estimated(leaders, members)
        near = np.flatnonzero(np.abs(similarity - self._settings.threshold) <= self._margin)
        similarity[near] = self._true.known(leaders[near], members[near])
        is_open = np.isnan(similarity)
        self._open.append((leaders[is_open], members[is_open]))
        self._room[members[is_open]] -= 1
        return self._note(leaders, members, similarity) | (is_open & (self._room[members] <= 0))

    def _verify(self) -> None:
        """Compute the similarities that the estimates left open, and note those that are near duplicates."""
        if self._open:
            firsts, seconds = map(np.concatenate, zip(*self._open, strict=True))
            self._note(*self._true.compute(firsts, seconds))
            self._open = []

    def _compare_again(self, kept: Positions) -> bool:
        """Compare what comes back with what is kept in place of those it left for; return whether there is any.

        In a large family these are mostly near as well, and few of its members need to be searched again.
        """
        firsts, seconds, _ = map(np.concatenate, zip(*self._pairs, strict=True))
        is_back = (kept[seconds] == seconds) & (kept[firsts] != firsts)
        firsts, seconds = np.unique(np.stack([kept[firsts[is_back]], seconds[is_back]]), axis=1)
        if len(firsts):
            self._compare(firsts, seconds)
            self._verify()
        return bool(len(firsts))

    def _note(self, firsts: Positions, seconds: Positions, similarity: NDArray[np.float32]) -> Flags:
        """Note those of the pairs that are near duplicates, and return which."""
        is_match = similarity >= self._settings.threshold
        self._pairs.append((firsts[is_match], seconds[is_match], similarity[is_match]))
        return is_match

    def _candidates(self, band: int, searched: Flags, is_fresh: Flags) -> tuple[Hashes, Positions]:
        """Return band hashes and numbers of what is searched; most that share no band with a fresh one are left out."""
        keys = np.concatenate([shard.band(band) for shard in self._shards if len(shard)])
        marks = np.zeros(int(_MARKED_BITS) + 1, np.bool_)
        marks[keys[is_fresh] & _MARKED_BITS] = True
        numbers = np.flatnonzero(searched & (keys != NO_BAND) & marks[keys & _MARKED_BITS])
        return keys[numbers], numbers

    def _settle(self, documents: int) -> tuple[Positions, NDArray[np.float32]]:
        """Go through the pairs in the order of the later document: it is dropped for the first one that is kept."""
        kept, similarity = np.arange(documents), np.ones(documents, np.float32)
        firsts, seconds, similarities = map(np.concatenate, zip(*self._pairs, strict=True))
        order = np.lexsort((firsts, seconds))
        chosen: dict[int, int] = {}
        for pair, first, second in zip(order.tolist(), firsts[order].tolist(), seconds[order].tolist(), strict=True):
            if first not in chosen and second not in chosen:
                chosen[second] = pair
        dropped, pairs = np.array(list(chosen), np.int64), np.array(list(chosen.values()), np.int64)
        kept[dropped], similarity[dropped] = firsts[pairs], similarities[pairs]
        return kept, similarity

    def _estimated(self, firsts: Positions, seconds: Positions) -> NDArray[np.float32]:
        parts = [
            (self._slots(firsts[start : start + _PAIRS]) == self._slots(seconds[start : start + _PAIRS])).mean(axis=1)
            for start in range(0, len(firsts), _PAIRS)
        ]
        return np.concatenate(parts).astype(np.float32)

    def _slots(self, numbers: Positions) -> NDArray[np.uint16]:
        slots = np.empty((len(numbers), self._settings.permutations), np.uint16)
        places = np.searchsorted(self._firsts, numbers, "right") - 1
        for place in np.unique(places):
            here = places == place
            slots[here] = self._shards[place].slots(numbers[here] - self._firsts[place])
        return slots


def _joined_exact(shards: Sequence[SignatureFile]) -> tuple[Hashes, Hashes]:
    high, low = np.concatenate(
        [np.zeros((2, 0), np.uint64), *(shard.exact() for shard in shards if len(shard))], axis=1
    )
    return high, low


def _first_of_equals(high: Hashes, low: Hashes) -> Positions:
    """Return for each document the number of the first one with the same two halves of its hash."""
    same = np.arange(len(high))
    members, buckets = _buckets(high, same)
    leaders = members[np.diff(buckets, prepend=-1) > 0]
    leaders = np.repeat(leaders, np.unique(buckets, return_counts=True)[1])
    equal = low[members] == low[leaders]  # others collide in 64 bits: they are taken as different
    same[members[equal]] = leaders[equal]
    return same


def _buckets(keys: Hashes, numbers: Positions) -> tuple[Positions, Positions]:
    """Return the numbers whose key is not the only one of its kind, bucket by bucket in order, and their buckets."""
    order = np.argsort(keys)
    keys = keys[order]
    repeats = np.zeros(len(keys) + 1, np.bool_)
    repeats[1:-1] = keys[1:] == keys[:-1]
    buckets = np.cumsum(~repeats[:-1], dtype=np.int64)
    is_shared = repeats[:-1] | repeats[1:]
    members, shared = numbers[order[is_shared]], buckets[is_shared]
    return members[np.lexsort((members, shared))], shared
