"""Rows that take turns: one line the targets, the next the actuals, in a column of role words or by their order.

A column of nothing but role words tells roles whatever stands over it, even nothing: 期待値, 実績値, 達成率 in turn.
Where a header names two roles (目標値／実績値) and each indicator has two rows, the first row is the first of them.
"""

from collections.abc import Iterable, Iterator, Sequence

from kpigraph.layouts.headers import Grammar
from kpigraph.layouts.words import ROLES, Meaning
from kpigraph.model import Cell, Row
from kpigraph.problems import SourceLocation
from kpigraph.text import is_missing_mark, normalise

_LOOKED_AT = 12  # cells of a column
_LONGEST = 12  # characters of a word for a role


def role_columns(below: Iterable[Row], grammar: Grammar) -> set[int]:
    """Return the columns whose cells below a header are words for roles, two different ones at least."""
    texts: dict[int, list[str]] = {}
    for row in below:
        for cell in row.cells:
            text = normalise(cell.text)
            if text and cell.repeats is None and len(texts.setdefault(cell.at.cell, [])) < _LOOKED_AT:
                texts[cell.at.cell].append(text)
    return {number for number, found in texts.items() if _are_roles(found, grammar)}


def _are_roles(texts: Sequence[str], grammar: Grammar) -> bool:
    if any(len(text) > _LONGEST or any(c.isdigit() for c in text) for text in texts):
        return False
    meanings = {text: grammar.words.find(text) for text in texts}
    known = {meaning for meaning in meanings.values() if meaning in ROLES}
    said = sum(meaning in ROLES or meaning is Meaning.RATING for meaning in map(meanings.get, texts))
    return len(known) > 1 and 2 * said > len(texts) and all(not is_missing_mark(text) for text in texts)


class Turns:
    """Knows which row of its indicator each row of a table is, and how many rows that indicator has."""

    def __init__(self, rows: Iterable[Row], names: set[int], values: set[int]) -> None:
        self._turns: dict[SourceLocation, tuple[int, int]] = {}
        for group in _groups(rows, names, values):
            self._turns |= {row.at: (n, len(group)) for n, row in enumerate(group)}

    def of(self, row: Row) -> tuple[int, int]:
        """Return the number of a row among those of its indicator, from 0, and how many these are."""
        return self._turns.get(row.at, (0, 1))


def _groups(rows: Iterable[Row], names: set[int], values: set[int]) -> Iterator[list[Row]]:
    group: list[Row] = []
    for row in rows:
        cells: dict[int, Cell] = {cell.at.cell: cell for cell in row.cells if normalise(cell.text)}
        if any(number in cells and cells[number].repeats is None for number in names):
            if group:
                yield group
            group = []
        if any(number in cells for number in values):
            group.append(row)
    if group:
        yield group
