"""Grade-school word problems with worked solutions, made by a seeded generator: training and test never share one.

Each problem belongs to one split for ever: a hash of its kind and of the numbers in its question decides, so neither
another seed nor other names, objects or wording bring a test problem into the training set. The same seed gives the
same bytes on every machine, and the first n problems of a longer list are the list of n.
"""

import functools
import hashlib
import operator
import re
import string
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from llemma.data.sources.arithmetic_templates import TEMPLATES, Template, number_classes
from llemma.data.sources.words import GROUP_OF, GROUPS, Draw
from llemma.errors import UserError
from llemma.records import Document, Problem

Split = Literal["train", "test"]

LEVELS = (1, 2, 3, 4)
"""The number of steps in the solution. A level listed twice in `levels` is drawn twice as often."""

MAX_NUMBER = 30
"""The default upper bound of drawn numbers; with it a 1M-parameter model learns most problems, not all."""

PROMPT = "Problem:\n{question}\n\nSolution:"
"""The zero-shot prompt. A document is the prompt, a newline and the solution."""

FINAL_ANSWER = "Final Answer: The final answer is ${answer}$. I hope it is correct."

_TEST_SHARE = 8  # one eighth of all problems are test problems
_SMALLEST = 2  # no number is 0 or 1, so plurals are always right
_PATIENCE = 2_000  # known questions in a row before the generator is taken to be exhausted
_EQUATION = re.compile(r"\{?(\w+)\}? ([-+x/]) \{?(\w+)\}? = \{(\w+)\}")
_OPERATIONS: Mapping[str, Callable[[int, int], int]] = {
    "+": operator.add,
    "-": operator.sub,
    "x": operator.mul,
    "/": operator.floordiv,
}


def problems(
    split: Split, count: int, *, seed: int = 0, levels: Sequence[int] = LEVELS, max_number: int = MAX_NUMBER
) -> list[Problem]:
    """Return `count` problems of a split with different questions; `subject` is the kind, `level` the number of steps.

    Raises UserError when there are not that many, or for a level or number out of range.
    """
    return list(_problems(split, count, seed=seed, levels=levels, max_number=max_number))


def documents(
    count: int, *, seed: int = 0, levels: Sequence[int] = LEVELS, max_number: int = MAX_NUMBER
) -> Iterator[Document]:
    """Yield `count` training documents: the problems that `problems("train", ...)` gives for the same values."""
    for problem in _problems("train", count, seed=seed, levels=levels, max_number=max_number):
        meta = {"subject": problem.subject, "level": problem.level}
        yield Document(problem.id, prompt(problem) + "\n" + problem.solution, meta)


def prompt(problem: Problem) -> str:
    """Return the text that a model continues with a newline and the solution."""
    return PROMPT.format(question=problem.question)


def split_of(kind: str, numbers: Sequence[int]) -> Split:
    """Return the split of all problems of a kind whose questions give these numbers, in whatever order and words."""
    key = f"{kind} {sorted(numbers)}".encode()
    return "train" if hashlib.blake2b(key, digest_size=8).digest()[0] % _TEST_SHARE else "test"


def _problems(split: Split, count: int, *, seed: int, levels: Sequence[int], max_number: int) -> Iterator[Problem]:
    _check(split, count, levels, max_number)
    draw = Draw(f"arithmetic {split} {seed}")
    plans = _plans(max_number)
    questions: set[str] = set()
    misses = 0
    while len(questions) < count:
        plan = draw.one_of(plans[draw.one_of(levels)])
        problem = plan.problem(draw, split, f"arithmetic/{split}/{len(questions)}")
        if problem.question not in questions:
            questions.add(problem.question)
            misses = 0
            yield problem
        elif (misses := misses + 1) == _PATIENCE:
            raise UserError(
                f"arithmetic: found only {len(questions):,} different {split} problems of the {count:,} asked for "
                f"(levels {sorted(set(levels))}, max_number {max_number}). Ask for fewer, or for more levels or larger numbers."
            )


def _check(split: str, count: int, levels: Sequence[int], max_number: int) -> None:
    if split not in ("train", "test"):
        raise UserError(f"arithmetic: no split {split!r}. Known: test, train")
    if count < 0:
        raise UserError(f"arithmetic: count is {count}; it must be 0 or more")
    if not levels or not set(levels) <= set(LEVELS):
        raise UserError(f"arithmetic: levels are {list(levels)}; they must be some of 1, 2, 3, 4")
    if not 20 <= max_number <= 999:
        raise UserError(f"arithmetic: max_number is {max_number}; it must be from 20 to 999")


@dataclass(frozen=True, slots=True)
class _Equation:
    """`result` = `left` `operation` `right`; the operands are keys of the values, literals included ("60": 60)."""

    left: str
    operation: str
    right: str
    result: str


@dataclass(frozen=True, slots=True)
class _Plan:
    """A template made ready to draw from."""

    template: Template
    literals: Mapping[str, int]
    drawn: tuple[tuple[str, Sequence[int]], ...]
    derived: tuple[_Equation, ...]
    steps: tuple[_Equation, ...]
    given: tuple[str, ...]
    groups: tuple[str, ...]

    def problem(self, draw: Draw, split: Split, name: str) -> Problem:
        """Return a problem of the split."""
        numbers = self._numbers(draw, split)
        slots = draw.words(self.groups) | {key: str(value) for key, value in numbers.items()}
        answer = str(numbers[self.steps[-1].result])
        return Problem(
            id=name,
            question=_capitalized(draw.one_of(self.template.forms).format_map(slots)),
            reference=answer,
            solution=f"{self.template.solution.format_map(slots)}\n{FINAL_ANSWER.format(answer=answer)}",
            subject=self.template.kind,
            level=str(self.template.level),
        )

    def _numbers(self, draw: Draw, split: Split) -> dict[str, int]:
        """Return the values of all names of the template, drawn until they are good and belong to the split."""
        for _ in range(100_000):
            values = {name: draw.one_of(choices) for name, choices in self.drawn}
            values.update(self.literals)
            if (
                _solve(self.derived, values)
                and split_of(self.template.kind, [values[name] for name in self.given]) == split
                and _solve(self.steps, values)
            ):
                return values
        raise AssertionError(f"no numbers fit the template {self.template.forms[0]!r} in split {split}")


def _solve(equations: Sequence[_Equation], values: dict[str, int]) -> bool:
    """Add each result to the values; return False at one that is too small or leaves a rest."""
    for equation in equations:
        left, right = values[equation.left], values[equation.right]
        if equation.operation == "/" and left % right:
            return False
        values[equation.result] = result = _OPERATIONS[equation.operation](left, right)
        if result < _SMALLEST:
            return False
    return True


@functools.cache
def _plans(max_number: int) -> Mapping[int, Sequence[_Plan]]:
    plans = [_plan(template, max_number) for template in TEMPLATES]
    return {level: [plan for plan in plans if plan.template.level == level] for level in LEVELS}


def _plan(template: Template, max_number: int) -> _Plan:
    classes = number_classes(max_number)
    rules = [rule.split(": ") for rule in template.numbers.split(", ")]
    derived = [_equation(f"{rule} = {{{name}}}") for name, rule in rules if rule not in classes]
    steps = [_Equation(*found) for found in _EQUATION.findall(template.solution)]
    operands = {operand for equation in derived + steps for operand in (equation.left, equation.right)}
    slots = _slots("".join(template.forms))
    groups = {GROUP_OF[slot] for slot in slots if slot in GROUP_OF}
    return _Plan(
        template=template,
        literals={operand: int(operand) for operand in sorted(operands) if operand.isdigit()},
        drawn=tuple((name, classes[rule]) for name, rule in rules if rule in classes),
        derived=tuple(derived),
        steps=tuple(steps),
        given=tuple(sorted(slots - GROUP_OF.keys())),
        groups=tuple(group for group in GROUPS if group in groups),
    )


def _equation(text: str) -> _Equation:
    found = _EQUATION.fullmatch(text)
    assert found, f"not an equation: {text!r}"
    return _Equation(*found.groups())


def _slots(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def _capitalized(text: str) -> str:
    return text[0].upper() + text[1:]
