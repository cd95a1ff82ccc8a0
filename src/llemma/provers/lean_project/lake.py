"""Runs Lean in a user's project: the folder and what it needs, one process per file, a time limit kept by kill."""

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

from llemma.errors import UserError
from llemma.storage import sha256_of, write_text

_ELAN = Path(".elan/bin")


@dataclass(frozen=True, slots=True)
class Run:
    """What a process left. `code` is None when it was killed at the time limit, negative when a signal ended it."""

    code: int | None
    output: bytes
    trouble: str

    @property
    def how_it_ended(self) -> str:
        """One line for a process that died."""
        code = self.code or 0
        number = -code if code < 0 else code - 128
        if number in signal.valid_signals():
            return f"Lean's process was ended by {signal.Signals(number).name}"
        return f"Lean's process ended with code {code}: {self.trouble.strip().rpartition(chr(10))[2]}".rstrip(": ")


class Lake:
    """A built Lean project. `run` may be called from several threads; `kill` ends what runs."""

    def __init__(self, folder: Path, *, command: str = "lake") -> None:
        """Look at the folder. Raises UserError with the cure when it is no project, or Lean is not installed."""
        self.folder = folder.expanduser().resolve()
        self.toolchain = _toolchain(self.folder)
        if not any((self.folder / name).exists() for name in ("lakefile.toml", "lakefile.lean")):
            raise UserError(
                f"{folder}: no lakefile. Give the top folder of a Lean project: it has lakefile.toml or .lean"
            )
        self.command = _which(command)
        manifest = self.folder / "lake-manifest.json"
        self.manifest_sha256 = sha256_of(manifest) if manifest.exists() else ""
        self._running: set[subprocess.Popen[bytes]] = set()
        self._is_closed = False
        self._lock = threading.Lock()

    def run(self, source: str, *, timeout_s: float, memory_mb: int) -> Run:
        """Check a file as `lake env lean --json` does, from the project's folder, in a process group of its own."""
        with tempfile.TemporaryDirectory(prefix="llemma-lean-") as folder:
            path = Path(folder) / f"Check{secrets.token_hex(8)}.lean"
            write_text(path, source)
            process = self._start([self.command, "env", "lean", "--json", f"--memory={memory_mb}", str(path)])
            try:
                output, trouble = process.communicate(timeout=timeout_s)
            except subprocess.TimeoutExpired:
                return Run(None, b"", "")
            finally:
                self._end(process)
        return Run(process.returncode, output, trouble.decode(errors="replace"))

    def kill(self) -> None:
        """End every process for good; a `run` that waits for one returns how it ended."""
        with self._lock:
            self._is_closed = True
            for process in self._running:
                _kill_group(process)

    def _start(self, command: list[str]) -> subprocess.Popen[bytes]:
        pipe = subprocess.PIPE
        with self._lock:
            assert not self._is_closed, "the prover was closed"
            process = subprocess.Popen(
                command,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=pipe,
                stderr=pipe,
                start_new_session=True,
            )
            self._running.add(process)
        return process

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        """Kill what is left of the group, and read its pipes to their end, so that nothing of it stays."""
        with self._lock:
            self._running.discard(process)
        _kill_group(process)
        process.communicate()


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:  # it has ended, and so have its children
        return


def _toolchain(folder: Path) -> str:
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder. Give the top folder of a Lean project")
    path = folder / "lean-toolchain"
    if not path.exists():
        raise UserError(f"{folder}: no file lean-toolchain. Give the top folder of a Lean project: it says the version")
    return path.read_text(encoding="utf-8").strip()


def _which(command: str) -> str:
    found = shutil.which(command) or shutil.which(command, path=Path.home() / _ELAN)
    if found is None:
        raise UserError(
            f"{command} is not found: Lean is not installed, or not in PATH. Install elan, Lean's installer"
        )
    return found
