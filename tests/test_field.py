"""What documents of towns that nobody had seen before taught: nothing wrong is read silently, what is usual is read.

The documents are fictional and as small as the construct that each shows.
"""

import hashlib
import json
from pathlib import Path

import pytest
from country import written
from test_office_tables import HEADER, drafted, read, stated

from kpigraph import proposal
from kpigraph.codelists import UnitCodelist
from kpigraph.layouts import Reading
from kpigraph.model import ValueForm
from kpigraph.problems import SourceError


def test_what_stands_right_of_the_name_is_no_heading(tmp_path: Path, units: UnitCodelist) -> None:
    text = "施策,指標,現状値（R4年度）,目標値（R6年度）,方向性,実施計画事業\n健康,教室数,1,2,増加を目指す,広報事業\n"
    reading, errors = drafted(text, tmp_path, units)
    assert set(errors) == {"header.unread", "cell.unread"}
    assert stated(reading) == [("健康", "教室数", "1"), ("健康", "教室数", "2")]
    assert [place.label for place in reading.places] == ["健康"]


def test_the_values_of_two_indicators_in_a_row_are_never_those_of_one(tmp_path: Path, units: UnitCodelist) -> None:
    """Whether the headers of both names are known, or only the second."""
    rows = "食育,教室数,10,12,参加者数,100,130\n"
    for first, name, lost in (
        ("活動指標", "教室数", ["参加者数", "100", "130"]),
        ("内容", "参加者数", ["教室数", "10", "12"]),
    ):
        text = f"事業名,{first},R4年度実績,R5年度目標,成果指標,R4年度実績,R5年度目標\n{rows}"
        (tmp_path / first).mkdir()
        reading, errors = drafted(text, tmp_path / first, units)
        assert "header.unread" in errors
        assert [block.label.text for block in reading.blocks] == [name]
        assert [cell.cell.text for cell in reading.cells if cell.unread][-3:] == lost


def test_the_row_of_a_total_and_a_figure_for_a_name_are_unread(tmp_path: Path, units: UnitCodelist) -> None:
    reading, errors = drafted(HEADER + "健康,教室数,回,1,2\n計,6,,,\n健康,7,回,3,4\n", tmp_path, units)
    assert errors.count("cell.unread") > 2
    assert stated(reading) == [("健康", "教室数", "1"), ("健康", "教室数", "2")]


def test_a_mark_for_no_value_needs_no_period(tmp_path: Path, units: UnitCodelist) -> None:
    text = "指標,現状,目標\n教室数,1回（R4年度）,2回（R6年度）\n受診者数,－,3人（R6年度）\n"
    reading, errors = drafted(text, tmp_path, units)
    assert errors == []
    missing = reading.blocks[1].entries[0]
    assert (missing.quantity.form, missing.period.period) == (ValueForm.MISSING, None)


def test_a_merged_heading_may_reach_under_another_one(tmp_path: Path, units: UnitCodelist) -> None:
    file = tmp_path / "kpi.xlsx"
    table = [
        ["基本目標", "施策", "指標", "実績値（R4年度）"],
        ["健康", "食育", "教室数", "1"],
        ["産業", "", "誘致数", "2"],
    ]
    written.xlsx(file, {"KPI": table}, [(2, 2, 3, 2)])
    reading, _ = read(proposal.propose("012068", file, tmp_path / "data", units).folder, units)
    assert [(b.places[0].label, b.places[0].parent.label) for b in reading.blocks if b.places[0].parent] == [
        ("食育", "健康"),
        ("食育", "産業"),
    ]


def test_a_header_is_found_though_its_values_have_no_period_yet(tmp_path: Path, units: UnitCodelist) -> None:
    text = "節,内容,目的,目標（指標）名,現状,目標,備考\n1,連携,住み続けたい,住み続ける人の割合,58.6%,62.0%,\n"
    reading, errors = drafted(text, tmp_path, units, add='\n[language.periods]\n"現状" = "R1年度"\n"目標" = "R6年度"\n')
    assert stated(reading) == [("", "住み続ける人の割合", "58.6%"), ("", "住み続ける人の割合", "62.0%")]
    assert set(errors) == {"header.unread", "cell.unread"}


def test_which_year_a_fiscal_year_is_must_be_said(tmp_path: Path, units: UnitCodelist) -> None:
    text = "Ref,Performance indicators,2018/19 Outturn,2019/20 Q1,2019/20 Q2,FY21 Target\n"
    text += "K1,Calls answered,96%,95%,94%,97%\n"
    reading, errors = drafted(text, tmp_path, units)
    assert reading.blocks
    assert stated(reading) == []
    assert errors
    add = 'fiscal_year_begins = 4\nfiscal_year_named_by = "end"\n'
    (tmp_path / "said").mkdir()
    reading, errors = drafted(text, tmp_path / "said", units, add=add)
    assert errors == []
    periods = [entry.period.period for entry in reading.blocks[0].entries]
    assert [str(p.last_day) for p in periods if p] == ["2019-03-31", "2019-06-30", "2019-09-30", "2021-03-31"]


def test_a_year_without_its_era_is_read_within_cells_too(tmp_path: Path, units: UnitCodelist) -> None:
    text = "指標,現状,目標\n教室数,60回（平成28年度）,81回（32年度）\n受診者数,974人（28年）,減少を目指す（32年）\n"
    reading, errors = drafted(text, tmp_path, units)
    assert errors == []
    assert 'era = "平成" # 要確認' in next((tmp_path / "data").glob("sources/*/*/card.toml")).read_text(
        encoding="utf-8"
    )
    days = [entry.period.period.last_day for block in reading.blocks for entry in block.entries if entry.period.period]
    assert [str(day) for day in days] == ["2017-03-31", "2021-03-31", "2016-12-31"]
    (tmp_path / "both").mkdir()
    text = text.replace("974人（28年）", "974人（令和2年）")  # of which era is 32年度?
    assert "period.unreadable" in drafted(text, tmp_path / "both", units)[1]


def test_an_explanation_below_a_name_is_no_part_of_it(tmp_path: Path, units: UnitCodelist) -> None:
    text = '指標,実績（R4年度）\n"修了者数\n研修を修了した人の数",6人\n'
    reading, errors = drafted(text, tmp_path, units, add="")
    assert errors == []
    card = next((tmp_path / "data").glob("sources/*/*/card.toml"))
    card.write_text(
        card.read_text(encoding="utf-8").replace("\n[layout]\n", "\n[layout]\nfirst_line_is_name = true\n"), "utf-8"
    )
    reading, errors = read(card.parent, units)
    assert errors == []
    block = reading.blocks[0]
    assert (block.label.text, [note.text for note in block.notes]) == ("修了者数", ["研修を修了した人の数"])


def test_a_list_of_contents_gives_no_headings(tmp_path: Path, units: UnitCodelist) -> None:
    page = "<ul><li>1-1 地球環境を守る</li><li>1-2 災害に備える</li></ul><table>"
    page += "<tr><th>指標</th><th>実績（R4年度）</th></tr><tr><td>教室数</td><td>6回</td></tr></table>"
    reading, errors = drafted(f"<html>{page}</html>", tmp_path, units, name="kpi.html")
    assert errors == []
    assert stated(reading) == [("", "教室数", "6回")]


def test_a_header_whose_years_the_card_gives_keeps_its_role(tmp_path: Path, units: UnitCodelist) -> None:
    add = '\n[language.periods]\n"5ヵ年目標" = "R6年度"\n'
    reading, errors = drafted("指標,R1年度実績,5ヵ年目標\n教室数,1回,4回\n", tmp_path, units, add=add)
    assert errors == []
    assert [(e.role.value, str(e.period.period and e.period.period.last_day)) for e in reading.blocks[0].entries] == [
        ("actual", "2020-03-31"),
        ("target", "2025-03-31"),
    ]


def test_a_header_with_brackets_in_brackets_and_one_row_among_strangers(tmp_path: Path, units: UnitCodelist) -> None:
    text = "甲,乙,丙,丁,指標,現状値（2015年）,目標値（2019（H31）年）\nあ,い,う,え,教室数,1回,4回\n"
    reading, errors = drafted(text, tmp_path, units)
    assert set(errors) == {"header.unread", "cell.unread"}
    assert [str(e.period.period and e.period.period.last_day) for e in reading.blocks[0].entries] == [
        "2015-12-31",
        "2019-12-31",
    ]


def test_what_somebody_has_seen_may_stay_unread(tmp_path: Path, units: UnitCodelist) -> None:
    text = "指標,実績（R4年度）\n健康寿命,男性81.1年 女性85.2年\n教室数,6回\n"
    assert drafted(text, tmp_path, units)[1] == ["quantity.unreadable"]
    card = next((tmp_path / "data").glob("sources/*/*/card.toml"))
    before = card.read_text(encoding="utf-8")
    for left, expected in (("男性81.1年 女性85.2年", []), ("6回", ["quantity.unreadable", "card.field"])):
        card.write_text(before.replace("\n[layout]\n", f'\n[layout]\nleave_unread = ["{left}"]\n'), encoding="utf-8")
        reading, errors = read(card.parent, units)
        assert errors == expected
        assert [cell.cell.text for cell in reading.cells if cell.unread] == ["男性81.1年 女性85.2年"]


def test_json_of_arrays_in_arrays_with_years_as_keys_needs_no_word(tmp_path: Path, units: UnitCodelist) -> None:
    kpis = [
        {"name": "教室数", "unit": "回", "base": {"R1": 3}, "actual": {"R2": 1, "R3": "調査中"}, "target": {"R6": 10}},
        {"name": "受診者数", "unit": "人", "base": {"R1": 5}, "actual": {"R2": 6, "R3": 7}, "target": {"R6": 9}},
    ]
    text = json.dumps(
        {"goals": [{"goal": "健康", "measures": [{"measure": "食育", "kpis": kpis}]}]}, ensure_ascii=False
    )
    reading, errors = drafted(text, tmp_path, units, name="kpi.json")
    assert errors == []
    assert [entry.value_piece.text for block in reading.blocks for entry in block.entries] == [
        "3", "1", "調査中", "10", "5", "6", "7", "9",
    ]  # fmt: skip


def test_values_of_json_are_never_its_header(tmp_path: Path, units: UnitCodelist) -> None:
    """Though an object beside the array says what its keys mean, in the words of a header."""
    said = {"title": "指標", "v1": "R4年度実績", "v2": "R6年度目標"}
    rows = [{"title": "教室数", "v1": "6回", "v2": "8回"}, {"title": "広報数", "v1": "3回", "v2": "4回"}]
    add = '\n[language.periods]\nv1 = "R4年度"\nv2 = "R6年度"\n'
    text = json.dumps({"table": [{"head": said, "rows": rows}]}, ensure_ascii=False)
    drafted(text, tmp_path, units, name="kpi.json")
    card = next((tmp_path / "data").glob("sources/*/*/card.toml"))
    before, _, _ = card.read_text(encoding="utf-8").partition("\n[layout]\n")
    words = 'indicator = ["title"]\nactual = ["v1"]\ntarget = ["v2"]\nignore = ["head"]\n'
    before = before.partition("\n[source]\n")[0]
    source = '\n[source]\narrays = ["table.rows"]\n'
    card.write_text(f'{before}{source}\n[layout]\nkind = "wide"\n[layout.columns]\n{words}{add}', encoding="utf-8")
    reading, errors = read(card.parent, units)
    assert errors == []
    assert [value for _, _, value in stated(reading)] == ["6回", "8回", "3回", "4回"]


def test_lines_with_an_arrow_are_indicators_though_they_are_numbered(tmp_path: Path, units: UnitCodelist) -> None:
    text = "基本目標Ⅰ　健康\n①婚姻率：5.5‰（平成25年）→5.9‰（平成31年）\n②出生数：41人（平成26年）→50人（平成31年）\n"
    reading, errors = drafted(text, tmp_path, units, name="kpi.txt")
    assert errors == []
    assert [value for _, _, value in stated(reading)] == ["5.5‰", "5.9‰", "41人", "50人"]


def test_a_first_column_without_header_names_the_indicators(tmp_path: Path, units: UnitCodelist) -> None:
    text = "PERFORMANCE MEASURES,,\n,2017 Actual,2018 Target\nParking tickets collected,75%,80%\nOn time,,90%\n"
    reading, errors = drafted(text, tmp_path, units)
    assert errors == []
    assert [(name, value) for _, name, value in stated(reading)] == [
        ("Parking tickets collected", "75%"),
        ("Parking tickets collected", "80%"),
        ("On time", "90%"),
    ]
    (tmp_path / "years").mkdir()  # here the rows say what the values are
    text = "指標,出生数\n,R4年度,R5年度\n実績値,41人,40人\n目標値,50人,51人\n"
    reading, _ = drafted(text, tmp_path / "years", units)
    assert not {"実績値", "目標値"} & {block.label.text for block in reading.blocks}


def test_an_average_of_the_whole_span_is_not_that_of_its_last_year(tmp_path: Path, units: UnitCodelist) -> None:
    _, errors = drafted("指標,目標値（R6年度）\n出生数,610人（期間平均）\n教室数,6回\n", tmp_path, units)
    assert errors == ["quantity.unreadable"]


def test_years_alone_are_guessed_to_be_actuals_only_in_a_row(tmp_path: Path, units: UnitCodelist) -> None:
    text = "指標,H26年度,H31年度,H27年度,H28年度\n雇用者数,4人,500人,82人,201人\n"
    reading, errors = drafted(text, tmp_path, units)
    assert [value for _, _, value in stated(reading)] == ["82人", "201人"]
    assert errors == ["header.unread", "header.unread", "cell.unread", "cell.unread"]


def test_a_period_in_brackets_that_cannot_be_read_is_no_remark(tmp_path: Path, units: UnitCodelist) -> None:
    """Else the value would be of the year over it."""
    text = "指標,現状値（R1年度）\n出生率,1.41（2013年～の5か年）\n教室数,6回（国の調査）\n"
    reading, errors = drafted(text, tmp_path, units)
    assert [value for _, _, value in stated(reading)] == ["6回"]
    assert set(errors) <= {"quantity.unreadable", "period.unreadable"}


def test_the_lower_row_of_a_header_may_hold_a_stranger(tmp_path: Path, units: UnitCodelist) -> None:
    text = "No,KPI,基準値,実績,,目標,\n,,（R元年度）,R2年度,R3年度,R4中間,R6年度\n1,移住者数,0人,12人,25人,50人,100人\n"
    reading, errors = drafted(text, tmp_path, units)
    assert [value for _, _, value in stated(reading)] == ["0人", "12人", "25人", "100人"]
    assert errors == ["header.unread", "cell.unread"]


def test_a_sheet_with_units_behind_its_years_and_baselines_beside_them(tmp_path: Path, units: UnitCodelist) -> None:
    table = [
        ["基本目標", "Ⅰ", "しごとをつくる"],
        ["KPI", "", "起業数"],
        ["", "基準値（H26年度）", "H27年度", "H28年度", "目標値（R1年度）", "単位"],
        ["目標値", "－", "－", "6", "9", "件"],
        ["実績値", "3", "4", "－", "", "件"],
    ]
    text = "\n".join(",".join(row) for row in table) + "\n"
    reading, errors = drafted(text, tmp_path, units)
    card = next((tmp_path / "data").glob("sources/*/*/card.toml"))
    before = card.read_text(encoding="utf-8").partition("\n[layout]\n")[0]
    card.write_text(before + '\n[layout]\nkind = "sheet"\n', encoding="utf-8")
    reading, errors = read(card.parent, units)
    assert errors == []
    assert [place.label for place in reading.places] == ["しごとをつくる"]
    block = reading.blocks[0]
    assert block.unit is not None
    assert block.unit.notation == "ken"
    assert [(entry.role.value, entry.value_piece.text) for entry in block.entries] == [
        ("target", "－"),
        ("target", "6"),
        ("target", "9"),
        ("baseline", "3"),
        ("actual", "4"),
        ("actual", "－"),
    ]


def test_of_several_marks_without_period_it_is_asked_whose_they_are(tmp_path: Path, units: UnitCodelist) -> None:
    text = "指標,単位,実績,実績,目標（R6年度）\n教室数,回,－,－,6\n"
    _, errors = drafted(text, tmp_path, units)
    assert errors == ["period.missing"]


def test_a_word_that_is_a_known_unit_cannot_be_another(tmp_path: Path, units: UnitCodelist) -> None:
    with pytest.raises(SourceError) as error:
        drafted(HEADER + "健康,教室数,回,1,2\n", tmp_path, units, add='\n[layout.units]\n"回" = "人"\n')
    assert error.value.problems[0].expected == "回 = 回"


def test_letters_by_which_columns_are_reckoned_say_nothing_else(tmp_path: Path, units: UnitCodelist) -> None:
    text = "指標,単位,R4年度目標（Ａ）,R4年度実績(B),達成率（B/A×100）\n教室数,回,4,3,75%\n"
    reading, errors = drafted(text, tmp_path, units)
    assert errors == []
    assert [(e.role.value, e.value_piece.text) for e in reading.blocks[0].entries] == [("target", "4"), ("actual", "3")]
    assert [rating.piece.text for rating in reading.blocks[0].ratings] == ["75%"]


def test_a_number_with_a_sign_is_a_value_only_where_something_says_so(tmp_path: Path, units: UnitCodelist) -> None:
    """+2% of visitors may be 2% more of them; the rate of growth may well be +2%."""
    text = "指標,単位,実績値（R4年度）,目標値（R6年度）\n利用率,%,50,+2\n満足度,%,60,△2%\n観光客数,人,+20,30\n"
    text += "観光客数の増減率,%,-1.5,+2%\n人口の社会増減,人,-20,+5\n売上高（前年度比）,%,-1.5,+2%\n収支,億円,-2,+1\n"
    reading, errors = drafted(text, tmp_path, units)
    assert errors == ["quantity.signed"] * 3
    assert [value for _, _, value in stated(reading)] == [
        "50", "60", "30", "-1.5", "+2%", "-20", "+5", "-1.5", "+2%", "-2", "+1",
    ]  # fmt: skip
    card = next((tmp_path / "data").glob("sources/*/*/card.toml"))
    before = card.read_text(encoding="utf-8")
    found = {}
    for said in ("value", "change"):
        card.write_text(before.replace("\n[layout]\n", f'\n[layout]\nsigned = "{said}"\n'), encoding="utf-8")
        reading, errors = read(card.parent, units)
        assert errors == []
        found[said] = [block.entries[-1].quantity for block in reading.blocks[:2]]
    assert [str(q.value) for q in found["value"]] == ["2", "-2"]
    assert [(q.form.value, str(q.relative_change)) for q in found["change"]] == [
        ("relative", "0.02"),
        ("relative", "-0.02"),
    ]


@pytest.mark.parametrize(
    ("name", "language", "aggregation"),
    [
        ("移住者数（累計）", "ja", "cumulative-to-date"),
        ("移住者数（R2からの累計）", "ja", "cumulative-to-date"),
        ("移住者数（5年間累計）", "ja", "cumulative-to-date"),
        ("移住者数累計", "ja", "cumulative-to-date"),
        ("累計移住者数", "ja", "cumulative-to-date"),
        ("移住者数（年間累計）", "ja", "period"),  # of the one year
        ("移住者数（年度累計）", "ja", "period"),
        ("移住者数（過去3年間の累計）", "ja", "period"),
        ("累計完了率", "ja", "period"),
        ("Homes built (cumulative)", "en", "cumulative-to-date"),
        ("Homes built", "en", "period"),
    ],
)  # fmt: skip
def test_a_name_that_says_so_makes_its_values_cumulative(
    name: str, language: str, aggregation: str, tmp_path: Path, units: UnitCodelist
) -> None:
    header = "Indicator,Actual (2022),Target (2024)" if language == "en" else "指標,実績値（R4年度）,目標値（R6年度）"
    reading, errors = drafted(f"{header}\n{name},3,5\n", tmp_path, units)
    assert errors == []
    stated_periods = [entry.period for entry in reading.blocks[0].entries]
    assert [str(p.aggregation) for p in stated_periods] == [aggregation] * 2
    begins = [p.period.first_day for p in stated_periods if p.period]
    assert all((first is None) == (aggregation != "period") for first in begins)


def spoken(reading: Reading) -> list[tuple[str, str, str, str]]:
    """Return label with its part, role, last day of the period and value of all that was read."""
    return [
        (
            block.label.text + (f" <{block.category.text}>" if block.category else ""),
            entry.role.value,
            str(entry.period.period.last_day) if entry.period.period else "",
            entry.value_piece.text,
        )
        for block in reading.blocks
        for entry in block.entries
    ]


IN_TURN = [
    ("教室数", "target", "2023-03-31", "10"),
    ("教室数", "target", "2024-03-31", "12"),
    ("教室数", "actual", "2023-03-31", "9"),
    ("教室数", "actual", "2024-03-31", "13"),
    ("参加者数", "target", "2023-03-31", "100"),
    ("参加者数", "target", "2024-03-31", "120"),
    ("参加者数", "actual", "2023-03-31", "90"),
    ("参加者数", "actual", "2024-03-31", "－"),
]


@pytest.mark.parametrize(
    "text",
    [
        "指標,,R4年度,R5年度\n教室数,目標値,10,12\n,実績値,9,13\n参加者数,目標値,100,120\n,実績値,90,－\n",
        "指標,項目,R4年度,R5年度\n教室数,期待値,10,12\n,実績値,9,13\n参加者数,期待値,100,120\n,実績値,90,－\n",
        "指標,R4年度,R5年度\n,目標値／実績値,目標値／実績値\n教室数,10,12\n,9,13\n参加者数,100,120\n,90,－\n",
        "指標,R4年度,R5年度\n教室数,10,12\n,9,13\n参加者数,100,120\n,90,－\n",
    ],
    ids=["a column without header", "a header that says nothing", "a header with both", "only the order of rows"],
)
def test_rows_of_targets_and_actuals_in_turn(text: str, tmp_path: Path, units: UnitCodelist) -> None:
    reading, errors = drafted(text, tmp_path, units)
    assert errors == []
    assert spoken(reading) == IN_TURN


def test_rows_in_turn_are_read_only_where_all_are_there(tmp_path: Path, units: UnitCodelist) -> None:
    text = "指標,R4年度,R5年度\n教室数,10,12\n,9,13\n参加者数,100,120\n,90,－\n"
    drafted(text, tmp_path, units)
    card = next((tmp_path / "data").glob("sources/*/*/card.toml"))
    assert 'rows = ["target", "actual"] # 要確認' in card.read_text(encoding="utf-8")
    file, text = card.parent / "kpi.csv", text.replace(",90,－\n", "")
    new = hashlib.sha256(text.encode()).hexdigest()
    old = hashlib.sha256(file.read_bytes()).hexdigest()
    file.write_text(text, encoding="utf-8")
    card.write_text(card.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    reading, errors = read(card.parent, units)
    assert spoken(reading) == IN_TURN[:4]
    assert errors == ["role.unknown"] * 2


def test_a_row_of_ratings_and_a_baseline_among_targets(tmp_path: Path, units: UnitCodelist) -> None:
    """What stands under 基準値 in the row of targets is neither for certain."""
    text = "指標,,基準値（R3年度）,R4年度,目標値（R5年度）\n教室数,期待値,8,10,12\n,実績値,,9,\n,達成率,,90%,\n"
    reading, errors = drafted(text, tmp_path, units)
    assert errors == ["role.unknown"]
    assert [said[1:] for said in spoken(reading)] == [
        ("target", "2023-03-31", "10"),
        ("target", "2024-03-31", "12"),
        ("actual", "2023-03-31", "9"),
    ]
    assert [rating.piece.text for rating in reading.blocks[0].ratings] == ["90%"]


def test_two_numbers_in_a_cell_are_what_header_or_name_say(tmp_path: Path, units: UnitCodelist) -> None:
    text = "指標,R4年度 実績値（男／女）\n健康寿命,79.5／83.8\n"
    text2 = "指標,実績値（R4年度）\n健康寿命（男・女）,79.5・83.8\n教室数,3/5\n"
    text3 = "指標,目標値／実績値\n教室数,3／5\n参加者数,7\n受診者数,1・2\n"
    for n, (content, expected) in enumerate(
        (
            (text, [("健康寿命 <男>", "actual", "79.5"), ("健康寿命 <女>", "actual", "83.8")]),
            (
                text2,
                [("教室数", "actual", "3/5"), ("健康寿命（男・女） <男>", "actual", "79.5"),
                 ("健康寿命（男・女） <女>", "actual", "83.8")],
            ),
            (text3, [("教室数", "target", "3"), ("教室数", "actual", "5")]),
        )
    ):  # fmt: skip
        (tmp_path / str(n)).mkdir()
        add = '\n[language.periods]\n"目標値／実績値" = "R4年度"\n"実績値（男／女）" = "R4年度"\n' if n == 2 else ""
        reading, errors = drafted(content, tmp_path / str(n), units, add=add)
        assert sorted((label, role, value) for label, role, _, value in spoken(reading)) == sorted(expected)
        assert errors == (["cell.several-values"] * 2 if n == 2 else [])


def test_an_indicator_that_only_a_line_above_its_table_names(tmp_path: Path, units: UnitCodelist) -> None:
    page = "<h2>{}</h2><table><tr><th>H26年度（基準値）</th><th>H29年度（実績値）</th><th>H31年度（目標値）</th></tr>"
    page += "<tr><td>{}</td><td>{}</td><td>{}</td></tr></table>"
    text = "<p>総合戦略の数値目標</p>" + page.format("婚姻率", "5.5‰", "5.0‰", "5.9‰")
    text += page.format("出生数", "3,823人", "3,679人", "4,107人")
    reading, errors = drafted(f"<html>{text}</html>", tmp_path, units, name="kpi.html")
    assert errors == []
    assert [(label, role, value) for label, role, _, value in spoken(reading)] == [
        ("婚姻率", "baseline", "5.5‰"),
        ("婚姻率", "actual", "5.0‰"),
        ("婚姻率", "target", "5.9‰"),
        ("出生数", "baseline", "3,823人"),
        ("出生数", "actual", "3,679人"),
        ("出生数", "target", "4,107人"),
    ]


def test_a_file_of_one_indicator_that_it_does_not_name(tmp_path: Path, units: UnitCodelist) -> None:
    text = "Year,Sex,Region,Value\n2001,,,12.9\n2001,Male,,10.5\n2001,Male,Under 20,11.1\n2002,,,13.2\n"
    drafted(text, tmp_path, units, name="4-3-1.csv")
    card = next((tmp_path / "data").glob("sources/*/*/card.toml"))
    said = card.read_text(encoding="utf-8")
    assert 'indicator = "KPI 4-3-1" # 要確認' in said
    assert "bare_year" not in said  # Under 20 is no year of an era
    card.write_text(said.replace('"KPI 4-3-1"', '"Participation in training"'), encoding="utf-8")
    reading, errors = read(card.parent, units)
    assert errors == []
    assert spoken(reading) == [
        ("Participation in training", "actual", "2001-12-31", "12.9"),
        ("Participation in training", "actual", "2002-12-31", "13.2"),
        ("Participation in training <Male>", "actual", "2001-12-31", "10.5"),
        ("Participation in training <Male, Under 20>", "actual", "2001-12-31", "11.1"),
    ]


def test_one_line_a_year_with_the_indicators_beside_each_other(tmp_path: Path, units: UnitCodelist) -> None:
    text = (
        "年度,教室数（回）,参加者数,合計\n単位,,人,\nR4年度実績,9,90,99\nR5年度実績,13,－,13\nR5年度目標,12,120,132\n"
    )
    reading, errors = drafted(text, tmp_path, units)
    assert [said[1:] for said in spoken(reading) if said[0] == "参加者数"] == [
        ("actual", "2023-03-31", "90"),
        ("actual", "2024-03-31", "－"),
        ("target", "2024-03-31", "120"),
    ]
    assert [(b.label.text, b.unit and b.unit.notation) for b in reading.blocks] == [
        ("教室数（回）", "kai"),
        ("参加者数", "nin"),
    ]
    assert errors == ["header.unread"] + ["cell.unread"] * 3
    (tmp_path / "years").mkdir()
    drafted("年度,教室数,参加者数\nR4年度,9,90\nR5年度,13,95\n", tmp_path / "years", units)
    card = next((tmp_path / "years" / "data").glob("sources/*/*/card.toml"))
    assert 'rows = ["actual"] # 要確認' in card.read_text(encoding="utf-8")
    reading, errors = read(card.parent, units)
    assert errors == []
    assert [said[1] for said in spoken(reading)] == ["actual"] * 4


def test_a_label_with_its_text_in_a_table_is_no_indicator(tmp_path: Path, units: UnitCodelist) -> None:
    head = "Performance measures:,CY 2017,CY 2018,CY 2019 Projected\n"
    text = f"Goal:,A safe city\n{head}Calls answered,10,12,14\nStaff goal:,Answer calls\n{head}Letters,3,4,5\n"
    reading, errors = drafted(text, tmp_path, units)
    assert errors == ["cell.unread"] * 2
    assert stated(reading) == [
        ("A safe city", name, value)
        for name, values in (("Calls answered", ("10", "12", "14")), ("Letters", ("3", "4", "5")))
        for value in values
    ]
    assert [entry.quantity.estimated for entry in reading.blocks[0].entries] == [False, False, True]
    card = next((tmp_path / "data").glob("sources/*/*/card.toml"))
    said = card.read_text(encoding="utf-8").replace("[layout.columns]", '[layout.columns]\nmeasure = ["Staff goal"]', 1)
    card.write_text(said.replace('kind = "wide"', 'kind = "wide"\nlisted_under = ["goal", "measure"]'), "utf-8")
    reading, errors = read(card.parent, units)
    assert errors == []
    assert [block.places[0].label for block in reading.blocks] == ["A safe city", "Answer calls"]


def test_a_current_value_beside_a_baseline_is_the_latest_actual(tmp_path: Path, units: UnitCodelist) -> None:
    text = "指標,基準値（H26年度）,現状値（H29年度）,目標値（R1年度）\n教室数,1,2,4\n"
    reading, errors = drafted(text, tmp_path, units)
    assert errors == []
    assert [said[1] for said in spoken(reading)] == ["baseline", "actual", "target"]
    (tmp_path / "alone").mkdir()
    reading, _ = drafted("指標,現状値（H29年度）,目標値（R1年度）\n教室数,2,4\n", tmp_path / "alone", units)
    assert [said[1] for said in spoken(reading)] == ["baseline", "target"]


def test_cumulative_values_in_a_column_of_their_own(tmp_path: Path, units: UnitCodelist) -> None:
    file = tmp_path / "kpi.xlsx"
    table = [["指標", "R4年度実績", "", "R5年度目標"], ["", "単年度", "累計", ""], ["移住者数", "12人", "38人", "50人"]]
    written.xlsx(file, {"KPI": table}, [(1, 1, 2, 1), (1, 2, 1, 3), (1, 4, 2, 4)])
    reading, errors = read(proposal.propose("012068", file, tmp_path / "data", units).folder, units)
    assert errors == []
    assert [(e.value_piece.text, str(e.period.aggregation)) for e in reading.blocks[0].entries] == [
        ("12人", "period"),
        ("38人", "cumulative-to-date"),
        ("50人", "period"),
    ]


def test_which_way_and_how_far_under_one_header(tmp_path: Path, units: UnitCodelist) -> None:
    file = tmp_path / "kpi.xlsx"
    table = [["指標", "実績値（R4年度）", "目標値（R6年度）", ""], ["教室数", "12", "アップ", "50"]]
    written.xlsx(file, {"KPI": table}, [(1, 3, 1, 4)])
    reading, errors = read(proposal.propose("012068", file, tmp_path / "data", units).folder, units)
    assert errors == []
    assert [(e.value_piece.text, e.notes) for e in reading.blocks[0].entries] == [("12", ()), ("50", ("アップ",))]
