"""Drop reasons: every one that the data build gives is explained, and no explanation is left over."""

import ast
import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import get_args

import pytest

from llemma import data
from llemma.data import archives, stages, worker
from llemma.data.dedup import Dedup, duplicates
from llemma.data.filters.math_score import MathScore
from llemma.data.filters.perplexity import MAX_PERPLEXITY
from llemma.data.filters.source_code import JULIA_LARGE_BYTES, JULIA_TEST_SHARE
from llemma.data.filters.source_code_rules import MAX_BYTES, MAX_DIGIT_DENSITY, RULES
from llemma.data.filters.urls import HOSTS, PARTS
from llemma.data.filters.web_text import WebText
from llemma.data.recipe import AnySource, AnyStep
from llemma.data.steps import MAX_DOCUMENT_BYTES
from llemma.report.drop_reasons import EXPLANATIONS, explained

GIVEN_REASONS = re.compile(r"damaged|Member|_failed|if_else|(?!UnknownName|MissingPackage|RunFailed)\w+Error")
"""Calls with a reason among their arguments; messages of errors are no single words."""

NOT_REASONS = {"rows", "done", "error"}
"""Other words that the modules below return."""


def modules() -> set[ModuleType]:
    """Return the modules of which functions may return a reason: those of all sources and steps, and a few more."""
    members = [member for union in (AnySource, AnyStep) for member in get_args(get_args(union)[0])]
    others = {archives, stages, worker}
    return {sys.modules[member.__module__] for member in members} | others


def words(node: ast.AST | None) -> Iterator[str]:
    """Yield the snake_case strings that an expression may be, or have among its items."""
    match node:
        case ast.Constant(value=str(text)) if re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", text):
            yield text
        case ast.IfExp(body=body, orelse=other):
            yield from (*words(body), *words(other))
        case ast.Tuple(elts=items) | ast.List(elts=items) | ast.BoolOp(values=items):
            for item in items:
                yield from words(item)
        case ast.ListComp(elt=item) | ast.DictComp(value=item):
            yield from words(item)


def returned(tree: ast.AST) -> Iterator[str]:
    """Yield the words that functions return or yield."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Return | ast.Yield):
            yield from words(node.value)


def given(tree: ast.AST) -> Iterator[str]:
    """Yield the words that are set as a reason, or given to what makes a dropped row."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=arguments, keywords=keywords):
                for argument in arguments if GIVEN_REASONS.fullmatch(name) else []:
                    yield from words(argument)
                for keyword in keywords:
                    yield from words(keyword.value) if keyword.arg == "reason" else ()
            case ast.Assign(targets=[target], value=value) if re.search("reason|problem", ast.unparse(target)):
                yield from words(value)


def emitted() -> set[str]:
    """Return every reason in the code."""
    found = {reason for module in modules() for reason in returned(ast.parse(inspect.getsource(module)))}
    for path in Path(data.__file__).parent.rglob("*.py"):
        found |= set(given(ast.parse(path.read_text(encoding="utf-8"))))
    for rules in RULES.values():
        found |= {*rules.starts, *rules.contains, *rules.paths, *rules.repositories}
        found |= {rules.needs.reason} if rules.needs else set()
    return (found | {*HOSTS, *PARTS, *get_args(duplicates.Reason)}) - NOT_REASONS


def test_every_reason_in_the_code_is_explained_and_no_other() -> None:
    assert set(EXPLANATIONS) == emitted()


@pytest.mark.parametrize(
    "source",
    [
        'def f():\n    return "a_b" if x else None',
        'def f():\n    yield 1, "a_b"',
        'damaged(place, "a_b")',
        'raise BodyError("a_b") from error',
        'Row(id=name, reason="a_b" if long else None)',
        'row["reason"] = "a_b"',
        'def f():\n    return ["a_b" if x > 1 else None for x in xs]',
    ],
)
def test_a_reason_is_seen_wherever_the_code_names_one(source: str) -> None:
    tree = ast.parse(source)
    assert [*returned(tree), *given(tree)] == ["a_b"]


@pytest.mark.parametrize("reason", sorted(EXPLANATIONS))
def test_an_explanation_is_short_and_fits_into_a_table(reason: str) -> None:
    text = explained(reason)
    assert len(text) <= 100
    assert text[0].isupper()
    assert not text.endswith(".")
    assert "|" not in text
    assert "\n" not in text


def test_a_reason_that_nobody_knows_is_given_in_words() -> None:
    assert explained("too_many_owls") == "Too many owls"


@pytest.mark.parametrize(
    ("reason", "threshold"),
    [
        ("too_long", f"{MAX_DOCUMENT_BYTES / 2**20:.0f} MiB"),
        ("too_large", f"{MAX_BYTES:,} bytes"),
        ("digit_density", f"{MAX_DIGIT_DENSITY:.0%} ".replace("%", " %")),
        ("digit_density", f"C++: {RULES['cpp'].max_digit_density:.0%}".replace("%", " %")),
        ("large_not_test", f"{JULIA_LARGE_BYTES:,} bytes"),
        ("large_not_test", f"{JULIA_TEST_SHARE:.0%}".replace("%", " %")),
        ("too_short", f"{WebText().min_characters} characters"),
        ("accented", f"{WebText().max_accented:.1%}".replace("%", " %")),
        ("low_math_score", f"{MathScore(model='').min_score_with_formula} with a formula"),
        ("low_math_score", f"{MathScore(model='').min_score_without} without"),
        ("high_perplexity", f"{MAX_PERPLEXITY:,.0f}"),
        ("near_duplicate", f"{Dedup().threshold}"),
    ],
)
def test_an_explanation_names_the_threshold_of_the_code(reason: str, threshold: str) -> None:
    assert threshold.strip() in explained(reason)
