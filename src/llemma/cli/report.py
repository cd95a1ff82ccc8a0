"""`llemma report`: tables, figures and a model card from finished runs."""

from pathlib import Path

import click


@click.command()
@click.argument("runs", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option("--out", type=click.Path(path_type=Path), default=Path("runs/report"), show_default=True)
def command(runs: tuple[Path, ...], out: Path) -> None:
    """Print the result tables of evaluation, proof and training runs, and write tables, figures and a model card.

    A folder of published proof searches can stand beside them.

    \b
    llemma report runs/eval/* runs/prove/* runs/train/* --out runs/report
    """
    from rich.console import Console

    from llemma.progress import say
    from llemma.report.proof_runs import split_proof_runs
    from llemma.report.report import write_report
    from llemma.report.results import split_runs

    proofs, others = split_proof_runs(runs)
    evaluations, trainings = split_runs(others)
    files = write_report(evaluations, trainings, out, proof_dirs=proofs)
    for table in filter(None, (files.table, *files.proof_tables)):
        Console().print(table.rich())
    say(f"{'model card' if files.table else 'report'}: {files.readme}; tables, figures and summary.json beside it")
