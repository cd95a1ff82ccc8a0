"""What a user sees: exit codes, one-line errors, and the whole chain on tiny data."""

import json
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from llemma.cli.main import VERBS, cli
from llemma.storage import read_jsonl, write_jsonl
from tests.cli.conftest import Run
from tests.conftest import make_texts


def _assert_user_error(result: tuple[int, str, str], *parts: str) -> None:
    code, _, stderr = result
    errors = [line for line in stderr.splitlines() if line.startswith("error: ")]
    assert code == 2, stderr
    assert len(errors) == 1, stderr
    assert "Traceback" not in stderr
    for part in parts:
        assert part in errors[0]


def test_help_needs_no_heavy_package() -> None:
    code = (
        "import sys; from llemma.cli.main import cli; cli(['--help'], standalone_mode=False); "
        "heavy = {'torch', 'transformers', 'matplotlib', 'numpy', 'sympy', 'pydantic', 'rich'} & set(sys.modules); "
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Build, train, evaluate and examine" in done.stdout


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_with_an_example_and_at_most_ten_options(run: Run, verb: str) -> None:
    context = click.Context(cli)
    command = cli.get_command(context, verb)
    assert command is not None
    for path, leaf in _leaves([verb], command):
        code, stdout, _ = run(*path, "--help")
        assert code == 0
        assert f"llemma {' '.join(path)}" in stdout.split("Usage:")[1].split("\n", 1)[1]  # an example beside the usage
        assert len([parameter for parameter in leaf.params if isinstance(parameter, click.Option)]) <= 10


def _leaves(path: list[str], command: click.Command) -> Iterator[tuple[list[str], click.Command]]:
    if not isinstance(command, click.Group):
        yield path, command
        return
    for name, inner in command.commands.items():
        yield from _leaves([*path, name], inner)


def test_the_whole_chain_on_tiny_data(run: Run, tmp_path: Path) -> None:
    documents, data = tmp_path / "documents.jsonl.zst", tmp_path / "data"
    assert run("data", "generate", "arithmetic", "--limit", 200, "--out", documents)[0] == 0
    assert run("data", "tokenizer", documents, "--vocabulary-size", 400, "--out", data / "tokenizer")[0] == 0
    assert run("data", "shards", documents, "--tokenizer", data / "tokenizer", "--out", data / "shards")[0] == 0
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(
        f'tokenizer = "{data}/tokenizer"\ndata.sequence_tokens = 64\ndata.sources = [{{ path = "{data}/shards" }}]\n'
        "optim = { batch_sequences = 4, warmup_steps = 1, steps = 3 }\n"
        "model = { hidden_size = 32, layers = 1, heads = 2, context_tokens = 512 }\n"
    )
    code, _, stderr = run("train", recipe, "optim.steps=2", "--out", tmp_path / "model")
    assert code == 0
    assert f"Next: llemma eval --model hf:{tmp_path}/model" in stderr
    assert (tmp_path / "model/loss.png").stat().st_size > 1000
    evaluation = ("eval", "--model", f"hf:{tmp_path}/model", "--task", "arithmetic", "--limit", 3)
    code, stdout, _ = run(*evaluation, "max_new_tokens=8", "--samples", 2, "--out", tmp_path / "run")
    assert code == 0
    assert "maj@2" in stdout
    assert len(list(read_jsonl(tmp_path / "run/completions.jsonl"))) == 6
    code, stdout, _ = run("diff", tmp_path / "run", tmp_path / "run")
    assert code == 0
    assert "The protocols are the same." in stdout
    assert run("grade", tmp_path / "run")[0] == 0
    assert (tmp_path / "run-regraded/summary.json").read_bytes() == (tmp_path / "run/summary.json").read_bytes()
    code, stdout, _ = run("report", tmp_path / "run", tmp_path / "model", "--out", tmp_path / "report")
    assert code == 0
    assert json.loads((tmp_path / "report/summary.json").read_text())["arithmetic"]["model"]["n"] == 3
    for arguments in (("data", "generate", "arithmetic", "--limit", 200, "--out", documents), evaluation):
        code, _, stderr = run(*arguments, *(() if arguments[0] == "data" else ("--out", tmp_path / "other")))
        assert code == 0


def test_a_second_run_of_every_step_does_nothing(run: Run, tmp_path: Path) -> None:
    documents = tmp_path / "documents.jsonl"
    write_jsonl(documents, ({"text": text} for text in make_texts(50)))
    steps = [
        ("data", "tokenizer", documents, "--vocabulary-size", 270, "--out", tmp_path / "tokenizer"),
        ("data", "shards", documents, "--tokenizer", tmp_path / "tokenizer", "--out", tmp_path / "shards"),
    ]
    for step in steps:
        assert run(*step)[0] == 0
        code, _, stderr = run(*step)
        assert code == 0
        assert "nothing to do" in stderr


def test_unknown_names_are_refused_with_the_nearest(run: Run, tmp_path: Path) -> None:
    model = tmp_path / "none"
    _assert_user_error(run("eval", "--model", "hf:x", "--task", "gsm8"), "no task 'gsm8'", "Did you mean 'gsm8k'?")
    _assert_user_error(run("eval", "--model", "hg:x/y", "--task", "gsm8k"), "no engine 'hg'")
    _assert_user_error(run("eval", "--model", f"hf:{model}", "--task", "arithmetic"), str(model))
    _assert_user_error(run("eval", "--model", f"replay:{model}", "--task", "arithmetic"), str(model))
    assert run("trian", "x")[0] == 2
    assert not Path("runs/eval/none-arithmetic-greedy").exists()


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("[optim]\nlearnin_rate = 1.0\n", "optim: no field 'learnin_rate'. Did you mean 'learning_rate'?"),
        ('[optim]\nsteps = "many"\n', "optim: steps: input should be a valid integer, found 'many'"),
        ("[optim\n", "not valid TOML"),
    ],
)
def test_a_malformed_recipe_is_named(run: Run, tmp_path: Path, text: str, part: str) -> None:
    recipe = tmp_path / "recipe.toml"
    recipe.write_text('init = "x"\n[data]\nsources = [{ path = "x" }]\n' + text)
    _assert_user_error(run("train", recipe), str(recipe), part)


def test_missing_and_corrupt_shards_are_named(run: Run, tmp_path: Path, tiny_data: Path) -> None:
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(
        f'tokenizer = "{tiny_data}/tokenizer"\nmodel = {{ hidden_size = 32, layers = 1, heads = 2 }}\n'
        f'data.sources = [{{ path = "{tmp_path}/shards" }}]\n'
    )
    _assert_user_error(run("train", recipe, "--out", tmp_path / "run"), "no token shards there")
    shutil.copytree(tiny_data / "shards", tmp_path / "shards")
    for file in (tmp_path / "shards").glob("*.bin"):
        file.write_bytes(file.read_bytes()[:-1])
    _assert_user_error(run("train", recipe, "--out", tmp_path / "run"), "tokens-00000.bin", "corrupt")


def test_a_changed_benchmark_file_is_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "gsm8k").mkdir()
    write_jsonl(tmp_path / "gsm8k/test.jsonl", [{"question": "1 + 1?", "answer": "2\n#### 2"}])
    recorded = tmp_path / "recorded.jsonl"
    write_jsonl(recorded, [{"problem_id": "gsm8k/test/0", "sample": 0, "text": "The answer is 2."}])
    result = run(
        "eval", "--model", f"replay:{recorded}", "--task", "gsm8k", "--benchmarks", tmp_path, "--out", tmp_path / "run"
    )
    _assert_user_error(result, "1 rows of 1,319, first that differs: row 0 (it begins '1 + 1?')")


def test_an_unwritable_output_folder_is_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    _assert_user_error(
        run("data", "generate", "arithmetic", "--limit", 1, "--out", tmp_path / "file/x.jsonl"),
        str(tmp_path / "file"),
        "Choose another --out",
    )


def test_a_disk_that_takes_no_more_is_named(run: Run, tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))  # what a full disk or a quota does to a write
    try:
        result = run("data", "generate", "general_text", "--limit", 2000, "--out", tmp_path / "x.jsonl")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    _assert_user_error(result, "cannot write", "File too large", "Choose another --out")
    assert list(tmp_path.iterdir()) == []


def test_a_run_directory_of_another_protocol_is_named(run: Run, tmp_path: Path) -> None:
    recorded = tmp_path / "recorded.jsonl"
    write_jsonl(recorded, [{"problem_id": "arithmetic/test/0", "sample": 0, "text": "\nHm."}])
    evaluation = ("eval", "--model", f"replay:{recorded}", "--task", "arithmetic", "--out", tmp_path / "run")
    assert run(*evaluation, "--limit", 1)[0] == 0
    _assert_user_error(run(*evaluation, "--limit", 2), "holds a different run", "limit: 1 there, 2 here")


def test_a_report_of_an_unfinished_run_is_refused(run: Run, tmp_path: Path) -> None:
    _assert_user_error(run("report", tmp_path, "--out", tmp_path / "report"), str(tmp_path), "not a run directory")


def test_the_doctor_names_what_is_there(run: Run) -> None:
    code, stdout, stderr = run("doctor")
    assert "downloading" not in stderr
    assert code == 0
    for part in ("torch", "GPU", "sandbox", "problems gsm8k", "problems math"):
        assert part in stdout
