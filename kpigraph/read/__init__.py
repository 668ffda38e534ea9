"""Readers: a function a format that yields rows of cells with their place, streams, and interprets nothing."""

from collections.abc import Iterator
from typing import Protocol

from kpigraph.model import Document, Row
from kpigraph.problems import Problem, SourceError
from kpigraph.read import text


class Reader(Protocol):
    """Yields the rows of a document, blank ones too, in order."""

    def __call__(self, document: Document) -> Iterator[Row]: ...


READERS: dict[str, Reader] = {"text/plain": text.read, "text/tab-separated-values": text.read}


def read(document: Document) -> Iterator[Row]:
    """Yield the rows of `document` by the reader of its media type.

    Raises:
        SourceError: if no reader has this media type.
    """
    reader = READERS.get(document.media_type)
    if reader is None:
        expected = ", ".join(READERS)
        raise SourceError(Problem("card.field", document.at, f"document.media_type = {document.media_type}", expected))
    yield from reader(document)
