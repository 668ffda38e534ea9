"""Whether a unit can count what a shared indicator counts, and whether periods are of its kind.

Only what cannot be right is a conflict: persons are printed in 人 and in 件, shares never in 人.
"""

from collections.abc import Iterable
from enum import StrEnum

from kpigraph.codelists import base_units
from kpigraph.iris import local_name
from kpigraph.model import Aggregation, PeriodKind, Unit, UnitKind
from kpigraph.wording import Head

_CO2 = "co2"  # in the notation of units of emissions, whose base unit is the tonne


class Fit(StrEnum):
    """How a unit or a period stands to what is expected."""

    SAME = "same"
    POSSIBLE = "possible"
    UNKNOWN = "unknown"
    CONFLICT = "conflict"


_COUNTS = frozenset({UnitKind.PERSON, UnitKind.VISIT, UnitKind.HOUSEHOLD, UnitKind.CASE, UnitKind.THING})
# What a base unit may stand for besides the kinds of ontology/codes/unit-kind.ttl: 創業者数 is printed in 人 and in 件,
# a rate of so many in 100,000 in 人.
_ALSO: dict[str, frozenset[UnitKind]] = {
    "INDIV": frozenset({UnitKind.CASE, UnitKind.THING, UnitKind.RATE}),
    "NUM": frozenset({UnitKind.PERSON, UnitKind.VISIT, UnitKind.RATE, UnitKind.RATIO}),
    "PERCENT": frozenset({UnitKind.RATIO}),
    "KiloGM": frozenset({UnitKind.EMISSION}),
    "ten": frozenset({UnitKind.SHARE, UnitKind.THING}),
}
_HEADS: dict[Head, frozenset[UnitKind]] = {
    Head.SHARE: frozenset({UnitKind.SHARE, UnitKind.RATE, UnitKind.RATIO}),
    Head.RATIO: frozenset({UnitKind.RATIO, UnitKind.RATE}),
    Head.COUNT: _COUNTS | {UnitKind.RATE},
    Head.MONEY: frozenset({UnitKind.MONEY}),
    Head.AMOUNT: frozenset({UnitKind.MASS, UnitKind.EMISSION, UnitKind.VOLUME, UnitKind.POWER}) | _COUNTS,
    Head.AREA: frozenset({UnitKind.AREA}),
    Head.LENGTH: frozenset(),
    Head.LIFE: frozenset({UnitKind.YEARS}),
}
_AGGREGATIONS: dict[Aggregation, frozenset[PeriodKind]] = {
    Aggregation.PERIOD: frozenset({PeriodKind.YEAR, PeriodKind.SURVEY, PeriodKind.AS_OF}),
    Aggregation.AS_OF: frozenset({PeriodKind.AS_OF, PeriodKind.SURVEY, PeriodKind.CUMULATIVE}),
    Aggregation.AVERAGE: frozenset({PeriodKind.YEAR}),
    Aggregation.EACH_YEAR: frozenset({PeriodKind.YEAR, PeriodKind.SURVEY, PeriodKind.AS_OF}),
    Aggregation.CUMULATIVE: frozenset({PeriodKind.CUMULATIVE}),
    Aggregation.CUMULATIVE_TO_DATE: frozenset({PeriodKind.CUMULATIVE}),
}


def unit_fit(unit: Unit | None, kind: UnitKind) -> Fit:
    """Tell whether values in `unit` can be of `kind`."""
    if unit is None:
        return Fit.UNKNOWN
    if kind is UnitKind.MASS and _CO2 in unit.notation:
        return Fit.CONFLICT
    if unit.base_unit in base_units()[kind]:
        return Fit.POSSIBLE if kind is UnitKind.EMISSION and _CO2 not in unit.notation else Fit.SAME
    return Fit.POSSIBLE if kind in _ALSO.get(local_name(unit.base_unit), frozenset()) else Fit.CONFLICT


def units_fit(one: Unit | None, other: Unit | None) -> Fit:
    """Tell whether values in two units can be of one kind: both money, both shares, both counts."""
    if one is None or other is None:
        return Fit.UNKNOWN
    if one.base_unit == other.base_unit:
        return Fit.CONFLICT if (_CO2 in one.notation) != (_CO2 in other.notation) else Fit.SAME
    shared = {kind for kind in UnitKind if Fit.CONFLICT not in (unit_fit(one, kind), unit_fit(other, kind))}
    return Fit.POSSIBLE if shared else Fit.CONFLICT


def head_fits(head: Head | None, kind: UnitKind) -> bool:
    """Tell whether a name that ends in `head` can be of `kind`: 率 is no count, 額 is money."""
    return head is None or kind in _HEADS[head]


def period_fit(aggregations: Iterable[Aggregation], kind: PeriodKind) -> Fit:
    """Tell whether statements of these aggregations are of periods of `kind`."""
    found = [kind in _AGGREGATIONS[aggregation] for aggregation in aggregations]
    return Fit.UNKNOWN if not found else Fit.SAME if all(found) else Fit.POSSIBLE if any(found) else Fit.CONFLICT
