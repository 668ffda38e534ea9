"""The document of an edition, the concept schemes of its strategy and the rows of its file → triples."""

import hashlib
from collections.abc import Iterator
from functools import lru_cache

from rdflib import Literal, URIRef

from kpigraph.graph import selectors
from kpigraph.graph.names import Names
from kpigraph.literals import literal, text_literal
from kpigraph.model import SourceRow
from kpigraph.reference import Triple
from kpigraph.vocab import DCAT, DCTERMS, KPI, OA, QB, RDF, RDFS, SKOS, SPDX, XSD

_MEDIA_TYPES = "https://www.iana.org/assignments/media-types/"


def document_triples(names: Names, previous: str) -> Iterator[Triple]:
    d = names.document
    yield names.strategy, RDF.type, KPI.Strategy
    yield names.strategy, DCTERMS.publisher, names.publisher
    yield names.own, RDF.type, KPI.Edition
    yield names.own, DCTERMS.publisher, names.publisher
    yield names.own, DCTERMS.isVersionOf, names.strategy
    yield names.own, DCAT.version, text_literal(d.edition)
    if previous:
        former = names.data.edition(names.municipality, d.series, previous)
        yield names.own, DCAT.previousVersion, URIRef(former.part("edition"))
    for lang in ("ja", "en"):
        yield names.strategy, SKOS.prefLabel, text_literal(d.series_labels[lang], lang)
        yield names.own, SKOS.prefLabel, text_literal(d.title[lang], lang)
        yield names.own, DCTERMS.title, text_literal(d.title[lang], lang)
        yield names.own, DCTERMS.description, text_literal(d.description[lang], lang)
    if d.licence:
        yield names.own, DCTERMS.license, URIRef(d.licence)
    if d.landing_page:
        yield names.own, DCAT.landingPage, URIRef(d.landing_page)
    if d.issued:
        yield names.own, DCTERMS.issued, Literal(d.issued)
    source = names.source
    checksum = URIRef(names.ed.part("source-checksum"))
    yield source, RDF.type, KPI.SourceFile
    yield source, DCTERMS.isPartOf, names.own
    yield source, DCTERMS.title, text_literal(d.file.name)
    yield source, DCAT.mediaType, URIRef(_MEDIA_TYPES + d.media_type)
    if d.encoding:
        yield source, KPI.encoding, text_literal(d.encoding)
    yield source, SPDX.checksum, checksum
    yield checksum, RDF.type, SPDX.Checksum
    yield checksum, SPDX.algorithm, SPDX.checksumAlgorithm_sha256
    yield checksum, SPDX.checksumValue, Literal(d.sha256.upper(), datatype=XSD.hexBinary)
    yield names.cube, RDF.type, QB.DataSet
    yield names.cube, QB.structure, KPI.dsd
    yield names.cube, DCTERMS.isPartOf, names.own
    for lang in ("ja", "en"):
        yield names.cube, RDFS.label, text_literal(d.title[lang], lang)


def scheme_triples(names: Names) -> Iterator[Triple]:
    """Yield the two concept schemes of the strategy: its plan, and its indicators."""
    for scheme, ja, en in ((names.plan, "施策体系", "plan"), (names.indicators, "指標", "indicators")):
        yield scheme, RDF.type, SKOS.ConceptScheme
        yield scheme, DCTERMS.isPartOf, names.strategy
        yield scheme, SKOS.prefLabel, text_literal(f"{names.document.series_labels['ja']}: {ja}", "ja")
        yield scheme, SKOS.prefLabel, text_literal(f"{names.document.series_labels['en']}: {en}", "en")


_standard = lru_cache(maxsize=16)(URIRef)


def row_triples(row: SourceRow, names: Names) -> Iterator[Triple]:
    """Yield a row with its place in the file and its whole text as a quote."""
    place = row.at.place
    s, quote = names.row(place), names.part("row", f"{place}-quote")
    yield s, RDF.type, KPI.SourceRow
    yield s, RDF.type, OA.SpecificResource
    yield s, OA.hasSource, names.source
    yield s, KPI.order, literal(row.order)
    if row.at.part:
        yield s, KPI.part, text_literal(row.at.part)
    yield s, KPI.valueCells, literal(row.value_cells)
    yield s, KPI.rowHash, text_literal(hashlib.sha256(row.printed.encode()).hexdigest())
    yield s, OA.hasSelector, quote
    if (fragment := selectors.fragment(names.document.media_type, row.at)) is not None:
        selector = names.part("row", f"{place}-{fragment.name}")
        yield s, OA.hasSelector, selector
        yield selector, RDF.type, OA.FragmentSelector
        yield selector, DCTERMS.conformsTo, _standard(fragment.standard)
        yield selector, RDF.value, text_literal(fragment.value)
    yield quote, RDF.type, OA.TextQuoteSelector
    yield quote, OA.exact, text_literal(row.printed)
