from pathlib import Path

import numpy as np
import pytest

from llemma.data.loader import Loader, document_positions
from llemma.data.shards import Shards, open_shards
from llemma.errors import DataError


def _synthetic(tokens: np.ndarray, *, files: int = 1) -> Shards:
    parts = tuple(np.array_split(tokens.astype(np.uint16), files))
    return Shards(Path("made"), parts, 1, 0, 60_000, "", "")


def _loader(*shards: tuple[Shards, float], batch: int = 4, seed: int = 0, length: int = 8) -> Loader:
    return Loader(shards, sequence_tokens=length, batch_sequences=batch, seed=seed)


def test_targets_are_the_inputs_one_token_later() -> None:
    batch = _loader((_synthetic(np.arange(1, 1000)), 1.0)).batch(0)
    assert batch.inputs.shape == batch.targets.shape == (4, 8)
    assert (batch.targets == batch.inputs + 1).all()


def test_an_epoch_deals_every_sequence_once_and_the_next_in_another_order() -> None:
    # 2 files of 80 tokens give 9 sequences of 8 tokens each (the last token of a file is a target only)
    loader = _loader((_synthetic(np.arange(1, 161), files=2), 1.0), batch=1)
    first = [int(loader.batch(step).inputs[0, 0]) for step in range(18)]
    second = [int(loader.batch(step).inputs[0, 0]) for step in range(18, 36)]
    assert sorted(first) == sorted(second) == [1 + 8 * i for i in range(9)] + [81 + 8 * i for i in range(9)]
    assert first != second != sorted(second)


def test_a_batch_is_a_function_of_seed_and_step_whatever_was_asked_before() -> None:
    sources = [(_synthetic(np.arange(1, 2000)), 3.0), (_synthetic(np.arange(2000, 3000)), 1.0)]
    there = _loader(*sources)
    wanted = [there.batch(step) for step in range(50)]
    for step in (49, 0, 17, 17, 3):
        assert (_loader(*sources).batch(step).inputs == wanted[step].inputs).all()
    assert not (_loader(*sources, seed=1).batch(0).inputs == wanted[0].inputs).all()


@pytest.mark.parametrize("batch", [1, 2, 8])
def test_the_order_of_sequences_does_not_depend_on_the_batch_size(batch: int) -> None:
    sources = [(_synthetic(np.arange(1, 2000)), 3.0), (_synthetic(np.arange(2000, 3000)), 1.0)]
    loader = _loader(*sources, batch=batch)
    rows = np.concatenate([loader.batch(step).inputs for step in range(16 // batch)])
    assert (rows == _loader(*sources, batch=16).batch(0).inputs).all()


def test_every_prefix_of_a_run_has_the_shares_of_the_mixture() -> None:
    weights = [0.95, 0.04, 0.01]
    sources = [(_synthetic(np.full(1000, index + 1)), weight) for index, weight in enumerate(weights)]
    loader = _loader(*sources, batch=100, length=4)
    origin = np.concatenate([loader.batch(step).inputs[:, 0] for step in range(20)])
    for end in (200, 500, 1000, 2000):
        for index, weight in enumerate(weights):
            assert abs((origin[:end] == index + 1).sum() - weight * end) <= 4


def test_epochs_are_reported_per_source() -> None:
    loader = _loader((_synthetic(np.arange(1, 802)), 1.0), batch=10)  # 100 sequences
    assert loader.epochs(25) == [2.5]


def test_positions_restart_with_each_document() -> None:
    tokens = np.array([[5, 6, 0, 7, 8, 0, 0, 9], [0, 1, 1, 1, 1, 1, 1, 1]])
    expected = [[0, 1, 0, 1, 2, 0, 0, 1], [0, 1, 2, 3, 4, 5, 6, 7]]
    assert document_positions(tokens, 0).tolist() == expected


def test_too_little_text_for_one_sequence_is_named(tiny_data: Path) -> None:
    with pytest.raises(DataError, match="too few for one sequence of 9,999,999"):
        _loader((open_shards(tiny_data / "shards"), 1.0), length=9_999_999)
