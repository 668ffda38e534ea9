"""The stacked layout: one line a role. An indicator's baseline, actual and target stand below each other.

Columns drift in text taken out of a PDF, so a cell is told by its order in the line and by what it says, not by its
column: headings by their numbering, an indicator by its bullet or place, a role by its word, then period and value,
then unit and department in the order of the header. Two neighbours may share a cell, joined by a blank.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from kpigraph.cells import parse_footnote
from kpigraph.codelists import UnitCodelist
from kpigraph.layouts.headers import Grammar
from kpigraph.layouts.outline import LEVEL_PARTS, Heading, Outline
from kpigraph.layouts.reading import Block, Line, Part, Piece, Place, Reading
from kpigraph.layouts.values import Slot, ValueReader, footnotes
from kpigraph.layouts.words import Meaning, Words, usual
from kpigraph.model import Cell, Document, Role, Row, ValueForm
from kpigraph.periods import parse_period
from kpigraph.problems import Problem, Severity, SourceError
from kpigraph.quantities import parse_quantity
from kpigraph.text import compact, is_missing_mark, normalise

_NAMED = (Meaning.INDICATOR, Meaning.PERIOD, Meaning.VALUE, Meaning.UNIT, Meaning.DEPARTMENT)  # what a header names
_HEADED = {Meaning.STRUCTURE, Meaning.GOAL, Meaning.DIRECTION, Meaning.MEASURE, Meaning.ROLE, *_NAMED}
_DEPARTMENT = re.compile(r".*(部|課|室|係|局|所|署|院|館|会|団|班|センター|チーム|グループ)")
_OFFICE = re.compile(r".*[課室係]")  # no value in words ends so


def read(document: Document, rows: Iterable[Row], units: UnitCodelist) -> Reading:
    """Return the reading of `rows`; what cannot be read is in its problems."""
    held = list(rows)
    reader = _StackedReader(document, units, footnotes(held))
    for row in held:
        reader.row(row)
    reader.end()
    return reader.reading


# A cell or the latter share of one, with that share's printed and corrected text.
_Token = tuple[Cell, str, str]


class _StackedReader:
    """Reads line by line, keeping what the next line may refer to: the open headings and the open block."""

    def __init__(self, document: Document, units: UnitCodelist, notes: Mapping[str, str]) -> None:
        card = document.layout
        self.document = document
        self.card = card
        self.units = units
        self.outline = Outline(document)
        self.reading = Reading(places=self.outline.places)
        self.values = ValueReader(document, Grammar(document, units), units, self.reading, notes)
        self.words = Words(card.columns, card.roles)
        self.expected_roles = [role for role in Role if role in card.roles] or list(Role)
        self.columns: tuple[Meaning, ...] = ()
        self.block: Block | None = None

    # ---- one row

    def row(self, row: Row) -> None:
        line = Line(row)
        if not line.cells:
            return
        if len(line.cells) == 1 and parse_footnote(line.cells[0].text) is not None:
            line.use(line.cells[0], Part.NOTE)
        elif not self._header(line):
            if not self.columns:
                self._no_header(line)
            else:
                self._body(line)
        line.finish(self.reading)

    def _header(self, line: Line) -> bool:
        columns = [self.words.find(cell.text) for cell in line.cells]
        if not _HEADED.issuperset(columns) or Meaning.INDICATOR not in columns or Meaning.VALUE not in columns:
            return False
        self.columns = tuple(column for column in columns if column)
        for cell in line.cells:
            line.use(cell, Part.HEADER)
        return True

    def _no_header(self, line: Line) -> None:
        if any(p.code == "header.missing" for p in self.reading.problems):
            return
        expected = " | ".join(usual()[meaning][0] for meaning in _NAMED)
        self.reading.problems.append(Problem("header.missing", line.row.at, line.row.printed.strip(), expected))

    def _body(self, line: Line) -> None:
        rest = list(line.cells)
        heading = label = None
        if rest and (heading := self._heading(rest[0])) is not None:
            rest.pop(0)
        if rest and self._role(rest[0]) is None and self._is_label(rest, heading is not None):
            label = rest.pop(0)
        place = self._enter(line, *heading) if heading else None
        if label is not None:
            self._open_block(line, label)
        elif place is not None and rest and self.block is not None and place not in self.block.places:
            self.block.places.append(place)
        if rest:
            self._entry(line, rest)

    # ---- headings and labels

    def _heading(self, cell: Cell) -> tuple[Cell, Heading] | None:
        heading = self.outline.heading(cell.text)
        return (cell, heading) if heading else None

    def _is_label(self, rest: Sequence[Cell], after_heading: bool) -> bool:
        """Tell whether the first of `rest` names an indicator: it has the bullet, or stands before a role."""
        if self.card.bullet:
            return normalise(rest[0].text).startswith(normalise(self.card.bullet))
        return len(rest) > 1 and self._role(rest[1]) is not None

    def _enter(self, line: Line, cell: Cell, heading: Heading) -> Place:
        return self.outline.enter(heading, line.use(cell, LEVEL_PARTS[heading.level]))

    def _open_block(self, line: Line, cell: Cell) -> None:
        self._close_block()
        piece = line.use(cell, Part.INDICATOR)
        place = self.outline.innermost
        if place is None:
            self._problem("place.missing", cell, cell.printed, " / ".join(e for _, e in self.card.hierarchy))
        self.block = Block(piece, [place] if place else [])
        self.reading.blocks.append(self.block)

    def _close_block(self, *, at_end: bool = False) -> None:
        block = self.block
        if block is None:
            return
        parts = [other for other in self.reading.blocks if other.label is block.label and other is not block]
        if parts and not block.entries:  # all its values stand under parts, such as 男 and 女
            self.reading.blocks.remove(block)
        read = [entry.role for one in (block, *parts) for entry in one.entries]
        if any(role not in read for role in self.expected_roles):
            words = ", ".join(self._word(role) for role in read) or "-"
            expected = ", ".join(self._word(role) for role in self.expected_roles)
            self._problem("source.truncated" if at_end else "role.missing", block.label.cell, words, expected)
        if block.department is None and Meaning.DEPARTMENT in self.columns:
            self._problem("department.missing", block.label.cell, "", usual()[Meaning.DEPARTMENT][0])

    def _word(self, role: Role) -> str:
        return (self.card.roles.get(role) or usual()[Meaning(role.value)])[0]

    def end(self) -> None:
        """Close the last block."""
        self._close_block(at_end=True)

    # ---- role, period, value, unit, department

    def _role(self, cell: Cell) -> tuple[Role, list[_Token]] | None:
        """Return the role that `cell` begins with, and what follows it in the same cell, if anything does."""
        head, rest = _cut(cell.text)
        role = self.words.role(head)
        if role is None:
            return None
        return role, [(cell, _cut(cell.printed)[1], rest)] if rest else []

    def _entry(self, line: Line, cells: list[Cell]) -> None:
        first = cells[0]
        found = self._role(first)
        if found is None or self.block is None:
            expected = " / ".join(self._word(role) for role in self.expected_roles)
            for cell in cells:
                self._problem("cell.unread", cell, cell.printed, expected)
            return
        role, tokens = found
        joined = (_cut(first.printed)[0], _cut(first.text)[0]) if tokens else (first.printed, first.text)
        role_piece = line.use(first, Part.ROLE, *joined)
        tokens += [(cell, cell.printed, cell.text) for cell in cells[1:]]
        if len(tokens) < 2:
            self._problem(
                "value.missing",
                tokens[0][0] if tokens else first,
                line.row.printed.strip(),
                f"{first.text.strip()} H27年度 1,234",
            )
            return
        (of_period, of_value), rest = tokens[:2], tokens[2:]
        opening = not self.block.entries
        period = line.use(of_period[0], Part.PERIOD, *of_period[1:])
        cell, printed, text = of_value
        value = cell._replace(printed=printed, text=text)
        self._add_entry(line, self.block, Slot(role, role_piece, period), period.cell, value)
        if value.at not in line.pieces and all(p.at != value.at for p in self.reading.problems):
            line.use(cell, Part.VALUE, printed, text)  # what is wrong is beside it
        self._unit_and_department(line, self.block, [cell for cell, _, _ in rest], opening=opening)

    def _add_entry(self, line: Line, block: Block, slot: Slot, period: Cell, cell: Cell) -> None:
        if any(entry.role is slot.role for entry in block.entries):
            word = self._word(slot.role)
            self._problem("role.repeated", period, word, self._word(self.expected_roles[-1]))
            return
        known = len(block.entries)
        self.values.read(line, block, cell, slot)
        for entry in block.entries[known:]:
            value = entry.value_piece
            elsewhere = self._belongs_elsewhere(value) or _OFFICE.fullmatch(value.text)
            if entry.quantity.form is ValueForm.QUALITATIVE and elsewhere:
                self._problem("cell.misplaced", value.cell, value.printed, "1,234")
                block.entries.remove(entry)

    def _unit_and_department(self, line: Line, block: Block, cells: list[Cell], *, opening: bool) -> None:
        order = [column for column in self.columns if column in (Meaning.UNIT, Meaning.DEPARTMENT)]
        if not order:
            for cell in cells:
                self._problem("cell.unread", cell, cell.printed, usual()[Meaning.UNIT][0])
            return
        if not cells:
            if opening:
                self._inherit(block)
            return
        if len(cells) == 1:
            self._single(line, block, cells[0])
        else:
            unit, department = (cells[0], cells[-1]) if order[0] is Meaning.UNIT else (cells[-1], cells[0])
            for spare in cells[1:-1]:
                self._spare(line, spare)
            self._unit(block, line.use(unit, Part.UNIT))
            self._department(block, line.use(department, Part.DEPARTMENT))

    def _single(self, line: Line, block: Block, cell: Cell) -> None:
        """Read a lone cell after the value: unit and department joined by a blank, or one of them."""
        text = normalise(cell.text)
        head, _, tail = text.partition(" ")
        if self.units.find(text) or is_missing_mark(text):
            self._unit(block, line.use(cell, Part.UNIT))
        elif tail and self.units.find(head) and not tail[0].isdigit():  # m 3農林課: where does the unit end?
            (printed_unit, printed_rest), (unit, rest) = _cut(cell.printed), _cut(cell.text)
            self._unit(block, line.use(cell, Part.UNIT, printed_unit, unit))
            self._department(block, line.use(cell, Part.DEPARTMENT, printed_rest, rest))
        elif _DEPARTMENT.fullmatch(text) and not self.units.find(head):
            self._department(block, line.use(cell, Part.DEPARTMENT))
            self._problem("unit.missing", cell, "", " | ".join(self.columns), Severity.WARNING)
        else:
            self._problem("cell.unread", cell, cell.printed, "単位 / 所管部署 (data/codelists/units.csv)")

    def _unit(self, block: Block, piece: Piece) -> None:
        if self._differs(piece, block.unit_piece, block):
            return
        block.unit_piece = piece
        block.unit = self.units.find(piece.text)
        block.printed_unit = self.units.find(piece.printed)
        if block.unit is None and not is_missing_mark(piece.text):
            self._problem("unit.unknown", piece.cell, piece.printed, "data/codelists/units.csv")

    def _department(self, block: Block, piece: Piece) -> None:
        if self._differs(piece, block.department, block):
            return
        block.department = piece
        if self._belongs_elsewhere(piece) or self._is_number_or_period(piece):
            self._problem("cell.misplaced", piece.cell, piece.printed, usual()[Meaning.DEPARTMENT][0])

    def _differs(self, piece: Piece, before: Piece | None, block: Block) -> bool:
        """Tell whether `block` has another text than `piece` on an earlier line of its own; that is an error."""
        if before is None or before.cell.at.place not in block.rows:
            return False
        one, other = (self.units.find(p.text) or compact(p.text) for p in (before, piece))
        if one == other:
            return False
        self._problem("cell.misplaced", piece.cell, piece.printed, before.printed)
        return True

    def _belongs_elsewhere(self, piece: Piece) -> bool:
        """Tell whether `piece` says what only another column can: a role, a unit, a heading, an indicator's name."""
        head, tail = _cut(piece.text)
        bullet = compact(self.card.bullet)
        return (
            normalise(piece.text).startswith("-")
            or self.words.role(head) is not None
            or self.units.find(piece.text if not tail else head) is not None
            or bool(bullet and compact(piece.text).startswith(bullet))
            or self.outline.heading(piece.text) is not None
        )

    def _is_number_or_period(self, piece: Piece) -> bool:
        try:
            return parse_quantity(piece.text, piece.cell.at).form is not ValueForm.QUALITATIVE
        except SourceError:
            return _is_period(piece)

    def _spare(self, line: Line, cell: Cell) -> None:
        if is_missing_mark(cell.text):
            line.use(cell, Part.SPARE_MARK)
            self._problem("cell.spare-mark", cell, cell.printed, "", Severity.WARNING)
        else:
            self._problem("cell.unread", cell, cell.printed, "-")

    def _inherit(self, block: Block) -> None:
        """Take unit and department from the block above where the card says that a blank means so."""
        before = self.reading.blocks[-2] if len(self.reading.blocks) > 1 else None
        if before is None or before.places[-1:] != block.places[-1:]:
            return
        if "unit" in self.card.blank_means_above:
            block.unit_piece, block.unit, block.printed_unit = before.unit_piece, before.unit, before.printed_unit
        if "department" in self.card.blank_means_above:
            block.department = before.department
        pieces = [p for p in (block.unit_piece, block.department) if p]
        if pieces:
            found = " | ".join(p.printed.strip() for p in pieces)
            self._problem("cell.inherited", block.label.cell, found, "", Severity.WARNING)

    def _problem(self, code: str, cell: Cell, found: str, expected: str, severity: Severity = Severity.ERROR) -> None:
        self.reading.problems.append(Problem(code, cell.at, found, expected, severity))


def _is_period(piece: Piece) -> bool:
    try:
        parse_period(piece.text, piece.cell.at)
    except SourceError:
        return False
    return True


def _cut(text: str) -> tuple[str, str]:
    """Return `text` up to its first blank, and what comes after it."""
    head, *rest = text.split(maxsplit=1)
    return head, rest[0].rstrip() if rest else ""
