"""Workbooks of Excel 97 to 2003 (.xls), read by xlrd, which alone says what number format a cell has."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import xlrd

from kpigraph.read import numbers
from kpigraph.read.archive import ReadingError
from kpigraph.read.merged import Area, Merged
from kpigraph.read.rows import RawRow
from kpigraph.read.xlsx import Sheet, blank_rows

_ERRORS: dict[int, str] = xlrd.error_text_from_code


def read(path: Path) -> Iterator[RawRow]:
    """Yield the rows of every sheet up to the last that holds anything, blank ones too."""
    book = _open(path)
    many = book.nsheets > 1
    for n in range(book.nsheets):
        sheet = book.sheet_by_index(n)
        yield from _rows(book, sheet, f"s{n + 1}" if many else "")
        book.unload_sheet(n)


def sheets(path: Path) -> list[Sheet]:
    """Return the sheets of a workbook in their order."""
    book = _open(path)
    return [Sheet(s.name, s.visibility != 0, "") for s in (book.sheet_by_index(n) for n in range(book.nsheets))]


def _open(path: Path) -> Any:
    try:
        with Path("/dev/null").open("w") as log:
            return xlrd.open_workbook(str(path), formatting_info=True, on_demand=True, logfile=log)
    except (MemoryError, ReadingError):
        raise
    except Exception as e:  # xlrd raises whatever a damaged file leads it into
        if "encrypted" in str(e).lower():
            raise ReadingError("source.encrypted", str(e)) from None
        raise ReadingError("source.damaged", f"{type(e).__name__}: {e}") from None


def _rows(book: Any, sheet: Any, key: str) -> Iterator[RawRow]:
    areas = [Area(top + 1, left + 1, bottom, right) for top, bottom, left, right in sheet.merged_cells]
    merged, last = Merged(areas), 0
    columns = sorted(number + 1 for number, shape in sheet.colinfo_map.items() if shape.hidden or not shape.width)
    known = Sheet(sheet.name, sheet.visibility != 0, "", [(number, number) for number in columns])
    for index in range(sheet.nrows):
        texts = [_text(book, cell) for cell in sheet.row(index)]
        while texts and not texts[-1]:
            texts.pop()
        if texts:
            number = index + 1
            yield from blank_rows(known, key, merged, last + 1, number)
            hidden = known.hidden or bool(index in sheet.rowinfo_map and sheet.rowinfo_map[index].hidden)
            repeats = merged.fill(number, texts)
            yield RawRow(sheet.name, key, number, texts, repeats, hidden, "", known.hidden_among(len(texts)))
            last = number


def _text(book: Any, cell: Any) -> str:
    if cell.ctype in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK):
        return ""
    code = book.format_map[book.xf_list[cell.xf_index].format_key].format_str if cell.xf_index is not None else ""
    if cell.ctype in (xlrd.XL_CELL_NUMBER, xlrd.XL_CELL_DATE):
        return numbers.shown(cell.value, code, since_1904=bool(book.datemode))
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return "TRUE" if cell.value else "FALSE"
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return _ERRORS.get(cell.value, "#?")
    return numbers.shown_text(str(cell.value).replace("\r\n", "\n"), code)
