"""General text without arithmetic for the base model: stories, letters, code and more, from a seeded grammar.

It shares names and objects with the word problems but never computes: the mathematics is left to continued pretraining.
The same seed gives the same bytes on every machine, and the first n documents of a longer list are the list of n.
"""

import functools
import string
from collections.abc import Iterator, Mapping, Sequence

from llemma.data.generators.general_text_grammar import CAST, GENRES, POOLS
from llemma.data.generators.words import GROUPS, Draw
from llemma.errors import UserError
from llemma.records import Document

_PATIENCE = 2_000  # known texts in a row before the generator is taken to be exhausted

Sentence = Sequence[tuple[str, str]]
"""Pieces of plain text, each with the slot behind it ("" at the end)."""


def documents(count: int, *, seed: int = 0) -> Iterator[Document]:
    """Yield `count` different documents; `meta["genre"]` says what kind of text it is.

    Raises UserError when there are not that many.
    """
    if count < 0:
        raise UserError(f"general text: count is {count}; it must be 0 or more")
    draw = Draw(f"general text {seed}")
    genres = tuple(GENRES)
    texts: set[str] = set()
    misses = 0
    while len(texts) < count:
        genre = draw.one_of(genres)
        text = _text(genre, draw)
        if text not in texts:
            texts.add(text)
            misses = 0
            yield Document(f"general/{len(texts) - 1}", text, {"genre": genre})
        elif (misses := misses + 1) == _PATIENCE:
            raise UserError(f"general text: found only {len(texts):,} different texts of the {count:,} asked for")


def _text(genre: str, draw: Draw) -> str:
    cast = draw.words(tuple(GROUPS))
    for entries in CAST:
        cast.update(draw.one_of(entries))
    opening, *middle, end = _grammar()[genre]
    pairs = [_two_of(place, draw) for place in middle]
    plan = [draw.one_of(opening), *(first for first, _ in pairs), *(second for _, second in pairs), draw.one_of(end)]
    return _joined([_fill(parts, cast, draw) for parts in plan])


def _two_of(choices: Sequence[Sentence], draw: Draw) -> tuple[Sentence, Sentence]:
    """Return two different choices, in random order."""
    first = draw.below(len(choices))
    second = (first + 1 + draw.below(len(choices) - 1)) % len(choices)
    return choices[first], choices[second]


def _fill(parts: Sentence, cast: Mapping[str, str], draw: Draw) -> str:
    """Return the sentence with each slot filled; two slots of one pool never get the same word in a sentence."""
    pieces: list[str] = []
    used: set[str] = set()
    for plain, slot in parts:
        pieces.append(plain)
        if slot:
            word = cast.get(slot) or _other_word(POOLS[slot], used, draw)
            used.add(word)
            pieces.append(word)
    return "".join(pieces)


def _other_word(pool: Sequence[str], used: set[str], draw: Draw) -> str:
    while (word := draw.one_of(pool)) in used:
        pass
    return word


def _joined(sentences: Sequence[str]) -> str:
    """Return the sentences with a space between them, where a line does not end."""
    return "".join(text if text.endswith("\n") else text + " " for text in sentences).strip()


@functools.cache
def _grammar() -> Mapping[str, Sequence[Sequence[Sentence]]]:
    """Return for each genre and place the alternatives, parsed."""
    return {genre: [[_parts(text) for text in place] for place in places] for genre, places in GENRES.items()}


def _parts(text: str) -> Sentence:
    return [(plain, slot or "") for plain, slot, _, _ in string.Formatter().parse(text)]
