import os
import re
import sys
import threading
import time
from collections.abc import Iterator
from multiprocessing.connection import Client, Listener
from pathlib import Path

import pytest

from llemma.errors import MissingPackageError, UserError
from llemma.provers.base import Closed, Crashed, Message, Open, Position, Proved, Rejected, TimedOut, Verdict
from llemma.provers.lean_project import LeanProject
from llemma.provers.lean_project.lake import Lake
from llemma.provers.lean_project.screen import RefusedError, candidate, screened
from llemma.provers.lean_project.source import LeanMessage, SourceFile, parse_messages, read_verdict, source_file
from llemma.provers.lean_wasm.prover import LeanWasm
from llemma.records import Theorem

FAKE_LAKE = Path(__file__).with_name("fake_lake.py")
STATEMENT = "(n : Nat) : n = n"
THEOREM = Theorem("t", STATEMENT)
STANDARD = frozenset({"propext", "Quot.sound", "Classical.choice"})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that looks like a Lean project."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "lean-toolchain").write_text("leanprover/lean4:v4.28.0\n")
    (project / "lakefile.toml").write_text('name = "mine"\n')
    return project


@pytest.fixture
def lake(tmp_path: Path) -> str:
    """A command that stands in for `lake`: Lean is its child, and each call writes a line to `runs`."""
    script = tmp_path / "lake"
    script.write_text(f'#!/bin/sh\necho run >> "{tmp_path}/runs"\n"{sys.executable}" "{FAKE_LAKE}" "$@"\nexit $?\n')
    script.chmod(0o755)
    return str(script)


@pytest.fixture
def project(folder: Path, lake: str) -> Iterator[LeanProject]:
    prover = LeanProject(folder, lake=lake, timeout_s=20, processes=2, batch=4)
    yield prover
    prover.close()


def _runs(folder: Path) -> int:
    return len((folder.parent / "runs").read_text().splitlines())


def _verdicts(project: LeanProject, proofs: list[str]) -> list[Verdict]:
    return list(project.check_all((THEOREM, proof) for proof in proofs))


# What is refused before Lean reads it


@pytest.mark.parametrize(
    ("proof", "reason"),
    [
        ("by sorry", "'sorry' is refused"),
        ("by exact 1sorry", "a number that goes over into a word"),
        ("by exact 0x1sorry", "a number that goes over into a word"),
        ("by exact 1e5sorry", "a number that goes over into a word"),
        ("by exact sorryλ", "'sorry' is refused"),
        ("by exact Lean.ofReduceBool _ _ h", "'Lean' is refused"),
        ("by native_decide", "'native_decide' is refused"),
        ("by decide +native", "'native' is refused"),
        ("by set_option debug.skipKernelTC true in decide", "is refused"),
        ("by set_option linter.all false in decide", "'set_option' is refused but for limits"),
        ("by set_option maxRecDepth 9 trivial", "'set_option' is refused but for limits"),
        ("let rec @[implemented_by f] g := 1; g", "'@[' is refused"),
        ("unsafeCast ()", "'unsafeCast' is refused"),
        ("by run_tac pure ()", "'run_tac' is refused"),
        ("by exact (`(tactic| rfl))", "the character '`' is refused"),
        ("by exact «sorryAx» _", "the character '«' is refused"),
        ("rfl)\n#synth Inhabited Nat\nuniverse u (", "the brackets do not match"),
        ("rfl\naxiom a : False", "'axiom' is refused"),
        ("rfl\n#eval 1", "'#ev' is refused"),
        ("rfl\nrun_cmd skip", "'run_cmd' is refused"),
        ("rfl\nmacro_rules | f => g", "'macro_rules' is refused"),
        ("rfl\nend t", "'end' is refused"),
        ("(rfl", "the brackets do not match"),
        ("by exact (rfl]", "the brackets do not match"),
        ('f "(" )', "a string or character with a bracket"),
        ('f "a\\" ) (\\""', "a string or character with a bracket"),
        ("f '(' )", "a string or character with a bracket"),
        ("""f '"' ) ( '"'""", "a string or character with a bracket"),
        ('f r#"a"b"#', "a string or character with a bracket"),
        ("by rfl /- open", "comments are not closed"),
        ("by rfl -/ rfl", "comments are not closed"),
        ("by rfl\0", "the character '\\x00' is refused"),
        ("by rfl\ud800", "the character '\\ud800' is refused"),
        (" \n", "there is no text"),
        ("-- rfl", "there is no text"),
    ],
)
def test_a_proof_that_could_leave_its_place_or_run_code_is_refused(
    project: LeanProject, folder: Path, proof: str, reason: str
) -> None:
    verdict = project.check(THEOREM, proof)
    assert verdict.status == "rejected"
    assert reason in verdict.reason
    assert not (folder.parent / "runs").exists()


@pytest.mark.parametrize(
    "proof",
    [
        "by simp [h₀, mul_comm] at h'",
        "by set_option maxRecDepth 4000 in decide",
        "by open Nat in simp",
        "by norm_num [0x1F, 1.5, 2e3]",
        "fun ⟨a, b⟩ => h.1.symm ▸ x1sorry'",
        'by trace "a -> b"; rfl',
        "by exact h.le.trans #[1].size.le",
    ],
)
def test_an_ordinary_proof_is_not_refused(proof: str) -> None:
    assert screened(proof) == proof


def test_comments_become_blanks_and_all_else_keeps_its_place() -> None:
    text = "by -- it is sorry\n  /- a /- b\n -/ ( -/ rfl\r\n"
    assert screened(text) == "by " + " " * 14 + "\n  " + " " * 9 + "\n " + " " * 8 + "rfl\n"


@pytest.mark.parametrize(
    ("statement", "binders", "proposition"),
    [
        (": 1 = 1", "", " 1 = 1"),
        ("(a b : Nat) {p : Prop} : ∃ x : Nat, x = a", "(a b : Nat) {p : Prop} ", " ∃ x : Nat, x = a"),
        (".{u} {α : Type u} ⦃x : α⦄ y₁ : x = x", ".{u} {α : Type u} ⦃x : α⦄ y₁ ", " x = x"),
        (": let x := 1; x = 1", "", " let x := 1; x = 1"),
    ],
)
def test_a_statement_is_divided_at_its_first_free_colon(statement: str, binders: str, proposition: str) -> None:
    found = candidate(Theorem("t", statement), "rfl")
    assert (found.binders, found.proposition) == (binders, proposition)


@pytest.mark.parametrize(
    "statement",
    ["1 = 1", "(h : 1 = 1)", "(n : Nat) := 1", ":= rfl", "| 0 : x", ":", ": (1 = 1", ": sorry = 1", ""],
)
def test_a_statement_of_another_form_is_a_bad_statement(project: LeanProject, statement: str) -> None:
    verdict = project.check(Theorem("t", statement), "rfl")
    assert verdict.status == "rejected"
    assert verdict.reason.startswith("bad statement: ")


@pytest.mark.parametrize("name", ["", "a b", "t : 1 = 1 := rfl --", "a..b", "«a»", "1a"])
def test_what_is_not_a_name_is_a_bad_statement(name: str) -> None:
    with pytest.raises(RefusedError, match="is not a name"):
        candidate(Theorem(name, STATEMENT), "rfl")


# The file and its messages


def _file(*proofs: str, prelude: str = "open Nat") -> SourceFile:
    return source_file(
        [candidate(Theorem("a.b", STATEMENT, prelude), proof) for proof in proofs], ["Mathlib", "Mine"], "5eed"
    )


def test_the_file_has_every_part_in_lines_of_its_own() -> None:
    file = _file("by\n  rfl", "rfl")
    lines = dict(enumerate(file.text.splitlines(), start=1))
    assert [lines[1], lines[2], lines[3], lines[4]] == [
        "import Mathlib",
        "import Mine",
        "set_option autoImplicit false",
        "open Nat",
    ]
    assert (file.prelude, file.start) == (3, 5)
    for number, (place, proof) in enumerate(zip(file.places, (["by", "  rfl"], ["rfl"]), strict=True)):
        assert place.name == f"C5eed_{number}.a.b"
        assert lines[place.start] == f"namespace C5eed_{number}"
        assert [lines[place.statement], lines[place.proof - 1], lines[place.proof_end]] == ["(n : Nat) ", ") := (", ")"]
        assert [lines[line] for line in range(place.proof, place.proof_end)] == proof
        assert lines[place.axioms] == "#print axioms a.b"


def test_messages_are_read_from_lean_and_from_nothing_else() -> None:
    output = (
        b'{"severity":"error","pos":{"line":3,"column":1},"endPos":null,"data":"x","kind":"k"}\nnoise\n[1]\n{"a":1}\n'
    )
    assert parse_messages(output) == [LeanMessage("error", "x", 3, 1)]


def _read(file: SourceFile, *messages: LeanMessage, number: int = 0) -> Verdict:
    return read_verdict(file, file.places[number], messages, allowed_axioms=STANDARD)


def _answer(file: SourceFile, said: str, *, number: int = 0) -> LeanMessage:
    return LeanMessage("information", f"'{file.places[number].name}' {said}", file.places[number].axioms, 0)


def test_a_theorem_without_errors_on_allowed_axioms_is_proved() -> None:
    file = _file("rfl")
    assert _read(file, _answer(file, "does not depend on any axioms")) == Proved()
    assert _read(file, _answer(file, "depends on axioms: [propext,\n Quot.sound]")) == Proved(("propext", "Quot.sound"))


@pytest.mark.parametrize("axiom", ["sorryAx", "Lean.ofReduceBool", "mine", "propext'"])
def test_another_axiom_is_named(axiom: str) -> None:
    file = _file("rfl")
    verdict = _read(file, _answer(file, f"depends on axioms: [propext,\n {axiom}]"))
    assert verdict == Rejected(f"it rests on {axiom}, which is not an allowed axiom", ())


def test_an_error_in_a_proof_has_its_place_in_the_proof() -> None:
    file = _file("by\n  rfl", "rfl")
    error = LeanMessage("error", "no\nmore", file.places[0].proof + 1, 2)
    answers = [_answer(file, "does not depend on any axioms", number=number) for number in (0, 1)]
    said = (Message("error", "no\nmore", Position(2, 2)),)
    assert _read(file, error, *answers) == Rejected("no", said, Position(2, 2))
    assert _read(file, error, *answers, number=1) == Proved()


def test_an_error_in_the_statement_or_the_prelude_is_a_bad_statement() -> None:
    file = _file("rfl", "rfl")
    statement = LeanMessage("error", "unknown x", file.places[1].statement, 3)
    prelude = LeanMessage("error", "unknown y", file.prelude + 1, 0)
    assert _read(file, statement, number=1).reason == "bad statement: unknown x"
    assert _read(file, prelude, number=1).reason == "bad statement: in the prelude: unknown y"


@pytest.mark.parametrize(
    "text",
    [
        "'C5eed_1.a.b' does not depend on any axioms",
        "'a.b' does not depend on any axioms",
        "'C5eed_0.a.b' does not depend on any axioms but these",
        "hello",
    ],
)
def test_only_the_axioms_of_this_theorem_count(text: str) -> None:
    file = _file("rfl")
    assert _read(file, LeanMessage("information", text, file.places[0].axioms, 0)).status == "rejected"


def test_two_answers_on_the_line_of_the_axioms_are_none() -> None:
    file = _file("rfl")
    answer = _answer(file, "does not depend on any axioms")
    assert _read(file, answer, answer).status == "rejected"


# Whole runs, with a stand-in for lake


def test_verdicts_come_in_order_and_share_files(project: LeanProject, folder: Path) -> None:
    found = _verdicts(project, ["rfl", "by wrong", "by choose", "by sorry", "rfl", "wrong", "rfl"])
    statuses = [verdict.status for verdict in found]
    assert statuses == ["proved", "rejected", "proved", "rejected", "proved", "rejected", "proved"]
    assert found[1].reason == "it is wrong"
    assert found[2] == Proved(("Quot.sound", "Classical.choice"))
    assert _runs(folder) == 2


@pytest.mark.parametrize("culprit", [0, 1, 2, 3])
def test_a_file_that_crashes_is_halved_until_the_culprit_is_alone(
    project: LeanProject, folder: Path, culprit: int
) -> None:
    proofs = ["rfl"] * 4
    proofs[culprit] = "crash"
    found = _verdicts(project, proofs)
    assert found[culprit] == Crashed("Lean's process was ended by SIGABRT")
    assert [verdict.status for verdict in found].count("proved") == 3
    assert _runs(folder) == 5  # 4 -> 2 + 2, one 2 -> 1 + 1


def test_a_proof_that_hides_what_follows_harms_no_other(project: LeanProject) -> None:
    assert [verdict.status for verdict in _verdicts(project, ["rfl", "swallow", "rfl", "wrong"])] == [
        "proved",
        "rejected",
        "proved",
        "rejected",
    ]


def test_what_stands_behind_an_error_of_syntax_is_checked_again(project: LeanProject, folder: Path) -> None:
    assert [verdict.status for verdict in _verdicts(project, ["rfl", "spoil", "rfl", "by wrong"])] == [
        "proved",
        "rejected",
        "proved",
        "rejected",
    ]
    assert _runs(folder) == 2


def test_a_file_that_takes_too_long_is_killed_and_halved(folder: Path, lake: str) -> None:
    prover = LeanProject(folder, lake=lake, timeout_s=1.5, batch=2)
    found = _verdicts(prover, ["hang", "rfl"])
    assert found == [TimedOut(1.5), Proved()]


def test_tactics_that_search_have_a_file_of_their_own(project: LeanProject, folder: Path) -> None:
    assert {verdict.status for verdict in _verdicts(project, ["rfl", "by exact?", "rfl", "rfl"])} == {"proved"}
    assert _runs(folder) == 3


def test_another_prelude_has_a_file_of_its_own(project: LeanProject, folder: Path) -> None:
    pairs = [(Theorem("t", STATEMENT, prelude), "rfl") for prelude in ("open A", "open A", "open B")]
    assert list(project.check_all(pairs)) == [Proved()] * 3
    assert _runs(folder) == 2


def test_an_import_that_fails_is_the_users_to_mend(folder: Path, lake: str) -> None:
    prover = LeanProject(folder, lake=lake, imports=("Missing",))
    with pytest.raises(UserError, match=r"unknown module prefix 'Missing'\. Build the project: lake exe cache get"):
        prover.check(THEOREM, "rfl")


def test_what_lake_itself_complains_of_is_told(folder: Path, tmp_path: Path) -> None:
    script = tmp_path / "lake"
    script.write_text("#!/bin/sh\necho 'error: no such package' >&2\nexit 1\n")
    script.chmod(0o755)
    with pytest.raises(UserError, match=r"error: no such package\. Build the project"):
        LeanProject(folder, lake=str(script)).check(THEOREM, "rfl")


def test_closing_ends_what_runs(folder: Path, lake: str) -> None:
    prover = LeanProject(folder, lake=lake, timeout_s=60)
    found: list[Verdict] = []
    thread = threading.Thread(target=lambda: found.append(prover.check(THEOREM, "hang")))
    thread.start()
    while not (folder.parent / "runs").exists():
        time.sleep(0.05)
    prover.close()
    thread.join(timeout=20)
    assert found == [Crashed("Lean's process was ended by SIGKILL")]


def test_the_identity_names_the_version_and_the_packages(folder: Path, lake: str) -> None:
    (folder / "lake-manifest.json").write_text("{}")
    identity = LeanProject(folder, lake=lake).identity()
    assert identity["lean"] == "leanprover/lean4:v4.28.0"
    # The SHA-256 of the two bytes `{}`.
    assert identity["manifest_sha256"] == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"


@pytest.mark.parametrize(
    ("missing", "message"),
    [("lean-toolchain", "no file lean-toolchain"), ("lakefile.toml", "no lakefile")],
)
def test_a_folder_that_is_no_project_is_refused(folder: Path, lake: str, missing: str, message: str) -> None:
    (folder / missing).unlink()
    with pytest.raises(UserError, match=message):
        Lake(folder, command=lake)


def test_a_missing_folder_and_a_missing_lake_are_named(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UserError, match="no such folder"):
        Lake(tmp_path / "none")
    monkeypatch.setenv("PATH", os.fspath(tmp_path))
    monkeypatch.setenv("HOME", os.fspath(tmp_path))
    with pytest.raises(UserError, match=r"lake is not found.*Install elan"):
        Lake(folder)


# Whole runs, with a real Lean


@pytest.fixture(scope="module")
def messages_server(lean: LeanWasm, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server of the built-in Lean's messages on whole files."""
    address = str(tmp_path_factory.mktemp("lean") / "socket")
    with Listener(address, family="AF_UNIX") as listener:
        thread = threading.Thread(target=_serve_messages, args=(listener, lean))
        thread.start()
        yield address
        with Client(address, family="AF_UNIX") as connection:
            connection.send(None)
        thread.join()


def _serve_messages(listener: Listener, lean: LeanWasm) -> None:
    while True:
        with listener.accept() as connection:
            source = connection.recv()
            if source is None:
                return
            body = re.sub(r"^import .*$", "", source, flags=re.MULTILINE)  # Lean has them already
            connection.send(lean.messages(body))


@pytest.fixture
def real(folder: Path, lake: str, messages_server: str, monkeypatch: pytest.MonkeyPatch) -> LeanProject:
    """A project whose Lean is a real one."""
    monkeypatch.setenv("LEAN_SOCKET", messages_server)
    return LeanProject(folder, lake=lake, imports=("Init",), batch=30, timeout_s=120, axioms=STRIPPED)


STRIPPED = (*STANDARD, "And.left", "And.right")
"""Library theorems whose proofs are not in the built-in Lean count as axioms there."""

SWAP = "(p q : Prop) (h : p ∧ q) : q ∧ p"
DOUBLE = Theorem("twice", ": double 2 = 4", "def double (n : Nat) := n + n")


def test_a_real_lean_accepts_proofs_of_every_shape(real: LeanProject) -> None:
    proofs = [
        "⟨h.2, h.1⟩",
        "by exact ⟨h.2, h.1⟩",
        "by\n  constructor\n  · exact h.2\n  · exact h.1",
        "by\nconstructor\nexact h.2\nexact h.1",
        "  by constructor\n     exact h.2 -- the right one\n     exact h.1",
        "by\n  cases h with\n  | intro a b =>\n    /- both -/ exact ⟨b, a⟩\n",
        "have ⟨a, b⟩ := h\n⟨b, a⟩",
        "by set_option maxRecDepth 1000 in exact ⟨h.2, h.1⟩",
    ]
    found = list(real.check_all((Theorem("And.swapped", SWAP), proof) for proof in proofs))
    assert found == [Proved(("And.left", "And.right"))] * 5 + [Proved()] * 2 + [Proved(("And.left", "And.right"))]


def test_a_real_lean_rejects_and_says_where(real: LeanProject) -> None:
    pairs = [
        (Theorem("t", SWAP), "by\n  constructor\n  · exact h.2\n  · exact h.2"),
        (Theorem("t", SWAP), "by\n  constructor\n  · exact h.2"),
        (Theorem("t", SWAP), "by"),
        (Theorem("t", SWAP), "⟨h.2, h.1⟩\nopen Nat"),
        (Theorem("t", ": (1 : Nat) = 2"), "by decide"),
        (Theorem("t", ": (1 : Nat) = 2"), "t"),
        (Theorem("t", ": n = n"), "rfl"),
        (Theorem("t", SWAP), "⟨h.2, h.1⟩"),
    ]
    found = list(real.check_all(pairs))
    assert [verdict.status for verdict in found] == ["rejected"] * 7 + ["proved"]
    assert isinstance(found[0], Rejected)
    assert found[0].position == Position(4, 4)  # where its last `exact` begins
    assert found[6].reason.startswith("bad statement: ")


def test_a_real_lean_names_axioms_and_knows_the_prelude(real: LeanProject) -> None:
    assert real.check(DOUBLE, "rfl") == Proved()
    with_axiom = Theorem("t", ": False", "axiom mine : False")
    assert real.check(with_axiom, "mine") == Rejected("it rests on mine, which is not an allowed axiom", ())


# Tactic states, with a stand-in for the REPL


@pytest.fixture
def stepping(folder: Path, lake: str) -> Iterator[LeanProject]:
    """A project whose REPL is the stand-in's."""
    pytest.importorskip("lean_interact")
    repl = folder.parent / "repl"
    repl.mkdir()
    (repl / "lean-toolchain").write_text("leanprover/lean4:v4.28.0\n")
    prover = LeanProject(folder, lake=lake, timeout_s=2, repl=repl)
    yield prover
    prover.close()


THREE = Theorem("t", ": steps 3")


def test_tactics_lead_to_states_and_to_the_end(stepping: LeanProject) -> None:
    first = stepping.start(THREE)
    assert first == Open(THREE, (), ("steps 3",))
    down, drop, leave, unknown, refused = stepping.steps(first, ["down", "drop", "leave", "up", "sorry"])
    assert down == Open(THREE, ("down",), ("steps 2",))
    assert drop == Closed(THREE, ("drop",))
    assert leave == Rejected("Incomplete: open goals remain")
    assert unknown == Rejected("Lean error: unknown tactic")
    assert refused == Rejected("'sorry' is refused")
    assert isinstance(down, Open)
    assert stepping.steps(down, ["down"]) == [Open(THREE, ("down", "down"), ("steps 1",))]


def test_a_tactic_that_hangs_or_kills_leaves_the_state_usable(stepping: LeanProject) -> None:
    first = stepping.start(THREE)
    assert isinstance(first, Open)
    (down,) = stepping.steps(first, ["down"])
    assert isinstance(down, Open)
    hung, crashed, again = stepping.steps(down, ["hang", "crash", "down"])
    assert hung == TimedOut(2)
    assert isinstance(crashed, Crashed)
    assert again == Open(THREE, ("down", "down"), ("steps 1",))


def test_a_statement_that_the_repl_refuses_is_a_bad_statement(stepping: LeanProject) -> None:
    assert stepping.start(Theorem("t", ": wrong")) == Rejected("bad statement: no such thing")
    refused = stepping.start(Theorem("t", "no colon"))
    assert isinstance(refused, Rejected)


def test_without_the_package_the_extra_is_named(project: LeanProject, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lean_interact", None)
    with pytest.raises(MissingPackageError, match=r"pip install 'llemma\[lean-project\]'"):
        project.start(THREE)
