"""\\ensuremath, left behind by macros that work in text and in formulas: nothing in a formula, dollars in text."""

from llemma.data.extract.latex.macros import DISPLAYS
from llemma.data.extract.latex.reader import Reader, SpentError
from llemma.data.extract.latex.tokens import Tokens

_COMMAND = "\\ensuremath"
_OPENS = frozenset(["\\(", "\\[", *(f"\\begin{{{name}}}" for name in DISPLAYS - {"subequations", "subequations*"})])
_CLOSES = frozenset(["\\)", "\\]", *(f"\\end{{{name}}}" for name in DISPLAYS - {"subequations", "subequations*"})])
_WATCHED = _OPENS | _CLOSES | {_COMMAND}


def without_ensuremath(tokens: Tokens) -> Tokens:
    """Return the tokens with \\ensuremath{x} as {x} in a formula and as $x$ in text."""
    if _COMMAND not in tokens:
        return tokens
    reader = Reader(tokens, 20 * len(tokens) + 100_000)
    document = reader.document
    out: Tokens = []
    mode = ""  # in text; else what began the formula: "$", "$$" or "\\"
    try:
        for place in [place for place, token in enumerate(tokens) if token in _WATCHED or "$" in token]:
            if place < document.next:
                continue
            out += tokens[document.next : place]
            document.next = place
            mode = _step(reader, out, mode)
            while len(reader.frames) > 1 and reader.top() is not document:
                mode = _step(reader, out, mode)
    except SpentError:
        pass
    return out + tokens[document.next :]


def _step(reader: Reader, out: Tokens, mode: str) -> str:
    """Handle the next token and return what formula it leaves open."""
    frame = reader.top()
    assert frame is not None, "there is a next token"
    token = frame.tokens[frame.next]
    frame.next += 1
    if token == _COMMAND:
        _resolve(reader, out, in_formula=bool(mode))
        return mode
    out.append(token)
    if token in _OPENS:
        return mode or "\\"
    if token in _CLOSES:
        return "" if mode == "\\" else mode
    return _after_dollars(token, mode) if token[:1] != "\\" else mode


def _resolve(reader: Reader, out: Tokens, *, in_formula: bool) -> None:
    if in_formula:
        return  # the braces stay, so that what is inside stays one thing
    content = reader.group()
    if content is None:
        out.append(_COMMAND)
    else:
        reader.push(["$", *content, "$"])


def _after_dollars(text: str, mode: str) -> str:
    """Return the mode after a stretch of text with dollars, which may end and begin formulas."""
    at = text.find("$")
    while at >= 0:
        is_double = text.startswith("$$", at)
        if mode == "$":
            mode, at = "", at + 1
        elif mode == "$$":
            mode, at = ("", at + 2) if is_double else (mode, at + 1)
        else:
            mode, at = (mode or ("$$" if is_double else "$"), at + 1 + is_double)
        at = text.find("$", at)
    return mode
