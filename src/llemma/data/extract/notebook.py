"""Jupyter notebooks (formats 2, 3 and 4) to Markdown: text, formulas and code stay, pictures and errors go.

Source: EleutherAI/math-lm, `process_stack.py`, which uses nbconvert. docs/data/algebraic_stack.md has the differences.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

import orjson
import pyarrow as pa

from llemma.data.steps import Step, replaced
from llemma.storage import valid_unicode

LANGUAGE = "jupyter-notebook"

Json = Mapping[str, Any]

_IMAGE = re.compile(r"!\[[^\[\]\n]*\]\([^()\n]*(?:\([^()\n]*\)[^()\n]*)*\)|<img\b[^<>]*>", re.IGNORECASE)
_BLOCK_START = re.compile(r"<(video|script|iframe|style)\b", re.IGNORECASE)
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_OBJECT = re.compile(
    r"<(?:[\w.]+(?: object)?(?: at 0x[0-9a-f]+)?|Figure size [^<>]*)>"
)  # what Python prints for want of text
_FENCE = re.compile(r"`{3,}")


class Notebook(Step):
    """Turns notebooks into Markdown and leaves all other languages alone.

    "broken_notebook" is what is no notebook, "empty_notebook" what has no text. The raw JSON is dropped.
    """

    step: Literal["notebook"] = "notebook"

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return the batch with the text of each notebook."""
        columns = [batch.column(name).to_pylist() for name in ("language", "text", "raw", "reason")]
        rows = [_converted(*row) for row in zip(*columns, strict=True)]
        texts, raws, reasons = zip(*rows, strict=True) if rows else ((), (), ())
        return replaced(batch, text=texts, raw=raws, reason=reasons)


class BrokenNotebookError(ValueError):
    """A file is not a Jupyter notebook."""


def markdown_of(notebook: bytes | str) -> str:
    """Return a notebook as Markdown: cells in order, code fenced with the kernel's language, outputs indented.

    A cell of which any output is a PNG picture or an exception loses all its outputs.
    Raises BrokenNotebookError when it is no notebook.
    """
    content = _parsed(notebook)
    language = _language_of(content)
    blocks = (block for cell in _cells_of(content) for block in _blocks_of(cell, language))
    text = "\n\n".join(block for block in blocks if block.strip())
    return valid_unicode(text) + "\n" if text else ""


def _converted(
    language: str | None, text: str, raw: bytes | None, reason: str | None
) -> tuple[str, bytes | None, str | None]:
    if language != LANGUAGE:
        return text, raw, reason
    try:
        converted = markdown_of(text if raw is None else raw)
    except BrokenNotebookError:
        return "", None, "broken_notebook"
    return converted, None, None if converted else "empty_notebook"


def _parsed(notebook: bytes | str) -> Json:
    try:
        content = _loaded(notebook)
    except (ValueError, RecursionError) as error:
        raise BrokenNotebookError("not JSON") from error
    if not isinstance(content, dict) or not {"cells", "worksheets"} & content.keys():
        raise BrokenNotebookError("no cells")
    return content


def _loaded(notebook: bytes | str) -> Any:
    try:
        return orjson.loads(notebook)
    except orjson.JSONDecodeError:
        return json.loads(notebook)  # takes NaN and lone surrogates


def _cells_of(content: Json) -> Iterator[Json]:
    worksheets = [content] if "cells" in content else _list(content["worksheets"])
    for worksheet in worksheets:
        cells = worksheet.get("cells") if isinstance(worksheet, dict) else None
        if not isinstance(cells, list):
            raise BrokenNotebookError("no list of cells")
        yield from (cell for cell in cells if isinstance(cell, dict))


def _language_of(content: Json) -> str:
    about = _object(content.get("metadata"))
    kernel, info = _object(about.get("kernelspec")), _object(about.get("language_info"))
    name = _text(kernel.get("language") or info.get("name") or about.get("language"))
    return name.strip().lower() if re.fullmatch(r"[\w+#. -]{1,40}", name) else ""


def _blocks_of(cell: Json, language: str) -> Iterator[str]:
    kind = cell.get("cell_type")
    source = _text(cell.get("source", cell.get("input"))).strip("\n")
    if kind == "code":
        if source.strip():
            yield _fenced(source, language or _text(cell.get("language")))
        yield from _outputs_of(cell)
    elif kind == "heading":
        level = cell.get("level")
        yield f"{'#' * (level if level in (1, 2, 3, 4, 5, 6) else 1)} {' '.join(source.split())}"
    elif kind in ("markdown", "raw", "html"):
        yield _without_pictures(source).strip("\n")


def _fenced(source: str, language: str) -> str:
    fence = "`" * max([3, *(len(found) + 1 for found in _FENCE.findall(source))])
    return f"{fence}{language}\n{source}\n{fence}"


def _outputs_of(cell: Json) -> Iterator[str]:
    outputs = [output for output in _list(cell.get("outputs")) if isinstance(output, dict)]
    if not any(map(_clears_its_cell, outputs)):
        yield from (_output_text(output) for output in outputs)


def _clears_its_cell(output: Json) -> bool:
    is_error = output.get("output_type") in ("error", "pyerr") or {"ename", "traceback"} <= output.keys()
    return is_error or bool(_data_of(output).get("image/png"))


def _data_of(output: Json) -> Json:
    """Return what an output holds by its MIME type; format 3 has short names beside the other fields."""
    short = {
        "png": "image/png",
        "jpeg": "image/jpeg",
        "svg": "image/svg+xml",
        "latex": "text/latex",
        "html": "text/html",
    }
    old = {mime: output[name] for name, mime in short.items() if name in output}
    if output.get("output_type") != "stream" and "text" in output:
        old["text/plain"] = output["text"]
    return {**old, **_object(output.get("data"))}


def _output_text(output: Json) -> str:
    """Return the best text of an output: TeX before Markdown, plain text and HTML; "" for other media."""
    if output.get("output_type") == "stream":
        return _indented(_text(output.get("text")))
    data = _data_of(output)
    for mime in ("text/latex", "text/markdown"):
        if text := _text(data.get(mime)).strip("\n"):
            return _without_pictures(text)
    plain = _text(data.get("text/plain"))
    if any(mime.startswith("image/") for mime in data):
        return ""  # the plain text only names the picture
    if plain.strip() and not _OBJECT.fullmatch(plain.strip()):
        return _indented(plain)
    return _without_pictures(_text(data.get("text/html"))).strip("\n")


def _indented(text: str) -> str:
    lines = _ANSI.sub("", text).strip("\n").split("\n")
    return "\n".join(f"    {line}".rstrip() for line in lines)


def _without_pictures(text: str) -> str:
    """Return Markdown without images and without video, script, style and iframe elements."""
    return _IMAGE.sub("", "".join(_outside_blocks(text)))


def _outside_blocks(text: str) -> Iterator[str]:
    """Yield what is outside the elements, in linear time; one that never ends is text."""
    endless: set[str] = set()
    start = 0
    while found := _BLOCK_START.search(text, start):
        name = found[1].lower()
        end = None if name in endless else re.compile(f"</{name}\\s*>", re.IGNORECASE).search(text, found.end())
        if end is None:
            endless.add(name)
        yield text[start : found.end() if end is None else found.start()]
        start = found.end() if end is None else end.end()
    yield text[start:]


def _text(value: object) -> str:
    """Return a notebook's text, a string or a list of them; "" for anything else."""
    if isinstance(value, list):
        return "".join(part for part in value if isinstance(part, str))
    return value if isinstance(value, str) else ""


def _object(value: object) -> Json:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> Iterable[Any]:
    return value if isinstance(value, list) else ()
