"""The SPARQL 1.1 Protocol over HTTP, in this process, with real workers behind it."""

import html
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from typing import Any

import pyoxigraph as ox
import pytest
from serving import BASE, GRAPHS, SETTINGS, Client, client_of, publish_sample

from kpigraph.config import Settings
from kpigraph.questions import Question, load_questions
from kpigraph.serve import guard
from kpigraph.serve.endpoint import questions
from kpigraph.serve.snapshot import Snapshot

NAMES = """PREFIX kpi: <https://w3id.org/kpigraph/ns#> PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?name WHERE { ?i a kpi:Indicator ; skos:prefLabel ?name } ORDER BY ?name"""
ALL = "CONSTRUCT { ?s a ?t } WHERE { ?s a ?t }"
JSON = "application/sparql-results+json"
HTML_ACCEPT = {"accept": "text/html"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    made = client_of(publish_sample(tmp_path_factory.mktemp("public")))
    yield made
    made.close()


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A server that cuts results at one MiB."""
    public = publish_sample(tmp_path_factory.mktemp("small"))
    made = Client(Snapshot(public), Settings(result_size=1))
    yield made
    made.close()


def post(client: Client, content: str | bytes, content_type: str, **how: object) -> object:
    headers = {"Content-Type": content_type, "Accept": JSON}
    return client.request("POST", "/sparql", content=content, headers=headers, **how)


def test_get_and_both_forms_of_post_give_the_same(client: Client) -> None:
    by_get = client.query(NAMES)
    by_form = client.request("POST", "/sparql", data={"query": NAMES}, headers={"Accept": JSON})
    direct = post(client, NAMES, "application/sparql-query; charset=UTF-8")
    assert by_get.status_code == 200
    assert by_get.headers["content-type"] == JSON
    assert "Accept" in by_get.headers["vary"]
    assert by_get.content == by_form.content == direct.content
    names = [b["name"] for b in by_get.json()["results"]["bindings"]]
    assert {"type": "literal", "value": "釧路港年間水揚量", "xml:lang": "ja"} in names


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        (JSON, JSON),
        ("application/json", JSON),
        ("*/*", JSON),
        ("application/sparql-results+xml", "application/sparql-results+xml"),
        ("text/csv", "text/csv; charset=utf-8"),
        ("text/tab-separated-values", "text/tab-separated-values; charset=utf-8"),
        ("text/csv;q=0.2, application/sparql-results+xml;q=0.4", "application/sparql-results+xml"),
        ("text/html", "text/html; charset=utf-8"),
    ],
)
@pytest.mark.parametrize("query", [NAMES, "ASK { ?s ?p ?o }"])
def test_forms_of_solutions(client: Client, query: str, accept: str, content_type: str) -> None:
    response = client.query(query, accept)
    assert response.status_code == 200
    assert response.headers["content-type"] == content_type


@pytest.mark.parametrize(
    ("accept", "content_type", "format"),
    [
        ("text/turtle", "text/turtle; charset=utf-8", ox.RdfFormat.TURTLE),
        ("*/*", "text/turtle; charset=utf-8", ox.RdfFormat.TURTLE),
        ("application/n-triples", "application/n-triples", ox.RdfFormat.N_TRIPLES),
        ("application/rdf+xml", "application/rdf+xml", ox.RdfFormat.RDF_XML),
        ("application/ld+json", "application/ld+json", ox.RdfFormat.JSON_LD),
    ],
)
def test_forms_of_graphs_hold_the_same(client: Client, accept: str, content_type: str, format: ox.RdfFormat) -> None:
    response = client.query(ALL, accept)
    assert response.status_code == 200
    assert response.headers["content-type"] == content_type
    got = {q.triple for q in ox.parse(response.content, format=format)}
    reference = {q.triple for q in ox.parse(client.query(ALL, "text/turtle").content, format=ox.RdfFormat.TURTLE)}
    assert got == reference
    assert len(got) > 50


def test_the_default_graph_is_the_union_of_the_current_editions(client: Client) -> None:
    count = "SELECT (COUNT(*) AS ?n) WHERE { %s }"
    n = {q: int(client.rows(count % q)[0]["n"]) for q in ("?s ?p ?o", "GRAPH ?g { ?s ?p ?o }")}
    assert n["?s ?p ?o"] == n["GRAPH ?g { ?s ?p ?o }"] > 400
    assert {r["g"] for r in client.rows("SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }")} == set(GRAPHS)


def test_a_dataset_by_the_query_and_by_the_protocol(client: Client) -> None:
    ref, vocab = f"{BASE}graph/ref", f"{BASE}graph/vocab"
    plain = "SELECT DISTINCT ?t { ?s a ?t }"
    by_query = client.rows(plain.replace("{", f"FROM <{ref}> {{", 1))
    by_protocol = client.get("/sparql", JSON, params={"query": plain, "default-graph-uri": ref}).json()
    assert {r["t"] for r in by_query} == {b["t"]["value"] for b in by_protocol["results"]["bindings"]}
    assert "https://w3id.org/kpigraph/ns#Indicator" not in {r["t"] for r in by_query}
    named = "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }"
    assert [r["g"] for r in client.rows(named.replace("{", f"FROM NAMED <{vocab}> {{", 1))] == [vocab]
    both = {"query": named, "named-graph-uri": [ref, vocab]}
    assert len(client.get("/sparql", JSON, params=both).json()["results"]["bindings"]) == 2
    # given by the protocol, the dataset wins over the query's; a default graph that is not given is empty
    other = {"query": plain.replace("{", f"FROM <{ref}> {{", 1), "named-graph-uri": vocab}
    assert client.get("/sparql", JSON, params=other).json()["results"]["bindings"] == []
    assert client.rows("SELECT * FROM <file:///etc/passwd> { ?s ?p ?o }") == []


def test_relative_iris_are_resolved_against_the_base_and_not_the_host(client: Client) -> None:
    assert client.query("ASK { <id/lg/012068> ?p ?o }").json()["boolean"] is True


def test_carriage_returns_survive_xml(client: Client) -> None:
    response = client.query('SELECT ("a\\r\\nb" AS ?x) {}', "application/sparql-results+xml")
    literal = ET.fromstring(response.content).find(".//{*}literal")
    assert literal is not None
    assert literal.text == "a\r\nb"


def test_a_syntax_error_says_where(client: Client) -> None:
    query = 'SELECT ?x\nWHERE { ?x ?p "漢字" ?y }'
    response = client.query(query, "application/json", headers={"Accept-Language": "ja"})
    assert response.status_code == 400
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["content-language"] == "ja"
    problem = response.json()
    assert (problem["line"], problem["column"]) == (2, 20)
    assert "2 行 20 字目" in problem["detail"]
    text = client.query(query, "text/csv", headers={"Accept-Language": "en"})
    assert text.status_code == 400
    assert text.headers["content-type"].startswith("text/plain")
    assert "2:20, before '?y }'" in text.text
    assert (
        client.query("SELEC", "text/csv", headers={"Accept-Language": "en"}).text == "Syntax error at 1:6, at its end\n"
    )


def test_the_prefixes_of_the_publication_are_known(client: Client) -> None:
    assert client.query("ASK { ?i a kpi:Indicator }", "application/sparql-results+json").json()["boolean"] is True


def test_a_prefix_of_the_query_wins(client: Client) -> None:
    query = "PREFIX kpi: <http://nowhere.example/> ASK { ?i a kpi:Indicator }"
    assert client.query(query, "application/sparql-results+json").json()["boolean"] is False


def test_a_missing_prefix_is_named(client: Client) -> None:
    assert "PREFIX" in client.query("ASK { ?s foaf:name ?o }", headers={"Accept-Language": "en"}).text


@pytest.mark.parametrize(
    ("how", "status"),
    [
        ({"params": {"query": ["ASK {}", "ASK {}"]}}, 400),
        ({"params": {"query": "ASK {}", "update": "CLEAR ALL"}}, 400),
        ({"params": {"query": "ASK {}", "default-graph-uri": "not an iri"}}, 400),
        ({"params": {"query": "INSERT DATA { <a:b> <a:c> 1 }"}}, 400),
        ({"params": {"query": "SELECT * { SERVICE <http://127.0.0.1:1/x> { ?s ?p ?o } }"}}, 400),
        ({"params": {"query": "ASK " + "{" * 200 + "}" * 200}}, 400),
        ({"params": {"query": "ASK {}"}, "headers": {"Accept": "image/png"}}, 406),
        ({"params": {"query": ALL}, "headers": {"Accept": JSON + ", text/csv"}}, 406),
        ({"params": {"query": NAMES}, "headers": {"Accept": "text/turtle"}}, 406),
        ({"params": {"query": NAMES, "format": "docx"}}, 406),
        ({"params": b"query=%FF%FE"}, 400),
    ],
)
def test_refused_gets(client: Client, how: dict, status: int) -> None:
    if isinstance(how["params"], bytes):
        response = client.get("/sparql?" + how["params"].decode())
    else:
        response = client.get("/sparql", **how)
    assert response.status_code == status
    assert len(response.text) > 20
    assert response.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    ("content", "content_type", "status"),
    [
        ("query=ASK%20%7B%7D", "application/x-www-form-urlencoded", 200),
        ("ASK {}", "application/sparql-query", 200),
        ("format=json", "application/x-www-form-urlencoded", 400),
        ("ASK {}", "text/plain", 415),
        ("ASK {}", "", 415),
        ("CLEAR ALL", "application/sparql-update", 415),
        ("update=CLEAR%20ALL", "application/x-www-form-urlencoded", 400),
        ("ASK {}", "application/sparql-query; charset=shift_jis", 415),
        (b"ASK { ?s ?p '\xff' }", "application/sparql-query", 400),
        ("ASK {} #" + "a" * guard.DEFAULT.bytes, "application/sparql-query", 413),
        ("ASK {} #" + "a" * SETTINGS.body_bytes, "application/sparql-query", 413),
    ],
)
def test_posts(client: Client, content: str | bytes, content_type: str, status: int) -> None:
    assert post(client, content, content_type).status_code == status


def test_a_body_is_cut_off_early_whatever_its_header_says(client: Client) -> None:
    async def endless() -> object:
        for _ in range(10_000):
            yield b"a" * 65_536
        pytest.fail("all of it was read")

    headers = {"Content-Type": "application/sparql-query"}
    assert client.request("POST", "/sparql", content=endless(), headers=headers).status_code == 413


def test_other_methods(client: Client) -> None:
    assert client.request("PUT", "/sparql").status_code == 405
    assert "GET" in client.request("DELETE", "/sparql").headers["allow"]
    preflight = client.request("OPTIONS", "/sparql", headers={"Origin": "http://a.example"})
    assert preflight.status_code == 204
    assert "POST" in preflight.headers["access-control-allow-methods"]
    head = client.request("HEAD", "/sparql", params={"query": "ASK {}"})
    assert head.status_code == 200
    assert head.headers["content-type"] == JSON
    assert head.content == b""


def test_too_long_a_query(client: Client) -> None:
    endless = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
    response = client.query(endless, headers={"Accept-Language": "en"})
    assert response.status_code == 503
    assert int(response.headers["retry-after"]) > 0
    assert "LIMIT" in response.text
    assert client.query("ASK {}").status_code == 200


def test_a_large_result_is_streamed_whole(client: Client) -> None:
    triples = "SELECT ?s ?p ?o ?x WHERE { ?s ?p ?o VALUES ?x { 1 2 3 4 5 6 7 8 9 10 } }"
    response = client.query(triples, "text/csv")
    assert response.status_code == 200
    assert len(response.content) > 1 << 17
    assert "content-length" not in response.headers
    n = client.rows("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")[0]["n"]
    assert response.text.count("\r\n") > 10 * int(n)


WIDE = "VALUES ?x { " + " ".join(str(n) for n in range(100)) + " }"
MUCH = f"SELECT ?s ?p ?o ?x {{ ?s ?p ?o {WIDE} }}"
MANY = f"CONSTRUCT {{ ?s ?p ?q }} {{ ?s ?p ?o {WIDE} BIND(IRI(CONCAT('x:', STR(?x), STR(RAND()))) AS ?q) }}"


@pytest.mark.parametrize(
    ("query", "accept", "end"),
    [
        (MUCH, "application/sparql-results+json", 'bytes"}'),
        (MUCH, "application/sparql-results+xml", "bytes --></sparql>"),
        (MANY, "text/turtle", "bytes\n"),
        (MANY, "application/n-triples", "bytes\n"),
        (MANY, "application/rdf+xml", "bytes --></rdf:RDF>"),
        (MUCH, "text/csv", ""),
        (MUCH, "text/tab-separated-values", ""),
        (MANY, "application/ld+json", ""),
    ],
)
def test_a_result_at_its_limit_says_so_or_is_broken_off(small: Client, query: str, accept: str, end: str) -> None:
    sent: list[dict[str, Any]] = []
    small.call(query, accept, sent)
    headers = dict(sent[0]["headers"])
    assert headers[b"kpigraph-limit"] == str(1 << 20).encode()
    assert b"content-length" not in headers
    body = b"".join(m["body"] for m in sent[1:])
    assert 1 << 19 < len(body) < 1 << 21
    whole = not sent[-1].get("more_body", False)
    assert whole is bool(end)
    if end:
        assert "cut: this result is longer than the limit of 1048576 " + end in body.decode()[-120:]
        if "json" in accept:
            assert len(json.loads(body)["results"]["bindings"]) > 1000
        elif accept == "application/sparql-results+xml":
            assert len(list(ox.parse_query_results(body, format=ox.QueryResultsFormat.XML))) > 1000
        else:
            assert sum(1 for _ in ox.parse(body, format=ox.RdfFormat.from_media_type(accept))) > 1000


def test_a_service_description(client: Client) -> None:
    response = client.get("/sparql", "text/turtle")
    assert response.headers["content-type"].startswith("text/turtle")
    triples = {q.triple for q in ox.parse(response.content, format=ox.RdfFormat.TURTLE)}
    sd = "http://www.w3.org/ns/sparql-service-description#"
    said = {(t.predicate.value.removeprefix(sd), getattr(t.object, "value", "")) for t in triples}
    assert ("endpoint", f"{BASE}sparql") in said
    assert ("supportedLanguage", f"{sd}SPARQL11Query") in said
    assert {o for p, o in said if p == "namedGraph"} == set(GRAPHS)
    sizes = {t.subject.value: t.object.value for t in triples if t.predicate.value == "http://rdfs.org/ns/void#triples"}
    counted = client.rows(f"SELECT (COUNT(*) AS ?n) FROM <{BASE}graph/vocab> {{ ?s ?p ?o }}")
    assert sizes[f"{BASE}graph/vocab"] == counted[0]["n"]
    assert client.get("/sparql", "application/rdf+xml").headers["content-type"] == "application/rdf+xml"
    assert client.get("/sparql", "image/png").status_code == 406


def test_the_query_form_and_its_answers(client: Client) -> None:
    form = client.get("/sparql?lang=en", "text/html")
    assert form.status_code == 200
    assert form.text.count('<li><a href="/sparql?query=') == len(questions()) >= 30
    assert "<textarea" in form.text
    table = client.query(NAMES, **HTML_ACCEPT)
    assert "釧路港年間水揚量" in table.text
    assert "<script>" not in table.text
    assert "&lt;script&gt;" in table.text
    mistake = client.query("SELECT ?x { <script> ?y }", **HTML_ACCEPT)
    assert mistake.status_code == 400
    assert 'role="alert"' in mistake.text
    assert "<script>" not in mistake.text
    graph = client.query(ALL + " LIMIT 3", **HTML_ACCEPT)
    assert "<pre" in graph.text
    yes = client.query("ASK {}", **HTML_ACCEPT)
    assert "true" in yes.text


def test_too_large_a_result_for_a_page_is_said_to_be(client: Client) -> None:
    flood = f"SELECT ?s ?p ?o ?x WHERE {{ ?s ?p ?o VALUES ?x {{ {' '.join(map(str, range(30)))} }} }}"
    page = client.query(flood, **HTML_ACCEPT, headers={"Accept-Language": "en"})
    assert page.status_code == 200
    assert "too large" in page.text


@pytest.mark.parametrize("question", questions(), ids=lambda q: q.key)
@pytest.mark.parametrize("lang", ["ja", "en"])
def test_every_example_opens_filled_in_with_its_answer(client: Client, question: Question, lang: str) -> None:
    form = html.unescape(client.get(f"/sparql?lang={lang}", "text/html").text)
    assert question.titles[lang] in form
    assert question.abouts[lang] in form
    (address,) = re.findall(rf'<a href="([^"]+)">{re.escape(question.titles[lang])}<', form)
    answer = client.get(address, "text/html")
    assert answer.status_code == 200, answer.text
    assert 'id="answer"' in answer.text
    assert question.text in html.unescape(answer.text)


def test_questions_for_other_engines_are_shown_but_cannot_be_run_here(client: Client) -> None:
    elsewhere = [q for q in load_questions() if q.elsewhere]
    form = html.unescape(client.get("/sparql?lang=en", "text/html").text)
    assert elsewhere
    assert all(q.titles["en"] in form and q.text in form for q in elsewhere)
    assert form.count('<li><a href="/sparql?query=') == len(load_questions()) - len(elsewhere)


def test_problem_details_are_json(client: Client) -> None:
    response = client.query("ASK {", "application/json;q=0.9")
    assert json.loads(response.content)["status"] == 400
