"""Source of published corpora as they lie on the hub: Proof-Pile-2, OpenWebMath, the arXiv part of RedPajama-1T.

No data set script is run: the files of a pinned revision are fetched once (resumed, checked, kept in the cache of
huggingface_hub) and read as rows.
"""

import fnmatch
import re
import shutil
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal, Self

import pyarrow as pa
from pydantic import Field, model_validator

from llemma.data.benchmarks import cache_directory
from llemma.data.sources.rows import SUFFIXES, Rows, file_shards
from llemma.data.steps import InputShard, Source
from llemma.errors import DataError
from llemma.progress import say

EMPTY_BYTES = 13
"""A zstd frame with nothing in it. Proof-Pile-2 has five such shards of GitHub code (math-lm, issue 103)."""

_CHUNK = 2**20
_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class Release:
    """A published corpus: its repository and commit, where its parts lie, and what its columns mean.

    `files` is a glob in the repository, or in a local copy of it. `urls` names a file of the repository that lists
    where the files are instead.
    """

    repository: str
    revision: str
    files: str
    parts: tuple[str, ...] = ("",)
    splits: tuple[str, ...] = ("train",)
    urls: str = ""
    columns: dict[str, dict[str, str]] = field(default_factory=dict)


_STACK = {
    "id": "{meta.max_stars_repo_name}/{meta.max_stars_repo_path}",
    "group": "{meta.max_stars_repo_name}",
    "license": "{meta.max_stars_repo_licenses}",
}
_ARXIV = {"id": "{meta.arxiv_id}", "language": "arxiv"}
_WEB = {"id": "{url}", "language": "web", "meta": "metadata"}

RELEASES = {
    "proof-pile-2": Release(
        repository="EleutherAI/proof-pile-2",
        revision="eddd9d523377f016c1b9b2097234989c32cc760a",
        files="{part}/{split}/*.jsonl.zst",
        parts=("arxiv", "open-web-math", "algebraic-stack"),
        splits=("train", "validation", "test"),
        columns={  # by part, and by the beginning of the file's name
            "arxiv": _ARXIV,
            "open-web-math": {"id": "{meta.url}", "language": "web"},
            "github-": {"id": "{meta.author}/{meta.repo}/{meta.path}", "group": "{meta.author}/{meta.repo}"},
            "lean_proofsteps": {"id": "{meta.mathlib_filename}"},
            "isa_proofsteps": {"group": "{meta.file}"},
            "algebraic-stack": _STACK,
        },
    ),
    "open-web-math": Release(
        repository="open-web-math/open-web-math",
        revision="fde8ef8de2300f5e778f56261843dab89f230815",
        files="data/{split}-*.parquet",
        columns={"": _WEB},
    ),
    "redpajama-arxiv": Release(
        repository="togethercomputer/RedPajama-Data-1T",
        revision="7c945316ee427406ddb89a4d49b714e147fb93eb",
        files="arxiv/*.jsonl",
        urls="urls/arxiv.txt",
        columns={"": _ARXIV},
    ),
}


class Published(Source):
    """A part of a published corpus. One shard per file, in the order of their names."""

    source: Literal["published"] = "published"

    name: Literal["proof-pile-2", "open-web-math", "redpajama-arxiv"]
    part: str = ""
    """Of Proof-Pile-2: "arxiv", "open-web-math" or "algebraic-stack". The others have none."""

    split: str = "train"
    revision: str | None = None
    """A commit of the repository; the default is the one that this package was written for."""

    limit_files: Annotated[int, Field(ge=1)] | None = None
    """Only the first so many files."""

    folder: str | None = None
    """A local copy, laid out as published, instead of the hub."""

    @model_validator(mode="after")
    def _is_published(self) -> Self:
        release = RELEASES[self.name]
        for what, given, known in (("part", self.part, release.parts), ("split", self.split, release.splits)):
            if given not in known:
                raise ValueError(f"{self.name} has no {what} {given!r}: {', '.join(map(repr, known))}")
        return self

    def shards(self) -> list[InputShard]:
        """Return one shard per file, fetched where it is not in the cache; empty ones are passed over with a note.

        Raises DataError when there is no file, or when the hub cannot be reached.
        """
        pattern = self._pattern()
        root = Path(self.folder).expanduser() if self.folder else self._fetched(pattern)
        shards = file_shards([str(root / pattern)], SUFFIXES)[: self.limit_files]
        empty = [shard for shard in shards if shard.files[0].stat().st_size <= EMPTY_BYTES]
        for shard in empty:
            say(f"{shard.files[0].name}: published without a single row, passed over")
        return [shard for shard in shards if shard not in empty]

    def read(self, shard: InputShard) -> Iterator[pa.RecordBatch]:
        """Yield the documents of a shard."""
        name = shard.files[0].name
        columns = RELEASES[self.name].columns
        mapped = next((columns[start] for start in columns if name.startswith(start) or start == self.part), {})
        mapping = {"language": _language_of(name), **mapped}
        return Rows(path=[str(file) for file in shard.files], **mapping).read(shard)  # type: ignore[arg-type]

    def _pattern(self) -> str:
        return RELEASES[self.name].files.format(part=self.part, split=self.split)

    def _fetched(self, pattern: str) -> Path:
        """Return the folder in the cache that has the files, laid out as published."""
        release = RELEASES[self.name]
        revision = self.revision or release.revision
        wanted = release.urls or pattern
        from huggingface_hub import HfApi, snapshot_download
        from huggingface_hub.errors import HTTPError, OfflineModeIsEnabled  # type: ignore[attr-defined]

        try:
            every = HfApi().list_repo_files(release.repository, repo_type="dataset", revision=revision)
            names = sorted(fnmatch.filter(every, wanted))[: self.limit_files]
            if not names:
                raise DataError(f"{release.repository} has no {wanted} at revision {revision}")
            folder = snapshot_download(release.repository, repo_type="dataset", revision=revision, allow_patterns=names)
            if not release.urls:
                return Path(folder)
            urls = Path(folder, release.urls).read_text(encoding="utf-8").split()
            return _downloaded(
                urls[: self.limit_files], pattern, cache_directory() / "published" / self.name / revision
            )
        except (HTTPError, OfflineModeIsEnabled, OSError) as error:
            reason = str(error).strip().partition("\n")[0]
            raise DataError(
                f"{release.repository}: cannot be fetched ({reason}). Fetch it where there is a network (hf download "
                f"{release.repository} --repo-type dataset --revision {revision} --include '{wanted}' --local-dir DIR) "
                f"and name the copy: folder = 'DIR'"
            ) from error


def _language_of(name: str) -> str:
    """Return the language that a file of AlgebraicStack is named after: "github-lean-train-0000", "cpp0001"."""
    stem = re.sub(r"^github-|(?:-(?:train|validation|test).*|_proofsteps)?\d*\..*$", "", name).lower()
    return {"isa": "isabelle"}.get(stem, stem)


def _downloaded(urls: Sequence[str], pattern: str, folder: Path) -> Path:
    """Return the folder after downloading what is not there yet, each file to the place that the pattern gives it."""
    for url in urls:
        path = folder / Path(pattern).parent / url.rpartition("/")[2]
        if not path.exists():
            say(f"downloading {url}")
            path.parent.mkdir(parents=True, exist_ok=True)
            _download(url, path)
    return folder


def _download(url: str, path: Path) -> None:
    """Download to a file; a download that was cut goes on where it was. Raises OSError when it is cut again."""
    partial = path.with_name(f"{path.name}.part")
    done = partial.stat().st_size if partial.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={done}-"} if done else {})
    with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as response:
        if response.status != 206:  # the whole file comes again
            done = 0
        size = done + int(response.headers["Content-Length"])
        with partial.open("ab" if done else "wb") as file:
            shutil.copyfileobj(response, file, _CHUNK)
    if partial.stat().st_size != size:
        raise OSError(f"{url}: cut off at {partial.stat().st_size:,} of {size:,} bytes; start again to go on")
    partial.rename(path)
