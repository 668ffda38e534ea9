"""The wide and the long layout: tables whose header says what each column holds.

wide: one line an indicator, with baseline, actuals and targets beside each other; a role column makes one indicator
several lines. long: one line an observation; lines of one name, place, department and unit are one indicator wherever
they stand. Headings stand on lines of their own or in columns; a table may go on in the next part with its header
repeated or without.
"""

import re
from collections.abc import Iterable
from itertools import groupby

from kpigraph import formats
from kpigraph.cells import parse_footnote
from kpigraph.codelists import UnitCodelist
from kpigraph.layouts.about import About
from kpigraph.layouts.columns import DEEPEST, Column, Table, find_table
from kpigraph.layouts.headers import VALUES, Grammar, may_state_a_value
from kpigraph.layouts.names import TOTALS, Names
from kpigraph.layouts.outline import LEVEL_PARTS, Outline
from kpigraph.layouts.reading import Block, Line, Part, Piece, Place, Reading
from kpigraph.layouts.turns import Turns
from kpigraph.layouts.value_cells import Spanning, columns_in_turn, slot_of
from kpigraph.layouts.values import ValueReader, footnotes
from kpigraph.layouts.words import LEVELS, Meaning
from kpigraph.model import Cell, Document, Row
from kpigraph.problems import Problem, Severity
from kpigraph.text import compact, is_ditto, is_missing_mark, normalise

_UNIT_CAPTION = re.compile(r"[(（［\[]?\s*単\s*位\s*[:：]\s*(?P<unit>[^)）］\]]+?)\s*[)）］\]]?")
_FIGURE = re.compile(r"[^\w\s]?\s?[0-9][0-9,.]*\s?\S{0,3}")  # which may be an indicator's value
_TITLES = 15  # rows above a header at most
_LOOKED_BELOW = 60  # rows below a header, for what their cells say of it
_HEADS_BODY = (Meaning.STRUCTURE, *LEVELS, Meaning.NUMBER)


def read_wide(document: Document, rows: Iterable[Row], units: UnitCodelist) -> Reading:
    """Return the reading of `rows`, one line an indicator; what cannot be read is in its problems."""
    return _TableReader(document, list(rows), units, long=False).read()


def read_long(document: Document, rows: Iterable[Row], units: UnitCodelist) -> Reading:
    """Return the reading of `rows`, one line an observation; what cannot be read is in its problems."""
    return _TableReader(document, list(rows), units, long=True).read()


class _TableReader:
    """Reads row by row, keeping the header that holds, the open headings and the open block."""

    def __init__(self, document: Document, rows: list[Row], units: UnitCodelist, *, long: bool) -> None:
        self.card = document.layout
        self.rows = rows
        self.units = units
        self.grammar = Grammar(document, units)
        self.outline = Outline(document)
        self.reading = Reading(places=self.outline.places)
        self.values = ValueReader(document, self.grammar, units, self.reading, footnotes(rows))
        self.keyed = document.media_type == formats.JSON
        self.table: Table | None = None
        self.table_key = ""
        self.prose = False  # in a part of the document without a table: lines of text beside tables
        self.about = About(self.values)
        self.block: Block | None = None
        self.known: dict[tuple[str, ...], Block] = {}
        self.names = Names(self.card, long=long)
        self.spanning = Spanning(rows)
        self.turns = Turns((), set(), set())

    def read(self) -> Reading:
        for key, group in groupby(self.rows, key=lambda row: row.at.key):
            part = list(group)
            if self.rows[0].at.key != key and self._has_own_header(part):
                self.table, self.names.above = None, {}
            self.prose = key != self.table_key and all(len(Line(row).cells) < 2 for row in part)
            n = 0
            while n < len(part):
                n += self._next(part, n)
        self._end()
        return self.reading

    def _has_own_header(self, part: list[Row]) -> bool:
        """Tell whether a further sheet begins with titles above a header of its own: no rows of the table before."""
        if self.table is None or self.keyed:
            return False
        heads = (n for n in range(min(len(part), _TITLES)) if self._header(part, n) is not None)
        return next(heads, 0) > 0

    def _next(self, part: list[Row], n: int) -> int:
        """Read the header or the row that stands at `n`; return how many rows that were."""
        line = Line(part[n])
        if not line.cells:
            if all(not normalise(cell.text) for cell in part[n].cells):
                self.names.above = {}
            return 1
        if (table := self._header(part, n)) is not None:
            names, values = ({c.number for c in table.of(*of)} for of in ((Meaning.INDICATOR,), VALUES))
            self.turns = Turns(part[n + table.depth :], names, values)
            self._open_table(part[n : n + table.depth], table)
            return table.depth
        if (len(line.cells) == 1 and self._alone(line, line.cells[0])) or self._labelled(line):
            pass
        elif self._unwanted(line):
            self.names.above = {}
        elif self.table is None:
            self._above_tables(line)
        else:
            self._body(line, self.table)
        line.finish(self.reading)
        return 1

    # ---- headers, and what stands outside the tables

    def _header(self, part: list[Row], n: int) -> Table | None:
        """Return the header that begins at `n`. In JSON it is the rows of keys: no other row can be one."""
        if not self.keyed:
            return find_table(part[n : n + DEEPEST], self.grammar, below=part[n : n + _LOOKED_BELOW])
        return find_table(part, self.grammar, whole=True) if n == 0 and part[0].at.key.startswith("h") else None

    def _open_table(self, rows: list[Row], table: Table) -> None:
        self.table, self.block = table, None
        self.names.opened(table, (cell for row in rows for cell in row.cells if normalise(cell.text)))
        self.table_key = rows[0].at.key
        unread = {cell.at for cell in table.unread}
        for row in rows:
            line = Line(row)
            for cell in line.cells:
                if cell.at not in unread:
                    line.use(cell, Part.HEADER)
                else:
                    header = self.grammar.header(cell.text)
                    second = " direction / measure" if header and header.meaning is Meaning.GOAL else ""
                    self._problem("header.unread", cell, cell.printed, f"[layout.columns]{second}")
            line.finish(self.reading)

    def _above_tables(self, line: Line) -> None:
        """Keep a row of title, date or form number above the first table as text; anything else lacks its header."""
        texts = [normalise(cell.text) for cell in line.cells]
        headed = sum(self.grammar.header(text) is not None for text in texts)
        stating = any(_FIGURE.fullmatch(t) or may_state_a_value(t, self.grammar, self.card.bullet) for t in texts)
        if headed > 1 or stating:
            self._no_header(line)
            return
        for cell in line.cells:
            line.use(cell, Part.CAPTION)
            self._problem("text.caption", cell, cell.printed, severity=Severity.WARNING)

    def _no_header(self, line: Line) -> None:
        at = line.row.at.key
        if any(p.code == "header.missing" and p.at and p.at.key == at for p in self.reading.problems):
            return
        expected = "指標 | 単位 | 基準値（H27年度） | 目標値（R6年度）"
        self.reading.problems.append(Problem("header.missing", line.row.at, line.row.printed.strip(), expected))

    def _alone(self, line: Line, cell: Cell) -> bool:
        """Read a cell that has its row to itself as heading, unit of the table, footnote or caption; tell if it was."""
        text, first = normalise(cell.text), cell.at.cell == 1
        if self.grammar.words.find(text) is Meaning.IGNORE:
            line.use(cell, Part.IGNORED)
        elif (heading := self.outline.heading(cell.text)) is not None:
            self.outline.enter(heading, line.use(cell, LEVEL_PARTS[heading.level]))
            self.block, self.names.above = None, {}
        elif self.card.name_above and self._names_a_table(line.row):
            line.use(cell, Part.INDICATOR)
            self.names.outside = cell
        elif m := _UNIT_CAPTION.fullmatch(cell.text.strip()):
            self.about.caption_unit = line.use(cell, Part.UNIT, m["unit"], m["unit"])
        elif parse_footnote(cell.text) is not None:
            line.use(cell, Part.NOTE)
        elif self.prose or (self.table is None) or (self.card.keeps_text and first):
            if may_state_a_value(cell.text, self.grammar, self.card.bullet):
                self._problem("cell.unread", cell, cell.printed, "[layout.columns] ignore")
            else:
                line.use(cell, Part.CAPTION)
                self._problem("text.caption", cell, cell.printed, severity=Severity.WARNING)
        else:
            return False
        return True

    def _labelled(self, line: Line) -> bool:
        """Read a row of a label and its text, Strategic Goal: | A safe city, as heading, or leave it unread.

        It is no indicator with its first value, though it stands in a table.
        """
        label, text = (*line.cells, line.cells[0])[:2]
        said = normalise(label.text)
        if len(line.cells) != 2 or said[-1:] != ":" or any(c.isdigit() for c in normalise(text.text)):
            return False
        meaning = self.grammar.words.find(said[:-1].strip())
        if meaning is Meaning.IGNORE:
            return False
        if meaning in LEVELS:
            heading = self.outline.in_column(LEVELS[meaning], 0, text.text)
            line.use(label, Part.HEADER)
            self.outline.enter(heading, line.use(text, LEVEL_PARTS[heading.level]))
            self._forget_name()
        elif self.table is None:
            return False
        else:
            self._problem("cell.unread", label, label.printed, "[layout.columns] goal / measure / ignore")
        return True

    def _names_a_table(self, row: Row) -> bool:
        """Tell whether a table without a column of names begins right below a line."""
        n = next((n for n, other in enumerate(self.rows) if other.at == row.at), len(self.rows)) + 1
        while n < len(self.rows) and not any(normalise(cell.text) for cell in self.rows[n].cells):
            n += 1
        part = [other for other in self.rows[n : n + _LOOKED_BELOW] if other.at.key == self.rows[n].at.key]
        table = self._header(part, 0) if part else None
        return table is not None and not table.of(Meaning.INDICATOR)

    def _unwanted(self, line: Line) -> bool:
        """Read a row that begins with a word that the card ignores, or names one as indicator: 合計; tell if it was."""
        indicators = {column.number for column in self.table.of(Meaning.INDICATOR)} if self.table else set()
        named = [line.cells[0], *(cell for cell in line.cells if cell.at.cell in indicators)]
        if all(self.grammar.words.find(cell.text) is not Meaning.IGNORE for cell in named):
            return False
        for cell in line.cells:
            line.use(cell, Part.IGNORED)
        return True

    # ---- a row of a table

    def _body(self, line: Line, table: Table) -> None:
        cells = {cell.at.cell: cell for cell in line.row.cells if normalise(cell.text)}
        for cell in line.cells:
            if cell.at.cell not in table.columns:
                self._problem("cell.unread", cell, cell.printed, "header")
        valued = any(cells.get(c.number) for c in table.of(*VALUES))
        if (total := self._total(line, table, cells)) is not None:
            self._problem("cell.unread", total, total.printed, "[layout.columns] ignore")
            return
        if not self._headings(line, table, cells, valued=valued):
            return
        block = self._block(line, table, cells, valued=valued)
        if block is None:
            return
        unit, department = (self.names.own_or_above(table, cells, m) for m in (Meaning.UNIT, Meaning.DEPARTMENT))
        self.about.read(line, table, cells, block, unit=unit, department=department)
        is_rating = any(
            self.grammar.words.find(cells[c.number].text) is Meaning.RATING
            for c in table.of(Meaning.ROLE)
            if c.number in cells
        )
        for column in table.of(*VALUES):
            if (value := cells.get(column.number)) is None:
                continue
            if is_rating and not column.unread and value.repeats is None:  # 達成率 in the column of roles
                self.about.rating(line, block, column, value)
            else:
                self._value(line, table, cells, block, column, value)

    def _total(self, line: Line, table: Table, cells: dict[int, Cell]) -> Cell | None:
        """Return the cell that says that the row is a total: the first one, a heading or the indicator's name."""
        named = [cells.get(column.number) for column in table.of(*_HEADS_BODY, Meaning.INDICATOR)]
        return next((c for c in (line.cells[0], *named) if c and compact(c.text).casefold() in TOTALS), None)

    def _headings(self, line: Line, table: Table, cells: dict[int, Cell], *, valued: bool) -> bool:
        """Enter the headings of the row; return False if it holds nothing else, or what it holds has no place."""
        for column in table.of(*LEVELS):
            self._level(line, column, cells)
        for column in table.of(Meaning.STRUCTURE):
            text = cells.get(column.number)
            if text is None or text.repeats is not None:
                continue
            heading = self.outline.heading(text.text) or self.outline.indented(text.text)
            if heading is None:
                self._problem(
                    "cell.unread", text, text.printed, " / ".join(self.outline.examples) or "[layout.hierarchy]"
                )
            else:
                self.outline.enter(heading, line.use(text, LEVEL_PARTS[heading.level]))
        for column in table.of(Meaning.INDICATOR):
            named = cells.get(column.number)
            heading = self.outline.heading(named.text) if named and not valued else None
            if named is not None and heading is not None and named.repeats is None:
                self.outline.enter(heading, line.use(named, LEVEL_PARTS[heading.level]))
                return False
        heads = {column.number for column in table.of(*_HEADS_BODY)}
        return any(cell.at.cell not in heads for cell in line.cells)

    def _level(self, line: Line, column: Column, cells: dict[int, Cell]) -> None:
        level, cell = column.level, cells.get(column.number)
        if level is None or column.unread:
            return
        if cell is not None and is_ditto(cell.text):
            open_above = self.outline.open.get(self.outline.in_column(level, column.step, "-").depth)
            if open_above is not None:
                line.use(cell, LEVEL_PARTS[level])
            else:
                self._problem("cell.unread", cell, cell.printed, level.value)
            return
        if cell is None or is_missing_mark(cell.text):
            heading = self.outline.in_column(level, column.step, "-")
            if cell is not None and cell.repeats is None:
                line.use(cell, Part.SPARE_MARK)
            if cell is not None or level.value not in self.card.blank_means_above:
                self.outline.close_below(heading.depth, itself=True)
            return
        heading = self.outline.in_column(level, column.step, cell.text)
        piece = line.use(cell, LEVEL_PARTS[level])
        open_place = self.outline.open.get(heading.depth)
        same = open_place is not None and compact(open_place.label) == compact(heading.label)
        if not (same and cell.repeats) and self.outline.enter(heading, piece) is not open_place:
            self._forget_name()

    def _forget_name(self) -> None:
        """An indicator's name holds for the blanks below it, but not under another heading."""
        self.block = None
        for column in self.table.of(Meaning.INDICATOR, Meaning.CATEGORY) if self.table else []:
            self.names.above.pop(column.number, None)

    # ---- which indicator

    def _block(self, line: Line, table: Table, cells: dict[int, Cell], *, valued: bool) -> Block | None:
        """Return the block that the row belongs to; None, with a problem, if it names no indicator."""
        label = self.names.own(table, cells)
        category, parts = self.names.categories(table, cells)
        if label is None:
            if self.block is not None and "indicator" in self.card.blank_means_above and category is None:
                return self.block
            for cell in line.cells:
                if cell.at not in line.pieces:
                    self._problem("cell.unread", cell, cell.printed, "指標 / [layout] blank_means_above")
            return None
        if not valued and line.cells == [label]:  # as likely a heading that the card does not know
            expected = " / ".join(self.outline.examples) or "[layout.hierarchy]"
            self._problem("cell.unread", label, label.printed, expected)
            return None
        if not any(c.isalpha() for c in label.text):  # a figure where names stand
            self._problem("cell.unread", label, label.printed, "指標名")
            return None
        explained = self.names.use(line, label) if not label.repeats and cells.get(label.at.cell) is label else None
        for part in parts:
            if cells.get(part.at.cell) is part:
                line.use(part, Part.CATEGORY)
        self.names.use_dittos(line, table, cells)
        key = self.names.key(table, cells, label, category, self.outline.innermost)
        block = self.known.get(key)
        if block is None:
            block = self._open_block(label, category)
            self.known[key] = block
        if explained is not None:
            block.notes.append(explained)
        self.block = block
        if not valued:
            self._problem("value.none", label, label.printed, severity=Severity.WARNING)
        if line.row.at.place not in block.rows:
            block.rows.append(line.row.at.place)
        return block

    def _open_block(self, label: Cell, category: Cell | None) -> Block:
        place: Place | None = self.outline.innermost
        if place is None and (self.card.hierarchy or (self.table and self.table.of(*LEVELS, Meaning.STRUCTURE))):
            self._problem("place.missing", label, label.printed, " / ".join(self.outline.examples))
        piece = Piece(Part.INDICATOR, label, self.names.of(label.printed)[0], self.names.of(label.text)[0])
        block = Block(piece, [place] if place else [])
        if category is not None:
            block.category = Piece(Part.CATEGORY, category, category.printed, category.text)
        self.reading.blocks.append(block)
        return block

    # ---- values

    def _value(
        self, line: Line, table: Table, cells: dict[int, Cell], block: Block, column: Column, cell: Cell
    ) -> None:
        if column.unread:
            return
        if (covered := self.spanning.covered(table, cells, cell)) is not None:
            if covered:
                self._problem("cell.merged", cell, cell.printed, covered)
            return
        if column.unit_piece is not None:
            self.values.unit(block, column.unit_piece)
        in_turn = columns_in_turn(line, table, cell, column, self.turns, self.card.rows, self.spanning)
        slots = [slot_of(line, table, cells, c, self.grammar) for c in in_turn]
        known = [slot for slot in slots if slot]
        if known and len(known) == len(slots):
            self.values.read(line, block, cell, *known, separator=column.separator)
        else:
            self._problem("role.unknown", cell, cell.printed, "基準値 / 実績値 / 目標値")

    def _end(self) -> None:
        """Say if no table was found; leave out indicators all of whose values stand under parts, such as 男 and 女."""
        if self.table is None and self.reading.cells:
            self._no_header(Line(next(row for row in self.rows if row.at == self.reading.rows[0].at)))
        parts = {id(block.label) for block in self.reading.blocks if block.category}
        self.reading.blocks[:] = [b for b in self.reading.blocks if b.category or b.entries or id(b.label) not in parts]

    def _problem(
        self, code: str, cell: Cell, found: str, expected: str = "", severity: Severity = Severity.ERROR
    ) -> None:
        self.values.problem(code, cell, found, expected, severity)
