"""What every prover keeps to."""

import itertools
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from llemma.provers.base import Closed, Crashed, Open, Proved, Prover, Rejected, TimedOut
from llemma.records import Theorem, proof_text
from tests.provers.conftest import IMPATIENCE_S
from tests.provers.fake import LIMIT_S, FakeProver


@dataclass(frozen=True)
class Case:
    """A prover with a theorem that `tactics` prove one after the other; `wrong` fails at first.

    `mortal` is the prover that a theorem and tactic may crash (`crashing`) or keep busy for ever (`stalling`).
    """

    prover: Prover
    theorem: Theorem
    tactics: tuple[str, ...]
    wrong: str
    not_a_statement: Theorem
    mortal: Prover
    crashing: tuple[Theorem, str]
    stalling: tuple[Theorem, str]
    limit_s: float


def _fake_case() -> Case:
    fake, word = FakeProver(), Theorem("t", "abc")
    return Case(fake, word, ("ab>c", "cc>"), "x>y", Theorem("t", "?"), fake, (word, "crash"), (word, "stall"), LIMIT_S)


def _lean_case(request: pytest.FixtureRequest) -> Case:
    fold = ": (Nat.rec (motive := fun _ => Nat) 0 (fun _ n => n + 1) 80000 : Nat) = 80000"
    return Case(
        prover=request.getfixturevalue("lean"),
        theorem=Theorem("t", "(p q : Prop) (h : p ∧ q) : q ∧ p"),
        tactics=("constructor", "exact h.2", "exact h.1"),
        wrong="exact h",
        not_a_statement=Theorem("t", ": n = n"),
        mortal=request.getfixturevalue("impatient_lean"),
        crashing=(Theorem("t", ": (1 <<< 100000000000) % 2 = 0"), "decide +kernel"),
        stalling=(Theorem("t", fold), "decide +kernel"),
        limit_s=IMPATIENCE_S,
    )


@pytest.fixture(scope="module", params=["fake", "lean_wasm"])
def case(request: pytest.FixtureRequest) -> Case:
    return _fake_case() if request.param == "fake" else _lean_case(request)


def test_a_right_proof_is_proved(case: Case) -> None:
    assert isinstance(case.prover.check(case.theorem, proof_text(case.tactics)), Proved)


def test_other_proofs_are_rejected_with_a_reason_of_one_line(case: Case) -> None:
    unfinished = proof_text(case.tactics[:-1])
    for proof in (proof_text([case.wrong]), unfinished, "by", "", "no proof at all"):
        verdict = case.prover.check(case.theorem, proof)
        assert isinstance(verdict, Rejected), proof
        assert len(verdict.reason.splitlines()) == 1


def test_verdicts_on_many_come_in_order_and_are_those_on_each(case: Case) -> None:
    proofs = [proof_text(case.tactics), proof_text([case.wrong]), proof_text(case.tactics[:-1])]
    pairs = [(case.theorem, proof) for proof in proofs * 4]
    assert list(case.prover.check_all(pairs)) == [case.prover.check(*pair) for pair in pairs]


def test_proofs_are_read_only_when_their_turn_is_near(case: Case) -> None:
    endless = itertools.repeat((case.theorem, proof_text([case.wrong])))
    verdicts = itertools.islice(case.prover.check_all(endless), 5)
    assert [verdict.status for verdict in verdicts] == ["rejected"] * 5


def test_tactics_lead_from_the_start_to_the_end_and_are_a_proof(case: Case) -> None:
    state = case.prover.start(case.theorem)
    for done, tactic in enumerate(case.tactics):
        assert isinstance(state, Open)
        assert state.theorem == case.theorem
        assert state.tactics == case.tactics[:done]
        assert all(state.goals)
        (state,) = case.prover.steps(state, [tactic])  # type: ignore[assignment]
    assert state == Closed(case.theorem, case.tactics)
    assert isinstance(case.prover.check(case.theorem, proof_text(case.tactics)), Proved)


def test_tactics_are_tried_on_the_same_state_and_answered_in_order(case: Case) -> None:
    first = case.prover.start(case.theorem)
    assert isinstance(first, Open)
    right, wrong, again = case.prover.steps(first, [case.tactics[0], case.wrong, case.tactics[0]])
    assert isinstance(right, Open)
    assert right == again
    assert isinstance(wrong, Rejected)
    assert case.prover.steps(first, []) == []


def test_what_is_no_statement_has_no_state(case: Case) -> None:
    assert isinstance(case.prover.start(case.not_a_statement), Rejected)


def test_several_threads_get_the_answers_of_one(case: Case) -> None:
    proofs = [proof_text(case.tactics), proof_text([case.wrong])] * 6
    alone = [case.prover.check(case.theorem, proof) for proof in proofs]
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(lambda proof: case.prover.check(case.theorem, proof), proofs)) == alone


def test_a_crash_is_a_result_and_the_next_answer_is_right(case: Case) -> None:
    theorem, tactic = case.crashing
    verdict = case.mortal.check(theorem, proof_text([tactic]))
    assert isinstance(verdict, Crashed)
    assert verdict.reason
    assert isinstance(case.mortal.check(case.theorem, proof_text(case.tactics)), Proved)


def test_a_time_out_is_a_result_and_the_next_answer_is_right(case: Case) -> None:
    theorem, tactic = case.stalling
    assert case.mortal.check(theorem, proof_text([tactic])) == TimedOut(case.limit_s)
    assert isinstance(case.mortal.check(case.theorem, proof_text(case.tactics)), Proved)


def test_the_identity_is_plain_data_and_stays_the_same(case: Case) -> None:
    identity = case.prover.identity()
    assert identity["prover"]
    assert json.loads(json.dumps(identity)) == identity == case.prover.identity()
