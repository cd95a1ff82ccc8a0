"""A report from finished runs: model card, tables, figures and the headline numbers, in one folder."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from llemma.errors import RunDirectoryError, UnknownNameError, UserError
from llemma.report.drawing import Row, save_figure
from llemma.report.figures import (
    By,
    accuracy_by_k,
    accuracy_by_k_rows,
    accuracy_by_part,
    accuracy_by_part_rows,
    loss_curves,
    loss_rows,
)
from llemma.report.model_card import FigureFiles, Proofs, model_card, proofs_page, training_of
from llemma.report.paper_tables import card_tables, comparison_table
from llemma.report.proof_figures import proof_figures
from llemma.report.proof_runs import ProofRun, read_proof_runs
from llemma.report.proof_tables import proof_numbers, proof_tables, solved_tables
from llemma.report.results import SUMMARY, Results, read_results
from llemma.report.tables import (
    Table,
    failures_table,
    levels_table,
    perplexity_table,
    results_table,
    subjects_table,
)
from llemma.runs import IDENTITY, MANIFEST
from llemma.storage import write_json, write_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

README = "README.md"
TABLES = "tables.md"
FIGURES = "figures"


@dataclass(frozen=True, slots=True)
class ReportFiles:
    """What a report wrote, and its main tables for the terminal; `table` is None without an evaluation run."""

    readme: Path
    tables: Path
    summary: Path
    figures: tuple[FigureFiles, ...]
    table: Table | None
    proof_tables: tuple[Table, ...]


def write_report(
    run_dirs: Sequence[Path],
    train_dirs: Sequence[Path],
    out: Path,
    *,
    proof_dirs: Sequence[Path] = (),
    model: str | None = None,
    licence: str = "mit",
) -> ReportFiles:
    """Write `out`/README.md (the card of `model`), tables.md, summary.json and figures/; the same runs, the same bytes.

    `model` is, unless named, the last one in the order of `run_dirs` that was trained in one of `train_dirs`. With
    `proof_dirs` alone (proof runs, published searches) README.md is about them. Other files in `out` stay. Raises
    RunDirectoryError naming a directory that is no finished run, and UserError naming two runs for one number.
    """
    _refuse_run_directory(out)
    results, proofs = read_results(run_dirs, train_dirs), read_proof_runs(proof_dirs)
    if not results.runs and not proofs:
        raise UserError(
            "a report needs at least one finished evaluation run, proof run or folder of published searches"
        )
    subject = _subject(results, model) if results.runs else None
    figures = tuple(_write_figures(results, out / FIGURES))
    part = Proofs(proofs, tuple(_write_proof_figures(proofs, out / FIGURES)))
    main = results_table(results) if results.runs else None
    proved = tuple(solved_tables(proofs))
    files = ReportFiles(out / README, out / TABLES, out / SUMMARY, (*figures, *part.figures), main, proved)
    card = model_card(results, subject, out=out, figures=figures, proofs=part, licence=licence) if subject else None
    write_text(files.readme, card or proofs_page(part, out=out))
    write_text(files.tables, _tables_text(results, proofs))
    write_json(files.summary, headline_numbers(results) | proof_numbers(proofs))
    return files


def _subject(results: Results, model: str | None) -> str:
    """Return the model that the card is about."""
    trained = [name for name in results.models if training_of(results, name)]
    subject = model or [*results.models, *trained][-1]
    if subject not in results.models:
        raise UnknownNameError("evaluated model", subject, results.models)
    return subject


def headline_numbers(results: Results) -> dict[str, dict[str, dict[str, float | int]]]:
    """Return task -> model -> {"greedy": x, "maj@16": y, "n": problems}, fractions under the fixed profile.

    maj@k is over all samples, with ties at random. When the runs of one model differ in size, n is the smallest.
    """
    numbers: dict[str, dict[str, dict[str, float | int]]] = {}
    for task in results.tasks:
        for name in results.models:
            runs = [run for kind in results.kinds(task) if (run := results.run(task, name, kind))]
            scores = {run.kind: score.value for run in runs if (score := run.score())}
            if runs:
                n = min(run.summary.problems for run in runs)
                numbers.setdefault(task, {})[name] = {**scores, "n": n}
    return numbers


def _refuse_run_directory(out: Path) -> None:
    if any((out / name).exists() for name in (IDENTITY, MANIFEST)):
        raise RunDirectoryError(f"{out} holds a run; a report would overwrite its files. Choose another --out")


def _write_figures(results: Results, folder: Path) -> Iterator[FigureFiles]:
    if any(run.steps for run in results.train_runs):
        rows = loss_rows(results.train_runs)
        yield _save("Training loss against tokens", loss_curves(results.train_runs), rows, folder / "loss")
    for task in results.tasks:
        title = results.title(task)
        if any(results.sampled(task, model) for model in results.models):
            rows = accuracy_by_k_rows(results, task)
            stem = folder / f"{task}_accuracy_by_k"
            yield _save(f"{title}: accuracy against samples", accuracy_by_k(results, task), rows, stem)
        by: By
        for by in ("level", "subject"):
            rows = accuracy_by_part_rows(results, task, by)
            if rows:
                stem = folder / f"{task}_accuracy_by_{by}"
                yield _save(f"{title}: accuracy by {by}", accuracy_by_part(results, task, by), rows, stem)


def _write_proof_figures(proofs: Sequence[ProofRun], folder: Path) -> Iterator[FigureFiles]:
    for stem, title, figure, rows in proof_figures(proofs):
        yield _save(title, figure, rows, folder / stem)


def _save(title: str, figure: "Figure", rows: Sequence[Row], stem: Path) -> FigureFiles:
    return FigureFiles(title, *save_figure(figure, rows, stem))


def _tables_text(results: Results, proofs: Sequence[ProofRun]) -> str:
    evaluations = [
        results_table(results),
        perplexity_table(results),
        *card_tables(results),
        *(make(results, task) for task in results.tasks for make in (comparison_table, levels_table, subjects_table)),
        failures_table(results),
        failures_table(results, "paper"),
    ]
    tables = [*(evaluations if results.runs else []), *proof_tables(proofs)]
    return "# Results\n\n" + "\n".join(f"## {table.title}\n\n{table.markdown()}" for table in tables if table)
