"""Cells that a spreadsheet would run: texts of others that begin as a formula does, made harmless in every CSV.

A spreadsheet takes a text that begins with = + - @ (also full-width), a tab or a line break for a formula. Such a text
gets an apostrophe in front, unless it is a number, with or without a unit, or mere dashes, which printed values are
full of. To undo it, take one apostrophe from every cell that begins with apostrophes followed by one of these.
"""

import re
import time
from typing import Protocol

_FORMULA = re.compile("'*[=+\\-@＝＋－＠\t\r\n]")
_HARMLESS = re.compile(r"[-－+＋]?[\d.,]+\w*[%％]?|[-－]+")
_CELL = re.compile(rb'("(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n)')  # of a table whose lines end in CRLF, with what follows it
_SUSPECT = re.compile(rb"(?:^|[,\n\"'])[=+\-@\t\r\n]|\xef\xbc[\x9d\x8b\x8d\xa0]")
_AT_ONCE = 1 << 16  # bytes
_HOLD_SECONDS = 0.05


def safe(cell: str) -> str:
    """Return `cell` as a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if _FORMULA.match(cell) and not _HARMLESS.fullmatch(cell) else cell


class Sink(Protocol):
    """What takes bytes."""

    def write(self, data: bytes, /) -> int: ...

    def flush(self) -> None: ...


class SafeCsv:
    """A binary file for a table as CSV (RFC 4180), each of whose cells is made safe and written to `out`.

    What it holds back is written by `finish`.
    """

    def __init__(self, out: Sink) -> None:
        self._out = out
        self._held = bytearray()
        self._last = 0.0

    def write(self, data: bytes) -> int:
        self._held += data
        if len(self._held) >= _AT_ONCE or time.monotonic() - self._last > _HOLD_SECONDS:
            self._last = time.monotonic()
            end = self._held.rfind(b"\r\n") + 2
            while end > 1 and self._held.count(b'"', 0, end) % 2:  # the line goes on in a quoted cell
                end = self._held.rfind(b"\r\n", 0, end - 2) + 2
            if end > 1:
                self._out.write(safe_csv(bytes(self._held[:end])))
                del self._held[:end]
        return len(data)

    def flush(self) -> None:
        """Nothing: only whole lines leave."""

    def finish(self) -> None:
        """Write the end."""
        self._out.write(safe_csv(bytes(self._held)))
        self._held.clear()


def safe_csv(lines: bytes) -> bytes:
    """Return whole lines of CSV in UTF-8, each ended by CRLF, with every cell made safe."""
    return _CELL.sub(_safe_cell, lines) if _SUSPECT.search(lines) else lines


def _safe_cell(found: re.Match[bytes]) -> bytes:
    cell = found[1].decode("utf-8", "surrogateescape")
    if cell.startswith('"'):
        within = cell[1:-1]
        kept = within if safe(within.replace('""', '"')) == within.replace('""', '"') else f"'{within}"
        made = f'"{kept}"'
    else:
        made = safe(cell)
    return made.encode("utf-8", "surrogateescape") + found[2]
