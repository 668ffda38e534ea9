"""Which of the statements of an indicator count for its assessment, and how their periods lie."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from kpigraph.model import Aggregation, Role, Statement, ValueForm


@dataclass(frozen=True, slots=True)
class Case:
    """One indicator's statements, those that count for its assessment, and the target's number.

    A baseline that conflicts with another one is left out; `in_conflict` tells whether the target or the actual does.
    """

    indicator: str
    statements: tuple[Statement, ...]
    baseline: Statement | None
    actual: Statement | None
    target: Statement | None
    goal: Decimal | None
    in_conflict: bool


def last_of(statements: Iterable[Statement]) -> Statement | None:
    """Return the statement whose period ends last; one without a period comes before all others."""
    found = None
    for s in statements:
        if found is None or end_of(s) > end_of(found):
            found = s
    return found


def latest_actual(statements: Iterable[Statement], target: Statement | None) -> Statement | None:
    """Return the actual that says how things stand: the latest that has a value, else the latest.

    Where several end on that day, such as a year and a total up to it, the one that counts as the target does.
    """
    actuals = [s for s in statements if s.role is Role.ACTUAL]
    stated = [s for s in actuals if s.quantity.form is not ValueForm.MISSING] or actuals
    last = last_of(stated)
    if last is None or target is None:
        return last
    same_day = [s for s in stated if end_of(s) == end_of(last)]
    return next((s for s in same_day if s.period.aggregation is target.period.aggregation), last)


def rivals(statement: Statement, statements: Iterable[Statement]) -> bool:
    """Tell whether another of `statements` says something else for the same role, indicator and end of period.

    A value of a year and a total up to its end do not contradict each other.
    """
    what = (statement.indicator, statement.role, end_of(statement), statement.period.aggregation)
    return any(
        s.key != statement.key and (s.indicator, s.role, end_of(s), s.period.aggregation) == what for s in statements
    )


def end_of(statement: Statement) -> date:
    period = statement.period.period
    return period.last_day if period and period.last_day else date.min


def count_alike(base: Statement, target: Statement) -> bool:
    """Tell whether a baseline and a target count alike: both a total over years, both a stock, or both of a year."""
    return all(
        (base.period.aggregation in alike) == (target.period.aggregation in alike)
        for alike in ((Aggregation.CUMULATIVE, Aggregation.CUMULATIVE_TO_DATE), (Aggregation.AS_OF,))
    )


def months(statement: Statement) -> int | None:
    """Return the length of the statement's period in months, to the nearest; None where it has no first day."""
    period = statement.period.period
    if period is None or period.first_day is None or period.last_day is None:
        return None
    return round(((period.last_day - period.first_day).days + 1) / 30.44)


def within(actual: Statement, target: Statement) -> bool:
    inner, outer = actual.period.period, target.period.period
    if inner is None or outer is None or None in (inner.first_day, inner.last_day, outer.first_day, outer.last_day):
        return False
    return outer.first_day <= inner.first_day and inner.last_day <= outer.last_day  # type: ignore[operator]  # not None
