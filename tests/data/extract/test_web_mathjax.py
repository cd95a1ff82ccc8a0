"""Formulas that MathJax 3 or 4 has rendered and that carry no source."""

import re

import pytest
from selectolax.lexbor import LexborHTMLParser

from llemma.data.extract.html.mathjax import mathml_of
from llemma.data.extract.web_page import text_of


def text(container: str) -> str:
    return text_of(f"<p>Let us take {container} as given.</p>")


def chtml(content: str, display: str = "") -> str:
    rendered = f'<mjx-math class="MJX-TEX">{content}</mjx-math>'
    return f'<mjx-container class="MathJax" jax="CHTML"{display}>{rendered}</mjx-container>'


def svg(content: str, display: str = "") -> str:
    return f'<mjx-container class="MathJax" jax="SVG"{display}>{drawing(content)}</mjx-container>'


def drawing(content: str) -> str:
    return (
        '<svg viewBox="0 -9 9 9"><defs><path id="MJX-1-TEX-I-1D465" d="M5 2Z"></path></defs>'
        f'<g stroke="currentColor"><g data-mml-node="math">{content}</g></g></svg>'
    )


def token(name: str, *codes: str, font: str = "") -> str:
    """A token of CHTML, whose characters are classes."""
    glyphs = "".join(f'<mjx-c class="mjx-c{code}{font and " TEX-" + font}"></mjx-c>' for code in codes)
    return f'<mjx-{name} class="mjx-n">{glyphs}</mjx-{name}>'


def drawn(name: str, *codes: str, at: str = "", font: str = "N") -> str:
    """A token of SVG, whose characters are references to outlines."""
    glyphs = "".join(f'<use data-c="{code}" xlink:href="#MJX-1-TEX-{font}-{code}"></use>' for code in codes)
    place = f' transform="translate({at}) scale(0.707)"' if at else ""
    return f'<g data-mml-node="{name}"{place}>{glyphs}</g>'


X, Y, N = (token("mi", code, font="I") for code in ("1D465", "1D466", "1D45B"))
SX, SY = (drawn("mi", code, font="I") for code in ("1D465", "1D466"))
TWO, PLUS, SUM = token("mn", "32"), token("mo", "2B"), token("mo", "2211", font="S2")


CHTML_CASES = {
    "row": (X + PLUS + TWO, "x+2"),
    "name": (token("mi", "73", "69", "6E") + token("mo", "2061") + X, r"\sin x"),
    "upright": (token("mi", "64") + X, r"\mathrm{d}x"),
    "bold word": (token("mi", "1D400", "1D401", font="B"), r"\mathbf{AB}"),
    "double-struck": (token("mi", "211D", font="A"), r"\mathbb{R}"),
    "calligraphic": (token("mi", "4C", font="C"), r"\mathcal{L}"),
    "Greek variants": (token("mi", "1D719", font="I") + token("mi", "1D711", font="I"), r"\phi\varphi"),
    "escaped": (X + token("mo", "3C") + Y, "x<y"),
    "text": (token("mtext", "69", "66", "A0") + X, r"\text{if }x"),
    "no glyph": ('<mjx-mi><mjx-utext variant="normal">日</mjx-utext></mjx-mi>', "日"),
    "version 4 repeats the character": ('<mjx-mi><mjx-c class="mjx-c1D465">𝑥</mjx-c></mjx-mi>', "x"),
    "version 4 may break": (f'{X}<mjx-break size="3"> </mjx-break>{PLUS}{TWO}', "x+2"),
    "link": (f'<a href="y.html">{X}</a>{PLUS}{TWO}', "x+2"),
    "superscript": (f"<mjx-msup>{X}<mjx-script>{TWO}</mjx-script></mjx-msup>", "x^{2}"),
    "superscript before subscript": (
        f"<mjx-msubsup>{X}<mjx-script>{TWO}<mjx-spacer></mjx-spacer>{N}</mjx-script></mjx-msubsup>",
        "x_{n}^{2}",
    ),
    "limits beside": (
        f'<mjx-munderover limits="false">{SUM}<mjx-script>{N}<mjx-spacer></mjx-spacer>{X}</mjx-script>'
        "</mjx-munderover>",
        r"\sum_{x}^{n}",
    ),
    "limits above and below": (
        f"<mjx-munderover><mjx-over>{N}</mjx-over><mjx-box><mjx-munder><mjx-row><mjx-base>{SUM}</mjx-base></mjx-row>"
        f"<mjx-row><mjx-under>{X}</mjx-under></mjx-row></mjx-munder></mjx-box></mjx-munderover>",
        r"\sum_{x}^{n}",
    ),
    "accent": (
        f"<mjx-mover><mjx-over>{token('mo', '2C6')}</mjx-over><mjx-base>{X}</mjx-base></mjx-mover>",
        r"\hat{x}",
    ),
    "overline": (
        '<mjx-mover><mjx-over><mjx-mo><mjx-stretchy-h class="mjx-c2013"><mjx-ext><mjx-c></mjx-c></mjx-ext>'
        f"</mjx-stretchy-h></mjx-mo></mjx-over><mjx-base>{X}</mjx-base></mjx-mover>",
        r"\overline{x}",
    ),
    "fraction": (
        f"<mjx-mfrac><mjx-frac><mjx-num><mjx-nstrut></mjx-nstrut>{X}</mjx-num><mjx-dbox><mjx-dtable><mjx-line></mjx-line>"
        f"<mjx-row><mjx-den><mjx-dstrut></mjx-dstrut>{Y}</mjx-den></mjx-row></mjx-dtable></mjx-dbox></mjx-frac></mjx-mfrac>",
        r"\frac{x}{y}",
    ),
    "binomial": (
        f"<mjx-mrow>{token('mo', '28', font='S1')}<mjx-mfrac><mjx-frac atop='true'><mjx-num>{X}</mjx-num>"
        f"<mjx-den>{Y}</mjx-den></mjx-frac></mjx-mfrac>{token('mo', '29', font='S1')}</mjx-mrow>",
        r"\binom{x}{y}",
    ),
    "root": (
        f"<mjx-mroot><mjx-root>{TWO}</mjx-root><mjx-sqrt><mjx-surd>{token('mo', '221A')}</mjx-surd>"
        f"<mjx-box><mjx-mrow>{X}{PLUS}{Y}</mjx-mrow></mjx-box></mjx-sqrt></mjx-mroot>",
        r"\sqrt[2]{x+y}",
    ),
    "space": (f'{X}<mjx-mspace style="width: 0.167em;"></mjx-mspace>{Y}', r"x\,y"),
    "box": (f'<mjx-menclose><mjx-box style="border: 0.067em solid;">{X}</mjx-box></mjx-menclose>', r"\boxed{x}"),
    "cancelled": (
        f'<mjx-menclose><mjx-box style="padding: 1em;">{X}</mjx-box><mjx-ustrike></mjx-ustrike></mjx-menclose>',
        r"\cancel{x}",
    ),
    "prescripts": (
        f"<mjx-mmultiscripts><mjx-prescripts><mjx-row><mjx-cell>{N}</mjx-cell></mjx-row><mjx-row></mjx-row><mjx-row>"
        f"<mjx-cell>{TWO}</mjx-cell></mjx-row></mjx-prescripts>{X}</mjx-mmultiscripts>",
        "{}_{2}^{n}x",
    ),
    "matrix": (
        f"<mjx-mrow>{token('mo', '5B', font='S1')}<mjx-mtable><mjx-table><mjx-itable><mjx-mtr><mjx-mtd>{X}</mjx-mtd>"
        f"<mjx-mtd>{Y}</mjx-mtd></mjx-mtr></mjx-itable></mjx-table></mjx-mtable>"
        f"{token('mo', '5D', font='S1')}</mjx-mrow>",
        r"\begin{bmatrix}x & y\end{bmatrix}",
    ),
    "array": (
        f'<mjx-mtable><mjx-table><mjx-itable><mjx-mtr><mjx-mtd style="text-align: left;">{X}</mjx-mtd>'
        f'<mjx-mtd style="border-left: .07em solid;">{Y}</mjx-mtd></mjx-mtr></mjx-itable></mjx-table></mjx-mtable>',
        r"\begin{array}{l|c}x & y\end{array}",
    ),
    "numbered equation": (
        f'<mjx-mtable side="right"><mjx-table><mjx-itable><mjx-mlabeledtr>'
        f'<mjx-mtd style="text-align: right;">{X}</mjx-mtd>'
        f'<mjx-mtd style="text-align: left;"><mjx-mi></mjx-mi>{token("mo", "3D")}{Y}</mjx-mtd>'
        f"</mjx-mlabeledtr></mjx-itable></mjx-table><mjx-labels><mjx-itable><mjx-mtr><mjx-mtd>"
        f"{token('mtext', '28', '31', '29')}</mjx-mtd></mjx-mtr></mjx-itable></mjx-labels></mjx-mtable>",
        r"\begin{aligned}x & =y\end{aligned}",
    ),
    "unknown class": (f'{X}<mjx-c class="mjx-cZZ"></mjx-c><mjx-mo><mjx-c class="mjx-c3"></mjx-c></mjx-mo>{Y}', "xy"),
    "controls and surrogates": (X + token("mo", "03", "002", "D800") + Y, "xy"),
    "unknown element": (f"<mjx-novelty>{X}</mjx-novelty>{PLUS}{Y}", "x+y"),
    "nothing in a script": (f"<mjx-msup>{X}<mjx-script></mjx-script></mjx-msup>", "x"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "tex"), CHTML_CASES.values(), ids=CHTML_CASES)
def test_a_formula_in_chtml_is_read_from_the_classes_of_its_characters(content: str, tex: str) -> None:
    assert text(chtml(content)) == f"Let us take ${tex}$ as given."


SVG_CASES = {
    "row": (SX + drawn("mo", "2B") + drawn("mn", "32"), "x+2"),
    "outlines without a cache": ('<g data-mml-node="mi"><path data-c="1D465" d="M5 2Z"></path></g>', "x"),
    "calligraphic": (drawn("mi", "4C", font="C"), r"\mathcal{L}"),
    "no glyph": ('<g data-mml-node="mi"><text data-variant="normal">日</text></g>', "日"),
    "superscript before subscript": (
        f'<g data-mml-node="msubsup">{SX}{drawn("mn", "32", at="605,363")}{drawn("mn", "33", at="605,-247.9")}</g>',
        "x_{3}^{2}",
    ),
    "below before above": (
        f'<g data-mml-node="munderover">{drawn("mo", "2211", font="LO")}{drawn("mn", "33", at="148,-1088")}'
        f"{drawn('mn', '32', at='510,1150')}</g>",
        r"\sum_{3}^{2}",
    ),
    "fraction": (f'<g data-mml-node="mfrac">{SX}{SY}<rect width="9" height="6"></rect></g>', r"\frac{x}{y}"),
    "fraction without a bar": (
        f'<g data-mml-node="mrow">{drawn("mo", "28", font="S1")}<g data-mml-node="mfrac">{SX}{SY}</g>'
        f"{drawn('mo', '29', font='S1')}</g>",
        r"\binom{x}{y}",
    ),
    "root, version 3": (
        f'<g data-mml-node="mroot"><g>{SX}</g>{drawn("mn", "33", at="1,9")}{drawn("mo", "221A")}<rect></rect></g>',
        r"\sqrt[3]{x}",
    ),
    "root, version 4": (
        f'<g data-mml-node="mroot">{drawn("mo", "221A")}{drawn("mn", "33", at="1,9")}<g>{SX}</g><rect></rect></g>',
        r"\sqrt[3]{x}",
    ),
    "square root": (f'<g data-mml-node="msqrt"><g>{SX}</g>{drawn("mo", "221A")}<rect></rect></g>', r"\sqrt{x}"),
    "stretched fences": (
        f'<g data-mml-node="mrow"><g data-mml-node="mo"><use data-c="239B"></use><use data-c="239D"></use>'
        f'<svg><use data-c="239C"></use></svg></g><g data-mml-node="mtable"><g data-mml-node="mtr">'
        f'<g data-mml-node="mtd">{SX}</g></g></g>{drawn("mo", "239E", "23A0", "239F")}</g>',
        r"\begin{pmatrix}x\end{pmatrix}",
    ),
    "stretched bar": (
        f'<g data-mml-node="mrow">{drawn("mo", "2223", font="S1")}<g data-mml-node="mfrac">{SX}{SY}<rect></rect></g>'
        f"{drawn('mo', '2223', font='S1')}</g>",
        r"\left|\frac{x}{y}\right|",
    ),
    "brace": (
        f'<g data-mml-node="mover">{SX}{drawn("mo", "E150", "E151", "E155", "E153", "E152", "E154", at="0,9")}</g>',
        r"\overbrace{x}",
    ),
    "space": (
        f'{SX}<g data-mml-node="mstyle" transform="translate(572,0)"><g data-mml-node="mspace"></g></g>'
        + drawn("mi", "1D466", at="739,0", font="I"),
        r"x\,y",
    ),
    "aligned": (
        f'<g data-mml-node="mtable"><g><svg data-table="true"><g data-mml-node="mlabeledtr">'
        f'<g data-mml-node="mtd">{SX}</g><g data-mml-node="mtd"><g data-mml-node="mi"></g>{drawn("mo", "3D")}'
        f'{SY}</g></g></svg>'
        f'<svg data-labels="true"><g data-labels="true"><g data-mml-node="mtd">{drawn("mtext", "28", "31", "29")}'
        "</g></g></svg></g></g>",
        r"\begin{aligned}x & =y\end{aligned}",
    ),
    "box": (f'<g data-mml-node="menclose"><g>{SX}</g><rect x="3"></rect></g>', r"\boxed{x}"),
    "cancelled": (f'<g data-mml-node="menclose"><g>{SX}</g><line y1="-244" y2="675"></line></g>', r"\cancel{x}"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "tex"), SVG_CASES.values(), ids=SVG_CASES)
def test_a_formula_in_svg_is_read_from_the_codes_of_its_outlines(content: str, tex: str) -> None:
    assert text(svg(content)) == f"Let us take ${tex}$ as given."


@pytest.mark.parametrize("container", [chtml(X, ' display="true"'), svg(SX, ' display="true"')])
def test_a_displayed_container_is_a_formula_on_its_own_line(container: str) -> None:
    assert text(container) == "Let us take\n$$x$$\nas given."


@pytest.mark.parametrize(
    "container", [chtml(""), svg(""), chtml("<mjx-mo></mjx-mo>"), svg('<g data-mml-node="mi"></g>')]
)
def test_a_container_without_characters_goes(container: str) -> None:
    assert text(container) == "Let us take as given."


def test_assistive_mathml_is_read_and_not_the_glyphs() -> None:
    assistive = "<mjx-assistive-mml><math><mi>z</mi></math></mjx-assistive-mml></mjx-container>"
    for container in (chtml(X), svg(SX)):
        assert text(container.replace("</mjx-container>", assistive)) == "Let us take $z$ as given."


def test_a_drawing_that_is_broken_into_lines_is_one_formula() -> None:
    lines = [drawing(SX), drawing(drawn("mo", "2B") + SY), drawing(drawn("mo", "2212") + drawn("mn", "31"))]
    broken = '<mjx-break size="3"> </mjx-break>'.join(lines)
    assert text(f'<mjx-container jax="SVG">{broken}</mjx-container>') == "Let us take $x+y-1$ as given."
    many = '<mjx-break size="3"> </mjx-break>'.join(lines * 8)
    assistive = "<mjx-assistive-mml><math><mi>z</mi></math></mjx-assistive-mml>"
    assert text(f"<mjx-container>{many}{assistive}</mjx-container>") == "Let us take $z$ as given."


def test_the_source_that_a_drawing_of_version_4_carries_comes_first() -> None:
    line = drawing(SX).replace('"math"', r'"math" data-latex="\vec x"').replace('"mi"', '"mi" data-latex="x"')
    assert text(f"<mjx-container>{line}</mjx-container>") == r"Let us take $\vec x$ as given."
    broken = f'<mjx-container>{line}<mjx-break size="3"> </mjx-break>{line}</mjx-container>'
    assert text(broken) == r"Let us take $\vec x$ as given."


DEEP = {
    "CHTML": chtml("<mjx-mrow>" * 100_000 + X),
    "scripts": chtml(f"<mjx-msup>{X}<mjx-script>" * 50_000 + X),
    "tables": chtml("<mjx-mtable><mjx-mtr><mjx-mtd></mjx-mtd><mjx-mtd>" * 30_000 + X),
    "containers": "<mjx-container><mjx-math>" * 50_000 + X,
    "SVG": svg("<g>" * 100_000 + SX),
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("container", DEEP.values(), ids=DEEP)
def test_elements_may_be_nested_without_limit(container: str) -> None:
    node = LexborHTMLParser(container).css_first("mjx-math, svg")
    assert len(mathml_of(node)) < 3 * len(container)


MANY = {
    "glyphs": chtml(X * 50_000),
    "containers": "<mjx-container><mjx-math>" * 400 + X,
    "lines": "<mjx-container>" + f"{drawing(SX)}<mjx-break></mjx-break>" * 5_000 + drawing(SX) + "</mjx-container>",
    "drawings": "<mjx-container>" + drawing(SX) * 5_000 + "</mjx-container>",
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("container", MANY.values(), ids=MANY)
def test_many_elements_take_linear_time(container: str) -> None:
    assert text(container).startswith("Let us take")


@pytest.mark.parametrize("container", [chtml(CHTML_CASES["fraction"][0]), svg(SVG_CASES["root, version 3"][0])])
def test_a_rendering_may_be_cut_anywhere(container: str) -> None:
    for length in range(len("<mjx-container>"), len(container), 7):
        found = text_of(f"<p>Let us take {container[:length]}")
        assert found.startswith("Let us take")
        assert re.search(r"[\x00-\x09\x0b-\x1f]", found) is None
