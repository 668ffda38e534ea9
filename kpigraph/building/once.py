"""What each process reads once for all municipalities: code lists, shapes, vocabulary."""

import gc
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from rdflib import Graph, URIRef

from kpigraph import codelists, graph, municipalities, ontology, reference
from kpigraph import validate as shacl
from kpigraph.codelists import IndicatorScheme, UnitCodelist
from kpigraph.iris import DataIris
from kpigraph.municipalities import Municipalities
from kpigraph.vocab import RDF, SKOS

COLLECTED = 5_000_000, 10, 10  # a document makes fewer objects, few of them in cycles: looked through after it


@dataclass(frozen=True, slots=True)
class Shared:
    """What all municipalities have in common: the code lists, and their units as triples."""

    units: UnitCodelist
    known: Municipalities
    scheme: IndicatorScheme
    unit_triples: graph.Triples
    concepts: frozenset[URIRef]


@lru_cache(maxsize=2)
def shared(lists: Path, digest: str, base: str) -> Shared:
    """Return what is in the code lists at `lists`, of the content `digest`, read once by each process.

    Raises:
        SourceError: with every fault of a code list.
    """
    units, scheme = codelists.load_units(lists), codelists.load_indicators(lists)
    return Shared(
        units,
        municipalities.load(lists),
        scheme,
        graph.union(reference.reference_triples([], units, DataIris(base))),
        frozenset(s for s, p, o in scheme.triples if (p, o) == (RDF.type, SKOS.Concept) and isinstance(s, URIRef)),
    )


@lru_cache(maxsize=2)
def checker(lists: Path, digest: str, base: str) -> shacl.Checker:
    """Return what checks the graph of a document, made once by each process; what the units are counts with each."""
    made = shacl.Checker(shacl.load_shapes(), ontology.load_axioms(), shared(lists, digest, base).unit_triples)
    gc.freeze()  # what is read once for all documents is not looked through again for each of them
    gc.set_threshold(*COLLECTED)
    return made


@cache
def checker_of_parts() -> shacl.Checker:
    """Return what checks a graph that stands beside those of documents."""
    return shacl.Checker(shacl.for_parts(shacl.load_shapes()), ontology.load_axioms())


@cache
def vocabulary() -> Graph:
    """Return our vocabulary, read once by each process. It is only read."""
    return ontology.load_vocabulary()
