"""The documentation of the ontology for people, at /ns: every term in both languages, picture, examples, shapes."""

import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from rdflib import RDF, Graph, Literal, URIRef
from rdflib.namespace import RDFS
from serving import Client, client_of

from kpigraph.config import resource_dir
from kpigraph.prefixes import NS, expand
from kpigraph.serve import diagram
from kpigraph.serve.describe import Text
from kpigraph.serve.rules import rules_by_class
from kpigraph.vocab import KPI, SKOS

FOLDER = resource_dir("ontology")
TERMS = sorted(name for name in KPI.__annotations__ if not name.startswith("_"))
CLASSES = [name for name in TERMS if name[0].isupper()]


@pytest.fixture(scope="module")
def ontology() -> Graph:
    return Graph().parse(FOLDER / "kpi.ttl")


@pytest.fixture(scope="module")
def client(publication: Path) -> Iterator[Client]:
    made = client_of(publication)
    yield made
    made.close()


def articles(client: Client, lang: str) -> dict[str, str]:
    """Return what the page says of each term, by the term's name."""
    text = client.get("/ns", "text/html", headers={"Accept-Language": lang}).text
    parts = re.findall(r'<article class="term" id="(\w+)">(.*?)</article>', text, re.DOTALL)
    assert len({name for name, _ in parts}) == len(parts)
    return {name: html.unescape(part) for name, part in parts}


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_every_term_has_its_label_definition_and_example(client: Client, ontology: Graph, lang: str) -> None:
    found = articles(client, lang)
    assert set(found) == set(TERMS)
    for name, part in found.items():
        for predicate in (RDFS.label, SKOS.definition, SKOS.example):
            said = [o for o in ontology.objects(KPI[name], predicate) if isinstance(o, Literal)]
            (text,) = [o for o in said if o.language == lang] or said
            assert str(text) in part, (name, predicate)


def test_every_class_has_its_whole_example_and_its_shapes(client: Client) -> None:
    found = articles(client, "en")
    for name in CLASSES:
        assert f'href="/ns/examples/{name}.ttl"' in found[name]
        for rule in rules_by_class().get(NS + name, ()):
            assert f'href="/shapes#{rule.name}"' in found[name]
            assert rule.messages["en"] in found[name]
    assert sum(bool(rules_by_class().get(NS + name)) for name in CLASSES) == len(CLASSES)
    shown = client.get("/ns/examples/Target.ttl")
    assert shown.headers["content-type"].startswith("text/turtle")
    assert shown.content == (FOLDER / "examples" / "Target.ttl").read_bytes()


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_the_page_has_picture_version_licence_and_changes(client: Client, ontology: Graph, lang: str) -> None:
    text = html.unescape(client.get("/ns", "text/html", headers={"Accept-Language": lang}).text)
    assert text.count("<svg") == 1
    for name in CLASSES:
        assert f'<a href="#{name}"><rect' in text
    about = URIRef(NS.removesuffix("#"))
    for predicate in ("owl:versionInfo", "owl:versionIRI", "dct:license", "dct:modified"):
        assert str(ontology.value(about, URIRef(expand(predicate)))) in text
    for predicate in ("dct:description", "skos:note", "skos:changeNote"):
        said = [str(o) for o in ontology.objects(about, URIRef(expand(predicate))) if o.language == lang]
        assert said
        assert all(s in text for s in said)
    for file in FOLDER.glob("align-*.ttl"):
        assert f"/ns/align/{file.stem.removeprefix('align-')}" in text


def test_every_arrow_of_the_picture_is_a_fact(ontology: Graph) -> None:
    picture = diagram.draw(Text)
    assert {b.name for b in picture["boxes"]} == set(CLASSES)
    below = {(str(s).removeprefix(NS), str(o).removeprefix(NS)) for s, o in ontology.subject_objects(RDFS.subClassOf)}
    assert set(picture["subclasses"]) == {(s, o) for s, o in below if s in CLASSES and o in CLASSES}
    examples = Graph()
    for path in (FOLDER / "examples").glob("*.ttl"):
        examples.parse(path)
    for start, prop, end in picture["facts"]:
        pairs = examples.subject_objects(URIRef(expand(prop)))
        assert any((s, RDF.type, KPI[start]) in examples and (o, RDF.type, KPI[end]) in examples for s, o in pairs), (
            start,
            prop,
            end,
        )
