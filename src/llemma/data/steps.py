"""What a data build is made of: batches of documents, sources that read them, steps that change or drop them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import orjson
import pyarrow as pa

from llemma.config import Section
from llemma.storage import valid_unicode

DOCUMENTS = pa.schema(
    [
        ("id", pa.string()),  # stable key, unique in its part: a URL, repository/path, an arXiv id
        ("text", pa.string()),  # "" until it is extracted
        ("raw", pa.binary()),  # what an extractor reads (HTML, notebook, archive); null for what is text already
        ("language", pa.string()),  # the subset: "lean", "python", "web", "arxiv"
        ("license", pa.string()),  # SPDX name; null when unknown
        ("group", pa.string()),  # documents of one group fall into one split: the repository, else the id
        ("meta", pa.string()),  # a JSON object
        ("reason", pa.string()),  # why it is dropped; null while it is kept
    ]
)
"""The columns of every batch of documents."""

BATCH_ROWS = 1024
BATCH_BYTES = 16 * 2**20

MAX_DOCUMENT_BYTES = 256 * 2**20
"""Longer texts are dropped unread, with the reason "too_long": Arrow strings and hostile input."""


@dataclass(slots=True)
class Row:
    """One document on its way from a source into a batch; the fields are the columns of DOCUMENTS."""

    id: str
    text: str = ""
    raw: bytes | None = None
    language: str | None = None
    license: str | None = None
    group: str | None = None
    meta: Mapping[str, object] | None = None
    reason: str | None = None


def damaged(place: str, reason: str, detail: str = "") -> Row:
    """Return the row that stands for input that cannot be read: counted and reported, nothing else is lost.

    `place` is the file and the line, record or member in it; `reason` a counter such as "not_json", "truncated_file".
    """
    return Row(id=place, reason=reason, meta={"damaged": detail})


def batches(rows: Iterable[Row]) -> Iterator[pa.RecordBatch]:
    """Yield rows as record batches of at most BATCH_ROWS rows and about BATCH_BYTES bytes."""
    pending: list[Row] = []
    size = 0
    for row in rows:
        pending.append(row)
        size += len(row.text) + len(row.raw or b"")
        if len(pending) == BATCH_ROWS or size >= BATCH_BYTES:
            yield to_batch(pending)
            pending, size = [], 0
    if pending:
        yield to_batch(pending)


def to_batch(rows: Sequence[Row]) -> pa.RecordBatch:
    """Return rows as one record batch. Lone surrogates become U+FFFD; a row without a group is its own."""
    columns: list[list[object]] = [
        [valid_unicode(row.id) for row in rows],
        [valid_unicode(row.text) for row in rows],
        [row.raw for row in rows],
        [row.language for row in rows],
        [row.license for row in rows],
        [valid_unicode(row.group if row.group is not None else row.id) for row in rows],
        [_json(row.meta or {}) for row in rows],
        [row.reason for row in rows],
    ]
    arrays = [pa.array(column, field.type) for column, field in zip(columns, DOCUMENTS, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=DOCUMENTS)


def replaced(batch: pa.RecordBatch, **columns: Sequence[object] | pa.Array) -> pa.RecordBatch:
    """Return the batch with some columns replaced: replaced(batch, text=[...], reason=[...])."""
    for name, values in columns.items():
        index = DOCUMENTS.get_field_index(name)
        array = values if isinstance(values, pa.Array) else pa.array(values, DOCUMENTS.field(index).type)
        batch = batch.set_column(index, DOCUMENTS.field(index), array)
    return batch


class Step(Section):
    """A pure function of a batch of documents; its fields are its settings, so a recipe is a list of steps.

    It returns a batch of the same rows in the same order, sets `reason` where it drops one, and gives the same result
    wherever batches begin and end. It sees only rows that no earlier step dropped.
    """

    version: ClassVar[int] = 1
    """Raised when the same settings begin to give other results."""

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return the batch with some rows changed, or marked as dropped."""
        raise NotImplementedError

    def files(self) -> tuple[Path, ...]:
        """Return the files that the result depends on besides the settings, such as a trained model."""
        return ()


class Filter(Step):
    """A step that only drops documents: it says why, or None."""

    def reasons(self, batch: pa.RecordBatch) -> Sequence[str | None]:
        """Return for each row the reason for dropping it (snake_case), or None to keep it."""
        raise NotImplementedError

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return the batch with the reasons set."""
        return replaced(batch, reason=self.reasons(batch))


@dataclass(frozen=True, slots=True)
class InputShard:
    """The unit of work, of resume and of determinism: a named list of input files, read in this order.

    The name is the stem of the output files: letters, digits, `-`, `_` and `.` only, unique in its source.
    """

    name: str
    files: tuple[Path, ...]


class Source(Section):
    """Where documents come from; its fields are its settings."""

    version: ClassVar[int] = 1

    def shards(self) -> list[InputShard]:
        """Return what there is to read, in an order that depends on names only. Raises DataError when nothing is."""
        raise NotImplementedError

    def files(self) -> tuple[Path, ...]:
        """Return the files that every shard depends on besides its own, such as a table of metadata."""
        return ()

    def read(self, shard: InputShard) -> Iterator[pa.RecordBatch]:
        """Yield the documents of a shard in order. Damaged input becomes a row with a reason, never an exception."""
        raise NotImplementedError


Split = Literal["train", "validation", "test"]


def _json(meta: Mapping[str, object]) -> str:
    try:
        return orjson.dumps(meta, default=str).decode()
    except orjson.JSONEncodeError:  # lone surrogates, nested too deep: from outside, like everything in it
        return orjson.dumps({"unreadable": valid_unicode(str(meta))}).decode()
