from pathlib import Path

import numpy as np
import pytest

from llemma.data.shards import open_shards, write_shards
from llemma.errors import DataError
from llemma.models.tokenizer import encode_documents, load_tokenizer
from tests.conftest import make_texts


def test_shards_hold_the_documents_in_order_each_behind_the_separator(tiny_data: Path) -> None:
    shards = open_shards(tiny_data / "shards")
    tokenizer = load_tokenizer(tiny_data / "tokenizer")
    assert len(shards.files) > 1
    stream = np.concatenate(shards.files)
    assert stream.dtype == np.uint16
    starts = np.flatnonzero(stream == shards.document_start)
    assert shards.documents == len(starts) == 400
    texts = [tokenizer.decode(part[1:]) for part in np.split(stream, starts[1:])]
    assert texts == make_texts(400)


def test_no_file_begins_inside_a_document(tiny_data: Path) -> None:
    shards = open_shards(tiny_data / "shards")
    assert all(file[0] == shards.document_start for file in shards.files)


def test_text_that_spells_the_separator_is_ordinary_text(tiny_data: Path) -> None:
    tokenizer = load_tokenizer(tiny_data / "tokenizer")
    [tokens] = encode_documents(tokenizer, ["a <|endoftext|> b"])
    assert tokens.count(tokens[0]) == 1
    assert tokenizer.decode(tokens[1:]) == "a <|endoftext|> b"


def _copy(source: Path, target: Path) -> Path:
    target.mkdir()
    for file in source.iterdir():
        (target / file.name).write_bytes(file.read_bytes())
    return target


def test_a_cut_a_changed_and_a_missing_file_are_named(tiny_data: Path, tmp_path: Path) -> None:
    folder = _copy(tiny_data / "shards", tmp_path / "copy")
    file = folder / "tokens-00001.bin"
    content = file.read_bytes()
    file.write_bytes(content[:-2])
    with pytest.raises(DataError, match=r"tokens-00001\.bin: .* bytes, expected .*corrupt"):
        open_shards(folder)
    file.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    with pytest.raises(DataError, match=r"tokens-00001\.bin: its SHA-256 is not the one in the manifest"):
        open_shards(folder)
    assert open_shards(folder, verify=False).documents == 400
    file.unlink()
    with pytest.raises(DataError, match=r"tokens-00001\.bin is missing"):
        open_shards(folder)


def test_no_documents_and_no_shards_are_named(tiny_data: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no documents to write"):
        write_shards([], load_tokenizer(tiny_data / "tokenizer"), tmp_path / "empty")
    assert not (tmp_path / "empty").exists()
    with pytest.raises(DataError, match="no token shards there"):
        open_shards(tmp_path / "empty")
