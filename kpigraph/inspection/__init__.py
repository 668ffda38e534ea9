"""How every cell of a document was read, for `kpigraph inspect`: a table for a terminal, JSON, CSV or a page."""

import csv
import io
import json

from kpigraph import iris
from kpigraph.formulas import safe
from kpigraph.layouts import CellReading, Part, Reading
from kpigraph.model import Quantity, StatedPeriod
from kpigraph.periods import period_label

COLUMNS = ("line", "cell", "printed", "part", "text", "reading")
PARTS_JA = {
    Part.HEADER: "見出し",
    Part.GOAL: "基本目標",
    Part.DIRECTION: "基本的方向",
    Part.MEASURE: "施策",
    Part.INDICATOR: "指標",
    Part.ROLE: "欄",
    Part.PERIOD: "期間",
    Part.VALUE: "値",
    Part.UNIT: "単位",
    Part.DEPARTMENT: "部署",
    Part.CATEGORY: "内訳",
    Part.NUMBER: "番号",
    Part.RATING: "自己評価",
    Part.NOTE: "注・備考",
    Part.CAPTION: "表の外の文",
    Part.IGNORED: "使わない",
    Part.SPARE_MARK: "余分な印",
    Part.HIDDEN: "隠れている",
    Part.UNREAD: "読めない",
}


def counted(reading: Reading) -> tuple[str, str]:
    """Return how many cells there are and what became of them, in Japanese and English: the parts make the whole."""
    held, unread, hidden = len(reading.cells), len(reading.unread), len(reading.hidden)
    read = held - unread - hidden
    ja, en = f"セル {held} = 読めた {read} + 読めない {unread}", f"{held} cells = {read} read + {unread} unread"
    return (f"{ja} + 隠れている {hidden}", f"{en} + {hidden} hidden") if hidden else (ja, en)


def render(reading: Reading, form: str, lang: str, *, wide: bool) -> str:
    """Return the cells of `reading` in order, one piece of a cell a line; `form` is table, json or csv."""
    meanings = meanings_of(reading, lang)
    rows = [row for cell in reading.cells for row in _rows(cell, meanings)]
    if form == "json":
        return json.dumps([dict(zip(COLUMNS, row, strict=True)) for row in rows], ensure_ascii=False, indent=1) + "\n"
    if form == "csv":
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerows([COLUMNS, *([safe(c) if isinstance(c, str) else c for c in row] for row in rows)])
        return text.getvalue()
    return _table(rows, lang, wide=wide)


def _rows(cell: CellReading, meanings: dict[int, str]) -> list[tuple[str | int, int, str, str, str, str]]:
    return [
        (
            piece.cell.at.shown if piece.cell.at.key else piece.cell.at.row,
            piece.cell.at.cell,
            piece.printed,
            piece.part.value,
            piece.text if piece.text != piece.printed else "",
            meanings.get(id(piece), ""),
        )
        for piece in cell.pieces
    ]


def meanings_of(reading: Reading, lang: str) -> dict[int, str]:
    """Return what was read in the pieces that mean more than their text, by identity of the piece."""
    meanings: dict[int, str] = {}
    for block in reading.blocks:
        if block.unit_piece is not None:
            meanings[id(block.unit_piece)] = block.unit.notation if block.unit else "-"
        for entry in block.entries:
            meanings[id(entry.period_piece)] = _period(entry.period, lang)
            meanings[id(entry.value_piece)] = _quantity(entry.quantity)
    for place in reading.places:
        for piece in place.pieces:
            said = (place.notation, place.label, "relisted" if place.relisted else "")
            meanings[id(piece)] = " | ".join(filter(None, said))
    return meanings


def _period(stated: StatedPeriod, lang: str) -> str:
    if stated.period is None or stated.aggregation is None:
        return "-"
    parts = [iris.period_id(stated.period), period_label(stated.period, lang), stated.aggregation.value]
    return " | ".join(parts)


def _quantity(q: Quantity) -> str:
    parts = [q.form.value]
    if q.value is not None:
        parts.append(f"{q.value:f}{q.unit}")
    if q.relative_change is not None:
        parts.append(f"x{1 + q.relative_change:f}")
    if q.absolute_change is not None:
        parts.append(f"{q.absolute_change:+f}{q.unit}")
    if q.minimum is not None and q.maximum is not None:
        parts.append(f"{q.minimum:f}..{q.maximum:f}{q.unit}")
    if q.numerator is not None and q.denominator is not None:
        parts.append(f"{q.numerator:f}/{q.denominator:f}{q.unit}")
    if q.former_text:
        parts.append(f"former: {q.former_text}" + (f" ({iris.period_id(q.revised)})" if q.revised else ""))
    if q.due:
        parts.append(f"due: {iris.period_id(q.due)}")
    if q.missing:
        parts.append(q.missing.value)
    if q.relative_to:
        parts.append(q.relative_to)
    if q.comparator.value != "exact":
        parts.append(q.comparator.value)
    return " | ".join(
        [
            *parts,
            *(["maintenance"] if q.maintenance else []),
            *(w for w in ("estimated", "provisional") if getattr(q, w)),
        ]
    )


def _table(rows: list[tuple[str | int, int, str, str, str, str]], lang: str, *, wide: bool) -> str:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    titles = ("行", "セル", "印字", "種類", "訂正後", "読み") if lang == "ja" else COLUMNS
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in titles:
        table.add_column(title, overflow="fold")
    for line, cell, printed, part, text, meaning in rows:
        name = PARTS_JA[Part(part)] if lang == "ja" else part
        style = "red" if part == Part.UNREAD else None
        table.add_row(*map(Text, (str(line), str(cell), printed, name, text, meaning)), style=style)
    out = io.StringIO()
    Console(file=out, force_terminal=wide, width=None if wide else 200).print(table)
    return out.getvalue()
