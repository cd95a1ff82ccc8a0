"""Texts as the words that are compared: no case, no punctuation of any script, no white space."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from llemma.ngrams import Words, words_of


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts one after the other: their bytes, with spaces for what is not ASCII and separates, and their words."""

    content: NDArray[np.uint8]
    words: Words

    @classmethod
    def of(cls, texts: pa.Array) -> "Texts":
        """Return the words of an array of strings."""
        content, offsets = _separated(texts)
        array = pa.Array.from_buffers(pa.large_string(), len(texts), [None, offsets, pa.py_buffer(content)])
        return cls(content, words_of(array))

    def same(self, start: int, other: "Texts", other_start: int, count: int) -> bool:
        """Say whether `count` words from word `start` on are the other's from `other_start` on."""
        return self._split(start, count) == other._split(other_start, count)

    def _split(self, start: int, count: int) -> list[bytes]:
        content = self.content[self.words.starts[start] : self.words.ends[start + count - 1]]
        return content.tobytes().translate(_LOWER).split()


_LOWER = bytes(i if i > 127 else ord(chr(i).lower()) if chr(i).isalnum() else ord(" ") for i in range(256))


def _separated(texts: pa.Array) -> tuple[NDArray[np.uint8], pa.Buffer]:
    """Return the bytes and the offsets of the texts, with spaces for marks that are not ASCII: quotes, dashes, `≤`."""
    texts = texts.cast(pa.large_string())
    offsets = np.frombuffer(texts.buffers()[1], np.int64)[texts.offset : texts.offset + len(texts) + 1]
    data = texts.buffers()[2] or b""
    content = np.frombuffer(data, np.uint8)[offsets[0] : offsets[-1]]
    leads = np.flatnonzero(content[:-1] >= 0xC2)
    if len(leads):
        content = content.copy()
        sizes = _SEPARATORS[content[leads], content[leads + 1]]
        for size in (2, 3):
            marks = leads[sizes == size]
            for step in range(size):
                content[marks + step] = 32
    return content, pa.py_buffer(offsets - offsets[0])


def _separators() -> NDArray[np.uint8]:
    """Return by the first two bytes how many bytes a separator has: 2, 3, or 0 for what belongs to a word."""
    sizes = np.zeros((256, 256), np.uint8)
    for code in (*range(0xA0, 0xC0), 0xD7, 0xF7):
        if not chr(code).isalnum():
            sizes[tuple(chr(code).encode())] = 2
    for code in range(0x2000, 0x2C00, 64):
        lead, second, _ = chr(code).encode()
        if second not in (0x82, 0x84, 0x85, 0x91, 0x92, 0x93):  # subscripts, ℝ, Roman numerals, ①
            sizes[lead, second] = 3
    sizes[0xE3, 0x80] = sizes[0xEF, 0xBC] = 3  # 、。「 and ，；？
    return sizes


_SEPARATORS = _separators()
