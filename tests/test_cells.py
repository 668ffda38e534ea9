"""A cell that says several things is shared out without a rest, each as it is meant; what is not certain fails."""

import re
from datetime import date
from decimal import Decimal

import pytest
from conftest import DATA
from hypothesis import given, settings
from hypothesis import strategies as st

from kpigraph.cells import CellValue, ParsedCell, Relation, Share, parse_cell, parse_footnote
from kpigraph.cells.dated import is_of_years, period_of_value
from kpigraph.codelists import load_units
from kpigraph.model import Aggregation, Basis, MissingReason, ValueForm
from kpigraph.periods import parse_period
from kpigraph.problems import SourceError, SourceLocation
from kpigraph.text import normalise

AT = SourceLocation(file="plan.xlsx", row=6, cell=5)
UNITS = load_units(DATA / "codelists")


def parsed(text: str, **more: object) -> ParsedCell:
    cell = parse_cell(text, AT, UNITS, **more)
    assert "".join(share.printed for share in cell.shares) == text
    assert [share.start for share in cell.shares] == sorted({share.start for share in cell.shares})
    return cell


def value(text: str) -> CellValue:
    cell = parsed(text)
    assert cell.relation is Relation.ONE
    return cell.value


def test_value_unit_and_period_stand_in_one_cell() -> None:
    for text in ("120人（H26年度）", "H26年度：120人", "平成26年度 120人", "H26年度120人", "（H26年度）120人"):
        read = value(text)
        assert (read.quantity.value, read.quantity.unit) == (Decimal(120), "人")
        assert read.period is not None
        assert read.period.period is not None
        assert read.period.period.first_day == date(2014, 4, 1)


def test_an_arrow_gives_two_values_and_a_revision_one_with_the_former() -> None:
    arrow = parsed("50.0→55.0")
    assert arrow.relation is Relation.ARROW
    assert [v.printed for v in arrow.values] == ["50.0", "55.0"]
    revised = value("100 → 120（H29年度変更）").quantity
    assert (revised.value, revised.former_value, revised.former_text) == (Decimal(120), Decimal(100), "100")
    assert revised.revised is not None
    assert revised.revised.first_day == date(2017, 4, 1)


def test_a_total_says_over_which_years() -> None:
    for text in ("累計30件（5年間）", "5年間累計で30件"):
        read = value(text)
        assert (read.quantity.value, read.quantity.unit) == (Decimal(30), "件")
        assert read.period is not None
        assert read.period.period is not None
        assert (read.period.period.duration, read.period.aggregation) == ("P5Y", Aggregation.CUMULATIVE)


def test_a_milestone_has_the_day_by_which_it_is_due() -> None:
    texts = (
        "R7.3月完成",
        "完成（R7.3月）",
        "完成：R7.3月",
        "R7.3月までに完成",
        "令和7年3月31日",
        "令和七年三月三十一日",
    )
    for text in (*texts, "令和七年三月三十一日"):  # a day is no 31日 of that month
        due = value(text).quantity
        assert due.form is ValueForm.QUALITATIVE
        assert due.due is not None
        assert due.due.last_day == date(2025, 3, 31)


def test_a_day_is_one_with_words_in_brackets_around_it_too() -> None:
    for text, last in (
        ("2023年（予定）", "2023-12-31"),
        ("（予定）2023年", "2023-12-31"),
        ("令和9年3月31日（予定）", "2027-03-31"),
        ("（予定）令和9年3月31日", "2027-03-31"),
    ):
        cell = parsed(text)
        assert (cell.value.quantity.form, cell.notes) == (ValueForm.QUALITATIVE, ("予定",)), text
        assert cell.value.quantity.due is not None
        assert str(cell.value.quantity.due.last_day) == last, text


def test_a_footnote_that_says_only_how_sure_a_figure_is_gives_its_status() -> None:
    for note, status in (
        ("速報値である。", (True, False)),
        ("令和7年3月末の速報値", (True, False)),
        ("推計値による。", (False, True)),
        ("速報値ではない。", (False, False)),
        ("市外の人を含む。", (False, False)),
    ):
        quantity = parsed("90%※1", footnotes={"※1": note}).value.quantity
        assert (quantity.provisional, quantity.estimated) == status, note


def test_a_footnote_mark_is_resolved_or_reported() -> None:
    assert parse_footnote("※１　速報値である。") == ("※1", "速報値である。")
    cell = parsed("90%※1", footnotes={"※1": "速報値である。"})
    assert (cell.value.quantity.value, cell.notes, cell.unresolved) == (Decimal(90), ("速報値である。",), ())
    assert parsed("90%（注２）").unresolved == ("（注２）",)
    assert parsed("90%※1、※2", footnotes={"※1": "甲", "※2": "乙"}).notes == ("甲", "乙")
    assert parsed("－人").value.quantity.form is ValueForm.MISSING
    assert parsed("集計中※").value.quantity.missing is MissingReason.PENDING
    assert parsed("R8.3月公表予定").value.quantity.missing is MissingReason.PENDING


@pytest.mark.parametrize(
    "text",
    [
        *("100（120）", "100 120", "1,234（千個）", "100（目標120）", "120人(H26)", "120²", "100→"),
        *("※120", "※1,200人", "注120", "100、120", "累計30件（H27〜R5）", "1,200件（H30〜R5累計）"),
        *("累計30件、令和5年", "速報値10、見込12", "R9年度まで実施", "目標：R9年度"),
        *(
            "H26年度120人（H27年度）",
            "120人（H26年度）（H27年度）",
            "累計30件（年平均）",
            "120人（件）",
            "1,234（人）（件）",
        ),
        *(
            "120（）",
            "120（!）",
            "120（千）",
            "120（約5）",
            "120（目標5）",
            "120（R7）",
            "120（H29変更）",
            "120（期間計）",
        ),
        *(
            "1→2→3（H29年度変更）",
            "－→120（H29年度変更）",
            "→120（H29年度変更）",
            "120人、うち女性60人",
            "旧100",
            "〃",
            "同左",
        ),
        *("男：50%、男：60%", "男：50%、女：－", "男：50%、60%", "①120", "完成 R7.3月", "累計30件、平均5件", "5" * 401),
    ],
)
def test_what_could_be_two_things_is_an_error(text: str) -> None:
    with pytest.raises(SourceError) as raised:
        parsed(text)
    assert raised.value.problems[0].expected
    assert raised.value.problems[0].code in ("quantity.unreadable", "period.unreadable")


@pytest.mark.parametrize(
    ("text", "shares"),
    [
        ("100 → 120（H29年度変更）", "former:100 joint: →  value:120 joint:（ word:H29年度変更 joint:）"),
        ("累計30件（5年間）", "word:累計 value:30件 joint:（ period:5年間 joint:）"),
        ("120（旧100）", "value:120 joint:（ word:旧 former:100 joint:）"),
        ("120人（うち女性60人）※２", "value:120人 joint:（ note:うち女性60人 joint:） mark:※２"),
        ("男：50%、女：60%", "label:男 joint:： value:50% joint:、 label:女 joint:： value:60%"),
        ("1,234（千人）", "value:1,234 joint:（ unit:千人 joint:）"),
        ("毎年度１０件", "word:毎年度 value:１０件"),
        ("延べ1,200人（見込）", "word:延べ value:1,200人 joint:（ word:見込 joint:）"),
        ("運用開始（R9年度）", "value:運用開始 joint:（ period:R9年度 joint:）"),
        ("5年間で100件", "period:5年間で value:100件"),
        ("50→55（H29年度）", "value:50 joint:→ value:55 joint:（ period:H29年度 joint:）"),
        ("100→120（変更）", "former:100 joint:→ value:120 joint:（ word:変更 joint:）"),
        ("120（H29年度変更）", "value:120 joint:（ word:H29年度変更 joint:）"),
        ("H26年度：120人（見込）", "period:H26年度 joint:： value:120人 joint:（ word:見込 joint:）"),
        ("30件（累計）", "value:30件 joint:（ word:累計 joint:）"),
        ("120人（人）", "value:120人 joint:（ unit:人 joint:）"),
        ("見込 ： 120（速報値）", "word:見込 joint: ：  value:120 joint:（ word:速報値 joint:）"),
        ("（速報値）（H26年度）120", "joint:（ word:速報値 joint:）（ period:H26年度 joint:） value:120"),
        ("120※1（※2）、*3", "value:120 mark:※1 mark:（※2） joint:、 mark:*3"),
    ],
)
def test_a_cell_is_shared_out_among_what_it_says(text: str, shares: str) -> None:
    assert " ".join(f"{s.share.value}:{s.printed}" for s in parsed(text).shares) == shares


def test_what_stands_beside_a_number_is_said_of_it() -> None:
    assert value("120(見込)").quantity.estimated
    assert value("120（速報値）").quantity.provisional
    assert value("速報値120").quantity.provisional
    assert value("見込み120人").quantity.estimated
    assert value("120（当初目標100）").quantity.former_value == Decimal(100)
    assert value("R9年度までに120人").printed_period == "R9年度までに"
    each_year = value("毎年度前年度以上")
    assert (each_year.quantity.relative_to, each_year.aggregation) == ("前年度", Aggregation.EACH_YEAR)
    assert value("1,234（千人）").quantity.unit == "千人"
    assert value("毎年度10件").aggregation is Aggregation.EACH_YEAR
    assert value("累計30件").aggregation is Aggregation.CUMULATIVE
    assert parsed("男：50%、女：60%").relation is Relation.LABELLED
    assert [(v.label, v.quantity.value) for v in parsed("小学校5校／中学校3校").values] == [
        ("小学校", Decimal(5)),
        ("中学校", Decimal(3)),
    ]


def test_each_of_two_values_has_what_is_said_of_it_alone() -> None:
    was, now = parsed("50人→55人（H29年度）").values
    assert (was.period, now.printed_period, was.printed, now.printed) == (None, "H29年度", "50人", "55人")
    was, now = parsed("見込50 → 累計55（速報値）").values
    assert (was.quantity.estimated, was.quantity.provisional, was.aggregation) == (True, False, None)
    assert (now.quantity.estimated, now.quantity.provisional, now.aggregation) == (False, True, Aggregation.CUMULATIVE)
    men, women = parsed("男：50%、 女 60%").values
    assert [(v.label, v.printed, v.quantity.unit, v.period) for v in (men, women)] == [
        ("男", "50%", "%", None),
        ("女", "60%", "%", None),
    ]


def test_a_revised_value_has_when_and_what_it_was_where_the_cell_says_so() -> None:
    for text, former, when in (
        ("120（H29年度変更）", None, "2017-04-01"),
        ("120（変更後）", None, ""),
        ("120（旧100人）", Decimal(100), ""),
        ("120人（変更前：100人）（H29年度変更）", Decimal(100), "2017-04-01"),
        ("100→120（変更）", Decimal(100), ""),
    ):
        quantity = value(text).quantity
        revised = str(quantity.revised.first_day) if quantity.revised else ""
        assert (quantity.value, quantity.former_value, revised) == (Decimal(120), former, when), text


def test_a_word_beside_a_value_says_how_it_counts_over_its_period() -> None:
    for text, of_value, of_period in (
        ("累計30件（H27-31年度）", Aggregation.CUMULATIVE, (Aggregation.CUMULATIVE, Basis.STATED)),
        ("毎年度30件（毎年度）", Aggregation.EACH_YEAR, None),
        ("30件（年平均）", Aggregation.AVERAGE, None),
        ("年間30件（H26年度）", None, (Aggregation.PERIOD, Basis.STATED)),
        ("延べ30件", None, None),
    ):
        read = value(text)
        stated = read.period and (read.period.aggregation, read.period.aggregation_basis)
        assert (read.aggregation, stated, read.quantity.value) == (of_value, of_period, Decimal(30)), text


# What holds for every cell.

numbers = st.builds(lambda digits, places: Decimal(digits).scaleb(-places), st.integers(0, 10**9), st.integers(0, 3))
years = st.sampled_from(["H26年度", "令和5年度末", "R7.3月", "2015年度", "H23-26年平均"])


@settings(max_examples=80)
@given(numbers, st.booleans(), st.sampled_from(["", "人", "%", "件"]), years, st.integers(0, 5))
def test_what_is_printed_is_read_back(number: Decimal, parted: bool, unit: str, year: str, form: int) -> None:
    printed = (f"{number:,f}" if parted else f"{number:f}") + unit
    forms = ("{v}", "{v}（{p}）", "（{p}）{v}", "{p}：{v}", "{v} ({p})※1", "1 → {v}（{p}変更）")
    cell = parsed(forms[form].format(v=printed, p=year), footnotes={"※1": "注である。"})
    assert cell.relation is Relation.ONE
    assert (f"{cell.value.quantity.value:f}", cell.value.quantity.unit) == (f"{number:f}", unit)
    assert cell.value.printed == printed
    stated = parse_period(year, AT)
    if 1 <= form <= 4:
        assert cell.value.period == stated
    elif form == 5:
        assert (cell.value.quantity.revised, cell.value.quantity.former_value) == (stated.period, 1)
    assert cell.notes == (("注である。",) if form == 4 else ())


PIECES = [
    "120",
    "1,234",
    "3",
    "0",
    "人",
    "%",
    "（",
    "）",
    "(",
    ")",
    "→",
    "~",
    "、",
    "/",
    "：",
    " ",
    "※1",
    "*",
    "²",
    "①",
]
PIECES += [
    "H26年度",
    "R7",
    "5年間",
    "累計",
    "毎年度",
    "旧",
    "変更",
    "見込",
    "男",
    "女",
    "約",
    "以上",
    "万",
    "前年度",
    "なし",
    "目標",
]


@settings(max_examples=100)
@given(st.one_of(st.text(max_size=40), st.lists(st.sampled_from(PIECES), max_size=8).map("".join)))
def test_any_cell_is_shared_out_whole_or_is_an_error_and_no_number_has_other_digits(text: str) -> None:
    try:
        cell = parsed(text)
    except SourceError:
        return
    taken = "".join(share.printed for share in cell.shares if share.share is not Share.JOINT)
    assert re.sub(r"\W", "", taken) == re.sub(r"\W", "", text)  # joints are no word and no digit
    for one in cell.values:
        assert one.printed in text
        quantity = one.quantity
        read = (quantity.value, quantity.minimum, quantity.maximum, quantity.numerator, quantity.denominator)
        for number in read:
            digits = re.findall("[1-9]", normalise(one.printed))  # 万 and the like are read as zeros
            assert number is None or "".join(re.findall("[1-9]", f"{number:f}")) in "".join(digits), (text, number)


TOTAL, TO_DATE = Aggregation.CUMULATIVE, Aggregation.CUMULATIVE_TO_DATE


@pytest.mark.parametrize(
    ("header", "cell", "said", "meant"),
    [
        ("H31年度", "5年間", None, ("2015-04-01", "2020-03-31", TOTAL, Basis.INTERPRETED)),
        ("H31年", "5年間平均", None, ("2015-01-01", "2019-12-31", Aggregation.AVERAGE, Basis.INTERPRETED)),
        ("H27-31年度", "5年間累計", None, ("", "", TOTAL, Basis.STATED)),
        ("H31年度末", "5年間累計", None, ("", "", TOTAL, Basis.STATED)),
        ("", "5年間累計", None, ("", "", TOTAL, Basis.STATED)),
        ("H31年度", "6か月間累計", None, ("", "", TOTAL, Basis.STATED)),
        ("H27年度", "H28年度", None, ("2016-04-01", "2017-03-31", Aggregation.PERIOD, Basis.STATED)),
        ("H31年度", "", TOTAL, ("", "2020-03-31", TO_DATE, Basis.STATED)),
        ("H27-31年度", "", TOTAL, ("2015-04-01", "2020-03-31", TOTAL, Basis.STATED)),
        ("H31年度", "", Aggregation.AVERAGE, ("2019-04-01", "2020-03-31", Aggregation.AVERAGE, Basis.STATED)),
        ("", "", TOTAL, None),
    ],
)
def test_cell_and_header_say_together_when_a_value_holds(
    header: str, cell: str, said: Aggregation | None, meant: tuple[str, str, Aggregation, Basis] | None
) -> None:
    stated = period_of_value(*(parse_period(text, AT) if text else None for text in (header, cell)), said)
    if stated is None or stated.period is None:
        assert meant is None
        return
    days = (stated.period.first_day, stated.period.last_day)
    assert (*(str(d or "") for d in days), stated.aggregation, stated.aggregation_basis) == meant
    assert bool(stated.period.duration) == (not any(days))
    assert (stated.period.calendar is None) == (days[0] is None)


def test_several_years_without_a_word_are_told_apart() -> None:
    of_years = {text: is_of_years(parse_period(text, AT)) for text in ("H27-31年度", "H27年度", "H27-31年度累計", "-")}
    assert of_years == {"H27-31年度": True, "H27年度": False, "H27-31年度累計": False, "-": False}
