"""The vocabulary agrees with itself, with vocab.py, with the enumerations of the model and with the JSON-LD context."""

import json
import re
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
from rdflib import OWL, BNode, Graph, Literal, URIRef
from rdflib.compare import to_isomorphic

from kpigraph import iris, model
from kpigraph.config import resource_dir
from kpigraph.ontology import load_axioms, load_vocabulary, vocabulary_files
from kpigraph.prefixes import CODE, NS, PREFIXES
from kpigraph.vocab import DCTERMS, KPI, ORG, PROV, QB, RDF, RDFS, SA, SD, SKOS, SM, TIME, XSD

ONTOLOGY = URIRef(NS.removesuffix("#"))
FOLDER = resource_dir("ontology")
TERMS = sorted(name for name in KPI.__annotations__ if not name.startswith("_"))
CLASSES = [name for name in TERMS if name[0].isupper()]
PROPERTIES = [name for name in TERMS if name[0].islower() and name not in ("dsd", "dantaiCode")]
EXAMPLES = sorted((FOLDER / "examples").glob("*.ttl"))
TERM_STATUS = URIRef("http://www.w3.org/2003/06/sw-vocab-status/ns#term_status")
DOMAIN_INCLUDES = URIRef("https://schema.org/domainIncludes")

# The scheme of each enumeration of model/kinds.py, and the schemes that no enumeration stands behind.
SCHEMES = {
    model.Role: "role",
    model.Aggregation: "aggregation",
    model.Calendar: "calendar",
    model.Precision: "precision",
    model.Basis: "basis",
    model.ValueForm: "value-form",
    model.Comparator: "comparator",
    model.Intent: "intent",
    model.Direction: "direction",
    model.UnitKind: "unit-kind",
    model.PeriodKind: "period-kind",
    model.Status: "status",
    model.Reason: "reason",
    model.Apart: "apart",
    model.MissingReason: "missing-reason",
    model.CorrectionStatus: "correction-status",
    model.CorrectionCause: "correction-cause",
}
QUALITY = (
    "cells-held", "cells-read", "cells-unread", "corrections-accepted", "corrections-proposed", "corrections-rejected",
    "reading-warnings", "shape-violations", "shape-warnings", "share-assessable", "share-numeric",
)  # fmt: skip
OTHER_CONCEPTS = {
    "ambiguity": {"ambiguity-ratio-or-points"},
    "method": {"method-progress-v1"},
    "quality": {f"quality-{metric}" for metric in QUALITY},
}
ALL_SCHEMES = sorted([*SCHEMES.values(), *OTHER_CONCEPTS])


@pytest.fixture(scope="module")
def ontology() -> Graph:
    return Graph().parse(FOLDER / "kpi.ttl")


@pytest.fixture(scope="module")
def vocabulary() -> Graph:
    return load_vocabulary()


def test_the_axioms_read_alone_are_those_of_the_vocabulary(vocabulary: Graph) -> None:
    assert {*load_axioms()} == {*vocabulary.triples((None, RDFS.subClassOf, None))}


def languages(graph: Graph, term: URIRef, predicate: URIRef) -> Counter[str | None]:
    return Counter(o.language for o in graph.objects(term, predicate) if isinstance(o, Literal) and o.strip())


# ---- the terms


def test_kpi_ttl_and_vocab_py_hold_the_same_terms(ontology: Graph) -> None:
    declared = {str(s).removeprefix(NS) for s in ontology.subjects(RDF.type) if str(s).startswith(NS)}
    assert declared == set(TERMS)


def test_every_mention_of_a_term_is_of_a_declared_one(vocabulary: Graph) -> None:
    mentioned = {str(n) for triple in vocabulary for n in triple if isinstance(n, URIRef) and str(n).startswith(NS)}
    assert {m.removeprefix(NS) for m in mentioned} == set(TERMS)


@pytest.mark.parametrize("name", TERMS)
def test_a_term_is_described_in_both_languages(ontology: Graph, name: str) -> None:
    term = KPI[name]
    assert languages(ontology, term, RDFS.label) == {"ja": 1, "en": 1}
    assert languages(ontology, term, SKOS.definition) == {"ja": 1, "en": 1}
    assert set(ontology.objects(term, RDFS.isDefinedBy)) == {ONTOLOGY}
    assert len(set(ontology.objects(term, TERM_STATUS))) == 1
    if name != "dantaiCode":  # its example is one of its values
        assert languages(ontology, term, SKOS.example) == {"ja": 1, "en": 1}


@pytest.mark.parametrize("name", PROPERTIES)
def test_a_property_has_a_domain_and_range_or_says_why_not(ontology: Graph, name: str) -> None:
    term = KPI[name]
    kinds = set(ontology.objects(term, RDF.type)) & {OWL.ObjectProperty, OWL.DatatypeProperty}
    assert len(kinds) == 1
    domains, ranges = set(ontology.objects(term, RDFS.domain)), set(ontology.objects(term, RDFS.range))
    assert len(domains) <= 1
    assert len(ranges) <= 1
    reasons = 2 - len(domains) - len(ranges)
    assert languages(ontology, term, RDFS.comment) == (Counter(ja=reasons, en=reasons) if reasons else Counter())
    used_on = set(ontology.objects(term, DOMAIN_INCLUDES))
    assert bool(used_on) != bool(domains)
    assert used_on | domains <= {KPI[c] for c in CLASSES}
    is_data = {str(r).startswith((str(XSD), str(RDF))) for r in ranges}
    assert is_data <= {OWL.DatatypeProperty in kinds}


def test_every_class_is_an_owl_class_and_no_class_is_below_a_disjoint_one(ontology: Graph) -> None:
    assert all((KPI[name], RDF.type, OWL.Class) in ontology for name in CLASSES)
    for one, other in ontology.subject_objects(OWL.disjointWith):
        above_one = set(ontology.transitive_objects(one, RDFS.subClassOf))
        above_other = set(ontology.transitive_objects(other, RDFS.subClassOf))
        assert other not in above_one
        assert one not in above_other
        below = set(ontology.transitive_subjects(RDFS.subClassOf, one))
        assert not below & set(ontology.transitive_subjects(RDFS.subClassOf, other))


def test_the_ontology_says_what_it_is(ontology: Graph) -> None:
    version = str(ontology.value(ONTOLOGY, OWL.versionInfo))
    assert ontology.value(ONTOLOGY, OWL.versionIRI) == URIRef(f"{ONTOLOGY}/{version}")
    for predicate in (DCTERMS.title, DCTERMS.description):
        assert languages(ontology, ONTOLOGY, predicate) == {"ja": 1, "en": 1}
    assert ontology.value(ONTOLOGY, DCTERMS.license) == URIRef("https://creativecommons.org/licenses/by/4.0/")
    assert languages(ontology, ontology.value(ONTOLOGY, DCTERMS.creator), RDFS.label) == {"ja": 1, "en": 1}
    vann = "http://purl.org/vocab/vann/preferredNamespace"
    assert ontology.value(ONTOLOGY, URIRef(vann + "Prefix")) == Literal("kpi")
    assert ontology.value(ONTOLOGY, URIRef(vann + "Uri")) == Literal(NS)
    # The changelog has this version in both languages, with the day on which the ontology was last changed.
    changes = {str(o) for o in ontology.objects(ONTOLOGY, SKOS.changeNote)}
    modified = ontology.value(ONTOLOGY, DCTERMS.modified)
    assert len([c for c in changes if c.startswith(version) and str(modified) in c]) == 2


def test_the_japanese_fiscal_year_is_explained(ontology: Graph, vocabulary: Graph) -> None:
    for term, predicate in ((ONTOLOGY, SKOS.note), (KPI.Period, SKOS.definition)):
        for text in ontology.objects(term, predicate):
            assert re.search("4月1日|1 April", str(text))
            assert re.search("3月31日|31 March", str(text))
    assert languages(ontology, ONTOLOGY, SKOS.note) == {"ja": 1, "en": 1}
    assert languages(vocabulary, URIRef(CODE + "calendar-jfy"), SKOS.scopeNote) == {"ja": 1, "en": 1}


def test_the_municipality_code_pattern_keeps_leading_zeros(ontology: Graph) -> None:
    (pattern,) = ontology.objects(None, XSD.pattern)
    assert re.fullmatch(str(pattern), "012068")
    assert not re.fullmatch(str(pattern), "12068")
    assert not re.fullmatch(str(pattern), "482068")


# ---- the files


@pytest.mark.parametrize("path", [*vocabulary_files(), *EXAMPLES], ids=lambda p: f"{p.parent.name}/{p.name}")
def test_no_file_has_blank_nodes_but_for_the_datatype(path: Path) -> None:
    blanks = {n for n in Graph().parse(path).all_nodes() if isinstance(n, BNode)}
    assert len(blanks) == (3 if path.name == "kpi.ttl" else 0)  # the datatype, its facets, the pattern


def test_the_loaded_vocabulary_has_no_blank_node_and_nothing_is_lost(vocabulary: Graph) -> None:
    assert not [n for n in vocabulary.all_nodes() if isinstance(n, BNode)]
    merged = Graph()
    for path in vocabulary_files():
        merged.parse(path)
    assert len(vocabulary) == len(merged)


def test_alignments_speak_of_our_terms_and_only_of_foreign_ones_above_them(vocabulary: Graph) -> None:
    for path in sorted(FOLDER.glob("align-*.ttl")):
        graph = Graph().parse(path)
        assert languages(graph, graph.value(None, RDF.type, OWL.Ontology), DCTERMS.title) == {"ja": 1, "en": 1}
        for predicate in (RDFS.subClassOf, RDFS.subPropertyOf):
            for ours, theirs in graph.subject_objects(predicate):
                assert (str(ours).startswith(NS), str(theirs).startswith(NS)) == (True, False)


# ---- the code lists


def test_there_is_one_file_a_scheme() -> None:
    assert sorted(p.stem for p in (FOLDER / "codes").glob("*.ttl")) == ALL_SCHEMES


@pytest.mark.parametrize("kind", SCHEMES, ids=lambda k: k.__name__)
def test_a_code_list_has_exactly_the_members_of_its_enumeration(vocabulary: Graph, kind: type) -> None:
    concepts = set(vocabulary.subjects(SKOS.inScheme, URIRef(CODE + SCHEMES[kind])))
    assert concepts == {URIRef(iris.code(member)) for member in kind}
    for member in kind:
        concept = URIRef(iris.code(member))
        assert set(vocabulary.objects(concept, SKOS.notation)) == {Literal(member.value)}
        assert iris.code_value(str(concept)) == member.value


@pytest.mark.parametrize("scheme", OTHER_CONCEPTS)
def test_a_code_list_without_an_enumeration_has_the_concepts_in_use(vocabulary: Graph, scheme: str) -> None:
    concepts = set(vocabulary.subjects(SKOS.inScheme, URIRef(CODE + scheme)))
    assert concepts == {URIRef(CODE + name) for name in OTHER_CONCEPTS[scheme]}


@pytest.mark.parametrize("name", ALL_SCHEMES)
def test_a_code_list_is_sound_skos(vocabulary: Graph, name: str) -> None:
    scheme = URIRef(CODE + name)
    assert (scheme, RDF.type, SKOS.ConceptScheme) in vocabulary
    concepts = set(vocabulary.subjects(SKOS.inScheme, scheme))
    assert concepts
    assert set(vocabulary.objects(scheme, SKOS.hasTopConcept)) == concepts
    assert set(vocabulary.subjects(SKOS.topConceptOf, scheme)) == concepts
    for thing in (scheme, *concepts):
        assert languages(vocabulary, thing, SKOS.prefLabel) == {"ja": 1, "en": 1}
        assert languages(vocabulary, thing, SKOS.definition) == {"ja": 1, "en": 1}
    labels = Counter(label for c in concepts for label in vocabulary.objects(c, SKOS.prefLabel))
    assert max(labels.values()) == 1
    assert all((c, RDF.type, SKOS.Concept) in vocabulary for c in concepts)
    assert all(len(set(vocabulary.objects(c, SKOS.inScheme))) == 1 for c in concepts)


# ---- the cube


def test_the_structure_has_these_components(vocabulary: Graph) -> None:
    found = {
        (kind, prop): vocabulary.value(component, QB.componentRequired)
        for component in vocabulary.objects(KPI.dsd, QB.component)
        for kind, prop in vocabulary.predicate_objects(component)
        if kind in (QB.dimension, QB.measure, QB.attribute)
    }
    assert found == {
        **{(QB.dimension, p): None for p in (KPI.indicator, KPI.role, KPI.aggregation, SD.refArea, SD.refPeriod)},
        (QB.measure, SM.obsValue): None,
        **{(QB.attribute, p): Literal(True) for p in (SA.unitMeasure, SA.unitMult)},
        **{(QB.attribute, p): Literal(False) for p in (SA.obsStatus, SA.decimals, KPI.unit)},
    }


def test_components_are_typed_and_dimensions_have_a_range_and_coded_ones_a_list(vocabulary: Graph) -> None:
    """Source: the RDF Data Cube Vocabulary (2014), section 11.1, IC-4 and IC-5."""
    kinds = {QB.dimension: QB.DimensionProperty, QB.measure: QB.MeasureProperty, QB.attribute: QB.AttributeProperty}
    for predicate, kind in kinds.items():
        for prop in vocabulary.objects(None, predicate):
            assert (prop, RDF.type, kind) in vocabulary
    for dimension in vocabulary.subjects(RDF.type, QB.DimensionProperty):
        assert vocabulary.value(dimension, RDFS.range) is not None
    for prop in (KPI.role, KPI.aggregation):
        scheme = vocabulary.value(prop, QB.codeList)
        assert (scheme, RDF.type, SKOS.ConceptScheme) in vocabulary


# ---- the examples


def test_every_class_has_an_example_and_every_example_a_class() -> None:
    assert {p.stem for p in EXAMPLES} >= set(CLASSES)
    assert {p.stem.partition("-")[0] for p in EXAMPLES} == set(CLASSES)


def test_every_term_is_used_in_an_example() -> None:
    used = set()
    for path in EXAMPLES:
        for triple in Graph().parse(path):
            used |= {str(n.datatype if isinstance(n, Literal) else n) for n in triple}
    assert {str(KPI[name]) for name in TERMS} <= used


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_an_example_is_of_its_class_and_uses_declared_terms_only(vocabulary: Graph, path: Path) -> None:
    example = Graph().parse(path)
    assert (None, RDF.type, KPI[path.stem.partition("-")[0]]) in example
    known = {*vocabulary.subjects(), *example.subjects()}
    ours = {n for triple in example for n in triple if isinstance(n, URIRef) and str(n).startswith((NS, CODE))}
    assert ours <= known


# ---- the context


def context() -> dict[str, object]:
    loaded: dict[str, object] = json.loads((FOLDER / "context.jsonld").read_text(encoding="utf-8"))["@context"]
    return loaded


def forward(entries: dict[str, object]) -> dict[str, object]:
    """Return the words that stand for a term, without keywords and without those that read a property backwards."""
    return {k: v for k, v in entries.items() if not k.startswith("@") and not (isinstance(v, dict) and "@reverse" in v)}


def expanded(identifier: str) -> str:
    prefix, _, name = identifier.partition(":")
    return PREFIXES[prefix] + name


def test_the_context_has_our_prefixes_and_a_key_for_every_term() -> None:
    entries = context()
    assert {k: v for k, v in entries.items() if k in PREFIXES} == PREFIXES
    names = [value["@id"] if isinstance(value, dict) else value for value in forward(entries).values()]
    keys = {expanded(str(name)) for name in names if str(name).partition(":")[0] in PREFIXES}
    assert {str(KPI[name]) for name in (*CLASSES, *PROPERTIES)} <= keys


@pytest.mark.parametrize("name", PROPERTIES)
def test_the_context_types_a_property_as_the_ontology_does(ontology: Graph, name: str) -> None:
    (value,) = [
        v
        for v in forward(context()).values()
        if v == f"kpi:{name}" or (isinstance(v, dict) and v["@id"] == f"kpi:{name}")
    ]
    if isinstance(value, dict) and value.get("@container") == "@set":  # always a list, whatever the type
        value = {k: v for k, v in value.items() if k != "@container"}
    range_ = ontology.value(KPI[name], RDFS.range)
    if (KPI[name], RDF.type, OWL.ObjectProperty) in ontology:
        assert value == {"@id": f"kpi:{name}", "@type": "@id"}
    elif range_ == RDF.langString:
        assert value == {"@id": f"kpi:{name}", "@container": "@language"}
    elif range_ == XSD.string:
        assert value == f"kpi:{name}"
    else:
        assert isinstance(value, dict)
        assert expanded(str(value["@type"])) == str(range_)


def test_the_context_expands_plain_json_to_the_same_graph_as_turtle() -> None:
    data = {
        "@context": context(),
        "id": "https://w3id.org/kpigraph/id/lg/012068/doc/x/2016/st-p7q2-t",
        "type": ["Target", "Statement", "Observation"],
        "indicator": "https://w3id.org/kpigraph/id/lg/012068/kpi-p7q2",
        "role": "c:role-target",
        "statedValue": "120,000",
        "maintenance": True,
        "refArea": "sac:C01206",
        "obsValue": "120000",
        "decimals": 0,
        "hasUnit": {"id": "u:ton", "type": "Unit", "prefLabel": {"ja": "トン", "en": "tonne"}, "factor": "1"},
        "unitMeasure": "unit:TONNE",
    }
    turtle = """
        <https://w3id.org/kpigraph/id/lg/012068/doc/x/2016/st-p7q2-t> a kpi:Target, kpi:Statement, qb:Observation ;
            kpi:indicator <https://w3id.org/kpigraph/id/lg/012068/kpi-p7q2> ; kpi:role c:role-target ;
            kpi:statedValue "120,000" ; kpi:maintenance true ; sd:refArea sac:C01206 ;
            sm:obsValue "120000"^^xsd:decimal ; sa:decimals 0 ; kpi:unit u:ton ; sa:unitMeasure unit:TONNE .
        u:ton a kpi:Unit ; skos:prefLabel "トン"@ja, "tonne"@en ; kpi:factor "1"^^xsd:decimal ."""
    prefixes = "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in PREFIXES.items())
    expected = Graph().parse(data=prefixes + turtle, format="turtle")
    assert to_isomorphic(Graph().parse(data=json.dumps(data), format="json-ld")) == to_isomorphic(expected)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_an_example_survives_json_ld_with_the_context(path: Path) -> None:
    example = Graph().parse(path)
    text = example.serialize(format="json-ld", context=context(), auto_compact=False)
    assert to_isomorphic(Graph().parse(data=text, format="json-ld")) == to_isomorphic(example)
    compacted = json.loads(text)["@graph"] if "@graph" in json.loads(text) else [json.loads(text)]
    keys = {key for node in compacted for key in node}
    assert not {key for key in keys if key.startswith(("kpi:", "http"))}  # every key is a word of the context


def test_a_decimal_keeps_its_digits_in_json_ld() -> None:
    one = (KPI.dsd, SM.obsValue, Literal(Decimal("0.1")))
    graph = Graph()
    graph.add(one)
    again = Graph().parse(data=graph.serialize(format="json-ld", context=context()), format="json-ld")
    assert set(again) == {one}


def test_classes_of_other_vocabularies_stand_above_ours(vocabulary: Graph) -> None:
    for ours, theirs in (
        (KPI.Municipality, ORG.FormalOrganization),
        (KPI.Strategy, PROV.Plan),
        (KPI.Indicator, SKOS.Concept),
        (KPI.ResolvedTarget, QB.Observation),
        (KPI.Period, TIME.ProperInterval),
    ):
        assert (ours, RDFS.subClassOf, theirs) in vocabulary
    assert (KPI.Statement, RDFS.subClassOf, QB.Observation) not in vocabulary  # only with a number
