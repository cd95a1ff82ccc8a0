"""Formulas between delimiters, what pages declare, and money."""

import pytest

from llemma.data.extract.html.declared import Delimiter, settings_of
from llemma.data.extract.web_page import text_of

DOLLARS = '<script>MathJax = {tex: {inlineMath: [["$", "$"]]}};</script>'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("costs $12 and $45", "costs \\$12 and \\$45"),
        ("US$5 to $10.50 ($3/$4)", "US\\$5 to \\$10.50 (\\$3/\\$4)"),
        ("between $a$ and $b$, costs $5", "between \\$a\\$ and \\$b\\$, costs \\$5"),
        ("let $x_1$ and $p$ cost $5 or $6", "let $x_1$ and $p$ cost \\$5 or \\$6"),
        ("a row of $$$$$ signs", "a row of \\$\\$\\$\\$\\$ signs"),
    ],
)
def test_undeclared_dollars_are_formulas_only_on_a_page_with_tex_between_dollars(text: str, expected: str) -> None:
    assert text_of(f"<p>{text}</p>") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("for $5 you get $y$ of them", "for \\$5 you get $y$ of them"),
        ("costs $.99 or $1.99, and $.5x$", "costs \\$.99 or \\$1.99, and $.5x$"),
        ("$100, $200 and $x^2$", "\\$100, \\$200 and $x^2$"),
        ("$5 million if $n=3$", "\\$5 million if $n=3$"),
        ("numbers $2$ and $3$", "numbers $2$ and $3$"),
        ("it is $\\$5+x$ or \\$3", "it is $\\$5+x$ or \\$3"),
        ("$ x + y $ with blanks", "$x + y$ with blanks"),
    ],
)
def test_declared_dollars_are_formulas_unless_they_are_money(text: str, expected: str) -> None:
    assert text_of(f"{DOLLARS}<p>{text}</p>") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"\(a\) and \[b\]", "$a$ and\n$$b$$"),
        (r"$f \text{ if $x>0$} g$ end", r"$f \text{ if $x>0$} g$ end"),
        (r"\(a \text{ for \(b\) } c\)", r"$a \text{ for \(b\) } c$"),
        (r"\\(not) \begin{gather*}a\\b\end{gather*} end", "\\\\(not)\n$$\\begin{gather*}a\\\\b\\end{gather*}$$\nend"),
        (r"\begin{theorem} text \end{theorem} \eqref{e}", r"\begin{theorem} text \end{theorem} \eqref{e}"),
        ("[itex]v[/itex] and [tex]s[/tex]", "$v$ and\n$$s$$"),
        ("$latex x=1&amp;bg=ffffff$ too", "$x=1$ too"),
        (r"\(a <b>b</b> c\)", r"\(a b c\)"),
        ("\\[a % note\nb\\]", "$$a b$$"),
    ],
)
def test_delimiters_that_no_page_needs_to_declare(text: str, expected: str) -> None:
    assert text_of(f"{DOLLARS}<p>{text}</p>") == expected


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("MathJax = {tex: {inlineMath: [['%%', '%%']]}}", Delimiter("%%", "%%")),
        ("MathJax.Hub.Config({tex2jax: {displayMath: [ ['@@','@@'] ]}})", Delimiter("@@", "@@", display=True)),
        ("renderMathInElement(b, {delimiters: [{left: '$', right: '$', display: false}]})", Delimiter("$", "$")),
        ("MathJax={tex:{inlineMath:{'[+]': [['$', '$']]}}}", Delimiter("$", "$")),
        ("MathJax.Hub.Config({asciimath2jax: {delimiters: [['~','~']]}})", Delimiter("~", "~", ascii=True)),
    ],
)
def test_declared_delimiters_are_found_in_every_dialect(script: str, expected: Delimiter) -> None:
    assert expected in settings_of("mathjax katex", [script]).pairs


def test_delimiters_in_a_comment_are_not_declared() -> None:
    assert Delimiter("$", "$") not in settings_of("mathjax", ["tex: {\n// inlineMath: [['$','$']]\n}"]).pairs


def test_dollars_that_mathjax_ignores_are_no_formulas() -> None:
    html = f'{DOLLARS}<p class="tex2jax_ignore">$a$ <span class="tex2jax_process">$b$</span></p>'
    assert text_of(html) == "\\$a\\$ $b$"


def test_asciimath_is_converted() -> None:
    html = '<script src="MathJax.js?config=AM_CHTML"></script><p>By `x^2` and <mathjax>#y/2#</mathjax></p>'
    assert text_of(html) == "By $x^{2}$ and $\\frac{y}{2}$"
