"""The theorems for a Lean without Mathlib: the same everywhere, in levels, with no statement in both splits.

That Lean accepts their proofs, and what its plain tactics prove alone, is tested with the prover.
"""

import inspect
import itertools
import re
from collections import Counter
from importlib import import_module
from pkgutil import iter_modules

import pytest

from llemma.data.generators import lean_core_families
from llemma.data.generators.lean_core import HAMMER, theorems
from llemma.data.generators.lean_core_families import FAMILIES
from llemma.data.generators.lean_core_written import WRITTEN
from llemma.errors import UnknownNameError, UserError
from llemma.records import Theorem

TEST = theorems("test")
TRAIN = theorems("train", per_family=60)
VARIABLE = re.compile(r"\b[a-z]{1,2}\d?\b'?")  # x, xs, h0, h'; no word of Lean's in these statements is as short
PAIRS = {"(": ")", "[": "]", "⟨": "⟩"}


def _shape(statement: str) -> str:
    """Return a statement with its variables called v0, v1, ... in the order in which they come."""
    names: dict[str, str] = {}
    return VARIABLE.sub(lambda found: names.setdefault(found[0], f"v{len(names)}"), statement)


def _tactics(theorem: Theorem) -> list[str]:
    """Return the tactics of a proof, without its `by`."""
    by, *lines = theorem.proof.split("\n  ")
    assert by == "by"
    tactics: list[str] = []
    for line in lines:
        if line.startswith("  "):
            tactics[-1] += "\n" + line
        else:
            tactics.append(line)
    return tactics


def _families(split: lean_core_families.Split) -> list[str]:
    return [family.__name__ for families in FAMILIES[split].values() for family in families]


def _is_balanced(text: str) -> bool:
    open_ones: list[str] = []
    for character in text:
        if character in PAIRS:
            open_ones.append(PAIRS[character])
        elif character in PAIRS.values() and (not open_ones or open_ones.pop() != character):
            return False
    return not open_ones


def test_the_benchmark_has_30_theorems_of_level_1_59_of_level_2_and_64_of_level_3() -> None:
    assert Counter(theorem.level for theorem in TEST) == {"1": 5 * 4 + 10, "2": 10 * 4 + 19, "3": 10 * 4 + 24}


def test_theorems_are_the_same_every_time_and_more_of_a_family_begin_with_the_fewer() -> None:
    again = {theorem.name: theorem for theorem in theorems("train", per_family=70)}
    assert [again[theorem.name] for theorem in TRAIN] == TRAIN
    assert theorems("test") == TEST


def test_another_seed_draws_other_theorems() -> None:
    statements = {theorem.statement for theorem in theorems("train", seed=1, per_family=4)}
    assert len(statements - {theorem.statement for theorem in TRAIN[:4]}) > len(statements) / 2


def test_every_family_is_in_one_split_and_level() -> None:
    modules = [
        import_module(f"{lean_core_families.__name__}.{found.name}")
        for found in iter_modules(lean_core_families.__path__)
    ]
    defined = [
        name
        for module in modules
        for name, member in inspect.getmembers(module, inspect.isfunction)
        if member.__module__ == module.__name__ and not name.startswith("_")
    ]
    assert sorted(_families("train") + _families("test")) == sorted(defined)
    assert len(_families("train")) >= 30


def test_names_are_identifiers_and_differ() -> None:
    names = [theorem.name for theorem in TEST + TRAIN]
    assert len(set(names)) == len(names)
    assert [name for name in names if not re.fullmatch(r"lean_core_(test|train)_[a-z0-9_]+", name)] == []


def test_renaming_variables_makes_two_statements_equal() -> None:
    first, second = "(n k : Nat) (h' : n < k) : n ≤ k", "(a b : Nat) (h0 : a < b) : a ≤ b"
    assert _shape(first) == _shape(second) == "(v0 v1 : Nat) (v2 : v0 < v1) : v0 ≤ v1"
    assert _shape(first) != _shape("(a b : Nat) (h : b < a) : a ≤ b")


def test_no_theorem_of_one_family_is_one_of_another_with_other_names() -> None:
    families: dict[str, str] = {}
    for theorem in TEST + theorems("train", per_family=500):
        assert families.setdefault(_shape(theorem.statement), theorem.family) == theorem.family


def test_no_two_theorems_of_the_benchmark_differ_in_names_only() -> None:
    shapes = Counter(_shape(theorem.statement) for theorem in TEST)
    assert [shape for shape, count in shapes.items() if count > 1] == []


def test_a_small_family_gives_all_that_it_has() -> None:
    # base 2 to 9, five names, two forms
    found = [theorem for theorem in theorems("train", per_family=1000) if theorem.family == "power_outgrows"]
    assert len({theorem.statement for theorem in found}) == len(found) == 8 * 5 * 2


def test_training_has_thousands_of_statements() -> None:
    assert len({theorem.statement for theorem in theorems("train", per_family=500)}) > 10_000


def test_no_function_has_the_name_of_a_bound_variable() -> None:
    # (t : Nat → Prop) (h : ∀ t, t t) is no statement
    for theorem in TEST + theorems("train", per_family=500):
        functions = re.findall(r"\((\w+(?: \w+)*) : [^()]*→", theorem.statement)
        bound = re.findall(r"[∀∃] (\w+(?: \w+)*)", theorem.statement)
        assert not set(" ".join(functions).split()) & set(" ".join(bound).split()), theorem.statement


@pytest.mark.parametrize("theorem", TEST + TRAIN[::15], ids=lambda theorem: theorem.name)
def test_statements_and_proofs_are_short_and_whole(theorem: Theorem) -> None:
    assert " : " in theorem.statement or theorem.statement.startswith(": ")
    assert _is_balanced(theorem.statement)
    assert _is_balanced(theorem.proof)
    assert len(theorem.statement) < 200
    assert not re.search(r"\b(sorry|admit|native_decide)\b|[{}\t]|  : ", theorem.statement + theorem.proof)


def test_level_1_is_one_plain_tactic_and_level_2_at_most_three_tactics() -> None:
    for theorem in TEST + TRAIN:
        tactics = _tactics(theorem)
        if theorem.level == "1":
            assert tactics[0] in HAMMER
        assert len(tactics) <= {"1": 1, "2": 3, "3": 8}[theorem.level]


def test_the_proofs_of_training_use_every_tactic_that_those_of_the_test_families_need() -> None:
    train, test = (
        {tactic.split()[0] for theorem in part for tactic in _tactics(theorem)}
        for part in (TRAIN, [theorem for theorem in TEST if theorem.family != "written"])
    )
    assert test <= train


def test_written_theorems_have_names_of_no_family() -> None:
    assert not {*itertools.chain(*WRITTEN.values())} & {*_families("test"), *_families("train")}


def test_an_unknown_split_and_a_negative_number_are_refused() -> None:
    with pytest.raises(UnknownNameError, match=r"no split of lean_core 'tset'\. Did you mean 'test'\?"):
        theorems("tset")  # type: ignore[arg-type]
    with pytest.raises(UserError, match="per_family is -1; it must be 0 or more"):
        theorems("train", per_family=-1)
