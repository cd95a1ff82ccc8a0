"""Evaluation in three steps on files: generate, grade, summarize."""
