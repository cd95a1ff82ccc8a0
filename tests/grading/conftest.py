"""The references of MATH, and the end of the worker processes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from llemma.grading.boxes import last_boxed
from llemma.grading.workers import SYMPY_POOL
from llemma.storage import read_jsonl


@pytest.fixture(scope="session")
def math_references(benchmark_folder: Path) -> dict[str, str]:
    """Every MATH reference answer by problem id, test and train."""
    files = sorted(benchmark_folder.glob("math/*/*.jsonl"))
    return {row["id"]: last_boxed(row["solution"]) or "" for file in files for row in read_jsonl(file)}


@pytest.fixture(scope="session", autouse=True)
def _no_worker_outlives_the_tests() -> Iterator[None]:
    yield
    SYMPY_POOL.close()
