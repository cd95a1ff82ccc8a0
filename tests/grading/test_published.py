"""The paper's graders: the published labels, and every bug with its switch on and off."""

import html
from dataclasses import replace
from pathlib import Path

import pytest

from llemma.grading.extract import gsm8k_reference, last_boxed
from llemma.grading.published import (
    GSM8K_PAPER,
    MATH_PAPER,
    Gsm8kSwitches,
    MathSwitches,
    gsm8k_profile,
    math_profile,
    normalize_tex,
)
from llemma.storage import read_jsonl

PUBLISHED = MathSwitches()


def test_the_published_labels_of_gsm8k_and_math_are_reproduced(benchmark_folder: Path) -> None:
    differing = []
    for row in read_jsonl(benchmark_folder / "model_outputs/llemma_demo/samples.jsonl"):
        text, solution = html.unescape(row["model_answer"]), html.unescape(row["reference_answer"])
        if row["task"] == "gsm8k":
            grade = GSM8K_PAPER.grade(text, gsm8k_reference(solution) or solution)
        elif row["task"].startswith("minerva_math"):
            grade = MATH_PAPER.grade(text + " I hope it is correct.", last_boxed(solution) or "")
        else:
            continue
        if grade.correct != (row["result"] == "Correct"):
            differing.append((row["task"], row["index"], grade))
    assert len(differing) <= 2, differing


@pytest.mark.parametrize(
    ("text", "normal_form"),
    [
        (r"\left(2, 5\right)", r"\le(2,5\right)"),
        ("a + b", "+b"),
        (r"2\pi r", r"2\pir"),
        (r"\sin x", r"\sinx"),
        ("3,4", "34"),
        (r"2,3,\text{ and }5", "235"),
        ("x=3,y=4", "4"),
        (r"\sqrt[3]{2}", r"\sqrt{[}3]{2}"),
        (r"10\%", r"10\%"),
        (r"\frac12", r"\frac{1}{2}"),
        (r"\sqrt2", r"\sqrt{2}"),
        (r"5 \text{ cm}", "5"),
        ("1,234,567", "1234567"),
        ("$7$ apples", "7apples"),
        (r"the value $\boxed{7}$ is", "7"),
        (r"30^\circ", "30"),
    ],
)
def test_the_published_normal_form_keeps_its_oddities(text: str, normal_form: str) -> None:
    if text.startswith("$7$"):
        normal_form = "7"  # only the inside of the first pair of dollars stays
    assert normalize_tex(text, switches=PUBLISHED) == normal_form


@pytest.mark.parametrize(
    ("answer", "reference", "correct"),
    [
        (r"\frac{1}{2}", "0.5", True),
        (r"(x+1)^2", "x^2+2x+1", True),
        ("50\\%", "0.5", False),
        ("(0.5,3)", r"(\frac12,3)", False),
        ("3,4", "4,3", False),
        ("even", "neve", True),
        (r"\tfrac12", "0.5", True),
        (".5", "0.5", False),
    ],
)
def test_published_equality(answer: str, reference: str, correct: bool) -> None:
    text = f"Final Answer: The final answer is ${answer}$. I hope it is correct."
    assert MATH_PAPER.grade(text, reference).correct is correct


MATH_BUGS = [
    ("keeps_last_side_only", "x^2=4", "4", True, False),
    ("deletes_units_inside_words", r"\left(2x\right)", "2x", False, True),
    ("merges_comma_lists", "3,4", "34", True, False),
    ("zero_never_matches", "0.0", "0", False, True),
    ("relations_never_match", "5 > x", "x<5", False, True),
]


@pytest.mark.parametrize(("switch", "answer", "reference", "published", "mended"), MATH_BUGS)
def test_each_math_bug_has_a_switch(switch: str, answer: str, reference: str, published: bool, mended: bool) -> None:
    text = f"Final Answer: The final answer is ${answer}$. I hope it is correct."
    profile = math_profile("mended", replace(PUBLISHED, **{switch: False}))
    assert MATH_PAPER.grade(text, reference).correct is published
    assert profile.grade(text, reference).correct is mended


def test_the_unescaped_dot_eats_a_character() -> None:
    text = "Final Answer: The final answer is 12 I hope it is correct."
    assert MATH_PAPER.extract(text) == "1"
    assert math_profile("mended", MathSwitches(eats_a_character=False)).extract(text) == "12"


def test_a_math_completion_without_the_phrase_is_no_answer() -> None:
    assert MATH_PAPER.grade(r"So it is $\boxed{3}$.", "3").status == "no_answer"
    assert MATH_PAPER.grade("Final Answer: The final", "3", finish="length").status == "cut_off"
    assert MATH_PAPER.extract("Final Answer: The final answer is\n3. I hope it is correct.") is None


def test_every_grade_says_which_stage_decided() -> None:
    text = "Final Answer: The final answer is $x+1$. I hope it is correct."
    assert MATH_PAPER.grade(text, "x + 1").reason == "string"
    assert MATH_PAPER.grade(text, "1 + x").reason == "sympy: the difference simplifies to 0"
    assert MATH_PAPER.grade(text, "0").status == "unparsable"


@pytest.mark.parametrize(
    ("completion", "reference", "correct"),
    [
        (" They have 3 + 4 = 7 left. The answer is 7.", "7", True),
        (" The answer is 1234.", "1,234", True),
        (" The answer is 18.5.", "18", True),
        (" The answer is $18.", "18", False),
        (" The answer is -3.", "-3", False),
        (" The answer is 1,234.", "1234", False),
        (" The answer is 5. No, The answer is 6.", "6", False),
        (" the answer is 7.", "7", False),
    ],
)
def test_published_gsm8k_rules(completion: str, reference: str, correct: bool) -> None:
    assert GSM8K_PAPER.grade(completion, reference).correct is correct


@pytest.mark.parametrize(
    ("completion", "reference"),
    [
        (" The answer is $18.", "18"),
        (" The answer is -3.", "-3"),
        (" The answer is 1,234.", "1234"),
        (" The answer is 18.50.", "18.5"),
    ],
)
def test_the_mended_gsm8k_pattern_reads_signs_commas_and_decimals(completion: str, reference: str) -> None:
    assert gsm8k_profile("mended", Gsm8kSwitches(digits_only=False)).grade(completion, reference).correct


def test_the_mended_gsm8k_rule_takes_the_last_phrase() -> None:
    profile = gsm8k_profile("mended", Gsm8kSwitches(first_phrase=False))
    assert profile.grade(" The answer is 5. No, The answer is 6.", "6").correct
