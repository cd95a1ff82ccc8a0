"""A prover of a small rewriting game, for tests of what uses provers.

A statement is a word, and so is a state. The tactic `ab>c` rewrites the first `ab` to `c` and is rejected where there
is none; the empty word is the goal. `lie` closes every state and `check` finds out, `crash` and `stall` do what they
say, and a statement with `?` is not one.
"""

import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from llemma.provers.base import Closed, Crashed, Open, Proved, Rejected, Step, TimedOut, Verdict
from llemma.records import Theorem

LIMIT_S = 7.0


class FakeProver:
    """Remembers its calls; every call of `steps` takes `delay_s`."""

    def __init__(self, *, delay_s: float = 0.0) -> None:
        self.tried: list[tuple[str, str]] = []
        self.checked: list[str] = []
        self._delay_s = delay_s
        self._lock = threading.Lock()

    def identity(self) -> Mapping[str, Any]:
        return {"prover": "fake"}

    def check(self, theorem: Theorem, proof: str) -> Verdict:
        with self._lock:
            self.checked.append(proof)
        header, *lines = proof.splitlines() or [""]
        if header != "by":
            return Rejected("no by")
        state: Step = Open(theorem, (), (theorem.statement,))
        for line in lines:
            if isinstance(state, Open):
                state = Rejected("that was a lie") if line.strip() == "lie" else _step(state, line.strip())
        if isinstance(state, Closed):
            return Proved()
        return Rejected("goals are left") if isinstance(state, Open) else state

    def check_all(self, pairs: Iterable[tuple[Theorem, str]]) -> Iterator[Verdict]:
        return (self.check(theorem, proof) for theorem, proof in pairs)

    def start(self, theorem: Theorem) -> Open | Rejected | TimedOut | Crashed:
        if theorem.statement in {"crash", "stall"}:
            return Crashed("it died") if theorem.statement == "crash" else TimedOut(LIMIT_S)
        return Rejected("not a statement") if "?" in theorem.statement else Open(theorem, (), (theorem.statement,))

    def steps(self, state: Open, tactics: Sequence[str]) -> list[Step]:
        time.sleep(self._delay_s)
        with self._lock:
            self.tried.extend((state.text, tactic) for tactic in tactics)
        return [_step(state, tactic) for tactic in tactics]

    def close(self) -> None:
        pass


def theorem(word: str, name: str = "") -> Theorem:
    """Return the theorem that `word` can be rewritten to nothing."""
    return Theorem(name or f"t_{word}", word)


def _step(state: Open, tactic: str) -> Step:
    tactics = (*state.tactics, tactic)
    if tactic == "crash":
        return Crashed("it died")
    if tactic == "stall":
        return TimedOut(LIMIT_S)
    if tactic == "lie":
        return Closed(state.theorem, tactics)
    left, _, right = tactic.partition(">")
    if not left or left not in state.text:
        return Rejected(f"no {left} in {state.text}")
    word = state.text.replace(left, right, 1)
    return Open(state.theorem, tactics, (word,)) if word else Closed(state.theorem, tactics)
