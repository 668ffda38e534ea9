"""JSON-LD with our words: three readers find the same triples in it, and plain JSON readers find words."""

import io
import json
import tracemalloc
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
import rdflib
from pyld import jsonld as pyld
from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, parse

from kpigraph import dumps, jsonld, terms
from kpigraph.order import triples_in_order
from kpigraph.prefixes import PREFIXES, expand

S = NamedNode("https://example.org/s")


def oxigraph(document: bytes) -> set[Triple]:
    return {q.triple for q in parse(document, format=RdfFormat.JSON_LD)}


def by_rdflib(document: bytes) -> set[Triple]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rdflib, "NORMALIZE_LITERALS", False)  # else it rewrites times and numbers of any format
        graph = rdflib.Graph().parse(data=document, format="json-ld")
    return {q.triple for q in terms.quads(graph, "g:g")}


def by_pyld(document: bytes) -> set[Triple]:
    """Return what PyLD reads, without fetching anything."""
    quads = pyld.to_rdf(json.loads(document), {"format": "application/n-quads", "documentLoader": nothing_is_fetched})
    return {q.triple for q in parse(quads.encode(), format=RdfFormat.N_QUADS)}


def nothing_is_fetched(url: str, _options: object) -> None:
    raise AssertionError(f"the document cannot be read without {url}")


READERS = {"oxigraph": oxigraph, "rdflib": by_rdflib, "pyld": by_pyld}


def written(triples: Iterable[Triple]) -> bytes:
    output = io.BytesIO()
    jsonld.write(triples_in_order(triples), output)
    return output.getvalue()


def said(name: str, *values: Literal | NamedNode | BlankNode) -> list[Triple]:
    return [Triple(S, NamedNode(expand(name)), value) for value in values]


def typed(text: str, datatype: str) -> Literal:
    return Literal(text, datatype=NamedNode(expand(datatype)))


def only_node(document: bytes) -> dict[str, object]:
    (node,) = json.loads(document)["@graph"]
    assert node.pop("id") == S.value
    return dict(node)


# ---- the real publication


@pytest.fixture(scope="module")
def published(publication: Path) -> set[Triple]:
    nquads = publication / "current" / "kpigraph.nq"
    return {q.triple for q in parse(path=str(nquads), format=RdfFormat.N_QUADS)}


@pytest.mark.parametrize("reader", READERS)
def test_every_reader_finds_the_published_triples(publication: Path, published: set[Triple], reader: str) -> None:
    found = READERS[reader]((publication / "current" / "kpigraph.jsonld").read_bytes())
    assert len(published) > 16_000
    assert not published - found
    assert not found - published


@pytest.mark.parametrize("name", ["kpigraph.ttl", "kpigraph.nt", "kpigraph.rdf", "kpigraph.trig"])
def test_every_other_file_gives_the_same_graph(publication: Path, published: set[Triple], name: str) -> None:
    assert {q.triple for q in parse(path=str(publication / "current" / name))} == published


def test_the_catalogue_reads_alike_in_both_its_files(publication: Path) -> None:
    turtle, json_ld = (publication / "current" / f"catalog.{suffix}" for suffix in ("ttl", "jsonld"))
    expected = {q.triple for q in parse(path=str(turtle))}
    for name, read in READERS.items():
        assert read(json_ld.read_bytes()) == expected, name


def test_the_data_is_said_in_words(publication: Path) -> None:
    dump = json.loads((publication / "current" / "kpigraph.jsonld").read_bytes())
    assert dump["@context"] == json.loads(jsonld.context_file())["@context"]
    data = [n for n in dump["@graph"] if "/id/" in n["id"] or n["id"].startswith("u:")]
    assert len(data) > 1_500
    keys = {key for node in data for key in node}
    # The names of files and of who corrected are in no language: they cannot stand in a map of languages.
    assert keys <= dump["@context"].keys() | {"dct:title", "rdfs:label"}
    target = next(n for n in data if n.get("statedValue") == "120,000")
    assert target["obsValue"] == "120000"  # a bare number would be a double
    assert (target["decimals"], target["maintenance"]) == (0, False)
    assert target["role"] == "c:role-target"
    indicator = next(n for n in data if n["id"] == target["indicator"])
    assert indicator["prefLabel"] == {"ja": "釧路港年間水揚量"}
    decimals = [v for n in data for k, v in n.items() if k in ("obsValue", "baseValue", "relativeChange", "factor")]
    assert len(decimals) > 400
    assert all(isinstance(v, str) for v in decimals)


def test_a_line_holds_a_thing(publication: Path) -> None:
    lines = (publication / "current" / "kpigraph.jsonld").read_text(encoding="utf-8").splitlines()
    things = [line for line in lines if line.startswith('{"id": ')]
    assert len(things) == len({json.loads(line.rstrip(","))["id"] for line in things})
    assert len(things) > 1_900


def test_the_description_of_any_thing_carries_as_much_context_as_it_needs(published: set[Triple]) -> None:
    by_subject: dict[NamedNode, list[Triple]] = {}
    for triple in triples_in_order(published):
        by_subject.setdefault(triple.subject, []).append(triple)
    whole = len(json.loads(jsonld.context_file())["@context"])
    for triples in list(by_subject.values())[::7]:
        document = dumps.serialized(triples, "jsonld")
        assert oxigraph(document) == set(triples)
        assert len(json.loads(document)["@context"]) < whole / 2


# ---- odd input

ODD_TEXTS = [
    "<b>&amp;</b>\"'\\",
    "a\rb\r\nc\nd\te",
    "\x00\x01\x1f\x7f\u2028\u2029\ufeff",
    "@id",
    "@type",
    "c:role-target",
    "_:b0",
    "",
    " ",
    "𩸽é",
    "null",
    "1",
    "true",
    "あ" * 200_000,
]
ODD = [
    *(triple for text in ODD_TEXTS for triple in said("kpi:statedValue", Literal(text))),
    *(triple for text in ODD_TEXTS for triple in said("skos:prefLabel", Literal(text), Literal(text, language="ja"))),
    *said("skos:prefLabel", Literal("x", language="ja-hrkt"), Literal("y", language="en-gb"), S),
    *said("kpi:relisted", typed("true", "xsd:boolean"), typed("1", "xsd:boolean"), Literal("true")),
    *said(
        "kpi:order",
        *(typed(n, "xsd:integer") for n in ("0", "-1", "007", "-0", "+3", "1" * 15, "9" * 16, "9" * 40, "x")),
        typed("1", "xsd:int"),
        Literal("1"),
    ),
    *said("sm:obsValue", *(typed(n, "xsd:decimal") for n in ("1.50", "1000", "0.1", "-0.0")), typed("1", "xsd:double")),
    *said("kpi:factor", NamedNode("https://example.org/"), BlankNode("b1")),
    *said("kpi:indicator", Literal("not a reference"), Literal("x", language="ja"), BlankNode("b2")),
    *said("kpi:indicator", NamedNode("urn:uuid:1"), NamedNode("https://w3id.org/kpigraph/code/")),
    *said("kpi:indicator", NamedNode(PREFIXES["c"] + "a:b"), NamedNode(PREFIXES["c"] + "a%20b(c)")),
    *said("kpi:indicator", NamedNode(PREFIXES["u"] + "ton"), NamedNode(PREFIXES["c"] + "x/y/z")),
    *said("rdf:type", NamedNode("https://example.org/C"), Literal("not a class"), NamedNode(expand("kpi:Goal"))),
    Triple(S, NamedNode("https://example.org/p"), typed("x", "kpi:dantaiCode")),
    Triple(S, NamedNode("https://example.org/p"), Literal("x", datatype=NamedNode("https://example.org/t"))),
    Triple(S, NamedNode("urn:p"), Literal("x", language="en")),
    Triple(BlankNode("b2"), NamedNode("urn:p"), S),
]
DOUBLES = said("sm:obsValue", typed("1", "xsd:double"))  # PyLD writes every double in its canonical form


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("form", ["write", "document"])
def test_odd_literals_and_references_survive(reader: str, form: str) -> None:
    triples = ODD if reader != "pyld" else [t for t in ODD if t not in DOUBLES]
    document = written(triples) if form == "write" else jsonld.document(triples_in_order(triples))
    found, expected = READERS[reader](document), set(triples)
    blank = {t for t in expected if isinstance(t.subject, BlankNode) or isinstance(t.object, BlankNode)}
    assert not (expected - blank) - found
    assert len(found) == len(expected)


def test_a_text_in_a_language_and_one_in_none_stand_under_two_keys() -> None:
    document = written(said("skos:prefLabel", Literal("a"), Literal("b", language="ja"), Literal("c", language="ja")))
    assert only_node(document) == {"prefLabel": {"ja": ["b", "c"]}, "skos:prefLabel": "a"}


def test_values_that_do_not_fit_a_word_are_written_out() -> None:
    document = written([*said("kpi:order", typed("1", "xsd:integer"), typed("01", "xsd:integer"), Literal("1"))])
    (values,) = only_node(document).values()
    assert isinstance(values, list)
    assert {json.dumps(v) for v in values} == {"1", '"01"', '{"@value": "1"}'}


@pytest.mark.parametrize(
    ("end", "written_as"),
    [("role-target", "c:role-target"), ("", None), ("a%20b", None), ("(x)", None), ("-x", None), ("unit/ton", "u:ton")],
)
def test_only_plain_names_are_shortened(end: str, written_as: str | None) -> None:
    iri = PREFIXES["c"] + end
    assert only_node(written(said("kpi:role", NamedNode(iri)))) == {"role": written_as or iri}


@pytest.mark.parametrize(
    "bad",
    [
        *said("kpi:indicator", NamedNode("unit:x"), NamedNode("c:role-target"), NamedNode("title:x")),
        Triple(NamedNode("time:x"), NamedNode("urn:p"), S),
        Triple(S, NamedNode("order:x"), S),
        Triple(S, NamedNode("urn:p"), Literal("x", datatype=NamedNode("xsd:x"))),
    ],
    ids=str,
)
def test_an_iri_that_would_be_taken_for_a_prefixed_name_is_refused(bad: Triple) -> None:
    with pytest.raises(ValueError, match="prefixed name"):
        written([bad])


def test_a_statement_about_a_statement_is_refused() -> None:
    with pytest.raises(ValueError, match="no way"):
        jsonld.document([Triple(S, NamedNode("urn:p"), Triple(S, NamedNode("urn:p"), S))])


def test_the_same_triples_give_the_same_bytes() -> None:
    assert written(ODD) == written(ODD[::-1])


def test_an_empty_graph_is_a_document_too() -> None:
    assert json.loads(written([]))["@graph"] == []
    assert oxigraph(jsonld.document([])) == set()


def test_memory_does_not_grow_with_the_document() -> None:
    class Count:
        size = 0

        def write(self, data: bytes) -> int:
            self.size += len(data)
            return len(data)

    def many(n: int) -> Iterator[Triple]:
        p, label = NamedNode(expand("kpi:indicator")), NamedNode(expand("skos:prefLabel"))
        for i in range(n):
            thing = NamedNode(f"https://example.org/{i}")
            yield Triple(thing, label, Literal(f"釧路 {i}", language="ja"))
            yield Triple(thing, p, NamedNode(f"https://example.org/id/{i}"))

    def peak(n: int) -> int:
        tracemalloc.start()
        output = Count()
        jsonld.write(many(n), output)  # type: ignore[arg-type]
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert output.size > n * 60
        return top

    peak(10)
    small, large = peak(1_000), peak(10_000)
    assert large < small + 100_000
