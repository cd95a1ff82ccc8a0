"""Opens a prover: the built-in Lean, or a Lean project of the user's."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llemma.errors import UserError

if TYPE_CHECKING:
    from llemma.provers.lean_project import LeanProject
    from llemma.provers.lean_wasm.prover import LeanWasm


def open_prover(
    project: Path | None, *, unsafe: bool = False, **options: Any
) -> "closing[LeanProject] | closing[LeanWasm]":
    """Return a prover to be held by `with`: of the Lean project in `project`, or the built-in one.

    `options` are those that both have: `imports`, `timeout_s`, `processes`, `axioms`; None: as the prover has it.
    """
    if project is None:
        return open_built_in(unsafe=unsafe, **options)
    from llemma.provers.lean_project import LeanProject

    return closing(LeanProject(project, **_given(options)))


def open_built_in(*, unsafe: bool = False, **options: Any) -> "closing[LeanWasm]":
    """Return the built-in prover, to be held by `with`. `unsafe` lets it run where nothing can confine it.

    Raises UserError for imports that it does not have, and when Lean is not installed.
    """
    from llemma.provers.lean_wasm.prover import LeanWasm

    require_built_in(options.get("imports") or ())
    return closing(LeanWasm(**_given(options), unsafe=unsafe))


def require_built_in(imports: Sequence[str]) -> None:
    """Raise UserError when the built-in Lean does not have one of these modules, or is not installed."""
    from llemma.provers.lean_wasm.prover import MODULES
    from llemma.provers.lean_wasm.runtime import require_runtime

    library = require_runtime().folder / "lib" / "lean"
    for module in imports:
        if not library.joinpath(*module.split(".")).with_suffix(".olean").exists():
            raise UserError(
                f"the built-in Lean has no module {module}, only {', '.join(MODULES)} and their parts. Give a Lean "
                "project that has it (--project FOLDER); it takes theorems as rows (.jsonl)"
            )


def _given(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}
