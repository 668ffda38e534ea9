"""The prefixes of every download, page and example query. Plain text: the server needs them without rdflib."""

from functools import lru_cache

NS = "https://w3id.org/kpigraph/ns#"
CODE = "https://w3id.org/kpigraph/code/"
SHAPES = "https://w3id.org/kpigraph/shapes#"

PREFIXES = {
    "c": CODE,
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "kpi": NS,
    "kpish": SHAPES,
    "oa": "http://www.w3.org/ns/oa#",
    "org": "http://www.w3.org/ns/org#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "prov": "http://www.w3.org/ns/prov#",
    "qb": "http://purl.org/linked-data/cube#",
    "qudt": "http://qudt.org/schema/qudt/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "sa": "http://purl.org/linked-data/sdmx/2009/attribute#",
    "sac": "http://data.e-stat.go.jp/lod/sac/",
    "sc": "http://purl.org/linked-data/sdmx/2009/code#",
    "sd": "http://purl.org/linked-data/sdmx/2009/dimension#",
    "semapv": "https://w3id.org/semapv/vocab/",
    "sh": "http://www.w3.org/ns/shacl#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "sm": "http://purl.org/linked-data/sdmx/2009/measure#",
    "spdx": "http://spdx.org/rdf/terms#",
    "sssom": "https://w3id.org/sssom/",
    "time": "http://www.w3.org/2006/time#",
    "u": CODE + "unit/",
    "unit": "http://qudt.org/vocab/unit/",
    "void": "http://rdfs.org/ns/void#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}

# Those of the catalogue and the other descriptions of a release; the data itself does not use them.
DESCRIPTION_PREFIXES = PREFIXES | {
    "dqv": "http://www.w3.org/ns/dqv#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "sparql": "http://www.w3.org/ns/sparql-service-description#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
}


@lru_cache(maxsize=1024)
def expand(name: str) -> str:
    """Return the IRI that a prefixed name such as kpi:unit stands for."""
    prefix, _, local = name.partition(":")
    return DESCRIPTION_PREFIXES[prefix] + local
