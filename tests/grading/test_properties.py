"""Properties of equality and of extraction, by hypothesis: reflexive, symmetric, blind to spelling, not to digits."""

import contextlib
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from llemma.grading import buckets, equal, extract
from llemma.grading.lexer import ParseError
from llemma.grading.parse import parse

SETTINGS = settings(deadline=None, max_examples=150)

Tree = tuple  # ("num", n) or (operator, tree, tree)

numbers = st.integers(1, 60).map(lambda n: ("num", n))
letters = st.sampled_from("xyab").map(lambda name: ("name", name))
trees = st.recursive(
    numbers | letters,
    lambda inner: (
        st.tuples(st.sampled_from(["+", "-", "*", "/"]), inner, inner)
        | st.tuples(st.just("sqrt"), inner)
        | st.tuples(st.just("square"), inner)
    ),
    max_leaves=6,
)


def latex(tree: Tree) -> str:
    """One spelling: LaTeX with braces and fractions."""
    match tree:
        case ("num" | "name", value):
            return str(value)
        case ("sqrt", inner):
            return rf"\sqrt{{{latex(inner)}}}"
        case ("square", inner):
            return rf"\left({latex(inner)}\right)^{{2}}"
        case ("/", top, bottom):
            return rf"\dfrac{{{latex(top)}}}{{{latex(bottom)}}}"
        case ("*", left, right):
            return rf"\left({latex(left)}\right) \cdot \left({latex(right)}\right)"
        case (sign, left, right):
            return rf"\left({latex(left)}\right) {sign} \left({latex(right)}\right)"
    raise AssertionError(tree)


def plain(tree: Tree) -> str:
    """Another spelling: program syntax."""
    match tree:
        case ("num" | "name", value):
            return str(value)
        case ("sqrt", inner):
            return f"sqrt({plain(inner)})"
        case ("square", inner):
            return f"({plain(inner)})**2"
        case (sign, left, right):
            return f"({plain(left)}){sign}({plain(right)})"
    raise AssertionError(tree)


def with_values(tree: Tree, values: dict[str, float]) -> complex | None:
    """The value by Python's own arithmetic; None where there is none."""
    match tree:
        case ("num", value):
            return value
        case ("name", name):
            return values[name]
        case ("sqrt", inner):
            value = with_values(inner, values)
            return None if value is None else complex(value) ** 0.5
        case ("square", inner):
            value = with_values(inner, values)
            return None if value is None else value**2
        case (sign, left, right):
            a, b = with_values(left, values), with_values(right, values)
            if a is None or b is None or (sign == "/" and abs(b) < 1e-9):
                return None
            return {"+": lambda: a + b, "-": lambda: a - b, "*": lambda: a * b, "/": lambda: a / b}[sign]()
    raise AssertionError(tree)


def bumped(tree: Tree) -> Tree | None:
    """The tree with its first number made larger by one; None when it has no number."""
    if tree[0] == "num":
        return ("num", tree[1] + 1)
    if tree[0] == "name":
        return None
    for place, inner in enumerate(tree[1:], start=1):
        changed = bumped(inner)
        if changed is not None:
            return (*tree[:place], changed, *tree[place + 1 :])
    return None


@SETTINGS
@given(trees)
def test_two_spellings_of_one_expression_are_equal_unless_it_has_no_value(tree: Tree) -> None:
    point = {"x": 1.37, "y": 0.83, "a": 2.21, "b": 1.91}
    if with_values(tree, point) is not None:
        verdict = equal(latex(tree), plain(tree))
        assert verdict.equal, verdict
        assert set(buckets(latex(tree))) & set(buckets(plain(tree)))


@SETTINGS
@given(trees)
def test_a_changed_number_makes_a_difference_when_the_values_differ(tree: Tree) -> None:
    other = bumped(tree)
    points = [{"x": 1.37, "y": 0.83, "a": 2.21, "b": 1.91}, {"x": 0.71, "y": 2.3, "a": 1.13, "b": 0.57}]
    if other is None:
        return
    for point in points:
        old, new = with_values(tree, point), with_values(other, point)
        if old is None or new is None or abs(old - new) <= 1e-6 * max(abs(old), abs(new), 1):
            return
    assert not equal(latex(tree), latex(other)).equal


answers = st.text(alphabet="0123456789xyab+-*/^_{}()[],.=<>\\$ %!|:frcsqtpi'&", max_size=24)


@SETTINGS
@given(answers, answers)
def test_equality_is_symmetric_and_reflexive_on_anything(a: str, b: str) -> None:
    assert equal(a, a).equal
    assert equal(a, b) == equal(b, a)
    assert equal(a, a + " ").equal


@SETTINGS
@given(st.text(max_size=300))
def test_extraction_never_fails_and_returns_text(text: str) -> None:
    found = extract(text)
    assert found is None or isinstance(found, str)


@SETTINGS
@given(st.text(alphabet="0123456789xyzab+-*/^_{}()[],.=<>\\$ %!|:frcsqtpi", max_size=40))
def test_the_parser_accepts_or_raises_its_own_error(text: str) -> None:
    with contextlib.suppress(ParseError):
        parse(text)


@SETTINGS
@given(st.fractions(max_denominator=10**6), st.integers(0, 12))
def test_rational_numbers_are_equal_exactly_when_they_are(value: Fraction, places: int) -> None:
    text = rf"\frac{{{value.numerator}}}{{{value.denominator}}}"
    assert equal(text, f"{value.numerator}/{value.denominator}").equal
    nudged = value + Fraction(1, 10**places)
    assert not equal(text, f"{nudged.numerator}/{nudged.denominator}").equal


@SETTINGS
@given(st.lists(st.integers(-50, 50), min_size=2, max_size=6, unique=True), st.randoms())
def test_the_order_of_a_set_does_not_matter_and_that_of_a_tuple_does(items: list[int], chance: object) -> None:
    shuffled = list(items)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    left, right = (", ".join(map(str, order)) for order in (items, shuffled))
    assert equal(rf"\{{{left}\}}", rf"\{{{right}\}}").equal
    assert equal(left, right).equal
    assert equal(f"({left})", f"({right})").equal is (items == shuffled)
    assert not equal(rf"\{{{left}\}}", rf"\{{{right}, 99\}}").equal
