"""Engine `vllm:` with a stand-in for vLLM that records the calls and answers in the documented form.

The stand-in follows vLLM 0.33: LLM.enqueue, LLMEngine.step and abort_request, RequestOutput, CompletionOutput.
"""

import importlib
import itertools
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from llemma.engines.base import Engine, Generation, Request, Sampling
from llemma.engines.spec import open_engine
from llemma.errors import CheckpointError, MissingPackageError, UserError

CONTEXT = 40


@dataclass
class Made:
    """vllm.outputs.CompletionOutput."""

    text: str
    token_ids: list[int]
    finish_reason: str | None = "stop"
    stop_reason: int | str | None = None
    index: int = 0


@dataclass
class StandIn:
    """What the engine asked of vLLM. `answer` makes the output of a sequence."""

    answer: Callable[[Any], Made] = lambda queued: Made(f"text {queued.params.seed}", [1, 2, 3])
    options: dict[str, Any] = field(default_factory=dict)
    queued: list[SimpleNamespace] = field(default_factory=list)
    waiting: list[SimpleNamespace] = field(default_factory=list)
    aborted: list[str] = field(default_factory=list)
    most_waiting: int = 0
    load_error: Exception | None = None
    names: Iterator[int] = field(default_factory=itertools.count)

    def load(self, **options: Any) -> SimpleNamespace:
        if self.load_error:
            raise self.load_error
        self.options = options
        tokenizer = SimpleNamespace(
            bos_token_id=0, eos_token_id=1, encode=lambda text: [0, *map(ord, text)] if text != "none" else []
        )
        return SimpleNamespace(
            model_config=SimpleNamespace(max_model_len=CONTEXT, dtype="torch.bfloat16"),
            llm_engine=SimpleNamespace(step=self.step, abort_request=self.aborted.extend),
            enqueue=self.enqueue,
            get_tokenizer=lambda: tokenizer,
        )

    def enqueue(self, prompts: list[Any], params: list[Any], *, use_tqdm: bool) -> list[str]:
        assert not use_tqdm
        new = [
            SimpleNamespace(name=str(next(self.names)), tokens=prompt["prompt_token_ids"], params=one)
            for prompt, one in zip(prompts, params, strict=True)
        ]
        self.queued += new
        self.waiting += new
        self.most_waiting = max(self.most_waiting, len(self.waiting))
        return [f"{one.name}-1a2b3c4d" for one in new]

    def step(self) -> list[SimpleNamespace]:
        """Finish the newest sequence; say of the oldest that it is under way."""
        done = self.waiting.pop()
        outputs = [SimpleNamespace(request_id=done.name, finished=True, outputs=[self.answer(done)])]
        if self.waiting:
            outputs.insert(0, SimpleNamespace(request_id=self.waiting[0].name, finished=False, outputs=[]))
        return outputs


@pytest.fixture
def vllm(monkeypatch: pytest.MonkeyPatch) -> StandIn:
    stand_in = StandIn()
    module = ModuleType("vllm")
    vars(module).update(
        LLM=stand_in.load,
        RequestOutput=SimpleNamespace,
        SamplingParams=SimpleNamespace,
        TokensPrompt=dict,
        __version__="0.33.0",
        __path__=[],
    )
    monkeypatch.setitem(sys.modules, "vllm", module)
    monkeypatch.delitem(sys.modules, "llemma.engines.vllm", raising=False)
    return stand_in


@pytest.fixture
def engine(vllm: StandIn, llama: Path) -> Iterator[Engine]:
    assert vllm.queued == []
    yield open_engine(f"vllm:{llama}")
    sys.modules.pop("llemma.engines.vllm", None)


def made(engine: Engine, requests: list[Request], sampling: Sampling) -> dict[tuple[str, int], Generation]:
    return {(one.request_id, one.sample): one for one in engine.generate(requests, sampling)}


def test_the_options_of_the_spec_reach_vllm(vllm: StandIn, llama: Path) -> None:
    engine = open_engine(f"vllm:{llama}?tensor_parallel=4&dtype=float16&max_model_len=2048&gpu_memory=0.5")
    assert vllm.options == {
        "model": str(llama),
        "revision": None,
        "tokenizer_revision": None,
        "tensor_parallel_size": 4,
        "dtype": "float16",
        "max_model_len": 2048,
        "gpu_memory_utilization": 0.5,
        "enable_prefix_caching": True,
        "max_logprobs": -1,
    }
    identity = engine.identity()
    assert (identity["tensor_parallel"], identity["dtype"], identity["vllm"]) == (4, "bfloat16", "0.33.0")
    assert len(identity["fingerprint"]) == 16
    assert engine.name == llama.name


def test_every_sample_is_a_sequence_with_its_own_seed(vllm: StandIn, engine: Engine) -> None:
    sampling = Sampling(temperature=0.7, top_p=0.9, max_new_tokens=10, stop=("a", "bca"), seed=5)
    whole = made(engine, [Request("p", "xy", (0, 1, 2)), Request("q", "xy", (0,))], sampling)
    assert len({one.text for one in whole.values()}) == 4
    assert {one.tokens for one in whole.values()} == {3}
    assert made(engine, [Request("p", "xy", (2,))], sampling) == {("p", 2): whole["p", 2]}
    params = vllm.queued[0].params
    assert vllm.queued[0].tokens == [0, ord("x"), ord("y")]
    assert (params.n, params.temperature, params.top_p, params.max_tokens) == (1, 0.7, 0.9, 10)
    assert params.stop == ["bca", "a"]  # both end at the same character: vLLM takes the first of the list


def test_greedy_samples_are_one_sequence_without_a_seed(vllm: StandIn, engine: Engine) -> None:
    found = made(engine, [Request("p", "x", (0, 1, 2))], Sampling(max_new_tokens=10))
    assert len(found) == 3
    assert len(vllm.queued) == 1
    assert vllm.queued[0].params.seed is None


def test_a_long_prompt_loses_its_beginning_but_for_the_bos_token(vllm: StandIn, engine: Engine) -> None:
    made(engine, [Request("p", "abcdefghij" * 10), Request("q", "none")], Sampling(max_new_tokens=30))
    long, empty = (queued.tokens for queued in vllm.queued)
    assert long == [0, *map(ord, "bcdefghij")]
    assert empty == [0]
    with pytest.raises(UserError, match=r"max_new_tokens is 40, but .* has a context of 40 tokens\. Choose 1 to 39"):
        engine.generate([Request("p", "x")], Sampling(max_new_tokens=40))


@pytest.mark.parametrize(
    ("answer", "text", "finish"),
    [
        (Made("4 ", [1], "stop", "\n"), "4 ", "stop"),
        (Made("4 ", [1], "stop", None), "4 ", "end"),
        (Made("4 ", [1], "stop", 128009), "4 ", "end"),
        (Made("4 ", [1], "length", None), "4 ", "length"),
        (Made("4 \n5", [1], "length", None), "4 ", "stop"),
    ],
)
def test_the_end_of_a_completion_is_told_by_the_stop_reason(
    vllm: StandIn, engine: Engine, answer: Made, text: str, finish: str
) -> None:
    vllm.answer = lambda _: answer
    (one,) = engine.generate([Request("p", "x")], Sampling(max_new_tokens=10, stop=("\n",)))
    assert (one.text, one.finish) == (text, finish)


def test_completions_come_as_they_are_finished_and_few_wait_in_vllm(
    vllm: StandIn, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["llemma.engines.vllm"], "MOST_QUEUED", 3)
    coming = engine.generate([Request("p", "x", tuple(range(8)))], Sampling(temperature=1.0, max_new_tokens=10))
    first = next(coming)
    assert first.sample == 2
    assert len(vllm.queued) == 3
    assert len([first, *coming]) == 8
    assert vllm.most_waiting == 3
    assert vllm.aborted == []


def test_who_stops_listening_stops_the_sequences(vllm: StandIn, engine: Engine) -> None:
    coming = engine.generate([Request("p", "x", (0, 1, 2))], Sampling(temperature=1.0, max_new_tokens=10))
    next(coming)
    coming.close()  # type: ignore[attr-defined]
    assert vllm.aborted == ["0", "1"]


def test_a_sequence_that_vllm_gives_up_loses_no_other(vllm: StandIn, engine: Engine) -> None:
    vllm.answer = lambda queued: Made("", [], "error") if queued.tokens == [0, ord("b")] else Made("ok", [1])
    coming = engine.generate([Request(name, name) for name in "abcd"], Sampling(max_new_tokens=10))
    found: list[Generation] = []
    with pytest.raises(UserError, match=r"request 'b': vLLM gave it up \(error\)"):
        found.extend(coming)
    assert sorted(one.request_id for one in found) == ["a", "c", "d"]


def test_what_vllm_cannot_load_is_one_line(vllm: StandIn, llama: Path) -> None:
    vllm.load_error = RuntimeError("Failed to infer device type\nmore lines")
    with pytest.raises(CheckpointError, match=r"vLLM cannot run the model \(Failed to infer device type\)$"):
        open_engine(f"vllm:{llama}")


@pytest.mark.skipif(importlib.util.find_spec("vllm") is not None, reason="vLLM is installed")
def test_without_vllm_the_extra_is_named(llama: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "llemma.engines.vllm", raising=False)
    with pytest.raises(MissingPackageError, match=r"vllm is not installed, .* pip install 'llemma\[vllm\]'"):
        open_engine(f"vllm:{llama}")
