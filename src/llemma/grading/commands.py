"""Commands and functions in the parser: fractions, roots, sin, sums, limits, and commands that are not known."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from llemma.grading import arithmetic, brackets
from llemma.grading.lexer import ParseError
from llemma.grading.names import (
    BIG_OPERATORS,
    BINOMIALS,
    BRACKET_FUNCTIONS,
    CLOSERS,
    CONSTANTS,
    DIVIDED,
    DOTS_COMMANDS,
    FRACTIONS,
    FUNCTIONS,
    NOT_ATOMS,
)
from llemma.grading.tree import DOTS, HALF, Apply, Bind, Call, Const, Div, Node, Num, Pow, Relation, Sym

if TYPE_CHECKING:
    from llemma.grading.parse import Parser

_GROUP_ONLY = frozenset(
    ["\\boxed", "\\fbox", "\\underline", "\\displaylines", "\\ensuremath", "\\mathop", "\\bm", "\\pmb"]
)


def command(parser: Parser, name: str) -> Node:
    if name in CLOSERS:
        return brackets.bracket(parser)
    if name == "\\begin":
        return brackets.environment(parser)
    if name in NOT_ATOMS or not name[1:].isalpha():
        raise ParseError(f"{name!r} is not understood here")
    parser.at += 1
    short = name[1:]
    if name in FRACTIONS:
        top = parser.argument(one_digit=True)
        return arithmetic.quotient(top, parser.argument(one_digit=True))
    if name == "\\sqrt":
        return _root(parser)
    if short in FUNCTIONS:
        return function(parser, FUNCTIONS[short])
    if short in BRACKET_FUNCTIONS and parser.peek().text == "(":
        return bracket_function(parser, BRACKET_FUNCTIONS[short])
    if name in DOTS_COMMANDS:
        return DOTS
    if short in CONSTANTS and len(short) > 1:
        return Const(CONSTANTS[short])
    if name in BIG_OPERATORS:
        return _big_operator(parser, BIG_OPERATORS[name])
    if name == "\\lim":
        return _limit(parser)
    return _other_command(parser, name)


def _other_command(parser: Parser, name: str) -> Node:
    if name in BINOMIALS:
        top = parser.argument(one_digit=True)
        return Call("binomial", (arithmetic.scalar(top), arithmetic.scalar(parser.argument(one_digit=True))))
    if name in ("\\emptyset", "\\varnothing"):
        return brackets.EMPTY_SET
    if name in (
        "\\int",
        "\\iint",
        "\\oint",
        "\\overset",
        "\\underset",
        "\\stackrel",
        "\\substack",
        "\\input",
        "\\include",
    ):
        raise ParseError(f"{name!r} is not understood")
    if name in _GROUP_ONLY and parser.peek().text == "{":
        return brackets.bracket(parser)
    if name in ("\\pmod", "\\bmod", "\\mod"):
        return Apply("\\mod", (arithmetic.scalar(parser.argument()),))
    if name in ("\\mathbb", "\\mathcal", "\\mathfrak", "\\mathscr"):
        return _lettered(parser, name + "{" + _raw_group(parser) + "}")
    if parser.peek().text == "{":
        inside = parser.argument()
        if isinstance(inside, Sym) and name in ("\\mathbf", "\\mathrm", "\\mathit", "\\mathsf", "\\boldsymbol"):
            return inside
        return Apply(name, (arithmetic.scalar(inside),))
    return Sym(name)


def _lettered(parser: Parser, name: str) -> Node:
    """Return a letter of another alphabet: an operator of the bracket that follows (E[X], O(n)), else a name."""
    opening = parser.accept("(", "[")
    if opening is None:
        return Sym(name)
    closing = ")" if opening == "(" else "]"
    items, _ = parser.listing((closing,))
    parser.expect(closing)
    return Apply(name, tuple(arithmetic.scalar(item) for item in items))


def _raw_group(parser: Parser) -> str:
    """Return the text of a group of one token, or of one token."""
    if parser.accept("{"):
        text = parser.take().text
        parser.expect("}")
        return text
    return parser.take().text


def _root(parser: Parser) -> Node:
    degree: Node | None = None
    if parser.accept("["):
        degree = arithmetic.scalar(parser.sum())
        parser.expect("]")
    radicand = arithmetic.scalar(parser.argument())
    return Pow(radicand, HALF) if degree is None else Call("root", (radicand, degree))


def function(parser: Parser, name: str) -> Node:
    """Return a known function: of a bracket, or of the factors that follow up to the next function."""
    power: Node | None = None
    if name == "log" and parser.accept("_"):
        base = arithmetic.scalar(parser.argument())
        return Div(function(parser, "ln"), Call("ln", (base,)))
    if parser.accept("^"):
        power = parser.exponent(plain=False)
        if name == "log" and parser.accept("_"):
            base = arithmetic.scalar(parser.argument())
            return Pow(Div(function(parser, "ln"), Call("ln", (base,))), arithmetic.scalar(power))
    inside = _function_argument(parser)
    if power == Num(Fraction(-1)) and name in ("sin", "cos", "tan", "cot", "sec", "csc"):
        return Call("a" + name, (inside,))
    node = Call(name, (inside,))
    return node if power is None else Pow(node, arithmetic.scalar(power))


def _function_argument(parser: Parser) -> Node:
    if parser.peek().text in ("(", "{", "["):
        inside = arithmetic.scalar(brackets.bracket(parser))
        if parser.peek().text == "!" or degree_follows(parser):
            raise ParseError("a function of a bracket with something after it")
        return inside
    if parser.accept("-"):
        return arithmetic.minus(_function_argument(parser))
    if parser.peek().kind in ("letters", "command") and parser.peek().text.lstrip("\\") in FUNCTIONS:
        return arithmetic.scalar(parser.atom())
    factors = parser.implicit(in_function=True)
    inside = arithmetic.scalar(arithmetic.product(factors))
    while all(isinstance(factor, Num) for factor in factors) and parser.at_sign(DIVIDED):
        parser.at += 1  # sin 3/5 would be ambiguous; \sin 2\pi/3 has a symbol
        raise ParseError("a function of an unbracketed quotient")
    if parser.peek().text == "/" and not all(isinstance(factor, Num) for factor in factors):
        parser.at += 1
        divisor = parser.implicit(in_function=True)
        inside = Div(inside, arithmetic.scalar(arithmetic.product(divisor)))
    return inside


def degree_follows(parser: Parser) -> bool:
    """Return whether a degree sign comes next, without moving."""
    return parser.peek().text == "^" and parser.peek(1).text == "\\circ"


def bracket_function(parser: Parser, name: str) -> Node:
    parser.expect("(")
    items, _ = parser.listing((")",))
    parser.expect(")")
    args = tuple(arithmetic.scalar(item) for item in items)
    sizes = {"max": 0, "min": 0, "gcd": 0, "lcm": 0, "binomial": 2, "ratio": 2}
    if sizes.get(name, 1) not in (0, len(args)) or not args:
        raise ParseError(f"{name} of {len(args)} numbers")
    if name == "ratio":
        return Div(*args)
    if name == "cbrt":
        return Call("root", (args[0], Num(Fraction(3))))
    return Call(name, args)


def _big_operator(parser: Parser, name: str) -> Node:
    """Return a sum or product over a variable from one bound to another."""
    parser.expect("_")
    lower = parser.argument()
    if not (isinstance(lower, Relation) and lower.signs == ("=",) and isinstance(lower.parts[0], (Sym, Const))):
        raise ParseError("a sum without lower bound")
    parser.expect("^")
    upper = arithmetic.scalar(parser.argument())
    body = arithmetic.scalar(parser.product())
    return Bind(name, lower.parts[0].name, (arithmetic.scalar(lower.parts[1]), upper), body)


def _limit(parser: Parser) -> Node:
    parser.expect("_")
    target = parser.argument()
    if not (isinstance(target, Relation) and target.signs == ("\\to",) and isinstance(target.parts[0], Sym)):
        raise ParseError("a limit of no variable")
    body = arithmetic.scalar(parser.product())
    return Bind("lim", target.parts[0].name, (arithmetic.scalar(target.parts[1]),), body)
