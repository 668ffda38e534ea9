"""What the data and the endpoint say of themselves: the VoID description, and the SPARQL service description.

Source: https://www.w3.org/TR/void/ and https://www.w3.org/TR/sparql11-service-description/
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Triple

from kpigraph.iris import DataIris
from kpigraph.order import graph_iri
from kpigraph.prefixes import CODE, DESCRIPTION_PREFIXES, PREFIXES
from kpigraph.triples import both, integer, say, term

# What others publish and our data links to: the beginning of their IRIs, and their names.
_LINKED = {
    "estat": (PREFIXES["sac"], "統計LOD 標準地域コード（e-Stat）", "Standard area codes of e-Stat's statistical LOD"),
    "estat-terms": (
        "http://data.e-stat.go.jp/lod/ontology/",
        "統計LOD の用語（e-Stat）",
        "Terms of e-Stat's statistical LOD",
    ),
    "qudt": (PREFIXES["unit"], "QUDT の単位", "QUDT units"),
    "sdg": (
        "http://metadata.un.org/sdg/",
        "国連の持続可能な開発目標（SDGs）",
        "The UN's Sustainable Development Goals",
    ),
    "sdmx": (PREFIXES["sc"], "SDMX のコード", "SDMX codes"),
    "wikidata": ("http://www.wikidata.org/entity/", "ウィキデータ", "Wikidata"),
}
# What indicators are matched to by people: the shared ones, and those of other municipalities.
_MATCHES = frozenset(term(f"skos:{m}Match") for m in ("exact", "close", "broad", "narrow")) | {term("kpi:realizes")}
_SHARED = CODE + "indicator/"
_MATCHED = {
    "shared-indicators": (_SHARED, "共通指標", "Shared indicators"),
    "municipalities": ("", "ほかの自治体の指標", "Indicators of other municipalities"),
}
_FORMATS = "http://www.w3.org/ns/formats/"
_RESULT_FORMATS = (
    "SPARQL_Results_JSON", "SPARQL_Results_XML", "SPARQL_Results_CSV", "SPARQL_Results_TSV",
    "Turtle", "N-Triples", "RDF_XML", "JSON-LD",
)  # fmt: skip


def void_triples(quads: Iterable[Quad], dumps: Iterable[str], base: str) -> list[Triple]:
    """Return the VoID description of `quads`: all graphs counted together, by class, property and link; each alone."""
    iris = DataIris(base)
    document = NamedNode(iris.address(".well-known/void"))
    this = NamedNode(document.value + "#kpigraph")
    quads = set(quads)
    triples = {q.triple for q in quads}
    space = iris.address("id/")
    said = [
        *say(document, "rdf:type", term("void:DatasetDescription"), term("foaf:Document")),
        *both(document, "dct:title", "kpigraph のデータの説明（VoID）", "Description of the kpigraph data (VoID)"),
        *say(document, "foaf:primaryTopic", this),
        *say(this, "rdf:type", term("void:Dataset")),
        *both(this, "dct:title", "自治体の重要業績評価指標（KPI）", "Municipal key performance indicators"),
        *say(this, "foaf:homepage", NamedNode(base)),
        *say(this, "void:sparqlEndpoint", NamedNode(iris.address("sparql"))),
        *say(this, "void:dataDump", *(NamedNode(iris.address(f"download/{n}")) for n in sorted(dumps))),
        *say(this, "void:feature", *(NamedNode(_FORMATS + n) for n in ("Turtle", "N-Triples", "JSON-LD", "RDF_XML"))),
        *say(this, "void:uriSpace", Literal(space)),
        *_partitions(this, document.value, triples, space),
        *_linksets(this, document.value, triples),
    ]
    sizes: dict[str, int] = defaultdict(int)
    for quad in quads:
        sizes[graph_iri(quad)] += 1
    for graph in sorted(sizes.keys() - {""}):
        said += say(this, "void:subset", NamedNode(graph))
        said += say(NamedNode(graph), "rdf:type", term("void:Dataset"))
        said += say(NamedNode(graph), "void:triples", integer(sizes[graph]))
    return said


def _partitions(this: NamedNode, document: str, triples: Collection[Triple], space: str) -> Iterator[Triple]:
    """Yield the counts of all triples, and those of each class and each property."""
    of_class: dict[NamedNode, set[object]] = defaultdict(set)
    of_property: dict[NamedNode, list[Triple]] = defaultdict(list)
    for triple in triples:
        of_property[triple.predicate].append(triple)
        if triple.predicate == term("rdf:type") and isinstance(triple.object, NamedNode):
            of_class[triple.object].add(triple.subject)
    subjects = {t.subject for t in triples}
    used = {_namespace(t.value) for t in (*of_class, *of_property)}
    counts = {
        "void:triples": len(triples),
        "void:entities": len({s for s in subjects if isinstance(s, NamedNode) and s.value.startswith(space)}),
        "void:classes": len(of_class),
        "void:properties": len(of_property),
        "void:distinctSubjects": len(subjects),
        "void:distinctObjects": len({t.object for t in triples}),
    }
    for name, count in counts.items():
        yield from say(this, name, integer(count))
    yield from say(this, "void:vocabulary", *(NamedNode(ns) for ns in DESCRIPTION_PREFIXES.values() if ns in used))
    for cls, things in of_class.items():
        part = NamedNode(f"{document}#class-{_short(cls.value)}")
        yield from say(this, "void:classPartition", part)
        yield from say(part, "rdf:type", term("void:Dataset"))
        yield from say(part, "void:class", cls)
        yield from say(part, "void:entities", integer(len(things)))
    for predicate, its in of_property.items():
        part = NamedNode(f"{document}#property-{_short(predicate.value)}")
        yield from say(this, "void:propertyPartition", part)
        yield from say(part, "rdf:type", term("void:Dataset"))
        yield from say(part, "void:property", predicate)
        yield from say(part, "void:triples", integer(len(its)))
        yield from say(part, "void:distinctSubjects", integer(len({t.subject for t in its})))
        yield from say(part, "void:distinctObjects", integer(len({t.object for t in its})))


def _linksets(this: NamedNode, document: str, triples: Iterable[Triple]) -> Iterator[Triple]:
    """Yield the links to what others publish and to shared indicators, a linkset for each and each linking property."""
    links: dict[tuple[str, NamedNode], int] = defaultdict(int)
    for triple in triples:
        if isinstance(triple.object, NamedNode) and not isinstance(triple.subject, BlankNode):
            for key, (space, _, _) in _LINKED.items():
                if triple.object.value.startswith(space):
                    links[key, triple.predicate] += 1
            if triple.predicate in _MATCHES and (key := _matched(triple.subject, triple.object)):
                links[key, triple.predicate] += 1
    named = _LINKED | _MATCHED
    for key in sorted({key for key, _ in links}):
        space, ja, en = named[key]
        target = NamedNode(f"{document}#{key}")
        yield from say(target, "rdf:type", term("void:Dataset"))
        yield from both(target, "dct:title", ja, en)
        yield from say(target, "void:uriSpace", Literal(space) if space else None)
    for (key, predicate), count in links.items():
        target = NamedNode(f"{document}#{key}")
        linkset = NamedNode(f"{target.value}-{_short(predicate.value)}")
        yield from say(this, "void:subset", linkset)
        yield from say(linkset, "rdf:type", term("void:Linkset"))
        yield from say(linkset, "void:subjectsTarget", this)
        yield from say(linkset, "void:objectsTarget", target)
        yield from say(linkset, "void:linkPredicate", predicate)
        yield from say(linkset, "void:triples", integer(count))


def _matched(subject: object, target: NamedNode) -> str:
    """Return what an indicator is matched to, "" where it is a concept that stands beside a concept of others."""
    if not isinstance(subject, NamedNode) or subject.value.startswith(CODE):
        return ""
    if target.value.startswith(_SHARED):
        return "shared-indicators"
    return "municipalities" if "/id/lg/" in target.value else ""


def service_description_triples(
    base: str, graphs: Mapping[str, int], default_graphs: Collection[str] | None
) -> list[Triple]:
    """Return what the endpoint says of itself; `graphs` are its named graphs with their numbers of triples.

    `default_graphs` are those whose union a query sees that names none; () stands for all. None: it sees a graph of its
    own, which has no name.
    """
    iris = DataIris(base)
    service = NamedNode(iris.address("sparql"))
    dataset, default = (NamedNode(f"{service.value}#{n}") for n in ("dataset", "default-graph"))
    said = [
        *say(service, "rdf:type", term("sparql:Service")),
        *both(service, "dct:title", "SPARQL エンドポイント", "SPARQL endpoint"),
        *say(service, "sparql:endpoint", service),
        *say(service, "sparql:supportedLanguage", term("sparql:SPARQL11Query")),
        *say(service, "sparql:resultFormat", *(NamedNode(_FORMATS + name) for name in _RESULT_FORMATS)),
        *say(service, "sparql:defaultDataset", dataset),
        *say(dataset, "rdf:type", term("sparql:Dataset")),
        *say(dataset, "sparql:defaultGraph", default),
        *say(default, "rdf:type", term("sparql:Graph"), term("void:Dataset")),
    ]
    if default_graphs is not None:
        united = sorted(default_graphs or graphs)
        said += both(
            default,
            "dct:description",
            "グラフを指定しない問合せの対象。void:subset のグラフを合わせたもの",
            "What a query sees that names no graph: the union of the graphs of void:subset",
        )
        said += say(default, "void:subset", *map(NamedNode, united))
        if set(united) >= graphs.keys():
            said += say(service, "sparql:feature", term("sparql:UnionDefaultGraph"))
    for name, size in sorted(graphs.items()):
        graph = NamedNode(name)
        said += say(dataset, "sparql:namedGraph", graph)
        said += say(graph, "rdf:type", term("sparql:NamedGraph"), term("sparql:Graph"), term("void:Dataset"))
        said += say(graph, "sparql:name", graph)
        said += say(graph, "sparql:graph", graph)
        said += say(graph, "void:triples", integer(size))
    return said


def _namespace(iri: str) -> str:
    return iri[: max(iri.rfind("#"), iri.rfind("/")) + 1]


def _short(iri: str) -> str:
    """Return a name for a term that can stand in a fragment: kpi-unit for kpi:unit, a hash where no prefix is ours."""
    namespace, local = _namespace(iri), iri[len(_namespace(iri)) :]
    prefix = next((p for p, ns in DESCRIPTION_PREFIXES.items() if ns == namespace), "")
    if prefix and re.fullmatch(r"[A-Za-z0-9._-]+", local):
        return f"{prefix}-{local}"
    return hashlib.sha256(iri.encode()).hexdigest()[:12]
