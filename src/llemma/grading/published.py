"""The paper's MATH and GSM8K graders, bug for bug. Each deviation from sound grading is a named switch.

Source: wellecks/lm-evaluation-harness, lm_eval/mixins.py, lm_eval/tasks/{minerva_math,gsm8k}.py,
unsafe_score_minerva_math.py. A switch that is True does as published; False mends that one bug.
"""

import functools
import re
from dataclasses import dataclass
from typing import Any

from llemma.grading.verdict import Profile, Verdict
from llemma.grading.workers import SYMPY_POOL, WorkerDiedError, WorkerError, WorkerTimeoutError

PARSE_LIMIT_S = 5.0
COMPARE_LIMIT_S = 5.0
LENGTH_LIMIT = 20_000
"""An answer of more characters is not normalised: the published patterns need quadratic time."""


@dataclass(frozen=True, slots=True)
class MathSwitches:
    """The bugs of the published MATH grader."""

    keeps_last_side_only: bool = True
    """Only the text after the last `=` counts: `x^2=4` equals `4`, `x=3,y=4` equals `4`."""
    deletes_units_inside_words: bool = True
    """Unit words are deleted wherever their letters occur: `\\left(` becomes `\\le(`, an inequality."""
    merges_comma_lists: bool = True
    """Commas between digits go: `3,4` equals `34`. Mended: only groups of three digits merge."""
    zero_never_matches: bool = True
    """A reference that parses to 0 equals only its own spelling: `0.0` is not `0`."""
    relations_never_match: bool = True
    """A reference that parses to an inequality crashed the scorer (counted wrong here). Mended: equal when SymPy
    reads the same relation."""
    eats_a_character: bool = True
    """One character, any, is dropped before ` I hope it is correct.`, because the dot of the pattern is not escaped."""


@dataclass(frozen=True, slots=True)
class Gsm8kSwitches:
    """The bugs of the published GSM8K grader."""

    digits_only: bool = True
    """The answer is the run of digits after `The answer is `: no sign, currency, comma or decimals (`$18` and `-3` are
    no answer, `1,234` is 1). Mended: they are read, and numbers are compared by value."""
    first_phrase: bool = True
    """The first `The answer is` counts. Mended: the last."""


def math_profile(name: str, switches: MathSwitches) -> Profile:
    """Return the MATH grader with these bugs."""
    return Profile(
        name=name,
        extract=functools.partial(_extract_math, switches=switches),
        compare=functools.partial(tex_equal, switches=switches),
        reference=functools.partial(normalize_tex, switches=switches),
    )


def gsm8k_profile(name: str, switches: Gsm8kSwitches) -> Profile:
    """Return the GSM8K grader with these bugs."""
    return Profile(
        name=name,
        extract=functools.partial(_extract_gsm8k, switches=switches),
        compare=_same_text if switches.digits_only else _same_number,
        reference=_without_commas,
    )


_REPLACEMENTS = (
    ("an ", ""),
    ("a ", ""),
    (".$", "$"),
    ("\\$", ""),
    ("\\ ", ""),
    (" ", ""),
    ("mbox", "text"),
    (",\\text{and}", ","),
    ("\\text{and}", ","),
    ("\\text{m}", "\\text{}"),
)
_DELETED_WORDS = (
    "square", "ways", "integers", "dollars", "mph", "inches", "ft", "hours", "km", "units", "\\ldots", "sue", "points",
    "feet", "minutes", "digits", "cents", "degrees", "cm", "gm", "pounds", "meters", "meals", "edges", "students",
    "childrentickets", "multiples",
)  # fmt: skip
_UNIT_WORDS = re.compile(
    rf"(?<![A-Za-z\\])(?:{'|'.join(word for word in _DELETED_WORDS if word.isalpha())})(?![A-Za-z])|\\ldots"
)
_DELETED_SIGNS = (
    "\\text{s}", "\\text{.}", "\\text{\ns}", "\\text{}^2", "\\text{}^3", "\\text{\n}", "\\text{}", "\\mathrm{th}",
    "^\\circ", "^{\\circ}", "\\;", ",\\!", "{,}", '"', "\\dots",
)  # fmt: skip
_UNWRAPPED = (
    (re.compile(r"^[^$\n]*\$([^$\n]*)\$.*", re.MULTILINE), r"$\1$"),
    (re.compile(r"\\text\{([^}\n]*)\}"), r"\1"),
    (re.compile(r"\\textbf\{([^}\n]*)\}"), r"\1"),
    (re.compile(r"\\overline\{([^}\n]*)\}"), r"\1"),
    (re.compile(r"(\\boxed\{)(.*)(\})"), r"\2"),
    (re.compile(r"(frac)([^{])(.)"), r"frac{\2}{\3}"),
    (re.compile(r"(sqrt)([^{])"), r"sqrt{\2}"),
)
_THOUSANDS = re.compile(r"\d{1,3}(,\d{3})+")


def normalize_tex(text: str, *, switches: MathSwitches) -> str:
    """Return the published normal form of a TeX answer; the order of the steps is part of it."""
    if len(text) > LENGTH_LIMIT:
        return text
    if switches.keeps_last_side_only:
        text = text.split("=")[-1]
    if not switches.deletes_units_inside_words:  # while there are still spaces between the words
        text = _UNIT_WORDS.sub("", text)
    for before, after in _REPLACEMENTS:
        text = text.replace(before, after)
    for word in _DELETED_WORDS if switches.deletes_units_inside_words else ():
        text = text.replace(word, "")
    for sign in _DELETED_SIGNS:
        text = text.replace(sign, "")
    for pattern, replacement in _UNWRAPPED:
        text = pattern.sub(replacement, text)
    text = text.replace("$", "")
    if switches.merges_comma_lists:
        return text.replace(",", "") if text.replace(",", "").isdigit() else text
    return text.replace(",", "") if _THOUSANDS.fullmatch(text) else text


def tex_equal(answer: str, reference: str, *, switches: MathSwitches) -> Verdict:
    """Return whether two normal forms are the same string or differ by what SymPy simplifies to 0.

    Parsing each side and comparing have 5 s each, then the worker process is killed and the answer is wrong.
    """
    if answer == reference:
        return Verdict(True, "string")
    return _sympy_equal(answer, reference, switches)


@functools.lru_cache(maxsize=65536)
def _sympy_equal(answer: str, reference: str, switches: MathSwitches) -> Verdict:
    kind = _kind(reference)
    if kind == "timed_out":
        return Verdict(False, "sympy", "parsing the reference took over 5 s", "timed_out")
    if kind == "none":
        return Verdict(False, "sympy", "the reference does not parse", "unparsable")
    if kind == "relation" and switches.relations_never_match:
        return Verdict(False, "sympy", "the reference parses to an inequality", "unparsable")
    if kind == "zero" and switches.zero_never_matches:
        return Verdict(False, "sympy", "the reference parses to 0, which counts as not parsed", "unparsable")
    answer_kind = _kind(answer)
    if answer_kind == "timed_out":
        return Verdict(False, "sympy", "parsing the answer took over 5 s", "timed_out")
    if answer_kind == "none":
        return Verdict(False, "sympy", "the answer does not parse", "unparsable")
    operation = "same_relation" if kind == "relation" else "difference_is_zero"
    return _worker_verdict(operation, answer, reference)


def _worker_verdict(operation: str, answer: str, reference: str) -> Verdict:
    try:
        with SYMPY_POOL.worker() as worker:
            equal = bool(worker.call(operation, answer, reference, timeout_s=COMPARE_LIMIT_S))
    except WorkerTimeoutError:
        return Verdict(False, "sympy", "simplifying the difference took over 5 s", "timed_out")
    except WorkerDiedError:
        return Verdict(False, "sympy", "simplifying the difference ended the worker process", "timed_out")
    return Verdict(equal, "sympy", "the difference simplifies to 0" if equal else "the difference is not 0")


def ask_worker(operation: str, *arguments: str, timeout_s: float) -> Any:
    """Return SymPy's answer (see `sympy_worker`), None when the worker was killed."""
    try:
        with SYMPY_POOL.worker() as worker:
            return worker.call(operation, *arguments, timeout_s=timeout_s)
    except WorkerError:
        return None


@functools.lru_cache(maxsize=65536)
def _kind(text: str) -> str:
    try:
        with SYMPY_POOL.worker() as worker:
            return str(worker.call("kind", text, timeout_s=PARSE_LIMIT_S))
    except WorkerTimeoutError:
        return "timed_out"
    except WorkerDiedError:
        return "none"


_MATH_ANSWER = re.compile(r"Final Answer: The final answer is(.*?). I hope it is correct.")
_MATH_ANSWER_WHOLE = re.compile(r"Final Answer: The final answer is(.*?)\.? I hope it is correct\.")


def _extract_math(text: str, *, switches: MathSwitches) -> str | None:
    pattern = _MATH_ANSWER if switches.eats_a_character else _MATH_ANSWER_WHOLE
    found = pattern.search(text)
    return None if found is None else normalize_tex(found[1].strip(), switches=switches)


_GSM8K_DIGITS = re.compile(r"The answer is (\d+)")
_GSM8K_NUMBER = re.compile(r"The answer is\s*(-?\s*\\?\$?\s*-?[\d,]*\.?\d+)")


def _extract_gsm8k(text: str, *, switches: Gsm8kSwitches) -> str | None:
    found = (_GSM8K_DIGITS if switches.digits_only else _GSM8K_NUMBER).findall(text)
    if not found:
        return None
    return re.sub(r"[,$\\\s]", "", found[0] if switches.first_phrase else found[-1])


def _same_text(answer: str, reference: str) -> Verdict:
    return Verdict(answer == reference, "string")


def _same_number(answer: str, reference: str) -> Verdict:
    try:
        return Verdict(float(answer) == float(reference), "number")
    except ValueError:
        return Verdict(False, "number", "not a number", "unparsable")


def _without_commas(reference: str) -> str:
    return reference.replace(",", "")


MATH_PAPER = math_profile("paper", MathSwitches())
"""The published MATH grader. It extracts and compares published normal forms."""

GSM8K_PAPER = gsm8k_profile("paper", Gsm8kSwitches())
"""The published GSM8K grader."""
