"""The settings of deduplication, as in a recipe."""

from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from llemma.config import Section

Count = Annotated[int, Field(ge=1)]


class Dedup(Section):
    """How duplicates are found. Of several that are alike, the first in the order of parts, shards and rows is kept."""

    version: ClassVar[int] = 1
    """Raised when the same settings begin to give other results."""

    exact: bool = True
    """Drop a text that is, white space at its ends aside, byte for byte one that came before."""
    near: bool = True
    """Drop a text that shares most of its word n-grams with one that came before (MinHash)."""
    ngram: Count = 5
    """Words in an n-gram: letters and digits in lower case. Texts of fewer words are compared exactly only."""
    permutations: Count = 128
    """Slots of a signature. The similarity of two texts is estimated as the share of slots in which theirs agree, with
    a standard error of 0.04."""
    bands: Count = 32
    """Texts are compared when all slots of a band agree: of the pairs with a similarity of 0.7, 32 bands of 4 slots
    miss 0.02 %, of those with 0.8 one in twenty million."""
    threshold: Annotated[float, Field(gt=0.0, le=1.0)] = 0.7
    """The similarity from which on texts are near duplicates: the share of the different n-grams of both that are in
    both (Jaccard). It is estimated from the signatures; where the estimate is within four standard errors of the
    threshold, it is computed from the texts."""
    seed: Annotated[int, Field(ge=0)] = 0
    """Chooses the hash functions of the signatures."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if not self.exact and not self.near:
            raise ValueError("exact and near are both off: leave the section out")
        if self.permutations % self.bands:
            raise ValueError(f"permutations ({self.permutations}) must be a multiple of bands ({self.bands})")
        return self
