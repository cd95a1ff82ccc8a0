"""`llemma report`: tables, figures and a model card from finished runs."""

from pathlib import Path

import click


@click.command()
@click.argument("runs", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option("--out", type=click.Path(path_type=Path), default=Path("runs/report"), show_default=True)
def command(runs: tuple[Path, ...], out: Path) -> None:
    """Print the result table of evaluation and training runs, and write tables, figures and a model card.

    \b
    llemma report runs/eval/* runs/train/* --out runs/report
    """
    from rich.console import Console

    from llemma.progress import say
    from llemma.report.report import write_report
    from llemma.report.results import split_runs

    evaluations, trainings = split_runs(runs)
    files = write_report(evaluations, trainings, out)
    Console().print(files.table.rich())
    say(f"model card: {files.readme}; tables, figures and summary.json beside it")
