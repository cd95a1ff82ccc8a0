"""Benchmark data by name: from a given folder, the cache or the public source, and verified wherever it came from.

The problems are other people's text, so they are not in this package. Each benchmark is known by the SHA-256 of its
canonical rows, so the same problems verify from any source, and a changed or cut copy is refused.
"""

import ast
import os
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from llemma.errors import BenchmarkError, UnknownNameError
from llemma.progress import say
from llemma.storage import read_jsonl, sha256_of_rows, sha256_of_text, write_bytes

Row = dict[str, str]
"""A canonical row: `question`, `solution` and, where the benchmark has them, `subject` and `level`."""

Fetch = Callable[[str], bytes]
