"""What tests of the data build share."""

from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture(scope="session")
def cluster() -> Iterator[Any]:
    """A Ray cluster on this machine, of one node with one core; tests add others."""
    ray = pytest.importorskip("ray", reason="Ray is not installed: pip install 'llemma[ray]'")
    cluster_utils = pytest.importorskip("ray.cluster_utils")
    started = cluster_utils.Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    yield started
    ray.shutdown()
    started.shutdown()
