"""The sheet layout: one indicator a block or page, told by labels with their values beside them.

A label and its value stand in neighbouring cells or, with a colon between, in one. Values may stand in a small table of
their own: years across and roles down, or roles across and years down. A block begins with the label that the first one
begins with, such as 施策 or 指標名, and on each page or sheet.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from kpigraph.cells import parse_footnote
from kpigraph.codelists import UnitCodelist
from kpigraph.layouts.headers import ARROW, VALUES, Grammar, Header, share
from kpigraph.layouts.numbering import ordinal
from kpigraph.layouts.outline import LEVEL_PARTS, Outline
from kpigraph.layouts.reading import Block, Line, Part, Piece, Rating, Reading
from kpigraph.layouts.values import Slot, ValueReader, footnotes
from kpigraph.layouts.words import LEVELS, ROLE_PERIODS, Meaning, usual
from kpigraph.model import Cell, Document, Role, Row
from kpigraph.problems import Severity
from kpigraph.text import compact, is_missing_mark, normalise

_LABEL_AND_VALUE = re.compile(r"(?P<label>[^:：]{1,40})[:：]\s*(?P<value>\S.*)", re.DOTALL)
_PARTS = {
    Meaning.UNIT: Part.UNIT,
    Meaning.DEPARTMENT: Part.DEPARTMENT,
    Meaning.CATEGORY: Part.CATEGORY,
    Meaning.NOTE: Part.NOTE,
    Meaning.RATING: Part.RATING,
    Meaning.NUMBER: Part.NUMBER,
    Meaning.IGNORE: Part.IGNORED,
}


def read(document: Document, rows: Iterable[Row], units: UnitCodelist) -> Reading:
    """Return the reading of `rows`; what cannot be read is in its problems."""
    return SheetReader(document, list(rows), units).read()


@dataclass(frozen=True, slots=True)
class _Value:
    """A value cell met in a block; its period may stand further down."""

    line: Line
    cell: Cell
    role: Role
    role_piece: Piece
    period_piece: Piece | None


class SheetReader:
    """Reads row by row, keeping the open block, the header of its small table and its values until it ends."""

    def __init__(self, document: Document, rows: list[Row], units: UnitCodelist) -> None:
        self.card = document.layout
        self.rows = rows
        self.units = units
        self.grammar = Grammar(document, units)
        self.outline = Outline(document)
        self.reading = Reading(places=self.outline.places)
        self.values = ValueReader(document, self.grammar, units, self.reading, footnotes(rows))
        self.block: Block | None = None
        self.pending: list[_Value] = []
        self.periods: dict[Role, Piece] = {}
        self.across: dict[int, tuple[Cell, Header]] = {}
        self.opening: Meaning | None = None
        self.waiting: list[tuple[Line, Header, Cell]] = []

    def read(self) -> Reading:
        lines = [Line(row) for row in self.rows]
        key = None
        for line in lines:
            if line.row.at.key != key:
                key = line.row.at.key
                self._end_block()
            if line.cells:
                self._line(line)
        self._end_block()
        for line in lines:
            line.finish(self.reading)
        return self.reading

    # ---- one row

    def _line(self, line: Line) -> None:
        if len(line.cells) == 1 and self._alone(line, line.cells[0]):
            return
        cells = [part for cell in line.cells for part in self._parts(cell)]
        headers = [self.grammar.header(cell.text) for cell in cells]
        if self._is_across(headers):
            self._open_across(line, cells, headers)
        else:
            self._pairs(line, cells, headers)

    def _parts(self, cell: Cell) -> list[Cell]:
        """Return a cell as it is, or the label and the value that a colon parts in it as two."""
        m = _LABEL_AND_VALUE.fullmatch(cell.text)
        if m is None or self.grammar.header(cell.text) or self.grammar.header(m["label"]) is None:
            return [cell]
        printed = _LABEL_AND_VALUE.fullmatch(cell.printed)
        shares = (printed["label"], printed["value"]) if printed else (cell.printed, cell.printed)
        return [cell._replace(printed=p, text=t) for p, t in zip(shares, (m["label"], m["value"]), strict=True)]

    def _alone(self, line: Line, cell: Cell) -> bool:
        """Read a cell that has its row to itself as heading, footnote or caption; tell if it was one."""
        heading = self.outline.heading(cell.text)
        if self.grammar.words.find(cell.text) is Meaning.IGNORE:
            line.use(cell, Part.IGNORED)
        elif heading is not None:
            self._end_block()
            self.outline.enter(heading, line.use(cell, LEVEL_PARTS[heading.level]))
        elif parse_footnote(cell.text) is not None:
            line.use(cell, Part.NOTE)
        elif (self.card.keeps_text or not self.reading.blocks) and self._is_text(cell):
            line.use(cell, Part.CAPTION)
            self._problem("text.caption", cell, cell.printed, severity=Severity.WARNING)
        else:
            return False
        return True

    def _is_text(self, cell: Cell) -> bool:
        """Tell whether a line is neither a label nor an indicator's: nothing of it can be a figure that is lost."""
        bullet = compact(self.card.bullet)
        stated = bool(bullet and compact(cell.text).startswith(bullet)) or ARROW.search(cell.text) is not None
        return not stated and self.grammar.header(cell.text) is None and len(self._parts(cell)) == 1

    # ---- the small table of a block

    def _is_across(self, headers: list[Header | None]) -> bool:
        """Tell whether a row heads columns of values: two or more, all but the first cell headers of values.

        Behind them may stand the header of their units; in front a corner, or the word for a role that is a column's.
        """
        while headers and headers[-1] is not None and headers[-1].meaning is Meaning.UNIT:
            headers = headers[:-1]
        after = headers[1:] if headers and (headers[0] is None or headers[0].meaning not in VALUES) else headers
        first_fits = headers[:1] == after[:1] or (headers[0] is not None and headers[0].meaning in _CORNERS)
        return first_fits and len(after) > 1 and all(h is not None and h.meaning in VALUES for h in after)

    def _open_across(self, line: Line, cells: list[Cell], headers: list[Header | None]) -> None:
        self.across = {}
        for cell, header in zip(cells, headers, strict=True):
            line.use(cell, Part.HEADER)
            if header is not None and header.meaning in (*VALUES, Meaning.UNIT):
                self.across[cell.at.cell] = cell, header

    # ---- labels and values

    def _pairs(self, line: Line, cells: list[Cell], headers: list[Header | None]) -> None:
        label: tuple[Cell, Header] | None = None
        taken = 0
        dated = any(self.grammar.is_period(cell.text) for cell in cells)
        if dated and any(header and header.role for header in headers):  # a line that says its own period
            self.across = {}
        for cell, header in zip(cells, headers, strict=True):
            is_period = header is not None and header.meaning is Meaning.VALUE and header.role is None
            if header is not None and not (is_period and label is not None and not taken and label[1].role):
                label, taken = (cell, header), 0
                self._labelled(header.meaning)
                line.use(cell, Part.HEADER, cell.printed, cell.text)
            elif label is None:
                self._problem("cell.unread", cell, cell.printed, "指標名 / 単位 / 目標値")
            else:
                taken += self._said(line, *label, cell)
        if label is not None and not taken and label[1].meaning not in VALUES and label[0].at != cells[0].at:
            self._problem("value.none", label[0], label[0].printed, severity=Severity.WARNING)

    def _labelled(self, meaning: Meaning) -> None:
        """End the block where the label comes again that the first block began with."""
        if self.opening is None and (meaning in _OPENINGS or meaning in LEVELS):
            self.opening = meaning
        if meaning is self.opening:
            self._end_block()

    def _said(self, line: Line, label: Cell, header: Header, cell: Cell) -> int:
        """Read a cell by the label before it; return 1 if the label has its value now, 0 if that is to come."""
        meaning = header.meaning
        if meaning is Meaning.INDICATOR:
            self._open_block(line, cell)
        elif (level := LEVELS.get(meaning)) is not None and ordinal(compact(cell.text).strip("()")) is not None:
            line.use(cell, Part.NUMBER, cell.printed, cell.text)  # 基本目標 | Ⅰ | しごとをつくる
            return 0
        elif level is not None:
            heading = self.outline.in_column(level, 0, cell.text)
            place = self.outline.enter(heading, line.use(cell, LEVEL_PARTS[level], cell.printed, cell.text))
            if self.block is not None:
                self.block.places = [place]
        elif meaning in ROLE_PERIODS or meaning is Meaning.PERIOD:
            piece = line.use(cell, Part.PERIOD, cell.printed, cell.text)
            for role in [ROLE_PERIODS[meaning]] if meaning in ROLE_PERIODS else Role:
                self.periods.setdefault(role, piece)
        elif meaning in VALUES:
            return self._value(line, label, header, cell)
        elif self.block is None:
            self.waiting.append((line, header, cell))
        else:
            self._about(line, self.block, header, cell)
        return 1

    def _open_block(self, line: Line, cell: Cell) -> None:
        if self.block is not None:  # a second indicator in one block: whose are the values?
            opening = next(iter(usual()[self.opening])) if self.opening else ""
            self._problem("cell.misplaced", cell, cell.printed, opening)
            return
        piece = line.use(cell, Part.INDICATOR, cell.printed, cell.text)
        place = self.outline.innermost
        self.block = Block(piece, [place] if place else [], rows=[line.row.at.place])
        self.reading.blocks.append(self.block)
        waiting, self.waiting = self.waiting, []
        for said in waiting:
            self._about(said[0], self.block, *said[1:])

    def _about(self, line: Line, block: Block, header: Header, cell: Cell) -> None:
        part = _PARTS.get(header.meaning)
        if part is None:
            self._problem("cell.unread", cell, cell.printed, "指標名 / 単位 / 目標値")
            return
        piece = line.use(cell, part, cell.printed, cell.text)
        if line.row.at.place not in block.rows:
            block.rows.append(line.row.at.place)
        match header.meaning:
            case Meaning.UNIT:
                self.values.unit(block, piece)
            case Meaning.DEPARTMENT:
                block.department = block.department or piece
            case Meaning.CATEGORY:
                block.category = piece
            case Meaning.NOTE:
                block.notes.append(piece)
            case Meaning.RATING if not is_missing_mark(cell.text):
                block.ratings.append(Rating(piece, line.row.at.place))

    def _value(self, line: Line, label: Cell, header: Header, cell: Cell) -> int:
        """Keep a value with what label and column say of it; return 0 if the cell is only its period."""
        over = self.across.get(cell.at.cell)
        column, above = over[1] if over else None, over[0] if over else None
        if column is not None and column.meaning is Meaning.UNIT:
            if self.block is not None:
                self.values.unit(self.block, line.use(cell, Part.UNIT, cell.printed, cell.text))
            return 1
        role = header.role or (column.role if column else None)
        if column is not None and (column.role, role) == (Role.BASELINE, Role.ACTUAL):  # 実績値 | 従前値
            role = Role.BASELINE
        elif column is not None and column.role not in (None, role) and is_missing_mark(cell.text):
            line.use(cell, Part.SPARE_MARK, cell.printed, cell.text)
            return 1
        if over is None and role is not None and self.grammar.is_period(cell.text):
            self.periods[role] = line.use(cell, Part.PERIOD, cell.printed, cell.text)
            return 0
        if role is None or (column and column.role and column.role is not role):
            self._problem("role.unknown", cell, cell.printed, "基準値 / 実績値 / 目標値")
            return 1
        period = next(
            (
                Piece(Part.PERIOD, said, share(said.printed, words.period), share(said.text, words.period))
                for said, words in ((label, header), (above, column))
                if said is not None and words is not None and words.period
            ),
            None,
        )
        if header.unit and self.block is not None:
            unit = share(label.text, header.unit)
            self.values.unit(self.block, Piece(Part.UNIT, label, share(label.printed, header.unit), unit))
        self.pending.append(_Value(line, cell, role, Piece(Part.ROLE, label, label.printed, label.text), period))
        return 1

    def _end_block(self) -> None:
        """Read the values of the open block, now that all its periods and its unit are known."""
        block, pending = self.block, self.pending
        self.block, self.pending, self.across = None, [], {}
        periods, self.periods = self.periods, {}
        for _, _, cell in self.waiting:
            self._problem("cell.unread", cell, cell.printed, "指標名")
        self.waiting = []
        for value in pending if block is None else []:
            self._problem("cell.unread", value.cell, value.cell.printed, "指標名")
        for value in pending:
            if block is not None:
                slot = Slot(value.role, value.role_piece, value.period_piece or periods.get(value.role))
                self.values.read(value.line, block, value.cell, slot)

    def _problem(
        self, code: str, cell: Cell, found: str, expected: str = "", severity: Severity = Severity.ERROR
    ) -> None:
        if normalise(found) or severity is Severity.WARNING:
            self.values.problem(code, cell, found, expected, severity)


_OPENINGS = (Meaning.INDICATOR, Meaning.NUMBER, Meaning.UNIT, Meaning.DEPARTMENT, Meaning.CATEGORY)
_CORNERS = (Meaning.PERIOD, Meaning.ROLE, Meaning.INDICATOR, Meaning.CATEGORY)
