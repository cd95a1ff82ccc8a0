"""Source of arXiv papers as TeX: bulk archives (arXiv_src_YYMM_NNN.tar), or papers in files or folders of their own.

Papers come as they were submitted, in `raw`; the step `tex` makes them text. Licenses, categories and titles come from
arXiv's metadata (the OAI snapshot on Kaggle, `arxiv-metadata-oai-snapshot.json`), which is one JSON object per line.
"""

import functools
import io
import itertools
import re
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import orjson
import pyarrow as pa
from pydantic import Field

from llemma.data.archives import Limits, members
from llemma.data.steps import InputShard, Row, Source, batches, damaged
from llemma.errors import DataError

LIMITS = Limits(members=200_000, member_bytes=128 * 2**20)
"""What one bulk archive may hold; a paper's source may have 50 MB."""

_ID = re.compile(
    r"(?:(?P<archive>[a-z]+(?:-[a-z]+)?)(?:\.[A-Z]{2})?[_-]?(?P<old>\d{7})|(?P<new>\d{4}\.\d{4,5}))"
    r"(?:v(?P<version>\d{1,3}))?"
)
_SUFFIX = re.compile(r"(?:\.(?:tar|gz|tgz|pdf|tex|zst|zip))+$")
_PAPER_SUFFIXES = (".gz", ".tgz", ".tar", ".zip", ".tex", ".pdf", ".zst")
_ID_IN_METADATA = re.compile(rb'^\s*\{\s*"id"\s*:\s*"([^"\\]{1,40})"')
_CREATIVE_COMMONS = re.compile(r"creativecommons\.org/licenses/([a-z-]+)/(\d\.\d)")


class Arxiv(Source):
    """Sources of papers; one shard per bulk archive. The group is the paper, whatever its version.

    A paper of which there is only a PDF is dropped: "pdf_only".
    """

    source: Literal["arxiv"] = "arxiv"

    path: Annotated[list[str], Field(min_length=1)]
    """Bulk archives, papers (archives or folders named after their arXiv id), or folders of these at any depth."""

    metadata: str | None = None
    """The snapshot of arXiv's metadata; without it licenses are unknown."""

    papers_per_shard: Annotated[int, Field(ge=1)] = 256
    """How many papers that are not in a bulk archive make a shard."""

    def shards(self) -> list[InputShard]:
        """Return the bulk archives in the order of their names, then the single papers."""
        if self.metadata and not Path(self.metadata).is_file():
            raise DataError(f"{self.metadata}: no such metadata file")
        bulk: list[Path] = []
        papers: dict[str, list[Path]] = {}
        for given in self.path:
            _sort_out(Path(given), bulk, papers)
        shards = [InputShard(name, (path,)) for name, path in _named(bulk)]
        ordered = [papers[key] for key in sorted(papers)]
        for number, start in enumerate(range(0, len(ordered), self.papers_per_shard)):
            files = itertools.chain.from_iterable(ordered[start : start + self.papers_per_shard])
            shards.append(InputShard(f"papers_{number:05}", tuple(files)))
        return shards

    def read(self, shard: InputShard) -> Iterator[pa.RecordBatch]:
        """Yield the papers of a shard."""
        rows = _bulk_rows(shard.files[0]) if _is_bulk(shard.files[0]) else _paper_rows(shard.files)
        return batches(self._with_metadata(row) for row in rows)

    def files(self) -> tuple[Path, ...]:
        """Return the snapshot of metadata."""
        return (Path(self.metadata),) if self.metadata else ()

    def _with_metadata(self, row: Row) -> Row:
        if self.metadata is None or row.meta is None or "yymm" not in row.meta:
            return row
        path = Path(self.metadata)
        known = _month(path, path.stat().st_mtime_ns, str(row.meta["yymm"])).get(row.id, {})
        row.license = spdx_of(known.get("license"))
        row.meta = {**row.meta, **_described(known)}
        return row


def parse_id(name: str) -> tuple[str, str | None] | None:
    """Return the arXiv id and the version in a file's name: ("math/9901001", None) for "math9901001.gz"."""
    match = _ID.fullmatch(_SUFFIX.sub("", name))
    if match is None:
        return None
    return match["new"] or f"{match['archive']}/{match['old']}", match["version"]


def spdx_of(url: object) -> str | None:
    """Return the SPDX name of a license that arXiv gives as a URL; None when it is not known."""
    if not isinstance(url, str):
        return None
    if found := _CREATIVE_COMMONS.search(url):
        return f"CC-{found[1].upper()}-{found[2]}"
    if "creativecommons.org/publicdomain/zero" in url:
        return "CC0-1.0"
    return "LicenseRef-arXiv-nonexclusive-distrib-1.0" if "arxiv.org/licenses/nonexclusive-distrib" in url else None


def _sort_out(path: Path, bulk: list[Path], papers: dict[str, list[Path]]) -> None:
    """Put a path with all that is below it where it belongs."""
    if _is_bulk(path):
        bulk.append(path)
        return
    if parse_id(path.name):
        files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
        papers[str(path)] = files
        return
    if not path.is_dir():
        raise DataError(f"{path}: neither a bulk archive (.tar) nor a file named after an arXiv id")
    found = [child for child in sorted(path.iterdir()) if child.is_dir() or child.name.endswith(_PAPER_SUFFIXES)]
    if not found:
        raise DataError(f"{path}: no arXiv sources there")
    for child in found:
        _sort_out(child, bulk, papers)


def _is_bulk(path: Path) -> bool:
    return path.suffix == ".tar" and path.is_file() and not parse_id(path.name)


def _named(paths: Iterable[Path]) -> Iterator[tuple[str, Path]]:
    """Yield archives with names that are unique, in the order of their names."""
    used: dict[str, int] = {}
    for path in sorted(dict.fromkeys(paths), key=lambda path: (path.name, str(path))):
        name = re.sub(r"[^A-Za-z0-9_.-]+", "-", path.stem).lstrip(".") or "bulk"
        used[name] = used.get(name, 0) + 1
        yield name if used[name] == 1 else f"{name}_{used[name]}", path


def _bulk_rows(path: Path) -> Iterator[Row]:
    try:
        for member in members(path, LIMITS):
            place = f"{path}:{member.name}"
            yield damaged(place, member.problem) if member.problem else _row(member.name, member.content, place)
    except OSError as error:
        yield damaged(str(path), "unreadable_file", str(error))


def _paper_rows(files: Iterable[Path]) -> Iterator[Row]:
    for paper, group in itertools.groupby(files, key=_paper_of):
        try:
            yield _paper_row(paper, list(group))
        except OSError as error:
            yield damaged(str(paper), "unreadable_file", str(error))


def _paper_row(paper: Path, files: list[Path]) -> Row:
    if sum(file.stat().st_size for file in files) > LIMITS.member_bytes:
        return damaged(str(paper), "too_large")
    content = paper.read_bytes() if files == [paper] else _tar_of(paper, files)
    return _row(paper.name, content, str(paper))


def _paper_of(file: Path) -> Path:
    """Return the file or the folder that is named after a paper's id."""
    return next((path for path in (*reversed(file.parents), file) if parse_id(path.name)), file)


def _tar_of(folder: Path, files: list[Path]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for file in files:
            info = tarfile.TarInfo(file.relative_to(folder).as_posix())
            content = file.read_bytes()
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def _row(name: str, content: bytes, place: str) -> Row:
    found = parse_id(name.rsplit("/", 1)[-1])
    if found is None:
        return damaged(place, "no_arxiv_id")
    paper, version = found
    meta = {
        "arxiv_id": paper,
        "yymm": paper.split("/")[-1][:4],
        "url": f"https://arxiv.org/abs/{paper}",
        "file": place,
    }
    if version:
        meta["version"] = version
    if content.startswith(b"%PDF") or name.endswith(".pdf"):
        return Row(paper, language="arxiv", meta=meta, reason="pdf_only")
    return Row(paper, raw=content, language="arxiv", meta=meta)


def _described(known: Mapping[str, Any]) -> dict[str, object]:
    """Return what is kept of a paper's metadata."""
    described: dict[str, object] = {}
    if isinstance(known.get("title"), str):
        described["title"] = " ".join(known["title"].split())
    if isinstance(known.get("categories"), str):
        described["categories"] = known["categories"].split()
    versions = known.get("versions")
    if isinstance(versions, list) and versions and isinstance(versions[-1], dict):
        described["latest_version"] = str(versions[-1].get("version", "")).removeprefix("v")
    return described


@functools.lru_cache(maxsize=4)
def _month(path: Path, mtime_ns: int, yymm: str) -> dict[str, dict[str, Any]]:
    """Return the metadata of the papers of a month, by id. Lines that are not JSON are passed over."""
    records = {}
    with path.open("rb") as file:
        for start, end in _ranges(path, mtime_ns).get(yymm, ()):
            file.seek(start)
            for line in file.read(end - start).splitlines():
                record = _record(line)
                if "id" in record:
                    records[str(record["id"])] = record
    return records


@functools.lru_cache(maxsize=2)
def _ranges(path: Path, mtime_ns: int) -> dict[str, list[tuple[int, int]]]:  # noqa: ARG001 - a key of the cache
    """Return where in the metadata the papers of each month are: the whole has gigabytes, and is nearly in order."""
    ranges: dict[str, list[tuple[int, int]]] = {}
    end = 0
    with path.open("rb") as file:
        for line in file:
            start, end = end, end + len(line)
            match = _ID_IN_METADATA.match(line)
            paper = match[1].decode("latin-1") if match else str(_record(line).get("id", ""))
            found = ranges.setdefault(paper.split("/")[-1][:4], [])
            if found and found[-1][1] == start:
                found[-1] = (found[-1][0], end)
            else:
                found.append((start, end))
    return ranges


def _record(line: bytes) -> dict[str, Any]:
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError:
        return {}
    return record if isinstance(record, dict) else {}
