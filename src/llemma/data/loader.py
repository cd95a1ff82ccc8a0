"""Training batches from weighted token shards: what batch n holds is a function of (seed, n), so n is the state."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from llemma.data.shards import Shards, Tokens
from llemma.errors import DataError

Int64 = npt.NDArray[np.int64]
UInt64 = npt.NDArray[np.uint64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)  # 2**64 / golden ratio: multiples of it fill [0, 2**64) evenly


@dataclass(frozen=True, slots=True)
class Batch:
    """B sequences of T tokens. `inputs`, `targets` and `positions` are (B, T); positions restart with each document."""

    inputs: Int64
    targets: Int64
    positions: Int64


class Loader:
    """Deals sequences of T tokens from several sources in proportion to their weights.

    Sequence i comes from the source that the i-th multiple of the golden ratio falls on, so that every prefix of the
    run has the mixture's shares to within a few sequences. Each source is read in a new random order in each epoch.
    """

    def __init__(
        self, sources: Sequence[tuple[Shards, float]], *, sequence_tokens: int, batch_sequences: int, seed: int
    ) -> None:
        self._sources = [_Blocks(shards, sequence_tokens, seed + index) for index, (shards, _) in enumerate(sources)]
        weights = np.array([weight for _, weight in sources], dtype=np.float64)
        self._bounds = np.cumsum(weights / weights.sum())[:-1]
        self._batch = batch_sequences
        self._start = sources[0][0].document_start
        self._seed = np.uint64(seed)
        self._step = 0
        self._taken = np.zeros(len(sources), dtype=np.int64)  # sequences taken from each source before `_step`

    def batch(self, step: int) -> Batch:
        """Return batch `step` (0 is the first)."""
        self._seek(step)
        origin = self._source_of(step * self._batch, self._batch)
        tokens = np.stack([self._sources[source].block(number) for source, number in self._numbered(origin)])
        inputs = tokens[:, :-1]
        return Batch(inputs, tokens[:, 1:], document_positions(inputs, self._start))

    def epochs(self, steps: int) -> list[float]:
        """Return how often each source has been read after `steps` batches."""
        self._seek(steps)
        return [float(taken / len(source)) for taken, source in zip(self._taken, self._sources, strict=True)]

    def _numbered(self, origin: Int64) -> list[tuple[int, int]]:
        """Return (source, number of the sequence within that source) for each sequence of the batch at `_step`."""
        taken = self._taken.copy()
        numbered = []
        for source in origin.tolist():
            numbered.append((source, int(taken[source])))
            taken[source] += 1
        return numbered

    def _seek(self, step: int) -> None:
        if step < self._step:
            self._step, self._taken = 0, np.zeros_like(self._taken)
        while self._step < step:
            steps = min(step - self._step, 2**20 // self._batch + 1)
            origin = self._source_of(self._step * self._batch, steps * self._batch)
            self._taken += np.bincount(origin, minlength=len(self._taken))
            self._step += steps

    def _source_of(self, first: int, count: int) -> Int64:
        numbers = np.arange(first, first + count, dtype=np.uint64)
        offset = _mixed(np.array([self._seed], dtype=np.uint64))
        places = (numbers * _GOLDEN + offset) >> np.uint64(11)
        return np.searchsorted(self._bounds, places.astype(np.float64) / 2.0**53, side="right")


def document_positions(tokens: Int64, document_start: int) -> Int64:
    """Return each token's position in its document, (B, T) -> (B, T); a document cut at the row's start begins at 0."""
    columns = np.arange(tokens.shape[1], dtype=np.int64)
    starts = np.where(tokens == document_start, columns, 0)
    return columns - np.maximum.accumulate(starts, axis=1)


class _Blocks:
    """One source cut into blocks of T + 1 tokens that overlap by one, dealt in a random order per epoch."""

    def __init__(self, shards: Shards, sequence_tokens: int, seed: int) -> None:
        self._shards, self._length, self._seed = shards, sequence_tokens, seed
        counts = [max(0, (len(file) - 1) // sequence_tokens) for file in shards.files]
        self._ends = np.cumsum(counts)
        if not len(self):
            raise DataError(
                f"{shards.path}: {shards.tokens:,} tokens are too few for one sequence of {sequence_tokens:,}"
            )
        self._epoch = -1
        self._order: Int64 = np.zeros(0, dtype=np.int64)

    def __len__(self) -> int:
        return int(self._ends[-1])

    def block(self, number: int) -> Int64:
        """Return the `number`-th sequence dealt from this source since the run began, (T + 1,)."""
        epoch, place = divmod(number, len(self))
        if epoch != self._epoch:
            self._epoch, self._order = epoch, _order(len(self), self._seed, epoch)
        index = int(self._order[place])
        file = int(np.searchsorted(self._ends, index, side="right"))
        start = (index - (int(self._ends[file - 1]) if file else 0)) * self._length
        tokens: Tokens = self._shards.files[file][start : start + self._length + 1]
        return tokens.astype(np.int64)


def _order(count: int, seed: int, epoch: int) -> Int64:
    """Return a permutation of range(count) that is the same with every version of numpy."""
    key = _mixed(np.array([seed], dtype=np.uint64)) + np.uint64(epoch)
    return np.argsort(_mixed(np.arange(count, dtype=np.uint64) + _mixed(key)), kind="stable")


def _mixed(numbers: UInt64) -> UInt64:
    """Return well-mixed 64-bit numbers (SplitMix64, Steele et al. 2014)."""
    mixed = numbers + _GOLDEN
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
