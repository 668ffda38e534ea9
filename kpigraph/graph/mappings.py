"""Matches that a person accepted, as triples, each with who accepted it, when and why.

An exact, close or broad match with a shared indicator says that the indicator realizes it. A narrow one does not: of an
indicator that is broader than the shared one no value can be compared.
"""

import base64
import hashlib
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal

from rdflib import Literal, URIRef

from kpigraph import iris
from kpigraph.iris import DataIris
from kpigraph.linking import LocalId, Mapping, MappingStatus, Predicate, SharedId
from kpigraph.literals import decimal_literal
from kpigraph.prefixes import expand
from kpigraph.reference import Triple
from kpigraph.vocab import DCTERMS, KPI, OWL, RDF, RDFS, SKOS, SSSOM

_MATCHES = {
    Predicate.EXACT: SKOS.exactMatch,
    Predicate.CLOSE: SKOS.closeMatch,
    Predicate.BROAD: SKOS.broadMatch,
    Predicate.NARROW: SKOS.narrowMatch,
}
_ORCID = "https://orcid.org/"


def mapping_triples(mappings: Iterable[Mapping], data: DataIris) -> Iterator[Triple]:
    """Yield the accepted ones of `mappings`: the match itself and the record of it."""
    for m in mappings:
        if m.status is not MappingStatus.ACCEPTED:
            continue
        subject, object_, match = _iri(m.subject, data), _iri(m.object, data), _MATCHES[m.predicate]
        yield subject, match, object_
        if isinstance(m.object, SharedId) and m.predicate is not Predicate.NARROW:
            yield subject, KPI.realizes, object_
        yield from _record(m, subject, match, object_, data)


def _record(m: Mapping, subject: URIRef, match: URIRef, object_: URIRef, data: DataIris) -> Iterator[Triple]:
    """Yield the record as SSSOM has it in RDF: an axiom with annotations."""
    s = URIRef(data.mapping(m.subject.municipality, _key(m)))
    yield s, RDF.type, KPI.Mapping
    yield s, RDF.type, OWL.Axiom
    yield s, OWL.annotatedSource, subject
    yield s, OWL.annotatedProperty, match
    yield s, OWL.annotatedTarget, object_
    yield s, SSSOM.mapping_justification, URIRef(expand(m.justification))
    yield s, DCTERMS.created, Literal(date.fromisoformat(m.date))
    if m.confidence:
        yield s, SSSOM.confidence, decimal_literal(Decimal(m.confidence))
    if m.reviewer:
        yield s, SSSOM.reviewer_label, Literal(m.reviewer)
    if m.reviewer_id:
        yield s, SSSOM.reviewer_id, URIRef(m.reviewer_id.replace("orcid:", _ORCID, 1))
    if m.tool:
        yield s, SSSOM.mapping_tool, Literal(m.tool)
    if m.comment:
        yield s, RDFS.comment, Literal(m.comment, "ja")


def _iri(thing: LocalId | SharedId, data: DataIris) -> URIRef:
    if isinstance(thing, SharedId):
        return URIRef(iris.shared_indicator(thing.notation))
    return URIRef(data.concept(thing.municipality, "kpi", thing.key))


def _key(m: Mapping) -> str:
    digest = hashlib.sha256("\x1f".join(m.pair).encode()).digest()
    return base64.b32encode(digest).decode().lower()[:10]
