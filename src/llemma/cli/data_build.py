"""`llemma data build`: a data set from a recipe."""

from pathlib import Path

import click


@click.command()
@click.argument("recipe", type=click.Path(path_type=Path))
@click.argument("overrides", nargs=-1)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="A new folder, or one to go on with.")
@click.option("--executor", type=click.Choice(("local", "ray")), default="local", show_default=True)
@click.option("--processes", type=click.IntRange(min=1), help="Of the local executor. Default: one a core.")
@click.option("--address", help="Of a running Ray cluster: HOST:PORT or auto. Default: one is started here.")
@click.option("--benchmarks", type=click.Path(path_type=Path), help="A folder with the protected benchmark files.")
def build(
    recipe: Path,
    overrides: tuple[str, ...],
    out: Path,
    executor: str,
    processes: int | None,
    address: str | None,
    benchmarks: Path | None,
) -> None:
    """Build a data set: read, extract, filter, leave out duplicates and benchmark text, split, tokenise.

    OVERRIDES are section.field=value. A killed build goes on where it was: run the same command again. At the end
    stands a data card, OUT/README.md.

    \b
    llemma data build recipes/data/tiny.toml --out runs/tiny_data
    """
    from llemma.config import load_recipe
    from llemma.data.build import build as build_data
    from llemma.data.executors import open_executor
    from llemma.data.recipe import DataRecipe
    from llemma.data.worker import Limits
    from llemma.progress import say
    from llemma.report.data_card import write_data_card

    checked = load_recipe(DataRecipe, recipe, overrides)
    limits = Limits(checked.limits.silence_s, checked.limits.memory_mb)
    workers = open_executor(executor, limits, processes=processes, address=address)
    try:
        facts = build_data(checked, out, workers, benchmarks=benchmarks)
    except KeyboardInterrupt:
        say(f"stopped. The same command goes on with what is in {out}")
        raise SystemExit(130) from None
    write_data_card(facts, out)
    say(f"data card -> {out / 'README.md'}. Next: llemma train with the mixture in {out / 'mixture.toml'}")
