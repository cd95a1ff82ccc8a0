"""The expansion of an author's macros in a document: definitions are obeyed and taken out, uses become their text.

As in TeX, a definition holds from its place on to the end of its group, arguments are read from what follows, and what
is known to be false (\\iffalse, \\newif) is not there. Unlike TeX, all that the author did not define stays as it is.
"""

import re
from collections.abc import Set as AbstractSet

from llemma.data.extract.latex.definitions import DEFINITIONS, read_definition
from llemma.data.extract.latex.macros import PROTECTED, Macro, append
from llemma.data.extract.latex.reader import Reader, SpentError
from llemma.data.extract.latex.tokens import Tokens, is_control_word, places_of

MAX_DEPTH = 200
"""Expansions in expansions; a macro that goes deeper stays as it is from then on."""

_BOOLEAN = re.compile(r"\\(?P<name>[a-zA-Z@]+)(?P<value>true|false)")
_PREFIXES = frozenset(["\\long", "\\global", "\\protected", "\\outer"])
_GLOBAL = frozenset(["\\gdef", "\\xdef", "\\global"])
_DEFINERS = DEFINITIONS | _PREFIXES
_GROUP_BEGINS = frozenset(["{", "\\begingroup", "\\bgroup"])
_GROUP_ENDS = frozenset(["}", "\\endgroup", "\\egroup"])


class Expander:
    """Knows the macros of one document. `problems` are counted in snake_case; `is_spent` says that it gave up."""

    def __init__(self, source_tokens: int, source_size: int) -> None:
        self.problems: dict[str, int] = {}
        self.expanded = 0
        self.is_spent = False
        self._work = 30 * source_tokens + 200_000
        self._growth = 10 * source_size + 2**20
        self._macros: dict[str, Macro] = {}
        self._names: set[str] = set()  # all names that are ever defined
        self._switches: dict[str, bool] = {"\\iffalse": False, "\\iftrue": True}

    def define(self, preamble: Tokens) -> None:
        """Obey the definitions in a preamble; all else in it is passed over."""
        kinds = frozenset(preamble[1::2])
        self._collect_names(preamble, kinds)
        self._run(preamble, _DEFINERS | self._conditionals_in(kinds), expands=False)

    def expand(self, body: Tokens) -> Tokens:
        """Return the tokens of a text with all macros expanded. When work runs out, the text ends there."""
        kinds = frozenset(body[1::2])
        self._collect_names(body, kinds)
        watched = _DEFINERS | self._names | self._conditionals_in(kinds)
        if watched.isdisjoint(kinds):
            return body
        if self._is_scoped(body, kinds):
            watched |= _GROUP_BEGINS | _GROUP_ENDS
            watched |= {kind for kind in kinds if kind.startswith(("\\begin{", "\\end{"))}
        return self._run(body, watched, expands=True)

    def _run(self, tokens: Tokens, watched: AbstractSet[str], *, expands: bool) -> Tokens:
        self._out: Tokens = []
        self._scopes: list[dict[str, Macro | None] | None] = []
        self._conditionals: list[bool] = []  # those that are open: whether we decided them
        self._is_global = False
        self._watched = watched
        self._active = frozenset(watched - {"{", "}"})  # braces in an expansion are balanced
        self._expands = expands
        self._reader = Reader(tokens, self._work)
        try:
            self._walk()
        except SpentError:
            self.is_spent = True
        return self._out

    def _walk(self) -> None:
        """Visit the watched tokens; stretches without any are copied as they are."""
        document, watched = self._reader.document, self._watched
        tokens = document.tokens
        for place in places_of(watched, tokens):
            if place < document.next:
                continue
            self._copy(tokens[document.next : place])
            document.next = place + 1
            self._visit(tokens[place])
            if len(self._reader.frames) > 1:
                self._drain()
        self._copy(tokens[document.next :])

    def _drain(self) -> None:
        """Visit the tokens of expansions until all that is left is the document."""
        reader = self._reader
        while len(reader.frames) > 1:
            frame = reader.frames[-1]
            if frame.next >= len(frame.tokens):
                reader.frames.pop()
                continue
            token = frame.tokens[frame.next]
            frame.next += 1
            if token in self._watched:
                self._visit(token)
            else:
                self._copy([token])

    def _copy(self, tokens: Tokens) -> None:
        out = self._out
        if tokens and tokens[0] and tokens[0][0].isalpha() and out and is_control_word(out[-1]):
            out.append(" ")
        out += tokens

    def _emit(self, tokens: Tokens) -> None:
        while self._out and not self._out[-1]:
            self._out.pop()
        append(self._out, tokens)

    def _visit(self, token: str) -> None:
        if token == "{" or token == "}":
            self._group(token)
            return
        self._reader.charge(2)
        meaning = self._macros.get(token) if self._expands else None
        if meaning is not None:
            self._use(token, meaning)
        elif token in DEFINITIONS:
            self._obey(token)
        elif token in _PREFIXES:
            self._prefix(token)
        elif token in self._switches or token.startswith("\\if") or token in ("\\else", "\\fi"):
            self._conditional(token)
        elif (match := _BOOLEAN.fullmatch(token)) and f"\\if{match['name']}" in self._switches:
            self._switches[f"\\if{match['name']}"] = match["value"] == "true"
        else:
            self._group(token)

    # Uses

    def _use(self, token: str, meaning: Macro) -> None:
        if meaning.is_primitive:
            self._emit(meaning.tokens())
            return
        if len(self._reader.frames) > MAX_DEPTH:
            self._count("recursive_macro")
            self._macros.pop(token)
            self._emit([token])
            return
        if meaning.starred and self._reader.star():
            meaning = meaning.starred
        arguments = meaning.arguments(self._reader)
        if arguments is None:
            self._count("missing_argument")
            self._emit([token])
            return
        self.expanded += 1
        text = meaning.text(arguments)
        self._growth -= sum(map(len, text))
        if self._growth < 0:
            raise SpentError
        if not text:
            self._reader.close_gap(self._out)
        elif self._active.isdisjoint(text):
            self._emit(text)
        else:
            self._reader.push(text)

    # Groups and conditionals

    def _group(self, token: str) -> None:
        self._out.append(token)
        if token in _GROUP_BEGINS or token.startswith("\\begin{"):
            self._scopes.append(None)
        elif token in _GROUP_ENDS or token.startswith("\\end{"):
            former = self._scopes.pop() if self._scopes else None
            for name, meaning in (former or {}).items():
                self._set(name, meaning)

    def _conditional(self, token: str) -> None:
        if token in self._switches:
            if self._switches[token] or self._skip(to_else=True) == "\\else":
                self._conditionals.append(True)
        elif token == "\\fi":
            if not (self._conditionals and self._conditionals.pop()):
                self._emit([token])
            else:
                self._reader.close_gap(self._out)
        elif token == "\\else" and self._conditionals and self._conditionals[-1]:
            self._skip(to_else=False)
            self._conditionals.pop()
        else:
            if token != "\\else":
                self._conditionals.append(False)
            self._emit([token])

    def _skip(self, *, to_else: bool) -> str | None:
        """Pass over a branch that is not taken, with the \\else or \\fi that ends it; stay where there is none."""
        frame = self._reader.top()
        tokens = frame.tokens if frame else []
        start = frame.next if frame else 0
        depth = 0
        for place in range(start, len(tokens)):
            token = tokens[place]
            if token[:3] == "\\if" and token in self._watched:
                depth += 1
            elif (token == "\\fi" or (token == "\\else" and to_else)) and depth == 0:
                assert frame is not None, "its tokens were read"
                frame.next = place + 1
                self._reader.charge(place - start)
                self._reader.close_gap(self._out)
                return token
            elif token == "\\fi":
                depth -= 1
        self._reader.charge(len(tokens) - start)
        self._count("endless_conditional")
        return None

    # Definitions

    def _obey(self, token: str) -> None:
        """Take a definition and obey it; one that cannot be read stays."""
        found = read_definition(token, self._reader, self._macros)
        if found is None:
            self._count("strange_definition")
            self._emit([token])
        else:
            self._is_global |= token in _GLOBAL
            for name, meaning in found:
                if token == "\\newif":
                    self._switches[name] = False
                elif token != "\\providecommand" or name not in self._macros:
                    self._define(name, meaning)
            self._reader.close_gap(self._out)
        self._is_global = False

    def _prefix(self, token: str) -> None:
        if self._reader.peek() not in _DEFINERS:
            self._emit([token])
        elif token in _GLOBAL:
            self._is_global = True

    def _define(self, name: str, meaning: Macro | None) -> None:
        """Give a name its meaning, None for "leave it", until the group ends."""
        if name in PROTECTED or name in _DEFINERS:
            return
        if self._scopes and not self._is_global:
            scope = self._scopes[-1]
            if scope is None:
                scope = self._scopes[-1] = {}
            scope.setdefault(name, self._macros.get(name))
        self._set(name, meaning)

    def _set(self, name: str, meaning: Macro | None) -> None:
        if meaning is None:
            self._macros.pop(name, None)
        else:
            self._macros[name] = meaning

    # What there is to watch

    def _collect_names(self, tokens: Tokens, kinds: frozenset[str]) -> None:
        if kinds.isdisjoint(_DEFINERS):
            return
        for place in places_of(_DEFINERS, tokens):
            self._names |= {token for token in tokens[place + 2 : place + 5 : 2] if token[:1] == "\\"}
            if tokens[place].endswith("newenvironment"):
                name = "".join(tokens[place + 3 : place + 4])
                self._names |= {f"\\begin{{{name}}}", f"\\end{{{name}}}"}

    def _conditionals_in(self, kinds: frozenset[str]) -> set[str]:
        """Return the conditionals that are to be watched, when there is one that we can decide."""
        if not self._switches.keys() & kinds and "\\newif" not in kinds and len(self._switches) == 2:
            return set()
        names = {kind for kind in kinds if kind.startswith("\\if") and kind not in ("\\iff", "\\ifthenelse")}
        setters = {f"\\{name[3:]}{value}" for name in names for value in ("true", "false")}
        return names | setters | {"\\else", "\\fi"}

    def _is_scoped(self, body: Tokens, kinds: frozenset[str]) -> bool:
        """Tell whether a definition may be inside a group."""
        bodies = {name: meaning.tokens() for name, meaning in self._macros.items()}
        defining = {name for name, parts in bodies.items() if not _DEFINERS.isdisjoint(parts)}
        if defining and not all(defining.isdisjoint(parts) for parts in (kinds, *bodies.values())):
            return True
        if kinds.isdisjoint(_DEFINERS):
            return False
        depth = start = 0
        for place in places_of(_DEFINERS, body):
            before = body[start:place]
            depth += sum(token in _GROUP_BEGINS or token.startswith("\\begin{") for token in before)
            depth -= sum(token in _GROUP_ENDS or token.startswith("\\end{") for token in before)
            if depth:
                return True
            start = place
        return False

    def _count(self, problem: str) -> None:
        self.problems[problem] = self.problems.get(problem, 0) + 1
