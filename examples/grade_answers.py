"""Grade answers, vote over samples, and see why: the grader as a library. Needs no torch.

Run: python examples/grade_answers.py
"""

from llemma.grading import Policy, buckets, equal, extract, grade
from llemma.grading.explain import explain
from llemma.voting import maj_at_every_k, pass_at_every_k, vote

COMPLETIONS = [
    r"Both roots are real, so $x = \boxed{3 \pm 2\sqrt{2}}$.",
    "The answer is $3+2\\sqrt2$ and $3-2\\sqrt2$.",
    "We complete the square. Final Answer: The final answer is $\\sqrt{8}+3, 3-\\sqrt{8}$. I hope it is correct.",
    r"So $x$ is $\boxed{3 + 2\sqrt{2}}$.",
    "I have lost the thread of this one, and there is no value that I would give.",
]
REFERENCE = r"3 \pm 2 \sqrt{2}"


def main() -> None:
    """Print what each part of the public interface says about a few completions."""
    print("compare:", equal("0.5", r"\frac{1}{2}"))
    print("compare under a policy:", equal("33.3", r"\frac{100}{3}", Policy(rounding="shown")))

    answers = [extract(text) for text in COMPLETIONS]
    for text, answer in zip(COMPLETIONS, answers, strict=True):
        result = grade(text, REFERENCE)
        print(f"grade: {result.status:10} {answer!r}: {result.reason}")

    result = vote(answers, lambda a, b: equal(a, b).equal, buckets=buckets)
    correct = [equal(key, REFERENCE).equal for key in result.keys]
    print(f"vote: {result.answer!r} with {result.counts} votes")
    print("maj@k:", maj_at_every_k(result.counts, correct, samples=len(answers)).round(3).tolist())
    right = sum(count for count, good in zip(result.counts, correct, strict=True) if good)
    print("pass@k:", pass_at_every_k(right, samples=len(answers)).round(3).tolist())

    for step in explain(COMPLETIONS[2], REFERENCE):
        print(f"explain: {step.name}: {step.result}")


if __name__ == "__main__":
    main()
