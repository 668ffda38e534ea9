"""What a layout gives: the cells with their meaning, the headings, the blocks, and the problems met."""

from dataclasses import dataclass, field
from enum import StrEnum

from kpigraph.model import Cell, Level, Quantity, Role, Row, SourceRow, StatedPeriod, Unit
from kpigraph.problems import Problem, SourceLocation
from kpigraph.text import normalise


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
    CATEGORY = "category"
    NUMBER = "number"
    RATING = "rating"
    NOTE = "note"
    CAPTION = "caption"
    IGNORED = "ignored"
    SPARE_MARK = "spare-mark"
    HIDDEN = "hidden"
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
        return self.pieces[0].part is Part.UNREAD


@dataclass(frozen=True, slots=True)
class Rating:
    """The municipality's own assessment of an indicator, as printed, with the period of its column if it has one."""

    piece: Piece
    row: str  # `SourceLocation.place` of the row
    period_piece: Piece | None = None
    period: StatedPeriod | None = None


@dataclass(slots=True)
class Place:
    """A heading at its place; the same heading printed again under the same parent is the same place.

    `kind` tells headings apart that follow different examples of the card.
    """

    level: Level
    notation: str
    label: str
    relisted: bool
    parent: "Place | None"
    order: int
    kind: int = 0
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
    """One indicator as listed: its label, the measures it stands under, its unit and department, its entries.

    `unit_in_label` tells that the label ends with the unit in brackets, which is then no part of the name.
    """

    label: Piece
    places: list[Place]
    unit_piece: Piece | None = None
    unit: Unit | None = None
    printed_unit: Unit | None = None
    department: Piece | None = None
    category: Piece | None = None
    notes: list[Piece] = field(default_factory=list)
    ratings: list[Rating] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    rows: list[str] = field(default_factory=list)
    unit_in_label: bool = False


class Line:
    """The cells of one row that hold anything of their own, and what was made of them so far."""

    def __init__(self, row: Row) -> None:
        self.row = row
        self.cells = [cell for cell in row.cells if cell.repeats is None and normalise(cell.printed)]
        self.pieces: dict[SourceLocation, list[Piece]] = {}  # by the place of their cell

    def use(self, cell: Cell, part: Part, printed: str | None = None, text: str | None = None) -> Piece:
        """Return a piece of `cell`, all of it unless its share of both texts is given; the cell now counts as read."""
        pieces = self.pieces.get(cell.at)
        if pieces is None:
            pieces = self.pieces[cell.at] = []
        elif printed is None:
            for known in pieces:
                if known.part is part:
                    return known
        piece = Piece(part, cell, cell.printed if printed is None else printed, cell.text if text is None else text)
        pieces.append(piece)
        return piece

    def finish(self, reading: "Reading") -> None:
        """Add the row with all its cells to `reading`; a cell of which nothing was used is unread."""
        for cell in self.cells:
            pieces = self.pieces.get(cell.at) or [Piece(Part.UNREAD, cell, cell.printed, cell.text)]
            reading.cells.append(CellReading(cell, tuple(pieces)))
        if self.cells:
            values = sum(piece.part is Part.VALUE for pieces in self.pieces.values() for piece in pieces)
            reading.rows.append(source_row(self.row, values))


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
        unread = Part.UNREAD
        return [cell for cell in self.cells if cell.pieces[0].part is unread]

    @property
    def hidden(self) -> list[CellReading]:
        hidden = Part.HIDDEN
        return [cell for cell in self.cells if cell.pieces[0].part is hidden]


def source_row(row: Row, value_cells: int) -> SourceRow:
    """Return the record of a row in which `value_cells` value cells were read."""
    return SourceRow(at=row.at, order=row.order or row.at.row, printed=row.printed, value_cells=value_cells)
