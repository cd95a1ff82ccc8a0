"""Landlock: no writes anywhere, reads only below named paths, no TCP, no signals and no sockets to the outside.

Source: the kernel's Documentation/userspace-api/landlock.rst.
"""

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

from llemma.sandbox import kernel

_EXECUTE, _READ_FILE, _READ_DIRECTORY = 1 << 0, 1 << 2, 1 << 3
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 5: 16}
"""ABI -> how many rights on files exist from it on: 13 at first, then refer, truncate, ioctl_dev."""
_NETWORK_ABI, _NETWORK_RIGHTS = 4, 0b11  # bind and connect of TCP
_SCOPE_ABI, _SCOPES = 6, 0b11  # abstract UNIX sockets, signals


def build_ruleset(readable: Iterable[Path], listable: Iterable[Path], executable: Iterable[Path] = ()) -> int:
    """Return the descriptor of a rule set that lets files below `readable` be read and `listable` be listed.

    The files in `executable` may be read and executed.

    Everything else that the kernel's version can refuse is refused. Raises OSError where there is no Landlock.
    """
    abi = kernel.landlock_abi()
    files = (1 << max(count for since, count in _FILE_RIGHTS.items() if since <= abi)) - 1
    network = _NETWORK_RIGHTS if abi >= _NETWORK_ABI else 0
    scopes = _SCOPES if abi >= _SCOPE_ABI else 0
    ruleset = kernel.landlock_create(files, network, scopes)
    for path in readable:
        _allow(ruleset, path, _READ_FILE | (_READ_DIRECTORY if path.is_dir() else 0))
    for path in listable:
        _allow(ruleset, path, _READ_DIRECTORY)
    for path in executable:
        _allow(ruleset, path, _READ_FILE | _EXECUTE)
    return ruleset


def _allow(ruleset: int, path: Path, rights: int) -> None:
    with contextlib.suppress(FileNotFoundError):
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            kernel.landlock_allow(ruleset, descriptor, rights)
        finally:
            os.close(descriptor)
