"""Isabelle and Lean proofs become documents as published."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from llemma.data.sources.proof_steps import (
    IsabelleProofSteps,
    LeanProofSteps,
    ProofUnit,
    isabelle_text,
    isabelle_units,
    theory_of,
)

STATE = "proof (prove)\ngoal (1 subgoal):\n 1. a = a"
THEORY = [
    ["", "theory A imports Main begin", 0, []],
    ["", 'lemma one: "a = a"', 0, []],
    [STATE, "apply (rule refl)", 1, []],
    ["proof (prove)\ngoal:\nNo subgoals!", "done", 1, []],
    ["", "definition d where d = 1", 0, []],
    ["", 'corollary two: "a = a"', 0, []],
    [STATE, "by simp", 1, []],
    ["", 'theorem three: "b = b"', 0, []],
    [STATE, "by simp", 1, []],
    ["", "end", 0, []],
]
ONE = (
    f'[STATEMENT]\nlemma one: "a = a"\n[PROOF STATE]\n{STATE}\n[PROOF STEP]\napply (rule refl)\n'
    "[PROOF STATE]\nproof (prove)\ngoal:\nNo subgoals!\n[PROOF STEP]\ndone"
)
THREE = f'[STATEMENT]\ntheorem three: "b = b"\n[PROOF STATE]\n{STATE}\n[PROOF STEP]\nby simp'


def read(source: IsabelleProofSteps | LeanProofSteps) -> list[dict[str, Any]]:
    rows = pa.Table.from_batches([batch for shard in source.shards() for batch in source.read(shard)]).to_pylist()
    return [{**row, "meta": json.loads(row["meta"])} for row in rows]


def test_units_are_the_lemmas_and_theorems() -> None:
    units = isabelle_units({"translations": THEORY})
    assert [(unit.statement[:9], len(unit.steps)) for unit in units] == [("lemma one", 2), ("theorem t", 1)]
    assert [isabelle_text(unit) for unit in units] == [ONE, THREE]


@pytest.mark.parametrize("statement", ["lemmas x = y", "corollary c: x", "lemma(in group) x", "theorems"])
def test_other_statements_are_no_units(statement: str) -> None:
    assert isabelle_units({"translations": [["", statement], ["s", "by simp"]]}) == []


def test_steps_before_the_first_statement_belong_to_nothing() -> None:
    assert isabelle_units({"translations": [["s", "lemma x: y"], ["", "lemma z: y"]]}) == [ProofUnit("lemma z: y", ())]


@pytest.mark.parametrize(
    "bad", [3, [], {}, {"translations": 3}, {"translations": [["a"]]}, {"translations": [["", 1]]}]
)
def test_what_is_no_extraction_is_an_error(bad: object) -> None:
    with pytest.raises(ValueError, match="translations"):
        isabelle_units(bad)


@pytest.mark.parametrize(
    ("name", "theory"),
    [
        ("_home_x_afp-2022-12-06_thys_Groups_Basic.thy_output.json", "Groups_Basic"),
        ("x_thys_Groups_Basic_ground_truth.json", "Groups_Basic"),
        ("List_output.json", "List"),
    ],
)
def test_the_file_name_tells_the_theory(name: str, theory: str) -> None:
    assert theory_of(name) == theory


def test_each_theorem_of_an_extraction_is_a_document(tmp_path: Path) -> None:
    (tmp_path / "x_thys_A.thy_output.json").write_text(json.dumps({"translations": THEORY}))
    rows = read(IsabelleProofSteps(path=[str(tmp_path)], license="BSD-3-Clause"))
    assert [row["id"] for row in rows] == ["A#0", "A#1"]
    assert [row["text"] for row in rows] == [ONE, THREE]
    assert [row["meta"] for row in rows] == [{"file": "A", "length": 2}, {"file": "A", "length": 1}]
    assert {(row["language"], row["license"], row["group"]) for row in rows} == {("isabelle", "BSD-3-Clause", "A")}


def test_a_damaged_extraction_is_a_row_and_the_others_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"translations": [')
    (tmp_path / "b.json").write_text("{}")
    (tmp_path / "c.json").write_text(json.dumps({"translations": THEORY}))
    assert [row["reason"] for row in read(IsabelleProofSteps(path=[str(tmp_path)]))] == [
        "not_an_extraction",
        "not_an_extraction",
        None,
        None,
    ]


def test_each_lean_module_is_a_document(tmp_path: Path) -> None:
    text = "[GOAL]\n⊢ 1 = 1\n[PROOFSTEP]\nrfl\n"
    (tmp_path / "Mathlib.Init.A.train").write_text(text)
    (tmp_path / "Mathlib.Init.B.train").write_text("")
    (tmp_path / "Mathlib.Init.C.train").write_bytes(b"[PROOFSTEP]\xff")
    first, second, third = read(LeanProofSteps(path=[str(tmp_path)]))
    assert (first["id"], first["text"], first["language"], first["reason"]) == ("Mathlib.Init.A", text, "lean", None)
    assert first["meta"] == {"mathlib_filename": "Mathlib.Init.A", "length": 1}
    assert [second["reason"], third["reason"]] == ["no_proof_steps", "not_utf8"]


def test_shards_hold_a_fixed_number_of_files(tmp_path: Path) -> None:
    for name in "edcba":
        (tmp_path / f"{name}.json").write_text("{}")
    shards = IsabelleProofSteps(path=[str(tmp_path)], files_per_shard=3).shards()
    assert [(shard.name, [path.stem for path in shard.files]) for shard in shards] == [
        ("isabelle-00000", ["a", "b", "c"]),
        ("isabelle-00001", ["d", "e"]),
    ]
