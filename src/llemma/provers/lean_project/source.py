"""The file that Lean checks, and what its messages say about each candidate in it.

Nothing of what is asked depends on what a candidate says: a theorem counts when Lean has no error in its lines and
`#print axioms`, on a line of ours, finds it by its name with allowed axioms only. The type is elaborated before Lean
looks at the proof, and both stand in brackets that they cannot close. After what may be an error of syntax Lean goes on
at some later command, so what it says of the candidates behind it is not used.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import orjson

from llemma.provers.base import Message, Position, Proved, Rejected, Verdict
from llemma.provers.lean_project.screen import Candidate

OPTIONS = ("set_option autoImplicit false",)
"""What every file sets before the prelude: a slip in a statement must not become a variable."""

_SYNTAX_ERROR = re.compile(r"(?:un)?expected\b|.*; expected\b|unterminated|missing|invalid|illegal|tabs|isolated|check")
_SEVERITIES: dict[str, Literal["error", "warning"]] = {"error": "error", "warning": "warning"}
_AXIOMS = re.compile(r"'(.*)' (?:depends on axioms: \[(.*)\]|does not depend on any axioms)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class LeanMessage:
    """A message with its place in the file: `line` from 1, `column` in code points from 0."""

    severity: str
    text: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a candidate stands in a file: the first lines of its parts, and of what follows it.

    `proof` is the first line of the proof's text, `proof_end` that of the bracket behind it, `axioms` the line that
    asks for them. `name` is the theorem's full name there.
    """

    name: str
    start: int
    statement: int
    proof: int
    proof_end: int
    axioms: int


@dataclass(frozen=True, slots=True)
class SourceFile:
    """Candidates with one prelude as a file; lines before `prelude` are imports, lines before `start` the prelude."""

    text: str
    prelude: int
    start: int
    places: tuple[Place, ...]


def source_file(candidates: Sequence[Candidate], imports: Sequence[str], nonce: str) -> SourceFile:
    """Return the file of candidates that have the same prelude. `nonce` is what they cannot know."""
    lines = [f"import {module}" for module in imports]
    prelude = len(lines) + 1
    lines += [*OPTIONS, *candidates[0].prelude.split("\n")]
    start = len(lines) + 1
    places = []
    for number, candidate in enumerate(candidates):
        space = f"C{nonce}_{number}"
        lines += [f"namespace {space}", "theorem", candidate.name]
        begin, statement = len(lines) - 2, len(lines) + 1
        lines += [*candidate.binders.split("\n"), ": (", *candidate.proposition.split("\n"), ") := ("]
        proof = len(lines) + 1
        lines += [*candidate.proof.split("\n"), ")", f"#print axioms {candidate.name}", f"end {space}"]
        end = len(lines)
        places.append(Place(f"{space}.{candidate.name}", begin, statement, proof, end - 2, end - 1))
    return SourceFile("\n".join(lines) + "\n", prelude, start, tuple(places))


def parse_messages(output: bytes) -> list[LeanMessage]:
    """Return the messages that `lean --json` wrote; lines that are no messages are none of Lean's."""
    messages = []
    for line in output.splitlines():
        try:
            row = orjson.loads(line)
            messages.append(LeanMessage(row["severity"], row["data"], row["pos"]["line"], row["pos"]["column"]))
        except (orjson.JSONDecodeError, KeyError, TypeError):
            continue
    return messages


def is_answered(place: Place, messages: Sequence[LeanMessage]) -> bool:
    """True when Lean has come to the line that asks for the axioms."""
    return any(message.line == place.axioms for message in messages)


def may_have_left_its_place(place: Place, messages: Sequence[LeanMessage]) -> bool:
    """True when an error of this candidate may be one of syntax: what stands behind it may not be read as meant."""
    return any(
        message.severity == "error" and _SYNTAX_ERROR.match(message.text)
        for message in messages
        if place.start <= message.line <= place.axioms
    )


def read_verdict(
    file: SourceFile, place: Place, messages: Sequence[LeanMessage], *, allowed_axioms: frozenset[str]
) -> Verdict:
    """Return the verdict on a candidate from all messages of its file."""
    errors = [message for message in messages if message.severity == "error"]
    if prelude := [error for error in errors if file.prelude <= error.line < file.start]:
        return Rejected(f"bad statement: in the prelude: {_first_line(prelude[0])}")
    own = [message for message in messages if place.start <= message.line <= place.axioms]
    said = tuple(_relative(message, place) for message in own if message.line != place.axioms)
    errors = [message for message in own if message.severity == "error"]
    if wrong := [error for error in errors if place.statement <= error.line < place.proof]:
        return Rejected(f"bad statement: {_first_line(wrong[0])}", said)
    if errors:
        return Rejected(_first_line(errors[0]), said, _relative(errors[0], place).position)
    axioms = _axioms(place, own)
    if axioms is None:
        return Rejected("Lean does not know the theorem after its proof", said)
    if refused := [axiom for axiom in axioms if axiom not in allowed_axioms]:
        return Rejected(f"it rests on {refused[0]}, which is not an allowed axiom", said)
    return Proved(axioms)


def _axioms(place: Place, messages: Sequence[LeanMessage]) -> tuple[str, ...] | None:
    """Return what the line of ours printed for this theorem, None if that is not exactly one list of axioms."""
    found = [_AXIOMS.fullmatch(message.text.strip()) for message in messages if message.line == place.axioms]
    if len(found) != 1 or found[0] is None or found[0][1].replace("«", "").replace("»", "") != place.name:
        return None
    return tuple(axiom.strip() for axiom in (found[0][2] or "").split(",") if axiom.strip())


def _relative(message: LeanMessage, place: Place) -> Message:
    in_proof = place.proof <= message.line < place.proof_end
    position = Position(message.line - place.proof + 1, message.column) if in_proof else None
    return Message(_SEVERITIES.get(message.severity, "information"), message.text, position)


def _first_line(message: LeanMessage) -> str:
    return message.text.strip().partition("\n")[0]
