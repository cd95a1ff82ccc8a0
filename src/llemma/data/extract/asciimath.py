"""AsciiMath to TeX. Grammar (asciimath.org):

    S ::= symbol | left E right | unary S | binary S S        simple
    I ::= S | S_S | S^S | S_S^S                               with scripts
    E ::= (I | I/I)*                                          expression

Any right bracket closes any left one. A factorial stays with what it is of (`n!/k!`), which the grammar does not say.
Nothing raises: what cannot be read stands as it is.
"""

import re
from dataclasses import dataclass

from llemma.data.extract.asciimath_symbols import AROUND, BIG, BINARY, FUNCTIONS, LEFT, RIGHT, SYMBOLS, UNARY
from llemma.data.extract.tex_pieces import Piece, row, scripts
from llemma.data.extract.tex_symbols import in_math, in_text

MAX_DEPTH = 40
"""Brackets and functions nested deeper stand as plain symbols: the parser calls itself about five times a level."""

_BARS = {"|": ("|", r"\mid"), "||": (r"\|", r"\parallel")}  # as a fence, on its own
_NAMES = {*SYMBOLS, *BIG, *FUNCTIONS, *UNARY, *AROUND, *BINARY, *LEFT, *RIGHT, *_BARS, "_", "^", "/", ","}
_LONGEST_FIRST = "|".join(re.escape(name).replace(r"\ ", "[ ]") for name in sorted(_NAMES, key=len, reverse=True))
_TOKEN = re.compile(
    rf"""
    "(?P<quoted>[^"]*+)(?:"|\Z)
  | (?:text|mbox)(?:\((?P<round>[^()]*+)\)|\[(?P<square>[^\[\]]*+)\]|\{{(?P<curly>[^{{}}]*+)\}})
  | (?P<number>[0-9]++(?:\.[0-9]++)?)
  | (?P<name>{_LONGEST_FIRST})
  | \\(?P<tex_name>{_LONGEST_FIRST})
  | (?P<other>\S)
    """,
    re.VERBOSE,
)


def tex_of(text: str) -> str:
    """Return AsciiMath as TeX, without delimiters: `sum_(i=1)^n i^3` is `\\sum_{i=1}^{n}i^{3}`."""
    parser = _Parser(text)
    parts: list[_Node] = []
    while not parser.at_end():
        parts += parser.expression()
        if not parser.at_end():  # a right bracket without a left one
            parts.append(_Node(Piece(RIGHT[parser.take().name] or r"\ ", "operator")))
    return row([part.piece for part in parts]).tex


@dataclass(frozen=True, slots=True)
class _Token:
    name: str  # of a symbol, else ""
    tex: str = ""  # of what has no name


@dataclass(frozen=True, slots=True)
class _Node:
    """A piece of TeX; a bracketed one also knows its brackets and what is inside."""

    piece: Piece
    left: str = ""
    right: str = ""
    inside: tuple["_Node", ...] = ()
    is_comma: bool = False

    @property
    def argument(self) -> Piece:
        """The piece as an argument of a command: without its brackets."""
        removable = self.left in ("(", "[", r"\{") and self.right in (")", "]", r"\}")
        return row([node.piece for node in self.inside]) if removable else self.piece

    def cells(self) -> list[list["_Node"]]:
        """What is inside, parted at the commas."""
        cells: list[list[_Node]] = [[]]
        for node in self.inside:
            if node.is_comma:
                cells.append([])
            else:
                cells[-1].append(node)
        return cells


class _Parser:
    """Reads tokens from left to right, never back."""

    def __init__(self, text: str) -> None:
        self._tokens = [_token(match) for match in _TOKEN.finditer(text)]
        self._position = 0
        self._depth = 0
        self._bars: list[str] = []  # open in the innermost brackets

    def at_end(self) -> bool:
        return self._position >= len(self._tokens)

    def take(self) -> _Token:
        self._position += 1
        return self._tokens[self._position - 1]

    def expression(self) -> list[_Node]:
        """Read up to a right bracket, the end, or the | that closes an open one."""
        nodes: list[_Node] = []
        while not self.at_end() and self._next not in RIGHT and not self._closes_bar():
            node = self._scripted()
            if self._next == "/":
                self.take()
                below = self._scripted() if self._has_operand() else _EMPTY
                node = _Node(Piece(rf"\frac{{{node.argument.tex}}}{{{below.argument.tex}}}", tall=True))
            nodes.append(node)
        return nodes

    @property
    def _next(self) -> str:
        return "" if self.at_end() else self._tokens[self._position].name

    def _closes_bar(self) -> bool:
        return bool(self._bars) and self._next == self._bars[-1]

    def _has_operand(self) -> bool:
        return not self.at_end() and self._next not in RIGHT and not self._closes_bar()

    def _scripted(self) -> _Node:
        base = _EMPTY if self._next in ("_", "^") else self._simple()
        below = self._script("_")
        above = self._script("^")
        if below is None and above is not None:
            below = self._script("_")
        node = base if below is None and above is None else _Node(scripts(base.piece, below, above))
        while not self.at_end() and self._tokens[self._position].tex == "!":
            self.take()
            node = _Node(row([node.piece, Piece("!", "operator")]))
        return node

    def _script(self, mark: str) -> Piece | None:
        if self._next != mark:
            return None
        self.take()
        if not self._has_operand():
            return None
        sign = self._simple()
        if sign.piece.tex in ("-", "+", r"\pm") and self._has_operand():  # x^-1
            return row([sign.piece, self._simple().argument])
        return sign.argument

    def _simple(self) -> _Node:
        token = self.take()
        name = token.name
        if not name:
            return _Node(Piece(token.tex, "atom"))
        if self._depth < MAX_DEPTH and (name in LEFT or self._has_operand()):
            self._depth += 1
            node = self._compound(name)
            self._depth -= 1
            if node is not None:
                return node
        return _plain(name)

    def _compound(self, name: str) -> _Node | None:
        """Return what begins with that token and goes on; None when the token stands alone."""
        if name in LEFT:
            return self._group(LEFT[name])
        if name in _BARS:
            return self._bar(name) if self._next != "," else None
        if name in UNARY:
            argument = self._simple().argument
            return _Node(
                Piece(
                    f"{UNARY[name]}{{{argument.tex}}}",
                    "brace" if "brace" in UNARY[name] else "atom",
                    tall=argument.tall,
                )
            )
        if name in AROUND:
            return _Node(_between(AROUND[name], self._simple().argument))
        if name in BINARY:
            return self._binary(name)
        if name in FUNCTIONS and self._next not in ("^", "_", "/", ",", "|") and self._takes_argument(name):
            return _Node(row([Piece(FUNCTIONS[name], "atom"), self._simple().piece]))
        return None

    def _takes_argument(self, name: str) -> bool:
        return len(name) > 1 or self._next in LEFT

    def _binary(self, name: str) -> _Node:
        first = self._simple().argument
        second = self._simple().argument if self._has_operand() else Piece("")
        if name == "root":
            return _Node(Piece(rf"\sqrt[{first.tex}]{{{second.tex}}}", "atom", tall=second.tall))
        if name in ("color", "id", "class"):
            return _Node(second)
        command = {"stackrel": "overset"}.get(name, name)
        return _Node(
            Piece(rf"\{command}{{{first.tex}}}{{{second.tex}}}", "row" if name == "frac" else "atom", tall=True)
        )

    def _group(self, left: str) -> _Node:
        bars, self._bars = self._bars, []
        inside = tuple(self.expression())
        self._bars = bars
        if self.at_end():
            return _Node(row([Piece(left, "operator"), *(node.piece for node in inside)]))
        right = RIGHT[self.take().name]
        matrix = _matrix(inside)
        content = [matrix] if matrix else [node.piece for node in inside]
        return _Node(_between((left, right), row(content)), left, right, inside)

    def _bar(self, name: str) -> _Node:
        fence, alone = _BARS[name]
        self._bars.append(name)
        inside = [node.piece for node in self.expression()]
        self._bars.pop()
        if self._next == name and inside:
            self.take()
            return _Node(_between((fence, fence), row(inside)))
        return _Node(row([Piece(alone, "operator"), *inside]))


_EMPTY = _Node(Piece(""))


def _token(match: re.Match[str]) -> _Token:
    text = match["quoted"] or match["round"] or match["square"] or match["curly"]
    if text is not None:
        return _Token("", rf"\text{{{in_text(text)}}}")
    name = match["name"] or match["tex_name"]
    if name:
        return _Token(name)
    return _Token("", match["number"] or in_math(match["other"] or ""))


def _plain(name: str) -> _Node:
    """Return a symbol that takes no argument here."""
    for table in (SYMBOLS, FUNCTIONS, BIG, LEFT):
        if name in table:
            return _Node(Piece(table[name], "atom", tall=name in BIG))
    if name in UNARY or name in AROUND or name in BINARY:
        return _Node(Piece(rf"\operatorname{{{name}}}", "atom"))
    return _Node(Piece(in_math(name), "operator"), is_comma=name == ",")


def _between(fences: tuple[str, str], inner: Piece) -> Piece:
    """Return a piece in fences, which grow with it; an absent one of two is written as a point."""
    left, right = fences
    if inner.kind == "table" and not (left or right):
        return inner
    if inner.kind == "table" and left == r"\{" and not right:
        return Piece(rf"\begin{{cases}}{inner.body}\end{{cases}}", "atom", tall=True)
    if inner.tall and bool(left) != bool(right):
        return Piece(rf"\left{left or '.'}{inner.tex}\right{right or '.'}", "fenced", tall=True)
    return row([Piece(left, "open", body=left), inner, Piece(right, "close", body=right)])


def _matrix(inside: tuple[_Node, ...]) -> Piece | None:
    """Return the table that bracketed rows with commas between them are; None for anything else."""
    rows, commas = inside[::2], inside[1::2]
    if len(inside) < 3 or len(inside) % 2 == 0 or not all(node.is_comma for node in commas):
        return None
    if any(row_.left not in ("(", "[") or (row_.left, row_.right) != (rows[0].left, rows[0].right) for row_ in rows):
        return None
    cells = [node.cells() for node in rows]
    if any(len(line) != len(cells[0]) for line in cells):
        return None
    rules = [len(cell) == 1 and cell[0].piece.tex == "|" for cell in cells[0]]
    letters = "".join("|" if rule else "c" for rule in rules)
    lines = [
        [row([node.piece for node in cell]).tex for cell, rule in zip(line, rules, strict=True) if not rule]
        for line in cells
    ]
    body = r"\\ ".join(" & ".join(line) for line in lines)
    kind = "row" if any(rules) else "table"
    return Piece(rf"\begin{{array}}{{{letters}}}{body}\end{{array}}", kind, body=body, tall=True)
