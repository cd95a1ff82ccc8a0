"""What a training recipe says. The defaults are those of Llemma-7B (arXiv 2310.10631, section 3.2) where it has one."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from llemma.config import Section
from llemma.models.sizes import ModelSize

Positive = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(ge=0, le=1)]


class Source(Section):
    """One folder of token shards and its weight in the mixture."""

    path: str
    weight: Positive = 1.0


class Data(Section):
    """What the model reads."""

    sources: Annotated[list[Source], Field(min_length=1)]
    validation: dict[str, str] = Field(default_factory=dict)
    """Name -> folder of token shards; the loss on each is written at every validation."""
    sequence_tokens: Count = 4096
    documents: Literal["separate", "joined"] = "separate"
    """`separate`: no attention across documents that share a sequence. `joined`: across, as in the paper."""


class Optim(Section):
    """How the weights are updated."""

    optimizer: Literal["adamw", "muon"] = "adamw"
    """`muon`: Muon on the hidden matrices, AdamW on embeddings, head and norms. For training from scratch."""
    learning_rate: Positive = 1e-4
    """Peak learning rate of AdamW."""
    muon_learning_rate: Positive = 0.015
    betas: Annotated[tuple[Share, Share], Field(strict=False)] = (0.9, 0.95)
    epsilon: Positive = 1e-8
    weight_decay: Annotated[float, Field(ge=0)] = 0.1
    """On matrices only; norms are not decayed."""
    clip_norm: Positive = 1.0
    warmup_steps: Annotated[int, Field(ge=0)] = 500
    final_share: Share = 1 / 30
    """The cosine ends at this share of the peak."""
    batch_sequences: Count = 1024
    micro_batch_sequences: Count | None = None
    """Sequences in one forward pass; None: the whole batch. It must divide `batch_sequences`."""
    steps: Count = 48_000

    @model_validator(mode="after")
    def _micro_batches_divide(self) -> Self:
        if self.batch_sequences % (self.micro_batch_sequences or self.batch_sequences):
            raise ValueError(
                f"micro_batch_sequences {self.micro_batch_sequences} does not divide "
                f"batch_sequences {self.batch_sequences}"
            )
        return self


class TrainRecipe(Section):
    """One training run: from scratch (`model` and `tokenizer`), or continued from `init`."""

    init: str | None = None
    """A model directory or hub name to continue from."""
    rope_theta: Positive | None = None
    """Changes the RoPE base of `init`, as Llemma-7B did (1,000,000 -> 10,000); None keeps it."""
    model: ModelSize | None = None
    tokenizer: str | None = None
    data: Data
    optim: Optim = Optim()
    seed: int = 0
    precision: Literal["fp32", "bf16"] = "bf16"
    """`bf16`: matrix products in bfloat16, weights and optimizer in fp32."""
    log_every: Count = 10
    validate_every: Count = 250
    validation_sequences: Count = 64
    checkpoint_every: Count = 500
    keep_checkpoints: Count = 2
    max_loss_jump: Positive = 3.0
    """Stop when the loss is this many nats above its mean over the last 50 logged steps."""
    verify_shards: bool = True

    @model_validator(mode="after")
    def _one_start(self) -> Self:
        if self.init is None and (self.model is None or self.tokenizer is None):
            raise ValueError("a run from scratch needs [model] and tokenizer; a continued one needs init")
        if self.init is not None and (self.model is not None or self.tokenizer is not None):
            raise ValueError("init brings its own model and tokenizer: remove [model] and tokenizer")
        if self.init is None and self.rope_theta is not None:
            raise ValueError("rope_theta changes the base of init; from scratch set model.rope_theta")
        return self
