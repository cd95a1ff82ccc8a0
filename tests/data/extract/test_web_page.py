"""Whole pages: the forms of formulas, boilerplate, encodings, the step."""

import base64
import json
import re
from pathlib import Path

import pytest

from llemma.data.extract.web_page import WebPage, page_of, text_of
from llemma.data.steps import Row, to_batch

CASES = Path(__file__).resolve().parents[4] / "shared" / "cases" / "html_math_cases.jsonl"
PROSE = "<p>We recall a result of a first course here and check every step of it with pencil and paper at leisure.</p>"
DOLLARS = '<script>MathJax = {tex: {inlineMath: [["$", "$"], ["\\\\(", "\\\\)"]]}};</script>'


def page(body: str, head: str = "") -> str:
    return (
        f"<!DOCTYPE html><html><head><title>A note</title>{head}</head><body><nav><a href='/'>Home</a></nav>"
        f"<main><h1>A note</h1>{PROSE}{body}{PROSE}</main><footer>All rights reserved</footer></body></html>"
    )


def body_text(body: str, head: str = "") -> str:
    """The text between the two paragraphs of prose."""
    prose = re.sub("<[^>]*>", "", PROSE)
    return text_of(page(body, head)).split(prose)[1].strip()


def test_labelled_pages_of_every_form_come_out_as_expected() -> None:
    if not CASES.is_file():
        pytest.skip(f"no labelled pages at {CASES}")
    wrong = []
    for case in map(json.loads, CASES.read_text(encoding="utf-8").splitlines()):
        html = base64.b64decode(case["html_b64"]) if case.get("html_b64") else case["html"]
        text = "".join(text_of(html).split())
        wrong += [(case["id"], needle) for needle in case["expect_contains"] if "".join(needle.split()) not in text]
        wrong += [(case["id"], needle) for needle in case["expect_absent"] if "".join(needle.split()) in text]
    assert wrong == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('<p>A <span class="math inline">\\alpha^2</span> b</p>', "A $\\alpha^2$ b"),
        ('<p>A</p><div class="math">x_1=2</div>', "A\n\n$$x_1=2$$"),
        ('<p>A <img class="formulaInl" alt="$a_i$" src="form_1.png"> b</p>', "A $a_i$ b"),
        ('<p>A <img src="/cgi-bin/mathtex.cgi?a%5E2" alt="formula"> b</p>', "A $a^2$ b"),
        ('<p>A <img data-src="https://example.org/latex.php?latex=a%2Bb&amp;s=0" src="data:,"> b</p>', "A $a+b$ b"),
        ("<p>A <d-math>e^x</d-math> b</p>", "A $e^x$ b"),
        ('<p>A <span data-latex="\\sqrt{2}">root</span> b</p>', "A $\\sqrt{2}$ b"),
        ('<p>A <span class="katex-error" title="ParseError">\\foo{x}</span> b</p>', "A $\\foo{x}$ b"),
        ('<p>A <script type="math/tex">a<b</script> b</p>', "A $a<b$ b"),
        ("<p>Let &lt;math&gt;x^2+1&lt;/math&gt; be.</p>", "Let $x^2+1$ be."),
        (
            "<p>We <inline-formula><alternatives><tex-math>\\begin{document}$$\\beta_1$$\\end{document}</tex-math>"
            "<mml:math><mml:mi>β</mml:mi></mml:math></alternatives></inline-formula> see</p>",
            "We $\\beta_1$ see",
        ),
        ("<disp-formula><tex-math>\\sum x</tex-math></disp-formula>", "$$\\sum x$$"),
    ],
)
def test_a_formula_in_an_element_comes_out_once_in_its_mode(body: str, expected: str) -> None:
    assert body_text(body) == expected


def test_a_rendered_formula_of_mathjax_2_comes_from_the_script_beside_it_only() -> None:
    body = (
        '<p>A <span class="MathJax_Preview">x2</span>'
        '<span class="MathJax" data-mathml="&lt;math&gt;&lt;mi&gt;x&lt;/mi&gt;&lt;/math&gt;"><nobr>x2</nobr></span>'
        '<script type="math/tex">x^2</script> b</p>'
    )
    assert body_text(body) == "A $x^2$ b"


def test_katex_in_display_mode_is_display_without_its_twin() -> None:
    body = (
        '<p>A</p><span class="katex-display"><span class="katex"><span class="katex-mathml"><math><semantics><mi>E</mi>'
        '<annotation encoding="application/x-tex">E=mc^2</annotation></semantics></math></span>'
        '<span class="katex-html" aria-hidden="true">E=mc2</span></span></span>'
    )
    assert body_text(body) == "A\n\n$$E=mc^2$$"


def test_a_hidden_block_of_macros_is_no_text() -> None:
    hidden = "<div style='display: none'>\\(\\newcommand{\\R}{\\mathbb{R}}\\)</div>"
    shown = "<div>$$\\def\\Z{\\mathbb{Z}} \\newcommand{\\e}[1]{e^{#1}}$$</div>"
    assert body_text(f"{hidden}{shown}<p>Let $x\\in\\R$.</p>", DOLLARS) == "Let $x\\in\\R$."


def test_a_template_element_is_read() -> None:
    assert body_text("<template shadowrootmode=open><p>Let $x$ be.</p></template>", DOLLARS) == "Let $x$ be."


def test_a_less_than_sign_in_a_formula_cuts_nothing_off() -> None:
    body = "<p>If $a<b$ and $b<c$ then \\(x<y\\). The rest $i<j \\le k$ stays.</p><p>Next <b>bold</b> one.</p>"
    assert body_text(body, DOLLARS) == "If $a<b$ and $b<c$ then $x<y$. The rest $i<j \\le k$ stays.\n\nNext bold one."


def test_menus_widgets_and_footers_are_dropped_and_answers_kept() -> None:
    html = (
        "<body><div class='topnav'><a href=/>Home</a></div><div id='sidebar'>Archive of posts</div>"
        f"<div class='question'>{PROSE}<div class='js-voting-container'>12</div></div>"
        f"<div class='comment'><p>I think this is right.</p></div><div class='share-buttons'>Tweet</div>"
        "<ul><li><a href=a>One link</a></li><li><a href=b>Two link</a></li><li><a href=c>Three</a></li></ul>"
        "<p>© 2020 Example. All rights reserved.</p></body>"
    )
    assert text_of(html) == re.sub("<[^>]*>", "", PROSE) + "\n\nI think this is right."


def test_an_old_page_in_a_table_within_a_table_loses_no_text() -> None:
    html = f"<table><tr><td><table><tr><td>{PROSE}</td></tr></table></td><td><h2>Second</h2>{PROSE}</td></tr></table>"
    prose = re.sub("<[^>]*>", "", PROSE)
    assert text_of(html) == f"{prose}\n\n## Second\n\n{prose}"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_bytes_in_any_encoding_give_the_text_of_the_string(encoding: str) -> None:
    html = page("<p>Gödel’s proof – \\(x\\)</p>")
    assert text_of(html.encode(encoding)) == text_of(html)


def test_a_declared_charset_is_obeyed() -> None:
    html = '<meta charset="windows-1251"><p>Теорема Пифагора</p>'
    assert text_of(html.encode("cp1251")) == "Теорема Пифагора"


def test_the_step_fills_text_and_counts_forms_in_meta() -> None:
    raw = page("<p>Let $x$ be \\(y\\).</p>", DOLLARS).encode()
    batch = WebPage()(to_batch([Row(id="a", raw=raw, meta={"url": "u"}), Row(id="b", text="kept")]))
    assert batch.column("raw").to_pylist() == [None, None]
    assert batch.column("text").to_pylist() == [text_of(raw), "kept"]
    meta = json.loads(batch.column("meta")[0].as_py())
    assert meta == {"url": "u", "title": "A note", "found_math": True, "formulas": {"delimited": 2}}


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"<nav>Home</nav>", "empty"),
        (b"<p>text</p>", None),
        (b"<div>" * 40_000, "too_deep"),
        (b"<p " + b" ".join(b"a%d=1" % i for i in range(2_000)) + b">x", "too_many_attributes"),
        (b"a" * (16 * 2**20 + 1), "too_long"),
    ],
)
def test_the_step_says_why_a_page_is_dropped(raw: bytes, reason: str | None) -> None:
    assert WebPage()(to_batch([Row(id="a", raw=raw)])).column("reason").to_pylist() == [reason]


def test_the_counters_name_the_forms() -> None:
    forms = page_of("<p>\\(a\\) <script type='math/tex'>b</script> <math><mi>c</mi></math></p>").forms
    assert forms == {"script": 1, "mathml": 1, "delimited": 1}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('<b data-tex="a^2" data-latex="b^2">x</b> or <math><mi>c</mi></math>', "$b^2$ or $c$"),
        ('<span class="math" data-tex="b^2">x</span> or <img src="i.png" alt="$c$">', "$b^2$ or $c$"),
    ],
)
def test_an_element_that_matches_two_forms_is_one_formula(body: str, expected: str) -> None:
    page = page_of(f"<p>Either {body}</p>")
    assert page.text == f"Either {expected}"
    assert sum(page.forms.values()) == 2
