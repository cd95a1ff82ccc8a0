"""Whether two parsed answers are equal: element by element down to numbers and functions, which `probe` compares."""

from collections.abc import Callable
from fractions import Fraction

from llemma.grading import probe
from llemma.grading.containers import same_items, same_regions, same_sequence, same_sets
from llemma.grading.policy import Policy
from llemma.grading.statements import Named, named, region
from llemma.grading.tree import (
    SCALARS,
    Apply,
    Based,
    Builder,
    Choice,
    Const,
    Div,
    Matrix,
    Mul,
    Node,
    Num,
    Opaque,
    Quantity,
    Ratio,
    Relation,
    Seq,
    SetOf,
    SetOp,
    Sym,
    Text,
    add,
    mul,
    negative,
    substitute,
)
from llemma.grading.units import DEGREE, PERCENT, Unit, is_label
from llemma.grading.verdict import Verdict

Compare = Callable[[Node, Node], Verdict]

DIFFERENT_KINDS = Verdict(False, "structure", "different kinds of answer")
_EQUATION = frozenset(["="])
_ORDERS = frozenset(["<", "<=", ">", ">="])


def compare(a: Node, b: Node, policy: Policy) -> Verdict:
    """Return whether two answers are equal. Symmetric in a and b."""
    if a == b:
        return Verdict(True, "tree", "the same after parsing")
    a, b = _collapsed(a, policy), _collapsed(b, policy)
    if isinstance(a, SCALARS) and isinstance(b, SCALARS):
        if isinstance(a, Based) or isinstance(b, Based):
            return _based(a, b, policy)
        return probe.same_value(a, b, policy)
    if isinstance(a, Relation) or isinstance(b, Relation):
        return _with_relation(a, b, policy)
    if isinstance(a, Quantity) or isinstance(b, Quantity):
        return _quantities(a, b, policy)
    return _structures(a, b, policy)


def _collapsed(node: Node, policy: Policy) -> Node:
    """Return the one value of `1/2 or 0.5`, other answers as they are."""
    if not isinstance(node, Seq) or node.opening or node.joint != "or" or len(node.items) > 4:
        return node
    first, *rest = node.items
    if all(isinstance(item, SCALARS) for item in node.items):
        return first if all(probe.same_value(first, item, policy).equal for item in rest) else node
    return node


def _structures(a: Node, b: Node, policy: Policy) -> Verdict:
    def again(x: Node, y: Node) -> Verdict:
        return compare(x, y, policy)

    match (a, b):
        case (Text() | Choice() | Opaque(), _) | (_, Text() | Choice() | Opaque()):
            return _texts(a, b)
        case (Matrix(), _) | (_, Matrix()):
            return _matrices(a, b, again)
        case (Ratio(), _) | (_, Ratio()):
            return _ratios(a, b, again)
        case (Builder(element, condition), Builder(other, other_condition)):
            return same_items((element, condition), (other, other_condition), again)
        case (SetOp() | Builder(), _) | (_, SetOp() | Builder()):
            return _regions(a, b, again)
        case (Seq(), Seq()):
            return same_sequence(a, b, again, policy)
        case (SetOf(), _) | (_, SetOf()):
            return same_sets(a, b, again, policy)
        case (Seq(opening="", items=items), other) | (other, Seq(opening="", items=items)) if len(items) == 1:
            return again(items[0], other)
        case _:
            found = region(a), region(b)
            return _regions(a, b, again) if None not in found and _is_line(a, b) else DIFFERENT_KINDS


def _is_line(a: Node, b: Node) -> bool:
    return isinstance(a, Sym) or isinstance(b, Sym)


# --- relations -------------------------------------------------------------------------------------------------------


def _with_relation(a: Node, b: Node, policy: Policy) -> Verdict:
    def again(x: Node, y: Node) -> Verdict:
        return compare(x, y, policy)

    left, right = named(a), named(b)
    if left is not None and right is not None:
        return _both_named(left, right, a, b, policy)
    if left is not None and not isinstance(b, Relation):
        return again(left.value, b)
    if right is not None and not isinstance(a, Relation):
        return again(a, right.value)
    regions = region(a), region(b)
    if regions[0] is not None and regions[1] is not None:
        return same_regions(regions[0], regions[1], again)
    if isinstance(a, Relation) and isinstance(b, Relation):
        return _relations(a, b, again)
    if (isinstance(a, Seq) and a.opening == "") or (isinstance(b, Seq) and b.opening == ""):
        return same_sequence(_as_list(a), _as_list(b), again, policy)
    return Verdict(False, "structure", "a relation and something else")


def _as_list(node: Node) -> Seq:
    return node if isinstance(node, Seq) and node.opening == "" else Seq("", (node,), "")


def _both_named(left: Named, right: Named, a: Node, b: Node, policy: Policy) -> Verdict:
    if Sym("") in (left.name, right.name) or compare(left.name, right.name, policy).equal:
        return compare(left.value, right.value, policy)
    renamed = _renamed(left, right)
    if renamed is not None:
        return compare(left.value, renamed, policy)
    if isinstance(a, Relation) and isinstance(b, Relation):
        verdict = _relations(a, b, lambda x, y: compare(x, y, policy))
        if verdict.equal:
            return verdict
    return Verdict(False, "structure", "values of different names")


def _renamed(left: Named, right: Named) -> Node | None:
    """Return the right value with its function's variable renamed to the left one's: f(x) = x and f(t) = t."""
    match left.name, right.name:
        case (Apply(name, (Sym() as x,)), Apply(other, (Sym() as t,))) if name == other:
            return substitute(right.value, t, x)
        case _:
            return None


def _relations(a: Relation, b: Relation, again: Compare) -> Verdict:
    """Compare two relations: two equations, two inequalities, or part by part."""
    if set(a.signs) | set(b.signs) == _EQUATION and len(a.signs) == len(b.signs) == 1:
        return _equations(a, b, again)
    if len(a.signs) == len(b.signs) == 1 and a.signs[0] in _ORDERS and b.signs[0] in _ORDERS:
        (small, strict), (other, other_strict) = _oriented(a), _oriented(b)
        if strict != other_strict:
            return Verdict(False, "structure", "one inequality is strict, the other is not")
        return _proportional(small, other, positive=True)
    if a.signs == b.signs:
        return same_items(a.parts, b.parts, again)
    flipped = Relation(tuple(reversed(b.parts)), tuple(_FLIP.get(sign, sign) for sign in reversed(b.signs)))
    if a.signs == flipped.signs:
        return same_items(a.parts, flipped.parts, again)
    if set(a.signs) | set(b.signs) == _EQUATION:  # chains of other lengths: first and last sides
        ends = [Relation((node.parts[0], node.parts[-1]), ("=",)) for node in (a, b)]
        return _equations(ends[0], ends[1], again)
    return Verdict(False, "structure", "different relations")


_FLIP = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}


def _equations(a: Relation, b: Relation, again: Compare) -> Verdict:
    sides = (*a.parts, *b.parts)
    if all(isinstance(side, SCALARS) for side in sides):
        return _proportional(_difference(a), _difference(b), positive=False)
    verdict = same_items(a.parts, b.parts, again)
    return verdict if verdict.equal else same_items(a.parts, tuple(reversed(b.parts)), again)


def _difference(relation: Relation) -> Node:
    return add([relation.parts[0], negative(relation.parts[1])])


def _oriented(relation: Relation) -> tuple[Node, bool]:
    """Return larger minus smaller side, and whether the inequality is strict."""
    sign = relation.signs[0]
    difference = _difference(relation)
    return (difference if sign[0] == ">" else negative(difference)), len(sign) == 1


def _proportional(a: Node, b: Node, *, positive: bool) -> Verdict:
    if not isinstance(a, SCALARS) or not isinstance(b, SCALARS):
        return Verdict(False, "structure", "relations between things that are not numbers")
    return probe.proportional(a, b, positive=positive)


def _regions(a: Node, b: Node, again: Compare) -> Verdict:
    left, right = region(a), region(b)
    if left is not None and right is not None:
        return same_regions(left, right, again)
    if isinstance(a, SetOp) and isinstance(b, SetOp) and a.name == b.name:
        return same_items(a.parts, b.parts, again)
    return DIFFERENT_KINDS


# --- quantities ------------------------------------------------------------------------------------------------------


def _quantities(a: Node, b: Node, policy: Policy) -> Verdict:
    if isinstance(a, Quantity) and isinstance(b, Quantity):
        return _two_quantities(a, b, policy)
    quantity, other = (a, b) if isinstance(a, Quantity) else (b, a)
    assert isinstance(quantity, Quantity), "one of the two is a quantity"
    if isinstance(other, (Text, Choice, Opaque)):
        return DIFFERENT_KINDS
    if isinstance(other, Ratio) and not isinstance(quantity.value, Ratio):
        return DIFFERENT_KINDS
    if (isinstance(other, Seq) and len(other.items) != 1) or isinstance(other, (SetOp, Ratio, Builder)):
        return _structures(quantity.value, other, policy) if quantity.unit != PERCENT else DIFFERENT_KINDS
    if quantity.unit == PERCENT:
        return _percent(quantity.value, other, policy)
    if policy.units == "required":
        return Verdict(False, "units", "a unit is missing")
    verdict = compare(quantity.value, other, policy)
    if not verdict.equal and quantity.unit == DEGREE:
        return compare(_scaled(quantity.value, Const("deg")), other, policy)
    return verdict


def _percent(value: Node, other: Node, policy: Policy) -> Verdict:
    if policy.percent in ("value", "either"):
        verdict = compare(_hundredth(value), other, policy)
        if verdict.equal or policy.percent == "value":
            return verdict
    return compare(value, other, policy)


def _hundredth(value: Node) -> Node:
    if isinstance(value, Num) and value.places is not None:
        return Num(value.value / 100, value.places + 2)
    return _scaled(value, Num(Fraction(1, 100)))


def _two_quantities(a: Quantity, b: Quantity, policy: Policy) -> Verdict:
    if a.unit == b.unit:
        if a.factor == b.factor:
            return compare(a.value, b.value, policy)
        left, right = (_scaled(quantity.value, Num(quantity.factor)) for quantity in (a, b))
        return compare(left, right, policy)
    units = {a.unit, b.unit}
    if units == {DEGREE, (("rad", 1),)}:
        left, right = (_scaled(q.value, Const("deg")) if q.unit == DEGREE else q.value for q in (a, b))
        return compare(left, right, policy)
    if policy.units == "optional" and _generic(a.unit) == _generic(b.unit):
        return compare(a.value, b.value, policy)
    kind = "different things are counted" if is_label(a.unit) and is_label(b.unit) else "different units"
    return Verdict(False, "units", kind)


def _generic(unit: Unit) -> Unit:
    """Return a length, area or volume as one in `units`."""
    return tuple(("unit" if name == "m" else name, power) for name, power in unit)


def _based(a: Node, b: Node, policy: Policy) -> Verdict:
    """Compare digits in a base with something else."""
    if isinstance(a, Based) and isinstance(b, Based):
        equal = a.value == b.value
        return Verdict(equal, "number", "the same number in its bases" if equal else "different numbers")
    based, other = (a, b) if isinstance(a, Based) else (b, a)
    assert isinstance(based, Based), "one of the two has a base"
    if based.base == 10:
        return probe.same_value(Num(based.value), other, policy)
    if policy.bases == "digits" and isinstance(other, Num) and "." not in based.digits:
        equal = other.value == int(based.digits)
        return Verdict(equal, "number", "the same digits" if equal else "different digits")
    return Verdict(False, "structure", "only one side is written in a base")


def _scaled(value: Node, factor: Node) -> Node:
    return mul([factor, value]) if isinstance(value, SCALARS) else value


# --- matrices, ratios, texts -----------------------------------------------------------------------------------------


def _matrices(a: Node, b: Node, again: Compare) -> Verdict:
    left, right = _rows(a), _rows(b)
    if left is None or right is None:
        return DIFFERENT_KINDS
    if isinstance(a, Seq) or isinstance(b, Seq):  # a vector may be a row or a column
        flat = [tuple(item for row in side for item in row) for side in (left, right)]
        if min(len(left), len(left[0])) > 1 or min(len(right), len(right[0])) > 1:
            return DIFFERENT_KINDS
        return same_items(flat[0], flat[1], again)
    if [len(row) for row in left] != [len(row) for row in right]:
        return Verdict(False, "structure", "matrices of different shapes")
    return same_items(tuple(x for row in left for x in row), tuple(x for row in right for x in row), again)


def _rows(node: Node) -> tuple[tuple[Node, ...], ...] | None:
    if isinstance(node, Matrix):
        return node.rows
    if isinstance(node, Seq) and node.opening in ("(", "<", "[") and len(node.items) > 1:
        if all(isinstance(item, Seq) and item.opening == "[" for item in node.items):
            return tuple(item.items for item in node.items if isinstance(item, Seq))
        return (node.items,)
    return None


def _ratios(a: Node, b: Node, again: Compare) -> Verdict:
    if isinstance(a, Ratio) and isinstance(b, Ratio):
        if len(a.items) != len(b.items):
            return Verdict(False, "structure", "ratios of different lengths")
        verdict = same_items(a.items, b.items, again)
        scalar = all(isinstance(item, SCALARS) for item in (*a.items, *b.items))
        if verdict.equal or (a.clock and b.clock) or not scalar:
            return verdict
        crossed = [again(mul([x, b.items[0]]), mul([y, a.items[0]])) for x, y in zip(a.items, b.items, strict=True)]
        return next((found for found in crossed if not found.equal), crossed[-1])
    ratio, other = (a, b) if isinstance(a, Ratio) else (b, a)
    assert isinstance(ratio, Ratio), "one of the two is a ratio"
    top, bottom = ratio.items[0], ratio.items[1]
    if len(ratio.items) != 2 or ratio.clock or not isinstance(other, SCALARS):
        return DIFFERENT_KINDS
    if not isinstance(top, SCALARS) or not isinstance(bottom, SCALARS):
        return DIFFERENT_KINDS
    return again(Div(top, bottom), other)


def _texts(a: Node, b: Node) -> Verdict:
    match (a, b):
        case (Choice(letter=x), Choice(letter=y)):
            return Verdict(x == y, "choice", "the same option" if x == y else "different options")
        case (Choice(letter, text), Sym(name)) | (Sym(name), Choice(letter, text)):
            return Verdict(name == letter, "choice", "the letter of the option" if name == letter else "another letter")
        case (Choice(letter, text), Text(other)) | (Text(other), Choice(letter, text)):
            equal = text.lower() == other
            return Verdict(equal, "choice", "the text of the option" if equal else "another text")
        case (Text(x), Text(y)) | (Opaque(x), Opaque(y)):
            return Verdict(x == y, "text", "the same text" if x == y else "different texts")
        case (Text(text), Mul(factors)) | (Mul(factors), Text(text)):
            letters = "".join(factor.name for factor in factors if isinstance(factor, Sym))
            equal = len(factors) == len(letters) and letters.lower() == text
            return Verdict(equal, "text", "the same letters" if equal else "different texts")
        case (Text(text), Sym(name)) | (Sym(name), Text(text)):
            return Verdict(name.lower() == text, "text", "the same word" if name.lower() == text else "different texts")
        case _:
            return DIFFERENT_KINDS
