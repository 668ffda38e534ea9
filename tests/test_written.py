"""What is put together from texts is, to the byte, what the engine writes of the quads themselves."""

import random

import pytest
import rdflib
import sample
from pyoxigraph import Literal, NamedNode, Quad
from rdflib import BNode, URIRef
from test_dumps import HARD_LITERALS

from kpigraph import dumps, written
from kpigraph.order import in_order, triples_in_order
from kpigraph.parts.pieces import pieces
from kpigraph.problems import SourceError
from kpigraph.terms import to_term
from kpigraph.written import Order, Said, SaidTriple

OTHER = "http://else.example/terms/"
TYPE = NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")


def quads() -> list[Quad]:
    """Return the sample, literals that formats get wrong, and names that no prefix of ours shortens, in disorder."""
    note = sample.remark("x")
    found = sample.quads() + [Quad(note.subject, note.predicate, o, note.graph_name) for o in HARD_LITERALS]
    thing, graph = NamedNode(f"{OTHER}thing?a=1&b=2"), note.graph_name
    found += [
        Quad(thing, TYPE, NamedNode(f"{OTHER}Class"), graph),
        Quad(thing, NamedNode(f"{OTHER}word"), Literal("語", language="ja"), graph),
        Quad(thing, NamedNode(f"{OTHER}word"), NamedNode("https://w3id.org/kpigraph/code/a/b.c."), graph),
        Quad(NamedNode(f"{OTHER}2"), TYPE, Literal("no class"), graph),
        Quad(NamedNode(f"{OTHER}10"), NamedNode(f"{OTHER}word"), Literal(3), graph),
    ]
    found = [q for q in found if not str(q.subject).startswith("_:") and not str(q.object).startswith("_:")]
    found += [Quad(q.subject, q.predicate, q.object, NamedNode(f"{OTHER}graph")) for q in found[::3]]
    random.Random(1).shuffle(found)
    return found


def said(found: list[Quad]) -> list[Said]:
    return [(*triple, str(q.graph_name)) for triple, q in zip(written.triples_of(found), found, strict=True)]


def made_of(quads: list[Said], triples: list[SaidTriple]) -> dict[str, bytes]:
    return pieces(quads, triples, written.lines(quads))


def test_the_order_and_every_piece_are_those_of_the_engine() -> None:
    found = quads()
    order, texts = Order(said(found)), said([*found, *found[:5]])
    expected = dumps.pieces(in_order(found))
    assert order.quads(texts) == said(in_order(found))
    assert order.triples(texts) == written.triples_of(triples_in_order(found))
    made = made_of(order.quads(texts), order.triples(texts))
    for suffix in dumps.REPRESENTATIONS:
        assert made[suffix] == expected[suffix], suffix
    assert made_of([], []) == dict.fromkeys(expected, b"")


def test_quads_are_read_back_as_they_were_written() -> None:
    found = said(quads())
    assert list(written.read(written.nquads(found))) == found


def test_what_xml_cannot_hold_is_told_of_the_thing_that_says_it() -> None:
    found = said([sample.remark("\x07")])
    with pytest.raises(SourceError) as e:
        made_of(found, [q[:3] for q in found])
    assert e.value.problems[0].at.file == f"<{sample.EDITION}edition>"


def test_the_text_of_a_term_is_the_one_that_the_engine_writes() -> None:
    awkward = [
        f"x{chr(n)}y" for n in (*range(0x21), 0x22, 0x5C, 0x7F, 0x80, 0x85, 0x2028, 0xFDD0, 0xFFFD, 0xFFFE, 0x1F600)
    ]
    terms = [rdflib.Literal(t, lang=tag) for t in ("", "港 の", *awkward) for tag in (None, "ja", "JA", "en-GB")]
    terms += [rdflib.Literal("a", datatype=rdflib.XSD.string), rdflib.Literal("1.50", datatype=rdflib.XSD.decimal)]
    iris = (f"{OTHER}a.b-c_~#d", f"{OTHER}語", "http://x", "https://x/?a=1", "urn:x:1", "http://x//y#")
    for term in (*terms, *map(URIRef, iris)):
        assert written.Texts()[term] == str(to_term(term))


@pytest.mark.parametrize("node", [BNode("x"), URIRef("not an IRI")])
def test_what_has_no_text_of_its_own_is_refused(node: URIRef) -> None:
    with pytest.raises(ValueError, match=r"blank|IRI"):
        written.Texts()[node]
