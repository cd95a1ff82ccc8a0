"""Opens engine `vllm:`: loads a model into vLLM."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from llemma.engines.options import EngineOptions
from llemma.errors import CheckpointError
from llemma.models.checkpoint import model_fingerprint
from llemma.models.tokenizer import looks_local

if TYPE_CHECKING:
    from llemma.engines.vllm import VllmEngine


class VllmOptions(EngineOptions):
    """Options of `vllm:`. `tensor_parallel` is the number of GPUs; `gpu_memory` the share of their memory to use.

    `max_model_len` is the context length in tokens, None: the model's.
    """

    tensor_parallel: int = Field(1, ge=1)
    dtype: Literal["auto", "bfloat16", "float16", "float32"] = "auto"
    max_model_len: int | None = Field(None, ge=2)
    gpu_memory: float = Field(0.9, gt=0.0, le=1.0)


def load_vllm(source: str, options: VllmOptions) -> "VllmEngine":
    """Return the engine for a model directory or a hub name (owner/name).

    Raises CheckpointError for what vLLM cannot load, with the reason it gives.
    """
    os.environ.setdefault("VLLM_LOGGING_STREAM", "ext://sys.stderr")  # read at its import; stdout is for results
    import vllm

    from llemma.engines.vllm import VllmEngine

    fingerprint = model_fingerprint(source)
    revision = None if looks_local(source) else fingerprint
    try:
        llm = vllm.LLM(
            model=str(Path(source).expanduser()) if revision is None else source,
            revision=revision,
            tokenizer_revision=revision,
            tensor_parallel_size=options.tensor_parallel,
            dtype=options.dtype,
            max_model_len=options.max_model_len,
            gpu_memory_utilization=options.gpu_memory,
            enable_prefix_caching=True,
            max_logprobs=-1,  # no limit: beam search asks for twice its width
        )
    except (OSError, ValueError, RuntimeError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise CheckpointError(f"{source}: vLLM cannot run the model ({reason})") from error
    identity = {
        "engine": "vllm",
        "model": source,
        "fingerprint": fingerprint,
        "dtype": str(llm.model_config.dtype).removeprefix("torch."),
        "tensor_parallel": options.tensor_parallel,
        "context_length": int(llm.model_config.max_model_len),
        "vllm": str(vllm.__version__),
    }
    return VllmEngine(
        llm, name=Path(source).expanduser().resolve().name if revision is None else Path(source).name, identity=identity
    )
