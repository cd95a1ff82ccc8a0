"""A small data recipe with all kinds of input, on documents that are made up here, and how to run and compare builds.

Planted: a near duplicate and exact duplicates across the parts, the text of two benchmark items, and a page twice.
"""

import hashlib
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from llemma.config import check_recipe
from llemma.data.build import build
from llemma.data.documents import read_documents
from llemma.data.executors import Local
from llemma.data.generators.collected import write_crawl, write_lean_repository, write_papers
from llemma.data.recipe import DataRecipe
from llemma.data.worker import Limits
from llemma.records import Document, Theorem
from llemma.storage import write_jsonl, write_text

SYLLABLES = "ba do fi gu ha je ki lo mu na pe ri so tu va we".split()
LIMITS = Limits(silence_s=60)

APPLES = (
    "A farmer carries 48 red apples and 17 green pears to the market in a wooden cart, sells half of the apples before "
    "noon and a third of the rest after lunch. How many apples are left in the cart?"
)
TRAINS = (
    "Two trains leave neighbouring stations at seven in the morning and run towards each other at different speeds; "
    "find the minute at which a swallow that flies between them has travelled exactly ninety kilometres."
)


class Built(NamedTuple):
    """A finished build."""

    recipe: DataRecipe
    out: Path
    manifest: dict[str, Any]

    def text_recipe(self) -> DataRecipe:
        """Return the recipe without the tokens, which take longer than all the rest."""
        return self.recipe.model_copy(update={"tokens": None})

    def text_contents(self) -> dict[str, str]:
        """Return the contents of what the recipe without the tokens gives."""
        found = contents(self.out).items()
        return {path: digest for path, digest in found if not path.startswith(("tokens/", "mixture.toml"))}


def text_of(number: int) -> str:
    """Return a text of three paragraphs: unlike every other, and with a formula."""
    chance = random.Random(number)
    sentences = [" ".join(_word(chance) for _ in range(25)).capitalize() + "." for _ in range(3)]
    formula = f"so that $x_{{{number}}} + {number % 7} = {chance.randrange(1000)}$ holds"
    return f"{sentences[0]}\n\n{sentences[1]} We see {formula}.\n\n{sentences[2]}"


def near(text: str) -> str:
    """Return a text that differs in its last word: of its 80 n-grams of words, five."""
    return text[: text.rindex(" ")] + " otherwise."


def write_inputs(folder: Path) -> None:
    """Write everything that `recipe` reads."""
    for site in range(3):
        pages = [Document(f"site{site}/page{n}", text_of(100 * site + n)) for n in range(30)]
        write_crawl(pages, folder / "crawl" / f"site{site}.warc.gz")
    papers = [Document(f"paper{n}", text_of(1000 + n)) for n in range(20)]
    papers[7] = Document("paper7", f"{text_of(1007)}\n\n{APPLES}\n\n{text_of(1507)}")
    write_papers(papers, folder / "papers" / "bulk_001.tar")
    theorems = [Theorem(f"sum_{n}", f"(a : Nat) : a + {n} = {n} + a", proof=f"by omega -- {n}") for n in range(30)]
    write_lean_repository(theorems, folder / "code" / "sums", file_theorems=5)
    rows = [{"id": f"row{n}", "text": text_of(2000 + n), "group": f"book{n % 9}"} for n in range(60)]
    rows[10]["text"] = text_of(105)  # a page of site 1
    rows[20]["text"] = text_of(1003)  # a paper
    rows[30]["text"] = near(text_of(2003))
    rows[40]["text"] = f"{text_of(2040)}\n\n{TRAINS}"
    for shard in range(3):
        write_jsonl(folder / "rows" / f"rows_{shard}.jsonl.zst", rows[20 * shard : 20 * shard + 20])
    write_jsonl(
        folder / "benchmark" / "riddles.jsonl",
        [{"id": "apples", "question": APPLES, "answer": "16"}, {"id": "trains", "question": TRAINS, "answer": "27"}],
    )


def values(inputs: Path, tokenizer: Path) -> dict[str, Any]:
    """Return the recipe as it stands in a file."""
    return {
        "parts": [
            {
                "name": "web",
                "weight": 2.0,
                "inputs": [
                    {
                        "name": "crawl",
                        "source": {"source": "warc", "path": [f"{inputs}/crawl/*.warc.gz"]},
                        "steps": [{"step": "prefilter"}, {"step": "web_page"}],
                    }
                ],
            },
            {
                "name": "papers",
                "inputs": [
                    {
                        "name": "bulk",
                        "source": {"source": "arxiv", "path": [f"{inputs}/papers"]},
                        "steps": [{"step": "tex"}],
                    }
                ],
            },
            {
                "name": "books",
                "inputs": [
                    {
                        "name": "rows",
                        "source": {"source": "rows", "path": [f"{inputs}/rows"], "language": "en"},
                    },
                    {
                        "name": "lean",
                        "source": {"source": "repositories", "path": [f"{inputs}/code"]},
                        "steps": [{"step": "license"}],
                    },
                ],
            },
        ],
        "dedup": {},
        "decontaminate": {"protected": [f"{inputs}/benchmark/riddles.jsonl"]},
        "split": {"validation": 0.2, "test": 0.2},
        "tokens": {"tokenizer": str(tokenizer)},
    }


def recipe_of(inputs: Path, tokenizer: Path) -> DataRecipe:
    """Return the recipe, checked."""
    return check_recipe(DataRecipe, values(inputs, tokenizer), where="the test's recipe")


def rows_recipe(folder: Path, name: str = "rows", **others: Any) -> DataRecipe:
    """Return a recipe of one part that reads the rows in a folder and does nothing else."""
    source = {"source": "rows", "path": [str(folder)]}
    parts = [{"name": name, "inputs": [{"name": "in", "source": source}]}]
    return check_recipe(DataRecipe, {"parts": parts, "dedup": None, **others}, where="the test's recipe")


def build_here(recipe: DataRecipe, out: Path, processes: int = 2) -> dict[str, Any]:
    """Build with worker processes on this machine and return the manifest."""
    return build(recipe, out, Local(LIMITS, processes))


def command(recipe: DataRecipe, out: Path, processes: int = 2) -> list[str]:
    """Return the command line that builds a recipe, which is written beside the output folder."""
    path = out.with_suffix(".toml")
    write_text(path, _toml(recipe.model_dump(mode="json")))
    arguments = ["data", "build", str(path), "--out", str(out), "--processes", str(processes)]
    return [sys.executable, "-c", "from llemma.cli.main import main; main()", *arguments]


def finish(arguments: list[str]) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end."""
    return subprocess.run(arguments, capture_output=True, text=True, check=False)


def contents(out: Path, *, built_at: Path | None = None) -> dict[str, str]:
    """Return the SHA-256 of every file of a build, with its own path left out.

    Left out are also what tells the time (manifest, data card) and the recipe.
    """
    own = str(built_at or out).encode()
    files = (path for path in sorted(out.rglob("*")) if path.is_file())
    return {
        str(path.relative_to(out)): hashlib.sha256(path.read_bytes().replace(own, b"OUT")).hexdigest()
        for path in files
        if path not in (out / "manifest.json", out / "README.md", out / "identity.json")
        and path.parent != out / "figures"
    }


def rows_in(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the documents in all Parquet files of a folder, with `meta` parsed."""
    for path in sorted(folder.rglob("*.parquet")):
        for batch in read_documents(path):
            for row in batch.to_pylist():
                yield {**row, "meta": orjson.loads(row["meta"]), "file": path}


def _word(chance: random.Random) -> str:
    return "".join(chance.choice(SYLLABLES) for _ in range(3))


def _toml(values: dict[str, Any]) -> str:
    """Return TOML: a JSON value is one, but for null, which is left out, and the colon."""
    return "\n".join(f"{name} = {_inline(value)}" for name, value in values.items() if value is not None) + "\n"


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{key}" = {_inline(entry)}' for key, entry in value.items() if entry is not None) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    return orjson.dumps(value).decode()
