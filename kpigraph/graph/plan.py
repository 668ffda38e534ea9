"""The plan of an edition, its indicators, and the places where they are listed → triples."""

from collections.abc import Iterator

from rdflib import URIRef

from kpigraph.graph.names import Names
from kpigraph.literals import literal, text_literal
from kpigraph.model import Indicator, Level, Listing, Placement, PlanElement
from kpigraph.reference import Triple
from kpigraph.vocab import KPI, RDF, RDFS, SKOS

_LEVEL_CLASS = {Level.GOAL: KPI.Goal, Level.DIRECTION: KPI.BasicDirection, Level.MEASURE: KPI.Measure}


def element_triples(element: PlanElement, names: Names) -> Iterator[Triple]:
    s = names.element(element.key)
    yield from _concept(s, _LEVEL_CLASS[element.level], names.plan, names, top=not element.parents)
    yield s, RDF.type, KPI.PlanElement
    yield from _other_labels(s, element)
    for parent in element.parents:
        yield s, SKOS.broader, names.element(parent)
        if element.level is not Level.GOAL:
            down = KPI.hasDirection if element.level is Level.DIRECTION else KPI.hasMeasure
            yield names.element(parent), down, s


def indicator_triples(indicator: Indicator, names: Names) -> Iterator[Triple]:
    s = names.indicator(indicator.key)
    yield from _concept(s, KPI.Indicator, names.indicators, names, top=True)
    yield from _other_labels(s, indicator)
    if indicator.department:
        yield s, KPI.department, names.department(indicator.department)


def _concept(s: URIRef, kind: URIRef, scheme: URIRef, names: Names, *, top: bool) -> Iterator[Triple]:
    yield s, RDF.type, kind
    yield s, RDF.type, SKOS.Concept
    yield s, SKOS.inScheme, scheme
    if top:
        yield s, SKOS.topConceptOf, scheme
        yield scheme, SKOS.hasTopConcept, s
    yield s, KPI.municipality, names.publisher


def placement_triples(placement: Placement, names: Names) -> Iterator[Triple]:
    s = names.part("place", placement.key)
    yield s, RDF.type, KPI.Placement
    yield s, KPI.edition, names.own
    yield s, KPI.places, names.element(placement.element)
    yield s, RDFS.label, text_literal(placement.label, "ja")
    if placement.notation:
        yield s, SKOS.notation, text_literal(placement.notation)
    if placement.under:
        yield s, KPI.under, names.part("place", placement.under)
    yield s, KPI.relistMarker, literal(placement.relisted)
    yield s, KPI.order, literal(placement.order)
    yield s, KPI.statedLabel, text_literal(placement.stated_label)
    yield from names.derived_from(s, placement.rows)


def listing_triples(listing: Listing, names: Names) -> Iterator[Triple]:
    s = names.part("listing", listing.key)
    yield s, RDF.type, KPI.Listing
    yield s, RDFS.label, text_literal(listing.label, "ja")
    yield s, KPI.edition, names.own
    yield s, KPI.indicator, names.indicator(listing.indicator)
    yield s, KPI.underMeasure, names.element(listing.measure) if listing.measure else names.strategy
    if listing.placement:
        yield s, KPI.placement, names.part("place", listing.placement)
    for remark in listing.remarks:
        yield s, KPI.remark, text_literal(remark)
    if listing.department:
        yield s, KPI.department, names.department(listing.department)
        yield s, KPI.statedDepartment, literal(listing.stated_department)
    yield s, KPI.statedLabel, text_literal(listing.stated_label)
    yield s, KPI.relisted, literal(listing.relisted)
    yield s, KPI.order, literal(listing.order)
    yield from names.derived_from(s, listing.rows)


def label_triple(concept: PlanElement | Indicator, names: Names) -> Triple:
    """Return the name of a concept. Where a correction made it, it belongs in the corrections layer: `misspelt`."""
    s = names.element(concept.key) if isinstance(concept, PlanElement) else names.indicator(concept.key)
    return s, SKOS.prefLabel, text_literal(concept.label, "ja")


def misspelt(concept: PlanElement | Indicator) -> frozenset[str]:
    """Return the names that are printed and were corrected: none of them is a name of the concept in any edition."""
    return concept.printed_labels - {concept.label} - concept.also_named


def _other_labels(s: URIRef, concept: PlanElement | Indicator) -> Iterator[Triple]:
    """Yield the names of other editions, and misspelt ones to be found by."""
    for other in concept.also_named:
        yield s, SKOS.altLabel, text_literal(other, "ja")
    for printed in misspelt(concept):
        yield s, SKOS.hiddenLabel, text_literal(printed, "ja")
