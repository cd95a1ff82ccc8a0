"""Training documents for a tactic model: the states on the way of known proofs, each with the tactic used there."""

import textwrap
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

from llemma.errors import DataError
from llemma.progress import progress, say
from llemma.provers.base import Open
from llemma.provers.lean_wasm.prover import LeanWasm
from llemma.provers.suggest import tactic_document
from llemma.records import Document, Theorem

_CONTINUES = (" ", "|")
"""How a line begins that belongs to the tactic before it: indented below it, or a case of its `with`."""


def tactic_documents(theorems: Iterable[Theorem], prover: LeanWasm) -> Iterator[Document]:
    """Yield a document for each tactic of each theorem's proof, in order, with the state as Lean prints it.

    A proof that Lean does not accept gives none, and is reported. Raises DataError for a theorem without a proof by
    tactics.
    """
    known = list(theorems)
    proofs = [tactics_of(theorem) for theorem in known]
    failed: list[str] = []
    with ThreadPoolExecutor(2 * prover.processes) as threads, progress("run proofs", len(known), "proofs") as meter:
        for theorem, tactics, states in zip(known, proofs, threads.map(prover.trace, known, proofs), strict=True):
            meter.advance()
            if isinstance(states, list):
                yield from _documents(theorem, states, tactics)
            else:
                failed.append(f"{theorem.name} ({states.reason})")
    if failed:
        say(f"{len(failed):,} of {len(known):,} proofs do not go through and give no document; first {failed[0]}")


def tactics_of(theorem: Theorem) -> list[str]:
    """Return the tactics of a proof that is `by` and one tactic a line, further lines of a tactic indented below it.

    A case of `induction` or `cases` (a line that begins with `|`) need not be indented. Raises DataError for others.
    """
    proof = theorem.proof.strip()
    if proof.split(maxsplit=1)[:1] != ["by"] or proof == "by":
        raise DataError(f"the proof of {theorem.name} is not `by` and one tactic a line")
    tactics: list[str] = []
    for line in textwrap.dedent(proof.removeprefix("by")).splitlines():
        if tactics and line.startswith(_CONTINUES):
            tactics[-1] += f"\n{line}"
        elif line:
            tactics.append(line)
    return tactics


def _documents(theorem: Theorem, states: Iterable[Open], tactics: Iterable[str]) -> Iterator[Document]:
    for number, (state, tactic) in enumerate(zip(states, tactics, strict=True)):
        yield Document(f"{theorem.name}/{number}", tactic_document(state.text, tactic), {"family": theorem.family})
