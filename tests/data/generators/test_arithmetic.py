"""The word problems: true, solvable, well formed, and never shared between the splits."""

import itertools
import re
import string
from collections import Counter
from collections.abc import Callable

import pytest

from llemma.data.generators import arithmetic
from llemma.data.generators.arithmetic_templates import TEMPLATES
from llemma.data.generators.arithmetic_templates.template import Template
from llemma.data.generators.words import COLORS, CONTAINERS, GROUP_OF, GROUPS, THINGS
from llemma.errors import UserError
from llemma.records import Problem
from tests.data.generators.conftest import outputs_by_hash_seed

NUMBER = re.compile(r"\d+")
EQUATION = re.compile(r"(\d+) ([-+x/]) (\d+)(?: = \d+ [-+] \d+)? = (\d+)")  # "17 + 43 = 57 + 3 = 60"
ENDING = re.compile(r"\nFinal Answer: The final answer is \$(\d+)\$\. I hope it is correct\.\Z")
WORDS = {word.lower(): group for group, entries in GROUPS.items() for entry in entries for word in entry.values()}

# Questions that are read and solved here, by another way than the templates' own steps.
SOLVERS: dict[str, tuple[str, Callable[..., int]]] = {
    "buying": (r"buys (\d+) \w+ for (\d+) dollars each and (\d+) \w+ for (\d+)", lambda n, p, m, q: n * p + m * q),
    "change": (
        r"pays with (\d+) dollars for (\d+) .* (\d+) dollars .* (\d+) .* (\d+)",
        lambda b, n, p, m, q: b - n * p - m * q,
    ),
    "sharing": (r"has (\d+) \w+ and finds (\d+) .* among (\d+) friends", lambda a, b, k: (a + b) // k),
    "ages": (r"is (\d+) .* is (\d+) times as old.* is (\d+) years older", lambda a, k, d: a + 2 * a * k + d),
    "travel": (
        r"is (\d+) miles long.* (\d+) hours at (\d+) .* (\d+) hours at (\d+)",
        lambda w, n, p, m, q: w - n * p - m * q,
    ),
    "reading": (r"has (\d+) pages.* (\d+) pages .* and (\d+) .* (\d+) days", lambda t, a, b, d: t - a * d - b * d),
    "savings": (r"costs (\d+) .* has (\d+) .* saves (\d+)", lambda c, h, s: -((h - c) // s)),
    "fractions": (r"Of (\d+) .*1/(\d+) .*1/(\d+)", lambda t, k, j: round(t * (1 - 1 / k - 1 / j))),
    "rows": (r"has (\d+) rows of (\d+) chairs.* on (\d+) chairs", lambda r, s, t: r * s - t),
    "percent": (r"costs (\d+) dollars. It gets (\d+) percent", lambda t, p: t * (100 - p) // 100),
    "recipes": (r"for (\d+) people needs (\d+) eggs.*for (\d+) people", lambda p, e, q: e * q // p),
    "perimeter": (r"is (\d+) meters long and (\d+) meters wide. How", lambda a, b: a + b + a + b),
    "comparing": (r"has (\d+) .* has (\d+) \w+ more .* has (\d+) times", lambda a, d, k: a + (a + d) * (k + 1)),
    "leftovers": (r"packs (\d+) \w+ into \w+ of (\d+)", lambda total, size: total % size),
    "average": (r"hold (\d+), (\d+) and (\d+)", lambda *n: sum(n) // 3),
    "unit price": (r"(\d+) \w+ cost (\d+) .*do (\d+)", lambda n, t, k: t * k // n),
    "time": (r"takes (\d+) hours and (\d+)", lambda h, m: h * 60 + m),
    "packing": (
        r"has (\d+) \w+ of (\d+) .*(\b\d+) \w+ are bad.*of (\d+) .*for (\d+)",
        lambda n, m, b, k, p: (n * m - b) // k * p,
    ),
    "wages": (
        r"(\d+) friends work (\d+) .* (\d+) days.* (\d+) dollars an hour, pay (\d+)",
        lambda n, h, d, p, c: (h * d * p - c) // n,
    ),
    "passengers": (
        r"has (\d+) cars with (\d+) .* (\d+) people .* (\d+) .* (\d+)",
        lambda c, s, a, b, d: c * s - a + b - d,
    ),
}


@pytest.fixture(scope="module")
def train() -> list[Problem]:
    return arithmetic.problems("train", 20_000, seed=1, levels=arithmetic.LEVELS, max_value=1_000)


@pytest.fixture(scope="module")
def test() -> list[Problem]:
    return arithmetic.problems("test", 8_000, seed=1, levels=arithmetic.LEVELS, max_value=1_000)


def skeleton(question: str) -> str:
    """Return the question in lower case with people, objects and colors masked; the numbers stay."""
    return " ".join(WORDS.get(word, word) for word in re.findall(r"\w+", question.lower()))


def numbers_in(text: str) -> list[int]:
    return sorted(int(number) for number in NUMBER.findall(text))


def slots_of(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_equation_is_true_and_the_last_result_is_the_reference(train: list[Problem], test: list[Problem]) -> None:
    apply = {"+": int.__add__, "-": int.__sub__, "x": int.__mul__, "/": lambda a, b: a // b if a % b == 0 else None}
    for problem in train + test:
        steps = EQUATION.findall(problem.solution)
        for left, sign, right, result in steps:
            assert apply[sign](int(left), int(right)) == int(result), problem
        assert steps[-1][-1] == problem.reference, problem
        assert len(steps) == int(problem.level), problem


def test_every_solution_ends_with_the_final_answer_line(train: list[Problem]) -> None:
    for problem in train:
        found = ENDING.search(problem.solution)
        assert found is not None
        assert found[1] == problem.reference


def test_every_equation_starts_from_numbers_that_are_known(train: list[Problem]) -> None:
    # Known: the question's numbers, earlier results, and the constants of the kind. Only a rule of ten and the number
    # of full boxes must be found by thinking.
    constants = {"perimeter": {2}, "average": {2, 3}, "time": {60}}
    for problem in train:
        if problem.subject in ("percent", "leftovers"):
            continue
        known = set(numbers_in(problem.question)) | constants.get(problem.subject, set())
        for left, _, right, result in EQUATION.findall(problem.solution):
            assert {int(left), int(right)} <= known, problem
            known.add(int(result))


@pytest.mark.parametrize("kind", sorted({template.kind for template in TEMPLATES}))
def test_an_independent_solver_finds_the_reference(kind: str, train: list[Problem], test: list[Problem]) -> None:
    pattern, solve = SOLVERS[kind]
    matches = [
        (problem, found)
        for problem in train + test
        if problem.subject == kind and (found := re.search(pattern, problem.question))
    ]
    assert len(matches) > 50
    for problem, found in matches:
        assert solve(*map(int, found.groups())) == int(problem.reference), problem


def test_there_are_at_least_sixteen_kinds_and_each_level_has_several(train: list[Problem]) -> None:
    kinds = {(problem.level, problem.subject) for problem in train}
    assert len({kind for _, kind in kinds}) >= 16
    assert min(Counter(level for level, _ in kinds).values()) >= 8


def test_the_splits_share_no_question_whatever_its_people_and_objects(
    train: list[Problem], test: list[Problem]
) -> None:
    tests = test + arithmetic.problems("test", 4_000, seed=2, max_number=90)
    for key in (
        lambda problem: " ".join(problem.question.lower().split()),
        lambda problem: skeleton(problem.question),
    ):
        assert not {key(problem) for problem in train} & {key(problem) for problem in tests}


def test_the_question_alone_tells_its_kind() -> None:
    # Then a question has one kind and one list of numbers, hence one split.
    words = {
        (skeleton(re.sub(r"\{\w+\}", "0", form)), template.kind) for template in TEMPLATES for form in template.forms
    }
    assert len({form for form, _ in words}) == len(words)


def test_split_of_depends_on_the_wording_and_the_numbers_and_gives_an_eighth_to_test() -> None:
    pairs = [{"a": a, "b": b} for a, b in itertools.combinations(range(200), 2)]
    splits = [arithmetic.split_of("{a} and {b}?", pair) for pair in pairs]
    assert splits == [arithmetic.split_of("{a} and {b}?", dict(reversed(pair.items()))) for pair in pairs]
    assert splits != [arithmetic.split_of("{b} and {a}?", pair) for pair in pairs]
    assert splits.count("test") / len(splits) == pytest.approx(1 / 8, abs=0.01)


def test_no_question_comes_twice(train: list[Problem], test: list[Problem]) -> None:
    for problems in (train, test):
        assert len({problem.question for problem in problems}) == len(problems)
        assert len({problem.id for problem in problems}) == len(problems)


def test_the_same_seed_gives_the_same_bytes_whatever_the_hash_seed() -> None:
    program = (
        "import hashlib; from llemma.data.generators.arithmetic import documents, problems;"
        "rows = [d.text for d in documents(300, seed=5)] + [repr(p) for p in problems('test', 300, seed=5)];"
        "print(hashlib.sha256('\\n'.join(rows).encode()).hexdigest())"
    )
    assert len(outputs_by_hash_seed(program)) == 1


def test_another_seed_gives_other_problems() -> None:
    one, other = (arithmetic.problems("train", 200, seed=seed) for seed in (1, 2))
    # A few of the smallest templates' questions may meet by chance.
    assert len({problem.question for problem in one} & {problem.question for problem in other}) < 10


def test_a_shorter_list_is_the_beginning_of_a_longer_one() -> None:
    assert arithmetic.problems("test", 50) == arithmetic.problems("test", 200)[:50]


def test_a_document_is_the_prompt_a_newline_and_the_solution() -> None:
    problems = arithmetic.problems("train", 30, seed=4)
    documents = list(arithmetic.documents(30, seed=4))
    assert [document.id for document in documents] == [f"arithmetic/train/{index}" for index in range(30)]
    for problem, document in zip(problems, documents, strict=True):
        assert document.text == f"Problem:\n{problem.question}\n\nSolution:\n{problem.solution}"
        assert document.text.startswith(arithmetic.prompt(problem) + "\n")
        assert document.meta == {"subject": problem.subject, "level": problem.level}


def test_the_language_is_plain(train: list[Problem]) -> None:
    plural = {many for _, many in THINGS + CONTAINERS}
    for problem in train:
        text = f"{problem.question} {problem.solution}"
        assert text.isascii()
        assert not re.search(r"\b[aA] [aeiou]|\b[01] \w+s\b|  |[{}]", text), text
        assert text[0].isupper() or text[0].isdigit()
        assert len(re.findall(r"[A-Za-z]+|[^A-Za-z ]", arithmetic.prompt(problem) + problem.solution)) <= 170, text
        for number, word in re.findall(r"(\d+) (\w+)", text):
            assert word + "s" not in plural, (number, word, text)


def test_two_people_have_two_names_and_two_colors_differ(train: list[Problem]) -> None:
    names = {slots["name"] for slots in GROUPS["name"]}
    for problem in train:
        words = set(re.findall(r"\w+", problem.question))
        if problem.subject == "comparing":
            assert len(names & words) == 2, problem
        if problem.subject == "fractions" and problem.level == "4":
            assert len(set(COLORS) & words) == 2, problem


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: f"{template.kind}-{template.level}")
def test_a_template_keeps_its_rules(template: Template) -> None:
    forms = [slots_of(form) for form in template.forms]
    numbers = [slots - GROUP_OF.keys() for slots in forms]
    groups = [{GROUP_OF[slot] for slot in slots & GROUP_OF.keys()} for slots in forms]
    told = {GROUP_OF[slot] for slot in slots_of(template.solution) & GROUP_OF.keys()}
    assert all(given == numbers[0] for given in numbers)
    assert all(told <= mentioned for mentioned in groups)
    assert 1 <= template.level <= 4


@pytest.mark.parametrize("split", ["train", "test"])
def test_every_template_has_problems_at_the_smallest_and_the_largest_numbers(split: arithmetic.Split) -> None:
    for max_number in (15, 999):
        problems = arithmetic.problems(split, 3_000, max_number=max_number, max_value=1_000_000)
        assert {problem.subject for problem in problems} == {template.kind for template in TEMPLATES}


def test_levels_choose_the_number_of_steps_and_a_level_listed_twice_comes_twice_as_often() -> None:
    levels = Counter(problem.level for problem in arithmetic.problems("train", 3_000, levels=(1, 3, 3)))
    assert set(levels) == {"1", "3"}
    assert levels["3"] / levels["1"] == pytest.approx(2, rel=0.15)


@pytest.mark.parametrize("max_number", [15, 99])
def test_max_number_bounds_the_drawn_numbers(max_number: int) -> None:
    problems = arithmetic.problems("train", 2_000, levels=[1], max_number=max_number, max_value=1_000)
    largest = max(max(numbers_in(problem.question)) for problem in problems if problem.subject == "comparing")
    assert 0.9 * max_number < largest <= max_number


@pytest.mark.parametrize("max_value", [50, 100])
def test_max_value_bounds_every_number_and_leaves_kinds_and_levels_enough(max_value: int) -> None:
    problems = arithmetic.problems("train", 3_000, max_value=max_value)
    assert max(max(numbers_in(problem.question + problem.solution)) for problem in problems) <= max_value
    assert len({problem.subject for problem in problems}) >= 12
    assert {problem.level for problem in problems} == {"1", "2", "3", "4"}


def test_asking_for_far_more_problems_than_exist_fails_at_once() -> None:
    with pytest.raises(UserError, match=r"fewer than 1,000,000,000 test problems of levels \[1\] up to 15"):
        arithmetic.problems("test", 1_000_000_000, levels=[1], max_number=15)


def test_asking_for_a_few_more_problems_than_exist_is_a_user_error(monkeypatch: pytest.MonkeyPatch) -> None:
    # 8 x 8 pairs of digits in one form: 64 questions in both splits together.
    pens = Template("pens", "n: digit, price: digit", ("{n} pens for {price} dollars?",), "{n} x {price} = {cost}")
    monkeypatch.setattr(arithmetic, "TEMPLATES", (pens,))
    arithmetic._plans.cache_clear()
    try:
        found = [_found_of_64(split) for split in ("train", "test")]
    finally:
        arithmetic._plans.cache_clear()
    assert sum(found) == 64


def _found_of_64(split: arithmetic.Split) -> int:
    with pytest.raises(UserError, match=r"found only \d+ of 64 (train|test) problems") as caught:
        arithmetic.problems(split, 64, levels=[1], max_value=1_000)
    return int(re.findall(r"only (\d+)", str(caught.value))[0])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"split": "dev", "count": 1}, "no split 'dev'"),
        ({"split": "test", "count": -1}, "count is -1"),
        ({"split": "test", "count": 1, "levels": []}, "levels are"),
        ({"split": "test", "count": 1, "levels": [5]}, "levels are"),
        ({"split": "test", "count": 1, "max_number": 14}, "max_number is 14"),
        ({"split": "test", "count": 1, "max_value": 49}, "max_value is 49"),
    ],
)
def test_bad_arguments_are_user_errors(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(UserError, match=message):
        arithmetic.problems(**arguments)  # type: ignore[arg-type]


def test_programs_compute_the_references_of_the_same_problems() -> None:
    problems = arithmetic.problems("train", 500, seed=2)
    for problem, document in zip(problems, arithmetic.documents(500, seed=2, programs=True), strict=True):
        head, program = document.text.split("\n\nProgram:\n")
        assert head == f"Problem:\n{problem.question}"
        names: dict[str, Callable[[], int]] = {}
        exec(program, names)  # noqa: S102 - our own text
        assert str(names["solution"]()) == problem.reference, document.text
        assert program.count(" = ") == int(problem.level)
