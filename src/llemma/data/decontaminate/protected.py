"""Which texts and theorems are protected: benchmarks by name, files of problems, of rows of theorems, of sources."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llemma.data.benchmarks import PROBLEM_SETS, Benchmarks
from llemma.data.decontaminate.settings import Decontaminate
from llemma.data.decontaminate.theorems import System, theorems_of
from llemma.errors import DataError, UnknownNameError
from llemma.storage import read_json, read_jsonl

TEXT_FIELDS = (
    "question",
    "problem",
    "informal_statement",
    "nl_statement",
    "statement",
    "prompt",
    "input",
    "passage",
    "text",
)
SOLUTION_FIELDS = ("solution", "answer", "informal_proof", "nl_proof", "proof", "output", "completion")
FORMAL_FIELDS = ("formal_statement", "statement", "source", "question")
NAME_FIELDS = ("full_name", "name", "theorem_name", "problem_name")
PATH_FIELDS = ("file_path", "path")
ID_FIELDS = ("id", "unique_id", "problem_id", "task_id", *NAME_FIELDS)

_SUFFIXES = (".jsonl", ".jsonl.zst", ".json", ".lean", ".thy")
_SOURCES: dict[str, System] = {".lean": "lean", ".thy": "isabelle"}
_CALCULATION = re.compile(r"<<[^<>\n]*>>")  # GSM8K's notes for a calculator, which copies leave out
_THEOREMS = ("lemma", "theorem", "example", "corollary", "proposition")
_THEOREM = re.compile(rf"^\s*(?:@\[[^\]]*\]\s*)?(?:{'|'.join(_THEOREMS)})\b", re.MULTILINE)
_ISABELLE = re.compile(
    r"^\s*(?:lemma|theorem|corollary|proposition)\b[^:\"]{0,300}:?\s*(?:fixes|assumes|shows|obtains|\"|\\<open>|‹)",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Protected:
    """A text of a benchmark item, or a theorem of it: `item` names it in the log of removals.

    A `whole` text counts as one when it is shorter than an n-gram. `path` is the file that the theorem `name` is in.
    """

    item: str
    text: str = ""
    whole: bool = False
    name: str = ""
    path: str = ""
    statement: str = ""


def protected_texts(settings: Decontaminate, benchmarks: Benchmarks | None = None) -> Iterator[Protected]:
    """Yield what the settings protect. Raises an error for a name or path that is none, or a file that is not whole."""
    for given in settings.protected:
        if given in PROBLEM_SETS:
            yield from _of_benchmark(given, benchmarks or Benchmarks())
        else:
            yield from _of_path(given)


def _of_benchmark(name: str, benchmarks: Benchmarks) -> Iterator[Protected]:
    """Yield the rows of a problem set: "gsm8k/test/17", "minif2f_lean/valid/amc12a_2015_p10"."""
    base, split = (name.removesuffix("_train"), "train") if name.endswith("_train") else (name, "test")
    for number, row in enumerate(benchmarks.problems(name)):
        item = f"{name}/{row['split']}/{row['name']}" if "name" in row else f"{base}/{split}/{number}"
        yield from _of_row(row, item)


def _of_path(given: str) -> Iterator[Protected]:
    path = Path(given).expanduser()
    files = sorted(file for file in path.rglob("*") if file.name.endswith(_SUFFIXES)) if path.is_dir() else [path]
    if not files or not files[0].is_file() or not files[0].name.endswith(_SUFFIXES):
        if "/" not in given and "." not in given:
            raise UnknownNameError("benchmark", given, PROBLEM_SETS)
        raise DataError(f"{given}: no protected texts there (a file or folder of {', '.join(_SUFFIXES)})")
    found = False
    for file in files:
        name = file.relative_to(path).as_posix() if path.is_dir() else file.name
        for entry in _of_file(file, name):
            found = True
            yield entry
    if not found:
        fields = ", ".join(dict.fromkeys((*TEXT_FIELDS, *SOLUTION_FIELDS, *FORMAL_FIELDS, *NAME_FIELDS)))
        raise DataError(f"{given}: nothing to protect: no theorem, and no row with one of the fields {fields}")


def _of_file(file: Path, name: str) -> Iterator[Protected]:
    if file.suffix in _SOURCES:
        yield from _of_source(file.read_text(encoding="utf-8", errors="replace"), _SOURCES[file.suffix], name)
        return
    rows = read_json(file) if file.suffix == ".json" else read_jsonl(file)
    stem = name.removesuffix(".zst").rpartition(".")[0]
    for number, row in enumerate(rows if isinstance(rows, list) or file.suffix != ".json" else [rows]):
        if isinstance(row, dict):
            own = next((row[field] for field in ID_FIELDS if isinstance(row.get(field), str | int)), number)
            yield from _of_row(row, f"{stem}/{own}")


def _of_source(text: str, system: System, path: str) -> Iterator[Protected]:
    for number, theorem in enumerate(theorems_of(text, system)):
        item = f"{path}:{theorem.name or number}"
        words = f"{theorem.name} {theorem.statement}"
        yield Protected(item, text=words, name=theorem.name, path=path, statement=theorem.statement)


def _of_row(row: Mapping[str, Any], item: str) -> Iterator[Protected]:
    """Yield the texts and theorems of a row. Of formal source the theorems are protected, not the imports."""
    texts = {field: text for field, text in row.items() if isinstance(text, str)}
    path = _first(texts, PATH_FIELDS)
    name = _first(texts, NAME_FIELDS)
    formal = [field for field in FORMAL_FIELDS if field in texts and _is_formal(texts[field])]
    for field in (*TEXT_FIELDS, *SOLUTION_FIELDS):
        if field in texts and field not in formal:
            text = texts[field]
            yield Protected(item, text=text, whole=field in TEXT_FIELDS)
            if "<<" in text and _CALCULATION.search(text):
                yield Protected(item, text=_CALCULATION.sub("", text))
    for field in sorted(formal):
        system: System = "isabelle" if _ISABELLE.search(texts[field]) else "lean"
        for theorem in theorems_of(texts[field], system):
            words = f"{theorem.name} {theorem.statement}"
            yield Protected(item, text=words, name=theorem.name, path=path, statement=theorem.statement)
    if name and path:
        yield Protected(item, name=name, path=path)


def _is_formal(text: str) -> bool:
    is_possible = any(word in text for word in _THEOREMS)  # most are not, and this is fast
    return is_possible and _THEOREM.search(text) is not None


def _first(texts: Mapping[str, str], fields: tuple[str, ...]) -> str:
    for field in fields:
        if field in texts:
            return texts[field]
    return ""
