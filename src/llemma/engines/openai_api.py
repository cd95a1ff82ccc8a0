"""The OpenAI-compatible API: the body of a request, and what its answer says. Completions, and chat as a way out."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from llemma.engines.base import Sampling
from llemma.records import Finish
from llemma.storage import valid_unicode

Api = Literal["completions", "chat"]

PATHS: dict[Api, str] = {"completions": "/completions", "chat": "/chat/completions"}

MOST_STOP_STRINGS = 4
"""More are refused by many servers. The others are looked for in the answers."""


def body(api: Api, model: str, prompt: str, sampling: Sampling) -> dict[str, Any]:
    """Return the body for one prompt. The chat form sends it as the only message, of the user."""
    asked: dict[str, Any] = {
        "model": model,
        "max_tokens": sampling.max_new_tokens,
        "temperature": sampling.temperature,
        "top_p": 1.0 if sampling.is_greedy else sampling.top_p,
    }
    if api == "chat":
        asked["messages"] = [{"role": "user", "content": valid_unicode(prompt)}]
    else:
        asked["prompt"] = valid_unicode(prompt)
    if sampling.stop:
        asked["stop"] = list(sampling.stop[:MOST_STOP_STRINGS])
    return asked


class _Said(BaseModel):
    """Base of what a server says. Fields that are not known are left out."""

    model_config = ConfigDict(frozen=True)


class _Message(_Said):
    content: str | None = None


class _ChatLogprob(_Said):
    logprob: float


class _Logprobs(_Said):
    token_logprobs: list[float | None] | None = None  # completions
    content: list[_ChatLogprob] | None = None  # chat


class Choice(_Said):
    """One completion of an answer."""

    index: int = 0
    written: str | None = Field(None, alias="text")
    message: _Message | None = None
    finish_reason: str | None = None
    stop_reason: int | str | None = None  # vLLM
    matched_stop: int | str | None = None  # SGLang
    logprobs: _Logprobs | None = None

    @property
    def text(self) -> str:
        """What was generated, in either form of the API."""
        return valid_unicode((self.written if self.message is None else self.message.content) or "")

    @property
    def token_logprobs(self) -> tuple[float, ...] | None:
        """The log probability of every generated token, where the server gives them."""
        if self.logprobs is None:
            return None
        if self.logprobs.content is not None:
            return tuple(token.logprob for token in self.logprobs.content)
        if self.logprobs.token_logprobs is None:
            return None
        return tuple(value for value in self.logprobs.token_logprobs if value is not None)

    def finish(self, *, has_stop: bool) -> Finish:
        """Return why a text without a stop string in it ended.

        "stop" is all that most servers say, be it a stop string that they cut off or the end-of-text token. vLLM and
        SGLang say which. For the others it counts as a stop string where one was asked for: few-shot prompts nearly
        always end so, and graders put the string back.
        """
        if self.finish_reason == "length":
            return "length"
        for field in ("stop_reason", "matched_stop"):
            if field in self.model_fields_set:
                return "stop" if isinstance(getattr(self, field), str) else "end"
        if self.finish_reason == "eos_token":  # text-generation-inference
            return "end"
        return "stop" if has_stop and self.finish_reason in {"stop", "stop_sequence"} else "end"


class _Usage(_Said):
    completion_tokens: int | None = None


class CompletionAnswer(_Said):
    """The answer to a request."""

    choices: list[Choice] = Field(min_length=1)
    usage: _Usage | None = None

    def token_counts(self) -> list[int]:
        """Return how many tokens each choice has; 0 where the server does not say.

        Servers count all choices of an answer together: then by the log probabilities, else in proportion to the texts.
        """
        total = (self.usage.completion_tokens if self.usage else None) or 0
        if len(self.choices) == 1:
            return [total]
        logprobs = [choice.token_logprobs for choice in self.choices]
        if all(logprobs):
            return [len(values or ()) for values in logprobs]
        return _shares(total, [1 + len(choice.text) for choice in self.choices])


def read_answer(answer: Any) -> CompletionAnswer:
    """Return the checked answer, its choices in order. Raises ValueError for what is none."""
    if isinstance(answer, dict) and "choices" not in answer and answer.get("error"):
        raise ValueError(answer["error"])
    checked = CompletionAnswer.model_validate(answer)
    if any(choice.written is None and choice.message is None for choice in checked.choices):
        raise ValueError("a choice without a text")
    checked.choices.sort(key=lambda choice: choice.index)
    return checked


def _shares(total: int, sizes: Sequence[int]) -> list[int]:
    """Return `total` divided in proportion to `sizes`, in whole numbers that add up."""
    ends = [round(total * sum(sizes[:place]) / sum(sizes)) for place in range(len(sizes) + 1)]
    return [after - before for before, after in pairwise(ends)]
