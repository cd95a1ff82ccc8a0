"""Web pages to text: formulas as TeX between dollars, boilerplate removed, structure as Markdown."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import orjson
import pyarrow as pa
from selectolax.lexbor import LexborHTMLParser

from llemma.data.extract.html.declared import Settings, settings_of
from llemma.data.extract.html.delimiters import replace_delimited
from llemma.data.extract.html.formulas import replace_formulas
from llemma.data.extract.html.layout import Layout
from llemma.data.extract.html.lines import finished
from llemma.data.extract.html.marks import Pieces
from llemma.data.extract.html.source import PageLimitError, decoded, repaired
from llemma.data.steps import Step, replaced

_SHORT, _LONG = 200, 2_000
"""A page of fewer characters is read again with all its elements, if that makes it longer than the second number."""

_TEMPLATE = re.compile(r"<(/?)(?:template|frameset|noframes)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Page:
    """The text of a web page, its title, and how many formulas it has of each form."""

    text: str
    title: str
    forms: Mapping[str, int]


def text_of(html: str | bytes, url: str | None = None) -> str:
    """Return the text of a web page: `$...$` and `$$...$$` for formulas, Markdown for headings, lists, tables and code.

    Other dollar signs come out as `\\$`. Bytes are decoded by byte-order mark, declared charset, UTF-8 or windows-1252.
    Raises PageLimitError, a DataError, for a page beyond the limits of `html/source.py` (size, nesting, attributes).
    """
    try:
        return page_of(html).text
    except PageLimitError as error:
        raise PageLimitError(error.reason, f"{url or 'web page'}: {error}") from error


def page_of(html: str | bytes) -> Page:
    """Return a web page as text with what is known about it. Raises PageLimitError as `text_of` does."""
    source = repaired(decoded(html))
    lower = source.lower()
    if "<template" in lower or "<frameset" in lower:
        source = _TEMPLATE.sub(r"<\1div", source)
    tree = LexborHTMLParser(source)
    pieces = Pieces()
    settings = settings_of(lower, replace_formulas(tree, source, pieces))
    title = tree.css_first("title")
    tree.strip_tags(["style", "xmp", "iframe", "noembed", "noframes", "plaintext", "svg", "head", "noscript"])
    body = (tree.body.html if tree.body else None) or ""
    text, forms = _text_and_forms(body, settings, pieces, names=True)
    if len(text) < _SHORT:
        whole, all_forms = _text_and_forms(body, settings, pieces, names=False)
        if len(whole) > _LONG or len(all_forms) > len(forms):
            text, forms = whole, all_forms
    return Page(text, " ".join(title.text().split()) if title else "", forms)


def _text_and_forms(body: str, settings: Settings, pieces: Pieces, *, names: bool) -> tuple[str, dict[str, int]]:
    """Return the text of a serialised page; `names`: whether elements are dropped for their names and links."""
    pieces = Pieces(pieces.stored, dict(pieces.forms))
    marked = Layout(settings, pieces, names=names).write(body)
    marked = marked.replace("&lt;", "<").replace("&gt;", ">").replace("&nbsp;", "\xa0").replace("&amp;", "&")
    return finished(replace_delimited(marked, settings, pieces), pieces), pieces.forms


class WebPage(Step):
    """Extracts the text of web pages from `raw`."""

    step: Literal["web_page"] = "web_page"

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Fill `text` from `raw` where there is one; `meta` gets title, found_math and the counters of formulas."""
        columns = {name: batch.column(name).to_pylist() for name in ("raw", "text", "meta", "reason")}
        for row, raw in enumerate(columns["raw"]):
            if raw is None:
                continue
            try:
                page = page_of(raw)
            except PageLimitError as error:
                columns["reason"][row] = error.reason
                continue
            columns["text"][row] = page.text
            columns["meta"][row] = _with_counters(columns["meta"][row], page)
            if not page.text:
                columns["reason"][row] = "empty"
        columns["raw"] = [None] * batch.num_rows
        return replaced(batch, **columns)


def _with_counters(meta: str | None, page: Page) -> str:
    known = orjson.loads(meta or "{}")
    known |= {"title": page.title[:300], "found_math": bool(page.forms), "formulas": dict(page.forms)}
    return orjson.dumps(known).decode()
