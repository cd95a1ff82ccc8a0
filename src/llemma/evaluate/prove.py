"""A proving run directory: one attempt at each theorem; a finished run is skipped, a killed one goes on.

identity.json            what the run is: theorems, prover, method, model or tactics
theorems.jsonl           the statements
attempts.partial.jsonl   the log of attempts, while the run is unfinished
attempts.jsonl           one line per theorem: status, the checked proof, and every tactic that was tried
summary.json             the rate of proofs, by level, by outcome
manifest.json            written last: versions, machine, time
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from llemma.config import Section
from llemma.data.benchmarks import Benchmarks
from llemma.engines.base import Engine, Sampling
from llemma.engines.spec import open_engine
from llemma.errors import UserError
from llemma.evaluate.summarize_proofs import Method, summarize_attempts
from llemma.evaluate.theorems import Theorems
from llemma.progress import duration, progress, say
from llemma.provers.base import Prover
from llemma.provers.sample import STOP, sample_proofs
from llemma.provers.search import PROFILES, SearchOptions, search_all
from llemma.provers.suggest import (
    BASELINE,
    EngineSuggester,
    FixedSuggester,
    published_prompt,
    split_tactics,
    tactic_prompt,
)
from llemma.records import Attempt, Node, Theorem
from llemma.runs import run_directory, write_manifest
from llemma.storage import JsonlLog, read_json, sha256_of_rows, write_json, write_jsonl

ATTEMPTS = "attempts.jsonl"
LOG = "attempts.partial.jsonl"
SUMMARY = "summary.json"
THEOREMS = "theorems.jsonl"

Count = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0)]
Profile = Literal["paper", "fixed"]

_PUBLISHED_PROMPT = "lean4_tactic_3shot"


class Proving(Section):
    """How proofs are looked for. The defaults are the published protocol (arXiv 2310.10631, section 3.4)."""

    profile: Profile = "paper"
    """`paper`: as published, defects included. `fixed`: without them; see `llemma.provers.search`."""
    prompt: Literal["published", "plain"] | None = None
    """`published`: three examples. `plain`: none, for models trained on tactics. None: as the profile says."""
    expansions: Count = 100
    """States of which the suggestions are tried, at most."""
    width: Count = 32
    """Suggestions a state."""
    timeout_s: Seconds = 600.0
    """Time for one theorem."""
    tactic_timeout_s: Seconds | None = None
    """Time for one tactic, and for checking one proof. None: as the prover has it, 30; in a Lean project 120."""
    batch: Count = 1
    """States of one theorem that are expanded together."""
    at_once: Count = 8
    """Theorems that are searched for at the same time, so that the model gets several states in one batch."""
    beam_search: bool = True
    """Suggestions are the beams of a beam search where the engine has one; else, and when false, samples."""
    temperature: Annotated[float, Field(ge=0)] = 1.0
    max_new_tokens: Count = 256
    samples: Count | None = None
    """Whole proofs a theorem, in place of a search; None: search."""
    split: str | None = None
    """Which theorems of a task; None: its default, the test split."""
    limit: Count | None = None
    """Only the first theorems."""
    seed: int = 0

    def search_options(self) -> SearchOptions:
        """Return the limits of a search under the profile."""
        limits = {"expansions": self.expansions, "timeout_s": self.timeout_s, "batch": self.batch}
        return replace(PROFILES[self.profile], **limits)  # type: ignore[arg-type]  # mypy sees one type for all values

    @property
    def method(self) -> Method:
        """How proofs are looked for."""
        return "whole_proof" if self.samples else "best_first"


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is asked, its name in tables, what results depend on, and how theorems are attempted."""

    label: str
    identity: Mapping[str, Any]
    attempt: Callable[[Sequence[Theorem]], Iterator[Attempt]]


def prove(
    wanted: Theorems,
    prover: Prover,
    asked: Engine | Sequence[str],
    out: Path,
    *,
    proving: Proving,
    benchmarks: Benchmarks,
) -> dict[str, Any]:
    """Attempt every theorem in a run directory and return the summary. `asked` is a model, or a fixed list of tactics.

    The theorems' names must differ. Raises RunDirectoryError when `out` holds a run of another protocol.
    """
    started = time.time()
    theorems = wanted.theorems[: proving.limit]
    plan = _plan(prover, asked, proving, benchmarks)
    identity = {
        "kind": "prove",
        "task": wanted.name,
        "task_title": wanted.title,
        "theorems_sha256": sha256_of_rows(map(asdict, theorems)),
        "model": plan.identity,
        "prover": dict(prover.identity()),
        "proving": proving.model_dump(exclude={"at_once", "split"}),  # the task's name says which split
    }
    with run_directory(out, identity) as finished:
        if finished:
            say(f"{out} is finished; nothing to prove")
            summary: dict[str, Any] = read_json(out / SUMMARY)
            return summary
        write_jsonl(out / THEOREMS, map(asdict, theorems))
        attempts = _attempt_all(theorems, plan, out)
        write_jsonl(out / ATTEMPTS, map(asdict, attempts))
        facts = {"kind": "prove", "task": wanted.name, "title": wanted.title, "model": plan.label}
        summary = summarize_attempts(theorems, attempts, {**facts, "method": proving.method})
        write_json(out / SUMMARY, summary)
        write_manifest(out, started=started, kind="prove")
        (out / LOG).unlink(missing_ok=True)
    say(f"proved {summary['solved']:,} of {len(theorems):,} in {duration(time.time() - started)} -> {out}")
    return summary


def open_asked(model: str | None, tactics: str | None) -> Engine | tuple[str, ...]:
    """Return the model of a spec, or the tactics of a comma list; "baseline" is the built-in list."""
    if (model is None) == (tactics is None):
        raise UserError("give either --model, or --tactics such as omega,simp,grind (or: baseline)")
    if model is not None:
        return open_engine(model)
    listed = BASELINE if tactics == "baseline" else split_tactics(tactics or "")
    if not listed:
        raise UserError(
            f"no tactic in --tactics {tactics!r}. Give a comma list such as omega,simp,grind (or: baseline)"
        )
    return listed


def suggester(
    asked: Engine | Sequence[str], proving: Proving, benchmarks: Benchmarks
) -> FixedSuggester | EngineSuggester:
    """Return what suggests tactics: a model with the prompt and the width of `proving`, or the same tactics always."""
    if isinstance(asked, Sequence):
        return FixedSuggester(tuple(asked))
    is_published = (proving.prompt or ("published" if proving.profile == "paper" else "plain")) == "published"
    return EngineSuggester(
        asked,
        published_prompt(benchmarks.prompt(_PUBLISHED_PROMPT)) if is_published else tactic_prompt,
        width=proving.width,
        max_new_tokens=proving.max_new_tokens,
        beam_search=proving.beam_search,
        temperature=proving.temperature,
        seed=proving.seed,
    )


def _plan(prover: Prover, asked: Engine | Sequence[str], proving: Proving, benchmarks: Benchmarks) -> _Plan:
    if proving.samples:
        return _whole_proof_plan(prover, asked, proving, samples=proving.samples)
    suggest = suggester(asked, proving, benchmarks)
    options = proving.search_options()
    return _Plan(
        _listed(asked) if isinstance(asked, Sequence) else asked.name,
        suggest.identity(),
        lambda theorems: search_all(theorems, prover, suggest, options, at_once=proving.at_once),
    )


def _whole_proof_plan(prover: Prover, asked: Engine | Sequence[str], proving: Proving, *, samples: int) -> _Plan:
    if isinstance(asked, Sequence):
        raise UserError("samples are whole proofs that a model writes: give --model, or leave --samples out")
    if samples > 1 and proving.temperature == 0:
        raise UserError(f"{samples} samples at temperature 0 are all the same. Set temperature")
    temperature = 0.0 if samples == 1 else proving.temperature
    sampling = Sampling(temperature, max_new_tokens=proving.max_new_tokens, stop=STOP, seed=proving.seed)
    return _Plan(
        asked.name,
        {"engine": dict(asked.identity()), "sampling": asdict(sampling)},
        lambda theorems: sample_proofs(theorems, prover, asked, sampling, samples=samples),
    )


def _listed(tactics: Sequence[str]) -> str:
    """Return the first tactics and how many more there are."""
    more = len(tactics) - 2
    return f"{', '.join(tactics[:2])}{f' and {more} more' if more > 0 else ''}"


def _attempt_all(theorems: Sequence[Theorem], plan: _Plan, out: Path) -> list[Attempt]:
    """Return the attempts in the order of the theorems; those that a killed run has logged are not made again."""
    with JsonlLog(out / LOG) as log, progress(f"prove with {plan.label}", len(theorems), "theorems") as meter:
        done = {row["theorem"]: _read_attempt(row) for row in log.rows()}
        solved = sum(attempt.status == "solved" for attempt in done.values())
        meter.skip(len(done))
        left = [theorem for theorem in theorems if theorem.name not in done]
        for attempt in plan.attempt(left) if left else ():
            log.append([asdict(attempt)])
            done[attempt.theorem] = attempt
            solved += attempt.status == "solved"
            meter.advance(1, f"{solved:,} proved so far")
    return [done[theorem.name] for theorem in theorems]


def _read_attempt(row: Mapping[str, Any]) -> Attempt:
    return Attempt(**{**row, "nodes": tuple(Node(**node) for node in row["nodes"])})
