"""What the catalogue refers to and others define: EU vocabularies, media types, standards.

DCAT-AP asks for the type of each and for the name of some. They are stated beside the catalogue, so that a validator
need not load those vocabularies. Source: https://semiceu.github.io/DCAT-AP/releases/3.0.1/, controlled vocabularies
"""

from collections.abc import Iterable, Iterator

from pyoxigraph import NamedNode, Triple

from kpigraph.triples import both, say, term

_MEDIA = "https://www.iana.org/assignments/media-types/"
_EU = "http://publications.europa.eu/resource/authority/"
JAPANESE, ENGLISH = NamedNode(_EU + "language/JPN"), NamedNode(_EU + "language/ENG")
THEMES = NamedNode(_EU + "data-theme")
GOVERNMENT = NamedNode(_EU + "data-theme/GOVE")
LOCAL_AUTHORITY = NamedNode("http://purl.org/adms/publishertype/LocalAuthority")
ONTOLOGY = NamedNode("https://w3id.org/kpigraph/ns")
CUBE = NamedNode("https://www.w3.org/TR/vocab-data-cube/")
SPARQL_PROTOCOL = NamedNode("https://www.w3.org/TR/sparql11-protocol/")
CANONICAL = NamedNode("https://www.w3.org/TR/rdf-canon/")
SSSOM = NamedNode("https://w3id.org/sssom/")
_FILE_TYPES = {
    "ttl": "RDF_TURTLE",
    "jsonld": "JSON_LD",
    "nt": "RDF_N_TRIPLES",
    "nq": "RDF_N_QUADS",
    "trig": "RDF_TRIG",
    "rdf": "RDF_XML",
    "csv": "CSV",
    "tsv": "TSV",
}
# Concepts and schemes of others: the scheme, and the name in ja and en, which the profile asks for.
_CONCEPTS = {
    GOVERNMENT: (_EU + "data-theme", "行政・公共部門", "Government and public sector"),
    LOCAL_AUTHORITY: ("http://purl.org/adms/publishertype/1.0", "地方公共団体", "Local Authority"),
}
_SCHEMES = {
    _EU + "data-theme": ("データのテーマ", "Data theme"),
    "http://purl.org/adms/publishertype/1.0": ("公開者の種別", "Publisher type"),
}
_STANDARDS = {
    ONTOLOGY: ("kpigraph オントロジー", "kpigraph ontology"),
    CUBE: ("RDF データキューブ語彙", "The RDF Data Cube Vocabulary"),
    SSSOM: ("対応表の標準 SSSOM", "SSSOM, the Simple Standard for Sharing Ontological Mappings"),
    CANONICAL: ("RDF データセットの正規化 RDFC-1.0", "RDF Dataset Canonicalization, RDFC-1.0"),
    SPARQL_PROTOCOL: ("SPARQL 1.1 プロトコル", "SPARQL 1.1 Protocol"),
}
# The type that the profile asks for of what a property leads to, where others define it.
_RANGES = {
    "dct:language": "dct:LinguisticSystem",
    "dct:format": "dct:MediaTypeOrExtent",
    "dcat:mediaType": "dct:MediaType",
    "dcat:compressFormat": "dct:MediaType",
    "dct:license": "dct:LicenseDocument",
    "dcat:landingPage": "foaf:Document",
    "dcat:themeTaxonomy": "skos:ConceptScheme",
    "dcat:theme": "skos:Concept",
    "dct:type": "skos:Concept",
    "dct:conformsTo": "dct:Standard",
    "spdx:algorithm": "spdx:ChecksumAlgorithm",
}


def media_type(name: str) -> NamedNode:
    """Return the media type called `name`, such as text/csv."""
    return NamedNode(_MEDIA + name)


def file_type(suffix: str) -> NamedNode:
    """Return the EU file type of files that end in `suffix`, such as ttl."""
    return NamedNode(f"{_EU}file-type/{_FILE_TYPES[suffix]}")


def described(triples: Iterable[Triple]) -> Iterator[Triple]:
    """Yield types and names of what others define and `triples` refer to."""
    ranges = {term(name): term(cls) for name, cls in _RANGES.items()}
    found = {(t.object, ranges[t.predicate]) for t in triples if t.predicate in ranges}
    for thing, cls in found:
        if not isinstance(thing, NamedNode):
            continue
        yield from say(thing, "rdf:type", cls)
        if thing in _STANDARDS:
            yield from both(thing, "dct:title", *_STANDARDS[thing])
        if thing in _CONCEPTS:
            scheme, ja, en = _CONCEPTS[thing]
            yield from both(thing, "skos:prefLabel", ja, en)
            yield from say(thing, "skos:inScheme", NamedNode(scheme))
            yield from say(NamedNode(scheme), "rdf:type", term("skos:ConceptScheme"))
            yield from both(NamedNode(scheme), "dct:title", *_SCHEMES[scheme])
