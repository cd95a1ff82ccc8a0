"""What is in a folder of token shards or in a file of documents: a summary, and each document with its text."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from llemma.data.shards import TOKENIZER, Shards, index_path, open_shards
from llemma.errors import DataError, MissingPackageError
from llemma.storage import read_jsonl

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

Text = Callable[[int | None], str]
"""Gives the first characters of a document, or all of them."""


@dataclass(frozen=True, slots=True)
class Document:
    """A document in the order of its file; `place` says where it begins and ends."""

    number: int
    id: str
    place: str
    length: int
    text: Text


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found: facts by name, the documents in order, and what their length is counted in."""

    facts: Mapping[str, str]
    unit: str
    documents: Callable[[], Iterator[Document]]
    lengths: npt.NDArray[np.int64]


def inspect_shards(path: Path, *, tokenizer: str | Path | None = None) -> Inspection:
    """Return what is in a folder of token shards, or in one file of it; `tokenizer` if there is no copy in the folder.

    Raises DataError when they are damaged, or when the tokenizer is another than that which made them.
    """
    from llemma.models.tokenizer import fingerprint, load_tokenizer

    folder, only = (path, None) if path.is_dir() else (path.parent, path.name)
    shards = open_shards(folder, verify=False)
    if only is not None and only not in shards.names:
        raise DataError(f"{path} is not a file of the shards in {folder}: {', '.join(shards.names)}")
    loaded = load_tokenizer(tokenizer or folder / TOKENIZER)
    if fingerprint(loaded) != shards.tokenizer_fingerprint:
        raise DataError(f"{tokenizer or folder / TOKENIZER} is not the tokenizer that made {folder}")
    chosen = [(name, file) for name, file in zip(shards.names, shards.files, strict=True) if only in (None, name)]
    bounds = {name: _bounds(file, shards.document_start) for name, file in chosen}
    lengths = np.concatenate([np.diff(bound) for bound in bounds.values()])
    facts = {
        "files": f"{len(chosen):,}",
        "documents": f"{len(lengths):,}",
        "tokens": f"{lengths.sum():,} ({chosen[0][1].dtype}, vocabulary of {shards.vocabulary_size:,})",
        "tokenizer": f"{type(loaded).__name__} {shards.tokenizer_fingerprint}",
        "documents begin with": f"{loaded.convert_ids_to_tokens(shards.document_start)} ({shards.document_start})",
    }
    return Inspection(facts, "tokens", partial(_in_shards, shards, bounds, loaded), lengths)


def inspect_documents(path: Path) -> Inspection:
    """Return what is in a file of documents: `.parquet`, `.jsonl` or `.jsonl.zst` with a field `text`."""
    read = _in_parquet if path.suffix == ".parquet" else _in_jsonl
    lengths = np.array([document.length for document in read(path)], dtype=np.int64)
    facts = {"documents": f"{len(lengths):,}", "characters": f"{lengths.sum():,}"}
    return Inspection(facts, "characters", partial(read, path), lengths)


def find_document(documents: Iterator[Document], wanted: str) -> Document:
    """Return the document with an id, or else with a number. Raises DataError when there is none."""
    numbered: Document | None = None
    for document in documents:
        if document.id == wanted:
            return document
        if str(document.number) == wanted:
            numbered = document
    if numbered is None:
        raise DataError(f"no document has the id or the number {wanted!r}")
    return numbered


def histogram(lengths: npt.NDArray[np.int64], *, width: int = 40) -> list[str]:
    """Return one line per power of two between the shortest and the longest, with a bar for how many there are."""
    if not len(lengths):
        return []
    powers = np.frexp(lengths.astype(np.float64))[1]  # a length of n bits
    counts = np.bincount(powers)
    lines = []
    for power in range(int(powers.min()), len(counts)):
        low, high = (2 ** (power - 1), 2**power - 1) if power else (0, 0)
        bar = "#" * int(np.ceil(width * counts[power] / counts.max()))
        lines.append(f"{low:>13,} to {high:<13,} {counts[power]:>11,} {bar}")
    return lines


def _bounds(tokens: npt.NDArray[np.unsignedinteger], document_start: int) -> npt.NDArray[np.int64]:
    """Return where each document begins, and the end of the last one."""
    return np.append(np.flatnonzero(tokens == document_start), len(tokens))


def _in_shards(
    shards: Shards, bounds: Mapping[str, npt.NDArray[np.int64]], tokenizer: "PreTrainedTokenizerBase"
) -> Iterator[Document]:
    number = 0
    for name, file in zip(shards.names, shards.files, strict=True):
        if name not in bounds:
            continue
        starts, ids = bounds[name].tolist(), _ids(shards.path / name)
        for start, end in pairwise(starts):
            place = f"{name}, tokens {start:,} to {end:,}"
            text = partial(_decoded, tokenizer, file[start:end])
            yield Document(number, next(ids, str(number)), place, end - start, text)
            number += 1


def _ids(path: Path) -> Iterator[str]:
    index = index_path(path)
    return (str(row["id"]) for row in read_jsonl(index)) if index.exists() else iter(())


def _decoded(
    tokenizer: "PreTrainedTokenizerBase", tokens: npt.NDArray[np.unsignedinteger], characters: int | None
) -> str:
    """Return the text of a document without its start and its end; a character is at most four tokens."""
    body = tokens[1:-1] if tokens[-1] == tokenizer.eos_token_id and len(tokens) > 1 else tokens[1:]
    some = body if characters is None else body[: 4 * characters + 4]
    text: str = tokenizer.decode(some.tolist(), clean_up_tokenization_spaces=False)  # type: ignore[assignment]
    return text if characters is None else text[:characters]


def _in_jsonl(path: Path) -> Iterator[Document]:
    for number, row in enumerate(read_jsonl(path)):
        if not isinstance(row.get("text"), str):
            raise DataError(f"{path}, row {number + 1}: no string field 'text'. It has: {', '.join(row)}")
        yield _document(number, row.get("id"), row["text"])


def _in_parquet(path: Path) -> Iterator[Document]:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise MissingPackageError("pyarrow", needed_by="Parquet files", extra="data") from error
    number = 0
    try:
        with pq.ParquetFile(path) as file:
            columns = [name for name in ("id", "text") if name in file.schema_arrow.names]
            if "text" not in columns:
                raise DataError(f"{path}: no column 'text'. It has: {', '.join(file.schema_arrow.names)}")
            for batch in file.iter_batches(batch_size=256, columns=columns):
                for row in batch.to_pylist():
                    yield _document(number, row.get("id"), row["text"] or "")
                    number += 1
    except pa.ArrowInvalid as error:
        raise DataError(f"{path}: not a readable Parquet file ({error})") from error


def _document(number: int, name: object, text: str) -> Document:
    return Document(
        number, str(number if name is None else name), f"row {number:,}", len(text), lambda most: text[:most]
    )
