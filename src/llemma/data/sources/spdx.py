"""Which license is this? Names of the SPDX list, told by phrases that stand in one license only.

The light libraries for it were tried and left: one misses the MIT license when a sentence stands before it, the other
brings a database and a network client.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

MAX_TEXT_CHARS = 100_000

_MIT = "permission is hereby granted, free of charge, to any person obtaining a copy"
_ISC = "for any purpose with or without fee is hereby granted"
_BSD = "redistribution and use in source and binary forms"
_NOTICE = "permission notice shall be included"
_ENDORSE = "endorse or promote products derived from"
_ADVERTISE = "all advertising materials"


@dataclass(frozen=True, slots=True)
class _Mark:
    """The phrases by which a license is known: all of `has`, none of `lacks`."""

    name: str
    has: tuple[str, ...]
    lacks: tuple[str, ...] = ()


_MARKS = (
    _Mark("AGPL-3.0-only", ("gnu affero general public license version 3, 19 november 2007",)),
    _Mark("Apache-2.0", ("apache license version 2.0, january 2004",)),
    _Mark("Apache-2.0", ("licensed under the apache license, version 2.0",)),
    _Mark("Artistic-2.0", ("the artistic license 2.0",)),
    _Mark("BSD-2-Clause", (_BSD,), lacks=(_ADVERTISE, _ENDORSE)),
    _Mark("BSD-3-Clause", (_BSD, _ENDORSE), lacks=(_ADVERTISE,)),
    _Mark("BSD-4-Clause", (_BSD, _ADVERTISE)),
    _Mark("BSL-1.0", ("boost software license - version 1.0",)),
    _Mark("CC0-1.0", ("cc0 1.0 universal",)),
    _Mark("CECILL-2.1", ("cecill free software license agreement version 2.1",)),
    _Mark("CECILL-B", ("cecill-b free software license agreement",)),
    _Mark("CECILL-C", ("cecill-c free software license agreement",)),
    _Mark("EPL-1.0", ("eclipse public license - v 1.0",)),
    _Mark("EPL-2.0", ("eclipse public license - v 2.0",)),
    _Mark("GFDL-1.2-only", ("gnu free documentation license version 1.2, november 2002",)),
    _Mark("GFDL-1.3-only", ("gnu free documentation license version 1.3, 3 november 2008",)),
    _Mark("GPL-2.0-only", ("gnu general public license version 2, june 1991",)),
    _Mark("GPL-3.0-only", ("gnu general public license version 3, 29 june 2007",)),
    _Mark("ISC", (_ISC, "permission notice appear in all copies")),
    _Mark("0BSD", (_ISC,), lacks=("permission notice appear in all copies",)),
    _Mark("LGPL-2.0-only", ("gnu library general public license version 2, june 1991",)),
    _Mark("LGPL-2.1-only", ("gnu lesser general public license version 2.1, february 1999",)),
    _Mark("LGPL-3.0-only", ("gnu lesser general public license version 3, 29 june 2007",)),
    _Mark("LPPL-1.3c", ("lppl version 1.3c",)),
    _Mark("MIT", (_MIT, _NOTICE)),
    _Mark("MIT-0", (_MIT,), lacks=(_NOTICE,)),
    _Mark("MPL-2.0", ("mozilla public license version 2.0",)),
    _Mark("Unlicense", ("free and unencumbered software released into the public domain",)),
    _Mark("WTFPL", ("do what the fuck you want to public license",)),
    _Mark("Zlib", ("altered source versions must be plainly marked as such",)),
)

_CREATIVE_COMMONS_LINK = re.compile(r"creativecommons\.org/licenses/(by(?:-nc)?(?:-sa|-nd)?)/([1-4]\.0)")
_CREATIVE_COMMONS_NAME = re.compile(
    r"attribution(-noncommercial)?(-sharealike|-noderivs|-noderivatives)? ([1-4]\.0) (?:international|unported|generic)"
)
_CREATIVE_COMMONS_CODES = {"-sharealike": "-SA", "-noderivs": "-ND", "-noderivatives": "-ND", None: ""}

_TAG = re.compile(r"spdx-license-identifier: ?([a-z0-9.+-]+)")

_GNU_NOTICE = re.compile(
    r"gnu (lesser |library |affero )?general public license[^.]{0,60}; either version (\d(?:\.\d)?)"
    r" of the license, or \(at your option\) any later version"
)
_GNU_KINDS = {None: "GPL", "lesser ": "LGPL", "library ": "LGPL", "affero ": "AGPL"}

_DECLARED = re.compile(
    r"^[ \t]*\"?licen[sc]e\"?[ \t]*[:=][ \t]*[\"'{]?([^\"'\r\n]{1,100})", re.IGNORECASE | re.MULTILINE
)
_DECLARED_GNU = re.compile(r"(a|l)?gpl[ -]?(?:v|\(>=? ?)?(\d)(?:\.(\d))?(.*)")
_DECLARED_NAMES: Mapping[str, str] = {
    **{mark.name.lower(): mark.name for mark in _MARKS},
    "mit + file license": "MIT",
    "mit license": "MIT",
    "expat": "MIT",
    "bsd3": "BSD-3-Clause",
    "bsd_3_clause + file license": "BSD-3-Clause",
    "bsd2": "BSD-2-Clause",
    "bsd_2_clause + file license": "BSD-2-Clause",
    "apache 2.0": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache license (== 2.0)": "Apache-2.0",
    "cc-by-4.0": "CC-BY-4.0",
    "cc-by-sa-4.0": "CC-BY-SA-4.0",
}


def license_of_text(text: str) -> str | None:
    """Return the license that a LICENSE or COPYING file states, "A AND B" for several; None when none is recognised.

    The text of a GNU license cannot say whether later versions count, so alone it is "-only".
    """
    flat = re.sub(r"[\s>#*|\"“”]+", " ", text[:MAX_TEXT_CHARS].lower())
    names = {_DECLARED_NAMES[tag] for tag in _TAG.findall(flat) if tag in _DECLARED_NAMES}
    names.update(mark.name for mark in _MARKS if _is_marked(mark, flat))
    names.update(f"CC-{code.upper()}-{version}" for code, version in _CREATIVE_COMMONS_LINK.findall(flat))
    for found in _CREATIVE_COMMONS_NAME.finditer(flat):
        names.add(f"CC-BY{'-NC' if found[1] else ''}{_CREATIVE_COMMONS_CODES[found[2]]}-{found[3]}")
    if not any(name.endswith("-only") for name in names):  # each GNU text ends with this notice as an example
        names.update(_later(_GNU_KINDS[found[1]], found[2]) for found in _GNU_NOTICE.finditer(flat))
    return combined(names)


def license_of_metadata(text: str) -> str | None:
    """Return the license that package metadata declares (`license: MIT`, `License = "BSD3"`, `"license": "ISC"`)."""
    found = _DECLARED.search(text[:MAX_TEXT_CHARS])
    if found is None:
        return None
    value = found[1].strip().rstrip(",").lower()
    gnu = _DECLARED_GNU.fullmatch(value)
    if gnu:
        name = f"{(gnu[1] or '').upper()}GPL-{gnu[2]}.{gnu[3] or 0}"
        return f"{name}-or-later" if re.search(r"later|\+|>", value) else f"{name}-only"
    return _DECLARED_NAMES.get(value)


def combined(names: Iterable[str]) -> str | None:
    """Return several licenses as one expression, "A AND B"; "-or-later" takes the place of the same name's "-only"."""
    parts = {part for name in names for part in name.split(" AND ")}
    parts = {part for part in parts if not (part.endswith("-only") and f"{part[:-5]}-or-later" in parts)}
    return " AND ".join(sorted(parts)) or None


def _is_marked(mark: _Mark, flat: str) -> bool:
    return all(phrase in flat for phrase in mark.has) and not any(phrase in flat for phrase in mark.lacks)


def _later(kind: str, version: str) -> str:
    return f"{kind}-{version if '.' in version else version + '.0'}-or-later"
