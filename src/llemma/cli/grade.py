"""`llemma grade`: grade a finished run again, without sampling."""

from pathlib import Path

import click


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="A new run directory. Default: RUN-regraded.")
def command(run: Path, out: Path | None) -> None:
    """Grade the completions of an evaluation run again, under all profiles of its task.

    \b
    llemma grade runs/eval/continued-arithmetic-greedy
    """
    from llemma.evaluate.run import regrade
    from llemma.evaluate.show import show_summary
    from llemma.progress import say

    out = out or run.with_name(run.name + "-regraded")
    show_summary(regrade(run, out))
    say(f"every completion with its verdict: {out}/completions.jsonl")
