"""`llemma grade` and `llemma vote` on files: what is printed, what is written, how mistakes are named."""

import json
from pathlib import Path

import pytest

from llemma.storage import read_jsonl, write_jsonl
from tests.cli.conftest import Run


@pytest.fixture(autouse=True)
def empty_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Run every command in an empty folder, with lines wide enough for the tables."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "140")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A sample log as lm-evaluation-harness writes it: two problems, three samples each, two filters."""
    said = {
        ("18", 0): ["I guess the answer is 17.", "The answer is 18.", "The answer is 18."],
        ("1,200", 1): ["The answer is 1,200.", "The answer is $1200.", "Nothing comes to my mind about this"],
    }
    rows = [
        {
            "doc_id": number,
            "doc": {},
            "target": f"#### {gold}",
            "resps": [texts],
            "filtered_resps": [""],
            "filter": name,
        }
        for name in ("strict-match", "flexible-extract")
        for (gold, number), texts in said.items()
    ]
    write_jsonl(tmp_path / "samples_gsm8k.jsonl", rows)
    return tmp_path / "samples_gsm8k.jsonl"


def test_a_file_is_graded_under_two_profiles_that_are_compared(run: Run, log: Path, tmp_path: Path) -> None:
    code, stdout, stderr = run("grade", log, "--task", "gsm8k", "--profile", "paper,fixed", "--out", "out")
    assert code == 0
    assert "samples_gsm8k.jsonl on GSM8k, n = 2, k = 3" in stdout
    assert "number: different rational numbers" in stdout
    assert "The profiles differ on 2" in stdout  # the comma and the dollar
    assert (
        stderr.splitlines()[-1]
        == f"every verdict: out/grades.jsonl. How one came about: llemma grade {log} --explain ID"
    )
    graded = list(read_jsonl(tmp_path / "out/grades.jsonl"))
    assert [row["profiles"]["fixed"]["correct"] for row in graded] == [False, True, True, True, True, False]
    assert {"id", "answer", "correct", "status", "stage"} <= graded[0].keys()


def test_a_vote_says_what_it_wins_and_uses_what_was_graded(run: Run, log: Path) -> None:
    assert run("grade", log, "--task", "gsm8k")[0] == 0
    code, stdout, stderr = run("vote", log, "--task", "gsm8k")
    assert code == 0
    assert "runs/grade/samples_gsm8k is finished; nothing to grade" in stderr
    assert "vote of all 3 samples: 100.0 % correct" in stdout
    assert "the vote wins 1 against the first sample: 0\n" in stdout
    assert "the vote loses 0 against the first sample\n" in stdout
    summary = json.loads(Path("runs/grade/samples_gsm8k/summary.json").read_text())
    assert [point["k"] for point in summary["profiles"]["fixed"]["maj"]] == [1, 2, 3]
    assert all("low" in point and "high" in point for point in summary["profiles"]["fixed"]["pass"])


def test_one_verdict_is_explained_and_nothing_is_written(run: Run, log: Path, tmp_path: Path) -> None:
    code, stdout, _ = run("grade", log, "--task", "gsm8k", "--profile", "paper,fixed", "--explain", "1#1")
    assert code == 0
    lines = [" ".join(line.split()) for line in stdout.splitlines()]
    assert lines[:4] == [
        "paper profile",
        "reference 1200",
        "extraction no answer in the form that the paper profile reads",
        "grade no answer, extract: no answer in the expected form",
    ]
    assert "extraction '$1200', by answer phrase at characters 14 to 19" in lines
    assert lines[-1].startswith("grade correct, ")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["samples_gsm8k.jsonl"]


def test_an_evaluation_run_is_graded_under_one_profile_and_votes(run: Run, tmp_path: Path) -> None:
    recorded = tmp_path / "recorded.jsonl"
    texts = ["\nFinal Answer: The final answer is $1$. ", "\nFinal Answer: The final answer is $2$. "]
    rows = [
        {"problem_id": f"arithmetic/test/{i}", "sample": s, "text": t} for i in range(2) for s, t in enumerate(texts)
    ]
    write_jsonl(recorded, rows)
    arguments = ("--task", "arithmetic", "--samples", 2, "--limit", 2, "--out", "run")
    assert run("eval", "--model", f"replay:{recorded}", *arguments)[0] == 0
    code, stdout, _ = run("grade", "run", "--profile", "fixed")
    assert code == 0
    assert "paper" not in stdout
    code, stdout, _ = run("vote", "run", "--out", "voted")
    assert code == 0
    assert stdout.count("vote of all 2 samples") == 2  # both profiles
    Path("run/manifest.json").unlink()
    code, _, stderr = run("vote", "run")
    assert (code, stderr) == (2, "error: run is not finished: no manifest.json in it\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--profile", "papr", "--task", "gsm8k"), "no profile 'papr'. Did you mean 'paper'? Known: fixed, paper"),
        (("--profile", "paper"), "no profile 'paper' without a benchmark. Name it with --task"),
        (("--task", "gsm8"), "no task 'gsm8'. Did you mean 'gsm8k'?"),
        (("--explain", "12"), "no id '12'. Did you mean '1'? Known: 0, 1"),
        (
            ("--completion-field", "respss"),
            "row 1: no column 'respss'. Did you mean 'resps'? It has: doc_id, doc, target",
        ),
        (("--answer-field", "a", "--completion-field", "b"), "not both"),
    ],
)
def test_a_mistake_is_one_line(run: Run, log: Path, arguments: tuple[str, ...], message: str) -> None:
    code, _, stderr = run("grade", log, *arguments)
    assert code == 2
    assert len(stderr.splitlines()) == 1
    assert message in stderr
    assert not Path("runs").exists()


def test_one_sample_a_problem_cannot_vote_and_uneven_samples_are_named(run: Run) -> None:
    write_jsonl(Path("one.jsonl"), [{"id": "p", "gold": "1", "pred": "1"}])
    assert "one sample a problem cannot vote" in run("vote", "one.jsonl")[2]
    rows = [{"id": name, "gold": "1", "pred": "1"} for name in "ppqqr"]
    write_jsonl(Path("uneven.jsonl"), rows)
    code, _, stderr = run("vote", "uneven.jsonl")
    assert code == 2
    assert stderr == "error: uneven.jsonl: problem 'r' has 1 samples, most have 2: all need as many\n"
    write_jsonl(Path("empty.jsonl"), [])
    assert run("grade", "empty.jsonl")[2] == "error: empty.jsonl: no rows in it\n"


def test_ctrl_c_says_how_to_go_on(run: Run, log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("llemma.evaluate.grading_run.grade_completions", interrupted)
    code, _, stderr = run("grade", log, "--out", "out")
    assert code == 130
    assert "The same command goes on with what is in out" in stderr
