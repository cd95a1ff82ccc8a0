"""CPU seconds of a step beside those of its peers, as rows of a Markdown table."""

import gc
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from data_peers import INSTALL

T = TypeVar("T")

ROUNDS = 3
"""How often each step and each peer runs, to count its fastest round: noise of the machine only slows."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What a step did, how much of it, and the CPU seconds that it took."""

    name: str
    amount: float
    cpu_s: float
    remark: str = ""

    @property
    def rate(self) -> float:
        """Amount per CPU-second."""
        return self.amount / self.cpu_s


def measured(work: Callable[[], T]) -> tuple[T, float]:
    """Return what `work` returns and its CPU seconds, those of child processes that ended included.

    Objects that are there before are not charged to it: the garbage collector passes over them, as in a worker.
    """
    gc.collect()
    gc.freeze()
    before = cpu_seconds()
    result = work()
    return result, cpu_seconds() - before


def fastest(work: Callable[[int], T]) -> tuple[T, float]:
    """Return what the fastest round of `work`, which is told its number, returns, and its CPU seconds."""
    rounds = [measured(lambda number=number: work(number)) for number in range(ROUNDS)]  # type: ignore[misc]
    return min(rounds, key=lambda round_: round_[1])


def cpu_seconds() -> float:
    """Return the CPU seconds of this process and of its children that ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def stages(**cpu_s: float) -> str:
    """Return "MB; sign 1.2, compare 0.3 CPU-s"."""
    return f"MB; {', '.join(f'{name} {seconds:.1f}' for name, seconds in cpu_s.items())} CPU-s"


def peer(name: str, amount: float, work: Callable[[int], object]) -> Measured | str:
    """Return what a peer took in the fastest round of `work`, which is told its number, or how to install it."""
    try:
        remark, cpu_s = fastest(work)
    except ImportError as error:
        library = next((known for known in INSTALL if name.startswith(known)), str(error.name))
        return f"{name}: not installed ({error.name}). {INSTALL.get(library, '')}"
    return Measured(name, amount, cpu_s, remark if isinstance(remark, str) else "")


def show_header() -> None:
    """Print the head of the table of rates."""
    print("| step | llemma per CPU-s | what | peer | peer per CPU-s | ratio | about the peer |")
    print("|---|---:|---|---|---:|---:|---|")


def show(own: Measured, *others: Measured | str) -> None:
    """Print a step as one row per peer."""
    first = f"| {own.name} | {own.rate:,.1f} | {own.remark}"
    for other in others or ("",):
        if isinstance(other, str):
            print(f"{first} | {other} | - | - | |", flush=True)
        else:
            ratio = own.rate / other.rate
            print(f"{first} | {other.name} | {other.rate:,.2f} | {ratio:,.1f} | {other.remark} |", flush=True)
        first = "| | | "
