"""The query editor of /sparql as the server sees it: the page with and without it, what it is told, what it completes.

What it does in a browser is tested in test_browser.py.
"""

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import REPO
from rdflib import RDF, SKOS, Graph, URIRef
from rdflib.namespace import OWL
from serving import BASE, KPI, Client
from test_assets import build

from kpigraph import ontology
from kpigraph.prefixes import CODE, NS, PREFIXES
from kpigraph.serve import assets
from kpigraph.serve.data_files import DataFiles
from kpigraph.serve.editor_texts import EDITOR
from kpigraph.serve.snapshot import Snapshot

SOURCES = REPO / "kpigraph" / "serve" / "editor" / "src"
SET = re.compile(r'<script type="application/json" id="editor-set">(.*?)</script>', re.DOTALL)
ATTACK = "</textarea></script><script>alert(1)</script>\"'><b>"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("editor") / "built"
    build(folder)
    return folder


@pytest.fixture(scope="module")
def edited(public: Path, built: Path) -> Iterator[Client]:
    """Lend a client of a server that has the editor."""
    client = Client(Snapshot(public), assets=assets.load(built))
    yield client
    client.close()


def told(page: str) -> dict[str, Any]:
    (text,) = SET.findall(page)
    found: dict[str, Any] = json.loads(text)
    return found


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_the_page_loads_the_editor_and_no_other_page_does(edited: Client, built: Path, lang: str) -> None:
    names = assets.load(built).editor
    page = edited.get(f"/sparql?lang={lang}", "text/html")
    assert f'<script type="module" src="/assets/{names["script"]}"></script>' in page.text
    assert f'<link rel="stylesheet" href="/assets/{names["style"]}">' in page.text
    assert EDITOR["editor_missing"][lang == "en"] not in page.text.split("</script>", 1)[1]
    policy = page.headers["content-security-policy"]
    assert "script-src 'self'; connect-src 'self'" in policy
    assert "style-src 'self';" in policy
    assert "unsafe" not in policy
    found = told(page.text)
    assert found["lang"] == lang
    assert found["words"]["stop"] == EDITOR["editor_stop"][lang == "en"]
    assert found["homes"][0] == [BASE + "id/", "/doc/"]
    assert found["given"] == PREFIXES
    for path in ("/", KPI, "/search", "/download", "/ns"):
        other = edited.get(path, "text/html")
        assert "editor" not in other.text
        assert "script-src" not in other.headers["content-security-policy"]


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_without_the_editor_the_page_says_so_and_is_a_form(client: Client, lang: str) -> None:
    page = client.get(f"/sparql?lang={lang}", "text/html")
    assert EDITOR["editor_missing"][lang == "en"] in html.unescape(page.text)
    assert "<textarea" in page.text
    assert "<script" not in page.text
    assert "script-src" not in page.headers["content-security-policy"]


def test_a_query_in_the_address_stands_in_the_field_and_nowhere_runs(edited: Client) -> None:
    for query in (f"SELECT ({json.dumps(ATTACK)} AS ?x) {{}}", ATTACK):
        page = edited.get("/sparql", "text/html", params={"query": query})
        assert html.unescape(page.text).count(query) >= 1
        assert ATTACK not in page.text
        assert "alert(1)</script>" not in page.text
        assert page.text.count("<script") == 2
        told(page.text)


def test_an_answer_on_the_page_is_not_evaluated_again_for_the_editor(edited: Client) -> None:
    query = "SELECT ?i WHERE { ?i a kpi:Indicator } ORDER BY ?i LIMIT 2"
    metrics = edited.app.state.metrics
    hits = metrics.series(metrics.cache, "hit")
    assert edited.query(query, "text/html").status_code == 200
    before = hits._value.get()
    answer = edited.get("/sparql", "application/sparql-results+json, text/turtle;q=0.9", params={"query": query})
    assert len(answer.json()["results"]["bindings"]) == 2
    assert hits._value.get() == before + 1
    assert edited.query(query, "text/html").text.count("<tr>") == 3


# --- what it completes


@pytest.fixture(scope="module")
def vocabulary() -> Graph:
    return ontology.load_vocabulary()


@pytest.fixture(scope="module")
def completed(client: Client) -> dict[str, Any]:
    response = client.get("/sparql/terms")
    assert response.headers["content-type"] == "application/json"
    assert client.get("/sparql/terms", headers={"If-None-Match": response.headers["etag"]}).status_code == 304
    found: dict[str, Any] = response.json()
    return found


def full(name: str) -> str:
    prefix, _, local = name.partition(":")
    return name[1:-1] if name.startswith("<") else PREFIXES[prefix] + local


def test_it_completes_the_terms_of_the_ontology_and_no_others(completed: dict[str, Any], vocabulary: Graph) -> None:
    assert completed["prefixes"] == PREFIXES
    kinds = {"class": (OWL.Class,), "property": (OWL.ObjectProperty, OWL.DatatypeProperty)}
    for kind, classes in kinds.items():
        defined = {str(s) for c in classes for s in vocabulary.subjects(RDF.type, c) if str(s).startswith(NS)}
        given = {full(t["name"]) for t in completed["terms"] if t["kind"] == kind}
        assert {iri for iri in given if iri.startswith(NS)} == defined
        assert len(defined) > 15
    codes = {full(t["name"]): t for t in completed["terms"] if t["kind"] == "code"}
    assert {iri for iri in codes if "/" not in iri.removeprefix(CODE)} == {
        str(s) for s, o in vocabulary.subject_objects(SKOS.inScheme) if str(o).startswith(CODE)
    }
    for term in completed["terms"]:
        said = {str(o.language): str(o) for o in vocabulary.objects(URIRef(full(term["name"])), SKOS.prefLabel)}
        assert not said or (term["ja"], term["en"]) == (said["ja"], said["en"]), term
        assert term["ja"], term
        assert term["en"], term


def test_a_property_of_codes_leads_to_its_codes(completed: dict[str, Any]) -> None:
    terms = {t["name"]: t for t in completed["terms"]}
    assert terms["kpi:role"]["values"] == terms["c:role-target"]["scheme"] == "c:role"
    assert {t["name"] for t in completed["terms"] if t.get("scheme") == "c:role"} == {
        "c:role-actual", "c:role-baseline", "c:role-target",
    }  # fmt: skip


def test_rdf_files_as_they_are_have_prefixes_to_declare(tmp_path: Path, built: Path) -> None:
    (tmp_path / "a.ttl").write_text("<http://e/a> a <http://e/C> .", "utf-8")
    source = DataFiles([tmp_path / "a.ttl"], None)
    client = Client(source, assets=assets.load(built))
    try:
        assert told(client.get("/sparql", "text/html").text)["given"] == {}
        assert client.get("/sparql/terms").json()["prefixes"]["skos"]
    finally:
        client.close()
        source.close()


# --- the script


def test_the_script_says_what_there_are_words_for() -> None:
    text = "\n".join(p.read_text(encoding="utf-8") for p in SOURCES.glob("*.js"))
    said = set(re.findall(r'\bsay\("(\w+)"', text)) | set(re.findall(r'\b(?:note|move|choice)\([^")]*"(\w+)"', text))
    kinds = {"class", "property", "code"}
    page = (REPO / "kpigraph" / "serve" / "templates" / "sparql.html").read_text(encoding="utf-8")
    said |= set(re.findall(r"t\.editor_(\w+)", page))
    assert said | kinds == {key.removeprefix("editor_") for key in EDITOR}
    for ja, en in EDITOR.values():
        assert set(re.findall(r"{\w+}", ja)) == set(re.findall(r"{\w+}", en))


def test_the_script_names_no_other_host_and_makes_no_markup() -> None:
    for path in SOURCES.glob("*.js"):
        text = path.read_text(encoding="utf-8")
        assert re.findall(r"https?://[a-z][\w.]+", text) in ([], ["http://www.w3.org"]), path
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function", text), (
            path
        )


@pytest.mark.skipif(not assets.load().editor, reason="the editor is not built (make web)")
def test_the_licences_of_every_package_are_delivered_with_the_bundle() -> None:
    files = assets.load()
    texts = files.files[files.editor["licences"]].body.decode()
    lock = json.loads((SOURCES.parent / "package-lock.json").read_text(encoding="utf-8"))
    for place, entry in lock["packages"].items():
        name = place.rpartition("node_modules/")[2]
        if place and not entry.get("dev") and not re.match(r"@?esbuild(/|$)|@types/", name):
            assert f"{name} {entry['version']}" in texts
    for role in ("script", "style"):
        assert f"/assets/{files.editor['licences']}".encode() in files.files[files.editor[role]].body[:200]
