"""Next tactics for a goal, each tried by the prover: those that close it first."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from llemma.errors import UserError
from llemma.provers.base import Closed, Open, Proved, Prover, Step
from llemma.provers.suggest import Suggester, Suggestion
from llemma.records import Theorem, proof_text

_TURNSTILE = "⊢"
_CHARACTERS = 80
_WRAPPED = re.compile(r"\n +")
"""Where Lean goes on with a long hypothesis in another line."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A suggestion and what it made of the state; `closes`: the whole proof up to here was checked and is one."""

    suggestion: Suggestion
    step: Step
    closes: bool


def statement_of(text: str) -> str:
    """Return a theorem's statement for a goal: as it is, or from a tactic state as Lean prints it (its first goal).

    Raises UserError for a state whose hypotheses cannot be stated again: with `✝` in a name, or a value (`:=`).
    """
    if _TURNSTILE not in text:
        return text.strip()
    hypotheses, _, rest = text.strip().partition(_TURNSTILE)
    goal = rest.partition("\n\n")[0]
    lines = [" ".join(line.split()) for line in _WRAPPED.sub(" ", hypotheses).splitlines()]
    binders = [line for line in lines if line and not line.startswith("case ")]
    for binder in binders:
        if "✝" in binder or ":=" in binder:
            raise UserError(
                f"the hypothesis {binder!r} cannot be stated again. Give the theorem and the tactics so far"
            )
    return " ".join([*(f"({binder})" for binder in binders), ":", *goal.split()])


def try_suggestions(
    theorem: Theorem, so_far: Sequence[str], prover: Prover, suggest: Suggester
) -> tuple[Open, list[Tried]]:
    """Return the state after the tactics so far, and every suggestion with what became of it: the best first.

    Raises UserError when the statement or a tactic so far is not accepted, or nothing is left to prove.
    """
    here = _open(prover.start(theorem), "the goal")
    for tactic in so_far:
        here = _open(prover.steps(here, [tactic])[0], f"the tactic {tactic!r}")
    suggestions = suggest([here])[0]
    steps = prover.steps(here, [suggestion.tactic for suggestion in suggestions])
    tried = [
        Tried(suggestion, step, isinstance(step, Closed) and _is_proof(prover, theorem, step))
        for suggestion, step in zip(suggestions, steps, strict=True)
    ]
    return here, sorted(tried, key=lambda one: (not one.closes, not _leads_on(here, one)))


def show_suggestions(state: Open, tried: Sequence[Tried], *, with_failures: bool) -> None:
    """Print a state and the suggestions for it to stdout; those that prove nothing and change nothing are failures."""
    print(f"{state.text}\n")
    is_scored = any(one.suggestion.logprob for one in tried)
    table = Table("tactic", *["score"] * is_scored, "then")
    shown = [one for one in tried if with_failures or one.closes or _leads_on(state, one)]
    for one in shown:
        score = [f"{one.suggestion.logprob:.2f}"] * is_scored
        table.add_row(escape(one.suggestion.tactic), *score, escape(_outcome(state, one)))
    if shown:
        Console().print(table)
    if len(tried) > len(shown):
        others = f"{len(tried) - len(shown)} others fail" if shown else f"all {len(tried)} suggestions fail"
        print(f"{others} (--all shows them)")


def _open(step: Step, what: str) -> Open:
    if isinstance(step, Open):
        return step
    raise UserError(f"{what} leaves nothing to prove" if isinstance(step, Closed) else f"{what} fails: {step.reason}")


def _is_proof(prover: Prover, theorem: Theorem, closed: Closed) -> bool:
    return isinstance(prover.check(theorem, proof_text(closed.tactics)), Proved)


def _leads_on(state: Open, one: Tried) -> bool:
    return isinstance(one.step, Open) and one.step.goals != state.goals


def _outcome(state: Open, one: Tried) -> str:
    if one.closes:
        return "proved"
    if isinstance(one.step, Closed):
        return "closes the goal, but is no proof"
    if not isinstance(one.step, Open):
        return " ".join(one.step.reason.split())[:_CHARACTERS]
    if not _leads_on(state, one):
        return "changes nothing"
    goals = one.step.goals
    count = f"{len(goals)} goals: " if len(goals) > 1 else ""
    return f"{count}{_TURNSTILE} {' '.join(goals[0].partition(_TURNSTILE)[2].split())[:_CHARACTERS]}"
