import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import LlamaTokenizer, PreTrainedTokenizerBase, PreTrainedTokenizerFast

from llemma.models import encoding, pieces
from llemma.models.encoding import Encoder, fastest_encoder, probe_texts, reference_encoder
from llemma.models.pieces import pieces_for
from llemma.models.tokenizer import SEPARATOR, document_start, load_tokenizer, train_tokenizer
from tests.conftest import make_texts

pytest.importorskip("fastokens", reason="the fast back end is not installed: pip install 'llemma[data]'")

GPT_4 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}%s| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
TEXTS = [
    *make_texts(60),
    *(f"f(x{i}) = {i * i}.{i}  +  \\frac{{{i}}}{{n_{i}}}\n\n    return it's <{i:04}>\r\n" for i in range(60)),
    *["<unk></s> <0x0123456789ABCDEF> k"] * 60,
    "漢字かな 漢字 한국어 Ελληνικά α β γ δ ∀ε>0 ∃δ>0: |x−a|<δ 👨‍👩‍👧 e\u0301 é Кириллица кириллица العربية",
]
KINDS = ("ours", "gpt_2", "llama_3", "qwen", "llama_2", "llama_2_metaspace")


def _byte_level(words: pre_tokenizers.PreTokenizer, normalizer: object = None) -> PreTrainedTokenizerFast:
    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer, backend.decoder = words, decoders.ByteLevel()
    if normalizer is not None:
        backend.normalizer = normalizer
    trainer = trainers.BpeTrainer(
        vocab_size=700, special_tokens=[SEPARATOR], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )  # fmt: skip
    backend.train_from_iterator(TEXTS, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=backend, bos_token=SEPARATOR, eos_token=SEPARATOR)


def _words(pattern: str) -> pre_tokenizers.PreTokenizer:
    split = pre_tokenizers.Split(Regex(pattern), "isolated")
    return pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def _sentencepiece() -> tuple[dict[str, int], list[tuple[str, str]]]:
    """Return a vocabulary with byte fall-back and its merges, as in Llama 2; only Latin letters are in it."""
    backend = Tokenizer(models.BPE(byte_fallback=True, fuse_unk=True, unk_token="<unk>"))
    backend.pre_tokenizer = pre_tokenizers.Metaspace()
    specials = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    trainer = trainers.BpeTrainer(vocab_size=700, special_tokens=specials, limit_alphabet=60, show_progress=False)
    backend.train_from_iterator((line for text in TEXTS for line in text.splitlines()), trainer)
    merges = json.loads(backend.to_str())["model"]["merges"]
    return backend.get_vocab(), [(left, right) for left, right in merges]


def _make(kind: str) -> PreTrainedTokenizerBase:
    match kind:
        case "ours":
            return train_tokenizer(TEXTS, vocabulary_size=700)
        case "gpt_2":
            return _byte_level(pre_tokenizers.ByteLevel(add_prefix_space=False))
        case "llama_3":
            return _byte_level(_words(GPT_4 % "{1,3}"))
        case "qwen":
            return _byte_level(_words(GPT_4 % ""), normalizers.NFC())
    vocabulary, merges = _sentencepiece()
    if kind == "llama_2_metaspace":
        return LlamaTokenizer(vocab=vocabulary, merges=merges)
    model = models.BPE(vocabulary, merges, byte_fallback=True, fuse_unk=True, unk_token="<unk>")
    backend = Tokenizer(model)
    backend.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    return PreTrainedTokenizerFast(tokenizer_object=backend, bos_token="<s>", eos_token="</s>", unk_token="<unk>")


@pytest.fixture(scope="module", params=KINDS)
def tokenizer(request: pytest.FixtureRequest) -> PreTrainedTokenizerBase:
    return _make(request.param)


@pytest.fixture(scope="module")
def fast(tokenizer: PreTrainedTokenizerBase) -> Encoder:
    return fastest_encoder(tokenizer)


def _plain(tokenizer: PreTrainedTokenizerBase, text: str) -> list[int]:
    """What transformers alone gives, framed by hand."""
    tokens = tokenizer(text, add_special_tokens=False, split_special_tokens=True)["input_ids"]
    end = [] if tokenizer.eos_token_id == tokenizer.bos_token_id else [tokenizer.eos_token_id]
    return [tokenizer.bos_token_id, *tokens, *end]


@pytest.fixture
def short_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "CUT_CHARACTERS", 3)


def test_every_known_kind_of_tokenizer_gets_the_fast_back_end(fast: Encoder) -> None:
    assert fast.back_end == "fastokens"


def test_it_gives_the_tokens_of_transformers_on_the_probes(tokenizer: PreTrainedTokenizerBase, fast: Encoder) -> None:
    texts = [*TEXTS, *probe_texts(tokenizer.all_special_tokens)]
    for text, tokens in zip(texts, fast.documents(texts), strict=True):
        assert tokens.tolist() == _plain(tokenizer, text), text


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.one_of(
            st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
            st.sampled_from(
                [" ", "  ", "\n", "a b", " the cat", "'s", "12", "٣", "<s>", SEPARATOR, "▁", "e\u0301", "漢"]
            ),
        ),
        max_size=12,
    ).map("".join)
)
def test_it_gives_the_tokens_of_transformers_on_any_text(
    tokenizer: PreTrainedTokenizerBase, fast: Encoder, text: str
) -> None:
    [tokens] = fast.documents([text])
    assert tokens.tolist() == _plain(tokenizer, text)


@pytest.mark.usefixtures("short_pieces")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("make", [fastest_encoder, reference_encoder])
def test_cutting_long_texts_between_words_changes_no_token(kind: str, make: Callable[..., Encoder]) -> None:
    tokenizer = _make(kind)
    texts = [*TEXTS, " a  b c\n d", "don't 'tis we've a's b"]
    for text, tokens in zip(texts, make(tokenizer).documents(texts), strict=True):
        assert tokens.tolist() == _plain(tokenizer, text), text


def test_long_texts_are_cut_only_between_a_letter_and_a_space_before_a_letter() -> None:
    spec = json.loads(_make("gpt_2").backend_tokenizer.to_str())
    everywhere = pieces_for(spec).cut_everywhere()
    assert list(everywhere.cut("ab cd  ef 1 gh, ij kl\nm 漢 n")) == ["ab", " cd  ef 1 gh, ij", " kl\nm 漢 n"]


def test_a_tokenizer_whose_tokens_reach_across_words_is_never_cut() -> None:
    spec = json.loads(_make("llama_2").backend_tokenizer.to_str())
    spec["model"]["vocab"]["of▁the"] = 9_999
    assert list(pieces_for(spec).cut_everywhere().cut("a b c")) == ["a b c"]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("text", ["x" * 1_000_000, " " * 1_000_000, "\n" * 1_000_000])
def test_time_grows_with_a_run_without_words_and_not_with_its_square(fast: Encoder, text: str) -> None:
    [long] = fast.documents([text])
    assert len(long) > 2


def test_documents_do_not_depend_on_what_they_are_encoded_with(
    monkeypatch: pytest.MonkeyPatch, tokenizer: PreTrainedTokenizerBase, fast: Encoder
) -> None:
    together = list(fast.documents(TEXTS))
    monkeypatch.setattr(encoding, "BATCH_TEXTS", 1)
    alone = list(fastest_encoder(tokenizer).documents(TEXTS))
    assert len(together) == len(TEXTS)
    assert all(np.array_equal(one, other) for one, other in zip(together, alone, strict=True))


def test_a_missing_back_end_is_said_and_transformers_does_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "fastokens", None)
    encoder = fastest_encoder(_make("gpt_2"))
    assert encoder.back_end == "transformers"
    assert "fastokens is not installed" in capsys.readouterr().err


def test_a_back_end_that_disagrees_is_not_used(capsys: pytest.CaptureFixture[str]) -> None:
    # fastokens takes "</s>" for the special token where its letters have no tokens of their own
    vocabulary = {
        "<unk>": 0,
        "<s>": 1,
        "</s>": 2,
        "▁": 3,
        "a": 4,
        **{f"<0x{byte:02X}>": 5 + byte for byte in range(256)},
    }
    tokenizer = LlamaTokenizer(vocab=vocabulary, merges=[])
    encoder = fastest_encoder(tokenizer)
    assert encoder.back_end == "transformers"
    assert "they disagree on" in capsys.readouterr().err
    [tokens] = encoder.documents(["a</s>"])
    assert tokens.tolist().count(2) == 1


def test_an_added_token_that_is_not_special_still_stands_for_itself() -> None:
    tokenizer = _make("qwen")
    tokenizer.add_tokens([AddedToken("<think>", normalized=False, special=False)])
    [tokens] = fastest_encoder(tokenizer).documents(["a <think> b"])
    assert tokenizer.convert_tokens_to_ids("<think>") in tokens.tolist()
    assert tokens.tolist() == _plain(tokenizer, "a <think> b")


@pytest.mark.parametrize("text", ["", " leading", "ℕ ⊂ ℤ", "a\n\nb\t c  ", "\x00 \U0001f600", "a <|endoftext|> b"])
def test_any_text_comes_back_unchanged(tiny_data: Path, text: str) -> None:
    tokenizer = load_tokenizer(tiny_data / "tokenizer")
    [tokens] = fastest_encoder(tokenizer).documents([text])
    assert tokens.tolist().count(document_start(tokenizer)) == 1
    assert tokenizer.decode(tokens[1:].tolist()) == text


def test_a_prompt_begins_like_a_document(tiny_data: Path) -> None:
    tokenizer = load_tokenizer(tiny_data / "tokenizer")
    [document] = fastest_encoder(tokenizer).documents(["the cat"])
    assert tokenizer("the cat")["input_ids"] == document.tolist()


def test_a_tokenizer_with_two_special_tokens_ends_documents_with_the_second() -> None:
    tokenizer = _make("llama_2_metaspace")
    [tokens] = fastest_encoder(tokenizer).documents(["a"])
    assert (tokens[0], tokens[-1]) == (tokenizer.bos_token_id, tokenizer.eos_token_id) == (1, 2)
