"""The value cells of a table: whose value a merged one is, and what line and header say of each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from kpigraph.layouts.columns import Column, Table
from kpigraph.layouts.headers import VALUES, Grammar
from kpigraph.layouts.pairs import apart
from kpigraph.layouts.reading import Line, Part
from kpigraph.layouts.turns import Turns
from kpigraph.layouts.values import Slot
from kpigraph.layouts.words import Meaning
from kpigraph.model import Cell, Role, Row
from kpigraph.problems import SourceLocation
from kpigraph.text import normalise

_TELLING = (Meaning.INDICATOR, Meaning.CATEGORY, Meaning.ROLE, Meaning.PERIOD)  # what one row says and another does not


class Spanning:
    """Knows which cells of a table are merged over several rows; one that is a value of several is refused once."""

    def __init__(self, rows: Iterable[Row]) -> None:
        below: dict[SourceLocation, dict[SourceLocation, Row]] = {}
        for row in rows:
            for cell in row.cells:
                if cell.repeats is not None and cell.repeats.row != cell.at.row:
                    below.setdefault(cell.repeats, {})[row.at] = row
        self._below = {at: list(found.values()) for at, found in below.items()}
        self._refused: set[SourceLocation] = set()

    def several_rows(self, cell: Cell) -> bool:
        """Tell whether a cell is merged over rows below it."""
        return cell.at in self._below

    def covered(self, table: Table, cells: Mapping[int, Cell], cell: Cell) -> str | None:
        """Return what a merged value cell covers so that it is no one's value; "" if nothing is to be said of it.

        None: it is not merged, or only over rows that say nothing else, so it is read.
        """
        if cell.repeats is not None:
            said = cell.repeats.row == cell.at.row or cell.repeats in self._refused
            return "" if said else f"行 / rows {cell.repeats.row}-{cell.at.row}"
        beside = [c.number for c in table.of(*VALUES) if c.number in cells and cells[c.number].repeats == cell.at]
        rows = self._rows_below(table, cell) if cell.at in self._below else []
        if not beside and not rows:
            return None
        self._refused.add(cell.at)
        columns = [f"列 / columns {cell.at.cell}-{beside[-1]}"] if beside else []
        return ", ".join(columns + ([f"行 / rows {cell.at.row}-{rows[-1]}"] if rows else []))

    def _rows_below(self, table: Table, cell: Cell) -> list[int]:
        """Return the rows below `cell` that its merged area covers and that say another thing than its own row."""
        telling = {column.number for column in table.of(*_TELLING)}
        return [
            row.at.row
            for row in self._below[cell.at]
            if any(c.at.cell in telling and c.repeats is None and normalise(c.text) for c in row.cells)
        ]


def slot_of(line: Line, table: Table, cells: Mapping[int, Cell], column: Column, grammar: Grammar) -> Slot | None:
    """Return what line and header say of a value, its role and period; None where they contradict or say nothing."""
    role, role_piece = column.role, column.role_piece
    for other in table.of(Meaning.ROLE):
        cell = cells.get(other.number)
        header = grammar.header(cell.text) if cell else None
        if cell is None or header is None or header.role is None:
            continue
        if role is None:
            role, role_piece = header.role, line.use(cell, Part.ROLE)
        elif header.role is not role and (role, header.role) != (Role.BASELINE, Role.ACTUAL):
            return None  # a target in the column of baselines: which of them?
    if role is None:
        return None
    period = column.period_piece
    for other in [column.period_of] if column.period_of else table.of(Meaning.PERIOD):
        cell = cells.get(other.number)
        if cell is not None and period is None and other.role in (None, role) and not other.unread:
            period = line.use(cell, Part.PERIOD)
    return Slot(role, role_piece, period, column.said)


def columns_in_turn(
    line: Line,
    table: Table,
    cell: Cell,
    column: Column,
    turns: Turns,
    roles: Sequence[Role],
    spanning: Spanning,
) -> list[Column]:
    """Return what a value's column says where the rows of an indicator take turns, [] if that is not certain.

    `roles` are those of the rows of each indicator by the card. Under 目標値／実績値 the two rows of an indicator are
    these two; an indicator of one row has both in its cells.
    """
    turn, rows = turns.of(line.row)
    if column.separator and column.then is not None and rows > 1:
        if rows != 2 or spanning.several_rows(cell) or apart(cell.text)[0] == column.separator:
            return []
        return [(column, column.then)[turn]]
    if roles and column.role is None and not table.of(Meaning.ROLE):
        if rows != len(roles) or spanning.several_rows(cell):
            return []
        return [replace(column, role=roles[turn])]
    return [c for c in (column, column.then) if c]
