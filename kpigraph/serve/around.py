"""What several pages show around their subject: what is above it, what was put right in it."""

from collections.abc import Iterable
from typing import Any

from pyoxigraph import NamedNode

from kpigraph.prefixes import CODE
from kpigraph.serve.describe import Text
from kpigraph.serve.site import Site, caption, page_of

_SHARED = CODE + "indicator/"


def above(site: Site, places: Iterable[NamedNode]) -> list[NamedNode]:
    """Return the plan elements over the first of `places`, the highest first."""
    found: list[NamedNode] = []
    place = next(iter(places), None)
    while place is not None and len(found) < 10:
        place = site.view.thing(place, "kpi:under")
        if place is not None and (element := site.view.thing(place, "kpi:places")) is not None:
            found.insert(0, element)
    return found


def crumbs(site: Site, s: NamedNode, *above: NamedNode) -> tuple[tuple[Text, str], ...]:
    municipality = site.view.thing(s, "kpi:municipality") or site.view.thing(s, "org:unitOf")
    steps = [n for n in (municipality, *above) if n is not None]
    return tuple((site.label(n), site.href(n)) for n in steps)


def corrections(site: Site, corrections: Iterable[NamedNode]) -> list[dict[str, Any]]:
    view, lang = site.view, site.lang
    found = []
    for s in sorted(corrections, key=lambda s: s.value):
        rows = view.things(s, "prov:used")
        touched = view.things(s, "kpi:corrects")
        found.append(
            {
                "iri": s,
                "was": view.text(s, "kpi:originalText"),
                "now": view.text(s, "kpi:correctedText"),
                "note": view.in_language(s, "skos:note", lang),
                "evidence": view.in_language(s, "kpi:evidence", lang),
                "lines": sorted((site.shelf.line(r) for r in rows), key=lambda x: x.order),
                "what": [(caption(site, n), site.href(page_of(site, n))) for n in touched],
            }
        )
    return sorted(found, key=lambda c: min((line.order for line in c["lines"]), default=0))


def local_id(iri: NamedNode) -> str:
    """Return the anchor of a thing on a page."""
    return iri.value.rstrip("/").rsplit("/", 1)[-1]


def comparison(s: NamedNode) -> str:
    """Return the address of the comparison by a shared indicator, "" for any other thing."""
    notation = s.value.removeprefix(_SHARED)
    return f"/compare/{notation}" if notation != s.value and "/" not in notation else ""
