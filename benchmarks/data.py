"""Speed and memory of the data build on a corpus of our own, beside datatrove, trafilatura, resiliparse and others.

Example: OMP_NUM_THREADS=1 python benchmarks/data.py --megabytes 100 400 --peers /tmp/peers > data.md

Prints one Markdown table of rates by step, as the steps end, and one of whole builds by size. Rates are megabytes
(10^6 bytes) of text, or web pages, per CPU-second of all threads and processes that take part; each step runs end to
end, from Parquet files to Parquet files, as `llemma data build` runs it. Peers run in the same call on the same text;
those named "sample" on the first `--sample` megabytes only, because they are slow. Every step and peer runs three times
and its fastest round counts. A peer that is not installed is
left out and its row says how to get it. `--quick` is a smoke test: 10 MB, a few pages, under a minute.
"""

import argparse
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import data_peers as peers
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from data_builds import run_build
from data_corpus import SHARES, Corpus, jaccard, write_corpus, write_items
from data_measured import ROUNDS, Measured, fastest, measured, peer, show, show_header, stages
from web_pages import page

from llemma.data.decontaminate import Decontaminate, build_index, protected_texts
from llemma.data.dedup import Dedup, find_duplicates
from llemma.data.documents import read_documents, read_texts
from llemma.data.extract.web_page import text_of
from llemma.data.filters import kneser_ney, math_score
from llemma.data.filters.language import Language
from llemma.data.filters.math_score import MathScore
from llemma.data.filters.normalize import normalize
from llemma.data.filters.perplexity import Perplexity
from llemma.data.filters.source_code import SourceCode, source_code_reason
from llemma.data.filters.urls import Urls
from llemma.data.filters.web_text import WebText
from llemma.data.shards import write_token_files
from llemma.data.sources.rows import Rows
from llemma.data.stages import CleanShard, Decontamination, ReadShard, SignShard
from llemma.data.steps import Step
from llemma.data.verdicts import write_verdicts
from llemma.data.worker import Watch
from llemma.models.encoding import Encoder, Tokens, fastest_encoder, reference_encoder
from llemma.models.tokenizer import SEPARATOR, train_tokenizer

STEPS: dict[str, tuple[Step, ...]] = {"tex": (SourceCode(),), "code": (SourceCode(),), "web": (Urls(), WebText())}
SHARES_HELD_OUT = (0.005, 0.005)
MODEL_DOCUMENTS = 2000
TOKENIZER_BYTES = 4_000_000
SLOW_PAGES = 20

T = TypeVar("T")


@dataclass
class Bench:
    """The corpus on the disk, and what the steps share."""

    folder: Path
    corpus: Corpus
    items: list[tuple[str, str]]
    options: argparse.Namespace
    sample: Path
    """A folder with one file: the first documents of each part."""
    sample_mb: float
    documents: list[Path] = field(default_factory=list)
    """What the filters kept, by shard; the rest of the steps read it."""

    @property
    def megabytes(self) -> float:
        """The text that every step reads."""
        return self.corpus.text_bytes / 1e6


def main() -> None:
    """Make the corpus, run the steps, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=float, nargs="+", default=[100], help="the steps run on the first size")
    parser.add_argument("--items", type=int, default=10_000, help="of our own benchmark, to decontaminate against")
    parser.add_argument("--pages", type=int, default=200)
    parser.add_argument("--sample", type=float, default=4, help="megabytes for the slow peers")
    parser.add_argument("--peers", type=Path, help="folder with peers, made by pip install --target")
    parser.add_argument("--processes", type=int, help="of the whole build; default: one a core")
    parser.add_argument("--only", nargs="*", choices=SECTIONS, default=list(SECTIONS))
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    if options.quick:
        options.megabytes, options.items, options.pages, options.sample = [10], 1000, 20, 0.5
    peers.find_in(options.peers)
    with tempfile.TemporaryDirectory() as name:
        bench = prepared(Path(name), options)
        print(f"load {os.getloadavg()[0]:.1f} before the steps, {len(os.sched_getaffinity(0))} cores\n")
        show_header()
        for section in SECTIONS:
            if section == "filter" or section in options.only:  # the others read what the filters keep
                SECTIONS[section](bench)


def prepared(folder: Path, options: argparse.Namespace) -> Bench:
    """Write the corpus of the first size and say what is in it."""
    items = write_items(folder / "items.jsonl", options.items)
    corpus, cpu_s = measured(lambda: write_corpus(folder / "corpus", options.megabytes[0], items=items))
    print(
        f"corpus: {corpus.documents:,} documents, {corpus.text_bytes / 1e6:.0f} MB of text made in {cpu_s:.0f} CPU-s; "
        f"{len(corpus.near):,} changed copies, {len(corpus.exact):,} copies, {len(corpus.contaminated):,} contaminated"
    )
    sample = folder / "sample"
    size = write_sample(corpus, sample, options.sample * 1e6)
    return Bench(folder, corpus, items, options, sample, size / 1e6)


def write_sample(corpus: Corpus, folder: Path, size: float) -> int:
    """Write the first documents of each part as one file and return the bytes of their text."""
    folder.mkdir()
    parts = []
    for part, share in SHARES.items():
        table = pq.read_table(corpus.shards[part][0])
        sizes = np.cumsum(pc.binary_length(table["text"]).to_numpy())
        parts.append(table.slice(0, int(np.searchsorted(sizes, size * share)) + 1))
    sample = pa.concat_tables(parts, promote_options="default")
    pq.write_table(sample, folder / "sample.parquet", compression="zstd")
    return int(pc.sum(pc.binary_length(sample["text"])).as_py())


# --- web pages -------------------------------------------------------------------------------------------------------


def web(bench: Bench) -> None:
    """Formula-heavy pages to text: new pages in each of a few rounds, of which the fastest counts."""
    count = bench.options.pages
    rounds = [[page(seed) for seed in range(start, start + count)] for start in range(0, ROUNDS * count, count)]
    few = [pages[:SLOW_PAGES] for pages in rounds]
    own = extraction("web pages to text", lambda: text_of, rounds)
    assert isinstance(own, Measured)
    size = sum(map(len, rounds[0])) / 1e6
    show(
        replace(own, remark=f"pages; {size / own.cpu_s:.1f} MB of HTML per CPU-s"),
        extraction("resiliparse alone", peers.resiliparse_text, rounds),
        extraction("trafilatura fast, sample", partial(peers.trafilatura_text, fast=True), few),
        extraction("trafilatura, sample", partial(peers.trafilatura_text, fast=False), few),
    )


def extraction(
    name: str, load: Callable[[], Callable[[str], object]], rounds: Sequence[Sequence[str]]
) -> Measured | str:
    """Return what an extractor took in its fastest round; its first page, which loads what it needs, is not timed."""
    ready = peer(name, 1, lambda _: load()(rounds[0][0]))
    return ready if isinstance(ready, str) else peer(name, len(rounds[0]), lambda n: [*map(load(), rounds[n])])


# --- filters ---------------------------------------------------------------------------------------------------------


def filters(bench: Bench) -> None:
    """The rules on code, LaTeX, web text and addresses: read, judge, write what is kept and what is not."""

    def work(number: int) -> list[Path]:
        folder, documents = bench.folder / f"filtered-{number}", list[Path]()
        for part, steps in STEPS.items():
            source = Rows(path=[str(bench.folder / "corpus" / part)])
            out, dropped = folder / "documents" / part, folder / "dropped" / part
            for shard in source.shards():
                ReadShard(source, shard, steps, out, dropped)(Watch())
                documents.append(out / f"{shard.name}.parquet")
        return documents

    bench.documents, cpu_s = fastest(work)
    show(
        Measured("filter by rules", bench.megabytes, cpu_s, "MB; read, filter, write"),
        peer("pyarrow, read and write only", bench.megabytes, lambda _: copied(bench)),
        peer("datatrove, same rules, sample", bench.sample_mb, lambda number: peers.datatrove_filter(
            bench.sample, bench.folder / f"datatrove_filter-{number}", keeps
        )),
    )  # fmt: skip


def copied(bench: Bench) -> str:
    """Read and write the corpus: no step from files to files is faster."""
    for paths in bench.corpus.shards.values():
        for path in paths:
            pq.write_table(pq.read_table(path), bench.folder / "copy.parquet", compression="zstd")
    return "the limit of all steps, at this load"


def keeps(key: str, text: str, metadata: dict[str, Any]) -> bool:
    """Say whether the rules keep a document, one at a time."""
    if metadata["language"] != "web":
        return source_code_reason(metadata["language"], text, metadata["path"], metadata["repo"]) is None
    accented = sum(map(text.count, "üïöêäâîûôèéàÜÏÖÊÄÂÎÛÔÈÉÀ"))
    return Urls().reason(key, text) is None and len(text) >= 100 and accented <= 0.015 * len(text)


def models(bench: Bench) -> None:
    """The filters that are models, on batches in memory; the models are trained on part of the corpus."""
    tex, prose = (texts_of(bench, part) for part in ("tex", "web"))
    classifier, network = bench.folder / "math_score.npz", bench.folder / "perplexity"
    examples = [*islice(tex, MODEL_DOCUMENTS), *islice(prose, MODEL_DOCUMENTS)]
    math_score.train(math_score.labelled(examples)).save(classifier)
    kneser_ney.train(map(normalize, examples)).save(network)
    steps = {
        "language": Language(),
        "math_score": MathScore(model=str(classifier)),
        "perplexity": Perplexity(model=str(network)),
    }
    batches = [batch for path in bench.documents if path.parent.name == "web" for batch in read_documents(path)]
    size, documents = sum(batch.column("text").nbytes for batch in batches) / 1e6, sum(map(len, batches))
    for name, step in steps.items():
        _, cpu_s = fastest(lambda _, step=step: [*map(step, batches)])
        show(Measured(f"filter: {name}", size, cpu_s, f"MB of web text; {documents / cpu_s:,.0f} documents per CPU-s"))


def texts_of(bench: Bench, part: str) -> Iterator[str]:
    """Yield the texts of a part."""
    for path in bench.documents:
        if path.parent.name == part:
            for batch in read_documents(path, ["text"]):
                yield from batch.column("text").to_pylist()


# --- duplicates ------------------------------------------------------------------------------------------------------


def exact(bench: Bench) -> None:
    """Exact duplicates: sign, compare, and write all but them."""
    signed, compared, written, found = deduplicated(bench, Dedup(near=False), "exact")
    dropped = {copy: kept for copy, kept, _ in found}
    assert dropped.items() >= bench.corpus.exact.items(), "a planted copy was not found"
    show(
        Measured("exact duplicates, end to end", bench.megabytes, signed + compared + written, stages(
            sign=signed, compare=compared, write=written
        )),
        peer("datatrove, sample", bench.sample_mb, lambda number: peers.datatrove_exact(
            bench.sample, bench.folder / f"datatrove_exact-{number}"
        )),
    )  # fmt: skip


def minhash(bench: Bench) -> None:
    """Exact and near duplicates: sign, compare, and write all but them; what was found of what was planted."""
    settings = Dedup()
    signed, compared, written, found = deduplicated(bench, settings, "near")
    dropped = {copy: kept for copy, kept, _ in found}
    remark = stages(sign=signed, compare=compared, write=written)
    for least in (0.8, 0.7):
        pairs = [pair for pair in bench.corpus.near if pair.jaccard >= least]
        hits = sum(dropped.get(pair.copy) == pair.original for pair in pairs)
        remark += f"; recall {hits / max(1, len(pairs)):.4f} of {len(pairs):,} with J >= {least}"
    remark += f"; precision {precision(bench, found):.4f} at J >= 0.7"
    files = [path for paths in bench.corpus.shards.values() for path in paths]
    show(
        Measured("near duplicates, end to end", bench.megabytes, signed + compared + written, remark),
        peer("datatrove, 14 x 8, sample", bench.sample_mb, lambda number: their_recall(bench, number)),
        peer("rensa over our hashes, no check, nothing written", bench.megabytes, lambda _: run_rensa(files, settings)),
    )


Deduplicated = tuple[float, float, float, list[tuple[str, str, bool]]]


def deduplicated(bench: Bench, settings: Dedup, name: str) -> Deduplicated:
    """Return the CPU seconds to sign, to compare and to write, and (dropped id, kept id, whether exact)."""
    rounds = (deduplicated_once(bench, settings, bench.folder / f"{name}-{number}") for number in range(ROUNDS))
    return min(rounds, key=lambda round_: sum(round_[:3]))


def deduplicated_once(bench: Bench, settings: Dedup, out: Path) -> Deduplicated:
    """Return what `deduplicated` does, of one round."""
    signatures = [out / "signatures" / path.parent.name / f"{path.stem}.arrow" for path in bench.documents]
    verdicts = [out / "verdicts" / path.parent.name / path.name for path in bench.documents]
    names = [path.stem for path in bench.documents]

    def compare() -> list[tuple[str, str, bool]]:
        duplicates = find_duplicates(signatures, settings, lambda place, rows: read_texts(bench.documents[place], rows))
        for place, path in enumerate(verdicts):
            write_verdicts(path, duplicates.of_file(place), names)
        dropped = np.flatnonzero(duplicates.kept != np.arange(len(duplicates.kept)))
        kept, is_exact = duplicates.kept[dropped], duplicates.is_exact[dropped]
        return list(zip(dropped.tolist(), kept.tolist(), is_exact.tolist(), strict=True))

    _, signed = measured(lambda: run_jobs(map(partial(SignShard, settings=settings), bench.documents, signatures)))
    found, compared = measured(compare)
    _, written = measured(lambda: run_jobs(clean_jobs(bench, out, verdicts, ())))
    ids = [key for path in bench.documents for key in pq.read_table(path, columns=["id"])["id"].to_pylist()]
    return signed, compared, written, [(ids[copy], ids[kept], is_exact) for copy, kept, is_exact in found]


def clean_jobs(
    bench: Bench, out: Path, verdicts: Sequence[Path | None], steps: tuple[Step, ...]
) -> Iterator[CleanShard]:
    """Yield the jobs that write what is left of each shard."""
    for documents, verdict in zip(bench.documents, verdicts, strict=True):
        part = documents.parent.name
        yield CleanShard(documents, verdict, steps, out / "text" / part, out / "dropped" / part, SHARES_HELD_OUT, 0)


def run_jobs(jobs: Iterable[Callable[[Watch], T]]) -> list[T]:
    """Do jobs in this process."""
    return [job(Watch()) for job in jobs]


def precision(bench: Bench, found: Sequence[tuple[str, str, bool]]) -> float:
    """Return the share of the near duplicates found that have a true similarity of 0.7 or more."""
    wanted = {key for *pair, is_exact in found if not is_exact for key in pair}
    texts: dict[str, str] = {}
    for path in bench.documents:
        for batch in read_documents(path, ["id", "text"]):
            rows = zip(*(batch.column(name).to_pylist() for name in ("id", "text")), strict=True)
            texts |= {key: text for key, text in rows if key in wanted}
    truth = [jaccard(texts[copy], texts[kept]) >= 0.7 for copy, kept, is_exact in found if not is_exact]
    return sum(truth) / max(1, len(truth))


def their_recall(bench: Bench, number: int) -> str:
    """Run datatrove's MinHash on the sample and return what it found of the planted pairs."""
    kept = peers.datatrove_minhash(bench.sample, bench.folder / f"datatrove_minhash-{number}")
    here = set(pq.read_table(bench.sample)["id"].to_pylist())
    pairs = [pair for pair in bench.corpus.near if pair.jaccard >= 0.8 and {pair.original, pair.copy} <= here]
    hits = sum(not {pair.original, pair.copy} <= kept for pair in pairs)
    return f"recall {hits / max(1, len(pairs)):.2f} of {len(pairs)} with J >= 0.8"


def run_rensa(files: Sequence[Path], settings: Dedup) -> str:
    """Sign and band all texts with rensa."""
    texts = pa.chunked_array([chunk for file in files for chunk in pq.read_table(file)["text"].chunks])
    flags = peers.rensa_flags(texts, slots=settings.permutations, bands=settings.bands)
    return f"{sum(flags):,} flagged"


# --- benchmark text --------------------------------------------------------------------------------------------------


def decontamination(bench: Bench) -> None:
    """Benchmark text: make the index, find and cut, write the rest."""
    settings = Decontaminate(protected=[str(bench.folder / "items.jsonl")])
    index, nothing = bench.folder / "protected.arrow", [None] * len(bench.documents)
    _, indexed = fastest(lambda _: build_index(protected_texts(settings), settings).save(index))
    step = Decontamination(settings=settings, index=str(index))
    facts, cleaned = fastest(
        lambda number: run_jobs(clean_jobs(bench, bench.folder / f"clean-{number}", nothing, (step,)))
    )
    found = {(row["document"], row["item"]) for entry in facts for row in entry["removals"]}
    planted = set(bench.corpus.contaminated.items())
    planted |= {
        (copy, item) for copy, kept in bench.corpus.exact.items() for document, item in planted if document == kept
    }
    hits = len(found & planted)
    remark = (
        f"{stages(index=indexed, clean=cleaned)}; {len(bench.items):,} items; "
        f"recall {hits / len(planted):.4f}, precision {hits / max(1, len(found)):.4f}"
    )
    show(
        Measured("benchmark text, end to end", bench.megabytes, indexed + cleaned, remark),
        peer("datatrove, 13-grams, sample", bench.sample_mb, lambda number: their_decontamination(bench, number)),
    )


def their_decontamination(bench: Bench, number: int) -> str:
    """Run datatrove's n-gram filter on the sample and return what it found of what was planted."""
    problems = [problem for _, problem in bench.items]
    kept = peers.datatrove_decontamination(bench.sample, bench.folder / f"datatrove_clean-{number}", problems)
    here = set(pq.read_table(bench.sample)["id"].to_pylist())
    planted = here & set(bench.corpus.contaminated)
    return f"recall {1 - len(planted & kept) / max(1, len(planted)):.2f} of {len(planted)}, its index included"


# --- tokens ----------------------------------------------------------------------------------------------------------


def tokens(bench: Bench) -> None:
    """Tokenise and pack, by every back end; all must give the same bytes."""
    tokenizer = train_tokenizer(first_texts(bench, TOKENIZER_BYTES), vocabulary_size=32_768)
    tokenizer.save_pretrained(bench.folder / "tokenizer")
    whole = [pq.ParquetFile(path) for path in bench.documents]
    size = sum(batch.column("text").nbytes for file in whole for batch in file.iter_batches(columns=["text"])) / 1e6
    quickest, reference = fastest_encoder(tokenizer), reference_encoder(tokenizer)
    _, cpu_s = fastest(lambda _: pack(bench.documents, quickest, bench.folder / "packed"))
    small = [bench.sample / "sample.parquet"]
    right = pack(small, quickest, bench.folder / "packed_sample")

    def tiktoken(_: int) -> str:
        encoding = peers.tiktoken_encoding(tokenizer, SEPARATOR)

        def encode(texts: Sequence[str]) -> list[Tokens]:
            return [np.array(encoding.encode_ordinary(text), np.uint32) for text in texts]

        return same(right, pack(small, replace(reference, encode=encode), bench.folder / "packed_tiktoken"))

    def datatrove(number: int) -> str:
        out = bench.folder / f"packed_datatrove-{number}"
        found = peers.datatrove_tokens(bench.sample, out, bench.folder / "tokenizer" / "tokenizer.json", SEPARATOR)
        return same(right, found[-2:] + found[:-2])  # the separator is behind each document there

    show(
        Measured(f"tokenise and pack: {quickest.back_end}", size, cpu_s, "MB; 32k byte-level BPE"),
        peer(
            "transformers, sample", bench.sample_mb, lambda _: same(right, pack(small, reference, bench.folder / "p"))
        ),
        peer("tiktoken, sample", bench.sample_mb, tiktoken),
        peer("datatrove, sample", bench.sample_mb, datatrove),
    )


def first_texts(bench: Bench, size: int) -> Iterator[str]:
    """Yield texts of all parts, about `size` bytes."""
    for part, share in SHARES.items():
        left = size * share
        for text in texts_of(bench, part):
            if left <= 0:
                break
            left -= len(text)
            yield text


def pack(files: Sequence[Path], encoder: Encoder, prefix: Path) -> bytes:
    """Write the documents of files as token shards and return their bytes."""
    documents = (
        row
        for path in files
        for batch in pq.ParquetFile(path).iter_batches(columns=["id", "text"])
        for row in zip(batch.column("id").to_pylist(), batch.column("text").to_pylist(), strict=True)
    )
    written = write_token_files(documents, encoder, prefix)
    return b"".join(prefix.with_name(file.name).read_bytes() for file in written)


def same(one: bytes, other: bytes) -> str:
    """Return that the tokens are the same; fails when they are not."""
    assert one == other, "other tokens"
    return "same bytes"


# --- whole builds ----------------------------------------------------------------------------------------------------


def builds(bench: Bench) -> None:
    """Whole builds by size: filters, exact and near duplicates, benchmark text, split, tokens."""
    if not (bench.folder / "tokenizer").exists():
        train_tokenizer(first_texts(bench, TOKENIZER_BYTES), vocabulary_size=32_768).save_pretrained(
            bench.folder / "tokenizer"
        )
    done = []
    for place, megabytes in enumerate(bench.options.megabytes):
        corpus = bench.corpus
        if place:
            corpus = write_corpus(bench.folder / f"corpus_{place}", megabytes, items=bench.items)
        done.append(
            run_build(
                recipe_of(bench, corpus),
                bench.folder / f"build_{place}",
                megabytes=corpus.text_bytes / 1e6,
                processes=bench.options.processes,
            )
        )
    print("\n| MB of text | wall s | CPU-s | MB per CPU-s | peak memory, MB | times the text | times the CPU-s |")
    print("|---:|---:|---:|---:|---:|---:|---:|")
    for build in done:
        print(
            f"| {build.megabytes:.0f} | {build.wall_s:.0f} | {build.cpu_s:.0f} | {build.megabytes / build.cpu_s:.1f} "
            f"| {build.peak_mb:.0f} | {build.megabytes / done[0].megabytes:.2f} | {build.cpu_s / done[0].cpu_s:.2f} |"
        )
    print("\npeak memory: the proportional set sizes of all processes of the build together, looked at every 0.2 s")


def recipe_of(bench: Bench, corpus: Corpus) -> str:
    """Return a recipe of three parts with the default settings."""
    lines = ["seed = 0"]
    for part, steps in STEPS.items():
        names = ", ".join(f'{{ step = "{step.model_dump()["step"]}" }}' for step in steps)
        lines += ["[[parts]]", f'name = "{part}"', "[[parts.inputs]]", 'name = "files"', f"steps = [{names}]"]
        lines += [f'source = {{ source = "rows", path = [{json.dumps(str(corpus.folder / part))}] }}']
    lines += ["[decontaminate]", f"protected = [{json.dumps(str(bench.folder / 'items.jsonl'))}]"]
    lines += ["[tokens]", f"tokenizer = {json.dumps(str(bench.folder / 'tokenizer'))}"]
    return "\n".join(lines) + "\n"


SECTIONS: dict[str, Callable[[Bench], None]] = {
    "web": web,
    "filter": filters,
    "models": models,
    "exact": exact,
    "minhash": minhash,
    "decontamination": decontamination,
    "tokens": tokens,
    "builds": builds,
}


if __name__ == "__main__":
    main()
