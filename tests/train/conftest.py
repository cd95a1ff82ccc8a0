"""Tiny training recipes."""

from pathlib import Path
from typing import Any

import pytest

from llemma.config import check_recipe
from llemma.train.recipe import TrainRecipe

MakeRecipe = Any


@pytest.fixture
def make_recipe(tiny_data: Path) -> MakeRecipe:
    """Return a function that makes a recipe for a two-layer model on the tiny shards, with fields changed by path."""

    def make(**changes: Any) -> TrainRecipe:
        values: dict[str, Any] = {
            "model": {"hidden_size": 32, "layers": 2, "heads": 4, "kv_heads": 2, "context_tokens": 64},
            "tokenizer": str(tiny_data / "tokenizer"),
            "data": {"sources": [{"path": str(tiny_data / "shards")}], "sequence_tokens": 32},
            "optim": {
                "optimizer": "muon",
                "learning_rate": 3e-3,
                "batch_sequences": 4,
                "steps": 12,
                "warmup_steps": 2,
            },
            "precision": "fp32",
            "log_every": 1,
            "checkpoint_every": 4,
            "keep_checkpoints": 10,
        }
        for dotted, value in changes.items():
            *parents, field = dotted.split("__")
            section = values
            for parent in parents:
                section = section.setdefault(parent, {})
            section[field] = value
        return check_recipe(TrainRecipe, values, where="test")

    return make
