"""Equations with whole numbers and the ways to work them out: the steps of word problems, and lists to practise on.

One equation is worked out at once or in one of several other ways to the same result. That is what majority voting
lives on (Wang et al. 2022, arXiv 2203.11171): different ways to a right answer agree, their mistakes do not.
"""

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence

from llemma.data.generators.words import Draw
from llemma.errors import UserError
from llemma.records import Document

OPERATIONS: Mapping[str, Callable[[int, int], int]] = {
    "+": operator.add,
    "-": operator.sub,
    "x": operator.mul,
    "/": operator.floordiv,
}

MAX_VALUE = 60
"""The default upper bound of every number in a problem and its solution."""

SMALLEST = 2  # no number is 0 or 1, so plurals are always right

_PER_DOCUMENT = 10


def documents(count: int, *, seed: int = 0, max_value: int = MAX_VALUE) -> Iterator[Document]:
    """Yield `count` lists of worked equations between numbers from 2 to `max_value`.

    The same seed gives the same bytes on every machine, and the first n documents of a longer list are the list of n.
    """
    if count < 0:
        raise UserError(f"equations: count is {count}; it must be 0 or more")
    draw = Draw(f"equations {seed}")
    operands = {operation: _operands(operation, max_value) for operation in OPERATIONS}
    signs = (*OPERATIONS, "+", "-")  # more than half of the steps of word problems add or subtract
    for index in range(count):
        lines = []
        for _ in range(_PER_DOCUMENT):
            operation = draw.one_of(signs)
            left, right = draw.one_of(operands[operation])
            lines.append(worked_out(draw, left, operation, right))
        yield Document(f"equations/{index}", "Exercises:\n" + "\n".join(lines))


def worked_out(draw: Draw, left: int, operation: str, right: int) -> str:
    """Return an equation worked out at once (two times in five) or, where there are any, in one of the other ways."""
    at_once, *others = ways(left, operation, right)
    return draw.one_of(others) if others and draw.below(5) >= 2 else at_once


def ways(left: int, operation: str, right: int) -> list[str]:
    """Return the ways to work out `left` `operation` `right`: at once, turned round, by tens and ones, over a ten.

    >>> ways(27, "+", 15)
    ['27 + 15 = 42', '15 + 27 = 42', '27 + 15 = 37 + 5 = 42', '27 + 15 = 32 + 10 = 42']
    """
    step = OPERATIONS[operation]
    result = step(left, right)
    start, end = f"{left} {operation} {right} = ", f" = {result}"
    tens, ones = right - right % 10, right % 10
    found = [start + str(result)]
    if operation in "+x":
        found.append(f"{right} {operation} {left}{end}")
    if operation == "x" and tens and ones:
        found.append(f"{start}{left * tens} + {left * ones}{end}")
    if operation in "+-" and tens and ones:
        found += [f"{start}{step(left, part)} {operation} {right - part}{end}" for part in (tens, ones)]
    over = (-left if operation == "+" else left) % 10  # to the next ten
    if operation in "+-" and not tens and 0 < over < right:
        found.append(f"{start}{step(left, over)} {operation} {right - over}{end}")
    return found


def _operands(operation: str, max_value: int) -> Sequence[tuple[int, int]]:
    """Return all pairs of numbers whose result is a number, none above `max_value`."""
    numbers = range(SMALLEST, max_value + 1)
    return [
        (left, right)
        for left in numbers
        for right in numbers
        if (operation != "/" or left % right == 0) and SMALLEST <= OPERATIONS[operation](left, right) <= max_value
    ]
