"""Dollars that a page tells MathJax to leave alone, by the classes that its settings name."""

import re

from llemma.data.extract.html.declared import Settings
from llemma.data.extract.html.marks import DOLLAR

VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
"""Elements that have no end."""

_CLASS = re.compile(r'\bclass="([^"]*)"')


def exclude_dollars(parts: list[str], settings: Settings) -> None:
    """Mark the dollars that MathJax is told to leave alone, by classes that its settings name."""
    open_states = [True]
    for index in range(1, len(parts), 3):
        name, attributes = parts[index], parts[index + 1]
        if name[0] == "/":
            if len(open_states) > 1:
                open_states.pop()
        elif name not in VOID:
            found = _CLASS.search(attributes) if attributes else None
            classes = set(found[1].split()) if found else set()
            active = (open_states[-1] and not classes & settings.ignored) or bool(classes & settings.processed)
            open_states.append(active)
        if not open_states[-1]:
            parts[index + 2] = parts[index + 2].replace("$", DOLLAR)
