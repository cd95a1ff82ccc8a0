"""Equality of answers: tables by type, the policies, and what every verdict says."""

import threading

import pytest

from llemma.grading import Policy, Verdict, equal

# The thirty types of answers that other graders get wrong (grading.md, section 5), in examples of our own.
THIRTY = [
    (1, r"t \in [\sqrt5, +\infty)", r"t \ge \sqrt5", True),
    (1, r"t \in (\sqrt5, +\infty)", r"t \ge \sqrt5", False),
    (2, r"\sqrt{1/m}", r"\frac{1}{\sqrt{m}}", True),
    (3, "7=y", "7", True),
    (4, r"0.0025", r"\frac14\%", True),
    (5, r"41.5\%", "0.415", True),
    (6, "e^{9}-4", "-4+exp(9)", True),
    (7, "3*cos(pi*t/4)-2", r"3\cos(\frac\pi4 t)-2", True),
    (8, r"\dfrac\pi3", "pi/3", True),
    (9, r"\sqrt7-2", "-2 + sqrt(7)", True),
    (10, "5-2i", "5.0 + -2.0i", True),
    (11, "1/1003!", "1/1005!", False),
    (12, "2^{-91}", "2^{-90}", False),
    (12, "e^{-40}", "e^{-55}", False),
    (13, r"\frac{2^{1001}+1}{3\cdot2^{1002}}", r"\frac1{3\cdot2^{1002}}", False),
    (14, r"2,4,\ldots,2n", r"2,4,8,\ldots,2^n", False),
    (15, "3", r"3\sqrt(5)", False),
    (16, "g(x)=1", r"\forall x<2, g(x)=1", False),
    (17, "5678", r"5\,678", True),
    (18, "9=4b+d", "4b+d", False),
    (19, "x^2/9+y^2/2=1", "x^2/18+y^2/4=1/2", True),
    (20, "3x+6y-5=0", r"y=-\frac12x+\frac56", True),
    (21, "-15<b<40", "(-15,40)", True),
    (21, "-15<b<40", "[-15,40]", False),
    (22, "(1,2,3),(4,5,6),(7,8,9)", "(7,8,9),(1,2,3),(1,2,3),(4,5,6)", True),
    (23, r"\pm17", r"\{-17,17\}", True),
    (24, "PQ=6,RS=11", "6,11", True),
    (25, "a=1,b=4 and a=3,b=4", "a=1,b=4;a=3,b=4", True),
    (26, "(0,5)", "[0,5)", False),
    (27, "98765432101", "98765432102", False),
    (27, "312", "31200", False),
    (28, "1e-7", "1e-6", False),
    (28, r"\frac{109}{150}", r"\frac{8}{11}", False),
    (29, r"\frac{5m}{4}", r"\frac54m", True),
    (29, r"\frac{s}{\sqrt3}", r"\frac{1}{\sqrt3}s", True),
    (30, "2x-5y+3z+8=0", "x+9y-4z=0", False),
    (30, "B,C", "B,C,E,F", False),
]


@pytest.mark.parametrize(("kind", "a", "b", "same"), THIRTY)
def test_types_that_others_get_wrong(kind: int, a: str, b: str, same: bool) -> None:
    assert_both_ways(a, b, same, f"type {kind}")


NUMBERS = [
    ("0.5", r"\frac12", True),
    (".5", "0.50", True),
    ("2.5", r"2\frac{1}{2}", True),
    ("2 1/2", "5/2", True),
    (r"5\frac{3}{2}", "7.5", True),
    ("1,234,567", "1234567", True),
    ("12{,}345", "12345", True),
    ("1 000", "1000", True),
    ("32, 349", "32349", False),
    ("007", "7", True),
    ("3.89e-10", r"3.89 \times 10^{-10}", True),
    ("3.89e-10", "3.86e-10", False),
    (r"0.\overline{3}", r"\frac13", True),
    (r"0.1\overline{6}", r"\frac16", True),
    (r"\sqrt{8}", r"2\sqrt2", True),
    (r"\frac{1}{\sqrt2}", r"\frac{\sqrt2}{2}", True),
    (r"\sqrt[3]{-27}", "-3", True),
    (r"e^{i\pi}", "-1", True),
    (r"\log_2 8", "3", True),
    (r"\log 1000", "3", True),
    (r"\log 5", r"\ln 5", True),
    (r"\binom{6}{2}", "15", True),
    ("6!", "720", True),
    (r"\sin 30^\circ", "0.5", True),
    (r"\arctan 1", r"\frac{\pi}{4}", True),
    (r"\lfloor 3.7 \rfloor", "3", True),
    ("|-5|", "5", True),
    ("10^{10^{10}}", "10^{10^{10}}+1", False),
    (r"9^{9^{9}}", r"9^{9^{9}}", True),
    (r"\frac{7^{7^{7^7}}-1}{6}", r"\dfrac{7^{\left(7^{\left(7^7\right)}\right)} - 1}{6}", True),
    ("0", "0.0", True),
    ("-3", "-3", True),
    (r"\infty", r"-\infty", False),
    ("six", "6", True),
    (r"\text{13}", "13", True),
    ("½", "0.5", True),
    ("−4", "-4", True),
    ("0", "1e-300", False),
]

EXPRESSIONS = [
    ("(x+1)^2", "x^2+2x+1", True),
    ("(x+1)^2", "x^2+2x+2", False),
    (r"\sin^2 x+\cos^2 x", "1", True),
    (r"\sec^2 t", r"\tan^2 t+1", True),
    (r"\frac{x^2-1}{x-1}", "x+1", True),
    (r"\sqrt{x^2}", "|x|", True),
    (r"\sqrt{x^2}", "x", False),
    ("1/2x", r"\frac{x}{2}", True),
    ("3*x**2", "3x^2", True),
    (r"2\sin b\cos a", r"\sin(a+b)-\sin(a-b)", True),
    (r"\sum_{k=1}^{10} k", "55", True),
    (r"\sum_{k=1}^n k^2", r"\sum_{j=1}^n j^2", True),
    (r"\sum_{k=1}^n k^2", r"\sum_{k=1}^{n+1} k^2", False),
    (r"G_n G_{n-1}", r"G_{n-1} G_n", True),
    ("h(x)", "h(y)", False),
    ("2^{n+1}", r"2\cdot2^n", True),
    (r"\lfloor\sqrt{n-1}\rfloor", "0", False),
    ("12345678901x", "12345678902x", False),
    ("x", "y", False),
    ("2x", "x", False),
    (r"\alpha+\beta", r"\beta + \alpha", True),
    ("x_1+x_2", "x_{2}+x_{1}", True),
]

STRUCTURES = [
    ("(1,2)", "(2,1)", False),
    ("(1,2)", r"\left( 1, 2.0 \right)", True),
    (r"\{3,1\}", r"\{1,3\}", True),
    (r"\{1,2\}", r"\{1,2,3\}", False),
    ("4, 9", "9 and 4", True),
    (r"19, 46, \text{ and } 82", "19, 46, and 82", True),
    ("[0,5]", "[0,5)", False),
    (r"(-\infty,2)\cup(3,\infty)", r"x<2 \text{ or } x>3", True),
    (r"x\ne2", r"(-\infty,2)\cup(2,\infty)", True),
    (r"\mathbb{R}\setminus\{0\}", r"(-\infty,0)\cup(0,\infty)", True),
    ("all real numbers", r"(-\infty,\infty)", True),
    (r"\{x \mid x > 2\}", r"(2,\infty)", True),
    ("x>3", "3<x", True),
    ("-2x<4", "x>-2", True),
    ("x<3", r"x\le3", False),
    ("x<3", "y<3", False),
    ("y=2x+1", "2x-y+1=0", True),
    ("f(x)=x^2", "f(t)=t^2", True),
    ("(p,q)=(3,2)", "(3,2)", True),
    ("x=1,y=2", "y=2,x=1", True),
    (r"\frac{1}{2} \text{ or } 0.5", "0.5", True),
    ("1 or 2", "1", False),
    (r"\sqrt{xy}", r"\sqrt{x}\sqrt{y}", True),
    ("3 cm", "3:1", False),
    (r"\begin{pmatrix}1&2\\3&4\end{pmatrix}^T", r"\begin{pmatrix}1&3\\2&4\end{pmatrix}", True),
    ("x=1,y=2", "x=2,y=1", False),
    ("n=2, 3, 4", "n=1, 2, 3", False),
    (r"1\pm\sqrt2", r"1+\sqrt2, 1-\sqrt2", True),
    (r"1\pm\sqrt2", r"1+\sqrt2", False),
    (r"\begin{pmatrix}1&2\\3&4\end{pmatrix}", r"\left[\begin{array}{cc}1&2\\3&4\end{array}\right]", True),
    (r"\begin{pmatrix}1&2\\3&4\end{pmatrix}", r"\begin{pmatrix}1&2\\3&5\end{pmatrix}", False),
    (r"\begin{pmatrix}1\\2\end{pmatrix}", r"\langle 1,2\rangle", True),
    (r"2\begin{pmatrix}1\\2\end{pmatrix}+\begin{pmatrix}1\\0\end{pmatrix}", r"\begin{pmatrix}3\\4\end{pmatrix}", True),
    ("3:4", "6:8", True),
    ("3:4", "4:3", False),
    ("12:00", "1:00", False),
    (r"\text{4:30 p.m.}", "4:30 PM", True),
    ("101_2", "101_2", True),
    ("101_2", "110_2", False),
    ("101_2", "5", False),
    (r"\text{A,D}", "A, D", True),
    (r"\emptyset", r"\{\}", True),
    ("[]", "2", False),
    ("(0,)", "0", False),
]

UNITS = [
    (r"3 \text{ cm}", "3", True),
    (r"3 \text{ cm}", r"3 \text{ m}", False),
    (r"300 \text{ cm}", r"3 \text{ m}", True),
    (r"50 \text{ cents}", r"\$0.50", True),
    ("5 km/h", r"5 \text{ kilometers per hour}", True),
    (r"9.8 \mathrm{~m/s^2}", r"9.8 \text{ m/s}^2", True),
    (r"12\text{ apples}", "12", True),
    (r"12\text{ apples}", r"12\text{ pears}", False),
    (r"45^\circ", "45 mph", False),
    ("x=8", r"8\%", False),
    ("5 more than x", "5", False),
    (r"90^\circ", r"\frac{\pi}{2}", True),
    ("74°", r"74^\circ", True),
    ("28 pct", r"28\%", True),
    (r"\$15,\!000", "15000", True),
    ("100 square units", r"100^\circ", False),
]

TEXTS = [
    (r"\text{Even}", "even", True),
    ("odd", "oddd", False),
    (r"\text{(C)}", "C", True),
    ("(D) because it is larger", "D", True),
    ("B. 5", "B", True),
    ("d", r"\text{E}", False),
    ("QZKUW2B", "2", False),
    (r"\text{no solution}", "No solutions", True),
    ("5 + ?", "5", False),
    (r"\foo{3}", "3", False),
]


@pytest.mark.parametrize(("a", "b", "same"), [*NUMBERS, *EXPRESSIONS, *STRUCTURES, *UNITS, *TEXTS])
def test_answers_of_each_kind(a: str, b: str, same: bool) -> None:
    assert_both_ways(a, b, same)


def assert_both_ways(a: str, b: str, same: bool, note: str = "") -> None:
    for left, right in ((a, b), (b, a), (f"${a}$", b), (a, rf"\boxed{{{b}}}")):
        verdict = equal(left, right)
        assert verdict.equal is same, (note, left, right, verdict)


@pytest.mark.parametrize(
    ("policy", "a", "b", "default"),
    [
        (Policy(percent="literal"), r"10\%", "10", False),
        (Policy(percent="either"), r"10\%", "10", False),
        (Policy(percent="either"), r"10\%", "0.1", True),
        (Policy(rounding="shown"), "33.3", r"\frac{100}{3}", False),
        (Policy(rounding="shown"), "(0.6,2.6667]", r"(\frac35,\frac83]", False),
        (Policy(tolerance=0.01), "3.14", r"\pi", False),
        (Policy(bases="digits"), "204_5", "204", False),
        (Policy(decimal_comma=True), "1000,99", "1000.99", False),
    ],
)
def test_a_policy_accepts_what_it_says(policy: Policy, a: str, b: str, default: bool) -> None:
    assert equal(a, b, policy).equal
    assert equal(b, a, policy).equal
    assert equal(a, b).equal is default


@pytest.mark.parametrize(
    ("policy", "a", "b"),
    [
        (Policy(percent="literal"), r"10\%", "0.1"),
        (Policy(units="required"), r"3\text{ cm}", "3"),
        (Policy(sequence="strict"), "1, 2", "(1,2)"),
        (Policy(rounding="exact"), "0.3333333333", r"\frac13"),
    ],
)
def test_a_policy_refuses_what_it_says(policy: Policy, a: str, b: str) -> None:
    assert equal(a, b).equal
    assert not equal(a, b, policy).equal
    assert not equal(b, a, policy).equal


def test_shown_rounding_needs_the_right_decimals() -> None:
    shown = Policy(rounding="shown")
    assert not equal("33.4", r"\frac{100}{3}", shown).equal
    assert not equal("5", "5.001", shown).equal


@pytest.mark.parametrize(
    ("a", "b", "stage"),
    [
        ("7", "7", "string"),
        ("7", " 7 ", "tree"),
        ("0.5", "1/2", "number"),
        (r"\sqrt8", r"2\sqrt2", "constant"),
        ("x+x", "2x", "points"),
        ("(1,2)", "(2/2,2)", "structure"),
        (r"3\text{ m}", r"3\text{ s}", "units"),
        (r"\int_0^1 2x dx", "1", "sympy"),
    ],
)
def test_a_verdict_says_which_stage_decided_and_why(a: str, b: str, stage: str) -> None:
    verdict = equal(a, b)
    assert verdict.stage == stage
    assert verdict.reason


def test_what_is_not_understood_is_opaque_and_equal_only_as_a_string() -> None:
    assert equal(r"a \bigstar\bigstar ? b", r"a\bigstar \bigstar?b").equal
    assert equal(r"a ?? b", "a ?? c") == Verdict(
        False, "opaque", "an answer that is not understood, in different words", "unparsable"
    )


def test_many_threads_get_the_same_verdicts() -> None:
    pairs = [(f"{n}\\sqrt{{{n + 2}}}", f"\\sqrt{{{n * n * (n + 2)}}}") for n in range(1, 60)]
    verdicts: dict[int, list[bool]] = {}

    def work(number: int) -> None:
        verdicts[number] = [equal(a, b, Policy(tolerance=number * 1e-12)).equal for a, b in pairs]

    threads = [threading.Thread(target=work, args=[number]) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(all(found) for found in verdicts.values())
    assert len(verdicts) == 6
