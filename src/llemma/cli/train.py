"""`llemma train`: train a model as a recipe says."""

from pathlib import Path

import click


@click.command()
@click.argument("recipe", type=click.Path(path_type=Path))
@click.argument("overrides", nargs=-1, metavar="[SECTION.FIELD=VALUE]...")
@click.option("--out", type=click.Path(path_type=Path), help="The run directory. Default: runs/train/RECIPE's name.")
def command(recipe: Path, overrides: tuple[str, ...], out: Path | None) -> None:
    """Train a model from scratch, or continue one (`init` in the recipe).

    The run directory is also the finished model in Hugging Face format. The same command goes on with a killed run.

    \b
    llemma train recipes/tiny/base.toml
    llemma train recipes/tiny/base.toml optim.steps=500 seed=1 --out runs/short
    """
    from llemma.config import load_recipe
    from llemma.progress import say
    from llemma.train.recipe import TrainRecipe

    checked = load_recipe(TrainRecipe, recipe, overrides)
    out = out or Path("runs/train") / recipe.stem
    from llemma.train.loop import train  # after the recipe is known to be good: torch takes seconds to import

    try:
        train(checked, out)
    except KeyboardInterrupt:
        say(f"stopped. The same command goes on from the newest checkpoint in {out}")
        raise SystemExit(130) from None
    _plot_loss(out)
    say(f"Next: llemma eval --model hf:{out} --task arithmetic")


def _plot_loss(run: Path) -> None:
    """Draw the loss curve into the run directory, where matplotlib is installed."""
    from llemma.errors import MissingPackageError
    from llemma.progress import say
    from llemma.report.drawing import save_figure
    from llemma.report.figures import loss_curves, loss_rows
    from llemma.report.results import read_train_run

    runs = [read_train_run(run)]
    try:
        _, picture, _ = save_figure(loss_curves(runs), loss_rows(runs), run / "loss")
    except MissingPackageError as error:
        say(f"no loss plot: {error}")
    else:
        say(f"loss curve: {picture}")
