"""Concepts and their schemes are without the usual faults of SKOS: code lists, units, indicators and plan elements."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from rdflib import Graph, Literal, URIRef
from rdflib.term import Node

from kpigraph.config import resource_dir
from kpigraph.prefixes import PREFIXES
from kpigraph.vocab import KPI, RDF, SKOS

CODES = sorted((resource_dir("ontology") / "codes").glob("*.ttl"))
# One name, two departments, two indicators; a basic direction and its only measure of one name: the document has it so.
HOMONYMS = {Literal(name, "ja") for name in ("計画策定進捗率", "地域コミュニティの強化", "空家等対策の推進")}
MAPPINGS = (SKOS.broadMatch, SKOS.narrowMatch, SKOS.relatedMatch)
MADE_UP = """
    c:x a skos:ConceptScheme ; skos:prefLabel "図"@ja, "x"@en ; skos:hasTopConcept c:x-a .
    c:x-a a skos:Concept ; skos:inScheme c:x ; skos:topConceptOf c:x ;
        skos:prefLabel "甲"@ja, "a"@en ; skos:notation "a" .
    c:x-b a skos:Concept ; skos:inScheme c:x ; skos:broader c:x-a ; skos:prefLabel "乙"@ja, "b"@en ; skos:notation "b" .
    c:x-c a skos:Concept ; skos:inScheme c:x ; skos:broader c:x-b ; skos:prefLabel "丙"@ja, "c"@en ; skos:notation "c" .
"""


def skos_faults(graph: Graph, languages: tuple[str, ...] = ("ja",)) -> Iterator[tuple[str, Node]]:
    """Yield the faults of the concepts in `graph`, each with the concept or scheme at fault.

    `languages` are those in which every concept has exactly one preferred label. The letters and numbers are the
    integrity conditions of the SKOS Reference (2009).
    """
    schemes = set(graph.subjects(RDF.type, SKOS.ConceptScheme))
    concepts = set(graph.subjects(RDF.type, SKOS.Concept))
    yield from (("concept-and-scheme", c) for c in concepts & schemes)  # S9
    for thing in concepts | schemes:
        labels = [o for o in graph.objects(thing, SKOS.prefLabel) if isinstance(o, Literal)]
        tags = [label.language for label in labels]
        if any(tags.count(language) == 0 for language in languages) or not all(str(label).strip() for label in labels):
            yield "label-missing", thing
        if len(tags) != len(set(tags)):  # S14
            yield "label-twice", thing
        others = {*graph.objects(thing, SKOS.altLabel), *graph.objects(thing, SKOS.hiddenLabel)}
        if others & set(labels) or set(graph.objects(thing, SKOS.altLabel)) & set(
            graph.objects(thing, SKOS.hiddenLabel)
        ):
            yield "label-also-other", thing  # S13
    for concept in concepts:
        own = set(graph.objects(concept, SKOS.inScheme))
        above = set(graph.objects(concept, SKOS.broader)) | set(graph.subjects(SKOS.narrower, concept))
        top = set(graph.objects(concept, SKOS.topConceptOf))
        if not own:
            yield "scheme-missing", concept
        if own - schemes or top - own:
            yield "scheme-unknown", concept
        if not above and not top:
            yield "orphan", concept
        if any(set(graph.objects(a, SKOS.inScheme)) & top for a in above):
            yield "top-with-broader", concept
        if top != set(graph.subjects(SKOS.hasTopConcept, concept)):
            yield "top-one-way", concept
        if above - concepts:
            yield "broader-unknown", concept
        ancestors = {a for parent in above for a in graph.transitive_objects(parent, SKOS.broader)}
        if concept in ancestors:
            yield "cycle", concept
        related = set(graph.objects(concept, SKOS.related)) | set(graph.subjects(SKOS.related, concept))
        if related & ancestors or concept in related:  # S27
            yield "related-and-broader", concept
        exact = set(graph.objects(concept, SKOS.exactMatch))
        if exact & {o for p in MAPPINGS for o in graph.objects(concept, p)}:  # S46
            yield "exact-and-other-match", concept
    for scheme in schemes:
        members = set(graph.subjects(SKOS.inScheme, scheme)) & concepts
        if not set(graph.objects(scheme, SKOS.hasTopConcept)) & members:
            yield "top-missing", scheme
        for predicate in (SKOS.prefLabel, SKOS.notation):
            used = defaultdict(set)
            for concept in members:
                for value in graph.objects(concept, predicate):
                    used[value].add(concept)
            for value, users in used.items():
                if len(users) > 1 and value not in HOMONYMS:
                    yield "clash", scheme


def made_up(turtle: str) -> Graph:
    prefixes = "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in PREFIXES.items())
    return Graph().parse(data=prefixes + turtle, format="turtle")


@pytest.mark.parametrize("path", CODES, ids=lambda p: p.stem)
def test_a_code_list_has_no_fault(path: Path) -> None:
    graph = Graph().parse(path)
    assert len(set(graph.subjects(RDF.type, SKOS.Concept))) > 0
    assert sorted(skos_faults(graph, ("ja", "en"))) == []


@pytest.fixture(scope="module")
def published(publication: Path) -> Graph:
    return Graph().parse(publication / "current" / "kpigraph.ttl")


def test_the_real_publication_has_no_fault(published: Graph) -> None:
    for kind, count in ((KPI.Indicator, 75), (KPI.PlanElement, 82)):
        assert len(set(published.subjects(RDF.type, kind)) & set(published.subjects(RDF.type, SKOS.Concept))) == count
    assert sorted(skos_faults(published)) == []


def test_what_is_for_all_municipalities_is_in_both_languages(published: Graph) -> None:
    own = {URIRef(k) for k in (KPI.Indicator, KPI.PlanElement)}
    for concept in published.subjects(RDF.type, SKOS.Concept):
        if not set(published.objects(concept, RDF.type)) & own:
            tags = {o.language for o in published.objects(concept, SKOS.prefLabel) if isinstance(o, Literal)}
            assert tags == {"ja", "en"}, concept


def test_the_plan_is_one_tree_below_its_goals_and_the_indicators_a_list(published: Graph) -> None:
    tops = defaultdict(set)
    for concept, scheme in published.subject_objects(SKOS.topConceptOf):
        for kind in set(published.objects(concept, RDF.type)) & {KPI.Goal, KPI.Indicator, KPI.PlanElement}:
            tops[scheme].add(kind)
    strategy = "https://w3id.org/kpigraph/id/lg/012068/doc/sogo-senryaku-kpi"
    found = {s: kinds for s, kinds in tops.items() if str(s).startswith(strategy)}
    assert found == {
        URIRef(f"{strategy}/plan"): {KPI.Goal, KPI.PlanElement},
        URIRef(f"{strategy}/indicators"): {KPI.Indicator},
    }


def test_a_sound_scheme_has_no_fault() -> None:
    assert list(skos_faults(made_up(MADE_UP), ("ja", "en"))) == []


@pytest.mark.parametrize(
    ("was", "now", "fault"),
    [
        ('"乙"@ja, ', "", "label-missing"),
        ('"乙"@ja', '"  "@ja', "label-missing"),
        ('"図"@ja, ', "", "label-missing"),
        ('"b"@en', '"b"@en, "bee"@en', "label-twice"),
        ('"b"@en', '"b"@en ; skos:altLabel "b"@en', "label-also-other"),
        ('"b"@en', '"b"@en ; skos:altLabel "B"@en ; skos:hiddenLabel "B"@en', "label-also-other"),
        ('"乙"@ja', '"甲"@ja', "clash"),
        ('skos:notation "b"', 'skos:notation "a"', "clash"),
        ("c:x-b a skos:Concept ; skos:inScheme c:x", "c:x-b a skos:Concept", "scheme-missing"),
        ("c:x-b a skos:Concept ; skos:inScheme c:x", "c:x-b a skos:Concept ; skos:inScheme c:y", "scheme-unknown"),
        ("skos:broader c:x-b ; ", "", "orphan"),
        ("skos:topConceptOf c:x ;\n", "", "orphan"),
        (" ; skos:hasTopConcept c:x-a", "", "top-missing"),
        (" ; skos:hasTopConcept c:x-a", "", "top-one-way"),
        ("skos:topConceptOf c:x ;", "skos:topConceptOf c:x ; skos:broader c:x-c ;", "cycle"),
        ("skos:topConceptOf c:x ;", "skos:topConceptOf c:x ; skos:broader c:x-c ;", "top-with-broader"),
        ("skos:broader c:x-b ;", "skos:broader c:x-b, c:x-c ;", "cycle"),
        ("skos:broader c:x-b ;", "skos:broader c:x-b, c:nothing ;", "broader-unknown"),
        ("skos:broader c:x-b ;", "skos:broader c:x-b ; skos:related c:x-a ;", "related-and-broader"),
        ('notation "c"', 'notation "c" ; skos:exactMatch c:z ; skos:broadMatch c:z', "exact-and-other-match"),
        ("c:x-b a skos:Concept", "c:x-b a skos:Concept, skos:ConceptScheme", "concept-and-scheme"),
    ],
)  # fmt: skip
def test_a_fault_is_seen(was: str, now: str, fault: str) -> None:
    assert MADE_UP.count(was) == 1
    assert fault in {name for name, _ in skos_faults(made_up(MADE_UP.replace(was, now)), ("ja", "en"))}
