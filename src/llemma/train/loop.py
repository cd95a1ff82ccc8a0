"""The training loop: pretraining from scratch and continued pretraining, read top to bottom."""

import math
import signal
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import torch
import torch.nn.functional as F
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from llemma.data.loader import Batch, Loader
from llemma.data.shards import Shards, open_shards
from llemma.errors import CheckpointError, DivergedError
from llemma.models.checkpoint import LoadOptions, load_model, model_fingerprint, new_model, save_model
from llemma.models.tokenizer import fingerprint, load_tokenizer
from llemma.progress import duration, progress, say
from llemma.runs import run_directory, write_manifest
from llemma.storage import JsonlLog, read_jsonl, write_jsonl
from llemma.train.checkpoint import newest_checkpoint, restore_optimizer, save_checkpoint
from llemma.train.optim import Optimizer
from llemma.train.recipe import TrainRecipe
from llemma.train.schedule import learning_rate_share

METRICS = "metrics.jsonl"


def train(recipe: TrainRecipe, out: Path) -> None:
    """Train as the recipe says. `out` becomes a run directory that is also a model in Hugging Face format.

    A killed run goes on from its newest checkpoint, on a CPU bit for bit as if it had never stopped. Raises
    DivergedError at the step where the loss or the gradient is not finite or jumps; the checkpoints stay.
    """
    started = time.time()
    sources = [open_shards(Path(source.path), verify=recipe.verify_shards) for source in recipe.data.sources]
    validation = {name: open_shards(Path(path)) for name, path in recipe.data.validation.items()}
    tokenizer = load_tokenizer(recipe.init or str(recipe.tokenizer))
    _check_tokenizer([*sources, *validation.values()], tokenizer, named=recipe.init or str(recipe.tokenizer))
    identity = {
        "kind": "train",
        "recipe": recipe.model_dump(),
        "shards": [shards.sha256 for shards in sources],
        "init": model_fingerprint(recipe.init) if recipe.init else None,
    }
    with run_directory(out, identity) as finished:
        if finished:
            say(f"{out} is finished; nothing to do")
            return
        run = _start(recipe, out, tokenizer, sources, validation)
        final = _optimise(run)
        save_model(run.model, tokenizer, out)
        write_manifest(
            out,
            started=started,
            kind="train",
            parameters=sum(parameter.numel() for parameter in run.model.parameters()),
            tokens=recipe.optim.steps * _batch_tokens(recipe),
            epochs=dict(
                zip(
                    [source.path for source in recipe.data.sources],
                    run.loader.epochs(recipe.optim.steps),
                    strict=True,
                )
            ),
            threads=torch.get_num_threads(),
            **final,
        )
    say(
        f"trained {recipe.optim.steps:,} steps, loss {final['loss']:.3f}, in {duration(time.time() - started)} -> {out}"
    )


@dataclass(slots=True)
class _Run:
    """Everything the loop works on. `step` counts finished updates."""

    recipe: TrainRecipe
    out: Path
    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    optimizer: Optimizer
    loader: Loader
    validation: dict[str, Shards]
    device: torch.device
    step: int = 0

    def save(self) -> None:
        save_checkpoint(
            self.out, self.step, self.model, self.tokenizer, self.optimizer, keep=self.recipe.keep_checkpoints
        )


def _start(
    recipe: TrainRecipe,
    out: Path,
    tokenizer: PreTrainedTokenizerBase,
    sources: list[Shards],
    validation: dict[str, Shards],
) -> _Run:
    checkpoint = newest_checkpoint(out)
    if checkpoint is not None:
        model = load_model(checkpoint).model
    elif recipe.model is not None:
        model = new_model(recipe.model, tokenizer, seed=recipe.seed)
    else:
        model = load_model(str(recipe.init), LoadOptions(rope_theta=recipe.rope_theta)).model
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model.to(device)  # type: ignore[arg-type]
    model.train()
    weights = [source.weight for source in recipe.data.sources]
    loader = Loader(
        list(zip(sources, weights, strict=True)),
        sequence_tokens=recipe.data.sequence_tokens,
        batch_sequences=recipe.optim.batch_sequences,
        seed=recipe.seed,
    )
    run = _Run(recipe, out, model, tokenizer, Optimizer(model, recipe.optim), loader, validation, device)
    if checkpoint is not None:
        run.step = restore_optimizer(checkpoint, run.optimizer)
        say(f"going on from {checkpoint}")
    return run


def _optimise(run: _Run) -> dict[str, float]:
    """Run all updates that are left and return the last losses."""
    recipe, optim = run.recipe, run.recipe.optim
    tokens_per_step = _batch_tokens(recipe)
    _forget_metrics_after(run.out / METRICS, run.step)
    recent: deque[float] = deque(_recent_losses(run.out / METRICS), maxlen=50)
    final: dict[str, float] = {}
    with (
        JsonlLog(run.out / METRICS) as metrics,
        progress(f"train {run.out.name}", optim.steps * tokens_per_step, "tokens") as meter,
        _interrupt_between_steps() as interrupted,
    ):
        meter.skip(run.step * tokens_per_step)
        clock = _Clock(run.step)
        while run.step < optim.steps:
            share = learning_rate_share(
                run.step, warmup_steps=optim.warmup_steps, steps=optim.steps, final_share=optim.final_share
            )
            loss, grad_norm = _update(run, share)
            _refuse_divergence(run, loss, grad_norm, recent)
            run.step += 1
            meter.advance(tokens_per_step, f"loss {loss:.3f}")
            if run.step % recipe.log_every == 0 or run.step == optim.steps:
                recent.append(loss)
                final["loss"] = loss
                rate = clock.tokens_per_s(run.step, tokens_per_step)
                metrics.append(
                    [
                        {
                            "step": run.step,
                            "tokens": run.step * tokens_per_step,
                            "loss": loss,
                            "learning_rate": optim.learning_rate * share,
                            "grad_norm": grad_norm,
                            "tokens_per_s": round(rate),
                        }
                    ]
                )
            if run.validation and (run.step % recipe.validate_every == 0 or run.step == optim.steps):
                losses = {name: _validation_loss(run, shards) for name, shards in run.validation.items()}
                metrics.append([{"step": run.step, "tokens": run.step * tokens_per_step, "validation": losses}])
                final |= {f"validation_loss_{name}": loss for name, loss in losses.items()}
            if interrupted() or run.step % recipe.checkpoint_every == 0 or run.step == optim.steps:
                run.save()
            if interrupted() and run.step < optim.steps:
                raise KeyboardInterrupt
    return final


def _update(run: _Run, learning_rate_share: float) -> tuple[float, float]:
    """Do one optimizer update; return the mean loss (nats per token) and the gradient norm before clipping.

    Nothing is updated when either is not finite.
    """
    recipe = run.recipe
    batch = run.loader.batch(run.step)
    rows = recipe.optim.micro_batch_sequences or recipe.optim.batch_sequences
    loss = 0.0
    for first in range(0, recipe.optim.batch_sequences, rows):
        part = _mean_loss(run, _rows(batch, first, rows)) * (rows / recipe.optim.batch_sequences)
        part.backward()  # type: ignore[no-untyped-call]
        loss += part.item()
    norm = torch.nn.utils.clip_grad_norm_(run.model.parameters(), recipe.optim.clip_norm).item()
    if math.isfinite(loss) and math.isfinite(norm):
        run.optimizer.step(learning_rate_share)
    return loss, norm


def _mean_loss(run: _Run, batch: Batch) -> torch.Tensor:
    """Return the mean cross-entropy of a batch of B sequences of T tokens, in nats per token."""
    inputs, targets, positions = (
        torch.from_numpy(array).to(run.device) for array in (batch.inputs, batch.targets, batch.positions)
    )
    # transformers masks across documents when positions restart, no attention mask is given and nothing is cached;
    # with any of these changed it lets documents attend to each other without a warning.
    places = {"position_ids": positions} if run.recipe.data.documents == "separate" else {}
    with torch.autocast(run.device.type, dtype=torch.bfloat16, enabled=run.recipe.precision == "bf16"):
        logits = run.model(input_ids=inputs, use_cache=False, **places).logits  # (B, T) -> (B, T, V)
    return F.cross_entropy(logits.flatten(0, 1).float(), targets.flatten())


@torch.no_grad()
def _validation_loss(run: _Run, shards: Shards) -> float:
    """Return the mean loss over the first sequences of a validation set, the same at every call."""
    run.model.eval()  # type: ignore[no-untyped-call]
    rows = run.recipe.optim.micro_batch_sequences or run.recipe.optim.batch_sequences
    loader = Loader(
        [(shards, 1.0)], sequence_tokens=run.recipe.data.sequence_tokens, batch_sequences=rows, seed=run.recipe.seed
    )
    batches = max(1, run.recipe.validation_sequences // rows)
    loss = sum(_mean_loss(run, loader.batch(step)).item() for step in range(batches)) / batches
    run.model.train()
    return loss


def _refuse_divergence(run: _Run, loss: float, grad_norm: float, recent: deque[float]) -> None:
    mean = sum(recent) / len(recent) if recent else math.inf
    if math.isfinite(loss) and math.isfinite(grad_norm) and loss <= mean + run.recipe.max_loss_jump:
        return
    if math.isfinite(loss) and math.isfinite(grad_norm):
        what = f"the loss jumped to {loss:.2f} from a mean of {mean:.2f}"
    else:
        what = f"the loss is {loss} and the gradient norm {grad_norm}"
    checkpoint = newest_checkpoint(run.out)
    last = f"The last good checkpoint is {checkpoint}" if checkpoint else "There is no checkpoint yet"
    raise DivergedError(f"step {run.step + 1}: {what}. {last}. Lower optim.learning_rate, or look at the data there")


def _rows(batch: Batch, first: int, count: int) -> Batch:
    rows = slice(first, first + count)
    return Batch(batch.inputs[rows], batch.targets[rows], batch.positions[rows])


def _batch_tokens(recipe: TrainRecipe) -> int:
    return recipe.optim.batch_sequences * recipe.data.sequence_tokens


def _check_tokenizer(all_shards: list[Shards], tokenizer: PreTrainedTokenizerBase, *, named: str) -> None:
    for shards in all_shards:
        if shards.tokenizer_fingerprint != fingerprint(tokenizer):
            raise CheckpointError(
                f"{shards.path} was made with another tokenizer ({shards.vocabulary_size:,} tokens) than that of "
                f"{named} ({len(tokenizer):,}). Make the shards again: llemma data shards --tokenizer {named}"
            )


def _forget_metrics_after(path: Path, step: int) -> None:
    """Drop the lines that a killed run wrote after its last checkpoint; they are written again."""
    if path.exists():
        with JsonlLog(path) as log:
            kept = [row for row in log.rows() if row["step"] <= step]
        write_jsonl(path, kept)


def _recent_losses(path: Path) -> list[float]:
    return [row["loss"] for row in read_jsonl(path) if "loss" in row] if path.exists() else []


class _Clock:
    """Tokens per second since the last time it was asked."""

    def __init__(self, step: int) -> None:
        self._step, self._time = step, time.monotonic()

    def tokens_per_s(self, step: int, tokens_per_step: int) -> float:
        now = time.monotonic()
        rate = (step - self._step) * tokens_per_step / (now - self._time)
        self._step, self._time = step, now
        return rate


@contextmanager
def _interrupt_between_steps() -> Iterator[Any]:
    """Let SIGINT and SIGTERM end the run after the current step; yield a function that says whether one came."""
    signals: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        signals.append(number)
        say("finishing this step, then saving a checkpoint")

    previous = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(signals)
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
