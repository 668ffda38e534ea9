"""Rows as readers make them, and the records they become; both know nothing of what the cells mean."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from kpigraph.model import Cell, Row
from kpigraph.problems import SourceLocation


class RawRow(NamedTuple):
    """One row before it has a file: its part of the file by name and short key, its number there, its texts.

    `repeats` maps the number of a cell, from 1, in a merged area to row and cell of the area's first cell, whose text
    it repeats. `printed` is the row as the file holds it, "" where that is its texts with tabs between.
    """

    part: str
    key: str
    number: int
    texts: list[str]
    repeats: dict[int, tuple[int, int]] = {}  # noqa: RUF012 (never changed)
    hidden: bool = False
    printed: str = ""


class Remark(NamedTuple):
    """Something about the file that a reader could not bring into a row, as a warning: code, what was found, place."""

    code: str
    found: str
    part: str = ""


Read = Iterator[RawRow | Remark]


def build(file: str, raws: Iterable[RawRow]) -> Iterator[Row]:
    """Yield the rows of `file` with the place of every cell, numbered through all its parts."""
    for order, raw in enumerate(raws, 1):
        part, key, number = raw.part, raw.key, raw.number
        texts = raw.texts
        if raw.repeats:
            anchors = {n: _at(file, part, *place, key) for n, place in raw.repeats.items()}
            cells = tuple(_cell(_at(file, part, number, n, key), t, anchors.get(n)) for n, t in enumerate(texts, 1))
            own = [t for n, t in enumerate(texts, 1) if n not in anchors]
        else:
            cells = tuple([_cell(_at(file, part, number, n, key), t, None) for n, t in enumerate(texts, 1)])
            own = texts
        printed = raw.printed or "\t".join(own)
        yield Row(_at(file, part, number, 0, key), cells, printed, raw.hidden, order)


# A frozen dataclass sets its fields one by one through object.__setattr__, which makes the two records of a cell three
# times as dear as they need be; with a million rows that is most of the time. The slots themselves can be set directly.
_PLACE_NEW, _CELL_NEW = SourceLocation.__new__, Cell.__new__
_slots: Any = SourceLocation
_FILE, _PART, _ROW, _CELL, _KEY = (getattr(_slots, n).__set__ for n in ("file", "part", "row", "cell", "key"))
_slots = Cell
_AT, _PRINTED, _TEXT, _REPEATS = (getattr(_slots, n).__set__ for n in ("at", "printed", "text", "repeats"))


def _at(file: str, part: str, row: int, cell: int, key: str) -> SourceLocation:
    at = _PLACE_NEW(SourceLocation)
    _FILE(at, file)
    _PART(at, part)
    _ROW(at, row)
    _CELL(at, cell)
    _KEY(at, key)
    return at


def _cell(at: SourceLocation, text: str, repeats: SourceLocation | None) -> Cell:
    cell = _CELL_NEW(Cell)
    _AT(cell, at)
    _PRINTED(cell, text)
    _TEXT(cell, text)
    _REPEATS(cell, repeats)
    return cell
