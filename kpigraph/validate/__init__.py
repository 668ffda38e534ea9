"""Check a graph against the shapes (SHACL). A run in which nothing was checked is an error, not a success.

Two engines give the same results. The fast one (compile.py and what it uses) applies each constraint to all nodes at
once; the reference is pySHACL (pyshacl_engine.py), which does whatever the fast one does not know.
"""

import logging
from collections.abc import Collection, Iterable, Sequence
from enum import StrEnum
from functools import cached_property
from itertools import chain

from rdflib import Graph
from rdflib.namespace import RDF, RDFS, SH
from rdflib.term import Node

from kpigraph.problems import Problem, SourceError, SourceLocation
from kpigraph.validate.compile import compile_shapes
from kpigraph.validate.errors import EngineFailedError, UnsupportedShapeError
from kpigraph.validate.index import Index, Triple
from kpigraph.validate.loading import PUBLICATION, for_parts, load_shapes
from kpigraph.validate.report import ShapeResult, ValidationReport
from kpigraph.validate.shape import Found, Run, Shape
from kpigraph.validate.sparql import Queries, Questions, only
from kpigraph.written import Texts

__all__ = [
    "PUBLICATION",
    "Checker",
    "Engine",
    "ShapeResult",
    "ValidationReport",
    "for_parts",
    "load_shapes",
    "validate",
]

_log = logging.getLogger(__name__)
_NOWHERE = SourceLocation(file="-")


class Engine(StrEnum):
    """What checks: our own compiled shapes, or pySHACL. Their results are the same."""

    FAST = "fast"
    PYSHACL = "pyshacl"


def validate(
    data: Graph | Sequence[Iterable[Triple]],
    shapes: Graph,
    vocabulary: Graph | None = None,
    *,
    at: SourceLocation = _NOWHERE,
    engine: Engine = Engine.FAST,
) -> ValidationReport:
    """Check every node of `data` (several graphs count as one) that a shape of `shapes` is meant for.

    Our graphs state every type of a node, so our shapes need no `vocabulary`. Where one is given, its subclass axioms
    count: a node is then checked, and accepted, by the classes above its own too. Who has many graphs to check by the
    same shapes keeps a `Checker`.

    Raises:
        SourceError: shacl.nothing-checked at `at`, if there is no shape or no node that one is meant for.
        UsageError: if the shapes cannot be used.
    """
    return Checker(shapes, vocabulary).check([data] if isinstance(data, Graph) else data, at=at, engine=engine)


class Checker:
    """Shapes, and what is the same for every graph that is checked by them; both are read once.

    `always` counts as a part of every graph: units, for instance, which every edition refers to. Of a `vocabulary` its
    subclass axioms are enough.
    """

    def __init__(
        self, shapes: Graph, vocabulary: Iterable[Triple] | None = None, always: Iterable[Triple] = ()
    ) -> None:
        self.shapes = shapes
        self._names = {*shapes.subjects(RDF.type, SH.NodeShape), *shapes.subjects(RDF.type, SH.PropertyShape)}
        self._axioms = [t for t in vocabulary or () if t[1] == RDFS.subClassOf]
        self._always = tuple(always)
        self._questions = Questions(shapes)

    @cached_property
    def _compiled(self) -> dict[Node, Shape]:
        return compile_shapes(self.shapes)

    @cached_property
    def _index(self) -> Index:
        return Index(self._always)

    def check(
        self,
        parts: Sequence[Iterable[Triple]],
        *,
        at: SourceLocation = _NOWHERE,
        engine: Engine = Engine.FAST,
        texts: Texts | None = None,
    ) -> ValidationReport:
        """Check the graph that `parts` are together; see `validate`. `texts` are those of its terms that are known."""
        if not self._names:
            raise SourceError(Problem("shacl.nothing-checked", at, "0 sh:NodeShape", "sh:NodeShape, sh:PropertyShape"))
        data = _Data([self._always, *parts], self._axioms)
        try:
            nodes, results = self._fast(data, parts, texts) if engine is Engine.FAST else _by_pyshacl(data, self.shapes)
        except UnsupportedShapeError as e:
            _log.info("left to pySHACL: %s", e)
            nodes, results = _by_pyshacl(data, self.shapes)
        if not nodes:
            classes = set(self.shapes.objects(None, SH.targetClass))
            expected = sorted(cls.n3(self.shapes.namespace_manager) for cls in classes)
            raise SourceError(Problem("shacl.nothing-checked", at, f"{data.size} triples", " ".join(expected)))
        return ValidationReport.of_results(results, len(self._names), nodes)

    def _fast(
        self, data: "_Data", parts: Sequence[Iterable[Triple]], texts: Texts | None
    ) -> tuple[int, Sequence[ShapeResult]]:
        """Return how many nodes were checked, and what was found.

        Raises:
            UnsupportedShapeError: if shapes or data have something that pySHACL must decide.
        """
        compiled = self._compiled
        index = Index(chain.from_iterable(parts), over=self._index)
        index.add_axioms(self._axioms)
        queries = Queries(index, self._questions, Texts() if texts is None else texts)

        def ask(shape: Shape, constraint: Node, focus: Collection[int]) -> Found:
            try:
                yield from list(queries.answer(shape, constraint, focus))
            except UnsupportedShapeError as e:
                _log.info("left to pySHACL: %s: %s", constraint, e)
                part = only(self.shapes, shape, constraint, [index.terms[n] for n in focus])
                try:
                    yield from _deferred(data, index, part)
                except EngineFailedError:
                    yield from queries.answer(shape, constraint, focus, strict=False)

        run = Run(index, compiled, ask)
        focus = {name: shape.targets.focus_nodes(index) for name, shape in compiled.items()}
        checked = set().union(*focus.values()) & index.subjects
        results = [result for name, nodes in focus.items() for _, result in run.validate(compiled[name], nodes)]
        if silent := {result.shape for result in results if not result.messages}:
            raise UnsupportedShapeError(f"the words are pySHACL's own: no sh:message: {sorted(silent)}")
        return len(checked), results


def _deferred(data: "_Data", index: Index, shapes: Graph) -> Sequence[tuple[int, ShapeResult]]:
    """Return what pySHACL says of the focus nodes that `shapes` names."""
    from kpigraph.validate import pyshacl_engine  # slow to import, and seldom needed

    return [(index.number(found.focus_node), found) for found in pyshacl_engine.results(data.graph, shapes)]


def _by_pyshacl(data: "_Data", shapes: Graph) -> tuple[int, Sequence[ShapeResult]]:
    from kpigraph.validate import pyshacl_engine

    focus = pyshacl_engine.focus_nodes(data.graph, shapes)
    nodes = len(focus & {subject for part in data.parts for subject, _, _ in part})
    return nodes, list(pyshacl_engine.results(data.graph, shapes)) if nodes else []


class _Data:
    """The data with the subclass axioms of the vocabulary, as one graph for pySHACL."""

    def __init__(self, parts: Sequence[Iterable[Triple]], axioms: Sequence[Triple]) -> None:
        self.parts = parts
        self._axioms = axioms

    @property
    def size(self) -> int:
        return len(set(chain.from_iterable(self.parts)))

    @cached_property
    def graph(self) -> Graph:
        filled = [part for part in self.parts if part != ()]
        if len(filled) == 1 and isinstance(filled[0], Graph) and not self._axioms:
            return filled[0]
        graph = Graph()
        for triple in chain(*self.parts, self._axioms):
            graph.add(triple)
        return graph
