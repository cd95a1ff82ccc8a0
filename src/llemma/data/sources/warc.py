"""Sources of web pages: WARC files as crawlers write them, and folders of saved HTML files."""

import mmap
import os
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, BinaryIO, Literal

import pyarrow as pa
import zstandard
from fastwarc.warc import ArchiveIterator, WarcRecord, WarcRecordType
from pydantic import Field

from llemma.data.sources.http_body import BodyError, decoded
from llemma.data.sources.rows import file_shards
from llemma.data.steps import MAX_DOCUMENT_BYTES, InputShard, Row, Source, batches, damaged

WARC_SUFFIXES = (".warc", ".warc.gz", ".warc.zst")
HTML_SUFFIXES = (".html", ".htm", ".xhtml")

PAGE_TYPES = ("text/html", "application/xhtml+xml")
"""The HTTP content types that are pages. Source: OpenWebMath, `extract_from_cc/extract_from_warc.py`."""


_BLOCK = 2**16


class Warc(Source):
    """The pages in WARC files: `response` records of HTML. One shard per file, in the order of their names.

    The id is the URL; the second record of a URL in one file is dropped: "repeated_url".
    After damage the file goes on at the next record that can be read; a damaged stretch counts once: "damaged_archive".
    """

    source: Literal["warc"] = "warc"

    path: Annotated[list[str], Field(min_length=1)]
    """Files, folders (with all that is below them) and globs of `.warc`, `.warc.gz` and `.warc.zst`."""

    def shards(self) -> list[InputShard]:
        """Return the files in order of their names."""
        return file_shards(self.path, WARC_SUFFIXES)

    def read(self, shard: InputShard) -> Iterator[pa.RecordBatch]:
        """Yield the pages in their order in the file."""
        return batches(row for path in shard.files for row in _without_repeats(_rows(path)))


class WebPages(Source):
    """Saved pages: one document per HTML file. The id is the path below the folder given."""

    source: Literal["web_pages"] = "web_pages"

    path: Annotated[list[str], Field(min_length=1)]
    """Files, folders (with all that is below them) and globs of `.html`, `.htm` and `.xhtml`."""

    pages_per_shard: Annotated[int, Field(ge=1)] = 1000

    def shards(self) -> list[InputShard]:
        """Return the files in order of their names, a fixed number to a shard."""
        files = [file for shard in file_shards(self.path, HTML_SUFFIXES) for file in shard.files]
        size = self.pages_per_shard
        return [
            InputShard(f"pages-{number:05d}", tuple(files[start : start + size]))
            for number, start in enumerate(range(0, len(files), size))
        ]

    def read(self, shard: InputShard) -> Iterator[pa.RecordBatch]:
        """Yield one page for each file."""
        return batches(self._page(file) for file in shard.files)

    def _page(self, file: Path) -> Row:
        name = self._name(file)
        try:
            if file.stat().st_size > MAX_DOCUMENT_BYTES:
                return Row(id=name, language="web", reason="too_long")
            return Row(id=name, raw=file.read_bytes(), language="web")
        except OSError as error:
            return damaged(name, "unreadable_file", str(error))

    def _name(self, file: Path) -> str:
        """Return the path below the folder given, with that folder's own name where there are several."""
        for given in self.path:
            folder = Path(given).expanduser()
            if folder.is_dir() and file.is_relative_to(folder):
                below = file.relative_to(folder if len(self.path) == 1 else folder.parent)
                return below.as_posix()
        return file.as_posix()


def _without_repeats(rows: Iterator[Row]) -> Iterator[Row]:
    """Drop the later records of a URL, and number the places that stand for several dropped ones."""
    seen: set[str] = set()
    places: Counter[str] = Counter()
    for row in rows:
        if row.reason is None and row.id not in seen:
            seen.add(row.id)
            yield row
            continue
        meta = row.meta or {}
        place = row.id if row.reason else f"{meta['warc']}:{meta['offset']}"
        places[place] += 1
        unique = place if places[place] == 1 else f"{place}#{places[place]}"
        yield Row(id=unique, language="web", meta=meta, reason=row.reason or "repeated_url")


def _rows(path: Path) -> Iterator[Row]:
    """Yield the pages of one file; where it cannot be read, one damaged row, and on from the next record."""
    try:
        size = path.stat().st_size
        path.open("rb").close()
    except OSError as error:
        yield damaged(path.name, "unreadable_file", str(error))
        return
    if size == 0:
        yield damaged(path.name, "empty_file")
        return
    start: int | None = 0
    reported = False
    while start is not None:
        position = start
        try:
            for record in _records(path, start):
                position, reported = record.stream_pos, False
                for row in _page(record, path):
                    reported = row.reason == "truncated_record"
                    yield row
            if not reported and not _ends_well(path, position):
                yield damaged(f"{path.name}:{position}", "truncated_file", "the last record after this place was cut")
            return
        except OSError as error:
            if not reported:
                yield damaged(f"{path.name}:{position}", "damaged_archive", str(error)[:200])
            reported = True
            start = _next_record(path, position + 1)


def _records(path: Path, start: int) -> Iterator[WarcRecord]:
    with path.open("rb") as file:
        file.seek(start)
        yield from ArchiveIterator(file, record_types=WarcRecordType.any_type, parse_http=False)


def _page(record: WarcRecord, path: Path) -> Iterator[Row]:
    """Yield the page in a record, or nothing when it is no page."""
    place = f"{path.name}:{record.stream_pos}"
    if record.record_type != WarcRecordType.response:
        return
    try:
        record.parse_http(quirks_mode=True)
    except OSError as error:
        yield damaged(place, "damaged_http", str(error)[:200])
        return
    if not (record.http_content_type or "").lower().startswith(PAGE_TYPES):
        return
    if record.content_length > MAX_DOCUMENT_BYTES:
        yield damaged(place, "too_long", f"{record.content_length:,} bytes")
        return
    body = record.reader.read(record.content_length)
    if len(body) < record.content_length:
        yield damaged(place, "truncated_record", f"{len(body):,} of {record.content_length:,} bytes")
        return
    get = record.http_headers.get
    try:
        html = decoded(
            body,
            transfer=get("Transfer-Encoding") or "",
            content=get("Content-Encoding") or "",
            limit=MAX_DOCUMENT_BYTES,
        )
    except BodyError as error:
        yield damaged(place, str(error))
        return
    yield _row(record, html, path)


def _row(record: WarcRecord, html: bytes, path: Path) -> Row:
    url = (record.headers.get("WARC-Target-URI") or "").strip("<> ")
    meta = {
        "url": url,
        "date": record.headers.get("WARC-Date"),
        "warc": path.name,
        "offset": record.stream_pos,
        "charset": (record.http_charset or "").strip("'\" ") or None,
    }
    return Row(id=url or f"{path.name}:{record.stream_pos}", raw=html, language="web", meta=meta)


def _ends_well(path: Path, position: int) -> bool:
    """Say whether the file is whole from the last record on: fastwarc ends without a word in a record that was cut."""
    with path.open("rb") as file:
        file.seek(position)
        return _gzip_ends(file) if path.name.endswith(".gz") else path.name.endswith(".zst") or _plain_ends(file)


def _gzip_ends(file: BinaryIO) -> bool:
    member = zlib.decompressobj(31)
    begun = False
    while block := file.read(_BLOCK):
        while block:
            if member.eof:
                member = zlib.decompressobj(31)
            member.decompress(block)
            begun, block = True, member.unused_data
    return member.eof or not begun


def _plain_ends(file: BinaryIO) -> bool:
    headers, _, rest = file.read(_BLOCK).partition(b"\r\n\r\n")
    length = re.search(rb"(?im)^content-length:\s*([0-9]{1,18})\s*$", headers)
    if length is None:
        return False
    file.seek(int(length[1]) - len(rest), os.SEEK_CUR)
    return file.read(_BLOCK) == b"\r\n\r\n"


def _next_record(path: Path, start: int) -> int | None:
    """Return where the first record at or after `start` begins; None when there is none."""
    magic, opened = next(form for form in _FORMS if path.name.endswith(form[0]))[1:]
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        place = content.find(magic, start)
        while place >= 0:
            if opened(content[place : place + 4096]).startswith(b"WARC/"):
                return place
            place = content.find(magic, place + 1)
    return None


def _gunzipped(head: bytes) -> bytes:
    try:
        return zlib.decompressobj(31).decompress(head, 5)
    except zlib.error:
        return b""


def _unzstd(head: bytes) -> bytes:
    try:
        return zstandard.ZstdDecompressor(max_window_size=2**27).decompressobj().decompress(head)
    except zstandard.ZstdError:
        return b""


def _plain(head: bytes) -> bytes:
    return head


_FORMS: tuple[tuple[str, bytes, Callable[[bytes], bytes]], ...] = (
    (".gz", b"\x1f\x8b\x08", _gunzipped),
    (".zst", zstandard.FRAME_HEADER, _unzstd),
    (".warc", b"WARC/1.", _plain),
)
