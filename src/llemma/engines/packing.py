"""Which rows go through the model together: samples of one prompt first, then prompts of about the same length."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One continuation to compute. It serves several samples when decoding is greedy."""

    request_id: str
    samples: tuple[int, ...]
    prompt: list[int]


def common_prefix(prompts: Sequence[list[int]]) -> list[int]:
    """Return the tokens with which all prompts begin, but never the last token of a prompt: it has to be run."""
    first, last = min(prompts), max(prompts)  # what the two ends of the order have in common, all have
    limit = min(len(prompt) for prompt in prompts) - 1
    return first[: next((i for i in range(limit) if first[i] != last[i]), limit)]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a batch may hold: rows, and tokens whose keys and values are a row's own.

    `step_tokens`: running a batch for one more step costs as much as reading the keys and values of so many tokens.
    """

    rows: int
    tokens: int
    step_tokens: int


def pack(groups: Sequence[Sequence[Row]], limits: Limits, *, shared: int, new: int) -> Iterator[list[Row]]:
    """Yield batches of rows, the longest prompts first. The rows of a group have one prompt.

    All groups begin with the same `shared` tokens, and every row will get `new` ones. A batch of one prompt shares it;
    in a batch of several, each row owns what lies behind the shared tokens, padded to the longest. So another prompt
    joins only where that is cheaper than a batch of its own. A group too large for a batch is split evenly.
    """
    batch: list[Row] = []
    prompts = 0
    most = max(1, min(limits.rows, limits.tokens // (1 + new)))
    for group in sorted(groups, key=lambda group: len(group[0].prompt), reverse=True):
        for part in _split(group, most):
            rows = len(batch) + len(part)
            own = len((batch or part)[0].prompt) - shared
            fits = (
                rows <= limits.rows
                and rows * (own + new) <= limits.tokens
                and rows * own <= prompts * limits.step_tokens
            )
            if batch and not fits:
                yield batch
                batch, prompts = [], 0
            batch.extend(part)
            prompts += 1
    if batch:
        yield batch


def _split(group: Sequence[Row], most: int) -> Iterator[Sequence[Row]]:
    parts = -(-len(group) // most)
    for part in range(parts):
        yield group[part * len(group) // parts : (part + 1) * len(group) // parts]
