"""The learning-rate schedule: linear warm-up, then cosine to a share of the peak."""

import math


def learning_rate_share(step: int, *, warmup_steps: int, steps: int, final_share: float) -> float:
    """Return the share of the peak learning rate for update `step` (0 is the first, `steps - 1` the last).

    The first update uses 1 / warmup_steps of the peak, update `warmup_steps` (or 0 without warm-up) the peak, and the
    last one `final_share`. Source: arXiv 2310.10631, section 3.2 (500 steps, to 1/30).
    """
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    progress = min(1.0, (step - warmup_steps) / max(1, steps - 1 - warmup_steps))
    return final_share + (1 - final_share) * 0.5 * (1 + math.cos(math.pi * progress))
