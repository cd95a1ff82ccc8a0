"""References of the multiple-choice benchmarks, and the forms that textbooks write, equal themselves."""

import itertools
from pathlib import Path

import pytest

from llemma.grading import buckets, equal, grade
from llemma.grading.profiles import CHOICE_FIXED
from llemma.grading.published_choice import CHOICE_PAPER
from llemma.storage import read_jsonl

PHRASE = "Final Answer: The final answer is ({}). I hope it is correct."


def test_every_mmlu_stem_and_sat_reference_equals_itself_and_no_other(benchmark_folder: Path) -> None:
    mmlu = ["ABCD"[row["answer"]] for row in read_jsonl(benchmark_folder / "mmlu_stem/test.jsonl")]
    sat = [row["Answer"].strip() for row in read_jsonl(benchmark_folder / "sat/test.jsonl")]
    assert len(mmlu) > 3000
    assert len(sat) == 32
    for reference in mmlu + sat:
        for letter in "ABCD":
            right = letter == reference
            assert CHOICE_FIXED.grade(PHRASE.format(letter), reference).correct is right
            assert CHOICE_PAPER.grade(PHRASE.format(letter), reference).correct is right
            assert grade(PHRASE.format(letter), reference).correct is right


def test_every_option_of_mmlu_stem_equals_itself(benchmark_folder: Path) -> None:
    options = {
        option for row in read_jsonl(benchmark_folder / "mmlu_stem/test.jsonl") for option in row["choices"] if option
    }
    assert [option for option in options if not equal(option, f" {option} ").equal] == []


TEXTBOOK = [
    r"\int_0^1 x^2\,dx",
    r"\int_{-\infty}^{\infty} e^{-x^2}\,dx = \sqrt{\pi}",
    r"\sum_{n=1}^{\infty} \frac{1}{n^2} = \frac{\pi^2}{6}",
    r"\prod_{p} \left(1 - p^{-s}\right)^{-1}",
    r"\lim_{x \to 0} \frac{\sin x}{x}",
    r"\frac{d}{dx} f(x)",
    r"\frac{\partial u}{\partial t} = k \nabla^2 u",
    r"\|x + y\| \le \|x\| + \|y\|",
    r"|z_1 z_2| = |z_1||z_2|",
    r"\langle u, v \rangle = \overline{\langle v, u \rangle}",
    r"\{x \in \mathbb{R} : x^2 < 2\}",
    r"\bigcup_{i \in I} A_i",
    r"A \setminus (B \cap C)",
    r"f \colon X \to Y",
    r"\forall \epsilon > 0 \; \exists \delta > 0",
    r"a \equiv b \pmod{n}",
    r"\gcd(a, b) = 1",
    r"\binom{n}{k} = \frac{n!}{k!(n-k)!}",
    r"\begin{pmatrix} a & b \\ c & d \end{pmatrix}",
    r"\det(A - \lambda I) = 0",
    r"\begin{cases} x & x \ge 0 \\ -x & x < 0 \end{cases}",
    r"\mathbb{Z}/n\mathbb{Z}",
    r"G \cong H_1 \oplus H_2",
    r"\pi_1(S^1) \cong \mathbb{Z}",
    r"H^n(X; \mathbb{Q})",
    r"\mathcal{O}(n \log n)",
    r"\operatorname{Hom}(A, B)",
    r"\hat{f}(\xi)",
    r"\vec{F} = m\vec{a}",
    r"\oint_C \vec{B} \cdot d\vec{l} = \mu_0 I",
    r"\mathbb{P}(A \mid B)",
    r"X \sim N(\mu, \sigma^2)",
    r"\mathbb{E}[X^2] - \mathbb{E}[X]^2",
    r"e^{i\pi} + 1 = 0",
    r"x = \frac{-b \pm \sqrt{b^2 - 4ac}}{2a}",
    r"\sqrt[3]{2} \notin \mathbb{Q}",
    r"0 < |x - a| < \delta \implies |f(x) - L| < \epsilon",
    r"\lfloor x \rfloor + \lceil -x \rceil",
    r"a_n = O(n^{-2}), \quad n \to \infty",
    r"p \wedge \neg q",
    r"A^{T} A",
    r"f'(x), f''(x), f^{(n)}(x)",
    r"1 + \cfrac{1}{1 + \cfrac{1}{2}}",
    r"\omega = f\,dx \wedge dy",
    r"(\nabla \times \mathbf{E})_z",
    r"[0, 1) \cup \{2\}",
    r"\aleph_0 < 2^{\aleph_0}",
    r"\text{if } x > 0 \text{ then } y < 0",
    r"x_{n+1} = x_n - \frac{f(x_n)}{f'(x_n)}",
    r"\overline{AB} \perp \overline{CD}",
    r"\triangle ABC \sim \triangle DEF",
    r"\angle ABC = 90^\circ",
]


@pytest.mark.parametrize("form", TEXTBOOK)
def test_a_textbook_form_equals_itself_however_it_is_wrapped(form: str) -> None:
    for other in (f"${form}$", rf"\[ {form} \]", rf"\boxed{{{form}}}", f"{form}.", rf"\displaystyle {form}"):
        verdict = equal(other, form)
        assert verdict.equal, (other, verdict)
        assert set(buckets(other)) & set(buckets(form)), other
    assert grade(rf"Therefore the answer is $\boxed{{{form}}}$.", form).correct


@pytest.mark.parametrize(("first", "second"), list(itertools.pairwise(TEXTBOOK)))
def test_two_textbook_forms_are_different(first: str, second: str) -> None:
    assert not equal(first, second).equal


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        (r"\mathbb{E}[X^2] - \mathbb{E}[X]^2", "0", False),
        (r"\mathbb{E}[X] + \mathbb{E}[Y]", r"\mathbb{E}[Y] + \mathbb{E}[X]", True),
        (r"\mathbb{E}[X+1]", r"\mathbb{E}[1+X]", True),
        (r"\mathbb{E}[X] = 3", "3", True),
        (r"\mathcal{O}(n)", r"\mathcal{O}(n^2)", False),
    ],
)
def test_a_letter_of_another_alphabet_is_an_operator_of_its_bracket(first: str, second: str, same: bool) -> None:
    assert equal(first, second).equal is same
