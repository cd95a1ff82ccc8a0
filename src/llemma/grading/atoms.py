"""The tightest level of the parser: numbers, letters, commands, brackets, and what is written after them."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING

from llemma.grading import arithmetic, brackets, commands
from llemma.grading.lexer import MOST_DIGITS, ParseError, Token
from llemma.grading.names import (
    APPLIED_LETTERS,
    BRACKET_FUNCTIONS,
    CLOSERS,
    CONSTANTS,
    DOTS_COMMANDS,
    FUNCTIONS,
    NOT_ATOMS,
    RELATIONS,
    SEPARATORS,
)
from llemma.grading.tree import (
    DOTS,
    HALF,
    Apply,
    Based,
    Call,
    Const,
    Div,
    Node,
    Num,
    Pow,
    Sym,
)
from llemma.grading.units import is_unit_word

if TYPE_CHECKING:
    from llemma.grading.parse import Parser

_SHORT_WORDS = frozenset(
    [
        "the",
        "is",
        "so",
        "it",
        "we",
        "of",
        "to",
        "in",
        "an",
        "at",
        "as",
        "by",
        "if",
        "on",
        "are",
        "and",
        "or",
        "for",
        "not",
        "has",
        "can",
        "no",
        "be",
        "do",
        "he",
        "she",
        "its",
        "was",
        "were",
        "but",
        "all",
        "any",
        "one",
        "two",
        "six",
        "ten",
        "yes",
        "our",
        "out",
        "you",
        "get",
        "use",
        "now",
        "then",
        "thus",
        "let",
        "sum",
        "day",
    ]
)


def _is_short_word(letters: str) -> bool:
    return letters.lower() in _SHORT_WORDS and not letters.isupper()


def is_word(letters: str) -> bool:
    """Return whether a run of letters is a unit or an ordinary word, not a product of variables."""
    if letters in FUNCTIONS or letters in CONSTANTS or letters in BRACKET_FUNCTIONS or letters == "sqrt":
        return False
    return (
        _is_short_word(letters)
        or is_unit_word(letters)
        or (len(letters) > 3 and not letters.isupper() and _split_function(letters) is None)
    )


def starts_factor(parser: Parser, previous: Node, *, in_function: bool) -> bool:
    """Return whether the next token begins another factor of an implicit product."""
    token = parser.peek()
    before = parser.tokens[parser.at - 1]
    if token.kind == "num":
        return _number_may_follow(parser, previous, before)
    if token.kind == "letters":
        if in_function and (token.text in FUNCTIONS or token.text == "sqrt"):
            return token.text == "sqrt"
        if before.kind == "num" and parser.unit_ahead():
            return False
        if token.text == "U" and before.text in (")", "]", "\\}"):
            return False
        closes = before.kind == "num" or before.text in ("}", ")", "]")
        return not is_word(token.text) or (is_unit_word(token.text) and not closes and len(token.text) <= 3)
    if token.kind == "command":
        if in_function and token.text[1:] in FUNCTIONS:
            return False
        return token.text not in NOT_ATOMS and not (token.text in ("\\vert", "\\|", "\\Vert") and parser.bars)
    if token.kind == "sign":
        if token.text == "|":
            return not parser.bars and not parser.in_builder
        return token.text in ("(", "{") or (token.text == "[" and before.text not in (")", "]"))
    return False


def _number_may_follow(parser: Parser, previous: Node, before: Token) -> bool:
    """`x2` and `3 4` are not products; `(x)2` is, and `1 1/2` is a mixed number."""
    if isinstance(previous, Num) and before.kind == "num":
        after = parser.peek(1).text == "/" and parser.peek(2).kind == "num"
        return after and parser.peek().spaced and previous.places is None
    return before.text in (")", "}", "]") or before.kind == "command"


def postfix(parser: Parser) -> Node:
    """Return an atom with its subscripts, primes, factorials and inner percent signs."""
    node = atom(parser)
    while True:
        if parser.accept("_"):
            node = _subscripted(parser, node)
        elif isinstance(node, (Sym, Apply)) and parser.accept("'"):
            node = Sym(node.name + "'") if isinstance(node, Sym) else Apply(node.name + "'", node.args)
            if isinstance(node, Sym) and parser.peek().text == "(":
                node = applied(parser, node.name)
        elif parser.peek().text == "!" and parser.peek(1).text != "=":
            parser.at += 1
            double = parser.accept("!") is not None
            node = Call("double_factorial" if double else "factorial", (arithmetic.scalar(node),))
        elif parser.at_sign(("%", "\\%")) and _percent_is_inner(parser):
            parser.at += 1
            node = Div(arithmetic.scalar(node), Num(Fraction(100)))
        else:
            return node


def atom(parser: Parser) -> Node:
    """Return a number, a name, a command with its arguments, or something in brackets."""
    token = parser.peek()
    if token.kind == "num":
        parser.at += 1
        return _number(parser, token.text)
    if token.kind == "letters":
        return _letters(parser, token)
    if token.kind == "words":
        return _words(parser, token.text)
    if token.kind == "command":
        return commands.command(parser, token.text)
    if token.kind == "sign" and token.text in CLOSERS:
        return brackets.bracket(parser)
    if token.text in DOTS_COMMANDS:
        parser.at += 1
        return DOTS
    raise ParseError(f"{token.text!r} is not understood here")


def exponent(parser: Parser, *, plain: bool) -> Node:
    """Return what is raised to: a group, a signed number, one letter; in plain syntax (`**`) a whole power."""
    if sign := parser.accept("-", "+"):
        node = exponent(parser, plain=plain)
        return arithmetic.minus(node) if sign == "-" else node
    if plain:
        return parser.power()
    node = argument(parser)
    if parser.peek().text in ("^", "**"):  # 2^3^2 groups to the right
        parser.at += 1
        return Pow(arithmetic.scalar(node), arithmetic.scalar(exponent(parser, plain=False)))
    return node


def argument(parser: Parser, *, one_digit: bool = False) -> Node:
    """Return the argument of a command: a group in braces, one letter, a number (its first digit for `\\frac12`)."""
    token = parser.peek()
    if token.text == "{" and parser.peek(2).text == "}" and parser.peek(1).kind == "num":
        parser.at += 3
        return number(parser.tokens[parser.at - 2].text)
    if token.kind == "num" and one_digit and len(token.text) > 1 and token.text.isdigit():
        parser.replace(Token("num", token.text[0]), Token("num", token.text[1:]))
    if token.kind == "letters" and len(token.text) > 1 and token.text not in CONSTANTS and token.text != "sqrt":
        if token.text in FUNCTIONS:
            return atom(parser)
        parser.replace(Token("letters", token.text[0]), Token("letters", token.text[1:]))
    return atom(parser)


def degree_sign(parser: Parser) -> bool:
    """Move past the degree sign that may follow `^`; return whether it was there."""
    for length, texts in ((1, ("\\circ",)), (3, ("{", "\\circ", "}")), (3, ("{", "o", "}")), (1, ("\\degree",))):
        if tuple(parser.peek(ahead).text for ahead in range(length)) == texts:
            parser.at += length
            return True
    return False


def primes(parser: Parser) -> str:
    """Move past the primes that may follow `^`; return them as quotes."""
    texts = tuple(parser.peek(ahead).text for ahead in range(4))
    for length, wanted, marks in (
        (1, ("\\prime",), "'"),
        (3, ("{", "\\prime", "}"), "'"),
        (4, ("{", "\\prime", "\\prime", "}"), "''"),
    ):
        if texts[:length] == wanted:
            parser.at += length
            return marks
    return ""


def applied(parser: Parser, name: str) -> Node:
    """Return an unknown function of the bracket that follows."""
    parser.expect("(")
    items, _ = parser.listing((")",))
    parser.expect(")")
    return Apply(name, tuple(arithmetic.scalar(item) for item in items))


@lru_cache(maxsize=4096)
def number(text: str) -> Num:
    """Return a number as written. Raises ParseError when it has too many digits or a huge power of ten."""
    mantissa, _, power = text.lower().partition("e")
    if len(mantissa) > MOST_DIGITS or len(power) > 5:
        raise ParseError("a number of too many digits")
    whole, dot, decimals = mantissa.partition(".")
    shift = int(power or 0)
    if not dot and not power:
        return Num(Fraction(int(whole)))
    value = Fraction(int((whole or "0") + decimals)) * Fraction(10) ** (shift - len(decimals))
    return Num(value, len(decimals) - shift)


def _number(parser: Parser, text: str) -> Node:
    if parser.peek().text == "\\overline" and "." in text:
        return _repeating(parser, text)
    if parser.peek().text == "_":
        return _based(parser, text)
    return number(text)


def _repeating(parser: Parser, text: str) -> Node:
    r"""Return 0.1\overline{6} as an exact number."""
    digits = [parser.peek(ahead).text for ahead in range(1, 4)]
    if digits[0] != "{" or digits[2] != "}" or not digits[1].isdigit():
        raise ParseError("a repeating decimal without digits")
    parser.at += 4
    fixed = number(text)
    period = Fraction(int(digits[1]), 10 ** len(digits[1]) - 1)
    return Num(fixed.value + period / 10 ** (fixed.places or 0))


def _based(parser: Parser, digits: str) -> Node:
    """Return digits in a base: 204_5, 1011_{2}, 12_{\\text{ten}}."""
    parser.at += 1
    base = argument(parser)
    named = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10}
    size = int(base.value) if isinstance(base, Num) else named.get(base.name, 0) if isinstance(base, Sym) else 0
    whole, _, decimals = digits.partition(".")
    if not 2 <= size <= 36 or any(int(digit) >= size for digit in whole + decimals):
        raise ParseError("digits that their base does not have")
    return Based(digits.lstrip("0") or "0", size, Fraction(int((whole + decimals) or "0", size), size ** len(decimals)))


def _letters(parser: Parser, token: Token) -> Node:
    name = token.text
    following = parser.peek(1)
    if name == "sqrt":
        parser.at += 1
        return Pow(arithmetic.scalar(argument(parser)), HALF)
    if name in FUNCTIONS and not (len(name) == 2 and name in ("tg", "lg", "Re", "Im") and following.text != "("):
        parser.at += 1
        return commands.function(parser, FUNCTIONS[name])
    if name in BRACKET_FUNCTIONS and following.text == "(":
        parser.at += 1
        return commands.bracket_function(parser, BRACKET_FUNCTIONS[name])
    if name in CONSTANTS:
        parser.at += 1
        return Const(CONSTANTS[name])
    if len(name) == 1:
        parser.at += 1
        return applied(parser, name) if name in APPLIED_LETTERS and following.text == "(" else Sym(name)
    split = _split_function(name)
    if _is_short_word(name) or (split is None and ((len(name) > 3 and not name.isupper()) or len(name) > 8)):
        raise ParseError(f"the word {name!r} is not understood")
    cut = split or 1
    parser.replace(Token("letters", name[:cut], token.spaced), Token("letters", name[cut:]))
    return _letters(parser, parser.peek())


def _split_function(letters: str) -> int | None:
    """Return the length of the function name in `sinx`, None when there is none."""
    for name in ("sqrt", "sin", "cos", "tan", "log", "ln", "exp"):
        if letters.startswith(name) and len(letters) == len(name) + 1:
            return len(name)
    return None


def _words(parser: Parser, text: str) -> Node:
    """Return what a text command holds: a number, a function name, a letter or a name."""
    name = " ".join(text.replace("~", " ").replace("\\,", " ").split())
    parser.at += 1
    if name in FUNCTIONS:
        return commands.function(parser, FUNCTIONS[name])
    if name in BRACKET_FUNCTIONS and parser.peek().text == "(":
        return commands.bracket_function(parser, BRACKET_FUNCTIONS[name])
    if name.replace(",", "").replace(".", "", 1).isdigit():
        return number(name.replace(",", ""))
    if name in ("e", "i") or (len(name) > 1 and name in CONSTANTS):
        return Const(CONSTANTS[name])
    if not name.replace(" ", "").replace("-", "").isalpha():
        if name.startswith("(") and name.endswith(")") and name[1:-1].isalpha():
            return Sym(name[1:-1])
        raise ParseError(f"the text {name!r} is not understood")
    return Sym(name)


def _subscripted(parser: Parser, node: Node) -> Node:
    """Return a name with an index: x_1 is a name of its own, F_{n-1} an unknown function of n - 1."""
    name = node.name if isinstance(node, (Sym, Apply)) else None
    if name is None or isinstance(node, Apply):
        raise ParseError("an index on something that is not a name")
    if parser.peek().text == "{" and parser.peek(2).text == "}":
        inside = parser.peek(1)
        if inside.kind in ("num", "words") or (inside.kind == "letters" and len(inside.text) > 1):
            parser.at += 3
            return Sym(f"{name}_{inside.text.strip()}")
    token = parser.peek()
    if token.kind == "num" or token.kind == "words":
        parser.at += 1
        return Sym(f"{name}_{token.text.strip()}")
    index = argument(parser)
    if isinstance(index, Num):
        return Sym(f"{name}_{index.value}")
    return Apply(name + "_", (arithmetic.scalar(index),))


def _percent_is_inner(parser: Parser) -> bool:
    """Return whether something other than the end of the item follows a percent sign."""
    after = parser.peek(1)
    if after.kind == "end" or after.kind == "joint" or after.text in SEPARATORS or after.text in RELATIONS:
        return False
    return after.text not in (")", "]", "}", "\\}", ":") and after.kind != "words"
