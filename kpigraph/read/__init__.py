"""Readers: a function a format that yields rows of cells with their place, streams, and interprets nothing.

Text, CSV and JSON are read here; what needs a large library, or can be made to take any time or memory, is read by a
process with limits (`isolation`). To add a format: a module here, a line in `READERS`.
"""

from collections.abc import Iterable, Iterator
from typing import Protocol

from kpigraph import formats
from kpigraph.model import Document, Row
from kpigraph.problems import Problem, Severity, SourceError, SourceLocation
from kpigraph.read import delimited, isolation, objects, text
from kpigraph.read.isolation import Limits, release
from kpigraph.read.rows import RawRow, Read, build

__all__ = ["READERS", "Limits", "Reader", "read", "release"]


class Reader(Protocol):
    """Yields the rows of a document, blank ones too, in order."""

    def __call__(self, document: Document, limits: Limits) -> Read: ...


def _here(reader: "_Unlimited") -> Reader:
    def read(document: Document, limits: Limits) -> Read:
        return reader(document)

    return read


def _apart(kind: str) -> Reader:
    def read(document: Document, limits: Limits) -> Read:
        return isolation.read(kind, document.file, document.encoding, document.at, limits)

    return read


class _Unlimited(Protocol):
    def __call__(self, document: Document) -> Read: ...


READERS: dict[str, Reader] = {
    formats.TEXT: _here(text.read),
    formats.TSV: _here(delimited.read),
    formats.CSV: _here(delimited.read),
    formats.JSON: _here(objects.read),
    formats.XLSX: _apart("xlsx"),
    formats.ODS: _apart("ods"),
    formats.XLS: _apart("xls"),
    formats.HTML: _apart("webpage"),
    formats.PDF: _apart("pdf"),
}


def read(document: Document, problems: list[Problem], limits: Limits | None = None) -> Iterator[Row]:
    """Yield the rows of `document` by the reader of its media type; warnings are added to `problems`.

    Raises:
        SourceError: if no reader has this media type, the file cannot be read, such as one that is encrypted, or it has
            more cells than the limits allow, blank ones counted.
    """
    reader = READERS.get(document.media_type)
    if reader is None:
        expected = ", ".join(READERS)
        raise SourceError(Problem("card.field", document.at, f"document.media_type = {document.media_type}", expected))
    if not document.file.stat().st_size:
        raise SourceError(Problem("source.empty", document.at))
    limits = limits or Limits()
    yield from build(document.at.file, _rows(reader(document, limits), document.at, limits.cells, problems))


def _rows(items: Read, at: SourceLocation, most: int, problems: list[Problem]) -> Iterable[RawRow]:
    left = most
    for item in items:
        if isinstance(item, RawRow):
            left -= len(item.texts)
            if left < 0:
                place = at._replace(part=item.part, row=item.number, key=item.key)
                raise SourceError(Problem("source.too-large", place, f"> {most:,} cells", "KPIGRAPH_READ_CELLS"))
            yield item
        else:
            place = at._replace(part=item.part)
            problems.append(Problem(item.code, place, item.found, severity=Severity.WARNING))
