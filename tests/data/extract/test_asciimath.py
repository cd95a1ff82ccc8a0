"""AsciiMath to TeX, by the grammar and the table at asciimath.org."""

import random
import re

import pytest

from llemma.data.extract.asciimath import tex_of
from llemma.data.extract.asciimath_symbols import AROUND, BIG, BINARY, FUNCTIONS, LEFT, RIGHT, SYMBOLS, UNARY
from tests.conftest import grows_with_its_size_only

CASES = [
    # scripts and fractions
    ("sum_(i=1)^n i^3", r"\sum_{i=1}^{n}i^{3}", "brackets of scripts go"),
    ("sum^n_(i=1) i", r"\sum_{i=1}^{n}i", "either order"),
    ("y=(-b+-c)/(2a)", r"y=\frac{-b\pm c}{2a}", "brackets of fractions go"),
    ("a/b/c", r"\frac{a}{b}/c", "E ::= I/I: only one bar"),
    ("x^2/y_1", r"\frac{x^{2}}{y_{1}}", "scripts bind tighter"),
    ("x_i^2", "x_{i}^{2}", "both scripts"),
    ("x^-1", "x^{-1}", "a sign belongs to its script"),
    ("2^(1/2)", r"2^{\frac{1}{2}}", "a fraction as script"),
    ("{a}/[b]", r"\frac{a}{b}", "any removable brackets"),
    ("(a)(b)/c", r"(a)\frac{b}{c}", "only the last factor"),
    ("n!/k!", r"\frac{n!}{k!}", "a factorial stays with its number"),
    ("d/dx", r"\frac{d}{dx}", "dx is one symbol"),
    # brackets
    ("(a/b)", r"\left(\frac{a}{b}\right)", "they grow around a fraction"),
    ("(a+b)", "(a+b)", "and only then"),
    ("(a,b]", "(a,b]", "any bracket closes"),
    ("{x | x>0}", r"\{x\mid x>0\}", "braces are printed"),
    ("<<x,y>>", r"\langle x,y\rangle", "angles"),
    ("(:x:)", r"\langle x\rangle", "angles"),
    ("{:a/b:}", r"\frac{a}{b}", "invisible"),
    ("{:a/b|", r"\frac{a}{b}|", "unclosed"),
    ("(a", "(a", "unclosed"),
    ("a)", "a)", "not opened"),
    ("|x|", "|x|", "absolute value"),
    ("|x/y|", r"\left|\frac{x}{y}\right|", "which grows"),
    ("|a|+|b|", "|a|+|b|", "two of them"),
    ("||x||", r"\|x\|", "norm"),
    ("P(A|B)", r"P(A\mid B)", "a bar alone"),
    ("|__x__|", r"\lfloor x\rfloor", "floor"),
    # functions
    ("sqrt(x^2+1)", r"\sqrt{x^{2}+1}", "unary"),
    ("sqrt x y", r"\sqrt{x}y", "one argument"),
    ("root(3)(x)", r"\sqrt[3]{x}", "binary"),
    ("frac{a}{b}", r"\frac{a}{b}", "binary"),
    ("stackrel(x)(=)", r"\overset{x}{=}", "binary"),
    ("underset(k)(M)", r"\underset{k}{M}", "binary"),
    ("color(red)(x)", "x", "colour says nothing"),
    ("sin(x)/2", r"\frac{\sin(x)}{2}", "a function keeps its brackets and takes them along"),
    ("sin^2 x", r"\sin^{2}x", "powers of a function"),
    ("f(x)/g(x)", r"\frac{f(x)}{g(x)}", "f and g are functions"),
    ("f/2", r"\frac{f}{2}", "or letters"),
    ("lim_(x->oo) f(x)", r"\lim_{x\to\infty}f(x)", "limit"),
    ("abs(x/2)", r"\left|\frac{x}{2}\right|", "fences as a function"),
    ("floor(x)", r"\lfloor x\rfloor", "fences as a function"),
    ("hat(ab)", r"\hat{ab}", "accent"),
    ("bar x", r"\overline{x}", "accent"),
    ("ubrace(a+b)_n", r"\underbrace{a+b}_{n}", "brace with text"),
    ("bbb(R)", r"\mathbb{R}", "alphabet"),
    ('bb"A"', r"\mathbf{\text{A}}", "alphabet"),
    # text
    ('"if" x', r"\text{if}x", "quoted"),
    ("text(for all) y", r"\text{for all}y", "text"),
    ('"a_b & 5%"', r"\text{a\_b \& 5\%}", "escaped"),
    ('"open', r"\text{open}", "without an end"),
    ('x ""', "x", "empty"),
    # matrices
    ("[[a,b],[c,d]]", r"\begin{bmatrix}a & b\\ c & d\end{bmatrix}", "matrix"),
    ("((a,b),(c,d))", r"\begin{pmatrix}a & b\\ c & d\end{pmatrix}", "matrix"),
    ("|(a,b),(c,d)|", "|(a,b),(c,d)|", "bars do not make one"),
    ("((1),(42))", r"\begin{pmatrix}1\\ 42\end{pmatrix}", "column vector"),
    ("((a,b),(c))", "((a,b),(c))", "rows of one length only"),
    ("((a,b))", "((a,b))", "one row is none"),
    ("{(x,if x>0),(-x,if x<0):}", r"\begin{cases}x & \text{ if }x>0\\ -x & \text{ if }x<0\end{cases}", "cases"),
    ("[[1,|,2],[3,|,4]]", r"\left[\begin{array}{c|c}1 & 2\\ 3 & 4\end{array}\right]", "augmented"),
    ("[[a,b],[c,d]]^-1", r"\begin{bmatrix}a & b\\ c & d\end{bmatrix}^{-1}", "with a script"),
    # symbols
    ("alpha+beta_1", r"\alpha+\beta_{1}", "Greek"),
    ("a in RR", r"a\in\mathbb{R}", "sets"),
    ("AA x EE y", r"\forall x\exists y", "quantifiers"),
    ("x!=y", r"x\neq y", "the longest symbol"),
    ("A sube B", r"A\subseteq B", "the longest symbol"),
    ("p and q", r"p\text{ and }q", "word"),
    ("a <= b => c", r"a\leq b\Rightarrow c", "relations"),
    ("x xx y", r"x\times y", "operators"),
    ("\\alpha", r"\alpha", "a TeX name of a symbol"),
    ("a\\ b", r"a\ b", "a space"),
    ("3.14r", "3.14r", "decimal number"),
    ("αβ≤γ", r"\alpha\beta\leq\gamma", "Unicode"),
    ("a # b $ c % &", r"a\#b\$c\%\&", "escaped"),
    # what cannot be read
    ("", "", "nothing"),
    ("x^", "x", "no script"),
    ("^2", "{}^{2}", "no base"),
    ("x/", r"\frac{x}{}", "no denominator"),
    ("sqrt", r"\operatorname{sqrt}", "no argument"),
    ("[[", "[[", "nothing inside"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "expected", "why"), CASES)
def test_asciimath_becomes_tex(source: str, expected: str, why: str) -> None:
    assert tex_of(source) == expected, why


NAMES = [
    *SYMBOLS,
    *BIG,
    *FUNCTIONS,
    *UNARY,
    *AROUND,
    *BINARY,
    *LEFT,
    *RIGHT,
    "|",
    "||",
    "/",
    "_",
    "^",
    ",",
    '"',
    "text(",
    "x",
    "2",
]


@pytest.mark.parametrize("name", sorted({*SYMBOLS, *BIG, *FUNCTIONS}))
def test_every_symbol_of_the_table_is_one_token(name: str) -> None:
    expected = (SYMBOLS | BIG | FUNCTIONS)[name]
    assert tex_of(f"2 {name} 2").replace(" ", "") == f"2{expected}2".replace(" ", "")


def test_any_tokens_give_balanced_tex() -> None:
    draw = random.Random(6)
    for _ in range(500):
        source = " ".join(draw.choices(NAMES, k=draw.randrange(12)))
        found = tex_of(source)
        bare = re.sub(r"\\[{}]", "", found)
        assert bare.count("{") == bare.count("}"), source
        assert len(re.findall(r"\\left(?![a-z])", found)) == len(re.findall(r"\\right(?![a-z])", found)), source


@pytest.mark.parametrize(
    "unit",
    ["(", ")", "|", "sqrt ", "a/", "_", "^", "[[", "{:", "x^", "x^(", '"', "text(", "|:", "hat", "stackrel", "f", "a,"],
)
def test_time_grows_with_the_length_only_and_depth_ends_nothing(unit: str) -> None:
    assert grows_with_its_size_only(lambda size: tex_of(unit * (size // len(unit))), 1_000)
