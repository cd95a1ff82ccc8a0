"""The data card: its numbers are those of the manifest, and no text of a document can change its shape."""

from pathlib import Path
from typing import Any

import pytest

from llemma.report.data_card import contents_table, data_card, drops_table, inputs_table, mixture_table, write_data_card
from llemma.report.data_figures import length_rows, outcome_rows, outcomes


def _tally(**outcomes: dict[str, list[int]]) -> dict[str, Any]:
    return {"outcomes": outcomes, "lengths": {"10": 3, "12": 1} if "kept" in outcomes else {}, "damaged": []}


@pytest.fixture
def manifest() -> dict[str, Any]:
    """Of ten pages two are too short, one is a duplicate and one is damaged; of two papers none is lost."""
    read = _tally(kept={"web": [7, 7_000]}, too_short={"web": [2, 50]}, not_json={"unknown": [1, 0]})
    read["damaged"] = [["pages.jsonl:7", "not_json", "unexpected | character"]]
    web = {
        "inputs": {"crawl": {"files": 3, "bytes": 2_000_000, "read": read}},
        "clean": _tally(exact_duplicate={"web": [1, 1_000]}),
        "splits": {"train": _tally(kept={"web": [5, 5_000]}), "test": _tally(kept={"web": [1, 1_000]})},
        "tokens": {"train": {"tokens": 1_000, "languages": {"web": 1_000}}},
        "samples": [[5, "http://a.example/<b>", "web", "text\n```\n# not a heading"]],
    }
    arxiv = {
        "inputs": {"bulk": {"files": 1, "bytes": 500_000, "read": _tally(kept={"arxiv": [2, 3_000]})}},
        "clean": _tally(),
        "splits": {"train": _tally(kept={"arxiv": [2, 3_000]})},
        "tokens": {"train": {"tokens": 500, "languages": {"arxiv": 500}}},
        "samples": [[3, "2304.00001", "arxiv", "the first"]],
    }
    cluster = {"id": "a|b", "source": "web", "size": 2, "lowest_similarity": 1.0}
    row = {"part": "web", "weight": 4.0, "share": 2 / 3, "tokens": 1_000, "tokens_read": 6_000.0, "epochs": 6.0}
    return {
        "parts": {"web": web, "arxiv": arxiv},
        "duplicates": {
            "documents": 9, "exact_duplicates": 1, "near_duplicates": 0, "clusters": 1, "sizes": {"2": 1},
            "between": [{"dropped": "web", "kept": "web", "documents": 1}], "largest": [cluster],
        },
        "removals": {"gsm8k": 4},
        "mixture": {"budget": 9_000, "rows": [row], "warnings": ["web is read 6.0 times"]},
        "identity": {"recipe": {"seed": 0}},
        "versions": {"llemma": "0"}, "machine": {"cores": 2, "platform": "here"}, "wall_s": 3.0,
    }  # fmt: skip


def test_every_document_is_counted_once(manifest: dict[str, Any]) -> None:
    found = outcomes(manifest["parts"]["web"])
    assert found == {
        "kept": (6, 6_000), "too_short": (2, 50), "not_json": (1, 0), "exact_duplicate": (1, 1_000)
    }  # fmt: skip
    shares = [row["share"] for row in outcome_rows(manifest) if row["part"] == "web"]
    assert shares == [0.6, 0.2, 0.1, 0.1]


def test_lengths_are_those_of_all_splits(manifest: dict[str, Any]) -> None:
    rows = [row for row in length_rows(manifest) if row["part"] == "web"]
    assert [(row["bits"], row["documents"], row["share"]) for row in rows] == [(10, 6, 0.75), (12, 2, 0.25)]


def test_the_tables_hold_the_counts(manifest: dict[str, Any]) -> None:
    assert contents_table(manifest).rows[0] == ("web", "web", "6", "0.0", "1 k", "66.7")
    assert inputs_table(manifest).rows[0][2:] == ("3", "2.0", "10", "7", "`too_short` 2, `not_json` 1")
    assert [(row[1], row[3], row[4]) for row in drops_table(manifest).rows] == [
        ("`too_short`", "2", "20.0"),
        ("`not_json`", "1", "10.0"),
        ("`exact_duplicate`", "1", "10.0"),
    ]
    mixture = mixture_table(manifest)
    assert mixture is not None
    assert mixture.rows[0][1:3] == ("4", "66.67")
    assert mixture.notes == ("web is read 6.0 times",)


def test_the_card_says_all_of_it(manifest: dict[str, Any]) -> None:
    card = data_card(manifest)
    assert "8 documents, 0.0 MB of text, 1,500 tokens: what is left of 12 documents in 4 files." in card
    assert "1 exact and 0 near duplicates of 9 documents, in 1 clusters (1 of 2 documents)." in card
    assert "| gsm8k | 4 |" in card
    assert "- pages.jsonl:7: `not_json` (unexpected &#124; character)" in card
    assert card.index("the first") < card.index("# not a heading")  # by hash


def test_the_text_of_a_document_cannot_leave_its_block(manifest: dict[str, Any]) -> None:
    card = data_card(manifest)
    assert "````text\ntext\n```\n# not a heading\n````" in card
    assert "<b>" not in card
    assert "a&#124;b" in card


def test_what_was_not_done_is_said(manifest: dict[str, Any]) -> None:
    bare = {**manifest, "duplicates": None, "removals": None, "mixture": None}
    card = data_card(bare)
    assert "## Duplicates" not in card
    assert "Not looked for: the recipe has no `[decontaminate]`." in card
    assert "## Mixture" not in card
    assert "Looked for, and none was found." in data_card({**manifest, "removals": {}})


def test_the_figures_stand_beside_the_card(manifest: dict[str, Any], tmp_path: Path) -> None:
    write_data_card(manifest, tmp_path)
    names = {path.name for path in (tmp_path / "figures").iterdir()}
    assert names == {f"{stem}.{kind}" for stem in ("outcomes", "lengths") for kind in ("svg", "png", "csv")}
    assert "web,too_short,2,50,0.2" in (tmp_path / "figures/outcomes.csv").read_text()
