"""The page of a document: its lines, each with what was made of it, what was put right, what to know of it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pyoxigraph import NamedNode

from kpigraph.comparison.asking import ask, told
from kpigraph.iris import row_place
from kpigraph.serve import around, printed, structured
from kpigraph.serve.cards import Cell
from kpigraph.serve.describe import Text, local, name, row_words
from kpigraph.serve.reports import findings_of
from kpigraph.serve.site import Page, Site, caption, page_of
from kpigraph.serve.texts import texts
from kpigraph.store import text

_LINKED = ("kpi:Statement", "kpi:Placement", "kpi:Conflict")


def edition(site: Site, s: NamedNode) -> Page:
    """The page of a document: its lines, each with what was made of it, and what was put right."""
    view, lang = site.view, site.lang
    sources = [f for f in view.subjects("dct:isPartOf", s) if "kpi:SourceFile" in view.types(f)]
    lines = _lines(site, s, _rows(site, sources))
    corrections = _of_class(site, f"?s kpi:edition <{s.value}>", "kpi:Correction")
    return Page(
        template="edition.html",
        title=view.in_language(s, "dct:title", lang) or site.label(s),
        iri=s,
        structured=structured.script(about) if (about := structured.edition(site, s)) else "",
        crumbs=tuple((site.label(n), site.href(n)) for n in view.things(s, "dct:publisher")),
        context={
            "description": view.in_language(s, "dct:description", lang),
            "publishers": view.things(s, "dct:publisher"),
            "strategies": view.things(s, "dct:isVersionOf"),
            "version": view.text(s, "dcat:version"),
            "files": [(f, view.text(f, "dct:title"), view.text(f, "kpi:encoding")) for f in sources],
            "lines": lines,
            "corrections": around.corrections(site, corrections),
            "warnings": _warnings(site, s),
        },
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """A row of a source: its number, sheet or page, text as printed, what was made of it, and what put it right."""

    iri: NamedNode
    order: int
    part: str
    text: str
    made: tuple[NamedNode, ...]
    corrections: tuple[NamedNode, ...]


def _rows(site: Site, files: Iterable[NamedNode]) -> Iterator[_Row]:
    """Yield the rows of `files`, in no order. Asked for all together: row by row, a page took seconds."""
    store = site.served.reader
    said = ("kpi:order", "kpi:part", "oa:hasSelector/oa:exact")
    for file in files:
        here = f"?s oa:hasSource <{file.value}>"
        made: dict[str, set[str]] = defaultdict(set)
        used: dict[str, set[str]] = defaultdict(set)
        for found, how in ((made, "prov:wasDerivedFrom"), (used, "prov:used")):
            for row in ask(store, ("s", "x"), here, f"?x {how} ?s"):
                found[text(row, "s")].add(text(row, "x"))
        for iri, values in told(store, {}, said, here).items():
            order, part, quote = (values.get(p, [""])[0] for p in said)
            yield _Row(
                iri=NamedNode(iri),
                order=int(order or 0),
                part=part,
                text=quote,
                made=tuple(map(NamedNode, sorted(made[iri]))),
                corrections=tuple(map(NamedNode, sorted(used[iri]))),
            )


def _lines(site: Site, edition: NamedNode, rows: Iterable[_Row]) -> list[dict[str, Any]]:
    """Return the lines as the template shows them. What was made of many of them is looked up once."""
    every = sorted(rows, key=lambda r: (r.order, r.iri.value))
    things = dict.fromkeys(n for row in every for n in row.made)
    kinds = printed.kinds_of(site, edition, things)
    printed.read_ahead(site, kinds)
    made = {n: printed.made(site, n, its) for n, its in kinds.items() if "kpi:PrintedReading" not in its}
    right = {c: printed.correction(site, c) for row in every for c in row.corrections}
    return [_line(site, row, [made[n] for n in row.made if n in made], right) for row in every]


def _line(
    site: Site, row: _Row, made: list[printed.Made], right: Mapping[NamedNode, tuple[Cell, ...]]
) -> dict[str, Any]:
    links: dict[str, Text] = {}
    for n in sorted(made, key=_rank):
        if not n.kinds.isdisjoint(_LINKED):
            links.setdefault(n.here, n.what)
    if not links:
        for n in made:
            links.setdefault(n.page, n.what)
    place = row_place(row.iri.value)
    corrections = [cell for c in sorted(row.corrections, key=lambda c: c.value) for cell in right[c]]
    return {
        "place": place,
        "shown": row_words(place, row.part, site.lang),
        "iri": row.iri,
        "cells": printed.cells(row.text, made, corrections),
        "links": [(label, href) for href, label in links.items()],
        "corrected": bool(row.corrections),
    }


def _rank(made: printed.Made) -> tuple[int, str]:
    kinds = made.kinds
    return (0 if "kpi:Placement" in kinds else 1 if "kpi:Listing" in kinds else 2, made.iri.value)


def _warnings(site: Site, edition: NamedNode) -> list[tuple[Text, str, list[tuple[Text, str]]]]:
    """Return what a reader should know of an edition: findings, conflicts, targets that cannot be computed."""
    view, store = site.view, site.served.reader
    found = [(Text(f.words, site.lang), "", [(f.what, f.href)]) for f in findings_of(site, edition)]
    of_it = f"?s kpi:edition <{edition.value}>"
    why = [
        (text(row, "s"), n, text(row, "why"))
        for n, p in enumerate(("kpi:ambiguity", "kpi:unresolvedReason"))
        for row in ask(store, ("s", "why"), of_it, f"?s {p} ?why")
    ]
    for iri, _, reason in sorted(set(why)):
        s = NamedNode(iri)
        words = texts(site.lang).get(f"reason_{local(reason)}")
        said = Text(words, site.lang) if words else site.label(NamedNode(reason))
        found.append((said, "", [(caption(site, s), site.href(page_of(site, s)))]))
    for s in _of_class(site, of_it, "kpi:Conflict"):
        both = view.things(s, "kpi:conflicting")
        values = " / ".join(view.text(b, "kpi:statedValue") for b in both)
        label = view.label(name("kpi:Conflict"), site.lang)
        found.append((label, values, [(caption(site, b), site.href(page_of(site, b))) for b in both[:1]]))
    return found


def _of_class(site: Site, pattern: str, kind: str) -> list[NamedNode]:
    """Return the things `?s` of `pattern` that are of a class, in order of their IRIs."""
    found = {text(row, "s") for row in ask(site.served.reader, ("s",), pattern, f"?s a {kind}")}
    return [NamedNode(iri) for iri in sorted(found)]
