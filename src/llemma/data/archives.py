"""The files in an archive, one after the other, in memory: tar, gzip, zstd, zip. Hostile archives end with a problem.

Nothing is extracted, no name is opened, no archive in an archive is read. Work and memory are linear in the bytes that
are read, and these are limited; so are the sizes of names.
"""

import gzip
import io
import re
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

import zstandard


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive, or what is wrong with one.

    `problem` is None, or says why `content` is empty: path_traversal, link, device, sparse, too_large, encrypted,
    unsupported_compression, damaged_member; with the name "" it ends the archive: truncated_archive, damaged_archive,
    too_many_members, bomb.
    """

    name: str
    content: bytes
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """What one archive may cost."""

    members: int = 500_000
    member_bytes: int = 256 * 2**20
    total_bytes: int = 8 * 2**30
    """What may come out of a compressed archive; a plain tar is limited by its own size."""
    ratio: int = 200
    """How many times its size a compressed archive may grow, once it is past 64 MiB."""


RATIO_FREE_BYTES = 64 * 2**20
NAME_BYTES = 2**16

_BLOCK = 512
_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_TRAVERSAL = re.compile(r"(?:^|[/\\])\.\.(?:[/\\]|$)|^[/\\]|^[A-Za-z]:|\x00")


def members(archive: Path | bytes, limits: Limits | None = None) -> Iterator[Member]:
    """Yield the files of an archive in its order; a file that is no archive is its own only member.

    The kind is told by the first bytes, never by the name. A compressed file that is no tar has the archive's name
    without its suffix ("" for bytes). Of an archive that is cut short come the files that are whole, then a problem;
    a zip that is cut has lost its index, so nothing of it is whole. Directories are passed over.
    Raises OSError when the file itself cannot be read.
    """
    limits = limits or Limits()
    with _opened(archive) as file:
        try:
            yield from _members(file, archive, limits)
        except _ArchiveError as error:
            yield Member("", b"", error.problem)


class _ArchiveError(Exception):
    """The archive cannot be read further."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class _Stream:
    """Exact reads from a file that is being decompressed, up to an allowance of bytes."""

    def __init__(self, file: _Readable, allowance: int | None) -> None:
        self._file = file
        self._left = allowance
        self._head = b""

    def peek(self, size: int) -> bytes:
        """Return the next `size` bytes, fewer at the end, and leave them to be read."""
        self._head += self._upto(size - len(self._head)) if size > len(self._head) else b""
        return self._head[:size]

    def upto(self, size: int) -> bytes:
        """Return the next `size` bytes, fewer at the end."""
        head, self._head = self._head[:size], self._head[size:]
        return head + self._upto(size - len(head)) if size > len(head) else head

    def exactly(self, size: int) -> bytes:
        """Return the next `size` bytes."""
        content = self.upto(size)
        if len(content) < size:
            raise _ArchiveError("truncated_archive")
        return content

    def skip(self, size: int) -> None:
        """Pass over `size` bytes in pieces."""
        while size > 0:
            size -= len(self.exactly(min(size, 2**20)))

    def _upto(self, size: int) -> bytes:
        if self._left is not None:
            if size > self._left:
                size = self._left + 1
            content = self._read(size)
            self._left -= len(content)
            if self._left < 0:
                raise _ArchiveError("bomb")
            return content
        return self._read(size)

    def _read(self, size: int) -> bytes:
        pieces: list[bytes] = []
        try:
            while size > 0 and (piece := self._file.read(min(size, 2**20))):
                pieces.append(piece)
                size -= len(piece)
        except EOFError as error:
            raise _ArchiveError("truncated_archive") from error
        except (gzip.BadGzipFile, zlib.error, zstandard.ZstdError) as error:
            raise _ArchiveError("damaged_archive") from error
        return b"".join(pieces)


class _Zstd:
    """A zstd file that says when it is cut, as zstandard's own stream reader does not."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._decoder = zstandard.ZstdDecompressor(max_window_size=2**27)
        self._frame = self._decoder.decompressobj()
        self._rest = b""  # compressed bytes after the end of a frame
        self._ready = memoryview(b"")

    def read(self, size: int) -> bytes:
        while not self._ready:
            chunk = self._rest or self._file.read(1024)  # makes at most 32 MiB of output
            if not chunk:
                if not self._frame.eof:
                    raise EOFError
                return b""
            if self._frame.eof:
                self._frame = self._decoder.decompressobj()
            self._ready = memoryview(self._frame.decompress(chunk))
            self._rest = self._frame.unused_data
        piece, self._ready = self._ready[:size], self._ready[size:]
        return bytes(piece)


@contextmanager
def _opened(archive: Path | bytes) -> Iterator[BinaryIO]:
    if isinstance(archive, bytes):
        yield io.BytesIO(archive)
        return
    with archive.open("rb", buffering=2**20) as file:
        yield file


def _members(file: BinaryIO, archive: Path | bytes, limits: Limits) -> Iterator[Member]:
    magic = file.read(4)
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    allowance = min(limits.total_bytes, max(RATIO_FREE_BYTES, limits.ratio * size))
    if magic in _ZIP:
        yield from _zip_members(file, limits, allowance)
        return
    name = archive.name if isinstance(archive, Path) else ""
    if magic[:2] == _GZIP:
        stream, name = _Stream(gzip.GzipFile(fileobj=file), allowance), name.removesuffix(".gz")
    elif magic == _ZSTD:
        stream, name = _Stream(_Zstd(file), allowance), name.removesuffix(".zst")
    else:
        stream = _Stream(file, None)
    if _is_tar(stream.peek(_BLOCK)):
        yield from _tar_members(stream, limits)
    else:
        content = stream.upto(limits.member_bytes + 1)
        yield Member(name, b"", "too_large") if len(content) > limits.member_bytes else Member(name, content)


def _is_tar(block: bytes) -> bool:
    try:
        tarfile.TarInfo.frombuf(block, "utf-8", "replace")
    except tarfile.HeaderError:
        return False
    return True


def _tar_members(stream: _Stream, limits: Limits) -> Iterator[Member]:
    # tarfile itself reads headers of any size into memory, recurses over them and keeps every member (CPython 3.11).
    pax: dict[str, str] = {}
    for _ in range(limits.members):
        info = _tar_header(stream)
        if info is None:
            return
        if info.type in (tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK, tarfile.XGLTYPE):
            pax |= _extended(info, stream)
            continue
        info.name = pax.get("path", info.name)
        info.size = _pax_size(pax, info.size)
        pax = {}
        if not info.isdir():
            yield _tar_member(info, stream, limits)
    raise _ArchiveError("too_many_members")


def _tar_header(stream: _Stream) -> tarfile.TarInfo | None:
    """Return the next header; None at the end of the archive."""
    block = stream.exactly(_BLOCK)
    if block == bytes(_BLOCK):
        return None
    try:
        info = tarfile.TarInfo.frombuf(block, "utf-8", "replace")
    except tarfile.HeaderError as error:
        raise _ArchiveError("damaged_archive") from error
    if info.size < 0:
        raise _ArchiveError("damaged_archive")
    return info


def _extended(info: tarfile.TarInfo, stream: _Stream) -> dict[str, str]:
    """Return what a pax or GNU header says of the member that follows it."""
    if info.size > NAME_BYTES:
        raise _ArchiveError("bomb")
    body = _body(info, stream)
    if info.type == tarfile.GNUTYPE_LONGNAME:
        return {"path": body.split(b"\0", 1)[0].decode("utf-8", "replace")}
    return _pax_records(body) if info.type == tarfile.XHDTYPE else {}


def _pax_records(body: bytes) -> dict[str, str]:
    """Return the records of a pax header, each "LENGTH KEY=VALUE\\n" with the length of all of it in bytes."""
    records = {}
    start = 0
    while start < len(body):
        space = body.find(b" ", start, start + 8)
        if space < 0 or not body[start:space].isdigit():
            break
        end = start + int(body[start:space])
        key, _, value = body[space + 1 : end - 1].partition(b"=")
        if end <= space:
            break
        records[key.decode("utf-8", "replace")] = value.decode("utf-8", "replace")
        start = end
    return records


def _pax_size(pax: dict[str, str], size: int) -> int:
    digits = pax.get("size", "")
    return int(digits) if digits.isdecimal() and len(digits) <= 20 else size


def _tar_member(info: tarfile.TarInfo, stream: _Stream, limits: Limits) -> Member:
    if info.issym() or info.islnk():
        return Member(info.name, b"", "link")
    if info.isdev():
        return Member(info.name, b"", "device")
    problem = _name_problem(info.name)
    if info.type == tarfile.GNUTYPE_SPARSE:
        problem = problem or "sparse"
    if info.size > limits.member_bytes:
        problem = problem or "too_large"
    if problem:
        stream.skip(-(-info.size // _BLOCK) * _BLOCK)
        return Member(info.name, b"", problem)
    return Member(info.name.removeprefix("./"), _body(info, stream))


def _body(info: tarfile.TarInfo, stream: _Stream) -> bytes:
    content = stream.exactly(info.size)
    stream.upto(-info.size % _BLOCK)
    return content


def _name_problem(name: str) -> str | None:
    return "path_traversal" if _TRAVERSAL.search(name) else None


def _zip_members(file: BinaryIO, limits: Limits, allowance: int) -> Iterator[Member]:
    if _zip_index_bytes(file) > limits.members * 128:  # an entry is 46 bytes and a name
        raise _ArchiveError("too_many_members")
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error) as error:
        raise _ArchiveError("truncated_archive") from error
    with archive:
        infos = archive.infolist()
        if len(infos) > limits.members:
            raise _ArchiveError("too_many_members")
        for info in infos:
            if info.is_dir():
                continue
            if limits.member_bytes >= info.file_size > allowance:
                raise _ArchiveError("bomb")
            member = _zip_member(archive, info, limits.member_bytes)
            allowance -= len(member.content)
            yield member


def _zip_index_bytes(file: BinaryIO) -> int:
    """Return the size that a zip's last record gives for its index, all of which zipfile reads at once."""
    file.seek(-min(file.seek(0, io.SEEK_END), 2**16 + 22), io.SEEK_END)
    tail = file.read()
    start = tail.rfind(b"PK\x05\x06")
    return int.from_bytes(tail[start + 12 : start + 16], "little") if start >= 0 else 0


def _zip_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, most_bytes: int) -> Member:
    problem = _zip_problem(info)
    if problem is None and info.file_size > most_bytes:
        problem = "too_large"
    if problem:
        return Member(info.filename, b"", problem)
    try:
        with archive.open(info) as member:
            content = member.read()  # at most the size that is declared
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError):
        return Member(info.filename, b"", "damaged_member")
    return Member(info.filename.removeprefix("./"), content)


def _zip_problem(info: zipfile.ZipInfo) -> str | None:
    if info.flag_bits & 0x1:
        return "encrypted"
    if stat.S_ISLNK(info.external_attr >> 16):
        return "link"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "unsupported_compression"
    return _name_problem(info.filename)
