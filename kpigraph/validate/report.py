"""What a run of validation found: results, in an order of their own, as triples and as JSON."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeGuard

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import RDF, SH
from rdflib.term import Identifier, Node

from kpigraph.vocab import bind_prefixes

Triple = tuple[URIRef, URIRef, Node]

_SEVERITIES = (SH.Violation, SH.Warning, SH.Info)


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


def messages_by_language(messages: Iterable[Node]) -> dict[str, str]:
    """Return the texts of `messages` by language; one without a language is English, as pySHACL's own words are."""
    return {str(m.language or "en"): str(m) for m in sorted(filter(_is_literal, messages))}


def _is_literal(node: Node) -> TypeGuard[Literal]:
    return isinstance(node, Literal)


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationReport:
    """The results of one run, in an order of their own, with how much was checked."""

    results: tuple[ShapeResult, ...]
    shapes_loaded: int
    nodes_checked: int

    @classmethod
    def of_results(cls, results: Iterable[ShapeResult], shapes_loaded: int, nodes_checked: int) -> "ValidationReport":
        """Return a report of `results`, each once, in order."""
        found = {result.key: result for result in results}
        return cls(
            results=tuple(found[key] for key in sorted(found)), shapes_loaded=shapes_loaded, nodes_checked=nodes_checked
        )

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
