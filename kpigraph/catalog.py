"""What is published, for portals and machines: the DCAT 3 catalogue and the VoID description of a snapshot.

One dataset an edition, in the series of its strategy; a distribution for every uncompressed dump and table; the SPARQL
endpoint as data service. The catalogue stands in its own named graph, which is in the store but not in the dumps: it
gives their sizes and checksums. Licence, date and landing page are there only where the document's card states them.
Source: https://www.w3.org/TR/vocab-dcat-3/ and https://www.w3.org/TR/void/
"""

from collections.abc import Iterable, Iterator, Mapping

from pyoxigraph import Literal, NamedNode, Quad, Triple

from kpigraph.dumps import REPRESENTATIONS
from kpigraph.iris import DataIris, series
from kpigraph.order import graph_iri
from kpigraph.prefixes import PREFIXES, expand
from kpigraph.releases import File
from kpigraph.store import Row, Store, Term, text

_MEDIA = "https://www.iana.org/assignments/media-types/"
_EU = "http://publications.europa.eu/resource/authority/"
_FILE_TYPES = {
    "ttl": "RDF_TURTLE",
    "jsonld": "JSON_LD",
    "nt": "RDF_N_TRIPLES",
    "nq": "RDF_N_QUADS",
    "trig": "RDF_TRIG",
    "rdf": "RDF_XML",
    "csv": "CSV",
}
_TITLES = {
    "observations.csv": ("指標の値（CSV）", "Values of indicators (CSV)"),
    "listings.csv": ("指標の位置（CSV）", "Where indicators stand (CSV)"),
    "assessments.csv": ("目標の達成状況（CSV）", "Assessments of targets (CSV)"),
}

_EDITIONS = """
SELECT ?edition ?dataset ?strategy ?version ?publisher ?area ?licence ?issued ?page ?previous {
  ?edition a kpi:Edition ; dct:isVersionOf ?strategy ; dct:publisher ?publisher ; dcat:version ?version .
  ?dataset dct:isPartOf ?edition ; a qb:DataSet .
  OPTIONAL { ?publisher kpi:area ?area }
  OPTIONAL { ?edition dct:license ?licence }
  OPTIONAL { ?edition dct:issued ?issued }
  OPTIONAL { ?edition dcat:landingPage ?page }
  OPTIONAL { ?edition dcat:previousVersion ?former . ?previous dct:isPartOf ?former ; a qb:DataSet }
}
ORDER BY ?edition ?dataset ?licence ?issued ?page ?previous"""
_TEXTS = """
SELECT DISTINCT ?thing ?property ?text {
  { ?thing a kpi:Edition VALUES ?property { dct:title dct:description } }
  UNION { ?thing a kpi:Strategy VALUES ?property { skos:prefLabel } }
  ?thing ?property ?text
}"""


def catalog_triples(store: Store, files: Mapping[str, File], base: str) -> list[Triple]:
    """Return the catalogue of the editions in `store` and of those `files` that are dumps or tables, by name."""
    catalog = _Catalog(DataIris(base), [n for n in files if _is_distribution(n)])
    texts: dict[tuple[str, str], list[Literal]] = {}
    for row in store.select(_TEXTS, everywhere=True):
        if isinstance(literal := row["text"], Literal):
            texts.setdefault((text(row, "thing"), text(row, "property")), []).append(literal)
    editions = {text(r, "dataset"): r for r in reversed(list(store.select(_EDITIONS, everywhere=True)))}
    triples = [*catalog.itself(), *catalog.service(editions)]
    for row in editions.values():
        triples += catalog.dataset(row, texts)
    licence, publisher = (_same_for_all(editions.values(), name) for name in ("licence", "publisher"))
    for name in catalog.names:
        triples += catalog.distribution(name, files[name], licence)
    return [*triples, *_say(catalog.iri, "dct:publisher", publisher)]


def _same_for_all(rows: Iterable[Row], name: str) -> Term | None:
    values = {row.get(name) for row in rows}
    return values.pop() if len(values) == 1 else None


def _is_distribution(name: str) -> bool:
    return name.endswith(".csv") or (name.startswith("kpigraph.") and not name.endswith(".gz"))


class _Catalog:
    """The catalogue of one publisher's site."""

    def __init__(self, iris: DataIris, names: Iterable[str]) -> None:
        self._iris = iris
        self.iri = NamedNode(iris.address("catalog"))
        self.names = sorted(names)
        self._service = NamedNode(iris.address("sparql"))

    def itself(self) -> Iterator[Triple]:
        yield from _say(self.iri, "rdf:type", _term("dcat:Catalog"))
        yield from _both(
            self.iri, "dct:title", "自治体の重要業績評価指標（KPI）", "Municipal key performance indicators"
        )
        yield from _both(
            self.iri,
            "dct:description",
            "自治体の計画文書に載る指標・基準値・実績値・目標値を、出典の行とともに公開するリンクトデータ",
            "Indicators of municipal plans with their baselines, actuals and targets, as linked data with source lines",
        )
        yield from _say(self.iri, "dct:language", NamedNode(_EU + "language/JPN"), NamedNode(_EU + "language/ENG"))
        yield from _say(self.iri, "dcat:service", self._service)
        yield from _say(self.iri, "dcat:themeTaxonomy", NamedNode(_EU + "data-theme"))

    def service(self, datasets: Iterable[str]) -> Iterator[Triple]:
        yield from _say(self._service, "rdf:type", _term("dcat:DataService"))
        yield from _both(self._service, "dct:title", "SPARQL エンドポイント", "SPARQL endpoint")
        yield from _say(self._service, "dcat:endpointURL", self._service)
        yield from _say(self._service, "dct:conformsTo", NamedNode("https://www.w3.org/TR/sparql11-protocol/"))
        yield from _say(self._service, "dcat:servesDataset", *(NamedNode(d) for d in datasets))

    def dataset(self, row: Row, texts: Mapping[tuple[str, str], list[Literal]]) -> Iterator[Triple]:
        dataset, edition, strategy = (NamedNode(text(row, n)) for n in ("dataset", "edition", "strategy"))
        its_series = NamedNode(series(strategy.value))
        yield from _say(self.iri, "dcat:dataset", dataset, its_series)
        yield from _say(dataset, "rdf:type", _term("dcat:Dataset"))
        for name in ("dct:title", "dct:description"):
            yield from _say(dataset, name, *texts.get((edition.value, _term(name).value), []))
        yield from _say(dataset, "dct:identifier", Literal(dataset.value))
        yield from _say(dataset, "dct:language", NamedNode(_EU + "language/JPN"))
        yield from _say(dataset, "dcat:theme", NamedNode(_EU + "data-theme/GOVE"))
        yield from _say(dataset, "dcat:inSeries", its_series)
        for name, variable in _COPIED.items():
            yield from _say(dataset, name, row.get(variable))
        yield from _say(dataset, "dcat:distribution", *(self._distribution(n) for n in self.names))
        yield from _say(its_series, "rdf:type", _term("dcat:DatasetSeries"))
        yield from _say(its_series, "dct:title", *texts.get((strategy.value, _term("skos:prefLabel").value), []))
        yield from _say(its_series, "dct:publisher", row["publisher"])

    def distribution(self, name: str, file: File, licence: Term | None) -> Iterator[Triple]:
        suffix = name.rpartition(".")[2]
        media_type = "text/csv" if suffix == "csv" else REPRESENTATIONS[suffix].media_type
        this = self._distribution(name)
        checksum = NamedNode(self._iris.address(f"download/{name}#checksum"))
        address = NamedNode(self._iris.address(f"download/{name}"))
        kind = _FILE_TYPES[suffix]
        yield from _say(this, "rdf:type", _term("dcat:Distribution"))
        yield from _both(this, "dct:title", *_TITLES.get(name, (f"全データ（{name}）", f"All data ({name})")))
        yield from _say(this, "dcat:accessURL", address)
        yield from _say(this, "dcat:downloadURL", address)
        yield from _say(this, "dcat:mediaType", NamedNode(_MEDIA + media_type))
        yield from _say(this, "dct:format", NamedNode(f"{_EU}file-type/{kind}"))
        yield from _say(this, "dcat:byteSize", Literal(str(file.bytes), datatype=_term("xsd:nonNegativeInteger")))
        yield from _say(this, "dcat:accessService", self._service)
        yield from _say(this, "spdx:checksum", checksum)
        yield from _say(checksum, "rdf:type", _term("spdx:Checksum"))
        yield from _say(checksum, "spdx:algorithm", _term("spdx:checksumAlgorithm_sha256"))
        yield from _say(checksum, "spdx:checksumValue", Literal(file.sha256, datatype=_term("xsd:hexBinary")))
        yield from _say(this, "dct:license", licence)

    def _distribution(self, name: str) -> NamedNode:
        return NamedNode(self._iris.address(f"download/{name}#distribution"))


_COPIED = {
    "dct:publisher": "publisher",
    "dct:spatial": "area",
    "dcat:version": "version",
    "dct:license": "licence",
    "dct:issued": "issued",
    "dcat:landingPage": "page",
    "dcat:prev": "previous",
    "dcat:previousVersion": "previous",
}


def void_triples(quads: Iterable[Quad], dumps: Iterable[str], base: str) -> list[Triple]:
    """Return the VoID description of `quads`: counts over all graphs together, and the triples in each graph."""
    iris = DataIris(base)
    document = NamedNode(iris.address(".well-known/void"))
    this = NamedNode(document.value + "#kpigraph")
    quads = list(quads)
    triples = {q.triple for q in quads}
    types = {t.object for t in triples if t.predicate == _term("rdf:type")}
    predicates = {t.predicate for t in triples}
    subjects = {t.subject for t in triples}
    space = iris.address("id/")
    counts = {
        "void:triples": len(triples),
        "void:entities": len({s for s in subjects if isinstance(s, NamedNode) and s.value.startswith(space)}),
        "void:classes": len(types),
        "void:properties": len(predicates),
        "void:distinctSubjects": len(subjects),
        "void:distinctObjects": len({t.object for t in triples}),
    }
    used = {p.value for p in predicates} | {t.value for t in types if isinstance(t, NamedNode)}
    said = [
        *_say(document, "rdf:type", _term("void:DatasetDescription")),
        *_both(document, "dct:title", "kpigraph のデータの説明（VoID）", "Description of the kpigraph data (VoID)"),
        *_say(this, "rdf:type", _term("void:Dataset")),
        *_both(this, "dct:title", "自治体の重要業績評価指標（KPI）", "Municipal key performance indicators"),
        *_say(this, "void:sparqlEndpoint", NamedNode(iris.address("sparql"))),
        *_say(this, "void:dataDump", *(NamedNode(iris.address(f"download/{n}")) for n in sorted(dumps))),
        *_say(this, "void:uriSpace", Literal(space)),
        *_say(
            this,
            "void:vocabulary",
            *(NamedNode(ns) for ns in PREFIXES.values() if any(_namespace(term) == ns for term in used)),
        ),
    ]
    for name, count in counts.items():
        said += _say(this, name, _integer(count))
    sizes: dict[str, int] = {}
    for quad in set(quads):
        sizes[graph_iri(quad)] = sizes.get(graph_iri(quad), 0) + 1
    for graph in sorted(sizes.keys() - {""}):
        said += _say(this, "void:subset", NamedNode(graph))
        said += _say(NamedNode(graph), "rdf:type", _term("void:Dataset"))
        said += _say(NamedNode(graph), "void:triples", _integer(sizes[graph]))
    return said


def _namespace(term: str) -> str:
    return term[: max(term.rfind("#"), term.rfind("/")) + 1]


def _integer(number: int) -> Literal:
    return Literal(str(number), datatype=_term("xsd:integer"))


def _say(subject: NamedNode, name: str, *values: Term | None) -> Iterator[Triple]:
    for value in values:
        if value is not None:
            yield Triple(subject, _term(name), value)


def _both(subject: NamedNode, name: str, ja: str, en: str) -> Iterator[Triple]:
    yield from _say(subject, name, Literal(ja, language="ja"), Literal(en, language="en"))


def _term(name: str) -> NamedNode:
    return NamedNode(expand(name))
