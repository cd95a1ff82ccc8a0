"""Duplicates: planted ones against their true similarity, the rule of what is kept against comparing all pairs."""

import itertools
import json
import random
import string
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from llemma.config import check_recipe
from llemma.data.dedup import Dedup, Signatures, cluster_report, find_duplicates, signatures_of, write_signatures
from llemma.data.dedup.duplicates import _Near
from llemma.data.dedup.minhash import minhash
from llemma.data.dedup.verification import TrueSimilarities
from llemma.errors import DataError, RecipeError
from llemma.ngrams import ngrams_in_pieces

MASK = 2**64 - 1
EMPTY = 2**32 - 1


def sentence(draw: random.Random, words: int) -> str:
    return " ".join("".join(draw.choices(string.ascii_lowercase, k=draw.randint(2, 9))) for _ in range(words))


def edited(text: str, rate: float, draw: random.Random) -> str:
    """Return the text with a share of its words deleted, replaced or followed by another."""
    words: list[str] = []
    for word in text.split():
        change = draw.random() / rate
        words += [] if change < 1 / 3 else [sentence(draw, 1)] if change < 2 / 3 else [word]
        words += [sentence(draw, 1)] if 2 / 3 <= change < 1 else []
    return " ".join(words)


def jaccard(first: str, second: str) -> float:
    sets = [{tuple(words[i : i + 5]) for i in range(len(words) - 4)} for words in (first.split(), second.split())]
    return len(sets[0] & sets[1]) / len(sets[0] | sets[1])


def compared(folder: Path, shards: list[list[str | None]], settings: Dedup | None = None):
    """Return the duplicates among the documents of several shards."""
    settings = settings or Dedup()
    files = [folder / f"{number}.arrow" for number in range(len(shards))]
    for file, texts in zip(files, shards, strict=True):
        write_signatures(file, [signatures_of(pa.array(texts, pa.string()), settings)])
    return find_duplicates(files, settings, lambda place, rows: [pa.array(shards[place], pa.string()).take(rows)])


def no_texts(*_: object) -> list[pa.Array]:
    raise AssertionError("no text was needed")


def test_planted_duplicates_are_found_and_nothing_else(tmp_path):
    draw = random.Random(1)
    originals = [sentence(draw, draw.choice([60, 150, 400, 1000])) for _ in range(800)]
    copies = [edited(text, draw.uniform(0.001, 0.09), draw) for text in originals]
    truth = np.array([jaccard(*pair) for pair in zip(originals, copies, strict=True)])

    found = compared(tmp_path, [originals, copies])

    is_found = found.kept[800:] == np.arange(800)
    assert (found.kept[:800] == np.arange(800)).all()
    assert (is_found | (found.kept[800:] == np.arange(800, 1600))).all(), "a document was taken for an unrelated one"
    assert ((truth >= 0.6) & (truth < 0.7)).sum() > 80 < ((truth >= 0.7) & (truth < 0.8)).sum(), "too few to tell"
    assert is_found[truth >= 0.7].mean() >= 0.995  # recall
    assert (truth[is_found] >= 0.7).mean() >= 0.99  # precision


def family(members: int, own_words: int) -> list[str]:
    """Return texts of 200 common words and some of their own: pairs have 196 n-grams in common and not `own_words`."""
    draw = random.Random(members)
    common = sentence(draw, 200)
    return [f"{common} {sentence(draw, own_words)}" for _ in range(members)]


@pytest.mark.parametrize(("own_words", "kept"), [(42, [0] * 9), (43, list(range(9)))])
def test_the_true_similarity_decides_near_the_threshold(tmp_path, own_words, kept):
    found = compared(tmp_path, [family(4, own_words), family(9, own_words)])  # 196 / 280 = 0.7; 196 / 282 = 0.695

    assert (found.kept[4:] - 4).tolist() == kept
    if own_words == 42:
        assert found.similarity[5:].tolist() == pytest.approx([0.7] * 8)


def test_texts_are_read_only_where_the_estimate_leaves_it_open(tmp_path):
    draw = random.Random(12)
    near, far, open_ = sentence(draw, 200), sentence(draw, 200), family(2, 40)
    texts = pa.array([near, near + " and more", far, far + sentence(draw, 400), *open_])
    write_signatures(tmp_path / "one", [signatures_of(texts, Dedup())])
    asked: list[int] = []

    def texts_of(_: int, rows: np.ndarray) -> list[pa.Array]:
        asked.extend(rows.tolist())
        return [texts.take(pa.array(rows))]

    found = find_duplicates([tmp_path / "one"], Dedup(), texts_of)

    assert found.kept.tolist() == [0, 0, 2, 3, 4, 4]
    assert asked == [4, 5]


def test_many_open_pairs_are_computed_once_and_in_few_passes(tmp_path, monkeypatch):
    known, passes = TrueSimilarities.compute, []
    monkeypatch.setattr(
        TrueSimilarities, "compute", lambda self, *pairs: (passes.append(result := known(self, *pairs)), result)[1]
    )

    found = compared(tmp_path, [family(60, 46)])  # 196 / 288 = 0.68: no two are near, all are open

    assert found.kept.tolist() == list(range(60))
    pairs = [pair for firsts, seconds, _ in passes for pair in zip(firsts.tolist(), seconds.tolist(), strict=True)]
    assert len(pairs) == len(set(pairs)) > 1500
    assert len(passes) < 6


def test_sets_of_ngrams_may_be_held_a_few_at_a_time_and_made_in_pieces(tmp_path, monkeypatch):
    draw = random.Random(13)
    originals = [sentence(draw, 200) for _ in range(40)]
    copies = [edited(text, 0.035, draw) for text in originals]
    (tmp_path / "whole").mkdir()
    whole = compared(tmp_path / "whole", [originals, copies])

    monkeypatch.setattr("llemma.data.dedup.verification._HELD_BYTES", 5000)
    monkeypatch.setattr("llemma.data.dedup.verification._LONG_BYTES", 100)
    monkeypatch.setattr("llemma.data.dedup.verification._SLICE_BYTES", 100)
    monkeypatch.setattr("llemma.data.dedup.verification._BLOCK", 7)
    monkeypatch.setattr(
        "llemma.data.dedup.verification.ngrams_in_pieces", lambda text, n: ngrams_in_pieces(text, n, 300)
    )
    parted = compared(tmp_path, [originals, copies])

    assert parted.kept.tolist() == whole.kept.tolist()
    assert parted.similarity.tolist() == whole.similarity.tolist()
    truth = [jaccard(originals[kept], copies[copy]) for copy, kept in enumerate(whole.kept[40:].tolist()) if kept < 40]
    assert len(truth) > 10
    assert np.abs(np.array(truth) - whole.similarity[40:][whole.kept[40:] < 40]).max() < 0.1


@pytest.mark.parametrize("elements", [1, 3, 40, 400, 4000])
def test_signatures_agree_in_the_share_that_the_sets_have_in_common(elements):
    random_hashes = np.random.default_rng(elements).integers(0, 2**64, (200, 2 * elements), np.uint64)
    common = elements // 2  # of the first set's elements, the second set has this many, and as many as it of its own
    sets = [part for row in random_hashes for part in (row[:elements], row[elements - common : 2 * elements - common])]

    slots = minhash(np.concatenate(sets), np.arange(0, 400 * elements + 1, elements), slots=250, seed=0)

    agreement = (slots[::2] == slots[1::2]).mean(axis=1)
    truth = common / (2 * elements - common)
    assert abs(agreement.mean() - truth) < 0.01
    assert agreement.std() < 0.045


def test_minhash_is_what_its_rounds_say():
    draw = random.Random(3)
    sets = [[draw.getrandbits(64) for _ in range(size)] for size in (0, 1, 1, 7, 30, 60, 900)]
    sets.append(sets[3] * 400)  # repeats change nothing
    slots, raw = 32, np.random.PCG64(5)
    multipliers = [int(raw.random_raw()) | 1 for _ in range(4)]
    last = [int(raw.random_raw()) | 1 for _ in range(slots)]
    expected = []
    for elements in sets:
        found: dict[int, int] = {}
        for number, multiplier in enumerate(multipliers):
            keys = [element * multiplier & MASK for element in elements]
            fallen = [((key >> 40) * slots >> 24, number << 29 | (key & EMPTY) >> 3) for key in keys]
            found = {slot: min(v for s, v in fallen if s == slot) for slot in dict(fallen)} | found
        own = [[4 << 29 | (element * factor & MASK) >> 35 for element in elements] for factor in last]
        expected.append([found.get(slot, min(own[slot], default=EMPTY)) for slot in range(slots)])

    bounds = np.cumsum([0, *map(len, sets)])
    actual = minhash(np.array([*itertools.chain(*sets)], np.uint64), bounds, slots=slots, seed=5)

    assert actual.tolist() == expected


@pytest.mark.parametrize("sizes", [(3, 2), (20, 300), (900, 40), (5000, 5000)])
def test_the_signature_of_a_union_is_the_smaller_of_the_values(sizes):
    hashes, bounds = np.random.default_rng(14).integers(0, 2**64, sum(sizes), np.uint64), np.cumsum([0, *sizes])

    apart = minhash(hashes, bounds, slots=128, seed=0)
    whole = minhash(hashes, bounds[[0, 2]], slots=128, seed=0)

    assert apart.min(axis=0).tolist() == whole[0].tolist()


def test_signatures_do_not_depend_on_batches_or_string_type(tmp_path, monkeypatch):
    draw = random.Random(4)
    texts = pa.array([*(sentence(draw, draw.randint(0, 300)) for _ in range(60)), None, "", "Ünïcode  \n"])
    settings = Dedup()
    write_signatures(tmp_path / "whole", [signatures_of(texts, settings)])

    monkeypatch.setattr("llemma.data.dedup.signatures._SLICE_BYTES", 700)
    for number, size in enumerate((1, 7, 63)):
        for array in (texts, texts.cast(pa.large_string())):
            parts = (signatures_of(array.slice(at, size), settings) for at in range(0, len(texts), size))
            write_signatures(tmp_path / f"{number}", parts)

            assert (tmp_path / f"{number}").read_bytes() == (tmp_path / "whole").read_bytes()


def test_texts_that_differ_only_at_their_ends_are_exact_duplicates(tmp_path):
    found = compared(tmp_path, [["a = 1", "a = 2", "  a = 1\n"], ["\ta = 2", "A = 1"]])

    assert found.kept.tolist() == [0, 1, 0, 1, 4]
    assert found.is_exact.tolist() == [False, False, True, True, False]
    assert found.similarity.tolist() == [1.0] * 5


def test_texts_without_words_are_only_compared_exactly(tmp_path):
    found = compared(tmp_path, [["", "+ - *", None, " \n", "+ - /", "one two three four", "one, two three four"]])

    assert found.kept.tolist() == [0, 1, 0, 0, 4, 5, 6]


def test_five_words_are_enough_to_be_near(tmp_path):
    found = compared(tmp_path, [["one two three four five", "One, two: three (four) FIVE!"]])

    assert found.kept.tolist() == [0, 0]
    assert not found.is_exact[1]


def test_the_first_by_file_and_row_is_kept_and_named(tmp_path):
    draw = random.Random(6)
    text, other, third = (sentence(draw, 200) for _ in range(3))
    near = text + " and one more"

    found = compared(tmp_path, [[other], [], [third, near], [other, text, near]])
    verdicts = found.of_file(3)

    assert verdicts.reasons() == ["exact_duplicate", "near_duplicate", "exact_duplicate"]
    assert verdicts.kept_file.tolist() == [0, 2, 2]
    assert verdicts.kept_row.tolist() == [0, 1, 1]
    assert verdicts.similarity.tolist()[::2] == [1.0, 1.0]
    assert 0.9 < verdicts.similarity[1] < 1.0
    assert found.of_file(2).reasons() == [None, None]
    assert len(found.of_file(1).is_kept) == 0


def test_the_copy_of_a_near_duplicate_is_near_to_what_is_kept(tmp_path):
    text = sentence(random.Random(7), 200)

    found = compared(tmp_path, [[text, text + " and more", text + " and more"]])

    assert found.kept.tolist() == [0, 0, 0]
    assert found.is_exact.tolist() == [False, False, False]
    assert found.similarity[1] == found.similarity[2] < 1.0


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (Dedup(near=False), [0, 1, 0]),
        (Dedup(exact=False), [0, 0, 0]),
        (Dedup(exact=False, threshold=1.0), [0, 1, 0]),
    ],
)
def test_each_kind_can_be_had_alone(tmp_path, settings, expected):
    text = sentence(random.Random(8), 100)

    assert compared(tmp_path, [[text, text + " more", text]], settings).kept.tolist() == expected


@pytest.mark.parametrize("seed", range(5))
def test_what_is_kept_is_what_comparing_all_pairs_in_order_keeps(tmp_path, seed):
    draw = random.Random(seed)
    texts = []
    for _ in range(12):  # families whose members drift apart, so that likeness is not transitive
        text = sentence(draw, 120)
        for _ in range(draw.randint(1, 12)):
            texts.append(text)
            text = edited(draw.choice([text, texts[-1]]), 0.03, draw)
    draw.shuffle(texts)
    settings = Dedup(bands=128, seed=seed)  # a band of one slot: all pairs that agree anywhere are compared
    is_near = np.array([[jaccard(one, other) for other in texts] for one in texts]) >= settings.threshold
    kept: list[int] = []
    for number in range(len(texts)):
        if not is_near[number, kept].any():
            kept.append(number)

    found = compared(tmp_path, [texts[:20], texts[20:50], texts[50:]], settings)

    assert np.flatnonzero(found.kept == np.arange(len(texts))).tolist() == kept
    assert is_near[np.arange(len(texts)), found.kept].all()
    assert not is_near.all(axis=1).any(), "the families do not drift"


def test_a_chain_of_small_changes_does_not_drop_its_other_end(tmp_path):
    words = sentence(random.Random(9), 400).split()
    chain = [" ".join(words[start : start + 200]) for start in (0, 20, 40, 60)]  # neighbours: 0.81; two apart: 0.66

    found = compared(tmp_path, [chain])

    assert found.kept.tolist() == [0, 0, 2, 2]


def test_a_long_document_is_compared_as_a_whole(tmp_path, monkeypatch):
    monkeypatch.setattr("llemma.data.dedup.signatures._LONG_CHARACTERS", 2000)
    monkeypatch.setattr("llemma.data.dedup.signatures._SLICE_BYTES", 1000)
    draw = random.Random(10)
    text, ending = sentence(draw, 2000), sentence(draw, 2000)

    found = compared(tmp_path, [[text, edited(text, 0.01, draw), f"{text} {ending}"]])

    assert found.kept.tolist() == [0, 0, 2]


def test_a_band_that_many_unlike_documents_share_takes_no_quadratic_time(tmp_path, monkeypatch):
    monkeypatch.setattr("llemma.data.dedup.duplicates._LEADERS", 10)
    compare, compared_pairs = _Near._estimated, []
    monkeypatch.setattr(
        _Near, "_estimated", lambda self, *pairs: (compared_pairs.append(len(pairs[0])), compare(self, *pairs))[1]
    )
    rows = 500
    slots = np.random.default_rng(0).integers(0, 2**16, (rows, 128)).astype(np.uint16)
    slots[-1] = slots[0]
    exact = np.arange(2 * rows, dtype=np.uint64).reshape(-1, 2)
    write_signatures(tmp_path / "one", [Signatures(exact, np.ones((rows, 2), np.uint64), slots)])

    found = find_duplicates([tmp_path / "one"], Dedup(bands=2), no_texts)

    assert np.flatnonzero(found.kept != np.arange(rows)).tolist() == [rows - 1]
    assert sum(compared_pairs) < 2 * 10 * rows


def test_documents_that_share_no_band_are_all_kept_and_none_is_read(tmp_path):
    texts = pa.array([sentence(random.Random(seed), 100) for seed in range(3)])
    write_signatures(tmp_path / "one", [signatures_of(texts, Dedup())])

    assert find_duplicates([tmp_path / "one"], Dedup(), no_texts).kept.tolist() == [0, 1, 2]


def test_nothing_to_compare_is_no_error(tmp_path):
    assert len(find_duplicates([], Dedup(), no_texts).kept) == 0
    assert len(compared(tmp_path, [[], []]).kept) == 0
    write_signatures(tmp_path / "none", [])
    assert len(find_duplicates([tmp_path / "none"], Dedup(), no_texts).of_file(0).is_kept) == 0


def test_a_file_that_was_cut_or_made_by_other_settings_is_named(tmp_path):
    compared(tmp_path, [["one two three"]])
    file = tmp_path / "0.arrow"

    with pytest.raises(DataError, match=r"0\.arrow.*other settings"):
        find_duplicates([file], Dedup(bands=16), no_texts)
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(DataError, match=r"0\.arrow"):
        find_duplicates([file], Dedup(), no_texts)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"permutations": 128, "bands": 42}, r"permutations \(128\) must be a multiple of bands \(42\)"),
        ({"exact": False, "near": False}, "both off"),
        ({"threshold": 1.5}, "threshold"),
    ],
)
def test_settings_that_make_no_sense_are_refused(values, message):
    with pytest.raises(RecipeError, match=message):
        check_recipe(Dedup, values, where="recipe")


def test_the_report_counts_clusters_and_sources(tmp_path):
    draw = random.Random(11)
    text, other, single = (sentence(draw, 100) for _ in range(3))

    found = compared(tmp_path, [[text, single], [text, text, other], [other, f"{text} {sentence(draw, 8)}"]])
    report = cluster_report(found, ["web", "code", "code"])

    assert json.loads(json.dumps(report)) == report
    assert (report["documents"], report["exact_duplicates"], report["near_duplicates"]) == (7, 3, 1)
    assert report["clusters"] == 2
    assert report["sizes"] == {"2": 1, "3-4": 1}
    assert report["between"] == [
        {"dropped": "code", "kept": "web", "documents": 3},
        {"dropped": "code", "kept": "code", "documents": 1},
    ]
    first, second = report["largest"]
    assert 0.7 <= first.pop("lowest_similarity") < 1.0
    assert first == {"file": 0, "row": 0, "source": "web", "size": 4, "exact_duplicates": 2, "sources": ["code"]}
    assert (second["file"], second["row"], second["size"], second["lowest_similarity"]) == (1, 2, 2, 1.0)
