"""The document's table as a page: every cell in the colour of what it was read as, unread ones in red, doubts beside.

One file without scripts or anything from elsewhere, for `kpigraph inspect --format html`. No meaning is told by colour
alone: each cell names its part.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from html import escape
from itertools import groupby

from kpigraph.inspection import PARTS_JA, counted, meanings_of
from kpigraph.layouts import CellReading, Part, Reading
from kpigraph.model import Document
from kpigraph.problems import Problem, Severity, SourceLocation

_WIDEST = 60  # columns drawn; a table that is wider is a fault of its file
_COLOURS = {
    Part.HEADER: "#e4e7eb",
    Part.GOAL: "#c7d2fe",
    Part.DIRECTION: "#d7defc",
    Part.MEASURE: "#e6eaff",
    Part.INDICATOR: "#fde68a",
    Part.CATEGORY: "#fef3c7",
    Part.ROLE: "#ddd6fe",
    Part.PERIOD: "#cffafe",
    Part.VALUE: "#bbf7d0",
    Part.UNIT: "#d9f99d",
    Part.DEPARTMENT: "#fbcfe8",
    Part.RATING: "#fed7aa",
    Part.NOTE: "#f5f5f4",
    Part.NUMBER: "#f5f5f4",
    Part.CAPTION: "#fafaf9",
    Part.IGNORED: "#fafaf9",
    Part.SPARE_MARK: "#f5f5f4",
    Part.HIDDEN: "#e7e5e4",
    Part.UNREAD: "#fecaca",
}
_STYLE = """
:root { color-scheme: light }
body { font: 15px/1.5 system-ui, "Hiragino Sans", "Noto Sans CJK JP", "Yu Gothic", sans-serif; margin: 1.5rem }
h1 { font-size: 1.3rem } h2 { font-size: 1.05rem; margin-top: 2rem }
.scroll { overflow-x: auto } table { border-collapse: collapse; font-size: 13px }
td, th { border: 1px solid #a8a29e; padding: .2rem .4rem; vertical-align: top; max-width: 22rem; white-space: pre-wrap }
th { font-weight: normal; color: #57534e; background: #fff; text-align: right }
td small { display: block; color: #44403c; font-size: 10.5px }
td.hidden { color: #57534e; font-style: italic; border-style: dotted }
td.unread { outline: 3px solid #b91c1c; outline-offset: -3px } td.doubt { border: 2px dashed #b45309 }
.legend span, .piece { padding: 0 .3rem; border-radius: 3px } .legend { display: flex; flex-wrap: wrap; gap: .4rem }
li.error { color: #991b1b } li.warning { color: #78350f }
"""


def render(document: Document, reading: Reading, problems: Iterable[Problem], lang: str) -> str:
    """Return the page in `lang`, ja or en."""
    problems = sorted(problems, key=lambda p: (p.severity is not Severity.ERROR, p.at))
    return "\n".join([*_head(document, reading, lang), *_problems(problems, lang),
                      *_tables(reading, problems, lang), "</body></html>", ""])  # fmt: skip


def _head(document: Document, reading: Reading, lang: str) -> Iterator[str]:
    title = escape(f"{document.file.name}: {document.layout.kind}")
    parts = Counter(piece.part for cell in reading.cells for piece in cell.pieces)
    yield f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>{title}</title>'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield "<style>" + _STYLE + "".join(f".{part} {{ background: {colour} }}\n" for part, colour in _COLOURS.items())
    yield f"</style></head><body><h1>{title}</h1>"
    yield "<p>" + (
        f"{counted(reading)[0]}。指標 {len(reading.blocks)} 件。"
        if lang == "ja"
        else f"{counted(reading)[1]}. {len(reading.blocks)} indicators."
    ) + "</p>"  # fmt: skip
    legend = (f'<span class="{p}">{_name(p, lang)} {parts[p]}</span>' for p in Part if parts[p])
    yield '<p class="legend">' + "".join(legend) + "</p>"


def _problems(problems: list[Problem], lang: str) -> Iterator[str]:
    yield "<h2>" + ("問題" if lang == "ja" else "Problems") + f" ({len(problems)})</h2><ul>"
    for p in problems:
        anchor = f'<a href="#{_anchor(p.at)}">{escape(str(p.at))}</a>' if p.at.cell else escape(str(p.at))
        yield f'<li class="{p.severity}">{anchor}: {escape(p.sentence(lang))} <code>{p.code}</code></li>'
    yield "</ul>"


def _tables(reading: Reading, problems: Iterable[Problem], lang: str) -> Iterator[str]:
    meanings = meanings_of(reading, lang)
    doubts: dict[SourceLocation, list[str]] = defaultdict(list)
    for p in problems:
        doubts[p.at].append(p.sentence(lang))
    for _, part in groupby(reading.cells, key=lambda cell: cell.cell.at.key):
        cells = list(part)
        if cells[0].cell.at.part:
            yield f"<h2>{escape(cells[0].cell.at.part)}</h2>"
        columns = min(max(cell.cell.at.cell for cell in cells), _WIDEST)
        yield '<div class="scroll"><table>'
        for row, line in groupby(cells, key=lambda cell: cell.cell.at.row):
            by_column = {cell.cell.at.cell: cell for cell in line}
            yield f"<tr><th>{row}</th>"
            for number in [*range(1, columns + 1), *(n for n in by_column if n > columns)]:
                cell = by_column.get(number)
                yield _drawn(cell, meanings, doubts[cell.cell.at], lang) if cell else "<td></td>"
            yield "</tr>"
        yield "</table></div>"


def _drawn(cell: CellReading, meanings: dict[int, str], doubts: list[str], lang: str) -> str:
    """Return a cell with its text as printed and, below it, what each piece of it is."""
    said = []
    for piece in cell.pieces:
        share = f"{escape(piece.printed.strip())} = " if len(cell.pieces) > 1 else ""
        meaning = meanings.get(id(piece), "")
        shown = f": {escape(meaning)}" if meaning else ""
        said.append(f'<small class="{piece.part}">{share}{_name(piece.part, lang)}{shown}</small>')
    if cell.cell.corrected:
        said.insert(0, f"<small><ins>{escape(cell.cell.text)}</ins></small>")
    first = cell.pieces[0].part
    kinds = f"{first} {'doubt' if doubts and not cell.unread else ''}".strip()
    title = f' title="{escape(" / ".join(doubts))}"' if doubts else ""
    return f'<td id="{_anchor(cell.cell.at)}" class="{kinds}"{title}>{escape(cell.cell.printed)}{"".join(said)}</td>'


def _name(part: Part, lang: str) -> str:
    return PARTS_JA[part] if lang == "ja" else part.value


def _anchor(at: SourceLocation) -> str:
    return f"r{escape(at.place)}c{at.cell}"
