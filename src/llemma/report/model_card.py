"""The model card: what a model is, how it was made, what it scores, and where each number comes from.

Written as the `README.md` that model hubs expect: YAML front matter with `model-index` results, then Markdown.
"""

import json
import os
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from llemma.progress import duration
from llemma.report.paper import CITATION, URL, published_task
from llemma.report.paper_tables import card_tables, comparison_table
from llemma.report.proof_runs import ProofRun
from llemma.report.proof_tables import proof_tables
from llemma.report.results import EvalRun, Results, TrainRun
from llemma.report.tables import Table, failures_table, perplexity_table, results_table

TINY_PARAMETERS = 100_000_000
NEAR_ZERO = 0.05

_HUB_DATASETS = {
    "arithmetic": "llemma/arithmetic",  # built in, not on a hub
    "python_arithmetic": "llemma/arithmetic",
    "gsm8k": "openai/gsm8k",
    "python_gsm8k": "openai/gsm8k",
    "minerva_math": "EleutherAI/hendrycks_math",
    "sympy_math": "EleutherAI/hendrycks_math",
    "mmlu_stem": "cais/mmlu",
    "math_sat": "mcaleste/sat_multiple_choice_math_may_23",
    "ocw_courses": "open-web-math/ocwcourses",
}
_HUB_NAME = re.compile(r"[\w-][\w.-]*/[\w.-]+")


@dataclass(frozen=True, slots=True)
class FigureFiles:
    """A saved figure: what it shows, and its files."""

    title: str
    svg: Path
    png: Path
    csv: Path


@dataclass(frozen=True, slots=True)
class Proofs:
    """The part of a report on theorem proving."""

    runs: tuple[ProofRun, ...] = ()
    figures: tuple[FigureFiles, ...] = ()


NO_PROOFS = Proofs()


def model_card(
    results: Results,
    model: str,
    *,
    out: Path,
    figures: Sequence[FigureFiles] = (),
    proofs: Proofs = NO_PROOFS,
    licence: str,
) -> str:
    """Return the text of `out`/README.md for one model; runs and figures are named relative to `out`."""
    training = training_of(results, model)
    sections = [
        _introduction(results, model, training),
        _results_section(results, model, figures, out),
        *_published_section(results),
        *_proofs_section(proofs, out),
        _training_section(results, out),
        *_use_section(training, out),
        _reproduce_section([*results.train_runs, *results.runs, *proofs.runs], out),
        _source_section(results, out),
        _limitations_section(results, training),
        f"## Citation\n\nThe method and the published numbers: {CITATION} <{URL}>.\n",
    ]
    return f"---\n{front_matter(results, model, out=out, licence=licence)}---\n\n" + "\n".join(sections)


def proofs_page(proofs: Proofs, *, out: Path) -> str:
    """Return the text of `out`/README.md for a report on theorem proving alone."""
    return "\n".join(["# Report\n", *_proofs_section(proofs, out), _reproduce_section(proofs.runs, out)])


def front_matter(results: Results, model: str, *, out: Path, licence: str) -> str:
    """Return the card's YAML, without the `---` lines."""
    training = training_of(results, model)
    base = _hub_base(training)
    values: dict[str, Any] = {
        "license": licence,
        "language": ["en"],
        "library_name": "transformers",
        "pipeline_tag": "text-generation",
        "tags": ["math", "reasoning", "llemma", *(["synthetic"] if "arithmetic" in results.tasks else [])],
    }
    if base:
        values["base_model"] = base
    if training and (datasets := [Path(path).name for path, _ in _sources(training)]):
        values["datasets"] = datasets
    values["model-index"] = [{"name": model, "results": model_index(results, model, out=out)}]
    return yaml.safe_dump(values, sort_keys=False, allow_unicode=True)


def model_index(results: Results, model: str, *, out: Path) -> list[dict[str, Any]]:
    """Return the `results` of a model in the hub's schema, percent, one entry per task, one metric per run."""
    return [
        {
            "task": {"type": "text-generation", "name": "Mathematical problem solving"},
            "dataset": {"type": _HUB_DATASETS.get(task, task), "name": results.title(task), "split": "test"},
            "metrics": [_metric(run, out) for run in results.of(task, model)],
        }
        for task in results.tasks
        if results.of(task, model)
    ]


def training_of(results: Results, model: str) -> TrainRun | None:
    """Return the training run that made a model: of that name, or in a directory that its identity names."""
    named = [run for run in results.train_runs if run.name == model]
    identities = [run.identity.get("model") for run in results.runs if run.summary.model == model]
    texts = [text for identity in identities if isinstance(identity, dict) for text in identity.values()]
    places = {str(Path(text.partition(":")[2] or text).resolve()) for text in texts if isinstance(text, str)}
    used = [run for run in results.train_runs if str(run.path.resolve()) in places]
    return next(iter([*used, *named]), None)


def _metric(run: EvalRun, out: Path) -> dict[str, Any]:
    score = run.score()
    return {
        "type": "accuracy",
        "name": f"accuracy in %, {run.kind}, n = {run.summary.problems}",
        "value": None if score is None else round(100 * score.value, 1),
        "args": {
            "samples": run.summary.samples,
            **{name: _sampling(run).get(name) for name in ("temperature", "top_p", "seed")},
            "stderr": None if score is None or score.stderr is None else round(100 * score.stderr, 1),
            "scoring": "fixed",
            "run": _relative(run.path, out),
        },
    }


def _introduction(results: Results, model: str, training: TrainRun | None) -> str:
    lines = [f"# {model}\n"]
    if training:
        size = f"{training.parameters:,} parameters" if training.parameters else "an unrecorded number of parameters"
        start = f"continued from `{init}`" if (init := training.recipe.get("init")) else "trained from scratch"
        lines.append(
            f"A Llama-architecture language model with {size}, {start} on {training.tokens:,} tokens"
            f"{_wall_time(training)}, trained and evaluated with the `llemma` toolkit."
        )
        if 0 < training.parameters < TINY_PARAMETERS:
            lines.append(
                "\n**This is a tiny model made for a demonstration.** It shows that the steps of the Llemma paper "
                "(train, continue on mathematics, sample, vote) work together on one machine. It is not fit for any "
                "other use."
            )
    else:
        lines.append("A language model evaluated with the `llemma` toolkit. No training run was given to this report.")
    if "arithmetic" in results.tasks:
        lines.append(
            f"\n`{results.title('arithmetic')}` is a benchmark of synthetic word problems from templates. When a model "
            "was trained on problems from the same templates (never the same questions), a high score means that it "
            "learned these templates, not that it can do mathematics in general."
        )
    return "\n".join(lines) + "\n"


def _wall_time(training: TrainRun) -> str:
    wall_s = training.manifest.get("wall_s")
    return f" in {duration(float(wall_s))}" if isinstance(wall_s, int | float) else ""


def _results_section(results: Results, model: str, figures: Sequence[FigureFiles], out: Path) -> str:
    parts = [
        "## Results\n",
        results_table(results, ["fixed"]).markdown(),
        *(f"{line}\n" for line in _near_zero(results, model)),
        *(
            [f"Perplexity per byte of given solutions:\n\n{table.markdown()}"]
            if (table := perplexity_table(results))
            else []
        ),
        "The same completions, scored by the rules of the published numbers:\n",
        results_table(results, ["paper"]).markdown(),
        *(_figure(figure, out) for figure in figures),
        "### How completions failed\n",
        failures_table(results).markdown(),
        "All tables, by subject and level too: [tables.md](tables.md).\n",
    ]
    return "\n".join(parts)


def _near_zero(results: Results, model: str) -> list[str]:
    """Return a plain sentence for each task that the model cannot do at all."""
    best = {
        task: max((score.value for run in results.of(task, model) if (score := run.score())), default=None)
        for task in results.tasks
    }
    return [
        f"On {results.title(task)} `{model}` scores near zero ({100 * value:.1f} % at best): "
        "it cannot solve such problems."
        for task, value in best.items()
        if value is not None and value < NEAR_ZERO
    ]


def _published_section(results: Results) -> list[str]:
    each: list[Table] = [table for task in results.tasks if (table := comparison_table(results, task)) is not None]
    tables = card_tables(results) + each
    if not tables:
        return []
    others = "Published models are listed beside ours; they are other, far larger models unless a row has both numbers."
    return ["\n".join(["## Beside the published numbers\n", f"{others}\n", *map(_titled, tables)])]


def _titled(table: Table) -> str:
    return f"### {table.title}\n\n{table.markdown()}"


def _figure(figure: FigureFiles, out: Path) -> str:
    svg, png, csv = (_relative(path, out) for path in (figure.svg, figure.png, figure.csv))
    return f"![{figure.title}]({png})\n\n{figure.title} ([SVG]({svg}), [the numbers]({csv})).\n"


def _proofs_section(proofs: Proofs, out: Path) -> list[str]:
    if not proofs.runs:
        return []
    tables = map(_titled, proof_tables(proofs.runs))
    figures = (_figure(figure, out) for figure in proofs.figures)
    links = ", ".join(_link(run.path, out) for run in proofs.runs)
    return ["\n".join(["## Theorem proving\n", *tables, *figures, f"Runs: {links}.\n"])]


def _training_section(results: Results, out: Path) -> str:
    if not results.train_runs:
        return "## Training\n\nNo training run was given to this report.\n"
    return "\n".join(["## Training\n", *(_training(run, out) for run in results.train_runs)])


def _training(run: TrainRun, out: Path) -> str:
    init = run.recipe.get("init")
    last = next((step for step in reversed(run.steps) if step.loss is not None), None)
    facts = [
        f"- Run: {_link(run.path, out)}",
        f"- Start: {f'`{init}`' if init else 'random weights'}",
        f"- Size: {run.parameters:,} parameters, {run.tokens:,} training tokens{_wall_time(run)}",
        *(
            f"- Last logged training loss: {last.loss:.3f} nats per token"
            for _ in [0]
            if last and last.loss is not None
        ),
    ]
    total = sum(weight for _, weight in _sources(run))
    data = [f"- Data: `{path}`, {100 * weight / total:.1f} % of the tokens" for path, weight in _sources(run)]
    recipe = "\n".join(f"{name} = {_toml(value)}" for name, value in _leaves(run.recipe))
    folded = f"<details><summary>The whole recipe</summary>\n\n```toml\n{recipe}\n```\n\n</details>\n"
    return "\n".join([f"### {run.name}\n", *facts, *data, "", folded])


def _use_section(training: TrainRun | None, out: Path) -> list[str]:
    if training is None:
        return []
    path = _relative(training.path, out)
    code = [
        "from transformers import AutoModelForCausalLM, AutoTokenizer",
        "",
        f"model = AutoModelForCausalLM.from_pretrained({path!r})",
        f"tokenizer = AutoTokenizer.from_pretrained({path!r})",
    ]
    return ["\n".join(["## How to use\n", "```python", *code, "```\n"])]


def _sources(run: TrainRun) -> list[tuple[str, float]]:
    """Return (folder, weight) of the mixture; [] for a recipe of another form."""
    data = run.recipe.get("data")
    sources = data.get("sources") if isinstance(data, dict) else None
    if not isinstance(sources, list):
        return []
    return [(str(s["path"]), float(s.get("weight", 1.0))) for s in sources if isinstance(s, dict) and "path" in s]


def _leaves(value: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    """Yield ("section.field", value) for all that is set."""
    for key, item in value.items():
        if isinstance(item, Mapping):
            yield from _leaves(item, f"{prefix}{key}.")
        elif item is not None:
            yield f"{prefix}{key}", item


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_toml(item)}" for key, item in value.items() if item is not None) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def _reproduce_section(runs: Sequence[EvalRun | TrainRun | ProofRun], out: Path) -> str:
    manifests = [run.manifest for run in runs]
    commands = list(dict.fromkeys(command for manifest in manifests if (command := _command(manifest))))
    paths = [run.path for run in runs]
    lines = ["llemma report", *(shlex.quote(_relative(path, out)) for path in paths), "--out .  # in this folder"]
    commands.append(" \\\n  ".join(lines))
    versions = sorted({f"{name} {version}" for manifest in manifests for name, version in _versions(manifest)})
    used = f"\nVersions used: {', '.join(versions)}.\n" if versions else ""
    return "## How to reproduce\n\n```sh\n" + "\n".join(commands) + f"\n```\n{used}"


def _command(manifest: Mapping[str, Any]) -> str:
    """Return the command line that made a run; "" when it was not made by the `llemma` command."""
    command = manifest.get("command")
    if not isinstance(command, list) or not command or Path(str(command[0])).name != "llemma":
        return ""
    return shlex.join(["llemma", *map(str, command[1:])])


def _versions(manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    versions = manifest.get("versions")
    return list(versions.items()) if isinstance(versions, dict) else []


def _source_section(results: Results, out: Path) -> str:
    rows = tuple(
        (
            run.summary.model,
            f"{run.summary.title} {run.kind}",
            str(run.summary.problems),
            str(run.summary.samples),
            *(str(_sampling(run).get(name, "-")) for name in ("temperature", "top_p", "max_new_tokens", "seed")),
            f"{run.summary.tokens:,}",
            run.protocol[:12] or "-",
            _link(run.path, out),
        )
        for run in results.runs
    )
    table = Table(
        title="Runs",
        columns=(
            "model",
            "run",
            "n",
            "k",
            "temperature",
            "top-p",
            "max new tokens",
            "seed",
            "tokens generated",
            "protocol",
            "directory",
        ),
        rows=rows,
        labels=2,
    )
    note = (
        "Every number above comes from one of these run directories: `summary.json` has the number, "
        "`completions.jsonl` every completion with its answer, verdict and reason.\n"
    )
    return "\n".join(["## Where the numbers come from\n", note, table.markdown()])


def _limitations_section(results: Results, training: TrainRun | None) -> str:
    lines = ["- English only. The model continues text; it was not tuned to follow instructions or to be safe."]
    if training and 0 < training.parameters < TINY_PARAMETERS:
        lines.append("- Tiny and trained for a short time: outside its training templates expect nonsense.")
    limited = [run for run in results.runs if run.identity.get("limit") is not None]
    if limited:
        names = ", ".join(dict.fromkeys(f"{run.summary.title} (n = {run.summary.problems})" for run in limited))
        lines.append(f"- Only a part of the problems was used: {names}. Such a score is not a benchmark result.")
    beside = [task for task in results.tasks if published_task(task)]
    if beside:
        lines.append(
            "- The published numbers are on all problems, most of them of far larger models and with more samples a "
            "vote. They are context, not a contest."
        )
    lines.append(
        "- Standard errors and intervals are over problems only. They leave out the spread between training runs: "
        "each model was trained once, with one seed."
    )
    return "## Limitations\n\n" + "\n".join(lines) + "\n"


def _sampling(run: EvalRun) -> Mapping[str, Any]:
    sampling = run.identity.get("sampling")
    return sampling if isinstance(sampling, dict) else {}


def _hub_base(training: TrainRun | None) -> str | None:
    """Return the hub name that a run was continued from; None for a directory or random weights."""
    init = training.recipe.get("init") if training else None
    if not isinstance(init, str) or not _HUB_NAME.fullmatch(init) or init.startswith("runs/") or Path(init).exists():
        return None
    return init


def _link(path: Path, out: Path) -> str:
    return f"[{path.resolve().name}]({_relative(path, out)})"


def _relative(path: Path, out: Path) -> str:
    return Path(os.path.relpath(path.resolve(), out.resolve())).as_posix()
