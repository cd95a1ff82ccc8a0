"""Every rule of every language, with a text just inside and a text just outside."""

import pytest

from llemma.data.filters.source_code import SourceCode, digit_density, source_code_reason
from llemma.data.filters.source_code_rules import RULES
from llemma.data.steps import Row, to_batch

GOOD = {
    "agda": "id : {A : Set} -> A -> A",
    "c": "#include <gsl/gsl_math.h>",
    "coq": "Theorem t : True.",
    "cpp": "#include <Eigen/Dense>",
    "fortran": "program main",
    "gap": "G := SymmetricGroup(n);",
    "haskell": "import Data.Complex",
    "idris": "total",
    "isabelle": "lemma a: True",
    "julia": "f(x) = x",
    "jupyter-notebook": '{"cells": ["import sympy"]}',
    "lean": "theorem t : True",
    "maple": "f := x -> x;",
    "matlab": "y = eig(A);",
    "python": "import numpy",
    "r": "x <- y",
    "tex": "\\section{A}",
}

PACKAGES = "numpy scipy sympy sage numba numexpr theano statsmodels networkx mpmath pymc3 astropy cupy pycuda cvxpy"
MODULES = "Numeric.LinearAlgebra Numeric.SpecFunctions Numeric.Vector Statistics Data.Complex"
C_HEADERS = "fftw.h fftw3.h rfftw.h gsl/gsl_blas.h cblas.h blas.h lapacke.h nlopt.h petsc.h"
CPP_HEADERS = (
    "adept_arrays.h adept.h alglib/ap.h boost/math.hpp armadillo blitz/array.h Eigen/Core deal.II/base.h dlib/matrix.h "
    "NTL/ZZ.h mtl/mtl.h"
)
SECTIONS = (
    "chapter chapter* section section* subsection subsection* subsubsection subsubsection* paragraph subparagraph"
)


def reason(language: str, text: str, path: str | None = None, repository: str | None = None) -> str | None:
    return source_code_reason(language, text, path, repository)


def padded(language: str, size: int) -> str:
    """A good text of `size` bytes."""
    return GOOD[language] + "\n" + "a" * (size - len(GOOD[language]) - 1)


def test_the_languages_are_the_seventeen_of_algebraic_stack() -> None:
    assert set(RULES) == set(GOOD)
    assert len(RULES) == 17


@pytest.mark.parametrize("language", GOOD)
def test_a_good_text_is_kept(language: str) -> None:
    assert reason(language, GOOD[language]) is None


@pytest.mark.parametrize("language", ["cobol", "", "Python"])
def test_a_language_without_rules_is_dropped(language: str) -> None:
    assert reason(language, "import numpy") == "unknown_language"


@pytest.mark.parametrize("language", GOOD)
@pytest.mark.parametrize("text", ["", " \n\t\u3000"])
def test_a_text_of_nothing_but_white_space_is_empty(language: str, text: str) -> None:
    assert reason(language, text) == "empty"


STANDARD = sorted(set(GOOD) - {"julia", "jupyter-notebook", "maple", "tex"})


@pytest.mark.parametrize(
    ("language", "limit"),
    [*((language, 1_048_575) for language in STANDARD), ("maple", 100_000), ("tex", 10_000_000)],
)
def test_the_size_limit_is_in_bytes_and_inclusive(language: str, limit: int) -> None:
    assert reason(language, padded(language, limit)) is None
    assert reason(language, padded(language, limit + 1)) == "too_large"
    assert reason(language, padded(language, limit - 1) + "é") == "too_large"


def test_a_notebook_has_no_size_limit() -> None:
    assert reason("jupyter-notebook", padded("jupyter-notebook", 2_000_000)) is None


@pytest.mark.parametrize("language", sorted(set(STANDARD) - {"cpp"} | {"maple", "tex"}))
def test_half_of_the_solid_characters_may_be_digits(language: str) -> None:
    solid = "".join(GOOD[language].split())
    letters = len(solid) - sum(c.isdigit() for c in solid)
    more = letters - (len(solid) - letters)
    assert reason(language, GOOD[language] + " \n" * 50 + "7" * more) is None
    assert reason(language, GOOD[language] + " \n" * 50 + "7" * (more + 1)) == "digit_density"


def test_a_tenth_of_the_solid_characters_of_cpp_may_be_digits() -> None:
    text = "#include <Eigen/X> " + "b" * 10  # 17 + 10 solid characters
    assert reason("cpp", text + " 123") is None  # 3 of 30
    assert reason("cpp", text + " 1234") == "digit_density"


@pytest.mark.parametrize("language", ["julia", "jupyter-notebook"])
def test_small_julia_files_and_notebooks_may_be_all_digits(language: str) -> None:
    assert reason(language, GOOD[language] + "1234567890" * 100) is None


def test_only_ascii_digits_count_and_all_unicode_white_space_does_not() -> None:
    assert digit_density("12 ab\u3000\u00a0\u2003c\n٣") == 2 / 6
    assert digit_density("") == 0


def test_characters_outside_ascii_count_once_in_the_density() -> None:
    assert reason("agda", "1234" + "→" * 4) is None
    assert reason("agda", "12345" + "→" * 4) == "digit_density"
    assert reason("agda", "1234" + "→" * 3 + "\u3000" * 9) == "digit_density"


@pytest.mark.parametrize(
    ("language", "start", "expected"),
    [
        ("r", "<?xml", "xml"),
        ("r", "{", "notebook"),
        ("maple", "<?xml", "xml"),
        ("python", "{", "notebook"),
        ("python", " \n\u00a0{", "notebook"),
        ("julia", "%", "not_julia"),
        ("julia", "{", "not_julia"),
        ("julia", "[", "not_julia"),
    ],
)
def test_a_file_that_begins_like_another_format_is_dropped(language: str, start: str, expected: str) -> None:
    assert reason(language, start + "\n" + GOOD[language]) == expected
    assert reason(language, "x" + start + "\n" + GOOD[language]) is None


@pytest.mark.parametrize(
    ("language", "word", "expected", "near"),
    [
        ("r", "/* Resource fork */", "mac_resource_fork", "/* resource fork */"),
        ("r", "Requirement {\n Identifier", "code_signing", "Requirement { Identity"),
        ("coq", "pragma", "verilog", "Pragma"),
        ("coq", "endmodule", "verilog", "End module"),
        ("coq", "posedge", "verilog", "pos edge"),
        ("coq", "negedge", "verilog", "neg edge"),
        ("coq", "wire", "verilog", "wir"),
        ("coq", "(* This file was automatically generated *)", "generated", "(* This file was generated *)"),
        ("matlab", "#import <Foundation.h>", "objective_c", "import java.util.*"),
        ("matlab", "@interface", "objective_c", "@(x) interface"),
        ("matlab", "@implementation", "objective_c", "@(x) implementation"),
        ("matlab", "@property", "objective_c", "properties"),
        ("matlab", "#include", "c_source", "include"),
        ("matlab", "int main(void) {", "c_source", "int main(void) { % a cell"),
        ("matlab", "int main(int argc, char **argv) {  \r", "c_source", "domain(x) = {"),
        ("tex", "\\input{plot.gnuplot}", "gnuplot", "\\input{plot.gnu}"),
    ],
)
def test_a_word_of_another_format_anywhere_drops_the_file(language: str, word: str, expected: str, near: str) -> None:
    assert reason(language, f"{GOOD[language]}\n{word}\n") == expected
    assert reason(language, f"{GOOD[language]}\n{near}\n") is None


def test_a_c_main_is_found_in_the_middle_of_a_file_and_on_its_last_line() -> None:
    assert reason("matlab", "a main(b)\nint main(void) {\nreturn;\n}\n") == "c_source"
    assert reason("matlab", "x\nint main(void) {") == "c_source"
    assert reason("matlab", "int main(void)\n x = {\n") is None


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        *(("python", f"import {package}", None) for package in [*PACKAGES.split(), "pyomo", "jax"]),
        *(("python", f"from {package} import f", None) for package in [*PACKAGES.split(), "pyomo", "jax"]),
        ("python", "import torch, pandas", "no_math_import"),
        ("python", "import  numpy", "no_math_import"),
        *(("haskell", f"import {module}", None) for module in MODULES.split()),
        *(("haskell", f"import qualified\n {module} as M", None) for module in MODULES.split()),
        ("haskell", "import Data.List", "no_math_import"),
        ("haskell", "import NumericxLinearAlgebra", "no_math_import"),
        ("haskell", "module Statistics where", "no_math_import"),
        *(("c", f"#include <{header}>", None) for header in C_HEADERS.split()),
        ("c", "#include <math.h>", "no_math_import"),
        ("c", '#include "fftw3.h"', "no_math_import"),
        *(("cpp", f"#include <{header}>", None) for header in CPP_HEADERS.split()),
        ("cpp", "#include <vector>", "no_math_import"),
        *(("tex", f"\\{name}{{A}}", None) for name in SECTIONS.split()),
        ("tex", "\\paragraph*{A}", "no_section"),
        ("tex", "\\part{A}", "no_section"),
        *(("coq", f"{word} x", None) for word in "Theorem Proof Qed Inductive Definition Fixpoint".split()),
        ("coq", "theorem lemma", "not_coq"),
        *(("isabelle", f"{word} x", None) for word in "theorem lemma".split()),
        ("isabelle", "definition theorem: lemmas", "no_theorem"),
        *(("lean", f"{word} x", None) for word in "theorem lemma example".split()),
        ("lean", "def theorem: examples", "no_theorem"),
        ("jupyter-notebook", '{"source": "\\\\BEGIN{Equation}"}', None),
        ("jupyter-notebook", '{"source": "\\\\begin{align}"}', None),
        ("jupyter-notebook", '{"source": "from SymPy import x"}', None),
        ("jupyter-notebook", '{"source": "import numpy, \\\\begin{align*}"}', "no_math"),
    ],
)
def test_a_file_must_contain_a_mark_of_mathematics(language: str, text: str, expected: str | None) -> None:
    assert reason(language, text) == expected


def julia(size: int, lines: int, tests: int, digits: int = 0) -> str:
    """A text of `size` bytes and `lines` lines with `tests` lines of @test and `digits` digits."""
    head = "@test a\n" * tests + "b\n" * (lines - 1 - tests) + "7" * digits
    return head + "c" * (size - len(head))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (julia(99_999, 30, 0), None),
        (julia(100_000, 30, 0), "large_not_test"),
        (julia(100_000, 30, 2), "large_not_test"),
        (julia(100_000, 30, 3), None),  # 3 of 30 lines, a tenth
        (julia(99_999, 30, 0, digits=90_000), None),
        (julia(100_032, 30, 3, digits=50_000), None),  # 32 blanks: half of the solid characters
        (julia(100_032, 30, 3, digits=50_001), "digit_density"),
    ],
)
def test_large_julia_files_stay_only_when_they_are_tests(text: str, expected: str | None) -> None:
    assert reason("julia", text) == expected


@pytest.mark.parametrize(
    ("language", "path", "expected"),
    [
        ("tex", "a/paper.tex", None),
        ("tex", "a/paper.ltx", "not_tex"),
        ("tex", "a/paper.tex.bak", "not_tex"),
        ("tex", "a/tex", "not_tex"),
        ("tex", "doc/latex/refman.tex", "doxygen"),
        ("tex", "doc/latex.tex", None),
        ("lean", "_target/deps/mathlib/src/a.lean", "dependency"),
        ("lean", "lake-packages/std/a.lean", "dependency"),
        ("lean", "project/.lake/packages/std/a.lean", "dependency"),
        ("lean", "src/target/deps/a.lean", None),
        ("python", "_target/deps/a.py", None),
    ],
)
def test_some_paths_are_dropped(language: str, path: str, expected: str | None) -> None:
    assert reason(language, GOOD[language], path) == expected


@pytest.mark.parametrize(
    ("language", "repository", "expected"),
    [
        ("lean", "owner/miniF2F", "benchmark_repository"),
        ("lean", "ProofNet", "benchmark_repository"),
        ("isabelle", "owner/minif2f-lean4", "benchmark_repository"),
        ("lean", "miniF2F/other", None),
        ("lean", "owner/ProofNetwork", None),
        ("isabelle", "isabelle-prover/mirror-afp-2019", "dated_mirror"),
        ("isabelle", "isabelle-prover/mirror-afp-devel", None),
        ("lean", "owner/mirror-afp-2019", None),
    ],
)
def test_some_repositories_are_dropped(language: str, repository: str, expected: str | None) -> None:
    assert reason(language, GOOD[language], None, repository) == expected


def test_the_step_reads_path_and_repository_from_meta() -> None:
    rows = [
        Row("a", text=GOOD["lean"], language="lean", meta={"path": "_target/deps/a.lean", "repo": "x/y"}),
        Row("b", text=GOOD["lean"], language="lean", meta={"path": "a.lean", "repo": "x/miniF2F"}),
        Row("c", text=GOOD["lean"], language="lean"),
        Row("d", text="import numpy"),
    ]
    reasons = SourceCode()(to_batch(rows)).column("reason").to_pylist()
    assert reasons == ["dependency", "benchmark_repository", None, "unknown_language"]


def test_the_step_knows_the_names_of_the_stack_and_takes_the_group_for_the_repository() -> None:
    rows = [
        Row("a", text=GOOD["tex"], language="tex", meta={"max_stars_repo_path": "a.ltx"}),
        Row("b", text=GOOD["lean"], language="lean", meta={"max_stars_repo_name": "x/miniF2F"}),
        Row("c", text=GOOD["lean"], language="lean", group="x/miniF2F"),
        Row("x/miniF2F", text=GOOD["lean"], language="lean"),
        Row("e", text=GOOD["lean"], language="lean", meta={"path": 3, "repo": None}),
    ]
    reasons = SourceCode()(to_batch(rows)).column("reason").to_pylist()
    assert reasons == ["not_tex", "benchmark_repository", "benchmark_repository", None, None]


def test_the_step_judges_a_notebook_by_its_raw_json() -> None:
    rows = [
        Row("a", raw=b'{"source": "\\\\begin{align}"}', language="jupyter-notebook"),
        Row("b", raw=b'{"source": "x \xff"}', language="jupyter-notebook"),
    ]
    assert SourceCode()(to_batch(rows)).column("reason").to_pylist() == [None, "no_math"]


def test_hostile_texts_take_time_in_proportion_to_their_length() -> None:
    many = 200_000
    assert reason("matlab", "int main(" * (many // 2)) is None  # one line with 100,000 beginnings
    assert reason("haskell", "import" + " " * many) == "no_math_import"
    assert reason("r", "Requirement" + " " * many) is None
    assert reason("python", " " * many + "x") == "no_math_import"
