"""Where the benchmark files and labelled cases are; tests that need them skip when they are missing."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from llemma.grading.boxes import last_boxed
from llemma.grading.workers import SYMPY_POOL

BESIDE_CHECKOUT = Path(__file__).parents[2] / "../shared"


def read_rows(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


@pytest.fixture(scope="session")
def rows() -> Callable[[Path], list[dict[str, Any]]]:
    """A function that returns the rows of a JSON-lines file."""
    return read_rows


@pytest.fixture(scope="session")
def benchmarks() -> Path:
    path = Path(os.environ.get("LLEMMA_BENCHMARKS") or BESIDE_CHECKOUT / "benchmarks")
    if not path.is_dir():
        pytest.skip(f"no benchmark files in {path}; set LLEMMA_BENCHMARKS")
    return path


@pytest.fixture(scope="session")
def math_references(benchmarks: Path) -> dict[str, str]:
    """Every MATH reference answer by problem id, test and train."""
    files = sorted(benchmarks.glob("math/*/*.jsonl"))
    return {row["id"]: last_boxed(row["solution"]) or "" for file in files for row in read_rows(file)}


@pytest.fixture(scope="session", autouse=True)
def _no_worker_outlives_the_tests() -> Iterator[None]:
    yield
    SYMPY_POOL.close()
