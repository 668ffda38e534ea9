"""Which way an indicator should move, what keeps it from being judged, and whether its target is met."""

from decimal import Decimal

from kpigraph.assess.cases import Case, count_alike, end_of, months, within
from kpigraph.assess.resolving import number_of
from kpigraph.model import Aggregation, Basis, Comparator, Direction, Precision, Reason, Statement, Status, ValueForm


def direction_of(case: Case) -> tuple[Direction, Basis | None]:
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
    start = number_of(base) if base and base.unit == target.unit and count_alike(base, target) else None
    if start is not None and start != goal:
        return (Direction.INCREASE if start < goal else Direction.DECREASE), Basis.INFERRED
    if goal == target.unit.maximum:
        return Direction.INCREASE, Basis.INFERRED
    if goal == target.unit.minimum:
        return Direction.DECREASE, Basis.INFERRED
    return Direction.UNKNOWN, None


def obstacle(case: Case, direction: Direction) -> Reason | None:
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
    value = number_of(actual)
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
        fits = within(actual, target) and months(actual) == 12
        return None if fits else Reason.AGGREGATION_MISMATCH
    if of_actual.aggregation is not of_target.aggregation:
        return Reason.AGGREGATION_MISMATCH
    if of_target.aggregation is Aggregation.PERIOD and of_target.precision is Precision.EXACT:
        return None if months(actual) == months(target) else Reason.AGGREGATION_MISMATCH
    return None


def status_of(case: Case, direction: Direction) -> Status:
    target, actual = case.target, case.actual
    value = number_of(actual)
    if target is None or actual is None or value is None:
        raise ValueError(f"{case.indicator} has nothing to judge")
    low, high = target.quantity.minimum, target.quantity.maximum
    if low is not None and high is not None:
        reached = low <= value <= high
    elif case.goal is not None:
        reached = _satisfies(value, case.goal, target.quantity.comparator, direction)
    else:
        raise ValueError(f"{case.indicator} has nothing to judge")
    over = end_of(actual) >= end_of(target)
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
