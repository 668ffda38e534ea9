"""What the data and the endpoint say of themselves: the VoID description, and the SPARQL service description.

Source: https://www.w3.org/TR/void/ and https://www.w3.org/TR/sparql11-service-description/
"""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from pyoxigraph import Literal, NamedNode, Triple

from kpigraph.iris import DataIris
from kpigraph.prefixes import CODE, DESCRIPTION_PREFIXES, PREFIXES, expand
from kpigraph.triples import both, integer, say, term

if TYPE_CHECKING:
    from kpigraph.written import SaidTriple  # which needs rdflib; the server, which needs this, does not load that

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
_SPACES = tuple((key, f"<{space}") for key, (space, _, _) in _LINKED.items())
_ANY = tuple(space for _, space in _SPACES)
# What indicators are matched to by people: the shared ones, and those of other municipalities.
_MATCHES = frozenset(map(expand, (*(f"skos:{m}Match" for m in ("exact", "close", "broad", "narrow")), "kpi:realizes")))
_SHARED = CODE + "indicator/"
_MATCHED = {
    "shared-indicators": (_SHARED, "共通指標", "Shared indicators"),
    "municipalities": ("", "ほかの自治体の指標", "Indicators of other municipalities"),
}
_TYPE = expand("rdf:type")
_NONE = (0, 0, 0)
_FORMATS = "http://www.w3.org/ns/formats/"
_RESULT_FORMATS = (
    "SPARQL_Results_JSON", "SPARQL_Results_XML", "SPARQL_Results_CSV", "SPARQL_Results_TSV",
    "Turtle", "N-Triples", "RDF_XML", "JSON-LD",
)  # fmt: skip


@dataclass(slots=True)
class Counts:
    """What is counted of triples: of all, of each class, property and link; and how many quads each graph has.

    Those of several parts are added up by `add`, which is exact where no two of them have a subject in common. Objects
    can be in common, so they are kept, as hashes of 64 bits, by property; those that only this part can refer to, whose
    IRIs begin with `own`, are kept apart and become mere numbers by `settle`.
    """

    own: str = ""
    triples: int = 0
    subjects: int = 0
    entities: int = 0
    own_objects: int = 0
    classes: dict[str, int] = field(default_factory=dict)
    properties: dict[str, list[int]] = field(default_factory=dict)  # triples, subjects, own objects
    links: dict[tuple[str, str], int] = field(default_factory=dict)
    graphs: dict[str, int] = field(default_factory=dict)
    objects: dict[str, set[int]] = field(default_factory=dict)
    unsettled: dict[str, set[int]] = field(default_factory=dict)

    @classmethod
    def of(
        cls, triples: "Collection[SaidTriple]", space: str, own: str = "", graphs: Mapping[str, int] | None = None
    ) -> Self:
        """Return the counts of `triples`, each there once; IRIs that begin with `space` are things of the data."""
        counts = cls(own=own, triples=len(triples), graphs=dict(graphs or {}))
        said: dict[str, tuple[list[str], list[str]]] = {}
        for subject, predicate, object_ in triples:
            if (lists := said.get(predicate)) is None:
                lists = said[predicate] = [], []
            lists[0].append(subject)
            lists[1].append(object_)
        subjects_of = {name: set(subjects) for name, (subjects, _) in said.items()}
        every = set().union(*subjects_of.values())
        has_blank = any(map(_is_blank, every))
        own_text = f"<{own}" if own else "no IRI"
        hashes: dict[str, int] = {}
        for name, (subjects, objects) in said.items():
            predicate, numbers = name[1:-1], Counter(objects)
            counts.properties[predicate] = [len(objects), len(subjects_of[name]), 0]
            hashes |= {o: _hash(o) for o in numbers.keys() - hashes.keys()}
            mine = {hashes[o] for o in numbers if o.startswith(own_text)}
            others = {hashes[o] for o in numbers} - mine
            counts.unsettled |= {predicate: mine} if mine else {}
            counts.objects |= {predicate: others} if others else {}
            if predicate == _TYPE:
                of_class: dict[str, set[str]] = defaultdict(set)
                for subject, object_ in zip(subjects, objects, strict=True):
                    if object_.startswith("<"):
                        of_class[object_[1:-1]].add(subject)
                counts.classes = {c: len(things) for c, things in of_class.items()}
            for link, number in _links(predicate, subjects, objects, numbers, has_blank=has_blank).items():
                counts.links[link, predicate] = number
        counts.subjects = len(every)
        counts.entities = sum(s.startswith(f"<{space}") for s in every)
        return counts

    def add(self, other: "Counts") -> None:
        """Add the counts of triples about other subjects."""
        self.triples += other.triples
        self.subjects += other.subjects
        self.entities += other.entities
        self.own_objects += other.own_objects
        for name, number in other.classes.items():
            self.classes[name] = self.classes.get(name, 0) + number
        for name, numbers in other.properties.items():
            self.properties[name] = [a + b for a, b in zip(self.properties.get(name, _NONE), numbers, strict=True)]
        for link, number in other.links.items():
            self.links[link] = self.links.get(link, 0) + number
        for graph, number in other.graphs.items():
            self.graphs[graph] = self.graphs.get(graph, 0) + number
        for mine, theirs in ((self.objects, other.objects), (self.unsettled, other.unsettled)):
            for name, hashes in theirs.items():
                mine.setdefault(name, set()).update(hashes)

    def settle(self) -> None:
        """Turn the objects of its own, which no other part can refer to, into numbers."""
        self.own_objects += len(set().union(*self.unsettled.values()))
        for name, hashes in self.unsettled.items():
            self.properties[name][2] += len(hashes)
        self.unsettled = {}

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` reads, all but the objects."""
        return {
            "own": self.own,
            "numbers": [self.triples, self.subjects, self.entities, self.own_objects],
            "classes": self.classes,
            "properties": self.properties,
            "links": [[*link, number] for link, number in self.links.items()],
            "graphs": self.graphs,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        links = {(key, predicate): number for key, predicate, number in value["links"]}
        triples, subjects, entities, own_objects = value["numbers"]
        return cls(
            own=value["own"],
            triples=triples,
            subjects=subjects,
            entities=entities,
            own_objects=own_objects,
            classes=value["classes"],
            properties=value["properties"],
            links=links,
            graphs=value["graphs"],
        )


def _hash(term_: str) -> int:
    return int.from_bytes(hashlib.blake2b(term_.encode(), digest_size=8).digest(), "little")


def void_triples(
    counts: Counts, objects: tuple[int, Mapping[str, int]], dumps: Iterable[str], base: str
) -> list[Triple]:
    """Return the VoID description of what is in `counts`, with the numbers of `objects` that `distinct` gave."""
    iris = DataIris(base)
    document = NamedNode(iris.address(".well-known/void"))
    this = NamedNode(document.value + "#kpigraph")
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
        *say(this, "void:uriSpace", Literal(iris.address("id/"))),
        *_partitions(this, document.value, counts, objects),
        *_linksets(this, document.value, counts.links),
    ]
    for graph in sorted(counts.graphs.keys() - {""}):
        said += say(this, "void:subset", NamedNode(graph))
        said += say(NamedNode(graph), "rdf:type", term("void:Dataset"))
        said += say(NamedNode(graph), "void:triples", integer(counts.graphs[graph]))
    return said


def _partitions(
    this: NamedNode, document: str, counts: Counts, objects: tuple[int, Mapping[str, int]]
) -> Iterator[Triple]:
    """Yield the counts of all triples, and those of each class and each property."""
    used = {_namespace(name) for name in (*counts.classes, *counts.properties)}
    numbers = {
        "void:triples": counts.triples,
        "void:entities": counts.entities,
        "void:classes": len(counts.classes),
        "void:properties": len(counts.properties),
        "void:distinctSubjects": counts.subjects,
        "void:distinctObjects": counts.own_objects + objects[0],
    }
    for name, count in numbers.items():
        yield from say(this, name, integer(count))
    yield from say(this, "void:vocabulary", *(NamedNode(ns) for ns in DESCRIPTION_PREFIXES.values() if ns in used))
    for cls, things in counts.classes.items():
        part = NamedNode(f"{document}#class-{_short(cls)}")
        yield from say(this, "void:classPartition", part)
        yield from say(part, "rdf:type", term("void:Dataset"))
        yield from say(part, "void:class", NamedNode(cls))
        yield from say(part, "void:entities", integer(things))
    for predicate, (triples, subjects, own) in counts.properties.items():
        part = NamedNode(f"{document}#property-{_short(predicate)}")
        yield from say(this, "void:propertyPartition", part)
        yield from say(part, "rdf:type", term("void:Dataset"))
        yield from say(part, "void:property", NamedNode(predicate))
        yield from say(part, "void:triples", integer(triples))
        yield from say(part, "void:distinctSubjects", integer(subjects))
        yield from say(part, "void:distinctObjects", integer(own + objects[1].get(predicate, 0)))


def _links(
    predicate: str, subjects: Iterable[str], objects: Iterable[str], numbers: Mapping[str, int], *, has_blank: bool
) -> dict[str, int]:
    """Return how many triples of `predicate` link to what others publish, shared indicators, other municipalities.

    `numbers` says how often each of `objects` comes. A blank node links to nothing; `has_blank` tells if there is one.
    """
    found: dict[str, int] = defaultdict(int)
    for object_, number in numbers.items():
        for key in _published(object_):
            found[key] += number
    matches = predicate in _MATCHES
    for subject, object_ in zip(subjects, objects, strict=True) if matches or has_blank else ():
        if _is_blank(subject):
            for key in _published(object_):
                found[key] -= 1
        elif matches and object_.startswith("<") and (key := _matched(subject[1:-1], object_[1:-1])):
            found[key] += 1
    return {key: number for key, number in found.items() if number}


def _published(object_: str) -> tuple[str, ...]:
    """Return what of `_LINKED` an object is of."""
    return tuple(key for key, space in _SPACES if object_.startswith(space)) if object_.startswith(_ANY) else ()


def _is_blank(subject: str) -> bool:
    return subject.startswith("_:")


def _linksets(this: NamedNode, document: str, links: Mapping[tuple[str, str], int]) -> Iterator[Triple]:
    """Yield the links to what others publish and to shared indicators, a linkset for each and each linking property."""
    named = _LINKED | _MATCHED
    for key in sorted({key for key, _ in links}):
        space, ja, en = named[key]
        target = NamedNode(f"{document}#{key}")
        yield from say(target, "rdf:type", term("void:Dataset"))
        yield from both(target, "dct:title", ja, en)
        yield from say(target, "void:uriSpace", Literal(space) if space else None)
    for (key, predicate), count in links.items():
        target = NamedNode(f"{document}#{key}")
        linkset = NamedNode(f"{target.value}-{_short(predicate)}")
        yield from say(this, "void:subset", linkset)
        yield from say(linkset, "rdf:type", term("void:Linkset"))
        yield from say(linkset, "void:subjectsTarget", this)
        yield from say(linkset, "void:objectsTarget", target)
        yield from say(linkset, "void:linkPredicate", NamedNode(predicate))
        yield from say(linkset, "void:triples", integer(count))


def _matched(subject: str, target: str) -> str:
    """Return what an indicator is matched to, "" where it is a concept that stands beside a concept of others."""
    if subject.startswith(CODE):
        return ""
    if target.startswith(_SHARED):
        return "shared-indicators"
    return "municipalities" if "/id/lg/" in target else ""


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
