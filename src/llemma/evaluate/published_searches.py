"""The proof searches that the Llemma authors published, read as theorems and attempts.

Source: wellecks/llemma_formal2formal, `output/MODEL_minif2f_test/results__MODEL__SHARD.json` (best-first search in
Lean 4, 2023): {"results": [{"example", "success", "attempt_results"}]}, one file per shard of the theorems. A shard's
number says nothing of its size: those of Llemma-34B are 0, 2 and 3.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field, ValidationError

from llemma.errors import DataError
from llemma.records import Attempt, AttemptStatus, Node, Theorem, proof_text
from llemma.storage import read_json

TASK = "minif2f_lean"
TITLE = "miniF2F test (Lean 4)"

_FILES = "results__*.json"
_NAME = re.compile(r"results__(?P<model>.+)__\d+\.json")
_LEFT_OUT = "sum_pairs"  # a lemma of the file, none of the 244 problems: the published rates leave it out
_STATUSES: dict[str, AttemptStatus] = {
    "SearchEnded": "searched",
    "DojoHardTimeoutError": "timed_out",
    "DojoCrashError": "crashed",
    "DojoInitError": "crashed",
    "CalledProcessError": "crashed",
}


@dataclass(frozen=True, slots=True)
class PublishedSearches:
    """The searches of one model, all its shards together, in the order of the shards."""

    model: str
    theorems: tuple[Theorem, ...]
    attempts: tuple[Attempt, ...]


class _Traced(BaseModel):
    tactic: str
    state_before: str


class _Try(BaseModel):
    """One attempt as published. A failed one has a reason and no more."""

    theorem: str
    success: bool
    failure_reason: str
    proof: list[str] = []
    score: float = 0.0
    trace: list[_Traced] = []
    elapsed: float = 0.0
    iteration: int = -1


class _Example(BaseModel):
    full_name: str
    statement: str


class _Row(BaseModel):
    example: _Example
    attempt_results: Annotated[list[_Try], Field(min_length=1)]


class _Shard(BaseModel):
    results: list[_Row]


def is_published_search(folder: Path) -> bool:
    """Whether a folder holds published searches."""
    return any(folder.glob(_FILES))


def read_published_searches(folder: Path) -> PublishedSearches:
    """Return the searches in a folder, `sum_pairs` left out.

    Times are stored with the wrong sign, which is put right. Of a search that failed nothing but the reason is known:
    its expansions and time are 0. Of a proof, the trace holds the path alone: the costs of its single tactics are NaN,
    and of the order of expansions the first and the last are known. Raises DataError for a file of another form, of
    another model, or with a theorem that another file has too.
    """
    shards = sorted(folder.glob(_FILES))
    models = {_model_of(path) for path in shards}
    if len(models) != 1:
        raise DataError(f"{folder}: searches of {len(models)} models ({', '.join(sorted(models))}). Keep one a folder")
    seen: dict[str, Path] = {}
    rows = []
    for path in shards:
        for row in _read_shard(path):
            name = row.example.full_name
            if name in seen:
                raise DataError(f"{path}: theorem {name} is in {seen[name].name} too. The shards overlap; keep one")
            seen[name] = path
            rows.append((_theorem(row.example, path), _attempt(row, path)))
    kept = [row for row in rows if _LEFT_OUT not in row[0].name]
    if not kept:
        raise DataError(f"{folder}: no theorem in its files")
    return PublishedSearches(models.pop(), tuple(theorem for theorem, _ in kept), tuple(attempt for _, attempt in kept))


def _model_of(path: Path) -> str:
    """Return the model that a file names: "llemma7b", "codellama/CodeLlama-7b-hf"."""
    match = _NAME.fullmatch(path.name)
    if not match:
        raise DataError(f"{path}: expected a name like results__MODEL__0.json")
    return re.sub(r"^codellama_", "codellama/", match["model"])


def _read_shard(path: Path) -> Sequence[_Row]:
    try:
        return _Shard.model_validate(read_json(path)).results
    except ValidationError as error:
        mistake = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in mistake["loc"])
        raise DataError(f"{path}: {place}: {mistake['msg']}. Is it a file of published searches?") from error


def _theorem(example: _Example, path: Path) -> Theorem:
    start = f"theorem {example.full_name}"
    if not example.statement.startswith(start):
        raise DataError(f"{path}: the statement of {example.full_name} does not start with its name")
    family = example.full_name.partition("_")[0]
    return Theorem(example.full_name, example.statement.removeprefix(start).strip(), family=family)


def _attempt(row: _Row, path: Path) -> Attempt:
    """Return the attempt that succeeded, else the last one."""
    name = row.example.full_name
    found = next((one for one in row.attempt_results if one.success), row.attempt_results[-1])
    if found.theorem != name:
        raise DataError(f"{path}: an attempt at {found.theorem} is stored with {name}")
    if found.success:
        elapsed_s = abs(found.elapsed)
        return Attempt(name, "solved", proof_text(found.proof), "", found.iteration + 1, elapsed_s, _nodes(found, path))
    if found.failure_reason not in _STATUSES:
        raise DataError(f"{path}: {name}: nobody knows what the failure {found.failure_reason!r} means")
    return Attempt(name, _STATUSES[found.failure_reason], "", found.failure_reason, expansions=0, elapsed_s=0.0)


def _nodes(found: _Try, path: Path) -> tuple[Node, ...]:
    if not found.proof or [step.tactic for step in found.trace] != found.proof:
        raise DataError(f"{path}: {found.theorem}: its trace is not that of its proof")
    states = [step.state_before for step in found.trace]
    last = len(states) - 1
    root = Node(None, "", 0.0, 0.0, "open", states[0], expanded=0)
    between = [
        Node(
            number, tactic, math.nan, math.nan, "open", state, expanded=found.iteration if number + 1 == last else None
        )
        for number, (tactic, state) in enumerate(zip(found.proof[:-1], states[1:], strict=True))
    ]
    return (root, *between, Node(last, found.proof[-1], math.nan, found.score, "closed"))
