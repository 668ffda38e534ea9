"""Reference data as triples: what several editions share. Municipalities, departments, periods, units."""

import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from functools import lru_cache

from rdflib import Literal, URIRef
from rdflib.term import Node

from kpigraph import iris
from kpigraph.iris import DataIris
from kpigraph.literals import decimal_literal, text_literal
from kpigraph.model import Document, Edition, Period, Unit
from kpigraph.municipalities import Municipalities
from kpigraph.periods import period_label
from kpigraph.prefixes import CODE
from kpigraph.vocab import KPI, ORG, RDF, SA, SC, SKOS, TIME, XSD

Triple = tuple[Node, Node, Node]
_ENGLISH = re.compile("[a-z][a-z ]{3,}")  # of the other names of a unit: words, not symbols
KANA = "ja-hrkt"  # Japanese in kana, as e-Stat tags it
NONE_KNOWN = Municipalities()
_UNITS = URIRef(f"{CODE}unit")


def reference_triples(
    editions: Iterable[Edition], units: Iterable[Unit], data: DataIris, known: Municipalities = NONE_KNOWN
) -> Iterator[Triple]:
    """Yield what several editions share: municipalities (`known`: the list of all), departments, periods, units."""
    for unit in units:
        yield from unit_triples(unit)
    yield from _unit_scheme()
    periods: dict[Period, None] = {}
    for edition in editions:
        yield from municipality_triples(edition.document, data, known)
        code = edition.document.municipality
        for department in edition.departments:
            s = URIRef(data.concept(code, "dept", department.key))
            yield s, RDF.type, ORG.OrganizationalUnit
            yield s, SKOS.prefLabel, text_literal(department.label, "ja")
            for other in department.also_named:
                yield s, SKOS.altLabel, text_literal(other, "ja")
            yield s, ORG.unitOf, URIRef(data.municipality(code))
        periods |= dict.fromkeys(periods_of(edition))
    for period in periods:
        yield from _of_period(period, data)


def periods_of(edition: Edition) -> Iterator[Period]:
    """Yield every period that `edition` speaks of, some more than once."""
    for statement in edition.statements:
        q = statement.quantity
        for period in (statement.period.period, statement.relative_to_period, q.due, q.revised):
            if period is not None:
                yield period
    for own in edition.self_assessments:
        if own.period is not None:
            yield own.period


def reference_graph(
    editions: Iterable[Edition], units: Iterable[Unit], data: DataIris, known: Municipalities = NONE_KNOWN
) -> tuple[Triple, ...]:
    """Return `reference_triples`, each once."""
    return tuple(dict.fromkeys(reference_triples(editions, units, data, known)))


def municipality_triples(document: Document, data: DataIris, known: Municipalities = NONE_KNOWN) -> Iterator[Triple]:
    """Yield a municipality as its card names it, and kana, English name and prefecture where the list has them."""
    s = URIRef(data.municipality(document.municipality))
    yield s, RDF.type, KPI.Municipality
    yield s, RDF.type, ORG.FormalOrganization
    for lang, name in document.municipality_names.items():
        yield s, SKOS.prefLabel, text_literal(name, lang)
    yield s, ORG.identifier, Literal(document.municipality, datatype=KPI.dantaiCode)
    yield s, KPI.area, URIRef(iris.area(document.municipality))
    if (government := known.by_code.get(document.municipality)) is not None:
        if government.kana:
            yield s, SKOS.prefLabel, text_literal(government.kana, KANA)
        if government.name_en and "en" not in document.municipality_names:
            yield s, SKOS.prefLabel, text_literal(government.name_en, "en")
    if (prefecture := known.prefecture_of(document.municipality)) is not None:
        yield s, KPI.prefecture, URIRef(prefecture.area)
        for lang, name in (("ja", prefecture.name), (KANA, prefecture.kana), ("en", prefecture.name_en)):
            if name:
                yield s, KPI.prefectureName, text_literal(name, lang)


@lru_cache(maxsize=1 << 12)  # documents speak of the same years
def _of_period(period: Period, data: DataIris) -> tuple[Triple, ...]:
    return tuple(period_triples(period, data))


def period_triples(period: Period, data: DataIris) -> Iterator[Triple]:
    """Yield a period with its inclusive days and, as OWL-Time wants it, its beginning and its exclusive end."""
    s = URIRef(data.period(period))
    yield s, RDF.type, KPI.Period
    yield s, RDF.type, TIME.ProperInterval
    for lang in ("ja", "en"):
        yield s, SKOS.prefLabel, text_literal(period_label(period, lang), lang)
    if period.calendar:
        yield s, KPI.calendar, URIRef(iris.code(period.calendar))
    if period.duration:
        yield s, TIME.hasXSDDuration, Literal(period.duration, datatype=XSD.duration)
    if period.first_day:
        yield s, KPI.startDate, Literal(period.first_day)
        yield from _instant(s, TIME.hasBeginning, period.first_day, data)
    if period.last_day:
        yield s, KPI.endDate, Literal(period.last_day)
        yield from _instant(s, TIME.hasEnd, period.last_day + timedelta(days=1), data)


def _instant(period: URIRef, term: URIRef, day: date, data: DataIris) -> Iterator[Triple]:
    instant = URIRef(data.instant(day))
    yield period, term, instant
    yield instant, RDF.type, TIME.Instant
    yield instant, TIME.inXSDDate, Literal(day)


def unit_triples(unit: Unit) -> Iterator[Triple]:
    s = URIRef(iris.unit(unit.notation))
    yield s, RDF.type, KPI.Unit
    yield s, RDF.type, SKOS.Concept
    yield s, SKOS.inScheme, _UNITS
    yield s, SKOS.topConceptOf, _UNITS
    yield _UNITS, SKOS.hasTopConcept, s
    yield s, SKOS.notation, text_literal(unit.notation)
    yield s, SKOS.prefLabel, text_literal(unit.label_ja, "ja")
    yield s, SKOS.prefLabel, text_literal(unit.label_en, "en")
    for alternative in unit.alternatives:
        yield s, SKOS.altLabel, text_literal(alternative, "en" if _ENGLISH.fullmatch(alternative) else "ja")
    yield s, KPI.baseUnit, URIRef(unit.base_unit)
    yield s, KPI.factor, decimal_literal(unit.factor)
    yield s, SA.unitMult, SC[f"unitMult-{unit.unit_mult}"]
    if unit.minimum is not None:
        yield s, KPI.minimum, decimal_literal(unit.minimum)
    if unit.maximum is not None:
        yield s, KPI.maximum, decimal_literal(unit.maximum)


def _unit_scheme() -> Iterator[Triple]:
    yield _UNITS, RDF.type, SKOS.ConceptScheme
    yield _UNITS, SKOS.prefLabel, text_literal("単位", "ja")
    yield _UNITS, SKOS.prefLabel, text_literal("units", "en")
    yield _UNITS, SKOS.definition, text_literal("値を数える単位。基準の単位と、それへの倍率を持つ。", "ja")
    yield (
        _UNITS,
        SKOS.definition,
        text_literal("What values are counted in, each with its base unit and factor to it.", "en"),
    )
