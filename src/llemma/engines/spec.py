"""Opens an engine by its spec: `hf:PATH_OR_NAME`, `replay:FILE`."""

from llemma.engines.base import Engine
from llemma.errors import MissingPackageError, UnknownNameError, UserError

ENGINES = {"hf": "a model directory or a hub name", "replay": "a file of recorded completions or a run directory"}
"""What follows the colon, for every engine."""


def open_engine(spec: str, *, dtype: str = "auto", device: str = "auto", max_rows: int | None = None) -> Engine:
    """Return the engine for a spec. The options are for engines that run a model in this process.

    Raises UnknownNameError for an unknown prefix and MissingPackageError when a package of the engine is not installed.
    """
    kind, _, target = spec.partition(":")
    if kind not in ENGINES:
        if ":" not in spec:
            raise UserError(f"model {spec!r} does not say how to run it. For {ENGINES['hf']}: hf:{spec}")
        raise UnknownNameError("engine", kind, ENGINES)
    if not target:
        raise UserError(f"model {spec!r}: {ENGINES[kind]} has to follow the colon")
    if kind == "replay":
        from llemma.engines.replay import load_replay

        return load_replay(target)
    try:
        from llemma.engines.hf_load import load_engine
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package in {"torch", "transformers", "tokenizers", "safetensors", "huggingface_hub"}:
            raise MissingPackageError(package, needed_by="engine 'hf:'", extra="models") from error
        raise
    return load_engine(target, dtype=dtype, device=device, max_rows=max_rows)
