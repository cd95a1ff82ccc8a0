"""Which documents of a shard are duplicates, and of what: a Parquet file, read when the shard is cleaned."""

from collections.abc import Sequence
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from llemma.data.dedup import Verdicts
from llemma.data.steps import replaced
from llemma.storage import atomic_file


def write_verdicts(path: Path, verdicts: Verdicts, shards: Sequence[str]) -> None:
    """Write what becomes of the documents of a shard; `shards` are the names of all, by place."""
    kept_file, kept_row = verdicts.kept_file.tolist(), verdicts.kept_row.tolist()
    kept = [f"{shards[file]}, row {row}" for file, row in zip(kept_file, kept_row, strict=True)]
    table = pa.table({
        "reason": pa.array(verdicts.reasons(), pa.string()),
        "duplicate_of": pa.array(kept, pa.string(), mask=verdicts.is_kept),
        "similarity": pa.array(verdicts.similarity, pa.float32()),
    })  # fmt: skip
    with atomic_file(path) as file:
        pq.write_table(table, file, compression="zstd")


def read_verdicts(path: Path) -> pa.Table:
    """Return the verdicts on the documents of a shard, by row."""
    return pq.read_table(path)


def mark_duplicates(batch: pa.RecordBatch, verdicts: pa.Table, first: int) -> pa.RecordBatch:
    """Return the batch, which begins at row `first` of its shard, with duplicates marked as dropped.

    Their `meta` says which document is kept in their place, and how similar it is.
    """
    rows = verdicts.slice(first, len(batch)).to_pylist()
    metas = [
        _with_kept(meta, row) if row["reason"] else meta
        for meta, row in zip(batch.column("meta").to_pylist(), rows, strict=True)
    ]
    return replaced(batch, meta=metas, reason=[row["reason"] for row in rows])


def _with_kept(meta: str, row: dict[str, object]) -> str:
    similarity = round(float(str(row["similarity"])), 3)
    return orjson.dumps({**orjson.loads(meta), "duplicate_of": row["duplicate_of"], "similarity": similarity}).decode()
