"""What a web server sent, as the page that it is: chunks joined and compression undone, within a limit."""

import io
import re
import zlib
from collections.abc import Callable

import zstandard
from fastwarc.stream_io import BrotliReader

_CHUNK = re.compile(rb"[ \t]*+([0-9A-Fa-f]{1,8})[ \t]*+(?:;[^\r\n]*+)?\r?\n")
_MAX_CODINGS = 3


class BodyError(Exception):
    """The body cannot be decoded; the text is the reason for dropping the page."""


def decoded(body: bytes, *, transfer: str, content: str, limit: int) -> bytes:
    """Return a body with its transfer encoding and content encoding (the values of the headers) undone.

    Archives often keep the headers of what they have decoded already, so a body that is not in the stated coding stays
    as
    it is. Of a compressed body that was cut, what is there is returned, as a browser does.
    Raises BodyError "too_long" past `limit` bytes, "unknown_encoding", or "damaged_body".
    """
    if "chunked" in transfer.lower():
        body = _joined_chunks(body)
    codings = [coding.strip().lower() for coding in content.split(",") if coding.strip()]
    if len(codings) > _MAX_CODINGS:
        raise BodyError("unknown_encoding")
    for coding in reversed(codings):
        if coding not in _DECODERS:
            raise BodyError("unknown_encoding")
        body = _DECODERS[coding](body, limit)
    if len(body) > limit:
        raise BodyError("too_long")
    return body


def _joined_chunks(body: bytes) -> bytes:
    chunks: list[bytes] = []
    position = 0
    while match := _CHUNK.match(body, position):
        size = int(match[1], 16)
        if size == 0:
            break
        chunks.append(body[match.end() : match.end() + size])
        position = match.end() + size
        position += 2 if body.startswith(b"\r\n", position) else body.startswith(b"\n", position)
    return b"".join(chunks) if chunks or match else body


def _inflated(body: bytes, limit: int) -> bytes:
    for window, is_coded in (
        (47, body[:2] == b"\x1f\x8b" or body[:1] == b"x"),
        (-15, not body.lstrip().startswith(b"<")),
    ):
        if not is_coded:
            continue
        try:
            return zlib.decompressobj(window).decompress(body, limit + 1)
        except zlib.error:
            continue
    if body.lstrip().startswith(b"<"):
        return body
    raise BodyError("damaged_body")


def _unbrotlied(body: bytes, limit: int) -> bytes:
    try:
        return BrotliReader(io.BytesIO(body)).read(limit + 1)
    except OSError as error:
        if body.lstrip().startswith(b"<"):
            return body
        raise BodyError("damaged_body") from error


def _unzstd(body: bytes, limit: int) -> bytes:
    if not body.startswith(zstandard.FRAME_HEADER):
        return body
    try:
        return (
            zstandard.ZstdDecompressor(max_window_size=2**27)
            .stream_reader(body, read_across_frames=True)
            .read(limit + 1)
        )
    except zstandard.ZstdError as error:
        raise BodyError("damaged_body") from error


def _unchanged(body: bytes, limit: int) -> bytes:  # noqa: ARG001 - the others need it
    return body


_DECODERS: dict[str, Callable[[bytes, int], bytes]] = {
    "gzip": _inflated, "x-gzip": _inflated, "deflate": _inflated, "br": _unbrotlied, "zstd": _unzstd,
    "identity": _unchanged, "none": _unchanged, "utf-8": _unchanged,
}  # fmt: skip
