"""Benchmark data by name: from a given folder, the cache or the public source, and verified wherever it came from.

The problems are other people's text, so they are not in this package. Each set is known by the SHA-256 of its
canonical rows, so the same problems verify from any source, and a changed or cut copy is refused.
"""

import ast
import os
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from llemma.errors import BenchmarkError, DataError, UnknownNameError
from llemma.progress import say
from llemma.storage import read_jsonl, sha256_of_rows, sha256_of_text, write_bytes

Row = dict[str, str]
"""A canonical row: `question`, `solution`, `answer`, `subject`, `level` and the choices `A` to `D`, as far as the
benchmark has them. Of formal theorems: `question`, which is Lean source, `name` and `split`."""

Fetch = Callable[[str], bytes]


@dataclass(frozen=True, slots=True)
class ProblemSet:
    """A set of problems: where it lies in a benchmark folder, its public source, and what it must contain.

    `row_of` turns a row of any of these files into a canonical row. `order`, where given, is the canonical order;
    else it is the order of the files. `url` is "" where no public file is known to hold these rows exactly.
    """

    files: tuple[str, ...]
    url: str
    rows: int
    sha256: str
    row_of: Callable[[Row], Row]
    order: Callable[[Row], tuple[str, ...]] | None = None


@dataclass(frozen=True, slots=True)
class Prompt:
    """A few-shot prompt: its row in `prompts/fewshot_prompts.jsonl` of a benchmark folder, or a string constant in
    the public Python source at `url`, in both cases with this SHA-256 of its text.
    """

    row: str
    url: str
    sha256: str


def _gsm8k_row(row: Row) -> Row:
    return {"question": row["question"], "solution": row["answer"]}


def _math_row(row: Row) -> Row:
    return {"question": row["problem"], "solution": row["solution"], "subject": row["type"], "level": row["level"]}


def _ocw_row(row: Row) -> Row:
    return {"question": row["problem"], "solution": row["solution"], "answer": row["answer"]}


def _mmlu_row(row: dict[str, Any]) -> Row:
    choices = dict(zip("ABCD", row["choices"], strict=True))
    return {"question": row["question"], **choices, "answer": "ABCD"[row["answer"]], "subject": row["type"]}


def _sat_row(row: Row) -> Row:
    return {"question": row["question"], "choices": row["options"], "answer": row["Answer"]}


def _minif2f_row(row: Row) -> Row:
    return {"question": row["statement"], "name": row["full_name"], "split": row["split"]}


def _minif2f_new_row(row: Row) -> Row:
    return {"question": row["source"], "name": row["name"], "split": row["split"]}


_CURE = "--benchmarks DIR or LLEMMA_BENCHMARKS"
_ROW_FINGERPRINTS = Path(__file__).parent / "benchmark_rows"

MATH_SUBJECTS = (
    "algebra",
    "counting_and_probability",
    "geometry",
    "intermediate_algebra",
    "number_theory",
    "prealgebra",
    "precalculus",
)

_GITHUB = "https://raw.githubusercontent.com"
_GSM8K = f"{_GITHUB}/openai/grade-school-math/3101c7d5072418e28b9008a6636bde82a006892c/grade_school_math/data"
_TORA = f"{_GITHUB}/microsoft/ToRA/213c1c995038c73fab10343814df7a42f990f026/src/data"
_DEEPSEEK = f"{_GITHUB}/deepseek-ai/DeepSeek-Math/b8b0f8ce093d80bf8e9a641e44142f06d092c305/evaluation/datasets"
_ZUBINGOU = f"{_GITHUB}/ZubinGou/math-evaluation-harness/db77bc6bb2a17c90ed2d63e88ebd8c40a82858c5/data"
_FORMAL = f"{_GITHUB}/wellecks/llemma_formal2formal/0931a1e27ede893b14b30da601dbf97f2b3ab42d/data"
_HARNESS = f"{_GITHUB}/wellecks/lm-evaluation-harness/bec2172e72be4adc70e85957cc97a2fbe70c207b/lm_eval/tasks"
_FORMAL = f"{_GITHUB}/wellecks/llemma_formal2formal/adf9240cb7bbd9f87f7b123680251a40cd9a8f10"

PROBLEM_SETS = {
    "gsm8k": ProblemSet(
        files=("gsm8k/test.jsonl",),
        url=f"{_GSM8K}/test.jsonl",
        rows=1319,
        sha256="f63d336cf451b6b3ed4d17bf4e394159bb783e4834a945f1644a09b9823076c1",
        row_of=_gsm8k_row,
    ),
    "math": ProblemSet(
        files=tuple(f"math/test/{subject}.jsonl" for subject in MATH_SUBJECTS),
        url=f"{_TORA}/math/test.jsonl",
        rows=5000,
        sha256="5484cd136df56624719737c7184ed68d090416b101c98264fcdab125a7767504",
        row_of=_math_row,
        order=lambda row: (row["subject"], row["question"], row["solution"]),
    ),
    "gsm8k_train": ProblemSet(
        files=("gsm8k/train.jsonl",),
        url=f"{_GSM8K}/train.jsonl",
        rows=7473,
        sha256="63e5c62e0e00863ff9660cbf0e5acb24cbe85eeb3c78e519c168a63127bf7e30",
        row_of=_gsm8k_row,
    ),
    "math_train": ProblemSet(
        files=tuple(f"math/train/{subject}.jsonl" for subject in MATH_SUBJECTS),
        url="",
        rows=7500,
        sha256="d1143f21ae6d68bc73a8745ef69e022e4c98e8dc752bff38eeaea6b6e2c4be93",
        row_of=_math_row,
        order=lambda row: (row["subject"], row["question"], row["solution"]),
    ),
    "ocw_courses": ProblemSet(
        files=("ocw/test.jsonl",),
        url=f"{_DEEPSEEK}/ocw/test.jsonl",
        rows=272,
        sha256="285e206d3133b7bae0cc025a8258f72f7ebfe3e6e962db52a5a200eb969004d2",
        row_of=_ocw_row,
    ),
    "mmlu_stem": ProblemSet(
        files=("mmlu_stem/test.jsonl",),
        url=f"{_ZUBINGOU}/mmlu_stem/test.jsonl",
        rows=3018,
        sha256="6a0d72e03fb93d13fb88612a1ee345566d0e4c6a6917731eb62ed54f89e3c510",
        row_of=_mmlu_row,
    ),
    "math_sat": ProblemSet(
        files=("sat/test.jsonl",),
        url=f"{_DEEPSEEK}/sat/test.jsonl",
        rows=32,
        sha256="ca454d0cdb591abdb9be4e900b3bca26afcaecf49f5aef3c0f0a0c00f69aa8a3",
        row_of=_sat_row,
    ),
    "minif2f_lean": ProblemSet(
        files=("minif2f/llemma_formal2formal_lean4.jsonl",),
        url=f"{_FORMAL}/minif2f.jsonl",
        rows=488,
        sha256="0690b90a8c2ffc82e76c252705f9e921a6b8c64fe21d78e71534f3b3d20baaa6",
        row_of=_minif2f_row,
    ),
    "minif2f_lean_new": ProblemSet(
        files=("minif2f/lean4_yangky11.jsonl",),
        url="",  # published as 488 files
        rows=488,
        sha256="ad9f318edd5b47846459e71261b46a906f5261e0f58f57ef56ffbe7f14b8bfe6",
        row_of=_minif2f_new_row,
    ),
}

PROMPTS = {
    "gsm8k_cot_8shot": Prompt(
        row="gsm8k_cot_8shot.llemma_fork",
        url=f"{_HARNESS}/gsm8k.py",
        sha256="10ac6d4e9c9ed3ab67597ef071a95fc1dfeb51c5249f97b1e8dcc0d9b0da556b",
    ),
    "minerva_math_4shot": Prompt(
        row="minerva_math_4shot.llemma_fork",
        url=f"{_HARNESS}/minerva_math.py",
        sha256="00e83b645e0473fc5787e78afe3e452786f8f260cf7623f3aa9f93a792989806",
    ),
    "ocw_4shot": Prompt(
        row="ocw_4shot.llemma_fork",
        url=f"{_HARNESS}/ocw_courses.py",
        sha256="25503d230bd17bc253696a562603365fa87c6bb43c898aaa1e09e43467a1ef11",
    ),
    "mmlu_stem_4shot": Prompt(
        row="mmlu_stem_4shot.llemma_fork",
        url=f"{_HARNESS}/hendrycks_test_cot.py",
        sha256="859846f64a052437912a44379850710a2ca7f6745946227b6bfbafa09b19de5a",
    ),
    "sat_4shot": Prompt(
        row="sat_4shot.llemma_fork",
        url=f"{_HARNESS}/math_sat_cot.py",
        sha256="859846f64a052437912a44379850710a2ca7f6745946227b6bfbafa09b19de5a",
    ),
    "gsm8k_pal_8shot": Prompt(
        row="gsm8k_pal_8shot.llemma_fork",
        url=f"{_HARNESS}/python_gsm.py",
        sha256="810703a871ff526a4297faa1fab7d07215a6865cf280d134f251ed9afd6862fa",
    ),
    "math_sympy_5shot": Prompt(
        row="math_sympy_5shot.llemma_fork",
        url=f"{_HARNESS}/sympy_math.py",
        sha256="d532ff701a4bf9e48cd32e9c1abf17917c5842de0cdcf2a2d9fb4a3def12a953",
    ),
    "lean4_tactic_3shot": Prompt(
        row="lean4_tactic_3shot.formal2formal",  # a template: %s stands for the tactic state
        url=f"{_FORMAL}/proofsearch.py",
        sha256="98d756b0d69ed172cafc18c98237cd71fd6c15e2a0e063d1d0ddd0414b55f1b0",
    ),
}


def fetch_url(url: str, *, timeout_s: float = 60.0) -> bytes:
    """Return the body of an HTTP(S) resource, and say that it is downloaded."""
    say(f"downloading {url}")
    with urllib.request.urlopen(url, timeout=timeout_s) as response:
        body: bytes = response.read()
    return body


def cache_directory() -> Path:
    """Return where downloaded data is kept: LLEMMA_CACHE, else `llemma` in the user's cache folder."""
    if "LLEMMA_CACHE" in os.environ:
        return Path(os.environ["LLEMMA_CACHE"])
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "llemma"


@dataclass(frozen=True, slots=True)
class Benchmarks:
    """Finds problem sets and prompts in `folder` (default: LLEMMA_BENCHMARKS), else in the cache, else in public."""

    folder: Path | None = None
    cache: Path = field(default_factory=cache_directory)
    fetch: Fetch = fetch_url

    def problems(self, name: str) -> list[Row]:
        """Return the canonical rows of a problem set. Raises BenchmarkError when they are not what they must be."""
        wanted = PROBLEM_SETS.get(name)
        if wanted is None:
            raise UnknownNameError("problem set", name, PROBLEM_SETS)
        folder = self._given_folder()
        if folder is not None and (folder / wanted.files[0]).exists():
            return _verified(name, _rows_of_files(wanted, folder), where=str((folder / wanted.files[0]).parent))
        path = self._cached(f"{name}.jsonl", wanted.url)
        return _verified(name, _canonical(wanted, _rows_of_file(path)), where=str(path))

    def prompt(self, name: str) -> str:
        """Return the text of a few-shot prompt, byte for byte. Raises BenchmarkError when it was changed."""
        wanted = PROMPTS.get(name)
        if wanted is None:
            raise UnknownNameError("few-shot prompt", name, PROMPTS)
        folder = self._given_folder()
        if folder is not None and (path := folder / "prompts" / "fewshot_prompts.jsonl").exists():
            candidates: Iterable[str] = (row["prompt_text"] for row in _rows_of_file(path) if row["name"] == wanted.row)
        else:
            path = self._cached(f"{name}.py", wanted.url)
            candidates = _strings_in_source(path.read_bytes())
        for text in candidates:
            if sha256_of_text(text) == wanted.sha256:
                return text
        raise BenchmarkError(f"{path}: prompt {wanted.row!r} is missing or was changed (no text with its SHA-256)")

    def _given_folder(self) -> Path | None:
        folder = self.folder
        if folder is None and os.environ.get("LLEMMA_BENCHMARKS"):
            folder = Path(os.environ["LLEMMA_BENCHMARKS"])
        if folder is not None and not folder.is_dir():
            raise BenchmarkError(f"{folder}: no such benchmark folder (from --benchmarks or LLEMMA_BENCHMARKS)")
        return folder

    def _cached(self, name: str, url: str) -> Path:
        path = self.cache / "benchmarks" / name
        if not path.exists() and not url:
            raise BenchmarkError(f"no public source of {name} is known. Give a folder that has it: {_CURE}")
        if not path.exists():
            try:
                body = self.fetch(url)
            except (urllib.error.URLError, TimeoutError, OSError) as error:
                raise BenchmarkError(f"cannot download {url} ({error}). Give a folder that has it: {_CURE}") from error
            write_bytes(path, body)
        return path


def _rows_of_files(wanted: ProblemSet, folder: Path) -> list[Row]:
    missing = [name for name in wanted.files if not (folder / name).exists()]
    if missing:
        raise BenchmarkError(f"{folder / missing[0]} is missing; the set has {len(wanted.files)} files")
    return _canonical(wanted, (row for name in wanted.files for row in _rows_of_file(folder / name)))


def _rows_of_file(path: Path) -> Iterator[Row]:
    try:
        yield from read_jsonl(path)
    except DataError as error:
        raise BenchmarkError(str(error)) from error


def _canonical(wanted: ProblemSet, rows: Iterable[Row]) -> list[Row]:
    try:
        canonical = [wanted.row_of(row) for row in rows]
    except KeyError as error:
        raise BenchmarkError(f"{wanted.files[0]}: a row has no field {error}") from error
    except (TypeError, ValueError, IndexError) as error:
        raise BenchmarkError(f"{wanted.files[0]}: a row is not in the published form ({error})") from error
    return sorted(canonical, key=wanted.order) if wanted.order else canonical


def _verified(name: str, rows: list[Row], *, where: str) -> list[Row]:
    wanted = PROBLEM_SETS[name]
    if sha256_of_rows(rows) == wanted.sha256:
        return rows
    expected = _ROW_FINGERPRINTS.joinpath(f"{name}.u16").read_bytes()
    index = _first_difference(row_fingerprints(rows), expected)
    shown = f"it begins {rows[index]['question'][:40]!r}" if index < len(rows) else "it is missing"
    what = f"{len(rows):,} rows of {wanted.rows:,}, first that differs: row {index} ({shown})"
    raise BenchmarkError(f"{where}: not the published problems: {what}. Use an unchanged copy")


def row_fingerprints(rows: Iterable[Row]) -> bytes:
    """Return two bytes of each row's SHA-256: enough to say which row differs once the whole is known to differ."""
    return b"".join(bytes.fromhex(sha256_of_rows([row])[:4]) for row in rows)


def _first_difference(found: bytes, expected: bytes) -> int:
    pairs = zip(found[::2], found[1::2], expected[::2], expected[1::2], strict=False)
    different = (index for index, (a, b, c, d) in enumerate(pairs) if (a, b) != (c, d))
    return next(different, min(len(found), len(expected)) // 2)


def _strings_in_source(source: bytes) -> Iterator[str]:
    """Yield every string constant in Python source, as it is and stripped; the source is parsed, never run."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
            yield node.value.strip()
