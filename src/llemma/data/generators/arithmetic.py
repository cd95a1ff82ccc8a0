"""Grade-school word problems with worked solutions, made by a seeded generator: training and test never share one.

Each problem belongs to one split for ever: a hash of its kind and of the numbers in its question decides, so neither
another seed nor other names, objects or wording bring a test problem into the training set. The same seed gives the
same bytes on every machine, and the first n problems of a longer list are the list of n.
"""

import functools
import hashlib
import math
import re
import string
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from llemma.data.generators.arithmetic_templates import TEMPLATES
from llemma.data.generators.arithmetic_templates.template import Template, number_classes
from llemma.data.generators.equations import MAX_VALUE, OPERATIONS, SMALLEST, worked_out
from llemma.data.generators.words import GROUP_OF, GROUPS, Draw
from llemma.errors import UserError
from llemma.records import Document, Problem

Split = Literal["train", "test"]

LEVELS = (1, 2, 3, 4)
"""The number of steps in the solution."""

MIX = (1, 1, 2, 2, 3, 4)
"""The default levels to draw from: one that is listed twice comes twice as often."""

MAX_NUMBER = 20
"""The default upper bound of the numbers that are added and of the larger factors at level 4."""

PROMPT = "Problem:\n{question}\n\nSolution:"
"""The zero-shot prompt. A document is the prompt, a newline and the solution."""

PROGRAM_PROMPT = "Problem:\n{question}\n\nProgram:"
"""The zero-shot prompt of a document whose solution is a program, a function `solution` (PAL: Gao et al. 2022)."""

FINAL_ANSWER = "Final Answer: The final answer is ${answer}$. I hope it is correct."

_TEST_SHARE = 8  # one eighth of all problems are test problems
_PATIENCE = 2_000  # known questions in a row before the generator is taken to be exhausted
_CURE = "Ask for fewer, for more levels or for a larger max_number."
_OPENINGS = ("", "Let us see. ", "One step at a time. ", "First things first. ", "Here is how. ")
_PYTHON = {"+": "+", "-": "-", "x": "*", "/": "//"}
_EQUATION = re.compile(r"\{?(\w+)\}? ([-+x/]) \{?(\w+)\}? = \{(\w+)\}")


def problems(
    split: Split,
    count: int,
    *,
    seed: int = 0,
    levels: Sequence[int] = MIX,
    max_number: int = MAX_NUMBER,
    max_value: int = MAX_VALUE,
) -> list[Problem]:
    """Return `count` problems of a split with different questions; `subject` is the kind, `level` the number of steps.

    Raises UserError when there are not that many, or for a level or number out of range.
    """
    made = _made(split, count, seed=seed, levels=levels, max_number=max_number, max_value=max_value)
    return [problem for problem, _ in made]


def documents(
    count: int,
    *,
    seed: int = 0,
    split: Split = "train",
    levels: Sequence[int] = MIX,
    max_number: int = MAX_NUMBER,
    max_value: int = MAX_VALUE,
    programs: bool = False,
) -> Iterator[Document]:
    """Yield `count` documents: the problems that `problems(split, ...)` gives for the same values, with solutions.

    With `programs`, a Python function that computes the answer stands in place of the solution in words.
    """
    for problem, program in _made(split, count, seed=seed, levels=levels, max_number=max_number, max_value=max_value):
        meta = {"subject": problem.subject, "level": problem.level}
        text = f"{program_prompt(problem)}\n{program}" if programs else f"{prompt(problem)}\n{problem.solution}"
        yield Document(problem.id, text, meta)


def prompt(problem: Problem) -> str:
    """Return the text that a model continues with a newline and the solution."""
    return PROMPT.format(question=problem.question)


def program_prompt(problem: Problem) -> str:
    """Return the text that a model continues with a newline and a program."""
    return PROGRAM_PROMPT.format(question=problem.question)


def split_of(wording: str, numbers: Mapping[str, int]) -> Split:
    """Return the split of all problems that ask in this wording with these numbers, whoever and whatever is in them."""
    key = f"{wording} {sorted(numbers.items())}".encode()
    return "train" if hashlib.blake2b(key, digest_size=8).digest()[0] % _TEST_SHARE else "test"


def _made(
    split: Split, count: int, *, seed: int, levels: Sequence[int], max_number: int, max_value: int
) -> Iterator[tuple[Problem, str]]:
    """Yield problems, each with its program."""
    _check(split, count, levels, max_number, max_value)
    draw = Draw(f"arithmetic {split} {seed}")
    plans = _plans(max_number, max_value)
    request = f"{count:,} {split} problems of levels {sorted(set(levels))} up to {max_number}"
    if count > sum(plan.most_questions() for level in set(levels) for plan in plans[level]):
        raise UserError(f"arithmetic: there are fewer than {request}. {_CURE}")
    questions: set[str] = set()
    misses = 0
    while len(questions) < count:
        plan = draw.one_of(plans[draw.one_of(levels)])
        problem, program = plan.problem(draw, split, max_value, f"arithmetic/{split}/{len(questions)}")
        if problem.question not in questions:
            questions.add(problem.question)
            misses = 0
            yield problem, program
        elif (misses := misses + 1) == _PATIENCE:
            raise UserError(f"arithmetic: found only {len(questions):,} of {request}. {_CURE}")


def _check(split: str, count: int, levels: Sequence[int], max_number: int, max_value: int) -> None:
    if split not in ("train", "test"):
        raise UserError(f"arithmetic: no split {split!r}. Known: test, train")
    if count < 0:
        raise UserError(f"arithmetic: count is {count}; it must be 0 or more")
    if not levels or not set(levels) <= set(LEVELS):
        raise UserError(f"arithmetic: levels are {list(levels)}; they must be some of 1, 2, 3, 4")
    if not 15 <= max_number <= 999:
        raise UserError(f"arithmetic: max_number is {max_number}; it must be from 15 to 999")
    if max_value < 50:
        raise UserError(f"arithmetic: max_value is {max_value}; it must be at least 50")


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

    def problem(self, draw: Draw, split: Split, max_value: int, name: str) -> tuple[Problem, str]:
        """Return a problem of the split, and the program that solves it."""
        form = draw.one_of(self.template.forms)
        numbers = self._numbers(draw, form, split, max_value)
        slots = draw.words(self.groups) | {key: str(value) for key, value in numbers.items()}
        answer = str(numbers[self.steps[-1].result])
        problem = Problem(
            id=name,
            question=_capitalized(form.format_map(slots)),
            reference=answer,
            solution=f"{self._solution(draw, numbers).format_map(slots)}\n{FINAL_ANSWER.format(answer=answer)}",
            subject=self.template.kind,
            level=str(self.template.level),
        )
        return problem, self._program(numbers)

    def _solution(self, draw: Draw, numbers: Mapping[str, int]) -> str:
        """Return a drawn opening and the template's solution, each of its equations worked out in a drawn way."""

        def work_out(found: re.Match[str]) -> str:
            left, operation, right, _ = found.groups()
            return worked_out(draw, numbers[left], operation, numbers[right])

        return draw.one_of(_OPENINGS) + _EQUATION.sub(work_out, self.template.solution)

    def _program(self, numbers: Mapping[str, int]) -> str:
        """Return a function that does the steps, with the numbers of the question where they come in."""
        known: dict[str, str] = {}
        lines = []
        for step in self.steps:
            left, right = (known.get(name, str(numbers[name])) for name in (step.left, step.right))
            lines.append(f"    {step.result} = {left} {_PYTHON[step.operation]} {right}")
            known[step.result] = step.result
        return "\n".join(["def solution():", *lines, f"    return {self.steps[-1].result}"])

    def most_questions(self) -> int:
        """Return a bound that the number of different questions, of both splits together, does not pass."""
        numbers = math.prod(len(choices) for _, choices in self.drawn)
        return numbers * math.prod(len(GROUPS[group]) for group in self.groups) * len(self.template.forms)

    def _numbers(self, draw: Draw, form: str, split: Split, max_value: int) -> dict[str, int]:
        """Return the values of all names of the template, drawn until they are good and belong to the split."""
        for _ in range(100_000):
            values = self._try(draw, max_value)
            if values and self._split(form, values) == split:
                return values
        raise AssertionError(f"no numbers fit {form!r} in split {split}")

    def fits(self, max_value: int) -> bool:
        """Whether numbers up to `max_value` are found, for every wording and both splits, without much drawing."""
        draw = Draw("does it fit")
        found = [values for _ in range(2000) if (values := self._try(draw, max_value))]
        splits = [Counter(self._split(form, values) for values in found) for form in self.template.forms]
        return all(min(count["train"], count["test"]) >= 3 for count in splits)

    def _split(self, form: str, values: Mapping[str, int]) -> Split:
        return split_of(form, {name: values[name] for name in self.given})

    def _try(self, draw: Draw, max_value: int) -> dict[str, int]:
        """Return drawn values with all that follows from them; {} when they are no good."""
        values = draw.one_of_each(self.drawn)
        values.update(self.literals)
        good = _solve(self.derived, values, max_value) and _solve(self.steps, values, max_value)
        return values if good else {}


def _solve(equations: Sequence[_Equation], values: dict[str, int], max_value: int) -> bool:
    """Add each result to the values; return False at a value that is too small or too large, or leaves a rest."""
    if max(values.values()) > max_value:
        return False
    for equation in equations:
        left, right = values[equation.left], values[equation.right]
        if equation.operation == "/" and left % right:
            return False
        values[equation.result] = result = OPERATIONS[equation.operation](left, right)
        if not SMALLEST <= result <= max_value:
            return False
    return True


@functools.cache
def _plans(max_number: int, max_value: int) -> Mapping[int, Sequence[_Plan]]:
    """Return the templates by level; those whose numbers cannot stay within `max_value` are left out."""
    plans = [plan for template in TEMPLATES if (plan := _plan(template, max_number)).fits(max_value)]
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
