"""Pages as kinds of sites write them: what each form of markup comes to."""

import pytest

from llemma.data.extract.web_page import text_of

DOLLARS = '<script>MathJax = {tex: {inlineMath: [["$", "$"]]}};</script>'

FORMULAS = {
    "Wikipedia": (
        '<p>So <span class="mwe-math-element"><span class="mwe-math-mathml-inline" style="display: none;">'
        '<math alttext="{\\displaystyle q_1}"><mi>q</mi>'
        '<annotation encoding="application/x-tex">{\\displaystyle q_1}</annotation></math></span>'
        '<img class="mwe-math-fallback-image-inline" alt="{\\displaystyle q_1}" src="a.svg"></span> is</p>',
        "So $q_1$ is",
    ),
    "Wikipedia without images": ('<span class="mwe-math-fallback-source-inline tex">$ y^2 $</span>', "$y^2$"),
    "Substack": (
        '<div class="latex-rendered" data-attrs="{&quot;persistentExpression&quot;:&quot;\\\\log p&quot;}"></div>',
        "$$\\log p$$",
    ),
    "Sphinx with images": ('<div class="math"><p><img src="a.png" alt="a = b"></p></div>', "$$a = b$$"),
    "Sphinx in a line": ('<p>Let <img class="math" src="a.png" alt="x_i"> be</p>', "Let $x_i$ be"),
    "pandoc with images": ('<img class="math display" src="//latex.codecogs.com/png.latex?%5Cint%20f">', "$$\\int f$$"),
    "codecogs with a font": ('<img src="//latex.codecogs.com/svg.latex?%5Cfn_jvn%20y_1">', "$y_1$"),
    "upmath": ('<img src="https://i.upmath.me/svg/a%5E2%2Bb">', "$a^2+b$"),
    "GitHub's old server": ('<img src="https://render.githubusercontent.com/render/math?math=e%5Ei">', "$e^i$"),
    "QuickLaTeX": (
        '<img class="ql-img-displayed-equation" alt="&#92;&#91;&#92;sum&#92;&#93;" src="a.png">',
        "$$\\sum$$",
    ),
    "Canvas": ('<img class="equation_image" alt="LaTeX: \\frac{x}{2}" src="/a%255Cfrac">', "$\\frac{x}{2}$"),
    "WIRIS": (
        '<img class="Wirisformula" alt="w squared" data-mathml="«math»«msup»«mi»w«/mi»«mn»2«/mn»«/msup»«/math»">',
        "$w^{2}$",
    ),
    "MathWorld": (
        '<p>Is <img class="inlineformula" alt="sinx=sum_(n=0)^infty(a_n)" src="i.gif">',
        "Is $\\sin x=\\sum_{n=0}^{\\infty}(a_{n})$",
    ),
    "LaTeX2HTML": ('<P>Let <IMG WIDTH="14" SRC="img1.gif" ALT="$\\alpha$"> be', "Let $\\alpha$ be"),
    "LaTeX2HTML on its line": ('<IMG ALT="\\begin{displaymath}\nx = 1\n\\end{displaymath}" SRC="i.gif">', "$$x = 1$$"),
    "vBulletin": (
        '<p>Is <img class="mathtex" alt="\\lim_{x} f" src="l.png"> [TEX]\\cos x[/TEX]</p>',
        "Is $\\lim_{x} f$\n$$\\cos x$$",
    ),
    "ScienceDirect": (
        '<span class="display"><span class="formula"><span class="math"><math><mi>y</mi></math></span></span></span>',
        "$$y$$",
    ),
    "a theme that names a division display": (
        '<div class="show display"><p>Is <math><mi>y</mi></math></p></div>',
        "Is $y$",
    ),
    "Khan Academy": ('<p>Is <span class="math" data-math="\\pi r^2"></span></p>', "Is $\\pi r^2$"),
    "Distill": (
        '<d-front-matter><script type="text/json">{"katex": {"delimiters": [{"left": "$", "right": "$", '
        '"display": false}]}}</script></d-front-matter><p>a $z$</p>',
        "a $z$",
    ),
    "JATS with TeX last": (
        "<p>A <alternatives><mml:math><mml:mi>x</mml:mi></mml:math><tex-math>x_i</tex-math></alternatives></p>",
        "A $x_i$",
    ),
    "XML": (
        '<?xml version="1.0"?><!DOCTYPE html [<!ENTITY a "b">]><html><head><title/><script src="a"/></head>'
        "<body><p>A <tex-math><![CDATA[a < b]]></tex-math></p></body></html>",
        "A $a < b$",
    ),
    "upper case": ('<P>A <MATH><MI>x</MI></MATH> <IMG CLASS="tex" ALT="y_1"></P>', "A $x$ $y_1$"),
    "definitions one after another": (
        "<div>\\[\\newcommand{\\one}{1} % c\n\\newcommand{\\two}[2][x]{#1#2} \\let\\old\\phi \\let\\p=\\q\\]</div>a",
        "a",
    ),
}


@pytest.mark.parametrize("site", FORMULAS)
def test_the_formulas_of_a_site_come_out_once_in_their_mode(site: str) -> None:
    html, expected = FORMULAS[site]
    assert text_of(html) == expected


TEXT = {
    "a page without marked content": ("<!DOCTYPE html><html><body><p>a</p></body></html>", "a"),
    "sections named by their headings": (
        '<section id="modal-logic"><h2>Modal logic</h2><p>a</p></section><section id="related-work">b</section>'
        '<div id="skip-lists" class="section level2">c</div>',
        "## Modal logic\n\na\n\nb\n\nc",
    ),
    "a section that is a side bar": (
        '<section id="sidebar">x</section><section class="related-posts">y</section>a',
        "a",
    ),
    "a function named search": (
        '<dl><dt class="sig" id="search">search(x)</dt><dd>Finds x.</dd></dl>',
        "search(x)\n\nFinds x.",
    ),
    "a folded solution of a Jupyter book": ('<div class="dropdown admonition"><p>It is 1.</p></div>', "It is 1."),
    "a menu that drops down": ('<div class="dropdown"><p>Log out here</p></div>a', "a"),
    "code with Prism's line numbers": ('<pre class="line-numbers"><code>a\n  b</code></pre>', "```\na\n  b\n```"),
    "a comment within a form": ('<form class="usertext"><input type="hidden"><p>By e^x.</p></form>', "By e^x."),
    "a form with a field": ('<form><label>Your name</label><input type="text"></form>a', "a"),
    "Wikipedia's fraction": ('<span class="sfrac">1<span class="sr-only">/</span>2</span> of it', "1/2 of it"),
    "Wikipedia's menus": (
        '<div class="vector-dropdown">Deutsch</div><h2>A <span class="editsection">[edit]</span></h2>b',
        "## A\n\nb",
    ),
    "a linked note": (
        '<p>a<sup id="r1"><a href="#n1" class="ref">3</a></sup> b<a href="#n2"><sup>4</sup></a> c</p>',
        "a b c",
    ),
    "a linked exponent": ('<p>x<sup>2</sup>, <a href="/x">y<sup>3</sup></a></p>', "x^{2}, y^{3}"),
    "a link back from a note": ('<li>Note. <a href="#r1" class="footnote-back">↩︎</a></li>', "- Note."),
    "LaTeXML's note": (
        '<p>a<span class="ltx_note"><sup class="ltx_note_mark">1</sup><span class="ltx_note_content">'
        '<sup class="ltx_note_mark">1</sup><span class="ltx_tag ltx_tag_note">1</span>Said so.</span></span></p>',
        "a Said so.",
    ),
    "inequalities in a sentence": ("<p>If a<b and b>c then 1<2.</p>", "If a<b and b>c then 1<2."),
    "an inequality before a link": ('<p>If x<y then <a href="l">it</a> is.</p>', "If x<y then it is."),
    "attributes without values": ("<p hidden>x</p><p data-v-1>a</p>", "a"),
    "markup in code": ("<p>Type <code>&lt;math&gt;y&lt;/math&gt;</code></p>", "Type `<math>y</math>`"),
    "soft hyphens and zero-width spaces": ("<p>dif&shy;fer&#8203;ence</p>", "difference"),
    "capital style": ('<div style="DISPLAY: NONE">x</div>a', "a"),
    "a forum's profiles": (
        '<div class="postprofile">Posts: 3</div><div class="content">By [tex]x[/tex]</div>',
        "By\n$$x$$",
    ),
    "a picture of characters": (
        '<p>a <img class="math" alt="∫01 f"> <img class="math" alt="   sum\na =  bi"></p>',
        "a",
    ),
    "a picture of something": (
        '<p>a <img alt="A plot of $x^2$ near $0$"> <img alt="C:\\users\\me on holiday"></p>',
        "a",
    ),
}


@pytest.mark.parametrize("kind", TEXT)
def test_text_stays_and_widgets_go(kind: str) -> None:
    html, expected = TEXT[kind]
    assert text_of(html) == expected


@pytest.mark.parametrize(
    "text",
    [
        "the $2,500 laptop (was $3,000)",
        "from $1.5bn to $2bn",
        "a $50-a-month plan, or $500/year",
        "$40,000-$50,000 a year",
        "$100 + $200 = $300",
        "worth $5 (or $6)",
        "set $HOME and $PATH first",
    ],
)
def test_dollars_of_prose_are_no_formulas_even_where_dollars_are_declared(text: str) -> None:
    assert text_of(f"{DOLLARS}<p>Let $x_1$ be.</p><p>{text}</p>") == "Let $x_1$ be.\n\n" + text.replace("$", "\\$")


@pytest.mark.parametrize(
    "text", ["$3$ apples, $4$ pears", "from $1$ to $n$", "$1,000$ or $3.14$", "$5\\%$ of $200$", "$12 = 3 \\cdot 4$"]
)
def test_numbers_between_declared_dollars_are_formulas(text: str) -> None:
    assert text_of(f"{DOLLARS}<p>{text}</p>") == text


HOSTILE = {
    "alternatives": "<alternatives>" + "<math><mi>x</mi></math>" * 20_000,
    "containers": "<mjx-container>" + "<mjx-math>x</mjx-math>" * 20_000,
    "drops and cuts": "<div><a>x</a><a>x</a><a>x</a></div>" * 10_000 + "<p>" + "<sup>1x</sup>" * 20_000,
    "addresses": '<img src="' + "codecogs.com/latex.php?&cht=tx" * 30_000 + '">',
    "sentences": "<p>" + "<a b c " * 30_000,
    "sections": "<?xml?>" + "<![CDATA[" * 30_000,
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.timeout(30)
def test_a_page_with_very_many_of_one_thing_ends_soon(name: str) -> None:
    text_of(HOSTILE[name])
