"""`llemma suggest`: next tactics for a goal, each tried."""

import sys
from pathlib import Path

import click


@click.command()
@click.argument("goal")
@click.argument("so_far", nargs=-1, metavar="[TACTIC]...")
@click.option("--model", help="hf:PATH_OR_NAME, vllm:PATH_OR_NAME, openai:URL#NAME.")
@click.option("--tactics", help="A comma list of tactics in place of a model. Default: the built-in list.")
@click.option("--width", type=click.IntRange(min=1), default=16, show_default=True, help="Suggestions of a model.")
@click.option("--prompt", type=click.Choice(("plain", "published")), default="plain", show_default=True)
@click.option("--project", type=click.Path(path_type=Path), help="A Lean project with Mathlib. Default: built-in Lean.")
@click.option("--prelude", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Lean source before it.")
@click.option(
    "--timeout",
    "timeout_s",
    type=click.FloatRange(min=0, min_open=True),
    help="Seconds a tactic. Default: 30; in a project 120.",
)
@click.option("--unsafe-tools", is_flag=True, help="Run the built-in Lean even where nothing can confine it.")
@click.option("--all", "shows_all", is_flag=True, help="Also tactics that fail, with the reason.")
def command(
    goal: str,
    so_far: tuple[str, ...],
    model: str | None,
    tactics: str | None,
    width: int,
    prompt: str,
    project: Path | None,
    prelude: Path | None,
    timeout_s: float | None,
    unsafe_tools: bool,
    shows_all: bool,
) -> None:
    """Print next tactics for a goal, each tried by Lean, those that prove it first.

    GOAL is a statement, or a tactic state as Lean prints it; - reads it from standard input. The TACTICs lead to the
    state to go on from.

    \b
    llemma suggest "(a b : Nat) (h : a < b) : a + 1 ≤ b"
    llemma suggest "(n : Nat) : n * (n + 1) % 2 = 0" "induction n" --model hf:runs/demo/prover
    """
    from llemma.config import check_recipe
    from llemma.data.benchmarks import Benchmarks
    from llemma.evaluate.check import read_lean_file
    from llemma.evaluate.prove import Proving, open_asked, suggester
    from llemma.evaluate.suggest import show_suggestions, statement_of, try_suggestions
    from llemma.provers.spec import open_prover
    from llemma.records import Theorem

    before = read_lean_file(prelude) if prelude else None
    imports = before.imports if before and len(before.imports) > 1 else None
    text = sys.stdin.read() if goal == "-" else goal
    theorem = Theorem("goal", statement_of(text), before.source if before else "")
    proving = check_recipe(Proving, {"profile": "fixed", "prompt": prompt, "width": width}, where="llemma suggest")
    asked = open_asked(model, tactics or (None if model else "baseline"))
    with open_prover(project, imports=imports, timeout_s=timeout_s, unsafe=unsafe_tools) as prover:
        state, tried = try_suggestions(theorem, so_far, prover, suggester(asked, proving, Benchmarks()))
    show_suggestions(state, tried, with_failures=shows_all)
