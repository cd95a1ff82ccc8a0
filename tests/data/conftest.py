"""What tests of the data build share."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.data import build_recipe


@pytest.fixture(scope="session")
def cluster() -> Iterator[Any]:
    """A Ray cluster on this machine, of one node with one core; tests add others."""
    ray = pytest.importorskip("ray", reason="Ray is not installed: pip install 'llemma[ray]'")
    cluster_utils = pytest.importorskip("ray.cluster_utils")
    started = cluster_utils.Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    yield started
    ray.shutdown()
    started.shutdown()


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, tiny_data: Path) -> build_recipe.Built:
    """The recipe of `build_recipe`, built by two processes that nobody disturbs."""
    folder = tmp_path_factory.mktemp("built")
    build_recipe.write_inputs(folder / "in")
    recipe = build_recipe.recipe_of(folder / "in", tiny_data / "tokenizer")
    return build_recipe.Built(recipe, folder / "out", build_recipe.build_here(recipe, folder / "out"))
