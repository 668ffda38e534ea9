"""The header of a table, one to three rows deep, read into columns: 目標値 over R6年度 and R7年度 are two columns.

A cell that heads several columns is merged, or stands over the first of them with blanks beside it; both are read.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from kpigraph.layouts.headers import VALUES, Grammar, Header, share
from kpigraph.layouts.reading import Part, Piece
from kpigraph.layouts.turns import role_columns
from kpigraph.layouts.words import LEVELS, ROLE_PERIODS, ROLES, Meaning, folded
from kpigraph.model import Aggregation, Cell, Level, Role, Row
from kpigraph.text import normalise

DEEPEST = 3  # rows
_NOW = ("現状", "現況")


@dataclass(slots=True)
class Column:
    """What the cells of one column say; the pieces are the shares of its header that name role, period and unit.

    `then` is the second value of its cells, as under 現状値→目標値, `separator` what parts the two if not an arrow.
    `said` is what a header says of how values count over time. `step` counts the columns of one level from the left.
    `period_of` is the column that holds the period of each of its values. `unread` are the header cells that were not
    understood; the cells below are then unread too.
    """

    number: int
    meaning: Meaning
    role: Role | None = None
    role_piece: Piece | None = None
    period_piece: Piece | None = None
    unit_piece: Piece | None = None
    then: "Column | None" = None
    separator: str = ""
    said: Aggregation | None = None
    step: int = 0
    period_of: "Column | None" = None
    unread: list[Cell] = field(default_factory=list)

    @property
    def level(self) -> Level | None:
        return LEVELS.get(self.meaning)


@dataclass(slots=True)
class Table:
    """A header: how many rows deep, its columns by number, the header cells that were not understood."""

    depth: int
    columns: dict[int, Column]
    unread: list[Cell]
    _of: dict[tuple[Meaning, ...], list[Column]] = field(default_factory=dict, repr=False)

    def of(self, *meanings: Meaning) -> list[Column]:
        """Return the columns of these meanings, from the left."""
        if meanings not in self._of:
            self._of[meanings] = [c for _, c in sorted(self.columns.items()) if c.meaning in meanings]
        return self._of[meanings]


def find_table(
    rows: Sequence[Row], grammar: Grammar, *, whole: bool = False, below: Sequence[Row] = ()
) -> Table | None:
    """Return the header that `rows` begin with, None if they begin with none; `whole` if all of them are the header.

    A header row has at least two cells; half of them are understood, or the indicator and two roles among them, or
    all that a row below the one that names the indicator holds of its own; and the whole names the indicator and
    something that has a value. `below` are the rows from the header's first one on, for columns that their cells tell.
    """
    depth, names = 0, set[int]()
    for row in rows[:DEEPEST]:
        cells = [cell for cell in row.cells if normalise(cell.text) and not (names and cell.repeats)]
        understood = _understood(cells, grammar)
        is_first = any(header.meaning is Meaning.INDICATOR for header in understood)
        own = [cell for cell in cells if cell.repeats is None]
        few = 2 * len(understood) < len(cells) and not _is_plain(understood)
        if not understood or few or (names and len(understood) < len(cells) and not _goes_on(cells, understood, names)):
            break
        labelled = len(cells) == 2 and normalise(cells[0].text)[-1:] == ":" and len(understood) < 2
        if labelled or not own or (not names and len(own) < 2 and not is_first):
            break
        depth += 1
        if is_first and not names:
            names = {c.at.cell for c in cells if (h := grammar.header(c.text)) and h.meaning is Meaning.INDICATOR}
    for used in (len(rows),) if whole else range(depth, 0, -1):
        table = _table(rows[:used], grammar, below[used:])
        meanings = {column.meaning for column in table.columns.values()}
        if Meaning.INDICATOR in meanings and meanings & {*VALUES, Meaning.ROLE}:
            return table
        if grammar.unnamed and Meaning.INDICATOR not in meanings and _says_when_and_what(table):
            return table
        if _has_bare_stub(table):
            table.columns[1] = Column(1, Meaning.INDICATOR)
            return table
    return None


def _says_when_and_what(table: Table) -> bool:
    """Tell whether a header without a word for indicators heads values of which role and period are told."""
    values = [column for column in table.of(*VALUES) if not column.unread]
    dated = bool(table.of(Meaning.PERIOD)) or all(column.period_piece for column in values)
    told = bool(table.of(Meaning.ROLE)) or all(column.role for column in values)
    return bool(values) and dated and told and len(table.columns) > 1


def _has_bare_stub(table: Table) -> bool:
    """Tell whether nothing stands over the first column, and over all others values with their role: then it names."""
    others = [column for column in table.columns.values() if not column.unread]
    return (
        1 not in table.columns
        and not table.unread
        and len(others) > 1
        and all(column.meaning in ROLES and column.role is not None for column in others)
    )


def _goes_on(cells: Sequence[Cell], understood: Sequence[Header], names: set[int]) -> bool:
    """Tell whether a row below the one that names the indicator heads values too, though not all of it is understood.

    Most of it says years or roles, and nothing stands where the names stand.
    """
    said = sum(bool(header.period or header.role) for header in understood)
    return said == len(understood) and 2 * said > len(cells) and not any(cell.at.cell in names for cell in cells)


def _is_plain(understood: Sequence[Header]) -> bool:
    """Tell whether headers name the indicator and two roles: no other row does, whatever else it holds."""
    roles = {header.role for header in understood if header.role}
    return len(roles) > 1 and any(header.meaning is Meaning.INDICATOR for header in understood)


def _understood(cells: Sequence[Cell], grammar: Grammar) -> list[Header]:
    """Return what the cells say as headers; none where most are no headers, as in every row of a body."""
    understood: list[Header] = []
    for n, cell in enumerate(cells, 1):
        header = grammar.header(cell.text)
        if header:
            understood.append(header)
        elif 4 * (n - len(understood)) > 3 * len(cells):
            return []
    return understood


def _table(rows: Sequence[Row], grammar: Grammar, below: Sequence[Row]) -> Table:
    stacks = _stacks(rows)
    columns: dict[int, Column] = {}
    unread: dict[Cell, None] = {}
    for number, stack in sorted(stacks.items()):
        read = [(cell, grammar.header(cell.text)) for cell in stack]
        lost = [cell for cell, header in read if header is None]
        column = _combined(number, [(cell, header) for cell, header in read if header])
        if any(header is not None and header.meaning is Meaning.IGNORE for _, header in read):
            lost, column = [], Column(number, Meaning.IGNORE)  # with all that stands below it
        if column is None:  # what its header rows say contradicts
            lost, column = stack, Column(number, Meaning.VALUE)
        column.unread = lost
        columns[number] = column
        unread |= dict.fromkeys(cell for cell in lost if cell.repeats is None)
    for number in _of_roles(columns, grammar, below):
        columns[number] = Column(number, Meaning.ROLE)
        stacks.setdefault(number, [])
        unread = {cell: None for cell in unread if cell not in stacks.get(number, [])}
    _current_is_actual(columns)
    unread |= dict.fromkeys(_no_headings(columns, stacks, grammar))
    unread |= dict.fromkeys(_of_other_indicators(columns, stacks, grammar))
    _pair_periods(columns)
    _count_steps(columns)
    for column in [c for c in columns.values() if c.meaning is Meaning.GOAL and c.step]:  # nothing stands above a goal
        column.unread = stacks[column.number]
        unread |= dict.fromkeys(cell for cell in column.unread if cell.repeats is None)
    for column in columns.values():
        by_row = _has(columns, Meaning.ROLE) or (bool(grammar.rows) and column.period_piece is not None)
        if column.meaning in VALUES and column.role is None and not by_row:
            column.unread = column.unread or stacks[column.number]
            unread |= dict.fromkeys(cell for cell in column.unread if cell.repeats is None)
    return Table(len(rows), columns, list(unread))


def _current_is_actual(columns: dict[int, Column]) -> None:
    """Take 現状値 for the latest actual where another column is the baseline: 基準値（H26） | 現状値（H29）."""
    starts = [c for c in columns.values() if c.role is Role.BASELINE and c.role_piece and not c.unread]
    now = [c for c in starts if c.role_piece and any(word in folded(c.role_piece.text) for word in _NOW)]
    if len({c.period_piece.text if c.period_piece else "" for c in starts}) > 1 and 0 < len(now) < len(starts):
        for column in now:
            column.role, column.meaning = Role.ACTUAL, Meaning.ACTUAL


def _of_roles(columns: dict[int, Column], grammar: Grammar, below: Sequence[Row]) -> set[int]:
    """Return the columns that tell roles by their cells, though their headers do not or say nothing of use."""
    if not below or _has(columns, Meaning.ROLE):
        return set()
    names = [c.number for c in columns.values() if c.meaning is Meaning.INDICATOR and not c.unread]
    told = role_columns(below, grammar)
    if not told or (len(told) == 1 and names == list(told)):
        return set()
    return {n for n in told if n not in columns or columns[n].unread or columns[n].meaning not in (*ROLES, *LEVELS)}


def _no_headings(columns: dict[int, Column], stacks: dict[int, list[Cell]], grammar: Grammar) -> Iterator[Cell]:
    """Leave unread the columns of headings that stand right of the indicator, unless the card has their word.

    What stands there is said of the indicator: 方向性 is whether it shall rise, 実施計画事業 what is done for it.
    """
    first = min((c.number for c in columns.values() if c.meaning is Meaning.INDICATOR), default=None)
    for column in columns.values():
        stack = stacks[column.number]
        if first is None or column.level is None or column.number < first or column.unread:
            continue
        if not any(grammar.words.is_own(cell.text) for cell in stack):
            column.unread = stack
            yield from (cell for cell in stack if cell.repeats is None)


def _of_other_indicators(columns: dict[int, Column], stacks: dict[int, list[Cell]], grammar: Grammar) -> Iterator[Cell]:
    """Leave unread a second column of indicators, and the values that are not the first one's.

    活動指標 | 実績 | 成果指標 | 実績: a row of two indicators. Values between a header that is not understood and
    the name right of them may be of another, too.
    """
    named = [c.number for _, c in sorted(columns.items()) if c.meaning is Meaning.INDICATOR and not c.unread]
    heads = [n for n in named if stacks[n][-1].repeats is None]
    if not heads:
        return
    ends = next((n for n in heads[1:] if any(columns[c].meaning in VALUES for c in columns if heads[0] < c < n)), None)
    begins = min((n for n, column in columns.items() if column.unread), default=heads[0])
    for number, column in sorted(columns.items()):
        valued = column.meaning in (*VALUES, Meaning.UNIT, Meaning.PERIOD, Meaning.ROLE)
        own = any(grammar.words.is_own(cell.text) for cell in stacks[number])
        other = (begins < number < heads[0] and not own) or (ends is not None and number > ends)
        if not column.unread and (number in heads[1:] or (valued and other)):
            column.unread = stacks[number]
            yield from (cell for cell in stacks[number] if cell.repeats is None)


def _has(columns: dict[int, Column], meaning: Meaning) -> bool:
    return any(column.meaning is meaning for column in columns.values())


def _stacks(rows: Sequence[Row]) -> dict[int, list[Cell]]:
    """Return the header cells over each column, from the top, each once; a blank takes the one to its left over it."""
    filled = [{cell.at.cell: cell for cell in row.cells if normalise(cell.text)} for row in rows]
    for above, below in pairwise(filled):
        held = None
        for number in range(1, max([*above, *below, 0]) + 1):
            if number in above:
                held = above[number] if number in below and below[number].repeats is None else None
            elif number not in below or below[number].repeats is not None:
                held = None
            elif held is not None:
                above[number] = held._replace(repeats=held.repeats or held.at)
    stacks: dict[int, list[Cell]] = {}
    for cells in filled:
        for number, cell in cells.items():
            stack = stacks.setdefault(number, [])
            if not any((c.repeats or c.at) == (cell.repeats or cell.at) for c in stack):
                stack.append(cell)
    return stacks


def _combined(number: int, stack: list[tuple[Cell, Header]]) -> Column | None:
    """Return the column under a stack of headers, None if one of them says other than another.

    What the lowest says counts: a header over it adds its role, period or unit to a value, and nothing to the rest.
    """
    if not stack:
        return Column(number, Meaning.VALUE)
    meaning = stack[-1][1].meaning
    column = Column(number, meaning)
    if meaning is Meaning.PERIOD:
        roles = {header.role for _, header in stack if header.role}
        column.role = roles.pop() if len(roles) == 1 else None
        return column
    if meaning in ROLE_PERIODS:
        return Column(number, Meaning.PERIOD, role=ROLE_PERIODS[meaning])
    if meaning in (*VALUES, Meaning.UNIT, Meaning.RATING):
        for cell, header in stack:
            if header.role and column.role not in (None, header.role):
                return None
            if header.period and column.period_piece and folded(column.period_piece.text) != header.period:
                return None
            _add(column, cell, header)
    if column.then is not None and column.separator:  # R6年度 over 目標値／実績値 is of both
        column.then.period_piece, column.then.unit_piece = column.period_piece, column.unit_piece
    if meaning in VALUES:
        column.meaning = Meaning(column.role.value) if column.role else Meaning.VALUE
    elif meaning is Meaning.INDICATOR and stack[-1][1].unit:
        _add(column, *stack[-1])
    return column


def _add(column: Column, cell: Cell, header: Header) -> None:
    column.said = header.said or column.said
    if header.role:
        column.role, column.role_piece = header.role, Piece(Part.ROLE, cell, cell.printed, cell.text)
    if header.period:
        column.period_piece = _share(Part.PERIOD, cell, header.period)
    if header.unit:
        column.unit_piece = _share(Part.UNIT, cell, header.unit)
    if header.then:
        column.then, column.separator = Column(column.number, header.then.meaning), header.separator
        _add(column.then, cell, header.then)


def _share(part: Part, cell: Cell, wanted: str) -> Piece:
    return Piece(part, cell, share(cell.printed, wanted), share(cell.text, wanted))


def _pair_periods(columns: dict[int, Column]) -> None:
    """Say which value each period column is of: that of its role, or, where several stand in turn, its neighbour.

    A single period column beside one value column, or beside a role column, is that of the whole line.
    """
    periods = [c for _, c in sorted(columns.items()) if c.meaning is Meaning.PERIOD]
    values = [c for _, c in sorted(columns.items()) if c.meaning in VALUES]
    for period in periods:
        if period.role is not None:
            same = [v for v in values if v.role is period.role and not v.period_piece and v.period_of is None]
            if len(same) == 1:
                same[0].period_of = period
    free = [p for p in periods if p.role is None]
    if len(free) < 2:
        return
    side = -1 if values and free[0].number > values[0].number else 1
    for period in free:
        value: Column | None = columns.get(period.number + side)
        if value is not None and value.meaning in VALUES and not value.period_piece:
            value.period_of = period
            period.role = value.role


def _count_steps(columns: dict[int, Column]) -> None:
    seen: dict[Meaning, int] = {}
    for _, column in sorted(columns.items()):
        column.step = seen.get(column.meaning, 0)
        seen[column.meaning] = column.step + 1
