"""Whatever is wrong with the input is reported with its place and counted, and nothing else is lost."""

import gzip
import os
import signal
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pytest

from llemma.config import check_recipe
from llemma.data.generators.collected import write_crawl, write_papers
from llemma.data.recipe import DataRecipe
from llemma.data.sources.rows import Rows
from llemma.data.stages import ReadShard, input_facts
from llemma.data.steps import Step, replaced
from llemma.data.worker import Limits, Watch, Worker
from llemma.errors import DataError
from llemma.records import Document
from llemma.storage import write_bytes, write_jsonl, write_text
from tests.data.build_recipe import build_here, rows_in, rows_recipe, text_of


def reported(manifest: dict[str, Any]) -> list[tuple[str, str]]:
    """The places and reasons in the manifest, in the order of places."""
    return [(place, reason) for place, reason, _ in manifest["parts"]["rows"]["inputs"]["in"]["read"]["damaged"]]


def dropped(out: Path) -> list[tuple[str, str]]:
    return sorted((row["id"], row["reason"]) for row in rows_in(out / "dropped/read"))


def names_kept(out: Path) -> list[str]:
    return sorted(row["id"] for row in rows_in(out / "text"))


def rows(*names: str) -> list[dict[str, str]]:
    return [{"id": name, "text": f"text of {name}"} for name in names]


def lines(*names: str) -> bytes:
    return b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows(*names))


def test_each_bad_line_and_file_is_reported_and_nothing_else_is_lost(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    bad_lines = b'{"id": "cut", "te\n[1, 2]\n{"id": "x", "text": "caf\xe9"}\n{"id": "y", "text": null}\n'
    write_bytes(folder / "a.jsonl", lines("a1", "a2") + bad_lines + lines("a3"))
    write_jsonl(folder / "b.jsonl.zst", ({"id": f"b{n}", "text": os.urandom(500).hex()} for n in range(2000)))
    write_bytes(folder / "b.jsonl.zst", (folder / "b.jsonl.zst").read_bytes()[:600_000])
    write_bytes(folder / "c.jsonl.gz", b"\x1f\x8b\x08 is all there is")
    write_bytes(folder / "d.jsonl", b"")
    write_bytes(folder / "e.parquet", b"PAR1 is all there is")
    write_bytes(folder / "f.jsonl", lines("f1"))
    (folder / "g.jsonl").symlink_to("/proc/self/mem")  # a file of which no byte can be read: EIO
    manifest = build_here(rows_recipe(folder), tmp_path / "out")
    damage = [
        (f"{folder}/a.jsonl:3", "not_json"),
        (f"{folder}/a.jsonl:4", "not_an_object"),
        (f"{folder}/a.jsonl:5", "invalid_utf8"),
        (f"{folder}/a.jsonl:6", "no_text"),
        (f"{folder}/b.jsonl.zst", "truncated_file"),
        (f"{folder}/c.jsonl.gz", "damaged_file"),
        (f"{folder}/d.jsonl", "empty_file"),
        (f"{folder}/e.parquet", "unreadable_file"),
        (f"{folder}/g.jsonl", "unreadable_file"),
    ]
    assert reported(manifest) == damage
    assert dropped(tmp_path / "out") == damage
    kept = names_kept(tmp_path / "out")
    whole = {name for name in kept if name.startswith("b")}
    assert whole == {f"b{n}" for n in range(len(whole))}
    assert len(whole) > 1000  # 600,000 of 1,000,000 bytes
    assert sorted(set(kept) - whole) == ["a1", "a2", "a3", "f1"]


def test_a_file_that_may_not_be_read_is_reported(tmp_path: Path) -> None:
    write_bytes(tmp_path / "in/a.jsonl", lines("a"))
    write_bytes(tmp_path / "in/b.jsonl", lines("b"))
    (tmp_path / "in/b.jsonl").chmod(0)
    if os.access(tmp_path / "in/b.jsonl", os.R_OK):
        pytest.skip("this user may read everything")
    manifest = build_here(rows_recipe(tmp_path / "in"), tmp_path / "out")
    assert reported(manifest) == [(f"{tmp_path}/in/b.jsonl", "unreadable_file")]
    assert names_kept(tmp_path / "out") == ["a"]


def test_a_folder_with_the_name_of_a_file_is_a_folder(tmp_path: Path) -> None:
    write_bytes(tmp_path / "in/a.jsonl", lines("a"))
    write_bytes(tmp_path / "in/b.jsonl/c.jsonl", lines("c"))
    build_here(rows_recipe(tmp_path / "in"), tmp_path / "out")
    assert names_kept(tmp_path / "out") == ["a", "c"]


def of_source(source: dict[str, Any], *steps: str) -> DataRecipe:
    entry = {"name": "in", "source": source, "steps": [{"step": name} for name in steps]}
    return check_recipe(DataRecipe, {"parts": [{"name": "rows", "inputs": [entry]}], "dedup": None}, where="test")


def test_a_broken_stretch_of_a_crawl_is_reported_and_the_reading_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "in/pages.warc.gz"
    write_crawl([Document(f"page{n}", text_of(n)) for n in range(10)], path)
    content = bytearray(path.read_bytes())
    starts = [place for place in range(len(content)) if content[place : place + 3] == b"\x1f\x8b\x08"]
    assert len(starts) == 10
    content[starts[4] + 40 : starts[4] + 80] = bytes(40)
    write_bytes(path, bytes(content[:-20]))
    manifest = build_here(of_source({"source": "warc", "path": [str(path)]}, "web_page"), tmp_path / "out")
    places = [f"pages.warc.gz:{starts[n]}" for n in (3, 9)]  # the last record that was whole; the one that was cut
    assert [place for place, _ in reported(manifest)] == places
    pages = [name.rpartition("/")[2] for name in names_kept(tmp_path / "out")]
    assert pages == [f"page{n}" for n in range(10) if n not in (4, 9)]


def test_a_bomb_among_papers_is_reported_and_the_others_are_kept(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    write_papers([Document(f"paper{n}", text_of(n)) for n in range(3)], folder / "bulk.tar")
    write_bytes(folder / "2305.00001.gz", gzip.compress(bytes(300 * 2**20), compresslevel=1, mtime=0))
    write_bytes(folder / "2305.00002.gz", gzip.compress(text_of(5).encode())[:-30])
    build_here(of_source({"source": "arxiv", "path": [str(folder)]}, "tex"), tmp_path / "out")
    assert dropped(tmp_path / "out") == [("2305.00001", "bad_archive"), ("2305.00002", "bad_archive")]
    assert names_kept(tmp_path / "out") == ["2304.00001", "2304.00002", "2304.00003"]


def test_a_bomb_among_repositories_is_reported_and_the_others_are_kept(tmp_path: Path) -> None:
    for name, size in (("bomb", 300 * 2**20), ("fine", 100)):
        (tmp_path / "in").mkdir(exist_ok=True)
        with zipfile.ZipFile(tmp_path / f"in/{name}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(f"{name}/first.py", "print(1)\n" * 20)
            archive.writestr(f"{name}/second.py", b"#" * size)
    source = {"source": "repositories", "path": [f"{tmp_path}/in"], "max_file_bytes": 2**30}
    manifest = build_here(of_source(source), tmp_path / "out")
    assert [reason for _, reason in reported(manifest)] == ["bomb"]
    assert set(names_kept(tmp_path / "out")) == {"bomb/first.py", "fine/first.py", "fine/second.py"}


@pytest.mark.parametrize("near", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_a_document_of_100_megabytes_goes_through(tmp_path: Path, near: bool) -> None:
    long = "the sum of two even numbers is even. " * 2_800_000  # 103.6 MB
    write_jsonl(tmp_path / "in/a.jsonl", [{"id": "long", "text": long}, *rows("short")])
    build_here(rows_recipe(tmp_path / "in", dedup={"near": near}), tmp_path / "out")
    found = {row["id"]: row["text"] for row in rows_in(tmp_path / "out/text")}
    assert found == {"long": long, "short": "text of short"}


def test_a_line_beyond_the_limit_is_reported_and_the_next_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("llemma.data.sources.rows.MAX_DOCUMENT_BYTES", 1000)
    path = tmp_path / "in/a.jsonl"
    write_jsonl(path, [{"id": "long", "text": "x" * 2000}, *rows("short")])
    [shard] = Rows(path=[str(path)]).shards()
    ReadShard(Rows(path=[str(path)]), shard, (), tmp_path / "out", tmp_path / "dropped")(Watch())
    assert [(row["id"], row["reason"]) for row in rows_in(tmp_path / "dropped")] == [(f"{path}:1", "too_long")]
    assert [row["id"] for row in rows_in(tmp_path / "out")] == ["short"]


def test_an_input_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone\.jsonl is not there"):
        input_facts(tmp_path / "gone.jsonl")


def test_the_links_in_a_folder_are_not_read(tmp_path: Path) -> None:
    write_text(tmp_path / "in/a.py", "x = 1")
    before = input_facts(tmp_path / "in")
    (tmp_path / "in/endless.py").symlink_to("/proc/self/mem")
    assert input_facts(tmp_path / "in") == before


def test_a_name_that_is_not_unicode_is_read(tmp_path: Path) -> None:
    write_bytes(tmp_path / "in" / os.fsdecode(b"caf\xe9.jsonl"), lines("a"))
    build_here(rows_recipe(tmp_path / "in"), tmp_path / "out")
    assert names_kept(tmp_path / "out") == ["a"]


class Harmful(Step):
    """Some words do harm, or are dropped where `harm` is off."""

    harm: bool

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        texts = batch.column("text").to_pylist()
        if self.harm:
            for text in texts:
                _do_harm(text)
        reasons = ["harmful" if text in ("raise", "crash", "hang") else None for text in texts]
        return replaced(batch, text=[text.upper() for text in texts], reason=reasons)


def _do_harm(text: str) -> None:
    if text == "raise":
        raise ZeroDivisionError("there it is")
    if text == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if text == "hang":
        time.sleep(60)


@pytest.fixture
def read(tmp_path: Path) -> Iterator[Callable[[bool], dict[str, Any]]]:
    """A function that reads 2,050 documents, some harmful, in a process of its own."""
    harmful = {5: "raise", 1500: "crash", 2045: "hang"}
    path = tmp_path / "a.jsonl"
    write_jsonl(path, ({"id": f"{n:04}", "text": harmful.get(n, f"text {n}")} for n in range(2050)))
    source = Rows(path=[str(path)])
    worker = Worker(Limits(silence_s=2))
    yield lambda harm: worker.run(
        ReadShard(
            source, source.shards()[0], (Harmful(harm=harm),), tmp_path / f"kept_{harm}", tmp_path / f"dropped_{harm}"
        )
    )
    worker.close()


def test_a_document_that_breaks_a_step_is_dropped_and_the_bytes_of_the_others_are_the_same(
    tmp_path: Path, read: Callable[[bool], dict[str, Any]]
) -> None:
    facts = read(True)
    found = [(row["id"], row["text"], row["reason"]) for row in rows_in(tmp_path / "dropped_True")]
    assert found == [
        ("0005", "raise", "step_failed"),
        ("1500", "crash", "crashed"),
        ("2045", "hang", "timed_out"),
    ]
    assert [(place, reason) for place, reason, _ in facts["damaged"]] == [(place, reason) for place, _, reason in found]
    assert facts["damaged"][0][2] == "ZeroDivisionError: there it is"
    read(False)
    assert (tmp_path / "kept_True/a.parquet").read_bytes() == (tmp_path / "kept_False/a.parquet").read_bytes()
    assert len(list(rows_in(tmp_path / "kept_True"))) == 2047
