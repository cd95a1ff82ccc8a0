"""The whole report: files, headline numbers, the model card, determinism, refusals."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from llemma.errors import RunDirectoryError, UnknownNameError, UserError
from llemma.report.report import write_report

pytest.importorskip("matplotlib")

Make = Callable[..., Path]


def front_matter_of(card: str) -> dict[str, Any]:
    """The card's YAML, read by PyYAML."""
    yaml = pytest.importorskip("yaml")
    opening, block, _ = card.split("---\n", 2)
    assert opening == ""
    matter: dict[str, Any] = yaml.safe_load(block)
    return matter


def test_a_report_has_a_card_tables_numbers_and_figures(
    demo_evals: list[Path], demo_trains: list[Path], tmp_path: Path
) -> None:
    files = write_report(demo_evals, demo_trains, tmp_path / "report")
    assert json.loads(files.summary.read_text(encoding="utf-8")) == {
        "arithmetic": {
            "base": {"greedy": 0.004, "maj@16": pytest.approx(0.002), "n": 500},
            "continued": {"greedy": 0.875, "maj@16": pytest.approx(0.925), "n": 500},
        },
        "gsm8k": {"continued": {"greedy": 0.0, "maj@16": pytest.approx(0.02), "n": 50}},
    }
    names = {path.name for path in (tmp_path / "report" / "figures").iterdir()}
    stems = ["loss", "arithmetic_accuracy_by_k", "arithmetic_accuracy_by_level", "arithmetic_accuracy_by_subject"]
    assert names == {f"{stem}.{kind}" for stem in [*stems, "gsm8k_accuracy_by_k"] for kind in ("svg", "png", "csv")}
    assert "## GSM8k: published and ours, %" in files.tables.read_text(encoding="utf-8")
    assert files.table.rows[0][:2] == ("base", "fixed")


def test_the_card_has_the_front_matter_of_hubs(demo_evals: list[Path], demo_trains: list[Path], tmp_path: Path) -> None:
    files = write_report(demo_evals, demo_trains, tmp_path / "report")
    matter = front_matter_of(files.readme.read_text(encoding="utf-8"))
    assert (matter["license"], matter["language"]) == ("mit", ["en"])
    assert (matter["library_name"], matter["pipeline_tag"]) == ("transformers", "text-generation")
    assert matter["datasets"] == ["arithmetic", "general"]
    assert "base_model" not in matter  # continued from a directory, not from a hub name
    (entry,) = matter["model-index"]
    assert entry["name"] == "continued"
    first = entry["results"][0]
    assert first["task"]["type"] == "text-generation"
    assert first["dataset"]["name"] == "Arithmetic"
    assert [metric["value"] for metric in first["metrics"]] == [87.5, 92.5]
    assert {metric["type"] for metric in first["metrics"]} == {"accuracy"}
    assert (files.readme.parent / first["metrics"][0]["args"]["run"]).resolve() == demo_evals[2].resolve()


def test_the_card_is_read_by_the_hubs_own_library(
    demo_evals: list[Path], demo_trains: list[Path], tmp_path: Path
) -> None:
    hub = pytest.importorskip("huggingface_hub")
    files = write_report(demo_evals, demo_trains, tmp_path / "report")
    results = hub.ModelCard(files.readme.read_text(encoding="utf-8")).data.eval_results
    assert [(result.dataset_type, result.metric_value) for result in results] == [
        ("llemma/arithmetic", 87.5),
        ("llemma/arithmetic", 92.5),
        ("openai/gsm8k", 0.0),
        ("openai/gsm8k", 2.0),
    ]


def test_every_link_and_picture_of_the_card_is_there(
    demo_evals: list[Path], demo_trains: list[Path], tmp_path: Path
) -> None:
    files = write_report(demo_evals, demo_trains, tmp_path / "report")
    links = re.findall(r"\]\(([^)]+)\)", files.readme.read_text(encoding="utf-8"))
    assert len(links) > 20
    assert [link for link in links if not (files.readme.parent / link).exists()] == []


def test_the_card_says_honestly_what_the_model_is(
    demo_evals: list[Path], demo_trains: list[Path], tmp_path: Path
) -> None:
    card = write_report(demo_evals, demo_trains, tmp_path / "report").readme.read_text(encoding="utf-8")
    assert "This is a tiny model made for a demonstration" in card
    assert "On GSM8k `continued` scores near zero (2.0 % at best)" in card
    assert "Only a part of the problems was used: GSM8k (n = 50)" in card
    assert "continued from `runs/base` on 2,457,600 tokens in 4 min 11 s" in card
    assert "`data/arithmetic`, 95.0 % of the tokens" in card
    assert "llemma eval --model hf:runs/continued --task gsm8k" in card


def test_the_recipe_in_the_card_is_toml(demo_evals: list[Path], demo_trains: list[Path], tmp_path: Path) -> None:
    import tomllib

    card = write_report(demo_evals, demo_trains, tmp_path / "report").readme.read_text(encoding="utf-8")
    recipes = [tomllib.loads(block) for block in re.findall(r"```toml\n(.*?)```", card, flags=re.DOTALL)]
    assert recipes[1]["init"] == "runs/base"
    assert recipes[1]["data"]["sources"][0] == {"path": "data/arithmetic", "weight": 0.95}


def test_a_hub_name_that_a_model_was_continued_from_is_its_base_model(
    make_eval: Make, make_train: Make, tmp_path: Path
) -> None:
    files = write_report([make_eval()], [make_train(init="codellama/CodeLlama-7b-hf")], tmp_path / "report")
    assert front_matter_of(files.readme.read_text(encoding="utf-8"))["base_model"] == "codellama/CodeLlama-7b-hf"


def test_the_same_runs_give_the_same_bytes(demo_evals: list[Path], demo_trains: list[Path], tmp_path: Path) -> None:
    once, again = tmp_path / "once", tmp_path / "again"
    for out in (once, again):
        write_report(demo_evals, demo_trains, out)
    names = [path.relative_to(once) for path in sorted(once.rglob("*")) if path.is_file()]
    assert len(names) == 18
    assert [name for name in names if (once / name).read_bytes() != (again / name).read_bytes()] == []


def test_a_report_without_training_runs_or_samples_is_whole(make_eval: Make, tmp_path: Path) -> None:
    files = write_report([make_eval("mine", "gsm8k")], [], tmp_path / "report")
    assert files.figures == ()
    card = files.readme.read_text(encoding="utf-8")
    assert "No training run was given" in card
    assert json.loads(files.summary.read_text()) == {"gsm8k": {"mine": {"greedy": 0.875, "n": 500}}}


def test_the_card_is_about_the_trained_model_unless_one_is_named(
    make_eval: Make, make_train: Make, tmp_path: Path
) -> None:
    runs = [make_eval("continued"), make_eval("llemma_34b", "gsm8k")]
    card = write_report(runs, [make_train("continued")], tmp_path / "report").readme.read_text(encoding="utf-8")
    assert "\n# continued\n" in card
    card = write_report(runs, [], tmp_path / "report", model="llemma_34b").readme.read_text(encoding="utf-8")
    assert "\n# llemma_34b\n" in card
    with pytest.raises(UnknownNameError, match=r"no evaluated model 'contined'\. Did you mean 'continued'"):
        write_report(runs, [], tmp_path / "report", model="contined")


def test_runs_of_different_size_report_the_smaller_n(make_eval: Make, tmp_path: Path) -> None:
    files = write_report([make_eval(problems=500), make_eval(problems=100, limit=100, samples=4)], [], tmp_path / "r")
    assert json.loads(files.summary.read_text())["arithmetic"]["continued"]["n"] == 100


def test_a_report_is_not_written_over_a_run(make_eval: Make) -> None:
    run = make_eval()
    before = (run / "summary.json").read_bytes()
    with pytest.raises(RunDirectoryError, match=f"{run} holds a run"):
        write_report([run], [], run)
    assert (run / "summary.json").read_bytes() == before


def test_nothing_to_report_is_the_users_mistake(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="at least one finished evaluation run"):
        write_report([], [], tmp_path / "report")
