"""The stages of a build. Each is a job per shard: it reads files of the stage before and writes one of its own.

Beside each output stands a `.json` with what happened, written last. A job that finds its own there, made from the
same input by the same settings, leaves it as it is: that is how a killed build goes on.
"""

import functools
import itertools
import os
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import xxhash
from pydantic import Field

from llemma.data.decontaminate import Decontaminate, Index, decontaminated
from llemma.data.dedup import Dedup, signatures_of, write_signatures
from llemma.data.documents import UNKNOWN, DocumentsWriter, Facts, Samples, Tally, documents_writer, read_documents
from llemma.data.shards import document_lengths, write_token_files
from llemma.data.split import splits_of
from llemma.data.steps import InputShard, Source, Split, Step, replaced
from llemma.data.verdicts import mark_duplicates, read_verdicts
from llemma.data.worker import Watch
from llemma.errors import DataError, LlemmaError
from llemma.storage import read_json, sha256_of_rows, write_json

if TYPE_CHECKING:
    from llemma.models.encoding import Encoder

SPLITS: tuple[Split, ...] = ("train", "validation", "test")
SAMPLES = 20


@dataclass(frozen=True, slots=True)
class ReadShard:
    """Reads an input shard and takes each document through the steps: `out`/NAME.parquet, `dropped`/NAME.parquet."""

    source: Source
    shard: InputShard
    steps: tuple[Step, ...]
    out: Path
    dropped: Path

    @property
    def name(self) -> str:
        """What to call it in messages."""
        return f"{self.out.name}/{self.shard.name}"

    def __call__(self, watch: Watch) -> Facts:
        """Do it, unless it was done."""
        inputs = [input_facts(path) for path in self.shard.files]
        read_by = (type(self.source).__name__, self.source.version, self.source.model_dump(mode="json"))
        hashes = [entry["xxh3"] for entry in [*inputs, *map(input_facts, self.source.files())]]
        fingerprint = sha256_of_rows([read_by, hashes, _fingerprint_of_steps(self.steps)])
        path, facts_file = self.out / f"{self.shard.name}.parquet", self.out / f"{self.shard.name}.json"
        if (done := done_before(facts_file, fingerprint, path, self.dropped / path.name)) is not None:
            return done
        return finish(facts_file, fingerprint, {"inputs": inputs, **self._work(path, watch)})

    def _work(self, path: Path, watch: Watch) -> Facts:
        tally = Tally()
        with (
            documents_writer(path, compression="lz4") as kept_file,
            documents_writer(self.dropped / path.name) as dropped_file,
        ):
            for number, batch in enumerate(_watched(self.source.read(self.shard), watch)):
                kept, dropped = run_steps((*self.steps, Complete()), batch, number, watch=watch)
                _write(kept, kept_file, tally)
                _write(dropped, dropped_file, tally)
                watch.beat(number + 1, documents=tally.documents)
        return tally.facts()


@dataclass(frozen=True, slots=True)
class SignShard:
    """Writes the signatures of a shard's documents, by which duplicates are found."""

    documents: Path
    out: Path
    settings: Dedup

    @property
    def name(self) -> str:
        """What to call it in messages."""
        return f"{self.out.parent.name}/{self.out.stem}"

    def __call__(self, watch: Watch) -> Facts:
        """Do it, unless it was done."""
        made_by = (self.settings.version, self.settings.model_dump(mode="json"))
        fingerprint = sha256_of_rows([fingerprint_of(self.documents), made_by])
        facts_file = self.out.with_name(f"{self.documents.stem}.json")
        if (done := done_before(facts_file, fingerprint, self.out)) is not None:
            return done
        batches = _watched(read_documents(self.documents, ["text"]), watch)
        write_signatures(self.out, (signatures_of(batch.column("text"), self.settings) for batch in batches))
        return finish(facts_file, fingerprint, {})


class Complete(Step):
    """The last step of every input: a document without text is dropped."""

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return the batch with the reason "empty" where there is no text but white space."""
        is_empty = pc.equal(pc.utf8_trim_whitespace(batch.column("text")), "")
        return replaced(batch, reason=pc.if_else(is_empty, "empty", batch.column("reason")))


class Decontamination(Step):
    """The step that an index of protected texts makes of the settings."""

    settings: Decontaminate
    index: str = Field(exclude=True)
    """A file; its content is part of what is fingerprinted, its place is not."""

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return the batch with protected text cut out, or its documents dropped."""
        return decontaminated(batch, Index.open(Path(self.index)), self.settings)

    def files(self) -> tuple[Path, ...]:
        """Return the index."""
        return (Path(self.index),)


@dataclass(frozen=True, slots=True)
class CleanShard:
    """Leaves out duplicates and benchmark text, and divides what is left: `out`/SPLIT/NAME.parquet."""

    documents: Path
    verdicts: Path | None
    """Which rows are duplicates, and of what: see `write_verdicts`."""
    steps: tuple[Step, ...]
    out: Path
    dropped: Path
    shares: tuple[float, float]
    """Of validation and test."""
    seed: int

    @property
    def name(self) -> str:
        """What to call it in messages."""
        return f"{self.out.name}/{self.documents.stem}"

    def __call__(self, watch: Watch) -> Facts:
        """Do it, unless it was done."""
        name = self.documents.name
        outputs = [*(self.out / split / name for split in SPLITS), self.dropped / name]
        verdicts = input_facts(self.verdicts)["xxh3"] if self.verdicts else None
        made_from = [fingerprint_of(self.documents), verdicts, _fingerprint_of_steps(self.steps)]
        fingerprint = sha256_of_rows([made_from, self.shares, self.seed])
        facts_file = self.out / f"{self.documents.stem}.json"
        if (done := done_before(facts_file, fingerprint, *outputs)) is not None:
            return done
        return finish(facts_file, fingerprint, self._work(watch))

    def _work(self, watch: Watch) -> Facts:
        dropped_tally, tallies = Tally(), {split: Tally() for split in SPLITS}
        samples, removals = Samples(SAMPLES, self.seed), list[Facts]()
        with ExitStack() as stack:
            name = self.documents.name
            files = {split: stack.enter_context(documents_writer(self.out / split / name)) for split in SPLITS}
            dropped_file = stack.enter_context(documents_writer(self.dropped / name))
            for number, batch in enumerate(_watched(self._marked(), watch)):
                kept, dropped = run_steps(self.steps, batch, number, watch=watch)
                _write(dropped, dropped_file, dropped_tally)
                samples.add(kept)
                removals += [*_removals(kept), *_removals(dropped)]
                for split, mine in self._divided(kept):
                    _write(mine, files[split], tallies[split])
                watch.beat(number + 1, documents=dropped_tally.documents + sum(t.documents for t in tallies.values()))
        return {
            "dropped": dropped_tally.facts(),
            "splits": {split: tally.facts() for split, tally in tallies.items()},
            "removals": removals,
            "samples": samples.facts(),
        }

    def _marked(self) -> Iterator[pa.RecordBatch]:
        """Yield the documents; duplicates carry the reason, and the place of the one that is kept."""
        verdicts = read_verdicts(self.verdicts) if self.verdicts else None
        first = 0
        for batch in read_documents(self.documents):
            yield batch if verdicts is None else mark_duplicates(batch, verdicts, first)
            first += len(batch)

    def _divided(self, batch: pa.RecordBatch) -> Iterator[tuple[Split, pa.RecordBatch]]:
        validation, test = self.shares
        splits = splits_of(batch.column("group"), validation=validation, test=test, seed=self.seed)
        for split in SPLITS:
            yield split, _rows(batch, pc.equal(splits, split))


@dataclass(frozen=True, slots=True)
class TokenShard:
    """Tokenises what is left of a shard, split by split: `out`/SPLIT/NAME-00000.bin and on."""

    shard: str
    text: Path
    """The folder with the splits of this part."""
    out: Path
    tokenizer: str
    tokenizer_fingerprint: str

    @property
    def name(self) -> str:
        """What to call it in messages."""
        return f"{self.out.name}/{self.shard}"

    def __call__(self, watch: Watch) -> Facts:
        """Do it, unless it was done."""
        made_from = [fingerprint_of(self.text / self.shard), self.tokenizer_fingerprint]
        facts_file, fingerprint = self.out / f"{self.shard}.json", sha256_of_rows([made_from])
        done = done_before(facts_file, fingerprint)
        if done is not None and all((self.out / file).exists() for file in done["paths"]):
            return done
        splits = {split: self._encode(split, watch) for split in SPLITS}
        paths = [f"{split}/{file['name']}" for split, facts in splits.items() for file in facts["files"]]
        return finish(facts_file, fingerprint, {"splits": splits, "paths": paths})

    def _encode(self, split: Split, watch: Watch) -> Facts:
        languages = list[str]()
        batches = read_documents(self.text / split / f"{self.shard}.parquet", ["id", "language", "text"])

        def documents() -> Iterator[tuple[str, str]]:
            for batch in _watched(batches, watch):
                languages.extend(language or UNKNOWN for language in batch.column("language").to_pylist())
                yield from zip(batch.column("id").to_pylist(), batch.column("text").to_pylist(), strict=True)

        files = write_token_files(documents(), _encoder(self.tokenizer), self.out / split / self.shard)
        counts = Counter[str]()
        lengths = itertools.chain.from_iterable(document_lengths(self.out / split / file.name, file) for file in files)
        for language, tokens in zip(languages, lengths, strict=True):
            counts[language] += tokens
        return {"files": [asdict(file) for file in files], "languages": dict(sorted(counts.items()))}


def run_steps(
    steps: Sequence[Step], batch: pa.RecordBatch, number: int, *, watch: Watch
) -> tuple[pa.RecordBatch, pa.RecordBatch]:
    """Return (kept, dropped) rows of batch `number` after the steps, each in the order of the batch.

    A suspect batch goes through row by row. So does one that a step raises an exception for: the row at fault is
    dropped with the reason "step_failed".
    """
    if number not in watch.suspects:
        try:
            return _through(steps, batch)
        except (LlemmaError, OSError, MemoryError):
            raise
        except Exception:  # noqa: BLE001  the rows, one by one, tell which one it is
            traceback.print_exc()
    parted = [_run_row(steps, batch.slice(row, 1), (number, row), watch) for row in range(len(batch))]
    kept, dropped = zip(*parted, strict=True)
    return pa.concat_batches(kept), pa.concat_batches(dropped)


def input_facts(path: Path) -> Facts:
    """Return path, bytes and XXH3 of a file, or of all files in a folder together with their names; links are none.

    What cannot be read counts as nothing: the source says so in its place. Raises DataError when nothing is there.
    """
    if not path.exists():
        raise DataError(f"{path} is not there (any more); every node of a cluster must see it")
    digest, size = xxhash.xxh3_128(), 0
    for file in sorted(_files_below(path)) if path.is_dir() else [path]:
        digest.update(os.fsencode(file.relative_to(path)))
        with suppress(OSError), file.open("rb") as content:
            while block := content.read(2**20):
                size += len(block)
                digest.update(block)
    return {"path": os.fsencode(path).decode("utf-8", "replace"), "bytes": size, "xxh3": digest.hexdigest()}


def done_before(facts_file: Path, fingerprint: str, *outputs: Path) -> Facts | None:
    """Return the facts of an earlier run that made the outputs from the same input by the same settings."""
    if not facts_file.exists() or not all(output.exists() for output in outputs):
        return None
    facts: Facts = read_json(facts_file)
    return facts if facts["fingerprint"] == fingerprint else None


def finish(facts_file: Path, fingerprint: str, facts: Facts) -> Facts:
    """Write the facts beside outputs that are complete, and return them."""
    write_json(facts_file, {"fingerprint": fingerprint, **facts})
    return {"fingerprint": fingerprint, **facts}


def fingerprint_of(output: Path) -> str:
    """Return the fingerprint of an output of an earlier stage, given with or without its suffix."""
    fingerprint: str = read_json(output.with_name(f"{output.name.removesuffix('.parquet')}.json"))["fingerprint"]
    return fingerprint


@functools.cache
def _encoder(tokenizer: str) -> "Encoder":
    from llemma.models.encoding import fastest_encoder
    from llemma.models.tokenizer import load_tokenizer

    return fastest_encoder(load_tokenizer(tokenizer))


def _files_below(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def _fingerprint_of_steps(steps: Sequence[Step]) -> list[object]:
    models = [[input_facts(path)["xxh3"] for path in step.files()] for step in steps]
    settings = [(type(step).__name__, step.version, step.model_dump(mode="json")) for step in steps]
    return [settings, models]


def _watched(batches: Iterator[pa.RecordBatch], watch: Watch) -> Iterator[pa.RecordBatch]:
    """Yield batches, and say before each that work on another begins: reading may hang too."""
    watch.beat(0)
    for number, batch in enumerate(batches, start=1):
        yield batch
        watch.beat(number)


def _run_row(
    steps: Sequence[Step], row: pa.RecordBatch, place: tuple[int, int], watch: Watch
) -> tuple[pa.RecordBatch, pa.RecordBatch]:
    watch.beat(*place)
    if (reason := watch.culprits.get(place)) is not None:
        return row.slice(0, 0), _failed(row, reason, "the process that worked on it was ended")
    try:
        return _through(steps, row)
    except (LlemmaError, OSError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001  hostile input must not end the build: it is dropped and reported
        return row.slice(0, 0), _failed(row, "step_failed", f"{type(error).__name__}: {error}")


def _failed(row: pa.RecordBatch, reason: str, detail: str) -> pa.RecordBatch:
    return replaced(row, reason=[reason], meta=[orjson.dumps({"error": detail[:500]}).decode()])


def _through(steps: Sequence[Step], batch: pa.RecordBatch) -> tuple[pa.RecordBatch, pa.RecordBatch]:
    """Return (kept, dropped) rows, each in the order of the batch; what one step drops is not shown to the next."""
    places, dropped, dropped_places = np.arange(len(batch)), [batch.slice(0, 0)], [np.arange(0)]
    for step in (None, *steps):
        batch = step(batch) if step is not None and len(batch) else batch
        is_kept = batch.column("reason").is_null()
        if is_kept.false_count:
            kept = is_kept.to_numpy(zero_copy_only=False)
            dropped.append(batch.filter(pc.invert(is_kept)))
            dropped_places.append(places[~kept])
            batch, places = batch.filter(is_kept), places[kept]
    order = np.argsort(np.concatenate(dropped_places))
    return batch, pa.concat_batches(dropped).take(pa.array(order))


def _write(batch: pa.RecordBatch, file: DocumentsWriter, tally: Tally) -> None:
    if len(batch):
        tally.add(batch)
        file.write(replaced(batch, raw=pa.nulls(len(batch), pa.binary())))


def _rows(batch: pa.RecordBatch, is_chosen: pa.BooleanArray) -> pa.RecordBatch:
    """Return the rows that are chosen; the batch itself, not a copy, when all are."""
    return batch if is_chosen.true_count == len(batch) else batch.filter(is_chosen)


def _removals(batch: pa.RecordBatch) -> list[Facts]:
    """Return a row for each piece of benchmark text that decontamination found, and in which document."""
    found = batch.select(["id", "reason", "meta"]).filter(pc.match_substring(batch.column("meta"), '"removed":'))
    return [
        {"document": row["id"], "action": "dropped" if row["reason"] else "cut", **entry}
        for row in found.to_pylist()
        for entry in orjson.loads(row["meta"]).get("removed", [])
    ]
