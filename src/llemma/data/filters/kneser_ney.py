"""An n-gram language model with modified Kneser-Ney smoothing: hashed n-grams in one table that is memory-mapped.

Sources: Chen and Goodman 1998, "An empirical study of smoothing techniques for language modeling", section 3; the
interpolated form, unknown words and texts' beginnings as in KenLM (Heafield et al. 2013). A text has a beginning but no
end: the model judges samples.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from llemma.errors import DataError
from llemma.ngrams import Hashes, Positions, Words, words_of
from llemma.storage import new_directory, read_json, write_json

SETTINGS, TABLE = "settings.json", "ngrams.npy"

_FORMAT = 1
_BEGIN = "\x02 "  # a word that no normalised text has
_ENTRY = np.dtype([("key", "<u8"), ("log10_p", "<f4"), ("log10_backoff", "<f4")])
_BASE = np.uint64(0x9E3779B97F4A7C15)  # of the polynomial over the words of an n-gram: odd
_MIX = np.uint64(0xBF58476D1CE4E5B9)
_CHUNK_CHARACTERS = 4 * 2**20


@dataclass(frozen=True, slots=True)
class NgramModel:
    """Probabilities of words after up to `order - 1` others.

    `table` has twice as many slots as n-grams: a key is at its proportional place, or in the next free slot after it,
    so the keys ascend, with gaps (key 0) between them. `homes` counts the slots without those that only take overflow.
    """

    order: int
    log10_unknown: float
    homes: int
    table: NDArray[np.void]

    def log10_p(self, words: Words) -> NDArray[np.float64]:
        """Return the log10 of the probability of each word after those before it in its document.

        Every document must begin with the mark of a beginning (see `marked_words`), whose own value is 0.
        """
        scores = np.full(len(words.hashes), self.log10_unknown)
        backoff = np.zeros(len(scores))
        is_inner = _depth(words) > 0
        hashes = words.hashes
        ends = np.arange(len(scores))  # of the n-grams that may be in the table: their parts are
        for n in range(1, self.order + 1):
            if n > 1:
                scores[1:] += backoff[:-1]  # also across documents, onto the mark of a beginning
                is_known = np.zeros(len(scores), np.bool_)
                is_known[ends] = True
                ends = ends[is_inner[ends] & is_known[ends - 1]]
                hashes = _longer(hashes, words.hashes, ends)
            slots, hit = self._find(_keys(hashes[ends]))
            ends, entries = ends[hit], self.table[slots[hit]]
            scores[ends] = entries["log10_p"]
            backoff = np.zeros(len(scores))
            backoff[ends] = entries["log10_backoff"]
        return np.where(is_inner, scores, 0)

    def perplexities(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return 10^(-log10 p / words) of each text, words being what white space separates; NaN without words."""
        words = marked_words(texts)
        sizes = np.diff(words.bounds)
        document = np.repeat(np.arange(len(texts)), sizes)
        total = np.bincount(document, self.log10_p(words), len(texts))  # adds in order: the same in any batch
        with np.errstate(invalid="ignore"):
            return np.asarray(10.0 ** (-total / (sizes - 1)))

    def save(self, folder: Path) -> None:
        """Write the model as a folder of two files; the same model gives the same bytes."""
        with new_directory(folder) as scratch:
            np.save(scratch / TABLE, self.table)
            settings = {"order": self.order, "log10_unknown": self.log10_unknown, "homes": self.homes}
            write_json(scratch / SETTINGS, {"format": _FORMAT, **settings})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Return the model in a folder, memory-mapped. Raises DataError when there is none."""
        try:
            settings = read_json(folder / SETTINGS)
            table = np.load(folder / TABLE, mmap_mode="r", allow_pickle=False)
            if settings["format"] != _FORMAT or table.dtype != _ENTRY:
                raise ValueError(f"format {settings['format']}")
            return cls(settings["order"], settings["log10_unknown"], settings["homes"], table)
        except (OSError, ValueError, KeyError, TypeError) as error:
            cure = "Train one: llemma data train perplexity"
            raise DataError(f"{folder}: not an n-gram model of this version ({error}). {cure}") from error

    def _find(self, keys: Hashes) -> tuple[Positions, NDArray[np.bool_]]:
        """Return the slot of each key, and whether the key is there."""
        slots, table = _home(keys, self.homes), self.table["key"]
        left = np.arange(len(keys))
        while len(left):
            there = table[slots[left]]
            left = left[(there != 0) & (there < keys[left])]
            slots[left] += 1
        return slots, table[slots] == keys


@dataclass(frozen=True, slots=True)
class _Counts:
    """The different n-grams of one length in ascending order of their keys, with the keys of their parts."""

    keys: Hashes
    contexts: Hashes  # all but the last word
    suffixes: Hashes  # all but the first word
    at_begin: NDArray[np.bool_]  # the first word is the mark of a beginning
    counts: NDArray[np.int64]


def train(texts: Iterable[str], *, order: int = 5, min_count: int = 2) -> NgramModel:
    """Return the model of some normalised texts. Raises DataError when they have no words.

    n-grams of three and more words that occur less than `min_count` times are left out of the table after the discounts
    are known; the shorter ones take over their probability. Memory: 33 bytes for each different n-gram of the texts.
    """
    orders = _count(texts, order)
    if not orders or len(orders[0].keys) < 2:
        raise DataError("no words to train on")
    return _estimate(orders, min_count)


def marked_words(texts: Sequence[str]) -> Words:
    """Return the words of normalised texts, each text behind the mark of a beginning."""
    return words_of(pa.array([_BEGIN + text for text in texts], pa.large_string()), kind="whitespace")


def _count(texts: Iterable[str], order: int) -> list[_Counts]:
    merged: list[_Counts] = []
    pending: list[list[_Counts]] = []
    waiting = 0
    for chunk in _chunks(texts):
        words = marked_words(chunk)
        pending.append(_counts_of(words, order))
        waiting += len(words.hashes)
        if not merged or waiting > len(merged[-1].keys):  # each n-gram is merged a logarithmic number of times
            merged, pending, waiting = _merge([merged, *pending] if merged else pending), [], 0
    return _merge([merged, *pending]) if pending else merged


def _chunks(texts: Iterable[str]) -> Iterator[list[str]]:
    chunk: list[str] = []
    size = 0
    for text in texts:
        chunk.append(text)
        size += len(text)
        if size >= _CHUNK_CHARACTERS:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _counts_of(words: Words, order: int) -> list[_Counts]:
    """Return the n-grams of some documents for each n; parts of no word have the key 0."""
    depth = _depth(words)
    hashes, keys = words.hashes, np.zeros(len(depth), np.uint64)
    found: list[_Counts] = []
    for n in range(1, order + 1):
        ends = np.flatnonzero(depth >= n - 1)
        hashes = words.hashes if n == 1 else _longer(hashes, words.hashes, ends)
        parts, keys = keys, _keys(hashes)
        ones = np.ones(len(ends), np.int64)
        found.append(_unique(_Counts(keys[ends], parts[ends - 1], parts[ends], depth[ends] == n - 1, ones)))
    return found


def _merge(parts: Sequence[Sequence[_Counts]]) -> list[_Counts]:
    """Return the sums, order by order."""
    names = _Counts.__slots__
    return [
        _unique(_Counts(*(np.concatenate([getattr(part, name) for part in of_order]) for name in names)))
        for of_order in zip(*parts, strict=True)
    ]


def _unique(rows: _Counts) -> _Counts:
    keys, first, which = np.unique(rows.keys, return_index=True, return_inverse=True)
    counts = np.zeros(len(keys), np.int64)
    np.add.at(counts, which, rows.counts)
    return _Counts(keys, rows.contexts[first], rows.suffixes[first], rows.at_begin[first], counts)


def _estimate(orders: list[_Counts], min_count: int) -> NgramModel:
    """Return the interpolated model: p(w|h) = (a - D(a)) / sum of a after h + backoff(h) p(w|h without its first)."""
    vocabulary = len(orders[0].keys)  # the mark of a beginning is never predicted, and the unknown word always can be
    shorter = np.full(1, 1 / vocabulary)
    log10_unknown = 0.0
    entries: list[NDArray[np.void]] = []
    for n, rows in enumerate(orders, start=1):
        above = orders[n - 2].keys if n > 1 else np.zeros(1, np.uint64)
        context, suffix = np.searchsorted(above, rows.contexts), np.searchsorted(above, rows.suffixes)
        kept = rows.counts >= (min_count if n > 2 else 1)
        p, backoff = _interpolated(rows, orders[n] if n < len(orders) else None, kept, context, len(above))
        p += backoff[context] * shorter[suffix]
        if n == 1:
            log10_unknown = float(np.log10(backoff[0] * shorter[0]))
        else:
            _set_backoff(entries[-1], above, backoff)
        entries.append(_entries(rows.keys[kept], p[kept]))
        shorter = p
    table, homes = _table(np.concatenate(entries))
    return NgramModel(len(orders), log10_unknown, homes, table)


def _interpolated(
    rows: _Counts, longer: _Counts | None, kept: NDArray[np.bool_], context: Positions, contexts: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the discounted probability of each n-gram, and what each context leaves to the shorter n-grams.

    That is what the discounts take from the n-grams that stay, and all of those that go; everything where none stays.
    """
    adjusted = _adjusted(rows, longer)
    discount = _discounts(adjusted)[np.minimum(adjusted, 3)]
    total = np.bincount(context, adjusted, contexts)
    left = np.bincount(context, np.where(kept, discount, adjusted), contexts)
    seen = total > 0
    backoff = np.divide(left, total, out=np.ones(contexts), where=seen)
    return np.divide(adjusted - discount, total[context], where=seen[context], out=np.zeros(len(adjusted))), backoff


def _adjusted(rows: _Counts, longer: _Counts | None) -> NDArray[np.int64]:
    """Return the number of different words seen before each n-gram.

    It is the count for the longest n-grams and for those at a beginning; 0 for the mark of a beginning.
    """
    if longer is None:
        adjusted = rows.counts
    else:
        before = np.bincount(np.searchsorted(rows.keys, longer.suffixes), minlength=len(rows.keys))
        adjusted = np.where(rows.at_begin, rows.counts, before)
    return np.where(rows.at_begin & (rows.contexts == 0), 0, adjusted)


def _discounts(adjusted: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return what is taken from counts of 0, 1, 2, and 3 or more (Chen and Goodman 1998, equation 26).

    Where there are too few n-grams to tell, 0.5, 1 and 1.5, as in KenLM.
    """
    fallback = np.array([0, 0.5, 1, 1.5])
    once, twice, thrice, often = (int(count) for count in np.bincount(np.minimum(adjusted, 5), minlength=6)[1:5])
    if not (once and twice and thrice and often):
        return fallback
    ratio = once / (once + 2 * twice)
    discounts = np.array(
        [0, 1 - 2 * ratio * twice / once, 2 - 3 * ratio * thrice / twice, 3 - 4 * ratio * often / thrice]
    )
    return discounts if bool(np.all((discounts > 0)[1:])) else fallback


def _entries(keys: Hashes, p: NDArray[np.float64]) -> NDArray[np.void]:
    entries = np.zeros(len(keys), _ENTRY)
    entries["key"] = keys
    entries["log10_p"] = np.log10(np.maximum(p, np.finfo(np.float32).tiny))  # only the mark of a beginning has 0
    return entries


def _set_backoff(entries: NDArray[np.void], keys: Hashes, backoff: NDArray[np.float64]) -> None:
    """Set the backoffs of those n-grams that stayed; `keys` are of all."""
    entries["log10_backoff"] = np.log10(backoff[np.searchsorted(keys, entries["key"])])


def _table(entries: NDArray[np.void]) -> tuple[NDArray[np.void], int]:
    """Return the table and the number of its places without those at the end that only overflow."""
    entries = entries[np.argsort(entries["key"])]
    homes = 2 * len(entries)
    order = np.arange(len(entries))
    slots = np.maximum.accumulate(_home(entries["key"], homes) - order) + order
    table = np.zeros(int(slots[-1]) + 2, _ENTRY)  # a gap ends every search
    table[slots] = entries
    return table, homes


def _home(keys: Hashes, homes: int) -> Positions:
    """Return the proportional places of keys among `homes`, at most 2^32."""
    return ((keys >> np.uint64(32)) * np.uint64(homes) >> np.uint64(32)).astype(np.int64)


def _longer(hashes: Hashes, words: Hashes, ends: Positions) -> Hashes:
    """Return hashes of n-grams by the places where they end, from those of n - 1 words; 0 where none of `ends` is."""
    longer = np.zeros_like(words)
    longer[ends] = hashes[ends - 1] * _BASE + words[ends]
    return longer


def _keys(hashes: Hashes) -> Hashes:
    """Return keys, evenly spread, of hashes; never 0, which marks a gap."""
    keys = (hashes ^ (hashes >> np.uint64(32))) * _MIX
    return np.maximum(keys ^ (keys >> np.uint64(29)), np.uint64(1))


def _depth(words: Words) -> Positions:
    """Return how many words come before each word in its document."""
    sizes = np.diff(words.bounds)
    return np.arange(len(words.hashes)) - np.repeat(words.bounds[:-1], sizes)
