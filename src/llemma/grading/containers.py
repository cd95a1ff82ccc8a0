"""Equality of lists, tuples, sets and regions, given the equality of their items."""

from collections.abc import Callable, Sequence

from llemma.grading.policy import Policy
from llemma.grading.statements import Named, Piece, Region, float_ends, named, region
from llemma.grading.tree import SCALARS, Node, Quantity, Relation, Seq, SetOf, Sym
from llemma.grading.verdict import Verdict

Compare = Callable[[Node, Node], Verdict]

MOST_ITEMS = 300
"""Unordered lists of more items are compared in order only."""


def same_items(a: Sequence[Node], b: Sequence[Node], compare: Compare) -> Verdict:
    """Return whether two sequences have equal items in the same order."""
    if len(a) != len(b):
        return Verdict(False, "structure", f"{len(a)} and {len(b)} items")
    for place, (x, y) in enumerate(zip(a, b, strict=True), start=1):
        verdict = compare(x, y)
        if not verdict.equal:
            return Verdict(False, "structure", f"item {place}: {verdict.reason}", verdict.status)
    return Verdict(True, "structure", f"{len(a)} equal items in order")


def same_in_any_order(a: Sequence[Node], b: Sequence[Node], compare: Compare) -> Verdict:
    """Return whether two sequences have equal items, each matched once. Repeated pairs and the like count once."""
    a, b = _distinct(a, compare), _distinct(b, compare)
    if len(a) != len(b):
        return Verdict(False, "structure", f"{len(a)} and {len(b)} items")
    if len(a) > MOST_ITEMS:
        return same_items(a, b, compare)
    left = list(b)
    for item in a:
        place = next((index for index, other in enumerate(left) if compare(item, other).equal), None)
        if place is None:
            return Verdict(False, "structure", "an item has no equal")
        del left[place]
    return Verdict(True, "structure", f"{len(a)} equal items in some order")


def same_sequence(a: Seq, b: Seq, compare: Compare, policy: Policy) -> Verdict:
    """Return whether two lists, tuples or intervals are equal."""
    bare = [side.opening == "" for side in (a, b)]
    if all(bare):
        regions = region(a), region(b)
        if regions[0] is not None and regions[1] is not None and any(_is_order(item) for item in (*a.items, *b.items)):
            return same_regions(regions[0], regions[1], compare)
        return _same_lists(a.items, b.items, compare)
    if any(bare):
        tuple_, listed = (b, a) if bare[0] else (a, b)
        if _is_region_list(listed):
            regions = region(a), region(b)
            if regions[0] is not None and regions[1] is not None:
                return same_regions(regions[0], regions[1], compare)
        brackets_ = [("(", ")"), ("<", ">"), *([("[", "]")] if len(tuple_.items) > 2 else [])]  # [1, 2] is an interval
        if policy.sequence == "strict" or (tuple_.opening, tuple_.closing) not in brackets_:
            return Verdict(False, "structure", "a list and brackets")
        if len(listed.items) == 1:
            return compare(a.items[0] if bare[0] else a, b.items[0] if bare[1] else b)
        return same_items(_values(a.items), _values(b.items), compare)
    brackets = [(side.opening, side.closing) for side in (a, b)]
    if brackets[0] != brackets[1]:
        plain = {("(", ")"), ("<", ">")} if len(a.items) < 3 else {("(", ")"), ("<", ">"), ("[", "]")}
        if policy.sequence == "strict" or not set(brackets) <= plain:
            return Verdict(False, "structure", "different brackets")
    return same_items(a.items, b.items, compare)


def same_sets(a: Node, b: Node, compare: Compare, policy: Policy) -> Verdict:
    """Return whether a finite set equals another, or a list, a single value, or a region of points."""
    regions = region(a), region(b)
    if isinstance(a, SetOf) and isinstance(b, SetOf):
        return same_in_any_order(_unique(a.items, compare), _unique(b.items, compare), compare)
    finite, other = (a, b) if isinstance(a, SetOf) else (b, a)
    assert isinstance(finite, SetOf), "one of the two is a set"
    if isinstance(other, Seq) and other.opening == "" and policy.sequence == "lenient":
        return same_in_any_order(_unique(finite.items, compare), _unique(_values(other.items), compare), compare)
    if isinstance(other, (*SCALARS, Quantity)) and len(finite.items) == 1 and policy.sequence == "lenient":
        return compare(finite.items[0], other)
    if isinstance(other, Seq) and len(other.items) == 1 and len(finite.items) == 1:
        return Verdict(False, "structure", "a set and a tuple")
    if regions[0] is not None and regions[1] is not None and not isinstance(other, Seq):
        return same_regions(regions[0], regions[1], compare)
    return Verdict(False, "structure", "a set and something else")


def same_regions(a: Region, b: Region, compare: Compare) -> Verdict:
    """Return whether two sets of numbers are the same, and of the same name where both have one."""
    if a.name is not None and b.name is not None and not compare(a.name, b.name).equal:
        return Verdict(False, "structure", "conditions on different names")
    left, right = _sorted(a.pieces), _sorted(b.pieces)
    if len(left) != len(right):
        return Verdict(False, "structure", f"{len(left)} and {len(right)} intervals")
    for x, y in zip(left, right, strict=True):
        if (x.low_closed, x.high_closed) != (y.low_closed, y.high_closed):
            return Verdict(False, "structure", "an end is open in one and closed in the other")
        for ends in ((x.low, y.low), (x.high, y.high)):
            verdict = compare(*ends)
            if not verdict.equal:
                return Verdict(False, "structure", f"an end differs: {verdict.reason}")
    return Verdict(True, "structure", "the same set of numbers")


def _same_lists(a: tuple[Node, ...], b: tuple[Node, ...], compare: Compare) -> Verdict:
    """Compare bare lists: in any order, except that names keep their values."""
    left, right = _assignments(a), _assignments(b)
    if left is None and right is None:
        return same_in_any_order(a, b, compare)
    if left is not None and right is not None:
        return _same_assignments(left, right, compare)
    several = {pair.name for pair in left or right or ()}
    order = same_in_any_order if len(several) == 1 else same_items
    return order(_values(a), _values(b), compare)


def _same_assignments(a: list[Named], b: list[Named], compare: Compare) -> Verdict:
    """Compare lists of name = value: groups, each of which has a name once, in any order."""
    names = {pair.name for pair in a}, {pair.name for pair in b}
    if names[0] != names[1]:
        if len(names[0]) == len(names[1]) == 1:
            pair = a[0].name, b[0].name
            if not compare(*pair).equal and not _same_function_name(*pair):
                return Verdict(False, "structure", "values of different names")
            return same_in_any_order([item.value for item in a], [item.value for item in b], compare)
        return Verdict(False, "structure", "values of different names")
    left, right = _groups(a), _groups(b)
    order = sorted(names[0], key=repr)
    vectors = [[Seq("(", tuple(group[name] for name in order if name in group), ")") for group in groups]
               for groups in (left, right)]  # fmt: skip
    return same_in_any_order(vectors[0], vectors[1], compare)


def _same_function_name(a: Node, b: Node) -> bool:
    return getattr(a, "args", None) is not None and getattr(a, "name", None) == getattr(b, "name", "")


def _groups(pairs: list[Named]) -> list[dict[Node, Node]]:
    groups: list[dict[Node, Node]] = [{}]
    for pair in pairs:
        if pair.name in groups[-1]:
            groups.append({})
        groups[-1][pair.name] = pair.value
    return groups


def _assignments(items: Sequence[Node]) -> list[Named] | None:
    """Return the items as name = value, an item without name taking the name before it; None when that cannot be."""
    pairs: list[Named] = []
    for item in items:
        pair = named(item)
        if pair is not None and pair.name != Sym(""):
            pairs.append(pair)
        elif isinstance(item, Relation) or not pairs:
            return None
        else:
            pairs.append(Named(pairs[-1].name, item))
    return pairs


def _values(items: Sequence[Node]) -> tuple[Node, ...]:
    pairs = [named(item) for item in items]
    return tuple(item if pair is None else pair.value for item, pair in zip(items, pairs, strict=True))


def _is_order(node: Node) -> bool:
    return isinstance(node, Relation) and any(sign in ("<", "<=", ">", ">=", "in", "!=") for sign in node.signs)


def _is_region_list(node: Seq) -> bool:
    return any(_is_order(item) for item in node.items)


def _distinct(items: Sequence[Node], compare: Compare) -> Sequence[Node]:
    """Return tuples and the like without repeats; numbers may repeat."""
    if all(isinstance(item, SCALARS) for item in items) or len(items) > MOST_ITEMS:
        return items
    return _unique(items, compare)


def _unique(items: Sequence[Node], compare: Compare) -> list[Node]:
    kept: list[Node] = []
    for item in items:
        if item not in kept and not (len(kept) < 40 and any(compare(item, other).equal for other in kept)):
            kept.append(item)
    return kept


def _sorted(pieces: tuple[Piece, ...]) -> list[Piece]:
    """Return the pieces from left to right, repeats and touching ends joined, when their ends are numbers."""
    ends = [float_ends(piece) for piece in pieces]
    if any(end is None for end in ends):
        return list(pieces)
    pairs = sorted(zip(ends, pieces, strict=True), key=lambda pair: (pair[0], not pair[1].low_closed))
    joined: list[Piece] = []
    for _, piece in pairs:
        if joined and joined[-1].high == piece.low and joined[-1].high_closed != piece.low_closed:
            last = joined.pop()
            piece = Piece(last.low, last.low_closed, piece.high, piece.high_closed)
        if piece not in joined:
            joined.append(piece)
    return joined
