"""Stands in for `lake` in tests: `env lean --json FILE`, `env REPL`, and Lean itself as a few rules for proofs.

A proof with the word `hang` never ends, one with `crash` ends the process; `wrong` is an error, `choose` rests on
Classical.choice. A proof that is `swallow` hides all lines after it, as an open comment would, and `spoil` is
an error of syntax after which every theorem is proved. With LEAN_SOCKET set, what listens there is asked for a real
Lean's messages instead.
"""

import json
import os
import re
import signal
import sys
import time
from multiprocessing.connection import Client
from pathlib import Path


def real_lean(path: Path, address: str) -> int:
    with Client(address, family="AF_UNIX") as connection:
        connection.send(path.read_text(encoding="utf-8"))
        rows = connection.recv()
    for row in rows:
        print(json.dumps(row))
    return int(any(row["severity"] == "error" for row in rows))


def lean(path: Path) -> int:
    if "LEAN_SOCKET" in os.environ:
        return real_lean(path, os.environ["LEAN_SOCKET"])
    source = path.read_text(encoding="utf-8").split("\n")
    failed = spoiled = False
    namespace, axioms = "", "does not depend on any axioms"
    for number, line in enumerate(source, start=1):
        if line.startswith("import Missing"):
            report("error", number, 0, "unknown module prefix 'Missing'\n\nNo directory 'Missing'")
            return 1
        if line.startswith("namespace "):
            namespace, axioms = line.split()[1], "does not depend on any axioms"
        if re.search(r"\bcrash\b", line):
            os.kill(os.getpid(), signal.SIGABRT)
        if re.search(r"\bhang\b", line):
            time.sleep(600)
        if re.search(r"\bswallow\b", line):
            report("error", number, 0, "unterminated text")
            return 1
        if re.search(r"\bspoil\b", line):
            report("error", number, 0, "unexpected token 'spoil'; expected term")
            spoiled = failed = True
        if "wrong" in line and not spoiled:
            report("error", number, line.index("wrong"), "it is wrong\nand more")
            failed = True
        if "choose" in line:
            axioms = "depends on axioms: [Quot.sound,\n Classical.choice]"
        if line.startswith("#print axioms "):
            report("information", number, 0, f"'{namespace}.{line.split()[2]}' {axioms}")
    return int(failed)


def report(severity: str, line: int, column: int, text: str) -> None:
    message = {"severity": severity, "pos": {"line": line, "column": column}, "data": text, "kind": "[anonymous]"}
    print(json.dumps(message), flush=True)


def repl() -> int:
    """A REPL in which a goal is a number of steps: `down` takes one, `drop` takes all; `hang`, `crash` as above."""
    states: list[int] = []
    while request := read_request():
        print(json.dumps(answer(request, states)), end="\n\n", flush=True)
    return 0


def read_request() -> dict[str, object] | None:
    lines = []
    for line in sys.stdin:
        if not line.strip():
            break
        lines.append(line)
    return json.loads("".join(lines)) if lines else None


def answer(request: dict[str, object], states: list[int]) -> dict[str, object]:
    if "tactic" not in request:
        command = str(request["cmd"])
        if "wrong" in command:
            return {"env": 1, "messages": [{"severity": "error", "data": "no such thing"}]}
        goals = re.findall(r"steps (\d+)", command)
        states += map(int, goals)
        sorries = [{"goal": f"steps {goal}", "proofState": len(states) - 1} for goal in goals]
        return {"env": 0} | ({"sorries": sorries} if sorries else {})
    tactic, left = request["tactic"], states[int(str(request["proofState"]))]
    if tactic == "hang":
        time.sleep(600)
    if tactic == "crash":
        os.kill(os.getpid(), signal.SIGKILL)
    if tactic not in ("down", "drop", "leave"):
        return {"message": "Lean error:\nunknown tactic"}
    states.append(left - 1 if tactic == "down" else 0)
    status = "Incomplete: open goals remain" if tactic == "leave" else "Completed"
    goals = [f"steps {states[-1]}"] if states[-1] else []
    return {"proofState": len(states) - 1, "goals": goals, "proofStatus": status}


if __name__ == "__main__":
    assert sys.argv[1] == "env", sys.argv
    sys.exit(lean(Path(sys.argv[-1])) if sys.argv[2] == "lean" else repl())
