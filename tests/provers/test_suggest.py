import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from llemma.data.benchmarks import Benchmarks
from llemma.engines.base import Generation, Request, Sampling
from llemma.engines.stopping import cut
from llemma.errors import UserError
from llemma.provers.base import Open
from llemma.provers.sample import proof_document, proof_prompt, sample_proofs
from llemma.provers.suggest import (
    MAX_TACTIC_CHARACTERS,
    STOP,
    EngineSuggester,
    FixedSuggester,
    Suggestion,
    published_prompt,
    tactic_document,
    tactic_prompt,
)
from llemma.records import Node, Theorem
from tests.provers.fake import FakeProver, theorem

Written = tuple[str, int, float | None]
"""A text, its number of tokens and their log-probability."""


class FakeEngine:
    """Answers sample i of every request with `written[i]`, the last first."""

    name = "fake"

    def __init__(self, *written: Written) -> None:
        self.written = written
        self.calls: list[tuple[Sequence[Request], Sampling]] = []

    def identity(self) -> Mapping[str, Any]:
        return {"engine": "fake"}

    def generate(self, requests: Sequence[Request], sampling: Sampling) -> Iterator[Generation]:
        self.calls.append((requests, sampling))
        for request in reversed(requests):
            for sample in reversed(request.samples):
                text, tokens, logprob = self.written[sample]
                yield Generation(request.id, sample, text, "stop", tokens, logprob)


class FakeBeams(FakeEngine):
    """Has the same as beams; notes how it was asked."""

    def beams(
        self, requests: Sequence[Request], *, width: int, max_new_tokens: int, stop: tuple[str, ...]
    ) -> list[list[Generation]]:
        self.asked = (len(requests), width, max_new_tokens, stop)
        return [list(self.generate([Request(request.id, "", tuple(range(width)))], Sampling())) for request in requests]


def _state(text: str = "⊢ p", name: str = "t") -> Open:
    return Open(Theorem(name, ": p"), (), (text,))


def _suggested(*written: Written) -> list[Suggestion]:
    return EngineSuggester(FakeEngine(*written), width=len(written))([_state()])[0]


def test_suggestions_are_ordered_by_the_mean_log_probability() -> None:
    assert _suggested(("simp", 1, -3.0), ("omega", 4, -4.0), ("rfl", 2, -5.0)) == [
        Suggestion("omega", -1.0),
        Suggestion("rfl", -2.5),
        Suggestion("simp", -3.0),
    ]


def test_equal_tactics_are_one_suggestion_with_the_best_score() -> None:
    assert _suggested(("simp", 1, -3.0), ("\nsimp\n", 3, -3.0)) == [Suggestion("simp", -1.0)]


def test_equal_scores_are_in_order_of_samples() -> None:
    assert [s.tactic for s in _suggested(("simp", 1, -1.0), ("omega", 1, -1.0), ("rfl", 1, -1.0))] == [
        "simp",
        "omega",
        "rfl",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n ",
        "sorry",
        "admit",
        "exact ⟨h, sorry⟩",
        "constructor\n· simp\n· admit",
        "x" * (MAX_TACTIC_CHARACTERS + 1),
    ],
)
def test_what_cannot_be_part_of_a_proof_is_not_suggested(text: str) -> None:
    assert _suggested((text, 1, -1.0), ("simp", 1, -2.0)) == [Suggestion("simp", -2.0)]


@pytest.mark.parametrize("text", ["exact sorry_free", "exact h.admits", "x" * MAX_TACTIC_CHARACTERS])
def test_what_only_looks_like_giving_up_is_suggested(text: str) -> None:
    assert _suggested((text, 1, -1.0)) == [Suggestion(text, -1.0)]


def test_the_lines_of_a_tactic_lose_their_common_indent_only() -> None:
    assert _suggested(("\n  constructor\n    · simp\n", 1, -1.0)) == [Suggestion("constructor\n  · simp", -1.0)]


def test_lone_surrogates_become_characters_that_a_file_can_hold() -> None:
    assert _suggested(("simp \ud800", 1, -1.0)) == [Suggestion("simp ?", -1.0)]


@pytest.mark.parametrize("logprob", [-math.inf, math.nan])
def test_a_score_that_is_no_number_is_no_suggestion(logprob: float) -> None:
    assert _suggested(("simp", 1, logprob)) == []


def test_an_engine_without_log_probabilities_is_a_users_error() -> None:
    with pytest.raises(UserError, match=r"model fake gives no log-probabilities.*logprobs=true"):
        _suggested(("simp", 1, None))


def test_suggestions_come_in_the_order_of_states_from_one_call() -> None:
    class Echo(FakeEngine):
        def generate(self, requests: Sequence[Request], sampling: Sampling) -> Iterator[Generation]:
            self.calls.append((requests, sampling))
            return (Generation(r.id, 0, r.prompt.split("\n")[2], "stop", 1, -1.0) for r in reversed(requests))

    engine = Echo()
    states = [_state("A"), _state("B"), _state("A"), _state("A", name="u")]
    assert [found[0].tactic for found in EngineSuggester(engine, width=1)(states)] == ["A", "B", "A", "A"]
    (requests, _), *more = engine.calls
    assert not more
    assert len({request.id for request in requests}) == len(requests) == 3


def test_a_request_depends_on_the_theorem_and_the_state_alone() -> None:
    engine = FakeEngine(("simp", 1, -1.0))
    suggest = EngineSuggester(engine, width=1, seed=5)
    by_another_way = Open(Theorem("t", ": p"), ("intro h", "exact h"), ("A",))
    suggest([_state("A"), _state("B")])
    suggest([by_another_way])
    (first, sampling), (second, again) = engine.calls
    assert first[0] == second[0]
    assert sampling == again == Sampling(1.0, max_new_tokens=256, stop=("---",), seed=5)


def test_beams_are_used_where_the_engine_has_them() -> None:
    engine = FakeBeams(("simp", 1, -2.0), ("rfl", 1, -1.0))
    found = EngineSuggester(engine, width=2)([_state("A"), _state("B")])
    assert found == [[Suggestion("rfl", -1.0), Suggestion("simp", -2.0)]] * 2
    assert engine.asked == (2, 2, 256, ("---",))


def test_beams_can_be_turned_off() -> None:
    engine = FakeBeams(("simp", 1, -1.0))
    EngineSuggester(engine, width=1, beam_search=False, temperature=0.7)([_state()])
    assert engine.calls[0][1].temperature == 0.7


def test_the_identity_says_how_suggestions_are_made() -> None:
    beams, samples = FakeBeams(), FakeEngine()
    assert EngineSuggester(beams).identity()["method"] == "beam search"
    made = EngineSuggester(samples, temperature=0.5, seed=3).identity()
    assert (made["method"], made["temperature"], made["seed"]) == ("samples", 0.5, 3)
    assert made["prompt_sha256"] != EngineSuggester(samples, published_prompt("%s")).identity()["prompt_sha256"]


def test_a_fixed_list_is_suggested_for_every_state_in_its_order() -> None:
    expected = [Suggestion("rfl", 0.0), Suggestion("decide", 0.0)]
    assert FixedSuggester(("rfl", "decide"))([_state("A"), _state("B")]) == [expected, expected]


def test_a_training_document_is_the_prompt_and_what_is_cut_at_the_stop() -> None:
    document = tactic_document("h : p\n⊢ p", "exact h")
    assert document == "Tactic state:\n---\nh : p\n⊢ p\n---\nNext tactic:\n---\nexact h\n---\n"
    assert cut(document.removeprefix(tactic_prompt("h : p\n⊢ p")), STOP) == "exact h\n"


def test_a_state_with_percent_signs_goes_into_the_published_prompt_as_it_is() -> None:
    assert published_prompt("100 %: %s.")("⊢ a %s b % 2") == "100 %: ⊢ a %s b % 2."


def test_the_published_prompt_has_three_examples_and_the_state(benchmark_folder: Path, tmp_path: Path) -> None:
    template = Benchmarks(benchmark_folder, tmp_path).prompt("lean4_tactic_3shot")
    prompt = published_prompt(template)("⊢ STATE")
    assert prompt.count("Tactic state:\n---\n") == 4
    assert prompt.endswith("\n\n" + tactic_prompt("⊢ STATE").removesuffix("\n"))
    assert "%s" not in prompt


def _proofs(engine: FakeEngine, prover: FakeProver, *words: str) -> list[Any]:
    theorems = [theorem(word) for word in words]
    return list(sample_proofs(theorems, prover, engine, Sampling(0.8), samples=len(engine.written)))


def test_every_sampled_proof_is_a_node_and_the_first_right_one_the_proof() -> None:
    engine = FakeEngine((" by\n  b>", 2, -4.0), (" by\n  a>", 3, -3.0), (" by\n  a>b\n  b>", 1, -5.0))
    attempt, unsolved = _proofs(engine, FakeProver(), "a", "c")
    assert (attempt.theorem, attempt.status, attempt.proof) == ("t_a", "solved", "by\n  a>")
    assert attempt.expansions == 3
    assert attempt.nodes == (
        Node(None, "", 0.0, 0.0, "open", "a"),
        Node(0, "by\n  b>", -2.0, 2.0, "rejected", reason="no b in a"),
        Node(0, "by\n  a>", -1.0, 1.0, "closed"),
        Node(0, "by\n  a>b\n  b>", -5.0, 5.0, "closed"),
    )
    assert (unsolved.status, unsolved.proof, unsolved.reason) == ("searched", "", "none of 3 proofs is right")


def test_equal_proofs_are_checked_once() -> None:
    prover = FakeProver()
    attempt, other = _proofs(FakeEngine(*[(" by\n  a>", 1, None)] * 3), prover, "a", "b")
    assert [node.outcome for node in attempt.nodes] == ["open", "closed", "closed", "closed"]
    assert [node.outcome for node in other.nodes] == ["open", "rejected", "rejected", "rejected"]
    assert prover.checked == ["by\n  a>"] * 2


def test_a_proof_document_is_source_text_that_begins_with_the_prompt() -> None:
    known = Theorem("t", "(n : Nat) : n = n", prelude="open Nat\n")
    assert proof_prompt(known) == "open Nat\n\ntheorem t (n : Nat) : n = n :="
    assert proof_document(known, "by\n  rfl") == proof_prompt(known) + " by\n  rfl\n\n"
