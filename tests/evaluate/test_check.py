"""Checking files of proofs in a run directory, with a prover of a rewriting game and with the real Lean."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from llemma.errors import DataError, UserError
from llemma.evaluate.check import (
    LOG,
    VERDICTS,
    LeanFile,
    check_file,
    check_rows,
    count_statuses,
    read_lean_file,
    verdict_row,
)
from llemma.provers.base import Crashed, Position, Proved, Rejected, TimedOut, Verdict
from llemma.provers.lean_wasm.prover import FileTheorem, LeanWasm
from llemma.provers.lean_wasm.runtime import Runtime
from llemma.records import Theorem
from llemma.runs import is_finished
from llemma.storage import read_json, read_jsonl, write_jsonl
from tests.provers.conftest import lean_runtime  # noqa: F401
from tests.provers.fake import FakeProver

# In the game a proof rewrites the statement, a word, to nothing; see tests/provers/fake.py.
GAME = [
    {"name": "one", "statement": "a", "proof": "by\n  a>", "note": 7},
    {"name": "two", "statement": "ab", "proof": "by\n  a>", "prelude": None},
    {"name": "one", "statement": "ab", "proof": "by\n  stall"},
    {"name": "four", "statement": "b", "proof": "by\n  crash"},
    {"name": "one", "statement": "b", "proof": "by\n  b>"},
]
STATUSES = ["proved", "rejected", "timed_out", "crashed", "proved"]


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    write_jsonl(tmp_path / "proofs.jsonl", GAME)
    return tmp_path / "proofs.jsonl"


class StoppedProver(FakeProver):
    """Is interrupted when it has checked so many."""

    def __init__(self, checks: int) -> None:
        super().__init__()
        self._left = checks

    def check(self, theorem: Theorem, proof: str) -> Verdict:
        if not self._left:
            raise KeyboardInterrupt
        self._left -= 1
        return super().check(theorem, proof)


def test_each_row_has_its_verdict_in_order_though_names_repeat(rows: Path, tmp_path: Path) -> None:
    found = check_rows(rows, FakeProver(), tmp_path / "out")
    assert [row["name"] for row in found] == ["one", "two", "one", "four", "one"]
    assert [row["status"] for row in found] == STATUSES
    assert [row["reason"] for row in found] == ["", "goals are left", "no answer within 7 s", "it died", ""]
    assert list(read_jsonl(tmp_path / "out" / VERDICTS)) == found
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "identity.json",
        "manifest.json",
        "verdicts.jsonl",
    ]


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [
        (Proved(("propext",), 3), ["proved", "", None, None, ["propext"], 3]),
        (Rejected("no", position=Position(2, 5)), ["rejected", "no", 2, 5, None, None]),
        (Rejected("no"), ["rejected", "no", None, None, None, None]),
        (TimedOut(1.5), ["timed_out", "no answer within 1.5 s", None, None, None, None]),
        (Crashed("it died"), ["crashed", "it died", None, None, None, None]),
    ],
)
def test_a_verdict_as_a_row(verdict: Verdict, expected: list[Any]) -> None:
    row = verdict_row("t", verdict)
    assert list(row) == ["name", "status", "reason", "line", "column", "axioms", "library"]
    assert list(row.values()) == ["t", *expected]


def test_the_identity_is_that_of_the_bytes_and_of_the_prover(rows: Path, tmp_path: Path) -> None:
    check_rows(rows, FakeProver(), tmp_path / "out")
    identity = read_json(tmp_path / "out" / "identity.json")
    assert (identity["kind"], identity["prover"]) == ("check", {"prover": "fake"})
    write_jsonl(rows, GAME[:1])
    with pytest.raises(UserError, match="holds a different run: sha256"):
        check_rows(rows, FakeProver(), tmp_path / "out")


@pytest.mark.parametrize("checks", range(len(GAME)))
def test_a_stopped_run_goes_on_and_checks_nothing_twice(checks: int, rows: Path, tmp_path: Path) -> None:
    whole = check_rows(rows, FakeProver(), tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        check_rows(rows, StoppedProver(checks), tmp_path / "out")
    assert len(list(read_jsonl(tmp_path / "out" / LOG))) == checks
    second = FakeProver()
    assert check_rows(rows, second, tmp_path / "out") == whole
    assert second.checked == [row["proof"] for row in GAME[checks:]]


def test_a_log_that_was_cut_in_a_line_loses_that_line_only(rows: Path, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        check_rows(rows, StoppedProver(3), tmp_path / "out")
    log = tmp_path / "out" / LOG
    log.write_bytes(log.read_bytes()[:-4])
    second = FakeProver()
    assert [row["status"] for row in check_rows(rows, second, tmp_path / "out")] == STATUSES
    assert len(second.checked) == 3


def test_a_finished_run_is_not_checked_again(rows: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = check_rows(rows, FakeProver(), tmp_path / "out")
    second = FakeProver()
    assert check_rows(rows, second, tmp_path / "out") == first
    assert second.checked == []
    assert capsys.readouterr().err.endswith("out is finished; nothing to check\n")


def test_the_last_sentence_counts(rows: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check_rows(rows, FakeProver(), tmp_path / "out")
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith("proved 2 of 5 (rejected 1, timed_out 1, crashed 1) in ")
    assert said.endswith(f" -> {tmp_path / 'out'}")


def test_a_compressed_file_is_read(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "proofs.jsonl.zst", GAME)
    found = check_rows(tmp_path / "proofs.jsonl.zst", FakeProver(), tmp_path / "out")
    assert list(count_statuses(found).items()) == [("proved", 2), ("rejected", 1), ("timed_out", 1), ("crashed", 1)]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"proof": None}, r"line 2: no field 'proof'\. It needs name, statement and proof"),
        ({"name": None}, "line 2: no field 'name'"),
        ({"statement": 7}, "line 2: field 'statement' is no text: 7"),
        ({"prelude": ["x"]}, "line 2: field 'prelude' is no text"),
    ],
)
def test_a_bad_row_is_named_before_anything_is_checked(
    changed: dict[str, Any], message: str, rows: Path, tmp_path: Path
) -> None:
    write_jsonl(rows, [GAME[0], {**GAME[1], **changed}])
    with pytest.raises(DataError, match=message):
        check_rows(rows, FakeProver(), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_file_without_rows_is_named(rows: Path, tmp_path: Path) -> None:
    rows.write_text("\n")
    with pytest.raises(DataError, match="no rows in it"):
        check_rows(rows, FakeProver(), tmp_path / "out")


# Lean files


@pytest.mark.parametrize(
    ("text", "imports", "rest"),
    [
        ("theorem a", ["Init"], "theorem a"),
        ("import Std\n\nx", ["Init", "Std"], "          \n\nx"),
        ("import Std import Init\nx", ["Init", "Std"], " " * 22 + "\nx"),
        ("import\n  Std.Data\nx", ["Init", "Std.Data"], "      \n          \nx"),
        ("/- a /- b -/\nimport Lean -/ import Std -- c\nx", ["Init", "Std"], None),
        ("-- import Lean\nimport Std\nx", ["Init", "Std"], "-- import Lean\n          \nx"),
        ("x\nimport Std", ["Init"], "x\nimport Std"),
        ("/- import Std", ["Init"], "/- import Std"),
        ("imports Std", ["Init"], "imports Std"),
    ],
)
def test_imports_at_the_head_are_cut_off_and_nothing_moves(
    text: str, imports: list[str], rest: str | None, tmp_path: Path
) -> None:
    path = tmp_path / "f.lean"
    path.write_text(text)
    file = read_lean_file(path)
    assert list(file.imports) == imports
    assert file.source == (text.replace("import Std", " " * 10) if rest is None else rest)


def test_what_is_no_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "f.lean"
    path.write_bytes(b"theorem \xff")
    with pytest.raises(DataError, match=r"is not UTF-8 text \(invalid start byte at byte 8\)"):
        read_lean_file(path)
    path.write_bytes(b"theorem \0")
    with pytest.raises(DataError, match="a NUL character"):
        read_lean_file(path)


class FakeFileProver(LeanWasm):
    """Finds these theorems in every file."""

    def __init__(self, found: list[FileTheorem]) -> None:
        self.found = found
        self.asked: list[tuple[str, Sequence[str] | None]] = []

    def identity(self) -> dict[str, Any]:
        return {"prover": "fake"}

    def check_file(self, source: str, *, imports: Sequence[str] | None = None) -> list[FileTheorem]:
        self.asked.append((source, imports))
        return self.found


@pytest.fixture
def lean_file(tmp_path: Path) -> LeanFile:
    path = tmp_path / "f.lean"
    path.write_text("import Std\ntheorem")
    return read_lean_file(path)


def test_each_theorem_of_a_file_has_a_verdict_and_its_line(lean_file: LeanFile, tmp_path: Path) -> None:
    found = [FileTheorem("A.b", 2, Proved()), FileTheorem("A.c", 9, Rejected("no", position=Position(10, 3)))]
    prover = FakeFileProver(found)
    rows = check_file(lean_file, prover, tmp_path / "out")
    assert [(row["name"], row["theorem_line"], row["line"]) for row in rows] == [("A.b", 2, None), ("A.c", 9, 10)]
    assert prover.asked == [("          \ntheorem", ("Init", "Std"))]
    assert is_finished(tmp_path / "out")


def test_a_file_that_lean_cannot_finish_has_one_verdict_under_its_name(lean_file: LeanFile, tmp_path: Path) -> None:
    rows = check_file(lean_file, FakeFileProver([FileTheorem("", 1, TimedOut(9))]), tmp_path / "out")
    assert [(row["name"], row["status"]) for row in rows] == [("f.lean", "timed_out")]


def test_a_file_without_theorems_is_named(lean_file: LeanFile, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"f\.lean: no theorem in it that Lean can read"):
        check_file(lean_file, FakeFileProver([]), tmp_path / "out")


# The real Lean


@pytest.fixture(scope="module")
def lean(lean_runtime: Runtime) -> Iterator[LeanWasm]:  # noqa: F811
    with LeanWasm(lean_runtime, processes=1) as prover:
        yield prover


def test_lean_checks_rows(lean: LeanWasm, tmp_path: Path) -> None:
    rows = [
        {"name": "swap", "statement": "(a b : Nat) : a + b = b + a", "proof": "by omega"},
        {"name": "less", "statement": "(n : Nat) : n < n", "proof": "by\n  have := n\n  omega"},
        {"name": "own", "statement": ": twice 3 = 6", "proof": "rfl", "prelude": "def twice (n : Nat) := n + n"},
    ]
    write_jsonl(tmp_path / "proofs.jsonl", rows)
    found = check_rows(tmp_path / "proofs.jsonl", lean, tmp_path / "out")
    assert [row["status"] for row in found] == ["proved", "rejected", "proved"]
    assert (found[1]["line"], found[1]["column"]) == (3, 2)


def test_lean_checks_the_theorems_of_a_file(lean: LeanWasm, tmp_path: Path) -> None:
    path = tmp_path / "f.lean"
    path.write_text("import Init\n\ntheorem good : 1 + 1 = 2 := rfl\ntheorem bad (n : Nat) : n < n := by\n  omega\n")
    found = check_file(read_lean_file(path), lean, tmp_path / "out")
    assert [(row["name"], row["status"], row["theorem_line"]) for row in found] == [
        ("good", "proved", 3),
        ("bad", "rejected", 4),
    ]
    assert (found[1]["line"], found[1]["column"]) == (5, 2)
