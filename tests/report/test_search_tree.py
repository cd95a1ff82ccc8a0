"""The picture of a search: what is drawn, what is only counted, where, and that any text can be in it."""

from pathlib import Path

import pytest

from llemma.records import Attempt, Node, Outcome, Theorem
from llemma.report.drawing import save_figure
from llemma.report.search_tree import search_rows, search_tree

pytest.importorskip("matplotlib")

THEOREM = Theorem("double_add", "(n : Nat) : n + n = 2 * n")


def node(parent: int | None, tactic: str, outcome: Outcome, *, expanded: int | None = None, state: str = "⊢ p") -> Node:
    return Node(parent, tactic, -0.5, 0.5, outcome, state if outcome == "open" else "", expanded=expanded)


PROVED = Attempt(
    "double_add",
    "solved",
    "by\n  intro h\n  omega",
    "",
    expansions=3,
    elapsed_s=1.25,
    nodes=(
        node(None, "", "open", expanded=0, state="n : Nat\n⊢ n + n = 2 * n"),
        node(0, "simp", "open", expanded=1),
        node(0, "intro h", "open", expanded=2, state="n : Nat\n⊢ first\n\nn : Nat\n⊢ second"),
        node(0, "ring", "rejected"),
        node(0, "rfl", "rejected"),
        node(0, "skip", "duplicate"),
        node(1, "decide", "timed_out"),
        node(1, "norm_num", "open"),
        node(2, "omega", "closed"),
        node(2, "grind", "closed"),
    ),
)


def full_search(expansions: int, suggestions: int) -> Attempt:
    """A search that failed: node i has children in a fixed pattern, the first three of each are valid."""
    nodes = [node(None, "", "open", expanded=0)]
    for number in range(expansions):
        parent = 0 if number == 0 else 1 + (number - 1) // 3 * suggestions + (number - 1) % 3
        nodes[parent] = node(nodes[parent].parent, nodes[parent].tactic, "open", expanded=number, state="⊢ a + b = c")
        nodes += [
            node(parent, f"rw [lemma_{place}, another_lemma_with_a_long_name]", "open" if place < 3 else "rejected")
            for place in range(suggestions)
        ]
    return Attempt("big", "searched", "", "the limit of expansions", expansions, 60.0, tuple(nodes))


def texts(attempt: Attempt, theorem: Theorem = THEOREM) -> list[str]:
    return [text.get_text() for text in search_tree(theorem, attempt).axes[0].texts]


def test_only_expanded_nodes_and_the_proof_are_drawn() -> None:
    rows = {row["node"]: row for row in search_rows(PROVED)}
    assert set(rows) == {0, 1, 2, 8}
    assert [rows[number]["in_proof"] for number in (0, 1, 2, 8)] == [1, 0, 1, 1]
    assert [rows[number]["depth"] for number in (0, 1, 2, 8)] == [0, 1, 1, 2]


def test_all_other_suggestions_are_counted_at_their_parent() -> None:
    rows = {row["node"]: row for row in search_rows(PROVED)}
    assert (rows[0]["others_rejected"], rows[0]["others_duplicate"]) == (2, 1)
    assert (rows[1]["others_timed_out"], rows[1]["others_open"]) == (1, 1)
    assert rows[2]["others_closed"] == 1
    counted = sum(value for row in rows.values() for key, value in row.items() if key.startswith("others_"))
    assert len(rows) + counted == len(PROVED.nodes)


def test_the_picture_names_theorem_outcome_tactics_states_and_counts() -> None:
    shown = texts(PROVED)
    assert shown[:2] == [
        "double_add",
        "proved with 2 tactics; 3 expansions in 1.25 s; "
        "9 suggestions (3 queued, 2 rejected, 2 left no goals, 1 seen before, 1 timed out)",
    ]
    expected = {"intro h", "omega", "simp", "no goals", "⊢ n + n = 2 * n", "⊢ first (+ 1 more)", "1", "2", "3"}
    assert expected <= set(shown)
    assert {"2 rejected, 1 seen before", "1 queued, 1 timed out"} <= set(shown)
    assert not {"ring", "rfl", "grind"} & set(shown)


def test_the_proof_is_one_straight_line_and_the_rest_below_it() -> None:
    axes = search_tree(THEOREM, PROVED).axes[0]
    heights = {text.get_text(): text.get_position()[1] for text in axes.texts}
    assert heights["intro h"] == heights["omega"] < heights["simp"]


def test_a_search_of_100_expansions_and_32_suggestions_stays_readable() -> None:
    attempt = full_search(100, 32)
    figure = search_tree(Theorem("big", ": p"), attempt)
    width, height = figure.get_size_inches()
    assert width < 25
    assert height < 40
    figure.canvas.draw()
    written = [text for text in figure.axes[0].texts if text.get_text()]
    assert sum(text.get_text().startswith("rw [") for text in written) == 99
    boxes = [text.get_window_extent() for text in written]
    assert not any(box.overlaps(other) for place, box in enumerate(boxes) for other in boxes[:place])


def test_a_search_that_failed_says_so_and_has_no_proof() -> None:
    attempt = full_search(4, 5)
    assert texts(attempt)[1] == "not proved; 4 expansions in 60 s; 20 suggestions (12 queued, 8 rejected)"
    assert not any(row["in_proof"] for row in search_rows(attempt))


def test_a_search_that_broke_off_at_the_start_can_be_drawn() -> None:
    attempt = Attempt("t", "crashed", "", "out of memory", 0, 0.5, (node(None, "", "open"),))
    assert "not proved; 0 expansions in 0.5 s; 0 suggestions (none)" in texts(attempt)


@pytest.mark.filterwarnings("error")
def test_any_text_can_be_drawn(tmp_path: Path) -> None:
    """Dollars are not TeX, unknown characters no warning, lines of a tactic one line."""
    nodes = (
        node(None, "", "open", expanded=0, state="⊢ ∀ ε > 0, 𝓝 x ≤ $\\frac$ \U00013000"),
        node(0, "induction n with\n| zero => simp\n| succ n ih => omega", "closed"),
    )
    attempt = Attempt("t", "solved", "by x", "", 1, 1.0, nodes)
    save_figure(search_tree(Theorem("$t_{1", ""), attempt), search_rows(attempt), tmp_path / "tree")
    shown = texts(attempt)
    assert "⊢ ∀ ε > 0, 𝓝 x ≤ $\\frac$ □" in shown
    assert "induction n with | zero => simp | …" in shown
