"""Notebooks become Markdown as published: what stays, what goes, what is broken."""

import json
from typing import Any

import pytest

from llemma.data.extract.notebook import BrokenNotebookError, Notebook, markdown_of
from llemma.data.steps import Row, to_batch

Cell = dict[str, Any]


def notebook(*cells: Cell, **metadata: Any) -> str:
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells})


def code(source: str, *outputs: Cell) -> Cell:
    return {"cell_type": "code", "metadata": {}, "source": source, "outputs": outputs}


def markdown(source: str) -> Cell:
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def result(**data: str) -> Cell:
    kinds = {
        "plain": "text/plain",
        "latex": "text/latex",
        "html": "text/html",
        "png": "image/png",
        "svg": "image/svg+xml",
    }
    return {"output_type": "execute_result", "data": {kinds[kind]: value for kind, value in data.items()}}


STREAM = {"output_type": "stream", "name": "stdout", "text": ["one\n", "two\n"]}
ERROR = {"output_type": "error", "ename": "ValueError", "evalue": "x", "traceback": ["line"]}


def test_cells_come_in_order_with_code_fenced_and_outputs_indented() -> None:
    content = notebook(
        {"cell_type": "markdown", "source": ["# Sum\n", "$1+1$"]},
        code("1 + 1", result(plain="2")),
        {"cell_type": "raw", "source": "raw"},
        kernelspec={"language": "Python"},
    )
    assert markdown_of(content) == "# Sum\n$1+1$\n\n```python\n1 + 1\n```\n\n    2\n\nraw\n"


@pytest.mark.parametrize(
    ("metadata", "fence"),
    [
        ({"kernelspec": {"language": "julia"}}, "```julia"),
        ({"language_info": {"name": "R"}}, "```r"),
        ({}, "```"),
        ({"kernelspec": {"language": "x`\n# injected"}}, "```"),
        ({"kernelspec": "?"}, "```"),
    ],
)
def test_the_fence_names_the_kernels_language(metadata: Cell, fence: str) -> None:
    assert markdown_of(notebook(code("x"), **metadata)) == f"{fence}\nx\n```\n"


def test_a_fence_is_longer_than_those_in_the_code() -> None:
    assert markdown_of(notebook(code("'''\n````\n'''"))) == "`````\n'''\n````\n'''\n`````\n"


def test_empty_cells_leave_nothing() -> None:
    assert markdown_of(notebook(code(" \n"), markdown(""), markdown("a"))) == "a\n"


def test_printed_text_is_kept_without_terminal_colours() -> None:
    red = {"output_type": "stream", "name": "stderr", "text": "\x1b[31mred\x1b[0m"}
    assert markdown_of(notebook(code("", STREAM, red))) == "    one\n    two\n\n    red\n"


@pytest.mark.parametrize("bad", [result(png="aGk=", plain="<Figure>"), ERROR], ids=["png", "exception"])
def test_a_picture_or_exception_clears_all_outputs_of_its_cell_only(bad: Cell) -> None:
    content = notebook(code("a", STREAM, bad, result(plain="3")), code("b", result(plain="4")))
    assert markdown_of(content) == "```\na\n```\n\n```\nb\n```\n\n    4\n"


def test_an_empty_picture_clears_nothing() -> None:
    assert markdown_of(notebook(code("", result(png=""), STREAM))) == "    one\n    two\n"


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (result(latex="$$x^2$$", plain="x**2", html="<b>x</b>"), "$$x^2$$\n"),
        (result(plain="[1, 2]", html="<table></table>"), "    [1, 2]\n"),
        (result(plain="<IPython.core.display.HTML object>", html="<b>x</b>"), "<b>x</b>\n"),
        (result(plain="<matplotlib.lines.Line2D at 0x7f00>"), ""),
        (result(svg="<svg/>", plain="Graph()"), ""),
    ],
)
def test_the_best_text_of_an_output_is_kept(output: Cell, expected: str) -> None:
    assert markdown_of(notebook(code("", output))) == expected


@pytest.mark.parametrize(
    "picture",
    [
        "![a plot](plot.png)",
        "![](data:image/png;base64,aGk=)",
        '![x](plot_(1).png "title")',
        "<img src='a.png' width=3>",
        "<IMG\nsrc=a.png />",
        "<video controls><source src=x></video>",
        "<script>\nlet a = '</p>';\n</script >",
        "<iframe src=x></iframe>",
    ],
)
def test_pictures_and_media_are_removed_from_text(picture: str) -> None:
    assert markdown_of(notebook(markdown(f"before {picture} after"))) == "before  after\n"


@pytest.mark.parametrize("text", ["[a link](x.png)", "x![0] (n! (k))", "<image>", "<videos>", "<script> never ends"])
def test_what_only_looks_like_a_picture_stays(text: str) -> None:
    assert markdown_of(notebook(markdown(text))) == text + "\n"


def test_code_keeps_its_strings() -> None:
    assert "<img src=x>" in markdown_of(notebook(code("page = '<img src=x>'")))


def test_format_3_has_worksheets_headings_and_short_names() -> None:
    cells = [
        {"cell_type": "heading", "level": 2, "source": ["Title"]},
        {
            "cell_type": "code",
            "language": "python",
            "input": ["1 + 1"],
            "outputs": [
                {"output_type": "pyout", "text": ["2"], "prompt_number": 1},
                {"output_type": "stream", "stream": "stdout", "text": "hi\n"},
            ],
        },
        {"cell_type": "code", "input": "p", "outputs": [{"output_type": "display_data", "png": "aGk=", "text": "f"}]},
        {"cell_type": "code", "input": "e", "outputs": [{"output_type": "pyerr", "ename": "E", "traceback": []}]},
    ]
    content = json.dumps({"nbformat": 3, "metadata": {}, "worksheets": [{"cells": cells}]})
    expected = "## Title\n\n```python\n1 + 1\n```\n\n    2\n\n    hi\n\n```\np\n```\n\n```\ne\n```\n"
    assert markdown_of(content) == expected


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "3", '{"cells": 3}', '{"nbformat": 4}', '{"worksheets": [3]}', "[" * 100_000, b"\xff\xfe"],
    ids=lambda content: repr(content[:12]),
)
def test_what_is_no_notebook_is_broken(content: str | bytes) -> None:
    with pytest.raises(BrokenNotebookError):
        markdown_of(content)


def test_odd_values_inside_a_notebook_are_passed_over() -> None:
    cells: list[Any] = [3, {"cell_type": "code", "source": 5, "outputs": [None, {"data": 3}]}, markdown("a\ud800"), {}]
    assert markdown_of(notebook(*cells)) == "a\ufffd\n"


def test_json_with_nan_is_read() -> None:
    assert markdown_of('{"metadata": {"x": NaN}, "cells": [{"cell_type": "markdown", "source": "a"}]}') == "a\n"


def test_the_step_converts_notebooks_only_and_drops_the_raw_json() -> None:
    rows = [
        Row("a", raw=notebook(markdown("x")).encode(), language="jupyter-notebook"),
        Row("b", text=notebook(markdown("y")), language="jupyter-notebook"),
        Row("c", raw=b"{", language="jupyter-notebook"),
        Row("d", raw=notebook().encode(), language="jupyter-notebook"),
        Row("e", text="z", raw=b"{", language="python"),
    ]
    batch = Notebook()(to_batch(rows))
    assert batch.column("text").to_pylist() == ["x\n", "y\n", "", "", "z"]
    assert batch.column("raw").to_pylist() == [None, None, None, None, b"{"]
    assert batch.column("reason").to_pylist() == [None, None, "broken_notebook", "empty_notebook", None]


@pytest.mark.parametrize("text", ["<video>", "![](", "![](a", "<img ", "![", "<script></scrip", "((", "![]((a)"])
def test_hostile_text_takes_time_in_proportion_to_its_length(text: str) -> None:
    assert markdown_of(notebook(markdown(text * 50_000))).startswith(text)
