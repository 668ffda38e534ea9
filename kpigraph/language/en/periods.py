"""Periods in English: 2015/16, FY16, CY2019, Q3 2019/20, March 2020, as at 31 March 2020, year ended June 2019.

A fiscal year is that of the document: its card says in which month it begins, and whether FY2016 begins or ends in
2016. Without that FY2016 and 2015/16 are unreadable: in Australia, Britain and the United States they are other days.
"""

import re
from dataclasses import replace

from kpigraph.language.spans import (
    Span,
    calendar_year,
    day_of,
    end_of,
    fiscal_year,
    joined,
    month_of,
    months_from,
    period_of,
    plain,
)
from kpigraph.model import Aggregation, Basis, Calendar, Conventions, Period, StatedPeriod
from kpigraph.text import has_raised_digits, normalise

EXPECTED = "2019, 2015/16, FY2016, Q3 2019, March 2020, as at 31 March 2020, year ended June 2019, 2019-2021 average"

_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_MONTH_NAME = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_YEAR = r"(?P<year>(?:19|20)[0-9]{2})"
_DAY = r"(?P<day>3[01]|[12][0-9]|0?[1-9])(?:st|nd|rd|th)?"

_BARE_YEAR = re.compile(_YEAR)
_CALENDAR_YEAR = re.compile(rf"(?:cy ?|calendar year ){_YEAR}")
_TWO_YEARS = re.compile(
    rf"(?P<named>fy ?|fiscal year |financial year )?{_YEAR}"
    r" ?(?P<joint>[/-]) ?(?P<next>(?:(?:19|20)[0-9]{2})|[0-9]{2})"
)
_NAMED_YEAR = re.compile(r"(?:fy ?'?|fiscal year |financial year )(?P<year>(?:19|20)?[0-9]{2})")
_QUARTER = re.compile(
    r"(?:q(?P<q>[1-4])|h(?P<h>[12])),? ?(?:of )?(?P<of>.+)|(?P<of2>.+?),? (?:q(?P<q2>[1-4])|h(?P<h2>[12]))"
)
_MONTH = re.compile(rf"{_MONTH_NAME},? {_YEAR}")
_ISO_MONTH = re.compile(r"(?P<year>(?:19|20)[0-9]{2})-(?P<month>0[1-9]|1[0-2])")
_DATES = (
    re.compile(rf"{_DAY} (?:of )?{_MONTH_NAME},? {_YEAR}"),
    re.compile(rf"{_MONTH_NAME} {_DAY},? {_YEAR}"),
    re.compile(r"(?P<year>(?:19|20)[0-9]{2})-(?P<month_number>0[1-9]|1[0-2])-(?P<day>0[1-9]|[12][0-9]|3[01])"),
)
_SLASHED = re.compile(r"(?P<one>[0-9]{1,2})[/.](?P<other>[0-9]{1,2})[/.](?P<year>(?:19|20)[0-9]{2})")

_AVERAGES = re.compile(
    r"(?P<span>.+?),? \(?(?:annual )?(?:average|avg\.?|mean)\)?|"
    r"(?:annual )?(?:average|mean)(?: of| for|,)? (?P<span2>.+)"
)
_TOTALS = re.compile(
    r"(?P<span>.+?),? \(?(?:cumulative|total)\)?|(?:cumulative|total)(?: for| over| of|,)? (?P<span2>.+)"
)
_TO_DATE = re.compile(r"(?:cumulative|total) (?:up )?(?:to|by|until) (?P<day>.+)")
_EACH = re.compile(r"(?:each|every) year(?: of| in| from|,)? (?P<span>.+)|(?P<span2>.+?),? \(?(?:each|every) year\)?")
_DURATION = re.compile(
    r"(?:over )?(?P<count>[1-9][0-9]?)[ -](?P<unit>year|month)s?(?: (?P<word>total|cumulative|average))?"
)
_AS_AT = re.compile(r"(?:as (?:at|of)|at|on) (?P<day>.+)")
_BY = re.compile(r"(?:by|until|no later than) (?P<what>.+)")
_END_OF = re.compile(r"(?:the )?(?:end|year[- ]end)(?: of)? (?P<what>.+)")
_YEAR_ENDED = re.compile(r"(?:the )?(?:year|12 months|twelve months) (?:ended|ending|to) (?:the end of )?(?P<end>.+)")
_JOINTS = (
    re.compile(r"(?:from |between )?(?P<start>.+?) (?:to|until|through|and) (?P<end>.+)"),
    re.compile(r"(?P<start>[^~-]+)[~-](?P<end>[^~-]+)"),
)
_GAPS = re.compile(
    r"(?<=[a-z]{2})(?=[0-9])|(?<=[0-9])(?=[a-z]{2})(?!st|nd|rd|th)|(?<=,)(?=[0-9])|(?<=[0-9])(?=[qh][1-4]$)"
)
_BEGINNINGS = (
    "by the end of", "by end of", "as at", "as of", "by", "the year ended", "the year ending", "year ended",
    "year ending", "end of", "average of", "average", "cumulative to",
)  # fmt: skip


def read_period(text: str, conventions: Conventions) -> StatedPeriod | None:
    """Return what `text` says of a period, None if this grammar does not cover it."""
    if has_raised_digits(text):
        return None
    return _Reader(conventions).stated(_spaced(normalise(text).casefold().rstrip(".")))


def _spaced(text: str) -> str:
    """Return `text` with its blanks where it has none, as in headers compared without them: bymarch31,2025."""
    if " " in text:
        return text
    for words in _BEGINNINGS:
        if text.startswith(words.replace(" ", "")):
            text = words + " " + text[len(words.replace(" ", "")) :]
            break
    return re.sub(
        r"(?<=[a-z]{2})(?=[0-9])|(?<=[0-9])(?=[a-z]{2})(?!st|nd|rd|th)|(?<=,)(?=[0-9])|(?<=[0-9])(?=[qh][1-4]$)",
        " ",
        text,
    )


class _Reader:
    """The grammar with the fiscal year of one document."""

    def __init__(self, conventions: Conventions) -> None:
        self.begins = conventions.fiscal_year_begins
        self.named_by = conventions.fiscal_year_named_by
        self.bare = conventions.bare_year
        self.calendar = Calendar.JFY if conventions.japanese_fiscal_year else Calendar.FISCAL

    def stated(self, text: str) -> StatedPeriod | None:
        if m := _DURATION.fullmatch(text):
            return _duration(m)
        if (m := _TO_DATE.fullmatch(text)) and (span := self.point(m["day"])):
            return StatedPeriod(period=Period(last_day=span.last), aggregation=Aggregation.CUMULATIVE_TO_DATE)
        for pattern, aggregation in (
            (_AVERAGES, Aggregation.AVERAGE),
            (_TOTALS, Aggregation.CUMULATIVE),
            (_EACH, Aggregation.EACH_YEAR),
        ):
            if m := pattern.fullmatch(text):
                span = self.span(m["span"] or m["span2"])
                if span is None or span.kind in ("day", "end"):
                    return None
                return StatedPeriod(period=period_of(span), aggregation=aggregation)
        if m := _AS_AT.fullmatch(text):
            span = self.point(m["day"])
            return plain(end_of(span)) if span and span.kind in ("day", "end") else None
        if m := _BY.fullmatch(text):
            span = self.point(m["what"])
            return replace(plain(end_of(span)), aggregation_basis=_basis_of_deadline(span)) if span else None
        span = self.span(text)
        return plain(span) if span else None

    def span(self, text: str) -> Span | None:
        if point := self.point(text):
            return point
        if (m := _TWO_YEARS.fullmatch(text)) and int(m["next"][-2:]) == (int(m["year"]) + 1) % 100:
            return None  # 2015-2016 or 2010-11: one fiscal year, two years or a month
        for joint in _JOINTS:
            if m := joint.fullmatch(text):
                return joined(self.point(m["start"].strip()), self.point(m["end"].strip()))
        return None

    def point(self, text: str) -> Span | None:
        """Read one year, part of a year, month or day."""
        if m := _END_OF.fullmatch(text):
            span = self.point(m["what"])
            return end_of(span) if span and span.kind in ("year", "fiscal year", "month") else None
        if m := _YEAR_ENDED.fullmatch(text):
            return self._year_ended(m["end"])
        if _BARE_YEAR.fullmatch(text):
            return self._named_year(text) if self.bare in (Calendar.FISCAL, Calendar.JFY) else calendar_year(int(text))
        if m := _CALENDAR_YEAR.fullmatch(text):
            return calendar_year(int(m["year"]))
        if m := _TWO_YEARS.fullmatch(text):
            return self._two_years(m)
        if m := _NAMED_YEAR.fullmatch(text):
            return self._named_year(m["year"])
        if m := _MONTH.fullmatch(text):
            return month_of(int(m["year"]), _month_number(m["month"]))
        if (m := _ISO_MONTH.fullmatch(text)) and int(m["year"][2:]) > int(m["month"]):
            return month_of(int(m["year"]), int(m["month"]))
        if m := _QUARTER.fullmatch(text):
            return self._part(m["of"] or m["of2"], int(m["q"] or m["q2"] or 0), int(m["h"] or m["h2"] or 0))
        return _day(text)

    def _fiscal(self, year: int) -> Span | None:
        if not self.begins or not 1 <= year <= 9998:
            return None
        return fiscal_year(year, self.begins, self.calendar)

    def _two_years(self, m: re.Match[str]) -> Span | None:
        """Read 2015/16, which runs from one year into the next. 2015-16 could be a month only up to 12."""
        year, after = int(m["year"]), m["next"]
        if int(after) != (year + 1 if len(after) == 4 else (year + 1) % 100):
            return None
        if len(after) == 4 and m["joint"] == "-" and not m["named"]:
            return None  # 2015-2016: one fiscal year or two years
        if len(after) == 2 and m["joint"] == "-" and 1 <= int(after) <= 12 and not m["named"]:
            return None  # 2010-11
        return self._fiscal(year) if self.begins != 1 else None

    def _named_year(self, text: str) -> Span | None:
        if self.begins == 1:
            return calendar_year(_full_year(text))
        if self.named_by not in ("start", "end"):
            return None
        return self._fiscal(_full_year(text) - (self.named_by == "end"))

    def _part(self, of: str, quarter: int, half: int) -> Span | None:
        """Read Q3 2019 (of the calendar year) and Q3 2019/20, Q3 FY20 (of the fiscal year)."""
        whole = self.point(of)
        if whole is None or whole.kind not in ("year", "fiscal year"):
            return None
        return months_from(whole.first, 3 * quarter - 3, 3) if quarter else months_from(whole.first, 6 * half - 6, 6)

    def _year_ended(self, text: str) -> Span | None:
        """Read the twelve months up to the end of a month: of the document's fiscal year, the calendar year or none."""
        end = self.point(text)
        if (
            end is None
            or end.kind not in ("month", "day")
            or (end.kind == "day" and month_of(end.last.year, end.last.month).last != end.last)
        ):
            return None
        last = end.last
        start, begins = (last.year, 1) if last.month == 12 else (last.year - 1, last.month + 1)
        if begins in (1, self.begins):
            return fiscal_year(start, begins, self.calendar)
        return months_from(month_of(start, begins).first, 0, 12)


def _day(text: str) -> Span | None:
    """Read a day. 31/03/2020 can only be the 31st of March; 03/04/2020 is two days and so none."""
    for pattern in _DATES:
        if m := pattern.fullmatch(text):
            groups = m.groupdict()
            month = int(groups["month_number"]) if groups.get("month_number") else _month_number(groups["month"])
            return day_of(int(m["year"]), month, int(m["day"]))
    if m := _SLASHED.fullmatch(text):
        one, other = int(m["one"]), int(m["other"])
        if one == other or other > 12 >= one:
            return day_of(int(m["year"]), one, other)
        if one > 12 >= other:
            return day_of(int(m["year"]), other, one)
    return None


def _basis_of_deadline(span: Span) -> Basis:
    """By 31 March is that day; by 2025 is, as we read it, by its last day."""
    return Basis.STATED if span.kind in ("day", "end") else Basis.INTERPRETED


def _duration(m: re.Match[str]) -> StatedPeriod:
    aggregation = Aggregation.AVERAGE if m["word"] == "average" else Aggregation.CUMULATIVE
    basis = Basis.STATED if m["word"] else Basis.INFERRED
    duration = f"P{m['count']}{m['unit'][0].upper()}"
    return StatedPeriod(period=Period(duration=duration), aggregation=aggregation, aggregation_basis=basis)


def _month_number(name: str) -> int:
    return next(n for n, month in enumerate(_MONTHS, 1) if month.startswith(name[:3]))


def _full_year(text: str) -> int:
    """Return the year of two digits or four; FY98 is of the last century."""
    if len(text) == 4:
        return int(text)
    return int(text) + (1900 if int(text) >= 70 else 2000)
