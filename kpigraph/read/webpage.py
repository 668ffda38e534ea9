"""Web pages: each table is a part, and so is the text around them, a block a row.

Source for spans, blanks and what is not shown: HTML Living Standard, 4.9 (tables), 15.3 (rendering).
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lxml import etree

from kpigraph.read.archive import ReadingError
from kpigraph.read.merged import Area, Merged
from kpigraph.read.rows import RawRow

_SKIPPED = {
    "title", "script", "style", "template", "noscript", "head", "svg", "math", "object", "iframe", "select", "textarea",
}  # fmt: skip
_INLINE = {
    "a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i", "ins", "kbd",
    "label", "mark", "nobr", "q", "ruby", "rb", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time",
    "tt", "u", "var", "wbr", "input", "img",
}  # fmt: skip
_ALOUD = {"rt", "rp"}  # how to read a word (ruby) is no part of it
_BLANKS = re.compile("[ \t\r\n\f]+")
_SPAN = re.compile(r"\s*\+?(\d{1,9})")
_MAX_SPAN, _MAX_DOWN = 1000, 65_534
_MAX_REPEATED = 500_000  # cells of one table that spans repeat: a few bytes can ask for any number
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*(hidden|collapse)")


def read(path: Path, encoding: str) -> Iterator[RawRow]:
    """Yield the rows of the page in its order: text before a table, the table, tables inside its cells, what follows.

    Raises:
        ReadingError: if the page holds no text.
    """
    parser = etree.HTMLParser(encoding=encoding, no_network=True, remove_comments=True, remove_pis=True, huge_tree=True)
    try:
        root = etree.parse(str(path), parser).getroot()
    except etree.XMLSyntaxError as e:
        raise ReadingError("source.damaged", str(e)) from None
    page = _Page()
    if root is not None:
        body = root.find("body")
        yield from page.blocks(body if body is not None else root)
    if not page.held:
        raise ReadingError("source.no-text", "HTML")


class _Page:
    """Walks a page; counts tables and lines of text."""

    def __init__(self) -> None:
        self.tables = 0
        self.lines = 0
        self.held = False

    def blocks(self, root: Any, *, hidden: bool = False) -> Iterator[RawRow]:
        """Yield a row for each block of text below `root`, and the rows of its tables where they stand."""
        run: list[str] = []
        # An explicit stack: how deep elements nest is up to the page. Entries are an element, or a closure to end one.
        stack: list[tuple[str, Any, bool]] = [("open", root, hidden)]
        while stack:
            what, node, dark = stack.pop()
            if what == "text":
                run.append(node)
                continue
            if what == "end":
                yield from self._text(run, hidden=dark)
                continue
            tag = node.tag if isinstance(node.tag, str) else ""
            if tag in _SKIPPED or tag in _ALOUD or not tag:
                continue
            dark = dark or _is_hidden(node)
            if tag == "br":
                yield from self._text(run, hidden=dark)
                continue
            if tag == "table":
                yield from self._text(run, hidden=dark)
                yield from self._table(node, hidden=dark)
                continue
            if tag not in _INLINE:
                yield from self._text(run, hidden=dark)
                stack.append(("end", None, dark))
            for child in reversed(node):
                if child.tail:
                    stack.append(("text", child.tail, dark))
                stack.append(("open", child, dark))
            if node.text:
                stack.append(("text", node.text, dark))
        yield from self._text(run, hidden=hidden)

    def _text(self, run: list[str], *, hidden: bool) -> Iterator[RawRow]:
        text = _BLANKS.sub(" ", "".join(run)).strip(" ")
        run.clear()
        if text.strip():
            self.lines += 1
            self.held = True
            yield RawRow("text", "x", self.lines, [text], {}, hidden)

    def _table(self, table: Any, *, hidden: bool) -> Iterator[RawRow]:
        for caption in table.iterchildren("caption"):
            yield from self.blocks(caption, hidden=hidden)
        self.tables += 1
        part, key = f"table {self.tables}", f"t{self.tables}"
        inner: list[Any] = []
        repeated = 0
        merged, taken = Merged(()), _Taken()
        for number, (row, rows_left) in enumerate(_rows_of(table), 1):
            texts: list[str] = []
            areas: list[Area] = []
            column, dark = 1, []
            for cell in row.iterchildren("td", "th"):
                column = taken.free(number, column)
                across = min(_span(cell, "colspan"), _MAX_SPAN)
                down = min(_span(cell, "rowspan") or rows_left, rows_left, _MAX_DOWN)
                texts += [""] * (column - 1 - len(texts))
                texts.append(_cell_text(cell, inner))
                if _is_hidden(cell):
                    dark.append(column)
                if across > 1 or down > 1:
                    texts += [""] * (across - 1)
                    areas.append(Area(number, column, number + down - 1, column + across - 1))
                    taken.add(areas[-1])
                column += across
            merged.add(areas)
            repeats = merged.fill(number, texts)
            self.held = self.held or any(map(str.strip, texts))
            repeated += len(repeats)
            if repeated > _MAX_REPEATED:
                raise ReadingError("source.too-large", f"> {_MAX_REPEATED:,}", "rowspan, colspan", part, number)
            yield RawRow(part, key, number, texts, repeats, hidden or _is_hidden(row), "", dark)
        for below in inner:
            yield from self._table(below, hidden=hidden)


class _Taken:
    """The places of a table that cells of rows above reach down into."""

    def __init__(self) -> None:
        self._areas: list[Area] = []
        self._row = 0

    def add(self, area: Area) -> None:
        if area.bottom > area.top:
            self._areas.append(area)

    def free(self, row: int, column: int) -> int:
        """Return the first column from `column` on that is free in `row`."""
        if row != self._row:
            self._row = row
            self._areas = sorted((a for a in self._areas if a.bottom >= row), key=lambda a: a.left)
        for area in self._areas:
            if area.left <= column <= area.right:
                column = area.right + 1
        return column


def _rows_of(table: Any) -> Iterator[tuple[Any, int]]:
    """Yield the rows of a table, none of tables inside it, with how many of its section are left, it included."""
    loose: list[Any] = []
    for child in table:
        if child.tag == "tr":
            loose.append(child)
        elif child.tag in ("thead", "tbody", "tfoot"):
            yield from ((r, len(loose) - n) for n, r in enumerate(loose))
            loose = []
            rows = list(child.iterchildren("tr"))
            yield from ((r, len(rows) - n) for n, r in enumerate(rows))
    yield from ((r, len(loose) - n) for n, r in enumerate(loose))


def _span(cell: Any, name: str) -> int:
    """Return a span as browsers do: 1 where it is no number; a rowspan of 0 goes to the end of the section."""
    stated = cell.get(name)
    if stated is None:
        return 1
    m = _SPAN.match(stated)
    number = int(m[1]) if m else 1
    return number or (0 if name == "rowspan" else 1)


def _is_hidden(element: Any) -> bool:
    return element.get("hidden") is not None or bool(_HIDDEN.search((element.get("style") or "").lower()))


def _cell_text(cell: Any, inner: list[Any]) -> str:
    """Return the text of a cell, a block a line; tables inside it are added to `inner` and are no part of it."""
    if not len(cell):
        return _BLANKS.sub(" ", cell.text or "").strip(" ")
    lines: list[list[str]] = [[]]
    stack: list[tuple[str, Any]] = [("open", cell)]
    while stack:
        what, node = stack.pop()
        if what == "text":
            lines[-1].append(node)
            continue
        if what == "end":
            lines.append([])
            continue
        tag = node.tag if isinstance(node.tag, str) else ""
        if tag in _SKIPPED or tag in _ALOUD or not tag or (node is not cell and _is_hidden(node)):
            continue
        if tag == "table":
            inner.append(node)
            lines.append([])
            continue
        if tag == "br":
            lines.append([])
            continue
        if tag not in _INLINE and node is not cell:
            lines.append([])
            stack.append(("end", None))
        for child in reversed(node):
            if child.tail:
                stack.append(("text", child.tail))
            stack.append(("open", child))
        if node.text:
            stack.append(("text", node.text))
    texts = (_BLANKS.sub(" ", "".join(line)).strip(" ") for line in lines)
    return "\n".join(t for t in texts if t)
