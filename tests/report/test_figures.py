"""Figures: what is on the axes, what is drawn, and that the same runs give the same bytes."""

import csv
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from llemma.errors import MissingPackageError
from llemma.report.drawing import GREY, save_figure, spread
from llemma.report.figures import (
    accuracy_by_k,
    accuracy_by_k_rows,
    accuracy_by_part,
    accuracy_by_part_rows,
    loss_curves,
    loss_rows,
)
from llemma.report.results import read_results

pytest.importorskip("matplotlib")

Make = Callable[..., Path]


def test_loss_is_drawn_against_tokens_one_panel_a_run(demo_trains: list[Path]) -> None:
    runs = read_results([], demo_trains).train_runs
    panels = loss_curves(runs).axes
    assert [panel.get_title(loc="left") for panel in panels] == [
        "base (5.2 M parameters)",
        "continued (5.2 M parameters)",
    ]
    assert panels[0].get_ylabel() == "loss (nats per token, log scale)"
    assert {panel.get_xlabel() for panel in panels} == {"training tokens"}
    texts = [text.get_text() for text in panels[1].texts]
    assert [text.split(":")[0] for text in sorted(texts)] == ["general", "mathematics", "training"]


def test_the_smoothed_loss_is_a_running_mean(make_train: Make) -> None:
    rows = loss_rows(read_results([], [make_train(steps=60)]).train_runs)
    train = [row for row in rows if row["series"] == "train"]
    losses = [row["loss"] for row in train]
    assert train[30]["smoothed"] == pytest.approx(sum(losses[29:32]) / 3)  # 60 steps: a window of 3
    assert train[30]["tokens"] == 31 * 8192


def test_accuracy_against_k_has_a_log2_axis_lines_bands_and_greedy_marks(demo_evals: list[Path]) -> None:
    axes = accuracy_by_k(read_results(demo_evals), "arithmetic").axes[0]
    assert axes.get_xscale() == "log"
    assert list(axes.get_xticks()) == [1, 2, 4, 8, 16]
    assert "accuracy (%" in axes.get_ylabel()
    assert "n = 500" in axes.get_ylabel()
    assert len(axes.collections) == 4  # bands of maj@k and pass@k for two models
    texts = {text.get_text() for text in axes.texts}
    assert {"continued maj@16: 92.5", "continued pass@16: 97.0", "continued greedy: 87.5"} <= texts


def test_published_values_are_grey_marks(demo_evals: list[Path]) -> None:
    axes = accuracy_by_k(read_results(demo_evals), "gsm8k").axes[0]
    grey = sorted(float(line.get_ydata()[0]) for line in axes.lines if line.get_color() == GREY)
    assert grey == pytest.approx([36.4, 51.5, 54.0, 69.3])
    assert "Llemma 7B maj@100: 54.0 (paper)" in {text.get_text() for text in axes.texts}


def test_labels_do_not_overlap(demo_evals: list[Path]) -> None:
    figure = accuracy_by_k(read_results(demo_evals), "gsm8k")
    figure.canvas.draw()
    boxes = sorted((text.get_window_extent() for text in figure.axes[0].texts), key=lambda box: box.y0)
    assert all(below.y1 <= above.y0 + 1 for below, above in pairwise(boxes))
    assert all(box.x0 >= 0 and box.x1 <= figure.bbox.width + 1 for box in boxes)


def test_bars_are_drawn_for_all_problems_and_for_each_level(demo_evals: list[Path]) -> None:
    results = read_results(demo_evals)
    axes = accuracy_by_part(results, "arithmetic", "level").axes[0]
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels == ["all problems (n = 500)", *(f"level {level} (n = 125)" for level in "1234")]
    assert len(axes.patches) == 10
    assert axes.get_xlabel() == "accuracy (%)"
    assert accuracy_by_part_rows(results, "gsm8k", "level") == []


def test_a_sampled_run_alone_is_drawn_without_error_bars(make_eval: Make) -> None:
    rows = accuracy_by_part_rows(read_results([make_eval(samples=4)]), "arithmetic", "subject")
    assert {(row["decoding"], row["low"]) for row in rows} == {("mean of 4 samples", None)}


def test_saved_files_are_the_figure_and_its_rows(demo_evals: list[Path], tmp_path: Path) -> None:
    results = read_results(demo_evals)
    rows = accuracy_by_k_rows(results, "arithmetic")
    svg, png, table = save_figure(accuracy_by_k(results, "arithmetic"), rows, tmp_path / "k")
    assert svg.read_text(encoding="utf-8").startswith("<?xml")
    assert png.read_bytes().startswith(b"\x89PNG")
    saved = list(csv.DictReader(table.read_text(encoding="utf-8").splitlines()))
    assert len(saved) == len(rows) == 2 * (2 * 16 + 1)
    assert float(saved[0]["mean"]) == rows[0]["mean"]


def test_the_users_matplotlibrc_is_neither_used_nor_changed(demo_evals: list[Path], tmp_path: Path) -> None:
    import matplotlib

    results = read_results(demo_evals)
    rows = accuracy_by_part_rows(results, "arithmetic", "level")
    first = save_figure(accuracy_by_part(results, "arithmetic", "level"), rows, tmp_path / "a")
    with matplotlib.rc_context({"font.size": 30, "axes.grid": False, "svg.hashsalt": "x"}):
        second = save_figure(accuracy_by_part(results, "arithmetic", "level"), rows, tmp_path / "b")
        assert matplotlib.rcParams["font.size"] == 30
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_without_matplotlib_the_error_names_the_extra(demo_trains: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    runs = read_results([], demo_trains).train_runs
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingPackageError, match=r"pip install 'llemma\[report\]'"):
        loss_curves(runs)


def test_crowded_labels_are_moved_apart_and_stay_inside() -> None:
    assert spread([0, 0, 0], gap=1, low=0, high=10) == [0, 1, 2]
    assert spread([9.5, 10, 10], gap=1, low=0, high=10) == [8, 9, 10]
    assert spread([1, 5, 9], gap=1, low=0, high=10) == [1, 5, 9]
