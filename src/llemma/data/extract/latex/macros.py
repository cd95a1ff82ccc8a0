"""The macros that an author defines: what a definition says, and whether its use can be replaced by its text."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from llemma.data.extract.latex.reader import Reader
from llemma.data.extract.latex.tokens import Tokens, is_control_word

PROTECTED = frozenset(
    "\\" + name
    for name in (
        "begin end par item label ref eqref pageref cite citep citet nocite bibitem bibliography title author "
        "date thanks abstract part chapter section subsection subsubsection paragraph subparagraph appendix "
        "caption footnote maketitle document enddocument input include emph textbf textit textrm textsc textsf "
        "texttt text mbox bf it rm em sl tt sc sf cal mathbb mathcal mathrm mathbf mathit mathsf mathfrak mathscr "
        "frac sqrt left right qed qedhere qedsymbol proof endproof tag url href index usepackage documentclass "
        "hspace vspace \\ ( ) [ ] { }"
    ).split()
)
"""Structure, text fonts and basic mathematics: they stay as they are, also where a style file redefines them."""

_PROGRAMMING = frozenset(
    "\\" + name
    for name in (
        "else fi or csname expandafter futurelet the advance catcode count dimen newcount newif loop setbox box "
        "refstepcounter stepcounter setcounter addtocounter setlength addtocontents IfNoValueTF IfBooleanTF IfValueTF "
        "noexpand romannumeral number string afterassignment write immediate read openin openout ifthenelse"
    ).split()
)

_LAYOUT = frozenset(
    "\\" + name
    for name in (
        "mathchoice raisebox raise lower kern mkern hskip mskip ooalign rlap llap mathrlap mathllap rotatebox scalebox "
        "resizebox reflectbox vbox vcenter halign vrule hrule smash includegraphics special"
    ).split()
)
"""What a symbol is put together from: the name of the macro says more."""

DISPLAYS = frozenset(
    name + star
    for name in "equation align gather multline eqnarray alignat flalign displaymath math subequations".split()
    for star in ("", "*")
)
"""The environments of displayed formulas."""

_BLANKS = re.compile(r"\s+")
_PARAMETER = re.compile(r"#(#|\d)")


@dataclass(frozen=True, slots=True)
class Parameter:
    """How an argument is read: undelimited; in brackets, with a default; or up to a delimiter."""

    default: tuple[str, ...] | None = None
    delimiter: str | None = None


@dataclass(frozen=True, slots=True)
class Macro:
    """What stands for a control sequence: stretches of tokens and the places of arguments, counted from 0."""

    body: tuple[tuple[str, ...] | int, ...]
    parameters: tuple[Parameter, ...] = ()
    prefix: str = ""
    """The text that \\def wants before the first argument."""
    starred: "Macro | None" = None
    """What stands for the control sequence with a star after it."""
    is_primitive: bool = False
    """The body is the name of a command, and means that command for ever (\\let)."""

    def arguments(self, reader: Reader) -> list[Tokens] | None:
        """Take the arguments from the reader; None when they are not all there, and then the first may be taken."""
        if self.prefix or (self.parameters and self.parameters[0].delimiter):
            reader.skip_blanks()
        if self.prefix and not reader.literal(self.prefix):
            return None
        arguments: list[Tokens] = []
        for parameter in self.parameters:
            if parameter.delimiter is not None:
                argument = reader.until(parameter.delimiter)
                argument = _without_braces(argument) if argument is not None else None
            elif parameter.default is not None:
                argument = reader.optional()
                argument = list(parameter.default) if argument is None else argument
            else:
                argument = reader.argument()
            if argument is None:
                reader.push([token for taken in arguments for token in ("{", *taken, "}")])
                return None
            arguments.append(argument)
        return arguments

    def text(self, arguments: Sequence[Tokens]) -> Tokens:
        """Return the body with its arguments in their places."""
        text: Tokens = []
        for part in self.body:
            append(text, arguments[part] if isinstance(part, int) else part)
        return text

    def tokens(self) -> list[str]:
        """Return all tokens of the body that are not arguments."""
        return [token for part in self.body if not isinstance(part, int) for token in part]


def append(text: Tokens, tokens: Sequence[str]) -> None:
    """Append tokens, with a space where a letter would become part of the name of a control word."""
    for token in tokens:
        if token:
            if text and token[0].isalpha() and is_control_word(text[-1]):
                text.append(" ")
            break
    text += tokens
    while text and not text[-1]:
        text.pop()


def macro(body: Sequence[str], parameters: Sequence[Parameter] = (), *, prefix: str = "") -> Macro | None:
    """Return the macro of a definition; None when its uses should stay: it is a program, or it sets a page."""
    parts: list[str | int] = []
    for token in body:
        if token[:1] == "\\" and _is_beyond_expansion(token):
            return None
        if token[:1] != "\\" and "\n" in token:
            token = _BLANKS.sub(_in_one_line, token)
        if "#" not in token or token[0] == "\\":
            parts += [token] if token and token != "\\xspace" else []
            continue
        pieces = _PARAMETER.split(token)
        for number, piece in enumerate(pieces):
            if number % 2 and piece != "#":
                if not 1 <= int(piece) <= len(parameters):
                    return None
                parts.append(int(piece) - 1)
            elif piece:
                parts.append(piece)
    return Macro(_stretches(parts), tuple(parameters), prefix)


def operator(name: Sequence[str], *, star: bool) -> Macro | None:
    """Return the macro that \\DeclareMathOperator defines."""
    return macro(["\\operatorname" + "*" * star, "{", *name, "}"])


def paired_delimiter(left: Sequence[str], right: Sequence[str]) -> Macro:
    """Return the macro that \\DeclarePairedDelimiter defines: with a star the delimiters grow with their content."""
    size, content = Parameter(default=()), Parameter()
    grown = Macro((("\\left", *left), 0, ("\\right", *right)), (content,))
    return Macro((0, tuple(left), 1, 0, tuple(right)), (size, content), starred=grown)


def parameters_of(text: Sequence[str]) -> tuple[str, list[Parameter]] | None:
    """Return the prefix and the parameters in the parameter text of a \\def; None when it is beyond this reader.

    Understood is one control sequence or one stretch of text between two parameters.
    """
    units: list[str | int] = []
    for token in text:
        pieces = [token] if token[:1] == "\\" else re.split(r"#(\d)", token)
        units += [int(piece) if number % 2 else piece for number, piece in enumerate(pieces) if piece]
    prefix = ""
    parameters: list[Parameter] = []
    for unit in units:
        if isinstance(unit, int):
            if unit != len(parameters) + 1:
                return None
            parameters.append(Parameter())
        elif not parameters:
            if prefix:
                return None
            prefix = unit
        elif parameters[-1].delimiter is not None or "#" in unit:
            return None
        else:
            parameters[-1] = Parameter(delimiter=unit)
    return (prefix, parameters) if "#" not in prefix else None


def _stretches(parts: Sequence[str | int]) -> tuple[tuple[str, ...] | int, ...]:
    """Return the parts of a body with tokens that follow each other taken together."""
    body: list[list[str] | int] = []
    for part in parts:
        if isinstance(part, int):
            body.append(part)
        elif body and isinstance(body[-1], list):
            body[-1].append(part)
        else:
            body.append([part])
    return tuple(part if isinstance(part, int) else tuple(part) for part in body)


def _in_one_line(blanks: re.Match[str]) -> str:
    return "\n\n" if blanks[0].count("\n") > 1 else " "


def _is_beyond_expansion(token: str) -> bool:
    is_conditional = token.startswith("\\if") and token != "\\iff"
    return is_conditional or "@" in token or token in _PROGRAMMING or token in _LAYOUT


def _without_braces(argument: Tokens) -> Tokens:
    """Return a delimited argument as TeX passes it: braces around all of it go."""
    filled = [token for token in argument if token]
    if len(filled) < 2 or filled[0] != "{" or filled[-1] != "}":
        return argument
    depth = 0
    for token in filled[:-1]:
        depth += (token == "{") - (token == "}")
        if depth == 0:
            return argument
    return filled[1:-1]
