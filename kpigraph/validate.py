"""Check a graph against the shapes (SHACL). A run in which nothing was checked is an error, not a success.

The shapes are in two layers: those of one class each, which hold for any graph, and publication.ttl, what a release
must have besides. See docs/model.md, section 5.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyshacl
from pyshacl.errors import ConstraintLoadError, ReportableRuntimeError, ShapeLoadError
from pyshacl.shapes_graph import ShapesGraph
from rdflib import Graph, Literal, URIRef
from rdflib.namespace import RDF, RDFS, SH
from rdflib.plugins.sparql import prepareQuery
from rdflib.plugins.sparql.sparql import Query
from rdflib.query import Processor, Result
from rdflib.term import Identifier, Node

from kpigraph.config import resource_dir
from kpigraph.prefixes import PREFIXES
from kpigraph.problems import Problem, SourceError, SourceLocation, UsageError
from kpigraph.vocab import bind_prefixes

PUBLICATION = "publication.ttl"
Triple = tuple[URIRef, URIRef, Node]

_SEVERITIES = (SH.Violation, SH.Warning, SH.Info)
_NOWHERE = SourceLocation(file="-")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShapeResult:
    """One finding: what was found wrong (`shape`, `value`), where (`focus_node`, `path`), and how to put it right.

    `path` is None where the shape has none, or one of several steps. `messages` has the languages ja and en.
    """

    focus_node: Identifier
    shape: URIRef
    component: URIRef
    path: URIRef | None
    value: Identifier | None
    severity: URIRef
    messages: dict[str, str]

    @property
    def key(self) -> tuple[int, str, str, str, str, str]:
        """What results are sorted by and named after: all but the messages, which follow from the shape."""
        return (
            _SEVERITIES.index(self.severity) if self.severity in _SEVERITIES else len(_SEVERITIES),
            self.shape,
            self.focus_node.n3(),
            self.path or "",
            self.value.n3() if self.value is not None else "",
            self.component,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationReport:
    """The results of one run, in an order of their own, with how much was checked."""

    results: tuple[ShapeResult, ...]
    shapes_loaded: int
    nodes_checked: int

    @property
    def conforms(self) -> bool:
        """Whether nothing stands against publication: warnings do not."""
        return not self.of(SH.Violation)

    def of(self, severity: URIRef) -> tuple[ShapeResult, ...]:
        """Return the results of one severity, such as SH.Warning."""
        return tuple(result for result in self.results if result.severity == severity)

    def triples(self, base: str) -> Iterator[Triple]:
        """Yield the report as an sh:ValidationReport. Same results, same triples: IRIs are `base` and hashes."""
        report = URIRef(base + "report")
        yield report, RDF.type, SH.ValidationReport
        # In SHACL only an empty report conforms; what stands against publication is of severity sh:Violation.
        yield report, SH.conforms, Literal(not self.results)
        for result in self.results:
            name = URIRef(base + "result-" + hashlib.sha256("\n".join(map(str, result.key)).encode()).hexdigest()[:16])
            yield report, SH.result, name
            yield name, RDF.type, SH.ValidationResult
            yield name, SH.focusNode, result.focus_node
            yield name, SH.sourceShape, result.shape
            yield name, SH.sourceConstraintComponent, result.component
            yield name, SH.resultSeverity, result.severity
            if result.path is not None:
                yield name, SH.resultPath, result.path
            if result.value is not None:
                yield name, SH.value, result.value
            for lang, message in sorted(result.messages.items()):
                yield name, SH.resultMessage, Literal(message, lang=lang)

    def to_graph(self, base: str) -> Graph:
        """Return `triples` as a graph with our prefixes."""
        graph = bind_prefixes(Graph())
        for triple in self.triples(base):
            graph.add(triple)
        return graph

    def to_json(self) -> str:
        """Return the report as JSON, the same text for the same results."""
        return json.dumps(
            {
                "conforms": self.conforms,
                "shapes_loaded": self.shapes_loaded,
                "nodes_checked": self.nodes_checked,
                "violations": len(self.of(SH.Violation)),
                "warnings": len(self.of(SH.Warning)),
                "results": [
                    {
                        "severity": result.severity.fragment,
                        "shape": str(result.shape),
                        "focus_node": str(result.focus_node),
                        "path": str(result.path) if result.path is not None else None,
                        "value": str(result.value) if result.value is not None else None,
                        "messages": dict(sorted(result.messages.items())),
                    }
                    for result in self.results
                ],
            },
            ensure_ascii=False,
            indent=1,
        )


def load_shapes(folder: Path | None = None, *, publication: bool = True) -> Graph:
    """Return all shapes of `folder` (by default ours) as one graph; without `publication`, only those of single things.

    Raises:
        UsageError: if there is no such file, or one is not Turtle.
    """
    folder = folder or resource_dir("shapes")
    files = sorted(f for f in folder.glob("*.ttl") if publication or f.name != PUBLICATION)
    if not files:
        raise UsageError(
            f"シェイプのファイル (*.ttl) がありません: {folder}", f"there are no shapes (*.ttl) in {folder}"
        )
    shapes = bind_prefixes(Graph())
    for file in files:
        try:
            shapes.parse(file, format="turtle")
        except (SyntaxError, ValueError) as e:
            raise UsageError(f"Turtle として読めません: {file}: {e}", f"not readable as Turtle: {file}: {e}") from e
    return shapes


def validate(
    data: Graph, shapes: Graph, vocabulary: Graph | None = None, *, at: SourceLocation = _NOWHERE
) -> ValidationReport:
    """Check every node of `data` that a shape of `shapes` is meant for.

    Our graphs state every type of a node, so our shapes need no `vocabulary`. Where one is given, its subclass axioms
    count: a node is then checked, and accepted, by the classes above its own too.

    Raises:
        SourceError: shacl.nothing-checked at `at`, if there is no shape or no node that one is meant for.
        UsageError: if the shapes cannot be used.
    """
    names = set(shapes.subjects(RDF.type, SH.NodeShape)) | set(shapes.subjects(RDF.type, SH.PropertyShape))
    if not names:
        raise SourceError(Problem("shacl.nothing-checked", at, "0 sh:NodeShape", "sh:NodeShape, sh:PropertyShape"))
    checked = _Checked(store=data.store, identifier=data.identifier)
    if vocabulary is not None:
        checked = _Checked()
        for triple in data:
            checked.add(triple)
        for triple in vocabulary.triples((None, RDFS.subClassOf, None)):
            checked.add(triple)
    try:
        focus_nodes = {node for shape in ShapesGraph(shapes).shapes for node in shape.focus_nodes(checked)}
        # sh:targetNode names a node whether it is there or not.
        nodes = sum((node, None, None) in data for node in focus_nodes)
        if not nodes:
            expected = " ".join(
                sorted(cls.n3(shapes.namespace_manager) for cls in set(shapes.objects(None, SH.targetClass)))
            )
            raise SourceError(Problem("shacl.nothing-checked", at, f"{len(data)} triples", expected))
        _, report, text = pyshacl.validate(
            checked, shacl_graph=shapes, inference="none", advanced=False, do_owl_imports=False, js=False, inplace=True
        )
    except (ConstraintLoadError, ReportableRuntimeError, ShapeLoadError) as e:
        raise UsageError(f"シェイプを使えません: {e}", f"the shapes cannot be used: {e}") from e
    if not isinstance(report, Graph):
        raise UsageError(f"シェイプを使えません: {text}", f"the shapes cannot be used: {text}")
    results = {result.key: result for result in _results(report, shapes)}
    return ValidationReport(
        results=tuple(results[key] for key in sorted(results)), shapes_loaded=len(names), nodes_checked=nodes
    )


def _results(report: Graph, shapes: Graph) -> Iterator[ShapeResult]:
    for node in report.subjects(RDF.type, SH.ValidationResult):
        shape = _term(report, node, SH.sourceShape)
        path = _term(report, node, SH.resultPath)
        yield ShapeResult(
            focus_node=_term(report, node, SH.focusNode) or Literal(""),
            shape=URIRef(shape or ""),
            component=URIRef(_term(report, node, SH.sourceConstraintComponent) or ""),
            path=path if isinstance(path, URIRef) else None,
            value=_term(report, node, SH.value),
            severity=URIRef(_term(report, node, SH.resultSeverity) or SH.Violation),
            messages=_messages(report, node, shapes, shape),
        )


def _messages(report: Graph, result: Node, shapes: Graph, shape: Node | None) -> dict[str, str]:
    """Return the messages by language: the shape's own, as those of the engine may have lost their language."""
    messages = list(shapes.objects(shape, SH.message)) or list(report.objects(result, SH.resultMessage))
    return {str(m.language or "en"): str(m) for m in messages if isinstance(m, Literal)}


def _term(graph: Graph, subject: Node, predicate: URIRef) -> Identifier | None:
    value = graph.value(subject, predicate)
    return value if isinstance(value, Identifier) else None


class _Checked(Graph):
    """The data as the engine sees it. It asks each query of the shapes anew for each node; here it is parsed once."""

    def query(
        self,
        query_object: str | Query,
        processor: str | Processor = "sparql",
        result: str | type[Result] = "sparql",
        initNs: Mapping[str, Any] | None = None,  # noqa: N803
        initBindings: Mapping[str, Identifier] | None = None,  # noqa: N803
        use_store_provided: bool = False,
        **kwargs: Any,
    ) -> Result:
        prepared = _prepared(query_object) if isinstance(query_object, str) else query_object
        return super().query(prepared, processor, result, initNs or PREFIXES, initBindings, False, **kwargs)


@lru_cache(maxsize=512)
def _prepared(query: str) -> Query:
    return prepareQuery(query)
