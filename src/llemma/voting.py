"""Majority voting over samples, and maj@k and pass@k for every k with their uncertainty."""

import functools
import math
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Equal = Callable[[str, str], bool]
"""Called as equal(answer, key), where `key` is the first answer of an existing class."""

Floats = NDArray[np.float64]

Z95 = 1.959964
"""The 97.5 % quantile of the normal distribution: half of a 95 % interval in standard errors."""

MAX_SAMPLES = 1900
"""Largest number of samples per problem for the exact expectation: binomials of it, centred, fit a double."""


@dataclass(frozen=True, slots=True)
class Vote:
    """The result of one majority vote.

    `classes[i]` is the class of sample i (None: the sample has no answer), classes are numbered by first appearance,
    `counts[c]` and `keys[c]` are the size and the first answer of class c. `winner` is None when no sample has one.
    """

    winner: int | None
    keys: tuple[str, ...]
    counts: tuple[int, ...]
    classes: tuple[int | None, ...]

    @property
    def answer(self) -> str | None:
        """The first answer of the winning class."""
        return None if self.winner is None else self.keys[self.winner]


def vote(
    answers: Sequence[str | None], equal: Equal, *, buckets: Callable[[str], Iterable[Hashable]] | None = None
) -> Vote:
    """Return the majority vote: the largest class of equal answers, a tie going to the class that appeared first.

    Arguments as for `answer_classes`.
    """
    classes = answer_classes(answers, equal, buckets=buckets)
    counts = class_counts(classes)
    keys: list[str] = []
    for answer, number in zip(answers, classes, strict=True):
        if answer is not None and number == len(keys):
            keys.append(answer)
    winner = max(range(len(counts)), key=counts.__getitem__) if counts else None  # max takes the first of equals
    return Vote(winner, tuple(keys), tuple(counts), tuple(classes))


def answer_classes(
    answers: Sequence[str | None], equal: Equal, *, buckets: Callable[[str], Iterable[Hashable]] | None = None
) -> list[int | None]:
    """Return the class of each answer, classes numbered by first appearance; None never votes and has no class.

    In sampling order, each answer joins the first class in order of appearance whose key `equal` accepts, or opens a
    new class. `buckets`, when given, promises that answers which share no bucket are not equal; only sharers are
    compared. Source: the vote of wellecks/lm-evaluation-harness, lm_eval/mixins.py.
    """
    known: dict[str, int] = {}  # every answer seen: `equal` is a function, so its class is settled
    keys: list[str] = []
    sharers: dict[Hashable, list[int]] = {}
    classes: list[int | None] = []
    for answer in answers:
        if answer is None:
            classes.append(None)
            continue
        if answer not in known:
            marks = None if buckets is None else list(buckets(answer))
            rivals = range(len(keys)) if marks is None else _rivals(marks, sharers)
            found = next((number for number in rivals if equal(answer, keys[number])), None)
            if found is None:
                found = len(keys)
                keys.append(answer)
                for mark in marks or ():
                    sharers.setdefault(mark, []).append(found)
            known[answer] = found
        classes.append(known[answer])
    return classes


def class_counts(classes: Sequence[int | None]) -> list[int]:
    """Return the number of samples in class 0, 1, ..."""
    sizes = Counter(number for number in classes if number is not None)
    return [sizes[number] for number in range(len(sizes))]


def maj_at_every_k(counts: Sequence[int], correct: Sequence[bool], *, samples: int) -> Floats:
    """Return E[maj@k] for k = 1 .. samples, shape (samples,): the exact mean over random subsets of the samples.

    `counts[c]` samples gave an answer of class c, `correct[c]` says whether that answer is right; the rest of the
    `samples` have no answer and never vote. The order of the samples counts as random, so a tie, which goes to the
    class of the earliest sample, is a fair draw. An empty vote is wrong.

    Method: class j wins with a votes if every other class has fewer, or has a and drew a later tie number; given
    the tie number u of j, the counts of subsets are a product of polynomials in z (one per class, coefficients
    C(c, x), the x = a term weighted 1 - u), and the integral over u is a Gauss-Legendre sum of enough nodes to be
    exact. All terms are positive, so nothing cancels.
    """
    if len(counts) != len(correct) or min(counts, default=1) < 1 or sum(counts) > samples:
        raise ValueError(f"{len(counts)} positive counts and {len(correct)} flags with {samples} samples do not fit")
    if not 1 <= samples <= MAX_SAMPLES:
        raise ValueError(f"samples must be 1 to {MAX_SAMPLES}, not {samples}")
    total = np.zeros(samples + 1)
    for number in range(len(counts)):
        if correct[number]:
            total += _ways_to_win(counts, number, samples)
    return np.asarray(total[1:] / _binomials(samples)[1:], dtype=np.float64)


def pass_at_every_k(correct: int, *, samples: int) -> Floats:
    """Return pass@k for k = 1 .. samples, shape (samples,): the chance that k of the samples, without replacement,
    hold a correct one, of which there are `correct`.

    Source: Chen et al. 2021 (arXiv 2107.03374), section 2.1.
    """
    if not 0 <= correct <= samples:
        raise ValueError(f"{correct} correct of {samples} samples")
    k = np.arange(samples)
    factors = np.maximum(samples - correct - k, 0) / (samples - k)  # P(sample k + 1 is wrong | the first k are)
    return np.asarray(1.0 - np.cumprod(factors), dtype=np.float64)


def standard_error(values: Floats) -> Floats:
    """Return the standard error of the mean over problems; `values` has shape (problems, ...), the result (...).

    NaN when there is one problem.
    """
    problems = values.shape[0]
    if problems < 2:
        return np.full(values.shape[1:], np.nan)
    return np.asarray(values.std(axis=0, ddof=1) / math.sqrt(problems), dtype=np.float64)


def wilson(fraction: float, n: int) -> tuple[float, float]:
    """Return the 95 % interval of a fraction seen in n trials. Source: Wilson 1927, J. Am. Stat. Assoc. 22."""
    z = Z95
    centre = fraction + z * z / (2 * n)
    spread = z * math.sqrt(max(0.0, fraction * (1 - fraction)) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


def bootstrap_interval(
    values: Floats, *, seed: int, level: float = 0.95, resamples: int = 2000
) -> tuple[Floats, Floats]:
    """Return the lower and upper end of the percentile bootstrap interval of the mean over problems.

    `values` has shape (problems, ...); both ends have shape (...). Problems are drawn with replacement.
    """
    problems = values.shape[0]
    flat = values.reshape(problems, -1)  # (P, K)
    random = np.random.default_rng(seed)
    weights = random.multinomial(problems, np.full(problems, 1.0 / problems), size=resamples)  # (R, P)
    means = weights @ flat / problems  # (R, K)
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(means, [tail, 1.0 - tail], axis=0)
    return low.reshape(values.shape[1:]), high.reshape(values.shape[1:])


def _rivals(marks: list[Hashable], sharers: dict[Hashable, list[int]]) -> list[int]:
    return sorted({number for mark in marks for number in sharers.get(mark, ())})


def _ways_to_win(counts: Sequence[int], winner: int, samples: int) -> Floats:
    """Return, for k = 0 .. samples, the number of k-subsets in which `winner` wins, divided by 2^(samples / 2)."""
    own = _binomials(counts[winner])
    total = np.zeros(samples + 1)
    for votes in range(1, counts[winner] + 1):
        big = Counter(c for i, c in enumerate(counts) if i != winner and c >= votes)
        small = samples - counts[winner] - sum(c * times for c, times in big.items())  # can never reach `votes`
        others = _others_below(big, _binomials(small), votes)
        end = min(samples + 1, votes + len(others))
        total[votes:end] += own[votes] * others[: end - votes]
    return total


def _others_below(big: Counter[int], small: Floats, votes: int) -> Floats:
    """Return coefficients by subset size of the other samples: no class above `votes`, ties lost by all others."""
    rivals = sum(big.values())
    nodes, weights = _gauss_legendre(rivals // 2 + 1)  # exact up to degree 2n - 1 >= rivals
    result = np.zeros(len(small) + rivals * votes)
    for node, weight in zip(nodes, weights, strict=True):
        product = small * (weight / 2.0)
        for count, times in big.items():
            row = _binomials(count)[: votes + 1].copy()
            row[votes] *= (1.0 - node) / 2.0  # 1 - u with u = (1 + node) / 2
            for _ in range(times):
                product = np.convolve(product, row)
        result += product
    return result


@functools.lru_cache(maxsize=1024)
def _gauss_legendre(nodes: int) -> tuple[Floats, Floats]:
    return np.polynomial.legendre.leggauss(nodes)


@functools.lru_cache(maxsize=2048)
def _binomials(n: int) -> Floats:
    """Return C(n, x) / 2^(n / 2) for x = 0 .. n; do not write to it.

    The scale keeps every product of rows within a double.
    """
    half = n / 2.0 * math.log(2.0)
    if n <= 1000:
        scale = math.exp(-half)
        return np.array([math.comb(n, x) * scale for x in range(n + 1)])
    top = math.lgamma(n + 1)
    return np.array([math.exp(top - math.lgamma(x + 1) - math.lgamma(n - x + 1) - half) for x in range(n + 1)])
