"""Accuracy and speed of the grader beside exact strings, lm-eval's Minerva rule and Math-Verify, in one run.

Example: OMP_NUM_THREADS=1 python benchmarks/grading.py --cases cases.jsonl --math-verify venv/bin/python --out out

`--cases` is JSON lines with gold, pred, label and kind; rows with a `policy`, on which the suites contradict each
other, are left out. `--math-verify` is a Python that has math-verify 0.9.0 (it needs no llemma: this file is its
worker, too); its answers are wrapped in `$`. The vote is maj@256 with 43 different answers a problem, made by a seeded
generator. Math-Verify and lm-eval's rule vote on the first `--slow-problems` only, parses cached, and the time is
scaled; SymPy under lm-eval's rule runs in a worker process, so its time is wall time.
"""

import argparse
import csv
import importlib
import json
import multiprocessing
import pkgutil
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

SAMPLES = 256
DISTINCT = 43
COMPLETION_CHARACTERS = 600
OUR_PASSES = 5

Row = dict[str, Any]


def main() -> None:
    """Run what is asked, print the tables, and write them (CSV) and the figure to `--out`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=Path)
    parser.add_argument("--math-verify", help="python with math-verify 0.9.0")
    parser.add_argument("--problems", type=int, default=100)
    parser.add_argument("--slow-problems", type=int, default=2)
    parser.add_argument(
        "--end-to-end", type=int, default=0, help="problems for the vote with extraction, two processes"
    )
    parser.add_argument("--out", type=Path)
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        math_verify_worker()
        return
    accuracy = accuracy_rows(options.cases, options.math_verify) if options.cases else []
    show("accuracy on the answer cases (no policy rows)", accuracy)
    votes = vote_rows(options.problems, options.math_verify, options.slow_problems)
    show(f"maj@{SAMPLES}, {DISTINCT} different answers a problem, one core", votes)
    if options.end_to_end:
        show("vote with extraction, two processes", [end_to_end_row(options.end_to_end)])
    if options.out:
        write(options.out, accuracy, votes)


# --- accuracy --------------------------------------------------------------------------------------------------------


def accuracy_rows(path: Path, math_verify: str | None) -> list[Row]:
    """Return one row per grader: false negatives and positives apart, and the time a pair takes."""
    cases = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    cases = [case for case in cases if case["kind"] == "answer" and not case.get("policy")]
    pairs = [(case.get("pred_bare") or case["pred"], case.get("gold_bare") or case["gold"]) for case in cases]
    labels = [case["label"] for case in cases]
    rows = [accuracy_row(name, grader, pairs, labels) for name, grader in graders().items()]
    if math_verify:
        verdicts, seconds = ask_math_verify(math_verify, {"pairs": pairs})
        rows.append(counted("Math-Verify 0.9.0", verdicts, seconds, labels))
    return rows


def accuracy_row(
    name: str, grader: Callable[[str, str], bool], pairs: list[tuple[str, str]], labels: list[bool]
) -> Row:
    """Return the counts of one grader; the first calls, which import and start workers, are not timed.

    Our caches are emptied before each of some passes, and a pair's time is its fastest: the machine's pauses, which can
    be longer than a pair takes, are left out. The others are timed once.
    """
    for pair in (("x+1", "1+y"), (r"\sqrt{8}", r"2\sqrt{2}"), ("x^2", "x*x")):
        grader(*pair)
    seconds = [float("inf")] * len(pairs)
    for _ in range(OUR_PASSES if name == "llemma" else 1):
        empty_our_caches()
        verdicts = []
        for place, (answer, reference) in enumerate(pairs):
            start = time.perf_counter()
            verdicts.append(grader(answer, reference))
            seconds[place] = min(seconds[place], time.perf_counter() - start)
    return counted(name, verdicts, seconds, labels)


def empty_our_caches() -> None:
    """Forget everything that the grader has read and compared."""
    from llemma import grading

    for found in pkgutil.iter_modules(grading.__path__, "llemma.grading."):
        for value in vars(importlib.import_module(found.name)).values():
            if hasattr(value, "cache_clear"):
                value.cache_clear()


def counted(name: str, verdicts: list[bool], seconds: list[float], labels: list[bool]) -> Row:
    """Return accuracy, errors of both kinds and times."""
    negatives = sum(label and not verdict for label, verdict in zip(labels, verdicts, strict=True))
    positives = sum(verdict and not label for label, verdict in zip(labels, verdicts, strict=True))
    return {
        "grader": name,
        "pairs": len(labels),
        "accuracy_percent": round(100 * (1 - (negatives + positives) / len(labels)), 1),
        "false_negatives": negatives,
        "false_positives": positives,
        "mean_ms": round(1000 * statistics.mean(seconds), 4),
        "median_ms": round(1000 * statistics.median(seconds), 4),
        "max_ms": round(1000 * max(seconds), 1),
    }


def graders() -> dict[str, Callable[[str, str], bool]]:
    """Return the graders that run in this process."""
    from llemma.grading import equal

    return {
        "llemma": lambda answer, reference: equal(answer, reference).equal,
        "exact string": lambda answer, reference: answer == reference,
        "lm-eval minerva rule": minerva,
    }


def minerva(answer: str, reference: str) -> bool:
    """Return lm-eval's verdict: normalise, parse both, simplify the difference; no string is equal to itself."""
    from llemma.grading.published import MathSwitches, ask_worker, normalize_tex

    sides = [normalize_tex(text, switches=MathSwitches()) for text in (answer, reference)]
    return ask_worker("difference_is_zero", *sides, timeout_s=5.0) is True


# --- votes -----------------------------------------------------------------------------------------------------------


def problems(count: int) -> list[list[str]]:
    """Return `SAMPLES` answers for each problem: about `DISTINCT` spellings, frequent ones first, by a fixed seed."""
    chance = random.Random(0)
    return [sampled(spellings(chance), chance) for _ in range(count)]


def spellings(chance: random.Random) -> list[str]:
    """Return `DISTINCT` different answers to one problem, several of them equal in value."""
    a, b, c = (chance.randint(2, 60) for _ in range(3))
    make = chance.choice([numbers, surds, polynomials, tuples])
    found: dict[str, None] = {}
    while len(found) < DISTINCT:
        found.update(dict.fromkeys(make(a, b, c)))
        a, b, c = (max(2, value + chance.randint(-3, 4)) for value in (a, b, c))
    return list(found)[:DISTINCT]


def numbers(a: int, b: int, c: int) -> list[str]:
    return [
        rf"\frac{{{a}}}{{{b}}}",
        f"{a}/{b}",
        rf"\dfrac{{{2 * a}}}{{{2 * b}}}",
        f"{a * b}",
        f"{a}.{c}",
        rf"x = {a * b}",
    ]


def surds(a: int, b: int, c: int) -> list[str]:
    return [
        rf"{a}\sqrt{{{b}}}",
        rf"\sqrt{{{a * a * b}}}",
        f"{a}*sqrt({b})",
        rf"{a}+\sqrt{{{c}}}",
        rf"\frac{{{a}\pi}}{{{b}}}",
    ]


def polynomials(a: int, b: int, c: int) -> list[str]:
    return [rf"x^2+{a}x+{b}", rf"{b}+{a}x+x^2", f"x**2 + {a}*x + {b}", rf"(x+{a})(x+{b})", rf"{c}x-{a}"]


def tuples(a: int, b: int, c: int) -> list[str]:
    return [f"({a},{b})", rf"\left({a}, {b}\right)", f"[{a},{b})", rf"\{{{a},{b},{c}\}}", f"{a}, {b}"]


def sampled(answers: list[str], chance: random.Random) -> list[str]:
    """Return every answer once and the rest drawn with falling frequency, in random order."""
    weights = [1 / (rank + 1) for rank in range(len(answers))]
    drawn = answers + chance.choices(answers, weights, k=SAMPLES - len(answers))
    chance.shuffle(drawn)
    return drawn


def vote_rows(count: int, math_verify: str | None, slow: int) -> list[Row]:
    """Return the time of the vote by each method, caches empty at the start."""
    load = problems(count)
    rows = [vote_row("llemma", our_vote, load), vote_row("exact string", string_vote, load)]
    minerva_vote(load[0][:3])  # starts the worker
    rows.append(vote_row("lm-eval minerva rule", minerva_vote, load[:slow], clock=time.perf_counter))
    if math_verify:
        groups, seconds = ask_math_verify(math_verify, {"votes": load[:slow]})
        ours = [len(our_vote(answers)) for answers in load[:slow]]
        rows.append(
            timed("Math-Verify 0.9.0, cached parses", sum(seconds), slow) | {"classes": statistics.mean(groups)}
        )
        print(f"classes in the first {slow} problems: ours {ours}, Math-Verify {groups}")
        rows[0]["times_faster_than_math_verify"] = round(rows[-1]["ms_per_problem"] / rows[0]["ms_per_problem"])
    return rows


def vote_row(
    name: str,
    vote: Callable[[list[str]], list[int]],
    load: list[list[str]],
    clock: Callable[[], float] = time.process_time,
) -> Row:
    """Return the time of one method; the clock is wall time for the one whose SymPy runs in another process.

    Ours is the fastest of some passes over all problems, each with empty caches.
    """
    times = []
    for _ in range(OUR_PASSES if name == "llemma" else 1):
        empty_our_caches()
        start = clock()
        classes = [len(vote(answers)) for answers in load]
        times.append(clock() - start)
    return timed(name, min(times), len(load)) | {"classes": statistics.mean(classes)}


def timed(name: str, seconds: float, count: int) -> Row:
    return {
        "method": name,
        "problems": count,
        "ms_per_problem": round(1000 * seconds / count, 3),
        "s_per_5000_problems": round(5000 * seconds / count, 1),
    }


def our_vote(answers: list[str]) -> list[int]:
    """Return the sizes of the classes by fingerprint and equality."""
    from llemma import voting
    from llemma.grading import buckets, equal

    return list(voting.vote(answers, lambda a, b: equal(a, b).equal, buckets=buckets).counts)


def string_vote(answers: list[str]) -> list[int]:
    from llemma import voting

    return list(voting.vote(answers, lambda a, b: a == b, buckets=lambda answer: [answer]).counts)


def minerva_vote(answers: list[str]) -> list[int]:
    """Return the sizes of the classes by lm-eval's rule, which has no buckets; parses are cached."""
    from llemma import voting

    return list(voting.vote(answers, lambda a, b: a == b or minerva(a, b)).counts)


def end_to_end_row(count: int) -> Row:
    """Return the wall time of extraction and vote over completions of 600 characters, on two processes."""
    start = time.perf_counter()
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        pool.map(_ready, range(2))
        begun = time.perf_counter()
        busy = pool.map(_extract_and_vote, range(count), chunksize=5)
        wall = time.perf_counter() - begun - sum(made for made, _ in busy) / 2
    return {
        "completions": count * SAMPLES,
        "wall_s": round(wall, 2),
        "wall_s_per_5000_problems": round(wall * 5000 / count, 1),
        "cpu_s_of_both": round(sum(cpu for _, cpu in busy), 2),
        "cpu_s_of_one_per_5000_problems": round(sum(cpu for _, cpu in busy) / 2 * 5000 / count, 1),
        "start_s": round(begun - start, 2),
    }


def _ready(_: int) -> None:
    our_vote(["1", "x"])


def _extract_and_vote(seed: int) -> tuple[float, float]:
    """Return the wall seconds spent on making the completions and the CPU seconds on extraction and vote."""
    from llemma.grading import extract

    start = time.perf_counter()
    chance = random.Random(seed)
    completions = [completion(answer) for answer in sampled(spellings(chance), chance)]
    made = time.perf_counter() - start
    begun = time.process_time()
    our_vote([extract(text) or "" for text in completions])
    return made, time.process_time() - begun


def completion(answer: str) -> str:
    """Return a completion of about 600 characters that ends in an answer."""
    end = f"\nFinal Answer: The final answer is ${answer}$. I hope it is correct."
    step = "We see that $a + b = 12$ and so the second part is $\\frac{3}{4}$ of it. "
    return (step * 9)[: COMPLETION_CHARACTERS - len(end)] + end


# --- Math-Verify -----------------------------------------------------------------------------------------------------


def ask_math_verify(python: str, request: Row) -> tuple[list[Any], list[float]]:
    """Return Math-Verify's verdicts (or numbers of classes) and the CPU seconds of each."""
    done = subprocess.run(  # the path is the user's own
        [python, __file__, "--worker"], input=json.dumps(request), capture_output=True, text=True, check=True
    )
    reply = json.loads(done.stdout.splitlines()[-1])
    return reply["results"], reply["seconds"]


def math_verify_worker() -> None:
    """Answer one request on stdin. Runs in Math-Verify's own environment."""
    from math_verify import parse, verify

    request = json.load(sys.stdin)
    verify(parse("$1$"), parse("$2$"))
    results, seconds = [], []
    for item in request.get("pairs", []) or request.get("votes", []):
        start = time.process_time()
        if "pairs" in request:
            results.append(bool(verify(parse(f"${item[1]}$"), parse(f"${item[0]}$"))))
        else:
            results.append(len(group(item, parse, verify)))
        seconds.append(time.process_time() - start)
    print(json.dumps({"results": results, "seconds": seconds}))


def group(answers: Iterable[str], parse: Callable[[str], Any], verify: Callable[[Any, Any], bool]) -> list[str]:
    """Return the keys of the classes, each answer string parsed and compared once."""
    parsed: dict[str, Any] = {}
    keys: list[str] = []
    for answer in answers:
        if answer not in parsed:
            parsed[answer] = parse(f"${answer}$")
            if not any(verify(parsed[key], parsed[answer]) for key in keys):
                keys.append(answer)
    return keys


# --- output ----------------------------------------------------------------------------------------------------------


def show(title: str, rows: list[Row]) -> None:
    """Print rows as a table."""
    if not rows:
        return
    print(f"\n{title}")
    names = list(dict.fromkeys(name for row in rows for name in row))
    widths = [max(len(name), *(len(str(row.get(name, "-"))) for row in rows)) for name in names]
    for cells in (names, *([str(row.get(name, "-")) for name in names] for row in rows)):
        print("  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)))


def write(out: Path, accuracy: list[Row], votes: list[Row]) -> None:
    """Write both tables as CSV and the figure as SVG and PNG."""
    out.mkdir(parents=True, exist_ok=True)
    for name, rows in (("accuracy", accuracy), ("vote", votes)):
        if rows:
            with (out / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
                table = csv.DictWriter(file, list(dict.fromkeys(key for row in rows for key in row)))
                table.writeheader()
                table.writerows(rows)
    if accuracy:
        figure = draw(accuracy, votes)
        figure.savefig(out / "grading.svg")
        figure.savefig(out / "grading.png", dpi=150)
        print(f"\nwrote {out}")


def draw(accuracy: list[Row], votes: list[Row]) -> Any:
    """Return a figure: errors of both kinds by grader, and the time of a vote."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3), layout="constrained")
    errors, times = figure.subplots(1, 2)
    names = [row["grader"] for row in accuracy]
    missed = [row["false_negatives"] for row in accuracy]
    errors.barh(names, missed, color="#0072b2", label="equal, called different")
    wrong = [row["false_positives"] for row in accuracy]
    errors.barh(names, wrong, left=missed, color="#d55e00", label="different, called equal")
    for place, (few, many) in enumerate(zip(wrong, missed, strict=True)):
        errors.text(few + many + 1, place, str(few + many), va="center", fontsize=8)
    errors.set_xlim(0, 1.1 * max(few + many for few, many in zip(wrong, missed, strict=True)))
    errors.invert_yaxis()
    errors.set_xlabel(f"errors in {accuracy[0]['pairs']} pairs of answers")
    errors.legend(frameon=False, fontsize=8, loc="lower right")
    times.barh([row["method"] for row in votes], [row["ms_per_problem"] for row in votes], color="#999999")
    times.set_xscale("log")
    times.invert_yaxis()
    times.set_xlabel(f"ms of CPU for one maj@{SAMPLES}")
    for axes in (errors, times):
        axes.spines[["top", "right"]].set_visible(False)
    return figure


if __name__ == "__main__":
    main()
