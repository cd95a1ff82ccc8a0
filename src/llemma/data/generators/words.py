"""The people and objects of the generated texts, and the seeded draw that picks among them.

The word problems and the general text share these words, so that one small tokenizer serves both.
"""

import random
from collections.abc import Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")

Slots = Mapping[str, str]
"""Words that are filled in together: {"thing": "pen", "things": "pens"}."""

GIRLS = ("Ada", "Anna", "Carla", "Dora", "Emma", "Fay", "Gina", "Ida", "Jane", "Kate", "Lena", "Maya")
BOYS = ("Adam", "Ben", "Carl", "Dan", "Eric", "Finn", "Hugo", "Ivan", "Jack", "Leo", "Max", "Tom")
THINGS = (
    ("apple", "apples"),
    ("ball", "balls"),
    ("bean", "beans"),
    ("book", "books"),
    ("cake", "cakes"),
    ("card", "cards"),
    ("coin", "coins"),
    ("cup", "cups"),
    ("egg", "eggs"),
    ("flower", "flowers"),
    ("hat", "hats"),
    ("key", "keys"),
    ("lemon", "lemons"),
    ("nut", "nuts"),
    ("pear", "pears"),
    ("pen", "pens"),
    ("plate", "plates"),
    ("ring", "rings"),
    ("shell", "shells"),
    ("stamp", "stamps"),
    ("stone", "stones"),
    ("toy", "toys"),
)
CONTAINERS = (("bag", "bags"), ("box", "boxes"), ("basket", "baskets"), ("tray", "trays"))
COLORS = ("red", "blue", "green", "white", "black", "yellow", "brown", "pink")

_PEOPLE = [{"name": name, "he": "she", "He": "She", "his": "her", "His": "Her", "him": "her"} for name in GIRLS] + [
    {"name": name, "he": "he", "He": "He", "his": "his", "His": "His", "him": "him"} for name in BOYS
]

GROUPS: Mapping[str, Sequence[Slots]] = {
    "name": _PEOPLE,
    "other": [{"other": person["name"]} for person in _PEOPLE],
    "thing": [{"thing": one, "things": many} for one, many in THINGS],
    "item": [{"item": one, "items": many} for one, many in THINGS],
    "box": [{"box": one, "boxes": many} for one, many in CONTAINERS],
    "color": [{"color": color} for color in COLORS],
    "shade": [{"shade": color} for color in COLORS],
}
"""What a template may name in braces. `other`, `item` and `shade` are a second draw that differs from the first."""

TWINS: Mapping[str, str] = {"other": "name", "item": "thing", "shade": "color"}
"""The groups that must differ from an earlier one, entry by entry."""

GROUP_OF: Mapping[str, str] = {slot: group for group, entries in GROUPS.items() for slot in entries[0]}
"""The group of each slot: "his" belongs to "name"."""


class Draw:
    """Random choices that are the same for the same seed on every machine and Python version.

    They rest on `random.Random(text).random()` alone, the one part whose sequence Python promises to keep.
    """

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed).random

    def below(self, count: int) -> int:
        """Return a whole number from 0 to count - 1."""
        return int(self._random() * count)

    def number(self, low: int, high: int) -> int:
        """Return a whole number from low to high."""
        return low + self.below(high - low + 1)

    def one_of(self, choices: Sequence[T]) -> T:
        """Return one of the choices, each as likely as the others."""
        return choices[int(self._random() * len(choices))]

    def distinct(self, count: int, choices: Sequence[T]) -> list[T]:
        """Return `count` of the choices, none twice, in random order."""
        left = list(choices)
        return [left.pop(self.below(len(left))) for _ in range(count)]

    def one_of_each(self, choices: Sequence[tuple[str, Sequence[T]]]) -> dict[str, T]:
        """Return for each name one of its choices."""
        draw = self._random
        return {name: entries[int(draw() * len(entries))] for name, entries in choices}

    def words(self, groups: Sequence[str]) -> dict[str, str]:
        """Return one entry of each group, merged; a group with a twin before it gets another entry than that."""
        slots: dict[str, str] = {}
        taken: dict[str, int] = {}
        for group in groups:
            entries = GROUPS[group]
            index = self.below(len(entries))
            if taken.get(TWINS.get(group, "")) == index:
                index = (index + 1 + self.below(len(entries) - 1)) % len(entries)
            taken[group] = index
            slots.update(entries[index])
        return slots
