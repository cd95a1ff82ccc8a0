"""GSM8K (Cobbe et al. 2021) with Python as a tool: 1,319 test problems, the 8 examples of PAL (Gao et al. 2022).

Protocol: arXiv 2310.10631 and wellecks/lm-evaluation-harness `lm_eval/tasks/python_gsm.py`. The original took the
problems from Lila (`GSM8k_structured`); these are those of GSM8K itself.
"""

from dataclasses import replace

from llemma.data.benchmarks import Benchmarks
from llemma.grading.profiles import PROGRAM_FIXED
from llemma.grading.published_tools import PRINTED_PAPER
from llemma.records import Problem
from llemma.tasks import Task, gsm8k
from llemma.tools.published import calling_solution, printing_solution

_QUERY = "Q: {question}\n\n# solution in Python:"


def problems(benchmarks: Benchmarks) -> list[Problem]:
    """Return the test problems of `gsm8k` under this task's name."""
    return [replace(problem, id=f"python_{problem.id}") for problem in gsm8k.problems(benchmarks)]


def examples(benchmarks: Benchmarks) -> str:
    """Return the prompt up to the place of the question."""
    return benchmarks.prompt("gsm8k_pal_8shot").removesuffix(_QUERY)


TASK = Task(
    name="python_gsm8k",
    title="GSM8k + Python",
    problems=problems,
    examples=examples,
    query=lambda problem: _QUERY.replace("{question}", problem.question),
    stop=("Q:",),
    profiles={"fixed": PROGRAM_FIXED, "paper": PRINTED_PAPER},
    programs={"fixed": calling_solution, "paper": printing_solution},
    votes=1,
    temperature=0.0,
    top_p=1.0,
)
