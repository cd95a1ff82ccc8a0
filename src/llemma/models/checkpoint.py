"""Models in Hugging Face format: made from a size, loaded from a directory or hub name, written to a directory."""

from pathlib import Path

import torch
from safetensors import SafetensorError
from transformers import AutoConfig, AutoModelForCausalLM, LlamaForCausalLM, PreTrainedModel, PreTrainedTokenizerBase
from transformers.utils import logging

from llemma.errors import CheckpointError, RunDirectoryError
from llemma.models.sizes import ModelSize
from llemma.models.tokenizer import looks_local
from llemma.storage import sha256_of, sha256_of_rows


def new_model(size: ModelSize, tokenizer: PreTrainedTokenizerBase, *, seed: int) -> PreTrainedModel:
    """Return a freshly initialised fp32 model whose vocabulary is the tokenizer's."""
    torch.manual_seed(seed)
    config = size.config(len(tokenizer), start=tokenizer.bos_token_id, end=tokenizer.eos_token_id)
    return LlamaForCausalLM(config)


def load_model(path: str | Path, *, rope_theta: float | None = None) -> PreTrainedModel:
    """Return the model of a directory or hub name in fp32, with another RoPE base when one is given.

    Raises CheckpointError when there is no such model, or when the RoPE base did not take effect.
    """
    if looks_local(path) and not (Path(path) / "config.json").exists():
        raise CheckpointError(f"{path}: no model there (no config.json)")
    _silence_transformers()
    try:
        config = AutoConfig.from_pretrained(str(path))
        if rope_theta is not None:
            config.rope_parameters = {**config.rope_parameters, "rope_theta": rope_theta}
        model = AutoModelForCausalLM.from_pretrained(str(path), config=config, dtype=torch.float32)
    except (OSError, ValueError, KeyError) as error:
        raise CheckpointError(f"{path}: cannot load the model ({str(error).strip().partition(chr(10))[0]})") from error
    assert isinstance(model, PreTrainedModel)
    return model


def save_model(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, folder: Path) -> None:
    """Write weights, configuration and tokenizer. Raises RunDirectoryError when they cannot be written."""
    _silence_transformers()
    try:
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
    except (OSError, RuntimeError, SafetensorError) as error:
        raise RunDirectoryError(f"cannot write the model to {folder}: {error}") from error


def check_vocabulary(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, *, where: str) -> None:
    """Raise CheckpointError when the tokenizer has tokens for which the model has no embedding."""
    rows = int(model.config.get_text_config().vocab_size)
    if len(tokenizer) > rows:
        raise CheckpointError(
            f"{where}: the tokenizer has {len(tokenizer):,} tokens and the model {rows:,} embeddings. "
            "Use the tokenizer that the model was trained with"
        )


def model_fingerprint(path: str | Path) -> str:
    """Return what identifies a model's weights: a hash of the files of a directory, or a hub name's commit."""
    if looks_local(path):
        files = sorted([*Path(path).glob("*.safetensors"), Path(path) / "config.json"])
        return sha256_of_rows([[file.name, sha256_of(file)] for file in files if file.exists()])[:16]
    return str(getattr(AutoConfig.from_pretrained(str(path)), "_commit_hash", None) or "unknown")


def _silence_transformers() -> None:
    """Turn off its own progress bars and notes: ours say what is going on."""
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
