"""`llemma vote`: majority voting over several samples a problem."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from llemma.cli.grade import grade, input_options

if TYPE_CHECKING:
    from llemma.evaluate.answers import Input


@click.command()
@input_options
def command(source: Path, given: "Input", out: Path) -> None:
    """Grade k samples a problem and let them vote: maj@k and pass@k for every k.

    INPUT is what `llemma grade` takes. The samples of a problem are rows of the same id (numbered by a column
    `sample`, else in order), or a list in one row. It goes on with, or reuses, what `llemma grade` wrote.

    \b
    llemma vote runs/eval/continued-arithmetic-16-samples
    llemma vote samples.jsonl.zst --task minerva_math --completion-field output --id-field problem
    """
    from llemma.errors import UserError
    from llemma.evaluate.grading_run import VOTES
    from llemma.evaluate.show import show_vote
    from llemma.progress import say
    from llemma.storage import read_jsonl

    if not given.has_several_samples:
        raise UserError(f"{source}: one sample a problem cannot vote. Rows of the same id are samples: see --id-field")
    summary = grade(given, out)
    show_vote(summary, list(read_jsonl(out / VOTES)))
    say(f"every vote: {out}/{VOTES}; every k: {out}/summary.json. Every verdict: llemma grade {source} --out {out}")
