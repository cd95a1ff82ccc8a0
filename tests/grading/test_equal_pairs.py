"""The cross test's finds: every pair of different MATH references among 2,000 that is equal, with its justification.

`equal_pairs.tsv` names the two problems (ids of the MATH files, no text of theirs), the grader's reason, and why the
pair is right: SymPy confirms it, or it was looked at. The 2,000 are `random.Random(7)`'s first of all references.
"""

import csv
import random
from pathlib import Path

import pytest

from llemma.grading import equal
from llemma.grading.published import MathSwitches, normalize_tex, tex_equal
from tests.grading.test_cases import STRICT, cross

LIST = (Path(__file__).parent / "equal_pairs.tsv").read_text(encoding="utf-8")
PAIRS = list(csv.DictReader(LIST.splitlines(), delimiter="\t"))
BY_SYMPY = "SymPy reads both normal forms and their difference simplifies to 0"
SWITCHES = MathSwitches(deletes_units_inside_words=False, zero_never_matches=False)


def test_every_listed_pair_is_justified_and_equal(math_references: dict[str, str]) -> None:
    assert len(PAIRS) == 137
    for pair in PAIRS:
        first, second = (math_references[pair[side]] for side in ("first", "second"))
        assert first != second
        assert pair["justification"]
        assert equal(first, second, STRICT).reason == pair["reason"], pair


@pytest.mark.slow
def test_what_sympy_is_said_to_confirm_it_confirms(math_references: dict[str, str]) -> None:
    for pair in PAIRS:
        if pair["justification"] == BY_SYMPY:
            texts = (math_references[pair[side]].replace("\\%", "/100") for side in ("first", "second"))
            sides = (normalize_tex(text, switches=SWITCHES) for text in texts)
            assert tex_equal(*sides, switches=SWITCHES).equal, pair


@pytest.mark.slow
def test_the_cross_test_over_two_thousand_references_finds_the_listed_pairs_and_no_other(
    math_references: dict[str, str],
) -> None:
    references = sorted(set(math_references.values()) - {""})
    random.Random(7).shuffle(references)
    found = {frozenset(pair[:2]) for pair in cross(references[:2000])}
    listed = {frozenset((math_references[pair["first"]], math_references[pair["second"]])) for pair in PAIRS}
    assert found == listed
