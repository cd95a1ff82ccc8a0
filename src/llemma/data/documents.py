"""Files of documents: Parquet with the columns of a batch, written whole or not at all, and what is counted of them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import xxhash

from llemma.data.steps import BATCH_BYTES, BATCH_ROWS, DOCUMENTS
from llemma.errors import DataError
from llemma.storage import atomic_file

Facts = dict[str, Any]
Compression = Literal["zstd", "lz4"]

_OFTEN_EQUAL = ["language", "license", "reason"]  # other columns gain nothing from a dictionary

KEPT, UNKNOWN = "kept", "unknown"

_DAMAGE_SHOWN = 20
_ROW_BYTES = 64  # of a row without any text


class DocumentsWriter:
    """Collects rows into row groups that depend on the rows alone, not on the batches in which they come."""

    def __init__(self, writer: pq.ParquetWriter) -> None:
        self._writer = writer
        self._pending: list[pa.RecordBatch] = []
        self._bytes = 0

    def write(self, batch: pa.RecordBatch) -> None:
        """Append the rows of a batch. A row group ends with the row that fills it."""
        ends = np.cumsum(_row_bytes(batch))
        start, done = 0, 0
        while start < len(batch):
            filled = int(np.searchsorted(ends, done + BATCH_BYTES - self._bytes)) + 1
            stop = min(filled, len(batch))
            self._pending.append(batch.slice(start, stop - start))
            self._bytes += int(ends[stop - 1]) - done
            start, done = stop, int(ends[stop - 1])
            if self._bytes >= BATCH_BYTES:
                self.flush()

    def flush(self) -> None:
        """Write what is waiting as one row group."""
        if self._pending:
            group = pa.Table.from_batches(self._pending, DOCUMENTS).combine_chunks()  # pages depend on chunks
            self._writer.write_table(group, row_group_size=2**30)
        self._pending, self._bytes = [], 0


@contextmanager
def documents_writer(path: Path, *, compression: Compression = "zstd") -> Iterator[DocumentsWriter]:
    """Yield a writer of a Parquet file that is seen whole, when the block ends well, or not at all.

    "lz4" takes half as much space again, and half the time: for what is read again soon.
    """
    with (
        atomic_file(path) as file,
        pq.ParquetWriter(
            file, DOCUMENTS, compression=compression, use_dictionary=_OFTEN_EQUAL, write_statistics=False
        ) as parquet,
    ):
        writer = DocumentsWriter(parquet)
        yield writer
        writer.flush()


def read_documents(path: Path, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
    """Yield the documents of a file in batches of at most BATCH_ROWS rows and not many more than BATCH_BYTES bytes.

    Raises DataError when the file is not one of documents.
    """
    wanted = DOCUMENTS.names if columns is None else list(columns)
    with _opened(path, wanted) as file:
        for group in range(file.num_row_groups):
            yield from file.iter_batches(BATCH_ROWS, row_groups=[group], columns=wanted)


def read_texts(path: Path, rows: np.ndarray[Any, np.dtype[np.int64]]) -> Iterator[pa.Array]:
    """Yield the texts of some rows, which must ascend, one array for each row group; the others are not read.

    Raises DataError when the file is not one of documents.
    """
    with _opened(path, ["text"]) as file:
        ends = np.cumsum([file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)])
        for group, mine in enumerate(np.split(rows, np.searchsorted(rows, ends[:-1]))):
            if len(mine):
                texts = file.read_row_group(group, columns=["text"]).column("text").combine_chunks()
                yield texts.take(pa.array(mine - (ends[group - 1] if group else 0)))


def read_id(path: Path, row: int) -> str:
    """Return the id of the document in a row."""
    with _opened(path, ["id"]) as file:
        return str(file.read(columns=["id"]).column("id")[row].as_py())


@contextmanager
def _opened(path: Path, columns: Sequence[str]) -> Iterator[pq.ParquetFile]:
    """Yield the file, which has the columns; whatever is wrong with it is a DataError."""
    try:
        with pq.ParquetFile(path) as file:
            if missing := [name for name in columns if name not in file.schema_arrow.names]:
                raise pa.ArrowInvalid(f"no column {missing[0]!r}")
            yield file
    except pa.ArrowInvalid as error:
        raise DataError(f"{path}: not a readable file of documents ({error}). Delete it; it is made again") from error


def text_bytes(batch: pa.RecordBatch) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return the size of each document in bytes of UTF-8, or of what was read where there is no text yet."""
    texts = _lengths(batch.column("text"))
    return np.where(texts == 0, _lengths(batch.column("raw")), texts).astype(np.int64)


def _row_bytes(batch: pa.RecordBatch) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return about how much memory each row takes, from what it holds alone."""
    sizes = np.full(len(batch), _ROW_BYTES, np.int64)
    for name in ("id", "text", "raw", "group", "meta"):
        sizes += _lengths(batch.column(name))
    return sizes


def _lengths(column: pa.Array) -> np.ndarray[Any, np.dtype[np.int32]]:
    """Return the bytes of each value; 0 for null."""
    lengths = pc.binary_length(column)
    return np.asarray(lengths.fill_null(0) if lengths.null_count else lengths)


class Tally:
    """Counts documents and bytes by what became of them and by language, and the lengths of those that were kept."""

    def __init__(self) -> None:
        self.documents = 0
        self._counts: Counter[tuple[str, str]] = Counter()
        self._bytes: Counter[tuple[str, str]] = Counter()
        self._lengths: Counter[int] = Counter()
        self._damaged: list[tuple[str, str, str]] = []

    def add(self, batch: pa.RecordBatch) -> None:
        """Count a batch: a row with a reason is dropped, one without is kept."""
        sizes = text_bytes(batch)
        reason, language = (batch.column(name).dictionary_encode("encode") for name in ("reason", "language"))
        reasons, languages = reason.dictionary.to_pylist(), language.dictionary.to_pylist()
        keys = [(outcome or KEPT, name or UNKNOWN) for outcome in reasons for name in languages]
        places = reason.indices.to_numpy() * len(languages) + language.indices.to_numpy()
        counts, totals = np.bincount(places, minlength=len(keys)), np.bincount(places, sizes, len(keys))
        self.documents += len(batch)
        for key, count, size in zip(keys, counts.tolist(), totals.tolist(), strict=True):
            if count:
                self._counts[key] += count
                self._bytes[key] += int(size)
        is_kept = batch.column("reason").is_null()
        lengths = np.bincount(np.frexp(sizes[np.asarray(is_kept)])[1])
        self._lengths += Counter(dict(enumerate(lengths.tolist())))
        if is_kept.false_count:
            self._note_damage(batch.select(["id", "reason", "meta"]).filter(pc.invert(is_kept)))

    def merge(self, facts: Facts) -> None:
        """Add what another tally counted."""
        for outcome, languages in facts["outcomes"].items():
            for language, (count, size) in languages.items():
                self.documents += count
                self._counts[outcome, language] += count
                self._bytes[outcome, language] += size
        self._lengths.update({int(bits): count for bits, count in facts["lengths"].items()})
        self._damaged = sorted([*self._damaged, *map(tuple, facts["damaged"])])[:_DAMAGE_SHOWN]

    def facts(self) -> Facts:
        """Return {"outcomes": {reason or "kept": {language: [documents, bytes]}}, "lengths", "damaged"}.

        `lengths[b]` counts the kept documents of 2^(b-1) to 2^b - 1 bytes.
        """
        outcomes: dict[str, dict[str, list[int]]] = {}
        for (outcome, language), count in sorted(self._counts.items()):
            outcomes.setdefault(outcome, {})[language] = [count, self._bytes[outcome, language]]
        lengths = {str(bits): count for bits, count in sorted(self._lengths.items())}
        return {"outcomes": outcomes, "lengths": lengths, "damaged": self._damaged}

    def _note_damage(self, dropped: pa.RecordBatch) -> None:
        is_damaged = pc.match_substring_regex(dropped.column("meta"), '^\\{"(damaged|error)":')
        for row in dropped.filter(is_damaged).to_pylist():
            [detail, *_] = orjson.loads(row["meta"]).values()
            self._damaged.append((row["id"], row["reason"], str(detail)))
        self._damaged = sorted(self._damaged)[:_DAMAGE_SHOWN]


class Samples:
    """The documents with the smallest hashes: the same random choice however the work is divided."""

    def __init__(self, size: int, seed: int) -> None:
        self._size, self._seed = size, seed
        self._rows: list[tuple[int, str, str, str]] = []

    def add(self, batch: pa.RecordBatch, characters: int = 600) -> None:
        """Consider the documents of a batch."""
        ids = batch.column("id").to_pylist()
        hashes = [xxhash.xxh3_64_intdigest(key.encode(), self._seed) for key in ids]
        least = self._rows[-1][0] if len(self._rows) == self._size else 2**64
        places = [place for place, hashed in enumerate(hashes) if hashed <= least]
        chosen = batch.select(["language", "text"]).take(pa.array(places, pa.int64())).to_pylist()
        for place, row in zip(places, chosen, strict=True):
            self._rows.append((hashes[place], ids[place], row["language"] or UNKNOWN, row["text"][:characters]))
        self._trim()

    def merge(self, facts: Sequence[Sequence[Any]]) -> None:
        """Consider the choice that was made from other documents."""
        self._rows += [(hashed, key, language, text) for hashed, key, language, text in facts]
        self._trim()

    def facts(self) -> list[tuple[int, str, str, str]]:
        """Return (hash, id, language, beginning of the text), the smallest hash first."""
        return self._rows

    def _trim(self) -> None:
        self._rows = sorted(self._rows)[: self._size]
