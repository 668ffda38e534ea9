"""Layouts: which cell of a row is what. Every cell is accounted for: read with its meaning, or listed as unread.

rows → `Reading`: headings with their place, blocks (one indicator with its cells), and a `CellReading` for every cell
that holds anything. That the two counts agree is checked here for every layout and every run.
"""

from collections.abc import Iterable
from typing import Protocol

from kpigraph.codelists import UnitCodelist
from kpigraph.layouts import listed, sheet, stacked, tabular, years
from kpigraph.layouts.doubts import doubts
from kpigraph.layouts.hidden import Hidden
from kpigraph.layouts.reading import CellReading, Part, Reading
from kpigraph.layouts.units import settle
from kpigraph.model import Document, Row
from kpigraph.problems import Problem, Severity, SourceError

__all__ = ["LAYOUTS", "CellReading", "Part", "Reading", "read_cells"]


class Layout(Protocol):
    """Reads rows into a `Reading`; collects problems there and raises none."""

    def __call__(self, document: Document, rows: Iterable[Row], units: UnitCodelist) -> Reading: ...


LAYOUTS: dict[str, Layout] = {
    "stacked": stacked.read,
    "wide": tabular.read_wide,
    "long": tabular.read_long,
    "years": years.read,
    "sheet": sheet.read,
    "listed": listed.read,
}


def read_cells(document: Document, rows: Iterable[Row], units: UnitCodelist) -> Reading:
    """Return the reading of `rows` by the layout that the card names.

    Raises:
        SourceError: if there is no such layout.
        AssertionError: if a cell that holds anything is neither read nor listed as unread, or counted twice.
    """
    layout = LAYOUTS.get(document.layout.kind)
    if layout is None:
        found = f"layout.kind = {document.layout.kind}"
        raise SourceError(Problem("card.field", document.at, found, ", ".join(LAYOUTS)))
    seen: list[Row] = []
    hidden = Hidden(document)

    def remember(rows: Iterable[Row]) -> Iterable[Row]:
        for row in rows:
            seen.append(row)
            yield row

    reading = layout(document, hidden.parted(remember(rows)), units)
    held = hidden.held(seen)
    reading.cells = hidden.accounted(held, reading.cells)
    accounted = [cell.cell.at for cell in reading.cells]
    if held != accounted:
        lost = set(held) ^ set(accounted)
        raise AssertionError(f"{len(held)} cells held, {len(accounted)} accounted for: {sorted(lost)[:5]}")
    if not held:
        reading.problems.append(Problem("source.empty", document.at))
    elif not reading.blocks and all(p.severity is Severity.WARNING for p in reading.problems):
        reading.problems.append(Problem("source.no-indicator", document.at, document.layout.kind, "layout.kind"))
    reading.problems += hidden.problems
    settle(reading, document, units)
    reading.problems += doubts(reading, document.layout, units)
    return reading
