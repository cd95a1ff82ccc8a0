"""Beam search: against enumeration of all continuations, against transformers, and the same in every engine."""

import itertools
import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, PreTrainedTokenizerFast

from llemma.engines.base import BeamSearcher, Generation, Request, Sampling
from llemma.engines.beams import BeamSearch
from llemma.engines.hf_load import load_engine
from llemma.engines.spec import open_engine
from llemma.engines.stopping import Endings
from llemma.errors import UserError
from tests.engines.conftest import SIZES, save_model

# S sequences, T tokens, V vocabulary

PIECES = ["<s>", "</s>", *"abcdefghijkl", "-", "ab", "b-", "--", "-c"]
END = 1
PROMPT = "abcab"
TOLERANCE = 1e-3  # of a sum of up to 20 log-probabilities in float32, in another order of additions


@pytest.fixture(scope="session")
def letters(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of 19 tokens, of which some hold a part of a stop string and some the end of one and more."""
    merges = [("a", "b"), ("b", "-"), ("-", "-"), ("-", "c")]
    backend = Tokenizer(models.BPE({piece: number for number, piece in enumerate(PIECES)}, merges))
    backend.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    backend.decoder = decoders.Fuse()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=backend, bos_token="<s>", eos_token="</s>")
    config = LlamaConfig(**SIZES, num_key_value_heads=2)
    return save_model(config, tokenizer, tmp_path_factory.mktemp("models") / "letters")


class StandIn:
    """`vllm.LLM` of version 0.33 with a model of transformers: what `beams` calls, answered in the documented form."""

    def __init__(self, *, model: str, max_logprobs: int, **_: Any) -> None:
        assert max_logprobs == -1, "vLLM gives no more than 20 otherwise"
        self.model = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32)
        self._tokenizer = AutoTokenizer.from_pretrained(model)
        self.model_config = SimpleNamespace(
            max_model_len=SIZES["max_position_embeddings"],
            dtype="torch.float32",
            get_vocab_size=lambda: self.model.config.vocab_size,
        )

    def get_tokenizer(self) -> Any:
        return self._tokenizer

    @torch.inference_mode()
    def generate(self, prompts: list[Any], params: Any, *, use_tqdm: bool) -> list[SimpleNamespace]:
        """Return the most likely tokens, and one more, as vLLM does where it samples another one."""
        assert (params.temperature, params.max_tokens, use_tqdm) == (0.0, 1, False)
        outputs = []
        for prompt in prompts:
            logits = self.model(torch.tensor([prompt["prompt_token_ids"]])).logits[0, -1]
            top = torch.log_softmax(logits, dim=-1).topk(min(params.logprobs + 1, len(logits)))
            pairs = zip(reversed(top.indices.tolist()), reversed(top.values.tolist()), strict=True)
            logprobs = {token: SimpleNamespace(logprob=value) for token, value in pairs}
            outputs.append(SimpleNamespace(outputs=[SimpleNamespace(logprobs=[logprobs])]))
        return outputs


@pytest.fixture(params=["hf", "vllm"])
def engine(request: pytest.FixtureRequest, letters: Path, monkeypatch: pytest.MonkeyPatch) -> BeamSearcher:
    """Every engine that can search, with the model of letters."""
    if request.param == "vllm":
        module = ModuleType("vllm")
        names = {"RequestOutput": SimpleNamespace, "SamplingParams": SimpleNamespace, "TokensPrompt": dict}
        vars(module).update(names, LLM=StandIn, __version__="0.33.0", __path__=[])
        monkeypatch.setitem(sys.modules, "vllm", module)
        monkeypatch.delitem(sys.modules, "llemma.engines.vllm", raising=False)
    opened = open_engine(f"{request.param}:{letters}")
    monkeypatch.delitem(sys.modules, "llemma.engines.vllm", raising=False)
    assert isinstance(opened, BeamSearcher)
    return opened


def search(engine: BeamSearcher, prompt: str, *, width: int, new: int, stop: tuple[str, ...] = ()) -> list[Generation]:
    (found,) = engine.beams([Request("x", prompt)], width=width, max_new_tokens=new, stop=stop)
    return found


Ended = tuple[float, int, str, str]
"""Log-probability, number of tokens, text and finish of a continuation."""


def enumerated(folder: Path, prompt: str, new: int, stop: str) -> list[Ended]:
    """Return every continuation there is: each ends where a reader of its tokens from left to right sees an end."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    before = tokenizer(prompt)["input_ids"]
    rows = list(itertools.product(range(len(PIECES)), repeat=new))
    with torch.inference_mode():
        logits = model(torch.tensor([before + list(row) for row in rows])).logits[:, len(before) - 1 : -1]
        each = torch.log_softmax(logits.double(), dim=-1).gather(2, torch.tensor(rows)[..., None])[..., 0]  # (S, T)
    found: dict[tuple[int, ...], Ended] = {}
    for row, logprobs in zip(rows, each.tolist(), strict=True):
        count, text, finish = _end(row, stop)
        found[row[:count]] = (sum(logprobs[:count]), count, text, finish)
    return list(found.values())


def _end(row: Sequence[int], stop: str) -> tuple[int, str, str]:
    text = ""
    for count, token in enumerate(row, start=1):
        if token == END:
            return count, text, "end"
        text += PIECES[token] if token > END else ""
        if stop in text:
            return count, text[: text.index(stop)], "stop"
    return len(row), text, "length"


def as_ended(found: Sequence[Generation]) -> list[Ended]:
    return [(one.logprob or 0.0, one.tokens, one.text, one.finish) for one in found]


def assert_equal(found: Sequence[Generation], expected: Sequence[Ended]) -> None:
    """Compare without the order of continuations that are equally likely, which rounding decides."""
    assert len(found) == len(expected)
    for one, (logprob, tokens, text, finish) in zip(
        sorted(found, key=lambda one: (one.text, one.tokens, one.logprob)),
        sorted(expected, key=lambda one: (one[2], one[1], one[0])),
        strict=True,
    ):
        assert (one.text, one.tokens, one.finish) == (text, tokens, finish)
        assert one.logprob == pytest.approx(logprob, abs=TOLERANCE)


def test_a_search_as_wide_as_the_tree_finds_every_continuation(engine: BeamSearcher, letters: Path) -> None:
    expected = enumerated(letters, PROMPT, 2, "--")
    assert {finish for *_, finish in expected} == {"stop", "end", "length"}
    assert_equal(search(engine, PROMPT, width=len(expected), new=2, stop=("--",)), expected)


def test_the_kept_ones_are_the_best_by_sum_over_the_length_with_the_prompt(letters: Path) -> None:
    width = 400  # every beam of two tokens lives, so that nothing is lost on the way
    length = len(AutoTokenizer.from_pretrained(letters)(PROMPT)["input_ids"])
    everything = enumerated(letters, PROMPT, 3, "--")
    best = sorted(everything, key=lambda one: one[0] / (length + one[1] - (one[3] == "end")), reverse=True)[:width]
    assert_equal(search(load_engine(str(letters)), PROMPT, width=width, new=3, stop=("--",)), best)


def test_the_best_mean_comes_first_and_samples_count_the_places(engine: BeamSearcher) -> None:
    found = search(engine, PROMPT, width=8, new=6, stop=("--",))
    means = [one.logprob / one.tokens for one in found if one.logprob is not None]
    assert len({one.tokens for one in found}) > 1
    assert means == sorted(means, reverse=True)
    assert [one.sample for one in found] == list(range(8))


def endless(folder: Path, target: Path) -> Path:
    """Return a copy of a model that knows no end-of-text token: of its vocabulary, none is."""
    shutil.copytree(folder, target)
    for name in ("config.json", "generation_config.json"):
        values = json.loads((target / name).read_text())
        (target / name).write_text(json.dumps({**values, "eos_token_id": 1_000_000}))
    return target


def test_without_ends_the_beams_are_those_of_transformers(any_model: Path, tmp_path: Path) -> None:
    folder, prompt, width, new = endless(any_model, tmp_path / "endless"), "Problem: What is 12 + 30?", 7, 20
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    inputs = tokenizer(prompt, return_tensors="pt", return_token_type_ids=False)
    out = model.generate(
        **inputs,
        max_new_tokens=new,
        do_sample=False,
        num_beams=width,
        num_return_sequences=width,
        return_dict_in_generate=True,
        output_scores=True,
        pad_token_id=0,
    )
    texts = tokenizer.batch_decode(out.sequences[:, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
    found = search(load_engine(str(folder)), prompt, width=width, new=new)
    assert [one.text for one in found] == texts
    assert [one.logprob for one in found] == pytest.approx([new * mean for mean in out.sequences_scores.tolist()])
    assert {(one.tokens, one.finish) for one in found} == {(new, "length")}


def test_one_beam_without_ends_is_the_greedy_text_with_its_first_space(
    sentencepiece_llama: Path, tmp_path: Path
) -> None:
    engine = load_engine(str(endless(sentencepiece_llama, tmp_path / "endless")))
    prompts = ["Problem: What", "The final answer is", "a"]
    for prompt in prompts:
        (greedy,) = engine.generate([Request("x", prompt)], Sampling(max_new_tokens=20))
        assert [one.text for one in search(engine, prompt, width=1, new=20)] == [greedy.text]


REQUESTS = [Request(name, name + PROMPT) for name in ("lkj", "", "abcabcabcabcabcabc", "lkjl", "c-")]


@pytest.mark.parametrize("max_rows", [5, 64])
def test_prompts_searched_together_give_what_each_gives_alone(letters: Path, max_rows: int) -> None:
    engine = load_engine(str(letters), max_rows=max_rows)
    together = engine.beams(REQUESTS, width=12, max_new_tokens=15, stop=("--",))
    assert len({one.tokens for found in together for one in found}) > 3
    for request, found in zip(REQUESTS, together, strict=True):
        assert {one.request_id for one in found} == {request.id}
        (alone,) = engine.beams([request], width=12, max_new_tokens=15, stop=("--",))
        assert_equal(found, as_ended(alone))


def test_a_prompt_is_searched_once_also_with_more_beams_than_rows_in_a_batch(
    letters: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    searched: list[str] = []

    def noting(request_id: str, *arguments: Any, **options: Any) -> BeamSearch:
        searched.append(request_id)
        return BeamSearch(request_id, *arguments, **options)

    monkeypatch.setattr("llemma.engines.hf.BeamSearch", noting)
    load_engine(str(letters), max_rows=5).beams(REQUESTS, width=12, max_new_tokens=2, stop=())
    assert sorted(searched) == sorted(request.id for request in REQUESTS)


def test_every_engine_finds_the_same(engine: BeamSearcher, letters: Path) -> None:
    expected = load_engine(str(letters)).beams(REQUESTS, width=6, max_new_tokens=10, stop=("--", "k"))
    found = engine.beams(REQUESTS, width=6, max_new_tokens=10, stop=("--", "k"))
    for request, ones, same in zip(REQUESTS, found, expected, strict=True):
        assert {one.request_id for one in ones} == {request.id}
        assert_equal(ones, as_ended(same))


def test_what_cannot_be_searched_is_a_user_error(engine: BeamSearcher) -> None:
    with pytest.raises(UserError, match="a stop string is empty"):
        search(engine, PROMPT, width=2, new=2, stop=("",))
    with pytest.raises(UserError, match=r"max_new_tokens is 160, but .* has a context of 160 tokens"):
        search(engine, PROMPT, width=2, new=160)


def test_no_prompts_have_no_continuations(engine: BeamSearcher) -> None:
    assert engine.beams([], width=2, max_new_tokens=2, stop=()) == []


def one_beam(limit: int = 10) -> BeamSearch:
    """Return a search of width 1 after a prompt of two tokens; token 0 is the end, 1 to 9 are digits."""

    def decode(rows: list[list[int]]) -> list[str]:
        return ["".join(map(str, row)) for row in rows]

    endings = Endings(decode, watch=None, end_tokens=[0], limit=limit)
    return BeamSearch("x", [7, 7], endings, width=1)


def told(beams: BeamSearch, logprobs: dict[int, float]) -> list[int]:
    """Tell the only live beam its most likely next tokens; return the one that it goes on with, if it does."""
    beams.advance(np.array([list(logprobs.values())], dtype=np.float32), np.array([list(logprobs)]))
    return beams.live[:, -1].tolist()


def test_a_search_ends_when_no_live_beam_is_better_than_what_is_finished() -> None:
    beams = one_beam()
    assert told(beams, {0: -0.1, 5: -2.4}) == []  # -0.1 / 2 against -2.4 / 3
    assert [(one.text, one.finish, one.tokens) for one in beams.continuations()] == [("", "end", 1)]


def test_a_search_goes_on_while_a_live_beam_is_better_and_a_better_end_replaces_the_worst() -> None:
    beams = one_beam()
    assert told(beams, {5: -0.5, 0: -1.0}) == [5]  # -0.5 / 3 against -1.0 / 2
    assert told(beams, {0: -0.4, 6: -1.1}) == []  # -0.9 / 3 replaces -1.0 / 2, against -1.6 / 4
    (best,) = beams.continuations()
    assert (best.text, best.finish, best.tokens, best.logprob) == ("5", "end", 2, pytest.approx(-0.9))


def test_what_has_ended_among_twice_the_width_is_finished_though_a_live_beam_is_likelier() -> None:
    beams = one_beam(limit=2)
    assert told(beams, {5: -0.1, 0: -3.0}) == [5]
    assert told(beams, {6: -9.0, 8: -9.5}) == []  # at the limit: -9.1 / 4 is worse than -3.0 / 2
    assert [(one.text, one.finish) for one in beams.continuations()] == [("", "end")]
