"""Figures of theorem proving: what a larger budget buys, and pictures of single searches."""

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from llemma.report.drawing import (
    Label,
    Row,
    colour_of,
    new_figure,
    note,
    number_of,
    place_labels,
    styled,
)
from llemma.report.proof_runs import ProofRun
from llemma.report.search_tree import search_rows, search_tree
from llemma.voting import wilson

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_TICKS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)


def proof_figures(runs: Sequence[ProofRun]) -> Iterator[tuple[str, str, "Figure", Sequence[Row]]]:
    """Yield (file stem, title, figure, its rows): solved by budget for each task; the searches to show of each run.

    A task on which fixed tactics alone were tried has no curve: it would be a flat line.
    """
    searches = [run for run in runs if run.is_search]
    for task in dict.fromkeys(run.summary.task for run in searches if not run.is_hammer):
        own = [run for run in searches if run.summary.task == task]
        title = f"{own[0].summary.title}: theorems solved against expansions"
        yield f"{task}_solved_by_budget", title, solved_by_budget(own), solved_by_budget_rows(own)
    shown = [(run, search) for run in searches for search in run.shown]
    for number, (run, search) in enumerate(shown, start=1):
        theorem, attempt = search.theorem, search.attempt
        stem = f"search_{number}_{re.sub(r'[^A-Za-z0-9_.-]', '_', theorem.name)}"
        outcome = "a proof" if attempt.status == "solved" else "a search without a proof"
        title = f"{run.prover} on {theorem.name}: {outcome}"
        yield stem, title, search_tree(theorem, attempt), search_rows(attempt)


def solved_by_budget_rows(runs: Sequence[ProofRun]) -> list[Row]:
    """Return one row per step of each run: run, hammer (0 or 1), expansions, solved so far, theorems, share, low, high.

    A run with a model starts at one expansion and ends at the most that any run used; the hammer has its last row only.
    """
    last = max(run.most_expansions for run in runs)
    return [row for run, name in zip(runs, _names(runs), strict=True) for row in _steps(run, name, last)]


def solved_by_budget(runs: Sequence[ProofRun]) -> "Figure":
    """Return the share of theorems solved within a number of expansions, one line a run, the hammer a flat one."""
    last = max(1, *(run.most_expansions for run in runs))
    lines = [_steps(run, name, last) for run, name in zip(runs, _names(runs), strict=True)]
    right = max(2.0, 1.1 * last)
    with styled():
        figure = new_figure(width=7.6, height=max(4.2, 1.6 + 0.24 * len(runs)))
        axes = figure.subplots()
        labels = [_draw_run(axes, rows, right, colour_of(index)) for index, rows in enumerate(lines)]
        _budget_axis(axes, right)
        axes.set_ylim(0, min(102.0, 1.08 * max(100 * number_of(rows[-1]["high"]) for rows in lines)))
        axes.set_ylabel("theorems solved (%)")
        axes.set_title(f"{runs[0].summary.title}: theorems solved by budget")
        place_labels(axes, labels)
        flat = "; dashed: fixed tactics, all their expansions" if any(run.is_hammer for run in runs) else ""
        note(figure, f"bands: 95 % interval over theorems (Wilson){flat}")
    return figure


def _names(runs: Sequence[ProofRun]) -> list[str]:
    """Return how each run is labelled: by its model or tactics, and by its method where two have the same."""
    provers = [run.prover for run in runs]
    return [run.prover if provers.count(run.prover) == 1 else f"{run.prover} {run.method}" for run in runs]


def _steps(run: ProofRun, name: str, last: int) -> list[Row]:
    steps = [last] if run.is_hammer else sorted({1, last, *run.budgets})
    return [_step_row(run, name, step) for step in steps]


def _step_row(run: ProofRun, name: str, expansions: int) -> Row:
    solved = run.summary.solved if run.is_hammer else sum(budget <= expansions for budget in run.budgets)
    total = run.summary.total
    low, high = wilson(solved / total, total)
    return {
        "run": name,
        "hammer": int(run.is_hammer),
        "expansions": expansions,
        "solved": solved,
        "theorems": total,
        "share": solved / total,
        "low": low,
        "high": high,
    }


def _draw_run(axes: "Axes", rows: Sequence[Row], right: float, colour: str) -> Label:
    """Draw one run up to the right end of the axis; the hammer's one row is a flat line."""
    is_flat = bool(rows[0]["hammer"])
    x = [0.5 if is_flat else 1.0, *(number_of(row["expansions"]) for row in rows[1:]), right]
    share, low, high = ([100 * number_of(row[key]) for row in (*rows, rows[-1])] for key in ("share", "low", "high"))
    axes.step(x, share, "--" if is_flat else "-", where="post", color=colour, linewidth=1.4 if is_flat else 2.0)
    axes.fill_between(x, low, high, step="post", color=colour, alpha=0.08, linewidth=0)
    return Label(f"{rows[0]['run']}: {share[-1]:.1f}", right, share[-1], colour)


def _budget_axis(axes: "Axes", right: float) -> None:
    from matplotlib.ticker import FixedLocator, NullLocator

    axes.set_xscale("log")
    axes.set_xlim(0.95, right)
    axes.xaxis.set_major_locator(FixedLocator([tick for tick in _TICKS if tick <= right]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.set_xlabel("expansions per theorem (log scale)")
