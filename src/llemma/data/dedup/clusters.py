"""What the data card shows of duplicates: how many, how large the clusters are, and between which sources."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from llemma.data.dedup.duplicates import Duplicates
from llemma.ngrams import Positions

_LARGEST = 20


def cluster_report(duplicates: Duplicates, sources: Sequence[str]) -> dict[str, Any]:
    """Return counts of duplicates as plain values; `sources` names the source of each file.

    A cluster is a document that is kept and those dropped for it. "sizes" counts the clusters by size: "2", "3-4",
    "5-8" and so on; "largest" gives each kept document by its file's place and row; "between" counts the dropped
    documents by their own source and that of the document kept in their place.
    """
    dropped = np.flatnonzero(duplicates.kept != np.arange(len(duplicates.kept)))
    kept = duplicates.kept[dropped]
    heads, others = np.unique(kept, return_counts=True)
    largest = np.argsort(-others, kind="stable")[:_LARGEST]
    exact = int(duplicates.is_exact[dropped].sum())
    return {
        "documents": len(duplicates.kept),
        "exact_duplicates": exact,
        "near_duplicates": len(dropped) - exact,
        "clusters": len(heads),
        "sizes": _by_size(others + 1),
        "largest": [_cluster(duplicates, head, dropped[kept == head], sources) for head in heads[largest].tolist()],
        "between": _between(_files(duplicates, dropped), _files(duplicates, kept), sources),
    }


def _by_size(sizes: Positions) -> dict[str, int]:
    counts = Counter((size - 1).bit_length() for size in sizes.tolist())
    return {"2" if bits == 1 else f"{2 ** (bits - 1) + 1}-{2**bits}": counts[bits] for bits in sorted(counts)}


def _cluster(duplicates: Duplicates, head: int, members: Positions, sources: Sequence[str]) -> dict[str, Any]:
    file = int(_files(duplicates, np.array([head]))[0])
    return {
        "file": file,
        "row": head - int(duplicates.firsts[file]),
        "source": sources[file],
        "size": len(members) + 1,
        "exact_duplicates": int(duplicates.is_exact[members].sum()),
        "lowest_similarity": round(float(duplicates.similarity[members].min()), 3),
        "sources": sorted({sources[place] for place in _files(duplicates, members)}),
    }


def _between(dropped: Positions, kept: Positions, sources: Sequence[str]) -> list[dict[str, Any]]:
    pairs, sizes = np.unique(np.stack([dropped, kept]), axis=1, return_counts=True)
    counts = Counter[tuple[str, str]]()
    for one, other, size in zip(*pairs.tolist(), sizes.tolist(), strict=True):
        counts[sources[one], sources[other]] += size
    return [{"dropped": one, "kept": other, "documents": size} for (one, other), size in counts.most_common()]


def _files(duplicates: Duplicates, numbers: Positions) -> Positions:
    return np.searchsorted(duplicates.firsts, numbers, "right") - 1
