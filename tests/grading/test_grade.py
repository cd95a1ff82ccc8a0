"""From a completion to a grade: statuses, references that are texts, choices, and the import."""

import subprocess
import sys

import pytest

from llemma.grading import Grade, Policy, grade
from llemma.grading.profiles import GSM8K_FIXED, MATH_FIXED


def test_a_correct_and_a_wrong_completion() -> None:
    found = grade(r"So $x = \boxed{\frac{2}{4}}$.", "0.5")
    assert found == Grade(True, r"\frac{2}{4}", "correct", "number: equal rational numbers (answer by box)")
    assert grade(r"So $x = \boxed{3}$.", "0.5").status == "wrong"


def test_no_answer_and_a_cut_off_completion_are_told_apart() -> None:
    text = "Let us begin with what is known about the sum of all of these things"
    assert grade(text, "5").status == "no_answer"
    assert grade(text, "5", finish="length").status == "cut_off"


def test_an_answer_that_nobody_understands_is_unparsable() -> None:
    assert grade(r"\boxed{a ?? b}", "5").status == "unparsable"


@pytest.mark.parametrize(
    ("completion", "reference"),
    [
        (r"Thus $\boxed{12}$.", r"We add 5 and 7, and 5 + 7 = 12, so there are $\boxed{12}$ of them."),
        ("The answer is $28$ percent.", r"$28\%$"),
        (r"It is $\boxed{2}$ or $\boxed{-2}$.", r"The solutions are $\boxed{-2, 2}.$"),
        ("odd $n$", "odd $n$"),
        (r"We get $\boxed{\begin{pmatrix} 1 & 2 \end{pmatrix}}$", r"\begin{pmatrix} 1&2\end{pmatrix}"),
        ("Both hold.\n\n**Final Answer:** $x \\in [1, 4]$", r"$1 \le x \le 4$"),
    ],
)
def test_a_reference_may_be_a_text_with_an_answer_in_it(completion: str, reference: str) -> None:
    assert grade(completion, reference).correct


@pytest.mark.parametrize(
    ("completion", "reference", "correct"),
    [
        ("The answer is for sure D, it cannot be A or B", "D", True),
        ("B。 A 不对", "B", True),
        ("(C) Sofia", "C", True),
        ("C", "(C) Sofia", True),
        ("D", "(C) Sofia", False),
    ],
)
def test_choices(completion: str, reference: str, correct: bool) -> None:
    assert grade(completion, reference).correct is correct


def test_the_policy_reaches_extraction_and_comparison() -> None:
    text = r"$\boxed{1}$ and $\boxed{2}$"
    assert grade(text, "1, 2").correct
    assert grade(text, "2", Policy(boxes="last")).correct


def test_math_accepts_a_percentage_and_bare_digits_of_a_base() -> None:
    assert MATH_FIXED.grade(r"$\boxed{20}$", r"20\%").correct
    assert MATH_FIXED.grade(r"$\boxed{0.2}$", r"20\%").correct
    assert MATH_FIXED.grade(r"$\boxed{204}$", "204_5").correct
    assert not MATH_FIXED.grade(r"$\boxed{54}$", "204_5").correct


def test_gsm8k_reads_money_signs_and_units() -> None:
    for text in (" The answer is $18.", " The answer is 18 apples.", " The answer is 18.00.", " So 9 + 9 = 18."):
        assert GSM8K_FIXED.grade(text, "18").correct, text
    assert GSM8K_FIXED.grade(" The answer is -3.", "-3").correct
    assert not GSM8K_FIXED.grade(" The answer is 18.5.", "18").correct


def test_the_import_is_light_and_the_names_are_functions() -> None:
    program = (
        "import sys, llemma.grading.extract, llemma.grading.equal; from llemma.grading import equal, extract, grade\n"
        "assert not {'torch', 'sympy', 'flint', 'numpy', 'transformers'} & set(sys.modules)\n"
        "assert equal('1', '1.0').equal and extract('The answer is 3.') == '3' and grade('3', '3').correct"
    )
    assert subprocess.run([sys.executable, "-W", "error", "-c", program], check=False).returncode == 0
