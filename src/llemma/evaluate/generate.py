"""Step 1 of an evaluation: sample every completion that is still missing into an append-only log."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from llemma.engines.base import Engine, Request, Sampling
from llemma.progress import progress
from llemma.records import Completion, Problem
from llemma.storage import JsonlLog, sha256_of_text

LOG = "completions.partial.jsonl"


def generate(
    engine: Engine, problems: Sequence[Problem], prompts: Sequence[str], sampling: Sampling, *, samples: int, out: Path
) -> list[Completion]:
    """Return `samples` completions of each problem, sorted by problem and sample.

    What a killed run has already logged in `out` is not sampled again.
    """
    hashes = {problem.id: sha256_of_text(prompt) for problem, prompt in zip(problems, prompts, strict=True)}
    with JsonlLog(out / LOG) as log:
        done = {(row["problem_id"], row["sample"]): Completion(**row) for row in log.rows()}
        requests = list(_missing(problems, prompts, samples, done.keys()))
        with progress(f"sample {engine.name}", len(problems) * samples, "completions") as meter:
            meter.skip(len(done))
            tokens = 0
            for generation in engine.generate(requests, sampling) if requests else ():
                completion = Completion(
                    generation.request_id,
                    generation.sample,
                    hashes[generation.request_id],
                    _clean(generation.text),
                    generation.finish,
                    generation.tokens,
                )
                log.append([asdict(completion)])
                done[completion.problem_id, completion.sample] = completion
                tokens += completion.tokens
                meter.advance(1, f"{tokens:,} tokens")
    return [done[problem.id, sample] for problem in problems for sample in range(samples)]


def _missing(
    problems: Sequence[Problem], prompts: Sequence[str], samples: int, done: Iterable[tuple[str, int]]
) -> Iterable[Request]:
    have = set(done)
    for problem, prompt in zip(problems, prompts, strict=True):
        wanted = tuple(sample for sample in range(samples) if (problem.id, sample) not in have)
        if wanted:
            yield Request(problem.id, prompt, wanted)


def _clean(text: str) -> str:
    """Return the text with lone surrogates, which no file can hold, as U+FFFD."""
    return text.encode("utf-8", errors="replace").decode("utf-8")
