"""Read a period cell in the language of its document, and name a period for a reader in Japanese or English."""

import re
from datetime import date, timedelta

from kpigraph.language import LANGUAGES
from kpigraph.language.ja.periods import YEAR_BEFORE_ERA
from kpigraph.language.missing import find_missing, word_key
from kpigraph.language.spans import month_of
from kpigraph.model import JAPANESE, Calendar, Conventions, Period, StatedPeriod
from kpigraph.problems import Problem, SourceError, SourceLocation

_LONGEST = 60  # no sensible period is longer
_NONE = StatedPeriod(period=None, aggregation=None)


def parse_period(text: str, at: SourceLocation, *, conventions: Conventions = JAPANESE) -> StatedPeriod:
    """Return what a period cell says: by the names that the card gives to periods, else by the language's grammar.

    `conventions.period_names` is by `word_key`.

    Raises:
        SourceError: period.unreadable, for whatever the language's grammar does not cover, for days that do not exist,
            and for a form that the card must explain (H26 without 年度, FY16 of an unstated fiscal year).
    """
    if (stated := find_period(text, conventions)) is None:
        expected = LANGUAGES[conventions.language].periods
        raise SourceError(Problem("period.unreadable", at, found=text, expected=expected))
    return stated


def find_period(text: str, conventions: Conventions) -> StatedPeriod | None:
    """Return what `parse_period` does, None where it raises: most texts that are tried state no period."""
    if find_missing(text, conventions.missing_words) is not None:
        return _NONE
    return _found(text, conventions)


def states_period(text: str, conventions: Conventions) -> bool:
    """Tell whether `text` states a period; a word or mark for none does not."""
    return _found(text, conventions) is not None and find_missing(text, conventions.missing_words) is None


def _found(text: str, conventions: Conventions) -> StatedPeriod | None:
    if len(text) > _LONGEST:
        return None
    named = conventions.period_names.get(word_key(text), text) if conventions.period_names else text
    return LANGUAGES[conventions.language].read_period(named, conventions)


# What a reader is told.

_FIRST_DAY_OF_ERA = (
    ("明治", date(1868, 1, 25)),
    ("大正", date(1912, 7, 30)),
    ("昭和", date(1926, 12, 25)),
    ("平成", date(1989, 1, 8)),
    ("令和", date(2019, 5, 1)),
)
_UNITS = {"Y": ("年間", "year"), "M": ("か月間", "month")}


def period_label(period: Period, lang: str) -> str:
    """Return a name of `period` in `lang`: "2015年度（平成27年度）", or "fiscal year 2015 (April 2015 to March 2016)".

    Raises:
        ValueError: if the period has neither an end nor a duration.
    """
    first, last = period.first_day, period.last_day
    if last is None:
        return _duration_label(period.duration, lang)
    name = _english if lang == "en" else _japanese
    if first is None:
        return name(last, last, None, until=True)
    return name(first, last, period.calendar)


def _duration_label(duration: str, lang: str) -> str:
    if (m := re.fullmatch(r"P(?P<count>[0-9]+)(?P<unit>[YM])", duration)) is None:
        raise ValueError(f"{duration!r} is not a duration that a period has")
    ja, en = _UNITS[m["unit"]]
    if lang == "en":
        return f"{m['count']} {en}{'' if m['count'] == '1' else 's'} (start not stated)"
    return f"{m['count']}{ja}（始まりの記載なし）"


def _english(first: date, last: date, calendar: Calendar | None, *, until: bool = False) -> str:
    if calendar is Calendar.YEAR:
        return f"{first.year}" if first.year == last.year else f"{first.year} to {last.year}"
    if calendar is Calendar.JFY:
        years = f"year {first.year}" if last.year == first.year + 1 else f"years {first.year} to {last.year - 1}"
        return f"fiscal {years} (April {first.year} to March {last.year})"
    if calendar is Calendar.FISCAL:
        return f"{_fiscal(first, last, 'fiscal year {}', 'fiscal years {} to {}')} ({first:%B %Y} to {last:%B %Y})"
    pattern = "{0:%B} {0.year}" if _whole_months(first, last) else "{0.day} {0:%B} {0.year}"
    ends = dict.fromkeys(pattern.format(day) for day in (first, last))
    return ("up to " if until else "") + " to ".join(ends)


def _japanese(first: date, last: date, calendar: Calendar | None, *, until: bool = False) -> str:
    if calendar is Calendar.YEAR:
        ends, rest = (first, date(last.year, 1, 1)), "年"
    elif calendar is Calendar.JFY:
        ends, rest = (first, date(last.year - 1, 4, 1)), "年度"
    elif calendar is Calendar.FISCAL:
        days = f"{first.year}年{first.month}月〜{last.year}年{last.month}月"
        return f"{_fiscal(first, last, '{}会計年度', '{}〜{}会計年度')}（{days}）"
    else:
        ends, rest = (first, last), "年{0.month}月" if _whole_months(first, last) else "年{0.month}月{0.day}日"
    western = dict.fromkeys(f"{day.year}{rest.format(day)}" for day in ends)
    years = (_era_years(day, whole_year=calendar is not None) for day in ends)
    japanese = dict.fromkeys(f"{year}{rest.format(day)}" for day, year in zip(ends, years, strict=True) if year)
    tail = "まで" if until else ""
    label = "〜".join(western) + tail
    return f"{label}（{'〜'.join(japanese)}{tail}）" if len(japanese) == len(western) else label


def _fiscal(first: date, last: date, one: str, several: str) -> str:
    """Return the fiscal years from `first` to `last` by both their years: 2015/16, or 2015/16 to 2019/20."""
    start, end = (f"{year}/{(year + 1) % 100:02d}" for year in (first.year, (last + timedelta(days=1)).year - 1))
    return one.format(start) if start == end else several.format(start, end)


def _whole_months(first: date, last: date) -> bool:
    return first.day == 1 and last == month_of(last.year, last.month).last


def _era_years(day: date, *, whole_year: bool) -> str:
    """Return the year of `day` in its era, such as "平成27"; for a whole year also that of an era that begins in it.

    2019年度 is so both, "平成31・令和元". "" before 1868.
    """
    until = date(day.year, 12, 31) if whole_year else day
    following = [start for _, start in _FIRST_DAY_OF_ERA[1:]] + [date.max]
    names = []
    for (era, start), end in zip(_FIRST_DAY_OF_ERA, following, strict=True):
        if start <= until and day < end:
            year = day.year - YEAR_BEFORE_ERA[era]
            names.append(f"{era}{'元' if year == 1 else year}")
    return "・".join(names)
