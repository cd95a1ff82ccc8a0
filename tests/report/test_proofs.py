"""Proof runs and published searches in a report: tables, the published rates beside them, figures, refusals."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from llemma.cli.report import command
from llemma.errors import RunDirectoryError, UserError
from llemma.evaluate.summarize_proofs import summarize_attempts
from llemma.records import Attempt, Node, Theorem
from llemma.report.proof_figures import proof_figures, solved_by_budget, solved_by_budget_rows
from llemma.report.proof_runs import read_proof_runs, split_proof_runs
from llemma.report.proof_tables import proof_tables, solved_tables
from llemma.report.report import write_report
from llemma.runs import write_manifest
from llemma.storage import write_json, write_jsonl

pytest.importorskip("matplotlib")

ROOT = Node(None, "", 0.0, 0.0, "open", "⊢ p", expanded=0)
OTHERS = (Node(0, "rfl", -1.0, 1.0, "rejected"), Node(0, "simp", -1.0, 1.0, "open", "⊢ q"))


def proved(name: str, *tactics: str, expansions: int) -> Attempt:
    last = len(tactics) - 1
    path = [Node(n, tactic, -1.0, 1.0, "closed" if n == last else "open") for n, tactic in enumerate(tactics)]
    text = "by\n" + "\n".join(f"  {tactic}" for tactic in tactics)
    return Attempt(name, "solved", text, "", expansions, 2.0, (ROOT, *path))


def failed(name: str, *, expansions: int = 50) -> Attempt:
    return Attempt(name, "searched", "", "the limit of expansions", expansions, 9.0, (ROOT, *OTHERS))


ATTEMPTS = (
    proved("t0", "simp", expansions=1),
    proved("t1", "intro x", "cases x", "omega", expansions=20),
    failed("t2"),
    failed("t3", expansions=80),
)


def prove_run(
    path: Path,
    attempts: Sequence[Attempt] = ATTEMPTS,
    *,
    tactics: Sequence[str] = (),
    profile: str = "fixed",
    **facts: Any,
) -> Path:
    """Write a proof run as `llemma prove` does: two theorems a level."""
    theorems = [Theorem(found.theorem, ": p", level=str(1 + n // 2)) for n, found in enumerate(attempts)]
    known = {"task": "core", "title": "Core", "method": "best_first", "model": "tiny"} | facts
    model = {"tactics": tactics} if tactics else {"engine": {"name": "tiny"}}
    identity = {"kind": "prove", "task": known["task"], "model": model, "proving": {"profile": profile}}
    write_json(path / "identity.json", identity)
    write_jsonl(path / "theorems.jsonl", map(asdict, theorems))
    write_jsonl(path / "attempts.jsonl", map(asdict, attempts))
    write_json(path / "summary.json", summarize_attempts(theorems, attempts, known))
    write_manifest(path, started=0.0, kind="prove")
    return path


def hammer_run(path: Path, attempts: Sequence[Attempt] = ATTEMPTS[:1] + ATTEMPTS[2:]) -> Path:
    return prove_run(path, attempts, model="omega, simp and 1 more", tactics=["omega", "simp", "grind"])


def published(folder: Path, *, solved: int, total: int, model: str = "llemma7b") -> Path:
    """Write published searches with `solved` proofs of one tactic."""
    rows = []
    for number in range(total):
        name = f"made_up_{number}"
        found: dict[str, Any] = {"theorem": name, "success": False, "failure_reason": "SearchEnded"}
        if number < solved:
            trace = [{"tactic": "simp", "state_before": "⊢ p"}]
            found |= {"success": True, "failure_reason": "", "proof": ["simp"], "trace": trace}
            found |= {"score": 0.5, "elapsed": -3.0, "iteration": 0}
        rows.append({"attempt_results": [found], "example": {"full_name": name, "statement": f"theorem {name} : p"}})
    folder.mkdir()
    write_json(folder / f"results__{model}__0.json", {"results": rows})
    return folder


def cells(path: Path) -> tuple[tuple[str, ...], ...]:
    (table,) = solved_tables(read_proof_runs([path]))
    return table.rows


def test_a_proof_run_is_told_from_other_runs(tmp_path: Path) -> None:
    run, other = prove_run(tmp_path / "prove"), tmp_path / "eval"
    write_json(other / "manifest.json", {"identity": {"kind": "eval"}})
    searches = published(tmp_path / "published", solved=1, total=2)
    assert split_proof_runs([other, run, searches]) == ([run, searches], [other])


def test_the_rate_stands_with_its_error_and_interval(tmp_path: Path) -> None:
    # sqrt(0.5 * 0.5/4) = 0.25; Wilson's interval of 2 in 4 is 15.0 to 85.0.
    assert cells(prove_run(tmp_path / "run")) == (("tiny", "best-first, fixed", "2/4", "50.0 ± 25.0", "15.0 to 85.0"),)


def test_published_searches_stand_beside_the_papers_number(tmp_path: Path) -> None:
    rows = cells(published(tmp_path / "searches", solved=64, total=244))
    assert rows[0] == ("Llemma 7B", "best-first, paper", "64/244", "26.2 ± 2.8", "21.1 to 32.1", "26.2", "+0.0")
    assert ("Llemma 34B", "-", "-", "-", "-", "25.8", "-") in rows
    assert [row[0] for row in rows].count("Llemma 7B") == 1


def test_the_difference_has_its_sign(tmp_path: Path) -> None:
    rows = cells(published(tmp_path / "searches", solved=40, total=244, model="codellama_CodeLlama-7b-hf"))
    assert rows[0][:3] == ("Code Llama 7B", "best-first, paper", "40/244")
    assert rows[0][5:] == ("20.5", "-4.1")  # 16.39 - 20.49


def test_a_part_of_the_published_theorems_has_a_footnote(tmp_path: Path) -> None:
    (table,) = solved_tables(read_proof_runs([published(tmp_path / "searches", solved=20, total=61)]))
    assert table.rows[0][-1].endswith("¹")
    assert table.notes == ("ours on 61 of the 244 theorems only",)


def test_a_run_of_fixed_tactics_is_named_by_them(tmp_path: Path) -> None:
    assert cells(hammer_run(tmp_path / "run"))[0][0] == "omega, simp and 1 more"


def test_levels_outcomes_and_effort_have_tables(tmp_path: Path) -> None:
    tables = {table.title: table for table in proof_tables(read_proof_runs([prove_run(tmp_path / "run")]))}
    assert list(tables) == [
        "Theorems proved: Core",
        "Core: theorems proved by level, %",
        "Searches by outcome",
        "What the searches took",
    ]
    levels = [tuple(cell.rstrip("¹") for cell in row) for row in tables["Core: theorems proved by level, %"].rows]
    assert levels == [("1", "100.0 ± 0.0 (2/2)"), ("2", "0.0 ± 0.0 (0/2)")]
    assert tables["Searches by outcome"].rows == (
        ("tiny", "Core, best-first, fixed", "4", "2 (50.0 %)", "2 (50.0 %)", "0", "0", "0"),
    )
    assert tables["What the searches took"].rows == (
        ("tiny", "Core, best-first, fixed", "1", "1: 1, 3: 1", "10.5", "65", "2", "9"),
    )


def test_sampled_whole_proofs_have_pass_at_k(tmp_path: Path) -> None:
    right, wrong = Node(0, "by simp", -1.0, 1.0, "closed"), Node(0, "by rfl", -1.0, 1.0, "rejected")
    attempts = [
        Attempt("t0", "solved", "by simp", "", 1, 1.0, (ROOT, right, wrong, wrong, wrong)),
        Attempt("t1", "searched", "", "", 1, 1.0, (ROOT, wrong, wrong, wrong, wrong)),
    ]
    run = prove_run(tmp_path / "run", attempts, method="whole_proof")
    tables = {table.title: table for table in proof_tables(read_proof_runs([run]))}
    assert tables["Theorems proved: Core"].rows[0][:3] == ("tiny", "whole proofs, pass@4", "1/2")
    # pass@1 is (1/4 + 0) / 2, pass@2 (1/2 + 0) / 2, pass@4 (1 + 0) / 2; the error of two values is half their distance.
    sampled = tables["Whole proofs sampled: pass@k, %"]
    assert (sampled.columns[2:], sampled.rows[0][2:]) == (
        ("pass@1", "pass@2", "pass@4"),
        ("12.5 ± 12.5", "25.0 ± 25.0", "50.0 ± 50.0"),
    )


def test_the_longest_proof_and_the_longest_failure_are_drawn(tmp_path: Path) -> None:
    (run,) = read_proof_runs([prove_run(tmp_path / "run")])
    assert [search.theorem.name for search in run.shown] == ["t1", "t3"]
    stems = [stem for stem, *_ in proof_figures([run])]
    assert stems == ["core_solved_by_budget", "search_1_t1", "search_2_t3"]


def test_the_hammer_alone_has_no_budget_curve(tmp_path: Path) -> None:
    stems = [stem for stem, *_ in proof_figures(read_proof_runs([hammer_run(tmp_path / "hammer")]))]
    assert stems == ["search_1_t0", "search_2_t3"]


def test_a_name_of_a_theorem_is_made_fit_for_a_file(tmp_path: Path) -> None:
    attempts = [proved("Set.mem/ℕ?", "simp", expansions=1), failed("t")]
    (run,) = read_proof_runs([prove_run(tmp_path / "run", attempts)])
    assert [stem for stem, *_ in proof_figures([run])][1] == "search_1_Set.mem___"


def test_the_budget_curve_counts_what_was_solved_so_far(tmp_path: Path) -> None:
    runs = read_proof_runs([prove_run(tmp_path / "run"), hammer_run(tmp_path / "hammer")])
    rows = [(row["run"], row["expansions"], row["solved"], row["share"]) for row in solved_by_budget_rows(runs)]
    assert rows == [
        ("tiny", 1, 1, 0.25),
        ("tiny", 20, 2, 0.5),
        ("tiny", 80, 2, 0.5),
        ("omega, simp and 1 more", 80, 1, pytest.approx(1 / 3)),
    ]


def test_the_hammer_is_a_flat_line_across_the_budget_curve(tmp_path: Path) -> None:
    runs = read_proof_runs([prove_run(tmp_path / "run"), hammer_run(tmp_path / "hammer")])
    axes = solved_by_budget(runs).axes[0]
    model, hammer = axes.get_lines()
    assert len(set(model.get_ydata())) == 2
    assert list(hammer.get_ydata()) == pytest.approx([100 / 3, 100 / 3])
    low, high = axes.get_xlim()
    assert min(hammer.get_xdata()) < low
    assert max(hammer.get_xdata()) == high


def test_proof_runs_alone_make_a_report(tmp_path: Path) -> None:
    searches, run, out = published(tmp_path / "s", solved=64, total=244), prove_run(tmp_path / "run"), tmp_path / "out"
    result = CliRunner().invoke(command, [str(searches), str(run), "--out", str(out)], env={"COLUMNS": "120"})
    assert result.exit_code == 0, result.output
    assert "64/244" in result.stdout
    assert "2/4" in result.stdout
    assert json.loads((out / "summary.json").read_bytes()) == {
        "minif2f_lean": {"Llemma 7B": {"best-first, paper": pytest.approx(0.2623, abs=5e-5), "n": 244}},
        "core": {"tiny": {"best-first, fixed": 0.5, "n": 4}},
    }
    readme = (out / "README.md").read_text(encoding="utf-8")
    assert readme.startswith("# Report\n")
    assert "(figures/core_solved_by_budget.png)" in readme
    assert "../run" in readme.partition("llemma report")[2]
    assert "## Searches by outcome" in (out / "tables.md").read_text(encoding="utf-8")


def test_proof_runs_stand_beside_evaluation_runs(demo_evals: list[Path], tmp_path: Path) -> None:
    run = prove_run(tmp_path / "prove")
    files = write_report(demo_evals[2:3], [], tmp_path / "out", proof_dirs=[run])
    card = files.readme.read_text(encoding="utf-8")
    assert card.startswith("---\nlicense")
    assert "## Theorem proving" in card
    assert "| tiny | best-first, fixed | 2/4 |" in card
    assert json.loads(files.summary.read_bytes()).keys() == {"arithmetic", "core"}


def test_two_runs_of_one_model_method_and_task_are_refused(tmp_path: Path) -> None:
    runs = [prove_run(tmp_path / "one"), prove_run(tmp_path / "two")]
    with pytest.raises(UserError, match=r"two runs of tiny on core \(best-first, fixed\)"):
        read_proof_runs(runs)


def test_two_profiles_of_one_search_stand_side_by_side(tmp_path: Path) -> None:
    runs = read_proof_runs([prove_run(tmp_path / "one"), prove_run(tmp_path / "two", profile="paper")])
    assert [row[1] for row in solved_tables(runs)[0].rows] == ["best-first, fixed", "best-first, paper"]


def test_a_folder_given_twice_is_read_once(tmp_path: Path) -> None:
    run = prove_run(tmp_path / "run")
    assert len(read_proof_runs([run, tmp_path / ".." / tmp_path.name / "run"])) == 1


@pytest.mark.parametrize("name", ["summary.json", "theorems.jsonl", "attempts.jsonl"])
def test_a_run_without_one_of_its_files_is_refused(tmp_path: Path, name: str) -> None:
    run = prove_run(tmp_path / "run")
    (run / name).unlink()
    with pytest.raises(RunDirectoryError, match=f"no {name} in it"):
        read_proof_runs([run])


def test_a_run_with_fewer_attempts_than_theorems_is_refused(tmp_path: Path) -> None:
    run = prove_run(tmp_path / "run")
    write_jsonl(run / "attempts.jsonl", map(asdict, ATTEMPTS[:3]))
    with pytest.raises(RunDirectoryError, match="theorem 4: attempt"):
        read_proof_runs([run])


def test_the_same_runs_give_the_same_bytes(tmp_path: Path) -> None:
    run = prove_run(tmp_path / "run")
    once, again = tmp_path / "once", tmp_path / "again"
    for out in (once, again):
        write_report([], [], out, proof_dirs=[run])
    names = [path.relative_to(once) for path in sorted(once.rglob("*")) if path.is_file()]
    assert len(names) == 12
    assert [name for name in names if (once / name).read_bytes() != (again / name).read_bytes()] == []
