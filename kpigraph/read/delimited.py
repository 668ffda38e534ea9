"""Delimited text: commas, semicolons or tabs between the cells, quotes around those that hold such a mark or a line."""

import csv
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from kpigraph.model import Document
from kpigraph.problems import Problem, SourceError, SourceLocation
from kpigraph.read.rows import RawRow, Read

MAX_CELL = 1_000_000  # characters; a quote that is never closed would make the rest of the file one cell
_SAMPLE = 200  # records
_DELIMITERS = (",", "\t", ";", "|")


def read(document: Document) -> Read:
    """Yield one row a record, which quoted line breaks may spread over several lines.

    Raises:
        SourceError: if a quote is never closed, or a cell has more than `MAX_CELL` characters.
    """
    csv.field_size_limit(MAX_CELL)
    delimiter = document.source.delimiter or delimiter_of(document)
    taken: list[str] = []
    with document.file.open(encoding=document.encoding, newline="") as lines:
        records = csv.reader(_noted(lines, taken), delimiter=delimiter, strict=True)
        number = 0
        try:
            for number, texts in enumerate(records, 1):
                printed = "".join(taken).rstrip("\r\n")
                taken.clear()
                yield RawRow("", "", number, texts, printed=printed)
        except csv.Error as e:
            place = SourceLocation(file=document.at.file, row=number + 1)
            raise SourceError(Problem("source.damaged", place, f"{e}: {''.join(taken)[:80]}", '"…"')) from None


def delimiter_of(document: Document) -> str:
    """Return the mark that cuts the first records into the most even rows."""
    if document.media_type == "text/tab-separated-values":
        return "\t"
    best, best_score = ",", 0.0
    for delimiter in _DELIMITERS:
        with document.file.open(encoding=document.encoding, newline="") as lines:
            try:
                counts = [len(r) for r in islice(csv.reader(_noted(lines, []), delimiter=delimiter), _SAMPLE) if r]
            except csv.Error:
                continue
        (usual, often) = Counter(counts).most_common(1)[0] if counts else (1, 0)
        score = often / len(counts) * (usual - 1) ** 0.25 if usual > 1 else 0.0
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _noted(lines: Iterator[str], taken: list[str]) -> Iterator[str]:
    """Yield `lines` without a byte order mark; each is noted, so that a record's own text is at hand."""
    for n, line in enumerate(lines):
        text = line.removeprefix("\ufeff") if not n else line
        taken.append(text)
        yield text
