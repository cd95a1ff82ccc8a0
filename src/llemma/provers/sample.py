"""Whole-proof sampling: a model writes complete proofs of a statement, and each is checked."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence

from llemma.engines.base import Engine, Generation, Request, Sampling
from llemma.provers.base import Proved, Prover, Verdict
from llemma.records import Attempt, AttemptStatus, Node, Theorem

STOP = ("\n\n",)
"""Ends a proof in a `proof_document`, and in most files."""


def proof_prompt(theorem: Theorem) -> str:
    """Return the prompt for a proof: source text up to the `:=` before it."""
    prelude = f"{theorem.prelude.strip()}\n\n" if theorem.prelude.strip() else ""
    return f"{prelude}theorem {theorem.name} {theorem.statement} :="


def proof_document(theorem: Theorem, proof: str) -> str:
    """Return a training document: a statement and its proof."""
    return f"{proof_prompt(theorem)} {proof}\n\n"


def sample_proofs(
    theorems: Sequence[Theorem],
    prover: Prover,
    engine: Engine,
    sampling: Sampling,
    *,
    samples: int,
    prompt: Callable[[Theorem], str] = proof_prompt,
) -> Iterator[Attempt]:
    """Yield for every theorem, in order, the attempt of `samples` proofs: node 1 + i is sample i.

    All proofs are written first, then checked, equal proofs of a theorem once. Names must differ. An attempt's
    `expansions` is the number of samples, its time that since the first proof was asked for, and its `logprob`s are 0
    where the engine gives none.
    """
    started = time.monotonic()
    written = _written(theorems, engine, sampling, samples=samples, prompt=prompt)
    verdicts = prover.check_all((theorem, proof) for theorem in theorems for proof in _different(written[theorem.name]))
    for theorem in theorems:
        generations = written[theorem.name]
        found = dict(zip(_different(generations), verdicts, strict=False))
        yield _attempt(theorem, generations, found, elapsed_s=time.monotonic() - started)


def _written(
    theorems: Sequence[Theorem],
    engine: Engine,
    sampling: Sampling,
    *,
    samples: int,
    prompt: Callable[[Theorem], str],
) -> dict[str, list[Generation]]:
    """Return the generations by theorem, each list in order of samples."""
    requests = [Request(theorem.name, prompt(theorem), tuple(range(samples))) for theorem in theorems]
    written: dict[str, list[Generation]] = {theorem.name: [] for theorem in theorems}
    for generation in engine.generate(requests, sampling):
        written[generation.request_id].append(generation)
    return {name: sorted(generations, key=lambda made: made.sample) for name, generations in written.items()}


def _proof(generation: Generation) -> str:
    return generation.text.strip().encode("utf-8", errors="replace").decode("utf-8")


def _different(generations: Iterable[Generation]) -> list[str]:
    return list(dict.fromkeys(map(_proof, generations)))


def _attempt(
    theorem: Theorem, generations: Sequence[Generation], verdicts: dict[str, Verdict], *, elapsed_s: float
) -> Attempt:
    nodes = [Node(None, "", 0.0, 0.0, "open", theorem.statement)]
    for made in generations:
        proof = _proof(made)
        verdict = verdicts[proof]
        logprob = (made.logprob or 0.0) / max(1, made.tokens)
        if isinstance(verdict, Proved):
            nodes.append(Node(0, proof, logprob, 0.0 - logprob, "closed"))
        else:
            nodes.append(Node(0, proof, logprob, 0.0 - logprob, verdict.status, reason=verdict.reason))
    proofs = [node.tactic for node in nodes if node.outcome == "closed"]
    reason = "" if proofs else f"none of {len(generations):,} proofs is right"
    status: AttemptStatus = "solved" if proofs else "searched"
    return Attempt(theorem.name, status, next(iter(proofs), ""), reason, len(generations), elapsed_s, tuple(nodes))
