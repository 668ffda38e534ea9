"""English scorecards: periods of their own fiscal year, bounds, changes, money; what is ambiguous is refused."""

from datetime import date
from decimal import Decimal

import pytest
from conftest import DATA
from hypothesis import given, settings
from hypothesis import strategies as st

from kpigraph.cells import parse_cell
from kpigraph.codelists import load_units
from kpigraph.iris import period_id
from kpigraph.model import (
    Aggregation,
    Basis,
    Calendar,
    Comparator,
    Conventions,
    Intent,
    MissingReason,
    Quantity,
    ValueForm,
)
from kpigraph.periods import parse_period, period_label
from kpigraph.problems import SourceError, SourceLocation
from kpigraph.quantities import parse_quantity

AT = SourceLocation(file="scorecard.csv", row=2, cell=3)
UNITS = load_units(DATA / "codelists")
ENGLISH = Conventions(language="en")
BRITAIN = Conventions(language="en", fiscal_year_begins=4, fiscal_year_named_by="start")
AUSTRALIA = Conventions(language="en", fiscal_year_begins=7, fiscal_year_named_by="end")
AMERICA = Conventions(language="en", fiscal_year_begins=10, fiscal_year_named_by="end")
JAPAN = Conventions(language="en", fiscal_year_begins=4, fiscal_year_named_by="start", japanese_fiscal_year=True)

PERIOD, AS_OF = Aggregation.PERIOD, Aggregation.AS_OF
PERIODS = {
    "2019": ("2019-01-01", "2019-12-31", PERIOD),
    "CY2019": ("2019-01-01", "2019-12-31", PERIOD),
    "2015/16": ("2015-07-01", "2016-06-30", PERIOD),
    "2015-16": ("2015-07-01", "2016-06-30", PERIOD),
    "2015–16": ("2015-07-01", "2016-06-30", PERIOD),
    "FY2015-16": ("2015-07-01", "2016-06-30", PERIOD),
    "FY2010-11": ("2010-07-01", "2011-06-30", PERIOD),
    "2015/2016": ("2015-07-01", "2016-06-30", PERIOD),
    "1999/00": ("1999-07-01", "2000-06-30", PERIOD),
    "FY16": ("2015-07-01", "2016-06-30", PERIOD),
    "fy 2016": ("2015-07-01", "2016-06-30", PERIOD),
    "Q3 2019": ("2019-07-01", "2019-09-30", PERIOD),
    "Q3 2019/20": ("2020-01-01", "2020-03-31", PERIOD),
    "2019 Q3": ("2019-07-01", "2019-09-30", PERIOD),
    "H1 FY16": ("2015-07-01", "2015-12-31", PERIOD),
    "March 2020": ("2020-03-01", "2020-03-31", PERIOD),
    "Sept. 2019": ("2019-09-01", "2019-09-30", PERIOD),
    "as at 31 March 2020": ("2020-03-31", "2020-03-31", AS_OF),
    "March 31, 2020": ("2020-03-31", "2020-03-31", AS_OF),
    "31st March 2020": ("2020-03-31", "2020-03-31", AS_OF),
    "31/03/2020": ("2020-03-31", "2020-03-31", AS_OF),
    "03/31/2020": ("2020-03-31", "2020-03-31", AS_OF),
    "25/12/2020": ("2020-12-25", "2020-12-25", AS_OF),
    "2020-03-31": ("2020-03-31", "2020-03-31", AS_OF),
    "by March 31, 2025": ("2025-03-31", "2025-03-31", AS_OF),
    "by 2025": ("2025-12-31", "2025-12-31", AS_OF),
    "by the end of 2025": ("2025-12-31", "2025-12-31", AS_OF),
    "end of 2015/16": ("2016-06-30", "2016-06-30", AS_OF),
    "year ended June 2019": ("2018-07-01", "2019-06-30", PERIOD),
    "year ended 30 June 2019": ("2018-07-01", "2019-06-30", PERIOD),
    "year ending September 2019": ("2018-10-01", "2019-09-30", PERIOD),
    "12 months to December 2019": ("2019-01-01", "2019-12-31", PERIOD),
    "2019-2021 average": ("2019-01-01", "2021-12-31", Aggregation.AVERAGE),
    "average 2019 to 2021": ("2019-01-01", "2021-12-31", Aggregation.AVERAGE),
    "2015/16 to 2019/20": ("2015-07-01", "2020-06-30", PERIOD),
    "2019-2021 total": ("2019-01-01", "2021-12-31", Aggregation.CUMULATIVE),
    "each year 2019 to 2021": ("2019-01-01", "2021-12-31", Aggregation.EACH_YEAR),
    "cumulative to March 2020": (None, "2020-03-31", Aggregation.CUMULATIVE_TO_DATE),
}
NO_PERIODS = [
    *(
        "",
        "16",
        "2010-11",
        "2015-2016",
        "2015/17",
        "03/04/2020",
        "31/02/2020",
        "Mar-20",
        "Q5 2019",
        "Q3",
        "FY",
        "2019 2020",
    ),
    *(
        "2021-2019",
        "year ended 15 June 2019",
        "as at 2019",
        "late 2019",
        "2019²",
        "H27年度",
        "five years",
        "1700",
        "by 95%",
        "average of 31 March 2020",
        "average of nothing",
    ),
]


def read(text: str, conventions: Conventions) -> tuple[str | None, str | None, Aggregation | None]:
    stated = parse_period(text, AT, conventions=conventions)
    assert stated.period is not None
    first, last = stated.period.first_day, stated.period.last_day
    return first and first.isoformat(), last and last.isoformat(), stated.aggregation


def refused(texts: list[str], conventions: Conventions) -> list[str]:
    """Return the texts that are no period."""
    found = []
    for text in texts:
        try:
            parse_period(text, AT, conventions=conventions)
        except SourceError as e:
            found += [text for problem in e.problems if problem.code == "period.unreadable"]
    return found


def test_a_period_is_read() -> None:
    assert {text: read(text, AUSTRALIA) for text in PERIODS} == PERIODS
    assert refused(NO_PERIODS, AUSTRALIA) == NO_PERIODS
    for text in ("by March 31, 2025", "March 2020", "Q3 2019/20", "year ended June 2019", "2019 to 2021", "FY 2016"):
        assert read(text.replace(" ", ""), AUSTRALIA) == read(text, AUSTRALIA)  # as headers are compared


def test_a_fiscal_year_is_that_of_the_card_or_none() -> None:
    assert read("2015/16", BRITAIN)[:2] == ("2015-04-01", "2016-03-31")
    assert read("FY16", BRITAIN)[:2] == ("2016-04-01", "2017-03-31")
    assert read("FY16", AMERICA)[:2] == ("2015-10-01", "2016-09-30")
    assert read("2016", Conventions(**{**_fields(AMERICA), "bare_year": Calendar.FISCAL})) == read("FY16", AMERICA)
    assert refused(["2015/16"], Conventions(language="en", fiscal_year_begins=1)) == ["2015/16"]  # runs into no other
    unexplained = ["2015/16", "FY16", "Q3 FY16"]
    assert refused(unexplained, ENGLISH) == unexplained
    assert refused(["FY16", "FY98"], Conventions(language="en", fiscal_year_begins=4)) == ["FY16", "FY98"]


def test_a_span_without_days_keeps_its_length() -> None:
    said = {}
    for text in ("5-year total", "3 year average", "over 18 months"):
        stated = parse_period(text, AT, conventions=AUSTRALIA)
        assert stated.period is not None
        said[text] = (stated.period.duration, stated.aggregation, stated.aggregation_basis)
    assert said == {
        "5-year total": ("P5Y", Aggregation.CUMULATIVE, Basis.STATED),
        "3 year average": ("P3Y", Aggregation.AVERAGE, Basis.STATED),
        "over 18 months": ("P18M", Aggregation.CUMULATIVE, Basis.INFERRED),
    }


def _fields(conventions: Conventions) -> dict[str, object]:
    return {name: getattr(conventions, name) for name in conventions.__dataclass_fields__}


def test_a_british_year_is_not_the_japanese_one_though_its_days_are() -> None:
    british, japanese = (parse_period("2015/16", AT, conventions=c).period for c in (BRITAIN, JAPAN))
    assert british is not None
    assert japanese is not None
    assert (british.calendar, japanese.calendar) == (Calendar.FISCAL, Calendar.JFY)
    assert (british.first_day, british.last_day) == (japanese.first_day, japanese.last_day)
    assert (period_id(british), period_id(japanese)) == ("fy04-2015", "fy2015")
    assert period_label(british, "en") == "fiscal year 2015/16 (April 2015 to March 2016)"
    assert period_label(british, "ja") == "2015/16会計年度（2015年4月〜2016年3月）"
    span = parse_period("2015/16 to 2019/20", AT, conventions=AMERICA).period
    assert span is not None
    assert period_id(span) == "fy10-2015--fy10-2019"
    assert period_label(span, "en") == "fiscal years 2015/16 to 2019/20 (October 2015 to September 2020)"


def absolute(value: str, unit: str = "", comparator: Comparator = Comparator.EXACT, **more: bool) -> Quantity:
    decimals, form = len(value.partition(".")[2]), ValueForm.ABSOLUTE
    return Quantity(form=form, value=Decimal(value), decimals=decimals, unit=unit, comparator=comparator, **more)


def change(share: str, to: str = "", comparator: Comparator = Comparator.EXACT) -> Quantity:
    form = ValueForm.RELATIVE
    return Quantity(form=form, relative_change=Decimal(share), relative_to=to, comparator=comparator)


AT_LEAST, AT_MOST = Comparator.AT_LEAST, Comparator.AT_MOST
QUANTITIES = {
    "1,234": absolute("1234"),
    "-5.2": absolute("-5.2"),
    "95%": absolute("95", "%"),
    "95.50 per cent": absolute("95.50", "%"),
    "1.5 MWh": absolute("1.5", "MWh"),
    "12 days": absolute("12", "days"),
    "12 days.": absolute("12", "days"),
    "- 5": absolute("-5"),
    "$1,200M": absolute("1200000000", "$"),
    "35 per 100,000 people": absolute("35", "per 100,000 people"),
    "2.5 percentage points": absolute("2.5", "percentage points"),
    "$10.1M": absolute("10100000", "$"),
    "£3,500": absolute("3500", "£"),
    "$2.5 million": absolute("2500000", "$"),
    "€1bn": absolute("1000000000", "€"),
    "3.5k": absolute("3500"),
    "≥ 95%": absolute("95", "%", AT_LEAST),
    ">= 95%": absolute("95", "%", AT_LEAST),
    "At least 95%": absolute("95", "%", AT_LEAST),
    "95% or more": absolute("95", "%", AT_LEAST),
    "100+": absolute("100", "", AT_LEAST),
    "No more than 5 days": absolute("5", "days", AT_MOST),
    "≤ 5": absolute("5", "", AT_MOST),
    "> 5": absolute("5", "", Comparator.MORE_THAN),
    "fewer than 10": absolute("10", "", Comparator.LESS_THAN),
    "approx. 1,200": absolute("1200", estimated=True),
    "Maintain at 95%": absolute("95", "%", maintenance=True),
    "reduce by 10%": change("-0.10"),
    "10% increase on 2015/16": change("0.10", "2015/16"),
    "10% reduction from 2015/16 levels": change("-0.10", "2015/16"),
    "Increase of at least 5% from FY16": change("0.05", "FY16", AT_LEAST),
    "Reduce by at least 5%": change("-0.05", "", AT_MOST),
    "5 percentage point reduction": Quantity(
        form=ValueForm.RELATIVE, absolute_change=Decimal(-5), unit="percentage point"
    ),
    "Above baseline": change("0", "baseline", Comparator.MORE_THAN),
    "Reduction on previous year": change("0", "previous year", Comparator.LESS_THAN),
    "100 to 120": Quantity(form=ValueForm.RANGE, minimum=Decimal(100), maximum=Decimal(120)),
    "90–95%": Quantity(form=ValueForm.RANGE, minimum=Decimal(90), maximum=Decimal(95), unit="%"),
    "between $5 and $10": Quantity(form=ValueForm.RANGE, minimum=Decimal(5), maximum=Decimal(10), unit="$"),
    "3/5": Quantity(form=ValueForm.RATIO, numerator=Decimal(3), denominator=Decimal(5)),
    "5/5": Quantity(form=ValueForm.RATIO, numerator=Decimal(5), denominator=Decimal(5)),
    "1,200 of 1,500": Quantity(form=ValueForm.RATIO, numerator=Decimal(1200), denominator=Decimal(1500)),
    "3 of 5 schools": Quantity(form=ValueForm.RATIO, numerator=Decimal(3), denominator=Decimal(5), unit="schools"),
    "Maintain": Quantity(form=ValueForm.QUALITATIVE, maintenance=True, intent=Intent.MAINTAIN),
    "Maintain or improve": Quantity(form=ValueForm.QUALITATIVE, intent=Intent.MAINTAIN_OR_INCREASE),
    "Improving": Quantity(form=ValueForm.QUALITATIVE, intent=Intent.IMPROVE),
    "Strategy adopted": Quantity(form=ValueForm.QUALITATIVE),
    "n/a": Quantity(form=ValueForm.MISSING),
    "TBC": Quantity(form=ValueForm.MISSING, missing=MissingReason.UNDECIDED),
    "Not measured": Quantity(form=ValueForm.MISSING, missing=MissingReason.NOT_CONDUCTED),
}
NO_QUANTITIES = [
    *("", "%", "at least", "12,34", "1 234", "007", "5m", "$1 to 2 million", "100-120", "120 to 100", "2015/16", "5/3"),
    *("95% target", "3 by 2020", "10% 5", "1e5", "5²", "120 (130)", "10 in 2019", "1 2 3", "5 more", "95%%", "H27年度"),
]


def test_a_value_is_read() -> None:
    got = {text: parse_quantity(text, AT, conventions=ENGLISH) for text in QUANTITIES}
    assert got == QUANTITIES
    assert {t: str(q.value) for t, q in got.items()} == {t: str(q.value) for t, q in QUANTITIES.items()}
    refused_values = []
    for text in NO_QUANTITIES:
        try:
            parse_quantity(text, AT, conventions=ENGLISH)
        except SourceError as e:
            refused_values += [text for problem in e.problems if problem.code == "quantity.unreadable"]
    assert refused_values == NO_QUANTITIES


def test_a_cell_says_value_period_and_former_value() -> None:
    cell = parse_cell("95% (2015/16)", AT, UNITS, conventions=AUSTRALIA).value
    assert (cell.quantity.value, cell.printed_period) == (Decimal(95), "2015/16")
    revised = parse_cell("100 → 120 (revised in March 2018)", AT, UNITS, conventions=AUSTRALIA).value.quantity
    assert (revised.value, revised.former_value) == (Decimal(120), Decimal(100))
    assert revised.revised is not None
    milestone = parse_cell("Opened by March 31, 2025", AT, UNITS, conventions=AUSTRALIA).value.quantity
    assert milestone.due is not None
    assert milestone.due.last_day == date(2025, 3, 31)


def test_a_period_stands_in_prose_behind_its_value() -> None:
    said = {}
    for text in (
        *("60% by March 31, 2025", "at least 60, by the end of 2025", "55 in 2015/16", "Reduce by 10% by 2025"),
        *("10% increase on 2015/16 by FY20", "3 of 5 by 2020", "60%: FY20"),
    ):
        cell = parse_cell(text, AT, UNITS, conventions=AUSTRALIA)
        assert len(cell.values) == 1
        assert cell.value.period is not None
        assert cell.value.period.period is not None
        said[cell.value.printed] = str(cell.value.period.period.last_day)
    assert said == {
        "60%": "2020-06-30",
        "at least 60": "2025-12-31",
        "55": "2016-06-30",
        "Reduce by 10%": "2025-12-31",
        "10% increase on 2015/16": "2020-06-30",
        "3 of 5": "2020-12-31",
    }
    estimated = parse_cell("50 (e)", AT, UNITS, conventions=AUSTRALIA).value.quantity
    assert (estimated.value, estimated.estimated) == (Decimal(50), True)
    for text in ("less than 2018", "above 2020", "60, 2025", "by 2025, 60", "1 by 2 by 2025"):
        with pytest.raises(SourceError):
            parse_cell(text, AT, UNITS, conventions=AUSTRALIA)


WORDS = [
    "95",
    "%",
    "at least",
    "to",
    "by",
    "10",
    "1,234",
    "$",
    "m",
    "increase",
    "reduce",
    "of",
    "-",
    "–",
    "(",
    "²",
    "/",
    ".",
]


@settings(max_examples=100)
@given(st.one_of(st.text(max_size=40), st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join)))
def test_any_text_is_read_or_an_error_and_no_digit_is_lost(text: str) -> None:
    try:
        quantity = parse_quantity(text, AT, conventions=ENGLISH)
    except SourceError:
        return
    if quantity.form in (ValueForm.MISSING, ValueForm.QUALITATIVE):
        assert not any(c in "0123456789" for c in text)
    try:
        parse_period(text, AT, conventions=AUSTRALIA)
    except SourceError:
        return
