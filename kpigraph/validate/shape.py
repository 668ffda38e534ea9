"""A shape, compiled: what it is meant for, the path to its values, what it holds them to. And the run that applies it.

Everything is done for a set of nodes at once. A constraint takes the value nodes by focus node and yields pairs: the
focus node that is at fault, and the result.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import repeat
from typing import Protocol, cast

from rdflib import URIRef
from rdflib.term import Identifier, Node

from kpigraph.validate.index import Index
from kpigraph.validate.paths import Path, reach
from kpigraph.validate.report import ShapeResult

Values = Mapping[int, Collection[int]]
Found = Iterator[tuple[int, ShapeResult]]
Constraint = Callable[["Run", "Shape", Values], Found]


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """What a shape is meant for: nodes, instances of classes, subjects and objects of properties."""

    nodes: tuple[Node, ...] = ()
    classes: tuple[Node, ...] = ()
    subjects_of: tuple[Node, ...] = ()
    objects_of: tuple[Node, ...] = ()

    def focus_nodes(self, index: Index) -> Collection[int]:
        if len(self.classes) == 1 and not (self.nodes or self.subjects_of or self.objects_of):
            return index.instances(index.number(self.classes[0]))
        found = {index.number(node) for node in self.nodes}
        for cls in self.classes:
            found |= index.instances(index.number(cls))
        for predicate in self.subjects_of:
            found.update(index.forward.get(index.number(predicate), ()))
        for predicate in self.objects_of:
            found.update(index.backward(index.number(predicate)))
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A shape, compiled. `path` is None for a node shape; `path_name` is the path's IRI where it is one step."""

    name: Node
    iri: URIRef  # its name as reports have it
    path: Path | None
    path_name: URIRef | None
    severity: URIRef
    messages: dict[str, str]
    active: bool
    targets: Targets
    constraints: tuple[Constraint, ...]
    refers_to: tuple[Node, ...]  # shapes that its constraints apply

    def result(
        self, index: Index, component: URIRef, focus: int, value: int | None = None, path: URIRef | None = None
    ) -> ShapeResult:
        """Return what is said of the focus node, and of a value of it where it is about one."""
        return ShapeResult(
            focus_node=identifier(index.terms[focus]),
            shape=self.iri,
            component=component,
            path=path or self.path_name,
            value=None if value is None else identifier(index.terms[value]),
            severity=self.severity,
            messages=self.messages,
        )


class Asker(Protocol):
    """Answers the query of a SHACL-SPARQL constraint for a set of focus nodes."""

    def __call__(self, shape: Shape, constraint: Node, focus: Collection[int]) -> Found: ...


class Run:
    """One validation: the data, the shapes, and which nodes are known to conform to which shape."""

    def __init__(self, index: Index, shapes: Mapping[Node, Shape], ask: Asker) -> None:
        self.index = index
        self.shapes = shapes
        self.ask = ask
        self._conforming: dict[Node, dict[int, bool]] = {}

    def validate(self, shape: Shape, nodes: Collection[int]) -> Found:
        """Yield what is wrong with `nodes` by `shape`, each result with the node of `nodes` that it is about."""
        if not shape.active or not nodes:
            return
        values = self._values(shape, nodes)
        for constraint in shape.constraints:
            yield from constraint(self, shape, values)

    def _values(self, shape: Shape, nodes: Collection[int]) -> Values:
        if shape.path is None:
            return dict(zip(nodes, zip(nodes), strict=True))
        if shape.path_name is not None:
            lists = self.index.forward.get(self.index.number(shape.path_name), {})
            return dict(zip(nodes, map(lists.get, nodes, repeat(())), strict=True))
        there = reach(self.index, shape.path)
        return {n: there(n) or () for n in nodes}

    def failing(self, name: Node, nodes: Collection[int]) -> set[int]:
        """Return those of `nodes` that do not conform to the shape called `name`."""
        known = self._conforming.setdefault(name, {})
        new = {n for n in nodes if n not in known}
        bad = {node for node, _ in self.validate(self.shapes[name], new)}
        known.update((n, n not in bad) for n in new)
        return {n for n in nodes if not known[n]}


def identifier(node: Node) -> Identifier:
    return cast("Identifier", node)  # every term of rdflib is one
