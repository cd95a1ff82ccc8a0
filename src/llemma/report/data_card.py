"""The data card: what a data set holds, what was dropped and why, and where each document came from.

Written as the `README.md` of the data set, with figures beside it.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from llemma.progress import duration
from llemma.report.data_figures import KEPT, length_rows, lengths_figure, outcome_rows, outcomes, outcomes_figure
from llemma.report.drawing import save_figure, short_count
from llemma.report.drop_reasons import explained
from llemma.report.tables import Table
from llemma.storage import write_text

Facts = Mapping[str, Any]

_LANGUAGES_SHOWN = 25
_REASONS_SHOWN = 4
_CLUSTERS_SHOWN = 10


def write_data_card(manifest: Facts, out: Path) -> None:
    """Write `out`/README.md and its figures from the manifest of a build."""
    figures = out / "figures"
    rows, lengths = outcome_rows(manifest), length_rows(manifest)
    save_figure(outcomes_figure(rows), rows, figures / "outcomes")
    if lengths:
        save_figure(lengths_figure(lengths), lengths, figures / "lengths")
    write_text(out / "README.md", data_card(manifest))


def data_card(manifest: Facts) -> str:
    """Return the data card as Markdown."""
    return "\n".join(part.rstrip() + "\n" for part in _sections(manifest))


def _sections(manifest: Facts) -> Iterator[str]:
    yield _introduction(manifest)
    yield _titled(contents_table(manifest))
    yield "![Share of documents kept and dropped](figures/outcomes.svg)\n"
    yield _titled(inputs_table(manifest))
    yield _titled(drops_table(manifest))
    if any(part["splits"]["train"]["lengths"] for part in manifest["parts"].values()):
        yield "## Lengths\n\n![Lengths of the documents](figures/lengths.svg)\n"
    if manifest["duplicates"] is not None:
        yield _duplicates_section(manifest["duplicates"])
    yield _contamination_section(manifest)
    if (table := mixture_table(manifest)) is not None:
        yield _titled(table)
    yield _titled(splits_table(manifest))
    yield _damage_section(manifest)
    yield _samples_section(manifest)
    yield _making_section(manifest)


def contents_table(manifest: Facts) -> Table:
    """Return documents, bytes and tokens by part and language; the largest languages of each part first."""
    rows: list[tuple[str, ...]] = []
    total_bytes = sum(size for part in manifest["parts"].values() for _, size in _languages(part).values()) or 1
    for name, part in manifest["parts"].items():
        tokens = _tokens_by_language(part)
        languages = sorted(_languages(part).items(), key=lambda item: -item[1][1])
        for language, (documents, size) in languages[:_LANGUAGES_SHOWN]:
            shown = short_count(tokens[language]) if language in tokens else "-"
            rows.append((name, language, f"{documents:,}", _megabytes(size), shown, f"{100 * size / total_bytes:.1f}"))
        if rest := languages[_LANGUAGES_SHOWN:]:
            count, size = (sum(entry[place] for _, entry in rest) for place in (0, 1))
            label = f"{len(rest)} others"
            rows.append((name, label, f"{count:,}", _megabytes(size), "-", f"{100 * size / total_bytes:.1f}"))
    columns = ("part", "language", "documents", "MB", "tokens", "% of bytes")
    caption = "All splits together. MB: millions of bytes of UTF-8."
    return Table("What is in it", columns, tuple(rows), caption=caption, labels=2)


def inputs_table(manifest: Facts) -> Table:
    """Return what was read from each input, and how much of it passed its steps, by its commonest drop reasons."""
    rows: list[tuple[str, ...]] = []
    for name, part in manifest["parts"].items():
        for label, entry in part["inputs"].items():
            counts = {
                outcome: sum(documents for documents, _ in languages.values())
                for outcome, languages in entry["read"]["outcomes"].items()
            }
            kept, read = counts.pop(KEPT, 0), sum(counts.values())
            reasons = sorted(counts.items(), key=lambda item: -item[1])[:_REASONS_SHOWN]
            shown = ", ".join(f"`{reason}` {count:,}" for reason, count in reasons) or "-"
            size = _megabytes(entry["bytes"])
            rows.append((name, label, f"{entry['files']:,}", size, f"{kept + read:,}", f"{kept:,}", shown))
    columns = ("part", "input", "files", "MB", "documents", "kept", "dropped")
    caption = "Before duplicates and benchmark text were looked for. MB: of files, as they are compressed."
    return Table("Where it comes from", columns, tuple(rows), caption=caption, labels=2)


def drops_table(manifest: Facts) -> Table:
    """Return what was dropped by part and reason, with the rule behind it."""
    rows: list[tuple[str, ...]] = []
    for name, part in manifest["parts"].items():
        found = outcomes(part)
        total = sum(documents for documents, _ in found.values()) or 1
        dropped = sorted(((reason, entry) for reason, entry in found.items() if reason != KEPT), key=lambda e: -e[1][0])
        for reason, (documents, size) in dropped:
            share = f"{100 * documents / total:.1f}"
            rows.append((name, f"`{reason}`", explained(reason), f"{documents:,}", share, _megabytes(size)))
    columns = ("part", "reason", "rule", "documents", "% of those read", "MB")
    caption = "Each is in `dropped/`, with its reason. MB: of text, or of what was read where none was extracted."
    return Table("What was dropped", columns, tuple(rows), caption=caption, labels=3)


def splits_table(manifest: Facts) -> Table:
    """Return documents, bytes and tokens by part and split."""
    rows: list[tuple[str, ...]] = []
    for name, part in manifest["parts"].items():
        for split, tally in part["splits"].items():
            kept = tally["outcomes"].get(KEPT, {}).values()
            tokens = part["tokens"].get(split, {}).get("tokens")
            shown = "-" if tokens is None else f"{tokens:,}"
            documents, size = sum(entry[0] for entry in kept), sum(entry[1] for entry in kept)
            rows.append((name, split, f"{documents:,}", _megabytes(size), shown))
    caption = "By a stable hash of the repository, or of the document's id where it is from none."
    return Table("Splits", ("part", "split", "documents", "MB", "tokens"), tuple(rows), caption=caption, labels=2)


def mixture_table(manifest: Facts) -> Table | None:
    """Return the share of each part in training and the epochs that a token budget means; None without tokens."""
    mixture = manifest.get("mixture")
    if not mixture:
        return None
    rows = tuple(
        (
            row["part"], f"{row['weight']:g}", f"{100 * row['share']:.2f}", f"{row['tokens']:,}",
            short_count(row["tokens_read"]), f"{row['epochs']:.1f}",
        )
        for row in mixture["rows"]
    )  # fmt: skip
    columns = ("part", "weight", "% of what is read", "tokens", "tokens read", "epochs")
    caption = f"For a model that reads {short_count(mixture['budget'])} tokens."
    return Table("Mixture", columns, rows, caption=caption, notes=tuple(mixture["warnings"]))


def _introduction(manifest: Facts) -> str:
    parts = manifest["parts"]
    read = sum(documents for part in parts.values() for documents, _ in outcomes(part).values())
    kept = sum(outcomes(part)[KEPT][0] for part in parts.values())
    size = sum(outcomes(part)[KEPT][1] for part in parts.values())
    tokens = sum(split["tokens"] for part in parts.values() for split in part["tokens"].values())
    files = sum(entry["files"] for part in parts.values() for entry in part["inputs"].values())
    token_text = f", {tokens:,} tokens" if tokens else ""
    return (
        f"# Data set of {', '.join(parts)}\n\n"
        f"{kept:,} documents, {_megabytes(size)} MB of text{token_text}: what is left of {read:,} documents in "
        f"{files:,} files.\n"
    )


def _duplicates_section(report: Facts) -> str:
    between = Table(
        "Between parts",
        ("dropped from", "kept in", "documents"),
        tuple((row["dropped"], row["kept"], f"{row['documents']:,}") for row in report["between"]),
        labels=2,
    )
    largest = Table(
        "Largest clusters",
        ("the document that is kept", "part", "documents", "lowest similarity"),
        tuple(
            (_inline(row["id"]), row["source"], f"{row['size']:,}", f"{row['lowest_similarity']:.2f}")
            for row in report["largest"][:_CLUSTERS_SHOWN]
        ),
        caption="The largest clusters.",
        labels=2,
    )
    sizes = ", ".join(f"{count:,} of {size}" for size, count in report["sizes"].items())
    return (
        f"## Duplicates\n\n{report['exact_duplicates']:,} exact and {report['near_duplicates']:,} near duplicates of "
        f"{report['documents']:,} documents, in {report['clusters']:,} clusters"
        + (f" ({sizes} documents)" if sizes else "")
        + ".\n\n"
        + (f"{between.markdown()}\n{largest.markdown()}" if report["between"] else "")
    )


def _contamination_section(manifest: Facts) -> str:
    counts = manifest["removals"]
    if counts is None:
        return "## Benchmark text\n\nNot looked for: the recipe has no `[decontaminate]`.\n"
    if not counts:
        return "## Benchmark text\n\nLooked for, and none was found.\n"
    table = Table("", ("benchmark", "removals"), tuple((name, f"{count:,}") for name, count in counts.items()))
    return f"## Benchmark text\n\nEach removal is a line of `removals.jsonl`, with the item.\n\n{table.markdown()}"


def _damage_section(manifest: Facts) -> str:
    lines = [
        f"- {_inline(str(place))}: `{reason}`" + (f" ({_inline(str(detail))})" if detail else "")
        for part in manifest["parts"].values()
        for tally in [*(entry["read"] for entry in part["inputs"].values()), part["clean"]]
        for place, reason, detail in tally["damaged"]
    ]
    if not lines:
        return ""
    heading = "## Input that could not be read\n\nThe first 20 of each input; all are in `dropped/`.\n\n"
    return heading + "\n".join(lines)


def _samples_section(manifest: Facts) -> str:
    samples = sorted(
        (hashed, name, key, language, text)
        for name, part in manifest["parts"].items()
        for hashed, key, language, text in part["samples"]
    )[:20]
    blocks = [
        f"<details><summary>{name}, {language}: {_inline(key)}</summary>\n\n{_block(text)}\n\n</details>\n"
        for _, name, key, language, text in samples
    ]
    return f"## {len(blocks)} random documents\n\nTheir beginnings.\n\n" + "\n".join(blocks)


def _making_section(manifest: Facts) -> str:
    recipe = json.dumps(manifest["identity"]["recipe"], indent=2, ensure_ascii=False)
    versions = ", ".join(f"{name} {version}" for name, version in manifest["versions"].items())
    machine = manifest["machine"]
    return (
        f"## How it was made\n\nIn {duration(manifest['wall_s'])} on {machine['cores']} cores ({machine['platform']}), "
        f"with {versions}. The recipe, with all defaults:\n\n```json\n{recipe}\n```\n"
    )


def _languages(part: Facts) -> dict[str, tuple[int, int]]:
    found: dict[str, tuple[int, int]] = {}
    for tally in part["splits"].values():
        for language, (documents, size) in tally["outcomes"].get(KEPT, {}).items():
            before = found.get(language, (0, 0))
            found[language] = (before[0] + documents, before[1] + size)
    return found


def _tokens_by_language(part: Facts) -> dict[str, int]:
    found: dict[str, int] = {}
    for split in part["tokens"].values():
        for language, tokens in split["languages"].items():
            found[language] = found.get(language, 0) + tokens
    return found


def _titled(table: Table) -> str:
    return f"## {table.title}\n\n{table.markdown()}"


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f}" if size < 1e8 else f"{size / 1e6:,.0f}"


def _inline(text: str) -> str:
    """Return text of others so that it is shown as it is: no markup, no line breaks."""
    clean = "".join(character if character.isprintable() else " " for character in text[:200])
    return clean.replace("&", "&amp;").replace("<", "&lt;").replace("`", "'").replace("|", "&#124;")


def _block(text: str) -> str:
    """Return text of others as a fenced block that it cannot close."""
    ticks = max((len(run) for run in _runs_of_ticks(text)), default=0)
    fence = "`" * max(3, ticks + 1)
    clean = "".join(character if character.isprintable() or character in "\n\t" else "�" for character in text)
    return f"{fence}text\n{clean}\n{fence}"


def _runs_of_ticks(text: str) -> Sequence[str]:
    return [run for run in "".join(c if c == "`" else " " for c in text).split() if run]
