"""Buckets: equal answers share one, and a vote through them is the vote by comparing all pairs."""

import random

import pytest

from llemma.grading import Policy, buckets, equal
from llemma.voting import vote
from tests.conftest import grows_with_its_size_only
from tests.grading.test_equal import EXPRESSIONS, NUMBERS, STRUCTURES, TEXTS, THIRTY, UNITS

TABLE = [pair[-3:] for pair in (*THIRTY, *NUMBERS, *EXPRESSIONS, *STRUCTURES, *UNITS, *TEXTS)]
EQUAL = [(a, b) for a, b, same in TABLE if same]


@pytest.mark.parametrize(("a", "b"), EQUAL)
def test_equal_answers_share_a_bucket(a: str, b: str) -> None:
    assert set(buckets(a)) & set(buckets(b))


def test_different_numbers_rarely_share_a_bucket() -> None:
    marks = [set(buckets(rf"\frac{{{n}}}{{7}}")) for n in range(1, 200)]
    assert sum(bool(marks[i] & marks[j]) for i in range(199) for j in range(i)) == 0


@pytest.mark.parametrize("seed", range(5))
def test_a_vote_through_buckets_is_the_vote_over_all_pairs(seed: int) -> None:
    chance = random.Random(seed)
    answers: list[str | None] = [side for a, b, _ in chance.sample(TABLE, 40) for side in (a, b)]
    chance.shuffle(answers)

    def same(a: str, b: str) -> bool:
        return equal(a, b, Policy(sympy=False)).equal

    assert vote(answers, same, buckets=buckets) == vote(answers, same)


def test_buckets_follow_the_policy() -> None:
    literal = Policy(percent="literal")
    assert set(buckets(r"10\%", literal)) & set(buckets("10", literal))
    shown = Policy(rounding="shown")
    assert set(buckets("33.3", shown)) & set(buckets(r"\frac{100}{3}", shown))


def test_a_vote_takes_time_that_grows_with_the_answers() -> None:
    chance = random.Random(1)
    spellings = [
        text for n in range(2, 13) for text in (f"\\frac{{{n}}}{{3}}", f"{n}/3", f"{n}\\sqrt{{5}}", f"x^2+{n}x")
    ]
    answers: list[str | None] = [chance.choice(spellings) for _ in range(2048)]
    result = vote(answers, lambda a, b: equal(a, b).equal, buckets=buckets)
    assert len(result.counts) < len(set(answers))
    assert grows_with_its_size_only(
        lambda count: vote(answers[:count], lambda a, b: equal(a, b).equal, buckets=buckets), 256
    )
