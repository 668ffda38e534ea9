"""A printed line cell by cell, each linked to what was made of it: an element, indicator, period, value, unit …"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pyoxigraph import NamedNode

from kpigraph.serve import around
from kpigraph.serve.cards import Cell
from kpigraph.serve.describe import Text
from kpigraph.serve.site import Site, caption, page_of

_STATED = (("kpi:statedPeriod", "sd:refPeriod"), ("kpi:statedUnit", "kpi:unit"))
_KINDS = ("kpi:Conflict", "kpi:Listing", "kpi:Placement", "kpi:Statement")
_READ = {
    "kpi:Statement": ("kpi:indicator", "kpi:role", "kpi:statedValue", *(p for both in _STATED for p in both)),
    "kpi:Placement": ("kpi:indicator", "kpi:places", "skos:notation", "kpi:statedLabel"),
    "kpi:Listing": ("kpi:indicator", "kpi:statedLabel", "kpi:department"),
}


@dataclass(frozen=True, slots=True)
class Made:
    """What was made of lines: of what kind it is, what to call it, the page that says most of it, the place there.

    `role` is where a statement stands among those of its line, 0 for what is none. `says` are cells that state
    something of it, each with a text as `_key` has it.
    """

    iri: NamedNode
    kinds: frozenset[str]
    what: Text
    page: str
    here: str
    role: int
    says: tuple[Cell, ...]


def kinds_of(site: Site, edition: NamedNode, things: Iterable[NamedNode]) -> dict[NamedNode, frozenset[str]]:
    """Return of what kind each of `things` is, made of lines of `edition`: what matters here, else all its classes."""
    known = {s: frozenset((kind,)) for kind in _KINDS for s in site.view.of_class(kind, "kpi:edition", edition)}
    return {s: known.get(s) or site.view.types(s) for s in things}


def read_ahead(site: Site, kinds: Mapping[NamedNode, frozenset[str]]) -> None:
    """Read at once what `made` asks of all things that are of these kinds."""
    view = site.view
    of = {kind: [s for s, its in kinds.items() if kind in its] for kind in _READ}
    for kind, properties in _READ.items():
        view.together(of[kind], *properties)
    meant = ((kind, p) for kind, properties in _READ.items() for p in ("kpi:indicator", "kpi:places", "kpi:department")
             if p in properties)  # fmt: skip
    named = [view.thing(s, p) for kind, p in meant for s in of[kind]]
    view.together((s for s in named if s is not None), "skos:prefLabel", "dct:title", "dct:description")


def made(site: Site, s: NamedNode, kinds: frozenset[str]) -> Made:
    """Return how a page shows a thing of these kinds that was made of a line."""
    view = site.view
    what, page = caption(site, s, kinds), site.href(page_of(site, s))
    here = f"{page}#{around.local_id(s)}"
    statement = "kpi:Statement" in kinds
    says: list[Cell] = []
    if statement:
        says.append(Cell(view.text(s, "kpi:statedValue"), here, what))
        for stated, meant in _STATED:
            if (thing := view.thing(s, meant)) is not None:
                says.append(Cell(view.text(s, stated), site.href(thing), site.label(thing)))
    elif "kpi:Placement" in kinds:
        says.append(Cell(view.text(s, "kpi:statedLabel"), here, what))
    elif "kpi:Listing" in kinds:
        says.append(Cell(view.text(s, "kpi:statedLabel"), page, what))
        for department in view.things(s, "kpi:department"):
            label = site.label(department)
            says.append(Cell(str(label), site.href(department), label))
    role = site.shelf.role_order(s) if statement else 0
    return Made(s, kinds, what, page, here, role, tuple(_known(says)))


def correction(site: Site, s: NamedNode) -> tuple[Cell, ...]:
    """Return the cell that a correction is about."""
    return tuple(_known([Cell(site.view.text(s, "kpi:originalText"), f"#{around.local_id(s)}", caption(site, s))]))


def _known(says: Iterable[Cell]) -> Iterator[Cell]:
    for cell in says:
        if key := _key(cell.text):
            yield Cell(key, cell.href, cell.what)


def cells(line: str, made: Iterable[Made], corrections: Iterable[Cell]) -> list[Cell]:
    """Return the cells of `line`, which is as printed, with tabs between them.

    `made` was made of the line, `corrections` put it right. A cell that says none of what these state, such as the
    word for a role, belongs to the value of its line where there is just one.
    """
    known: dict[str, list[Cell]] = {}
    statements = []
    for cell in corrections:
        known.setdefault(cell.text, []).append(cell)
    for thing in sorted(made, key=lambda m: (m.role, m.iri.value)):
        if "kpi:Statement" in thing.kinds:
            statements.append(Cell("", thing.here, thing.what))
        for cell in thing.says:
            known.setdefault(cell.text, []).append(cell)
    found = []
    for text in line.split("\t"):
        key = _key(text)
        fits = known.get(key, [])
        if not fits and key and len(statements) == 1:
            fits = statements
        cell = (fits.pop(0) if len(fits) > 1 else fits[0]) if fits else Cell("")
        found.append(Cell(text, cell.href, cell.what))
    return found


def _key(text: str) -> str:
    return "".join(text.split())
