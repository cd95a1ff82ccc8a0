"""The explanation of a verdict, and the example that shows the public interface."""

import subprocess
import sys
from pathlib import Path

from llemma.grading.explain import Step, explain

EXAMPLE = Path(__file__).parents[2] / "examples/grade_answers.py"


def test_the_steps_lead_from_the_completion_to_the_verdict() -> None:
    steps = explain(r"So $x = \boxed{\frac{1}{2}}$.", "0.5")
    assert steps == [
        Step("reference", "0.5"),
        Step("extraction", r"'\\frac{1}{2}', by box at characters 8 to 27"),
        Step("answer, wrappers off", r"\frac{1}{2}"),
        Step("answer, parsed", "div(1, 2)"),
        Step("reference, wrappers off", "0.5"),
        Step("reference, parsed", "1/2 (1 decimals)"),
        Step("stage number", "equal: equal rational numbers"),
    ]


def test_a_completion_without_answer_ends_at_the_extraction() -> None:
    assert explain("There is nothing that I can say about this", "5")[-1].name == "extraction"


def test_structures_are_shown_with_their_brackets_and_unknown_text_as_such() -> None:
    steps = explain(r"$\boxed{[1, x) \text{ and } \{2\}}$", "a ?? b")
    assert {step.result for step in steps} >= {"list [1, x) and setof(2)", "opaque 'a??b'"}


def test_the_example_runs() -> None:
    done = subprocess.run([sys.executable, EXAMPLE], capture_output=True, text=True, check=True)
    assert "vote: '3 \\\\pm 2\\\\sqrt{2}' with (3, 1) votes" in done.stdout
