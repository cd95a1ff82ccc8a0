"""The lines of plain, gzip and zstd files that nobody vouches for: cut files, broken ones, endless lines."""

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import zstandard

_CHUNK = 8192  # compressed bytes at a time; zstd makes at most 256 MB of them, and only of a bomb


class DamagedFileError(Exception):
    """A file cannot be read any further; the name of the reason, and the detail for a person."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


def read_lines(path: Path, *, max_bytes: int) -> Iterator[tuple[int, bytes | None]]:
    """Yield the number and the bytes of each line that is not blank; None for a line that is longer than `max_bytes`.

    The name says how the file is compressed: `.gz`, `.zst` or not at all. All whole lines before the damage are
    yielded; then DamagedFileError is raised: "truncated_file", "damaged_file" or "unreadable_file".
    """
    with _damage_named(), path.open("rb", buffering=0) as file, io.BufferedReader(_opened(file, path), 2**17) as lines:
        number = 0
        while line := lines.readline(max_bytes + 1):
            number += 1
            if len(line) > max_bytes and not line.endswith(b"\n"):
                _skip_line(lines)
                yield number, None
            elif not line.isspace():
                yield number, line


@contextmanager
def _damage_named() -> Iterator[None]:
    try:
        yield
    except EOFError as error:
        raise DamagedFileError("truncated_file", str(error)) from error
    except (gzip.BadGzipFile, zlib.error, zstandard.ZstdError) as error:
        raise DamagedFileError("damaged_file", str(error)) from error
    except OSError as error:
        raise DamagedFileError("unreadable_file", str(error)) from error


def _opened(file: io.FileIO, path: Path) -> io.RawIOBase:
    if path.suffix == ".zst":
        return _Zstd(file)
    return _Gzip(gzip.GzipFile(fileobj=file)) if path.suffix == ".gz" else file


def _skip_line(lines: BinaryIO) -> None:
    while (rest := lines.readline(2**20)) and not rest.endswith(b"\n"):
        pass


class _Gzip(io.RawIOBase):
    """Gives what was decompressed before the damage: GzipFile's own reading loses it when it raises."""

    def __init__(self, file: gzip.GzipFile) -> None:
        super().__init__()
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        content = self._file.read1(len(buffer))
        buffer[: len(content)] = content
        return len(content)


class _Zstd(io.RawIOBase):
    """Decompresses any number of frames. Raises EOFError when the last one is cut: zstandard's own reader does not."""

    def __init__(self, file: io.FileIO) -> None:
        super().__init__()
        self._file = file
        self._frame: zstandard.ZstdDecompressionObj | None = None
        self._compressed = b""
        self._ready = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._ready and self._advance():
            pass
        size = min(len(buffer), len(self._ready))
        buffer[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size

    def _advance(self) -> bool:
        """Decompress one chunk; False at the end of the file."""
        chunk = self._compressed or self._file.read(_CHUNK)
        if not chunk:
            if self._frame is not None:
                raise EOFError("compressed file ended before the end of its last frame")
            return False
        frame = self._frame or zstandard.ZstdDecompressor().decompressobj()
        self._ready = memoryview(frame.decompress(chunk))
        self._frame, self._compressed = (None, frame.unused_data) if frame.eof else (frame, b"")
        return True
