"""Train, validation or test: decided by a hash of the document's group, so that no growth of the corpus moves it."""

import hashlib
import math

import numpy as np
import pyarrow as pa


def splits_of(groups: pa.Array, *, validation: float, test: float, seed: int) -> pa.Array:
    """Return "train", "validation" or "test" for each group in a column of strings, the same for ever.

    The first 8 bytes of SHA-256("SEED:GROUP") are a number in [0, 1): the lowest `test` of them are the test set, the
    highest `validation` the validation set, so that either share can change without moving the other. Each different
    group is hashed once.
    """
    assert 0 <= validation <= validation + test < 1, f"shares {validation} and {test} leave nothing to train on"
    encoded = groups.dictionary_encode()
    prefix = f"{seed}:".encode()
    different = encoded.dictionary.cast(pa.binary()).to_pylist()
    digests = b"".join([hashlib.sha256(prefix + group).digest() for group in different])
    places = np.frombuffer(digests, ">u8")[::4]
    is_test = places < math.ceil(test * 2.0**64)
    is_validation = places >= math.ceil((1 - validation) * 2.0**64)
    splits = np.select([is_test, is_validation], ["test", "validation"], "train")
    return pa.array(splits, pa.string()).take(encoded.indices)
