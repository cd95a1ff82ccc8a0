"""`llemma check`: what is printed, what reaches the prover, how mistakes are named."""

import sys
from pathlib import Path
from typing import Any

import pytest

from llemma.provers.base import Proved
from llemma.provers.lean_wasm.prover import FileTheorem
from llemma.storage import read_json, read_jsonl, write_jsonl
from tests.cli.conftest import Run
from tests.provers.fake import FakeProver


class RecordingProver(FakeProver):
    """Takes the place of both provers and remembers what it was made with."""

    made: dict[str, Any] = {}  # noqa: RUF012
    is_closed = False

    def __init__(self, project: Path | None = None, **options: Any) -> None:
        super().__init__()
        RecordingProver.made = {"project": project, **options}
        RecordingProver.is_closed = False

    def check_file(self, source: str, *, imports: tuple[str, ...]) -> list[FileTheorem]:
        return [FileTheorem(f"{imports[-1]}.{source.split()[1]}", 2, Proved())]

    def close(self) -> None:
        RecordingProver.is_closed = True


@pytest.fixture(autouse=True)
def _prover(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, paper_lean: None) -> None:  # noqa: ARG001
    """Run in an empty folder with a prover of the rewriting game."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "140")
    monkeypatch.setattr("llemma.provers.lean_wasm.prover.LeanWasm", RecordingProver)
    monkeypatch.setattr("llemma.provers.lean_project.LeanProject", RecordingProver)


@pytest.fixture
def rows() -> str:
    game = [
        {"name": "good", "statement": "a", "proof": "by\n  a>"},
        *({"name": f"bad{number}", "statement": "ab", "proof": "by\n  [b]>"} for number in range(9)),
    ]
    write_jsonl(Path("proofs.jsonl"), game)
    return "proofs.jsonl"


def test_a_file_is_checked_and_the_first_failures_are_shown(run: Run, rows: str) -> None:
    code, stdout, stderr = run("check", rows)
    assert code == 0
    assert "proofs.jsonl, n = 10" in stdout
    assert "│ proved    │      1 │" in stdout
    assert "The first of 9 that are not proved" in stdout
    assert "no [b] in ab" in stdout
    assert "bad7" in stdout
    assert "bad8" not in stdout
    assert stderr.splitlines()[-1] == (
        "every verdict with its reason: runs/check/proofs/verdicts.jsonl. The same over HTTP: llemma check --serve 8000"
    )
    assert len(list(read_jsonl(Path("runs/check/proofs/verdicts.jsonl")))) == 10
    assert RecordingProver.is_closed


def test_options_reach_the_built_in_lean(run: Run, rows: str) -> None:
    options = (
        "--timeout",
        7,
        "--processes",
        3,
        "--axioms",
        "propext, my.own",
        "--import",
        "Init,Std",
        "--unsafe-tools",
    )
    assert run("check", rows, "--out", "out", *options)[0] == 0
    assert RecordingProver.made == {
        "project": None,
        "timeout_s": 7.0,
        "processes": 3,
        "axioms": ("propext", "my.own"),
        "imports": ("Init", "Std"),
        "unsafe": True,
    }


def test_options_reach_the_project(run: Run, rows: str) -> None:
    assert run("check", rows, "--project", "mine", "--axioms", "", "--import", "Mathlib.Data")[0] == 0
    assert RecordingProver.made == {
        "project": Path("mine"),
        "processes": 1,
        "axioms": (),
        "imports": ("Mathlib.Data",),
    }


def test_what_is_not_given_is_the_provers_own(run: Run, rows: str) -> None:
    assert run("check", rows)[0] == 0
    assert RecordingProver.made.keys() == {"project", "processes", "unsafe"}
    assert RecordingProver.made["project"] is None


def test_a_lean_file_chooses_its_imports(run: Run) -> None:
    Path("mine.lean").write_text("import Std\ntheorem good : 1 = 1 := rfl\n")
    assert run("check", "mine.lean")[0] == 0
    assert RecordingProver.made["imports"] == ("Init", "Std")
    assert [row["name"] for row in read_jsonl(Path("runs/check/mine/verdicts.jsonl"))] == ["Std.good"]
    assert read_json(Path("runs/check/mine/identity.json"))["file"] == "mine.lean"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "nothing to check: give FILE.jsonl or FILE.lean, or --serve PORT"),
        (("proofs.jsonl", "--serve", 8000), "--serve takes neither FILE nor --out"),
        (("none.jsonl",), "none.jsonl: no such file"),
        (("proofs.txt",), "proofs.txt: neither .jsonl (or .jsonl.zst) nor .lean"),
        (("proofs.jsonl", "--import", "Mathlib"), "the built-in Lean has no module Mathlib"),
        (("mathlib.lean",), "the built-in Lean has no module Mathlib"),
        (("mathlib.lean", "--project", "mine"), "Leave out --import and --project, or give rows (.jsonl)"),
    ],
)
def test_a_mistake_is_one_line(run: Run, rows: str, arguments: tuple[object, ...], message: str) -> None:
    Path("proofs.txt").write_text(Path(rows).read_text())
    Path("mathlib.lean").write_text("import Mathlib\n")
    code, _, stderr = run("check", *arguments)
    assert code == 2
    assert len(stderr.splitlines()) == 1
    assert message in stderr
    assert not Path("runs").exists()


def test_ctrl_c_closes_the_prover_and_says_how_to_go_on(run: Run, rows: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(RecordingProver, "check", interrupted)
    code, _, stderr = run("check", rows)
    assert code == 130
    assert "stopped. The same command goes on with what is in runs/check/proofs" in stderr
    assert RecordingProver.is_closed


def test_the_server_is_given_the_prover(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[dict[str, Any]] = []
    monkeypatch.setattr("llemma.evaluate.check_server.serve", lambda _, **options: called.append(options))
    assert run("check", "--serve", 8123, "--host", "::1", "--processes", 2)[0] == 0
    assert called == [{"host": "::1", "port": 8123, "processes": 2}]
    assert RecordingProver.is_closed


def test_a_missing_package_is_named_with_its_extra(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "llemma.evaluate.check_server", raising=False)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    code, _, stderr = run("check", "--serve", 8000)
    assert code == 2
    assert stderr.startswith("error: uvicorn is not installed, needed by llemma check --serve. Install it: pip")
