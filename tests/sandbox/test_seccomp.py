"""The seccomp filter of both architectures, run by a small interpreter of BPF: the other machine is not at hand."""

import errno
import struct

import pytest

from llemma.sandbox import kernel, seccomp, syscalls

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
ALLOW, KILL, REFUSE = 0x7FFF0000, 0x80000000, 0x00050000
OWN_PID = 7

DECISIONS = [
    # call, arguments, decision
    ("read", (), ALLOW),
    ("futex", (), ALLOW),
    ("openat", (0, 0, 0o2000000), ALLOW),  # O_CLOEXEC
    ("openat", (0, 0, 1), REFUSE | errno.EACCES),
    ("openat", (0, 0, 0o100), REFUSE | errno.EACCES),
    ("openat", (0, 0, 0o1000), REFUSE | errno.EACCES),
    ("openat2", (), REFUSE | errno.ENOSYS),
    ("clone3", (), REFUSE | errno.ENOSYS),
    ("clone", (0x3D0F00,), ALLOW),  # what pthread_create of glibc passes
    ("clone", (0x1200011,), KILL),  # what fork passes
    ("clone", (0x4111,), KILL),  # what vfork is
    ("clone", (0x3D0F00 | 0x10000000,), KILL),
    ("fcntl", (0, 1), ALLOW),
    ("fcntl", (0, 8), REFUSE | errno.EACCES),
    ("ioctl", (0, 0x5401), ALLOW),
    ("ioctl", (0, 0x5412), REFUSE | errno.EACCES),
    ("prctl", (15,), ALLOW),
    ("prctl", (38,), KILL),
    ("kill", (OWN_PID, 15), ALLOW),
    ("kill", (OWN_PID, 9), KILL),
    ("kill", (OWN_PID + 1, 15), KILL),
    ("kill", (2**32 - 1, 15), KILL),
    ("tgkill", (OWN_PID, 1, 6), ALLOW),
    ("tgkill", (1, 1, 6), KILL),
    ("prlimit64", (0, 7, 0), ALLOW),
    ("prlimit64", (OWN_PID, 7, 0), ALLOW),
    ("prlimit64", (1, 7, 0), REFUSE | errno.EACCES),
    ("prlimit64", (0, 7, 0x7F0000000000), REFUSE | errno.EACCES),
    ("unlinkat", (), REFUSE | errno.EACCES),
]

DECISIONS_OF_EXECUTED = [
    # call, arguments, decision
    ("execve", (), ALLOW),
    ("epoll_pwait", (), ALLOW),
    ("eventfd2", (), ALLOW),
    ("openat", (0, 0, 1), REFUSE | errno.EACCES),
    ("clone3", (), REFUSE | errno.ENOSYS),
    ("clone", (0x3D0F00,), ALLOW),
    ("clone", (0x1200011,), KILL),  # what fork passes
    ("clone", (0x4111,), KILL),  # what vfork is
    ("fcntl", (0, 4, 0x800), ALLOW),  # F_SETFL, O_NONBLOCK
    ("fcntl", (0, 8), REFUSE | errno.EACCES),
    ("ioctl", (0, 0x5421), ALLOW),  # FIONBIO
    ("ioctl", (0, 0x5412), REFUSE | errno.EACCES),
    ("prctl", (38,), REFUSE | errno.EINVAL),
    ("kill", (OWN_PID + 1, 15), KILL),
    ("prlimit64", (0, 7, 0x7F0000000000), REFUSE | errno.EACCES),
    ("unlinkat", (), REFUSE | errno.EACCES),
]


@pytest.fixture(params=ARCHITECTURES)
def machine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    name: str = request.param
    monkeypatch.setattr(kernel, "machine", lambda: name)
    seccomp.build_filter.cache_clear()
    return name


@pytest.mark.parametrize(("call", "arguments", "decision"), DECISIONS)
def test_a_call_is_decided_by_its_number_and_arguments(
    machine: str, call: str, arguments: tuple[int, ...], decision: int
) -> None:
    number = syscalls.numbers(machine)[call]
    assert decide(machine, number, arguments) == decision


def test_every_number_that_is_not_listed_kills(machine: str) -> None:
    listed = set(syscalls.numbers(machine).values())
    assert all(decide(machine, number) == KILL for number in range(1024) if number not in listed)


def test_no_listed_call_is_one_that_breaks_out(machine: str) -> None:
    dangerous = "socket connect ptrace execve execveat fork vfork unshare setns mount bpf io_uring_setup keyctl shmget"
    assert not set(dangerous.split()) & set(syscalls.numbers(machine))


@pytest.mark.parametrize(("call", "arguments", "decision"), DECISIONS_OF_EXECUTED)
def test_a_call_of_an_executed_program_is_decided_by_its_number_and_arguments(
    machine: str, call: str, arguments: tuple[int, ...], decision: int
) -> None:
    number = (syscalls.numbers(machine) | syscalls.numbers_of_executed(machine))[call]
    program = seccomp.build_filter_of_executed(OWN_PID)
    assert run(program, pack(number, ARCHITECTURES[machine], arguments)) == decision


def test_what_an_executed_program_may_not_call_is_not_there(machine: str) -> None:
    program = seccomp.build_filter_of_executed(OWN_PID)
    listed = {*syscalls.numbers(machine).values(), *syscalls.numbers_of_executed(machine).values()}
    decisions = {run(program, pack(number, ARCHITECTURES[machine])) for number in range(1024) if number not in listed}
    assert decisions == {REFUSE | errno.ENOSYS}


def test_only_execve_is_listed_of_what_breaks_out_and_for_executed_programs_only(machine: str) -> None:
    assert set(syscalls.numbers_of_executed(machine)) <= {"execve", "epoll_ctl", "epoll_wait", "epoll_pwait"}
    assert not set(syscalls.numbers_of_executed(machine).values()) & set(syscalls.numbers(machine).values())


@pytest.mark.usefixtures("machine")
def test_another_architecture_kills() -> None:
    program = seccomp.build_filter(OWN_PID, threads=True)
    assert run(program, pack(0, 0x40000003)) == KILL  # i386 on an x86_64 kernel


def test_threads_are_refused_where_they_cannot_be_counted(machine: str) -> None:
    number = syscalls.numbers(machine)["clone"]
    program = seccomp.build_filter(OWN_PID, threads=False)
    assert run(program, pack(number, ARCHITECTURES[machine], (0x3D0F00,))) == REFUSE | errno.EAGAIN


def test_an_unknown_architecture_is_an_error_that_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "machine", lambda: "riscv64")
    seccomp.build_filter.cache_clear()
    with pytest.raises(OSError, match="riscv64"):
        seccomp.build_filter(OWN_PID, threads=True)


def decide(machine: str, number: int, arguments: tuple[int, ...] = ()) -> int:
    return run(seccomp.build_filter(OWN_PID, threads=True), pack(number, ARCHITECTURES[machine], arguments))


def pack(number: int, architecture: int, arguments: tuple[int, ...] = ()) -> bytes:
    return struct.pack("<IIQ6Q", number, architecture, 0, *(*arguments, 0, 0, 0, 0, 0, 0)[:6])


def run(program: bytes, data: bytes) -> int:
    """Return what a classic BPF program returns: the few instructions that ours has."""
    instructions = list(struct.iter_unpack("=HBBI", program))
    place = accumulator = 0
    while True:
        code, if_true, if_false, constant = instructions[place]
        place += 1
        if code == 0x20:
            accumulator = int.from_bytes(data[constant : constant + 4], "little")
        elif code == 0x54:
            accumulator &= constant
        elif code == 0x15:
            place += if_true if accumulator == constant else if_false
        elif code == 0x45:
            place += if_true if accumulator & constant else if_false
        else:
            assert code == 0x06
            return int(constant)
