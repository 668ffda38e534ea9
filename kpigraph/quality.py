"""How good one edition is, in numbers; what each metric counts is in ontology/codes/quality.ttl.

The catalogue publishes them as measurements of the Data Quality Vocabulary.
"""

from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, Decimal

from rdflib.namespace import SH

from kpigraph.model import CorrectionStatus, Derivation, Edition, Status
from kpigraph.problems import Problem, Severity
from kpigraph.validate import ValidationReport


def measure(
    edition: Edition, derivation: Derivation, report: ValidationReport, met_while_reading: Iterable[Problem]
) -> dict[str, int | Decimal]:
    """Return the measures of `edition` by the notation of their metric: counts, and shares from 0 to 1.

    `report` is of the edition's graph alone; `met_while_reading` are the problems of its document alone.
    """
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
