"""Worked equations: every one is true in each of its parts, and every way to work one out occurs."""

import itertools
import re

import pytest

from llemma.data.generators import equations
from llemma.data.generators.words import Draw
from llemma.errors import UserError


def value(side: str) -> int:
    left, *rest = side.split()
    return equations.OPERATIONS[rest[0]](int(left), int(rest[1])) if rest else int(left)


@pytest.mark.parametrize("operation", equations.OPERATIONS)
def test_every_way_says_the_same_on_all_its_sides(operation: str) -> None:
    for left, right in itertools.product(range(2, 100), repeat=2):
        if (operation == "/" and left % right) or (operation == "-" and left <= right):
            continue
        for way in equations.ways(left, operation, right):
            assert {value(side) for side in way.split(" = ")} == {equations.OPERATIONS[operation](left, right)}, way


@pytest.mark.parametrize(
    ("equation", "ways"),
    [
        ((17, "+", 2), ["17 + 2 = 19", "2 + 17 = 19"]),
        ((6, "x", 7), ["6 x 7 = 42", "7 x 6 = 42"]),
        ((27, "+", 15), ["27 + 15 = 42", "15 + 27 = 42", "27 + 15 = 37 + 5 = 42", "27 + 15 = 32 + 10 = 42"]),
        ((41, "-", 13), ["41 - 13 = 28", "41 - 13 = 31 - 3 = 28", "41 - 13 = 38 - 10 = 28"]),
        ((17, "+", 5), ["17 + 5 = 22", "5 + 17 = 22", "17 + 5 = 20 + 2 = 22"]),
        ((13, "-", 5), ["13 - 5 = 8", "13 - 5 = 10 - 2 = 8"]),
        ((6, "x", 12), ["6 x 12 = 72", "12 x 6 = 72", "6 x 12 = 60 + 12 = 72"]),
        ((42, "/", 6), ["42 / 6 = 7"]),
    ],
)
def test_the_ways(equation: tuple[int, str, int], ways: list[str]) -> None:
    assert equations.ways(*equation) == ways
    drawn = {equations.worked_out(draw, *equation) for draw in [Draw("all")] for _ in range(100)}
    assert drawn == set(ways)


def test_documents_are_lists_within_the_bound_and_each_is_the_same_whatever_the_count() -> None:
    documents = list(equations.documents(300, max_value=60))
    for document in documents:
        title, *lines = document.text.split("\n")
        assert title == "Exercises:"
        assert len(lines) == 10
        assert all(len({value(side) for side in line.split(" = ")}) == 1 for line in lines)
        assert all(1 <= int(number) <= 60 for number in re.findall(r"\d+", document.text))
    assert documents[:10] == list(equations.documents(10))
    assert {line.split()[1] for document in documents for line in document.text.split("\n")[1:]} == set("+-x/")
    assert documents[0] != next(equations.documents(1, seed=1))


def test_a_negative_count_is_refused() -> None:
    with pytest.raises(UserError, match="count is -1"):
        list(equations.documents(-1))
