"""What a document holds but does not show: hidden sheets, rows and columns, told apart before a layout reads the rest.

Unless the card says otherwise nothing of it is published, as the municipality does not show it. It is counted and
reported.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby

from kpigraph.layouts.reading import CellReading, Part, Piece
from kpigraph.model import Cell, Document, Row
from kpigraph.problems import Problem, Severity, SourceLocation
from kpigraph.text import normalise

READ, SKIP = "read", "skip"
_MOST = 12  # runs of rows or columns that a message names


@dataclass(slots=True)
class _Sheet:
    """What is hidden of one part of a document: rows, and columns of rows that are shown."""

    at: SourceLocation
    rows: list[int] = field(default_factory=list)
    columns: set[int] = field(default_factory=set)


class Hidden:
    """Parts the rows of a document; afterwards, `cells` are the hidden cells and `problems` say where they are."""

    def __init__(self, document: Document) -> None:
        self.skips = document.source.hidden != READ
        self.cells: dict[SourceLocation, CellReading] = {}
        self._sheets: dict[str, _Sheet] = {}
        self._shown: set[str] = set()  # keys of parts of which a row is shown
        self._moved: dict[SourceLocation, SourceLocation] = {}  # first cells of merged areas, to where they are seen

    def parted(self, rows: Iterable[Row]) -> Iterator[Row]:
        """Yield the rows without what is hidden, all of them where the card says that it is read.

        The text of a merged area is seen as long as any of its places is: the first of these stands for it.
        """
        for row in rows:
            if row.hidden or row.hidden_columns:
                dark = [cell for cell in row.cells if row.hidden or cell.at.cell in row.hidden_columns]
                self._note(row, [cell for cell in dark if cell.repeats is None and normalise(cell.printed)])
            if not row.hidden:
                self._shown.add(row.at.key)
            if not self.skips:
                yield row
            elif not row.hidden:
                yield self._seen(row) if row.hidden_columns or self.cells or self._moved else row

    def _note(self, row: Row, dark: list[Cell]) -> None:
        if not dark:
            return
        sheet = self._sheets.setdefault(row.at.key, _Sheet(row.at._replace(row=0)))
        if row.hidden:
            sheet.rows.append(row.at.row)
        else:
            sheet.columns |= {cell.at.cell for cell in dark}
        if self.skips:
            pieces = ((cell, Piece(Part.HIDDEN, cell, cell.printed, cell.text)) for cell in dark)
            self.cells |= {cell.at: CellReading(cell, (piece,)) for cell, piece in pieces}

    def _seen(self, row: Row) -> Row:
        """Return a row that is shown, without its hidden cells; what repeats a hidden one repeats the first seen."""
        seen = []
        for cell in row.cells:
            if cell.at.cell in row.hidden_columns:
                continue
            if cell.repeats in self.cells:  # its first cell is hidden, it is not
                del self.cells[cell.repeats]
                self._moved[cell.repeats] = cell.at
                cell = cell._replace(repeats=None)
            elif cell.repeats in self._moved:
                cell = cell._replace(repeats=self._moved[cell.repeats])
            seen.append(cell)
        if tuple(seen) == row.cells:
            return row
        printed = "\t".join(cell.printed for cell in seen if cell.repeats is None)
        return row._replace(cells=tuple(seen), printed=printed)

    @property
    def problems(self) -> Iterator[Problem]:
        """Yield a warning for each sheet, page or table of which something is hidden."""
        code = "source.hidden" if self.skips else "source.hidden-read"
        for key, sheet in self._sheets.items():
            rows = f"行 / rows {_runs(sheet.rows)}" if sheet.rows else ""
            columns = f"列 / columns {_runs(sorted(sheet.columns))}" if sheet.columns else ""
            found = ", ".join(part for part in (rows, columns) if part)
            if key not in self._shown:
                found = f"{sheet.at.part or sheet.at.file}, {found}"
            yield Problem(code, sheet.at, found, severity=Severity.WARNING)

    def held(self, rows: Iterable[Row]) -> list[SourceLocation]:
        """Return the places of all cells of `rows` that hold anything of their own, hidden ones too."""
        if not self._moved:
            return [cell.at for row in rows for cell in row.cells if cell.repeats is None and normalise(cell.printed)]
        seen = set(self._moved.values())
        return [
            cell.at
            for row in rows
            for cell in row.cells
            if (cell.at in seen or (cell.repeats is None and cell.at not in self._moved)) and normalise(cell.printed)
        ]

    def accounted(self, held: Iterable[SourceLocation], read: list[CellReading]) -> list[CellReading]:
        """Return the cells `read` and the hidden ones in the order of `held`, the places of all cells."""
        if not self.cells:
            return read
        found = {cell.cell.at: cell for cell in read} | self.cells
        return [found.pop(at) for at in held if at in found]


def _runs(numbers: list[int]) -> str:
    """Return numbers in order as 4, 7-9."""
    runs = []
    for _, run in groupby(enumerate(numbers), key=lambda one: one[1] - one[0]):
        own = [number for _, number in run]
        runs.append(str(own[0]) if len(own) == 1 else f"{own[0]}-{own[-1]}")
    return ", ".join(runs[:_MOST]) + (" …" if len(runs) > _MOST else "")
