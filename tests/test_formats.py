"""One plan in every format gives the same figures; a row of a sheet, page or table bears one name everywhere."""

import csv
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import CARD, Case, as_graph, write_case
from country import written

from kpigraph import formats, pipeline, proposal, sources
from kpigraph.codelists import UnitCodelist
from kpigraph.config import Settings
from kpigraph.inspection import render
from kpigraph.model import Edition
from kpigraph.problems import SourceError, SourceLocation

PLAN = [
    ["施策", "指標", "単位", "基準値（H30年度）", "目標値（R6年度）", "担当課"],
    ["健康", "健康寿命", "歳", "79.1", "80.0", "健康課"],
    ["", "検診受診率", "%", "25.5", "30以上", "健康課"],
    ["教育", "不登校児童数", "人", "12", "10以下", "学校教育課"],
]
FULL = [PLAN[0], PLAN[1], ["健康", *PLAN[2][1:]], PLAN[3]]
MERGED = [(2, 1, 3, 1)]
WIDE = CARD.split("[layout]", maxsplit=1)[0] + '[layout]\nkind = "wide"\n'


def pdf(path: Path) -> None:
    page = written.Pdf(path)
    page.table(PLAN, [90, 120, 60, 120, 120, 100], MERGED)
    page.save()


WRITE: dict[str, tuple[str, Callable[[Path], None]]] = {
    "xlsx": (formats.XLSX, lambda p: written.xlsx(p, {"一覧": PLAN}, MERGED)),
    "xls": (formats.XLS, lambda p: written.xls(p, {"一覧": PLAN}, MERGED)),
    "ods": (formats.ODS, lambda p: written.ods(p, {"一覧": PLAN}, MERGED)),
    "html": (formats.HTML, lambda p: written.webpage(p, PLAN, MERGED)),
    "pdf": (formats.PDF, pdf),
    "csv": (formats.CSV, lambda p: written.delimited(p, FULL, encoding="cp932")),
    "json": (formats.JSON, lambda p: written.objects(p, FULL)),
    "txt": (formats.TEXT, lambda p: written.aligned(p, FULL)),
}


def case(tmp_path: Path, media_type: str, write: Callable[[Path], None], corrections: str = "") -> Case:
    file = tmp_path / "written"
    write(file)
    card = WIDE.replace("text/plain", media_type)
    return write_case(tmp_path, file.read_bytes(), card=card, encoding="", corrections=corrections)


def said(edition: Edition) -> set[tuple[str, ...]]:
    names = {i.key: i.label for i in edition.indicators}
    measures = {e.key: e.label for e in edition.elements}
    under = {x.indicator: measures[x.measure] for x in edition.listings}
    return {
        (under[s.indicator], names[s.indicator], s.role.value, s.stated_value, s.stated_period, s.stated_unit)
        for s in edition.statements
    }


@pytest.mark.parametrize("kind", WRITE)
def test_the_same_plan_in_every_format(tmp_path: Path, kind: str) -> None:
    edition, _, problems = case(tmp_path, *WRITE[kind]).read()
    assert [p.line() for p in problems if p.severity == "error"] == []
    assert formats.media_type(edition.document.file) == WRITE[kind][0]
    assert edition.unread_cells == 0
    table = FULL if kind in ("csv", "json", "txt") else PLAN
    assert edition.cells == sum(bool(t) for row in table for t in row)  # a merged cell counts once
    assert {s[:4] for s in said(edition)} == {
        ("健康", "健康寿命", "baseline", "79.1"), ("健康", "健康寿命", "target", "80.0"),
        ("健康", "検診受診率", "baseline", "25.5"), ("健康", "検診受診率", "target", "30以上"),
        ("教育", "不登校児童数", "baseline", "12"), ("教育", "不登校児童数", "target", "10以下"),
    }  # fmt: skip


CORRECTIONS = (
    "place,column,was,now,reason,explanation_ja,explanation_en,evidence_ja,evidence_en,status,decided_by,decided_on\n"
    "{place},4,12,21,print-error,誤り,a slip,別表,the annex,accepted,test,2026-01-01\n"
)


def two_sheets(tmp_path: Path, place: str) -> Case:
    """Return a workbook whose second sheet has the plan, with a correction that names its row as `place`."""

    def write(path: Path) -> None:
        written.xlsx(path, {"表紙": [], "一覧": PLAN}, MERGED)

    return case(tmp_path, formats.XLSX, write, CORRECTIONS.format(place=place))


@pytest.mark.parametrize("place", ["一覧:4", "s2-4"])
def test_a_correction_names_a_row_by_its_sheet(tmp_path: Path, place: str) -> None:
    edition, _, problems = two_sheets(tmp_path, place).read()
    assert [p.line() for p in problems if p.severity == "error"] == []
    (corrected,) = (s for s in edition.statements if s.corrections)
    assert (corrected.stated_value, str(corrected.quantity.value), corrected.rows) == ("12", "21", ("s2-4",))
    (correction,) = edition.corrections
    assert correction.place == "s2-4"
    assert [(r.at.place, r.at.part) for r in edition.rows][-1] == ("s2-4", "一覧")


def test_a_correction_of_a_row_that_is_not_there_is_told(tmp_path: Path) -> None:
    made = case(tmp_path, *WRITE["xlsx"], corrections=CORRECTIONS.format(place="裏:4"))
    assert "correction.stale" in [p.code for p in made.read()[2]]


@pytest.mark.parametrize("place", ["0", "x-", "s2-", "一覧:0", "1.5", ""])
def test_what_names_no_row(tmp_path: Path, place: str) -> None:
    problems = case(tmp_path, *WRITE["csv"], corrections=CORRECTIONS.format(place=place)).read()[2]
    assert "correction.field" in [p.code for p in problems]


def test_a_row_bears_one_name_in_graph_and_table(tmp_path: Path) -> None:
    built = pipeline.build(two_sheets(tmp_path, "一覧:4").data, tmp_path / "public", Settings())
    release = tmp_path / "public" / "current"
    with (release / "observations.csv").open(encoding="utf-8", newline="") as file:
        lines = {(r["indicator_label"], r["role"]): r["source_lines"] for r in csv.DictReader(file)}
    assert lines["不登校児童数", "baseline"] == "s2-4"
    graph = (release / "kpigraph.nt").read_text("utf-8")
    row = "<https://w3id.org/kpigraph/id/lg/012068/doc/senryaku/2016/row-s2-4"
    assert f'{row}> <https://w3id.org/kpigraph/ns#part> "一覧"' in graph
    assert f"{row}> <http://www.w3.org/ns/oa#hasSelector> {row}-quote>" in graph
    assert built.report.conforms


@pytest.mark.parametrize(
    ("kind", "row", "selector"),
    [
        ("csv", "row-4", ("http://tools.ietf.org/rfc/rfc7111", "row=4")),
        ("json", "row-3", ("http://tools.ietf.org/rfc/rfc6901", "/2")),
        ("pdf", "row-p1-t1-4", ("http://tools.ietf.org/rfc/rfc8118", "page=1")),
        ("txt", "row-4", ("http://tools.ietf.org/rfc/rfc5147", "line=3,4")),
        ("html", "row-t1-4", None),
    ],
)
def test_a_row_is_found_by_the_standard_of_its_format(
    tmp_path: Path, kind: str, row: str, selector: tuple[str, str] | None
) -> None:
    from kpigraph.graph import edition_graph
    from kpigraph.iris import DataIris
    from kpigraph.vocab import DCTERMS, KPI, OA, RDF

    edition, derivation, _ = case(tmp_path, *WRITE[kind]).read()
    mapped = edition_graph(edition, derivation, DataIris("https://data.example/"))
    layer = as_graph(mapped.layers["asserted"])
    (this,) = (s for s in layer.subjects(RDF.type, KPI.SourceRow) if str(s).endswith(f"/{row}"))
    found = [
        (str(layer.value(s, DCTERMS.conformsTo)), str(layer.value(s, RDF.value)))
        for s in layer.objects(this, OA.hasSelector)
        if (s, RDF.type, OA.FragmentSelector) in layer
    ]
    assert found == ([selector] if selector else [])
    assert bool(layer.value(this, KPI.part)) == (kind in ("html", "pdf"))


def test_inspection_names_rows_as_corrections_do(tmp_path: Path) -> None:
    from kpigraph import codelists, editions, sources

    made = two_sheets(tmp_path, "s2-4")
    document = sources.load(made.folder, [])
    units = codelists.load_units(made.data / "codelists")
    reading, _ = editions.read_cells(document, units, [])
    table = list(csv.DictReader(render(reading, "csv", "en", wide=False).splitlines()))
    assert table[-1]["line"] == "一覧:4"


def test_the_kind_of_a_file_is_told_by_its_content(tmp_path: Path) -> None:
    for kind, (media_type, write) in WRITE.items():
        path = tmp_path / f"{kind}.bin"
        write(path)
        assert formats.media_type(path) == media_type, kind
    (tmp_path / "x").write_bytes(b"\x7fELF\x00\x01\x02")
    assert formats.media_type(tmp_path / "x") == ""


def test_places_of_rows_are_shown_and_named() -> None:
    at = SourceLocation(file="f", part="page 3, table 1", row=4, key="p3-t1")
    assert (at.place, at.shown, str(at)) == ("p3-t1-4", "page 3, table 1:4", "f › page 3, table 1 › row 4")
    assert SourceLocation(file="f", part="Sheet1", row=4).place == "4"


@pytest.mark.parametrize(
    ("content", "code", "name"),
    [
        (b"\x89PNG\r\n\x1a\n\x00", "source.image", "PNG"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "source.image", "JPEG"),
        (b"II*\x00\x08\x00", "source.image", "TIFF"),
        ({"[Content_Types].xml": "", "word/document.xml": ""}, "source.unsupported", "Word (.docx)"),
        ({"[Content_Types].xml": "", "ppt/presentation.xml": ""}, "source.unsupported", "PowerPoint (.pptx)"),
        ({"kpi.csv": "a,b\n"}, "source.unsupported", "ZIP (.zip): kpi.csv"),
        ({"mimetype": "application/vnd.oasis.opendocument.text"}, "source.unsupported", "OpenDocument Text (.odt)"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "WordDocument".encode("utf-16-le"), "source.unsupported",
         "Word 97-2003 (.doc)"),
        (b"{\\rtf1\\ansi", "source.unsupported", "RTF (.rtf)"),
    ],
)  # fmt: skip
def test_a_file_that_no_reader_is_for_is_named_as_what_it_is(
    tmp_path: Path, make_case: Callable[..., Case], content: bytes | dict[str, str], code: str, name: str
) -> None:
    """Whatever the card calls it, and without one."""
    file = tmp_path / "kpi.dat"
    if isinstance(content, dict):
        with zipfile.ZipFile(file, "w") as archive:
            for member, text in content.items():
                archive.writestr(member, text)
    else:
        file.write_bytes(content)
    case = make_case(file.read_bytes())
    for load in (
        lambda: sources.load(case.folder, []),
        lambda: proposal.propose("012068", file, tmp_path / "new", UnitCodelist((), {})),
    ):
        with pytest.raises(SourceError) as raised:
            load()
        assert [(p.code, p.found) for p in raised.value.problems] == [(code, name)]
        assert all(name in p.sentence(lang) for p in raised.value.problems for lang in ("ja", "en"))


@pytest.mark.parametrize("encoding", ["cp932", "euc_jp"])
def test_lines_that_are_all_alike_tell_their_encoding(encoding: str) -> None:
    lines = [f"・指標{c}の数：0人（H26年度）→0人（R元年度）【水産課】" for c in "甲乙丙丁戊"]
    assert formats.detected("\n".join(["基本目標1 目標その1", *lines]).encode(encoding)) == encoding


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('指標\t単位\n"観光客の\n数"\t人\n', formats.TSV),
        ("指標\t単位\n観光客数\t人\n", formats.TEXT),
        ('基本目標1 海\n"・観光客数 1,234人（H26年度）→2,000人（R1年度）"\n', formats.CSV),
        ("基本目標1 海\n・観光客数 1,234人→2,000人\n・水揚量 1,200トン→1,300トン\n", formats.TEXT),
        ("指標,基準値\n観光客数,100\n水揚量,200\n", formats.CSV),
    ],
)
def test_what_a_text_is_by_what_parts_its_cells(tmp_path: Path, text: str, kind: str) -> None:
    """A cell in quotation marks is not part of plain text; a comma within a number parts nothing."""
    file = tmp_path / "kpi"
    file.write_text(text, "utf-8")
    assert formats.media_type(file) == kind
