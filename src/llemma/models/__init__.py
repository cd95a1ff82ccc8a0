"""Models: sizes, tokenizers, checkpoints in Hugging Face format."""
