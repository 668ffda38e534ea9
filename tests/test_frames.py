"""A framed document says what the publication says, no more, and all of it about the thing itself."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sample
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Triple
from serving import client_of
from test_jsonld import READERS

from kpigraph import frames, jsonld
from kpigraph.frames import FRAMES, Backwards, Frame, framed
from kpigraph.prefixes import DESCRIPTION_PREFIXES, expand
from kpigraph.releases import current_release
from kpigraph.store import embedded
from kpigraph.store.embedded import EmbeddedStore

BASE = "https://w3id.org/kpigraph/"
LG = f"{BASE}id/lg/012068"
CLASSES = (
    *FRAMES,
    "kpi:Correction", "kpi:Period", "kpi:Unit", "kpi:ResolvedTarget", "kpi:PrintedReading", "kpi:Placement",
    "kpi:DerivationRun", "time:Instant", "oa:TextQuoteSelector", "skos:ConceptScheme", "owl:Class",
)  # fmt: skip


@pytest.fixture(scope="module")
def store(publication: Path) -> Iterator[EmbeddedStore]:
    release = current_release(publication)
    assert release is not None
    opened = embedded.open_read_only(release.store, release.default_graphs)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def published(store: EmbeddedStore) -> set[Triple]:
    return {q.triple for q in store.engine.quads_for_pattern(None, None, None, None)}


@pytest.fixture(scope="module")
def said(published: set[Triple]) -> dict[NamedNode | BlankNode | Triple, set[Triple]]:
    """What is published, by its subject."""
    of: defaultdict[NamedNode | BlankNode | Triple, set[Triple]] = defaultdict(set)
    for triple in published:
        of[triple.subject].add(triple)
    return of


def things(store: EmbeddedStore, class_: str) -> list[str]:
    rows = store.select(f"SELECT DISTINCT ?s {{ ?s a {class_} }} ORDER BY ?s")
    return [s.value for row in rows if isinstance(s := row["s"], NamedNode)]


def document(store: EmbeddedStore, iri: str) -> dict[str, Any]:
    node = framed(store, iri)
    assert node is not None
    return node


def indicator(store: EmbeddedStore, label: str) -> dict[str, Any]:
    rows = list(store.select(f'SELECT ?s {{ ?s a kpi:Indicator ; skos:prefLabel "{label}"@ja }}'))
    return document(store, rows[0]["s"].value)  # type: ignore[union-attr]


@pytest.mark.parametrize("class_", CLASSES)
def test_nothing_is_invented_and_nothing_about_the_thing_is_left_out(
    store: EmbeddedStore, published: set[Triple], said: dict[NamedNode, set[Triple]], class_: str
) -> None:
    found = things(store, class_)
    assert found, class_
    for iri in found[:: max(1, len(found) // 25)]:
        read = READERS["oxigraph"](jsonld.rendered(document(store, iri)))
        assert read <= published, iri
        assert said[NamedNode(iri)] <= read, iri


@pytest.mark.parametrize("reader", READERS)
def test_every_reader_finds_the_same_in_it(store: EmbeddedStore, published: set[Triple], reader: str) -> None:
    for iri in (f"{LG}/doc/sogo-senryaku-kpi/2016/edition", *things(store, "kpi:Indicator")[::9], LG):
        text = jsonld.rendered(document(store, iri))
        assert READERS[reader](text) == READERS["oxigraph"](text)


def test_an_indicator_has_everything_a_reader_asks_of_it(store: EmbeddedStore) -> None:
    node = indicator(store, "釧路港年間水揚量")
    assert node["prefLabel"] == {"ja": "釧路港年間水揚量"}
    assert node["department"]["prefLabel"] == {"ja": "水産課"}
    (listing,) = node["listings"]
    measure = listing["underMeasure"]
    assert measure["prefLabel"] == {"ja": "持続的成長を目指した水産業の振興"}
    goal = measure["broader"][0]["broader"][0]
    assert goal["prefLabel"] == {"ja": "地域経済のプラス成長と雇用の創出を図る"}
    assert listing["placement"]["notation"] == "ア"
    (target,) = node["targets"]
    assert (target["statedValue"], target["statedPeriod"], target["obsValue"]) == ("120,000", "H31年", "120000")
    assert (target["refPeriod"]["startDate"], target["refPeriod"]["endDate"]) == ("2019-01-01", "2019-12-31")
    assert target["hasUnit"]["prefLabel"]["ja"] == "トン"
    assert target["role"]["prefLabel"]["ja"]
    (row,) = (
        target["wasDerivedFrom"] if isinstance(target["wasDerivedFrom"][0], dict) else listing["wasDerivedFrom"][2:]
    )
    assert row["order"] == 8
    assert any("120,000" in s.get("exact", "") for s in row["hasSelector"])
    assert [a["obsValue"] for a in node["actuals"]] == ["114977"]
    assert [b["obsValue"] for b in node["baselines"]] == ["117779"]
    (assessment,) = node["assessments"]
    assert assessment["progressRatio"] == "-1.2616"
    assert assessment["status"]["prefLabel"]["en"]


def test_every_statement_and_listing_stands_under_its_indicator(store: EmbeddedStore) -> None:
    counts = dict.fromkeys(("listings", "baselines", "actuals", "targets", "assessments"), 0)
    for iri in things(store, "kpi:Indicator"):
        node = document(store, iri)
        for word in counts:
            counts[word] += len(node[word])
    assert counts == {"listings": 87, "baselines": 75, "actuals": 75, "targets": 75, "assessments": 75}


def test_a_corrected_figure_shows_what_was_printed_and_why(store: EmbeddedStore) -> None:
    corrected = 0
    for iri in things(store, "kpi:Indicator"):
        node = document(store, iri)
        statements = [s for word in ("baselines", "actuals", "targets") for s in node[word] if "wasRevisionOf" in s]
        corrected += len(statements)
        assert all("statedValue" in s["wasRevisionOf"] for s in statements)
        told = [c for s in statements for c in (s["wasGeneratedBy"], *s["correctedBy"]) if "note" in c]
        assert bool(told) == bool(statements)  # a correction of several statements is told once
        assert all(c["note"].keys() == c["evidence"].keys() == {"ja", "en"} for c in told)
        assert all(c["originalText"] != c["correctedText"] for c in told)
    assert corrected == 9


def test_the_edition_is_the_tree_of_the_plan(store: EmbeddedStore) -> None:
    node = document(store, f"{LG}/doc/sogo-senryaku-kpi/2016/edition")
    assert [g["notation"] for g in node["plan"]] == ["1", "2", "3", "4", "5"][: len(node["plan"])]
    directions = [d for goal in node["plan"] for d in goal["contains"]]
    measures = [m for direction in directions for m in direction["contains"]]
    listed = [x for measure in measures for x in measure.get("listed", [])]
    assert (len(node["plan"]), len(directions), len(measures), len(listed)) == (5, 24, 55, 87)
    assert [m["notation"] for m in directions[0]["contains"]][:3] == ["ア", "イ", "ウ"]
    assert all(x["indicator"]["prefLabel"]["ja"] for x in listed)
    assert node["parts"][0]["checksum"]["checksumValue"]


def test_municipality_department_strategy_and_measure(store: EmbeddedStore) -> None:
    city = document(store, LG)
    assert (len(city["indicators"]), len(city["departments"]), len(city["goals"])) == (75, 23, 5)
    assert city["strategies"][0]["editions"][0]["version"] == "2016"
    held = [document(store, iri)["responsibleFor"] for iri in things(store, "org:OrganizationalUnit")]
    assert sum(map(len, held)) == 75
    strategy = document(store, f"{LG}/doc/sogo-senryaku-kpi")
    assert strategy["editions"][0]["publisher"]["prefLabel"]["ja"] == "釧路市"
    measures = [document(store, iri) for iri in things(store, "kpi:Measure")]
    assert sum(len(m.get("lists", [])) for m in measures) == 87
    assert sum(len(m["placedAs"]) for m in measures) == 55


@pytest.mark.parametrize("iri", [f"{LG}/kpi-none", "https://example.org/", "urn:x"])
def test_what_nobody_speaks_of_has_no_document(store: EmbeddedStore, iri: str) -> None:
    assert framed(store, iri) is None


@pytest.mark.parametrize("iri", ["", "not an IRI", "x:> ?p ?o } #", "/relative"])
def test_what_is_no_iri_is_refused(store: EmbeddedStore, iri: str) -> None:
    with pytest.raises(ValueError, match="IRI"):
        framed(store, iri)


def test_the_same_thing_gives_the_same_bytes(store: EmbeddedStore) -> None:
    iri = things(store, "kpi:Indicator")[0]
    assert jsonld.rendered(document(store, iri)) == jsonld.rendered(document(store, iri))


def test_a_document_is_for_people_its_context_is_one_line(store: EmbeddedStore) -> None:
    lines = jsonld.rendered(document(store, LG)).decode().splitlines()
    assert lines[1].startswith('  "@context": {')
    assert lines[2] == f'  "id": "{LG}",'
    assert "釧路市" in "".join(lines)
    assert lines[-1] == "}"


def words(frame: Frame) -> Iterator[tuple[str, Backwards]]:
    yield from frame.backwards.items()
    for below in (*frame.nested.values(), *(b.frame for b in frame.backwards.values()), frame.otherwise):
        if below is not None:
            yield from words(below)


def test_every_word_read_backwards_means_the_property_that_is_looked_up() -> None:
    context = json.loads(jsonld.context_file())["@context"]
    used = {(word, b.property) for frame in FRAMES.values() for word, b in words(frame)}
    assert used == {(word, context[word]["@reverse"]) for word, _ in used}
    assert {w for w, e in context.items() if isinstance(e, dict) and "@reverse" in e} == {word for word, _ in used}


# ---- odd input


@pytest.fixture
def odd(tmp_path: Path) -> Iterator[EmbeddedStore]:
    long = "あ" * 100_000
    label, kpi = NamedNode(expand("skos:prefLabel")), f"{sample.BASE}id/lg/012068/kpi-odd"
    asserted = NamedNode(sample.DEFAULT_GRAPHS[0])
    more = [
        Quad(NamedNode(kpi), NamedNode(expand("rdf:type")), NamedNode(expand("kpi:Indicator")), asserted),
        *(
            Quad(NamedNode(kpi), label, Literal(text, language="ja"), asserted)
            for text in ("<b>&\"'</b>", "\x00\x1b\u2028", long, "")
        ),
        # A ring: a measure under itself, a correction of a correction.
        Quad(NamedNode(f"{kpi}-m"), NamedNode(expand("rdf:type")), NamedNode(expand("kpi:Measure")), asserted),
        Quad(NamedNode(f"{kpi}-m"), NamedNode(expand("skos:broader")), NamedNode(f"{kpi}-m"), asserted),
        Quad(NamedNode(f"{kpi}-s"), NamedNode(expand("rdf:type")), NamedNode(expand("kpi:Statement")), asserted),
        Quad(NamedNode(f"{kpi}-s"), NamedNode(expand("prov:wasRevisionOf")), NamedNode(f"{kpi}-s"), asserted),
        Quad(NamedNode(f"{kpi}-s"), NamedNode(expand("kpi:indicator")), Literal("not a reference"), asserted),
    ]
    with embedded.create(tmp_path / "store", [*sample.quads(), *more]):
        pass
    opened = embedded.open_read_only(tmp_path / "store", sample.DEFAULT_GRAPHS)
    yield opened
    opened.close()


@pytest.mark.parametrize("end", ["", "-m", "-s"])
def test_odd_labels_and_rings_are_given_as_they_are(odd: EmbeddedStore, end: str) -> None:
    iri = f"{sample.BASE}id/lg/012068/kpi-odd{end}"
    text = jsonld.rendered(document(odd, iri))
    expected = {q.triple for q in odd.quads(iri)}
    for name, read in READERS.items():
        assert expected <= read(text), name


def test_a_superseded_edition_is_found_in_its_own_graphs(odd: EmbeddedStore) -> None:
    former = [q for q in sample.quads() if q.graph_name.value not in sample.DEFAULT_GRAPHS]  # type: ignore[union-attr]
    (edition,) = {
        q.subject.value  # type: ignore[union-attr]
        for q in former
        if q.predicate.value == expand("rdf:type") and q.object == NamedNode(expand("kpi:Edition"))
    }
    node = document(odd, edition)
    read = READERS["oxigraph"](jsonld.rendered(node))
    assert {q.triple for q in odd.quads(edition)} <= read
    assert read <= {q.triple for q in sample.quads()}
    later = EmbeddedStore(odd.engine, Path(), (f"{sample.BASE}graph/lg/012068/doc/plan/2021/asserted",))
    (goal,) = document(later, f"{sample.EDITION}edition")["plan"]  # what refers to it is found there too
    assert goal["contains"][0]["contains"]


def test_prefixes_of_the_context_are_those_of_the_project() -> None:
    context = json.loads(jsonld.context_file())["@context"]
    prefixes = {k: v for k, v in context.items() if isinstance(v, str) and v.endswith(("/", "#"))}
    assert prefixes == DESCRIPTION_PREFIXES


def test_no_frame_names_a_property_that_is_not_there(published: set[Triple]) -> None:
    def properties(frame: Frame) -> Iterator[str]:
        yield from (*(frame.says or ()), *frame.nested)
        for below in (*frame.nested.values(), *(b.frame for b in frame.backwards.values()), frame.otherwise):
            if below is not None:
                yield from properties(below)
        yield from (b.property for b in frame.backwards.values())

    named = {expand(name) for frame in FRAMES.values() for name in properties(frame)}
    missing = named - {t.predicate.value for t in published}
    assert missing <= {
        expand(name) for name in ("kpi:conflicting", "dcat:previousVersion", "kpi:part")
    }  # the real edition has none


def test_labels_are_repeated_and_the_rest_is_told_once(store: EmbeddedStore) -> None:
    node = document(store, f"{LG}/doc/sogo-senryaku-kpi/2016/edition")
    assert frames.LABEL.is_flat
    text = json.dumps(node, ensure_ascii=False)
    assert text.count('"checksumValue": "') == 1
    names = [x["indicator"]["prefLabel"] for g in node["plan"] for d in g["contains"] for m in d["contains"]
             for x in m.get("listed", [])]  # fmt: skip
    assert len(names) > len({name["ja"] for name in names})
    for iri in things(store, "kpi:Indicator")[::5]:
        lines = re.findall('"value": "(line=[^"]*)"', json.dumps(document(store, iri)))
        assert lines
        assert len(lines) == len(set(lines))


def test_the_server_gives_the_document_and_pages_lead_to_it(publication: Path, store: EmbeddedStore) -> None:
    iri = indicator(store, "釧路港年間水揚量")["id"]
    path = iri.replace(BASE + "id", "/doc")
    client = client_of(publication)
    try:
        response = client.get(f"{path}.json")
        assert response.headers["content-type"] == "application/ld+json"
        assert response.json() == document(store, iri)
        assert f'href="{path}.json"' in client.get(path, "text/html").text
        assert client.get("/code/status.json").json()["id"] == "c:status"
        assert client.get(f"{path}-nothing.json").status_code == 404
    finally:
        client.close()
