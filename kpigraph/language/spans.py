"""Spans of days that the words of a language come to: years of a calendar, parts of them, months, days."""

from calendar import monthrange
from datetime import date, timedelta
from typing import Literal, NamedTuple

from kpigraph.model import Aggregation, Basis, Calendar, Period, Precision, StatedPeriod


class Span(NamedTuple):
    """Days from `first` to `last`; two spans of one `kind` can be the ends of a longer one, parts and ends cannot."""

    kind: Literal["year", "fiscal year", "month", "day", "end", "part", "decade", "joined"]
    first: date
    last: date
    calendar: Calendar | None = None
    vague: bool = False


def calendar_year(year: int) -> Span:
    return Span("year", date(year, 1, 1), date(year, 12, 31), Calendar.YEAR)


def fiscal_year(year: int, begins: int = 4, calendar: Calendar = Calendar.JFY) -> Span:
    """Return the fiscal year that begins with month `begins` of `year`; one from January is the calendar year."""
    if begins == 1:
        return calendar_year(year)
    first = date(year, begins, 1)
    return Span("fiscal year", first, date(year + 1, begins, 1) - timedelta(days=1), calendar)


def months_from(start: date, skipped: int, count: int, *, vague: bool = False) -> Span:
    """Return `count` months, beginning `skipped` months after `start`, the first day of a month."""
    ends = [divmod(start.month - 1 + n, 12) for n in (skipped, skipped + count - 1)]
    (year, month), (last_year, last_month) = ((start.year + years, m + 1) for years, m in ends)
    return Span("part", date(year, month, 1), month_of(last_year, last_month).last, None, vague)


def month_of(year: int, month: int) -> Span:
    return Span("month", date(year, month, 1), date(year, month, monthrange(year, month)[1]))


def day_of(year: int, month: int, day: int) -> Span | None:
    """Return that day, None if there is none such as 30 February."""
    try:
        found = date(year, month, day)
    except ValueError:
        return None
    return Span("day", found, found)


def end_of(span: Span) -> Span:
    return Span("end", span.last, span.last)


def joined(first: Span | None, last: Span | None) -> Span | None:
    """Return the span from one to the other: two of one kind and calendar, the first not after the second."""
    if first is None or last is None or first.kind != last.kind or first.first > last.first:
        return None
    if first.kind not in ("year", "fiscal year", "month", "day"):
        return None
    return Span("joined", first.first, last.last, first.calendar)


def plain(span: Span) -> StatedPeriod:
    """Return a span without any word around it. Several years without a word: what the value is, it has to say."""
    if span.kind in ("day", "end"):
        return StatedPeriod(period=period_of(span), aggregation=Aggregation.AS_OF)
    basis = Basis.STATED
    if span.vague:
        basis = Basis.INTERPRETED
    elif (span.last - span.first).days > 366:
        basis = Basis.INFERRED
    precision = Precision.APPROXIMATE if span.vague else Precision.EXACT
    return StatedPeriod(
        period=period_of(span), aggregation=Aggregation.PERIOD, aggregation_basis=basis, precision=precision
    )


def period_of(span: Span) -> Period:
    return Period(first_day=span.first, last_day=span.last, calendar=span.calendar)


def year_before(period: Period) -> Period | None:
    """Return the year before `period`, a year of a calendar or a day; None for every other period."""
    first, last = period.first_day, period.last_day
    if first is None or last is None:
        return None
    one_year = period.calendar is not None and (last - first).days < 366
    if not one_year and first != last:
        return None
    after = last + timedelta(days=1)  # the end of February has no day of its own in every year
    after = after.replace(year=after.year - 1)
    before = after - timedelta(days=1)
    return Period(
        first_day=first.replace(year=first.year - 1) if one_year else before, last_day=before, calendar=period.calendar
    )
