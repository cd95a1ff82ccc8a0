"""A TeX project as one list of tokens: every \\input, \\include, \\subfile and \\import is replaced by its file."""

import posixpath
from collections.abc import Iterator

from llemma.data.extract.latex.project import Project
from llemma.data.extract.latex.reader import Reader, SpentError
from llemma.data.extract.latex.tokens import Tokens, places_of, tokenize

MAX_INPUT_DEPTH = 30

MAX_STYLE_BYTES = 64 * 2**10
"""A larger style file is a publisher's, not the author's."""

_INPUTS = frozenset(["\\input", "\\include", "\\subfile", "\\subfileinclude"])
_IMPORTS = frozenset(["\\import", "\\subimport", "\\inputfrom", "\\includefrom", "\\subinputfrom", "\\subincludefrom"])
_PACKAGES = frozenset(["\\usepackage", "\\RequirePackage"])


def flatten(project: Project, main: str) -> Tokens:
    """Return the tokens of the main file with those of all files that it inputs in their places.

    The author's style files count as inputs. Cycles, depth past MAX_INPUT_DEPTH, files that are missing, and more text
    than four times all files are left out and counted in `project.problems`.
    """
    flattener = _Flattener(project, posixpath.dirname(main))
    flattener.add(main, ())
    return flattener.tokens


class _Flattener:
    def __init__(self, project: Project, folder: str) -> None:
        self.tokens: Tokens = []
        self._project = project
        self._folder = folder
        self._left = 4 * sum(map(len, project.files.values())) + 2**16
        has_styles = any(name.lower().endswith(".sty") for name in project.files)
        self._watched = _INPUTS | _IMPORTS | (_PACKAGES if has_styles else frozenset())

    def add(self, name: str, parents: tuple[str, ...]) -> None:
        """Append the tokens of a file and of its inputs; the depth of the recursion is limited."""
        tokens = self._tokens_of(name, parents)
        reader = Reader(tokens, 20 * len(tokens) + len(self._project.text(name) or "") // 16 + 1000)
        document = reader.document
        for place in places_of(self._watched, tokens):
            if place < document.next:
                continue
            start, document.next = document.next, place + 1
            try:
                children = list(self._children(tokens[place], reader))
            except SpentError:
                break
            if children or tokens[place] not in _PACKAGES:
                self._append(tokens[start:place])
            else:
                document.next = start
            for child in children:
                self.add(child, (*parents, name))
        self._append(tokens[document.next :])

    def _append(self, tokens: Tokens) -> None:
        """Append a list that begins and ends with text; a nameless control sequence goes between two of them."""
        if self.tokens:
            self.tokens.append("")
        self.tokens += tokens

    def _tokens_of(self, name: str, parents: tuple[str, ...]) -> Tokens:
        project = self._project
        if name in parents or len(parents) > MAX_INPUT_DEPTH:
            project.count("input_cycle")
            return [""]
        text = project.text(name) or ""
        self._left -= len(text) + 16
        if self._left < 0:
            project.count("input_bomb")
            return [""]
        if name not in project.used:
            project.used.append(name)
        tokens = tokenize(text)
        if name.endswith(".sty"):
            return [token if token not in ("\\begin{document}", "\\end{document}") else "" for token in tokens]
        return _inner(tokens) if parents else tokens

    def _children(self, command: str, reader: Reader) -> Iterator[str]:
        """Take the arguments of an input command and yield the files that they mean."""
        if command in _PACKAGES:
            reader.optional()
            for package in "".join(reader.group() or []).split(","):
                style = self._project.find(f"{package.strip()}.sty", folder=self._folder)
                if style and len(self._project.files[style]) <= MAX_STYLE_BYTES:
                    yield style
            return
        folder = "".join(reader.group() or []) if command in _IMPORTS else ""
        name = reader.group()
        written = reader.word() if name is None else "".join(name)
        found = self._project.find(posixpath.join(folder, written.strip()), folder=self._folder) if written else None
        if found:
            yield found
        else:
            self._project.count("missing_input")


def _inner(tokens: Tokens) -> Tokens:
    """Return what is between \\begin{document} and \\end{document} in a file that is also a document of its own."""
    if "\\endinput" in tokens:
        tokens = tokens[: tokens.index("\\endinput")]
    if "\\begin{document}" not in tokens:
        return tokens
    start = tokens.index("\\begin{document}") + 1
    end = tokens.index("\\end{document}", start) if "\\end{document}" in tokens[start:] else len(tokens)
    return tokens[start:end]
