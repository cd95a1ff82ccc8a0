"""Which files a confined program may read: the interpreter's libraries, and the package directories without llemma."""

import os
import struct
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

_PACKAGE_DIRECTORIES = ("site-packages", "dist-packages")
SHARED_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache", "/usr/share/zoneinfo")
_OWN_PACKAGE = "llemma"
_ELF_64_LITTLE, _PT_INTERP = b"\x7fELF\x02\x01", 3


@dataclass(frozen=True, slots=True)
class Libraries:
    """`roots`: directories with all that is below them. `readable`: what may be read, `listable`: only listed."""

    roots: tuple[Path, ...]
    readable: tuple[Path, ...]
    listable: tuple[Path, ...]


def find_libraries() -> Libraries:
    """Return the paths of this interpreter. Call it after the imports: libraries that are mapped are among them."""
    standard = {Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib")}
    packages = {Path(entry) for entry in sys.path if Path(entry).name in _PACKAGE_DIRECTORIES}
    shared = {Path(name) for name in SHARED_LIBRARIES} | _mapped_libraries()
    listable = {path for path in standard | packages if path.is_dir()}
    children = {child for folder in listable for child in folder.iterdir() if not _is_left_out(child)}
    readable = {path for path in shared | children if path.exists()}
    return Libraries(_ordered(standard | packages | shared), _ordered(readable), _ordered(listable))


def find_loader(executable: Path) -> Path | None:
    """Return the dynamic loader that `executable` names; None for a static program.

    Raises ValueError for what is no 64-bit little-endian ELF program. Source: elf(5), PT_INTERP.
    """
    with executable.open("rb") as file:
        header = file.read(64)
        if len(header) < 64 or header[:6] != _ELF_64_LITTLE:
            raise ValueError(f"{executable} is not an ELF program for 64 bits")
        (start,), (size, count) = struct.unpack_from("<Q", header, 32), struct.unpack_from("<HH", header, 54)
        file.seek(start)
        entries = [file.read(size) for _ in range(count)]
        for entry in entries:
            if struct.unpack_from("<I", entry)[0] == _PT_INTERP:
                offset, length = struct.unpack_from("<Q", entry, 8)[0], struct.unpack_from("<Q", entry, 32)[0]
                file.seek(offset)
                return Path(os.fsdecode(file.read(length).rstrip(b"\0")))
    return None


def _is_left_out(path: Path) -> bool:
    return path.name in _PACKAGE_DIRECTORIES or path.name.startswith(_OWN_PACKAGE)


def _mapped_libraries() -> set[Path]:
    try:
        lines = Path("/proc/self/maps").read_text().splitlines()
    except OSError:
        return set()
    names = {line.split(maxsplit=5)[5] for line in lines if "/" in line}
    return {Path(name) for name in names if ".so" in name and Path(name).is_file()}


def _ordered(paths: set[Path]) -> tuple[Path, ...]:
    return tuple(sorted(paths))
