"""Training documents for tactic models: how a proof is divided, and what the real Lean makes of it."""

from collections.abc import Sequence

import pytest

from llemma.data.generators import lean_core
from llemma.errors import DataError
from llemma.evaluate.tactic_documents import tactic_documents, tactics_of
from llemma.provers.lean_wasm.prover import LeanWasm
from llemma.provers.lean_wasm.runtime import Runtime
from llemma.provers.suggest import tactic_document
from llemma.records import Document, Theorem, proof_text
from tests.provers.conftest import lean_runtime  # noqa: F401


def _proved(proof: str) -> Theorem:
    return Theorem("t", ": p", proof=proof)


@pytest.mark.parametrize(
    ("proof", "tactics"),
    [
        ("by\n  omega", ["omega"]),
        ("by\n  intro h\n  exact h", ["intro h", "exact h"]),
        ("by omega", ["omega"]),
        ("by\n    intro h\n    exact h\n", ["intro h", "exact h"]),
        ("by\n  intro h\n\n  exact h", ["intro h", "exact h"]),
        ("by\n  constructor\n  · intro h\n    exact h\n  · simp", ["constructor", "· intro h\n  exact h", "· simp"]),
        (
            "by\n  induction n with\n  | zero => rfl\n  | succ n h =>\n    simp\n    exact h\n  done",
            ["induction n with\n| zero => rfl\n| succ n h =>\n  simp\n  exact h", "done"],
        ),
    ],
)
def test_a_tactic_is_a_line_and_what_is_indented_below_it(proof: str, tactics: list[str]) -> None:
    assert tactics_of(_proved(proof)) == tactics


@pytest.mark.parametrize("tactics", [["omega"], ["have h : p := by\n  simp\n  omega", "· exact h\n  done", "rfl"]])
def test_the_tactics_are_those_that_a_proof_was_made_of(tactics: Sequence[str]) -> None:
    assert tactics_of(_proved(proof_text(tactics))) == tactics


@pytest.mark.parametrize("proof", ["", "by", "by\n  ", "rfl", "fun h => by simp", "bypass\n  simp"])
def test_a_proof_that_is_not_made_of_tactics_is_refused(proof: str) -> None:
    with pytest.raises(DataError, match="the proof of t is not `by` and one tactic a line"):
        tactics_of(_proved(proof))


KNOWN = [
    Theorem("good", "(p q : Prop) : p → q → p", proof="by\n  intro a b\n  exact a", family="mine"),
    Theorem("left", "(p q : Prop) : p ∧ q → q ∧ p", proof="by\n  intro h\n  constructor"),
    Theorem("wrong", "(p : Prop) : p", proof="by\n  omega"),
    Theorem("given_up", "(p : Prop) : p", proof="by\n  sorry"),
]


@pytest.mark.slow
def test_only_proofs_that_lean_accepts_become_documents(
    lean_runtime: Runtime,  # noqa: F811
    capsys: pytest.CaptureFixture[str],
) -> None:
    with LeanWasm(lean_runtime, processes=1) as prover:
        documents = list(tactic_documents(KNOWN, prover))
        known = lean_core.theorems("train", per_family=1)
        own = list(tactic_documents(known, prover))
    state = "p q : Prop\na : p\nb : q\n⊢ p"
    assert documents == [
        Document("good/0", tactic_document("p q : Prop\n⊢ p → q → p", "intro a b"), {"family": "mine"}),
        Document("good/1", tactic_document(state, "exact a"), {"family": "mine"}),
    ]
    assert "3 of 4 proofs do not go through and give no document; first left (" in capsys.readouterr().err
    assert [document.id for document in own] == [
        f"{theorem.name}/{number}" for theorem in known for number in range(len(tactics_of(theorem)))
    ]
