"""The filter by license: which terms may the texts of a corpus have?"""

from collections.abc import Sequence
from typing import Literal

import pyarrow as pa
from pydantic import Field

from llemma.data.steps import Filter

PERMISSIVE = (
    "0BSD", "Apache-2.0", "Artistic-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "CC-BY-4.0", "CC0-1.0",
    "CECILL-B", "ISC", "MIT", "MIT-0", "Unlicense", "WTFPL", "Zlib",
)  # fmt: skip
"""SPDX names of licenses that ask for no more than a notice."""


class License(Filter):
    """Drops documents under terms that are not listed. The published build had no such filter for GitHub."""

    step: Literal["license"] = "license"

    keep: list[str] = Field(default_factory=lambda: [*PERMISSIVE])
    """SPDX names, in any case. "A AND B" needs both of them, "A OR B" one; other expressions are names as a whole."""

    keep_unknown: bool = False
    """Whether a document without a license is kept."""

    def reasons(self, batch: pa.RecordBatch) -> Sequence[str | None]:
        """Return "license" for terms that are not listed, "unknown_license" where there are none."""
        licenses = batch.column("license").to_pylist()
        listed = frozenset(name.lower() for name in self.keep)
        reason_of = {terms: self._reason(terms, listed) for terms in set(licenses)}
        return [reason_of[terms] for terms in licenses]

    def _reason(self, terms: str | None, listed: frozenset[str]) -> str | None:
        if terms is None:
            return None if self.keep_unknown else "unknown_license"
        alternatives = terms.lower().split(" or ")
        return None if any(listed.issuperset(names.split(" and ")) for names in alternatives) else "license"
