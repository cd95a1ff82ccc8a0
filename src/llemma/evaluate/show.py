"""A run's summary, its votes and the differences between its profiles in the terminal."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from llemma.evaluate.diff import RunDifference
from llemma.evaluate.perplexity import perplexity_lines
from llemma.grading.explain import Step

MOST_ROWS = 40


def show_run(summary: Mapping[str, Any]) -> None:
    """Print the summary of a run of any kind to stdout."""
    if summary.get("kind") == "perplexity":
        print("\n".join(perplexity_lines(summary)))
    else:
        show_summary(summary)


def show_summary(summary: Mapping[str, Any]) -> None:
    """Print accuracy, vote and failures under every profile to stdout."""
    samples = summary["samples"]
    table = Table(title=f"{summary['model']} on {summary['title']}, n = {summary['problems']:,}, k = {samples}")
    table.add_column("")
    for profile in summary["profiles"]:
        table.add_column(profile, justify="right")
    results = summary["profiles"].values()
    table.add_row(
        "greedy" if summary["greedy"] else "mean sample", *(_percent(r["accuracy"], r["stderr"]) for r in results)
    )
    if samples > 1:
        table.add_row(f"maj@{samples}", *(_estimate(r["maj"][-1]) for r in results))
        table.add_row(f"pass@{samples}", *(_estimate(r["pass"][-1]) for r in results))
    for status in next(iter(results))["statuses"]:
        table.add_row(status.replace("_", " "), *(f"{r['statuses'][status]:,}" for r in results))
    Console().print(table)


def show_proofs(summary: Mapping[str, Any]) -> None:
    """Print how many theorems were proved, in all and by level, pass@k, and what became of the others, to stdout."""
    method = "best-first search" if summary["method"] == "best_first" else "whole proofs"
    title = f"{summary['model']} on {summary['title']}, {method}"
    table = _table(escape(title), [""], ["proved", "of", "%", "95 % interval"])
    levels = {f"level {level}": part for level, part in summary["levels"].items()}
    for name, part in {"all": summary, **(levels if len(levels) > 1 else {})}.items():
        low, high = part["interval"]
        interval = _interval({"low": low, "high": high})
        table.add_row(escape(name), f"{part['solved']:,}", f"{part['total']:,}", _percent(part["rate"], None), interval)
    Console().print(table)
    if (count := len(summary["pass"])) > 1:
        table = _table("Right among k whole proofs", [], ["k", "pass@k", "95 % interval"])
        for k in _shown(count):
            passed = summary["pass"][k - 1]
            table.add_row(str(k), _estimate(passed), _interval(passed))
        Console().print(table)
    statuses = {status: count for status, count in summary["statuses"].items() if count and status != "solved"}
    if statuses:
        print("not proved: " + ", ".join(f"{status.replace('_', ' ')} {count:,}" for status, count in statuses.items()))


def show_reasons(summary: Mapping[str, Any]) -> None:
    """Print how often each reason led to each verdict, the most frequent first."""
    profiles = summary["profiles"]
    table = _table("Why", ["verdict", "reason"], list(profiles))
    counts = {
        (status, reason): [results["reasons"].get(status, {}).get(reason, 0) for results in profiles.values()]
        for results in profiles.values()
        for status, reasons in results["reasons"].items()
        for reason in reasons
    }
    order = [status for results in profiles.values() for status in results["statuses"]]
    rows = sorted(counts.items(), key=lambda item: (order.index(item[0][0]), -sum(item[1])))
    for (status, reason), numbers in rows[:MOST_ROWS]:
        table.add_row(status.replace("_", " "), escape(reason), *(f"{number:,}" for number in numbers))
    _print(table, len(rows))


def show_differences(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print the completions that two profiles judge differently, with the answer that each one sees."""
    if not rows:
        return
    names = [rows[0]["profile"], *rows[0]["profiles"]]
    table = _table(f"The profiles differ on {len(rows):,}", ["id", "reference", *names], [])
    for row in rows[:MOST_ROWS]:
        name = row["id"] if row["sample"] == 0 else f"{row['id']}#{row['sample']}"
        verdicts = (row, *row["profiles"].values())
        table.add_row(escape(name), escape(row["reference"]), *(_verdict(verdict) for verdict in verdicts))
    _print(table, len(rows))


def show_vote(summary: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> None:
    """Print maj@k and pass@k with their intervals, and which problems the vote wins and loses against sample one."""
    count = summary["samples"]
    for name, results in summary["profiles"].items():
        title = f"{summary['model']} on {summary['title']}, {name} profile, n = {summary['problems']:,}"
        table = _table(title, [], ["k", "maj@k", "95 % interval", "pass@k", "95 % interval"])
        for k in _shown(count):
            maj, passed = results["maj"][k - 1], results["pass"][k - 1]
            table.add_row(str(k), _estimate(maj), _interval(maj), _estimate(passed), _interval(passed))
        Console().print(table)
        mine = [row for row in rows if row["profile"] == name]
        print(f"vote of all {count} samples: {_percent(results['vote'], None)} % correct")
        for verb, won in (("wins", True), ("loses", False)):
            ids = [r["id"] for r in mine if r["vote_correct"] is won and r["first_correct"] is not won]
            print(f"the vote {verb} {len(ids):,} against the first sample{_listed(ids)}")


def show_steps(steps: Mapping[str, Sequence[Step]]) -> None:
    """Print, per profile, the steps that led to a verdict."""
    for profile, found in steps.items():
        print(f"{profile} profile")
        width = max(len(step.name) for step in found)
        for step in found:
            print(f"  {step.name:<{width}}  {step.result}")


def show_agreement(summary: Mapping[str, Mapping[str, Any]]) -> None:
    """Print, per task, how many published answers are correct by the site and by each profile, and who disagrees."""
    profiles = [name for name in ("paper", "fixed") if name in next(iter(summary.values()))]
    columns = ["answers", "the paper's site", *(f"{name} profile" for name in profiles)]
    table = _table("Published answers of Llemma 34B, correct by", ["task"], columns)
    for task, result in summary.items():
        table.add_row(task, *(str(result[key]) for key in ("answers", "published", *profiles)))
    Console().print(table)
    for name in profiles:
        ids = [problem_id for result in summary.values() for problem_id in result[f"{name}_disagrees"]]
        print(f"the {name} profile disagrees with the site on {len(ids)}{_listed(ids)}")


def show_difference(difference: RunDifference, names: tuple[str, str]) -> None:
    """Print what differs in two protocols, both scores, and the flipped problems by cause."""
    for letter, name, profile in zip("AB", names, difference.profiles, strict=True):
        print(f"{letter}: {name}, {profile} profile")
    if difference.protocol:
        table = _table("Protocol", ["part", "field", "A", "B"], [])
        for row in difference.protocol:
            table.add_row(row.part, escape(row.field), escape(row.first), escape(row.second))
        Console().print(table)
    else:
        print("The protocols are the same.")
    _print_scores(difference)
    if not difference.flips:
        return
    table = _table("Flipped problems by cause", ["cause"], ["only B right", "only A right"])
    for cause, counts in difference.causes().items():
        table.add_row(cause, f"{counts['gained']:,}", f"{counts['lost']:,}")
    Console().print(table)
    table = _table("Flipped problems", ["id", "right", "reference", "answer A", "answer B", "cause"], [])
    for flip in difference.flips[:MOST_ROWS]:
        answers = ("no answer" if answer is None else answer for answer in flip.answers)
        right = "B" if flip.direction == "gained" else "A"
        table.add_row(escape(flip.id), right, *map(escape, (flip.reference, *answers, flip.cause)))
    _print(table, len(difference.flips))


def _print_scores(difference: RunDifference) -> None:
    right, count = difference.correct, difference.problems
    only = [f"{number:,} only in {name}" for name, number in zip("AB", difference.only, strict=True) if number]
    print(f"{count:,} problems in both runs{''.join(f', {part}' for part in only)}")
    if count:
        change = 100 * (right[1] - right[0]) / count
        print(
            f"right: {right[0]:,} in A ({100 * right[0] / count:.1f} %), {right[1]:,} in B "
            f"({100 * right[1] / count:.1f} %), {change:+.1f} points; {len(difference.flips):,} flipped "
            f"(p = {difference.p_value:.2g}, exact McNemar test)"
        )


def _listed(ids: Sequence[str]) -> str:
    more = f", and {len(ids) - MOST_ROWS:,} more" if len(ids) > MOST_ROWS else ""
    return f": {', '.join(ids[:MOST_ROWS])}{more}" if ids else ""


def _table(title: str, left: Iterable[str], right: Iterable[str]) -> Table:
    table = Table(title=title)
    for name in left:
        table.add_column(name, overflow="fold")
    for name in right:
        table.add_column(name, justify="right")
    return table


def _print(table: Table, count: int) -> None:
    Console().print(table)
    if count > MOST_ROWS:
        print(f"and {count - MOST_ROWS:,} more")


def _shown(count: int) -> list[int]:
    """Return every k to 8, then powers of two, and the largest."""
    return sorted({*range(1, min(count, 8) + 1), *(2**n for n in range(3, count.bit_length())), count})


def _verdict(verdict: Mapping[str, Any]) -> str:
    answer = "no answer" if verdict["answer"] is None else verdict["answer"]
    return escape(f"{verdict['status'].replace('_', ' ')}: {answer}")


def _interval(estimate: Mapping[str, Any]) -> str:
    return f"{100 * estimate['low']:.1f} to {100 * estimate['high']:.1f}"


def _estimate(estimate: Mapping[str, Any]) -> str:
    return _percent(estimate["mean"], estimate["stderr"])


def _percent(value: float, stderr: float | None) -> str:
    return f"{100 * value:.1f}" if stderr is None else f"{100 * value:.1f} ± {100 * stderr:.1f}"
