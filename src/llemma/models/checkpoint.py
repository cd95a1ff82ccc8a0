"""Models in Hugging Face format: made from a size, loaded from a directory or the hub, written to a directory."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from huggingface_hub import HfApi, try_to_load_from_cache
from huggingface_hub.errors import HTTPError, OfflineModeIsEnabled, RepositoryNotFoundError  # type: ignore[attr-defined]
from safetensors import SafetensorError
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoTokenizer,
    LlamaForCausalLM,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.utils import logging

from llemma.errors import CheckpointError, RunDirectoryError, UserError
from llemma.models.sizes import ModelSize
from llemma.models.tokenizer import looks_local
from llemma.storage import sha256_of, sha256_of_rows

HUB_TIMEOUT_S = 10.0

_HASHED = ("config.json", "generation_config.json", "*token*.json", "*.safetensors", "*.bin", "*.model")
_WEIGHTS = ("*.safetensors", "pytorch_model*.bin")


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model with its tokenizer, its short name, and a fingerprint: a hash of its files, or its commit on the hub."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    name: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """How to load: the precision, an attention implementation of transformers, another RoPE base (None: as it is)."""

    dtype: torch.dtype = torch.float32
    attention: str | None = None
    rope_theta: float | None = None


def new_model(size: ModelSize, tokenizer: PreTrainedTokenizerBase, *, seed: int) -> PreTrainedModel:
    """Return a freshly initialised fp32 model whose vocabulary is the tokenizer's."""
    torch.manual_seed(seed)
    config = size.config(len(tokenizer), start=tokenizer.bos_token_id, end=tokenizer.eos_token_id)
    return LlamaForCausalLM(config)


def load_model(source: str | Path, options: LoadOptions | None = None) -> LoadedModel:
    """Return the model of a directory or a hub name (owner/name).

    A hub model in the cache is used as it is there, without asking the hub. Raises CheckpointError for what is no
    whole model, or whose tokenizer has more tokens than it has embeddings; UserError when the hub cannot be reached.
    """
    options = options or LoadOptions()
    with _quiet_transformers():
        if looks_local(source):
            folder = Path(source).expanduser()
            _check_folder(folder)
            model, tokenizer = _load(str(folder), options, local_files_only=True)
            name, fingerprint = folder.resolve().name, _hash_of_folder(folder)
        else:
            model, tokenizer, fingerprint = _load_from_hub(str(source), options)
            name = str(source).rpartition("/")[2]
    _check_vocabulary(model, tokenizer, where=str(source))
    return LoadedModel(model, tokenizer, name, fingerprint)


def save_model(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, folder: Path) -> None:
    """Write weights, configuration and tokenizer. Raises RunDirectoryError when they cannot be written."""
    try:
        with _quiet_transformers():
            model.save_pretrained(folder)
            tokenizer.save_pretrained(folder)
    except (OSError, RuntimeError, SafetensorError) as error:
        raise RunDirectoryError(f"cannot write the model to {folder}: {error}") from error


def model_fingerprint(source: str | Path) -> str:
    """Return the fingerprint of a model without loading it: a hash of its files, or its commit on the hub."""
    if looks_local(source):
        folder = Path(source).expanduser()
        _check_folder(folder)
        return _hash_of_folder(folder)
    return _cached_commit(str(source)) or _newest_commit(str(source))


def _check_folder(folder: Path) -> None:
    if not folder.is_dir():
        raise CheckpointError(f"{folder}: no such directory. Name a model directory, or a hub model as owner/name")
    if not (folder / "config.json").exists():
        raise CheckpointError(f"{folder}: no model there (no config.json). Name the directory that holds it")
    if not any(path for pattern in _WEIGHTS for path in folder.glob(pattern)):
        raise CheckpointError(f"{folder}: config.json but no weights (*.safetensors). Copy them there as well")
    if not any(folder.glob("*token*")):
        cure = "Copy it from the model it was trained with"
        raise CheckpointError(f"{folder}: no tokenizer there (tokenizer.json). {cure}")


def _load_from_hub(source: str, options: LoadOptions) -> tuple[PreTrainedModel, PreTrainedTokenizerBase, str]:
    """Return model, tokenizer and commit hash; the hub is asked only when the model is not whole in the cache."""
    commit = _cached_commit(source)
    if commit:
        with suppress(CheckpointError):
            return *_load(source, options, revision=commit, local_files_only=True), commit
    commit = _newest_commit(source)
    return *_load(source, options, revision=commit), commit


def _cached_commit(source: str) -> str | None:
    config = try_to_load_from_cache(source, "config.json")
    return Path(config).parent.name if isinstance(config, str) else None


def _newest_commit(source: str) -> str:
    try:
        return str(HfApi().model_info(source, timeout=HUB_TIMEOUT_S).sha)
    except RepositoryNotFoundError as error:
        raise CheckpointError(
            f"{source}: no such directory, and no such model on the hub (or it is private: hf auth login)"
        ) from error
    except (HTTPError, OfflineModeIsEnabled) as error:
        raise UserError(
            f"{source}: not in the cache, and the hub cannot be reached. Fetch it where there is a network "
            f"(hf download {source} --local-dir DIR) and name the directory"
        ) from error


def _load(source: str, options: LoadOptions, **where: Any) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    try:
        tokenizer = AutoTokenizer.from_pretrained(source, **where)
        config = AutoConfig.from_pretrained(source, **where)
        if options.rope_theta is not None:
            config.rope_parameters = {**config.rope_parameters, "rope_theta": options.rope_theta}
        loaded: Any = AutoModelForCausalLM.from_pretrained(
            source,
            config=config,
            dtype=options.dtype,
            attn_implementation=options.attention,
            output_loading_info=True,
            **where,
        )
    except (OSError, ValueError, KeyError, ImportError, RuntimeError, SafetensorError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise CheckpointError(f"{source}: cannot load the model ({reason})") from error
    model, info = loaded
    if info["missing_keys"]:
        missing = sorted(info["missing_keys"])
        raise CheckpointError(
            f"{source}: {len(missing)} weights are missing, the first is {missing[0]}. Copy all files"
        )
    return model.eval(), tokenizer


def _check_vocabulary(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, *, where: str) -> None:
    """Raise CheckpointError when the tokenizer has tokens for which the model has no embedding."""
    rows = int(model.config.get_text_config().vocab_size)
    if len(tokenizer) > rows:
        raise CheckpointError(
            f"{where}: the tokenizer has {len(tokenizer):,} tokens and the model {rows:,} embeddings. "
            "Use the tokenizer that the model was trained with"
        )


def _hash_of_folder(folder: Path) -> str:
    """Return a hash of the files of a model directory that completions depend on."""
    files = sorted({path for pattern in _HASHED for path in folder.glob(pattern)})
    return sha256_of_rows([path.name, sha256_of(path)] for path in files)[:16]


@contextmanager
def _quiet_transformers() -> Iterator[None]:
    """Silence the progress bars and notes of transformers; what matters of them is checked and raised."""
    bars, verbosity = logging.is_progress_bar_enabled(), logging.get_verbosity()
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()  # type: ignore[no-untyped-call]
