"""A prover that uses the user's own Lean project, with Mathlib or whatever it has.

Whole proofs are checked by `lake env lean --json`, several in a file. Lean reads them in a process with the user's
rights: what could run code is refused as text (`screen`), which is weaker than the built-in prover's two confined
processes. Tactic states come from the community's REPL.
"""

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from llemma.errors import UserError
from llemma.provers.base import STANDARD_AXIOMS, Crashed, Open, Rejected, Step, TimedOut, Verdict
from llemma.provers.lean_project.lake import Lake, Run
from llemma.provers.lean_project.repl import Repls
from llemma.provers.lean_project.screen import Candidate, RefusedError, candidate
from llemma.provers.lean_project.source import (
    OPTIONS,
    LeanMessage,
    SourceFile,
    is_answered,
    may_have_left_its_place,
    parse_messages,
    read_verdict,
    source_file,
)
from llemma.provers.ordered import map_in_order
from llemma.records import Theorem

_WAITING_FILES = 2
"""Files that wait for each process, so that none is idle while verdicts are taken."""


class LeanProject:
    """Checks proofs in a Lean project. The time limit is that of a file, its imports included.

    A file has up to `batch` proofs. One whose process does not come to its end is halved, so that a verdict other
    than `Proved` or `Rejected` is that of a proof that was alone in its file.
    """

    def __init__(
        self,
        folder: Path,
        *,
        imports: Sequence[str] = ("Mathlib",),
        timeout_s: float = 120.0,
        memory_mb: int = 8192,
        processes: int = 1,
        batch: int = 8,
        axioms: Sequence[str] = STANDARD_AXIOMS,
        lake: str = "lake",
        repl: Path | None = None,
    ) -> None:
        """Look at the project. `repl` is a built REPL's folder; None: `lean-interact` gets it, and builds it once.

        Raises UserError when the folder is no project or Lean is not installed.
        """
        self._lake = Lake(folder, command=lake)
        self._imports = tuple(imports)
        self._timeout_s, self._memory_mb = timeout_s, memory_mb
        self._processes, self._batch = processes, batch
        self._allowed = frozenset(axioms)
        header = "\n".join([*(f"import {module}" for module in imports), *OPTIONS])
        self._repls = Repls(self._lake, header, repl=repl, processes=processes, timeout_s=timeout_s)

    def identity(self) -> Mapping[str, Any]:
        """What verdicts depend on: the Lean version, the project's packages, imports, options, limits and axioms."""
        return {
            "prover": "lean_project",
            "lean": self._lake.toolchain,
            "manifest_sha256": self._lake.manifest_sha256,
            "imports": list(self._imports),
            "options": list(OPTIONS),
            "timeout_s": self._timeout_s,
            "memory_mb": self._memory_mb,
            "axioms": sorted(self._allowed),
        }

    def check(self, theorem: Theorem, proof: str) -> Verdict:
        """Return the verdict on `proof`: a term, or `by` and tactics."""
        return self._check_group([_screen(theorem, proof)])[0]

    def check_all(self, pairs: Iterable[tuple[Theorem, str]]) -> Iterator[Verdict]:
        """Yield the verdict on every pair, in order. Pairs in a row with the same prelude share a file.

        Raises UserError when the project's own imports fail.
        """
        groups = _groups((_screen(*pair) for pair in pairs), self._batch)
        ahead = self._processes * _WAITING_FILES - 1
        checked = map_in_order(self._check_group, groups, threads=self._processes, ahead=ahead)
        return chain.from_iterable(checked)

    def start(self, theorem: Theorem) -> Open | Rejected | TimedOut | Crashed:
        """Return the theorem's first tactic state, `Rejected` when the statement is not one."""
        try:
            screened = candidate(theorem, "by skip")
        except RefusedError as error:
            return Rejected(str(error))
        return self._repls.start(theorem, screened)

    def steps(self, state: Open, tactics: Sequence[str]) -> list[Step]:
        """Return what each of `tactics`, tried on its own, makes of `state`; in order."""
        return self._repls.steps(state, candidate(state.theorem, "by skip"), tactics)

    def close(self) -> None:
        """End every process."""
        self._lake.kill()
        self._repls.close()

    def _check_group(self, group: Sequence[Candidate | Rejected]) -> list[Verdict]:
        """Return the verdicts on candidates with one prelude; what was refused before keeps its place."""
        candidates = [entry for entry in group if isinstance(entry, Candidate)]
        checked = iter(self._check_file(candidates) if candidates else [])
        return [entry if isinstance(entry, Rejected) else next(checked) for entry in group]

    def _check_file(self, candidates: Sequence[Candidate]) -> list[Verdict]:
        file = source_file(candidates, self._imports, secrets.token_hex(8))
        run = self._lake.run(file.text, timeout_s=self._timeout_s, memory_mb=self._memory_mb)
        messages = parse_messages(run.output)
        if broken := [message for message in messages if message.severity == "error" and message.line < file.prelude]:
            raise UserError(self._not_built(broken[0].text))
        if run.code is not None and not messages and "error:" in run.trouble:
            raise UserError(self._not_built(run.trouble))
        return self._judge(candidates, file, run, messages)

    def _judge(
        self, candidates: Sequence[Candidate], file: SourceFile, run: Run, messages: Sequence[LeanMessage]
    ) -> list[Verdict]:
        """Return the verdicts on all candidates of a file; those that this run leaves open are checked again."""
        is_answer = run.code in (0, 1) and all(is_answered(place, messages) for place in file.places)
        if not is_answer and len(candidates) > 1:
            half = len(candidates) // 2
            return self._check_file(candidates[:half]) + self._check_file(candidates[half:])
        if not is_answer and (run.code != 1 or all(message.severity != "error" for message in messages)):
            return [TimedOut(self._timeout_s) if run.code is None else Crashed(run.how_it_ended)]
        left = (number for number, place in enumerate(file.places, 1) if may_have_left_its_place(place, messages))
        used = next(left, len(candidates))
        places = file.places[:used]
        verdicts = [read_verdict(file, place, messages, allowed_axioms=self._allowed) for place in places]
        return verdicts + (self._check_file(candidates[used:]) if used < len(candidates) else [])

    def _not_built(self, trouble: str) -> str:
        reason = trouble.strip().partition("\n")[0]
        return f"{self._lake.folder}: {reason}. Build the project: lake exe cache get (for Mathlib), then lake build"


def _screen(theorem: Theorem, proof: str) -> Candidate | Rejected:
    try:
        return candidate(theorem, proof)
    except RefusedError as error:
        return Rejected(str(error))


def _groups(entries: Iterable[Candidate | Rejected], size: int) -> Iterator[list[Candidate | Rejected]]:
    """Yield entries in order, as many together as may be in a file."""
    group: list[Candidate | Rejected] = []
    first: Candidate | None = None
    for entry in entries:
        if group and (len(group) == size or not _fits(first, entry)):
            yield group
            group, first = [], None
        group.append(entry)
        first = entry if first is None and isinstance(entry, Candidate) else first
    if group:
        yield group


def _fits(first: Candidate | None, entry: Candidate | Rejected) -> bool:
    if first is None or isinstance(entry, Rejected):
        return True
    return first.prelude == entry.prelude and first.may_share_a_file and entry.may_share_a_file
