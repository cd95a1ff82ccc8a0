"""Summaries of attempts: counts by hand, the interval of the textbook, pass@k against enumeration."""

from itertools import combinations

import pytest

from llemma.evaluate.summarize_proofs import proof_path, summarize_attempts
from llemma.records import Attempt, AttemptStatus, Node, Outcome, Theorem

ROOT = Node(None, "", 0.0, 0.0, "open", "⊢ p", expanded=0)


def step(parent: int, tactic: str, outcome: Outcome) -> Node:
    return Node(parent, tactic, -0.5, 0.5, outcome)


def attempt(
    name: str, status: AttemptStatus, *, proof: str = "", expansions: int = 1, elapsed_s: float = 1.0, nodes: int = 0
) -> Attempt:
    """An attempt; a proof has `nodes` tactics in a row, all called `simp`."""
    path = [step(number, "simp", "open" if number + 1 < nodes else "closed") for number in range(nodes)]
    return Attempt(name, status, proof, "", expansions, elapsed_s, (ROOT, *path))


THEOREMS = [
    Theorem("one", ": 1 = 1", family="add", level="1"),
    Theorem("two", ": 2 = 2", family="add", level="1"),
    Theorem("three", ": 3 = 3", family="mul", level="2"),
    Theorem("four", ": 4 = 4", family="mul", level="2"),
    Theorem("five", ": 5 = 5", family="mul", level="2"),
]
ATTEMPTS = [
    attempt("one", "solved", proof="by\n  simp", nodes=1, elapsed_s=2.0),
    attempt("two", "solved", proof="by\n  simp\n  simp\n  simp", nodes=3, expansions=7, elapsed_s=4.0),
    attempt("three", "searched", expansions=100, elapsed_s=60.0),
    attempt("four", "timed_out", expansions=40, elapsed_s=600.0),
    attempt("five", "crashed", expansions=0, elapsed_s=0.0),
]


def test_everything_that_is_not_solved_counts_as_unsolved() -> None:
    summary = summarize_attempts(THEOREMS, ATTEMPTS, {"method": "best_first", "model": "tiny"})
    assert (summary["solved"], summary["total"], summary["rate"], summary["model"]) == (2, 5, 0.4, "tiny")
    assert summary["statuses"] == {"solved": 2, "searched": 1, "timed_out": 1, "crashed": 1, "bad_statement": 0}


def test_the_interval_holds_the_fractions_that_a_normal_test_would_not_reject() -> None:
    low, high = summarize_attempts(THEOREMS, ATTEMPTS, {"method": "best_first"})["interval"]
    for end in (low, high):
        assert abs(0.4 - end) == pytest.approx(1.959964 * (end * (1 - end) / 5) ** 0.5)


def test_levels_and_families_are_counted_apart() -> None:
    summary = summarize_attempts(THEOREMS, ATTEMPTS, {"method": "best_first"})
    assert [(name, part["solved"], part["total"]) for name, part in summary["levels"].items()] == [
        ("1", 2, 2),
        ("2", 0, 3),
    ]
    assert [(name, part["solved"]) for name, part in summary["families"].items()] == [("add", 2), ("mul", 0)]


def test_a_single_family_needs_no_breakdown() -> None:
    summary = summarize_attempts(THEOREMS[:2], ATTEMPTS[:2], {"method": "best_first"})
    assert (summary["families"], list(summary["levels"])) == ({}, ["1"])


def test_proof_lengths_are_in_tactics() -> None:
    summary = summarize_attempts(THEOREMS, ATTEMPTS, {"method": "best_first"})
    assert summary["proof_lengths"] == {"1": 1, "3": 1}
    assert summary["solved_at_first_expansion"] == 1


def test_medians_leave_out_what_was_not_recorded() -> None:
    summary = summarize_attempts(THEOREMS, ATTEMPTS, {"method": "best_first"})
    assert summary["median_expansions"] == {"solved": 4.0, "unsolved": 70.0}
    assert summary["median_elapsed_s"] == {"solved": 3.0, "unsolved": 330.0}
    assert summarize_attempts(THEOREMS[4:], ATTEMPTS[4:], {"method": "best_first"})["median_elapsed_s"] == {
        "solved": None,
        "unsolved": None,
    }


def test_the_path_of_the_proof_is_that_of_the_text_that_was_checked() -> None:
    nodes = (
        ROOT,
        step(0, "constructor", "open"),
        step(0, "decide", "closed"),
        step(1, "simp", "open"),
        step(3, "omega", "closed"),
        step(0, "grind", "closed"),
    )
    found = Attempt("t", "solved", "by\n  constructor\n  simp\n  omega", "", 3, 1.0, nodes)
    assert proof_path(found) == (1, 3, 4)
    assert proof_path(Attempt("t", "searched", "", "none of them held", 3, 1.0, nodes)) == ()


def sampled(name: str, outcomes: str) -> Attempt:
    """Whole proofs sampled: + right, - wrong, = the text of the first one again."""
    nodes = [
        step(0, "by 0" if mark == "=" else f"by {number}", {"+": "closed", "-": "rejected", "=": "duplicate"}[mark])
        for number, mark in enumerate(outcomes)
    ]
    status: AttemptStatus = "solved" if "+" in outcomes else "searched"
    return Attempt(name, status, "", "", 1, 1.0, (ROOT, *nodes))


def test_pass_at_k_is_the_chance_over_all_choices_of_k_samples() -> None:
    # The repetition of a right proof is right, that of a wrong one wrong; what a crash left out is wrong.
    outcomes = ["+-=-", "-=--", "--+"]
    right = [[True, False, True, False], [False] * 4, [False, False, True, False]]
    attempts = [
        sampled(theorem.name, marks) for theorem, marks in zip(THEOREMS, [*outcomes, "----", "----"], strict=False)
    ]
    right += [[False] * 4, [False] * 4]
    found = summarize_attempts(THEOREMS, attempts, {"method": "whole_proof"})["pass"]
    for k in range(1, 5):
        shares = [[any(choice) for choice in combinations(row, k)] for row in right]
        expected = sum(sum(share) / len(share) for share in shares) / 5
        assert found[k - 1]["mean"] == pytest.approx(expected)
    assert [point["k"] for point in found] == [1, 2, 3, 4]
