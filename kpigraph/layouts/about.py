"""What a row of a table says of its indicator besides its values: unit, department, remarks, ratings."""

from collections.abc import Mapping
from dataclasses import dataclass

from kpigraph.language import LANGUAGES
from kpigraph.layouts.columns import Column, Table
from kpigraph.layouts.headers import unit_in_name
from kpigraph.layouts.reading import Block, Line, Part, Piece, Rating
from kpigraph.layouts.units import named_unit
from kpigraph.layouts.values import ValueReader
from kpigraph.layouts.words import Meaning
from kpigraph.model import Cell
from kpigraph.text import compact, is_missing_mark


@dataclass(slots=True)
class About:
    """Reads it into blocks; `caption_unit` is the unit that stands above a table for all of it."""

    values: ValueReader
    caption_unit: Piece | None = None

    def read(
        self,
        line: Line,
        table: Table,
        cells: Mapping[int, Cell],
        block: Block,
        *,
        unit: Cell | None,
        department: Cell | None,
    ) -> None:
        """Read a row; `unit` and `department` are its cells of these columns, or those above that hold for it."""
        for column in table.of(Meaning.ROLE, Meaning.PERIOD):
            if (cell := cells.get(column.number)) is not None and not column.unread:
                header = self.values.grammar.header(cell.text)
                if column.meaning is Meaning.PERIOD:
                    line.use(cell, Part.PERIOD)
                elif header is not None and (header.role is not None or header.meaning is Meaning.RATING):
                    line.use(cell, Part.ROLE)
                else:
                    self.values.problem("role.unknown", cell, cell.printed, "基準値 / 実績値 / 目標値")
        for column in table.of(Meaning.NUMBER, Meaning.IGNORE):
            if (cell := cells.get(column.number)) is not None:
                line.use(cell, Part.NUMBER if column.meaning is Meaning.NUMBER else Part.IGNORED)
        if unit is not None:
            self.values.unit(block, line.use(unit, Part.UNIT))
        if department is not None:
            self._department(block, line.use(department, Part.DEPARTMENT))
        for column in table.of(Meaning.NOTE):
            if (cell := cells.get(column.number)) is not None and not column.unread:
                block.notes.append(line.use(cell, Part.NOTE))
        for column in table.of(Meaning.RATING):
            if (cell := cells.get(column.number)) is not None and not column.unread:
                self.rating(line, block, column, cell)
        if block.unit_piece is None:
            self._unit_elsewhere(table, block)

    def _department(self, block: Block, piece: Piece) -> None:
        if block.department is None:
            block.department = piece
        elif compact(block.department.text) != compact(piece.text):
            self.values.problem("cell.misplaced", piece.cell, piece.printed, block.department.printed)

    def rating(self, line: Line, block: Block, column: Column, cell: Cell) -> None:
        """Read the municipality's own rating in `cell`."""
        piece = line.use(cell, Part.RATING)
        anchor = cell.repeats or cell.at  # merged over two rows of an indicator, it is one rating
        if is_missing_mark(cell.text) or any(anchor in (r.piece.cell.at, r.piece.cell.repeats) for r in block.ratings):
            return
        period = self.values.grammar.period(column.period_piece.text, cell.at) if column.period_piece else None
        block.ratings.append(Rating(piece, line.row.at.place, column.period_piece, period))

    def _unit_elsewhere(self, table: Table, block: Block) -> None:
        """Take the unit from the indicator's name, its header, the table's caption or the card, in this order."""
        name = block.label
        words = LANGUAGES[self.values.grammar.conventions.language].words
        header = next((c.unit_piece for c in table.of(Meaning.INDICATOR) if c.unit_piece), None)
        if named_unit(name.text, self.values.units, words) is not None:
            self.values.unit(block, Piece(Part.UNIT, name.cell, unit_in_name(name.printed), unit_in_name(name.text)))
        elif header or self.caption_unit:
            self.values.unit(block, header or self.caption_unit)  # type: ignore[arg-type]  # one of them is there
        elif self.values.document.layout.unit:
            block.unit = block.printed_unit = self.values.units.find(self.values.document.layout.unit)
