"""The files of a TeX project: which are TeX, which is the main one, which one an \\input means."""

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import orjson

from llemma.data.extract.latex.decoding import decode

MAX_FILE_BYTES = 32 * 2**20

_TEX_SUFFIXES = (".tex", ".ltx", ".latex", ".txt", "")
_INPUT_SUFFIXES = (*_TEX_SUFFIXES, ".sty", ".def", ".tikz", ".macros", ".inc")
_MAIN_NAMES = ("main", "ms", "paper", "article", "root", "manuscript", "thesis")

_ROOT = re.compile(r"^[^%\n]*\\(?:documentclass|documentstyle|begin\s*\{document\})", re.MULTILINE)
_PLAIN_ROOT = re.compile(r"^[^%\n]*\\(?:bye|end|document|enddocument|input\s*amstex|magnification)\b", re.MULTILINE)
_INPUT_NAME = re.compile(r"\\(?:input|include|subfile)(?![a-zA-Z])\s*+(?:\{\s*+)?\"?([^\s{}\"\\]+)")


@dataclass(slots=True)
class Project:
    """The files of a project by name, decoded when they are needed. `used` names those that were read."""

    files: Mapping[str, bytes]
    declared: str | None = None
    used: list[str] = field(default_factory=list)
    problems: dict[str, int] = field(default_factory=dict)
    _texts: dict[str, str | None] = field(default_factory=dict)
    _names: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in self.files:
            self._names.setdefault(name.lower(), name)
            self._names.setdefault(posixpath.basename(name).lower(), name)

    def text(self, name: str) -> str | None:
        """Return the text of a file; None when it is too large or not text, which is counted as a problem."""
        if name not in self._texts:
            content = self.files[name]
            text = decode(content, self.declared) if len(content) <= MAX_FILE_BYTES else None
            self._texts[name] = text
            if text is None:
                self.count("not_decodable" if len(content) <= MAX_FILE_BYTES else "too_large")
        return self._texts[name]

    def find(self, name: str, *, folder: str = "") -> str | None:
        """Return the file that \\input{name} means: as written, with .tex, in the folder, by its last part only."""
        name = name.strip().strip('"')
        for path in dict.fromkeys((posixpath.join(folder, name), name, posixpath.basename(name))):
            path = posixpath.normpath(path).lower()
            for candidate in (path, f"{path}.tex"):
                if candidate in self._names and candidate.endswith(_INPUT_SUFFIXES):
                    return self._names[candidate]
        return None

    def count(self, problem: str) -> None:
        """Count a problem."""
        self.problems[problem] = self.problems.get(problem, 0) + 1


def tex_names(files: Mapping[str, bytes]) -> list[str]:
    """Return the names of the files that may hold the text of a paper, in their order."""
    names = [name for name in files if posixpath.splitext(name)[1].lower() in _TEX_SUFFIXES]
    return [name for name in names if not posixpath.basename(name).lower().startswith(("00readme", ".", "license"))]


def main_file(project: Project) -> str | None:
    """Return the name of the file that TeX is run on; None when there is no TeX.

    arXiv's 00README decides. Else it is a file with \\documentclass and \\begin{document}, else one that ends or begins
    like a plain TeX document; among these one that no other file inputs, then one with a usual name, then the largest.
    """
    hinted = [name for name in _hinted(project.files) if name in project.files]
    if hinted:
        return hinted[0]
    texts = {
        name: text for name in tex_names(project.files) if (text := project.text(name)) and _may_be_tex(name, text)
    }
    if len(texts) < 2:
        return next(iter(texts), None)
    inputs = {found for text in texts.values() for name in _INPUT_NAME.findall(text) if (found := project.find(name))}
    ranked = [(_rank(name, text, is_input=name in inputs), name) for name, text in texts.items()]
    return max(ranked)[1] if ranked else None


def _may_be_tex(name: str, text: str) -> bool:
    return "\\" in text or (bool(text) and name.lower().endswith(".tex"))


def _rank(name: str, text: str, *, is_input: bool) -> tuple[int, bool, bool, int]:
    marks = len({match[0].split("\\")[-1][:8] for match in _ROOT.finditer(text)})
    is_document = 2 * marks if marks else int(bool(_PLAIN_ROOT.search(text)))
    if name.lower().endswith(".txt") and not marks:
        is_document = -1
    stem = posixpath.splitext(posixpath.basename(name))[0].lower()
    return (is_document, not is_input, stem in _MAIN_NAMES, len(text))


def _hinted(files: Mapping[str, bytes]) -> Iterator[str]:
    """Yield the names that arXiv's 00README.json or 00README.XXX calls top-level files."""
    for name, content in files.items():
        base = posixpath.basename(name).lower()
        if base == "00readme.json":
            yield from _hinted_in_json(content)
        elif base.startswith("00readme"):
            for line in content.decode("latin-1").splitlines():
                if line.split()[1:2] == ["toplevelfile"]:
                    yield line.split()[0]


def _hinted_in_json(content: bytes) -> Iterator[str]:
    try:
        readme = orjson.loads(content)
    except orjson.JSONDecodeError:
        return
    sources = readme.get("sources") if isinstance(readme, dict) else None
    for source in sources if isinstance(sources, list) else ():
        if isinstance(source, dict) and source.get("usage") == "toplevel":
            yield str(source.get("filename"))
