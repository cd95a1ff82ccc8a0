"""What a data recipe says: parts, each with its inputs and steps, then what is done to all of them.

Every section carries its own defaults, the published ones. See `recipes/data/`.
"""

import re
from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator

from llemma.config import Section
from llemma.data.decontaminate import Decontaminate
from llemma.data.dedup import Dedup
from llemma.data.extract.notebook import Notebook
from llemma.data.extract.tex import Tex
from llemma.data.extract.web_page import WebPage
from llemma.data.filters.language import Language
from llemma.data.filters.license import License
from llemma.data.filters.math_score import MathScore
from llemma.data.filters.perplexity import Perplexity
from llemma.data.filters.prefilter import Prefilter
from llemma.data.filters.source_code import SourceCode
from llemma.data.filters.urls import Urls
from llemma.data.filters.web_text import WebText
from llemma.data.sources.arxiv import Arxiv
from llemma.data.sources.proof_steps import IsabelleProofSteps, LeanProofSteps
from llemma.data.sources.published import Published
from llemma.data.sources.repositories import Repositories
from llemma.data.sources.rows import Rows
from llemma.data.sources.warc import Warc, WebPages

AnyStep = Annotated[
    WebPage | Tex | Notebook
    | Prefilter | Language | MathScore | Perplexity | Urls | WebText | SourceCode | License,
    Field(discriminator="step"),
]  # fmt: skip
AnySource = Annotated[
    Warc | WebPages | Arxiv | Repositories | IsabelleProofSteps | LeanProofSteps | Rows | Published,
    Field(discriminator="source"),
]

Share = Annotated[float, Field(ge=0, lt=1)]


class Input(Section):
    """Where documents of a part come from, and what is done to each of them alone."""

    name: str
    source: AnySource
    steps: list[AnyStep] = Field(default_factory=list)
    """In this order; a step does not see what an earlier one dropped."""

    @field_validator("name")
    @classmethod
    def _is_a_file_name(cls, name: str) -> str:
        return _file_name(name)


class Part(Section):
    """A component of the mixture, such as the web pages: its inputs and its weight."""

    name: str
    weight: Annotated[float, Field(gt=0)] = 1.0
    """Of the tokens that a model reads, this part's share is its weight over the sum of all weights."""
    inputs: Annotated[list[Input], Field(min_length=1)]

    @field_validator("name")
    @classmethod
    def _is_a_file_name(cls, name: str) -> str:
        return _file_name(name)

    @model_validator(mode="after")
    def _inputs_differ(self) -> Self:
        _refuse_repeats(f"part {self.name}: inputs", [entry.name for entry in self.inputs])
        return self


class SplitShares(Section):
    """What is held out, by a hash of the repository (or of the document's id, where it comes from none)."""

    validation: Share = 0.005
    test: Share = 0.005


class Tokens(Section):
    """How the text becomes what `llemma train` reads."""

    tokenizer: str | None = None
    """A tokenizer or model: folder or hub name."""
    vocabulary_size: Annotated[int, Field(ge=257)] | None = None
    """In place of `tokenizer`: train one of so many tokens on the train split, byte-level BPE with single digits."""
    budget: Annotated[int, Field(ge=1)] | None = None
    """Tokens that a model will read: the data card says how many epochs of each part that means."""

    @model_validator(mode="after")
    def _one_tokenizer(self) -> Self:
        if (self.tokenizer is None) == (self.vocabulary_size is None):
            raise ValueError("give either tokenizer, or vocabulary_size to train one")
        return self


class GuardLimits(Section):
    """When the process that works on a document is killed, and the document dropped."""

    silence_s: Annotated[float, Field(gt=0)] = 120.0
    memory_mb: Annotated[int, Field(ge=1024)] = 16_384


class DataRecipe(Section):
    """A whole data set: from what was collected to token shards, a split and a mixture."""

    parts: Annotated[list[Part], Field(min_length=1)]
    """Where the same text is in several, the first one keeps it."""
    dedup: Dedup | None = None
    decontaminate: Decontaminate | None = None
    split: SplitShares = SplitShares()
    tokens: Tokens | None = None
    limits: GuardLimits = GuardLimits()
    seed: int = 0

    @model_validator(mode="after")
    def _parts_differ(self) -> Self:
        _refuse_repeats("parts", [part.name for part in self.parts])
        return self


def _file_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", name):
        raise ValueError(f"{name!r} becomes a file name: letters, digits, '_', '-' and '.' only")
    return name


def _refuse_repeats(what: str, names: list[str]) -> None:
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise ValueError(f"{what}: {repeated[0]!r} is there twice")
