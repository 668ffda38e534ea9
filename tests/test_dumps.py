"""The six formats hold the same graph, to the byte the same each time."""

import gzip
import random
from pathlib import Path

import pytest
import rdflib
import sample
from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Triple, parse

from kpigraph import dumps, packing, terms
from kpigraph.order import in_order, triples_in_order
from kpigraph.problems import SourceError
from kpigraph.text import natural

XSD = "http://www.w3.org/2001/XMLSchema#"
HARD_TEXTS = [
    "a\rb\r\nc\nd\te",
    " 前後の空白 ",
    "<&>\"'\\",
    "]]>",
    "{{ }} ${x}",
    "𩸽 ＝ é",
    "",
]
HARD_LITERALS = [
    *(Literal(t) for t in HARD_TEXTS),
    *(Literal(t, language="ja") for t in HARD_TEXTS),
    Literal("1.50", datatype=NamedNode(XSD + "decimal")),
    Literal("1000", datatype=NamedNode(XSD + "decimal")),
    Literal("0042", datatype=NamedNode(XSD + "nonNegativeInteger")),
    Literal("1", datatype=NamedNode(XSD + "boolean")),
]


def write(folder: Path, quads: list[Quad]) -> tuple[str, ...]:
    pieces = dumps.pieces(in_order(quads))
    return tuple(dumps.write(folder, lambda suffix: lambda former: [packing.piece(pieces[suffix])]).files)


def hard() -> list[Quad]:
    """Return the sample and literals that formats are known to get wrong."""
    note = sample.remark("x")
    return sample.quads() + [Quad(note.subject, note.predicate, o, note.graph_name) for o in HARD_LITERALS]


@pytest.mark.parametrize("suffix", list(dumps.REPRESENTATIONS))
def test_every_format_reads_back_as_the_same_graph(tmp_path: Path, suffix: str) -> None:
    write(tmp_path, hard())
    representation = dumps.REPRESENTATIONS[suffix]
    found = set(parse(path=str(tmp_path / f"kpigraph.{suffix}"), format=representation.format))
    if representation.dataset:
        assert found == set(hard())
    else:
        assert found == {Quad(q.subject, q.predicate, q.object, DefaultGraph()) for q in hard()}


@pytest.mark.parametrize("suffix", ["ttl", "jsonld", "nt", "rdf"])
def test_other_software_reads_the_same_graph(tmp_path: Path, suffix: str) -> None:
    write(tmp_path, sample.quads())
    formats = {"ttl": "turtle", "jsonld": "json-ld", "nt": "nt", "rdf": "xml"}
    graph = rdflib.Graph().parse(tmp_path / f"kpigraph.{suffix}", format=formats[suffix])
    assert set(terms.quads(graph, "g:g")) == {Quad(*q.triple, NamedNode("g:g")) for q in sample.quads()}


def test_compressed_dumps_hold_the_same_and_no_time_or_name(tmp_path: Path) -> None:
    names = write(tmp_path, sample.quads())
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(names)
    for name in (n for n in names if n.endswith(".gz")):
        packed = (tmp_path / name).read_bytes()
        assert gzip.decompress(packed) == (tmp_path / name.removesuffix(".gz")).read_bytes()
        assert packed[3:8] == bytes(5)  # no flags, so no file name; no time


def test_the_same_quads_in_any_order_give_the_same_bytes(tmp_path: Path) -> None:
    shuffled = hard() + hard()[:20]
    random.Random(7).shuffle(shuffled)
    for name, quads in (("a", hard()), ("b", shuffled)):
        (tmp_path / name).mkdir()
        write(tmp_path / name, quads)
    for file in (tmp_path / "a").iterdir():
        assert file.read_bytes() == (tmp_path / "b" / file.name).read_bytes(), file.name


def test_rows_stand_in_the_order_of_their_numbers_and_the_class_first(tmp_path: Path) -> None:
    write(tmp_path, sample.quads())
    turtle = (tmp_path / "kpigraph.ttl").read_text(encoding="utf-8")
    row = f"\n<{sample.EDITION}row-"
    assert turtle.index(f"{row}2> a kpi:SourceRow") < turtle.index(f"{row}9> a") < turtle.index(f"{row}10> a")


def test_a_triple_that_two_graphs_state_is_written_once(tmp_path: Path) -> None:
    quad = sample.remark("twice")
    other = Quad(quad.subject, quad.predicate, quad.object, NamedNode("https://example.org/other"))
    write(tmp_path, [quad, other])
    assert (tmp_path / "kpigraph.nt").read_text().count("twice") == 1
    assert (tmp_path / "kpigraph.nq").read_text().count("twice") == 2


def test_a_control_character_is_named_with_its_place_and_not_written(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        write(tmp_path, [sample.remark("page\fbreak")])
    (problem,) = caught.value.problems
    assert problem.code == "text.control"
    assert "edition" in problem.line("ja")
    assert "page\\x0cbreak" in problem.line("en")


@pytest.mark.parametrize("predicate", ["https://example.org/1", "https://example.org/"])
def test_a_predicate_that_rdfxml_cannot_write_is_refused(predicate: str) -> None:
    triple = Triple(NamedNode("x:x"), NamedNode(predicate), Literal("x"))
    assert dumps.serialized([triple], "ttl")
    with pytest.raises(ValueError, match="predicate"):
        dumps.serialized([triple], "rdf")


# ---- the order


@pytest.mark.parametrize(
    ("less", "more"),
    [("row-9", "row-10"), ("row-10", "row-10-line"), ("a9b2", "a9b10"), ("a", "b"), ("a099", "a100")],
)
def test_digits_compare_as_numbers(less: str, more: str) -> None:
    assert natural(less) < natural(more)


def test_blank_nodes_are_named_after_what_is_said_of_them() -> None:
    def graph(first: str, second: str) -> list[Quad]:
        p, g = NamedNode("p:p"), NamedNode("g:g")
        return [
            Quad(BlankNode(first), p, BlankNode(second), g),
            Quad(BlankNode(second), p, Literal("end"), g),
            sample.remark("without blank nodes"),
        ]

    assert in_order(graph("x", "y")) == in_order(graph("later", "early")[::-1])
    assert len(in_order(graph("x", "y"))) == 3


def test_triples_and_quads_are_ordered_alike() -> None:
    ordered = triples_in_order(sample.quads())
    assert triples_in_order(reversed(ordered)) == ordered
    assert len(ordered) == len({q.triple for q in sample.quads()})


# ---- from rdflib


def test_rdflib_terms_keep_their_form() -> None:
    graph = rdflib.Graph()
    s, p = rdflib.URIRef("s:s"), rdflib.URIRef("p:p")
    graph.add((s, p, rdflib.Literal("1000", datatype=rdflib.XSD.decimal, normalize=False)))
    graph.add((s, p, rdflib.Literal("釧路", lang="ja")))
    graph.add((s, p, rdflib.Literal("x\r")))
    graph.add((s, p, rdflib.URIRef("o:o")))
    graph.add((s, p, rdflib.BNode("b")))
    assert {q.object for q in terms.quads(graph, "g:g")} == {
        Literal("1000", datatype=NamedNode(XSD + "decimal")),
        Literal("釧路", language="ja"),
        Literal("x\r"),
        NamedNode("o:o"),
        BlankNode("b"),
    }


@pytest.mark.parametrize("bad", [rdflib.URIRef("https://example.org/a b"), rdflib.Variable("x")])
def test_what_is_no_rdf_term_is_refused(bad: rdflib.term.Node) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        list(terms.quads([(rdflib.URIRef("s:s"), rdflib.URIRef("p:p"), bad)], "g:g"))
    with pytest.raises(ValueError, match="predicate"):
        list(terms.quads([(rdflib.URIRef("s:s"), rdflib.BNode(), bad)], "g:g"))
