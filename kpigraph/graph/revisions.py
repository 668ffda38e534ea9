"""Corrections, and what they changed: a record that one corrected, beside its printed reading → triples."""

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from rdflib import Literal

from kpigraph.graph.names import Names, code, unit
from kpigraph.graph.statements import stated
from kpigraph.literals import literal, text_literal
from kpigraph.model import Correction, Listing, Placement, Statement, Touched
from kpigraph.reference import Triple
from kpigraph.vocab import KPI, PROV, RDF, RDFS, SKOS, XSD

Revisable = Placement | Listing | Statement


def correction_triples(c: Correction, touched: Iterable[Touched], names: Names) -> Iterator[Triple]:
    s, agent = names.part("corr", c.key), names.part("agent", _short_hash(c.decided_by))
    yield s, RDF.type, KPI.Correction
    yield s, RDF.type, PROV.Activity
    yield s, KPI.edition, names.own
    yield s, KPI.status, code(c.status)
    yield s, KPI.reasonCode, code(c.reason)
    yield s, KPI.originalText, text_literal(c.was)
    yield s, KPI.correctedText, text_literal(c.now)
    for lang in ("ja", "en"):
        yield s, SKOS.note, text_literal(c.explanation[lang], lang)
        yield s, KPI.evidence, text_literal(c.evidence[lang], lang)
    yield s, PROV.used, names.row(c.place)
    yield s, PROV.wasAssociatedWith, agent
    yield agent, RDF.type, PROV.Agent
    yield agent, RDFS.label, text_literal(c.decided_by)
    if c.decided_on:
        yield s, PROV.endedAtTime, _midnight(c.decided_on)
    for its in touched:
        if its.correction == c.key:
            yield s, KPI.corrects, names.part(its.kind, its.key)
            yield s, KPI.property, KPI[its.property]


def revision_triples(kind: str, record: Revisable, names: Names) -> Iterator[Triple]:
    """Yield that what a corrected record says revises its printed reading, by which corrections."""
    s = names.part(kind, record.key)
    yield s, PROV.wasRevisionOf, names.part(kind, f"{record.key}-printed")
    for correction in record.corrections:
        yield s, PROV.wasGeneratedBy, names.part("corr", correction)


def printed_triples(kind: str, record: Revisable, accepted: Mapping[str, Correction], names: Names) -> Iterator[Triple]:
    """Yield the reading of a corrected record as it would be without its corrections, `accepted` ones by their key."""
    s = names.part(kind, f"{record.key}-printed")
    yield s, RDF.type, KPI.PrintedReading
    yield s, KPI.edition, names.own
    if isinstance(record, Statement):
        yield from stated(s, record)
        if record.printed_unit:
            yield s, KPI.unit, unit(record.printed_unit.notation)
    else:
        yield s, KPI.statedLabel, text_literal(record.stated_label)
        if isinstance(record, Listing) and record.stated_department:
            yield s, KPI.statedDepartment, literal(record.stated_department)
    yield from names.derived_from(s, record.rows)
    for key in record.corrections:
        yield s, PROV.wasInvalidatedBy, names.part("corr", key)
    decided = [d for key in record.corrections if (d := accepted[key].decided_on)]
    if decided:
        yield s, PROV.invalidatedAtTime, _midnight(min(decided))


def _midnight(day: date) -> Literal:
    # Not normalised: rdflib would write +00:00, Oxigraph gives Z back, and dumps and store would differ.
    return Literal(f"{day.isoformat()}T00:00:00Z", datatype=XSD.dateTime, normalize=False)


def _short_hash(text: str) -> str:
    return base64.b32encode(hashlib.sha256(text.encode()).digest()).decode().lower()[:8]
