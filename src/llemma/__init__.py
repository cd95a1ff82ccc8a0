"""One toolkit to build, train, evaluate and examine language models for mathematics."""

__version__ = "0.1.0"
