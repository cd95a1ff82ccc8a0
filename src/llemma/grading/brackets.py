"""Brackets in the parser: groups, tuples, intervals, sets, absolute values, matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llemma.grading import arithmetic
from llemma.grading.lexer import END, ParseError
from llemma.grading.names import CLOSERS, MATRICES
from llemma.grading.tree import Apply, Builder, Call, Matrix, Node, Seq, SetOf

if TYPE_CHECKING:
    from llemma.grading.parse import Parser

EMPTY_SET = SetOf(())


def bracket(parser: Parser) -> Node:
    """Return what a pair of brackets means; the opening one comes next."""
    opening = parser.take().text
    if opening in ("\\{", "\\lbrace"):
        return _set(parser, CLOSERS[opening])
    if opening in ("|", "\\vert", "\\|", "\\Vert"):
        return _absolute(parser, opening)
    outer, parser.bars, outer_builder = parser.bars, [], parser.in_builder
    parser.in_builder = False
    items, joint = parser.listing(CLOSERS[opening])
    if opening == "{" and parser.accept("\\choose"):
        lower, _ = parser.listing(("}",))
        items = [Call("binomial", (_single(items), _single(lower)))]
    ends_in_comma = parser.tokens[parser.at - 1].text == ","
    closing = parser.expect(*CLOSERS[opening])
    parser.bars, parser.in_builder = outer, outer_builder
    if opening == "{":
        return items[0] if len(items) == 1 else Seq("", tuple(items), "", joint)
    if opening in ("\\lfloor", "\\lceil"):
        return Call("floor" if opening == "\\lfloor" else "ceil", (_single(items),))
    if opening in ("\\lvert", "\\lVert"):
        return _size(items, opening)
    if opening == "(" and closing == ")" and len(items) == 1 and not ends_in_comma:
        return items[0]
    if len(items) == 1 and isinstance(items[0], Matrix):
        return items[0]
    opening, closing = (_PLAIN.get(side, side) for side in (opening, closing))
    return Seq(opening, tuple(items), closing, joint)


_PLAIN = {"\\langle": "<", "\\rangle": ">", "\\lbrack": "[", "\\rbrack": "]"}


def environment(parser: Parser) -> Node:
    r"""Return the matrix in a \begin{...} environment; a determinant for vmatrix."""
    name = _environment_name(parser, "\\begin")
    if name not in MATRICES:
        raise ParseError(f"the environment {name!r} is not understood")
    if name == "array":
        _skip_group(parser)
    rows: list[list[Node]] = [[]]
    outer, parser.bars = parser.bars, []
    while parser.peek().text != "\\end":
        if parser.peek() is END:
            raise ParseError("a matrix without end")
        if parser.accept("\\\\"):
            rows.append([])
        elif not parser.accept("&", "\\hline", "\\cr"):
            rows[-1].append(parser.statement())
            if parser.peek().text not in ("&", "\\\\", "\\end", "\\cr"):
                raise ParseError("a matrix entry that is not understood")
    parser.bars = outer
    if _environment_name(parser, "\\end") != name:
        raise ParseError("environments that do not match")
    full = tuple(tuple(row) for row in rows if row)
    if not full or any(len(row) != len(full[0]) for row in full):
        raise ParseError("a matrix with rows of different lengths")
    matrix = Matrix(full)
    return arithmetic.determinant(matrix) if name == "vmatrix" else matrix


def _environment_name(parser: Parser, command: str) -> str:
    parser.expect(command)
    parser.expect("{")
    name = parser.take().text
    parser.accept("*")
    parser.expect("}")
    return name


def _skip_group(parser: Parser) -> None:
    """Move past the column format of an array."""
    parser.expect("{")
    while not parser.accept("}"):
        if parser.take() is END:
            raise ParseError("a column format without end")


def _set(parser: Parser, closers: tuple[str, ...]) -> Node:
    outer, parser.bars, outer_builder = parser.bars, [], parser.in_builder
    parser.in_builder = True
    if parser.accept(*closers):
        parser.bars, parser.in_builder = outer, outer_builder
        return EMPTY_SET
    first = parser.statement()
    separated = parser.accept("|", "\\mid", "\\vert", ":")
    parser.in_builder = False
    if separated:
        items, joint = parser.listing(closers)
        condition = items[0] if len(items) == 1 else Seq("", tuple(items), "", joint)
        node: Node = Builder(first, condition)
    else:
        rest: list[Node] = []
        if parser.separator():
            rest, _ = parser.listing(closers)
        node = SetOf((first, *rest))
    parser.expect(*closers)
    parser.bars, parser.in_builder = outer, outer_builder
    return node


def _absolute(parser: Parser, bar: str) -> Node:
    parser.bars = [*parser.bars, bar]
    inside = parser.statement()
    parser.expect(bar)
    parser.bars = parser.bars[:-1]
    return _size([inside], bar)


def _size(items: list[Node], opening: str) -> Node:
    """Return an absolute value; of a matrix the determinant; of a point pair such as |AB| a length by that name."""
    if len(items) == 1 and isinstance(items[0], Matrix):
        return arithmetic.determinant(items[0])
    if opening in ("\\|", "\\Vert", "\\lVert"):
        return Apply("norm", (_single(items),))
    return Call("abs", (_single(items),))


def _single(items: list[Node]) -> Node:
    if len(items) != 1:
        raise ParseError("one number was expected")
    return arithmetic.scalar(items[0])
