"""The program of a worker process: SymPy behind JSON lines on stdin and stdout. Run by `workers.py`, never imported.

It imports nothing of llemma, so that it starts by path in any environment. `faulthandler` ends a request that its
parent can no longer kill (the parent itself was killed).
"""

import faulthandler
import functools
import json
import os
import sys
from collections.abc import Callable
from typing import Any

Parsed = Any  # a SymPy object


@functools.lru_cache(maxsize=4096)
def parse(text: str) -> Parsed:
    """Return what SymPy's LaTeX parser (ANTLR back end) reads in `text`, None when it cannot."""
    from sympy.parsing.latex import parse_latex

    try:
        return parse_latex(text)
    except Exception:  # noqa: BLE001 - the parser raises many kinds, all of them mean: not understood
        return None


def kind(text: str) -> str:
    """Return "none", "relation", "zero", "number" or "expression": what the published graders ask of a parse."""
    from sympy.core.relational import Relational

    value = parse(text)
    if value is None:
        return "none"
    if isinstance(value, Relational):
        return "relation"
    if not value:
        return "zero"
    return "number" if getattr(value, "is_number", False) else "expression"


def difference_is_zero(first: str, second: str) -> bool:
    """Return whether SymPy simplifies the difference of two parsed texts to 0."""
    import sympy

    try:
        return bool(sympy.simplify(parse(first) - parse(second)) == 0)
    except Exception:  # noqa: BLE001 - as published: whatever goes wrong means not equal
        return False


def same_relation(first: str, second: str) -> bool:
    """Return whether both texts parse to the same relation up to the order of its sides."""
    left, right = parse(first), parse(second)
    try:
        return bool(left.canonical == right.canonical)
    except AttributeError:  # not a relation
        return False


def number(text: str) -> float | None:
    """Return the value of a text that parses to a real number, else None."""
    try:
        return float(parse(text))
    except Exception:  # noqa: BLE001 - as published: whatever goes wrong means not a number
        return None


def equivalent(first: str, second: str) -> bool | None:
    """Return whether two expressions are equal by SymPy's own means, None when one is not understood."""
    import sympy

    left, right = parse(first), parse(second)
    if left is None or right is None:
        return None
    try:
        return bool(left == right or sympy.simplify((left - right).doit()) == 0)
    except Exception:  # noqa: BLE001 - differences of relations, sets, ...
        return None


def loop_in_c() -> int:
    """Never come back, inside one call into C that holds the interpreter: a test of the wall limit."""
    return sum(iter(int, 1))


OPERATIONS: dict[str, Callable[..., Any]] = {
    f.__name__: f for f in (kind, difference_is_zero, same_relation, number, equivalent, loop_in_c)
}


def main() -> None:
    """Answer requests until stdin ends."""
    _limit_memory(int(sys.argv[1]))
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints must not land between the replies
    sys.setrecursionlimit(3000)
    equivalent(r"\int_0^1 x dx", r"\frac{1}{2}")  # imports what is needed before the first wall limit runs
    _reply(replies, "ready")
    for line in sys.stdin:
        request = json.loads(line)
        faulthandler.dump_traceback_later(request["timeout_s"] + 5, exit=True)
        _reply(replies, OPERATIONS[request["operation"]](*request["arguments"]))
        faulthandler.cancel_dump_traceback_later()


def _reply(replies: Any, value: Any) -> None:
    replies.write(json.dumps(value) + "\n")
    replies.flush()


def _limit_memory(memory_mb: int) -> None:
    try:
        import resource
    except ImportError:  # Windows: the wall limit has to do
        return
    limit = memory_mb * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


if __name__ == "__main__":
    main()
