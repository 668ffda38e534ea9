"""How a total over a span stands against an even pace, in words."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from kpigraph.serve.texts import texts

_IN_WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def told(share: Decimal, elapsed: Decimal, percents: tuple[str, str], first: str, last: str, lang: str) -> list[str]:
    """Return the sentences for the share of a total reached and that of its time gone.

    `percents` are both as texts; `first` and `last` are the days of the span, "" where unknown.
    """
    t, points = texts(lang), _tenth(share) - _tenth(elapsed)  # of what is shown, so that a reader comes to the same
    key = "pace_even" if points == 0 else "pace_ahead" if points > 0 else "pace_behind"
    return [
        t["pace"].format(total=span(first, last, lang), share=percents[0], elapsed=percents[1]),
        t[key].format(points=f"{abs(points):f}"),
    ]


def _tenth(share: Decimal) -> Decimal:
    return (share * 100).quantize(Decimal("0.1"), ROUND_HALF_UP)


def span(first: str, last: str, lang: str) -> str:
    """Return how long a span is, such as five-year; the whole, where that is not known or not so many months."""
    t = texts(lang)
    if not first or not last:
        return t["whole_span"]
    begin, after = date.fromisoformat(first), date.fromordinal(date.fromisoformat(last).toordinal() + 1)
    months = (after.year - begin.year) * 12 + after.month - begin.month
    if after.day != begin.day or months < 1:
        return t["whole_span"]
    if months % 12:
        return t["months"].format(months=months)
    years = months // 12
    return t["years"].format(years=_IN_WORDS[years - 1] if lang == "en" and years <= len(_IN_WORDS) else years)
