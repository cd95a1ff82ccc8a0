"""`llemma eval`: sample, grade and summarize one model on one task."""

from dataclasses import replace
from pathlib import Path

import click


@click.command()
@click.option("--model", required=True, help="hf:PATH_OR_NAME, or replay:FILE for recorded completions.")
@click.option("--task", "task_name", required=True, help="arithmetic, gsm8k, minerva_math.")
@click.option("--samples", type=click.IntRange(min=1), default=1, show_default=True, help="1 is greedy decoding.")
@click.option("--limit", type=click.IntRange(min=1), help="Only the first problems.")
@click.option("--seed", default=0, show_default=True)
@click.option("--temperature", type=click.FloatRange(min=0.0), help="Default: the task's published one.")
@click.option("--top-p", type=click.FloatRange(min=0.0, max=1.0, min_open=True), help="Default: the published one.")
@click.option("--max-new-tokens", type=click.IntRange(min=1), help="Default: the task's.")
@click.option("--benchmarks", type=click.Path(path_type=Path), help="Benchmark folder. Default: LLEMMA_BENCHMARKS.")
@click.option("--out", type=click.Path(path_type=Path), help="The run directory. Default: under runs/eval.")
def command(
    model: str,
    task_name: str,
    samples: int,
    limit: int | None,
    seed: int,
    temperature: float | None,
    top_p: float | None,
    max_new_tokens: int | None,
    benchmarks: Path | None,
    out: Path | None,
) -> None:
    """Evaluate a model on a task. With --samples above 1, completions are sampled and vote.

    The same command goes on with a killed run and samples nothing twice.

    \b
    llemma eval --model hf:runs/demo/continued --task arithmetic
    llemma eval --model hf:runs/demo/continued --task arithmetic --samples 16 --limit 100
    """
    from llemma.data.benchmarks import Benchmarks
    from llemma.progress import say
    from llemma.tasks import get_task

    task = get_task(task_name)
    published = task.sampling(samples, seed=seed)
    sampling = replace(
        published,
        temperature=published.temperature if temperature is None else temperature,
        top_p=top_p or published.top_p,
        max_new_tokens=max_new_tokens or published.max_new_tokens,
    )
    from llemma.engines.spec import open_engine
    from llemma.evaluate.run import evaluate
    from llemma.evaluate.show import show_summary

    engine = open_engine(model)
    way = "greedy" if samples == 1 else f"{samples}-samples"
    out = out or Path("runs/eval") / f"{engine.name}-{task.name}-{way}"
    try:
        summary = evaluate(
            task,
            engine,
            out,
            sampling=sampling,
            samples=samples,
            benchmarks=Benchmarks(benchmarks),
            limit=limit,
        )
    except KeyboardInterrupt:
        say(f"stopped. The same command goes on with what is in {out}")
        raise SystemExit(130) from None
    show_summary(summary)
    say(f"every completion with its verdict: {out}/completions.jsonl. Next: llemma report {out}")
