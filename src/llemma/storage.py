"""Files in and out: JSON lines (plain or zstd), atomic writes, an append-only log that survives a kill."""

import hashlib
import io
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import orjson
import zstandard

from llemma.errors import DataError

_SURROGATES = re.compile("[\ud800-\udfff]")


def read_json(path: Path) -> Any:
    """Return the value in a JSON file. Raises DataError naming the file when it is not JSON."""
    try:
        return orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError as error:
        raise DataError(f"{path}: not valid JSON ({error})") from error


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented JSON with a final newline, atomically."""
    option = orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_APPEND_NEWLINE
    write_bytes(path, orjson.dumps(value, option=option))


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text atomically."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file so that it is seen whole or not at all, also after a power cut."""
    with atomic_file(path) as file:
        file.write(content)


def read_jsonl(path: Path) -> Iterator[dict[str, Any]]:
    """Yield one object per line of a `.jsonl` or `.jsonl.zst` file; blank lines are skipped.

    Raises DataError naming the line that is not a JSON object.
    """
    with _decompressed(path) as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                yield _parse_line(line, path, number)


def write_jsonl(path: Path, rows: Iterable[dict[str, Any]]) -> int:
    """Write one row per line, atomically, compressed when the name ends in `.zst`. Return the number of rows."""
    count = 0
    with atomic_file(path) as file, _compressed(file, path) as out:
        for count, row in enumerate(rows, start=1):  # noqa: B007
            out.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))
    return count


class JsonlLog:
    """An append-only JSON-lines file: what `append` wrote survives a kill, and a power cut takes at most a second.

    Opening it again truncates a line that was cut in the middle; `rows()` yields what is whole.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        path.touch()
        _drop_partial_line(path)
        self._file = path.open("ab")
        self._synced = time.monotonic()

    def append(self, rows: Iterable[dict[str, Any]]) -> None:
        """Append rows in one write."""
        self._file.write(b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows))
        self._file.flush()
        if time.monotonic() - self._synced > 1.0:
            os.fdatasync(self._file.fileno())
            self._synced = time.monotonic()

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield every row in the file, oldest first."""
        return read_jsonl(self.path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


@contextmanager
def new_directory(path: Path) -> Iterator[Path]:
    """Yield a scratch directory that becomes `path` when the block ends well, replacing what was there."""
    scratch = _scratch(path)
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    try:
        yield scratch
        if path.exists():
            shutil.rmtree(path)
        scratch.rename(path)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_of_text(text: str) -> str:
    """Return the SHA-256 of a text's UTF-8 bytes; lone surrogates hash as U+FFFD."""
    return hashlib.sha256(valid_unicode(text).encode()).hexdigest()


def valid_unicode(text: str) -> str:
    """Return the text with lone surrogates, which no UTF-8 file can hold, replaced by U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return _SURROGATES.sub("\ufffd", text)
    return text


def sha256_of_rows(rows: Iterable[object]) -> str:
    """Return the SHA-256 of rows in order, each as one line of JSON with sorted keys."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update(orjson.dumps(row, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE))
    return digest.hexdigest()


@contextmanager
def atomic_file(path: Path) -> Iterator[BinaryIO]:
    """Yield a file to write that is seen at `path` whole, when the block ends well, or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = _scratch(path)
    try:
        with scratch.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)


def _scratch(path: Path) -> Path:
    """Return a name beside `path` that no other process takes, on this or another machine of a shared disk."""
    return path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.tmp")


@contextmanager
def _decompressed(path: Path) -> Iterator[Iterable[bytes]]:
    with path.open("rb") as file:
        if path.suffix != ".zst":
            yield file
            return
        with io.BufferedReader(zstandard.ZstdDecompressor().stream_reader(file, closefd=False)) as lines:
            yield lines


@contextmanager
def _compressed(file: BinaryIO, path: Path) -> Iterator[BinaryIO]:
    if path.suffix != ".zst":
        yield file
        return
    with zstandard.ZstdCompressor(level=6).stream_writer(file, closefd=False) as out:
        yield out


def _parse_line(line: bytes, path: Path, number: int) -> dict[str, Any]:
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise DataError(f"{path}, line {number}: not valid JSON ({error}). Was the file cut?") from error
    if not isinstance(row, dict):
        raise DataError(f"{path}, line {number}: expected a JSON object, found {type(row).__name__}")
    return row


def _drop_partial_line(path: Path) -> None:
    content_end = path.stat().st_size
    with path.open("rb+") as file:
        end = content_end
        while end > 0:
            start = max(0, end - 65536)
            file.seek(start)
            newline = file.read(end - start).rfind(b"\n")
            if newline >= 0:
                end = start + newline + 1
                break
            end = start
        if end != content_end:
            file.truncate(end)
