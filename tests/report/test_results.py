"""Reading run directories for a report, and refusing what is none."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from llemma.errors import RunDirectoryError, UserError
from llemma.report.results import Measured, read_results, read_train_run, split_runs

Make = Callable[..., Path]


def test_runs_are_grouped_by_model_and_task_in_the_order_given(demo_evals: list[Path]) -> None:
    results = read_results(demo_evals)
    assert results.models == ("base", "continued")
    assert results.tasks == ("arithmetic", "gsm8k")
    assert results.kinds("arithmetic") == ("greedy", "maj@16")


def test_a_run_scores_its_greedy_accuracy_or_its_vote_over_all_samples(make_eval: Make) -> None:
    results = read_results([make_eval(accuracy=0.875), make_eval(accuracy=0.851, vote=0.925, samples=16)])
    greedy, voted = (run.score() for run in results.runs)
    assert greedy == Measured(0.875, pytest.approx((0.875 * 0.125 / 500) ** 0.5))
    assert voted is not None
    assert voted.value == pytest.approx(0.925)
    assert results.runs[1].score("no such profile") is None


def test_one_sample_at_a_temperature_is_not_greedy(make_eval: Make) -> None:
    path = make_eval()
    manifest = json.loads((path / "manifest.json").read_text())
    manifest["identity"]["sampling"]["temperature"] = 0.6
    (path / "manifest.json").write_text(json.dumps(manifest))
    assert read_results([path]).kinds("arithmetic") == ("maj@1",)


def test_a_directory_given_twice_is_read_once(make_eval: Make) -> None:
    path = make_eval()
    assert len(read_results([path, path.parent / "." / path.name]).runs) == 1


def test_two_protocols_for_one_number_are_refused_naming_both(make_eval: Make) -> None:
    one, two = make_eval(name="one"), make_eval(name="two", protocol="other")
    with pytest.raises(UserError, match=f"different protocols: {one} and {two}"):
        read_results([one, two])


def test_two_runs_for_one_number_are_refused_naming_both(make_eval: Make) -> None:
    one, two = make_eval(name="one"), make_eval(name="two")
    with pytest.raises(UserError, match=f"{one} and {two}. Give one"):
        read_results([one, two])


def test_two_models_of_one_name_are_refused(make_eval: Make) -> None:
    one = make_eval("final", fingerprint="aa")
    two = make_eval("final", "gsm8k", fingerprint="bb")
    with pytest.raises(UserError, match="two models are called 'final'"):
        read_results([one, two])


def test_what_is_no_finished_run_is_refused_by_name(tmp_path: Path, make_eval: Make, make_train: Make) -> None:
    with pytest.raises(RunDirectoryError, match="nowhere is not a run directory"):
        read_results([tmp_path / "nowhere"])
    unfinished = make_eval()
    (unfinished / "manifest.json").rename(unfinished / "identity.json")
    with pytest.raises(RunDirectoryError, match=f"{unfinished} is not finished"):
        read_results([unfinished])
    train = make_train()
    with pytest.raises(RunDirectoryError, match=f"{train} is a training run, not an evaluation run"):
        read_results([train])
    with pytest.raises(RunDirectoryError, match="is not a training run"):
        read_results([], [make_eval("other")])


def test_a_summary_of_another_form_is_refused_with_its_place(make_eval: Make) -> None:
    path = make_eval()
    summary = json.loads((path / "summary.json").read_text())
    summary["profiles"]["fixed"]["accuracy"] = "high"
    (path / "summary.json").write_text(json.dumps(summary))
    with pytest.raises(RunDirectoryError, match=r"summary\.json: profiles\.fixed\.accuracy"):
        read_results([path])
    (path / "summary.json").unlink()
    with pytest.raises(RunDirectoryError, match=r"no summary\.json in it"):
        read_results([path])


def test_one_problem_has_no_standard_error(make_eval: Make) -> None:
    path = make_eval()
    summary = json.loads((path / "summary.json").read_text())
    summary["profiles"]["fixed"]["stderr"] = None
    (path / "summary.json").write_text(json.dumps(summary))
    assert read_results([path]).runs[0].score() == Measured(0.875, None)


def test_runs_of_both_sorts_are_told_apart(make_eval: Make, make_train: Make) -> None:
    evaluation, training = make_eval(), make_train()
    assert split_runs([training, evaluation]) == ([evaluation], [training])


def test_a_step_logged_twice_after_a_resume_counts_once(make_train: Make) -> None:
    path = make_train(steps=3)
    with (path / "metrics.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"step": 3, "tokens": 24576, "loss": 0.25}\n{"step": 3, "validation": {"m": 0.5}}\n')
    run = read_train_run(path)
    assert [step.step for step in run.steps] == [1, 2, 3]
    assert run.steps[-1].loss == 0.25
    assert run.steps[-1].validation == {"m": 0.5}


def test_training_runs_of_one_name_are_told_apart_by_their_path(make_train: Make) -> None:
    one, two = make_train("a/model"), make_train("b/model")
    assert [run.name for run in read_results([], [one, two]).train_runs] == [str(one), str(two)]
    assert [run.name for run in read_results([], [one]).train_runs] == ["model"]
