"""What Virtuoso does otherwise than SPARQL 1.1 is made good: each query as put has the answer of Oxigraph."""

import pyoxigraph as ox
import pytest
import virtuoso

from kpigraph.store.answered import UnavailableError
from kpigraph.store.asked import put
from kpigraph.store.dialect import STANDARD, VIRTUOSO, as_meant, told
from kpigraph.store.endpoint import Endpoint
from kpigraph.store.paging import paged

pytestmark = pytest.mark.skipif(bool(virtuoso.MISSING), reason=virtuoso.MISSING)

GRAPH = "http://a.example/g"
XSD = "http://www.w3.org/2001/XMLSchema#"
DATA = f"""
<urn:a> <urn:name> "子ども" ; <urn:value> 0 ; <urn:tagged> "x"@ja ; <urn:lasts> "P2Y"^^<{XSD}duration> ; <urn:is> true .
<urn:b> <urn:name> "港" ; <urn:value> 4 ; <urn:knows> <urn:a> .
"""
ORDER = "ORDER BY STR(?s)"
# what the table of dialect.py says, a query a row
QUERIES = {
    "a whole number divided by 0": "SELECT ?s (8 / ?v AS ?x) { ?s <urn:value> ?v } " + ORDER,
    "no whole number from 10/4": "SELECT ?s { ?s <urn:value> ?v FILTER(10 / ?v > 2.4) }",
    "xsd:string": f'SELECT ?s {{ ?s <urn:name> "港"^^<{XSD}string> }}',
    "alternatives of Japanese": 'SELECT ?s { ?s <urn:name> ?n FILTER(REGEX(?n, "子|児")) }',
    "encoded for a URI": 'SELECT (ENCODE_FOR_URI("子") AS ?x) {}',
    "a number in a union": "SELECT ?s { { ?s <urn:value> ?v FILTER(?v = 0) } UNION { ?s <urn:none> ?v } }",
    "capitals in a language tag": 'SELECT ?s { ?s <urn:tagged> "x"@JA }',
    "a comparison is a truth value": "SELECT ?s (?v > 1 AS ?x) { ?s <urn:value> ?v } " + ORDER,
    "a truth value in the data": "SELECT ?x { ?s <urn:is> ?x }",
    "a duration": "SELECT ?x { ?s <urn:lasts> ?x }",
    "is a number": "SELECT ?s (ISNUMERIC(?v) AS ?x) { ?s <urn:value> ?v } " + ORDER,
}


@pytest.fixture(scope="module")
def local() -> ox.Store:
    store = ox.Store()
    store.load(input=DATA.encode(), format=ox.RdfFormat.TURTLE, to_graph=ox.NamedNode(GRAPH))
    return store


@pytest.fixture(scope="module")
def endpoint(local: ox.Store, virtuoso_server: virtuoso.Virtuoso) -> Endpoint:
    from kpigraph.store.dialect import kept_types

    text = kept_types(ox.serialize((q.triple for q in local), format=ox.RdfFormat.N_TRIPLES) or b"")
    quads = [ox.Quad(*q.triple, ox.NamedNode(GRAPH)) for q in ox.parse(text, format=ox.RdfFormat.N_TRIPLES)]
    virtuoso_server.put(quads)
    return Endpoint(virtuoso_server.address)


def _comparable(term: ox.Literal | ox.NamedNode | None) -> object:
    if isinstance(term, ox.Literal) and term.datatype.value.removeprefix(XSD) in ("decimal", "integer", "double"):
        return float(term.value)
    return None if term is None else (term.value, getattr(getattr(term, "datatype", None), "value", ""))


def _solutions(found: object) -> list[list[object]]:
    assert isinstance(found, ox.QuerySolutions)
    return [[_comparable(value) for value in solution] for solution in found]


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
def test_the_answer_is_that_of_sparql(endpoint: Endpoint, local: ox.Store, query: str) -> None:
    expected = _solutions(local.query(query, default_graph=[ox.NamedNode(GRAPH)]))
    assert expected
    assert _solutions(endpoint.query(query, gives_graph=False, default_graphs=[GRAPH])) == expected


@pytest.mark.parametrize("name", ["xsd:string", "alternatives of Japanese"])
def test_without_that_it_is_not(endpoint: Endpoint, name: str) -> None:
    query = QUERIES[name].replace("{ ?s <", f"{{ GRAPH <{GRAPH}> {{ ?s <").replace("}", "} }", 1)
    assert _solutions(endpoint.direct(query)) == []


def test_a_description_is_of_the_thing_itself(endpoint: Endpoint) -> None:
    found = endpoint.query("DESCRIBE <urn:a>", gives_graph=True, default_graphs=[GRAPH])
    assert {str(t.subject) for t in found} == {"<urn:a>"}  # type: ignore[union-attr]


def test_what_is_cut_is_an_error(endpoint: Endpoint) -> None:
    query = "SELECT * { ?s ?p ?o . ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
    with pytest.raises(UnavailableError, match="no more than 2000 rows"):
        list(endpoint.query(query, gives_graph=False, default_graphs=[GRAPH]))  # type: ignore[arg-type]


def test_an_engine_is_told_by_its_name() -> None:
    assert told("Virtuoso/07.20.3229 (Linux) x86_64") is VIRTUOSO
    assert told("Jetty(9.4)") is told("") is STANDARD


def test_other_engines_get_the_query_as_it_is() -> None:
    asked = put('SELECT (8 / ?v AS ?x) { ?s <urn:v> ?v FILTER(?n = "a"@JA) }', STANDARD, None, base=None, prefixes={})
    assert asked.text == 'SELECT( 8 / ?v AS ?x ) { ?s <urn:v> ?v FILTER( ?n = "a"@ja ) }'


def test_text_in_an_answer_is_left_alone() -> None:
    line = b'{ "x": { "type": "literal", "value": "\\"datatype\\": 1" }}'
    assert as_meant(line, frozenset({"x"})) == line


def test_a_result_that_would_be_sorted_for_too_many_pages_is_refused() -> None:
    pages: list[str] = []

    def rows(text: str) -> list[str]:
        pages.append(text)
        return ["row"] * 10

    assert len(list(paged("SELECT ?s { ?s ?p ?o }", ["s"], 10, lambda _: 500, rows))) == 500
    assert len(pages) == 50
    with pytest.raises(ValueError, match="ResultSetMaxRows"):
        list(paged("SELECT ?s { ?s ?p ?o }", ["s"], 10, lambda _: 501, rows))
