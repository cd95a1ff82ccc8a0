"""Which files of repositories become documents, with which license and group."""

import io
import json
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pydantic import ValidationError

from llemma.data.sources.repositories import ENDINGS, Repositories
from llemma.errors import DataError

COMMIT = "0123456789abcdef0123456789abcdef01234567"

MIT = (
    "Permission is hereby granted, free of charge, to any person obtaining a copy of this software. The above "
    "copyright notice and this permission notice shall be included in all copies."
)
ISC = (
    "Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby "
    "granted, provided that the above copyright notice and this permission notice appear in all copies."
)


def write(folder: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def tar(path: Path, files: dict[str, str]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            archive.addfile(info, io.BytesIO(text.encode()))
    return path


def read(*paths: Path, **settings: Any) -> dict[str, dict[str, Any]]:
    """All rows by id, `meta` parsed."""
    source = Repositories(path=[str(path) for path in paths], **settings)
    table = pa.Table.from_batches([batch for shard in source.shards() for batch in source.read(shard)])
    return {row["id"]: {**row, "meta": json.loads(row["meta"])} for row in table.to_pylist()}


def reasons(rows: dict[str, dict[str, Any]]) -> dict[str, str | None]:
    return {key: row["reason"] for key, row in rows.items()}


def test_the_languages_follow_from_the_file_endings(tmp_path: Path) -> None:
    names = {
        "a.agda": "agda", "a.h": "c", "a.v": "coq", "a.hpp": "cpp", "a.F90": "fortran", "a.gd": "gap",
        "a.hs": "haskell",
        "a.idr": "idris", "a.thy": "isabelle", "a.jl": "julia", "a.ipynb": "jupyter-notebook", "a.lean": "lean",
        "a.mpl": "maple", "a.m": "matlab", "a.py": "python", "a.R": "r", "a.tex": "tex",
    }  # fmt: skip
    rows = read(write(tmp_path / "p", {**dict.fromkeys(names, "x"), "README.md": "x", "a.txt": "x"}))
    assert {key: row["language"] for key, row in rows.items()} == {f"p/{name}": names[name] for name in names}
    assert set(names.values()) == set(ENDINGS)


def test_a_document_knows_its_repository_path_and_size(tmp_path: Path) -> None:
    rows = read(write(tmp_path / "p", {"README": "", "src/a.lean": "é\n"}))
    row = rows["p/src/a.lean"]
    assert (row["text"], row["group"], row["reason"]) == ("é\n", "p", None)
    assert row["meta"] == {"repo": "p", "path": "src/a.lean", "commit": None, "bytes": 3}


def test_a_notebook_is_handed_on_raw(tmp_path: Path) -> None:
    row = read(write(tmp_path / "p", {"a.ipynb": "{}"}))["p/a.ipynb"]
    assert (row["text"], row["raw"]) == ("", b"{}")


def test_in_a_folder_of_repositories_every_folder_and_archive_is_one(tmp_path: Path) -> None:
    write(tmp_path / "all", {"b/x.py": "1", "e/src/x.py": "5"})
    write(tmp_path / "all" / "owner", {"c/.git/HEAD": "", "c/x.py": "2", "d/.git/HEAD": "", "d/x.py": "3"})
    tar(tmp_path / "all" / "a-1.0.tar.gz", {"a-1.0/x.py": "4"})
    rows = read(tmp_path / "all")
    assert list(rows) == ["a-1.0/x.py", "b/x.py", "e/src/x.py", "owner/c/x.py", "owner/d/x.py"]
    assert [row["group"] for row in rows.values()] == ["a-1.0", "b", "e", "owner/c", "owner/d"]


def test_a_folder_with_git_is_one_repository_also_when_it_has_only_folders(tmp_path: Path) -> None:
    write(tmp_path / "p", {".git/HEAD": "x", "src/a.py": "1", "test/a.py": "2"})
    assert list(read(tmp_path / "p")) == ["p/src/a.py", "p/test/a.py"]


def test_files_beside_clones_do_not_make_their_folder_a_repository(tmp_path: Path) -> None:
    write(tmp_path / "all", {"notes.md": "", "p/.git/HEAD": "", "p/a.py": "1", "q/b.py": "2"})
    assert {row["group"] for row in read(tmp_path / "all").values()} == {"p", "q"}


def test_only_the_languages_asked_for_are_read(tmp_path: Path) -> None:
    write(tmp_path / "p", {"a.py": "1", "a.lean": "2", "a.c": "3"})
    assert list(read(tmp_path / "p", languages=["lean", "c"])) == ["p/a.c", "p/a.lean"]


def test_an_unknown_language_is_named_with_the_nearest() -> None:
    with pytest.raises(ValidationError, match=r"no language 'pyhton'\. Did you mean 'python'"):
        Repositories(path=["x"], languages=["pyhton"])


def test_an_unknown_encoding_is_refused() -> None:
    with pytest.raises(ValidationError, match="no encoding 'latin-99'"):
        Repositories(path=["x"], encoding="latin-99")


def test_other_peoples_folders_are_passed_over_at_any_depth(tmp_path: Path) -> None:
    write(tmp_path / "p", {".git/a.py": "1", "x/node_modules/y/a.py": "2", "vendor/a.py": "3", "vendors/a.py": "4"})
    assert list(read(tmp_path / "p")) == ["p/vendors/a.py"]
    archive = tar(tmp_path / "q.tgz", {"q/vendor/a.py": "1", "q/a/.git/a.py": "2", "q/a.py": "3"})
    assert list(read(archive)) == ["q/a.py"]


def test_links_are_never_followed(tmp_path: Path) -> None:
    write(tmp_path, {"secret.py": "x", "p/a.py": "1", "outside/b.py": "2"})
    (tmp_path / "p" / "link.py").symlink_to(tmp_path / "secret.py")
    (tmp_path / "p" / "folder").symlink_to(tmp_path / "outside")
    (tmp_path / "p" / "loop").symlink_to(tmp_path / "p")
    assert list(read(tmp_path / "p")) == ["p/a.py"]


def test_what_is_not_utf8_is_dropped_as_published(tmp_path: Path) -> None:
    write(tmp_path / "p", {"a.py": b"# caf\xe9", "b.py": "# café"})
    assert reasons(read(tmp_path / "p")) == {"p/a.py": "not_utf8", "p/b.py": None}


def test_another_encoding_can_be_tried(tmp_path: Path) -> None:
    write(tmp_path / "p", {"a.py": b"# caf\xe9"})
    assert read(tmp_path / "p", encoding="latin-1")["p/a.py"]["text"] == "# café"


def test_a_byte_order_mark_is_taken_off(tmp_path: Path) -> None:
    assert read(write(tmp_path / "p", {"a.py": b"\xef\xbb\xbfx"}))["p/a.py"]["text"] == "x"


def test_binary_files_are_dropped(tmp_path: Path) -> None:
    write(tmp_path / "p", {"a.m": b"MATLAB\0data", "b.m": b"x" * 8_000 + b"\0"})
    assert reasons(read(tmp_path / "p")) == {"p/a.m": "binary", "p/b.m": None}


def test_large_files_are_dropped_unread(tmp_path: Path) -> None:
    write(tmp_path / "p", {"a.py": "x" * 10, "b.py": "x" * 11})
    assert reasons(read(tmp_path / "p", max_file_bytes=10)) == {"p/a.py": None, "p/b.py": "too_large"}
    archive = tar(tmp_path / "q.tgz", {"q/a.py": "x" * 10, "q/b.py": "x" * 11})
    assert reasons(read(archive, max_file_bytes=10)) == {"q/a.py": None, "q/b.py": "too_large"}


def test_the_nearest_license_above_a_file_is_its_own(tmp_path: Path) -> None:
    write(tmp_path / "p", {"LICENSE": MIT, "a.py": "", "sub/COPYING.txt": ISC, "sub/deep/b.py": "", "c/d.py": ""})
    licenses = {key: row["license"] for key, row in read(tmp_path / "p").items()}
    assert licenses == {"p/a.py": "MIT", "p/c/d.py": "MIT", "p/sub/deep/b.py": "ISC"}


def test_a_license_that_nobody_knows_hides_the_one_above(tmp_path: Path) -> None:
    write(tmp_path / "p", {"LICENSE": MIT, "sub/LICENSE.md": "All rights reserved.", "sub/a.py": ""})
    assert read(tmp_path / "p")["p/sub/a.py"]["license"] is None


def test_two_license_files_both_count(tmp_path: Path) -> None:
    write(tmp_path / "p", {"LICENSE-MIT": MIT, "LICENSE-ISC": ISC, "a.py": ""})
    assert read(tmp_path / "p")["p/a.py"]["license"] == "ISC AND MIT"


def test_package_metadata_count_where_no_license_text_is_known(tmp_path: Path) -> None:
    write(tmp_path / "p", {"DESCRIPTION": "Package: x\nLicense: GPL (>= 3)\n", "a.R": "", "LICENSE": "See DESCRIPTION"})
    assert read(tmp_path / "p")["p/a.R"]["license"] == "GPL-3.0-or-later"


def test_metadata_without_a_license_do_not_hide_the_one_above(tmp_path: Path) -> None:
    write(tmp_path / "p", {"LICENSE": MIT, "sub/package.json": "{}", "sub/a.py": ""})
    assert read(tmp_path / "p")["p/sub/a.py"]["license"] == "MIT"


def test_source_files_about_licenses_are_no_licenses(tmp_path: Path) -> None:
    write(tmp_path / "p", {"LICENSE": MIT, "sub/license.py": "x", "sub/copyright.tex": "x", "sub/license-check.c": "x"})
    assert {row["license"] for row in read(tmp_path / "p").values()} == {"MIT"}


def test_the_folder_of_an_archive_is_no_part_of_its_paths(tmp_path: Path) -> None:
    archive = tar(tmp_path / "lib.tar.gz", {f"lib-{COMMIT}/z/a.py": "1", f"lib-{COMMIT}/zLICENSE": MIT})
    row = read(archive)["lib/z/a.py"]
    assert row["meta"] == {"repo": "lib", "path": "z/a.py", "commit": COMMIT, "bytes": 1}


def test_a_license_may_come_last_in_an_archive(tmp_path: Path) -> None:
    assert (
        read(tar(tmp_path / "q.tgz", {"q/a.py": "1", "q/b/LICENCE": MIT, "q/LICENSE": MIT}))["q/a.py"]["license"]
        == "MIT"
    )


def test_zip_archives_are_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "q.zip", "w") as archive:
        archive.writestr("q-main/a.py", "1")
        archive.writestr("other/b.py", "2")
    assert list(read(tmp_path / "q.zip")) == ["q/q-main/a.py", "q/other/b.py"]


def test_a_hostile_or_cut_archive_is_a_row_and_nothing_else_is_lost(tmp_path: Path) -> None:
    bad = tar(tmp_path / "bad.tgz", {"../../a.py": "1", "bad/b.py": "2", "../c.txt": "3"})
    cut = tar(tmp_path / "cut.tgz", {"cut/a.py": "1", "cut/b.py": "".join(map(str, range(100_000)))})
    cut.write_bytes(cut.read_bytes()[:-5_000])
    good = tar(tmp_path / "good.tgz", {"good/a.py": "1"})
    assert reasons(read(bad, cut, good)) == {
        "bad/../../a.py": "path_traversal",
        "bad/b.py": None,
        "cut/a.py": None,
        "cut/": "truncated_archive",
        "good/a.py": None,
    }


@pytest.mark.parametrize(
    ("files", "commit"),
    [
        ({"HEAD": COMMIT + "\n"}, COMMIT),
        ({"HEAD": "ref: refs/heads/main\n", "refs/heads/main": COMMIT + "\n"}, COMMIT),
        ({"HEAD": "ref: refs/heads/gone\n"}, None),
        ({"HEAD": "ref: refs/../../../commit\n"}, None),
    ],
)
def test_the_commit_of_a_clone_is_recorded(tmp_path: Path, files: dict[str, str | bytes], commit: str | None) -> None:
    write(tmp_path, {"commit": COMMIT, "p/a.py": "1"})
    write(tmp_path / "p" / ".git", files)
    assert read(tmp_path / "p")["p/a.py"]["meta"]["commit"] == commit


def test_shards_hold_a_fixed_number_of_repositories_in_order_of_name(tmp_path: Path) -> None:
    write(tmp_path, {f"{name}/a.py": "1" for name in "edcba"})
    shards = Repositories(path=[str(tmp_path)], repositories_per_shard=2).shards()
    assert [(s.name, [path.name for path in s.files]) for s in shards] == [
        ("repositories-00000", ["a", "b"]),
        ("repositories-00001", ["c", "d"]),
        ("repositories-00002", ["e"]),
    ]


def test_a_path_that_is_not_there_or_empty_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        Repositories(path=[str(tmp_path / "gone")]).shards()
    with pytest.raises(DataError, match="no repository in"):
        Repositories(path=[str(tmp_path)]).shards()


def test_two_repositories_of_one_name_are_an_error(tmp_path: Path) -> None:
    write(tmp_path, {"x/p/a.py": "1", "y/p/a.py": "2"})
    with pytest.raises(DataError, match="named 'p'"):
        Repositories(path=[str(tmp_path / "x"), str(tmp_path / "y")]).shards()


def test_file_names_that_are_not_utf8_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    with open(bytes(tmp_path / "p") + b"/caf\xe9.py", "w") as file:  # noqa: PTH123
        file.write("1")
    assert list(read(tmp_path / "p")) == ["p/caf\ufffd.py"]
