"""What the tests of several generators share."""

import os
import subprocess
import sys


def outputs_by_hash_seed(program: str) -> set[str]:
    """Return the different outputs of a Python program under three hash seeds."""
    return {
        subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | {"PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hash_seed in ("0", "1", "77")
    }
