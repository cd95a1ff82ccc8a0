"""`llemma check`: the verdict on every proof of a file, or a server that gives verdicts."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from llemma.evaluate.check import Row

FIRST = 8
_REASON = 100


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The prover that the options describe; None: as the prover has it."""

    project: Path | None
    timeout_s: float | None
    processes: int
    axioms: str | None
    imports: str | None
    unsafe: bool


@click.command()
@click.argument("source", metavar="[FILE]", required=False, type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="The run directory. Default: runs/check/NAME.")
@click.option("--project", type=click.Path(path_type=Path), help="A Lean project with Mathlib. Default: built-in Lean.")
@click.option(
    "--timeout",
    "timeout_s",
    type=click.FloatRange(min=0, min_open=True),
    help="Seconds that a proof may take. Default: 30; in a project 120, for a file of up to 8 proofs.",
)
@click.option("--processes", type=click.IntRange(min=1), help="Lean processes. Default: one a core; in a project one.")
@click.option("--axioms", help="A comma list of allowed axioms. Default: propext,Classical.choice,Quot.sound.")
@click.option("--import", "imports", help="A comma list of modules, for rows. Default: Init; in a project Mathlib.")
@click.option("--unsafe-tools", is_flag=True, help="Run the built-in Lean even where nothing can confine it.")
@click.option("--serve", "port", type=click.IntRange(0, 65535), metavar="PORT", help="Check over HTTP instead.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address that --serve listens on.")
def command(
    source: Path | None,
    out: Path | None,
    project: Path | None,
    timeout_s: float | None,
    processes: int | None,
    axioms: str | None,
    imports: str | None,
    unsafe_tools: bool,
    port: int | None,
    host: str,
) -> None:
    """Check proofs with Lean.

    FILE is a .jsonl or .jsonl.zst with `name`, `statement` (what follows the name: binders, a colon, the proposition),
    `proof` (`by` and tactics, or a term) and perhaps `prelude` (source before it); or a .lean file, of which every
    theorem is checked. The same command goes on with a killed run. --serve takes the same rows as JSON: POST /check.

    \b
    llemma check proofs.jsonl --out runs/check/mine
    llemma check homework.lean
    llemma check proofs.jsonl --project ~/lean/mine --import Mathlib
    llemma check --serve 8000
    """
    import os

    from llemma.errors import UserError

    processes = processes or (1 if project else len(os.sched_getaffinity(0)))
    wanted = _Wanted(project, timeout_s, processes, axioms, imports, unsafe_tools)
    if port is not None:
        if source is not None or out is not None:
            raise UserError("--serve takes neither FILE nor --out: proofs come over HTTP")
        _serve(wanted, host, port)
    elif source is None:
        raise UserError("nothing to check: give FILE.jsonl or FILE.lean, or --serve PORT")
    else:
        _check(source, wanted, out or Path("runs/check") / Path(source.name.removesuffix(".zst")).stem)


def _check(source: Path, wanted: _Wanted, out: Path) -> None:
    from llemma.errors import UserError
    from llemma.evaluate.check import VERDICTS
    from llemma.progress import say

    if not source.is_file():
        raise UserError(f"{source}: no such file")
    if not source.name.endswith((".lean", ".jsonl", ".jsonl.zst")):
        raise UserError(f"{source}: neither .jsonl (or .jsonl.zst) nor .lean")
    try:
        rows = _check_file(source, wanted, out) if source.suffix == ".lean" else _check_rows(source, wanted, out)
    except KeyboardInterrupt:
        say(f"stopped. The same command goes on with what is in {out}")
        raise SystemExit(130) from None
    _show(source.name, rows)
    say(f"every verdict with its reason: {out / VERDICTS}. The same over HTTP: llemma check --serve 8000")


def _check_rows(source: Path, wanted: _Wanted, out: Path) -> "list[Row]":
    from llemma.evaluate.check import check_rows
    from llemma.provers.spec import open_prover

    with open_prover(
        wanted.project, imports=_listed(wanted.imports), **_options(wanted), unsafe=wanted.unsafe
    ) as prover:
        return check_rows(source, prover, out)


def _check_file(source: Path, wanted: _Wanted, out: Path) -> "list[Row]":
    from llemma.errors import UserError
    from llemma.evaluate.check import check_file, read_lean_file
    from llemma.provers.spec import open_built_in

    if wanted.project is not None or wanted.imports is not None:
        raise UserError(
            f"{source}: a .lean file says itself what it imports, and the built-in Lean checks it. Leave out --import "
            "and --project, or give rows (.jsonl)"
        )
    file = read_lean_file(source)
    with open_built_in(imports=file.imports, **_options(wanted), unsafe=wanted.unsafe) as prover:
        return check_file(file, prover, out)


def _serve(wanted: _Wanted, host: str, port: int) -> None:
    from llemma.errors import MissingPackageError
    from llemma.progress import say
    from llemma.provers.spec import open_prover

    try:
        from llemma.evaluate.check_server import serve
    except ModuleNotFoundError as error:
        if error.name not in {"starlette", "uvicorn"}:
            raise
        raise MissingPackageError(error.name, needed_by="llemma check --serve", extra="serve") from error
    with open_prover(
        wanted.project, imports=_listed(wanted.imports), **_options(wanted), unsafe=wanted.unsafe
    ) as prover:
        try:
            serve(prover, host=host, port=port, processes=wanted.processes)
        except KeyboardInterrupt:
            say("stopped")
            raise SystemExit(130) from None


def _options(wanted: _Wanted) -> dict[str, Any]:
    return {"timeout_s": wanted.timeout_s, "processes": wanted.processes, "axioms": _listed(wanted.axioms)}


def _listed(text: str | None) -> tuple[str, ...] | None:
    """Return the names in a comma list; None for no list, () for an empty one."""
    return None if text is None else tuple(name for part in text.split(",") if (name := part.strip()))


def _show(name: str, rows: "Sequence[Row]") -> None:
    """Print how many verdicts there are of each kind, and the first proofs that are none, to stdout."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from llemma.evaluate.check import count_statuses

    table = Table(title=f"{escape(name)}, n = {len(rows):,}")
    table.add_column("")
    table.add_column("proofs", justify="right")
    for status, count in count_statuses(rows).items():
        table.add_row(status.replace("_", " "), f"{count:,}")
    Console().print(table)
    failed = [row for row in rows if row["status"] != "proved"]
    if not failed:
        return
    table = Table(title=f"The first of {len(failed):,} that are not proved" if len(failed) > FIRST else "Not proved")
    for heading in ("name", "verdict", "line", "reason"):
        table.add_column(heading, justify="right" if heading == "line" else "left", overflow="fold")
    for row in failed[:FIRST]:
        line = "" if row["line"] is None else f"{row['line']:,}"
        table.add_row(escape(row["name"]), row["status"].replace("_", " "), line, escape(row["reason"][:_REASON]))
    Console().print(table)
