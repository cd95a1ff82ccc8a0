"""Tokenizers: train a small byte-level BPE, load any that transformers knows, tell two apart."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast

from llemma.errors import DataError
from llemma.storage import read_json

SEPARATOR = "<|endoftext|>"
"""Begins every document and ends it: the one special token of the tokenizers trained here."""


def train_tokenizer(texts: Iterable[str], *, vocabulary_size: int) -> PreTrainedTokenizerFast:
    """Return a byte-level BPE tokenizer with single digits, as in Llama, trained on `texts`.

    It has fewer than `vocabulary_size` tokens when the texts have no more pairs to merge.
    """
    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    backend.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary_size,
        special_tokens=[SEPARATOR],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    backend.train_from_iterator(texts, trainer)
    separator = (SEPARATOR, backend.token_to_id(SEPARATOR))
    backend.post_processor = processors.TemplateProcessing(single=f"{SEPARATOR} $A", special_tokens=[separator])
    return PreTrainedTokenizerFast(tokenizer_object=backend, bos_token=SEPARATOR, eos_token=SEPARATOR)  # type: ignore[no-untyped-call]


def load_tokenizer(path: str | Path) -> PreTrainedTokenizerBase:
    """Return the tokenizer of a model directory or hub name. Raises DataError when there is none."""
    if looks_local(path) and not (Path(path) / "tokenizer_config.json").exists():
        raise DataError(f"{path}: no tokenizer there (no tokenizer_config.json). Train one: llemma data tokenizer")
    try:
        tokenizer = _loader(path).from_pretrained(str(path))
    except (OSError, ValueError, KeyError) as error:
        raise DataError(f"{path}: no tokenizer there ({_first_line(error)})") from error
    assert isinstance(tokenizer, PreTrainedTokenizerBase)
    return tokenizer


def _loader(path: str | Path) -> Any:
    """Return the class that loads a tokenizer. AutoTokenizer imports torch: seconds and 150 MB in every process."""
    config = Path(path) / "tokenizer_config.json"
    if config.exists() and read_json(config).get("tokenizer_class") in ("TokenizersBackend", "PreTrainedTokenizerFast"):
        return PreTrainedTokenizerFast
    from transformers import AutoTokenizer

    return AutoTokenizer


def looks_local(name: str | Path) -> bool:
    """Whether a model name is a path: it exists, starts with . / or ~, or is not of the form owner/name."""
    text = str(name)
    return Path(text).exists() or text.startswith((".", "/", "~")) or text.count("/") != 1


def fingerprint(tokenizer: PreTrainedTokenizerBase) -> str:
    """Return a hash of the vocabulary: two tokenizers with the same one give tokens the same numbers."""
    return hashlib.sha256(orjson.dumps(tokenizer.get_vocab(), option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


def document_start(tokenizer: PreTrainedTokenizerBase) -> int:
    """Return the token that begins every document: BOS, or EOS where a tokenizer has no BOS."""
    start = _special(tokenizer, "bos_token")
    start = start if start is not None else document_end(tokenizer)
    if start is None:
        raise DataError("the tokenizer has neither a BOS nor an EOS token; documents could not be told apart")
    return start


def document_end(tokenizer: PreTrainedTokenizerBase) -> int | None:
    """Return the token that ends every document, EOS; None where a tokenizer has none."""
    return _special(tokenizer, "eos_token")


def _special(tokenizer: PreTrainedTokenizerBase, role: str) -> int | None:
    """Return the number of a special token. Raises DataError where its spelling is not in the vocabulary.

    transformers gives it the number of the unknown token there, as GPT-NeoX did for `<|endoftext|>` and Llama.
    """
    spelling = getattr(tokenizer, role)
    if spelling is None:
        return None
    number = tokenizer.get_vocab().get(spelling)
    if number is None:
        raise DataError(f"the tokenizer's {role} {spelling!r} is not in its vocabulary")
    return int(number)


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
