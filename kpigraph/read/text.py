"""Text with tabs between the cells, such as a PDF's table gives when its text is taken out."""

from collections.abc import Iterator

from kpigraph.model import Cell, Document, Row
from kpigraph.problems import SourceLocation


def read(document: Document) -> Iterator[Row]:
    """Yield one row a line, cut at tabs.

    What parts lines and pages belongs to no cell: line ends (LF, CRLF, CR), form feeds before and after a line, where
    a page of a PDF ends, and a byte order mark.
    """
    file = document.at.file
    with document.file.open(encoding=document.encoding) as lines:
        for number, line in enumerate(lines, 1):
            printed = line.removeprefix("\ufeff" if number == 1 else "").rstrip("\n").strip("\f")
            cells = tuple(
                Cell(SourceLocation(file=file, row=number, cell=column), text, text)
                for column, text in enumerate(printed.split("\t"), 1)
            )
            yield Row(SourceLocation(file=file, row=number), cells, printed)
