"""Theorems to prove: of a task, or of a user's file."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llemma.data.benchmarks import Benchmarks
from llemma.errors import DataError, UnknownNameError, UserError
from llemma.evaluate.check import read_lean_file, read_texts
from llemma.provers.base import Prover
from llemma.provers.lean_wasm.prover import LeanWasm
from llemma.provers.spec import require_built_in
from llemma.records import Theorem
from llemma.storage import read_jsonl
from llemma.tasks import TheoremTask, get_theorem_task, task_names

ROWS = (".jsonl", ".jsonl.zst")


@dataclass(frozen=True, slots=True)
class Theorems:
    """Theorems to prove, under a name for file names and a title for tables."""

    name: str
    title: str
    theorems: Sequence[Theorem]


@dataclass(frozen=True, slots=True)
class TheoremSource:
    """Where theorems come from. `imports` are the modules that they need; None: the prover's own.

    Only a .lean file needs the prover that `read` gets, to find the theorems in it.
    """

    name: str
    title: str
    imports: tuple[str, ...] | None
    find: Callable[[Prover], Sequence[Theorem]]

    def read(self, prover: Prover) -> Theorems:
        """Return the theorems. Raises DataError when there is none, or when two have one name."""
        theorems = self.find(prover)
        if not theorems:
            raise DataError(f"{self.title}: there is no theorem in it")
        name, count = Counter(theorem.name for theorem in theorems).most_common(1)[0]
        if count > 1:
            raise DataError(f"{self.title}: {count} theorems have the name {name!r}. Names must differ")
        return Theorems(self.name, self.title, theorems)


def find_theorems(name: str, *, benchmarks: Benchmarks, split: str | None = None) -> TheoremSource:
    """Return the source of that name: a task, perhaps one of its splits, or a file (.jsonl, .jsonl.zst or .lean).

    Raises UnknownNameError with the nearest known name, and UserError for a file that cannot be read or is not there.
    """
    path = Path(name)
    if not path.suffix:
        return _of_task(_task(name), benchmarks, split)
    if not name.endswith((*ROWS, ".lean")):
        raise UserError(f"{name}: neither .jsonl (or .jsonl.zst) nor .lean")
    if split is not None:
        raise UserError(f"{name} has no splits to choose from: leave out split={split}")
    return _of_lean_file(path) if path.suffix == ".lean" else _of_rows(path)


def read_theorems(path: Path) -> list[Theorem]:
    """Return the theorems of a JSON-lines file: `name`, `statement` and perhaps the other fields of a Theorem.

    Raises DataError naming the row and the field when one is missing or not a text, UserError without the file.
    """
    _require_file(path)
    return [_theorem(row, f"{path}, row {number}") for number, row in enumerate(read_jsonl(path), start=1)]


def _task(name: str) -> TheoremTask:
    try:
        return get_theorem_task(name)
    except UnknownNameError as error:
        if name in task_names():
            raise UserError(f"task {name!r} has questions, not theorems. Run it with llemma eval") from error
        raise


def _of_task(task: TheoremTask, benchmarks: Benchmarks, split: str | None) -> TheoremSource:
    """Return a task's theorems; a split other than the default is a set of its own, with its own name and title."""
    chosen = task.split(split)
    theorems = task.theorems(benchmarks, chosen)
    if chosen == task.split(None):
        return TheoremSource(task.name, task.title, task.imports, lambda _: theorems)
    return TheoremSource(f"{task.name}_{chosen}", f"{task.title}, {chosen} split", task.imports, lambda _: theorems)


def _of_rows(path: Path) -> TheoremSource:
    theorems = read_theorems(path)
    return TheoremSource(path.name.partition(".jsonl")[0], path.name, None, lambda _: theorems)


def _of_lean_file(path: Path) -> TheoremSource:
    _require_file(path)
    file = read_lean_file(path)
    require_built_in(file.imports)

    def find(prover: Prover) -> Sequence[Theorem]:
        if not isinstance(prover, LeanWasm):
            raise UserError(f"{path}: only the built-in Lean finds the theorems of a .lean file. Give rows (.jsonl)")
        return prover.theorems_in(file.source)

    return TheoremSource(path.stem, path.name, file.imports, find)


def _require_file(path: Path) -> None:
    if not path.is_file():
        raise UserError(f"{path}: no such file")


def _theorem(row: Mapping[str, Any], where: str) -> Theorem:
    optional = ("prelude", "proof", "family", "level")
    return Theorem(**read_texts(row, where, required=("name", "statement"), optional=optional))
