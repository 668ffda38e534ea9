"""The period of a value: what its cell says of it, what its header says, and a word for how the value relates to it."""

import re
from dataclasses import replace

from kpigraph.model import Aggregation, Basis, StatedPeriod


def period_of_value(
    header: StatedPeriod | None, cell: StatedPeriod | None, said: Aggregation | None
) -> StatedPeriod | None:
    """Return the period of a value: what its cell says before what its header says, with an aggregation either states.

    5年間 in the cell under a header that ends on a day is those five years, which is our reading of it; 累計 under the
    header of one year is a total up to its end.
    """
    if cell is not None and cell.period is not None and cell.period.duration and header is not None:
        return _anchored(header, cell)
    stated = cell or header
    if stated is None or said is None or stated.period is None or said is stated.aggregation:
        return stated
    if said is Aggregation.CUMULATIVE and not _several_years(stated):
        to_date = replace(stated.period, first_day=None, calendar=None)
        return replace(stated, period=to_date, aggregation=Aggregation.CUMULATIVE_TO_DATE)
    return replace(stated, aggregation=said, aggregation_basis=Basis.STATED)


def is_of_years(stated: StatedPeriod) -> bool:
    """Tell whether a value is stated for several years without a word of how it counts over them."""
    return stated.aggregation is Aggregation.PERIOD and stated.period is not None and _several_years(stated)


def _several_years(stated: StatedPeriod) -> bool:
    period = stated.period
    if period is None or period.last_day is None:
        return period is not None
    return period.first_day is not None and (period.last_day - period.first_day).days > 366


def _anchored(header: StatedPeriod, cell: StatedPeriod) -> StatedPeriod:
    """Return the years of a duration that end with the header's year; the duration alone where that cannot be told."""
    period, whole = cell.period, header.period
    m = re.fullmatch(r"P([0-9]+)Y", period.duration) if period else None
    if m is None or whole is None or whole.calendar is None or whole.first_day is None or _several_years(header):
        return cell
    first = whole.first_day.replace(year=whole.first_day.year - int(m[1]) + 1)
    return replace(cell, period=replace(whole, first_day=first), aggregation_basis=Basis.INTERPRETED)
