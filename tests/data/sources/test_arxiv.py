"""arXiv: every paper of an archive or folder becomes a row with its id, license and group; damage loses one paper."""

import gzip
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from llemma.data.extract.tex import Tex
from llemma.data.sources.arxiv import Arxiv, parse_id, spdx_of
from llemma.errors import DataError
from tests.data.test_archives import tar_of

TEX = b"\\documentclass{article}\\begin{document}Let $x=1$.\\end{document}"

METADATA = [
    {
        "id": "0704.0001",
        "title": "On\n  groups",
        "categories": "math.GR math.NT",
        "license": "http://creativecommons.org/licenses/by/4.0/",
        "versions": [{"version": "v1"}, {"version": "v3"}],
    },
    {"id": "2301.00001", "title": "Rings", "categories": "math.RA", "license": None, "versions": []},
    {"id": "0704.0002", "title": "Late", "license": "http://arxiv.org/licenses/nonexclusive-distrib/1.0/"},
    {"id": "math/9901001", "title": "Old"},
]


def rows(source: Arxiv) -> list[dict[str, object]]:
    return [row for shard in source.shards() for batch in source.read(shard) for row in batch.to_pylist()]


def bulk(folder: Path, files: Mapping[str, bytes], *, name: str = "arXiv_src_2301_001.tar") -> Arxiv:
    (folder / name).write_bytes(tar_of(files))
    return Arxiv(path=[str(folder)])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("math9901001.gz", ("math/9901001", None)),
        ("hep-th9901001.tar.gz", ("hep-th/9901001", None)),
        ("math.GT0309136v2.pdf", ("math/0309136", "2")),
        ("0704.0001.gz", ("0704.0001", None)),
        ("2301.00001v12.gz", ("2301.00001", "12")),
        ("arXiv_src_2301_001.tar", None),
        ("2301.gz", None),
        ("notes.tex", None),
    ],
)
def test_ids_are_read_from_file_names(name: str, expected: tuple[str, str | None] | None) -> None:
    assert parse_id(name) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://creativecommons.org/licenses/by/4.0/", "CC-BY-4.0"),
        ("http://creativecommons.org/licenses/by-nc-sa/3.0/", "CC-BY-NC-SA-3.0"),
        ("http://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0"),
        ("http://arxiv.org/licenses/nonexclusive-distrib/1.0/", "LicenseRef-arXiv-nonexclusive-distrib-1.0"),
        ("http://a.b/c", None),
        (None, None),
    ],
)
def test_licenses_become_spdx_names(url: str | None, expected: str | None) -> None:
    assert spdx_of(url) == expected


def test_a_bulk_archive_gives_its_papers(tmp_path: Path) -> None:
    single, project = gzip.compress(TEX, mtime=0), gzip.compress(tar_of({"main.tex": TEX}), mtime=0)
    found = rows(bulk(tmp_path, {"2301/2301.00001.gz": single, "2301/2301.00002v3.gz": project}))
    assert [(row["id"], row["group"], row["raw"], row["language"]) for row in found] == [
        ("2301.00001", "2301.00001", single, "arxiv"),
        ("2301.00002", "2301.00002", project, "arxiv"),
    ]
    assert json.loads(str(found[1]["meta"])) == {
        "arxiv_id": "2301.00002",
        "version": "3",
        "yymm": "2301",
        "url": "https://arxiv.org/abs/2301.00002",
        "file": f"{tmp_path}/arXiv_src_2301_001.tar:2301/2301.00002v3.gz",
    }


def test_a_paper_of_which_there_is_only_a_pdf_is_dropped(tmp_path: Path) -> None:
    found = rows(
        bulk(tmp_path, {"2301/2301.00001.pdf": b"%PDF-1.4", "2301/2301.00002.gz": gzip.compress(TEX, mtime=0)})
    )
    assert [row["reason"] for row in found] == ["pdf_only", None]


def test_damage_loses_one_paper(tmp_path: Path) -> None:
    files = {"../2301.00001.gz": b"x", "2301/manifest.gz": b"x", "2301/2301.00002.gz": gzip.compress(TEX, mtime=0)}
    source = bulk(tmp_path, files)
    path = tmp_path / "arXiv_src_2301_001.tar"
    path.write_bytes(path.read_bytes()[: 512 * 6])
    assert [row["reason"] for row in rows(source)] == ["path_traversal", "no_arxiv_id", None, "truncated_archive"]


def test_there_is_one_shard_per_bulk_archive_in_the_order_of_names(tmp_path: Path) -> None:
    for name in ("arXiv_src_2301_002.tar", "arXiv_src_9901_001.tar", "arXiv_src_2301_001.tar"):
        (tmp_path / name).write_bytes(tar_of({}))
    shards = Arxiv(path=[str(tmp_path)]).shards()
    assert [shard.name for shard in shards] == ["arXiv_src_2301_001", "arXiv_src_2301_002", "arXiv_src_9901_001"]


def test_single_papers_are_files_or_folders(tmp_path: Path) -> None:
    (tmp_path / "old" / "math9901001" / "parts").mkdir(parents=True)
    (tmp_path / "old" / "math9901001" / "main.tex").write_bytes(TEX.replace(b"1", b"\\input{parts/one}"))
    (tmp_path / "old" / "math9901001" / "parts" / "one.tex").write_bytes(b"1")
    (tmp_path / "2301.00001.gz").write_bytes(gzip.compress(TEX, mtime=0))
    (tmp_path / "readme.txt").write_text("not a paper")
    source = Arxiv(path=[str(tmp_path)], papers_per_shard=1)
    assert [shard.name for shard in source.shards()] == ["papers_00000", "papers_00001"]
    texts = [Tex()(batch).to_pylist()[0] for shard in source.shards() for batch in source.read(shard)]
    assert [(row["id"], row["text"]) for row in texts] == [
        ("2301.00001", "Let $x=1$."),
        ("math/9901001", "Let $x=1$."),
    ]


def test_the_metadata_adds_license_title_and_categories(tmp_path: Path) -> None:
    metadata = tmp_path / "snapshot.json"
    lines = [json.dumps(record) for record in METADATA]
    metadata.write_text("\n".join([*lines[:2], "{broken", *lines[2:]]))
    (tmp_path / "in").mkdir()
    bulk(tmp_path / "in", {f"{name}.gz": b"x" for name in ("0704.0001", "0704.0002", "math9901001", "0704.0003")})
    found = rows(Arxiv(path=[str(tmp_path / "in")], metadata=str(metadata)))
    assert [row["license"] for row in found] == [
        "CC-BY-4.0",
        "LicenseRef-arXiv-nonexclusive-distrib-1.0",
        None,
        None,
    ]
    metas = [json.loads(str(row["meta"])) for row in found]
    assert [meta.get("title") for meta in metas] == ["On groups", "Late", "Old", None]
    assert (metas[0]["categories"], metas[0]["latest_version"]) == (["math.GR", "math.NT"], "3")


@pytest.mark.parametrize("name", ["nothing", "notes.tex"])
def test_a_path_without_papers_is_a_users_mistake(tmp_path: Path, name: str) -> None:
    (tmp_path / "nothing").mkdir()
    (tmp_path / "notes.tex").touch()
    with pytest.raises(DataError, match=name):
        Arxiv(path=[str(tmp_path / name)]).shards()


def test_a_missing_metadata_file_is_a_users_mistake(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such metadata"):
        Arxiv(path=[str(tmp_path)], metadata=str(tmp_path / "none.json")).shards()
