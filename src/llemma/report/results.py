"""What a report is made from: finished evaluation and training runs, read and checked."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from llemma.errors import RunDirectoryError, UserError
from llemma.runs import differences, read_manifest
from llemma.storage import read_json, read_jsonl

SUMMARY = "summary.json"
METRICS = "metrics.jsonl"
GREEDY = "greedy"

Model = TypeVar("Model", bound=BaseModel)


class Read(BaseModel):
    """Base of what is read from a run directory: frozen; fields that a report does not show are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class CurvePoint(Read):
    """Accuracy with k samples: mean over problems, its standard error (None: one problem), its 95 % interval."""

    k: int
    mean: float
    stderr: float | None
    low: float
    high: float


class Part(Read):
    """Accuracy on the problems of one subject or level; `vote` is that of the majority over all samples."""

    problems: int
    accuracy: float
    vote: float | None = None


class Scores(Read):
    """What one scoring profile says about a run, in fractions.

    `accuracy` is the mean over all samples; `vote` the majority over all of them, a tie going to the earliest sample;
    `maj` counts the order of the samples as random, so its last point differs from `vote` where there are ties. All are
    micro averages, over problems; `macro` has the means of `accuracy` and `vote` over subjects.
    """

    accuracy: float
    stderr: float | None = None
    vote: float | None = None
    maj: tuple[CurvePoint, ...] = ()
    passed: tuple[CurvePoint, ...] = Field(default=(), alias="pass")
    statuses: dict[str, int] = {}
    macro: dict[str, float] | None = None
    subjects: dict[str, Part] = {}
    levels: dict[str, Part] = {}


class Summary(Read):
    """The summary of an evaluation run; `profiles` has "fixed" and "paper"."""

    task: str
    title: str
    model: str
    problems: int = Field(ge=1)
    samples: int = Field(ge=1)
    greedy: bool
    tokens: int = 0
    profiles: dict[str, Scores] = Field(min_length=1)


class Estimate(Read):
    """A value and its standard error over problems (None: one problem)."""

    value: float
    stderr: float | None = None


class PerplexityRun(Read):
    """The summary of a perplexity run."""

    task: str
    title: str
    split: str
    model: str
    problems: int
    per_byte_perplexity: Estimate


class Step(Read):
    """One logged training step. `loss` and the values of `validation` are nats per token."""

    step: int
    tokens: int | None = None
    loss: float | None = None
    validation: dict[str, float] = {}


@dataclass(frozen=True, slots=True)
class Measured:
    """An accuracy and its standard error over problems, both fractions."""

    value: float
    stderr: float | None


@dataclass(frozen=True, slots=True)
class EvalRun:
    """A finished evaluation run. `manifest` is as written by the run."""

    path: Path
    summary: Summary
    manifest: Mapping[str, Any]

    @property
    def identity(self) -> Mapping[str, Any]:
        """What makes the run this run: task, model, sampling, protocol."""
        identity: Mapping[str, Any] = self.manifest["identity"]
        return identity

    @property
    def is_greedy(self) -> bool:
        """Whether it was decoded greedily: one sample, at temperature 0."""
        sampling = self.identity.get("sampling")
        temperature = sampling.get("temperature") if isinstance(sampling, dict) else None
        return self.summary.greedy and not temperature

    @property
    def kind(self) -> str:
        """How it was decoded and scored: "greedy" or "maj@16"."""
        return GREEDY if self.is_greedy else f"maj@{self.summary.samples}"

    @property
    def protocol(self) -> str:
        """The fingerprint of prompt, extraction and scoring."""
        return str(self.identity.get("protocol_fingerprint", ""))

    def score(self, profile: str = "fixed") -> Measured | None:
        """Return the greedy accuracy, or the accuracy of the vote over all samples; None without that profile."""
        scores = self.summary.profiles.get(profile)
        if scores is None:
            return None
        if self.is_greedy:
            return Measured(scores.accuracy, scores.stderr)
        return self.voted(self.summary.samples, profile)

    def voted(self, k: int, profile: str = "fixed") -> Measured | None:
        """Return maj@k, the mean over subsets of k samples in random order; None when the run has no such point."""
        scores = self.summary.profiles.get(profile)
        points = scores.maj if scores else ()
        return next((Measured(point.mean, point.stderr) for point in points if point.k == k), None)


@dataclass(frozen=True, slots=True)
class TrainRun:
    """A finished training run. `name` is the name of its directory; `steps` are in order, each step once."""

    path: Path
    name: str
    parameters: int
    tokens: int
    recipe: Mapping[str, Any]
    steps: tuple[Step, ...]
    manifest: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Results:
    """All runs of one report. Models and tasks are listed in the order in which the runs were given."""

    runs: tuple[EvalRun, ...]
    train_runs: tuple[TrainRun, ...] = ()
    perplexities: tuple[PerplexityRun, ...] = ()

    @property
    def models(self) -> tuple[str, ...]:
        """The short names of the models."""
        return tuple(dict.fromkeys(run.summary.model for run in self.runs))

    @property
    def tasks(self) -> tuple[str, ...]:
        """The names of the tasks."""
        return tuple(dict.fromkeys(run.summary.task for run in self.runs))

    def title(self, task: str) -> str:
        """Return how a task is called in a heading."""
        return next(run.summary.title for run in self.runs if run.summary.task == task)

    def kinds(self, task: str) -> tuple[str, ...]:
        """Return what was measured on a task: "greedy" first, then maj@k by k."""
        kinds = {run.kind: run.summary.samples for run in self.of(task)}
        return tuple(sorted(kinds, key=lambda kind: (kind != GREEDY, kinds[kind])))

    def of(self, task: str, model: str | None = None) -> tuple[EvalRun, ...]:
        """Return the runs on a task, of one model or of all."""
        return tuple(run for run in self.runs if run.summary.task == task and model in (None, run.summary.model))

    def run(self, task: str, model: str, kind: str) -> EvalRun | None:
        """Return the run of one kind, or None."""
        return next((run for run in self.of(task, model) if run.kind == kind), None)

    def sampled(self, task: str, model: str) -> EvalRun | None:
        """Return the sampled run with the most samples, or None."""
        runs = [run for run in self.of(task, model) if run.kind != GREEDY]
        return max(runs, key=lambda run: run.summary.samples, default=None)


def checked(kind: type[Model], value: Any, where: object) -> Model:
    """Return `value` as a `kind`. Raises RunDirectoryError that says where it is not one."""
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        mistake = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in mistake["loc"])
        raise RunDirectoryError(f"{where}: {place}: {mistake['msg']}. Was it written by another version?") from error


def read_results(run_dirs: Iterable[Path], train_dirs: Iterable[Path] = ()) -> Results:
    """Return the runs in these directories; a directory given twice is read once.

    Raises RunDirectoryError naming a directory that is no finished run, and UserError naming two runs that would
    stand in one cell of a table, or two models with one name.
    """
    paths = _distinct(run_dirs)
    perplexities = [path for path in paths if read_manifest(path).get("kind") == "perplexity"]
    runs = tuple(read_eval_run(path) for path in paths if path not in perplexities)
    _refuse_two_for_one_cell(runs)
    _refuse_two_models_with_one_name(runs)
    return Results(
        runs,
        _with_distinct_names([read_train_run(path) for path in _distinct(train_dirs)]),
        tuple(checked(PerplexityRun, read_json(path / SUMMARY), path / SUMMARY) for path in perplexities),
    )


def split_runs(paths: Iterable[Path]) -> tuple[list[Path], list[Path]]:
    """Return (evaluation runs, training runs) among finished run directories of both sorts."""
    evaluations: list[Path] = []
    trainings: list[Path] = []
    for path in paths:
        (trainings if _is_training(read_manifest(path)) else evaluations).append(path)
    return evaluations, trainings


def read_eval_run(path: Path) -> EvalRun:
    """Return a finished evaluation run. Raises RunDirectoryError when `path` holds something else."""
    manifest = read_manifest(path)
    if _is_training(manifest):
        raise RunDirectoryError(f"{path} is a training run, not an evaluation run")
    if not isinstance(manifest.get("identity"), dict) or "task" not in manifest["identity"]:
        raise RunDirectoryError(f"{path} is not an evaluation run: its manifest names no task")
    if not (path / SUMMARY).exists():
        raise RunDirectoryError(f"{path}: no {SUMMARY} in it. Write it again: llemma grade {path}")
    return EvalRun(path, checked(Summary, read_json(path / SUMMARY), path / SUMMARY), manifest)


def read_train_run(path: Path) -> TrainRun:
    """Return a finished training run. Raises RunDirectoryError when `path` holds something else."""
    manifest = read_manifest(path)
    if not _is_training(manifest):
        raise RunDirectoryError(f"{path} is not a training run")
    if not (path / METRICS).exists():
        raise RunDirectoryError(f"{path}: no {METRICS} in it, so its loss cannot be drawn")
    return TrainRun(
        path=path,
        name=path.resolve().name,
        parameters=int(manifest.get("parameters", 0)),
        tokens=int(manifest.get("tokens", 0)),
        recipe=(manifest.get("identity") or {}).get("recipe", {}),
        steps=_read_steps(path / METRICS),
        manifest=manifest,
    )


def _read_steps(path: Path) -> tuple[Step, ...]:
    """Return the logged steps in order. A resumed run logs a step again: the last line of a step counts."""
    steps: dict[int, Step] = {}
    for number, row in enumerate(read_jsonl(path), start=1):
        step = checked(Step, row, f"{path}, line {number}")
        steps[step.step] = _joined(steps.get(step.step), step)
    return tuple(steps[step] for step in sorted(steps))


def _joined(before: Step | None, after: Step) -> Step:
    if before is None:
        return after
    return Step(
        step=after.step,
        tokens=after.tokens if after.tokens is not None else before.tokens,
        loss=after.loss if after.loss is not None else before.loss,
        validation={**before.validation, **after.validation},
    )


def _is_training(manifest: Mapping[str, Any]) -> bool:
    return manifest.get("kind") == "train"


def _distinct(paths: Iterable[Path]) -> list[Path]:
    return list({path.resolve(): path for path in paths}.values())


def _with_distinct_names(runs: Sequence[TrainRun]) -> tuple[TrainRun, ...]:
    """Return the runs; those whose directories have the same name are told apart by their whole path."""
    names = [run.name for run in runs]
    return tuple(run if names.count(run.name) == 1 else replace(run, name=str(run.path)) for run in runs)


def _refuse_two_for_one_cell(runs: Sequence[EvalRun]) -> None:
    seen: dict[tuple[str, str, str], EvalRun] = {}
    for run in runs:
        cell = (run.summary.model, run.summary.task, run.kind)
        first = seen.setdefault(cell, run)
        if first is run:
            continue
        what = f"two runs of {cell[0]} on {cell[1]} ({cell[2]})"
        if first.protocol != run.protocol:
            raise UserError(f"{what} with different protocols: {first.path} and {run.path}. Report them apart")
        raise UserError(f"{what}: {first.path} and {run.path}. Give one of them")


def _refuse_two_models_with_one_name(runs: Sequence[EvalRun]) -> None:
    seen: dict[str, EvalRun] = {}
    for run in runs:
        first = seen.setdefault(run.summary.model, run)
        differing = differences(_weights(first), _weights(run))
        if differing:
            raise UserError(
                f"two models are called {run.summary.model!r}: in {first.path} and in {run.path} ({differing[0]}). "
                "Report them apart"
            )


def _weights(run: EvalRun) -> dict[str, Any]:
    """Return the parts of the model's identity that say which weights were used, not how they were run."""
    model = run.identity.get("model")
    facts = model if isinstance(model, dict) else {}
    return {key: value for key, value in facts.items() if "fingerprint" in key or "sha256" in key}
