"""`llemma grade`: the verdict on every answer of a run or a file, without sampling."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from llemma.evaluate.answers import Input

_INPUT_OPTIONS = (
    click.argument("source", metavar="INPUT", type=click.Path(path_type=Path)),
    click.option("--out", type=click.Path(path_type=Path), help="A new run directory."),
    click.option("--profile", "profiles", help="fixed, paper, or paper,fixed to compare them."),
    click.option("--task", help="The benchmark whose rules grade a file. Default: general rules."),
    click.option("--completion-field", help="The column of completions, in which the answer is looked for."),
    click.option("--answer-field", help="The column of bare answers, instead of completions."),
    click.option("--reference-field", help="The column of right answers, or solutions with a box."),
    click.option("--id-field", help="The column that names the problem. Default: id, or the line number."),
)


def input_options(function: Callable[..., None]) -> Callable[..., None]:
    """Add the argument and the options that say what is graded, by which rules, and where the verdicts go.

    The function gets them as `source`, `given` (what `source` holds) and `out`.
    """

    @functools.wraps(function)
    def with_input(
        *,
        source: Path,
        out: Path | None,
        profiles: str | None,
        task: str | None,
        completion_field: str | None,
        answer_field: str | None,
        reference_field: str | None,
        id_field: str | None,
        **others: Any,
    ) -> None:
        from llemma.evaluate.answers import Columns
        from llemma.evaluate.grading_run import read_input

        names = None if profiles is None else list(dict.fromkeys(name.strip() for name in profiles.split(",")))
        columns = Columns(completion_field, answer_field, reference_field, id_field)
        given = read_input(source, columns=columns, task=task, profiles=names)
        function(source=source, given=given, out=out or _default_out(source), **others)

    decorated: Callable[..., None] = with_input
    for add in reversed(_INPUT_OPTIONS):
        decorated = add(decorated)
    return decorated


@click.command()
@input_options
@click.option("--explain", metavar="ID", help="Show how one verdict came about; ID#3 is sample 3. Writes nothing.")
def command(source: Path, given: "Input", out: Path, explain: str | None) -> None:
    """Grade completions or answers, without sampling.

    INPUT is an evaluation run; a sample log of lm-evaluation-harness (--log_samples); any .jsonl or .jsonl.zst with
    completions or answers and references in columns; or the answers that Llemma's Sample Explorer shows. A run is
    graded under all profiles of its task, a file under the fixed one. The same command goes on with a killed grading.

    \b
    llemma grade runs/eval/continued-arithmetic-greedy
    llemma grade samples_gsm8k.jsonl --task gsm8k --profile paper,fixed
    llemma grade answers.jsonl --answer-field pred --reference-field gold --out runs/grade/mine
    llemma grade answers.jsonl --explain 17
    """
    from llemma.evaluate.grading_run import DIFFERENCES, GRADES, explain_one
    from llemma.evaluate.show import show_agreement, show_differences, show_reasons, show_steps, show_summary
    from llemma.progress import say
    from llemma.storage import read_jsonl

    if explain is not None:
        show_steps(explain_one(given, explain))
        return
    summary = grade(given, out)
    if given.published:
        show_agreement(summary)
    else:
        show_summary(summary)
        show_reasons(summary)
    show_differences(list(read_jsonl(out / DIFFERENCES)))
    say(f"every verdict: {out}/{GRADES}. How one came about: llemma grade {source} --explain ID")


def grade(given: "Input", out: Path) -> dict[str, Any]:
    """Grade into `out` and return the summary; on Ctrl-C say how to go on and exit."""
    from llemma.evaluate.grading_run import grade_input
    from llemma.progress import say

    try:
        return grade_input(given, out)
    except KeyboardInterrupt:
        say(f"stopped. The same command goes on with what is in {out}")
        raise SystemExit(130) from None


def _default_out(source: Path) -> Path:
    """Return the run directory beside an evaluation run, or under runs/grade for a file."""
    if source.is_dir():
        return source.with_name(source.name + "-regraded")
    return Path("runs/grade") / source.name.removesuffix(".zst").removesuffix(".jsonl")
