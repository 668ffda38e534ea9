"""From a document's folder to its records: card, rows, corrections, cells, identity."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kpigraph import corrections, identity, layouts, read, sources
from kpigraph.codelists import UnitCodelist
from kpigraph.model import Correction, Document, Edition, Row
from kpigraph.problems import Problem, Severity, SourceError, raise_if_any
from kpigraph.registry import Registry, age
from kpigraph.text import NOT_XML, compact


def load_documents(data: Path, problems: list[Problem], *, needed: bool = True) -> list[Document]:
    """Return every document under `data`, older editions first; faults of all cards are raised together.

    Where one is `needed`, so is the fault that there is none.
    """
    documents: list[Document] = []
    faults: list[Problem] = []
    for folder in sources.find_folders(data, needed=needed):
        try:
            documents.append(sources.load(folder, problems))
        except SourceError as e:
            faults += e.problems
    raise_if_any(faults)
    return sorted(documents, key=place_in_order)


def place_in_order(document: Document) -> tuple[str, str, tuple[str, str], str]:
    """Return what documents are sorted by: municipality, series, then the older edition first."""
    return document.municipality, document.series, age(document.edition), document.edition


def read_cells(
    document: Document, units: UnitCodelist, problems: list[Problem], limits: read.Limits | None = None
) -> tuple[layouts.Reading, tuple[Correction, ...]]:
    """Return how every cell of `document` was read, with its corrections applied; problems are added to `problems`."""
    known = corrections.load(document)
    units = units.called(document.layout.unit_words, document.at)
    rows = corrections.apply(_without_controls(read.read(document, problems, limits), problems), known, problems)
    reading = layouts.read_cells(document, rows, units)
    problems += _seen(document, reading, [*reading.problems, *_unread_without_reason(reading)])
    return reading, corrections.located(known, reading.rows)


@dataclass(frozen=True, slots=True)
class Cells:
    """How the cells of a document were read, its corrections, its words for units, and the problems met on the way.

    `groups` are the indicators that it lists.
    """

    reading: layouts.Reading
    corrections: tuple[Correction, ...]
    units: UnitCodelist
    problems: tuple[Problem, ...]
    groups: tuple[identity.Group, ...] = ()


def cells_of(document: Document, units: UnitCodelist, limits: read.Limits | None = None) -> Cells:
    """Return how every cell of `document` was read; what cannot be read at all is among the problems."""
    problems: list[Problem] = []
    try:
        reading, known = read_cells(document, units, problems, limits)
    except SourceError as e:
        return Cells(layouts.Reading(), (), units, (*problems, *e.problems))
    called = units.called(document.layout.unit_words, document.at)
    return Cells(reading, known, called, tuple(problems), identity.groups_of(document, reading))


def keys_of(document: Document, cells: Cells, registry: Registry) -> identity.Keys:
    """Return the keys of what the `cells` of `document` speak of in `registry`, which mints what it lacks."""
    return identity.keys_of(document, cells.reading.places, cells.groups, registry)


def identified(document: Document, cells: Cells, keys: identity.Keys, problems: list[Problem]) -> Edition:
    """Return what the `cells` of `document` say as records; the problems of both steps are added to `problems`."""
    problems += cells.problems
    reading = cells.reading
    edition = identity.records(document, reading, cells.corrections, cells.groups, keys, cells.units, problems)
    return replace(edition, cells=len(reading.cells) - len(reading.hidden), unread_cells=len(reading.unread))


def read_edition(
    document: Document,
    registry: Registry,
    units: UnitCodelist,
    problems: list[Problem],
    limits: read.Limits | None = None,
) -> Edition:
    """Return what `document` says as records; problems are added to `problems`."""
    cells = cells_of(document, units, limits)
    return identified(document, cells, keys_of(document, cells, registry), problems)


def with_current_names(read: Iterable[Edition]) -> list[Edition]:
    """Return the editions with one name for each lasting thing: the one its newest edition gives; the rest beside it.

    SKOS allows a concept one preferred label a language, in all graphs together. What an edition itself calls a thing
    stays in its listings and placements. A municipality and a strategy are called what the newest card calls them.
    """
    editions = sorted(read, key=lambda e: age(f"{e.document.series}/{e.document.edition}"))
    names: dict[tuple[str, str, str], dict[str, None]] = {}
    municipalities: dict[str, dict[str, str]] = {}
    strategies: dict[tuple[str, str], dict[str, str]] = {}
    for edition in editions:
        document = edition.document
        municipalities[document.municipality] = document.municipality_names
        strategies[document.municipality, document.series] = document.series_labels
        for kind, key, label in _named(edition):
            known = names.setdefault((document.municipality, kind, key), {})
            known.pop(label, None)
            known[label] = None  # the newest comes last

    def of(code: str, kind: str, key: str) -> dict[str, Any]:
        *others, label = names[code, kind, key]
        return {"label": label, "also_named": frozenset(others)}

    renamed = []
    for e in read:
        d, code = e.document, e.document.municipality
        renamed.append(
            replace(
                e,
                document=replace(d, municipality_names=municipalities[code], series_labels=strategies[code, d.series]),
                elements=tuple(replace(x, **of(code, x.level.value, x.key)) for x in e.elements),
                departments=tuple(replace(x, **of(code, "dept", x.key)) for x in e.departments),
                indicators=tuple(replace(x, **of(code, "kpi", x.key)) for x in e.indicators),
            )
        )
    return renamed


def previous_editions(documents: Iterable[Document]) -> dict[tuple[str, str, str], str]:
    """Return the key of the edition before each that has one, by municipality, series and edition.

    `documents` are in the order of `load_documents`.
    """
    previous: dict[tuple[str, str, str], str] = {}
    newest: dict[tuple[str, str], str] = {}
    for d in documents:
        if (before := newest.get((d.municipality, d.series))) is not None:
            previous[d.municipality, d.series, d.edition] = before
        newest[d.municipality, d.series] = d.edition
    return previous


def _named(edition: Edition) -> Iterator[tuple[str, str, str]]:
    """Yield kind, key and name of every lasting thing of `edition`."""
    for element in edition.elements:
        yield element.level.value, element.key, element.label
    for department in edition.departments:
        yield "dept", department.key, department.label
    for indicator in edition.indicators:
        yield "kpi", indicator.key, indicator.label


def _without_controls(rows: Iterable[Row], problems: list[Problem]) -> Iterator[Row]:
    """Yield `rows`; a character that no XML can hold is an error in `problems`, with its cell."""
    for row in rows:
        problems += (
            Problem("text.control", cell.at, cell.printed) for cell in row.cells if NOT_XML.search(cell.printed)
        )
        yield row


def _seen(document: Document, reading: layouts.Reading, problems: list[Problem]) -> Iterator[Problem]:
    """Yield `problems`; of an unread cell that the card leaves unread there is a warning in their place.

    A text that is left unread and stands in no unread cell is an error: the card is out of date.
    """
    wanted = {compact(text): text for text in document.layout.leave_unread}
    left = {cell.cell.at: cell.cell for cell in reading.unread if compact(cell.cell.text) in wanted}
    yield from (p for p in problems if p.at not in left)
    for at, cell in left.items():
        yield Problem("cell.left-unread", at, cell.printed, severity=Severity.WARNING)
    for text in sorted(wanted.keys() - {compact(cell.text) for cell in left.values()}):
        found = f"layout.leave_unread = {wanted[text]!r}"
        yield Problem("card.field", document.at, found, "the text of an unread cell")


def _unread_without_reason(reading: layouts.Reading) -> Iterable[Problem]:
    """Yield an error for every unread cell that no problem names yet."""
    named = {p.at for p in reading.problems}
    header_missing = any(p.code == "header.missing" for p in reading.problems)
    for cell in reading.unread:
        if cell.cell.at not in named and not header_missing:
            yield Problem("cell.unread", cell.cell.at, cell.cell.printed, "-")
