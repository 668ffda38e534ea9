"""Merged areas: every place of an area bears the text of its first cell and says that it repeats it."""

from collections.abc import Iterable
from typing import NamedTuple


class Area(NamedTuple):
    """A merged area of a table; rows and columns count from 1, both ends included."""

    top: int
    left: int
    bottom: int
    right: int


class Merged:
    """The merged areas of one table, asked row by row from the top."""

    def __init__(self, areas: Iterable[Area]) -> None:
        self._coming: list[Area] = []
        self._open: list[tuple[Area, str]] = []
        self.add(areas)

    def add(self, areas: Iterable[Area]) -> None:
        """Take in areas that begin at rows not asked for yet."""
        new = [a for a in areas if (a.top, a.left) != (a.bottom, a.right)]
        if new:
            self._coming = sorted({*self._coming, *new}, reverse=True)

    def fill(self, number: int, texts: list[str]) -> dict[int, tuple[int, int]]:
        """Write the text of every area into its places in row `number`; return which cells repeat which.

        Places of an area whose first cell is blank stay as they are.
        """
        self._open = [(a, text) for a, text in self._open if a.bottom >= number]
        while self._coming and self._coming[-1].top <= number:
            area = self._coming.pop()
            if area.bottom >= number:
                text = texts[area.left - 1] if area.top == number and area.left <= len(texts) else ""
                self._open.append((area, text))
        repeats: dict[int, tuple[int, int]] = {}
        for area, text in self._open:
            for column in range(area.left, area.right + 1):
                own = (number, column) == (area.top, area.left)
                if own or not text or (column <= len(texts) and texts[column - 1]):
                    continue  # what stands under a merged area is a cell of its own
                texts += [""] * (column - len(texts))
                texts[column - 1] = text
                repeats[column] = (area.top, area.left)
        return repeats
