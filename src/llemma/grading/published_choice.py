"""The paper's grader of multiple-choice questions, MMLU-STEM and SAT.

Source: wellecks/lm-evaluation-harness, lm_eval/tasks/{hendrycks_test_cot,math_sat_cot}.py.
"""

import re

from llemma.grading.verdict import Profile, Verdict

_ANSWER = re.compile(r"Final Answer: The final answer is (\([ABCD]\)).")


def _extract(text: str) -> str | None:
    """Return `(A)` to `(D)` from the first phrase in exactly the published words."""
    found = _ANSWER.search(text)
    return None if found is None else found[1]


def _reference(reference: str) -> str:
    """Return a letter as `(A)`."""
    return f"({reference.strip().strip('().')})"


def _same(answer: str, reference: str) -> Verdict:
    return Verdict(answer == reference, "choice", "the same letter" if answer == reference else "another letter")


CHOICE_PAPER = Profile(name="paper", extract=_extract, compare=_same, reference=_reference)
"""The published grader of MMLU-STEM and SAT: (A) to (D) in exactly the words of the prompt, or no answer."""
