"""Step 1 of an evaluation: sample every completion that is still missing into an append-only log."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from llemma.engines.base import Engine, Request, Sampling
from llemma.evaluate.cache import CompletionCache
from llemma.progress import progress, say
from llemma.records import Completion, Problem
from llemma.storage import JsonlLog, sha256_of_text, valid_unicode

LOG = "completions.partial.jsonl"


def generate(
    engine: Engine,
    problems: Sequence[Problem],
    prompts: Sequence[str],
    sampling: Sampling,
    *,
    samples: int,
    out: Path,
    cache: CompletionCache | None = None,
    is_correct: Callable[[Completion], bool] | None = None,
) -> list[Completion]:
    """Return `samples` completions of each problem, sorted by problem and sample.

    What a killed run has already logged in `out`, and what `cache` holds, is not sampled again; what is new is stored
    there. `is_correct` is for the accuracy so far in the progress line.
    """
    hashes = {problem.id: sha256_of_text(prompt) for problem, prompt in zip(problems, prompts, strict=True)}
    with JsonlLog(out / LOG) as log:
        logged = {(row["problem_id"], row["sample"]): Completion(**row) for row in log.rows()}
        known = cache.find(hashes, samples) if cache else {}
        if cache and known.keys() - logged.keys():
            count = len(known.keys() - logged.keys())
            say(f"{count:,} completions were sampled before; they are taken from {cache.folder} (or not: --no-cache)")
        done = known | logged
        requests = list(_missing(problems, prompts, samples, done.keys()))
        tally = _Tally(is_correct)
        with progress(f"sample {engine.name}", len(problems) * samples, "completions") as meter:
            meter.skip(len(done))
            for generation in engine.generate(requests, sampling) if requests else ():
                completion = Completion(
                    generation.request_id,
                    generation.sample,
                    hashes[generation.request_id],
                    valid_unicode(generation.text),
                    generation.finish,
                    generation.tokens,
                    generation.logprob,
                )
                log.append([asdict(completion)])
                done[completion.problem_id, completion.sample] = completion
                meter.advance(1, tally.add(completion))
    if cache:
        cache.store(completion for key, completion in done.items() if key not in known)
    return [done[problem.id, sample] for problem in problems for sample in range(samples)]


class _Tally:
    """Problems begun, tokens per second and accuracy so far, for the progress line."""

    def __init__(self, is_correct: Callable[[Completion], bool] | None) -> None:
        self._is_correct = is_correct
        self._started = time.monotonic()
        self._count = self._correct = self._tokens = 0
        self._problems: set[str] = set()

    def add(self, completion: Completion) -> str:
        self._count += 1
        self._tokens += completion.tokens
        self._problems.add(completion.problem_id)
        rate = self._tokens / max(1e-9, time.monotonic() - self._started)
        text = f"{len(self._problems):,} problems, {rate:,.0f} tokens/s"
        if self._is_correct is None:
            return text
        self._correct += self._is_correct(completion)
        return f"{text}, {100 * self._correct / self._count:.1f} % correct so far"


def _missing(
    problems: Sequence[Problem], prompts: Sequence[str], samples: int, done: Iterable[tuple[str, int]]
) -> Iterable[Request]:
    have = set(done)
    for problem, prompt in zip(problems, prompts, strict=True):
        wanted = tuple(sample for sample in range(samples) if (problem.id, sample) not in have)
        if wanted:
            yield Request(problem.id, prompt, wanted)
