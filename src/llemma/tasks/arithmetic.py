"""The built-in benchmark: 500 generated grade-school word problems, zero-shot. It needs no download.

Prompt, answer form and stop sequence are those of `minerva_math`, without examples.
"""

from llemma.data.benchmarks import Benchmarks
from llemma.data.generators.arithmetic import problems as generate
from llemma.data.generators.arithmetic import prompt
from llemma.grading.profiles import MATH_FIXED
from llemma.grading.published import MATH_PAPER
from llemma.records import Problem
from llemma.tasks import Task

PROBLEMS = 500
SEED = 20231016


def problems(benchmarks: Benchmarks) -> list[Problem]:  # noqa: ARG001
    """Return the test problems; training documents never contain one of them."""
    return generate("test", PROBLEMS, seed=SEED)


TASK = Task(
    name="arithmetic",
    title="Arithmetic",
    problems=problems,
    examples=lambda benchmarks: "",  # noqa: ARG005
    query=prompt,
    stop=("I hope it is correct.",),
    profiles={"fixed": MATH_FIXED, "paper": MATH_PAPER},
    votes=16,
    temperature=0.6,
    top_p=1.0,
    max_new_tokens=128,
)
