"""The built-in benchmark with Python as a tool: the problems of `arithmetic`, answered by a program. No download."""

from dataclasses import replace

from llemma.data.benchmarks import Benchmarks
from llemma.data.generators.arithmetic import program_prompt
from llemma.grading.profiles import PROGRAM_FIXED
from llemma.records import Problem
from llemma.tasks import Task, arithmetic
from llemma.tools.published import calling_solution


def problems(benchmarks: Benchmarks) -> list[Problem]:
    """Return the test problems of `arithmetic` under this task's name."""
    return [replace(problem, id=f"python_{problem.id}") for problem in arithmetic.problems(benchmarks)]


TASK = Task(
    name="python_arithmetic",
    title="Arithmetic + Python",
    problems=problems,
    examples=lambda benchmarks: "",  # noqa: ARG005
    query=program_prompt,
    stop=("\n\n",),
    profiles={"fixed": PROGRAM_FIXED},
    programs={"fixed": calling_solution},
    votes=16,
    temperature=0.6,
    top_p=1.0,
    max_new_tokens=128,
)
