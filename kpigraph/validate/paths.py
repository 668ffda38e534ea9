"""Property paths of SHACL and SPARQL, and the nodes that they lead to.

Source: SHACL (2017), section 2.3.1.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from rdflib import BNode, Graph, URIRef
from rdflib.namespace import RDF, SH
from rdflib.term import Node

from kpigraph.validate.errors import UnsupportedShapeError
from kpigraph.validate.index import Index

# From a node to the nodes that a path leads to, each once, if any.
Reach = Callable[[int], Collection[int] | None]

MAX_DEPTH = 10


@dataclass(frozen=True, slots=True)
class Path:
    """An IRI, or other paths: one of them turned round (`kind` ^) or repeated (+ * ?), all in turn (/), any (|)."""

    kind: str
    of: tuple["Path", ...] = ()
    iri: URIRef | None = None


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
        return Path("", iri=node)
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
        return Path("/", tuple(steps))
    [(kind, inner)] = properties.items()
    if kind == SH.inversePath:
        return Path("^", (part(inner, turned=not inverse),))
    if kind == SH.alternativePath:
        ways = [part(way) for way in items(shapes, inner)]
        if len(ways) < 2:
            raise UnsupportedShapeError("an alternative of one path")
        return Path("|", tuple(ways))
    if kind not in _REPEATED:
        raise UnsupportedShapeError(f"a path of {kind}")
    return Path(_REPEATED[kind], (part(inner),))


_REPEATED: dict[Node, str] = {SH.zeroOrMorePath: "*", SH.oneOrMorePath: "+", SH.zeroOrOnePath: "?"}


def reach(index: Index, path: Path, *, back: bool = False) -> Reach:
    """Return where a path leads to; `back`: where it comes from."""
    if path.iri is not None:
        predicate = index.number(path.iri)
        lists = index.backward(predicate) if back else index.forward.get(predicate, {})
        return lists.get
    ways = [reach(index, part, back=back != (path.kind == "^")) for part in path.of]
    way = ways[0]
    match path.kind:
        case "^":
            return way
        case "|":
            return lambda n: {there for way in ways for there in way(n) or ()}
        case "/":
            steps = ways[::-1] if back else ways
            return lambda n: _followed(steps, n)
        case "?":
            return lambda n: {n, *(way(n) or ())}
        case "*":
            return lambda n: {n, *_repeated(way, n)}
    return lambda n: _repeated(way, n)


def _followed(ways: Sequence[Reach], node: int) -> Collection[int]:
    here: Collection[int] = (node,)
    for way in ways:
        here = {there for n in here for there in way(n) or ()}
    return here


def _repeated(way: Reach, node: int) -> Collection[int]:
    found: set[int] = set()
    rest = set(way(node) or ())
    while rest:
        found |= rest
        rest = {there for n in rest for there in way(n) or ()} - found
    return found
