"""Signatures of documents, and the files that hold those of a shard."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash
from numpy.typing import NDArray

from llemma.data.dedup.minhash import EMPTY, Slots, band_hashes, minhash
from llemma.data.dedup.settings import Dedup
from llemma.errors import DataError
from llemma.ngrams import Hashes, Positions, ngram_hashes, ngrams_in_pieces, slices, words_of
from llemma.storage import atomic_file

NO_BAND = 0
"""The band hash of a document that has too few words to be compared."""

_SLICE_BYTES = 2**21
_LONG_CHARACTERS = 2**22  # a longer document is taken in pieces, so that its words need not all be held at once


@dataclass(frozen=True, slots=True)
class Signatures:
    """What documents are compared by, in order: n documents, B bands, P permutations (0 columns for what is off)."""

    exact: Hashes
    """(n, 2): XXH3, 128 bits, of the text without white space at its ends."""
    bands: Hashes
    """(n, B): equal where all slots of the band are; NO_BAND where the document has too few words."""
    slots: NDArray[np.uint16]
    """(n, P): the low 16 bits of the MinHash values: two texts agree in a slot by chance once in 65,536."""


def signatures_of(texts: pa.Array, settings: Dedup) -> Signatures:
    """Return the signatures of texts. They do not depend on how the texts are divided into arrays."""
    exact = _exact_hashes(texts) if settings.exact else np.zeros((len(texts), 0), np.uint64)
    if not settings.near or not len(texts):
        return Signatures(exact, np.zeros((len(texts), 0), np.uint64), np.zeros((len(texts), 0), np.uint16))
    return Signatures(exact, *_near_signatures(texts, settings))


def write_signatures(path: Path, parts: Iterable[Signatures]) -> None:
    """Write the signatures of a shard, given in parts, as one Arrow file that is seen whole or not at all."""
    batches = [_to_batch(part) for part in parts if len(part.exact)]
    batch = pa.concat_batches(batches) if batches else pa.record_batch({})
    with atomic_file(path) as file, pa.ipc.new_file(file, batch.schema) as writer:
        writer.write_batch(batch)


class SignatureFile:
    """The signatures of a shard, read from the disk as they are asked for."""

    def __init__(self, path: Path, settings: Dedup) -> None:
        try:
            with pa.memory_map(str(path)) as file:
                self._table = pa.ipc.open_file(file).get_batch(0)
        except (pa.ArrowInvalid, OSError) as error:
            raise DataError(f"{path}: not a file of signatures ({error}). Delete it; it is made again") from error
        if len(self) and self._table.schema.types != _to_batch(signatures_of(pa.array([""]), settings)).schema.types:
            raise DataError(f"{path}: signatures made by other settings. Delete it; it is made again")

    def __len__(self) -> int:
        return len(self._table)

    def exact(self) -> Hashes:
        """Return the two halves of the exact hashes: (2, n)."""
        return self._matrix("exact").T

    def band(self, number: int) -> Hashes:
        """Return the hashes of a band: (n,)."""
        return np.asarray(self._table.column(f"band_{number}").to_numpy())

    def slots(self, rows: Positions) -> NDArray[np.uint16]:
        """Return the slots of some rows: (rows, P)."""
        return self._slots[rows]

    @cached_property
    def _slots(self) -> NDArray[np.uint16]:
        return self._matrix("slots")

    def _matrix(self, name: str) -> NDArray[Any]:
        column = self._table.column(name)
        return np.asarray(column.flatten().to_numpy().reshape(len(column), column.type.list_size))


def _exact_hashes(texts: pa.Array) -> Hashes:
    stripped = pc.ascii_trim_whitespace(pc.fill_null(texts, ""))
    contents = stripped.cast(pa.large_binary() if texts.type == pa.large_string() else pa.binary())
    digests = b"".join(map(xxhash.xxh3_128_digest, contents.to_pylist()))
    return np.frombuffer(digests, ">u8").astype(np.uint64).reshape(-1, 2)


def _near_signatures(texts: pa.Array, settings: Dedup) -> tuple[Hashes, NDArray[np.uint16]]:
    signatures = np.concatenate([_minhash(part, settings) for part in slices(texts, _SLICE_BYTES)])
    bands = band_hashes(signatures, settings.bands)
    bands[signatures.min(axis=1) == EMPTY] = NO_BAND
    return bands, signatures.astype(np.uint16)


def _minhash(texts: pa.Array, settings: Dedup) -> Slots:
    """Return the MinHash signatures of texts, or of a single long one.

    The values of a long text are the smallest of its pieces.
    """
    sign = partial(minhash, slots=settings.permutations, seed=settings.seed)
    if len(texts) == 1 and texts[0].is_valid and len(text := texts[0].as_py()) > _LONG_CHARACTERS:
        pieces = ngrams_in_pieces(text, settings.ngram, _LONG_CHARACTERS)
        smallest: Slots = np.min([sign(piece, np.array([0, len(piece)])) for piece in pieces], axis=0)
        return smallest
    return sign(*ngram_hashes(words_of(texts), settings.ngram))


def _to_batch(part: Signatures) -> pa.RecordBatch:
    columns = {}
    if part.exact.size:
        columns["exact"] = pa.FixedSizeListArray.from_arrays(part.exact.reshape(-1), 2)
    if part.slots.size:
        columns["slots"] = pa.FixedSizeListArray.from_arrays(part.slots.reshape(-1), part.slots.shape[1])
    for number in range(part.bands.shape[1]):  # a column each: they are read one at a time
        columns[f"band_{number}"] = pa.array(np.ascontiguousarray(part.bands[:, number]))
    return pa.record_batch(columns)
