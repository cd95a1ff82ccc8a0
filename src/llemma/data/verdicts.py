"""Which documents of a shard are duplicates, and of what: a Parquet file, read when the shard is cleaned."""

from collections.abc import Sequence
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from llemma.data.dedup import Verdicts
from llemma.data.steps import replaced
from llemma.storage import atomic_file


def write_verdicts(path: Path, verdicts: Verdicts, shards: Sequence[str]) -> None:
    """Write what becomes of the documents of a shard; `shards` are the names of all, by place."""
    kept_file, kept_row = verdicts.kept_file.tolist(), verdicts.kept_row.tolist()
    rows = zip(verdicts.is_kept.tolist(), kept_file, kept_row, strict=True)
    kept = [None if is_kept else f"{shards[file]}, row {row}" for is_kept, file, row in rows]
    table = pa.table({
        "reason": pa.array(verdicts.reasons(), pa.string()),
        "duplicate_of": pa.array(kept, pa.string()),
        "similarity": pa.array(verdicts.similarity, pa.float32()),
    })  # fmt: skip
    with atomic_file(path) as file:
        pq.write_table(table, file, compression="zstd")


def read_verdicts(path: Path) -> pa.Table:
    """Return the verdicts on the documents of a shard, by row."""
    with pq.ParquetFile(path) as file:
        return file.read()


def mark_duplicates(batch: pa.RecordBatch, verdicts: pa.Table, first: int) -> pa.RecordBatch:
    """Return the batch, which begins at row `first` of its shard, with duplicates marked as dropped.

    Their `meta` says which document is kept in their place, and how similar it is.
    """
    rows = verdicts.slice(first, len(batch)).combine_chunks()
    reasons = pa.array(rows["reason"].to_pylist(), pa.string())
    is_dropped = reasons.is_valid()
    metas = batch.column("meta")
    pairs = zip(metas.filter(is_dropped).to_pylist(), rows.filter(is_dropped).to_pylist(), strict=True)
    noted = pa.array([_with_kept(meta, row) for meta, row in pairs], pa.string())
    return replaced(batch, meta=pc.replace_with_mask(metas, is_dropped, noted), reason=reasons)


def _with_kept(meta: str, row: dict[str, object]) -> str:
    similarity = round(float(str(row["similarity"])), 3)
    return orjson.dumps({**orjson.loads(meta), "duplicate_of": row["duplicate_of"], "similarity": similarity}).decode()
