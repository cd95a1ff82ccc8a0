"""`llemma data inspect`: show the documents in token shards or in a file of documents."""

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from llemma.data.inspection import Document, Inspection


@click.command()
@click.argument("shard", type=click.Path(path_type=Path, exists=True))
@click.option("--document", "wanted", help="Show only the document with this id, or this number (from 0).")
@click.option("--limit", type=click.IntRange(min=0), default=5, show_default=True, help="Number of documents.")
@click.option("--characters", type=click.IntRange(min=1), default=400, show_default=True, help="Shown of each text.")
@click.option("--full", is_flag=True, help="Show whole texts.")
@click.option("--tokenizer", help="Folder or hub name. Default: the copy beside the shards.")
def inspect(shard: Path, wanted: str | None, limit: int, characters: int, full: bool, tokenizer: str | None) -> None:
    """Show what is in token shards, or in a file of documents: counts, lengths, and documents with their text.

    SHARD is a folder of token shards, one .bin file in it, or a file of documents (.parquet, .jsonl, .jsonl.zst).
    Characters that control a terminal or have no shape are shown as symbols or as <U+....>.

    \b
    llemma data inspect runs/shards/arithmetic --limit 3
    llemma data inspect runs/shards/arithmetic --document 17 --full
    """
    from llemma.data.inspection import find_document, inspect_documents, inspect_shards

    is_tokens = shard.is_dir() or shard.suffix == ".bin"
    found = inspect_shards(shard, tokenizer=tokenizer) if is_tokens else inspect_documents(shard)
    shown = [find_document(found.documents(), wanted)] if wanted is not None else islice(found.documents(), limit)
    if wanted is None:
        _show_summary(shard, found)
    for document in shown:
        _show_document(document, found.unit, None if full else characters)


def visible(text: str, *, keep: str = "\n\t") -> str:
    """Return the text with every character shown that controls a terminal or has no shape; those in `keep` stay."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() or character in keep else _picture(ord(character)) for character in text
    )


def _picture(point: int) -> str:
    if point < 0x20:
        return chr(0x2400 + point)  # SYMBOL FOR NULL and those after it
    return "\N{SYMBOL FOR DELETE}" if point == 0x7F else f"<U+{point:04X}>"


def _show_summary(path: Path, found: "Inspection") -> None:
    from llemma.data.inspection import histogram

    click.echo(visible(str(path), keep=""))
    for name, value in found.facts.items():
        click.echo(f"  {name}: {visible(value, keep='')}")
    click.echo(f"\n  documents by number of {found.unit}")
    for line in histogram(found.lengths):
        click.echo(f"  {line}")


def _show_document(document: "Document", unit: str, characters: int | None) -> None:
    text = document.text(None if characters is None else characters + 1)
    cut = characters is not None and len(text) > characters
    name = visible(document.id, keep="")
    click.echo(f"\n--- {document.number:,}: {name} ({document.length:,} {unit}; {document.place})")
    click.echo(visible(text[:characters] if cut else text) + (" [...]" if cut else ""))
