"""Between rdflib, which maps one document at a time, and pyoxigraph, which reads, stores and writes them all."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import pyoxigraph as ox
from rdflib import BNode, Literal, URIRef
from rdflib.namespace import XSD
from rdflib.term import Node

Triple = tuple[Node, Node, Node]


def quads(of: Iterable[Triple], graph: str) -> Iterator[ox.Quad]:
    """Yield triples (an rdflib graph is one way to give them) as quads of the named graph `graph`.

    Raises:
        ValueError: if an IRI or a language tag is not well formed: rdflib takes any text for one.
    """
    name = ox.NamedNode(graph)
    iris: dict[Node, ox.NamedNode] = {}  # one for the many triples that speak of a thing

    def iri(node: URIRef) -> ox.NamedNode:
        made = iris.get(node)
        if made is None:
            made = iris[node] = ox.NamedNode(node)
        return made

    for subject, predicate, object_ in of:
        if not isinstance(predicate, URIRef):
            raise ValueError(f"a predicate is an IRI, not {predicate!r}")
        yield ox.Quad(
            iri(subject) if type(subject) is URIRef else to_resource(subject),
            iri(predicate),
            iri(object_) if type(object_) is URIRef else to_term(object_),
            name,
        )


def to_resource(node: Node) -> ox.NamedNode | ox.BlankNode:
    """Return an IRI or a blank node as pyoxigraph has it.

    Raises:
        ValueError: if it is neither, or the IRI is not well formed.
    """
    if isinstance(node, URIRef):
        return ox.NamedNode(str(node))
    if isinstance(node, BNode):
        return ox.BlankNode(str(node))
    raise ValueError(f"a subject is an IRI or a blank node, not {node!r}")


def to_term(node: Node) -> ox.NamedNode | ox.BlankNode | ox.Literal:
    """Return `node` as pyoxigraph has it.

    Raises:
        ValueError: if an IRI or a language tag is not well formed.
    """
    if not isinstance(node, Literal):
        return to_resource(node)
    if node.language:
        return ox.Literal(str(node), language=node.language)
    if node.datatype:
        return ox.Literal(str(node), datatype=ox.NamedNode(str(node.datatype)))
    return ox.Literal(str(node))


def read_turtle(file: Path) -> Iterator[Triple]:
    """Yield the triples of a Turtle file as rdflib has them, many times sooner than rdflib reads it.

    Raises:
        SyntaxError: if it is not Turtle.
        ValueError: if it is not UTF-8.
    """
    return triples(ox.parse(path=file, format=ox.RdfFormat.TURTLE, rename_blank_nodes=True))


def triples(quads: Iterable[ox.Quad]) -> Iterator[Triple]:
    """Yield `quads` as triples of rdflib, whatever graph they are in.

    Raises:
        ValueError: if a term is a triple.
    """
    known: dict[object, Node] = {}
    for quad in quads:
        found = []
        for term in (quad.subject, quad.predicate, quad.object):
            if (node := known.get(term)) is None:
                node = known[term] = from_term(term)
            found.append(node)
        yield found[0], found[1], found[2]


def from_term(term: object) -> Node:
    """Return a term of pyoxigraph as rdflib has it.

    Raises:
        ValueError: if it is a triple term.
    """
    if isinstance(term, ox.NamedNode):
        return URIRef(term.value)
    if isinstance(term, ox.BlankNode):
        return BNode(term.value)
    if not isinstance(term, ox.Literal):
        raise ValueError(f"not a term of RDF 1.1: {term}")
    if term.language:
        return Literal(term.value, lang=term.language)
    plain = term.datatype.value == str(XSD.string)
    return Literal(term.value, datatype=None if plain else URIRef(term.datatype.value))
