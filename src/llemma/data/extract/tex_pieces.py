"""Pieces of TeX made from MathML, and how they stand in a row: fences that grow, matrices, scripts."""

import re
from dataclasses import dataclass, replace

from llemma.data.extract.tex_symbols import concatenated

ATOM_RANK = 100
"""The rank of what never needs parentheses; see `Piece.rank`."""


@dataclass(frozen=True, slots=True)
class Piece:
    """TeX for one element, with what its neighbours must know.

    `kind` is "row" (several things), "atom", "operator", "word" (a name without a command), "big" (its limits stand
    below and above), "integral", "arrow", "open", "close", "bar" (a fence on either side), "fenced", "brace" (over or
    under something), "sub", "sup", "scripted", "table", "atop" (a fraction without a bar) or "apply" (the invisible
    application of a function).
    """

    tex: str
    kind: str = "row"
    body: str = ""  # table: its rows; atop: {above}{below}; arrow: the stretchy command; word: the bare name
    mark: str = ""  # the characters of a token as they stand in the MathML
    tall: bool = False  # higher than a line: fences around it grow
    rigid: bool = False  # stretchy="false"
    columns: int = 0  # of a table or a table row
    rank: int = ATOM_RANK  # content MathML: how tightly it binds


_BRACE = re.compile(r"\\[\\{}]|[{}]")
_DEPTH = {"{": 1, "}": -1}
_BARE = frozenset(
    "atom operator word big integral arrow open close bar fenced brace".split()
)  # no braces below scripts
_SCRIPTED = frozenset("sub sup scripted".split())
_MATRICES = {
    ("(", ")"): "pmatrix", ("[", "]"): "bmatrix", (r"\{", r"\}"): "Bmatrix", ("|", "|"): "vmatrix",
    (r"\|",     r"\|"): "Vmatrix",
}  # fmt: skip


def row(pieces: list[Piece]) -> Piece:
    """Return pieces side by side. A row of one is that piece itself."""
    pieces = _named(pieces)
    if len(pieces) == 1:
        return pieces[0]
    pairs = _pairs(pieces)
    tall = _fit_fences(pieces, pairs)
    for index, left in enumerate(pieces[:-1], start=1):
        if left.kind in _SCRIPTED and pieces[index].tex[:1] in ("^", "_", "'"):
            pieces[index] = replace(pieces[index], tex="{}" + pieces[index].tex)
    whole = bool(pieces) and (0, len(pieces) - 1) in pairs and pieces[-1].tex.endswith(pieces[-1].body)
    return Piece(concatenated([piece.tex for piece in pieces]), "fenced" if whole else "row", tall=tall)


def group_end(tex: str, start: int = 0, *, depth: int = 0) -> int:
    """Return where the braced group at `start` ends, -1 when it does not; `depth` braces are open before."""
    for brace in _BRACE.finditer(tex, start):
        depth += _DEPTH.get(brace[0], 0)
        if depth == 0:
            return brace.end()
    return -1


def braced(piece: Piece) -> str:
    """Return the TeX that can take scripts."""
    return piece.tex if piece.kind in _BARE else f"{{{piece.tex}}}"


def scripts(base: Piece, sub: Piece | None = None, sup: Piece | None = None) -> Piece:
    """Return the base with scripts; empty ones vanish, primes are written as such."""
    below = f"_{{{sub.tex}}}" if sub and sub.tex else ""
    above = _superscript(sup.tex) if sup and sup.tex else ""
    if not below and not above:
        return base
    joins = (base.kind == "sub" and not below) or (base.kind == "sup" and not above)
    tex = (base.tex if joins else braced(base)) + below + above
    tall = base.tall or bool(sub and sub.tall) or bool(sup and sup.tall)
    if base.kind in ("open", "close", "bar"):
        return replace(base, tex=tex, tall=tall)
    kind = "sub" if not above and not joins else "sup" if not below and not joins else "scripted"
    return Piece(tex, kind, tall=tall)


def _superscript(tex: str) -> str:
    if tex.strip("'") == "":
        return tex
    return tex if tex.startswith("^{") and tex.find("}") == len(tex) - 1 else f"^{{{tex}}}"


def _named(pieces: list[Piece]) -> list[Piece]:
    """Drop what is empty; a word that is applied as a function becomes an operator name."""
    kept: list[Piece] = []
    for piece in pieces:
        if piece.kind == "apply":
            if kept and kept[-1].kind == "word":
                kept[-1] = replace(kept[-1], tex=rf"\operatorname{{{kept[-1].body}}}", kind="atom")
        elif piece.tex:
            kept.append(piece)
    return kept


def _pairs(pieces: list[Piece]) -> set[tuple[int, int]]:
    """Return the places of fences that belong together. A bar closes the bar before it, else it opens."""
    pairs = set()
    opened: list[int] = []
    for index, piece in enumerate(pieces):
        if piece.kind == "open":
            opened.append(index)
        elif piece.kind == "bar":
            if opened and pieces[opened[-1]].kind == "bar" and pieces[opened[-1]].body == piece.body:
                pairs.add((opened.pop(), index))
            else:
                opened.append(index)
        elif piece.kind == "close":
            while opened and pieces[opened[-1]].kind == "bar" and pieces[opened[-1]].body != piece.body:
                opened.pop()  # a bar that stood alone, as in {x | x > 0}
            if opened:
                pairs.add((opened.pop(), index))
    return pairs


def _fit_fences(pieces: list[Piece], pairs: set[tuple[int, int]]) -> bool:
    """Let fences grow around what is tall and merge with a matrix in them; say whether anything is tall."""
    tall_before = [0]
    for piece in pieces:
        tall_before.append(tall_before[-1] + piece.tall)
    for start, end in pairs:
        left, right = pieces[start], pieces[end]
        inner = pieces[start + 1]
        matrix = _MATRICES.get((left.body, right.body))
        if end == start + 2 and inner.kind == "atop" and matrix == "pmatrix":
            _merge(pieces, start, rf"\binom{inner.body}")
        elif end == start + 2 and inner.kind == "table" and matrix:
            _merge(pieces, start, rf"\begin{{{matrix}}}{inner.body}\end{{{matrix}}}")
        elif tall_before[end] > tall_before[start + 1] and not (left.rigid and right.rigid):
            pieces[start] = replace(left, tex=rf"\left{left.tex}")
            pieces[end] = replace(right, tex=rf"\right{right.tex}")
    _open_cases(pieces, pairs)
    return tall_before[-1] > 0


def _merge(pieces: list[Piece], start: int, tex: str) -> None:
    """Put TeX for a left fence, a piece and a right fence in their places; scripts of the right fence stay."""
    right = pieces[start + 2]
    pieces[start] = Piece("")
    pieces[start + 1] = Piece(tex, "atom")
    pieces[start + 2] = Piece(right.tex[len(right.body) :], "sup")


def _open_cases(pieces: list[Piece], pairs: set[tuple[int, int]]) -> None:
    closed = {start for start, _ in pairs}
    for index in range(len(pieces) - 1):
        table = pieces[index + 1]
        if index not in closed and pieces[index].tex == r"\{" and table.kind == "table":
            pieces[index] = Piece("")
            pieces[index + 1] = Piece(rf"\begin{{cases}}{table.body}\end{{cases}}", tall=True)
