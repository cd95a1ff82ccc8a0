"""The prefilter: drops pages without a mark of mathematics from their bytes, before they are parsed.

Source: OpenWebMath (Paster et al. 2023), section 3.1 and `text_extract/` (its three layers). Where this differs:
- Layer 2 there searches the extracted text; here the bytes without scripts and style sheets, so the alternative texts
  of images count too, and a backslash written as an entity is one.
- Layer 3 there keeps a page with other TeX commands only where its MathScore is above 0.8. Here such a page goes on
  (`other_commands`): the MathScore filter asks a page without formulas for the same 0.8 later, on better text.
- Pages in UTF-16 are read as such.
"""

import functools
import re
from collections.abc import Sequence
from typing import Literal

import pyarrow as pa
from ahocorasick_rs import BytesAhoCorasick

from llemma.data.filters import prefilter_marks as marks
from llemma.data.steps import Filter

_BACKSLASH = rb"(?:\\|&#92;|&#x5[cC];|&bsol;)"
_ANY_COMMAND = re.compile(_BACKSLASH + rb"[a-z]{2}")
_COMMAND = re.compile(_BACKSLASH + b"(?:" + b"|".join(map(re.escape, sorted(marks.COMMANDS))) + b")")
_UNSEEN = re.compile(rb"<(script|style)\b(?:.*?</\1\b|.*+)", re.DOTALL | re.IGNORECASE)
_SCRIPTS = re.compile(rb"<[sS][uU][bpBP]\b(?<=[\w)\]>]....)", re.DOTALL)
_ENTITY = re.compile(b"&(?:" + b"|".join(marks.ENTITIES) + b");")
_CHARACTER = re.compile(b"\xe2(?:" + b"|".join(re.escape(sign[1:]) for sign in marks.CHARACTERS) + b")")
_BYTE_ORDER_MARKS = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_HEAD = 64


class Prefilter(Filter):
    """Keep pages that show mathematics in one of the forms asked for: "no_math_mark" for the others.

    It reads `raw`; a document without raw bytes is kept.
    """

    step: Literal["prefilter"] = "prefilter"

    forms: Literal["published", "all", "plain_text"] = "published"
    """What counts. "published": MathJax, MathML, KaTeX and formula images as OpenWebMath names them, and TeX commands.
    "all": also the other forms that our extractor reads (prefixed MathML, forum tags, AsciiMath, data attributes).
    "plain_text": also pages with mathematics that is only typed: subscripts and superscripts, mathematical
    characters."""

    other_commands: bool = True
    """Keep pages whose only mark is a TeX command outside the published list; MathScore decides about them later."""

    def reasons(self, batch: pa.RecordBatch) -> Sequence[str | None]:
        """Return "no_math_mark" for the pages to drop."""
        return [
            None if raw is None or self._has_mark(_as_utf8(raw)) else "no_math_mark"
            for raw in batch.column("raw").to_pylist()
        ]

    def _has_mark(self, raw: bytes) -> bool:
        if _scanner(marks.PUBLISHED if self.forms == "published" else marks.ALL).find_matches_as_indexes(raw):
            return True
        if self.forms == "plain_text" and _is_typed(raw):
            return True
        if _ANY_COMMAND.search(raw) is None:
            return False
        return (_ANY_COMMAND if self.other_commands else _COMMAND).search(_UNSEEN.sub(b"", raw)) is not None


@functools.cache
def _scanner(wanted: tuple[bytes, ...]) -> BytesAhoCorasick:
    """Return what looks for all marks in one scan."""
    return BytesAhoCorasick(wanted)


def _is_typed(raw: bytes) -> bool:
    """Say whether mathematics stands in a page as characters, entities or raised and lowered text."""
    return any(pattern.search(raw) for pattern in (_CHARACTER, _ENTITY, _SCRIPTS))


def _as_utf8(raw: bytes) -> bytes:
    """Return UTF-16 as UTF-8, known by its byte order mark or by the zeros between the letters; else the same bytes."""
    encoding = _BYTE_ORDER_MARKS.get(raw[:2])
    head = raw[:_HEAD]
    if encoding is None and head.count(0) * 3 > len(head):
        encoding = "utf-16-be" if head[:1] == b"\0" else "utf-16-le"
    return raw.decode(encoding, "replace").encode() if encoding else raw
