"""The ontology keeps to OWL 2 DL, as far as a program can tell by reading it, and no example contradicts it."""

from collections.abc import Iterator
from pathlib import Path

import owlrl
import pyoxigraph as ox
import pytest
from rdflib import OWL, BNode, Graph, Literal, URIRef
from rdflib.term import Node

from kpigraph.config import resource_dir
from kpigraph.ontology import load_vocabulary, vocabulary_files
from kpigraph.prefixes import NS, PREFIXES
from kpigraph.vocab import KPI, RDF, RDFS, SKOS, XSD

EXAMPLES = sorted((resource_dir("ontology") / "examples").glob("*.ttl"))
ONTOLOGY_FILES = [path for path in vocabulary_files() if path.parent.name != "codes"]

PROPERTY_KINDS = {OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty}
RESERVED = (str(OWL), str(RDF), str(RDFS), str(XSD))
# The built-in terms that the files may use, by what they are used as. Source: OWL 2 Structural Specification (2012),
# sections 2.4, 4 and 5.5; OWL 2 Mapping to RDF Graphs, tables 1 and 16.
ANNOTATIONS = {RDFS.label, RDFS.comment, RDFS.seeAlso, RDFS.isDefinedBy, OWL.versionInfo, OWL.deprecated}
AXIOMS = {
    RDF.type, RDFS.subClassOf, RDFS.subPropertyOf, RDFS.domain, RDFS.range, OWL.disjointWith, OWL.versionIRI,
    OWL.imports, OWL.equivalentClass, OWL.onDatatype, OWL.withRestrictions, RDF.first, RDF.rest, XSD.pattern,
}  # fmt: skip
DECLARATIONS = {
    OWL.Class, RDFS.Datatype, OWL.NamedIndividual, OWL.Ontology, OWL.FunctionalProperty, *PROPERTY_KINDS,
}  # fmt: skip
DATATYPES = {XSD.string, XSD.boolean, XSD.decimal, XSD.integer, RDFS.Literal}
# Not in the datatype map of OWL 2, yet what the data has: a day, as OWL-Time has it, and a text with its language.
# A reasoner treats such a range as a datatype that it knows nothing of; the shapes check the values.
OTHER_DATATYPES = {XSD.date: {KPI.startDate, KPI.endDate}, RDF.langString: {KPI.evidence, KPI.prefectureName}}


def is_reserved(term: Node) -> bool:
    return str(term).startswith(RESERVED)


def profile_faults(graph: Graph) -> Iterator[str]:
    """Yield what keeps `graph` from being OWL 2 DL; what it takes a reasoner to see is left out."""
    kinds: dict[Node, set[Node]] = {}
    for s, kind in graph.subject_objects(RDF.type):
        kinds.setdefault(s, set()).add(kind)

    def is_class(term: Node) -> bool:
        return term == OWL.Thing or OWL.Class in kinds.get(term, set())

    def is_datatype(term: Node) -> bool:
        return term in DATATYPES | set(OTHER_DATATYPES) or RDFS.Datatype in kinds.get(term, set())

    for s, found in kinds.items():
        if len(found & PROPERTY_KINDS) > 1 or {OWL.Class, RDFS.Datatype} <= found:
            yield f"two kinds: {s}"
        if is_reserved(s):
            yield f"reserved: {s}"
        if OWL.FunctionalProperty in found and not found & {OWL.ObjectProperty, OWL.DatatypeProperty}:
            yield f"functional: {s}"
        for kind in found - DECLARATIONS:
            if not is_class(kind):
                yield f"class not declared: {kind}"
    for s, p, o in graph:
        if p in AXIOMS or p in ANNOTATIONS:
            continue
        declared = kinds.get(p, set()) & PROPERTY_KINDS
        if is_reserved(p) or not declared:
            yield f"property not declared: {p}"
        elif (OWL.ObjectProperty in declared) if isinstance(o, Literal) else (OWL.DatatypeProperty in declared):
            yield f"literal or not: {s} {p}"
    for predicate in (RDFS.subClassOf, OWL.disjointWith):
        for s, o in graph.subject_objects(predicate):
            yield from (f"class not declared: {term}" for term in (s, o) if not is_class(term))
    for s, o in graph.subject_objects(RDFS.subPropertyOf):
        if kinds.get(s, set()) & PROPERTY_KINDS != kinds.get(o, set()) & PROPERTY_KINDS:
            yield f"sub-property of another kind: {s}"
    for o in graph.objects(None, RDFS.domain):
        if not is_class(o):
            yield f"class not declared: {o}"
    for s, o in graph.subject_objects(RDFS.range):
        if not (is_class(o) if OWL.ObjectProperty in kinds.get(s, set()) else is_datatype(o)):
            yield f"range: {s}"
        if s not in OTHER_DATATYPES.get(o, {s}):
            yield f"datatype: {s}"
    for predicate in (RDFS.subClassOf, RDFS.subPropertyOf):
        for s in set(graph.subjects(predicate)):
            if s in {o for parent in graph.objects(s, predicate) for o in graph.transitive_objects(parent, predicate)}:
                yield f"cycle: {s}"
    datatypes = {b for b in graph.subjects(RDF.type, RDFS.Datatype) if isinstance(b, BNode)}
    if {b for b in graph.objects(None, OWL.equivalentClass) if isinstance(b, BNode)} != datatypes:
        yield "blank node: not of a datatype"


@pytest.fixture(scope="module")
def ontology() -> Graph:
    merged = Graph()
    for path in ONTOLOGY_FILES:
        merged.parse(path)
    return merged


def changed(graph: Graph, turtle: str) -> Graph:
    """Return a copy of `graph` with `turtle` besides."""
    prefixes = (
        "".join(f"@prefix {p}: <{iri}> .\n" for p, iri in PREFIXES.items()) + "@prefix ex: <https://e.example/> .\n"
    )
    copy = Graph()
    for triple in graph:
        copy.add(triple)
    return copy.parse(data=prefixes + turtle, format="turtle")


# ---- the profile


def test_the_ontology_with_its_alignments_is_owl_2_dl(ontology: Graph) -> None:
    assert sorted(set(profile_faults(ontology))) == []


@pytest.mark.parametrize("path", ONTOLOGY_FILES[1:], ids=lambda p: p.stem)
def test_an_alignment_declares_what_it_speaks_of(path: Path) -> None:
    """Each file can be read with kpi.ttl alone."""
    merged = Graph().parse(ONTOLOGY_FILES[0])
    assert sorted(set(profile_faults(merged.parse(path)))) == []


@pytest.mark.parametrize(
    ("turtle", "fault"),
    [
        ("kpi:unit a owl:DatatypeProperty .", f"two kinds: {KPI.unit}"),
        ("kpi:Goal a rdfs:Datatype .", f"two kinds: {KPI.Goal}"),
        ("kpi:dsd skos:broader kpi:dsd .", f"property not declared: {SKOS.broader}"),
        ("kpi:Goal rdfs:subClassOf ex:Unknown .", "class not declared: https://e.example/Unknown"),
        ("kpi:dsd a ex:Unknown .", "class not declared: https://e.example/Unknown"),
        ("kpi:order rdfs:domain ex:Unknown .", "class not declared: https://e.example/Unknown"),
        ("kpi:PlanElement rdfs:subClassOf kpi:Goal .", f"cycle: {KPI.Goal}"),
        ("kpi:Goal rdfs:subClassOf kpi:Goal .", f"cycle: {KPI.Goal}"),
        ("rdfs:Resource a owl:Class .", f"reserved: {RDFS.Resource}"),
        ("sd:refArea rdfs:range rdfs:Resource .", "range: http://purl.org/linked-data/sdmx/2009/dimension#refArea"),
        ("kpi:unit rdfs:range xsd:string .", f"range: {KPI.unit}"),
        ("kpi:order rdfs:range kpi:Goal .", f"range: {KPI.order}"),
        ("kpi:factor rdfs:range xsd:date .", f"datatype: {KPI.factor}"),
        ("kpi:dsd kpi:unit 'a literal' .", f"literal or not: {KPI.dsd} {KPI.unit}"),
        ("kpi:dsd kpi:factor kpi:dsd .", f"literal or not: {KPI.dsd} {KPI.factor}"),
        ("kpi:factor rdfs:subPropertyOf kpi:unit .", f"sub-property of another kind: {KPI.factor}"),
        ("skos:note a owl:FunctionalProperty .", f"functional: {SKOS.note}"),
        ("kpi:Goal owl:equivalentClass [ a owl:Class ] .", "blank node: not of a datatype"),
    ],
)
def test_a_fault_of_the_profile_is_seen(ontology: Graph, turtle: str, fault: str) -> None:
    assert fault in set(profile_faults(changed(ontology, turtle)))


# ---- no contradiction


def contradictions(graph: Graph) -> list[str]:
    """Return what the rules of OWL 2 RL find contradictory in `graph`, with the vocabulary as its ontology.

    Texts and notes contradict nothing and are left out: the rules multiply what they are given.
    """
    copy = Graph()
    for s, p, o in load_vocabulary():
        if p in AXIOMS:
            copy.add((s, p, o))
    for triple in graph:
        if not str(triple[1]).startswith((str(SKOS), str(RDFS.label))):
            copy.add(triple)
    owlrl.DeductiveClosure(owlrl.OWLRL_Semantics).expand(copy)
    return sorted(str(o) for p, o in copy.predicate_objects() if str(p).endswith("error"))


@pytest.fixture(scope="module")
def examples() -> Graph:
    merged = Graph()
    for path in EXAMPLES:
        merged.parse(path)
    return merged


def test_the_examples_together_contradict_nothing(examples: Graph) -> None:
    assert contradictions(examples) == []


@pytest.mark.parametrize(
    "turtle",
    [
        "ex:thing a kpi:Goal, kpi:Measure .",
        "ex:statement kpi:indicator ex:ton . ex:ton kpi:factor 1.0 .",
        "ex:thing kpi:realizes ex:own . ex:own kpi:desiredDirection c:dir-increase ; a kpi:Indicator .",
        "ex:thing kpi:resolves ex:target . ex:thing kpi:valueForm c:form-absolute .",
        "ex:thing kpi:unit ex:a, ex:b . ex:a owl:differentFrom ex:b .",
        "ex:thing kpi:order 'first'^^xsd:integer .",
    ],
)
def test_a_contradiction_is_seen(turtle: str) -> None:
    assert contradictions(changed(Graph(), turtle))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_a_functional_property_has_one_value_in_an_example(ontology: Graph, path: Path) -> None:
    """The rules above equate two values of a functional property, they do not refuse two literals."""
    example = Graph().parse(path)
    for term in ontology.subjects(RDF.type, OWL.FunctionalProperty):
        assert all(len(set(example.objects(s, term))) == 1 for s in set(example.subjects(term))), term


# ---- the data


def test_every_term_of_the_real_publication_is_in_the_ontology(ontology: Graph, publication: Path) -> None:
    """As class, property, individual or datatype; realizes and Mapping wait for reviewed matches.

    What only other documents have is in the golden graphs of tests/documents.
    """
    used = set()
    for quad in ox.parse(path=publication / "current" / "kpigraph.nq", format=ox.RdfFormat.N_QUADS):
        if quad.graph_name != ox.NamedNode("https://w3id.org/kpigraph/graph/vocab"):
            terms = (quad.subject, quad.predicate, quad.object)
            used |= {t.datatype.value if isinstance(t, ox.Literal) else t.value for t in terms}
    ours = {URIRef(term) for term in used if term.startswith(NS)}
    declared = {s for s in ontology.subjects(RDF.type) if str(s).startswith(NS)}
    assert ours <= declared
    assert {KPI.Statement, KPI.indicator, KPI.dsd, KPI.dantaiCode} <= ours
    unused = {str(term).removeprefix(NS) for term in declared - ours}
    stated_elsewhere = {
        "minimumValue", "maximumValue", "numerator", "denominator", "formerStatedValue", "formerValue", "revisedIn",
        "due", "missingReason", "ratioValue",
    }  # fmt: skip
    unused -= stated_elsewhere
    in_no_such_document = {"Conflict", "conflicting", "absoluteChange", "SelfAssessment", "statedRating", "remark"}
    assert unused - {"part"} == {*in_no_such_document, "realizes", "Mapping"}, unused
