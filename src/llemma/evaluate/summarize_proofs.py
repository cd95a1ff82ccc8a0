"""What attempts at theorems come to: the rate of proofs with its interval, by level, by outcome, and what it took."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from statistics import median
from typing import Any, Literal

import numpy as np

from llemma.evaluate.summarize import BOOTSTRAP_SEED, Estimate
from llemma.records import ATTEMPT_STATUSES, Attempt, Theorem, proof_text
from llemma.voting import bootstrap_interval, pass_at_every_k, standard_error, wilson

Method = Literal["best_first", "whole_proof"]
"""How proofs were looked for: best-first search over tactics, or whole proofs sampled at once."""


def summarize_attempts(
    theorems: Sequence[Theorem], attempts: Sequence[Attempt], facts: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the summary of one attempt at each theorem, in order, after the facts about the run.

    What is not "solved" is unsolved, trouble of the prover included; `interval` is Wilson's, of 95 %. Medians are None
    where nothing is to be counted; an attempt whose `elapsed_s` is 0 has no record of time and expansions.
    `facts["method"]` is a Method: for "whole_proof" there is `pass`, as in other summaries, where every node but the
    root is a sampled proof; for "best_first", `proof_lengths` in tactics.
    """
    assert [theorem.name for theorem in theorems] == [attempt.theorem for attempt in attempts]
    searched = facts["method"] == "best_first"
    families = _parts(theorems, attempts, lambda theorem: theorem.family)
    solved = [attempt for attempt in attempts if attempt.status == "solved"]
    statuses = Counter(attempt.status for attempt in attempts)
    lengths = Counter(len(proof_path(attempt)) for attempt in solved) if searched else {}
    return {
        **facts,
        **_part(attempts),
        "levels": _parts(theorems, attempts, lambda theorem: theorem.level),
        "families": families if len(families) > 1 else {},
        "statuses": {status: statuses[status] for status in ATTEMPT_STATUSES},
        "proof_lengths": {str(length): lengths[length] for length in sorted(lengths)},
        "solved_at_first_expansion": sum(attempt.expansions == 1 for attempt in solved),
        "median_expansions": _medians(attempts, lambda attempt: attempt.expansions),
        "median_elapsed_s": _medians(attempts, lambda attempt: attempt.elapsed_s),
        "pass": [] if searched else _pass_at_k(attempts),
    }


def proof_path(attempt: Attempt) -> tuple[int, ...]:
    """Return the numbers of the nodes, without the root, that lead to the proof of a solved attempt, else ().

    Of several nodes that leave no goals, it is the one whose tactics make up the text of the proof, else the last.
    """
    closed = [number for number, node in enumerate(attempt.nodes) if node.outcome == "closed"]
    paths = [_path_to(attempt, number) for number in closed if attempt.status == "solved"]
    written = [path for path in paths if proof_text(attempt.nodes[number].tactic for number in path) == attempt.proof]
    return (written or paths[-1:] or [()])[0]


def _part(attempts: Sequence[Attempt]) -> dict[str, Any]:
    solved = sum(attempt.status == "solved" for attempt in attempts)
    rate = solved / len(attempts)
    low, high = wilson(rate, len(attempts))
    return {"total": len(attempts), "solved": solved, "rate": rate, "interval": [low, high]}


def _parts(
    theorems: Sequence[Theorem], attempts: Sequence[Attempt], key: Callable[[Theorem], str]
) -> dict[str, dict[str, Any]]:
    """Return the results of each named group."""
    groups: dict[str, list[Attempt]] = defaultdict(list)
    for theorem, attempt in zip(theorems, attempts, strict=True):
        groups[key(theorem)].append(attempt)
    return {name: _part(groups[name]) for name in sorted(groups) if name}


def _medians(attempts: Iterable[Attempt], value: Callable[[Attempt], float]) -> dict[str, float | None]:
    """Return the median of the solved and of the unsolved attempts that have a record of it."""
    recorded: dict[str, list[float]] = {"solved": [], "unsolved": []}
    for attempt in attempts:
        if attempt.elapsed_s > 0:
            recorded["solved" if attempt.status == "solved" else "unsolved"].append(value(attempt))
    return {name: median(values) if values else None for name, values in recorded.items()}


def _path_to(attempt: Attempt, number: int) -> tuple[int, ...]:
    path: list[int] = []
    parent = attempt.nodes[number].parent
    while parent is not None:
        path.append(number)
        number, parent = parent, attempt.nodes[parent].parent
    return tuple(reversed(path))


def _pass_at_k(attempts: Sequence[Attempt]) -> list[dict[str, Any]]:
    """Return pass@k for every k; an attempt that broke off has failed with the samples it lacks."""
    samples = max(len(attempt.nodes) - 1 for attempt in attempts)
    if samples < 1:
        return []
    values = np.stack([pass_at_every_k(_proofs(attempt), samples=samples) for attempt in attempts])  # (theorems, k)
    errors = standard_error(values).tolist() if len(attempts) > 1 else [None] * samples
    low, high = bootstrap_interval(values, seed=BOOTSTRAP_SEED)
    columns = zip(range(1, samples + 1), values.mean(axis=0).tolist(), errors, low.tolist(), high.tolist(), strict=True)
    return [asdict(Estimate(*column)) for column in columns]


def _proofs(attempt: Attempt) -> int:
    """Return how many of the sampled whole proofs are right, repetitions of a right one included."""
    right = {node.tactic for node in attempt.nodes if node.outcome == "closed"}
    return sum(node.tactic in right for node in attempt.nodes[1:])
