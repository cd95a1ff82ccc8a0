"""Train, validation or test: decided by a hash of the document's group, so that no growth of the corpus moves it."""

import hashlib
from functools import partial

import pyarrow as pa

from llemma.data.steps import Split


def split_of(group: str, *, validation: float, test: float, seed: int) -> Split:
    """Return the split of a group of documents, such as a repository.

    The first 8 bytes of SHA-256("SEED:GROUP") are a number in [0, 1): the lowest `test` of them are the test set, the
    highest `validation` the validation set, so that either share can change without moving the other.
    """
    assert 0 <= validation <= validation + test < 1, f"shares {validation} and {test} leave nothing to train on"
    digest = hashlib.sha256(f"{seed}:{group}".encode()).digest()
    place = int.from_bytes(digest[:8], "big")
    if place < test * 2.0**64:
        return "test"
    return "validation" if place >= (1 - validation) * 2.0**64 else "train"


def splits_of(groups: pa.Array, *, validation: float, test: float, seed: int) -> pa.Array:
    """Return the split of each group in a column of strings; each different group is hashed once."""
    encoded = groups.dictionary_encode()
    decide = partial(split_of, validation=validation, test=test, seed=seed)
    return pa.array([decide(group) for group in encoded.dictionary.to_pylist()], pa.string()).take(encoded.indices)
