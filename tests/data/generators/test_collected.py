"""Documents in the forms that a crawler, arXiv or a code host gives come out of the steps unchanged."""

import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from llemma.data.extract.tex import Tex
from llemma.data.extract.web_page import WebPage
from llemma.data.filters.prefilter import Prefilter
from llemma.data.generators import arithmetic, equations, lean_core
from llemma.data.generators.collected import REPEATED, write_crawl, write_lean_repository, write_papers
from llemma.data.sources.arxiv import Arxiv
from llemma.data.sources.repositories import Repositories
from llemma.data.sources.warc import Warc
from llemma.data.stages import run_steps
from llemma.data.steps import Source, Step
from llemma.data.worker import Watch


def _kept(source: Source, steps: Sequence[Step]) -> list[dict[str, Any]]:
    [shard] = source.shards()
    parted = [run_steps(steps, batch, 0, watch=Watch()) for batch in source.read(shard)]
    assert sum(len(dropped) for _, dropped in parted) == 0
    return [row for kept, _ in parted for row in kept.to_pylist()]


def test_word_problems_survive_as_web_pages(tmp_path: Path) -> None:
    documents = list(arithmetic.documents(2 * REPEATED, seed=3, split="train"))
    assert write_crawl(documents, tmp_path / "crawl.warc.gz") == len(documents)
    rows = _kept(Warc(path=[str(tmp_path)]), [Prefilter(), WebPage()])
    texts = [row["text"] for row in rows]
    assert len(texts) == len(documents) + 2
    assert list(dict.fromkeys(texts)) == [document.text for document in documents]


def test_equations_survive_as_papers(tmp_path: Path) -> None:
    documents = list(equations.documents(20, seed=3))
    assert write_papers(documents, tmp_path / "papers.tar") == 20
    rows = _kept(Arxiv(path=[str(tmp_path / "papers.tar")]), [Tex()])
    assert [row["text"] for row in rows] == [document.text for document in documents]
    assert rows[0]["id"] == "2304.00001"


def test_proofs_survive_as_a_repository(tmp_path: Path) -> None:
    theorems = lean_core.theorems("train", per_family=1)
    files = write_lean_repository(theorems, tmp_path / "proofs")
    rows = _kept(Repositories(path=[str(tmp_path / "proofs")], languages=["lean"]), [])
    assert len(rows) == files == len(list((tmp_path / "proofs" / "Proofs").iterdir()))
    assert {row["license"] for row in rows} == {"MIT"}
    written = "\n".join(row["text"] for row in rows)
    assert all(f"theorem {theorem.name} {theorem.statement} := {theorem.proof}" in written for theorem in theorems)


def test_the_same_documents_give_the_same_bytes(tmp_path: Path) -> None:
    documents = list(arithmetic.documents(5, seed=3, split="train"))
    for name in ("a", "b"):
        write_crawl(documents, tmp_path / f"{name}.warc.gz")
        write_papers(documents, tmp_path / f"{name}.tar")
    for suffix in (".warc.gz", ".tar"):
        assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()
    assert tarfile.is_tarfile(tmp_path / "a.tar")
