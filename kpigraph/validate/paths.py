"""Property paths of SHACL, as functions from a node to the nodes that the path leads to.

Source: SHACL (2017), section 2.3.1.
"""

from collections.abc import Callable, Collection
from functools import partial

from rdflib import BNode, Graph, URIRef
from rdflib.namespace import RDF, SH
from rdflib.term import Node

from kpigraph.validate.errors import UnsupportedShapeError
from kpigraph.validate.index import Index

# Each node that is reached comes once.
Path = Callable[[Index, int], Collection[int]]

MAX_DEPTH = 10


def items(shapes: Graph, head: Node) -> list[Node]:
    """Return the members of an RDF list.

    Raises:
        UnsupportedShapeError: if it is not well formed, or empty.
    """
    found: list[Node] = []
    seen: set[Node] = set()
    while head != RDF.nil:
        first, rest = list(shapes.objects(head, RDF.first)), list(shapes.objects(head, RDF.rest))
        if len(first) != 1 or len(rest) != 1 or head in seen:
            raise UnsupportedShapeError("a list that is not well formed")
        seen.add(head)
        found.append(first[0])
        head = rest[0]
    if not found:
        raise UnsupportedShapeError("an empty list")
    return found


def compile_path(shapes: Graph, node: Node, *, inverse: bool = False, depth: int = 0) -> Path:
    """Return the path that `node` describes.

    Raises:
        UnsupportedShapeError: if it is none, or nested so deep that pySHACL would refuse it.
    """
    if isinstance(node, URIRef):
        return partial(_backward if inverse else _forward, node)
    if not isinstance(node, BNode) or depth >= MAX_DEPTH:
        raise UnsupportedShapeError("a path that is not well formed, or too deep")

    def part(of: Node, *, turned: bool = inverse) -> Path:
        return compile_path(shapes, of, inverse=turned, depth=depth + 1)

    properties = dict(shapes.predicate_objects(node))
    if len(list(shapes.predicate_objects(node))) != (2 if RDF.first in properties else 1):
        raise UnsupportedShapeError("a path that is several at once")
    if RDF.first in properties:
        steps = [part(step) for step in items(shapes, node)]
        if len(steps) < 2 or len(steps) + depth >= MAX_DEPTH or inverse:
            raise UnsupportedShapeError("a sequence of one step, of very many, or inverted as a whole")
        return partial(_sequence, tuple(steps))
    [(kind, inner)] = properties.items()
    if kind == SH.inversePath:
        return part(inner, turned=not inverse)
    if kind == SH.alternativePath:
        ways = [part(way) for way in items(shapes, inner)]
        if len(ways) < 2:
            raise UnsupportedShapeError("an alternative of one path")
        return partial(_alternatives, tuple(ways))
    repeated: dict[Node, Callable[[Path, Index, int], Collection[int]]] = {
        SH.zeroOrMorePath: _zero_or_more,
        SH.oneOrMorePath: _one_or_more,
        SH.zeroOrOnePath: _zero_or_one,
    }
    if kind not in repeated:
        raise UnsupportedShapeError(f"a path of {kind}")
    return partial(repeated[kind], part(inner))


def _forward(predicate: URIRef, index: Index, node: int) -> Collection[int]:
    return index.objects(node, index.number(predicate))


def _backward(predicate: URIRef, index: Index, node: int) -> Collection[int]:
    return index.subjects_of(index.number(predicate), node)


def _sequence(steps: tuple[Path, ...], index: Index, node: int) -> Collection[int]:
    reached: Collection[int] = (node,)
    for step in steps:
        reached = {there for here in reached for there in step(index, here)}
    return reached


def _alternatives(ways: tuple[Path, ...], index: Index, node: int) -> Collection[int]:
    return {there for way in ways for there in way(index, node)}


def _zero_or_more(step: Path, index: Index, node: int) -> Collection[int]:
    return {node, *_one_or_more(step, index, node)}


def _one_or_more(step: Path, index: Index, node: int) -> Collection[int]:
    reached: set[int] = set()
    rest = set(step(index, node))
    while rest:
        here = rest.pop()
        if here not in reached:
            reached.add(here)
            rest.update(step(index, here))
    return reached


def _zero_or_one(step: Path, index: Index, node: int) -> Collection[int]:
    return {node, *step(index, node)}


_REPEATED: dict[Node, Callable[[Path, Index, int], Collection[int]]] = {
    SH.zeroOrMorePath: _zero_or_more,
    SH.oneOrMorePath: _one_or_more,
    SH.zeroOrOnePath: _zero_or_one,
}
