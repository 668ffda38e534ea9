"""The reference engine: pySHACL over rdflib. It knows all of SHACL; what the compiled engine does not, it decides."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import pyshacl
from pyshacl.errors import ConstraintLoadError, ReportableRuntimeError, ShapeLoadError
from pyshacl.shapes_graph import ShapesGraph
from rdflib import Graph, Literal, URIRef
from rdflib.namespace import SH
from rdflib.plugins.sparql import prepareQuery
from rdflib.plugins.sparql.sparql import Query
from rdflib.query import Processor, Result
from rdflib.term import Identifier, Node

from kpigraph.prefixes import PREFIXES
from kpigraph.problems import UsageError
from kpigraph.validate.errors import EngineFailedError
from kpigraph.validate.report import ShapeResult, messages_by_language

_FAULTS = (ConstraintLoadError, ReportableRuntimeError, ShapeLoadError)


def focus_nodes(data: Graph, shapes: Graph) -> set[Node]:
    """Return the nodes of `data` that shapes are meant for; sh:targetNode names one whether it is there or not.

    Raises:
        UsageError: if the shapes cannot be used.
    """
    try:
        return {node for shape in ShapesGraph(shapes).shapes for node in shape.focus_nodes(data)}
    except _FAULTS as e:
        raise UsageError(f"シェイプを使えません: {e}", f"the shapes cannot be used: {e}") from e


def results(data: Graph, shapes: Graph) -> Iterator[ShapeResult]:
    """Yield what is wrong with `data`; some results may come twice.

    Raises:
        UsageError: if the shapes cannot be used.
        EngineFailedError: if the data brings rdflib down, such as MONTH of "soon"^^xsd:date in a query.
    """
    checked = Checked(store=data.store, identifier=data.identifier)
    try:
        _, report, text = pyshacl.validate(
            checked, shacl_graph=shapes, inference="none", advanced=False, do_owl_imports=False, js=False, inplace=True
        )
    except _FAULTS as e:
        raise UsageError(f"シェイプを使えません: {e}", f"the shapes cannot be used: {e}") from e
    except (ArithmeticError, AttributeError, TypeError, ValueError) as e:
        raise EngineFailedError(f"pySHACL が処理できないデータです: {e}", f"pySHACL fails on this data: {e}") from e
    except Exception as e:
        if type(e) is not Exception:  # which rdflib raises at a query that asks for other graphs
            raise
        raise UsageError(f"シェイプを使えません: {e}", f"the shapes cannot be used: {e}") from e
    if not isinstance(report, Graph):
        raise UsageError(f"シェイプを使えません: {text}", f"the shapes cannot be used: {text}")
    yield from report_results(report, shapes)


def report_results(report: Graph, shapes: Graph) -> Iterator[ShapeResult]:
    """Yield the results of a report of pySHACL."""
    # Those of sh:detail explain another result; they are none of the report.
    for node in report.objects(None, SH.result):
        shape = _term(report, node, SH.sourceShape)
        path = _term(report, node, SH.resultPath)
        yield ShapeResult(
            focus_node=_term(report, node, SH.focusNode) or Literal(""),
            shape=URIRef(shape or ""),
            component=URIRef(_term(report, node, SH.sourceConstraintComponent) or ""),
            path=path if isinstance(path, URIRef) else None,
            value=_term(report, node, SH.value),
            severity=URIRef(_term(report, node, SH.resultSeverity) or SH.Violation),
            # The shape's own, as those of the engine may have lost their language.
            messages=messages_by_language(shapes.objects(shape, SH.message))
            or messages_by_language(report.objects(node, SH.resultMessage)),
        )


def _term(graph: Graph, subject: Node, predicate: URIRef) -> Identifier | None:
    value = graph.value(subject, predicate)
    return value if isinstance(value, Identifier) else None


class Checked(Graph):
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
