"""Read a period cell: H27年度, H23-26年平均, 令和元年度末, H30年代後半, 2年間累計, '-'; and name a period for a reader.

The grammar has three layers, each a few forms. A *point* is one year, month, day, half or decade; a *span* is a point
or two points joined; around it stands at most one word that says how the value relates to it (平均, 累計, の各年).
An era is a name for a count of years, without a first day or a last year here: a plan from 2015 says 平成35年度, and
令和元年度 begins on 1 April 2019, a month before the era did.
"""

import re
from calendar import monthrange
from datetime import date
from typing import Literal, NamedTuple

from kpigraph.model import JAPANESE, Aggregation, Basis, Calendar, Conventions, Period, Precision, StatedPeriod
from kpigraph.problems import Problem, SourceError, SourceLocation
from kpigraph.text import compact, has_doubtful_digits, is_missing_mark

EXPECTED = "H27年度, 令和元年度末, H23-26年平均, H27-31年度累計, H26.6月, 2015-07-01, 2年間累計, -"

_LONGEST = 60  # no sensible period is longer
_YEAR_BEFORE_ERA = {"令和": 2018, "平成": 1988, "昭和": 1925, "大正": 1911, "明治": 1867}
_YEAR_BEFORE_ERA |= {"R": 2018, "H": 1988, "S": 1925, "T": 1911, "M": 1867}

# Points. A year is always printed with its era, or with all four digits.
_YEAR = (
    r"(?:(?P<era>令和|平成|昭和|大正|明治|[RHSTM])\.?(?P<era_year>元|[1-9][0-9]|0?[1-9])"
    r"|(?:西暦)?(?P<western>[12][0-9]{3}))"
)
_MONTH = r"(?P<month>1[0-2]|0?[1-9])"
_DAY = r"(?P<day>3[01]|[12][0-9]|0?[1-9])"
_YEAR_OR_PART = re.compile(
    rf"{_YEAR}(?P<calendar>年度|年)(?P<part>末|上半?期|下半?期|前期|後期|前半|後半|第?(?P<quarter>[1-4])四半期)?"
)
_BARE_WESTERN_YEAR = re.compile(r"(?:西暦)?(?P<western>(?:1[89]|20)[0-9]{2})")  # others are as likely a number
_DECADE = re.compile(rf"{_YEAR}年代(?P<half>前半|後半)?")
_MONTH_OF_YEAR = re.compile(rf"{_YEAR}(?:(?P<calendar>年度|年)|[./]){_MONTH}(?P<word>月(?P<end>末)?)?")
_ISO_MONTH = re.compile(r"(?P<year>[12][0-9]{3})-(?P<month>0[1-9]|1[0-2])")
_DATE = re.compile(rf"{_YEAR}(?P<after_year>[年./-]){_MONTH}(?P<after_month>[月./-]){_DAY}(?P<word>日)?")

# Spans: one of these joins two points.
_JOINTS = (
    re.compile(r"(?P<start>[^~]+)~(?P<end>[^~]+)"),
    re.compile(r"(?P<start>.+?)から(?P<end>.+?)(?:まで)?"),
    re.compile(r"(?P<start>[^-]+)-(?P<end>[^-]+)"),
)
_BARE_YEAR = re.compile(_YEAR)
_BARE_SECOND_YEAR = re.compile(r"(?P<year>元|[0-9]{1,2})(?![0-9月])")

# Words around a span.
_WORDS = {
    "平均": Aggregation.AVERAGE,
    "累計": Aggregation.CUMULATIVE,
    "累積": Aggregation.CUMULATIVE,
    "合計": Aggregation.CUMULATIVE,
}
_WORD = r"(?P<word>平均|累計|累積|合計)"
_DURATION = re.compile(
    r"(?P<count>[1-9][0-9]?)"
    rf"(?:(?P<years>年間|[かカヶケヵ箇]年間?)|(?P<months>[かカヶケヵ箇]月間?))(?:の?{_WORD})?"
)
_AGGREGATED = re.compile(rf"(?P<span>.+?)(?P<until>まで)?の?{_WORD}")
_EACH_YEAR = re.compile(r"(?P<span>.+?)の?(?:各|毎)(?P<suffix>年度?)")
_AS_OF = re.compile(r"(?P<span>.+?)(?:時点|現在)")
_WORD_IN_BRACKETS = re.compile(rf"\({_WORD}\)$")
_TWO_NAMES = (  # of the whole span, or of the one end of it that follows `head`
    re.compile(r"(?P<head>)(?P<one>[^()]+)\((?P<other>[^()]+)\)(?P<rest>.*)"),
    re.compile(r"(?P<head>[^()]*(?:[~-]|から))(?P<one>[^()]+)\((?P<other>[^()]+)\)(?P<rest>.*)"),
)


class _Span(NamedTuple):
    """Days from `first` to `last`; two spans of one `kind` can be the ends of a longer one, parts and ends cannot."""

    kind: Literal["year", "fiscal year", "month", "day", "end", "part", "decade", "joined"]
    first: date
    last: date
    calendar: Calendar | None = None
    vague: bool = False


def parse_period(text: str, at: SourceLocation, *, conventions: Conventions = JAPANESE) -> StatedPeriod:
    """Return what a period cell says.

    A span of years without any word is Aggregation.PERIOD with basis inferred: whether 4万人 over H27-31年度 is a total
    or meant for each year is for the value to say. First and second half (前半, 後半) are our reading of a vague word.

    Raises:
        SourceError: period.unreadable, for whatever this grammar does not cover, and for days that do not exist.
    """
    folded = compact(text).upper()
    if is_missing_mark(folded):
        return StatedPeriod(period=None, aggregation=None)
    stated = None
    if len(folded) <= _LONGEST and folded.count("(") <= 2 and not has_doubtful_digits(text):
        stated = _stated(folded.replace("ー", "-"))  # no word of this grammar has a long vowel
    if stated is None:
        raise SourceError(Problem("period.unreadable", at, found=text, expected=EXPECTED))
    return stated


def _stated(text: str) -> StatedPeriod | None:
    text = _WORD_IN_BRACKETS.sub(r"\g<word>", text)
    if "(" in text:
        return _named_twice(text)
    if m := _DURATION.fullmatch(text):
        return _duration(m)
    if m := _EACH_YEAR.fullmatch(text):
        return _each_year(m)
    if m := _AS_OF.fullmatch(text):
        span = _point(m["span"])
        return _plain(span) if span and span.kind in ("day", "end") else None
    if m := _AGGREGATED.fullmatch(text):
        return _aggregated(m)
    span = _span(text)
    return _plain(span) if span else None


def _named_twice(text: str) -> StatedPeriod | None:
    """Read 令和5(2023)年度 and 平成27年度(2015年度), where both names say the same; else neither counts."""
    for pattern in _TWO_NAMES:
        if m := pattern.fullmatch(text):
            one, other = (_stated(m["head"] + name + m["rest"]) for name in (m["one"], m["other"]))
            if one is not None and one == other:
                return one
    return None


def _duration(m: re.Match[str]) -> StatedPeriod:
    aggregation, basis = (_WORDS[m["word"]], Basis.STATED) if m["word"] else (Aggregation.CUMULATIVE, Basis.INFERRED)
    duration = f"P{m['count']}{'Y' if m['years'] else 'M'}"
    return StatedPeriod(period=Period(duration=duration), aggregation=aggregation, aggregation_basis=basis)


def _each_year(m: re.Match[str]) -> StatedPeriod | None:
    """Read H27-31の各年 and H27-31年度の各年: the calendar stands in the span or, where it has none, in the word."""
    text = m["span"] if m["span"].endswith(("年", "年度")) else m["span"] + m["suffix"]
    if text.endswith("年") and m["suffix"] == "年度":
        return None
    span = _joined(text)
    if span is None or span.calendar is None:
        return None
    return StatedPeriod(period=_period(span), aggregation=Aggregation.EACH_YEAR)


def _aggregated(m: re.Match[str]) -> StatedPeriod | None:
    aggregation = _WORDS[m["word"]]
    span = _span(m["span"] + (m["until"] or "")) or _span(m["span"])
    if span is None:
        return None
    if span.kind in ("day", "end") or (m["until"] and span.kind != "joined"):
        if aggregation is Aggregation.AVERAGE:
            return None
        return StatedPeriod(period=Period(last_day=span.last), aggregation=Aggregation.CUMULATIVE_TO_DATE)
    precision = Precision.APPROXIMATE if span.vague else Precision.EXACT
    return StatedPeriod(period=_period(span), aggregation=aggregation, precision=precision)


def _plain(span: _Span) -> StatedPeriod:
    """Return a span without any word around it."""
    if span.kind in ("day", "end"):
        return StatedPeriod(period=_period(span), aggregation=Aggregation.AS_OF)
    basis = Basis.STATED
    if span.vague:
        basis = Basis.INTERPRETED
    elif (span.last - span.first).days > 366:
        basis = Basis.INFERRED
    precision = Precision.APPROXIMATE if span.vague else Precision.EXACT
    return StatedPeriod(
        period=_period(span), aggregation=Aggregation.PERIOD, aggregation_basis=basis, precision=precision
    )


def _period(span: _Span) -> Period:
    return Period(first_day=span.first, last_day=span.last, calendar=span.calendar)


def _span(text: str) -> _Span | None:
    return _point(text) or _joined(text)


def _joined(text: str) -> _Span | None:
    """Read two points of one kind, the first not after the second."""
    if _ISO_MONTH.fullmatch(text):
        return None
    for joint in _JOINTS:
        if m := joint.fullmatch(text):
            start, end = _share(m["start"], m["end"])
            first, last = _point(start), _point(end)
            if first is None or last is None or first.kind != last.kind or first.first > last.first:
                return None
            if first.kind not in ("year", "fiscal year", "month", "day"):
                return None
            return _Span("joined", first.first, last.last, first.calendar)
    return None


def _share(start: str, end: str) -> tuple[str, str]:
    """Give each end of a span what it leaves to the other: the era or century, the year of a month, 年 or 年度."""
    if lead := _BARE_YEAR.match(start):
        if re.match(_MONTH + "月", end):
            end = lead[0] + ("年度" if start.startswith("年度", lead.end()) else "年") + end
        elif (m := _BARE_SECOND_YEAR.match(end)) and lead["era"]:
            end = lead["era"] + end
        elif m and len(m["year"]) == 2 and lead["western"]:
            end = lead["western"][:2] + end
    if _BARE_YEAR.fullmatch(start):
        start += _suffix(end)
    elif _BARE_YEAR.fullmatch(end):
        end += _suffix(start)
    return start, end


def _suffix(text: str) -> str:
    m = re.search(r"年度?$", text)
    return m[0] if m else ""


def _point(text: str) -> _Span | None:
    if m := _BARE_WESTERN_YEAR.fullmatch(text):
        return _year(int(m["western"]), Calendar.YEAR)
    if m := _YEAR_OR_PART.fullmatch(text):
        return _year_or_part(m)
    if m := _DECADE.fullmatch(text):
        return _decade(m)
    if m := _MONTH_OF_YEAR.fullmatch(text):
        return _month_of_year(m)
    if m := _ISO_MONTH.fullmatch(text):
        # 2010-12 may be December 2010 or the years 2010 to 2012; 2015-07 can only be a month.
        is_a_month = int(m["year"][2:]) > int(m["month"])
        return _month(int(m["year"]), int(m["month"])) if is_a_month else None
    if m := _DATE.fullmatch(text):
        return _date(m)
    return None


def _western(m: re.Match[str]) -> int:
    """Return the Western year of a match of _YEAR."""
    if m["western"]:
        return int(m["western"])
    return _YEAR_BEFORE_ERA[m["era"]] + _count(m)


def _count(m: re.Match[str]) -> int:
    return 1 if m["era_year"] == "元" else int(m["era_year"])


def _year(year: int, calendar: Calendar) -> _Span:
    if calendar is Calendar.JFY:
        return _Span("fiscal year", date(year, 4, 1), date(year + 1, 3, 31), calendar)
    return _Span("year", date(year, 1, 1), date(year, 12, 31), calendar)


def _year_or_part(m: re.Match[str]) -> _Span:
    whole = _year(_western(m), Calendar.JFY if m["calendar"] == "年度" else Calendar.YEAR)
    part = m["part"]
    if not part:
        return whole
    if part == "末":
        return _Span("end", whole.last, whole.last)
    if m["quarter"]:
        return _months(whole.first, 3 * int(m["quarter"]) - 3, 3)
    return _months(whole.first, 0 if part[0] in "上前" else 6, 6, vague=part.endswith("半"))


def _months(start: date, skipped: int, count: int, *, vague: bool = False) -> _Span:
    """Return `count` months, beginning `skipped` months after `start`, the first day of a month."""
    months = [divmod(start.month - 1 + n, 12) for n in (skipped, skipped + count - 1)]
    (year, month), (last_year, last_month) = ((start.year + years, m + 1) for years, m in months)
    return _Span("part", date(year, month, 1), _month(last_year, last_month).last, None, vague)


def _decade(m: re.Match[str]) -> _Span | None:
    """Read H30年代後半, the years 35 to 39 of the era, counted from the round year as in 2020年代."""
    if (int(m["western"]) if m["western"] else _count(m)) % 10:
        return None
    offset, years = {"前半": (0, 5), "後半": (5, 5), None: (0, 10)}[m["half"]]
    first = _western(m) + offset
    return _Span("decade", date(first, 1, 1), date(first + years - 1, 12, 31), Calendar.YEAR, vague=bool(m["half"]))


def _month_of_year(m: re.Match[str]) -> _Span | None:
    if m["calendar"] and not m["word"]:  # H26年6
        return None
    year, month = _western(m), int(m["month"])
    if m["calendar"] == "年度" and month < 4:
        year += 1
    whole = _month(year, month)
    return _Span("end", whole.last, whole.last) if m["end"] else whole


def _month(year: int, month: int) -> _Span:
    return _Span("month", date(year, month, 1), date(year, month, monthrange(year, month)[1]))


def _date(m: re.Match[str]) -> _Span | None:
    if (m["after_year"] == "-") != (m["after_month"] == "-") or bool(m["word"]) != (m["after_month"] == "月"):
        return None
    try:
        day = date(_western(m), int(m["month"]), int(m["day"]))
    except ValueError:  # 30 February
        return None
    return _Span("day", day, day)


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
    pattern = "{0:%B} {0.year}" if _whole_months(first, last) else "{0.day} {0:%B} {0.year}"
    ends = dict.fromkeys(pattern.format(day) for day in (first, last))
    return ("up to " if until else "") + " to ".join(ends)


def _japanese(first: date, last: date, calendar: Calendar | None, *, until: bool = False) -> str:
    if calendar is Calendar.YEAR:
        ends, rest = (first, date(last.year, 1, 1)), "年"
    elif calendar is Calendar.JFY:
        ends, rest = (first, date(last.year - 1, 4, 1)), "年度"
    else:
        ends, rest = (first, last), "年{0.month}月" if _whole_months(first, last) else "年{0.month}月{0.day}日"
    western = dict.fromkeys(f"{day.year}{rest.format(day)}" for day in ends)
    years = (_era_years(day, whole_year=calendar is not None) for day in ends)
    japanese = dict.fromkeys(f"{year}{rest.format(day)}" for day, year in zip(ends, years, strict=True) if year)
    tail = "まで" if until else ""
    label = "〜".join(western) + tail
    return f"{label}（{'〜'.join(japanese)}{tail}）" if len(japanese) == len(western) else label


def _whole_months(first: date, last: date) -> bool:
    return first.day == 1 and last == _month(last.year, last.month).last


def _era_years(day: date, *, whole_year: bool) -> str:
    """Return the year of `day` in its era, such as "平成27"; for a whole year also that of an era that begins in it.

    2019年度 is so both, "平成31・令和元". "" before 1868.
    """
    until = date(day.year, 12, 31) if whole_year else day
    following = [start for _, start in _FIRST_DAY_OF_ERA[1:]] + [date.max]
    names = []
    for (era, start), end in zip(_FIRST_DAY_OF_ERA, following, strict=True):
        if start <= until and day < end:
            year = day.year - _YEAR_BEFORE_ERA[era]
            names.append(f"{era}{'元' if year == 1 else year}")
    return "・".join(names)
