"""Every form of a period cell becomes the days it means, or an error with its place; nothing is guessed."""

import re
from calendar import isleap
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpigraph.language.spans import year_before
from kpigraph.model import Aggregation, Basis, Calendar, Conventions, Period, Precision, StatedPeriod
from kpigraph.periods import parse_period, period_label
from kpigraph.problems import SourceError, SourceLocation

AT = SourceLocation(file="strategy.txt", row=6, cell=4)
DOCUMENT = Path(__file__).parents[1] / "data/sources/012068/sogo-senryaku-kpi-2016/kushiro-kpi.txt"
ROLE_LINE = re.compile(r"(?:現状値|実績値|指標値)[ \t]+(?P<period>[^\t\n]+)\t+(?P<value>[^\t\n]+)")

PERIOD, AS_OF, AVERAGE = Aggregation.PERIOD, Aggregation.AS_OF, Aggregation.AVERAGE
CUMULATIVE, TO_DATE, EACH_YEAR = Aggregation.CUMULATIVE, Aggregation.CUMULATIVE_TO_DATE, Aggregation.EACH_YEAR
YEAR, JFY = Calendar.YEAR, Calendar.JFY

# Every period text of the document: first day, last day, calendar, aggregation.
OF_THE_DOCUMENT = {
    "H22-26年度平均": ("2010-04-01", "2015-03-31", JFY, AVERAGE),
    "H23-26年平均": ("2011-01-01", "2014-12-31", YEAR, AVERAGE),
    "H24年": ("2012-01-01", "2012-12-31", YEAR, PERIOD),
    "H24年末": ("2012-12-31", "2012-12-31", None, AS_OF),
    "H25年": ("2013-01-01", "2013-12-31", YEAR, PERIOD),
    "H25年度": ("2013-04-01", "2014-03-31", JFY, PERIOD),
    "H25年末": ("2013-12-31", "2013-12-31", None, AS_OF),
    "H26.6月": ("2014-06-01", "2014-06-30", None, PERIOD),
    "H26年": ("2014-01-01", "2014-12-31", YEAR, PERIOD),
    "H26年度": ("2014-04-01", "2015-03-31", JFY, PERIOD),
    "H26年度末": ("2015-03-31", "2015-03-31", None, AS_OF),
    "H27-31の各年": ("2015-01-01", "2019-12-31", YEAR, EACH_YEAR),
    "H27-31年度": ("2015-04-01", "2020-03-31", JFY, PERIOD),
    "H27-31年度累計": ("2015-04-01", "2020-03-31", JFY, CUMULATIVE),
    "H27-34年度累計": ("2015-04-01", "2023-03-31", JFY, CUMULATIVE),
    "H27.2月末": ("2015-02-28", "2015-02-28", None, AS_OF),
    "H27.6月": ("2015-06-01", "2015-06-30", None, PERIOD),
    "H27.7.1~H28.6.30": ("2015-07-01", "2016-06-30", None, PERIOD),
    "H27年": ("2015-01-01", "2015-12-31", YEAR, PERIOD),
    "H27年9月末": ("2015-09-30", "2015-09-30", None, AS_OF),
    "H27年度": ("2015-04-01", "2016-03-31", JFY, PERIOD),
    "H27年度までの累計": (None, "2016-03-31", None, TO_DATE),
    "H27年度末": ("2016-03-31", "2016-03-31", None, AS_OF),
    "H28.2月末": ("2016-02-29", "2016-02-29", None, AS_OF),
    "H28年度": ("2016-04-01", "2017-03-31", JFY, PERIOD),
    "H29年度": ("2017-04-01", "2018-03-31", JFY, PERIOD),
    "H29年末": ("2017-12-31", "2017-12-31", None, AS_OF),
    "H30年代後半": ("2023-01-01", "2027-12-31", YEAR, PERIOD),
    "H31.6月": ("2019-06-01", "2019-06-30", None, PERIOD),
    "H31年": ("2019-01-01", "2019-12-31", YEAR, PERIOD),
    "H31年度": ("2019-04-01", "2020-03-31", JFY, PERIOD),
    "H31年度末": ("2020-03-31", "2020-03-31", None, AS_OF),
    "H32年": ("2020-01-01", "2020-12-31", YEAR, PERIOD),
}
OF_THE_GRAMMAR = {
    # eras, widths, Western years
    "h27年度": ("2015-04-01", "2016-03-31", JFY, PERIOD),
    "Ｈ２７年度": ("2015-04-01", "2016-03-31", JFY, PERIOD),
    "H.27年度": ("2015-04-01", "2016-03-31", JFY, PERIOD),
    "平成 27 年度": ("2015-04-01", "2016-03-31", JFY, PERIOD),
    "㍻27年": ("2015-01-01", "2015-12-31", YEAR, PERIOD),
    "㋿元年度": ("2019-04-01", "2020-03-31", JFY, PERIOD),
    "令和元年": ("2019-01-01", "2019-12-31", YEAR, PERIOD),
    "R02年度": ("2020-04-01", "2021-03-31", JFY, PERIOD),
    "R1年度": ("2019-04-01", "2020-03-31", JFY, PERIOD),
    "平成35年度": ("2023-04-01", "2024-03-31", JFY, PERIOD),
    "昭和64年": ("1989-01-01", "1989-12-31", YEAR, PERIOD),
    "T15年": ("1926-01-01", "1926-12-31", YEAR, PERIOD),
    "明治45年": ("1912-01-01", "1912-12-31", YEAR, PERIOD),
    "2015年度": ("2015-04-01", "2016-03-31", JFY, PERIOD),
    "西暦2015年": ("2015-01-01", "2015-12-31", YEAR, PERIOD),
    "2015": ("2015-01-01", "2015-12-31", YEAR, PERIOD),
    "令和5(2023)年度": ("2023-04-01", "2024-03-31", JFY, PERIOD),
    "平成27年度（2015年度）": ("2015-04-01", "2016-03-31", JFY, PERIOD),
    "H27(2015)年度~H31(2019)年度": ("2015-04-01", "2020-03-31", JFY, PERIOD),
    # days and months
    "H27.7.1": ("2015-07-01", "2015-07-01", None, AS_OF),
    "H27. 7. 1": ("2015-07-01", "2015-07-01", None, AS_OF),
    "平成27年7月1日": ("2015-07-01", "2015-07-01", None, AS_OF),
    "2015-07-01": ("2015-07-01", "2015-07-01", None, AS_OF),
    "2015/7/1": ("2015-07-01", "2015-07-01", None, AS_OF),
    "平成27年7月1日現在": ("2015-07-01", "2015-07-01", None, AS_OF),
    "令和元年度末時点": ("2020-03-31", "2020-03-31", None, AS_OF),
    "令和元年5月31日": ("2019-05-31", "2019-05-31", None, AS_OF),
    "平成27年9月": ("2015-09-01", "2015-09-30", None, PERIOD),
    "H26.6": ("2014-06-01", "2014-06-30", None, PERIOD),
    "2015-07": ("2015-07-01", "2015-07-31", None, PERIOD),
    "2015/7": ("2015-07-01", "2015-07-31", None, PERIOD),
    "H27.2末": ("2015-02-28", "2015-02-28", None, AS_OF),
    "令和7年3月末まで": ("2025-03-31", "2025-03-31", None, AS_OF),
    "H27年度2月": ("2016-02-01", "2016-02-29", None, PERIOD),
    "H27年度3月末": ("2016-03-31", "2016-03-31", None, AS_OF),
    "H27年度4月": ("2015-04-01", "2015-04-30", None, PERIOD),
    "H27年度9月末": ("2015-09-30", "2015-09-30", None, AS_OF),
    # spans
    "H27～R1年度": ("2015-04-01", "2020-03-31", JFY, PERIOD),
    "平成27年度〜令和元年度": ("2015-04-01", "2020-03-31", JFY, PERIOD),
    "平成27年度から平成31年度まで": ("2015-04-01", "2020-03-31", JFY, PERIOD),
    "H27年度~31年度": ("2015-04-01", "2020-03-31", JFY, PERIOD),
    "H23ー26年平均": ("2011-01-01", "2014-12-31", YEAR, AVERAGE),
    "S63-H元年": ("1988-01-01", "1989-12-31", YEAR, PERIOD),
    "2015-19年度": ("2015-04-01", "2020-03-31", JFY, PERIOD),
    "2015-2019": ("2015-01-01", "2019-12-31", YEAR, PERIOD),
    "H27年4月~9月": ("2015-04-01", "2015-09-30", None, PERIOD),
    "H27年度9月~2月": ("2015-09-01", "2016-02-29", None, PERIOD),
    "H27.4~28.3": ("2015-04-01", "2016-03-31", None, PERIOD),
    "H27.7.1–28.6.30": ("2015-07-01", "2016-06-30", None, PERIOD),
    # words
    "H27-31年度の合計": ("2015-04-01", "2020-03-31", JFY, CUMULATIVE),
    "H27-31年度（累計）": ("2015-04-01", "2020-03-31", JFY, CUMULATIVE),
    "平成27年度から31年度までの累計": ("2015-04-01", "2020-03-31", JFY, CUMULATIVE),
    "H28.3.31までの累計": (None, "2016-03-31", None, TO_DATE),
    "H27年度末累計": (None, "2016-03-31", None, TO_DATE),
    "H27年度平均": ("2015-04-01", "2016-03-31", JFY, AVERAGE),
    "H27-31年度の各年": ("2015-04-01", "2020-03-31", JFY, EACH_YEAR),
    "H27-31各年度": ("2015-04-01", "2020-03-31", JFY, EACH_YEAR),
    "2015~2019年毎年": ("2015-01-01", "2019-12-31", YEAR, EACH_YEAR),
    # parts of years, decades
    "H27年度上半期": ("2015-04-01", "2015-09-30", None, PERIOD),
    "H27年度下期": ("2015-10-01", "2016-03-31", None, PERIOD),
    "2015年前期": ("2015-01-01", "2015-06-30", None, PERIOD),
    "H27年度後半": ("2015-10-01", "2016-03-31", None, PERIOD),
    "H27年度第4四半期": ("2016-01-01", "2016-03-31", None, PERIOD),
    "2020年代前半": ("2020-01-01", "2024-12-31", YEAR, PERIOD),
    "2020年代": ("2020-01-01", "2029-12-31", YEAR, PERIOD),
}

UNREADABLE = [
    *("", " ", "年度", "平成", "H27", "H27末", "H27-31", "H27-31累計", "27年度", "H0年", "H元", "H100年"),
    *(
        "H27年頃",
        "H27年度まで",
        "H27年度以降",
        "H27年各年",
        "H27年度末平均",
        "H27年までの平均",
        "2年",
        "2年累計",
        "0年間",
    ),
    *("13月", "H26.13月", "H26年0月", "2月30日", "H27.2.30", "H27年2月29日", "2015-02-29", "H27年6", "H27-7.1"),
    *(
        "H27-26年",
        "H27年-31年度",
        "H27年度末~H31年度末",
        "H27.7.1~H28年度",
        "H27.7.1~9.30",
        "H27.7.2~7.3",
        "H27~",
        "~H31年度",
    ),
    *("2010-12", "2012-12", "2015-9年度", "H35年代", "H30年代半ば", "H27-31年の各年度", "H27年5月現在", "H27年現在"),
    *("令和5(2024)年度", "H27年度(2015年)", "(H27年度)", "H27年度)", "H27年度((2015年度))", "H2 7年", "H27年度²"),
    *(
        "H27年度 5",
        "基準年",
        "?",
        "0",
        "1276",
        "1200~1500",
        "H27年度H28年度",
        "X27年度",
        "二十七年度",
        "(" * 70,
        "H27" * 30,
    ),
]


def days(stated: StatedPeriod) -> tuple[str | None, str | None]:
    assert stated.period is not None
    first, last = stated.period.first_day, stated.period.last_day
    return first and first.isoformat(), last and last.isoformat()


def test_a_period_is_read() -> None:
    for text, means in (OF_THE_DOCUMENT | OF_THE_GRAMMAR).items():
        stated = parse_period(text, AT)
        assert stated.period is not None
        assert (text, *days(stated), stated.period.calendar, stated.aggregation) == (text, *means)
        assert stated.period.duration == ""


def test_every_period_of_the_document_is_pinned_above() -> None:
    found = ROLE_LINE.findall(DOCUMENT.read_text(encoding="utf-8"))
    assert len(found) == 85 * 3
    assert {period for period, _ in found} == {*OF_THE_DOCUMENT, "2年間累計", "-"}
    for period, _ in found:
        parse_period(period, AT)


def test_a_dash_or_a_word_says_that_there_is_no_period() -> None:
    for text in ("-", "－", "ー", "―", " — ", "--", "未定", "N/A"):
        assert parse_period(text, AT) == StatedPeriod(period=None, aggregation=None)


def test_the_card_explains_years_without_a_calendar_and_names_of_periods() -> None:
    card = Conventions(bare_year=JFY, period_names={"yr1": "R2年度", "基準年": "H26年"})
    for text, same in {
        "H26": "H26年度",
        "2015": "2015年度",
        "H27-31": "H27-31年度",
        "H27末": "H27年度末",
        "R2~4累計": "R2-4年度累計",
        "YR1": "R2年度",
        "基準年": "H26年",
    }.items():
        assert parse_period(text, AT, conventions=card) == parse_period(same, AT)
    assert parse_period("H26", AT, conventions=Conventions(bare_year=YEAR)) == parse_period("H26年", AT)


@pytest.mark.parametrize(
    ("text", "duration", "aggregation", "basis"),
    [
        ("2年間累計", "P2Y", CUMULATIVE, Basis.STATED),
        ("２年間の累計", "P2Y", CUMULATIVE, Basis.STATED),
        ("5か年合計", "P5Y", CUMULATIVE, Basis.STATED),
        ("3年間平均", "P3Y", AVERAGE, Basis.STATED),
        ("2年間", "P2Y", CUMULATIVE, Basis.INFERRED),
        ("6ヶ月間", "P6M", CUMULATIVE, Basis.INFERRED),
        ("12か月累計", "P12M", CUMULATIVE, Basis.STATED),
    ],
)
def test_a_duration_without_an_anchor_has_no_days(
    text: str, duration: str, aggregation: Aggregation, basis: Basis
) -> None:
    expected = StatedPeriod(period=Period(duration=duration), aggregation=aggregation, aggregation_basis=basis)
    assert parse_period(text, AT) == expected


@pytest.mark.parametrize(
    ("text", "basis", "precision"),
    [
        ("H27年度", Basis.STATED, Precision.EXACT),
        ("H27-31年度", Basis.INFERRED, Precision.EXACT),
        ("H27-31年度累計", Basis.STATED, Precision.EXACT),
        ("H27-31の各年", Basis.STATED, Precision.EXACT),
        ("H27.7.1~H28.6.30", Basis.STATED, Precision.EXACT),
        ("H30年代後半", Basis.INTERPRETED, Precision.APPROXIMATE),
        ("H27年度前半", Basis.INTERPRETED, Precision.APPROXIMATE),
        ("H27年度上半期", Basis.STATED, Precision.EXACT),
        ("H30年代後半累計", Basis.STATED, Precision.APPROXIMATE),
    ],
)
def test_basis_and_precision_say_how_sure_the_reading_is(text: str, basis: Basis, precision: Precision) -> None:
    stated = parse_period(text, AT)
    assert (stated.aggregation_basis, stated.precision) == (basis, precision)


def test_what_cannot_be_read_is_an_error_with_its_place() -> None:
    read, refused = [], []
    for text in UNREADABLE:
        try:
            read.append((text, parse_period(text, AT)))
        except SourceError as e:
            refused += e.problems
    assert read == []
    assert [(p.code, p.at, p.found) for p in refused] == [("period.unreadable", AT, text) for text in UNREADABLE]
    assert all("H27年度" in p.expected for p in refused)


@pytest.mark.parametrize(
    ("text", "ja", "en"),
    [
        ("H27年度", "2015年度（平成27年度）", "fiscal year 2015 (April 2015 to March 2016)"),
        (
            "H27-30年度",
            "2015年度〜2018年度（平成27年度〜平成30年度）",
            "fiscal years 2015 to 2018 (April 2015 to March 2019)",
        ),
        ("H31年度", "2019年度（平成31・令和元年度）", "fiscal year 2019 (April 2019 to March 2020)"),
        ("H元年度", "1989年度（平成元年度）", "fiscal year 1989 (April 1989 to March 1990)"),
        ("H元年", "1989年（昭和64・平成元年）", "1989"),
        ("H23-26年平均", "2011年〜2014年（平成23年〜平成26年）", "2011 to 2014"),
        ("1850年", "1850年", "1850"),
        ("H26.6月", "2014年6月（平成26年6月）", "June 2014"),
        ("H27.7.1~H28.6.30", "2015年7月〜2016年6月（平成27年7月〜平成28年6月）", "July 2015 to June 2016"),
        (
            "H27.7.2~H27.7.9",
            "2015年7月2日〜2015年7月9日（平成27年7月2日〜平成27年7月9日）",
            "2 July 2015 to 9 July 2015",
        ),
        ("H27年度末", "2016年3月31日（平成28年3月31日）", "31 March 2016"),
        ("H31.4.30", "2019年4月30日（平成31年4月30日）", "30 April 2019"),
        ("R1.5.1", "2019年5月1日（令和元年5月1日）", "1 May 2019"),
        ("H27年度までの累計", "2016年3月31日まで（平成28年3月31日まで）", "up to 31 March 2016"),
        ("2年間累計", "2年間（始まりの記載なし）", "2 years (start not stated)"),
        ("1か月間", "1か月間（始まりの記載なし）", "1 month (start not stated)"),
    ],
)
def test_a_period_has_a_name_in_both_languages(text: str, ja: str, en: str) -> None:
    period = parse_period(text, AT).period
    assert period is not None
    assert (period_label(period, "ja"), period_label(period, "en")) == (ja, en)


def test_a_period_of_nothing_has_no_name() -> None:
    with pytest.raises(ValueError, match="not a duration"):
        period_label(Period(), "en")


# What holds for every era and year.

ERAS = {"R": 2018, "H": 1988, "S": 1925, "T": 1911, "M": 1867, "令和": 2018, "平成": 1988, "昭和": 1925}
eras = st.sampled_from(sorted(ERAS))
era_years = st.integers(1, 99)
WIDE = str.maketrans("0123456789HRSTM-~.()", "０１２３４５６７８９ＨＲＳＴＭ－～．（）")


def year_forms(year: int) -> dict[str, tuple[date, date]]:
    """Return every suffix of a year, with the days it means for the Western `year`."""
    february = date(year, 2, 29 if isleap(year) else 28)
    return {
        "年": (date(year, 1, 1), date(year, 12, 31)),
        "年度": (date(year, 4, 1), date(year + 1, 3, 31)),
        "年末": (date(year, 12, 31), date(year, 12, 31)),
        "年度末": (date(year + 1, 3, 31), date(year + 1, 3, 31)),
        "年2月": (date(year, 2, 1), february),
        ".2月末": (february, february),
        "年度平均": (date(year, 4, 1), date(year + 1, 3, 31)),
        ".12.31": (date(year, 12, 31), date(year, 12, 31)),
    }


@settings(max_examples=60)
@given(eras, era_years, st.sampled_from(sorted(year_forms(2000))))
def test_a_year_of_an_era_is_the_days_it_means(era: str, number: int, form: str) -> None:
    year = ERAS[era] + number
    stated = parse_period(f"{era}{number}{form}", AT)
    assert stated.period is not None
    assert (stated.period.first_day, stated.period.last_day) == year_forms(year)[form]
    assert stated == parse_period(f"{year}{form}", AT)
    if number == 1:
        assert stated == parse_period(f"{era}元{form}", AT)


@settings(max_examples=60)
@given(eras, era_years, st.integers(0, 20), st.sampled_from("-~〜～–—―"), st.sampled_from(["年", "年度"]))
def test_a_span_is_read_however_it_is_joined(era: str, number: int, more: int, joint: str, suffix: str) -> None:
    last = min(number + more, 99)
    span = parse_period(f"{era}{number}{joint}{last}{suffix}", AT)
    first_days, _ = year_forms(ERAS[era] + number)[suffix]
    _, last_days = year_forms(ERAS[era] + last)[suffix]
    assert span.period is not None
    assert (span.period.first_day, span.period.last_day) == (first_days, last_days)
    assert span == parse_period(f"{era}{number}{suffix}{joint}{era}{last}{suffix}", AT)
    assert span == parse_period(f"{ERAS[era] + number}{suffix}{joint}{ERAS[era] + last}{suffix}", AT)


@settings(max_examples=60)
@given(eras, era_years, st.integers(1, 98), st.sampled_from(["年", "年度"]))
def test_a_span_does_not_run_backwards(era: str, number: int, less: int, suffix: str) -> None:
    if less < number:
        with pytest.raises(SourceError):
            parse_period(f"{era}{number}-{number - less}{suffix}", AT)


@settings(max_examples=60)
@given(st.dates(date(1868, 1, 1), date(2099, 12, 31)))
def test_a_date_is_itself_in_every_spelling(day: date) -> None:
    for text in (day.isoformat(), f"{day:%Y/%m/%d}", f"{day.year}年{day.month}月{day.day}日"):
        assert parse_period(text, AT).period == Period(first_day=day, last_day=day)


@settings(max_examples=60)
@given(st.sampled_from([*OF_THE_DOCUMENT, *OF_THE_GRAMMAR]), st.data())
def test_width_and_blanks_change_nothing(text: str, data: st.DataObject) -> None:
    plain = parse_period(text, AT)
    assert parse_period(text.translate(WIDE), AT) == plain
    spaced = text
    if (at := data.draw(st.integers(0, len(text)))) and not re.match(r"[0-9０-９]{2}", text[at - 1 : at + 1]):
        spaced = text[:at] + data.draw(st.sampled_from([" ", "\u3000", "\t"])) + text[at:]
    assert parse_period(spaced, AT) == plain


PIECES = [
    "H",
    "R",
    "平成",
    "令和",
    "2015",
    "27",
    "31",
    "元",
    "1",
    ".",
    "-",
    "~",
    "年",
    "年度",
    "末",
    "月",
    "日",
    "から",
    "まで",
    "の",
    "累計",
    "平均",
    "各年",
    "年代",
    "前半",
    "上半期",
    "(",
    ")",
    "現在",
    "間",
    "か",
]
PIECES += [" ", "²", "②", "٣", "ー"]


@settings(max_examples=60)
@given(st.one_of(st.text(max_size=80), st.lists(st.sampled_from(PIECES), max_size=12).map("".join)))
def test_any_text_is_a_period_or_an_error(text: str) -> None:
    try:
        stated = parse_period(text, AT)
    except SourceError:
        return
    period = stated.period
    if period is None:
        assert stated.aggregation is None
        return
    assert stated.aggregation is not None
    assert bool(period.duration) == (period.last_day is None)
    if period.first_day is not None:
        assert period.last_day is not None
        assert period.first_day <= period.last_day
    if period.calendar is JFY:
        assert period.first_day is not None
        assert period.last_day is not None
        assert (period.first_day.month, (period.last_day + timedelta(days=1)).month) == (4, 4)
    assert period_label(period, "ja")
    assert period_label(period, "en").isascii()


@pytest.mark.parametrize(
    ("first", "last", "calendar", "before"),
    [
        ("2015-04-01", "2016-03-31", JFY, ("2014-04-01", "2015-03-31")),
        ("2016-01-01", "2016-12-31", YEAR, ("2015-01-01", "2015-12-31")),
        ("2016-02-29", "2016-02-29", None, ("2015-02-28", "2015-02-28")),
        ("2017-02-28", "2017-02-28", None, ("2016-02-29", "2016-02-29")),
        ("2015-04-01", "2020-03-31", JFY, None),
        ("2014-06-01", "2014-06-30", None, None),
        (None, "2014-06-30", None, None),
    ],
)
def test_the_year_before(
    first: str | None, last: str, calendar: Calendar | None, before: tuple[str, str] | None
) -> None:
    begins = date.fromisoformat(first) if first else None
    found = year_before(Period(first_day=begins, last_day=date.fromisoformat(last), calendar=calendar))
    assert (found and (str(found.first_day), str(found.last_day), found.calendar)) == (before and (*before, calendar))


def test_several_fiscal_years_have_a_name_in_japanese() -> None:
    period = Period(first_day=date(2015, 10, 1), last_day=date(2020, 9, 30), calendar=Calendar.FISCAL)
    assert period_label(period, "ja") == "2015/16〜2019/20会計年度（2015年10月〜2020年9月）"
