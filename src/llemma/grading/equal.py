"""Whether an answer equals a reference, stage by stage: string, tree, numbers, points, structure, SymPy last."""

import functools
import re

from llemma.grading.compare import compare
from llemma.grading.policy import DEFAULT_POLICY, Policy
from llemma.grading.read import (
    LONGEST_CACHED,
    READ_AT_MOST,
    has_opaque,
    has_operator,
    opaque_form,
    read,
    read_as_list,
    unwrapped,
)
from llemma.grading.tree import Node, Num, Seq, Text
from llemma.grading.verdict import Verdict
from llemma.grading.workers import SYMPY_POOL, WorkerError

SYMPY_LIMIT_S = 0.5
"""Wall limit of a question to SymPy; the first question of a process also waits for a worker to start."""
SYMPY_LONGEST = 300
"""SymPy is asked about answers of at most so many characters."""


_FOR_SYMPY = re.compile(r"\\(?:int|lim|sum|prod)\s*_|\\int\b.*d")
_HUGE = re.compile(r"\d{5}|\d\s*\^\s*\{?\s*\d{2}|\^\{[^{}]*\^")


def equal(answer: str, reference: str, policy: Policy = DEFAULT_POLICY) -> Verdict:
    """Return whether two answers are the same, which stage decided, and why. Symmetric; thread-safe; never raises.

    Both are answers, not whole completions; `$...$`, `\\boxed{...}` and the like around them do not matter.
    """
    if answer == reference:
        return Verdict(True, "string", "the same text")
    first, second = (answer, reference) if answer < reference else (reference, answer)
    if max(len(first), len(second)) > LONGEST_CACHED:
        return _compared(first, second, policy)
    return _equal(first, second, policy)


@functools.lru_cache(maxsize=100_000)
def _equal(a: str, b: str, policy: Policy) -> Verdict:
    return _compared(a, b, policy)


def _compared(a: str, b: str, policy: Policy) -> Verdict:
    left = read(a, decimal_comma=policy.decimal_comma)
    right = read(b, decimal_comma=policy.decimal_comma)
    try:
        verdict = compare(left, right, policy)
    except RecursionError:
        verdict = Verdict(False, "structure", "nested too deeply", "unparsable")
    if verdict.equal:
        return verdict
    return _with_other_readings(a, b, left, right, policy) or verdict


def _with_other_readings(a: str, b: str, left: Node, right: Node, policy: Policy) -> Verdict | None:
    """Return the verdict of a reading that is tried second, None when there is none or it says no."""
    if isinstance(left, Num) and isinstance(right, Seq):
        return _listed(a, right, policy)
    if isinstance(right, Num) and isinstance(left, Seq):
        return _listed(b, left, policy)
    if not (has_opaque(left) or has_opaque(right) or has_operator(left) != has_operator(right)):
        return None
    if max(len(a), len(b)) > READ_AT_MOST:
        return Verdict(False, "opaque", "too long to be read", "unparsable")
    plain = [opaque_form(unwrapped(text)) for text in (a, b)]
    if plain[0] == plain[1]:
        return Verdict(True, "string", "the same text apart from spaces")
    if not policy.sympy or isinstance(left, Text) or isinstance(right, Text):
        return Verdict(False, "opaque", "an answer that is not understood, in different words", "unparsable")
    return _by_sympy(unwrapped(a), unwrapped(b))


def _listed(text: str, other: Node, policy: Policy) -> Verdict | None:
    items = read_as_list(text)
    if items is None:
        return None
    verdict = compare(items, other, policy)
    return verdict if verdict.equal else None


def _by_sympy(a: str, b: str) -> Verdict:
    """Return SymPy's verdict, or that there is none."""
    nothing = Verdict(False, "opaque", "an answer that is not understood, in different words", "unparsable")
    if max(len(a), len(b)) > SYMPY_LONGEST or not (_for_sympy(a) or _for_sympy(b)) or _unbalanced(a) or _unbalanced(b):
        return nothing
    try:
        with SYMPY_POOL.worker() as worker:
            verdict = worker.call("equivalent", a, b, timeout_s=SYMPY_LIMIT_S)
    except WorkerError as error:
        return Verdict(False, "sympy", str(error), "timed_out")
    if verdict is None:
        return nothing
    return Verdict(bool(verdict), "sympy", "the difference simplifies to 0" if verdict else "the difference is not 0")


def _for_sympy(text: str) -> bool:
    """Return whether a text has something that SymPy can work out and our own parser does not."""
    return len(_FOR_SYMPY.findall(text)) == 1 and _HUGE.search(text) is None


def _unbalanced(text: str) -> bool:
    return text.count("{") != text.count("}") or text.count("(") != text.count(")")
