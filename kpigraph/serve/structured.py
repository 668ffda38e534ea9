"""What a page is about, in the words of schema.org, for search engines: JSON-LD that is embedded in the page.

Only what the publication says is repeated; a licence is there only where the card states one. Targets are left out of
the observations: schema.org's are of what was observed.
Source: https://schema.org/Dataset, https://schema.org/StatisticalVariable and, for what Dataset Search reads,
https://developers.google.com/search/docs/appearance/structured-data/dataset
"""

import json
from typing import Any

from pyoxigraph import Literal, NamedNode

from kpigraph.comparison.asking import ask
from kpigraph.serve.describe import View, name
from kpigraph.serve.site import Site
from kpigraph.store import text

Node = dict[str, Any]
_DATASETS = 100  # named in a page about the catalogue
_OBSERVED = ("kpi:Baseline", "kpi:Actual")
_NAMED = ("dct:title", "skos:prefLabel", "dct:description")
_TAGS = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})


def script(nodes: list[Node]) -> str:
    """Return `nodes` as text that can stand in a script element: nothing in it ends the element or begins a tag."""
    document: Node = {"@context": "https://schema.org", **(nodes[0] if len(nodes) == 1 else {"@graph": nodes})}
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return text.translate(_TAGS)


def catalog(site: Site) -> list[Node]:
    """Return the catalogue, as a DataCatalog that names its datasets."""
    view = site.view
    found = []
    for s in sorted(view.subjects("rdf:type", name("dcat:Catalog")), key=lambda s: s.value):
        named = view.things(s, "dcat:dataset")[:_DATASETS]
        view.together(named, *_NAMED)
        datasets = [{"@type": "Dataset", "@id": d.value, **_named(site, d)} for d in named]
        found.append(
            {"@type": "DataCatalog", "@id": s.value, "url": s.value, **_named(site, s), "dataset": datasets}
            | _of(view, s, publisher=("dct:publisher", _agent(site)))
        )
    return found


def edition(site: Site, s: NamedNode) -> list[Node]:
    """Return the dataset of an edition, as the catalogue describes it, with the indicators that it has values of."""
    view = site.view
    return [_dataset(site, s, d) for d in view.subjects("dct:isPartOf", s) if "dcat:Dataset" in view.types(d)]


def _dataset(site: Site, edition: NamedNode, s: NamedNode) -> Node:
    view = site.view
    period = view.thing(s, "dct:temporal")
    days = [view.text(period, p) or ".." for p in ("dcat:startDate", "dcat:endDate")]
    spoken_of = ask(site.served.reader, ("i",), f"?st kpi:edition <{edition.value}>", "?st kpi:indicator ?i")
    indicators = {NamedNode(text(row, "i")) for row in spoken_of}
    node: Node = {
        "@type": "Dataset",
        "@id": s.value,
        **_named(site, s),
        "url": _page(site, edition),
        "identifier": s.value,
        "inLanguage": "ja",
        "version": view.text(s, "dcat:version"),
        "datePublished": view.text(s, "dct:issued"),
        "license": _iri(view.thing(s, "dct:license")),
        "keywords": sorted(o.value for o in view.objects(s, "dcat:keyword") if isinstance(o, Literal)),
        "temporalCoverage": "/".join(days) if period is not None else "",
        "variableMeasured": [_variable(site, i) for i in sorted(indicators, key=lambda i: i.value)],
        "includedInDataCatalog": [{"@type": "DataCatalog", "@id": c.value} for c in view.subjects("dcat:dataset", s)],
        "isBasedOn": [f.value for f in view.things(s, "prov:wasDerivedFrom")],
    }
    node |= _of(
        view,
        s,
        creator=("dct:publisher", _agent(site)),
        spatialCoverage=("dct:spatial", _place(site)),
        distribution=("dcat:distribution", _download(site)),
    )
    return {key: value for key, value in node.items() if value not in ("", None, [])}


def indicator(site: Site, s: NamedNode) -> list[Node]:
    """Return an indicator as a StatisticalVariable, and its baselines and actuals in numbers as observations."""
    view = site.view
    observed = [
        st
        for st in sorted(view.subjects("kpi:indicator", s), key=lambda st: st.value)
        if view.types(st) & set(_OBSERVED) and view.text(st, "sm:obsValue")
    ]
    return [_variable(site, s), *(_observation(site, s, st) for st in observed)]


def _variable(site: Site, s: NamedNode) -> Node:
    return {"@type": "StatisticalVariable", "@id": s.value, **_named(site, s), "url": _page(site, s)}


def _observation(site: Site, s: NamedNode, st: NamedNode) -> Node:
    view = site.view
    period, unit = view.thing(st, "sd:refPeriod"), view.thing(st, "kpi:unit")
    days = [d for p in ("kpi:startDate", "kpi:endDate") if (d := view.text(period, p))]
    node: Node = {
        "@type": "Observation",
        "@id": st.value,
        "variableMeasured": {"@id": s.value},
        "value": view.text(st, "sm:obsValue"),
        "unitText": str(site.label(unit)) if unit is not None else view.text(st, "kpi:statedUnit"),
        "observationDate": days[-1] if days else "",
        "temporalCoverage": "/".join(days) if len(days) == 2 else "",
    }
    node |= _of(view, st, observationAbout=("sd:refArea", _place(site)))
    return {key: value for key, value in node.items() if value not in ("", [])}


def _named(site: Site, s: NamedNode) -> Node:
    """Return the name of a thing and, where it has one, its description, in the reader's language."""
    view, lang = site.view, site.lang
    found: Node = {"name": str(view.in_language(s, "dct:title", lang) or site.label(s))}
    other = sorted({o.value for o in view.objects(s, "skos:prefLabel") if isinstance(o, Literal)} - {found["name"]})
    if other:
        found["alternateName"] = other
    if said := view.in_language(s, "dct:description", lang):
        found["description"] = str(said)
    return found


def _of(view: View, s: NamedNode, **how: Any) -> Node:
    """Return for each word what `s` refers to by a property, described by a function."""
    found = {word: [describe(o) for o in view.things(s, p)] for word, (p, describe) in how.items()}
    return {word: values for word, values in found.items() if values}


def _agent(site: Site) -> Any:
    def describe(s: NamedNode) -> Node:
        authority = "kpi:Municipality" in site.view.types(s)
        title = site.view.in_language(s, "foaf:name", site.lang) or site.label(s)
        kind = "GovernmentOrganization" if authority else "Organization"
        return {"@type": kind, "@id": s.value, "name": str(title), **({"url": _page(site, s)} if authority else {})}

    return describe


def _place(site: Site) -> Any:
    def describe(s: NamedNode) -> Node:
        return {"@type": "Place", "@id": s.value, "name": str(site.label(s))}

    return describe


def _download(site: Site) -> Any:
    def describe(s: NamedNode) -> Node:
        view = site.view
        kind, checksum = view.thing(s, "dcat:mediaType"), view.thing(s, "spdx:checksum")
        return {
            "@type": "DataDownload",
            "@id": s.value,
            "name": str(view.in_language(s, "dct:title", site.lang) or site.label(s)),
            "contentUrl": _iri(view.thing(s, "dcat:downloadURL")),
            "encodingFormat": "" if kind is None else kind.value.split("/media-types/")[-1],
            "contentSize": f"{view.text(s, 'dcat:byteSize')} B",
            "sha256": view.text(checksum, "spdx:checksumValue").lower(),
        }

    return describe


def _page(site: Site, s: NamedNode) -> str:
    """Return the address of the page of a thing: where it is to be found, not what it is called."""
    return s.value.replace(f"{site.base}id/", f"{site.base}doc/", 1)


def _iri(s: NamedNode | None) -> str:
    return "" if s is None else s.value
