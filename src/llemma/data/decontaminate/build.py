"""Builds the index of protected texts and theorems."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from llemma.data.decontaminate.index import Index, theorem_key
from llemma.data.decontaminate.protected import Protected
from llemma.data.decontaminate.settings import Decontaminate
from llemma.data.decontaminate.table import ngrams, table_keys
from llemma.data.decontaminate.words import Texts
from llemma.ngrams import Hashes, Positions, Words, words_of

_ANCHOR = 3  # a short text is looked up by the three words in a row that are rarest in the benchmarks
_SAME_NGRAM = 4  # of the items that share an n-gram, so many are named


def build_index(protected: Iterable[Protected], settings: Decontaminate) -> Index:
    """Return the index of protected texts and theorems."""
    entries = list(protected)
    items = list(dict.fromkeys(entry.item for entry in entries))
    number = {item: place for place, item in enumerate(items)}
    worded = [entry for entry in entries if entry.text]
    original = pa.array([entry.text for entry in worded], pa.large_string())
    texts = Texts.of(original)
    words = texts.words
    is_whole = np.array([entry.whole for entry in worded], np.bool_)
    is_markup = _markup(np.frombuffer(original.buffers()[2] or b"", np.uint8), words)
    tables = dict(_tables(texts, is_whole, is_markup, settings))
    columns: dict[str, Any] = {
        "ngram": settings.ngram,
        "items": items,
        "content": texts.content,
        "hashes": words.hashes,
        "starts": words.starts,
        "ends": words.ends,
        "bounds": words.bounds,
        "text_items": np.array([number[entry.item] for entry in worded], np.int64),
        "sizes": list(tables),
        **_theorem_columns(entries, number),
    }
    return Index(columns | {f"keys_{size}": keys for size, keys in tables.items()})


def _tables(
    texts: Texts, is_whole: NDArray[np.bool_], is_markup: NDArray[np.bool_], settings: Decontaminate
) -> Iterator[tuple[int, Hashes]]:
    """Yield the n-grams of all texts, then the anchors of the short ones that count as a whole."""
    words = texts.words
    sizes = np.diff(words.bounds)
    counts = np.maximum(sizes - (settings.ngram - 1), 0)
    bounds = np.append(0, np.cumsum(counts))
    starts = np.arange(bounds[-1]) + np.repeat(words.bounds[:-1] - bounds[:-1], counts)
    is_telling = _is_telling(texts, is_markup, starts, bounds, settings.ngram)
    yield settings.ngram, table_keys(words.hashes, settings.ngram, starts[is_telling], keep=_SAME_NGRAM)
    least = settings.ngram if settings.short_words is None else settings.short_words
    short = np.flatnonzero(is_whole & (sizes >= least) & (sizes < settings.ngram))
    if len(short):
        yield _ANCHOR, table_keys(words.hashes, _ANCHOR, _anchors(words, short), keep=len(short))


def _anchors(words: Words, texts: Positions) -> Positions:
    """Return for each of some short texts where its rarest n-gram begins; the first of them when several are."""
    hashes = ngrams(words.hashes, _ANCHOR)
    bits = len(hashes).bit_length() + 2  # few different n-grams are counted as one
    buckets = (hashes >> np.uint64(64 - bits)).view(np.int64)
    rank = np.append(np.bincount(buckets)[buckets] * len(hashes) + np.arange(len(hashes)), 0)
    edges = np.column_stack([words.bounds[texts], words.bounds[texts + 1] - (_ANCHOR - 1)])
    anchors: Positions = np.minimum.reduceat(rank, edges.ravel())[::2] % len(hashes)
    return anchors


def _is_telling(
    texts: Texts, is_markup: NDArray[np.bool_], starts: Positions, bounds: Positions, n: int
) -> NDArray[np.bool_]:
    """Say which n-grams tell where they are from: a third of the words are no numbers, single letters or TeX commands.

    Else a text with a matrix or a list of primes is found wherever there is one. A text in which no n-gram is like
    this keeps them all.
    """
    words = texts.words
    sizes = words.ends - words.starts
    is_word = (sizes > 1) & ~_is_number(texts) & ~is_markup
    before = np.append(0, np.cumsum(is_word))
    is_telling: NDArray[np.bool_] = before[starts + n] - before[starts] >= n // 3
    telling_before = np.append(0, np.cumsum(is_telling))
    has_none = telling_before[bounds[1:]] == telling_before[bounds[:-1]]
    is_telling |= np.repeat(has_none, np.diff(bounds))
    return is_telling


def _is_number(texts: Texts) -> NDArray[np.bool_]:
    """Say which words are digits alone."""
    is_digit = (texts.content >= ord("0")) & (texts.content <= ord("9"))
    digits = np.flatnonzero(is_digit)
    is_number: NDArray[np.bool_] = is_digit[texts.words.starts]
    first = np.flatnonzero(is_number)
    starts, ends = texts.words.starts[first], texts.words.ends[first]
    is_number[first] = np.searchsorted(digits, ends) - np.searchsorted(digits, starts) == ends - starts
    return is_number


def _markup(original: NDArray[np.uint8], words: Words) -> NDArray[np.bool_]:
    """Say which words are TeX commands or the names of environments, by the bytes of the texts as they were."""
    is_command = (words.starts > 0) & (original[words.starts - 1] == ord("\\"))
    in_braces = (words.starts > 0) & (original[words.starts - 1] == ord("{"))
    opens = np.isin(words.hashes, words_of(pa.array(["begin end"])).hashes) & is_command
    is_markup: NDArray[np.bool_] = is_command | in_braces & np.append(False, opens)[: len(opens)]
    return is_markup


def _theorem_columns(entries: Sequence[Protected], number: Mapping[str, int]) -> dict[str, Any]:
    statements: dict[str, int] = {}
    named = []
    for entry in entries:
        if entry.statement:
            statements.setdefault(theorem_key(entry.name, entry.statement), number[entry.item])
        if entry.name and entry.path:
            named.append((entry.name, entry.path, number[entry.item]))
    return {
        "statements": list(statements),
        "statement_items": list(statements.values()),
        "names": [name for name, _, _ in named],
        "paths": [path for _, path, _ in named],
        "name_items": [item for _, _, item in named],
    }
