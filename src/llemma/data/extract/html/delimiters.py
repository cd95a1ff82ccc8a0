"""Formulas between delimiters in the text of a page, and the dollars that are money."""

import re
from functools import lru_cache

from llemma.data.extract.asciimath import tex_of
from llemma.data.extract.html.declared import DOLLAR, Delimiter, Settings
from llemma.data.extract.html.marks import ENDS_FORMULA, LINE, Pieces
from llemma.data.extract.html.tex import Tex, cleaned
from llemma.data.extract.mathml import formula_of

MAX_FORMULA = 20_000
"""Longer texts (characters) between delimiters are no formula."""

_WORK_PER_CHARACTER = 4
"""Characters that may be looked at in vain for each character of a page: hostile pages stay linear."""

_ENVIRONMENT = (
    r"\\begin\s*\{((?:equation|align|aligned|alignat|gather|gathered|multline|eqnarray|flalign|displaymath|math|split|"
    r"subequations|cases|dcases|array|[pbvBV]?matrix|smallmatrix|CD|dmath|xalignat|IEEEeqnarray)\*?)\}"
)
_MARKUP = r"<(math(?:\s[^<>]{0,300})?>)"
_ESCAPED_MARKUP = Delimiter("<math>", "</math>")
_EVIDENCE = re.compile(
    r"(?<![\\$\w])\$(?![\s$])[^$]{0,400}?(?:\\[a-zA-Z]|[\^_][{\w])[^$]{0,400}?(?<![\s\\])\$(?![\w$])"
)
_PROSE = re.compile(r"(?:^|\s)[A-Za-z]{3,}\s+[A-Za-z]{2,}")
_MONEY = re.compile(r"\s*\d[\d.,]*\s*(?:k|K|m|M|bn|B|million|billion|thousand|trillion|USD|dollars?)?\b")


def replace_delimited(text: str, settings: Settings, pieces: Pieces) -> str:
    """Return the text with the placeholders of the formulas in it. Formulas end within a block and across no tag."""
    if not any(mark in text for mark in ("$", "\\", "[/", "`", "<math")) and len(settings.pairs) == len(
        Settings().pairs
    ):
        return text
    declared = settings.dollars
    pairs = settings.pairs if declared else (*settings.pairs, DOLLAR)
    return _Scan(text, _openings(pairs), pieces, strict=not declared and _EVIDENCE.search(text) is None).run(declared)


@lru_cache(maxsize=1024)
def _openings(pairs: tuple[Delimiter, ...]) -> tuple[re.Pattern[str], dict[str, Delimiter]]:
    named = {pair.opening: pair for pair in pairs}
    longest_first = sorted(named, key=lambda opening: (-len(opening), opening))
    escapes = [r"\\[\\$]"] if "\\\\" not in named else []
    return re.compile("|".join([*map(re.escape, longest_first), _ENVIRONMENT, _MARKUP, *escapes])), named


@lru_cache(maxsize=1024)
def _closings(closing: str) -> re.Pattern[str]:
    return re.compile(re.escape(closing) + r"|\\.|[{}]|" + ENDS_FORMULA.pattern, re.DOTALL)


@lru_cache(maxsize=1024)
def _simple(closing: str) -> re.Pattern[str]:
    """Return the pattern of a text up to its closing delimiter, with braces at most three deep: the usual formula."""
    stops = ENDS_FORMULA.pattern[1:-1]
    first = re.escape(closing[0])
    plain = rf"[^\\{{}}{stops}]++|\\[^{stops}]"
    group = rf"\{{(?:{plain})*+\}}"
    group = rf"\{{(?:{plain}|{group})*+\}}"
    group = rf"\{{(?:{plain}|{group})*+\}}"
    here = rf"(?!{re.escape(closing)})"
    if closing[0] == "\\":
        outside = rf"[^\\{{}}{stops}]++|{here}\\[^{stops}]"
    else:
        outside = rf"[^\\{{}}{first}{stops}]++|\\[^{stops}]|{here}{first}"
    return re.compile(rf"(?:{outside}|{group})*+{re.escape(closing)}", re.DOTALL)


class _Scan:
    """One pass over a text. `strict`: single dollars are not declared, and none on the page looks like TeX."""

    def __init__(
        self, text: str, openings: tuple[re.Pattern[str], dict[str, Delimiter]], pieces: Pieces, *, strict: bool
    ) -> None:
        self.text, self.pieces, self.strict = text, pieces, strict
        self.pattern, self.named = openings
        self.work = _WORK_PER_CHARACTER * len(text) + 10**6

    def run(self, declared: bool) -> str:
        text, position, last = self.text, 0, 0
        out: list[str] = []
        while found := self.pattern.search(text, position):
            position = found.end()
            environment = found[1]
            pair = _ESCAPED_MARKUP if found[2] else self.named.get(found[0])
            if pair is None and environment is None:
                continue
            if found[0] == "$" and text.startswith("$", position):  # a row of dollars
                position = self._end_of_dollars(position)
                continue
            end, stop = self._environment(found) if pair is None else self._closing(pair, position)
            if end < 0 or (pair == DOLLAR and not self._is_formula(position, end, declared)):
                continue
            placeholder = self._formula(
                text[found.start() : stop] if pair is None else text[position:end], pair, environment
            )
            if placeholder is None:
                continue
            out += (text[last : found.start()], placeholder)
            position = last = stop
        return "".join([*out, text[last:]])

    def _end_of_dollars(self, position: int) -> int:
        while self.text.startswith("$", position):
            position += 1
        return position

    def _formula(self, source: str, pair: Delimiter | None, environment: str | None) -> str | None:
        source = source.replace(LINE, "\n")
        if not source.strip():
            return None
        if pair is None:
            display, form = environment != "math", "environment"
            found = cleaned(source)
        elif pair == _ESCAPED_MARKUP and "<m" in source:
            formula = formula_of(f"<math>{source}</math>")
            display, form, found = False, "mathml", Tex(formula.tex if formula else "")
        elif pair.ascii:
            display, form = False, "asciimath"
            found = Tex(tex_of(source))
        else:
            display, form = pair.display, "delimited"
            found = cleaned(source.split("&bg=")[0].split("&fg=")[0] if pair.opening == "$latex " else source)
        return self.pieces.formula(found.tex, display=display, form=form)

    def _closing(self, pair: Delimiter, start: int) -> tuple[int, int]:
        """Return where the formula's text ends and where its closing delimiter ends; -1 when it is none."""
        if self.work < 0:
            return -1, -1
        closing = pair.closing
        simple = _simple(closing).match(self.text, start, start + MAX_FORMULA)
        end = simple.end() - len(closing) if simple else self._balanced(closing, start)
        return (end, end + len(closing)) if end >= 0 else (-1, -1)

    def _balanced(self, closing: str, start: int) -> int:
        """Return where the closing delimiter stands outside all braces, -1 when a tag or block ends first."""
        depth = 0
        for token in _closings(closing).finditer(self.text, start, start + MAX_FORMULA):
            mark = token[0]
            if mark == closing and depth == 0:
                return token.start()
            if mark == "{":
                depth += 1
            elif mark == "}":
                depth = max(0, depth - 1)
            elif mark[0] != "\\" and mark != closing:
                self.work -= token.end() - start
                return -1
        self.work -= MAX_FORMULA
        return -1

    def _environment(self, found: re.Match[str]) -> tuple[int, int]:
        r"""Return the end of the environment that `\begin{name}` opens, twice; -1 when it has none."""
        depth, text = 0, self.text
        if self.work < 0:
            return -1, -1
        name = re.escape(found[1])
        limit = found.start() + MAX_FORMULA
        for token in re.compile(rf"\\(begin|end)\s*\{{{name}\}}|{ENDS_FORMULA.pattern}").finditer(
            text, found.start(), limit
        ):
            if token[1] is None:
                break
            depth += 1 if token[1] == "begin" else -1
            if depth == 0:
                return token.end(), token.end()
        self.work -= MAX_FORMULA
        return -1, -1

    def _is_formula(self, start: int, end: int, declared: bool) -> bool:
        """Whether the text between two single dollars is a formula and not the text between two sums of money."""
        text = self.text
        body, after = text[start:end], text[end + 1 : end + 2]
        if not body.strip():
            return False
        opens = body[-1].isspace() and not after.isspace()  # the second dollar belongs to what follows
        if opens and "\\" not in body and not body[0].isspace() and _PROSE.search(body):
            return False
        if "\\" not in body and (money := _MONEY.match(body)):
            rest = body[money.end() :]
            if opens or after.isdigit() or _PROSE.search(rest):
                return False
        if declared:
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
