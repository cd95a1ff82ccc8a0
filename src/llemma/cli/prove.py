"""`llemma prove`: look for proofs of theorems, with a model or with a fixed list of tactics."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from llemma.data.benchmarks import Benchmarks
    from llemma.engines.base import Engine
    from llemma.evaluate.prove import Theorems
    from llemma.provers.base import Prover


@click.command()
@click.argument("theorems")
@click.argument("fields", nargs=-1, metavar="[FIELD=VALUE]...")
@click.option("--model", help="hf:PATH_OR_NAME, vllm:PATH_OR_NAME, openai:URL#NAME.")
@click.option("--tactics", help="A comma list of tactics in place of a model, or `hammer` for the built-in list.")
@click.option("--samples", type=click.IntRange(min=1), help="Whole proofs a theorem, in place of a search.")
@click.option("--project", type=click.Path(path_type=Path), help="A Lean project with Mathlib. Default: built-in Lean.")
@click.option("--processes", type=click.IntRange(min=1), help="Lean processes. Default: one a core.")
@click.option("--limit", type=click.IntRange(min=1), help="Only the first theorems.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--benchmarks", type=click.Path(path_type=Path), help="Benchmark folder. Default: LLEMMA_BENCHMARKS.")
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
    seed: int,
    benchmarks: Path | None,
    out: Path | None,
) -> None:
    """Prove the theorems of a task (lean_core, minif2f_lean), or of a file (.jsonl or .lean).

    Every proof that counts was checked from scratch. The same command goes on with a killed run. Fields: profile
    (paper, fixed), prompt (published, plain), expansions, width, timeout_s, tactic_timeout_s, batch, at_once,
    beam_search, temperature, max_new_tokens.

    \b
    llemma prove lean_core --tactics omega,simp,grind
    llemma prove lean_core --model hf:runs/demo/prover profile=fixed width=8
    llemma prove minif2f_lean --model vllm:EleutherAI/llemma_7b --project ~/lean/minif2f
    """
    from llemma.config import check_recipe, override_values
    from llemma.data.benchmarks import Benchmarks
    from llemma.evaluate.prove import Proving, open_asked, prove
    from llemma.evaluate.show import show_proofs
    from llemma.progress import say
    from llemma.provers.spec import open_prover

    given = {**override_values(fields), "samples": samples, "limit": limit, "seed": seed}
    proving = check_recipe(Proving, given, where="llemma prove")
    available = Benchmarks(benchmarks)
    asked = open_asked(model, tactics)
    imports, timeout_s = _imports(theorems), proving.tactic_timeout_s
    with open_prover(project, imports=imports, timeout_s=timeout_s, processes=processes) as prover:
        wanted = _theorems(theorems, prover, available)
        out = out or Path("runs/prove") / f"{_label(asked)}-{wanted.name}"
        try:
            summary = prove(wanted, prover, asked, out, proving=proving, benchmarks=available)
        except KeyboardInterrupt:
            say(f"stopped. The same command goes on with what is in {out}")
            raise SystemExit(130) from None
    show_proofs(summary)
    say(f"every attempt with all its tactics: {out}/attempts.jsonl. Next: llemma report {out}")


def _label(asked: "Engine | Sequence[str]") -> str:
    return "tactics" if isinstance(asked, Sequence) else asked.name


def _theorems(name: str, prover: "Prover", benchmarks: "Benchmarks") -> "Theorems":
    from llemma.errors import UserError
    from llemma.evaluate.prove import Theorems, read_theorems
    from llemma.provers.lean_wasm.prover import LeanWasm
    from llemma.tasks import get_theorem_task

    path = Path(name)
    if name.endswith((".jsonl", ".jsonl.zst")):
        return Theorems(path.name.partition(".")[0], path.name, read_theorems(path))
    if path.suffix == ".lean":
        if not isinstance(prover, LeanWasm):
            raise UserError(
                f"{name}: theorems are taken out of .lean files by the built-in Lean only. Give a .jsonl file"
            )
        return Theorems(path.stem, path.name, prover.theorems_in(path.read_text(encoding="utf-8")))
    task = get_theorem_task(name)
    return Theorems(task.name, task.title, task.theorems(benchmarks))


def _imports(name: str) -> Sequence[str]:
    from llemma.tasks import get_theorem_task

    return ("Init",) if name.endswith((".jsonl", ".jsonl.zst", ".lean")) else get_theorem_task(name).imports
