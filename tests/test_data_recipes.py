"""The data recipes and docs/data.md: all recipes load, the mixture and the thresholds are the published ones."""

import re
import shlex
import tomllib
from pathlib import Path
from typing import Any, get_args

import click
import pytest

from llemma.cli.main import cli
from llemma.config import check_recipe, load_recipe
from llemma.data.benchmarks import PROBLEM_SETS
from llemma.data.filters.math_score import MathScore
from llemma.data.filters.perplexity import Perplexity
from llemma.data.filters.source_code_rules import RULES
from llemma.data.recipe import AnySource, AnyStep, DataRecipe
from llemma.data.steps import Row, to_batch
from tests.conftest import ROOT

FOLDER = ROOT / "recipes/data"
GUIDE = (ROOT / "docs/data.md").read_text()
RECIPES = sorted(FOLDER.glob("*.toml"))
PUBLISHED = [path for path in RECIPES if path.stem not in ("tiny", "corpus_sample")]
CHEAP_FIRST = ["prefilter", "web_page", "urls", "web_text", "language", "math_score", "perplexity"]
SHARES = {"arxiv": 27.14, "web": 54.29, "code": 13.57, "general_text": 2.00, "general_code": 3.00}


COMMANDS = {
    line.split("   #")[0].removeprefix("#").strip()
    for text in (GUIDE, *(path.read_text() for path in RECIPES))
    for line in text.splitlines()
    if re.match(r"(#\s+)?llemma \w", line)
}


def recipe(name: str) -> DataRecipe:
    return load_recipe(DataRecipe, FOLDER / f"{name}.toml")


def steps_of(name: str, part: str, entry: str) -> list[Any]:
    inputs = next(found.inputs for found in recipe(name).parts if found.name == part)
    return next(found.steps for found in inputs if found.name == entry)


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_loads(path: Path) -> None:
    assert load_recipe(DataRecipe, path).parts


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: path.stem)
def test_a_recipe_begins_with_its_source_and_gives_the_commands(path: Path) -> None:
    lines = path.read_text().splitlines()
    assert re.match(r"# .*arXiv 23\d\d\.\d{5}, section \d", lines[0])
    command = f"#   llemma data build recipes/data/{path.name} --out runs/data/"
    assert all(line.startswith(command) for line in lines[1:3])
    assert lines[2].endswith(" --executor ray --address HOST:PORT")


@pytest.mark.parametrize("name", ["proof_pile_2", "published"])
def test_the_mixture_is_that_of_llemma(name: str) -> None:
    weights = {part.name: part.weight for part in recipe(name).parts}
    total = sum(weights.values())
    assert {part: round(100 * weight / total, 2) for part, weight in weights.items()} == SHARES


@pytest.mark.parametrize("name", ["proof_pile_2", "published"])
def test_the_data_card_counts_the_epochs_of_llemma_7b(name: str) -> None:
    tokens = recipe(name).tokens
    assert tokens is not None
    assert (tokens.tokenizer, tokens.budget) == ("codellama/CodeLlama-7b-hf", 200_000_000_000)


@pytest.mark.parametrize("name", ["proof_pile_2", "algebraic_stack"])
def test_algebraic_stack_has_all_17_languages(name: str) -> None:
    inputs = [entry for part in recipe(name).parts if part.name == "code" for entry in part.inputs]
    languages = [entry.source.language for entry in inputs if entry.source.source == "rows"]
    languages += [name for entry in inputs if entry.source.source == "repositories" for name in entry.source.languages]
    assert sorted(languages) == sorted(RULES)


@pytest.mark.parametrize(
    ("name", "part", "entry"),
    [
        ("proof_pile_2", "web", "common_crawl"),
        ("open_web_math", "web", "common_crawl"),
        ("corpus_sample", "web", "pages"),
    ],
)
def test_pages_go_through_the_cheap_steps_first(name: str, part: str, entry: str) -> None:
    assert [step.step for step in steps_of(name, part, entry)] == CHEAP_FIRST


def test_pages_are_judged_by_the_published_thresholds() -> None:
    steps = {step.step: step for step in steps_of("proof_pile_2", "web", "common_crawl")}
    score: MathScore = steps["math_score"]
    perplexity: Perplexity = steps["perplexity"]
    assert (score.min_score_with_formula, score.min_score_without) == (0.17, 0.8)
    assert perplexity.max_perplexity == 15_000
    assert steps["language"].min_english == 0.5
    assert (steps["web_text"].min_characters, steps["web_text"].max_accented) == (100, 0.015)
    assert steps["prefilter"].forms == "published"


def test_a_part_has_in_its_own_recipe_what_it_has_in_the_whole() -> None:
    whole = {part.name: part.inputs for part in recipe("proof_pile_2").parts}
    for name in ("arxiv", "open_web_math", "algebraic_stack"):
        (part,) = recipe(name).parts
        assert part.inputs == whole[part.name], name


def test_the_published_corpus_is_taken_as_it_is() -> None:
    published = recipe("published")
    assert published.dedup is None
    assert published.decontaminate is None
    assert not any(entry.steps for part in published.parts for entry in part.inputs)


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_what_is_protected_is_a_known_benchmark_or_a_file(path: Path) -> None:
    found = load_recipe(DataRecipe, path).decontaminate
    names = [name for name in (found.protected if found else []) if "/" not in name]
    assert set(names) <= set(PROBLEM_SETS)


def test_a_hundredth_of_each_part_is_held_out_as_published() -> None:
    for name in ("proof_pile_2", "algebraic_stack", "arxiv"):
        split = recipe(name).split
        assert (split.validation, split.test) == (0.005, 0.005)


@pytest.mark.parametrize("line", sorted(COMMANDS))
def test_a_command_of_the_guide_and_of_the_recipes_is_accepted(line: str) -> None:
    arguments = shlex.split(line)[1:]
    context, command = click.Context(cli), cli.get_command(click.Context(cli), arguments.pop(0))
    while isinstance(command, click.Group):
        command = command.get_command(context, arguments.pop(0))
    assert command is not None
    command.make_parser(click.Context(command)).parse_args(arguments)


@pytest.mark.parametrize("block", re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL), ids=lambda block: block[:20])
def test_a_recipe_of_the_guide_loads(block: str) -> None:
    assert check_recipe(DataRecipe, tomllib.loads(block), where="docs/data.md").parts


def test_the_guide_names_every_source_and_step() -> None:
    sources, steps = (get_args(get_args(union)[0]) for union in (AnySource, AnyStep))
    names = [kind.model_fields["source"].default for kind in sources]
    names += [kind.model_fields["step"].default for kind in steps]
    assert [name for name in names if not re.search(rf"^\|.*`{name}`.*\|", GUIDE, re.MULTILINE)] == []


def test_the_step_of_the_guide_drops_what_it_says() -> None:
    source = next(block for block in re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL) if "Filter" in block)
    names: dict[str, Any] = {"__name__": __name__}
    exec(source, names)  # noqa: S102
    batch = names["Marked"]()(to_batch([Row("a", text="a theorem"), Row("b", text="a remark")]))
    assert batch.column("reason").to_pylist() == [None, "unmarked"]
