"""Next tactics for a goal, with a prover of a rewriting game (tests/provers/fake.py), and once with the real Lean."""

from collections.abc import Sequence

import pytest

from llemma.errors import UserError
from llemma.evaluate.suggest import Tried, show_suggestions, statement_of, try_suggestions
from llemma.provers.base import Open
from llemma.provers.lean_wasm.prover import LeanWasm
from llemma.provers.lean_wasm.runtime import Runtime
from llemma.provers.suggest import FixedSuggester, Suggestion
from llemma.records import Theorem
from tests.provers.conftest import lean_runtime  # noqa: F401
from tests.provers.fake import FakeProver

STATE = """case inl
a b : Nat
h : a < b
⊢ a + 1 ≤ b"""
WRAPPED = """n : Nat
h :
  n + n =
    2 * n
⊢ n * n + n * n =
  2 * (n * n)"""


def _try(word: str, *tactics: str, so_far: Sequence[str] = ()) -> tuple[Open, list[Tried]]:
    return try_suggestions(Theorem("goal", word), so_far, FakeProver(), FixedSuggester(tactics))


def _names(tried: Sequence[Tried]) -> list[str]:
    return [one.suggestion.tactic for one in tried]


@pytest.mark.parametrize(
    ("text", "statement"),
    [
        ("(n : Nat) : n = n", "(n : Nat) : n = n"),
        ("\n  : 1 = 1\n", ": 1 = 1"),
        ("⊢ 1 = 1", ": 1 = 1"),
        ("n : Nat\n⊢ n = n\n", "(n : Nat) : n = n"),
        (STATE, "(a b : Nat) (h : a < b) : a + 1 ≤ b"),
        (f"\n{STATE}\n\ncase inr\na b : Nat\n⊢ b = a\n", "(a b : Nat) (h : a < b) : a + 1 ≤ b"),
        (WRAPPED, "(n : Nat) (h : n + n = 2 * n) : n * n + n * n = 2 * (n * n)"),
        ("case case_1\ncases : Nat\n⊢ cases = cases", "(cases : Nat) : cases = cases"),
        ("case h✝\nn : Nat\n⊢ n = n", "(n : Nat) : n = n"),
    ],
)
def test_a_statement_is_kept_and_a_state_is_stated_again(text: str, statement: str) -> None:
    assert statement_of(text) == statement


@pytest.mark.parametrize("hypothesis", ["h✝ : p", "n : Nat := 3", "n : Nat :=\n  3"])
def test_a_hypothesis_that_has_no_name_or_a_value_cannot_be_stated_again(hypothesis: str) -> None:
    with pytest.raises(UserError, match=r"cannot be stated again\. Give the theorem and the tactics so far"):
        statement_of(f"p : Prop\n{hypothesis}\n⊢ p")


def test_what_proves_the_goal_comes_first_then_what_leads_on() -> None:
    _, tried = _try("a", "z>", "a>b", "a>")
    assert _names(tried) == ["a>", "a>b", "z>"]
    assert [one.closes for one in tried] == [True, False, False]


def test_equally_good_suggestions_stay_in_their_order() -> None:
    assert _names(_try("a", "y>", "a>c", "z>", "a>b")[1]) == ["a>c", "a>b", "y>", "z>"]


def test_a_tactic_that_changes_nothing_is_as_bad_as_one_that_fails() -> None:
    assert _names(_try("a", "a>a", "z>", "a>b")[1]) == ["a>b", "a>a", "z>"]


def test_a_closed_state_counts_when_the_whole_proof_was_checked() -> None:
    prover = FakeProver()
    _, tried = try_suggestions(Theorem("goal", "ab"), ["a>"], prover, FixedSuggester(("lie", "b>")))
    assert [(one.suggestion.tactic, one.closes) for one in tried] == [("b>", True), ("lie", False)]
    assert prover.checked == ["by\n  a>\n  lie", "by\n  a>\n  b>"]


def test_suggestions_are_for_the_state_after_the_tactics_so_far() -> None:
    here, tried = _try("abc", "c>", so_far=["a>", "b>"])
    assert (here.text, here.tactics) == ("c", ("a>", "b>"))
    assert tried[0].closes


@pytest.mark.parametrize(
    ("word", "so_far", "message"),
    [
        ("a?", [], "the goal fails: not a statement"),
        ("crash", [], "the goal fails: it died"),
        ("ab", ["z>", "a>"], "the tactic 'z>' fails: no z in ab"),
        ("ab", ["a>", "z>"], "the tactic 'z>' fails: no z in b"),
        ("ab", ["ab>", "a>"], "the tactic 'ab>' leaves nothing to prove"),
        ("ab", ["a>", "b>"], "the tactic 'b>' leaves nothing to prove"),
    ],
)
def test_the_tactic_that_leads_nowhere_is_named(word: str, so_far: list[str], message: str) -> None:
    with pytest.raises(UserError) as caught:
        _try(word, so_far=so_far)
    assert str(caught.value) == message


SHOWN = ("⊢a>", "a>b", "a>a", "z>", "lie")


def test_what_leads_on_is_shown_and_the_others_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    show_suggestions(*_try("⊢a", *SHOWN), with_failures=False)
    shown = capsys.readouterr().out
    assert shown.startswith("⊢a\n")
    assert [line.split("│")[1:3] for line in shown.splitlines() if line.startswith("│")] == [
        [" ⊢a>    ", " proved "],
        [" a>b    ", " ⊢ b    "],
    ]
    assert shown.endswith("3 others fail (--all shows them)\n")


def test_failures_are_shown_with_their_reasons_on_request(capsys: pytest.CaptureFixture[str]) -> None:
    show_suggestions(*_try("⊢a", *SHOWN), with_failures=True)
    shown = capsys.readouterr().out
    for part in ("changes nothing", "no z in ⊢a", "closes the goal, but is no proof"):
        assert part in shown
    assert "--all" not in shown


def test_nothing_but_failures_is_said_without_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    show_suggestions(*_try("⊢a", "z>", "y>"), with_failures=False)
    assert capsys.readouterr().out == "⊢a\n\nall 2 suggestions fail (--all shows them)\n"


def test_scores_are_shown_where_a_model_gave_them(capsys: pytest.CaptureFixture[str]) -> None:
    def suggest(states: Sequence[Open]) -> list[list[Suggestion]]:
        return [[Suggestion("a>b", -0.25)] for _ in states]

    show_suggestions(*try_suggestions(Theorem("goal", "a"), [], FakeProver(), suggest), with_failures=False)
    assert "-0.25" in capsys.readouterr().out
    show_suggestions(*_try("a", "a>b"), with_failures=False)
    assert "score" not in capsys.readouterr().out


@pytest.mark.slow
def test_lean_proves_a_goal_that_was_copied_from_a_state(lean_runtime: Runtime) -> None:  # noqa: F811
    with LeanWasm(lean_runtime, processes=1) as prover:
        suggest = FixedSuggester(("rfl", "constructor", "omega"))
        here, tried = try_suggestions(Theorem("goal", statement_of(STATE)), [], prover, suggest)
        assert here.text == "a b : Nat\nh : a < b\n⊢ a + 1 ≤ b"
        assert [one.suggestion.tactic for one in tried if one.closes] == ["omega"]
        here, tried = try_suggestions(Theorem("goal", "(p q : Prop) : p ∧ q → q"), ["intro h"], prover, suggest)
        assert here.goals == ("p q : Prop\nh : p ∧ q\n⊢ q",)
        assert not any(one.closes for one in tried)
