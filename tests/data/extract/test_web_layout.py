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


def test_a_number_in_an_id_hides_no_name_that_says_what_an_element_is() -> None:
    html = '<div id="sidebar-1234">x</div><p class="text" id="p1234">a</p><p id="p12">b</p>'
    assert text_of(html) == "a\n\nb"


def test_only_the_levels_of_sections_have_an_id_made_of_their_heading() -> None:
    assert text_of('<div class="level2" id="related">a</div><div class="level12" id="related">b</div>') == "a"


def test_a_link_is_dropped_for_its_class_whatever_its_address_is() -> None:
    html = '<p>a <a href="#x" class="headerlink" title="here">b</a><a href="/headerlink" title="headerlink">c</a></p>'
    assert text_of(html) == "a c"


def test_spans_that_colour_code_leave_no_trace_and_those_after_it_keep_their_names() -> None:
    html = '<pre><span class="k">if</span> <span class="menu">x</span></pre><p>a<span class="menu">b</span></p>'
    assert text_of(html) == "```\nif x\n```\n\na"


def test_a_row_keeps_its_empty_cells_up_to_the_last_that_is_filled() -> None:
    html = "<table><tr><td>a<td><b></b><td>c<td><i> </i></table><table><tr><td><td>d<td></table>"
    assert text_of(html) == "a | | c\n\nd"


def test_an_element_is_hidden_by_its_attribute_and_not_by_the_word_in_another() -> None:
    html = '<p title="some hidden text" data-role="menu">a</p><p hidden>b</p><p>c<span aria-hidden="true">d</span></p>'
    assert text_of(html) == "a\n\nc"
