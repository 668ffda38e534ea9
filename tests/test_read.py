"""Readers: what is written into a file of any format comes back cell by cell with its place, and nothing else."""

import json
import os
import signal
import string
import zipfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from country import written
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kpigraph import formats, read
from kpigraph.model import Document, JoinCard, LayoutCard, Row, SourceCard
from kpigraph.problems import Problem, SourceError
from kpigraph.read import columns, isolation
from kpigraph.read.rows import RawRow, build

TABLE = [
    ["基本目標", "指標", "単位", "基準値", "目標値"],
    ["1 しごと", "観光客数\n（年間）", "千人", "1,234", "1,500"],
    ["", "延べ宿泊客数", "万人", "-", "129"],
    ["2 ひと", "出生数", "人", "調査中", ""],
]
MERGED = [(2, 1, 3, 1), (4, 4, 4, 5)]
FILLED = [
    TABLE[0],
    TABLE[1],
    ["1 しごと", *TABLE[2][1:]],
    ["2 ひと", "出生数", "人", "調査中", "調査中"],
]
REPEATS = {(3, 1): (2, 1), (4, 5): (4, 4)}


def document(path: Path, media_type: str = "", encoding: str = "", source: SourceCard | None = None) -> Document:
    kind = media_type or formats.media_type(path)
    found = "" if kind in formats.BINARY else encoding or formats.encoding(path, "", kind)
    layout = LayoutCard(kind="stacked", hierarchy=(), columns={}, roles={})
    return Document(
        folder=path.parent, file=path, sha256="", media_type=kind, encoding=found, municipality="479993",
        municipality_names={}, series="plan", series_labels={}, edition="1", title={}, description={}, layout=layout,
        source=source or SourceCard(),
    )  # fmt: skip


def rows(path: Path, **options: object) -> list[Row]:
    return list(read.read(document(path, **options), []))  # type: ignore[arg-type]


def texts(found: list[Row]) -> list[list[str]]:
    return [[cell.text for cell in row.cells] for row in found]


def repeats(found: list[Row]) -> dict[tuple[int, int], tuple[int, int]]:
    cells = [cell for row in found for cell in row.cells if cell.repeats]
    return {(c.at.row, c.at.cell): (c.repeats.row, c.repeats.cell) for c in cells if c.repeats}


def trimmed(table: list[list[str]]) -> list[list[str]]:
    """Return a table without the blanks that end its rows and the blank rows that end it."""
    out = []
    for row in table:
        cells = list(row)
        while cells and not cells[-1]:
            cells.pop()
        out.append(cells)
    while out and not out[-1]:
        out.pop()
    return out


def problem(path: Path, limits: read.Limits | None = None, **options: object) -> Problem:
    with pytest.raises(SourceError) as raised:
        list(read.read(document(path, **options), [], limits))  # type: ignore[arg-type]
    (found,) = raised.value.problems
    for lang in ("ja", "en"):
        assert found.sentence(lang)
    return found


WORKBOOKS = {"xlsx": written.xlsx, "xls": written.xls, "ods": written.ods}


@pytest.mark.parametrize("kind", WORKBOOKS)
def test_a_workbook_of_one_sheet(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"kpi.{kind}"
    WORKBOOKS[kind](path, {"一覧": TABLE}, MERGED, [3])
    found = rows(path)
    assert (texts(found), repeats(found)) == (FILLED, REPEATS)
    assert [row.hidden for row in found] == [False, False, True, False]
    assert [(r.at.place, r.at.part, r.order) for r in found] == [(str(n), "一覧", n) for n in range(1, 5)]
    assert found[2].printed == "延べ宿泊客数\t万人\t-\t129"  # what is merged from above is no text of this row
    assert str(found[2].cells[1].at) == f"479993/{tmp_path.name}/kpi.{kind} › 一覧 › row 3 › cell 2"


@pytest.mark.parametrize("kind", WORKBOOKS)
def test_rows_of_several_sheets_have_names_of_their_own(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"kpi.{kind}"
    WORKBOOKS[kind](path, {"表紙": [["KPI"]], "一覧": TABLE[:1]})
    assert [(r.at.place, r.at.shown, r.order) for r in rows(path)] == [("s1-1", "表紙:1", 1), ("s2-1", "一覧:1", 2)]


def test_a_sheet_shows_numbers_by_their_formats_and_formulas_by_their_values(tmp_path: Path) -> None:
    from datetime import date

    from openpyxl import Workbook
    from openpyxl.cell.rich_text import CellRichText, TextBlock
    from openpyxl.cell.text import InlineFont

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append([0.256, date(2016, 4, 1), 1234567, -5.2, 0.1 + 0.2, True, "=1+1", 12, "=SUM(A1:A1)", 0.5])
    for cell, code in zip(sheet[1], ["0.0%", 'ggge"年"m"月"d"日"', "#,##0", "0.0;▲ 0.0", "General", "General", "0",
                                     '0"人"', "0", "h:mm"], strict=True):  # fmt: skip
        cell.number_format = code
    sheet["G1"].data_type = "s"
    sheet["K1"] = CellRichText("約", TextBlock(InlineFont(b=True), "三割"))
    book.create_sheet("裏").sheet_state = "hidden"
    book["裏"]["A1"] = "x"
    book.save(tmp_path / "kpi.xlsx")
    first, second = rows(tmp_path / "kpi.xlsx")
    assert [c.text for c in first.cells] == [
        "25.6%", "平成28年4月1日", "1,234,567", "▲ 5.2", "0.3", "TRUE", "=1+1", "12人", "=SUM(A1:A1)",
        "12:00", "約三割",
    ]  # fmt: skip
    assert (first.hidden, second.hidden) == (False, True)


def test_furigana_is_no_part_of_a_text(tmp_path: Path) -> None:
    written.xlsx(tmp_path / "plain.xlsx", {"S": [["釧路"]]})
    spoken = b"<si><r><t>\xe9\x87\xa7</t></r><r><t>\xe8\xb7\xaf</t></r><rPh sb='0' eb='2'><t>kushiro</t></rPh></si>"
    changed(tmp_path / "plain.xlsx", tmp_path / "kpi.xlsx", "xl/sharedStrings.xml",
            lambda b: b[: b.index(b"<si>")] + spoken + b[b.index(b"</sst>"):])  # fmt: skip
    assert texts(rows(tmp_path / "kpi.xlsx")) == [["釧路"]]


def changed(old: Path, new: Path, member: str, change: Callable[[bytes], bytes]) -> None:
    """Write the archive `old` again with one member changed."""
    with zipfile.ZipFile(old) as before, zipfile.ZipFile(new, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            content = before.read(name)
            after.writestr(name, change(content) if name == member else content)


# ---- web pages


def test_a_page_gives_its_tables_and_the_text_around_them(tmp_path: Path) -> None:
    path = tmp_path / "kpi.html"
    around = (
        "<title>x</title><h1>第1章　計画</h1><p>本文<b>太字</b><br>次の行</p>{}<ul><li>一<li>二</ul><script>x</script>"
    )
    written.webpage(path, TABLE, MERGED, [3], around=around)
    found = rows(path)
    assert [(r.at.place, r.cells[0].text) for r in found if r.at.key == "x"] == [
        ("x-1", "第1章　計画"), ("x-2", "本文太字"), ("x-3", "次の行"), ("x-4", "一"), ("x-5", "二"),
    ]  # fmt: skip
    table = [r for r in found if r.at.key == "t1"]
    assert (texts(table), repeats(table)) == (FILLED, REPEATS)
    assert [r.at.part for r in found] == ["text"] * 3 + ["table 1"] * 4 + ["text"] * 2
    assert [r.hidden for r in table] == [False, False, True, False]


def test_nested_tables_and_odd_spans(tmp_path: Path) -> None:
    path = tmp_path / "kpi.html"
    path.write_text(
        "<meta charset=utf-8><table><caption>表</caption><tr><td rowspan=0>A<td colspan=x>B<table><tr><td>内&nbsp;側"
        "</table><tr><td>C<p>D</p><tbody><tr><td>E<ruby>漢<rt>かん</rt></ruby>"
        "<span style='display:none'>99</span></table>",
        "utf-8",
    )
    assert [(r.at.place, *(c.text for c in r.cells)) for r in rows(path)] == [
        ("x-1", "表"), ("t1-1", "A", "B"), ("t1-2", "A", "C\nD"), ("t1-3", "E漢"), ("t2-1", "内\u00a0側"),
    ]  # fmt: skip


def test_a_page_in_shift_jis_says_so_itself(tmp_path: Path) -> None:
    path = tmp_path / "kpi.html"
    path.write_bytes('<html><meta charset="Shift_JIS"><table><tr><td>①観光客数</table>'.encode("cp932"))
    assert texts(rows(path)) == [["①観光客数"]]


# ---- PDF


def test_a_pdf_gives_ruled_tables_plain_tables_and_lines(tmp_path: Path) -> None:
    pdf = written.Pdf(tmp_path / "kpi.pdf")
    pdf.line("第1章　まちづくり")
    pdf.table(TABLE, [80, 60, 60, 80, 80], MERGED)
    pdf.line("※1 注記です。")
    pdf.plain_table([["指標", "単位", "値"], ["宿泊客数", "人", "1,200"], ["出生数", "", "30"]], [40, 200, 300])
    pdf.next_page()
    pdf.table([TABLE[0], ["3 まち", "人口", "人", "10", "20"]], [80, 60, 60, 80, 80])
    pdf.save()
    found = rows(tmp_path / "kpi.pdf")
    ruled = [r for r in found if r.at.key == "p1-t1"]
    assert (texts(ruled), repeats(ruled)) == (FILLED, REPEATS)
    assert texts([r for r in found if r.at.key == "p1"]) == [["第1章　まちづくり"], ["※1 注記です。"]]
    plain = [r for r in found if r.at.key == "p1-t2"]
    assert texts(plain) == [["指標", "単位", "値"], ["宿泊客数", "人", "1,200"], ["出生数", "", "30"]]
    assert texts(found[-2:]) == [TABLE[0], ["3 まち", "人口", "人", "10", "20"]]  # the header is printed again
    assert [r.at.part for r in found[-2:]] == ["page 2, table 1"] * 2
    assert [r.order for r in found] == list(range(1, len(found) + 1))


@pytest.mark.parametrize("ruled", ["LINEABOVE", "ROWBACKGROUNDS", "GRID", ""])
def test_a_table_that_a_layout_program_set(tmp_path: Path, ruled: str) -> None:
    from reportlab.lib import colors
    from reportlab.platypus import SimpleDocTemplate, Table, TableStyle

    path = tmp_path / "kpi.pdf"
    written.Pdf(tmp_path / "font.pdf")  # makes the font known
    body = [
        ["指標名", "単位", "基準値", "担当課"],
        *([f"指標その{n}", "人", f"{n * 1234:,}", f"第{n}課"] for n in range(60)),
    ]
    what = {"ROWBACKGROUNDS": ([colors.lightgrey, colors.white],)}.get(ruled, (0.5, colors.black))
    style = [("FONT", (0, 0), (-1, -1), written.Pdf.FONT, 9), ("ALIGN", (2, 0), (2, -1), "RIGHT")]
    style += [(ruled, (0, 0), (-1, -1), *what)] if ruled else []
    SimpleDocTemplate(str(path)).build([Table(body, repeatRows=1, style=TableStyle(style))])
    found = rows(path)
    assert {row.at.part for row in found} == {"page 1, table 1", "page 2, table 1"}
    assert [t for t in texts(found) if t != body[0]] == body[1:]
    assert texts(found).count(body[0]) == 2


def test_text_that_a_narrow_cell_broke_is_joined_and_vertical_text_read(tmp_path: Path) -> None:
    pdf = written.Pdf(tmp_path / "kpi.pdf")
    long = "市内の宿泊施設に泊まった人の延べ数（外国人を含む）"
    table = [["基準値", "指標", "備考"], ["10", long, "・一つ目\n・二つ目"], ["20", "短い\n名前", "1,234人"]]
    pdf.table(table, [24, 90, 120], (), [(1, 1, 1, 1)])
    pdf.save()
    assert texts(rows(tmp_path / "kpi.pdf")) == table


def test_a_scanned_pdf_is_told_and_a_scanned_page_too(tmp_path: Path) -> None:
    pdf = written.Pdf(tmp_path / "scan.pdf")
    pdf.picture()
    pdf.save()
    assert problem(tmp_path / "scan.pdf").code == "source.no-text"
    pdf = written.Pdf(tmp_path / "mixed.pdf")
    pdf.line("文字のあるページ")
    pdf.next_page()
    pdf.picture()
    pdf.save()
    problems: list[Problem] = []
    assert texts(list(read.read(document(tmp_path / "mixed.pdf"), problems))) == [["文字のあるページ"]]
    assert [(p.code, p.found, p.at.part) for p in problems] == [("source.page-without-text", "2", "page 2")]


# ---- text and JSON


@pytest.mark.parametrize(
    ("encoding", "delimiter"),
    [("utf-8-sig", ","), ("cp932", ";"), ("utf-16", "\t"), ("euc_jp", ","), ("utf-16-le", ",")],
)
def test_delimited_text_of_any_encoding(tmp_path: Path, encoding: str, delimiter: str) -> None:
    path = tmp_path / "kpi.csv"
    written.delimited(path, TABLE, delimiter, encoding)
    found = rows(path, media_type=formats.CSV)
    assert texts(found) == TABLE
    assert found[1].printed.splitlines()[0].endswith('"観光客数')  # as the file holds it, over two lines


def test_columns_of_blanks(tmp_path: Path) -> None:
    path = tmp_path / "kpi.txt"
    table = [["指標", "単位", "基準値"], ["観光客数", "千人", "1,234"], ["宿泊客数", "", "129"], ["出生 数", "人", ""]]
    written.aligned(path, table)
    assert texts(rows(path)) == trimmed(table)
    path.write_text("指標　　　　単位　　値\n観光客数　　千人　１２\n宿泊　　　　人　　　　３\n", "utf-8")
    assert texts(rows(path)) == [["指標", "単位", "値"], ["観光客数", "千人", "１２"], ["宿泊", "人", "３"]]
    path.write_text("本文です。  続きです。\n次の段落は長くて一行に収まります。\n三つ目です。\n四つ目です。\n", "utf-8")
    assert len(rows(path)[0].cells) == 1  # prose


def test_json_arrays_nested_maps_groups_and_a_joined_file(tmp_path: Path) -> None:
    path = tmp_path / "kpi.json"
    path.write_text(
        json.dumps({"meta": 1, "data": [
            {"id": "a", "name": "観光客数", "name2": "宿泊客数", "unit": "人", "unit2": "泊",
             "actual": {"R2": 5, "R3": 1.50}},
            {"id": "b", "name": "出生数", "unit": None, "actual": {"R2": 7}},
        ]}), "utf-8")  # fmt: skip
    (tmp_path / "dept.json").write_text('[{"key": "a", "dept": "観光課"}, {"key": "z", "dept": "謎"}]', "utf-8")
    join = JoinCard(file="dept.json", path="", here="id", there="key")
    problems: list[Problem] = []
    source = SourceCard(arrays=("data",), groups=("name", "unit"), join=join)
    found = list(read.read(document(path, source=source), problems))
    assert [(r.at.place, *(c.text for c in r.cells)) for r in found] == [
        ("h-1", "id", "actual", "actual", "dept", "name", "unit"),
        ("h-2", "id", "R2", "R3", "dept", "name", "unit"),
        ("n-1", "a", "5", "1.5", "観光課", "観光客数", "人"),
        ("n-2", "a", "5", "1.5", "観光課", "宿泊客数", "泊"),
        ("n-3", "b", "7", "", "", "出生数"),
    ]  # fmt: skip
    assert [c.at.cell for c in found[3].cells if c.repeats] == [1, 2, 3, 4]
    assert [c.text for c in found[1].cells if not c.repeats] == ["R2", "R3"]
    assert [(p.code, p.found) for p in problems] == [("source.join-missing", "b"), ("source.join-unused", "z")]


def test_json_arrays_are_found_and_inner_ones_read_by_path(tmp_path: Path) -> None:
    path = tmp_path / "kpi.json"
    path.write_text('{"goals": [{"name": "G", "kpis": [{"n": "x"}, {"n": "y"}]}], "units": [{"u": 1}]}', "utf-8")
    assert [r.at.place for r in rows(path)] == ["h1-1", "h1-2", "h1-3", "a1-1", "h2-1", "a2-1"]
    found = rows(path, source=SourceCard(arrays=("goals.kpis",)))
    assert texts(found) == [["name", "n"], ["G", "x"], ["G", "y"]]
    assert [(r.at.part, r.at.place) for r in found[1:]] == [("/goals/kpis", "n-1"), ("/goals/kpis", "n-2")]
    assert found[2].cells[0].repeats == found[1].cells[0].at


# ---- any table


LETTERS = st.sampled_from("観光客数（千人）年度目標値ＫＰＩ①▲％・-,.%=" + string.digits + string.ascii_letters)
WORDS = st.text(LETTERS, min_size=1, max_size=12)
CELLS = st.one_of(st.just(""), WORDS)


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[list[str]], list[tuple[int, int, int, int]]]:
    """Draw a table with merged areas that do not overlap; the first cell of each area holds a text."""
    width, height = draw(st.integers(2, 5)), draw(st.integers(2, 6))
    table = [[draw(CELLS) for _ in range(width)] for _ in range(height)]
    areas: list[tuple[int, int, int, int]] = []
    for _ in range(draw(st.integers(0, 2))):
        top, left = draw(st.integers(1, height)), draw(st.integers(1, width))
        area = (top, left, draw(st.integers(top, height)), draw(st.integers(left, width)))
        overlaps = any(a[0] <= area[2] and area[0] <= a[2] and a[1] <= area[3] and area[1] <= a[3] for a in areas)
        if area[:2] != area[2:] and not overlaps:
            areas.append(area)
            table[top - 1][left - 1] = draw(WORDS)
    return table, areas


def filled(table: list[list[str]], areas: list[tuple[int, int, int, int]], last: int) -> list[list[str]]:
    """Return what a reader gives: merged areas filled as far down as row `last`."""
    out = [list(row) for row in table]
    for (r, c), (top, left) in written.covered(areas).items():
        out[r - 1][c - 1] = table[top - 1][left - 1]
    return trimmed(out[:last])


FEW = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("kind", [*WORKBOOKS, "html", "pdf"])
@given(drawn=tables())
@FEW
def test_any_table_comes_back_from_formats_with_merged_cells(
    tmp_path: Path, kind: str, drawn: tuple[list[list[str]], list[tuple[int, int, int, int]]]
) -> None:
    table, areas = drawn
    path = tmp_path / f"kpi.{kind}"
    places = {(r, c) for r, row in enumerate(table, 1) for c, t in enumerate(row, 1) if t}
    places -= set(written.covered(areas))
    if kind == "html":
        written.webpage(path, table, areas)
    elif kind == "pdf":
        table = [[*row, "x"] for row in [*table, ["x"] * len(table[0])]]  # a line that no cell ends at is not drawn
        pdf = written.Pdf(path)
        pdf.table(table, [120.0] * len(table[0]), areas)
        pdf.save()
    else:
        WORKBOOKS[kind](path, {"S": table}, areas)
    if not places:
        return
    kind_of_reader = {"html": "webpage"}.get(kind, kind)
    found = list(build("x", (r for r in isolation.reader(kind_of_reader)(path, "utf-8") if isinstance(r, RawRow))))
    kept = max(r for r, _ in places) if kind in WORKBOOKS else len(table)
    assert trimmed(texts(found)) == filled(table, areas, kept)
    covered = {place for place in written.covered(areas) if place[0] <= kept}
    assert set(repeats(found)) == covered


@pytest.mark.parametrize("kind", ["csv", "tsv", "json"])
@given(drawn=tables())
@FEW
def test_any_table_comes_back_from_plain_formats(
    tmp_path: Path, kind: str, drawn: tuple[list[list[str]], list[tuple[int, int, int, int]]]
) -> None:
    table, _ = drawn
    path = tmp_path / f"kpi.{kind}"
    if kind == "json":
        table[0] = [f"{name}{n}" for n, name in enumerate(table[0])]
        written.objects(path, table)
        assert trimmed(texts(rows(path, media_type=formats.JSON))) == trimmed(table)
        return
    written.delimited(path, table, "," if kind == "csv" else "\t")
    source = SourceCard(delimiter="," if kind == "csv" else "\t")
    found = rows(path, media_type=formats.CSV, encoding="utf-8", source=source)
    assert texts(found) == table
    assert all(a.at.row < b.at.row for a, b in pairwise(found))


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        ("指標名  単位 基準値", ["指標名", "単位", "基準値"]),
        ("観光客 人   12", ["観光客", "人", "12"]),
        ("観光客　人   12", ["観光客", "人", "12"]),
        ("基本目標1　しごとをつくる", ["基本目標1　しごとをつくる"]),  # runs over: whole
        ("観光入込客数  千人  12", ["観光入込客数", "", "千人  12"]),  # and up to a gap of two blanks
        ("観光入込x  人", ["観光入込x", "人"]),
        ("観光入込x 人", ["観光入込x 人"]),
        ("              12", ["", "", "12"]),
        ("", [""]),
    ],
)
def test_columns_that_begin_where_the_card_says(line: str, cells: list[str]) -> None:
    assert columns.cut_at(line, [0, 7, 12]) == cells


def test_the_process_that_has_loaded_the_libraries_is_kept_until_a_reading_goes_wrong(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.html", tmp_path / "bad.html"
    good.write_text("<table><tr><td>観光客数<td>千人</table>", encoding="utf-8")
    bad.write_text("<table></table>", encoding="utf-8")
    isolation.release()

    def kept() -> int:
        [nursery] = isolation._IDLE
        return nursery._process.pid

    assert texts(rows(good)) == [["観光客数", "千人"]]
    first = kept()
    assert texts(rows(good)) == [["観光客数", "千人"]]
    assert kept() == first
    os.kill(first, signal.SIGKILL)  # by the system, for want of memory: the next file does not notice
    isolation._IDLE[0]._process.wait()
    assert texts(rows(good)) == [["観光客数", "千人"]]
    assert kept() != first
    with pytest.raises(SourceError, match="no-text"):
        rows(bad)
    assert not isolation._IDLE
    next(read.read(document(good), []))  # what is not read to its end leaves nobody behind
    isolation.release()
    assert not isolation._IDLE
