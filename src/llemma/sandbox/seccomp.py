"""The seccomp filter: a BPF program that decides about each system call by its number and arguments.

Source: the kernel's Documentation/userspace-api/seccomp_filter.rst. `struct seccomp_data` is number (4 bytes),
architecture (4), instruction pointer (8), six arguments (8 each); both known architectures are little-endian.
"""

import errno
import functools
import struct

from llemma.sandbox import kernel, syscalls

_LOAD, _JUMP_EQUAL, _JUMP_ANY_BIT, _AND, _RETURN = 0x20, 0x15, 0x45, 0x54, 0x06
_NUMBER, _ARCHITECTURE = 0, 4
_ARCHITECTURES = {"x86_64": 0xC000_003E, "aarch64": 0xC000_00B7}

_KILL, _REFUSE, _ALLOW = 0x8000_0000, 0x0005_0000, 0x7FFF_0000

_O_WRITES = 0x3 | 0x40 | 0x200 | 0x400 | 0x40_0000  # O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_APPEND, O_TMPFILE
_CLONE_THREAD = 0x100 | 0x800 | 0x1_0000  # CLONE_VM, CLONE_SIGHAND, CLONE_THREAD
_CLONE_OTHER = 0x7E02_0000 | 0x80_2000 | 0x4000 | 0x80  # CLONE_NEW*, CLONE_UNTRACED, CLONE_PTRACE, CLONE_VFORK, time
_FCNTL = (0, 1, 2, 3, 1030)  # F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_DUPFD_CLOEXEC
_IOCTL = (0x5401, 0x5413, 0x5450, 0x5451)  # TCGETS, TIOCGWINSZ (isatty), FIONCLEX, FIOCLEX
_F_SETFL, _FIONBIO = 4, 0x5421
_SIGKILL = 9
_PRCTL = (15, 16, 0x5356_4D41)  # PR_SET_NAME, PR_GET_NAME, PR_SET_VMA (names of threads and memory areas)

Instruction = tuple[int, int, int, int]
"""Code, jump if true, jump if false, constant."""


@functools.lru_cache(maxsize=4)
def build_filter(own_pid: int, *, threads: bool) -> bytes:
    """Return the program for the process `own_pid`. Raises OSError on an architecture without a table."""
    return _assemble(_bodies(own_pid, threads=threads), syscalls.numbers(kernel.machine()), _return(_KILL))


def build_filter_of_executed(own_pid: int) -> bytes:
    """Return the program for a process that next executes a program which must have threads and an event loop.

    What is not listed is answered as by a kernel that lacks it: Node tries io_uring and the like, and does without.
    """
    numbers = syscalls.numbers(kernel.machine()) | syscalls.numbers_of_executed(kernel.machine())
    bodies = _bodies(own_pid, threads=True) | {name: [_return(_ALLOW)] for name in syscalls.ALLOWED_TO_EXECUTED}
    bodies |= {
        "fcntl": [_load_argument(1), *_one_of((*_FCNTL, _F_SETFL)), _refuse(errno.EACCES)],
        "ioctl": [_load_argument(1), *_one_of((*_IOCTL, _FIONBIO)), _refuse(errno.EACCES)],
        "prctl": [_load_argument(0), *_one_of(_PRCTL), _refuse(errno.EINVAL)],
    }
    return _assemble(bodies, numbers, _refuse(errno.ENOSYS))


def _assemble(bodies: dict[str, list[Instruction]], numbers: dict[str, int], otherwise: Instruction) -> bytes:
    machine = kernel.machine()
    if machine not in _ARCHITECTURES:
        raise OSError(errno.ENOSYS, f"no table of system calls for {machine}")
    program = [_load(_ARCHITECTURE), *_unless(_ARCHITECTURES[machine], [_return(_KILL)]), _load(_NUMBER)]
    for name, body in bodies.items():
        if name in numbers:
            program += _when(numbers[name], body)
    program.append(otherwise)
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program)


def _bodies(own_pid: int, *, threads: bool) -> dict[str, list[Instruction]]:
    """Return what to do for each listed call; every body ends in a return."""
    bodies = {name: [_return(_ALLOW)] for name in syscalls.ALLOWED}
    bodies |= {name: [_refuse(errno.EACCES)] for name in syscalls.REFUSED}
    bodies |= {name: [_refuse(errno.ENOSYS)] for name in syscalls.ABSENT}
    return bodies | {
        "open": _reading_only(argument=1),
        "openat": _reading_only(argument=2),
        "clone": _thread_only(allowed=threads),
        "fcntl": [_load_argument(1), *_one_of(_FCNTL), _refuse(errno.EACCES)],
        "ioctl": [_load_argument(1), *_one_of(_IOCTL), _refuse(errno.EACCES)],
        "prctl": [_load_argument(0), *_one_of(_PRCTL), _return(_KILL)],
        "kill": _signal_to_itself(own_pid, signal_argument=1),
        "tgkill": _signal_to_itself(own_pid, signal_argument=2),
        "prlimit64": _reading_own_limits(own_pid),
    }


def _reading_only(*, argument: int) -> list[Instruction]:
    return [_load_argument(argument), (_JUMP_ANY_BIT, 0, 1, _O_WRITES), _refuse(errno.EACCES), _return(_ALLOW)]


def _thread_only(*, allowed: bool) -> list[Instruction]:
    flags = _load_argument(0)
    return [
        flags,
        (_JUMP_ANY_BIT, 0, 1, _CLONE_OTHER),
        _return(_KILL),
        (_AND, 0, 0, _CLONE_THREAD),
        (_JUMP_EQUAL, 1, 0, _CLONE_THREAD),
        _return(_KILL),
        _return(_ALLOW) if allowed else _refuse(errno.EAGAIN),
    ]


def _signal_to_itself(own_pid: int, *, signal_argument: int) -> list[Instruction]:
    """Allow signals to this process but SIGKILL, by which the zygote knows that memory was short."""
    return [
        _load_argument(0),
        (_JUMP_EQUAL, 1, 0, own_pid),
        _return(_KILL),
        _load_argument(signal_argument),
        (_JUMP_EQUAL, 0, 1, _SIGKILL),
        _return(_KILL),
        _return(_ALLOW),
    ]


def _reading_own_limits(own_pid: int) -> list[Instruction]:
    """Allow `prlimit64` of this process with a null pointer for the new limit."""
    return [
        _load_argument(0),
        (_JUMP_EQUAL, 2, 0, 0),
        (_JUMP_EQUAL, 1, 0, own_pid),
        _refuse(errno.EACCES),
        _load_argument(2),
        (_JUMP_EQUAL, 1, 0, 0),
        _refuse(errno.EACCES),
        _load_argument(2, high=True),
        (_JUMP_EQUAL, 1, 0, 0),
        _refuse(errno.EACCES),
        _return(_ALLOW),
    ]


def _one_of(values: tuple[int, ...]) -> list[Instruction]:
    return [step for value in values for step in ((_JUMP_EQUAL, 0, 1, value), _return(_ALLOW))]


def _when(number: int, body: list[Instruction]) -> list[Instruction]:
    return [(_JUMP_EQUAL, 0, len(body), number), *body]


def _unless(value: int, body: list[Instruction]) -> list[Instruction]:
    return [(_JUMP_EQUAL, len(body), 0, value), *body]


def _load(offset: int) -> Instruction:
    return (_LOAD, 0, 0, offset)


def _load_argument(index: int, *, high: bool = False) -> Instruction:
    return _load(16 + 8 * index + (4 if high else 0))


def _refuse(code: int) -> Instruction:
    return _return(_REFUSE | code)


def _return(action: int) -> Instruction:
    return (_RETURN, 0, 0, action)
