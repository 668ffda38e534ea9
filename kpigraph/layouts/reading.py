"""What a layout gives: the cells with their meaning, the headings, the blocks, and the problems met."""

from dataclasses import dataclass, field
from enum import StrEnum

from kpigraph.model import Cell, Level, Quantity, Role, Row, SourceRow, StatedPeriod, Unit
from kpigraph.problems import Problem


class Part(StrEnum):
    """What a cell, or a piece of one, is."""

    HEADER = "header"
    GOAL = "goal"
    DIRECTION = "direction"
    MEASURE = "measure"
    INDICATOR = "indicator"
    ROLE = "role"
    PERIOD = "period"
    VALUE = "value"
    UNIT = "unit"
    DEPARTMENT = "department"
    SPARE_MARK = "spare-mark"
    UNREAD = "unread"


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a cell that says one thing; `printed` and `text` are its share of the cell's two texts."""

    part: Part
    cell: Cell
    printed: str
    text: str


@dataclass(frozen=True, slots=True)
class CellReading:
    """How one cell was read: its pieces in order, one of part UNREAD where it was not."""

    cell: Cell
    pieces: tuple[Piece, ...]

    @property
    def unread(self) -> bool:
        return any(piece.part is Part.UNREAD for piece in self.pieces)


@dataclass(slots=True)
class Place:
    """A heading at its place; the same heading printed again under the same parent is the same place."""

    level: Level
    notation: str
    label: str
    relisted: bool
    parent: "Place | None"
    order: int
    pieces: list[Piece] = field(default_factory=list)
    printed_labels: list[str] = field(default_factory=list)  # of each piece, without number and mark


@dataclass(slots=True)
class Entry:
    """One role of a block: its cells and what they say; `notes` are the texts of its footnotes and remarks."""

    role: Role
    row: str  # `SourceLocation.place` of the row
    role_piece: Piece
    period_piece: Piece
    value_piece: Piece
    period: StatedPeriod
    quantity: Quantity
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class Block:
    """One indicator as listed: its label, the measures it stands under, its unit and department, its entries."""

    label: Piece
    places: list[Place]
    unit_piece: Piece | None = None
    unit: Unit | None = None
    printed_unit: Unit | None = None
    department: Piece | None = None
    entries: list[Entry] = field(default_factory=list)
    rows: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Reading:
    """All that a layout made of a document."""

    cells: list[CellReading] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    rows: list[SourceRow] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def unread(self) -> list[CellReading]:
        return [cell for cell in self.cells if cell.unread]


def source_row(row: Row, value_cells: int) -> SourceRow:
    """Return the record of a row in which `value_cells` value cells were read."""
    return SourceRow(at=row.at, order=row.order or row.at.row, printed=row.printed, value_cells=value_cells)
