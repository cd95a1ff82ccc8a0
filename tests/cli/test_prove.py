"""`llemma prove`, `llemma suggest`, `llemma data tactics`: what is printed, what reaches the prover, how mistakes are
named. A prover of a rewriting game (tests/provers/fake.py) is in the place of Lean."""

import io
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import pytest

from llemma.provers.base import Crashed, Open, Rejected, TimedOut
from llemma.records import Theorem
from llemma.storage import read_json, read_jsonl, write_jsonl
from tests.cli.conftest import Run
from tests.provers.fake import FakeProver

ROWS = [
    {"name": "one", "statement": "a", "level": "1"},
    {"name": "two", "statement": "ab", "level": "2"},
    {"name": "none", "statement": "c", "level": "2"},
]


class RecordingProver(FakeProver):
    """Takes the place of both provers and remembers what it was made with, and what it was asked for."""

    made: dict[str, Any] = {}  # noqa: RUF012
    preludes: list[str] = []  # noqa: RUF012
    interrupts_at = ""
    processes = 1
    is_closed = False

    def __init__(self, *place: Path, **options: Any) -> None:
        super().__init__()
        RecordingProver.made = {"place": place, **options}
        RecordingProver.preludes = []
        RecordingProver.is_closed = False

    def start(self, theorem: Theorem) -> Open | Rejected | TimedOut | Crashed:
        if theorem.name == RecordingProver.interrupts_at:
            raise KeyboardInterrupt
        RecordingProver.preludes.append(theorem.prelude)
        return super().start(theorem)

    def trace(self, theorem: Theorem, tactics: Sequence[str]) -> list[Open] | Rejected:
        if theorem.name == "none":
            return Rejected("no a in c")
        return [Open(theorem, tuple(tactics[:count]), (f"state {count}",)) for count in range(len(tactics))]

    def close(self) -> None:
        RecordingProver.is_closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@pytest.fixture(autouse=True)
def _prover(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, paper_lean: None) -> None:  # noqa: ARG001
    """Run in an empty folder with a prover of the rewriting game."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "140")
    monkeypatch.setattr(RecordingProver, "interrupts_at", "")
    monkeypatch.setattr("llemma.provers.lean_wasm.prover.LeanWasm", RecordingProver)
    monkeypatch.setattr("llemma.provers.lean_project.LeanProject", RecordingProver)


@pytest.fixture
def game() -> str:
    write_jsonl(Path("game.jsonl"), ROWS)
    return "game.jsonl"


def _assert_user_error(result: tuple[int, str, str], *parts: str) -> None:
    code, _, stderr = result
    last = stderr.splitlines()[-1]
    assert code == 2, stderr
    assert last.startswith("error: ")
    for part in parts:
        assert part in last


def test_proofs_are_counted_by_level_and_the_others_by_outcome(run: Run, game: str) -> None:
    code, stdout, stderr = run("prove", game, "--tactics", "a>,b>,z>")
    assert code == 0
    assert "a>, b> and 1 more on game.jsonl, best-first search" in " ".join(stdout.split())
    assert [line.split("│")[1:5] for line in stdout.splitlines() if line.startswith("│")] == [
        [" all     ", "      2 ", "  3 ", "  66.7 "],
        [" level 1 ", "      1 ", "  1 ", " 100.0 "],
        [" level 2 ", "      1 ", "  2 ", "  50.0 "],
    ]
    assert "not proved: searched 1\n" in stdout
    assert stderr.splitlines()[-1] == (
        "every attempt with all its tactics: runs/prove/tactics-game/attempts.jsonl. "
        "Next: llemma report runs/prove/tactics-game"
    )
    assert RecordingProver.is_closed


def test_whole_proofs_of_a_model_are_counted_at_every_k(run: Run, game: str) -> None:
    proofs = {"one": ("by\n  a>", "rfl"), "two": ("rfl", "rfl"), "none": ("rfl", "by")}
    recorded = [
        {"problem_id": name, "sample": sample, "text": text, "tokens": 4}
        for name, texts in proofs.items()
        for sample, text in enumerate(texts)
    ]
    write_jsonl(Path("recorded.jsonl"), recorded)
    code, stdout, stderr = run("prove", game, "--model", "replay:recorded.jsonl", "--samples", 2)
    assert code == 0
    assert [line.split("│")[1:3] for line in stdout.splitlines() if "±" in line] == [
        [" 1 ", " 16.7 ± 16.7 "],  # 1/2, 0 and 0
        [" 2 ", " 33.3 ± 33.3 "],  # 1, 0 and 0
    ]
    assert stderr.splitlines()[-1].endswith("Next: llemma report runs/prove/recorded-game-2-samples")


def test_a_run_can_be_reported(run: Run, game: str) -> None:
    assert run("prove", game, "--tactics", "a>,b>", "--out", "run")[0] == 0
    code, stdout, _ = run("report", "run", "--out", "report")
    assert code == 0
    assert "2/3" in stdout


def test_whether_all_are_proved_is_seen_from_the_table_alone(run: Run, game: str) -> None:
    _, stdout, _ = run("prove", game, "--tactics", "a>,b>,c>")
    assert "not proved" not in stdout


def test_an_interrupted_run_says_how_to_go_on(run: Run, game: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RecordingProver, "interrupts_at", "none")
    code, _, stderr = run("prove", game, "--tactics", "a>,b>", "--out", "run", "at_once=1")
    assert code == 130
    assert stderr.splitlines()[-1] == "stopped. The same command goes on with what is in run"
    assert RecordingProver.is_closed
    monkeypatch.setattr(RecordingProver, "interrupts_at", "one")  # which is not attempted again
    assert run("prove", game, "--tactics", "a>,b>", "--out", "run")[0] == 0
    assert [row["status"] for row in read_jsonl(Path("run/attempts.jsonl"))] == ["solved", "solved", "searched"]


def test_options_and_fields_become_the_protocol(run: Run, game: str) -> None:
    options = ("--limit", 2, "--seed", 7, "profile=fixed", "expansions=9", "timeout_s=60")
    assert run("prove", game, "--tactics", "a>", "--out", "run", *options)[0] == 0
    protocol = read_json(Path("run/identity.json"))["proving"]
    assert {name: protocol[name] for name in ("limit", "seed", "profile", "expansions", "timeout_s")} == {
        "limit": 2,
        "seed": 7,
        "profile": "fixed",
        "expansions": 9,
        "timeout_s": 60.0,
    }


def test_a_field_wins_over_a_default(run: Run, game: str) -> None:
    assert run("prove", game, "--tactics", "a>", "--out", "run", "seed=7")[0] == 0
    assert read_json(Path("run/identity.json"))["proving"]["seed"] == 7


def test_options_reach_the_built_in_lean(run: Run, game: str) -> None:
    assert run("prove", game, "--tactics", "a>", "--processes", 3, "--unsafe-tools", "tactic_timeout_s=5")[0] == 0
    assert RecordingProver.made == {"place": (), "timeout_s": 5.0, "processes": 3, "unsafe": True}


def test_options_reach_the_project(run: Run, game: str) -> None:
    assert run("prove", game, "--tactics", "a>", "--processes", 2, "--project", "mine")[0] == 0
    assert RecordingProver.made == {"place": (Path("mine"),), "processes": 2}


def test_a_split_of_a_task_is_a_run_of_its_own(run: Run) -> None:
    assert run("prove", "lean_core", "split=train", "--tactics", "a>", "--limit", 1)[0] == 0
    assert RecordingProver.made["imports"] == ("Init",)
    identity = read_json(Path("runs/prove/tactics-lean_core_train/identity.json"))
    assert (identity["task"], identity["task_title"]) == ("lean_core_train", "Lean core, train split")


def test_validation_theorems_of_minif2f_reach_the_project(run: Run, benchmark_folder: Path) -> None:
    options = ("--project", "mine", "--benchmarks", benchmark_folder, "--limit", 1)
    assert run("prove", "minif2f_lean", "split=valid", "--tactics", "a>", *options)[0] == 0
    assert RecordingProver.made == {"place": (Path("mine"),), "imports": ("Mathlib",)}
    assert [row["name"] for row in read_jsonl(Path("runs/prove/tactics-minif2f_lean_valid/theorems.jsonl"))] == [
        "amc12a_2019_p21"
    ]


def test_mathlib_needs_a_project(run: Run, benchmark_folder: Path) -> None:
    result = run("prove", "minif2f_lean", "--tactics", "a>", "--benchmarks", benchmark_folder)
    _assert_user_error(result, "the built-in Lean has no module Mathlib", "--project")


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("lean_cor", "--tactics", "a>"), "Did you mean 'lean_core'?"),
        (("gsm8k", "--tactics", "a>"), "task 'gsm8k' has questions, not theorems. Run it with llemma eval"),
        (("none.jsonl", "--tactics", "a>"), "none.jsonl: no such file"),
        (("game.jsonl",), "give either --model, or --tactics"),
        (("game.jsonl", "--tactics", "a>", "--samples", 4), "samples are whole proofs that a model writes"),
        (("game.jsonl", "--tactics", "a>", "expansion=3"), "no field 'expansion'. Did you mean 'expansions'?"),
        (("game.jsonl", "--tactics", "a>", "fixed"), "override 'fixed': expected section.field=value"),
        (("game.jsonl", "--tactics", "a>", "split=test"), "game.jsonl has no splits to choose from"),
    ],
)
@pytest.mark.usefixtures("game")
def test_mistakes_are_named(run: Run, arguments: tuple[object, ...], part: str) -> None:
    _assert_user_error(run("prove", *arguments), part)
    assert not Path("runs").exists()


def test_another_run_in_the_folder_is_named(run: Run, game: str) -> None:
    assert run("prove", game, "--tactics", "a>", "--out", "run")[0] == 0
    result = run("prove", game, "--tactics", "b>", "--out", "run")
    _assert_user_error(result, "run holds a different run", "model.tactics")


def test_next_tactics_are_suggested_for_a_state_from_standard_input(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("n : Nat\n⊢ ab\n"))
    code, stdout, _ = run("suggest", "-", "ab>c", "--tactics", "c>d,z>", "--all")
    assert code == 0
    assert stdout.startswith("(n : Nat) : c\n")
    assert "no z in (n : Nat) : c" in stdout
    assert RecordingProver.is_closed


def test_what_stands_before_the_goal_and_its_imports_reach_the_prover(run: Run) -> None:
    Path("before.lean").write_text("import Std\nopen Nat\n")
    assert run("suggest", "a", "--tactics", "a>", "--prelude", "before.lean", "--timeout", 5)[0] == 0
    assert RecordingProver.made == {"place": (), "imports": ("Init", "Std"), "timeout_s": 5.0, "unsafe": False}
    assert [prelude.strip() for prelude in RecordingProver.preludes] == ["open Nat"]


def test_a_goal_in_a_project_has_the_imports_of_the_project(run: Run) -> None:
    assert run("suggest", "a", "--tactics", "a>", "--project", "mine")[0] == 0
    assert RecordingProver.made == {"place": (Path("mine"),)}


def test_a_goal_that_is_none_is_a_users_error(run: Run) -> None:
    _assert_user_error(run("suggest", "a?", "--tactics", "a>"), "the goal fails: not a statement")


def test_proofs_become_tactic_documents(run: Run) -> None:
    write_jsonl(Path("known.jsonl"), [{**ROWS[1], "proof": "by\n  a>\n  b>"}, {**ROWS[2], "proof": "by\n  a>"}])
    code, _, stderr = run("data", "tactics", "known.jsonl", "--out", "documents.jsonl")
    assert code == 0
    assert [row["id"] for row in read_jsonl(Path("documents.jsonl"))] == ["two/0", "two/1"]
    assert "1 of 2 proofs do not go through and give no document; first none (no a in c)" in stderr
    assert "wrote 2 documents from 2 theorems -> documents.jsonl" in stderr
    assert "nothing to do" in run("data", "tactics", "known.jsonl", "--out", "documents.jsonl")[2]


def test_a_file_of_proofs_that_is_not_there_is_named(run: Run) -> None:
    _assert_user_error(run("data", "tactics", "none.jsonl", "--out", "documents.jsonl"), "none.jsonl: no such file")
