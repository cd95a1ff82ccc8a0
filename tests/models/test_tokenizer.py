from pathlib import Path

import pytest
from transformers import LlamaTokenizer

from llemma.errors import DataError
from llemma.models.tokenizer import (
    SEPARATOR,
    document_start,
    encode_documents,
    fingerprint,
    load_tokenizer,
    looks_local,
    train_tokenizer,
)
from tests.conftest import make_texts


def test_every_digit_is_a_token_of_its_own() -> None:
    tokenizer = train_tokenizer(["12 12 12 1234 1234 12"] * 50, vocabulary_size=300)
    assert tokenizer.convert_ids_to_tokens(tokenizer("1234", add_special_tokens=False)["input_ids"]) == list("1234")


@pytest.mark.parametrize("text", ["", " leading", "ℕ ⊂ ℤ", "a\n\nb\t c  ", "\x00 \U0001f600"])
def test_any_text_comes_back_unchanged(tiny_data: Path, text: str) -> None:
    tokenizer = load_tokenizer(tiny_data / "tokenizer")
    [tokens] = encode_documents(tokenizer, [text])
    assert tokens[0] == document_start(tokenizer)
    assert tokenizer.decode(tokens[1:]) == text


def test_a_prompt_begins_like_a_document(tiny_data: Path) -> None:
    tokenizer = load_tokenizer(tiny_data / "tokenizer")
    [document] = encode_documents(tokenizer, ["the cat"])
    assert tokenizer("the cat")["input_ids"] == document
    assert tokenizer.bos_token == tokenizer.eos_token == SEPARATOR


def test_a_tokenizer_with_two_special_tokens_ends_documents_with_the_second() -> None:
    vocabulary = {
        "<unk>": 0,
        "<s>": 1,
        "</s>": 2,
        "\N{LOWER ONE EIGHTH BLOCK}a": 3,
        "a": 4,
        "\N{LOWER ONE EIGHTH BLOCK}": 5,
    }
    tokenizer = LlamaTokenizer(vocab=vocabulary, merges=[("\N{LOWER ONE EIGHTH BLOCK}", "a")])
    [tokens] = encode_documents(tokenizer, ["a"])
    assert (tokens[0], tokens[-1]) == (tokenizer.bos_token_id, tokenizer.eos_token_id)


def test_the_fingerprint_tells_vocabularies_apart(tiny_data: Path) -> None:
    same = train_tokenizer(make_texts(400), vocabulary_size=300)
    other = train_tokenizer(make_texts(400), vocabulary_size=280)
    assert fingerprint(load_tokenizer(tiny_data / "tokenizer")) == fingerprint(same) != fingerprint(other)


def test_a_missing_tokenizer_is_named_without_asking_the_network(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no tokenizer there"):
        load_tokenizer(tmp_path / "none")


@pytest.mark.parametrize(
    ("name", "local"),
    [("EleutherAI/llemma_7b", False), ("./x", True), ("/a/b", True), ("runs/demo/base", True), ("gpt2", True)],
)
def test_a_hub_name_has_one_slash_and_no_dot_in_front(name: str, local: bool) -> None:
    assert looks_local(name) is local
