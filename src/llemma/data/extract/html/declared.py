"""The delimiters of formulas that a page declares in the settings of MathJax, KaTeX or ASCIIMathML."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

MAX_SETTINGS = 2**18  # characters of one script; settings are short, libraries that stand in the page are not

_MOST_KEYS, _LONGEST_VALUE = 50, 5_000

_KEY = re.compile(r"""\b(inlineMath|displayMath|delimiters)["']?\s*(?::|=(?!=)|\.push\s*\()\s*(?=[\[{])""")
_TOKEN = re.compile(
    r"""["']?\b(left|right|display)["']?\s*:\s*(true|false)?|(["'`])((?:\\.|(?!\3)[^\\\n])*+)\3|[\[\]{}(),]""",
    re.DOTALL,
)
_ASCII = re.compile(r"ascii[mM]ath(?:2jax)?[\"']?\s*:\s*\{")
_LINE_COMMENT = re.compile(r"(?m)^[ \t]*//[^\n]*$")
_BLOCK_COMMENT = re.compile(r"/\*(?:[^*]++|\*(?!/))*+\*/")
_CLASS = r"""["']?\s*:\s*["']([\w|. -]{1,200})["']"""
_IGNORED = re.compile(r"(?:ignoreHtmlClass|ignoreClass)" + _CLASS)
_PROCESSED = re.compile(r"(?:processHtmlClass|processClass)" + _CLASS)
_ASCII_LIBRARY = ("asciimath", "config=am_")
_LIBRARY = ("mathjax", "katex", "math-container", "tex2jax", *_ASCII_LIBRARY)


@dataclass(frozen=True, slots=True)
class Delimiter:
    """One pair: what opens a formula and what closes it."""

    opening: str
    closing: str
    display: bool = False
    ascii: bool = False


_FORUM = (
    Delimiter("[itex]", "[/itex]"),
    Delimiter("[math]", "[/math]"),
    Delimiter("[latex]", "[/latex]"),
    Delimiter("[imath]", "[/imath]"),
    Delimiter("[tex]", "[/tex]", display=True),
    Delimiter("[texx]", "[/texx]"),
    Delimiter("[dmath]", "[/dmath]", display=True),
)

DEFAULTS = (
    Delimiter("\\(", "\\)"),
    Delimiter("\\[", "\\]", display=True),
    Delimiter("$$", "$$", display=True),
    Delimiter("$latex ", "$"),
    *_FORUM,
    *(Delimiter(pair.opening.upper(), pair.closing.upper(), pair.display) for pair in _FORUM),
)
"""Read on every page: the defaults of MathJax and KaTeX, and the marks of forums."""

DOLLAR = Delimiter("$", "$")


@dataclass(frozen=True, slots=True)
class Settings:
    """What a page says about its formulas: its pairs (the defaults included), and the classes to pass over or not."""

    pairs: tuple[Delimiter, ...] = DEFAULTS
    ignored: frozenset[str] = frozenset({"tex2jax_ignore", "mathjax_ignore"})
    processed: frozenset[str] = frozenset({"tex2jax_process", "mathjax_process"})

    @property
    def dollars(self) -> bool:
        """Whether a single dollar is declared."""
        return DOLLAR in self.pairs


def settings_of(page: str, scripts: Iterable[str]) -> Settings:
    """Return the settings of a page from its source in lower case and the text of its scripts."""
    if not any(name in page for name in _LIBRARY):
        return Settings()
    pairs = dict.fromkeys(DEFAULTS)
    ignored, processed = set(Settings().ignored), set(Settings().processed)
    for script in scripts:
        if len(script) > MAX_SETTINGS:
            continue
        text = _BLOCK_COMMENT.sub("", _LINE_COMMENT.sub("", script))
        pairs.update(dict.fromkeys(_pairs(text)))
        ignored.update(name.strip() for found in _IGNORED.findall(text) for name in found.split("|"))
        processed.update(name.strip() for found in _PROCESSED.findall(text) for name in found.split("|"))
    if "math-container" in page:
        pairs[DOLLAR] = None
    if any(name in page for name in _ASCII_LIBRARY) and not any(pair.ascii for pair in pairs):
        pairs[Delimiter("`", "`", ascii=True)] = None
    return Settings(tuple(pairs), ignored=frozenset(ignored), processed=frozenset(processed))


def _pairs(script: str) -> Iterator[Delimiter]:
    for key in islice(_KEY.finditer(script), _MOST_KEYS):
        before = script[max(0, key.start() - 200) : key.start()]
        is_ascii = bool(_ASCII.search(before))
        display = key[1] == "displayMath"
        for opening, closing, declared in _strings(script, key.end()):
            if opening and closing and len(opening) <= 20 and len(closing) <= 20 and not opening.isalnum():
                yield Delimiter(opening, closing, declared if declared is not None else display, is_ascii)


def _strings(script: str, start: int) -> Iterator[tuple[str, str, bool | None]]:
    """Yield the pairs of the bracketed value at `start`: ["a", "b"] or {left: "a", right: "b", display: true}."""
    depth = 0
    texts: list[str] = []
    display: bool | None = None
    for token in _TOKEN.finditer(script, start, start + _LONGEST_VALUE):
        if token[3]:
            texts.append(re.sub(r"\\(.)", r"\1", token[4]))
        elif token[1] == "display":
            display = token[2] == "true"
        elif token[0] in "[{":
            depth, texts, display = depth + 1, [], None
        elif token[0] in "]})":
            if len(texts) == 2:
                yield texts[0], texts[1], display
            depth, texts = depth - 1, []
            if depth <= 0:
                return
