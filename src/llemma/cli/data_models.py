"""`llemma data train`: the two models that judge web pages."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from llemma.data.filters.kneser_ney import NgramModel
    from llemma.data.filters.linear_classifier import LinearClassifier

_HELD_OUT_EVERY = 10  # by the hash of the text, so the same text is never in both parts
_THRESHOLDS = (0.17, 0.5, 0.8)

_paths = click.Path(path_type=Path, exists=True)


@click.group()
def train() -> None:
    """Train the models that judge web pages: MathScore and perplexity."""


@train.command("math-score")
@click.argument("labelled", type=_paths, nargs=-1, required=True)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="A .npz file.")
@click.option("--seed", default=0, show_default=True)
def math_score(labelled: tuple[Path, ...], out: Path, seed: int) -> None:
    """Train the classifier that the step `math_score` reads.

    LABELLED are files or folders of rows (.jsonl, .jsonl.zst, .parquet) with `text` and, if you have it, a true or
    false `label`; else a text is positive that has a common TeX command. A tenth is held out to measure it.

    \b
    llemma data train math-score pages.jsonl.zst --out runs/math_score.npz
    """
    from llemma.data.filters import linear_classifier
    from llemma.data.filters.math_score import words_around_formulas
    from llemma.progress import say

    if out.exists():
        say(f"{out} is there; nothing to do")
        return
    parts: tuple[list[tuple[str, bool]], list[tuple[str, bool]]] = ([], [])
    for text, label in _labelled(labelled):
        parts[_is_held_out(text)].append((words_around_formulas(text), label))
    learned, held_out = parts
    model = linear_classifier.train(learned, seed=seed)
    model.save(out)
    _show_classifier(model, held_out)
    say(
        f'trained on {len(learned):,} texts -> {out}. Next: the step "math_score" with model = "{out}" in a data recipe'
    )


@train.command()
@click.argument("documents", type=_paths, nargs=-1, required=True)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="A new folder.")
@click.option("--order", type=click.IntRange(1, 10), default=5, show_default=True, help="Words of the longest n-gram.")
@click.option("--min-count", type=click.IntRange(min=1), default=2, show_default=True, help="Of n-grams of 3+ words.")
def perplexity(documents: tuple[Path, ...], out: Path, order: int, min_count: int) -> None:
    """Train the n-gram model that the step `perplexity` reads, on good texts such as papers and books.

    DOCUMENTS are files or folders of rows with `text` (.jsonl, .jsonl.zst, .parquet). A tenth is held out to measure
    it.

    \b
    llemma data train perplexity proof-pile/*.jsonl.zst --out runs/perplexity
    """
    from llemma.data.filters import kneser_ney
    from llemma.data.filters.normalize import normalize, sampled
    from llemma.data.filters.perplexity import SAMPLE_CHARACTERS
    from llemma.progress import say

    if out.exists():
        say(f"{out} is there; nothing to do")
        return
    held_out: list[str] = []

    def learned() -> Iterator[str]:
        for text, _ in _rows(documents):
            if _is_held_out(text):
                held_out.append(normalize(sampled(text, SAMPLE_CHARACTERS)))
            else:
                yield normalize(text)

    model = kneser_ney.train(learned(), order=order, min_count=min_count)
    model.save(out)
    _show_perplexities(model, held_out)
    say(f'trained an n-gram model -> {out}. Next: the step "perplexity" with model = "{out}" in a data recipe')


def _labelled(paths: Sequence[Path]) -> Iterator[tuple[str, bool]]:
    from llemma.data.filters.math_score import labelled
    from llemma.errors import DataError

    for text, meta in _rows(paths):
        given = meta.get("label")
        if given is None:
            yield from labelled([text])
        elif given in (True, False):
            yield text, bool(given)
        else:
            raise DataError(f"label {given!r}: expected true or false, in a text that begins {text[:40]!r}")


def _rows(paths: Sequence[Path]) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield the text of each row with its other columns; rows that cannot be read are counted and reported."""
    import orjson

    from llemma.data.sources.rows import Rows
    from llemma.progress import progress, say

    source = Rows(path=[str(path) for path in paths])
    shards = source.shards()
    read = skipped = 0
    with progress("reading", len(shards), "files") as meter:
        for shard in shards:
            for batch in source.read(shard):
                for row in batch.select(["text", "meta", "reason"]).to_pylist():
                    if row["reason"] is None:
                        yield row["text"], orjson.loads(row["meta"])
                    else:
                        skipped += 1
                read += len(batch)
                meter.advance(0, f"{read:,} rows")
            meter.advance(1, f"{read:,} rows")
    if skipped:
        say(f"skipped {skipped:,} of {read:,} rows that cannot be read")


def _is_held_out(text: str) -> bool:
    from llemma.storage import sha256_of_text

    return int(sha256_of_text(text)[:8], 16) % _HELD_OUT_EVERY == 0


def _show_classifier(model: "LinearClassifier", held_out: Sequence[tuple[str, bool]]) -> None:
    """Print the accuracy on held-out texts, and what each threshold keeps."""
    import numpy as np
    from rich.console import Console
    from rich.table import Table

    truth = np.array([label for _, label in held_out], np.bool_)
    scores = model.scores([text for text, _ in held_out])
    accuracy = np.mean((scores >= 0.5) == truth) if len(truth) else np.nan
    table = Table(title=f"{len(truth):,} held-out texts, {truth.sum():,} with the label; accuracy {accuracy:.1%}")
    for heading in ("score at least", "texts kept", "precision", "recall"):
        table.add_column(heading, justify="right")
    for threshold in _THRESHOLDS:
        kept = scores >= threshold
        right = int((kept & truth).sum())
        table.add_row(f"{threshold:.2f}", f"{kept.sum():,}", _share(right, kept.sum()), _share(right, truth.sum()))
    Console().print(table)


def _show_perplexities(model: "NgramModel", held_out: Sequence[str]) -> None:
    """Print how perplexed the model is by held-out texts, sampled and normalised as the filter does it."""
    import numpy as np
    from rich.console import Console
    from rich.table import Table

    from llemma.data.filters.perplexity import MAX_PERPLEXITY

    found = model.perplexities(held_out)
    found = found[~np.isnan(found)]
    over = _share(int((found > MAX_PERPLEXITY).sum()), len(found))
    table = Table(title=f"{len(found):,} held-out texts; above {MAX_PERPLEXITY:,.0f}: {over}")
    for heading in ("share of texts", "perplexity at most"):
        table.add_column(heading, justify="right")
    for percent in (5, 25, 50, 75, 95):
        table.add_row(f"{percent} %", f"{np.percentile(found, percent):,.1f}" if len(found) else "-")
    Console().print(table)


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "-"
