"""`llemma data`: build a data set, or make its pieces: documents, models of filters, a tokenizer, token shards."""

import itertools
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from llemma.cli.data_build import build
from llemma.cli.data_inspect import inspect
from llemma.cli.data_models import train

if TYPE_CHECKING:
    from llemma.records import Document, Theorem

SOURCES = ("arithmetic", "arithmetic_programs", "equations", "general_text", "lean_core")


@click.group()
def command() -> None:
    """Make documents, a tokenizer and token shards."""


@command.command()
@click.argument("source", type=click.Choice(SOURCES))
@click.option("--out", type=click.Path(path_type=Path), required=True, help="A file, see above; of lean_core a folder.")
@click.option("--limit", type=click.IntRange(min=1), required=True, help="Number of documents.")
@click.option("--seed", default=0, show_default=True)
@click.option("--split", type=click.Choice(("train", "test")), default="train", show_default=True)
def generate(source: str, out: Path, limit: int, seed: int, split: Literal["train", "test"]) -> None:
    """Write documents of a built-in source: word problems (solved or as programs), equations, general text, theorems.

    As rows (.jsonl, .jsonl.zst), or in a form in which documents are collected, for `llemma data build` to read: web
    pages (.warc.gz), arXiv's bulk files of TeX papers (.tar). Theorems become a repository of Lean files.

    The splits of arithmetic share no problem. The others have one split: hold some out with another seed.

    \b
    llemma data generate arithmetic --limit 30000 --out runs/arithmetic.jsonl.zst
    """
    from llemma.data.generators import collected
    from llemma.progress import say

    if out.exists():
        say(f"{out} is there; nothing to do")
        return
    if source == "lean_core":
        count = collected.write_lean_repository(_theorems(limit, seed, split), out)
    elif out.name.endswith(".warc.gz"):
        count = collected.write_crawl(_documents(source, limit, seed, split), out)
    elif out.suffix == ".tar":
        count = collected.write_papers(_documents(source, limit, seed, split), out)
    else:
        from llemma.storage import write_jsonl

        count = write_jsonl(out, map(asdict, _documents(source, limit, seed, split)))
    say(f"wrote {count:,} documents -> {out}")


def _documents(source: str, limit: int, seed: int, split: Literal["train", "test"]) -> "Iterator[Document]":
    from llemma.data.generators import arithmetic, equations, general_text
    from llemma.errors import UserError

    if source in ("arithmetic", "arithmetic_programs"):
        return arithmetic.documents(limit, seed=seed, split=split, programs=source == "arithmetic_programs")
    if split == "test":
        raise UserError(f"{source} has no test split; hold some out with another --seed")
    if source == "equations":
        return equations.documents(limit, seed=seed)
    return general_text.documents(limit, seed=seed)


def _theorems(limit: int, seed: int, split: Literal["train", "test"]) -> "Iterator[Theorem]":
    from llemma.data.generators import lean_core
    from llemma.data.generators.lean_core_families import FAMILIES

    families = sum(len(level) for level in FAMILIES[split].values())
    return itertools.islice(lean_core.theorems(split, seed=seed, per_family=-(-limit // families)), limit)


@command.command()
@click.argument("theorems")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="A .jsonl or .jsonl.zst file.")
@click.option("--per-family", type=click.IntRange(min=1), default=50, show_default=True, help="Of lean_core.")
@click.option("--seed", default=0, show_default=True)
@click.option("--processes", type=click.IntRange(min=1), help="Lean processes. Default: one a core.")
def tactics(theorems: str, out: Path, per_family: int, seed: int, processes: int | None) -> None:
    """Write a document for each step of known proofs: the tactic state as Lean prints it, and the tactic used there.

    THEOREMS is lean_core (its training split), or a .jsonl file of rows with `name`, `statement` and `proof`.

    \b
    llemma data tactics lean_core --per-family 50 --out runs/tactics.jsonl.zst
    """
    from llemma.data.generators import lean_core
    from llemma.evaluate.tactic_documents import tactic_documents
    from llemma.evaluate.theorems import read_theorems
    from llemma.progress import say
    from llemma.provers.lean_wasm.prover import LeanWasm
    from llemma.storage import write_jsonl

    if out.exists():
        say(f"{out} is there; nothing to do")
        return
    built_in = theorems == "lean_core"
    known = lean_core.theorems("train", seed=seed, per_family=per_family) if built_in else read_theorems(Path(theorems))
    with LeanWasm(processes=processes) as prover:
        count = write_jsonl(out, map(asdict, tactic_documents(known, prover)))
    say(f"wrote {count:,} documents from {len(known):,} theorems -> {out}. Next: llemma data tokenizer or shards")


@command.command()
@click.argument("documents", type=click.Path(path_type=Path, exists=True, dir_okay=False), nargs=-1, required=True)
@click.option("--vocabulary-size", type=click.IntRange(min=257), default=32_000, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="A new folder.")
def tokenizer(documents: tuple[Path, ...], vocabulary_size: int, out: Path) -> None:
    """Train a byte-level BPE tokenizer with single digits on document files (.jsonl, .jsonl.zst, .parquet; `text`).

    \b
    llemma data tokenizer runs/arithmetic.jsonl.zst --vocabulary-size 1024 --out runs/tokenizer
    """
    from llemma.models.tokenizer import train_tokenizer
    from llemma.progress import say
    from llemma.storage import new_directory

    if out.exists():
        say(f"{out} is there; nothing to do")
        return
    texts = (text for path in documents for _, text in _rows(path))
    trained = train_tokenizer(texts, vocabulary_size=vocabulary_size)
    with new_directory(out) as folder:
        trained.save_pretrained(folder)
    say(f"trained a tokenizer of {len(trained):,} tokens -> {out}. Next: llemma data shards")


@command.command()
@click.argument("documents", type=click.Path(path_type=Path, exists=True, dir_okay=False), nargs=-1, required=True)
@click.option("--tokenizer", "tokenizer_path", required=True, help="A tokenizer or model: folder or hub name.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="A new folder.")
def shards(documents: tuple[Path, ...], tokenizer_path: str, out: Path) -> None:
    """Tokenise document files into the memory-mapped shards that `llemma train` reads.

    \b
    llemma data shards runs/arithmetic.jsonl.zst --tokenizer runs/tokenizer --out runs/shards/arithmetic
    """
    from llemma.data.shards import open_shards, write_shards
    from llemma.models.tokenizer import load_tokenizer
    from llemma.progress import say
    from llemma.runs import is_finished

    if is_finished(out):
        say(f"{out} is there; nothing to do")
        return
    write_shards(itertools.chain.from_iterable(map(_rows, documents)), load_tokenizer(tokenizer_path), out)
    written = open_shards(out, verify=False)
    say(f"wrote {written.documents:,} documents, {written.tokens:,} tokens -> {out}. Next: llemma train RECIPE")


def _rows(path: Path) -> Iterator[tuple[str, str]]:
    """Yield (id, text) of a file of documents; a row without an id is called by its number."""
    from llemma.errors import DataError
    from llemma.storage import read_jsonl

    if path.suffix == ".parquet":
        from llemma.data.documents import read_documents

        for batch in read_documents(path, ["id", "text"]):
            yield from zip(batch.column("id").to_pylist(), batch.column("text").to_pylist(), strict=True)
        return
    for number, row in enumerate(read_jsonl(path), start=1):
        if not isinstance(row.get("text"), str):
            raise DataError(f"{path}, row {number}: no string field 'text'. It has: {', '.join(row)}")
        yield str(row.get("id", number)), row["text"]


command.add_command(build)
command.add_command(inspect)
command.add_command(train)
