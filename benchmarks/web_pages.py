"""Web pages full of formulas, 60-80 kB each, for measuring extractors: our own text, in the forms that the web uses."""

import random

FORMS = (
    "mathjax",
    "mathjax",
    "mathjax",
    "mathjax",
    "katex",
    "mathml",
    "stack_exchange",
    "wikipedia",
    "wordpress",
    "images",
)
"""The forms in about their proportions on the web: two pages of three are MathJax's."""

_WORDS = (
    "let us suppose that the function is continuous on every closed interval and bounded near its ends so the sum "
    "converges while each term becomes smaller than any given number which proves what we wanted about the limit of a "
    "sequence of measurable sets whose union covers the whole space except for a part that may be neglected here"
).split()
_FORMULAS = (
    r"x_{%d}^2+y^2=z_n",
    r"\frac{a_%d+b}{c-\sqrt{d}}",
    r"\sum_{k=1}^{%d}\frac{1}{k^2}",
    r"\int_0^{%d} e^{-t}\,dt",
    r"f\colon\mathbb{R}^{%d}\to\mathbb{R}",
    r"\lim_{n\to\infty} a_n=%d",
    r"\left(\begin{array}{cc}1&0\\0&%d\end{array}\right)",
    r"p_%d<q",
    r"\alpha_{%d}",
    r"n",
)
_MARKUP = (
    "<mrow><mi>x</mi><mo>+</mo><mfrac><mn>{number}</mn><msup><mi>y</mi><mn>2</mn></msup></mfrac><mo>=</mo>"
    "<msqrt><msub><mi>a</mi><mi>n</mi></msub></msqrt></mrow>"
)
_LEAST_CHARACTERS, _MOST_CHARACTERS = 60_000, 80_000


def page(seed: int) -> str:
    """Return the page of a seed; its form goes by FORMS, its length lies between 60,000 and 80,000 characters."""
    random_source = random.Random(seed)
    form = FORMS[seed % len(FORMS)]
    length = random_source.randrange(_LEAST_CHARACTERS + 2_000, _MOST_CHARACTERS - 10_000)
    parts = [
        _HEADS.get(form, ""),
        "</head><body>",
        _menu("nav", random_source),
        '<main><h1 class="title">A lecture</h1>',
    ]
    size = sum(map(len, parts))
    while size < length:
        parts.append(_section(form, random_source))
        size += len(parts[-1])
    return "".join(
        ["<!DOCTYPE html><html><head><title>A lecture</title>", *parts, "</main>", _menu("footer", random_source)]
    )


_HEADS = {
    "mathjax": '<script>MathJax = {tex: {inlineMath: [["$", "$"], ["\\\\(", "\\\\)"]]}};</script>'
    '<script src="https://example.org/mathjax@3/es5/tex-chtml.js" async></script>',
    "katex": '<link rel="stylesheet" href="https://example.org/katex.min.css">',
    "stack_exchange": '<script src="https://example.org/mathjax/MathJax.js?config=TeX-AMS_HTML-full"></script>',
}


def _menu(tag: str, random_source: random.Random) -> str:
    links = "".join(f'<li class="item"><a href="/{i}">{_prose(random_source, 2)}</a></li>' for i in range(20))
    return f'<{tag} class="menu"><ul>{links}</ul></{tag}>'


def _section(form: str, random_source: random.Random) -> str:
    parts = [f'<section id="s{random_source.randrange(10**6)}"><h2>{_prose(random_source, 3)}</h2>']
    parts += [_paragraph(form, random_source) for _ in range(5)]
    parts.append(f"<p>{_formula(form, random_source, display=True)}</p>")
    items = [f"<li>{_prose(random_source, 8)} {_formula(form, random_source)}</li>" for _ in range(3)]
    parts.append(f'<ul class="simple">{"".join(items)}</ul>')
    cells = [f"<tr><td>{_prose(random_source, 1)}</td><td>{_formula(form, random_source)}</td></tr>" for _ in range(3)]
    parts.append(f"<table>{''.join(cells)}</table>")
    parts.append("<pre><code>for k in range(3):\n    total += k\n</code></pre></section>\n")
    return "".join(parts)


def _paragraph(form: str, random_source: random.Random) -> str:
    parts = []
    for _ in range(3):
        parts += [_prose(random_source, 40), _formula(form, random_source), f"<em>{_prose(random_source, 2)}</em>"]
    link = f'<a class="reference internal" href="#s{random_source.randrange(1000)}"><span class="std">before</span></a>'
    return f'<p class="text" id="p{random_source.randrange(10**6)}">{" ".join(parts)}, as {link}.</p>\n'


def _prose(random_source: random.Random, words: int) -> str:
    start = random_source.randrange(len(_WORDS))
    return " ".join(_WORDS[(start + i) % len(_WORDS)] for i in range(words))


def _formula(form: str, random_source: random.Random, *, display: bool = False) -> str:
    number = random_source.randrange(100)
    tex = random_source.choice(_FORMULAS)
    tex = (tex % number if "%d" in tex else tex).replace("&", "&amp;").replace("<", "&lt;")
    if form == "katex":
        return _katex(tex, number, display=display)
    mode = ' display="block"' if display else ""
    markup = _MARKUP.format(number=number)
    if form == "mathml":
        return f'<math xmlns="http://www.w3.org/1998/Math/MathML"{mode}>{markup}</math>'
    if form == "wikipedia":
        annotation = f'<annotation encoding="application/x-tex">{{\\displaystyle {tex}}}</annotation>'
        return (
            '<span class="mwe-math-element"><span class="mwe-math-mathml-inline" style="display: none;">'
            f"<math{mode}><semantics>{markup}{annotation}</semantics></math></span>"
            f'<img class="mwe-math-fallback-image-inline" src="/math/{number}.svg" alt="{tex}"></span>'
        )
    if form == "wordpress":
        return f'<img src="https://example.org/latex.php?latex={number}+x&amp;s=0" alt="{tex}" class="latex">'
    if form == "images":
        return f'<img src="https://latex.codecogs.com/gif.latex?{tex.replace(" ", "%20")}" alt="formula {number}">'
    dollars = "$$" if display else "$"
    delimited = f"{dollars}{tex}{dollars}"
    return f'<span class="math-container">{delimited}</span>' if form == "stack_exchange" else delimited


def _katex(tex: str, number: int, *, display: bool) -> str:
    glyphs = "".join(f'<span class="mord mathnormal" style="margin-right:0.0{i}em;">{i}</span>' for i in range(6))
    rendered = (
        '<span class="katex"><span class="katex-mathml"><math><semantics>'
        f'{_MARKUP.format(number=number)}<annotation encoding="application/x-tex">{tex}</annotation></semantics></math>'
        f'</span><span class="katex-html" aria-hidden="true"><span class="base">{glyphs}</span></span></span>'
    )
    return f'<span class="katex-display">{rendered}</span>' if display else rendered
