"""The pages about the publication: vocabulary, shapes, catalogue, validation, downloads, queries, errors."""

from collections.abc import Iterable
from typing import Any

from pyoxigraph import Literal, NamedNode, Triple

from kpigraph.prefixes import NS, SHAPES
from kpigraph.serve.describe import Text, View, compact, name
from kpigraph.serve.reports import findings, validation_report
from kpigraph.serve.site import Page, Site
from kpigraph.serve.texts import texts


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
    manifest = site.served.manifest
    listed = manifest.get("files", {})
    groups: dict[str, list[dict[str, Any]]] = {"dumps": [], "tables": [], "other_files": []}
    for file in sorted(site.served.files):
        if (path := site.served.file(file)) is None:
            continue
        group = "dumps" if file.startswith("kpigraph.") else "tables" if ".csv" in file else "other_files"
        entry = listed.get(file, {}) if isinstance(listed, dict) else {}
        groups[group].append({"name": file, "size": path.stat().st_size, "sha256": entry.get("sha256", "")})
    return Page(
        template="downloads.html",
        title=site.say("nav_downloads"),
        context={"groups": groups, "version": site.served.version, "built_at": manifest.get("built_at", "")},
    )


def validation(site: Site) -> Page:
    """The page of the SHACL report and of what was noticed while reading."""
    report = validation_report(site)
    return Page(
        template="validation.html",
        title=site.say("nav_validation"),
        context={"report": report, "findings": findings(site)},
    )


def sparql(site: Site, query: str, examples: Iterable[dict[str, Any]], **context: Any) -> Page:
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
