"""What suggests tactics for a state: a model through an engine, or a fixed list."""

import math
import re
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from llemma.engines.base import BeamSearcher, Engine, Generation, Request, Sampling
from llemma.errors import UserError
from llemma.provers.base import Open
from llemma.storage import sha256_of_text

MAX_TACTIC_CHARACTERS = 4000

STOP = ("---",)
"""Ends a tactic, in the published prompt as in our own documents."""

BASELINE = (
    "rfl",
    "omega",
    "simp",
    "simp_all",
    "grind",
    "decide +revert",
    "intros",
    "constructor",
    "cases ‹_ ∨ _›",
    "induction ‹Nat›",
)
"""The baseline without a model, for Lean without Mathlib: what closes goals, slow ones last; then what divides them."""

_GIVES_UP = re.compile(r"\b(sorry|admit)\b")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A tactic to try. `logprob` is the mean of the natural log-probabilities of its tokens, never positive."""

    tactic: str
    logprob: float


Suggester = Callable[[Sequence[Open]], list[list[Suggestion]]]
"""Returns suggestions for each state, in order, best first. What it says of one state does not depend on the others."""

PromptForm = Callable[[str], str]
"""Returns the prompt for the text of a state; the tactic is what follows, before `STOP`."""


def tactic_prompt(state_text: str) -> str:
    """Return the prompt for a model that was trained on `tactic_document`s: the block of the published prompt, alone.

    It ends with a newline, so that its tokens are those at the beginning of the document.
    """
    return f"Tactic state:\n---\n{state_text}\n---\nNext tactic:\n---\n"


def tactic_document(state_text: str, tactic: str) -> str:
    """Return a training document: a state and the tactic to use there."""
    return f"{tactic_prompt(state_text)}{tactic}\n---\n"


def published_prompt(template: str) -> PromptForm:
    """Return the form of the published 3-example prompt; `template` has `%s` where the state goes.

    The template is the benchmark prompt `lean4_tactic_3shot`.
    """
    before, _, after = template.partition("%s")
    return lambda state_text: before + state_text + after


@dataclass(frozen=True, slots=True)
class FixedSuggester:
    """Suggests the same tactics for every state, in the given order and all at no cost."""

    tactics: tuple[str, ...] = BASELINE

    def identity(self) -> Mapping[str, Any]:
        """The tactics."""
        return {"tactics": self.tactics}

    def __call__(self, states: Sequence[Open]) -> list[list[Suggestion]]:
        """Return the tactics once for each state."""
        return [[Suggestion(tactic, 0.0) for tactic in self.tactics] for _ in states]


@dataclass(frozen=True, slots=True)
class EngineSuggester:
    """Asks a model for `width` tactics for each state: the beams of a beam search, or else samples.

    Beam search, as published, is used where the engine has it, unless `beam_search` is off. Otherwise `width` samples
    are drawn at `temperature`; they depend on the theorem's name, the state, the seed and nothing else. Raises
    UserError when the engine gives no log-probabilities.
    Source: wellecks/llemma_formal2formal, proofsearch.py (generate_vllm).
    """

    engine: Engine
    prompt: PromptForm = tactic_prompt
    width: int = 32
    max_new_tokens: int = 256
    beam_search: bool = True
    temperature: float = 1.0
    seed: int = 0

    def identity(self) -> Mapping[str, Any]:
        """What the suggestions depend on besides the states."""
        beams = self._beams() is not None
        return {
            "engine": dict(self.engine.identity()),
            "prompt_sha256": sha256_of_text(self.prompt("")),
            "width": self.width,
            "max_new_tokens": self.max_new_tokens,
            "method": "beam search" if beams else "samples",
            **({} if beams else {"temperature": self.temperature, "seed": self.seed}),
        }

    def __call__(self, states: Sequence[Open]) -> list[list[Suggestion]]:
        """Return the model's tactics for each state, asking for all of them in one call; equal requests once."""
        ids = [f"{state.theorem.name}/{sha256_of_text(state.text)[:16]}" for state in states]
        made: dict[str, list[Generation]] = {request_id: [] for request_id in ids}
        prompts = dict(zip(ids, (self.prompt(state.text) for state in states), strict=True))
        for generation in self._generate(prompts):
            made[generation.request_id].append(generation)
        suggestions = {request_id: self._ranked(generations) for request_id, generations in made.items()}
        return [suggestions[request_id] for request_id in ids]

    def _beams(self) -> BeamSearcher | None:
        return self.engine if self.beam_search and isinstance(self.engine, BeamSearcher) else None

    def _generate(self, prompts: Mapping[str, str]) -> Iterable[Generation]:
        if (searcher := self._beams()) is not None:
            requests = [Request(request_id, prompt) for request_id, prompt in prompts.items()]
            found = searcher.beams(requests, width=self.width, max_new_tokens=self.max_new_tokens, stop=STOP)
            return chain.from_iterable(found)
        samples = tuple(range(self.width))
        sampling = Sampling(self.temperature, max_new_tokens=self.max_new_tokens, stop=STOP, seed=self.seed)
        return self.engine.generate([Request(name, text, samples) for name, text in prompts.items()], sampling)

    def _ranked(self, generations: Iterable[Generation]) -> list[Suggestion]:
        """Return what can be tried, best first; of equal tactics the best, of equal scores the first sample."""
        scored = [(-self._mean_logprob(generation), generation.sample, generation.text) for generation in generations]
        best: dict[str, float] = {}
        for cost, _, text in sorted(scored):
            tactic = _clean(text)
            if math.isfinite(cost) and 0 < len(tactic) <= MAX_TACTIC_CHARACTERS and not _GIVES_UP.search(tactic):
                best.setdefault(tactic, -cost)
        return [Suggestion(tactic, logprob) for tactic, logprob in best.items()]

    def _mean_logprob(self, generation: Generation) -> float:
        if generation.logprob is None:
            raise UserError(
                f"model {self.engine.name} gives no log-probabilities, and the search is ordered by them. "
                "Beam search gives them (engines 'hf:' and 'vllm:'), and so does 'openai:' with '?logprobs=true'"
            )
        return generation.logprob / max(1, generation.tokens)


def split_tactics(text: str) -> tuple[str, ...]:
    """Return the tactics in a comma list such as `omega, simp [h, Nat.add_comm]`; commas in brackets divide nothing."""
    parts, depth = [""], 0
    for character in text:
        depth += (character in "([{⟨") - (character in ")]}⟩")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return tuple(tactic for part in parts if (tactic := part.strip()))


def _clean(text: str) -> str:
    """Return a model's text as a tactic: no common indent or blanks around, no lone surrogates (no file holds them)."""
    return textwrap.dedent(text).strip().encode("utf-8", errors="replace").decode("utf-8")
