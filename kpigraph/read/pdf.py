"""PDF with text: each page is a part with its lines of text, and so is every table on it.

pdfplumber finds the lines that tables are ruled with; which characters stand in which cell is decided here, once for
each character, so that none is lost and none read twice. A table without lines is told by columns that its lines share.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import pdfplumber
from pdfminer.pdfdocument import PDFEncryptionError, PDFPasswordIncorrect
from pdfplumber.utils.exceptions import PdfminerException

from kpigraph import formats
from kpigraph.read.archive import ReadingError
from kpigraph.read.columns import Ink, place
from kpigraph.read.merged import Area, Merged
from kpigraph.read.rows import RawRow, Read, Remark

Char = dict[str, Any]

_NO_UNICODE = re.compile(r"\(cid:\d+\)")
_BULLET = re.compile(r"[・●○◎■□◆◇▲△※＊*•‧\-－―（(\[【「『①-⑳]|[0-9０-９]+[.．、)）]|[ア-ン][ 　.．)）]")
_CLOSE = 3.0  # points: lines of a table as near as this are one line
_FEWEST = 2  # lines in a row that share columns make a table without lines


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text: its characters from left to right, and its box."""

    chars: list[Char]
    x0: float
    x1: float
    top: float
    bottom: float

    @property
    def size(self) -> float:
        return max(self.bottom - self.top, 1.0)


def read(path: Path, _: str) -> Read:
    """Yield the rows of every page from the top: lines of text, and tables where they stand.

    Raises:
        ReadingError: if the file is encrypted, damaged, or holds no text, or its fonts do not say what they print.
    """
    held, bare = False, []
    with path.open("rb") as file:
        if b"%PDF-" not in file.read(1024):
            raise ReadingError("source.format", formats.media_type(path) or "?", formats.PDF)
    try:
        with pdfplumber.open(path) as document:
            for number, page in enumerate(document.pages, 1):
                chars = [c for c in page.chars if c["text"]]
                if any(not c["text"].isspace() for c in chars):
                    held = True
                    yield from _page(page, chars, number)
                elif page.images:
                    bare.append(number)
                page.close()
    except (PDFPasswordIncorrect, PDFEncryptionError) as e:
        raise ReadingError("source.encrypted", type(e).__name__) from None
    except PdfminerException as e:
        cause = e.args[0] if e.args else e
        encrypted = isinstance(cause, PDFPasswordIncorrect | PDFEncryptionError)
        raise ReadingError(
            "source.encrypted" if encrypted else "source.damaged", f"{type(cause).__name__}: {cause}"
        ) from None
    if not held:
        raise ReadingError("source.no-text", "PDF")
    for number in bare:
        yield Remark("source.page-without-text", str(number), f"page {number}")


def _page(page: Any, chars: list[Char], number: int) -> Iterator[RawRow]:
    unreadable = next((c["text"] for c in chars if _NO_UNICODE.fullmatch(c["text"])), None)
    if unreadable:
        raise ReadingError("source.no-unicode", unreadable, "", f"page {number}")
    # a box around text, or colour behind every other row, makes "tables" of one column: no table by itself
    grids = [g for g in (_Grid(t) for t in page.find_tables()) if len(g.xs) > 2]
    loose: list[Char] = []
    for char in chars:
        x, y = (char["x0"] + char["x1"]) / 2, (char["top"] + char["bottom"]) / 2
        grid = next((g for g in grids if g.holds(x, y)), None)
        if grid is None or not grid.take(char, x, y):
            loose.append(char)
    blocks: list[tuple[float, Any]] = [(g.top, g) for g in grids]
    blocks += [(lines[0].top, lines) for lines in _blocks(lines_of(loose), sorted(g.top for g in grids))]
    tables = written = 0
    for _, block in sorted(blocks, key=lambda b: b[0]):
        if isinstance(block, _Grid):
            tables += 1
            yield from block.rows(f"page {number}, table {tables}", f"p{number}-t{tables}")
        elif len(block) > 1:
            tables += 1
            yield from _unruled(block, f"page {number}, table {tables}", f"p{number}-t{tables}")
        else:
            written += 1
            text = "  ".join(_text(s) for s in _segments(block[0]))
            yield RawRow(f"page {number}", f"p{number}", written, [text])


# ---- characters to lines


def lines_of(chars: Iterable[Char]) -> list[Line]:
    """Return the lines that characters stand in, from the top."""
    lines: list[list[Char]] = []
    middle = height = 0.0
    for char in sorted(chars, key=lambda c: ((c["top"] + c["bottom"]) / 2, c["x0"])):
        y = (char["top"] + char["bottom"]) / 2
        if not lines or y - middle > max(height, char["bottom"] - char["top"]) * 0.5:
            lines.append([])
            middle, height = y, char["bottom"] - char["top"]
        lines[-1].append(char)
    return [_line(line) for line in lines if any(not c["text"].isspace() for c in line)]


def _line(chars: list[Char]) -> Line:
    chars = sorted(chars, key=lambda c: c["x0"])
    while chars[0]["text"].isspace():
        chars.pop(0)
    while chars[-1]["text"].isspace():
        chars.pop()
    top, bottom = min(c["top"] for c in chars), max(c["bottom"] for c in chars)
    return Line(chars, chars[0]["x0"], max(c["x1"] for c in chars), top, bottom)


def _segments(line: Line, least: float = 1.2) -> list[list[Char]]:
    """Return the characters of a line in pieces between gaps of `least` times their size."""
    pieces: list[list[Char]] = [[]]
    end = line.x0
    for char in line.chars:
        if char["text"].isspace():
            continue
        if pieces[-1] and char["x0"] - end > least * char["size"]:
            pieces.append([])
        pieces[-1].append(char)
        end = max(end, char["x1"])
    if len(pieces) > 1:
        return pieces
    return [line.chars]


def _text(chars: Sequence[Char]) -> str:
    """Return the text of characters of one line; a gap as wide as a blank is one."""
    out: list[str] = []
    end: float | None = None
    for char in chars:
        latin = char["text"].isascii() and bool(out) and out[-1].isascii()
        if end is not None and char["x0"] - end > (0.25 if latin else 0.7) * char["size"] and out[-1] != " ":
            out.append(" ")
        out.append(char["text"])
        end = char["x1"]
    return "".join(out).strip()


# ---- tables with lines


class _Grid:
    """A table with lines: its cells as areas of rows and columns, and the characters in each."""

    def __init__(self, table: Any) -> None:
        boxes = [box for box in table.cells if box]
        self.xs = _edges(x for box in boxes for x in (box[0], box[2]))
        self.ys = _edges(y for box in boxes for y in (box[1], box[3]))
        self.top, self.bottom = min(b[1] for b in boxes), max(b[3] for b in boxes)
        self.areas: dict[Area, tuple[float, float, float, float]] = {}
        self._of_place: dict[tuple[int, int], Area] = {}
        self._chars: dict[Area, list[Char]] = defaultdict(list)
        for box in boxes:
            left, right = _nearest(self.xs, box[0]), _nearest(self.xs, box[2])
            top, bottom = _nearest(self.ys, box[1]), _nearest(self.ys, box[3])
            if left < right and top < bottom:
                area = Area(top + 1, left + 1, bottom, right)
                self.areas[area] = box
                for row in range(top + 1, bottom + 1):
                    for column in range(left + 1, right + 1):
                        self._of_place.setdefault((row, column), area)

    def holds(self, x: float, y: float) -> bool:
        return self.xs[0] <= x <= self.xs[-1] and self.ys[0] <= y <= self.ys[-1]

    def take(self, char: Char, x: float, y: float) -> bool:
        """Put a character into the cell its middle stands in; False where the table has no cell there."""
        area = self._of_place.get((_between(self.ys, y), _between(self.xs, x)))
        if area is None:
            return False
        self._chars[area].append(char)
        return True

    def rows(self, part: str, key: str) -> Iterator[RawRow]:
        texts: dict[int, list[str]] = defaultdict(list)
        for area, box in self.areas.items():
            row = texts[area.top]
            row += [""] * (area.left - len(row))
            row[area.left - 1] = cell_text(self._chars[area], box[2] - box[0])
        merged = Merged(self.areas)
        for number in range(1, len(self.ys)):
            own = texts[number]
            own += [""] * (len(self.xs) - 1 - len(own))
            yield RawRow(part, key, number, own, merged.fill(number, own))


def _edges(values: Iterable[float]) -> list[float]:
    edges: list[float] = []
    for value in sorted(set(values)):
        if not edges or value - edges[-1] > _CLOSE:
            edges.append(value)
    return edges


def _nearest(edges: list[float], value: float) -> int:
    return min(range(len(edges)), key=lambda n: abs(edges[n] - value))


def _between(edges: list[float], value: float) -> int:
    """Return the number, from 1, of the gap between edges that `value` lies in."""
    return next((n for n in range(1, len(edges)) if value <= edges[n]), len(edges) - 1)


# ---- the text of a cell


def cell_text(chars: Sequence[Char], width: float) -> str:
    """Return the text of a cell that is `width` wide: what was broken only for want of room is joined again.

    A line that had room for the beginning of the next one was ended on purpose, and so was one before a bullet or
    number: there a line break stays. Columns of single characters are vertical writing, read from the right.
    """
    if (vertical := _vertical(chars)) is not None:
        return vertical
    lines = lines_of(chars)
    if not lines:
        return ""
    out = [_text(lines[0].chars)]
    for line, below in pairwise(lines):
        text = _text(below.chars)
        if _wrapped(line, below, text, width):
            out[-1] = _joined(out[-1], text)
        else:
            out.append(text)
    return "\n".join(out)


def _wrapped(line: Line, below: Line, text: str, width: float) -> bool:
    if _BULLET.match(text) and not text.startswith(("（", "(")):
        return False
    first: list[Char] = [below.chars[0]]
    if first[0]["text"].isascii():  # a Latin word or a number goes to the next line as a whole
        for char in below.chars[1:]:
            if not char["text"].isascii() or char["text"].isspace():
                break
            first.append(char)
    needed: float = first[-1]["x1"] - first[0]["x0"]
    padding: float = 1.2 * median(c["size"] for c in line.chars)
    return (line.x1 - line.x0) + needed > width - padding


def _joined(before: str, after: str) -> str:
    if before.endswith(("-", "\u2010", "\u00ad")) and len(before) > 1 and before[-2].isascii() and before[-2].isalpha():
        return (before[:-1] if after[:1].islower() else before) + after
    latin = before[-1:].isascii() and after[:1].isascii()
    return f"{before} {after}" if latin and before[-1:].isalnum() and after[:1].isalnum() else before + after


def _vertical(chars: Sequence[Char]) -> str | None:
    """Return the text of vertical writing, None if it is none: columns whose characters stand closer than they do."""
    inked = [c for c in chars if not c["text"].isspace()]
    if len(inked) < 2 or any(c["text"].isascii() and c["text"].isalpha() for c in inked):
        return None
    columns: list[list[Char]] = []
    for char in sorted(inked, key=lambda c: -(c["x0"] + c["x1"])):
        x = (char["x0"] + char["x1"]) / 2
        if columns and abs((columns[-1][0]["x0"] + columns[-1][0]["x1"]) / 2 - x) < 0.5 * char["size"]:
            columns[-1].append(char)
        else:
            columns.append([char])
    size = median(c["size"] for c in inked)
    if max(map(len, columns)) < 2 or any(_overlap(c) for c in columns):
        return None
    if len(columns) > 1:
        middles = [(c[0]["x0"] + c[0]["x1"]) / 2 for c in columns]
        gaps = [a - b for a, b in pairwise(middles)]
        tops = [sorted(float(c["top"]) for c in column) for column in columns]
        steps = [b - a for of_column in tops for a, b in pairwise(of_column)]
        if min(gaps) < 1.25 * size or not steps or max(steps) > 1.15 * size or median(steps) * 1.1 > min(gaps):
            return None
    return "".join(c["text"] for column in columns for c in sorted(column, key=lambda c: c["top"]))


def _overlap(column: list[Char]) -> bool:
    """Tell whether characters of a column stand beside, not below, each other."""
    tops = sorted(c["top"] for c in column)
    nearest: float = 0.5 * column[0]["size"]
    return any(b - a < nearest for a, b in pairwise(tops))


# ---- text outside of tables, and tables without lines


def _blocks(lines: list[Line], tables: list[float]) -> Iterator[list[Line]]:
    """Yield lines by one, or together where they make a table without lines: several that share their columns."""
    run: list[Line] = []
    for line in lines:
        many = len(_segments(line)) > 1
        near = bool(run) and line.top - run[-1].bottom < 2.5 * line.size
        apart = bool(run) and any(run[-1].top < top <= line.top for top in tables)
        if run and (not near or apart or (not many and not _fits(run, line))):
            yield from _settled(run)
            run = []
        if many or run:
            run.append(line)
        else:
            yield [line]
    if run:
        yield from _settled(run)


def _fits(run: list[Line], line: Line) -> bool:
    """Tell whether a line with one piece of text stands in one column, not the first, of the table before it."""
    starts = _starts(run)
    if len(starts) < 2:
        return False
    end = next((s for s in starts if s > line.x0 + 1), None)
    return line.x0 >= starts[1] - 1 and (end is None or line.x1 < end)


def _starts(run: list[Line]) -> list[int]:
    ink = Ink()
    for line in run:
        ink.add([(int(s[0]["x0"]), int(max(c["x1"] for c in s)) + 1) for s in _segments(line)])
    return ink.starts()


def _settled(run: list[Line]) -> Iterator[list[Line]]:
    if len(run) >= _FEWEST and len(_starts(run)) > 1:
        yield run
    else:
        yield from ([line] for line in run)


def _unruled(run: list[Line], part: str, key: str) -> Iterator[RawRow]:
    starts = _starts(run)
    for number, line in enumerate(run, 1):
        pieces = [(int(s[0]["x0"]), int(max(c["x1"] for c in s)) + 1, _text(s)) for s in _segments(line)]
        yield RawRow(part, key, number, place(pieces, starts))
