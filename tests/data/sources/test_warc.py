"""Reading web pages: what is taken from a WARC file, what damage costs, and folders of saved pages."""

import functools
import gzip
import io
import os
import zlib
from pathlib import Path
from typing import Any

import pytest
import zstandard
from fastwarc.stream_io import BrotliWriter

from llemma.data.sources import warc as module
from llemma.data.sources.http_body import BodyError, decoded
from llemma.data.sources.warc import Warc, WebPages
from llemma.data.steps import Source
from llemma.errors import DataError

packed = functools.partial(gzip.compress, mtime=0)  # the names of tests hold these bytes

PAGE = b"<html><p>one two three</p></html>"


def record(
    url: str,
    body: bytes = PAGE,
    *,
    content_type: str = "text/html; charset=utf-8",
    headers: str = "",
    kind: str = "response",
) -> bytes:
    http = f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\n{headers}\r\n".encode() + body
    head = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <urn:uuid:1>\r\nWARC-Target-URI: {url}\r\n"
        f"WARC-Date: 2024-01-02T03:04:05Z\r\nContent-Type: application/http; msgtype={kind}\r\n"
        f"Content-Length: {len(http)}\r\n"
    )
    return head.encode() + b"\r\n" + http + b"\r\n\r\n"


def read(source: Source) -> list[dict[str, Any]]:
    return [row for shard in source.shards() for batch in source.read(shard) for row in batch.to_pylist()]


def rows_of(path: Path, content: bytes) -> list[dict[str, Any]]:
    path.write_bytes(content)
    return read(Warc(path=[str(path)]))


def reasons(rows: list[dict[str, Any]]) -> list[tuple[str, str | None]]:
    return [(row["id"], row["reason"]) for row in rows]


FORMS = {".warc": bytes, ".warc.gz": packed, ".warc.zst": zstandard.compress}
URLS = [f"http://example.org/{number}" for number in range(4)]


@pytest.mark.parametrize("suffix", FORMS)
def test_pages_are_read_with_what_is_known_about_them(suffix: str, tmp_path: Path) -> None:
    pack = FORMS[suffix]
    rows = rows_of(tmp_path / f"a{suffix}", b"".join(pack(record(url)) for url in URLS))
    assert reasons(rows) == [(url, None) for url in URLS]
    assert [row["raw"] for row in rows] == [PAGE] * 4
    assert [row["group"] for row in rows] == [row["id"] for row in rows]
    assert (
        f'"url":"{URLS[0]}","date":"2024-01-02T03:04:05Z","warc":"a{suffix}","offset":0,"charset":"utf-8"'
        in rows[0]["meta"]
    )


@pytest.mark.parametrize(
    ("content_type", "taken"),
    [
        ("text/html", True), ("TEXT/HTML;charset=latin-1", True), ("application/xhtml+xml", True),
        ("text/plain", False), ("application/xml", False), ("image/png", False), ("", False),
    ],
)  # fmt: skip
def test_only_html_is_taken(content_type: str, taken: bool, tmp_path: Path) -> None:
    assert bool(rows_of(tmp_path / "a.warc", record("http://a.b/", content_type=content_type))) is taken


@pytest.mark.parametrize("kind", ["request", "metadata", "resource", "revisit"])
def test_only_responses_are_taken(kind: str, tmp_path: Path) -> None:
    assert rows_of(tmp_path / "a.warc", record("http://a.b/", kind=kind)) == []


def test_the_second_record_of_a_url_is_dropped(tmp_path: Path) -> None:
    first = record("http://a.b/")
    rows = rows_of(tmp_path / "a.warc", first + record("http://a.b/", b"<p>later</p>") + record("http://a.b/c"))
    assert reasons(rows) == [("http://a.b/", None), (f"a.warc:{len(first)}", "repeated_url"), ("http://a.b/c", None)]
    assert rows[0]["raw"] == PAGE


def test_dropped_places_stay_unique_where_offsets_are_not(tmp_path: Path) -> None:
    rows = rows_of(tmp_path / "a.warc.gz", packed(record("http://a.b/") * 3))
    assert [row["reason"] for row in rows] == [None, "repeated_url", "repeated_url"]
    assert len({row["id"] for row in rows}) == 3


@pytest.mark.parametrize("suffix", FORMS)
def test_a_file_cut_anywhere_is_reported_and_gives_what_is_whole(suffix: str, tmp_path: Path) -> None:
    packed = [FORMS[suffix](record(url, os.urandom(60).hex().encode())) for url in URLS[:3]]
    whole = b"".join(packed)
    boundaries = {sum(map(len, packed[:count])): count for count in range(4)}
    for cut in range(1, len(whole), 7):
        found = reasons(rows_of(tmp_path / f"a{suffix}", whole[:cut]))
        complete = max(count for end, count in boundaries.items() if end <= cut)
        pages = [url for url, reason in found if reason is None]
        assert pages[:complete] == URLS[:complete]
        assert (len(pages) < len(found)) or cut in boundaries, cut


@pytest.mark.parametrize(
    ("suffix", "damage"), [(".warc.gz", b"\0" * 20), (".warc.zst", b"\0" * 20), (".warc", b"#" * 20)]
)
def test_after_damage_the_file_goes_on(suffix: str, damage: bytes, tmp_path: Path) -> None:
    packed = [FORMS[suffix](record(url, os.urandom(400).hex().encode())) for url in URLS]
    place = len(packed[0])
    packed[1] = damage + packed[1][len(damage) :]
    found = reasons(rows_of(tmp_path / f"a{suffix}", b"".join(packed)))
    assert [url for url, reason in found if reason is None] == [URLS[0], URLS[2], URLS[3]]
    assert [reason for _, reason in found if reason] == ["damaged_archive"]
    assert int(next(row_id for row_id, reason in found if reason).rpartition(":")[2]) <= place


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty_file"), (b"just some text\n" * 50, "damaged_archive"), (b"\x1f\x8b\x08nonsense",
        "damaged_archive"),
        (b"WARC/1.0\r\nContent-Length: -5\r\n\r\n", "truncated_file"),
    ],
)  # fmt: skip
def test_what_is_no_warc_file_is_one_damaged_row(content: bytes, reason: str, tmp_path: Path) -> None:
    assert [row["reason"] for row in rows_of(tmp_path / "a.warc", content)] == [reason]


def test_a_file_that_vanished_is_one_damaged_row(tmp_path: Path) -> None:
    path = tmp_path / "a.warc"
    path.write_bytes(record("http://a.b/"))
    source = Warc(path=[str(path)])
    (shard,) = source.shards()
    path.unlink()
    rows = [row for batch in source.read(shard) for row in batch.to_pylist()]
    assert reasons(rows) == [("a.warc", "unreadable_file")]


def test_a_page_past_the_limit_is_dropped_and_the_next_one_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_DOCUMENT_BYTES", 100)
    pages = [b"x" * 100, b"x" * 101, packed(b"x" * 101)]
    encodings = ["", "", "Content-Encoding: gzip\r\n"]
    content = b"".join(record(url, page, headers=e) for url, page, e in zip(URLS, pages, encodings, strict=False))
    assert [row["reason"] for row in rows_of(tmp_path / "a.warc", content)] == [None, "too_long", "too_long"]


def chunked(body: bytes, size: int = 7) -> bytes:
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(f"{len(part):x}\r\n".encode() + part + b"\r\n" for part in parts) + b"0\r\n\r\n"


def brotlied(body: bytes) -> bytes:
    out = io.BytesIO()
    with BrotliWriter(out) as writer:
        writer.write(body)
    return out.getvalue()


RAW_DEFLATE = zlib.compressobj(wbits=-15)


@pytest.mark.parametrize(
    ("transfer", "content", "body"),
    [
        ("", "", PAGE),
        ("chunked", "", chunked(PAGE)),
        ("Chunked", "", chunked(PAGE).replace(b"\r\n", b";x=y\r\n", 1)),
        ("", "gzip", packed(PAGE)),
        ("", "x-gzip", packed(PAGE)),
        ("", "deflate", zlib.compress(PAGE)),
        ("", "deflate", RAW_DEFLATE.compress(PAGE) + RAW_DEFLATE.flush()),
        ("", "br", brotlied(PAGE)),
        ("", "zstd", zstandard.compress(PAGE)),
        ("", "gzip, br", brotlied(packed(PAGE))),
        ("chunked", "gzip", chunked(packed(PAGE))),
        ("", "identity", PAGE),
        ("chunked", "", PAGE),
        ("", "gzip", PAGE),
        ("", "deflate", PAGE),
        ("", "br", PAGE),
        ("", "zstd", PAGE),
    ],
)
def test_bodies_are_decoded_and_what_was_decoded_before_is_left(transfer: str, content: str, body: bytes) -> None:
    assert decoded(body, transfer=transfer, content=content, limit=1000) == PAGE


def test_of_a_compressed_body_that_was_cut_the_beginning_stays() -> None:
    body = packed(os.urandom(5000).hex().encode())[:2000]
    assert len(decoded(body, transfer="", content="gzip", limit=20_000)) > 1000


@pytest.mark.parametrize(
    ("content", "body", "reason"),
    [
        ("compress", PAGE, "unknown_encoding"),
        ("gzip, gzip, gzip, gzip", PAGE, "unknown_encoding"),
        ("gzip", b"\x1f\x8b\x08\x00" + b"\xff" * 40, "damaged_body"),
        ("br", b"\xff" * 40, "damaged_body"),
        ("gzip", packed(b"a" * 1001), "too_long"),
        ("br", brotlied(b"a" * 1001), "too_long"),
        ("zstd", zstandard.compress(b"a" * 1001), "too_long"),
        ("deflate", zlib.compress(b"a" * 10_000_000), "too_long"),
    ],
)
def test_bodies_that_cannot_be_decoded_have_a_reason(content: str, body: bytes, reason: str) -> None:
    with pytest.raises(BodyError, match=f"^{reason}$"):
        decoded(body, transfer="", content=content, limit=1000)


def test_there_is_one_shard_per_warc_file_in_order_of_names(tmp_path: Path) -> None:
    for name in ("b.warc.gz", "a.warc", "c.txt"):
        (tmp_path / name).write_bytes(b"")
    assert [shard.name for shard in Warc(path=[str(tmp_path)]).shards()] == ["a", "b"]


def test_a_folder_without_warc_files_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no file there"):
        Warc(path=[str(tmp_path)]).shards()


def test_saved_pages_are_named_by_their_path_and_grouped_into_shards(tmp_path: Path) -> None:
    for name in ("b/1.html", "a/2.htm", "a/1.html", "a/3.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    source = WebPages(path=[str(tmp_path)], pages_per_shard=2)
    assert [shard.name for shard in source.shards()] == ["pages-00000", "pages-00001"]
    assert [(row["id"], row["raw"]) for row in read(source)] == [
        (name, name.encode()) for name in ("a/1.html", "a/2.htm", "b/1.html")
    ]


def test_pages_of_several_folders_have_different_names(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.html").write_text(name)
    rows = read(WebPages(path=[str(tmp_path / "a"), str(tmp_path / "b")]))
    assert [row["id"] for row in rows] == ["a/1.html", "b/1.html"]


def test_a_saved_page_past_the_limit_is_dropped_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_DOCUMENT_BYTES", 10)
    (tmp_path / "1.html").write_text("x" * 10)
    (tmp_path / "2.html").write_text("x" * 11)
    rows = read(WebPages(path=[str(tmp_path)]))
    assert reasons(rows) == [("1.html", None), ("2.html", "too_long")]
    assert rows[1]["raw"] is None
