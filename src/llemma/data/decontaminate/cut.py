"""Takes protected text out of a batch of documents, and notes in their metadata what was taken."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from llemma.data.decontaminate.index import Index, Match
from llemma.data.decontaminate.settings import Decontaminate
from llemma.data.decontaminate.theorems import system_of, theorems_of
from llemma.data.steps import replaced

PATH_FIELDS = ("path", "file_path", "max_stars_repo_path", "mathlib_filename", "file")
"""Where metadata names the file that a document was."""

Removal = dict[str, Any]
"""{"item": "gsm8k/test/17", "start": 120, "end": 301, "kind": "ngram"}: characters of the old text; or "theorem"."""

_BLANK_LINE = re.compile(r"\n[ \t\r]*\n")


def decontaminated(batch: pa.RecordBatch, index: Index, settings: Decontaminate) -> pa.RecordBatch:
    """Return the batch with protected text cut out, or its documents dropped as "contaminated".

    `removed` in the metadata lists what was found, by item and place. A document with nothing left is dropped.
    """
    removals = _removals(batch, index, settings)
    if not removals:
        return batch
    places = sorted(removals)
    changed = batch.select(["text", "meta", "reason"]).take(pa.array(places)).to_pylist()
    for row, place in zip(changed, places, strict=True):
        found = removals[place]
        meta = orjson.loads(row["meta"] or "{}")
        row["meta"] = orjson.dumps({**meta, "removed": [*meta.get("removed", []), *found]}).decode()
        rest = _without(row["text"], [(removal["start"], removal["end"]) for removal in found])
        if settings.action == "drop" or not rest.strip():
            row["reason"] = "contaminated"
        else:
            row["text"] = rest
    is_changed = pa.array(np.isin(np.arange(len(batch)), places))
    columns = {
        name: pc.replace_with_mask(
            batch.column(name), is_changed, pa.array([row[name] for row in changed], pa.string())
        )
        for name in ("text", "meta", "reason")
    }
    return replaced(batch, **columns)


def _removals(batch: pa.RecordBatch, index: Index, settings: Decontaminate) -> dict[int, list[Removal]]:
    """Return what is to be removed from the rows that have such, by row."""
    texts = batch.column("text")
    removals = {
        place: _ngram_removals(texts[place].as_py(), matches, settings)
        for place, matches in index.matches(texts).items()
    }
    if index.has_theorems:
        for place, language in enumerate(batch.column("language").to_pylist()):
            if system_of(language) is not None:
                removals.setdefault(place, []).extend(_theorem_removals(batch.slice(place, 1), index))
    return {place: found for place, found in removals.items() if found}


def _ngram_removals(text: str, matches: Sequence[Match], settings: Decontaminate) -> list[Removal]:
    """Return the removals of one document, by item: overlapping ones are one."""
    at = _characters(text, {place for match in matches for place in (match.start, match.end)})
    by_item: dict[str, list[Match]] = {}
    for match in matches:
        by_item.setdefault(match.item, []).append(match)
    removals = []
    for item, found in by_item.items():
        if any(match.ngrams == 0 for match in found) or sum(match.ngrams for match in found) >= settings.min_matches:
            spans = _united((at[match.start], at[match.end]) for match in found)
            removals += [
                {"item": item, "start": start, "end": end, "kind": "ngram"}
                for start, end in _united(_widened(text, spans, settings.cut))
            ]
    return removals


def _theorem_removals(document: pa.RecordBatch, index: Index) -> list[Removal]:
    row = document.to_pylist()[0]
    system = system_of(row["language"])
    assert system is not None
    meta = orjson.loads(row["meta"] or "{}")
    path = next((meta[field] for field in PATH_FIELDS if isinstance(meta.get(field), str)), row["id"])
    removals = []
    for theorem in theorems_of(row["text"], system):
        if item := index.theorem(theorem, path):
            end = _past_blank_lines(row["text"], theorem.end)
            removals.append({"item": item, "start": theorem.start, "end": end, "kind": "theorem"})
    return removals


def _characters(text: str, places: set[int]) -> dict[int, int]:
    """Return for places in the UTF-8 bytes of a text the places in its characters."""
    if text.isascii():
        return {place: place for place in places}
    content = text.encode()
    characters: dict[int, int] = {}
    done = count = 0
    for place in sorted(places):
        count += len(content[done:place].decode())
        done = place
        characters[place] = count
    return characters


def _widened(text: str, spans: Iterable[tuple[int, int]], unit: str) -> Iterable[tuple[int, int]]:
    """Yield spans as wide as the lines or paragraphs that they touch; spans are in order and do not overlap."""
    done = 0
    for start, end in spans:
        if unit == "match":
            yield start, end
        elif end > done:
            start = _line_start(text, start) if unit == "line" else _paragraph_start(text, start, done)
            after = text.find("\n", end) if unit == "line" else _paragraph_end(text, end)
            done = len(text) if after < 0 else after + 1 if unit == "line" else _past_blank_lines(text, after)
            yield start, done


def _line_start(text: str, place: int) -> int:
    return text.rfind("\n", 0, place) + 1


def _paragraph_start(text: str, place: int, least: int) -> int:
    """Return where the paragraph begins; it does not go back behind `least`."""
    start = _line_start(text, place)
    while start > least and text[(before := _line_start(text, start - 1)) : start].strip():
        start = before
    return start


def _paragraph_end(text: str, place: int) -> int:
    blank = _BLANK_LINE.search(text, place)
    return blank.start() if blank else -1


def _past_blank_lines(text: str, place: int) -> int:
    """Return where the next line with something on it begins; `place` itself when more stands on its line."""
    end = place
    while end < len(text) and text[end].isspace():
        end += 1
    return end if end == len(text) else max(text.rfind("\n", place, end) + 1, place)


def _united(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return spans in order, those that overlap as one."""
    united: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if united and start <= united[-1][1]:
            united[-1] = united[-1][0], max(end, united[-1][1])
        else:
            united.append((start, end))
    return united


def _without(text: str, spans: Iterable[tuple[int, int]]) -> str:
    kept = []
    done = 0
    for start, end in _united(spans):
        kept.append(text[done:start])
        done = end
    return "".join([*kept, text[done:]])
