"""Confinement of forked programs: what the zygote prepares once, and what each child puts on before untrusted code."""

import contextlib
import json
import os
import resource
import signal
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from llemma.sandbox import kernel, landlock, namespaces, seccomp
from llemma.sandbox.libraries import Libraries, find_libraries
from llemma.sandbox.limits import Limits, set_resource_limits

LAYERS = {
    "user": "user namespace: no rights, own count of threads",
    "network": "network namespace: no network",
    "ipc": "IPC and UTS namespaces: nothing shared with other processes",
    "pid": "pid namespace: other processes are out of sight",
    "mount": "mount namespace: only the libraries are there",
    "landlock": "Landlock: no writes, reads of the libraries only",
    "seccomp": "seccomp: system calls from a list only",
}
"""Name -> what the layer does, in the order in which they are put on."""

CONFINING = ("mount", "landlock", "seccomp")
"""With none of these a program could read and write this user's files."""

_NOBODY = 65534
_FIRST_PID = 1
_CAP_SYS_ADMIN = 21
_FIRST_TO_DIE = b"1000"
_CHILD_DESCRIPTOR, _FIRST_OTHER_DESCRIPTOR, _LAST_DESCRIPTOR = 3, 5, 65536


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of the sandbox; `missing` says why it is not there, "" when it is."""

    name: str
    purpose: str
    missing: str

    @property
    def is_available(self) -> bool:
        """True when programs are confined by it."""
        return not self.missing


class Confinement:
    """Made once in a zygote of one thread, after its imports. Then `fork` and, in the child, `enter`.

    Descriptors 3 and 4 are kept free for the child's own channels; `enter` closes all above.
    """

    def __init__(self, without: Collection[str] = ()) -> None:
        """Enter the shared namespaces. May fork: the caller goes on in the child, the first of its pid namespace."""
        self._missing = dict.fromkeys(without, "left out")
        _reserve_descriptors()
        self._proc = os.open("/proc", os.O_PATH | os.O_CLOEXEC)
        self._base_bytes = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        self._pids: namespaces.PidNamespaces | None = None
        self._ruleset = -1
        libraries = find_libraries()
        self._enter_shared(libraries)
        self._is_root = os.geteuid() == 0
        self._becomes_nobody = self._is_root and nobody_can_read(libraries.listable)
        self._try("landlock", lambda: self._build_ruleset(libraries))
        self._missing.update(self._failures_in_a_trial())
        self._build_filter_ahead()

    @property
    def layers(self) -> tuple[Layer, ...]:
        """All layers, each tried out."""
        return tuple(Layer(name, purpose, self._missing.get(name, "")) for name, purpose in LAYERS.items())

    def fork(self) -> int:
        """Fork into a pid namespace of its own; 0 in the child, which must call `enter` next."""
        if self._pids is not None:
            self._pids.renew()
        return os.fork()

    def enter(self, limits: Limits, *, whole_life: bool = True) -> None:
        """Confine this process for good. Raises OSError if a layer fails: run nothing then."""
        for _, step in self._steps(limits, whole_life=whole_life):
            step()

    def _steps(self, limits: Limits, *, whole_life: bool) -> Iterator[tuple[str, Callable[[], None]]]:
        """Yield (layer, step) in the only order that works; the layers that are missing are left out."""
        steps: list[tuple[str, Callable[[], None]]] = [
            ("", self._leave_the_group),
            ("", self._become_nobody),
            ("user", lambda: kernel.unshare(kernel.CLONE_NEWUSER)),
            ("", give_up_rights),
            ("landlock", lambda: kernel.landlock_restrict(self._ruleset)),
            ("", lambda: os.closerange(_FIRST_OTHER_DESCRIPTOR, _LAST_DESCRIPTOR)),
            ("", lambda: set_resource_limits(limits, base_bytes=self._base_bytes, whole_life=whole_life)),
            ("seccomp", self._filter_calls),
        ]
        return ((layer, step) for layer, step in steps if layer not in self._missing)

    def _leave_the_group(self) -> None:
        os.setsid()
        with contextlib.suppress(OSError):  # of all processes, the kernel should end this one when memory is short
            descriptor = os.open("self/oom_score_adj", os.O_WRONLY, dir_fd=self._proc)
            os.write(descriptor, _FIRST_TO_DIE)
            os.close(descriptor)

    def _become_nobody(self) -> None:
        if self._becomes_nobody:
            become_nobody()

    def _filter_calls(self) -> None:
        kernel.set_seccomp_filter(seccomp.build_filter(os.getpid(), threads=self._counts_threads))

    def _build_filter_ahead(self) -> None:
        """Build it before the forks, where it can be: in a namespace of its own each program has the same number."""
        if self._pids is not None and "seccomp" not in self._missing:
            seccomp.build_filter(_FIRST_PID, threads=self._counts_threads)

    @property
    def _counts_threads(self) -> bool:
        """The kernel does not count root's threads; and outside a user namespace of its own it adds those of others."""
        return "user" not in self._missing and (self._becomes_nobody or not self._is_root)

    def _enter_shared(self, libraries: Libraries) -> None:
        if not may_make_namespaces():
            self._try("user", namespaces.enter_user_namespace)
        self._try("network", lambda: kernel.unshare(kernel.CLONE_NEWNET))
        self._try("ipc", lambda: kernel.unshare(kernel.CLONE_NEWIPC | kernel.CLONE_NEWUTS))
        self._try("pid", self._start_pids)
        self._try("mount", lambda: namespaces.enter_view(libraries.roots))

    def _start_pids(self) -> None:
        namespaces.become_first_process()
        self._pids = namespaces.PidNamespaces()

    def _build_ruleset(self, libraries: Libraries) -> None:
        self._ruleset = landlock.build_ruleset(libraries.readable, libraries.listable)

    def _try(self, layer: str, step: Callable[[], None]) -> None:
        if layer not in self._missing:
            try:
                step()
            except OSError as error:
                self._missing[layer] = str(error.strerror or error)

    def _failures_in_a_trial(self) -> dict[str, str]:
        """Return layer -> reason for the layers that a child cannot put on."""
        reading, writing = os.pipe()
        pid = self.fork()
        if pid == 0:
            os.dup2(writing, _CHILD_DESCRIPTOR)
            self._try_steps_and_exit()
        os.close(writing)
        os.waitpid(pid, 0)
        text = os.read(reading, 65536).decode()
        os.close(reading)
        failures: dict[str, str] = json.loads(text or '{"seccomp": "a trial process died"}')
        return failures

    def _try_steps_and_exit(self) -> NoReturn:
        failures = {}
        try:
            for layer, step in self._steps(Limits(), whole_life=True):
                try:
                    step()
                except OSError as error:
                    failures[layer] = str(error.strerror or error)
            os.write(_CHILD_DESCRIPTOR, json.dumps(failures).encode())
        finally:
            os._exit(0)


def is_confining(layers: Collection[Layer]) -> bool:
    """Return True when at least one layer keeps programs from this user's files."""
    return any(layer.is_available for layer in layers if layer.name in CONFINING)


def _reserve_descriptors() -> None:
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(_CHILD_DESCRIPTOR, _FIRST_OTHER_DESCRIPTOR):
        os.dup2(null, descriptor)
    if null >= _FIRST_OTHER_DESCRIPTOR:
        os.close(null)


def may_make_namespaces() -> bool:
    """Return True for root, but not for root of most containers: these need a user namespace first."""
    status = Path("/proc/self/status").read_text()
    effective = next(line for line in status.splitlines() if line.startswith("CapEff"))
    return bool(int(effective.split()[1], 16) >> _CAP_SYS_ADMIN & 1)


def become_nobody() -> None:
    """Give up root's user and groups for good."""
    os.setgroups([])
    os.setresgid(_NOBODY, _NOBODY, _NOBODY)
    os.setresuid(_NOBODY, _NOBODY, _NOBODY)


def give_up_rights() -> None:
    """Give up all capabilities and the ways to new ones; from here on this process dies with its parent."""
    kernel.drop_capabilities()
    kernel.prctl(kernel.PR_SET_PDEATHSIG, int(signal.SIGKILL))
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)


def nobody_can_read(paths: Iterable[Path | str], mode: int = os.R_OK | os.X_OK) -> bool:
    """Try it: a Python in root's own home is closed to others, unless the mount view has opened the way."""
    try:
        os.seteuid(_NOBODY)
    except OSError:
        return False
    try:
        return all(os.access(path, mode, effective_ids=True) for path in paths)
    finally:
        os.seteuid(0)
