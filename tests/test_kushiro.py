"""The real document: what it holds, counted by hand, and its known traps one by one."""

import csv
import hashlib
import io
from collections import Counter
from datetime import date
from decimal import Decimal

import pytest
from conftest import KUSHIRO, Kushiro

from kpigraph.layouts import Part
from kpigraph.model import Aggregation, Basis, Comparator, Level, Precision, Reason, Role, Statement, Status, ValueForm
from kpigraph.problems import Severity
from kpigraph.text import normalise

ENTERPRISES = "障がい者雇用率達成企業の割合(対象企業:50人以上)"
LINES = (KUSHIRO / "kushiro-kpi.txt").read_text(encoding="utf-8").split("\n")


def statement(kushiro: Kushiro, label: str, role: Role, department: str = "") -> Statement:
    key = kushiro.indicator(label, department)
    (found,) = [s for s in kushiro.edition.statements if s.indicator == key and s.role is role]
    return found


def test_the_file_is_the_one_received() -> None:
    raw = (KUSHIRO / "kushiro-kpi.txt").read_bytes()
    assert hashlib.sha256(raw).hexdigest() == "1aa56b74eeda95bde4088de967cf26c30ac30e04812ddf491343cf4df0073e87"


def test_what_the_document_holds(kushiro: Kushiro) -> None:
    e = kushiro.edition
    assert Counter(x.level for x in e.elements) == {Level.GOAL: 5, Level.DIRECTION: 24, Level.MEASURE: 53}
    assert Counter(p.level for p in e.placements) == {Level.GOAL: 5, Level.DIRECTION: 24, Level.MEASURE: 55}
    assert sum(p.relisted for p in e.placements) == 2
    assert len(kushiro.reading.blocks) == 85
    assert len(e.indicators) == 75
    assert len({i.label for i in e.indicators}) == 74
    assert len(e.listings) == 87
    assert len(e.statements) == 225
    assert len(e.departments) == 23
    assert e.conflicts == ()


def test_every_cell_is_read(kushiro: Kushiro) -> None:
    held = [(n, c) for n, line in enumerate(LINES, 1) for c, t in enumerate(line.split("\t"), 1) if normalise(t)]
    assert len(held) == 1017
    assert [(c.cell.at.row, c.cell.at.cell) for c in kushiro.reading.cells] == held
    assert kushiro.reading.unread == []


def test_a_cell_s_pieces_say_all_that_is_printed_in_it(kushiro: Kushiro) -> None:
    for cell in kushiro.reading.cells:
        assert " ".join(p.printed.strip() for p in cell.pieces).split() == cell.cell.printed.split()


def test_parts_add_up(kushiro: Kushiro) -> None:
    parts = Counter(p.part for cell in kushiro.reading.cells for p in cell.pieces)
    assert parts[Part.ROLE] == parts[Part.PERIOD] == parts[Part.VALUE] == 85 * 3
    assert parts[Part.INDICATOR] == 85
    assert parts[Part.UNIT] == 85 - 2  # 野菜出荷量 inherits, the second 時間帯… states none
    assert parts[Part.DEPARTMENT] == 85 - 1  # 野菜出荷量 inherits
    assert parts[Part.SPARE_MARK] == 1
    assert parts[Part.HEADER] == 6 * 5
    assert parts[Part.GOAL] == 5
    assert parts[Part.DIRECTION] == 24


def test_stated_texts_are_those_of_the_file(kushiro: Kushiro) -> None:
    for s in kushiro.edition.statements:
        for row in s.rows:
            assert s.stated_value in LINES[int(row) - 1]
            assert s.stated_period in LINES[int(row) - 1]


def test_forms_of_the_targets_by_listing(kushiro: Kushiro) -> None:
    targets = [e.quantity for b in kushiro.reading.blocks for e in b.entries if e.role is Role.TARGET]
    threshold = [q for q in targets if q.comparator is not Comparator.EXACT]
    absolute = [q for q in targets if q.form is ValueForm.ABSOLUTE and q.comparator is Comparator.EXACT]
    forms = Counter(q.form for q in targets)
    assert (len(absolute), forms[ValueForm.RELATIVE], len(threshold), forms[ValueForm.QUALITATIVE]) == (63, 9, 7, 6)
    assert sum(q.maintenance for q in threshold) == 3


def test_missing_is_not_zero(kushiro: Kushiro) -> None:
    missing = [s for s in kushiro.edition.statements if s.quantity.form is ValueForm.MISSING]
    zero = [s for s in kushiro.edition.statements if s.quantity.value == 0]
    assert all(s.quantity.value is None and s.stated_value == "-" for s in missing)
    assert {s.stated_value for s in zero} == {"0", "0.0"}


def test_same_name_is_not_same_indicator(kushiro: Kushiro) -> None:
    one = statement(kushiro, "計画策定進捗率", Role.ACTUAL, "都市計画課")
    other = statement(kushiro, "計画策定進捗率", Role.ACTUAL, "建築指導課")
    assert (one.stated_value, other.stated_value) == ("0.0", "50.0")


def test_the_airport_is_one_indicator_listed_three_times(kushiro: Kushiro) -> None:
    key = kushiro.indicator("釧路空港乗降客数")
    labels = {e.key: e.label for e in kushiro.edition.elements}
    listings = [x for x in kushiro.edition.listings if x.indicator == key]
    assert [labels[x.measure] for x in listings] == [
        "国内外からの交流人口の受入拡大",
        "国内外からの交流人口の受入拡大",
        "物流・国際交易拠点機能の充実",
    ]
    assert [x.relisted for x in listings] == [False, True, False]
    assert [bool(x.corrections) for x in listings] == [False, False, True]
    assert statement(kushiro, "釧路空港乗降客数", Role.ACTUAL).rows == ("30", "80", "293")


def test_one_indicator_under_three_measures(kushiro: Kushiro) -> None:
    key = kushiro.indicator("延べ宿泊客数")
    places = {p.key: p.notation for p in kushiro.edition.placements}
    assert [places[x.placement] for x in kushiro.edition.listings if x.indicator == key] == ["ア", "イ", "ウ"]


def test_merged_cells_hold_for_the_row_below(kushiro: Kushiro) -> None:
    s = statement(kushiro, "野菜出荷量", Role.BASELINE)
    assert s.unit is not None
    assert (s.unit.notation, s.stated_unit) == ("ton", "トン")
    departments = {d.key: d.label for d in kushiro.edition.departments}
    (indicator,) = [i for i in kushiro.edition.indicators if i.label == "野菜出荷量"]
    assert departments[indicator.department] == "農林課"


@pytest.mark.parametrize(
    ("label", "role", "first", "last", "aggregation"),
    [
        ("釧路港年間水揚量", Role.BASELINE, "2011-01-01", "2014-12-31", Aggregation.AVERAGE),
        ("制度融資新規利用件数", Role.TARGET, "2015-04-01", "2020-03-31", Aggregation.CUMULATIVE),
        ("年間出炭量", Role.TARGET, "2015-01-01", "2019-12-31", Aggregation.EACH_YEAR),
        ("子育て支援拠点センター延利用者数", Role.TARGET, "2015-04-01", "2020-03-31", Aggregation.EACH_YEAR),
        ("実践型地域雇用創造事業による雇用創出数", Role.ACTUAL, "2015-07-01", "2016-06-30", Aggregation.PERIOD),
        ("病後児保育事業実施箇所数", Role.ACTUAL, "2016-03-31", "2016-03-31", Aggregation.AS_OF),
        ("特定目的住宅「子育て世帯向け住宅」の戸数", Role.BASELINE, "2015-09-30", "2015-09-30", Aggregation.AS_OF),
        (
            "障がい者雇用率達成企業の割合(対象企業:50人以上)",
            Role.ACTUAL,
            "2015-06-01",
            "2015-06-30",
            Aggregation.PERIOD,
        ),
        ("人口10万対医療従事者数", Role.BASELINE, "2012-12-31", "2012-12-31", Aggregation.AS_OF),
        ("公共施設等の延床面積の削減量", Role.TARGET, "2015-04-01", "2023-03-31", Aggregation.CUMULATIVE),
        ("釧路港貨物取扱量", Role.TARGET, "2023-01-01", "2027-12-31", Aggregation.PERIOD),
        ("生乳生産量", Role.TARGET, "2020-01-01", "2020-12-31", Aggregation.PERIOD),
    ],
)
def test_periods(kushiro: Kushiro, label: str, role: Role, first: str, last: str, aggregation: Aggregation) -> None:
    stated = statement(kushiro, label, role).period
    assert stated.period is not None
    days = (stated.period.first_day, stated.period.last_day)
    assert days == (date.fromisoformat(first), date.fromisoformat(last))
    assert stated.aggregation is aggregation


def test_leap_day_of_28_2(kushiro: Kushiro) -> None:
    s = statement(kushiro, "特別養護老人ホーム定員数に対する在宅重度の待機者数の割合", Role.ACTUAL)
    assert s.period.period is not None
    assert s.period.period.last_day == date(2016, 2, 29)


def test_vague_and_unanchored_periods_say_so(kushiro: Kushiro) -> None:
    assert statement(kushiro, "釧路港貨物取扱量", Role.TARGET).period.precision is Precision.APPROXIMATE
    assert (
        statement(kushiro, "子育て支援拠点センター延利用者数", Role.TARGET).period.aggregation_basis is Basis.INFERRED
    )
    unanchored = statement(kushiro, "実践型地域雇用創造事業による雇用創出数", Role.TARGET).period.period
    assert unanchored is not None
    assert (unanchored.duration, unanchored.first_day, unanchored.last_day) == ("P2Y", None, None)
    to_date = statement(kushiro, "公共施設等の延床面積の削減量", Role.ACTUAL).period
    assert to_date.period is not None
    assert (to_date.aggregation, to_date.period.first_day) == (Aggregation.CUMULATIVE_TO_DATE, None)


@pytest.mark.parametrize(
    ("label", "value"),
    [
        ("食料品製造業粗付加価値額", "1216060"),
        ("食料品輸出額", "4349358.65"),
        ("ファミリー・サポート・センター会員数", "1079.1"),
        ("障がい者日中一時支援(タイムケア)利用実人員数", "195.5"),
        ("総合支援コーディネーター支援件数", "48"),
        ("市民後見人バンク登録者数", "79.2"),
    ],
)
def test_relative_targets_come_to_a_number(kushiro: Kushiro, label: str, value: str) -> None:
    key = kushiro.indicator(label)
    (resolved,) = [r for r in kushiro.derivation.resolved if r.indicator == key]
    assert resolved.value == Decimal(value)


def test_relative_targets_that_do_not(kushiro: Kushiro) -> None:
    ambiguous = statement(kushiro, "健診おたすけプランによる託児サービスにより健診受診を希望した人数", Role.TARGET)
    actual = statement(kushiro, "健診おたすけプランによる託児サービスにより健診受診を希望した人数", Role.ACTUAL)
    assert ambiguous.relative_to == actual.key
    assert kushiro.derivation.possible_values == {ambiguous.key: (Decimal("64.68"), Decimal("73.9"))}
    shrinking = statement(kushiro, "人口の社会減", Role.TARGET)
    assert shrinking.quantity.relative_change == Decimal("-0.05")
    assert kushiro.derivation.unresolved == {
        ambiguous.key: Reason.UNRESOLVED_RELATIVE,
        shrinking.key: Reason.NO_NUMBER,
    }


def test_assessments(kushiro: Kushiro) -> None:
    found = {a.indicator: a for a in kushiro.derivation.assessments}
    assert len(found) == 75
    landings = found[kushiro.indicator("釧路港年間水揚量")]
    assert (landings.status, landings.progress_ratio, landings.achievement_ratio) == (
        Status.IN_PROGRESS,
        Decimal("-1.2616"),
        Decimal("0.9581"),
    )
    loans = found[kushiro.indicator("制度融資新規利用件数")]
    assert (loans.reason, loans.cumulative_share, loans.elapsed_share) == (
        Reason.PARTIAL_PERIOD,
        Decimal("0.1825"),
        Decimal("0.2"),
    )
    maps = found[kushiro.indicator("マップ作成小学校数")]  # 8 in 2015 and 12 in 2016, of 26 in five years
    assert (maps.cumulative_share, maps.elapsed_share) == (Decimal("0.7692"), Decimal("0.4"))
    assert found[kushiro.indicator("母子等相談件数")].status is Status.MET
    assert found[kushiro.indicator("患者満足度(市立釧路総合病院)")].reason is Reason.QUALITATIVE


def test_exchanged_names_are_put_right_and_kept_as_printed(kushiro: Kushiro) -> None:
    departments = {d.key: d.label for d in kushiro.edition.departments}
    labels = {e.key: e.label for e in kushiro.edition.elements}
    for label, department, measure, printed in (
        ("マップ作成小学校数", "教育支援課", "地域を守る安全対策の強化", "・机上訓練の実施または参加"),
        ("机上訓練の実施または参加", "健康推進課", "防疫、健康危機管理体制の整備", "・マップ作成小学校数"),
    ):
        (indicator,) = [i for i in kushiro.edition.indicators if i.label == label]
        (listing,) = [x for x in kushiro.edition.listings if x.indicator == indicator.key]
        assert departments[indicator.department] == department
        assert labels[listing.measure] == measure
        assert listing.stated_label == printed
        assert indicator.printed_labels == frozenset()  # the other's name is no spelling of this one


def test_misspelt_headings_stay_findable(kushiro: Kushiro) -> None:
    (goal,) = [e for e in kushiro.edition.elements if e.label == "子どもを生み育てたいという希望をかなえる"]
    assert goal.printed_labels == {"子どもを生ま育てたいという希望をかなえる"}
    (direction,) = [e for e in kushiro.edition.elements if e.label == "安心して子どもを生み育てられる環境づくり"]
    assert direction.printed_labels == {"安心して子どもを生ま育てられる環境づくり"}


def test_corrected_unit_changes_the_reading_only(kushiro: Kushiro) -> None:
    label = "特別養護老人ホーム定員数に対する在宅重度の待機者数の割合"
    for role in Role:
        s = statement(kushiro, label, role)
        assert s.stated_unit == "人"
        assert s.unit is not None
        assert s.unit.notation == "percent"
        assert s.printed_unit is not None
        assert s.printed_unit.notation == "nin"
        assert len(s.corrections) == 1
    assert sum(bool(s.corrections) for s in kushiro.edition.statements) == 9


def test_corrections_quote_the_file_and_give_evidence() -> None:
    rows = list(csv.DictReader(io.StringIO((KUSHIRO / "corrections.csv").read_text(encoding="utf-8"))))
    assert len(rows) == 8
    for row in rows:
        assert LINES[int(row["place"]) - 1].split("\t")[int(row["column"]) - 1] == row["was"]
        assert row["was"] != row["now"]


def test_warnings_of_the_reading(kushiro: Kushiro) -> None:
    found = {(p.code, p.at.row) for p in kushiro.problems}
    assert found == {
        ("cell.inherited", 12),
        ("cell.spare-mark", 217),
        ("unit.missing", 298),
        ("indicator.same-name", 285),
    }
    assert all(p.severity is Severity.WARNING for p in kushiro.problems)
