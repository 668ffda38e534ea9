"""One nested JSON-LD document about one thing, with what a person asks of it: labels, parts, figures, source lines.

`FRAMES` says for each class what is nested. Everything in a document is a triple of the publication; nothing is added.
Read as JSON-LD it gives some of the published triples back, and all of those about the thing itself. What refers to
the thing stands under words that read a property backwards, such as `targets` for kpi:indicator.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pyoxigraph import Literal, NamedNode, Triple

from kpigraph import jsonld
from kpigraph.order import graph_iri
from kpigraph.prefixes import expand
from kpigraph.store import Store
from kpigraph.text import natural

_TYPE = expand("rdf:type")
_ORDER = expand("kpi:order")
_PROVENANCE = expand("prov:")


@dataclass(frozen=True, slots=True)
class Frame:
    """How a thing is described.

    Attributes:
        says: the properties given besides `nested`; None for all.
        nested: the properties whose values are described in their turn, and how.
        otherwise: how the values of other properties are described; None for references.
        backwards: a word of the context for what refers to the thing, and what that is.
    """

    says: tuple[str, ...] | None = None
    nested: Mapping[str, "Frame"] = field(default_factory=dict)
    otherwise: "Frame | None" = None
    backwards: Mapping[str, "Backwards"] = field(default_factory=dict)

    @property
    def is_flat(self) -> bool:
        return not (self.nested or self.otherwise or self.backwards)


@dataclass(frozen=True, slots=True)
class Backwards:
    """What of the class `type` refers to a thing by `property`, and does not have the property `unless`."""

    property: str
    type: str
    frame: Frame
    unless: str = ""


LABEL = Frame(says=("skos:prefLabel", "rdfs:label", "dct:title", "skos:notation", "dcat:version"))
_NAME = ("skos:prefLabel",)
_PERIOD = Frame(says=(*_NAME, "kpi:startDate", "kpi:endDate", "time:hasXSDDuration"))
_UNIT = Frame(says=(*_NAME, "kpi:baseUnit", "kpi:factor", "kpi:minimum", "kpi:maximum"))
_ROW = Frame(
    says=("kpi:order", "kpi:part"), nested={"oa:hasSelector": Frame(says=("rdf:type", "rdf:value", "oa:exact"))}
)
_CODES = (
    "kpi:role", "kpi:aggregation", "kpi:aggregationBasis", "kpi:valueForm", "kpi:comparator", "kpi:intent",
    "kpi:precision", "kpi:ambiguity", "kpi:unresolvedReason", "kpi:status", "kpi:reason", "kpi:desiredDirection",
    "kpi:directionBasis", "kpi:method", "kpi:reasonCode",
)  # fmt: skip
_READING: dict[str, Frame] = {
    **dict.fromkeys((*_CODES, "kpi:edition"), LABEL),
    "kpi:unit": _UNIT,
    "sd:refPeriod": _PERIOD,
    "kpi:relativeToPeriod": _PERIOD,
}
_SOURCED: dict[str, Frame] = {**_READING, "prov:wasDerivedFrom": _ROW}
_CORRECTION = Frame(nested={**_READING, "prov:used": _ROW})
_STATEMENT = Frame(
    nested={**_SOURCED, "prov:wasRevisionOf": Frame(nested=_SOURCED), "prov:wasGeneratedBy": _CORRECTION},
    backwards={
        "resolvedAs": Backwards("kpi:resolves", "kpi:ResolvedTarget", Frame(nested=_READING)),
        "correctedBy": Backwards("kpi:corrects", "kpi:Correction", _CORRECTION),
    },
)
_DIRECTION_ABOVE = Frame(says=_NAME, nested={"skos:broader": LABEL})
_MEASURE_ABOVE = Frame(says=_NAME, nested={"skos:broader": _DIRECTION_ABOVE})
_LISTING = Frame(
    nested={
        **dict.fromkeys(("kpi:edition", "kpi:department"), LABEL),
        "kpi:underMeasure": _MEASURE_ABOVE,
        "kpi:placement": Frame(says=("skos:notation", "kpi:statedLabel")),
        "prov:wasDerivedFrom": _ROW,
    }
)
_PLACED = {
    "placedAs": Backwards(
        "kpi:places",
        "kpi:Placement",
        Frame(says=("skos:notation", "kpi:relistMarker", "kpi:statedLabel"), nested={"kpi:edition": LABEL}),
    )
}


def _placement(below: Frame | None = None) -> Frame:
    """Return how a place in the plan of an edition is described, with the places below it and what is listed there."""
    listed = Frame(says=("kpi:order", "kpi:relisted"), nested={"kpi:indicator": LABEL})
    backwards = {"listed": Backwards("kpi:placement", "kpi:Listing", listed)}
    if below is not None:
        backwards["contains"] = Backwards("kpi:under", "kpi:Placement", below)
    return Frame(
        says=("skos:notation", "kpi:order", "kpi:relistMarker"), nested={"kpi:places": LABEL}, backwards=backwards
    )


# By class, the first that a thing has. What has none of them is described with the labels of what it refers to.
FRAMES: dict[str, Frame] = {
    "kpi:Indicator": Frame(
        otherwise=LABEL,
        backwards={
            "listings": Backwards("kpi:indicator", "kpi:Listing", _LISTING),
            "baselines": Backwards("kpi:indicator", "kpi:Baseline", _STATEMENT),
            "actuals": Backwards("kpi:indicator", "kpi:Actual", _STATEMENT),
            "targets": Backwards("kpi:indicator", "kpi:Target", _STATEMENT),
            "assessments": Backwards("kpi:indicator", "kpi:Assessment", Frame(nested=_READING)),
            "conflicts": Backwards("kpi:indicator", "kpi:Conflict", Frame()),
        },
    ),
    "kpi:Municipality": Frame(
        otherwise=LABEL,
        backwards={
            "strategies": Backwards(
                "dct:publisher",
                "kpi:Strategy",
                Frame(says=_NAME, backwards={"editions": Backwards("dct:isVersionOf", "kpi:Edition", LABEL)}),
            ),
            "departments": Backwards("org:unitOf", "org:OrganizationalUnit", LABEL),
            "goals": Backwards("kpi:municipality", "kpi:Goal", LABEL),
            "indicators": Backwards("kpi:municipality", "kpi:Indicator", LABEL),
        },
    ),
    "kpi:Strategy": Frame(
        otherwise=LABEL,
        backwards={"editions": Backwards("dct:isVersionOf", "kpi:Edition", Frame(otherwise=LABEL))},
    ),
    "kpi:Edition": Frame(
        otherwise=LABEL,
        backwards={
            "parts": Backwards("dct:isPartOf", "kpi:SourceFile", Frame(nested={"spdx:checksum": Frame()})),
            # Under the edition itself only what stands under nothing, the goals; the rest is below them.
            "plan": Backwards("kpi:edition", "kpi:Placement", _placement(_placement(_placement())), unless="kpi:under"),
        },
    ),
    "kpi:Goal": Frame(
        nested={"kpi:hasDirection": Frame(says=_NAME, nested={"kpi:hasMeasure": LABEL})},
        otherwise=LABEL,
        backwards=_PLACED,
    ),
    "kpi:BasicDirection": Frame(otherwise=LABEL, backwards=_PLACED),
    "kpi:Measure": Frame(
        nested={"skos:broader": _DIRECTION_ABOVE},
        otherwise=LABEL,
        backwards={
            **_PLACED,
            "lists": Backwards(
                "kpi:underMeasure",
                "kpi:Listing",
                Frame(
                    says=("kpi:order", "kpi:relisted"),
                    nested=dict.fromkeys(("kpi:indicator", "kpi:department", "kpi:edition"), LABEL),
                ),
            ),
        },
    ),
    "org:OrganizationalUnit": Frame(
        otherwise=LABEL, backwards={"responsibleFor": Backwards("kpi:department", "kpi:Indicator", LABEL)}
    ),
    "kpi:Statement": Frame(
        nested=_STATEMENT.nested,
        otherwise=LABEL,
        backwards={
            **_STATEMENT.backwards,
            "contradictedBy": Backwards("kpi:conflicting", "kpi:Conflict", Frame(says=("kpi:conflicting",))),
        },
    ),
    "kpi:Listing": Frame(nested=_LISTING.nested, otherwise=LABEL),
    "kpi:Assessment": Frame(
        nested={**_READING, **dict.fromkeys(("kpi:ofBaseline", "kpi:ofActual", "kpi:ofTarget"), _STATEMENT)},
        otherwise=LABEL,
    ),
    "kpi:SourceRow": Frame(nested={"oa:hasSelector": Frame()}, otherwise=LABEL),
}


def framed(store: Store, iri: str) -> jsonld.Node | None:
    """Return what the publication says of the thing `iri` as one document, None if it says nothing.

    Things of an edition that is no longer a default graph are looked for in all graphs.

    Raises:
        ValueError: if `iri` is no IRI.
        UsageError: if the store cannot be read.
    """
    subject = NamedNode(iri)
    quads = store.quads(iri)
    if not quads:
        return None
    everywhere = not any(graph_iri(q) in store.default_graphs for q in quads)
    document = _Document(store, everywhere=everywhere)
    classes = {q.object.value for q in quads if q.predicate.value == _TYPE and isinstance(q.object, NamedNode)}
    frame = next((f for name, f in FRAMES.items() if expand(name) in classes), Frame(otherwise=LABEL))
    node = document.describe(subject, frame) or {}
    return {"@context": document.writer.context(), **node}


class _Document:
    """One document while it is being written."""

    def __init__(self, store: Store, *, everywhere: bool) -> None:
        self._store = store
        self._everywhere = everywhere
        self._facts: dict[str, list[Triple]] = {}
        self._described: set[tuple[str, int]] = set()
        self.writer = jsonld.Writer()

    def describe(self, thing: NamedNode, frame: Frame) -> jsonld.Node | None:
        """Return the node of `thing`, None where a reference is enough.

        That is where nothing is said of it, or where it stands in the document already, in the same frame. Labels and
        the like are repeated: a reader should not have to look them up.
        """
        if not frame.is_flat:
            if (thing.value, id(frame)) in self._described:
                return None
            self._described.add((thing.value, id(frame)))
        nested = {expand(name): f for name, f in frame.nested.items()}
        said = None if frame.says is None else {expand(name) for name in frame.says} | nested.keys()
        facts = [t for t in self._facts_of(thing) if said is None or t.predicate.value in said]
        facts.sort(key=lambda t: t.predicate.value.startswith(_PROVENANCE))  # what it is first, whence it comes last

        def below(predicate: str, value: NamedNode) -> jsonld.Node | None:
            within = nested.get(predicate, frame.otherwise)
            return None if within is None or predicate == _TYPE else self.describe(value, within)

        node = self.writer.node(thing, facts, below)
        for word, backwards in frame.backwards.items():
            if found := self._referring(thing, backwards):
                self.writer.used.add(word)
                node[word] = [self.describe(s, backwards.frame) or {"id": self.writer.reference(s)} for s in found]
        return node if len(node) > 1 else None

    def _facts_of(self, thing: NamedNode) -> list[Triple]:
        if thing.value not in self._facts:
            self._facts[thing.value] = self._store.describe(thing.value)
        return self._facts[thing.value]

    def _referring(self, thing: NamedNode, backwards: Backwards) -> list[NamedNode]:
        query = f"SELECT DISTINCT ?s {{ ?s {backwards.property} {thing} ; a {backwards.type} }}"
        rows = self._store.select(query, everywhere=self._everywhere)
        found = [s for row in rows if isinstance(s := row["s"], NamedNode)]
        if backwards.unless:
            unless = expand(backwards.unless)
            found = [s for s in found if not any(t.predicate.value == unless for t in self._facts_of(s))]
        return sorted(found, key=lambda s: (self._order(s), natural(s.value), s.value))

    def _order(self, thing: NamedNode) -> int:
        orders = (t.object for t in self._facts_of(thing) if t.predicate.value == _ORDER)
        return next((int(o.value) for o in orders if isinstance(o, Literal)), 0)
