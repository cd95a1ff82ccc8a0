"""Proving runs, with a prover of a rewriting game (tests/provers/fake.py) in place of Lean."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from llemma.config import check_recipe
from llemma.data.benchmarks import Benchmarks
from llemma.engines.base import Generation, Request, Sampling
from llemma.errors import RecipeError, RunDirectoryError, UserError
from llemma.evaluate.prove import ATTEMPTS, LOG, SUMMARY, THEOREMS, Proving, open_asked, prove, suggester
from llemma.evaluate.theorems import Theorems
from llemma.provers.base import Crashed, Open, Rejected, TimedOut
from llemma.provers.suggest import BASELINE, EngineSuggester, split_tactics, tactic_prompt
from llemma.records import Theorem
from llemma.runs import is_finished
from llemma.storage import read_json, read_jsonl, sha256_of_text
from tests.provers.fake import FakeProver

GAME = Theorems(
    "game",
    "Rewriting game",
    [
        Theorem("one", "a", level="1"),
        Theorem("two", "ab", level="2"),
        Theorem("none", "c", level="2"),
        Theorem("what", "?"),
    ],
)
TACTICS = ("a>", "b>")
FIXED = Proving(profile="fixed", at_once=1)


class Writer:
    """Writes `proofs[sample]` for every theorem; remembers how it was asked."""

    name = "org/writer"

    def __init__(self, *proofs: str) -> None:
        self.proofs = proofs
        self.sampling: Sampling | None = None

    def identity(self) -> Mapping[str, Any]:
        return {"engine": "writer"}

    def generate(self, requests: Sequence[Request], sampling: Sampling) -> Iterator[Generation]:
        self.sampling = sampling
        for request in requests:
            for sample in request.samples:
                yield Generation(request.id, sample, self.proofs[sample], "stop", 3, -1.0)


class Interrupted(FakeProver):
    """Is interrupted when it comes to the theorem of this name; remembers which it was asked for."""

    def __init__(self, name: str = "") -> None:
        super().__init__()
        self.started: list[str] = []
        self._name = name

    def start(self, theorem: Theorem) -> Open | Rejected | TimedOut | Crashed:
        if theorem.name == self._name:
            raise KeyboardInterrupt
        self.started.append(theorem.name)
        return super().start(theorem)


def _prove(out: Path, *, prover: FakeProver | None = None, proving: Proving = FIXED, **changed: Any) -> dict[str, Any]:
    wanted, asked = changed.get("wanted", GAME), changed.get("asked", TACTICS)
    return prove(wanted, prover or FakeProver(), asked, out, proving=proving, benchmarks=Benchmarks())


def _attempts(run: Path) -> list[dict[str, Any]]:
    """Return the attempts without the time that they took."""
    return [{**row, "elapsed_s": 0.0} for row in read_jsonl(run / ATTEMPTS)]


def test_every_theorem_has_an_attempt_in_the_order_of_the_theorems(tmp_path: Path) -> None:
    _prove(tmp_path / "run", proving=Proving(profile="fixed"))
    assert [(row["theorem"], row["status"], row["proof"]) for row in _attempts(tmp_path / "run")] == [
        ("one", "solved", "by\n  a>"),
        ("two", "solved", "by\n  a>\n  b>"),
        ("none", "searched", ""),
        ("what", "bad_statement", ""),
    ]


def test_the_summary_counts_by_status_and_by_level(tmp_path: Path) -> None:
    summary = _prove(tmp_path / "run")
    assert (summary["solved"], summary["total"], summary["model"]) == (2, 4, "a>, b>")
    assert {name: (part["solved"], part["total"]) for name, part in summary["levels"].items()} == {
        "1": (1, 1),
        "2": (1, 2),
    }
    assert summary["statuses"] == {"solved": 2, "searched": 1, "timed_out": 0, "crashed": 0, "bad_statement": 1}
    assert read_json(tmp_path / "run" / SUMMARY) == summary


def test_a_finished_run_has_its_theorems_and_no_log(tmp_path: Path) -> None:
    _prove(tmp_path / "run")
    assert is_finished(tmp_path / "run")
    assert [Theorem(**row) for row in read_jsonl(tmp_path / "run" / THEOREMS)] == GAME.theorems
    assert not (tmp_path / "run" / LOG).exists()


def test_an_interrupted_run_goes_on_and_ends_as_one_that_was_not(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        _prove(tmp_path / "run", prover=Interrupted("none"))
    assert not is_finished(tmp_path / "run")
    second = Interrupted()
    summary = _prove(tmp_path / "run", prover=second)
    whole = _prove(tmp_path / "whole")
    assert second.started == ["none", "what"]
    assert _attempts(tmp_path / "run") == _attempts(tmp_path / "whole")
    assert (summary["levels"], summary["statuses"]) == (whole["levels"], whole["statuses"])


def test_a_run_that_was_cut_after_the_last_attempt_is_finished_without_the_prover(tmp_path: Path) -> None:
    _prove(tmp_path / "run")
    (tmp_path / "run" / ATTEMPTS).rename(tmp_path / "run" / LOG)
    (tmp_path / "run" / "manifest.json").unlink()
    prover = Interrupted()
    assert _prove(tmp_path / "run", prover=prover)["solved"] == 2
    assert prover.started == []


def test_a_finished_run_is_not_made_again(tmp_path: Path) -> None:
    first, prover = _prove(tmp_path / "run"), Interrupted()
    assert _prove(tmp_path / "run", prover=prover) == first
    assert prover.started == []


@pytest.mark.parametrize(
    "changed",
    [
        {"asked": ("a>",)},
        {"asked": ("b>", "a>")},
        {"wanted": Theorems("game", "Rewriting game", [*GAME.theorems[:3], Theorem("what", "b")])},
        {"wanted": Theorems("another", "Rewriting game", GAME.theorems)},
        {"proving": Proving(profile="fixed", expansions=99)},
        {"proving": Proving(profile="paper")},
        {"proving": Proving(profile="fixed", limit=4)},
    ],
)
def test_a_run_directory_of_another_run_is_refused(tmp_path: Path, changed: dict[str, Any]) -> None:
    _prove(tmp_path / "run")
    with pytest.raises(RunDirectoryError, match="holds a different run"):
        _prove(tmp_path / "run", **changed)


def test_how_many_are_searched_for_at_once_is_not_part_of_what_a_run_is(tmp_path: Path) -> None:
    first = _prove(tmp_path / "run")
    assert _prove(tmp_path / "run", proving=Proving(profile="fixed", at_once=3)) == first


def test_the_limit_takes_the_first_theorems(tmp_path: Path) -> None:
    _prove(tmp_path / "run", proving=Proving(profile="fixed", limit=2))
    assert [row["theorem"] for row in _attempts(tmp_path / "run")] == ["one", "two"]


def test_whole_proofs_of_a_model_are_checked_and_counted(tmp_path: Path) -> None:
    proving = Proving(samples=2, temperature=0.7, seed=3)
    writer = Writer("by\n  a>", "by\n  a>\n  b>")
    summary = _prove(tmp_path / "run", asked=writer, proving=proving)
    assert (summary["method"], summary["model"], summary["solved"]) == ("whole_proof", "org/writer", 2)
    assert [round(point["mean"], 6) for point in summary["pass"]] == [0.375, 0.5]  # of two: 2, 1, 0 and 0 right
    assert writer.sampling is not None
    assert (writer.sampling.temperature, writer.sampling.seed) == (0.7, 3)


def test_one_whole_proof_is_greedy(tmp_path: Path) -> None:
    writer = Writer("by\n  a>")
    _prove(tmp_path / "run", asked=writer, proving=Proving(samples=1))
    assert writer.sampling is not None
    assert writer.sampling.temperature == 0


def test_whole_proofs_need_a_model(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="give --model, or leave --samples out"):
        _prove(tmp_path / "run", proving=Proving(samples=2))


def test_several_samples_at_temperature_zero_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="2 samples at temperature 0 are all the same"):
        _prove(tmp_path / "run", asked=Writer("", ""), proving=Proving(samples=2, temperature=0.0))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"expansion": 3}, r"no field 'expansion'\. Did you mean 'expansions'\?"),
        ({"width": 0}, "width: input should be greater than or equal to 1, found 0"),
        ({"timeout_s": 0}, "timeout_s: input should be greater than 0"),
        ({"profile": "fast"}, "profile: input should be 'paper' or 'fixed', found 'fast'"),
        ({"limit": 1.5}, "limit: input should be a valid integer"),
    ],
)
def test_a_wrong_field_is_named(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        check_recipe(Proving, fields, where="llemma prove")


def test_times_may_be_whole_numbers() -> None:
    assert check_recipe(Proving, {"timeout_s": 60}, where="").search_options().timeout_s == 60


def test_the_profile_decides_which_defects_a_search_keeps() -> None:
    paper, fixed = Proving(expansions=7, batch=2).search_options(), FIXED.search_options()
    assert (paper.requeues_equal_states, fixed.requeues_equal_states) == (True, False)
    assert (paper.expansions, paper.batch) == (7, 2)


@pytest.mark.parametrize(
    ("proving", "is_published"),
    [
        (Proving(profile="paper"), True),
        (Proving(profile="fixed"), False),
        (Proving(profile="paper", prompt="plain"), False),
        (Proving(profile="fixed", prompt="published"), True),
    ],
)
def test_the_prompt_is_that_of_the_profile_unless_it_is_chosen(
    benchmark_folder: Path, proving: Proving, is_published: bool
) -> None:
    found = suggester(Writer(), proving, Benchmarks(benchmark_folder))
    assert isinstance(found, EngineSuggester)
    assert (found.identity()["prompt_sha256"] != sha256_of_text(tactic_prompt(""))) == is_published


def test_tactics_come_from_a_comma_list_or_are_the_built_in_ones() -> None:
    assert open_asked(None, "omega, simp [h, Nat.add_comm]") == ("omega", "simp [h, Nat.add_comm]")
    assert open_asked(None, "baseline") == BASELINE


@pytest.mark.parametrize(("model", "tactics"), [(None, None), ("hf:x", "omega")])
def test_either_a_model_or_tactics_are_needed(model: str | None, tactics: str | None) -> None:
    with pytest.raises(UserError, match="give either --model, or --tactics"):
        open_asked(model, tactics)


def test_an_empty_list_of_tactics_is_refused() -> None:
    with pytest.raises(UserError, match="no tactic in --tactics ' , '"):
        open_asked(None, " , ")


@pytest.mark.parametrize(
    ("text", "tactics"),
    [
        ("omega", ["omega"]),
        ("omega,simp,grind", ["omega", "simp", "grind"]),
        (" omega ,, simp ", ["omega", "simp"]),
        ("simp [f, g] at h, rfl", ["simp [f, g] at h", "rfl"]),
        ("exact ⟨a, b⟩, rcases h with ⟨x, ⟨y, z⟩⟩", ["exact ⟨a, b⟩", "rcases h with ⟨x, ⟨y, z⟩⟩"]),
        ("exact f (a, b), use {x, y}", ["exact f (a, b)", "use {x, y}"]),
        ("intro h; exact h", ["intro h; exact h"]),
        ("", []),
    ],
)
def test_commas_divide_tactics_outside_brackets(text: str, tactics: list[str]) -> None:
    assert list(split_tactics(text)) == tactics
