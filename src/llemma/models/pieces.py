"""Pieces of a text that can be encoded apart: known for each kind of tokenizer, so that long texts need little memory.

A piece ends where no token and no rule of the tokenizer reaches across. The kinds are those of `llemma data
tokenizer` (digits, then GPT-2's words), GPT-2, Llama 3 and Qwen (one regular expression), and the SentencePiece BPE
of Llama 2 and Code Llama. Texts of any other tokenizer stay whole.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal, Self

from tokenizers import pre_tokenizers

CUT_CHARACTERS = 2**20
"""About how long the pieces of a long text are."""

SPACE = "\N{LOWER ONE EIGHTH BLOCK}"
"""What SentencePiece writes for a space."""

_BETWEEN_WORDS = re.compile("[A-Za-z](?= [A-Za-z])")
_ACROSS_WORDS = re.compile(f"[^{SPACE}]{SPACE}")

_WORDS_OF_GPT_4 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}%s| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_KNOWN_WORDS = {_WORDS_OF_GPT_4 % "{1,3}": "Llama 3", _WORDS_OF_GPT_4 % "": "Qwen 2"}

_SPACES = {"type": "Replace", "pattern": {"String": " "}, "content": SPACE}


@dataclass(frozen=True, slots=True)
class Pieces:
    """How texts are cut, and the tokenizer.json that encodes each piece; None where a tokenizer has no such file."""

    spec: dict[str, Any] | None
    prefix: Literal["always", "before_words"] | None = None
    """A space goes in front of a text, always or unless it begins with one."""
    isolates_digits: bool = False
    cut_characters: int | None = None

    def cut(self, text: str) -> Iterator[str]:
        """Yield the parts of a text, about `cut_characters` long each where it has places to cut; at least one."""
        if text and (self.prefix == "always" or (self.prefix == "before_words" and text[0] not in (" ", SPACE))):
            text = SPACE + text
        start = 0
        while self.cut_characters and (end := _BETWEEN_WORDS.search(text, start + self.cut_characters - 1)):
            yield text[start : end.end()]
            start = end.end()
        yield text[start:]

    def split(self, part: str) -> list[str]:
        """Return the pieces of a part in order; at least one."""
        return _digits(part).split(part) if self.isolates_digits else [part]

    def cut_everywhere(self) -> Self:
        """Return the same with the shortest pieces, to see whether they make a difference."""
        return self if self.cut_characters is None else replace(self, cut_characters=1)

    def of_whole_tokenizer(self) -> "Pieces":
        """Return what may be cut for the tokenizer as it is, which puts the prefix there and isolates digits itself."""
        return Pieces(None, cut_characters=None if self.prefix else self.cut_characters)


def pieces_for(spec: dict[str, Any] | None) -> Pieces:
    """Return how texts can be cut for a tokenizer.json."""
    if spec is None or spec["model"]["type"] != "BPE" or not all(token["special"] for token in spec["added_tokens"]):
        return Pieces(spec)
    if spec["model"].get("byte_fallback"):
        return _of_sentencepiece(spec)
    words = _steps(spec["pre_tokenizer"], "pretokenizers")
    if [word["type"] for word in words] == ["Digits", "ByteLevel"] and words[0]["individual_digits"]:
        simpler = {**spec, "pre_tokenizer": words[1]}
        if spec["normalizer"] is None and _is_known(words[1:]):
            return Pieces(simpler, isolates_digits=True, cut_characters=CUT_CHARACTERS)
    if spec["normalizer"] in (None, {"type": "NFC"}) and _is_known(words):
        return Pieces(spec, cut_characters=CUT_CHARACTERS)
    return Pieces(spec)


def _is_known(words: list[dict[str, Any]]) -> bool:
    """Whether the rules for words are GPT-2's, Llama 3's or Qwen's, which all end one between a letter and a space."""
    *splits, bytes_ = words or [{"type": None}]
    if bytes_["type"] != "ByteLevel" or bytes_["add_prefix_space"]:
        return False
    if not splits:
        return bool(bytes_["use_regex"])
    [split, *others] = splits
    known = split["type"] == "Split" and split["pattern"].get("Regex") in _KNOWN_WORDS
    return known and split["behavior"] == "Isolated" and not (split["invert"] or others or bytes_["use_regex"])


def _of_sentencepiece(spec: dict[str, Any]) -> Pieces:
    if any(_ACROSS_WORDS.search(token) for token in spec["model"]["vocab"]):
        return Pieces(spec)
    prefix = _prefix(spec)
    if prefix is None:
        return Pieces(spec)
    simpler = {**spec, "normalizer": _SPACES, "pre_tokenizer": None}
    return Pieces(simpler, prefix, cut_characters=CUT_CHARACTERS)


def _prefix(spec: dict[str, Any]) -> Literal["always", "before_words"] | None:
    normalizers = _steps(spec["normalizer"], "normalizers")
    words = spec["pre_tokenizer"]
    if words is None and normalizers == [{"type": "Prepend", "prepend": SPACE}, _SPACES]:
        return "always"
    if not normalizers and words is not None and words["type"] == "Metaspace" and words["replacement"] == SPACE:
        return "before_words" if words["prepend_scheme"] in ("first", "always") and not words["split"] else None
    return None


def _steps(step: dict[str, Any] | None, name: str) -> list[dict[str, Any]]:
    if step is None:
        return []
    return list(step[name]) if step["type"] == "Sequence" else [step]


def _digits(text: str) -> re.Pattern[str]:
    """Return a pattern whose split isolates every digit of the text."""
    others = "" if text.isascii() else "".join(sorted(_other_digits() & set(text)))
    return re.compile(f"([0-9{re.escape(others)}])")


@cache
def _other_digits() -> frozenset[str]:
    """Return the digits beyond ASCII's as the tokenizers library sees them; every script with any is below 0x20000."""
    points = (point for point in range(0x80, 0x20000) if not 0xD800 <= point < 0xE000)
    between_letters = "".join(f"a{chr(point)}" for point in points)
    split = pre_tokenizers.Digits(individual_digits=True).pre_tokenize_str(between_letters)
    return frozenset(part for part, _ in split if len(part) == 1 and part != "a")
