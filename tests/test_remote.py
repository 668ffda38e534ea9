"""Another SPARQL endpoint as the store: the same answers, the same guard, the same limits, whoever it is."""

import contextlib
import http.server
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs

import pyoxigraph as ox
import pytest
import virtuoso
from conftest import REPO
from serving import BASE, Client, another_server
from typer.testing import CliRunner

from kpigraph import store
from kpigraph.cli import app
from kpigraph.config import Settings
from kpigraph.problems import UsageError
from kpigraph.serve.data_files import DataFiles
from kpigraph.serve.elsewhere import Remote
from kpigraph.store.remote import RemoteStore

SAMPLE = REPO / "tests" / "sample" / "serve-sample.trig"
SETTINGS = Settings(query_seconds=4, workers=2)
EDITION = f"{BASE}graph/lg/012068/doc/plan/2016/"
GRAPHS = [EDITION + "asserted", BASE + "graph/ref"]
DATASET = {"default-graph-uri": GRAPHS, "named-graph-uri": GRAPHS}
JSON = "application/sparql-results+json"
PREFIXES = "PREFIX kpi: <https://w3id.org/kpigraph/ns#> PREFIX skos: <http://www.w3.org/2004/02/skos/core#> "
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l FILTER(?c > ?l || ?f < ?i) }"
SOLUTIONS = [
    PREFIXES + "SELECT ?name { ?i a kpi:Indicator ; skos:prefLabel ?name } ORDER BY ?name",
    PREFIXES + "SELECT * { ?z skos:prefLabel ?m . ?z a ?b } ORDER BY ?z STR(?m) ?b",
    "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }",
    'SELECT ("a\\r\\nb \\"c\\" ,\\t<d>" AS ?x) {}',
    "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g ORDER BY ?g",
    PREFIXES + "ASK { ?i a kpi:Indicator }",
    PREFIXES + "ASK { ?i a kpi:NoSuchThing }",
]


def another_kpigraph() -> contextlib.AbstractContextManager[str]:
    """Lend the address of the endpoint of a server process of our own: any SPARQL server will do."""
    return another_server("--data", str(SAMPLE))


@pytest.fixture(
    scope="module",
    params=[
        "kpigraph",
        pytest.param("virtuoso", marks=pytest.mark.skipif(bool(virtuoso.MISSING), reason=virtuoso.MISSING)),
    ],
)
def address(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if request.param == "kpigraph":
        with another_kpigraph() as found:
            yield found
    else:
        with virtuoso.running(tmp_path_factory.mktemp("virtuoso"), ox.parse(path=str(SAMPLE))) as server:
            yield server.address


@pytest.fixture(scope="module")
def remote(address: str) -> Iterator[Client]:
    client = Client(Remote(address), SETTINGS)
    yield client
    client.close()


@pytest.fixture(scope="module")
def embedded() -> Iterator[Client]:
    source = DataFiles([SAMPLE])
    client = Client(source, SETTINGS)
    yield client
    client.close()
    source.close()


def ask(client: Client, query: str, accept: str) -> bytes:
    response = client.get("/sparql", accept, params={"query": query, **DATASET})
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].split(";")[0] == accept
    return response.content


@pytest.mark.parametrize("accept", [JSON, "application/sparql-results+xml", "text/csv", "text/tab-separated-values"])
@pytest.mark.parametrize("query", SOLUTIONS)
def test_the_same_bytes_whoever_computed_them(remote: Client, embedded: Client, query: str, accept: str) -> None:
    assert ask(remote, query, accept) == ask(embedded, query, accept)


def test_the_same_graphs(remote: Client, embedded: Client) -> None:
    query = PREFIXES + "CONSTRUCT { ?s skos:prefLabel ?o } WHERE { ?s skos:prefLabel ?o }"
    found = []
    for client in (remote, embedded):
        text = ask(client, query, "application/n-triples")
        found.append({q.triple for q in ox.parse(text, format=ox.RdfFormat.N_TRIPLES)})
        turtle = ask(client, query, "text/turtle")
        assert {q.triple for q in ox.parse(turtle, format=ox.RdfFormat.TURTLE)} == found[0]
    assert found[0] == found[1] != set()


def test_errors_are_told_apart_here(remote: Client) -> None:
    wrong = remote.query("SELECT ?x\nWHERE { ?x ?p }", "application/json")
    assert (wrong.status_code, wrong.json()["line"]) == (400, 2)
    assert remote.query("SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }").status_code == 400
    assert remote.query("CLEAR ALL").status_code == 400


def test_service_goes_to_the_listed_endpoints_and_no_others() -> None:
    source = DataFiles([SAMPLE])
    with another_kpigraph() as address, contextlib.closing(source):
        client = Client(source, Settings(services=(address,)))
        try:
            there = f"SERVICE <{address}> {{ SELECT (COUNT(*) AS ?n) {{ GRAPH <{GRAPHS[0]}> {{ ?s ?p ?o }} }} }}"
            (row,) = client.rows(f"SELECT ?n {{ {there} }}")
            (own,) = client.rows(f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{GRAPHS[0]}> {{ ?s ?p ?o }} }}")
            assert row == own != {"n": "0"}
            for elsewhere in (address + "2", address.replace("127.0.0.1", "localhost"), "http://127.0.0.1:1/"):
                refused = client.query(f"SELECT * {{ SERVICE <{elsewhere}> {{ ?s ?p ?o }} }}", "text/plain")
                assert refused.status_code == 400
                assert address in refused.text
            named = f"SELECT * {{ VALUES ?e {{ <{address}> }} SERVICE ?e {{ ?s ?p ?o }} }}"
            assert client.query(named).status_code == 400
        finally:
            client.close()


def test_a_long_query_is_stopped_and_others_pass(remote: Client) -> None:
    response = remote.get("/sparql", JSON, params={"query": ENDLESS, **DATASET})
    assert response.status_code == 503, response.text
    assert int(response.headers["retry-after"]) > 0
    assert b"true" in ask(remote, "ASK { ?s ?p ?o }", JSON)


def test_the_endpoint_describes_itself(remote: Client) -> None:
    said = {q.triple for q in ox.parse(remote.get("/sparql", "text/turtle").content, format=ox.RdfFormat.TURTLE)}
    names = {t.object.value for t in said if t.predicate.value.endswith("service-description#namedGraph")}
    assert set(GRAPHS) <= names


def test_a_thing_has_its_description(remote: Client) -> None:
    response = remote.get("/doc/lg/012068/kpi-p7q2", "text/turtle")
    assert response.status_code == 200
    assert "釧路港年間水揚量" in response.text


def test_the_store_protocol(address: str) -> None:
    opened = store.open_store(address, GRAPHS)
    assert isinstance(opened, RemoteStore)
    assert set(GRAPHS) <= set(opened.named_graphs())
    subject = f"{BASE}id/lg/012068/kpi-p7q2"
    local = {q for q in ox.parse(path=str(SAMPLE)) if q.subject == ox.NamedNode(subject)}
    assert set(opened.quads(subject)) == local
    assert set(opened.describe(subject)) == {q.triple for q in local if q.graph_name.value in GRAPHS}
    (row,) = opened.select("SELECT (COUNT(*) AS ?n) { ?i a kpi:Indicator }")
    kind = ox.NamedNode("https://w3id.org/kpigraph/ns#Indicator")
    assert int(row["n"].value) == sum(q.object == kind for q in ox.parse(path=str(SAMPLE)))


def test_the_command_line_asks_it_too(address: str) -> None:
    query = f"SELECT ?name FROM <{GRAPHS[0]}> FROM <{GRAPHS[1]}> {{ ?i a kpi:Indicator ; skos:prefLabel ?name }}"
    result = CliRunner().invoke(app, ["query", query, "--store", address, "--format", "csv"])
    assert result.exit_code == 0
    assert "釧路港年間水揚量" in result.stdout


class _Odd(http.server.BaseHTTPRequestHandler):
    """A server that does something else than it should, by the query it gets."""

    asked: list[str] = []  # noqa: RUF012

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        query = parse_qs(body)["query"][0]
        if query == "ASK {}" or "urn:kpigraph:" in query:  # whether it is Virtuoso, whether it holds releases
            self._say(JSON, b'{"head":{"vars":[]},"results":{"bindings":[]}}')
            return
        self.asked.append(query)
        if "redirect" in query:
            self.send_response(307)
            self.send_header("Location", "http://127.0.0.1:1/elsewhere")
            self.end_headers()
        elif "nonsense" in query:
            self._say("text/html", b"<p>hello</p>")
        elif "broken" in query:
            self._say(JSON, b'{"head":{"vars":["s"]},"results":{"bindings":[{"s":')
        elif "renamed" in query:
            self._say(JSON, b'{"head":{"vars":["S"]},"results":{"bindings":[]}}')
        elif "slow" in query:
            time.sleep(20)
        else:
            self.send_response(500)
            self.end_headers()

    def _say(self, media_type: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


def test_a_server_that_misbehaves_is_a_bad_gateway_and_no_more() -> None:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Odd) as odd:
        odd.daemon_threads = True
        odd.block_on_close = False
        threading.Thread(target=odd.serve_forever, daemon=True).start()
        client = Client(Remote(f"http://127.0.0.1:{odd.server_address[1]}/x"), Settings(query_seconds=1))
        for what in ("redirect", "nonsense", "broken", "renamed", "anything"):
            response = client.query(f"SELECT ?s {{ ?s ?p '{what}' }}", headers={"Accept-Language": "en"})
            assert response.status_code in (500, 502), (what, response.text)
            assert "Traceback" not in response.text
        assert client.query("SELECT ?s { ?s ?p 'slow' }").status_code == 503
        asked = len(_Odd.asked)
        assert client.query("SELECT ?s { SERVICE <http://a.example/> {} }").status_code == 400
        assert client.query("SELECT ?s {").status_code == 400
        assert len(_Odd.asked) == asked  # neither left this server
        client.close()
        odd.shutdown()


def test_nobody_there(tmp_path: Path) -> None:
    client = Client(Remote("http://127.0.0.1:1/sparql"), SETTINGS)
    asked, page = client.query("ASK {}"), client.get("/doc/lg/012068/kpi-p7q2", "text/turtle")
    assert asked.status_code == page.status_code == 503
    assert asked.headers["retry-after"]
    assert "Traceback" not in asked.text + page.text
    client.close()
    with pytest.raises(UsageError):
        Remote("ftp://a.example/")
