"""The publication of the real document: its tables to the byte, the contract's columns, the constraints of the cube."""

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import pyoxigraph as ox
import pytest
from conftest import DATA, REPO

from kpigraph.prefixes import PREFIXES, expand
from kpigraph.store import embedded

GOLDEN = REPO / "tests" / "golden" / "kushiro"
QUERIES = sorted((REPO / "tests" / "queries").glob("ic-*.rq"))
TABLES = {
    "observations.csv": (
        225,
        "municipality_code,municipality,strategy,edition,indicator,indicator_label,department,observation,role,"
        "period_text,period_start,period_end,aggregation,value_text,value_form,value,comparator,maintenance,"
        "relative_change,relative_to_period,resolved_value,unit_text,unit,base_value,base_unit,source_document,"
        "source_lines,corrected,minimum_value,maximum_value,numerator,denominator,former_value_text,former_value,"
        "revised,due,missing_reason,notes,ratio_value,observation_status",
    ),
    "listings.csv": (
        87,
        "municipality_code,edition,indicator,goal_number,goal_label,direction_number,direction_label,measure_number,"
        "measure_label,relisted,source_lines",
    ),
    "assessments.csv": (
        75,
        "municipality_code,edition,indicator,indicator_label,status,reason,progress_ratio,achievement_ratio,"
        "cumulative_share,elapsed_share,desired_direction,direction_basis,method",
    ),
}

Quads = list[ox.Quad]


def rows(publication: Path, name: str) -> list[dict[str, str]]:
    text = (publication / "current" / name).read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text, newline="")))


# ---- tables


@pytest.mark.parametrize("name", TABLES)
def test_table_is_the_golden_one(publication: Path, name: str, request: pytest.FixtureRequest) -> None:
    found = (publication / "current" / name).read_bytes()
    if request.config.getoption("--update-golden"):
        (GOLDEN / name).write_bytes(found)
    wanted = (GOLDEN / name).read_bytes()
    # As lines first, so that pytest shows which differ.
    assert found.decode().splitlines() == wanted.decode().splitlines()
    assert found == wanted


@pytest.mark.parametrize("name", TABLES)
def test_table_has_the_columns_of_the_contract(publication: Path, name: str) -> None:
    count, header = TABLES[name]
    found = list(csv.reader(io.StringIO((publication / "current" / name).read_text(encoding="utf-8"), newline="")))
    assert found[0] == header.split(",")
    assert len(found) == count + 1
    assert {len(row) for row in found} == {len(found[0])}


def test_what_stands_in_the_tables(publication: Path) -> None:
    observations = rows(publication, "observations.csv")
    assert {r["municipality_code"] for r in observations} == {"012068"}
    assert Counter(r["role"] for r in observations) == {"baseline": 75, "actual": 75, "target": 75}
    assert len({r["observation"] for r in observations}) == 225
    forms = {"absolute": 188, "missing": 22, "qualitative": 6, "relative": 9}
    assert Counter(r["value_form"] for r in observations) == forms
    assert all(r["value"] == r["base_value"] == "" for r in observations if r["value_form"] != "absolute")
    assert all("," not in r["value"] for r in observations)
    assert sum(r["corrected"] == "true" for r in observations) == 9
    assert len({r["department"] for r in observations}) == 23
    (relative,) = [r for r in observations if r["value_text"] == "25%増(対H25年比)"]
    assert (relative["relative_change"], relative["relative_to_period"], relative["resolved_value"]) == (
        "0.25",
        "cy2013",
        "1216060",
    )
    # Both included: the last day of February in a leap year is a day, not a range.
    assert {(r["period_start"], r["period_end"]) for r in observations if r["period_text"] == "H28.2月末"} == {
        ("2016-02-29", "2016-02-29")
    }


def test_listings_name_no_numbering_and_no_mark(publication: Path) -> None:
    listings = rows(publication, "listings.csv")
    assert len({r["goal_label"] for r in listings}) == 5
    assert len({r["measure_label"] for r in listings}) == 53
    assert {r["relisted"] for r in listings} == {"true", "false"}
    for row in listings:
        for name in ("goal", "direction", "measure"):
            label = row[f"{name}_label"]
            assert label
            assert row[f"{name}_number"]
            assert "再掲" not in label
            assert "【" not in label
            assert not label.startswith(row[f"{name}_number"])
    indicators = [r["indicator"] for r in rows(publication, "assessments.csv")]
    assert len(set(indicators)) == 75
    assert {r["indicator"] for r in listings} == set(indicators)


def test_the_committed_registry_holds_every_key(publication: Path) -> None:
    name = Path("sources") / "012068" / "registry.csv"
    assert (publication.parent / "data" / name).read_bytes() == (DATA / name).read_bytes()


# ---- the cube


@pytest.fixture(scope="module")
def published(publication: Path) -> Quads:
    """Every quad of the publication, the catalogue too."""
    store = embedded.open_read_only(publication / "current" / "store")
    try:
        return list(store.engine.quads_for_pattern(None, None, None, None))
    finally:
        store.close()


def broken_nodes(quads: Iterable[ox.Quad], query: Path) -> set[str]:
    store = ox.Store()
    store.bulk_extend(quads)
    found: set[str] = set()
    for text in instances(store, query.read_text(encoding="utf-8")):
        solutions = store.query(text, use_default_graph_as_union=True)
        assert isinstance(solutions, ox.QuerySolutions)
        found |= {solution["node"].value for solution in solutions}
    return found


def instances(store: ox.Store, text: str) -> list[str]:
    """Return the query or, of a template, one query for each property that can stand in it."""
    down = {q.object for q in store.quads_for_pattern(None, name("qb:parentChildProperty"), None)}
    up = {q.object for d in down for q in store.quads_for_pattern(d, name("owl:inverseOf"), None)}
    for placeholder, properties in (("<urn:parent-child>", down), ("<urn:child-parent>", up)):
        if placeholder in text:
            return [text.replace(placeholder, str(p)) for p in sorted(properties, key=str)]
    return [text]


def name(prefixed: str) -> ox.NamedNode:
    return ox.NamedNode(expand(prefixed))


def an_observation(quads: Quads) -> ox.NamedNode:
    """Return the target whose cells are on line 8 of the document."""
    return next(
        q.subject
        for q in quads
        if q.predicate == name("prov:wasDerivedFrom")
        and q.object.value.endswith("/row-8")
        and "/st-" in q.subject.value
    )


def without(prefixed: str, of: str = "") -> Callable[[Quads], tuple[Quads, str]]:
    """Return a fault: `prefixed` is not stated, of the node `of`, or else of the observation on line 8."""

    def fault(quads: Quads) -> tuple[Quads, str]:
        node = name(of) if of else an_observation(quads)
        return [q for q in quads if (q.subject, q.predicate) != (node, name(prefixed))], node.value

    return fault


def second(prefixed: str, kind: str) -> Callable[[Quads], tuple[Quads, str]]:
    """Return a fault: one node of the class `kind` has a second value of `prefixed`."""

    def fault(quads: Quads) -> tuple[Quads, str]:
        node = next(q.subject for q in quads if q.predicate == name("rdf:type") and q.object == name(kind))
        more = ox.Quad(node, name(prefixed), ox.NamedNode("https://data.example/other"), ox.DefaultGraph())
        return [*quads, more], node.value

    return fault


def optional_dimension(quads: Quads) -> tuple[Quads, str]:
    component = next(q.subject for q in quads if q.predicate == name("qb:dimension"))
    no = ox.Literal("false", datatype=name("xsd:boolean"))
    return [*quads, ox.Quad(component, name("qb:componentRequired"), no, ox.DefaultGraph())], name("kpi:dsd").value


def same_cell_twice(quads: Quads) -> tuple[Quads, str]:
    original = an_observation(quads)
    copy = ox.NamedNode(original.value + "-2")
    more = [ox.Quad(copy, q.predicate, q.object, q.graph_name) for q in quads if q.subject == original]
    return quads + more, original.value


def value_outside_its_list(quads: Quads) -> tuple[Quads, str]:
    node = an_observation(quads)
    rest, _ = without("kpi:role")(quads)
    return [*rest, ox.Quad(node, name("kpi:role"), name("c:agg-period"), ox.DefaultGraph())], node.value


def said(turtle: str, *, drop: str = "", node: str = "") -> Callable[[Quads], tuple[Quads, str]]:
    """Return a fault: `turtle` is stated besides, in which OBS is the observation on line 8 and CUBE its data set.

    `drop` is a property that the observation then lacks; `node` is what is at fault, by default the observation.
    """

    def fault(quads: Quads) -> tuple[Quads, str]:
        observation = an_observation(quads)
        cube = next(q.object for q in quads if (q.subject, q.predicate) == (observation, name("qb:dataSet")))
        prefixes = "".join(f"PREFIX {p}: <{iri}>\n" for p, iri in PREFIXES.items()) + "PREFIX x: <urn:x:>\n"
        text = prefixes + turtle.replace("OBS", str(observation)).replace("CUBE", str(cube))
        more = [ox.Quad(*q.triple, ox.DefaultGraph()) for q in ox.parse(text, format=ox.RdfFormat.TURTLE)]
        rest = [q for q in quads if not drop or (q.subject, q.predicate) != (observation, name(drop))]
        return [*rest, *more], node or observation.value

    return fault


KEY = "kpi:dsd qb:sliceKey x:key . x:key a qb:SliceKey ; qb:componentProperty kpi:role . "
SLICE = KEY + "CUBE qb:slice x:slice . x:slice a qb:Slice ; "
MEASURE_DIMENSION = (
    "kpi:dsd qb:component x:type, x:other . x:type qb:dimension qb:measureType . "
    "qb:measureType a qb:DimensionProperty ; rdfs:range qb:MeasureProperty . "
    "x:other qb:measure x:rate . x:rate a qb:MeasureProperty . "
)
# The roles as a hierarchy in which OBS, a target, stands nowhere.
HIERARCHY = (
    "kpi:role qb:codeList x:list . "
    "x:list a qb:HierarchicalCodeList ; qb:hierarchyRoot c:role-baseline ; qb:parentChildProperty {} . "
)

FAULTS: dict[str, list[Callable[[Quads], tuple[Quads, str]]]] = {
    "ic-01": [without("qb:dataSet"), second("qb:dataSet", "qb:Observation")],
    "ic-02": [second("qb:structure", "qb:DataSet")],
    "ic-03": [without("rdf:type", of="sm:obsValue")],
    "ic-04": [without("rdfs:range", of="kpi:indicator")],
    "ic-05": [without("qb:codeList", of="kpi:aggregation")],
    "ic-06": [optional_dimension],
    "ic-07": [said("x:key a qb:SliceKey .", node="urn:x:key")],
    "ic-08": [said(KEY + "x:key qb:componentProperty x:unknown .", node="urn:x:key")],
    "ic-09": [
        said(SLICE + "kpi:role c:role-target .", node="urn:x:slice"),
        said(SLICE + "kpi:role c:role-target ; qb:sliceStructure x:key, x:key-2 .", node="urn:x:slice"),
    ],
    "ic-10": [said(SLICE + "qb:sliceStructure x:key .", node="urn:x:slice")],
    "ic-11": [without("sd:refPeriod"), without("kpi:aggregation")],
    "ic-12": [same_cell_twice],
    "ic-13": [without("sa:unitMeasure"), without("sa:unitMult")],
    "ic-14": [without("sm:obsValue")],
    "ic-15": [said(MEASURE_DIMENSION + "OBS qb:measureType sm:obsValue .", drop="sm:obsValue")],
    "ic-16": [said(MEASURE_DIMENSION + "OBS qb:measureType sm:obsValue ; x:rate 0.5 .")],
    "ic-17": [said(MEASURE_DIMENSION + "OBS qb:measureType sm:obsValue .")],
    "ic-18": [
        said(SLICE + "qb:sliceStructure x:key ; kpi:role c:role-target ; qb:observation OBS .", drop="qb:dataSet")
    ],
    "ic-19": [value_outside_its_list],
    "ic-20": [said(HIERARCHY.format("x:contains") + "c:role-baseline x:contains c:role-actual .", node="every target")],
    "ic-21": [
        said(
            HIERARCHY.format("[ owl:inverseOf skos:broader ]") + "c:role-actual skos:broader c:role-baseline .",
            node="every target",
        )
    ],
}
# Where the node that is named is not the one that the fault is in: a structure is named, its component is at fault.
NAMED = {"ic-03": "kpi:dsd"}


@pytest.mark.parametrize("query", QUERIES, ids=lambda p: p.stem)
def test_the_cube_keeps_its_constraints(published: Quads, query: Path) -> None:
    assert broken_nodes(published, query) == set()


@pytest.mark.parametrize("query", QUERIES, ids=lambda p: p.stem)
def test_each_constraint_finds_what_breaks_it(published: Quads, query: Path) -> None:
    for fault in FAULTS[query.stem]:
        quads, node = fault(published)
        if node == "every target":
            targets = {q.subject for q in quads if (q.predicate, q.object) == (name("kpi:role"), name("c:role-target"))}
            in_cube = {q.subject for q in quads if q.predicate == name("qb:dataSet")}
            assert broken_nodes(quads, query) == {t.value for t in targets & in_cube}
            continue
        wanted = expand(NAMED[query.stem]) if query.stem in NAMED else node
        assert broken_nodes(quads, query) == {wanted}


def test_all_21_constraints_are_there() -> None:
    assert [q.stem for q in QUERIES] == [f"ic-{n:02}" for n in range(1, 22)] == sorted(FAULTS)


def test_grouping_is_by_every_dimension_of_the_cube(published: Quads) -> None:
    text = (REPO / "tests" / "queries" / "ic-12.rq").read_text(encoding="utf-8")
    pattern = text[text.index("WHERE") :]
    used = {expand(word) for word in re.findall(r"(?:kpi|sd):\w+", pattern)}
    assert used == {q.object.value for q in published if q.predicate == name("qb:dimension")}
    assert len(used) == 5


def test_only_what_has_a_number_unit_and_period_is_in_the_cube(published: Quads) -> None:
    def having(prefixed: str) -> set[str]:
        return {q.subject.value for q in published if q.predicate == name(prefixed)}

    in_cube = having("qb:dataSet")
    assert in_cube == having("sm:obsValue") & having("kpi:unit") & having("sd:refPeriod")
    assert len(in_cube) == 194


def test_store_and_dump_hold_the_same(publication: Path, published: Quads) -> None:
    dump = set(ox.parse(path=publication / "current" / "kpigraph.nq"))
    named = {q for q in published if isinstance(q.graph_name, ox.NamedNode)}
    catalogue = {q for q in named if q.graph_name.value.endswith("/graph/catalog")}
    assert dump == named - catalogue
    assert {q.triple for q in published if q not in named} == {q.triple for q in named}  # the union of what is current
