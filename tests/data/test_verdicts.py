"""Verdicts: what is found of the duplicates of a shard, written, read and told to its documents."""

from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa
import pytest

from llemma.data.dedup import Verdicts
from llemma.data.steps import Row, to_batch
from llemma.data.verdicts import mark_duplicates, read_verdicts, write_verdicts

SHARDS = ["web/pages-00000", "code/lean-00003"]

VERDICTS = Verdicts(
    is_kept=np.array([True, False, False, True]),
    kept_file=np.array([1, 0, 1, 1]),
    kept_row=np.array([0, 7, 0, 3]),
    is_exact=np.array([False, True, False, False]),
    similarity=np.array([1.0, 1.0, 0.8, 1.0], np.float32),
)
"""Of code/lean-00003: row 1 is an exact copy of a web page, row 2 nearly its own row 0."""

DOCUMENTS = to_batch([Row("a", text="a"), Row("b", text="b", meta={"path": "b.lean"}), Row("c", text="c"), Row("d")])


@pytest.fixture
def table(tmp_path: Path) -> pa.Table:
    path = tmp_path / "folder" / "verdicts.parquet"
    write_verdicts(path, VERDICTS, SHARDS)
    return read_verdicts(path)


def test_the_table_says_why_a_row_is_dropped_and_what_is_kept_in_its_place(table: pa.Table) -> None:
    assert table.column("reason").to_pylist() == [None, "exact_duplicate", "near_duplicate", None]
    assert table.column("duplicate_of").to_pylist() == [
        None,
        "web/pages-00000, row 7",
        "code/lean-00003, row 0",
        None,
    ]
    assert table.column("similarity").to_pylist()[1:3] == pytest.approx([1.0, 0.8])


def test_duplicates_are_marked_and_the_others_are_not(table: pa.Table) -> None:
    marked = mark_duplicates(DOCUMENTS, table, 0)
    assert marked.column("reason").to_pylist() == [None, "exact_duplicate", "near_duplicate", None]
    assert marked.select(["id", "text"]) == DOCUMENTS.select(["id", "text"])


def test_the_metadata_of_a_duplicate_name_what_is_kept_and_those_of_others_are_as_they_were(table: pa.Table) -> None:
    metas = [orjson.loads(meta) for meta in mark_duplicates(DOCUMENTS, table, 0).column("meta").to_pylist()]
    assert metas == [
        {},
        {"path": "b.lean", "duplicate_of": "web/pages-00000, row 7", "similarity": 1.0},
        {"duplicate_of": "code/lean-00003, row 0", "similarity": 0.8},
        {},
    ]


def test_a_batch_is_marked_by_its_place_in_the_shard(table: pa.Table) -> None:
    whole = mark_duplicates(DOCUMENTS, table, 0)
    parts = [mark_duplicates(DOCUMENTS.slice(first, 2), table, first) for first in (0, 2)]
    assert pa.Table.from_batches(parts) == pa.Table.from_batches([whole])


def test_more_documents_than_verdicts_are_refused(table: pa.Table) -> None:
    with pytest.raises(ValueError, match="length"):
        mark_duplicates(DOCUMENTS, table, 2)


def test_a_shard_without_documents_has_no_verdicts(tmp_path: Path) -> None:
    none = np.array([], np.int64)
    write_verdicts(tmp_path / "v", Verdicts(none > 0, none, none, none > 0, none.astype(np.float32)), SHARDS)
    assert read_verdicts(tmp_path / "v").num_rows == 0
