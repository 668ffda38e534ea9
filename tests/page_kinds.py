"""One address for each kind of page, found by the routes of the application and by the classes of what is published.

A route that is neither here nor said to give no page is a fault: `unknown_routes`. A new class needs no line here.
"""

from pathlib import Path
from urllib.parse import quote

from kpigraph.config import Settings
from kpigraph.prefixes import CODE
from kpigraph.releases import current_release
from kpigraph.serve.app import create_app
from kpigraph.serve.snapshot import Snapshot
from kpigraph.store import embedded

BASE = "https://w3id.org/kpigraph/"
_KIND = f"""
SELECT ?s (GROUP_CONCAT(DISTINCT STR(?c)) AS ?classes) (COUNT(*) AS ?said) {{
  ?s a ?c ; ?p ?o . FILTER(STRSTARTS(STR(?s), "{BASE}") && !CONTAINS(STR(?s), "#"))
  FILTER(STRSTARTS(STR(?s), "{BASE}id/") || STRSTARTS(STR(?s), "{CODE}"))
}} GROUP BY ?s"""
_LABELS = "SELECT ?s ?l { ?s <http://www.w3.org/2004/02/skos/core#prefLabel> ?l } LIMIT 30"

# By route, what stands for {path} where it is not found by class.
ROUTES: dict[str, dict[str, str]] = {
    "/": {"home": "/"},
    "/about": {"about": "/about"},
    "/download": {"downloads": "/download"},
    "/ns": {"vocabulary": "/ns"},
    "/code": {"code lists": "/code"},
    "/shapes": {"shapes": "/shapes"},
    "/catalog": {"catalogue": "/catalog"},
    "/validation": {"validation": "/validation"},
    "/changes": {"changes": "/changes"},
    "/.well-known/void": {"void": "/.well-known/void"},
    "/search": {
        "search": "/search",
        "search, found": "/search?q=" + quote("観光"),
        "search, in English": "/search?q=visitors&kind=sharedindicator",
        "search, nothing found": "/search?q=zzzz",
    },
    "/indicators": {
        "list": "/indicators",
        "list, narrowed down": "/indicators?status=notassessable&sort=deadline",
        "list, nothing fits": "/indicators?status=none",
    },
    "/sparql": {
        "query": "/sparql",
        "query, table": "/sparql?format=html&query=" + quote(_LABELS),
        "query, graph": "/sparql?format=html&query=" + quote("CONSTRUCT { ?s ?p ?o } { ?s ?p ?o } LIMIT 10"),
        "query, yes or no": "/sparql?format=html&query=" + quote("ASK { ?s ?p ?o }"),
        "query, fault": "/sparql?format=html&query=" + quote("SELECT ?s {\n ?s nonsense ?o }"),
    },
    "/reconcile/help": {"matching": "/reconcile/help"},
    "/reconcile/preview": {"preview": f"/reconcile/preview?id={quote(BASE)}id/lg/012068"},
}
BY_CLASS = {"/doc/{path}", "/code/{path}", "/embed/{path}"}
COMPARED = {
    "/compare": {"comparisons": "/compare?least=1", "comparisons, of all": "/compare?least=0&theme=tourism"},
    "/compare/{notation}": {
        "comparison": "/compare/visitors",
        "comparison by population": "/compare/visitors?by=person",
        "comparison of nothing": "/compare/abandoned-farmland",
    },
}
# What goes wrong with an address alone, before a publication with comparisons.
ERRORS = {
    400: "/compare/visitors?year=x",
    404: "/doc/lg/999999",
    410: "/compare/tourists",
    414: "/search?q=" + "x" * 20_000,
}
NO_PAGE = {
    "/id/{path}",
    "/ns/{path}",
    "/ns.{suffix}",
    "/code.{suffix}",
    "/shapes.{suffix}",
    "/catalog.{suffix}",
    "/validation.{suffix}",
    "/.well-known/void.{suffix}",
    "/changes.{suffix}",
    "/indicators.{suffix}",
    "/download/{name}",
    "/assets/{name}",
    "/language/{lang}",
    "/.well-known/minisign.pub",
    "/releases.atom",
    "/feed",
    "/sitemap.xml",
    "/robots.txt",
    "/opensearch.xml",
    "/openapi.json",
    "/sparql/terms",
    "/healthz",
    "/healthz/live",
    "/healthz/ready",
    "/metrics",
    "/reconcile",
    "/reconcile/suggest/{what}",
    "/reconcile/flyout/{what}",
    "/reconcile/properties",
    "/reconcile/view",
}


def unknown_routes(public: Path) -> set[str]:
    """Return the routes of which nothing here says whether they give a page, and those here that are no more."""
    labels = create_app(Snapshot(public), Settings()).routes.labels
    return set(labels) ^ (set(ROUTES) | set(COMPARED) | BY_CLASS | NO_PAGE)


def by_class(public: Path) -> dict[str, str]:
    """Return for each set of classes that a thing has the page of the thing of which most is said."""
    release = current_release(public)
    assert release
    store = embedded.open_read_only(release.folder / "store", release.default_graphs)
    best: dict[tuple[str, str], tuple[int, str]] = {}
    for row in store.select(_KIND):
        s, classes, said = (row[v].value for v in ("s", "classes", "said"))  # type: ignore[union-attr]
        place = "/code/" if s.startswith(CODE) else "/doc/"
        names = " ".join(sorted({c.replace("#", "/").rsplit("/", 1)[-1] for c in classes.split(" ")}))
        at = place + s.removeprefix(CODE if place == "/code/" else BASE + "id/")
        if (found := (int(said), at)) > best.get((place, names), (0, "")):
            best[place, names] = found
    return {f"{place.strip('/')}: {names}": at for (place, names), (_, at) in sorted(best.items())}


def of_site(public: Path) -> dict[str, str]:
    """Return the kinds of page of a publication that has nothing to compare."""
    things = by_class(public)
    (indicator,) = (at for names, at in things.items() if names.split().count("Indicator") and "doc:" in names)
    own = {name: at for pages in ROUTES.values() for name, at in pages.items()}
    return own | {"embedded": indicator.replace("/doc/", "/embed/")} | things


def of_comparison() -> dict[str, str]:
    return {name: at for pages in COMPARED.values() for name, at in pages.items()}
