"""Which licenses the filter lets through."""

import pytest

from llemma.data.filters.license import License
from llemma.data.steps import Row, to_batch


def reason(terms: str | None, step: License) -> str | None:
    return step(to_batch([Row("a", license=terms)])).column("reason").to_pylist()[0]


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ("MIT", None),
        ("bsd-3-clause", None),
        ("GPL-3.0-only", "license"),
        ("MIT AND BSD-3-Clause", None),
        ("MIT AND GPL-2.0-only", "license"),
        ("GPL-2.0-only OR MIT", None),
        ("GPL-2.0-only OR MIT AND LGPL-2.1-only", "license"),
        ("(GPL-2.0-only OR MIT) AND LGPL-2.1-only", "license"),
        ("Apache-2.0 WITH LLVM-exception", "license"),
        (None, "unknown_license"),
    ],
)
def test_permissive_licenses_are_kept_by_default(terms: str | None, expected: str | None) -> None:
    assert reason(terms, License()) == expected


def test_the_list_can_be_another_one() -> None:
    assert reason("GPL-3.0-only", License(keep=["GPL-3.0-only"])) is None
    assert reason("MIT", License(keep=["GPL-3.0-only"])) == "license"


def test_an_unknown_license_is_kept_on_request() -> None:
    assert reason(None, License(keep_unknown=True)) is None


def test_each_row_is_judged_for_itself() -> None:
    rows = [Row("a", license="MIT"), Row("b"), Row("c", license="MIT"), Row("d", license="EPL-1.0")]
    assert License()(to_batch(rows)).column("reason").to_pylist() == [None, "unknown_license", None, "license"]
