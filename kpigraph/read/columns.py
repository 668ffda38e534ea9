"""Columns that only blanks make, in text of fixed width and on pages without lines: where do all lines leave a gap?"""

import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from functools import lru_cache

Segment = tuple[int, int]  # where a piece of text begins, and where it ends, the end not included

_NARROWEST = 1
_STRAY = 0.04  # so large a share of lines may write into a gap: a text too long for its column


class Ink:
    """How many lines have text at each position; lines with one piece of text say nothing of columns."""

    def __init__(self) -> None:
        self._change: dict[int, int] = {}
        self.lines = 0

    def add(self, segments: Sequence[Segment]) -> None:
        if len(segments) < 2:
            return
        self.lines += 1
        for start, end in segments:
            self._change[start] = self._change.get(start, 0) + 1
            self._change[end] = self._change.get(end, 0) - 1

    def starts(self) -> list[int]:
        """Return where the columns begin, in order; [] if no two pieces ever stand in one line."""
        allowed = int(self.lines * _STRAY)
        starts: list[int] = []
        depth, gap_since = 0, None
        before = True
        for position in sorted(self._change):
            was_gap = depth <= allowed
            depth += self._change[position]
            is_gap = depth <= allowed
            if was_gap and not is_gap and (before or gap_since is None or position - gap_since >= _NARROWEST):
                starts.append(position)
                before = False
            if is_gap and not was_gap:
                gap_since = position
        return starts


def place(segments: Iterable[tuple[int, int, str]], starts: Sequence[int]) -> list[str]:
    """Return the texts by column: each stands where most of it lies; two in one column have two blanks between.

    A piece that lies over several columns, such as a heading, stands in the first.
    """
    texts: list[str] = []
    for start, end, text in segments:
        column = max(bisect_right(starts, start) - 1, 0)
        if column + 1 < len(starts) and start < starts[column + 1] < end:
            over = end - starts[column + 1]
            last = max(bisect_right(starts, end - 1) - 1, 0)
            if last == column + 1 and over > (end - start) / 2:
                column += 1
        texts += [""] * (column + 1 - len(texts))
        texts[column] += f"  {text}" if texts[column] else text
    return texts


def cut_at(line: str, starts: Sequence[int]) -> list[str]:
    """Return the texts of a line by columns that begin at `starts`, without the blanks around them.

    A text that runs over the beginning of a column, such as a heading, is not cut there: it stands in the column in
    which it begins, up to a gap of two blanks.
    """
    texts = [""]
    at, blanks, last = 0, 0, 0  # how many blanks stand before, and where the last one begins
    for character in line:
        beyond = bisect_right(starts, at) - 1
        if beyond >= len(texts) and (blanks > 1 or (blanks and last <= starts[beyond])):
            texts += [""] * (beyond + 1 - len(texts))
        texts[-1] += character
        blanks, last = (0, at) if character.strip() else (blanks + 1, at)
        at += width(character)
    return [text.strip() for text in texts]


def width(text: str) -> int:
    """Return how many columns `text` takes where Japanese characters take two (East Asian Width, UAX 11)."""
    return len(text) if text.isascii() else sum(map(_width, text))


@lru_cache(maxsize=10_000)
def _width(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WFA" else 1
