"""Periods in Japanese: H27年度, H23-26年平均, 令和元年度末, H30年代後半, 2年間累計.

The grammar has three layers, each a few forms. A *point* is one year, month, day, half or decade; a *span* is a point
or two points joined; around it stands at most one word that says how the value relates to it (平均, 累計, の各年).
An era is a name for a count of years, without a first day or a last year here: a plan from 2015 says 平成35年度, and
令和元年度 begins on 1 April 2019, a month before the era did.
"""

import re
from dataclasses import replace
from datetime import date
from functools import lru_cache

from kpigraph.language.ja.quantities import kanji_value
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
from kpigraph.model import Aggregation, Basis, Calendar, Conventions, Period, Precision, StatedPeriod
from kpigraph.text import compact, has_doubtful_digits

EXPECTED = "H27年度, 令和元年度末, H23-26年平均, H27-31年度累計, H26.6月, 2015-07-01, 2年間累計, -"

YEAR_BEFORE_ERA = {"令和": 2018, "平成": 1988, "昭和": 1925, "大正": 1911, "明治": 1867}
_YEAR_BEFORE_ERA = YEAR_BEFORE_ERA | {"R": 2018, "H": 1988, "S": 1925, "T": 1911, "M": 1867}

# Points. A year is always printed with its era, or with all four digits.
_YEAR = (
    r"(?:(?P<era>令和|平成|昭和|大正|明治|[RHSTM])\.?(?P<era_year>元|[1-9][0-9]|0?[1-9])"
    r"|(?:西暦)?(?P<western>[12][0-9]{3}))"
)
_ONE_YEAR = r"(?:(?:令和|平成|昭和|大正|明治|[RHSTM])\.?(?:元|[1-9][0-9]?|0[1-9])|(?:西暦)?(?:1[89]|20)[0-9]{2})"
_MONTH = r"(?P<month>1[0-2]|0?[1-9])"
_DAY = r"(?P<day>3[01]|[12][0-9]|0?[1-9])"
_YEAR_OR_PART = re.compile(
    rf"{_YEAR}(?P<calendar>年度|年)(?P<part>末|上半?期|下半?期|前期|後期|前半|後半|第?(?P<quarter>[1-4])四半期)?"
)
_BARE_WESTERN_YEAR = re.compile(r"(?:西暦)?(?P<western>(?:1[89]|20)[0-9]{2})")  # others are as likely a number
_DECADE = re.compile(rf"{_YEAR}年代(?P<half>前半|後半)?")
_MONTH_OF_YEAR = re.compile(rf"{_YEAR}(?:(?P<calendar>年度|年)|[./]){_MONTH}(?P<word>月?(?P<end>末)|月)?")
_ISO_MONTH = re.compile(r"(?P<year>[12][0-9]{3})-(?P<month>0[1-9]|1[0-2])")
_DATE = re.compile(rf"{_YEAR}(?P<after_year>[年./-]){_MONTH}(?P<after_month>[月./-]){_DAY}(?P<word>日)?")

_SIGN = re.compile(r"[年月]|[12][0-9]{3}|令和|平成|昭和|大正|明治|[RHSTM]\.?[0-9元]")  # in every point and every length
_KANJI_COUNT = re.compile("(?<![〇一二三四五六七八九十])[〇一二三四五六七八九十]{1,3}(?=[年月日])")  # 令和九年度

_WITHOUT_ERA = re.compile(r"(?:元|[1-9][0-9]?)(?:年(?!間)|~(?:元|[1-9][0-9]?)年(?!間))")  # 5年度, but 5年間 is a length

# Spans: one of these joins two points.
_JOINTS = (
    re.compile(r"(?P<start>[^~]+)~(?P<end>[^~]+)"),
    re.compile(r"(?P<start>.+?)から(?P<end>.+?)(?:まで)?"),
    re.compile(r"(?P<start>[^-]+)-(?P<end>[^-]+)"),
)
_BARE_YEAR = re.compile(_YEAR)
_BARE_SECOND_YEAR = re.compile(r"(?P<year>元|[0-9]{1,2})(?![0-9月])")

_BARE = re.compile(  # years without 年 or 年度: H26, H27-31, H27末
    rf"(?P<years>{_ONE_YEAR}(?:[~-](?:{_ONE_YEAR}|元|[0-9]{{1,2}}))?)(?P<rest>末?(?:時点|現在)?(?:の?(?:平均|累計|合計))?)"
)

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
_UNTIL = re.compile(r"(?P<span>.+?)まで(?P<deadline>に)?")
_WORD_IN_BRACKETS = re.compile(rf"\({_WORD}\)$")
_TWO_NAMES = (  # of the whole span, or of the one end of it that follows `head`
    re.compile(r"(?P<head>)(?P<one>[^()]+)\((?P<other>[^()]+)\)(?P<rest>.*)"),
    re.compile(r"(?P<head>[^()]*(?:[~-]|から))(?P<one>[^()]+)\((?P<other>[^()]+)\)(?P<rest>.*)"),
)


def read_period(text: str, conventions: Conventions) -> StatedPeriod | None:
    """Return what `text` says of a period, None if this grammar does not cover it.

    A span of years without any word is Aggregation.PERIOD with basis inferred: whether 4万人 over H27-31年度 is a total
    or meant for each year is for the value to say. First and second half (前半, 後半) are our reading of a vague word.
    """
    return _read(text, conventions.era, conventions.bare_year)


@lru_cache(maxsize=1 << 13)  # a document says a few hundred periods thousands of times
def _read(text: str, era: str, bare_year: Calendar | None) -> StatedPeriod | None:
    folded = compact(text).upper()
    if not _SIGN.search(folded) or folded.count("(") > 2 or has_doubtful_digits(text):
        return None
    if any(era in folded for era in YEAR_BEFORE_ERA):
        folded = _KANJI_COUNT.sub(_in_digits, folded)
    text = folded.replace("ー", "-")  # no word of this grammar has a long vowel
    if era and _WITHOUT_ERA.match(text):
        text = era + text
    if bare_year is not None and (m := _BARE.fullmatch(text)):
        suffix = "年" if bare_year is Calendar.YEAR else "年度"
        text = m["years"] + suffix + m["rest"]
    return _stated(text)


def _in_digits(m: re.Match[str]) -> str:
    number = kanji_value(m[0])
    return m[0] if number is None else str(number)


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
        return plain(span) if span and span.kind in ("day", "end") else None
    if m := _AGGREGATED.fullmatch(text):
        return _aggregated(m)
    if m := _UNTIL.fullmatch(text):
        span = _point(m["span"])
        if span is not None and span.kind in ("day", "end"):
            return plain(span)
        if span is not None and m["deadline"] and not span.vague:  # by R9年度 is, as we read it, by its last day
            return replace(plain(end_of(span)), aggregation_basis=Basis.INTERPRETED)
        return _stated_span(text)
    return _stated_span(text)


def _stated_span(text: str) -> StatedPeriod | None:
    span = _span(text)
    return plain(span) if span else None


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
    return StatedPeriod(period=period_of(span), aggregation=Aggregation.EACH_YEAR)


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
    return StatedPeriod(period=period_of(span), aggregation=aggregation, precision=precision)


def _span(text: str) -> Span | None:
    return _point(text) or _joined(text)


def _joined(text: str) -> Span | None:
    """Read two points of one kind, the first not after the second."""
    if _ISO_MONTH.fullmatch(text):
        return None
    for joint in _JOINTS:
        if m := joint.fullmatch(text):
            start, end = _share(m["start"], m["end"])
            return joined(_point(start), _point(end))
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


def _point(text: str) -> Span | None:
    if m := _BARE_WESTERN_YEAR.fullmatch(text):
        return calendar_year(int(m["western"]))
    if m := _YEAR_OR_PART.fullmatch(text):
        return _year_or_part(m)
    if m := _DECADE.fullmatch(text):
        return _decade(m)
    if m := _MONTH_OF_YEAR.fullmatch(text):
        return _month_of_year(m)
    if m := _ISO_MONTH.fullmatch(text):
        # 2010-12 may be December 2010 or the years 2010 to 2012; 2015-07 can only be a month.
        is_a_month = int(m["year"][2:]) > int(m["month"])
        return month_of(int(m["year"]), int(m["month"])) if is_a_month else None
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


def _year_or_part(m: re.Match[str]) -> Span:
    whole = (fiscal_year if m["calendar"] == "年度" else calendar_year)(_western(m))
    part = m["part"]
    if not part:
        return whole
    if part == "末":
        return end_of(whole)
    if m["quarter"]:
        return months_from(whole.first, 3 * int(m["quarter"]) - 3, 3)
    return months_from(whole.first, 0 if part[0] in "上前" else 6, 6, vague=part.endswith("半"))


def _decade(m: re.Match[str]) -> Span | None:
    """Read H30年代後半, the years 35 to 39 of the era, counted from the round year as in 2020年代."""
    if (int(m["western"]) if m["western"] else _count(m)) % 10:
        return None
    offset, years = {"前半": (0, 5), "後半": (5, 5), None: (0, 10)}[m["half"]]
    first = _western(m) + offset
    return Span("decade", date(first, 1, 1), date(first + years - 1, 12, 31), Calendar.YEAR, vague=bool(m["half"]))


def _month_of_year(m: re.Match[str]) -> Span | None:
    if m["calendar"] and not m["word"]:  # H26年6
        return None
    year, month = _western(m), int(m["month"])
    if m["calendar"] == "年度" and month < 4:
        year += 1
    whole = month_of(year, month)
    return end_of(whole) if m["end"] else whole


def _date(m: re.Match[str]) -> Span | None:
    if (m["after_year"] == "-") != (m["after_month"] == "-") or bool(m["word"]) != (m["after_month"] == "月"):
        return None
    return day_of(_western(m), int(m["month"]), int(m["day"]))
