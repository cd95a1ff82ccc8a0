"""Engine `hf:` against `generate` of transformers, and what is special to it: sharing, compaction, loading."""

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import huggingface_hub
import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, BloomConfig, Gemma2Config

from llemma.engines.base import Generation, Request, Sampling
from llemma.engines.draw import next_tokens
from llemma.engines.hf import HfEngine
from llemma.engines.hf_load import load_engine
from llemma.errors import CheckpointError, UnknownNameError, UserError
from tests.engines.conftest import CONTEXT, SIZES, byte_level_tokenizer, save_model

FEW_SHOT = "Problem: What is 12 + 30? Solution: We add 12 and 30. The final answer is $42$.\n\n"
QUESTIONS = ["Problem: x² ≥ 0?", "Problem: def f(n): What", "Problem: Größe", "Problem: What is 1 + 2 + 3 + 4 + 5?"]


def generated(folder: Path, prompt: str, new_tokens: int) -> str:
    """Return what `generate` writes greedily, a second way to the same text."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    inputs = tokenizer(prompt, return_tensors="pt", return_token_type_ids=False)
    out = model.generate(**inputs, do_sample=False, max_new_tokens=new_tokens, pad_token_id=0)
    return str(tokenizer.decode(out[0, inputs["input_ids"].shape[1] :], skip_special_tokens=True))


def widths(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Return a list that fills with the shape (rows, tokens) of every call of the model."""
    shapes: list[tuple[int, int]] = []
    forward = HfEngine._forward

    def noting(self: HfEngine, tokens: torch.Tensor, cache: Any) -> torch.Tensor:
        shapes.append((tokens.shape[0], tokens.shape[1]))
        return forward(self, tokens, cache)

    monkeypatch.setattr(HfEngine, "_forward", noting)
    return shapes


def texts(engine: HfEngine, prompts: Sequence[str], sampling: Sampling, samples: int = 1) -> dict[tuple[str, int], str]:
    requests = [Request(prompt, prompt, tuple(range(samples))) for prompt in prompts]
    return {(made.request_id, made.sample): made.text for made in engine.generate(requests, sampling)}


Write = Callable[[HfEngine, str, Sequence[int], Sampling], Generation]


@pytest.fixture
def write(monkeypatch: pytest.MonkeyPatch) -> Write:
    """Return a function that lets an engine write given tokens, whatever the model says."""

    def written(engine: HfEngine, prompt: str, tokens: Sequence[int], sampling: Sampling) -> Generation:
        coming = iter(tokens)
        monkeypatch.setattr("llemma.engines.hf.next_tokens", lambda *_: torch.tensor([next(coming)]))
        (made,) = engine.generate([Request("x", prompt)], sampling)
        return made

    return written


def test_greedy_text_is_that_of_generate(any_model: Path) -> None:
    prompts = [FEW_SHOT + question for question in QUESTIONS] + [FEW_SHOT * 2, "a"]
    found = texts(load_engine(str(any_model)), prompts, Sampling(max_new_tokens=30))
    assert found == {(prompt, 0): generated(any_model, prompt, 30) for prompt in prompts}


def test_greedy_text_is_that_of_generate_without_a_common_prefix(neox: Path) -> None:
    prompts = ["Problem: What is", "x² ≥ 0", "def"]
    found = texts(load_engine(str(neox)), prompts, Sampling(max_new_tokens=30))
    assert found == {(prompt, 0): generated(neox, prompt, 30) for prompt in prompts}


def test_prompts_are_read_in_parts_without_a_change(llama: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prompts = [FEW_SHOT + question for question in QUESTIONS]
    whole = texts(load_engine(str(llama)), prompts, Sampling(max_new_tokens=20))
    monkeypatch.setattr("llemma.engines.hf.PREFILL_TOKENS", 1)
    assert texts(load_engine(str(llama)), prompts, Sampling(max_new_tokens=20)) == whole


def test_the_common_prefix_is_run_once_for_all_batches(llama: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = load_engine(str(llama), max_rows=2)
    shapes = widths(monkeypatch)
    texts(engine, [FEW_SHOT + question for question in QUESTIONS], Sampling(max_new_tokens=3))
    tokenizer = AutoTokenizer.from_pretrained(llama)
    shared = len(tokenizer(FEW_SHOT + "Problem:")["input_ids"])
    assert [shape for shape in shapes if shape[1] >= shared] == [(1, shared)]


def test_of_the_prompt_of_many_samples_only_the_last_token_is_not_shared(
    llama: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = load_engine(str(llama), max_rows=8)
    shapes = widths(monkeypatch)
    texts(engine, [FEW_SHOT], Sampling(temperature=1.0, max_new_tokens=2), samples=16)
    prompt = len(AutoTokenizer.from_pretrained(llama)(FEW_SHOT)["input_ids"])
    assert shapes == [(1, prompt - 1), (1, 1), (8, 1), (1, 1), (8, 1)]


def test_greedy_samples_of_a_prompt_are_one_row(llama: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = load_engine(str(llama))
    shapes = widths(monkeypatch)
    found = texts(engine, [FEW_SHOT], Sampling(max_new_tokens=4), samples=5)
    assert len(found) == 5
    assert len(set(found.values())) == 1
    assert {rows for rows, _ in shapes} == {1}


def test_a_sample_does_not_depend_on_what_else_is_in_the_batch(any_model: Path) -> None:
    sampling = Sampling(temperature=1.0, top_p=0.9, max_new_tokens=40, stop=("e", "\n"), seed=3)
    prompts = [FEW_SHOT + question for question in QUESTIONS]
    together = texts(load_engine(str(any_model), max_rows=32), prompts, sampling, samples=6)
    alone = load_engine(str(any_model), max_rows=1)
    for prompt in prompts:
        found = texts(alone, [prompt], sampling, samples=6)
        assert found == {key: together[key] for key in found}


def test_finished_rows_leave_the_batch(llama: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = load_engine(str(llama))
    shapes = widths(monkeypatch)
    sampling = Sampling(temperature=1.0, max_new_tokens=80, stop=("e", "a", "1"))
    found = list(engine.generate([Request("x", FEW_SHOT, tuple(range(32)))], sampling))
    steps = [rows for rows, _ in shapes[2:]]
    # A row takes part in as many steps as it has tokens after the first, which comes from the prompt.
    assert steps == [sum(made.tokens > step for made in found) for step in range(1, len(steps) + 1)]
    assert len(set(steps)) > 5


def test_tokens_are_drawn_as_the_softmax_of_the_model_says(llama: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tokenizer = AutoTokenizer.from_pretrained(llama)
    model = AutoModelForCausalLM.from_pretrained(llama, dtype=torch.float32)
    with torch.inference_mode():
        logits = model(**tokenizer(FEW_SHOT, return_tensors="pt", return_token_type_ids=False)).logits[0, -1]
    weights = torch.softmax(logits.double() / 0.7, dim=-1).numpy()
    order = np.argsort(-weights)
    kept = order[: int(np.searchsorted(np.cumsum(weights[order]), 0.8)) + 1]
    expected = {int(token): weights[token] / weights[kept].sum() for token in kept}

    count = 3000
    drawn: list[int] = []

    def noting(*arguments: Any) -> torch.Tensor:
        tokens = next_tokens(*arguments)
        drawn.extend(tokens.tolist())
        return tokens

    monkeypatch.setattr("llemma.engines.hf.next_tokens", noting)
    engine = load_engine(str(llama), max_rows=1000)
    texts(engine, [FEW_SHOT], Sampling(temperature=0.7, top_p=0.8, max_new_tokens=1), samples=count)
    assert len(drawn) == count
    assert set(drawn) <= expected.keys()
    # Pearson's chi-squared has mean `cells` and variance 2 `cells`; five deviations above is no chance.
    cells = len(expected) - 1
    found = sum((drawn.count(token) - count * share) ** 2 / (count * share) for token, share in expected.items())
    assert found < cells + 5 * np.sqrt(2 * cells)


def test_the_first_space_of_a_completion_is_kept(sentencepiece_llama: Path, write: Write) -> None:
    engine = load_engine(str(sentencepiece_llama))
    tokenizer = AutoTokenizer.from_pretrained(sentencepiece_llama)
    word = tokenizer("answer")["input_ids"][1:]
    assert tokenizer.convert_ids_to_tokens(word[0]).startswith("▁")
    assert tokenizer.decode(word) == "answer"
    limit = Sampling(max_new_tokens=len(word))
    assert write(engine, "The final", word, limit).text == " answer"
    assert write(engine, "", word, limit).text == "answer"


def test_stop_strings_begin_and_end_inside_tokens(sentencepiece_llama: Path, write: Write) -> None:
    engine = load_engine(str(sentencepiece_llama))
    tokens = AutoTokenizer.from_pretrained(sentencepiece_llama)("answer is 42∑é hope")["input_ids"][1:]
    for stop, expected in ((" ", ""), ("swer i", " an"), ("é", " answer is 42∑"), ("∑é h", " answer is 42")):
        assert write(engine, "The", tokens, Sampling(max_new_tokens=len(tokens), stop=(stop,))).text == expected


def test_a_character_in_pieces_is_read_whole_and_a_broken_one_is_marked(
    sentencepiece_llama: Path, write: Write
) -> None:
    engine = load_engine(str(sentencepiece_llama))
    tokens = AutoTokenizer.from_pretrained(sentencepiece_llama)("😀")["input_ids"][2:]
    assert len(tokens) == 4
    assert write(engine, "The", tokens, Sampling(max_new_tokens=4)).text == "😀"
    assert set(write(engine, "The", tokens[:3], Sampling(max_new_tokens=3)).text) == {"\ufffd"}


def test_the_last_allowed_token_may_complete_a_stop_string(sentencepiece_llama: Path, write: Write) -> None:
    engine = load_engine(str(sentencepiece_llama))
    tokens = AutoTokenizer.from_pretrained(sentencepiece_llama)("answer is")["input_ids"][1:]
    made = write(engine, "The", tokens, Sampling(max_new_tokens=len(tokens), stop=("is",)))
    assert (made.text, made.finish, made.tokens) == (" answer ", "stop", len(tokens))
    made = write(engine, "The", tokens[:-1], Sampling(max_new_tokens=len(tokens) - 1, stop=("is",)))
    assert (made.finish, made.tokens) == ("length", len(tokens) - 1)


def test_the_end_token_ends_a_text_and_is_not_shown(sentencepiece_llama: Path, write: Write) -> None:
    engine = load_engine(str(sentencepiece_llama))
    tokenizer = AutoTokenizer.from_pretrained(sentencepiece_llama)
    word = tokenizer("answer")["input_ids"][1:]
    made = write(engine, "The", [*word, tokenizer.eos_token_id, *word], Sampling(max_new_tokens=50))
    assert (made.text, made.finish, made.tokens) == (" answer", "end", len(word) + 1)


def test_a_long_prompt_loses_its_beginning_but_not_bos(llama: Path) -> None:
    engine = load_engine(str(llama))
    tokenizer = AutoTokenizer.from_pretrained(llama)
    tokens = tokenizer(FEW_SHOT * 20)["input_ids"]
    (kept,) = engine._encode([FEW_SHOT * 20], CONTEXT - 30)
    assert kept == [tokenizer.bos_token_id, *tokens[-(CONTEXT - 31) :]]
    assert len(texts(engine, [FEW_SHOT * 20], Sampling(max_new_tokens=30))) == 1


def test_a_limit_that_leaves_no_room_for_the_prompt_is_refused(llama: Path) -> None:
    engine = load_engine(str(llama))
    for limit in (0, CONTEXT):
        with pytest.raises(UserError, match=f"max_new_tokens is {limit}, .* Choose 1 to {CONTEXT - 1}"):
            engine.generate([Request("x", "x")], Sampling(max_new_tokens=limit))


def test_the_caller_may_compute_gradients_between_two_generations(llama: Path) -> None:
    for _ in load_engine(str(llama)).generate([Request("x", "x", (0, 1))], Sampling(1.0, max_new_tokens=2)):
        assert torch.is_grad_enabled()
        assert not torch.is_inference_mode_enabled()


def test_half_precision_runs(llama: Path) -> None:
    engine = load_engine(str(llama), dtype="bfloat16")
    assert engine.identity()["dtype"] == "bfloat16"
    assert len(texts(engine, [FEW_SHOT, FEW_SHOT + "x"], Sampling(0.7, 0.9, max_new_tokens=9), samples=3)) == 6


def test_identity_tells_models_apart_and_copies_not(llama: Path, neox: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(llama, tmp_path / "copy")
    one, two, other = (load_engine(str(folder)).identity() for folder in (llama, copy, neox))
    assert one["fingerprint"] == two["fingerprint"] != other["fingerprint"]
    assert {"engine", "model", "fingerprint", "dtype", "torch", "transformers"} == one.keys()


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        ("config.json", "no model there"),
        ("model.safetensors", "no weights"),
        ("tokenizer*", "no tokenizer there"),
    ],
)
def test_an_incomplete_directory_is_named_with_what_it_lacks(
    llama: Path, tmp_path: Path, missing: str, message: str
) -> None:
    folder = shutil.copytree(llama, tmp_path / "model")
    for file in folder.glob(missing):
        file.unlink()
    with pytest.raises(CheckpointError, match=f"{folder}: .*{message}") as caught:
        load_engine(str(folder))
    assert "\n" not in str(caught.value)


def test_a_path_that_does_not_exist_never_asks_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub.HfApi, "model_info", lambda *_, **__: pytest.fail("asked the hub"))
    for name in (str(tmp_path / "nothing"), "./runs/nothing", "runs/demo/nothing"):
        with pytest.raises(CheckpointError, match="no such directory"):
            load_engine(name)


def test_cut_weights_are_a_checkpoint_error(llama: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(llama, tmp_path / "model")
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])
    with pytest.raises(CheckpointError, match="cannot load the model"):
        load_engine(str(folder))


def test_missing_weights_are_not_made_up(llama: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(llama, tmp_path / "model")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "num_hidden_layers": 3}))
    with pytest.raises(CheckpointError, match=r"9 weights are missing, the first is model\.layers\.2"):
        load_engine(str(folder))


def test_a_tokenizer_larger_than_the_model_is_refused(llama: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(llama, tmp_path / "model")
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.add_tokens(["more", "than", "there", "are"])
    tokenizer.save_pretrained(folder)
    with pytest.raises(CheckpointError, match="404 tokens and the model 400"):
        load_engine(str(folder))


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (Gemma2Config(**SIZES, num_key_value_heads=4, head_dim=16), "uses softcap"),
        (BloomConfig(hidden_size=64, n_layer=1, n_head=4), "attention of its own"),
    ],
)
def test_models_with_another_attention_are_refused(config: Any, message: str, tmp_path: Path) -> None:
    folder = save_model(config, byte_level_tokenizer(bos=True), tmp_path / "other")
    with pytest.raises(CheckpointError, match=message):
        load_engine(str(folder))


def test_a_hub_name_without_network_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(*_: Any, **__: Any) -> None:
        raise huggingface_hub.errors.OfflineModeIsEnabled("offline")

    monkeypatch.setattr(huggingface_hub.HfApi, "model_info", offline)
    with pytest.raises(UserError, match="hf download nobody/nothing --local-dir"):
        load_engine("nobody/nothing")


def test_unknown_precision_and_device_are_refused(llama: Path) -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'bfloat16'"):
        load_engine(str(llama), dtype="bfloat")
    with pytest.raises(UserError, match="no device 'quantum'"):
        load_engine(str(llama), device="quantum")
