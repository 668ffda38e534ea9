"""A published graph that is changed in one place, checked around that place, and put back.

The whole graph takes seconds to check. A mutant is checked where it can be seen: at the nodes that changed, what these
refer to, and what refers to these. The shapes are read once.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyoxigraph as ox
from pyshacl.graph_abstraction import DataGraph
from pyshacl.validator import Validator
from rdflib import Graph, Literal, URIRef
from rdflib.namespace import RDF, SH
from rdflib.term import Node

from kpigraph.prefixes import SHAPES, expand
from kpigraph.validate import ShapeResult
from kpigraph.validate.pyshacl_engine import Checked, report_results

Triple = tuple[Node, Node, Node]
_SOME = 30  # of what changed, and of what refers to it: half the graph refers to the edition


def published_graph(current: Path) -> Graph:
    """Return what validation sees of a release: its editions and what they share, without the vocabulary."""
    lines = [
        f"{quad.triple} .\n"
        for quad in ox.parse(path=current / "kpigraph.nq")
        if not str(quad.graph_name).endswith("/graph/vocab>")
    ]
    return Graph().parse(data="".join(lines), format="nt")


def term(name: str) -> URIRef:
    return URIRef(expand(name))


class Bench:
    """A graph and the shapes that it is checked against."""

    def __init__(self, graph: Graph, shapes: Graph) -> None:
        self.graph = graph
        self._shapes = shapes
        self._data = DataGraph.from_rdflib(Checked(store=graph.store, identifier=graph.identifier))
        self._validator = Validator(self._data, shacl_graph=shapes, options={"inplace": True, "inference": "none"})
        self._read = self._validator.shacl_graph

    def check(self, nodes: Iterable[Node], only: str = "") -> list[ShapeResult]:
        """Return what the shapes say of `nodes`, each as far as a shape is meant for it.

        With `only`, the name of a shape, no others are asked than that one and those that it is a part of.
        """
        wanted, executor, found = set(nodes), self._validator.make_executor(), []
        chosen = {URIRef(SHAPES + only), *self._shapes.subjects(SH.property, URIRef(SHAPES + only))}
        for shape in self._read.shapes:
            if only and shape.node not in chosen:
                continue
            if focus := shape.focus_nodes(self._data) & wanted:
                found += shape.validate(executor, self._data, focus=sorted(focus))[1]
        report, _ = self._validator.create_validation_report(self._read, not found, found)
        assert isinstance(report, Graph)
        return list(report_results(report, self._shapes))

    @contextmanager
    def mutant(self) -> Iterator["Mutant"]:
        """Yield a way to change the graph; what was changed is put back at the end."""
        made = Mutant(self.graph)
        try:
            yield made
        finally:
            for triple, added in reversed(made.log):
                (self.graph.remove if added else self.graph.add)(triple)

    def near(self, made: "Mutant") -> set[Node]:
        """Return the nodes at which a change can be seen."""
        touched = set(sorted({s for (s, _, _), _ in made.log})[:_SOME])
        others = {o for (_, _, o), _ in made.log if isinstance(o, URIRef)}
        near = touched | others
        for node in touched:
            near |= {o for o in self.graph.objects(node) if isinstance(o, URIRef)}
            near |= set(sorted(self.graph.subjects(None, node))[:_SOME])
        return near | {o for s in touched for o in list(self.graph.objects(s, term("kpi:indicator")))}


class Mutant:
    """The changes of one mutation, by prefixed names; a thing may be given as its IRI."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.log: list[tuple[Triple, bool]] = []

    # ---- find

    def all(self, kind: str, *having: str, **values: str) -> list[URIRef]:
        """Return the things of a class that have the properties, and the values (`valueForm="c:form-missing"`)."""
        found = (s for s in self.graph.subjects(RDF.type, term(kind)) if isinstance(s, URIRef))
        kept = [s for s in found if all((s, term(p), None) in self.graph for p in having)]
        return sorted(s for s in kept if all((s, term(f"kpi:{p}"), _node(o)) in self.graph for p, o in values.items()))

    def one(self, kind: str, *having: str, **values: str) -> URIRef:
        """Return one of those, from the middle: the first of a document is often special."""
        found = self.all(kind, *having, **values)
        return found[len(found) // 2]

    def get(self, s: Node, p: str) -> Node:
        return min(self.graph.objects(s, term(p)))

    def to(self, s: Node, *path: str) -> Node:
        for p in path:
            s = min(self.graph.subjects(term(p[1:]), s)) if p.startswith("^") else self.get(s, p)
        return s

    # ---- change

    def add(self, s: Node, p: str, o: "Node | str") -> None:
        self.change((s, term(p), _node(o)), added=True)

    def lose(self, s: Node, p: str, o: "Node | str | None" = None) -> None:
        for triple in list(self.graph.triples((s, term(p), None if o is None else _node(o)))):
            self.change(triple, added=False)

    def put(self, s: Node, p: str, o: "Node | str") -> None:
        """Let `o` be the one value."""
        self.lose(s, p)
        self.add(s, p, o)

    def drop(self, s: Node) -> None:
        """Say nothing of `s` any more; what refers to it still does."""
        for triple in list(self.graph.triples((s, None, None))):
            self.change(triple, added=False)

    def cut(self, s: Node) -> None:
        """Drop `s` and what refers to it."""
        self.drop(s)
        for triple in list(self.graph.triples((None, None, s))):
            self.change(triple, added=False)

    def copy(self, s: Node, name: str) -> URIRef:
        """Return a second thing that says what `s` says."""
        twin = URIRef(name)
        for _, p, o in list(self.graph.triples((s, None, None))):
            self.change((twin, p, o), added=True)
        return twin

    def rename(self, s: Node, name: str) -> None:
        new = URIRef(name)
        for _, p, o in list(self.graph.triples((s, None, None))):
            self.change((new, p, o), added=True)
        for subject, p, _ in list(self.graph.triples((None, None, s))):
            self.change((subject, p, new), added=True)
        self.cut(s)

    def change(self, triple: Triple, *, added: bool) -> None:
        if (triple in self.graph) is not added:
            (self.graph.add if added else self.graph.remove)(triple)
            self.log.append((triple, added))


def _node(value: "Node | str") -> Node:
    """Return a node as it is, and the term of a prefixed name."""
    return value if isinstance(value, Node) else term(value)


def decimal(text: str) -> Literal:
    return Literal(text, datatype=term("xsd:decimal"))
