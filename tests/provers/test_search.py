import math
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llemma.errors import UserError
from llemma.provers.base import Open
from llemma.provers.search import PROFILES, TACTICS_PER_CALL, SearchOptions, search, search_all
from llemma.provers.suggest import FixedSuggester, Suggester, Suggestion
from llemma.records import Attempt, Node, Theorem
from tests.provers.fake import FakeProver, theorem

FIXED, PAPER = PROFILES["fixed"], PROFILES["paper"]
GROWS = FixedSuggester(("a>aa",))


def _table(moves: Mapping[str, Sequence[tuple[str, float]]]) -> Suggester:
    """Return a suggester that knows (tactic, cost) for some states and nothing for the others."""
    return lambda states: [[Suggestion(tactic, -cost) for tactic, cost in moves.get(s.text, ())] for s in states]


def _expanded(attempt: Attempt) -> list[str]:
    nodes = [node for node in attempt.nodes if node.expanded is not None]
    return [node.state for node in sorted(nodes, key=lambda node: node.expanded or 0)]


def test_the_trace_of_a_proof_has_every_tactic_that_was_tried() -> None:
    suggest = _table({"ab": [("a>", 0.5), ("z>", 1.0)], "b": [("b>", 0.25), ("b>a", 0.5)]})
    attempt = search(theorem("ab"), FakeProver(), suggest, FIXED)
    assert (attempt.theorem, attempt.status, attempt.proof) == ("t_ab", "solved", "by\n  a>\n  b>")
    assert attempt.expansions == 2
    assert attempt.nodes == (
        Node(None, "", 0.0, 0.0, "open", "ab", expanded=0),
        Node(0, "a>", -0.5, 0.5, "open", "b", expanded=1),
        Node(0, "z>", -1.0, 1.0, "rejected", reason="no z in ab"),
        Node(1, "b>", -0.25, 0.75, "closed"),
    )


def test_the_cheapest_state_is_expanded_next() -> None:
    suggest = _table({"ab": [("a>x", 3.0), ("b>y", 1.0)], "ay": [("y>z", 1.0)], "az": [("z>w", 2.0)]})
    attempt = search(theorem("ab"), FakeProver(), suggest, FIXED)
    assert _expanded(attempt) == ["ab", "ay", "az", "xb", "aw"]  # costs 0, 1, 2, 3, 4


def test_a_proof_is_checked_as_a_whole_text() -> None:
    prover = FakeProver()
    search(theorem("a"), prover, _table({"a": [("a>", 1.0)]}), FIXED)
    assert prover.checked == ["by\n  a>"]


def test_a_closed_state_whose_proof_is_rejected_does_not_end_the_search() -> None:
    attempt = search(theorem("a"), FakeProver(), _table({"a": [("lie", 1.0), ("a>", 2.0)]}), FIXED)
    assert attempt.nodes[1] == Node(0, "lie", -1.0, 1.0, "rejected", reason="that was a lie")
    assert attempt.proof == "by\n  a>"


def test_a_tactic_that_takes_too_long_is_a_node_and_the_search_goes_on() -> None:
    attempt = search(theorem("a"), FakeProver(), _table({"a": [("stall", 1.0), ("a>", 2.0)]}), FIXED)
    assert [node.outcome for node in attempt.nodes] == ["open", "timed_out", "closed"]
    assert attempt.status == "solved"


# "cd" is reached at cost 6 by way of "cb", then at cost 3 by way of "ad".
TWO_WAYS = _table(
    {
        "ab": [("a>c", 1.0), ("b>d", 2.0)],
        "cb": [("b>d", 5.0)],
        "ad": [("a>c", 1.0)],
        "cd": [("c>e", 4.0)],
        "ed": [("ed>", 1.0)],
    }
)


def test_of_two_equal_states_the_cheaper_is_expanded() -> None:
    attempt = search(theorem("ab"), FakeProver(), TWO_WAYS, FIXED)
    assert _expanded(attempt) == ["ab", "cb", "ad", "cd", "ed"]
    assert attempt.nodes[3] == Node(1, "b>d", -5.0, 6.0, "duplicate")
    assert attempt.proof == "by\n  b>d\n  a>c\n  c>e\n  ed>"


def test_of_two_equal_states_at_one_cost_the_first_is_kept() -> None:
    moves = {"ab": [("a>c", 1.0), ("b>d", 1.0)], "cb": [("b>d", 2.0)], "ad": [("a>c", 2.0)], "cd": [("cd>", 1.0)]}
    assert search(theorem("ab"), FakeProver(), _table(moves), FIXED).proof == "by\n  a>c\n  b>d\n  cd>"


def test_the_published_search_expands_equal_states_twice() -> None:
    attempt = search(theorem("ab"), FakeProver(), TWO_WAYS, PAPER)
    assert _expanded(attempt) == ["ab", "cb", "ad", "cd", "cd", "ed"]


def test_expanding_twice_costs_the_published_search_a_proof() -> None:
    fixed, paper = (
        search(theorem("ab"), FakeProver(), TWO_WAYS, replace(each, expansions=5)) for each in (FIXED, PAPER)
    )
    assert (fixed.status, paper.status) == ("solved", "searched")


@pytest.mark.parametrize("options", [FIXED, PAPER])
def test_a_state_that_was_expanded_is_a_duplicate(options: SearchOptions) -> None:
    attempt = search(theorem("a"), FakeProver(), _table({"a": [("a>b", 1.0)], "b": [("b>a", 1.0)]}), options)
    assert [node.outcome for node in attempt.nodes] == ["open", "open", "duplicate"]
    assert attempt.expansions == 2


@pytest.mark.parametrize(("options", "second"), [(FIXED, "ay"), (PAPER, "xb")])
def test_ties_go_to_the_first_and_in_the_published_search_to_the_smaller_text(
    options: SearchOptions, second: str
) -> None:
    attempt = search(theorem("ab"), FakeProver(), _table({"ab": [("b>y", 1.0), ("a>x", 1.0)]}), options)
    assert _expanded(attempt)[1] == second


def test_equal_costs_and_equal_tactics_do_not_crash_the_published_search() -> None:
    attempt = search(theorem("a"), FakeProver(), _table({"a": [("a>b", 1.0), ("a>b", 1.0)]}), PAPER)
    assert _expanded(attempt) == ["a", "b", "b"]


@pytest.mark.parametrize(("options", "status"), [(FIXED, "solved"), (PAPER, "crashed")])
def test_a_crash_of_the_prover_ends_only_the_published_search(options: SearchOptions, status: str) -> None:
    attempt = search(theorem("a"), FakeProver(), _table({"a": [("crash", 1.0), ("a>", 2.0)]}), options)
    assert attempt.status == status
    assert attempt.nodes[1] == Node(0, "crash", -1.0, 1.0, "crashed", reason="it died")


@pytest.mark.parametrize(
    ("statement", "status", "reason"),
    [
        ("a?", "bad_statement", "not a statement"),
        ("crash", "crashed", "it died"),
        ("stall", "timed_out", "no answer within 7 s"),
    ],
)
def test_a_statement_without_a_first_state_is_not_searched(statement: str, status: str, reason: str) -> None:
    attempt = search(theorem(statement), FakeProver(), GROWS, FIXED)
    assert (attempt.status, attempt.reason, attempt.expansions, attempt.proof) == (status, reason, 0, "")


def test_the_limit_of_expansions_ends_a_search() -> None:
    attempt = search(theorem("a"), FakeProver(), GROWS, replace(FIXED, expansions=3))
    assert (attempt.status, attempt.reason) == ("searched", "3 expansions, the limit")
    assert _expanded(attempt) == ["a", "aa", "aaa"]


def test_a_search_with_nothing_left_says_so() -> None:
    attempt = search(theorem("a"), FakeProver(), _table({"a": [("a>b", 1.0)]}), FIXED)
    assert (attempt.status, attempt.reason) == ("searched", "no state is left after 2 expansions")


def test_the_time_limit_ends_a_search() -> None:
    attempt = search(theorem("a"), FakeProver(delay_s=0.01), GROWS, replace(FIXED, expansions=10**6, timeout_s=0.05))
    assert (attempt.status, attempt.reason) == ("timed_out", "no proof within 0.05 s")
    assert attempt.elapsed_s >= 0.05


def test_the_time_limit_is_seen_in_the_midst_of_an_expansion() -> None:
    prover = FakeProver(delay_s=0.05)
    suggest = FixedSuggester(("z>",) * 4 * TACTICS_PER_CALL)
    attempt = search(theorem("a"), prover, suggest, replace(FIXED, timeout_s=0.08))
    assert attempt.status == "timed_out"
    assert TACTICS_PER_CALL <= len(prover.tried) < 4 * TACTICS_PER_CALL


def test_no_suggestions_are_asked_for_after_the_time_limit() -> None:
    asked = []

    def suggest(states: Sequence[Open]) -> list[list[Suggestion]]:
        asked.extend(state.text for state in states)
        return GROWS(states)

    search(theorem("a"), FakeProver(delay_s=0.2), suggest, replace(FIXED, timeout_s=0.1))
    assert asked == ["a"]


def test_several_states_of_one_theorem_are_asked_for_in_one_call() -> None:
    asked = []

    def suggest(states: Sequence[Open]) -> list[list[Suggestion]]:
        asked.append([state.text for state in states])
        return TWO_WAYS(states)

    search(theorem("ab"), FakeProver(), suggest, replace(FIXED, batch=2, expansions=4))
    assert asked == [["ab"], ["cb", "ad"], ["cd"]]


MOVES = st.lists(st.tuples(st.sampled_from(["", *"abcdef"]), st.integers(1, 9)), max_size=4)


@given(st.fixed_dictionaries(dict.fromkeys("abcdef", MOVES)))
def test_states_are_expanded_at_their_least_cost_and_the_first_that_can_be_closed_is(
    moves: dict[str, list[tuple[str, int]]],
) -> None:
    suggest = _table({a: [(f"{a}>{b}", float(cost)) for b, cost in row] for a, row in moves.items()})
    attempt = search(theorem("a"), FakeProver(), suggest, FIXED)
    least = _least_costs(moves)
    expanded = [node for node in attempt.nodes if node.expanded is not None]
    assert all(node.cost == least[node.state] for node in expanded)
    ends = [least[letter] for letter, row in moves.items() if any(not target for target, _ in row)]
    if min(ends, default=math.inf) == math.inf:
        assert (attempt.status, len(expanded)) == ("searched", sum(cost < math.inf for cost in least.values()))
    else:
        parent = attempt.nodes[-1].parent
        assert parent is not None
        assert attempt.nodes[parent].cost == min(ends)


def _least_costs(moves: Mapping[str, Sequence[tuple[str, int]]]) -> dict[str, float]:
    """Return the least cost of each letter from "a" on, by Bellman and Ford's method."""
    least = dict.fromkeys(moves, math.inf) | {"a": 0.0}
    for _ in moves:
        for letter, row in moves.items():
            for target, cost in row:
                if target:
                    least[target] = min(least[target], least[letter] + cost)
    return least


THEOREMS = [theorem(word) for word in ("abc", "cab", "bbacc", "a?", "ccc", "abcabc", "cbaab", "bca")]
RULES = ("ab>c", "bc>a", "ca>b", "aa>", "bb>", "cc>", "lie", "crash", "abc>", "a>b")


def _rules(states: Sequence[Open]) -> list[list[Suggestion]]:
    """Suggest all rules at costs that depend on the state."""
    return [
        [Suggestion(rule, -(1 + (7 * number + sum(map(ord, state.text))) % 5)) for number, rule in enumerate(RULES)]
        for state in states
    ]


def _without_time(attempts: Iterator[Attempt]) -> dict[str, Attempt]:
    return {attempt.theorem: replace(attempt, elapsed_s=0.0) for attempt in attempts}


@pytest.mark.parametrize("batch", [1, 3])
def test_a_search_among_others_is_the_same_as_alone(batch: int) -> None:
    options = replace(FIXED, expansions=12, batch=batch)
    alone = _without_time(search(each, FakeProver(), _rules, options) for each in THEOREMS)
    assert {attempt.status for attempt in alone.values()} == {"solved", "searched", "bad_statement"}
    for at_once in (1, 4):
        assert _without_time(search_all(THEOREMS, FakeProver(), _rules, options, at_once=at_once)) == alone


def test_searches_that_wait_get_their_suggestions_in_one_call() -> None:
    busy = threading.Lock()
    sizes = []

    def suggest(states: Sequence[Open]) -> list[list[Suggestion]]:
        assert busy.acquire(blocking=False), "two calls at a time"
        sizes.append(len(states))
        time.sleep(0.1)
        busy.release()
        return GROWS(states)

    theorems = [Theorem(f"t{number}", "a") for number in range(4)]
    attempts = list(search_all(theorems, FakeProver(), suggest, replace(FIXED, expansions=2), at_once=4))
    assert [attempt.expansions for attempt in attempts] == [2, 2, 2, 2]
    assert sum(sizes) == 8
    assert max(sizes) > 1
    assert min(sizes) > 0


def test_an_error_of_the_suggester_is_raised() -> None:
    def suggest(states: Sequence[Open]) -> list[list[Suggestion]]:
        raise UserError(f"no model for {len(states)} states")

    with pytest.raises(UserError, match="no model"):
        list(search_all(THEOREMS, FakeProver(), suggest, FIXED, at_once=4))


def test_searches_end_when_nobody_wants_them_any_more() -> None:
    endless = replace(FIXED, expansions=10**6)
    before = threading.active_count()
    attempts = search_all([theorem("b"), theorem("a")], FakeProver(), GROWS, endless, at_once=2)
    assert next(attempts).theorem == "t_b"
    attempts.close()  # type: ignore[attr-defined]
    assert threading.active_count() == before
