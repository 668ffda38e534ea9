"""The years layout: one line a year, the indicators beside each other, their names in the header.

年度 | 観光客数（千人） | 宿泊者数（人）: a line says its year and its role (R4年度 実績), or a column of roles does, or
the card for all lines. A row of units may stand below the names.
"""

from collections.abc import Iterable

from kpigraph.cells import parse_footnote
from kpigraph.codelists import UnitCodelist
from kpigraph.layouts.headers import Grammar, may_state_a_value, share
from kpigraph.layouts.names import TOTALS
from kpigraph.layouts.outline import LEVEL_PARTS, Outline
from kpigraph.layouts.reading import Block, Line, Part, Piece, Reading
from kpigraph.layouts.turns import role_columns
from kpigraph.layouts.values import Slot, ValueReader, footnotes
from kpigraph.layouts.words import Meaning
from kpigraph.model import Cell, Document, Role, Row
from kpigraph.problems import Problem, Severity
from kpigraph.text import compact, is_missing_mark, normalise

_FEWEST = 2  # cells of a header
_LOOKED_AT = 60  # rows below a header


def read(document: Document, rows: Iterable[Row], units: UnitCodelist) -> Reading:
    """Return the reading of `rows`; what cannot be read is in its problems."""
    return _YearReader(document, list(rows), units).read()


class _YearReader:
    """Reads row by row, keeping the indicator of each column and the column that tells roles."""

    def __init__(self, document: Document, rows: list[Row], units: UnitCodelist) -> None:
        self.card = document.layout
        self.rows = rows
        self.grammar = Grammar(document, units)
        self.outline = Outline(document)
        self.reading = Reading(places=self.outline.places)
        self.values = ValueReader(document, self.grammar, units, self.reading, footnotes(rows))
        self.columns: dict[int, Block] = {}
        self.year = 0
        self.role = 0
        self.table = ""
        self.has_table = any(self._begins(line) for line in map(Line, rows) if line.cells)
        self.merged = {cell.repeats for row in rows for cell in row.cells if cell.repeats is not None}

    def read(self) -> Reading:
        for n, row in enumerate(self.rows):
            line = Line(row)
            if line.cells:
                self._row(line, n)
                line.finish(self.reading)
        if not self.columns and self.reading.cells:
            first = self.rows[0]
            found = Problem(
                "header.missing", first.at, first.printed.strip(), "年度 | 観光客数（千人） | 宿泊者数（人）"
            )
            self.reading.problems.append(found)
        return self.reading

    def _row(self, line: Line, n: int) -> None:
        if self._begins(line):
            self._open(line, n)
        elif len(line.cells) == 1:
            self._alone(line, line.cells[0])
        elif self.columns and line.row.at.key == self.table:
            self._body(line)
        elif not self.has_table or any(c.isdigit() for cell in line.cells for c in normalise(cell.text)):
            self._unread(line.cells)
        else:
            self._captions(line)

    def _begins(self, line: Line) -> bool:
        """Tell whether a row heads a table: years first, then names, and years and numbers in the row below."""
        first, *names = line.cells
        header = self.grammar.header(first.text)
        if header is None or header.meaning is not Meaning.PERIOD or len(line.cells) < _FEWEST:
            return False
        said = [self.grammar.header(cell.text) for cell in names if cell.repeats is None]
        unknown = sum(one is None for one in said)
        return unknown > 0 and all(one is None or one.meaning in (Meaning.ROLE, Meaning.NOTE) for one in said)

    def _open(self, line: Line, n: int) -> None:
        below = [row for row in self.rows[n + 1 : n + _LOOKED_AT] if row.at.key == line.row.at.key]
        counted = {c.at.cell for row in below for c in row.cells if any(x.isdigit() for x in normalise(c.text))}
        self.columns, self.table = {}, line.row.at.key
        self.year, *others = (cell.at.cell for cell in line.cells)
        told = role_columns(below, self.grammar) & set(others)
        self.role = min(told, default=0)
        for cell in line.row.cells:
            header = self.grammar.header(cell.text)
            if not normalise(cell.text) or cell.repeats is not None:
                continue
            if cell.at.cell in (self.year, self.role) or (header and header.meaning is Meaning.ROLE):
                self.role = self.role or (0 if cell.at.cell == self.year else cell.at.cell)
                line.use(cell, Part.HEADER)
            elif cell.at.cell in counted and self._is_name(line, cell):
                self._indicator(line, cell)
            else:
                self._problem("header.unread", cell, cell.printed, "[layout.columns]")

    def _is_name(self, line: Line, cell: Cell) -> bool:
        """Tell whether a text names an indicator: it stands over one column only and says of no total."""
        single = not any(other.repeats == cell.at for other in line.row.cells)
        return single and self.grammar.header(cell.text) is None and compact(cell.text).casefold() not in TOTALS

    def _indicator(self, line: Line, cell: Cell) -> None:
        place = self.outline.innermost
        if place is None and self.card.hierarchy:
            self._problem("place.missing", cell, cell.printed, " / ".join(self.outline.examples))
        block = Block(line.use(cell, Part.INDICATOR), [place] if place else [])
        self.columns[cell.at.cell] = block
        self.reading.blocks.append(block)

    def _alone(self, line: Line, cell: Cell) -> None:
        if (heading := self.outline.heading(cell.text)) is not None:
            self.outline.enter(heading, line.use(cell, LEVEL_PARTS[heading.level]))
        elif self.grammar.words.find(cell.text) is Meaning.IGNORE:
            line.use(cell, Part.IGNORED)
        elif parse_footnote(cell.text) is not None:
            line.use(cell, Part.NOTE)
        elif may_state_a_value(cell.text, self.grammar, "") or (self.columns and not self.card.keeps_text):
            self._unread([cell])
        else:
            self._captions(line)

    def _captions(self, line: Line) -> None:
        for cell in line.cells:
            line.use(cell, Part.CAPTION)
            self._problem("text.caption", cell, cell.printed, severity=Severity.WARNING)

    def _unread(self, cells: Iterable[Cell]) -> None:
        for cell in cells:
            self._problem("cell.unread", cell, cell.printed, "[layout.columns] ignore")

    # ---- a row of a table

    def _body(self, line: Line) -> None:
        cells = {cell.at.cell: cell for cell in line.row.cells if normalise(cell.text)}
        year = cells.get(self.year)
        header = self.grammar.header(year.text) if year is not None else None
        if year is not None and self.grammar.words.find(year.text) is Meaning.IGNORE:
            for cell in line.cells:
                line.use(cell, Part.IGNORED)
        elif year is not None and header is not None and header.meaning is Meaning.UNIT:
            line.use(year, Part.HEADER)
            for number, block in self.columns.items():
                if number in cells and not is_missing_mark(cells[number].text):
                    self.values.unit(block, line.use(cells[number], Part.UNIT))
        elif year is None or header is None or not header.period:
            self._unread(line.cells)
        else:
            self._year(line, cells, year, header.period)

    def _year(self, line: Line, cells: dict[int, Cell], year: Cell, period: str) -> None:
        """Read the values of one line."""
        piece = line.use(year, Part.PERIOD, share(year.printed, period), share(year.text, period))
        role, role_piece = self._role(line, cells, year)
        for number, cell in cells.items():
            if number in (self.year, self.role):
                continue
            block = self.columns.get(number)
            if block is None:
                self._problem("cell.unread", cell, cell.printed, "header")
            elif cell.repeats is not None or self._spans(cell):
                self._problem("cell.merged", cell, cell.printed, f"行 / row {cell.at.row}")
            elif role is None:
                self._problem("role.unknown", cell, cell.printed, "基準値 / 実績値 / 目標値")
            else:
                self.values.read(line, block, cell, Slot(role, role_piece, piece))

    def _role(self, line: Line, cells: dict[int, Cell], year: Cell) -> tuple[Role | None, Piece | None]:
        """Return the role of a line: what its year says beside it, its column of roles, or the card for all lines."""
        header = self.grammar.header(year.text)
        if header is not None and header.role is not None:
            return header.role, Piece(Part.ROLE, year, year.printed, year.text)
        said = cells.get(self.role)
        if said is not None:
            role = self.grammar.words.role(said.text)
            if role is None:
                self._problem("role.unknown", said, said.printed, "基準値 / 実績値 / 目標値")
                return None, None
            return role, line.use(said, Part.ROLE)
        return (self.card.rows[0], None) if len(self.card.rows) == 1 else (None, None)

    def _spans(self, cell: Cell) -> bool:
        return cell.at in self.merged

    def _problem(
        self, code: str, cell: Cell, found: str, expected: str = "", severity: Severity = Severity.ERROR
    ) -> None:
        self.values.problem(code, cell, found, expected, severity)
