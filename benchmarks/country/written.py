"""Write a table into every format that readers read, with tools that have nothing to do with the readers.

A table is rows of texts. `merged` holds areas as (top, left, bottom, right) from 1, both ends included; only the first
cell of an area is written. `hidden` are rows, `dark` columns that are not shown. PDF texts are set in a Japanese font
that PDF programs have built in, so no font file is needed.
"""

import csv
import html
import json
import re
import zipfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

Table = Sequence[Sequence[str]]
Areas = Sequence[tuple[int, int, int, int]]


def covered(merged: Areas) -> dict[tuple[int, int], tuple[int, int]]:
    """Return the places that a merged area covers, with its first place."""
    return {
        (row, column): (top, left)
        for top, left, bottom, right in merged
        for row in range(top, bottom + 1)
        for column in range(left, right + 1)
        if (row, column) != (top, left)
    }


def xlsx(
    path: Path, sheets: dict[str, Table], merged: Areas = (), hidden: Sequence[int] = (), dark: Sequence[int] = ()
) -> None:
    import xlsxwriter

    book = xlsxwriter.Workbook(str(path))  # its texts stand in one table of the workbook, as Excel writes them
    book.set_properties({"created": datetime(2020, 1, 1)})  # the same table gives the same bytes
    first = {(top, left): (bottom, right) for top, left, bottom, right in merged}
    for name, table in sheets.items():
        sheet = book.add_worksheet(name)
        for r, row in enumerate(table, 1):
            for c, text in enumerate(row, 1):
                if (r, c) in first:
                    bottom, right = first[r, c]
                    sheet.merge_range(r - 1, c - 1, bottom - 1, right - 1, "")
                if text and (r, c) not in covered(merged):
                    sheet.write_string(r - 1, c - 1, text)
        for row in hidden:
            sheet.set_row(row - 1, None, None, {"hidden": True})
        for column in dark:
            sheet.set_column(column - 1, column - 1, None, None, {"hidden": True})
    book.close()


def xls(
    path: Path, sheets: dict[str, Table], merged: Areas = (), hidden: Sequence[int] = (), dark: Sequence[int] = ()
) -> None:
    import xlwt

    book = xlwt.Workbook()
    first = {(top, left): (top, bottom, left, right) for top, left, bottom, right in merged}
    for name, table in sheets.items():
        sheet = book.add_sheet(name)
        for r, row in enumerate(table, 1):
            for c, text in enumerate(row, 1):
                if (r, c) in first:
                    top, bottom, left, right = first[r, c]
                    sheet.write_merge(top - 1, bottom - 1, left - 1, right - 1, text)
                elif text and (r, c) not in covered(merged):
                    sheet.write(r - 1, c - 1, text)
        for row in hidden:
            sheet.row(row - 1).hidden = True
        for column in dark:
            sheet.col(column - 1).hidden = True
    book.save(str(path))


def ods(
    path: Path, sheets: dict[str, Table], merged: Areas = (), hidden: Sequence[int] = (), dark: Sequence[int] = ()
) -> None:
    from odf.opendocument import OpenDocumentSpreadsheet
    from odf.table import CoveredTableCell, TableCell, TableColumn, TableRow
    from odf.table import Table as Sheet
    from odf.text import LineBreak, P

    book = OpenDocumentSpreadsheet()
    first = {(top, left): (bottom - top + 1, right - left + 1) for top, left, bottom, right in merged}
    for name, table in sheets.items():
        sheet = Sheet(name=name)
        for column in range(1, max(dark, default=0) + 1):
            sheet.addElement(TableColumn(visibility="collapse") if column in dark else TableColumn())
        for r, row in enumerate(table, 1):
            line = TableRow(visibility="collapse") if r in hidden else TableRow()
            for c, text in enumerate(row, 1):
                if (r, c) in covered(merged):
                    line.addElement(CoveredTableCell())
                    continue
                down, across = first.get((r, c), (1, 1))
                spans = {"numberrowsspanned": down, "numbercolumnsspanned": across} if (down, across) != (1, 1) else {}
                cell = TableCell(valuetype="string", **spans) if text else TableCell(**spans)
                if text:
                    paragraph = P()
                    for n, part in enumerate(text.split("\n")):
                        if n:
                            paragraph.addElement(LineBreak())
                        paragraph.addText(part)
                    cell.addElement(paragraph)
                line.addElement(cell)
            sheet.addElement(line)
        book.spreadsheet.addElement(sheet)
    book.save(str(path))
    _same_bytes(path)


def _same_bytes(archive: Path) -> None:
    """Write an archive anew so that the same table gives the same bytes: no times, namespaces in use and in order."""

    def names(m: re.Match[bytes]) -> bytes:
        rest = m.string[m.end() :]
        return b"".join(
            b" " + name
            for name in sorted(m[0].split())
            if b"%s:" % name[6 : name.index(b"=")] in m.string[: m.start()] + rest
        )

    with zipfile.ZipFile(archive) as file:
        parts = [(entry.filename, entry.compress_type, file.read(entry)) for entry in file.infolist()]
    with zipfile.ZipFile(archive, "w") as file:
        for name, packing, content in parts:
            if name.endswith(".xml"):
                content = re.sub(rb'(?: xmlns:[a-z0-9]+="[^"]*")+', names, content, count=1)
            file.writestr(zipfile.ZipInfo(name), content, packing)


def webpage(
    path: Path,
    table: Table,
    merged: Areas = (),
    hidden: Sequence[int] = (),
    dark: Sequence[int] = (),
    around: str = "{}",
) -> None:
    spans = {(t, left): (b - t + 1, r - left + 1) for t, left, b, r in merged}
    lines = []
    for r, row in enumerate(table, 1):
        cells = []
        for c, text in enumerate(row, 1):
            if (r, c) not in covered(merged):
                down, across = spans.get((r, c), (1, 1))
                shown = html.escape(text).replace("\n", "<br>")
                style = ' style="display: none"' if c in dark else ""
                cells.append(f'<td rowspan="{down}" colspan="{across}"{style}>{shown}</td>')
        lines.append(f"<tr{' hidden' if r in hidden else ''}>{''.join(cells)}</tr>")
    page = around.format(f"<table>{''.join(lines)}</table>")
    path.write_text(f'<!DOCTYPE html><html><head><meta charset="utf-8"></head><body>{page}</body></html>', "utf-8")


def delimited(path: Path, table: Table, delimiter: str = ",", encoding: str = "utf-8") -> None:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(table)


def objects(path: Path, table: Table) -> None:
    """Write the rows below the first as objects with the names of the first."""
    names, *rows = table
    path.write_text(json.dumps([dict(zip(names, row, strict=True)) for row in rows], ensure_ascii=False), "utf-8")


def aligned(path: Path, table: Table) -> None:
    """Write columns of blanks, each Japanese character two wide."""
    from kpigraph.read.columns import width

    widths = [max(width(row[c]) for row in table) + 3 for c in range(len(table[0]))]
    lines = ("".join(t + " " * (w - width(t)) for t, w in zip(row, widths, strict=True)).rstrip() for row in table)
    path.write_text("".join(line + "\n" for line in lines), "utf-8")


class Pdf:
    """A PDF drawn by hand: ruled tables, tables without lines, lines of text, vertical text, pictures."""

    FONT, SIZE = "HeiseiKakuGo-W5", 9.0

    def __init__(self, path: Path, password: str = "", width: float = 842) -> None:
        from reportlab.lib import pdfencrypt
        from reportlab.pdfbase import pdfmetrics
        from reportlab.pdfbase.cidfonts import UnicodeCIDFont
        from reportlab.pdfgen.canvas import Canvas

        pdfmetrics.registerFont(UnicodeCIDFont(self.FONT))
        protection = pdfencrypt.StandardEncryption(password, canPrint=0) if password else None
        self.canvas = Canvas(str(path), pagesize=(width, 595), encrypt=protection, invariant=1)
        self.page()

    def page(self) -> None:
        self.canvas.setFont(self.FONT, self.SIZE)
        self.y = 560.0

    def next_page(self) -> None:
        self.canvas.showPage()
        self.page()

    def line(self, text: str, x: float = 40.0) -> None:
        self.canvas.drawString(x, self.y - self.SIZE, text)
        self.y -= 2 * self.SIZE

    def wrapped(self, text: str, width: float) -> list[str]:
        """Return `text` broken where it must be to fit, as programs break Japanese text: between any two letters."""
        from reportlab.pdfbase.pdfmetrics import stringWidth

        lines = [""]
        for part in text.split("\n"):
            for letter in part:
                if stringWidth(lines[-1] + letter, self.FONT, self.SIZE) > width:
                    lines.append("")
                lines[-1] += letter
            lines.append("")
        return lines[:-1]

    def table(self, table: Table, widths: Sequence[float], merged: Areas = (), vertical: Areas = ()) -> None:
        """Draw a table with lines; places of `vertical` are written from top to bottom."""
        hidden = covered(merged)
        ends = {(top, left): (bottom, right) for top, left, bottom, right in merged}
        upright = {(top, left) for top, left, _, _ in vertical}
        heights = []
        for r, row in enumerate(table, 1):
            most = 1
            for c, text in enumerate(row, 1):
                bottom, right = ends.get((r, c), (r, c))
                if (r, c) not in hidden and bottom == r:
                    inner = sum(widths[c - 1 : right]) - 6
                    most = max(most, len(text) if (r, c) in upright else len(self.wrapped(text, inner)))
            heights.append(most * self.SIZE * 1.2 + 6)
        tops = [self.y - sum(heights[:n]) for n in range(len(heights) + 1)]
        lefts = [40.0 + sum(widths[:n]) for n in range(len(widths) + 1)]
        for r, row in enumerate(table, 1):
            for c, text in enumerate(row, 1):
                if (r, c) in hidden:
                    continue
                bottom, right = ends.get((r, c), (r, c))
                self.canvas.rect(lefts[c - 1], tops[bottom], lefts[right] - lefts[c - 1], tops[r - 1] - tops[bottom])
                inner = lefts[right] - lefts[c - 1] - 6
                for n, line in enumerate(list(text) if (r, c) in upright else self.wrapped(text, inner), 1):
                    self.canvas.drawString(lefts[c - 1] + 3, tops[r - 1] - n * self.SIZE * 1.2 - 1, line)
        self.y = tops[-1] - self.SIZE

    def plain_table(self, table: Table, lefts: Sequence[float]) -> None:
        """Draw a table without lines."""
        for row in table:
            for text, x in zip(row, lefts, strict=True):
                self.canvas.drawString(x, self.y - self.SIZE, text)
            self.y -= 1.6 * self.SIZE

    def picture(self) -> None:
        from PIL import Image
        from reportlab.lib.utils import ImageReader

        self.canvas.drawImage(ImageReader(Image.new("RGB", (40, 40), (200, 30, 30))), 40, 40, 400, 400)

    def save(self) -> None:
        self.canvas.showPage()
        self.canvas.save()
