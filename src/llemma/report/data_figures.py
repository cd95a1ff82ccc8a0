"""Figures of a data set: what became of the documents, and how long those are that were kept."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from llemma.report.drawing import BLACK, COLOURS, GREY, Row, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Facts = Mapping[str, Any]

KEPT = "kept"
_LIGHT = "#D9D9D9"
_PALE = COLOURS[4:]  # numbers on these are black
_REASONS_SHOWN = 6


def outcomes(part: Facts) -> dict[str, tuple[int, int]]:
    """Return (documents, bytes) of a part by outcome: "kept" is what is left at the end, the others are reasons."""
    found: dict[str, tuple[int, int]] = {KEPT: (0, 0)}
    for tally in [*(entry["read"] for entry in part["inputs"].values()), part["clean"]]:
        for outcome, languages in tally["outcomes"].items():
            if outcome != KEPT:
                _add(found, outcome, languages)
    for tally in part["splits"].values():
        _add(found, KEPT, tally["outcomes"].get(KEPT, {}))
    return found


def outcome_rows(facts: Facts) -> list[Row]:
    """Return a row per part and outcome: documents and their share of all that were read of the part."""
    rows: list[Row] = []
    for name, part in facts["parts"].items():
        found = outcomes(part)
        total = sum(documents for documents, _ in found.values()) or 1
        for outcome, (documents, size) in sorted(found.items(), key=lambda item: (item[0] != KEPT, -item[1][0])):
            rows.append(
                {"part": name, "outcome": outcome, "documents": documents, "bytes": size, "share": documents / total}
            )
    return rows


def outcomes_figure(rows: Sequence[Row]) -> "Figure":
    """Draw one bar per part, of all documents that were read: kept, and dropped by the commonest reasons."""
    parts = list(dict.fromkeys(str(row["part"]) for row in rows))
    colours = _colours(rows)
    with styled():
        figure = new_figure(width=8, height=1.3 + 0.45 * len(parts))
        axes = figure.add_subplot()
        for place, part in enumerate(parts):
            left, other = 0.0, 0.0
            for row in (row for row in rows if row["part"] == part):
                share = float(row["share"] or 0.0) * 100
                if str(row["outcome"]) not in colours:
                    other += share
                    continue
                axes.barh(place, share, left=left, height=0.62, color=colours[str(row["outcome"])])
                if share >= 6:
                    ink = BLACK if colours[str(row["outcome"])] in _PALE else "white"
                    axes.text(left + share / 2, place, f"{share:.0f}", ha="center", va="center", color=ink, fontsize=8)
                left += share
            if other:
                axes.barh(place, other, left=left, height=0.62, color=_LIGHT)
        axes.set(yticks=range(len(parts)), yticklabels=parts, xlim=(0, 100), xlabel="% of the documents that were read")
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        handles = [axes.barh(0, 0, color=colour, label=_words(outcome)) for outcome, colour in colours.items()]
        if any(str(row["outcome"]) not in colours for row in rows):
            handles.append(axes.barh(0, 0, color=_LIGHT, label="other reasons"))
        figure.legend(handles=handles, loc="outside upper left", ncols=4, frameon=False, fontsize=8)
    return figure


def length_rows(facts: Facts) -> list[Row]:
    """Return a row per part and power of two: kept documents of 2^(b-1) to 2^b - 1 bytes, and their share."""
    rows: list[Row] = []
    for name, part in facts["parts"].items():
        counts: dict[int, int] = {}
        for tally in part["splits"].values():
            for bits, count in tally["lengths"].items():
                counts[int(bits)] = counts.get(int(bits), 0) + count
        total = sum(counts.values())
        rows += [
            {"part": name, "bits": bits, "documents": counts[bits], "share": counts[bits] / total}
            for bits in sorted(counts)
        ]
    return rows


def lengths_figure(rows: Sequence[Row]) -> "Figure":
    """Draw a histogram of document lengths per part, one below the other, on a common logarithmic axis."""
    parts = list(dict.fromkeys(str(row["part"]) for row in rows))
    bits = [int(row["bits"] or 0) for row in rows]
    with styled():
        figure = new_figure(width=8, height=0.9 + 1.0 * len(parts))
        panels = figure.subplots(len(parts), 1, sharex=True, squeeze=False)[:, 0]
        for place, (part, axes) in enumerate(zip(parts, panels, strict=True)):
            mine = [row for row in rows if row["part"] == part]
            heights = [float(row["share"] or 0.0) * 100 for row in mine]
            axes.bar([int(row["bits"] or 0) - 0.5 for row in mine], heights, width=0.9, color=COLOURS[place % 6])
            axes.set_title(part, fontsize=9)
            axes.set_ylabel("%")
            axes.grid(visible=False, axis="x")
        ticks = range(min(bits) - 1, max(bits) + 1, max(1, (max(bits) - min(bits)) // 8))
        panels[-1].set(xticks=list(ticks), xticklabels=[_size(2**tick) for tick in ticks])
        panels[-1].set_xlabel("length of a document, bytes of UTF-8")
    return figure


def _add(found: dict[str, tuple[int, int]], outcome: str, languages: Mapping[str, Sequence[int]]) -> None:
    for documents, size in languages.values():
        before = found.get(outcome, (0, 0))
        found[outcome] = (before[0] + documents, before[1] + size)


def _colours(rows: Sequence[Row]) -> dict[str, str]:
    """Return the colour of "kept" and of the reasons that drop the largest shares."""
    weight: dict[str, float] = {}
    for row in rows:
        if row["outcome"] != KEPT:
            weight[str(row["outcome"])] = weight.get(str(row["outcome"]), 0.0) + float(row["share"] or 0.0)
    chosen = sorted(weight, key=lambda reason: (-weight[reason], reason))[:_REASONS_SHOWN]
    palette = [*COLOURS[1:], GREY]
    return {KEPT: COLOURS[0], **dict(zip(chosen, palette, strict=False))}


def _words(reason: str) -> str:
    return reason.replace("_", " ")


def _size(size: int) -> str:
    for unit, factor in (("MB", 2**20), ("kB", 2**10)):
        if size >= factor:
            return f"{size // factor} {unit}"
    return f"{size} B"
