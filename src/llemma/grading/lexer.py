"""From an answer's text to tokens, LaTeX and plain syntax alike."""

import re
from typing import Literal, NamedTuple

Kind = Literal["num", "letters", "command", "words", "joint", "sign", "end"]


class ParseError(Exception):
    """The text is not understood; the answer stays opaque."""


class Token(NamedTuple):
    """`text` as written; for "words" the inside of a text command, for "joint" `and` or `or`.

    `spaced`: white space stands before it. `grouped`: a number with `,` between groups of three digits.
    """

    kind: Kind
    text: str
    spaced: bool = False
    grouped: bool = False


END = Token("end", "")
LOOK_AHEAD = 6
MOST_TOKENS = 2000
MOST_DIGITS = 4000

_TOKEN = re.compile(
    r"(?P<skip>\s+|~|\\(?:[,;:!>]|\s)|\\(?:left|right)\s*\.|\\(?:left|right|middle|[bB]ig{1,2}[lrm]?|displaystyle|textstyle"
    r"|limits|nolimits|mathstrut|strut|nonumber|notag|hfill|noindent|allowbreak)(?![A-Za-z])|\\[hv]space\*?\s*\{[^{}]*\})"
    r"|(?P<num>\d{1,3}(?:(?:\{,\}|,?\\[,!;:]\s*|,?\\\s)\d{3})+(?!\d)(?:\.\d+)?"  # 1{,}234  1,\!234  1\,234
    r"|\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d{1,3}(?: \d{3})+(?![\d/])(?:\.\d+)?"
    r"|(?:\d+\.?\d*|\.\d+)[eE][+-]?\d+(?![\d.A-Za-z])"
    r"|\d+\.\d+|\.\d+|\d+\.(?![.\d])|\d+)"
    r"|(?P<words>\\(?:text(?:bf|rm|it|normal|sf|tt|up)?|mbox|mathrm|mathbf|mathsf|mathit|operatorname\*?|hbox|rm|bf|boldsymbol|bm)"
    r"\s*\{(?P<inside>[^{}]*)\})"
    r"|(?P<command>\\q?quad|\\[A-Za-z]+|\\.)"
    r"|(?P<joint>(?<![A-Za-z\\])(?:and|or)(?![a-z]))"
    r"|(?P<letters>[A-Za-z]+)"
    r"|(?P<sign>\*\*|<=|>=|=<|=>|!=|==|->|\.\.\.+|[^\s\\])",
)  # fmt: skip
_SINGLE = frozenset("(){}[]+,^_|/:;'%")
_OPENING = frozenset(["(", "[", "\\{"])
_CLOSING = frozenset([")", "]", "\\}"])


def tokenize(text: str) -> list[Token]:
    """Return the tokens of a text, then END several times, so that looking ahead needs no check.

    Raises ParseError for a text that is too long or ends in a backslash."""
    tokens: list[Token] = []
    depth = index = 0
    spaced = False
    while index < len(text):
        char = text[index]
        if char in _SINGLE:  # no longer token begins with these
            depth += (char in _OPENING) - (char in _CLOSING)
            tokens.append(Token("sign", char, spaced))
            spaced = False
            index += 1
            continue
        found = _TOKEN.match(text, index)
        if found is None or len(tokens) > MOST_TOKENS:
            raise ParseError("not a text that can be split into tokens")
        index = found.end()
        kind = found.lastgroup
        if kind == "skip":
            spaced = True
            continue
        value = found[0]
        if kind == "num":
            tokens.extend(_number(value, depth, spaced))
        elif kind == "words":
            tokens.append(Token("words", found["inside"], spaced))
        else:
            depth += (value in _OPENING) - (value in _CLOSING)
            tokens.append(Token(kind, value, spaced))  # type: ignore[arg-type]
        spaced = False
    return tokens + LOOK_AHEAD * [END]


def _number(text: str, depth: int, spaced: bool) -> list[Token]:
    """Return a number as one token; inside brackets `1,234` is two items and `1 234` is not understood."""
    if len(text) > MOST_DIGITS:
        raise ParseError("a number of too many digits")
    if "," in text and depth > 0 and "\\" not in text and "{" not in text:
        parts = text.split(",")
        tokens = [Token("num", parts[0], spaced)]
        for part in parts[1:]:
            tokens += [Token("sign", ","), Token("num", part)]
        return tokens
    if text.isdigit() or ("," not in text and " " not in text and "\\" not in text):
        return [Token("num", text, spaced)]
    plain = re.sub(r"[^\d.]", "", text)
    return [Token("num", plain, spaced, grouped=True)]
