"""Opens a prover: the built-in Lean, or a Lean project of the user's."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from llemma.errors import UserError
from llemma.provers.base import Prover


@contextmanager
def open_prover(
    project: Path | None,
    *,
    imports: Sequence[str] | None = None,
    timeout_s: float | None = None,
    processes: int | None = None,
    unsafe: bool = False,
) -> Iterator[Prover]:
    """Hold a prover open: of the Lean project in `project`, or the built-in one. None: as the prover has it.

    `unsafe` lets the built-in prover run where nothing can confine it. Raises UserError for imports that the built-in
    prover does not have, and when Lean is not installed.
    """
    from llemma.provers.lean_project import LeanProject
    from llemma.provers.lean_wasm.prover import LeanWasm

    options: dict[str, Any] = {"imports": imports, "timeout_s": timeout_s, "processes": processes}
    given = {name: value for name, value in options.items() if value is not None}
    if project is None:
        _check_imports(imports or ())
    with closing(LeanProject(project, **given) if project else LeanWasm(**given, unsafe=unsafe)) as prover:
        yield prover


def _check_imports(imports: Sequence[str]) -> None:
    from llemma.provers.lean_wasm.prover import MODULES

    missing = [name for name in imports if name.partition(".")[0] not in MODULES]
    if missing:
        have = ", ".join(MODULES)
        raise UserError(
            f"the built-in Lean has no {missing[0]} (only {have}). Give a Lean project that has it: --project"
        )
