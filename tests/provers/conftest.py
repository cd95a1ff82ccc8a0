"""The real Lean, which only the user's own cache has: it is too large to download for each run of the tests."""

from collections.abc import Iterator

import pytest

from llemma.data.benchmarks import cache_directory
from llemma.provers.base import STANDARD_AXIOMS
from llemma.provers.lean_wasm.prover import LeanWasm
from llemma.provers.lean_wasm.runtime import Runtime, installed_runtime

# Read while the tests are collected: afterwards LLEMMA_CACHE is the tests' own folder.
USER_CACHE = cache_directory()

IMPATIENCE_S = 5.0


@pytest.fixture(scope="session")
def lean_runtime(_own_cache: None) -> Runtime:
    """The installed Lean, made visible in the tests' own cache as well."""
    link = cache_directory() / "lean"
    if not link.exists():
        link.symlink_to(USER_CACHE.resolve() / "lean")
    runtime = installed_runtime()
    if runtime is None:
        pytest.skip("Lean is not installed: llemma lean install")
    return runtime


@pytest.fixture(scope="session")
def lean(lean_runtime: Runtime) -> Iterator[LeanWasm]:
    """A Lean for all that does not harm it: starting one takes seconds."""
    with LeanWasm(lean_runtime, processes=2, timeout_s=60) as prover:
        yield prover


@pytest.fixture(scope="session")
def impatient_lean(lean_runtime: Runtime) -> Iterator[LeanWasm]:
    """A Lean of one process for what it is killed for. An axiom called `granted` is allowed."""
    axioms = (*STANDARD_AXIOMS, "granted")
    with LeanWasm(lean_runtime, processes=1, timeout_s=IMPATIENCE_S, axioms=axioms) as prover:
        yield prover
