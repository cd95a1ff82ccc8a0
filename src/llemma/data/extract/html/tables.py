"""The marked text of a table to its rows, cells parted by bars."""

import re

from llemma.data.extract.html.marks import BARRIER, BREAK, CELL, LINE, PREFIX, ROW

_LONG_CELL = 1000


def rows(region: str) -> list[str]:
    """Return the rows of a data table on lines of their own; the cells as blocks when it only arranges the page."""
    if max(map(len, region.split(CELL))) > _LONG_CELL:
        return [region]
    lines = []
    for row in region.split(ROW):
        row = re.sub(f"{PREFIX}[^{PREFIX}]*{PREFIX}", " ", row)
        cells = [" ".join(re.sub(f"[{BREAK}{LINE}]", f"{BARRIER} ", cell).split()) for cell in row.split(CELL)[1:]]
        while cells and not cells[-1].replace(BARRIER, "").strip():
            cells.pop()
        before = row.split(CELL)[0]
        if before.replace(BREAK, "").strip():
            lines.append(before)
        filled = [cell for cell in cells if cell.replace(BARRIER, "").strip()]
        if len(filled) == 1:
            lines.append(filled[0])
        elif filled:
            lines.append(f"{PREFIX}{PREFIX}" + f"{BARRIER} | {BARRIER}".join(cells))
    return [BREAK, f"{BARRIER}{LINE}{BARRIER}".join(lines), BREAK]
