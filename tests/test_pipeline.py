"""The whole way in one process: what a build gives, and that an invalid graph is not published."""

import csv
import hashlib
import json
import re
import shutil
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from conftest import BLOCK, HEADER, HEADINGS, KUSHIRO, Case, Kushiro
from rdflib import Literal, URIRef

from kpigraph import corrections, graph, pipeline
from kpigraph.config import Settings
from kpigraph.iris import DataIris
from kpigraph.literals import decimal_literal
from kpigraph.problems import SourceError
from kpigraph.vocab import KPI, PROV, QB, RDF, SA, SC, SD, SKOS, SM, XSD

GOOD = HEADER + HEADINGS + BLOCK
BASE = "https://w3id.org/kpigraph/id/lg/012068/"
EDITION = BASE + "doc/sogo-senryaku-kpi/2016/"


def test_a_violation_stops_publication(
    make_case: Callable[..., Case], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = make_case(GOOD)
    pipeline.build(case.data, tmp_path / "public", Settings())
    before = (tmp_path / "public" / "current").resolve()
    real = graph.edition_graph

    def lossy(*args: object) -> graph.EditionGraph:
        mapped = real(*args)  # type: ignore[arg-type]
        mapped.layers["asserted"] = tuple(t for t in mapped.layers["asserted"] if t[1] != KPI.statedValue)
        return mapped

    monkeypatch.setattr(pipeline.graph, "edition_graph", lossy)
    shutil.rmtree(tmp_path / "public" / ".cache")
    with pytest.raises(pipeline.InvalidGraphError) as raised:
        pipeline.build(case.data, tmp_path / "public", Settings())
    assert {r.shape.fragment for r in raised.value.report.results} >= {"Statement-statedValue"}
    assert (tmp_path / "public" / "current").resolve() == before


def test_problems_of_all_documents_are_raised_at_once(make_case: Callable[..., Case], tmp_path: Path) -> None:
    case = make_case(GOOD.replace("110.5", "x1"))
    make_case(GOOD.replace("トン", "樽"), edition="2017")
    with pytest.raises(SourceError) as raised:
        pipeline.build(case.data, tmp_path / "public", Settings())
    assert {(p.code, p.at.file) for p in raised.value.problems} >= {
        ("quantity.unreadable", "012068/senryaku-2016/kpi.txt"),
        ("unit.unknown", "012068/senryaku-2017/kpi.txt"),
    }
    assert not (tmp_path / "public").exists()


def test_the_manifest_names_every_input(make_case: Callable[..., Case], tmp_path: Path) -> None:
    case = make_case(GOOD)
    built = pipeline.build(case.data, tmp_path / "public", Settings())
    inputs = built.published.release.manifest["inputs"]
    text = (case.folder / "kpi.txt").read_bytes()
    assert inputs["sources/012068/senryaku-2016/kpi.txt"] == hashlib.sha256(text).hexdigest()
    for name in ("codelists/units.csv", "sources/012068/registry.csv", "ontology/kpi.ttl", "shapes/Statement.ttl"):
        assert name in inputs


def test_two_editions_share_what_has_no_time(make_case: Callable[..., Case], tmp_path: Path) -> None:
    case = make_case(GOOD)
    make_case(GOOD.replace("110.5", "115.0").replace("H27年度", "H28年度"), edition="2017")
    built = pipeline.build(case.data, tmp_path / "public", Settings())
    counts = built.published.release.manifest["counts"]
    assert (counts["documents"], counts["statements"]) == (2, 6)
    text = (tmp_path / "public" / "current" / "kpigraph.nt").read_text(encoding="utf-8")
    assert len(re.findall(r"^\S+ \S+type> \S+ns#Indicator> \.$", text, re.MULTILINE)) == 1


def test_no_blank_nodes_and_only_known_prefixes(kushiro: Kushiro) -> None:
    for layer in kushiro.layers.values():
        for triple in layer:
            for term in triple:
                assert isinstance(term, URIRef | Literal)
                if isinstance(term, URIRef):
                    assert term.isascii()


def one(kushiro: Kushiro, layer: str, s: str, p: URIRef) -> object:
    (found,) = kushiro.layers[layer].objects(URIRef(s), p)
    return found


def test_a_statement_as_triples(kushiro: Kushiro) -> None:
    s = EDITION + f"st-{kushiro.indicator('食料品製造業粗付加価値額')}-b"
    g = kushiro.layers["asserted"]
    assert set(g.objects(URIRef(s), RDF.type)) == {KPI.Statement, KPI.Baseline, QB.Observation}
    for predicate, value in {
        KPI.statedValue: Literal("972,848"),
        KPI.statedPeriod: Literal("H25年"),
        KPI.statedUnit: Literal("万円"),
        SM.obsValue: Literal("972848", datatype=XSD.decimal),
        KPI.baseValue: Literal("9728480000", datatype=XSD.decimal),
        SA.unitMult: SC["unitMult-4"],
        SA.decimals: Literal(0),
        SD.refPeriod: URIRef("https://w3id.org/kpigraph/id/period/cy2013"),
        SD.refArea: URIRef("http://data.e-stat.go.jp/lod/sac/C01206"),
        PROV.wasDerivedFrom: URIRef(EDITION + "row-19"),
    }.items():
        assert one(kushiro, "asserted", s, predicate) == value


def test_missing_is_no_observation(kushiro: Kushiro) -> None:
    s = URIRef(EDITION + f"st-{kushiro.indicator('新規創業者数')}-b")
    g = kushiro.layers["asserted"]
    assert QB.Observation not in set(g.objects(s, RDF.type))
    assert list(g.objects(s, SM.obsValue)) == list(g.objects(s, QB.dataSet)) == []
    assert one(kushiro, "asserted", str(s), SA.obsStatus) == SC["obsStatus-M"]


def test_a_relative_target_has_its_number_in_the_derived_layer_only(kushiro: Kushiro) -> None:
    key = kushiro.indicator("食料品製造業粗付加価値額")
    target, resolved = EDITION + f"st-{key}-t", EDITION + f"res-{key}-t"
    assert list(kushiro.layers["asserted"].objects(URIRef(target), SM.obsValue)) == []
    assert one(kushiro, "asserted", target, KPI.relativeTo) == URIRef(EDITION + f"st-{key}-b")
    assert one(kushiro, "derived", resolved, SM.obsValue) == Literal("1216060", datatype=XSD.decimal)


def test_a_corrected_statement_revises_its_printed_reading(kushiro: Kushiro) -> None:
    key = kushiro.indicator("特別養護老人ホーム定員数に対する在宅重度の待機者数の割合")
    s, printed = EDITION + f"st-{key}-b", EDITION + f"st-{key}-b-printed"
    assert list(kushiro.layers["asserted"].predicate_objects(URIRef(s))) == []
    assert one(kushiro, "corrections", s, PROV.wasRevisionOf) == URIRef(printed)
    assert one(kushiro, "corrections", s, KPI.statedUnit) == Literal("人")
    assert one(kushiro, "corrections", s, KPI.unit) == URIRef("https://w3id.org/kpigraph/code/unit/percent")
    assert one(kushiro, "asserted", printed, RDF.type) == KPI.PrintedReading
    assert one(kushiro, "asserted", printed, KPI.unit) == URIRef("https://w3id.org/kpigraph/code/unit/nin")
    correction = one(kushiro, "asserted", printed, PROV.wasInvalidatedBy)
    assert one(kushiro, "corrections", str(correction), KPI.originalText) == Literal("人")
    assert URIRef(s) in set(kushiro.layers["corrections"].objects(URIRef(str(correction)), KPI.corrects))


def test_misspelt_goal_is_found_by_its_misspelling(kushiro: Kushiro) -> None:
    (goal,) = kushiro.layers["corrections"].subjects(
        SKOS.prefLabel, Literal("子どもを生み育てたいという希望をかなえる", "ja")
    )
    misspelt = kushiro.layers["asserted"].value(goal, SKOS.hiddenLabel)
    assert misspelt == Literal("子どもを生ま育てたいという希望をかなえる", "ja")


@pytest.mark.parametrize(
    ("value", "text"),
    [("1000", "1000"), ("1E+3", "1000"), ("53.0", "53"), ("2.30", "2.3"), ("-0.0", "0"), ("0", "0"), ("-5.20", "-5.2")],
)
def test_decimals_as_the_engine_gives_them_back(value: str, text: str) -> None:
    assert str(decimal_literal(Decimal(value))) == text


def test_decimal_that_xsd_does_not_have() -> None:
    with pytest.raises(ValueError, match="NaN"):
        decimal_literal(Decimal("NaN"))


def test_every_row_that_holds_anything_is_a_source_row(kushiro: Kushiro) -> None:
    text = (KUSHIRO / "kushiro-kpi.txt").read_text(encoding="utf-8")
    held = [n for n, line in enumerate(text.split("\n"), 1) if line.strip()]
    rows = set(kushiro.layers["asserted"].subjects(RDF.type, KPI.SourceRow))
    assert rows == {URIRef(f"{EDITION}row-{n}") for n in held}


def test_no_iri_depends_on_anything_but_the_base() -> None:
    assert DataIris("https://kpi.example.jp/").municipality("012068") == "https://kpi.example.jp/id/lg/012068"
    with pytest.raises(ValueError, match="cannot stand"):
        DataIris("https://kpi.example.jp/").thing("lg", "釧路")


def test_warnings_of_the_reading_are_in_the_report(make_case: Callable[..., Case], tmp_path: Path) -> None:
    case = make_case(GOOD.replace("トン\t水産課", "トン\t-\t水産課"))
    built = pipeline.build(case.data, tmp_path / "public", Settings())
    report = json.loads((built.published.release.folder / "validation.json").read_text(encoding="utf-8"))
    (warning,) = report["reading"]
    assert (warning["code"], warning["line"], warning["cell"]) == ("cell.spare-mark", 4, 7)
    assert set(warning["messages"]) == {"en", "ja"}


def correction(place: int, column: int, was: str, now: str, status: str = "accepted") -> str:
    values = f"{place},{column},{was},{now},print-error,説明,why,根拠,evidence,{status},a tester,2026-01-02"
    return ",".join(corrections.COLUMNS) + "\n" + values + "\n"


def test_what_is_read_can_be_published(make_case: Callable[..., Case], tmp_path: Path) -> None:
    """Each of them passes the shapes, in every format; all in one build, each of a municipality of its own."""
    cases = (
        (GOOD.replace("\n", "\n\f"), ""),  # pages of a PDF: RDF/XML can hold no form feed
        (GOOD.replace("目標値", "実績値"), correction(6, 3, "実績値", "目標値")),
        (GOOD.replace("トン\t水産課", "人 水産課"), correction(4, 6, "人 水産課", "トン 農林課")),
        (GOOD, correction(5, 5, "110.5", "111.5", "proposed")),
        (GOOD, correction(5, 5, "110.5", "111.5", "rejected")),
        (GOOD, correction(4, 7, "水産課", "農林課", "proposed")),
        (GOOD, correction(4, 1, "ア 港を直す", "ア 船を直す")),
        (GOOD.replace("120.0", "約10%増(対H26年度比)"), ""),
        (GOOD.replace("トン", "-"), ""),
    )
    codes = ("011002", "012025", "012033", "012041", "012050", "012068", "012076", "012084", "012092")
    for code, (text, corrected) in zip(codes, cases, strict=True):
        case = make_case(text, corrections=corrected, code=code)
    built = pipeline.build(case.data, tmp_path / "public", Settings())
    folder = built.published.release.folder
    assert (folder / "kpigraph.rdf").is_file()
    with (folder / "observations.csv").open(encoding="utf-8-sig", newline="") as file:
        stated = Counter(row["municipality_code"] for row in csv.DictReader(file))
    assert stated == dict.fromkeys(codes, 3)
