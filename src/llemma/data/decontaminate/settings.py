"""The settings of decontamination."""

from typing import Annotated, Literal

from pydantic import Field

from llemma.config import Section


class Decontaminate(Section):
    """Takes the text of benchmarks out of the documents."""

    protected: Annotated[list[str], Field(min_length=1)]
    """Names of benchmarks ("gsm8k", "math", "minif2f_lean"), and paths: `.jsonl`, `.jsonl.zst` or `.json` files of
    problems or theorems, `.lean` and `.thy` files, folders of any of these."""

    ngram: Annotated[int, Field(ge=6, le=100)] = 13
    """So many words in a row make a hit. 13 as GPT-3 (arXiv 2005.14165, appendix C); the Llemma paper reports 30."""

    short_words: Annotated[int, Field(ge=3)] | None = 3
    """Questions that are shorter than an n-gram are hits as a whole when they have at least so many words; None: never.
    3 as DeepSeekMath (arXiv 2402.03300, section 2.1)."""

    min_matches: Annotated[int, Field(ge=1)] = 1
    """So many n-grams of one benchmark item must occur in a document."""

    action: Literal["cut", "drop"] = "cut"
    """Whether the hits are cut from the document, or the document is dropped: "contaminated"."""

    cut: Literal["match", "line", "paragraph"] = "paragraph"
    """What is cut around a hit. A theorem goes with its documentation and its proof."""
