"""Source of the source files of repositories: folders and archives, with their licenses. Nothing is executed.

Symbolic links are never followed. Which files of an ambiguous ending (`.m`, `.v`) are mathematics, the filter
`source_code` decides.
"""

import functools
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

import pyarrow as pa
from pydantic import Field, field_validator

from llemma.data.archives import Limits, Member, members
from llemma.data.sources.spdx import MAX_TEXT_CHARS, combined, license_of_metadata, license_of_text
from llemma.data.steps import InputShard, Row, Source, batches, damaged
from llemma.errors import DataError, nearest

ENDINGS: dict[str, tuple[str, ...]] = {
    "agda": (".agda", ".lagda"),
    "c": (".c", ".h"),
    "coq": (".v",),
    "cpp": (".cpp", ".cc", ".cxx", ".c++", ".hpp", ".hh", ".hxx"),
    "fortran": (".f", ".for", ".ftn", ".fpp", ".f77", ".f90", ".f95", ".f03", ".f08"),
    "gap": (".g", ".gi", ".gd", ".gap"),
    "haskell": (".hs", ".lhs"),
    "idris": (".idr", ".lidr"),
    "isabelle": (".thy",),
    "julia": (".jl",),
    "jupyter-notebook": (".ipynb",),
    "lean": (".lean",),
    "maple": (".mpl",),
    "matlab": (".m",),
    "python": (".py",),
    "r": (".r",),
    "tex": (".tex",),
}
"""The file endings of each language, in lower case; a file's own may have any case."""

LANGUAGE_OF = {ending: language for language, endings in ENDINGS.items() for ending in endings}

ARCHIVES = (".tar.gz", ".tgz", ".tar.zst", ".tar", ".zip")

SKIPPED_FOLDERS = (
    ".git", ".hg", ".svn", ".ipynb_checkpoints", "node_modules", "bower_components", "site-packages", "vendor",
    "vendored", "third_party", "third-party", "thirdparty", "3rdparty", ".lake", "lake-packages",
)  # fmt: skip
"""Other people's files and copies."""

_LICENSE_FILE = re.compile(
    r"(?:(?:un)?licen[sc]es?|copying|copyright)(?:-[\w.-]+)?(?:\.(?:txt|md|rst|html|mit|apache|bsd|l?gpl|lesser|lib))?",
    re.IGNORECASE,
)
_METADATA_FILE = re.compile(r"DESCRIPTION|pyproject\.toml|setup\.cfg|package\.(?:json|yaml)|opam|.+\.(?:cabal|opam)")
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_NUL_SEARCHED_BYTES = 8_000  # where git looks to tell binary files


class Repositories(Source):
    """Folders of repositories, repositories and archives as GitHub serves them; the languages by file ending."""

    source: Literal["repositories"] = "repositories"

    path: Annotated[list[str], Field(min_length=1)]
    """Archives, and folders. A folder with `.git`, or with files of its own and no clone in it, is one repository;
    in any other, each folder and each archive is one, and so are the clones two levels down (`owner/name`)."""

    languages: list[str] | None = None
    """Only these; all seventeen when missing."""

    skip_folders: list[str] = Field(default_factory=lambda: [*SKIPPED_FOLDERS])
    """Names of folders that are passed over, at any depth."""

    max_file_bytes: Annotated[int, Field(ge=1)] = 32 * 2**20
    """Larger files are dropped unread: "too_large"."""

    encoding: str | None = None
    """What is tried where a file is not UTF-8 ("latin-1"). Missing: it is dropped as published, "not_utf8"."""

    repositories_per_shard: Annotated[int, Field(ge=1)] = 16

    @field_validator("languages")
    @classmethod
    def _are_known(cls, languages: list[str] | None) -> list[str] | None:
        for name in languages or ():
            if name not in ENDINGS:
                raise ValueError(f"no language {name!r}.{nearest(name, ENDINGS)} Known: {', '.join(ENDINGS)}")
        return languages

    @field_validator("encoding")
    @classmethod
    def _is_known(cls, encoding: str | None) -> str | None:
        try:
            "".encode(encoding or "utf-8")
        except LookupError as error:
            raise ValueError(f"no encoding {encoding!r}") from error
        return encoding

    def shards(self) -> list[InputShard]:
        """Return the repositories in the order of their names, a fixed number to a shard."""
        found = _found(self.path)
        size = self.repositories_per_shard
        groups = [tuple(found)[start : start + size] for start in range(0, len(found), size)]
        return [
            InputShard(f"repositories-{number:05d}", tuple(found[name] for name in names))
            for number, names in enumerate(groups)
        ]

    def read(self, shard: InputShard) -> Iterator[pa.RecordBatch]:
        """Yield the source files of a shard's repositories, each in the order of folder or archive."""
        names = _names(tuple(self.path))
        return batches(row for path in shard.files for row in self._rows(path, names[path]))

    def _rows(self, path: Path, name: str) -> Iterator[Row]:
        limits = Limits(member_bytes=self.max_file_bytes)
        try:
            about = _survey(path, name, _Files(path, self._is_open, limits))
            for member in _Files(path, self._is_open, limits).members(self._has_language):
                yield self._row(member, name, about)
        except OSError as error:
            yield damaged(str(path), "unreadable_file", str(error))

    def _is_open(self, folder: str) -> bool:
        return folder not in self.skip_folders

    def _has_language(self, name: str) -> bool:
        language = LANGUAGE_OF.get(PurePosixPath(name).suffix.lower())
        return language is not None and (self.languages is None or language in self.languages)

    def _row(self, member: Member, repository: str, about: "_About") -> Row:
        path = member.name.removeprefix(about.top)
        if member.problem:
            return damaged(f"{repository}/{path}", member.problem)
        text, reason = self._decoded(member.content)
        language = LANGUAGE_OF[PurePosixPath(path).suffix.lower()]
        is_notebook = language == "jupyter-notebook"
        return Row(
            id=f"{repository}/{path}",
            text="" if is_notebook else text,
            raw=text.encode() if is_notebook else None,
            language=language,
            license=about.license_at(path),
            group=repository,
            meta={"repo": repository, "path": path, "commit": about.commit, "bytes": len(member.content)},
            reason=reason,
        )

    def _decoded(self, content: bytes) -> tuple[str, str | None]:
        """Return the text, or "" and why there is none."""
        if b"\0" in content[:_NUL_SEARCHED_BYTES]:
            return "", "binary"
        try:
            return content.decode("utf-8-sig"), None
        except UnicodeDecodeError:
            if self.encoding is None:
                return "", "not_utf8"
            return content.decode(self.encoding, "replace"), None


@dataclass(frozen=True, slots=True)
class _About:
    """What is known of a repository before its files are read."""

    top: str = ""
    """The folder that all files of an archive are in, with its slash."""
    commit: str | None = None
    licenses: dict[str, str | None] = field(default_factory=dict)
    """By folder."""

    def license_at(self, path: str) -> str | None:
        """Return the license in the nearest folder above a file that has one."""
        folders = (str(parent) for parent in PurePosixPath(path).parents)
        return next((self.licenses[folder] for folder in folders if folder in self.licenses), None)


@dataclass(frozen=True, slots=True)
class _Files:
    """The files of a folder or an archive that are not in a closed folder."""

    path: Path
    is_open: Callable[[str], bool]
    limits: Limits

    def members(self, is_wanted: Callable[[str], bool]) -> Iterator[Member]:
        """Yield the wanted files and what went wrong; links are passed over."""
        if self.path.is_dir():
            yield from self._in_folder(is_wanted)
            return
        for member in members(self.path, self.limits):
            *folders, name = member.name.split("/")
            passed_over = member.problem == "link" or not all(map(self.is_open, folders))
            if not name or (is_wanted(name) and not passed_over):
                yield member

    def _in_folder(self, is_wanted: Callable[[str], bool]) -> Iterator[Member]:
        waiting = [(str(self.path), True)]
        while waiting:  # a stack: folders may be nested deeper than calls
            path, is_folder = waiting.pop()
            if not is_folder:
                yield self._read(path)
                continue
            try:
                with os.scandir(path) as entries:
                    inside = [
                        (e.path, e.is_dir(follow_symlinks=False)) for e in entries if self._leads_on(e, is_wanted)
                    ]
            except OSError:
                yield Member(self._name(path), b"", "unreadable_folder")
            else:
                waiting += sorted(inside, reverse=True)

    def _leads_on(self, entry: os.DirEntry[str], is_wanted: Callable[[str], bool]) -> bool:
        if entry.is_dir(follow_symlinks=False):
            return self.is_open(entry.name)
        return is_wanted(entry.name) and entry.is_file(follow_symlinks=False)

    def _read(self, path: str) -> Member:
        try:
            with Path(path).open("rb") as file:
                content = file.read(self.limits.member_bytes + 1)
        except OSError:
            return Member(self._name(path), b"", "unreadable_file")
        if len(content) > self.limits.member_bytes:
            return Member(self._name(path), b"", "too_large")
        return Member(self._name(path), content)

    def _name(self, path: str) -> str:
        return os.fsencode(path[len(str(self.path)) :].lstrip("/")).decode("utf-8", "replace")


def _found(paths: Sequence[str]) -> dict[str, Path]:
    """Return the repositories by name. Raises DataError when there is none, or two have one name."""
    found: dict[str, Path] = {}
    for given in map(Path, paths):
        if not given.exists():
            raise DataError(f"{given}: no such file or folder")
        for path in _repositories_at(given):
            name = _without_suffix(path.name if path == given else path.relative_to(given).as_posix())
            if found.setdefault(name, path) != path:
                raise DataError(f"{path}: a repository named {name!r} was read from {found[name]}. Rename one")
    if not found:
        raise DataError(f"no repository in {', '.join(paths)}")
    return dict(sorted(found.items()))


@functools.cache
def _names(paths: tuple[str, ...]) -> dict[Path, str]:
    """Return the names of the repositories by path: the same for every shard that a process reads."""
    return {path: name for name, path in _found(paths).items()}


def _repositories_at(given: Path) -> Iterator[Path]:
    """Yield the repositories in a path that a recipe names."""
    if given.is_file() or _is_repository(given):
        yield given
        return
    for path in _visible(given):
        if path.is_dir() and not _is_clone(path) and any(map(_is_clone, _visible(path))):
            yield from filter(_is_clone, _visible(path))
        elif path.is_dir() or _is_archive(path):
            yield path


def _is_repository(folder: Path) -> bool:
    inside = _visible(folder)
    has_files = any(path.is_file() and not _is_archive(path) for path in inside)
    return _is_clone(folder) or (has_files and not any(map(_is_clone, inside)))


def _is_clone(path: Path) -> bool:
    return (path / ".git").exists()


def _visible(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if not path.name.startswith(".") and not path.is_symlink())


def _is_archive(path: Path) -> bool:
    return path.name.endswith(ARCHIVES) and path.is_file()


def _without_suffix(name: str) -> str:
    suffix = next((suffix for suffix in ARCHIVES if name.endswith(suffix)), "")
    return name.removesuffix(suffix)


def _survey(path: Path, name: str, files: _Files) -> _About:
    """Return top folder, commit and licenses: the first of the two times that an archive is read."""
    is_archive = path.is_file()
    tops: set[str] = set()
    found: dict[tuple[bool, str], list[str | None]] = {}
    for member in files.members(lambda name: is_archive or _states_license(name) or _declares_license(name)):
        if member.problem:
            continue
        folder, slash, file_name = member.name.rpartition("/")
        tops.add(folder.split("/")[0] + slash)
        is_text = _states_license(file_name)
        if is_text or _declares_license(file_name):
            recognise = license_of_text if is_text else license_of_metadata
            terms = recognise(member.content[:MAX_TEXT_CHARS].decode("utf-8", "replace"))
            found.setdefault((is_text, folder), []).append(terms)
    top = tops.pop() if is_archive and len(tops) == 1 else ""
    licenses: dict[str, str | None] = {}
    for (is_text, folder), names in sorted(found.items()):  # texts after metadata: they count more
        below = f"{folder}/".removeprefix(top).rstrip("/") or "."
        terms = combined(name for name in names if name)
        if terms or (is_text and below not in licenses):
            licenses[below] = terms
    return _About(top, _commit_of(path, top or name), licenses)


def _states_license(name: str) -> bool:
    return bool(_LICENSE_FILE.fullmatch(name)) and PurePosixPath(name).suffix.lower() not in LANGUAGE_OF


def _declares_license(name: str) -> bool:
    return bool(_METADATA_FILE.fullmatch(name))


def _commit_of(path: Path, name: str) -> str | None:
    """Return the commit that a clone has checked out, or that ends the name of an archive's folder."""
    if path.is_file():
        found = _COMMIT.fullmatch(name.rstrip("/").rpartition("-")[2])
        return found[0] if found else None
    head = _line(path / ".git" / "HEAD")
    reference = re.fullmatch(r"ref: (refs/[\w./-]+)", head)
    if reference and ".." not in reference[1]:
        head = _line(path / ".git" / reference[1])
    return head if _COMMIT.fullmatch(head) else None


def _line(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.readline(1024).strip()
    except OSError:
        return ""
