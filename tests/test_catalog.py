"""The catalogue: DCAT-AP 3.0.1, read back by a real harvester; VoID, the service description, quality measurements."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import harvester
import pyoxigraph as ox
import pytest
import sample
from conftest import BLOCK, HEADER, HEADINGS, REPO, Case
from rdflib import Graph, Literal, URIRef
from rdflib.namespace import DCTERMS, FOAF, RDF, SKOS, XSD

from kpigraph import catalog_pieces, dumps, publish, quality, void
from kpigraph.config import Settings
from kpigraph.content import Content
from kpigraph.ontology import load_vocabulary
from kpigraph.order import triples_in_order
from kpigraph.prefixes import CODE, expand
from kpigraph.problems import Severity, UsageError
from kpigraph.store import embedded, open_store
from kpigraph.validate import ValidationReport, validate

PLAN = f"{sample.BASE}id/lg/012068/doc/plan"
CATALOG = URIRef(f"{sample.BASE}catalog")
SERVICE = URIRef(f"{sample.BASE}sparql")
KUSHIRO = f"{sample.BASE}id/lg/012068/doc/sogo-senryaku-kpi"
CONTACT = Settings(
    publisher_name="架空市",
    contact_name="情報課",
    contact_url="https://city.example.jp/contact",
    contact_email="data@city.example.jp",
)
MEASURES = {f"{PLAN}/2016/cube": {"cells-held": 12, "cells-unread": 0}}
LICENCE = "https://creativecommons.org/licenses/by/4.0/"


def term(name: str) -> URIRef:
    return URIRef(expand(name))


def licensed(*editions: str) -> list[ox.Quad]:
    """Return what states that the sample's editions are under a licence."""
    return [
        ox.Quad(
            ox.NamedNode(f"{PLAN}/{e}/edition"),
            ox.NamedNode(str(DCTERMS.license)),
            ox.NamedNode(LICENCE),
            ox.NamedNode(f"{sample.BASE}graph/lg/012068/doc/plan/{e}/asserted"),
        )
        for e in editions
    ]


def publish_sample(out: Path, settings: Settings = Settings(), *more: ox.Quad) -> Path:  # noqa: B008 - it is frozen
    fields = {name: getattr(sample.content(*more), name) for name in Content.__dataclass_fields__}
    publish.publish(out, Content(**(fields | {"settings": settings, "measures": MEASURES})))
    return out / "current"


@pytest.fixture(scope="module")
def current(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the release of the sample, two editions, with everything a catalogue can have."""
    return publish_sample(tmp_path_factory.mktemp("catalog"), CONTACT)


def graph(folder: Path, name: str = "catalog.ttl") -> Graph:
    return Graph().parse(folder / name)


def shapes(name: str) -> Graph:
    return Graph().parse(REPO / "tests" / "dcat-ap" / f"{name}.ttl")


def fired(data: Graph, name: str = "rules") -> set[str]:
    return {r.shape.fragment for r in validate(data, shapes(name)).results}


# ---- DCAT-AP


def test_the_real_catalogue_is_dcat_ap(publication: Path) -> None:
    report = validate(graph(publication / "current"), shapes("rules"))
    assert report.results == ()
    assert report.shapes_loaded == 116
    assert report.nodes_checked > 30


def test_a_catalogue_with_everything_is_dcat_ap(current: Path) -> None:
    assert fired(graph(current)) == set()


def test_what_is_recommended_is_there_but_for_what_nobody_has_stated(publication: Path, current: Path) -> None:
    never = {"Catalog-dct-issued", "Catalog-dct-modified", "Catalog-dct-license", "Distribution-dcatap-availability"}
    never |= {"Agent-dct-type", "Distribution-dct-license"}
    unknown = {"Dataset-dcat-contactPoint", "DatasetSeries-dcat-contactPoint", "DataService-dcat-contactPoint"}
    assert fired(graph(publication / "current"), "recommended") == never | unknown
    assert fired(graph(current), "recommended") == never


def drop(cls: str, prop: str) -> Callable[[Graph], None]:
    return lambda g: g.remove((next(g.subjects(RDF.type, term(cls))), term(prop), None)) and None


def untype(cls: str) -> Callable[[Graph], None]:
    def change(g: Graph) -> None:
        for thing in list(g.subjects(RDF.type, term(cls))):
            g.remove((thing, RDF.type, term(cls)))

    return change


def more(cls: str, prop: str, value: str) -> Callable[[Graph], None]:
    def change(g: Graph) -> None:
        thing = next(g.subjects(RDF.type, term(cls)))
        g.add((thing, term(prop), URIRef(value) if ":" in value else Literal(value)))

    return change


def as_integer(g: Graph) -> None:
    for s, o in list(g.subject_objects(term("dcat:byteSize"))):
        g.set((s, term("dcat:byteSize"), Literal(str(o), datatype=XSD.integer)))


FAULTS: dict[str, tuple[Callable[[Graph], None], str]] = {
    "no title": (drop("dcat:Catalog", "dct:title"), "Catalog-dct-title"),
    "no description": (drop("dcat:Catalog", "dct:description"), "Catalog-dct-description"),
    "no publisher": (drop("dcat:Catalog", "dct:publisher"), "Catalog-dct-publisher"),
    "two publishers": (more("dcat:Catalog", "dct:publisher", f"{sample.BASE}id/lg/012068"), "Catalog-dct-publisher"),
    "two homepages": (more("dcat:Catalog", "foaf:homepage", f"{PLAN}/x"), "Catalog-foaf-homepage"),
    "series as dataset": (more("dcat:Catalog", "dcat:dataset", f"{PLAN}/series"), "Catalog-dcat-dataset"),
    "dataset without title": (drop("dcat:Dataset", "dct:title"), "Dataset-dct-title"),
    "dataset without words": (drop("dcat:Dataset", "dct:description"), "Dataset-dct-description"),
    "dataset of two versions": (more("dcat:Dataset", "dcat:version", "9"), "Dataset-dcat-version"),
    "period in words": (more("dcat:Dataset", "dct:temporal", "H27"), "Dataset-dct-temporal"),
    "series without title": (drop("dcat:DatasetSeries", "dct:title"), "DatasetSeries-dct-title"),
    "series without words": (drop("dcat:DatasetSeries", "dct:description"), "DatasetSeries-dct-description"),
    "no access address": (drop("dcat:Distribution", "dcat:accessURL"), "Distribution-dcat-accessURL"),
    "size as integer": (as_integer, "Distribution-dcat-byteSize"),
    "media type as text": (more("dcat:Distribution", "dcat:mediaType", "csv"), "Distribution-dcat-mediaType"),
    "no endpoint": (drop("dcat:DataService", "dcat:endpointURL"), "DataService-dcat-endpointURL"),
    "service without title": (drop("dcat:DataService", "dct:title"), "DataService-dct-title"),
    "checksum without value": (drop("spdx:Checksum", "spdx:checksumValue"), "Checksum-spdx-checksumValue"),
    "checksum without algorithm": (drop("spdx:Checksum", "spdx:algorithm"), "Checksum-spdx-algorithm"),
    "agent without name": (drop("foaf:Agent", "foaf:name"), "Agent-foaf-name"),
    "concept without label": (drop("skos:Concept", "skos:prefLabel"), "Concept-skos-prefLabel"),
    "scheme without title": (drop("skos:ConceptScheme", "dct:title"), "ConceptScheme-dct-title"),
    "two starts": (more("dct:PeriodOfTime", "dcat:startDate", "2000"), "PeriodOfTime-dcat-startDate"),
    "nothing says a location is one": (untype("dct:Location"), "Dataset-dct-spatial"),
    "nothing says a contact is one": (untype("vcard:Kind"), "Dataset-dcat-contactPoint"),
    "nothing says a licence is one": (untype("dct:LicenseDocument"), "Distribution-dct-license"),
    "nothing says a standard is one": (untype("dct:Standard"), "Distribution-dct-conformsTo"),
    "nothing says a language is one": (untype("dct:LinguisticSystem"), "Dataset-dct-language"),
    "nothing says a page is one": (untype("foaf:Document"), "Dataset-foaf-page"),
    "nothing says provenance is some": (untype("dct:ProvenanceStatement"), "Dataset-dct-provenance"),
}


@pytest.fixture(scope="module")
def all_licensed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("licensed")
    return publish_sample(folder, CONTACT, *licensed("2016"))


@pytest.mark.parametrize("fault", FAULTS)
def test_the_rules_catch(all_licensed: Path, fault: str) -> None:
    """The shapes are our own: that they are no rubber stamp is shown here."""
    change, shape = FAULTS[fault]
    data = graph(all_licensed)
    assert fired(data) == set()
    change(data)
    assert shape in fired(data)


# ---- what it says


def test_no_blank_nodes_and_nothing_is_referred_to_that_is_nowhere(publication: Path) -> None:
    folder = publication / "current"
    data = graph(folder)
    described = {str(s) for s in data.subjects()}
    elsewhere = re.compile("|".join(map(re.escape, (CODE, f"{sample.BASE}.well-known/", f"{KUSHIRO}/2016/source"))))
    for node in data.objects(unique=True):
        assert isinstance(node, URIRef | Literal)
        if isinstance(node, URIRef) and node.startswith(sample.BASE) and not elsewhere.match(node):
            name = node.removeprefix(f"{sample.BASE}download/")
            assert str(node) in described or (name != node and (folder / name).is_file()), node


def test_every_text_is_there_in_both_languages(publication: Path) -> None:
    data = graph(publication / "current")
    for predicate in (DCTERMS.title, DCTERMS.description, term("rdfs:label"), FOAF.name, SKOS.prefLabel):
        for thing in data.subjects(predicate, unique=True):
            languages = sorted(o.language for o in data.objects(thing, predicate))
            assert languages == ["en", "ja"], (thing, predicate)


def test_each_edition_is_a_dataset_and_the_series_is_none(current: Path) -> None:
    data = graph(current)
    first, second = URIRef(f"{PLAN}/2016/cube"), URIRef(f"{PLAN}/2021/cube")
    series = URIRef(f"{PLAN}/series")
    assert set(data.subjects(RDF.type, term("dcat:Dataset"))) == {first, second}
    assert set(data.objects(CATALOG, term("dcat:dataset"))) == {first, second}
    assert set(data.objects(CATALOG, term("dcat:resource"))) == {series}
    assert set(data.subjects(term("dcat:inSeries"), series)) == {first, second}
    assert set(data.objects(series, term("dcat:hasVersion"))) == {first, second}
    assert (data.value(series, term("dcat:first")), data.value(series, term("dcat:last"))) == (first, second)
    assert list(data.subject_objects(term("dcat:previousVersion"))) == [(second, first)]


def test_editions_are_in_order_also_where_none_states_which_it_follows(tmp_path: Path) -> None:
    fields = {name: getattr(sample.content(), name) for name in Content.__dataclass_fields__}
    quads = [q for q in sample.quads() if q.predicate.value != expand("dcat:previousVersion")]
    assert len(quads) < len(sample.quads())
    publish.publish(tmp_path, Content(**(fields | {"parts": sample.parts(quads)})))
    data = graph(tmp_path / "current")
    assert data.value(URIRef(f"{PLAN}/2021/cube"), term("dcat:previousVersion")) == URIRef(f"{PLAN}/2016/cube")
    assert data.value(URIRef(f"{PLAN}/2016/cube"), term("dcat:previousVersion")) is None


def test_the_period_is_that_of_the_statements(publication: Path) -> None:
    data = graph(publication / "current")
    period = data.value(URIRef(f"{KUSHIRO}/2016/cube"), DCTERMS.temporal)
    release = publish.current_release(publication)
    assert release is not None
    store = open_store(release.store, release.default_graphs)
    days = "SELECT (MIN(?f) AS ?first) (MAX(?l) AS ?last) { ?s a kpi:Statement ; sd:refPeriod ?p %s }"
    (first,) = store.select(days % ". ?p kpi:startDate ?f")
    (last,) = store.select(days % ". ?p kpi:endDate ?l")
    assert str(data.value(period, term("dcat:startDate"))) == first["first"].value == "2010-04-01"
    assert str(data.value(period, term("dcat:endDate"))) == last["last"].value == "2027-12-31"
    assert {o.datatype for o in data.objects(period) if isinstance(o, Literal)} == {XSD.date}


def test_theme_area_language_publisher_and_provenance(publication: Path) -> None:
    data = graph(publication / "current")
    dataset, area = URIRef(f"{KUSHIRO}/2016/cube"), URIRef(expand("sac:C01206"))
    eu = "http://publications.europa.eu/resource/authority/"
    assert set(data.objects(dataset, term("dcat:theme"))) == {URIRef(f"{eu}data-theme/GOVE")}
    assert set(data.objects(dataset, DCTERMS.spatial)) == {area}
    assert set(data.objects(area, SKOS.prefLabel)) == {Literal("釧路市", "ja"), Literal("Kushiro City", "en")}
    assert data.value(area, DCTERMS.identifier) == Literal("01206")
    assert set(data.objects(dataset, DCTERMS.language)) == {URIRef(f"{eu}language/JPN")}
    assert set(data.objects(CATALOG, DCTERMS.language)) == {URIRef(f"{eu}language/{n}") for n in ("JPN", "ENG")}
    assert data.value(dataset, DCTERMS.publisher) == URIRef(f"{sample.BASE}id/lg/012068")
    assert data.value(dataset, DCTERMS.accrualPeriodicity) is None
    provenance = data.value(dataset, DCTERMS.provenance)
    assert all("1aa56b74eeda95bd" in o for o in data.objects(provenance, term("rdfs:label")))


def test_nothing_is_said_of_licence_contact_and_date_where_nobody_said_it(publication: Path) -> None:
    text = (publication / "current" / "catalog.ttl").read_text(encoding="utf-8")
    assert not re.search(r"dct:(license|issued|modified|accessRights)|contactPoint|landingPage", text)


def test_a_licence_of_all_editions_is_that_of_every_file(all_licensed: Path) -> None:
    data = graph(all_licensed)
    files = set(data.subjects(RDF.type, term("dcat:Distribution")))
    assert len(files) == 12
    assert {data.value(f, DCTERMS.license) for f in files} == {URIRef(LICENCE)}


def test_publisher_and_contact_are_the_configured_ones(current: Path, publication: Path) -> None:
    data = graph(current)
    publisher, contact = data.value(CATALOG, DCTERMS.publisher), data.value(CATALOG, term("dcat:contactPoint"))
    assert list(data.objects(publisher, FOAF.name)) == [Literal("架空市")]
    assert data.value(contact, term("vcard:fn")) == Literal("情報課")
    assert data.value(contact, term("vcard:hasURL")) == URIRef("https://city.example.jp/contact")
    assert data.value(contact, term("vcard:hasEmail")) == URIRef("mailto:data@city.example.jp")
    assert len(set(data.subjects(term("dcat:contactPoint"), contact))) == 5  # catalogue, service, series, two editions
    operator = graph(publication / "current").objects(URIRef(f"{CATALOG}#publisher"), FOAF.name)
    assert Literal(f"Operator of {sample.BASE}", "en") in set(operator)


@pytest.mark.parametrize(
    "environ",
    [
        {"KPIGRAPH_CONTACT_NAME": "情報課"},
        {"KPIGRAPH_CONTACT_EMAIL": "a@example.jp"},
        {"KPIGRAPH_CONTACT_NAME": "情報課", "KPIGRAPH_CONTACT_EMAIL": "a"},
        {"KPIGRAPH_CONTACT_NAME": "情報課", "KPIGRAPH_CONTACT_EMAIL": "a@example.jp?subject=x"},
        {"KPIGRAPH_CONTACT_NAME": "情報課", "KPIGRAPH_CONTACT_URL": "javascript:alert(1)"},
        {"KPIGRAPH_CONTACT_NAME": "情報課", "KPIGRAPH_CONTACT_URL": "https://example.jp/ x"},
        {"KPIGRAPH_CONTACT_NAME": " ", "KPIGRAPH_CONTACT_URL": "https://example.jp/"},
        {"KPIGRAPH_PUBLISHER_NAME": "a\nb"},
    ],
)
def test_settings_that_cannot_be_used(environ: dict[str, str]) -> None:
    with pytest.raises(UsageError) as caught:
        Settings.from_environment(environ)
    assert all("KPIGRAPH_" in m for m in caught.value.messages.values())


def test_settings_from_the_environment() -> None:
    environ = {
        "KPIGRAPH_PUBLISHER_NAME": "架空市",
        "KPIGRAPH_CONTACT_NAME": "情報課",
        "KPIGRAPH_CONTACT_URL": "https://city.example.jp/contact",
        "KPIGRAPH_CONTACT_EMAIL": "data@city.example.jp",
    }
    assert Settings.from_environment(environ) == CONTACT
    assert Settings.from_environment({}) == Settings()


# ---- a harvester


@pytest.mark.parametrize("locale", ["ja", "en"])
@pytest.mark.parametrize("form", ["ttl", "jsonld"])
def test_a_harvester_loses_nothing(all_licensed: Path, form: str, locale: str) -> None:
    text = (all_licensed / f"catalog.{form}").read_text(encoding="utf-8")
    data = graph(all_licensed)
    harvested = {
        next(e["value"] for e in d["extras"] if e["key"] == "uri"): d for d in harvester.harvest(text, form, locale)
    }
    assert harvested.keys() == {f"{PLAN}/2016/cube", f"{PLAN}/2021/cube"}
    for iri, dataset in harvested.items():
        extras = {e["key"]: e["value"] for e in dataset["extras"]}

        def one(thing: str | URIRef, predicate: URIRef) -> str:
            found = list(data.objects(URIRef(thing), predicate))
            return next(str(o) for o in found if len(found) == 1 or getattr(o, "language", "") == locale)

        assert dataset["title"] == one(iri, DCTERMS.title)
        assert dataset["notes"] == one(iri, DCTERMS.description)
        assert dataset["license_id"] == "cc-by-4.0"
        assert dataset["version"] == one(iri, term("dcat:version"))
        assert {t["name"] for t in dataset["tags"]} == {str(o) for o in data.objects(URIRef(iri), term("dcat:keyword"))}
        assert extras["publisher_name"] == {"ja": "釧路市", "en": "Kushiro City"}[locale]
        assert (extras["contact_name"], extras["contact_email"]) == ("情報課", "data@city.example.jp")
        assert extras["spatial_uri"] == expand("sac:C01206")
        assert extras["temporal_start"] < extras["temporal_end"]
        assert "provenance" in extras
        resources = {r["uri"]: r for r in dataset["resources"]}
        assert resources.keys() == {str(o) for o in data.objects(URIRef(iri), term("dcat:distribution"))}
        assert len(resources) == 12
        for uri, resource in resources.items():
            assert resource["name"] == one(uri, DCTERMS.title)
            assert resource["url"] == one(uri, term("dcat:downloadURL"))
            assert resource["format"] == one(uri, DCTERMS.format)
            assert resource["mimetype"] == one(uri, term("dcat:mediaType"))
            assert resource["license"] == LICENCE
            assert resource["size"] == int(one(uri, term("dcat:byteSize")))
            assert resource["hash"] == one(one(uri, term("spdx:checksum")), term("spdx:checksumValue"))


def test_the_harvester_would_tell_a_loss(all_licensed: Path) -> None:
    data = graph(all_licensed)
    data.remove((None, DCTERMS.license, None))
    data.remove((None, term("dcat:distribution"), URIRef(f"{sample.BASE}download/kpigraph.ttl#distribution")))
    for dataset in harvester.harvest(data.serialize(format="turtle"), "ttl"):
        assert dataset["license_id"] == ""
        assert len(dataset["resources"]) == 11


# ---- quality


def test_what_is_measured_of_the_real_document(publication: Path) -> None:
    data = graph(publication / "current")
    dataset = URIRef(f"{KUSHIRO}/2016/cube")
    found = {}
    for measurement in data.objects(dataset, term("dqv:hasQualityMeasurement")):
        assert data.value(measurement, term("dqv:computedOn")) == dataset
        metric = str(data.value(measurement, term("dqv:isMeasurementOf")))
        found[metric.removeprefix(f"{CODE}quality-")] = str(data.value(measurement, term("dqv:value")))
    vocabulary = load_vocabulary()
    metrics = set(vocabulary.subjects(RDF.type, term("dqv:Metric")))
    assert {URIRef(f"{CODE}quality-{name}") for name in found} == metrics
    for metric in metrics:
        value = data.value(URIRef(f"{dataset}#{metric.removeprefix(CODE)}"), term("dqv:value"))
        assert isinstance(value, Literal)
        assert value.datatype == vocabulary.value(metric, term("dqv:expectedDataType"))
    assert int(found["cells-held"]) == int(found["cells-read"]) + int(found["cells-unread"])
    assert (found["cells-held"], found["cells-unread"], found["shape-violations"]) == ("1017", "0", "0")


def test_what_was_met_while_reading_is_counted(publication: Path) -> None:
    data = graph(publication / "current")
    report = json.loads((publication / "current" / "validation.json").read_text(encoding="utf-8"))
    value = data.value(URIRef(f"{KUSHIRO}/2016/cube#quality-reading-warnings"), term("dqv:value"))
    assert int(str(value)) == len(report["reading"]) > 0


def test_cells_that_were_not_read_are_counted(make_case: Callable[..., Case]) -> None:
    """They stop publication; where one is measured, it is told."""
    whole, _, _ = make_case(HEADER + HEADINGS + BLOCK, edition="2016").read()
    torn, derivation, problems = make_case(HEADER + HEADINGS + BLOCK + "\t\t?\t?\t?\t?\t?\n", edition="2017").read()
    assert (torn.cells - whole.cells, whole.unread_cells) == (5, 0)
    assert torn.unread_cells > 0
    assert [p for p in problems if p.severity is Severity.ERROR]
    report = ValidationReport(results=(), shapes_loaded=1, nodes_checked=1)
    measures = quality.measure(torn, derivation, report, problems)
    assert measures["cells-unread"] == torn.unread_cells
    assert measures["cells-read"] == torn.cells - torn.unread_cells
    assert measures["reading-warnings"] == sum(p.severity is Severity.WARNING for p in problems)


def test_what_is_measured_is_what_the_graph_has(publication: Path) -> None:
    release = publish.current_release(publication)
    assert release is not None
    store = open_store(release.store, release.default_graphs)

    def measured(name: str) -> float:
        query = f"SELECT ?v {{ ?m <{expand('dqv:isMeasurementOf')}> c:quality-{name} ; <{expand('dqv:value')}> ?v }}"
        (row,) = store.select(query)
        return float(row["v"].value)

    def counted(pattern: str) -> int:
        (row,) = store.select(f"SELECT (COUNT(DISTINCT ?s) AS ?n) {{ {pattern} }}")
        return int(row["n"].value)

    numeric, statements = counted("?s a kpi:Statement ; sm:obsValue ?v"), counted("?s a kpi:Statement")
    assert measured("share-numeric") == round(numeric / statements, 4)
    judged = counted("?s a kpi:Assessment ; kpi:status ?st FILTER(?st != c:status-notassessable)")
    assert measured("share-assessable") == round(judged / counted("?s a kpi:Indicator"), 4)
    for status in ("proposed", "accepted", "rejected"):
        found = counted(f"?s a kpi:Correction ; kpi:status c:corr-{status}")
        assert measured(f"corrections-{status}") == found


# ---- VoID and service description


@pytest.fixture(scope="module")
def dump(publication: Path) -> ox.Store:
    store = ox.Store()
    store.extend(ox.parse(path=str(publication / "current" / "kpigraph.nt")))
    return store


@pytest.fixture(scope="module")
def description(publication: Path) -> Graph:
    return graph(publication / "current", "void.ttl")


THIS = URIRef(f"{sample.BASE}.well-known/void#kpigraph")


def counts(data: Graph, part: URIRef) -> dict[str, int]:
    return {str(p).rpartition("#")[2]: int(o) for p, o in data.predicate_objects(part) if isinstance(o.toPython(), int)}


def test_class_partitions_are_those_of_the_dump(description: Graph, dump: ox.Store) -> None:
    parts = list(description.objects(THIS, term("void:classPartition")))
    types = list(dump.quads_for_pattern(None, ox.NamedNode(str(RDF.type)), None))
    classes = {str(description.value(p, term("void:class"))): p for p in parts}
    assert classes.keys() == {q.object.value for q in types}
    assert len(classes) == len(parts) == counts(description, THIS)["classes"]
    for cls, part in classes.items():
        assert counts(description, part) == {"entities": sum(q.object.value == cls for q in types)}, cls


def test_property_partitions_are_those_of_the_dump(description: Graph, dump: ox.Store) -> None:
    parts = list(description.objects(THIS, term("void:propertyPartition")))
    properties = {str(description.value(p, term("void:property"))): p for p in parts}
    assert len(properties) == len(parts) == counts(description, THIS)["properties"]
    for name, part in properties.items():
        quads = list(dump.quads_for_pattern(None, ox.NamedNode(name), None))
        assert counts(description, part) == {
            "triples": len(quads),
            "distinctSubjects": len({q.subject for q in quads}),
            "distinctObjects": len({q.object for q in quads}),
        }, name
    assert sum(counts(description, p)["triples"] for p in parts) == counts(description, THIS)["triples"] == len(dump)


def test_linksets_count_the_links(description: Graph, dump: ox.Store) -> None:
    linksets = list(description.subjects(RDF.type, term("void:Linkset")))
    found = {}
    for linkset in linksets:
        assert description.value(linkset, term("void:subjectsTarget")) == THIS
        target, predicate = (description.value(linkset, term(f"void:{n}")) for n in ("objectsTarget", "linkPredicate"))
        space = str(description.value(target, term("void:uriSpace")))
        quads = dump.quads_for_pattern(None, ox.NamedNode(str(predicate)), None)
        linked = sum(isinstance(q.object, ox.NamedNode) and q.object.value.startswith(space) for q in quads)
        assert counts(description, linkset) == {"triples": linked}
        found[space, str(predicate)] = linked
    assert found[expand("sac:"), expand("kpi:area")] == 1
    assert found[expand("sac:"), expand("sd:refArea")] > 200
    others = {
        "http://data.e-stat.go.jp/lod/ontology/",
        "http://metadata.un.org/sdg/",
        "http://www.wikidata.org/entity/",
    }
    assert {space for space, _ in found} == {expand("sac:"), expand("unit:"), expand("sc:"), *others}
    assert found["http://metadata.un.org/sdg/", expand("skos:relatedMatch")] > 200


def test_the_vocabularies_are_those_in_use(description: Graph) -> None:
    used = {str(o) for o in description.objects(THIS, term("void:vocabulary"))}
    assert {expand("kpi:"), expand("qb:"), expand("skos:"), expand("prov:"), expand("dqv:")} <= used
    assert not used & {expand("sac:"), expand("unit:"), expand("sh:")}


def test_the_endpoint_lists_its_graphs() -> None:
    graphs = {f"{sample.BASE}graph/ref": 3, f"{sample.BASE}graph/old": 4}
    triples = void.service_description_triples(sample.BASE, graphs, [f"{sample.BASE}graph/ref"])
    data = Graph().parse(ox.serialize(triples, format=ox.RdfFormat.TURTLE), format="turtle")
    dataset = data.value(SERVICE, term("sparql:defaultDataset"))
    named = set(data.objects(dataset, term("sparql:namedGraph")))
    assert {str(data.value(n, term("sparql:name"))) for n in named} == graphs.keys()
    assert {str(n): counts(data, n)["triples"] for n in named} == graphs
    default = data.value(dataset, term("sparql:defaultGraph"))
    assert set(data.objects(default, term("void:subset"))) == {URIRef(f"{sample.BASE}graph/ref")}
    assert data.value(SERVICE, term("sparql:feature")) is None
    assert {str(o).rpartition("/")[2] for o in data.objects(SERVICE, term("sparql:resultFormat"))} >= {
        "SPARQL_Results_JSON",
        "Turtle",
    }


def test_a_default_graph_of_all_graphs_is_a_union() -> None:
    graphs = {f"{sample.BASE}graph/ref": 3}
    union = ox.Triple(
        ox.NamedNode(str(SERVICE)),
        ox.NamedNode(expand("sparql:feature")),
        ox.NamedNode(expand("sparql:UnionDefaultGraph")),
    )
    assert union in void.service_description_triples(sample.BASE, graphs, ())
    assert union in void.service_description_triples(sample.BASE, graphs, list(graphs))


def test_the_catalogue_in_the_store_is_the_published_one(publication: Path) -> None:
    store = embedded.open_read_only(publication / "current" / "store")
    try:
        name = ox.NamedNode(f"{sample.BASE}graph/catalog")
        stored = {q.triple for q in store.engine.quads_for_pattern(None, None, None, name)}
    finally:
        store.close()
    file = {q.triple for q in ox.parse(path=str(publication / "current" / "catalog.ttl"))}
    sizes = ox.NamedNode(expand("dcat:byteSize"))  # the store gives xsd:integer back
    assert {t for t in stored if t.predicate != sizes} == {t for t in file if t.predicate != sizes}
    assert len(stored) == len(file)


def test_a_catalogue_joined_from_pieces_is_what_it_is_as_a_whole(publication: Path) -> None:
    files = [(publication / "current" / f"catalog.{suffix}").read_bytes() for suffix in ("ttl", "jsonld")]
    said = catalog_pieces.read(files[0])
    whole = dumps.serialized(triples_in_order(said), "jsonld")
    assert files[1] == whole
    kept = [catalog_pieces.piece(said[n::3]) for n in range(3)]  # all speak of the same things
    joined = catalog_pieces.joined([*kept, kept[0]])
    assert [joined.turtle, joined.json_ld] == files
    assert not joined.is_uniform
    fewer = catalog_pieces.joined(kept[:2])
    for header in (b"", b"# by another engine\n"):
        gone, new = catalog_pieces.differing(header + fewer.turtle, joined.turtle)
        assert (gone, set(new)) == ([], set(said) - set(said[0::3]) - set(said[1::3]))


def test_a_changed_catalogue_is_what_it_is_when_made_anew(publication: Path) -> None:
    said = catalog_pieces.read((publication / "current" / "catalog.ttl").read_bytes())
    things = sorted({t.subject for t in said}, key=str)

    def piece(n: int) -> catalog_pieces.Piece:  # of the first thing all three speak
        return catalog_pieces.piece([t for t in said if t.subject == things[0] or things.index(t.subject) % 3 == n])

    parts = [piece(n) for n in range(3)]
    whole, fewer = catalog_pieces.joined(parts), catalog_pieces.joined(parts[:2])
    outlines = json.loads(json.dumps([p.outline for p in parts]))
    assert whole.turtle == (publication / "current" / "catalog.ttl").read_bytes()
    assert whole.is_uniform
    assert catalog_pieces.changed(whole, outlines[:2], parts[2:]) == whole
    assert catalog_pieces.changed(fewer, outlines[:2], parts[2:]) == whole
    assert catalog_pieces.changed(whole, outlines[1:2], parts[:1]) == fewer
    assert catalog_pieces.changed(fewer, outlines, []) is None  # of which it has no texts
    otherwise = catalog_pieces.piece([t for t in said if t.subject == things[0]][1:])
    assert catalog_pieces.changed(whole, outlines, [otherwise]) is None  # which only all pieces together tell
    assert catalog_pieces.changed(catalog_pieces.joined([*parts, otherwise]), outlines, []) is None
