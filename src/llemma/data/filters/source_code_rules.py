"""The rules of AlgebraicStack for each programming language, as data.

Source: EleutherAI/math-lm, `process_stack.py` (Stack languages) and `process_github.py` (Coq, Isabelle, Lean, MATLAB).
Where a rule differs from the published one, docs/data/algebraic_stack.md says so.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

MAX_BYTES = 1_048_575
"""Of the text in UTF-8; published for all languages but four."""

MAX_DIGIT_DENSITY = 0.5
"""Digits 0-9 in all characters that are not white space."""

Words = tuple[str, ...]
"""Strings of which one must occur; a pattern where strings cannot say it."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What a text must contain, and the reason that drops it otherwise."""

    reason: str
    any_of: Words | re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Rules:
    """What drops a text of one language. The keys of every mapping are reasons."""

    max_bytes: int | None = MAX_BYTES
    max_digit_density: float | None = MAX_DIGIT_DENSITY
    starts: Mapping[str, Words | re.Pattern[str]] = field(default_factory=dict)
    contains: Mapping[str, Words | re.Pattern[str]] = field(default_factory=dict)
    needs: Needs | None = None
    paths: Mapping[str, re.Pattern[str]] = field(default_factory=dict)
    repositories: Mapping[str, re.Pattern[str]] = field(default_factory=dict)


BENCHMARK_REPOSITORIES = re.compile(r"(?:minif2f|proofnet)(?![a-z])", re.IGNORECASE)
"""How names of repositories with a benchmark begin, copies such as miniF2F-lean4 included. For every language."""

_PYTHON_PACKAGES = (
    "numpy scipy sympy sage numba numexpr theano statsmodels networkx mpmath pymc3 astropy cupy pycuda cvxpy pyomo jax"
).split()

_HASKELL_MODULES = (
    "Numeric.LinearAlgebra", "Numeric.SpecFunctions", "Numeric.Vector", "Statistics", "Data.Complex"
)  # fmt: skip

_C_HEADERS = (
    "fftw.h>", "fftw3.h>", "rfftw.h>", "gsl", "cblas.h>", "blas.h>", "lapacke.h>", "nlopt.h>", "petsc.h>"
)  # fmt: skip

_CPP_HEADERS = (
    "adept_arrays.h>", "adept.h>", "alglib", "boost", "armadillo", "blitz", "Eigen", "deal.II", "dlib", "NTL", "mtl"
)  # fmt: skip

_TEX_SECTIONS = (
    "chapter{", "chapter*{", "section{", "section*{", "subsection{", "subsection*{", "subsubsection{",
    "subsubsection*{", "paragraph{", "subparagraph{",
)  # fmt: skip

RULES: Mapping[str, Rules] = {
    "agda": Rules(),
    "c": Rules(needs=Needs("no_math_import", tuple(f"#include <{header}" for header in _C_HEADERS))),
    "coq": Rules(  # Verilog has the same file ending
        contains={
            "verilog": ("pragma", "endmodule", "posedge", "negedge", "wire"),
            "generated": ("This file was automatically generated",),
        },
        needs=Needs("not_coq", ("Theorem", "Proof", "Qed", "Inductive", "Definition", "Fixpoint")),
    ),
    "cpp": Rules(
        max_digit_density=0.1,
        needs=Needs("no_math_import", tuple(f"#include <{header}" for header in _CPP_HEADERS)),
    ),
    "fortran": Rules(),
    "gap": Rules(),
    "haskell": Rules(
        needs=Needs(
            "no_math_import",
            re.compile(rf"import\s+(?:qualified\s+)?(?:{'|'.join(map(re.escape, _HASKELL_MODULES))})"),
        ),
    ),
    "idris": Rules(),
    "isabelle": Rules(
        needs=Needs("no_theorem", ("theorem ", "lemma ")),
        repositories={"dated_mirror": re.compile(r"mirror-afp-2")},  # the -devel mirror stays
    ),
    "julia": Rules(max_bytes=None, max_digit_density=None, starts={"not_julia": ("%", "{", "[")}),
    "jupyter-notebook": Rules(  # read as raw JSON, in lower case
        max_bytes=None,
        max_digit_density=None,
        needs=Needs("no_math", ("\\begin{equation}", "\\begin{align}", "import sympy", "from sympy")),
    ),
    "lean": Rules(
        needs=Needs("no_theorem", ("theorem ", "lemma ", "example ")),
        paths={"dependency": re.compile(r"_target/deps/|(?:^|/)lake-packages/|(?:^|/)\.lake/packages/")},
    ),
    "maple": Rules(max_bytes=100_000, starts={"xml": ("<?xml",)}),
    "matlab": Rules(  # Objective-C has the same file ending
        contains={
            "objective_c": ("#import", "@interface", "@implementation", "@property"),
            "c_source": ("#include",),
        }
    ),
    "python": Rules(
        starts={"notebook": re.compile(r"\s*\{")},
        needs=Needs("no_math_import", re.compile(rf"(?:import|from) (?:{'|'.join(_PYTHON_PACKAGES)})")),
    ),
    "r": Rules(
        starts={"xml": ("<?xml",), "notebook": ("{",)},
        contains={
            "mac_resource_fork": ("/* Resource fork",),
            "code_signing": re.compile(r"Requirement\s+\{\s+Identifier"),
        },
    ),
    "tex": Rules(
        max_bytes=10_000_000,
        contains={"gnuplot": ("gnuplot",)},
        needs=Needs("no_section", tuple(f"\\{section}" for section in _TEX_SECTIONS)),
        paths={"not_tex": re.compile(r"(?<!\.tex)\Z"), "doxygen": re.compile(r"latex/")},
    ),
}
