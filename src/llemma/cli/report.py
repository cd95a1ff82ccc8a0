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
    from llemma.report.report import write_report

    write_report(runs, out)
