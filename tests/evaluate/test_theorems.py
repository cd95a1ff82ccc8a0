"""Where theorems come from: tasks and their splits, and files of the user."""

from pathlib import Path
from typing import Any

import pytest

from llemma.data.benchmarks import Benchmarks
from llemma.data.generators import lean_core
from llemma.errors import DataError, UnknownNameError, UserError
from llemma.evaluate import theorems as module
from llemma.evaluate.theorems import find_theorems, read_theorems
from llemma.provers.lean_wasm.prover import LeanWasm
from llemma.provers.lean_wasm.runtime import Runtime
from llemma.records import Theorem
from llemma.storage import write_jsonl
from tests.provers.conftest import lean_runtime  # noqa: F401
from tests.provers.fake import FakeProver

ROW = {"name": "t", "statement": ": 1 = 1"}
LEAN_FILE = """import Init
/-- Twice as much. -/
def twice (n : Nat) : Nat := n + n
namespace A
theorem first (n : Nat) : twice n = 2 * n := by
  unfold twice
  omega
end A
theorem second : twice 2 = 4 := by sorry
"""


def _file(folder: Path, *rows: dict[str, Any], name: str = "mine.jsonl") -> Path:
    write_jsonl(folder / name, rows)
    return folder / name


def _find(name: object, split: str | None = None) -> module.TheoremSource:
    return find_theorems(str(name), benchmarks=Benchmarks(), split=split)


@pytest.mark.parametrize("name", ["mine.jsonl", "mine.jsonl.zst"])
def test_a_file_of_rows_is_named_without_its_ending(tmp_path: Path, name: str) -> None:
    source = _find(_file(tmp_path, {**ROW, "prelude": "open Nat", "level": "2", "proof": None, "note": 3}, name=name))
    found = source.read(FakeProver())
    assert (found.name, found.title, source.imports) == ("mine", name, None)
    assert found.theorems == [Theorem("t", ": 1 = 1", "open Nat", level="2")]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"name": "t"}, "mine.jsonl, row 2: no field 'statement'"),
        ({"statement": ": 1 = 1"}, "mine.jsonl, row 2: no field 'name'"),
        ({"name": None, "statement": ": 1 = 1"}, "mine.jsonl, row 2: no field 'name'"),
        ({"name": 3, "statement": ": 1 = 1"}, "mine.jsonl, row 2: field 'name' is no text: 3"),
        ({**ROW, "level": 3}, "mine.jsonl, row 2: field 'level' is no text: 3"),
    ],
)
def test_a_row_that_is_no_theorem_is_named(tmp_path: Path, row: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_theorems(_file(tmp_path, ROW, row))


def test_two_theorems_of_one_name_are_refused(tmp_path: Path) -> None:
    source = _find(_file(tmp_path, {**ROW, "name": "u"}, ROW, ROW))
    with pytest.raises(DataError, match=r"mine.jsonl: 2 theorems have the name 't'\. Names must differ"):
        source.read(FakeProver())


def test_a_file_without_theorems_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"mine\.jsonl: there is no theorem in it"):
        _find(_file(tmp_path)).read(FakeProver())


@pytest.mark.parametrize("name", ["none.jsonl", "none.jsonl.zst", "none.lean"])
def test_a_file_that_is_not_there_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match=f"{name}: no such file"):
        _find(tmp_path / name)


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"mine\.json: neither \.jsonl \(or \.jsonl\.zst\) nor \.lean"):
        _find(tmp_path / "mine.json")


def test_a_task_is_its_test_split() -> None:
    source = _find("lean_core")
    assert (source.name, source.title, source.imports) == ("lean_core", "Lean core", ("Init",))
    assert source.read(FakeProver()).theorems == lean_core.theorems("test")
    assert _find("lean_core", "test").name == "lean_core"


def test_another_split_has_a_name_and_a_title_of_its_own() -> None:
    source = _find("lean_core", "train")
    assert (source.name, source.title) == ("lean_core_train", "Lean core, train split")
    assert source.read(FakeProver()).theorems == lean_core.theorems("train")


def test_the_validation_theorems_of_minif2f_can_be_had(benchmark_folder: Path) -> None:
    source = find_theorems("minif2f_lean", benchmarks=Benchmarks(benchmark_folder), split="valid")
    assert (source.name, source.imports) == ("minif2f_lean_valid", ("Mathlib",))
    assert source.read(FakeProver()).theorems[0].name == "amc12a_2019_p21"


def test_an_unknown_split_is_named() -> None:
    with pytest.raises(UnknownNameError, match=r"no split of lean_core 'trian'\. Did you mean 'train'\?"):
        _find("lean_core", "trian")


def test_a_file_has_no_splits(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="leave out split=test"):
        _find(_file(tmp_path, ROW), "test")


def test_an_unknown_task_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(UnknownNameError, match=r"'lean_cor'\. Did you mean 'lean_core'\?"):
        _find("lean_cor")


def test_a_task_with_questions_is_refused() -> None:
    with pytest.raises(UserError, match=r"task 'gsm8k' has questions, not theorems\. Run it with llemma eval"):
        _find("gsm8k")


@pytest.mark.usefixtures("paper_lean")
def test_a_lean_file_says_what_it_imports(tmp_path: Path) -> None:
    (tmp_path / "mine.lean").write_text("import Std\ntheorem t : 1 = 1 := rfl\n")
    source = _find(tmp_path / "mine.lean")
    assert (source.name, source.title, source.imports) == ("mine", "mine.lean", ("Init", "Std"))


@pytest.mark.usefixtures("paper_lean")
def test_a_lean_file_that_needs_mathlib_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.lean").write_text("import Mathlib\ntheorem t : 1 = 1 := rfl\n")
    with pytest.raises(UserError, match="the built-in Lean has no module Mathlib"):
        _find(tmp_path / "mine.lean")


@pytest.mark.usefixtures("paper_lean")
def test_only_the_built_in_lean_reads_lean_files(tmp_path: Path) -> None:
    (tmp_path / "mine.lean").write_text("theorem t : 1 = 1 := rfl\n")
    with pytest.raises(UserError, match=r"only the built-in Lean finds the theorems .* Give rows \(\.jsonl\)"):
        _find(tmp_path / "mine.lean").read(FakeProver())


@pytest.mark.slow
def test_the_theorems_of_a_lean_file_have_all_before_them_as_prelude(
    tmp_path: Path,
    lean_runtime: Runtime,  # noqa: F811
) -> None:
    (tmp_path / "mine.lean").write_text(LEAN_FILE)
    with LeanWasm(lean_runtime, processes=1) as prover:
        first, second = _find(tmp_path / "mine.lean").read(prover).theorems
        assert (first.name, first.statement) == ("first", "(n : Nat) : twice n = 2 * n")
        assert "def twice" in first.prelude
        assert "namespace A" in first.prelude
        assert first.proof == second.proof == ""
        assert prover.check(second, "by decide").status == "proved"
