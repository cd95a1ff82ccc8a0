"""Rows: which columns become what, and what damaged files cost."""

import gzip
import os
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from llemma.config import check_recipe
from llemma.data.sources import rows as module
from llemma.data.sources.rows import Rows
from llemma.data.steps import BATCH_ROWS
from llemma.errors import DataError, RecipeError


def lines(*rows: object) -> bytes:
    return b"".join(orjson.dumps(row) + b"\n" for row in rows)


def read(source: Rows) -> list[dict[str, Any]]:
    return [row for shard in source.shards() for batch in source.read(shard) for row in batch.to_pylist()]


def read_bytes(tmp_path: Path, content: bytes, name: str = "a.jsonl", **settings: Any) -> list[dict[str, Any]]:
    (tmp_path / name).write_bytes(content)
    return read(Rows(path=[str(tmp_path / name)], **settings))


def outcome(rows: list[dict[str, Any]]) -> list[str]:
    """Return the reasons of dropped rows and the texts of the others."""
    return [row["reason"] or row["text"] for row in rows]


def test_columns_of_their_own_name_need_no_mapping(tmp_path: Path) -> None:
    row = {"text": "t", "id": "i", "language": "lean", "license": "MIT", "group": "g", "meta": {"year": 2020}}
    (found,) = read_bytes(tmp_path, lines(row))
    assert found == {**row, "raw": None, "meta": '{"year":2020}', "reason": None}


def test_a_row_without_an_id_is_named_after_its_line(tmp_path: Path) -> None:
    found = read_bytes(tmp_path, b"\n" + lines({"text": "a"}, {"text": "b"}))
    assert [row["id"] for row in found] == ["a:2", "a:3"]


def test_a_template_joins_columns_and_a_plain_word_is_a_constant(tmp_path: Path) -> None:
    row = {"content": "x = 1", "max_stars_repo_name": "ann/algebra", "max_stars_repo_path": "src/a.py"}
    settings = {
        "text": "content",
        "id": "{max_stars_repo_name}/{max_stars_repo_path}",
        "group": "{max_stars_repo_name}",
        "language": "python",
    }
    (found,) = read_bytes(tmp_path, lines(row), **settings)
    assert (found["id"], found["group"], found["language"]) == ("ann/algebra/src/a.py", "ann/algebra", "python")


def test_several_licenses_all_apply(tmp_path: Path) -> None:
    (found,) = read_bytes(tmp_path, lines({"text": "t", "names": ["MIT", "Apache-2.0"]}), license="{names}")
    assert found["license"] == "MIT AND Apache-2.0"


def test_meta_may_be_a_json_string(tmp_path: Path) -> None:
    row = {"text": "t", "meta": '{"arxiv_id": "2001.00001", "yymm": "2001"}'}
    (found,) = read_bytes(tmp_path, lines(row), id="{meta.arxiv_id}")
    assert found["id"] == "2001.00001"
    assert orjson.loads(found["meta"]) == {"arxiv_id": "2001.00001", "yymm": "2001"}


def test_columns_that_are_not_mapped_are_kept_in_meta(tmp_path: Path) -> None:
    (found,) = read_bytes(tmp_path, lines({"text": "t", "id": "i", "stars": 3, "meta": {"size": 1}}))
    assert orjson.loads(found["meta"]) == {"stars": 3, "size": 1}


def test_meta_that_is_no_json_costs_no_document(tmp_path: Path) -> None:
    (found,) = read_bytes(tmp_path, lines({"text": "t", "meta": "{not json"}))
    assert (found["text"], orjson.loads(found["meta"])) == ("t", {"meta": "{not json"})


def test_meta_nested_too_deep_to_be_written_costs_no_document(tmp_path: Path) -> None:
    line = b'{"text": "t", "meta": {"a": ' + b"[" * 600 + b"]" * 600 + b"}}\n"
    (found,) = read_bytes(tmp_path, line)
    assert (found["text"], found["reason"]) == ("t", None)


def test_a_raw_column_is_read_as_bytes_and_needs_no_text(tmp_path: Path) -> None:
    (found,) = read_bytes(tmp_path, lines({"html": "<p>é</p>"}), raw="html")
    assert (found["raw"], found["text"]) == ("<p>é</p>".encode(), "")


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.json.gz", "a.jsonl.zst", "a.parquet"])
def test_every_kind_of_file_gives_the_same_rows(tmp_path: Path, name: str) -> None:
    rows = [{"text": f"text {n}", "id": f"id {n}"} for n in range(3000)]
    if name.endswith(".parquet"):
        pq.write_table(pa.Table.from_pylist(rows), tmp_path / name, row_group_size=1100)
    else:
        pack = {".gz": gzip.compress, ".zst": zstandard.ZstdCompressor().compress}.get(Path(name).suffix, bytes)
        (tmp_path / name).write_bytes(pack(lines(*rows)))
    found = read(Rows(path=[str(tmp_path / name)]))
    assert [(row["text"], row["id"]) for row in found] == [(row["text"], row["id"]) for row in rows]


MIXED = [
    {"text": "a", "id": "i", "n": 1, "names": ["MIT", "ISC"], "repo": "r", "meta": '{"url": "u", "n": 2}', "at": None},
    {"text": "", "id": "", "n": None, "names": [], "repo": None, "meta": "{not json", "at": {"url": "v"}},
    {"text": "é", "id": None, "n": 3, "names": None, "repo": "", "meta": None, "at": {"url": None}},
]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"id": "{repo}/{n}", "group": "{repo}", "language": "lean"},
        {"license": "{names}", "language": "{at.url}"},
        {"id": "{meta.url}", "language": "{meta}", "license": "{missing}"},
        {"meta": "at", "group": "{at}", "language": "x{at.url}y"},
        {"meta": "nowhere", "language": "{nowhere}", "license": "{{"},
        {"raw": "text", "text": "n"},
    ],
)
def test_columns_become_what_lines_become(tmp_path: Path, settings: dict[str, Any]) -> None:
    pq.write_table(pa.Table.from_pylist(MIXED), tmp_path / "a.parquet")
    found = read(Rows(path=[str(tmp_path / "a.parquet")], **settings))
    assert [row["reason"] for row in found] == [None] * 3
    assert found == read_bytes(tmp_path, lines(*MIXED), **settings)


@pytest.mark.parametrize("rows", [7, 1000, 5000])
def test_batches_do_not_depend_on_row_groups(tmp_path: Path, rows: int) -> None:
    pq.write_table(pa.table({"text": ["t"] * 2500}), tmp_path / "a.parquet", row_group_size=rows)
    source = Rows(path=[str(tmp_path)])
    batches = list(source.read(source.shards()[0]))
    assert max(map(len, batches)) <= BATCH_ROWS
    assert len(batches) == 3
    assert [row["id"] for batch in batches for row in batch.to_pylist()] == [f"a:{n}" for n in range(1, 2501)]


def test_a_missing_text_in_parquet_costs_one_row(tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": ["before", None, "after"]}), tmp_path / "a.parquet")
    assert outcome(read(Rows(path=[str(tmp_path)]))) == ["before", "no_text", "after"]


def test_a_long_text_in_parquet_costs_one_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_DOCUMENT_BYTES", 1000)
    pq.write_table(pa.table({"text": ["x" * 1000, "x" * 1001]}), tmp_path / "a.parquet")
    assert outcome(read(Rows(path=[str(tmp_path)]))) == ["x" * 1000, "too_long"]


def test_a_time_beyond_what_python_knows_costs_one_row(tmp_path: Path) -> None:
    times = pa.array([0, 2**60, 0], pa.timestamp("ms"))
    pq.write_table(pa.table({"text": ["good", "bad", "too"], "at": times}), tmp_path / "a.parquet")
    assert outcome(read(Rows(path=[str(tmp_path)]))) == ["good", "unreadable_value", "too"]


def test_zstd_files_may_have_several_frames(tmp_path: Path) -> None:
    pack = zstandard.ZstdCompressor().compress
    content = pack(lines({"text": "a"})) + pack(b"") + pack(lines({"text": "b"}))
    assert outcome(read_bytes(tmp_path, content, "a.jsonl.zst")) == ["a", "b"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"text": "cut of\n', "not_json"),
        (b"plain words\n", "not_json"),
        (b"[" * 100_000 + b"\n", "not_json"),
        (b'["text"]\n', "not_an_object"),
        (b"17\n", "not_an_object"),
        (b'{"body": "x"}\n', "no_text"),
        (b'{"text": null}\n', "no_text"),
        (b'{"text": 3}\n', "no_text"),
        (b'{"text": "\xff\xfe"}\n', "invalid_utf8"),
        (b'{"text": "' + b"x" * 2000 + b'"}\n', "too_long"),
    ],
)
def test_a_damaged_line_is_one_row_with_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: bytes, reason: str
) -> None:
    monkeypatch.setattr(module, "MAX_DOCUMENT_BYTES", 1000 if reason == "too_long" else 2**20)
    found = read_bytes(tmp_path, lines({"text": "before"}) + line + lines({"text": "after"}))
    assert outcome(found) == ["before", reason, "after"]
    assert found[1]["id"] == f"{tmp_path}/a.jsonl:2"


def test_a_line_of_exactly_the_limit_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line = lines({"text": "x" * 50}).rstrip()
    monkeypatch.setattr(module, "MAX_DOCUMENT_BYTES", len(line))
    assert outcome(read_bytes(tmp_path, line + b"\n" + line)) == ["x" * 50, "x" * 50]
    monkeypatch.setattr(module, "MAX_DOCUMENT_BYTES", len(line) - 1)
    assert outcome(read_bytes(tmp_path, line + b"\n" + line)) == ["too_long", "too_long"]


def test_json_as_python_writes_it_is_read(tmp_path: Path) -> None:
    found = read_bytes(tmp_path, b'\xef\xbb\xbf{"text": "a\\ud800b", "meta": {"score": NaN}}\n')
    assert [(row["text"], row["meta"]) for row in found] == [("a\ufffdb", '{"score":null}')]


def test_a_line_of_many_megabytes_is_read(tmp_path: Path) -> None:
    assert len(read_bytes(tmp_path, lines({"text": "x" * 20_000_000}))[0]["text"]) == 20_000_000


def test_an_empty_file_is_reported(tmp_path: Path) -> None:
    assert outcome(read_bytes(tmp_path, b"")) == ["empty_file"]
    assert outcome(read_bytes(tmp_path, b"\n \n")) == ["empty_file"]
    assert outcome(read_bytes(tmp_path, zstandard.ZstdCompressor().compress(b""), "b.jsonl.zst")) == ["empty_file"]


@pytest.mark.parametrize("name", ["a.jsonl.zst", "a.jsonl.gz"])
def test_rows_before_a_cut_are_kept(tmp_path: Path, name: str) -> None:
    rows = lines(*({"text": os.urandom(500).hex(), "n": n} for n in range(1000)))
    pack = gzip.compress if name.endswith("gz") else zstandard.ZstdCompressor().compress
    content = pack(rows)
    found = read_bytes(tmp_path, content[: len(content) * 3 // 4], name)
    assert found[-1]["reason"] == "truncated_file"
    assert found[-1]["id"] == str(tmp_path / name)
    assert [orjson.loads(row["meta"]).get("n") for row in found[:-1]] == list(range(len(found) - 1))
    assert 500 < len(found) < 1000


@pytest.mark.parametrize("name", ["a.jsonl.zst", "a.jsonl.gz"])
def test_a_file_that_is_not_compressed_as_its_name_says_is_damaged(tmp_path: Path, name: str) -> None:
    assert outcome(read_bytes(tmp_path, b"nothing of the kind " * 9, name)) == ["damaged_file"]


def test_a_file_that_cannot_be_opened_is_reported(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(lines({"text": "t"}))
    source = Rows(path=[str(tmp_path)])
    (shard,) = source.shards()
    (tmp_path / "a.jsonl").unlink()
    assert [batch["reason"].to_pylist() for batch in source.read(shard)] == [["unreadable_file"]]


def test_parquet_that_is_none_is_reported(tmp_path: Path) -> None:
    assert outcome(read_bytes(tmp_path, b"PAR1 and no more", "a.parquet")) == ["unreadable_file"]


def test_a_damaged_row_group_costs_no_other(tmp_path: Path) -> None:
    table = pa.table({"text": [os.urandom(40).hex() for _ in range(300)]})
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=100, compression="zstd", use_dictionary=False)
    place = pq.ParquetFile(tmp_path / "a.parquet").metadata.row_group(1).column(0).data_page_offset
    content = bytearray((tmp_path / "a.parquet").read_bytes())
    content[place + 40 : place + 2000] = bytes(1960)
    found = read_bytes(tmp_path, bytes(content), "a.parquet")
    texts = table["text"].to_pylist()
    assert outcome(found) == [*texts[:100], "damaged_file", *texts[200:]]
    assert found[100]["id"] == f"{tmp_path}/a.parquet:101"


def test_invalid_utf8_in_parquet_costs_one_row(tmp_path: Path) -> None:
    good_bad_good = pa.array([b"good", b"\xff\xfe", b"too"], pa.binary())
    texts = pa.Array.from_buffers(pa.string(), 3, good_bad_good.buffers())
    pq.write_table(pa.table({"text": texts}), tmp_path / "a.parquet")
    assert outcome(read(Rows(path=[str(tmp_path)]))) == ["good", "invalid_utf8", "too"]


def test_shards_are_named_by_what_is_below_the_path_given(tmp_path: Path) -> None:
    for name in ("one/a b.jsonl", "one/c.jsonl.zst", "two/a b.jsonl", "two/notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    names = [shard.name for shard in Rows(path=[str(tmp_path)]).shards()]
    assert names == ["one-a-b", "one-c", "two-a-b"]
    globbed = Rows(path=[f"{tmp_path}/*/a b.jsonl", f"{tmp_path}/one"]).shards()
    assert [shard.name for shard in globbed] == ["one-a-b", "two-a-b", "c"]


def test_shards_of_the_same_name_are_told_apart(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.jsonl").touch()
    names = [shard.name for shard in Rows(path=[str(tmp_path / "one"), str(tmp_path / "two")]).shards()]
    assert names == ["a", "a-2"]


def test_a_path_without_rows_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere: no file there that ends in one of \.jsonl"):
        Rows(path=[str(tmp_path / "nowhere")]).shards()


@pytest.mark.parametrize("template", ["{", "{}", "a{b"])
def test_a_template_is_checked_in_the_recipe(template: str) -> None:
    with pytest.raises(RecipeError, match="id"):
        check_recipe(Rows, {"path": ["x"], "id": template}, where="recipe")


def test_real_code_is_read(benchmark_folder: Path) -> None:
    corpus = benchmark_folder.parent / "corpus" / "code"
    if not corpus.is_dir():
        pytest.skip(f"no corpus at {corpus}")
    found = read(Rows(path=[str(corpus)], id="{repo}/{path}", group="{repo}", license="{licence}"))
    assert found
    assert not [row for row in found if row["reason"] or not row["license"] or not row["language"]]
    assert len({row["id"] for row in found}) == len(found)
