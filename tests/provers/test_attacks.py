"""The built-in prover against proofs that cheat, and for proofs that only look strange. Needs the real Lean."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from llemma.provers.lean_wasm.process import LeanProcess, Settings
from llemma.provers.lean_wasm.prover import DEFAULT_OPTIONS, STANDARD_AXIOMS, LeanWasm
from llemma.provers.lean_wasm.runtime import Runtime
from llemma.provers.process import ProcessDied, ProcessTimedOut
from llemma.records import Theorem
from tests.provers import forged
from tests.provers.attacks import ATTACKS, BOMBS, FILES, SLOW_BOMBS, Attack
from tests.provers.honest import FILE, HONEST, THEOREMS_OF_FILE, WITH_PRELUDE

TIMEOUT_S = 20.0
BOMB_TIMEOUT_S = 4.0

FORGED = forged.bundles()

Listing = dict[Path, tuple[int, int]]


@pytest.fixture(scope="module")
def marker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A path in a folder that everybody may write to, on which attacks try to."""
    folder = tmp_path_factory.mktemp("outside")
    folder.chmod(0o777)
    return folder / "marker"


@pytest.fixture(scope="module")
def prover(lean_runtime: Runtime, marker: Path) -> Iterator[LeanWasm]:
    """One prover for all attacks: what one of them leaves behind would meet the next."""
    watched = [marker.parent, lean_runtime.folder]
    before = [_listing(folder) for folder in watched]
    with LeanWasm(lean_runtime, timeout_s=TIMEOUT_S, processes=1) as prover:
        yield prover
    assert [_listing(folder) for folder in watched] == before, "nothing outside was touched"


@pytest.fixture(scope="module")
def bombed(lean_runtime: Runtime) -> Iterator[LeanWasm]:
    with LeanWasm(lean_runtime, timeout_s=BOMB_TIMEOUT_S, processes=1) as prover:
        yield prover


class Referee:
    """The process that judges, asked directly; started again when it has died."""

    def __init__(self, runtime: Runtime) -> None:
        self._settings = Settings(runtime, DEFAULT_OPTIONS, memory_mb=3000)
        self._process = LeanProcess(self._settings, ("Init",))

    def proves(self, statement: str, bundle: Any) -> bool:
        request = {"do": "referee", "name": "attack", "statement": statement, "prelude": "", "bundle": bundle}
        try:
            answer = self._process.ask({**request, "axioms": STANDARD_AXIOMS}, TIMEOUT_S)
        except (ProcessDied, ProcessTimedOut):
            self._process = LeanProcess(self._settings, ("Init",))
            return False
        return answer.get("proved") is True

    def close(self) -> None:
        self._process.close()


@pytest.fixture(scope="module")
def referee(lean_runtime: Runtime) -> Iterator[Referee]:
    referee = Referee(lean_runtime)
    yield referee
    referee.close()


def _listing(folder: Path) -> Listing:
    found = {}
    for entry in [folder, *folder.rglob("*")]:
        status = entry.stat(follow_symlinks=False)
        found[entry] = (status.st_size, status.st_mtime_ns)
    return found


def _check(prover: LeanWasm, attack: Attack, marker: Path) -> str:
    return prover.check(Theorem(attack.name, attack.statement), attack.proof.replace("MARKER", str(marker))).status


def _is_sane(prover: LeanWasm) -> bool:
    right = prover.check(Theorem("sane", "(a b : Nat) : a + b = b + a"), "by omega").status
    return right == "proved" and prover.check(Theorem("sane", ": 1 = 2"), "by omega").status == "rejected"


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.tries)
def test_a_cheat_is_rejected(attack: Attack, prover: LeanWasm, marker: Path) -> None:
    assert _check(prover, attack, marker) == "rejected"


def test_after_all_cheats_right_and_wrong_are_still_told_apart(prover: LeanWasm) -> None:
    assert _is_sane(prover)


@pytest.mark.parametrize("bomb", BOMBS, ids=lambda bomb: bomb.tries)
def test_a_bomb_is_survived(bomb: Attack, bombed: LeanWasm, marker: Path) -> None:
    assert _check(bombed, bomb, marker) in {"rejected", "timed_out", "crashed"}


@pytest.mark.slow
@pytest.mark.parametrize("bomb", SLOW_BOMBS, ids=lambda bomb: bomb.tries)
def test_a_bomb_that_ends_a_process_is_survived(bomb: Attack, bombed: LeanWasm, marker: Path) -> None:
    assert _check(bombed, bomb, marker) in {"rejected", "timed_out", "crashed"}
    assert _is_sane(bombed)


@pytest.mark.parametrize("tries", FILES)
def test_a_file_that_cheats_proves_nothing(tries: str, prover: LeanWasm, marker: Path) -> None:
    found = prover.check_file(FILES[tries].replace("MARKER", str(marker)))
    assert [theorem.name for theorem in found if theorem.verdict.status == "proved"] == []


@pytest.mark.parametrize("tries", FORGED)
def test_a_forged_bundle_proves_nothing(tries: str, referee: Referee) -> None:
    assert not referee.proves(": False", FORGED[tries])
    assert referee.proves(": True", forged.honest())


def test_an_axiom_does_not_hide_behind_a_name_that_reads_like_it(referee: Referee) -> None:
    assert not referee.proves(": True", forged.hidden_axiom())


@pytest.mark.parametrize(("name", "statement", "proof"), HONEST, ids=lambda value: value[:20])
def test_an_honest_proof_is_proved(name: str, statement: str, proof: str, prover: LeanWasm) -> None:
    verdict = prover.check(Theorem(name, statement), proof)
    assert verdict.status == "proved", verdict.reason


@pytest.mark.parametrize(("name", "statement", "proof", "prelude"), WITH_PRELUDE, ids=lambda value: value[:20])
def test_an_honest_proof_on_a_prelude_is_proved(
    name: str, statement: str, proof: str, prelude: str, prover: LeanWasm
) -> None:
    verdict = prover.check(Theorem(name, statement, prelude=prelude), proof)
    assert verdict.status == "proved", verdict.reason


def test_a_prelude_with_a_syntax_error_is_rejected(prover: LeanWasm) -> None:
    verdict = prover.check(Theorem("after", ": 1 = 1", prelude="def f : Nat := 1\n)))\ndef g : Nat := 2"), "rfl")
    assert verdict.status == "rejected"
    assert "prelude" in verdict.reason


def test_every_theorem_of_an_honest_file_is_found_and_proved(prover: LeanWasm) -> None:
    found = prover.check_file(FILE)
    assert [theorem.name for theorem in found] == THEOREMS_OF_FILE
    assert [theorem for theorem in found if theorem.verdict.status != "proved"] == []
