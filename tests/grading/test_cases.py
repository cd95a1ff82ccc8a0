"""The labelled cases and the references of the benchmarks, where they are at hand."""

import itertools
import random
import re
from pathlib import Path
from typing import Any

import pytest

from llemma.grading import Policy, equal, grade
from llemma.grading.compare import compare
from llemma.grading.extract import gsm8k_reference
from llemma.grading.profiles import CHOICE_FIXED, GSM8K_FIXED, MATH_FIXED, OCW_FIXED
from llemma.grading.read import has_opaque, read
from llemma.storage import read_jsonl
from tests.conftest import BESIDE_CHECKOUT

POLICIES = {
    "decimal-comma": Policy(decimal_comma=True),
    "rounding": Policy(rounding="shown"),
    "percent-literal": Policy(percent="literal"),
    "inline-newline convention": Policy(line_breaks=False),
}


@pytest.fixture(scope="session")
def cases() -> list[dict[str, Any]]:
    path = BESIDE_CHECKOUT / "cases/grader_cases.jsonl"
    if not path.is_file():
        pytest.skip(f"no labelled cases in {path}")
    return list(read_jsonl(path))


def policy_of(case: dict[str, Any]) -> Policy:
    return POLICIES.get(case.get("policy", ""), Policy())


def test_every_answer_case_has_its_label_in_both_directions(cases: list[dict[str, Any]]) -> None:
    wrong = []
    for case in cases:
        if case["kind"] != "answer":
            continue
        pairs = [(case["pred"], case["gold"])]
        if case.get("pred_bare") is not None and case.get("gold_bare") is not None:
            pairs.append((case["pred_bare"], case["gold_bare"]))
        for answer, reference in pairs:
            verdicts = equal(answer, reference, policy_of(case)), equal(reference, answer, policy_of(case))
            if {verdict.equal for verdict in verdicts} != {case["label"]}:
                wrong.append((case["id"], verdicts))
    assert not wrong


def test_every_text_and_choice_case_has_its_label(cases: list[dict[str, Any]]) -> None:
    wrong = []
    for case in cases:
        if case["kind"] == "answer":
            continue
        found = grade(case["pred"], case["gold"], policy_of(case))
        if found.correct != case["label"]:
            wrong.append((case["id"], found))
    assert not wrong


def test_every_math_reference_equals_itself_and_is_understood(math_references: dict[str, str]) -> None:
    assert len(math_references) == 12_500
    assert [key for key, reference in math_references.items() if not MATH_FIXED.grade(
        rf"So it is $\boxed{{{reference}}}$.", reference).correct and reference] == []  # fmt: skip
    opaque = [key for key, reference in math_references.items() if reference and has_opaque(read(reference))]
    assert len(opaque) <= 5, opaque


def test_every_gsm8k_reference_equals_itself(benchmark_folder: Path) -> None:
    answers = [row["answer"] for row in read_jsonl(benchmark_folder / "gsm8k/test.jsonl")]
    assert len(answers) == 1319
    for answer in answers:
        reference = gsm8k_reference(answer)
        assert reference is not None
        assert GSM8K_FIXED.grade(f" The answer is {reference}.", reference).correct, reference


def test_every_ocw_reference_equals_itself(benchmark_folder: Path) -> None:
    references = [row["answer"] for row in read_jsonl(benchmark_folder / "ocw/test.jsonl")]
    assert len(references) == 272
    phrase = "Final answer: The final answer is {}. I hope it is correct."
    assert [r for r in references if not OCW_FIXED.grade(phrase.format(r), r).correct] == []


def test_every_choice_reference_is_read_in_several_spellings() -> None:
    for letter, text in itertools.product(
        "ABCD", ("The final answer is ({}).", r"$\boxed{{\text{{{}}}}}$", "{}", "It's {}")
    ):
        assert CHOICE_FIXED.grade(text.format(letter), f"({letter})").correct
        assert not CHOICE_FIXED.grade(text.format(letter), "(E)").correct


# Pairs that SymPy's parser cannot confirm, seen one by one: each is right, and has a side of one of these shapes.
JUSTIFIED = re.compile(
    r"^\.\d"  # .2 is 0.2
    r"|^-?\d+\\frac"  # a mixed number
    r"|^\\(?:text|mbox)\{(?:two|three|four|five|six)\}$"  # a number word
    r"|\\circ"  # degrees inside a function, or in radians
    r"|_\{?\d"  # the same number in two bases
)


def cross(references: list[str]) -> list[tuple[str, str, str]]:
    """Return the pairs of different strings that are equal, with their stage."""
    nodes = [read(reference) for reference in references]
    pairs = itertools.combinations(range(len(references)), 2)
    verdicts = ((i, j, compare(nodes[i], nodes[j], STRICT)) for i, j in pairs)
    return [(references[i], references[j], verdict.reason) for i, j, verdict in verdicts if verdict.equal]


STRICT = Policy(units="required", sequence="strict")


def magnitude(text: str) -> float:
    """A second, cruder reading: the digits of an answer without what only decorates it, as a sorted multiset's sum."""
    return sum(float(number) for number in re.findall(r"\d+\.?\d*", text))


@pytest.mark.parametrize("count", [150, pytest.param(2000, marks=pytest.mark.slow)])
def test_different_references_that_are_equal_are_numbers_of_the_same_value(
    math_references: dict[str, str], count: int
) -> None:
    """The cross test. SymPy, parsing published normal forms, must agree that each pair found is equal."""
    from llemma.grading.published import MathSwitches, normalize_tex, tex_equal

    references = sorted(set(math_references.values()) - {""})
    random.Random(7).shuffle(references)
    found = cross(references[:count])
    switches = MathSwitches(deletes_units_inside_words=False, zero_never_matches=False)
    doubtful = [
        pair for pair in found
        if not tex_equal(*(normalize_tex(side.replace("\\%", "/100"), switches=switches) for side in pair[:2]),
                         switches=switches).equal
        and abs(magnitude(pair[0]) - magnitude(pair[1])) > 1e-9
    ]  # fmt: skip
    assert [pair for pair in doubtful if not any(JUSTIFIED.search(side) for side in pair[:2])] == []
