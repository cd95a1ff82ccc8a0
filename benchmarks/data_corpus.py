"""A corpus of our own for measuring the data build: LaTeX, code and prose with planted duplicates and benchmark items.

The make-up is about that of the published one: 40 % LaTeX, 30 % code, 30 % prose, documents of 2.5 kB on average, their
sizes log-normal. A document is a random row of units: words as frequent as Zipf says, formulas, lines of code. So text
never repeats by chance over more than a few words, and every repetition is a planted one.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from pathlib import Path
from typing import NamedTuple

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from llemma.data.generators.general_text_grammar import GENRES, POOLS

SHARES = {"tex": 0.4, "code": 0.3, "web": 0.3}
"""Of the bytes, by part."""

MEAN_BYTES = 2500
SHARD_BYTES = 16_000_000
NEAR, EXACT, CONTAMINATED = 0.05, 0.03, 0.01
"""Shares of the documents that are changed copies, copies, or have a benchmark item in them."""

_CHUNK = 200  # documents made at a time
_LEAST, _MOST = 300, 200_000  # bytes of a document, about
_TERMS = 30_000  # made-up names and terms, rarer than the words
_LINES = 8_000  # of each programming language

_MATHEMATICS = (
    "the of a and to in is that we for it with be as this let on by are which an from then where if such can have at "
    "function space group ring field map set limit sequence bounded measure proof lemma theorem continuous compact "
    "finite integral kernel linear operator vector matrix prime number ideal graph edge degree point metric open "
    "closed norm sum product series converges implies exists every holds assume suppose define denote hence since"
).split()
_SYLLABLES = "ba co di fe gu ha jo ki lu me no pi ra so tu ve wa xi zo en or an il us".split()
_FORMULAS = (
    "$x_{%d} + y^2 = z$", "$\\frac{a_%d}{b}$", "$\\alpha_{%d}$", "$f(x) \\leq %d$", "$\\sum_{k=1}^{%d} k^2$",
    "$\\int_0^{%d} e^{-t}\\,dt$", "$\\mathbb{R}^{%d}$", "$p \\in V_{%d}$", "$n > %d$", "\\cite{ref%d}", "\\ref{eq:%d}",
)  # fmt: skip
_DISPLAYS = (
    "\n\\begin{equation}\\label{eq:%d}\n  \\|u\\|^2 = \\sum_i \\lambda_i \\langle u, e_i \\rangle\n\\end{equation}\n",
    "\n\\begin{align*}\n  a_{%d} &= \\frac{1}{2}(b + c) \\\\\n  &\\geq \\sqrt{bc}.\n\\end{align*}\n",
    "\n$$\\lim_{n \\to \\infty} \\prod_{k=1}^{%d} \\left(1 - \\frac{1}{k^2}\\right) = \\frac12$$\n",
)
_LANGUAGES = {  # what a file begins with, and its lines
    "python": (
        "import numpy as np\n",
        ("    {a} = np.dot({b}, {c}[{n}:])\n", "    for {a} in range({n}):\n", "        {a}.append({b} + {c} * {n})\n",
         "\n\ndef {a}({b}, {c}={n}):\n", '    """Return {a} of {b}."""\n', "    if {a} > {n}:\n        return {b}\n"),
    ),
    "julia": (
        "using LinearAlgebra\n",
        ("    {a} = {b} .* {c} .+ {n}\n", "for {a} in 1:{n}\n", "    push!({a}, {b}[{n}])\n", "end\n\n",
         "function {a}({b}, {c})\n", "    # {a} of the {b}\n"),
    ),
    "c": (
        "#include <gsl/gsl_math.h>\n#include <stdio.h>\n",
        ("    for (int i = 0; i < {n}; i++) {{\n        {a}[i] += {b};\n    }}\n", "    /* {a} and {b} */\n",
         "    double {a} = {b} * {c} + {n};\n", "static int {a}(double *{b}, int {c}) {{\n", "    return {a};\n}}\n\n"),
    ),
}  # fmt: skip

Units = NDArray[np.int32]


class Pair(NamedTuple):
    """A document and its changed copy; `jaccard` is that of the sets of their word 5-grams."""

    original: str
    copy: str
    jaccard: float


@dataclass
class Corpus:
    """What was written, and what was planted in it."""

    folder: Path
    shards: dict[str, list[Path]] = field(default_factory=dict)
    """Parquet files by part, with the columns id, text, language, repo and path."""
    documents: int = 0
    text_bytes: int = 0
    near: list[Pair] = field(default_factory=list)
    exact: dict[str, str] = field(default_factory=dict)
    """The id of the original by that of the copy."""
    contaminated: dict[str, str] = field(default_factory=dict)
    """The benchmark item by the id of the document."""


class _Kind(NamedTuple):
    """A kind of text: its units, how likely one of the first ones is, and what every document begins with."""

    units: NDArray[np.object_]
    cumulated: NDArray[np.float64]
    sizes: NDArray[np.int64]
    head: str

    def draw(self, random: np.random.Generator, number: int) -> Units:
        return np.searchsorted(self.cumulated, random.random(number)).astype(np.int32)

    def text(self, units: Units) -> str:
        return self.head + "".join(self.units[units].tolist())


def write_items(path: Path, number: int, *, seed: int = 0) -> list[tuple[str, str]]:
    """Write benchmark items (id, problem, solution) as JSON lines and return (item as it is named, problem).

    One problem of ten is shorter than an n-gram.
    """
    random = np.random.default_rng([seed, 1])
    words = np.array(_words(), np.object_)
    items = []
    with path.open("wb") as file:
        for place in range(number):
            size = random.integers(7, 12) if place % 10 == 0 else random.integers(20, 60)
            problem = f"{' '.join(random.choice(words, size))} {random.integers(10**6)}?"
            solution = " ".join(random.choice(words, random.integers(30, 80)))
            file.write(orjson.dumps({"id": f"item{place}", "problem": problem, "solution": solution}) + b"\n")
            items.append((f"{path.stem}/item{place}", problem))
    return items


def write_corpus(folder: Path, megabytes: float, *, items: Sequence[tuple[str, str]], seed: int = 0) -> Corpus:
    """Write the parts as Parquet files below a folder; the same arguments give the same text."""
    corpus = Corpus(folder)
    for number, (part, share) in enumerate(SHARES.items()):
        (folder / part).mkdir(parents=True)
        writer = _Writer(corpus, part, np.random.default_rng([seed, 2, number]), items)
        writer.write(int(share * megabytes * 1e6))
    return corpus


def jaccard(one: str, other: str) -> float:
    """Return the similarity of the sets of word 5-grams, by Python's own sets."""
    these, others = _ngrams(one), _ngrams(other)
    return len(these & others) / max(1, len(these | others))


class _Writer:
    """Makes the documents of one part."""

    def __init__(
        self, corpus: Corpus, part: str, random: np.random.Generator, items: Sequence[tuple[str, str]]
    ) -> None:
        self._corpus, self._part, self._random, self._items = corpus, part, random, items
        self._numbers = count()
        self._languages = list(_LANGUAGES) if part == "code" else [part]

    def write(self, size: int) -> None:
        """Write about `size` bytes of text."""
        paths = self._corpus.shards.setdefault(self._part, [])
        rows: list[dict[str, str]] = []
        total = waiting = 0
        while total < size:
            for row in self._chunk():
                rows.append(row)
                written = len(row["text"].encode())
                total, waiting = total + written, waiting + written
                if waiting >= SHARD_BYTES or total >= size:
                    paths.append(self._corpus.folder / self._part / f"{self._part}-{len(paths):03d}.parquet")
                    pq.write_table(pa.Table.from_pylist(rows), paths[-1], compression="zstd")
                    self._corpus.documents += len(rows)
                    rows, waiting = [], 0
                if total >= size:
                    break
        self._corpus.text_bytes += total

    def _chunk(self) -> Iterator[dict[str, str]]:
        """Yield documents; the copies of some of them come last, so that their originals are kept."""
        random, texts = self._random, []
        sizes = np.clip(random.lognormal(np.log(MEAN_BYTES) - 0.5, 1.0, _CHUNK), _LEAST, _MOST)
        for size in sizes.tolist():
            language = self._languages[random.integers(len(self._languages))]
            kind = _kind(language)
            units = kind.draw(random, max(8, int(size / kind.sizes.mean())))
            texts.append((language, units, self._row(language, kind.text(units))))
        chosen = random.permutation(_CHUNK)
        near, exact, dirty = np.split(chosen, np.cumsum([int(part * _CHUNK) for part in (NEAR, EXACT, CONTAMINATED)]))[
            :3
        ]
        problems = {place: self._contaminated(*texts[place]) for place in dirty.tolist()}
        for place, (_, _, row) in enumerate(texts):
            if place in problems:
                self._corpus.contaminated[row["id"]] = problems[place]
            yield row
        for place in near.tolist():
            yield self._changed(*texts[place])
        for place in exact.tolist():
            language, _, row = texts[place]
            copy = self._row(language, row["text"])
            self._corpus.exact[copy["id"]] = row["id"]
            yield copy

    def _row(self, language: str, text: str) -> dict[str, str]:
        name = f"{self._part}{next(self._numbers)}"
        if self._part == "web":
            return {"id": f"https://www.{name[-2:]}.example.org/notes/{name}.html", "text": text, "language": "web"}
        path = f"src/{name}.{'tex' if language == 'tex' else language[:2]}"
        return {"id": f"owner/{name}/{path}", "text": text, "language": language, "repo": f"owner/{name}", "path": path}

    def _contaminated(self, language: str, units: Units, row: dict[str, str]) -> str:
        """Put a benchmark problem as a paragraph into the middle of a document and return the item."""
        item, problem = self._items[self._random.integers(len(self._items))]
        kind, middle = _kind(language), len(units) // 2
        rest = kind.text(units[middle:]).removeprefix(kind.head)
        row["text"] = f"{kind.text(units[:middle])}\n\n{problem}\n\n{rest}"
        return item

    def _changed(self, language: str, units: Units, row: dict[str, str]) -> dict[str, str]:
        """Return a copy with other units in one place, or scattered: similarities from 0.5 to 1."""
        random, kind = self._random, _kind(language)
        wanted = random.uniform(0.5, 1.0)
        changed = units.copy()
        if random.random() < 0.5:
            number = int(len(units) * (1 - wanted) / (1 + wanted))
            start = random.integers(len(units) - number + 1)
            changed[start : start + number] = kind.draw(random, number)
        else:
            number = int(len(units) * (1 - wanted) / (1 + wanted) / 5)
            changed[random.integers(len(units), size=number)] = kind.draw(random, number)
        copy = self._row(language, kind.text(changed))
        self._corpus.near.append(Pair(row["id"], copy["id"], jaccard(row["text"], copy["text"])))
        return copy


@cache
def _kind(name: str) -> _Kind:
    random = np.random.default_rng([3, *name.encode()])
    head, pieces, weights = "", *_prose()
    if name == "tex":
        head = "\\section{Introduction}\n"
        more = [form % number + " " for form in _FORMULAS for number in range(300)]
        more += [form % number for form in _DISPLAYS for number in range(300)]
        likely = np.repeat([0.15 / 3300, 0.01 / 900], [3300, 900])
        pieces, weights = pieces + more, np.concatenate([0.84 * weights, likely])
    elif name in _LANGUAGES:
        head, forms = _LANGUAGES[name]
        names = np.array([f"{one}_{other}" for one in _MATHEMATICS[-60:] for other in _SYLLABLES], np.object_)
        drawn = random.choice(names, (_LINES, 3)).tolist()
        numbers = random.integers(1000, size=_LINES).tolist()
        pieces = [
            forms[place % len(forms)].format(a=a, b=b, c=c, n=number)
            for place, ((a, b, c), number) in enumerate(zip(drawn, numbers, strict=True))
        ]
        weights = np.full(_LINES, 1 / _LINES)
    sizes = np.bincount(np.searchsorted(np.cumsum(weights), random.random(10_000)), minlength=len(pieces))
    lengths = np.repeat([len(piece) for piece in pieces], sizes)
    cumulated = np.cumsum(weights)
    cumulated[-1] = 1.0
    return _Kind(np.array(pieces, np.object_), cumulated, lengths, head)


@cache
def _prose() -> tuple[list[str], NDArray[np.float64]]:
    """Return words with what follows them, and how likely each is."""
    words = _words()
    zipf = 1 / np.arange(1, len(words) + 1)
    ends = {" ": 0.86, ", ": 0.07, ". ": 0.06, ".\n\n": 0.01}
    pieces = [word + end for end in ends for word in words]
    return pieces, np.outer(list(ends.values()), zipf / zipf.sum()).ravel()


@cache
def _words() -> list[str]:
    """Return words, the more frequent first: English ones, then made-up terms."""
    entries = [text for places in GENRES.values() for place in places for text in place]
    entries += [entry for pool in POOLS.values() for entry in pool]
    english = re.findall(r"[a-z]{3,}", re.sub(r"\{\w+\}", "", " ".join(entries)).lower())
    random = np.random.default_rng(4)
    terms = ("".join(random.choice(_SYLLABLES, size)) for size in random.integers(3, 6, _TERMS).tolist())
    return list(dict.fromkeys([*_MATHEMATICS, *english, *terms]))


def _ngrams(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"[a-z0-9]+", text.lower())
    return set(zip(*(words[start:] for start in range(5)), strict=False))
