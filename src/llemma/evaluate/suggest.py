"""Next tactics for a goal, each tried by the prover: those that close it first."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from llemma.errors import UserError
from llemma.provers.base import Closed, Open, Proved, Prover, Step, proof_text
from llemma.provers.suggest import Suggester, Suggestion
from llemma.records import Theorem

_TURNSTILE = "⊢"
_STATE_CHARACTERS = 80


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
    hypotheses, _, goal = text.partition(_TURNSTILE)
    lines = [line for line in hypotheses.replace("\n  ", " ").splitlines() if line.strip()]
    binders = [line.strip() for line in lines if not line.startswith("case ")]
    for line in binders:
        if "✝" in line or ":=" in line:
            raise UserError(f"the hypothesis {line!r} cannot be stated again. Give the theorem and the tactics so far")
    goal = goal.split("\n\n")[0].strip()
    return " ".join([*(f"({line})" for line in binders), f": {goal}"])


def try_suggestions(
    theorem: Theorem, so_far: Sequence[str], prover: Prover, suggest: Suggester
) -> tuple[Open, list[Tried]]:
    """Return the state after the tactics so far, and every suggestion with what became of it: the best first.

    Raises UserError when the statement or a tactic so far is not accepted, or nothing is left to prove.
    """
    state: Step = prover.start(theorem)
    for tactic in so_far:
        state = prover.steps(_open(state, "the goal"), [tactic])[0]
    here = _open(state, f"the tactic {so_far[-1]!r}" if so_far else "the goal")
    suggestions = suggest([here])[0]
    steps = prover.steps(here, [suggestion.tactic for suggestion in suggestions])
    tried = [
        Tried(suggestion, step, isinstance(step, Closed) and _is_proof(prover, theorem, step))
        for suggestion, step in zip(suggestions, steps, strict=True)
    ]
    return here, sorted(tried, key=lambda one: (not one.closes, not isinstance(one.step, Open)))


def show_suggestions(state: Open, tried: Sequence[Tried], *, with_failures: bool) -> None:
    """Print a state and the suggestions for it to stdout."""
    console = Console()
    console.print(escape(state.text))
    table = Table()
    for heading in ("tactic", "score", "then"):
        table.add_column(heading)
    shown = [one for one in tried if with_failures or one.closes or isinstance(one.step, Open)]
    for one in shown:
        table.add_row(escape(one.suggestion.tactic), f"{one.suggestion.logprob:.2f}", escape(_outcome(one)))
    console.print(table)
    if len(tried) > len(shown):
        console.print(f"{len(tried) - len(shown)} others fail (--all shows them)")


def _open(step: Step, what: str) -> Open:
    if isinstance(step, Open):
        return step
    raise UserError(f"{what} leaves nothing to prove" if isinstance(step, Closed) else f"{what} fails: {step.reason}")


def _is_proof(prover: Prover, theorem: Theorem, closed: Closed) -> bool:
    return isinstance(prover.check(theorem, proof_text(closed.tactics)), Proved)


def _outcome(one: Tried) -> str:
    if one.closes:
        return "🎉 proved"
    if isinstance(one.step, Open):
        goals = [goal.partition(_TURNSTILE)[2].strip() for goal in one.step.goals]
        more = f"  (+{len(goals) - 1} more)" if len(goals) > 1 else ""
        return f"{_TURNSTILE} {goals[0][:_STATE_CHARACTERS]}{more}"
    return "closes no proof" if isinstance(one.step, Closed) else one.step.reason[:_STATE_CHARACTERS]
