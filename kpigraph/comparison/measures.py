"""What municipalities can be compared by: a value as stated, how ambitious its target is, a value for each person.

Each is a number with what must agree for it to be compared, or the reasons why there is none. docs/compare.md tells the
rules in words.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from kpigraph.comparison.records import Concept, Entry, Shape, Value
from kpigraph.model import Apart, UnitKind

_YEAR = Decimal("365.2425")  # days
_NEAR = timedelta(days=183)  # a population is that of a day within half a year
_DIVISIBLE = frozenset(
    {UnitKind.PERSON, UnitKind.VISIT, UnitKind.HOUSEHOLD, UnitKind.CASE, UnitKind.THING, UnitKind.MONEY, UnitKind.MASS,
     UnitKind.EMISSION, UnitKind.AREA, UnitKind.VOLUME, UnitKind.POWER}
)  # fmt: skip
_PLACES = Decimal("0.000001")


class Measure(StrEnum):
    """What is compared."""

    ACTUAL = "actual"
    TARGET = "target"
    CHANGE = "change"  # from baseline to target, for each year
    PERSON = "person"  # the actual for so many people


@dataclass(frozen=True, slots=True)
class Change:
    """How far a target is from its baseline: `difference` in the base unit, `ratio` of the baseline (None: that is 0).

    `years` lie between the last days of both; `yearly` and `yearly_ratio` are the same divided by them, None where they
    are less than half a year apart. Quotients are rounded to six places.
    """

    difference: Decimal
    ratio: Decimal | None
    years: Decimal
    yearly: Decimal | None
    yearly_ratio: Decimal | None


@dataclass(frozen=True, slots=True)
class PerPerson:
    """An actual divided by a population: `number` for each `people` persons, in the base unit of the actual."""

    number: Decimal
    people: int
    population: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A number, and what must be the same for it to be compared with another; or why there is none."""

    number: Decimal | None = None
    unit: str = ""
    shape: Shape | None = None
    last: date | None = None
    apart: tuple[Apart, ...] = ()


def measured(entry: Entry, measure: Measure, concept: Concept) -> Measured:
    """Return what `measure` gives for an entry; reasons that lie in the definition of its indicator included."""
    value = entry.target if measure in (Measure.TARGET, Measure.CHANGE) else entry.actual
    if value is None:
        return Measured(apart=(*entry.apart, Apart.MISSING))
    wrong = [*entry.apart, *value.apart]
    if value.base is not None and not _counts(value, concept):
        wrong.append(Apart.UNIT_KIND)
    number, unit = value.base, value.base_unit + ("#co2" if _is_emission(value) else "")
    if not wrong and measure is Measure.CHANGE:
        found = change(entry)
        if isinstance(found, Apart):
            wrong.append(found)
        else:
            points = concept.unit_kind is UnitKind.SHARE
            number, unit = (found.yearly, f"{unit}/year") if points else (found.yearly_ratio, "ratio/year")
            if number is None:
                wrong.append(Apart.BASELINE_APART if found.yearly is None else Apart.ZERO_BASELINE)
    if not wrong and measure is Measure.PERSON:
        each = per_person(entry, concept)
        if isinstance(each, Apart):
            wrong.append(each)
        else:
            number, unit = each.number, f"{unit}/{each.people}"
    if wrong or number is None:
        return Measured(apart=tuple(dict.fromkeys(wrong)) or (Apart.MISSING,))
    return Measured(number=number, unit=unit, shape=value.shape, last=value.last)


def change(entry: Entry) -> Change | Apart:
    """Return how far the target of an entry is from its baseline, or why that cannot be said."""
    target, baseline = entry.target, entry.baseline
    if target is None or target.base is None:
        return target.apart[0] if target is not None and target.apart else Apart.MISSING
    if baseline is None or baseline.base is None or baseline.last is None or target.last is None:
        return Apart.NO_BASELINE
    for value in (target, baseline):
        if value.apart:
            return value.apart[0]
    if (baseline.shape, baseline.base_unit) != (target.shape, target.base_unit):
        return Apart.BASELINE_APART
    difference = target.base - baseline.base
    ratio = difference / abs(baseline.base) if baseline.base else None
    years = Decimal((target.last - baseline.last).days) / _YEAR
    lasting = years >= Decimal("0.5")
    return Change(
        difference=difference,
        ratio=None if ratio is None else _rounded(ratio),
        years=round(years, 1),
        yearly=_rounded(difference / years) if lasting else None,
        yearly_ratio=_rounded(ratio / years) if lasting and ratio is not None else None,
    )


def per_person(entry: Entry, concept: Concept) -> PerPerson | Apart:
    """Return the actual of an entry for each 1,000 people (money: for each person), or why that cannot be said."""
    value = entry.actual
    if concept.unit_kind not in _DIVISIBLE or concept.notation == "population":
        return Apart.NOT_PER_HEAD
    if value is None or value.base is None or value.last is None:
        return Apart.MISSING
    if value.shape is not None and value.shape.kind not in ("year", "as-of"):
        return Apart.NOT_PER_HEAD  # a total or average over several years: of which of them the population?
    people = _population(entry.population, value.first or value.last, value.last)
    if people is None or not people.base:
        return Apart.NO_POPULATION
    size = 1 if concept.unit_kind is UnitKind.MONEY else 1000
    return PerPerson(_rounded(value.base * size / people.base), size, people)


def _population(values: Iterable[Value], first: date, last: date) -> Value | None:
    """Return the population nearest to the middle of a period: of a day in it; of a day, of one within half a year."""
    middle = first + (last - first) / 2
    around = _NEAR if first == last else timedelta(days=1)  # a year's end is also the beginning of the next

    def fits(v: Value) -> bool:
        if v.apart or v.last is None or v.base is None or v.shape is None:
            return False
        of_a_day = v.shape.kind == "as-of" and first - around <= v.last <= last + around
        return of_a_day or (v.first, v.last) == (first, last)

    fitting = filter(fits, values)
    return min(fitting, key=lambda v: (abs((v.last or last) - middle), v.iri), default=None)


def _counts(value: Value, concept: Concept) -> bool:
    """Tell whether the unit of a value can be of what the shared indicator counts."""
    if concept.unit_kind is UnitKind.MASS and _is_emission(value):
        return False
    return value.base_unit in concept.units


def _is_emission(value: Value) -> bool:
    """Tell whether tonnes are tonnes of carbon dioxide, which no base unit says."""
    return "co2" in value.unit.rpartition("/")[2]


def _rounded(number: Decimal) -> Decimal:
    return number.quantize(_PLACES).normalize() + 0
