import subprocess
import sys
from pathlib import Path

import pytest
from tokenizers import Tokenizer, models
from transformers import LlamaTokenizer, PreTrainedTokenizerFast

from llemma.errors import DataError
from llemma.models.tokenizer import (
    document_end,
    document_start,
    fingerprint,
    load_tokenizer,
    looks_local,
    train_tokenizer,
)
from tests.conftest import make_texts


def test_every_digit_is_a_token_of_its_own() -> None:
    tokenizer = train_tokenizer(["12 12 12 1234 1234 12"] * 50, vocabulary_size=300)
    assert tokenizer.convert_ids_to_tokens(tokenizer("1234", add_special_tokens=False)["input_ids"]) == list("1234")


def test_the_fingerprint_tells_vocabularies_apart(tiny_data: Path) -> None:
    same = train_tokenizer(make_texts(400), vocabulary_size=300)
    other = train_tokenizer(make_texts(400), vocabulary_size=280)
    assert fingerprint(load_tokenizer(tiny_data / "tokenizer")) == fingerprint(same) != fingerprint(other)


def test_a_special_token_outside_the_vocabulary_is_refused_instead_of_becoming_the_unknown_token() -> None:
    vocabulary = {"<unk>": 0, "<s>": 1, "</s>": 2, "a": 3}
    tokenizer = LlamaTokenizer(vocab=vocabulary, merges=[])
    assert (document_start(tokenizer), document_end(tokenizer)) == (1, 2)
    backend = Tokenizer(models.BPE(vocabulary, [], unk_token="<unk>"))
    trap = PreTrainedTokenizerFast(tokenizer_object=backend, unk_token="<unk>")
    trap._special_tokens_map["eos_token"] = "<|endoftext|>"
    assert trap.eos_token_id == 0
    with pytest.raises(DataError, match=r"eos_token '<\|endoftext\|>' is not in its vocabulary"):
        document_end(trap)


def test_a_missing_tokenizer_is_named_without_asking_the_network(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no tokenizer there"):
        load_tokenizer(tmp_path / "none")


@pytest.mark.parametrize(
    ("name", "local"),
    [("EleutherAI/llemma_7b", False), ("./x", True), ("/a/b", True), ("runs/demo/base", True), ("gpt2", True)],
)
def test_a_hub_name_has_one_slash_and_no_dot_in_front(name: str, local: bool) -> None:
    assert looks_local(name) is local


def test_loading_our_tokenizer_takes_no_torch(tiny_data: Path) -> None:
    code = (
        "import sys; from llemma.models.tokenizer import load_tokenizer; "
        f"load_tokenizer({str(tiny_data / 'tokenizer')!r}); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
