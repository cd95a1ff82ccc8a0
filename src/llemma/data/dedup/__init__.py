"""Exact and near duplicates, within and across sources: signatures of each shard, then one comparison of them all.

`signatures_of` and `write_signatures` work on a shard; `find_duplicates` reads the files of all shards, and the texts
whose similarity they leave open, and says which documents are dropped and which one is kept in their place;
`cluster_report` is what the data card shows of it.

The authors of AlgebraicStack dropped a document when any 2,048-character chunk of it, counted from its start, had been
seen before. That is not done here: a license header or a generated preamble of that length drops every file but one,
and a character inserted at the start hides all that follows. Documents are compared as a whole instead.
"""

from llemma.data.dedup.clusters import cluster_report
from llemma.data.dedup.duplicates import Duplicates, Verdicts, find_duplicates
from llemma.data.dedup.settings import Dedup
from llemma.data.dedup.signatures import Signatures, signatures_of, write_signatures

__all__ = [
    "Dedup",
    "Duplicates",
    "Signatures",
    "Verdicts",
    "cluster_report",
    "find_duplicates",
    "signatures_of",
    "write_signatures",
]
