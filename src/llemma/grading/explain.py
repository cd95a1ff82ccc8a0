"""How one verdict came about, step by step, in words for people."""

from dataclasses import dataclass

from llemma.grading.equal import equal
from llemma.grading.extract import locate
from llemma.grading.grade import answer_of, reference_answer
from llemma.grading.policy import DEFAULT_POLICY, Policy
from llemma.grading.read import read, unwrapped
from llemma.grading.tree import Apply, Based, Bind, Call, Choice, Const, Node, Num, Opaque, Seq, Sym, Text, children


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what was done, and what came out."""

    name: str
    result: str


def explain(completion: str, reference: str, policy: Policy = DEFAULT_POLICY) -> list[Step]:
    """Return the steps from a completion and a reference to the verdict: places, texts, trees, stage and reason."""
    wanted = reference_answer(reference)
    answer, rule = answer_of(completion, wanted, policy)
    steps = [Step("reference", wanted)]
    if answer is None:
        return [*steps, Step("extraction", "no answer by any rule")]
    found = locate(completion, boxes=policy.boxes)
    place = f" at characters {found.start} to {found.end}" if found is not None and found.answer == answer else ""
    steps.append(Step("extraction", f"{answer!r}, by {rule}{place}"))
    for side, text in (("answer", answer), ("reference", wanted)):
        steps.append(Step(f"{side}, wrappers off", unwrapped(text)))
        steps.append(Step(f"{side}, parsed", show(read(text, decimal_comma=policy.decimal_comma))))
    verdict = equal(answer, wanted, policy)
    steps.append(Step(f"stage {verdict.stage}", f"{'equal' if verdict.equal else 'different'}: {verdict.reason}"))
    return steps


def show(node: Node) -> str:
    """Return a tree on one line, operators as function names."""
    match node:
        case Num(value, places):
            return str(value) if places is None else f"{value} ({places} decimals)"
        case Const(name) | Sym(name):
            return name
        case Based(digits, base):
            return f"{digits} in base {base}"
        case Text(text) | Opaque(text):
            return f"{type(node).__name__.lower()} {text!r}"
        case Choice(letter, text):
            return f"choice {letter} {text!r}"
        case Call(name) | Apply(name) | Bind(name):
            return f"{name}({_inside(node)})"
        case Seq(opening, _, closing, joint):
            return f"{opening or 'list '}{_inside(node, joint)}{closing}"
        case _:
            return f"{type(node).__name__.lower()}({_inside(node)})"


def _inside(node: Node, joint: str = ",") -> str:
    return (", " if joint == "," else f" {joint} ").join(show(child) for child in children(node))
