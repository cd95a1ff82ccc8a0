"""The source of a page: its encoding, the limits it has to keep, and repairs before it is parsed."""

import codecs
import html
import re
from itertools import accumulate

from llemma.errors import DataError

MAX_BYTES = 16 * 2**20
MAX_DEPTH = 1000
MAX_ATTRIBUTES = 1000

_META_CHARSET = re.compile(rb"""<meta\b[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]{2,40})""", re.IGNORECASE)
_XML_ENCODING = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{2,40})""")
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
# What pages that name these encodings are written in, by the WHATWG encoding standard.
_ALIASES = {"iso-8859-1": "cp1252", "latin1": "cp1252", "us-ascii": "cp1252", "ascii": "cp1252", "gb2312": "gb18030"}
_SNIFFED_BYTES = 4096

_CONTROLS = [chr(code) for code in range(32) if chr(code) not in "\t\n\f\r"]
_CONTROL_REFERENCE = re.compile(
    r"&#(?:0*(?:[0-8]|11|1[4-9]|2[0-9]|3[01]|127)(?![0-9])|[xX]0*(?:[0-8bBeEfF]|1[0-9a-fA-F]|7[fF])(?![0-9a-fA-F]));?"
)
_XHTML_START = 2_000
_INTERNAL_SUBSET = re.compile(r"(<!DOCTYPE\b[^<>\[]*+)\[[^\]]*+\]\s*>", re.IGNORECASE)
_EMPTY_ELEMENT = re.compile(r"<(title|script|style|textarea|iframe)\b([^<>]*+)(?<=/)>")
# `a<b and b>c`: the name of a tag and words that are no attributes
_SENTENCE = (
    r"[abipqsu]\s++(?!(?:hidden|nowrap|download|inert|itemscope|compact|center|justify)\b)[A-Za-z0-9][A-Za-z0-9 ]*+>"
)
# Text, comments and sound tags of at most MAX_ATTRIBUTES; it stops at a `<` that opens no tag, or at one beyond.
# Attributes are nearly always ` name="value"`: that form is tried first, the general one gives the same.
_SOUND = re.compile(
    r"""(?:[^<]*+<(?:
    /
    |(?!"""
    + _SENTENCE
    + r""")[a-zA-Z][\w:.-]*+
      (?:\ [a-z-]++="[^"]*+"
      |[\s/]++[^\s=<>"'/$\\]++(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s"'<>]++))?+){0,1000}+[\s/]*+>
    |!--(?:[^-]++|-(?!->))*+(?:-->|\Z)
    |(?![a-zA-Z])
    ))*+[^<]*+""",
    re.VERBOSE,
)
_TAG_LIKE = re.compile(rf"<(?!{_SENTENCE})[a-zA-Z][\w:.-]*+(?=[\s/>])(?![\s/]*[$\\])")
_ATTRIBUTE_LIKE = re.compile(r"""[\s/]++[^\s=<>"'/]++(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s"'<>]++))?+""")
_NEXT = re.compile(r"[\s/]++<")

_CHECKED_TAGS = 30_000
_NESTING = re.compile(
    "<(/?)(?!(?i:a|area|b|base|big|br|code|col|dd|dt|em|embed|font|head|hr|i|img|input|li|link|meta|nobr|"
    "optgroup|option|p|param|path|s|select|small|source|strike|strong|td|th|tr|tt|u|wbr)\\b)[a-zA-Z]"
)
_STYLED = re.compile(
    r"<(?=[bisuBISU]\s|[ceftnCEFTN]|[bB][iI]|[sS][mMtT])(?i:b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)\s"
)
_STYLE_TAG = re.compile(r"<(/?)(?i:b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)\b[^<>]*>")
_MAX_UNCLOSED = 50


class PageLimitError(DataError):
    """A page is beyond a limit; `reason` is the counter of such pages."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def decoded(page: str | bytes) -> str:
    """Return the source of a page: a byte-order mark, then its declared charset, then UTF-8, then windows-1252.

    Raises PageLimitError for a page longer than MAX_BYTES.
    """
    if len(page) > MAX_BYTES:
        raise PageLimitError("too_long", f"page of {len(page):,} bytes; the limit is {MAX_BYTES:,}")
    if isinstance(page, str):
        return page.removeprefix("\ufeff")
    for mark, name in _BOMS:
        if page.startswith(mark):
            return page[len(mark) :].decode(name, "replace")
    try:
        text = page.decode()
    except UnicodeDecodeError:
        return page.decode(_declared_charset(page) or "cp1252", "replace")
    declared = _declared_charset(page) if "\x1b" in text or text.count("\x00") > len(text) // 4 else None
    return page.decode(declared, "replace") if declared else text


def _declared_charset(page: bytes) -> str | None:
    head = page[:_SNIFFED_BYTES]
    for first, name in ((1, "utf-16-le"), (0, "utf-16-be")):  # UTF-16 without a byte-order mark
        if head[first:400:2].count(0) > 100 and head[1 - first : 400 : 2].count(0) < 20:
            return name
    found = _META_CHARSET.search(head) or _XML_ENCODING.search(head)
    name = found[1].decode("ascii", "replace").lower() if found else ""
    try:
        codec = codecs.lookup(_ALIASES.get(name, name))
    except LookupError:
        return None
    is_text = getattr(codec, "_is_text_encoding", True)  # not base64, rot13
    return codec.name if is_text and codec.name not in ("utf-8", "utf-16", "utf-32", "idna", "punycode") else None


def repaired(page: str) -> str:
    """Return the source ready to be parsed: no control characters, `<` that opens no tag escaped.

    `$a<b$` would otherwise swallow the text up to the next `>`. Raises PageLimitError for nesting deeper than
    MAX_DEPTH and for an element with more than MAX_ATTRIBUTES attributes: a parser takes quadratic time on either.
    """
    for control in _CONTROLS:
        if control in page:
            page = page.replace(control, "")
    page = _as_html(page)
    if "&#" in page:
        page = _CONTROL_REFERENCE.sub(" ", page)
    page = _with_sound_tags(page)
    is_large = page.count("<") > _CHECKED_TAGS
    if is_large or len(_STYLED.findall(page)) > _MAX_UNCLOSED:
        page = _without_unclosed_styles(page)
    if is_large:
        _check_depth(page)
    return page


def _as_html(page: str) -> str:
    """Return XML without what an HTML parser reads otherwise: a DOCTYPE's declarations, `<script src="a"/>`, CDATA."""
    start = page[:_XHTML_START]
    if "[" in start and "<!" in start:
        page = _INTERNAL_SUBSET.sub(r"\1>", start, count=1) + page[_XHTML_START:]
    if "<?xml" in start[:100]:
        page = _EMPTY_ELEMENT.sub(r"<\1\2></\1>", page)
        page, *sections = page.split("<![CDATA[")
        page = "".join([page, *map(_escaped_section, sections)])
    return page


def _escaped_section(text: str) -> str:
    """Return what follows `<![CDATA[`, escaped to its end."""
    content, end, after = text.partition("]]>")
    return html.escape(content, quote=False) + after if end else text


def _with_sound_tags(page: str) -> str:
    pieces = []
    position = 0
    while (end := _end_of_sound(page, position)) < len(page):
        pieces.append(page[position:end])
        position = end + 1
        if _TAG_LIKE.match(page, end) is None or _attributes_break_off(page, end):
            pieces.append("&lt;")
        else:
            pieces.append("<")
    pieces.append(page[position:])
    return "".join(pieces)


def _end_of_sound(page: str, position: int) -> int:
    match = _SOUND.match(page, position)
    return match.end() if match else position


def _attributes_break_off(page: str, start: int) -> bool:
    """Whether what follows the name of a tag is no list of attributes but a formula's or a sentence's text."""
    name = _TAG_LIKE.match(page, start)
    assert name is not None, "the caller has matched it"
    position, count, has_value = name.end(), 0, False
    while attribute := _ATTRIBUTE_LIKE.match(page, position):
        if "=" not in attribute[0] and ("$" in attribute[0] or "\\" in attribute[0]):
            return True
        position, count, has_value = attribute.end(), count + 1, has_value or "=" in attribute[0]
        if count > MAX_ATTRIBUTES:
            raise PageLimitError("too_many_attributes", f"an element with more than {MAX_ATTRIBUTES} attributes")
    return count == 0 or page[position : position + 1] == "<" or (not has_value and bool(_NEXT.match(page, position)))


def _check_depth(page: str) -> None:
    steps = (-1 if match[1] else 1 for match in _NESTING.finditer(page))
    depth = max(accumulate(steps, lambda depth, step: max(0, depth + step)), default=0)
    if depth > MAX_DEPTH:
        raise PageLimitError("too_deep", f"elements nested {depth:,} deep; the limit is {MAX_DEPTH:,}")


def _without_unclosed_styles(page: str) -> str:
    """Return the page without its style tags if many are left open: a parser opens them anew in every paragraph."""
    steps = (-1 if match[1] else 1 for match in _STYLE_TAG.finditer(page))
    unclosed = max(accumulate(steps, lambda depth, step: max(0, depth + step)), default=0)
    return _STYLE_TAG.sub("", page) if unclosed > _MAX_UNCLOSED else page
