"""Token shards: documents as memory-mapped token files with a manifest, written once and verified when opened."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from llemma.errors import DataError
from llemma.runs import MANIFEST
from llemma.storage import new_directory, read_json, sha256_of, write_json

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

Tokens = npt.NDArray[np.uint16] | npt.NDArray[np.uint32]

SHARD_TOKENS = 100_000_000


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

    @property
    def tokens(self) -> int:
        """The number of tokens in all files."""
        return sum(len(file) for file in self.files)


def write_shards(
    texts: Iterable[str], tokenizer: "PreTrainedTokenizerBase", out: Path, *, shard_tokens: int = SHARD_TOKENS
) -> None:
    """Tokenise documents into a new folder of shards of about `shard_tokens` tokens each, at document boundaries.

    Raises DataError when there is no document.
    """
    from llemma.models.tokenizer import document_start, encode_documents, fingerprint

    vocabulary_size = len(tokenizer)
    dtype = np.uint16 if vocabulary_size <= 2**16 else np.uint32
    with new_directory(out) as folder:
        files: list[dict[str, object]] = []
        pending: list[list[int]] = []
        documents = waiting = 0
        for tokens in encode_documents(tokenizer, texts):
            if waiting and waiting + len(tokens) > shard_tokens:
                files.append(_write_file(folder, len(files), pending, dtype))
                pending, waiting = [], 0
            pending.append(tokens)
            waiting += len(tokens)
            documents += 1
        if not documents:
            raise DataError(f"no documents to write to {out}")
        files.append(_write_file(folder, len(files), pending, dtype))
        write_json(
            folder / MANIFEST,
            {
                "kind": "shards",
                "documents": documents,
                "document_start": document_start(tokenizer),
                "dtype": np.dtype(dtype).name,
                "vocabulary_size": vocabulary_size,
                "tokenizer_fingerprint": fingerprint(tokenizer),
                "files": files,
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
    )


def _write_file(folder: Path, number: int, pending: list[list[int]], dtype: type[np.generic]) -> dict[str, object]:
    path = folder / f"tokens-{number:05d}.bin"
    tokens = np.concatenate([np.asarray(document, dtype=dtype) for document in pending])
    tokens.tofile(path)
    return {"name": path.name, "tokens": len(tokens), "sha256": sha256_of(path)}


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
