"""The same site from another SPARQL endpoint: every page and description is the one that the release itself gives."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
from endpoint import Endpoint
from serving import BASE, GRAPHS, KPI, SETTINGS, Client

from kpigraph.releases import current_release
from kpigraph.serve import elsewhere as serving_states
from kpigraph.serve.elsewhere import Remote
from kpigraph.store.graphs import current_graphs

PAGES = [
    "/", "/doc/lg/012068", "/doc/lg/012068/goal-g1", KPI, "/doc/lg/012068/kpi-f3xk", "/doc/lg/012068/dept-i1",
    "/doc/lg/012068/doc/plan/2016/edition", "/doc/lg/012068/doc/plan/2016/st-p7q2-t", "/code/status", "/code/unit/ton",
    "/api/indicators/012068/p7q2", "/api/municipalities", "/api/search?q=水揚", "/search?q=水揚",
]  # fmt: skip

# Another endpoint has no releases: no feed of them, and none to cite.
_RELEASE = re.compile(
    r'<link rel="alternate" type="application/atom.xml".*?>|<dt>読み取りと公開.*?</dd>|、公開版 .*?(?=。)'
    r"|  (?:note|year) = .*\n"
)


@pytest.fixture(scope="module")
def endpoint(public: Path) -> Iterator[Endpoint]:
    release = current_release(public)
    assert release is not None
    made = Endpoint(list(ox.Store.read_only(str(release.store))))
    yield made
    made.close()


@pytest.fixture(scope="module")
def remote(endpoint: Endpoint) -> Iterator[Client]:
    made = Client(Remote(endpoint.address, BASE), SETTINGS)
    yield made
    made.close()


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_the_same_from_another_endpoint(client: Client, remote: Client, path: str) -> None:
    ours, theirs = client.get(path, "text/html"), remote.get(path, "text/html")
    assert theirs.status_code == ours.status_code == 200
    assert _RELEASE.sub("", theirs.text) == _RELEASE.sub("", ours.text)


@pytest.mark.parametrize("path", [f"{KPI}.ttl", "/doc/lg/012068.nt", "/doc/period/cy2015.jsonld", "/code/unit/ton.rdf"])
def test_a_description_is_the_same_from_another_endpoint(client: Client, remote: Client, path: str) -> None:
    assert remote.get(path).content == client.get(path).content


def test_names_lead_on_and_merged_things_are_gone(remote: Client) -> None:
    assert remote.get("/id/lg/012068", "text/turtle").headers["location"] == "/doc/lg/012068.ttl"
    assert remote.get("/doc/lg/012068/kpi-old1").status_code == 410
    assert remote.get("/doc/lg/999999").status_code == 404
    assert "dcat:Catalog" in remote.get("/catalog.ttl").text
    for path in ("/ns", "/code", "/shapes", "/download", "/validation", "/catalog"):
        assert remote.get(path, "text/html").status_code == 200, path


def test_a_page_costs_tens_of_requests(endpoint: Endpoint) -> None:
    client = Client(Remote(endpoint.address, BASE), SETTINGS)
    start = endpoint.asked
    assert client.get("/indicators", "text/html").status_code == 200  # makes the index of lists, once
    before = endpoint.asked
    assert 0 < before - start < 60
    assert client.get("/doc/lg/012068", "text/html").status_code == 200
    first = endpoint.asked - before
    assert 0 < first < 40
    assert client.get("/doc/lg/012068", "text/html").status_code == 200
    assert endpoint.asked - before == first
    client.close()


def test_changed_data_are_seen_after_a_while(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving_states, "_LOOKED_AFTER", 0.0)
    source = Remote(endpoint.address, BASE)
    first = source.served()
    label = ox.Quad(
        ox.NamedNode(f"{BASE}id/lg/012068/kpi-p7q2"),
        ox.NamedNode("http://www.w3.org/2004/02/skos/core#altLabel"),
        ox.Literal("別の名前", language="ja"),
        ox.NamedNode(GRAPHS[0]),
    )

    def settled() -> object:
        source.served()
        time.sleep(0.05)
        return source.served()

    for _ in range(40):
        settled()
    kept = source.served()
    assert kept is not first  # the first look has nothing to compare with
    assert settled() is kept
    endpoint.store.add(label)
    try:
        assert any(settled() is not kept for _ in range(100))
    finally:
        endpoint.store.remove(label)


def test_current_graphs_are_told_by_their_names() -> None:
    def of(series: str, edition: str) -> list[str]:
        return [f"{BASE}graph/lg/012068/doc/{series}/{edition}/{layer}" for layer in ("asserted", "derived")]

    shared = [f"{BASE}graph/{name}" for name in ("ref", "vocab", "current")]
    newest = [*of("plan", "10"), *of("other", "2016")]
    names = [*of("plan", "9"), *newest, *shared, "https://elsewhere.example/graph/x"]
    assert set(current_graphs(names, BASE)) == {*newest, *shared}
    assert current_graphs(names, "https://elsewhere.example/") == ()
    assert set(current_graphs([*GRAPHS, BASE + "graph/lg/012068/doc/plan/2015/asserted"], BASE)) == set(GRAPHS)
