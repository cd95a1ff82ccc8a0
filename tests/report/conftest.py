"""Synthetic runs with the shape of the demo's: a base model that cannot reckon and a continued one that can."""

import json
import math
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SUBJECTS = (
    "age",
    "change",
    "distance",
    "groups",
    "mixture",
    "percent",
    "rate",
    "remainder",
    "sharing",
    "speed",
    "time",
)
LEVELS = ("1", "2", "3", "4")

MakeEval = Callable[..., Path]
MakeTrain = Callable[..., Path]


def curve(start: float, end: float, samples: int, problems: int) -> list[dict[str, float]]:
    """Points from `start` at k = 1 to `end` at k = samples, rising fast first."""
    points = []
    for k in range(1, samples + 1):
        mean = start + (end - start) * (1 - math.exp(-k / 3 + 1 / 3)) / (1 - math.exp(-samples / 3 + 1 / 3) or 1)
        stderr = math.sqrt(mean * (1 - mean) / problems)
        low, high = max(0.0, mean - 1.96 * stderr), min(1.0, mean + 1.96 * stderr)
        points.append({"k": k, "mean": mean, "stderr": stderr, "low": low, "high": high})
    return points


def scores(accuracy: float, vote: float, passed: float, *, samples: int, problems: int, shapes: bool) -> dict[str, Any]:
    """One profile of a summary. `shapes` adds subjects and levels."""
    total = problems * samples
    correct = round(accuracy * total)
    rest = total - correct
    parts = {name: {"problems": problems // len(SUBJECTS)} for name in SUBJECTS}
    levels = {name: {"problems": problems // len(LEVELS)} for name in LEVELS}
    for index, part in enumerate(parts.values()):
        part["accuracy"] = min(1.0, accuracy * (1.08 - 0.02 * index))
    for index, part in enumerate(levels.values()):
        part["accuracy"] = min(1.0, accuracy * (1.14 - 0.1 * index))
    return {
        "accuracy": accuracy,
        "stderr": math.sqrt(accuracy * (1 - accuracy) / problems),
        "vote": None if samples == 1 else vote,
        "maj": curve(accuracy, vote if samples > 1 else accuracy, samples, problems),
        "pass": curve(accuracy, passed if samples > 1 else accuracy, samples, problems),
        "statuses": {
            "correct": correct,
            "wrong": rest - rest // 10 - rest // 20,
            "no_answer": rest // 10,
            "cut_off": rest // 20,
            "unparsable": 0,
            "timed_out": 0,
        },
        "subjects": parts if shapes else {},
        "levels": levels if shapes else {},
    }


@pytest.fixture
def make_eval(tmp_path: Path) -> MakeEval:
    """Return a function that writes an evaluation run directory and returns it."""

    def make(
        model: str = "continued",
        task: str = "arithmetic",
        *,
        name: str | None = None,
        title: str | None = None,
        accuracy: float = 0.875,
        vote: float = 0.925,
        passed: float = 0.97,
        paper: float | None = None,
        samples: int = 1,
        problems: int = 500,
        protocol: str = "f1a2",
        limit: int | None = None,
        fingerprint: str | None = None,
    ) -> Path:
        path = tmp_path / "runs" / (name or f"{model.replace('/', '_')}-{task}-{samples}")
        path.mkdir(parents=True)
        shapes = task in ("arithmetic", "minerva_math")
        shown = title or {"arithmetic": "Arithmetic", "gsm8k": "GSM8k", "minerva_math": "MATH"}.get(task, task)
        same = {"samples": samples, "problems": problems, "shapes": shapes}
        by_paper_rules = accuracy if paper is None else paper
        summary = {
            "task": task,
            "title": shown,
            "model": model,
            "problems": problems,
            "samples": samples,
            "greedy": samples == 1,
            "tokens": problems * samples * 60,
            "profiles": {
                "fixed": scores(accuracy, vote, passed, **same),
                "paper": scores(by_paper_rules, vote, passed, **same),
            },
        }
        temperature = 0.0 if samples == 1 else 0.6
        manifest = {
            "identity": {
                "task": task,
                "task_title": shown,
                "model": {"name": model, "engine": "hf", "fingerprint": fingerprint or f"weights of {model}"},
                "sampling": {
                    "temperature": temperature,
                    "top_p": 0.95,
                    "max_new_tokens": 256,
                    "stop": ["I hope it is correct."],
                    "seed": 1,
                },
                "samples": samples,
                "limit": limit,
                "protocol_fingerprint": protocol,
            },
            "versions": {"python": "3.11.2", "llemma": "0.1.0", "torch": "2.13.0"},
            "command": ["llemma", "eval", "--model", f"hf:runs/{model}", "--task", task],
        }
        (path / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
        (path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
        return path

    return make


@pytest.fixture
def make_train(tmp_path: Path) -> MakeTrain:
    """Return a function that writes a training run directory and returns it."""

    def make(
        name: str = "continued", *, start: float = 2.6, end: float = 0.35, steps: int = 300, init: str = ""
    ) -> Path:
        path = tmp_path / "runs" / name
        path.mkdir(parents=True)
        noise = random.Random(name)
        lines: list[dict[str, Any]] = []
        for step in range(1, steps + 1):
            loss = (end + (start - end) * math.exp(-6 * step / steps)) * math.exp(noise.gauss(0, 0.05))
            lines.append(
                {
                    "step": step,
                    "tokens": step * 8192,
                    "loss": loss,
                    "learning_rate": 1e-3,
                    "grad_norm": 1.0,
                    "tokens_per_s": 9000.0,
                }
            )
            if step % 75 == 0:
                lines.append({"step": step, "validation": {"mathematics": loss * 1.03, "general": loss * 1.9 + 0.2}})
        sources = [{"path": "data/arithmetic", "weight": 0.95}, {"path": "data/general", "weight": 0.05}]
        recipe: dict[str, Any] = {"model": {"layers": 6, "width": 256}, "data": {"sources": sources}, "seed": 1}
        if init:
            recipe["init"] = init
        manifest = {
            "kind": "train",
            "parameters": 5_200_000,
            "tokens": steps * 8192,
            "identity": {"recipe": recipe},
            "versions": {"python": "3.11.2", "torch": "2.13.0"},
            "wall_s": 251.3,
            "command": ["llemma", "train", f"recipes/tiny/{name}.toml"],
        }
        (path / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
        (path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
        return path

    return make


@pytest.fixture
def demo_evals(make_eval: MakeEval) -> list[Path]:
    """The evaluation runs of a demo: base and continued, greedy and 16 samples, and 50 real problems."""
    return [
        make_eval("base", accuracy=0.004, vote=0.002, passed=0.05),
        make_eval("base", accuracy=0.006, vote=0.002, passed=0.05, samples=16),
        make_eval("continued"),
        make_eval("continued", accuracy=0.851, samples=16),
        make_eval("continued", "gsm8k", accuracy=0.0, problems=50, limit=50),
        make_eval("continued", "gsm8k", accuracy=0.01, vote=0.02, passed=0.1, problems=50, limit=50, samples=16),
    ]


@pytest.fixture
def demo_trains(make_train: MakeTrain) -> list[Path]:
    """The training runs of a demo: base on general text, then continued on mathematics."""
    return [make_train("base", start=8.3, end=1.9), make_train("continued", init="runs/base")]
