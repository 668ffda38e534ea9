"""OpenDocument spreadsheets (.ods): every cell as the sheet shows it, which the file itself says (text:p).

Source: OpenDocument 1.3 Part 3, 9 (tables).
"""

from collections.abc import Iterator
from pathlib import Path

from kpigraph.read.archive import Inflated, ReadingError, feed, opened, parse, xml_parser
from kpigraph.read.merged import Area, Merged
from kpigraph.read.rows import RawRow
from kpigraph.read.xlsx import MAX_COLUMNS, MAX_ROWS, Sheet, blank_rows

_CONTENT = "content.xml"
_ASIDE = ("annotation", "ruby-text", "tracked-changes")  # comments and readings: no part of a cell's text


def read(path: Path) -> Iterator[RawRow]:
    """Yield the rows of every sheet up to the last that holds anything, blank ones too."""
    with opened(path) as archive:
        _refuse_encrypted(archive)
        hidden = _hidden_styles(archive)
        many = len(_names(archive)) > 1
        tables = _Tables(hidden)
        merged, last, key = Merged(()), 0, ""
        parser = xml_parser(tables.start, tables.end, tables.text)
        for _ in feed(archive.pieces(_CONTENT), parser, _CONTENT):
            for sheet, index, number, row_hidden, texts, areas in tables.rows:
                if index != tables.seen:
                    merged, last, key = Merged(()), 0, f"s{index}" if many else ""
                    tables.seen = index
                merged.add(areas)
                if texts:
                    yield from blank_rows(sheet, key, merged, last + 1, number)
                    repeats = merged.fill(number, texts)
                    dark = sheet.hidden_among(len(texts)) if sheet.columns else ()
                    yield RawRow(sheet.name, key, number, texts, repeats, row_hidden or sheet.hidden, "", dark)
                    last = number
            tables.rows.clear()


def sheets(path: Path) -> list[Sheet]:
    """Return the sheets of a workbook in their order."""
    with opened(path) as archive:
        _refuse_encrypted(archive)
        hidden = _hidden_styles(archive)
        return [Sheet(name, style in hidden, _CONTENT) for name, style in _names(archive)]


def has_images(path: Path) -> bool:
    with opened(path) as archive:
        return any(name.startswith("Pictures/") for name in archive.names)


def _refuse_encrypted(archive: Inflated) -> None:
    def start(name: str, _: dict[str, str]) -> None:
        if name == "encryption-data":
            raise ReadingError("source.encrypted", "META-INF/manifest.xml")

    if "META-INF/manifest.xml" in archive.names:
        parser = xml_parser(start, _ignore, _ignore)
        parse(archive.pieces("META-INF/manifest.xml"), parser, "META-INF/manifest.xml")


def _ignore(_: str) -> None:
    return None


def _again(archive: Inflated) -> Iterator[bytes]:
    """Yield the content for a first look; what is read again is counted once."""
    left = archive.left
    yield from archive.pieces(_CONTENT)
    archive.left = left


def _names(archive: Inflated) -> list[tuple[str, str]]:
    """Return name and style of every table that is no part of another."""
    found: list[tuple[str, str]] = []
    depth = 0

    def start(name: str, a: dict[str, str]) -> None:
        nonlocal depth
        if name == "table":
            if not depth:
                found.append((a.get("table:name", ""), a.get("table:style-name", "")))
            depth += 1

    def end(name: str) -> None:
        nonlocal depth
        depth -= name == "table"

    parse(_again(archive), xml_parser(start, end, _ignore), _CONTENT)
    return found


def _hidden_styles(archive: Inflated) -> set[str]:
    """Return the names of table styles that hide a sheet."""
    hidden: set[str] = set()
    style = ""

    def start(name: str, a: dict[str, str]) -> None:
        nonlocal style
        if name == "style":
            style = a.get("style:name", "")
        elif name == "table-properties" and a.get("table:display") == "false":
            hidden.add(style)

    parse(_again(archive), xml_parser(start, _ignore, _ignore), _CONTENT)
    return hidden


class _Tables:
    """What the parser calls back; finished rows gather in `rows` with their sheet and the areas that begin there."""

    def __init__(self, hidden: set[str]) -> None:
        self.rows: list[tuple[Sheet, int, int, bool, list[str], list[Area]]] = []
        self.seen = 0
        self._hidden_styles = hidden
        self._sheet = Sheet("", False, _CONTENT)
        self._index, self._depth, self._number, self._aside = 0, 0, 0, 0
        self._row: tuple[int, bool] = (1, False)
        self._texts: list[str] = []
        self._areas: list[Area] = []
        self._cell: tuple[int, int, int, bool] = (1, 1, 1, False)
        self._column, self._columns = 0, 1
        self._paragraphs: list[list[str]] = []
        self._fallback = ""

    def start(self, name: str, a: dict[str, str]) -> None:
        if name in _ASIDE:
            self._aside += 1
        elif name == "table":
            self._depth += 1
            if self._depth == 1:
                self._index += 1
                style = a.get("table:style-name", "")
                self._sheet = Sheet(a.get("table:name", ""), style in self._hidden_styles, _CONTENT)
                self._number, self._columns = 0, 1
        elif self._depth != 1 or self._aside:
            return
        elif name == "table-column":
            first, self._columns = self._columns, self._columns + int(a.get("table:number-columns-repeated", "1"))
            if a.get("table:visibility", "visible") != "visible":
                self._sheet.columns.append((first, self._columns - 1))
        elif name == "table-row":
            hidden = a.get("table:visibility", "visible") != "visible"
            self._row = (int(a.get("table:number-rows-repeated", "1")), hidden)
            self._texts, self._areas, self._column = [], [], 0
        elif name in ("table-cell", "covered-table-cell"):
            self._cell = (
                int(a.get("table:number-columns-repeated", "1")),
                int(a.get("table:number-rows-spanned", "1")),
                int(a.get("table:number-columns-spanned", "1")),
                name == "covered-table-cell",
            )
            self._paragraphs = []
            formula = a.get("table:formula", "")
            valued = any(k.startswith("office:") and k.endswith("value") for k in a)
            self._fallback = formula.partition(":")[2] if formula and not valued else ""
        elif name == "p":
            self._paragraphs.append([])
        elif name in ("s", "tab", "line-break") and self._paragraphs:
            blanks = {"s": " " * int(a.get("text:c", "1")), "tab": "\t", "line-break": "\n"}
            self._paragraphs[-1].append(blanks[name])

    def end(self, name: str) -> None:
        if name in _ASIDE:
            self._aside -= 1
        elif name == "table":
            self._depth -= 1
        elif self._depth != 1 or self._aside:
            return
        elif name in ("table-cell", "covered-table-cell"):
            self._end_cell()
        elif name == "table-row":
            repeated, hidden = self._row
            if self._texts:
                for n in range(1, repeated + 1):
                    if self._number + n > MAX_ROWS:
                        raise ReadingError("source.damaged", f"row {self._number + n}", "", self._sheet.name)
                    place = (self._sheet, self._index, self._number + n, hidden)
                    self.rows.append((*place, list(self._texts), self._areas))
            self._number += repeated

    def _end_cell(self) -> None:
        repeated, down, across, _ = self._cell
        text = "\n".join("".join(p) for p in self._paragraphs) or self._fallback
        if text:
            if self._column + repeated > MAX_COLUMNS:
                raise ReadingError("source.damaged", f"column {self._column + repeated}", "", self._sheet.name)
            self._texts += [""] * (self._column - len(self._texts)) + [text] * repeated
        if down > 1 or across > 1:
            top, left = self._number + 1, self._column + 1
            self._areas.append(Area(top, left, min(top + down - 1, MAX_ROWS), min(left + across - 1, MAX_COLUMNS)))
        self._column += repeated

    def text(self, data: str) -> None:
        if self._paragraphs and not self._aside and self._depth == 1:
            self._paragraphs[-1].append(data)
