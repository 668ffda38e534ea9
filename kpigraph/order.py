"""The one order in which quads are written, so that the same graph always gives the same bytes.

Digits compare as numbers (row-10 after row-9) and rdf:type stands first in a description, which makes Turtle pleasant
to read. pyoxigraph only: the server sorts descriptions too and must not load rdflib.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from pyoxigraph import (
    BlankNode,
    CanonicalizationAlgorithm,
    Dataset,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    Triple,
)

from kpigraph.text import natural as natural  # also for who sorts by it

S = TypeVar("S", Quad, Triple)
Term = NamedNode | BlankNode | Literal | Triple | DefaultGraph
TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"


def key(term: Term) -> tuple[str, str]:
    """Return what a graph, subject or object is sorted by."""
    text = str(term)
    return natural(text), text


def predicate_key(term: Term) -> tuple[str, str]:
    """Return what a predicate is sorted by."""
    text = str(term)
    return "" if text == TYPE else text, ""


def in_order(quads: Iterable[Quad]) -> list[Quad]:
    """Return `quads` without repeats, sorted by graph, subject, predicate and object.

    Blank nodes get the labels of RDFC-1.0, which depend on the graph alone and not on the run.
    Source: RDF Dataset Canonicalization, https://www.w3.org/TR/rdf-canon/
    """
    found = _relabelled(list(set(quads)))
    return _sorted(found, [q.graph_name for q in found])


def triples_in_order(statements: Iterable[Quad | Triple]) -> list[Triple]:
    """Return the triples of `statements`, whatever their graphs, without repeats and in the order of `in_order`."""
    found = list({s.triple if isinstance(s, Quad) else s for s in statements})
    return _sorted(found, [DefaultGraph()] * len(found))


def _relabelled(quads: list[Quad]) -> list[Quad]:
    if BlankNode not in {type(q.subject) for q in quads} | {type(q.object) for q in quads}:
        return quads
    blank = {q for q in quads if isinstance(q.subject, BlankNode) or isinstance(q.object, BlankNode)}
    dataset = Dataset(blank)
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return [*(q for q in quads if q not in blank), *dataset]


def _sorted(found: Sequence[S], graphs: Sequence[Term]) -> list[S]:
    """Return `found` in order; `graphs` are the graphs that they are in.

    There are far fewer terms than statements: each term is ranked once, and statements are compared by whole numbers.
    """
    subjects, predicates, objects = [s.subject for s in found], [s.predicate for s in found], [s.object for s in found]
    graph, subject, object_ = _ranked(graphs), _ranked(subjects), _ranked(objects)
    predicate = _ranked(predicates, predicate_key)
    per_predicate = len(object_)
    per_subject = per_predicate * len(predicate)
    per_graph = per_subject * len(subject)
    keys = [
        graph[g] * per_graph + subject[s] * per_subject + predicate[p] * per_predicate + object_[o]
        for g, s, p, o in zip(graphs, subjects, predicates, objects, strict=True)
    ]
    return [found[n] for n in sorted(range(len(found)), key=keys.__getitem__)]


def _ranked(terms: Iterable[Term], key: Callable[[Term], tuple[str, str]] = key) -> dict[Term, int]:
    """Return the place of each term among all of `terms`."""
    return {term: n for n, term in enumerate(sorted(set(terms), key=key))}


def graph_iri(quad: Quad) -> str:
    """Return the IRI of the named graph of `quad`, "" for the default graph."""
    return "" if isinstance(quad.graph_name, DefaultGraph) else quad.graph_name.value
