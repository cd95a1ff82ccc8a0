"""MinHash signatures by fast similarity sketching, in numpy.

In each round an element falls into one slot, and a slot keeps the smallest value of the first round that reaches it.
Two sets agree in a slot with a probability of exactly their Jaccard similarity, as with one permutation for each slot,
and the estimate varies no more than that; but a large set is done after a few rounds. In a last round all elements of a
set fall into each slot that is still empty, as they may be in small sets.

Source: Dahlgaard, Knudsen and Thorup 2017, "Fast similarity sketching" (arXiv 1704.04370); with fewer rounds.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from llemma.ngrams import Hashes, Positions, mixed

Slots = NDArray[np.uint32]

EMPTY = np.uint32(2**32 - 1)
"""What the slots of an empty set hold."""
_ROUNDS = 4  # and the last one; more would only serve sets of few elements, and take as long again for all
_ROUND_BITS = 3  # the first of a value: the round in which it was found, so that one of an earlier round is smaller
_LAST = np.uint64(_ROUNDS << 32 - _ROUND_BITS)
_SIZES = np.unique(np.ceil(1.25 ** np.arange(35)).astype(np.int64))  # of sets that are taken together, to 1973
_DENSE = 0.5  # share of empty slots from which on it is faster to compute all
_BLOCK = 1 << 14  # elements at a time: what is worked on stays in the cache, and a huge document needs little memory
_BASE = np.uint64(0x9E3779B97F4A7C15)  # of the polynomial over the slots of a band


def minhash(hashes: Hashes, bounds: Positions, *, slots: int, seed: int) -> Slots:
    """Return a signature (sets, slots) for each set of well-mixed hashes: set i is hashes[bounds[i]:bounds[i + 1]].

    That of an empty set is EMPTY in each slot, and that of the union of sets is the smaller of their values.
    """
    draw = np.random.PCG64(seed)
    multipliers = np.asarray(draw.random_raw(_ROUNDS)) | np.uint64(1)
    sizes = np.diff(bounds)
    signatures = np.full((len(sizes), slots), EMPTY)
    firsts = np.repeat(np.arange(len(sizes), dtype=np.uint64) * np.uint64(slots), sizes)  # of each element's signature
    for number, multiplier in enumerate(multipliers):
        _fall(hashes, firsts, signatures, number, multiplier)
        is_open = signatures.max(axis=1, initial=0) == EMPTY
        remains = np.repeat(is_open, sizes)
        hashes, firsts, sizes = hashes[remains], firsts[remains], sizes * is_open
        if not len(hashes):
            break
    if len(hashes):
        last = np.asarray(draw.random_raw(slots)) | np.uint64(1)
        for elements, sets in _by_size(hashes, sizes, (signatures == EMPTY).sum(axis=1)):
            _fill(elements, sets, signatures, last)
    return signatures


def band_hashes(signatures: Slots, bands: int) -> Hashes:
    """Return (sets, bands): one hash for each run of slots / bands slots."""
    parts = signatures.reshape(len(signatures), bands, -1)
    values = np.zeros(parts.shape[:2], np.uint64)
    for row in range(parts.shape[2]):
        values = values * _BASE + parts[:, :, row]
    return mixed(values)


def _fall(hashes: Hashes, firsts: Hashes, signatures: Slots, number: int, multiplier: np.uint64) -> None:
    """Do one round: each element falls into a slot, where the smallest value counts."""
    flat, slots, tag = signatures.reshape(-1), np.uint64(signatures.shape[1]), np.uint32(number << 32 - _ROUND_BITS)
    for start in range(0, len(hashes), _BLOCK):
        keys = hashes[start : start + _BLOCK] * multiplier
        values = keys.astype(np.uint32)  # bits that do not tell the slot
        values >>= np.uint32(_ROUND_BITS)
        values |= tag
        keys >>= np.uint64(40)
        keys *= slots
        keys >>= np.uint64(24)
        keys += firsts[start : start + _BLOCK]
        np.minimum.at(flat, keys.view(np.int64), values)


def _by_size(hashes: Hashes, sizes: Positions, empty: Positions) -> Iterator[tuple[Hashes, Positions]]:
    """Yield (size, sets) and the places of sets that are not empty: those of about one size together, some at a time.

    The last element of a smaller one is repeated.
    """
    starts, kinds = np.cumsum(sizes) - sizes, np.searchsorted(_SIZES, sizes)
    for large in np.flatnonzero(kinds == len(_SIZES)):  # with an empty slot: nearly all elements are repeats
        yield np.unique(hashes[starts[large] :][: sizes[large]])[:, None], np.array([large])
    for kind, size in enumerate(_SIZES.tolist()):
        sets = np.flatnonzero((kinds == kind) & (sizes > 0))
        some = int(_BLOCK / size * len(sets) / max(empty[sets].sum(), 1)) + 1
        for chosen in np.split(sets, range(some, len(sets), some)) if len(sets) else ():
            yield hashes[starts[chosen] + np.minimum(np.arange(size)[:, None], sizes[chosen] - 1)], chosen


def _fill(elements: Hashes, sets: Positions, signatures: Slots, multipliers: Hashes) -> None:
    """Give each empty slot the smallest value of all elements, by a hash function of its own."""
    mine = signatures[sets]
    is_empty = mine == EMPTY
    if is_empty.mean() > _DENSE:
        smallest = (elements[:, :, None] * multipliers).min(axis=0)
        np.copyto(mine, smallest >> np.uint64(32 + _ROUND_BITS) | _LAST, where=is_empty, casting="unsafe")
    else:
        places, slots = np.nonzero(is_empty)
        keys = elements[:, places]
        keys *= multipliers[slots]
        mine[places, slots] = keys.min(axis=0) >> np.uint64(32 + _ROUND_BITS) | _LAST
    signatures[sets] = mine
