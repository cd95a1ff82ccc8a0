"""Batches of rows on examples by hand."""

import pytest

from llemma.engines.packing import Limits, Row, common_prefix, pack


def group(name: str, length: int, rows: int) -> list[Row]:
    prompt = list(range(length))
    return [Row(name, (sample,), prompt) for sample in range(rows)]


def packed(
    groups: list[list[Row]], *, shared: int = 0, rows: int = 8, tokens: int = 10_000, step_tokens: int = 10_000
) -> list[str]:
    """Return each batch as the names of its rows, for 10 new tokens a row."""
    batches = pack(groups, Limits(rows, tokens, step_tokens), shared=shared, new=10)
    return ["".join(row.request_id for row in batch) for batch in batches]


@pytest.mark.parametrize(
    ("prompts", "expected"),
    [
        ([[1, 2, 3]], [1, 2]),
        ([[1, 2, 3], [1, 2, 4]], [1, 2]),
        ([[1, 2, 3, 4], [1, 2]], [1]),
        ([[1], [1, 2, 3]], []),
        ([[5, 1], [6, 1], [5, 2]], []),
        ([[1, 2, 3], [1, 2, 3]], [1, 2]),
    ],
)
def test_the_common_prefix_leaves_a_token_of_every_prompt(prompts: list[list[int]], expected: list[int]) -> None:
    assert common_prefix(prompts) == expected


def test_prompts_of_like_length_go_together_the_longest_first() -> None:
    assert packed([group("a", 5, 4), group("b", 9, 4), group("c", 6, 4), group("d", 8, 4)]) == ["bbbbdddd", "ccccaaaa"]


def test_samples_of_a_prompt_stay_together() -> None:
    assert packed([group("a", 9, 5), group("b", 8, 5)]) == ["aaaaa", "bbbbb"]


def test_a_group_too_large_for_a_batch_is_split_evenly() -> None:
    assert packed([group("a", 9, 18), group("b", 8, 3)]) == ["aaaaaa", "aaaaaa", "aaaaaa", "bbb"]


def test_memory_bounds_what_is_put_together() -> None:
    # 9 - 4 tokens behind the shared ones and 10 new ones: 15 a row, so 60 hold four rows.
    groups = [group(name, 9, 2) for name in "abc"]
    assert packed(groups, shared=4, tokens=60) == ["aabb", "cc"]
    assert packed(groups, shared=4, tokens=59) == ["aa", "bb", "cc"]


def test_memory_bounds_the_samples_of_a_prompt_which_own_one_token_and_the_new_ones() -> None:
    assert packed([group("a", 1000, 6)], tokens=33) == ["aaa", "aaa"]


def test_a_single_row_always_fits() -> None:
    assert packed([group("a", 1000, 2)], tokens=1) == ["a", "a"]


def test_a_prompt_joins_others_where_its_own_tokens_cost_less_than_a_batch_of_its_own() -> None:
    # Behind the 4 shared tokens lie 5: two prompts make 4 rows of 5 and save one batch, three make 6 rows and save two.
    groups = [group(name, 9, 2) for name in "abc"]
    assert packed(groups, shared=4, step_tokens=20) == ["aabbcc"]
    assert packed(groups, shared=4, step_tokens=19) == ["aa", "bb", "cc"]
