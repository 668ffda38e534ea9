"""The IRIs that the triples of one edition refer to, each made once, and the few triples that several records share."""

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache, partial

from rdflib import URIRef

from kpigraph import iris
from kpigraph.iris import DataIris
from kpigraph.literals import decimal_literal
from kpigraph.model import Edition, Period, Unit
from kpigraph.reference import Triple
from kpigraph.vocab import KPI, PROV, QB, RDF, SA, SC, SM

# An IRI of segments that were looked at one by one, which URIRef would do again.
_iri: Callable[[str], URIRef] = partial(str.__new__, URIRef)


class Names:
    """The IRIs of one edition and of the lasting things of its municipality.

    Thousands of triples speak of hundreds of things: each IRI is made and checked once.
    """

    def __init__(self, data: DataIris, edition: Edition) -> None:
        document = edition.document
        self.data = data
        self.document = document
        self.municipality = document.municipality
        self.ed = data.edition(document.municipality, document.series, document.edition)
        self.own = URIRef(self.ed.part("edition"))  # the edition itself
        self.cube = URIRef(self.ed.part("cube"))
        self.source = URIRef(self.ed.part("source"))
        self.area = URIRef(iris.area(document.municipality))
        self.publisher = URIRef(data.municipality(document.municipality))
        self.strategy = URIRef(data.strategy(document.municipality, document.series))
        self.plan = URIRef(iris.plan_scheme(self.strategy))
        self.indicators = URIRef(iris.indicator_scheme(self.strategy))
        self._levels = {e.key: e.level for e in edition.elements}
        self._parts: dict[tuple[str, str], URIRef] = {}
        self._concepts: dict[tuple[str, str], URIRef] = {}
        self._periods: dict[Period, URIRef] = {}

    def part(self, kind: str, key: str) -> URIRef:
        """Return a part of the edition: listing-…, st-…, row-…, res-…, as-…, corr-…"""
        made = self._parts.get((kind, key))
        if made is None:
            made = self._parts[kind, key] = _iri(self.ed.part(kind, key))
        return made

    def row(self, place: str) -> URIRef:
        return self.part("row", place)

    def element(self, key: str) -> URIRef:
        """Return the goal, basic direction or measure of the edition that has this key."""
        return self._concept(self._levels[key].value, key)

    def indicator(self, key: str) -> URIRef:
        return self._concept("kpi", key)

    def department(self, key: str) -> URIRef:
        return self._concept("dept", key)

    def _concept(self, kind: str, key: str) -> URIRef:
        made = self._concepts.get((kind, key))
        if made is None:
            made = self._concepts[kind, key] = _iri(self.data.concept(self.municipality, kind, key))
        return made

    def period(self, period: Period) -> URIRef:
        made = self._periods.get(period)
        if made is None:
            made = self._periods[period] = URIRef(self.data.period(period))
        return made

    def in_cube(self, s: URIRef) -> Iterator[Triple]:
        yield s, RDF.type, QB.Observation
        yield s, QB.dataSet, self.cube

    def derived_from(self, s: URIRef, rows: Iterable[str]) -> Iterator[Triple]:
        for row in rows:
            yield s, PROV.wasDerivedFrom, self.part("row", row)


@lru_cache(maxsize=1024, typed=True)  # members of two enumerations can be equal as texts
def code(member: StrEnum) -> URIRef:
    """Return the concept of a code list that an enumeration member stands for."""
    return URIRef(iris.code(member))


@lru_cache(maxsize=4096)
def unit(notation: str) -> URIRef:
    return URIRef(iris.unit(notation))


@lru_cache(maxsize=4096)
def _measured_in(base: str, power: int) -> tuple[URIRef, URIRef]:
    return URIRef(base), SC[f"unitMult-{power}"]


@lru_cache(maxsize=16)
def status(letter: str) -> URIRef:
    """Return a status of the SDMX code list: A, normal; M, missing."""
    return SC[f"obsStatus-{letter}"]


def number(s: URIRef, value: Decimal, unit: Unit | None) -> Iterator[Triple]:
    """Yield a number as printed and, where its unit is known, in the unit's base."""
    yield s, SM.obsValue, decimal_literal(value)
    if unit:
        base, power = _measured_in(unit.base_unit, unit.unit_mult)
        yield s, SA.unitMeasure, base
        yield s, SA.unitMult, power
        yield s, KPI.baseValue, decimal_literal(value * unit.factor)
