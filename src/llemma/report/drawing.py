"""How figures look: style, colours, direct labels, and the three files that a figure is saved as."""

import csv
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from llemma.errors import MissingPackageError
from llemma.storage import write_bytes, write_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Row = Mapping[str, str | int | float | None]
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
GREY = "#767676"
BLACK = "#000000"
PNG_DPI = 160
_STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#E5E5E5",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "svg.hashsalt": "llemma",
    "svg.fonttype": "path",
}
_LABEL_GAP_PT = 13.0


@dataclass(frozen=True, slots=True)
class Label:
    """A direct label: its text and the point (x, y), in data units, that it names."""

    text: str
    x: float
    y: float
    colour: str


def new_figure(*, width: float, height: float) -> "Figure":
    """Return an empty figure in inches, drawn by Agg or SVG without a window or pyplot's global state."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        raise MissingPackageError("matplotlib", needed_by="figures", extra="report") from error
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


@contextmanager
def styled() -> Iterator[None]:
    """Draw in our style whatever the user's matplotlibrc says; restore it afterwards."""
    try:
        from matplotlib import style
    except ModuleNotFoundError as error:
        raise MissingPackageError("matplotlib", needed_by="figures", extra="report") from error
    with style.context(_STYLE, after_reset=True):
        yield


def save_figure(figure: "Figure", rows: Sequence[Row], stem: Path) -> tuple[Path, Path, Path]:
    """Write `stem`.svg, .png and .csv (the rows that the figure was drawn from) and return their paths."""
    paths = (stem.with_suffix(".svg"), stem.with_suffix(".png"), stem.with_suffix(".csv"))
    with styled():
        for path, metadata in ((paths[0], {"Date": None}), (paths[1], {"Software": None})):
            content = io.BytesIO()
            figure.savefig(content, format=path.suffix[1:], dpi=PNG_DPI, metadata=metadata)
            write_bytes(path, content.getvalue())
    write_text(paths[2], _csv(rows))
    return paths


def place_labels(axes: "Axes", labels: Sequence[Label]) -> None:
    """Write the labels in a column right of the axes, moved apart, each with a thin line to its point."""
    height_pt = 0.72 * axes.figure.bbox.height * 72 / axes.figure.dpi  # about: the layout is settled later
    scale = math.log if axes.get_yscale() == "log" else float
    low, high = (scale(end) for end in axes.get_ylim())
    last_x = max((label.x for label in labels), default=0.0)
    column = sorted(labels, key=lambda label: (label.y, label.text))
    points = [(scale(label.y) - low) / (high - low) for label in column]
    places = spread(points, gap=_LABEL_GAP_PT / height_pt, low=0.0, high=1.0)
    for label, point, place in zip(column, points, places, strict=True):
        leader = {"arrowstyle": "-", "color": label.colour, "linewidth": 0.6, "relpos": (0, 0.5), "shrinkA": 1}
        axes.annotate(
            label.text,
            (label.x, label.y),
            (1.045, place),
            textcoords="axes fraction",
            color=_ink(label.colour),
            va="center",
            arrowprops=leader if label.x < last_x or abs(place - point) * height_pt > 3 else None,
            annotation_clip=False,
        )


def spread(values: Sequence[float], *, gap: float, low: float, high: float) -> list[float]:
    """Return ascending `values` moved as little as simple passes allow so that neighbours are `gap` apart.

    They stay between low and high while there is room.
    """
    places: list[float] = []
    for value in values:
        places.append(max(value, places[-1] + gap if places else low))
    ceiling = high
    for index in range(len(places) - 1, -1, -1):
        places[index] = min(places[index], ceiling)
        ceiling = places[index] - gap
    return places


def write_right(axes: "Axes", text: str, point: tuple[float, float], colour: str, *, offset_pt: float) -> None:
    axes.annotate(
        text,
        point,
        (offset_pt, 0),
        textcoords="offset points",
        color=_ink(colour),
        fontsize=9,
        va="center",
        annotation_clip=False,
    )


def note(figure: "Figure", text: str) -> None:
    """Write a line below the figure that says what bands, bars and marks are."""
    figure.supxlabel(text, fontsize=8.5, color="#444444", x=0.01, ha="left")


def colour_of(index: int) -> str:
    return COLOURS[index % len(COLOURS)]


def number_of(value: str | int | float | None) -> float:
    assert isinstance(value, int | float), f"a number was expected in a figure's row, found {value!r}"
    return float(value)


def short_count(value: float) -> str:
    """Return a number as people say it: 950, 12.3 k, 4.1 M, 7 B."""
    for size, unit in ((1e9, " B"), (1e6, " M"), (1e3, " k")):
        if value >= size:
            return f"{value / size:.3g}{unit}"
    return f"{value:g}"


def _ink(colour: str) -> str:
    """Return the colour darkened for text, which needs more contrast than lines do."""
    return "#" + "".join(f"{int(int(colour[at : at + 2], 16) * 0.72):02X}" for at in (1, 3, 5))


def _csv(rows: Sequence[Row]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()
