"""Hostile pages end in time that grows with their length, with text or a reason."""

import pytest

from llemma.data.extract.html.source import PageLimitError
from llemma.data.extract.web_page import text_of
from llemma.errors import DataError

HOSTILE = {
    "open divs": "<div>" * 900 + "$x$",
    "open style tags": "".join(f"<p><font a={i}>x" for i in range(5_000)),
    "bare angles": "<a " * 30_000,
    "open quotes": '<a b="' * 30_000,
    "open comments": "<!--" * 30_000,
    "dollars": "<p>" + "$ " * 30_000,
    "dollars before braces": "<p>" + "${" * 30_000,
    "open brackets": "<p>" + "\\(" * 30_000,
    "closed braces": "<p>" + "\\[}" * 30_000,
    "open environments": "<p>" + "\\begin{align}" * 10_000,
    "formulas": "<p>" + "$x$ " * 30_000,
    "ampersands": "&" * 100_000,
    "settings": "mathjax<script>" + "inlineMath: [" * 10_000 + "</script>",
    "images": '<img class="mwe-math-fallback-image-inline" alt="x">' * 5_000,
    "cells": "<table><tr>" + "<td>$x$" * 10_000,
    "links": "<div>" * 300 + "<a href=x>y</a>" * 5_000,
    "back-ticks": "<p>ASCIIMathML " + "`" * 50_000,
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.timeout(30)
def test_a_hostile_page_ends_soon(name: str) -> None:
    text_of(HOSTILE[name])


def test_nul_bytes_are_dropped() -> None:
    assert text_of(b"<p>a\0b</p>" + b"\0" * 1000) == "ab"


def test_control_characters_never_stand_for_formulas() -> None:
    assert text_of("<p>a\x020\x03 &#2;0&#x3; $x_1$ b</p>") == "a0 0 $x_1$ b"


def test_a_page_at_the_limit_of_depth_is_read_and_one_beyond_is_named() -> None:
    filler = "<br>" * 30_001
    assert text_of(filler + "<div>" * 1_000 + "x") == "x"
    with pytest.raises(PageLimitError, match=r"u: elements nested 1,001 deep; the limit is 1,000"):
        text_of(filler + "<div>" * 1_001 + "x", url="u")


def test_a_limit_is_a_data_error() -> None:
    with pytest.raises(DataError, match="page of 20,000,000 bytes"):
        text_of(b"x" * 20_000_000)
