"""What pages and common questions ask of the newest editions, stated outright instead of searched for each time.

Everything here follows from the editions' own graphs; it stands in a graph of its own, `graph/current`, and only for
the newest edition of each series, so that "the latest actual" is one and not one an edition.
"""

from collections.abc import Iterable, Iterator

from rdflib import URIRef

from kpigraph.graph.names import Names
from kpigraph.iris import DataIris
from kpigraph.model import Derivation, Edition, Level
from kpigraph.reference import Triple
from kpigraph.registry import Registry
from kpigraph.vocab import DCTERMS, KPI


def current_triples(edition: Edition, derivation: Derivation, data: DataIris) -> Iterator[Triple]:
    """Yield the assessment, latest actual and numeric target of each indicator, and the goals and strategy of all."""
    names = Names(data, edition)
    numbers = {s.key for s in edition.statements if s.quantity.value is not None}
    resolved = {r.target for r in derivation.resolved}
    for a in derivation.assessments:
        s = names.indicator(a.indicator)
        yield s, KPI.currentAssessment, names.part("as", a.indicator)
        if a.actual in numbers:
            yield s, KPI.latestActual, names.part("st", a.actual)
        if a.target in resolved:
            yield s, KPI.numericTarget, names.part("res", a.target)
        elif a.target in numbers:
            yield s, KPI.numericTarget, names.part("st", a.target)
    yield from _membership(edition, names)


def _membership(edition: Edition, names: Names) -> Iterator[Triple]:
    placements = {p.key: p for p in edition.placements}
    goals: dict[str, URIRef] = {}  # by placement
    for placement in edition.placements:
        above = placement
        while above.under:
            above = placements[above.under]
        if above.level is Level.GOAL:
            goals[placement.key] = names.element(above.element)
            if above is not placement:
                yield names.element(placement.element), KPI.inGoal, goals[placement.key]
    for element in edition.elements:
        yield names.element(element.key), KPI.inStrategy, names.strategy
    for listing in edition.listings:
        s = names.indicator(listing.indicator)
        yield s, KPI.inStrategy, names.strategy
        if listing.placement in goals:
            yield s, KPI.inGoal, goals[listing.placement]


def replacement_triples(registries: Iterable[Registry], data: DataIris) -> Iterator[Triple]:
    """Yield what took the place of each thing that was merged into another."""
    for registry in registries:
        for old, kept in registry.merged():
            yield (
                URIRef(data.concept(registry.municipality, old.kind, old.key)),
                DCTERMS.isReplacedBy,
                URIRef(data.concept(registry.municipality, kept.kind, kept.key)),
            )
