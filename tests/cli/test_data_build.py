"""What a user sees of `llemma data build`."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from llemma.storage import write_jsonl, write_text
from tests.cli.conftest import Run
from tests.cli.test_cli import _assert_user_error


def recipe_file(folder: Path, *, more: str = "", path: str | None = None) -> Path:
    """A recipe of one part that reads rows."""
    recipe = folder / "recipe.toml"
    source = f'{{ source = "rows", path = ["{path or folder / "in"}"], language = "en" }}'
    write_text(recipe, f'parts = [{{ name = "rows", inputs = [{{ name = "in", source = {source} }}] }}]\n{more}')
    return recipe


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with four rows to read, one of them without text."""
    texts = ("one", "two", " ", "one")
    write_jsonl(tmp_path / "in/a.jsonl", ({"id": str(n), "text": text} for n, text in enumerate(texts)))
    return tmp_path


def test_a_build_says_what_it_kept_and_where_it_is(run: Run, folder: Path) -> None:
    out = folder / "out"
    code, stdout, stderr = run("data", "build", recipe_file(folder, more="[dedup]"), "--out", out, "--processes", 1)
    assert (code, stdout) == (0, "")
    read, signed, cleaned, card = stderr.splitlines()
    assert read.startswith("kept 3 of 4 documents (dropped: empty 1) in ")
    assert read.endswith(f" -> {out}/stages/documents")
    assert signed.startswith("signed 1 shards in ")
    assert cleaned.startswith("kept 2 of 3 documents (dropped: exact_duplicate 1) in ")
    assert cleaned.endswith(f" -> {out}/text")
    assert card.startswith(f"data card -> {out}/README.md")
    assert "# " in (out / "README.md").read_text()


def test_a_second_build_does_nothing(run: Run, folder: Path) -> None:
    arguments = ("data", "build", recipe_file(folder), "--out", folder / "out")
    assert run(*arguments)[0] == 0
    code, _, stderr = run(*arguments)
    assert code == 0
    assert "is finished; nothing to do" in stderr


def test_another_build_in_the_same_folder_is_refused(run: Run, folder: Path) -> None:
    arguments = ("data", "build", recipe_file(folder, more="[dedup]"), "--out", folder / "out")
    assert run(*arguments)[0] == 0
    _assert_user_error(
        run(*arguments, "dedup.near=false"), "different run", "recipe.dedup.near: true there, false here"
    )


def test_a_recipe_that_is_not_there_is_named(run: Run, tmp_path: Path) -> None:
    _assert_user_error(run("data", "build", tmp_path / "no.toml", "--out", tmp_path / "out"), "no.toml: no such recipe")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("more", "part"),
    [
        ("[dedup]\nnera = false\n", "dedup: no field 'nera'. Did you mean 'near'?"),
        ("[decontaminate]\n", "decontaminate: field 'protected' is missing"),
        ("[split]\ntest = 1.5\n", "split: test: input should be less than 1, found 1.5"),
    ],
)
def test_a_mistake_in_a_recipe_is_named(run: Run, folder: Path, more: str, part: str) -> None:
    recipe = recipe_file(folder, more=more)
    _assert_user_error(run("data", "build", recipe, "--out", folder / "out"), str(recipe), part)


def test_a_misspelt_field_of_a_source_is_named(run: Run, folder: Path) -> None:
    write_text(folder / "source.toml", recipe_file(folder).read_text().replace("language =", "lanugage ="))
    result = run("data", "build", folder / "source.toml", "--out", folder / "out")
    _assert_user_error(result, "parts: 0: inputs: 0: source: rows: no field 'lanugage'.")


def test_a_path_that_leads_to_nothing_is_named(run: Run, folder: Path) -> None:
    recipe = recipe_file(folder, path=f"{folder}/nothing/*.jsonl")
    _assert_user_error(run("data", "build", recipe, "--out", folder / "out"), f"{folder}/nothing/*.jsonl")


def test_an_unknown_benchmark_is_named(run: Run, folder: Path) -> None:
    recipe = recipe_file(folder, more='[decontaminate]\nprotected = ["gsm8"]\n')
    _assert_user_error(run("data", "build", recipe, "--out", folder / "out"), "no benchmark 'gsm8'", "'gsm8k'?")


def test_ray_that_is_not_installed_is_named(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    result = run("data", "build", recipe_file(folder), "--out", folder / "out", "--executor", "ray")
    _assert_user_error(result, "ray is not installed", "pip install 'llemma[ray]'")


def test_a_package_that_a_step_needs_is_named(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = folder / "blocked"
    write_text(blocked / "pycld2.py", "raise ImportError('not installed')")
    monkeypatch.syspath_prepend(str(blocked))
    text = recipe_file(folder).read_text().replace("} }] }]", '}, steps = [{ step = "language" }] }] }]')
    write_text(folder / "recipe.toml", text)
    result = run("data", "build", folder / "recipe.toml", "--out", folder / "out")
    _assert_user_error(result, "pycld2 is not installed")


def interrupted(folder: Path) -> "subprocess.Popen[str]":
    """A build of many shards that gets Ctrl-C, as from a terminal, when some are done."""
    for number in range(40):
        write_jsonl(folder / f"in/{number}.jsonl", [{"id": str(number), "text": f"text {number}"}])
    arguments = ["data", "build", recipe_file(folder), "--out", folder / "out", "--processes", "1"]
    process = subprocess.Popen(
        [sys.executable, "-c", "from llemma.cli.main import main; main()", *map(str, arguments)],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while process.poll() is None and not list((folder / "out/stages").glob("documents/rows/*.json")):
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    return process


def test_ctrl_c_keeps_what_is_done_and_says_how_to_go_on(run: Run, folder: Path) -> None:
    with interrupted(folder) as process:
        _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert stderr == f"stopped. The same command goes on with what is in {folder}/out\n"
    done = {path: path.stat().st_mtime_ns for path in (folder / "out/stages/documents").rglob("*.json")}
    assert done
    assert run("data", "build", folder / "recipe.toml", "--out", folder / "out")[0] == 0
    assert {path: path.stat().st_mtime_ns for path in done} == done


def test_progress_without_a_terminal_is_plain_lines(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("llemma.progress.PLAIN_INTERVAL_S", 0.0)
    code, _, stderr = run("data", "build", recipe_file(folder), "--out", folder / "out")
    assert code == 0
    assert "\x1b" not in stderr
    lines = [line for line in stderr.splitlines() if line.startswith("read: 1 of 1 shards")]
    assert lines
    assert lines[-1].endswith("4 documents")
