"""Engine `hf:`: a causal model of transformers in this process; what prompts have in common is computed once."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from llemma.engines.base import Generation, Likelihood, Request, Sampling, ScoreRequest
from llemma.engines.beams import BeamSearch
from llemma.engines.draw import next_tokens, uniforms
from llemma.engines.packing import Limits, Row, common_prefix, pack
from llemma.engines.shared_prefix import KeysAndValues, SharedPrefixCache, join
from llemma.engines.stopping import Endings, StopWatch, Vocabulary, WrittenTokens, check_stop
from llemma.errors import UserError
from llemma.records import Finish

# B rows, T new tokens, S scored tokens, V vocabulary

PREFILL_TOKENS = 16_384
"""About as many tokens, those of the prefix included, are read at once: it bounds the memory that this takes."""

CPU_CACHE_BYTES = 4 << 30
GPU_CACHE_SHARE = 0.6
"""The memory that the keys and values of the rows of a batch may take: fixed, or a share of what is free."""

CALL_BYTES = 16 << 20
"""A call of the model costs, besides its arithmetic, about as much time as reading so many bytes."""


CPU_SCORE_TOKENS, GPU_SCORE_TOKENS = 2_048, 16_384
LOGIT_BYTES = 1 << 30
"""Texts are scored so many tokens at once, and no more than have logits of so many bytes (but one text at least)."""


@dataclass(frozen=True, slots=True)
class _Prefix:
    tokens: list[int]
    layers: Sequence[KeysAndValues]


@dataclass(frozen=True, slots=True)
class _Window:
    """What the model reads at once to score `targets`: `inputs`, of which each target follows one of the last."""

    place: int  # of the request
    inputs: list[int]
    targets: list[int]


class HfEngine:
    """Continues prompts with a model that was loaded with `attn_implementation=shared_prefix.ATTENTION`."""

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        *,
        name: str,
        identity: Mapping[str, Any],
        max_rows: int,
    ) -> None:
        self.name = name
        self._model, self._tokenizer, self._identity, self._max_rows = model, tokenizer, identity, max_rows
        self._context_length = _context_length(model)
        self._end_tokens = _end_tokens(model, tokenizer)
        # One token shows what the cache of a token takes, and that the model computes no other kind of attention.
        layers = self._extended(_Prefix([], []), [_start_token(tokenizer)]).layers
        self._token_bytes = sum(part.nbytes for layer in layers for part in layer)

    def identity(self) -> Mapping[str, Any]:
        """The model as it was named, a fingerprint of its files, the precision and the versions of the libraries."""
        return self._identity

    def generate(self, requests: Sequence[Request], sampling: Sampling) -> Iterator[Generation]:
        """Yield every wanted sample of every request, batch by batch, the longest prompts first.

        A prompt that leaves no room for `max_new_tokens` loses its beginning, but for the BOS token.
        Raises UserError when `max_new_tokens` alone fills the context.
        """
        check_stop(sampling.stop)
        room = sampling.prompt_room(self._context_length, self.name)
        wanted = [request for request in requests if request.samples]
        return self._generate(wanted, sampling, room) if wanted else iter(())

    def loglikelihoods(self, requests: Sequence[ScoreRequest]) -> Iterator[Likelihood]:
        """Yield the likelihood of every target after its context, batch by batch, the longest first.

        Context and target are tokenized as one text, which begins with the same special tokens as a prompt of
        `generate`. Of its tokens, as many as the context alone has are the context's, the rest the target's; spaces at
        the end of the context count to the target. What is longer than the model reads loses its beginning, but for the
        BOS token; a target that is longer by itself is scored in pieces, each after as much as fits of what comes
        before it. Raises UserError for a target without a token.
        Source: EleutherAI/lm-evaluation-harness, `_encode_pair` and `_loglikelihood_tokens`; but they add no BOS
        token, and refuse a target that is longer than what the model reads.
        """
        encoded = self._encode_pairs(requests)
        for request, (_, targets) in zip(requests, encoded, strict=True):
            if not targets:
                raise UserError(
                    f"{request.id}: no token begins in the target {request.target!r}. Give text after the context"
                )
        return self._loglikelihoods(requests, encoded)

    def beams(
        self, requests: Sequence[Request], *, width: int, max_new_tokens: int, stop: tuple[str, ...]
    ) -> list[list[Generation]]:
        """Return up to `width` continuations of each prompt, best first; prompts are cut and batched as to generate.

        All beams of a prompt are in one batch, also where `width` is more than the device takes otherwise.
        """
        check_stop(stop)
        sampling = Sampling(max_new_tokens=max_new_tokens, stop=stop)
        room = sampling.prompt_room(self._context_length, self.name)
        if not requests:
            return []
        prompts = self._encode([request.prompt for request in requests], room)
        groups = [[Row(request.id, (), prompt)] * width for request, prompt in zip(requests, prompts, strict=True)]
        limits = self._limits()
        limits = replace(limits, rows=max(limits.rows, width), tokens=max(limits.tokens, width * (1 + max_new_tokens)))
        endings = self._endings(sampling)
        found: dict[str, list[Generation]] = {}
        for rows, prefix in self._batches(groups, limits, max_new_tokens):
            found |= self._search(rows[::width], prefix, endings, width)
        return [found[request.id] for request in requests]

    def _search(
        self, rows: Sequence[Row], prefix: _Prefix, endings: Endings, width: int
    ) -> dict[str, list[Generation]]:
        """Search on from one row a prompt; return what was found, by request. In the cache, a live beam is a row."""
        searches = [BeamSearch(row.request_id, row.prompt, endings, width=width) for row in rows]
        cache, logits = self._read(rows, prefix)
        while True:
            logprobs, tokens = _most_likely(logits, 2 * width)
            parents: list[int] = []
            start = 0
            for search in searches:
                end = start + len(search.live)
                parents += (start + search.advance(logprobs[start:end], tokens[start:end])).tolist()
                start = end
            if not parents:
                return {search.request_id: search.continuations() for search in searches}
            cache.reorder(self._tensor(parents))
            newest = np.concatenate([search.live[:, -1] for search in searches])
            logits = self._forward(self._tensor(newest.tolist())[:, None], cache)

    def _loglikelihoods(
        self, requests: Sequence[ScoreRequest], encoded: Sequence[tuple[list[int], list[int]]]
    ) -> Iterator[Likelihood]:
        room, bos = self._context_length, self._tokenizer.bos_token_id
        windows = [window for place, pair in enumerate(encoded) for window in _windows(place, *pair, room, bos)]
        missing = Counter(window.place for window in windows)
        sums = [0.0] * len(requests)
        for batch in self._score_batches(windows):
            for window, value in zip(batch, self._score(batch), strict=True):
                place = window.place
                sums[place] += value
                missing[place] -= 1
                if not missing[place]:
                    context, targets = encoded[place]
                    cut = len(context) + len(targets) - 1 > room
                    yield Likelihood(requests[place].id, sums[place], len(targets), cut)

    def _generate(self, requests: Sequence[Request], sampling: Sampling, room: int) -> Iterator[Generation]:
        prompts = self._encode([request.prompt for request in requests], room)
        groups = [
            [Row(request.id, samples, prompt) for samples in _samples_of_rows(request, sampling)]
            for request, prompt in zip(requests, prompts, strict=True)
        ]
        endings = self._endings(sampling)
        for rows, prefix in self._batches(groups, self._limits(), sampling.max_new_tokens):
            yield from self._continue(rows, prefix, sampling, endings)

    def _batches(
        self, groups: Sequence[Sequence[Row]], limits: Limits, new: int
    ) -> Iterator[tuple[list[Row], _Prefix]]:
        """Yield batches of rows, each with what its prompts have in common."""
        base = latest = self._extended(_Prefix([], []), common_prefix([group[0].prompt for group in groups]))
        for rows in pack(groups, limits, shared=len(base.tokens), new=new):
            tokens = common_prefix([row.prompt for row in rows])
            known = latest if tokens[: len(latest.tokens)] == latest.tokens else base
            latest = self._extended(known, tokens)
            yield rows, latest

    def _continue(
        self, rows: Sequence[Row], prefix: _Prefix, sampling: Sampling, endings: Endings
    ) -> Iterator[Generation]:
        """Continue the rows of a batch by a token a step; rows that are finished leave it."""
        count = sampling.max_new_tokens
        cache, logits = self._read(rows, prefix)
        draws = np.stack([uniforms(sampling.seed, row.request_id, row.samples[0], count) for row in rows])
        writing = _Writing(rows, count, endings)
        while True:
            tokens = next_tokens(logits, sampling, draws[writing.places, writing.length])  # (B,)
            finished = writing.add(tokens.cpu().numpy())
            for place, (text, finish) in finished.items():
                row = rows[writing.places[place]]
                for sample in row.samples:
                    yield Generation(row.request_id, sample, text, finish, writing.length)
            if len(finished) == len(writing.places):
                return
            if finished:
                order = cache.drop(sorted(finished))
                tokens, writing.places = tokens[order], writing.places[order]
            logits = self._forward(tokens[:, None], cache)

    def _read(self, rows: Sequence[Row], prefix: _Prefix) -> tuple[SharedPrefixCache, Tensor]:
        """Run the model on what each prompt has behind the prefix; return cache and logits (B, V) of the rows."""
        prompts = {id(row.prompt): row.prompt[len(prefix.tokens) :] for row in rows}
        width = max(map(len, prompts.values()))
        parts, logits = [], []
        at_once = max(1, PREFILL_TOKENS // (len(prefix.tokens) + width))
        for start in range(0, len(prompts), at_once):
            tails = list(prompts.values())[start : start + at_once]
            padding = [width - len(tail) for tail in tails]
            parts.append(SharedPrefixCache(prefix.layers, self._tensor(padding)))
            padded = [[0] * pad + list(tail) for pad, tail in zip(padding, tails, strict=True)]
            logits.append(self._forward(self._tensor(padded), parts[-1]))
        prompt_numbers = {key: number for number, key in enumerate(prompts)}
        prompt_of_row = self._tensor([prompt_numbers[id(row.prompt)] for row in rows])
        return join(parts, prompt_of_row), torch.cat(logits)[prompt_of_row]

    def _extended(self, prefix: _Prefix, tokens: list[int]) -> _Prefix:
        """Return the prefix for `tokens`, of which another is the beginning."""
        more = tokens[len(prefix.tokens) :]
        if not more:
            return prefix
        cache = SharedPrefixCache(prefix.layers, self._tensor([0]))
        self._forward(self._tensor([more]), cache)
        return _Prefix(tokens, cache.as_prefix())

    def _forward(self, tokens: Tensor, cache: SharedPrefixCache) -> Tensor:
        """Run the model on new tokens (B, T) of every row and return the logits (B, V) after the last."""
        return self._run(tokens, cache, keep=1)[:, -1]

    @torch.inference_mode()
    def _run(self, tokens: Tensor, cache: SharedPrefixCache, *, keep: int) -> Tensor:
        """Run the model on new tokens (B, T) of every row and return the logits (B, keep, V) after the last ones."""
        output = self._model(
            input_ids=tokens,
            position_ids=cache.positions(tokens.shape[1]),
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=keep,
            rows=cache,
        )
        logits: Tensor = output.logits[:, -keep:]
        return logits

    def _score_batches(self, windows: Sequence[_Window]) -> Iterator[list[_Window]]:
        """Yield batches of windows of about one length, the longest first."""
        most_tokens = GPU_SCORE_TOKENS if self._model.device.type == "cuda" else CPU_SCORE_TOKENS
        most_logits = LOGIT_BYTES // (4 * self._model.config.get_text_config().vocab_size)
        batch: list[_Window] = []
        kept = 0
        for window in sorted(windows, key=lambda window: len(window.inputs), reverse=True):
            rows, kept = len(batch) + 1, max(kept, len(window.targets))
            width = len((batch or [window])[0].inputs)
            if batch and (rows > self._max_rows or rows * width > most_tokens or rows * kept > most_logits):
                yield batch
                batch, kept = [], len(window.targets)
            batch.append(window)
        if batch:
            yield batch

    @torch.inference_mode()
    def _score(self, batch: Sequence[_Window]) -> list[float]:
        """Return the log-probability of the targets of each window; log-softmax in float32, their sum in float64."""
        padding = [len(batch[0].inputs) - len(window.inputs) for window in batch]
        padded = [[0] * pad + window.inputs for pad, window in zip(padding, batch, strict=True)]
        cache = SharedPrefixCache([], self._tensor(padding))
        keep = max(len(window.targets) for window in batch)
        logits = self._run(self._tensor(padded), cache, keep=keep)  # (B, keep, V)
        sums = []
        for row, window in zip(logits, batch, strict=True):
            each = torch.log_softmax(row[-len(window.targets) :].float(), dim=-1)  # (S, V)
            sums.append(float(each.gather(1, self._tensor(window.targets)[:, None]).double().sum()))
        return sums

    def _encode_pairs(self, requests: Sequence[ScoreRequest]) -> list[tuple[list[int], list[int]]]:
        """Return the tokens of context, at least one, and of target for every request."""
        if not requests:
            return []
        contexts = self._tokens_of([request.context.rstrip() for request in requests])
        wholes = self._tokens_of([request.context + request.target for request in requests])
        start = _start_token(self._tokenizer)
        return [
            (whole[: len(context)], whole[len(context) :]) if context else ([start], whole)
            for context, whole in zip(contexts, wholes, strict=True)
        ]

    def _encode(self, prompts: Sequence[str], room: int) -> list[list[int]]:
        """Return the tokens of the prompts, at least one each and at most `room`."""
        start = _start_token(self._tokenizer)
        encoded = self._tokens_of(prompts)
        return [_truncated(tokens or [start], room, self._tokenizer.bos_token_id) for tokens in encoded]

    def _tokens_of(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the tokens of texts with the special tokens that the tokenizer adds."""
        encoded = self._tokenizer(list(texts), return_attention_mask=False, verbose=False)
        tokens: list[list[int]] = encoded["input_ids"]
        return tokens

    def _endings(self, sampling: Sampling) -> Endings:
        watch = StopWatch(self._vocabulary, sampling.stop) if sampling.stop else None
        return Endings(self._decode_batch, watch=watch, end_tokens=self._end_tokens, limit=sampling.max_new_tokens)

    @cached_property
    def _vocabulary(self) -> Vocabulary:
        rows = self._model.get_output_embeddings().weight.shape[0]  # type: ignore[no-untyped-call]
        return Vocabulary(self._decode_batch, max(rows, len(self._tokenizer)))

    def _decode_batch(self, rows: list[list[int]]) -> list[str]:
        return self._tokenizer.batch_decode(rows, skip_special_tokens=True, clean_up_tokenization_spaces=False)

    def _limits(self) -> Limits:
        memory = CPU_CACHE_BYTES
        if self._model.device.type == "cuda":
            memory = int(GPU_CACHE_SHARE * torch.cuda.mem_get_info(self._model.device)[0])
        # A step reads all weights; the factor was measured on models of 1M and 10M parameters on a CPU.
        weights = sum(parameter.nbytes for parameter in self._model.parameters())
        step_tokens = (2 * weights + CALL_BYTES) // self._token_bytes
        return Limits(self._max_rows, memory // self._token_bytes, step_tokens)

    def _tensor(self, numbers: Sequence[Any]) -> Tensor:
        return torch.tensor(numbers, dtype=torch.long, device=self._model.device)


class _Writing:
    """What the rows of a batch have written so far. `places` says which row is in each place of the batch."""

    def __init__(self, rows: Sequence[Row], limit: int, endings: Endings) -> None:
        self.places = np.arange(len(rows))
        self.length = 0
        self._rows, self._endings = rows, endings
        self._tokens = np.zeros((len(rows), limit), dtype=np.int64)

    def add(self, newest: NDArray[np.int64]) -> dict[int, tuple[str, Finish]]:
        """Append a token to the row in each place; return text and finish of those that end with it, by place."""
        self._tokens[self.places, self.length] = newest
        self.length += 1
        return self._endings.find(newest, self.length, self._written)

    def _written(self, place: int) -> WrittenTokens:
        row = self.places[place]
        return self._rows[row].prompt, self._tokens[row, : self.length]


def _most_likely(logits: Tensor, count: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return the log-probabilities and the numbers of the `count` most likely tokens of every row, (B, V) -> (B, K)."""
    logits = logits.float()
    top = logits.topk(min(count, logits.shape[-1]))
    logprobs = top.values - logits.logsumexp(dim=-1, keepdim=True)
    return logprobs.cpu().numpy(), top.indices.cpu().numpy()


def _samples_of_rows(request: Request, sampling: Sampling) -> list[tuple[int, ...]]:
    return [request.samples] if sampling.is_greedy else [(sample,) for sample in request.samples]


def _truncated(tokens: list[int], room: int, bos: int | None) -> list[int]:
    if len(tokens) <= room:
        return tokens
    kept = tokens[:1] if tokens[0] == bos else []
    return kept + tokens[len(tokens) - room + len(kept) :]


def _windows(place: int, context: list[int], targets: list[int], room: int, bos: int | None) -> Iterator[_Window]:
    """Yield what to read to score targets with a model that reads `room` tokens: one window, or as many as it takes.

    Of a text of n tokens the last is not read, only scored.
    """
    text = context + targets
    size = len(targets) if len(targets) <= room else max(1, room // 2)
    for start in range(len(context), len(text), size):
        end = min(start + size, len(text))
        yield _Window(place, _truncated(text[: end - 1], room, bos), text[start:end])


def _start_token(tokenizer: PreTrainedTokenizerBase) -> int:
    for token in (tokenizer.bos_token_id, tokenizer.eos_token_id):
        if token is not None:
            return int(token)
    return 0


def _end_tokens(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """The tokens that end a text: what `generate` of transformers goes by, else the tokenizer's."""
    config = model.generation_config
    tokens = config.eos_token_id if config is not None and config.eos_token_id is not None else tokenizer.eos_token_id
    if tokens is None:
        return []
    return list(tokens) if isinstance(tokens, list) else [tokens]


def _context_length(model: PreTrainedModel) -> int:
    """How many tokens the model was made for; with a sliding window, those that see the whole text."""
    config = model.config.get_text_config()
    lengths = (getattr(config, "max_position_embeddings", None), getattr(config, "sliding_window", None))
    return min((int(length) for length in lengths if length), default=1 << 30)
