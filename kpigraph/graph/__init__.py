"""Records of an edition → triples, one function a record, streamed.

Three layers an edition: `asserted`, what the document says; `corrections`, the corrections and what they changed;
`derived`, what we computed. Printed texts stay byte for byte as printed in every layer: a correction changes a reading,
never a stated text. There are no blank nodes, so that everything can be linked to, compared and corrected.
"""

import base64
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from rdflib import Graph, Literal, URIRef

from kpigraph import iris
from kpigraph.assess import is_ambiguous
from kpigraph.graph import selectors
from kpigraph.graph.current import current_triples as current_triples
from kpigraph.graph.current import replacement_triples as replacement_triples
from kpigraph.graph.derived import derivation_triples
from kpigraph.graph.mappings import mapping_triples as mapping_triples
from kpigraph.graph.names import Names, number
from kpigraph.iris import DataIris, EditionIris
from kpigraph.literals import decimal_literal
from kpigraph.model import (
    Conflict,
    Correction,
    CorrectionStatus,
    Derivation,
    Document,
    Edition,
    Indicator,
    Level,
    Listing,
    Placement,
    PlanElement,
    Role,
    SelfAssessment,
    SourceRow,
    Statement,
    ValueForm,
)
from kpigraph.prefixes import CODE
from kpigraph.reference import Triple
from kpigraph.vocab import (
    DCAT,
    DCTERMS,
    KPI,
    OA,
    PROV,
    QB,
    RDF,
    RDFS,
    SA,
    SC,
    SD,
    SKOS,
    SPDX,
    XSD,
    bind_prefixes,
)

ASSERTED, CORRECTIONS, DERIVED = "asserted", "corrections", "derived"
_RATIO_OR_POINTS = URIRef(f"{CODE}ambiguity-ratio-or-points")
_MEDIA_TYPES = "https://www.iana.org/assignments/media-types/"
_ROLE_CLASS = {Role.BASELINE: KPI.Baseline, Role.ACTUAL: KPI.Actual, Role.TARGET: KPI.Target}
_LEVEL_CLASS = {Level.GOAL: KPI.Goal, Level.DIRECTION: KPI.BasicDirection, Level.MEASURE: KPI.Measure}


@dataclass(frozen=True, slots=True)
class EditionGraph:
    """One edition as triples: `layers` by name, each a graph."""

    document: Document
    names: EditionIris
    layers: dict[str, Graph]


def edition_graph(edition: Edition, derivation: Derivation, data: DataIris, previous: str = "") -> EditionGraph:
    """Return the three layers of `edition`; `previous` is the key of the edition before it, "" if it is the first."""
    writer = _Writer(edition, data, previous)
    layers = {layer: bind_prefixes(Graph()) for layer in (ASSERTED, CORRECTIONS, DERIVED)}
    for layer, triple in writer.edition_triples():
        layers[layer].add(triple)
    for triple in derivation_triples(derivation, writer.names):
        layers[DERIVED].add(triple)
    return EditionGraph(edition.document, writer.names.ed, layers)


def union(*graphs: Iterable[Triple]) -> Graph:
    """Return one graph with the triples of all `graphs`."""
    whole = Graph()
    for graph in graphs:
        for triple in graph:
            whole.add(triple)
    return whole


class _Writer:
    """The triples of one edition; holds the IRIs that its records refer to."""

    def __init__(self, edition: Edition, data: DataIris, previous: str = "") -> None:
        document = edition.document
        self.edition = edition
        self.previous = previous
        self.document = document
        self.names = Names(data, document)
        self.strategy = URIRef(data.strategy(document.municipality, document.series))
        self.plan, self.indicators = (
            URIRef(iris.plan_scheme(self.strategy)),
            URIRef(iris.indicator_scheme(self.strategy)),
        )
        self.accepted = {c.key: c for c in edition.corrections if c.status is CorrectionStatus.ACCEPTED}
        self.levels = {e.key: e.level for e in edition.elements}

    def edition_triples(self) -> Iterator[tuple[str, Triple]]:
        """Yield every triple of the edition but the derived ones, each with its layer."""
        e = self.edition
        yield from _in(ASSERTED, self.document_triples())
        yield from _in(ASSERTED, self.scheme_triples())
        for row in e.rows:
            yield from _in(ASSERTED, self.row_triples(row))
        for element in e.elements:
            yield from self.element_triples(element)
        for indicator in e.indicators:
            yield from self.indicator_triples(indicator)
        for placement in e.placements:
            yield from self._revisable("place", placement.key, placement.corrections, self.placement_triples(placement))
            yield from _in(ASSERTED, self._printed("place", placement))
        for listing in e.listings:
            yield from self._revisable("listing", listing.key, listing.corrections, self.listing_triples(listing))
            yield from _in(ASSERTED, self._printed("listing", listing))
        for statement in e.statements:
            yield from self._revisable("st", statement.key, statement.corrections, self.statement_triples(statement))
            yield from _in(ASSERTED, self._printed("st", statement))
        for conflict in e.conflicts:
            yield from _in(ASSERTED, self.conflict_triples(conflict))
        for own in e.self_assessments:
            yield from _in(ASSERTED, self.self_assessment_triples(own))
        for correction in e.corrections:
            yield from _in(CORRECTIONS, self.correction_triples(correction))

    # ---- the document

    def document_triples(self) -> Iterator[Triple]:
        d = self.document
        publisher = URIRef(self.names.data.municipality(self.names.municipality))
        yield self.strategy, RDF.type, KPI.Strategy
        yield self.strategy, DCTERMS.publisher, publisher
        yield self.names.own, RDF.type, KPI.Edition
        yield self.names.own, DCTERMS.publisher, publisher
        yield self.names.own, DCTERMS.isVersionOf, self.strategy
        yield self.names.own, DCAT.version, Literal(d.edition)
        if self.previous:
            former = self.names.data.edition(self.names.municipality, d.series, self.previous)
            yield self.names.own, DCAT.previousVersion, URIRef(former.part("edition"))
        for lang in ("ja", "en"):
            yield self.strategy, SKOS.prefLabel, Literal(d.series_labels[lang], lang)
            yield self.names.own, SKOS.prefLabel, Literal(d.title[lang], lang)
            yield self.names.own, DCTERMS.title, Literal(d.title[lang], lang)
            yield self.names.own, DCTERMS.description, Literal(d.description[lang], lang)
        if d.licence:
            yield self.names.own, DCTERMS.license, URIRef(d.licence)
        if d.landing_page:
            yield self.names.own, DCAT.landingPage, URIRef(d.landing_page)
        if d.issued:
            yield self.names.own, DCTERMS.issued, Literal(d.issued)
        source = self.names.part("source")
        checksum = self.names.part("source-checksum")
        yield source, RDF.type, KPI.SourceFile
        yield source, DCTERMS.isPartOf, self.names.own
        yield source, DCTERMS.title, Literal(d.file.name)
        yield source, DCAT.mediaType, URIRef(_MEDIA_TYPES + d.media_type)
        if d.encoding:
            yield source, KPI.encoding, Literal(d.encoding)
        yield source, SPDX.checksum, checksum
        yield checksum, RDF.type, SPDX.Checksum
        yield checksum, SPDX.algorithm, SPDX.checksumAlgorithm_sha256
        yield checksum, SPDX.checksumValue, Literal(d.sha256.upper(), datatype=XSD.hexBinary)
        cube = self.names.part("cube")
        yield cube, RDF.type, QB.DataSet
        yield cube, QB.structure, KPI.dsd
        yield cube, DCTERMS.isPartOf, self.names.own
        for lang in ("ja", "en"):
            yield cube, RDFS.label, Literal(d.title[lang], lang)

    def scheme_triples(self) -> Iterator[Triple]:
        """Yield the two concept schemes of the strategy: its plan, and its indicators."""
        for scheme, ja, en in ((self.plan, "施策体系", "plan"), (self.indicators, "指標", "indicators")):
            yield scheme, RDF.type, SKOS.ConceptScheme
            yield scheme, DCTERMS.isPartOf, self.strategy
            yield scheme, SKOS.prefLabel, Literal(f"{self.document.series_labels['ja']}: {ja}", "ja")
            yield scheme, SKOS.prefLabel, Literal(f"{self.document.series_labels['en']}: {en}", "en")

    def row_triples(self, row: SourceRow) -> Iterator[Triple]:
        """Yield a row with its place in the file and its whole text as a quote."""
        place = row.at.place
        s, quote = self.names.row(place), self.names.part("row", f"{place}-quote")
        yield s, RDF.type, KPI.SourceRow
        yield s, RDF.type, OA.SpecificResource
        yield s, OA.hasSource, self.names.part("source")
        yield s, KPI.order, Literal(row.order)
        if row.at.part:
            yield s, KPI.part, Literal(row.at.part)
        yield s, KPI.valueCells, Literal(row.value_cells)
        yield s, KPI.rowHash, Literal(hashlib.sha256(row.printed.encode()).hexdigest())
        yield s, OA.hasSelector, quote
        if (fragment := selectors.fragment(self.document.media_type, row.at)) is not None:
            selector = self.names.part("row", f"{place}-{fragment.name}")
            yield s, OA.hasSelector, selector
            yield selector, RDF.type, OA.FragmentSelector
            yield selector, DCTERMS.conformsTo, URIRef(fragment.standard)
            yield selector, RDF.value, Literal(fragment.value)
        yield quote, RDF.type, OA.TextQuoteSelector
        yield quote, OA.exact, Literal(row.printed)

    # ---- the plan

    def element_triples(self, element: PlanElement) -> Iterator[tuple[str, Triple]]:
        s = self._element(element.key)
        yield from _in(ASSERTED, self._concept(s, _LEVEL_CLASS[element.level], self.plan, top=not element.parents))
        yield ASSERTED, (s, RDF.type, KPI.PlanElement)
        yield from _labels(s, element)
        for parent in element.parents:
            yield ASSERTED, (s, SKOS.broader, self._element(parent))
            if element.level is not Level.GOAL:
                down = KPI.hasDirection if element.level is Level.DIRECTION else KPI.hasMeasure
                yield ASSERTED, (self._element(parent), down, s)

    def indicator_triples(self, indicator: Indicator) -> Iterator[tuple[str, Triple]]:
        s = self.names.indicator(indicator.key)
        yield from _in(ASSERTED, self._concept(s, KPI.Indicator, self.indicators, top=True))
        yield from _labels(s, indicator)
        if indicator.department:
            yield ASSERTED, (s, KPI.department, self.names.department(indicator.department))

    def _concept(self, s: URIRef, kind: URIRef, scheme: URIRef, *, top: bool) -> Iterator[Triple]:
        yield s, RDF.type, kind
        yield s, RDF.type, SKOS.Concept
        yield s, SKOS.inScheme, scheme
        if top:
            yield s, SKOS.topConceptOf, scheme
            yield scheme, SKOS.hasTopConcept, s
        yield s, KPI.municipality, URIRef(self.names.data.municipality(self.names.municipality))

    def placement_triples(self, placement: Placement) -> Iterator[Triple]:
        s = self.names.part("place", placement.key)
        yield s, RDF.type, KPI.Placement
        yield s, KPI.edition, self.names.own
        yield s, KPI.places, self._element(placement.element)
        yield s, RDFS.label, Literal(placement.label, "ja")
        if placement.notation:
            yield s, SKOS.notation, Literal(placement.notation)
        if placement.under:
            yield s, KPI.under, self.names.part("place", placement.under)
        yield s, KPI.relistMarker, Literal(placement.relisted)
        yield s, KPI.order, Literal(placement.order)
        yield s, KPI.statedLabel, Literal(placement.stated_label)
        yield from self.names.derived_from(s, placement.rows)

    def listing_triples(self, listing: Listing) -> Iterator[Triple]:
        s = self.names.part("listing", listing.key)
        yield s, RDF.type, KPI.Listing
        yield s, RDFS.label, Literal(listing.label, "ja")
        yield s, KPI.edition, self.names.own
        yield s, KPI.indicator, self.names.indicator(listing.indicator)
        yield s, KPI.underMeasure, self._element(listing.measure) if listing.measure else self.strategy
        if listing.placement:
            yield s, KPI.placement, self.names.part("place", listing.placement)
        for remark in listing.remarks:
            yield s, KPI.remark, Literal(remark)
        if listing.department:
            yield s, KPI.department, self.names.department(listing.department)
            yield s, KPI.statedDepartment, Literal(listing.stated_department)
        yield s, KPI.statedLabel, Literal(listing.stated_label)
        yield s, KPI.relisted, Literal(listing.relisted)
        yield s, KPI.order, Literal(listing.order)
        yield from self.names.derived_from(s, listing.rows)

    # ---- the statements

    def statement_triples(self, st: Statement) -> Iterator[Triple]:
        s, q = self.names.part("st", st.key), st.quantity
        yield s, RDF.type, KPI.Statement
        yield s, RDF.type, _ROLE_CLASS[st.role]
        yield s, KPI.edition, self.names.own
        yield s, KPI.indicator, self.names.indicator(st.indicator)
        yield s, KPI.role, URIRef(iris.code(st.role))
        yield from _stated(s, st)
        yield s, KPI.valueForm, URIRef(iris.code(q.form))
        if q.form in (ValueForm.ABSOLUTE, ValueForm.RELATIVE):
            yield s, KPI.comparator, URIRef(iris.code(q.comparator))
        if q.form is not ValueForm.MISSING:
            yield s, KPI.maintenance, Literal(q.maintenance)
        if q.intent:
            yield s, KPI.intent, URIRef(iris.code(q.intent))
        if q.form is ValueForm.MISSING:
            yield s, SA.obsStatus, SC["obsStatus-M"]
        if q.missing:
            yield s, KPI.missingReason, URIRef(iris.code(q.missing))
        yield from self._when(s, st)
        if st.unit:
            yield s, KPI.unit, URIRef(iris.unit(st.unit.notation))
        if q.provisional or q.estimated or q.form in (ValueForm.ABSOLUTE, ValueForm.RANGE, ValueForm.RATIO):
            yield s, SA.obsStatus, SC[f"obsStatus-{'P' if q.provisional else 'E' if q.estimated else 'A'}"]
        if q.value is not None:
            yield s, SA.decimals, Literal(q.decimals)
            yield from number(s, q.value, st.unit)
            if st.unit and st.period.period:
                yield from self.names.in_cube(s)
        if q.relative_change is not None:
            yield s, KPI.relativeChange, decimal_literal(q.relative_change)
        if q.absolute_change is not None:
            yield s, KPI.absoluteChange, decimal_literal(q.absolute_change)
        yield from self._further_facets(s, st)
        if st.relative_to_period:
            yield s, KPI.relativeToPeriod, URIRef(self.names.data.period(st.relative_to_period))
        if st.relative_to:
            yield s, KPI.relativeTo, self.names.part("st", st.relative_to)
        if is_ambiguous(st) and st.role is Role.TARGET:
            yield s, KPI.ambiguity, _RATIO_OR_POINTS
        yield from self.names.derived_from(s, st.rows)

    def _further_facets(self, s: URIRef, st: Statement) -> Iterator[Triple]:
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
            yield s, SA.decimals, Literal(q.decimals)
        if q.former_text:
            yield s, KPI.formerStatedValue, Literal(q.former_text)
        for term, period in ((KPI.revisedIn, q.revised), (KPI.due, q.due)):
            if period is not None:
                yield s, term, URIRef(self.names.data.period(period))
        for note in st.notes:
            yield s, SKOS.note, Literal(note, self.document.conventions.language)

    def _when(self, s: URIRef, st: Statement) -> Iterator[Triple]:
        stated = st.period
        yield s, SD.refArea, self.names.area
        if stated.period is None or stated.aggregation is None:
            return
        yield s, SD.refPeriod, URIRef(self.names.data.period(stated.period))
        yield s, KPI.aggregation, URIRef(iris.code(stated.aggregation))
        yield s, KPI.aggregationBasis, URIRef(iris.code(stated.aggregation_basis))
        yield s, KPI.precision, URIRef(iris.code(stated.precision))
        if stated.period.duration:
            yield s, KPI.unanchored, Literal(True)

    def conflict_triples(self, conflict: Conflict) -> Iterator[Triple]:
        s = self.names.part("conflict", conflict.key)
        yield s, RDF.type, KPI.Conflict
        yield s, KPI.edition, self.names.own
        yield s, KPI.indicator, self.names.indicator(conflict.indicator)
        yield s, KPI.role, URIRef(iris.code(conflict.role))
        for key in conflict.statements:
            yield s, KPI.conflicting, self.names.part("st", key)

    def self_assessment_triples(self, own: SelfAssessment) -> Iterator[Triple]:
        """Yield what the municipality itself says of an indicator: its words, never a status of ours."""
        s = self.names.part("self", own.key)
        yield s, RDF.type, KPI.SelfAssessment
        yield s, KPI.edition, self.names.own
        yield s, KPI.indicator, self.names.indicator(own.indicator)
        yield s, KPI.statedRating, Literal(own.stated_rating)
        if own.stated_period:
            yield s, KPI.statedPeriod, Literal(own.stated_period)
        if own.period is not None:
            yield s, SD.refPeriod, URIRef(self.names.data.period(own.period))
        yield from self.names.derived_from(s, own.rows)

    # ---- corrections

    def correction_triples(self, c: Correction) -> Iterator[Triple]:
        s, agent = self.names.part("corr", c.key), self.names.part("agent", _short_hash(c.decided_by))
        yield s, RDF.type, KPI.Correction
        yield s, RDF.type, PROV.Activity
        yield s, KPI.edition, self.names.own
        yield s, KPI.status, URIRef(iris.code(c.status))
        yield s, KPI.reasonCode, URIRef(iris.code(c.reason))
        yield s, KPI.originalText, Literal(c.was)
        yield s, KPI.correctedText, Literal(c.now)
        for lang in ("ja", "en"):
            yield s, SKOS.note, Literal(c.explanation[lang], lang)
            yield s, KPI.evidence, Literal(c.evidence[lang], lang)
        yield s, PROV.used, self.names.row(c.place)
        yield s, PROV.wasAssociatedWith, agent
        yield agent, RDF.type, PROV.Agent
        yield agent, RDFS.label, Literal(c.decided_by)
        if c.decided_on:
            yield s, PROV.endedAtTime, _midnight(c.decided_on)
        for touched in self.edition.touched:
            if touched.correction == c.key:
                yield s, KPI.corrects, self.names.part(touched.kind, touched.key)
                yield s, KPI.property, KPI[touched.property]

    def _revisable(
        self, kind: str, key: str, corrections: tuple[str, ...], triples: Iterable[Triple]
    ) -> Iterator[tuple[str, Triple]]:
        """Yield `triples` in the asserted layer or, where corrected, as a revision in the corrections layer."""
        yield from _in(CORRECTIONS if corrections else ASSERTED, triples)
        s = self.names.part(kind, key)
        if corrections:
            yield CORRECTIONS, (s, PROV.wasRevisionOf, self.names.part(kind, f"{key}-printed"))
        for correction in corrections:
            yield CORRECTIONS, (s, PROV.wasGeneratedBy, self.names.part("corr", correction))

    def _printed(self, kind: str, record: Placement | Listing | Statement) -> Iterator[Triple]:
        """Yield the reading of a corrected record as it would be without its corrections."""
        if not record.corrections:
            return
        s = self.names.part(kind, f"{record.key}-printed")
        yield s, RDF.type, KPI.PrintedReading
        yield s, KPI.edition, self.names.own
        if isinstance(record, Statement):
            yield from _stated(s, record)
            if record.printed_unit:
                yield s, KPI.unit, URIRef(iris.unit(record.printed_unit.notation))
        else:
            yield s, KPI.statedLabel, Literal(record.stated_label)
            if isinstance(record, Listing) and record.stated_department:
                yield s, KPI.statedDepartment, Literal(record.stated_department)
        yield from self.names.derived_from(s, record.rows)
        for key in record.corrections:
            yield s, PROV.wasInvalidatedBy, self.names.part("corr", key)
        decided = [d for key in record.corrections if (d := self.accepted[key].decided_on)]
        if decided:
            yield s, PROV.invalidatedAtTime, _midnight(min(decided))

    def _element(self, key: str) -> URIRef:
        return URIRef(self.names.data.concept(self.names.municipality, self.levels[key].value, key))


def _in(layer: str, triples: Iterable[Triple]) -> Iterator[tuple[str, Triple]]:
    for triple in triples:
        yield layer, triple


def _labels(s: URIRef, concept: PlanElement | Indicator) -> Iterator[tuple[str, Triple]]:
    """Yield the name, those of other editions, and misspelt ones to be found by.

    Where a correction made a name, it stands in the corrections layer.
    """
    misspelt = concept.printed_labels - {concept.label} - concept.also_named
    yield CORRECTIONS if misspelt else ASSERTED, (s, SKOS.prefLabel, Literal(concept.label, "ja"))
    for other in concept.also_named:
        yield ASSERTED, (s, SKOS.altLabel, Literal(other, "ja"))
    for printed in misspelt:
        yield ASSERTED, (s, SKOS.hiddenLabel, Literal(printed, "ja"))


def _stated(s: URIRef, st: Statement) -> Iterator[Triple]:
    yield s, KPI.statedValue, Literal(st.stated_value)
    yield s, KPI.statedPeriod, Literal(st.stated_period)
    if st.stated_unit:
        yield s, KPI.statedUnit, Literal(st.stated_unit)


def _midnight(day: date) -> Literal:
    # Not normalised: rdflib would write +00:00, Oxigraph gives Z back, and dumps and store would differ.
    return Literal(f"{day.isoformat()}T00:00:00Z", datatype=XSD.dateTime, normalize=False)


def _short_hash(text: str) -> str:
    return base64.b32encode(hashlib.sha256(text.encode()).digest()).decode().lower()[:8]
