"""Every error that a user can cause.

LlemmaError
├── UserError                  wrong input; the message says what, where and the cure (exit code 2)
│   ├── RecipeError            a recipe that cannot be read: unknown field, wrong type, missing value
│   ├── UnknownNameError       no task, engine, profile or benchmark of that name
│   ├── MissingPackageError    an optional package is not installed
│   ├── BenchmarkError         benchmark data is missing, was changed or was cut
│   ├── DataError              documents, shards or a tokenizer that cannot be used as they are
│   ├── CheckpointError        a model directory that cannot be used as it is
│   └── RunDirectoryError      an output folder that is in use, unwritable or holds another run
└── RunFailedError             the input was good, the run was not (exit code 1)
    └── DivergedError          the training loss exploded or is not a number
"""

import difflib
from collections.abc import Iterable


class LlemmaError(Exception):
    """Base of all errors that are reported as one line, without a traceback."""

    exit_code = 1


class UserError(LlemmaError):
    """Something in the input is wrong and the user can cure it."""

    exit_code = 2


class RecipeError(UserError):
    """A recipe cannot be read."""


class UnknownNameError(UserError):
    """A name was given that names nothing."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        names = sorted(known)
        super().__init__(f"no {kind} {name!r}.{nearest(name, names)} Known: {', '.join(names)}")


class MissingPackageError(UserError):
    """An optional package is needed and not installed."""

    def __init__(self, package: str, *, needed_by: str, extra: str) -> None:
        super().__init__(
            f"{package} is not installed, needed by {needed_by}. Install it: pip install 'llemma[{extra}]'"
        )


class BenchmarkError(UserError):
    """Benchmark data is missing, was changed or was cut."""


class DataError(UserError):
    """Documents, shards or a tokenizer cannot be used as they are."""


class CheckpointError(UserError):
    """A model directory cannot be used as it is."""


class RunDirectoryError(UserError):
    """An output folder is in use, unwritable or holds another run."""


class RunFailedError(LlemmaError):
    """The input was good but the run did not come to its end."""


class DivergedError(RunFailedError):
    """The training loss exploded or is not a number."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Return " Did you mean 'x'?" for the closest known name, or "" when none is close."""
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f" Did you mean {close[0]!r}?" if close else ""
