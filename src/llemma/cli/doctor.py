"""`llemma doctor`: what is installed, what the machine has, and what each missing part would take."""

import importlib.util
import os
import platform
import shutil
from importlib import metadata

import click

_PARTS = (
    # package to import, distribution, what it is for, how to get it
    ("torch", "torch", "training, engine hf:", "pip install 'llemma[models]'"),
    ("transformers", "transformers", "models, tokenizers, engine hf:", "pip install 'llemma[models]'"),
    ("httpx2", "httpx2", "engine openai:", "pip install 'llemma[openai]'"),
    ("vllm", "vllm", "engine vllm: (needs a GPU)", "pip install 'llemma[vllm]'"),
    ("pyarrow", "pyarrow", "data build", "pip install 'llemma[data]'"),
    ("fastokens", "fastokens", "tokenising at full speed", "pip install 'llemma[data]'"),
    ("ray", "ray", "data build --executor ray", "pip install 'llemma[ray]'"),
    ("matplotlib", "matplotlib", "figures of llemma report and data build", "pip install 'llemma[report]'"),
    ("sympy", "sympy", "grading of expressions", "pip install llemma"),
    ("flint", "python-flint", "grading of expressions", "pip install llemma"),
    ("antlr4", "antlr4-python3-runtime", "LaTeX in the paper's grader (4.11 only)", "pip install llemma"),
)


@click.command()
def command() -> None:
    """Say what is installed, what the machine has, and what each missing part would take.

    \b
    llemma doctor
    """
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from llemma.data.benchmarks import PROBLEM_SETS, PROMPTS, Benchmarks
    from llemma.errors import BenchmarkError

    table = Table(title=f"Python {platform.python_version()} on {platform.platform()}")
    for column in ("part", "state", "for"):
        table.add_column(column, overflow="fold")
    for module, distribution, purpose, cure in _PARTS:
        found = importlib.util.find_spec(module) is not None
        state = metadata.version(distribution) if found else escape(f"missing: {cure}")
        table.add_row(distribution, state, purpose)
    table.add_row("GPU", _gpu(), "training and sampling larger models")
    table.add_row("processor", f"{os.cpu_count()} cores, {_memory_gb():.0f} GB memory", "everything")
    table.add_row("disk", f"{shutil.disk_usage('.').free / 1e9:.0f} GB free here", "runs, checkpoints")
    table.add_row("sandbox", _sandbox(), "running the model's programs")
    table.add_row("lean", escape(_lean()), "checking proofs without a Lean of your own")
    benchmarks = Benchmarks(fetch=_no_download)
    for kind, names, get in (("problems", PROBLEM_SETS, benchmarks.problems), ("prompt", PROMPTS, benchmarks.prompt)):
        for name in names:
            try:
                get(name)
                state = "found and verified"
            except BenchmarkError as error:
                state = "fetched when used, or --benchmarks DIR" if isinstance(error.__cause__, OSError) else str(error)
            table.add_row(f"{kind} {name}", state, "evaluation")
    Console().print(table)


def _no_download(url: str) -> bytes:
    raise OSError(f"not downloading {url}")


def _gpu() -> str:
    if importlib.util.find_spec("torch") is None:
        return "unknown without torch"
    import torch

    if not torch.cuda.is_available():
        return "none: the tiny recipes run on the processor"
    return ", ".join(torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count()))


def _sandbox() -> str:
    from llemma.sandbox import is_confining, layers

    found = layers()
    present = ", ".join(layer.name for layer in found if layer.is_available)
    missing = "".join(f"\nno {layer.name}: {layer.missing}" for layer in found if not layer.is_available)
    return f"{present}{missing}" if is_confining(found) else f"nothing confines programs here: --unsafe-tools{missing}"


def _lean() -> str:
    from llemma.errors import MissingPackageError
    from llemma.provers.lean_wasm.runtime import installed_runtime

    try:
        runtime = installed_runtime()
    except MissingPackageError as error:
        return str(error)
    return f"{runtime.version} in {runtime.folder}" if runtime else "missing: llemma lean install"


def _memory_gb() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
