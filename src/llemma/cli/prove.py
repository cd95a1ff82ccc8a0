"""`llemma prove`: look for proofs of theorems, with a model or with a fixed list of tactics."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from llemma.engines.base import Engine


@click.command()
@click.argument("theorems")
@click.argument("fields", nargs=-1, metavar="[FIELD=VALUE]...")
@click.option("--model", help="hf:PATH_OR_NAME, vllm:PATH_OR_NAME, openai:URL#NAME.")
@click.option("--tactics", help="A comma list of tactics in place of a model, or `baseline` for the built-in list.")
@click.option("--samples", type=click.IntRange(min=1), help="Whole proofs a theorem, in place of a search.")
@click.option("--project", type=click.Path(path_type=Path), help="A Lean project with Mathlib. Default: built-in Lean.")
@click.option("--processes", type=click.IntRange(min=1), help="Lean processes. Default: one a core; in a project one.")
@click.option("--limit", type=click.IntRange(min=1), help="Only the first theorems.")
@click.option("--seed", type=int, help="Default: 0.")
@click.option("--benchmarks", type=click.Path(path_type=Path), help="Benchmark folder. Default: LLEMMA_BENCHMARKS.")
@click.option("--unsafe-tools", is_flag=True, help="Run the built-in Lean even where nothing can confine it.")
@click.option("--out", type=click.Path(path_type=Path), help="The run directory.")
def command(
    theorems: str,
    fields: tuple[str, ...],
    model: str | None,
    tactics: str | None,
    samples: int | None,
    project: Path | None,
    processes: int | None,
    limit: int | None,
    seed: int | None,
    benchmarks: Path | None,
    unsafe_tools: bool,
    out: Path | None,
) -> None:
    """Prove the theorems of a task (lean_core, minif2f_lean), or of a file (.jsonl or .lean).

    Every proof that counts was checked from scratch. The same command goes on with a killed run. Fields: split (of a
    task: test, valid, train), profile (paper, fixed), prompt (published, plain), expansions, width, timeout_s,
    tactic_timeout_s, batch, at_once, beam_search, temperature, max_new_tokens.

    \b
    llemma prove lean_core --tactics omega,simp,grind
    llemma prove lean_core --model hf:runs/demo/prover profile=fixed width=8
    llemma prove minif2f_lean --model vllm:EleutherAI/llemma_7b --project ~/lean/minif2f
    """
    from llemma.config import check_recipe, override_values
    from llemma.data.benchmarks import Benchmarks
    from llemma.evaluate.prove import Proving, open_asked, prove
    from llemma.evaluate.show import show_proofs
    from llemma.evaluate.theorems import find_theorems
    from llemma.progress import say
    from llemma.provers.spec import open_prover

    chosen = {"samples": samples, "limit": limit, "seed": seed}
    given = {name: value for name, value in chosen.items() if value is not None}
    proving = check_recipe(Proving, {**given, **override_values(fields)}, where="llemma prove")
    available = Benchmarks(benchmarks)
    source = find_theorems(theorems, benchmarks=available, split=proving.split)
    with open_prover(
        project,
        imports=source.imports,
        timeout_s=proving.tactic_timeout_s,
        processes=processes,
        unsafe=unsafe_tools,
    ) as prover:
        wanted = source.read(prover)
        asked = open_asked(model, tactics)
        out = out or Path("runs/prove") / f"{_label(asked)}-{wanted.name}{_ending(proving.samples)}"
        try:
            summary = prove(wanted, prover, asked, out, proving=proving, benchmarks=available)
        except KeyboardInterrupt:
            say(f"stopped. The same command goes on with what is in {out}")
            raise SystemExit(130) from None
    show_proofs(summary)
    say(f"every attempt with all its tactics: {out}/attempts.jsonl. Next: llemma report {out}")


def _label(asked: "Engine | Sequence[str]") -> str:
    return "tactics" if isinstance(asked, Sequence) else Path(asked.name).name


def _ending(samples: int | None) -> str:
    return f"-{samples}-samples" if samples else ""
