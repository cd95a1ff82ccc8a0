"""A program that answers JSON lines, and can misbehave: what the tests of processes and pools start."""

import json
import os
import signal
import subprocess
import sys
import time
from typing import Any

OTHERS: list["subprocess.Popen[bytes]"] = []
HOARD: list[bytes] = []


def echo(value: Any) -> None:
    answer({"value": value, "pid": os.getpid()})


def sleep(seconds: float) -> None:
    time.sleep(seconds)
    echo(seconds)


def end(code: int) -> None:
    print("these are\nmy last words", file=sys.stderr, flush=True)
    sys.exit(code)


def kill_self(number: int) -> None:
    os.kill(os.getpid(), number)
    signal.pause()


def eat(megabytes: int) -> None:
    HOARD.append(bytes(range(256)) * (megabytes << 12))
    time.sleep(60)


def write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def write_much(megabytes: int) -> None:
    write("x" * (megabytes << 20))
    time.sleep(60)


def write_later(text: str) -> None:
    echo(text)
    time.sleep(0.05)
    write(text)


def stop_reading(seconds: float) -> None:
    answer({})
    time.sleep(seconds)


def flood_errors(size: int) -> None:
    sys.stderr.write("x" * size + "the end")
    sys.stderr.flush()
    echo(size)


def start_another(has_own_session: bool) -> None:
    source = "import time; hoard = b'x' * (50 << 20); print('up', flush=True); time.sleep(60)"
    command = [sys.executable, "-I", "-S", "-c", source]
    another = subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=has_own_session)
    OTHERS.append(another)
    assert another.stdout, "started with a pipe"
    another.stdout.readline()
    echo(another.pid)


def answer(fields: dict[str, Any]) -> None:
    write(json.dumps(fields) + "\n")


if __name__ == "__main__":
    if sys.argv[1:] == ["fail"]:
        end(7)
    if sys.argv[1:] == ["silent"]:
        time.sleep(60)
    answer({"hello": os.getpid()})
    for line in sys.stdin:
        request = json.loads(line)
        globals()[request["do"]](request["with"])
