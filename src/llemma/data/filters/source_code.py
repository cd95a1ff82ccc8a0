"""The filter of AlgebraicStack: is this source file about mathematics, and is it what its language says?

The rules are the table in source_code_rules.py; docs/data/algebraic_stack.md compares them with the published ones.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from llemma.data.filters.source_code_rules import BENCHMARK_REPOSITORIES, RULES, Rules, Words
from llemma.data.steps import Filter

JULIA_LARGE_BYTES = 100_000
JULIA_TEST_SHARE = 0.1
JULIA_MAX_DIGIT_DENSITY = 0.5

_DIGITS = b"0123456789"
_NO_WORDS = _DIGITS + b" \t\n\r\v\f\x1c\x1d\x1e\x1f" + bytes(range(128, 256))  # what str.split takes for white space
_PATH_KEYS = ("path", "max_stars_repo_path")
_REPOSITORY_KEYS = ("repo", "max_stars_repo_name")
_PLACE_MARKS = "|".join(f'"{key}"' for key in (*_PATH_KEYS, *_REPOSITORY_KEYS))


class SourceCode(Filter):
    """Drops source files by the rules of their language (Llemma: Azerbayev et al. 2023, appendix B.1).

    A notebook is judged by its raw JSON, so this step comes before `notebook`. The path and the repository are those
    in `meta` (`path` and `repo`, or The Stack's names for them), the repository may be the group; without them, the
    rules on them are skipped.
    """

    step: Literal["source_code"] = "source_code"

    def reasons(self, batch: pa.RecordBatch) -> Sequence[str | None]:
        """Return the first rule that each row breaks, or None."""
        columns = [batch.column(name).to_pylist() for name in ("language", "text", "raw")]
        return [
            source_code_reason(language, text if raw is None else raw.decode("utf-8", "replace"), *place)
            for language, text, raw, place in zip(*columns, _places(batch), strict=True)
        ]


def source_code_reason(language: str | None, text: str, path: str | None, repository: str | None) -> str | None:
    """Return why a source file is dropped, or None.

    `path` is the path in the repository, `repository` its name, with or without the owner.
    """
    rules = RULES.get(language or "")
    if rules is None:
        return "unknown_language"
    return (
        _place_reason(rules, path, repository)
        or _size_reason(rules, text)
        or _content_reason(rules, text.lower() if language == "jupyter-notebook" else text)
        or _special_reason(language, text)
    )


def digit_density(text: str) -> float:
    """Return the share of the digits 0-9 in the characters that are not white space; 0 when there is none."""
    solid = "".join(text.split())
    return sum(map(solid.count, "0123456789")) / max(1, len(solid))


def _places(batch: pa.RecordBatch) -> Iterator[tuple[str | None, str | None]]:
    """Yield the path and the repository of each row, as far as they are known."""
    has_place = pc.match_substring_regex(batch.column("meta"), _PLACE_MARKS)
    columns = (column.to_pylist() for column in (has_place, *map(batch.column, ("id", "group", "meta"))))
    for is_known, key, group, text in zip(*columns, strict=True):
        meta = orjson.loads(text) if is_known else {}
        repository = _string_at(meta, _REPOSITORY_KEYS)
        yield _string_at(meta, _PATH_KEYS), repository or (group if group != key else None)


def _string_at(meta: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    for name in names:
        if isinstance(value := meta.get(name), str):
            return value
    return None


def _place_reason(rules: Rules, path: str | None, repository: str | None) -> str | None:
    if repository is not None:
        name = repository.rpartition("/")[2]
        if BENCHMARK_REPOSITORIES.match(name):
            return "benchmark_repository"
        for reason, pattern in rules.repositories.items():
            if pattern.match(name):
                return reason
    if path is not None:
        for reason, pattern in rules.paths.items():
            if pattern.search(path):
                return reason
    return None


def _size_reason(rules: Rules, text: str) -> str | None:
    if not text or text.isspace():
        return "empty"
    content = text.encode("utf-8", "replace")
    if rules.max_bytes is not None and len(content) > rules.max_bytes:
        return "too_large"
    limit = rules.max_digit_density
    return "digit_density" if limit is not None and _is_denser(text, content, limit) else None


def _is_denser(text: str, content: bytes, limit: float) -> bool:
    """Return whether `digit_density(text) > limit`, the exact count only where the ASCII characters cannot tell."""
    others = len(content.translate(None, _NO_WORDS))  # neither digits nor white space
    if others >= (1 - limit) * len(content):
        return False
    digits = len(content) - len(content.translate(None, _DIGITS))
    return digits > limit * (digits + others) and digit_density(text) > limit


def _content_reason(rules: Rules, text: str) -> str | None:
    for reason, start in rules.starts.items():
        if start.match(text) if isinstance(start, re.Pattern) else text.startswith(start):
            return reason
    for reason, what in rules.contains.items():
        if _occurs(what, text):
            return reason
    if rules.needs is not None and not _occurs(rules.needs.any_of, text):
        return rules.needs.reason
    return None


def _occurs(what: Words | re.Pattern[str], text: str) -> bool:
    if isinstance(what, re.Pattern):
        return what.search(text) is not None
    for word in what:  # noqa: SIM110  twice as fast as any()
        if word in text:
            return True
    return False


def _special_reason(language: str | None, text: str) -> str | None:
    """Return the reason that a table cannot say."""
    if language == "julia":
        return _julia_reason(text)
    return "c_source" if language == "matlab" and _has_c_main(text) else None


def _julia_reason(text: str) -> str | None:
    """Large Julia files are mostly arrays of numbers or written by programs: only tests stay."""
    content = text.encode("utf-8", "replace")
    if len(content) < JULIA_LARGE_BYTES:
        return None
    if text.count("@test") / (text.count("\n") + 1) < JULIA_TEST_SHARE:
        return "large_not_test"
    return "digit_density" if _is_denser(text, content, JULIA_MAX_DIGIT_DENSITY) else None


def _has_c_main(text: str) -> bool:
    """Return whether a line has ` main(` and ends with `{`; every character is looked at once."""
    start = text.find(" main(")
    while start >= 0:
        end = text.find("\n", start)
        line = text[start:] if end < 0 else text[start:end]
        if line.rstrip().endswith("{"):
            return True
        start = text.find(" main(", end) if end >= 0 else -1
    return False
