"""From the text of an answer to its tree: wrappers off, words and choices recognised, plus-minus written out."""

import functools
import re
from dataclasses import replace
from fractions import Fraction

from llemma.grading.boxes import last_boxes
from llemma.grading.characters import bare
from llemma.grading.lexer import ParseError
from llemma.grading.parse import parse
from llemma.grading.tree import (
    PLUS_MINUS,
    REALS,
    Bind,
    Choice,
    Node,
    Num,
    Opaque,
    Quantity,
    Ratio,
    Seq,
    SetOf,
    Sym,
    Text,
    children,
    contains,
    substitute,
)

LONGEST = 4000
"""An answer of more characters is compared as a string."""

READ_AT_MOST = 20 * LONGEST
"""Not even the wrappers of longer texts are looked at."""
LONGEST_CACHED = 500
"""Longer answers are not kept in the caches, so that these stay small."""
_SIMPLE = re.compile(r"(-?)(\d{1,18})(?:\.(\d{1,18}))?")


def read(text: str, *, decimal_comma: bool = False) -> Node:
    """Return the tree of an answer; what is not understood becomes Opaque. Never fails."""
    if len(text) > LONGEST_CACHED:
        return Opaque(text) if len(text) > READ_AT_MOST else _read_now(text, decimal_comma)
    return _read(text, decimal_comma)


@functools.lru_cache(maxsize=100_000)
def _read(text: str, decimal_comma: bool) -> Node:
    return _read_now(text, decimal_comma)


def _read_now(text: str, decimal_comma: bool) -> Node:
    simple = _SIMPLE.fullmatch(text)
    if simple is not None:
        return _plain_number(simple)
    inside = unwrapped(text)
    if len(inside) > LONGEST:
        return Opaque(inside)
    if decimal_comma:
        inside = _DECIMAL_COMMA.sub(r"\1.\2", inside)
    words = _words(inside)
    if words is not None:
        return words
    try:
        node = parse(inside)
        return written_out(node) if "\\pm" in inside or "\\mp" in inside else node
    except ParseError:
        return _choice(inside) or Opaque(opaque_form(inside))


def read_as_list(text: str) -> Node | None:
    """Return `100,200,300` read as three numbers, None when the text is no number with commas."""
    inside = unwrapped(text)
    if not _COMMA_NUMBER.fullmatch(inside):
        return None
    return Seq("", tuple(Num(Fraction(part)) for part in inside.replace(" ", "").split(",")), "")


_COMMA_NUMBER = re.compile(r"-?\d{1,3}(?:,\d{3})+")
_DECIMAL_COMMA = re.compile(r"(?<![\d,.])(\d+),(\d+)(?![\d,.])")
_PAIRED_DOLLARS = re.compile(r"(?<!\\)\$([^$]*?)(?<!\\)\$")
_DOUBLE_BACKSLASH = re.compile(r"\\\\(?=[A-Za-z(\[{}])")
_MODULES = re.compile(r"\b(?:np|numpy|math|sympy|sp)\.(?=[a-z])")


def unwrapped(text: str) -> str:
    """Return the answer without boxes, dollars and what else only surrounds it."""
    if "\\" in text:
        text = text.replace("\\beginboxed", "\\boxed")
        if "\\\\" in text and "\\begin" not in text:
            text = _DOUBLE_BACKSLASH.sub(r"\\", text)
        if "boxed" in text or "fbox" in text:
            text = _boxes_opened(text)
    text = bare(text)
    if "$" in text:
        text = _PAIRED_DOLLARS.sub(r" \1 ", text).strip()
    return _MODULES.sub("", text) if "." in text else text


def _boxes_opened(text: str) -> str:
    """Return the text with each box replaced by its content."""
    pieces: list[str] = []
    index = 0
    for box in last_boxes(text, 200):
        pieces += [text[index : box.start], box.content]
        index = box.end
    return "".join([*pieces, text[index:]])


def _plain_number(found: re.Match[str]) -> Num:
    decimals = found[3] or ""
    value = Fraction(int(found[2] + decimals), 10 ** len(decimals))
    return Num(-value if found[1] else value, len(decimals) if decimals else None)


def has_operator(node: Node) -> bool:
    """Return whether there is a sum, product or limit in an answer whose value only SymPy may find."""
    return isinstance(node, Bind) or any(has_operator(child) for child in children(node))


def has_opaque(node: Node) -> bool:
    """Return whether an answer, or a part of it, is not understood."""
    return isinstance(node, Opaque) or any(has_opaque(child) for child in children(node))


# --- words -----------------------------------------------------------------------------------------------------------

_TEXT_COMMAND = re.compile(
    r"\\(?:text(?:bf|rm|it|normal|sf|tt)?|mbox|mathrm|mathbf|mathsf|operatorname|rm|bf)\s*\{([^{}]*)\}"
)
_STYLE = re.compile(r"^\s*\\(?:displaystyle|textstyle|[,;:! ])(?![A-Za-z])")
_WORDS = re.compile(r"[A-Za-z][A-Za-z\s,.;:'\"!?()\-]*")
_LETTER = re.compile(r"\(?([A-Za-z])\)?[.:)]?")
_LABELLED = re.compile(r"(?:\(([A-J])\)|([A-J])[.:)])\s*(?=[A-Za-z])(.{2,})|([A-J])\s+([A-Z][a-z]+.*)", re.DOTALL)
_LETTERS = re.compile(r"[A-Z](?:\s*,\s*(?:and\s+)?[A-Z])+")
_CLOCK = re.compile(r"(\d{1,2})(?:\s*(?:\\!)?:(?:\\!)?\s*(\d\d))?\s*([aApP])\.?\s*[mM]\.?")
_NAMED_OPTION = re.compile(r"(?:[oO]ption|[cC]hoice|[aA]nswer)\s*:?\s*\(?([A-J])\)?")
_LABELLED_VALUE = re.compile(r"(?:\(([A-J])\)|([A-J])[.:)])\s+(\S.*)", re.DOTALL)
_NUMBER_WORDS = {word: number for number, word in enumerate(
    ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
     "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty")
)}  # fmt: skip
_SYNONYMS: dict[str, Node] = {
    "all real numbers": REALS, "all reals": REALS, "the real numbers": REALS, "real numbers": REALS,
    "all real number": REALS, "the set of all real numbers": REALS, "any real number": REALS,
    "dne": Text("does not exist"), "no solutions": Text("no solution"), "there is no solution": Text("no solution"),
    "there are no solutions": Text("no solution"), "none of the above": Text("none of the above"),
    "undefined": Text("undefined"), "empty set": SetOf(()), "the empty set": SetOf(()),
}  # fmt: skip
_NOT_TEXT = frozenset(["pi", "e", "i", "oo", "infinity", "inf"])
_SMALL_WORDS = re.compile(r"(?:^|\s)(?:the|a|an)(?=\s)")
_VOWEL = re.compile(r"[aeiouAEIOU]")


def _words(text: str) -> Node | None:
    """Return an answer of words alone: a text, a list of texts, a choice with its text; None when there is more."""
    if text[:1] == "\\" or "\\text" in text or "\\mbox" in text:
        if "=" in text or "$" in text:
            return None
        text = _STYLE.sub("", _TEXT_COMMAND.sub(r"\1", text).replace("~", " ")).strip()
    special = _special(text)
    if special is not None:
        return special
    if not _WORDS.fullmatch(text) or _LETTER.fullmatch(text):
        labelled = _LABELLED.fullmatch(text) if len(text) > 3 else None
        if labelled is None or not re.search("[a-z]{2}", text):
            return None
    choice = _choice(text)
    if choice is not None:
        return choice
    compact = " ".join(text.split())
    if compact.lower() in _SYNONYMS:
        return _SYNONYMS[compact.lower()]
    if compact in _NOT_TEXT or not any(len(word) > 1 for word in re.findall("[A-Za-z]+", compact)):
        return None
    if (len(compact) <= 3 and not _VOWEL.search(compact)) or _is_formula(compact):
        return None
    parts = [part for part in re.split(r"\s*[,;]\s*(?:and\s+|or\s+)?|\s+and\s+|\s+or\s+", compact) if part]
    if len(parts) > 1 and all(len(part.split()) <= 2 for part in parts):
        return Seq("", tuple(_text(part) for part in parts), "", ",")
    return _text(compact)


def _special(text: str) -> Node | None:
    """Return a time of day, a list of letters, or a letter with the value of its option."""
    clock = _CLOCK.fullmatch(text)
    if clock is not None:
        return _time_of_day(clock)
    if _LETTERS.fullmatch(text):
        return Seq("", tuple(Sym(letter) for letter in re.findall("[A-Z]", text)), "")
    value = _LABELLED_VALUE.fullmatch(text)
    return None if value is None else Choice(value[1] or value[2], " ".join(value[3].split()))


def _time_of_day(found: re.Match[str]) -> Node:
    hour: Node = Num(Fraction(int(found[1])))
    value = hour if found[2] is None else Ratio((hour, Num(Fraction(int(found[2])))), clock=True)
    return Quantity(value, ((f"#{found[3].lower()}m", 1),))


def _is_formula(text: str) -> bool:
    """Return whether letters and brackets are more likely f(x) or a product than words."""
    return ("(" in text and re.search("[a-zA-Z]{3}", text) is None) or re.match(
        r"(?:sqrt|sin|cos|tan|ln|log|exp)\b", text
    ) is not None


def _text(words: str) -> Node:
    if len(words) == 1:
        return Sym(words)
    if words.lower() in _NUMBER_WORDS:
        return Num(Fraction(_NUMBER_WORDS[words.lower()]))
    words = _SMALL_WORDS.sub("", words.lower()).strip(" .,;:!?'\"")
    return Text(" ".join(words.replace("-", " ").split()))


def _choice(text: str) -> Choice | None:
    named = _NAMED_OPTION.fullmatch(text)
    if named is not None:
        return Choice(named[1])
    found = _LABELLED.fullmatch(text)
    if found is None:
        return None
    letter = found[1] or found[2] or found[4]
    return Choice(letter, " ".join((found[3] or found[5]).split()))


_SPACING = re.compile(r"\s+|\\[,;:! ]|~|\\(?:left|right|quad|qquad|displaystyle|[bB]ig{1,2}[lr]?)(?![A-Za-z])")


def opaque_form(text: str) -> str:
    """Return the text in which opaque answers are compared: without spaces and sizing, one spelling of fractions."""
    text = _TEXT_COMMAND.sub(r"\1", text)
    return _SPACING.sub("", text).replace("\\dfrac", "\\frac").replace("\\tfrac", "\\frac").replace("$", "")


# --- plus-minus ------------------------------------------------------------------------------------------------------


def written_out(node: Node) -> Node:
    """Return the answer with each item that has a plus-minus sign replaced by its two values."""
    if not contains(node, PLUS_MINUS):
        return node
    if isinstance(node, (Seq, SetOf)) and not (isinstance(node, Seq) and node.opening):
        items: list[Node] = []
        for item in node.items:
            items.extend(_both(item) if contains(item, PLUS_MINUS) else (item,))
        return replace(node, items=tuple(items))
    return Seq("", tuple(_both(node)), "", "or")


def _both(node: Node) -> list[Node]:
    return [substitute(node, PLUS_MINUS, Num(Fraction(sign))) for sign in (1, -1)]
