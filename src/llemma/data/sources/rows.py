"""Source of documents that are rows already: JSON lines (plain, gzip, zstd) and Parquet, with the columns mapped."""

import functools
import glob
import json
import re
import string
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import AfterValidator, Field

from llemma.data.sources.lines import DamagedFileError, read_lines
from llemma.data.steps import MAX_DOCUMENT_BYTES, InputShard, Row, Source, batches, damaged
from llemma.errors import DataError

SUFFIXES = (".jsonl", ".jsonl.zst", ".jsonl.gz", ".json.gz", ".parquet")

_PARQUET_ROWS = 128  # rows in memory at a time: a page can have megabytes


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
        return batches(row for path in shard.files for row in self._rows(path, shard.name))

    def _rows(self, path: Path, shard: str) -> Iterator[Row]:
        """Yield the rows of a file; damage is a row that names the file and the place."""
        empty = True
        try:
            for number, found in _parquet_rows(path) if path.suffix == ".parquet" else _json_rows(path):
                empty = False
                place = f"{path}:{number}"
                yield self._row(found, place, f"{shard}:{number}") if isinstance(found, dict) else damaged(place, found)
        except DamagedFileError as error:
            yield damaged(str(path), error.reason, str(error))
        else:
            if empty:
                yield damaged(str(path), "empty_file")

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


def _parquet_rows(path: Path) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """Yield the number of each row (the first is 1) with its columns; a damaged row group ends the reading of it."""
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
                    yield from enumerate(_columns_of(batch), start=number)
                    number += len(batch)
            except (OSError, pa.ArrowException):
                yield number, "damaged_file"
            start += file.metadata.row_group(group).num_rows


def _columns_of(batch: pa.RecordBatch) -> list[dict[str, Any] | str]:
    try:
        return batch.to_pylist()  # type: ignore[no-any-return]
    except UnicodeDecodeError:
        if len(batch) == 1:
            return ["invalid_utf8"]
        return [row for index in range(len(batch)) for row in _columns_of(batch.slice(index, 1))]


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
    if isinstance(value, list):
        return " AND ".join(map(str, value))
    return value if isinstance(value, str) or value is None else str(value)
