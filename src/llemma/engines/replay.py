"""Engine `replay:`: answers with recorded completions, so that anyone's can be graded and a run repeated exactly."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from llemma.engines.base import Generation, Request, Sampling
from llemma.engines.stopping import check_stop, cut
from llemma.errors import DataError, UserError
from llemma.records import Finish
from llemma.storage import read_jsonl, sha256_of

COMPLETIONS = "completions.jsonl"


class ReplayEngine:
    """Gives back recorded texts. Of the sampling only the stop strings apply; prompts are not looked at."""

    def __init__(self, file: Path, recorded: Mapping[tuple[str, int], Mapping[str, Any]], *, name: str) -> None:
        self.name = name
        self._file, self._recorded = file, recorded

    def identity(self) -> Mapping[str, Any]:
        """The file and the hash of its bytes."""
        return {"engine": "replay", "model": str(self._file), "fingerprint": sha256_of(self._file)[:16]}

    def generate(self, requests: Sequence[Request], sampling: Sampling) -> Iterator[Generation]:
        """Yield the recorded completions. Raises UserError before the first when one of them is missing."""
        check_stop(sampling.stop)
        wanted = [(request.id, sample) for request in requests for sample in request.samples]
        missing = [key for key in wanted if key not in self._recorded]
        if missing:
            problem, sample = missing[0]
            more = f" (and {len(missing) - 1:,} more)" if len(missing) > 1 else ""
            raise UserError(
                f"{self._file}: no completion of problem {problem!r}, sample {sample}{more}. "
                "Replay a run of the same task with as many samples, or lower --samples or --limit"
            )
        return (self._generation(key, sampling.stop) for key in wanted)

    def _generation(self, key: tuple[str, int], stop: Sequence[str]) -> Generation:
        row = self._recorded[key]
        before = cut(row["text"], stop)
        finish: Finish = row.get("finish") or "end"
        return Generation(
            *key,
            text=row["text"] if before is None else before,
            finish=finish if before is None else "stop",
            tokens=row.get("tokens") or 0,
        )


def load_replay(path: str | Path) -> ReplayEngine:
    """Return the engine for a file of JSON lines with problem_id, sample and text, or a run directory that has one.

    `finish` may be left out (then "end", or "stop" when a stop string was found), and so may `tokens` (then 0).
    """
    path = Path(path).expanduser()
    file = path / COMPLETIONS if path.is_dir() else path
    if not file.is_file():
        what = f"no {COMPLETIONS} in it. Is the run finished?" if path.is_dir() else "no such file"
        raise DataError(f"{path}: {what}")
    recorded: dict[tuple[str, int], Mapping[str, Any]] = {}
    for number, row in enumerate(read_jsonl(file), start=1):
        _check_row(row, f"{file}, row {number}")
        key = (row["problem_id"], row["sample"])
        if key in recorded:
            raise DataError(f"{file}, row {number}: a second completion of problem {key[0]!r}, sample {key[1]}")
        recorded[key] = row
    return ReplayEngine(file, recorded, name=path.resolve().name.partition(".jsonl")[0])


def _check_row(row: Mapping[str, Any], where: str) -> None:
    for field, kind in (("problem_id", str), ("sample", int), ("text", str)):
        if not isinstance(row.get(field), kind):
            raise DataError(f"{where}: {field!r} is missing or not {'a text' if kind is str else 'a whole number'}")
    if row.get("finish") not in {None, *get_args(Finish)}:
        raise DataError(f"{where}: finish {row['finish']!r} is none of {', '.join(get_args(Finish))}")
    if not isinstance(row.get("tokens") or 0, int):
        raise DataError(f"{where}: 'tokens' is not a whole number")
