"""Check a graph against the shapes (SHACL). A run in which nothing was checked is an error, not a success.

Two engines give the same results. The fast one (compile.py and what it uses) applies each constraint to all nodes at
once; the reference is pySHACL (pyshacl_engine.py), which does whatever the fast one does not know.
"""

import logging
from collections.abc import Collection, Sequence
from enum import StrEnum
from itertools import chain

from rdflib import Graph
from rdflib.namespace import RDF, RDFS, SH
from rdflib.term import Node

from kpigraph.problems import Problem, SourceError, SourceLocation
from kpigraph.validate.compile import compile_shapes
from kpigraph.validate.errors import EngineFailedError, UnsupportedShapeError
from kpigraph.validate.index import Index
from kpigraph.validate.loading import PUBLICATION, load_shapes
from kpigraph.validate.report import ShapeResult, ValidationReport
from kpigraph.validate.shape import Found, Run, Shape
from kpigraph.validate.sparql import Queries, only

__all__ = ["PUBLICATION", "Engine", "ShapeResult", "ValidationReport", "load_shapes", "validate"]

_log = logging.getLogger(__name__)
_NOWHERE = SourceLocation(file="-")


class Engine(StrEnum):
    """What checks: our own compiled shapes, or pySHACL. Their results are the same."""

    FAST = "fast"
    PYSHACL = "pyshacl"


def validate(
    data: Graph | Sequence[Graph],
    shapes: Graph,
    vocabulary: Graph | None = None,
    *,
    at: SourceLocation = _NOWHERE,
    engine: Engine = Engine.FAST,
) -> ValidationReport:
    """Check every node of `data` (several graphs count as one) that a shape of `shapes` is meant for.

    Our graphs state every type of a node, so our shapes need no `vocabulary`. Where one is given, its subclass axioms
    count: a node is then checked, and accepted, by the classes above its own too.

    Raises:
        SourceError: shacl.nothing-checked at `at`, if there is no shape or no node that one is meant for.
        UsageError: if the shapes cannot be used.
    """
    names = set(shapes.subjects(RDF.type, SH.NodeShape)) | set(shapes.subjects(RDF.type, SH.PropertyShape))
    if not names:
        raise SourceError(Problem("shacl.nothing-checked", at, "0 sh:NodeShape", "sh:NodeShape, sh:PropertyShape"))
    checked = _Data([data] if isinstance(data, Graph) else data, vocabulary)
    try:
        nodes, results = (_fast if engine is Engine.FAST else _by_pyshacl)(checked, shapes)
    except UnsupportedShapeError as e:
        _log.info("left to pySHACL: %s", e)
        nodes, results = _by_pyshacl(checked, shapes)
    if not nodes:
        expected = sorted(cls.n3(shapes.namespace_manager) for cls in set(shapes.objects(None, SH.targetClass)))
        raise SourceError(Problem("shacl.nothing-checked", at, f"{checked.size} triples", " ".join(expected)))
    return ValidationReport.of_results(results, len(names), nodes)


def _fast(data: "_Data", shapes: Graph) -> tuple[int, Sequence[ShapeResult]]:
    """Return how many nodes were checked, and what was found.

    Raises:
        UnsupportedShapeError: if shapes or data have something that pySHACL must decide.
    """
    compiled = compile_shapes(shapes)
    index = data.index
    queries = Queries(index, shapes)

    def ask(shape: Shape, constraint: Node, focus: Collection[int]) -> Found:
        try:
            yield from list(queries.answer(shape, constraint, focus))
        except UnsupportedShapeError as e:
            _log.info("left to pySHACL: %s: %s", constraint, e)
            part = only(shapes, shape, constraint, [index.terms[n] for n in focus])
            try:
                yield from _deferred(data, part)
            except EngineFailedError:
                yield from queries.answer(shape, constraint, focus, strict=False)

    run = Run(index, compiled, ask)
    focus = {name: shape.targets.focus_nodes(index) for name, shape in compiled.items()}
    checked = set().union(*focus.values()) & index.subjects
    results = [result for name, nodes in focus.items() for _, result in run.validate(compiled[name], nodes)]
    if silent := {result.shape for result in results if not result.messages}:
        raise UnsupportedShapeError(f"the words are pySHACL's own: no sh:message: {sorted(silent)}")
    return len(checked), results


def _deferred(data: "_Data", shapes: Graph) -> Sequence[tuple[int, ShapeResult]]:
    """Return what pySHACL says of the focus nodes that `shapes` names."""
    from kpigraph.validate import pyshacl_engine  # slow to import, and seldom needed

    return [(data.index.number(found.focus_node), found) for found in pyshacl_engine.results(data.graph, shapes)]


def _by_pyshacl(data: "_Data", shapes: Graph) -> tuple[int, Sequence[ShapeResult]]:
    from kpigraph.validate import pyshacl_engine

    focus = pyshacl_engine.focus_nodes(data.graph, shapes)
    nodes = sum(any((node, None, None) in part for part in data.parts) for node in focus)
    return nodes, list(pyshacl_engine.results(data.graph, shapes)) if nodes else []


class _Data:
    """The data with the subclass axioms of the vocabulary, as numbers and, for pySHACL, as one graph."""

    def __init__(self, parts: Sequence[Graph], vocabulary: Graph | None) -> None:
        self.parts = parts
        self._axioms = [] if vocabulary is None else list(vocabulary.triples((None, RDFS.subClassOf, None)))
        self._index: Index | None = None
        self._graph: Graph | None = None

    @property
    def size(self) -> int:
        return len(set(chain.from_iterable(self.parts)))

    @property
    def index(self) -> Index:
        if self._index is None:
            self._index = Index(chain.from_iterable(self.parts))
            self._index.add_axioms(self._axioms)
        return self._index

    @property
    def graph(self) -> Graph:
        if self._graph is None:
            if len(self.parts) == 1 and not self._axioms:
                self._graph = self.parts[0]
            else:
                self._graph = Graph()
                for triple in chain(*self.parts, self._axioms):
                    self._graph.add(triple)
        return self._graph
