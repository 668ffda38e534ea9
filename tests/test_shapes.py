"""Every shape is tested by small files whose names say what must happen: invalid.<shape>.<fault>.ttl, valid.<name>.ttl.

A shape without an invalid case fails here, and so does a case in which another shape fires than the one it is for.
"""

import json
import re
from pathlib import Path

import pytest
from conftest import REPO
from rdflib import BNode, Graph, Literal, URIRef
from rdflib.namespace import RDF, RDFS, SH, XSD

from kpigraph.config import resource_dir
from kpigraph.ontology import load_vocabulary
from kpigraph.prefixes import CODE, NS, SHAPES
from kpigraph.problems import SourceError, UsageError
from kpigraph.validate import load_shapes, validate
from kpigraph.vocab import KPI, SKOS

CASES = sorted((REPO / "tests" / "shapes").glob("*.ttl"))
EXAMPLES = sorted((REPO / "ontology" / "examples").glob("*.ttl"))
BASE = "https://kpi.example.jp/"

# What may stand on a shape without restricting anything by itself.
NOT_A_CONSTRAINT = {
    SH.deactivated, SH.message, SH.path, SH.property, SH.severity, SH.targetClass, SH.targetNode, SH.targetObjectsOf,
    SH.targetSubjectsOf,
}  # fmt: skip


@pytest.fixture(scope="module")
def single() -> Graph:
    """The shapes of single things."""
    return load_shapes(publication=False)


@pytest.fixture(scope="module")
def every() -> Graph:
    """The shapes of single things and those of a release."""
    return load_shapes()


def reporting(shapes: Graph) -> list[URIRef]:
    """Return the shapes that can appear in a report: they are applied to something and restrict it."""
    applied = set(shapes.objects(None, SH.property))
    for target in (SH.targetClass, SH.targetNode, SH.targetObjectsOf, SH.targetSubjectsOf):
        applied |= set(shapes.subjects(target, None))
    return sorted(
        shape for shape in applied if any(p in SH and p not in NOT_A_CONSTRAINT for p in shapes.predicates(shape, None))
    )


def names(shapes: Graph) -> list[str]:
    return [shape.removeprefix(SHAPES) for shape in reporting(shapes)]


def read(case: Path) -> Graph:
    return Graph().parse(case)


def is_release(case: Path) -> bool:
    """Tell whether a case is to be checked as a release too: the small ones lack what they refer to."""
    return re.match(r"(in)?valid\.(publication|kushiro)", case.name) is not None


@pytest.mark.parametrize("case", CASES, ids=lambda p: p.stem)
def test_only_the_named_shape_fires(case: Path, single: Graph, every: Graph) -> None:
    verdict, name, *_ = case.name.split(".")
    report = validate(read(case), every if is_release(case) else single)
    fired = {result.shape.removeprefix(SHAPES) for result in report.results}
    assert verdict in ("valid", "invalid")
    assert fired == ({name} if verdict == "invalid" else set())


def test_every_shape_has_an_invalid_case(every: Graph) -> None:
    tested = {case.name.split(".")[1] for case in CASES if case.name.startswith("invalid.")}
    assert tested == set(names(every))
    assert len(tested) > 200


def test_every_class_that_is_checked_has_a_valid_case(single: Graph) -> None:
    shown = {cls for case in CASES if case.name.startswith("valid.") for cls in read(case).objects(None, RDF.type)}
    assert set(single.objects(None, SH.targetClass)) - shown == set()


def test_every_shape_is_named_after_its_class(every: Graph) -> None:
    shapes = set(every.subjects(RDF.type, SH.NodeShape)) | set(every.subjects(RDF.type, SH.PropertyShape))
    assert not [s for s in {*shapes, *every.objects(None, SH.property)} if isinstance(s, BNode)]
    assert not [s for s in shapes if not s.startswith(SHAPES)]
    for file in resource_dir("shapes").glob("*.ttl"):
        stem = file.stem
        here = {s.removeprefix(SHAPES) for s in reporting(Graph().parse(file))}
        assert all(re.fullmatch(r"[A-Za-z]+-[A-Za-z-]+", name) for name in here), stem
        assert stem == "kpish" or any(name.startswith(stem + "-") for name in here), stem
        assert stem == "publication" or not any(name.startswith("publication-") for name in here), stem


def test_every_shape_says_in_both_languages_how_to_put_it_right(every: Graph) -> None:
    for shape in reporting(every):
        messages = {m.language: str(m) for m in every.objects(shape, SH.message) if isinstance(m, Literal)}
        assert set(messages) == {"ja", "en"}, shape
        assert len(list(every.objects(shape, SH.message))) == 2, shape
        assert messages["ja"].endswith("。"), shape
        assert messages["en"].endswith("."), shape
        assert re.search(r"[ぁ-ん]", messages["ja"]), shape


def test_queries_are_named_and_return_this(every: Graph) -> None:
    queries = set(every.objects(None, SH.sparql))
    assert queries == set(every.subjects(RDF.type, SH.SPARQLConstraint))
    for query in queries:
        assert isinstance(query, URIRef)
        assert re.match(r"\s*SELECT (DISTINCT )?\$this\b", str(every.value(query, SH.select))), query


def test_a_shape_speaks_only_of_terms_that_exist(every: Graph) -> None:
    known = {str(term) for term in load_vocabulary().subjects()}
    used = {str(term) for triple in every for term in triple if str(term).startswith((NS, CODE))} - {NS, CODE}
    for query in every.objects(None, SH.select):
        used |= {NS + name for name in re.findall(r"\bkpi:(\w+)", str(query))}
        used |= {CODE + name for name in re.findall(r"\bc:([\w-]+)", str(query))}
    assert used - known == set()


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda p: p.stem)
def test_the_examples_of_the_ontology_conform(example: Path, single: Graph) -> None:
    report = validate(read(example), single)
    assert report.conforms, report.to_json()


# ---- the real document


def test_the_real_document_conforms_with_one_warning(publication: Path) -> None:
    report = json.loads((publication / "current" / "validation.json").read_text(encoding="utf-8"))
    assert report["conforms"]
    [warning] = report["results"]
    assert (warning["severity"], warning["shape"]) == ("Warning", SHAPES + "Indicator-name-and-unit")
    published = Graph().parse(publication / "current" / "kpigraph.nt")
    label = str(published.value(URIRef(warning["focus_node"]), SKOS.prefLabel))
    assert label == "健診おたすけプランによる託児サービスにより健診受診を希望した人数"
    assert report["nodes_checked"] > 1000
    assert report["shapes_loaded"] > 200


# ---- the report


def case(name: str) -> Graph:
    return read(REPO / "tests" / "shapes" / f"{name}.ttl")


def test_warnings_alone_conform(single: Graph) -> None:
    report = validate(case("invalid.Listing-department.missing"), single)
    assert report.conforms
    assert len(report.of(SH.Warning)) == len(report.results) == 1
    assert not validate(case("invalid.Listing-order.counted-from-zero"), single).conforms


def test_a_result_says_where_what_and_how_to_put_it_right(single: Graph) -> None:
    [result] = validate(case("invalid.Listing-order.counted-from-zero"), single).results
    assert result.focus_node == URIRef(BASE + "id/lg/012068/doc/sogo-senryaku-kpi/2016/listing-p7q2-1")
    assert result.path == KPI.order
    assert result.value == Literal(0)
    assert result.component == SH.MinInclusiveConstraintComponent
    assert set(result.messages) == {"ja", "en"}
    assert result.messages["en"].startswith("Give the listing its order")


def test_messages_of_queries_keep_their_language(single: Graph) -> None:
    [result] = validate(case("invalid.Municipality-check-digit.one-digit-wrong"), single).results
    assert result.messages["ja"].startswith("団体コード")
    assert result.messages["en"].startswith("The sixth digit")


def test_the_same_results_give_the_same_report(single: Graph) -> None:
    data = case("invalid.Statement-contradiction.two-values")
    data += case("invalid.Listing-order.counted-from-zero")
    one, two = validate(data, single), validate(data, single)
    assert one.results == two.results
    assert one.to_json() == two.to_json()
    assert set(one.to_graph(BASE)) == set(two.to_graph(BASE))
    written = one.to_graph(BASE)
    assert not [term for triple in written for term in triple if isinstance(term, BNode)]
    assert len(set(written.subjects(RDF.type, SH.ValidationResult))) == len(one.results) == 3
    assert written.value(URIRef(BASE + "report"), SH.conforms) == Literal(False)
    content = json.loads(one.to_json())
    assert (content["conforms"], content["violations"], content["warnings"]) == (False, 3, 0)
    assert [r["shape"] for r in content["results"]] == sorted(r["shape"] for r in content["results"])


def test_an_empty_report_conforms_as_shacl_says(single: Graph) -> None:
    report = validate(case("valid.listing"), single)
    assert set(report.triples(BASE)) == {
        (URIRef(BASE + "report"), RDF.type, SH.ValidationReport),
        (URIRef(BASE + "report"), SH.conforms, Literal("true", datatype=XSD.boolean)),
    }


# ---- a run that checked nothing


@pytest.mark.parametrize(
    "turtle", ["", "<https://example.org/a> <https://example.org/b> <https://example.org/c> ."], ids=["empty", "others"]
)
def test_data_without_anything_to_check_is_an_error(turtle: str, every: Graph) -> None:
    with pytest.raises(SourceError) as raised:
        validate(Graph().parse(data=turtle, format="turtle"), every)
    assert [p.code for p in raised.value.problems] == ["shacl.nothing-checked"]


def test_no_shapes_are_an_error() -> None:
    with pytest.raises(SourceError) as raised:
        validate(case("valid.listing"), Graph())
    assert [p.code for p in raised.value.problems] == ["shacl.nothing-checked"]


def test_a_folder_without_shapes_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there are no shapes"):
        load_shapes(tmp_path)
    (tmp_path / "broken.ttl").write_text("this is not Turtle", encoding="utf-8")
    with pytest.raises(UsageError, match="not readable as Turtle"):
        load_shapes(tmp_path)


def test_a_query_that_shacl_forbids_is_reported_as_a_fault_of_the_shapes(tmp_path: Path) -> None:
    (tmp_path / "forbidden.ttl").write_text(
        f"""@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix kpi: <{KPI}> . @prefix x: <https://example.org/> .
        x:shape a sh:NodeShape ; sh:targetClass kpi:Listing ; sh:sparql x:query .
        x:query sh:message "no"@en ; sh:select "SELECT $this WHERE {{ VALUES ?x {{ 1 }} $this ?p ?x }}" .""",
        encoding="utf-8",
    )
    with pytest.raises(UsageError, match="VALUES"):
        validate(case("valid.listing"), load_shapes(tmp_path))


def test_subclass_axioms_of_a_vocabulary_count(single: Graph) -> None:
    data = Graph().parse(
        data=f"""@prefix kpi: <{KPI}> . @prefix x: <https://example.org/> .
        x:council-listing a x:CouncilListing .""",
        format="turtle",
    )
    vocabulary = Graph().add((URIRef("https://example.org/CouncilListing"), RDFS.subClassOf, KPI.Listing))
    with pytest.raises(SourceError):
        validate(data, single)
    before = len(data)
    assert not validate(data, single, vocabulary).conforms
    assert len(data) == before
