"""Tables of theorem proving: theorems proved beside the published rates, by level and family, and the outcomes."""

from collections.abc import Callable, Sequence
from typing import Any

from llemma.records import ATTEMPT_STATUSES
from llemma.report.paper import PROOF_THEOREMS, published_proofs
from llemma.report.proof_runs import Medians, ProofRun, Rate
from llemma.report.results import Measured, Part
from llemma.report.tables import NOT_RUN, Footnotes, Table, binomial, natural, percent, spread_notes

_STATUS_NAMES = {
    "searched": "search ended",
    "timed_out": "time limit",
    "bad_statement": "statement refused",
}


def proof_tables(runs: Sequence[ProofRun]) -> list[Table]:
    """Return all tables of the proof runs, those of `solved_tables` first."""
    tables = [
        *solved_tables(runs),
        *(_parts_table(own, "level", lambda run: run.summary.levels) for own in _by_task(runs)),
        *(_parts_table(own, "family", lambda run: run.summary.families) for own in _by_task(runs)),
        _pass_table([run for run in runs if not run.is_search]),
        _outcomes_table(runs),
        _effort_table([run for run in runs if run.is_search]),
    ]
    return [table for table in tables if table and table.rows]


def solved_tables(runs: Sequence[ProofRun]) -> list[Table]:
    """Return one table a task, one row a run; beside and below them the paper's rates, where it has the task."""
    return [_solved_table(own) for own in _by_task(runs)]


def _by_task(runs: Sequence[ProofRun]) -> list[list[ProofRun]]:
    tasks = dict.fromkeys(run.summary.task for run in runs)
    return [[run for run in runs if run.summary.task == task] for task in tasks]


def _solved_table(runs: Sequence[ProofRun]) -> Table:
    notes = Footnotes()
    published = published_proofs(runs[0].summary.task)
    ours = {run.prover for run in runs}
    source = (
        " Paper: arXiv 2310.10631, one attempt, 32 suggestions, 100 expansions, 600 s, "
        f"n = {PROOF_THEOREMS}; rows with the paper's value alone were {NOT_RUN} here."
    )
    return Table(
        title=f"Theorems proved: {runs[0].summary.title}",
        columns=(
            "model or tactics",
            "method",
            "solved/n",
            "rate, %",
            "95 % interval",
            *(("paper", "difference") if published else ()),
        ),
        rows=(
            *((*_solved_cells(run, notes), *(_paper_cells(run, notes) if published else ())) for run in runs),
            *((name, *"----", f"{rate:.1f}", "-") for name, rate in published.items() if name not in ours),
        ),
        caption=(
            "Theorems with a proof, in %. ±: one standard error over theorems; interval: Wilson's. A search that the "
            f"prover broke off counts as unsolved.{source if published else ''}"
        ),
        notes=tuple(notes.texts),
        labels=2,
    )


def _outcomes_table(runs: Sequence[ProofRun]) -> Table:
    """Return how many searches of each run came out how."""
    return Table(
        title="Searches by outcome",
        columns=(
            "model or tactics",
            "task, method",
            "n",
            *(_STATUS_NAMES.get(status, status) for status in ATTEMPT_STATUSES),
        ),
        rows=tuple(
            (
                run.prover,
                f"{run.summary.title}, {run.method}",
                str(run.summary.total),
                *(_share(run.summary.statuses.get(status, 0), run.summary.total) for status in ATTEMPT_STATUSES),
            )
            for run in runs
        ),
        caption="Search ended: nothing left to try, or the limit of expansions. Crashed: trouble of the prover.",
        labels=2,
    )


def proof_numbers(runs: Sequence[ProofRun]) -> dict[str, dict[str, dict[str, Any]]]:
    """Return task -> model or tactics -> {"best-first, fixed": rate, "n": theorems}, fractions."""
    numbers: dict[str, dict[str, dict[str, Any]]] = {}
    for run in runs:
        found = numbers.setdefault(run.summary.task, {}).setdefault(run.prover, {})
        found |= {run.method: run.summary.rate, "n": run.summary.total}
    return numbers


def _solved_cells(run: ProofRun, notes: Footnotes) -> tuple[str, ...]:
    score = _measured(run.summary)
    low, high = run.summary.interval
    return (
        run.prover,
        run.method,
        f"{run.summary.solved}/{run.summary.total}",
        percent(score) + notes.mark(*spread_notes(score)),
        f"{100 * low:.1f} to {100 * high:.1f}",
    )


def _paper_cells(run: ProofRun, notes: Footnotes) -> tuple[str, str]:
    paper = published_proofs(run.summary.task).get(run.prover) if run.is_search else None
    if paper is None:
        missing = f"-{notes.mark('not in the paper')}"
        return missing, missing
    difference = f"{100 * run.summary.rate - paper:+.1f}".replace("-0.0", "+0.0")
    part = f"ours on {run.summary.total} of the {PROOF_THEOREMS} theorems only"
    return f"{paper:.1f}", difference + (notes.mark(part) if run.summary.total != PROOF_THEOREMS else "")


def _parts_table(runs: Sequence[ProofRun], what: str, parts_of: Callable[[ProofRun], dict[str, Rate]]) -> Table | None:
    """Return the rates by level or family, one column a run; None when no run has any."""
    notes = Footnotes()
    names = sorted({name for run in runs for name in parts_of(run)}, key=natural)
    if not names:
        return None
    return Table(
        title=f"{runs[0].summary.title}: theorems proved by {what}, %",
        columns=(what, *(f"{run.prover} {run.method}" for run in runs)),
        rows=tuple((name, *(_part_cell(parts_of(run).get(name), notes) for run in runs)) for name in names),
        caption="Theorems with a proof, in %, and their number of all. ±: one standard error over theorems.",
        notes=tuple(notes.texts),
    )


def _part_cell(rate: Rate | None, notes: Footnotes) -> str:
    if rate is None:
        return f"-{notes.mark('no such theorem in this run')}"
    score = _measured(rate)
    return f"{percent(score)} ({rate.solved}/{rate.total}){notes.mark(*spread_notes(score))}"


def _pass_table(runs: Sequence[ProofRun]) -> Table:
    """Return pass@k of whole-proof sampling at k = 1, 2, 4 and so on; without rows when nothing was sampled."""
    notes = Footnotes()
    powers = [2**power for power in range(max((len(run.summary.passed) for run in runs), default=0).bit_length())]
    return Table(
        title="Whole proofs sampled: pass@k, %",
        columns=("model", "task", *(f"pass@{k}" for k in powers)),
        rows=tuple((run.prover, run.summary.title, *(_pass_cell(run, k, notes) for k in powers)) for run in runs),
        caption="Chance that k proofs hold a right one, in %. ±: one standard error over theorems.",
        notes=tuple(notes.texts),
        labels=2,
    )


def _pass_cell(run: ProofRun, k: int, notes: Footnotes) -> str:
    point = next((point for point in run.summary.passed if point.k == k), None)
    if point is None:
        return f"-{notes.mark('fewer samples')}"
    score = Measured(point.mean, point.stderr)
    return percent(score) + notes.mark(*spread_notes(score))


def _effort_table(runs: Sequence[ProofRun]) -> Table:
    notes = Footnotes()
    return Table(
        title="What the searches took",
        columns=(
            "model or tactics",
            "task, method",
            "at first expansion",
            "proofs by length",
            "expansions: solved",
            "unsolved",
            "seconds: solved",
            "unsolved",
        ),
        rows=tuple(
            (
                run.prover,
                f"{run.summary.title}, {run.method}",
                str(run.summary.solved_at_first_expansion),
                ", ".join(f"{length}: {count}" for length, count in run.summary.proof_lengths.items()) or "-",
                *_median_cells(run.summary.median_expansions, notes),
                *_median_cells(run.summary.median_elapsed_s, notes),
            )
            for run in runs
        ),
        caption="Proofs by length: number of tactics and how many proofs have it. Expansions, seconds: medians.",
        notes=tuple(notes.texts),
        labels=2,
    )


def _median_cells(medians: Medians, notes: Footnotes) -> tuple[str, ...]:
    missing = "none, or not recorded"
    return tuple(
        f"-{notes.mark(missing)}" if value is None else f"{value:.3g}" for value in (medians.solved, medians.unsolved)
    )


def _measured(rate: Rate) -> Measured:
    return binomial(Part(problems=rate.total, accuracy=rate.rate))


def _share(count: int, total: int) -> str:
    return f"{count} ({100 * count / total:.1f} %)" if count else "0"
