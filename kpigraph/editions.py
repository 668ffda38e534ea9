"""From a document's folder to its records: card, rows, corrections, cells, identity."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from kpigraph import corrections, identity, layouts, read, sources
from kpigraph.codelists import UnitCodelist
from kpigraph.model import Correction, Document, Edition
from kpigraph.problems import Problem, SourceError, raise_if_any
from kpigraph.registry import Registry


def load_documents(data: Path, problems: list[Problem]) -> list[Document]:
    """Return every document under `data`, older editions first; faults of all cards are raised together."""
    documents: list[Document] = []
    faults: list[Problem] = []
    for folder in sources.find_folders(data):
        try:
            documents.append(sources.load(folder, problems))
        except SourceError as e:
            faults += e.problems
    raise_if_any(faults)
    return sorted(documents, key=lambda d: (d.municipality, d.series, d.edition))


def read_cells(
    document: Document, units: UnitCodelist, problems: list[Problem]
) -> tuple[layouts.Reading, tuple[Correction, ...]]:
    """Return how every cell of `document` was read, with its corrections applied; problems are added to `problems`."""
    known = corrections.load(document)
    rows = corrections.apply(read.read(document), known, problems)
    reading = layouts.read_cells(document, rows, units)
    problems += reading.problems
    problems += _unread_without_reason(reading)
    return reading, known


def read_edition(document: Document, keys: Registry, units: UnitCodelist, problems: list[Problem]) -> Edition:
    """Return what `document` says as records; problems are added to `problems`."""
    try:
        reading, known = read_cells(document, units, problems)
    except SourceError as e:
        problems += e.problems
        reading, known = layouts.Reading(), ()
    edition = identity.identify(document, reading, known, keys, units, problems)
    return replace(edition, cells=len(reading.cells), unread_cells=len(reading.unread))


def _unread_without_reason(reading: layouts.Reading) -> Iterable[Problem]:
    """Yield an error for every unread cell that no problem names yet."""
    named = {p.at for p in reading.problems}
    header_missing = any(p.code == "header.missing" for p in reading.problems)
    for cell in reading.unread:
        if cell.cell.at not in named and not header_missing:
            yield Problem("cell.unread", cell.cell.at, cell.cell.printed, "-")
