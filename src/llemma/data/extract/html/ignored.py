"""Dollars that a page tells MathJax to leave alone, by the classes that its settings name."""

import re

from llemma.data.extract.html.declared import Settings
from llemma.data.extract.html.marks import DOLLAR

VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
"""Elements that have no end."""

_CLASS = re.compile(r'\bclass="([^"]*)"')


def exclude_dollars(parts: list[str], settings: Settings) -> None:
    """Mark the dollars that MathJax is told to leave alone, by classes that its settings name.

    `parts`: a text, then the name and the attributes of a tag with the text after it, and so on.
    """
    states = [True]
    declared: dict[str, bool | None] = {"": None}
    for index in range(1, len(parts), 3):
        name, attributes = parts[index], parts[index + 1]
        if name[0] == "/":
            if len(states) > 1:
                states.pop()
        elif name not in VOID:
            if attributes not in declared:
                declared[attributes] = _declared(attributes, settings)
            state = declared[attributes]
            states.append(states[-1] if state is None else state)
        if not states[-1]:
            parts[index + 2] = parts[index + 2].replace("$", DOLLAR)


def _declared(attributes: str, settings: Settings) -> bool | None:
    """Return whether dollars count within an element, None when it does not say so."""
    found = _CLASS.search(attributes)
    classes = found[1].split() if found else ()
    if not settings.processed.isdisjoint(classes):
        return True
    return None if settings.ignored.isdisjoint(classes) else False
