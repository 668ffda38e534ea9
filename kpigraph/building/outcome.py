"""What became of the work on one municipality, as records and as JSON: its parts, problems and results."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from rdflib import BNode, Literal, URIRef
from rdflib.term import Identifier

from kpigraph import recorded
from kpigraph.model import Period
from kpigraph.problems import Problem, Severity
from kpigraph.validate import ShapeResult, ValidationReport

Json = Any


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a municipality.

    Attributes:
        faults: of its cards; with any, nothing else was done.
        problems: met while reading; with an error among them, nothing was mapped.
        documents: of each its part, what is counted in it, its graphs, whether it is the newest of its series, and the
            measures of its quality.
        lasting: the part of its lasting things, "" where nothing was mapped.
        periods: all that its documents speak of.
        registry: the registry as it is now, None where it is as it was; `minted` new keys are in it.
        things: the entry of the cache that has its `Things`, which few builds want; "" where nothing was mapped.
        settled: whether the next build, which finds that registry, comes to the same.
        report: of the validation.
        uses: the entries of the cache that an equal build needs.
    """

    faults: tuple[Problem, ...]
    problems: tuple[Problem, ...]
    documents: list[Json]
    lasting: str
    periods: tuple[Period, ...]
    registry: str | None
    minted: int
    things: str
    settled: bool
    report: ValidationReport
    uses: tuple[str, ...]

    @property
    def failed(self) -> bool:
        return bool(self.faults) or any(p.severity is Severity.ERROR for p in self.problems)

    def to_json(self) -> Json:
        return {
            "faults": recorded.encoded(self.faults),
            "problems": recorded.encoded(self.problems),
            "documents": self.documents,
            "lasting": self.lasting,
            "periods": recorded.encoded(self.periods),
            "registry": self.registry,
            "minted": self.minted,
            "things": self.things,
            "settled": self.settled,
            "report": report_encoded(self.report),
            "uses": self.uses,
        }

    @classmethod
    def from_json(cls, value: Json) -> "Outcome":
        problems = tuple[Problem, ...]
        return cls(
            recorded.decoded(problems, value["faults"]),
            recorded.decoded(problems, value["problems"]),
            value["documents"],
            value["lasting"],
            recorded.decoded(tuple[Period, ...], value["periods"]),
            value["registry"],
            value["minted"],
            value["things"],
            value["settled"],
            report_decoded(value["report"]),
            tuple(value["uses"]),
        )


@dataclass(frozen=True, slots=True)
class Things:
    """What mapping files can speak of in a municipality.

    `entries` has of each indicator in the registry the key and the one that took its place, `units` of each document,
    by the key of an indicator, the notations of its units.
    """

    entries: list[tuple[str, str]]
    units: list[dict[str, list[str]]]

    def to_json(self) -> Json:
        """Return them as JSON: the same for the same things."""
        return [sorted(self.entries), [sorted(u.items()) for u in self.units]]

    @classmethod
    def from_json(cls, value: Json) -> "Things":
        return cls([(key, kept) for key, kept in value[0]], [dict(u) for u in value[1]])


def merged(reports: Iterable[ValidationReport]) -> ValidationReport:
    """Return the reports of several graphs as one."""
    reports = list(reports)
    return ValidationReport(
        results=tuple(sorted((r for report in reports for r in report.results), key=lambda r: r.key)),
        shapes_loaded=max((report.shapes_loaded for report in reports), default=0),
        nodes_checked=sum(report.nodes_checked for report in reports),
    )


def report_encoded(report: ValidationReport) -> Json:
    """Return a report as JSON."""
    results = [
        [_node(r.focus_node), r.shape, r.component, r.path, _node(r.value), r.severity, r.messages]
        for r in report.results
    ]
    return [report.shapes_loaded, report.nodes_checked, results]


def report_decoded(value: Json) -> ValidationReport:
    """Return the report that `report_encoded` made `value` of."""
    shapes, nodes, results = value
    return ValidationReport(
        results=tuple(
            ShapeResult(
                focus_node=_identifier(focus) or BNode(),
                shape=URIRef(shape),
                component=URIRef(component),
                path=URIRef(path) if path is not None else None,
                value=_identifier(found),
                severity=URIRef(severity),
                messages=messages,
            )
            for focus, shape, component, path, found, severity, messages in results
        ),
        shapes_loaded=shapes,
        nodes_checked=nodes,
    )


def _node(term: Identifier | None) -> Json:
    if isinstance(term, Literal):
        return ["literal", str(term), term.language, term.datatype]
    return None if term is None else ["blank" if isinstance(term, BNode) else "iri", str(term)]


def _identifier(node: Json) -> Identifier | None:
    if node is None:
        return None
    if node[0] == "literal":
        return Literal(node[1], lang=node[2], datatype=URIRef(node[3]) if node[3] else None, normalize=False)
    return BNode(node[1]) if node[0] == "blank" else URIRef(node[1])
