"""Archives: every kind gives its files, hostile ones end with a problem and at little cost."""

import gzip
import io
import struct
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
import zstandard

from llemma.data.archives import RATIO_FREE_BYTES, Limits, Member, members

FILES = {"main.tex": b"\\input{a}\n" * 90, "parts/a.tex": b"Let $x=1$.\n", "empty.tex": b""}


def tar_of(files: Mapping[str, bytes], *, kind: int = tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=kind) as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


def tar_with(name: str, kind: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        info = tarfile.TarInfo(name)
        info.type, info.linkname = kind, "/etc/hostname"
        tar.addfile(info)
        good = tarfile.TarInfo("good.tex")
        good.size = 4
        tar.addfile(good, io.BytesIO(b"good"))
    return out.getvalue()


def zip_of(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def problems(archive: bytes, limits: Limits | None = None) -> list[str | None]:
    return [member.problem for member in members(archive, limits)]


@pytest.mark.parametrize(
    "archive",
    [
        tar_of(FILES),
        tar_of(FILES, kind=tarfile.GNU_FORMAT),
        tar_of(FILES, kind=tarfile.USTAR_FORMAT),
        gzip.compress(tar_of(FILES), mtime=0),
        zstandard.compress(tar_of(FILES)),
        zip_of(FILES),
    ],
    ids=["pax", "gnu", "ustar", "gzip", "zstd", "zip"],
)
def test_every_kind_of_archive_gives_its_files(archive: bytes) -> None:
    assert list(members(archive)) == [Member(name, content) for name, content in FILES.items()]


@pytest.mark.parametrize("kind", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_long_names_come_whole(kind: int) -> None:
    files = {"folder/" * 40 + "ü.tex": b"x"}
    assert list(members(tar_of(files, kind=kind))) == [Member("folder/" * 40 + "ü.tex", b"x")]


def test_directories_are_passed_over_and_a_leading_dot_goes() -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        folder = tarfile.TarInfo("./a")
        folder.type = tarfile.DIRTYPE
        tar.addfile(folder)
        tar.addfile(tarfile.TarInfo("./a/b.tex"))
    assert [member.name for member in members(out.getvalue())] == ["a/b.tex"]


def test_a_gzip_of_one_file_is_named_after_the_archive(tmp_path: Path) -> None:
    path = tmp_path / "math9901001.gz"
    path.write_bytes(gzip.compress(b"Hello", mtime=0))
    assert list(members(path)) == [Member("math9901001", b"Hello")]


def test_a_zstd_of_several_frames_is_one_file() -> None:
    archive = zstandard.compress(b"one ") + zstandard.compress(b"two")
    assert list(members(archive)) == [Member("", b"one two")]


def test_a_file_that_is_no_archive_is_its_only_member() -> None:
    assert list(members(b"%PDF-1.5 and more")) == [Member("", b"%PDF-1.5 and more")]


def test_archives_in_archives_stay_closed() -> None:
    inner = gzip.compress(b"inner", mtime=0)
    assert list(members(tar_of({"inner.gz": inner}))) == [Member("inner.gz", inner)]


@pytest.mark.parametrize("name", ["/etc/x.tex", "../x.tex", "a/../../x.tex", "a\\..\\x.tex", "C:\\x.tex"])
@pytest.mark.parametrize("make", [tar_of, zip_of])
def test_names_that_lead_out_are_refused(name: str, make: object) -> None:
    assert callable(make)
    found = list(members(make({name: b"bad", "good..tex": b"good"})))
    assert [(member.content, member.problem) for member in found] == [(b"", "path_traversal"), (b"good", None)]


@pytest.mark.parametrize(
    ("kind", "problem"),
    [(tarfile.SYMTYPE, "link"), (tarfile.LNKTYPE, "link"), (tarfile.CHRTYPE, "device"), (tarfile.FIFOTYPE, "device")],
)
def test_links_and_devices_are_refused(kind: bytes, problem: str) -> None:
    assert list(members(tar_with("bad", kind))) == [Member("bad", b"", problem), Member("good.tex", b"good")]


def test_a_link_in_a_zip_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        link = zipfile.ZipInfo("link")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/hostname")
    assert problems(out.getvalue()) == ["link"]


def test_an_encrypted_member_is_refused() -> None:
    archive = bytearray(zip_of({"a": b"secret"}))
    archive[archive.index(b"PK\x01\x02") + 8] |= 1
    assert problems(bytes(archive)) == ["encrypted"]


@pytest.mark.parametrize("make", [tar_of, zip_of])
def test_a_member_one_byte_too_large_is_left_out(make: object) -> None:
    assert callable(make)
    archive = make({"a": b"x" * 100, "b": b"x" * 101, "c": b"x"})
    assert problems(archive, Limits(member_bytes=100)) == [None, "too_large", None]


@pytest.mark.parametrize("make", [tar_of, zip_of])
def test_members_past_the_limit_are_not_read(make: object) -> None:
    assert callable(make)
    archive = make({str(number): b"" for number in range(5)})
    assert problems(archive, Limits(members=5))[:5] == [None] * 5
    assert problems(archive, Limits(members=4))[-1] == "too_many_members"


@pytest.mark.parametrize("compress", [gzip.compress, zstandard.compress])
def test_a_bomb_ends_at_the_ratio(compress: object) -> None:
    assert callable(compress)
    archive = compress(bytes(RATIO_FREE_BYTES + 1))
    assert problems(archive) == ["bomb"]
    assert problems(archive, Limits(ratio=10**6)) == [None]


def test_a_zip_bomb_ends_at_the_ratio() -> None:
    content = bytes(RATIO_FREE_BYTES // 2)
    assert problems(zip_of({"a": content, "b": content, "c": b"x"})) == [None, None, "bomb"]


@pytest.mark.parametrize("compress", [gzip.compress, zstandard.compress, bytes])
def test_an_archive_cut_short_gives_what_is_whole(compress: object) -> None:
    assert callable(compress)
    noise = bytes(range(256)) * 4
    archive = compress(tar_of({"a": b"whole", "b": noise}))
    cut = len(archive) - 9000 if compress is bytes else len(archive) * 2 // 3
    found = list(members(archive[:cut]))
    assert (found[-1].name, found[-1].problem) == ("", "truncated_archive")
    assert found[:-1] == [Member("a", b"whole")] or compress is not bytes


@pytest.mark.parametrize("compress", [gzip.compress, zstandard.compress])
def test_a_compressed_file_cut_short_is_not_taken_for_whole(compress: object) -> None:
    assert callable(compress)
    assert problems(compress(bytes(range(256)) * 40)[:-3]) == ["truncated_archive"]


def test_a_zip_cut_short_is_reported() -> None:
    assert problems(zip_of(FILES)[:-30]) == ["truncated_archive"]


def test_damaged_bytes_are_reported() -> None:
    archive = bytearray(gzip.compress(bytes(range(256)) * 40))
    archive[12:40] = b"\xff" * 28
    assert problems(bytes(archive)) == ["damaged_archive"]


def test_a_name_header_of_any_size_is_not_read() -> None:
    header = tarfile.TarInfo("././@LongLink")
    header.type, header.size = tarfile.GNUTYPE_LONGNAME, 2**33 - 1
    assert problems(header.tobuf(tarfile.GNU_FORMAT)) == ["bomb"]


@pytest.mark.timeout(30)
def test_a_chain_of_name_headers_ends_at_the_limit_in_linear_time() -> None:
    header = tarfile.TarInfo("././@LongLink")
    header.type, header.size = tarfile.GNUTYPE_LONGNAME, 2
    link = header.tobuf(tarfile.GNU_FORMAT) + b"a".ljust(512, b"\0")
    assert problems(link * 20_000, Limits(members=20_000)) == ["too_many_members"]


@pytest.mark.parametrize("body", [b"1" * 60_000, b"0 =" * 20_000, b"7 a=b\n" + b"\xff" * 40, b"99999 path=x\n"])
def test_hostile_pax_records_do_no_harm(body: bytes) -> None:
    header = tarfile.TarInfo("pax")
    header.type, header.size = tarfile.XHDTYPE, len(body)
    archive = header.tobuf(tarfile.USTAR_FORMAT) + body.ljust(-(-len(body) // 512) * 512, b"\0") + tar_of({"a": b"x"})
    assert [member.content for member in members(archive)] == [b"x"]


def test_a_zip_with_an_endless_index_is_not_read() -> None:
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 65535, 65535, 2**31, 0, 0)
    assert problems(b"PK\x03\x04" + end) == ["too_many_members"]


def test_a_negative_size_is_damage() -> None:
    header = tarfile.TarInfo("a")
    header.size = -512
    assert problems(header.tobuf(tarfile.GNU_FORMAT)) == ["damaged_archive"]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x1f\x8b", b"\x28\xb5\x2f\xfd", bytes(512)])
def test_stumps_of_archives_never_raise(content: bytes) -> None:
    assert len(list(members(content))) == 1
