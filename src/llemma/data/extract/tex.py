"""TeX to text: the main file with all its inputs, comments gone, the author's macros expanded, the bibliography cut.

The text is still LaTeX: formulas, sections, environments, labels and citations stay as the author wrote them.

What differs from the published corpora (RedPajama's arxiv_cleaner.py, used unchanged by Proof-Pile-2; Proof-Pile v1),
and why:
- Files are joined where they are input, from the main file on; RedPajama joins all .tex files in the archive's order.
- Title and abstract are kept; RedPajama cuts all before the first section, and a paper without sections entirely.
- A file in another encoding is decoded; in RedPajama one file that is not UTF-8 loses the paper.
- Macros with arguments, operators, aliases and local definitions are expanded; RedPajama expands macros without
  arguments that are defined in one line, anywhere and for ever.
- The bibliography is cut where it stands, so an appendix after it stays (`keep_appendix`); RedPajama cuts all that
  follows the appendix or the bibliography.
- A comment ends its line as in TeX; RedPajama also removes the character before the percent sign.
- Length and language are left to filters of their own (Proof-Pile v1 asks for 280 characters and for English here).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar, Literal

import orjson
import pyarrow as pa

from llemma.data.archives import Limits, members
from llemma.data.extract.latex.decoding import declared_encoding
from llemma.data.extract.latex.document import clean, front_matter, split_document, title_of
from llemma.data.extract.latex.ensured import without_ensuremath
from llemma.data.extract.latex.expander import Expander
from llemma.data.extract.latex.inputs import flatten
from llemma.data.extract.latex.project import Project, main_file
from llemma.data.steps import Step, replaced
from llemma.storage import valid_unicode

LIMITS = Limits(members=20_000, member_bytes=64 * 2**20, total_bytes=512 * 2**20)
"""What the source of one paper may cost."""


_NOT_TEX = (b"%PDF", b"%!PS", b"<!DOCTYPE", b"<html", b"\x89PNG", b"PK\x03\x04")


@dataclass(frozen=True, slots=True)
class TexText:
    """The text of a TeX document, or the reason why there is none, and how it was got.

    Reasons: no_tex, not_decodable, macro_bomb (its macros grow past ten times the source), no_text.
    `problems` are things passed over, counted in snake_case.
    """

    text: str = ""
    title: str | None = None
    files: tuple[str, ...] = ()
    macros: int = 0
    """How many uses of macros were expanded."""
    problems: Mapping[str, int] = field(default_factory=dict)
    reason: str | None = None


def text_of_project(files: Mapping[str, bytes], *, keep_appendix: bool = True) -> TexText:
    """Return the text of a paper from the files of its source, by name.

    Never raises for what the files contain. Work and result are linear in their size.
    """
    declared = next((found for content in files.values() if (found := declared_encoding(content))), None)
    project = Project(files, declared)
    main = main_file(project)
    if main is None:
        return TexText(problems=project.problems, reason="not_decodable" if project.problems else "no_tex")
    tokens = flatten(project, main)
    preamble, body = split_document(tokens)
    expander = Expander(len(tokens), sum(map(len, tokens)))
    expander.define(preamble)
    expanded = without_ensuremath(expander.expand([*front_matter(preamble), "", *body]))
    text = clean(expanded, keep_appendix=keep_appendix)
    return TexText(
        text=text if not expander.is_spent else "",
        title=title_of(expanded),
        files=tuple(project.used),
        macros=expander.expanded,
        problems=project.problems | expander.problems,
        reason="macro_bomb" if expander.is_spent else None if text else "no_text",
    )


def text_of_tex(source: str | bytes, *, keep_appendix: bool = True) -> TexText:
    """Return the text of one TeX file, which need not be a whole document: then all of it is kept."""
    content = valid_unicode(source).encode() if isinstance(source, str) else source
    return text_of_project({"main.tex": content}, keep_appendix=keep_appendix)


class Tex(Step):
    """Fills `text` from the TeX source in `raw`, an archive or a single file, or else in `text`.

    Reasons: no_tex, no_text, not_decodable, macro_bomb, bad_archive, pdf_only, withdrawn. `meta` gets the title when
    it has none, and under "tex" the files that were used, the number of expanded macros, and problems.
    """

    version: ClassVar[int] = 1

    step: Literal["tex"] = "tex"
    keep_appendix: bool = True
    """Appendices stay; the bibliography never does."""

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return the batch with the text of each paper; `raw` is emptied."""
        texts: list[str] = []
        reasons: list[str | None] = []
        metas: list[str] = []
        columns = (batch.column(name).to_pylist() for name in ("text", "raw", "meta"))
        for source, raw, meta in zip(*columns, strict=True):
            found = self._text_of(source, raw)
            texts.append(found.text if found.reason is None else "")
            reasons.append(found.reason)
            metas.append(_with_meta(meta, found))
        raws = [None] * batch.num_rows
        return replaced(batch, text=texts, raw=raws, meta=metas, reason=reasons)

    def _text_of(self, source: str, raw: bytes | None) -> TexText:
        if raw is None:
            return text_of_tex(source, keep_appendix=self.keep_appendix)
        files, problems = _files_of(raw)
        reason = _odd_kind(files, problems)
        if reason:
            return TexText(problems=problems, reason=reason)
        found = text_of_project(files, keep_appendix=self.keep_appendix)
        return replace(found, problems={**problems, **found.problems})


def _files_of(raw: bytes) -> tuple[dict[str, bytes], dict[str, int]]:
    """Return the files of a source by name, and how often each problem of the archive was met."""
    files: dict[str, bytes] = {}
    problems: dict[str, int] = {}
    for member in members(raw, LIMITS):
        if member.problem:
            problems[member.problem] = problems.get(member.problem, 0) + 1
        else:
            files.setdefault(member.name or "main.tex", member.content)
    return files, problems


def _odd_kind(files: Mapping[str, bytes], problems: Mapping[str, int]) -> str | None:
    """Return the reason for a source that is no TeX project at all."""
    if not any(files.values()):
        return "bad_archive" if problems else "no_text"
    contents = [content for content in files.values() if content]
    if all(content.startswith(b"%PDF") for content in contents):
        return "pdf_only"
    if len(contents) == 1 and len(contents[0]) < 4096 and b"withdrawn" in contents[0].lower():
        return "withdrawn"
    if all(content.startswith(_NOT_TEX) for content in contents):
        return "no_tex"
    return None


def _with_meta(meta: str | None, found: TexText) -> str:
    known = orjson.loads(meta or "{}")
    if found.title:
        known.setdefault("title", found.title)
    known["tex"] = {"files": found.files, "macros": found.macros, "problems": found.problems}
    return orjson.dumps(known).decode()
