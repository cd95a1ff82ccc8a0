"""A checking run directory: the verdict on every proof of a file; a finished run is skipped, a killed one goes on.

identity.json           what the run is: the file, and the prover with all that verdicts depend on
verdicts.partial.jsonl  the log of verdicts, while the run is unfinished
verdicts.jsonl          one line per proof in the file's order: name, status, reason, line and column of the first
                        error, axioms, library; of a Lean file also theorem_line
manifest.json           written last: versions, machine, time
"""

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from llemma.errors import DataError
from llemma.progress import duration, progress, say
from llemma.provers.base import Proved, Prover, Rejected, Status, Verdict
from llemma.provers.lean_wasm.prover import LeanWasm
from llemma.records import Theorem
from llemma.runs import run_directory, write_manifest
from llemma.storage import JsonlLog, read_jsonl, sha256_of, write_jsonl

VERDICTS = "verdicts.jsonl"
LOG = "verdicts.partial.jsonl"

Row = dict[str, Any]

_IMPORT = re.compile(r"import\s+([\w.«»]+)")
_BLANKS = re.compile(r"(?:\s|--[^\n]*)*")
_COMMENT_EDGE = re.compile(r"/-|-/")


@dataclass(frozen=True, slots=True)
class LeanFile:
    """A Lean file: the modules that it imports, and its text with blanks in place of the import lines."""

    path: Path
    imports: tuple[str, ...]
    source: str


def check_rows(path: Path, prover: Prover, out: Path) -> list[Row]:
    """Check the rows of a `.jsonl` or `.jsonl.zst` file into the run directory `out`; return one verdict per row.

    A row has the texts `name`, `statement` and `proof`, perhaps `prelude`; names may repeat. Raises DataError when one
    of them is missing.
    """
    pairs = [read_pair(row, f"{path}, line {number}") for number, row in enumerate(read_jsonl(path), start=1)]
    if not pairs:
        raise DataError(f"{path}: no rows in it")
    return _run(path, prover, out, lambda: _check_pairs(pairs, prover, out))


def check_file(file: LeanFile, prover: LeanWasm, out: Path) -> list[Row]:
    """Check every theorem of a Lean file into the run directory `out`; return one verdict per theorem.

    Lines and columns are those of the file, `theorem_line` says where the theorem begins. Where Lean does not come to
    the file's end there is one verdict, under the file's name. Raises DataError when the file has no theorems.
    """

    def verdicts() -> list[Row]:
        say(f"checking the theorems of {file.path}")
        found = prover.check_file(file.source, imports=file.imports)
        if not found:
            raise DataError(f"{file.path}: no theorem in it that Lean can read")
        return [{**verdict_row(each.name or file.path.name, each.verdict), "theorem_line": each.line} for each in found]

    return _run(file.path, prover, out, verdicts)


def read_pair(row: Mapping[str, Any], where: str, *, name: str | None = None) -> tuple[Theorem, str]:
    """Return a row's theorem and proof; `name` is for a row without one. Raises DataError as `read_texts` does."""
    if row.get("name") is None:
        row = {**row, "name": name}
    texts = read_texts(row, where, required=("name", "statement", "proof"), optional=("prelude",))
    proof = texts.pop("proof")
    return Theorem(**texts), proof


def read_texts(
    row: Mapping[str, Any], where: str, *, required: Sequence[str], optional: Sequence[str]
) -> dict[str, str]:
    """Return the fields that a row has; null counts as none.

    Raises DataError for a required field that is missing, and for one that is no text.
    """
    given = {field: row[field] for field in (*required, *optional) if row.get(field) is not None}
    for field in required:
        if field not in given:
            raise DataError(f"{where}: no field {field!r}. It needs {', '.join(required[:-1])} and {required[-1]}")
    for field, value in given.items():
        if not isinstance(value, str):
            raise DataError(f"{where}: field {field!r} is no text: {str(value)[:60]}")
    return given


def read_lean_file(path: Path) -> LeanFile:
    """Return a Lean file's imports, `Init` first as in every file, and the rest."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: is not UTF-8 text ({error.reason} at byte {error.start})") from error
    if "\0" in text:
        raise DataError(f"{path}: there is a NUL character in it")
    found = list(_imports(text))
    for line in found:
        text = text[: line.start()] + re.sub(r"\S", " ", line[0]) + text[line.end() :]
    return LeanFile(path, tuple(dict.fromkeys(["Init", *(line[1] for line in found)])), text)


def verdict_row(name: str, verdict: Verdict) -> Row:
    """Return a line of `verdicts.jsonl`. Position and axioms are None where the verdict has none."""
    position = verdict.position if isinstance(verdict, Rejected) else None
    return {
        "name": name,
        "status": verdict.status,
        "reason": verdict.reason,
        "line": position.line if position else None,
        "column": position.column if position else None,
        "axioms": list(verdict.axioms) if isinstance(verdict, Proved) else None,
        "library": verdict.library if isinstance(verdict, Proved) else None,
    }


def count_statuses(rows: Sequence[Row]) -> dict[Status, int]:
    """Return how many verdicts have each status, proved first."""
    counts = Counter(row["status"] for row in rows)
    return {status: counts[status] for status in get_args(Status)}


def _run(path: Path, prover: Prover, out: Path, check: Callable[[], list[Row]]) -> list[Row]:
    started = time.time()
    identity = {"kind": "check", "file": path.name, "sha256": sha256_of(path), "prover": dict(prover.identity())}
    with run_directory(out, identity) as finished:
        if finished:
            say(f"{out} is finished; nothing to check")
            return list(read_jsonl(out / VERDICTS))
        rows = check()
        write_jsonl(out / VERDICTS, rows)
        counts = count_statuses(rows)
        write_manifest(out, started=started, kind="check", statuses=counts)
        (out / LOG).unlink(missing_ok=True)
    others = ", ".join(f"{status} {count:,}" for status, count in counts.items() if status != "proved")
    took = duration(time.time() - started)
    say(f"proved {counts['proved']:,} of {len(rows):,} ({others}) in {took} -> {out}")
    return rows


def _check_pairs(pairs: Sequence[tuple[Theorem, str]], prover: Prover, out: Path) -> list[Row]:
    """Return the verdicts in order; what a killed run has logged is not checked again."""
    with JsonlLog(out / LOG) as log, progress("check", len(pairs), "proofs") as meter:
        done = {row.pop("row"): row for row in log.rows()}
        statuses = Counter(row["status"] for row in done.values())
        meter.skip(len(done))
        left = [number for number in range(len(pairs)) if number not in done]
        for number, verdict in zip(left, prover.check_all(pairs[number] for number in left), strict=True):
            done[number] = verdict_row(pairs[number][0].name, verdict)
            log.append([{"row": number, **done[number]}])
            statuses[verdict.status] += 1
            meter.advance(1, ", ".join(f"{status} {count:,}" for status, count in statuses.most_common()))
    return [done[number] for number in range(len(pairs))]


def _imports(text: str) -> Iterator[re.Match[str]]:
    """Yield the imports at the head of a Lean file, where comments and blanks stand between them."""
    place = 0
    while True:
        place = _after_blanks(text, place)
        found = _IMPORT.match(text, place)
        if found is None:
            return
        yield found
        place = found.end()


def _after_blanks(text: str, place: int) -> int:
    """Return the next place with something else than blanks and comments."""
    while True:
        blanks = _BLANKS.match(text, place)
        assert blanks, "it matches nothing at all, too"
        place = blanks.end()
        if not text.startswith("/-", place):
            return place
        place = _comment_end(text, place)


def _comment_end(text: str, place: int) -> int:
    """Return where the block comment at `place` ends; they nest."""
    depth = 0
    for edge in _COMMENT_EDGE.finditer(text, place):
        depth += 1 if edge[0] == "/-" else -1
        if depth == 0:
            return edge.end()
    return len(text)
