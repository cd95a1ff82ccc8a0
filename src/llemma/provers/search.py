"""Best-first search for proofs, over any prover and any suggester.

The published search (wellecks/llemma_formal2formal, proofsearch.py) has these defects, all of them mended here:
1. a state that was reached twice before it is expanded is queued twice and expanded twice;
2. the elapsed time is stored negative;
3. there is no seed: here it is the suggester's, and nothing else in a search is random;
4. equal costs are ordered by the tactics' text, and equal tactics crash (states cannot be compared);
5. when the prover's process dies of one tactic, the whole theorem is given up;
6. a proof counts without having been checked as a whole.
1, 4 (without the crash) and 5 change which proofs are found; the profile "paper" keeps these three.
"""

import heapq
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from threading import Event, Lock

from llemma.provers.base import Closed, Open, Proved, Prover, Step
from llemma.provers.suggest import Suggester, Suggestion
from llemma.records import Attempt, AttemptStatus, Node, Outcome, Theorem, proof_text

TACTICS_PER_CALL = 8
"""How many tactics the prover gets in one call; the time is looked at between calls."""


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """Limits of a search, the published ones by default, and which habits of the published search it keeps.

    `expansions`: states of which the suggestions are tried. `timeout_s`: since the search of the theorem began,
    waiting for the engine and the prover included; a call that is under way is not broken off, and a proof that it
    finds counts. `batch`: states of one theorem that are taken at once, the best ones; 1 is the published order.
    `requeues_equal_states`, `orders_ties_by_tactics`, `ends_at_crash`: defects 1, 4 and 5 of the module's list.
    """

    expansions: int = 100
    timeout_s: float = 600.0
    batch: int = 1
    requeues_equal_states: bool = False
    orders_ties_by_tactics: bool = False
    ends_at_crash: bool = False


PROFILES = {
    "fixed": SearchOptions(),
    "paper": SearchOptions(requeues_equal_states=True, orders_ties_by_tactics=True, ends_at_crash=True),
}


def search(theorem: Theorem, prover: Prover, suggest: Suggester, options: SearchOptions) -> Attempt:
    """Search for a proof; a proof in the result was checked again from scratch.

    The cost of a state is minus the sum of its suggestions' log-probabilities; the cheapest is expanded next, of
    equal ones the first. Its suggestions are tried in order, and the first that leads to a proof ends the search. A
    state with the text of another that was expanded is dropped; of two that wait, the cheaper is kept.
    """
    started = time.monotonic()
    run = _Search(theorem, prover, options, deadline=started + options.timeout_s)
    end = run.to_the_end(suggest)
    elapsed_s = time.monotonic() - started
    return Attempt(theorem.name, end.status, end.proof, end.reason, run.expansions, elapsed_s, tuple(run.nodes))


def search_all(
    theorems: Iterable[Theorem], prover: Prover, suggest: Suggester, options: SearchOptions, *, at_once: int
) -> Iterator[Attempt]:
    """Yield the attempt at every theorem as it ends, searching for `at_once` proofs at the same time.

    Searches that wait for suggestions get them in one call of `suggest`, which is never called twice at a time. An
    attempt is the one that `search` returns alone, as long as no time limit is reached. An error ends all searches;
    whoever stops early waits for the calls that are under way.
    """
    gathered = _Gathered(suggest)
    with ThreadPoolExecutor(at_once) as pool:
        try:  # no list of the attempts is kept: a trace can have megabytes
            for attempt in as_completed(pool.submit(search, each, prover, gathered, options) for each in theorems):
                yield attempt.result()
        finally:
            gathered.stopped.set()
            pool.shutdown(wait=False, cancel_futures=True)


class _Gathered:
    """A suggester for many threads: what is asked while the engine is busy is asked together, in its next call."""

    def __init__(self, suggest: Suggester) -> None:
        self.stopped = Event()
        self._suggest = suggest
        self._waiting: deque[tuple[Sequence[Open], Future[list[list[Suggestion]]]]] = deque()
        self._engine = Lock()

    def __call__(self, states: Sequence[Open]) -> list[list[Suggestion]]:
        answer: Future[list[list[Suggestion]]] = Future()
        self._waiting.append((states, answer))
        with self._engine:
            if self.stopped.is_set():
                raise CancelledError
            if not answer.done():
                self._ask()
        return answer.result()

    def _ask(self) -> None:
        """Answer all who wait now; those who come meanwhile are behind them in the queue."""
        asked = list(self._waiting)
        suggestions = iter(self._suggest([state for states, _ in asked for state in states]))
        for states, answer in asked:
            self._waiting.popleft()
            answer.set_result([next(suggestions) for _ in states])


@dataclass(frozen=True, slots=True)
class _End:
    status: AttemptStatus
    reason: str = ""
    proof: str = ""


class _Search:
    """The search for one proof: the trace, and the queue of states that wait to be expanded."""

    def __init__(self, theorem: Theorem, prover: Prover, options: SearchOptions, *, deadline: float) -> None:
        self.nodes: list[Node] = []
        self.expansions = 0
        self._theorem, self._prover, self._options, self._deadline = theorem, prover, options, deadline
        self._queue: list[tuple[float, tuple[str, ...], int]] = []  # cost, tactics where they order ties, node
        self._waiting: dict[int, Open] = {}  # by node; what is in the queue and not here was replaced
        self._first: dict[str, int] = {}  # the waiting node of each state text
        self._expanded: set[str] = set()

    def to_the_end(self, suggest: Suggester) -> _End:
        root = self._prover.start(self._theorem)
        if not isinstance(root, Open):
            self.nodes.append(Node(None, "", 0.0, 0.0, root.status, reason=root.reason))
            return _End("bad_statement" if root.status == "rejected" else root.status, root.reason)
        self.nodes.append(Node(None, "", 0.0, 0.0, "open", root.text))
        self._add(0, root)
        while chosen := self._take():
            if self._is_late():
                return self._timed_out()
            states = [self._waiting.pop(number) for number in chosen]
            for number, state, suggestions in zip(chosen, states, suggest(states), strict=True):
                if (end := self._expand(number, state, suggestions)) is not None:
                    return end
        count = f"{self.expansions:,} expansions"
        return _End("searched", f"{count}, the limit" if self._waiting else f"no state is left after {count}")

    def _take(self) -> list[int]:
        """Take the best states from the queue, none when it is empty or the limit is reached."""
        wanted = min(self._options.batch, self._options.expansions - self.expansions)
        chosen: list[int] = []
        while self._queue and len(chosen) < wanted:
            *_, number = heapq.heappop(self._queue)
            if number in self._waiting:
                chosen.append(number)
                self._expanded.add(self._waiting[number].text)
        return chosen

    def _expand(self, number: int, state: Open, suggestions: Sequence[Suggestion]) -> _End | None:
        self.nodes[number] = replace(self.nodes[number], expanded=self.expansions)
        self.expansions += 1
        for begin in range(0, len(suggestions), TACTICS_PER_CALL):
            if self._is_late():
                return self._timed_out()
            group = suggestions[begin : begin + TACTICS_PER_CALL]
            steps = self._prover.steps(state, [suggestion.tactic for suggestion in group])
            for suggestion, step in zip(group, steps, strict=True):
                if (end := self._record(number, suggestion, step)) is not None:
                    return end
        return None

    def _record(self, parent: int, suggestion: Suggestion, step: Step) -> _End | None:
        """Add the node of a step; return how the search ends where it ends with it."""
        cost = self.nodes[parent].cost - suggestion.logprob
        outcome, reason = self._outcome(step, cost)
        text = step.text if isinstance(step, Open) and outcome == "open" else ""
        self.nodes.append(Node(parent, suggestion.tactic, suggestion.logprob, cost, outcome, text, reason))
        if isinstance(step, Open) and outcome == "open":
            self._add(len(self.nodes) - 1, step)
        elif isinstance(step, Closed) and outcome == "closed":
            return _End("solved", proof=proof_text(step.tactics))
        elif outcome == "crashed" and self._options.ends_at_crash:
            return _End("crashed", reason)
        return None

    def _outcome(self, step: Step, cost: float) -> tuple[Outcome, str]:
        if isinstance(step, Open):
            return ("open" if self._is_wanted(step.text, cost) else "duplicate"), ""
        if isinstance(step, Closed):
            verdict = self._prover.check(self._theorem, proof_text(step.tactics))
            return ("closed", "") if isinstance(verdict, Proved) else (verdict.status, verdict.reason)
        return step.status, step.reason

    def _is_wanted(self, text: str, cost: float) -> bool:
        if text in self._expanded:
            return False
        rival = self._first.get(text)
        return self._options.requeues_equal_states or rival is None or cost < self.nodes[rival].cost

    def _add(self, number: int, state: Open) -> None:
        """Queue a state, in the place of one with the same text unless these are queued again."""
        rival = self._first.get(state.text)
        if rival is not None and not self._options.requeues_equal_states:
            del self._waiting[rival]
            self.nodes[rival] = replace(self.nodes[rival], outcome="duplicate", state="")
        self._first[state.text] = number
        self._waiting[number] = state
        tie = state.tactics if self._options.orders_ties_by_tactics else ()
        heapq.heappush(self._queue, (self.nodes[number].cost, tie, number))

    def _is_late(self) -> bool:
        return time.monotonic() > self._deadline

    def _timed_out(self) -> _End:
        return _End("timed_out", f"no proof within {self._options.timeout_s:g} s")
