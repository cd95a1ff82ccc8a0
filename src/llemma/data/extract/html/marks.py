"""The control characters that stand for structure and for stored pieces while a page becomes text.

The source is freed of them first (source.py), so every one that is found later is ours.
"""

import re
from dataclasses import dataclass, field

BARRIER = "\x01"  # an inline tag: no delimited formula runs across it
INLINE = "\x02"  # INLINE number END: a formula within a line
END = "\x03"
CODE = "\x04"  # CODE number END: code within a line
FENCED = "\x05"  # FENCED number END: a block of code
DISPLAY = "\x06"  # DISPLAY number END: a formula on a line of its own
LINE = "\x0b"  # a line break; formulas may run across it
DOLLAR = "\x0e"  # a dollar sign that the page excludes from formulas
PREFIX = "\x0f"  # PREFIX text PREFIX: what a list item or heading begins with
INDENT = "\x10"  # one level of a nested list
CELL = "\x1c"
BREAK = "\x1d"  # the border of a block
ROW = "\x1e"

ENDS_FORMULA = re.compile(f"[{BARRIER}{CODE}{FENCED}{INLINE}{DISPLAY}{PREFIX}{CELL}{BREAK}{ROW}]")
PLACEHOLDER = re.compile(f"([{INLINE}{CODE}{FENCED}{DISPLAY}])([0-9]+){END}")
FORMULA = re.compile(f"[{INLINE}{DISPLAY}]")


@dataclass(slots=True)
class Pieces:
    """What the placeholders of one page stand for, with a counter for each form of formula."""

    stored: list[str] = field(default_factory=list)
    forms: dict[str, int] = field(default_factory=dict)

    def store(self, kind: str, text: str) -> str:
        """Return the placeholder of a piece of code or of a formula."""
        self.stored.append(text)
        return f"{kind}{len(self.stored) - 1}{END}"

    def formula(self, tex: str, *, display: bool, form: str) -> str:
        """Return the placeholder of a formula, "" when nothing is left of it; `form` names the counter."""
        if END in tex:
            tex = self.expand(tex)
        if not tex:
            return ""
        self.forms[form] = self.forms.get(form, 0) + 1
        return self.store(DISPLAY if display else INLINE, tex)

    def expand(self, text: str) -> str:
        """Return the text with the pieces in place of their placeholders (a formula found within another)."""
        return PLACEHOLDER.sub(lambda match: self.stored[int(match[2])], text)
