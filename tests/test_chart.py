"""The chart of an indicator: what is drawn where, and what is not drawn and why."""

from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from pyoxigraph import NamedNode

from kpigraph.serve import chart, pace
from kpigraph.serve.cards import Days, Figure
from kpigraph.serve.describe import Text

PERSON, PERCENT = (NamedNode(f"https://kpi.example/{unit}") for unit in ("person", "percent"))
FY = {year: (f"{year}-04-01", f"{year + 1}-03-31") for year in range(2010, 2025)}
FIVE = ("2015-04-01", "2020-03-31")


def figure(role: str, number: str | None, days: tuple[str, str] | None, **more: Any) -> Figure:
    period = (
        None
        if days is None
        else Days(iri=None, label=Text(f"{days[0][:4]} (x)"), first=days[0], last=days[1], words="")
    )
    return Figure(
        **{
            "iri": NamedNode(f"https://kpi.example/{role}-{number}-{days[0] if days else 0}"),
            "role": role, "printed_value": number or "-", "printed_period": "", "printed_unit": "",
            "form": "missing" if number is None else "absolute",
            "number": None if number is None else Decimal(number), "value": number or "",
            "unit": None, "unit_iri": PERSON, "comparator": "", "maintenance": False, "computed": False,
            "possible": (), "between": (), "of": (), "period": period, "aggregation": None,
            "aggregation_code": "period", "notes": (), "lines": (), "corrected": False,
        }
        | more
    )  # fmt: skip


def drawn(*figures: Figure) -> chart.Chart:
    found = chart.draw(figures)
    assert found is not None
    return found


BASELINE, ACTUAL = figure("baseline", "60", FY[2014]), figure("actual", "65", FY[2015])


def test_points_stand_by_day_and_value_and_the_pace_joins_baseline_and_target() -> None:
    found = drawn(figure("target", "80", FY[2019]), ACTUAL, BASELINE)
    assert [p.role for p in found.points] == ["baseline", "actual", "target"]
    assert all(a.x < b.x and a.y > b.y for a, b in pairwise(found.points))
    first, last = found.points[0], found.points[-1]
    assert found.pace == (first.x, first.y, last.x, last.y)
    assert found.band is None
    assert not found.from_zero
    assert first.when == "2014"


@pytest.mark.parametrize(
    ("comparator", "kind", "strict"),
    [
        ("at-least", "above", False),
        ("more-than", "above", True),
        ("at-most", "below", False),
        ("less-than", "below", True),
    ],
)
def test_a_comparator_is_the_half_of_the_plane_that_it_asks_for(comparator: str, kind: str, strict: bool) -> None:
    found = drawn(BASELINE, ACTUAL, figure("target", "70", FY[2019], comparator=comparator))
    band, target = found.band, found.points[-1]
    assert band is not None
    assert (band.kind, band.strict, band.edges) == (kind, strict, (target.y,))
    if kind == "above":
        assert band.y < target.y == pytest.approx(band.y + band.height, abs=0.11)
    else:
        assert band.y == target.y < band.y + band.height == pytest.approx(found.canvas.base, abs=0.11)
    assert band.width > found.canvas.width * 0.9  # one year at the end would be a sliver
    assert band.height > 15  # there is room to see it, though the target is the highest or lowest number


def test_what_is_to_be_kept_up_is_a_band_over_its_years_and_has_no_pace() -> None:
    target = figure("target", "50", FIVE, comparator="at-least", maintenance=True, aggregation_code="each-year")
    found = drawn(BASELINE, ACTUAL, target)
    assert found.pace is None
    assert found.band is not None
    assert found.band.maintained
    end = found.points[-1]
    assert (found.band.x + found.band.width, found.band.edges) == (pytest.approx(end.x), (end.y,))
    assert found.points[1].x > found.band.x >= found.points[0].x  # from April 2015, the day after the baseline's


def test_each_year_without_a_comparator_is_a_level() -> None:
    found = drawn(BASELINE, figure("target", "50", FIVE, aggregation_code="each-year"))
    assert found.band is not None
    assert (found.band.kind, found.pace) == ("level", None)


def test_a_total_begins_at_zero_and_sums_the_years() -> None:
    before = figure("baseline", "381", FY[2014])
    years = [figure("actual", "365", FY[2015]), figure("actual", "400", FY[2016])]
    gap = figure("actual", "10", FY[2018])
    target = figure("target", "2000", FIVE, aggregation_code="cumulative")
    found = drawn(before, *years, gap, target)
    assert [(p.value, p.total) for p in found.points] == [("365", False), ("765", True), ("2000", False)]
    assert [(o.figure, o.reason) for o in found.left_out] == [(before, "counted"), (gap, "counted")]
    assert found.pace is not None
    assert found.pace[1] == found.canvas.base  # zero, on the first day
    assert found.pace[0] < found.points[0].x
    # after one year of five the even pace is at 400: 365 is below it
    x, even = found.points[0].x, found.pace
    at = even[1] + (even[3] - even[1]) * (x - even[0]) / (even[2] - even[0])
    assert found.points[0].y > at


def test_what_cannot_be_drawn_is_told_with_its_reason() -> None:
    others = {
        "missing": figure("baseline", None, FY[2013]),
        "words": figure("actual", None, FY[2013], form="qualitative"),
        "unresolved": figure("actual", None, FY[2014], form="relative"),
        "unit": figure("actual", "3", FY[2014], unit_iri=PERCENT),
        "no_day": figure("actual", "3", None),
        "no_number": figure("actual", None, FY[2014], form="ratio"),
    }
    found = drawn(*others.values(), ACTUAL, figure("target", "70", FY[2019]))
    assert {o.reason: o.figure for o in found.left_out} == others
    assert len(found.points) == 2
    assert found.pace is None  # there is no baseline to begin at


def test_a_target_without_days_is_a_level_and_a_range_a_band() -> None:
    level = drawn(ACTUAL, figure("target", "96", None)).band
    assert level is not None
    assert level.kind == "level"
    between = drawn(ACTUAL, figure("target", None, FY[2019], form="range", between=("70", "1,080")))
    assert between.band is not None
    assert (between.band.kind, len(between.band.edges), between.left_out) == ("between", 2, ())


def test_one_number_is_no_chart() -> None:
    assert chart.draw([ACTUAL, figure("target", None, FY[2019], form="qualitative")]) is None
    assert chart.draw([]) is None


def test_two_editions_that_say_the_same_are_drawn_once() -> None:
    assert len(drawn(BASELINE, BASELINE, ACTUAL).points) == 2


def test_a_period_of_years_is_drawn_over_them_and_zero_has_a_line() -> None:
    found = drawn(figure("baseline", "-5", ("2011-04-01", "2015-03-31")), ACTUAL)
    assert found.points[0].from_x < found.points[0].x
    assert found.points[1].from_x == found.points[1].x
    assert found.zero_y is not None
    assert found.points[1].y < found.zero_y < found.points[0].y


@pytest.mark.parametrize(
    ("first", "last", "ja", "en"),
    [
        (*FIVE, "5 年間", "five-year"),
        ("2015-07-01", "2016-12-31", "18 か月間", "18-month"),
        ("2015-07-01", "2016-07-15", "期間全体", "whole"),
        ("", "2016-07-15", "期間全体", "whole"),
    ],
)
def test_the_length_of_a_span_in_words(first: str, last: str, ja: str, en: str) -> None:
    assert (pace.span(first, last, "ja"), pace.span(first, last, "en")) == (ja, en)
