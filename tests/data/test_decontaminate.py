"""Decontamination: what is planted is found, what only looks like it stays, and the log says where it was."""

import random
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pytest

from llemma.data.benchmarks import Benchmarks
from llemma.data.decontaminate import Decontaminate, Index, build_index, decontaminated, protected_texts
from llemma.data.steps import Row, to_batch
from llemma.errors import DataError, UnknownNameError

FERRY = (
    "A ferry carries nine lorries and fourteen cars on every trip across the strait. How many vehicles does it carry "
    "in a week when it crosses five times on each of the seven days, and twice more on Saturday night?"
)
TILES = (
    "Nadia lays hexagonal tiles of side $s = 4$ cm around a round pond, so that each tile touches two others; "
    "what is the least number of tiles if the pond's radius is at least $\\frac{5}{2}$ m?"
)
SHORT = "Evaluate $\\tan 15^\\circ + 8$."
THEOREM = """theorem sum_of_odds (n : ℕ) (h : 0 < n) : ∑ k in range n, (2 * k + 1) = n ^ 2 := by
  induction n with
  | zero => simp
  | succ n ih => rw [sum_range_succ, ih]; ring"""
FILLER = ["The harbour was quiet that morning.", "Boats lay at anchor.", "Nobody spoke of the storm any more."]


def write_problems(folder: Path, **more: Any) -> Path:
    rows = [{"id": "ferry", "question": FERRY}, {"id": "tiles", "question": TILES}, {"id": "short", "question": SHORT}]
    (folder / "own.jsonl").write_bytes(b"".join(orjson.dumps({**row, **more}) + b"\n" for row in rows))
    return folder / "own.jsonl"


def settings(path: Path, **more: Any) -> Decontaminate:
    return Decontaminate(protected=[str(path)], **more)


def run(
    texts: list[str], chosen: Decontaminate, *, language: str | None = None, path: str = "x"
) -> list[dict[str, Any]]:
    batch = to_batch(
        [Row(id=str(n), text=text, language=language, meta={"path": path}) for n, text in enumerate(texts)]
    )
    out = decontaminated(batch, build_index(protected_texts(chosen), chosen), chosen)
    assert out.schema == batch.schema
    return [row | {"removed": orjson.loads(row["meta"]).get("removed", [])} for row in out.to_pylist()]


def items(row: dict[str, Any]) -> list[str]:
    return [removal["item"] for removal in row["removed"]]


@pytest.mark.parametrize("problem", [FERRY, TILES, SHORT])
@pytest.mark.parametrize(
    "copy",
    [
        lambda text: text,
        lambda text: text.upper(),
        lambda text: text.replace(" ", "\n\t "),
        lambda text: text.replace(" ", "\u00a0"),
        lambda text: text.replace(",", " --").replace(".", "!").replace("?", ""),
        lambda text: f"“{text.replace(',', '，')}”…",
        lambda text: text.replace("$", "\\(").replace("'", "’"),
    ],
)
def test_a_copy_is_found_whatever_its_space_case_and_punctuation(tmp_path: Path, problem: str, copy: Any) -> None:
    if problem == TILES:
        problem = problem.replace("pond's", "pond s")
    name = {FERRY: "own/ferry", SHORT: "own/short"}.get(problem, "own/tiles")
    planted = copy(problem)
    (row,) = run([f"{FILLER[0]} {planted} {FILLER[1]}"], settings(write_problems(tmp_path), cut="match"))
    assert set(items(row)) == {name}
    assert FILLER[0].rstrip(".") in row["text"]
    assert FILLER[1] in row["text"]
    assert not {"lorries", "lorRIES", "hexagonal", "tan"} & set(row["text"].lower().split())


def test_any_thirteen_words_in_a_row_are_a_hit_and_twelve_are_none(tmp_path: Path) -> None:
    words = FERRY.split()
    pieces = [" ".join(words[start : start + 13]) for start in range(len(words) - 12)]
    near = [" ".join(words[start : start + 12]) for start in range(len(words) - 11)]
    chosen = settings(write_problems(tmp_path), cut="match")
    assert all(items(row) == ["own/ferry"] for row in run([f"{FILLER[0]} {piece} indeed" for piece in pieces], chosen))
    assert not any(row["removed"] for row in run([f"{FILLER[0]} {piece} indeed" for piece in near], chosen))


def test_a_changed_word_ends_the_hit(tmp_path: Path) -> None:
    chosen = settings(write_problems(tmp_path), cut="match")
    words = FERRY.split()
    changed = " ".join([*words[:12], "maybe", *words[12:24], "perhaps", *words[24:36]])
    assert run([changed], chosen)[0]["removed"] == []


def test_part_of_a_word_is_no_word(tmp_path: Path) -> None:
    words = " ".join(FERRY.split()[3:16])  # "nine lorries ... strait."
    chosen = settings(write_problems(tmp_path))
    rows = run([f"the {words}", f"the canine{words[4:]}", f"the {words.rstrip('.')}s of it"], chosen)
    assert [items(row) for row in rows] == [["own/ferry"], [], []]


def test_the_size_of_an_ngram_is_a_setting(tmp_path: Path) -> None:
    words = FERRY.split()
    chosen = settings(write_problems(tmp_path), ngram=30)
    rows = run([" ".join(words[:30]), " ".join(words[:29])], chosen)
    assert [items(row) for row in rows] == [["own/ferry"], []]


def test_short_questions_are_found_as_a_whole_only(tmp_path: Path) -> None:
    path = write_problems(tmp_path)
    texts = [f"{FILLER[0]} {SHORT}", "Evaluate tan 15 circ + 9", "Evaluate tan 15 circ"]
    assert [items(row) for row in run(texts, settings(path))] == [["own/short"], [], []]
    assert [items(row) for row in run(texts, settings(path, short_words=6))] == [[], [], []]
    assert [items(row) for row in run(texts, settings(path, short_words=5))] == [["own/short"], [], []]
    assert [items(row) for row in run(texts, settings(path, short_words=None))] == [[], [], []]


def test_a_short_solution_is_not_protected(tmp_path: Path) -> None:
    (tmp_path / "own.jsonl").write_bytes(orjson.dumps({"question": FERRY, "answer": "it carries 851 vehicles"}))
    assert run(["So it carries 851 vehicles."], settings(tmp_path / "own.jsonl"))[0]["removed"] == []


def test_several_in_one_document_are_all_cut(tmp_path: Path) -> None:
    text = "\n\n".join([FILLER[0], FERRY, FILLER[1], TILES, FERRY, FILLER[2]])
    (row,) = run([text], settings(write_problems(tmp_path)))
    assert row["text"] == "\n\n".join(FILLER)
    assert sorted(items(row)) == ["own/ferry", "own/ferry", "own/tiles"]


def test_removals_say_where_in_the_old_text(tmp_path: Path) -> None:
    text = f"Größe ∑: {FERRY} Ende"
    (row,) = run([text], settings(write_problems(tmp_path), cut="match"))
    (removal,) = row["removed"]
    assert text[removal["start"] : removal["end"]] == FERRY.rstrip("?")
    assert (removal["kind"], row["text"]) == ("ngram", "Größe ∑: ? Ende")
    assert orjson.loads(row["meta"])["path"] == "x"


@pytest.mark.parametrize(
    ("cut", "left"),
    [
        ("match", "one\ntwo: ? three\nfour\n\nfive"),
        ("line", "one\nfour\n\nfive"),
        ("paragraph", "five"),
    ],
)
def test_how_much_is_cut_is_a_setting(tmp_path: Path, cut: Any, left: str) -> None:
    text = f"one\ntwo: {FERRY} three\nfour\n\nfive"
    assert run([text], settings(write_problems(tmp_path), cut=cut))[0]["text"] == left


def test_a_paragraph_ends_at_a_line_with_only_spaces(tmp_path: Path) -> None:
    text = f"one\n \t\n{FERRY}\n  \n    two"
    assert run([text], settings(write_problems(tmp_path)))[0]["text"] == "one\n \t\n    two"


def test_a_document_of_which_nothing_is_left_is_dropped(tmp_path: Path) -> None:
    rows = run([FERRY, f"{FERRY}\n\nmore"], settings(write_problems(tmp_path)))
    assert [row["reason"] for row in rows] == ["contaminated", None]


def test_documents_can_be_dropped_whole(tmp_path: Path) -> None:
    rows = run([f"{FILLER[0]}\n\n{FERRY}", FILLER[1]], settings(write_problems(tmp_path), action="drop"))
    assert [row["reason"] for row in rows] == ["contaminated", None]
    assert rows[0]["text"] == f"{FILLER[0]}\n\n{FERRY}"
    assert items(rows[0]) == ["own/ferry"]


def test_a_hit_can_need_several_ngrams(tmp_path: Path) -> None:
    words = FERRY.split()
    chosen = settings(write_problems(tmp_path), min_matches=3)
    rows = run([" ".join(words[:15]), " ".join(words[:14])], chosen)
    assert [items(row) for row in rows] == [["own/ferry"], []]


def test_lists_of_numbers_are_no_hit_where_the_text_has_words(tmp_path: Path) -> None:
    primes = "2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47"
    (tmp_path / "own.jsonl").write_bytes(orjson.dumps({"question": f"{FERRY} Hint: {primes}"}))
    rows = run([f"primes: {primes}", f"{FERRY} Hint: {primes}"], settings(tmp_path / "own.jsonl", cut="match"))
    assert [items(row) for row in rows] == [[], ["own/0"]]
    assert [row["reason"] for row in rows] == [None, "contaminated"]


def test_tex_commands_alone_are_no_hit(tmp_path: Path) -> None:
    matrix = r"\begin{pmatrix} a & b \\ c & d \end{pmatrix} \cdot \begin{pmatrix} x \\ y \end{pmatrix} = \vec{v}"
    (tmp_path / "own.jsonl").write_bytes(orjson.dumps({"question": f"{FERRY} {matrix}"}))
    rows = run([f"we see {matrix}", f"{FERRY} {matrix}"], settings(tmp_path / "own.jsonl"))
    assert [items(row) for row in rows] == [[], ["own/0"]]


def test_a_text_of_numbers_only_is_protected_all_the_same(tmp_path: Path) -> None:
    numbers = " + ".join(map(str, range(1, 21)))
    (tmp_path / "own.jsonl").write_bytes(orjson.dumps({"question": numbers}))
    assert items(run([f"{FILLER[0]} {numbers}"], settings(tmp_path / "own.jsonl"))[0]) == ["own/0"]


def test_two_benchmarks_with_the_same_problem_are_both_named(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(orjson.dumps({"question": FERRY}))
    (tmp_path / "b.jsonl").write_bytes(orjson.dumps({"question": FERRY}))
    assert sorted(items(run([FERRY], settings(tmp_path))[0])) == ["a/0", "b/0"]


def test_a_solution_is_found_without_the_notes_for_a_calculator(tmp_path: Path) -> None:
    noted = "Every trip takes 9+14=<<9+14=23>>23 vehicles so a week of 37 trips carries 37*23=<<37*23=851>>851 of them."
    plain = "Every trip takes 9+14=23 vehicles so a week of 37 trips carries 37*23=851 of them."
    (tmp_path / "own.jsonl").write_bytes(orjson.dumps({"question": FERRY, "answer": noted}))
    assert [items(row) for row in run([noted, plain], settings(tmp_path / "own.jsonl"))] == [["own/0"], ["own/0"]]


def test_the_result_does_not_depend_on_the_batches(tmp_path: Path) -> None:
    first, second = " ".join(FERRY.split()[:12]), " ".join(FERRY.split()[12:24])
    texts = [FILLER[0], first, second, f"{FILLER[1]}\n\n{TILES}", f"é {FERRY}", "", FERRY] * 20
    chosen = settings(write_problems(tmp_path), cut="match")
    batch = to_batch([Row(id=str(n), text=text) for n, text in enumerate(texts)])
    index = build_index(protected_texts(chosen), chosen)
    whole = decontaminated(batch, index, chosen)
    for size in (1, 3, 64):
        parts = [decontaminated(batch.slice(start, size), index, chosen) for start in range(0, len(batch), size)]
        assert pa.Table.from_batches(parts).combine_chunks().equals(pa.Table.from_batches([whole]))
    assert [bool(row["reason"]) or "removed" in row["meta"] for row in whole.to_pylist()[:7]] == [
        *(False, False, False, True, True, False, True)
    ]


def test_hits_are_those_of_a_comparison_of_all_words(tmp_path: Path) -> None:
    draw = random.Random(5)
    vocabulary = "up down left right near".split()
    problems = [[draw.choice(vocabulary) for _ in range(draw.randrange(7, 30))] for _ in range(12)]
    documents = [[draw.choice(vocabulary) for _ in range(draw.randrange(400))] for _ in range(120)]
    path = tmp_path / "own.jsonl"
    path.write_bytes(b"".join(orjson.dumps({"solution": " ".join(words)}) + b"\n" for words in problems))
    chosen = settings(path, ngram=6, cut="match")
    grams = [{tuple(words[n : n + 6]) for n in range(len(words) - 5)} for words in problems]
    expected = [
        {f"own/{n}" for n, own in enumerate(grams) if own & {tuple(words[i : i + 6]) for i in range(len(words) - 5)}}
        for words in documents
    ]
    found = [set(items(row)) for row in run([", ".join(words) for words in documents], chosen)]
    assert found == expected
    assert 20 < sum(map(bool, expected)) < 120


def test_an_index_from_a_file_finds_the_same(tmp_path: Path) -> None:
    (tmp_path / "t.lean").write_text(THEOREM)
    chosen = Decontaminate(protected=[str(write_problems(tmp_path)), str(tmp_path / "t.lean")])
    built = build_index(protected_texts(chosen), chosen)
    built.save(tmp_path / "index")
    opened = Index.open(tmp_path / "index")
    batch = to_batch([Row(id="a", text=f"{SHORT}\n\n{FERRY}\n\nx"), Row(id="b", text=THEOREM, language="lean")])
    assert decontaminated(batch, opened, chosen) == decontaminated(batch, built, chosen) != batch


def test_an_empty_batch_stays_empty(tmp_path: Path) -> None:
    assert run([], settings(write_problems(tmp_path))) == []


def test_a_file_that_is_no_index_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "index").write_text("no index")
    with pytest.raises(DataError, match="not an index of protected texts"):
        Index.open(tmp_path / "index")


def test_a_theorem_is_found_by_its_statement_under_any_name(tmp_path: Path) -> None:
    (tmp_path / "t.lean").write_text(THEOREM)
    copy = """import Mathlib

/-- Ours. -/
@[simp] lemma Foo.squares (n:ℕ)  (h : 0 < n) :
    ∑ k in range n, (2*k + 1) = n^2 /- the sum -/ := by sorry

theorem other (n : ℕ) : n = n := rfl
"""
    (row,) = run([copy], settings(tmp_path / "t.lean", ngram=30), language="lean4")
    assert row["text"] == "import Mathlib\n\ntheorem other (n : ℕ) : n = n := rfl\n"
    assert [(removal["item"], removal["kind"]) for removal in row["removed"]] == [("t.lean:sum_of_odds", "theorem")]


def test_a_theorem_with_renamed_variables_or_another_bound_is_another(tmp_path: Path) -> None:
    (tmp_path / "t.lean").write_text(THEOREM)
    others = [THEOREM.replace("sum_of_odds", "a").replace("0 < n", "1 < n"), THEOREM.replace("range n", "range m")]
    rows = run(others, settings(tmp_path / "t.lean", ngram=60), language="lean")
    assert [row["removed"] for row in rows] == [[], []]


def test_all_theorems_of_a_file_are_cut_by_name_and_every_time(tmp_path: Path) -> None:
    rows = [
        {"full_name": name, "file_path": "src/sums/basic.lean", "url": "https://example.org/sums"}
        for name in ("first", "sums.second")
    ]
    (tmp_path / "test.json").write_bytes(orjson.dumps(rows))
    text = """lemma first : p := h
namespace sums
lemma second : q := h
lemma third : r := h
end sums
namespace others
lemma second : s := h
end others
lemma first : t := h
"""
    chosen = settings(tmp_path / "test.json")
    (here,) = run([text], chosen, language="lean", path="copy/src/sums/basic.lean")
    assert items(here) == ["test/first", "test/sums.second", "test/first"]
    assert (
        here["text"]
        == "namespace sums\nlemma third : r := h\nend sums\nnamespace others\nlemma second : s := h\nend others\n"
    )
    for path in ("src/sums/basics.lean", "src/products/basic.lean", "mysrc/sums/basic.lean"):
        assert run([text], chosen, language="lean", path=path)[0]["removed"] == []


def test_a_short_statement_needs_the_same_name(tmp_path: Path) -> None:
    (tmp_path / "t.lean").write_text("theorem unique_name : p ∧ q := sorry")
    texts = ["theorem unique_name : p ∧ q := h", "theorem another : p ∧ q := h"]
    assert [bool(row["removed"]) for row in run(texts, settings(tmp_path / "t.lean"), language="lean")] == [True, False]


def test_isabelle_theorems_are_found_too(tmp_path: Path) -> None:
    statement = 'theorem sums_up:\n  fixes n :: nat\n  assumes "n > 0"\n  shows "(\\<Sum>k<n. 2*k+1) = n^2"'
    row = {"name": "sums_up", "formal_statement": statement, "header": "theory A imports Main begin"}
    (tmp_path / "own.jsonl").write_bytes(orjson.dumps(row))
    copy = (
        statement.replace("sums_up", "renamed") + '\nproof -\n  show ?thesis sorry\nqed\n\nlemma b: "x = x" by simp\n'
    )
    (found,) = run([copy], settings(tmp_path / "own.jsonl", ngram=60), language="isabelle")
    assert (items(found), found["text"]) == (["own/sums_up"], 'lemma b: "x = x" by simp\n')


def test_imports_of_a_formal_problem_are_not_protected(tmp_path: Path) -> None:
    header = "import Mathlib\nset_option maxHeartbeats 400000\nopen Nat Real BigOperators Topology Finset Set Function"
    (tmp_path / "own.jsonl").write_bytes(orjson.dumps({"name": "odd", "source": f"{header}\n\n{THEOREM}"}))
    chosen = settings(tmp_path / "own.jsonl")
    rows = run([f"{header}\n\ndef x := 1", f"{header}\n\n{THEOREM}"], chosen, language="lean")
    assert [bool(row["removed"]) for row in rows] == [False, True]


def test_python_is_not_read_as_lean(tmp_path: Path) -> None:
    (tmp_path / "t.lean").write_text("theorem short_one (a b : ℕ) : a + b = b + a := by ring")
    text = "theorem short_one (a b : ℕ) : a + b = b + a := by ring"
    chosen = settings(tmp_path / "t.lean")
    assert [run([text], chosen, language=name)[0]["removed"] != [] for name in ("lean", "python")] == [True, False]


def test_a_name_that_is_no_benchmark_is_an_error() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'gsm8k'"):
        list(protected_texts(Decontaminate(protected=["gsm8"])))


def test_a_file_without_problems_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "own.jsonl").write_text('{"body": "x"}\n')
    with pytest.raises(DataError, match=r"own.jsonl: nothing to protect"):
        list(protected_texts(settings(tmp_path / "own.jsonl")))


def test_every_real_problem_is_found_in_a_copy(benchmark_folder: Path) -> None:
    benchmarks = Benchmarks(benchmark_folder)
    chosen = Decontaminate(protected=["gsm8k", "math"], cut="match")
    index = build_index(protected_texts(chosen, benchmarks), chosen)
    for name in chosen.protected:
        questions = [row["question"] for row in benchmarks.problems(name)]
        texts = pa.array([f"Look: {question.upper()} Well." for question in questions])
        hits = {n: {match.item for match in found} for n, found in index.matches(texts).items()}
        missed = [n for n in range(len(questions)) if f"{name}/test/{n}" not in hits.get(n, ())]
        assert missed == [n for n in missed if len(questions[n].replace("$", " ").split()) < 4]
