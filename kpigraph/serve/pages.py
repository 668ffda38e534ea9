"""The pages for people: one function a kind of thing, each giving a template what it shows.

To add a page: a function here, a template beside it and, for a class of things, a line in `PAGES`.
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import jinja2
from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from kpigraph.prefixes import CODE, NS, PREFIXES, SHAPES
from kpigraph.serve import chart
from kpigraph.serve.describe import Description, Text, View, by_order, compact, local, name
from kpigraph.serve.figures import STATUSES, Line, Shelf, of_municipality
from kpigraph.serve.negotiate import THING_FORMS
from kpigraph.serve.served import Served
from kpigraph.serve.texts import term, texts

_TEMPLATES = Path(__file__).with_name("templates")
_SHOWN = 100  # values of one property on the page of any thing
_VOCABULARY_HOME = NS.removesuffix("ns#")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a template is to show. `crumbs` lead to the page, each a label and an address."""

    template: str
    title: Text
    context: dict[str, Any] = field(default_factory=dict)
    crumbs: tuple[tuple[Text, str], ...] = ()
    iri: NamedNode | None = None


class Site:
    """One release in one language, as pages see it."""

    def __init__(self, release: Served, base: str, lang: str) -> None:
        self.release, self.base, self.lang = release, base, lang
        self.view = View(release)
        self.shelf = Shelf(self.view, lang)

    def href(self, iri: NamedNode) -> str:
        """Return where a page links to for `iri`: a path on this host for what is ours, else the IRI itself.

        "" for what is no web address; nothing else may become a link.
        """
        return address(iri.value, self.base)

    def line_href(self, line: Line) -> str:
        return self.href(line.edition or line.iri) + f"#L{line.number}"

    def label(self, iri: NamedNode) -> Text:
        return self.view.label(iri, self.lang)

    def say(self, key: str) -> Text:
        return Text(texts(self.lang)[key], self.lang)


def address(iri: str, base: str) -> str:
    """Return the path or the web address that shows `iri`, "" if there is none."""
    if iri.startswith(base + "id/"):
        return "/doc/" + quote(iri[len(base) + 3 :], safe="/-._~")
    if iri.startswith(NS):
        return "/ns#" + quote(iri[len(NS) :], safe="-._~")
    if iri.startswith(SHAPES):
        return "/shapes#" + quote(iri[len(SHAPES) :], safe="-._~")
    if iri.startswith(CODE):
        return "/code/" + quote(iri[len(CODE) :], safe="/-._~")
    for home in (base, _VOCABULARY_HOME):
        rest = iri.removeprefix(home)
        if rest != iri and rest.split("/", 1)[0] in ("ns", "shapes", "catalog", "validation", "sparql", "download"):
            return "/" + quote(rest, safe="/-._~")
    return iri if urlsplit(iri).scheme in ("http", "https") else ""


class Renderer:
    """Renders pages with the templates, every text escaped."""

    def __init__(self) -> None:
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(_TEMPLATES),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.style = (_TEMPLATES / "style.css").read_bytes()
        self.style_name = f"style-{hashlib.sha256(self.style).hexdigest()[:12]}.css"

    def render(self, page: Page, lang: str, path: str, site: Site | None) -> bytes:
        """Return `page` as HTML. `path` is its own address, for the language switch; `site` is None before a release."""
        t = texts(lang)
        template = self._environment.get_template(page.template)
        return template.render(
            page=page,
            t=t,
            lang=lang,
            other="en" if lang == "ja" else "ja",
            path=path,
            site=site,
            style=f"/assets/{self.style_name}",
            forms=THING_FORMS,
            **page.context,
        ).encode()


def home(site: Site) -> Page:
    view, t = site.view, texts(site.lang)
    municipalities = []
    for s in sorted(view.subjects("rdf:type", name("kpi:Municipality")), key=lambda s: s.value):
        tally = site.shelf.tally(s)
        municipalities.append({"iri": s, "label": site.label(s), "tally": tally, "total": sum(tally.values())})
    counts = [
        (t[key], sum(1 for _ in view.triples(None, name("rdf:type"), name(kind))))
        for key, kind in (
            ("goals", "kpi:Goal"),
            ("measures", "kpi:Measure"),
            ("indicators", "kpi:Indicator"),
            ("statements", "kpi:Statement"),
            ("corrections", "kpi:Correction"),
        )
    ]
    editions = view.subjects("rdf:type", name("kpi:Edition"))
    return Page(
        template="home.html",
        title=site.say("site"),
        context={"municipalities": municipalities, "counts": counts, "statuses": STATUSES, "editions": editions},
    )


def municipality(site: Site, s: NamedNode) -> Page:
    view, shelf = site.view, site.shelf
    tally = shelf.tally(s)
    goals = [p for g in of_municipality(view, s, "kpi:Goal") for p in shelf.places(g)]
    branches = [b for b in map(shelf.branch, by_order(view, goals)) if b is not None]
    departments = sorted((d for d in view.subjects("org:unitOf", s)), key=lambda d: d.value)
    editions = [e for e in view.subjects("dct:publisher", s) if "kpi:Edition" in view.types(e)]
    return Page(
        template="municipality.html",
        title=site.label(s),
        iri=s,
        context={
            "branches": branches,
            "tally": tally,
            "total": sum(tally.values()),
            "statuses": STATUSES,
            "departments": departments,
            "editions": sorted(editions, key=lambda e: e.value),
            "code": view.text(s, "org:identifier"),
        },
    )


def element(site: Site, s: NamedNode) -> Page:
    """The page of a goal, basic direction or measure."""
    view, shelf = site.view, site.shelf
    kinds = view.types(s)
    kind = "goal" if "kpi:Goal" in kinds else "direction" if "kpi:BasicDirection" in kinds else "measure"
    places = [p for p in (_place(site, p) for p in shelf.places(s)) if p is not None]
    cards = {iri: card for p in places for iri, card in p["branch"].indicators().items()}
    return Page(
        template="element.html",
        title=site.label(s),
        iri=s,
        crumbs=_crumbs(site, s, *_above(site, shelf.places(s)[:1])),
        context={"kind": kind, "places": places, "total": len(cards)},
    )


def _place(site: Site, place: NamedNode) -> dict[str, Any] | None:
    branch = site.shelf.branch(place)
    if branch is None:
        return None
    stated = site.view.text(place, "kpi:statedLabel")
    lines = site.shelf.lines(place)
    return {"branch": branch, "above": _above(site, [place]), "stated": stated, "lines": lines}


def _above(site: Site, places: Iterable[NamedNode]) -> list[NamedNode]:
    """Return the plan elements over the first of `places`, the highest first."""
    found: list[NamedNode] = []
    place = next(iter(places), None)
    while place is not None and len(found) < 10:
        place = site.view.thing(place, "kpi:under")
        if place is not None and (element := site.view.thing(place, "kpi:places")) is not None:
            found.insert(0, element)
    return found


def _crumbs(site: Site, s: NamedNode, *above: NamedNode) -> tuple[tuple[Text, str], ...]:
    municipality = site.view.thing(s, "kpi:municipality") or site.view.thing(s, "org:unitOf")
    steps = [n for n in (municipality, *above) if n is not None]
    return tuple((site.label(n), site.href(n)) for n in steps)


def indicator(site: Site, s: NamedNode) -> Page:
    view, shelf = site.view, site.shelf
    figures = shelf.figures(s)
    listings = []
    for listing in by_order(view, [n for n in view.subjects("kpi:indicator", s) if "kpi:Listing" in view.types(n)]):
        place = view.thing(listing, "kpi:placement")
        measure = view.thing(listing, "kpi:underMeasure")
        above = _above(site, [place]) if place else []
        listings.append(
            {
                "iri": listing,
                "way": [*above, *([measure] if measure else [])],
                "relisted": view.text(listing, "kpi:relisted") == "true" or view.text(place, "kpi:relistMarker") == "true",
                "stated": view.text(listing, "kpi:statedLabel"),
                "lines": shelf.lines(listing),
            }
        )
    touched = [f.iri for f in figures] + [listing["iri"] for listing in listings]
    return Page(
        template="indicator.html",
        title=site.label(s),
        iri=s,
        crumbs=_crumbs(site, s, *(listings[0]["way"] if listings else ())),
        context={
            "figures": figures,
            "judgement": shelf.judgement(s),
            "chart": chart.draw(figures),
            "listings": listings,
            "departments": view.things(s, "kpi:department"),
            "corrections": _corrections(site, {c for n in touched for c in view.subjects("kpi:corrects", n)}),
            "unit": next((f.unit for f in reversed(figures) if f.unit), None),
        },
    )


def _corrections(site: Site, corrections: Iterable[NamedNode]) -> list[dict[str, Any]]:
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
                "lines": sorted((site.shelf.line(r) for r in rows), key=lambda x: x.number),
                "what": [(caption(site, n), site.href(_page_of(site, n))) for n in touched],
            }
        )
    return found


def caption(site: Site, s: NamedNode) -> Text:
    """Return what to call a thing that has no label of its own, such as a statement: its role and its indicator."""
    view, t = site.view, texts(site.lang)
    kinds = view.types(s)
    about = view.thing(s, "kpi:indicator") or view.thing(s, "kpi:places") or view.thing(s, "kpi:resolves")
    if "kpi:Statement" in kinds and about:
        role = local((view.thing(s, "kpi:role") or s).value)
        return _join(t.get(f"role_{role}", role), site.label(about), site.lang)
    if "kpi:Listing" in kinds and about:
        return _join(t["indicator"], site.label(about), site.lang)
    if "kpi:Placement" in kinds and about:
        text = site.label(about)
        return Text(f"{view.text(s, 'skos:notation')} {text}".strip(), text.lang)
    if "kpi:Correction" in kinds:
        return Text(f"{t['correction']}: {view.text(s, 'kpi:originalText')} → {view.text(s, 'kpi:correctedText')}")
    if "kpi:Assessment" in kinds and about:
        return _join(t["status"], site.label(about), site.lang)
    if order := view.text(s, "kpi:order") if "kpi:SourceRow" in kinds else "":
        return Text(t["line"].format(number=order), site.lang)
    return site.label(s)


def _join(kind: str, label: Text, lang: str) -> Text:
    return Text(f"{kind}: {label}" if lang == "en" else f"{kind}：{label}", label.lang)


def _page_of(site: Site, s: NamedNode) -> NamedNode:
    """Return the thing whose page says most of `s`: the indicator of a statement, the element of a placement."""
    return site.view.thing(s, "kpi:indicator") or site.view.thing(s, "kpi:places") or s


def department(site: Site, s: NamedNode) -> Page:
    indicators = [i for i in site.view.subjects("kpi:department", s) if "kpi:Indicator" in site.view.types(i)]
    cards = [site.shelf.card(i) for i in sorted(indicators, key=lambda i: i.value)]
    return Page(
        template="department.html",
        title=site.label(s),
        iri=s,
        crumbs=_crumbs(site, s),
        context={"cards": sorted(cards, key=lambda c: str(c.label))},
    )


def edition(site: Site, s: NamedNode) -> Page:
    """The page of a document: its lines, each with what was made of it, and what was put right."""
    view, lang = site.view, site.lang
    sources = [f for f in view.subjects("dct:isPartOf", s) if "kpi:SourceFile" in view.types(f)]
    rows = [r for f in sources for r in view.subjects("oa:hasSource", f)]
    lines = []
    for row in by_order(view, rows):
        made = [n for n in view.subjects("prov:wasDerivedFrom", row) if "kpi:PrintedReading" not in view.types(n)]
        links: dict[str, Text] = {}
        for n in sorted(made, key=lambda n: _rank(view, n)):
            kinds = view.types(n)
            if "kpi:Statement" in kinds or "kpi:Placement" in kinds or "kpi:Conflict" in kinds:
                links.setdefault(site.href(_page_of(site, n)) + f"#{local_id(n)}", caption(site, n))
        if not links:
            for n in made:
                links.setdefault(site.href(_page_of(site, n)), caption(site, n))
        quotes = (view.text(q, "oa:exact") for q in view.things(row, "oa:hasSelector"))
        lines.append(
            {
                "number": view.text(row, "kpi:order"),
                "iri": row,
                "text": next((q for q in quotes if q), ""),
                "links": [(label, href) for href, label in links.items()],
                "corrected": bool(view.subjects("prov:used", row)),
            }
        )
    corrections = [c for c in view.subjects("kpi:edition", s) if "kpi:Correction" in view.types(c)]
    return Page(
        template="edition.html",
        title=view.in_language(s, "dct:title", lang) or site.label(s),
        iri=s,
        crumbs=tuple((site.label(n), site.href(n)) for n in view.things(s, "dct:publisher")),
        context={
            "description": view.in_language(s, "dct:description", lang),
            "publishers": view.things(s, "dct:publisher"),
            "strategies": view.things(s, "dct:isVersionOf"),
            "version": view.text(s, "dcat:version"),
            "files": [(f, view.text(f, "dct:title"), view.text(f, "kpi:encoding")) for f in sources],
            "lines": lines,
            "corrections": _corrections(site, corrections),
            "warnings": _warnings(site, s),
        },
    )


def _rank(view: View, s: NamedNode) -> tuple[int, str]:
    kinds = view.types(s)
    return (0 if "kpi:Placement" in kinds else 1 if "kpi:Listing" in kinds else 2, s.value)


def local_id(iri: NamedNode) -> str:
    """Return the anchor of a thing on a page."""
    return iri.value.rstrip("/").rsplit("/", 1)[-1]


def _warnings(site: Site, edition: NamedNode) -> list[tuple[Text, str, list[tuple[Text, str]]]]:
    """Return what a reader should know of an edition: conflicts, ambiguous targets and those that cannot be computed."""
    view = site.view
    found = []
    for s in sorted(view.subjects("kpi:edition", edition), key=lambda s: s.value):
        for p in ("kpi:ambiguity", "kpi:unresolvedReason"):
            for reason in view.things(s, p):
                words = texts(site.lang).get(f"reason_{local(reason.value)}")
                said = Text(words, site.lang) if words else site.label(reason)
                found.append((said, "", [(caption(site, s), site.href(_page_of(site, s)))]))
        if "kpi:Conflict" in view.types(s):
            both = view.things(s, "kpi:conflicting")
            values = " / ".join(view.text(b, "kpi:statedValue") for b in both)
            label = view.label(name("kpi:Conflict"), site.lang)
            found.append((label, values, [(caption(site, b), site.href(_page_of(site, b))) for b in both[:1]]))
    return found


PAGES: dict[str, Callable[[Site, NamedNode], Page]] = {
    "kpi:Municipality": municipality,
    "kpi:Goal": element,
    "kpi:BasicDirection": element,
    "kpi:Measure": element,
    "kpi:Indicator": indicator,
    "org:OrganizationalUnit": department,
    "kpi:Edition": edition,
}


def thing(site: Site, description: Description) -> Page:
    """The page of anything: the one of its class, else its properties and what refers to it."""
    s = description.subject
    kinds = site.view.types(s)
    for kind, page in PAGES.items():
        if kind in kinds:
            return page(site, s)
    sections = [_property_rows(site, description.outgoing, s)]
    for node in [t.object for t in description.outgoing if isinstance(t.object, BlankNode)]:
        sections.append(_property_rows(site, description.outgoing, node))
    referring: dict[str, dict[str, Any]] = {}
    for triple in description.incoming:
        entry = referring.setdefault(
            triple.predicate.value, {"label": property_label(site, triple.predicate), "values": [], "more": 0}
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
            "kinds": [site.label(k) for k in site.view.things(s, "rdf:type")],
            "sections": [section for section in sections if section],
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
    for triple in triples:
        if triple.subject != s:
            continue
        row = rows.setdefault(
            triple.predicate.value,
            {
                "label": property_label(site, triple.predicate),
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


def _literal(site: Site, literal: Literal) -> Text:
    t = texts(site.lang)
    if literal.datatype.value == PREFIXES["xsd"] + "boolean":
        return Text(t["yes"] if literal.value == "true" else t["no"], site.lang)
    return Text(literal.value, literal.language or "")


def _value_link(site: Site, s: NamedNode) -> tuple[Text, str]:
    return caption(site, s), site.href(s)


def property_label(site: Site, predicate: NamedNode) -> Text:
    """Return a property's label in the reader's language: ours by the graph, others' by `texts.TERMS`."""
    short = compact(predicate.value)
    if known := term(short, site.lang):
        return Text(known, site.lang)
    return site.label(predicate)


def vocabulary(site: Site) -> Page:
    """The page of the ontology: every term with its labels and definition."""
    view = site.view
    groups: dict[str, list[dict[str, Any]]] = {"classes": [], "relations": [], "individuals": []}
    for s in own_terms(view):
        kinds = view.types(s)
        group = (
            "classes"
            if kinds & {"owl:Class", "rdfs:Class"}
            else "relations"
            if any(k.endswith("Property") for k in kinds)
            else "individuals"
        )
        definition = view.in_language(s, "skos:definition", site.lang) or view.in_language(s, "rdfs:comment", site.lang)
        groups[group].append(
            {"id": s.value[len(NS) :], "label": site.label(s), "definition": definition, "term": compact(s.value)}
        )
    schemes = [
        {"label": site.label(c), "href": site.href(c), "iri": c}
        for c in sorted(view.subjects("rdf:type", name("skos:ConceptScheme")), key=lambda c: c.value)
    ]
    return Page(
        template="vocabulary.html",
        title=site.say("nav_vocabulary"),
        context={"groups": groups, "schemes": schemes, "namespace": NS},
    )


def own_terms(view: View) -> list[NamedNode]:
    """Return the terms of our ontology that the release defines."""
    kinds = ("owl:Class", "rdfs:Class", "owl:ObjectProperty", "owl:DatatypeProperty", "rdf:Property", "rdfs:Datatype")
    found = {s for k in kinds for s in view.subjects("rdf:type", name(k))}
    found |= set(view.subjects("rdfs:isDefinedBy", NamedNode(NS.removesuffix("#"))))
    found |= set(view.subjects("rdf:type", name("qb:DataStructureDefinition")))
    return sorted((s for s in found if s.value.startswith(NS)), key=lambda s: s.value.lower())


def code_index(site: Site) -> Page:
    page = vocabulary(site)
    empty: dict[str, list[dict[str, Any]]] = {"classes": [], "relations": [], "individuals": []}
    return Page(template="vocabulary.html", title=site.say("code_lists"), context=page.context | {"groups": empty})


def shapes(site: Site, triples: Iterable[Triple]) -> Page:
    """The page of the shapes: each with its messages."""
    messages: dict[str, list[Literal]] = {}
    severity: dict[str, str] = {}
    for triple in triples:
        if not isinstance(triple.subject, NamedNode) or not triple.subject.value.startswith(SHAPES):
            continue
        if triple.predicate == name("sh:message") and isinstance(triple.object, Literal):
            messages.setdefault(triple.subject.value, []).append(triple.object)
        if triple.predicate == name("sh:severity") and isinstance(triple.object, NamedNode):
            severity[triple.subject.value] = triple.object.value.rsplit("#", 1)[-1]
    rows = []
    for iri, found in sorted(messages.items()):
        best = min(found, key=lambda o: (o.language != site.lang, o.value))
        rows.append(
            {
                "id": iri[len(SHAPES) :],
                "message": Text(best.value, best.language or ""),
                "severity": severity.get(iri, "Violation"),
            }
        )
    return Page(template="shapes.html", title=site.say("shapes"), context={"rows": rows})


def catalog(site: Site) -> Page:
    view, lang = site.view, site.lang
    datasets = []
    for s in sorted(view.subjects("rdf:type", name("dcat:Dataset")), key=lambda s: s.value):
        files = [(site.label(d), _download(site, d)) for d in view.things(s, "dcat:distribution")]
        datasets.append(
            {
                "iri": s,
                "title": view.in_language(s, "dct:title", lang) or site.label(s),
                "description": view.in_language(s, "dct:description", lang),
                "files": files,
            }
        )
    return Page(template="catalog.html", title=site.say("nav_catalog"), context={"datasets": datasets})


def _download(site: Site, distribution: NamedNode) -> str:
    target = site.view.thing(distribution, "dcat:downloadURL") or distribution
    return site.href(target)


def downloads(site: Site) -> Page:
    manifest = site.release.manifest
    listed = manifest.get("files", {})
    groups: dict[str, list[dict[str, Any]]] = {"dumps": [], "tables": [], "other_files": []}
    for file in sorted(site.release.files):
        if (path := site.release.file(file)) is None:
            continue
        group = "dumps" if file.startswith("kpigraph.") else "tables" if ".csv" in file else "other_files"
        entry = listed.get(file, {}) if isinstance(listed, dict) else {}
        groups[group].append({"name": file, "size": path.stat().st_size, "sha256": entry.get("sha256", "")})
    return Page(
        template="downloads.html",
        title=site.say("nav_downloads"),
        context={"groups": groups, "version": site.release.version, "built_at": manifest.get("built_at", "")},
    )


def validation(site: Site) -> Page:
    """The page of the SHACL report, from validation.json."""
    report: dict[str, Any] = {}
    if path := site.release.file("validation.json"):
        try:
            report = json.loads(path.read_text("utf-8"))
        except ValueError:
            report = {}
    return Page(
        template="validation.html",
        title=site.say("nav_validation"),
        context={"report": report, "results": report.get("results", []), "problems": report.get("problems", [])},
    )


def sparql(site: Site, query: str, examples: Iterable[dict[str, Any]], **context: Any) -> Page:  # noqa: ANN401
    """The query form, with an answer or a fault where there is one."""
    shown: dict[str, Any] = {"query": query, "examples": list(examples), "fault": None, "table": None, "graph": None}
    return Page(template="sparql.html", title=Text("SPARQL"), context=shown | {"boolean": None} | context)


def error(lang: str, status: int, detail: str = "", links: Iterable[tuple[Text, str]] = ()) -> Page:
    t = texts(lang)
    key = f"error_{status}" if f"error_{status}" in t else "error_500"
    return Page(
        template="error.html",
        title=Text(t[key], lang),
        context={"status": status, "words": t[f"{key}_words"], "detail": detail, "links": list(links)},
    )
