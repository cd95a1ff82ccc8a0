from collections import Counter
from pathlib import Path

import pytest

from llemma.data.benchmarks import Benchmarks
from llemma.errors import UnknownNameError
from llemma.storage import read_jsonl, sha256_of_text
from llemma.tasks import PromptForm, get_any_task, get_task, get_theorem_task, task_names

PUBLISHED = ("gsm8k", "math_sat", "minerva_math", "mmlu_stem", "ocw_courses")
HOPE = ("I hope it is correct.",)


def test_every_file_is_a_task_of_its_name() -> None:
    assert {"arithmetic", *PUBLISHED} <= set(task_names())
    theorem_tasks = {"lean_core", "minif2f_lean", "minif2f_lean_new"}
    for name in task_names():
        get = get_theorem_task if name in theorem_tasks else get_any_task
        assert get(name).name == name


@pytest.mark.parametrize("name", ["arithmetic", *PUBLISHED])
def test_every_task_has_both_profiles(name: str) -> None:
    assert list(get_task(name).profiles) == ["fixed", "paper"]


def test_an_unknown_task_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(UnknownNameError, match=r"no task 'gsm8'\. Did you mean 'gsm8k'\?"):
        get_task("gsm8")
    with pytest.raises(UnknownNameError, match="no task"):
        get_task("../gsm8k")


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("gsm8k", 1319),
        ("minerva_math", 5000),
        ("arithmetic", 500),
        ("ocw_courses", 272),
        ("mmlu_stem", 3018),
        ("math_sat", 32),
        ("python_arithmetic", 500),
        ("python_gsm8k", 1319),
        ("sympy_math", 5000),
    ],
)
def test_problems_are_all_there_with_different_ids(benchmark_folder: Path, name: str, count: int) -> None:
    problems = get_task(name).problems(Benchmarks(benchmark_folder))
    assert len(problems) == len({problem.id for problem in problems}) == count


@pytest.mark.parametrize("name", ["arithmetic", *PUBLISHED])
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
        ("ocw_courses", 1969, "25503d230bd17bc253696a562603365fa87c6bb43c898aaa1e09e43467a1ef11"),
        ("mmlu_stem", 2212, "859846f64a052437912a44379850710a2ca7f6745946227b6bfbafa09b19de5a"),
        ("math_sat", 2212, "859846f64a052437912a44379850710a2ca7f6745946227b6bfbafa09b19de5a"),
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


@pytest.mark.parametrize(
    ("name", "form", "sha256"),
    [
        # Hashed outside this package from the benchmark files: examples + "\n\n" + the published layout of problem 0.
        # The mended examples were made another way than here. GSM8K: DeepSeek-Math's copy, which has neither slip, with
        # one blank line instead of two. MATH: the first question as it is in the training set (algebra/943). OCW:
        # DeepSeek-Math's copy, which is escaped once, without spaces at line ends. MMLU and SAT: DeepSeek-Math's copy.
        ("gsm8k", "published", "88f349a05c18a48b3f789a7811a304d730a1a90966bc0ccbaa79fded701905ef"),
        ("gsm8k", "mended", "901fead9abd2535b6d0610c3c90125f38cad81678c4b2b98ec8fb818e3948bde"),
        ("minerva_math", "published", "5bc46cd568dfed02cd0fdcb4ac9be28b8084fbda7357a1f8f8ceebcdd674c60a"),
        ("minerva_math", "mended", "c0b3ea1373de1ecbcd75fd2872f7273251b66a9fe3fdf2aff0bb46aebe88ce59"),
        ("ocw_courses", "published", "a1af63cdc8a762d8e326618ec5eab5761914622a39e29bcec899ad9fd57461b2"),
        ("ocw_courses", "mended", "cd88b25a78133cb3765cd4609f9f1976d5bca2c3f6b7db76641fc3618ab5d7c4"),
        ("mmlu_stem", "published", "2ffcfeabe8e03a78edee1c1e005887f4aee547b496506d446beaa12da301f78e"),
        ("mmlu_stem", "mended", "1d8fd4744a54cccb7c5b7c115764cd0c9d51380e145c86a5d82749649cae2936"),
        ("math_sat", "published", "a9f73133c7922acf1f5d5ca8a6b4481d852cf49f7234eb8d9f93d29d064a4062"),
        # Neither prompt with programs has a slip of copying.
        ("python_gsm8k", "published", "4cd66f12f0cfb2cee9c593a9bf7ad426b420d387a4e9400a328962d58a566627"),
        ("python_gsm8k", "mended", "4cd66f12f0cfb2cee9c593a9bf7ad426b420d387a4e9400a328962d58a566627"),
        ("sympy_math", "published", "83c6ab2548afb43d1fa0ac388e6d2d8e5e26a8623f9abbd5864e054843489a6a"),
        ("sympy_math", "mended", "83c6ab2548afb43d1fa0ac388e6d2d8e5e26a8623f9abbd5864e054843489a6a"),
        ("math_sat", "mended", "d8daed226096e33ac7048f5aca01e611ea5e06518c68a0b9ce38243d63cfbcd9"),
    ],
)
def test_the_whole_prompt_of_the_first_problem_is_the_published_one_and_the_mended_one(
    benchmark_folder: Path, name: str, form: PromptForm, sha256: str
) -> None:
    task, benchmarks = get_task(name), Benchmarks(benchmark_folder)
    prompt = task.prompt_examples(benchmarks, form) + task.query(task.problems(benchmarks)[0])
    assert sha256_of_text(prompt) == sha256


def test_prompts_are_as_published_unless_asked(benchmark_folder: Path) -> None:
    benchmarks = Benchmarks(benchmark_folder)
    for name in PUBLISHED:
        task = get_task(name)
        assert task.prompt_examples(benchmarks) == task.examples(benchmarks)
        assert task.prompt_examples(benchmarks, "mended") != task.examples(benchmarks)


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        ("gsm8k", "Q: ", "\nA:"),
        ("minerva_math", "Problem:\n", "\n\nSolution:"),
        ("ocw_courses", "Problem:\n", "\nSolution:"),
        ("mmlu_stem", "Problem:\n", "\nSolution:"),
        ("math_sat", "Problem:\n", "\nSolution:"),
    ],
)
def test_queries_have_the_layout_of_the_examples(benchmark_folder: Path, name: str, start: str, end: str) -> None:
    task, benchmarks = get_task(name), Benchmarks(benchmark_folder)
    problem = task.problems(benchmarks)[0]
    assert task.query(problem) == start + problem.question + end
    assert task.prompt_examples(benchmarks, "mended").startswith(start)
    assert end in task.examples(benchmarks)


@pytest.mark.parametrize("name", ["mmlu_stem", "math_sat"])
def test_choices_are_part_of_the_question(benchmark_folder: Path, name: str) -> None:
    for problem in get_task(name).problems(Benchmarks(benchmark_folder)):
        question, instruction, choices = problem.question.rpartition(
            "\nWhat of the following is the right choice? Explain your answer.\n"
        )
        assert question
        assert instruction
        assert choices.startswith("(A) " if name == "mmlu_stem" else ("A) ", "A. "))
        assert problem.reference in {"A", "B", "C", "D"}


@pytest.mark.parametrize(
    ("name", "stop", "votes", "temperature", "top_p"),
    [
        ("gsm8k", ("\n\n",), 100, 0.6, 0.95),
        ("minerva_math", HOPE, 256, 0.6, 0.95),
        ("ocw_courses", HOPE, 100, 0.6, 0.95),
        ("mmlu_stem", HOPE, 16, 0.3, 0.95),
        ("math_sat", HOPE, 16, 0.3, 0.95),
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


MATH = {
    "algebra": 1187, "counting_and_probability": 474, "geometry": 479, "intermediate_algebra": 903,
    "number_theory": 540, "prealgebra": 871, "precalculus": 546,
}  # fmt: skip
MMLU = {
    "abstract_algebra": 100, "astronomy": 152, "college_biology": 144, "college_chemistry": 100,
    "college_computer_science": 100, "college_mathematics": 100, "college_physics": 102, "computer_security": 100,
    "conceptual_physics": 235, "electrical_engineering": 145, "elementary_mathematics": 378,
    "high_school_biology": 310, "high_school_chemistry": 203, "high_school_computer_science": 100,
    "high_school_mathematics": 270, "high_school_physics": 151, "high_school_statistics": 216, "machine_learning": 112,
}  # fmt: skip


@pytest.mark.parametrize(("name", "sizes"), [("minerva_math", MATH), ("mmlu_stem", MMLU)])
def test_subjects_are_kept_with_their_published_sizes(benchmark_folder: Path, name: str, sizes: dict[str, int]) -> None:
    problems = get_task(name).problems(Benchmarks(benchmark_folder))
    assert Counter(problem.subject for problem in problems) == sizes
    assert all(problem.id.startswith(f"{name}/test/{problem.subject}/") for problem in problems)


def test_levels_and_solutions_are_kept(benchmark_folder: Path) -> None:
    for name in ("gsm8k", "minerva_math", "ocw_courses"):
        problems = get_task(name).problems(Benchmarks(benchmark_folder))
        assert {problem.level for problem in problems} == ({""} if name != "minerva_math" else set("12345"))
        assert all(problem.solution for problem in problems)


def test_the_courses_of_ocw_are_those_that_another_copy_names(benchmark_folder: Path) -> None:
    titles = [row["type"].lower() for row in read_jsonl(benchmark_folder / "ocw/test_alt_zubingou.jsonl")]
    problems = get_task("ocw_courses").problems(Benchmarks(benchmark_folder))
    for problem, title in zip(problems, titles, strict=True):
        assert problem.subject.replace("_", " ") in title
