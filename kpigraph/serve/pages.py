"""The pages of things: one function a kind of thing, each giving a template what it shows.

To add a page: a function here, a template beside it and, for a class of things, a line in `PAGES`.
"""

from collections.abc import Callable, Iterable
from typing import Any

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from kpigraph.prefixes import PREFIXES
from kpigraph.serve import around, structured
from kpigraph.serve.cards import Branch
from kpigraph.serve.describe import Description, Text, compact, is_part, name
from kpigraph.serve.edition_page import edition
from kpigraph.serve.figures import PLACE, of_municipality
from kpigraph.serve.indicator_page import indicator
from kpigraph.serve.overviews import overview
from kpigraph.serve.site import Page, Site, caption
from kpigraph.serve.texts import texts
from kpigraph.store import text

_SHOWN = 100  # values of one property on the page of any thing
_EDITIONS = 20  # documents on the front page


def home(site: Site) -> Page:
    view, t = site.view, texts(site.lang)
    municipalities = len(site.served.standings.counts("municipality", {}))
    shown = overview(site, {}, ("municipality" if municipalities > 1 else "goal",))
    counts = [
        (t[key], _count(site, kind))
        for key, kind in (
            ("goals", "kpi:Goal"),
            ("measures", "kpi:Measure"),
            ("indicators", "kpi:Indicator"),
            ("statements", "kpi:Statement"),
            ("corrections", "kpi:Correction"),
        )
    ]
    editions = sorted(view.subjects("rdf:type", name("kpi:Edition")), key=lambda e: e.value)
    return Page(
        template="home.html",
        title=site.say("site"),
        structured=structured.script(about) if (about := structured.catalog(site)) else "",
        context={
            "overview": shown,
            "several": municipalities > 1,
            "counts": counts,
            "editions": editions[:_EDITIONS],
            "more_editions": max(0, len(editions) - _EDITIONS),
        },
    )


def _count(site: Site, kind: str) -> int:
    """Return how many things of a class there are; the engine counts half a million in less time than we read them."""
    store = site.served.reader
    what = "*" if store.united else "DISTINCT ?s"  # of several default graphs a thing may stand in each
    (row,) = store.select(f"SELECT (COUNT({what}) AS ?n) WHERE {{ ?s a {kind} }}")
    return int(text(row, "n"))


def municipality(site: Site, s: NamedNode) -> Page:
    view = site.view
    shown = overview(site, {"municipality": s}, ("goal", "department"))
    branches = _tree(site, s)
    departments = sorted((d for d in view.subjects("org:unitOf", s)), key=lambda d: d.value)
    published = sorted(view.subjects("dct:publisher", s), key=lambda e: e.value)
    labels = view.objects(s, "skos:prefLabel")
    return Page(
        template="municipality.html",
        title=site.label(s),
        iri=s,
        context={
            "branches": branches,
            "overview": shown,
            "departments": departments,
            "strategies": [e for e in published if "kpi:Strategy" in view.types(e)],
            "editions": [e for e in published if "kpi:Edition" in view.types(e)],
            "code": view.text(s, "org:identifier"),
            "kana": next((o.value for o in labels if isinstance(o, Literal) and o.language == "ja-hrkt"), ""),
            "prefecture": view.in_language(s, "kpi:prefectureName", site.lang),
        },
    )


def strategy(site: Site, s: NamedNode) -> Page:
    """The page of a strategy: its tree as the current edition has it, how it stands, its editions."""
    view = site.view
    shown = overview(site, {"strategy": s}, ("goal", "department"))
    owner = view.thing(s, "dct:publisher") or view.thing(s, "kpi:municipality")
    editions = [e for e in view.subjects("dct:isVersionOf", s) if "kpi:Edition" in view.types(e)]
    return Page(
        template="strategy.html",
        title=site.label(s),
        iri=s,
        crumbs=((site.label(owner), site.href(owner)),) if owner else (),
        context={
            "branches": _tree(site, owner, s) if owner else [],
            "overview": shown,
            "editions": sorted(editions, key=lambda e: e.value),
        },
    )


def _tree(site: Site, municipality: NamedNode, strategy: NamedNode | None = None) -> list[Branch]:
    """Return what stands at the top of the plans of a municipality, or of one strategy, each with all under it."""
    view = site.view
    kinds = ("kpi:Goal", "kpi:BasicDirection", "kpi:Measure")
    elements = [s for kind in kinds for s in of_municipality(view, municipality, kind)]
    placed = view.referring("kpi:Placement", "kpi:places", elements)
    places = [place for s in elements for place in placed[s]]
    view.together(places, "kpi:under", "kpi:edition", *PLACE)
    tops = [place for place in places if view.thing(place, "kpi:under") is None]
    if strategy is not None:
        tops = [p for p in tops if view.thing(view.thing(p, "kpi:edition"), "dct:isVersionOf") == strategy]
    return site.shelf.branches(tops)


def element(site: Site, s: NamedNode) -> Page:
    """The page of a goal, basic direction or measure."""
    view, shelf = site.view, site.shelf
    kinds = view.types(s)
    kind = "goal" if "kpi:Goal" in kinds else "direction" if "kpi:BasicDirection" in kinds else "measure"
    placed = shelf.places(s)
    branches = {p: branch for p in placed for branch in shelf.branches((p,))}
    places = [_place(site, p, branch) for p, branch in branches.items()]
    below = {"goal": ("direction", "department"), "direction": ("measure", "department"), "measure": ("department",)}
    shown = overview(site, {kind: s}, below[kind])
    cards = {iri: card for p in places for iri, card in p["branch"].indicators().items()}
    return Page(
        template="element.html",
        title=site.label(s),
        iri=s,
        crumbs=around.crumbs(site, s, *around.above(site, placed[:1])),
        context={
            "kind": kind,
            "places": places,
            "total": len(cards),
            "overview": shown,
        },
    )


def _place(site: Site, place: NamedNode, branch: Branch) -> dict[str, Any]:
    stated = site.view.text(place, "kpi:statedLabel")
    lines = site.shelf.lines(place)
    return {
        "id": around.local_id(place),
        "branch": branch,
        "above": around.above(site, [place]),
        "stated": stated,
        "lines": lines,
    }


def department(site: Site, s: NamedNode) -> Page:
    indicators = site.view.of_class("kpi:Indicator", "kpi:department", s)
    shown = overview(site, {"department": s}, ("goal",))
    site.shelf.ahead(indicators)
    cards = [site.shelf.card(i) for i in indicators]
    return Page(
        template="department.html",
        title=site.label(s),
        iri=s,
        crumbs=around.crumbs(site, s),
        context={
            "items": sorted(cards, key=lambda c: str(c.label)),
            "overview": shown,
        },
    )


PAGES: dict[str, Callable[[Site, NamedNode], Page]] = {
    "kpi:Municipality": municipality,
    "kpi:Strategy": strategy,
    "kpi:Goal": element,
    "kpi:BasicDirection": element,
    "kpi:Measure": element,
    "kpi:Indicator": indicator,
    "org:OrganizationalUnit": department,
    "kpi:Edition": edition,
}


def has_own(site: Site, s: NamedNode) -> bool:
    """Whether `s` is of a class that has a page of its own."""
    return not PAGES.keys().isdisjoint(site.view.types(s))


def thing(site: Site, description: Description) -> Page:
    """The page of anything: the one of its class, else its properties and what refers to it."""
    s = description.subject
    kinds = site.view.types(s)
    for kind, page in PAGES.items():
        if kind in kinds:
            return page(site, s)
    parts = dict.fromkeys(t.object for t in description.outgoing if is_part(t.object, s))
    sections = [
        {
            "id": part.value.rpartition("#")[2] if isinstance(part, NamedNode) else "",
            "label": caption(site, part) if isinstance(part, NamedNode) else Text(""),
            "rows": rows,
        }
        for part in parts
        if (rows := _property_rows(site, description.outgoing, part))
    ]
    referring: dict[str, dict[str, Any]] = {}
    for triple in description.incoming:
        if triple.object != s:
            continue
        entry = referring.setdefault(
            triple.predicate.value, {"label": site.label(triple.predicate), "values": [], "more": 0}
        )
        if len(entry["values"]) < _SHOWN and isinstance(triple.subject, NamedNode):
            entry["values"].append(_value_link(site, triple.subject))
        else:
            entry["more"] += 1
    return Page(
        template="thing.html",
        title=caption(site, s),
        iri=s,
        crumbs=_thing_crumbs(site, s),
        context={
            "compare": around.comparison(s) if "kpi:SharedIndicator" in kinds else "",
            "kinds": [site.label(k) for k in site.view.things(s, "rdf:type")],
            "rows": _property_rows(site, description.outgoing, s),
            "sections": sections,
            "referring": list(referring.values()),
            "complete": description.complete,
            "limit": len(description.incoming),
        },
    )


def _thing_crumbs(site: Site, s: NamedNode) -> tuple[tuple[Text, str], ...]:
    above = [site.view.thing(s, p) for p in ("kpi:municipality", "dct:publisher", "kpi:edition", "dct:isPartOf")]
    steps = [n for n in above if n is not None]
    if scheme := site.view.thing(s, "skos:inScheme"):
        steps.append(scheme)
    if about := site.view.thing(s, "kpi:indicator"):
        steps.append(about)
    return tuple((site.label(n), site.href(n)) for n in steps)


def _property_rows(site: Site, triples: Iterable[Triple], s: NamedNode | BlankNode) -> list[dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = {}
    triples = [t for t in triples if t.subject == s]
    said = {t.predicate for t in triples if _language(t) == site.lang}  # what the reader's language has is not repeated
    for triple in triples:
        if triple.predicate in said and _language(triple) in {"ja", "en"} - {site.lang}:
            continue
        row = rows.setdefault(
            triple.predicate.value,
            {
                "label": site.label(triple.predicate),
                "term": compact(triple.predicate.value),
                "href": site.href(triple.predicate),
                "values": [],
                "more": 0,
            },
        )
        if len(row["values"]) >= _SHOWN:
            row["more"] += 1
        elif isinstance(triple.object, NamedNode):
            row["values"].append(_value_link(site, triple.object))
        elif isinstance(triple.object, Literal):
            row["values"].append((_literal(site, triple.object), ""))
    return list(rows.values())


def _language(triple: Triple) -> str:
    return (triple.object.language or "") if isinstance(triple.object, Literal) else ""


def _literal(site: Site, literal: Literal) -> Text:
    t = texts(site.lang)
    if literal.datatype.value == PREFIXES["xsd"] + "boolean":
        return Text(t["yes"] if literal.value == "true" else t["no"], site.lang)
    return Text(literal.value, literal.language or "")


def _value_link(site: Site, s: NamedNode) -> tuple[Text, str]:
    return caption(site, s), site.href(s)
