"""Index of protected texts: finds in documents every word n-gram of theirs, and every theorem.

A hit of hashes is a hit only when the words are the same, so nothing is found that is not there.
"""

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from llemma.data.decontaminate.table import Table
from llemma.data.decontaminate.theorems import Theorem, statement_key, token_count
from llemma.data.decontaminate.words import Texts
from llemma.errors import DataError
from llemma.ngrams import Hashes, Positions, Words, slices
from llemma.storage import atomic_file

_SLICE_BYTES = 2**20  # of text at a time: its words stay in the cache

STATEMENT_TOKENS = 5
"""Shorter statements ("p", "x = y") are the same theorem only under the same name."""


@dataclass(frozen=True, slots=True)
class Match:
    """Bytes start:end of a document's UTF-8 text are words of a protected item; `ngrams` is how many, 0 for a whole."""

    item: str
    start: int
    end: int
    ngrams: int


@dataclass(frozen=True, slots=True)
class _Run:
    """`count` words from word `here` of the documents on, and from word `at` of the protected texts on, in `text`."""

    text: int
    here: int
    at: int
    count: int


class Index:
    """The protected texts and theorems, and where they occur in a document."""

    def __init__(self, columns: Mapping[str, Any]) -> None:
        self._columns = columns
        self._items: list[str] = columns["items"]
        self._n: int = columns["ngram"]
        bounds = columns["bounds"]
        words = Words(columns["hashes"], columns["starts"], columns["ends"], bounds, bounds[:0])
        self._texts = Texts(columns["content"], words)
        self._statements = dict(zip(columns["statements"], columns["statement_items"], strict=True))
        self._named: dict[str, list[tuple[str, int]]] = {}
        for name, path, item in zip(columns["names"], columns["paths"], columns["name_items"], strict=True):
            self._named.setdefault(name, []).append((path, item))

    @functools.cached_property
    def _tables(self) -> list[Table]:
        hashes = self._texts.words.hashes
        return [Table(int(size), self._columns[f"keys_{size}"], hashes) for size in self._columns["sizes"]]

    @property
    def has_theorems(self) -> bool:
        """Whether theorems are protected as such."""
        return bool(self._statements or self._named)

    def save(self, path: Path) -> None:
        """Write the index as one file (Arrow), atomically."""
        arrays = [_in_one_row(value) for value in self._columns.values()]
        table = pa.table(arrays, list(self._columns))
        with atomic_file(path) as file, pa.ipc.new_file(file, table.schema) as out:
            out.write_table(table)

    @staticmethod
    def open(path: Path) -> "Index":
        """Return the index in a file, mapped into memory. Raises DataError when it is none; opening again is free."""
        try:
            return _opened(path, path.stat().st_mtime_ns)
        except (OSError, pa.ArrowException, KeyError) as error:
            raise DataError(f"{path}: not an index of protected texts ({error}). Delete it and build again") from error

    def matches(self, texts: pa.Array) -> dict[int, list[Match]]:
        """Return the protected words in the texts that have any, by the place of the text."""
        found: dict[int, list[Match]] = {}
        first = 0
        for part in slices(texts, _SLICE_BYTES):
            for document, match in self._found(Texts.of(part)):
                found.setdefault(first + document, []).append(match)
            first += len(part)
        return found

    def theorem(self, theorem: Theorem, path: str) -> str | None:
        """Return the item that is this theorem: of the same statement, or of the same name in the same file."""
        item = self._statements.get(theorem_key(theorem.name, theorem.statement))
        if item is None:
            same_file = (item for known, item in self._named.get(theorem.name, []) if f"/{known}" in f"/{path}")
            item = next(same_file, None)
        return None if item is None else self._items[item]

    def _found(self, texts: Texts) -> Iterator[tuple[int, Match]]:
        """Yield documents, each with protected words in it."""
        words = texts.words
        for table in self._tables:
            here, at = table.find(words.hashes)
            document = np.searchsorted(words.bounds, here, "right") - 1
            is_inside = here + table.size <= words.bounds[document + 1]
            here, at, document = here[is_inside], at[is_inside], document[is_inside]
            is_ngram = table.size == self._n
            runs = self._runs(here, at) if is_ngram else self._wholes(here, at, words, document)
            text, end = -1, 0
            for run in runs:
                if run.text == text and run.here + run.count <= end:
                    continue  # the run before was longer than its n-grams, and has this one in it
                if (whole := self._verified(texts, run)) is not None:
                    yield self._match(texts, whole)
                    text, end = whole.text, whole.here + whole.count

    def _runs(self, here: Positions, at: Positions) -> Iterator[_Run]:
        """Yield n-grams that follow each other in both texts as one run; by text, then by place in the documents."""
        order = np.lexsort((here, at - here))
        here, at = here[order], at[order]
        is_first = np.append(True, (np.diff(here) != 1) | (np.diff(at) != 1))[: len(here)]
        first = np.flatnonzero(is_first)
        counts = np.diff(np.append(first, len(here))) + self._n - 1
        here, at = here[first], at[first]
        text = np.searchsorted(self._texts.words.bounds, at, "right") - 1
        for place in np.lexsort((here, text)).tolist():
            yield _Run(int(text[place]), int(here[place]), int(at[place]), int(counts[place]))

    def _wholes(self, here: Positions, at: Positions, words: Words, document: Positions) -> Iterator[_Run]:
        """Yield the short texts that have room around their anchor, and whose first and last words are there."""
        own = self._texts.words
        text = np.searchsorted(own.bounds, at, "right") - 1
        first, last = own.bounds[text], own.bounds[text + 1] - 1
        low, high = here - (at - first), here + (last - at)
        has_room = (low >= words.bounds[document]) & (high < words.bounds[document + 1])
        text, low, high = text[has_room], low[has_room], high[has_room]
        first, last = first[has_room], last[has_room]
        is_same = (words.hashes[low] == own.hashes[first]) & (words.hashes[high] == own.hashes[last])
        for place in np.flatnonzero(is_same).tolist():
            yield _Run(int(text[place]), int(low[place]), int(first[place]), int(high[place] - low[place]) + 1)

    def _verified(self, texts: Texts, run: _Run) -> _Run | None:
        """Return the run with all the words on either side that are the same too; None if only the hashes are."""
        words, own = texts.words, self._texts.words
        low, high = _around(words.bounds, run.here)
        own_low, own_high = own.bounds[run.text], own.bounds[run.text + 1]
        back = _common(words.hashes[low : run.here][::-1], own.hashes[own_low : run.at][::-1])
        end, own_end = run.here + run.count, run.at + run.count
        count = run.count + back + _common(words.hashes[end:high], own.hashes[own_end:own_high])
        for candidate in (_Run(run.text, run.here - back, run.at - back, count), run):
            if texts.same(candidate.here, self._texts, candidate.at, candidate.count):
                return candidate
        return None

    def _match(self, texts: Texts, run: _Run) -> tuple[int, Match]:
        """Return the document that a run is in, and where."""
        words = texts.words
        document = int(np.searchsorted(words.bounds, run.here, "right")) - 1
        base = int(words.base[document])
        return document, Match(
            item=self._items[self._columns["text_items"][run.text]],
            start=int(words.starts[run.here]) - base,
            end=int(words.ends[run.here + run.count - 1]) - base,
            ngrams=max(run.count - self._n + 1, 0),
        )


def _around(bounds: Positions, place: int) -> tuple[int, int]:
    """Return where the text that has the word at `place` begins and ends."""
    text = int(np.searchsorted(bounds, place, "right"))
    return int(bounds[text - 1]), int(bounds[text])


def _common(these: Hashes, others: Hashes) -> int:
    """Return how many hashes are the same from the first on."""
    size = min(len(these), len(others))
    different = np.flatnonzero(these[:size] != others[:size])
    return int(different[0]) if len(different) else size


def theorem_key(name: str, statement: str) -> str:
    """Return what two copies of a theorem have in common: the statement; of a short one, the name as well."""
    own = name.rpartition(".")[2] + " : " if token_count(statement) < STATEMENT_TOKENS else ""
    return statement_key(own + statement)


def _in_one_row(value: Any) -> pa.Array:
    """Return a column of one row that holds a number, or all of a list or array."""
    if isinstance(value, int):
        return pa.array([value])
    values = pa.array(value)
    return pa.ListArray.from_arrays(pa.array([0, len(values)], pa.int32()), values)


@functools.lru_cache(maxsize=2)
def _opened(path: Path, _modified: int) -> Index:
    with pa.memory_map(str(path)) as file, pa.ipc.open_file(file) as reader:
        table = reader.read_all()
    columns: dict[str, Any] = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        value = column.combine_chunks()[0]
        is_numbers = isinstance(value, pa.ListScalar) and pa.types.is_primitive(value.type.value_type)
        columns[name] = value.values.to_numpy() if is_numbers else value.as_py()
    return Index(columns)
