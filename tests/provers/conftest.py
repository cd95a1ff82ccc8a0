"""The real Lean, which only the user's own cache has: it is too large to download for each run of the tests."""

import pytest

from llemma.data.benchmarks import cache_directory
from llemma.provers.lean_wasm.runtime import Runtime, installed_runtime

# Read while the tests are collected: afterwards LLEMMA_CACHE is the tests' own folder.
USER_CACHE = cache_directory()


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
