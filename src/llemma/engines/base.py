"""What an engine is: something that continues prompts, and perhaps says how likely given text is."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from llemma.errors import UserError
from llemma.records import Finish


@dataclass(frozen=True, slots=True)
class Sampling:
    """How to continue a prompt. Temperature 0 is greedy decoding; then `top_p` and `seed` mean nothing.

    A completion ends before the first occurrence of any of the `stop` strings, at the end-of-text token, or after
    `max_new_tokens`.
    """

    temperature: float = 0.0
    top_p: float = 1.0
    max_new_tokens: int = 1024
    stop: tuple[str, ...] = ()
    seed: int = 0

    @property
    def is_greedy(self) -> bool:
        """Whether every sample of a prompt is the same."""
        return self.temperature == 0.0

    def prompt_room(self, context_length: int, model: str) -> int:
        """Return how many tokens a prompt may have at most. Raises UserError when new tokens alone fill the context."""
        room = context_length - self.max_new_tokens
        if room < 1 or self.max_new_tokens < 1:
            raise UserError(
                f"max_new_tokens is {self.max_new_tokens:,}, but {model} has a context of {context_length:,} tokens. "
                f"Choose 1 to {context_length - 1:,}"
            )
        return room


@dataclass(frozen=True, slots=True)
class Request:
    """A prompt and the numbers of the samples wanted from it: (0,) or (0, ..., k - 1), or what a resumed run lacks."""

    id: str
    prompt: str
    samples: tuple[int, ...] = (0,)


@dataclass(frozen=True, slots=True)
class Generation:
    """One continuation: the text before the stop string, why it ended, and how many tokens were generated.

    `logprob` is the sum of the natural log-probabilities of these tokens, None where the engine was not asked for it.
    """

    request_id: str
    sample: int
    text: str
    finish: Finish
    tokens: int
    logprob: float | None = None


@dataclass(frozen=True, slots=True)
class ScoreRequest:
    """A text whose likelihood after a context is wanted. The space that divides the two begins the target."""

    id: str
    context: str
    target: str


@dataclass(frozen=True, slots=True)
class Likelihood:
    """The sum of the log-probabilities (nats) of a target's tokens, and their number.

    `cut`: context and target together were longer than what the model reads, so that some tokens saw less before them.
    """

    request_id: str
    loglikelihood: float
    tokens: int
    cut: bool


class Engine(Protocol):
    """Continues prompts. A sample depends on (seed, request id, sample number), not on what else is in the call."""

    @property
    def name(self) -> str:
        """The short name of the model, for tables."""

    def identity(self) -> Mapping[str, Any]:
        """What the completions depend on besides prompt and sampling: model, its fingerprint, the engine."""

    def generate(self, requests: Sequence[Request], sampling: Sampling) -> Iterator[Generation]:
        """Yield every wanted sample of every request once, as they finish, in any order."""


@runtime_checkable
class Scorer(Protocol):
    """An engine that can also say how likely given text is."""

    @property
    def name(self) -> str:
        """The short name of the model, for tables."""

    def identity(self) -> Mapping[str, Any]:
        """What the likelihoods depend on besides the texts: model, its fingerprint, the engine."""

    def loglikelihoods(self, requests: Sequence[ScoreRequest]) -> Iterator[Likelihood]:
        """Yield the likelihood of every request once, as they are computed, in any order."""


@runtime_checkable
class BeamSearcher(Protocol):
    """An engine that can also search for the most likely continuations of a prompt."""

    @property
    def name(self) -> str:
        """The short name of the model, for tables."""

    def identity(self) -> Mapping[str, Any]:
        """What the continuations depend on besides the prompt: model, its fingerprint, the engine."""

    def beams(
        self, requests: Sequence[Request], *, width: int, max_new_tokens: int, stop: tuple[str, ...]
    ) -> list[list[Generation]]:
        """Return up to `width` continuations of each prompt, in the order of the requests; their samples do not count.

        They come best first, by the mean log-probability of their tokens (`logprob` / `tokens`), and their sample
        numbers count them from 0. They end as a sample does, and two of different tokens may have the same text.
        Nothing is drawn: the same call gives the same continuations. Which ones are found says `engines.beams`.
        """
