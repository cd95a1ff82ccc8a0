"""Files of documents, and what is counted of them, do not depend on how the rows were divided."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from llemma.data import documents as module
from llemma.data.documents import Samples, Tally, documents_writer, read_documents, read_texts, text_bytes
from llemma.data.steps import DOCUMENTS, Row, damaged, to_batch
from llemma.errors import DataError

ROWS = [Row(f"d{number}", text="word " * (number * 7 % 23), language="en") for number in range(100)]

CUTS = [(100,), (1,) * 100, (40, 0, 37, 23), (99, 1)]


def cut(rows: Sequence[Row], sizes: Sequence[int]) -> list[pa.RecordBatch]:
    ends = [sum(sizes[: place + 1]) for place in range(len(sizes))]
    return [to_batch(rows[end - size : end]) for size, end in zip(sizes, ends, strict=True)]


def write(path: Path, batches: Sequence[pa.RecordBatch]) -> Path:
    with documents_writer(path) as file:
        for batch in batches:
            file.write(batch)
    return path


def ids(batches: Sequence[pa.RecordBatch]) -> list[str]:
    return [key for batch in batches for key in batch.column("id").to_pylist()]


@pytest.fixture
def small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BATCH_BYTES", 2_000)


@pytest.mark.usefixtures("small_groups")
@pytest.mark.parametrize("sizes", CUTS[1:])
def test_the_bytes_of_a_file_do_not_depend_on_how_its_rows_were_cut(tmp_path: Path, sizes: tuple[int, ...]) -> None:
    whole = write(tmp_path / "whole.parquet", cut(ROWS, (100,)))
    parted = write(tmp_path / "parted.parquet", cut(ROWS, sizes))
    assert pq.ParquetFile(whole).num_row_groups > 3
    assert parted.read_bytes() == whole.read_bytes()


def test_neither_do_those_of_a_file_with_several_pages_in_a_row_group(tmp_path: Path) -> None:
    rows = [Row(f"d{number}", text=" ".join(map(str, range(number, number + 2_000)))) for number in range(300)]
    whole = write(tmp_path / "whole.parquet", [to_batch(rows)])
    parted = write(tmp_path / "parted.parquet", cut(rows, (7, 193, 100)))
    assert parted.read_bytes() == whole.read_bytes()


@pytest.mark.usefixtures("small_groups")
def test_a_part_of_a_batch_is_written_as_the_same_rows_by_themselves_are(tmp_path: Path) -> None:
    with_others = to_batch([Row("other", text="x" * 500, meta={"a": 1}), *ROWS, Row("last", raw=b"y" * 500)])
    sliced = write(tmp_path / "sliced.parquet", [with_others.slice(1, 100)])
    assert sliced.read_bytes() == write(tmp_path / "alone.parquet", [to_batch(ROWS)]).read_bytes()


@pytest.mark.usefixtures("small_groups")
def test_a_row_group_ends_with_the_row_that_fills_it(tmp_path: Path) -> None:
    rows = [Row("a", text="x" * 1_500), Row("b", text="x" * 600), Row("c", text="x" * 5_000), Row("d", text="x")]
    file = pq.ParquetFile(write(tmp_path / "a.parquet", [to_batch(rows)]))
    groups = [file.read_row_group(place).column("id").to_pylist() for place in range(file.num_row_groups)]
    assert groups == [["a", "b"], ["c"], ["d"]]


@pytest.mark.usefixtures("small_groups")
@pytest.mark.parametrize("rows", [[], [0], [99], [3, 4, 50, 51, 52, 98], list(range(100))])
def test_the_texts_of_chosen_rows_come_in_order(tmp_path: Path, rows: list[int]) -> None:
    path = write(tmp_path / "a.parquet", [to_batch(ROWS)])
    found = [text for array in read_texts(path, np.array(rows, np.int64)) for text in array.to_pylist()]
    assert found == [ROWS[row].text for row in rows]


@pytest.mark.usefixtures("small_groups")
def test_row_groups_without_a_chosen_row_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a.parquet", [to_batch([Row(f"d{number}", text="x" * 2_000) for number in range(9)])])
    read, groups = pq.ParquetFile.read_row_group, list[int]()
    monkeypatch.setattr(
        pq.ParquetFile, "read_row_group", lambda self, group, **kw: (groups.append(group), read(self, group, **kw))[1]
    )
    assert len(list(read_texts(path, np.array([2, 7])))) == 2
    assert groups == [2, 7]


def test_rows_come_back_as_they_were_written_in_batches_of_at_most_1024(tmp_path: Path) -> None:
    rows = [Row(f"d{number}", text="t", raw=b"\0", meta={"n": number}) for number in range(2_500)]
    found = list(read_documents(write(tmp_path / "a.parquet", [to_batch(rows)])))
    assert [len(batch) for batch in found] == [1024, 1024, 452]
    assert pa.Table.from_batches(found) == pa.Table.from_batches([to_batch(rows)])


def test_a_file_without_rows_is_whole(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", [])
    assert list(read_documents(path)) == []
    assert pq.read_schema(path) == DOCUMENTS


def test_only_the_columns_that_are_asked_for_are_read(tmp_path: Path) -> None:
    [batch] = read_documents(write(tmp_path / "a.parquet", [to_batch(ROWS)]), ["text"])
    assert batch.schema.names == ["text"]


def test_a_file_is_not_there_when_its_writing_fails(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        write(tmp_path / "a.parquet", [to_batch(ROWS), pa.record_batch({"id": ["of other columns"]})])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"PAR1 and nothing else", b"{}\n"])
def test_a_file_that_is_none_of_documents_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.parquet").write_bytes(content)
    with pytest.raises(DataError, match=r"a\.parquet: not a readable file of documents"):
        list(read_documents(tmp_path / "a.parquet"))


@pytest.mark.parametrize("columns", [None, ["text"]])
def test_a_parquet_file_of_something_else_is_named(tmp_path: Path, columns: list[str] | None) -> None:
    pq.write_table(pa.table({"number": [1]}), tmp_path / "a.parquet")
    with pytest.raises(DataError, match=r"no column '(id|text)'"):
        list(read_documents(tmp_path / "a.parquet", columns))


def test_the_size_of_a_document_is_that_of_its_text_in_utf8_else_of_what_was_read() -> None:
    batch = to_batch([Row("a", text="né"), Row("b", text="né", raw=b"12345"), Row("c", raw=b"12345"), Row("d")])
    assert text_bytes(batch).tolist() == [3, 3, 5, 0]


def tally_of(*batches: pa.RecordBatch) -> Tally:
    tally = Tally()
    for batch in batches:
        tally.add(batch)
    return tally


def merged(parts: Sequence[Any], whole: Any) -> Any:
    for part in parts:
        whole.merge(orjson.loads(orjson.dumps(part.facts())))  # facts go through a file
    return whole


def test_documents_and_bytes_are_counted_by_outcome_and_language() -> None:
    rows = [
        Row("a", text="1234", language="lean"),
        Row("b", text="123", language="lean"),
        Row("c", text="12", language="lean", reason="too_short"),
        Row("d", text="1"),
    ]
    tally = tally_of(to_batch(rows))
    assert tally.documents == 4
    assert tally.facts() == {
        "outcomes": {"kept": {"lean": [2, 7], "unknown": [1, 1]}, "too_short": {"lean": [1, 2]}},
        "lengths": {"1": 1, "2": 1, "3": 1},  # one byte; two or three; four to seven
        "damaged": [],
    }


def mixed_rows() -> list[Row]:
    """Return kept and dropped rows of two languages, and more damage than is shown."""
    reasons = (None, "too_short", None, "empty")
    rows = [Row(f"d{n}", text="x" * n, language="ab"[n % 2], reason=reasons[n % 4]) for n in range(60)]
    return [*rows, *(damaged(f"file.jsonl:{n * 7 % 40}", "not_json", f"detail {n}") for n in range(40))]


@pytest.mark.parametrize("sizes", CUTS[1:])
def test_tallies_of_parts_merge_into_the_tally_of_the_whole(sizes: tuple[int, ...]) -> None:
    whole, parts = tally_of(to_batch(mixed_rows())), [tally_of(batch) for batch in cut(mixed_rows(), sizes)]
    for order in (parts, parts[::-1]):
        together = merged(order, Tally())
        assert together.documents == whole.documents == 100
        assert together.facts() == whole.facts()


@pytest.mark.parametrize("sizes", CUTS[1:])
def test_a_tally_does_not_depend_on_how_its_rows_were_cut(sizes: tuple[int, ...]) -> None:
    assert tally_of(*cut(mixed_rows(), sizes)).facts() == tally_of(to_batch(mixed_rows())).facts()


def test_the_first_twenty_damaged_places_are_named_with_reason_and_detail() -> None:
    found = tally_of(to_batch(mixed_rows())).facts()["damaged"]
    assert len(found) == 20
    assert found[0] == ("file.jsonl:0", "not_json", "detail 0")
    assert found[1] == ("file.jsonl:1", "not_json", "detail 23")  # 23 * 7 = 161 = 1 modulo 40


def test_a_document_that_failed_a_step_is_named_with_the_error() -> None:
    failed = Row("d", text="x", reason="step_failed", meta={"error": "ValueError: odd"})
    assert tally_of(to_batch([failed])).facts()["damaged"] == [("d", "step_failed", "ValueError: odd")]


@pytest.mark.parametrize("field", ["damaged", "error"])
def test_a_kept_document_is_not_damaged_whatever_its_metadata_say(field: str) -> None:
    assert tally_of(to_batch([Row("d", text="x", meta={field: "in an experiment"})])).facts()["damaged"] == []


def samples_of(*batches: pa.RecordBatch, seed: int = 0) -> Samples:
    samples = Samples(10, seed)
    for batch in batches:
        samples.add(batch)
    return samples


@pytest.mark.parametrize("sizes", CUTS[1:])
def test_samples_are_the_same_however_the_work_is_divided(sizes: tuple[int, ...]) -> None:
    whole, parts = samples_of(to_batch(ROWS)), cut(ROWS, sizes)
    assert samples_of(*parts).facts() == whole.facts()
    assert merged([samples_of(part) for part in reversed(parts)], Samples(10, 0)).facts() == whole.facts()


def test_samples_are_different_documents_in_the_order_of_their_hashes() -> None:
    found = samples_of(to_batch(ROWS)).facts()
    assert len({key for _, key, _, _ in found}) == 10
    assert [row[0] for row in found] == sorted(row[0] for row in found)


def test_another_seed_chooses_other_samples() -> None:
    assert samples_of(to_batch(ROWS), seed=1).facts() != samples_of(to_batch(ROWS)).facts()


def test_samples_of_few_documents_are_all_of_them() -> None:
    assert sorted(key for _, key, _, _ in samples_of(to_batch(ROWS[:3]), to_batch([])).facts()) == ["d0", "d1", "d2"]


def test_a_sample_is_the_beginning_of_a_text_with_its_language() -> None:
    [(_, key, language, text)] = samples_of(to_batch([Row("d", text="ab" * 400)])).facts()
    assert (key, language, text) == ("d", "unknown", "ab" * 300)
