"""Confinement of a program that is executed (Node): a command line that confines itself, then becomes the program.

Two processes: the one that the caller starts only waits; its child puts the layers on and executes the program. The
child dies with the first and the first with the caller, however each of them ends.
"""

import contextlib
import functools
import os
import resource
import select
import shutil
import signal
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from llemma.errors import UserError
from llemma.sandbox import confine, kernel, landlock, namespaces, probe, seccomp
from llemma.sandbox.libraries import SHARED_LIBRARIES, find_loader
from llemma.sandbox.limits import set_limits_of_executed

_NOT_STARTED, _DIED_OF_SIGNAL = 126, 128
_FIRST_TO_DIE = "1000"
_FIRST_OTHER_DESCRIPTOR, _LAST_DESCRIPTOR = 3, 65536
_SYSTEM = (*SHARED_LIBRARIES, "/etc/ssl/openssl.cnf")  # Node does not start if it is there and cannot be read
_NAMESPACES = frozenset(("user", "network", "ipc", "pid", "mount"))
_PYTHONS_SIGNALS = (signal.SIGINT, signal.SIGPIPE, signal.SIGXFSZ)
"""Which Python handles or ignores; a program that is executed would go on ignoring them."""


def confined_command(
    argv: Sequence[str],
    *,
    readable: Sequence[Path],
    stack_mb: int = 8,
    without: Collection[str] = (),
    unsafe: bool = False,
) -> list[str]:
    """Return the command that confines itself and then executes `argv`, an ELF program with its arguments.

    The program reads `readable`, its own file and the system's libraries, and writes to its pipes; it starts in "/".
    It gets the environment that the caller gives the command. It ends when the process that started it ends or when the
    started process is killed. The exit code is the program's, 128 + n where signal n ended it, and 126 where a layer
    failed: then nothing ran, and stderr says why. `without` names layers to leave out (tests).
    `unsafe` returns `argv` as it is where the machine confines nothing; otherwise that is a UserError.
    """
    found = [layer for layer in _layers_here() if layer.name not in without]
    if not confine.is_confining(found):
        if unsafe:
            return list(argv)
        missing = ", ".join(f"{layer.name} ({layer.missing})" for layer in found if layer.missing)
        raise UserError(
            f"nothing on this machine confines {argv[0]}: {missing or 'all layers left out'}. "
            "Run in a virtual machine or on Linux 5.13 or newer; --unsafe-tools runs it all the same"
        )
    _check_stack(stack_mb)
    plan = Plan(
        executables=_find_executables(argv[0]),
        readable=tuple(str(path.absolute()) for path in readable),
        stack_mb=stack_mb,
        layers=tuple(layer.name for layer in found if layer.is_available),
    )
    return [*probe.clean_python(f"from llemma.sandbox.launch import Plan; {plan!r}.execute()"), *argv]


@dataclass(frozen=True, slots=True)
class Plan:
    """What the process that confines itself is told; its repr is Python that makes it again."""

    executables: tuple[str, ...]
    """The program, and its loader if it has one."""
    readable: tuple[str, ...]
    stack_mb: int
    layers: tuple[str, ...]

    def execute(self) -> NoReturn:
        """Execute the program that this process's arguments name, in a confined child, and end as it ends."""
        try:
            parent = self._fork()
            self._enter_namespaces()
            self._give_up_rights()
            if _has_ended(parent):  # before this process asked to die with it
                os._exit(_NOT_STARTED)
            self._restrict()
            os.execv(self.executables[0], sys.argv[1:])
        except (OSError, ValueError) as error:
            os.write(2, os.fsencode(f"{sys.argv[1]} was not started, because it could not be confined: {error}\n"))
        os._exit(_NOT_STARTED)

    def _fork(self) -> int:
        """Go on in a child; return the descriptor of its parent, which only waits."""
        caller, parent = os.pidfd_open(os.getppid()), os.pidfd_open(os.getpid())
        if not (confine.may_make_namespaces() or _NAMESPACES.isdisjoint(self.layers)):
            with contextlib.suppress(OSError):  # it may be entered and have no names for users; the others tell
                namespaces.enter_user_namespace()
        if "pid" in self.layers:
            kernel.unshare(kernel.CLONE_NEWPID)
        child = os.fork()
        if child:
            _wait_and_exit(child, caller)
        return parent

    def _enter_namespaces(self) -> None:
        os.setsid()
        with contextlib.suppress(OSError):  # of all processes, the kernel should end this one when memory is short
            Path("/proc/self/oom_score_adj").write_text(_FIRST_TO_DIE)
        if "network" in self.layers:
            kernel.unshare(kernel.CLONE_NEWNET)
        if "ipc" in self.layers:
            kernel.unshare(kernel.CLONE_NEWIPC | kernel.CLONE_NEWUTS)
        if "mount" in self.layers:
            namespaces.enter_view(map(Path, (*self.executables, *self.readable, *_SYSTEM)))
        os.chdir("/")

    def _give_up_rights(self) -> None:
        if os.geteuid() == 0 and self._nobody_can_run():
            confine.become_nobody()
        counts_threads = "user" in self.layers and os.geteuid() != 0  # the kernel does not count those of root
        if "user" in self.layers:
            kernel.unshare(kernel.CLONE_NEWUSER)
        set_limits_of_executed(stack_mb=self.stack_mb, counts_threads=counts_threads)
        confine.give_up_rights()

    def _nobody_can_run(self) -> bool:
        """Look at every file: among those that root has downloaded, some may be readable for root only."""
        folders, files = [self.executables[0]], [*self.readable]
        for path in self.readable:
            for folder, _, names in os.walk(path):
                folders.append(folder)
                files += [f"{folder}/{name}" for name in names]
        return confine.nobody_can_read(folders) and confine.nobody_can_read(files, mode=os.R_OK)

    def _restrict(self) -> None:
        if "landlock" in self.layers:
            readable = map(Path, (*self.readable, *_SYSTEM))
            kernel.landlock_restrict(landlock.build_ruleset(readable, (), executable=map(Path, self.executables)))
        os.closerange(_FIRST_OTHER_DESCRIPTOR, _LAST_DESCRIPTOR)
        for number in _PYTHONS_SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        if "seccomp" in self.layers:
            kernel.set_seccomp_filter(seccomp.build_filter_of_executed(os.getpid()))


@functools.cache
def _layers_here() -> tuple[confine.Layer, ...]:
    return probe.layers()


def _check_stack(stack_mb: int) -> None:
    hard = resource.getrlimit(resource.RLIMIT_STACK)[1]
    if hard != resource.RLIM_INFINITY and hard < stack_mb << 20:
        raise UserError(
            f"a program needs a stack of {stack_mb} MB, the hard limit here is {hard >> 20} MB. "
            f"Raise it: ulimit -Hs {stack_mb << 10}"
        )


def _find_executables(program: str) -> tuple[str, ...]:
    """Return the program's file and its loader; links are followed, for what they lead through is not shown."""
    path = shutil.which(program)
    if path is None:
        raise UserError(f"no program {program!r}. Install it, or give its path")
    executable = Path(path).resolve()
    try:
        loader = find_loader(executable)
    except (OSError, ValueError) as error:
        raise UserError(f"{program} cannot be confined: {error}. Give the program itself, not a script") from error
    return (str(executable),) if loader is None else (str(executable), str(loader))


def _wait_and_exit(child: int, caller: int) -> NoReturn:
    """Wait for the child, and exit as it did; the kernel kills it when this process ends before it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.closerange(0, 3)  # the other sides must see the end when the child ends
    ended = os.pidfd_open(child)
    if ended not in select.select([ended, caller], [], [])[0]:
        os._exit(_NOT_STARTED)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os._exit(code if code >= 0 else _DIED_OF_SIGNAL - code)


def _has_ended(process: int) -> bool:
    return bool(select.select([process], [], [], 0)[0])
