"""Theorems of Lean 3, Lean 4 and Isabelle sources: where each stands, its name, and its statement in a normal form.

Parsers of headers, not of proofs: they know comments, strings, scopes, and where the next command begins. They never
fail, and their time is linear in the text. What they do that the published scripts did not (math-lm
`algebraic_stack/process_github.py`): (a) all theorems of a file are found, not one of them; (b) names with one
component count; (c) so does every occurrence.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

System = Literal["lean", "isabelle"]
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Theorem:
    """A theorem in a source: characters start:end, with documentation, attributes and proof.

    `name` is what is written ("" for none), with the namespaces around it. `statement` has one space between any two
    tokens and no comments; its variables are not renamed.
    """

    name: str
    statement: str
    start: int
    end: int


class _Event(NamedTuple):
    """A word of the outer language: where it stands, how far it is indented, and whether a theorem begins there."""

    place: int
    indent: int
    word: str
    is_head: bool


def system_of(language: str | None) -> System | None:
    """Return what reads a document of this language: "lean", "lean3", "lean4", "isabelle"; else None."""
    name = (language or "").lower()
    return "lean" if name.startswith("lean") else "isabelle" if name.startswith("isabelle") else None


def theorems_of(text: str, system: System) -> Iterator[Theorem]:
    """Yield the theorems, lemmas and examples of a source in order."""
    return _lean_theorems(text) if system == "lean" else _isabelle_theorems(text)


def statement_key(statement: str) -> str:
    """Return the hash of a normal statement: 128 bits as hexadecimal digits."""
    return hashlib.blake2b(statement.encode("utf-8", "replace"), digest_size=16).hexdigest()


def token_count(statement: str) -> int:
    """Return the number of tokens of a normal statement."""
    return statement.count(" ") + 1 if statement else 0


_LEAN_OUTSIDE = re.compile(r"/-|--[^\n]*|'\\?\"'|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)
_LEAN_COMMENT = re.compile(r"/-|-/")
_LEAN_COMMANDS = """
abbrev abbreviation add_decl_doc alias assert_not_exists attribute axiom axioms class coinductive constant constants
declare_syntax_cat def definition deriving elab elab_rules end export import include inductive infix infixl infixr
initialize initialize_simps_projections instance irreducible_def library_note local localized macro macro_rules meta
mutual namespace noncomputable nonrec notation notation3 omit opaque open parameter parameters partial postfix
precedence prefix private protected public reserve restate_axiom run_cmd run_meta scoped section set_option simproc
structure suppress_compilation syntax universe universes unsafe variable variables
""".split()
_LEAN_HEAD = re.compile(r"(?:theorem|lemma|example)(?![\w.'»])")
_LEAN_COMMAND = re.compile(rf"\n([ \t]*)(@\[|#\w|(?:{'|'.join(_LEAN_COMMANDS)})(?![\w.'»]))")
_LEAN_PREFIX = re.compile(
    r"(?:(?:@\[[^\]]{0,500}\]|(?:private|protected|noncomputable|nonrec|unsafe|partial|local|scoped|meta|public)\b"
    r"|(?:open|omit|include|variable|set_option)\b[^\n]{0,300}\bin\b)\s{0,200}){1,8}"
)
_LEAN_SCOPE = re.compile(r"(?:(?:noncomputable|public|meta)[ \t]+)?(namespace|section|end)(?![\w.'»])[ \t]*(\S*)")
_LEAN_BLOCK = re.compile(r"(?<![\w.'])(?:begin|match|end)(?![\w.'])")
_LEAN_NAME = re.compile(r"\s*((?:«[^»\n]{0,200}»|[^\s(){}\[\]⦃⦄:,|«»\"])*)(?:\{[^}\n]{0,200}\})?")
_LEAN_PROOF = re.compile(r":=\s*(?:(?:begin|by|sorry)(?![\w.'])|$)")
_LEAN_BODY = re.compile(r"[(\[{⦃⟨]|[)\]}⦄⟩]|:=|(?<![\w.'])(?:let|have)I?(?![\w'])|\n[ \t]*\|[ \t]")


def _lean_theorems(text: str) -> Iterator[Theorem]:
    comments, strings = _lean_spans(text)
    plain = _blanked(text, comments)
    code = _blanked(plain, strings)
    documented = {end: start for start, end in comments if text.startswith("/--", start)}
    scopes: list[tuple[str, str]] = []
    events = _lean_events(code)
    end = 0
    for number, event in enumerate(events):
        if event.place < end:
            continue
        if not event.is_head:
            _enter_or_leave(scopes, _LEAN_SCOPE.match(code, event.place))
            continue
        first = _lean_first(code, events, number)
        end = _lean_end(code, events, number, first.indent)
        written, body = _lean_name(code, event.place, end)
        yield Theorem(
            name=_qualified(scopes, written),
            statement=_normal(plain[body : _lean_statement_end(code, body, end)]),
            start=documented.get(_end_of_content(text, first.place), first.place),
            end=end,
        )


def _lean_events(code: str) -> list[_Event]:
    """Return the first words of all commands, and `theorem` wherever it stands, in order."""
    commands = (
        _Event(match.end(1) - 1, len(match[1]), match[2], False) for match in _LEAN_COMMAND.finditer("\n" + code)
    )
    return sorted([*commands, *_heads(code, _LEAN_HEAD)])


def _heads(code: str, words: re.Pattern[str]) -> Iterator[_Event]:
    line = 0
    for match in words.finditer(code):
        place = match.start()
        if place and (code[place - 1].isalnum() or code[place - 1] in "_.'@«"):
            continue
        line = max(line, code.rfind("\n", line, place) + 1)
        yield _Event(place, place - line, match[0], True)


def _lean_spans(text: str) -> tuple[list[Span], list[Span]]:
    """Return the comments, and the insides of strings."""
    comments: list[Span] = []
    strings: list[Span] = []
    at = 0
    while match := _LEAN_OUTSIDE.search(text, at):
        at = match.end()
        if match[0] == "/-":
            at = _end_of_nested(text, at, _LEAN_COMMENT, opening=("/-",))
            comments.append((match.start(), at))
        elif match[0].startswith("--"):
            comments.append(match.span())
        else:
            strings.append((match.start() + 1, match.end() - 1))
    return comments, strings


def _lean_first(code: str, events: Sequence[_Event], number: int) -> _Event:
    """Return the first of the attributes and modifiers before a head, or the head."""
    first = events[number]
    for event in reversed(events[max(0, number - 8) : number]):
        if event.is_head or not _LEAN_PREFIX.fullmatch(code, event.place, first.place):
            break
        first = event
    return first


def _lean_end(code: str, events: Sequence[_Event], number: int, indent: int) -> int:
    """Return where the declaration ends: before the next command that is indented no further than it."""
    head = events[number].place
    for place in range(number + 1, len(events)):
        event = events[place]
        if event.is_head or (
            event.indent <= indent and (event.word != "end" or not _closes_block(code, head, event.place))
        ):
            return _end_of_content(code, _lean_first(code, events, place).place)
    return _end_of_content(code, len(code))


def _closes_block(code: str, start: int, place: int) -> bool:
    """Say whether a bare `end` belongs to a `begin` of Lean 3, where `match` has an `end` too."""
    if code[place + len("end") : place + 80].partition("\n")[0].strip():
        return False
    words = _LEAN_BLOCK.findall(code, start, place)
    return "begin" in words and 2 * words.count("end") < len(words)


def _lean_name(code: str, head: int, end: int) -> tuple[str, int]:
    """Return the name and where the binders begin."""
    word = _LEAN_HEAD.match(code, head)
    assert word is not None
    named = None if word[0] == "example" else _LEAN_NAME.match(code, word.end(), end)
    return (named[1].rstrip("."), named.end()) if named else ("", word.end())


def _lean_statement_end(code: str, start: int, end: int) -> int:
    """Return where the statement ends: at a `:=` or a first case, outside of brackets, that no `let` waits for."""
    depth = lets = 0
    for match in _LEAN_BODY.finditer(code, start, end):
        token = match[0]
        if token in "([{⦃⟨":
            depth += 1
        elif token in ")]}⦄⟩":
            depth = max(depth - 1, 0)
        elif depth == 0 and token != ":=" and token[0] != "\n":
            lets += 1
        elif depth == 0 and token == ":=" and lets:
            lets -= 1
        elif depth == 0:
            return match.start()
    proof = _LEAN_PROOF.search(code, start, end)  # some bracket is never closed
    return proof.start() if proof else end


def _enter_or_leave(scopes: list[tuple[str, str]], scope: re.Match[str] | None) -> None:
    """Follow `namespace`, `section` and `end`; what closes nothing is passed over (a block of Lean 3)."""
    if scope is None:
        return
    command, name = scope.groups()
    if command != "end":
        scopes.append((command, name))
    elif name in [known for _, known in scopes]:
        while scopes.pop()[1] != name:
            pass


def _qualified(scopes: list[tuple[str, str]], written: str) -> str:
    if not written or written.startswith("_root_."):
        return written.removeprefix("_root_.")
    return ".".join([*(name for command, name in scopes if command == "namespace"), written])


_ISABELLE_OUTSIDE = re.compile(r"\(\*|\{\*|\\<open>|‹|\"(?:[^\"\\]|\\.)*\"|`[^`]*`", re.DOTALL)
_ISABELLE_COMMENT = re.compile(r"\(\*|\*\)")
_ISABELLE_VERBATIM = re.compile(r"\*\}")
_ISABELLE_CARTOUCHE = re.compile(r"\\<open>|‹|\\<close>|›")
_ISABELLE_MARGINAL = re.compile(r"(?:\\<comment>|\\<\^cancel>|―|--)\s{0,20}$")
_ISABELLE_HEAD = re.compile(r"(?:lemma|theorem|corollary|proposition|schematic_goal)(?![\w.'])")
_ISABELLE_PREFIX = re.compile(r"(?<![\w.'])(?:private|qualified)\s{1,20}$")
_ISABELLE_NAME = re.compile(
    r"\s*(?:\(\s*in\s+[^)\n]{1,200}\)\s*)?(?:([\w.']+)\s*)?(?:\[[^\]]{0,500}\]\s*)?:(?!:)|\s*\(\s*in\s+[^)\n]{1,200}\)"
)
_ISABELLE_PROOF = re.compile(
    r"(?<![\w.'])(?:proof|by|apply|unfolding|using|sorry|oops|supply|subgoal|including|nitpick|quickcheck|sledgehammer"
    r"|try0?|defer|prefer)(?![\w'])|(?<!\S)\.\.?(?!\S)|\\<proof>"
)
_ISABELLE_STATEMENTS = """
abbreviation axiomatization bundle class codatatype code_printing coinductive coinductive_set consts context corollary
datatype definition export_code fun function global_interpretation inductive inductive_set instance instantiation
interpretation lemma lemmas lift_definition locale named_theorems no_notation notation nominal_datatype
partial_function primcorec primrec proposition quotient_definition quotient_type record schematic_goal setup_lifting
sublocale termination theorem theorems theory type_synonym typedecl typedef unbundle private qualified
""".split()
_ISABELLE_OTHERS = """
ML ML_file begin chapter declare end hide_const hide_fact hide_type method_setup paragraph section setup subparagraph
subsection subsubsection text text_raw txt value
""".split()
_ISABELLE_COMMAND = re.compile(rf"\n([ \t]*)({'|'.join(_ISABELLE_STATEMENTS + _ISABELLE_OTHERS)})(?![\w.'])")
_ISABELLE_BLOCK = re.compile(r"(?:proof|qed)(?![\w'])")
_ISABELLE_QUOTES = re.compile(r"\\<open>|\\<close>|[\"`‹›]")


def _isabelle_theorems(text: str) -> Iterator[Theorem]:
    comments, quoted = _isabelle_spans(text)
    plain = _blanked(text, comments)
    code = _blanked(plain, quoted)
    events = _isabelle_events(code)
    end = 0
    for number, event in enumerate(events):
        if not event.is_head or event.place < end:
            continue
        end = _isabelle_end(code, events, number)
        header = event.place + len(event.word)
        named = _ISABELLE_NAME.match(code, header, end)
        body = named.end() if named else header
        proof = _ISABELLE_PROOF.search(code, body, end)
        prefix = _ISABELLE_PREFIX.search(code, max(0, event.place - 40), event.place)
        yield Theorem(
            name=(named[1] or "") if named else "",
            statement=_normal(_ISABELLE_QUOTES.sub(" ", plain[body : proof.start() if proof else end])),
            start=prefix.start() if prefix else event.place,
            end=end,
        )


def _isabelle_events(code: str) -> list[_Event]:
    """Return the first words of all commands, `lemma` wherever it stands, `proof` and `qed`, in order."""
    commands = (
        _Event(match.end(1) - 1, len(match[1]), match[2], False) for match in _ISABELLE_COMMAND.finditer("\n" + code)
    )
    blocks = (event._replace(is_head=False) for event in _heads(code, _ISABELLE_BLOCK))
    return sorted([*commands, *blocks, *_heads(code, _ISABELLE_HEAD)])


def _isabelle_spans(text: str) -> tuple[list[Span], list[Span]]:
    """Return the comments, also the marginal ones, and the insides of what is quoted."""
    comments: list[Span] = []
    quoted: list[Span] = []
    at = 0
    while match := _ISABELLE_OUTSIDE.search(text, at):
        at = match.end()
        if match[0] == "(*":
            at = _end_of_nested(text, at, _ISABELLE_COMMENT, opening=("(*",))
            comments.append((match.start(), at))
        elif match[0] == "{*":
            at = _end_of_nested(text, at, _ISABELLE_VERBATIM, opening=())
            comments.append((match.start(), at))
        elif match[0] in ("\\<open>", "‹"):
            at = _end_of_nested(text, at, _ISABELLE_CARTOUCHE, opening=("\\<open>", "‹"))
            marginal = _ISABELLE_MARGINAL.search(text, max(0, match.start() - 40), match.start())
            spans, start = (comments, marginal.start()) if marginal else (quoted, match.end())
            spans.append((start, at if marginal else max(start, at - (1 if text[at - 1] == "›" else 8))))
        else:
            quoted.append((match.start() + 1, at - 1))
    return comments, quoted


def _isabelle_end(code: str, events: Sequence[_Event], number: int) -> int:
    """Return where a theorem with its proof ends: before the next command that no open proof can contain."""
    depth = 0
    for place in range(number + 1, len(events)):
        event = events[place]
        if event.word in ("proof", "qed"):
            depth = depth + 1 if event.word == "proof" else max(depth - 1, 0)
        elif event.is_head or depth == 0 or event.word in _ISABELLE_STATEMENTS:
            return _end_of_content(code, event.place)
    return _end_of_content(code, len(code))


def _end_of_nested(text: str, at: int, marks: re.Pattern[str], *, opening: tuple[str, ...]) -> int:
    """Return where what was opened before `at` is closed; the end of the text when it never is."""
    depth = 1
    for match in marks.finditer(text, at):
        depth += 1 if match[0] in opening else -1
        if depth == 0:
            return match.end()
    return len(text)


def _blanked(text: str, spans: list[Span]) -> str:
    """Return the text with spaces in the spans, line ends kept, so that every place stays where it is."""
    pieces = []
    at = 0
    for start, end in spans:
        pieces += [text[at:start], re.sub(r"[^\n]", " ", text[start:end])]
        at = end
    return "".join([*pieces, text[at:]])


def _end_of_content(text: str, end: int) -> int:
    """Return where the last character before `end` that is no white space ends."""
    while end and text[end - 1].isspace():
        end -= 1
    return end


_TOKEN = re.compile(r"[\w'!?]+(?:\.[\w'!?]+)*|\S")


def _normal(statement: str) -> str:
    return " ".join(_TOKEN.findall(statement))
