"""Fixtures for all tests: where the benchmark folder is, and tiny documents, tokenizers and shards made on the spot."""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from llemma.data.shards import write_shards
from llemma.models.tokenizer import train_tokenizer
from llemma.provers.lean_wasm import runtime

ROOT = Path(__file__).resolve().parents[1]
BESIDE_CHECKOUT = ROOT.parent / "shared"

WORDS = "the cat and a dog sat on mats near 12 red balls while old birds sang about summer rain or winter snow".split()


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the user's cache out of the tests, and the tests out of the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LLEMMA_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def benchmark_folder() -> Path:
    """The folder of real benchmark files: LLEMMA_BENCHMARKS, or `shared/benchmarks` beside the checkout."""
    folder = Path(os.environ.get("LLEMMA_BENCHMARKS") or BESIDE_CHECKOUT / "benchmarks")
    if not folder.is_dir():
        pytest.skip(f"no benchmark folder at {folder}: set LLEMMA_BENCHMARKS")
    return folder


@pytest.fixture
def paper_lean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A Lean that is installed as far as files show, with the modules Init, Std and Std.Data."""
    installed = runtime.Runtime(tmp_path / ".lean", tmp_path / "node", "4", "0")
    for module in ("Init", "Std", "Std/Data"):
        path = installed.folder / f"lib/lean/{module}.olean"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    monkeypatch.setattr(runtime, "require_runtime", lambda: installed)


def make_texts(count: int, *, words: int = 30, offset: int = 0) -> list[str]:
    """Return different little texts: word j of text i is a fixed function of i and j."""
    return [
        " ".join(WORDS[(i * i + 7 * i * j + j * j) % len(WORDS)] for j in range(words))
        for i in range(offset, offset + count)
    ]


def numbered(texts: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield texts as documents, each called by its number."""
    return ((str(number), text) for number, text in enumerate(texts))


def grows_with_its_size_only(work: Callable[[int], object], size: int) -> bool:
    """Whether work of eight times the size takes far less than 64 times as long; the best of three runs each."""

    def seconds(count: int) -> float:
        start = time.process_time()
        work(count)
        return time.process_time() - start

    large, small = (min(seconds(count) for _ in range(3)) for count in (8 * size, size))
    return large < 24 * small + 0.1


@pytest.fixture(scope="session")
def tiny_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `tokenizer`, and token shards `shards` (400 documents) and `other` (100 others)."""
    folder = tmp_path_factory.mktemp("data")
    tokenizer = train_tokenizer(make_texts(400), vocabulary_size=300)
    tokenizer.save_pretrained(folder / "tokenizer")
    write_shards(numbered(make_texts(400)), tokenizer, folder / "shards", shard_tokens=5_000)
    write_shards(numbered(make_texts(100, offset=400)), tokenizer, folder / "other")
    return folder
