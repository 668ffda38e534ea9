"""Load our own vocabulary: the ontology, its alignments with other vocabularies, and the code lists of the model."""

import re
from pathlib import Path

from pyoxigraph import NamedNode, RdfFormat, parse
from rdflib import RDFS, BNode, Graph, URIRef
from rdflib.term import Node

from kpigraph.config import resource_dir
from kpigraph.terms import read_turtle, triples
from kpigraph.vocab import bind_prefixes

_BELOW = NamedNode(str(RDFS.subClassOf))
_NODE = "https://w3id.org/kpigraph/ns/node/"


def vocabulary_files() -> tuple[Path, ...]:
    """Return kpi.ttl, then the alignments, then the code lists, each group in order of name."""
    folder = resource_dir("ontology")
    return (folder / "kpi.ttl", *sorted(folder.glob("align-*.ttl")), *sorted(folder.glob("codes/*.ttl")))


def load_vocabulary() -> Graph:
    """Return everything in `vocabulary_files` as one graph without blank nodes.

    OWL can define a datatype (kpi:dantaiCode) through blank nodes only. Published graphs have none, so that every dump
    of a release is the same byte for byte; here those few nodes get an IRI made of the way that leads to them, such as
    …/ns/node/dantaiCode-equivalentClass.
    Source: RDF 1.1 Concepts, section 3.5, replacing blank nodes with IRIs.
    """
    graph = Graph()
    for path in vocabulary_files():
        for triple in read_turtle(path):
            graph.add(triple)
    named = bind_prefixes(Graph())
    for s, p, o in graph:
        named.add((_named(s, graph), p, _named(o, graph)))
    return named


def load_axioms() -> list[tuple[Node, Node, Node]]:
    """Return what `load_vocabulary` says of classes below others: all that checking needs, and read much sooner."""
    graph = [
        q for path in vocabulary_files() for q in parse(path=path, format=RdfFormat.TURTLE) if q.predicate == _BELOW
    ]
    return list(triples(graph))


def _named(node: Node, graph: Graph) -> Node:
    """Return `node`, or its IRI if it is a blank node; each of those is the object of exactly one triple."""
    if not isinstance(node, BNode):
        return node
    ((parent, predicate),) = graph.subject_predicates(node)
    return URIRef(f"{_NODE}{_last(_named(parent, graph))}-{_last(predicate)}")


def _last(node: Node) -> str:
    return re.split("[/#]", str(node))[-1]
