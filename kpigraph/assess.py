"""Resolve relative targets, measure progress, judge status; each with its inputs and the reason where it cannot.

Method progress-v1, described in docs/assessment.md. No rule here knows any one indicator; a number is never guessed:
what the document does not settle is left open with a reason.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

from kpigraph.model import (
    Aggregation,
    Assessment,
    Basis,
    Comparator,
    Derivation,
    Direction,
    Edition,
    Precision,
    Reason,
    ResolvedTarget,
    Role,
    Statement,
    Status,
    Unit,
    ValueForm,
)
from kpigraph.text import compact

METHOD = "progress-v1"
_FOUR_PLACES = Decimal("0.0001")
_PERCENT = "percent"
_POINTS = (
    *("ポイント", "%ポイント", "パーセントポイント"),
    *("percentage-point", "percentage point", "percentage points", "pp", "ppt"),
)


def derive(edition: Edition) -> Derivation:
    """Return what follows from `edition`: resolved targets, and one assessment an indicator that has a target."""
    statements = {s.key: s for s in edition.statements}
    resolved: list[ResolvedTarget] = []
    unresolved: dict[str, Reason] = {}
    possible: dict[str, tuple[Decimal, ...]] = {}
    for s in edition.statements:
        if s.role is not Role.TARGET or s.quantity.form is not ValueForm.RELATIVE:
            continue
        reference = statements.get(s.relative_to)
        outcome = _resolve(s, reference)
        if reference is not None and _rivals(reference, edition.statements):
            outcome = Reason.UNRESOLVED_RELATIVE
        if isinstance(outcome, Reason):
            unresolved[s.key] = outcome
        elif len(outcome) > 1:
            unresolved[s.key], possible[s.key] = Reason.UNRESOLVED_RELATIVE, outcome
        elif reference is not None and s.unit is not None:
            resolved.append(
                ResolvedTarget(
                    target=s.key,
                    reference=reference.key,
                    indicator=s.indicator,
                    value=outcome[0],
                    unit=s.unit,
                    period=s.period,
                )
            )
    numbers = {r.target: r.value for r in resolved}
    by_indicator: dict[str, list[Statement]] = {i.key: [] for i in edition.indicators}
    for s in edition.statements:
        by_indicator[s.indicator].append(s)
    return Derivation(
        resolved=tuple(resolved),
        unresolved=unresolved,
        possible_values=possible,
        assessments=tuple(
            _assess(indicator, stated, numbers)
            for indicator, stated in by_indicator.items()
            if any(s.role is Role.TARGET for s in stated)  # else there is nothing to judge by
        ),
        ratios={s.key: ratio for s in edition.statements if (ratio := _ratio(s)) is not None},
    )


def _ratio(statement: Statement) -> Decimal | None:
    """Return what 3/5 comes to in per cent, to four places; None for every value that is no ratio in per cent."""
    part, whole = statement.quantity.numerator, statement.quantity.denominator
    if part is None or not whole or statement.unit is None or statement.unit.notation != _PERCENT:
        return None
    ratio = (100 * part / whole).quantize(_FOUR_PLACES, ROUND_HALF_EVEN)
    return Decimal(int(ratio)) if ratio == int(ratio) else ratio.normalize()


def _number(statement: Statement | None) -> Decimal | None:
    """Return the number that a statement comes to by itself: the stated one, or that of its ratio."""
    if statement is None:
        return None
    return _ratio(statement) if statement.quantity.value is None else statement.quantity.value


def is_ambiguous(target: Statement) -> bool:
    """Tell whether a change in % of an indicator counted in % can mean a share of it or that many points."""
    in_percent = target.unit is not None and target.unit.notation == _PERCENT
    return in_percent and target.quantity.form is ValueForm.RELATIVE and bool(target.quantity.relative_change)


def _resolve(target: Statement, reference: Statement | None) -> tuple[Decimal, ...] | Reason:
    """Return the number that `target` comes to, both numbers where it can mean two, or why there is none."""
    base = reference.quantity.value if reference else None
    if reference is None or base is None:
        return Reason.NO_NUMBER
    if target.unit is None or reference.unit != target.unit:
        return Reason.UNIT_CONFLICT
    q = target.quantity
    if q.relative_change is None:
        if q.absolute_change is None or not _counts_in(q.unit, target.unit):
            return Reason.UNRESOLVED_RELATIVE
        return (base + q.absolute_change,)
    if base < 0 and q.relative_change:  # more of a loss, or less of one?
        return Reason.UNRESOLVED_RELATIVE
    by_share = base * (1 + q.relative_change)
    return (by_share, base + q.relative_change * 100) if is_ambiguous(target) else (by_share,)


def _counts_in(change_unit: str, unit: Unit) -> bool:
    if unit.notation == _PERCENT:
        return change_unit in _POINTS
    return not change_unit or compact(change_unit) in map(compact, (unit.label_ja, *unit.alternatives))


@dataclass(frozen=True, slots=True)
class _Case:
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


def _assess(indicator: str, statements: list[Statement], resolved: dict[str, Decimal]) -> Assessment:
    baseline, target = (_last(s for s in statements if s.role is role) for role in (Role.BASELINE, Role.TARGET))
    actual = _latest_actual(statements, target)
    case = _Case(
        indicator=indicator,
        statements=tuple(statements),
        baseline=None if baseline and _rivals(baseline, statements) else baseline,
        actual=actual,
        target=target,
        goal=None if target is None else resolved.get(target.key, _number(target)),
        in_conflict=any(s and _rivals(s, statements) for s in (actual, target)),
    )
    direction, basis = _direction(case)
    reason = _obstacle(case, direction)
    status = Status.NOT_ASSESSABLE if reason else _status(case, direction)
    shares = _shares(case) if reason in (Reason.PARTIAL_PERIOD, None) else (None, None)
    comparable = reason in (None, Reason.DIRECTION_UNKNOWN)
    return Assessment(
        indicator=indicator,
        baseline=case.baseline.key if case.baseline else "",
        actual=case.actual.key if case.actual else "",
        target=target.key if target else "",
        status=status,
        reason=reason,
        direction=direction,
        direction_basis=basis,
        progress_ratio=_progress(case) if comparable and direction is not Direction.MAINTAIN else None,
        achievement_ratio=_achievement(case) if comparable and direction is Direction.INCREASE else None,
        cumulative_share=shares[0],
        elapsed_share=shares[1],
    )


def _last(statements: Iterable[Statement]) -> Statement | None:
    """Return the statement whose period ends last; one without a period comes before all others."""
    found = None
    for s in statements:
        if found is None or _end(s) > _end(found):
            found = s
    return found


def _latest_actual(statements: Iterable[Statement], target: Statement | None) -> Statement | None:
    """Return the actual that says how things stand: the latest that has a value, else the latest.

    Where several end on that day, such as a year and a total up to it, the one that counts as the target does.
    """
    actuals = [s for s in statements if s.role is Role.ACTUAL]
    stated = [s for s in actuals if s.quantity.form is not ValueForm.MISSING] or actuals
    last = _last(stated)
    if last is None or target is None:
        return last
    same_day = [s for s in stated if _end(s) == _end(last)]
    return next((s for s in same_day if s.period.aggregation is target.period.aggregation), last)


def _rivals(statement: Statement, statements: Iterable[Statement]) -> bool:
    """Tell whether another of `statements` says something else for the same role, indicator and end of period.

    A value of a year and a total up to its end do not contradict each other.
    """
    what = (statement.indicator, statement.role, _end(statement), statement.period.aggregation)
    return any(
        s.key != statement.key and (s.indicator, s.role, _end(s), s.period.aggregation) == what for s in statements
    )


def _end(statement: Statement) -> date:
    period = statement.period.period
    return period.last_day if period and period.last_day else date.min


def _direction(case: _Case) -> tuple[Direction, Basis | None]:
    """Return which way the indicator should move, and whether that is printed or concluded.

    Printed: 維持 asks for the same, 以上 and 超 for more, 以下 and 未満 for less, 増 and 減 for their way.
    Concluded: from the baseline to the target where both are numbers in one unit; or from a target at the end of its
    unit's scale, such as 100 %, which can only be reached from one side.
    """
    target, goal = case.target, case.goal
    if target is None:
        return Direction.UNKNOWN, None
    q = target.quantity
    if q.maintenance:
        return Direction.MAINTAIN, Basis.STATED
    change = q.relative_change if q.relative_change is not None else q.absolute_change
    if change:
        return (Direction.INCREASE if change > 0 else Direction.DECREASE), Basis.STATED
    if q.comparator in (Comparator.AT_LEAST, Comparator.MORE_THAN):
        return Direction.INCREASE, Basis.STATED
    if q.comparator in (Comparator.AT_MOST, Comparator.LESS_THAN):
        return Direction.DECREASE, Basis.STATED
    base = case.baseline
    if goal is None or target.unit is None:
        return Direction.UNKNOWN, None
    start = _number(base) if base and base.unit == target.unit and _count_alike(base, target) else None
    if start is not None and start != goal:
        return (Direction.INCREASE if start < goal else Direction.DECREASE), Basis.INFERRED
    if goal == target.unit.maximum:
        return Direction.INCREASE, Basis.INFERRED
    if goal == target.unit.minimum:
        return Direction.DECREASE, Basis.INFERRED
    return Direction.UNKNOWN, None


def _count_alike(base: Statement, target: Statement) -> bool:
    """Tell whether a baseline and a target count alike: both a total over years, both a stock, or both of a year."""
    return all(
        (base.period.aggregation in alike) == (target.period.aggregation in alike)
        for alike in ((Aggregation.CUMULATIVE, Aggregation.CUMULATIVE_TO_DATE), (Aggregation.AS_OF,))
    )


def _obstacle(case: _Case, direction: Direction) -> Reason | None:
    """Return why the target cannot be judged by the actual, None if it can."""
    target, actual = case.target, case.actual
    if target is None or actual is None:
        return Reason.NO_NUMBER
    if case.in_conflict:  # two numbers are not one
        return Reason.NO_NUMBER
    if target.quantity.form is ValueForm.QUALITATIVE:
        return Reason.QUALITATIVE
    if target.quantity.form is ValueForm.RELATIVE and case.goal is None:
        return Reason.UNRESOLVED_RELATIVE
    if actual.key == target.relative_to and not (target.quantity.relative_change or target.quantity.absolute_change):
        return Reason.NO_NUMBER  # 前年度以上: last year's value is what it is measured by, and none came after it
    in_range = target.quantity.form is ValueForm.RANGE
    value = _number(actual)
    if (case.goal is None and not in_range) or value is None:
        forms = (target.quantity.form, actual.quantity.form)
        return Reason.RATIO if ValueForm.RATIO in forms and ValueForm.MISSING not in forms else Reason.NO_NUMBER
    if target.unit is None or actual.unit is None or target.unit != actual.unit:
        return Reason.UNIT_CONFLICT
    mismatch = _mismatch(actual, target)
    if mismatch:
        return mismatch
    if not in_range and direction is Direction.UNKNOWN and value != case.goal:
        return Reason.DIRECTION_UNKNOWN
    return None


def _mismatch(actual: Statement, target: Statement) -> Reason | None:
    """Return why the periods of `actual` and `target` do not go together, None if they do.

    A total over years is not judged by a part of them; a value for each year is judged by single years; two plain
    periods must be of one length, unless that of the target is vague ("in the late 2020s").
    """
    of_actual, of_target = actual.period, target.period
    if of_actual.aggregation is None or of_target.aggregation is None:
        return Reason.NO_NUMBER
    if of_target.aggregation is Aggregation.CUMULATIVE:
        if of_actual.aggregation is Aggregation.CUMULATIVE and of_actual.period == of_target.period:
            return None
        parts = (Aggregation.PERIOD, Aggregation.CUMULATIVE)
        return Reason.PARTIAL_PERIOD if of_actual.aggregation in parts else Reason.AGGREGATION_MISMATCH
    if of_target.aggregation is Aggregation.EACH_YEAR and of_actual.aggregation is Aggregation.PERIOD:
        fits = _within(actual, target) and _months(actual) == 12
        return None if fits else Reason.AGGREGATION_MISMATCH
    if of_actual.aggregation is not of_target.aggregation:
        return Reason.AGGREGATION_MISMATCH
    if of_target.aggregation is Aggregation.PERIOD and of_target.precision is Precision.EXACT:
        return None if _months(actual) == _months(target) else Reason.AGGREGATION_MISMATCH
    return None


def _months(statement: Statement) -> int | None:
    """Return the length of the statement's period in months, to the nearest; None where it has no first day."""
    period = statement.period.period
    if period is None or period.first_day is None or period.last_day is None:
        return None
    return round(((period.last_day - period.first_day).days + 1) / 30.44)


def _within(actual: Statement, target: Statement) -> bool:
    inner, outer = actual.period.period, target.period.period
    if inner is None or outer is None or None in (inner.first_day, inner.last_day, outer.first_day, outer.last_day):
        return False
    return outer.first_day <= inner.first_day and inner.last_day <= outer.last_day  # type: ignore[operator]  # not None


def _status(case: _Case, direction: Direction) -> Status:
    target, actual = case.target, case.actual
    value = _number(actual)
    if target is None or actual is None or value is None:
        raise ValueError(f"{case.indicator} has nothing to judge")
    low, high = target.quantity.minimum, target.quantity.maximum
    if low is not None and high is not None:
        reached = low <= value <= high
    elif case.goal is not None:
        reached = _satisfies(value, case.goal, target.quantity.comparator, direction)
    else:
        raise ValueError(f"{case.indicator} has nothing to judge")
    over = _end(actual) >= _end(target)
    if target.period.aggregation is Aggregation.EACH_YEAR:
        return Status.NOT_MET if not reached else Status.MET if over else Status.IN_PROGRESS
    return Status.MET if reached else Status.NOT_MET if over else Status.IN_PROGRESS


def _satisfies(value: Decimal, goal: Decimal, comparator: Comparator, direction: Direction) -> bool:
    """Tell whether `value` reaches `goal`: by the printed comparator, else by the way the indicator should move."""
    match comparator:
        case Comparator.AT_LEAST:
            return value >= goal
        case Comparator.MORE_THAN:
            return value > goal
        case Comparator.AT_MOST:
            return value <= goal
        case Comparator.LESS_THAN:
            return value < goal
    match direction:
        case Direction.INCREASE:
            return value >= goal
        case Direction.DECREASE:
            return value <= goal
    return value == goal


def _progress(case: _Case) -> Decimal | None:
    """Return (actual - baseline) / (target - baseline), None where a number is missing or the two do not compare."""
    if case.baseline is None or case.actual is None or case.target is None or case.goal is None:
        return None
    base, value = _number(case.baseline), _number(case.actual)
    if base is None or value is None or base == case.goal or case.baseline.unit != case.target.unit:
        return None
    if not _count_alike(case.baseline, case.target):
        return None
    return _rounded((value - base) / (case.goal - base))


def _achievement(case: _Case) -> Decimal | None:
    """Return actual / target, None unless the target is above zero."""
    value = _number(case.actual)
    if value is None or case.goal is None or case.goal <= 0:
        return None
    return _rounded(value / case.goal)


def _shares(case: _Case) -> tuple[Decimal | None, Decimal | None]:
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
        if not (fits and s.unit == target.unit and _within(s, target)):
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
    if case.actual is None or next_day.toordinal() != _end(case.actual).toordinal() + 1:
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
    return share.quantize(_FOUR_PLACES, ROUND_HALF_EVEN) + 0  # no negative zero
