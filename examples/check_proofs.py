"""Check proofs with the built-in Lean. Run: llemma lean install, then python examples/check_proofs.py"""

from llemma.provers.base import Open
from llemma.provers.lean_wasm.prover import LeanWasm
from llemma.records import Theorem

ODD = Theorem("odd_square", "(n : Nat) (h : n % 2 = 1) : n * n % 2 = 1")
PROOFS = ["by simp [Nat.mul_mod, h]", "by omega", "by sorry", "by simp [Nat.mul_mod, h]\naxiom cheat : 1 = 2"]


def main() -> None:
    """Print the verdicts on some proofs, and what two tactics make of the first goal."""
    with LeanWasm(processes=1) as lean:
        for proof, verdict in zip(PROOFS, lean.check_all((ODD, proof) for proof in PROOFS), strict=True):
            print(f"{verdict.status}: {proof!r} {verdict.reason}")
        start = lean.start(ODD)
        assert isinstance(start, Open), start.reason
        for step in lean.steps(start, ["rw [Nat.mul_mod]", "rw [Nat.mul_mod, h]"]):
            print(f"\n{start.text}\n=>\n{step.text if isinstance(step, Open) else type(step).__name__}")


if __name__ == "__main__":
    main()
