"""Token shards: documents as memory-mapped token files with a manifest, written once and verified when opened."""

import hashlib
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from llemma.errors import DataError
from llemma.runs import MANIFEST
from llemma.storage import atomic_file, new_directory, read_json, read_jsonl, sha256_of, write_json, write_jsonl

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from llemma.models.encoding import Encoder

Tokens = npt.NDArray[np.uint16] | npt.NDArray[np.uint32]

SHARD_TOKENS = 100_000_000

TOKENIZER = "tokenizer"
"""The folder in a folder of shards with a copy of the tokenizer that made them."""


class _Encoded(NamedTuple):
    id: str
    text_bytes: int
    tokens: "npt.NDArray[np.uint32]"


@dataclass(frozen=True, slots=True)
class Shards:
    """An opened folder of token shards. Documents follow each other; each begins with `document_start`."""

    path: Path
    files: tuple[Tokens, ...]
    documents: int
    document_start: int
    vocabulary_size: int
    tokenizer_fingerprint: str
    sha256: str
    names: tuple[str, ...] = ()

    @property
    def tokens(self) -> int:
        """The number of tokens in all files."""
        return sum(len(file) for file in self.files)


@dataclass(frozen=True, slots=True)
class TokenFile:
    """What the manifest says of one file of tokens. Beside it lies an index with the id and start of each document."""

    name: str
    documents: int
    tokens: int
    text_bytes: int
    sha256: str


def write_shards(
    documents: Iterable[tuple[str, str]],
    tokenizer: "PreTrainedTokenizerBase",
    out: Path,
    *,
    shard_tokens: int = SHARD_TOKENS,
) -> None:
    """Tokenise documents (id, text) into a new folder of shards of about `shard_tokens` tokens each.

    No document is divided among files. Raises DataError when there is no document.
    """
    from llemma.models.encoding import fastest_encoder

    with new_directory(out) as folder:
        files = write_token_files(documents, fastest_encoder(tokenizer), folder / "tokens", shard_tokens=shard_tokens)
        if not files:
            raise DataError(f"no documents to write to {out}")
        write_shards_manifest(folder, tokenizer, files)


def write_token_files(
    documents: Iterable[tuple[str, str]], encoder: "Encoder", prefix: Path, *, shard_tokens: int = SHARD_TOKENS
) -> list[TokenFile]:
    """Write documents (id, text) to PREFIX-00000.bin, PREFIX-00001.bin ... of about `shard_tokens` tokens each.

    Each file is seen whole or not at all, its index first; no documents, no files. The bytes depend on the documents
    and the tokenizer only.
    """
    stream = _encoded(documents, encoder)
    files: list[TokenFile] = []
    waiting = next(stream, None)
    while waiting is not None:
        path = prefix.with_name(f"{prefix.name}-{len(files):05d}.bin")
        facts, waiting = _write_file(path, waiting, stream, dtype=_dtype(encoder.vocabulary_size), most=shard_tokens)
        files.append(facts)
    return files


def write_shards_manifest(folder: Path, tokenizer: "PreTrainedTokenizerBase", files: Sequence[TokenFile]) -> None:
    """Make token files in a folder the shards that `llemma train` reads: a copy of the tokenizer, then the manifest.

    Raises DataError when there are no files.
    """
    from llemma.models.tokenizer import document_end, document_start, fingerprint

    if not files:
        raise DataError(f"no documents were written to {folder}: there is nothing to train on")
    tokenizer.save_pretrained(folder / TOKENIZER)
    start, end = document_start(tokenizer), document_end(tokenizer)
    end = None if end == start else end  # the start of the next document says it
    write_json(
        folder / MANIFEST,
        {
            "kind": "shards",
            "documents": sum(file.documents for file in files),
            "tokens": sum(file.tokens for file in files),
            "text_bytes": sum(file.text_bytes for file in files),
            "document_start": start,
            "document_start_token": tokenizer.convert_ids_to_tokens(start),
            "document_end": end,
            "document_end_token": None if end is None else tokenizer.convert_ids_to_tokens(end),
            "dtype": _dtype(len(tokenizer)).__name__,
            "vocabulary_size": len(tokenizer),
            "tokenizer": TOKENIZER,
            "tokenizer_fingerprint": fingerprint(tokenizer),
            "files": [asdict(file) for file in files],
        },
    )


def open_shards(path: Path, *, verify: bool = True) -> Shards:
    """Return the shards in a folder, memory-mapped. Sizes are always checked, contents by SHA-256 when `verify`.

    Raises DataError naming the file that is missing, cut or changed.
    """
    if not (path / MANIFEST).exists():
        raise DataError(f"{path}: no token shards there (no {MANIFEST}). Make them: llemma data shards")
    manifest = read_json(path / MANIFEST)
    if manifest.get("kind") != "shards":
        raise DataError(f"{path}: holds a {manifest.get('kind', 'different')} run, not token shards")
    dtype = np.dtype(manifest["dtype"])
    files = tuple(_open_file(path / file["name"], file, dtype, verify) for file in manifest["files"])
    return Shards(
        path,
        files,
        manifest["documents"],
        manifest["document_start"],
        manifest["vocabulary_size"],
        manifest["tokenizer_fingerprint"],
        sha256_of(path / MANIFEST),
        tuple(file["name"] for file in manifest["files"]),
    )


def index_path(path: Path) -> Path:
    """Return where the ids and starts of the documents in a token file are; training does without it."""
    return path.with_suffix(".documents.jsonl.zst")


def document_lengths(path: Path, facts: TokenFile) -> list[int]:
    """Return the number of tokens of each document in a token file."""
    starts = [row["start"] for row in read_jsonl(index_path(path))]
    return [end - start for start, end in pairwise([*starts, facts.tokens])]


def _dtype(vocabulary_size: int) -> type[np.uint16] | type[np.uint32]:
    return np.uint16 if vocabulary_size <= 2**16 else np.uint32


def _encoded(documents: Iterable[tuple[str, str]], encoder: "Encoder") -> Iterator[_Encoded]:
    underway: deque[tuple[str, int]] = deque()

    def texts() -> Iterator[str]:
        for name, text in documents:
            underway.append((name, len(text.encode())))
            yield text

    for tokens in encoder.documents(texts()):
        yield _Encoded(*underway.popleft(), tokens)


def _write_file(
    path: Path, first: _Encoded, others: Iterator[_Encoded], *, dtype: type[np.generic], most: int
) -> tuple[TokenFile, _Encoded | None]:
    """Write documents until the next one would pass `most` tokens; return what was written and that next one."""
    rows: list[dict[str, object]] = []
    size = text_bytes = 0
    digest = hashlib.sha256()
    document: _Encoded | None = first
    with atomic_file(path) as file:
        while document is not None and not (size and size + len(document.tokens) > most):
            content = document.tokens.astype(dtype).tobytes()
            file.write(content)
            digest.update(content)
            rows.append({"id": document.id, "start": size})
            size += len(document.tokens)
            text_bytes += document.text_bytes
            document = next(others, None)
        write_jsonl(index_path(path), rows)
    return TokenFile(path.name, len(rows), size, text_bytes, digest.hexdigest()), document


def _open_file(path: Path, facts: dict[str, object], dtype: np.dtype[np.generic], verify: bool) -> Tokens:
    cure = "The shard is corrupt: make it again"
    if not path.exists():
        raise DataError(f"{path} is missing. {cure}")
    wanted = int(str(facts["tokens"])) * dtype.itemsize
    if path.stat().st_size != wanted:
        raise DataError(f"{path}: {path.stat().st_size:,} bytes, expected {wanted:,}. {cure}")
    if verify and sha256_of(path) != facts["sha256"]:
        raise DataError(f"{path}: its SHA-256 is not the one in the manifest. {cure}")
    return np.memmap(path, dtype=dtype, mode="r")
