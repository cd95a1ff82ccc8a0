"""The table of n-grams finds what a comparison of all places with all places finds."""

import numpy as np
import pytest

from llemma.data.decontaminate.table import Table, table_keys


@pytest.mark.parametrize("n", [3, 4, 6, 13, 14, 30])
@pytest.mark.parametrize("offset", range(5))
def test_every_equal_ngram_is_found_wherever_it_begins(n: int, offset: int) -> None:
    chance = np.random.default_rng(100 * n + offset)
    vocabulary = chance.integers(0, 2**64, 4, np.uint64)  # few words: many chance hits, and near misses
    protected = vocabulary[chance.integers(0, 4, 200)]
    planted = protected[50 : 50 + n + 3]
    document = np.concatenate([vocabulary[chance.integers(0, 4, 40 + offset)], planted, protected[:n], planted[1:]])
    starts = np.arange(len(protected) - n + 1)
    table = Table(n, table_keys(protected, n, starts, keep=len(starts)), protected)
    here, at = table.find(document)
    expected = {
        (i, j)
        for i in range(len(document) - n + 1)
        for j in starts.tolist()
        if (document[i : i + n] == protected[j : j + n]).all()
    }
    assert expected == set(zip(here.tolist(), at.tolist(), strict=True))
    assert len(here) == len(expected)


def test_a_text_shorter_than_an_ngram_has_none() -> None:
    words = np.arange(20, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    table = Table(13, table_keys(words, 13, np.arange(8), keep=8), words)
    assert [len(found) for found in table.find(words[:12])] == [0, 0]
    assert table.find(words)[0].tolist() == list(range(8))
