"""What a value that is no plain number comes to: a relative target, a ratio."""

from decimal import ROUND_HALF_EVEN, Decimal

from kpigraph.model import Reason, Statement, Unit, ValueForm
from kpigraph.text import compact

FOUR_PLACES = Decimal("0.0001")
_PERCENT = "percent"
_POINTS = (
    *("ポイント", "%ポイント", "パーセントポイント"),
    *("percentage-point", "percentage point", "percentage points", "pp", "ppt"),
)


def ratio_of(statement: Statement) -> Decimal | None:
    """Return what 3/5 comes to in per cent, to four places; None for every value that is no ratio in per cent."""
    part, whole = statement.quantity.numerator, statement.quantity.denominator
    if part is None or not whole or statement.unit is None or statement.unit.notation != _PERCENT:
        return None
    ratio = (100 * part / whole).quantize(FOUR_PLACES, ROUND_HALF_EVEN)
    return Decimal(int(ratio)) if ratio == int(ratio) else ratio.normalize()


def number_of(statement: Statement | None) -> Decimal | None:
    """Return the number that a statement comes to by itself: the stated one, or that of its ratio."""
    if statement is None:
        return None
    return ratio_of(statement) if statement.quantity.value is None else statement.quantity.value


def is_ambiguous(target: Statement) -> bool:
    """Tell whether a change in % of an indicator counted in % can mean a share of it or that many points."""
    in_percent = target.unit is not None and target.unit.notation == _PERCENT
    return in_percent and target.quantity.form is ValueForm.RELATIVE and bool(target.quantity.relative_change)


def resolve(target: Statement, reference: Statement | None) -> tuple[Decimal, ...] | Reason:
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
