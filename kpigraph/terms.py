"""From rdflib, which maps and validates one document at a time, to pyoxigraph, which stores and writes them all."""

from collections.abc import Iterable, Iterator

import pyoxigraph as ox
from rdflib import BNode, Literal, URIRef
from rdflib.term import Node


def quads(triples: Iterable[tuple[Node, Node, Node]], graph: str) -> Iterator[ox.Quad]:
    """Yield `triples` (an rdflib graph is one way to give them) as quads of the named graph `graph`.

    Raises:
        ValueError: if an IRI or a language tag is not well formed: rdflib takes any text for one.
    """
    name = ox.NamedNode(graph)
    for subject, predicate, object_ in triples:
        if not isinstance(predicate, URIRef):
            raise ValueError(f"a predicate is an IRI, not {predicate!r}")
        yield ox.Quad(_resource(subject), ox.NamedNode(str(predicate)), _term(object_), name)


def _resource(node: Node) -> ox.NamedNode | ox.BlankNode:
    if isinstance(node, URIRef):
        return ox.NamedNode(str(node))
    if isinstance(node, BNode):
        return ox.BlankNode(str(node))
    raise ValueError(f"a subject is an IRI or a blank node, not {node!r}")


def _term(node: Node) -> ox.NamedNode | ox.BlankNode | ox.Literal:
    if not isinstance(node, Literal):
        return _resource(node)
    if node.language:
        return ox.Literal(str(node), language=node.language)
    if node.datatype:
        return ox.Literal(str(node), datatype=ox.NamedNode(str(node.datatype)))
    return ox.Literal(str(node))
