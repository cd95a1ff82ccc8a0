"""`llemma grade`: grade a finished run again, without sampling."""

from pathlib import Path

import click


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="A new run directory. Default: RUN-regraded.")
def command(run: Path, out: Path | None) -> None:
    """Grade completions again, without sampling, under all profiles of their task.

    RUN is an evaluation run, or a file of the answers that Llemma's Sample Explorer shows (then both profiles are
    compared with the published verdicts).

    \b
    llemma grade runs/eval/continued-arithmetic-greedy
    llemma grade DIR/model_outputs/llemma_demo/samples.jsonl --out runs/published
    """
    from llemma.evaluate.published_samples import grade_published_samples, is_published_samples
    from llemma.evaluate.run import regrade
    from llemma.evaluate.show import show_agreement, show_summary
    from llemma.progress import say

    if is_published_samples(run):
        out = out or Path("runs/grade") / run.parent.name
        show_agreement(grade_published_samples(run, out))
    else:
        out = out or run.with_name(run.name + "-regraded")
        show_summary(regrade(run, out))
    say(f"every completion with its verdict: {out}/completions.jsonl")
