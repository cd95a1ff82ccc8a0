"""Published corpora: from a folder laid out as they are, and from a stand-in for the hub."""

import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import huggingface_hub
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from llemma.config import check_recipe
from llemma.data.sources import published
from llemma.data.sources.published import RELEASES, Published
from llemma.errors import DataError, RecipeError


def write_zst(path: Path, *rows: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    content = b"".join(orjson.dumps(row) + b"\n" for row in rows)
    path.write_bytes(zstandard.ZstdCompressor(write_checksum=True).compress(content))


def row(text: str, **meta: object) -> dict[str, Any]:
    return {"text": text, "meta": orjson.dumps(meta).decode()}


def read(source: Published) -> list[dict[str, Any]]:
    return [row for shard in source.shards() for batch in source.read(shard) for row in batch.to_pylist()]


@pytest.fixture
def proof_pile(tmp_path: Path) -> Path:
    """A copy of Proof-Pile-2 with our own texts."""
    stack = tmp_path / "algebraic-stack" / "train"
    write_zst(tmp_path / "arxiv" / "train" / "arXiv_000.jsonl.zst", row("paper", arxiv_id="2001.00001"))
    write_zst(tmp_path / "open-web-math" / "test" / "test.jsonl.zst", row("page", url="http://example.org/sum"))
    write_zst(stack / "python0003.jsonl.zst", row("import x", max_stars_repo_name="ann/x", max_stars_repo_path="x.py"))
    write_zst(stack / "github-lean-train-0000.jsonl.zst", row("lemma", author="bob", repo="sums", path="src/a.lean"))
    write_zst(stack / "lean_proofsteps.jsonl.zst", row("steps", mathlib_filename="Mathlib.Sums"))
    write_zst(stack / "github-coq-train-0001.jsonl.zst")
    return tmp_path


def test_algebraic_stack_knows_repository_and_language(proof_pile: Path) -> None:
    found = read(Published(name="proof-pile-2", part="algebraic-stack", folder=str(proof_pile)))
    assert [(row["id"], row["language"], row["group"]) for row in found] == [
        ("bob/sums/src/a.lean", "lean", "bob/sums"),
        ("Mathlib.Sums", "lean", "Mathlib.Sums"),
        ("ann/x/x.py", "python", "ann/x"),
    ]


def test_an_empty_shard_is_passed_over_with_a_note(proof_pile: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (proof_pile / "algebraic-stack/train/github-coq-train-0001.jsonl.zst").stat().st_size == 13
    shards = Published(name="proof-pile-2", part="algebraic-stack", folder=str(proof_pile)).shards()
    assert [shard.name for shard in shards] == ["github-lean-train-0000", "lean_proofsteps", "python0003"]
    assert capsys.readouterr().err == "github-coq-train-0001.jsonl.zst: published without a single row, passed over\n"


def test_papers_and_pages_are_known_by_their_own_keys(proof_pile: Path) -> None:
    papers = read(Published(name="proof-pile-2", part="arxiv", folder=str(proof_pile)))
    pages = read(Published(name="proof-pile-2", part="open-web-math", split="test", folder=str(proof_pile)))
    assert [(row["id"], row["language"], row["text"]) for row in papers + pages] == [
        ("2001.00001", "arxiv", "paper"),
        ("http://example.org/sum", "web", "page"),
    ]


def test_openwebmath_is_read_from_parquet(tmp_path: Path) -> None:
    rows = [{"url": "http://example.org/a", "text": "page", "date": "2020", "metadata": '{"math_score": 0.5}'}]
    (tmp_path / "data").mkdir()
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "data" / "train-00000-of-00001-ab.parquet")
    (found,) = read(Published(name="open-web-math", folder=str(tmp_path)))
    assert (found["id"], found["language"]) == ("http://example.org/a", "web")
    assert orjson.loads(found["meta"]) == {"url": "http://example.org/a", "date": "2020", "math_score": 0.5}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"name": "proof-pile-2"}, "has no part ''"),
        ({"name": "open-web-math", "split": "test"}, "has no split 'test'"),
    ],
)
def test_a_part_that_was_never_published_is_an_error(values: dict[str, str], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        check_recipe(Published, values, where="recipe")


def test_a_copy_without_the_part_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"arxiv/train/\*.jsonl.zst: no file there"):
        Published(name="proof-pile-2", part="arxiv", folder=str(tmp_path)).shards()


class Hub:
    """Stands in for the hub: a listing, and a folder in the place of the cache."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked: list[tuple[str, str]] = []
        self.fetched: list[str] = []

    def list_repo_files(self, _: object, repository: str, *, repo_type: str, revision: str) -> list[str]:
        assert repo_type == "dataset"
        self.asked.append((repository, revision))
        return [path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*") if path.is_file()]

    def snapshot_download(self, repository: str, *, repo_type: str, revision: str, allow_patterns: list[str]) -> str:
        assert repo_type == "dataset"
        assert (repository, revision) == self.asked[-1]
        self.fetched = allow_patterns
        return str(self.folder)


@pytest.fixture
def hub(proof_pile: Path, monkeypatch: pytest.MonkeyPatch) -> Hub:
    stand_in = Hub(proof_pile)
    monkeypatch.setattr(
        huggingface_hub.HfApi,
        "list_repo_files",
        lambda api, *args, **more: stand_in.list_repo_files(api, *args, **more),
    )
    monkeypatch.setattr(huggingface_hub, "snapshot_download", stand_in.snapshot_download)
    return stand_in


def test_only_the_files_of_the_part_are_fetched_at_the_pinned_commit(hub: Hub) -> None:
    found = read(Published(name="proof-pile-2", part="arxiv"))
    assert [row["text"] for row in found] == ["paper"]
    assert hub.asked == [("EleutherAI/proof-pile-2", RELEASES["proof-pile-2"].revision)]
    assert hub.fetched == ["arxiv/train/arXiv_000.jsonl.zst"]


def test_another_revision_and_a_limit_of_files_may_be_named(hub: Hub) -> None:
    source = Published(name="proof-pile-2", part="algebraic-stack", revision="0" * 40, limit_files=2)
    source.shards()
    assert hub.asked == [("EleutherAI/proof-pile-2", "0" * 40)]
    assert hub.fetched == [
        "algebraic-stack/train/github-coq-train-0001.jsonl.zst",
        "algebraic-stack/train/github-lean-train-0000.jsonl.zst",
    ]


def test_without_a_network_the_error_says_what_to_fetch(monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(*_: object, **__: object) -> None:
        raise huggingface_hub.errors.OfflineModeIsEnabled("offline")

    monkeypatch.setattr(huggingface_hub.HfApi, "list_repo_files", offline)
    with pytest.raises(DataError, match=r"hf download EleutherAI/proof-pile-2 .*'arxiv/test/\*.jsonl.zst' --local-dir"):
        Published(name="proof-pile-2", part="arxiv", split="test").shards()


class Server(BaseHTTPRequestHandler):
    """Serves one paper; the first answer is cut in the middle."""

    def __init__(self, requests: list[str | None], *args: Any) -> None:
        self.requests = requests
        super().__init__(*args)

    def do_GET(self) -> None:
        content = b'{"text": "paper", "meta": {"arxiv_id": "math/0001"}}\n'
        asked = self.headers["Range"]
        self.requests.append(asked)
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        self.wfile.write(content[start:] if len(self.requests) > 1 else content[:20])

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[tuple[str, list[str | None]]]:
    requests: list[str | None] = []
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Server, requests)) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}/v1.0.0/arxiv/arxiv_1.jsonl", requests
        http.shutdown()
        thread.join()


def test_redpajama_is_fetched_from_its_list_and_a_cut_download_goes_on(
    hub: Hub, server: tuple[str, list[str | None]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    url, requests = server
    monkeypatch.setattr(published, "cache_directory", lambda: tmp_path / "cache")
    (hub.folder / "urls").mkdir()
    (hub.folder / "urls" / "arxiv.txt").write_text(url + "\n")
    source = Published(name="redpajama-arxiv")
    with pytest.raises(DataError, match="cut off at 20 of 53 bytes"):
        source.shards()
    assert [(row["id"], row["language"], row["text"]) for row in read(source)] == [("math/0001", "arxiv", "paper")]
    assert requests == [None, "bytes=20-"]
