"""Sources of proofs with the state before each step: PISA extractions of Isabelle, lean-training-data of Lean 4.

They are sources and not steps, because one file of PISA makes many documents, one for each theorem.
Source: EleutherAI/math-lm, `process_isabelle_proofsteps.py` and `process_lean_proofsteps.py`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import orjson
import pyarrow as pa
from pydantic import Field

from llemma.data.sources.rows import file_shards
from llemma.data.steps import MAX_DOCUMENT_BYTES, InputShard, Row, Source, batches, damaged

THEOREMS = ("lemma ", "theorem ")
"""How the statements begin that are kept, as published; no corollaries, no `lemma(in ...)`."""

LEAN_STEP = "[PROOFSTEP]"


@dataclass(frozen=True, slots=True)
class ProofUnit:
    """A statement, and its proof as (state before the step, step)."""

    statement: str
    steps: tuple[tuple[str, str], ...]


class IsabelleProofSteps(Source):
    """Extractions of PISA (Jiang et al. 2021), one JSON file per theory; one document per lemma or theorem.

    Other commands of a theory are no documents, and are not counted. All theorems of a theory are one group.
    """

    source: Literal["isabelle_proof_steps"] = "isabelle_proof_steps"

    path: Annotated[list[str], Field(min_length=1)]
    """Files `*.json`, folders with all that is below them, and globs."""

    license: str | None = None
    """The SPDX name that is recorded; most of the Archive of Formal Proofs is BSD-3-Clause."""

    files_per_shard: Annotated[int, Field(ge=1)] = 256

    def shards(self) -> list[InputShard]:
        """Return the files in the order of their names, a fixed number to a shard."""
        return _grouped(self.path, (".json",), "isabelle", self.files_per_shard)

    def read(self, shard: InputShard) -> Iterator[pa.RecordBatch]:
        """Yield the theorems of a shard."""
        return batches(row for path in shard.files for row in self._rows(path))

    def _rows(self, path: Path) -> Iterator[Row]:
        content = _content(path)
        if isinstance(content, Row):
            yield content
            return
        try:
            units = isabelle_units(orjson.loads(content))
        except ValueError as error:
            yield damaged(str(path), "not_an_extraction", str(error))
            return
        theory = theory_of(path.name)
        for number, unit in enumerate(units):
            meta = {"file": theory, "length": len(unit.steps)}
            text = isabelle_text(unit)
            yield Row(f"{theory}#{number}", text, language="isabelle", license=self.license, group=theory, meta=meta)


class LeanProofSteps(Source):
    """Outputs of `training_data --proofstep` of lean-training-data, one file per module; one document per file."""

    source: Literal["lean_proof_steps"] = "lean_proof_steps"

    path: Annotated[list[str], Field(min_length=1)]
    """Files `MODULE.train` or `MODULE.txt`, folders with all that is below them, and globs."""

    license: str | None = None
    """The SPDX name that is recorded; Mathlib's is Apache-2.0."""

    files_per_shard: Annotated[int, Field(ge=1)] = 256

    def shards(self) -> list[InputShard]:
        """Return the files in the order of their names, a fixed number to a shard."""
        return _grouped(self.path, (".train", ".txt"), "lean", self.files_per_shard)

    def read(self, shard: InputShard) -> Iterator[pa.RecordBatch]:
        """Yield the modules of a shard. A module without proofs is dropped: "no_proof_steps"."""
        return batches(self._row(path) for path in shard.files)

    def _row(self, path: Path) -> Row:
        content = _content(path)
        if isinstance(content, Row):
            return content
        try:
            text = content.decode()
        except UnicodeDecodeError as error:
            return damaged(str(path), "not_utf8", str(error))
        module = path.stem
        reason = None if LEAN_STEP in text else "no_proof_steps"
        meta = {"mathlib_filename": module, "length": text.count(LEAN_STEP)}
        return Row(module, text, language="lean", license=self.license, group=module, meta=meta, reason=reason)


def isabelle_units(extraction: Any) -> list[ProofUnit]:
    """Return the lemmas and theorems of a PISA extraction: {"translations": [[state, step, ...], ...]}.

    A unit begins where the state is empty, and its statement is that step. Raises ValueError for anything else.
    """
    entries = extraction.get("translations") if isinstance(extraction, dict) else None
    if not isinstance(entries, list) or not all(map(_is_entry, entries)):
        raise ValueError("expected an object with a list 'translations' of [state, step, ...]")
    starts = [index for index, entry in enumerate(entries) if entry[0] == ""]
    units = []
    for start, end in zip(starts, [*starts[1:], len(entries)], strict=True):
        if entries[start][1].startswith(THEOREMS):
            steps = tuple((entry[0], entry[1]) for entry in entries[start + 1 : end])
            units.append(ProofUnit(entries[start][1], steps))
    return units


def isabelle_text(unit: ProofUnit) -> str:
    """Return a unit as one document, byte for byte as published."""
    steps = (f"\n[PROOF STATE]\n{state}\n[PROOF STEP]\n{step}" for state, step in unit.steps)
    return f"[STATEMENT]\n{unit.statement}{''.join(steps)}"


def theory_of(file_name: str) -> str:
    """Return the theory that the name of an extraction stands for: what follows `_thys_`, without the endings."""
    name = file_name.partition("_thys_")[2] or file_name
    for ending in (".json", "_ground_truth", "_output", ".thy"):
        name = name.removesuffix(ending)
    return name


def _is_entry(entry: object) -> bool:
    return isinstance(entry, list) and len(entry) >= 2 and isinstance(entry[0], str) and isinstance(entry[1], str)


def _grouped(paths: list[str], suffixes: tuple[str, ...], name: str, size: int) -> list[InputShard]:
    files: Sequence[Path] = [path for shard in file_shards(paths, suffixes) for path in shard.files]
    return [
        InputShard(f"{name}-{number:05d}", tuple(files[start : start + size]))
        for number, start in enumerate(range(0, len(files), size))
    ]


def _content(path: Path) -> bytes | Row:
    """Return the bytes of a file, or the row that says why there are none."""
    try:
        if path.stat().st_size > MAX_DOCUMENT_BYTES:
            return damaged(str(path), "too_long")
        return path.read_bytes()
    except OSError as error:
        return damaged(str(path), "unreadable_file", str(error))
