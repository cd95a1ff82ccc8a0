"""Text as the models of its quality see it: lower case, no accents, one digit, a formula or code as one word.

Source: cc_net (Wenzek et al. 2019, arXiv 1911.00359), `text_normalizer.py`, with the words of OpenWebMath (Paster et
al. 2023, arXiv 2310.06786, section 3.5) for formulas and code. Unlike there, all white space becomes plain spaces.
"""

import re
import unicodedata

EQUATION = "[EQUATION]"
CODE = "[CODE]"

_EQUATION_MARK, _CODE_MARK, _MONEY = "\x0e", "\x0f", "\x10"  # one byte each until the text is in lower case
_FORMULA = r"[$][$][^$]{1,4000}[$][$]|[$](?=\S)[^$\n]{1,1000}[$]"
_ENVIRONMENTS = "equation|align|alignat|gather|multline|eqnarray|displaymath|math|array|tabular|tikzcd|tikzpicture"
_TEX_FORMULA = (
    r"\\\[(?:(?!\\[\[\]]).){0,4000}\\\]|\\\((?:(?!\\[()]).){0,1000}\\\)"
    rf"|\\begin[{{](?P<name>(?:{_ENVIRONMENTS})[*]?)[}}].{{0,4000}}?\\end[{{](?P=name)[}}]"
)
_TEX_REST = r"\\(?:begin|end)[{][a-zA-Z]{1,40}[*]?[}]|\\[a-zA-Z]+[*]?|\\."
# Every alternative begins with a literal, so the search skips to it.
_EQUATION = re.compile(_FORMULA)
_CODE = re.compile(r"```[^`]{0,20000}```|`[^`\n]{1,500}`")
_TEX = re.compile(rf"\\[$]|{_FORMULA}|{_TEX_FORMULA}|{_TEX_REST}", re.DOTALL)

_SPACES = b"\t\n\v\f\r"
_REMOVED = bytes({*range(32), 127} - {*_SPACES, *b"\x0e\x0f"})
_ASCII = bytes(range(256)).lower().translate(bytes.maketrans(_SPACES + b"123456789", b"     000000000"))
_TEX_MARKS = bytes(range(256)).translate(bytes.maketrans(b"{}^_&~$%\\", b" " * 9))
_NOT_ASCII = re.compile("[^\0-\x7f]+")
_PUNCTUATION = {
    char: ascii_text
    for chars, ascii_text in (
        ("，、", ","), ("。", "."), ("．", ". "), ("„”“«»「」《》", '"'), ("´’", "'"), ("∶：", ":"), ("；", ";"),
        ("？", "?"), ("！", "!"), ("（", "("), ("）", ")"), ("【", "["), ("】", "]"), ("〈", "<"), ("〉", ">"),
        ("–━►", "-"), ("—", " - "), ("～", "~"), ("…", "..."), ("％", "%"),
    )
    for char in chars
}  # fmt: skip


def normalize(text: str) -> str:
    """Return the text with `$...$` and `$$...$$` as [EQUATION] and what stands in back-ticks as [CODE]."""
    text = _without_code(text, _CODE_MARK)
    if "$" in text:
        text = _EQUATION.sub(_EQUATION_MARK, text.replace(r"\$", _MONEY)).replace(_MONEY, r"\$")
    return _plain(text).replace(_EQUATION_MARK, f" {EQUATION} ")


def without_tex(text: str) -> str:
    """Return the text normalised, with no formula and no other TeX: only the words around them."""
    return _plain(_without_tex(_without_code(text, _CODE_MARK)))


def prose(text: str) -> str:
    """Return the text without formulas, code and TeX, and else as it is."""
    return _without_tex(_without_code(text, " "))


def sampled(text: str, characters: int) -> str:
    """Return a text of at most `characters`: all of it, or beginning, middle and end, a third each.

    They are cut between lines if a line ends in the quarter there, else between words: a formula is seldom cut.
    """
    if len(text) <= characters:
        return text
    size = (characters - 2) // 3
    middle = (len(text) - size) // 2
    return "\n".join(
        (
            _to_line(text[:size]),
            _to_line(_from_line(text[middle : middle + size])),
            _from_line(text[len(text) - size :]),
        )
    )


def _from_line(part: str) -> str:
    near = part[: len(part) // 4]
    newline = near.find("\n")
    return part[(newline if newline >= 0 else near.find(" ")) + 1 :]


def _to_line(part: str) -> str:
    start = len(part) * 3 // 4
    newline = part.rfind("\n", start)
    cut = newline if newline >= 0 else part.rfind(" ", start)
    return part[:cut] if cut >= 0 else part


def _without_code(text: str, mark: str) -> str:
    return _CODE.sub(mark, text) if "`" in text else text


def _without_tex(text: str) -> str:
    return _TEX.sub(" ", text).encode("utf-8", "replace").translate(_TEX_MARKS).decode()


def _plain(text: str) -> str:
    if not text.isascii():
        text = _NOT_ASCII.sub(lambda match: match[0].translate(_FOLDED), text)
    folded = text.encode("utf-8", "replace").translate(_ASCII, _REMOVED).decode()
    return folded.replace(_CODE_MARK, f" {CODE} ")


class _Folded(dict[int, str]):
    """What becomes of each character that is not ASCII, worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = _fold(chr(code))
        return folded


def _fold(char: str) -> str:
    if char in _PUNCTUATION:
        return _PUNCTUATION[char]
    if char.isspace() or char.isdecimal():
        return " " if char.isspace() else "0"
    parts = unicodedata.normalize("NFD", char.lower())
    return "".join(part for part in parts if unicodedata.category(part) not in ("Mn", "Cc"))


_FOLDED = _Folded()
