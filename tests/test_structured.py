"""What search engines read in pages: JSON-LD in the words of schema.org that says what the publication says."""

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from rdflib import Graph, URIRef
from rdflib.namespace import RDF
from serving import Client, client_of, publish_sample

from kpigraph.prefixes import expand
from kpigraph.serve import structured

SCHEMA = "https://schema.org/"
LG = "https://w3id.org/kpigraph/id/lg/012068"
EDITION = "/doc/lg/012068/doc/sogo-senryaku-kpi/2016/edition"
CUBE = URIRef(f"{LG}/doc/sogo-senryaku-kpi/2016/cube")


@pytest.fixture(scope="module")
def client(publication: Path) -> Iterator[Client]:
    made = client_of(publication)
    yield made
    made.close()


def embedded(client: Client, path: str, lang: str = "ja") -> dict[str, Any]:
    text = client.get(path, "text/html", headers={"Accept-Language": lang}).text
    (script,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', text, re.DOTALL)
    loaded: dict[str, Any] = json.loads(script)
    return loaded


def graph(document: dict[str, Any]) -> Graph:
    """Return the document as RDF; its context, which is schema.org's, is not fetched."""
    assert document["@context"] == "https://schema.org"
    return Graph().parse(data=json.dumps(document | {"@context": {"@vocab": SCHEMA}}), format="json-ld")


def test_the_page_of_an_edition_is_a_dataset(client: Client, publication: Path) -> None:
    node = embedded(client, EDITION)
    assert (node["@type"], node["@id"]) == ("Dataset", str(CUBE))
    assert node["name"] == "釧路市 施策体系・重要業績評価指標（KPI）一覧"
    assert 50 <= len(node["description"]) <= 5000  # what Dataset Search asks for
    assert node["temporalCoverage"] == "2010-04-01/2027-12-31"
    assert node["spatialCoverage"][0]["name"] == "釧路市"
    assert node["creator"][0] == {
        "@type": "GovernmentOrganization",
        "@id": LG,
        "name": "釧路市",
        "url": LG.replace("/id/", "/doc/"),
    }
    assert "license" not in node  # the card states none
    assert len(node["variableMeasured"]) == 75
    assert {v["@type"] for v in node["variableMeasured"]} == {"StatisticalVariable"}
    catalogue = Graph().parse(publication / "current" / "catalog.ttl")
    published = {
        str(catalogue.value(d, URIRef(expand("dcat:downloadURL")))): int(
            str(catalogue.value(d, URIRef(expand("dcat:byteSize"))))
        )
        for d in catalogue.objects(CUBE, URIRef(expand("dcat:distribution")))
    }
    assert {d["contentUrl"]: int(d["contentSize"].removesuffix(" B")) for d in node["distribution"]} == published
    manifest = json.loads((publication / "current" / "manifest.json").read_text(encoding="utf-8"))
    for download in node["distribution"]:
        assert download["sha256"] == manifest["files"][download["contentUrl"].rsplit("/", 1)[-1]]["sha256"]
    assert {"text/csv", "text/turtle", "application/ld+json"} <= {d["encodingFormat"] for d in node["distribution"]}


def test_the_pages_of_indicators_give_every_observed_number_with_its_digits(client: Client, publication: Path) -> None:
    store = ox.Store.read_only(str(publication / "current" / "store"))
    wanted = {
        (row["s"].value, row["v"].value)
        for row in store.query(
            "PREFIX kpi: <https://w3id.org/kpigraph/ns#> PREFIX sm: <http://purl.org/linked-data/sdmx/2009/measure#> "
            "SELECT ?s ?v { ?s a ?kind ; sm:obsValue ?v FILTER(?kind IN (kpi:Baseline, kpi:Actual)) }",
            use_default_graph_as_union=True,
        )
    }
    found, variables = set(), embedded(client, EDITION)["variableMeasured"]
    for variable in variables:
        read = graph(embedded(client, variable["url"].removeprefix("https://w3id.org/kpigraph"), "en"))
        (this,) = read.subjects(RDF.type, URIRef(f"{SCHEMA}StatisticalVariable"))
        assert str(this) == variable["@id"]
        for s in read.subjects(RDF.type, URIRef(f"{SCHEMA}Observation")):
            assert read.value(s, URIRef(f"{SCHEMA}variableMeasured")) == this
            assert read.value(s, URIRef(f"{SCHEMA}unitText"))
            found.add((str(s), str(read.value(s, URIRef(f"{SCHEMA}value")))))
    assert found == wanted
    assert len(found) > 120


@pytest.mark.parametrize("path", ["/", "/catalog"])
def test_the_catalogue_names_its_datasets(client: Client, path: str) -> None:
    node = embedded(client, path, "en")
    assert node["@type"] == "DataCatalog"
    assert [d["@id"] for d in node["dataset"]] == [str(CUBE)]


def test_a_licence_is_told_where_the_card_states_it(tmp_path: Path) -> None:
    licence = ox.NamedNode("https://creativecommons.org/licenses/by/4.0/")
    asserted = f"{LG}/doc/plan/2016/asserted".replace("/id/", "/graph/")
    edition = ox.NamedNode(f"{LG}/doc/plan/2016/edition")
    stated = ox.Quad(edition, ox.NamedNode(expand("dct:license")), licence, ox.NamedNode(asserted))
    client = client_of(publish_sample(tmp_path, stated))
    try:
        assert embedded(client, "/doc/lg/012068/doc/plan/2016/edition")["license"] == licence.value
    finally:
        client.close()


@pytest.mark.parametrize("label", ["</script><script>alert(1)</script>", "<!--", "a & b", "\u2028", "]]>", '"\\'])
def test_no_text_ends_the_element(label: str) -> None:
    text = structured.script([{"@type": "StatisticalVariable", "name": label}])
    assert not set("<>&\u2028\u2029") & set(text)
    assert html.unescape(text) == text
    assert json.loads(text)["name"] == label
