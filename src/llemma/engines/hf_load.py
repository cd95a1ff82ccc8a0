"""Loads the model of engine `hf:` from a directory or the hub, or says in one line why that cannot be."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import metadata
from pathlib import Path
from typing import Any

import torch
from huggingface_hub import HfApi, try_to_load_from_cache
from huggingface_hub.errors import HTTPError, OfflineModeIsEnabled, RepositoryNotFoundError  # type: ignore[attr-defined]
from safetensors import SafetensorError
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase
from transformers.utils import logging

from llemma.engines.hf import HfEngine
from llemma.engines.shared_prefix import ATTENTION
from llemma.errors import CheckpointError, UnknownNameError, UserError
from llemma.models.checkpoint import check_vocabulary
from llemma.models.tokenizer import looks_local
from llemma.storage import sha256_of, sha256_of_rows

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
ROWS_ON_CPU, ROWS_ON_GPU = 128, 256
HUB_TIMEOUT_S = 10.0

_HASHED = ("config.json", "generation_config.json", "*token*.json", "*.safetensors", "*.bin", "*.model")
_WEIGHTS = ("*.safetensors", "pytorch_model*.bin")
_LAYER_TYPES = {"full_attention", "sliding_attention"}


def load_engine(source: str, *, dtype: str = "auto", device: str = "auto", max_rows: int | None = None) -> HfEngine:
    """Return the engine for a model directory or a hub name (owner/name).

    `dtype` is float32, bfloat16 or float16; auto: float32 on a CPU, bfloat16 on a GPU. A hub model in the cache is used
    as it is there, without asking the hub. Raises CheckpointError for what is no model that this engine can run.
    """
    place = _device(device)
    if dtype not in {"auto", *DTYPES}:
        raise UnknownNameError("dtype", dtype, ["auto", *DTYPES])
    precision = DTYPES.get(dtype, torch.bfloat16 if place.type == "cuda" else torch.float32)
    with _quiet():
        if looks_local(source):
            folder = Path(source).expanduser()
            model, tokenizer = _load_folder(folder, precision)
            name, fingerprint = folder.resolve().name, _fingerprint(folder)
        else:
            model, tokenizer, fingerprint = _load_from_hub(source, precision)
            name = source.rpartition("/")[2]
    _check_architecture(model, source)
    check_vocabulary(model, tokenizer, where=source)
    identity = {
        "engine": "hf",
        "model": source,
        "fingerprint": fingerprint,
        "dtype": str(precision).removeprefix("torch."),
        "torch": str(torch.__version__),
        "transformers": metadata.version("transformers"),
    }
    rows = max_rows or (ROWS_ON_GPU if place.type == "cuda" else ROWS_ON_CPU)
    return HfEngine(model.to(place), tokenizer, name=name, identity=identity, max_rows=rows)  # type: ignore[arg-type]


def _load_folder(folder: Path, precision: torch.dtype) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    if not folder.is_dir():
        raise CheckpointError(f"{folder}: no such directory. Name a model directory, or a hub model as owner/name")
    if not (folder / "config.json").exists():
        raise CheckpointError(f"{folder}: no model there (no config.json). Name the directory that holds it")
    if not any(path for pattern in _WEIGHTS for path in folder.glob(pattern)):
        raise CheckpointError(f"{folder}: config.json but no weights (*.safetensors). Copy them there as well")
    if not any(folder.glob("*token*")):
        raise CheckpointError(
            f"{folder}: no tokenizer there (tokenizer.json). Copy it from the model it was trained with"
        )
    return _load(str(folder), precision, local_files_only=True)


def _load_from_hub(source: str, precision: torch.dtype) -> tuple[PreTrainedModel, PreTrainedTokenizerBase, str]:
    """Return model, tokenizer and commit hash; the hub is asked only when the model is not whole in the cache."""
    config = try_to_load_from_cache(source, "config.json")
    if isinstance(config, str):
        commit = Path(config).parent.name
        with suppress(CheckpointError):
            return *_load(source, precision, revision=commit, local_files_only=True), commit
    try:
        commit = str(HfApi().model_info(source, timeout=HUB_TIMEOUT_S).sha)
    except RepositoryNotFoundError as error:
        raise CheckpointError(
            f"{source}: no such directory, and no such model on the hub (or it is private: hf auth login)"
        ) from error
    except (HTTPError, OfflineModeIsEnabled) as error:
        raise UserError(
            f"{source}: not in the cache, and the hub cannot be reached. Fetch it where there is a network "
            f"(hf download {source} --local-dir DIR) and name the directory: hf:DIR"
        ) from error
    return *_load(source, precision, revision=commit), commit


def _load(source: str, precision: torch.dtype, **where: Any) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    try:
        tokenizer = AutoTokenizer.from_pretrained(source, **where)
        loaded: Any = AutoModelForCausalLM.from_pretrained(
            source, dtype=precision, attn_implementation=ATTENTION, output_loading_info=True, **where
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


def _check_architecture(model: PreTrainedModel, source: str) -> None:
    """Raise CheckpointError for a model that does not run its attention through the interface, or not all of it."""
    unknown = set(getattr(model.config.get_text_config(), "layer_types", None) or ()) - _LAYER_TYPES
    if unknown or not model._supports_attention_backend:
        what = f"layers of type {min(unknown)}" if unknown else "attention of its own"
        raise CheckpointError(
            f"{source}: {type(model).__name__} has {what}, which the engine 'hf:' cannot run. Use another engine"
        )


def _device(device: str) -> torch.device:
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        place = torch.device(device)
    except RuntimeError as error:
        raise UserError(f"no device {device!r}. Use auto, cpu, cuda or cuda:1") from error
    if place.type == "cuda" and not torch.cuda.is_available():
        raise UserError("no CUDA device here. Use --device cpu, or a machine with a GPU")
    return place


def _fingerprint(folder: Path) -> str:
    """Return a hash of the files of a model directory that completions depend on."""
    files = sorted({path for pattern in _HASHED for path in folder.glob(pattern)})
    return sha256_of_rows([path.name, sha256_of(path)] for path in files)[:16]


@contextmanager
def _quiet() -> Iterator[None]:
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
