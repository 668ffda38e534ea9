"""Records of an edition → triples, one function a record, streamed.

Three layers an edition: `asserted`, what the document says; `corrections`, the corrections and what they changed;
`derived`, what we computed. Printed texts stay byte for byte as printed in every layer: a correction changes a reading,
never a stated text. There are no blank nodes, so that everything can be linked to, compared and corrected.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from kpigraph.graph.current import current_triples as current_triples
from kpigraph.graph.current import replacement_triples as replacement_triples
from kpigraph.graph.derived import derivation_triples
from kpigraph.graph.documents import document_triples, row_triples, scheme_triples
from kpigraph.graph.mappings import mapping_triples as mapping_triples
from kpigraph.graph.names import Names
from kpigraph.graph.plan import (
    element_triples,
    indicator_triples,
    label_triple,
    listing_triples,
    misspelt,
    placement_triples,
)
from kpigraph.graph.revisions import Revisable, correction_triples, printed_triples, revision_triples
from kpigraph.graph.statements import conflict_triples, self_assessment_triples, statement_triples
from kpigraph.iris import DataIris, EditionIris
from kpigraph.model import CorrectionStatus, Derivation, Document, Edition, Indicator, PlanElement
from kpigraph.reference import Triple

ASSERTED, CORRECTIONS, DERIVED = "asserted", "corrections", "derived"
Triples = tuple[Triple, ...]


@dataclass(frozen=True, slots=True)
class EditionGraph:
    """One edition as triples: `layers` by name, each a graph."""

    document: Document
    names: EditionIris
    layers: dict[str, Triples]


def edition_graph(edition: Edition, derivation: Derivation, data: DataIris, previous: str = "") -> EditionGraph:
    """Return the three layers of `edition`; `previous` is the key of the edition before it, "" if it is the first."""
    names = Names(data, edition)
    asserted = [*document_triples(names, previous), *scheme_triples(names)]
    corrections: list[Triple] = []
    for row in edition.rows:
        asserted += row_triples(row, names)
    for element in edition.elements:
        asserted += element_triples(element, names)
    for indicator in edition.indicators:
        asserted += indicator_triples(indicator, names)
    concepts: list[PlanElement | Indicator] = [*edition.elements, *edition.indicators]
    for concept in concepts:
        (corrections if misspelt(concept) else asserted).append(label_triple(concept, names))
    accepted = {c.key: c for c in edition.corrections if c.status is CorrectionStatus.ACCEPTED}
    for kind, record, triples in _revisable(edition, names):
        if record.corrections:
            corrections += (*triples, *revision_triples(kind, record, names))
            asserted += printed_triples(kind, record, accepted, names)
        else:
            asserted += triples
    for conflict in edition.conflicts:
        asserted += conflict_triples(conflict, names)
    for own in edition.self_assessments:
        asserted += self_assessment_triples(own, names)
    for correction in edition.corrections:
        corrections += correction_triples(correction, edition.touched, names)
    derived = derivation_triples(derivation, names)
    layers = {ASSERTED: union(asserted), CORRECTIONS: union(corrections), DERIVED: union(derived)}
    return EditionGraph(edition.document, names.ed, layers)


def union(*graphs: Iterable[Triple]) -> Triples:
    """Return the triples of all `graphs`, each once, in the order in which they first come."""
    return tuple(dict.fromkeys(chain(*graphs)))


def _revisable(edition: Edition, names: Names) -> Iterator[tuple[str, Revisable, Iterator[Triple]]]:
    """Yield what a correction can change, with the word for it in its IRI and its triples."""
    for placement in edition.placements:
        yield "place", placement, placement_triples(placement, names)
    for listing in edition.listings:
        yield "listing", listing, listing_triples(listing, names)
    for statement in edition.statements:
        yield "st", statement, statement_triples(statement, names)
