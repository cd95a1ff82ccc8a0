"""The marked text of a table to its rows, cells parted by bars."""

import re

from llemma.data.extract.html.marks import BARRIER, BREAK, CELL, LINE, PREFIX, ROW

_LONG_CELL = 1000
_NEXT_ROW = f"{BARRIER}{LINE}{BARRIER}"
_NEXT_CELL = f"{BARRIER} | {BARRIER}"
_PREFIX = re.compile(f"{PREFIX}[^{PREFIX}]*{PREFIX}")
_GAP = f"{BARRIER} "


def rows(region: str) -> list[str]:
    """Return the rows of a data table on lines of their own; the cells as blocks when it only arranges the page."""
    if max(map(len, region.split(CELL))) > _LONG_CELL:
        return [region]
    if PREFIX in region:
        region = ROW.join(_PREFIX.sub(" ", row) for row in region.split(ROW))
    lines = []
    for row in region.split(ROW):
        before, _, inside = row.partition(CELL)
        if before.replace(BREAK, "").strip():
            lines.append(before)
        cells = [" ".join(cell.split()) for cell in inside.replace(BREAK, _GAP).replace(LINE, _GAP).split(CELL)]
        filled = [cell for cell in cells if cell.strip(_GAP)]
        if len(filled) == 1:
            lines += filled
        elif filled:
            while not cells[-1].strip(_GAP):
                cells.pop()
            lines.append(f"{PREFIX}{PREFIX}{_NEXT_CELL.join(cells)}")
    return [BREAK, _NEXT_ROW.join(lines), BREAK]
