"""Our generated documents in the forms in which real ones are collected: crawled web pages, TeX papers, repositories.

A recipe can so be tried from its first step on, with input of which the right outcome is known: the text that comes out
is the document that went in.
"""

import gzip
import hashlib
import html
import io
import re
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from llemma.records import Document, Theorem
from llemma.storage import atomic_file, new_directory, write_text

REPEATED = 25
"""One page in so many stands in the crawl twice, under another address."""

_DATE = "2023-04-01T00:00:00Z"

_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<script async src="https://cdn.jsdelivr.net/npm/mathjax@3/es5/tex-chtml.js"></script></head>
<body><nav class="menu"><a href="/">Home</a> <a href="/topics">Topics</a> <a href="/login">Log in</a></nav>
<main>{body}</main>
<aside class="related"><a href="/next">Next problem</a> <a href="/random">Another one</a></aside>
<footer>All rights reserved. <a href="/privacy">Privacy policy</a></footer></body></html>
"""

_PAPER = r"""\documentclass{{article}}
\usepackage{{amsmath}}
\newcommand{{\eq}}[2]{{#1 = #2}}   % what is asked, how it is worked out
\begin{{document}}
{body}
\end{{document}}
"""

_LICENSE = "SPDX-License-Identifier: MIT\n"


def write_crawl(documents: Iterable[Document], path: Path) -> int:
    """Write documents as web pages in a WARC file, `.warc.gz`. Return the number of documents.

    Formulas become MathJax's `\\(...\\)`; one page in REPEATED is there twice.
    """
    count = 0
    with atomic_file(path) as file:
        for count, document in enumerate(documents, start=1):
            page = _page(document)
            for copy in range(2 if count % REPEATED == 0 else 1):
                url = f"https://problems.example/{'copy/' * copy}{document.id}"
                file.write(gzip.compress(_warc_record(url, page), compresslevel=1, mtime=0))
    return count


def write_papers(documents: Iterable[Document], path: Path) -> int:
    """Write documents as TeX sources in a bulk file as arXiv's: a tar of gzipped papers. Return their number."""
    count = 0
    with atomic_file(path) as file, tarfile.open(fileobj=file, mode="w") as bulk:
        for count, document in enumerate(documents, start=1):
            source = _PAPER.format(body="\n".join(map(_tex_line, document.text.split("\n")))).encode()
            content = gzip.compress(source, compresslevel=1, mtime=0)
            member = tarfile.TarInfo(f"2304/2304.{count:05d}.gz")
            member.size = len(content)
            bulk.addfile(member, io.BytesIO(content))
    return count


def write_lean_repository(theorems: Iterable[Theorem], path: Path, *, file_theorems: int = 20) -> int:
    """Write theorems with their proofs as a repository of Lean files, a folder. Return the number of files."""
    count = 0
    with new_directory(path) as folder:
        write_text(folder / "LICENSE", _LICENSE)
        for count, group in enumerate(_groups(theorems, file_theorems), start=1):
            text = "\n\n".join(f"theorem {theorem.name} {theorem.statement} := {theorem.proof}" for theorem in group)
            write_text(folder / "Proofs" / f"{group[0].family}_{count}.lean", text + "\n")
    return count


def _page(document: Document) -> bytes:
    paragraphs = [_html(paragraph) for paragraph in document.text.split("\n\n")]
    body = "\n".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return _PAGE.format(title=html.escape(document.id), body=body).encode()


def _html(text: str) -> str:
    return re.sub(r"\$([^$\n]+)\$", r"\\(\1\\)", html.escape(text, quote=False)).replace("\n", "<br>\n")


def _tex_line(line: str) -> str:
    left, equals, right = line.partition(" = ")
    return f"\\eq{{{left}}}{{{right}}}" if equals else line


def _warc_record(url: str, page: bytes) -> bytes:
    http = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + page
    digest = hashlib.sha256(http + url.encode()).hexdigest()
    identity = f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}"
    head = (
        f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: {url}\r\nWARC-Date: {_DATE}\r\n"
        f"WARC-Record-ID: <urn:uuid:{identity}>\r\nContent-Type: application/http; msgtype=response\r\n"
        f"Content-Length: {len(http)}\r\n\r\n"
    )
    return head.encode() + http + b"\r\n\r\n"


def _groups(theorems: Iterable[Theorem], size: int) -> Iterator[list[Theorem]]:
    group: list[Theorem] = []
    for theorem in theorems:
        group.append(theorem)
        if len(group) == size:
            yield group
            group = []
    if group:
        yield group
