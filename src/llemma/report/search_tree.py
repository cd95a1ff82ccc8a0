"""A picture of one proof search: depth to the right, the tactics on the edges, the proof found in colour.

The proof is the straight line on top. Only nodes that were expanded, and those of the proof, are drawn; what else was
suggested is a count at its parent ("12 rejected, 3 queued"): a search with 100 expansions of 32 suggestions has about
100 nodes to draw.
"""

import functools
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llemma.evaluate.summarize_proofs import proof_path
from llemma.records import Attempt, Outcome, Theorem
from llemma.report.drawing import BLACK, COLOURS, GREY, Row, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_PROOF, _QED = COLOURS[0], COLOURS[2]
_FONTS = ("DejaVu Sans Mono", "DejaVu Sans", "STIXGeneral")  # all come with matplotlib; Lean writes 𝕜 and 𝓝
_GOAL = "⊢"
_TITLE_PT, _SAID_PT, _TACTIC_PT, _SMALL_PT = 11.0, 8.5, 7.5, 6.5
_EM = 0.602  # width of every character of the first font, in its size
# Inches:
_COLUMN, _NARROW_COLUMN, _WIDE = 2.5, 1.25, 20.0
_ROW, _LINE, _GAP = 0.19, 0.125, 0.13
_TOP, _SIDE = 0.6, 0.3
_FEW = 16  # with more nodes than these, states are shown along the proof only

_LEGEND = "numbers: order of expansion; blue: the proof found; queued: valid, but never expanded"
_COUNTED: dict[Outcome, str] = {
    "rejected": "rejected",
    "duplicate": "seen before",
    "open": "queued",
    "timed_out": "timed out",
    "crashed": "crashed",
    "closed": "left no goals",
}


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a node is drawn, in inches from the top left, and what is written below it."""

    x: float
    y: float
    below: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Tree:
    """What is drawn of a search: the children of each node, the proof's nodes, what is counted only."""

    attempt: Attempt
    children: Mapping[int, Sequence[int]]
    depth: Mapping[int, int]
    proof: frozenset[int]
    counts: Mapping[int, Counter[Outcome]]


def search_rows(attempt: Attempt) -> list[Row]:
    """Return one row per drawn node: its place, its tactic, and how many other suggestions came to what."""
    tree = _tree(attempt)
    return [
        {
            "node": number,
            "parent": attempt.nodes[number].parent,
            "depth": tree.depth[number],
            "expanded": attempt.nodes[number].expanded,
            "in_proof": int(number in tree.proof),
            "tactic": attempt.nodes[number].tactic,
            "outcome": attempt.nodes[number].outcome,
            **{f"others_{outcome}": tree.counts[number][outcome] for outcome in _COUNTED},
        }
        for number in tree.depth
    ]


def search_tree(theorem: Theorem, attempt: Attempt) -> "Figure":
    """Return the picture of one search. The attempt has nodes; a node's number is its place among the expansions."""
    tree = _tree(attempt)
    column = min(_COLUMN, max(_NARROW_COLUMN, _WIDE / (max(tree.depth.values()) + 1)))
    places, bottom = _layout(tree, column)
    said = _said(attempt)
    lines = (_inches(theorem.name, _TITLE_PT), _inches(said, _SAID_PT), _inches(_LEGEND, _TACTIC_PT))
    width = _SIDE + max(*lines, *(_right_end(tree, places, number) for number in tree.depth))
    height = bottom + 0.4
    with styled():
        figure = new_figure(width=width, height=height)
        figure.set_layout_engine("none")  # data units are inches
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        axes.set_xlim(0, width)
        axes.set_ylim(height, 0)
        _write(axes, (_SIDE / 2, 0.22), theorem.name, BLACK, size=_TITLE_PT, weight="bold")
        _write(axes, (_SIDE / 2, 0.47), said, GREY, size=_SAID_PT)
        for number in tree.depth:
            _draw_edge(axes, tree, places, number, column)
            _draw_node(axes, tree, places, number)
        _write(axes, (_SIDE / 2, height - 0.17), _LEGEND, GREY, size=_TACTIC_PT)
    return figure


def _tree(attempt: Attempt) -> _Tree:
    path = proof_path(attempt)
    drawn = {0, *path} | {number for number, node in enumerate(attempt.nodes) if node.expanded is not None}
    children: dict[int, list[int]] = defaultdict(list)
    counts: dict[int, Counter[Outcome]] = defaultdict(Counter)
    depth: dict[int, int] = {0: 0}
    for number, node in enumerate(attempt.nodes[1:], start=1):
        assert node.parent is not None, "only the root has no parent"
        if number in drawn:
            children[node.parent].append(number)
            depth[number] = depth[node.parent] + 1
        else:
            counts[node.parent][node.outcome] += 1
    proof = frozenset({0, *path} if path else ())
    for siblings in children.values():
        siblings.sort(key=lambda number: (number not in proof, attempt.nodes[number].expanded or 0))
    return _Tree(attempt, children, depth, proof, counts)


def _layout(tree: _Tree, column: float) -> tuple[dict[int, _Place], float]:
    """Return the place of each node and the height so far: a node is level with its first child, others are below."""
    places: dict[int, _Place] = {}
    bottom = _TOP
    for number in _preorder(tree):
        parent = tree.attempt.nodes[number].parent
        is_level = parent is not None and tree.children[parent][0] == number
        y = places[parent].y if parent is not None and is_level else bottom + _ROW
        below = tuple(_below(tree, number, column))
        places[number] = _Place(_SIDE + column * tree.depth[number], y, below)
        bottom = max(bottom, y + 0.13 + _LINE * len(below))
    return places, bottom


def _preorder(tree: _Tree) -> Iterator[int]:
    stack = [0]
    while stack:
        number = stack.pop()
        yield number
        stack += reversed(tree.children.get(number, ()))


def _below(tree: _Tree, number: int, column: float) -> Iterator[str]:
    """Yield the lines below a node: its state, where there is room for it, and the count of its other suggestions."""
    state = tree.attempt.nodes[number].state
    if state and (len(tree.depth) <= _FEW or number in tree.proof):
        yield _fit(_goal(state), column - _GAP, _SMALL_PT)
    if tree.children.get(number) and tree.counts[number]:
        yield _fit(_count(tree, number), column - _GAP, _SMALL_PT)


def _right_end(tree: _Tree, places: Mapping[int, _Place], number: int) -> float:
    """Return how far right a node and its texts reach."""
    beside = "no goals" if tree.attempt.nodes[number].outcome == "closed" else _count(tree, number)
    texts = [*places[number].below, *([beside] if not tree.children.get(number) else [])]
    return places[number].x + 2 * _GAP + max((_inches(text, _SMALL_PT) for text in texts), default=0.0)


def _draw_edge(axes: "Axes", tree: _Tree, places: Mapping[int, _Place], number: int, column: float) -> None:
    parent = tree.attempt.nodes[number].parent
    if parent is None:
        return
    start, end = places[parent], places[number]
    colour, line, order = (_PROOF, 2.0, 2) if number in tree.proof else (GREY, 0.7, 1)
    axes.plot([start.x, start.x, end.x], [start.y, end.y, end.y], color=colour, linewidth=line, zorder=order)
    text = _fit(tree.attempt.nodes[number].tactic, column - 2 * _GAP, _TACTIC_PT)
    _write(axes, (start.x + _GAP, end.y - 0.075), text, colour, size=_TACTIC_PT)


def _draw_node(axes: "Axes", tree: _Tree, places: Mapping[int, _Place], number: int) -> None:
    node, place = tree.attempt.nodes[number], places[number]
    if node.outcome == "closed":
        axes.plot([place.x], [place.y], "s", color=_QED, markersize=9, zorder=3)
        _write(axes, (place.x + _GAP, place.y), "no goals", _QED, size=_TACTIC_PT)
        return
    colour = _PROOF if number in tree.proof else GREY
    axes.plot([place.x], [place.y], "o", color=colour, markersize=13, markerfacecolor="white", zorder=3)
    order = "" if node.expanded is None else str(node.expanded + 1)
    _write(axes, (place.x, place.y), order, colour, size=6, align="center")
    for line, text in enumerate(place.below):
        ink = BLACK if text.startswith(_GOAL) else GREY
        _write(axes, (place.x + _GAP, place.y + 0.115 + _LINE * line), text, ink, size=_SMALL_PT)
    if not tree.children.get(number):
        _write(axes, (place.x + _GAP, place.y), _count(tree, number), GREY, size=_SMALL_PT)


def _count(tree: _Tree, number: int) -> str:
    count = tree.counts[number]
    return ", ".join(f"{count[outcome]} {name}" for outcome, name in _COUNTED.items() if count[outcome])


def _said(attempt: Attempt) -> str:
    """Return the line below the title: what came out, after how many expansions and seconds."""
    outcomes = Counter(node.outcome for node in attempt.nodes[1:])
    length = len(proof_path(attempt))
    verdict = f"proved with {_several(length, 'tactic')}" if attempt.status == "solved" else "not proved"
    tried = ", ".join(f"{count:,} {_COUNTED[outcome]}" for outcome, count in outcomes.most_common())
    effort = f"{_several(attempt.expansions, 'expansion')} in {attempt.elapsed_s:.3g} s"
    return f"{verdict}; {effort}; {_several(len(attempt.nodes) - 1, 'suggestion')} ({tried or 'none'})"


def _several(count: int, what: str) -> str:
    return f"{count:,} {what}{'s' * (count != 1)}"


def _goal(state: str) -> str:
    """Return what is to be shown in the first goal, and how many goals there are."""
    goals = [line for line in state.splitlines() if line.startswith(_GOAL)]
    more = f"  (+ {len(goals) - 1} more)" if len(goals) > 1 else ""
    return f"{(goals or [state])[0]}{more}"


def _inches(text: str, size_pt: float) -> float:
    return len(text) * _EM * size_pt / 72


def _fit(text: str, inches: float, size_pt: float) -> str:
    """Return the text on one line, cut where it would leave its column."""
    one_line = " ".join(text.split())
    room = int(inches / _inches("x", size_pt))
    return one_line if len(one_line) <= room else one_line[: room - 1] + "…"


def _write(
    axes: "Axes",
    point: tuple[float, float],
    text: str,
    colour: str,
    *,
    size: float,
    weight: str = "normal",
    align: str = "left",
) -> None:
    known = _characters()
    shown = "".join(character if ord(character) in known else "□" for character in text)
    axes.text(
        *point,
        shown,
        color=colour,
        fontsize=size,
        fontweight=weight,
        fontfamily=list(_FONTS),
        ha=align,
        va="center_baseline" if align == "center" else "center",
        parse_math=False,
    )


@functools.cache
def _characters() -> frozenset[int]:
    """Return the characters that the fonts have; for others matplotlib would warn at every drawing."""
    from matplotlib.font_manager import findfont, get_font

    return frozenset(code for name in _FONTS for code in get_font(findfont(name)).get_charmap())
