"""The one order in which quads are written, so that the same graph always gives the same bytes.

Digits compare as numbers (row-10 after row-9) and rdf:type stands first in a description, which makes Turtle pleasant
to read. pyoxigraph only: the server sorts descriptions too and must not load rdflib.
"""

from collections.abc import Iterable
from functools import lru_cache

from pyoxigraph import BlankNode, CanonicalizationAlgorithm, Dataset, DefaultGraph, Quad, Triple

from kpigraph.text import natural as natural  # also for who sorts by it

_TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"


def in_order(quads: Iterable[Quad]) -> list[Quad]:
    """Return `quads` without repeats, sorted by graph, subject, predicate and object.

    Blank nodes get the labels of RDFC-1.0, which depend on the graph alone and not on the run.
    Source: RDF Dataset Canonicalization, https://www.w3.org/TR/rdf-canon/
    """
    return sorted(_relabel(set(quads)), key=lambda q: (_key(str(q.graph_name)), *_triple_key(q)))


def triples_in_order(statements: Iterable[Quad | Triple]) -> list[Triple]:
    """Return the triples of `statements`, whatever their graphs, without repeats and in the order of `in_order`."""
    return sorted({s.triple if isinstance(s, Quad) else s for s in statements}, key=_triple_key)


def _relabel(quads: set[Quad]) -> set[Quad]:
    blank = {q for q in quads if isinstance(q.subject, BlankNode) or isinstance(q.object, BlankNode)}
    if not blank:
        return quads
    dataset = Dataset(blank)
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return (quads - blank) | set(dataset)


def _triple_key(statement: Quad | Triple) -> tuple[tuple[str, str], str, tuple[str, str]]:
    predicate = str(statement.predicate)
    object_ = str(statement.object)
    return _key(str(statement.subject)), "" if predicate == _TYPE else predicate, (natural(object_), object_)


@lru_cache(maxsize=1 << 16)
def _key(term: str) -> tuple[str, str]:
    return natural(term), term


def graph_iri(quad: Quad) -> str:
    """Return the IRI of the named graph of `quad`, "" for the default graph."""
    return "" if isinstance(quad.graph_name, DefaultGraph) else quad.graph_name.value
