"""`llemma data build`: from a recipe to a data set, stage by stage, each over shards that an executor works on.

    OUT/stages/documents/PART/     what was read and passed the steps of its input
    OUT/stages/signatures/, stages/duplicates/, stages/protected.arrow
    OUT/text/PART/SPLIT/         the data set: Parquet
    OUT/tokens/PART/SPLIT/       the token shards that `llemma train` reads
    OUT/dropped/read/PART/, dropped/clean/PART/     every document that was dropped, with its reason
    OUT/removals.jsonl           every piece of benchmark text that was found, and in which document
    OUT/manifest.json            written last, with all counts

A killed build goes on with the shards that are not done; a finished one is left alone.
"""

import dataclasses
import shutil
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import NamedTuple, TypeVar

from llemma.data.benchmarks import Benchmarks
from llemma.data.decontaminate import build_index, protected_texts
from llemma.data.dedup import cluster_report, find_duplicates
from llemma.data.documents import KEPT, Facts, Samples, Tally, read_documents, read_id, read_texts
from llemma.data.executors import Executor
from llemma.data.mixture import Mixture, readings, repeated_parts, training_section
from llemma.data.recipe import DataRecipe, Tokens
from llemma.data.shards import TokenFile, write_shards_manifest
from llemma.data.stages import SAMPLES, SPLITS, CleanShard, Decontamination, ReadShard, SignShard, TokenShard
from llemma.data.steps import Split, Step
from llemma.data.verdicts import write_verdicts
from llemma.data.worker import Job
from llemma.errors import RecipeError, RunFailedError
from llemma.progress import duration, progress, say
from llemma.runs import read_manifest, run_directory, write_manifest
from llemma.storage import new_directory, read_json, write_jsonl, write_text

_FAILURES_SHOWN = 5

_Key = TypeVar("_Key", bound=Hashable)


class _Shard(NamedTuple):
    """A shard of the work: `name` is the stem of its files in every stage, unique in the part."""

    part: str
    input: str
    name: str


def build(recipe: DataRecipe, out: Path, executor: Executor, *, benchmarks: Path | None = None) -> Facts:
    """Build the data set of a recipe in the folder `out` and return its manifest.

    `benchmarks` is the folder in which the names in `decontaminate.protected` are looked up first.
    Raises RunFailedError when shards could not be done: the others are, and the next run tries these again.
    """
    started = time.time()
    with run_directory(out, {"kind": "data", "recipe": recipe.model_dump(mode="json")}) as finished:
        if finished:
            say(f"{out} is finished; nothing to do")
            return read_manifest(out)
        _remove_scratch(out)
        facts = _Build(recipe, out, executor, benchmarks).run()
        _remove_scratch(out)  # of nodes that died
        write_manifest(out, started=started, kind="data", **facts)
    return read_manifest(out)


class _Build:
    """The stages in order, and what is counted on the way."""

    def __init__(self, recipe: DataRecipe, out: Path, executor: Executor, benchmarks: Path | None) -> None:
        self._recipe, self._out, self._executor, self._benchmarks = recipe, out, executor, benchmarks
        self._stages = out / "stages"
        self._totals = {part.name: _PartTotals(recipe.seed) for part in recipe.parts}

    def run(self) -> Facts:
        """Run all stages and return the facts that the data card shows."""
        steps = self._decontamination()
        self._load_tokenizer()
        shards = self._read()
        duplicates = self._find_duplicates(shards)
        self._clean(shards, steps)
        removals = self._log_removals(shards)
        mixture = self._tokenise(shards)
        parts = {name: totals.facts() for name, totals in self._totals.items()}
        return {"parts": parts, "duplicates": duplicates, "removals": removals, "mixture": mixture}

    def _load_tokenizer(self) -> None:
        """Find out now, and not after days, whether the tokenizer is there."""
        if self._recipe.tokens is not None and self._recipe.tokens.tokenizer is not None:
            from llemma.models.tokenizer import load_tokenizer

            load_tokenizer(self._recipe.tokens.tokenizer)

    def _read(self) -> list[_Shard]:
        jobs: dict[_Shard, ReadShard] = {}
        for part, entry in ((owner, given) for owner in self._recipe.parts for given in owner.inputs):
            for shard in entry.source.shards():
                name = f"{entry.name}-{shard.name}"
                jobs[_Shard(part.name, entry.name, name)] = ReadShard(
                    entry.source,
                    dataclasses.replace(shard, name=name),
                    tuple(entry.steps),
                    self._stages / "documents" / part.name,
                    self._out / "dropped" / "read" / part.name,
                )
        _refuse_same_names(list(jobs))
        took = self._stage("read", jobs, lambda shard, facts: self._totals[shard.part].add_read(shard.input, facts))
        parts = [totals.facts() for totals in self._totals.values()]
        outcomes = [entry["read"] for part in parts for entry in part["inputs"].values()]
        say(f"{_kept(outcomes)} in {took} -> {self._stages / 'documents'}")
        return list(jobs)

    def _find_duplicates(self, shards: Sequence[_Shard]) -> Facts | None:
        settings = self._recipe.dedup
        if settings is None:
            return None
        files = {shard: self._file("signatures", shard) for shard in shards}
        jobs = {shard: SignShard(self._file("documents", shard), file, settings) for shard, file in files.items()}
        took = self._stage("sign", jobs)
        say(f"signed {len(jobs):,} shards in {took} -> {self._stages / 'signatures'}")
        documents = [self._file("documents", shard) for shard in shards]
        found = find_duplicates(list(files.values()), settings, lambda place, rows: read_texts(documents[place], rows))
        names = [f"{shard.part}/{shard.name}" for shard in shards]
        for place, shard in enumerate(shards):
            write_verdicts(self._file("duplicates", shard), found.of_file(place), names)
        report = cluster_report(found, [shard.part for shard in shards])
        for cluster in report["largest"]:
            cluster["id"] = read_id(documents[cluster["file"]], cluster["row"])
        return report

    def _clean(self, shards: Sequence[_Shard], steps: tuple[Step, ...]) -> None:
        split = self._recipe.split
        jobs = {
            shard: CleanShard(
                self._file("documents", shard),
                self._file("duplicates", shard) if self._recipe.dedup else None,
                steps,
                self._out / "text" / shard.part,
                self._out / "dropped" / "clean" / shard.part,
                (split.validation, split.test),
                self._recipe.seed,
            )
            for shard in shards
        }
        took = self._stage("clean", jobs, lambda shard, facts: self._totals[shard.part].add_clean(facts))
        parts = [totals.facts() for totals in self._totals.values()]
        outcomes = [tally for part in parts for tally in (part["clean"], *part["splits"].values())]
        say(f"{_kept(outcomes)} in {took} -> {self._out / 'text'}")

    def _decontamination(self) -> tuple[Step, ...]:
        settings = self._recipe.decontaminate
        if settings is None:
            return ()
        index = self._stages / "protected.arrow"
        say("reading the protected texts")
        build_index(protected_texts(settings, Benchmarks(self._benchmarks)), settings).save(index)
        return (Decontamination(settings=settings, index=str(index)),)

    def _log_removals(self, shards: Sequence[_Shard]) -> dict[str, int] | None:
        """Write all removals to one file and return how many there are of each benchmark."""
        if self._recipe.decontaminate is None:
            return None
        counts = Counter[str]()

        def rows() -> Iterator[Facts]:
            for shard in shards:
                for row in read_json(self._out / "text" / shard.part / f"{shard.name}.json")["removals"]:
                    counts[str(row["item"]).partition("/")[0]] += 1
                    yield {"part": shard.part, **row}

        write_jsonl(self._out / "removals.jsonl", rows())
        return dict(sorted(counts.items()))

    def _tokenise(self, shards: Sequence[_Shard]) -> Facts | None:
        """Write the token shards of each part and split, and return the mixture they make."""
        if self._recipe.tokens is None:
            return None
        from llemma.models.tokenizer import fingerprint, load_tokenizer

        name = self._recipe.tokens.tokenizer or str(self._trained_tokenizer(self._recipe.tokens, shards))
        tokenizer = load_tokenizer(name)
        text, tokens = self._out / "text", self._out / "tokens"
        made_by = fingerprint(tokenizer)
        jobs = {
            shard: TokenShard(shard.name, text / shard.part, tokens / shard.part, name, made_by) for shard in shards
        }
        done: dict[_Shard, Facts] = {}
        took = self._stage("tokenise", jobs, done.__setitem__)
        for part, totals in self._totals.items():
            for split in SPLITS:
                facts = [done[shard]["splits"][split] for shard in shards if shard.part == part]
                files = [TokenFile(**file) for entry in facts for file in entry["files"]]
                if files:
                    write_shards_manifest(tokens / part / split, tokenizer, files)
                    totals.add_tokens(split, files, facts)
        made = [split for totals in self._totals.values() for split in totals.tokens.values()]
        documents, count = (sum(split[unit] for split in made) for unit in ("documents", "tokens"))
        say(f"tokenised {documents:,} documents into {count:,} tokens in {took} -> {tokens}")
        return self._write_mixture(tokens)

    def _trained_tokenizer(self, settings: Tokens, shards: Sequence[_Shard]) -> Path:
        """Train a tokenizer on the train split, unless that is done, and return its folder."""
        from llemma.models.tokenizer import train_tokenizer

        path = self._out / "tokenizer"
        if not path.exists():
            assert settings.vocabulary_size is not None
            say(f"training a tokenizer of {settings.vocabulary_size:,} tokens")
            files = (self._out / "text" / shard.part / "train" / f"{shard.name}.parquet" for shard in shards)
            batches = (batch for file in files for batch in read_documents(file, ["text"]))
            texts = (text for batch in batches for text in batch.column("text").to_pylist())
            with new_directory(path) as folder:
                train_tokenizer(texts, vocabulary_size=settings.vocabulary_size).save_pretrained(folder)
        return path

    def _write_mixture(self, tokens: Path) -> Facts | None:
        """Write the `[data]` section of a training recipe and return how often each part is read; None: no part is."""
        assert self._recipe.tokens is not None
        made = {part: totals.tokens["train"] for part, totals in self._totals.items() if "train" in totals.tokens}
        counts = {part: split["tokens"] for part, split in made.items()}
        if not counts:
            return None
        mixture = Mixture(weights={part.name: part.weight for part in self._recipe.parts if part.name in counts})
        held_out = {part: tokens / part / "validation" for part in counts if (tokens / part / "validation").exists()}
        folders = {part: tokens / part / "train" for part in counts}
        write_text(self._out / "mixture.toml", training_section(folders, mixture, validation=held_out))
        rows = readings(counts, mixture, self._recipe.tokens.budget or sum(counts.values()))
        return {
            "budget": self._recipe.tokens.budget or sum(counts.values()),
            "rows": [{**asdict(row), "weight": mixture.weights[row.part]} for row in rows],
            "warnings": repeated_parts(rows),
        }

    def _file(self, stage: str, shard: _Shard) -> Path:
        suffix = ".arrow" if stage == "signatures" else ".parquet"
        return self._stages / stage / shard.part / f"{shard.name}{suffix}"

    def _stage(
        self, title: str, jobs: Mapping[_Key, Job], note_facts: Callable[[_Key, Facts], None] = lambda *_: None
    ) -> str:
        """Do the jobs, show the progress, return the time it took.

        `note_facts` hears of each job that is done, in any order.
        """
        keys, failures, documents = list(jobs), list[RunFailedError](), _Documents()
        started = time.monotonic()
        with progress(title, len(jobs), "shards") as meter:

            def on_beat(job: str, count: int) -> None:
                meter.advance(0, note=documents.beat(job, count))

            for place, result in self._executor.run(list(jobs.values()), on_beat):
                if isinstance(result, RunFailedError):
                    failures.append(result)
                else:
                    note_facts(keys[place], result)
                meter.advance(note=documents.note())
        if failures:
            shown = "; ".join(map(str, failures[:_FAILURES_SHOWN]))
            raise RunFailedError(f"{len(failures)} of {len(jobs)} shards failed to {title}: {shown}. Run it again")
        return duration(time.monotonic() - started)


@dataclass(slots=True)
class _InputTotals:
    tally: Tally = field(default_factory=Tally)
    files: int = 0
    bytes: int = 0


class _PartTotals:
    """What is counted of a part, over all its shards."""

    def __init__(self, seed: int) -> None:
        self._inputs = defaultdict[str, _InputTotals](_InputTotals)
        self._dropped = Tally()
        self._splits = {split: Tally() for split in SPLITS}
        self._samples = Samples(SAMPLES, seed)
        self.tokens: Facts = {}

    def add_read(self, name: str, facts: Facts) -> None:
        """Add a shard that was read from the input of that name."""
        totals = self._inputs[name]
        totals.tally.merge(facts)
        totals.files += len(facts["inputs"])
        totals.bytes += sum(entry["bytes"] for entry in facts["inputs"])

    def add_clean(self, facts: Facts) -> None:
        """Add a shard that was cleaned."""
        self._dropped.merge(facts["dropped"])
        self._samples.merge(facts["samples"])
        for split, tally in self._splits.items():
            tally.merge(facts["splits"][split])

    def add_tokens(self, split: Split, files: Sequence[TokenFile], facts: Sequence[Facts]) -> None:
        """Note what the token files of a split hold, all together and by language."""
        languages = Counter[str]()
        for entry in facts:
            languages.update(entry["languages"])
        self.tokens[split] = {
            "files": len(files),
            "documents": sum(file.documents for file in files),
            "tokens": sum(file.tokens for file in files),
            "languages": dict(sorted(languages.items())),
        }

    def facts(self) -> Facts:
        """Return all counts."""
        return {
            "inputs": {
                name: {"files": totals.files, "bytes": totals.bytes, "read": totals.tally.facts()}
                for name, totals in sorted(self._inputs.items())
            },
            "clean": self._dropped.facts(),
            "splits": {split: tally.facts() for split, tally in self._splits.items()},
            "tokens": self.tokens,
            "samples": self._samples.facts(),
        }


class _Documents:
    """How many documents the running and the finished jobs have done."""

    def __init__(self) -> None:
        self._done = Counter[str]()
        self._total = 0
        self._lock = threading.Lock()

    def beat(self, job: str, documents: int) -> str:
        """Note what a job says, from any thread, and return the note."""
        with self._lock:
            self._total += max(0, documents - self._done[job])
            self._done[job] = max(documents, self._done[job])
        return self.note()

    def note(self) -> str:
        """Return "12,345 documents"."""
        return f"{self._total:,} documents"


def _refuse_same_names(shards: Sequence[_Shard]) -> None:
    """Refuse inputs "a" with a shard "b-c" and "a-b" with a shard "c": they would write the same files."""
    counts = Counter((shard.part, shard.name) for shard in shards)
    for shard in shards:
        if counts[shard.part, shard.name] > 1:
            raise RecipeError(
                f"part {shard.part}: two inputs have a shard {shard.name!r}. Rename the input {shard.input!r}"
            )


def _kept(tallies: Iterable[Facts]) -> str:
    """Return "kept 3 of 5 documents (dropped: empty 2)", the most frequent reason first."""
    counts = Counter[str]()
    for tally in tallies:
        for outcome, languages in tally["outcomes"].items():
            counts[outcome] += sum(documents for documents, _ in languages.values())
    total, kept = counts.total(), counts.pop(KEPT, 0)
    dropped = ", ".join(f"{reason} {count:,}" for reason, count in counts.most_common())
    return f"kept {kept:,} of {total:,} documents" + (f" (dropped: {dropped})" if dropped else "")


def _remove_scratch(out: Path) -> None:
    """Remove what killed processes were writing: the scratch names of `atomic_file` and `new_directory`."""
    for path in list(out.rglob(".*.tmp")):
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
