"""The built-in Lean: what it says about proofs, states and files, and that nothing stops it from answering.

What tries to cheat it is in test_attacks.py.
"""

import json
import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from llemma.data.generators.lean_core import HAMMER, theorems
from llemma.errors import UserError
from llemma.provers.base import (
    STANDARD_AXIOMS,
    Closed,
    Message,
    Open,
    Position,
    Proved,
    Rejected,
    TimedOut,
    Verdict,
)
from llemma.provers.lean_wasm.prover import FileTheorem, LeanWasm
from llemma.provers.lean_wasm.runtime import Runtime
from llemma.records import Theorem, proof_text
from tests.conftest import BESIDE_CHECKOUT
from tests.provers.conftest import IMPATIENCE_S

TRUE = Theorem("t", ": 1 = 1")
SWAP = Theorem("swap", "(p q : Prop) (h : p ∧ q) : q ∧ p")
BENCHMARK = theorems("test")


def _rejected(verdict: object) -> Rejected:
    assert isinstance(verdict, Rejected), verdict
    return verdict


# Whole sets


def test_every_case_of_the_suite_has_its_verdict(lean: LeanWasm) -> None:
    path = BESIDE_CHECKOUT / "cases/lean_core_suite.jsonl"
    if not path.is_file():
        pytest.skip(f"no labelled proofs in {path}")
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    verdicts = lean.check_all((Theorem(row["name"], row["statement"]), row["proof"]) for row in rows)
    wrong = {
        row["name"]: verdict
        for row, verdict in zip(rows, verdicts, strict=True)
        if verdict.status != ("proved" if row["expected"] else "rejected")
    }
    assert (len(rows), wrong) == (50, {})


@pytest.mark.slow
def test_every_proof_of_the_benchmark_is_accepted(lean: LeanWasm) -> None:
    verdicts = lean.check_all((theorem, theorem.proof) for theorem in BENCHMARK)
    wrong = {
        theorem.name: verdict
        for theorem, verdict in zip(BENCHMARK, verdicts, strict=True)
        if not isinstance(verdict, Proved)
    }
    assert wrong == {}


@pytest.mark.slow
def test_one_plain_tactic_proves_level_1(lean: LeanWasm) -> None:
    level_1 = [theorem for theorem in BENCHMARK if theorem.level == "1"]
    assert [theorem.name for theorem in level_1 if not _closing(lean, theorem)] == []


@pytest.mark.slow
def test_no_plain_tactic_proves_the_other_levels(lean: LeanWasm) -> None:
    others = [theorem for theorem in BENCHMARK if theorem.level != "1"][::4]
    assert {theorem.name: closing for theorem in others if (closing := _closing(lean, theorem))} == {}


def _closing(lean: LeanWasm, theorem: Theorem) -> list[str]:
    verdicts = lean.check_all((theorem, proof_text([tactic])) for tactic in HAMMER)
    return [tactic for tactic, verdict in zip(HAMMER, verdicts, strict=True) if isinstance(verdict, Proved)]


# Proofs


@pytest.mark.parametrize(
    "proof",
    [
        "⟨h.2, h.1⟩",
        "by exact ⟨h.2, h.1⟩",
        "by\n  constructor\n  · exact h.2\n  · exact h.1\n",
        "\n  by\n    cases h with\n    | intro a b => exact ⟨b, a⟩ -- swapped",
        "have ⟨a, b⟩ := h\n⟨b, a⟩",
    ],
)
def test_a_proof_is_a_term_or_tactics(lean: LeanWasm, proof: str) -> None:
    assert isinstance(lean.check(SWAP, proof), Proved)


@pytest.mark.parametrize(
    ("statement", "proof", "axioms"),
    [
        ("(p q : Prop) : p ∧ q → q ∧ p", "fun ⟨a, b⟩ => ⟨b, a⟩", ()),
        ("(p q : Prop) (h : p ↔ q) : p = q", "propext h", ("propext",)),
        ("(α : Type) (h : Nonempty α) : Nonempty α", "⟨Classical.choice h⟩", ("Classical.choice",)),
        (
            "{α : Type} (r : α → α → Prop) (a b : α) (h : r a b) : Quot.mk r a = .mk r b",
            "Quot.sound h",
            ("Quot.sound",),
        ),
    ],
)
def test_the_axioms_are_named_that_a_proof_rests_on(
    lean: LeanWasm, statement: str, proof: str, axioms: tuple[str, ...]
) -> None:
    verdict = lean.check(Theorem("t", statement), proof)
    assert isinstance(verdict, Proved)
    assert verdict.axioms == axioms


@pytest.mark.parametrize(
    ("proof", "reason", "position"),
    [
        ("by\n  exact (h.2", "unexpected end of input", Position(2, 12)),  # where the text ends
        ("by\n  constructor\n  · exact h.2\n  · exact h.2", "Type mismatch", Position(4, 4)),  # at the tactic
        ("⟨h.2,\n  h.2⟩", "Application type mismatch", Position(2, 2)),
        ("by have 𝔸 := h; exact 𝔸", "Type mismatch", Position(1, 16)),  # in code points
        ("by\n  constructor\n  · skip\n  · exact h.1", "unsolved goals case left p q : Prop", Position(3, 2)),
        ("by\n  constructor\n  · exact h.2", "unsolved goals case right", Position(1, 0)),
        ("by", "unexpected end of input", Position(1, 2)),
        ("by\n  exact unknown", "Unknown identifier `unknown`", Position(2, 8)),
        (" \n ", "the proof is empty", None),
        ("⟨h.2, h.1⟩\0", "the proof has a NUL character in it", None),
        ("⟨h.2, h.1⟩\ud835", "the proof is not Unicode text", None),
        ("x" * (4 << 20) + "x", "the proof has 4,194,305 bytes, more than 4,194,304", None),
    ],
)
def test_a_proof_is_rejected_with_a_reason_and_a_place(
    lean: LeanWasm, proof: str, reason: str, position: Position | None
) -> None:
    verdict = _rejected(lean.check(SWAP, proof))
    assert verdict.reason.startswith(reason)
    assert "\n" not in verdict.reason
    assert verdict.position == position


def test_prose_is_rejected(lean: LeanWasm) -> None:
    assert lean.check(SWAP, "We swap both sides, and the claim follows.").status == "rejected"


def test_all_that_lean_said_is_told(lean: LeanWasm) -> None:
    verdict = _rejected(lean.check(SWAP, "by\n  constructor\n  · exact h.1\n  · exact h.2"))
    text = "Type mismatch\n  h.{}\nhas type\n  {}\nbut is expected to have type\n  {}"
    assert verdict.messages == (
        Message("error", text.format("left", "p", "q"), Position(3, 4)),
        Message("error", text.format("right", "q", "p"), Position(4, 4)),
    )


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        (": n = n", "Unknown identifier `n`"),
        ("1 = 1", "unexpected token; expected ':'"),
        (": 1 =", "unexpected token ':='; expected term"),
        ("", "unexpected token ':='; expected ':'"),
        (": 1 = 1\ud835", "the statement is not Unicode text"),
    ],
)
def test_what_is_no_statement_is_rejected_without_a_place_in_the_proof(
    lean: LeanWasm, statement: str, reason: str
) -> None:
    verdict = _rejected(lean.check(Theorem("t", statement), "rfl"))
    assert verdict.reason.startswith(reason)
    assert verdict.position is None


@pytest.mark.parametrize(
    "statement", [".{u} (α : Sort u) (a : α) : a = a", ".{u, v} (α : Type u) (β : Type v) (f : α → β) : f = f"]
)
def test_statements_may_have_universe_parameters(lean: LeanWasm, statement: str) -> None:
    assert isinstance(lean.check(Theorem("t", statement), "rfl"), Proved)


@pytest.mark.parametrize("name", ["été", "α₁'", "Nat.mine", "A.B.c", "«a name»", "A.«b.c».d"])
def test_a_theorem_may_have_any_name_of_leans(lean: LeanWasm, name: str) -> None:
    assert isinstance(lean.check(Theorem(name, ": 1 = 1"), "rfl"), Proved)


@pytest.mark.parametrize(
    "name",
    ["", "a b", "1a", "a.", ".a", "a..b", "a\nb", "«»", "a«b»", "theorem", "t : 1 = 1 := rfl --", "Nat.add_comm"],
)
def test_other_names_are_rejected(lean: LeanWasm, name: str) -> None:
    assert lean.check(Theorem(name, ": 1 = 1"), "rfl").status == "rejected"


@pytest.mark.parametrize(
    ("text", "statement", "proof"),
    [
        ("def double (n : Nat) := n + n", ": double 3 = 6", "by decide"),
        ("def double (n : Nat) := n + n", "(n : Nat) : double n = 2 * n", "by\n  simp only [double]\n  omega"),
        ('macro "finish" : tactic => `(tactic| omega)', "(n : Nat) : n < n + 1", "by finish"),
        ("open Nat", ": succ 1 = 2", "rfl"),
        ("namespace Mine\ndef one := 1", ": one = 1", "rfl"),
        ("universe u\nvariable {α : Type u} (a : α)", ": a = a", "rfl"),
        ("inductive Side where\n  | left\n  | right", "(s : Side) : s = .left ∨ s = .right", "by cases s <;> simp"),
    ],
)
def test_a_prelude_comes_before_the_statement(lean: LeanWasm, text: str, statement: str, proof: str) -> None:
    assert isinstance(lean.check(Theorem("t", statement, text), proof), Proved)


def test_a_macro_of_a_prelude_is_known_under_that_prelude_only(lean: LeanWasm) -> None:
    macro = 'macro "only_here" : tactic => `(tactic| omega)'
    preludes = (macro, "", "def other := 1", macro)
    verdicts = [lean.check(Theorem("t", "(n : Nat) : n < n + 1", prelude), "by only_here") for prelude in preludes]
    assert [verdict.status for verdict in verdicts] == ["proved", "rejected", "rejected", "proved"]


@pytest.mark.parametrize(
    ("prelude", "reason"),
    [
        ("def f (n : Nat) : Nat := m", "the prelude has an error: Unknown identifier `m`"),
        ("def f := 1 +", "the prelude has an error: unexpected end of input"),
        ("def f := 1 )\ndef g := 1", "the prelude has an error: unexpected token ')'"),
        ("def f := 1\0", "the prelude has a NUL character in it"),
    ],
)
def test_an_error_in_the_prelude_is_the_reason(lean: LeanWasm, prelude: str, reason: str) -> None:
    verdict = _rejected(lean.check(Theorem("t", ": 1 = 1", prelude), "rfl"))
    assert verdict.reason.startswith(reason)


def test_an_axiom_of_the_prelude_is_refused_unless_it_is_allowed(lean: LeanWasm, impatient_lean: LeanWasm) -> None:
    stated = Theorem("t", ": 1 = 2", "axiom granted : 1 = 2")
    assert _rejected(lean.check(stated, "granted")).reason == "it rests on granted"
    allowed = impatient_lean.check(stated, "granted")
    assert isinstance(allowed, Proved)
    assert allowed.axioms == ("granted",)


# Tactic states

CHAIN = Theorem("chain", "(p q r : Prop) (h : p ∧ q) (k : q → r) : r ∧ p")
TACTICS = ["have a := h.1", "constructor", "apply k", "exact h.2", "exact a"]
BEFORE = "p q r : Prop\nh : p ∧ q\nk : q → r\n"
LEFT, RIGHT = f"case left\n{BEFORE}a : p\n⊢ ", f"case right\n{BEFORE}a : p\n⊢ p"
GOALS = [
    (f"{BEFORE}⊢ r ∧ p",),
    (f"{BEFORE}a : p\n⊢ r ∧ p",),
    (LEFT + "r", RIGHT),
    (LEFT + "q", RIGHT),
    (RIGHT,),
]


def test_a_trace_has_the_state_before_each_tactic(lean: LeanWasm) -> None:
    trace = lean.trace(CHAIN, TACTICS)
    assert trace == [Open(CHAIN, tuple(TACTICS[:done]), goals) for done, goals in enumerate(GOALS)]


def test_steps_follow_the_same_states_to_the_end(lean: LeanWasm) -> None:
    state = lean.start(CHAIN)
    for done, goals in enumerate(GOALS):
        assert state == Open(CHAIN, tuple(TACTICS[:done]), goals)
        assert isinstance(state, Open)
        (state,) = lean.steps(state, [TACTICS[done]])  # type: ignore[assignment]
    assert state == Closed(CHAIN, tuple(TACTICS))


def test_tactics_are_tried_each_on_its_own_and_answered_in_order(lean: LeanWasm) -> None:
    first = lean.start(CHAIN)
    assert isinstance(first, Open)
    tried = [
        "skip",
        "nonsense",
        "exact ⟨k h.2, h.1⟩",
        "sorry",
        "exact (",
        "rw [h]",
        "constructor\n· exact k h.2",
        "skip",
    ]
    skip, *rejected, again = steps = lean.steps(first, tried)
    assert skip == again == Open(CHAIN, ("skip",), first.goals)
    assert [step.status for step in rejected if isinstance(step, Rejected)] == ["rejected"] * 4
    assert steps[2] == Closed(CHAIN, (tried[2],))
    assert steps[6] == Open(CHAIN, (tried[6],), (f"case right\n{BEFORE}⊢ p",))


def test_a_tactic_that_fails_early_is_where_a_trace_ends(lean: LeanWasm) -> None:
    verdict = _rejected(lean.trace(CHAIN, ["constructor", "exact missing", "exact h.1"]))
    assert verdict.reason == "Unknown identifier `missing`"
    assert verdict.position == Position(3, 8)  # in the proof that these tactics are


def test_a_tactic_after_the_last_goal_is_rejected(lean: LeanWasm) -> None:
    assert _rejected(lean.trace(TRUE, ["rfl", "rfl"])).reason == "No goals to be solved"


def test_a_trace_that_leaves_a_goal_is_rejected(lean: LeanWasm) -> None:
    assert _rejected(lean.trace(TRUE, [])).reason.startswith("a goal is left after the last tactic: ")


def test_no_state_begins_what_is_no_statement(lean: LeanWasm) -> None:
    assert _rejected(lean.start(Theorem("t", ": n = n"))).reason.startswith("Unknown identifier `n`")
    assert _rejected(lean.start(Theorem("t t", ": 1 = 1"))).reason == "'t t' is not a name"


# Files

FILE = """\
/-- Twice. -/
def double (n : Nat) := n + n

theorem one : double 1 = 2 := rfl

namespace Deep
inductive Tree where
  | leaf
  | node (left right : Tree)

theorem two (t : Tree) :
    t = t := by
  rfl
end Deep

theorem wrong : double 1 = 3 := by
  decide
axiom cheat : 1 = 2
theorem cheated : 1 = 2 := cheat
theorem later : double 2 = 4 := by
  have := one
  decide
"""


def test_every_theorem_of_a_file_has_its_name_line_and_verdict(lean: LeanWasm) -> None:
    found = lean.check_file(FILE)
    places = [(theorem.name, theorem.line, theorem.verdict.status) for theorem in found]
    assert places == [
        ("one", 4, "proved"),
        ("Deep.two", 11, "proved"),
        ("wrong", 16, "rejected"),
        ("cheated", 19, "rejected"),
        ("later", 20, "proved"),
    ]
    assert _rejected(found[2].verdict).position == Position(17, 2)  # in the file
    assert _rejected(found[3].verdict).reason == "cheat is an axiom"


def test_an_error_of_syntax_is_that_theorems_alone(lean: LeanWasm) -> None:
    found = lean.check_file("theorem a : 1 = := rfl\ntheorem b : 1 = 1 := rfl\n")
    assert [(theorem.name, theorem.verdict.status) for theorem in found] == [("a", "rejected"), ("b", "proved")]


@pytest.mark.parametrize("source", ["", "-- nothing\n", "def one := 1"])
def test_a_file_without_theorems_has_no_verdicts(lean: LeanWasm, source: str) -> None:
    assert lean.check_file(source) == []


def test_what_is_no_text_is_no_file(lean: LeanWasm) -> None:
    nul, surrogate = Rejected("the file has a NUL character in it"), "theorem a : 1 = 1 := rfl\ud835"
    assert lean.check_file("theorem a : 1 = 1 := rfl\0") == [FileTheorem("", 1, nul)]
    with pytest.raises(UserError, match="Lean cannot read the file: the file is not Unicode text"):
        lean.theorems_in(surrogate)
    assert _rejected(lean.messages(surrogate)).reason.startswith("the file is not Unicode text")


def test_the_theorems_of_a_file_have_all_before_them_as_their_prelude(lean: LeanWasm) -> None:
    one, two, *_, later = lean.theorems_in(FILE)
    assert one == Theorem("one", ": double 1 = 2", FILE[: FILE.index("theorem one")])
    assert two == Theorem("two", "(t : Tree) :\n    t = t", FILE[: FILE.index("theorem two")])
    assert later.statement == ": double 2 = 4"
    assert isinstance(lean.check(two, "rfl"), Proved)


def test_the_messages_on_a_file_are_leans_own(lean: LeanWasm) -> None:
    source = "theorem a : 1 = 1 := by\n  sorry\n\n#check a\ntheorem b : 1 = := rfl\ntheorem c : 1 = 2 := rfl\n"
    messages = lean.messages(source)
    assert isinstance(messages, list)
    warning, information, *errors = messages
    assert (warning["severity"], warning["pos"]) == ("warning", {"line": 1, "column": 8})
    assert warning["data"] == "declaration uses `sorry`"
    assert (information["severity"], information["pos"]) == ("information", {"line": 4, "column": 0})
    assert information["data"] == "a : 1 = 1"
    assert {row["severity"] for row in errors} == {"error"}
    assert errors[0]["data"] == "unexpected token ':='; expected term"
    assert [row["pos"]["line"] for row in errors] == [5, 5, 6, 6]


# Order and repetition


def test_a_verdict_is_the_same_whatever_was_checked_before(lean: LeanWasm) -> None:
    pairs = [(theorem, theorem.proof) for theorem in BENCHMARK[::12]]  # 13 proofs, and a wrong one for each
    pairs += [(theorem, "by\n  constructor\n  simp") for theorem, _ in pairs]
    pairs += [
        (Theorem("t", ": f 2 = 4", "def f (n : Nat) := n + n"), "by decide"),
        (Theorem("t", ": f 2 = 4", "def f (n : Nat) := n * n"), "by decide"),
        (Theorem("t", ": f 2 = 4", "def f (n : Nat) := n"), "by decide"),
        (Theorem("t", ": f 2 = 4"), "by decide"),
    ]
    alone = [lean.check(*pair) for pair in pairs]
    assert [verdict.status for verdict in alone[-4:]] == ["proved", "proved", "rejected", "rejected"]
    for seed in (1, 2):
        order = list(range(len(pairs)))
        random.Random(seed).shuffle(order)
        found = dict(zip(order, lean.check_all(pairs[number] for number in order), strict=True))
        assert [found[number] for number in range(len(pairs))] == alone


def test_the_identity_names_all_that_verdicts_depend_on(lean: LeanWasm, lean_runtime: Runtime) -> None:
    assert lean.identity() == {
        "prover": "lean_wasm",
        "lean": "4.28.0",
        "package_sha256": lean_runtime.sha256,
        "imports": ["Init"],
        "options": {"maxHeartbeats": 200_000, "autoImplicit": False},
        "axioms": list(STANDARD_AXIOMS),
        "timeout_s": 60,
    }


# Limits

LETTERS = "a" * (1 << 20)
KERNEL_WORK = ": (Nat.rec (motive := fun _ => Nat) 0 (fun _ n => n + 1) 80000 : Nat) = 80000"
BIG_POWER = "by set_option exponentiation.threshold 1000000000000 in decide +kernel"


def test_a_proof_of_a_million_letters_is_answered(lean: LeanWasm) -> None:
    verdict = _rejected(lean.check(TRUE, LETTERS))
    assert verdict.reason.startswith("Unknown identifier `aaa")
    assert len(verdict.reason) == 500


def test_a_proof_of_a_million_spaces_is_answered(lean: LeanWasm) -> None:
    assert isinstance(lean.check(TRUE, "rfl" + " " * (1 << 20)), Proved)


def test_work_of_the_kernel_ends_at_the_limit_and_the_next_check_is_right(impatient_lean: LeanWasm) -> None:
    assert isinstance(impatient_lean.check(TRUE, "rfl"), Proved)  # so that nothing has to start
    begin = time.monotonic()
    assert impatient_lean.check(Theorem("t", KERNEL_WORK), "by decide +kernel") == TimedOut(IMPATIENCE_S)
    assert IMPATIENCE_S <= time.monotonic() - begin < IMPATIENCE_S + 2
    assert isinstance(impatient_lean.check(TRUE, "rfl"), Proved)


@pytest.mark.slow
def test_deep_nesting_is_answered_and_the_next_check_is_right(impatient_lean: LeanWasm) -> None:
    verdict = impatient_lean.check(TRUE, "(" * 20_000 + "rfl" + ")" * 20_000)
    assert verdict.status in ("crashed", "timed_out", "rejected")
    assert "\n" not in verdict.reason
    assert isinstance(impatient_lean.check(TRUE, "rfl"), Proved)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("statement", "proof"),
    [
        (": 2 ^ 100000000000 = 0", BIG_POWER),
        (": (1 <<< 100000000000) % 2 = 0", "by decide +kernel"),
        (": (List.replicate 1000000000 0).length = 1", "by decide +kernel"),
        (": 1 = 2", "by\n" + "  skip\n" * 150_000 + "  rfl"),
        (": 1 = 2", "by\n  repeat (have h : 1 = 1 := rfl)\n  rfl"),
    ],
)
def test_a_bomb_is_answered_and_the_next_check_is_right(impatient_lean: LeanWasm, statement: str, proof: str) -> None:
    verdict = impatient_lean.check(Theorem("t", statement), proof)
    assert verdict.status in ("crashed", "timed_out", "rejected")
    assert isinstance(impatient_lean.check(TRUE, "rfl"), Proved)


@pytest.mark.slow
def test_all_is_answered_while_processes_are_killed(lean_runtime: Runtime) -> None:
    _check_while_killing(lean_runtime, checks=60, every=20)


@pytest.mark.slow
def test_a_thousand_checks_are_answered_while_processes_are_killed(lean_runtime: Runtime) -> None:
    _check_while_killing(lean_runtime, checks=1000, every=50)


MEMORY_MB = 1200
"""What a process may hold after small proofs; a fresh one has about 800."""


def _check_while_killing(runtime: Runtime, *, checks: int, every: int) -> None:
    """Check sums of which every third is wrong, and kill a process now and then: Lean, or what confines it."""
    draw, others, killed = random.Random(0), set(_lean_processes()), 0
    pairs = [(Theorem(f"t_{n}", f": {n} + {n + 1} = {2 * n + 1 + (n % 3 == 2)}"), "by decide") for n in range(checks)]
    expected = ["rejected" if n % 3 == 2 else "proved" for n in range(checks)]
    verdicts: list[Verdict] = []
    with LeanWasm(runtime, processes=2, timeout_s=60) as prover:
        for verdict in prover.check_all(pairs):
            verdicts.append(verdict)
            running = sorted(set(_lean_processes()) - others)
            assert sum(_is_node(pid) for pid in running) <= 3  # two that elaborate, and the referee
            assert sum(map(_resident_mb, running)) <= 3 * MEMORY_MB
            if len(verdicts) % every == every // 2:
                os.kill(draw.choice(running), signal.SIGKILL)
                killed += 1
    assert [verdict.status for verdict in verdicts] == expected
    assert killed == checks // every
    assert set(_lean_processes()) <= others


def _lean_processes() -> Iterator[int]:
    """Yield the descendants of this process that run the driver, and those that are there to confine it."""
    for folder in Path("/proc").glob("[0-9]*"):
        pid = int(folder.name)
        if b"driver/main.js" in _read(folder / "cmdline") and _is_ours(pid):
            yield pid


def _is_node(pid: int) -> bool:
    return _read(Path(f"/proc/{pid}/cmdline")).partition(b"\0")[0].endswith(b"/node")


def _is_ours(pid: int) -> bool:
    while pid > 1:
        if pid == os.getpid():
            return True
        fields = _read(Path(f"/proc/{pid}/stat")).rpartition(b") ")[2].split()
        pid = int(fields[1]) if fields else 0
    return False


def _resident_mb(pid: int) -> int:
    fields = _read(Path(f"/proc/{pid}/statm")).split()
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE") >> 20 if fields else 0


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # it has ended meanwhile
        return b""
