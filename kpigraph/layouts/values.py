"""From a value cell to entries of its block: the cell's own period first, then that of its line, then its header's."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from kpigraph.cells import CellValue, ParsedCell, Relation, Share, mark_key, parse_cell, parse_footnote, period_of_value
from kpigraph.codelists import UnitCodelist
from kpigraph.language import LANGUAGES
from kpigraph.language.words import CellWords
from kpigraph.layouts.headers import Grammar
from kpigraph.layouts.pairs import parts_of, words_in_brackets
from kpigraph.layouts.reading import Block, Entry, Line, Part, Piece, Reading
from kpigraph.layouts.signs import settled
from kpigraph.model import Aggregation, Cell, Document, Quantity, Role, Row, StatedPeriod, ValueForm
from kpigraph.problems import Problem, Severity, SourceError
from kpigraph.text import compact, is_missing_mark, normalise

_PARTS = {
    Share.VALUE: Part.VALUE,
    Share.PERIOD: Part.PERIOD,
    Share.UNIT: Part.UNIT,
    Share.LABEL: Part.CATEGORY,
    Share.FORMER: Part.NOTE,
    Share.WORD: Part.NOTE,
    Share.MARK: Part.NOTE,
    Share.NOTE: Part.NOTE,
}


def footnotes(rows: Iterable[Row]) -> dict[str, str]:
    """Return the text of every footnote that stands on a row of its own, by its mark."""
    found: dict[str, str] = {}
    for row in rows:
        cells = [cell for cell in row.cells if cell.repeats is None and normalise(cell.text)]
        if len(cells) == 1 and (note := parse_footnote(cells[0].text)):
            found.setdefault(mark_key(note[0]), note[1])
    return found


@dataclass(frozen=True, slots=True)
class Slot:
    """What is known of a value before its cell is read: its role, and its period where line or header state it.

    `said` is how it counts over time by its header.
    """

    role: Role
    role_piece: Piece | None
    period_piece: Piece | None
    said: Aggregation | None = None


@dataclass(slots=True)
class ValueReader:
    """Reads value cells into blocks; problems go to the reading."""

    document: Document
    grammar: Grammar
    units: UnitCodelist
    reading: Reading
    footnotes: Mapping[str, str]
    _known: dict[str, ParsedCell] = field(default_factory=dict)  # by text: cells of a table are often alike

    def read(self, line: Line, block: Block, cell: Cell, *slots: Slot, separator: str = "") -> None:
        """Add what `cell` states to `block`: one value for one slot, or the values around an arrow for two.

        `separator` is what stands between two values, if not an arrow.
        """
        named: list[Piece] = []
        try:
            parsed, named = self._parsed(cell, block, slots, separator)
            shared = self._signed(cell, block, self._shared_out(cell, parsed, slots))
            periods = [self._period(cell, block, slot, value) for slot, value in shared]
        except SourceError as e:
            self.reading.problems += e.problems
            return
        pieces = [*self._pieces(line, cell, parsed), *named]
        values = [piece for piece in pieces if piece.part is Part.VALUE]
        for n, (slot, value) in enumerate(shared):
            stated, stated_piece = periods[n]
            own = next((p for p in pieces if p.part is Part.PERIOD and p.text == value.printed_period), None)
            entry = Entry(
                role=slot.role,
                row=line.row.at.place,
                role_piece=slot.role_piece or values[n],
                period_piece=own or stated_piece,
                value_piece=values[n],
                period=stated,
                quantity=self._as_headed(slot, value.quantity),
                notes=parsed.notes,
            )
            self._add(line, block, entry, value, pieces)
        for mark in parsed.unresolved:
            self.problem("footnote.missing", cell, mark, severity=Severity.WARNING)

    def _parsed(
        self, cell: Cell, block: Block, slots: tuple[Slot, ...], separator: str
    ) -> tuple[ParsedCell, list[Piece]]:
        """Return what a cell says, and the names of its parts where header or indicator have them: 男／女.

        Raises:
            SourceError: if it cannot be read.
        """

        def parse(text: str) -> ParsedCell:
            if (known := self._known.get(text)) is None:
                conventions = self.document.conventions
                known = parse_cell(text, cell.at, self.units, conventions=conventions, footnotes=self.footnotes)
                self._known[text] = known
            return known

        if separator and len(slots) > 1:
            parsed = parts_of(cell, separator, len(slots), parse)
            if parsed is None:
                expected = separator.join(slot.role.value for slot in slots)
                raise SourceError(Problem("cell.several-values", cell.at, cell.printed, expected))
            return parsed, []
        sources = [slots[0].role_piece.cell, block.label.cell] if slots[0].role_piece else [block.label.cell]
        for source in sources if len(slots) == 1 else []:
            separator, words = words_in_brackets(source.text)
            if separator and (parsed := parts_of(cell, separator, len(words), parse)) is not None:
                values = tuple(replace(value, label=word) for value, word in zip(parsed.values, words, strict=True))
                pieces = [Piece(Part.CATEGORY, source, word, word) for word in words]
                return replace(parsed, values=values, relation=Relation.LABELLED), pieces
            if separator and source is not block.label.cell and not is_missing_mark(cell.text):
                raise SourceError(Problem("cell.several-values", cell.at, cell.printed, separator.join(words)))
        return parse(cell.text), []

    @property
    def words(self) -> CellWords:
        return LANGUAGES[self.document.conventions.language].words

    def _signed(self, cell: Cell, block: Block, shared: list[tuple[Slot, CellValue]]) -> list[tuple[Slot, CellValue]]:
        """Return the values with what a sign before them says.

        Raises:
            SourceError: if nothing tells whether one is a value or a change.
        """
        card = self.document.layout
        signed = []
        for slot, value in shared:
            header = slot.role_piece
            said = settled(value.quantity, cell, value.printed, block, header, card, self.units, self.words)
            signed.append((slot, value if said is value.quantity else replace(value, quantity=said)))
        return signed

    def _shared_out(self, cell: Cell, parsed: ParsedCell, slots: tuple[Slot, ...]) -> list[tuple[Slot, CellValue]]:
        """Return each value with its slot.

        Raises:
            SourceError: if a cell has more values than its header has roles, or fewer.
        """
        if parsed.relation is Relation.LABELLED and len(slots) == 1:
            return [(slots[0], value) for value in parsed.values]
        if len(parsed.values) != len(slots):
            expected = " → ".join(slot.role.value for slot in slots)
            raise SourceError(Problem("cell.several-values", cell.at, cell.printed, expected))
        return list(zip(slots, parsed.values, strict=True))

    def _as_headed(self, slot: Slot, quantity: Quantity) -> Quantity:
        """Return `quantity` with the standing that its header states, 実績（速報値）, unless its cell states one."""
        in_words = quantity.form in (ValueForm.MISSING, ValueForm.QUALITATIVE)
        if in_words or quantity.estimated or quantity.provisional:
            return quantity
        headers = [slot.role_piece.text] if slot.role_piece else []
        if slot.period_piece is not None and self.grammar.header(slot.period_piece.cell.text) is not None:
            headers.append(slot.period_piece.cell.text)  # R7年度（見込） in a row of its own below 実績値
        said = [self.grammar.standing(header) for header in headers]
        estimated, provisional = any(e for e, _ in said), any(p for _, p in said)
        if not (estimated or provisional):
            return quantity
        return replace(quantity, estimated=estimated, provisional=provisional)

    def _period(self, cell: Cell, block: Block, slot: Slot, value: CellValue) -> tuple[StatedPeriod, Piece]:
        """Return the period of a value and the piece that states it; a piece of the cell itself is found later.

        Raises:
            SourceError: if no period is stated, or it cannot be read.
        """
        piece = slot.period_piece
        length_alone = value.period is not None and value.period.period is not None and value.period.period.duration
        header = None
        if piece is not None and (value.period is None or length_alone):
            header = self.grammar.period(piece.text, piece.cell.at)
        if value.period is not None:
            piece = Piece(Part.PERIOD, cell, value.printed_period, value.printed_period)
        said = (
            value.aggregation
            or slot.said
            or (self.grammar.aggregation(slot.role_piece.text) if slot.role_piece else None)
        )
        stated = period_of_value(header, value.period, said)
        if said is None and stated is not None and self._counts_up(block, stated):
            stated = period_of_value(header, value.period, Aggregation.CUMULATIVE)
        if stated is not None:
            return stated, piece or Piece(Part.PERIOD, cell, cell.printed, cell.text)
        if value.quantity.due is not None or value.quantity.form is ValueForm.MISSING:  # no value, so of no period
            stated = StatedPeriod(period=None, aggregation=None)
        else:
            heading = slot.role_piece.printed if slot.role_piece else slot.role.value
            raise SourceError(Problem("period.missing", cell.at, cell.printed, f'"{heading}" = "H27年度"'))
        return stated, piece or Piece(Part.PERIOD, cell, cell.printed, cell.text)

    def _counts_up(self, block: Block, stated: StatedPeriod) -> bool:
        """Tell whether the indicator's name says that its values count from the beginning: 移住者数（累計）."""
        plain = stated.aggregation in (Aggregation.PERIOD, Aggregation.AS_OF)
        return plain and self.grammar.counts_up(block.label.text)

    def _pieces(self, line: Line, cell: Cell, parsed: ParsedCell) -> list[Piece]:
        """Count the cell as read, share by share; a corrected cell has no shares of its printed text, so all of it."""
        whole = cell.corrected or sum(s.share is not Share.JOINT for s in parsed.shares) == 1
        return [
            line.use(cell, _PARTS[s.share], cell.printed if whole else s.printed, cell.text if whole else s.printed)
            for s in parsed.shares
            if s.share is not Share.JOINT
        ]

    def _add(self, line: Line, block: Block, entry: Entry, value: CellValue, pieces: list[Piece]) -> None:
        if value.label:
            block = self._category(block, next(p for p in pieces if p.text == value.label))
        before = next((e for e in block.entries if (e.role, e.period) == (entry.role, entry.period)), None)
        said = line.pieces.get(before.value_piece.cell.at) if before is not None else None
        if before is not None and said and self._is_direction(before) and entry.quantity.value is not None:
            block.entries.remove(before)  # アップ | 93.00 under one header: where to, and how far
            said[:] = [replace(piece, part=Part.NOTE) for piece in said]
            entry.notes = (*entry.notes, before.value_piece.text)
        elif before is not None and compact(before.value_piece.text) != compact(entry.value_piece.text):
            self.problem("role.repeated", entry.value_piece.cell, entry.value_piece.printed, before.value_piece.printed)
        elif before is not None and entry.quantity.form is ValueForm.MISSING and entry.period.period is None:
            expected = f'"{entry.role_piece.printed}" = "H27年度"'  # a second one without period is of some other
            self.problem("period.missing", entry.value_piece.cell, entry.value_piece.printed, expected)
            return
        block.entries.append(entry)
        if entry.row not in block.rows:
            block.rows.append(entry.row)

    def _is_direction(self, entry: Entry) -> bool:
        text = normalise(entry.value_piece.text).casefold()
        return entry.quantity.form is ValueForm.QUALITATIVE and self.words.direction.fullmatch(text) is not None

    def _category(self, block: Block, label: Piece) -> Block:
        """Return the part of an indicator that `label` names within its cells."""
        for other in self.reading.blocks:
            same = other.label is block.label and other.category is not None
            if same and other.category and compact(other.category.text) == compact(label.text):
                return other
        part = replace(block, category=label, entries=[], rows=[], notes=[], ratings=[])
        self.reading.blocks.append(part)
        return part

    def unit(self, block: Block, piece: Piece) -> None:
        """Give `block` the unit that `piece` names; another than it has is an error."""
        unit = self.units.find(piece.text)
        if unit is None and not is_missing_mark(piece.text):
            self.problem("unit.unknown", piece.cell, piece.text, "data/codelists/units.csv")
        if block.unit_piece is not None:
            if compact(block.unit_piece.text) != compact(piece.text) and (unit is None or unit != block.unit):
                self.problem("unit.conflict", piece.cell, piece.printed, block.unit_piece.printed)
            return
        block.unit_piece, block.unit, block.printed_unit = piece, unit, self.units.find(piece.printed)

    def problem(
        self, code: str, cell: Cell, found: str, expected: str = "", severity: Severity = Severity.ERROR
    ) -> None:
        self.reading.problems.append(Problem(code, cell.at, found, expected, severity))
