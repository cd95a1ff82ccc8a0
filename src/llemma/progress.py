"""Progress of long work on stderr: a live line in a terminal, else a plain line every 30 seconds."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

PLAIN_INTERVAL_S = 30.0


class Meter:
    """Counts finished work towards `total` and shows it with a rate and the time left."""

    def __init__(self, title: str, total: int, unit: str, bar: Progress | None) -> None:
        self._title, self._total, self._unit, self._bar = title, total, unit, bar
        self._done = self._counted = 0
        self._started = self._shown = time.monotonic()
        self._task = bar.add_task(title, total=total, note="") if bar else None

    def advance(self, count: int = 1, note: str = "") -> None:
        """Add finished work; `note` is shown after the rate."""
        self._done += count
        self._counted += count
        self._show(note)

    def skip(self, count: int) -> None:
        """Add work that an earlier run did; it does not count towards the rate."""
        self._done += count
        if self._bar is not None and self._task is not None:
            self._bar.reset(self._task, completed=self._done, note="")

    def _show(self, note: str) -> None:
        now = time.monotonic()
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=self._done, note=note)
        elif now - self._shown >= PLAIN_INTERVAL_S:
            self._shown = now
            rate = self._counted / (now - self._started)
            left = duration((self._total - self._done) / rate) if rate else "?"
            print(
                f"{self._title}: {self._done:,} of {self._total:,} {self._unit}, {rate:,.1f}/s, {left} left  {note}",
                file=sys.stderr,
                flush=True,
            )


class _Count(ProgressColumn):
    """Shows "12,000 of 90,000 tokens, 8,100/s"."""

    def __init__(self, unit: str) -> None:
        super().__init__()
        self._unit = unit

    def render(self, task: Task) -> Text:
        rate = f", {task.speed:,.0f}/s" if task.speed else ""
        return Text(f"{task.completed:,.0f} of {task.total or 0:,.0f} {self._unit}{rate}")


@contextmanager
def progress(title: str, total: int, unit: str) -> Iterator[Meter]:
    """Show the progress of a block of work counted in `unit`."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield Meter(title, total, unit, None)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        _Count(unit),
        TimeRemainingColumn(),
        TextColumn("left  {task.fields[note]}"),
    )
    with Progress(*columns, console=console) as bar:
        yield Meter(title, total, unit, bar)


def say(text: str) -> None:
    """Print one line about the work to stderr; stdout is for results."""
    print(text, file=sys.stderr, flush=True)


def duration(seconds: float) -> str:
    """Return a time span as a person would say it: "0.4 s", "38 s", "3 min 12 s", "2 h 5 min"."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
