"""Structure: headings, lists, tables, code, sub- and superscripts, white space."""

import pytest

from llemma.data.extract.web_page import text_of

MATH = '<script>MathJax = {tex: {inlineMath: [["$", "$"]]}};</script>'


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<h2>The space $L^p$ <i>here</i></h2><p>Text</p>", "## The space $L^p$ here\n\nText"),
        (
            "<ul><li>one<ul><li>two $x$</li><li><p>three</p></li></ul></li><li>four</li></ul>",
            "- one\n  - two $x$\n  - three\n- four",
        ),
        ("<ol start=3><li>a<li>b</ol>", "3. a\n4. b"),
        ("<dl><dt>t<dd>d</dl>", "t\n\nd"),
        ("<table><tr><th>f<th>g<tr><td>$x$<td>$$y$$</table>", "f | g\n$x$ | $$y$$"),
        ("<p>a<br>b</p>", "a\nb"),
        ("<p>a  \n b&nbsp;c</p>\n\n\n<div>  </div><p>d</p>", "a b c\n\nd"),
        ("x<sub>i</sub><sup>2</sup> 4<sup>th</sup>", "x_{i}^{2} 4th"),
        ("<p>text<sup class='reference'><a href='#1'>[1]</a></sup></p>", "text"),
        ("<p>so $$x=1$$. Then</p>", "so\n$$x=1$$.\nThen"),
        ("<p>&alpha; &isin; &#8477; &lt;b&gt; &amp;amp;</p>", "α ∈ ℝ <b> &amp;"),
    ],
)
def test_structure_becomes_markdown(html: str, expected: str) -> None:
    assert text_of(MATH + html) == expected


def test_code_keeps_indentation_newlines_and_dollars() -> None:
    html = "<p>Run</p><pre><code>if $a$:\n    <span>x</span> = \\(b\\)\n\n    y &lt; 1\n</code></pre>"
    assert text_of(MATH + html) == "Run\n\n```\nif $a$:\n    x = \\(b\\)\n\n    y < 1\n```"


def test_a_fence_is_longer_than_the_back_ticks_in_it() -> None:
    assert text_of("<pre>```\na\n```</pre>") == "````\n```\na\n```\n````"


def test_code_within_a_line_is_marked_where_it_could_be_read_as_a_formula() -> None:
    assert text_of(f"{MATH}<p>Use <code>$x$</code> or <code>ring</code>.</p>") == "Use `$x$` or ring."
