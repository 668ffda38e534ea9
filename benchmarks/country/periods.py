"""Periods as documents print them, with the days they mean: every form that the Japanese grammar reads."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True)
class Printed:
    """A period as printed, with its first and last day, both included; "" is "does not say", as of a sum to date."""

    text: str
    first: str = ""
    last: str = ""


# How a document writes the year that begins in April `year`, or January.
def short(year: int) -> str:
    return f"H{year - 1988}" if year < 2019 else "R元" if year == 2019 else f"R{year - 2018}"


def long(year: int) -> str:
    return f"平成{year - 1988}" if year < 2019 else "令和元" if year == 2019 else f"令和{year - 2018}"


def western(year: int) -> str:
    return str(year)


def full_width(year: int) -> str:
    return short(year).translate(str.maketrans("0123456789HR", "０１２３４５６７８９ＨＲ"))


Style = Callable[[int], str]
STYLES: tuple[Style, ...] = (short, short, short, long, western, full_width)


def fiscal(style: Style, year: int) -> Printed:
    return Printed(f"{style(year)}年度", f"{year}-04-01", f"{year + 1}-03-31")


def _calendar(style: Style, year: int) -> Printed:
    return Printed(f"{style(year)}年", f"{year}-01-01", f"{year}-12-31")


def _fiscal_end(style: Style, year: int) -> Printed:
    return Printed(f"{style(year)}年度末", *[f"{year + 1}-03-31"] * 2)


def _calendar_end(style: Style, year: int) -> Printed:
    return Printed(f"{style(year)}年末", *[f"{year}-12-31"] * 2)


def _month(style: Style, year: int) -> Printed:
    return Printed(f"{style(year)}年6月", f"{year}-06-01", f"{year}-06-30")


def _month_end(style: Style, year: int) -> Printed:
    last = date(year, 3, 1) - timedelta(1)
    return Printed(f"{style(year)}年2月末", *[last.isoformat()] * 2)


def _day(style: Style, year: int) -> Printed:
    return Printed(f"{style(year)}年9月30日", *[f"{year}-09-30"] * 2)


def _day_now(style: Style, year: int) -> Printed:
    return Printed(f"{style(year)}年10月1日現在", *[f"{year}-10-01"] * 2)


def _dotted(style: Style, year: int) -> Printed:
    return Printed(f"{short(year) if year != 2019 else 'R1'}.7.1", *[f"{year}-07-01"] * 2)


def _iso(style: Style, year: int) -> Printed:
    return Printed(f"{year}-07-01", *[f"{year}-07-01"] * 2)


def _half(style: Style, year: int) -> Printed:
    return Printed(f"{style(year)}年度上半期", f"{year}-04-01", f"{year}-09-30")


def _quarter(style: Style, year: int) -> Printed:
    return Printed(f"{style(year)}年度第4四半期", f"{year + 1}-01-01", f"{year + 1}-03-31")


def _span(style: Style, year: int) -> Printed:
    return Printed(f"{style(year)}年4月～9月", f"{year}-04-01", f"{year}-09-30")


def _both(style: Style, year: int) -> Printed:
    return Printed(f"{long(year)}年度（{year}年度）", f"{year}-04-01", f"{year + 1}-03-31")


# Forms of one year, and how many of a hundred indicators are measured so.
YEARLY: tuple[tuple[Callable[[Style, int], Printed], int], ...] = (
    (fiscal, 560), (_calendar, 160), (_fiscal_end, 140), (_calendar_end, 20), (_month, 20), (_month_end, 20),
    (_day, 15), (_day_now, 10), (_dotted, 8), (_iso, 5), (_half, 10), (_quarter, 6), (_span, 10), (_both, 16),
)  # fmt: skip


def average(style: Style, first: int, last: int) -> Printed:
    return Printed(f"{style(first)}～{style(last)}年度平均", f"{first}-04-01", f"{last + 1}-03-31")


def sum_of(style: Style, first: int, last: int) -> Printed:
    return Printed(f"{style(first)}～{style(last)}年度累計", f"{first}-04-01", f"{last + 1}-03-31")


def sum_bracketed(style: Style, first: int, last: int) -> Printed:
    return Printed(f"{style(first)}年度から{style(last)}年度までの累計", f"{first}-04-01", f"{last + 1}-03-31")


def each_year(style: Style, first: int, last: int) -> Printed:
    return Printed(f"{style(first)}～{style(last)}年度の各年", f"{first}-04-01", f"{last + 1}-03-31")


def to_date(style: Style, first: int, last: int) -> Printed:
    return Printed(f"{style(last)}年度までの累計", "", f"{last + 1}-03-31")


def decade(style: Style, first: int, last: int) -> Printed:
    tens = last // 10 * 10
    return Printed(f"{tens}年代後半", f"{tens + 5}-01-01", f"{tens + 9}-12-31")


def unanchored(style: Style, first: int, last: int) -> Printed:
    return Printed(f"{last - first + 1}年間累計")


TARGETS: tuple[tuple[Callable[[Style, int, int], Printed], int], ...] = (
    (sum_of, 8), (sum_bracketed, 3), (each_year, 2), (decade, 1), (unanchored, 1),
)  # fmt: skip
