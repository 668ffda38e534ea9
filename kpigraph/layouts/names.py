"""Which indicator a row of a table is of: the name in it or above it, its part, and what two rows of one share."""

from collections.abc import Iterable

from kpigraph.layouts.columns import Table
from kpigraph.layouts.reading import Line, Part, Piece, Place
from kpigraph.layouts.words import Meaning
from kpigraph.model import Cell, LayoutCard
from kpigraph.text import compact, is_ditto, is_missing_mark

TOTALS = frozenset(
    ("計", "合計", "小計", "総計", "累計", "total", "grandtotal", "subtotal", "sum")
)  # no indicators' names
_DITTO_PARTS = {
    Meaning.INDICATOR: Part.INDICATOR,
    Meaning.CATEGORY: Part.CATEGORY,
    Meaning.UNIT: Part.UNIT,
    Meaning.DEPARTMENT: Part.DEPARTMENT,
}


class Names:
    """Reads the names of one document's tables.

    `above` has the last cell of each column that blanks below repeat; `outside` is the line above a table, or the name
    that the card gives, which names the indicator of a table that has no column of names.
    """

    def __init__(self, card: LayoutCard, *, long: bool) -> None:
        self.card = card
        self.long = long
        self.above: dict[int, Cell] = {}
        self.outside: Cell | None = None
        self.by_column = True  # a column of the table names the indicators

    def use_dittos(self, line: Line, table: Table, cells: dict[int, Cell]) -> None:
        """Count the cells that say 〃 as read where something stands above them."""
        for meaning, part in _DITTO_PARTS.items():
            for column in table.of(meaning):
                cell = cells.get(column.number)
                if cell is not None and is_ditto(cell.text) and column.number in self.above:
                    line.use(cell, part)

    def of(self, text: str) -> tuple[str, str]:
        """Return an indicator's name and what stands below it in its cell, where the card says so."""
        name, _, rest = text.partition("\n") if self.card.first_line_is_name else (text, "", "")
        return name, rest

    def use(self, line: Line, label: Cell) -> Piece | None:
        """Count the cell of a name as read; return the piece of it that explains the indicator."""
        (printed, below), (name, rest) = self.of(label.printed), self.of(label.text)
        line.use(label, Part.INDICATOR, printed, name)
        return line.use(label, Part.NOTE, below, rest) if rest and below else None

    def opened(self, table: Table, header: Iterable[Cell]) -> None:
        """Begin with a table, whose header cells are `header`."""
        self.above = {}
        self.by_column = bool(table.of(Meaning.INDICATOR))
        if not self.by_column and self.card.indicator:
            self.outside = next(iter(header))._replace(
                printed=self.card.indicator, text=self.card.indicator, repeats=None
            )

    def own(self, table: Table, cells: dict[int, Cell]) -> Cell | None:
        """Return the cell that names the indicator of a row, None if there is none."""
        return self.own_or_above(table, cells, Meaning.INDICATOR) if self.by_column else self.outside

    def categories(self, table: Table, cells: dict[int, Cell]) -> tuple[Cell | None, list[Cell]]:
        """Return what tells a part of an indicator, and the cells that say it: Male, 20 to 24 in two columns."""
        if len(table.of(Meaning.CATEGORY)) < 2:
            category = self.own_or_above(table, cells, Meaning.CATEGORY)
            return category, [category] if category is not None else []
        columns = [column.number for column in table.of(Meaning.CATEGORY) if not column.unread]
        found = [cells[n] for n in columns if n in cells and not is_missing_mark(cells[n].text)]
        if not found:
            return None, []
        printed, text = (", ".join(getattr(c, field).strip() for c in found) for field in ("printed", "text"))
        return found[0]._replace(printed=printed, text=text), found

    def own_or_above(self, table: Table, cells: dict[int, Cell], meaning: Meaning) -> Cell | None:
        """Return the cell in the column of `meaning`; the one above where it says 〃 or the card says so of blanks."""
        for column in table.of(meaning):
            if column.unread:
                continue
            if (cell := cells.get(column.number)) is not None and not is_ditto(cell.text):
                self.above[column.number] = cell
                return cell
            if cell is not None or meaning.value in self.card.blank_means_above:
                return self.above.get(column.number)
        return None

    def key(
        self, table: Table, cells: dict[int, Cell], label: Cell, category: Cell | None, place: Place | None
    ) -> tuple[str, ...]:
        """Return what two rows of one indicator share: in the long layout its words, else the very cell."""
        sub = compact(category.text) if category else ""
        if not self.long:
            return str(label.repeats or label.at), sub
        others = (self.own_or_above(table, cells, m) for m in (Meaning.UNIT, Meaning.DEPARTMENT))
        return (
            compact(self.of(label.text)[0]),
            sub,
            str(place.order if place else 0),
            *(compact(c.text) if c else "" for c in others),
        )
