"""A template of the grade-school word problems: what is asked, with which numbers, and how it is solved.

A template is data. `numbers` says how its numbers come about, in order: `n: digit` draws one from one of
`number_classes`, `total: n x price` computes one. The `forms` are ways to ask for the same thing. The `solution` has
one equation a step; what stands right of "=" gets its value there, and the last one is the answer. All numbers of a
problem are at least 2 (a draw that breaks this is drawn again), so that plurals are always right. Forms and solutions
also use the word slots of `words.GROUPS`.

Rules for a new template, each held by a test: every form gives the same numbers and no others; those numbers alone
decide the answer; the solution uses no person or object that some form does not mention; no two kinds ask in the same
words; it has problems of both splits at the smallest `max_number`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Template:
    """One problem of its kind; `level`, the number of steps, is the number of equations in the solution."""

    kind: str
    numbers: str
    forms: tuple[str, ...]
    solution: str

    @property
    def level(self) -> int:
        """The number of steps, 1 to 4."""
        return self.solution.count(" = ")


def number_classes(max_number: int) -> Mapping[str, Sequence[int]]:
    """Return the values that each class of numbers may take; `max_number` bounds "number" and "big".

    "digit" and "factor" keep to the multiplication table; products with "big" are what level 4 asks for.
    """
    return {
        "few": range(2, 6),
        "factor": range(2, 13),
        "sides": range(3, 9),
        "child": range(5, 10),
        "elder": range(6, 9),
        "digit": range(2, 10),
        "number": range(2, max_number + 1),
        "big": range(11, max_number + 1),
        "bill": (20, 50, 100),
        "bills": (100, 200, 300),
    }
