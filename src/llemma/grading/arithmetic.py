"""Sums and products of parsed nodes, matrices and vectors item by item."""

from fractions import Fraction

from llemma.grading.lexer import ParseError
from llemma.grading.tree import SCALARS, Const, Div, Matrix, Node, Num, Quantity, Seq, Sym, add, mul, negative
from llemma.grading.units import DEGREE, PERCENT

MOST_ENTRIES = 400


def scalar(node: Node) -> Node:
    """Return a node that stands for one number; `[x]` is x. Raises ParseError."""
    if isinstance(node, SCALARS):
        return node
    if isinstance(node, Seq) and len(node.items) == 1 and node.opening == "[" and node.closing == "]":
        return scalar(node.items[0])
    if isinstance(node, Quantity) and node.unit in (DEGREE, PERCENT):
        return mul([node.value, Const("deg")]) if node.unit == DEGREE else Div(node.value, Num(Fraction(100)))
    raise ParseError("a number was expected")


def total(terms: list[Node]) -> Node:
    """Return the sum of numbers, of matrices or of vectors."""
    if len(terms) == 1:
        return terms[0]
    if all(isinstance(term, Matrix) for term in terms):
        return _add_matrices([term for term in terms if isinstance(term, Matrix)])
    if all(_is_vector(term) for term in terms):
        return _add_vectors([term for term in terms if isinstance(term, Seq)])
    return add([scalar(term) for term in terms])


def minus(node: Node) -> Node:
    """Return minus a number, matrix, vector or quantity."""
    match node:
        case Matrix(rows):
            return Matrix(tuple(tuple(minus(item) for item in row) for row in rows))
        case Seq(opening="(", items=items, closing=")"):
            return Seq("(", tuple(minus(item) for item in items), ")")
        case Quantity(value, unit):
            return Quantity(minus(value), unit)
        case _:
            return negative(scalar(node))


def product(factors: list[Node]) -> Node:
    """Return the product of numbers, one of which may be a vector, and of matrices from left to right."""
    if len(factors) == 1:
        return factors[0]
    if not any(isinstance(factor, Matrix) or _is_vector(factor) for factor in factors):
        return mul([scalar(factor) for factor in factors])
    result = factors[0]
    for factor in factors[1:]:
        result = _times(result, factor)
    return result


def quotient(top: Node, bottom: Node) -> Node:
    """Return a number, matrix or vector divided by a number."""
    divisor = scalar(bottom)
    match top:
        case Matrix(rows):
            return Matrix(tuple(tuple(quotient(item, divisor) for item in row) for row in rows))
        case Seq(opening="(", items=items, closing=")"):
            return Seq("(", tuple(quotient(item, divisor) for item in items), ")")
        case _:
            return Div(scalar(top), divisor)


def determinant(matrix: Matrix) -> Node:
    """Return the determinant of a matrix of at most 4 rows. Raises ParseError."""
    rows = matrix.rows
    if len(rows) != len(rows[0]) or len(rows) > 4:
        raise ParseError("no determinant")
    if len(rows) == 1:
        return scalar(rows[0][0])
    terms = []
    for column, item in enumerate(rows[0]):
        minor = Matrix(tuple(row[:column] + row[column + 1 :] for row in rows[1:]))
        term = mul([scalar(item), determinant(minor)])
        terms.append(negative(term) if column % 2 else term)
    return add(terms)


def matrix_power(matrix: Matrix, exponent: Node) -> Node:
    """Return a transpose, a power of 2 to 5, or the inverse of a 2 x 2 matrix. Raises ParseError for others."""
    if exponent in (Sym("T"), Sym("\\top"), Sym("t")):
        return Matrix(tuple(zip(*matrix.rows, strict=True)))
    power = exponent.value if isinstance(exponent, Num) else None
    if power is not None and power.denominator == 1 and 2 <= power <= 5:
        result = matrix
        for _ in range(int(power) - 1):
            result = _multiply_matrices(result, matrix)
        return result
    if power == -1 and [len(row) for row in matrix.rows] == [2, 2]:
        (a, b), (c, d) = matrix.rows
        adjugate = Matrix(((d, minus(b)), (minus(c), a)))
        return quotient(adjugate, determinant(matrix))
    raise ParseError("a power of a matrix that is not understood")


def _is_vector(node: Node) -> bool:
    return isinstance(node, Seq) and len(node.items) > 1 and (node.opening, node.closing) in (("(", ")"), ("<", ">"))


def _times(a: Node, b: Node) -> Node:
    if isinstance(a, Matrix) and isinstance(b, Matrix):
        return _multiply_matrices(a, b)
    if isinstance(b, Matrix) or _is_vector(b):
        a, b = b, a
    if isinstance(a, Matrix):
        return Matrix(tuple(tuple(mul([scalar(b), scalar(item)]) for item in row) for row in a.rows))
    if isinstance(a, Seq) and _is_vector(a):
        return Seq(a.opening, tuple(mul([scalar(b), scalar(item)]) for item in a.items), a.closing)
    return mul([scalar(a), scalar(b)])


def _add_matrices(matrices: list[Matrix]) -> Matrix:
    shape = [len(row) for row in matrices[0].rows]
    if any([len(row) for row in matrix.rows] != shape for matrix in matrices):
        raise ParseError("matrices of different shapes")
    columns = zip(*(matrix.rows for matrix in matrices), strict=True)
    return Matrix(
        tuple(tuple(add([scalar(x) for x in items]) for items in zip(*rows, strict=True)) for rows in columns)
    )


def _add_vectors(vectors: list[Seq]) -> Seq:
    if len({len(vector.items) for vector in vectors}) > 1:
        raise ParseError("vectors of different lengths")
    columns = zip(*(vector.items for vector in vectors), strict=True)
    items = tuple(add([scalar(x) for x in column]) for column in columns)
    return Seq(vectors[0].opening, items, vectors[0].closing)


def _multiply_matrices(a: Matrix, b: Matrix) -> Matrix:
    if len(a.rows[0]) != len(b.rows) or len(a.rows) * len(b.rows[0]) * len(b.rows) > MOST_ENTRIES:
        raise ParseError("matrices that do not multiply")
    columns = list(zip(*b.rows, strict=True))
    return Matrix(
        tuple(
            tuple(add([mul([scalar(x), scalar(y)]) for x, y in zip(row, column, strict=True)]) for column in columns)
            for row in a.rows
        )
    )
