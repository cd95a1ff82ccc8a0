"""The tasks with Python as a tool: which program a completion holds, and how the original ran it."""

import re
from pathlib import Path

import pytest

from llemma.data.benchmarks import Benchmarks
from llemma.grading.profiles import GSM8K_FIXED
from llemma.storage import read_jsonl
from llemma.tasks import get_task, sympy_math
from llemma.tools.published import assigning_answer, calling_solution, printing_solution, swallowing_errors
from llemma.tools.python import Execution, Program, PythonTool

NO_STOP = "x = 3\nanswer = x + 1\n```\nThe imports required for this program are\n```\nimport math\n```\n"


@pytest.fixture(scope="module")
def tool() -> PythonTool:
    return PythonTool()


def _value(tool: PythonTool, program: Program) -> str:
    execution = tool.run(program)
    assert execution.status == "ok", execution
    return execution.output if execution.value is None else execution.value.text


def test_a_program_of_sympy_math_has_its_imports_first() -> None:
    assert sympy_math.source_of(NO_STOP) == "import math\n\n\nx = 3\nanswer = x + 1\n"
    assert sympy_math.source_of("x = 3\nanswer = x") is None  # the fence was never closed
    assert sympy_math.source_of("answer = 3\n```\nThat is all.") is None  # no imports


@pytest.mark.parametrize(
    ("source", "fixed", "paper"),
    [
        ("answer = 1/3", "0.3333333333333333", "0.3333333333333333"),
        ("from sympy import *\nanswer = sqrt(8)/2", r"\sqrt{2}", "sqrt(2)"),
        ("from sympy import *\nx = symbols('x')\nanswer = solve(x**2 - 2, x)", r"- \sqrt{2}, \sqrt{2}", None),
        ("from sympy import *\nx = symbols('x')\nanswer = solve(x - 2, x, dict=True)", "2", None),
        ("from sympy import *\nanswer = Interval.open(0, oo)", r"\left(0, \infty\right)", None),
        ("import math\ndef f(n):\n    return math.factorial(n)\nanswer = f(4)", "24", "None"),  # f sees no math
        ("n = 3\nanswer = sum(n for _ in range(2))", "6", "None"),  # nor the generator n
        ("answer = 5\nraise ValueError", None, "5"),  # an error after the answer is passed over
    ],
)
def test_programs_run_as_they_should_and_as_the_original_did(
    tool: PythonTool, source: str, fixed: str | None, paper: str | None
) -> None:
    with tool:
        if fixed is None:
            assert tool.run(assigning_answer(source)).status == "error"
        else:
            assert _value(tool, assigning_answer(source)) == fixed
        if paper is not None:
            execution = tool.run(swallowing_errors(source))
            assert (execution.value.text if execution.value else "None") == paper


def test_pal_programs_print_their_solution_and_see_no_import_of_their_own(tool: PythonTool) -> None:
    plain = "\n\n\ndef solution():\n    result = 23 - 5 * 3\n    return result\n\n\n\n\n\n"
    outside = "import math\ndef solution():\n    return math.gcd(4, 6)"
    with tool:
        assert _value(tool, calling_solution(plain)) == "8"
        assert _value(tool, printing_solution(plain)) == "8\n"
        assert _value(tool, calling_solution(outside)) == "2"
        assert tool.run(printing_solution(outside)).status == "error"


def test_the_layout_of_both_prompts_is_the_published_one(benchmark_folder: Path) -> None:
    benchmarks = Benchmarks(benchmark_folder)
    pal = get_task("python_gsm8k")
    published = benchmarks.prompt("gsm8k_pal_8shot")
    problem = pal.problems(benchmarks)[0]
    assert pal.examples(benchmarks) + pal.query(problem) == published.replace("{question}", problem.question)
    sympy = get_task("sympy_math")
    first = sympy.problems(benchmarks)[0]
    assert sympy.examples(benchmarks).count("Problem:\n") == 5
    example = sympy.examples(benchmarks).split("\n```\n")[0]
    assert sympy.query(first).removesuffix("\n```\n").partition("\n\n")[2] == example.rpartition("\n\n")[2]


def _first(pattern: str, text: str) -> str | None:
    found = re.search(pattern, text, re.DOTALL)
    return None if found is None else found[1].strip()


def test_published_programs_print_here_what_they_printed_there(tool: PythonTool, benchmark_folder: Path) -> None:
    # ToRA-Code-34B on GSM8K (Gou et al. 2024): program, its output, then the answer in a box.
    path = benchmark_folder / "model_outputs/tora_code_34b_gsm8k/test_tora_-1_seed0_t0.0_s0_e1319.jsonl"
    if not path.exists():
        pytest.skip(f"no published outputs at {path}")
    rows = list(read_jsonl(path))
    sources = [_first("```python\n(.*?)```", row["code"][0]) or "" for row in rows]
    with tool:
        executions = list(tool.run_many(map(Program, sources)))
    printed = [_first("```output\n(.*?)```", row["code"][0]) for row in rows]
    different = [
        row["idx"]
        for row, execution, there in zip(rows, executions, printed, strict=True)
        if there is not None and _last_words(execution) != there
    ]
    assert different == []
    assert sum(there is not None for there in printed) >= len(rows) - 1
    right = [GSM8K_FIXED.grade(row["code"][0], row["gt"]).correct for row in rows]
    reported = [GSM8K_FIXED.compare(row["pred"][0], row["gt"]).equal for row in rows]
    assert abs(sum(right) - sum(reported)) <= 0.002 * len(rows)


def _last_words(execution: Execution) -> str:
    return execution.output.strip() if execution.status == "ok" else execution.error
