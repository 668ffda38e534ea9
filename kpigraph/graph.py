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
from decimal import Decimal

from rdflib import Graph, Literal, URIRef

from kpigraph import iris
from kpigraph.assess import METHOD, is_ambiguous
from kpigraph.iris import DataIris, EditionIris
from kpigraph.literals import decimal_literal
from kpigraph.model import (
    Assessment,
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
    ResolvedTarget,
    Role,
    SourceRow,
    Statement,
    Unit,
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
    SM,
    SPDX,
    XSD,
    bind_prefixes,
)

ASSERTED, CORRECTIONS, DERIVED = "asserted", "corrections", "derived"
_METHOD = URIRef(f"{CODE}method-{METHOD}")
_RATIO_OR_POINTS = URIRef(f"{CODE}ambiguity-ratio-or-points")
_RFC5147 = URIRef("http://tools.ietf.org/rfc/rfc5147")
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
    for triple in writer.derivation_triples(derivation):
        layers[DERIVED].add(triple)
    return EditionGraph(edition.document, writer.ed, layers)


def union(*graphs: Graph) -> Graph:
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
        self.data = data
        self.code = document.municipality
        self.ed = data.edition(self.code, document.series, document.edition)
        self.own = URIRef(self.ed.part("edition"))
        self.strategy = URIRef(data.strategy(self.code, document.series))
        self.plan, self.indicators = (
            URIRef(iris.plan_scheme(self.strategy)),
            URIRef(iris.indicator_scheme(self.strategy)),
        )
        self.area = URIRef(iris.area(self.code))
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
        for correction in e.corrections:
            yield from _in(CORRECTIONS, self.correction_triples(correction))

    # ---- the document

    def document_triples(self) -> Iterator[Triple]:
        d = self.document
        publisher = URIRef(self.data.municipality(self.code))
        yield self.strategy, RDF.type, KPI.Strategy
        yield self.strategy, DCTERMS.publisher, publisher
        yield self.own, RDF.type, KPI.Edition
        yield self.own, DCTERMS.publisher, publisher
        yield self.own, DCTERMS.isVersionOf, self.strategy
        yield self.own, DCAT.version, Literal(d.edition)
        if self.previous:
            former = self.data.edition(self.code, d.series, self.previous)
            yield self.own, DCAT.previousVersion, URIRef(former.part("edition"))
        for lang in ("ja", "en"):
            yield self.strategy, SKOS.prefLabel, Literal(d.series_labels[lang], lang)
            yield self.own, SKOS.prefLabel, Literal(d.title[lang], lang)
            yield self.own, DCTERMS.title, Literal(d.title[lang], lang)
            yield self.own, DCTERMS.description, Literal(d.description[lang], lang)
        if d.licence:
            yield self.own, DCTERMS.license, URIRef(d.licence)
        if d.landing_page:
            yield self.own, DCAT.landingPage, URIRef(d.landing_page)
        if d.issued:
            yield self.own, DCTERMS.issued, Literal(d.issued)
        source = URIRef(self.ed.part("source"))
        checksum = URIRef(self.ed.part("source-checksum"))
        yield source, RDF.type, KPI.SourceFile
        yield source, DCTERMS.isPartOf, self.own
        yield source, DCTERMS.title, Literal(d.file.name)
        yield source, DCAT.mediaType, URIRef(_MEDIA_TYPES + d.media_type)
        yield source, KPI.encoding, Literal(d.encoding)
        yield source, SPDX.checksum, checksum
        yield checksum, RDF.type, SPDX.Checksum
        yield checksum, SPDX.algorithm, SPDX.checksumAlgorithm_sha256
        yield checksum, SPDX.checksumValue, Literal(d.sha256.upper(), datatype=XSD.hexBinary)
        cube = URIRef(self.ed.part("cube"))
        yield cube, RDF.type, QB.DataSet
        yield cube, QB.structure, KPI.dsd
        yield cube, DCTERMS.isPartOf, self.own
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
        """Yield a row with its place in the file (RFC 5147 counts lines from 0) and its whole text as a quote."""
        s = URIRef(self.ed.row(row.row))
        line, quote = URIRef(self.ed.part("row", f"{row.row}-line")), URIRef(self.ed.part("row", f"{row.row}-quote"))
        yield s, RDF.type, KPI.SourceRow
        yield s, RDF.type, OA.SpecificResource
        yield s, OA.hasSource, URIRef(self.ed.part("source"))
        yield s, KPI.order, Literal(row.row)
        yield s, KPI.valueCells, Literal(row.value_cells)
        yield s, KPI.rowHash, Literal(hashlib.sha256(row.printed.encode()).hexdigest())
        yield s, OA.hasSelector, line
        yield s, OA.hasSelector, quote
        yield line, RDF.type, OA.FragmentSelector
        yield line, DCTERMS.conformsTo, _RFC5147
        yield line, RDF.value, Literal(f"line={row.row - 1},{row.row}")
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
            if element.level is Level.DIRECTION:
                yield ASSERTED, (self._element(parent), KPI.hasDirection, s)
            elif element.level is Level.MEASURE and self.levels[parent] is Level.DIRECTION:
                yield ASSERTED, (self._element(parent), KPI.hasMeasure, s)

    def indicator_triples(self, indicator: Indicator) -> Iterator[tuple[str, Triple]]:
        s = self._indicator(indicator.key)
        yield from _in(ASSERTED, self._concept(s, KPI.Indicator, self.indicators, top=True))
        yield from _labels(s, indicator)
        if indicator.department:
            yield ASSERTED, (s, KPI.department, self._department(indicator.department))

    def _concept(self, s: URIRef, kind: URIRef, scheme: URIRef, *, top: bool) -> Iterator[Triple]:
        yield s, RDF.type, kind
        yield s, RDF.type, SKOS.Concept
        yield s, SKOS.inScheme, scheme
        if top:
            yield s, SKOS.topConceptOf, scheme
            yield scheme, SKOS.hasTopConcept, s
        yield s, KPI.municipality, URIRef(self.data.municipality(self.code))

    def placement_triples(self, placement: Placement) -> Iterator[Triple]:
        s = self._part("place", placement.key)
        yield s, RDF.type, KPI.Placement
        yield s, KPI.edition, self.own
        yield s, KPI.places, self._element(placement.element)
        yield s, RDFS.label, Literal(placement.label, "ja")
        yield s, SKOS.notation, Literal(placement.notation)
        if placement.under:
            yield s, KPI.under, self._part("place", placement.under)
        yield s, KPI.relistMarker, Literal(placement.relisted)
        yield s, KPI.order, Literal(placement.order)
        yield s, KPI.statedLabel, Literal(placement.stated_label)
        yield from self._derived_from(s, placement.rows)

    def listing_triples(self, listing: Listing) -> Iterator[Triple]:
        s = self._part("listing", listing.key)
        yield s, RDF.type, KPI.Listing
        yield s, RDFS.label, Literal(listing.label, "ja")
        yield s, KPI.edition, self.own
        yield s, KPI.indicator, self._indicator(listing.indicator)
        yield s, KPI.underMeasure, self._element(listing.measure)
        yield s, KPI.placement, self._part("place", listing.placement)
        if listing.department:
            yield s, KPI.department, self._department(listing.department)
            yield s, KPI.statedDepartment, Literal(listing.stated_department)
        yield s, KPI.statedLabel, Literal(listing.stated_label)
        yield s, KPI.relisted, Literal(listing.relisted)
        yield s, KPI.order, Literal(listing.order)
        yield from self._derived_from(s, listing.rows)

    # ---- the statements

    def statement_triples(self, st: Statement) -> Iterator[Triple]:
        s, q = self._part("st", st.key), st.quantity
        yield s, RDF.type, KPI.Statement
        yield s, RDF.type, _ROLE_CLASS[st.role]
        yield s, KPI.edition, self.own
        yield s, KPI.indicator, self._indicator(st.indicator)
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
        yield from self._when(s, st)
        if st.unit:
            yield s, KPI.unit, URIRef(iris.unit(st.unit.notation))
        if q.value is not None:
            yield s, SA.obsStatus, SC["obsStatus-E" if q.estimated else "obsStatus-A"]
            yield s, SA.decimals, Literal(q.decimals)
            yield from self._number(s, q.value, st.unit)
            if st.unit and st.period.period:
                yield from self._in_cube(s)
        if q.relative_change is not None:
            yield s, KPI.relativeChange, decimal_literal(q.relative_change)
        if q.absolute_change is not None:
            yield s, KPI.absoluteChange, decimal_literal(q.absolute_change)
        if st.relative_to_period:
            yield s, KPI.relativeToPeriod, URIRef(self.data.period(st.relative_to_period))
        if st.relative_to:
            yield s, KPI.relativeTo, self._part("st", st.relative_to)
        if is_ambiguous(st) and st.role is Role.TARGET:
            yield s, KPI.ambiguity, _RATIO_OR_POINTS
        yield from self._derived_from(s, st.rows)

    def _when(self, s: URIRef, st: Statement) -> Iterator[Triple]:
        stated = st.period
        yield s, SD.refArea, self.area
        if stated.period is None or stated.aggregation is None:
            return
        yield s, SD.refPeriod, URIRef(self.data.period(stated.period))
        yield s, KPI.aggregation, URIRef(iris.code(stated.aggregation))
        yield s, KPI.aggregationBasis, URIRef(iris.code(stated.aggregation_basis))
        yield s, KPI.precision, URIRef(iris.code(stated.precision))
        if stated.period.duration:
            yield s, KPI.unanchored, Literal(True)

    def _number(self, s: URIRef, value: Decimal, unit: Unit | None) -> Iterator[Triple]:
        yield s, SM.obsValue, decimal_literal(value)
        if unit:
            yield s, SA.unitMeasure, URIRef(unit.base_unit)
            yield s, SA.unitMult, SC[f"unitMult-{unit.unit_mult}"]
            yield s, KPI.baseValue, decimal_literal(value * unit.factor)

    def _in_cube(self, s: URIRef) -> Iterator[Triple]:
        yield s, RDF.type, QB.Observation
        yield s, QB.dataSet, URIRef(self.ed.part("cube"))

    def conflict_triples(self, conflict: Conflict) -> Iterator[Triple]:
        s = self._part("conflict", conflict.key)
        yield s, RDF.type, KPI.Conflict
        yield s, KPI.edition, self.own
        yield s, KPI.indicator, self._indicator(conflict.indicator)
        yield s, KPI.role, URIRef(iris.code(conflict.role))
        for key in conflict.statements:
            yield s, KPI.conflicting, self._part("st", key)

    # ---- corrections

    def correction_triples(self, c: Correction) -> Iterator[Triple]:
        s, agent = self._part("corr", c.key), self._part("agent", _short_hash(c.decided_by))
        yield s, RDF.type, KPI.Correction
        yield s, RDF.type, PROV.Activity
        yield s, KPI.edition, self.own
        yield s, KPI.status, URIRef(iris.code(c.status))
        yield s, KPI.reasonCode, URIRef(iris.code(c.reason))
        yield s, KPI.originalText, Literal(c.was)
        yield s, KPI.correctedText, Literal(c.now)
        for lang in ("ja", "en"):
            yield s, SKOS.note, Literal(c.explanation[lang], lang)
            yield s, KPI.evidence, Literal(c.evidence[lang], lang)
        yield s, PROV.used, URIRef(self.ed.row(c.place))
        yield s, PROV.wasAssociatedWith, agent
        yield agent, RDF.type, PROV.Agent
        yield agent, RDFS.label, Literal(c.decided_by)
        if c.decided_on:
            yield s, PROV.endedAtTime, _midnight(c.decided_on)
        for touched in self.edition.touched:
            if touched.correction == c.key:
                yield s, KPI.corrects, self._part(touched.kind, touched.key)
                yield s, KPI.property, KPI[touched.property]

    def _revisable(
        self, kind: str, key: str, corrections: tuple[str, ...], triples: Iterable[Triple]
    ) -> Iterator[tuple[str, Triple]]:
        """Yield `triples` in the asserted layer or, where corrected, as a revision in the corrections layer."""
        yield from _in(CORRECTIONS if corrections else ASSERTED, triples)
        s = self._part(kind, key)
        if corrections:
            yield CORRECTIONS, (s, PROV.wasRevisionOf, self._part(kind, f"{key}-printed"))
        for correction in corrections:
            yield CORRECTIONS, (s, PROV.wasGeneratedBy, self._part("corr", correction))

    def _printed(self, kind: str, record: Placement | Listing | Statement) -> Iterator[Triple]:
        """Yield the reading of a corrected record as it would be without its corrections."""
        if not record.corrections:
            return
        s = self._part(kind, f"{record.key}-printed")
        yield s, RDF.type, KPI.PrintedReading
        yield s, KPI.edition, self.own
        if isinstance(record, Statement):
            yield from _stated(s, record)
            if record.printed_unit:
                yield s, KPI.unit, URIRef(iris.unit(record.printed_unit.notation))
        else:
            yield s, KPI.statedLabel, Literal(record.stated_label)
        yield from self._derived_from(s, record.rows)
        for key in record.corrections:
            yield s, PROV.wasInvalidatedBy, self._part("corr", key)
        decided = [d for key in record.corrections if (d := self.accepted[key].decided_on)]
        if decided:
            yield s, PROV.invalidatedAtTime, _midnight(min(decided))

    # ---- what was derived

    def derivation_triples(self, derivation: Derivation) -> Iterator[Triple]:
        run = self._part("run", "derivation")
        yield run, RDF.type, KPI.DerivationRun
        yield run, RDF.type, PROV.Activity
        yield run, PROV.used, URIRef(self.ed.part("cube"))
        yield run, KPI.method, _METHOD
        for resolved in derivation.resolved:
            yield from self.resolved_triples(resolved, run)
        for key, reason in derivation.unresolved.items():
            yield self._part("st", key), KPI.unresolvedReason, URIRef(iris.code(reason))
        for key, values in derivation.possible_values.items():
            for value in values:
                yield self._part("st", key), KPI.possibleValue, decimal_literal(value)
        for assessment in derivation.assessments:
            yield from self.assessment_triples(assessment, run)

    def resolved_triples(self, r: ResolvedTarget, run: URIRef) -> Iterator[Triple]:
        s = self._part("res", r.target)
        yield s, RDF.type, KPI.ResolvedTarget
        yield s, KPI.edition, self.own
        yield s, KPI.resolves, self._part("st", r.target)
        yield s, KPI.indicator, self._indicator(r.indicator)
        yield s, KPI.role, URIRef(iris.code(Role.TARGET))
        yield s, SD.refArea, self.area
        yield s, KPI.unit, URIRef(iris.unit(r.unit.notation))
        yield s, SA.obsStatus, SC["obsStatus-I"]
        yield from self._number(s, r.value, r.unit)
        if r.period.period and r.period.aggregation:
            yield s, SD.refPeriod, URIRef(self.data.period(r.period.period))
            yield s, KPI.aggregation, URIRef(iris.code(r.period.aggregation))
            yield from self._in_cube(s)
        yield s, PROV.wasDerivedFrom, self._part("st", r.target)
        yield s, PROV.wasDerivedFrom, self._part("st", r.reference)
        yield s, PROV.wasGeneratedBy, run

    def assessment_triples(self, a: Assessment, run: URIRef) -> Iterator[Triple]:
        s = self._part("as", a.indicator)
        yield s, RDF.type, KPI.Assessment
        yield s, KPI.edition, self.own
        yield s, KPI.indicator, self._indicator(a.indicator)
        for term, key in ((KPI.ofBaseline, a.baseline), (KPI.ofActual, a.actual), (KPI.ofTarget, a.target)):
            if key:
                yield s, term, self._part("st", key)
        yield s, KPI.status, URIRef(iris.code(a.status))
        if a.reason:
            yield s, KPI.reason, URIRef(iris.code(a.reason))
        yield s, KPI.desiredDirection, URIRef(iris.code(a.direction))
        if a.direction_basis:
            yield s, KPI.directionBasis, URIRef(iris.code(a.direction_basis))
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

    # ---- IRIs

    def _part(self, kind: str, key: str) -> URIRef:
        return URIRef(self.ed.part(kind, key))

    def _element(self, key: str) -> URIRef:
        return URIRef(self.data.concept(self.code, self.levels[key].value, key))

    def _indicator(self, key: str) -> URIRef:
        return URIRef(self.data.concept(self.code, "kpi", key))

    def _department(self, key: str) -> URIRef:
        return URIRef(self.data.concept(self.code, "dept", key))

    def _derived_from(self, s: URIRef, rows: Iterable[int]) -> Iterator[Triple]:
        for row in rows:
            yield s, PROV.wasDerivedFrom, URIRef(self.ed.row(row))


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
