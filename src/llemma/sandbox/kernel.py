"""System calls that the standard library does not offer, by ctypes.

Why not a package: pyseccomp and its kin need the system library libseccomp; the Landlock packages for Python are betas
without a stable release. What is needed here is a dozen calls whose numbers and layouts the kernel keeps for ever.
"""

import ctypes
import errno
import functools
import os
import platform
import struct
from typing import Any

CLONE_NEWNS = 0x0002_0000
CLONE_NEWUTS = 0x0400_0000
CLONE_NEWIPC = 0x0800_0000
CLONE_NEWUSER = 0x1000_0000
CLONE_NEWPID = 0x2000_0000
CLONE_NEWNET = 0x4000_0000

MS_BIND, MS_MOVE, MS_REC, MS_PRIVATE = 0x1000, 0x2000, 0x4000, 0x4_0000
MS_NOSUID, MS_NODEV = 2, 4
MNT_DETACH = 2

PR_SET_PDEATHSIG, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 1, 22, 38
SECCOMP_MODE_FILTER = 2

_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000
_MOUNT_ATTR_RDONLY_NOSUID_NODEV = 0x1 | 0x2 | 0x4
_CAPABILITY_VERSION_3, _CAPABILITY_SETS_BYTES = 0x2008_0522, 24
# mount_setattr and the three of Landlock are younger than the common numbering: equal on every architecture
_MOUNT_SETATTR, _LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 442, 444, 445, 446
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_LANDLOCK_VERSION_FLAG = 1
_LANDLOCK_RULE_PATH_BENEATH = 1


def machine() -> str:
    """Return the architecture as the kernel names it: "x86_64", "aarch64", ..."""
    return platform.machine()


def unshare(flags: int) -> None:
    """Move this process (for a pid namespace: its future children) into new namespaces."""
    _check(_libc().unshare(flags), "unshare")


def setns(descriptor: int, flags: int) -> None:
    """Move this process into the namespace behind `descriptor`."""
    _check(_libc().setns(descriptor, flags), "setns")


def mount(source: str | None, target: str, kind: str | None, flags: int, options: str | None = None) -> None:
    """Mount a file system; the arguments are those of mount(2)."""
    result = _libc().mount(_encode(source), _encode(target), _encode(kind), ctypes.c_ulong(flags), _encode(options))
    _check(result, f"mount {target}")


def unmount(target: str, flags: int) -> None:
    """Unmount a file system."""
    _check(_libc().umount2(_encode(target), flags), f"umount {target}")


def pivot_root(new: str, old: str) -> None:
    """Make `new` the root of this mount namespace."""
    if machine() not in _PIVOT_ROOT:
        raise OSError(errno.ENOSYS, "pivot_root: unknown architecture")
    _call(_PIVOT_ROOT[machine()], _encode(new), _encode(old))


def make_read_only(path: str) -> None:
    """Make all mounts at and below `path` read-only, without set-uid programs and devices (Linux 5.12)."""
    attributes = (ctypes.c_uint64 * 4)(_MOUNT_ATTR_RDONLY_NOSUID_NODEV, 0, 0, 0)
    _call(_MOUNT_SETATTR, _AT_FDCWD, _encode(path), _AT_RECURSIVE, ctypes.byref(attributes), ctypes.sizeof(attributes))


def drop_capabilities() -> None:
    """Give up all capabilities of this thread."""
    header = struct.pack("=Ii", _CAPABILITY_VERSION_3, 0)
    _check(_libc().capset(header, bytes(_CAPABILITY_SETS_BYTES)), "capset")


def prctl(option: int, *arguments: Any) -> None:
    """Set an attribute of this process; missing arguments are 0."""
    padded = [*arguments, 0, 0, 0, 0][:4]
    longs = [ctypes.c_ulong(value) if isinstance(value, int) else value for value in padded]
    _check(_libc().prctl(option, *longs), "prctl")


def landlock_abi() -> int:
    """Return the version of Landlock. Raises OSError where the kernel has none or did not start it."""
    return _call(_LANDLOCK_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(_LANDLOCK_VERSION_FLAG))


def landlock_create(files: int, network: int, scopes: int) -> int:
    """Return the descriptor of a new rule set that refuses these rights; 0 for what an older ABI does not know."""
    values = [files, network, scopes]
    while len(values) > 1 and not values[-1]:
        values.pop()  # an older kernel refuses a longer structure only if the rest is not zero; some refuse any
    attributes = (ctypes.c_uint64 * len(values))(*values)
    size = ctypes.c_size_t(ctypes.sizeof(attributes))
    return _call(_LANDLOCK_CREATE, ctypes.byref(attributes), size, ctypes.c_uint32(0))


def landlock_allow(ruleset: int, descriptor: int, rights: int) -> None:
    """Allow `rights` at and below the file behind `descriptor`."""
    rule = ctypes.create_string_buffer(rights.to_bytes(8, "little") + descriptor.to_bytes(4, "little"), 12)
    _call(_LANDLOCK_ADD, ruleset, _LANDLOCK_RULE_PATH_BENEATH, ctypes.byref(rule), ctypes.c_uint32(0))


def landlock_restrict(ruleset: int) -> None:
    """Put this thread under the rule set, for good."""
    _call(_LANDLOCK_RESTRICT, ruleset, ctypes.c_uint32(0))


def set_seccomp_filter(program: bytes) -> None:
    """Put this thread under a BPF program of `struct sock_filter` instructions, for good."""

    instructions = ctypes.create_string_buffer(program, len(program))
    whole = struct.pack("@HP", len(program) // 8, ctypes.addressof(instructions))  # struct sock_fprog
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, whole)


@functools.cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _call(number: int, *arguments: Any) -> int:
    result: int = _libc().syscall(ctypes.c_long(number), *arguments)
    return _check(result, f"system call {number}")


def _check(result: int, what: str) -> int:
    if result == -1:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")
    return result


def _encode(text: str | None) -> bytes | None:
    return None if text is None else os.fsencode(text)
