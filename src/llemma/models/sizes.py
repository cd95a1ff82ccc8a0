"""Sizes of Llama-architecture models and what follows from them: configuration, parameters, FLOP per token."""

from transformers import LlamaConfig

from llemma.config import Section


class ModelSize(Section):
    """The shape of a Llama-architecture model trained from scratch."""

    hidden_size: int
    layers: int
    heads: int
    kv_heads: int | None = None
    """Heads of the keys and values (grouped-query attention); None: as many as `heads`."""
    mlp_size: int | None = None
    """Width of the gated MLP; None: 8/3 of the hidden size, rounded up to a multiple of 32."""
    context_tokens: int = 4096
    rope_theta: float = 10_000.0
    tie_embeddings: bool = False

    def config(self, vocabulary_size: int, *, start: int | None, end: int | None) -> LlamaConfig:
        """Return the transformers configuration of this size."""
        return LlamaConfig(
            vocab_size=vocabulary_size,
            hidden_size=self.hidden_size,
            intermediate_size=self.mlp_size or -(-self.hidden_size * 8 // 3 // 32) * 32,
            num_hidden_layers=self.layers,
            num_attention_heads=self.heads,
            num_key_value_heads=self.kv_heads or self.heads,
            max_position_embeddings=self.context_tokens,
            rope_parameters={"rope_type": "default", "rope_theta": self.rope_theta},
            tie_word_embeddings=self.tie_embeddings,
            rms_norm_eps=1e-5,
            bos_token_id=start,
            eos_token_id=end,
            use_cache=True,
        )
