"""What a family gives: a statement and its proof, in short; and the letters that statements use."""

from collections.abc import Callable

from llemma.data.generators.words import Draw

Sketch = tuple[str, ...]
"""A statement and then the tactics that prove it."""

Family = Callable[[Draw], Sketch]

INTEGERS = "xyztuw"
NATURALS = "nmabcdij"
