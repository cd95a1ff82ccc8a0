"""Formulas between delimiters in the text of a page, and the dollars that are money."""

import re
from dataclasses import dataclass
from functools import lru_cache

from llemma.data.extract.asciimath import tex_of
from llemma.data.extract.html.declared import DOLLAR, Delimiter, Settings
from llemma.data.extract.html.marks import ENDS_FORMULA, LINE, Pieces
from llemma.data.extract.html.tex import cleaned
from llemma.data.extract.mathml import formula_of

MAX_FORMULA = 20_000
"""Longer texts (characters) between delimiters are no formula."""

_WORK_PER_CHARACTER = 4
"""Characters that may be looked at in vain for each character of a page: hostile pages stay linear."""

_MOST_PAIRS = 50
"""Pairs of delimiters that are read, the defaults first; more are declared by hostile pages only."""

_ENVIRONMENT = (
    r"\\begin\s*\{(?P<environment>(?:equation|align|aligned|alignat|gather|gathered|multline|eqnarray|flalign|"
    r"displaymath|math|split|subequations|cases|dcases|array|[pbvBV]?matrix|smallmatrix|CD|dmath|xalignat|"
    r"IEEEeqnarray)\*?)\}"
)
_MARKUP = r"<(?P<markup>math(?:\s[^<>]{0,300})?>)"
_ESCAPED_MARKUP = Delimiter("<math>", "</math>")
_EVIDENCE = re.compile(
    r"\$(?<![\\$\w]\$)(?![\s$])[^$]{0,400}?(?:\\[a-zA-Z]|[\^_][{\w])[^$]{0,400}?(?<![\s\\])\$(?![\w$])"
)
_PROSE = re.compile(r"(?:^|\s)[A-Za-z]{3,}\s+[A-Za-z]{2,}")
_MONEY = re.compile(r"\s*(?:\d[\d.,]*|\.\d+)\s*(?:k|K|m|M|bn|B|million|billion|thousand|trillion|USD|dollars?)?\b")


@dataclass(frozen=True, slots=True)
class _Openings:
    """What opens a formula on a page, by the pairs that it declares.

    A match of `pattern` is an opening delimiter, and all of the formula when it is a usual one: its text is the group
    of the pair's number. Each match begins with one of `marks`.
    """

    pairs: dict[int, Delimiter]
    named: dict[str, Delimiter]
    dollar: Delimiter | None
    pattern: re.Pattern[str]
    marks: tuple[str, ...]


def replace_delimited(text: str, settings: Settings, pieces: Pieces) -> str:
    """Return the text with the placeholders of the formulas in it. Formulas end within a block and across no tag."""
    declared = settings.dollars
    pairs = settings.pairs[:_MOST_PAIRS]
    openings = _openings(pairs if declared else (*pairs, DOLLAR))
    strict = not declared and _EVIDENCE.search(text) is None
    return _Scan(text, openings, pieces, declared=declared, strict=strict).run()


@lru_cache(maxsize=64)
def _openings(declared: tuple[Delimiter, ...]) -> _Openings:
    named = {pair.opening: pair for pair in declared}
    pairs = sorted(named.values(), key=lambda pair: (-len(pair.opening), pair.opening))
    usual = [rf"{re.escape(pair.opening)}(?:{_simple(pair.closing)}|)" for pair in pairs]
    escapes = [r"\\[\\$]"] if "\\\\" not in named else []
    pattern = re.compile("|".join([*usual, _ENVIRONMENT, _MARKUP, *escapes]), re.DOTALL)
    marks = {"\\", "<math", *(opening[0] for opening in named)}
    dollar = named.get("$")
    return _Openings(dict(enumerate(pairs, 1)), named, dollar if dollar == DOLLAR else None, pattern, tuple(marks))


def _simple(closing: str) -> str:
    """Return the pattern of a text and its closing delimiter, with braces at most three deep: the usual formula."""
    stops, end, first = ENDS_FORMULA.pattern[1:-1], re.escape(closing), re.escape(closing[0])
    special, command = rf"\\{{}}{stops}", rf"\\[^{stops}]"
    group = _run(special, command)
    for _ in range(2):
        group = _run(special, command, rf"\{{{group}\}}")
    if closing[0] == "\\":
        outside = _run(special, rf"(?!{end}){command}", rf"\{{{group}\}}")
    else:
        outside = _run(special + first, command, rf"\{{{group}\}}", rf"(?!{end}){first}")
    return f"({outside}){end}"


def _run(special: str, *exceptions: str) -> str:
    """Return the pattern of any number of characters that are not special, and of exceptions."""
    return rf"[^{special}]*+(?:(?:{'|'.join(exceptions)})[^{special}]*+)*+"


@lru_cache(maxsize=1024)
def _closings(closing: str) -> re.Pattern[str]:
    return re.compile(re.escape(closing) + r"|\\.|[{}]|" + ENDS_FORMULA.pattern, re.DOTALL)


class _Scan:
    """One pass over a text. `strict`: single dollars are not declared, and none on the page looks like TeX."""

    def __init__(self, text: str, openings: _Openings, pieces: Pieces, *, declared: bool, strict: bool) -> None:
        self.text, self.openings, self.pieces, self.declared, self.strict = text, openings, pieces, declared, strict
        self.work = _WORK_PER_CHARACTER * len(text) + 10**6

    def run(self) -> str:
        text, position, last = self.text, 0, 0
        find, opening = text.find, self.openings.pattern.match
        out: list[str] = []
        places = {mark: -1 for mark in self.openings.marks if mark in text}  # where each stands next
        while self.work >= 0:
            start = len(text)
            for mark, place in places.items():
                if place < position:
                    place = find(mark, position)
                    places[mark] = place = place if place >= 0 else len(text)
                if place < start:
                    start = place
            if start == len(text):
                break
            found = opening(text, start, start + MAX_FORMULA)
            placeholder, position = self._read(found) if found else (None, start + 1)
            if placeholder is not None:
                out += (text[last:start], placeholder)
                last = position
        return "".join([*out, text[last:]])

    def _read(self, found: re.Match[str]) -> tuple[str | None, int]:
        """Return the placeholder of the formula that opens here, None when none does, and where to go on."""
        number = found.lastindex or 0
        if pair := self.openings.pairs.get(number):
            return self._formula(pair, found.start(number), found.end())
        if found.lastgroup == "environment":
            return self._environment(found)
        pair = _ESCAPED_MARKUP if found.lastgroup == "markup" else self.openings.named.get(found[0])
        stop = self._balanced(pair.closing, found.end()) if pair else -1
        return self._formula(pair, found.end(), stop) if pair and stop >= 0 else (None, found.end())

    def _formula(self, pair: Delimiter, start: int, stop: int) -> tuple[str | None, int]:
        """Return the placeholder of what stands between two delimiters, and where to go on."""
        source = self.text[start : stop - len(pair.closing)]
        if not source or source.isspace() or (pair is self.openings.dollar and not self._is_formula(source, start)):
            return None, start
        display, form = False, "delimited"
        source = source.replace(LINE, "\n")
        if "<m" in source and pair == _ESCAPED_MARKUP:
            formula = formula_of(f"<math>{source}</math>")
            tex, form = formula.tex if formula else "", "mathml"
        elif pair.ascii:
            tex, form = tex_of(source), "asciimath"
        else:
            if pair.opening == "$latex ":
                source = source.split("&bg=")[0].split("&fg=")[0]
            tex, display = cleaned(source).tex, pair.display
        return self.pieces.formula(tex, display=display, form=form), stop

    def _balanced(self, closing: str, start: int) -> int:
        """Return where the first closing delimiter outside all braces ends, -1 when a tag or block ends before."""
        depth = 0
        for token in _closings(closing).finditer(self.text, start, start + MAX_FORMULA):
            mark = token[0]
            if mark == closing and depth == 0:
                return token.end()
            if mark == "{":
                depth += 1
            elif mark == "}":
                depth = max(0, depth - 1)
            elif mark[0] != "\\" and mark != closing:
                self.work -= token.end() - start
                return -1
        self.work -= MAX_FORMULA
        return -1

    def _environment(self, found: re.Match[str]) -> tuple[str | None, int]:
        r"""Return the placeholder of the environment that `\begin{name}` opens, None when it has no end, as `_read`."""
        depth, start, name = 0, found.start(), found["environment"]
        ends = re.compile(rf"\\(begin|end)\s*\{{{re.escape(name)}\}}|{ENDS_FORMULA.pattern}")
        for token in ends.finditer(self.text, start, start + MAX_FORMULA):
            if token[1] is None:
                break
            depth += 1 if token[1] == "begin" else -1
            if depth == 0:
                tex = cleaned(self.text[start : token.end()].replace(LINE, "\n")).tex
                return self.pieces.formula(tex, display=name != "math", form="environment"), token.end()
        self.work -= MAX_FORMULA
        return None, found.end()

    def _is_formula(self, body: str, start: int) -> bool:
        """Whether the text between two single dollars is a formula and not the text between two sums of money."""
        text, end = self.text, start + len(body)
        after = text[end + 1 : end + 2]
        if "\\" not in body and _is_money(body, after):
            return False
        if self.declared:
            return True
        before = text[start - 2 : start - 1]
        if body[0].isspace() or body[-1].isspace() or after.isalnum() or before.isalnum():
            return False
        return self._alone(start, end) or (
            not self.strict and not _PROSE.search(re.sub(r"\\\w+\s*\{[^{}]*\}", "", body))
        )

    def _alone(self, start: int, end: int) -> bool:
        """Whether the formula is all that an inline element holds, as generators of documentation write it."""
        return self.text[start - 2 : start - 1] == "\x01" and self.text[end + 1 : end + 2] == "\x01"


def _is_money(body: str, after: str) -> bool:
    """Whether a text without commands, between two dollars, is the text between two sums, by the character after it."""
    opens = body[-1].isspace() and not after.isspace()  # the second dollar belongs to what follows
    if opens and not body[0].isspace() and _PROSE.search(body):
        return True
    money = _MONEY.match(body)
    return money is not None and (opens or after.isdigit() or _PROSE.search(body[money.end() :]) is not None)
