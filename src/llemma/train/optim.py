"""Optimizers: AdamW, or Muon on the hidden matrices with AdamW on the rest."""

from typing import Any

import torch
from torch import nn

from llemma.train.recipe import Optim


class Optimizer:
    """The optimizers of one model behind one step, with peak learning rates scaled by the schedule."""

    def __init__(self, model: nn.Module, recipe: Optim) -> None:
        matrices, embeddings, vectors = _split(model)
        muon = recipe.optimizer == "muon"
        decayed = embeddings if muon else matrices + embeddings
        adamw = torch.optim.AdamW(
            [
                {"params": decayed, "weight_decay": recipe.weight_decay},
                {"params": vectors, "weight_decay": 0.0},
            ],
            lr=recipe.learning_rate,
            betas=recipe.betas,
            eps=recipe.epsilon,
            fused=True,
        )
        self._parts: list[tuple[torch.optim.Optimizer, float]] = [(adamw, recipe.learning_rate)]
        if muon:
            part = torch.optim.Muon(
                matrices, lr=recipe.muon_learning_rate, weight_decay=recipe.weight_decay, momentum=0.95
            )
            self._parts.append((part, recipe.muon_learning_rate))

    def step(self, learning_rate_share: float) -> None:
        """Update the weights at this share of the peak learning rates and clear the gradients."""
        for part, peak in self._parts:
            for group in part.param_groups:
                group["lr"] = peak * learning_rate_share
            part.step()
            part.zero_grad(set_to_none=True)

    def state_dict(self) -> list[dict[str, Any]]:
        """Return the state of every part."""
        return [part.state_dict() for part, _ in self._parts]

    def load_state_dict(self, states: list[dict[str, Any]]) -> None:
        """Restore what `state_dict` returned."""
        for (part, _), state in zip(self._parts, states, strict=True):
            part.load_state_dict(state)


def _split(model: nn.Module) -> tuple[list[nn.Parameter], list[nn.Parameter], list[nn.Parameter]]:
    """Return (hidden matrices, embedding and head, vectors) of a model; tied parameters come once."""
    matrices, embeddings, vectors = [], [], []
    for name, parameter in model.named_parameters():
        if parameter.ndim < 2:
            vectors.append(parameter)
        elif "embed" in name or "lm_head" in name:
            embeddings.append(parameter)
        else:
            matrices.append(parameter)
    return matrices, embeddings, vectors
