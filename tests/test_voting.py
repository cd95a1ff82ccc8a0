"""Voting: classes of equal answers, ties, and the statistics against enumeration."""

import itertools
import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llemma import voting


def same(a: str, b: str) -> bool:
    return a == b


def same_size(a: str, b: str) -> bool:
    return abs(len(a) - len(b)) <= 1  # not transitive on purpose


def test_answers_are_numbered_by_first_appearance_and_none_has_no_class() -> None:
    assert voting.answer_classes(["b", None, "a", "b", None], same) == [0, None, 1, 0, None]


def test_an_answer_joins_the_first_class_that_accepts_it() -> None:
    assert voting.answer_classes(["x", "xxx", "xx"], same_size) == [0, 1, 0]


def test_an_exact_key_is_not_handed_to_an_earlier_class() -> None:
    # "xxx" is a key when it comes again, as in the published vote, whatever `equal` says of earlier classes.
    assert voting.answer_classes(["xx", "xxxx", "xxx", "xxxx"], same_size) == [0, 1, 0, 1]


def test_an_answer_seen_before_is_not_compared_again() -> None:
    asked: list[tuple[str, str]] = []

    def equal(a: str, b: str) -> bool:
        asked.append((a, b))
        return False

    voting.answer_classes(["a", "b", "a", "b", "b"], equal)
    assert asked == [("b", "a")]


def test_only_answers_that_share_a_bucket_are_compared() -> None:
    asked: list[tuple[str, str]] = []

    def equal(a: str, b: str) -> bool:
        asked.append((a, b))
        return a[0] == b[0]

    classes = voting.answer_classes(["a1", "b1", "a2", "b2"], equal, buckets=lambda answer: [answer[0]])
    assert classes == [0, 1, 0, 1]
    assert asked == [("a2", "a1"), ("b2", "b1")]


def test_the_largest_class_wins_and_its_first_answer_speaks_for_it() -> None:
    result = voting.vote(["1", "0.5", "2/4", None, "1/2"], lambda a, b: Fraction(a) == Fraction(b))
    assert result.answer == "0.5"
    assert result.winner == 1
    assert result.keys == ("1", "0.5")
    assert result.counts == (1, 3)
    assert result.classes == (0, 1, 1, None, 1)


def test_a_tie_goes_to_the_class_that_appeared_first() -> None:
    assert voting.vote(["a", "b", "b", "a"], same).answer == "a"
    assert voting.vote(["c", "a", "b", "b", "a"], same).answer == "a"


@pytest.mark.parametrize("answers", [[], [None, None]])
def test_without_answers_nobody_wins(answers: list[str | None]) -> None:
    result = voting.vote(answers, same)
    assert result.answer is None
    assert result.winner is None
    assert result.counts == ()


def maj_by_enumeration(labels: Sequence[int | None], correct: Sequence[bool], k: int) -> Fraction:
    """The mean of the vote over all ordered k-subsets; a tie goes to the class of the earliest sample."""
    wins = total = 0
    for subset in itertools.permutations(labels, k):
        result = voting.vote([None if label is None else str(label) for label in subset], same)
        wins += result.answer is not None and correct[int(result.answer)]
        total += 1
    return Fraction(wins, total)


@pytest.mark.parametrize(
    ("counts", "correct", "samples"),
    [
        ([3, 2, 2], [True, False, False], 7),
        ([2, 3, 1], [True, False, False], 7),
        ([1, 1, 1, 1], [False, True, False, True], 6),
        ([2, 2, 2], [False, False, True], 6),
        ([4], [True], 5),
        ([1, 5], [True, False], 7),
        ([1, 1, 1, 1, 1, 1, 1], [True] + [False] * 6, 7),
        ([3, 3], [True, True], 7),
        ([2], [False], 3),
    ],
)
def test_maj_at_every_k_is_the_mean_over_all_ordered_subsets(
    counts: list[int], correct: list[bool], samples: int
) -> None:
    labels: list[int | None] = [number for number, count in enumerate(counts) for _ in range(count)]
    labels += [None] * (samples - len(labels))
    exact = [float(maj_by_enumeration(labels, correct, k)) for k in range(1, samples + 1)]
    assert voting.maj_at_every_k(counts, correct, samples=samples) == pytest.approx(exact, abs=1e-12)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(1, 30), min_size=1, max_size=12), st.integers(0, 20))
def test_the_chances_of_all_classes_sum_to_one_minus_the_empty_vote(counts: list[int], silent: int) -> None:
    samples = sum(counts) + silent
    total = sum(
        voting.maj_at_every_k(counts, [c == number for c in range(len(counts))], samples=samples)
        for number in range(len(counts))
    )
    empty = [math.comb(silent, k) / math.comb(samples, k) for k in range(1, samples + 1)]
    assert total == pytest.approx(1 - np.array(empty), abs=1e-11)


def test_maj_at_1_is_the_share_of_correct_samples_and_maj_at_n_the_vote() -> None:
    values = voting.maj_at_every_k([90, 100, 30], [True, False, False], samples=256)
    assert values[0] == pytest.approx(90 / 256)
    assert values[-1] == 0.0
    tied = voting.maj_at_every_k([100, 100], [True, False], samples=256)
    assert tied == pytest.approx(tied[::-1] * 0 + (1 - _empty(56, 256)) / 2)


def _empty(silent: int, samples: int) -> np.ndarray:
    return np.array([math.comb(silent, k) / math.comb(samples, k) for k in range(1, samples + 1)])


def test_two_classes_agree_with_the_exact_hypergeometric_sum_at_256_samples() -> None:
    right, wrong, k = 140, 116, 101
    ways = sum(math.comb(right, x) * math.comb(wrong, k - x) for x in range(51, k + 1))
    expected = Fraction(ways, math.comb(256, k))
    assert voting.maj_at_every_k([right, wrong], [True, False], samples=256)[k - 1] == pytest.approx(
        float(expected), rel=1e-12
    )


def test_tiny_chances_keep_their_relative_accuracy() -> None:
    # The class with 1 of 256 votes wins a pair only if it is drawn and wins the tie, or its partner is silent.
    values = voting.maj_at_every_k([1, 255], [True, False], samples=256)
    assert values[1] == pytest.approx(1 / 256, rel=1e-13)
    assert values[2] == 0.0


def test_the_largest_sample_size_stays_finite() -> None:
    n = voting.MAX_SAMPLES
    values = voting.maj_at_every_k([n // 2 - 1, n // 2 + 1], [True, False], samples=n)
    assert np.isfinite(values).all()
    assert values[0] == pytest.approx((n // 2 - 1) / n)


@pytest.mark.timeout(20)
def test_256_samples_may_fall_into_40_classes() -> None:
    counts = [70, 50, 40, 20, 10, 8, 7, 5, 4, 3] + [2] * 9 + [1] * 21
    assert len(counts) == 40
    assert sum(counts) == 256
    flags = [True] + [False] * 39
    values = voting.maj_at_every_k(counts, flags, samples=256)
    assert values[0] == pytest.approx(70 / 256)
    assert values[-1] == pytest.approx(1)


@pytest.mark.parametrize(
    ("counts", "correct", "samples"),
    [([3], [True, False], 5), ([0, 2], [True, False], 5), ([3, 3], [True, False], 5), ([], [], 0)],
)
def test_impossible_counts_are_refused(counts: list[int], correct: list[bool], samples: int) -> None:
    with pytest.raises(ValueError, match="sample"):
        voting.maj_at_every_k(counts, correct, samples=samples)


def test_no_class_at_all_is_never_right() -> None:
    assert voting.maj_at_every_k([], [], samples=4).tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize(("correct", "samples"), [(0, 5), (1, 5), (3, 5), (5, 5), (2, 7)])
def test_pass_at_every_k_counts_the_subsets_with_a_correct_sample(correct: int, samples: int) -> None:
    flags = [True] * correct + [False] * (samples - correct)
    expected = [np.mean([any(s) for s in itertools.combinations(flags, k)]) for k in range(1, samples + 1)]
    assert voting.pass_at_every_k(correct, samples=samples) == pytest.approx(expected, abs=1e-14)


def test_the_standard_error_is_the_textbook_one() -> None:
    values = np.array([[1.0, 0.0], [0.0, 0.0], [1.0, 0.0], [1.0, 0.0]])
    assert voting.standard_error(values) == pytest.approx([math.sqrt(0.25 / 4), 0.0])
    assert np.isnan(voting.standard_error(np.array([1.0])))


def test_the_bootstrap_interval_repeats_with_its_seed_and_covers_like_the_normal_one() -> None:
    values = np.random.default_rng(3).normal(0.4, 0.2, size=(400, 2))
    low, high = voting.bootstrap_interval(values, seed=7)
    again = voting.bootstrap_interval(values, seed=7)
    assert (low == again[0]).all()
    assert (high == again[1]).all()
    error = voting.standard_error(values)
    assert low == pytest.approx(values.mean(axis=0) - 1.96 * error, abs=0.2 * error.max())
    assert high == pytest.approx(values.mean(axis=0) + 1.96 * error, abs=0.2 * error.max())


def test_wilsons_interval_is_that_of_the_textbook() -> None:
    # 0 of 10: z^2 / (n + z^2) = 3.8415 / 13.8415; 5 of 10: 0.5 -+ 1.96 sqrt(0.025 + 0.0096) / 1.384 = 0.2366, 0.7634
    assert voting.wilson(0.0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)
    assert voting.wilson(0.5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-4)
