"""The pages about the publication: shapes, catalogue, validation, downloads, queries, errors."""

from collections.abc import Iterable
from typing import Any

from pyoxigraph import NamedNode

from kpigraph.prefixes import CODE
from kpigraph.serve import structured
from kpigraph.serve.describe import Text, name
from kpigraph.serve.figures import STATUSES
from kpigraph.serve.reports import found, measurements, validation_report
from kpigraph.serve.rules import SEVERITIES, rules
from kpigraph.serve.site import Page, Site
from kpigraph.serve.texts import texts

_LISTED = 100  # documents and datasets on a page; all are in the catalogue's files
_WAYS = (
    ("/id/…", "", "thing"),
    ("/doc/…", "", "doc"),
    ("/search", "/search", "search"),
    ("/compare", "/compare", "compare"),
    ("/sparql", "/sparql", "sparql"),
    ("/openapi.json", "/openapi.json", "openapi"),
    ("/api/indicators", "/api/indicators", "indicators"),
    ("/reconcile", "/reconcile/help", "reconcile"),
    ("/download", "/download", "download"),
    ("/catalog", "/catalog", "catalog"),
    ("/.well-known/void", "/.well-known/void", "void"),
    ("/ns", "/ns", "ns"),
    ("/code", "/code", "code"),
    ("/shapes", "/shapes", "shapes"),
    ("/validation", "/validation", "validation"),
    ("/embed/…", "", "embed"),
    ("/releases.atom", "/releases.atom", "feed"),
    ("/sitemap.xml", "/sitemap.xml", "sitemap"),
)


def about(site: Site) -> Page:
    """The page about the site: how documents are read and judged, the ways to the data, whose documents these are."""
    view, t, manifest = site.view, texts(site.lang), site.served.manifest
    documents = []
    editions = sorted(view.subjects("rdf:type", name("kpi:Edition")), key=lambda s: s.value)
    listed = editions[:_LISTED]
    view.together(listed, "skos:prefLabel", "rdfs:label", "dct:title", "dct:publisher")
    datasets = view.referring("dcat:Dataset", "dct:isPartOf", listed)
    view.together((d for its in datasets.values() for d in its), "dct:license")
    publishers = (p for s in listed for p in view.things(s, "dct:publisher"))
    view.together(publishers, "skos:prefLabel")
    for s in listed:
        licences = sorted({x for d in datasets[s] for x in view.things(d, "dct:license")}, key=lambda x: x.value)
        documents.append((s, view.things(s, "dct:publisher"), licences))
    released = site.served.folder is not None
    return Page(
        template="about.html",
        title=site.say("about"),
        context={
            "statuses": STATUSES,
            "reasons": [words for key, words in t.items() if key.startswith("reason_")],
            "methods": sorted(view.subjects("skos:inScheme", NamedNode(f"{CODE}method")), key=lambda m: m.value),
            "ways": [
                (shown, href, t[f"way_{key}"]) for shown, href, key in _WAYS if released or href != "/releases.atom"
            ],
            "documents": documents,
            "more": max(len(editions) - _LISTED, 0),
            "version": site.served.version,
            "built_at": manifest.get("built_at", ""),
            "program": f"kpigraph {manifest.get('versions', {}).get('kpigraph', '')}",
        },
    )


def shapes(site: Site) -> Page:
    """The page of the shapes: each with its message."""
    rows = [
        {"id": r.name, "message": Text(r.messages[site.lang], site.lang), "severity": r.severity}
        for r in rules().values()
    ]
    return Page(template="shapes.html", title=site.say("shapes"), context={"rows": rows})


def catalog(site: Site) -> Page:
    view, lang = site.view, site.lang
    datasets = []
    every = sorted(view.subjects("rdf:type", name("dcat:Dataset")), key=lambda s: s.value)
    for s in every[:_LISTED]:
        files = [(site.label(d), _download(site, d)) for d in view.things(s, "dcat:distribution")]
        datasets.append(
            {
                "iri": s,
                "title": view.in_language(s, "dct:title", lang) or site.label(s),
                "description": view.in_language(s, "dct:description", lang),
                "files": files,
            }
        )
    described = structured.catalog(site)
    return Page(
        template="catalog.html",
        title=site.say("nav_catalog"),
        context={"datasets": datasets, "more": max(len(every) - _LISTED, 0)},
        structured=structured.script(described) if described else "",
    )


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
        group = (
            "dumps"
            if file.startswith("kpigraph.")
            else "tables"
            if ".csv" in file or file.endswith(".tsv")
            else "other_files"
        )
        entry = listed.get(file, {}) if isinstance(listed, dict) else {}
        groups[group].append({"name": file, "size": path.stat().st_size, "sha256": entry.get("sha256", "")})
    for file, size in site.served.inflated.items():
        groups["dumps" if file.startswith("kpigraph.") else "tables"].append({"name": file, "size": size, "sha256": ""})
    for files in groups.values():
        files.sort(key=lambda f: str(f["name"]))
    return Page(
        template="downloads.html",
        title=site.say("nav_downloads"),
        context={"groups": groups, "version": site.served.version, "built_at": manifest.get("built_at", "")},
    )


def validation(site: Site) -> Page:
    """The page of the SHACL report and of what was noticed while reading, by severity and rule, with the quality."""
    report = validation_report(site)
    everything, (measured, unmeasured) = found(site, report), measurements(site)
    return Page(
        template="validation.html",
        title=site.say("nav_validation"),
        context={
            "report": report,
            "number": everything.number,
            "counts": [(severity, everything.counts[severity]) for severity in SEVERITIES],
            "groups": everything.groups,
            "qualities": measured,
            "unmeasured": unmeasured,
        },
    )


def sparql(site: Site, query: str, examples: Iterable[dict[str, Any]], **context: Any) -> Page:
    """The query form, with an answer or a fault where there is one."""
    shown: dict[str, Any] = {"query": query, "examples": list(examples), "fault": None, "table": None, "graph": None}
    shown |= {"boolean": None, "editor": None}
    return Page(template="sparql.html", title=Text("SPARQL"), context=shown | context)


def error(
    lang: str,
    status: int,
    detail: str = "",
    links: Iterable[tuple[Text, str]] = (),
    said: tuple[str, str] | None = None,
) -> Page:
    """The page of an error; `said` are title and words, where they are not those of every error of that status."""
    t = texts(lang)
    key = f"error_{status}" if f"error_{status}" in t else "error_500"
    title, words = said or (t[key], t[f"{key}_words"])
    return Page(
        template="error.html",
        title=Text(title, lang),
        context={"status": status, "words": words, "detail": detail, "links": list(links)},
    )
