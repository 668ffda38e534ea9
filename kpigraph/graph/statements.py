"""Statements, conflicts between them, and what a municipality says of itself → triples."""

from collections.abc import Iterator

from rdflib import URIRef

from kpigraph.assess import is_ambiguous
from kpigraph.graph.names import Names, code, number, status, unit
from kpigraph.literals import decimal_literal, literal, text_literal
from kpigraph.model import Conflict, Role, SelfAssessment, Statement, ValueForm
from kpigraph.prefixes import CODE
from kpigraph.reference import Triple
from kpigraph.vocab import KPI, RDF, SA, SD, SKOS

_RATIO_OR_POINTS = URIRef(f"{CODE}ambiguity-ratio-or-points")
_ROLE_CLASS = {Role.BASELINE: KPI.Baseline, Role.ACTUAL: KPI.Actual, Role.TARGET: KPI.Target}


def statement_triples(st: Statement, names: Names) -> Iterator[Triple]:
    s, q = names.part("st", st.key), st.quantity
    yield s, RDF.type, KPI.Statement
    yield s, RDF.type, _ROLE_CLASS[st.role]
    yield s, KPI.edition, names.own
    yield s, KPI.indicator, names.indicator(st.indicator)
    yield s, KPI.role, code(st.role)
    yield from stated(s, st)
    yield s, KPI.valueForm, code(q.form)
    if q.form in (ValueForm.ABSOLUTE, ValueForm.RELATIVE):
        yield s, KPI.comparator, code(q.comparator)
    if q.form is not ValueForm.MISSING:
        yield s, KPI.maintenance, literal(q.maintenance)
    if q.intent:
        yield s, KPI.intent, code(q.intent)
    if q.form is ValueForm.MISSING:
        yield s, SA.obsStatus, status("M")
    if q.missing:
        yield s, KPI.missingReason, code(q.missing)
    yield from _when(s, st, names)
    if st.unit:
        yield s, KPI.unit, unit(st.unit.notation)
    if q.provisional or q.estimated or q.form in (ValueForm.ABSOLUTE, ValueForm.RANGE, ValueForm.RATIO):
        yield s, SA.obsStatus, status("P" if q.provisional else "E" if q.estimated else "A")
    if q.value is not None:
        yield s, SA.decimals, literal(q.decimals)
        yield from number(s, q.value, st.unit)
        if st.unit and st.period.period:
            yield from names.in_cube(s)
    if q.relative_change is not None:
        yield s, KPI.relativeChange, decimal_literal(q.relative_change)
    if q.absolute_change is not None:
        yield s, KPI.absoluteChange, decimal_literal(q.absolute_change)
    yield from _further_facets(s, st, names)
    if st.relative_to_period:
        yield s, KPI.relativeToPeriod, names.period(st.relative_to_period)
    if st.relative_to:
        yield s, KPI.relativeTo, names.part("st", st.relative_to)
    if is_ambiguous(st) and st.role is Role.TARGET:
        yield s, KPI.ambiguity, _RATIO_OR_POINTS
    yield from names.derived_from(s, st.rows)


def _further_facets(s: URIRef, st: Statement, names: Names) -> Iterator[Triple]:
    """Yield the ends of a range, the parts of a ratio, the value before a revision, what is due, notes."""
    q = st.quantity
    for term, value in (
        (KPI.minimumValue, q.minimum),
        (KPI.maximumValue, q.maximum),
        (KPI.numerator, q.numerator),
        (KPI.denominator, q.denominator),
        (KPI.formerValue, q.former_value),
    ):
        if value is not None:
            yield s, term, decimal_literal(value)
    if q.form is ValueForm.RANGE:
        yield s, SA.decimals, literal(q.decimals)
    if q.former_text:
        yield s, KPI.formerStatedValue, text_literal(q.former_text)
    for term, period in ((KPI.revisedIn, q.revised), (KPI.due, q.due)):
        if period is not None:
            yield s, term, names.period(period)
    for note in st.notes:
        yield s, SKOS.note, text_literal(note, names.document.conventions.language)


def _when(s: URIRef, st: Statement, names: Names) -> Iterator[Triple]:
    said = st.period
    yield s, SD.refArea, names.area
    if said.period is None or said.aggregation is None:
        return
    yield s, SD.refPeriod, names.period(said.period)
    yield s, KPI.aggregation, code(said.aggregation)
    yield s, KPI.aggregationBasis, code(said.aggregation_basis)
    yield s, KPI.precision, code(said.precision)
    if said.period.duration:
        yield s, KPI.unanchored, literal(True)


def conflict_triples(conflict: Conflict, names: Names) -> Iterator[Triple]:
    s = names.part("conflict", conflict.key)
    yield s, RDF.type, KPI.Conflict
    yield s, KPI.edition, names.own
    yield s, KPI.indicator, names.indicator(conflict.indicator)
    yield s, KPI.role, code(conflict.role)
    for key in conflict.statements:
        yield s, KPI.conflicting, names.part("st", key)


def self_assessment_triples(own: SelfAssessment, names: Names) -> Iterator[Triple]:
    """Yield what the municipality itself says of an indicator: its words, never a status of ours."""
    s = names.part("self", own.key)
    yield s, RDF.type, KPI.SelfAssessment
    yield s, KPI.edition, names.own
    yield s, KPI.indicator, names.indicator(own.indicator)
    yield s, KPI.statedRating, literal(own.stated_rating)
    if own.stated_period:
        yield s, KPI.statedPeriod, literal(own.stated_period)
    if own.period is not None:
        yield s, SD.refPeriod, names.period(own.period)
    yield from names.derived_from(s, own.rows)


def stated(s: URIRef, st: Statement) -> Iterator[Triple]:
    yield s, KPI.statedValue, text_literal(st.stated_value)
    yield s, KPI.statedPeriod, literal(st.stated_period)
    if st.stated_unit:
        yield s, KPI.statedUnit, literal(st.stated_unit)
