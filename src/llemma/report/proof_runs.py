"""What the report on theorem proving is made from: finished proof runs and published searches."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any

from pydantic import Field

from llemma.errors import RunDirectoryError, UserError
from llemma.evaluate.published_searches import TASK, TITLE, is_published_search, read_published_searches
from llemma.evaluate.summarize_proofs import Method, proof_path, summarize_attempts
from llemma.records import Attempt, Theorem
from llemma.report.paper import published_model
from llemma.report.results import SUMMARY, CurvePoint, Read, checked
from llemma.runs import read_manifest
from llemma.storage import read_json, read_jsonl

THEOREMS = "theorems.jsonl"
ATTEMPTS = "attempts.jsonl"


class Rate(Read):
    """How many theorems were solved, and Wilson's 95 % interval of the rate."""

    total: int = Field(ge=1)
    solved: int
    rate: float
    interval: tuple[float, float]


class Medians(Read):
    """The median over solved and over unsolved attempts, None without any."""

    solved: float | None
    unsolved: float | None


class ProofSummary(Rate):
    """The summary of a proof run, of a model or of a fixed list of tactics."""

    task: str
    title: str
    method: Method
    model: str
    levels: dict[str, Rate]
    families: dict[str, Rate]
    statuses: dict[str, int]
    proof_lengths: dict[int, int]
    solved_at_first_expansion: int
    median_expansions: Medians
    median_elapsed_s: Medians
    passed: tuple[CurvePoint, ...] = Field(default=(), alias="pass")


class Search(Read):
    """A theorem and the attempt at it."""

    theorem: Theorem
    attempt: Attempt


@dataclass(frozen=True, slots=True)
class ProofRun:
    """A proof run. `budgets` are the expansions after which each solved theorem was, `most_expansions` those of the
    longest search; `shown` are the searches to draw; `manifest` is {} for published searches."""

    path: Path
    summary: ProofSummary
    budgets: tuple[int, ...]
    most_expansions: int
    shown: tuple[Search, ...]
    manifest: Mapping[str, Any] = field(default_factory=dict)

    @property
    def tactics(self) -> tuple[str, ...]:
        """The fixed list of tactics that were tried; () where a model suggested them."""
        return tuple(self._identity("model").get("tactics", ()))

    @property
    def is_hammer(self) -> bool:
        """Whether it tried a fixed list of tactics, without a model."""
        return bool(self.tactics)

    @property
    def is_search(self) -> bool:
        """Whether it searched tactic by tactic."""
        return self.summary.method == "best_first"

    @property
    def prover(self) -> str:
        """What suggested the proofs: the paper's name of the model, the model's, or the first tactics."""
        return published_model(self.summary.model) or self.summary.model

    @property
    def method(self) -> str:
        """How it looked for proofs: "best-first, paper" (the profile), "whole proofs, pass@8"."""
        if self.is_search:
            return f"best-first, {self._identity('proving').get('profile', 'paper')}"
        return f"whole proofs, pass@{len(self.summary.passed)}"

    def _identity(self, part: str) -> Mapping[str, Any]:
        facts: Mapping[str, Any] = self.manifest.get("identity", {}).get(part, {})
        return facts


def split_proof_runs(paths: Iterable[Path]) -> tuple[list[Path], list[Path]]:
    """Return (proof runs and published searches, all other folders)."""
    proofs: list[Path] = []
    others: list[Path] = []
    for path in paths:
        (proofs if is_published_search(path) or _is_proof_run(path) else others).append(path)
    return proofs, others


def read_proof_runs(paths: Iterable[Path]) -> tuple[ProofRun, ...]:
    """Return the runs in these folders; a folder given twice is read once.

    Raises UserError naming two runs of the same model, task and method.
    """
    distinct = {path.resolve(): path for path in paths}.values()
    runs = tuple(_published(path) if is_published_search(path) else _own(path) for path in distinct)
    seen: dict[tuple[str, ...], ProofRun] = {}
    for run in runs:
        first = seen.setdefault((run.summary.task, run.method, run.prover, *run.tactics), run)
        if first is not run:
            what = f"two runs of {run.prover} on {run.summary.task} ({run.method})"
            raise UserError(f"{what}: {first.path} and {run.path}. Give one of them")
    return runs


def _is_proof_run(path: Path) -> bool:
    identity = read_manifest(path).get("identity")
    return isinstance(identity, dict) and identity.get("kind") == "prove"


def _published(path: Path) -> ProofRun:
    found = read_published_searches(path)
    facts = {"task": TASK, "title": TITLE, "method": "best_first", "model": found.model}
    summary = summarize_attempts(found.theorems, found.attempts, facts)
    pairs = zip(found.theorems, found.attempts, strict=True)
    searches = [Search(theorem=theorem, attempt=attempt) for theorem, attempt in pairs]
    return _run(path, ProofSummary.model_validate(summary), searches, {})


def _own(path: Path) -> ProofRun:
    missing = next((name for name in (SUMMARY, THEOREMS, ATTEMPTS) if not (path / name).exists()), None)
    if missing:
        raise RunDirectoryError(f"{path}: no {missing} in it. Was it deleted?")
    summary = checked(ProofSummary, read_json(path / SUMMARY), path / SUMMARY)
    return _run(path, summary, _read_searches(path), read_manifest(path))


def _read_searches(path: Path) -> Iterator[Search]:
    rows: Iterator[Any] = zip_longest(read_jsonl(path / THEOREMS), read_jsonl(path / ATTEMPTS), fillvalue={})
    for number, (theorem, attempt) in enumerate(rows, start=1):
        yield checked(Search, {"theorem": theorem, "attempt": attempt}, f"{path}, theorem {number}")


def _run(path: Path, summary: ProofSummary, searches: Iterable[Search], manifest: Mapping[str, Any]) -> ProofRun:
    """Return the run; the searches are looked at one at a time, as all traces of a large run need much memory."""
    budgets: list[int] = []
    most = 0
    proved: Search | None = None
    failed: Search | None = None
    for search in searches:
        most = max(most, search.attempt.expansions)
        if search.attempt.status == "solved":
            budgets.append(search.attempt.expansions)
            proved = max(proved or search, search, key=_size)
        elif len(search.attempt.nodes) > 1:
            failed = max(failed or search, search, key=_size)
    drawable = (proved, failed) if summary.method == "best_first" else ()
    shown = tuple(search for search in drawable if search and len(search.attempt.nodes) > 1)
    return ProofRun(path, summary, tuple(sorted(budgets)), most, shown, manifest)


def _size(search: Search) -> tuple[int, int, int]:
    """Return what makes a search worth a picture: a long proof, many expansions, many suggestions."""
    attempt = search.attempt
    return len(proof_path(attempt)), attempt.expansions, len(attempt.nodes)
