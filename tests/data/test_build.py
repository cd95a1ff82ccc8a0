"""A whole build: nothing is lost, what was planted is found, and the bytes depend on recipe and input only."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from llemma.config import load_recipe
from llemma.data.build import build
from llemma.data.executors import Local, OnProgress
from llemma.data.shards import index_path, open_shards
from llemma.data.worker import Facts, Job
from llemma.errors import RunDirectoryError, RunFailedError, UserError
from llemma.models.tokenizer import load_tokenizer
from llemma.storage import read_jsonl, write_jsonl, write_text
from llemma.train.recipe import TrainRecipe
from tests.data.build_recipe import LIMITS, Built, build_here, contents, rows_in, rows_recipe, text_of

SPLITS = ("train", "validation", "test")


def kept(built: Built, part: str) -> list[dict[str, Any]]:
    return list(rows_in(built.out / "text" / part))


def test_every_document_that_was_written_is_kept_or_dropped_once(built: Built) -> None:
    parts = {"web": 93, "papers": 20, "books": 66}  # 30 pages on each of 3 sites, of which the 25th is there twice
    for part, written in parts.items():
        folders = [built.out / place / part for place in ("text", "dropped/read", "dropped/clean")]
        names = [row["id"] for folder in folders for row in rows_in(folder)]
        assert len(names) == len(set(names)) == written


def test_the_counts_in_the_manifest_are_those_of_the_files(built: Built) -> None:
    for part, facts in built.manifest["parts"].items():
        tallies = [(facts["clean"], built.out / "dropped/clean" / part)]
        tallies += [(facts["splits"][split], built.out / "text" / part / split) for split in SPLITS]
        for tally, folder in tallies:
            found: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
            for row in rows_in(folder):
                counts = found[row["reason"] or "kept"][row["language"]]
                counts[0] += 1
                counts[1] += len(row["text"].encode())
            assert tally["outcomes"] == found


def test_what_was_read_is_what_is_cleaned(built: Built) -> None:
    for part in built.manifest["parts"].values():
        tallies = [entry["read"] for entry in part["inputs"].values()]
        read = sum(count for tally in tallies for count, _ in tally["outcomes"]["kept"].values())
        tallies = (part["clean"], *part["splits"].values())
        assert read == sum(
            count for tally in tallies for found in tally["outcomes"].values() for count, _ in found.values()
        )


def test_the_text_of_a_page_and_of_a_paper_is_what_was_written(built: Built) -> None:
    [page] = [row for row in kept(built, "web") if "site2/page4" in row["id"]]
    assert page["text"].strip() == text_of(204)
    [paper] = [row for row in kept(built, "papers") if row["id"] == "2304.00003"]
    assert paper["text"].strip() == text_of(1002)


def test_of_duplicates_the_first_part_keeps_its_own(built: Built) -> None:
    dropped = {row["id"]: row for row in rows_in(built.out / "dropped/clean/books")}
    assert {name: row["reason"] for name, row in dropped.items()} == {
        "row10": "exact_duplicate",
        "row20": "exact_duplicate",
        "row30": "near_duplicate",
    }
    places = {name: row["meta"]["duplicate_of"] for name, row in dropped.items()}
    assert places == {
        "row10": "web/crawl-site1, row 5",
        "row20": "papers/bulk-bulk_001, row 3",
        "row30": "books/rows-rows_0, row 3",
    }
    assert {text_of(105), text_of(1003)} <= {
        row["text"].strip() for part in ("web", "papers") for row in kept(built, part)
    }


def test_the_second_copy_of_a_page_is_dropped(built: Built) -> None:
    found = list(rows_in(built.out / "dropped/clean/web"))
    assert [row["reason"] for row in found] == ["exact_duplicate"] * 3
    assert all("copy/" in row["id"] for row in found)


def test_benchmark_text_is_cut_and_named(built: Built) -> None:
    removals = [
        {name: row[name] for name in ("part", "document", "item")}
        for row in read_jsonl(built.out / "removals.jsonl")
        if row["action"] == "cut"
    ]
    assert removals == [
        {"part": "papers", "document": "2304.00008", "item": "riddles/apples"},
        {"part": "books", "document": "row40", "item": "riddles/trains"},
    ]
    assert built.manifest["removals"] == {"riddles": 2}
    [paper] = [row for row in kept(built, "papers") if row["id"] == "2304.00008"]
    assert "red apples" not in paper["text"]
    assert text_of(1007) in paper["text"]
    assert text_of(1507) in paper["text"]


def test_no_group_is_in_two_splits(built: Built) -> None:
    for part in built.manifest["parts"]:
        places = defaultdict(set)
        for row in kept(built, part):
            places[row["group"]].add(row["file"].parent.name)
        assert all(len(splits) == 1 for splits in places.values())
    assert {row["file"].parent.name for row in kept(built, "books")} == set(SPLITS)


@pytest.mark.parametrize("split", SPLITS)
def test_the_tokens_are_the_text(built: Built, tiny_data: Path, split: str) -> None:
    tokenizer = load_tokenizer(str(tiny_data / "tokenizer"))
    shards = open_shards(built.out / "tokens/books" / split)
    found = {}
    for name, tokens in zip(shards.names, shards.files, strict=True):
        rows = list(read_jsonl(index_path(shards.path / name)))
        ends = [row["start"] for row in rows[1:]] + [len(tokens)]
        for row, end in zip(rows, ends, strict=True):
            found[row["id"]] = tokenizer.decode(tokens[row["start"] : end].tolist(), skip_special_tokens=True)
    assert found == {row["id"]: row["text"] for row in rows_in(built.out / "text/books" / split)}
    assert built.manifest["parts"]["books"]["tokens"][split]["tokens"] == shards.tokens


def test_the_mixture_is_a_section_of_a_training_recipe(built: Built, tmp_path: Path, tiny_data: Path) -> None:
    recipe = tmp_path / "recipe.toml"
    model = f'tokenizer = "{tiny_data}/tokenizer"\nmodel = {{ hidden_size = 32, layers = 1, heads = 2 }}\n'
    write_text(recipe, model + (built.out / "mixture.toml").read_text())
    data = load_recipe(TrainRecipe, recipe).data
    weights = {str(source.path): source.weight for source in data.sources}
    assert weights == {f"{built.out}/tokens/{part}/train": w for part, w in (("web", 2), ("papers", 1), ("books", 1))}
    assert all(open_shards(Path(path)).tokens for path in [*weights, *data.validation.values()])


def test_a_finished_build_is_left_alone(built: Built, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.stat().st_mtime_ns for path in built.out.rglob("*")}
    manifest = build_here(built.recipe, built.out)
    assert manifest == built.manifest
    assert {path: path.stat().st_mtime_ns for path in built.out.rglob("*")} == before
    assert "is finished; nothing to do" in capsys.readouterr().err


def test_another_recipe_in_the_same_folder_is_refused_by_the_field(built: Built) -> None:
    with pytest.raises(RunDirectoryError, match=r"recipe\.seed: 0 there, 7 here"):
        build_here(built.recipe.model_copy(update={"seed": 7}), built.out)


class Backwards(Local):
    """Does the jobs one by one, the last first."""

    def run(self, jobs: Sequence[Job], on_progress: OnProgress) -> Iterator[tuple[int, Facts | RunFailedError]]:
        for place, result in super().run(jobs[::-1], on_progress):
            yield len(jobs) - 1 - place, result


def test_the_bytes_do_not_depend_on_processes_nor_on_the_order_of_work(built: Built, tmp_path: Path) -> None:
    manifest = build(built.recipe, tmp_path / "out", Backwards(LIMITS, 1))
    assert contents(tmp_path / "out") == contents(built.out)
    for name in ("parts", "duplicates", "removals"):
        assert manifest[name] == built.manifest[name]


def test_each_stage_ends_with_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    texts = ["one", "", "two", "one"]
    write_jsonl(tmp_path / "in/a.jsonl", ({"id": str(n), "text": text} for n, text in enumerate(texts)))
    build_here(rows_recipe(tmp_path / "in", dedup={}), tmp_path / "out")
    read, signed, cleaned = capsys.readouterr().err.splitlines()
    assert read.startswith("kept 3 of 4 documents (dropped: empty 1) in ")
    assert read.endswith(f" -> {tmp_path}/out/stages/documents")
    assert signed.startswith("signed 1 shards in ")
    assert cleaned.startswith("kept 2 of 3 documents (dropped: exact_duplicate 1) in ")


def test_a_part_of_which_nothing_is_left_is_not_in_the_mixture(tmp_path: Path, tiny_data: Path) -> None:
    for name, text in (("full", "some text"), ("bare", " ")):
        write_jsonl(tmp_path / name / "a.jsonl", [{"id": "1", "text": text}])
    parts = [rows_recipe(tmp_path / name, name).parts[0] for name in ("full", "bare")]
    recipe = rows_recipe(tmp_path / "full", tokens={"tokenizer": str(tiny_data / "tokenizer")})
    manifest = build_here(recipe.model_copy(update={"parts": parts}), tmp_path / "out")
    assert [row["part"] for row in manifest["mixture"]["rows"]] == ["full"]


def test_a_build_with_nothing_to_train_on_has_no_mixture(tmp_path: Path, tiny_data: Path) -> None:
    write_jsonl(tmp_path / "in/a.jsonl", [{"id": "1", "text": "some text"}])
    shares = {"validation": 0.99999, "test": 0.0}
    recipe = rows_recipe(tmp_path / "in", split=shares, tokens={"tokenizer": str(tiny_data / "tokenizer")})
    manifest = build_here(recipe, tmp_path / "out")
    assert manifest["parts"]["rows"]["tokens"]["validation"]["documents"] == 1
    assert manifest["mixture"] is None
    assert not (tmp_path / "out/mixture.toml").exists()


@pytest.mark.parametrize("field", ["tokens", "decontaminate"])
def test_a_name_that_is_none_is_told_before_anything_is_read(tmp_path: Path, field: str) -> None:
    write_jsonl(tmp_path / "in/a.jsonl", [{"id": "1", "text": "some text"}])
    section = {"tokens": {"tokenizer": str(tmp_path / "none")}, "decontaminate": {"protected": ["gsm8"]}}[field]
    with pytest.raises(UserError, match=r"none|gsm8k"):
        build_here(rows_recipe(tmp_path / "in", **{field: section}), tmp_path / "out")
    assert not (tmp_path / "out/stages/documents").exists()
