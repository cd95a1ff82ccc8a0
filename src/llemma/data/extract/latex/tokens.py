"""TeX text as tokens: comments gone, verbatim text untouched. One scan by a compiled pattern, linear in the text."""

import re
from collections.abc import Set as AbstractSet

Tokens = list[str]
"""Stretches of plain text (even places, often "") and, between them, control sequences, braces and verbatim text.

`\\begin{name}` and `\\end{name}` are one token each. Joined, the tokens are the text again.
"""

MAX_INLINE = 2000
"""The longest \\verb and \\url, so that one without an end costs little."""

_SCAN = re.compile(r"(\\(?:(?=[be])(?:begin|end)[ \t]*\{[^{}\\]{0,80}\}|[a-zA-Z@]+|[^a-zA-Z@])|[{}])")

_VERBATIM = "verbatim|Verbatim|BVerbatim|LVerbatim|lstlisting|minted|alltt|asy"
_DROPPED = "comment|filecontents"
_SPECIAL = re.compile(  # no alternative begins with a group: the pattern engine then rejects it by its first letter
    rf"%|\\(?:[\\%]|begin\{{(?P<environment>(?P<dropped>{_DROPPED})\*?|(?:{_VERBATIM})\*?)\}}"
    r"|verb\*?(?=[^a-zA-Z@\s*])|lstinline(?=[^a-zA-Z@\s{\[])|url(?=\{)|nolinkurl(?=\{)|href(?=\{))"
)
_GLUED_COMMENT = re.compile(r"%[^\n]*+(?:\n[ \t]*+%[^\n]*+)*+(?:\n[ \t]*+(?=\S))?")
_CONTROL_WORD_AT_END = re.compile(r"\\[a-zA-Z@]+\Z")


def tokenize(text: str) -> Tokens:
    """Return the tokens of a TeX file, without its comments and `comment` environments."""
    tokens: Tokens = []
    for number, piece in enumerate(_Stripper(text).pieces()):
        if number % 2:
            tokens.append(piece)
        else:
            tokens += _SCAN.split(piece)
    return tokens


def places_of(watched: AbstractSet[str], tokens: Tokens) -> list[int]:
    """Return the places of some control sequences in tokens as `tokenize` returns them, in order."""
    if watched.isdisjoint(tokens[1::2]):
        return []
    return [place for place in range(1, len(tokens), 2) if tokens[place] in watched]


def is_control_word(token: str) -> bool:
    """Tell whether a letter after this token would become a part of its name."""
    return token[:1] == "\\" and (token[-1].isalpha() or token[-1] == "@")


class _Stripper:
    """Cuts a text into pieces that are plain and verbatim in turn, and leaves the comments out."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._pieces: list[str] = []
        self._plain: list[str] = []
        self._copied = 0  # what comes before is in a piece, or left out
        self._endless: set[str] = set()  # environments that are opened and have no end

    def pieces(self) -> list[str]:
        at = 0
        while match := _SPECIAL.search(self._text, at):
            if match[0] == "%":
                at = self._comment(match.start())
            elif match["environment"]:
                at = self._environment(match)
            elif match.end() - match.start() == 2:  # an escaped backslash or percent sign
                at = match.end()
            else:
                at = self._inline(match.start(), match.end())
        self._plain.append(self._text[self._copied :])
        self._pieces.append("".join(self._plain))
        return self._pieces

    def _comment(self, start: int) -> int:
        text = self._text
        line_start = text.rfind("\n", 0, start) + 1
        line_end = text.find("\n", start) % (len(text) + 1)
        if line_start >= self._copied and not text[line_start:start].strip():  # nothing else is on the line
            return self._leave_out(line_start, min(line_end + 1, len(text)))
        if text[start - 1] in " \t":
            return self._leave_out(start, line_end)
        match = _GLUED_COMMENT.match(text, start)  # TeX joins the lines
        assert match is not None, "a comment begins with a percent sign"
        if text[match.end() : match.end() + 1].isalpha() and _CONTROL_WORD_AT_END.search(
            text[max(0, start - 40) : start]
        ):
            return self._leave_out(start, line_end)
        return self._leave_out(start, match.end())

    def _leave_out(self, start: int, end: int) -> int:
        self._plain.append(self._text[self._copied : start])
        self._copied = end
        return end

    def _environment(self, match: re.Match[str]) -> int:
        name = match["environment"]
        end_mark = f"\\end{{{name}}}"
        end = -1 if name in self._endless else self._text.find(end_mark, match.end())
        if end < 0:
            self._endless.add(name)
            return match.end()
        end += len(end_mark)
        return self._leave_out(match.start(), end) if match["dropped"] else self._keep(match.start(), end)

    def _inline(self, start: int, delimiter_at: int) -> int:
        delimiter = self._text[delimiter_at].replace("{", "}")
        end = self._text.find(delimiter, delimiter_at + 1, delimiter_at + MAX_INLINE)
        if end < 0 or "\n" in self._text[start:end]:
            return delimiter_at
        return self._keep(start, end + 1)

    def _keep(self, start: int, end: int) -> int:
        self._plain.append(self._text[self._copied : start])
        self._pieces += ["".join(self._plain), self._text[start:end]]
        self._plain = []
        self._copied = end
        return end
