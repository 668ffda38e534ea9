"""Text with tabs between the cells, such as text taken out of a PDF's table has, or with columns that blanks make."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import chain, groupby

from kpigraph.model import Document
from kpigraph.read.columns import Ink, cut_at, place, width
from kpigraph.read.rows import RawRow, Read

_GAP = re.compile(r"(?:[ \u00a0]{2,}|[ \u00a0]*\u3000[ \u00a0\u3000]*)")
_BLANK = re.compile("[ \u00a0\u3000]+")
_ENOUGH = 0.3  # so large a share of lines with two pieces or more makes a table of a text without tabs


def read(document: Document) -> Read:
    """Yield one row a line, cut at tabs, or where no line has a tab and many have gaps, at columns of blanks.

    What parts lines and pages belongs to no cell: line ends (LF, CRLF, CR), form feeds before and after a line, where
    a page of a PDF ends, and a byte order mark. Where the card says at which widths columns begin, they begin there.
    """
    given = document.source.columns_at
    starts = () if given else columns_of(document)
    for number, printed in enumerate(_lines(document), 1):
        if given:
            yield RawRow("", "", number, cut_at(printed, given), printed=printed)
            continue
        texts = place(_segments(printed), starts) if starts else printed.split("\t")
        yield RawRow("", "", number, texts, printed=printed)


def _lines(document: Document) -> Iterator[str]:
    with document.file.open(encoding=document.encoding) as lines:
        for line in chain((next(lines, "").removeprefix("\ufeff"),), lines):
            yield line.rstrip("\n").strip("\f")


def columns_of(document: Document, *, closely: bool = False) -> list[int]:
    """Return where columns of blanks begin, [] where the text has tabs or no such columns.

    `closely`: single blanks may part columns, on lines with three pieces of text or more.
    """
    cut = document.source.cut
    if cut == "tabs" or (not cut and document.layout.kind == "listed"):  # whose lines are sentences
        return []
    ink, lines = Ink(), 0
    for run in _runs(_lines(document)):
        if any("\t" in line for line in run) and not cut:
            return []
        lines += len(run)
        for line in run if len(run) > 1 else []:  # a line by itself may be a title with blanks between its words
            pieces = _segments(line, _BLANK if closely else _GAP)
            ink.add([(start, end) for start, end, _ in pieces] if len(pieces) > 2 or not closely else [])
    return ink.starts() if cut or ink.lines >= max(2, lines * _ENOUGH) else []


def doubtful(document: Document, starts: Sequence[int]) -> list[int]:
    """Return the numbers of lines of which the columns that begin at `starts` may cut the texts wrongly.

    On these, a piece of text beside others runs over the beginning of a column, or two pieces stand in one.
    """
    found = []
    for number, line in enumerate(_lines(document), 1):
        pieces = _segments(line)
        over = any(start < at < end for start, end, _ in pieces for at in starts)
        inside = [bisect_right(starts, start) for start, _, _ in pieces]
        if len(pieces) > 1 and (over or len(set(inside)) < len(inside)):
            found.append(number)
    return found


def _runs(lines: Iterator[str]) -> Iterator[list[str]]:
    """Yield the lines between blank ones; where every other line is blank, as some programs print, all in one."""
    runs = [list(run) for filled, run in groupby(lines, key=lambda line: bool(line.strip())) if filled]
    if any(len(run) > 1 for run in runs):
        yield from runs
    elif runs:
        yield [line for run in runs for line in run]


def _segments(line: str, gap_between: re.Pattern[str] = _GAP) -> list[tuple[int, int, str]]:
    """Return the pieces of a line between gaps of two blanks or a full-width one, with where they begin and end."""
    segments = []
    at, position = 0, 0
    for gap in chain(gap_between.finditer(line), (None,)):
        end = gap.start() if gap else len(line)
        text = line[position:end]
        stop = at + width(text)
        if text.strip():
            blanks = len(text) - len(text.lstrip())
            segments.append((at + blanks, stop, text.strip()))
        if gap:
            at = stop + width(gap[0])
            position = gap.end()
    return segments
