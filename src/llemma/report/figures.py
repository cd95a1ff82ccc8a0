"""Figures: runs in, a matplotlib Figure out, each drawn from rows that are saved as CSV beside it.

Our numbers are in colour (Okabe and Ito's palette, safe for colour-blind readers), published ones are grey marks.
The same runs give the same bytes on one machine: fixed style, fixed SVG ids, no date in the files.
"""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from llemma.report.drawing import (
    BLACK,
    GREY,
    Label,
    Row,
    colour_of,
    new_figure,
    note,
    number_of,
    place_labels,
    short_count,
    styled,
    write_right,
)
from llemma.report.paper import PublishedNumber, published_model, published_numbers
from llemma.report.results import GREEDY, EvalRun, Part, Results, Scores, TrainRun
from llemma.report.tables import natural
from llemma.voting import wilson

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

By = Literal["level", "subject"]

REFERENCE_MODELS = ("Llemma 7B", "Llemma 34B")
ALL = "all problems"

_MARKERS = ("o", "s", "D", "^", "v")


def loss_rows(runs: Sequence[TrainRun]) -> list[Row]:
    """Return one row per logged loss: run, series ("train" or the validation's name), step, tokens, loss, smoothed.

    `smoothed` is the mean of the surrounding logged steps, a twentieth of all of them; validations have none.
    """
    rows: list[Row] = []
    for run in runs:
        logged = [(step, step.loss) for step in run.steps if step.loss is not None]
        smooth = _running_mean([loss for _, loss in logged], window=max(1, len(logged) // 20))
        tokens = _tokens_at(run)
        rows += [
            _loss_row(run, "train", step.step, tokens[step.step], loss, mean)
            for (step, loss), mean in zip(logged, smooth, strict=True)
        ]
        rows += [
            _loss_row(run, name, step.step, tokens[step.step], loss, None)
            for step in run.steps
            for name, loss in sorted(step.validation.items())
        ]
    return rows


def loss_curves(runs: Sequence[TrainRun]) -> "Figure":
    """Return the training loss of each run against tokens, one panel a run: raw faint, smoothed strong.

    Validation losses are marks. The loss axis is logarithmic and the same in all panels.
    """
    rows = loss_rows(runs)
    with styled():
        figure = new_figure(width=1.2 + 4.3 * len(runs), height=3.9)
        panels = figure.subplots(1, len(runs), sharey=True, squeeze=False)[0]
        panels[0].set_yscale("log")
        panels[0].set_ylabel("loss (nats per token, log scale)")
        _plain_log_ticks(panels[0], [number_of(row["loss"]) for row in rows])
        for index, (panel, run) in enumerate(zip(panels, runs, strict=True)):
            labels = _draw_losses(panel, [row for row in rows if row["run"] == run.name], colour_of(index))
            place_labels(panel, labels)
            panel.set_title(f"{run.name} ({short_count(run.parameters)} parameters)")
            panel.set_xlabel("training tokens")
        note(figure, "faint: logged steps; line: running mean; marks: validation loss")
    return figure


def accuracy_by_k_rows(results: Results, task: str, profile: str = "fixed") -> list[Row]:
    """Return one row per point: model, measure ("maj", "pass", "greedy", "published"), k, mean, stderr, low, high.

    Accuracies are fractions; low and high are the ends of the 95 % interval over problems.
    """
    rows: list[Row] = []
    for model in results.models:
        sampled, greedy = results.sampled(task, model), results.run(task, model, GREEDY)
        scores = sampled.summary.profiles.get(profile) if sampled else None
        for measure, points in (("maj", scores.maj), ("pass", scores.passed)) if scores else ():
            rows += [
                _point_row(model, measure, point.k, point.mean, point.stderr, (point.low, point.high))
                for point in sorted(points, key=lambda point: point.k)
            ]
        if greedy and (score := greedy.score(profile)):
            interval = wilson(score.value, greedy.summary.problems)
            rows.append(_point_row(model, "greedy", 1, score.value, score.stderr, interval))
    rows += [
        _point_row(number.model, "published", number.samples, number.percent / 100, None, (None, None))
        for number in _references(results, task)
    ]
    return rows


def accuracy_by_k(results: Results, task: str, profile: str = "fixed") -> "Figure":
    """Return accuracy against k: maj@k solid and pass@k dashed with a 95 % band, greedy dotted, per model."""
    rows = accuracy_by_k_rows(results, task, profile)
    published = [row for row in rows if row["measure"] == "published"]
    labels: list[Label] = []
    with styled():
        figure = new_figure(width=7.6, height=max(4.2, 1.6 + 0.24 * (3 * len(results.models) + len(published))))
        axes = figure.subplots()
        last_k = max((number_of(row["k"]) for row in rows if row["measure"] != "published"), default=1.0)
        for index, model in enumerate(results.models):
            own = [row for row in rows if row["model"] == model and row["measure"] != "published"]
            labels += _draw_model_by_k(axes, own, colour_of(index), last_k)
        labels += _draw_published_by_k(axes, published, last_k)
        _log2_axis(axes, last_k)
        axes.set_ylim(*_percent_limits(rows))
        axes.set_xlabel("k, samples per problem (log scale)")
        axes.set_ylabel(f"accuracy (%, {_sizes(results.of(task))})")
        axes.set_title(f"{results.title(task)}: accuracy against samples")
        place_labels(axes, labels)
        grey = "; grey: paper" if published else ""
        note(figure, f"solid: maj@k, dashed: pass@k, dotted: greedy; bands: 95 % interval over problems{grey}")
    return figure


def accuracy_by_part_rows(results: Results, task: str, by: By, profile: str = "fixed") -> list[Row]:
    """Return one row per bar: model, decoding, part, problems, accuracy, low, high; then the published values.

    The first part is "all problems". A model's greedy run is taken when there is one, else the mean over its samples.
    low and high (Wilson's 95 % interval) are given for greedy runs only.
    """
    rows: list[Row] = []
    for run in _one_run_a_model(results, task):
        scores = run.summary.profiles.get(profile)
        parts = _parts(scores, by) if scores else {}
        if scores and parts:
            rows.append(_bar_row(run, ALL, Part(problems=run.summary.problems, accuracy=scores.accuracy)))
            rows += [_bar_row(run, name, parts[name]) for name in sorted(parts, key=natural)]
    if rows:
        rows += [
            {
                "model": number.model,
                "decoding": "published, greedy",
                "part": ALL,
                "problems": number.problems,
                "accuracy": number.percent / 100,
                "low": None,
                "high": None,
            }
            for number in _references(results, task)
            if number.samples == 1
        ]
    return rows


def accuracy_by_part(results: Results, task: str, by: By, profile: str = "fixed") -> "Figure":
    """Return bars of accuracy by level or subject, one colour a model, with 95 % intervals for greedy runs."""
    rows = accuracy_by_part_rows(results, task, by, profile)
    ours = [row for row in rows if _is_ours(row)]
    published = [row for row in rows if row not in ours]
    models = list(dict.fromkeys(str(row["model"]) for row in ours))
    group_inches = 0.14 + 0.22 * len(models)
    lines = _bar_lines(ours, published, mark_height=0.22 / group_inches)
    with styled():
        figure = new_figure(width=7.6, height=1.1 + group_inches * (max(lines.values()) + 1))
        axes = figure.subplots()
        for index, model in enumerate(models):
            own = [row for row in ours if row["model"] == model]
            _draw_bars(axes, own, lines, (index, len(models)), colour_of(results.models.index(model)))
        _draw_published_marks(axes, published, lines)
        axes.set_yticks(list(lines.values()), [_line_label(line, by, rows) for line in lines])
        axes.set_ylim(max(lines.values()) + 0.55, -0.55)
        axes.set_xlim(0, 100)
        axes.grid(visible=False, axis="y")
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel("accuracy (%)")
        axes.set_title(f"{results.title(task)}: accuracy by {by}")
        note(figure, "error bars: 95 % interval (Wilson), for greedy decoding" + ("; grey: paper" if published else ""))
    return figure


def _loss_row(run: TrainRun, series: str, step: int, tokens: float, loss: float, smoothed: float | None) -> Row:
    return {"run": run.name, "series": series, "step": step, "tokens": tokens, "loss": loss, "smoothed": smoothed}


def _tokens_at(run: TrainRun) -> dict[int, int]:
    """Return the tokens seen at each step; a validation line without them has those of the last step before it."""
    seen: dict[int, int] = {}
    last = 0
    for step in run.steps:
        last = step.tokens if step.tokens is not None else last
        seen[step.step] = last
    return seen


def _running_mean(values: Sequence[float], *, window: int) -> list[float]:
    half = window // 2
    spans = [values[max(0, i - half) : i + half + 1] for i in range(len(values))]
    return [sum(span) / len(span) for span in spans]


def _draw_losses(panel: "Axes", rows: Sequence[Row], colour: str) -> list[Label]:
    train = [row for row in rows if row["series"] == "train"]
    tokens = [number_of(row["tokens"]) for row in train]
    panel.plot(tokens, [number_of(row["loss"]) for row in train], color=colour, alpha=0.3, linewidth=0.7)
    smooth = [number_of(row["smoothed"]) for row in train]
    panel.plot(tokens, smooth, color=colour, linewidth=1.8)
    last_x = max([number_of(row["tokens"]) for row in rows], default=1.0)
    labels = [Label(f"training: {smooth[-1]:.2f}", last_x, smooth[-1], colour)] if train else []
    names = dict.fromkeys(str(row["series"]) for row in rows if row["series"] != "train")
    for name, marker in zip(names, _MARKERS * len(names), strict=False):
        own = [row for row in rows if row["series"] == name]
        x, y = [number_of(row["tokens"]) for row in own], [number_of(row["loss"]) for row in own]
        panel.plot(x, y, marker, color=BLACK, markersize=5, markerfacecolor="white", linestyle="none", clip_on=False)
        labels.append(Label(f"{name}: {y[-1]:.2f}", x[-1], y[-1], BLACK))
    panel.xaxis.set_major_formatter(lambda value, _: short_count(value))
    panel.locator_params(axis="x", nbins=5)
    panel.set_xlim(0, last_x)
    return labels


def _plain_log_ticks(axes: "Axes", losses: Sequence[float]) -> None:
    """Label a logarithmic loss axis with plain numbers: 0.2, 0.5, 1, 2, 5."""
    from matplotlib.ticker import FixedLocator, NullLocator

    known = [loss for loss in losses if loss > 0]
    low, high = (min(known) * 0.85, max(known) * 1.15) if known else (0.1, 10.0)
    ticks = [digit * 10.0**power for power in range(-4, 4) for digit in (1, 2, 3, 5, 7)]
    axes.set_ylim(low, high)
    shown = [tick for tick in ticks if low <= tick <= high]
    axes.yaxis.set_major_locator(FixedLocator(shown))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")


def _point_row(
    model: str, measure: str, k: int, mean: float, stderr: float | None, interval: tuple[float | None, float | None]
) -> Row:
    low, high = interval
    return {"model": model, "measure": measure, "k": k, "mean": mean, "stderr": stderr, "low": low, "high": high}


def _draw_model_by_k(axes: "Axes", rows: Sequence[Row], colour: str, last_k: float) -> list[Label]:
    labels = []
    for measure, line in (("maj", "-"), ("pass", "--")):
        points = [row for row in rows if row["measure"] == measure]
        if not points:
            continue
        k, mean = [number_of(row["k"]) for row in points], _percents(points, "mean")
        low, high = _percents(points, "low"), _percents(points, "high")
        axes.fill_between(k, low, high, color=colour, alpha=0.16 if measure == "maj" else 0.08, linewidth=0)
        axes.plot(k, mean, line, color=colour, linewidth=2.0 if measure == "maj" else 1.4)
        labels.append(Label(f"{points[0]['model']} {measure}@{k[-1]:g}: {mean[-1]:.1f}", k[-1], mean[-1], colour))
    for row in rows:
        if row["measure"] == "greedy":
            y = 100 * number_of(row["mean"])
            axes.plot([1, last_k], [y, y], ":", color=colour, linewidth=1.2)
            axes.plot([1], [y], "D", color=colour, markersize=6, markerfacecolor="white", zorder=4, clip_on=False)
            labels.append(Label(f"{row['model']} greedy: {y:.1f}", last_k, y, colour))
    return labels


def _draw_published_by_k(axes: "Axes", rows: Sequence[Row], last_k: float) -> list[Label]:
    """Mark published values on the right edge; what they measure (greedy, maj@100) is in the label."""
    labels = []
    for row in rows:
        y, k = 100 * number_of(row["mean"]), number_of(row["k"])
        axes.plot([last_k], [y], "<", color=GREY, markersize=7, clip_on=False, zorder=5)
        method = "greedy" if k == 1 else f"maj@{k:g}"
        labels.append(Label(f"{row['model']} {method}: {y:.1f} (paper)", last_k, y, GREY))
    return labels


def _log2_axis(axes: "Axes", last_k: float) -> None:
    from matplotlib.ticker import FixedLocator, NullLocator

    axes.set_xscale("log", base=2)
    ticks = [2.0**power for power in range(int(math.log2(last_k)) + 1)]
    if last_k > 1.2 * ticks[-1]:
        ticks.append(last_k)
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.set_xlim(0.93, max(last_k, 1.5) * 1.04)


def _percent_limits(rows: Sequence[Row]) -> tuple[float, float]:
    """Return the ends of an accuracy axis: all that is drawn and some air, within 0 and 100 (and 2 for the marks)."""
    values = [100 * number_of(row[key]) for row in rows for key in ("mean", "low", "high") if row[key] is not None]
    low, high = min(values, default=0.0), max(values, default=100.0)
    air = max(3.0, 0.06 * (high - low))
    return max(-2.0, low - air), min(102.0, high + air)


def _parts(scores: Scores, by: By) -> Mapping[str, Part]:
    return scores.levels if by == "level" else scores.subjects


def _one_run_a_model(results: Results, task: str) -> list[EvalRun]:
    runs = [results.run(task, model, GREEDY) or results.sampled(task, model) for model in results.models]
    return [run for run in runs if run is not None]


def _bar_row(run: EvalRun, name: str, part: Part) -> Row:
    low, high = wilson(part.accuracy, max(1, part.problems)) if run.is_greedy else (None, None)
    return {
        "model": run.summary.model,
        "decoding": GREEDY if run.is_greedy else f"mean of {run.summary.samples} samples",
        "part": name,
        "problems": part.problems,
        "accuracy": part.accuracy,
        "low": low,
        "high": high,
    }


def _draw_bars(
    axes: "Axes", rows: Sequence[Row], lines: Mapping[str, float], place: tuple[int, int], colour: str
) -> None:
    """Draw one model's bars. `lines` says where each part is, `place` is (its index, number of models) in a group."""
    index, models = place
    thickness = 0.76 / models
    for row in rows:
        y = lines[str(row["part"])] + (index - (models - 1) / 2) * thickness
        value = end = 100 * number_of(row["accuracy"])
        axes.barh(y, value, height=0.86 * thickness, color=colour, alpha=0.85, linewidth=0)
        if row["low"] is not None and row["high"] is not None:
            low, end = 100 * number_of(row["low"]), 100 * number_of(row["high"])
            axes.plot([low, end], [y, y], color=BLACK, linewidth=1.0, solid_capstyle="butt", clip_on=False)
        name = f"{row['model']} ({row['decoding']}): " if row["part"] == ALL else ""
        write_right(axes, f"{name}{value:.1f}", (end, y), colour, offset_pt=4)


def _draw_published_marks(axes: "Axes", rows: Sequence[Row], lines: Mapping[str, float]) -> None:
    """Draw published accuracies over all problems as grey marks, each on its own line."""
    for row in rows:
        x, y = 100 * number_of(row["accuracy"]), lines[_published_line(row)]
        axes.plot([x], [y], "D", color=GREY, markersize=7, clip_on=False)
        write_right(axes, f"{x:.1f}", (x, y), GREY, offset_pt=8)


def _published_line(row: Row) -> str:
    return f"{row['model']}, paper (n = {row['problems']})"


def _bar_lines(ours: Sequence[Row], published: Sequence[Row], *, mark_height: float) -> dict[str, float]:
    """Return where each line of the bar chart is, from 0 at the top: all problems, published values, the parts."""
    lines = {ALL: 0.0}
    for number, row in enumerate(published):
        lines[_published_line(row)] = 0.5 + mark_height * (number + 0.6)
    first_part = 1.0 + mark_height * (len(published) + 0.2) * bool(published)
    parts = sorted({str(row["part"]) for row in ours} - {ALL}, key=natural)
    return lines | {part: first_part + number for number, part in enumerate(parts)}


def _line_label(line: str, by: By, rows: Sequence[Row]) -> str:
    sizes = sorted({int(number_of(row["problems"])) for row in rows if row["part"] == line and _is_ours(row)})
    if not sizes:
        return line
    name = f"level {line}" if by == "level" and line.isdigit() else line.replace("_", " ")
    return f"{name} (n = {sizes[0]})" if len(sizes) == 1 else f"{name} (n = {sizes[0]} to {sizes[-1]})"


def _is_ours(row: Row) -> bool:
    return not str(row["decoding"]).startswith("published")


def _references(results: Results, task: str) -> list[PublishedNumber]:
    """Return the published numbers to mark: of the Llemma models and of any of ours that the paper has too."""
    wanted = {*REFERENCE_MODELS, *(published_model(model) for model in results.models)}
    return [number for number in published_numbers(task) if number.model in wanted]


def _sizes(runs: Sequence[EvalRun]) -> str:
    sizes = sorted({run.summary.problems for run in runs})
    return f"n = {sizes[0]}" if len(sizes) == 1 else f"n = {sizes[0]} to {sizes[-1]}"


def _percents(rows: Sequence[Row], key: str) -> list[float]:
    return [100 * number_of(row[key]) for row in rows]
