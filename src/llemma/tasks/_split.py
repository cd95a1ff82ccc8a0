"""The choice of a split by name."""

from llemma.errors import UnknownNameError


def chosen_split(task: str, splits: tuple[str, ...], name: str | None) -> str:
    """Return the split of that name, the first one for None. Raises UnknownNameError with the nearest name."""
    if name is not None and name not in splits:
        raise UnknownNameError(f"split of {task}", name, splits)
    return name or splits[0]
