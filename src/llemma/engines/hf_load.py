"""Opens engine `hf:`: loads a model and checks that this engine and this machine can run it."""

from importlib import metadata

import torch
from transformers import PreTrainedModel

from llemma.engines.hf import HfEngine
from llemma.engines.shared_prefix import ATTENTION
from llemma.errors import CheckpointError, UnknownNameError, UserError
from llemma.models.checkpoint import LoadOptions, load_model

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
ROWS_ON_CPU, ROWS_ON_GPU = 128, 256

_LAYER_TYPES = {"full_attention", "sliding_attention"}


def load_engine(source: str, *, dtype: str = "auto", device: str = "auto", max_rows: int | None = None) -> HfEngine:
    """Return the engine for a model directory or a hub name (owner/name).

    `dtype` is float32, bfloat16 or float16; auto: float32 on a CPU, bfloat16 on a GPU. Raises CheckpointError for what
    is no model that this engine can run.
    """
    place = _device(device)
    if dtype not in {"auto", *DTYPES}:
        raise UnknownNameError("dtype", dtype, ["auto", *DTYPES])
    precision = DTYPES.get(dtype, torch.bfloat16 if place.type == "cuda" else torch.float32)
    loaded = load_model(source, LoadOptions(dtype=precision, attention=ATTENTION))
    _check_architecture(loaded.model, source)
    identity = {
        "engine": "hf",
        "model": source,
        "fingerprint": loaded.fingerprint,
        "dtype": str(precision).removeprefix("torch."),
        "torch": str(torch.__version__),
        "transformers": metadata.version("transformers"),
    }
    rows = max_rows or (ROWS_ON_GPU if place.type == "cuda" else ROWS_ON_CPU)
    model = loaded.model.to(place)  # type: ignore[arg-type]
    return HfEngine(model, loaded.tokenizer, name=loaded.name, identity=identity, max_rows=rows)


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
