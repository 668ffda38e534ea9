"""The page of an indicator, and what is taken along from it: sources, citations, the code that embeds its chart."""

from typing import Any

from pyoxigraph import NamedNode

from kpigraph.serve import around, chart, citations, sentences, structured
from kpigraph.serve.describe import by_order
from kpigraph.serve.site import Page, Site


def indicator(site: Site, s: NamedNode) -> Page:
    view, shelf = site.view, site.shelf
    figures = shelf.figures(s)
    listings: list[dict[str, Any]] = []
    for listing in by_order(view, [n for n in view.subjects("kpi:indicator", s) if "kpi:Listing" in view.types(n)]):
        place = view.thing(listing, "kpi:placement")
        measure = view.thing(listing, "kpi:underMeasure")
        above = around.above(site, [place]) if place else []
        listings.append(
            {
                "iri": listing,
                "way": [*above, *([measure] if measure else [])],
                "relisted": view.text(listing, "kpi:relisted") == "true"
                or view.text(place, "kpi:relistMarker") == "true",
                "stated": view.text(listing, "kpi:statedLabel"),
                "lines": shelf.lines(listing),
            }
        )
    judgement = shelf.judgement(s)
    words = sentences.told(figures, site.lang)
    sources = citations.sources(site, [n for f in figures for n in f.lines])
    touched = [f.iri for f in figures] + [listing["iri"] for listing in listings]
    return Page(
        template="indicator.html",
        title=site.label(s),
        iri=s,
        structured=structured.script(structured.indicator(site, s)),
        description=" ".join(words),
        image=f"{site.href(s)}.png?lang={site.lang}",
        crumbs=around.crumbs(site, s, *(listings[0]["way"] if listings else ())),
        context={
            "figures": figures,
            "judgement": judgement,
            "why": sentences.why(judgement, figures, site.lang),
            "chart": chart.draw(figures),
            "words": words,
            "sources": sources,
            "read_by": citations.read_by(site),
            "citation": citations.plain(site, s, sources),
            "bibtex": citations.bibtex(site, s, sources),
            "embed_href": embed_href(site, s),
            "listings": listings,
            "departments": view.things(s, "kpi:department"),
            "matches": _matches(site, s),
            "corrections": around.corrections(site, {c for n in touched for c in view.subjects("kpi:corrects", n)}),
            "unit": next((f.unit for f in reversed(figures) if f.unit), None),
        },
    )


def embed_href(site: Site, s: NamedNode) -> str:
    """Return the address of the chart of `s` for other pages to frame."""
    return site.href(s).replace("/doc/", "/embed/", 1)


def _matches(site: Site, s: NamedNode) -> list[dict[str, Any]]:
    """Return what the indicator was matched to, shared indicators first, each with who accepted it and when."""
    view, found = site.view, []
    for near, far in (("owl:annotatedSource", "owl:annotatedTarget"), ("owl:annotatedTarget", "owl:annotatedSource")):
        for record in view.subjects(near, s):
            if "kpi:Mapping" in view.types(record) and (other := view.thing(record, far)):
                how = view.thing(record, "owl:annotatedProperty")
                found.append(
                    {
                        "iri": record,
                        "other": other,
                        "municipality": view.thing(other, "kpi:municipality"),
                        "how": site.say(f"match_{_how(how, turned=far == 'owl:annotatedSource')}"),
                        "by": view.text(record, "sssom:reviewer_label") or view.thing(record, "sssom:reviewer_id"),
                        "on": view.text(record, "dct:created"),
                        "compare": around.comparison(other),
                    }
                )
    return sorted(found, key=lambda m: (m["municipality"] is not None, m["other"].value))


def _how(match: NamedNode | None, *, turned: bool) -> str:
    """Return exact, close, broad or narrow, as seen from the indicator of the page."""
    how = (match.value if match else "").rpartition("#")[2].removesuffix("Match")
    return {"broad": "narrow", "narrow": "broad"}.get(how, how) if turned else how
