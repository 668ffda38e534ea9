"""What holds now is stated outright, only for newest editions, and agrees with what it follows from."""

from pathlib import Path

import pytest
from conftest import Kushiro, as_graph
from rdflib import URIRef

from kpigraph import graph
from kpigraph.iris import DataIris
from kpigraph.registry import Entry, Registry
from kpigraph.releases import current_release
from kpigraph.store import Store, open_store, text
from kpigraph.vocab import KPI

BASE = DataIris("https://w3id.org/kpigraph/")


def test_the_real_document_says_what_holds_now(kushiro: Kushiro) -> None:
    stated = as_graph(graph.current_triples(kushiro.edition, kushiro.derivation, BASE))
    assert len(set(stated.subjects(KPI.currentAssessment))) == len(kushiro.derivation.assessments)
    indicator = URIRef(BASE.concept("012068", "kpi", kushiro.indicator("釧路港年間水揚量")))
    whole = as_graph(stated, *kushiro.layers.values())
    actual, target = whole.value(indicator, KPI.latestActual), whole.value(indicator, KPI.numericTarget)
    assert str(whole.value(actual, KPI.statedValue)) == "114,977"
    assert str(whole.value(target, KPI.statedValue)) == "120,000"
    for s, target in stated.subject_objects(KPI.numericTarget):  # a relative target is what it comes to
        assert whole.value(target, KPI.baseValue) is not None
        assert whole.value(target, KPI.indicator) == s
    airport = URIRef(BASE.concept("012068", "kpi", kushiro.indicator("釧路空港乗降客数")))
    assert len(set(stated.objects(airport, KPI.inGoal))) > 1  # listed in several goals
    assert len({s for s in stated.subjects(KPI.inStrategy) if "/kpi-" in s}) == len(kushiro.edition.indicators)


@pytest.fixture(scope="module")
def store(two_editions: Path) -> Store:
    release = current_release(two_editions / "public")
    assert release is not None
    return open_store(release.store, release.default_graphs)


def test_it_is_the_same_as_what_a_search_through_the_newest_edition_finds(store: Store) -> None:
    searched = {
        (text(r, "i"), text(r, "g"))
        for r in store.select(
            "SELECT ?i ?g { ?l kpi:indicator ?i ; kpi:underMeasure/skos:broader+ ?g . ?g a kpi:Goal }"
        )
    }
    stated = {(text(r, "i"), text(r, "g")) for r in store.select("SELECT ?i ?g { ?i a kpi:Indicator ; kpi:inGoal ?g }")}
    assert stated == searched
    judged = {
        (text(r, "i"), text(r, "a")) for r in store.select("SELECT ?i ?a { ?a a kpi:Assessment ; kpi:indicator ?i }")
    }
    assert judged == {
        (text(r, "i"), text(r, "a")) for r in store.select("SELECT ?i ?a { ?i kpi:currentAssessment ?a }")
    }
    assert len({i for i, _ in judged}) == len(judged) > 70  # one an indicator, though there are two editions


def test_only_the_newest_edition_says_what_is_latest(store: Store) -> None:
    found = [text(r, "a") for r in store.select("SELECT ?a { ?i kpi:latestActual ?a }", everywhere=True)]
    assert found
    assert not [a for a in found if "/2016/" in a]


def test_a_merged_key_leads_to_the_one_that_is_kept() -> None:
    def entry(key: str, merged_into: str = "") -> Entry:
        return Entry(kind="kpi", key=key, label=key, merged_into=merged_into)

    keys = Registry(
        "012068", {("kpi", e.key): e for e in (entry("a111", "b222"), entry("b222", "c333"), entry("c333"))}
    )
    found = {(str(s)[-4:], str(o)[-4:]) for s, _, o in graph.replacement_triples([keys], BASE)}
    assert found == {("a111", "c333"), ("b222", "c333")}
