"""Hashes of words and word n-grams, read straight from the buffers of an Arrow string array.

Every hash is exact 64-bit integer arithmetic on the bytes of the word or words: it is the same on every platform and
wherever the array was sliced or batched. Different words of at most eight bytes never collide; any other two words or
n-grams collide with a probability of about 2^-64, unless someone sets out to make them.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Positions = NDArray[np.int64]
WordKind = Literal["alphanumeric", "whitespace"]

_BYTES = bytes(range(256))
_ASCII_SEPARATORS = bytes(byte for byte in range(128) if not chr(byte).isalnum())
_ASCII_SPACES = b"\0\t\n\v\f\r\x1c\x1d\x1e\x1f "
_FOLD: dict[WordKind, bytes] = {  # what each byte becomes; a separator becomes 0
    "alphanumeric": _BYTES.lower().translate(bytes.maketrans(_ASCII_SEPARATORS, bytes(len(_ASCII_SEPARATORS)))),
    "whitespace": _BYTES.translate(bytes.maketrans(_ASCII_SPACES, bytes(len(_ASCII_SPACES)))),
}
_BLOCK_BYTES = 1 << 17  # what is worked on at a time: it stays in the cache
_BLOCK_WORDS = 1 << 14
_LONG_WORD = 64  # bytes; longer words are hashed one by one
_BASE = np.uint64(0x9E3779B97F4A7C15)  # of the polynomial over words: odd
_MASKS = np.array([(1 << 8 * size) - 1 for size in range(9)], np.uint64)


@dataclass(frozen=True, slots=True)
class Words:
    """The words of several documents, in order.

    Word j is the bytes starts[j]:ends[j] of all the texts joined, and has the hash hashes[j]. Document i has the words
    bounds[i]:bounds[i + 1], and begins at byte base[i]: its word j is at starts[j] - base[i] of its UTF-8 text.
    """

    hashes: Hashes
    starts: Positions
    ends: Positions
    bounds: Positions
    base: Positions


def words_of(texts: pa.Array, *, kind: WordKind = "alphanumeric") -> Words:
    """Return the words of an array of strings; a null is an empty text.

    "alphanumeric": runs of ASCII letters and digits, in lower case, and of all that is not ASCII; all else separates.
    "whitespace": runs of bytes that are not ASCII white space (or NUL), case kept.
    Memory: 24 bytes a word and one copy of the text; `slices` cuts a large array.
    """
    offsets, data = _buffers(texts)
    folded = _folded(data, _FOLD[kind])
    starts, ends = _runs(folded, offsets)
    return Words(_word_hashes(folded, starts, ends), starts, ends, np.searchsorted(starts, offsets), offsets[:-1])


def ngram_hashes(words: Words, n: int, *, whole_if_short: bool = False) -> tuple[Hashes, Positions]:
    """Return the hashes of all word n-grams, in order, and the bounds: document i has bounds[i]:bounds[i + 1].

    The k-th n-gram of a document is that of its words k to k + n - 1. A document of fewer than n words has none; with
    `whole_if_short` it has one, of all its words, unless it has no word.
    """
    sizes = np.diff(words.bounds)
    counts = np.maximum(sizes - (n - 1), 0)
    rolled = _rolled(words.hashes, n)
    if whole_if_short:
        short = np.flatnonzero((sizes > 0) & (sizes < n))
        counts[short] = 1
        rolled[words.bounds[short]] = _joined(words, short)
    bounds = np.concatenate([[0], np.cumsum(counts)])
    inside = np.ones(len(rolled), np.bool_)
    for back in range(1, n):  # an n-gram that begins at one of the last n - 1 words runs into the next document
        at = words.bounds[1:] - back
        inside[at[at >= words.bounds[:-1] + counts]] = False
    return mixed(rolled[inside]), bounds


def ngrams_in_pieces(text: str, n: int, characters: int = 2**22) -> Iterator[Hashes]:
    """Yield the hashes of the n-grams of one long text, in order, a piece at a time: its words are not held at once.

    A piece ends with a space where it has one; a word that fills more than a piece is cut.
    """
    before, start = np.zeros(0, np.uint64), 0
    while start < len(text):
        stop = start + characters
        if stop < len(text):
            stop = text.rfind(" ", start, stop) + 1 or stop
        hashes = np.concatenate([before, words_of(pa.array([text[start:stop]])).hashes])
        count = max(len(hashes) - (n - 1), 0)
        yield mixed(_rolled(hashes, n)[:count])
        before, start = hashes[count:], stop


def slices(texts: pa.Array, max_bytes: int = 4 * 2**20) -> Iterator[pa.Array]:
    """Yield the array in slices of whole documents, of at most about `max_bytes` bytes of text each."""
    offsets, _ = _buffers(texts)
    start = 0
    while start < len(texts):
        stop = max(int(np.searchsorted(offsets, offsets[start] + max_bytes, "right")) - 1, start + 1)
        yield texts.slice(start, stop - start)
        start = stop


def _buffers(texts: pa.Array) -> tuple[Positions, memoryview]:
    """Return where each text begins and the last one ends, counted from the first, and the bytes of all of them."""
    if texts.null_count:
        texts = texts.fill_null("")
    if not len(texts):
        return np.zeros(1, np.int64), memoryview(b"")
    assert texts.type in (pa.string(), pa.large_string()), f"texts must be strings, found {texts.type}"
    width = np.int64 if texts.type == pa.large_string() else np.int32
    _, places, data = texts.buffers()
    offsets = np.frombuffer(places, width)[texts.offset : texts.offset + len(texts) + 1].astype(np.int64)
    content = memoryview(data if data is not None else b"")[offsets[0] : offsets[-1]]
    return offsets - offsets[0], content


def _folded(data: memoryview, table: bytes) -> NDArray[np.uint8]:
    """Return the bytes translated, after one zero byte and before eight."""
    folded = np.zeros(len(data) + 9, np.uint8)
    for start in range(0, len(data), _BLOCK_BYTES):
        block = bytes(data[start : start + _BLOCK_BYTES]).translate(table)
        folded[start + 1 : start + 1 + len(block)] = np.frombuffer(block, np.uint8)
    return folded


def _runs(folded: NDArray[np.uint8], offsets: Positions) -> tuple[Positions, Positions]:
    """Return where the words begin and end: runs of bytes other than 0 that do not cross the edge of a document."""
    parts = []
    for block in range(0, len(folded) - 8, _BLOCK_BYTES):
        is_word = folded[block : min(block + _BLOCK_BYTES, len(folded) - 8) + 1] != 0
        parts.append(np.flatnonzero(is_word[1:] != is_word[:-1]) + block)
    inner = np.unique(offsets)
    cut = inner[(folded[inner] != 0) & (folded[inner + 1] != 0)]  # a word ends here, and the next begins
    if len(cut):
        parts = [np.sort(np.concatenate([*parts, cut, cut]), kind="stable")]
    edges = np.concatenate(parts)
    return edges[::2], edges[1::2]


def _word_hashes(folded: NDArray[np.uint8], starts: Positions, ends: Positions) -> Hashes:
    """Return a hash for each word: eight bytes at a time, as a little-endian number, mixed into what came before."""
    eights = np.ndarray(len(folded) - 8, "<u8", folded, offset=1, strides=(1,))  # the eight bytes from each byte on
    hashes = np.empty(len(starts), np.uint64)
    for block in range(0, len(starts), _BLOCK_WORDS):
        place = slice(block, block + _BLOCK_WORDS)
        hashes[place] = _block_hashes(eights, starts[place], ends[place] - starts[place])
    for long in np.flatnonzero(ends - starts > _LONG_WORD):
        word = folded[starts[long] + 1 : ends[long] + 1]
        hashes[long] = int.from_bytes(hashlib.blake2b(word.tobytes(), digest_size=8).digest(), "little")
    return hashes


def _block_hashes(eights: Hashes, starts: Positions, lengths: Positions) -> Hashes:
    hashes = mixed(eights[starts] & _MASKS.take(lengths, mode="clip"))
    done = 8
    left = np.flatnonzero((lengths > done) & (lengths <= _LONG_WORD))
    while len(left):
        piece = eights[starts[left] + done] & _MASKS.take(lengths[left] - done, mode="clip")
        hashes[left] = mixed(hashes[left] ^ piece)
        done += 8
        left = left[lengths[left] > done]
    return hashes


def _rolled(hashes: Hashes, n: int) -> Hashes:
    """Return at each word the polynomial h[0] * BASE^(n-1) + ... + h[n-1] mod 2^64 of the n words from there on.

    At the last n - 1 words the value means nothing. By doubling: the polynomial of 2k words from two of k.
    """
    padded = np.concatenate([hashes, np.zeros(n - 1, np.uint64)])
    rolled = np.empty_like(hashes)
    for start in range(0, len(hashes), _BLOCK_WORDS):
        stop = min(start + _BLOCK_WORDS, len(hashes))
        one = padded[start : stop + n - 1]
        value, size = one, 1
        for bit in f"{n:b}"[1:]:
            value = value[:-size] * _power(size) + value[size:]
            size *= 2
            if bit == "1":
                value = value[:-1] * _BASE + one[size : size + len(value) - 1]
                size += 1
        rolled[start:stop] = value
    return rolled


def _power(exponent: int) -> np.uint64:
    return np.uint64(pow(int(_BASE), exponent, 1 << 64))


def _joined(words: Words, documents: Positions) -> Hashes:
    """Return the polynomial of all the words of some short documents."""
    starts, sizes = words.bounds[documents], words.bounds[documents + 1] - words.bounds[documents]
    value = np.zeros(len(documents), np.uint64)
    for place in range(int(sizes.max(initial=0))):
        more = sizes > place
        value[more] = value[more] * _BASE + words.hashes[starts[more] + place]
    return value


def mixed(values: Hashes) -> Hashes:
    """Return the values with all bits mixed, one to one; `values` is overwritten.

    Source: Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators", variant 13 of Stafford.
    """
    values ^= values >> np.uint64(30)
    values *= np.uint64(0xBF58476D1CE4E5B9)
    values ^= values >> np.uint64(27)
    values *= np.uint64(0x94D049BB133111EB)
    values ^= values >> np.uint64(31)
    return values
