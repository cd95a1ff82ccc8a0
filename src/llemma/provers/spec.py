"""Opens a prover: the built-in Lean, or a Lean project of the user's."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from llemma.errors import UserError
from llemma.provers.base import STANDARD_AXIOMS, Prover


@contextmanager
def open_prover(
    project: Path | None,
    *,
    imports: Sequence[str] = ("Init",),
    timeout_s: float = 30.0,
    processes: int | None = None,
    axioms: Sequence[str] = STANDARD_AXIOMS,
    unsafe: bool = False,
) -> Iterator[Prover]:
    """Hold a prover open: of the Lean project in `project`, or the built-in one. `timeout_s` is for one proof.

    `unsafe` lets the built-in prover run where nothing can confine it. Raises UserError for imports that the built-in
    prover does not have, and when Lean is not installed.
    """
    from llemma.provers.lean_project import LeanProject
    from llemma.provers.lean_wasm.prover import MODULES, LeanWasm

    if project is not None:
        with closing(LeanProject(project, imports=imports, timeout_s=timeout_s, processes=processes or 1)) as prover:
            yield prover
        return
    missing = [name for name in imports if name.partition(".")[0] not in MODULES]
    if missing:
        have = ", ".join(MODULES)
        raise UserError(
            f"the built-in Lean has no {missing[0]} (only {have}). Give a Lean project that has it: --project"
        )
    with LeanWasm(imports=imports, timeout_s=timeout_s, processes=processes, axioms=axioms, unsafe=unsafe) as built_in:
        yield built_in
