"""One Lean process: Node with the driver, confined, answering one request at a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from llemma.provers.lean_wasm.runtime import Runtime
from llemma.provers.process import JsonProcess, ProcessDied
from llemma.sandbox.launch import confined_command

DRIVER = Path(__file__).parent / "driver" / "main.js"

START_TIMEOUT_S = 180.0
REQUESTS = 2000
"""After so many requests a process is replaced: a little memory leaks with each."""

HEAP_BYTES = 1_400_000_000
"""Lean's memory only grows, up to 2 GiB; a process with a larger one is replaced."""

_LEAN_STACK_MB = 256
_NODE_STACK_KB = 60_000
_STACK_MB = 80
_HEAP_LIMIT_MB = 1024  # of JavaScript's own objects


@dataclass(frozen=True, slots=True)
class Settings:
    """What a process is started with. `options` are Lean's, by name; `unsafe` runs it even where nothing confines."""

    runtime: Runtime
    options: Mapping[str, bool | int]
    memory_mb: int
    unsafe: bool = False


class LeanProcess:
    """A worker of a pool: Lean with some modules imported."""

    def __init__(self, settings: Settings, imports: tuple[str, ...]) -> None:
        """Start it; that takes some seconds. Raises ProcessDied and OSError when it does not come up."""
        runtime = settings.runtime
        command = [
            str(runtime.node),
            f"--stack-size={_NODE_STACK_KB}",
            f"--max-old-space-size={_HEAP_LIMIT_MB}",
            "--no-warnings",  # of what follows, on stderr
            "--permission",
            "--allow-worker",
            f"--allow-fs-read={runtime.folder}",
            f"--allow-fs-read={DRIVER.parent}",
            str(DRIVER),
        ]
        environment = {
            "LEAN_RUNTIME": str(runtime.folder),
            "LEAN_IMPORTS": ",".join(imports),
            "LEAN_OPTIONS": orjson.dumps(dict(settings.options)).decode(),
            "LEAN_STACK_MB": str(_LEAN_STACK_MB),
        }
        confined = confined_command(
            command, readable=[runtime.folder, DRIVER.parent], stack_mb=_STACK_MB, unsafe=settings.unsafe
        )
        self._process = JsonProcess(
            confined, environment=environment, memory_mb=settings.memory_mb, start_timeout_s=START_TIMEOUT_S
        )
        self._requests = 0
        self._heap = 0

    @property
    def is_worn(self) -> bool:
        """Whether it should be replaced before the next request."""
        return self._requests >= REQUESTS or self._heap > HEAP_BYTES or not self._process.is_alive

    def ask(self, request: Mapping[str, Any], timeout_s: float) -> dict[str, Any]:
        """Return the answer to one request. Raises ProcessTimedOut and ProcessDied."""
        self._requests += 1
        answer = self._process.ask(request, timeout_s=timeout_s)
        heap = answer.pop("heap", None)
        if not isinstance(heap, int):
            raise ProcessDied("answered something else than Lean's driver does")
        self._heap = heap
        return answer

    def close(self) -> None:
        """End it."""
        self._process.kill()
