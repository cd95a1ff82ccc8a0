import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from transformers import LlamaTokenizer

from llemma.data.shards import (
    TokenFile,
    index_path,
    open_shards,
    write_shards,
    write_shards_manifest,
    write_token_files,
)
from llemma.errors import DataError
from llemma.models import encoding
from llemma.models.encoding import fastest_encoder, reference_encoder
from llemma.models.tokenizer import fingerprint, load_tokenizer
from llemma.storage import read_json, read_jsonl
from tests.conftest import make_texts, numbered


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


def _copy(source: Path, target: Path) -> Path:
    return Path(shutil.copytree(source, target))


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


DOCUMENTS = [(f"repo/file_{number}.lean", text) for number, text in enumerate(make_texts(50))]


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}


def test_the_index_traces_every_token_to_the_id_of_its_document(tiny_data: Path, tmp_path: Path) -> None:
    tokenizer = load_tokenizer(tiny_data / "tokenizer")
    files = write_token_files(DOCUMENTS, fastest_encoder(tokenizer), tmp_path / "part", shard_tokens=1000)
    found = {}
    for file in files:
        tokens = np.fromfile(tmp_path / file.name, dtype=np.uint16)
        rows = list(read_jsonl(index_path(tmp_path / file.name)))
        for row, end in zip(rows, [*(row["start"] for row in rows[1:]), len(tokens)], strict=True):
            found[row["id"]] = tokenizer.decode(tokens[row["start"] + 1 : end])
    assert len(files) > 1
    assert found == dict(DOCUMENTS)


def test_facts_of_a_file_count_its_documents_tokens_and_bytes(tiny_data: Path, tmp_path: Path) -> None:
    encoder = fastest_encoder(load_tokenizer(tiny_data / "tokenizer"))
    [file] = write_token_files([("a", "ℕ"), ("b", "")], encoder, tmp_path / "part")
    content = (tmp_path / "part-00000.bin").read_bytes()
    assert file == TokenFile("part-00000.bin", 2, 5, 3, hashlib.sha256(content).hexdigest())  # 2 starts, 3 bytes
    assert len(content) == 5 * 2


def test_the_bytes_do_not_depend_on_batches_or_on_the_back_end(
    tiny_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokenizer = load_tokenizer(tiny_data / "tokenizer")
    write_token_files(DOCUMENTS, fastest_encoder(tokenizer), tmp_path / "fast" / "part", shard_tokens=1000)
    monkeypatch.setattr(encoding, "BATCH_TEXTS", 3)
    write_token_files(DOCUMENTS, reference_encoder(tokenizer), tmp_path / "slow" / "part", shard_tokens=1000)
    assert _files(tmp_path / "fast") == _files(tmp_path / "slow")


def test_no_documents_make_no_file(tiny_data: Path, tmp_path: Path) -> None:
    tokenizer = load_tokenizer(tiny_data / "tokenizer")
    assert write_token_files([], fastest_encoder(tokenizer), tmp_path / "part") == []
    with pytest.raises(DataError, match="no documents were written"):
        write_shards_manifest(tmp_path, tokenizer, [])
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_fails_in_the_middle_is_not_there(tiny_data: Path, tmp_path: Path) -> None:
    def failing() -> Iterator[tuple[str, str]]:
        yield from DOCUMENTS
        raise OSError("disk gone")

    encoder = fastest_encoder(load_tokenizer(tiny_data / "tokenizer"))
    with pytest.raises(OSError, match="disk gone"):
        write_token_files(failing(), encoder, tmp_path / "part")
    assert list(tmp_path.iterdir()) == []


def test_the_manifest_says_what_begins_and_ends_a_document(tmp_path: Path) -> None:
    tokenizer = LlamaTokenizer(vocab={"<unk>": 0, "<s>": 1, "</s>": 2, "▁": 3, "a": 4}, merges=[])
    write_shards(numbered(["a a", "a"]), tokenizer, tmp_path / "shards")
    manifest = read_json(tmp_path / "shards" / "manifest.json")
    assert (manifest["document_start"], manifest["document_start_token"]) == (1, "<s>")
    assert (manifest["document_end"], manifest["document_end_token"]) == (2, "</s>")
    [tokens] = open_shards(tmp_path / "shards").files
    assert tokens.tolist() == [1, 3, 4, 3, 4, 2, 1, 3, 4, 2]


def test_a_copy_of_the_tokenizer_lies_beside_the_shards(tiny_data: Path) -> None:
    shards = open_shards(tiny_data / "shards")
    assert fingerprint(load_tokenizer(tiny_data / "shards" / "tokenizer")) == shards.tokenizer_fingerprint


def test_training_does_not_read_the_index(tiny_data: Path, tmp_path: Path) -> None:
    folder = _copy(tiny_data / "shards", tmp_path / "copy")
    for path in folder.glob("*.documents.*"):
        path.unlink()
    assert open_shards(folder).documents == 400
