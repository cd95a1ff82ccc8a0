"""Limits on one program, and the resource limits of the kernel that back them."""

import contextlib
import math
import os
import re
import resource
from dataclasses import dataclass

THREADS = 32
_OPEN_FILES = 64
_STACK_BYTES = 8 << 20
_COUNTS_BY_NAMESPACE = (5, 14)
"""Before this Linux the threads of all of a user's programs add up, and one that must have some might get none."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one program (or one turn of a session) may use. Memory is on top of the warm interpreter's own."""

    wall_s: float = 5.0
    cpu_s: float = 5.0
    memory_mb: int = 1024
    output_bytes: int = 64 * 1024


def set_resource_limits(limits: Limits, *, base_bytes: int, whole_life: bool) -> None:
    """Set the kernel's limits for this process. `base_bytes` is the address space in use at the start.

    `whole_life`: the CPU limit is for all of the process; a session's turns are timed from outside instead.
    """
    wanted = {
        resource.RLIMIT_AS: base_bytes + (limits.memory_mb << 20),
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_NOFILE: _OPEN_FILES,
        resource.RLIMIT_NPROC: THREADS,
        resource.RLIMIT_STACK: _STACK_BYTES,
    }
    if whole_life:
        wanted[resource.RLIMIT_CPU] = math.ceil(limits.cpu_s) + 1
    for name, value in wanted.items():
        with contextlib.suppress(ValueError):  # the caller's own hard limit is lower: it stays
            resource.setrlimit(name, (value, value))


def set_limits_of_executed(*, stack_mb: int, counts_threads: bool) -> None:
    """Set the limits of a program that is executed next: no files, no core, `stack_mb` for each thread's stack.

    Memory and time are not limited here: V8 reserves far more addresses than it uses. Raises ValueError where the
    stack may not be so large.
    """
    wanted = {resource.RLIMIT_CORE: 0, resource.RLIMIT_FSIZE: 0, resource.RLIMIT_STACK: stack_mb << 20}
    wanted |= {resource.RLIMIT_MEMLOCK: 0, resource.RLIMIT_MSGQUEUE: 0}
    linux = tuple(map(int, re.findall(r"\d+", os.uname().release)[:2]))
    if counts_threads and linux >= _COUNTS_BY_NAMESPACE:
        wanted[resource.RLIMIT_NPROC] = THREADS
    for name, value in wanted.items():
        resource.setrlimit(name, (value, value))
