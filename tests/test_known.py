"""What is gathered of the things of a class is the same from quads at hand and from a store that holds them."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sample
from pyoxigraph import Literal, NamedNode, Quad

from kpigraph import search, standings
from kpigraph.known import AtHand, InStore, Source
from kpigraph.prefixes import expand
from kpigraph.store import embedded
from kpigraph.written import datatype, language, triples_of, value

NOTE = sample.remark("x")


def said(found: list[Quad]) -> list[tuple[str, str, str, str]]:
    return [(*triple, str(q.graph_name)) for triple, q in zip(triples_of(found), found, strict=True)]


def quads() -> list[Quad]:
    """Return the sample, with texts that are not plain, several of a kind, and quads that two graphs have."""
    label = NamedNode(expand("skos:prefLabel"))
    found = [*sample.quads(), NOTE]
    thing = next(q.subject for q in found if q.object == NamedNode(expand("kpi:Indicator")))
    found += [
        Quad(thing, label, Literal(t, language=tag), NOTE.graph_name)
        for t, tag in (('"a"\\', "ja"), ("a\nb", "en"), ("a", "en"), ("ア", "ja-Hrkt"))
    ]
    return found + [Quad(q.subject, q.predicate, q.object, NOTE.graph_name) for q in found[::4]]


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Source, Source]]:
    folder = tmp_path_factory.mktemp("known")
    with embedded.create(folder / "store", quads()):
        pass
    store = embedded.open_read_only(folder / "store")
    yield AtHand(said(quads())), InStore(store)
    store.close()


@pytest.mark.parametrize(
    "gathered",
    [
        lambda known: [t.to_json() for t in search.things(known)],
        lambda known: [s.to_json() for s in standings.standings(known)],
        standings.names,
    ],
    ids=["search", "standings", "names"],
)
def test_both_lead_to_the_same(known: tuple[Source, Source], gathered: Callable[[Source], Any]) -> None:
    at_hand, in_store = map(gathered, known)
    assert at_hand
    assert at_hand == in_store


def test_things_that_say_nothing_of_what_is_asked_are_left_out(known: tuple[Source, Source]) -> None:
    for source in known:
        assert source.of_class("kpi:Indicator", "skos:prefLabel")
        assert not source.of_class("kpi:Indicator", "kpi:startDate")
        assert source.having("kpi:startDate", "kpi:endDate").keys() <= source.of_class("kpi:Period", "rdf:type").keys()
        assert not source.having("kpi:valueForm", "kpi:statedValue", "<urn:x:none>")


@pytest.mark.parametrize(
    "term",
    [
        NamedNode("http://e/a@b"),
        Literal("x"),
        Literal('a"b\\c\n@ja', language="ja"),
        Literal("a", language="en-GB"),
        Literal("1.5", datatype=NamedNode(expand("xsd:decimal"))),
        Literal("x", datatype=NamedNode("http://e/a@c")),
    ],
    ids=str,
)
def test_a_term_is_taken_apart_as_the_engine_does(term: NamedNode | Literal) -> None:
    text = str(term)
    assert value(text) == term.value
    if isinstance(term, Literal):
        assert (language(text), datatype(text)) == (term.language or "", term.datatype.value)
