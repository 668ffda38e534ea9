"""The IRIs that the triples of one edition refer to, and the few triples that several records share."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from rdflib import URIRef

from kpigraph import iris
from kpigraph.iris import DataIris, EditionIris
from kpigraph.literals import decimal_literal
from kpigraph.model import Document, Unit
from kpigraph.reference import Triple
from kpigraph.vocab import KPI, PROV, QB, RDF, SA, SC, SM


@dataclass(frozen=True, slots=True)
class Names:
    """The IRIs of one edition and of the lasting things of its municipality."""

    data: DataIris
    document: Document

    @property
    def municipality(self) -> str:
        return self.document.municipality

    @property
    def ed(self) -> EditionIris:
        return self.data.edition(self.municipality, self.document.series, self.document.edition)

    @property
    def own(self) -> URIRef:
        """The edition itself."""
        return self.part("edition")

    @property
    def area(self) -> URIRef:
        return URIRef(iris.area(self.municipality))

    def part(self, kind: str, key: str = "") -> URIRef:
        return URIRef(self.ed.part(kind, key))

    def row(self, place: str) -> URIRef:
        return URIRef(self.ed.row(place))

    def indicator(self, key: str) -> URIRef:
        return URIRef(self.data.concept(self.municipality, "kpi", key))

    def department(self, key: str) -> URIRef:
        return URIRef(self.data.concept(self.municipality, "dept", key))

    def in_cube(self, s: URIRef) -> Iterator[Triple]:
        yield s, RDF.type, QB.Observation
        yield s, QB.dataSet, self.part("cube")

    def derived_from(self, s: URIRef, rows: Iterable[str]) -> Iterator[Triple]:
        for row in rows:
            yield s, PROV.wasDerivedFrom, self.row(row)


def number(s: URIRef, value: Decimal, unit: Unit | None) -> Iterator[Triple]:
    """Yield a number as printed and, where its unit is known, in the unit's base."""
    yield s, SM.obsValue, decimal_literal(value)
    if unit:
        yield s, SA.unitMeasure, URIRef(unit.base_unit)
        yield s, SA.unitMult, SC[f"unitMult-{unit.unit_mult}"]
        yield s, KPI.baseValue, decimal_literal(value * unit.factor)
