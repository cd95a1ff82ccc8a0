import unicodedata
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from transformers import LlamaTokenizer

from llemma.cli.data_inspect import inspect, visible
from llemma.data.inspection import histogram, inspect_shards
from llemma.data.shards import write_shards, write_shards_manifest, write_token_files
from llemma.errors import DataError
from llemma.models.encoding import fastest_encoder
from llemma.models.tokenizer import train_tokenizer
from llemma.storage import write_jsonl
from tests.conftest import make_texts, numbered

HOSTILE = (
    "red \x1b[31m, title \x1b]0;owned\x07, \x9b2J, back\x08space, bidi \u202e\u2066, \ud7ff \x00 \x7f \r\n\tnext line"
)
TEXTS = [
    ("a.lean", "THEOREM A : 1 = 1"),
    ("π/b", "漢字 ½ 👨‍👩‍👧 e\u0301\n\n"),
    ("\x1b[2Jc\n", HOSTILE),
    ("empty", ""),
    ("3", "the third"),
]


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Token shards of TEXTS, with their ids, in two files."""
    folder = tmp_path_factory.mktemp("shards")
    tokenizer = train_tokenizer(make_texts(100), vocabulary_size=300)
    encoder = fastest_encoder(tokenizer)
    write_shards_manifest(folder, tokenizer, write_token_files(TEXTS, encoder, folder / "web", shard_tokens=60))
    return folder


def _run(*arguments: object) -> str:
    result = CliRunner().invoke(inspect, [str(argument) for argument in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def _blocks(output: str) -> Sequence[str]:
    return output.split("\n--- ")[1:]


def test_the_summary_counts_files_documents_and_tokens(tiny_data: Path) -> None:
    output = _run(tiny_data / "shards", "--limit", 0)
    assert "documents: 400\n" in output
    assert "(uint16, vocabulary of " in output
    assert "documents begin with: <|endoftext|> (0)" in output
    assert _blocks(output) == []


def test_each_document_has_its_number_id_boundaries_and_text(shards: Path) -> None:
    first, second, *_ = _blocks(_run(shards))
    length = len(TEXTS[0][1]) + 1  # no merge applies: a token a byte, and the start
    place = f"web-00000.bin, tokens 0 to {length}"
    assert first == f"0: a.lean ({length} tokens; {place})\nTHEOREM A : 1 = 1\n"
    assert second.startswith("1: π/b (")


def test_decoded_texts_are_the_documents_to_the_character(shards: Path) -> None:
    found = [(document.id, document.text(None)) for document in inspect_shards(shards).documents()]
    assert found == TEXTS


@pytest.mark.parametrize("most", [1, 2, 3, 10])
def test_the_first_characters_are_whole_characters(shards: Path, most: int) -> None:
    assert [document.text(most) for document in inspect_shards(shards).documents()] == [
        text[:most] for _, text in TEXTS
    ]


def test_hostile_text_and_ids_send_no_control_character_to_the_terminal(shards: Path) -> None:
    output = _run(shards, "--full")
    assert {character for character in output if not character.isprintable()} <= {"\n", "\t"}
    assert "␛[31m" in output
    assert "\n--- 2: ␛[2Jc␊ (" in output


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb\tc", "a\nb\tc"),
        ("\x1b[0m\r\x00\x7f", "␛[0m␍␀␡"),
        ("\x9b\x85", "<U+009B><U+0085>"),
        ("\u202e\u200d\ufeff\u2028", "<U+202E><U+200D><U+FEFF><U+2028>"),
        ("\U000e0041\U0010ffff", "<U+E0041><U+10FFFF>"),
        ("é漢∀𝔭👍", "é漢∀𝔭👍"),
    ],
)
def test_what_has_no_shape_is_shown(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_every_control_format_and_private_character_is_shown() -> None:
    without_shape = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
    points = [chr(point) for point in range(0x110000) if unicodedata.category(chr(point)) in without_shape]
    assert [hex(ord(point)) for point in points if point not in "\n\t" and visible(point) == point] == []


def test_a_document_is_found_by_its_id_before_its_number(shards: Path) -> None:
    [block] = _blocks(_run(shards, "--document", "3"))
    assert block.startswith("4: 3 (")
    [block] = _blocks(_run(shards, "--document", "1"))
    assert block.startswith("1: π/b (")


def test_an_unknown_document_is_an_error(shards: Path) -> None:
    with pytest.raises(DataError, match="no document has the id or the number 'x'"):
        _run(shards, "--document", "x")


def test_one_file_of_the_shards_can_be_shown(shards: Path) -> None:
    all_blocks = _blocks(_run(shards, "--limit", 100))
    second = _blocks(_run(shards / "web-00001.bin", "--limit", 100))
    assert 0 < len(second) < len(all_blocks)
    assert all("web-00001.bin" in block for block in second)


def test_long_texts_are_cut_and_said_to_be(shards: Path) -> None:
    [block] = _blocks(_run(shards, "--document", "a.lean", "--characters", 7))
    assert block.endswith("\nTHEOREM [...]\n")
    [block] = _blocks(_run(shards, "--document", "a.lean", "--characters", 17))
    assert block.endswith("\nTHEOREM A : 1 = 1\n")


def test_shards_without_an_index_are_numbered(shards: Path, tmp_path: Path) -> None:
    for path in shards.iterdir():
        if path.is_file() and ".documents." not in path.name:
            (tmp_path / path.name).write_bytes(path.read_bytes())
    blocks = _blocks(_run(tmp_path, "--tokenizer", shards / "tokenizer"))
    assert [block.partition(" (")[0] for block in blocks] == [f"{number}: {number}" for number in range(5)]


def test_the_tokenizer_of_other_shards_is_refused(shards: Path, tiny_data: Path) -> None:
    with pytest.raises(DataError, match="is not the tokenizer that made"):
        _run(tiny_data / "shards", "--tokenizer", shards / "tokenizer")


def test_a_document_that_ends_with_a_token_of_its_own_is_shown_without_it(tmp_path: Path) -> None:
    tokenizer = LlamaTokenizer(vocab={"<unk>": 0, "<s>": 1, "</s>": 2, "▁": 3, "a": 4, "b": 5}, merges=[])
    write_shards(numbered(["a b", "b"]), tokenizer, tmp_path / "shards")
    assert [document.text(None) for document in inspect_shards(tmp_path / "shards").documents()] == ["a b", "b"]


def test_files_of_documents_are_shown_too(tmp_path: Path) -> None:
    rows = [{"id": name, "text": text} for name, text in TEXTS]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    write_jsonl(tmp_path / "a.jsonl.zst", rows)
    parquet, jsonl = _run(tmp_path / "a.parquet"), _run(tmp_path / "a.jsonl.zst")
    assert parquet.partition("\n")[2] == jsonl.partition("\n")[2]
    assert f"characters: {sum(len(text) for _, text in TEXTS)}\n" in parquet
    assert _blocks(parquet)[1] == "1: π/b (15 characters; row 1)\n漢字 ½ 👨<U+200D>👩<U+200D>👧 e\u0301\n\n\n"


def test_files_that_are_not_documents_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1 not really")
    with pytest.raises(DataError, match=r"a\.parquet: not a readable Parquet file"):
        _run(tmp_path / "a.parquet")
    pq.write_table(pa.Table.from_pylist([{"body": "x"}]), tmp_path / "b.parquet")
    with pytest.raises(DataError, match="no column 'text'"):
        _run(tmp_path / "b.parquet")


def test_the_histogram_has_a_line_for_each_power_of_two_between_the_ends() -> None:
    lines = [line.split() for line in histogram(np.array([1, 4, 5, 7, 15]), width=6)]
    assert lines == [
        ["1", "to", "1", "1", "##"],
        ["2", "to", "3", "0"],
        ["4", "to", "7", "3", "######"],
        ["8", "to", "15", "1", "##"],
    ]
