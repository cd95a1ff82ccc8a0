import subprocess
from collections import Counter
from math import sqrt
from typing import Any

import pyarrow as pa
import pytest

from llemma.data.split import splits_of

SHARES = {"validation": 0.05, "test": 0.10, "seed": 7}
GROUPS = [f"github.com/owner_{number}/repository" for number in range(20_000)]


def split_of(group: str, **shares: Any) -> str:
    """Return the split of a group that is alone in its column."""
    split: str = splits_of(pa.array([group]), **shares)[0].as_py()
    return split


@pytest.mark.parametrize(("split", "share"), [("train", 0.85), ("validation", 0.05), ("test", 0.10)])
def test_shares_are_within_four_standard_errors_of_a_binomial(split: str, share: float) -> None:
    counts = Counter(split_of(group, **SHARES) for group in GROUPS)
    error = sqrt(len(GROUPS) * share * (1 - share))
    assert abs(counts[split] - len(GROUPS) * share) < 4 * error


@pytest.mark.parametrize("group", ["leanprover-community/mathlib4", "https://example.org/π", "", "a\nb"])
def test_the_split_is_that_of_the_digest_of_sha256sum(group: str) -> None:
    digest = subprocess.run(["sha256sum"], input=f"7:{group}".encode(), capture_output=True, check=True).stdout
    place = int(digest[:16], 16) / 2**64
    for test in (place / 2, place + 1e-6):
        expected = "test" if place < test else "train"
        assert split_of(group, validation=0.0, test=test, seed=7) == expected


def test_a_known_group_is_where_it_always_was() -> None:
    # SHA-256("0:a/b") begins with dd7e8c8e, which is 0.865212
    assert split_of("a/b", validation=0.0, test=0.8653, seed=0) == "test"
    assert split_of("a/b", validation=0.0, test=0.8652, seed=0) == "train"
    assert split_of("a/b", validation=0.1348, test=0.0, seed=0) == "validation"
    assert split_of("a/b", validation=0.1347, test=0.0, seed=0) == "train"


def test_growth_of_the_corpus_moves_nobody() -> None:
    before = splits_of(pa.array(GROUPS[:500]), **SHARES).to_pylist()
    grown = [group for pair in zip(GROUPS[500:1000], GROUPS[:500], strict=True) for group in pair]
    assert splits_of(pa.array(grown), **SHARES).to_pylist()[1::2] == before


def test_a_larger_validation_set_leaves_the_test_set_as_it_was() -> None:
    def tests(validation: float) -> list[str]:
        return [group for group in GROUPS if split_of(group, validation=validation, test=0.1, seed=7) == "test"]

    assert tests(0.05) == tests(0.5)


def test_another_seed_gives_another_split() -> None:
    assert [split_of(group, **{**SHARES, "seed": 8}) for group in GROUPS] != [
        split_of(group, **SHARES) for group in GROUPS
    ]


def test_a_column_is_split_row_by_row() -> None:
    groups = [GROUPS[0], GROUPS[1], GROUPS[0], *GROUPS[2:60]]
    assert splits_of(pa.array(groups), **SHARES).to_pylist() == [split_of(group, **SHARES) for group in groups]


def test_no_share_puts_everything_into_the_training_set() -> None:
    assert {split_of(group, validation=0.0, test=0.0, seed=0) for group in GROUPS} == {"train"}


@pytest.mark.parametrize(("validation", "test"), [(0.5, 0.5), (-0.1, 0.1), (0.1, -0.05)])
def test_shares_that_leave_nothing_to_train_on_are_refused(validation: float, test: float) -> None:
    with pytest.raises(AssertionError, match="shares"):
        split_of("a", validation=validation, test=test, seed=0)
