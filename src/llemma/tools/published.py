"""How the original evaluation ran programs, defects included, as programs for the sandbox; and how a sound one does.

Source: wellecks/lm-evaluation-harness, unsafe_score_sympy_math.py and unsafe_score_python_gsm.py. Both gave `exec` two
different dictionaries for globals and locals, so functions and comprehensions of a program do not see its own imports,
variables and functions, not even themselves.
"""

import textwrap

from llemma.tools.python import Program


def swallowing_errors(source: str) -> Program:
    """Return the program as MATH+Python ran it: indented in a try that passes over everything; `answer` counts."""
    guarded = f"try:\n{textwrap.indent(source, ' ')}\nexcept:\n pass"
    return Program(f"_names = {{}}\nexec({guarded!r}, {{}}, _names)\nanswer = _names.get('answer')\n", "answer")


def calling_solution(source: str) -> Program:
    """Return the program as it is written; what its function `solution` returns is the answer."""
    return Program(source, "solution()")


def printing_solution(source: str) -> Program:
    """Return the program as GSM8k+Python ran it: what `print(solution())` and all else prints is the answer."""
    called = f"{source}\nprint(solution())"
    return Program(f"exec({called!r}, {{}}, {{}})\n")


_AS_TEX = """

def _as_tex(value):
    from sympy import latex
    if isinstance(value, dict) and len(value) == 1:
        (value,) = value.values()
    if isinstance(value, list):
        return ", ".join(map(_as_tex, value))
    return value if isinstance(value, (int, float, str, type(None))) else latex(value)

if "answer" in globals():
    answer = _as_tex(answer)
"""


def assigning_answer(source: str) -> Program:
    """Return the program as it is written; `answer` counts, SymPy objects as TeX and a list by its items.

    TeX is what references are written in: it tells an interval from a list, which `str` of SymPy writes in its own way.
    """
    return Program(source + _AS_TEX, "answer")
