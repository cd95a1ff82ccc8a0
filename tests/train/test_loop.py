import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from llemma.data.loader import document_positions
from llemma.data.shards import open_shards, write_shards
from llemma.errors import CheckpointError, DivergedError, RecipeError, RunDirectoryError
from llemma.models.checkpoint import load_model
from llemma.models.tokenizer import load_tokenizer, train_tokenizer
from llemma.runs import is_finished, read_manifest
from llemma.storage import read_jsonl
from llemma.train import loop
from llemma.train.loop import train
from llemma.train.optim import Optimizer
from tests.conftest import make_texts, numbered


def _metrics(run: Path) -> list[dict[str, Any]]:
    return [{k: v for k, v in row.items() if k != "tokens_per_s"} for row in read_jsonl(run / "metrics.jsonl")]


def _weights(run: Path) -> dict[str, torch.Tensor]:
    return load_file(run / "model.safetensors")


def _assert_same_run(a: Path, b: Path) -> None:
    assert _metrics(a) == _metrics(b)
    first, second = _weights(a), _weights(b)
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_training_lowers_the_loss(make_recipe: Any, tmp_path: Path, optimizer: str, precision: str) -> None:
    train(make_recipe(optim__optimizer=optimizer, precision=precision, optim__steps=60), tmp_path / "run")
    losses = [row["loss"] for row in _metrics(tmp_path / "run")]
    assert losses[0] == pytest.approx(5.7, abs=0.3)  # ln 300, the vocabulary
    assert losses[-1] < 0.7 * losses[0]


def test_a_run_stopped_and_resumed_equals_an_uninterrupted_one_bit_for_bit(
    make_recipe: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(make_recipe(), tmp_path / "whole")
    update, calls = loop._update, []

    def stop_at_seven(*args: Any) -> tuple[float, float]:
        calls.append(1)
        if len(calls) == 7:
            raise OSError("killed")
        return update(*args)

    monkeypatch.setattr(loop, "_update", stop_at_seven)
    with pytest.raises(OSError, match="killed"):
        train(make_recipe(), tmp_path / "parts")
    monkeypatch.undo()
    assert not is_finished(tmp_path / "parts")
    assert _metrics(tmp_path / "parts")[-1]["step"] == 6  # two steps past the checkpoint: they are done again
    train(make_recipe(), tmp_path / "parts")
    _assert_same_run(tmp_path / "whole", tmp_path / "parts")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_process_resumes_to_the_same_weights(make_recipe: Any, tmp_path: Path, number: signal.Signals) -> None:
    recipe = make_recipe(optim__steps=60)
    train(recipe, tmp_path / "whole")
    code = (
        "import sys; from pathlib import Path; from llemma.train.loop import train; "
        "from llemma.train.recipe import TrainRecipe; "
        "train(TrainRecipe.model_validate_json(sys.argv[1]), Path(sys.argv[2]))"
    )
    environment = {**os.environ, "OMP_NUM_THREADS": str(torch.get_num_threads())}
    process = subprocess.Popen(
        [sys.executable, "-c", code, recipe.model_dump_json(), str(tmp_path / "parts")],
        env=environment,
        stderr=subprocess.PIPE,
    )
    deadline = time.monotonic() + 120
    while not list((tmp_path / "parts").glob("checkpoints/step-0000000*")) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode != 0
    assert not is_finished(tmp_path / "parts")
    train(recipe, tmp_path / "parts")
    _assert_same_run(tmp_path / "whole", tmp_path / "parts")


def test_a_finished_run_is_skipped_and_another_recipe_is_refused(make_recipe: Any, tmp_path: Path) -> None:
    train(make_recipe(optim__steps=2), tmp_path / "run")
    before = (tmp_path / "run/manifest.json").stat().st_mtime_ns
    train(make_recipe(optim__steps=2), tmp_path / "run")
    assert (tmp_path / "run/manifest.json").stat().st_mtime_ns == before
    with pytest.raises(RunDirectoryError, match=r"recipe\.seed: 0 there, 1 here"):
        train(make_recipe(optim__steps=2, seed=1), tmp_path / "run")


def test_micro_batches_give_the_gradient_of_the_whole_batch(make_recipe: Any, tmp_path: Path) -> None:
    train(make_recipe(optim__steps=3), tmp_path / "whole")
    train(make_recipe(optim__steps=3, optim__micro_batch_sequences=1), tmp_path / "parts")
    for a, b in zip(_metrics(tmp_path / "whole"), _metrics(tmp_path / "parts"), strict=True):
        assert a["loss"] == pytest.approx(b["loss"], rel=1e-5)
        assert a["grad_norm"] == pytest.approx(b["grad_norm"], rel=1e-4)


def test_separate_documents_do_not_attend_to_each_other(make_recipe: Any, tmp_path: Path) -> None:
    train(make_recipe(optim__steps=2), tmp_path / "run")
    model = load_model(tmp_path / "run").model
    embeddings = model.get_input_embeddings()
    tokens = torch.tensor([[0, 5, 6, 7, 0, 8, 9, 10, 11, 0, 12, 13]])
    positions = torch.from_numpy(document_positions(tokens.numpy(), 0))

    def logits(ids: torch.Tensor, places: torch.Tensor | None) -> torch.Tensor:
        return model(input_ids=ids, position_ids=places, use_cache=False).logits

    with torch.no_grad():
        packed = logits(tokens, positions)
        alone = logits(tokens[:, 4:9], None)
        changed = tokens.clone()
        changed[0, 2] = 99
        joined = logits(tokens, None)
    torch.testing.assert_close(packed[:, 4:9], alone, atol=1e-4, rtol=0)
    with torch.no_grad():
        assert torch.equal(logits(changed, positions)[:, 4:], packed[:, 4:])
    assert (joined[:, 4:9] - alone).abs().max() > 1e-3  # the paper's way does attend across
    inputs = embeddings(tokens).detach().requires_grad_()
    output = model(inputs_embeds=inputs, position_ids=positions, use_cache=False).logits
    output[:, 4:9].sum().backward()
    assert inputs.grad is not None
    assert inputs.grad[:, :4].abs().max() == inputs.grad[:, 9:].abs().max() == 0
    assert inputs.grad[:, 4:9].abs().max() > 0


def test_the_switch_between_separate_and_joined_documents_changes_the_loss(make_recipe: Any, tmp_path: Path) -> None:
    # a model that knows something sees a difference; at step 1 it does not matter which weights it has
    train(make_recipe(optim__steps=20), tmp_path / "separate")
    train(make_recipe(optim__steps=20, data__documents="joined"), tmp_path / "joined")
    assert _metrics(tmp_path / "separate")[-1]["loss"] != _metrics(tmp_path / "joined")[-1]["loss"]


def test_training_goes_on_from_a_model_with_another_rope_base(make_recipe: Any, tmp_path: Path) -> None:
    train(make_recipe(optim__steps=4), tmp_path / "base")
    changes = {"model": None, "tokenizer": None, "init": str(tmp_path / "base"), "optim__steps": 2}
    train(make_recipe(**changes), tmp_path / "same")
    train(make_recipe(**changes, rope_theta=100.0), tmp_path / "other")
    assert load_model(tmp_path / "same").model.config.rope_parameters["rope_theta"] == 10_000.0
    assert load_model(tmp_path / "other").model.config.rope_parameters["rope_theta"] == 100.0
    first = _metrics(tmp_path / "same")[0]["loss"]
    assert first < _metrics(tmp_path / "base")[0]["loss"]  # it begins with what the base knows
    assert first != _metrics(tmp_path / "other")[0]["loss"]  # the base is in force from the first step


def test_validation_losses_are_written_and_the_manifest_says_what_was_read(
    make_recipe: Any, tmp_path: Path, tiny_data: Path
) -> None:
    recipe = make_recipe(data__validation={"other": str(tiny_data / "other")}, validate_every=5)
    train(recipe, tmp_path / "run")
    steps = [row["step"] for row in _metrics(tmp_path / "run") if "validation" in row]
    assert steps == [5, 10, 12]
    manifest = read_manifest(tmp_path / "run")
    assert manifest["tokens"] == 12 * 4 * 32
    sequences = sum((len(file) - 1) // 32 for file in open_shards(tiny_data / "shards").files)
    assert manifest["epochs"][str(tiny_data / "shards")] == pytest.approx(12 * 4 / sequences)
    assert manifest["parameters"] == sum(weight.numel() for weight in _weights(tmp_path / "run").values())


def test_a_loss_that_is_not_a_number_stops_with_the_step_and_the_checkpoint_stays(
    make_recipe: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mean_loss = loop._mean_loss

    def poisoned(run: Any, batch: Any) -> torch.Tensor:
        return mean_loss(run, batch) * (float("nan") if run.step == 9 else 1.0)

    monkeypatch.setattr(loop, "_mean_loss", poisoned)
    with pytest.raises(DivergedError, match=r"step 10: the loss is nan .*step-00000008"):
        train(make_recipe(), tmp_path / "run")
    assert load_model(tmp_path / "run/checkpoints/step-00000008")
    monkeypatch.undo()
    train(make_recipe(), tmp_path / "run")
    train(make_recipe(), tmp_path / "whole")
    _assert_same_run(tmp_path / "run", tmp_path / "whole")


def test_an_exploding_loss_stops_with_the_step(make_recipe: Any, tmp_path: Path) -> None:
    recipe = make_recipe(optim__optimizer="adamw", optim__learning_rate=30.0, optim__warmup_steps=0)
    with pytest.raises(DivergedError, match=r"step \d+: the loss jumped to .*There is no checkpoint yet"):
        train(recipe, tmp_path / "run")


def test_only_the_newest_checkpoints_are_kept(make_recipe: Any, tmp_path: Path) -> None:
    train(make_recipe(keep_checkpoints=1), tmp_path / "run")
    assert [folder.name for folder in (tmp_path / "run/checkpoints").iterdir()] == ["step-00000012"]


def test_a_damaged_checkpoint_is_named(make_recipe: Any, tmp_path: Path) -> None:
    train(make_recipe(), tmp_path / "run")
    (tmp_path / "run/manifest.json").unlink()
    (tmp_path / "run/checkpoints/step-00000012/trainer.pt").write_bytes(b"cut")
    with pytest.raises(CheckpointError, match=r"step-00000012/trainer.pt: cannot be read .*Delete this checkpoint"):
        train(make_recipe(), tmp_path / "run")


def test_shards_of_another_tokenizer_are_refused(make_recipe: Any, tmp_path: Path) -> None:
    other = train_tokenizer(make_texts(50), vocabulary_size=270)
    write_shards(numbered(make_texts(50)), other, tmp_path / "shards")
    with pytest.raises(CheckpointError, match=r"another tokenizer \(270 tokens\) than that of .*\(300\)"):
        train(make_recipe(data__sources=[{"path": str(tmp_path / "shards")}]), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_tokenizer_larger_than_the_model_is_refused(make_recipe: Any, tmp_path: Path, tiny_data: Path) -> None:
    train(make_recipe(optim__steps=1), tmp_path / "base")
    bigger = train_tokenizer([text + text.upper() for text in make_texts(400)], vocabulary_size=320)
    bigger.save_pretrained(tmp_path / "base")
    write_shards(numbered(make_texts(50)), bigger, tmp_path / "shards")
    changes = {"model": None, "tokenizer": None, "init": str(tmp_path / "base")}
    with pytest.raises(CheckpointError, match=r"tokenizer has 320 tokens and the model 300 embeddings"):
        train(make_recipe(**changes, data__sources=[{"path": str(tmp_path / "shards")}]), tmp_path / "run")
    assert load_tokenizer(tiny_data / "tokenizer")


def test_a_full_disk_leaves_the_last_good_checkpoint(
    make_recipe: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = torch.save

    def full(state: dict[str, Any], path: Path) -> None:
        if state["step"] == 8:
            raise RuntimeError("PytorchStreamWriter failed writing file: No space left on device")
        save(state, path)

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(RunDirectoryError, match="No space left"):
        train(make_recipe(), tmp_path / "run")
    assert [folder.name for folder in (tmp_path / "run/checkpoints").iterdir()] == ["step-00000004"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": None}, "a run from scratch needs"),
        ({"init": "x"}, "init brings its own model"),
        ({"rope_theta": 5.0}, r"from scratch set model\.rope_theta"),
        ({"optim__micro_batch_sequences": 3}, "micro_batch_sequences 3 does not divide batch_sequences 4"),
        ({"data__sources": []}, "data: sources: .*at least 1 item"),
        ({"optim__learning_rate": -1.0}, "optim: learning_rate: input should be greater than 0, found -1.0"),
    ],
)
def test_a_recipe_that_cannot_be_is_refused(make_recipe: Any, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        make_recipe(**changes)


def test_muon_updates_hidden_matrices_and_adamw_the_rest(make_recipe: Any, tmp_path: Path) -> None:
    train(make_recipe(optim__steps=1), tmp_path / "run")
    model = load_model(tmp_path / "run").model
    optimizer = Optimizer(model, make_recipe().optim)
    [_, (muon, _)] = optimizer._parts
    shapes = [tuple(parameter.shape) for group in muon.param_groups for parameter in group["params"]]
    assert len(shapes) == 2 * 7  # per layer: q, k, v, o, gate, up, down
    total = sum(len(group["params"]) for part, _ in optimizer._parts for group in part.param_groups)
    assert total == len(list(model.parameters()))
