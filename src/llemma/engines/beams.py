"""Beam search for one prompt: told the most likely next tokens, it says which beams to go on with."""

# W live beams, K most likely next tokens of each, C candidates, T tokens so far

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from llemma.engines.base import Generation
from llemma.engines.stopping import Endings


class BeamSearch:
    """The most likely continuations of one prompt, `width` at most, found step by step.

    A candidate is a live beam and one more token; the 2 * width with the largest sums of log-probabilities are looked
    at. Those that have ended are finished, and of the others the first `width` live on. Of the finished ones `width`
    are kept, by sum / length: the length of prompt and continuation together, without an end-of-text token. The search
    is over when the worst of `width` finished ones is as good as the best live beam is by then.
    Source: vLLM 0.1.7, `LLMEngine` and `Sequence.get_beam_search_score`, with length_penalty 1 and early_stopping
    False; the published search for proofs ran on it. After a long prompt this ranks by the sums more than the means.
    """

    def __init__(self, request_id: str, prompt: list[int], endings: Endings, *, width: int) -> None:
        self.request_id = request_id
        self.live: NDArray[np.int64] = np.zeros((1, 0), dtype=np.int64)  # (W, T)
        self._sums = np.zeros(1)  # (W,)
        self._finished: list[tuple[float, Generation]] = []
        self._prompt, self._endings, self._width = prompt, endings, width

    def advance(self, logprobs: NDArray[np.float32], tokens: NDArray[np.int64]) -> NDArray[np.int64]:
        """Take the K most likely next tokens (W, K) of the live beams; return which of these each new one goes on from.

        K is 2 * width, or the size of a smaller vocabulary. When the search is over, no beam is live, and nothing is
        taken. Of equal candidates the one of the earlier beam comes first.
        """
        sums = (self._sums[:, None] + logprobs).ravel()
        best = np.argsort(-sums, kind="stable")[: 2 * self._width]
        sums, parents, newest = sums[best], best // tokens.shape[1], tokens.ravel()[best]
        candidates = np.column_stack([self.live[parents], newest])  # (C, T)
        ended = self._endings.find(newest, candidates.shape[1], lambda row: (self._prompt, candidates[row]))
        for row, (text, finish) in sorted(ended.items()):
            made = Generation(self.request_id, 0, text, finish, candidates.shape[1], float(sums[row]))
            self._finished.append((sums[row] / self._length(candidates[row]), made))
        self._finished = sorted(self._finished, key=lambda one: one[0], reverse=True)[: self._width]
        going = [row for row in range(len(best)) if row not in ended][: self._width]
        if going and self._is_over(sums[going[0]] / self._length(candidates[going[0]])):
            going = []
        self.live, self._sums = candidates[going], sums[going]
        origins: NDArray[np.int64] = parents[going]
        return origins

    def sequences(self) -> list[list[int]]:
        """Return the tokens of prompt and live beams."""
        return [self._prompt + tokens.tolist() for tokens in self.live]

    def continuations(self) -> list[Generation]:
        """Return the finished ones, best first by the mean log-probability of their tokens."""
        made = sorted((one for _, one in self._finished), key=_mean_logprob, reverse=True)
        return [replace(one, sample=place) for place, one in enumerate(made)]

    def _is_over(self, best_live: float) -> bool:
        return len(self._finished) == self._width and self._finished[-1][0] >= best_live

    def _length(self, tokens: NDArray[np.int64]) -> int:
        return len(self._prompt) + len(tokens) - int(tokens[-1] in self._endings.end_tokens)


def _mean_logprob(made: Generation) -> float:
    assert made.logprob is not None, "beams have one"
    return made.logprob / made.tokens
