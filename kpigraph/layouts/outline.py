"""The headings of a document: which are open at a line, whether they are told by numbering, indentation or column.

A place in the outline has a depth, (level, step): several kinds of headings may be of one level, such as 小施策 below
施策, and they nest in the order of the card. Nothing stands above a goal, so several kinds of goals stand beside each
other, such as 基本目標 and 横断的目標. Levels that a document lacks are simply not there.
"""

import re
import unicodedata
from dataclasses import dataclass

from kpigraph.layouts.numbering import heading_pattern
from kpigraph.layouts.reading import Part, Piece, Place
from kpigraph.model import Document, Level
from kpigraph.problems import Problem, SourceError
from kpigraph.text import compact

LEVEL_PARTS = {Level.GOAL: Part.GOAL, Level.DIRECTION: Part.DIRECTION, Level.MEASURE: Part.MEASURE}
_ORDER = {level: n for n, level in enumerate(Level)}

Depth = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Heading:
    """What a text says as a heading: how deep it stands, its number ("" if it has none), and the words after it."""

    depth: Depth
    level: Level
    notation: str
    label: str
    kind: int = 0  # which of the card's examples it follows


class Outline:
    """The headings met so far and those that are open."""

    def __init__(self, document: Document) -> None:
        self.mark = compact(document.layout.relist_mark)
        self.examples = [example for _, example in document.layout.hierarchy]
        self.patterns = _patterns(document)
        self.in_columns = _in_columns(document, self.patterns)
        self.indents = sorted(((width, level) for level, width in document.layout.indent.items()), reverse=True)
        self.places: list[Place] = []
        self.open: dict[Depth, Place] = {}
        self._known: dict[tuple[int, Depth, str, str, bool], Place] = {}

    def heading(self, text: str) -> Heading | None:
        """Return `text` read as a heading by its numbering, None if it has none of the card's."""
        for kind, (depth, level, pattern) in enumerate(self.patterns):
            if m := pattern.fullmatch(text):
                return Heading(depth, level, m["notation"], m["label"], kind)
        return None

    def indented(self, text: str) -> Heading | None:
        """Return `text` read as a heading by the blanks before it, of which a full-width one counts two."""
        blanks = text[: len(text) - len(text.lstrip())]
        width = sum(2 if unicodedata.east_asian_width(c) in "FW" else 1 for c in blanks)
        for least, level in self.indents:
            if width >= least and text.strip():
                return Heading((_ORDER[level], 0), level, "", text.strip())
        return None

    def in_column(self, level: Level, step: int, text: str) -> Heading:
        """Return the heading that `text` is in a column of `level`, with its number where the card tells of one."""
        for pattern in self.in_columns[level]:
            if m := pattern.fullmatch(text):
                return Heading((_ORDER[level], step), level, m["notation"], m["label"])
        return Heading((_ORDER[level], step), level, "", text)

    def enter(self, heading: Heading, piece: Piece) -> Place:
        """Open the place of `heading` and close those below it; the same heading again is the same place."""
        label, relisted = self._without_mark(heading.label)
        parent = max((d for d in self.open if d < heading.depth), default=None)
        above = self.open[parent] if parent is not None else None
        key = (above.order if above else 0, heading.depth, heading.notation, label, relisted)
        place = self._known.get(key)
        if place is None:
            place = Place(heading.level, heading.notation, label, relisted, above, len(self._known) + 1, heading.kind)
            self._known[key] = place
            self.places.append(place)
        if piece.cell.repeats is None or not place.pieces:  # a merged cell may reach under another heading
            place.pieces.append(piece)
            place.printed_labels.append(self._printed_label(heading, piece))
        self.close_below(heading.depth)
        self.open[heading.depth] = place
        return place

    def close_below(self, depth: Depth, *, itself: bool = False) -> None:
        """Close what is open below `depth`, and at it too if `itself`."""
        for down in [d for d in self.open if d > depth or (itself and d == depth)]:
            del self.open[down]

    @property
    def innermost(self) -> Place | None:
        """The lowest open heading."""
        return self.open[max(self.open)] if self.open else None

    def _printed_label(self, heading: Heading, piece: Piece) -> str:
        if not heading.notation:
            return self._without_mark(piece.printed)[0]
        as_printed = (pattern.fullmatch(piece.printed) for pattern in self.in_columns[heading.level])
        return next((self._without_mark(m["label"])[0] for m in as_printed if m), "")

    def _without_mark(self, text: str) -> tuple[str, bool]:
        if not self.mark or not compact(text).endswith(self.mark):
            return _folded(text), False
        cut = next(i for i in range(len(text), -1, -1) if compact(text[i:]) == self.mark)
        return _folded(text[:cut]), True


def _patterns(document: Document) -> list[tuple[Depth, Level, re.Pattern[str]]]:
    """Return the pattern of each kind of headings.

    Raises:
        SourceError: if an example of the card counts nothing, or could be a heading of a kind before it.
    """
    patterns: list[tuple[Depth, Level, re.Pattern[str]]] = []
    for level, example in document.layout.hierarchy:
        found = f"layout.hierarchy.{level} = {example}"
        try:
            pattern = heading_pattern(example)
        except ValueError:
            raise SourceError(Problem("card.field", document.at, found, "【基本目標1】, ①, ア")) from None
        if any(earlier.fullmatch(f"{example} x") for _, _, earlier in patterns):
            raise SourceError(Problem("card.field", document.at, found, "another example than the level above"))
        step = 0 if level is Level.GOAL else sum(own is level for _, own, _ in patterns)
        patterns.append(((_ORDER[level], step), level, pattern))
    return patterns


def _in_columns(
    document: Document, patterns: list[tuple[Depth, Level, re.Pattern[str]]]
) -> dict[Level, list[re.Pattern[str]]]:
    """Return how the numbers of headings in a column look, by level: as `layout.numbers` says, and as on their lines.

    Raises:
        SourceError: if an example of the card counts nothing.
    """
    found: dict[Level, list[re.Pattern[str]]] = {level: [] for level in Level}
    for level, examples in document.layout.numbers.items():
        for example in examples:
            try:
                found[level].append(heading_pattern(example))
            except ValueError:
                wrong = f"layout.numbers.{level} = {example}"
                raise SourceError(Problem("card.field", document.at, wrong, "1, 1-(1), ①, ア")) from None
    for _, level, pattern in patterns:
        found[level].append(pattern)
    return found


def _folded(text: str) -> str:
    return " ".join(text.split())
