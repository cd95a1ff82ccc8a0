"""The numbers that the Llemma paper published, each with its table and how it was measured.

Source: Azerbayev et al. 2023 (arXiv 2310.10631), table 1 (greedy) and table 2 (majority voting). The rows of Minerva
are quoted there from Lewkowycz et al. 2022 (arXiv 2206.14858). These were checked against the paper's text or the
model card. The numbers on tool use were not all: each carries its mark, and tables say so. The rates of Lean proofs
were read in the authors' announcement, and those of their own searches counted in the files that they published.
"""

import re
from dataclasses import dataclass
from typing import Literal

CITATION = 'Azerbayev et al. 2023, "Llemma: An Open Language Model For Mathematics", arXiv 2310.10631'
URL = "https://arxiv.org/abs/2310.10631"

Trust = Literal["verified", "corroborated", "recalled"]
"""`verified`: read in the paper or the model card. `corroborated`: confirmed by an independent source (DeepSeekMath,
arXiv 2402.03300, table 3). `recalled`: quoted from memory."""


@dataclass(frozen=True, slots=True)
class PublishedTask:
    """How the paper measured one task: problems scored, few-shot examples, and the sampling of maj@k."""

    name: str
    title: str
    problems: int
    shots: int
    samples: int
    temperature: float
    top_p: float


@dataclass(frozen=True, slots=True)
class PublishedNumber:
    """One published accuracy in percent. `samples` is 1 for greedy decoding, else the k of maj@k."""

    task: str
    model: str
    percent: float
    samples: int
    temperature: float
    top_p: float
    problems: int
    table: str
    trust: Trust

    @property
    def method(self) -> str:
        """The name of the measurement: "greedy" or "maj@100"."""
        return "greedy" if self.samples == 1 else f"maj@{self.samples}"


TASKS = (
    PublishedTask("gsm8k", "GSM8k", 1319, 8, samples=100, temperature=0.6, top_p=0.95),
    PublishedTask("ocw_courses", "OCWCourses", 272, 4, samples=100, temperature=0.6, top_p=0.95),
    PublishedTask("mmlu_stem", "MMLU-STEM", 3018, 4, samples=16, temperature=0.3, top_p=0.95),
    PublishedTask("math_sat", "SAT", 32, 4, samples=16, temperature=0.3, top_p=0.95),
    PublishedTask("minerva_math", "MATH", 5000, 4, samples=256, temperature=0.6, top_p=0.95),
)

TOOL_TASKS = (
    PublishedTask("python_gsm8k", "GSM8k + Python", 1319, 8, samples=1, temperature=0.0, top_p=1.0),
    PublishedTask("sympy_math", "MATH + Python", 5000, 5, samples=16, temperature=0.6, top_p=0.95),
)

# One column per entry of TASKS.
_GREEDY: dict[str, tuple[float | None, ...]] = {
    "Llama 2 7B": (11.8, 3.7, 29.9, 25.0, 3.2),
    "Code Llama 7B": (10.5, 4.4, 25.1, 9.4, 4.5),
    "Minerva 8B": (16.2, 7.7, 35.6, None, 14.1),
    "Llemma 7B": (36.4, 7.7, 37.7, 53.1, 18.0),
    "Code Llama 34B": (29.6, 7.0, 40.5, 40.6, 12.2),
    "Llemma 34B": (51.5, 11.8, 49.0, 71.9, 25.0),
    "Minerva 62B": (52.4, 12.0, 53.9, None, 27.6),
    "Minerva 540B": (58.8, 17.6, 63.9, None, 33.6),
}
_VOTED: dict[str, tuple[float | None, ...]] = {
    "Minerva 8B": (28.4, 12.5, 43.4, None, 25.4),
    "Llemma 7B": (54.0, 14.3, 49.9, 78.1, 33.5),
    "Llemma 34B": (69.3, 18.4, 59.7, 81.3, 43.1),
    "Minerva 62B": (68.5, 23.5, 63.5, None, 43.4),
    "Minerva 540B": (78.5, 30.8, 75.0, None, 50.3),
}

_TOOLS: dict[str, tuple[tuple[float, Trust], ...]] = {
    "Code Llama 7B": ((27.1, "corroborated"), (17.2, "corroborated")),
    "Llemma 7B": ((40.1, "recalled"), (21.5, "recalled")),
    "Code Llama 34B": ((52.7, "corroborated"), (23.5, "corroborated")),
    "Llemma 34B": ((62.6, "recalled"), (27.1, "corroborated")),
}

PROOF_TASK = "minif2f_lean"
PROOF_THEOREMS = 244
# Best-first search, 32 suggestions by beam search, 100 expansions, 600 s; COPRA and ReProver search in their own way.
_PROVED = {
    "ReProver (1 x 64)": 26.50,
    "COPRA (GPT-4)": 23.36,
    "Code Llama 7B": 20.49,
    "Code Llama 34B": 22.13,
    "Llemma 7B": 26.23,
    "Llemma 34B": 25.82,
}

MODELS = tuple(_GREEDY)


@dataclass(frozen=True, slots=True)
class PublishedTable:
    """One table of the model card: its columns (tasks), its rows (models), and whether it is of majority votes."""

    title: str
    source: str
    tasks: tuple[PublishedTask, ...]
    models: tuple[str, ...]
    is_voted: bool = False


PUBLISHED_TABLES = (
    PublishedTable("Chain of thought, greedy", "table 1", TASKS, MODELS),
    PublishedTable("Majority voting", "table 2", TASKS, tuple(_VOTED), is_voted=True),
    PublishedTable("Tool use, greedy", "the table on tool use", TOOL_TASKS, tuple(_TOOLS)),
)


def published_task(task: str) -> PublishedTask | None:
    """Return how the paper measured a task; None when it did not."""
    return next((known for known in (*TASKS, *TOOL_TASKS) if known.name == task), None)


def published_numbers(task: str) -> tuple[PublishedNumber, ...]:
    """Return what the paper reports on a task, greedy before votes, models in the paper's order."""
    known = published_task(task)
    if known is None:
        return ()
    if known in TOOL_TASKS:
        column = TOOL_TASKS.index(known)
        return tuple(_number(known, model, *cells[column], voted=False) for model, cells in _TOOLS.items())
    column = TASKS.index(known)
    return tuple(
        _number(known, model, percent, "verified", voted=rows is _VOTED)
        for rows in (_GREEDY, _VOTED)
        for model, cells in rows.items()
        if (percent := cells[column]) is not None
    )


def published_number(task: str, model: str, *, samples: int = 1) -> PublishedNumber | None:
    """Return the number for a model at `samples` = 1 (greedy) or the k of maj@k; None when the paper has none.

    `model` is the paper's name or another spelling of it, see `published_model`.
    """
    name = published_model(model)
    return next(
        (number for number in published_numbers(task) if number.model == name and number.samples == samples), None
    )


def published_proofs(task: str) -> dict[str, float]:
    """Return the share of theorems proved, in percent, by model, in the paper's order; {} for another task."""
    return dict(_PROVED) if task == PROOF_TASK else {}


def published_model(name: str) -> str | None:
    """Return the paper's name of a model, or None: "EleutherAI/llemma_7b" is "Llemma 7B"."""
    wanted = _bare(name)
    return next((model for model in MODELS if _bare(model) == wanted), None)


def _number(task: PublishedTask, model: str, percent: float, trust: Trust, *, voted: bool) -> PublishedNumber:
    return PublishedNumber(
        task.name,
        model,
        percent,
        samples=task.samples if voted else 1,
        temperature=task.temperature if voted else 0.0,
        top_p=task.top_p if voted else 1.0,
        problems=task.problems,
        table="table 2" if voted else "tool use" if task in TOOL_TASKS else "table 1",
        trust=trust,
    )


def _bare(name: str) -> str:
    last = name.rstrip("/").rpartition("/")[2].lower().removesuffix("-hf")
    return re.sub(r"[^a-z0-9]", "", last)
