"""Documents to tokens at the speed of the fastest back end that gives the very tokens that transformers gives."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, pairwise
from typing import Any, Literal, TypeVar

import numpy as np
import numpy.typing as npt
from transformers import PreTrainedTokenizerBase

from llemma.models.pieces import Pieces, pieces_for
from llemma.models.tokenizer import document_end, document_start
from llemma.progress import say

Tokens = npt.NDArray[np.uint32]
Offsets = npt.NDArray[np.int64]
Encode = Callable[[Sequence[str]], list[Tokens]]
BackEnd = Callable[[Sequence[str]], tuple[Tokens, Offsets]]
"""Gives the tokens of n texts in a row and the n + 1 places where each begins and the last one ends."""

BATCH_TEXTS = 1024
BATCH_CHARACTERS = 2**21

_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class Encoder:
    """Encodes documents with one back end; which one makes no difference to the tokens."""

    back_end: Literal["fastokens", "transformers"]
    start: int
    end: int | None
    vocabulary_size: int
    encode: Encode

    def documents(self, texts: Iterable[str]) -> Iterator[Tokens]:
        """Yield each text as [start] tokens [end]; the end is left out when it is the start of the next document.

        Text that spells a special token is encoded as ordinary characters.
        """
        head = np.array([self.start], dtype=np.uint32)
        tail = np.array([] if self.end is None or self.end == self.start else [self.end], dtype=np.uint32)
        for group in _groups(texts, size=len):
            for tokens in self.encode(group):
                yield np.concatenate((head, tokens, tail))


def fastest_encoder(tokenizer: PreTrainedTokenizerBase) -> Encoder:
    """Return the fastest encoder that agrees with the tokenizer on every probe text; says why when it is a slow one."""
    pieces = pieces_for(_spec(tokenizer))
    candidate = _fastokens(pieces)
    reason = candidate if isinstance(candidate, str) else _disagreement(candidate, pieces, tokenizer)
    if isinstance(candidate, str) or reason is not None:
        say(f"tokenising with transformers, many times slower than fastokens: {reason}")
        return reference_encoder(tokenizer)
    return _encoder(tokenizer, "fastokens", candidate, pieces)


def reference_encoder(tokenizer: PreTrainedTokenizerBase) -> Encoder:
    """Return the encoder that asks transformers; the only one that defines what is right."""
    whole = pieces_for(_spec(tokenizer)).of_whole_tokenizer()
    return _encoder(tokenizer, "transformers", partial(_through_transformers, tokenizer), whole)


def probe_texts(specials: Iterable[str] = ()) -> list[str]:
    """Return short texts that back ends are most likely to disagree on, special-token spellings among them."""
    points = [*range(0x300), *(point for point in range(0x300, 0x30000, 61) if not 0xD800 <= point < 0xE000)]
    around = ["a{0}b {0}1{0}.\n{0}{0}".format(chr(point)) for point in points]
    some = ["".join(around[first : first + 64]) for first in range(0, len(around), 64)]
    byte_tokens = "".join(f"a<0x{byte:02X}>b <0x{byte:02X}>" for byte in range(256))
    spelt = [f"{before}{token}{after}" for token in specials for before in ("", "a ", "a") for after in ("", " b", "b")]
    return [*_PROBES, *some, byte_tokens, *spelt]


_PROBES = [
    "",
    " ",
    "  leading and trailing  ",
    "\n\n\tdef f(x):\n\t\treturn x  \r\n\r\n\r\n    # ok   \n   ",
    "I'll say we've, they'RE, it'S, don't, 'tis, 's' '' 'ſ ſ's K'ſK'",
    "1 22 333 4444 12345678901234567890 3.14159 1e-9 x1y22z333 ½²Ⅷ٣११ １２３ a1 1a   7",
    r"\begin{align} \frac{a_{i}}{b^{2}} &\leq \sum_{k=0}^{\infty} x^k \\ $$\int_0^1 f\,dx$$ \end{align}",
    "∀ ε > 0 ∃ δ > 0, |x − a| < δ → |f(x) − f(a)| < ε; ℕ ⊂ ℤ ⊂ ℚ ⊂ ℝ; 𝔭 ∈ 𝒫(ℝ²), ⟨x, y⟩ ≔ x ⬝ y",
    "漢字かな交じり文、한국어 문장。ไทยไม่มีช่องว่าง हिन्दी में वाक्य اللغة العربية עברית Ελληνικά Кириллица Ärger",
    "e\u0301 \u00e9 a\u0308\u0323 \u1100\u1161\u11a8 \u212b \ufb01 \u0130i\u0307 \u1e9e \u200b\u200d",
    "\ufeff\u00a0a\u3000b\u2028c\u0085 d\x00e\x7f",
    "👨‍👩‍👧‍👦 🏳️‍🌈 👍🏽 🇫🇷 e🙂f \U0001d54f\U000e0041",
    "▁ ▁▁ a▁b ▁a  ▁  b <0x0A> <0xFF> ĠĊ Ġa",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" + " " * 40 + "\n" * 40 + "=" * 40 + "." * 41 + "\t" * 20 + "x",
    "The quick brown fox jumps over the lazy dog. the the THE The tHE of and to in is that for it as was with",
]


def _encoder(
    tokenizer: PreTrainedTokenizerBase, name: Literal["fastokens", "transformers"], back_end: BackEnd, pieces: Pieces
) -> Encoder:
    encode = partial(_encode, back_end, pieces)
    return Encoder(name, document_start(tokenizer), document_end(tokenizer), len(tokenizer), encode)


def _spec(tokenizer: PreTrainedTokenizerBase) -> dict[str, Any] | None:
    """Return the tokenizer.json of a tokenizer; None where it is written in Python."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    return json.loads(backend.to_str()) if backend is not None else None


def _encode(back_end: BackEnd, pieces: Pieces, texts: Sequence[str]) -> list[Tokens]:
    found: list[list[Tokens]] = [[] for _ in texts]
    parts = ((number, part) for number, text in enumerate(texts) for part in pieces.cut(text))
    for group in _groups(parts, size=lambda numbered: len(numbered[1])):
        split = [pieces.split(part) for _, part in group]
        tokens, offsets = back_end(list(chain.from_iterable(split)))
        bounds = offsets[np.cumsum([0, *map(len, split)])].tolist()
        for (number, _), (start, end) in zip(group, pairwise(bounds), strict=True):
            found[number].append(tokens[start:end])
    return [own[0] if len(own) == 1 else np.concatenate(own) for own in found]


def _through_transformers(tokenizer: PreTrainedTokenizerBase, texts: Sequence[str]) -> tuple[Tokens, Offsets]:
    encoded = tokenizer(list(texts), add_special_tokens=False, split_special_tokens=True, return_attention_mask=False)
    parts = [np.array(tokens, dtype=np.uint32) for tokens in encoded["input_ids"]]
    return np.concatenate(parts), np.cumsum([0, *map(len, parts)])


def _fastokens(pieces: Pieces) -> BackEnd | str:
    """Return fastokens with the tokenizer of `pieces`, or why it cannot be had."""
    if pieces.spec is None:
        return "the tokenizer has no tokenizer.json"
    try:
        from fastokens import Tokenizer
    except ImportError:
        return "fastokens is not installed. Install it: pip install 'llemma[data]'"
    try:
        tokenizer = Tokenizer.from_json_str(json.dumps(pieces.spec))
    except ValueError as error:
        return f"it cannot read this tokenizer ({error})"

    def encode(texts: Sequence[str]) -> tuple[Tokens, Offsets]:
        tokens, offsets = tokenizer.encode_batch_flat(list(texts), split_special_tokens=True)
        return np.frombuffer(tokens, dtype="<u4"), np.frombuffer(offsets, dtype="<u8").astype(np.int64)

    return encode


def _disagreement(candidate: BackEnd, pieces: Pieces, tokenizer: PreTrainedTokenizerBase) -> str | None:
    """Return the first probe text that the candidate encodes in another way, also when every text is cut up."""
    texts = probe_texts(tokenizer.get_added_vocab())
    expected = _encode(partial(_through_transformers, tokenizer), Pieces(None), texts)
    for cut in (pieces, pieces.cut_everywhere()):
        for text, right, tokens in zip(texts, expected, _encode(candidate, cut, texts), strict=True):
            if not np.array_equal(right, tokens):
                return f"they disagree on {text!a}"
    return None


def _groups(items: Iterable[_Item], *, size: Callable[[_Item], int]) -> Iterator[list[_Item]]:
    """Yield items in groups that are not much larger than BATCH_CHARACTERS, so that memory has a bound."""
    group: list[_Item] = []
    characters = 0
    for item in items:
        group.append(item)
        characters += size(item)
        if len(group) == BATCH_TEXTS or characters >= BATCH_CHARACTERS:
            yield group
            group, characters = [], 0
    if group:
        yield group
