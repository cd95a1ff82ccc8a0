"""The next token of every row: greedy, or drawn with a random number that belongs to the row alone."""

# B rows, V vocabulary

import hashlib

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from llemma.engines.base import Sampling


def uniforms(seed: int, request_id: str, sample: int, count: int) -> NDArray[np.float32]:
    """Return the random numbers in (0, 1] of one sample, one per step: a function of the arguments alone."""
    digest = hashlib.sha256(f"{seed}\0{sample}\0{request_id}".encode("utf-8", errors="surrogatepass")).digest()
    generator = np.random.Generator(np.random.Philox(key=int.from_bytes(digest[:16], "little")))
    return (1.0 - generator.random(count)).astype(np.float32)


@torch.inference_mode()
def next_tokens(logits: Tensor, sampling: Sampling, draws: NDArray[np.float32]) -> Tensor:
    """Return the next token of every row, (B, V) -> (B,), drawn by inverting the distribution function at `draws`."""
    if sampling.is_greedy:
        return logits.argmax(dim=-1)
    weights = torch.softmax(logits.float() / sampling.temperature, dim=-1)  # (B, V)
    if sampling.top_p < 1.0:
        weights = nucleus(weights, sampling.top_p)
    cumulative = weights.cumsum(dim=-1)
    # The first token at which the sum reaches a number above 0 and at most the total has a weight above 0.
    reach = torch.from_numpy(draws).to(logits.device)[:, None] * cumulative[:, -1:]  # (B, 1)
    return torch.searchsorted(cumulative, reach).squeeze(1)


def nucleus(probabilities: Tensor, top_p: float) -> Tensor:
    """Return the probabilities (B, V) with 0 for every token outside the most likely ones that hold `top_p`.

    Tokens as likely as the last one inside are kept, so that the result does not depend on the order of equals.
    Source: Holtzman et al. 2020 (arXiv 1904.09751), section 3.1.
    """
    size = probabilities.shape[-1]
    count = min(64, size)
    while True:  # sorting few is far cheaper than sorting all, and nearly always enough
        top = probabilities.topk(count, dim=-1).values  # (B, count), the most likely first
        mass = top.cumsum(dim=-1)
        if count == size or bool((mass[:, -1] >= top_p).all()):
            break
        count = min(8 * count, size)
    last = (mass < top_p).sum(dim=-1, keepdim=True).clamp(max=count - 1)  # (B, 1)
    return probabilities.where(probabilities >= top.gather(-1, last), 0.0)
