"""What benchmarks/data.py measures llemma beside: datatrove's steps, trafilatura, resiliparse, rensa and tiktoken.

Each function does a whole step on files or texts of the corpus and raises ImportError where its library is missing.
datatrove's steps run in this process, one after the other, as its own local executor with one worker runs them.
"""

import sys
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from xxhash import xxh64_intdigest

INSTALL = {
    "datatrove": "pip install --target PEERS --no-deps datatrove==0.10.1 && "
    "pip install --target PEERS loguru humanize multiprocess dill spacy",
    "trafilatura": "pip install --target PEERS trafilatura==2.3.1 lxml_html_clean",
    "rensa": "pip install rensa",
    "tiktoken": "pip install tiktoken",
}
"""How to get each; `--peers PEERS` then finds it, after all that is installed (datatrove pins other versions)."""

NGRAM_WORDS = 13

Texts = Sequence[str]


def find_in(folder: Path | None) -> None:
    """Look for libraries in a folder, after all that is installed, and load those that are there."""
    if folder is not None:
        sys.path.append(str(folder.resolve()))
    for load in (_load_datatrove, resiliparse_text, lambda: trafilatura_text(fast=True)):
        with suppress(ImportError):
            load()


# --- web pages -------------------------------------------------------------------------------------------------------


def resiliparse_text() -> Callable[[str], object]:
    """Return resiliparse's extraction of the main content."""
    from resiliparse.extract.html2text import extract_plain_text

    return lambda page: extract_plain_text(page, main_content=True)


def trafilatura_text(*, fast: bool) -> Callable[[str], object]:
    """Return trafilatura's extraction."""
    from trafilatura import extract

    return lambda page: extract(page, fast=fast)


# --- datatrove -------------------------------------------------------------------------------------------------------


def _load_datatrove() -> None:
    """Import what takes seconds, silence its log, and let it hash text with xxhash 4, which wants bytes."""
    import datatrove.pipeline.tokens  # noqa: F401 - its log begins when it is imported
    from datatrove.utils.hashes import xxhash as hashes
    from datatrove.utils.word_tokenizers import load_word_tokenizer
    from loguru import logger

    logger.remove()
    load_word_tokenizer("eng").word_tokenize("a word")
    hashes.xxhash64 = lambda data: xxh64_intdigest(data if isinstance(data, bytes) else data.encode())


def _run(*steps: Any, rank: int = 0, tasks: int = 1) -> None:
    data = None
    for step in steps:
        data = step(data, rank, tasks)
    deque(data or (), maxlen=0)


def _reader(files: Path, **options: Any) -> Any:
    from datatrove.pipeline.readers import ParquetReader

    return ParquetReader(str(files), glob_pattern="*.parquet", **options)


def _writer(out: Path) -> Any:
    from datatrove.pipeline.writers import ParquetWriter

    return ParquetWriter(str(out), compression="zstd")


def datatrove_filter(files: Path, out: Path, keeps: Callable[[str, str, dict[str, Any]], bool]) -> None:
    """Read the documents of a folder, keep those of which `keeps(id, text, metadata)` says so, and write them."""
    from datatrove.pipeline.filters import LambdaFilter

    chosen = LambdaFilter(lambda document: keeps(document.id, document.text, document.metadata))
    _run(_reader(files), chosen, _writer(out))


def datatrove_exact(files: Path, out: Path) -> None:
    """Leave out documents that are the same, byte for byte."""
    from datatrove.data import Document
    from datatrove.pipeline.dedup.exact_dedup import (
        ExactDedupConfig,
        ExactDedupFilter,
        ExactDedupSignature,
        ExactFindDedups,
    )
    from datatrove.utils.hashing import HashConfig

    def content(document: Document) -> bytes:
        return document.text.encode()

    config = ExactDedupConfig(content_getter=content, hash_config=HashConfig(precision=64))
    signatures, found = str(out / "signatures"), str(out / "found")
    _run(_reader(files), ExactDedupSignature(signatures, config=config, finder_workers=1))
    _run(ExactFindDedups(signatures, found, config=config))
    _run(_reader(files), ExactDedupFilter(found, config=config), _writer(out / "kept"))


def datatrove_minhash(files: Path, out: Path) -> set[str]:
    """Leave out near duplicates, with datatrove's own defaults (14 bands of 8), and return the ids that are kept."""
    from datatrove.pipeline.dedup import (
        MinhashDedupBuckets,
        MinhashDedupCluster,
        MinhashDedupFilter,
        MinhashDedupSignature,
    )
    from datatrove.pipeline.dedup.minhash import MinhashConfig

    config = MinhashConfig()
    signatures, buckets, removed = (str(out / name) for name in ("signatures", "buckets", "removed"))
    _run(_reader(files), MinhashDedupSignature(signatures, config=config))
    for bucket in range(config.num_buckets):
        step = MinhashDedupBuckets(signatures, buckets, config=config)
        _run(step, rank=bucket, tasks=config.num_buckets)
    _run(MinhashDedupCluster(buckets, removed, config=config))
    _run(_reader(files), MinhashDedupFilter(removed), _writer(out / "kept"))
    return {key for file in (out / "kept").glob("*.parquet") for key in pq.read_table(file)["id"].to_pylist()}


def datatrove_decontamination(files: Path, out: Path, problems: Texts) -> set[str]:
    """Drop documents with an n-gram of a problem and return the ids that are kept.

    The indexer needs lighteval; its hashes are made here by its own code, which does not count as time of the filter.
    """
    from datatrove.pipeline.decont.n_grams import NGramsDecontConfig, NGramsDecontFilter
    from datatrove.utils.text import ngrams, simplify_text

    config = NGramsDecontConfig(n_grams=NGRAM_WORDS)
    step = NGramsDecontFilter(str(out / "index"), config=config)
    words = (step.tokenizer.word_tokenize(simplify_text(text, config.norm_config)) for text in problems)
    hashes = {step.hash_func(" ".join(ngram)) for row in words for ngram in ngrams(row, NGRAM_WORDS)}
    (out / "index").mkdir(parents=True)
    np.array(list(hashes), config.hash_config.np_descr).tofile(out / "index" / "items.index.hashes")
    _run(_reader(files), step, _writer(out / "kept"))
    return {key for file in (out / "kept").glob("*.parquet") for key in pq.read_table(file)["id"].to_pylist()}


def datatrove_tokens(files: Path, out: Path, tokenizer: Path, end: str) -> bytes:
    """Tokenise the documents of a folder and return the tokens; `end` follows each document."""
    from datatrove.pipeline.tokens import DocumentTokenizer

    step = DocumentTokenizer(
        str(out), str(tokenizer), eos_token=end, shuffle_documents=False, save_final_metadata=False
    )
    _run(_reader(files), step)
    return b"".join(file.read_bytes() for file in sorted(out.glob("*.ds")))


# --- rensa and tiktoken ----------------------------------------------------------------------------------------------


def rensa_flags(texts: pa.ChunkedArray, *, slots: int, bands: int) -> list[bool]:
    """Return which texts share a band with another; rensa's MinHash over our hashes of word 5-grams, no check."""
    from rensa import RMinHash, RMinHashLSH

    from llemma.ngrams import ngram_hashes, words_of

    index = RMinHashLSH(threshold=0.7, num_perm=slots, num_bands=bands)
    flags: list[bool] = []
    for chunk in texts.chunks:
        hashes, bounds = ngram_hashes(words_of(chunk), 5)
        matrix = RMinHash.digest_matrix_from_flat_token_hashes(hashes, bounds.astype(np.uint64), slots, 0)
        flags += index.insert_matrix_and_query_duplicate_flags(matrix, start_key=len(flags))
    return flags


def tiktoken_encoding(tokenizer: Any, separator: str) -> Any:
    """Return the byte-level BPE of a tokenizer, digits alone, for tiktoken."""
    import tiktoken
    from tokenizers.pre_tokenizers import ByteLevel  # noqa: F401 - what the pattern below imitates
    from transformers.convert_slow_tokenizer import bytes_to_unicode

    byte_of = {char: byte for byte, char in bytes_to_unicode().items()}
    ranks = {
        bytes(byte_of[char] for char in token): number
        for token, number in tokenizer.get_vocab().items()
        if token != separator
    }
    pattern = (
        r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+|\s+(?=\p{N})|\s+(?!\S)|\s+"  # of GPT-2, digits alone
    )
    return tiktoken.Encoding("own", pat_str=pattern, mergeable_ranks=ranks, special_tokens={})
