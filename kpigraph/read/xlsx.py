"""Workbooks of Office Open XML (.xlsx, .xlsm): every cell as the sheet shows it.

The XML is read as a stream with the parser of the standard library: libraries give values without what the sheet shows
for them (25% is 0.25, 2016/4/1 is 42461), or hold every cell in memory. Source: ECMA-376 Part 1, 18.2 to 18.8.
"""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from kpigraph.read import numbers
from kpigraph.read.archive import Inflated, ReadingError, feed, opened, parse, xml_parser
from kpigraph.read.merged import Area, Merged
from kpigraph.read.rows import RawRow

MAX_COLUMNS, MAX_ROWS = 16_384, 1_048_576
_MERGE = re.compile(rb"""<(?:\w+:)?mergeCell\b[^>]*?\bref=["']([A-Z]+)(\d+):([A-Z]+)(\d+)["']""")
_REFERENCE = re.compile("([A-Z]{1,3})([0-9]{1,7})")
_ZERO = re.compile(r"0+(\.0*)?")
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")


@dataclass(slots=True)
class Sheet:
    """A sheet of a workbook: its name, whether it is hidden, its member of the archive, hidden columns."""

    name: str
    hidden: bool
    member: str
    columns: list[tuple[int, int]] = field(default_factory=list)  # first and last of each run that is hidden

    def hidden_among(self, count: int) -> list[int]:
        """Return which of the first `count` columns are hidden."""
        return [n for first, last in self.columns for n in range(first, min(last, count) + 1)]


@dataclass(slots=True)
class _Workbook:
    sheets: list[Sheet] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    formats: list[str] = field(default_factory=list)
    since_1904: bool = False


def read(path: Path) -> Iterator[RawRow]:
    """Yield the rows of every sheet up to the last that holds anything, blank ones too."""
    with opened(path) as archive:
        book = _load(archive)
        for n, sheet in enumerate(book.sheets, 1):
            yield from _rows(archive, book, sheet, f"s{n}" if len(book.sheets) > 1 else "")


def sheets(path: Path) -> list[Sheet]:
    """Return the sheets of a workbook in their order."""
    with opened(path) as archive:
        return _workbook(archive).sheets


def has_images(path: Path) -> bool:
    with opened(path) as archive:
        return any(name.startswith("xl/media/") for name in archive.names)


def _load(archive: Inflated) -> _Workbook:
    book = _workbook(archive)
    if "xl/sharedStrings.xml" in archive.names:
        book.texts = _shared_texts(archive)
    if "xl/styles.xml" in archive.names:
        book.formats = _formats(archive)
    return book


def _relations(archive: Inflated, member: str, folder: str) -> dict[str, tuple[str, str]]:
    """Return type and target of the relations of a member, by their id."""
    found: dict[str, tuple[str, str]] = {}

    def start(name: str, a: dict[str, str]) -> None:
        if name == "Relationship":
            target = a.get("Target", "")
            path = posixpath.normpath(target if target.startswith("/") else f"{folder}/{target}").lstrip("/")
            found[a.get("Id", "")] = (a.get("Type", "").rpartition("/")[2], path)

    parse(archive.pieces(member), xml_parser(start, _ignore, _ignore), member)
    return found


def _ignore(_: str) -> None:
    return None


def _workbook(archive: Inflated) -> _Workbook:
    main = "xl/workbook.xml"
    if "_rels/.rels" in archive.names:
        documents = (t for kind, t in _relations(archive, "_rels/.rels", "").values() if kind == "officeDocument")
        main = next(documents, main)
    folder, _, file = main.rpartition("/")
    relations = _relations(archive, f"{folder}/_rels/{file}.rels", folder)
    book = _Workbook()

    def start(name: str, a: dict[str, str]) -> None:
        if name == "workbookPr":
            book.since_1904 = a.get("date1904", "") in ("1", "true")
        elif name == "sheet":
            relation = next((v for k, v in a.items() if k.rpartition(":")[2] == "id"), "")
            kind, member = relations.get(relation, ("", ""))
            if kind == "worksheet":  # a chart has a sheet without cells
                book.sheets.append(Sheet(a.get("name", ""), a.get("state", "visible") != "visible", member))

    parse(archive.pieces(main), xml_parser(start, _ignore, _ignore), main)
    return book


def _shared_texts(archive: Inflated) -> list[str]:
    """Return the table of texts; what is read aloud (rPh, furigana) is no part of a text."""
    texts: list[str] = []
    run: list[str] = []
    inside, aloud = False, 0

    def start(name: str, _: dict[str, str]) -> None:
        nonlocal inside, aloud
        if name == "si":
            run.clear()
        elif name == "rPh":
            aloud += 1
        elif name == "t":
            inside = not aloud

    def end(name: str) -> None:
        nonlocal inside, aloud
        if name == "si":
            texts.append(_unescaped("".join(run)))
        elif name == "rPh":
            aloud -= 1
        elif name == "t":
            inside = False

    def text(data: str) -> None:
        if inside:
            run.append(data)

    parse(archive.pieces("xl/sharedStrings.xml"), xml_parser(start, end, text), "xl/sharedStrings.xml")
    return texts


def _unescaped(text: str) -> str:
    """Return `text` with characters that XML cannot hold, written _x000D_, as themselves."""
    if "_x" not in text:
        return text
    return _ESCAPED.sub(lambda m: chr(int(m[1], 16)), text).replace("\r\n", "\n").replace("\r", "\n")


def _formats(archive: Inflated) -> list[str]:
    """Return the number format of every cell style, "" for General."""
    codes: dict[int, str] = {}
    used: list[int] = []
    inside = False

    def start(name: str, a: dict[str, str]) -> None:
        nonlocal inside
        if name == "numFmt" and "numFmtId" in a:
            codes[int(a["numFmtId"])] = a.get("formatCode", "")
        elif name == "cellXfs":
            inside = True
        elif name == "xf" and inside:
            used.append(int(a.get("numFmtId", "0")))

    def end(name: str) -> None:
        nonlocal inside
        if name == "cellXfs":
            inside = False

    parse(archive.pieces("xl/styles.xml"), xml_parser(start, end, _ignore), "xl/styles.xml")
    return [codes[n] if n in codes else numbers.built_in(n) for n in used]


def _merged(archive: Inflated, sheet: Sheet) -> Merged:
    """Return the merged areas of a sheet; they stand below its cells, so they are looked for first."""
    areas: list[Area] = []
    left, rest = archive.left, b""
    for piece in archive.pieces(sheet.member):
        data = rest + piece
        last = 0
        for m in _MERGE.finditer(data):
            areas.append(Area(int(m[2]), column_number(m[1].decode()), int(m[4]), column_number(m[3].decode())))
            last = m.end()
        rest = data[max(last, len(data) - 200) :]
    archive.left = left  # what is read again is counted once
    return Merged(areas)


def _is_zero(size: str) -> bool:
    """Tell whether a height or width is none: so programs hide rows and columns too."""
    return bool(_ZERO.fullmatch(size))


def column_number(letters: str) -> int:
    """Return the number of a column, 1 for A, 27 for AA."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


class _Cells:
    """What the parser of one sheet calls back; finished rows gather in `rows`."""

    def __init__(self, book: _Workbook, sheet: Sheet) -> None:
        self.book, self.sheet = book, sheet
        self.rows: list[tuple[int, bool, list[str]]] = []
        self._texts: list[str] = []
        self._number, self._hidden = 0, False
        self._column, self._kind, self._style = 0, "n", 0
        self._value: list[str] = []
        self._formula: list[str] | None = None
        self._into: list[str] | None = None
        self._aloud = 0

    def start(self, name: str, a: dict[str, str]) -> None:
        if name == "c":
            m = _REFERENCE.fullmatch(a.get("r", ""))
            self._column = column_number(m[1]) if m else self._column + 1
            self._kind, self._style = a.get("t", "n"), int(a.get("s", "0"))
            self._value, self._formula = [], None
        elif name == "v":
            self._into = self._value
        elif name == "t":
            self._into = None if self._aloud else self._value
        elif name == "rPh":
            self._aloud += 1
        elif name == "f":
            self._formula = self._into = []
        elif name == "row":
            self._number = int(a["r"]) if "r" in a else self._number + 1
            self._hidden = a.get("hidden", "") in ("1", "true") or _is_zero(a.get("ht", ""))
            self._texts, self._column = [], 0
        elif name == "col" and (a.get("hidden", "") in ("1", "true") or _is_zero(a.get("width", ""))):
            self.sheet.columns.append((int(a.get("min", "0")), int(a.get("max", "0"))))

    def end(self, name: str) -> None:
        if name in ("v", "t", "f"):
            self._into = None
        elif name == "c":
            text = self._text()
            if text:
                if self._column > MAX_COLUMNS:
                    raise ReadingError("source.damaged", f"column {self._column}", str(MAX_COLUMNS), self.sheet.name)
                self._texts += [""] * (self._column - len(self._texts))
                self._texts[self._column - 1] = text
        elif name == "rPh":
            self._aloud -= 1
        elif name == "row":
            self.rows.append((self._number, self._hidden, self._texts))

    def text(self, data: str) -> None:
        if self._into is not None:
            self._into.append(data)

    def _text(self) -> str:
        value = "".join(self._value)
        code = self.book.formats[self._style] if self._style < len(self.book.formats) else ""
        if not value:  # a formula that no program has worked out yet says nothing but itself
            return f"={''.join(self._formula)}" if self._formula is not None and self._kind != "str" else ""
        try:
            if self._kind == "s":
                return numbers.shown_text(self.book.texts[int(value)], code)
            if self._kind == "n":
                return numbers.shown(float(value), code, since_1904=self.book.since_1904)
        except (ValueError, IndexError):
            raise ReadingError("source.damaged", value, "", self.sheet.name, self._number) from None
        if self._kind == "b":
            return "TRUE" if value == "1" else "FALSE"
        return _unescaped(value) if self._kind in ("str", "inlineStr") else value


def _rows(archive: Inflated, book: _Workbook, sheet: Sheet, key: str) -> Iterator[RawRow]:
    merged = _merged(archive, sheet)
    cells = _Cells(book, sheet)
    parser = xml_parser(cells.start, cells.end, cells.text)
    last = 0
    for _ in feed(archive.pieces(sheet.member), parser, sheet.member):
        for number, hidden, texts in cells.rows:
            if not last < number <= MAX_ROWS:
                raise ReadingError("source.damaged", f"row {number}", f"row {last + 1}", sheet.name, last)
            if texts:
                yield from blank_rows(sheet, key, merged, last + 1, number)
                repeats = merged.fill(number, texts)
                dark = sheet.hidden_among(len(texts)) if sheet.columns else ()
                yield RawRow(sheet.name, key, number, texts, repeats, hidden or sheet.hidden, "", dark)
                last = number
        cells.rows.clear()


def blank_rows(sheet: Sheet, key: str, merged: Merged, first: int, end: int) -> Iterator[RawRow]:
    """Yield the rows from `first` to before `end`, which hold nothing but what they repeat."""
    for number in range(first, end):
        texts: list[str] = []
        repeats = merged.fill(number, texts)
        dark = sheet.hidden_among(len(texts)) if sheet.columns else ()
        yield RawRow(sheet.name, key, number, texts, repeats, sheet.hidden, "", dark)
