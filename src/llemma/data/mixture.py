"""The mixture: how much of what a model reads comes from each part, and how many epochs of it that means."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import orjson
from pydantic import Field

from llemma.config import Section
from llemma.errors import DataError

MOST_EPOCHS = 4.0
"""Up to about four epochs, repeated data are worth nearly as much as new ones (Muennighoff et al. 2023, arXiv
2305.16264)."""


class Mixture(Section):
    """The weight of each part. The default is that of Llemma: 2:4:1, and 2 % general text and 3 % general code.

    Source: Azerbayev et al. 2023 (arXiv 2310.10631), section 2; EleutherAI's training configuration data_mixture.yml,
    whose weights these are. The shares are 27.14, 54.29, 13.57, 2.00 and 3.00 %.
    """

    weights: Annotated[dict[str, Annotated[float, Field(gt=0)]], Field(min_length=1)] = Field(
        default_factory=lambda: {
            "arxiv": 2.0,
            "web": 4.0,
            "code": 1.0,
            "general_text": 0.147368,
            "general_code": 0.221053,
        }
    )

    def shares(self) -> dict[str, float]:
        """Return the share of each part; they sum to 1."""
        total = sum(self.weights.values())
        return {part: weight / total for part, weight in self.weights.items()}


@dataclass(frozen=True, slots=True)
class Reading:
    """How much of one part is read within a budget of tokens."""

    part: str
    tokens: int
    share: float
    tokens_read: float
    epochs: float


def readings(tokens: Mapping[str, int], mixture: Mixture, budget: int) -> list[Reading]:
    """Return what is read of each part when `budget` tokens are read, given how many tokens each part has.

    Raises DataError when a part of the mixture has no tokens.
    """
    empty = [part for part in mixture.weights if not tokens.get(part)]
    if empty:
        raise DataError(
            f"the mixture gives a weight to {', '.join(empty)}, which has no tokens. It has: {_list(tokens)}"
        )
    return [
        Reading(part, tokens[part], share, share * budget, share * budget / tokens[part])
        for part, share in mixture.shares().items()
    ]


def repeated_parts(rows: list[Reading]) -> list[str]:
    """Return a warning for each part that is read more than MOST_EPOCHS times."""
    return [
        f"{row.part} is read {row.epochs:.1f} times: beyond {MOST_EPOCHS:.0f} epochs, repeated data lose their value "
        f"(Muennighoff et al. 2023, arXiv 2305.16264). Give it less weight, or read fewer tokens"
        for row in rows
        if row.epochs > MOST_EPOCHS
    ]


def training_section(
    shards: Mapping[str, Path], mixture: Mixture, *, validation: Mapping[str, Path] | None = None
) -> str:
    """Return the `[data]` section of a training recipe: the folder of token shards and the weight of each part.

    Raises DataError when a part of the mixture has no folder.
    """
    missing = [part for part in mixture.weights if part not in shards]
    if missing:
        raise DataError(f"the mixture gives a weight to {', '.join(missing)}, which has no shards: {_list(shards)}")
    lines = ["[data]"]
    for part, weight in mixture.weights.items():
        lines += ["", f"[[data.sources]] # {part}", f"path = {_toml(shards[part])}", f"weight = {weight!r}"]
    if validation:
        lines += ["", "[data.validation]", *(f"{_toml(name)} = {_toml(path)}" for name, path in validation.items())]
    return "\n".join(lines) + "\n"


def _toml(text: str | Path) -> str:
    """Return a TOML string. JSON's escapes are TOML's too; only DEL, which JSON leaves bare, has to be escaped."""
    return orjson.dumps(str(text)).decode().replace("\x7f", "\\u007f")


def _list(names: Mapping[str, object]) -> str:
    return ", ".join(names) or "nothing"
