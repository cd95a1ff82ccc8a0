"""TeX to text: files joined, comments gone, macros expanded, the right parts kept; hostile sources end quickly."""

import gzip
import json
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from llemma.data.extract.latex.tokens import tokenize
from llemma.data.extract.tex import Tex, text_of_project, text_of_tex
from llemma.data.steps import Row, to_batch
from tests.data.test_archives import tar_of

ROOT = Path(__file__).resolve().parents[3]


def text(source: str) -> str:
    return text_of_tex(source).text


def article(body: str, preamble: str = "") -> str:
    return f"\\documentclass{{article}}\n{preamble}\n\\begin{{document}}\n{body}\n\\end{{document}}\n"


def tar_gz_of(files: Mapping[str, bytes]) -> bytes:
    return gzip.compress(tar_of(files), mtime=0)


def step(raw: bytes | None, *, source: str = "", meta: Mapping[str, object] | None = None) -> dict[str, object]:
    batch = Tex()(to_batch([Row("a", source, raw=raw, meta=meta)]))
    return dict(batch.to_pylist()[0])


# Comments and verbatim text


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("one % gone\ntwo", "one\ntwo"),
        ("one% gone\n   two", "onetwo"),
        ("one% gone\n\ntwo", "one\n\ntwo"),
        ("one\n% gone\n  % gone\ntwo", "one\ntwo"),
        ("one%\n%\n%\ntwo", "onetwo"),
        (r"5\% and 6\%", r"5\% and 6\%"),
        ("a\\\\% gone\nb", "a\\\\b"),
        ("a\\\\\\% kept\nb", "a\\\\\\% kept\nb"),
        ("\\alpha%\nb", "\\alpha\nb"),
        ("a\n\\begin{comment}\nx % y\n\\end{comment}\nb", "a\n\nb"),
        ("\\verb|50%| and % gone\n.", "\\verb|50%| and\n."),
        ("\\url{http://a.b/c%20d} x", "\\url{http://a.b/c%20d} x"),
        ("\\begin{verbatim}\n% kept \\x\n\\end{verbatim}% gone", "\\begin{verbatim}\n% kept \\x\n\\end{verbatim}"),
        ("% \\begin{verbatim}\nkept % gone\n% \\end{verbatim}", "kept"),
        ("\\begin{lstlisting}[x]\na % b\n\\end{lstlisting}", "\\begin{lstlisting}[x]\na % b\n\\end{lstlisting}"),
        ("\\begin{verbatim} % no end", "\\begin{verbatim}"),
        ("a \\iffalse b \\iftrue c \\fi d \\fi e", "a  e"),
        ("a \\iffalse b \\else c \\fi d", "a  c  d"),
        ("$p \\iff q$ \\iffalse b \\fi", "$p \\iff q$"),
        ("\\newif\\ifdraft a \\ifdraft b \\else c \\fi \\drafttrue \\ifdraft d\\else e\\fi", " a  c    d"),
    ],
)
def test_comments_go_and_verbatim_text_stays(source: str, expected: str) -> None:
    assert text(source) == expected


@pytest.mark.parametrize(
    "source", ["a \\begin{x} b \\end {x} \\\\ \\{ {\\c}", "\\", "\\begin{", "}{", "\\verb", "\\verb|x", "é\\é"]
)
def test_tokens_joined_are_the_text(source: str) -> None:
    assert "".join(tokenize(source)) == source


# Macros: the expected values follow The TeXbook, chapter 20


@pytest.mark.parametrize(
    ("definition", "use", "expected"),
    [
        (r"\newcommand{\R}{\mathbb{R}}", r"$x\in\R$", r"$x\in\mathbb{R}$"),
        (r"\newcommand\R{\mathbb R}", r"$\R^n$", r"$\mathbb R^n$"),
        (r"\newcommand*{\R}{R}", r"\R\R1", "RR1"),
        (r"\def\eps{\varepsilon}", r"$\eps x\eps1$", r"$\varepsilon x\varepsilon1$"),
        (r"\newcommand{\x}{y}", r"$\in\x$ $\xi$", r"$\in y$ $\xi$"),
        (r"\newcommand{\x}{\alpha}", r"$\x{}b$", r"$\alpha{}b$"),
        (r"\newcommand{\f}[1]{\alpha#1}", r"$\f{x}y$", r"$\alpha xy$"),
        (r"\newcommand{\f}[1]{#1\alpha}", r"$\f{x}y$", r"$x\alpha y$"),
        (r"\newcommand{\norm}[1]{\|#1\|}", r"$\norm{x_{1}}+\norm y$", r"$\|x_{1}\|+\|y\|$"),
        (r"\newcommand{\ip}[2]{(#2,#1)}", r"$\ip{a}{b}$", r"$(b,a)$"),
        (r"\newcommand{\ip}[2]{(#2,#1)}", "$\\ip a\n b$", r"$(b,a)$"),
        (r"\newcommand{\d}[2][t]{d_{#1}#2}", r"$\d{x}+\d[s]{y}$", r"$d_{t}x+d_{s}y$"),
        (r"\newcommand{\d}[2][t]{d_{#1}#2}", r"$\d[{]}]{y}$", r"$d_{{]}}y$"),
        (r"\def\pair#1,#2.{(#1|#2)}", r"\pair a,b.", "(a|b)"),
        (r"\def\set#1\endset{\{#1\}}", r"$\set x,y\endset$", r"$\{x,y\}$"),
        (r"\def\set#1\endset{\{#1\}}", r"$\set{x}\endset$", r"$\{x\}$"),
        (r"\def\abs|#1|{\lvert#1\rvert}", r"$\abs|x|$", r"$\lvert x\rvert$"),
        (r"\DeclareMathOperator{\Hom}{Hom}", r"$\Hom(A,B)$", r"$\operatorname{Hom}(A,B)$"),
        (r"\DeclareMathOperator*{\argmin}{arg\,min}", r"$\argmin_x$", r"$\operatorname*{arg\,min}_x$"),
        (r"\DeclarePairedDelimiter{\abs}{\lvert}{\rvert}", r"$\abs{x}$", r"$\lvert x\rvert$"),
        (r"\DeclarePairedDelimiter{\abs}{\lvert}{\rvert}", r"$\abs*{x}$", r"$\left\lvert x\right\rvert$"),
        (r"\DeclarePairedDelimiter{\abs}{\lvert}{\rvert}", r"$\abs[\big]{x}$", r"$\big\lvert x\big\rvert$"),
        (r"\NewDocumentCommand{\inn}{O{2} m}{#2^{#1}}", r"$\inn{x}\inn[3]{y}$", r"$x^{2}y^{3}$"),
        (r"\let\phi\varphi", r"$\phi$", r"$\varphi$"),
        (r"\let\old\dagger \renewcommand{\dagger}{^\old}", r"$A\dagger$", r"$A^\dagger$"),
        (r"\newcommand{\a}{A}\newcommand{\b}{\a\a}", r"\b", "AA"),
        (r"\newcommand{\b}{\a}\newcommand{\a}{A}", r"\b", "A"),
        (r"\newcommand{\f}[1]{<#1>}\newcommand{\g}{\f}", r"\g{x}", "<x>"),
        (r"\newcommand{\f}[1]{<#1>}", r"\f{\f{x}}", "<<x>>"),
        (r"\providecommand{\x}{1}\providecommand{\x}{2}", r"\x", "1"),
        (r"\newcommand{\x}{1}\renewcommand{\x}{2}", r"\x", "2"),
        (r"\newcommand{\be}{\begin{equation}}\newcommand{\ee}{\end{equation}}", r"\be x\ee", None),
        (r"\newenvironment{eqn}{\begin{equation}}{\end{equation}}", r"\begin{eqn} x\end{eqn}", None),
        (r"\newcommand{\todo}[1]{}", r"a\todo{b}c", "ac"),
        (r"\newcommand{\etal}{et al.\xspace}", r"\etal", "et al."),
    ],
)
def test_macros_become_their_text(definition: str, use: str, expected: str | None) -> None:
    expected = expected or r"\begin{equation} x\end{equation}"
    assert text(article(use, definition)) == expected


@pytest.mark.parametrize(
    ("use", "expected"),
    [
        (r"in \R and $x\in\R$", r"in $\mathbb{R}$ and $x\in{\mathbb{R}}$"),
        (r"$x$$y$ \R $$\R$$ \R", r"$x$$y$ $\mathbb{R}$ $${\mathbb{R}}$$ $\mathbb{R}$"),
        (r"\(\R\) \R", r"\({\mathbb{R}}\) $\mathbb{R}$"),
        (r"\begin{align*}\R\end{align*} \R", r"\begin{align*}{\mathbb{R}}\end{align*} $\mathbb{R}$"),
        (r"\$5 \R", r"\$5 $\mathbb{R}$"),
        (r"$\S$ \S", r"${{\mathbb{R}}_0}$ ${\mathbb{R}}_0$"),
    ],
)
def test_macros_for_text_and_formulas_give_one_formula(use: str, expected: str) -> None:
    preamble = r"\newcommand{\R}{\ensuremath{\mathbb{R}}}\newcommand{\S}{\ensuremath{\R_0}}"
    assert text(article(use, preamble)) == expected


def test_definitions_hold_from_their_place_on() -> None:
    assert text("\\x\n\\newcommand{\\x}{1}\n\\x\n\\renewcommand{\\x}{2}\n\\x") == "\\x\n1\n2"


@pytest.mark.parametrize(
    ("begin", "end"), [("{", "}"), ("\\begingroup ", "\\endgroup "), ("\\begin{quote}", "\\end{quote}")]
)
def test_definitions_in_a_group_end_with_it(begin: str, end: str) -> None:
    found = text(f"\\def\\x{{1}}{begin}\\def\\x{{2}}\\x{end}\\x")
    assert found == f"{begin}2{end}1"


def test_global_definitions_outlive_their_group() -> None:
    assert text(r"{\gdef\x{1}\global\def\y{2}\def\z{3}}\x\y\z") == r"{}12\z"


@pytest.mark.parametrize(
    "definition",
    [
        r"\renewcommand{\section}{\clearpage}",
        r"\def\section{\@startsection{section}}",
        r"\def\foo{\ifmmode x\else y\fi}",
        r"\newcommand{\foo}{\@foo}",
    ],
)
def test_layout_and_programs_are_left(definition: str) -> None:
    body = r"\section{One} \foo"
    assert text(article(body, definition)) == body


def test_environments_with_a_name_of_their_own_keep_it() -> None:
    body = r"\begin{proof}[Idea] x \end{proof}"
    assert text(article(body, r"\newenvironment{proof}[1][Proof]{\noindent{\bf #1.}}{\hfill$\Box$}")) == body


def test_a_use_without_its_argument_stays() -> None:
    assert text("\\newcommand{\\f}[1]{<#1>}{\\f}\n\n\\f") == "{\\f}\n\n\\f"


# What is kept


def test_title_abstract_and_body_are_kept_and_the_rest_of_the_preamble_is_not() -> None:
    source = article(
        "\\maketitle\n\\begin{abstract}\nShort.\n\\end{abstract}\n\\section{One}\n\\label{one}\n"
        "See \\cite{a}, \\ref{one}.",
        "\\usepackage[x]{y}\n\\title[Short]{On $\\R$}\n\\author{A. Author}\n\\newcommand{\\R}{\\mathbb{R}}\nstray",
    )
    found = text_of_tex(source)
    assert found.title == r"On $\mathbb{R}$"
    assert found.text == (
        "\\title{On $\\mathbb{R}$}\n\n\\begin{abstract}\nShort.\n\\end{abstract}\n"
        "\\section{One}\n\\label{one}\nSee \\cite{a}, \\ref{one}."
    )


def test_an_abstract_in_the_preamble_is_kept() -> None:
    assert text(article("Body.", "\\abstract{Short.}")) == "\\abstract{Short.}\n\nBody."


@pytest.mark.parametrize(
    "bibliography",
    [
        "\\begin{thebibliography}{9}\n\\bibitem{a} A. Book\n\\end{thebibliography}",
        "\\section*{References}\n\\begin{thebibliography}{9}\n\\bibitem{a} A. Book\n\\end{thebibliography}",
        "\\bibliographystyle{plain}\n\\bibliography{refs}",
        "\\printbibliography[title=x]",
        "\\begin{references}\n\\bibitem{a} A. Book\n\\end{references}",
    ],
)
def test_the_bibliography_goes_and_the_appendix_after_it_stays(bibliography: str) -> None:
    source = article(f"Text.\n\n{bibliography}\n\n\\appendix\n\\section{{Proof}}\nMore.")
    assert text(source) == "Text.\n\n\\appendix\n\\section{Proof}\nMore."


def test_the_appendix_goes_when_asked() -> None:
    source = article("Text.\n\\appendix\n\\section{Proof}\nMore.")
    assert text_of_tex(source, keep_appendix=False).text == "Text."


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a\n\\index{x}\nb", "a\nb"),
        ("a\n\\author[1]{A}\\affil{B}\n\\subjclass[2020]{11A}\n\\thanks{C}\nb", "a\nb"),
        ("a \\index{x} b", "a  b"),
        ("a.\n\n\\index{x}\n\nb", "a.\n\nb"),
        ("a\n\\vspace*{2cm}\n\\setlength{\\parindent}{0pt}\nb", "a\nb"),
        ("a   \n\n\n\n b\t\n", "a\n\n b"),
        ("\\newtheorem{thm}{Theorem}[section]\n\\newtheorem*{lem}{Lemma}\na", "a"),
        ("The word references, and a literature list.", "The word references, and a literature list."),
    ],
)
def test_boilerplate_goes_without_a_trace(source: str, expected: str) -> None:
    assert text(source) == expected


def test_latex_209_and_plain_tex_are_read() -> None:
    old = "\\documentstyle[12pt]{article}\n\\def\\R{{\\bf R}}\n\\begin{document}\nIn $\\R$.\n\\end{document}"
    plain = "\\magnification=1200\n\\def\\R{{\\bf R}}\nIn $\\R$.\n\\bye\nnot this"
    assert text(old) == "In ${\\bf R}$."
    assert text(plain) == "\\magnification=1200\nIn ${\\bf R}$."


def test_ams_tex_is_read() -> None:
    source = (
        "\\input amstex\n\\documentstyle{amsppt}\n\\define\\x{1}\n\\topmatter\n\\title Groups\\endtitle\n"
        "\\author A. Author\\endauthor\n\\abstract Short.\\endabstract\n\\endtopmatter\n\\document\n"
        "\\head One\\endhead\nText.\n\\Refs\n\\ref\\key 1\\by A\\endref\n\\endRefs\n\\enddocument"
    )
    found = text_of_tex(source)
    assert found.title == "Groups"
    assert found.text == ("\\title Groups\\endtitle\n\n\\abstract Short.\\endabstract\n\n\\head One\\endhead\nText.")


# Projects


def test_inputs_are_put_in_their_places() -> None:
    files = {
        "main.tex": article("A\n\\input{parts/one}\nB\n\\include{two}\n\\input three.tex\nC").encode(),
        "parts/one.tex": b"one\n\\input{sub/deep}",
        "sub/deep.tex": b"deep",
        "two.tex": b"two",
        "three.tex": b"three",
        "unused.tex": b"unused",
    }
    found = text_of_project(files)
    assert found.text.split() == "A one deep B two three C".split()
    assert found.files == ("main.tex", "parts/one.tex", "sub/deep.tex", "two.tex", "three.tex")


def test_subfiles_and_imports_are_read() -> None:
    files = {
        "main.tex": article("\\subfile{s}\n\\import{dir/}{t}\n\\subimport{dir}{u}").encode(),
        "s.tex": b"\\documentclass[main]{subfiles}\n\\begin{document}\nsub\n\\end{document}",
        "dir/t.tex": b"imported",
        "dir/u.tex": b"too",
    }
    assert text_of_project(files).text.split() == "sub imported too".split()


def test_macros_of_the_authors_style_file_are_known() -> None:
    files = {
        "main.tex": article("$\\R$", "\\usepackage{amsmath,mine}").encode(),
        "mine.sty": b"\\NeedsTeXFormat{LaTeX2e}\\newcommand{\\R}{\\mathbb{R}}",
    }
    assert text_of_project(files).text == "$\\mathbb{R}$"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.tex": "Notes, much longer than the paper is.", "b.tex": article("Paper.")}, "Paper."),
        ({"x.tex": article("X."), "main.tex": article("Main.")}, "Main."),
        ({"a.tex": article("A."), "b.tex": article("B."), "00README.XXX": "b.tex toplevelfile"}, "B."),
        (
            {
                "a.tex": article("A."),
                "b.tex": article("B."),
                "00README.json": json.dumps({"sources": [{"filename": "b.tex", "usage": "toplevel"}]}),
            },
            "B.",
        ),
        ({"big.tex": "Chapter " * 9, "root.tex": "Root \\input big \\bye"}, "Root Chapter"),
        ({"a.tex": "% \\documentclass{article} \\begin{document}", "b.tex": article("B.")}, "B."),
    ],
)
def test_the_main_file_is_found(files: Mapping[str, str], expected: str) -> None:
    found = text_of_project({name: content.encode() for name, content in files.items()})
    assert found.text.startswith(expected)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("Möbius".encode(), "Möbius"),
        ("\ufeffMöbius".encode(), "Möbius"),
        ("Möbius".encode("utf-16"), "Möbius"),
        ("Möbius".encode("latin-1"), "Möbius"),
        ("\\usepackage[latin2]{inputenc}\nErdős".encode("iso8859-2"), "Erdős"),
        ("‘Möbius’".encode("cp1252"), "‘Möbius’"),
        (b"one\r\ntwo\rthree", "one\ntwo\nthree"),
    ],
)
def test_every_encoding_is_read(content: bytes, expected: str) -> None:
    assert text_of_tex(content).text == expected


def test_a_file_that_is_not_text_does_not_lose_the_paper() -> None:
    found = text_of_project({"main.tex": article("Text. \\input{bad}").encode(), "bad.tex": bytes(range(32)) * 50})
    assert found.text == "Text."
    assert found.problems["not_decodable"] == 1


# The step


def test_the_step_reads_an_archive() -> None:
    raw = tar_gz_of({"paper.tex": article("\\title{T}\nText.").encode(), "figure.eps": b"%!PS"})
    found = step(raw, meta={"url": "x"})
    assert (found["text"], found["raw"], found["reason"]) == ("\\title{T}\nText.", None, None)
    assert json.loads(str(found["meta"])) == {
        "url": "x",
        "title": "T",
        "tex": {"files": ["paper.tex"], "macros": 0, "problems": {}},
    }


def test_the_step_reads_text() -> None:
    assert step(None, source="a % b")["text"] == "a"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (tar_gz_of({"a.png": b"\x89PNG..", "b.eps": b"%!PS"}), "no_tex"),
        (tar_gz_of({"a.jpg": b"xyz"}), "no_tex"),
        (gzip.compress(b"%!PS-Adobe", mtime=0), "no_tex"),
        (b"%PDF-1.5 ...", "pdf_only"),
        (gzip.compress(b"%auto-ignore\nThis paper has been withdrawn by the author.", mtime=0), "withdrawn"),
        (gzip.compress(b"\\documentclass{article}\\begin{document}\\end{document}", mtime=0), "no_text"),
        (gzip.compress(b"\\x" * 900, mtime=0)[:20], "bad_archive"),
        (tar_gz_of({"../a.tex": b"\\x"}), "bad_archive"),
        (tar_gz_of({"a.tex": bytes(range(1, 9)) * 90}), "not_decodable"),
        (b"\\def\\a{ha}" + b"".join(b"\\def\\%c{%s}" % (98 + i, b"\\%c" % (97 + i) * 10) for i in range(20)) + b"\\u",
         "macro_bomb"),
    ],
)  # fmt: skip
def test_the_step_says_why_there_is_no_text(raw: bytes, reason: str) -> None:
    found = step(raw)
    assert (found["reason"], found["text"]) == (reason, "")


# Hostile sources: every one in seconds


@pytest.mark.parametrize(
    "source",
    [
        "\\def\\a{\\a\\a}\\a",
        "\\def\\a{x\\a}\\a",
        "\\def\\a#1{\\a{#1#1}}\\a{x}",
        "\\def\\a#1{\\a}\\a" + "x" * 300_000,
        "\\def\\a#1{<#1>}" + "\\a{" * 5_000 + "}" * 5_000,
        "\\def\\a#1#2{#1}" + "\\a{" * 5_000 + "}" * 5_000,
        "\\def\\a#1.{}" + "\\a " * 10_000,
        "\\def\\a#1{#1}" + "\\a{ " * 10_000,
        "\\newcommand{\\a}[2][x]{#1}" + "\\a[ " * 10_000,
        "\\def\\a{" + "x" * 100_000 + "}" + "\\a" * 10_000,
        "{" * 100_000 + "\\def\\x{1}\\x" + "}" * 100_000,
        "{\\def\\x{1}" * 10_000,
        "\\iffalse " * 10_000,
        "\\begin{verbatim} \\begin{Verbatim} " * 10_000,
        "\\verb|" * 10_000,
        "%" * 200_000 + "\n%" * 100_000,
        "\\" * 300_000 + "%",
        "\\index{x} " * 10_000,
        "\\begin{thebibliography}" * 10_000,
        "\\title{" * 10_000,
        " " * 1_000_000 + "x",
        "References " * 10_000,
        "\\newcommand" * 10_000,
        "\\def\\x" * 10_000,
        "\\begin" + " " * 1_000_000,
        "\\ensuremath{" * 10_000,
        "\\ensuremath{\\x" * 5_000 + "}" * 5_000,
    ],
)
@pytest.mark.timeout(30)
def test_hostile_text_ends_quickly(source: str) -> None:
    found = text_of_tex(source)
    assert len(found.text) <= 12 * len(source) + 2**21


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({"a.tex": "\\input{b} a", "b.tex": "\\input{a} b"}, "input_cycle"),
        ({"a.tex": "a \\input{a}"}, "input_cycle"),
        ({f"{i:02}.tex": f"\\input{{{i + 1:02}}} " * 2 for i in range(40)} | {"40.tex": "x" * 99}, "input_bomb"),
        ({"a.tex": "a \\input{/etc/passwd} \\input{../b}"}, "missing_input"),
        ({"a.tex": "\\input" + " " * 1_000_000, "b.tex": "\\x"}, "missing_input"),
    ],
)
def test_hostile_inputs_end_with_a_problem(files: Mapping[str, str], problem: str) -> None:
    found = text_of_project({name: content.encode() for name, content in files.items()})
    assert problem in found.problems


def test_the_same_bytes_give_the_same_text_in_any_batch() -> None:
    rows = [Row(str(number), article(f"Text {number} \\x", "\\def\\x{1}")) for number in range(4)]
    together = Tex()(to_batch(rows)).to_pylist()
    alone = [Tex()(to_batch([row])).to_pylist()[0] for row in rows]
    assert together == alone


def test_real_sources_keep_their_formulas() -> None:
    folder = Path(os.environ.get("LLEMMA_CORPUS", ROOT.parent / "shared" / "corpus")) / "latex"
    if not folder.is_dir():
        pytest.skip(f"no corpus at {folder}: set LLEMMA_CORPUS")
    lines = (folder / "stacks_project.jsonl").read_text().splitlines()
    source = json.loads(lines[0])["text"]
    found = text_of_tex(source)
    assert found.reason is None
    assert found.text.count("\\begin{proof}") == source.count("\\begin{proof}")
    assert found.text.count("$") == source.count("$")
