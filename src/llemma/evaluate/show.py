"""A run's summary in the terminal."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table


def show_summary(summary: Mapping[str, Any]) -> None:
    """Print accuracy, vote and failures under every profile to stdout."""
    samples = summary["samples"]
    table = Table(title=f"{summary['model']} on {summary['title']}, n = {summary['problems']:,}, k = {samples}")
    table.add_column("")
    for profile in summary["profiles"]:
        table.add_column(profile, justify="right")
    results = summary["profiles"].values()
    table.add_row(
        "greedy" if summary["greedy"] else "mean sample", *(_percent(r["accuracy"], r["stderr"]) for r in results)
    )
    if samples > 1:
        table.add_row(f"maj@{samples}", *(_estimate(r["maj"][-1]) for r in results))
        table.add_row(f"pass@{samples}", *(_estimate(r["pass"][-1]) for r in results))
    for status in next(iter(results))["statuses"]:
        table.add_row(status.replace("_", " "), *(f"{r['statuses'][status]:,}" for r in results))
    Console().print(table)


def show_agreement(summary: Mapping[str, Mapping[str, Any]]) -> None:
    """Print, per task, how many published answers are correct by the site and by each profile, and who disagrees."""
    table = Table(title="Published answers of Llemma 34B, correct by")
    for column in (
        "task",
        "answers",
        "the paper's site",
        "paper profile",
        "fixed profile",
        "paper profile disagrees on",
    ):
        table.add_column(column, justify="left" if column in ("task", "paper profile disagrees on") else "right")
    for task, result in summary.items():
        counts = (str(result[key]) for key in ("answers", "published", "paper", "fixed"))
        table.add_row(task, *counts, ", ".join(result["paper_disagrees"]) or "none")
    Console().print(table)


def _estimate(estimate: Mapping[str, Any]) -> str:
    return _percent(estimate["mean"], estimate["stderr"])


def _percent(value: float, stderr: float | None) -> str:
    return f"{100 * value:.1f}" if stderr is None else f"{100 * value:.1f} ± {100 * stderr:.1f}"
