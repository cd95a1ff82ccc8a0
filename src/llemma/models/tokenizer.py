"""Tokenizers: train a small byte-level BPE, load any that transformers knows, tell two apart."""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import orjson
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import AutoTokenizer, PreTrainedTokenizerBase, PreTrainedTokenizerFast

from llemma.errors import DataError

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
        tokenizer = AutoTokenizer.from_pretrained(str(path))
    except (OSError, ValueError, KeyError) as error:
        raise DataError(f"{path}: no tokenizer there ({_first_line(error)})") from error
    assert isinstance(tokenizer, PreTrainedTokenizerBase)
    return tokenizer


def looks_local(name: str | Path) -> bool:
    """Whether a model name is a path: it exists, starts with . / or ~, or is not of the form owner/name."""
    text = str(name)
    return Path(text).exists() or text.startswith((".", "/", "~")) or text.count("/") != 1


def fingerprint(tokenizer: PreTrainedTokenizerBase) -> str:
    """Return a hash of the vocabulary: two tokenizers with the same one give tokens the same numbers."""
    return hashlib.sha256(orjson.dumps(tokenizer.get_vocab(), option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


def document_start(tokenizer: PreTrainedTokenizerBase) -> int:
    """Return the token that begins every document: BOS, or EOS where a tokenizer has no BOS."""
    start = tokenizer.bos_token_id if tokenizer.bos_token_id is not None else tokenizer.eos_token_id
    if start is None:
        raise DataError("the tokenizer has neither a BOS nor an EOS token; documents could not be told apart")
    return int(start)


def encode_documents(
    tokenizer: PreTrainedTokenizerBase, texts: Iterable[str], *, batch: int = 1024
) -> Iterator[list[int]]:
    """Yield each text as [start] tokens [end]; the end is left out when it is the start token of the next document.

    Text that spells a special token is encoded as ordinary characters.
    """
    start, end = document_start(tokenizer), tokenizer.eos_token_id
    tail = [] if end is None or end == start else [int(end)]
    for group in _batches(texts, batch):
        encoded = tokenizer(group, add_special_tokens=False, split_special_tokens=True, return_attention_mask=False)
        for tokens in encoded["input_ids"]:
            yield [start, *tokens, *tail]


def _batches(texts: Iterable[str], size: int) -> Iterator[list[str]]:
    group: list[str] = []
    for text in texts:
        group.append(text)
        if len(group) == size:
            yield group
            group = []
    if group:
        yield group


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
