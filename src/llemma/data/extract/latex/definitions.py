"""Reading the commands that define macros: what \\newcommand, \\def, \\let and their like say."""

import re
from collections.abc import Callable, Mapping

from llemma.data.extract.latex.macros import (
    DISPLAYS,
    Macro,
    Parameter,
    macro,
    operator,
    paired_delimiter,
    parameters_of,
)
from llemma.data.extract.latex.reader import Reader
from llemma.data.extract.latex.tokens import Tokens

Definitions = list[tuple[str, Macro | None]]
"""Names with their meanings; None where uses of the name should stay as they are."""

_ARGUMENT_SPECIFICATION = re.compile(r"\s*(?:m|o|O\s*\{(?P<default>[^{}]*)\})")


def read_definition(command: str, reader: Reader, known: Mapping[str, Macro]) -> Definitions | None:
    """Take what follows one of DEFINITIONS and return what it defines; None when it cannot be read.

    `known` are the macros of now, for \\let.
    """
    handler = _HANDLERS.get(command)
    return handler(reader) if handler else _let(reader, known)


def _newcommand(reader: Reader) -> Definitions | None:
    reader.star()
    name = _name(reader)
    parameters = _parameters(reader) if name else None
    body = reader.argument() if parameters is not None else None
    return None if name is None or body is None else [(name, macro(body, parameters or ()))]


def _def(reader: Reader) -> Definitions | None:
    name = _name(reader)
    text = reader.parameter_text() if name else None
    body = reader.group() if text is not None else None
    if name is None or text is None or body is None:
        return None
    found = parameters_of(text)
    return [(name, macro(body, found[1], prefix=found[0]) if found else None)]


def _let(reader: Reader, known: Mapping[str, Macro]) -> Definitions | None:
    name = _name(reader)
    if name is None:
        return None
    if reader.peek().lstrip()[:1] == "=":
        reader.argument()
    meaning = reader.argument()
    if meaning is None or len(meaning) != 1:
        return None
    return [(name, known.get(meaning[0]) or Macro((tuple(meaning),), is_primitive=True))]


def _declare_math_operator(reader: Reader) -> Definitions | None:
    star = reader.star()
    name, text = _name(reader), reader.group()
    return None if name is None or text is None else [(name, operator(text, star=star))]


def _declare_paired_delimiter(reader: Reader) -> Definitions | None:
    name, left, right = _name(reader), reader.argument(), reader.argument()
    if name is None or left is None or right is None:
        return None
    return [(name, paired_delimiter(left, right))]


def _new_document_command(reader: Reader) -> Definitions | None:
    name, specification, body = _name(reader), reader.group(), reader.group()
    if name is None or specification is None or body is None:
        return None
    parameters = _document_parameters("".join(specification))
    return [(name, None if parameters is None else macro(body, parameters))]


def _newenvironment(reader: Reader) -> Definitions | None:
    reader.star()
    name = reader.group()
    parameters = _parameters(reader) if name else None
    begin = reader.group() if parameters is not None else None
    end = reader.group() if begin is not None else None
    if name is None or begin is None or end is None:
        return None
    if not _opens_display(begin):  # its name says more than its layout
        return []
    word = "".join(name)
    return [(f"\\begin{{{word}}}", macro(begin, parameters or ())), (f"\\end{{{word}}}", macro(end))]


def _newif(reader: Reader) -> Definitions | None:
    name = _name(reader)
    return [(name, None)] if name and name.startswith("\\if") else None


_HANDLERS: dict[str, Callable[[Reader], Definitions | None]] = {
    f"\\{name}": handler
    for handler, names in (
        (_newcommand, "newcommand renewcommand providecommand DeclareRobustCommand"),
        (_def, "def gdef edef xdef"),
        (_declare_math_operator, "DeclareMathOperator"),
        (_declare_paired_delimiter, "DeclarePairedDelimiter"),
        (_new_document_command, "NewDocumentCommand RenewDocumentCommand ProvideDocumentCommand"),
        (_newenvironment, "newenvironment renewenvironment"),
        (_newif, "newif"),
    )
    for name in names.split()
}
DEFINITIONS = frozenset([*_HANDLERS, "\\let"])
"""The commands that define something."""


def _name(reader: Reader) -> str | None:
    """Take the name that is defined, in braces or not."""
    name = [token.strip() for token in reader.argument() or [] if token.strip()]
    return name[0] if len(name) == 1 and name[0][0] == "\\" else None


def _parameters(reader: Reader) -> list[Parameter] | None:
    """Take "[2][default]": the number of arguments and the default of the first."""
    count = "".join(reader.optional() or ["0"]).strip()
    if len(count) != 1 or count not in "0123456789":
        return None
    parameters = [Parameter()] * int(count)
    default = reader.optional() if parameters else None
    return parameters if default is None else [Parameter(tuple(default)), *parameters[1:]]


def _document_parameters(specification: str) -> list[Parameter] | None:
    """Return the parameters that an xparse specification such as "m O{x}" asks for; None when it asks for others."""
    parameters = []
    start, specification = 0, specification.rstrip()
    while start < len(specification):
        match = _ARGUMENT_SPECIFICATION.match(specification, start)
        if match is None:
            return None
        default = match["default"]
        is_optional = match[0].lstrip()[0] in "oO"
        parameters.append(Parameter(default=(default,) if default else ()) if is_optional else Parameter())
        start = match.end()
    return parameters


def _opens_display(tokens: Tokens) -> bool:
    return any(
        token == "\\[" or token.startswith("$$") or (token.startswith("\\begin{") and token[7:-1] in DISPLAYS)
        for token in tokens
    )
