"""Rows as readers make them, and the records they become; both know nothing of what the cells mean."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import count, repeat
from typing import NamedTuple

from kpigraph.model import Cell, Row
from kpigraph.problems import SourceLocation


class RawRow(NamedTuple):
    """One row before it has a file: its part of the file by name and short key, its number there, its texts.

    `repeats` maps the number of a cell, from 1, in a merged area to row and cell of the area's first cell, whose text
    it repeats. `hidden_columns` are numbers of cells that are not shown. `printed` is the row as the file holds it, ""
    where that is its texts with tabs between.
    """

    part: str
    key: str
    number: int
    texts: list[str]
    repeats: dict[int, tuple[int, int]] = {}  # noqa: RUF012 (never changed)
    hidden: bool = False
    printed: str = ""
    hidden_columns: Sequence[int] = ()


class Remark(NamedTuple):
    """Something about the file that a reader could not bring into a row, as a warning: code, what was found, place."""

    code: str
    found: str
    part: str = ""


Read = Iterator[RawRow | Remark]


def build(file: str, raws: Iterable[RawRow]) -> Iterator[Row]:
    """Yield the rows of `file` with the place of every cell, numbered through all its parts."""
    for order, raw in enumerate(raws, 1):
        part, key, number, texts = raw.part, raw.key, raw.number, raw.texts
        # Two records a cell are most of the time that reading takes, so they are made without a step of Python's.
        places = map(_new_place, zip(repeat(file), repeat(part), repeat(number), count(1), repeat(key)))
        printed = raw.printed
        if not raw.repeats:
            cells = tuple(map(_new_cell, zip(places, texts, texts, repeat(None))))
            printed = printed or "\t".join(texts)
        else:
            anchors: list[SourceLocation | None] = [None] * len(texts)
            for n, (row, cell) in raw.repeats.items():
                anchors[n - 1] = SourceLocation(file, part, row, cell, key)
            cells = tuple(map(_new_cell, zip(places, texts, texts, anchors, strict=False)))
            printed = printed or "\t".join(c.text for c in cells if c.repeats is None)
        dark = frozenset(raw.hidden_columns) if raw.hidden_columns else _NONE
        yield Row(SourceLocation(file, part, number, 0, key), cells, printed, raw.hidden, order, dark)


_NONE: frozenset[int] = frozenset()
_new_place: Callable[[Iterable[object]], SourceLocation] = partial(tuple.__new__, SourceLocation)
_new_cell: Callable[[Iterable[object]], Cell] = partial(tuple.__new__, Cell)
