"""The demo in small: continued pretraining on word problems lifts a model that has seen general text only."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from llemma.config import load_recipe
from llemma.data.benchmarks import Benchmarks
from llemma.data.generators import arithmetic, general_text, lean_core
from llemma.data.shards import write_shards
from llemma.engines.spec import open_engine
from llemma.evaluate.run import evaluate
from llemma.evaluate.tactic_documents import tactic_documents
from llemma.models.tokenizer import load_tokenizer, train_tokenizer
from llemma.provers.lean_wasm.prover import LeanWasm
from llemma.provers.lean_wasm.runtime import Runtime
from llemma.provers.search import SearchOptions, search_all
from llemma.provers.suggest import EngineSuggester
from llemma.tasks import get_task
from llemma.train.loop import train
from llemma.train.recipe import TrainRecipe
from tests.conftest import ROOT, numbered
from tests.provers.conftest import lean_runtime  # noqa: F401


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the recipes of the demo carried out on one-step problems and a quarter of the tokens."""
    folder = tmp_path_factory.mktemp("demo")
    texts = {
        "general": [document.text for document in general_text.documents(1_500)],
        "arithmetic": [document.text for document in arithmetic.documents(12_000, levels=[1])],
    }
    train_tokenizer(texts["general"] + texts["arithmetic"], vocabulary_size=1024).save_pretrained(folder / "tokenizer")
    for name, documents in texts.items():
        write_shards(numbered(documents), load_tokenizer(folder / "tokenizer"), folder / name)
    shorter = ["data.validation={}", "optim.batch_sequences=8"]
    base = [f"tokenizer={folder}/tokenizer", f'data.sources=[{{path="{folder}/general"}}]', "optim.steps=50"]
    train(load_recipe(TrainRecipe, ROOT / "recipes/tiny/base.toml", base + shorter), folder / "base")
    mixture = f'data.sources=[{{path="{folder}/arithmetic", weight=0.95}}, {{path="{folder}/general", weight=0.05}}]'
    more = [f"init={folder}/base", mixture, "optim.steps=350"]
    train(load_recipe(TrainRecipe, ROOT / "recipes/tiny/continued.toml", more + shorter), folder / "continued")
    return folder


def _scores(runs: Path, model: str, samples: int) -> dict[str, Any]:
    task = replace(get_task("arithmetic"), problems=lambda _: arithmetic.problems("test", 100, levels=[1]))
    scores: dict[str, Any] = evaluate(
        task,
        open_engine(f"hf:{runs / model}"),
        runs / "eval" / f"{model}-{samples}",
        sampling=replace(task.sampling(samples, seed=0), max_new_tokens=64),
        samples=samples,
        benchmarks=Benchmarks(),
    )["profiles"]["fixed"]
    return scores


def test_continued_pretraining_lifts_the_score_from_near_zero(runs: Path) -> None:
    base, continued = (_scores(runs, model, 1)["accuracy"] for model in ("base", "continued"))
    assert base <= 0.05
    assert continued >= base + 0.2


def test_the_vote_is_at_least_as_good_as_the_mean_sample(runs: Path) -> None:
    scores = _scores(runs, "continued", 8)
    assert scores["maj"][-1]["mean"] >= scores["accuracy"]
    assert scores["pass"][-1]["mean"] >= scores["maj"][-1]["mean"]


def test_no_training_document_holds_a_test_question() -> None:
    test = {problem.question for problem in get_task("arithmetic").problems(Benchmarks())}
    documents = (document.text for document in arithmetic.documents(40_000, seed=0))
    assert not any(text.removeprefix("Problem:\n").split("\n\nSolution:")[0] in test for text in documents)


@pytest.mark.slow
def test_a_model_trained_on_other_theorems_proves_some_that_no_single_tactic_does(
    runs: Path,
    lean_runtime: Runtime,  # noqa: F811
) -> None:
    with LeanWasm(lean_runtime) as lean:
        known = lean_core.theorems("train", per_family=12)
        texts = [document.text for document in tactic_documents(known, lean)]
        write_shards(numbered(texts), load_tokenizer(runs / "tokenizer"), runs / "tactics")
        changes = [f"init={runs}/base", f'data.sources=[{{path="{runs}/tactics"}}]', "optim.steps=300"]
        train(load_recipe(TrainRecipe, ROOT / "recipes/tiny/prover.toml", changes), runs / "prover")
        suggest = EngineSuggester(open_engine(f"hf:{runs}/prover"), width=8, max_new_tokens=48)
        unseen = [theorem for theorem in lean_core.theorems("test") if theorem.level == "3"]
        options = SearchOptions(expansions=6)
        attempts = list(search_all(unseen, lean, suggest, options, at_once=8))
    assert sum(attempt.status == "solved" for attempt in attempts) >= len(unseen) // 10
