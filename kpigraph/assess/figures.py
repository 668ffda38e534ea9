"""How far an indicator has come: shares of the way, of the target, of a total and its time."""

from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

from kpigraph.assess.cases import Case, count_alike, end_of, within
from kpigraph.assess.resolving import FOUR_PLACES, number_of
from kpigraph.model import Aggregation, Role


def progress(case: Case) -> Decimal | None:
    """Return (actual - baseline) / (target - baseline), None where a number is missing or the two do not compare."""
    if case.baseline is None or case.actual is None or case.target is None or case.goal is None:
        return None
    base, value = number_of(case.baseline), number_of(case.actual)
    if base is None or value is None or base == case.goal or case.baseline.unit != case.target.unit:
        return None
    if not count_alike(case.baseline, case.target):
        return None
    return _rounded((value - base) / (case.goal - base))


def achievement(case: Case) -> Decimal | None:
    """Return actual / target, None unless the target is above zero."""
    value = number_of(case.actual)
    if value is None or case.goal is None or case.goal <= 0:
        return None
    return _rounded(value / case.goal)


def shares_of(case: Case) -> tuple[Decimal | None, Decimal | None]:
    """Return the share of a total reached and the share of its time gone, None where either cannot be known.

    The total so far is the sum of the single periods stated, which must follow each other without a gap from the first
    day of the target's span.
    """
    target = case.target
    span = target.period.period if target else None
    if target is None or span is None or target.period.aggregation is not Aggregation.CUMULATIVE or not case.goal:
        return None, None
    if span.first_day is None or span.last_day is None:
        return None, None
    parts: dict[date, tuple[date, Decimal]] = {}
    for s in case.statements:
        period = s.period.period
        fits = s.role is not Role.TARGET and s.period.aggregation in (Aggregation.PERIOD, Aggregation.CUMULATIVE)
        if not (fits and s.unit == target.unit and within(s, target)):
            continue
        if period and period.first_day and period.last_day and s.quantity.value is not None:
            last, value = parts.get(period.first_day, (date.min, s.quantity.value))
            if last == period.last_day and value != s.quantity.value:  # two numbers for one period
                return None, None
            parts[period.first_day] = max((last, value), (period.last_day, s.quantity.value))  # the longest
    total, next_day = Decimal(0), span.first_day
    while next_day in parts:
        last, value = parts[next_day]
        total += value
        next_day = date.fromordinal(last.toordinal() + 1)
    if case.actual is None or next_day.toordinal() != end_of(case.actual).toordinal() + 1:
        return None, None
    years = Decimal((span.last_day.toordinal() - span.first_day.toordinal()) + 1)
    gone = Decimal(next_day.toordinal() - span.first_day.toordinal())
    return _rounded(total / case.goal), _rounded(_whole_years(span.first_day, next_day, span.last_day) or gone / years)


def _whole_years(first: date, after: date, last: date) -> Decimal | None:
    """Return the share of time gone counted in years, so that one year of five is 0.2 whatever its days; else None."""
    end = date.fromordinal(last.toordinal() + 1)
    if (first.month, first.day) == (after.month, after.day) == (end.month, end.day):
        return Decimal(after.year - first.year) / Decimal(end.year - first.year)
    return None


def _rounded(share: Decimal) -> Decimal:
    return share.quantize(FOUR_PLACES, ROUND_HALF_EVEN) + 0  # no negative zero
