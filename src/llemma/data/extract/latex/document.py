"""What of a TeX document is kept: title, abstract and text; not the preamble, the bibliography and the page set-up."""

import re

from llemma.data.extract.latex.reader import Reader, SpentError
from llemma.data.extract.latex.tokens import Tokens, places_of

_BOILERPLATE = {
    "\\" + name: arguments
    for arguments, names in {
        "": "maketitle tableofcontents listoffigures listoftables printindex makeindex newpage clearpage "
        "cleardoublepage frontmatter mainmatter backmatter makeatletter makeatother twocolumn onecolumn sloppy "
        "doublespacing singlespacing onehalfspacing raggedbottom flushbottom nologo NoBlackBoxes "
        "endmetadata topmatter endtopmatter loadbold allowdisplaybreaks linenumbers",
        "m": "pagestyle thispagestyle pagenumbering bibliographystyle graphicspath hypersetup geometry theoremstyle "
        "index glossary includeonly bibliography usetikzlibrary dedicatory refstepcounter stepcounter "
        "PMlinkescapeword PMlinkescapephrase",
        "om": "documentclass documentstyle usepackage RequirePackage addbibresource author thanks email address "
        "curraddr urladdr subjclass keywords affiliation affil institute date",
        "o": "printbibliography pagebreak nopagebreak",
        "sm": "vspace",
        "mm": "setcounter addtocounter setlength addtolength numberwithin newcolumntype markboth",
        "mmm": "addcontentsline",
        "somomo": "newtheorem",
    }.items()
    for name in names.split()
}
"""The commands that are taken out with their arguments: s a star, o one in brackets, m an ordinary one."""

_PEOPLE = frozenset(
    "\\" + name for name in "author affil address email curraddr thanks date keywords subjclass".split()
)
"""In AMS-TeX these end with a command: \\author ... \\endauthor."""

_REFERENCES = frozenset(f"\\begin{{{name}}}" for name in "thebibliography references bibdiv biblist CCSXML".split()) | {
    "\\Refs"
}
_PLAIN_ENDS = frozenset(["\\end", "\\bye"])
_APPENDIX = frozenset(["\\appendix", "\\begin{appendix}", "\\begin{appendices}", "\\appendices"])
_REFERENCES_HEADING = frozenset(["references", "bibliography", "literature", "literaturecited", "referencescited"])
_WATCHED = _BOILERPLATE.keys() | _REFERENCES | _PEOPLE | _APPENDIX
_NOT_A_LETTER = re.compile(r"\\[a-zA-Z]+|[^a-zA-Z]")
_REFERENCES_WORDS = tuple("References REFERENCES Bibliography BIBLIOGRAPHY Literature LITERATURE".split())
_REFERENCES_WORD = re.compile("|".join(_REFERENCES_WORDS))
_NEXT_PART = re.compile(r"\\(?:(?:section|chapter|part|appendix|appendices)(?![a-zA-Z])|begin\{appendi)")


def split_document(tokens: Tokens) -> tuple[Tokens, Tokens]:
    """Return the preamble and the body; all is body where neither LaTeX nor AMS-TeX says where it begins."""
    kinds = {"\\begin{document}", "\\document"}.intersection(tokens[1::2])
    for begin, end in (("\\begin{document}", "\\end{document}"), ("\\document", "\\enddocument")):
        if begin in kinds:
            start = tokens.index(begin)
            body = tokens[start + 1 :]
            return tokens[:start], body[: body.index(end)] if end in body else body
    for place in places_of(_PLAIN_ENDS, tokens):
        if tokens[place] == "\\bye" or tokens[place + 2 : place + 3] != ["{"]:
            return [""], tokens[:place]
    return [""], tokens


def front_matter(preamble: Tokens) -> Tokens:
    """Return the title and the abstract that stand in a preamble, as tokens that begin and end with text."""
    front: Tokens = [""]
    for name in ("title", "abstract"):
        for begin, end in ((f"\\{name}", f"\\end{name}"), (f"\\begin{{{name}}}", f"\\end{{{name}}}")):
            if begin in preamble:
                found = _part(preamble, preamble.index(begin), end)
                front = [*front, *found, "\n\n"] if found else front
    return front


def title_of(tokens: Tokens) -> str | None:
    """Return the argument of the first \\title, in one line."""
    if "\\title" not in tokens:
        return None
    found = _part(tokens, tokens.index("\\title"), "\\endtitle")
    title = "".join(found[1:]).removesuffix("\\endtitle").strip()
    title = title[1:-1] if title[:1] == "{" else title
    return " ".join(title.split())[:1000] or None


def clean(tokens: Tokens, *, keep_appendix: bool) -> str:
    """Return the text of an expanded body without boilerplate, authors and bibliography, in clean white space."""
    present = _WATCHED.intersection(tokens)
    if not present:
        return tidy("".join(tokens))
    kept: Tokens = []
    reader = Reader(tokens, 20 * len(tokens) + 100_000)
    document = reader.document
    closers = set(map(_closer_of, present)).intersection(tokens)
    end = len(tokens)
    try:
        for place in [place for place, token in enumerate(tokens) if token in present]:
            if place < document.next:
                continue
            token = tokens[place]
            if token in _APPENDIX and not keep_appendix:
                end = place
                break
            if token in _APPENDIX:
                continue
            kept += tokens[document.next : place]
            document.next = place + 1
            _pass_over(token, reader, closers)
            reader.close_gap(kept)
    except SpentError:
        pass
    kept += tokens[document.next : end]
    return tidy("".join(kept))


def tidy(text: str) -> str:
    """Return the text without a final list of references, blanks at line ends and more than one blank line in a row."""
    text = _without_references(text)
    if " \n" in text or "\t\n" in text:
        text = "\n".join(map(str.rstrip, text.split("\n")))
    if "\n\n\n" in text:
        text = re.sub(r"\n{3,}", "\n\n", text)
    return text.rstrip().lstrip("\n")


def _pass_over(token: str, reader: Reader, closers: set[str]) -> None:
    """Take what belongs to a command or environment that is not kept."""
    document = reader.document
    closer = _closer_of(token)
    if token in _REFERENCES:
        tokens = document.tokens
        document.next = _index(tokens, closer, document.next) + 1 if closer in closers else len(tokens)
    elif token in _PEOPLE and closer in closers and reader.peek()[:1] not in "{[":
        reader.until(closer)
    else:
        for kind in _BOILERPLATE.get(token, "m"):
            if kind == "s":
                reader.star()
            elif kind == "o":
                reader.optional()
            elif reader.peek() == "{":
                reader.group()


def _closer_of(token: str) -> str:
    return f"\\end{{{token[7:-1]}}}" if token.startswith("\\begin{") else f"\\end{token[1:]}"


def _part(tokens: Tokens, place: int, end: str) -> Tokens:
    """Return a command with its argument, or all until the command that ends it."""
    if end in tokens[place : place + 20_000]:
        return tokens[place : tokens.index(end, place) + 1]
    reader = Reader(tokens[place + 1 :], 20 * len(tokens) + 1000)
    reader.optional()
    argument = reader.group()
    return [tokens[place], "", "{", *argument, "}"] if argument is not None else []


def _index(tokens: Tokens, token: str, start: int) -> int:
    try:
        return tokens.index(token, start)
    except ValueError:
        return len(tokens)


def _without_references(text: str) -> str:
    """Leave out what follows the heading "References" up to the next section: a section's, or bare in the last half."""
    if not any(word in text for word in _REFERENCES_WORDS):  # faster than the pattern
        return text
    kept: list[str] = []
    done = 0
    for match in _REFERENCES_WORD.finditer(text):
        window = max(0, match.start() - 100)
        start = text.rfind("\n", window, match.start()) + 1 or window
        line = text[start : match.end() + 100].split("\n", 1)[0]
        is_section = "\\section" in line or "\\chapter" in line
        if start < done or not (is_section or 2 * start > len(text)):
            continue
        if _NOT_A_LETTER.sub("", line).lower() in _REFERENCES_HEADING:
            following = _NEXT_PART.search(text, match.end())
            kept.append(text[done:start])
            done = following.start() if following else len(text)
    return "".join((*kept, text[done:]))
