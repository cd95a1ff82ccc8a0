"""Engine `vllm:`: a model in this process, on one or several GPUs, by vLLM's scheduler with prefix caching."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vllm import LLM, RequestOutput, SamplingParams, TokensPrompt

from llemma.engines.base import Generation, Request, Sampling
from llemma.engines.beams import BeamSearch
from llemma.engines.seeds import seed_of
from llemma.engines.stopping import Endings, StopWatch, Vocabulary, check_stop, cut
from llemma.errors import UserError
from llemma.records import Finish

MOST_QUEUED = 4096
"""So many sequences wait in vLLM at most: more than it runs at once, and not a million token lists."""


@dataclass(frozen=True, slots=True)
class _Job:
    """One sequence to generate. It serves several samples when decoding is greedy."""

    request_id: str
    samples: tuple[int, ...]
    tokens: list[int]
    seed: int | None


class VllmEngine:
    """Continues prompts. Every sample is a sequence of its own with its own seed: so does vLLM itself for n > 1."""

    def __init__(self, llm: LLM, *, name: str, identity: Mapping[str, Any]) -> None:
        self.name = name
        self._llm, self._identity = llm, identity
        self._context_length = int(llm.model_config.max_model_len)

    def identity(self) -> Mapping[str, Any]:
        """The model as it was named, its fingerprint, the precision, the number of GPUs, and vLLM's version."""
        return self._identity

    def generate(self, requests: Sequence[Request], sampling: Sampling) -> Iterator[Generation]:
        """Yield every wanted sample in the moment it is finished.

        A prompt that leaves no room for `max_new_tokens` loses its beginning, but for the BOS token.
        Raises UserError when `max_new_tokens` alone fills the context.
        """
        check_stop(sampling.stop)
        room = sampling.prompt_room(self._context_length, self.name)
        wanted = [request for request in requests if request.samples]
        return self._generate(wanted, sampling, room) if wanted else iter(())

    def beams(
        self, requests: Sequence[Request], *, width: int, max_new_tokens: int, stop: tuple[str, ...]
    ) -> list[list[Generation]]:
        """Return up to `width` continuations of each prompt, best first; prompts are cut as to generate.

        Every step asks vLLM for the most likely next tokens of all live beams, whose beginnings it has cached. So does
        its own `beam_search`; but that knows no stop strings, and never stops before `max_new_tokens`.
        """
        check_stop(stop)
        room = Sampling(max_new_tokens=max_new_tokens).prompt_room(self._context_length, self.name)
        endings = self._endings(stop, max_new_tokens)
        searches = [
            BeamSearch(request.id, self._encode(request.prompt, room), endings, width=width) for request in requests
        ]
        while live := [search for search in searches if len(search.live)]:
            prompts = [TokensPrompt(prompt_token_ids=tokens) for search in live for tokens in search.sequences()]
            params = SamplingParams(temperature=0.0, max_tokens=1, logprobs=2 * width, detokenize=False)
            outputs = iter(self._llm.generate(prompts, params, use_tqdm=False))
            for search in live:
                search.advance(*_most_likely(list(islice(outputs, len(search.live))), 2 * width))
        return [search.continuations() for search in searches]

    def _endings(self, stop: tuple[str, ...], limit: int) -> Endings:
        watch = StopWatch(self._vocabulary, stop) if stop else None
        end = self._llm.get_tokenizer().eos_token_id
        return Endings(self._decode_batch, watch=watch, end_tokens=[] if end is None else [end], limit=limit)

    @cached_property
    def _vocabulary(self) -> Vocabulary:
        size = max(int(self._llm.model_config.get_vocab_size()), len(self._llm.get_tokenizer()))
        return Vocabulary(self._decode_batch, size)

    def _decode_batch(self, rows: list[list[int]]) -> list[str]:
        texts: list[str] = self._llm.get_tokenizer().batch_decode(
            rows, skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        return texts

    def _generate(self, requests: Sequence[Request], sampling: Sampling, room: int) -> Iterator[Generation]:
        """Step vLLM's engine by hand.

        `LLM.generate` hands back nothing before all is finished, and in chunks it would leave the GPU idle at the end
        of each. Stepping, nothing waits for the longest completion, and all that a killed run has finished is kept.
        """
        coming = self._jobs(requests, sampling, room)
        queued: dict[str, _Job] = {}
        lost: list[str] = []
        try:
            while True:
                for job in islice(coming, MOST_QUEUED - len(queued)):
                    queued[self._enqueue(job, sampling)] = job
                if not queued:
                    break
                for output in self._llm.llm_engine.step():
                    assert isinstance(output, RequestOutput), "of a model that generates"
                    if not output.finished or output.request_id not in queued:
                        continue
                    job, (made,) = queued.pop(output.request_id), output.outputs
                    if made.finish_reason in {"abort", "error"}:
                        lost.append(f"request {job.request_id!r}: vLLM gave it up ({made.finish_reason})")
                        continue
                    text, finish = _text_and_finish(made, sampling.stop)
                    for sample in job.samples:
                        yield Generation(job.request_id, sample, text, finish, len(made.token_ids))
        finally:
            if queued:
                self._llm.llm_engine.abort_request(list(queued))
        if lost:
            more = f" (and {len(lost) - 1:,} more)" if len(lost) > 1 else ""
            raise UserError(f"{lost[0]}{more}. See its log above; the same command goes on")

    def _jobs(self, requests: Sequence[Request], sampling: Sampling, room: int) -> Iterator[_Job]:
        for request in requests:
            tokens = self._encode(request.prompt, room)
            if sampling.is_greedy:
                yield _Job(request.id, request.samples, tokens, None)
                continue
            for sample in request.samples:
                yield _Job(request.id, (sample,), tokens, seed_of(sampling.seed, request.id, sample))

    def _enqueue(self, job: _Job, sampling: Sampling) -> str:
        """Queue one sequence and return the name under which its output comes.

        `enqueue` returns that name with a random end ("12-3f9a0c1d").
        """
        prompt = TokensPrompt(prompt_token_ids=job.tokens)
        (name,) = self._llm.enqueue([prompt], [_params(sampling, job.seed)], use_tqdm=False)
        return str(name).partition("-")[0]

    def _encode(self, prompt: str, room: int) -> list[int]:
        """Return the tokens of a prompt, at least one and at most `room`."""
        tokenizer = self._llm.get_tokenizer()
        tokens = list(tokenizer.encode(prompt)) or [_start_token(tokenizer)]
        if len(tokens) <= room:
            return tokens
        kept = tokens[:1] if tokens[0] == tokenizer.bos_token_id else []
        return kept + tokens[len(tokens) - room + len(kept) :]


def _params(sampling: Sampling, seed: int | None) -> SamplingParams:
    return SamplingParams(
        n=1,
        temperature=sampling.temperature,
        top_p=1.0 if sampling.is_greedy else sampling.top_p,
        max_tokens=sampling.max_new_tokens,
        # Of two that end at the same character vLLM takes the first: the longer one has to be it.
        stop=sorted(sampling.stop, key=len, reverse=True),
        seed=seed,
    )


def _most_likely(outputs: Sequence[RequestOutput], count: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return log-probabilities and numbers of the most likely next tokens, a row (K,) for each output.

    vLLM gives them by number, and one more where it chose a token that is not among them.
    """
    rows = []
    for output in outputs:
        (logprobs,) = output.outputs[0].logprobs
        rows.append(sorted(((-one.logprob, token) for token, one in logprobs.items()))[:count])
    table = np.array(rows, dtype=np.float64)  # (W, K, 2)
    return -table[..., 0].astype(np.float32), table[..., 1].astype(np.int64)


def _text_and_finish(made: Any, stop: Sequence[str]) -> tuple[str, Finish]:
    """Return the text before the stop string, and why it ended: vLLM names the stop string that ended it."""
    before = cut(made.text, stop)
    if before is not None:
        return before, "stop"
    if made.finish_reason == "length":
        return made.text, "length"
    return made.text, "stop" if isinstance(made.stop_reason, str) else "end"


def _start_token(tokenizer: Any) -> int:
    for token in (tokenizer.bos_token_id, tokenizer.eos_token_id):
        if token is not None:
            return int(token)
    return 0
