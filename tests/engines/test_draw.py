"""Drawing tokens: the distribution by a second method, and random numbers that belong to a sample alone."""

import numpy as np
import pytest
import torch

from llemma.engines.base import Sampling
from llemma.engines.draw import next_tokens, nucleus, uniforms

LOGITS = [2.0, -1.0, 0.5, 0.5, 3.0, -30.0, 1.2, 0.0]


def by_sorting(logits: list[float], temperature: float, top_p: float) -> list[float]:
    """Return the probabilities after temperature and top-p, one token at a time."""
    weights = np.exp(np.array(logits) / temperature)
    weights /= weights.sum()
    kept, mass = [], 0.0
    for token in sorted(range(len(logits)), key=lambda token: -weights[token]):
        if mass >= top_p:
            break
        kept.append(token)
        mass += weights[token]
    return [weights[token] / mass if token in kept else 0.0 for token in range(len(logits))]


@pytest.mark.parametrize(("temperature", "top_p"), [(1.0, 1.0), (0.6, 1.0), (1.0, 0.95), (0.5, 0.5), (2.0, 0.01)])
def test_evenly_spread_random_numbers_give_each_token_its_share(temperature: float, top_p: float) -> None:
    count = 20_000
    draws = ((np.arange(count) + 0.5) / count).astype(np.float32)
    tokens = next_tokens(torch.tensor([LOGITS]).expand(count, -1), Sampling(temperature, top_p), draws)
    found = np.bincount(tokens.numpy(), minlength=len(LOGITS)) / count
    assert found == pytest.approx(by_sorting(LOGITS, temperature, top_p), abs=2 / count)


def test_the_ends_of_the_random_numbers_draw_no_impossible_token() -> None:
    logits = torch.tensor([[-torch.inf, 0.0, 0.0, -torch.inf]]).expand(2, -1)
    draws = np.array([2.0**-53, 1.0], dtype=np.float32)
    assert next_tokens(logits, Sampling(1.0), draws).tolist() == [1, 2]


def test_temperature_0_takes_the_most_likely_token() -> None:
    assert next_tokens(torch.tensor([LOGITS]), Sampling(0.0), np.ones(1, np.float32)).tolist() == [4]


def test_tokens_as_likely_as_the_last_one_inside_are_kept() -> None:
    assert nucleus(torch.tensor([[0.4, 0.2, 0.2, 0.2]]), 0.5).gt(0).tolist() == [[True, True, True, True]]


def test_a_flat_distribution_needs_more_than_the_first_few_tokens() -> None:
    logits = torch.arange(2000).float()[None] * 1e-3
    weights = torch.softmax(logits, dim=-1)
    kept = nucleus(weights, 0.9).gt(0)[0]
    expected = by_sorting(logits[0].tolist(), 1.0, 0.9)
    assert int(kept.sum()) == pytest.approx(np.count_nonzero(expected), abs=1)
    assert bool(kept[-1])


def test_random_numbers_depend_on_seed_request_and_sample_and_on_nothing_else() -> None:
    names = [(seed, request, sample) for seed in (0, 1) for request in ("a", "b", "a\0001") for sample in (0, 1, 11)]
    rows = {name: uniforms(*name, 100) for name in names}
    assert len({row.tobytes() for row in rows.values()}) == len(names)
    for name, row in rows.items():
        assert (uniforms(*name, 5) == row[:5]).all()
        assert 0 < row.min() <= row.max() <= 1


def test_random_numbers_are_uniform() -> None:
    numbers = np.concatenate([uniforms(0, "request", sample, 50) for sample in range(2000)])
    # The standard error of the mean of 100,000 uniform numbers is 0.00091, that of their variance 0.00024.
    assert numbers.mean() == pytest.approx(1 / 2, abs=0.004)
    assert numbers.var() == pytest.approx(1 / 12, abs=0.001)
