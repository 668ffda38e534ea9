"""Tables as offices keep them: merged headers, totals, remarks, marks for "as above"; read, or said to be unread."""

from pathlib import Path

import pytest
from country import written

from kpigraph import editions, proposal, sources
from kpigraph.codelists import UnitCodelist
from kpigraph.layouts import Part, Reading
from kpigraph.model import ValueForm
from kpigraph.problems import Problem, Severity, SourceError

HEADER = "施策,指標,単位,実績値（R4年度）,目標値（R6年度）\n"


def read(folder: Path, units: UnitCodelist) -> tuple[Reading, list[str]]:
    problems: list[Problem] = []
    reading, _ = editions.read_cells(sources.load(folder, problems), units, problems)
    return reading, [p.code for p in problems if p.severity is Severity.ERROR]


def drafted(
    text: str, tmp_path: Path, units: UnitCodelist, *, name: str = "kpi.csv", add: str = ""
) -> tuple[Reading, list[str]]:
    """Return what the card that `new` writes reads of a document, with `add` at the end of that card."""
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    made = proposal.propose("012068", file, tmp_path / "data", units, name="架空市")
    card = made.folder / "card.toml"
    card.write_text(card.read_text(encoding="utf-8") + add, encoding="utf-8")
    return read(made.folder, units)


def stated(reading: Reading) -> list[tuple[str, str, str]]:
    return [
        (block.places[0].label if block.places else "", block.label.text, entry.value_piece.text)
        for block in reading.blocks
        for entry in block.entries
    ]


def test_a_line_break_in_a_cell_does_not_break_the_card(tmp_path: Path, units: UnitCodelist) -> None:
    text = '指標,単位,"基準値\n（R1）","目標値\n（R6）"\n教室数,回,1,2\n'
    _, errors = drafted(text, tmp_path, units)
    assert errors == []


def test_a_header_of_two_rows_may_have_cells_that_are_not_understood(tmp_path: Path, units: UnitCodelist) -> None:
    file = tmp_path / "kpi.xlsx"
    table = [["指標", "基準", "", "目標", "", "満足"], ["", "年度", "数値", "年度", "数値", ""]]
    table += [["教室数", "H26年度", "312人", "R1年度", "400人", "5"]]
    merged = [(1, 1, 2, 1), (1, 2, 1, 3), (1, 4, 1, 5), (1, 6, 2, 6)]
    written.xlsx(file, {"KPI": table}, merged)
    made = proposal.propose("012068", file, tmp_path / "data", units)
    reading, errors = read(made.folder, units)
    assert [entry.value_piece.text for entry in reading.blocks[0].entries] == ["312人", "400人"]
    assert errors == ["header.unread", "cell.unread"]


@pytest.mark.parametrize("mark", ["〃", "　〃", "同上"])
def test_a_mark_for_as_above_is_no_name(mark: str, tmp_path: Path, units: UnitCodelist) -> None:
    text = HEADER + f"健康づくり,教室数,回,1,2\n{mark},受診者数,{mark},3,4\n"
    reading, errors = drafted(text, tmp_path, units)
    assert errors == []
    assert [(b.places[0].label, b.unit.notation if b.unit else "") for b in reading.blocks] == [
        ("健康づくり", "kai")
    ] * 2


def test_a_mark_for_as_above_is_no_value(tmp_path: Path, units: UnitCodelist) -> None:
    _, errors = drafted(HEADER + "健康,教室数,回,1,2\n健康,受診者数,人,3,同上\n", tmp_path, units)
    assert errors == ["quantity.unreadable"]


def test_a_total_and_a_remark_are_no_headings_until_the_card_leaves_them_out(
    tmp_path: Path, units: UnitCodelist
) -> None:
    text = HEADER + "健康,教室数,回,1,2\n合計,,,1,2\n作成は企画課による。,,,,\n"
    _, errors = drafted(text, tmp_path, units)
    assert sorted(set(errors)) == ["cell.unread", "place.unlisted"]
    add = '\n[layout.columns]\nignore = ["合計", "作成は企画課による。"]\n'
    (tmp_path / "data" / "sources").rename(tmp_path / "first")
    reading, errors = drafted(text, tmp_path, units, add=add)
    assert errors == []
    assert stated(reading) == [("健康", "教室数", "1"), ("健康", "教室数", "2")]
    assert sum(cell.pieces[0].part is Part.IGNORED for cell in reading.cells) == 4


def test_headers_are_told_by_the_word_at_their_end_to_be_checked(tmp_path: Path, units: UnitCodelist) -> None:
    text = "施策コード番号,事務事業名,活動・成果指標,指標の単位,国の実績,目標値（R6年度）\n1,広報,教室数,回,9,2\n"
    reading, errors = drafted(text, tmp_path, units)
    assert stated(reading) == [("広報", "教室数", "2")]
    assert errors == ["header.unread", "cell.unread"]  # 国の実績 is never guessed
    card = next((tmp_path / "data").glob("sources/*/*/card.toml")).read_text(encoding="utf-8")
    assert 'indicator = ["活動・成果指標"] # 要確認' in card


def test_figures_beside_a_table_never_pass_for_mere_text(tmp_path: Path, units: UnitCodelist) -> None:
    text = "<html><p>出生数　基準値 41人（H26年度）</p><p>移住者 3人 → 5人</p><p>問合せ：企画課 0000</p><table>"
    rows = [line.split(",") for line in (HEADER + "健康,教室数,回,1,2\n").splitlines()]
    text += "".join("<tr>" + "".join(f"<td>{c}</td>" for c in row) + "</tr>" for row in rows)
    reading, errors = drafted(text + "</table><p>問合せ：企画課 0000</p></html>", tmp_path, units, name="kpi.html")
    assert errors == ["cell.unread", "cell.unread"]
    assert [cell.cell.text[:3] for cell in reading.cells if cell.unread] == ["出生数", "移住者"]


def test_a_document_without_any_indicator_is_an_error(tmp_path: Path, units: UnitCodelist) -> None:
    _, errors = drafted("お知らせ\n本日は晴れ\n", tmp_path, units, name="kpi.txt")
    assert errors


def test_a_total_is_no_indicator(tmp_path: Path, units: UnitCodelist) -> None:
    reading, errors = drafted(HEADER + "健康,教室数,回,1,2\n,小計,,3,4\n", tmp_path, units)
    assert "cell.unread" in errors
    assert stated(reading) == [("健康", "教室数", "1"), ("健康", "教室数", "2")]


def test_a_target_in_the_column_of_baselines_is_not_read(tmp_path: Path, units: UnitCodelist) -> None:
    text = "指標,単位,区分,策定時（R2年度）,R4年度\n教室数,回,目標,7,2\n,,実績,1,3\n"
    reading, errors = drafted(text, tmp_path, units)
    assert [entry.value_piece.text for entry in reading.blocks[0].entries] == ["2", "1", "3"]
    assert errors == ["role.unknown"]


def test_columns_of_blanks_are_found_below_a_title_with_blanks(tmp_path: Path, units: UnitCodelist) -> None:
    text = "架空町　第2期　総合戦略　KPI一覧\n\n指標        単位  基準値(R1年度)  目標値(R6年度)\n"
    text += "教室数      回    10              12\n登録者数    人    ▲3              5\n"
    reading, errors = drafted(text, tmp_path, units, name="kpi.txt")
    assert errors == []
    assert [value for _, _, value in stated(reading)] == ["10", "12", "▲3", "5"]


@pytest.mark.parametrize(("above", "fault"), [("様式1,,架空市", []), ("教室数,回,12人", ["header.missing"])])
def test_a_row_above_the_table_is_text_unless_it_has_figures(
    above: str, fault: list[str], tmp_path: Path, units: UnitCodelist
) -> None:
    _, errors = drafted(f"{above}\n{HEADER}健康,教室数,回,1,2\n", tmp_path, units)
    assert errors == fault


def test_a_card_says_what_unit_a_word_means(tmp_path: Path, units: UnitCodelist) -> None:
    text = "指標,単位,基準値（R1年度）,目標値（R6年度）\n訪問,number,1,2\n"
    reading, errors = drafted(text, tmp_path, units, add='\n[layout.units]\nnumber = "件"\n')
    assert errors == []
    assert reading.blocks[0].unit is units.find("件")


def test_a_card_cannot_name_a_unit_that_is_not_there(tmp_path: Path, units: UnitCodelist) -> None:
    with pytest.raises(SourceError, match=r"layout\.units\.number"):
        drafted(f"{HEADER}健康,教室数,number,1,2\n", tmp_path, units, add='\n[layout.units]\nnumber = "樽"\n')


def test_a_chapter_above_the_goals_is_no_goal(tmp_path: Path, units: UnitCodelist) -> None:
    text = "第3章　数値目標\n\n基本目標1　しごと\n・教室数：現状値 3回（R1年度） ⇒ 目標値 5回（R6年度）\n"
    text += "基本目標2　ひと\n・参加者数：現状値 3人（R1年度） ⇒ 目標値 5人（R6年度）\n"
    text += "・相談者数：現状値 3人（R1年度） ⇒ 目標値 5人（R6年度）\n"
    reading, errors = drafted(text, tmp_path, units, name="kpi.txt")
    assert errors == []
    assert [(place.label, place.parent) for place in reading.places] == [("しごと", None), ("ひと", None)]


@pytest.mark.parametrize("word", ["未公表", "公表前", "未確定"])
def test_a_figure_that_is_yet_to_come_is_missing(word: str, tmp_path: Path, units: UnitCodelist) -> None:
    reading, errors = drafted(f"{HEADER}健康,教室数,回,{word},2\n", tmp_path, units)
    assert errors == []
    assert reading.blocks[0].entries[0].quantity.form is ValueForm.MISSING


@pytest.mark.parametrize("area", [(2, 4, 3, 4), (2, 3, 2, 4), (2, 3, 3, 4)], ids=["rows", "years", "both"])
def test_one_value_merged_over_several_rows_or_years_is_no_ones(
    tmp_path: Path, units: UnitCodelist, area: tuple[int, int, int, int]
) -> None:
    file = tmp_path / "kpi.xlsx"
    table = [
        ["指標", "単位", "目標値（R5年度）", "目標値（R6年度）"],
        ["教室数", "回", "7", "8"],
        ["登録数", "件", "7", "8"],
    ]
    table = [[("" if area[0] <= r <= area[2] and area[1] <= c <= area[3] and (r, c) != area[:2] else text)
              for c, text in enumerate(row, 1)] for r, row in enumerate(table, 1)]  # fmt: skip
    written.xlsx(file, {"KPI": table}, [area])
    made = proposal.propose("012068", file, tmp_path / "data", units)
    problems: list[Problem] = []
    reading, _ = editions.read_cells(sources.load(made.folder, problems), units, problems)
    (merged,) = [p for p in problems if p.code == "cell.merged"]
    assert (merged.at.row, merged.at.cell) == area[:2]
    assert "値" in merged.sentence("ja")
    assert [cell.cell.at[2:4] for cell in reading.unread] == [area[:2]]
    covered = (area[2] - area[0] + 1) * (area[3] - area[1] + 1)
    assert sum(len(block.entries) for block in reading.blocks) == 4 - covered
