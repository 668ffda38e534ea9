"""How good one edition is, as DQV measurements; what each metric counts is in ontology/codes/quality.ttl.

Source: https://www.w3.org/TR/vocab-dqv/
"""

from collections.abc import Iterable, Iterator, Mapping
from decimal import ROUND_HALF_EVEN, Decimal

from pyoxigraph import Literal, NamedNode, Triple
from rdflib.namespace import SH

from kpigraph.literals import decimal_literal
from kpigraph.model import CorrectionStatus, Derivation, Edition, Status
from kpigraph.prefixes import CODE
from kpigraph.problems import Problem, Severity
from kpigraph.triples import integer, say, term, typed
from kpigraph.validate import ValidationReport

# By the notation of the metric: a count, or a share from 0 to 1.
Measures = Mapping[str, int | Decimal]


def measure(
    edition: Edition, derivation: Derivation, report: ValidationReport, met_while_reading: Iterable[Problem]
) -> Measures:
    """Return the measures of `edition`; `report` is of its graph alone, the problems are those of its document."""
    statuses = [c.status for c in edition.corrections]
    numeric = sum(s.quantity.value is not None for s in edition.statements)
    assessable = sum(a.status is not Status.NOT_ASSESSABLE for a in derivation.assessments)
    return {
        "cells-held": edition.cells,
        "cells-read": edition.cells - edition.unread_cells,
        "cells-unread": edition.unread_cells,
        **{f"corrections-{status.value}": statuses.count(status) for status in CorrectionStatus},
        "reading-warnings": sum(p.severity is Severity.WARNING for p in met_while_reading),
        "shape-violations": len(report.of(SH.Violation)),
        "shape-warnings": len(report.of(SH.Warning)),
        **_share("share-numeric", numeric, len(edition.statements)),
        **_share("share-assessable", assessable, len(edition.indicators)),
    }


def _share(metric: str, part: int, whole: int) -> dict[str, Decimal]:
    """Return a share of four places; of nothing there is none."""
    if not whole:
        return {}
    return {metric: (Decimal(part) / Decimal(whole)).quantize(Decimal("0.0001"), ROUND_HALF_EVEN)}


def measurement_triples(dataset: NamedNode, measures: Measures) -> Iterator[Triple]:
    """Yield each measure as a dqv:QualityMeasurement of `dataset`."""
    for metric, value in sorted(measures.items()):
        this = NamedNode(f"{dataset.value}#quality-{metric}")
        yield from say(dataset, "dqv:hasQualityMeasurement", this)
        yield from say(this, "rdf:type", term("dqv:QualityMeasurement"))
        yield from say(this, "dqv:computedOn", dataset)
        yield from say(this, "dqv:isMeasurementOf", NamedNode(f"{CODE}quality-{metric}"))
        yield from say(this, "dqv:value", _value(value))


def _value(value: int | Decimal) -> Literal:
    return integer(value) if isinstance(value, int) else typed(str(decimal_literal(value)), "xsd:decimal")
