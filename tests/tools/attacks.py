"""Programs that try to break out, and how each must end. A program that succeeds prints BREACH."""

import platform
from dataclasses import dataclass

X86_64 = platform.machine() == "x86_64"
SECRET = "BREACH-secret"
FILE_PREFIX = "llemma_attack_"


@dataclass(frozen=True, slots=True)
class Attack:
    """A program and the statuses that it may end with; several where the kernel or Python decides which comes first."""

    name: str
    source: str
    statuses: str
    answer: str | None = None


def _raw(name: str, x86_64: int, aarch64: int, *arguments: int | str) -> Attack:
    """A system call by its number, past all of Python's own checks."""
    number = x86_64 if X86_64 else aarch64
    values = ", ".join(map(str, arguments or (0, 0, 0, 0, 0, 0)))
    source = f"import ctypes\nctypes.CDLL(None).syscall({number}, {values})\nprint('BREACH')"
    return Attack(f"system call {name}", source, "forbidden")


def _open(path: str) -> Attack:
    return Attack(f"read {path}", f"print('BREACH', open({path!r}).read())", "forbidden")


FILES = [
    *map(_open, ("/etc/passwd", "/etc/shadow", "/proc/1/environ", "/proc/self/environ", "/proc/self/maps", "/dev/mem")),
    Attack("read this test", f"print('BREACH', open({__file__!r}).read())", "forbidden"),
    Attack("list the root", "import os; print('BREACH', os.listdir('/'))", "forbidden"),
    Attack("list the home folder", "import os; print('BREACH', os.listdir('/root'), os.listdir('/home'))", "forbidden"),
    Attack("expand ~", "import os; print('BREACH', os.listdir(os.path.expanduser('~')))", "forbidden"),
    Attack("list /proc", "import os; print('BREACH', os.listdir('/proc'))", "forbidden"),
    Attack("dot-dot", "print('BREACH', open('/usr/lib/../../etc/passwd').read())", "forbidden"),
    Attack("read llemma", "import llemma; print('BREACH', open(llemma.__file__).read())", "forbidden"),
    Attack("write to /tmp", f"open('/tmp/{FILE_PREFIX}1', 'w').write('x'); print('BREACH')", "forbidden"),
    Attack("write here", f"open('{FILE_PREFIX}2', 'w').write('x'); print('BREACH')", "forbidden"),
    Attack(
        "disk bomb",
        f"for i in range(10**6):\n    open(f'/var/tmp/{FILE_PREFIX}{{i}}', 'wb').write(bytes(10**7))",
        "forbidden",
    ),
    Attack("/dev/shm", f"open('/dev/shm/{FILE_PREFIX}3', 'w').write('x'); print('BREACH')", "forbidden"),
    Attack(
        "shared memory",
        f"from multiprocessing import shared_memory as s\ns.SharedMemory('{FILE_PREFIX}4', True, 100)\nprint('BREACH')",
        "forbidden",
    ),
    Attack("temporary file", "import tempfile; tempfile.TemporaryFile(); print('BREACH')", "forbidden"),
    Attack("change SymPy's file", "import sympy; open(sympy.__file__, 'a'); print('BREACH')", "forbidden"),
    Attack("remove SymPy's file", "import os, sympy; os.remove(sympy.__file__); print('BREACH')", "forbidden"),
    Attack("rename", "import os, sympy; os.rename(sympy.__file__, '/tmp/x'); print('BREACH')", "forbidden"),
    Attack("make a folder", f"import os; os.mkdir('/tmp/{FILE_PREFIX}5'); print('BREACH')", "forbidden"),
    Attack("symbolic link", f"import os; os.symlink('/etc', '/tmp/{FILE_PREFIX}6'); print('BREACH')", "forbidden"),
    Attack("hard link", f"import os; os.link('/etc/passwd', '/tmp/{FILE_PREFIX}7'); print('BREACH')", "forbidden"),
    Attack("change a mode", "import os, sympy; os.chmod(sympy.__file__, 0o777); print('BREACH')", "forbidden"),
    Attack("truncate", "import os, sympy; os.truncate(sympy.__file__, 0); print('BREACH')", "forbidden"),
    Attack("chroot", "import os; os.chroot('/tmp'); print('BREACH')", "forbidden"),
    Attack("named pipe", f"import os; os.mkfifo('/tmp/{FILE_PREFIX}8'); print('BREACH')", "forbidden"),
]

SECRETS = [
    Attack("environment", "import os; print(dict(os.environ))", "ok"),
    Attack(
        "dig for other programs",
        "import gc\nfound = [x for x in gc.get_objects() if isinstance(x, dict) and 'source' in x and 'answer' in x]\n"
        "print('BREACH' if any('HONEST' in str(x['source']) for x in found) else 'none')",
        "ok",
    ),
    Attack("what the parent is", "import os; print('BREACH' if os.getppid() > 2**30 else 'none')", "ok"),
]

NETWORK = [
    Attack("TCP", "import socket; socket.create_connection(('1.1.1.1', 80)); print('BREACH')", "forbidden"),
    Attack("UDP", "import socket; socket.socket(2, 2).sendto(b'x', ('1.1.1.1', 53)); print('BREACH')", "forbidden"),
    Attack("DNS", "import socket; print('BREACH', socket.getaddrinfo('example.org', 80))", "forbidden"),
    Attack("web", "import urllib.request as u; print('BREACH', u.urlopen('http://1.1.1.1'))", "forbidden"),
    Attack("UNIX socket", "import socket; socket.socket(socket.AF_UNIX).connect('\\0x')", "forbidden"),
    Attack("netlink", "import socket; socket.socket(16, 3, 0); print('BREACH')", "forbidden"),
    Attack("socket pair", "import socket; socket.socketpair(); print('BREACH')", "forbidden"),
    Attack("event loop", "import asyncio\nasync def f(): print('BREACH')\nasyncio.run(f())", "forbidden"),
]

PROCESSES = [
    Attack("fork", "import os\nif os.fork() == 0: print('BREACH')", "forbidden"),
    Attack("fork bomb", "import os\nwhile True: os.fork()", "forbidden"),
    Attack(
        "daemon by two forks",
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0: time.sleep(1000)",
        "forbidden",
    ),
    Attack("leave the session", "import os; os.setsid(); print('BREACH')", "forbidden"),
    Attack("vfork", "import subprocess; subprocess.run(['true']); print('BREACH')", "forbidden"),
    Attack("shell", "import os; os.system('echo BREACH')", "forbidden"),
    Attack("popen", "import os; print('BREACH', os.popen('id').read())", "forbidden"),
    Attack("exec", "import os; os.execv('/bin/echo', ['echo', 'BREACH'])", "forbidden"),
    Attack("spawn", "import os; os.posix_spawn('/bin/true', ['true'], {}); print('BREACH')", "forbidden"),
    Attack(
        "multiprocessing", "import multiprocessing as m\nm.get_context('fork').Process(target=int).start()", "forbidden"
    ),
    Attack(
        "thread bomb",
        "import threading, time\nthreading.stack_size(32768)\n"
        "while True: threading.Thread(target=time.sleep, args=(1000,)).start()",
        "error",
    ),
    Attack(
        "threads in a loop that hides the failure",
        "import threading, time\nthreading.stack_size(32768)\nwhile True:\n"
        "    try: threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()\n"
        "    except RuntimeError: pass",
        "timed_out memory",  # each failure leaves an object: whichever limit is met first
    ),
    Attack("kill the parent", "import os; os.kill(os.getppid(), 9); print('BREACH')", "forbidden"),
    Attack("kill everything", "import os; os.kill(-1, 9); print('BREACH')", "forbidden"),
    Attack("kill the group", "import os; os.killpg(0, 15); print('BREACH')", "forbidden"),
    Attack(
        "kill in a loop",
        "import os\nfor pid in range(2, 99999):\n    try: os.kill(pid, 9)\n    except OSError: pass\nprint('BREACH')",
        "forbidden",
    ),
    Attack("pretend to be out of memory", "import os; os.kill(os.getpid(), 9); print('BREACH')", "forbidden"),
    Attack("abort", "import os; os.abort()", "error"),
    Attack("crash", "import ctypes; ctypes.string_at(1)", "error"),
    Attack("become root", "import os; os.setuid(0); print('BREACH')", "forbidden"),
    Attack(
        "raise the limits",
        "import resource as r; r.setrlimit(r.RLIMIT_AS, (-1, -1)); print('BREACH')",
        "forbidden",
    ),
    Attack("priority", "import os; os.nice(-20); print('BREACH')", "forbidden"),
    Attack("processors", "import os; os.sched_setaffinity(0, {0}); print('BREACH')", "forbidden"),
    Attack("owner of a descriptor", "import fcntl; fcntl.fcntl(1, 8, 1); print('BREACH')", "forbidden"),
    Attack("type into a terminal", "import fcntl; fcntl.ioctl(0, 0x5412, b'x'); print('BREACH')", "forbidden"),
]

SYSTEM_CALLS = [
    _raw("ptrace", 101, 117, 16, 1),
    _raw("process_vm_readv", 310, 270, 1),
    _raw("process_vm_writev", 311, 271, 1),
    _raw("io_uring_setup", 425, 425, 8),
    _raw("keyctl", 250, 219),
    _raw("add_key", 248, 217),
    _raw("shmget", 29, 194, 0, 4096, 0o1666),
    _raw("semget", 64, 190, 0, 1, 0o1666),
    _raw("msgget", 68, 186, 0, 0o1666),
    _raw("mq_open", 240, 180),
    _raw("memfd_create", 319, 279, "b'x'", 0),
    _raw("execveat", 322, 281, -100, "b'/bin/true'", "None", "None", 0),
    _raw("unshare", 272, 97, 0x10000000),
    _raw("setns", 308, 268),
    _raw("clone with a new user namespace", 56, 220, 0x10000011),
    _raw("clone as a thread in new namespaces", 56, 220, 0x10900 | 0x40000000),
    _raw("mount", 165, 40),
    _raw("umount2", 166, 39),
    _raw("open_tree", 428, 428),
    _raw("fsopen", 430, 430, "b'tmpfs'"),
    _raw("pivot_root", 155, 41),
    _raw("prctl, to be dumpable", 157, 167, 4, 1),
    _raw("prctl, to lose the death signal", 157, 167, 1, 0),
    _raw("personality", 135, 92, 0x0040000),
    _raw("userfaultfd", 323, 282),
    _raw("bpf", 321, 280),
    _raw("perf_event_open", 298, 241),
    _raw("seccomp", 317, 277),
    _raw("capset", 126, 91),
    _raw("pidfd_open", 434, 434, 1),
    _raw("pidfd_send_signal", 424, 424, 3, 9),
    _raw("tkill", 200, 130, 1, 9),
    _raw("open_by_handle_at", 304, 265),
    _raw("init_module", 175, 105),
    _raw("reboot", 169, 142),
    _raw("sethostname", 170, 161, "b'x'", 1),
    _raw("a call that no kernel has", 999, 999),
    _raw("a call of another calling convention", 0x40000000 | 57, 0x40000000 | 57),
]

MEMORY = [
    Attack("one big block", "x = bytearray(10**11)", "memory"),
    Attack("a list that doubles", "x = [0]\nwhile True: x += x", "memory"),
    Attack("a dictionary that grows", "d = {}\nwhile True: d[len(d)] = 'x' * 10**5 + str(len(d))", "memory"),
    Attack("NumPy", "import numpy as np\nx = np.ones(10**9)", "memory"),
    Attack("text", "x = 'x' * 10**7\nwhile True: x = x + x", "memory"),
    Attack(
        "zip bomb",
        "import zlib\ndata = zlib.compress(bytes(10**7))\nx = [zlib.decompress(data) for _ in range(1000)]",
        "memory timed_out",
    ),
    Attack(
        "endless recursion", "import sys\nsys.setrecursionlimit(10**9)\ndef f(): f()\nf()", "memory error timed_out"
    ),
    Attack(
        "recursion in C",
        "import sys\nsys.setrecursionlimit(10**9)\nclass A:\n    def __repr__(self): return repr(self)\nrepr(A())",
        "error",
    ),
    Attack("mapping", "import mmap\nx = [mmap.mmap(-1, 10**8) for _ in range(1000)]", "error memory"),
]

TIME = [
    Attack("endless loop", "while True: pass", "timed_out"),
    Attack(
        "endless loop that catches all",
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
        "timed_out",
    ),
    Attack("loop in C", "sum(range(10**12))", "timed_out"),
    Attack("huge power", "x = 7 ** (3 * 10**8)", "timed_out memory"),
    Attack(
        "huge number as text",
        "import sys\nsys.set_int_max_str_digits(0)\nx = str(1 << (3 * 10**7))",
        "timed_out memory",
    ),
    Attack("factoring", "import sympy\nsympy.factorint((10**40 + 121) * (10**41 + 111))", "timed_out"),
    Attack("regular expression", "import re; re.match('(a*)*$', 'a' * 60 + 'b')", "timed_out"),
    Attack("sleep", "import time; time.sleep(1000)", "timed_out"),
    Attack("dead lock", "import threading\nx = threading.Lock()\nx.acquire()\nx.acquire()", "timed_out"),
    Attack(
        "handlers for all signals",
        "import signal, time\nfor s in range(1, 65):\n    try: signal.signal(s, lambda *a: None)\n"
        "    except (OSError, ValueError): pass\nwhile True: time.sleep(1)",
        "timed_out",
    ),
    Attack(
        "all signals blocked",
        "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\nwhile True: pass",
        "timed_out",
    ),
    Attack("wait for input", "import sys, time\nsys.stdin.read()\ntime.sleep(1000)", "timed_out"),
    Attack(
        "text of the answer never ends",
        "class A:\n    def __str__(self):\n        while True: pass\nx = A()",
        "timed_out",
        "x",
    ),
    Attack("endless errors", "import sys\nwhile True: sys.stderr.write('x' * 1000)", "timed_out"),
    Attack("trace", "import sys\ndef f(*a):\n    while True: pass\nsys.settrace(f)\n(lambda: 0)()", "timed_out"),
]

OUTPUT = [
    Attack("endless output", "while True: print('x' * 1000)", "error"),
    Attack("endless output past Python", "import os\nwhile True: os.write(1, b'x' * 1000)", "error"),
    Attack("surrogates, NUL and escapes", "print('\\ud800\\x00\\x1b[2J\\udfff')", "ok"),
    Attack("bytes that are no text", "import os; os.write(1, bytes(range(256)))", "ok"),
    Attack("read the input", "x = input()", "error"),
    Attack("close the output", "import sys; sys.stdout.close()", "error ok no_answer"),
]

CHANNELS = [
    Attack("leave with a forged output", "import os; os.write(1, b'42'); os._exit(0)", "error"),
    Attack("leave before the answer", "import os; answer = 42; os._exit(0)", "error", "answer"),
    Attack(
        "write to all descriptors",
        "import os\nfor fd in range(1000):\n    try: os.write(fd, b'ok' * 50)\n    except OSError: pass\nanswer = 42",
        "forbidden",
        "answer",
    ),
    Attack(
        "a report with a guessed key",
        "import os\nfrom llemma.tools import report as r\n"
        "os.write(3, r.encode(r.Report('ok', 'int', 'BREACH'), bytes(16)))\nwhile True: pass",
        "forbidden",
        "answer",
    ),
    Attack("close all descriptors", "import os; os.closerange(0, 1000); answer = 42", "error", "answer"),
    Attack("turn the report into output", "import os; os.dup2(1, 3); answer = 42", "error", "answer"),
    Attack(
        "change the runner",
        "from llemma.tools import report\nreport.encode = lambda *a: b''\nanswer = 42",
        "error",
        "answer",
    ),
    Attack("trace the runner", "import sys\nsys.settrace(lambda *a: 1 / 0)\nanswer = 42", "error ok", "answer"),
    Attack("exit", "import sys; sys.exit(3)", "error"),
    Attack("exit later", "import atexit, time\natexit.register(time.sleep, 1000)\nprint(1)", "ok"),
    Attack(
        "thread that stays",
        "import threading, time\nthreading.Thread(target=time.sleep, args=(99,)).start()\nprint(1)",
        "ok error",
    ),
]

VALUES = [
    Attack("text that is too long", "x = 'x' * 10**7", "ok", "x"),
    Attack("text with an error", "class A:\n    def __str__(self): raise BaseException('no')\nx = A()", "error", "x"),
    Attack("text that is no text", "class A:\n    def __str__(self): return 3\nx = A()", "error", "x"),
    Attack(
        "class that lies", "class A:\n    @property\n    def __class__(self): raise KeyError\nx = A()", "error ok", "x"
    ),
    Attack("error without a text", "class E(Exception):\n    def __str__(self): raise E\nraise E()", "error"),
    Attack(
        "error with a trap",
        "class E(OSError):\n    @property\n    def errno(self): raise SystemExit(0)\nraise E()",
        "error",
    ),
    Attack("error with a long text", "raise ValueError('x' * 10**7)", "error"),
    Attack("an error that claims a refusal", "raise PermissionError('mine')", "error"),
    Attack("surrogates in the answer", "x = '\\ud800'", "ok", "x"),
]

SOURCES = [
    Attack("no Python", "this is not a program", "error"),
    Attack("NUL in the source", "x = 1\0", "error"),
    Attack("surrogate in the source", "x = '\ud800'", "error"),
    Attack("deep nesting", "(" * 10**5 + ")" * 10**5, "error memory"),
    Attack("source that is too long", "x = 1\n" * 200_000, "error"),
]

ZYGOTE = [
    Attack(
        "change the libraries for those after",
        "import builtins, math, sympy, numpy, random, sys\nsympy.factorint = math.factorial = lambda n: 'BREACH'\n"
        "builtins.sum = numpy.dot = None\nsys.modules['sympy'] = sys.modules['fractions'] = None\n"
        "random.seed(7)\nprint(1)",
        "ok",
    ),
    Attack(
        "change the zygote's code",
        "import gc\nfrom llemma.tools import zygote, child, frames\n"
        "child.Child.kill = zygote.Zygote.say = frames.encode = lambda *a: None\n"
        "for x in gc.get_objects():\n    if isinstance(x, zygote.Zygote): x._workers = 0\nprint(1)",
        "ok",
    ),
]

ATTACKS = [
    *FILES,
    *SECRETS,
    *NETWORK,
    *PROCESSES,
    *SYSTEM_CALLS,
    *MEMORY,
    *TIME,
    *OUTPUT,
    *CHANNELS,
    *VALUES,
    *SOURCES,
    *ZYGOTE,
]
