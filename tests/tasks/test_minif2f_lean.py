from collections import Counter
from pathlib import Path

import pytest

from llemma.data.benchmarks import Benchmarks
from llemma.errors import BenchmarkError
from llemma.provers.lean_project.screen import candidate
from llemma.records import Theorem
from llemma.tasks import minif2f_lean, minif2f_lean_new

MODULES = {"minif2f_lean": minif2f_lean, "minif2f_lean_new": minif2f_lean_new}
FILES = {"minif2f_lean": "llemma_formal2formal_lean4.jsonl", "minif2f_lean_new": "lean4_yangky11.jsonl"}

CLOSING = {")": "(", "]": "[", "}": "{", "⟩": "⟨", "⌋": "⌊", "⌉": "⌈"}


def _all(name: str, folder: Path) -> list[Theorem]:
    read = MODULES[name].theorems
    return [theorem for split in ("valid", "test") for theorem in read(Benchmarks(folder), split)]


def _depths(text: str) -> list[int]:
    """Return how many brackets are open at each character, asserting that every bracket has its partner."""
    depths, opened = [], []
    for character in text:
        if character in CLOSING.values():
            opened.append(character)
        elif character in CLOSING:
            assert opened.pop() == CLOSING[character]
        depths.append(len(opened))
    assert opened == []
    return depths


@pytest.mark.parametrize(
    ("name", "split", "first", "last"),
    [
        ("minif2f_lean", "test", "mathd_algebra_478", "mathd_algebra_338"),
        ("minif2f_lean", "valid", "amc12a_2019_p21", "mathd_algebra_10"),
        ("minif2f_lean_new", "test", "aime_1983_p1", "numbertheory_x5neqy2p4"),
        ("minif2f_lean_new", "valid", "aimeII_2001_p3", "numbertheory_xsqpysqintdenomeq"),
    ],
)
def test_each_split_has_244_theorems(benchmark_folder: Path, name: str, split: str, first: str, last: str) -> None:
    found = MODULES[name].theorems(Benchmarks(benchmark_folder), split)
    assert len(found) == len({theorem.name for theorem in found}) == 244
    assert (found[0].name, found[-1].name) == (first, last)


@pytest.mark.parametrize("name", sorted(MODULES))
def test_the_task_is_the_test_split(benchmark_folder: Path, name: str) -> None:
    benchmarks = Benchmarks(benchmark_folder)
    assert MODULES[name].TASK.theorems(benchmarks) == MODULES[name].theorems(benchmarks, "test")
    assert MODULES[name].TASK.name == name


@pytest.mark.parametrize("name", sorted(MODULES))
def test_every_statement_is_binders_a_colon_and_a_proposition(benchmark_folder: Path, name: str) -> None:
    for theorem in _all(name, benchmark_folder):
        free = [text for text, depth in zip(theorem.statement, _depths(theorem.statement), strict=True) if depth == 0]
        assert ":" in free, theorem.name
        assert ":=" not in "".join(free), theorem.name
        assert "sorry" not in theorem.statement, theorem.name
        assert "theorem" not in theorem.statement, theorem.name
        assert theorem.statement[0] in "({[:", theorem.name
        assert theorem.statement == theorem.statement.strip(), theorem.name


@pytest.mark.parametrize("name", sorted(MODULES))
def test_statements_name_and_prelude_make_the_source_again(benchmark_folder: Path, name: str) -> None:
    rows = {row["name"]: row["question"] for row in Benchmarks(benchmark_folder).problems(name)}
    for theorem in _all(name, benchmark_folder):
        source = f"theorem {theorem.name} {theorem.statement}"
        if name == "minif2f_lean_new":
            source = f"import Mathlib {theorem.prelude} {source} := by sorry"
        assert source.split() == rows[theorem.name].split(), theorem.name


@pytest.mark.parametrize("name", sorted(MODULES))
def test_a_lean_project_refuses_no_statement(benchmark_folder: Path, name: str) -> None:
    for theorem in _all(name, benchmark_folder):
        assert candidate(theorem, "rfl").name == theorem.name


def test_the_prelude_is_what_the_project_opens(benchmark_folder: Path) -> None:
    benchmarks = Benchmarks(benchmark_folder)
    (test, valid, new) = (
        {theorem.prelude for theorem in theorems}
        for theorems in (
            minif2f_lean.theorems(benchmarks),
            minif2f_lean.theorems(benchmarks, "valid"),
            _all("minif2f_lean_new", benchmark_folder),
        )
    )
    assert test == {"open BigOperators\nopen Nat\nopen Real\nopen Rat"}
    assert valid == {"open BigOperators\nopen Real\nopen Nat\nopen Topology"}
    assert new == {"set_option maxHeartbeats 0\n\nopen BigOperators Real Nat Topology Rat"}


@pytest.mark.parametrize("name", sorted(MODULES))
def test_levels_are_the_sources_of_the_problems(benchmark_folder: Path, name: str) -> None:
    # By hand from the first words of the names, e.g. amc: 55 amc12a + 24 amc12b + 11 amc12; aime: 27 + 2 aimeII + 1.
    assert Counter(theorem.level for theorem in _all(name, benchmark_folder)) == {
        "mathd": 260,
        "amc": 90,
        "imo": 40,
        "algebra": 36,
        "aime": 30,
        "induction": 16,
        "numbertheory": 16,
    }


@pytest.mark.parametrize("name", sorted(MODULES))
def test_a_changed_statement_is_refused(benchmark_folder: Path, tmp_path: Path, name: str) -> None:
    text = (benchmark_folder / "minif2f" / FILES[name]).read_text(encoding="utf-8")
    (tmp_path / "minif2f").mkdir()
    changed = text.replace("theorem aime_1983_p1 (x y z w", "theorem aime_1983_p1 (x y w z")
    assert changed != text
    (tmp_path / "minif2f" / FILES[name]).write_text(changed, encoding="utf-8")
    with pytest.raises(BenchmarkError, match="488 rows of 488, first that differs: row"):
        MODULES[name].theorems(Benchmarks(tmp_path, tmp_path))
