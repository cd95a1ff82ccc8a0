from pathlib import Path

import pytest

from llemma.data.benchmarks import Benchmarks
from llemma.errors import UnknownNameError
from llemma.storage import sha256_of_text
from llemma.tasks import get_task, task_names

NEED_FILES = ("gsm8k", "minerva_math")


def test_every_file_is_a_task_of_its_name() -> None:
    assert task_names() == ["arithmetic", "gsm8k", "minerva_math"]
    for name in task_names():
        assert get_task(name).name == name
        assert get_task(name).profiles.keys() == {"fixed", "paper"}


def test_an_unknown_task_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(UnknownNameError, match=r"no task 'gsm8'\. Did you mean 'gsm8k'\?"):
        get_task("gsm8")
    with pytest.raises(UnknownNameError, match="no task"):
        get_task("../gsm8k")


@pytest.mark.parametrize(("name", "count"), [("gsm8k", 1319), ("minerva_math", 5000), ("arithmetic", 500)])
def test_problems_are_all_there_with_different_ids(benchmark_folder: Path, name: str, count: int) -> None:
    problems = get_task(name).problems(Benchmarks(benchmark_folder))
    assert len(problems) == len({problem.id for problem in problems}) == count


@pytest.mark.parametrize("name", ["gsm8k", "minerva_math", "arithmetic"])
def test_reference_answers_are_correct_against_themselves(benchmark_folder: Path, name: str) -> None:
    task = get_task(name)
    wrong = [
        problem.id
        for problem in task.problems(Benchmarks(benchmark_folder))
        if not task.profiles["fixed"].compare(problem.reference, problem.reference).equal
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("name", "length", "sha256"),
    [
        # published prompt + "\n\n" + the query of problem 0, hashed outside this package
        ("gsm8k", 2142, "10ac6d4e9c9ed3ab67597ef071a95fc1dfeb51c5249f97b1e8dcc0d9b0da556b"),
        ("minerva_math", 1792, "00e83b645e0473fc5787e78afe3e452786f8f260cf7623f3aa9f93a792989806"),
    ],
)
def test_the_prompt_is_the_published_one_byte_for_byte(
    benchmark_folder: Path, name: str, length: int, sha256: str
) -> None:
    task, benchmarks = get_task(name), Benchmarks(benchmark_folder)
    examples = task.examples(benchmarks)
    assert len(examples) == length + 2
    assert examples.endswith("\n\n")
    assert sha256_of_text(examples[:-2]) == sha256


def test_queries_have_the_layout_of_the_examples(benchmark_folder: Path) -> None:
    benchmarks = Benchmarks(benchmark_folder)
    for name, start, end in (("gsm8k", "Q: ", "\nA:"), ("minerva_math", "Problem:\n", "\n\nSolution:")):
        task = get_task(name)
        problem = task.problems(benchmarks)[0]
        assert task.query(problem) == start + problem.question + end
        assert task.examples(benchmarks).startswith(start)
        assert end in task.examples(benchmarks)


@pytest.mark.parametrize(
    ("name", "stop", "votes", "temperature", "top_p"),
    [
        ("gsm8k", ("\n\n",), 100, 0.6, 0.95),
        ("minerva_math", ("I hope it is correct.",), 256, 0.6, 0.95),
    ],
)
def test_sampling_is_the_published_one(
    name: str, stop: tuple[str, ...], votes: int, temperature: float, top_p: float
) -> None:
    task = get_task(name)
    greedy, sampled = task.sampling(1, seed=0), task.sampling(votes, seed=0)
    assert task.votes == votes
    assert greedy.is_greedy
    assert (sampled.temperature, sampled.top_p) == (temperature, top_p)
    assert greedy.stop == sampled.stop == stop
    assert greedy.max_new_tokens == sampled.max_new_tokens == 1024


@pytest.mark.parametrize("name", NEED_FILES)
def test_subjects_and_levels_are_kept(benchmark_folder: Path, name: str) -> None:
    problems = get_task(name).problems(Benchmarks(benchmark_folder))
    if name == "minerva_math":
        sizes = [1187, 474, 479, 903, 540, 871, 546]
        subjects = [problem.subject for problem in problems]
        assert sorted(subjects.count(subject) for subject in set(subjects)) == sorted(sizes)
        assert {problem.level for problem in problems} == {"1", "2", "3", "4", "5"}
    assert all(problem.solution for problem in problems)
