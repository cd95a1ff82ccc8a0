"""What is refused before Lean reads it: text that could leave its place in a file, or run code while it is checked.

Lean's parser can be extended, so text cannot be understood here. A proof and a proposition stand in round brackets of
ours, which text with matching brackets cannot close: what follows them is an error, so such a proof is never proved.
After an error Lean goes on at the next command, so words of commands are refused too. Comments become blanks, so that
what was read here is what Lean reads. All that is doubtful is refused.
"""

import re
from dataclasses import dataclass

from llemma.records import Theorem

_REFUSED_WORDS = frozenset(
    # not proofs; axioms that hide behind a compiler; the kernel's doors
    "sorry sorryAx admit native native_decide nativeDecide reduceBool reduceNat ofReduceBool ofReduceNat trustCompiler "
    "debug skipKernelTC "
    # code that runs while a proof is elaborated
    "by_elab include_str include_bytes polyrith Lean IO BaseIO EIO implemented_by extern csimp lcProof lcUnreachable "
    # commands
    "theorem lemma def abbrev example instance axiom opaque inductive coinductive structure class deriving mutual "
    "namespace section end variable universe import export include omit attribute alias private protected public meta "
    "module local scoped noncomputable nonrec partial macro macro_rules syntax elab elab_rules notation notation3 "
    "infix infixl infixr prefix postfix binder_predicate simproc dsimproc simproc_decl init_quot add_decl_doc "
    "proof_wanted recall irreducible_def library_note grind_pattern unif_hint seal unseal whatsnew deprecated".split()
)
_REFUSED_BEGINNINGS = (
    "unsafe",
    "dbg",
    "run_",
    "register_",
    "declare_",
    "assert_",
    "builtin_",
    "initialize",
    "compile_",
)
_SEARCHING_WORDS = frozenset("hint observe propose solve_by_elim suggestions premises hammer duper".split())

_COMMENT_MARK = re.compile(r"--[^\n]*|/-|-/")
_BLOCK_MARK = re.compile(r"/-|-/")
_CLOSING = {")": "(", "]": "[", "}": "{", "⦄": "⦃"}
_IDENTIFIER = r"[A-Za-z_][A-Za-z0-9_'!?]*"  # ASCII, so that a letter which Lean does not take ends a word here too
_WORD = re.compile(_IDENTIFIER)
_NUMBER_WITH_LETTERS = re.compile(rf"(?<![A-Za-z0-9_'!?])[0-9]+{_IDENTIFIER}")
_NUMBER = re.compile(r"0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+|[0-9]+[eE][0-9]+")
_STRING = re.compile(r'"[^"\\()\[\]{}]*"')
_CHARACTER = re.compile(r"""'\\?[()\[\]{}"]'""")
_ALLOWED_OPTION = re.compile(
    r"set_option\s+(?:maxRecDepth|maxHeartbeats|synthInstance\.maxHeartbeats|exponentiation\.threshold)\s+[0-9]+\s+in\b"
)
_NAME = re.compile(r"[^\W\d][\w'!?]*(?:\.[^\W\d][\w'!?]*)*")
_BINDER_NAMES = re.compile(r"[\s\w'!?.]*")


class RefusedError(Exception):
    """A text is not given to Lean; the message says why."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A theorem with a proof, screened and without comments; `name` stands before `binders`, a colon, `proposition`."""

    name: str
    prelude: str
    binders: str
    proposition: str
    proof: str

    @property
    def may_share_a_file(self) -> bool:
        """False for what could find other candidates' theorems: tactics that search all that is declared."""
        words = set(_WORD.findall(self.proof))
        return not words & _SEARCHING_WORDS and not any(word.endswith("?") for word in words)


def candidate(theorem: Theorem, proof: str) -> Candidate:
    """Return a theorem and its proof, ready for a file. Raises RefusedError."""
    if not _NAME.fullmatch(theorem.name):
        raise RefusedError(f"bad statement: {theorem.name!r} is not a name")
    try:
        binders, proposition = _split(screened(theorem.statement))
    except RefusedError as error:
        raise RefusedError(f"bad statement: {error}") from error
    return Candidate(theorem.name, theorem.prelude, binders, proposition, screened(proof))


def screened(text: str) -> str:
    """Return the text with blanks for comments; places are kept. Raises RefusedError for what is not given to Lean."""
    text = _without_comments(text.replace("\r\n", "\n"))
    if bad := next((c for c in text if c in "`«»\x7f" or (c < " " and c != "\n") or "\ud800" <= c <= "\udfff"), None):
        raise RefusedError(f"the character {bad!r} is refused")
    if not text.strip():
        raise RefusedError("there is no text")
    _check_literals(text)
    _check_brackets(text)
    _check_words(text)
    return text


def _split(statement: str) -> tuple[str, str]:
    """Return binders and proposition: what is before and after the first colon outside brackets."""
    depth, names = 0, ""
    for place, character in enumerate(statement):
        if depth == 0 and character == ":":
            proposition = statement[place + 1 :]
            if not _BINDER_NAMES.fullmatch(names) or proposition.startswith("=") or not proposition.strip():
                break
            return statement[:place], proposition
        depth += (character in _CLOSING.values()) - (character in _CLOSING)
        names += character if depth == 0 and character not in _CLOSING else ""
    raise RefusedError("it is not binders, a colon and a proposition")


def _without_comments(text: str) -> str:
    """Return the text with blanks in place of comments, which nest. What looks like one in a string is one here."""
    kept, place, depth = [], 0, 0
    while mark := (_BLOCK_MARK if depth else _COMMENT_MARK).search(text, place):
        between = text[place : mark.start()]
        kept += [_blank(between) if depth else between, _blank(mark[0])]
        depth += (mark[0] == "/-") - (mark[0] == "-/")
        place = mark.end()
        if depth < 0:
            break
    if depth:
        raise RefusedError("comments are not closed as they are opened")
    return "".join(kept) + text[place:]


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


def _check_literals(text: str) -> None:
    if _CHARACTER.search(text) or '#"' in text or '"' in _STRING.sub("", text):
        raise RefusedError("a string or character with a bracket, a quote or a backslash is refused")


def _check_brackets(text: str) -> None:
    opened: list[str] = []
    for bracket in re.findall(r"[()\[\]{}⦃⦄]", text):
        if bracket not in _CLOSING:
            opened.append(bracket)
        elif not opened or opened.pop() != _CLOSING[bracket]:
            raise RefusedError("the brackets do not match")
    if opened:
        raise RefusedError("the brackets do not match")


def _check_words(text: str) -> None:
    if mark := re.search(r"@\[|#[A-Za-z]{2}", text):
        raise RefusedError(f"{mark[0]!r} is refused: an attribute, or a command")
    for number in _NUMBER_WITH_LETTERS.findall(text):
        if not _NUMBER.fullmatch(number):
            raise RefusedError(f"{number!r} is refused: a number that goes over into a word")
    for found in _WORD.finditer(text):
        word = found[0]
        if word in _REFUSED_WORDS or word.startswith(_REFUSED_BEGINNINGS):
            raise RefusedError(f"{word!r} is refused")
        if word == "set_option" and not _ALLOWED_OPTION.match(text, found.start()):
            raise RefusedError("'set_option' is refused but for limits: maxRecDepth, maxHeartbeats, with 'in'")
