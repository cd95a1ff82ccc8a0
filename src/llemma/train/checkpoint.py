"""Checkpoints of a run: a model in Hugging Face format plus `trainer.pt`, whole or not there at all."""

import shutil
from pathlib import Path
from pickle import UnpicklingError

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from llemma.errors import CheckpointError, RunDirectoryError
from llemma.models.checkpoint import save_model
from llemma.storage import new_directory
from llemma.train.optim import Optimizer

_STATE = "trainer.pt"


def save_checkpoint(
    run: Path,
    step: int,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    optimizer: Optimizer,
    *,
    keep: int,
) -> None:
    """Write the checkpoint after `step` updates, then delete all but the newest `keep`."""
    with new_directory(_folder(run, step)) as folder:
        save_model(model, tokenizer, folder)
        try:
            torch.save({"step": step, "optimizer": optimizer.state_dict()}, folder / _STATE)
        except (RuntimeError, OSError) as error:
            raise RunDirectoryError(f"cannot write the optimizer state to {folder}: {error}") from error
    for _, old in _checkpoints(run)[:-keep]:
        shutil.rmtree(old)


def newest_checkpoint(run: Path) -> Path | None:
    """Return the newest checkpoint of a run, None when it has none."""
    found = _checkpoints(run)
    return found[-1][1] if found else None


def restore_optimizer(folder: Path, optimizer: Optimizer) -> int:
    """Put the optimizer of a checkpoint back as it was and return the number of updates done."""
    try:
        state = torch.load(folder / _STATE, weights_only=True)
    except (OSError, RuntimeError, ValueError, UnpicklingError) as error:
        cure = "Delete this checkpoint to go on from the one before"
        raise CheckpointError(f"{folder / _STATE}: cannot be read ({type(error).__name__}). {cure}") from error
    optimizer.load_state_dict(state["optimizer"])
    return int(state["step"])


def _folder(run: Path, step: int) -> Path:
    return run / "checkpoints" / f"step-{step:08d}"


def _checkpoints(run: Path) -> list[tuple[int, Path]]:
    folders = (run / "checkpoints").glob("step-*")
    return sorted((int(folder.name.removeprefix("step-")), folder) for folder in folders)
