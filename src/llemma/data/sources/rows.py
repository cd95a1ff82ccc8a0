"""Source of documents that are rows already: JSON lines (plain, gzip, zstd) and Parquet, with the columns mapped."""

import functools
import glob
import itertools
import json
import re
import string
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pydantic import AfterValidator, Field

from llemma.data.sources.lines import DamagedFileError, read_lines
from llemma.data.steps import (
    BATCH_BYTES,
    BATCH_ROWS,
    DOCUMENTS,
    MAX_DOCUMENT_BYTES,
    InputShard,
    Row,
    Source,
    batches,
    damaged,
)
from llemma.errors import DataError

SUFFIXES = (".jsonl", ".jsonl.zst", ".jsonl.gz", ".json.gz", ".parquet")

_PARQUET_ROWS = 128  # rows decoded at a time: a page can have megabytes
_COLUMN_BYTES = 2 * BATCH_BYTES  # larger batches are taken apart into rows


def _checked_template(template: str) -> str:
    parts = _parsed(template)
    if any(column == "" for _, column in parts):
        raise ValueError("braces must name a column: '{repo}/{path}'")
    return template


Template = Annotated[str, AfterValidator(_checked_template)]
"""Text in which braces stand for the value of a column: "{repo}/{path}", or just "lean" for a constant.

`{meta.url}` is a field of an object. A list becomes "A AND B". The value is missing when any of the columns is."""


class Rows(Source):
    """Files of rows. One shard per file, in the order of their names."""

    source: Literal["rows"] = "rows"

    path: Annotated[list[str], Field(min_length=1)]
    """Files, folders (with all that is below them) and globs."""

    text: str = "text"
    """The column with the text. A row without a string there is dropped: "no_text"."""

    raw: str | None = None
    """The column with what an extractor will read (HTML, a notebook); the text may then be missing."""

    id: Template = "{id}"
    """Missing: the shard and the line, "part-00003:17"."""

    language: Template = "{language}"
    license: Template = "{license}"

    group: Template = "{group}"
    """Documents of one group fall into one split. Missing: the id."""

    meta: str = "meta"
    """The column with an object, or with one as a JSON string; the columns that are not mapped are added to it."""

    def shards(self) -> list[InputShard]:
        """Return one shard per file. Raises DataError for a path that leads to none."""
        return file_shards(self.path, SUFFIXES)

    def read(self, shard: InputShard) -> Iterator[pa.RecordBatch]:
        """Yield the documents of a shard."""
        found = (one for path in shard.files for one in self._found(path, shard.name))
        for kind, run in itertools.groupby(found, key=type):
            if kind is Row:
                yield from batches(run)
            else:
                yield from run

    def _found(self, path: Path, shard: str) -> Iterator[Row | pa.RecordBatch]:
        """Yield the rows and batches of a file; damage is a row that names the file and the place."""
        empty = True
        try:
            for first, found in _parquet_batches(path) if path.suffix == ".parquet" else _json_rows(path):
                empty = False
                if isinstance(found, pa.RecordBatch) and (batch := self._batch(found, first, shard)) is not None:
                    yield batch
                    continue
                for number, row in enumerate(_rows_of(found), start=first):
                    place = f"{path}:{number}"
                    yield self._row(row, place, f"{shard}:{number}") if isinstance(row, dict) else damaged(place, row)
        except DamagedFileError as error:
            yield damaged(str(path), error.reason, str(error))
        else:
            if empty:
                yield damaged(str(path), "empty_file")

    def _batch(self, found: pa.RecordBatch, first: int, shard: str) -> pa.RecordBatch | None:
        """Return what `_row` makes of every row, in columns; None where one of the rows may be damaged or too long."""
        if not self._is_plain(found):
            return None
        try:
            found.validate(full=True)  # UTF-8 too
            return self._columns(found, first, shard)
        except (ValueError, OverflowError):
            return None

    def _columns(self, found: pa.RecordBatch, first: int, shard: str) -> pa.RecordBatch:
        rows = self._rows_without_text(found)
        ids, languages, licenses, groups = (
            self._filled_column(template, found, rows)
            for template in (self.id, self.language, self.license, self.group)
        )
        if ids.null_count:
            ids = pc.coalesce(ids, pa.array([f"{shard}:{number}" for number in range(first, first + len(found))]))
        columns = [
            ids,
            _text_or_empty(found, self.text),
            found.column(self.raw).cast(pa.binary()) if self.raw else pa.nulls(len(found), pa.binary()),
            languages,
            licenses,
            pc.coalesce(groups, ids),
            pa.array([orjson.dumps(self._meta(row), default=str).decode() for row in rows], pa.string()),
            pa.nulls(len(found), pa.string()),
        ]
        return pa.RecordBatch.from_arrays(columns, schema=DOCUMENTS)

    def _is_plain(self, found: pa.RecordBatch) -> bool:
        """Return whether every row has a text, and none is too long."""
        names, needed = found.schema.names, self.raw or self.text
        if len(set(names)) < len(names) or needed not in names or found.nbytes > min(_COLUMN_BYTES, MAX_DOCUMENT_BYTES):
            return False
        column = found.column(needed)
        is_content = _is_string(column.type) or (self.raw is not None and _is_binary(column.type))
        return is_content and column.null_count == 0

    def _rows_without_text(self, found: pa.RecordBatch) -> list[dict[str, Any]]:
        """Return the rows with the columns that go into `meta` or that templates may look into."""
        names = [
            field.name
            for field in found.schema
            if field.name == self.meta
            or field.name not in self._mapped
            or not (_is_string(field.type) or _is_binary(field.type))
        ]
        rows: list[dict[str, Any]] = found.select(names).to_pylist()
        for row in rows:
            row[self.meta] = _object_of(row.get(self.meta))
        return rows

    def _filled_column(self, template: str, found: pa.RecordBatch, rows: list[dict[str, Any]]) -> pa.Array:
        """Return what `_filled` makes of the template, for all rows."""
        parts = [pa.repeat("", len(found))]
        for literal, column in _parsed(template):
            parts.append(pa.scalar(literal))
            if column is not None:
                parts.append(_none_if_empty(self._values(column, found, rows)))
        return _none_if_empty(pc.binary_join_element_wise(*parts, ""))

    def _values(self, column: str, found: pa.RecordBatch, rows: list[dict[str, Any]]) -> pa.Array:
        names = found.schema.names
        if column in names and column != self.meta:
            values = found.column(column)
            if _is_string(values.type):
                return values.cast(pa.string())
            return pa.array(map(_as_text, values.to_pylist()), pa.string())
        if column.split(".")[0] not in (*names, self.meta):
            return pa.nulls(len(found), pa.string())
        return pa.array([_value_at(row, column) for row in rows], pa.string())

    def _row(self, found: dict[str, Any], place: str, fallback: str) -> Row:
        text, raw = found.get(self.text), found.get(self.raw) if self.raw else None
        if not isinstance(raw if self.raw else text, str | bytes if self.raw else str):
            return damaged(place, "no_text", f"no text in column {self.raw or self.text!r}")
        text = text if isinstance(text, str) else ""
        if len(text) > MAX_DOCUMENT_BYTES or len(raw or b"") > MAX_DOCUMENT_BYTES:
            return damaged(place, "too_long")
        found[self.meta] = _object_of(found.get(self.meta))
        return Row(
            id=_filled(self.id, found) or fallback,
            text=text,
            raw=raw.encode() if isinstance(raw, str) else raw,
            language=_filled(self.language, found),
            license=_filled(self.license, found),
            group=_filled(self.group, found),
            meta=self._meta(found),
        )

    def _meta(self, found: dict[str, Any]) -> dict[str, Any]:
        inner = found[self.meta]
        others = {name: value for name, value in found.items() if name not in self._mapped}
        meta = {**others, **inner} if isinstance(inner, dict) else {**others, self.meta: inner}
        try:
            orjson.dumps(meta, default=str)
        except orjson.JSONEncodeError as error:  # nested too deep to be written
            return {"damaged": str(error)}
        return meta

    @functools.cached_property
    def _mapped(self) -> frozenset[str | None]:
        """The columns that are not repeated in `meta`."""
        same = (name for name in ("id", "language", "license", "group") if getattr(self, name) == f"{{{name}}}")
        return frozenset((self.text, self.raw, self.meta, *same))


def file_shards(paths: list[str], suffixes: tuple[str, ...]) -> list[InputShard]:
    """Return one shard per file that files, folders and globs lead to; its name is the path below the one given.

    Raises DataError for a path that leads to no file with one of the suffixes.
    """
    shards: dict[Path, InputShard] = {}
    names: set[str] = set()
    for given in paths:
        found = _files_at(given, suffixes)
        if not found:
            raise DataError(f"{given}: no file there that ends in one of {', '.join(suffixes)}")
        for path, name in found:
            if path not in shards:
                shards[path] = InputShard(_unused(_shard_name(name, suffixes), names), (path,))
    return list(shards.values())


def _files_at(given: str, suffixes: tuple[str, ...]) -> list[tuple[Path, str]]:
    """Return the files with their names below the path given, in order of these names."""
    path = Path(given).expanduser()
    if path.is_dir():
        return sorted(
            ((file, file.relative_to(path).as_posix()) for file in path.rglob("*") if _is_one(file, suffixes)),
            key=lambda found: found[1],
        )
    if path.is_file():
        return [(path, path.name)] if _is_one(path, suffixes) else []
    fixed = next((parent for parent in path.parents if not glob.has_magic(str(parent))), Path())
    matches = (Path(match) for match in glob.glob(str(path), recursive=True))  # noqa: PTH207 - an absolute pattern
    found = [(match, match.relative_to(fixed).as_posix()) for match in matches if _is_one(match, suffixes)]
    return sorted(found, key=lambda one: one[1])


def _is_one(path: Path, suffixes: tuple[str, ...]) -> bool:
    return path.name.endswith(suffixes) and path.is_file()


def _shard_name(name: str, suffixes: tuple[str, ...]) -> str:
    for suffix in sorted(suffixes, key=len, reverse=True):
        name = name.removesuffix(suffix)
    return re.sub(r"[^A-Za-z0-9_.]+", "-", name).strip("-.") or "rows"


def _unused(name: str, names: set[str]) -> str:
    """Return the name, with a number where it is taken, and take it."""
    unused = next(
        candidate for candidate in (name, *(f"{name}-{n}" for n in range(2, len(names) + 3))) if candidate not in names
    )
    names.add(unused)
    return unused


def _json_rows(path: Path) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """Yield the number of each line with its object, or with the reason why it has none."""
    for number, line in read_lines(path, max_bytes=MAX_DOCUMENT_BYTES):
        yield number, "too_long" if line is None else _parsed_line(line)


def _parsed_line(line: bytes) -> dict[str, Any] | str:
    try:
        value = _parsed_json(line)
    except UnicodeDecodeError:
        return "invalid_utf8"
    except (ValueError, RecursionError):
        return "not_json"
    return value if isinstance(value, dict) else "not_an_object"


def _parsed_json(content: bytes) -> Any:
    """Return the value of JSON, also as Python's own writer makes it: NaN, lone surrogates, a byte order mark."""
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        value = json.loads(content.decode("utf-8-sig"), parse_constant=lambda _: None)
        text = json.dumps(value, ensure_ascii=False)
        return orjson.loads(re.sub("[\ud800-\udfff]", "\ufffd", text))


def _parquet_batches(path: Path) -> Iterator[tuple[int, pa.RecordBatch | str]]:
    """Yield batches of rows with the number of the first (that of the file is 1); damage ends a row group."""
    first, pending, size = 1, list[pa.RecordBatch](), 0
    for number, found in _decoded(path):
        is_full = size >= BATCH_BYTES or number - first + len(found) > BATCH_ROWS
        if pending and (is_full or isinstance(found, str)):
            yield first, pa.concat_batches(pending)
            pending, size = [], 0
        if isinstance(found, str):
            yield number, found
            continue
        first = first if pending else number
        pending.append(found)
        size += found.nbytes
    if pending:
        yield first, pa.concat_batches(pending)


def _decoded(path: Path) -> Iterator[tuple[int, pa.RecordBatch | str]]:
    """Yield a few rows at a time with the number of the first, or the reason why the rest of a row group is lost."""
    try:
        file = pq.ParquetFile(path)
    except (OSError, pa.ArrowException) as error:
        raise DamagedFileError("unreadable_file", str(error)) from error
    with file:
        start = 1
        for group in range(file.num_row_groups):
            try:
                number = start
                for batch in file.iter_batches(_PARQUET_ROWS, row_groups=[group]):
                    yield number, batch
                    number += len(batch)
            except (OSError, pa.ArrowException):
                yield number, "damaged_file"
            start += file.metadata.row_group(group).num_rows


def _rows_of(found: pa.RecordBatch | dict[str, Any] | str) -> list[dict[str, Any] | str]:
    """Return rows as they are, and those of a batch taken apart."""
    if not isinstance(found, pa.RecordBatch):
        return [found]
    try:
        return found.to_pylist()  # type: ignore[no-any-return]
    except (ValueError, OverflowError) as error:  # not UTF-8; a time that Python's types cannot hold
        if len(found) == 1:
            return ["invalid_utf8" if isinstance(error, UnicodeDecodeError) else "unreadable_value"]
        return [row for index in range(len(found)) for row in _rows_of(found.slice(index, 1))]


def _is_string(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _is_binary(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _text_or_empty(found: pa.RecordBatch, column: str) -> pa.Array:
    if column not in found.schema.names or not _is_string(found.schema.field(column).type):
        return pa.repeat("", len(found))
    return pc.fill_null(found.column(column).cast(pa.string()), "")


def _none_if_empty(texts: pa.Array) -> pa.Array:
    return pc.replace_with_mask(texts, pc.equal(texts, ""), pa.scalar(None, pa.string()))


def _object_of(meta: Any) -> Any:
    """Return the object in a JSON string; anything else as it is, also a string that is no JSON."""
    if not isinstance(meta, str):
        return {} if meta is None else meta
    try:
        return _parsed_json(meta.encode())
    except (ValueError, RecursionError):
        return meta


@functools.cache
def _parsed(template: str) -> tuple[tuple[str, str | None], ...]:
    """Return the literal texts of a template, each with the column that follows it."""
    return tuple((literal, column) for literal, column, _, _ in string.Formatter().parse(template))


def _filled(template: str, found: Mapping[str, Any]) -> str | None:
    """Return the template with the values of a row; None when one is missing."""
    filled = ""
    for literal, column in _parsed(template):
        value = "" if column is None else _value_at(found, column)
        if value is None or (column is not None and value == ""):
            return None
        filled += literal + value
    return filled or None


def _value_at(found: Mapping[str, Any], column: str) -> str | None:
    value: Any = found
    for name in column.split(".") if column not in found else [column]:
        value = value.get(name) if isinstance(value, dict) else None
    return _as_text(value)


def _as_text(value: Any) -> str | None:
    if isinstance(value, list):
        return " AND ".join(map(str, value))
    return value if isinstance(value, str) or value is None else str(value)
