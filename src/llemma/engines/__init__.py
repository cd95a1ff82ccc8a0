"""Engines continue prompts: one file per way of running a model."""
