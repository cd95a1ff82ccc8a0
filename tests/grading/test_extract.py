"""Extraction: which of several candidates is the answer, and where it stands."""

import pytest

from llemma.grading import extract
from llemma.grading.boxes import closing_brace
from llemma.grading.choice import extract_choice
from llemma.grading.extract import gsm8k_reference, last_boxed, locate
from tests.conftest import grows_with_its_size_only


@pytest.mark.parametrize(
    ("solution", "content"),
    [
        (r"So $\boxed{7}$.", "7"),
        (r"First $\boxed{1}$, then $\boxed{\frac{1}{2}}$.", r"\frac{1}{2}"),
        (r"It is $\boxed 9$ then.", "9"),
        (r"It is \fbox{4}.", "4"),
        (r"\fbox{4} but \boxed{5} and \fbox{6}", "5"),
        (r"\boxed{\left\{1,2\right\}}", r"\left\{1,2\right\}"),
        (r"\boxed{3", "3"),
        ("no box", None),
    ],
)
def test_last_boxed(solution: str, content: str | None) -> None:
    assert last_boxed(solution) == content


def test_closing_brace_skips_escaped_ones() -> None:
    assert closing_brace(r"{a\}b{c}d}e", 0) == 9
    assert closing_brace("{{}", 0) == -1


@pytest.mark.parametrize(
    ("answer", "reference"),
    [("12 + 6 = <<12+6=18>>18\n#### 18", "18"), ("#### 1,234", "1234"), ("#### -5", "-5"), ("18", None)],
)
def test_gsm8k_reference(answer: str, reference: str | None) -> None:
    assert gsm8k_reference(answer) == reference


@pytest.mark.parametrize(
    ("text", "answer", "rule"),
    [
        ("Final Answer: The final answer is $12$. I hope it is correct.", "12", "final-answer phrase"),
        (
            r"We get $\boxed{3}$. Final Answer: The final answer is $4$. I hope it is correct.",
            "4",
            "final-answer phrase",
        ),
        ("**Final Answer**\n\\boxed{8}", "8", "final-answer phrase"),
        ("The final answer is 1,234. I hope it is correct.", "1,234", "final-answer phrase"),
        ("Final Answer: Ann has $5$ and $7$ coins, so 12 coins.", "12", "final-answer phrase"),
        (r"x = 3, so $\boxed{x=3}$ and the 2 others fail.", "x=3", "box"),
        (r"$\boxed{1}$ and $\boxed{-2}$", "1, -2", "boxes"),
        (r"$\boxed{10}$ and then $\boxed{42}$", "42", "box"),
        (r"\boxed{9} \boxed{9} \boxed{3}", "3", "box"),
        (r"That is $\boxed{25}$ percent of it.", "25 percent", "box"),
        ("We have $x=1$ or $x=2$.", "x=1 or x=2", "last formulas"),
        ("The answer is 5 and not 6.", "5", "answer phrase"),
        ("The answer is approximately 3.14", "3.14", "answer phrase"),
        ("Thus the area is 12 cm^2, as the figure shows to everybody.", "12", "last number"),
        ("So 4 + 5 = 9. The answer is 9.", "9", "answer phrase"),
        ("Hence the answer is therefore $x^2$, as wanted.", "x^2", "answer phrase"),
        ("The answer is $3$ and $5$.", "3, 5", "answer phrase"),
        ("The value of $f(2)$ is $2^2+1 = 5$, which is what was wanted here.", "2^2+1 = 5", "last formula"),
        ("Since $n = 3k$, there are 12 of them in all, and none is left over.", "12", "last number"),
        ("Counting them one after the other gives **36** ways and not one more.", "36", "bold"),
        ("She pays 3 dollars for each of 4 pens and so she pays 12 dollars in total.", "12", "last number"),
        ("一共有 30+12=42 只鸟。", "42", "last number"),
        ("<think>maybe \\boxed{1}</think>It is \\boxed{2}.", "2", "box"),
        ("<think>maybe \\boxed{1}</think>", "1", "box"),
        ("The answer is 6.<|im_end|>\n<|im_start|>user 9", "6", "answer phrase"),
        ("y = 2x + 1", "y = 2x + 1", "whole text"),
    ],
)
def test_the_answer_and_the_rule_that_found_it(text: str, answer: str, rule: str) -> None:
    found = locate(text)
    assert found is not None
    assert (found.answer, found.rule) == (answer, rule)


@pytest.mark.parametrize("text", ["", "   ", "I could not solve this problem, I am sorry to say.", "?!"])
def test_a_text_without_answer_has_none(text: str) -> None:
    assert extract(text) is None


def test_the_place_is_where_the_answer_stands() -> None:
    text = "First $1$. The answer is $x+2$."
    found = locate(text)
    assert found is not None
    assert text[found.start : found.end] == "$x+2$"


def test_a_formula_broken_over_lines_is_an_answer_unless_the_policy_says_no() -> None:
    for broken in ("So it is $\n 9\n$", "We have $n = 3$ apples\nand $\n 9 $"):
        assert extract(broken) == "9"
        assert extract(broken, line_breaks=False) != "9"
    assert extract("so $x = 4$ is it\nand $$\n 9 \n$$", line_breaks=False) == "9"


def test_a_phrase_before_noise_does_not_hide_the_box() -> None:
    assert extract(r"So it is $\boxed{12}$. The final answer is: ]])") == "12"


def test_several_boxes_follow_the_policy() -> None:
    text = r"\boxed{1} no \boxed{2} or \boxed{3}"
    assert extract(text) == "2 or 3"
    assert extract(text, boxes="last") == "3"
    assert extract(text, boxes="all") == "1, 2 or 3"


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("Final Answer: The final answer is (C). I hope it is correct.", "C"),
        ("The answer is for sure B, it cannot be A.", "B"),
        (r"Thus $\boxed{\text{D}}$.", "D"),
        ("A is too small, so it's B", "B"),
        ("B. because 3 > 2", "B"),
        ("Neither (A) nor (D) but (C)", "C"),
        ("Nothing here", None),
        ("An apple", None),
    ],
)
def test_extract_choice(text: str, letter: str | None) -> None:
    assert extract_choice(text) == letter


def test_extraction_takes_time_that_grows_with_the_text() -> None:
    sentence = "We add the two numbers $a$ and $b$ to see that $a + b = 12$ holds. "
    assert grows_with_its_size_only(lambda count: extract(sentence * count + "The final answer is $12$."), 200)
