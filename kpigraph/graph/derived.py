"""What was computed from an edition → triples: resolved targets, what stays unresolved and why, assessments."""

from collections.abc import Iterator

from rdflib import URIRef

from kpigraph.assess import METHOD
from kpigraph.graph.names import Names, code, number, status, unit
from kpigraph.literals import decimal_literal
from kpigraph.model import Assessment, Derivation, ResolvedTarget, Role
from kpigraph.prefixes import CODE
from kpigraph.reference import Triple
from kpigraph.vocab import KPI, PROV, RDF, SA, SD

_METHOD = URIRef(f"{CODE}method-{METHOD}")


def derivation_triples(derivation: Derivation, names: Names) -> Iterator[Triple]:
    run = names.part("run", "derivation")
    yield run, RDF.type, KPI.DerivationRun
    yield run, RDF.type, PROV.Activity
    yield run, PROV.used, names.cube
    yield run, KPI.method, _METHOD
    for resolved in derivation.resolved:
        yield from resolved_triples(resolved, run, names)
    for key, reason in derivation.unresolved.items():
        yield names.part("st", key), KPI.unresolvedReason, code(reason)
    for key, values in derivation.possible_values.items():
        for value in values:
            yield names.part("st", key), KPI.possibleValue, decimal_literal(value)
    for key, ratio in derivation.ratios.items():
        yield names.part("st", key), KPI.ratioValue, decimal_literal(ratio)
    for assessment in derivation.assessments:
        yield from assessment_triples(assessment, run, names)


def resolved_triples(r: ResolvedTarget, run: URIRef, names: Names) -> Iterator[Triple]:
    s = names.part("res", r.target)
    yield s, RDF.type, KPI.ResolvedTarget
    yield s, KPI.edition, names.own
    yield s, KPI.resolves, names.part("st", r.target)
    yield s, KPI.indicator, names.indicator(r.indicator)
    yield s, KPI.role, code(Role.TARGET)
    yield s, SD.refArea, names.area
    yield s, KPI.unit, unit(r.unit.notation)
    yield s, SA.obsStatus, status("I")
    yield from number(s, r.value, r.unit)
    if r.period.period and r.period.aggregation:
        yield s, SD.refPeriod, names.period(r.period.period)
        yield s, KPI.aggregation, code(r.period.aggregation)
        yield from names.in_cube(s)
    yield s, PROV.wasDerivedFrom, names.part("st", r.target)
    yield s, PROV.wasDerivedFrom, names.part("st", r.reference)
    yield s, PROV.wasGeneratedBy, run


def assessment_triples(a: Assessment, run: URIRef, names: Names) -> Iterator[Triple]:
    s = names.part("as", a.indicator)
    yield s, RDF.type, KPI.Assessment
    yield s, KPI.edition, names.own
    yield s, KPI.indicator, names.indicator(a.indicator)
    for term, key in ((KPI.ofBaseline, a.baseline), (KPI.ofActual, a.actual), (KPI.ofTarget, a.target)):
        if key:
            yield s, term, names.part("st", key)
    yield s, KPI.status, code(a.status)
    if a.reason:
        yield s, KPI.reason, code(a.reason)
    yield s, KPI.desiredDirection, code(a.direction)
    if a.direction_basis:
        yield s, KPI.directionBasis, code(a.direction_basis)
    for term, ratio in (
        (KPI.progressRatio, a.progress_ratio),
        (KPI.achievementRatio, a.achievement_ratio),
        (KPI.cumulativeShare, a.cumulative_share),
        (KPI.elapsedShare, a.elapsed_share),
    ):
        if ratio is not None:
            yield s, term, decimal_literal(ratio)
    yield s, KPI.method, _METHOD
    yield s, PROV.wasGeneratedBy, run
