"""The paper's graders of OCW, multiple choice and program answers: their bugs, each with its switch on and off."""

import html
import re
from dataclasses import replace
from pathlib import Path

import pytest

from llemma.grading.published_choice import CHOICE_PAPER
from llemma.grading.published_ocw import OCW_PAPER, OcwSwitches, arithmetic, numbers_equal, ocw_profile
from llemma.grading.published_tools import TOOLS_PAPER, ToolSwitches, tools_profile
from llemma.storage import read_jsonl

OCW = "Final answer: The final answer is {}. I hope it is correct."


@pytest.mark.parametrize(
    ("answer", "reference", "correct"),
    [
        ("4.5", "4.5", True),
        ("4.50001", "4.5", True),
        ("4.51", "4.5", False),
        ("3.89e-10", "3.86e-10", True),
        ("9/2", "4.5", True),
        (r"\frac{9}{2}", "4.5", True),
        ("4.5 cm", "4.5", True),
        ("4.5 miles", "4.5", False),
        ("-3", "-3", False),
        ("0", "0", False),
        ("-2", "-2.00001", True),
        ("10^8", "2", True),
        ("x=3", "x=3", False),
        ("x+1", "1+x", True),
    ],
)
def test_published_ocw_rules(answer: str, reference: str, correct: bool) -> None:
    assert OCW_PAPER.grade(OCW.format(answer), reference).correct is correct


@pytest.mark.parametrize(
    ("switch", "answer", "reference", "published"),
    [
        ("nonpositive_numbers_never_match", "-3", "-3", False),
        ("tolerance_near_zero_only", "4.51", "4.5", False),
        ("equations_never_match", "x^{2}+y=3", "x^{2}+y=3", False),
        ("caret_is_xor", "10^8", "100000000", False),
        ("keeps_units", "4.5 miles", "4.5", False),
    ],
)
def test_each_ocw_bug_has_a_switch(switch: str, answer: str, reference: str, published: bool) -> None:
    mended = ocw_profile("mended", replace(OcwSwitches(), **{switch: False}))
    assert OCW_PAPER.grade(OCW.format(answer), reference).correct is published
    assert mended.grade(OCW.format(answer), reference).correct is not published


def test_the_published_ocw_tolerance_is_a_share_of_the_signed_sum() -> None:
    published = OcwSwitches()
    assert numbers_equal(1e-9, 1.005e-9, published)
    assert not numbers_equal(-1e-9, -1e-9, published)
    assert not numbers_equal(1.0, 1.001, published)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2*3+1", 7.0),
        ("7//2", 3.0),
        ("2**0.5", 2**0.5),
        ("5^3", 6.0),
        ("abs(-4)", 4.0),
        ("__import__('os')", None),
        ("().__class__", None),
        ("9**9**9", None),
        ("[1 for x in [1]]", None),
        ("(-1)**0.5", None),
        ("1/0", None),
    ],
)
def test_arithmetic_reads_literals_and_runs_nothing(text: str, value: float | None) -> None:
    assert arithmetic(text) == value


def letters_and_digits(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def test_the_published_ocw_and_choice_labels_are_reproduced(benchmark_folder: Path) -> None:
    answers = {
        letters_and_digits(row["problem"]): row["answer"] for row in read_jsonl(benchmark_folder / "ocw/test.jsonl")
    }
    differing, seen = [], 0
    for row in read_jsonl(benchmark_folder / "model_outputs/llemma_demo/samples.jsonl"):
        text = html.unescape(row["model_answer"]) + " I hope it is correct."
        if row["task"] in ("mmlu", "sat"):
            grade = CHOICE_PAPER.grade(text, html.unescape(row["reference_answer"]))
        elif row["task"] == "ocw_courses":
            grade = OCW_PAPER.grade(text, answers[letters_and_digits(html.unescape(row["question"]))])
        else:
            continue
        seen += 1
        if grade.correct != (row["result"] == "Correct"):
            differing.append((row["task"], row["index"], grade))
    assert seen > 100
    assert len(differing) <= 1, differing


@pytest.mark.parametrize(
    ("text", "correct"),
    [
        ("Final Answer: The final answer is (B). I hope it is correct.", True),
        ("Final Answer: The final answer is (B) I hope", True),
        ("Final Answer: The final answer is B. I hope it is correct.", False),
        ("Final Answer: The final answer is (C). I hope it is correct.", False),
        ("The final answer is (B).", False),
    ],
)
def test_published_choice_rules(text: str, correct: bool) -> None:
    assert CHOICE_PAPER.grade(text, "B").correct is correct
    assert CHOICE_PAPER.grade(text, "(B)").correct is correct


@pytest.mark.parametrize(
    ("answer", "reference", "published", "mended"),
    [
        ("0.375", r"\frac{1}{3}", True, False),
        ("sqrt(2)", "1", True, False),
        ("7", "7", True, True),
        ("[7]", "7", False, True),
        ("[7, 8]", "7", False, False),
        ("x**2 + 1", "1+x^2", True, True),
        ("3", "x", False, False),
    ],
)
def test_published_program_answers(answer: str, reference: str, published: bool, mended: bool) -> None:
    assert TOOLS_PAPER.grade(answer, reference).correct is published
    profile = tools_profile("mended", ToolSwitches(truncates_to_integers=False, lists_never_match=False))
    assert profile.grade(answer, reference).correct is mended


def test_a_program_that_printed_none_has_no_answer() -> None:
    assert TOOLS_PAPER.grade("None", "3").status == "no_answer"
